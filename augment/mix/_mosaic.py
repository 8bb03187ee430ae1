"""Mosaic: a grid of samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.declare import declare
from imgproc._core.levels import fill_levels

from .._chain.drawn import SHARE, Rule, ascending, number, order, row, several
from .._chain.keys import Draws
from .._chain.sample import Sample
from .._chain.transform import Frame, Kind, Params
from .._ranges import Range, Size, check_fill, number_range, size_of, square_or
from ._base import _Covering
from ._content import fit_size, fit_stage, grid_pair, pieced
from ._law import Law

__all__ = ["Mosaic"]

MOST_CELLS = 256
"""Each cell is an image of its own, which has to be found and scaled."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mosaic(_Covering):
    """A grid of samples on one canvas, 2 x 2 as in YOLOv4, 3 x 3, or any other.

    The sample and its partners, one fewer than there are cells, are dealt to the cells at random.  The lines between
    cells are drawn: for two cells a side, the centre.  Each image is scaled into its cell.  Where there are fewer
    donors than cells, donors come several times.  Changes images, label masks, instance masks, boxes and keypoints;
    boxes are shifted, cut by their cell, and dropped by what of them is still seen.  Labels are mixed by area, without
    what is filled.  Any dtype and channels.

    Parameters
    ----------
    grid : (int, int)
        Cells down and across, in all at most 256.
    size : int or (int, int), optional
        (h, w) of the canvas, one number is the side of a square; default: that of the sample.
    center : (float, float)
        Range of the line between two cells, in parts of the side; with n cells a side, each line moves about its even
        place by 2 / n of what that is.
    fill : float or tuple of float
        Level of what no image covers, for ``contain``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    min_visibility : float
        Part of a box, by area within its image, that must be seen; boxes that are not seen at all never stay.
    fit : {"cover", "contain", "stretch"}
        How an image comes to its cell: cut at a random place, all of it at a random place, or stretched.
    donor : Transform, optional
        Applied to partners first.
    schedule : OnOffSchedule, optional
        In which epochs anything is mixed; keys are (epoch, index).  Detectors close the mosaic for their last epochs.
    num_classes : int, optional
        Needed where labels are integers.
    p : float
        Probability that the sample is mixed.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or images differ in dtype or channels.

    References
    ----------
    .. [1] A. Bochkovskiy, C.-Y. Wang, H.-Y. M. Liao, "YOLOv4: optimal speed and accuracy of object detection",
       arXiv:2004.10934, 2020.

    Examples
    --------
    >>> raw = [{"image": image, "boxes": [(10, 10, 90, 90)], "labels": [k]} for k in range(4)]
    >>> chain = Compose([Mosaic()])
    >>> made = chain(**raw[0], key=1, donors=raw)
    >>> made["image"].shape, len(made["boxes"]) >= 1
    ((96, 128, 3), True)
    """

    grid: tuple[int, int] = (2, 2)
    size: Size | None = None
    center: Range = (0.3, 0.7)
    fill: float | tuple[float, ...] = 114 / 255
    mask_fill: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("grid", grid_pair(self.grid, MOST_CELLS))
        if self.size is not None:
            self._keep("size", square_or(self.size))
        self._keep("center", number_range(self.center, "center", at_least=0, at_most=1))
        self._keep("fill", fill_levels(self.fill))
        self._keep("mask_fill", integer(self.mask_fill, "mask_fill"))

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; bars need a level, or one a channel."""
        super().check(kind, name)
        if self.fit == "contain":
            check_fill(self.fill, kind, type(self).__name__, name)

    def laws(self) -> tuple[Law, ...]:
        """None."""
        return ()

    def partners(self) -> int:
        """One fewer than there are cells."""
        return self.grid[0] * self.grid[1] - 1

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        """That of the canvas."""
        return (height, width) if self.size is None else size_of(self.size)

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """Lines down and across in parts of the sides, who is in which cell, and where in it."""
        lines = [[k / n + (rng.uniform(*self.center) - 0.5) * 2 / n for k in range(1, n)] for n in self.grid]
        cells = self.grid[0] * self.grid[1]
        return {
            "down": sorted(lines[0]),
            "across": sorted(lines[1]),
            "order": rng.permutation(cells),
            "at": [[rng.unit(), rng.unit()] for _ in range(cells)],
        }

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        line, cells = number(-1e-9, 1.0 + 1e-9), self.grid[0] * self.grid[1]
        down, across = (ascending(several(line, n - 1)) for n in self.grid)
        return {"down": down, "across": across, "order": order(cells), "at": several(row(SHARE, SHARE), cells)}

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The canvas."""
        size = self.size_after(host.height, host.width)
        samples = [host, *others]
        down, across = (
            [0, *(min(max(round(line * length), 0), length) for line in params[name]), length]
            for name, length in zip(("down", "across"), size)
        )
        pieces, areas = [], [0] * len(samples)
        for cell, which in enumerate(params["order"]):
            row, column = divmod(cell, self.grid[1])
            y, x = down[row], across[column]
            room = down[row + 1] - y, across[column + 1] - x
            if not all(room):
                continue
            frame = samples[which].height, samples[which].width
            stage = fit_stage(frame, room, self.fit, params["at"][cell], self.fill, self.mask_fill)
            pieces.append((which, stage, (y, x)))
            areas[which] = int(np.prod(np.minimum(fit_size(frame, room, self.fit), room)))
        return pieced(samples, pieces, size, self.min_visibility, into), [a / sum(areas) for a in areas]


declare(
    Mosaic,
    examples=[{}, {"grid": (3, 3), "size": (120, 150), "fit": "contain", "fill": (0.1, 0.2, 0.3), "mask_fill": 9}],
    look="Four photos in cells whose corner is drawn; every photo fills its cell, frames are cut by it.",
    shown={"min_visibility": 0.1},
)
