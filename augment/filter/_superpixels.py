"""Superpixels in their mean colour."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import positive
from imgproc._core.declare import Single, declare
from imgproc._scanline import Stage, Whole
from imgproc.segment import mean_color_superpixels, superpixels

from .._chain.keys import Draws, stream_uniforms
from .._chain.transform import GREY_OR_RGB, Frame, Params, Transform
from .._ranges import integer_range, number_range

__all__ = ["Superpixels"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Superpixels(Transform):
    """Paint superpixels in their mean colour, all of them or some.

    albumentations' and imgaug's Superpixels, whose ``n_segments`` is `count` and whose ``p_replace`` is `share`; these
    work on an image shrunk to 128 pixels and enlarge the result, which blurs what is left of the image.  Here
    superpixels follow the edges of the image itself, and pixels of the others stay as they are.  Superpixels of 8-bit
    images and of 16-bit copies may differ in single pixels.  See `imgproc.superpixels`.  Changes images only; grey and
    RGB images.

    Parameters
    ----------
    count : (int, int)
        Range of about how many superpixels there are, at least 1; each integer alike.
    share : (float, float)
        Range of the probability that a superpixel is painted, in [0, 1]; (1, 1) paints all.
    compactness : float
        The larger, the more like squares, above 0.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image has neither 1 nor 3 channels.

    Examples
    --------
    >>> chain = Compose([Superpixels(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    count: tuple[int, int] = (100, 300)
    share: tuple[float, float] = (0.1, 0.5)
    compactness: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("count", integer_range(self.count, "count", at_least=1))
        self._keep("share", number_range(self.share, "share", at_least=0, at_most=1))
        self._keep("compactness", positive(self.compactness, "compactness"))

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """Colours are compared in CIE L*a*b*."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """How many, their share, and a stream that says which."""
        return {"count": rng.integer(*self.count), "share": rng.uniform(*self.share), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The function."""
        self.need_channels(frame.channels)
        if params["share"] == 0:
            return []
        work = functools.partial(_painted, params["count"], self.compactness, params["share"], params["stream"])
        return [Whole(work, label="superpixels")]


declare(
    Superpixels,
    examples=[{}, {"count": (40, 60), "share": (1.0, 1.0)}],
    look="Some patches are flat; their outlines follow the edges of the picture.",
    # Half of them, not a range from 0: theirs stops early where none is painted.
    peers=[
        Single(
            "Superpixels",
            {"count": (100, 100), "share": (0.5, 0.5)},
            {"p_replace": (0.5, 0.5)},
            note="theirs are found in the image shrunk to 128 pixels, ours in the image itself",
        )
    ],
)


def _painted(count: int, compactness: float, share: float, stream: int, image: np.ndarray) -> np.ndarray:
    labels = superpixels(image, count=count, compactness=compactness)
    if labels.size and share < 1:
        # The last stands for -1, where there is no superpixel.
        found = np.append(stream_uniforms(stream, int(labels.max()) + 1) < share, False)
        labels = np.where(found[labels], labels, np.int32(-1))
    return mean_color_superpixels(image, labels)
