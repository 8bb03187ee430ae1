"""Keypoints: the rule, and the kernels that follow it.

Keypoints are (x, y) in continuous coordinates, in which the image spans [0, w] x [0, h] with its edges: the centre of
the first pixel is (0.5, 0.5).  A keypoint that lies outside a frame on its way is gone, as its pixels are: padding what
a crop has cut off does not bring it back.  Borders that repeat the image (``reflect``, ``wrap``, ...) do not repeat
keypoints.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from imgproc._core.jit import kernel
from imgproc._scanline import Geometry, Stage

from .base import Opened, Passage, Piece, Rules, Target
from .path import DUST, MULTIPLY, Path, bend, path_back
from .rows import as_container, as_rows


@kernel(inner=True)
def _inside(x, y, w, h):
    return x >= -DUST and y >= -DUST and x <= w + DUST and y <= h + DUST


@kernel
def first_not_finite(points):
    """The first row that holds a number that is not finite; -1 where there is none."""
    for i in range(points.shape[0]):
        for j in range(points.shape[1]):
            if not np.isfinite(points[i, j]):
                return i
    return -1


@kernel
def carry_points(points, steps, grids, w, h, remove, out, kept):
    """Points along a path that starts in a frame of (h, w); returns how many, with their rows in `kept`.

    With `remove`, without those that lay outside of a frame.  What is behind a horizon becomes NaN.
    """
    count = 0
    for i in range(points.shape[0]):
        x, y = points[i, 0], points[i, 1]
        fw, fh = w, h
        seen = _inside(x, y, w, h)
        for k in range(steps.shape[0]):
            m = steps[k]
            if m[0] == MULTIPLY:
                d = m[7] * x + m[8] * y + m[9]
                d = d if d > 0.0 else np.nan
                x, y = (m[1] * x + m[2] * y + m[3]) / d, (m[4] * x + m[5] * y + m[6]) / d
            elif x == x:
                x, y = bend(grids, m, x, y)
            if m[10] >= 0.0:
                fw, fh = m[10], m[11]
                seen = seen and _inside(x, y, fw, fh)
        if remove:
            if not seen:
                continue
            x, y = min(max(x, 0.0), fw), min(max(y, 0.0), fh)
        out[count, 0], out[count, 1], kept[count] = x, y, i
        count += 1
    return count


def open_points(points: Any, name: str = "keypoints") -> np.ndarray:
    """Keypoints as a new float64 array of shape (n, 2).

    Parameters
    ----------
    points : array_like of shape (n, 2)
        (x, y) in pixels; none at all in any spelling: ``[]``, shape (0,) or (0, 2).
    name : str
        What messages call them.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they are not pairs, or not finite.
    """
    array = as_rows(points, name, 2, "(x, y)")
    row = first_not_finite(array)
    if row >= 0:
        raise ValueError(f"{name} must be finite, got {tuple(array[row].tolist())} in row {row}")
    return array


def move_points(points: np.ndarray, way: Path, *, remove_invisible: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints along a path.

    Parameters
    ----------
    points : float64 ndarray of shape (n, 2)
        As `open_points` gives them.
    way : Path
    remove_invisible : bool
        Leave out the points that lie outside a frame on their way, the first and the last included.  Otherwise all
        stay, wherever they come to lie; NaN are those behind the horizon of a perspective map, which have no place.

    Returns
    -------
    float64 ndarray of shape (m, 2), intp ndarray of shape (m,)
        The points, and which rows they were.
    """
    n = len(points)
    out, kept = np.empty((n, 2)), np.empty(n, np.intp)
    h, w = way.start
    count = carry_points(points, way.steps, way.grids, float(w), float(h), bool(remove_invisible), out, kept)
    return out[:count], kept[:count]


def points_back(points: np.ndarray, stages: Iterable[Stage], height: int, width: int) -> np.ndarray:
    """Where points of the output come from in an input of (height, width); all of them, inside it or not."""
    return move_points(points, path_back(stages, height, width), remove_invisible=False)[0]


def seen_points(points: np.ndarray, owner: np.ndarray, who: int) -> np.ndarray:
    """Rows of the keypoints that lie on pixels of one owner; `owner` is uint8 (h, w)."""
    h, w = owner.shape
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (y >= 0) & (x <= w) & (y <= h)  # NaN is outside
    rows = np.flatnonzero(inside)
    columns, lines = x[rows].astype(np.intp), y[rows].astype(np.intp)
    return rows[owner[np.minimum(lines, h - 1), np.minimum(columns, w - 1)] == who]


class Points(Target):
    """Keypoints."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """float64 (n, 2)."""
        return open_points(value, self.name)

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """Along the path of the passage, without those that are gone if the rules say so."""
        points, passage.kept[self.name] = move_points(
            value, passage.path, remove_invisible=passage.rules.remove_invisible
        )
        return points

    def close(self, value: np.ndarray, like: Any, passage: Passage) -> Any:
        """A list, a tuple or an array, as they came."""
        return as_container(value, like)

    def cut(self, value: np.ndarray, piece: Piece) -> np.ndarray:
        """Those on visible pixels, on the canvas."""
        if piece.owner is not None:
            rows = piece.kept[self.name] = seen_points(value, piece.owner, piece.who)
            value = value[rows]
        y, x = piece.at
        return value + np.array((x, y), np.float64)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        """All of them, on the input, inside of it or not."""
        return as_container(points_back(open_points(value, self.name), stages, *size), value)
