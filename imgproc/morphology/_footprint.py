"""Footprints: which pixels around each pixel an operation looks at.

A footprint is a set of offsets from its middle, kept as runs of rows: a run is an offset down, the offset across of its
first pixel, and a length.  So the cost of a filled shape grows with its height, not with its area.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

from .._core import elementary
from .._core.check import integer, one_of, real, size_pair
from .._core.declare import declare
from .._core.planes import canonical

__all__ = ["footprint"]

KINDS = ("disc", "square", "diamond", "octagon", "cross", "line")
NAMED = ("disc", "square", "diamond", "octagon", "cross")
"""Those that functions know by their names; a line needs an angle."""

LARGEST = 4096
"""The largest radius of a footprint that is made, in pixels."""


class Shape(NamedTuple):
    """A footprint as an operation uses it."""

    runs: np.ndarray
    """(n, 3): the offset down, the offset across of the first pixel, the length; in the order of rows."""
    top: int
    """How far the operation looks up, down, left and right."""
    bottom: int
    left: int
    right: int
    filled: bool
    """Whether it is a rectangle without holes."""
    even: bool
    """Whether it is the same when mirrored, at a line down or at a line across through its middle."""
    solid: bool
    """Whether it is, and has one run in each row, the shorter, the farther from the middle."""
    windows: np.ndarray
    """(n, 4): of each run how many rows it is below the uppermost one, a power of two, and the columns, from the
    leftmost one on, at which the two windows of that power begin whose union it is."""
    levels: int
    """How many powers of two there are."""
    element: np.ndarray
    """(tall, wide) uint8: the footprint as OpenCV takes it."""

    @property
    def tall(self) -> int:
        """Rows from the uppermost to the lowest."""
        return self.top + self.bottom + 1

    @property
    def wide(self) -> int:
        """Columns from the leftmost to the rightmost."""
        return self.left + self.right + 1


def footprint(kind: str, radius: int | tuple[int, int], *, angle: float = 0.0) -> np.ndarray:
    """Make a footprint, also called a structuring element: the set of pixels that an operation sees around each pixel.

    `erode`, `dilate` and their relatives take the result, and also the names of those kinds that need no angle.

    Parameters
    ----------
    kind : {"disc", "square", "diamond", "octagon", "cross", "line"}
        With dy and dx, the distances from the middle, and radius r: ``"disc"``, dy² + dx² <= r²; ``"square"``, both at
        most r; ``"diamond"``, dy + dx <= r; ``"octagon"``, both at most r and dy + dx <= sqrt(2) r; ``"cross"``, one of
        them 0 and the other at most r; ``"line"``, a line of 2 r + 1 pixels through the middle.
    radius : int or (int, int)
        At least 0 and at most 4096, in pixels.  A pair, (down, across), makes a rectangle of a square, an ellipse of a
        disc, and so on; lines and octagons take one number.
    angle : float
        Of a line, in degrees, counter-clockwise as seen; 0 is a line across.

    Returns
    -------
    ndarray of bool, shape (2 down + 1, 2 across + 1)
        True in the footprint; the middle is True.  A line is cut to the rows and columns that it has.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    All is decided in whole numbers; only the ends of a line are rounded, half to even.  A line has one pixel for each
    step along its longer side (Bresenham), and is the same when turned by half a turn.

    Examples
    --------
    >>> footprint("disc", 2).astype(int)
    array([[0, 0, 1, 0, 0],
           [0, 1, 1, 1, 0],
           [1, 1, 1, 1, 1],
           [0, 1, 1, 1, 0],
           [0, 0, 1, 0, 0]])
    """
    one_of(kind, "kind", KINDS)
    if kind in ("line", "octagon") or not isinstance(radius, (tuple, list, np.ndarray)):
        down = across = integer(radius, "radius", at_least=0, at_most=LARGEST)
    else:
        down, across = size_pair(radius, "radius", at_least=0)
        integer(max(down, across), "radius", at_most=LARGEST)
    angle = real(angle, "angle")
    if angle != 0 and kind != "line":
        raise ValueError(f"angle must be 0 for every kind but 'line', got {angle:g} for {kind!r}")
    return _line(down, angle) if kind == "line" else _filled(kind, down, across)


def _filled(kind: str, down: int, across: int) -> np.ndarray:
    dy, dx = np.abs(np.arange(-down, down + 1))[:, np.newaxis], np.abs(np.arange(-across, across + 1))
    tall, wide = max(down, 1), max(across, 1)  # a radius of 0 leaves one line
    if kind == "disc":
        return (dy * dy) * (wide * wide) + (dx * dx) * (tall * tall) <= tall * tall * wide * wide
    if kind == "diamond":
        return dy * wide + dx * tall <= tall * wide
    if kind == "octagon":
        return dy + dx <= math.isqrt(2 * down * down)
    if kind == "cross":
        return (dy == 0) | (dx == 0)
    return np.ones((2 * down + 1, 2 * across + 1), bool)


def _line(radius: int, angle: float) -> np.ndarray:
    turned = math.radians(angle % 180.0)
    cosine, sine = elementary.cos(turned), elementary.sin(turned)
    longer = max(abs(cosine), abs(sine))
    x, y = round(radius * cosine / longer), -round(radius * sine / longer)  # down is positive
    steps = np.arange(radius + 1)
    most = max(radius, 1)
    # The middles of two pixels are rounded away from the middle on both sides, so that both halves are alike.
    dx, dy = (np.sign(end) * ((2 * steps * abs(end) + most) // (2 * most)) for end in (x, y))
    made = np.zeros((2 * abs(y) + 1, 2 * abs(x) + 1), bool)
    made[abs(y) + dy, abs(x) + dx] = True
    made[abs(y) - dy, abs(x) - dx] = True
    return made


def as_shape(given: Any, radius: int, name: str = "footprint") -> Shape:
    """Check the footprint of an operation: the name of one, of a radius that is checked already, or an array."""
    if isinstance(given, np.ndarray):
        if given.dtype.kind not in "biu":
            raise TypeError(f"{name} must be an array of bool or integers, got {given.dtype}")
        if given.ndim != 2 or not given.any():
            what = f"shape {given.shape}" if given.ndim != 2 else "none that is True"
            raise ValueError(f"{name} must have shape (n, m) and at least one True, got {what}")
        return _shape_of(given != 0)
    if not isinstance(given, str):
        raise TypeError(f"{name} must be a string or a numpy array, got {type(given).__name__}")
    return _named(one_of(given, name, NAMED), radius)


@functools.lru_cache(maxsize=64)
def _named(kind: str, radius: int) -> Shape:
    return _shape_of(_filled(kind, radius, radius))


def _shape_of(made: np.ndarray) -> Shape:
    edges = np.diff(made.astype(np.int8), axis=1, prepend=0, append=0)
    rows, firsts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    middle_y, middle_x = (side // 2 for side in made.shape)
    return _from_runs(np.stack([rows - middle_y, firsts - middle_x, ends - firsts], axis=1))


def _from_runs(runs: np.ndarray) -> Shape:
    runs = np.ascontiguousarray(runs[np.lexsort((runs[:, 1], runs[:, 0]))], np.int64)
    runs.flags.writeable = False
    down, first, length = runs.T
    last = first + length - 1
    tall = int(down[-1] - down[0]) + 1
    filled = tall == len(runs) and bool((first == first[0]).all() and (length == length[0]).all())
    reach = (max(-int(down[0]), 0), max(int(down[-1]), 0), max(-int(first.min()), 0), max(int(last.max()), 0))
    mirrored = {tuple(map(int, run)) for run in runs}
    even = all((-a, b, n) in mirrored and (a, 1 - b - n, n) in mirrored for a, b, n in mirrored)
    around = (int(down[0]), int(down[-1]), int(first.min()), int(last.max()))
    narrows = bool((np.diff(length[down >= 0]) <= 0).all())
    solid = even and tall == len(runs) and narrows
    filled = filled and around == (-reach[0], reach[1], -reach[2], reach[3])
    element = np.zeros((reach[0] + reach[1] + 1, reach[2] + reach[3] + 1), np.uint8)
    for y, x, count in runs.tolist():
        element[y + reach[0], x + reach[2] : x + reach[2] + count] = 1
    return Shape(runs, *reach, filled, even, solid, *_windows_of(down, first, length), canonical(element))


def reflected(shape: Shape) -> Shape:
    """The footprint turned by half a turn, which is what a dilation looks at."""
    if shape.even:
        return shape
    down, first, length = shape.runs.T
    return _from_runs(np.stack([-down, 1 - first - length, length], axis=1))


def _windows_of(down: np.ndarray, first: np.ndarray, length: np.ndarray) -> tuple[np.ndarray, int]:
    """Runs as pairs of windows of a power of two, and how many powers there are."""
    powers = np.frexp(length)[1].astype(np.int64) - 1
    starts = first + max(-int(first.min()), 0)
    found = np.stack([down + max(-int(down[0]), 0), powers, starts, starts + length - (1 << powers)], axis=1)
    # Kernels take two runs at a time: the last one may stand there twice.
    return canonical(np.concatenate([found, found[-1:]]) if len(found) % 2 else found), int(powers.max()) + 1


declare(
    footprint,
    no_peer="cv2.getStructuringElement makes ellipses of another definition; it takes microseconds",
)
