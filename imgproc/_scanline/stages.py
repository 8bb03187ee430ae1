"""What a program is made of: stages, in the order in which they happen.

Every stage takes an image and gives an image of the same dtype.  For integer images the result of *each* stage is
rounded half to even and saturated, so a fused program gives exactly the bytes that its stages give one after the other
wherever no two interpolations merge.  Levels in stages are fractions of full scale (1.0 = 255 = 65535); stages know
nothing of dtypes.

A stage is told by ``type(stage) is ...``, the fastest way.  The classes are final, so that type checkers follow it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from .matrix import IDENTITY, Matrix

if TYPE_CHECKING:
    from .operations._base import Operation

Fill = float | tuple[float, ...]


@final
class Geometry(NamedTuple):
    """A coordinate map: where each output pixel comes from.

    The pull of an output point is ``pull @ (x, y, 1)``, dehomogenized; with a `grid`, its displacement at the output
    point is added first.  Points are continuous: pixel (y, x) has its centre at (x + 0.5, y + 0.5).
    """

    pull: Matrix = IDENTITY
    """3x3, row by row, from output to input points."""
    size: tuple[int, int] = (1, 1)
    """(h, w) of the output frame."""
    border: str = "constant"
    """What lies outside the input frame [0, w] x [0, h]."""
    fill: Fill = 0.0
    """Level for border ``constant``: one for all channels or one each."""
    interpolation: str = "bilinear"
    """nearest, bilinear, bicubic, or area (when shrinking by an axis-aligned map; bilinear otherwise)."""
    grid: np.ndarray | None = None
    """float32 (gh, gw, 2) displacements (dx, dy), bilinear between nodes that span the output frame evenly: node (i, j)
    sits at x = j w / (gw - 1), y = i h / (gh - 1).  Pull of p = pull @ (p + grid(p))."""
    mask_fill: int = 0
    """Label that masks get where the image gets `fill`."""
    label: str = ""
    """Name for `explain`."""


@final
class Op(NamedTuple):
    """A pixel operation, made by the constructors in `pixel`."""

    kind: Operation
    params: tuple[Any, ...] = ()
    table: np.ndarray | None = None
    label: str = ""


@final
class Erase(NamedTuple):
    """Rectangles of the frame painted over, in the image and, if `mask_fill` is given, in masks."""

    rectangles: tuple[tuple[int, int, int, int], ...]
    """(y0, x0, y1, x1), half-open, inside the frame."""
    fill: Fill | None = 0.0
    """Level, one for all channels or one each; None paints uniform noise by counter, addressed by `stream`."""
    stream: int = 0
    mask_fill: int | None = None
    label: str = ""


@final
class Whole(NamedTuple):
    """An operation that needs neighbours: ends a pass.  ``function(image)`` gives a new image of the same dtype."""

    function: Callable[[np.ndarray], np.ndarray]
    opencv: bool = False
    """Whether OpenCV does the work, whose last bit may differ between types of CPU."""
    label: str = ""


@final
class Deferred(NamedTuple):
    """Stages that depend on a statistic of the image that arrives here: ends a pass.

    ``resolve(image)`` gives the stages that stand in its place; they open the next pass.
    """

    resolve: Callable[[np.ndarray], list[Stage]]
    label: str = ""
    op: Op | None = None
    """The same as an operation for integer images, for kernels that see the whole image."""


@final
class MaskOnly(NamedTuple):
    """``function(mask)`` gives a new mask; images are left alone."""

    function: Callable[[np.ndarray], np.ndarray]
    label: str = ""


Stage = Geometry | Op | Erase | Whole | Deferred | MaskOnly
