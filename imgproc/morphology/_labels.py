"""Labels of regions: grown over what has none, and their boundaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.check import one_of, real
from .._core.declare import Case, declare, percent_different, versus
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from ..segment._regions import connected_components, connectivity_of
from ._distance import FAR, distance_transform, nearest_in_columns, spacing_of

__all__ = ["expand_labels", "find_boundaries"]

MODES = ("thick", "inner", "outer")

NEAR = 64
"""Up to this distance it is quicker to look at all columns that are as near."""


@kernel
def _take_nearest(labels, nearest, spacing, most, out):
    """The label of the nearest pixel that has one, if its squared distance is at most `most`."""
    labels, nearest, out = borrowed(labels), borrowed(nearest), borrowed(out)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            v, u = nearest[0, y, x], nearest[1, y, x]
            down, across = np.float64(v - y) * spacing[0], np.float64(u - x) * spacing[1]
            near = v >= 0 and down * down + across * across <= most
            out[y, x] = labels[v, u] if near else labels[y, x]


@kernel(inner=True)
def _take_nearer(squares, values, square, ties, best, found):
    """Take the labels of pixels of the columns to one side that are nearer than the best, or as near if `ties` is 1."""
    for x in range(best.size):
        d = np.int32(squares[x] + square)
        nearer = d < np.int32(best[x] + ties)
        found[x] = values[x] if nearer else found[x]
        best[x] = d if nearer else best[x]


@kernel
def _grow(labels, nearest, reach, most, squares, values, best, out):
    """Labels of the nearest pixels, if their squared distance is at most `most`, by looking at `reach` columns on
    both sides.  Rows of working memory: squared distances within columns and labels there, both with `reach` more on
    each side, and the least squared distance."""
    labels, nearest, out, best = borrowed(labels), borrowed(nearest), borrowed(out), borrowed(best)
    squares, values = borrowed(squares), borrowed(values)
    one, none = np.int32(1), np.int32(0)
    for y in range(out.shape[0]):
        here, found = nearest[y], out[y]
        for x in range(found.size):
            d = y - here[x]
            near = here[x] >= 0 and abs(d) <= reach
            squares[reach + x] = d * d if near else FAR
            values[reach + x] = labels[here[x], x] if near else 0
        for x in range(found.size):
            best[x], found[x] = squares[reach + x], values[reach + x]
        for k in range(1, reach + 1):
            square = np.int32(k * k)
            _take_nearer(squares[reach - k :], values[reach - k :], square, one, best, found)
            _take_nearer(squares[reach + k :], values[reach + k :], square, none, best, found)
        for x in range(found.size):
            found[x] = found[x] if best[x] <= most else labels[y, x]


def expand_labels(labels: np.ndarray, *, distance: float, spacing: float | Sequence[float] = 1.0) -> np.ndarray:
    """Let labels grow over the pixels around them that have none.

    A pixel without a label gets that of the nearest pixel that has one.  Regions do not grow over each other.

    Parameters
    ----------
    labels : ndarray of integers, shape (h, w)
        0 is no label.
    distance : float
        How far, in pixels or what `spacing` is in; at least 0.
    spacing : float or (float, float)
        The distance between neighbours: of rows and of columns, or of both.

    Returns
    -------
    ndarray of shape (h, w)
        Same dtype.  A pixel as far from two labels gets that of the column further to the left, and in one column
        that of the upper row.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.segmentation.expand_labels``, which may choose the other one of two labels as near.

    Examples
    --------
    >>> expand_labels(np.array([[1, 0, 0, 0, 0, 2]]), distance=1.5)
    array([[1, 1, 0, 0, 2, 2]])
    """
    labels = as_plain_labels(labels)
    distance, distances = real(distance, "distance", at_least=0), spacing_of(spacing)
    if not labels.size:
        return labels.copy()
    out = np.empty(labels.shape, labels.dtype)
    if distance <= NEAR and distances == (1.0, 1.0):
        nearest, reach = nearest_in_columns(labels == 0), int(distance)
        squares = np.full(labels.shape[1] + 2 * reach, FAR, np.int32)
        values, best = np.zeros(squares.size, labels.dtype), np.empty(labels.shape[1], np.int32)
        _grow(canonical(labels), nearest, reach, int(distance * distance), squares, values, best, out)
        return out
    nearest = distance_transform(labels == 0, spacing=spacing, result="nearest")
    _take_nearest(canonical(labels), nearest, distances, distance * distance, out)
    return out


@kernel(inner=True)
def _mark(here, there, marks, only_labels):
    """Mark the pixels that are not as those beside them; or if `only_labels`, those beside which there is a label."""
    if only_labels:
        for i in range(marks.size):
            marks[i] |= np.uint8((here[i] != there[i]) & (there[i] != 0))
    else:
        for i in range(marks.size):
            marks[i] |= np.uint8(here[i] != there[i])


@kernel(inner=True)
def _mark_row(labels, y, corners, only_labels, marks):
    """Compare a row with itself and with those above and below, shifted by one."""
    here, last = labels[y], marks.size - 1
    for i in range(marks.size):
        marks[i] = 0
    for v in range(max(y - 1, 0), min(y + 2, labels.shape[0])):
        there = labels[v]
        if v != y:
            _mark(here, there, marks, only_labels)
        if v == y or corners:
            _mark(here[1:], there[:last], marks[1:], only_labels)
            _mark(here[:last], there[1:], marks[:last], only_labels)


@kernel
def _boundaries(labels, corners, mode, regions, out):
    """Which pixels have a neighbour of another label; `mode` is the number of the word, `regions` a row of memory."""
    labels, regions, out = borrowed(labels), borrowed(regions), borrowed(out)
    for y in range(out.shape[0]):
        here, marks = labels[y], out[y]
        _mark_row(labels, y, corners, False, marks)
        if mode == 1:
            for i in range(marks.size):
                marks[i] &= np.uint8(here[i] != 0)
        elif mode == 2:
            _mark_row(labels, y, True, True, regions)
            for i in range(marks.size):
                marks[i] &= np.uint8(here[i] == 0) | regions[i]


def find_boundaries(labels: np.ndarray, *, mode: str = "thick", connectivity: int = 4) -> np.ndarray:
    """Find the pixels at the boundaries of labelled regions.

    Parameters
    ----------
    labels : ndarray of shape (h, w)
        Integers, of which 0 is no label, or a mask of bool.
    mode : {"thick", "inner", "outer"}
        ``"thick"``: every pixel that has a neighbour of another label, on both sides.  ``"inner"``: those of them that
        have a label themselves.  ``"outer"``: those that have none, and where two labels touch, both sides.
    connectivity : int
        Neighbours share a side, 4, or a side or a corner, 8.

    Returns
    -------
    ndarray of bool, shape (h, w)
        True at boundaries.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.segmentation.find_boundaries``, for labels that are not negative.

    Examples
    --------
    >>> find_boundaries(np.array([[1, 1, 1, 0, 0, 2, 2]]), mode="inner").astype(int)
    array([[0, 0, 1, 0, 0, 1, 0]])
    """
    labels = labels.view(np.uint8) if isinstance(labels, np.ndarray) and labels.dtype == bool else labels
    labels = as_plain_labels(labels)
    mode = one_of(mode, "mode", MODES)
    connectivity = connectivity_of(connectivity)
    out = np.empty(labels.shape, bool)
    regions = np.empty(labels.shape[1], np.uint8)
    if labels.size:
        _boundaries(canonical(labels), connectivity == 8, MODES.index(mode), regions, out.view(np.uint8))
    return out


def as_plain_labels(labels: Any, name: str = "labels") -> np.ndarray:
    """Check an array of integers of shape (h, w)."""
    if not isinstance(labels, np.ndarray):
        raise TypeError(f"{name} must be a numpy array of integers, got {type(labels).__name__}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got {labels.dtype}")
    if labels.ndim != 2:
        raise ValueError(f"{name} must have shape (h, w), got {labels.shape}")
    return labels if labels.dtype.isnative else labels.astype(labels.dtype.newbyteorder("="))


def _rows() -> list[Case]:
    from skimage import segmentation

    def labelled(x: np.ndarray) -> np.ndarray:
        return connected_components(x > 160)

    return [
        versus(
            "expand_labels",
            "grey",
            lambda x: expand_labels(x, distance=10),
            "skimage expand_labels",
            lambda x: segmentation.expand_labels(x, 10),
            tolerance=1,
            difference=percent_different,
            unit="% of pixels",
            note="others of labels that are as near",
            what="regions of a mask grown by 10 pixels",
            prepare=labelled,
            size=512,
        ),
        versus(
            "find_boundaries",
            "grey",
            lambda x: find_boundaries(x),
            "skimage find_boundaries",
            lambda x: segmentation.find_boundaries(x),
            tolerance=0,
            difference=percent_different,
            unit="% of pixels",
            what="of the regions of a mask",
            prepare=labelled,
            size=512,
            default=True,
        ),
    ]


declare(expand_labels, find_boundaries, peers=_rows)
