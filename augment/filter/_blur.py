"""Blur: box, Gaussian, bilateral, median, motion, defocus."""

from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np

from imgproc._core.bounds import largest_sigma
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SPREAD
from imgproc._core.needed import needed
from imgproc._core.opencv import load_cv2
from imgproc._neighbours.correlate import blur_separable, correlate
from imgproc._neighbours.lines import line_weights
from imgproc._scanline import Near, Stage, Whole
from imgproc._scanline.windows.box import BOX
from imgproc._scanline.windows.gaussian import GAUSSIAN
from imgproc._scanline.windows.motion import MOTION
from imgproc.smooth import bilateral_filter, gaussian_blur

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import integer_range, number_range
from ._channels import by_channels

__all__ = ["BilateralBlur", "BoxBlur", "Defocus", "GaussianBlur", "MedianBlur", "MotionBlur"]

LARGEST_MEDIAN = 127
"""OpenCV counts the pixels of a window in 16 bits."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoxBlur(Transform):
    """Mean of the square window of each pixel.

    albumentations' Blur, whose ``blur_limit`` is the window's side, ``2 radius + 1``.  Border ``reflect_101``.  Changes
    images only; any number of channels.

    Parameters
    ----------
    radius : (int, int)
        Range of the radius in pixels, at least 0; each integer alike.  At most the image's longer side is used.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([BoxBlur(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() < image.std())
    True
    """

    radius: tuple[int, int] = (1, 3)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("radius", integer_range(self.radius, "radius", at_least=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The radius."""
        return {"radius": rng.integer(*self.radius)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        radius = min(params["radius"], max(frame.height, frame.width))
        near = Near(BOX, (radius,))
        return [Whole(functools.partial(_box, radius), frame.dtype.kind == "u", "box blur", averages=True, near=near)]


declare(
    BoxBlur,
    look="The mean of a square: points become squares.",
    peers=[Single("Blur", {"radius": (1, 3)}, {"blur_limit": (3, 7)})],
)


def _box(radius: int, image: np.ndarray) -> np.ndarray:
    side = 2 * radius + 1
    if image.dtype.kind == "f":
        # OpenCV's running sums of floats would carry a NaN down to the end of the image.
        return blur_separable(image, [1.0 / side] * (radius + 1))
    cv2 = load_cv2()
    return by_channels(lambda part: cv2.blur(part, (side, side), borderType=cv2.BORDER_REFLECT_101), image, 4)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GaussianBlur(Transform):
    """Gaussian blur: `imgproc.gaussian_blur` with its default border, ``reflect_101``.

    The kernel ends at 4 sigma (albumentations: at 3.5 sigma rounded down; torchvision lets one choose).  A wide blur
    costs no more than a narrow one.  Changes images only; any number of channels.

    Parameters
    ----------
    sigma : (float, float)
        Range of the standard deviation in pixels, above 0.  At most the image's longer side, or 16, is used.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([GaussianBlur(sigma=(1, 1), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, imgproc.gaussian_blur(image, sigma=1))
    True
    """

    sigma: tuple[float, float] = (0.5, 2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("sigma", number_range(self.sigma, "sigma", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The standard deviation."""
        return {"sigma": rng.uniform(*self.sigma)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        sigma = min(params["sigma"], largest_sigma(frame.height, frame.width))
        return [gaussian(sigma)]


def gaussian(sigma: float) -> Whole:
    """The stage of a Gaussian blur."""
    work = functools.partial(gaussian_blur, sigma=sigma)
    return Whole(work, label="gaussian blur", averages=True, near=Near(GAUSSIAN, (sigma,)))


declare(
    GaussianBlur,
    look="A soft blur without corners; no dark or light seam along the borders.",
    peers=[
        Single("GaussianBlur", {"sigma": (0.5, 3)}, {"sigma_limit": (0.5, 3)}, defaults="sigma to 2, theirs to 3"),
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BilateralBlur(Transform):
    """Smooth, but not across edges.

    imgaug's BilateralBlur and ``cv2.bilateralFilter``, whose ``d`` is ``2 radius + 1`` and whose colours differ by the
    sum over channels where these differ by their Euclidean distance; see `imgproc.bilateral_filter`.  Border
    ``reflect_101``.  Changes images only; any number of channels.

    Parameters
    ----------
    radius : (int, int)
        Range of the radius of the neighbourhood, a disc, in pixels, at least 0; each integer alike.  At most the
        image's longer side is used.  Time grows with its square.
    sigma_color : (float, float)
        Range of the standard deviation of the weight by difference in colour, as a fraction of full scale, above 0.
    sigma_space : (float, float)
        Range of the standard deviation of the weight by distance in pixels, above 0.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([BilateralBlur(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() < image.std())
    True
    """

    radius: tuple[int, int] = (2, 5)
    sigma_color: tuple[float, float] = (0.05, 0.2)
    sigma_space: tuple[float, float] = (1.0, 3.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("radius", integer_range(self.radius, "radius", at_least=0))
        self._keep("sigma_color", number_range(self.sigma_color, "sigma_color", SPREAD, above=0))
        self._keep("sigma_space", number_range(self.sigma_space, "sigma_space", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Radius and two standard deviations."""
        radius, color, space = rng.integer(*self.radius), rng.uniform(*self.sigma_color), rng.uniform(*self.sigma_space)
        return {"radius": radius, "sigma_color": color, "sigma_space": space}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        radius = min(params["radius"], max(frame.height, frame.width))
        sigmas = {name: params[name] for name in ("sigma_color", "sigma_space")}
        return [Whole(functools.partial(bilateral_filter, radius=radius, **sigmas), label="bilateral blur")]


declare(
    BilateralBlur,
    look="Flat parts become smooth[[, skin and suit]], outlines stay sharp.",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MedianBlur(Transform):
    """Median of the square window of each pixel.

    albumentations' MedianBlur, whose ``blur_limit`` is the window's side, ``2 radius + 1``.  Border ``replicate``, as
    ``cv2.medianBlur``, which does the work except for float64 and, beyond radius 2, for uint16 and float32 (SciPy's
    filter is slower).  A window with a NaN has the median NaN.  Changes images only; any number of channels.

    Parameters
    ----------
    radius : (int, int)
        Range of the radius in pixels, from 0 to 127; each integer alike.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([MedianBlur(radius=(1, 1), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, imgproc.median_blur(image, radius=1))
    True
    """

    radius: tuple[int, int] = (1, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("radius", integer_range(self.radius, "radius", at_least=0, at_most=LARGEST_MEDIAN))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The radius."""
        return {"radius": rng.integer(*self.radius)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        return [Whole(functools.partial(_median, params["radius"]), label="median blur")]


declare(
    MedianBlur,
    look="Fine lines go, edges stay.",
    peers=[Single("MedianBlur", {"radius": (1, 3)}, {"blur_limit": (3, 7)})],
)


def _median(radius: int, image: np.ndarray) -> np.ndarray:
    if radius == 0 or not image.size:
        return image.copy()
    side = 2 * radius + 1
    if image.dtype == np.uint8 or (radius <= 2 and image.dtype != np.float64):
        cv2 = load_cv2()
        result = by_channels(lambda part: cv2.medianBlur(part, side), image, 4 if radius == 1 else 1)
    else:
        with needed("scipy", "MedianBlur"):
            from scipy import ndimage

        window = (side, side, 1)[: image.ndim]
        result = ndimage.median_filter(image, size=window, mode="nearest")
    if image.dtype.kind == "f":
        spoil(image, result, radius)
    return result


def spoil(image: np.ndarray, result: np.ndarray, radius: int) -> None:
    """NaN where the window holds one: filters that sort leave it to chance."""
    with np.errstate(all="ignore"):
        if math.isfinite(image.sum()):
            return
    side = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    grow = functools.partial(load_cv2().dilate, kernel=side)
    result[by_channels(grow, np.isnan(image).astype(np.uint8), 1) != 0] = np.nan


@dataclasses.dataclass(frozen=True, kw_only=True)
class MotionBlur(Transform):
    """Blur along a line, as by a moving camera.

    The mean along a line through the pixel, so that objects stay where they are: albumentations' MotionBlur with
    ``allow_shifted=False``, but for the line, which is smooth here and a row of whole pixels there.  Border
    ``reflect_101``.  Changes images only; any number of channels.

    Parameters
    ----------
    length : (float, float)
        Range of the line's length in pixels, at least 1.  At most the image's longer side is used.
    angle : (float, float)
        Range of the direction in degrees, counter-clockwise from the x axis.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([MotionBlur(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() < image.std())
    True
    """

    length: tuple[float, float] = (3.0, 9.0)
    angle: tuple[float, float] = (0.0, 360.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("length", number_range(self.length, "length", at_least=1))
        self._keep("angle", number_range(self.angle, "angle"))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Length and angle."""
        return {"length": rng.uniform(*self.length), "angle": rng.uniform(*self.angle)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        length = min(params["length"], float(max(frame.height, frame.width)))
        work, near = functools.partial(_motion, length, params["angle"]), Near(MOTION, (length, params["angle"]))
        return [Whole(work, label="motion blur", averages=True, near=near)]


declare(
    MotionBlur,
    look="Streaks in one direction[[; the face stays where it is]].",
    peers=[Single("MotionBlur", {"length": (3, 7)}, {"blur_limit": (3, 7), "allow_shifted": False})],
)


def _motion(length: float, angle: float, image: np.ndarray) -> np.ndarray:
    return correlate(image, line_weights(length, angle))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Defocus(Transform):
    """Blur by a disc, as by a lens out of focus.

    albumentations' Defocus, whose ``alias_blur`` softens the rim of its disc; here the rim falls off over one pixel.
    Border ``reflect_101``.  Changes images only; any number of channels.

    Parameters
    ----------
    radius : (float, float)
        Range of the disc's radius in pixels, above 0.  At most the image's longer side is used.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Defocus(radius=(3, 3), p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> bool(made.std() < image.std())
    True
    """

    radius: tuple[float, float] = (1.0, 4.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("radius", number_range(self.radius, "radius", above=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The radius."""
        return {"radius": rng.uniform(*self.radius)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter."""
        radius = min(params["radius"], float(max(frame.height, frame.width)))
        return [Whole(functools.partial(_defocus, radius), label="defocus", averages=True)]


declare(
    Defocus,
    examples=[{}, {"radius": (7.0, 9.0)}],
    look="Points of light become discs[[, as on the tank of the shuttle]].",
    peers=[Single("Defocus", {"radius": (3, 10)})],
)


def _defocus(radius: float, image: np.ndarray) -> np.ndarray:
    return correlate(image, disc_weights(radius))


def disc_weights(radius: float) -> np.ndarray:
    """A disc whose rim falls from 1 to 0 over the pixel it crosses; adds up to 1."""
    r = math.ceil(radius - 0.5)
    t = np.arange(-r, r + 1.0)
    weights = np.clip(radius + 0.5 - np.sqrt(t * t + (t * t)[:, np.newaxis]), 0.0, 1.0)
    return weights / weights.sum()
