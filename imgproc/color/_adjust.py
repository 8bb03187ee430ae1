"""Adjustments of colour: programs of one pixel operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.check import as_image, real
from .._core.declare import Case, declare, versus
from .._core.levels import SHIFT, fraction, turns
from .._core.opencv import load_cv2
from .._core.planes import LUMA_WEIGHTS
from .._scanline import pixel, run

LARGEST = 1e12
"""Numbers of a matrix: products with the levels of any sensible image stay finite in float32."""

__all__ = ["adjust_hue", "adjust_saturation", "color_matrix", "shift_hsv"]


def shift_hsv(image: np.ndarray, *, hue: float = 0.0, saturation: float = 0.0, value: float = 0.0) -> np.ndarray:
    """Shift hue, saturation and value of an RGB image.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.
    hue : float
        Turns added to hue: 1/3 makes red green and green blue, whole turns do nothing.
    saturation : float
        Added to saturation, which is kept within [0, 1].
    value : float
        Added to value, as a fraction of full scale.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Hue, saturation and value are those of `rgb_to_hsv` and not rounded in between.  Grey has
        no hue and stays grey, whatever is added to its saturation.  Integers are rounded half to even and saturated.
        NaN in one channel is NaN in all three.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image or another argument no finite number.

    Examples
    --------
    >>> shift_hsv(np.array([[[200, 100, 100]]], np.uint8), value=0.1)
    array([[[226, 113, 113]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    hue, value = turns(hue, "hue"), fraction(value, "value", SHIFT, image)
    saturation = fraction(saturation, "saturation", SHIFT)
    return run(image, [pixel.hsv(hue % 1.0, 1.0, saturation, 1.0, value)])


def adjust_hue(image: np.ndarray, *, shift: float) -> np.ndarray:
    """Turn the hue of an RGB image.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.
    shift : float
        Turns added to the hue of `rgb_to_hsv`: 1/3 makes red green and green blue, whole turns do nothing.  (The
        `hue_factor` of torchvision.)

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Integers are rounded half to even.  NaN in one channel is NaN in all three.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image or `shift` no finite number.

    Examples
    --------
    >>> adjust_hue(np.array([[[255, 0, 0]]], np.uint8), shift=1 / 3)  # red becomes green
    array([[[  0, 255,   0]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    return run(image, [pixel.hsv(turns(shift, "shift") % 1.0)])


def adjust_saturation(image: np.ndarray, *, factor: float) -> np.ndarray:
    """Scale the difference of an RGB image to its luma.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.
    factor : float
        From 0 to 1e12: 0 gives grey, 1 leaves the image as it is, 2 doubles what is coloured.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype: factor v + (1 - factor) luma, luma of Rec. 601, as in torchvision.  Integers are rounded
        half to even and saturated.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image or `factor` no finite number of at least 0.

    Examples
    --------
    >>> adjust_saturation(np.array([[[200, 100, 100]]], np.uint8), factor=0.0)  # grey
    array([[[130, 130, 130]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    factor = real(factor, "factor", at_least=0, at_most=LARGEST)
    grey = tuple((1.0 - factor) * weight for weight in LUMA_WEIGHTS)
    rows = [[*(grey[j] + (factor if i == j else 0.0) for j in range(3)), 0.0] for i in range(3)]
    return run(image, [pixel.matrix(rows)])


def color_matrix(image: np.ndarray, *, matrix: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Mix the channels of an RGB image by a matrix.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.
    matrix : array-like of shape (3, 3) or (3, 4)
        Row k says what channel k of the result has of R, G and B; a fourth column is added, as a fraction of full
        scale.  Numbers within -1e12 and 1e12.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Integers are rounded half to even and saturated.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image or `matrix` has another shape or numbers that are not finite.

    Examples
    --------
    >>> swap = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    >>> color_matrix(np.array([[[10, 20, 30]]], np.uint8), matrix=swap)
    array([[[30, 20, 10]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    return run(image, [pixel.matrix(_rows(matrix, image))])


def _rows(matrix: Any, image: np.ndarray) -> list[list[float]]:
    try:
        rows = np.asarray(matrix)
    except ValueError:  # rows of different lengths
        raise ValueError(f"matrix must have shape (3, 3) or (3, 4), got {matrix!r}") from None
    if rows.dtype.kind not in "uif":
        raise TypeError(f"matrix must hold real numbers, got {matrix!r}")
    if rows.shape not in ((3, 3), (3, 4)):
        raise ValueError(f"matrix must have shape (3, 3) or (3, 4), got {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError(f"matrix must be finite, got {rows.tolist()}")
    for k, row in enumerate(rows):
        if row.size == 4:
            fraction(row[3], f"matrix[{k}, 3]", SHIFT, image)
    if np.abs(rows.astype(np.float64)).max() > LARGEST:
        raise ValueError(f"matrix must hold numbers within {-LARGEST:g} and {LARGEST:g}, got {rows.tolist()}")
    return [[*map(float, row), 0.0][:4] for row in rows]


def _rows_of_adjustments() -> list[Case]:
    cv2 = load_cv2()
    from PIL import Image, ImageEnhance
    from skimage import color

    def turned(x: np.ndarray) -> np.ndarray:
        hue, saturation, value = cv2.split(cv2.cvtColor(x, cv2.COLOR_RGB2HSV_FULL))
        table = ((np.arange(256) + 26) % 256).astype(np.uint8)
        return cv2.cvtColor(cv2.merge([cv2.LUT(hue, table), saturation, value]), cv2.COLOR_HSV2RGB_FULL)

    def exactly_turned(x: np.ndarray) -> np.ndarray:
        hsv = color.rgb2hsv(x.astype(np.float64) / 255)
        hsv[..., 0] = (hsv[..., 0] + 0.1) % 1
        return color.hsv2rgb(hsv) * 255

    def shifted(x: np.ndarray) -> np.ndarray:
        hue, saturation, value = cv2.split(cv2.cvtColor(x, cv2.COLOR_RGB2HSV_FULL))
        table = ((np.arange(256) + 26) % 256).astype(np.uint8)
        parts = [cv2.LUT(hue, table), cv2.add(saturation, 26.0), cv2.add(value, 26.0)]
        return cv2.cvtColor(cv2.merge(parts), cv2.COLOR_HSV2RGB_FULL)

    def coloured(x: np.ndarray) -> np.ndarray:
        return np.asarray(ImageEnhance.Color(Image.fromarray(x)).enhance(1.5))

    matrix = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]])
    rounded = "OpenCV's way rounds hue, saturation and value to 8 bits in between"
    return [
        versus(
            "adjust_hue",
            "RGB",
            lambda x: adjust_hue(x, shift=0.1),
            "cv2 HSV, LUT, back",
            turned,
            note=f"{rounded}, and the turn with them",
            reference=exactly_turned,
            default=True,
        ),
        versus(
            "adjust_saturation",
            "RGB",
            lambda x: adjust_saturation(x, factor=1.5),
            "Pillow ImageEnhance.Color",
            coloured,
            tolerance=2,
            note="rounds the luma, and truncates",
        ),
        versus(
            "color_matrix",
            "RGB",
            lambda x: color_matrix(x, matrix=matrix),
            "cv2.transform",
            lambda x: cv2.transform(x, matrix),
            tolerance=1,
            reference=lambda x: np.einsum("yxc,dc->yxd", x.astype(np.float64), matrix).clip(0, 255),
        ),
        versus(
            "shift_hsv",
            "RGB",
            lambda x: shift_hsv(x, hue=0.1, saturation=0.1, value=0.1),
            "cv2 HSV, LUT, add, back",
            shifted,
            note=f"{rounded}, and gives grey a colour",
        ),
    ]


declare(
    color_matrix,
    arguments={"matrix": lambda image: (np.array([[0.9, 0.2, 0, 0.1], [0, 0.8, 0.1, 0], [0.3, 0.3, 0.3, -0.1]]),)},
    peers=_rows_of_adjustments,
)
declare(adjust_hue, adjust_saturation, shift_hsv, peers=_rows_of_adjustments)
