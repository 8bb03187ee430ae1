"""CutMix: a rectangle of a partner in place of the sample's own."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.declare import declare

from .._chain.drawn import SHARE, Rule, row
from .._chain.keys import Draws
from .._chain.sample import Sample
from .._chain.transform import Frame, Params
from ._base import _Covering
from ._content import fitted, overlaid, rectangle_owner
from ._cover import Patch
from ._law import Law, check_law

__all__ = ["CutMix"]

Rectangle = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CutMix(_Covering):
    """Put a rectangle of a partner in the same place of the sample.

    Its sides are those of the image times sqrt(1 - lam), its centre is anywhere in the image, and what leaves the image
    is cut; lam is corrected to the area that is left to the sample, for labels and in `MixInfo`.  Changes images, label
    masks, instance masks, boxes and keypoints: of each box what its image still shows is kept, as the smallest frame
    around it, unless that is less than `min_visibility` of it.  The same rule holds for the partner's boxes, cut by the
    rectangle, and the sample's own, covered by it.  Any dtype and channels; pixels are copied.

    Parameters
    ----------
    lam : float, ("beta", a) or ("uniform", low, high)
        The law of the sample's own share, before it is corrected; Beta(1, 1) in the paper.
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
    .. [1] S. Yun et al., "CutMix: regularization strategy to train strong classifiers with localizable features",
       ICCV 2019.

    Examples
    --------
    >>> images = np.stack([image, 255 - image])
    >>> mixed = CutMix(num_classes=10)(images, np.array([3, 7]), keys=[(0, 0), (0, 1)])
    >>> mixed.images.shape, mixed.labels.sum(axis=1)
    ((2, 96, 128, 3), array([1., 1.], dtype=float32))
    """

    lam: Law = ("beta", 1.0)

    covers: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("lam", check_law(self.lam, "lam"))

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """The share and the centre, (down, across) in parts of the sides."""
        return {"lam": lams[0], "center": [rng.unit(), rng.unit()]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"lam": SHARE, "center": row(SHARE, SHARE)}

    def patches(self, params: Params, size: tuple[int, int]) -> tuple[list[Patch], list[float]]:
        """The rectangle."""
        y0, x0, y1, x1 = rectangle = cut_rectangle(size, params["lam"], params["center"])
        return [(1, (y0, x0), (y1 - y0, x1 - x0), (y0, x0))], _shares(rectangle, size)

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The sample with the rectangle."""
        size = host.height, host.width
        other = fitted(others[0], size, self.fit)
        rectangle = cut_rectangle(size, params["lam"], params["center"])
        targets = overlaid(
            host,
            other,
            lambda: rectangle_owner(size, rectangle),
            self.min_visibility,
            into,
            lambda out, arrays: paste(out, arrays[0], arrays[1], rectangle),
        )
        return targets, _shares(rectangle, size)


declare(
    CutMix,
    examples=[{}, {"lam": ("uniform", 0.2, 0.8), "min_visibility": 0.5}],
    look="A rectangle of another photo from the same place; shares are areas, after it is cut to the picture.",
    shown={"lam": ("uniform", 0.4, 0.8), "min_visibility": 0.1},
)


def _shares(rectangle: Rectangle, size: tuple[int, int]) -> list[float]:
    """The part of the image that is left to the sample, and the partner's."""
    y0, x0, y1, x1 = rectangle
    share = (y1 - y0) * (x1 - x0) / (size[0] * size[1])
    return [1.0 - share, share]


def cut_rectangle(size: tuple[int, int], lam: float, center: Sequence[float]) -> Rectangle:
    """(y0, x0, y1, x1) of the rectangle, cut to the image."""
    ends = []
    for length, middle in zip(size, center):
        side = int(length * math.sqrt(1.0 - lam))
        start = int(length * middle) - side // 2
        ends.append((max(start, 0), min(start + side, length)))
    return ends[0][0], ends[1][0], ends[0][1], ends[1][1]


def paste(out: np.ndarray, array: np.ndarray, other: np.ndarray, rectangle: Rectangle) -> None:
    """An array with the rectangle of another."""
    y0, x0, y1, x1 = rectangle
    np.copyto(out, array)
    out[y0:y1, x0:x1] = other[y0:y1, x0:x1]
