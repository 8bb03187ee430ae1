"""Warps by matrices, and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.alpha import has_alpha, weighted
from .._core.check import border_name, flag, frame_size, one_of, real
from .._core.declare import Case, declare, percent_apart, versus
from .._scanline import Geometry, run
from .._scanline import resize as resize_pixels
from .._scanline.matrix import Matrix, cos_sin, enclosing_size, inverse, turned_pull
from ._common import INTERPOLATIONS, border_fill, closed, numbers, opened

__all__ = ["resize", "rotate", "warp"]


def warp(
    image: np.ndarray,
    matrix: np.ndarray,
    *,
    size: tuple[int, int] | None = None,
    border: str = "constant",
    fill: float | Sequence[float] = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """Move an image by an affine or perspective map.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    matrix : array_like of shape (3, 3) or (2, 3)
        Takes points (x, y, 1) of the image to points (x w, y w, w) of the result, w = 1 for two rows; in continuous
        coordinates, in which pixel centres lie at halves.
    size : (int, int), optional
        (h, w) of the result; default: the image's.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.  What lies behind the horizon of a perspective map, seen from the middle of the
        image, is outside, too.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; of int16, int32 and labels, which are bool or other
        integers, in their own units.  One, or one for each channel.  uint8 and uint16 are images, whose 1 is white,
        also where they hold labels.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` averages along the axes that an axis-aligned map shrinks, and is ``bilinear`` otherwise.
        ``bicubic`` is Keys' cubic with a = -0.75, as in OpenCV and PyTorch (Pillow and scikit-image have -0.5).
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.

    Returns
    -------
    ndarray of shape `size` or (`size`, c)
        Same shape and dtype as the image, but for `size`.  The border begins where a pixel's centre comes from outside
        the image; it is never blended into the image.  Pixels at the edges of the result see their neighbours in the
        image, wherever the map begins: crop first if they should not.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the matrix has no inverse.

    See Also
    --------
    affine_matrix, perspective_from_points : Matrices.

    Notes
    -----
    Points are float32: in an image of a thousand pixels they are exact to about 1e-4 pixels, for float64 images too.
    An image of more than 2**24 pixels a side, or 2**32 - 1 in all, is refused.
    """
    one_of(interpolation, "interpolation", INTERPOLATIONS)
    image, labels = opened(image, interpolation, full=True)
    h, w = image.shape[:2]
    pull = _pull(matrix, h, w)
    size = (h, w) if size is None else frame_size(size, source=(h, w))
    border_name(border)
    level = border_fill(fill, image, labels, interpolation)
    return closed(run(image, [Geometry(pull, size, border, level, interpolation)]), labels)


_LARGE = 1e60
"""Numbers of a matrix up to this can be multiplied three by three."""
_FAR = 1e30
"""Pixels, in float32 still a number."""


def _pull(matrix: Any, h: int, w: int) -> Matrix:
    """The inverse of a matrix, positive at what comes from the middle of the image."""
    array = numbers(matrix, "matrix", "an array of numbers")
    if array.shape not in ((2, 3), (3, 3)):
        raise ValueError(f"matrix must have shape (3, 3) or (2, 3), got {array.shape}")
    m: Any = (*array.reshape(-1).tolist(), 0.0, 0.0, 1.0)[:9]
    if m[6:] == (0.0, 0.0, 1.0):  # so far away every shift is the same
        m = (*m[:2], max(min(m[2], _FAR), -_FAR), *m[3:5], max(min(m[5], _FAR), -_FAR), *m[6:])
    largest = max(map(abs, m))
    if (
        largest > _LARGE or 0.0 < largest < 1.0 / _LARGE
    ):  # multiples of a matrix are one map; products must not overflow
        m = tuple(v / largest for v in m)
    a, b, c, d, e, f, g, i, j = m
    terms = a * e * j, b * f * g, c * d * i, -a * f * i, -b * d * j, -c * e * g
    if abs(sum(terms)) <= 1e-14 * sum(map(abs, terms)):
        raise ValueError(f"matrix must have an inverse, got {array.tolist()}")
    middle = g * 0.5 * w + i * 0.5 * h + j
    if abs(middle) <= 1e-12 * (abs(g) * w + abs(i) * h + abs(j)):
        raise ValueError(f"matrix must not take the middle of the image to infinity, got {array.tolist()}")
    pull = inverse(m)
    if not all(map(math.isfinite, pull)):
        raise ValueError(f"matrix must have an inverse of finite numbers, got {array.tolist()}")
    # A matrix and its negative are one map; in front of the horizon is where the third coordinate is above 0.
    x, y = (a * 0.5 * w + b * 0.5 * h + c) / middle, (d * 0.5 * w + e * 0.5 * h + f) / middle
    if pull[6] * x + pull[7] * y + pull[8] < 0.0:
        return tuple(-v for v in pull)  # type: ignore[return-value]  # nine of them
    return pull


def resize(image: np.ndarray, *, size: tuple[int, int], interpolation: str = "area", alpha: bool = False) -> np.ndarray:
    """Resize an image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    size : (int, int)
        (h, w) of the result.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` takes the mean over what a pixel of the result covers along axes that shrink, and is ``bilinear`` along
        those that grow.  The others look at the nearest pixel, 2 x 2 or 4 x 4 pixels, also where the image shrinks to
        a fraction, and so show false patterns there.
        ``bicubic`` is Keys' cubic with a = -0.75, as in OpenCV and PyTorch (Pillow and scikit-image have -0.5).
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.
    alpha : bool
        The last channel is alpha, and other channels count by it: what is transparent gives its colour to none of its
        neighbours.  Colours of pixels that become wholly transparent are 0.

    Returns
    -------
    ndarray of shape `size` or (`size`, c)
        Same shape and dtype as the image, but for `size`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.
    """
    one_of(interpolation, "interpolation", INTERPOLATIONS)
    image, labels = opened(image, interpolation, full=True)
    size = frame_size(size, source=image.shape[:2])
    shown = has_alpha(alpha, image)
    if size == image.shape[:2]:
        return closed(np.array(image, order="C"), labels)
    if shown and interpolation != "nearest":
        return weighted(image, lambda pixels: resize_pixels(pixels, size, interpolation))
    return closed(resize_pixels(np.require(image, requirements=("C", "A")), size, interpolation), labels)


def rotate(
    image: np.ndarray,
    *,
    angle: float,
    fit: bool = False,
    border: str = "constant",
    fill: float | Sequence[float] = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """Rotate an image about its centre.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    angle : float
        Degrees, counter-clockwise as seen.  Multiples of 90 move whole pixels where the frame allows it.
    fit : bool
        Enlarge the frame so that it holds the whole rotated image; otherwise it stays.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; of int16, int32 and labels, which are bool or other
        integers, in their own units.  One, or one for each channel.  uint8 and uint16 are images, whose 1 is white,
        also where they hold labels.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
        ``bicubic`` is Keys' cubic with a = -0.75, as in OpenCV and PyTorch (Pillow and scikit-image have -0.5).
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.

    Returns
    -------
    ndarray
        Same shape and dtype as the image, but for `fit`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.
    """
    one_of(interpolation, "interpolation", INTERPOLATIONS)
    image, labels = opened(image, interpolation, full=True)
    c, s = cos_sin(real(angle, "angle"))
    fit = flag(fit, "fit")
    border_name(border)
    level = border_fill(fill, image, labels, interpolation)
    h, w = image.shape[:2]
    size = enclosing_size(c, s, s, c, h, w) if fit else (h, w)
    return closed(run(image, [Geometry(turned_pull(c, s, h, w, size), size, border, level, interpolation)]), labels)


def _rows_of_rotate() -> list[Case]:
    import cv2

    def theirs(x: np.ndarray) -> np.ndarray:
        h, w = x.shape[:2]
        matrix = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), 30, 1)
        return cv2.warpAffine(x, matrix, (w, h))

    return [
        versus(
            "rotate",
            "RGB",
            lambda x: rotate(x, angle=30),
            "cv2.warpAffine",
            theirs,
            difference=percent_apart,
            unit="% of pixels",
            tolerance=5,
            what="by 30 degrees, bilinear",
            default=True,
            note="OpenCV's weights have 5 bits",
        )
    ]


declare(rotate, peers=_rows_of_rotate)
declare(resize, warp, no_peer="no row yet")
declare(resize, arguments={"alpha": lambda image: (False,)})
declare(warp, together=[{"matrix": np.array([[0.4, 0.0, 0.3], [0.0, 0.45, 0.2]]), "interpolation": "area"}])
