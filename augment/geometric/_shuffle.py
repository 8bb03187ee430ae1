"""Tiles of the image that change places."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from imgproc._core.check import size_pair
from imgproc._core.declare import Single, declare
from imgproc._scanline import Geometry, Stage, Tiles

from .._chain.drawn import Rule, order
from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform

__all__ = ["GridShuffle"]

_MOST_TILES = 4096
"""Each of them is drawn and moved by itself."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class GridShuffle(Transform):
    """Cut the image into equal tiles, and put them back in a random order.

    What is learned then are things that fit into a tile: textures, traces of a camera or a printer, not the whole.
    Changes images, masks, boxes and keypoints.  albumentations' RandomGridShuffle.

    A mask and a keypoint go with their tile.  A box is cut into pieces by the tiles, and what comes back is the
    smallest upright box around all of them, which may be as large as the image; leave the boxes out if that says
    nothing.

    Parameters
    ----------
    grid : (int, int)
        How many tiles there are down and across, at most 4096 in all.  An axis with fewer pixels has one tile a pixel.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Tiles are of whole pixels and of one size, so that all can change places.  What is left below and on the right where
    they do not divide the image stays.  albumentations makes tiles of several sizes instead, and shuffles those of each
    size; of a box it gives each connected piece.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> image = np.arange(4, dtype=np.uint8).reshape(2, 2)
    >>> done = augment.Compose([augment.GridShuffle(grid=(2, 2), p=1.0)])(image=image, key=1)["image"]
    >>> sorted(done.ravel().tolist())
    [0, 1, 2, 3]
    """

    grid: tuple[int, int] = (3, 3)

    only_geometry: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("grid", size_pair(self.grid, "grid"))
        if self.grid[0] * self.grid[1] > _MOST_TILES:
            raise ValueError(f"grid must have at most {_MOST_TILES} tiles, got {self.grid}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """For each place, row by row, the number of the tile that comes there."""
        return {"order": rng.permutation(self._count(frame))}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Each tile comes to one place."""
        return {"order": order(self._count(frame))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One stage, a pass by itself."""
        tiles = Tiles(*self._sides(frame), tuple(params["order"]))
        return [Geometry(size=(frame.height, frame.width), label="GridShuffle", tiles=tiles)]

    def _sides(self, frame: Frame) -> tuple[int, int]:
        return min(self.grid[0], max(frame.height, 1)), min(self.grid[1], max(frame.width, 1))

    def _count(self, frame: Frame) -> int:
        rows, columns = self._sides(frame)
        return rows * columns


declare(
    GridShuffle,
    examples=[{}, {"grid": (2, 5)}],
    look="Nine parts of the picture have changed places; dots are on the same spots, and frames hold all their pieces.",
    peers=[Single("RandomGridShuffle", {"grid": (4, 4)})],
)
