"""YCrCb: luma and two colour differences, as in JPEG."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image
from .._core.declare import Case, Function, declare, versus
from .._core.jit import cpu_has, kernel
from .._core.planes import LUMA_WEIGHTS, LUMA_WEIGHTS_15_BITS
from .._core.unit_range import must_be_unit
from .._scanline.shortcuts import mix_differences, row_of
from ._rows import convert, nearest, put, scale_of

__all__ = ["rgb_to_ycrcb", "ycrcb_to_rgb"]

WR, WG, WB = LUMA_WEIGHTS
WHOLE_R, WHOLE_G, WHOLE_B = LUMA_WEIGHTS_15_BITS
RED, BLUE = 2 - 2 * WR, 2 - 2 * WB  # what a unit of Cr or Cb is of R - Y or B - Y


@kernel
def _rgb_to_ycrcb(rows, top, integer, out):
    kind = type(top)
    half = kind(0.5) if integer is None else (top + kind(1)) * kind(0.5)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r, g, b = kind(row[3 * x]), kind(row[3 * x + 1]), kind(row[3 * x + 2])
            cr = r * kind(0.5) - g * kind(WG / RED) - b * kind(WB / RED) + half
            cb = b * kind(0.5) - r * kind(WR / BLUE) - g * kind(WG / BLUE) + half
            if integer is None:
                put(res, x, r * kind(WR) + g * kind(WG) + b * kind(WB), cr, cb, top, integer)
            else:  # luma as everywhere in this library
                red = np.uint32(np.uint32(WHOLE_R) * np.uint32(row[3 * x]))
                green = np.uint32(np.uint32(WHOLE_G) * np.uint32(row[3 * x + 1]))
                blue = np.uint32(np.uint32(WHOLE_B) * np.uint32(row[3 * x + 2]))
                res[3 * x] = np.uint32(np.uint32(np.uint32(red + green) + blue) + np.uint32(16384)) >> np.uint32(15)
                res[3 * x + 1] = nearest(cr if cr < top else top)  # saturated red is half a level beyond
                res[3 * x + 2] = nearest(cb if cb < top else top)


@kernel
def _ycrcb_to_rgb(rows, top, integer, out):
    kind = type(top)
    half = kind(0.5) if integer is None else (top + kind(1)) * kind(0.5)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            _put_colours(row, x, half, top, integer, res)


@kernel(inner=True)
def _put_colours(row, x, half, top, integer, res):
    """One pixel."""
    kind = type(top)
    luma, cr, cb = kind(row[3 * x]), kind(row[3 * x + 1]) - half, kind(row[3 * x + 2]) - half
    green = luma - cr * kind(WR * RED / WG) - cb * kind(WB * BLUE / WG)
    put(res, x, luma + cr * kind(RED), green, luma + cb * kind(BLUE), top, integer)


COLOURS = np.array([[1, RED, 0, 0], [1, -WR * RED / WG, -WB * BLUE / WG, 0], [1, 0, BLUE, 0]], np.float32)
"""The same as a matrix of luma and the differences.  What is times 1 or 0 rounds nothing, so that the bytes stay."""


@kernel(needs="avx512vbmi")
def _bytes_to_rgb(values, m, top, out):
    """The same of bytes: sixteen pixels at once, and the last ones one by one."""
    rows = row_of(m, 0), row_of(m, 1), row_of(m, 2)
    steps = max((values.size - 16) // 48, 0)  # none reads or writes beyond its band
    for i in range(steps):
        mix_differences(values, 48 * i, out, rows)
    for x in range(16 * steps, values.size // 3):
        _put_colours(values, x, np.float32(128), top, True, out)


def _by_sixteen(rows: np.ndarray, top: np.floating, integer: bool | None, out: np.ndarray) -> None:
    _bytes_to_rgb(rows.reshape(-1), COLOURS, top, out.reshape(-1))


def rgb_to_ycrcb(image: np.ndarray) -> np.ndarray:
    """Convert RGB to luma and two colour differences.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype; Y, Cr, Cb in OpenCV's order: Y = 0.299 R + 0.587 G + 0.114 B, Cr = (R - Y) / 1.402 and
        Cb = (B - Y) / 1.772, plus one half: 0.5 for floats, 128 or 32768 for integers, where a saturated red or blue is
        half a level too much and is cut off.  Full range, as in JPEG.  The integers of Y are those of `rgb_to_gray`.
        (OpenCV multiplies by 0.713 and 0.564 and so is off by up to 1 level in 8 bits, 19 in 16 bits.)

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    ycrcb_to_rgb : The way back.  Of all 8-bit colours a round trip changes no channel by more than 1 level.

    References
    ----------
    ITU-T Rec. T.871, "JPEG File Interchange Format", section 7; Rec. ITU-R BT.601.

    Examples
    --------
    >>> rgb_to_ycrcb(np.array([[[128, 128, 128]]], np.uint8))
    array([[[128, 128, 128]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_ycrcb")
    return convert(image, _rgb_to_ycrcb, *scale_of(image.dtype))


def ycrcb_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert luma and two colour differences to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_ycrcb`.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, RGB.  Integers are rounded half to even and saturated; floats may leave [0, 1].

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    rgb_to_ycrcb : The definitions.

    Examples
    --------
    >>> ycrcb_to_rgb(np.array([[[128, 128, 128]]], np.uint8))
    array([[[128, 128, 128]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="ycrcb_to_rgb")
    work = _by_sixteen if image.dtype == np.uint8 and cpu_has("avx512vbmi") else _ycrcb_to_rgb
    return convert(image, work, *scale_of(image.dtype))


def _rows() -> list[Case]:
    import cv2

    def code(number: int) -> Function:
        return lambda x: cv2.cvtColor(x, number)

    def exact_differences(x: np.ndarray) -> np.ndarray:
        r, g, b = np.moveaxis(x.astype(np.float64), 2, 0)
        luma = WR * r + WG * g + WB * b
        return np.stack([luma, (r - luma) / RED + 128, (b - luma) / BLUE + 128], axis=2).clip(0, 255)

    def exact_colours(x: np.ndarray) -> np.ndarray:
        luma, cr, cb = np.moveaxis(x.astype(np.float64), 2, 0)
        r, b = luma + (cr - 128) * RED, luma + (cb - 128) * BLUE
        return np.stack([r, (luma - WR * r - WB * b) / WG, b], axis=2).clip(0, 255)

    there, back = code(cv2.COLOR_RGB2YCrCb), code(cv2.COLOR_YCrCb2RGB)
    return [
        versus(
            "rgb_to_ycrcb",
            "RGB",
            rgb_to_ycrcb,
            "cv2.cvtColor",
            there,
            tolerance=1,
            default=True,
            reference=exact_differences,
            note="theirs has the factors 0.713 and 0.564, to 14 bits",
        ),
        versus(
            "ycrcb_to_rgb",
            "RGB",
            ycrcb_to_rgb,
            "cv2.cvtColor",
            back,
            tolerance=1,
            prepare=rgb_to_ycrcb,
            default=True,
            reference=exact_colours,
            note="theirs has the factors 1.403, 0.714, 0.344 and 1.773, to 14 bits",
        ),
    ]


declare(rgb_to_ycrcb, ycrcb_to_rgb, peers=_rows)
