"""Crops by coordinates, sides, boxes and masks, against slices of arrays and against the libraries they come from."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from helpers.transforms import sample

import augment as A

SIZE = (40, 56)
IMAGE = sample(SIZE)["image"]


@functools.lru_cache(maxsize=4)
def chain_of(transform: Any) -> A.Compose:
    return A.Compose([transform], seed=2)


def run(transform: Any, image: np.ndarray = IMAGE, key: Any = 0, **given: Any) -> dict[str, Any]:
    return chain_of(transform)(image=image, key=key, **given)


def drawn(transform: Any, key: Any = 0, **given: Any) -> dict[str, Any]:
    return chain_of(transform).draw(key, IMAGE.shape, **given)["steps"][0]["params"]


# --- coordinates and sides --------------------------------------------------------------------------------------------


def test_fixed_parts_are_slices() -> None:
    mask = np.arange(40 * 56, dtype=np.int32).reshape(SIZE)
    done = run(A.CropFixed(box=(5, 3, 30, 33)), mask=mask, boxes=[(0, 0, 10, 10)], labels=[1], keypoints=[(6.5, 4.0)])
    np.testing.assert_array_equal(done["image"], IMAGE[3:33, 5:30])
    np.testing.assert_array_equal(done["mask"], mask[3:33, 5:30])
    assert done["boxes"] == [(0, 0, 5, 7)]
    assert done["keypoints"] == [(1.5, 1.0)]
    parts = run(A.CropFixed(box=(0.25, 0.1, 0.5, 0.625), unit="fraction"))["image"]
    np.testing.assert_array_equal(parts, IMAGE[4:25, 14:28])
    outside = run(A.CropFixed(box=(-2, 30, 10, 43), pad=True, fill=1.0))["image"]
    np.testing.assert_array_equal(outside, np.pad(IMAGE, ((0, 3), (2, 0), (0, 0)), constant_values=255)[30:43, :12])


@pytest.mark.parametrize(("low", "high"), [(0.0, 1e-9), (0.5, 0.5 + 1e-9), (1.0 - 1e-9, 1.0)])
def test_the_thinnest_part_has_a_pixel(low: float, high: float) -> None:
    for pad in (False, True):
        done = run(A.CropFixed(box=(low, low, high, high), unit="fraction", pad=pad))["image"]
        assert done.shape == (1, 1, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box": (0.1, 0.2, 0.5, 0.6)}, r"box\[0\] must be an integer.*unit='fraction'"),
        ({"box": (3, 2, 3, 9)}, "x0 < x1 and y0 < y1"),
        ({"box": (-1, 2, 3, 9)}, r"box\[0\] must be >= 0"),
        ({"box": (0, 0, 1.5, 1), "unit": "fraction"}, r"box\[2\] must be <= 1"),
        ({"box": (0, 1, 2)}, "box must be"),
        ({"box": (0, 0, 1, 1), "unit": "percent"}, "unit must be one of"),
    ],
)
def test_fixed_parts_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        A.CropFixed(**options)


def test_a_part_beyond_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match=r"box must lie within the image.*pad=True"):
        run(A.CropFixed(box=(0, 0, 57, 40)))


def test_borders_are_cut_within_their_ranges() -> None:
    transform = A.CropBorders(top=(0.1, 0.2), bottom=(0.0, 0.5), left=(0.25, 0.25), right=(0.0, 0.75))
    seen = []
    for key in range(300):
        sides = drawn(transform, key)["sides"]
        seen.append(sides)
        top, bottom, left, right = sides
        expected = IMAGE[top : 40 - bottom, left : 56 - min(right, 41)]
        np.testing.assert_array_equal(run(transform, key=key)["image"], expected)
    ends = np.array(seen)
    assert ends.min(axis=0).tolist() == [4, 0, 14, 0]
    assert ends.max(axis=0).tolist() == [8, 20, 14, 42]
    everything = A.CropBorders(top=(1, 1), bottom=(0, 0), left=(0, 0), right=(1, 1))
    np.testing.assert_array_equal(run(everything)["image"], IMAGE[39:, :1])
    with pytest.raises(ValueError, match=r"top\[1\] \+ bottom\[1\] must be <= 1, got 1.2"):
        A.CropBorders(top=(0, 0.6), bottom=(0.1, 0.6))


@pytest.mark.parametrize("sides", [(-3, 5, 0, -7), (4, 4, 4, 4), (-20, -30, 9, -70), (-39, 0, 0, -55)])
def test_sides_move_as_in_albumentations(sides: tuple[int, int, int, int]) -> None:
    there = pytest.importorskip("albumentations")
    top, bottom, left, right = sides
    theirs = there.Compose([there.CropAndPad(px=(top, right, bottom, left), keep_size=False, fill=255, p=1)])
    boxes = np.array([(3.0, 2.0, 30.0, 25.0)])
    ours = run(A.CropAndPad(sides=sides, unit="pixel", keep_size=False, fill=1.0), boxes=boxes, labels=[0])
    if max(-top, 0) + max(-bottom, 0) < 40 and max(-left, 0) + max(-right, 0) < 56:
        np.testing.assert_array_equal(ours["image"], theirs(image=IMAGE)["image"])
        kept = A.CropAndPad(sides=sides, unit="pixel", fill=1.0, interpolation="bilinear")
        whole = A.Compose([kept], fuse=False)(image=IMAGE, key=0)["image"]
        again = run(A.Resize(size=SIZE, interpolation="bilinear"), ours["image"])["image"]
        np.testing.assert_array_equal(whole, again)
    else:
        assert min(ours["image"].shape[:2]) >= 1


def test_sides_are_drawn_each_or_together() -> None:
    pixels = [drawn(A.CropAndPad(sides=(-3, 4), unit="pixel"), key)["sides"] for key in range(200)]
    assert {v for row in pixels for v in row} == set(range(-3, 5))
    assert any(len(set(row)) == 4 for row in pixels)
    one = [drawn(A.CropAndPad(sides=(-0.2, 0.1), together=True), key)["sides"] for key in range(20)]
    assert all(len(set(row)) == 1 for row in one)
    mixed = A.CropAndPad(sides=[-0.25, [0.0, 0.5], 0, 0.125], keep_size=False)
    assert mixed.sides == (-0.25, (0.0, 0.5), 0.0, 0.125)
    assert A.Compose.from_json(A.Compose([mixed]).to_json()).transforms[0] == mixed
    top, bottom, left, right = drawn(mixed)["sides"]
    assert (top, left, right) == (-0.25, 0.0, 0.125)
    assert run(mixed)["image"].shape == (40 - 10 + round(40 * bottom), 56 + 7, 3)
    assert A.CropAndPad(sides=3, unit="pixel") == A.CropAndPad(sides=(-3, 3), unit="pixel")
    assert A.CropAndPad(sides=0.25).sides == (-0.25, 0.25)
    for wrong in ((1, 2, 3), (0.5, "x"), (-1.5, 0.0), ((0, 1), (0, 1)), -0.1, "x"):
        with pytest.raises((TypeError, ValueError), match="sides"):
            A.CropAndPad(sides=wrong)
    for wrong in (-2, 0.5, (0.5, 1)):
        with pytest.raises((TypeError, ValueError), match="sides"):
            A.CropAndPad(sides=wrong, unit="pixel")


# --- boxes ------------------------------------------------------------------------------------------------------------

BOXES = np.array([(4.0, 3.5, 15.25, 12.0), (20.0, 10.0, 50.0, 38.0), (30.5, 1.0, 33.0, 30.0)])


def inside(box: np.ndarray, part: Any) -> tuple[float, float]:
    """Shares of a box's width and height that a part (y0, x0, y1, x1) shows."""
    y0, x0, y1, x1 = part
    across, down = min(box[2], x1) - max(box[0], x0), min(box[3], y1) - max(box[1], y0)
    return across / (box[2] - box[0]), down / (box[3] - box[1])


@pytest.mark.parametrize("visible", [1.0, 0.4])
def test_a_part_of_a_size_shows_enough_of_a_box(visible: float) -> None:
    transform, shown, starts = A.BoxCrop(size=(30, 32), visible=visible), set(), set()
    for key in range(300):
        part = drawn(transform, key, boxes=BOXES)["part"]
        assert (part[2] - part[0], part[3] - part[1]) == (30, 32)
        shares = [inside(box, part) for box in BOXES]
        enough = [k for k, share in enumerate(shares) if min(share) >= visible - 1e-9]
        assert enough
        shown.update(enough)
        starts.add(tuple(part[:2]))
    assert shown == {0, 1, 2}
    assert len(starts) > 20
    done = run(transform, boxes=BOXES, labels=[0, 1, 2], key=3)
    assert len(done["boxes"]) >= 1


def test_a_box_that_is_larger_than_the_part_fills_it() -> None:
    for key in range(40):
        y0, x0, y1, x1 = drawn(A.BoxCrop(size=(8, 9), visible=0.5), key, boxes=BOXES[1:2])["part"]
        assert 10 <= y0 < y1 <= 38
        assert 20 <= x0 < x1 <= 50


def test_a_part_near_a_box_moves_its_sides() -> None:
    low, high = -0.2, 0.4
    for box in (BOXES[1], BOXES[0]):
        for key in range(60):
            y0, x0, y1, x1 = drawn(A.BoxCrop(margin=(low, high)), key, boxes=box[None])["part"]
            for first, last, a, b, size in ((x0, x1, box[0], box[2], 56), (y0, y1, box[1], box[3], 40)):
                length = b - a
                for out, end, bound in ((a - first, first, 0), (last - b, last, size)):
                    assert low * length - 0.5 <= out <= high * length + 0.5 or end == bound
    fixed = run(A.BoxCrop(margin=(0, 0)), boxes=BOXES[1:2], labels=[5])
    np.testing.assert_array_equal(fixed["image"], IMAGE[10:38, 20:50])
    thin = np.array([(10.2, 10.2, 10.3, 10.4)])
    np.testing.assert_array_equal(run(A.BoxCrop(margin=(0, 0)), boxes=thin, labels=[0])["image"], IMAGE[10:11, 10:11])


def test_without_boxes_any_part_or_all_of_the_image() -> None:
    parts = {tuple(drawn(A.BoxCrop(size=(30, 30)), key, boxes=[])["part"][:2]) for key in range(60)}
    assert {y for y, _ in parts} == set(range(11))
    np.testing.assert_array_equal(run(A.BoxCrop(), boxes=[], labels=[])["image"], IMAGE)
    for transform in (A.BoxCrop(size=(41, 5)), A.MaskCrop(size=(41, 5))):
        with pytest.raises(ValueError, match="size must be <= the"):
            run(transform, boxes=BOXES, labels=[0, 1, 2], mask=np.ones(SIZE, np.uint8))
    for wrong in ({"visible": 0}, {"visible": 1.1}, {"margin": (-0.5, 0)}, {"size": (0, 3)}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            A.BoxCrop(**wrong)


def test_parts_overlap_a_box_as_ssd_asks() -> None:
    ratios, scales = [], []
    for least in (0.0, 0.3, 0.6):
        transform = A.IoUCrop(overlaps=(least,), scale=(0.3, 0.9))
        for key in range(80):
            part = drawn(transform, key, boxes=BOXES)["part"]
            y0, x0, y1, x1 = part
            if part == [0, 0, 40, 56] or part == (0, 0, 40, 56):
                continue
            ratios.append((x1 - x0) / (y1 - y0))
            scales += [(x1 - x0) / 56, (y1 - y0) / 40]
            corners = np.array([[x0, y0, x1, y1]], float)
            centres = (BOXES[:, :2] + BOXES[:, 2:]) / 2
            held = ((centres > (x0, y0)) & (centres < (x1, y1))).all(axis=1)
            assert held.any()
            assert A.iou(BOXES[held], corners).max() >= least - 1e-12
    assert 0.5 <= min(ratios) < 0.8
    assert 1.5 < max(ratios) <= 2.0
    assert min(scales) > 0.25
    assert len(ratios) > 150


def parts_of_ssd(rng: np.random.Generator, boxes: np.ndarray, h: int, w: int) -> tuple[int, int, int, int]:
    """The rule of torchvision's RandomIoUCrop with its defaults, step by step."""
    while True:
        least = rng.choice([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
        if least == 1.0:
            return 0, 0, h, w
        for _ in range(40):
            width, height = (int(side * (0.3 + 0.7 * rng.random())) for side in (w, h))
            if not 0.5 <= width / height <= 2.0:
                continue
            left, top = int((w - width) * rng.random()), int((h - height) * rng.random())
            x, y = boxes[:, [0, 2]].mean(axis=1), boxes[:, [1, 3]].mean(axis=1)
            held = (left < x) & (x < left + width) & (top < y) & (y < top + height)
            corners = np.array([[left, top, left + width, top + height]], float)
            if held.any() and A.iou(boxes[held], corners).max() >= least:
                return top, left, top + height, left + width


def test_parts_are_drawn_as_torchvision_draws_them() -> None:
    rng = np.random.default_rng(5)
    theirs = np.array([parts_of_ssd(rng, BOXES, *SIZE) for _ in range(600)])
    ours = np.array([drawn(A.IoUCrop(), key, boxes=BOXES)["part"] for key in range(600)])
    whole = [np.mean((parts == (0, 0, *SIZE)).all(axis=1)) for parts in (ours, theirs)]
    assert abs(whole[0] - whole[1]) < 0.09
    for column in range(4):
        deciles = [np.quantile(parts[:, column], np.arange(0.1, 1, 0.1)) for parts in (ours, theirs)]
        assert np.abs(deciles[0] - deciles[1]).max() < 6.0, column


def test_overlaps_that_cannot_be_reached_leave_the_image() -> None:
    far = [(0.0, 0.0, 2.0, 2.0)]
    np.testing.assert_array_equal(run(A.IoUCrop(overlaps=(0.9,), trials=1), boxes=far, labels=[0])["image"], IMAGE)
    np.testing.assert_array_equal(run(A.IoUCrop(overlaps=(1.0,)), boxes=BOXES, labels=[0, 1, 2])["image"], IMAGE)
    np.testing.assert_array_equal(run(A.IoUCrop(), boxes=[], labels=[])["image"], IMAGE)
    for wrong in ({"overlaps": ()}, {"overlaps": 0.5}, {"overlaps": (-0.1,)}, {"trials": 0}, {"ratio": (0, 1)}):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            A.IoUCrop(**wrong)


# --- masks ------------------------------------------------------------------------------------------------------------

MASK = np.zeros(SIZE, np.int16)
MASK[:20] = 1
MASK[25:27, 50:54] = 2
MASK[38, 3] = -5


def test_classes_are_drawn_by_their_weights_and_shown() -> None:
    counts = dict.fromkeys((1, 2, -5), 0)
    transform = A.MaskCrop(size=(6, 7), labels=(1, 2, -5, 9), weights=(1, 2, 1, 50))
    for key in range(400):
        y, x = drawn(transform, key, mask=MASK)["place"]
        assert 0 <= y <= 34
        assert 0 <= x <= 49
        part = MASK[y : y + 6, x : x + 7]
        here = [label for label in counts if (part == label).any()]
        assert len(here) == 1
        counts[here[0]] += 1
        if key < 3:
            np.testing.assert_array_equal(run(transform, key=key, mask=MASK)["mask"], part)
    assert abs(counts[2] - 200) < 45
    assert abs(counts[1] - 100) < 40
    assert abs(counts[-5] - 100) < 40
    alike = [drawn(A.MaskCrop(size=(6, 7)), key, mask=MASK)["place"] for key in range(150)]
    assert sum(y >= 33 for y, _ in alike) > 25  # as often as the label with a thousand times as many pixels


def test_a_window_may_lie_anywhere_around_its_pixel() -> None:
    mask = np.zeros(SIZE, bool)
    mask[20, 30] = mask[0, 55] = True
    places = {tuple(drawn(A.MaskCrop(size=(3, 4)), key, mask=mask)["place"]) for key in range(300)}
    assert places == {(y, x) for y in (18, 19, 20) for x in (27, 28, 29, 30)} | {(0, 52)}


def test_shares_are_kept_where_they_can_be() -> None:
    transform = A.MaskCrop(size=(10, 10), labels=(1,), share=(0.2, 0.6), trials=200)
    for key in range(60):
        y, x = drawn(transform, key, mask=MASK)["place"]
        assert 0.2 <= (MASK[y : y + 10, x : x + 10] == 1).mean() <= 0.6
    y, x = drawn(A.MaskCrop(size=(10, 10), labels=(-5,), share=(0.5, 1.0)), mask=MASK)["place"]
    assert (MASK[y : y + 10, x : x + 10] == -5).any()  # the nearest


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.uint16, np.int64, np.float32])
def test_masks_of_every_dtype(dtype: Any) -> None:
    mask = np.zeros(SIZE, dtype)
    mask[31, 40] = 1
    assert run(A.MaskCrop(size=(5, 5)), mask=mask)["mask"].max() == 1
    assert run(A.MaskCrop(size=(5, 5), labels=(1,)), mask=mask[..., None])["mask"].max() == 1


def test_without_the_class_the_part_lies_anywhere() -> None:
    transform = A.MaskCrop(size=(35, 50), labels=(7,))
    places = {tuple(drawn(transform, key, mask=MASK)["place"]) for key in range(200)}
    assert {y for y, _ in places} == set(range(6))
    assert {x for _, x in places} == set(range(7))
    assert run(transform)["image"].shape == (35, 50, 3)  # there is no mask at all
    padded = run(A.MaskCrop(size=(50, 20), labels=(2,), pad=True), mask=MASK)["mask"]
    assert padded.shape == (50, 20)
    assert (padded == 2).any()
    with pytest.raises(ValueError, match=r"mask must have shape \(h, w\) for MaskCrop"):
        run(transform, mask=np.zeros((*SIZE, 2), np.uint8))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": ()}, "labels must hold at least one"),
        ({"labels": 3}, "labels must be a tuple"),
        ({"labels": (1, 1)}, "labels must be different"),
        ({"weights": (1.0,)}, "weights must come with labels"),
        ({"labels": (1, 2), "weights": (1.0,)}, "weights must be 2, one a label"),
        ({"labels": (1, 2), "weights": (0, 0)}, "weights must have a sum > 0"),
        ({"share": (0.5, 1.2)}, r"share\[1\] must be <= 1"),
        ({"trials": 0}, "trials must be >= 1"),
    ],
)
def test_mask_crops_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        A.MaskCrop(size=(5, 5), **options)
