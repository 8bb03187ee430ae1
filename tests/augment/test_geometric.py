"""Geometric transforms: what they draw, and the maps that they lower to."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import re
import warnings
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from helpers.machine import cos_sin, run
from helpers.transforms import (
    REGISTRY,
    Draws,
    Frame,
    Transform,
    draw_block,
    elastic_grid,
    largest_rectangle,
    plate_grid,
    stream_uniforms,
)
from oracles.geometry import centres, displace, project, pull, run_stage, sample
from scipy.interpolate import RBFInterpolator

from augment import geometric

FRAME = Frame(61, 97)

CASES: list[Transform] = [
    geometric.HorizontalFlip(),
    geometric.VerticalFlip(),
    geometric.Transpose(),
    geometric.Rotate90(),
    geometric.Dihedral(),
    geometric.Rotate(),
    geometric.Rotate(angle=(-180, 180), fit=True, fill=(0.1, 0.5, 0.9)),
    geometric.Rotate(angle=(-180, 180), crop=True),
    geometric.Affine(),
    geometric.Affine(
        scale=((0.7, 1.4), (0.9, 1.2)),
        rotate=(-40, 40),
        shear=((-20, 20), (-10, 10)),
        translate=(-0.2, 0.2),
        border="reflect",
    ),
    geometric.Affine(rotate=(30, 60), shear=(-10, 10), fit=True, interpolation="nearest"),
    geometric.Perspective(),
    geometric.Perspective(keep_size=False, border="wrap"),
    geometric.Perspective(scale=(0.1, 0.3), fit=True),
    geometric.Perspective(fit=True, keep_size=False, interpolation="bicubic"),
    geometric.Crop(size=(40, 30)),
    geometric.Crop(size=(70, 30), pad=True, border="replicate"),
    geometric.CenterCrop(size=(40, 30)),
    geometric.ResizedCrop(size=(24, 33)),
    geometric.BoxSafeCrop(),
    geometric.BoxSafeCrop(size=(20, 30)),
    geometric.BoxCrop(),
    geometric.IoUCrop(),
    geometric.MaskCrop(size=(30, 120), pad=True, border="reflect"),
    geometric.CropFixed(box=(0.2, 0.1, 0.7, 0.9), unit="fraction"),
    geometric.CropFixed(box=(-5, 3, 40, 70), pad=True, fill=0.5),
    geometric.CropBorders(top=(0.0, 0.5), right=(0.3, 0.9)),
    geometric.CropAndPad(sides=(-0.3, 0.3), border="replicate"),
    geometric.CropAndPad(sides=(-9, (0, 5), 3, (-4, 4)), unit="pixel", keep_size=False, fill=0.25),
    geometric.ZoomOut(scale=(1.0, 2.0), fill=0.3),
    geometric.Scale(scale=(0.6, 1.5)),
    geometric.ScaleJitter(size=(50, 50), interpolation="bicubic"),
    geometric.SafeRotate(),
    geometric.SafeRotate(angle=(20, 70), keep_ratio=False, border="replicate"),
    geometric.GridShuffle(),
    geometric.GridShuffle(grid=(7, 2)),
    geometric.Resize(size=(33, 120)),
    geometric.ResizeLongest(size=50),
    geometric.ResizeShortest(size=100),
    geometric.Letterbox(size=(64, 64), fill=0.25),
    geometric.Pad(padding=(1, 2, 3, 4), border="reflect_101"),
    geometric.PadToSize(size=(80, 80), divisor=32, position="random", mask_fill=9),
    geometric.Elastic(),
    geometric.Elastic(alpha=(0.08, 0.08), spacing=0.3, border="constant"),
    geometric.GridDistortion(),
    geometric.GridDistortion(steps=12, distort=(-0.9, 0.9)),
    geometric.ThinPlateSpline(),
    geometric.PiecewiseAffine(points=(7, 5), scale=(0.3, 0.3)),
    geometric.LensDistortion(),
    geometric.LensDistortion(distort=(0.2, 0.2), k2=(-0.05, 0.05), border="constant", fill=1.0),
]
CLASSES = sorted({type(case) for case in CASES}, key=lambda c: c.__name__)

every_case = pytest.mark.parametrize("transform", CASES, ids=lambda t: type(t).__name__)
every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda c: c.__name__)


def draws(seed: int) -> Draws:
    keys = np.array([[seed]], np.uint64)
    return Draws(draw_block(keys, 5, np.array([3], np.uint64), 0, 4)[0, 0].tolist(), keys, 5, 3)


def lowered(transform: Transform, frame: Frame = FRAME, seed: int = 0) -> list[Any]:
    return transform.lower(transform.draw(draws(seed), frame), frame)


def lone(transform: Transform, frame: Frame = FRAME, seed: int = 0) -> Any:
    (stage,) = lowered(transform, frame, seed)
    return stage


def many(transform: Transform, frame: Frame = FRAME, n: int = 200) -> Iterator[tuple[dict[str, Any], Any]]:
    for seed in range(n):
        params = transform.draw(draws(seed), frame)
        yield params, transform.lower(params, frame)[0]


def pulled(stage: Any, x: float, y: float) -> tuple[float, float]:
    a, b = pull(stage, np.array([x], float), np.array([y], float))
    return float(a[0]), float(b[0])


def pushed(stage: Any, x: float, y: float) -> tuple[float, float]:
    """Where a point of the image goes."""
    a, b = project(np.linalg.inv(np.reshape(stage.pull, (3, 3))), np.array([x], float), np.array([y], float))
    return float(a[0]), float(b[0])


def photo_of(frame: Frame, channels: int = 3) -> np.ndarray:
    """A smooth image, so that a coordinate that is off by a tenth of a pixel is seen and rounding is not."""
    x, y = centres((frame.height, frame.width))
    waves = [np.sin(x / (7 + c)) * np.cos(y / (9 - c)) * 0.45 + 0.5 for c in range(channels)]
    return np.rint(np.stack(waves, -1) * 255).astype(np.uint8)


# --- all of them ------------------------------------------------------------------------------------------------------


def test_all_transforms_of_the_module_are_tested_and_registered() -> None:
    public = {v for v in vars(geometric).values() if inspect.isclass(v) and issubclass(v, Transform)}
    assert public == set(CLASSES)
    assert len(public) == 34
    for kind in public:
        assert REGISTRY[kind.__name__] is kind


@every_class
def test_docstring_documents_the_fields(kind: type[Transform]) -> None:
    doc = inspect.getdoc(kind)
    part = doc.split("Parameters\n----------\n")[1].split("\n\nRaises")[0]
    documented = re.findall(r"^(\w+) : .+\n    \S", part, re.MULTILINE)
    assert sorted(documented) == sorted(field.name for field in dataclasses.fields(kind))


@every_case
def test_params_are_plain_numbers_that_json_keeps(transform: Transform) -> None:
    params = transform.draw(draws(1), FRAME)
    read = json.loads(json.dumps(params))
    for a, b in zip(transform.lower(params, FRAME), transform.lower(read, FRAME), strict=True):
        assert a.pull == b.pull
        assert a.size == b.size
        np.testing.assert_array_equal(a.grid, b.grid)


@every_case
def test_repr_and_fields_make_the_transform_again(transform: Transform) -> None:
    assert eval(repr(transform), vars(geometric)) == transform
    fields = {field.name: getattr(transform, field.name) for field in dataclasses.fields(transform)}
    read = json.loads(json.dumps(fields))
    assert type(transform)(**read) == transform
    assert hash(type(transform)(**read)) == hash(transform)


@every_case
def test_the_same_draws_give_the_same_stages(transform: Transform) -> None:
    for a, b in zip(lowered(transform, seed=4), lowered(transform, seed=4), strict=True):
        assert a[:5] == b[:5]
        assert (a.grid is None) == (b.grid is None)
        assert a.grid is None or a.grid.tobytes() == b.grid.tobytes()


@every_case
def test_stages_are_well_formed(transform: Transform) -> None:
    for seed in range(20):
        for stage in lowered(transform, seed=seed):
            assert all(type(v) is float for v in stage.pull)
            assert len(stage.pull) == 9
            assert all(type(v) is int and v > 0 for v in stage.size)
            if stage.grid is not None:
                assert stage.grid.dtype == np.float32
                assert stage.grid.flags.c_contiguous
                assert stage.grid.shape[2] == 2
                assert min(stage.grid.shape[:2]) >= 2


@every_case
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 3)])
def test_tiny_images(transform: Transform, size: tuple[int, int]) -> None:
    frame = Frame(*size)
    if type(transform) in (geometric.Crop, geometric.CenterCrop) and not transform.pad:
        pytest.skip("refused, and tested below")
    for stage in lowered(transform, frame):
        assert min(stage.size) >= 1
        assert np.isfinite(stage.pull).all()
        assert stage.grid is None or np.isfinite(stage.grid).all()


@every_case
def test_image_follows_the_map(transform: Transform) -> None:
    """The machine against a slow float64 sampler, away from the seam between image and border."""
    image = photo_of(FRAME)
    expected, found = image, image
    for stage in lowered(transform, seed=2):
        if stage.interpolation == "area":
            stage = stage._replace(interpolation="bilinear")
        found, before = run(found, [stage]), expected
        expected = run_stage(before, stage)
        x, y = pull(stage)
        h, w = before.shape[:2]
        seam = np.minimum.reduce([np.abs(x), np.abs(x - w), np.abs(y), np.abs(y - h)]) < 1e-2
        if stage.interpolation == "nearest":
            seam |= (np.abs(x - np.rint(x)) < 1e-3) | (np.abs(y - np.rint(y)) < 1e-3)
        if stage.interpolation == "bicubic":  # a border that folds meets its taps a pixel before the edge
            seam |= (x < 2) | (x > w - 2) | (y < 2) | (y > h - 2)
        difference = np.abs(found.astype(int) - expected)[~seam]
        assert difference.max(initial=0) <= 1
        assert seam.mean() < 0.25


# --- whole pixels -----------------------------------------------------------------------------------------------------

EXACT = {
    "HorizontalFlip": (geometric.HorizontalFlip(), {}, lambda a: a[:, ::-1]),
    "VerticalFlip": (geometric.VerticalFlip(), {}, lambda a: a[::-1]),
    "Transpose": (geometric.Transpose(), {}, lambda a: a.swapaxes(0, 1)),
    **{f"Rotate90 {k}": (geometric.Rotate90(), {"turns": k}, lambda a, k=k: np.rot90(a, k)) for k in range(4)},
    **{
        f"Dihedral {k} {f}": (
            geometric.Dihedral(),
            {"turns": k, "flipped": f},
            lambda a, k=k, f=f: np.rot90(a[:, ::-1] if f else a, k),
        )
        for k in range(4)
        for f in (False, True)
    },
    **{
        f"Rotate {k}": (geometric.Rotate(fit=True), {"angle": 90.0 * k}, lambda a, k=k: np.rot90(a, k))
        for k in (-3, -2, -1, 0, 1, 2, 3, 4)
    },
    "Crop": (geometric.Crop(size=(20, 31)), {"place": (7, 11)}, lambda a: a[7:27, 11:42]),
    "CenterCrop": (geometric.CenterCrop(size=(20, 31)), {"place": (7, 11)}, lambda a: a[7:27, 11:42]),
    "Pad": (geometric.Pad(padding=(1, 2, 3, 4)), {}, lambda a: np.pad(a, ((1, 2), (3, 4), (0, 0)))),
    "Pad wrap": (
        geometric.Pad(padding=(1, 2), border="wrap"),
        {},
        lambda a: np.pad(a, ((1, 1), (2, 2), (0, 0)), mode="wrap"),
    ),
    "PadToSize": (
        geometric.PadToSize(size=(64, 100)),
        {"place": (1, 2)},
        lambda a: np.pad(a, ((1, 2), (2, 1), (0, 0))),
    ),
    "BoxSafeCrop": (geometric.BoxSafeCrop(), {"part": (5, 6, 50, 90)}, lambda a: a[5:50, 6:90]),
}


@pytest.mark.parametrize("name", EXACT)
def test_whole_pixels_move(name: str, photo: np.ndarray) -> None:
    transform, params, expected = EXACT[name]
    image = photo[: FRAME.height, : FRAME.width]
    (stage,) = transform.lower(params, FRAME)
    assert set(map(abs, stage.pull[:2] + stage.pull[3:5])) == {0.0, 1.0}
    assert all(v == int(v) for v in stage.pull)
    assert stage.pull[6:] == (0.0, 0.0, 1.0)
    np.testing.assert_array_equal(run_stage(image, stage), expected(image))
    np.testing.assert_array_equal(run(image, [stage]), expected(image))


def test_symmetries_are_equally_frequent() -> None:
    turns = np.bincount([p["turns"] for p, _ in many(geometric.Rotate90(), n=4000)], minlength=4)
    assert turns.size == 4
    assert np.abs(turns - 1000).max() < 120
    found = [4 * p["flipped"] + p["turns"] for p, _ in many(geometric.Dihedral(), n=8000)]
    elements = np.bincount(found, minlength=8)
    assert elements.size == 8
    assert np.abs(elements - 1000).max() < 120


def test_the_eight_symmetries_are_different() -> None:
    image = np.arange(9, dtype=np.uint8).reshape(3, 3)
    dihedral = geometric.Dihedral()
    results = {
        run_stage(image, dihedral.lower({"turns": k, "flipped": f}, Frame(3, 3))[0]).tobytes()
        for k in range(4)
        for f in (False, True)
    }
    assert len(results) == 8


# --- rotation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [-170.0, -33.0, 0.0, 12.5, 45.0, 120.0])
def test_rotation_is_opencv_s(angle: float) -> None:
    h, w = FRAME.height, FRAME.width
    stage = geometric.Rotate().lower({"angle": angle}, FRAME)[0]
    # OpenCV counts from pixel centres: its (0, 0) is our (0.5, 0.5).
    m = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), angle, 1.0)
    for x, y in ((0.5, 0.5), (10.0, 50.0), (90.25, 3.0)):
        np.testing.assert_allclose(pushed(stage, x, y), m @ (x - 0.5, y - 0.5, 1) + 0.5, atol=1e-9)


def test_rotation_is_counter_clockwise_as_seen() -> None:
    stage = geometric.Rotate().lower({"angle": 90.0}, Frame(10, 10))[0]
    assert pushed(stage, 10, 5) == (5, 0)  # what was at the right is now at the top


@pytest.mark.parametrize("angle", [-179.0, -91.0, -45.0, -10.0, 0.1, 30.0, 45.0, 60.0, 89.99, 135.0])
def test_fit_holds_the_whole_image_and_not_a_pixel_more(angle: float) -> None:
    stage = geometric.Rotate(fit=True).lower({"angle": angle}, FRAME)[0]
    h, w = FRAME.height, FRAME.width
    corners = np.array([pushed(stage, x, y) for x in (0, w) for y in (0, h)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    assert (low >= -1e-6).all()
    assert (high <= np.array(stage.size[::-1]) + 1e-6).all()
    assert (low < 0.5).all()
    assert (high > np.array(stage.size[::-1]) - 0.5).all()


@pytest.mark.parametrize("size", [(61, 97), (97, 61), (50, 50), (7, 90), (300, 20)])
@pytest.mark.parametrize("angle", [-171.0, -91.0, -45.0, -10.0, 0.0, 0.1, 30.0, 44.0, 45.0, 60.0, 90.0, 135.0])
def test_crop_is_the_largest_rectangle_without_border(size: tuple[int, int], angle: float) -> None:
    h, w = size
    height, width = largest_rectangle(h, w, *cos_sin(angle))
    stage = geometric.Rotate(crop=True).lower({"angle": angle}, Frame(h, w))[0]
    assert stage.size == (height, width)
    for x in (0, width):
        for y in (0, height):
            a, b = pulled(stage, x, y)
            assert -1e-6 <= a <= w + 1e-6
            assert -1e-6 <= b <= h + 1e-6
    # Every rectangle that fits is found by trying all its widths.
    c, s = (abs(v) for v in cos_sin(angle))
    x = np.linspace(1e-3, math.hypot(h, w), 20001)
    beside = (w - c * x) / s if s else np.where(x <= w, np.inf, 0.0)
    above = (h - s * x) / c if c else np.where(x <= h, np.inf, 0.0)
    best = (x * np.maximum(np.minimum(beside, above), 0.0)).max()
    assert height * width <= best * (1 + 1e-3)
    assert (height + 1) * (width + 1) > best * (1 - 1e-3)


# --- affine -----------------------------------------------------------------------------------------------------------

STILL = {"scale": (1.0, 1.0), "rotate": 0.0, "shear": (0.0, 0.0), "translate": (0.0, 0.0)}


def affine(**changes: Any) -> Any:
    return geometric.Affine().lower({**STILL, **changes}, Frame(40, 60))[0]


def test_affine_at_rest_is_the_identity() -> None:
    assert affine().pull == (1, 0, 0, 0, 1, 0, 0, 0, 1)


def test_each_part_of_an_affine_map_does_what_it_says() -> None:
    approx = pytest.approx
    assert pushed(affine(scale=(1.5, 0.5)), 40, 30) == approx((45, 25))
    assert pushed(affine(rotate=90.0), 40, 20) == approx((30, 10))
    assert pushed(affine(translate=(0.1, -0.25)), 30, 20) == approx((36, 10))
    # Shear by 45 degrees, counter-clockwise: a vertical line leans to the left, a horizontal one rises to the right.
    assert pushed(affine(shear=(45.0, 0.0)), 30, 10) == approx((20, 10))
    assert pushed(affine(shear=(0.0, 45.0)), 40, 20) == approx((40, 10))


def test_affine_scales_then_shears_along_x_then_y_then_rotates_then_translates() -> None:
    p = {"scale": (1.3, 0.7), "rotate": 25.0, "shear": (10.0, -20.0), "translate": (0.1, 0.2)}
    c, s = math.cos(math.radians(25)), math.sin(math.radians(25))
    rotation = np.array([[c, s], [-s, c]])
    shear_x = np.array([[1, math.tan(math.radians(10))], [0, 1]])
    shear_y = np.array([[1, 0], [-math.tan(math.radians(-20)), 1]])
    linear = rotation @ shear_y @ shear_x @ np.diag([1.3, 0.7])
    stage = affine(**p)
    for x, y in ((0, 0), (60, 40), (12.5, 33.0)):
        expected = linear @ (x - 30, y - 20) + (30 + 6, 20 + 8)
        np.testing.assert_allclose(pushed(stage, x, y), expected, atol=1e-9)


def test_small_shears_along_both_axes_are_a_rotation() -> None:
    turned, sheared = affine(rotate=0.5), affine(shear=(0.5, 0.5))
    np.testing.assert_allclose(pushed(sheared, 60, 0), pushed(turned, 60, 0), atol=0.01)


def test_one_range_for_scale_keeps_the_ratio_unless_told() -> None:
    for params, _ in many(geometric.Affine(scale=(0.5, 2))):
        assert params["scale"][0] == params["scale"][1]
        assert 0.5 <= params["scale"][0] <= 2
    free = [p["scale"] for p, _ in many(geometric.Affine(scale=(0.5, 2), keep_ratio=False))]
    assert all(x != y for x, y in free)
    own = np.array([p["scale"] for p, _ in many(geometric.Affine(scale=((0.5, 0.6), (1.5, 2))))])
    assert own[:, 0].max() <= 0.6
    assert own[:, 1].min() >= 1.5


def test_affine_draws_fill_their_ranges() -> None:
    transform = geometric.Affine(
        scale=(0.5, 1.5), rotate=(-30, 10), shear=((-5, 5), (10, 20)), translate=((0, 0.1), (-0.5, -0.4))
    )
    found = [p for p, _ in many(transform, n=400)]
    for name, axis, low, high in (
        ("scale", 0, 0.5, 1.5),
        ("shear", 0, -5, 5),
        ("shear", 1, 10, 20),
        ("translate", 0, 0, 0.1),
        ("translate", 1, -0.5, -0.4),
    ):
        values = np.array([p[name][axis] for p in found])
        assert low <= values.min() < low + 0.03 * (high - low), name
        assert high - 0.03 * (high - low) < values.max() <= high, name
    angles = np.array([p["rotate"] for p in found])
    assert -30 <= angles.min() < -28
    assert 8 < angles.max() <= 10


def test_affine_fit_holds_the_whole_image_and_not_a_pixel_more() -> None:
    transform = geometric.Affine(
        scale=((0.5, 2), (0.5, 2)), rotate=(-180, 180), shear=(-30, 30), translate=(-1, 1), fit=True
    )
    for _, stage in many(transform):
        corners = np.array([pushed(stage, x, y) for x in (0, 97) for y in (0, 61)])
        size = np.array(stage.size[::-1])
        assert (corners.min(axis=0) >= -1e-6).all()
        assert (corners.max(axis=0) <= size + 1e-6).all()
        assert (corners.min(axis=0) < 0.5).all()
        assert (corners.max(axis=0) > size - 0.5).all()


# --- perspective ------------------------------------------------------------------------------------------------------


def quadrilateral(params: dict[str, Any], w: float, h: float) -> np.ndarray:
    (a, b), (c, d), (e, f), (g, i) = params["corners"]
    return np.array([(a * w, b * h), (w - c * w, d * h), (w - e * w, h - f * h), (g * w, h - i * h)])


def test_perspective_is_opencv_s_four_point_transform() -> None:
    h, w = FRAME.height, FRAME.width
    frame = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    for params, stage in many(geometric.Perspective(), n=20):
        inner = quadrilateral(params, w, h).astype(np.float32)
        expected = cv2.getPerspectiveTransform(frame, inner)
        np.testing.assert_allclose(np.reshape(stage.pull, (3, 3)), expected, rtol=1e-4, atol=1e-5)
    for params, stage in many(geometric.Perspective(fit=True), n=20):
        inner = quadrilateral(params, w, h).astype(np.float32)
        expected = cv2.getPerspectiveTransform(inner, frame)
        np.testing.assert_allclose(np.reshape(stage.pull, (3, 3)), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("fit", [False, True])
@pytest.mark.parametrize("keep_size", [False, True])
def test_perspective_never_shows_a_horizon(fit: bool, keep_size: bool) -> None:
    for params, stage in many(geometric.Perspective(scale=(0.1, 1.0), fit=fit, keep_size=keep_size), n=500):
        inner = quadrilateral(params, 1.0, 1.0)
        edges = np.roll(inner, -1, axis=0) - inner
        turns = edges[:, 0] * np.roll(edges[:, 1], -1) - edges[:, 1] * np.roll(edges[:, 0], -1)
        assert (turns > 0).all(), "not convex"
        h, w = stage.size
        depth = [stage.pull[6] * x + stage.pull[7] * y + stage.pull[8] for x in (0, w) for y in (0, h)]
        assert min(depth) > 0.05 * max(depth)


def test_perspective_shows_nothing_from_outside_unless_it_fits() -> None:
    for _, stage in many(geometric.Perspective(scale=(0.2, 0.2))):
        x, y = pull(stage)
        assert x.min() > 0
        assert y.min() > 0
        assert x.max() < FRAME.width
        assert y.max() < FRAME.height
    for _, stage in many(geometric.Perspective(scale=(0.2, 0.2), fit=True, keep_size=False)):
        corners = np.array([pushed(stage, x, y) for x in (0, 97) for y in (0, 61)])
        size = np.array(stage.size[::-1])
        assert (corners.min(axis=0) >= -1e-6).all()
        assert (corners.min(axis=0) < 1).all()
        assert (corners.max(axis=0) <= size + 1e-6).all()
        assert (corners.max(axis=0) > size - 1).all()


def test_perspective_without_keep_size_has_the_size_of_the_quadrilateral() -> None:
    transform = geometric.Perspective(keep_size=False)
    corners = [(0.1, 0.0), (0.2, 0.0), (0.1, 0.25), (0.1, 0.0)]
    stage = transform.lower({"corners": corners}, Frame(100, 200))[0]
    assert stage.size == (100, 162)  # the left side, and the bottom from (20, 100) to (180, 75)


def test_perspective_moves_corners_as_far_as_normal_numbers() -> None:
    moves = np.array([p["corners"] for p, _ in many(geometric.Perspective(scale=(0.05, 0.05)), n=1000)])
    assert moves.shape == (1000, 4, 2)
    assert moves.min() >= 0
    assert abs(math.sqrt((moves**2).mean()) - 0.05) < 0.002
    assert abs(moves.mean() - 0.05 * math.sqrt(2 / math.pi)) < 0.001
    correlation = np.corrcoef(moves.reshape(1000, 8).T)
    assert np.abs(correlation - np.eye(8)).max() < 0.12
    still = geometric.Perspective(scale=(0, 0))
    assert lone(still).pull == (1, 0, 0, 0, 1, 0, 0, 0, 1)


# --- crops ------------------------------------------------------------------------------------------------------------


def test_crop_is_anywhere_in_the_image() -> None:
    places = np.array([p["place"] for p, _ in many(geometric.Crop(size=(58, 95)), n=400)])
    assert set(places[:, 0]) == {0, 1, 2, 3}
    assert set(places[:, 1]) == {0, 1, 2}


def test_center_crop_is_in_the_middle() -> None:
    assert geometric.CenterCrop(size=(58, 95)).draw(draws(0), FRAME) == {"place": (1, 1)}
    assert geometric.CenterCrop(size=(61, 97)).draw(draws(0), FRAME) == {"place": (0, 0)}


@pytest.mark.parametrize("kind", [geometric.Crop, geometric.CenterCrop])
@pytest.mark.parametrize("size", [(62, 97), (61, 98), (900, 900)])
def test_a_crop_larger_than_the_image_is_refused_or_padded(kind: Any, size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"^size must be <= the \(h, w\) of the image, \(61, 97\), got .*pad=True"):
        kind(size=size).draw(draws(0), FRAME)
    stage = lone(kind(size=size, pad=True))
    assert stage.size == size
    top, left = -stage.pull[5], -stage.pull[2]
    assert top == (size[0] - 61) // 2
    assert left == (size[1] - 97) // 2


def test_resized_crop_draws_as_torchvision() -> None:
    frame = Frame(400, 500)
    parts = np.array([p["part"] for p, _ in many(geometric.ResizedCrop(size=(10, 10)), frame, 2000)])
    y0, x0, y1, x1 = parts.T
    assert min(y0.min(), x0.min()) == 0
    assert y1.max() == 400
    assert x1.max() == 500
    height, width = y1 - y0, x1 - x0
    area, ratio = height * width / (400 * 500), width / height
    assert 0.079 < area.min() < 0.09
    assert area.max() <= 1.0
    assert 0.74 < ratio.min() < 0.76
    assert 1.32 < ratio.max() < 1.35
    small = area < 0.4  # no attempt of these is ever refused
    assert abs(np.log(ratio[small]).mean()) < 0.02
    quarters = np.histogram(area[small], bins=4, range=(0.08, 0.4))[0]
    assert np.abs(quarters / small.sum() - 0.25).max() < 0.05
    left = x0[small] / (500 - width[small])
    assert abs(left.mean() - 0.5) < 0.03


@pytest.mark.parametrize(
    ("size", "ratio", "expected"),
    [
        ((10, 1000), (3 / 4, 4 / 3), (0, 493, 10, 506)),
        ((1000, 10), (3 / 4, 4 / 3), (493, 0, 506, 10)),
        ((100, 100), (1.0, 1.0), (0, 0, 100, 100)),
    ],
)
def test_resized_crop_falls_back_to_the_middle(size: tuple[int, int], ratio: Any, expected: Any) -> None:
    transform = geometric.ResizedCrop(size=(5, 5), scale=(1.0, 1.0), ratio=ratio)
    assert transform.draw(draws(0), Frame(*size)) == {"part": expected}


def test_resized_crop_maps_its_part_to_the_frame() -> None:
    stage = geometric.ResizedCrop(size=(20, 30)).lower({"part": (5, 7, 45, 97)}, FRAME)[0]
    assert stage.size == (20, 30)
    assert pulled(stage, 0, 0) == (7, 5)
    assert pulled(stage, 30, 20) == (97, 45)


def test_box_safe_crop_keeps_all_boxes() -> None:
    boxes = np.array([(20.5, 10.0, 30.0, 20.25), (50.0, 8.5, 60.0, 12.0)])
    frame = FRAME._replace(boxes=boxes)
    parts = np.array([p["part"] for p, _ in many(geometric.BoxSafeCrop(), frame, 600)])
    y0, x0, y1, x1 = parts.T
    assert (set(x0), set(y0)) == (set(range(21)), set(range(9)))
    assert (set(x1), set(y1)) == (set(range(60, 98)), set(range(21, 62)))


def test_box_safe_crop_without_boxes_holds_the_centre() -> None:
    for boxes in (None, np.empty((0, 4))):
        for params, _ in many(geometric.BoxSafeCrop(), FRAME._replace(boxes=boxes)):
            y0, x0, y1, x1 = params["part"]
            assert 0 <= y0 <= 30.5 <= y1 <= 61
            assert 0 <= x0 <= 48.5 <= x1 <= 97


@pytest.mark.parametrize(
    "box",
    [(-5.0, -5.0, 200.0, 300.0), (-1e-12, -1e-12, 97 + 1e-12, 61 + 1e-12), (97.0, 61.0, 97.0, 61.0), (0, 0, 0, 0)],
)
def test_box_safe_crop_stays_in_the_image(box: tuple[float, ...]) -> None:
    for params, stage in many(geometric.BoxSafeCrop(), FRAME._replace(boxes=np.array([box])), 50):
        y0, x0, y1, x1 = params["part"]
        assert 0 <= y0 < y1 <= 61
        assert 0 <= x0 < x1 <= 97
        assert stage.size == (y1 - y0, x1 - x0)


# --- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transform", "size", "expected"),
    [
        (geometric.Resize(size=(7, 9)), (61, 97), (7, 9)),
        (geometric.ResizeLongest(size=50), (61, 97), (31, 50)),
        (geometric.ResizeLongest(size=50), (97, 61), (50, 31)),
        (geometric.ResizeLongest(size=200), (50, 100), (100, 200)),
        (geometric.ResizeLongest(size=10), (1, 1000), (1, 10)),
        (geometric.ResizeShortest(size=50), (61, 97), (50, 80)),
        (geometric.ResizeShortest(size=50), (97, 61), (80, 50)),
        (geometric.ResizeShortest(size=7), (7, 7), (7, 7)),
    ],
)
def test_sizes_of_resized_images(transform: Transform, size: tuple[int, int], expected: tuple[int, int]) -> None:
    stage = lone(transform, Frame(*size))
    assert stage.size == expected
    assert stage.interpolation == "area"
    assert pulled(stage, 0, 0) == (0, 0)
    assert pulled(stage, expected[1], expected[0]) == pytest.approx(size[::-1], abs=1e-9)


@pytest.mark.parametrize("size", [(61, 97), (97, 61), (500, 300), (64, 64), (1, 999), (640, 639)])
@pytest.mark.parametrize("into", [(64, 64), (100, 40), (7, 8)])
@pytest.mark.parametrize("position", ["center", "top_left", "bottom_right", "random"])
def test_letterbox_fits_and_pads(size: tuple[int, int], into: tuple[int, int], position: str) -> None:
    transform = geometric.Letterbox(size=into, position=position, fill=0.5, mask_fill=3)
    stages = lowered(transform, Frame(*size))
    inner = stages[0].size
    assert stages[-1].size == into
    assert inner[0] == into[0] or inner[1] == into[1]
    assert inner[0] <= into[0]
    assert inner[1] <= into[1]
    scale = min(into[0] / size[0], into[1] / size[1])
    assert abs(inner[0] - max(size[0] * scale, 1)) <= 0.5
    assert abs(inner[1] - max(size[1] * scale, 1)) <= 0.5
    if len(stages) == 1:
        assert inner == into
        return
    padding = stages[1]
    assert (padding.fill, padding.mask_fill, padding.border) == (0.5, 3, "constant")
    top, left = -padding.pull[5], -padding.pull[2]
    down, across = into[0] - inner[0], into[1] - inner[1]
    expected = {"center": (down // 2, across // 2), "top_left": (0, 0), "bottom_right": (down, across)}
    assert 0 <= top <= down
    assert 0 <= left <= across
    assert (top, left) == expected.get(position, (top, left))


@pytest.mark.parametrize(
    ("padding", "expected"),
    [(3, (3, 3, 3, 3)), ((1, 2), (1, 1, 2, 2)), ([1, 2, 3, 4], (1, 2, 3, 4)), (0, (0, 0, 0, 0))],
)
def test_pad_takes_one_two_or_four_numbers(padding: Any, expected: tuple[int, ...]) -> None:
    stage = lone(geometric.Pad(padding=padding))
    top, bottom, left, right = expected
    assert stage.size == (61 + top + bottom, 97 + left + right)
    assert stage.pull == (1, 0, -left, 0, 1, -top, 0, 0, 1)


@pytest.mark.parametrize(
    ("options", "size", "place"),
    [
        ({"size": (70, 90)}, (70, 97), (4, 0)),
        ({"size": (10, 10)}, (61, 97), (0, 0)),
        ({"divisor": 32}, (64, 128), (1, 15)),
        ({"divisor": (2, 5)}, (62, 100), (0, 1)),
        ({"size": (65, 128), "divisor": 32}, (96, 128), (17, 15)),
        ({"divisor": 32, "position": "top_left"}, (64, 128), (0, 0)),
        ({"divisor": 32, "position": "top_right"}, (64, 128), (0, 31)),
        ({"divisor": 32, "position": "bottom_left"}, (64, 128), (3, 0)),
        ({"divisor": 32, "position": "bottom_right"}, (64, 128), (3, 31)),
    ],
)
def test_pad_to_size(options: dict[str, Any], size: tuple[int, int], place: tuple[int, int]) -> None:
    stage = lone(geometric.PadToSize(**options))
    assert stage.size == size
    assert (-stage.pull[5], -stage.pull[2]) == place


def test_pad_at_random_reaches_every_place() -> None:
    places = np.array([p["place"] for p, _ in many(geometric.PadToSize(size=(63, 98), position="random"))])
    assert set(places[:, 0]) == {0, 1, 2}
    assert set(places[:, 1]) == {0, 1}


# --- distortions ------------------------------------------------------------------------------------------------------

FINE = Frame(240, 320)
DISTORTIONS = [case for case in CASES if hasattr(case, "_stage")]


@pytest.mark.parametrize("transform", DISTORTIONS, ids=lambda t: type(t).__name__)
def test_distortions_never_fold(transform: Transform) -> None:
    for seed in range(8):
        stage = lone(transform, FINE, seed)
        x, y = pull(stage)
        xx, xy, yx, yy = (
            np.diff(x, axis=1)[:-1],
            np.diff(x, axis=0)[:, :-1],
            np.diff(y, axis=1)[:-1],
            np.diff(y, axis=0),
        )
        assert (xx * yy[:, :-1] - xy * yx).min() > 0.01


def spline(t: np.ndarray) -> list[np.ndarray]:
    """The four cubic B-splines that are not zero between two control points."""
    return [(1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6, t**3 / 6]


@pytest.mark.parametrize(("size", "reach", "spacing"), [((240, 320), 7.0, 30.0), ((50, 90), 2.0, 11.0)])
def test_elastic_is_a_cubic_b_spline(size: tuple[int, int], reach: float, spacing: float) -> None:
    down, across = int(size[0] / spacing), int(size[1] / spacing)
    for stream in (1, 2, 3):
        control = (stream_uniforms(stream, 2 * (down + 3) * (across + 3)) * 2 - 1) * reach
        control = control.reshape(down + 3, across + 3, 2)
        x, y = centres(size)
        u, v = x / size[1] * across, y / size[0] * down
        j, i = u.astype(int), v.astype(int)
        expected = np.zeros((*size, 2))
        for b, wy in enumerate(spline(v - i)):
            for a, wx in enumerate(spline(u - j)):
                expected += (wy * wx)[..., None] * control[i + b, j + a]
        found = displace(elastic_grid(stream, reach, size, spacing), size, x, y)
        error = np.hypot(found[0] - x - expected[..., 0], found[1] - y - expected[..., 1])
        assert error.max() < 0.05
        assert np.abs(expected).max() > 0.3 * reach


def test_piecewise_affine_is_that_of_scikit_image_along_the_sides_of_cells() -> None:
    there = pytest.importorskip("skimage.transform")
    for seed in range(3):
        stage = lone(geometric.PiecewiseAffine(points=(4, 5), scale=(0.02, 0.02)), Frame(90, 120), seed)
        assert stage.grid.shape == (4, 5, 2)
        nodes = np.stack(np.meshgrid(np.linspace(0, 120, 5), np.linspace(0, 90, 4)), -1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # newer versions would rather make it by a constructor
            reference = there.PiecewiseAffineTransform()
            assert reference.estimate(nodes.reshape(-1, 2), (nodes + stage.grid).reshape(-1, 2))
        x, y = np.meshgrid(np.linspace(1, 119, 60), np.linspace(1, 89, 60))
        for along in ((x, np.full_like(x, 30.0)), (np.full_like(x, 60.0), y)):
            found = np.stack(displace(stage.grid, (90, 120), *along), -1).reshape(-1, 2)
            np.testing.assert_allclose(found, reference(np.stack(along, -1).reshape(-1, 2)), atol=1e-4)


def test_piecewise_affine_moves_its_points_by_normal_numbers() -> None:
    moves = np.stack(
        [lone(geometric.PiecewiseAffine(points=(9, 9), scale=(0.01, 0.01)), Frame(100, 200), s).grid for s in range(60)]
    )
    limits = np.array((0.2 * 200 / 8, 0.2 * 100 / 8))
    assert np.abs(moves).max() <= limits.max()
    assert abs(moves.mean()) < 0.05
    assert abs(moves.std() - 1.0) < 0.05  # a hundredth of the shorter side
    far = lone(geometric.PiecewiseAffine(points=(9, 9), scale=(1.5, 1.5)), Frame(100, 200)).grid
    np.testing.assert_allclose(np.abs(far).max(axis=(0, 1)), limits, rtol=1e-6)


def test_elastic_moves_are_fractions_of_the_shorter_side() -> None:
    small, large = Frame(100, 200), Frame(400, 800)
    params = {"alpha": 0.02, "stream": 77}
    a, b = (geometric.Elastic().lower(params, frame)[0] for frame in (small, large))
    xs, ys = centres((100, 200))
    (ax, ay), (bx, by) = pull(a, xs, ys), pull(b, 4 * xs, 4 * ys)
    np.testing.assert_allclose(bx / 4 - xs, ax - xs, atol=0.05)
    np.testing.assert_allclose(by / 4 - ys, ay - ys, atol=0.05)


def test_elastic_of_no_strength_moves_nothing() -> None:
    assert not lone(geometric.Elastic(alpha=(0, 0))).grid.any()
    assert not lone(geometric.ThinPlateSpline(scale=(0, 0))).grid.any()
    assert not lone(geometric.PiecewiseAffine(scale=(0, 0))).grid.any()
    assert not lone(geometric.LensDistortion(distort=(0, 0))).grid.any()
    assert np.abs(lone(geometric.GridDistortion(distort=(0.2, 0.2))).grid).max() < 1e-9


def test_grid_distortion_keeps_sides_and_stretches_between_knots() -> None:
    transform = geometric.GridDistortion(steps=4, distort=(-0.5, 0.5))
    params = {"x": [1.5, 0.5, 1.0, 1.0], "y": [1.0, 1.0, 1.0, 1.0]}
    stage = transform.lower(params, Frame(40, 80))[0]
    assert stage.grid.shape == (5, 5, 2)
    for at, source in ((0, 0), (10, 15), (20, 30), (30, 35), (40, 40), (70, 70), (80, 80)):
        assert pulled(stage, at, 13) == pytest.approx((source, 13))
    for _, stage in many(transform, n=20):
        assert not stage.grid[:, (0, -1), 0].any()
        assert not stage.grid[(0, -1), :, 1].any()
        x = np.array([pulled(stage, x, 5)[0] for x in range(98)])
        assert (np.diff(x) > 0).all()


@pytest.mark.parametrize(("points", "reach"), [(2, 0.15), (4, 0.05), (7, 0.02)])
def test_thin_plate_spline_is_scipy_s(points: int, reach: float) -> None:
    h, w = size = (200, 300)
    moves = (stream_uniforms(9, 2 * points**2).reshape(-1, 2) * 2 - 1) * reach
    y, x = (v.reshape(-1) / (points - 1) for v in np.indices((points, points)))
    spline = RBFInterpolator(np.stack([x, y], 1), moves, kernel="thin_plate_spline", degree=1)
    x, y = centres(size)
    expected = spline(np.stack([x.ravel() / w, y.ravel() / h], 1)).reshape(h, w, 2) * (w, h)
    found = displace(plate_grid(9, reach, size, points), size, x, y)
    error = np.hypot(found[0] - x - expected[..., 0], found[1] - y - expected[..., 1])
    assert error.max() < 0.1  # beside the points, where the plate is bent most sharply
    assert np.quantile(error, 0.99) < 0.04


@pytest.mark.parametrize(("k1", "k2"), [(0.05, 0.0), (-0.3, 0.0), (0.1, 0.1), (0.0, -0.15)])
def test_lens_moves_points_along_their_radius(k1: float, k2: float) -> None:
    frame = Frame(240, 320)
    stage = geometric.LensDistortion().lower({"k1": k1, "k2": k2}, frame)[0]
    x, y = centres((240, 320))
    r = np.hypot(x - 160, y - 120) / 200  # half the diagonal
    factor = 1 + k1 * r**2 + k2 * r**4
    found = pull(stage)
    np.testing.assert_allclose(found[0], 160 + factor * (x - 160), atol=0.06)
    np.testing.assert_allclose(found[1], 120 + factor * (y - 120), atol=0.06)


def test_a_dot_lands_where_the_map_says() -> None:
    """Painted in the image at the point that a pixel of the result comes from."""
    for transform in CASES:
        stage = lowered(transform, FINE, seed=6)[-1]
        if len(lowered(transform, FINE, seed=6)) > 1 or stage.interpolation == "area" or stage.size == (1, 1):
            continue
        stage = stage._replace(fill=0.0)
        y0, x0 = stage.size[0] // 2, stage.size[1] // 3
        cx, cy = pulled(stage, x0 + 0.5, y0 + 0.5)
        x, y = centres((FINE.height, FINE.width))
        dot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 18).astype(np.float32)
        result = run(dot, [stage])
        found = np.unravel_index(result.argmax(), result.shape)
        assert np.hypot(found[0] - y0, found[1] - x0) <= 1, transform
        assert sample(dot, np.array([[cx]]), np.array([[cy]])).item() > 0.95


# --- refusals ---------------------------------------------------------------------------------------------------------

WARPS = [geometric.Rotate, geometric.Affine, geometric.Perspective, geometric.Elastic, geometric.LensDistortion]

WRONG: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    *((kind, {"border": "mirror"}, ValueError, "border must be one of") for kind in WARPS),
    *((kind, {"interpolation": "cubic"}, ValueError, "interpolation must be one of") for kind in WARPS),
    *((kind, {"fill": "black"}, TypeError, "fill must be a number") for kind in WARPS),
    *((kind, {"fill": ()}, ValueError, "fill must be a level or one for each channel") for kind in WARPS),
    *((kind, {"fill": (0, None)}, TypeError, r"fill\[1\] must be a number") for kind in WARPS),
    *((kind, {"mask_fill": 0.5}, TypeError, "mask_fill must be an integer") for kind in WARPS),
    *((kind, {"p": 1.5}, ValueError, "p must be <= 1") for kind in WARPS),
    (geometric.Rotate, {"angle": -45}, ValueError, r"angle must be >= 0 if it is one number"),
    (geometric.Rotate, {"angle": (10, -10)}, ValueError, "angle must be a pair .* with low <= high"),
    (geometric.Rotate, {"angle": (0, math.nan)}, ValueError, r"angle\[1\] must be finite"),
    (geometric.Rotate, {"angle": (0, 1, 2)}, TypeError, "angle must be a pair"),
    (geometric.Rotate, {"fit": 1}, TypeError, "fit must be True or False"),
    (geometric.Rotate, {"fit": True, "crop": True}, ValueError, "fit and crop must not both be True"),
    (geometric.Affine, {"scale": (0.0, 1.0)}, ValueError, r"scale\[0\] must be >= 1e-06"),
    (geometric.Affine, {"scale": ((0.5, 1), (-1, 1))}, ValueError, r"scale\[1\]\[0\] must be >= 1e-06"),
    (geometric.Affine, {"scale": 1.1}, TypeError, "scale must be a pair"),
    (geometric.Affine, {"scale": ((1, 2), 3)}, TypeError, r"scale\[0\] must be a number"),
    (geometric.Affine, {"rotate": "all"}, TypeError, "rotate must be a pair"),
    (geometric.Affine, {"shear": (-90, 0)}, ValueError, r"shear\[0\] must be > -90"),
    (geometric.Affine, {"shear": (0, 90)}, ValueError, r"shear\[1\] must be < 90"),
    (geometric.Affine, {"translate": {"x": (0, 1)}}, TypeError, "translate must be a pair"),
    (geometric.Affine, {"keep_ratio": None}, TypeError, "keep_ratio must be True or False"),
    (geometric.Affine, {"wobble": 1}, TypeError, "wobble"),
    (geometric.Perspective, {"scale": (-0.1, 0.1)}, ValueError, r"scale\[0\] must be >= 0"),
    (geometric.Perspective, {"keep_size": 0}, TypeError, "keep_size must be True or False"),
    (geometric.Crop, {}, TypeError, "size"),
    (geometric.Crop, {"size": 5.0}, TypeError, "size must be a pair"),
    (geometric.Crop, {"size": (0, 5)}, ValueError, r"size\[0\] must be >= 1"),
    (geometric.Crop, {"size": (5.0, 5)}, TypeError, r"size\[0\] must be an integer"),
    (geometric.CenterCrop, {"size": (5, 5), "pad": "yes"}, TypeError, "pad must be True or False"),
    (geometric.ResizedCrop, {"size": (5, 5), "scale": (0, 1)}, ValueError, r"scale\[0\] must be > 0"),
    (geometric.ResizedCrop, {"size": (5, 5), "scale": (0.5, 1.5)}, ValueError, r"scale\[1\] must be <= 1"),
    (geometric.ResizedCrop, {"size": (5, 5), "ratio": (0, 1)}, ValueError, r"ratio\[0\] must be > 0"),
    (geometric.ResizedCrop, {"size": (5, 5), "interpolation": 1}, TypeError, "interpolation must be a string"),
    (geometric.BoxSafeCrop, {"size": (5,)}, TypeError, "size must be a pair"),
    (geometric.Resize, {"size": (5, -5)}, ValueError, r"size\[1\] must be >= 1"),
    (geometric.ResizeLongest, {"size": (5, 5)}, TypeError, "size must be an integer"),
    (geometric.ResizeShortest, {"size": 0}, ValueError, "size must be >= 1"),
    (geometric.Letterbox, {"size": (5, 5), "position": "middle"}, ValueError, "position must be one of"),
    (geometric.Letterbox, {"size": (5, 5), "interpolation": "linear"}, ValueError, "interpolation must be one of"),
    (geometric.Pad, {"padding": -1}, ValueError, "padding must be >= 0"),
    (geometric.Pad, {"padding": (1, 2, 3)}, ValueError, r"padding must be one number, \(vertical"),
    (geometric.Pad, {"padding": (1, 2.5)}, TypeError, r"padding\[1\] must be an integer"),
    (geometric.Pad, {"padding": (1, 2, 3, -4)}, ValueError, r"padding\[3\] must be >= 0"),
    (geometric.PadToSize, {}, ValueError, "size or divisor must be given"),
    (geometric.PadToSize, {"divisor": 0}, ValueError, "divisor must be >= 1"),
    (geometric.PadToSize, {"divisor": (4, 0)}, ValueError, r"divisor\[1\] must be >= 1"),
    (geometric.PadToSize, {"size": (5, 5), "position": "left"}, ValueError, "position must be one of"),
    (geometric.Elastic, {"alpha": (0, 0.05)}, ValueError, r"alpha\[1\] must be <= spacing / 3"),
    (geometric.Elastic, {"alpha": (-0.1, 0)}, ValueError, r"alpha\[0\] must be >= 0"),
    (geometric.Elastic, {"spacing": 0}, ValueError, "spacing must be > 0"),
    (geometric.GridDistortion, {"steps": 0}, ValueError, "steps must be >= 1"),
    (geometric.GridDistortion, {"distort": (-1, 0)}, ValueError, r"distort\[0\] must be > -1"),
    (geometric.GridDistortion, {"distort": (0, 1)}, ValueError, r"distort\[1\] must be < 1"),
    (geometric.PiecewiseAffine, {"points": (1, 4)}, ValueError, r"points\[0\] must be >= 2"),
    (geometric.PiecewiseAffine, {"points": (4, 600)}, ValueError, "points must be at most 512"),
    (geometric.PiecewiseAffine, {"points": 4}, TypeError, "points must be a pair"),
    (geometric.PiecewiseAffine, {"scale": (-0.1, 0)}, ValueError, r"scale\[0\] must be >= 0"),
    (geometric.ThinPlateSpline, {"points": 1}, ValueError, "points must be >= 2"),
    (geometric.ThinPlateSpline, {"points": 11}, ValueError, "points must be <= 10"),
    (geometric.ThinPlateSpline, {"scale": (0, 0.06)}, ValueError, r"scale\[1\] must be <= 0.15"),
    (geometric.LensDistortion, {"distort": (-0.4, 0)}, ValueError, r"3 \|distort\| \+ 5 \|k2\| must be < 1, got 1.2"),
    (geometric.LensDistortion, {"k2": (0, 0.2)}, ValueError, r"must be < 1, got 1.15"),
]


@pytest.mark.parametrize(("kind", "options", "error", "message"), WRONG)
def test_wrong_arguments_are_refused(kind: Any, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        kind(**options)
    assert type(caught.value) is error
