"""The same picture in another dtype: full scale becomes full scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_pixels, float_dtype
from .._core.declare import Case, declare, versus
from .._core.jit import kernel
from .._core.levelwise import over
from .._core.planes import full_scale
from .._core.unit_range import must_be_unit
from .._scanline import run

__all__ = ["to_float", "to_uint8", "to_uint16"]

FULL_SCALE = {"bool": 1, "uint8": 255, "uint16": 65535, "uint32": (1 << 32) - 1, "int16": (1 << 15) - 1}
"""Of the integers that pictures are stored in.  Others hold counts and labels, whose range nothing says."""


@kernel
def _divide(values, top, out):
    for i in range(out.size):
        out[i] = type(top)(values[i]) / top


@kernel
def _widen(values, out):
    """Bytes as 16 bits: 255 becomes 65535."""
    for i in range(out.size):
        out[i] = np.uint16(values[i]) * np.uint16(257)


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Convert an image to 8 bits: full scale becomes 255.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        bool, uint8, uint16, uint32, int16, float16, float32 or float64.  Full scale is True, the largest number of the
        integers, or 1.0.  To bring another range to full scale, such as 12 bits in uint16, use `rescale`.

    Returns
    -------
    ndarray of uint8
        Same shape, always a new array.  Levels are rounded half to even and saturated: floats below 0 become 0, and
        those above 1 become 255.  NaN becomes 0.

    Raises
    ------
    TypeError
        If `image` is not an array of these dtypes.
    ValueError
        If it has another shape, an integer below 0, or floats that are clearly not levels from 0 to 1 (see Notes).

    See Also
    --------
    rescale : for another range of levels.
    to_uint16, to_float : the same for other results.

    Notes
    -----
    Floats are refused if more than 1 % of them, and more than 8, lie beyond -16 or 16, or more than
    a quarter below -1 or above 2.  Of a large image, 32 rows are looked at, and of each 32 levels.

    Examples
    --------
    >>> import numpy as np
    >>> to_uint8(np.array([[0.0, 0.5, 1.0]]))
    array([[  0, 128, 255]], dtype=uint8)
    """
    return _integers(image, np.uint8)


def to_uint16(image: np.ndarray) -> np.ndarray:
    """Convert an image to 16 bits: full scale becomes 65535.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        Of the dtypes that `to_uint8` takes, with the same full scale.

    Returns
    -------
    ndarray of uint16
        Same shape, always a new array.  Levels are rounded and saturated as by `to_uint8`.

    Raises
    ------
    TypeError, ValueError
        As `to_uint8`, whose notes say which floats are clearly not levels from 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> to_uint16(np.array([[0, 1, 255]], np.uint8))
    array([[    0,   257, 65535]], dtype=uint16)
    """
    return _integers(image, np.uint16)


def to_float(image: np.ndarray, *, dtype: Any = "float32") -> np.ndarray:
    """Convert an image to floats: full scale becomes 1.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        Of the dtypes that `to_uint8` takes, with the same full scale.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    ndarray of float32, or of `dtype`
        Same shape, always a new array.  Floats keep their levels, whatever their range, and NaN.

    Raises
    ------
    TypeError
        If `image` is not an array of these dtypes.
    ValueError
        If it has another shape or an integer below 0, or `dtype` is another one.

    Examples
    --------
    >>> import numpy as np
    >>> to_float(np.array([[0, 51, 255]], np.uint8))
    array([[0. , 0.2, 1. ]], dtype=float32)
    """
    kind, levels = float_dtype(dtype), _standard(image)
    if levels.dtype.kind == "f":
        return levels.astype(kind, order="C")
    top = kind.type(full_scale(levels.dtype))
    return over(levels, _divide, top, dtype=kind)


def _integers(image: Any, dtype: type) -> np.ndarray:
    levels = _standard(image)
    must_be_unit(levels, who=np.dtype(dtype).name)
    if levels.dtype == dtype or levels.size == 0:
        return levels.astype(dtype, order="C")
    if levels.dtype == np.uint8:
        return over(levels, _widen, dtype=np.dtype(dtype))
    return run(levels, [], dtype=np.dtype(dtype))  # as chains store what they have computed


def _standard(image: Any) -> np.ndarray:
    """The image in a dtype that all functions take, exactly: float64 holds every integer of 32 bits."""
    image = as_pixels(image, names=(*FULL_SCALE, "float16", "float32", "float64"))
    name = image.dtype.name
    if name == "bool":
        return image.view(np.uint8) * np.uint8(255)
    if name == "float16":
        return image.astype(np.float32)
    if name in ("uint32", "int16"):
        if image.size and (least := int(image.min())) < 0:
            raise ValueError(
                f"image must not be below 0, got {least}: pass imgproc.rescale(image, source=(low, high)) with the "
                "levels that shall become black and white"
            )
        return image / np.float64(FULL_SCALE[name])
    return image


def _rows() -> list[Case]:
    from skimage import util

    def bytes_of(x: np.ndarray) -> np.ndarray:
        return np.rint(x * np.float32(255)).clip(0, 255).astype(np.uint8)

    def sixteen(x: np.ndarray) -> np.ndarray:
        return np.multiply(x, 257, dtype=np.uint16)

    return [
        versus(
            "to_float", "RGB", to_float, "skimage img_as_float32", util.img_as_float32, tolerance=1e-6, default=True
        ),
        versus("to_uint8", "RGB float", to_uint8, "NumPy", bytes_of, tolerance=1, default=True),
        versus("to_uint16", "RGB", to_uint16, "NumPy", sixteen, tolerance=0, default=True),
    ]


declare(to_float, to_uint8, to_uint16, peers=_rows)
declare(to_float, result=lambda image: (np.dtype(np.float32), image.shape))
declare(to_uint8, result=lambda image: (np.dtype(np.uint8), image.shape))
declare(to_uint16, result=lambda image: (np.dtype(np.uint16), image.shape))
