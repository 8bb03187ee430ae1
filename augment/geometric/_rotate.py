"""Rotation that keeps both the size of the frame and all of the image."""

from __future__ import annotations

import dataclasses

from imgproc._core.check import flag
from imgproc._core.declare import Single, declare
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import cos_sin

from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import Spread, number_range, pair_of
from ._common import _Warp

__all__ = ["SafeRotate"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SafeRotate(_Warp):
    """Rotate about the centre, and shrink what comes out to the size of the image, so that nothing of it is lost.

    `Rotate` keeps the scale: it loses the corners, or, with ``fit=True``, makes the frame larger.  albumentations'
    SafeRotate, which stretches (``keep_ratio=False``).  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    angle : float or (float, float)
        Range of the angle in degrees, counter-clockwise as seen; one number v means (-v, v).
    keep_ratio : bool
        Whether both axes shrink alike, so that shapes stay and some border is seen along two sides.  Otherwise the
        smallest upright rectangle around the rotated image is stretched to the frame.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([SafeRotate(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    angle: Spread = (-90.0, 90.0)
    keep_ratio: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("angle", number_range(self.angle, "angle", around=0))
        flag(self.keep_ratio, "keep_ratio")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The angle."""
        low, high = pair_of(self.angle)
        return {"angle": low + (high - low) * rng.unit()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map about the centre."""
        h, w = frame.height, frame.width
        c, s = cos_sin(params["angle"])
        # How many times as long as the frame the rotated image is, along x and along y.
        across, down = (abs(c) * w + abs(s) * h) / w, (abs(s) * w + abs(c) * h) / h
        if self.keep_ratio:
            across = down = max(across, down)
        a, b, d, e = c * across, -s * down, s * across, c * down
        x, y = 0.5 * w, 0.5 * h
        pull = (a, b, x - a * x - b * y, d, e, y - d * x - e * y, 0.0, 0.0, 1.0)
        return [Geometry(pull, (h, w), self.border, self.fill, self.interpolation, None, self.mask_fill)]


declare(
    SafeRotate,
    examples=[
        {},
        {"angle": (20.0, 40.0), "keep_ratio": False, "fill": (0.2, 0.4, 0.6), "mask_fill": 3},
        {"angle": (-60.0, -10.0), "border": "reflect_101", "interpolation": "bicubic"},
    ],
    look="All four corners of the picture stay in the frame, whatever the angle.",
    peers=[
        Single("SafeRotate"),
        Single("SafeRotate", {"keep_ratio": False}, {}, "stretched"),
    ],
)
