"""Laws of samples that carry everything at once, under any chain.

The same key gives the same bytes: alone, again (compiled, from the fifth call on), in a batch, a stream and a clip,
from a record, and from a recipe.  Nothing that is given is written.  What belongs together stays together.
"""

from __future__ import annotations

from typing import Any

import hypothesis
import numpy as np
from helpers.samples import H, W, field, instances, picture, tight
from hypothesis import strategies as st

import augment as A

EXACT = [
    A.HorizontalFlip(p=1),
    A.Rotate90(p=1),
    A.Transpose(),
    A.Pad(padding=(3, 5, 2, 0), fill=0.4, mask_fill=2, p=1),
    A.Crop(size=(20, 22), pad=True, p=1),
    A.Gamma(p=1),
    A.GaussianNoise(p=1),
    A.CoarseDropout(mask_fill=0, p=1),
    A.Equalize(p=1),
    A.GridShuffle(p=1),
]
ROUGH = [
    A.Affine(rotate=(-40, 40), scale=(0.6, 1.5), fill=0.2, p=1),
    A.Perspective(p=1),
    A.Elastic(p=1),
    A.Resize(size=(26, 30)),
    A.ResizedCrop(size=(24, 24), p=1),
    A.BoxSafeCrop(p=1),
    A.BoxCrop(p=1),
    A.MaskCrop(size=(20, 20), pad=True, p=1),
    A.ZoomOut(p=1),
    A.MaskDropout(p=1),
    A.GaussianBlur(p=1),
    A.OneOf([A.GridDistortion(), A.Rotate(fit=True)]),
]
FIELDS = {"boxes": ("labels", "scores", "masks", "polygons"), "keypoints": ("names",)}


def sample(seed: int) -> dict[str, Any]:
    """All that a sample may carry; none of it may be written."""
    rng = np.random.default_rng(seed)
    things = instances(4, seed, np.int16)
    x0, y0, x1, y1 = things["boxes"].T
    diamonds = np.stack([x0, (y0 + y1) / 2, (x0 + x1) / 2, y0, x1, (y0 + y1) / 2, (x0 + x1) / 2, y1], 1)
    made = {
        "image": picture(seed),
        "mask": rng.integers(0, 5, (H, W)).astype(np.uint8),
        "far": rng.integers(-(2**62), 2**62, (H, W)),
        **things,
        "scores": rng.random(4).astype(np.float32),
        "polygons": [[ring] for ring in diamonds.tolist()],
        "keypoints": rng.uniform(0, H, (5, 2)),
        "names": tuple("abcde"),
        "grey": picture(seed, np.float32)[..., 0],
        "depth": field(np.float16, seed=seed),
        "heat": field(np.float64, 2, seed),
        "note": {"seed": seed},
        "label": seed,
    }
    for value in made.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    return made


def same(found: Any, expected: Any) -> None:
    """Bytes, containers and dtypes agree; extras are the same objects."""
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        other = found[name]
        assert type(other) is type(value), name
        if isinstance(value, np.ndarray):
            assert (other.shape, other.dtype) == (value.shape, value.dtype), name
            assert other.tobytes() == value.tobytes(), name
        else:
            assert other is value or other == value, name


def belongs_together(out: dict[str, Any], given: dict[str, Any], measured: bool, box_format: str) -> None:
    for name, followers in FIELDS.items():
        assert {len(out[follower]) for follower in followers} == {len(out[name])}, name
    for name in ("mask", "far", "depth", "heat"):
        assert out[name].shape[:2] == out["mask"].shape
        assert out[name].dtype == given[name].dtype
    assert out["masks"].shape[1:] == out["mask"].shape
    assert out["scores"].tolist() == given["scores"][out["labels"]].tolist()
    assert out["note"] is given["note"]
    if measured:
        corners = np.reshape([tight(mask) for mask in out["masks"]], (-1, 4))
        if box_format == "coco":
            corners = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
        np.testing.assert_array_equal(out["boxes"], corners)


@hypothesis.given(st.data(), st.integers(0, 1000))
@hypothesis.settings(max_examples=30)
def test_a_sample_with_everything(data: st.DataObject, key: int) -> None:
    transforms = data.draw(st.lists(st.sampled_from(EXACT + ROUGH), max_size=5), "transforms")
    transforms += data.draw(st.sampled_from([[], [A.Normalize(mean=0.5, std=0.2)]]), "last")
    measured, box_format = data.draw(st.booleans(), "measured"), data.draw(st.sampled_from(["pascal_voc", "coco"]))
    options: dict[str, Any] = {
        "seed": 7,
        "box_format": box_format,
        "min_visibility": data.draw(st.sampled_from([0.0, 0.3])),
        "fuse": data.draw(st.booleans(), "fuse"),
        "dtype": data.draw(st.sampled_from([None, "float32"]), "dtype"),
        "layout": data.draw(st.sampled_from(["last", "first"]), "layout"),
        "instances": True,
        "boxes_from_masks": measured,
        "box_fields": ["labels", "scores"],
        "keypoint_fields": ["names"],
        "image_names": ["grey"],
        "mask_names": ["far"],
        "float_names": ["depth", "heat"],
        "float_fill": {"depth": -1.0, "heat": "nan"},
        "extra_names": ["note"],
    }
    chain = A.Compose(transforms, **options)
    given, other = sample(key), sample(key + 1)
    if not data.draw(st.booleans(), "with a further image"):  # without one, chains are compiled
        del given["grey"], other["grey"]
    if box_format == "coco":
        for one in (given, other):
            one["boxes"] = np.hstack([one["boxes"][:, :2], one["boxes"][:, 2:] - one["boxes"][:, :2]])
    out = chain(**given, key=key)
    belongs_together(out, given, measured, box_format)
    alone = chain(**other, key=key + 1)
    for _ in range(6):
        same(chain(**given, key=key), out)
    for made in map(eval, [repr(chain)], [vars(A)]):
        same(made(**given, key=key), out)
    same(A.Compose.from_json(chain.to_json())(**given, key=key), out)

    targets = {name: given[name] for name in ("boxes", "mask", "masks", "note", "label")}
    record = chain.draw(key, given["image"].shape, **targets)
    same(chain.replay(record, **given), out)
    names = {"image": "images", "mask": "masks", "masks": "instances"}
    columns = {names.get(name, name): [value, other[name]] for name, value in given.items()}
    batch = chain.batch(**columns, keys=[key, key + 1], workers=2)
    for k, expected in enumerate((out, alone)):
        same({name: batch[names.get(name, name)][k] for name in given}, {name: expected[name] for name in given})
    for found, expected in zip(chain.map([given, other], keys=[key, key + 1], workers=2), (out, alone), strict=True):
        same(found, expected)

    del columns["note"], columns["label"]
    clip = chain.video(
        columns.pop("images")[:1] * 2, **{n: v[:1] * 2 for n, v in columns.items()}, key=key, note=out["note"]
    )
    names["image"] = "frames"
    for k in range(2):
        inner = [name for name in given if name not in ("note", "label")]
        if not any(t.needs_boxes for t in transforms):  # which sees the boxes of both frames
            same({name: clip[names.get(name, name)][k] for name in inner}, {name: out[name] for name in inner})


@hypothesis.given(st.lists(st.sampled_from(EXACT), max_size=6), st.integers(0, 1000))
@hypothesis.settings(max_examples=15)
def test_fused_is_stepwise_without_interpolation(transforms: list[Any], key: int) -> None:
    options: dict[str, Any] = {"image_names": ["grey"], "mask_names": ["far"], "float_names": ["depth", "heat"]}
    options |= {"box_fields": ["labels", "scores"], "keypoint_fields": ["names"], "extra_names": "*", "instances": True}
    given = sample(key)
    fused, stepwise = (A.Compose(transforms, fuse=fuse, **options)(**given, key=key) for fuse in (True, False))
    same(fused, stepwise)
