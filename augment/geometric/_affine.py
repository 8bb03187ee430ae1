"""Rotation, affine and perspective maps."""

from __future__ import annotations

import dataclasses
import math

from imgproc._core import elementary
from imgproc._core.check import flag
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import (
    cos_sin,
    enclosing_size,
    inverse,
    of,
    rotate_shear_scale,
    square_to_quad,
    turned_pull,
)

from .._chain.drawn import Rule, number, row, several
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import Range, Spread, number_range, pair_of
from ._common import Axes, _Warp, axis_ranges, both_axes, both_within

__all__ = ["Affine", "Perspective", "Rotate"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rotate(_Warp):
    """Rotate about the centre.

    albumentations' Rotate, torchvision's RandomRotation; `SafeRotate` shrinks the image to keep all of it.  Changes
    images, masks, boxes and keypoints.

    Parameters
    ----------
    angle : float or (float, float)
        Range of the angle in degrees, counter-clockwise as seen; one number v means (-v, v).
    fit : bool
        Enlarge the frame so that it holds the whole rotated image (the scale stays).
    crop : bool
        Cut out the largest axis-aligned rectangle (at least one pixel) that shows nothing from outside the image.
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
        If an argument is of the wrong kind or value, or both `fit` and `crop` are asked for.

    Examples
    --------
    >>> chain = Compose([Rotate(angle=(90, 90), p=1)])
    >>> np.round(chain(image=image[:, :96], keypoints=[(10, 20)], key=1)["keypoints"], 3)
    array([[20., 86.]])
    """

    angle: Spread = (-90.0, 90.0)
    fit: bool = False
    crop: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("angle", number_range(self.angle, "angle", around=0))
        fit, crop = flag(self.fit, "fit"), flag(self.crop, "crop")
        if fit and crop:
            raise ValueError("fit and crop must not both be True: one enlarges the frame, the other cuts it")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The angle."""
        low, high = pair_of(self.angle)
        return {"angle": low + (high - low) * rng.unit()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map about the centre."""
        h, w = frame.height, frame.width
        c, s = cos_sin(params["angle"])
        size = h, w
        if self.fit:
            size = enclosing_size(c, s, s, c, h, w)
        elif self.crop:
            size = largest_rectangle(h, w, c, s)
        pull = turned_pull(c, s, h, w, size)
        return [Geometry(pull, size, self.border, self.fill, self.interpolation, None, self.mask_fill)]


declare(
    Rotate,
    examples=[
        {},
        {"angle": (20.0, 40.0), "fit": True, "fill": (0.2, 0.4, 0.6), "mask_fill": 3},
        {"angle": (-30.0, -10.0), "crop": True, "border": "reflect_101"},
        {"interpolation": "nearest", "border": "replicate"},
        {"interpolation": "bicubic", "border": "wrap"},
    ],
    look="Frames are upright ones round the turned frames: larger than the things, never smaller.",
    peers=[Single("Rotate"), Single("Rotate", {"crop": True}, {"crop_border": True}, variant="cropped")],
)


def _distance(x: float, y: float) -> float:
    return math.sqrt(x * x + y * y)


def largest_rectangle(h: int, w: int, c: float, s: float) -> tuple[int, int]:
    """Size (h, w) of the largest upright rectangle of whole pixels within a frame turned by an angle of this cosine
    and sine."""
    c, s = abs(c), abs(s)
    # A rectangle of sides (x, y) fits if c x + s y <= w and s x + c y <= h.  Its area is largest at the corner where
    # both hold with equality, unless one of the two alone already forbids more: then at the middle of that side.
    d = c * c - s * s
    if w <= h:
        x, y = (0.5 * w / c if c else math.inf, 0.5 * w / s if s else math.inf)
        fits = s * x + c * y <= h
    else:
        x, y = (0.5 * h / s if s else math.inf, 0.5 * h / c if c else math.inf)
        fits = c * x + s * y <= w
    if not fits:
        x, y = (c * w - s * h) / d, (c * h - s * w) / d
    return max(math.floor(y + 1e-9), 1), max(math.floor(x + 1e-9), 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Affine(_Warp):
    """Scale, shear and rotate about the centre, then translate.

    albumentations' Affine and ShiftScaleRotate, torchvision's RandomAffine.  Changes images, masks, boxes and
    keypoints.  The image is scaled, then sheared along x, then along y, then rotated, then moved.

    Parameters
    ----------
    scale : (float, float), or two of them for x and y
        Range of the factor, within 1e-6 and 1e6; above 1 enlarges.
    rotate : float or (float, float)
        Range of the angle in degrees, counter-clockwise as seen; one number v means (-v, v).
    shear : float or (float, float), or two pairs for x and y
        Range of the angle in degrees by which vertical (x) and horizontal (y) lines turn, counter-clockwise as seen;
        within -90 and 90, drawn for each axis; one number v means (-v, v).
    translate : float or (float, float), or two pairs for x and y
        Range of the shift as a fraction of the width (x) and height (y), drawn for each axis; within -2 and 2; one
        number v means (-v, v).
    keep_ratio : bool
        With one range for `scale`: whether both axes get the same factor.
    fit : bool
        Make the frame as large as what it shows: it holds the whole image and no more (`translate` then changes
        nothing).
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` averages where an axis-aligned map shrinks and is ``bilinear`` otherwise.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Affine(translate=((0.1, 0.1), (0, 0)), scale=(1, 1), p=1)])
    >>> chain(image=image[:, :100], boxes=[(10, 10, 30, 30)], labels=[1], key=1)["boxes"]
    [(20.0, 10.0, 40.0, 30.0)]
    """

    scale: Range | tuple[Range, Range] = (0.9, 1.1)
    rotate: Spread = (0.0, 0.0)
    shear: Spread | tuple[Range, Range] = (0.0, 0.0)
    translate: Spread | tuple[Range, Range] = (0.0, 0.0)
    keep_ratio: bool = True
    fit: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", axis_ranges(self.scale, "scale", at_least=1e-6, at_most=1e6, around=1))
        self._keep("rotate", number_range(self.rotate, "rotate", around=0))
        self._keep("shear", axis_ranges(self.shear, "shear", above=-90, below=90, around=0))
        self._keep("translate", axis_ranges(self.translate, "translate", SIDE, around=0))
        flag(self.fit, "fit")
        one = flag(self.keep_ratio, "keep_ratio") and not isinstance(self.scale[0], tuple)
        low, high = pair_of(self.rotate)
        self._one_factor: bool
        self._keep("_one_factor", one)
        self._ranges: tuple[Axes, Range, Axes, Axes]
        self._keep("_ranges", (both_axes(self.scale), (low, high - low), *map(both_axes, (self.shear, self.translate))))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Factors, angles, and the shift as fractions of the size."""
        unit = rng.unit
        (a, b, c, d), (e, f), (g, h, i, j), (k, m, n, o) = self._ranges
        x, y = a + b * unit(), c + d * unit()
        return {
            "scale": (x, x if self._one_factor else y),
            "rotate": e + f * unit(),
            "shear": (g + h * unit(), i + j * unit()),
            "translate": (k + m * unit(), n + o * unit()),
        }

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {
            name: both_within(axes)
            for name, axes in zip(("scale", "shear", "translate"), (self._ranges[0], *self._ranges[2:]))
        }

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        h, w = frame.height, frame.width
        scale_x, scale_y = params["scale"]
        a, b, d, e = rotate_shear_scale(scale_x, scale_y, params["rotate"], *params["shear"])
        if self.fit:
            size = enclosing_size(a, b, d, e, h, w)
            y, x = 0.5 * size[0], 0.5 * size[1]
        else:
            size = h, w
            x, y = params["translate"]
            x, y = (0.5 + x) * w, (0.5 + y) * h
        r = 1.0 / (scale_x * scale_y)
        a, b, d, e = e * r, -b * r, -d * r, a * r
        pull = (a, b, 0.5 * w - a * x - b * y, d, e, 0.5 * h - d * x - e * y, 0.0, 0.0, 1.0)
        return [Geometry(pull, size, self.border, self.fill, self.interpolation, None, self.mask_fill)]


_OURS = {"scale": (0.9, 1.1), "rotate": (-15, 15), "shear": (-10, 10), "translate": (-0.1, 0.1)}
_THEIRS = {
    "scale": (0.9, 1.1),
    "rotate": (-15, 15),
    "shear": (-10, 10),
    "translate_percent": (-0.1, 0.1),
    "keep_ratio": True,
}

declare(
    Affine,
    examples=[
        {},
        {"scale": (0.7, 1.3), "rotate": (-25.0, 25.0), "shear": (-10.0, 10.0), "translate": (-0.1, 0.1)},
        {"scale": ((0.8, 1.0), (1.0, 1.4)), "keep_ratio": False, "rotate": (10.0, 30.0), "border": "reflect"},
        {"rotate": (30.0, 60.0), "shear": ((-5.0, 5.0), (0.0, 10.0)), "fit": True},
    ],
    look="By default only the scale changes; here angle, shear and shift too.",
    shown={"rotate": (-20.0, 20.0), "shear": (-10.0, 10.0), "translate": (-0.1, 0.1)},
    peers=[
        Single("Affine", _OURS, _THEIRS, defaults="theirs draws nothing, and is the identity"),
        Single(
            "Affine",
            {**_OURS, "interpolation": "nearest"},
            {**_THEIRS, "interpolation": "cv2.INTER_NEAREST"},
            variant="nearest",
            at_least=0.5,
            note="theirs moves bytes; ours passes through levels, where further operations join",
        ),
        Single(
            "Affine",
            {**_OURS, "interpolation": "bicubic"},
            {**_THEIRS, "interpolation": "cv2.INTER_CUBIC"},
            variant="bicubic",
        ),
    ],
)


_FARTHEST = 0.32
"""Below a third of the sides, corners moved inwards always span a convex quadrilateral."""
_FARTHEST_INSIDE = 0.2
"""And below this the horizon of the inverse map stays outside the frame."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Perspective(_Warp):
    """Look at the image from another side: a four-point transform.

    Each corner is moved inwards along both axes by a fraction of the size of its own: the absolute value of a normal
    number with a standard deviation drawn from `scale`, at most 0.32.  What these four points enclose becomes the
    whole frame, so that nothing from outside the image is seen.  albumentations' Perspective; with ``fit=True``
    torchvision's RandomPerspective.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    scale : (float, float)
        Range of the standard deviation as a fraction of the sides, at least 0.
    keep_size : bool
        Whether the result has the size of the image; otherwise its size is that of the quadrilateral: the longer of
        opposite sides, or, with `fit`, its bounding box.
    fit : bool
        The other way round: the image's corners go to the four points, at most 0.2 inwards, so that all of the image
        is seen, with a border around it.
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
    >>> chain = Compose([Perspective(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    scale: Range = (0.05, 0.1)
    keep_size: bool = True
    fit: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("scale", number_range(self.scale, "scale", SIDE, at_least=0))
        flag(self.keep_size, "keep_size")
        flag(self.fit, "fit")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """How far the corners move inwards, as fractions (x, y) of the size, clockwise from the top left."""
        unit = rng.unit
        low, high = self.scale
        scale = low + (high - low) * unit()
        most = _FARTHEST_INSIDE if self.fit else _FARTHEST
        corners = []
        for _ in range(4):
            # Box and Muller: one radius and one direction give two normal numbers, of which the size is wanted.
            radius, turn = scale * of(math.sqrt, -2.0 * of(elementary.log, unit())), 0.5 * math.pi * unit()
            corners.append((min(radius * of(elementary.cos, turn), most), min(radius * of(elementary.sin, turn), most)))
        return {"corners": corners}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        most = _FARTHEST_INSIDE if self.fit else _FARTHEST
        return {"corners": several(row(number(0, most), number(0, most)), 4)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One map."""
        h, w = frame.height, frame.width
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = params["corners"]
        x0, y0, x1, y1 = x0 * w, y0 * h, w - x1 * w, y1 * h
        x2, y2, x3, y3 = w - x2 * w, h - y2 * h, x3 * w, h - y3 * h
        a, b, c, d, e, f, g, i, j = square_to_quad(x0, y0, x1, y1, x2, y2, x3, y3)
        size = h, w
        if self.fit:
            left = top = 0
            if not self.keep_size:
                left, top = math.floor(min(x0, x3)), math.floor(min(y0, y1))
                size = max(math.ceil(max(y2, y3)) - top, 1), max(math.ceil(max(x1, x2)) - left, 1)
            x, y = 1.0 / w, 1.0 / h
            push = a * x, b * y, c, d * x, e * y, f, g * x, i * y, j
            a, b, c, d, e, f, g, i, j = inverse(push)
            c, f, j = c + a * left + b * top, f + d * left + e * top, j + g * left + i * top
            pull = a, b, c, d, e, f, g, i, j
        else:
            if not self.keep_size:
                height = max(_distance(x3 - x0, y3 - y0), _distance(x2 - x1, y2 - y1))
                width = max(_distance(x1 - x0, y1 - y0), _distance(x2 - x3, y2 - y3))
                size = max(round(height), 1), max(round(width), 1)
            y, x = 1.0 / size[0], 1.0 / size[1]
            pull = a * x, b * y, c, d * x, e * y, f, g * x, i * y, j
        return [Geometry(pull, size, self.border, self.fill, self.interpolation, None, self.mask_fill)]


declare(
    Perspective,
    examples=[
        {},
        {"scale": (0.1, 0.15), "fit": True},
        {"keep_size": False, "border": "replicate", "interpolation": "bicubic"},
    ],
    look="One side of the picture comes nearer: parallel lines are so no more, straight ones stay straight.",
    peers=[Single("Perspective")],
)
