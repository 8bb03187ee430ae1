"""HSV and HSL, the hexcone and its double: hue, saturation, and value or lightness."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image
from .._core.declare import Case, Function, declare, versus
from .._core.jit import kernel
from .._core.unit_range import must_be_turns, must_be_unit
from .._scanline.operations._hexcone import TINY
from ._rows import convert, nearest, put, scale_of

__all__ = ["hsl_to_rgb", "hsv_to_rgb", "rgb_to_hsl", "rgb_to_hsv"]


@kernel(inner=True)
def put_hue(out, x, h, a, b, total, top, integer):
    """Store hue in turns and two levels; a NaN in `total` makes all of them NaN."""
    if integer is None:
        good = total == total
        out[3 * x] = h if good else total
        out[3 * x + 1] = a if good else total
        out[3 * x + 2] = b if good else total
    else:
        out[3 * x] = nearest(h * (top + type(top)(1)))  # a whole turn wraps to 0
        out[3 * x + 1] = nearest(a)
        out[3 * x + 2] = nearest(b)


@kernel(inner=True)
def _extremes(r, g, b):
    most = r if r > g else g
    least = r if r < g else g
    return (b if b > most else most), (b if b < least else least)


@kernel(inner=True)
def _hue(r, g, b, most, chroma):
    """Hue on the hexagon, in turns."""
    kind = type(r)
    part = kind(1) / chroma
    h = kind(4) + (r - g) * part
    h = kind(2) + (b - r) * part if most == g else h
    h = (g - b) * part if most == r else h
    h = h + kind(6) if h < kind(0) else h
    h = h * kind(1 / 6)
    return h if (chroma > kind(TINY)) & (h < kind(1)) else kind(0)


@kernel
def _rgb_to_hsv(rows, top, integer, out):
    kind = type(top)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r, g, b = kind(row[3 * x]), kind(row[3 * x + 1]), kind(row[3 * x + 2])
            most, least = _extremes(r, g, b)
            chroma = most - least
            s = chroma * top / most
            s = s if most != kind(0) else kind(0)
            put_hue(res, x, _hue(r, g, b, most, chroma), s, most, r + g + b, top, integer)


@kernel
def _rgb_to_hsl(rows, top, integer, out):
    kind = type(top)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r, g, b = kind(row[3 * x]), kind(row[3 * x + 1]), kind(row[3 * x + 2])
            most, least = _extremes(r, g, b)
            chroma, both = most - least, most + least
            room = both if both < top else (top - most) + (top - least)  # 1 - |2 L - 1|, without its cancellation
            s = chroma * top / room
            s = s if room != kind(0) else kind(0)
            put_hue(res, x, _hue(r, g, b, most, chroma), s, both * kind(0.5), r + g + b, top, integer)


@kernel(inner=True)
def _fold(sixths, ahead):
    """How near a channel is to having no part in the hue, from 0 (leads) to 1; `ahead` is 5, 3, 1 for R, G, B."""
    kind = type(sixths)
    k = sixths + kind(ahead)
    k = k - kind(6) * np.floor(k * kind(1 / 6))
    m = kind(4) - k
    m = k if k < m else m
    m = kind(1) if m > kind(1) else m
    return kind(0) if m < kind(0) else m


@kernel
def _hsv_to_rgb(rows, top, integer, out):
    kind = type(top)
    part = kind(1) / top
    sixth = kind(6) if integer is None else kind(6) / (top + kind(1))
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            h, s, v = kind(row[3 * x]) * sixth, kind(row[3 * x + 1]) * part, kind(row[3 * x + 2])
            chroma, most = v * s, v if h == h else h
            red, green, blue = _fold(h, 5), _fold(h, 3), _fold(h, 1)
            put(res, x, most - chroma * red, most - chroma * green, most - chroma * blue, top, integer)


@kernel
def _hsl_to_rgb(rows, top, integer, out):
    kind = type(top)
    part = kind(1) / top
    sixth = kind(6) if integer is None else kind(6) / (top + kind(1))
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            h, s, light = kind(row[3 * x]) * sixth, kind(row[3 * x + 1]) * part, kind(row[3 * x + 2])
            chroma = s * (top - abs(light + light - top))
            most = light + chroma * kind(0.5)
            most = most if h == h else h
            red, green, blue = _fold(h, 5), _fold(h, 3), _fold(h, 1)
            put(res, x, most - chroma * red, most - chroma * green, most - chroma * blue, top, integer)


def must_be_hue_and_fractions(image: np.ndarray, who: str) -> None:
    """Refuse floats in other units than those of this module, such as degrees."""
    must_be_turns(image[..., 0], "image[..., 0]")
    must_be_unit(image[..., 1:], "image[..., 1:]", who=who)


def rgb_to_hsv(image: np.ndarray) -> np.ndarray:
    """Convert RGB to hue, saturation and value.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Value is the largest of R, G, B; saturation is (largest - smallest) / largest, 0 for
        black; hue goes around the hexagon from red over green and blue, 0 for grey.  Float: hue in turns, [0, 1), the
        others in [0, 1].  Integers: a turn is all the levels there are, 256 or 65536 (8 bits: as OpenCV's ``_FULL``),
        saturation and value are fractions of full scale.  NaN in one channel is NaN in all three.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    hsv_to_rgb : The way back.  Of all 8-bit colours a round trip changes no channel by more than 3 levels.
    shift_hsv : Changes hue, saturation and value without the rounding in between.

    References
    ----------
    A. R. Smith, "Color gamut transform pairs", SIGGRAPH 1978.

    Examples
    --------
    >>> rgb_to_hsv(np.array([[[0.0, 1.0, 0.0]]])).round(3)
    array([[[0.333, 1.   , 1.   ]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_hsv")
    return convert(image, _rgb_to_hsv, *scale_of(image.dtype))


def hsv_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert hue, saturation and value to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_hsv`.  Hue may be any number of turns.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, RGB; integers are rounded half to even.

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels, or floats are clearly not levels from 0 to 1 (see `to_uint8`) after a hue in
        turns.

    See Also
    --------
    rgb_to_hsv : The definitions.

    Examples
    --------
    >>> hsv_to_rgb(np.array([[[0.0, 1.0, 1.0]]]))
    array([[[1., 0., 0.]]])
    """
    image = as_image(image, channels=(3,))
    must_be_hue_and_fractions(image, "hsv_to_rgb")
    return convert(image, _hsv_to_rgb, *scale_of(image.dtype))


def rgb_to_hsl(image: np.ndarray) -> np.ndarray:
    """Convert RGB to hue, saturation and lightness.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Lightness is the mean of the largest and the smallest of R, G, B; saturation is
        (largest - smallest) / (1 - |2 lightness - 1|), 0 for black and white; hue as in `rgb_to_hsv`.  Float: hue in
        turns, [0, 1), the others in [0, 1].  Integers: a turn is 256 or 65536 levels, the others are fractions of full
        scale.  The order is H, S, L, where OpenCV and `colorsys` have H, L, S.  NaN in one channel is NaN in all three.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    hsl_to_rgb : The way back.  Of all 8-bit colours a round trip changes no channel by more than 4 levels.

    References
    ----------
    G. H. Joblove, D. Greenberg, "Color spaces for computer graphics", SIGGRAPH 1978.

    Examples
    --------
    >>> rgb_to_hsl(np.array([[[1.0, 0.0, 0.0]]]))
    array([[[0. , 1. , 0.5]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_hsl")
    return convert(image, _rgb_to_hsl, *scale_of(image.dtype))


def hsl_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert hue, saturation and lightness to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_hsl`.  Hue may be any number of turns.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, RGB; integers are rounded half to even.

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels, or floats are clearly not levels from 0 to 1 (see `to_uint8`) after a hue in
        turns.

    See Also
    --------
    rgb_to_hsl : The definitions.

    Examples
    --------
    >>> hsl_to_rgb(np.array([[[0.0, 1.0, 0.5]]]))
    array([[[1., 0., 0.]]])
    """
    image = as_image(image, channels=(3,))
    must_be_hue_and_fractions(image, "hsl_to_rgb")
    return convert(image, _hsl_to_rgb, *scale_of(image.dtype))


def _rows() -> list[Case]:
    import cv2

    def code(number: int) -> Function:
        return lambda x: cv2.cvtColor(x, number)

    def made(name: str, ours: Function, number: int, **more: Any) -> Case:
        return versus(name, "RGB", ours, "cv2.cvtColor", code(number), default=True, **more)

    order = {"difference": None, "note": "the order of OpenCV's channels is H, L, S"}
    return [
        made("rgb_to_hsv", rgb_to_hsv, cv2.COLOR_RGB2HSV_FULL, difference=_around, tolerance=1),
        made("hsv_to_rgb", hsv_to_rgb, cv2.COLOR_HSV2RGB_FULL, tolerance=4, prepare=rgb_to_hsv),
        made("rgb_to_hsl", rgb_to_hsl, cv2.COLOR_RGB2HLS_FULL, **order),
        made("hsl_to_rgb", hsl_to_rgb, cv2.COLOR_HLS2RGB_FULL, prepare=rgb_to_hsl, **order),
    ]


def _around(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference, of hue around the circle of 256 levels."""
    apart = np.abs(ours.astype(int) - theirs)
    apart[..., 0] = np.minimum(apart[..., 0], 256 - apart[..., 0])
    return float(apart.max(initial=0))


declare(hsl_to_rgb, hsv_to_rgb, rgb_to_hsl, rgb_to_hsv, peers=_rows)
