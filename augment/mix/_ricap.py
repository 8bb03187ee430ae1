"""RICAP: four pieces of four samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.declare import declare
from imgproc._scanline import Geometry
from imgproc._scanline.matrix import translation

from .._chain.drawn import SHARE, Rule, row, several
from .._chain.keys import Draws
from .._chain.sample import Sample
from .._chain.transform import Frame, Params
from ._base import _Covering
from ._content import fitted, has_things, layered, pieced
from ._cover import Patch
from ._law import Law, check_law

__all__ = ["RICAP"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RICAP(_Covering):
    """Random image cropping and patching: four pieces of four samples around a point, labels by area.

    The sample has the upper left piece, three partners have the others.  The point where they meet is drawn for each
    side by the law `lam`, and every piece is cut from anywhere in its image.  Changes images, label masks, instance
    masks, boxes and keypoints; boxes are cut by their piece.  Any dtype and channels; pixels are copied.

    Parameters
    ----------
    lam : float, ("beta", a) or ("uniform", low, high)
        The law of the point's coordinates, in parts of the sides.
    min_visibility : float
        Part of a box, by area within its image, that must be seen; boxes that are not seen at all never stay.
    fit : {"cover", "contain", "stretch"}
        How partners of another size come to the sample's: cut, padded with 0, or stretched.
    donor : Transform, optional
        Applied to partners first.
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
    .. [1] R. Takahashi, T. Matsubara, K. Uehara, "RICAP: random image cropping and patching data augmentation for deep
       CNNs", ACML 2018.

    Examples
    --------
    >>> mixed = RICAP(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1])
    >>> mixed.images.shape
    (2, 96, 128, 3)
    """

    lam: Law = ("beta", 0.3)

    covers: ClassVar[bool] = True
    fills: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("lam", check_law(self.lam, "lam"))

    def partners(self) -> int:
        """Three."""
        return 3

    def laws(self) -> tuple[Law, ...]:
        """Down and across."""
        return self.lam, self.lam

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """The point, and where each piece is cut from, (down, across) in parts of the room there is."""
        return {"point": lams, "cuts": [[rng.unit(), rng.unit()] for _ in range(4)]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"point": row(SHARE, SHARE), "cuts": several(row(SHARE, SHARE), 4)}

    def patches(self, params: Params, size: tuple[int, int]) -> tuple[list[Patch], list[float]]:
        """Four around the point, but for those that are empty."""
        h, w = size
        down, across = round(params["point"][0] * h), round(params["point"][1] * w)
        found: list[Patch] = []
        shares = []
        for k, (y, x) in enumerate(((0, 0), (0, across), (down, 0), (down, across))):
            rows, columns = (h - down if y or k > 1 else down), (w - across if x or k % 2 else across)
            shares.append(rows * columns / (h * w))
            if rows and columns:
                top, left = round(params["cuts"][k][0] * (h - rows)), round(params["cuts"][k][1] * (w - columns))
                found.append((k, (top, left), (rows, columns), (y, x)))
        return found, shares

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """Four pieces."""
        size = host.height, host.width
        samples = [host, *(fitted(other, size, self.fit) for other in others)]
        pieces, shares = self.patches(params, size)
        if not has_things(host):
            return layered(samples, lambda out, arrays: _copy_pieces(out, arrays, pieces), into=into), shares
        staged = []
        for k, (top, left), extent, at in pieces:
            stage = Geometry(translation(float(left), float(top)), extent, "replicate", 0.0, "nearest")
            staged.append((k, stage, at))
        return pieced(samples, staged, size, self.min_visibility, into), shares


def _copy_pieces(out: np.ndarray, arrays: Sequence[np.ndarray], pieces: Sequence[Patch]) -> None:
    for k, (top, left), (rows, columns), (y, x) in pieces:
        out[y : y + rows, x : x + columns] = arrays[k][top : top + rows, left : left + columns]


declare(
    RICAP,
    look="Four pieces around a point; frames end at the pieces' edges.",
    shown={"lam": ("uniform", 0.3, 0.7), "min_visibility": 0.1},
)
