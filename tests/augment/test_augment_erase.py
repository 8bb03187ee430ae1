"""Erasing: where and how much, fills, masks, and what is refused."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.machine import run
from helpers.transforms import Transform, mean_levels, through_mask
from helpers.vocabulary import DTYPES
from oracles.color import draws, frame_of
from oracles.plain import full_scale
from scipy import ndimage

from augment.erase import CoarseDropout, Erase, GridDropout, MaskDropout, PixelDropout

SIZE = (48, 64)
KINDS = (CoarseDropout, Erase, GridDropout, MaskDropout, PixelDropout)
FILLS: tuple[Any, ...] = (0.0, 0.25, (0.1, 0.5, 0.9), "mean", "noise")

every_kind = pytest.mark.parametrize("kind", KINDS)
every_fill = pytest.mark.parametrize("fill", FILLS, ids=str)
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def labels(size: tuple[int, int] = SIZE, dtype: Any = np.uint8) -> np.ndarray:
    """Label 1 in two pieces, one of them of two squares that touch with a corner; label 5 next to it; label 9."""
    mask = np.zeros(size, dtype)
    mask[4:10, 5:12] = 1
    mask[10:14, 12:20] = 1
    mask[30:40, 50:60] = 1
    mask[4:10, 12:15] = 5
    mask[20:47, 0:9] = 9
    return mask


def picture(dtype: Any = np.uint8, channels: int | None = 3, size: tuple[int, int] = SIZE) -> np.ndarray:
    image = example_image(dtype, size, channels)
    if np.dtype(dtype).kind == "f":
        image = image * np.dtype(dtype).type(0.8) + np.dtype(dtype).type(0.1)
    image.flags.writeable = False
    return image


def erased(
    transform: Transform, image: np.ndarray, mask: np.ndarray | None = None, key: int = 3
) -> tuple[np.ndarray, np.ndarray | None]:
    """Image and mask after the transform, its parameters sent through JSON."""
    frame = frame_of(image)._replace(mask=mask)
    params = json.loads(json.dumps(transform.draw(draws(key), frame)))
    stages = transform.lower(params, frame)
    return run(image, stages), None if mask is None else through_mask(mask, stages)


def drawn(transform: Transform, key: int, size: tuple[int, int] = SIZE) -> dict[str, Any]:
    return transform.draw(draws(key), frame_of(np.zeros((*size, 3), np.uint8)))


def where_of(transform: Transform, key: int, size: tuple[int, int] = SIZE, mask: np.ndarray | None = None) -> Any:
    """Which pixels are erased: those of a white image that turn black."""
    return erased(transform, np.full(size, 255, np.uint8), mask, key)[0] == 0


# --- fills and masks --------------------------------------------------------------------------------------------------


@every_kind
@every_fill
@every_dtype
def test_fills(kind: type[Transform], fill: Any, dtype: np.dtype) -> None:
    """What is erased has the fill, the rest stays, whatever the fill; the input is not written."""
    image, mask = picture(dtype), labels()
    where = where_of(kind(), 5, mask=mask)
    result, _ = erased(kind(fill=fill), image, mask, 5)
    assert where.any()
    assert not where.all()
    assert result.shape == image.shape
    assert result.dtype == dtype
    assert not np.shares_memory(result, image)
    np.testing.assert_array_equal(result[~where], image[~where])
    top = full_scale(dtype)
    if fill == "noise":
        values = result[where].astype(np.float64) / top
        assert values.min() >= 0
        assert values.max() <= 1
        assert abs(values.mean() - 0.5) < 4 * math.sqrt(1 / 12 / values.size)
        assert abs(values.var() - 1 / 12) < 0.1 / math.sqrt(values.size) * 4
        return
    level = image.astype(np.float64).mean(axis=(0, 1)) / top if fill == "mean" else fill
    wanted = np.broadcast_to(np.multiply(level, top), (3,))
    wanted = np.rint(wanted) if top > 1 else wanted
    np.testing.assert_allclose(result[where], np.broadcast_to(wanted, result[where].shape), rtol=1e-6)


@every_kind
@every_fill
@pytest.mark.parametrize("channels", [None, 1, 2, 5])
def test_any_number_of_channels(kind: type[Transform], fill: Any, channels: int | None) -> None:
    image, mask = picture(np.uint8, channels), labels()
    if isinstance(fill, tuple):
        fill = (0.1, 0.5, 0.9, 0.3, 0.7)[: channels or 1]
    where = where_of(kind(), 5, mask=mask)
    result, _ = erased(kind(fill=fill), image, mask, 5)
    assert result.shape == image.shape
    np.testing.assert_array_equal(result[~where], image[~where])
    if isinstance(fill, tuple):
        levels = np.rint(np.array(fill) * 255)
        assert (result.reshape(*SIZE, -1)[where] == levels).all()


@every_kind
def test_a_fill_of_the_wrong_length_is_refused(kind: type[Transform]) -> None:
    with pytest.raises(ValueError, match="3"):
        erased(kind(fill=(0.1, 0.2)), picture(), labels())


@every_kind
@every_fill
def test_masks_stay_or_follow(kind: type[Transform], fill: Any) -> None:
    image, mask = picture(), labels()
    where = where_of(kind(), 5, mask=mask)
    before = mask.copy()
    np.testing.assert_array_equal(erased(kind(fill=fill, mask_fill=None), image, mask, 5)[1], mask)
    after = erased(kind(fill=fill, mask_fill=77), image, mask, 5)[1]
    assert (after[where] == 77).all()
    np.testing.assert_array_equal(after[~where], mask[~where])
    np.testing.assert_array_equal(mask, before)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not MaskDropout])
def test_without_a_mask(kind: type[Transform]) -> None:
    result, mask = erased(kind(mask_fill=3), picture(), None, 5)
    assert mask is None
    assert (result != picture()).any()


@every_kind
@pytest.mark.parametrize("shape", [(0, 5, 3), (4, 0), (1, 1), (1, 9, 3), (7, 1)])
@every_fill
def test_empty_and_tiny_images(kind: type[Transform], shape: tuple[int, ...], fill: Any) -> None:
    fill = fill[0] if isinstance(fill, tuple) else fill
    image = np.full(shape, 200, np.uint8)
    for key in range(4):
        result, mask = erased(kind(fill=fill), image, np.ones(shape[:2], np.uint8), key)
        assert result.shape == shape
        assert mask.shape == shape[:2]


@every_dtype
@pytest.mark.parametrize("channels", [None, 1, 3, 4, 6, 9])
def test_mean_levels(dtype: np.dtype, channels: int | None) -> None:
    image = picture(dtype, channels)
    exact = image.reshape(-1, channels or 1).astype(np.float64).mean(axis=0)
    found = np.array(mean_levels(image)) * full_scale(dtype)
    if dtype.kind == "u":
        np.testing.assert_array_equal(np.rint(found), np.rint(exact))
        np.testing.assert_allclose(found, np.rint(found), atol=1e-9)
    np.testing.assert_allclose(found, exact, atol=0.5 if dtype.kind == "u" else 1e-9)
    np.testing.assert_allclose(mean_levels(image[::2, ::-1]), mean_levels(image[::2, ::-1].copy()))


def test_the_mean_of_integers_rounds_half_to_even() -> None:
    for pair, mean in (((0, 1), 0), ((1, 2), 2), ((2, 3), 2), ((254, 255), 254)):
        assert mean_levels(np.array([pair], np.uint8)) == (mean / 255,)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_the_mean_leaves_out_what_is_not_finite(dtype: str) -> None:
    image = np.full((4, 5, 3), 0.25, dtype)
    image[1, 2, 0] = np.nan
    image[2, 3, 1] = np.inf
    image[..., 2] = np.nan
    assert mean_levels(image) == (0.25, 0.25, 0.0)


def test_noise_depends_on_the_key_and_the_channel() -> None:
    image = np.zeros((*SIZE, 3), np.uint8)
    a, b = (erased(Erase(fill="noise", area=(0.3, 0.3)), image, key=k)[0] for k in (1, 2))
    where = a.any(axis=2)
    assert (a[where][:, 0] != a[where][:, 1]).mean() > 0.9
    assert (a != b).mean() > 0.1


# --- rectangles -------------------------------------------------------------------------------------------------------


def test_erase_draws_area_and_ratio() -> None:
    transform = Erase(area=(0.05, 0.2), ratio=(0.4, 2.5))
    found = []
    for key in range(400):
        y0, x0, y1, x1 = drawn(transform, key, (200, 300))["rectangle"]
        assert 0 <= y0 < y1 <= 200
        assert 0 <= x0 < x1 <= 300
        found.append(((y1 - y0) * (x1 - x0) / 60000, (y1 - y0) / (x1 - x0), y0, x0))
    area, ratio, top, left = np.array(found).T
    assert 0.048 < area.min() < 0.055
    assert 0.195 < area.max() < 0.204
    assert 0.39 < ratio.min() < 0.45
    assert 2.2 < ratio.max() < 2.6
    assert abs(np.log(ratio).mean()) < 0.1
    assert top.min() < 10
    assert left.min() < 10
    assert top.max() > 110
    assert left.max() > 180


@pytest.mark.parametrize("size", [(40, 400), (400, 40), (3, 50)])
def test_erase_keeps_the_area_where_the_ratio_does_not_fit(size: tuple[int, int]) -> None:
    for key in range(100):
        y0, x0, y1, x1 = drawn(Erase(area=(0.5, 0.6), ratio=(0.5, 2.0)), key, size)["rectangle"]
        assert 0 <= y0 < y1 <= size[0]
        assert 0 <= x0 < x1 <= size[1]
        assert 0.45 < (y1 - y0) * (x1 - x0) / (size[0] * size[1]) < 0.65


def test_coarse_dropout_draws_holes() -> None:
    transform = CoarseDropout(holes=(2, 5), height=(0.1, 0.2), width=(0.3, 0.4))
    counts, tops = set(), []
    for key in range(300):
        holes = drawn(transform, key, (200, 300))["rectangles"]
        counts.add(len(holes))
        for y0, x0, y1, x1 in holes:
            assert 20 <= y1 - y0 <= 40
            assert 90 <= x1 - x0 <= 120
            assert 0 <= y0 < y1 <= 200
            assert 0 <= x0 < x1 <= 300
            tops.append(y0)
    assert counts == {2, 3, 4, 5}
    assert min(tops) < 5
    assert max(tops) > 160
    np.testing.assert_array_equal(erased(CoarseDropout(holes=(0, 0)), picture())[0], picture())


@pytest.mark.parametrize("random_offset", [True, False])
def test_grid_dropout_is_a_grid(random_offset: bool) -> None:
    transform = GridDropout(unit=(0.2, 0.3), ratio=(0.4, 0.6), random_offset=random_offset)
    offsets = set()
    for key in range(60):
        params = drawn(transform, key)
        unit, hole, (y, x) = params["unit"], params["hole"], params["offset"]
        offsets.add((y, x))
        assert 10 <= unit <= 14
        assert 0.35 < hole / unit < 0.65
        down = (np.arange(SIZE[0]) - y) % unit < hole
        across = (np.arange(SIZE[1]) - x) % unit < hole
        np.testing.assert_array_equal(where_of(transform, key), down[:, np.newaxis] & across)
    assert (len(offsets) > 40) == random_offset


def test_grid_dropout_of_everything_and_of_a_quarter() -> None:
    assert where_of(GridDropout(ratio=(1.0, 1.0)), 1).all()
    share = np.mean([where_of(GridDropout(unit=(0.05, 0.1)), key, (200, 300)).mean() for key in range(20)])
    assert 0.2 < share < 0.31


# --- pixels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("chance", [0.0, 0.03, 0.5, 1.0])
@pytest.mark.parametrize("fill", [0.0, "mean", "noise"])
def test_pixel_dropout_drops_its_share(per_channel: bool, chance: float, fill: Any) -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    image[0] = 0
    transform = PixelDropout(probability=(chance, chance), per_channel=per_channel, fill=fill)
    changed = (erased(transform, image)[0] != image)[1:]
    if fill == "noise":
        chance *= 255 / 256
    if fill == "noise" and not per_channel:
        changed = changed.any(axis=2)[..., np.newaxis]
        chance = min(chance * 256 / 255, 1.0)
    assert abs(changed.mean() - chance) < 5 * math.sqrt(chance * (1 - chance) / changed.size) + 1e-6
    together = (changed.all(axis=2) == changed.any(axis=2)).all()
    assert together == (not per_channel or chance in (0.0, 1.0))


def test_pixel_dropout_drops_the_same_pixels_whatever_the_fill() -> None:
    image = picture()
    for per_channel in (False, True):
        found = [
            erased(PixelDropout(probability=(0.2, 0.2), per_channel=per_channel, fill=fill), image)[0]
            for fill in (0.0, 1.0, "mean", "noise")
        ]
        where = found[0] != found[1]
        for result in found:
            np.testing.assert_array_equal(result[~where], image[~where])


# --- objects ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.int64, np.uint32])
@pytest.mark.parametrize("by", ["component", "label"])
def test_mask_dropout_erases_whole_objects(dtype: Any, by: str) -> None:
    mask = labels(dtype=dtype)
    if dtype in (np.int16, np.int64):
        mask[mask == 5] = -7
    objects = []
    for value in np.unique(mask[mask != 0]):
        pieces, n = ndimage.label(mask == value, structure=np.ones((3, 3)))
        objects += [pieces == k for k in range(1, n + 1)] if by == "component" else [mask == value]
    seen = set()
    for key in range(60):
        where = where_of(MaskDropout(by=by), key, mask=mask)
        hits = [k for k, one in enumerate(objects) if (one == where).all()]
        assert len(hits) == 1
        seen.add(hits[0])
        after = erased(MaskDropout(by=by), picture(), mask, key)[1]
        np.testing.assert_array_equal(after, np.where(where, 0, mask))
        assert after.dtype == dtype
    assert seen == set(range(len(objects)))


def test_mask_dropout_counts_objects() -> None:
    mask, counts = labels(), set()
    whole = ndimage.label(mask, structure=np.ones((3, 3)))[0]
    transform = MaskDropout(objects=(0, 9))
    for key in range(80):
        params = transform.draw(draws(key), frame_of(picture())._replace(mask=mask))
        counts.add(len(params["objects"]))
        assert len({tuple(one) for one in params["objects"]}) == len(params["objects"])
    assert counts == {0, 1, 2, 3, 4}
    assert whole.max() == 3  # label 5 touches label 1: labels are told apart
    assert (where_of(MaskDropout(objects=(4, 4)), 0, mask=mask) == (mask != 0)).all()


def test_mask_dropout_without_objects() -> None:
    for mask in (None, np.zeros(SIZE, np.uint8), np.zeros(SIZE, bool)):
        np.testing.assert_array_equal(erased(MaskDropout(), picture(), mask)[0], picture())


def test_mask_dropout_takes_a_mask_with_one_channel_and_refuses_more() -> None:
    mask = labels()[..., np.newaxis]
    where = where_of(MaskDropout(), 2, mask=labels())
    result, after = erased(MaskDropout(), picture(), mask, 2)
    assert (result[where] == 0).all()
    assert after.shape == mask.shape
    with pytest.raises(ValueError, match=r"mask must have shape \(h, w\) for MaskDropout, got \(48, 64, 3\)"):
        erased(MaskDropout(), picture(), np.repeat(mask, 3, axis=2))


# --- refusals ---------------------------------------------------------------------------------------------------------


@every_kind
@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"fill": None}, TypeError, "fill must be a number, got None"),
        ({"fill": True}, TypeError, "fill must be a number"),
        ({"fill": "median"}, ValueError, "fill must be one of 'mean', 'noise', got 'median'"),
        ({"fill": ()}, ValueError, "fill must be a level or one for each channel, got none"),
        ({"fill": (0.1, "x", 0.2)}, TypeError, r"fill\[1\] must be a number"),
        ({"fill": math.nan}, ValueError, "fill must be finite"),
        ({"mask_fill": 0.5}, TypeError, "mask_fill must be an integer"),
        ({"p": 2}, ValueError, "p must be <= 1"),
    ],
)
def test_wrong_fills_are_refused(kind: type[Transform], wrong: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        kind(**wrong)


@pytest.mark.parametrize(
    ("kind", "wrong", "error", "message"),
    [
        (Erase, {"area": 0.1}, TypeError, "area must be a pair"),
        (Erase, {"area": (0.0, 0.1)}, ValueError, r"area\[0\] must be > 0"),
        (Erase, {"area": (0.1, 1.1)}, ValueError, r"area\[1\] must be <= 1"),
        (Erase, {"ratio": (0.0, 2.0)}, ValueError, r"ratio\[0\] must be > 0"),
        (Erase, {"ratio": (3.0, 2.0)}, ValueError, "low <= high"),
        (CoarseDropout, {"holes": (-1, 2)}, ValueError, r"holes\[0\] must be >= 0"),
        (CoarseDropout, {"holes": (1.0, 2)}, TypeError, r"holes\[0\] must be an integer"),
        (CoarseDropout, {"height": (0.0, 0.2)}, ValueError, r"height\[0\] must be > 0"),
        (CoarseDropout, {"width": (0.1, 1.5)}, ValueError, r"width\[1\] must be <= 1"),
        (
            CoarseDropout,
            {"width": (0.1, 8)},
            ValueError,
            r"width\[1\] is a fraction of the image's side, .*: 8 of 512 pixels",
        ),
        (GridDropout, {"ratio": 0.5}, TypeError, "ratio must be a pair"),
        (GridDropout, {"ratio": (0.5, 1.5)}, ValueError, r"ratio\[1\] must be <= 1"),
        (GridDropout, {"unit": (0.0, 0.5)}, ValueError, r"unit\[0\] must be > 0"),
        (GridDropout, {"random_offset": 1}, TypeError, "random_offset must be True or False"),
        (PixelDropout, {"probability": (0.0, 1.5)}, ValueError, r"probability\[1\] must be <= 1"),
        (PixelDropout, {"per_channel": "yes"}, TypeError, "per_channel must be True or False"),
        (PixelDropout, {"per_channel": True, "mask_fill": 1}, ValueError, "mask_fill must be None with per_channel"),
        (MaskDropout, {"objects": (-1, 1)}, ValueError, r"objects\[0\] must be >= 0"),
        (MaskDropout, {"by": "box"}, ValueError, "by must be one of 'component', 'label', got 'box'"),
    ],
)
def test_wrong_values_are_refused(
    kind: type[Transform], wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        kind(**wrong)
