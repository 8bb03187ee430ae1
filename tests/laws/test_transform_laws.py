"""Laws that every transform obeys without asking, on non-square images; `augment._inventory` is the inventory."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, MIXES, REGISTRY, Kind, build, geometry

import augment

H, W = 96, 128
KEYS = [3, (1, 4)]
CASES = [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate(EXAMPLES)]
BOXES = np.array([[20.0, 12.0, 70.0, 50.0], [60.0, 40.0, 120.0, 90.0]])


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Only(augment.HorizontalFlip):
    """The geometry of another transform, as it was drawn."""

    stages: tuple[Any, ...] = ()
    p: float = 1.0

    def lower(self, params: Any, frame: Any) -> list[Any]:
        return list(self.stages)


def picture(dtype: Any = np.uint8, channels: int | None = 3) -> np.ndarray:
    """A smooth coloured picture with structure at every scale that interpolation keeps."""
    y, x = np.mgrid[0:H, 0:W]
    planes = [
        0.5 + 0.24 * np.sin(x / (5.0 + 3 * c) + c) + 0.24 * np.cos(y / (7.0 - c) + 0.02 * x)
        for c in range(channels or 1)
    ]
    image = np.stack(planes, -1) if channels else planes[0]
    return np.rint(image * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else image.astype(dtype)


def make(name: str, params: dict[str, Any], **changes: Any) -> augment.Compose:
    return augment.Compose([build(name, {**params, **changes})], seed=11)


def targets() -> dict[str, Any]:
    mask = np.zeros((H, W), np.uint8)
    mask[12:50, 20:70] = 1
    mask[60:80, 80:110] = 2
    return {
        "image": picture(),
        "mask": mask,
        "boxes": BOXES.copy(),
        "labels": ["a", "b"],
        "keypoints": np.array([[30.5, 20.5], [100.0, 70.0], [64.0, 48.0]]),
        "keypoint_labels": [0, 1, 2],
    }


def stages_of(chain: augment.Compose) -> list[Any]:
    """The geometric stages for the first key and the targets."""
    given = targets()
    return geometry(chain._chain, KEYS[0], (H, W, 3), {name: given[name] for name in ("boxes", "mask")})


def same(a: dict[str, Any], b: dict[str, Any]) -> None:
    assert a.keys() == b.keys()
    for name in a:
        if isinstance(a[name], np.ndarray):
            assert a[name].dtype == b[name].dtype
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)
        else:
            assert a[name] == b[name], name


@pytest.mark.parametrize(("name", "params"), CASES)
def test_the_same_key_gives_the_same_bytes_and_inputs_stay_as_they_are(name: str, params: dict[str, Any]) -> None:
    given = targets()
    for value in given.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    for key in KEYS:
        one, other = (make(name, params)(**given, key=key) for _ in range(2))
        same(one, other)
        assert one["key"] == key
        for result in one:
            if isinstance(given.get(result), np.ndarray):
                assert not np.shares_memory(one[result], given[result])
                assert one[result].flags.writeable


@pytest.mark.parametrize(("name", "params"), CASES)
def test_p_0_changes_nothing(name: str, params: dict[str, Any]) -> None:
    given = targets()
    result = make(name, params, p=0.0)(**given, key=5)
    assert not np.shares_memory(result["image"], given["image"])
    same({k: v for k, v in result.items() if k != "key"}, given)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_a_batch_is_what_single_calls_give(name: str, params: dict[str, Any]) -> None:
    chain = make(name, params)
    images = np.stack([picture(), picture()[::-1], picture()[:, ::-1]])
    keys = [(0, 1), (0, 2), (7, 3)]
    boxes = [BOXES, [], BOXES[:1]]
    batch = chain.batch(images, keys=keys, boxes=boxes, workers=2)
    for i, key in enumerate(keys):
        single = chain(image=images[i], boxes=boxes[i], key=key)
        np.testing.assert_array_equal(batch["images"][i], single["image"])
        np.testing.assert_array_equal(batch["boxes"][i], single["boxes"])


@pytest.mark.parametrize(("name", "params"), CASES)
def test_recipes_records_and_copies_do_the_same(name: str, params: dict[str, Any]) -> None:
    chain, given = make(name, params), targets()
    expected = chain(**given, key=KEYS[1])
    same(pickle.loads(pickle.dumps(chain))(**given, key=KEYS[1]), expected)
    if not any("external" in f.metadata for f in REGISTRY[name].__dataclass_fields__.values()):
        same(augment.Compose.from_json(chain.to_json())(**given, key=KEYS[1]), expected)
        same(augment.Compose.from_yaml(chain.to_yaml())(**given, key=KEYS[1]), expected)
        assert eval(repr(chain), vars(augment)) == chain == augment.Compose.from_dict(chain.to_dict())
    record = json.loads(json.dumps(chain.draw(KEYS[1], (H, W, 3), boxes=given["boxes"], mask=given["mask"])))
    same(chain.replay(record, **given), expected)


@pytest.mark.parametrize(("name", "params"), CASES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
def test_every_dtype_is_served_or_refused_in_words(name: str, params: dict[str, Any], dtype: Any) -> None:
    chain, image = make(name, params), picture(dtype)
    try:
        result = chain(image=image, key=2)["image"]
    except (TypeError, ValueError) as error:
        assert len(str(error)) > 20
        assert dtype not in (np.uint8, np.float32), "the dtypes of pipelines are always served"
        return
    assert result.dtype == build(name, params).leads_to(Kind(3, np.dtype(dtype))).dtype
    if name not in ("Normalize", "ToFloat", "FromFloat"):
        assert result.dtype == dtype
    strided = np.repeat(image, 2, axis=1)[:, ::2]
    np.testing.assert_array_equal(chain(image=strided, key=2)["image"], result)
    if np.dtype(dtype).kind == "f":
        assert np.isfinite(result).all()


@pytest.mark.parametrize(("name", "params"), CASES)
@pytest.mark.parametrize("channels", [None, 1, 2, 5])
def test_any_channel_count_is_served_or_refused_in_words(
    name: str, params: dict[str, Any], channels: int | None
) -> None:
    chain, image = make(name, params), picture(np.uint8, channels)
    try:
        result = chain(image=image, key=2)["image"]
    except (TypeError, ValueError) as error:
        assert any(word in str(error) for word in ("channel", "RGB", "values")), error
        return
    assert result.ndim == image.ndim
    if channels == 1:
        np.testing.assert_array_equal(chain(image=image[:, :, 0], key=2)["image"], result[:, :, 0])


@pytest.mark.parametrize(("name", "params"), CASES)
def test_16_bit_copies_give_the_same_picture(name: str, params: dict[str, Any]) -> None:
    """One setting works for every dtype: levels are fractions of full scale."""
    if params.get("method") == "pil" or name in ("AutoAugment", "RandAugment", "TrivialAugment"):
        pytest.skip("Pillow's rule of equalization, also in these policies, is one of 8 bits")
    chain = make(name, params)
    eight = picture()
    try:
        wide = chain(image=eight.astype(np.uint16) * 257, key=8)["image"] / 257.0
    except (TypeError, ValueError):
        return
    narrow = chain(image=eight, key=8)["image"].astype(float)
    if name in ("Normalize", "ToFloat"):
        np.testing.assert_allclose(wide * 257, narrow, atol=1e-5)
        return
    if name == "FromFloat":
        np.testing.assert_array_equal(wide * 257, narrow)
        return
    error = np.abs(wide - narrow)
    # Steps (posterize, equalize, quantised codes) may fall to the other side on single pixels.
    most = 6.0 if name == "AugMix" else 2.0
    share = np.mean(error > most)
    assert share < 0.02, f"{share:.3f} of the samples differ, by up to {error.max():.1f}"


@pytest.mark.parametrize(("name", "params"), CASES)
def test_keypoints_land_where_their_dots_land(name: str, params: dict[str, Any]) -> None:
    chain = make(name, {**params, **({"fill": 0.0} if "fill" in REGISTRY[name].__dataclass_fields__ else {})})
    stages = stages_of(chain)
    if not stages or any(stage.tiles for stage in stages):
        pytest.skip("moves no points, or cuts dots at the edges of tiles")
    points = np.array([[40.0, 30.0], [64.0, 48.0], [90.0, 60.0]])
    only = augment.Compose([_Only(stages=tuple(stages))])
    y, x = np.mgrid[0:H, 0:W] + 0.5
    for point in points:
        dot = np.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / (2 * 2.5**2))
        result = only(image=dot, keypoints=[tuple(point)], key=0)
        if not result["keypoints"]:
            continue
        weights = result["image"]
        h, w = weights.shape
        expected = np.array(result["keypoints"][0])
        if not (12 < expected[0] < w - 12 and 12 < expected[1] < h - 12) or weights.max() < 0.3:
            continue
        v, u = np.mgrid[0:h, 0:w] + 0.5
        near = np.hypot(u - expected[0], v - expected[1]) < 16
        total = (weights * near).sum()
        found = np.array([(u * weights * near).sum(), (v * weights * near).sum()]) / total
        assert np.abs(found - expected).max() < 0.6, (found, expected)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_boxes_follow_the_filled_mask(name: str, params: dict[str, Any]) -> None:
    stages = stages_of(make(name, params))
    if not stages or any(s.border != "constant" and s.grid is None for s in stages):
        pytest.skip("moves no boxes, or repeats the image beyond its border")
    only = augment.Compose([_Only(stages=tuple(stages))])
    for box in BOXES:
        mask = np.zeros((H, W), np.uint8)
        x0, y0, x1, y1 = box.astype(int)
        mask[y0:y1, x0:x1] = 9  # no label that a border is filled with
        result = only(image=picture(), mask=mask, boxes=box[None], key=0)
        rows, columns = np.nonzero(result["mask"] == 9)
        if not len(result["boxes"]):
            assert rows.size < 30
            continue
        if rows.size < 30:
            continue
        around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(result["boxes"][0], around, atol=2.0)


def as_scalars(value: Any) -> Any:
    """A field with NumPy's scalars in place of Python's."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    if isinstance(value, float):
        return np.float64(value)
    return tuple(as_scalars(entry) for entry in value) if isinstance(value, tuple) else value


def given_in_scalars(transform: Any) -> Any:
    fields = {f.name: getattr(transform, f.name) for f in dataclasses.fields(transform)}
    if "transforms" in fields:
        fields["transforms"] = tuple(given_in_scalars(child) for child in fields["transforms"])
    return type(transform)(**{name: as_scalars(value) for name, value in fields.items()})


@pytest.mark.parametrize(
    ("name", "params"),
    [pytest.param(name, params, id=f"{name}-{k}") for k, (name, params) in enumerate((*EXAMPLES, *MIXES))],
)
def test_numpys_scalars_become_plain_numbers_and_flags(name: str, params: dict[str, Any]) -> None:
    transform = build(name, params)
    made = given_in_scalars(transform)
    assert repr(made) == repr(transform)
    if any("external" in f.metadata for f in REGISTRY[name].__dataclass_fields__.values()):
        return  # arrays have no repr that evaluates, and are not equal to each other
    assert made == transform
    assert eval(repr(made), vars(augment)) == transform
    chain = augment.Compose([made], clip=np.bool_(True), seed=np.int64(3), min_area=np.float32(2))
    assert eval(repr(chain), vars(augment)) == chain == augment.Compose.from_json(chain.to_json())
    assert json.loads(
        json.dumps(chain.draw(np.int64(3), (H, W, 3), donors=range(9), boxes=[], mask=np.zeros((H, W), bool)))
    )


@pytest.mark.parametrize(("name", "params"), CASES)
def test_lines_that_are_repeated_by_a_stride_of_nothing(name: str, params: dict[str, Any]) -> None:
    """As `numpy.broadcast_to` makes them; where a side is 1, OpenCV reads on behind them."""
    memory = np.linspace(0, 1, 96, dtype=np.float32)[::-1].copy().reshape(96, 1)
    for channels in (None, 3):
        line = memory[:1] if channels is None else np.repeat(memory, 3, axis=1)[:1, np.newaxis]
        repeated = np.broadcast_to(line, (96, *line.shape[1:]))
        given = {"mask": np.ones((96, 1), np.uint8), "boxes": [], "labels": [], "key": 3}
        try:
            expected = make(name, params)(image=repeated.copy(), **given)["image"]
        except ValueError:  # too narrow for it, or of other channels
            continue
        np.testing.assert_array_equal(make(name, params)(image=repeated, **given)["image"], expected)
