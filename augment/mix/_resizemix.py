"""ResizeMix: a partner, small, somewhere on the sample."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.declare import declare

from .._chain.drawn import SHARE, Rule, row
from .._chain.keys import Draws
from .._chain.sample import Sample
from .._chain.targets.base import Piece
from .._chain.transform import Frame, Params
from ._base import _Covering
from ._content import fit_stage, has_things, join, layered, rectangle_owner
from ._law import Law, check_law

__all__ = ["ResizeMix"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class ResizeMix(_Covering):
    """Put all of a partner, made smaller, somewhere on the sample.

    The partner's sides are `scale` times those of the image; its share of the label is the area that it covers.
    Changes images, label masks, instance masks, boxes and keypoints: those of the partner shrink with it, and of the
    sample's boxes what is still seen is kept, as in `CutMix`.  Any dtype and channels.  (The authors' code takes the
    nearest pixels; here they are averaged.)

    Parameters
    ----------
    scale : float, ("beta", a) or ("uniform", low, high)
        The law of the partner's sides, in parts of the image's.
    min_visibility : float
        Part of a box, by area within the image, that must be seen; boxes that are not seen at all never stay.
    fit : {"stretch", "cover", "contain"}
        How a partner of another ratio of sides fills its rectangle: stretched, cut, or padded with 0.
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
    .. [1] J. Qin et al., "ResizeMix: mixing data with preserved object information and true labels",
       arXiv:2012.11101, 2020.

    Examples
    --------
    >>> mixed = ResizeMix(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1])
    >>> mixed.images.shape
    (2, 96, 128, 3)
    """

    scale: Law = ("uniform", 0.1, 0.8)
    fit: str = "stretch"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", check_law(self.scale, "scale"))

    def laws(self) -> tuple[Law, ...]:
        """That of the scale."""
        return (self.scale,)

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """The scale, and the place (down, across) in parts of the room that is left."""
        return {"scale": lams[0], "at": [rng.unit(), rng.unit()]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"scale": SHARE, "at": row(SHARE, SHARE)}

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The sample with the small partner."""
        h, w = size = host.height, host.width
        rows, columns = (max(round(length * params["scale"]), 1) for length in size)
        y, x = round(params["at"][0] * (h - rows)), round(params["at"][1] * (w - columns))
        other = others[0]
        stage = fit_stage((other.height, other.width), (rows, columns), self.fit)
        small = other.moved([stage])

        def paste(out: np.ndarray, arrays: list[np.ndarray]) -> None:
            np.copyto(out, arrays[0])
            out[y : y + rows, x : x + columns] = arrays[1]

        targets = layered((host, small), paste, into=into)
        if has_things(host):
            owner = rectangle_owner(size, (y, x, y + rows, x + columns))
            targets |= join([Piece(host, owner=owner, least=self.min_visibility), Piece(small, at=(y, x), size=size)])
        share = rows * columns / (h * w)
        return targets, [1.0 - share, share]


declare(
    ResizeMix,
    look="All of another photo, small: none of its things is lost, and its share is its area.",
    shown={"scale": ("uniform", 0.3, 0.7)},
)
