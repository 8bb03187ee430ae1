"""What a sample carries beside an image, masks, boxes and keypoints: extras, instances, arrays of floats."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.samples import GEOMETRY, H, Note, W, field, instances, picture, refilled, round_trips, tight

import augment as A

# --- extras -----------------------------------------------------------------------------------------------------------


def test_extras_pass_through_as_they_are() -> None:
    chain = A.Compose([A.HorizontalFlip(p=1), A.Affine(p=1)], seed=3, extra_names=["note", "path"])
    image, note = picture(), Note()
    alone = chain(image=image, key=1)["image"]
    sample = {"note": note, "image": image, "mask": image[..., 0] > 99, "path": None, "label": note, "labels": (3,)}
    for _ in range(6):  # stage by stage, and compiled
        out = chain(**sample, key=1)
        assert out["note"] is out["label"] is note
        assert out["labels"] is sample["labels"]
        assert set(out) == {*sample, "key"}
        np.testing.assert_array_equal(out["image"], alone)
    record = chain.draw(1, image.shape, **{k: v for k, v in sample.items() if k != "image"})
    assert record == chain.draw(1, image.shape)
    assert chain.replay(record, **sample)["note"] is note
    batch = chain.batch([image] * 2, keys=[1, 2], note=[note, 5], labels=["a", "b"], workers=2)
    assert batch["note"][0] is note
    assert (batch["note"][1], batch["labels"]) == (5, ["a", "b"])
    np.testing.assert_array_equal(batch["images"][0], alone)
    assert [r["note"] is note for r in chain.map([sample] * 3, workers=2)] == [True] * 3
    round_trips(chain)


def test_every_name_may_pass() -> None:
    chain = A.Compose([A.HorizontalFlip(p=1)], extra_names="*")
    out = chain(image=picture(), image_id=7, anything=[1], boxes=[(1, 2, 3, 4)], labels=["a"], key=0)
    assert (out["image_id"], out["anything"], out["labels"]) == (7, [1], ["a"])
    assert chain.batch([picture()], image_id=[7], keys=[0])["image_id"] == [7]
    round_trips(chain)
    smoothed = A.Compose([A.LabelSmoothing(smoothing=0.2, num_classes=2)], extra_names="*")
    np.testing.assert_allclose(smoothed(image=picture(), label=1, image_id=7, key=0)["label"], (0.1, 0.9), rtol=1e-6)
    np.testing.assert_allclose(smoothed.video([picture()], label=[1], key=0)["label"], [(0.1, 0.9)], rtol=1e-6)


def test_labels_with_boxes_follow_them_unless_they_are_extras() -> None:
    sample: dict[str, Any] = {"image": picture(), "boxes": [(0, 0, 4, 4), (20, 9, 38, 30)], "labels": ["a", "b"]}
    crop = A.CenterCrop(size=(20, 20), p=1)
    assert A.Compose([crop])(**sample, key=0)["labels"] == ["b"]
    assert A.Compose([crop], extra_names=["labels"])(**sample, key=0)["labels"] is sample["labels"]


def test_extras_of_a_mixed_sample_are_its_own() -> None:
    chain = A.Compose([A.Mosaic(p=1)], extra_names="*")
    donors = [{"image": picture(k), "note": k} for k in range(3)]
    note = Note()
    out = chain(image=picture(9), note=note, labels=[1], donors=donors, key=(0, 1))
    assert out["note"] is note
    assert out["labels"] == [1]
    mixed = A.Compose([A.MixUp(num_classes=3)], extra_names="*")
    pairs = [(picture(4), 2)]
    assert mixed(image=picture(), label=1, donors=pairs, key=(0, 1))["label"].shape == (3,)
    kept = A.Compose([A.MixUp(num_classes=3)], extra_names=["label"])
    assert kept(image=picture(), label=1, donors=pairs, key=(0, 1))["label"] == 1


def test_what_is_no_extra_is_refused() -> None:
    chain = A.Compose([], extra_names=["note"])
    with pytest.raises(TypeError, match=r"unknown target 'nota': .* extra_names=\('nota',\) lets it pass"):
        chain(image=picture(), nota=1)
    for name in ("image", "masks", "labels2", "key", "out"):
        with pytest.raises(ValueError, match=f"extra_names must name .* got '{name}', which is taken"):
            A.Compose([], box_fields=["labels2"], extra_names=[name])
    with pytest.raises(TypeError, match=r"extra_names must be a sequence of strings, a list or a tuple, or '\*', got"):
        A.Compose([], extra_names="note")


# --- instances --------------------------------------------------------------------------------------------------------


CROP = A.Crop(size=(14, 18), p=1)
CHAINS = {
    "crop": [CROP],
    "crops of boxes": [A.BoxSafeCrop(size=(20, 24), p=1), A.Affine(rotate=(-30, 30), p=1), CROP],
    "bent": [A.Elastic(p=1), CROP],
    "erased": [
        A.CoarseDropout(holes=(3, 3), height=(0.4, 0.5), width=(0.4, 0.5), mask_fill=0, p=1),
        A.HorizontalFlip(p=1),
    ],
}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("kind", [np.asarray, list])
def test_masks_go_with_their_boxes(name: str, kind: Any) -> None:
    options: dict[str, Any] = {"seed": 2, "min_area": 6.0, "min_visibility": 0.2}
    plain = A.Compose(CHAINS[name], **options)
    follow = A.Compose(CHAINS[name], **options, instances=True)
    measured = A.Compose(CHAINS[name], **options, instances=True, boxes_from_masks=True)
    dropped = 0
    for key in range(12):
        sample = {"image": picture(key), **instances(seed=key)}
        sample["masks"] = kind(sample["masks"])
        alone = plain(**sample, key=key)
        out = follow(**sample, key=key)
        assert type(out["masks"]) is type(sample["masks"])
        assert len(alone["masks"]) == 5  # in no relation to boxes
        np.testing.assert_array_equal(out["boxes"], alone["boxes"])
        np.testing.assert_array_equal(np.array(out["masks"]), np.array(alone["masks"])[out["labels"]])
        tightly = measured(**sample, key=key)
        expected = [(k, m) for k, m in zip(out["labels"], out["masks"], strict=True) if m.any()]
        expected = [(k, m) for k, m in expected if (t := tight(m)) and (t[2] - t[0]) * (t[3] - t[1]) >= 6]
        assert tightly["labels"] == [k for k, _ in expected]
        np.testing.assert_array_equal(tightly["boxes"], np.reshape([tight(m) for _, m in expected], (-1, 4)))
        assert len(tightly["masks"]) == len(expected)
        for mask, (_, other) in zip(tightly["masks"], expected, strict=True):
            np.testing.assert_array_equal(mask, other)
        dropped += 5 - len(expected)
        order = {n: sample[n] for n in ("labels", "masks", "image", "boxes")}
        again = measured.replay(measured.draw(key, (H, W, 3), boxes=sample["boxes"]), **order)
        np.testing.assert_array_equal(again["boxes"], tightly["boxes"])
        np.testing.assert_array_equal(again["masks"], tightly["masks"])
    assert dropped
    round_trips(measured)


def test_many_masks_are_each_what_it_is_alone() -> None:
    """Masks are computed as far as they reach: a speck, one that fills the frame, one that is gone."""
    fixed = {"border": "constant", "p": 0.7}
    transforms = [
        A.Affine(rotate=(-180, 180), scale=(0.05, 3.0), shear=(-40, 40), **fixed),
        A.Perspective(**fixed),
        A.Crop(size=(20, 24), p=0.5),
        A.Rotate(fit=True, **fixed),
    ]
    chain, measured = A.Compose(transforms, seed=5), A.Compose(transforms, seed=5, boxes_from_masks=True)
    y, x = np.mgrid[:H, :W]
    shapes = [(y == 7) & (x == 5), y >= 0, (y > 20) & (x < 3), y < 0, (y % 5 == 0) & (x > 30), (y == 31) & (x == 39)]
    for dtype in (np.uint8, np.int64):
        masks = np.stack(shapes).astype(dtype) * 3
        for key in range(60):
            out = chain(image=picture(), masks=masks, key=key)["masks"]
            listed = chain(image=picture(), masks=list(masks[..., None]), key=key)["masks"]
            for k, mask in enumerate(masks):
                alone = chain(image=picture(), mask=mask, key=key)["mask"]
                np.testing.assert_array_equal(out[k], alone)
                np.testing.assert_array_equal(listed[k][..., 0], alone)
            whole = [(0.0, 0.0, W, H)] * len(masks)
            left = measured(image=picture(), masks=masks, boxes=whole, labels=list(range(len(masks))), key=key)
            assert left["labels"] == [k for k, mask in enumerate(out) if mask.any()]
            np.testing.assert_array_equal(left["boxes"], np.reshape([tight(out[k]) for k in left["labels"]], (-1, 4)))


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
@pytest.mark.parametrize("box_format", ["coco", "yolo"])
def test_boxes_of_masks_of_any_kind_and_format(dtype: Any, box_format: str) -> None:
    chain = A.Compose([A.Transpose(p=1)], box_format=box_format, instances=True, boxes_from_masks=True)
    masks = np.zeros((3, H, W, 2), dtype)
    masks[0, 3:9, 5:20, 1] = 1
    masks[2, 30, 39, 0] = masks[2, 31, 2, 1] = 1
    loose = [(1.0, 1, 30, 30)] * 3 if box_format == "coco" else [(0.5, 0.5, 0.9, 0.9)] * 3
    out = chain(image=picture(), masks=masks, boxes=loose, labels=["a", "b", "c"], key=0)
    corners = np.array([(3.0, 5, 9, 20), (30, 2, 32, 40)])
    if box_format == "coco":
        expected = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
    else:
        sides = np.array((H, W), float)
        expected = np.hstack([(corners[:, :2] + corners[:, 2:]) / 2 / sides, (corners[:, 2:] - corners[:, :2]) / sides])
    np.testing.assert_allclose(out["boxes"], expected, atol=1e-12)
    assert out["labels"] == ["a", "c"]
    assert out["masks"].shape == (2, W, H, 2)


@pytest.mark.parametrize("mixing", [A.Mosaic(p=1), A.CopyPaste(p=1), A.CutMix(lam=0.5, p=1), A.MixUp(p=1)])
def test_instances_of_mixed_samples(mixing: Any) -> None:
    donors = [{"image": picture(k), **instances(4, k)} for k in range(3)]
    chain = A.Compose([A.HorizontalFlip(), mixing, CROP], seed=1, instances=True, boxes_from_masks=True)
    for key in range(6):
        out = chain(image=picture(9), **instances(5, 9), donors=donors, key=(0, key))
        assert len(out["boxes"]) == len(out["masks"]) == len(out["labels"]) == len(out["box_weights"])
        np.testing.assert_array_equal(out["boxes"], np.reshape([tight(mask) for mask in out["masks"]], (-1, 4)))


def test_instances_that_do_not_fit_are_refused() -> None:
    things = instances()
    chain = A.Compose([], instances=True)
    assert len(chain(image=picture(), masks=things["masks"], key=0)["masks"]) == 5
    with pytest.raises(ValueError, match="masks must have one mask per box, 5, got 4"):
        chain(image=picture(), masks=things["masks"][:4], boxes=things["boxes"], key=0)
    measured = A.Compose([], boxes_from_masks=True)
    with pytest.raises(TypeError, match="masks is missing: with boxes_from_masks=True it must come with boxes"):
        measured(image=picture(), boxes=things["boxes"], key=0)
    none = measured(image=picture(), masks=np.zeros((0, H, W), bool), boxes=[], labels=[], key=0)
    assert (none["masks"].shape, none["boxes"], none["labels"]) == ((0, H, W), [], [])


# --- arrays of floats -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("name", GEOMETRY)
def test_floats_follow_the_geometry_as_an_image_of_floats_does(name: str, fuse: bool) -> None:
    geometry = GEOMETRY[name]
    colours = [A.GaussianBlur(p=1), *geometry[:1], A.Gamma(p=1), *geometry[1:], A.CoarseDropout(p=1), A.Normalize()]
    fills = {"depth": -7.5, "small": 3.0}
    chain = A.Compose(
        colours,
        seed=6,
        float_names=["depth", "small", "wide"],
        float_fill=fills,
        dtype="float32",
        layout="first",
        fuse=fuse,
    )
    referees = {
        k: A.Compose([refilled(t, v) for t in geometry], seed=6, fuse=fuse) for k, v in {**fills, "wide": 0}.items()
    }
    values = {"depth": field(), "small": field(np.float16, 1), "wide": field(np.float64, 5)}
    for value in values.values():
        value.flags.writeable = False
    for key in range(8):  # the last ones are compiled
        out = chain(image=picture(), **values, key=key)
        for k, value in values.items():
            image = value.astype(np.float32) if value.dtype == np.float16 else value
            expected = referees[k](image=image, key=key)["image"].astype(value.dtype)
            assert out[k].dtype == value.dtype
            np.testing.assert_array_equal(out[k], expected)
    record = chain.draw(3, (H, W, 3))
    batch = chain.batch([picture()] * 2, keys=[3, 4], **{k: [v] * 2 for k, v in values.items()}, workers=2)
    for k, value in chain.replay(record, image=picture(), **values).items():
        if k in values:
            np.testing.assert_array_equal(batch[k][0], value)
    round_trips(chain)


def test_nan_stays_where_it_is_and_may_be_the_fill() -> None:
    depth = field()
    depth[3, 4] = np.nan
    depth[5, 6] = np.inf
    chain = A.Compose([A.HorizontalFlip(p=1), A.Pad(padding=2, p=1)], float_names=["depth"], float_fill=np.nan)
    out = chain(image=picture(), depth=depth, key=0)["depth"]
    np.testing.assert_array_equal(out[2:-2, 2:-2], depth[:, ::-1])
    assert np.isnan(out).sum() == out.size - depth.size + 1
    turned = A.Compose([A.Rotate(angle=(45, 45), p=1)], float_names=["depth"], float_fill={"depth": "nan"})
    found = turned(image=picture(), depth=field(), key=0)["depth"]
    assert np.isnan(found[0, 0])
    assert np.isfinite(found[H // 2 - 5 : H // 2 + 5, W // 2 - 5 : W // 2 + 5]).all()
    nearest = A.Compose([A.Rotate(angle=(45, 45), interpolation="nearest", p=1)], float_names=["depth"])
    assert 0 < np.isnan(nearest(image=picture(), depth=depth, key=0)["depth"]).sum() < 4
    for made in (chain, turned):
        round_trips(made)


def test_floats_come_back() -> None:
    y, x = np.mgrid[:H, :W]
    depth = (np.sin(x / 9) + np.cos(y / 7)).astype(np.float32)
    chain = A.Compose([A.HorizontalFlip(p=1), A.Affine(rotate=(20, 20), p=1)], float_names=["depth"], float_fill="nan")
    there = chain(image=picture(), depth=depth, key=4)["depth"]
    back = chain.invert(4, (H, W, 3), depth=there)["depth"]
    seen = np.isfinite(back)
    assert seen.mean() > 0.6
    np.testing.assert_allclose(back[seen], depth[seen], atol=0.06)
    with pytest.raises(TypeError, match=r"dept cannot be brought back: that is known of mask, masks, boxes, .*depth"):
        chain.invert(4, (H, W, 3), dept=there)


def test_masks_of_all_names_come_back() -> None:
    chain = A.Compose([A.Transpose(p=1), A.Crop(size=(20, 24), p=1)], mask_names=["parts"])
    masks = instances()["masks"]
    out = chain(image=picture(), mask=masks[0], parts=masks[0], masks=masks, key=2)
    back = chain.invert(2, (H, W, 3), mask=out["mask"], parts=out["parts"], masks=out["masks"])
    assert back["masks"].shape == masks.shape
    np.testing.assert_array_equal(back["mask"], back["parts"])
    np.testing.assert_array_equal(back["mask"], back["masks"][0])
    there = chain(image=picture(), masks=back["masks"], key=2)["masks"]
    np.testing.assert_array_equal(there, out["masks"])


def test_floats_are_mixed_like_images() -> None:
    depth, other = field(np.float16), field(np.float16, seed=1)
    blend = A.Compose([A.MixUp(lam=0.25)], float_names=["depth"])
    donors = [{"image": picture(1), "depth": other}]
    out = blend(image=picture(), depth=depth, donors=donors, key=(0, 1))
    share = out["mix"][0].lam if hasattr(out["mix"][0], "lam") else out["mix"][0].shares[0]
    expected = depth.astype(np.float32) * share + other.astype(np.float32) * (1 - share)
    assert out["depth"].dtype == np.float16
    np.testing.assert_allclose(out["depth"], expected, rtol=2e-3, atol=0.3)
    tiled = A.Compose([A.Mosaic(fit="contain", size=(40, 60))], float_names=["depth"], float_fill=-9)
    out = tiled(image=picture(), depth=depth, donors=donors, key=(0, 1))
    assert out["depth"].shape == (40, 60)
    assert (out["depth"] == -9).any()


def test_what_are_no_floats_is_refused() -> None:
    chain = A.Compose([], float_names=["depth"])
    for wrong, kind, message in (
        (
            np.zeros((H, W), np.uint16),
            TypeError,
            "depth must be float16, float32 or float64, got uint16: write depth.astype",
        ),
        ([[0.0] * W] * H, TypeError, "depth must be a plain numpy array, got list"),
        (np.zeros((H, 3), np.float32), ValueError, r"depth must have the \(h, w\) of image, \(32, 40\), got \(32, 3\)"),
        (np.zeros(H, np.float32), ValueError, "depth must have shape"),
    ):
        with pytest.raises(kind, match=message):
            chain(image=picture(), depth=wrong, key=0)
    with pytest.raises(
        ValueError, match=r"float_fill must be for names in float_names, \('depth',\), got one for 'dept'"
    ):
        A.Compose([], float_names=["depth"], float_fill={"dept": 1.0})
    for fill in ("none", np.inf):
        with pytest.raises(ValueError, match="float_fill must be"):
            A.Compose([], float_names=["depth"], float_fill=fill)
    with pytest.raises(TypeError, match="float_fill must be a number, 'nan', or a dict"):
        A.Compose([], float_names=["depth"], float_fill=[1.0, 2.0])  # type: ignore[arg-type]


def test_a_fill_that_the_floats_cannot_hold_is_refused() -> None:
    for dtype, fill, most in ((np.float16, 7e4, "65504"), (np.float32, -1e39, r"3.4028e\+38")):
        chain = A.Compose([A.Rotate(angle=(45, 45), p=1)], float_names=["depth"], float_fill=fill)
        with pytest.raises(ValueError, match=f"of depth must be a level that {dtype.__name__} holds.*{most}"):
            chain(image=picture(), depth=np.ones((H, W), dtype), key=0)
        assert chain(image=picture(), depth=np.ones((H, W)), key=0)["depth"][0, 0] == fill


def test_masks_of_floats_are_moved_as_those_of_bytes() -> None:
    """Where they are not 0 is found by value: a negative zero has a byte that is not 0."""
    mask = np.zeros((20, 30), np.float32)
    mask[5:9, 7:12], mask[6:8, 8:10] = -0.0, 1
    chain = A.Compose([A.Affine(rotate=(20, 20), p=1)])
    image = np.zeros((20, 30, 3), np.uint8)
    floats = chain(image=image, masks=[mask, 2 * mask], key=1)["masks"]
    whole = chain(image=image, masks=[mask.astype(np.uint8), (2 * mask).astype(np.uint8)], key=1)["masks"]
    assert floats[0].any() and np.array_equal(floats, whole)
    box = A.Compose([], boxes_from_masks=True, instances=True)
    found = box(image=image, masks=[mask], boxes=[(0, 0, 30, 20)], labels=[1], key=1)["boxes"]
    np.testing.assert_array_equal(found, [(8, 6, 10, 8)])
