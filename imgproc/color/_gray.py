"""Grey, in both directions."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image
from .._core.declare import Case, Function, declare, versus
from .._core.opencv import load_cv2
from .._core.planes import luma

__all__ = ["gray_to_rgb", "rgb_to_gray"]


def rgb_to_gray(image: np.ndarray) -> np.ndarray:
    """Convert RGB to grey: luma of Rec. 601, 0.299 R + 0.587 G + 0.114 B.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w)
        Same dtype, without the channel axis.  Integers are computed with weights of 15 bits and rounded to nearest, as
        OpenCV's; they are the Y of `rgb_to_ycrcb`.  (scikit-image weighs by Rec. 709, 0.2125, 0.7154, 0.0721.)

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image.

    Examples
    --------
    >>> rgb_to_gray(np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8))
    array([[ 76, 150]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    if image.size == 0:
        return np.empty(image.shape[:2], image.dtype)
    gray = luma(image)
    gray.flags.writeable = True  # a view of a new array
    return gray


def gray_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert grey to RGB: three times the same channel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, 1)
        uint8, uint16, float32 or float64.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same dtype.

    Raises
    ------
    TypeError, ValueError
        If `image` is no grey image.

    Examples
    --------
    >>> gray_to_rgb(np.array([[7, 9]], np.uint8))
    array([[[7, 7, 7],
            [9, 9, 9]]], dtype=uint8)
    """
    image = as_image(image, channels=(1,))
    gray = np.ascontiguousarray(image).reshape(image.shape[:2])
    if gray.size == 0:
        return np.empty((*gray.shape, 3), gray.dtype)
    cv2 = load_cv2()  # copies, and so the same bytes everywhere
    return cv2.merge((gray, gray, gray)) if gray.dtype == np.float64 else cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB)


def _rows() -> list[Case]:
    import cv2

    def code(number: int) -> Function:
        return lambda x: cv2.cvtColor(x, number)

    grey, colour = code(cv2.COLOR_RGB2GRAY), code(cv2.COLOR_GRAY2RGB)
    return [
        versus("rgb_to_gray", "RGB", rgb_to_gray, "cv2.cvtColor", grey, tolerance=0, default=True),
        versus("gray_to_rgb", "grey", gray_to_rgb, "cv2.cvtColor", colour, tolerance=0, default=True),
    ]


declare(gray_to_rgb, rgb_to_gray, peers=_rows)
declare(gray_to_rgb, result=lambda image: (image.dtype, (*image.shape[:2], 3)))
declare(rgb_to_gray, result=lambda image: (image.dtype, image.shape[:2]))
