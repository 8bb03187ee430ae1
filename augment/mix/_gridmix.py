"""GridMix: cells of a grid from two samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.declare import declare

from .._chain.drawn import SHARE, Rule, ascending, different
from .._chain.keys import Draws
from .._chain.sample import Sample
from .._chain.transform import Frame, Params
from ._base import _Covering
from ._content import fitted, grid_pair, overlaid
from ._law import Law, check_law

__all__ = ["GridMix"]

MOST_CELLS = 1 << 16
"""All cells are put in an order, however small the image is."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class GridMix(_Covering):
    """Put a partner in some cells of a grid, chosen at random.

    The sample keeps ``lam`` of the cells, rounded to a whole number; lam is then corrected to their area.  Changes
    images, label masks, instance masks, boxes and keypoints; of each box the smallest frame around what is still seen
    is kept, as in `CutMix`.  Any dtype and channels; pixels are copied.  (The loss of the paper that predicts the label
    of each cell is the network's matter: `MixInfo` has the cells.)

    Parameters
    ----------
    grid : (int, int)
        Cells down and across, in all at most 65536.
    lam : float, ("beta", a) or ("uniform", low, high)
        The law of the sample's own share.
    min_visibility : float
        Part of a box, by area within the image, that must be seen; boxes that are not seen at all never stay.
    fit : {"cover", "contain", "stretch"}
        How a partner of another size comes to the sample's: cut, padded with 0, or stretched.
    donor : Transform, optional
        Applied to the partner first.
    schedule : OnOffSchedule, optional
        In which epochs anything is mixed; keys are (epoch, index).
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
    .. [1] K. Baek, D. Bang, H. Shim, "GridMix: strong regularization through local context mapping", Pattern
       Recognition 109, 2021.

    Examples
    --------
    >>> mixed = GridMix(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1])
    >>> mixed.images.shape
    (2, 96, 128, 3)
    """

    grid: tuple[int, int] = (4, 4)
    lam: Law = ("beta", 1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("grid", grid_pair(self.grid, MOST_CELLS))
        self._keep("lam", check_law(self.lam, "lam"))

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """The share, and the partner's cells, counted row by row."""
        count = self.grid[0] * self.grid[1]
        theirs = count - round(lams[0] * count)
        return {"lam": lams[0], "cells": sorted(rng.permutation(count)[:theirs])}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        count = self.grid[0] * self.grid[1]
        return {"lam": SHARE, "cells": ascending(different(count, 0, count))}

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The sample with the partner in its cells."""
        size = host.height, host.width
        other = fitted(others[0], size, self.fit)
        owner = cell_owner(size, self.grid, params["cells"])
        targets = overlaid(host, other, lambda: owner, self.min_visibility, into)
        share = np.count_nonzero(owner) / owner.size
        return targets, [1.0 - share, share]


declare(
    GridMix,
    examples=[{}, {"grid": (5, 3), "lam": 0.5}],
    look="Cells of a grid, chosen at random; the share is the number of cells.",
    shown={"lam": ("uniform", 0.3, 0.7), "min_visibility": 0.1},
    no_peer="it does the work of CutMix, which has a row, for several rectangles",
)


def cell_owner(size: tuple[int, int], grid: tuple[int, int], cells: Sequence[int]) -> np.ndarray:
    """uint8 (h, w): 1 in these cells."""
    down, across = (np.arange(length) * n // length for length, n in zip(size, grid))
    flags = np.zeros(grid, np.uint8)
    flags.ravel()[list(cells)] = 1
    return np.ascontiguousarray(flags[down][:, across])
