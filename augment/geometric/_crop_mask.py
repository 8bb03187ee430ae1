"""Parts of the image that are chosen by its mask."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np

from imgproc._core.check import integer, real
from imgproc._core.declare import Single, declare

from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._label_planes import label_plane, labels_in
from .._ranges import Range, number_range, size_of
from ._common import too_large
from ._crop import _Cut

__all__ = ["MaskCrop"]

_MOST_TRIALS = 1000


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskCrop(_Cut):
    """Cut out a part of a fixed size that shows a class of the sample's mask.

    A class is drawn among those that the mask holds, then one of its pixels, then a part with that pixel, anywhere.  So
    rare classes are seen as often as frequent ones.  Where the mask holds none of them, or the sample has no mask, the
    part lies anywhere.  Changes images, masks, boxes and keypoints.

    albumentations' CropNonEmptyMaskIfExists, which draws a pixel without drawing a class first, and MONAI's
    RandCropByLabelClasses, whose ``ratios`` are `weights`.

    Parameters
    ----------
    size : (int, int)
        (h, w) of the part.
    labels : tuple of int, optional
        Labels that may be drawn.  Default: all but 0, the background.
    weights : tuple of float, optional
        How often each of `labels` is drawn against the others, at least 0; those that a mask does not hold leave
        their share to the others.  Default: all alike.
    share : (float, float)
        Range of the part of the window that the drawn class may cover, within 0 and 1.  A part beyond it is drawn anew,
        up to `trials` times; then the one that came nearest is taken.
    trials : int
        Parts that are drawn at most, 1 to 1000.
    pad : bool
        What happens along a side that is shorter than `size`: False refuses the image (ValueError), True puts the
        image in the middle and the border around it.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, an image is smaller than `size` and `pad` is False, or the mask is
        not (h, w).

    Notes
    -----
    Of several masks the first counts.  What lies outside the image is of no class.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> mask = np.zeros((60, 80), np.uint8)
    >>> mask[50, 70] = 3
    >>> chain = augment.Compose([augment.MaskCrop(size=(16, 16))])
    >>> bool((chain(image=np.zeros((60, 80, 3), np.uint8), mask=mask, key=0)["mask"] == 3).any())
    True
    """

    labels: tuple[int, ...] | None = None
    weights: tuple[float, ...] | None = None
    share: Range = (0.0, 1.0)
    trials: int = 10

    needs_mask: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.labels is not None:
            self._keep("labels", tuple(integer(v, f"labels[{i}]") for i, v in enumerate(_listed(self, "labels"))))
            if len(set(self.labels)) < len(self.labels):
                raise ValueError(f"labels must be different, got {self.labels}")
        if self.weights is not None:
            given = _listed(self, "weights")
            if self.labels is None or len(given) != len(self.labels):
                wanted = "come with labels" if self.labels is None else f"be {len(self.labels)}, one a label"
                raise ValueError(f"weights must {wanted}, got {len(given)}")
            self._keep("weights", tuple(real(v, f"weights[{i}]", at_least=0) for i, v in enumerate(given)))
            if not sum(self.weights) > 0:
                raise ValueError(f"weights must have a sum > 0, got {self.weights}")
        self._keep("share", number_range(self.share, "share", at_least=0, at_most=1))
        self._keep("trials", integer(self.trials, "trials", at_least=1, at_most=_MOST_TRIALS))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """First row and column of the part; negative where the image is padded."""
        sizes = tuple(zip((frame.height, frame.width), size_of(self.size)))
        if not self.pad and any(have < want for have, want in sizes):
            raise too_large(size_of(self.size), frame)
        plane = None if frame.mask is None else label_plane(frame.mask, "MaskCrop")
        label = None if plane is None else self._class(plane, rng)
        if plane is None or label is None:
            return {"place": tuple(_start(None, have, want, rng) for have, want in sizes)}
        here = plane == label
        pixels = np.flatnonzero(here)
        best: tuple[int, ...] = ()
        least = np.inf
        for _ in range(self.trials):
            at = divmod(int(pixels[rng.integer(0, len(pixels) - 1)]), frame.width)
            place = tuple(_start(where, have, want, rng) for where, (have, want) in zip(at, sizes))
            beyond = self._beyond(here, place)
            if beyond < least:
                best, least = place, beyond
            if least == 0:
                break
        return {"place": best}

    def _class(self, plane: np.ndarray, rng: Draws) -> int | float | None:
        """The class that is drawn; None if the mask holds none."""
        held = labels_in(plane)
        if self.labels is None:
            there = [label for label in held if label]
            return rng.pick(there) if there else None
        weights = self.weights or (1.0,) * len(self.labels)
        shares = [(label, weight) for label, weight in zip(self.labels, weights) if weight > 0 and label in held]
        left = rng.unit() * sum(weight for _, weight in shares)
        for label, weight in shares:
            left -= weight
            if left < 0:
                return label
        return shares[-1][0] if shares else None

    def _beyond(self, here: np.ndarray, place: Any) -> float:
        """How far the share of a class in a part is from its range."""
        low, high = self.share
        if low == 0 and high == 1:
            return 0.0
        y, x = place
        h, w = size_of(self.size)
        share = np.count_nonzero(here[max(y, 0) : y + h, max(x, 0) : x + w]) / (h * w)
        return max(low - share, share - high, 0.0)


declare(
    MaskCrop,
    examples=[
        {"size": (24, 20)},
        {"size": (20, 24), "labels": (1, 3), "weights": (1.0, 3.0), "share": (0.1, 0.6)},
        {"size": (110, 60), "pad": True, "border": "replicate"},
    ],
    look="Each part shows some of a thing that has a tint.",
    peers=[
        Single("CropNonEmptyMaskIfExists", {"size": (384, 384)}, {"height": 384, "width": 384}, targets="mask"),
    ],
)


def _listed(transform: MaskCrop, name: str) -> Any:
    value = getattr(transform, name)
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} must be a tuple of numbers, got {value!r}")
    if not value:
        raise ValueError(f"{name} must hold at least one number, got none")
    return value


def _start(at: int | None, have: int, want: int, rng: Draws) -> int:
    """Where a part begins along an axis that shows a pixel, or any."""
    if want >= have:
        return -((want - have) // 2)
    first, last = (0, have - want) if at is None else (max(at - want + 1, 0), min(at, have - want))
    return rng.integer(first, last)
