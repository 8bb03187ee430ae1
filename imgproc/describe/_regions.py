"""Measures of labelled regions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .._core import elementary_arrays
from .._core.check import as_image, integer
from .._core.declare import Case, Peer, declare
from .._core.jit import kernel
from .._core.planes import as_planes, canonical
from ._outlines import convex_areas, outlines

__all__ = ["region_properties"]

_TABLE = 1 << 16
"""Labels that span no more than this, or than the pixels, are numbered by a table; others are sorted."""


@kernel
def _mark(labels, low, marks):
    """Set the marks of all labels there are, which are counted from `low`."""
    for y in range(labels.shape[0]):
        row = labels[y]
        before = row[0]
        marks[np.int64(before) - low] = True
        for x in range(1, row.size):
            if row[x] != before:
                before = row[x]
                marks[np.int64(before) - low] = True


@kernel
def _measure(labels, low, numbers, places, moments):
    """Sums over the runs of each region.

    Parameters
    ----------
    labels : 2-D array of integers
    low : int
        The smallest label; `numbers` has for each label from it on the number of its region, or -1.
    places : (n, 7) array of int64
        Pixels, x and y of the first pixel, and the box; they begin with no pixels and an empty box.
    moments : (n, 5) array of float64
        Sums of x, y, xx, yy, xy, counted from the first pixel.  They are exact as long as they are below 2**52.
    """
    for y in range(labels.shape[0]):
        row, start = labels[y], 0
        for x in range(1, row.size + 1):
            if x < row.size and row[x] == row[start]:
                continue
            number = numbers[np.int64(row[start]) - low]
            if number >= 0:
                _add_run(places[number], moments[number], y, start, x)
            start = x


@kernel(inner=True)
def _add_run(place, moment, y, start, end):
    """The pixels from `start` to before `end` of row y."""
    if not place[0]:
        place[1], place[2], place[3], place[4] = start, y, start, y
    n = end - start
    place[0] += n
    place[3], place[5], place[6] = min(place[3], start), max(place[5], end), y + 1
    count, middle, down = np.float64(n), (start + end - 1) * 0.5 - place[1], np.float64(y - place[2])
    moment[0] += count * middle
    moment[1] += count * down
    moment[2] += count * middle * middle + count * (count * count - 1) / 12
    moment[3] += count * down * down
    moment[4] += count * down * middle


@kernel
def _add_levels(labels, low, numbers, planes, sums):
    """Sums of the levels of each region, (n, c): int64 for integers, otherwise float64, pixel by pixel."""
    for y in range(labels.shape[0]):
        row, start = labels[y], 0
        for x in range(1, row.size + 1):
            if x < row.size and row[x] == row[start]:
                continue
            number = numbers[np.int64(row[start]) - low]
            if number >= 0:
                for c in range(planes.shape[2]):
                    total = sums[number, c]
                    for i in range(start, x):
                        total += planes[y, i, c]
                    sums[number, c] = total
            start = x


class _Regions(NamedTuple):
    """Labels and what is known of their regions."""

    names: np.ndarray
    """The labels of the regions, rising."""
    labels: np.ndarray
    """Canonical, (h, w); their smallest is `low`."""
    low: int
    numbers: np.ndarray
    """int32: for each label from `low` on the number of its region, or -1."""
    places: np.ndarray
    moments: np.ndarray
    """See `_measure`."""


def region_properties(
    labels: np.ndarray,
    *,
    image: np.ndarray | None = None,
    background: int | None = 0,
    properties: Sequence[str] | None = None,
) -> dict[str, np.ndarray]:
    """Measure labelled regions.

    Parameters
    ----------
    labels : ndarray of shape (h, w)
        Integers, as from `connected_components`, or from `superpixels` with ``background=-1``.
    image : ndarray of shape (h, w) or (h, w, c), optional
        Whose levels are averaged.
    background : int, optional
        The label that is no region; None: all are.
    properties : sequence of str, optional
        Names of what is measured, out of those below.  None: all.  What is not named takes no time.

    Returns
    -------
    dict of str to ndarray
        One row for each region, by rising label.  ``"label"``; ``"area"`` and ``"convex_area"`` in pixels;
        ``"center"`` (n, 2), x and y, and ``"box"`` (n, 4), x0, y0, x1, y1, in continuous coordinates, where a pixel's
        centre is at +0.5; ``"major_axis"`` and ``"minor_axis"`` in pixels and ``"eccentricity"`` of the ellipse with
        the same second moments; ``"angle"`` of its major axis in degrees, counter-clockwise from the right as seen, in
        (-90, 90]; ``"perimeter"`` in pixels; ``"solidity"``, area over convex area; ``"holes"``; and with an image
        ``"mean"`` (n, c), float64, in its levels.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or ``"mean"`` is asked for without an image.

    Notes
    -----
    As ``skimage.measure.regionprops``.  The convex area counts the pixels whose centres are in the convex hull of the
    middles of all pixels' sides, or on its border; it is counted in whole numbers.  The perimeter is that of Benkrid
    and Crookes, where pixels of the outline count 1, the root of 2 or the mean of both, by their neighbours on it.
    Holes are counted by quads of pixels (Gray), for regions of one piece whose pixels touch at sides or corners; each
    further piece counts as a hole less.  Of an ellipse that is a circle the angle is 45.

    References
    ----------
    K. Benkrid, D. Crookes, A. Benkrid, "Design and FPGA implementation of a perimeter estimator", IMVIP 2000.
    S. B. Gray, "Local properties of binary images in two dimensions", IEEE Transactions on Computers C-20(5), 1971.

    Examples
    --------
    >>> labels = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 7]])
    >>> region_properties(labels, properties=("label", "area"))
    {'label': array([1, 7]), 'area': array([4., 1.])}
    """
    if not isinstance(labels, np.ndarray):
        raise TypeError(f"labels must be a numpy array, got {type(labels).__name__}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, got {labels.dtype}")
    if labels.ndim != 2:
        raise ValueError(f"labels must have shape (h, w), got {labels.shape}")
    background = None if background is None else integer(background, "background")
    if image is not None:
        image = as_image(image)
        if image.shape[:2] != labels.shape:
            raise ValueError(f"image must have the (h, w) of labels, {labels.shape}, got {image.shape[:2]}")
    names = _names(properties, image)
    regions = _regions(labels, background)
    made: dict[str, np.ndarray] = {}
    for name in names:
        if name not in made:
            made.update(_means(regions, image) if name == "mean" else _MAKERS[name](regions))
    return {name: made[name] for name in names}


def _names(properties: Any, image: np.ndarray | None) -> tuple[str, ...]:
    known = (*_MAKERS, "mean")
    if properties is None:
        return known if image is not None else tuple(_MAKERS)
    if isinstance(properties, str | bytes) or not isinstance(properties, Sequence):
        raise TypeError(f"properties must be a sequence of names, got {properties!r}")
    for i, name in enumerate(properties):
        if not isinstance(name, str):
            raise TypeError(f"properties[{i}] must be a name, got {name!r}")
        if name not in known:
            raise ValueError(f"properties[{i}] must be one of {', '.join(map(repr, known))}, got {name!r}")
        if name == "mean" and image is None:
            raise ValueError("properties has 'mean', which needs the image whose levels are averaged, got image=None")
    return tuple(properties)


def _regions(labels: np.ndarray, background: int | None) -> _Regions:
    """Number the regions and measure what all properties are made of."""
    names, labels, low, numbers = _numbered(labels, background)
    places, moments = np.zeros((names.size, 7), np.int64), np.zeros((names.size, 5))
    if names.size:
        _measure(labels, low, numbers, places, moments)
    return _Regions(names, labels, low, numbers, places, moments)


def _numbered(labels: np.ndarray, background: int | None) -> tuple[np.ndarray, np.ndarray, int, np.ndarray]:
    """Labels of the regions, labels, the smallest of them, and numbers, as in `_Regions`."""
    labels = canonical(labels)
    if not labels.size:
        return labels[0:0, 0:0].reshape(-1), labels, 0, np.zeros(0, np.int32)
    low, high = int(labels.min()), int(labels.max())
    if high - low >= max(_TABLE, labels.size) or high > np.iinfo(np.int64).max:
        names, places = np.unique(labels, return_inverse=True)
        labels, low = canonical(places.reshape(labels.shape).astype(np.int32)), 0
        wanted = np.ones(names.size, bool) if background is None else names != background
        marks = wanted
    else:
        marks = np.zeros(high - low + 1, bool)
        _mark(labels, low, marks)
        if background is not None and low <= background <= high:
            marks[background - low] = False
        names = (np.flatnonzero(marks) + low).astype(labels.dtype)
        wanted = np.ones(names.size, bool)
    numbers = np.full(marks.size, -1, np.int32)
    numbers[marks] = np.arange(int(marks.sum()), dtype=np.int32)
    return names[wanted], labels, low, numbers


def _means(regions: _Regions, image: Any) -> dict[str, np.ndarray]:
    planes = as_planes(image)
    sums = np.zeros((regions.names.size, planes.shape[2]), np.int64 if image.dtype.kind == "u" else np.float64)
    if sums.size:
        _add_levels(regions.labels, regions.low, regions.numbers, planes, sums)
    return {"mean": sums / regions.places[:, :1]}


def _areas(regions: _Regions) -> dict[str, np.ndarray]:
    return {"area": regions.places[:, 0].astype(np.float64)}


def _centers(regions: _Regions) -> dict[str, np.ndarray]:
    area, first = regions.places[:, :1].astype(np.float64), regions.places[:, 1:3]
    return {"center": (first * area + regions.moments[:, :2]) / area + 0.5}


def _ellipses(regions: _Regions) -> dict[str, np.ndarray]:
    """Axes of the ellipse with the same second moments, which are those of pixels without an extent."""
    n, (x, y, xx, yy, xy) = regions.places[:, 0].astype(np.float64), regions.moments.T
    across, down, both = n * xx - x * x, n * yy - y * y, n * xy - x * y  # times n * n
    half = (across - down) / 2
    large = (across + down) / 2 + np.sqrt(half * half + both * both)
    small = np.maximum(across * down - both * both, 0) / np.where(large > 0, large, 1)
    small = np.minimum(small, large)
    upright = np.where(both > 0, -45.0, 45.0)  # where both axes of the frame see as much
    angle = np.degrees(elementary_arrays.atan2(-2 * both, across - down)) / 2
    angle = np.where(angle <= -90, 90.0, angle)
    return {
        "major_axis": 4 * np.sqrt(large) / n,
        "minor_axis": 4 * np.sqrt(small) / n,
        "eccentricity": np.sqrt(1 - small / np.where(large > 0, large, 1)) * (large > 0),
        "angle": np.where(across == down, upright, angle),
    }


def _hulls(regions: _Regions) -> dict[str, np.ndarray]:
    convex = convex_areas(regions.labels, regions.low, regions.numbers, regions.places)
    return {"convex_area": convex, "solidity": regions.places[:, 0] / convex}


def _outlines(regions: _Regions) -> dict[str, np.ndarray]:
    kinds, euler = outlines(regions.labels, regions.low, regions.numbers, regions.names.size)
    return {"perimeter": kinds @ np.array([1, math.sqrt(2), (1 + math.sqrt(2)) / 2]), "holes": 1 - euler}


_MAKERS: dict[str, Callable[[_Regions], dict[str, np.ndarray]]] = {
    "label": lambda regions: {"label": regions.names},
    "area": _areas,
    "convex_area": _hulls,
    "center": _centers,
    "box": lambda regions: {"box": regions.places[:, 3:].astype(np.float64)},
    "major_axis": _ellipses,
    "minor_axis": _ellipses,
    "eccentricity": _ellipses,
    "angle": _ellipses,
    "perimeter": _outlines,
    "solidity": _hulls,
    "holes": _outlines,
}
"""What makes each property, in the order of the result; a maker gives all that come from the same work."""


@functools.cache
def _discs(side: int) -> np.ndarray:
    """Labels of 64 discs, for the speed table."""
    y, x = np.indices((side, side))
    cell = max(side // 8, 1)
    number = (y // cell) * 8 + x // cell
    far = np.maximum(abs(y % cell - cell // 2), abs(x % cell - cell // 2)) + abs(y % cell - x % cell) // 2
    return np.where((far < cell // 4 + number % 7) & (number < 64), number + 1, 0).astype(np.int32)


def _rows() -> list[Case]:
    from skimage import measure

    theirs = {
        "area": "area",
        "center": "centroid",
        "box": "bbox",
        "convex_area": "area_convex",
        "major_axis": "axis_major_length",
        "minor_axis": "axis_minor_length",
        "eccentricity": "eccentricity",
        "angle": "orientation",
        "perimeter": "perimeter",
        "solidity": "solidity",
        "holes": "euler_number",
    }

    def apart(ours: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> float:
        same = [name for name in ours if theirs[name] in found and name not in ("angle", "holes")]
        return max(float(np.abs(ours[name] - found[theirs[name]]).max(initial=0)) for name in same)

    def row(name: str, what: str, names: tuple[str, ...]) -> Case:
        wanted = [theirs[each] for each in names]
        return Case(
            name,
            f"{what} of 64 regions",
            "grey",
            lambda x: region_properties(_discs(x.shape[0]), properties=names),
            {
                "skimage regionprops_table": Peer(
                    lambda x: measure.regionprops_table(_discs(x.shape[0]), properties=wanted),
                    limit=1 / 5,
                    tolerance=1e-9,
                    difference=apart,
                    unit="",
                )
            },
            size=512,
        )

    return [
        row("region_properties", "area, centre and box", ("area", "center", "box")),
        row("region_properties, all", "all properties", tuple(theirs)),
    ]


declare(region_properties, peers=_rows)
