"""Dilation and erosion."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.opencv import load_cv2
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import integer_range
from ._blur import spoil
from ._channels import by_channels

__all__ = ["Morphology"]

LARGEST = 64
"""Pixels of the radius: time grows with its square."""
OPERATIONS = ("dilate", "erode")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Morphology(Transform):
    """Dilate or erode: each level becomes the largest or the smallest one in the disc around it.

    Dilation makes what is bright thicker, erosion makes what is dark thicker: the strokes of a text, as by another pen
    or another scan.  albumentations' Morphological, which changes masks and boxes, too.  What lies outside of the image
    does not count.  A NaN gives NaN in the square around it.  Changes images only; any number of channels, each
    by itself.

    Parameters
    ----------
    operation : {"dilate", "erode"}
        The largest, or the smallest.
    radius : (int, int)
        Range of the radius of the disc in pixels, from 0 to 64; each integer alike.  At most the image's longer side is
        used.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> import numpy as np
    >>> chain = Compose([Morphology(radius=(1, 1), p=1.0)])
    >>> chain(image=np.array([[0, 0, 0], [0, 9, 0], [0, 0, 0]], np.uint8), key=0)["image"]
    array([[0, 9, 0],
           [9, 9, 9],
           [0, 9, 0]], dtype=uint8)
    """

    operation: str = "dilate"
    radius: tuple[int, int] = (1, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.operation, "operation", OPERATIONS)
        self._keep("radius", integer_range(self.radius, "radius", at_least=0, at_most=LARGEST))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The radius."""
        return {"radius": rng.integer(*self.radius)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        radius = min(params["radius"], max(frame.height, frame.width))
        return [Whole(functools.partial(_changed, self.operation, radius), label=self.operation)]


declare(
    Morphology,
    examples=[{}, {"operation": "erode", "radius": (2, 3)}],
    look="What is bright is thicker, and what is dark thinner.",
    peers=[
        Single(
            "Morphological",
            {"radius": (1, 1), "operation": "dilate"},
            {"scale": (3, 3)},
            defaults="discs up to 5 × 5, theirs an ellipse of 2 × 3",
        )
    ],
)


@functools.lru_cache(maxsize=8)
def disc(radius: int) -> np.ndarray:
    """Ones where the centre of a pixel is at most a radius away; read-only."""
    t = np.arange(-radius, radius + 1)
    found = (t * t + (t * t)[:, np.newaxis] <= radius * radius).astype(np.uint8)
    found.flags.writeable = False
    return found


def _changed(operation: str, radius: int, image: np.ndarray) -> np.ndarray:
    if radius == 0 or not image.size:
        return image.copy()
    cv2 = load_cv2()
    work = functools.partial(cv2.dilate if operation == "dilate" else cv2.erode, kernel=disc(radius))
    result = by_channels(work, image, 4)
    if image.dtype.kind == "f":
        spoil(image, result, radius)
    return result
