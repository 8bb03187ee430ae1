"""Flips, affine maps and distortions of albumentations."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping
from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []

Pair = tuple[float, float]


@mapping("HorizontalFlip", "TimeReverse")
def _horizontal(read: Reader) -> Transform:
    return read.make("HorizontalFlip")


@mapping("VerticalFlip")
def _vertical(read: Reader) -> Transform:
    return read.make("VerticalFlip")


@mapping("Transpose")
def _transpose(read: Reader) -> Transform:
    return read.make("Transpose")


@mapping("RandomRotate90")
def _rotate90(read: Reader) -> Transform:
    return read.make("Rotate90")


@mapping("D4", "SquareSymmetry")
def _dihedral(read: Reader) -> Transform:
    return read.make("Dihedral")


@mapping("Flip")
def _flip(read: Reader) -> Transform:
    """Of versions 1.x: one of the three flips."""
    flips = [read.make(kind, p=1.0) for kind in ("HorizontalFlip", "VerticalFlip")]
    return read.make("OneOf", transforms=[*flips, read.make("Sequential", transforms=flips, p=1.0)])


def _boxes_by_corners(read: Reader) -> None:
    read.drop_unless("rotate_method", "largest_box", "boxes are those around the turned corners")


@mapping("Rotate")
def _rotate(read: Reader) -> Transform:
    crop = bool(read("crop_border", "crop"))
    _boxes_by_corners(read)
    if crop:
        read.differs("the largest rectangle inside may be a pixel larger or smaller, and is centred to half a pixel")
    return read.make("Rotate", angle=read.pair("limit", "angle"), crop=crop, **read.warp())


@mapping("SafeRotate")
def _safe_rotate(read: Reader) -> Transform:
    _boxes_by_corners(read)
    read.differs(
        "the frame around the turned image is not cut to whole pixels, nor are centres taken for corners: half a pixel"
    )
    return read.make("SafeRotate", angle=read.pair("limit", "angle"), keep_ratio=False, **read.warp())


def _axes(value: Any, neutral: float) -> tuple[Pair, Pair]:
    """Ranges for x and y; a number is a range of its own."""
    if isinstance(value, Mapping):
        return _range(value.get("x", neutral)), _range(value.get("y", neutral))
    return _range(value), _range(value)


def _range(value: Any) -> Pair:
    if isinstance(value, (tuple, list)):
        low, high = map(float, value)
        return min(low, high), max(low, high)
    return float(value), float(value)


def _one_or_two(x: Pair, y: Pair) -> Any:
    return x if x == y else (x, y)


_CUT_SHIFT = "shifts are cut to whole pixels there: less than a pixel"


def _shift(read: Reader) -> tuple[Pair, Pair]:
    """Ranges of shifts as fractions."""
    if read.values.get("translate_px") is not None:
        x, y = _axes(read("translate_px", "translate"), 0)
        read.ignore("translate_percent")
        if not any((*x, *y)):
            return x, y
        h, w = read.need_size("translate_px")
        if x[0] != x[1] or y[0] != y[1]:
            read.differs("shifts are whole pixels there: less than a pixel")
        return (x[0] / w, x[1] / w), (y[0] / h, y[1] / h)
    read.ignore("translate_px")
    value = read("translate_percent", "translate")
    x, y = _axes(0.0 if value is None else value, 0.0)
    if any((*x, *y)):
        read.differs(_CUT_SHIFT)
    return x, y


@mapping("Affine")
def _affine(read: Reader) -> Transform:
    _boxes_by_corners(read)
    x, y = _axes(read("scale", "scale"), 1.0)
    if min(x[0], y[0]) <= 0:
        raise Missing(f"scale must be above 0 here, got {read.values['scale']!r:.60}")
    ratio = bool(read("keep_ratio", "keep_ratio"))
    turn = _range(read("rotate", "rotate"))
    along, across = _axes(read("shear", "shear, along x with the other sign"), 0.0)
    shear = (-along[1], -along[0]), across
    shift = _shift(read)
    fit = bool(read("fit_output", "fit"))
    if fit:
        read.differs("the frame that holds everything may be a pixel larger or smaller")
    common = {"fit": fit, **read.warp()}
    sheared = any(any(s) for s in shear)
    if all(any(s) for s in shear):
        read.differs("shears along x and along y follow each other: of 10 degrees both, lengths change by 3 %")
    parts = []
    for sx, sy in _scales(read, x, y, ratio):
        scale = {"scale": _one_or_two(sx, sy), "keep_ratio": ratio}
        rest = {"shear": _one_or_two(*shear), "translate": _one_or_two(*shift)}
        if sheared and (any(turn) or (sx, sy) != ((1.0, 1.0), (1.0, 1.0))) and any(turn):
            read.differs("shear comes after the rotation, in a frame of its own: corners that left it are border")
            first = read.make("Affine", rotate=turn, **scale, **common, p=1.0)
            second = read.make("Affine", scale=(1.0, 1.0), **rest, **common, p=1.0)
            parts.append(read.make("Sequential", transforms=[first, second], p=1.0))
        else:
            parts.append(read.make("Affine", rotate=turn, **scale, **rest, **common, p=1.0))
    return _choice(read, parts)


def _choice(read: Reader, parts: list[Transform]) -> Transform:
    """One of some parts, all with the same chance."""
    if len(parts) > 1:
        return read.make("OneOf", transforms=parts)
    return dataclasses.replace(parts[0], p=read.p)


def _scales(read: Reader, x: Pair, y: Pair, ratio: bool) -> list[tuple[Pair, Pair]]:
    """The ranges of factors; with `balanced_scale` shrinking and enlarging have the same chance on each axis."""
    if not read("balanced_scale", "a choice between both"):
        return [(x, y)]
    if ratio:
        return [(half, half) for half in _halves(x)]
    return list(itertools.product(_halves(x), _halves(y)))


def _halves(pair: Pair) -> list[Pair]:
    found = [(pair[0], 1.0)] * (pair[0] < 1) + [(1.0, pair[1])] * (pair[1] > 1)
    return found or [(1.0, 1.0)]


@mapping("ShiftScaleRotate")
def _shift_scale_rotate(read: Reader) -> Transform:
    _boxes_by_corners(read)
    low, high = read.pair("scale_limit", "scale, 1 + limit")
    both = read.pair("shift_limit", "translate")
    x, y = (
        both if read.values.get(name) is None else read.pair(name, "translate")
        for name in ("shift_limit_x", "shift_limit_y")
    )
    read.ignore("shift_limit_x", "shift_limit_y")
    if any((*x, *y)):
        read.differs(_CUT_SHIFT)
    if low <= -1:
        raise Missing(f"scale_limit must be above -1, got {low}")
    scale = 1.0 + low, 1.0 + high
    rotate = read.pair("rotate_limit", "rotate")
    if low != high:
        read.note("factors of x and y are drawn apart, as there: keep_ratio=True gives both the same")
    return read.make(
        "Affine",
        scale=scale,
        keep_ratio=low == high,
        rotate=rotate,
        translate=_one_or_two(x, y),
        **read.warp(),
    )


@mapping("Perspective")
def _perspective(read: Reader) -> Transform:
    scale = read.pair("scale", "scale", low=0)
    if scale[1] > 0:
        read.differs(
            "what the corners enclose fills the frame; 2.0.8 enlarges it twice, which is a fault: at scale 0.08 only "
            "the upper left nine tenths of its sides are seen"
        )
    fit = bool(read("fit_output", "fit"))
    if fit:
        read.differs("with fit_output corners move in by at most 0.2 of the sides, in the inverse direction")
    return read.make("Perspective", scale=scale, keep_size=bool(read("keep_size", "keep_size")), fit=fit, **read.warp())


def _keypoints_move(read: Reader) -> None:
    """How keypoints go through a distortion: here always by the map itself."""
    value = read("keypoint_remapping_method", "always by the map itself")
    if value == "mask":
        read.note("keypoints go through the map itself, which is what 'direct' means, and to parts of a pixel")


@mapping("ElasticTransform")
def _elastic(read: Reader) -> Transform:
    alpha, sigma = float(read("alpha", "alpha")), float(read("sigma", "spacing, 2 sigma"))
    _keypoints_move(read)
    read.ignore("approximate", "noise_distribution")
    if read.values.get("same_dxdy"):
        read.drop("same_dxdy", "both axes have displacements of their own")
    read.ignore("same_dxdy")
    if read.values.get("alpha_affine"):
        read.drop("alpha_affine", "put an Affine before it")
    read.ignore("alpha_affine")
    gaussian = read.values.get("noise_distribution", "gaussian") == "gaussian"
    return elastic(read, alpha, sigma, 1 / 4.5 if gaussian else 0.577, read.warp())


SPLINE = 0.277
"""The deviation of a cubic spline of control points that are uniform within -1 and 1."""


def elastic(read: Reader, alpha: float, sigma: float, deviation: float, common: dict[str, Any]) -> Transform:
    """Noise of a deviation, smoothed by sigma and multiplied by alpha, in pixels, as a spline of control points."""
    h, w = read.need_size("alpha")
    side = min(h, w)
    spacing = max(2.0 * sigma, 1.0) / side
    # Smoothing divides the deviation by 3.545 sigma (twice the root of pi); a normal field whose peak is 1 had 1 / 4.5,
    # a uniform one 0.577.
    most = min(alpha * deviation / (3.545 * max(sigma, 0.3)) / SPLINE / side, spacing / 3.0)
    read.differs(
        "displacements are a spline of control points, not smoothed noise, of the same deviation and smoothness (but "
        "for the borders, where they are larger there), and never fold"
    )
    return read.make("Elastic", alpha=(most, most), spacing=spacing, **common)


@mapping("GridElasticDeform")
def _grid_elastic(read: Reader) -> Transform:
    columns, rows = read("num_grid_xy", "spacing")
    magnitude = float(read("magnitude", "alpha"))
    h, w = read.need_size("magnitude")
    side = min(h, w)
    spacing = max(min(w / columns, h / rows), 1.0) / side
    # Corners of cells are uniform within the magnitude; between them there the deviation is two thirds of theirs.
    alpha = min(magnitude * 0.577 * 2 / 3 / SPLINE / side, spacing / 3.0)
    read.differs(
        "displacements are a smooth spline of control points; there each cell of the grid has a map of its own"
    )
    return read.make("Elastic", alpha=(alpha, alpha), spacing=spacing, interpolation=read.interpolation())


@mapping("GridDistortion")
def _grid_distortion(read: Reader) -> Transform:
    low, high = read.pair("distort_limit", "distort")
    _keypoints_move(read)
    if not read("normalized", "always"):
        read.drop("normalized", "the steps always fill the image, so nothing from outside is seen")
    read.differs(
        "knots lie where the cells end; there cells shrink by a pixel each, even with distort_limit=0: about a pixel"
    )
    return read.make("GridDistortion", steps=int(read("num_steps", "steps")), distort=(low, high), **read.warp())


@mapping("OpticalDistortion")
def _optical(read: Reader) -> Transform:
    low, high = read.pair("distort_limit", "distort, k2")
    _keypoints_move(read)
    if read.values.get("shift_limit"):
        read.drop("shift_limit", "the centre of the image is that of the distortion")
    read.ignore("shift_limit")
    common = read.warp()
    if read("mode", "the unit of distances") == "fisheye":
        read.differs("the centre of the image is that of the distortion, there half a pixel beside it: half a pixel")
        return read.make("LensDistortion", distort=(low, high), k2=(0.0, 0.0), **common)
    # There r counts in widths and heights, so corners are at r**2 = 1/2, and both coefficients are the same number.
    read.differs(
        "the centre of the image is that of the distortion, there half a pixel beside it; r**4 has a coefficient of "
        "its own draw, and on images that are not square r counts in half diagonals, not in the sides"
    )
    return read.make("LensDistortion", distort=(low / 2, high / 2), k2=(low / 4, high / 4), **common)


@mapping("ThinPlateSpline")
def _thin_plate(read: Reader) -> Transform:
    low, high = read.pair("scale_range", "scale")
    points = int(read("num_control_points", "points"))
    _keypoints_move(read)
    most = 0.15 / (points - 1)
    scale = min(0.93 * low, most), min(0.93 * high, most)
    read.differs(
        f"points move by at most {most:.3g} of the sides, so that the map never folds; there places move by a "
        "deviation of about 0.43 scale_range of the sides, a tenth of them at the defaults"
    )
    return read.make("ThinPlateSpline", points=points, scale=scale, **read.warp())


@mapping("PiecewiseAffine")
def _piecewise(read: Reader) -> Transform:
    scale = read.pair("scale", "scale", low=0)
    rows, columns = read.whole("nb_rows", "grid"), read.whole("nb_cols", "grid")
    if read("absolute_scale", "of the image"):
        side = min(read.need_size("scale"))
        scale = scale[0] / side, scale[1] / side
    _keypoints_move(read)
    if rows[0] != rows[1] or columns[0] != columns[1]:
        read.differs("the grid has always the same number of points, the middle of the range")
    points = max(sum(rows) // 2, 2), max(sum(columns) // 2, 2)
    read.differs(
        "the map between points is bilinear; there a mean of all points by distance, which draws all to the middle"
    )
    return read.make("PiecewiseAffine", points=points, scale=(scale[0] / 3, scale[1] / 3), **read.warp())


@mapping("RandomGridShuffle")
def _grid_shuffle(read: Reader) -> Transform:
    rows, columns = read("grid", "grid")
    if read.size is None or read.size[0] % rows or read.size[1] % columns:
        read.differs("where tiles do not divide the sides, the rest stays in place; there tiles have two sizes")
    read.aside("a box is that around all its pieces; there each piece is a box", "boxes")
    return read.make("GridShuffle", grid=(int(rows), int(columns)))


@mapping("Morphological")
def _morphological(read: Reader) -> Transform:
    value = read("scale", "radius, half of the side")
    across, down = (value, value) if isinstance(value, int) else (int(v) for v in value)
    radius = max((across + down) // 4, 1)
    if not across == down == 3:
        read.differs("the disc has an odd side, the same down and across: a pixel")
    read.differs("masks and boxes stay; there they are dilated or eroded, too")
    word = "dilate" if read("operation", "operation") == "dilation" else "erode"
    return read.make("Morphology", operation=word, radius=(radius, radius))
