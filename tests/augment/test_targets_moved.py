"""Keypoints and boxes through geometry: against painted dots, filled masks, sets of lines and a peer."""

from __future__ import annotations

import pickle
from typing import Any

import cv2
import numpy as np
import pytest
from helpers.target_stages import (
    BENT,
    BOXES,
    CHAINS,
    FLIP,
    POINTS,
    ROTATE,
    SHRINK,
    SIZE,
    STEEP,
    TILT,
    TURN,
    TURN_BACK,
    H,
    W,
    crop,
    elastic,
    finished,
    moved,
    pad,
    pixel_boxes,
    placed,
    stages,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import targets as naive

from augment._chain.targets import boxes as bt
from augment._chain.targets import points as tg
from augment._chain.targets.path import path, path_back
from imgproc._scanline import Geometry
from imgproc._scanline import matrix as mx

# --- keypoints --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*CHAINS, *BENT])
def test_keypoints_land_where_the_pull_finds_them(name: str) -> None:
    chain = {**CHAINS, **BENT}[name]
    out, kept = tg.move_points(POINTS, path(chain, H, W), remove_invisible=False)
    assert kept.tolist() == list(range(len(POINTS)))
    front = np.isfinite(out).all(axis=1)
    assert front.any()
    assert front.all() or "steep" in name
    np.testing.assert_allclose(naive.pull(chain, out[front]), POINTS[front], atol=2e-4)


@pytest.mark.parametrize("name", [*CHAINS, *BENT])
def test_keypoints_outside_a_frame_are_removed(name: str) -> None:
    chain = {**CHAINS, **BENT}[name]
    rng = np.random.default_rng(3)
    points = rng.uniform((-10, -10), (W + 10, H + 10), (300, 2))
    every, _ = tg.move_points(points, path(chain, H, W), remove_invisible=False)
    out, kept = tg.move_points(points, path(chain, H, W))
    np.testing.assert_array_equal(out, every[kept])
    found = np.where(np.isfinite(every), every, -1e9)
    h, w = chain[-1].size if chain else SIZE
    _, seen = naive.pull_seen(chain, SIZE, found)
    seen &= ((found >= 0) & (found <= (w, h))).all(axis=1)
    np.testing.assert_array_equal(kept, np.flatnonzero(seen))
    assert 0 < len(kept) < len(points)


def test_the_edges_of_a_frame_belong_to_it() -> None:
    points = np.array([(0, 0), (W, H), (W, 0), (0, H), (W + 1e-3, 5), (5, -1e-3)], np.float64)
    for chain in ([], [FLIP], [TURN, TURN_BACK], [placed(mx.about(mx.rotation(180), W / 2, H / 2))]):
        out, kept = tg.move_points(points, path(chain, H, W))
        assert kept.tolist() == [0, 1, 2, 3]
        assert out.min() >= 0
        assert (out <= (W, H)).all()
    np.testing.assert_allclose(tg.move_points(points, path([FLIP], H, W))[0], [(W, 0), (0, H), (0, 0), (W, H)])


def test_points_beside_the_edge_by_rounding_are_on_it() -> None:
    points = np.array([(-1e-7, 5), (W + 1e-7, H + 1e-7)])
    out, kept = tg.move_points(points, path([], H, W))
    assert kept.tolist() == [0, 1]
    assert out.tolist() == [[0, 5], [W, H]]


def test_what_a_crop_cuts_off_padding_does_not_bring_back() -> None:
    chain = CHAINS["crop-pad"]
    points = np.array([(15, 30), (25, 30)])
    out, kept = tg.move_points(points, path(chain, H, W))
    assert kept.tolist() == [1]
    np.testing.assert_allclose(out, [(45, 50)])
    out, kept = tg.move_points(points, path(chain, H, W), remove_invisible=False)
    np.testing.assert_allclose(out, [(35, 50), (45, 50)])


def test_behind_the_horizon_is_no_place() -> None:
    points = np.array([(30, 40), (83.0, 40), (110, 40)])
    out, _ = tg.move_points(points, path([STEEP], H, W), remove_invisible=False)
    assert np.isfinite(out[0]).all()
    assert np.isfinite(out[1]).all()  # just in front
    assert np.isnan(out[2]).all()
    bent, _ = tg.move_points(points, path([STEEP, elastic()], H, W), remove_invisible=False)
    assert np.isnan(bent[2]).all()
    assert tg.move_points(points, path([STEEP], H, W))[1].tolist() == [0]


def dot(x: float, y: float, size: tuple[int, int]) -> np.ndarray:
    """A round spot whose centroid is (x, y)."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]] + 0.5
    return np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 1.5**2)).astype(np.float32)


def centroid(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]] + 0.5
    return float((image * columns).sum() / image.sum()), float((image * rows).sum() / image.sum())


@pytest.mark.parametrize(
    "name", ["flip", "turn", "rotate", "shrink", "tilt", "crop", "crop-pad-rotate", "flip-tilt-rotate"]
)
def test_painted_dots_warped_by_opencv(name: str) -> None:
    chain = CHAINS[name]
    pull = mx.IDENTITY
    for stage in chain:
        pull = mx.multiply(pull, stage.pull)
    # OpenCV's points are pixel centres at whole numbers.
    half = mx.translation(0.5, 0.5)
    matrix = np.reshape(mx.multiply(mx.inverse(half), mx.multiply(pull, half)), (3, 3))
    out, kept = tg.move_points(POINTS, path(chain, H, W))
    h, w = chain[-1].size
    checked = 0
    for (x, y), i in zip(out, kept):
        if 6 < x < w - 6 and 6 < y < h - 6:
            image = cv2.warpPerspective(
                dot(*POINTS[i], SIZE), matrix, (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            )
            assert centroid(image) == pytest.approx((x, y), abs=0.06)
            checked += 1
    assert checked >= 3


@pytest.mark.parametrize("name", BENT)
def test_painted_dots_remapped_by_opencv(name: str) -> None:
    chain = BENT[name]
    h, w = chain[-1].size
    source = (naive.pull(chain, naive.pixel_centres((h, w))) - 0.5).reshape(h, w, 2).astype(np.float32)
    out, kept = tg.move_points(POINTS, path(chain, H, W))
    errors = []
    for (x, y), i in zip(out, kept):
        if 8 < x < w - 8 and 8 < y < h - 8:
            image = cv2.remap(dot(*POINTS[i], SIZE), source[..., 0], source[..., 1], cv2.INTER_LINEAR)
            errors.append(np.subtract(centroid(image), (x, y)))
    # The displacement bends the spot itself, but without a preference.
    assert len(errors) >= 2
    assert np.abs(errors).max() < 0.6
    assert np.abs(np.mean(errors, axis=0)).max() < 0.2


@given(stages(), st.integers(0, 2**32 - 1))
def test_points_back_undoes_the_way(chain: list[Geometry], seed: int) -> None:
    points = np.random.default_rng(seed).uniform((0, 0), (W, H), (20, 2))
    out, _ = tg.move_points(points, path(chain, H, W), remove_invisible=False)
    near = np.isfinite(out).all(axis=1) & (np.abs(out) < 1e4).all(axis=1)
    back = tg.move_points(out[near], path_back(chain, H, W), remove_invisible=False)[0]
    np.testing.assert_allclose(back, points[near], atol=1e-5)


@pytest.mark.parametrize("name", BENT)
def test_points_back_through_displacements(name: str) -> None:
    chain = BENT[name]
    h, w = chain[-1].size
    points = np.random.default_rng(5).uniform((-5, -5), (w + 5, h + 5), (200, 2))
    back = tg.move_points(points, path_back(chain, H, W), remove_invisible=False)[0]
    np.testing.assert_allclose(back, naive.pull(chain, points), atol=1e-4)


@given(st.integers(0, 2**32 - 1), st.floats(0.5, 25), st.integers(2, 9), st.integers(2, 9))
def test_displacements_are_undone_even_where_they_fold(seed: int, strength: float, rows: int, columns: int) -> None:
    stage = elastic(strength, (rows, columns), seed=seed)
    points = np.random.default_rng(seed).uniform((0, 0), (W, H), (30, 2))
    out, _ = tg.move_points(points, path([stage], H, W), remove_invisible=False)
    error = np.abs(naive.pull([stage], out) - points).max(axis=1)
    bend = strength / min(H / (rows - 1), W / (columns - 1))
    if bend < 0.1:
        assert error.max() < 1e-3
    # The stronger the grid, the more points lie in folds, where several points have gone to the same place.
    assert (error < 1e-3).mean() > (0.85 if bend < 0.5 else 0.5)


# --- boxes ------------------------------------------------------------------------------------------------------------


@given(pixel_boxes(), stages())
@settings(max_examples=300)
def test_boxes_are_what_the_lines_leave(box: tuple[float, ...], chain: list[Geometry]) -> None:
    seen, bounds = naive.visible(box, chain, SIZE)
    out, part, kept = moved([box], chain)
    if not len(kept):
        assert seen < 1e-6
        return
    assert part[0] == pytest.approx(seen, abs=1e-6)
    if seen > 1e-4:
        np.testing.assert_allclose(out[0], bounds, atol=1e-3)


@pytest.mark.parametrize("name", CHAINS)
def test_boxes_of_each_chain(name: str) -> None:
    chain = CHAINS[name]
    out, part, kept = moved(BOXES, chain)
    expected = [naive.visible(box, chain, SIZE) for box in BOXES]
    assert kept.tolist() == [i for i, (seen, _) in enumerate(expected) if seen > 0]
    for row, seen, i in zip(out, part, kept):
        assert seen == pytest.approx(expected[i][0], abs=1e-9)
        np.testing.assert_allclose(row, expected[i][1], atol=1e-6)


@pytest.mark.parametrize("name", [*CHAINS, *BENT])
def test_boxes_follow_filled_masks(name: str) -> None:
    chain = {**CHAINS, **BENT}[name]
    h, w = chain[-1].size if chain else SIZE
    per_pixel = 2
    source, seen = naive.pull_seen(chain, SIZE, naive.pixel_centres((h, w), per_pixel))
    out, _, kept = moved(BOXES, chain)
    rows = dict(zip(kept.tolist(), out))
    for i, (x0, y0, x1, y1) in enumerate(BOXES):
        with np.errstate(invalid="ignore"):
            inside = seen & (source >= (x0, y0)).all(axis=1) & (source <= (x1, y1)).all(axis=1)
        mask = inside.reshape(h * per_pixel, w * per_pixel)
        if mask.sum() < 8:
            continue
        ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        painted = np.array([xs[0], ys[0], xs[-1] + 1, ys[-1] + 1]) / per_pixel
        # A corner that ends in a sharp angle reaches beyond the last pixel centre that it covers.
        np.testing.assert_allclose(rows[i], painted, atol=2.0)
        assert (rows[i][:2] <= painted[:2] + 0.51).all()
        assert (rows[i][2:] >= painted[2:] - 0.51).all()


def test_flips_and_crops_are_exact() -> None:
    out, part, _ = moved([(10, 20, 30, 60), (0, 0, 130, 90)], [FLIP])
    assert out.tolist() == [[100, 20, 120, 60], [0, 0, 130, 90]]
    assert part.tolist() == [1, 1]
    out, part, _ = moved([(10, 20, 30, 60), (0, 0, 130, 90)], [crop(30, 20, 70, 110)])
    np.testing.assert_allclose(out, [(0, 0, 10, 30), (0, 0, 90, 40)], atol=1e-12)
    assert (out.min(), out[1, 2], out[1, 3]) == (0, 90, 40)
    np.testing.assert_allclose(part, [(10 * 30) / (20 * 40), (90 * 40) / (130 * 90)])


def test_cut_sides_lie_exactly_on_the_frame() -> None:
    rng = np.random.default_rng(11)
    boxes = np.tile([(0.1, 0.3, 129.7, 89.9)], (20, 1))
    for angle, x0, y0, scale in rng.uniform((0, 20, 20, 0.5), (360, 40, 40, 3), (40, 4)):
        # The box covers the frame on all sides.
        inner = [
            placed(mx.multiply(mx.scaling(scale, scale), mx.translation(-x0, -y0)), (int(20 * scale), int(30 * scale)))
        ]
        turned = [placed(mx.about(mx.rotation(angle), W / 2, H / 2)), crop(35, 55, 55, 75)]
        for chain in (inner, turned):
            out, _, _ = moved(boxes, chain)
            h, w = chain[-1].size
            assert (out == (0, 0, w, h)).all()


def test_a_sliver_by_rounding_is_not_seen() -> None:
    boxes = [(10, 10, 30 + 1e-9, 40), (10, 10, 30 + 1e-3, 40)]
    assert moved(boxes, [crop(0, 30, 90, 130)])[2].tolist() == [1]


def test_a_rotated_box_is_the_box_of_its_corners() -> None:
    box = (50, 40, 80, 50)
    out, _, _ = moved([box], [ROTATE])
    turned = naive.project(mx.inverse(ROTATE.pull), naive.corners(box))
    np.testing.assert_allclose(out[0], [*turned.min(axis=0), *turned.max(axis=0)])


def test_visibility_is_measured_on_the_original_box_over_the_whole_chain() -> None:
    # Two crops of a half each: a quarter; two of the same half: that half.  Scale and tilt take nothing away.
    box = [(20, 20, 60, 60)]
    left, top = crop(0, 0, 90, 40), crop(0, 0, 40, 40)
    assert moved(box, [left, top])[1][0] == pytest.approx(0.25)
    assert moved(box, [left, left])[1][0] == pytest.approx(0.5)
    assert moved(box, [left, pad(0, 0, 0, 60, (90, 40)), placed(mx.scaling(0.5, 0.5), (45, 50))])[1][
        0
    ] == pytest.approx(0.5)
    assert moved(box, [placed(mx.scaling(0.1, 0.1), (9, 13))])[1][0] == pytest.approx(1)
    assert moved([(10, 10, 70, 70)], [TILT])[1][0] == pytest.approx(1)
    assert moved(box, [left, elastic(0.5, size=(90, 40))])[1][0] == pytest.approx(0.5, abs=0.02)
    # Of what the image itself never showed, nothing is missed.
    assert moved([(-20, 20, 20, 60)], [FLIP])[1][0] == pytest.approx(1)


def test_min_visibility_and_min_area_and_the_rows_kept() -> None:
    boxes = [(0, 0, 20, 20), (30, 0, 50, 20), (40, 0, 60, 20), (45, 0, 65, 20), (10, 10, 12, 12)]
    window = [crop(0, 0, 90, 50)]
    assert moved(boxes, window)[2].tolist() == [0, 1, 2, 3, 4]
    assert moved(boxes, window, min_visibility=0.5)[2].tolist() == [0, 1, 2, 4]
    assert moved(boxes, window, min_visibility=0.51)[2].tolist() == [0, 1, 4]
    assert moved(boxes, window, min_visibility=1.0)[2].tolist() == [0, 1, 4]
    assert moved(boxes, window, min_area=200)[2].tolist() == [0, 1, 2]
    assert moved(boxes, window, min_area=200.1)[2].tolist() == [0, 1]
    assert moved(boxes, window, min_area=10, min_visibility=0.2)[2].tolist() == [0, 1, 2, 3]
    out, part, kept = moved(boxes, window, min_visibility=0.4)
    np.testing.assert_allclose(out[2], (40, 0, 50, 20))
    np.testing.assert_allclose(part, [1, 1, 0.5, 1])
    assert kept.dtype == np.intp


def test_what_is_not_seen_is_dropped() -> None:
    boxes = [
        (140, 0, 150, 20),
        (-20, -20, 0, 0),
        (10, 10, 10, 40),
        (10, 10, 40, 10),
        (5, 5, 5, 5),
        (10, 10, 20, 20),
        (60, 0, 80, 20),
    ]
    assert moved(boxes, [])[2].tolist() == [5, 6]
    for options in ({}, {"clip": False}):
        assert moved(boxes, [crop(0, 0, 90, 60)], **options)[2].tolist() == [5]
        assert moved(boxes, [crop(0, 20, 90, 130), elastic(0.1, size=(90, 110))], **options)[2].tolist() == [6]


def test_without_clip_all_of_a_box_is_given() -> None:
    boxes = [(-10, 20, 60, 100), (100, 10, 120, 30), (40, 10, 60, 30)]
    chain = [crop(0, 0, 90, 50), FLIP._replace(pull=(-1.0, 0.0, 50, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), size=(90, 50))]
    out, part, kept = moved(boxes, chain, clip=False)
    assert kept.tolist() == [0, 2]
    np.testing.assert_allclose(out, [(-10, 20, 60, 100), (-10, 10, 10, 30)])
    np.testing.assert_allclose(part, [50 / 60, 0.5])
    opened = bt.open_boxes(boxes[:1], "coco", H, W)
    assert finished(opened, boxes[:1], path([], H, W), "coco", clip=False)[0] == [boxes[0]]


@given(pixel_boxes(), stages())
def test_without_clip_boxes_hold_their_corners(box: tuple[float, ...], chain: list[Geometry]) -> None:
    out, _, kept = moved([box], chain, clip=False)
    clipped, _, same = moved([box], chain)
    assert kept.tolist() == same.tolist()
    if not len(kept):
        return
    assert (out[0][:2] <= clipped[0][:2] + 1e-6).all()
    assert (out[0][2:] >= clipped[0][2:] - 1e-6).all()
    assert np.isfinite(out).all()
    corners = naive.corners(box)
    in_front = True
    for stage in chain:
        corners = naive.project(np.linalg.inv(np.reshape(stage.pull, (3, 3))), corners)
        in_front &= bool(np.isfinite(corners).all())
    if in_front and np.abs(corners).max() < 1e4:
        np.testing.assert_allclose(out[0], [*corners.min(axis=0), *corners.max(axis=0)], atol=1e-6)


def test_a_box_across_the_horizon() -> None:
    # In front of it the box goes on to the right without end; the frame ends it.
    out, part, _ = moved([(20, 5, 120, 30)], [STEEP])
    assert 0 < part[0] < 0.4
    assert out[0][2] == W
    wide, _, _ = moved([(20, 5, 120, 30)], [STEEP], clip=False)
    assert np.isfinite(wide).all()
    assert wide[0][2] > 1e4


@pytest.mark.parametrize(
    "name", ["flip", "turn", "rotate", "shrink", "tilt", "flip-tilt-rotate", "elastic", "flip-elastic-rotate"]
)
def test_boxes_back_hold_the_box(name: str) -> None:
    chain = {**CHAINS, **BENT}[name]
    box = np.array([(50.0, 35.0, 75.0, 50.0)])
    out, _, kept = moved(box, chain)
    assert len(kept) == 1
    back = bt.boxes_back(out, chain, H, W)
    assert back.shape == (1, 4)
    assert (back[0][:2] <= box[0][:2] + 0.1).all()
    assert (back[0][2:] >= box[0][2:] - 0.1).all()
    if name in ("flip", "turn", "shrink"):
        np.testing.assert_allclose(back, box)
    h, w = chain[-1].size
    grid = naive.pixel_centres((h, w))
    covered = ((grid >= out[0, :2]) & (grid <= out[0, 2:])).all(axis=1)
    source = naive.pull(chain, grid[covered])
    np.testing.assert_allclose(
        back[0], np.clip([*source.min(axis=0), *source.max(axis=0)], 0, (W, H, W, H)), atol=1.6 * max(W / w, H / h)
    )


def test_boxes_back_of_what_no_input_gave_are_zeros() -> None:
    boxes = np.array([(0.0, 0.0, 20.0, 20.0), (50.0, 40.0, 70.0, 50.0), (5.0, 5.0, 45.0, 35.0)])
    back = bt.boxes_back(boxes, CHAINS["crop-pad"], H, W)
    np.testing.assert_allclose(back, [(0, 0, 0, 0), (30, 20, 50, 30), (20, 10, 25, 15)], atol=1e-12)
    back = bt.boxes_back(boxes[1:], CHAINS["crop-pad"], H, W, clip=False)
    np.testing.assert_allclose(back, [(30, 20, 50, 30), (-15, -15, 25, 15)], atol=1e-12)


def test_many_boxes_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(7)
    low = rng.uniform(-20, 100, (1000, 2))
    boxes = np.hstack([low, low + rng.uniform(0.1, 60, (1000, 2))])
    for chain in (CHAINS["tilt-crop-steep"], BENT["flip-elastic-rotate"]):
        way = path(chain, H, W)
        out, part, kept = bt.move_boxes(boxes, way, min_visibility=0.3)
        assert 100 < len(kept) < 900
        assert (part >= 0.3 - 1e-9).all()
        assert (part <= 1).all()
        for row, i in zip(out[::50], kept[::50]):
            alone = bt.move_boxes(boxes[i : i + 1], way, min_visibility=0.3)
            np.testing.assert_array_equal(alone[0][0], row)


def test_a_long_chain_of_displacements_stays_in_its_room() -> None:
    chain = [elastic(0.3, (40, 40), seed=k) for k in range(6)]
    out, part, kept = moved([(10, 10, 100, 80), (40, 40, 41, 41), (-5, -5, 200, 200)], chain)
    assert kept.tolist() == [0, 1, 2]
    np.testing.assert_allclose(out, [(10, 10, 100, 80), (40, 40, 41, 41), (0, 0, W, H)], atol=5)
    assert (part > 0.9).all()


def test_displacements_of_a_whole_shift_are_shifts() -> None:
    grid = np.broadcast_to(np.float32((7, -4)), (3, 4, 2))
    out, part, _ = moved([(30, 20, 60, 50), (2, 2, 12, 12)], [Geometry(size=SIZE, grid=grid)])
    np.testing.assert_allclose(out, [(23, 24, 53, 54), (0, 6, 5, 16)], atol=1e-4)
    np.testing.assert_allclose(part, [1, 0.5], atol=1e-4)


def test_grids_of_any_float_layout() -> None:
    grid = elastic().grid
    results = []
    for same in (grid, grid.astype(np.float64), np.asfortranarray(grid), np.broadcast_to(grid, grid.shape)):
        results.append(moved(BOXES, [Geometry(size=SIZE, grid=same)])[0])
    for other in results[1:]:
        np.testing.assert_array_equal(other, results[0])


def test_paths_can_be_pickled_and_used_twice() -> None:
    way = path(BENT["flip-elastic-rotate"], H, W)
    first = bt.move_boxes(BOXES, way)
    again = bt.move_boxes(BOXES, pickle.loads(pickle.dumps(way)))
    for a, b in zip(first, again):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
@pytest.mark.parametrize("box_format", bt.FORMATS)
def test_an_image_without_pixels_shows_no_box(size: tuple[int, int], box_format: str) -> None:
    boxes = [(0.0, 0.0, 0.5, 0.5)]
    opened = bt.open_boxes(boxes, box_format, *size)
    assert finished(opened, boxes, path([], *size), box_format)[0] == []


# --- the peer ---------------------------------------------------------------------------------------------------------


def peer_boxes(transform: Any, boxes: np.ndarray, box_format: str) -> np.ndarray:
    albumentations = pytest.importorskip("albumentations")
    chain = albumentations.Compose(
        [transform], bbox_params=albumentations.BboxParams(format=box_format, label_fields=[], clip=True)
    )
    return np.asarray(chain(image=np.zeros((*SIZE, 3), np.uint8), bboxes=boxes)["bboxes"])


@pytest.mark.parametrize("box_format", bt.FORMATS)
@pytest.mark.parametrize("case", ["flip", "transpose", "turn", "crop", "pad", "rotate", "resize"])
def test_albumentations_agrees(case: str, box_format: str) -> None:
    albumentations = pytest.importorskip("albumentations")
    transform, stage, atol = {
        "flip": lambda: (albumentations.HorizontalFlip(p=1), FLIP, 1e-4),
        "transpose": lambda: (
            albumentations.Transpose(p=1),
            placed((0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0), (W, H)),
            1e-4,
        ),
        "turn": lambda: (albumentations.RandomRotate90(p=1), None, 1e-4),
        "crop": lambda: (albumentations.Crop(20, 10, 110, 80, p=1), crop(10, 20, 80, 110), 1e-4),
        "pad": lambda: (albumentations.Pad(padding=(5, 6, 7, 8), p=1), pad(6, 5, 8, 7), 1e-4),
        "rotate": lambda: (albumentations.Affine(rotate=(30, 30), p=1), ROTATE, 1.2),
        "resize": lambda: (albumentations.Resize(54, 52, p=1), SHRINK, 1e-4),
    }[case]()
    corners = [(30, 20, 60, 50), (45.5, 33.25, 70, 60), (50, 30, 90, 62)]
    boxes = np.array([naive.from_corners(box, box_format, H, W) for box in corners])
    theirs = peer_boxes(transform, boxes, box_format)
    opened = bt.open_boxes(boxes, box_format, H, W)

    def ours(candidate: Geometry) -> np.ndarray:
        return finished(opened, boxes, path([candidate], H, W), box_format)[0]

    scale = np.array([1, 1, 1, 1]) if box_format in ("pascal_voc", "coco") else np.array([W, H, W, H])
    if stage is None:
        # It draws one of four turns and does not say which.
        half = FLIP._replace(pull=(-1.0, 0.0, W, 0.0, -1.0, H, 0.0, 0.0, 1.0))
        back = placed((0.0, -1.0, H, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0), (W, H))
        turns = [ours(s) for s in (Geometry(size=SIZE), TURN, half, back)]
        assert min(np.abs((t - theirs) * scale).max() for t in turns) < atol
        return
    np.testing.assert_allclose(ours(stage) * scale, theirs * scale, atol=atol)
