"""Whole pixels moved: flips, transposition, crops, padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.border import framed
from .._core.check import LONGEST, border_name, frame_size, integer, one_of
from .._core.declare import Case, declare, versus
from .._core.formats import channels_of, is_sequence
from .._core.opencv import load_cv2
from .._core.planes import fill_values
from ._common import border_fill, closed, opened

__all__ = ["crop", "flip", "pad", "transpose"]


def _for_cv2(image: np.ndarray) -> np.ndarray:
    """As OpenCV wants it: rows without gaps, aligned."""
    flags = image.flags
    return image if flags.c_contiguous and flags.aligned else np.require(image, requirements=("C", "A"))


def _few_channels(image: np.ndarray) -> bool:
    """Whether OpenCV moves these pixels faster than NumPy does."""
    return image.size > 0 and channels_of(image) <= 4


def flip(image: np.ndarray, *, axis: str = "horizontal") -> np.ndarray:
    """Mirror an image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64.  Labels too: bool and all integers.
    axis : {"horizontal", "vertical", "both"}
        What is exchanged: left and right, top and bottom, or both (a rotation by 180 degrees).

    Returns
    -------
    ndarray
        Same shape and dtype as the image.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> flip(np.array([[1, 2, 3]], np.uint8))
    array([[3, 2, 1]], dtype=uint8)
    """
    image, labels = opened(image)
    one_of(axis, "axis", ("horizontal", "vertical", "both"))
    if not _few_channels(image):
        part = image[:: 1 if axis == "horizontal" else -1, :: 1 if axis == "vertical" else -1]
        return closed(np.array(part, order="C"), labels)
    made = load_cv2().flip(_for_cv2(image), {"horizontal": 1, "vertical": 0, "both": -1}[axis])
    return closed(made if made.ndim == image.ndim else made.reshape(image.shape), labels)


def transpose(image: np.ndarray) -> np.ndarray:
    """Exchange rows and columns; channels stay where they are.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64.  Labels too: bool and all integers.

    Returns
    -------
    ndarray of shape (w, h) or (w, h, c)
        Same dtype as the image.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image.

    Examples
    --------
    >>> transpose(np.array([[1, 2, 3]], np.uint8))
    array([[1],
           [2],
           [3]], dtype=uint8)
    """
    image, labels = opened(image)
    if not _few_channels(image):
        return closed(np.array(image.swapaxes(0, 1), order="C"), labels)
    made = load_cv2().transpose(_for_cv2(image))
    return closed(made if made.ndim == image.ndim else made[:, :, np.newaxis], labels)


def crop(image: np.ndarray, *, box: Sequence[int]) -> np.ndarray:
    """Cut out a part of whole pixels.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  Labels too: bool and all integers.
    box : (int, int, int, int)
        (x0, y0, x1, y1), half-open: x0 is the first column, x1 the first one that is left out.  Inside the image, and
        not empty.

    Returns
    -------
    ndarray of shape (y1 - y0, x1 - x0) or (y1 - y0, x1 - x0, c)
        Same dtype as the image; a copy.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> crop(image, box=(10, 20, 50, 60)).shape
    (40, 40, 3)
    """
    image, labels = opened(image, full=True)
    if not is_sequence(box) or len(box) != 4:
        raise TypeError(f"box must be (x0, y0, x1, y1), got {box!r}")
    if not all(type(v) is int for v in box):  # asking costs less than naming each
        box = [integer(v, f"box[{i}]") for i, v in enumerate(box)]
    x0, y0, x1, y1 = box
    h, w = image.shape[:2]
    if not (0 <= x0 < x1 <= w and 0 <= y0 < y1 <= h):
        raise ValueError(
            f"box must be (x0, y0, x1, y1) with 0 <= x0 < x1 <= {w} and 0 <= y0 < y1 <= {h}, got {(x0, y0, x1, y1)}"
        )
    return closed(np.array(image[y0:y1, x0:x1], order="C"), labels)


def pad(
    image: np.ndarray,
    *,
    padding: int | Sequence[int],
    border: str = "constant",
    fill: float | Sequence[float] = 0.0,
) -> np.ndarray:
    """Put a frame around an image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64.  Labels too: bool and all integers.
    padding : int, (int, int) or (int, int, int, int)
        Pixels on all sides; above and below, left and right; or top, bottom, left, right.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What the frame shows; any width, also beyond that of the image.  All but ``constant`` need at least one pixel.
        See the notes.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; of labels, which are bool or int32 and the like, a label.
        One, or one for each channel.  uint8 and uint16 are images, whose 1 is white, also where they hold labels.

    Returns
    -------
    ndarray of shape (top + h + bottom, left + w + right) or (top + h + bottom, left + w + right, c)
        Same dtype as the image.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Borders, as all functions have them, with the names that they have elsewhere:

    ============== ===================== ======================= ================= =================
    here           beside ``abcd``       cv2                     scipy.ndimage     numpy.pad
    ============== ===================== ======================= ================= =================
    constant       ``kkkk|abcd|kkkk``    ``BORDER_CONSTANT``     ``constant``      ``constant``
    replicate      ``aaaa|abcd|dddd``    ``BORDER_REPLICATE``    ``nearest``       ``edge``
    reflect        ``dcba|abcd|dcba``    ``BORDER_REFLECT``      ``reflect``       ``symmetric``
    reflect_101    ``edcb|abcd|cbab``    ``BORDER_REFLECT_101``  ``mirror``        ``reflect``
    wrap           ``abcd|abcd|abcd``    ``BORDER_WRAP``         ``grid-wrap``     ``wrap``
    ============== ===================== ======================= ================= =================

    Examples
    --------
    >>> pad(np.array([[5]], np.uint8), padding=1, border="replicate")
    array([[5, 5, 5],
           [5, 5, 5],
           [5, 5, 5]], dtype=uint8)
    """
    image, labels = opened(image, full=border_name(border) != "constant")
    top, bottom, left, right = _sides(padding)
    level = border_fill(fill, image, labels)
    whole = max(top + image.shape[0] + bottom, 1), max(left + image.shape[1] + right, 1)
    frame_size(whole, "the size of image and padding", source=image.shape[:2])
    values = fill_values(level, channels_of(image), image.dtype)
    h, w = image.shape[:2]
    out = np.empty((top + h + bottom, left + w + right, *image.shape[2:]), image.dtype)
    return closed(framed(image, (top, bottom, left, right), border, values, out), labels)


def _sides(padding: Any) -> tuple[int, int, int, int]:
    """Padding as (top, bottom, left, right)."""
    if type(padding) is tuple and [*map(type, padding)] == [int] * 4 and 0 <= min(padding) <= max(padding) <= LONGEST:
        return padding  # asking costs less than naming each
    if not is_sequence(padding):
        return (integer(padding, "padding", at_least=0),) * 4
    if len(padding) not in (2, 4):
        rule = "one number, (vertical, horizontal) or (top, bottom, left, right)"
        raise ValueError(f"padding must be {rule}, got {padding}")
    numbers = tuple(integer(v, f"padding[{i}]", at_least=0) for i, v in enumerate(padding))
    return numbers if len(numbers) == 4 else (numbers[0], numbers[0], numbers[1], numbers[1])


def _of_size(image: np.ndarray, h: int, w: int) -> tuple[np.dtype, tuple[int, ...]]:
    return image.dtype, (h, w, *image.shape[2:])


def _rows() -> list[Case]:
    import cv2

    def part(x: np.ndarray) -> np.ndarray:
        return x[len(x) // 8 : len(x) // 8 * 7, len(x) // 8 : len(x) // 8 * 7].copy()

    def ours(x: np.ndarray) -> np.ndarray:
        return crop(x, box=(len(x) // 8, len(x) // 8, len(x) // 8 * 7, len(x) // 8 * 7))

    def padded(x: np.ndarray) -> np.ndarray:
        return pad(x, padding=(16, 16, 16, 16))

    def bordered(x: np.ndarray) -> np.ndarray:
        return cv2.copyMakeBorder(x, 16, 16, 16, 16, cv2.BORDER_CONSTANT)

    return [
        versus("crop", "RGB", ours, "NumPy, a copy", part, tolerance=0, what="the middle", default=True),
        versus("flip", "RGB", flip, "cv2.flip", lambda x: cv2.flip(x, 1), tolerance=0, default=True),
        versus("flip, float", "grey float", flip, "cv2.flip", lambda x: cv2.flip(x, 1), tolerance=0, default=True),
        versus("pad", "RGB", padded, "cv2.copyMakeBorder", bordered, tolerance=0, what="16 pixels on each side, black"),
        versus("transpose", "RGB", transpose, "cv2.transpose", cv2.transpose, tolerance=0, default=True),
    ]


declare(crop, flip, pad, transpose, peers=_rows)
declare(
    crop,
    result=lambda image: _of_size(image, image.shape[0] - image.shape[0] // 4, image.shape[1] - image.shape[1] // 3),
)
declare(transpose, result=lambda image: _of_size(image, image.shape[1], image.shape[0]))
declare(pad, result=lambda image: _of_size(image, image.shape[0] + 3, image.shape[1] + 3))
