"""Conversions between the layouts of other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._core.check import DTYPES, as_image
from .._core.declare import Case, Function, declare, versus
from .._core.needed import needed
from .._core.opencv import load_cv2
from ._formats import grey_as_2d, not_bool, not_empty
from ._opencv import swap_red_blue
from ._pillow import pil_array
from ._source import Refusal

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["bgr_to_rgb", "channels_first", "channels_last", "from_pil", "rgb_to_bgr", "to_pil"]


def from_pil(image: Image) -> np.ndarray:
    """Convert a Pillow image to an array.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode but ``LAB``.  EXIF orientation is not applied: what the object shows is what the array holds; for
        an image from a file call ``PIL.ImageOps.exif_transpose`` first, or use `read_image`.

    Returns
    -------
    numpy.ndarray
        A new array.  uint8: (h, w) for modes ``1`` (as 0 and 255) and ``L``; (h, w, 2) for ``LA``; (h, w, 3) for
        ``RGB``, ``P``, ``CMYK``, ``YCbCr``, ``HSV``; (h, w, 4) for ``RGBA``, ``PA``.  A transparent colour of ``1``,
        ``L``, ``P`` or ``RGB`` adds alpha.  uint16 (h, w) for ``I;16`` and ``I``; float32 (h, w), values as they are,
        for ``F``.

    Raises
    ------
    TypeError
        If `image` is not a Pillow image.
    ValueError
        If the mode has no conversion, or is ``I`` with values outside 0 to 65535.
    OSError
        If Pillow loads the file only now and cannot.

    Examples
    --------
    >>> from_pil(to_pil(image)).shape
    (96, 128, 3)
    """
    with needed("PIL"):
        from PIL import Image

    if not isinstance(image, Image.Image):
        raise TypeError(f"image must be a PIL.Image.Image, got {type(image).__name__}")
    try:
        return pil_array(image)
    except Refusal as refusal:
        raise ValueError(f"image {refusal}") from None


def to_pil(image: np.ndarray) -> Image:
    """Convert an array to a Pillow image.

    Parameters
    ----------
    image : numpy.ndarray
        uint8, grey (h, w) or (h, w, 1), RGB (h, w, 3) or RGBA (h, w, 4); or uint16, grey only; at least one pixel.

    Returns
    -------
    PIL.Image.Image
        Of mode ``L``, ``RGB``, ``RGBA`` or ``I;16``; it does not share memory with `image`.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If Pillow has no mode for the dtype and the channels (floats, 16-bit colour), or the image is empty.

    Examples
    --------
    >>> to_pil(image).size
    (128, 96)
    """
    with needed("PIL"):
        from PIL import Image

    image = grey_as_2d(as_image(not_bool(image), channels=(1, 3, 4)))
    if image.dtype.kind == "f":
        raise ValueError(
            f"image must be uint8 or uint16 for Pillow, got {image.dtype}: for values in [0, 1] convert "
            "np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)"
        )
    if image.dtype == np.uint16 and image.ndim == 3:
        raise ValueError(f"image must be uint8 or grey, Pillow has no 16-bit colour, got shape {image.shape}")
    not_empty(image)
    made = Image.fromarray(np.ascontiguousarray(image))
    return made.copy() if made.readonly else made  # a mode whose memory Pillow shares with the array


def bgr_to_rgb(image: np.ndarray) -> np.ndarray:
    """Swap blue and red: OpenCV's channel order to the order of this library.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w, 3) or (h, w, 4), of any supported dtype; a fourth channel, alpha, stays in its place.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same shape and dtype.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If it has not 3 or 4 channels.
    ImportError
        If OpenCV, which swaps, cannot be loaded.

    Examples
    --------
    >>> bgr_to_rgb(np.array([[[1, 2, 3]]], np.uint8))
    array([[[3, 2, 1]]], dtype=uint8)
    """
    return swap_red_blue(as_image(image, channels=(3, 4)))


def rgb_to_bgr(image: np.ndarray) -> np.ndarray:
    """Swap red and blue: the channel order of this library to OpenCV's.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w, 3) or (h, w, 4), of any supported dtype; a fourth channel, alpha, stays in its place.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same shape and dtype.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If it has not 3 or 4 channels.
    ImportError
        If OpenCV, which swaps, cannot be loaded.

    Examples
    --------
    >>> rgb_to_bgr(np.array([[[1, 2, 3]]], np.uint8))
    array([[[3, 2, 1]]], dtype=uint8)
    """
    return swap_red_blue(as_image(image, channels=(3, 4)))


def channels_first(image: np.ndarray) -> np.ndarray:
    """Move the channels to the front, as PyTorch wants them.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w), (h, w, c), or a batch (n, h, w, c); of any dtype.  Three axes are always one image with channels.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same dtype: (1, h, w), (c, h, w) or (n, c, h, w).

    Raises
    ------
    TypeError
        If `image` is not a plain numpy array.
    ValueError
        If it has not 2, 3 or 4 axes.

    Examples
    --------
    >>> channels_first(image).shape
    (3, 96, 128)
    """
    image = _plain_array(image)
    if image.ndim not in (2, 3, 4):
        raise ValueError(f"image must have shape (h, w), (h, w, c) or (n, h, w, c), got {image.shape}")
    if image.ndim == 2:
        image = image[..., np.newaxis]
    return np.array(np.moveaxis(image, -1, -3), order="C")


def channels_last(image: np.ndarray) -> np.ndarray:
    """Move the channels to the end: the inverse of `channels_first`.

    Parameters
    ----------
    image : numpy.ndarray
        (c, h, w), or a batch (n, c, h, w); of any dtype.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same dtype: (h, w, c) or (n, h, w, c); one channel stays, as (h, w, 1).

    Raises
    ------
    TypeError
        If `image` is not a plain numpy array.
    ValueError
        If it has not 3 or 4 axes.
    ImportError
        If OpenCV, which interleaves 2, 3 or 4 channels, cannot be loaded.

    Examples
    --------
    >>> channels_last(channels_first(image)).shape
    (96, 128, 3)
    """
    image = _plain_array(image)
    if image.ndim not in (3, 4):
        raise ValueError(f"image must have shape (c, h, w) or (n, c, h, w), got {image.shape}")
    result = np.empty((*image.shape[:-3], *image.shape[-2:], image.shape[-3]), image.dtype)
    if result.size and result.shape[-1] in (2, 3, 4) and result.dtype in DTYPES:
        # 4 times faster than NumPy's strided copies (640 x 640 x 3 bytes: 0.14 ms, 0.57 ms).  The other way round
        # OpenCV gains less than a factor of 2, not worth loading it.
        merge = load_cv2().merge
        for planes, pixels in zip(image, result) if image.ndim == 4 else [(image, result)]:
            merge(list(np.ascontiguousarray(planes)), pixels)
    else:
        for channel in range(result.shape[-1]):
            result[..., channel] = image[..., channel, :, :]
    return result


def _plain_array(image: Any) -> np.ndarray:
    if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
        raise TypeError(f"image must be a plain numpy array, got {type(image).__name__}")
    return image


def _rows() -> list[Case]:
    cv2 = load_cv2()
    from PIL import Image

    def swapped(x: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(x, cv2.COLOR_BGR2RGB)

    def first(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x.transpose(2, 0, 1))

    def last(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x.transpose(1, 2, 0))

    def pillow(made: Image.Image) -> np.ndarray:
        return np.asarray(made)

    def made(name: str, ours: Function, peer: str, theirs: Function, **more: Any) -> Case:
        return versus(name, "RGB", ours, peer, theirs, **{"tolerance": 0, "default": True, **more})

    read_only = "theirs cannot be written to, ours is a copy of it that can"
    return [
        made("bgr_to_rgb", bgr_to_rgb, "cv2.cvtColor", swapped),
        made("rgb_to_bgr", rgb_to_bgr, "cv2.cvtColor", swapped),
        made("channels_first", channels_first, "NumPy, a copy", first),
        made("channels_last", channels_last, "NumPy, a copy", last, prepare=channels_first),
        made("from_pil", from_pil, "np.asarray", pillow, prepare=Image.fromarray, note=read_only),
        made("to_pil", to_pil, "Pillow fromarray", Image.fromarray, difference=None),
    ]


declare(bgr_to_rgb, channels_first, channels_last, from_pil, rgb_to_bgr, to_pil, peers=_rows)
