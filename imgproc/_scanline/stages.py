"""Stages: what a program for an image is made of, in the order in which it happens.

Every stage takes an image and gives an image of the same dtype, but for `pixel.normalize`, and for stages that name
another one.  For integer images the result of *each* stage is rounded half to even and saturated, so a fused program
gives exactly the bytes that its stages give one after the other wherever no two interpolations merge.  Levels in stages
are fractions of full scale (1.0 = 255 = 65535); stages know nothing of dtypes.

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
class Tiles(NamedTuple):
    """Equal tiles of a frame of (h, w), of ``h // rows`` by ``w // columns`` pixels, that change places.

    What is left at the bottom and on the right, less than a tile, stays.
    """

    rows: int
    columns: int
    order: tuple[int, ...]
    """For each place, row by row, the tile that comes there."""


@final
class Geometry(NamedTuple):
    """A coordinate map: where each output pixel comes from.

    An output point comes from the input point ``pull @ (x, y, 1)``, divided by its third number.  With a `grid`, the
    displacement at the output point is added to (x, y) first.  Points are continuous: pixel (y, x) has its centre at
    (x + 0.5, y + 0.5).
    """

    pull: Matrix = IDENTITY
    """The 3x3 matrix, row by row, from output points to input points."""
    size: tuple[int, int] = (1, 1)
    """(h, w) of the output frame."""
    border: str = "constant"
    """What lies outside the input frame [0, w] x [0, h]."""
    fill: Fill = 0.0
    """Level of a ``constant`` border: one for all channels, or one for each."""
    interpolation: str = "bilinear"
    """nearest, bilinear, bicubic, lanczos, or area.  The last one averages where a map that keeps the axes shrinks the
    image; elsewhere it is bilinear.  For lanczos see `antialias`."""
    grid: np.ndarray | None = None
    """float32 (gh, gw, 2): displacements (dx, dy) at nodes that are spread evenly over the output frame.  Node (i, j)
    is at x = j w / (gw - 1), y = i h / (gh - 1); between nodes displacements are interpolated bilinearly.  An output
    point p comes from ``pull @ (p + grid(p))``."""
    mask_fill: int = 0
    """The label that masks get where the image gets `fill`."""
    label: str = ""
    """What `explain` calls it."""
    part: tuple[int, int, int, int] | None = None
    """(x0, y0, x1, y1): the part of the input frame, of whole pixels and inside of it, that is cut out before the map.
    Pixels at its edges do not see their neighbours outside of it.  Without it, the map sees the whole frame."""
    antialias: bool = False
    """Whether a filter as wide as the pixels of the result resizes, see `filtered`.  Only a map may ask for it that
    shows all of its frame, or of its part, along the axes.  It is a pass by itself; lanczos always is."""
    tiles: Tiles | None = None
    """Tiles that change places, in a stage that does nothing else: `pull` is the identity, `size` that of the input.
    It is a pass by itself."""


@final
class Op(NamedTuple):
    """A pixel operation; the constructors in `pixel` make it."""

    kind: Operation
    params: tuple[Any, ...] = ()
    table: np.ndarray | None = None
    label: str = ""


@final
class Erase(NamedTuple):
    """Paints over rectangles of the frame, in the image and, if `mask_fill` is given, in masks too."""

    rectangles: tuple[tuple[int, int, int, int], ...]
    """(y0, x0, y1, x1), half-open, inside the frame."""
    fill: Fill | None = 0.0
    """A level for all channels, or one for each.  None paints uniform noise, whose numbers `stream` names."""
    stream: int = 0
    mask_fill: int | None = None
    label: str = ""


@final
class Near(NamedTuple):
    """A filter with a small window, which can be a step of a pass over bytes; see `windows`.  Or a `Counted`."""

    filter: Any
    params: tuple[Any, ...]


@final
class Whole(NamedTuple):
    """An operation that needs the neighbours of a pixel; it ends a pass, unless it is `near`.

    ``function(image)`` gives a new image of the same dtype.
    """

    function: Callable[[np.ndarray], np.ndarray]
    opencv: bool = False
    """Whether OpenCV does the work.  Its last bit may differ between types of CPU."""
    label: str = ""
    dtype: np.dtype | None = None
    """Of the result, if the function gives another one than it gets."""
    averages: bool = False
    """Whether each channel of the result is a mean of neighbours, whose weights do not depend on them."""
    near: Near | None = None
    """What gives the same bytes for images of bytes within a pass."""


@final
class Deferred(NamedTuple):
    """Stages that depend on a statistic of the image that arrives here; it ends a pass.

    ``resolve(image)`` gives the stages that take its place.  They begin the next pass.
    """

    resolve: Callable[[np.ndarray], list[Stage]]
    label: str = ""
    op: Op | None = None
    """An operation that does the same to integer images, in kernels that see the whole image."""
    dtype: np.dtype | None = None
    """Of what the stages leave, if they end with `pixel.normalize`."""
    counted: Near | None = None
    """What makes the same table of levels that are counted, for images of bytes."""


@final
class MaskOnly(NamedTuple):
    """Changes masks alone: ``function(mask)`` gives a new mask."""

    function: Callable[[np.ndarray], np.ndarray]
    label: str = ""


@final
class RowsOnly(NamedTuple):
    """Changes boxes or points alone: ``function(rows)`` gives as many rows, float64."""

    target: str
    """Their name in a sample."""
    function: Callable[[np.ndarray], np.ndarray]
    label: str = ""


Stage = Geometry | Op | Erase | Whole | Deferred | MaskOnly | RowsOnly
