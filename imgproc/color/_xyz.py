"""CIE XYZ, and linear light."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image
from .._core.declare import Case, declare, versus
from .._core.jit import Kernel, kernel
from .._core.lookup import look_up
from .._core.planes import canonical
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from ._rows import convert, decode, decode_row, encode, encode_row, precision_of, put, rounded, scale_of

__all__ = ["linear_to_rgb", "rgb_to_linear", "rgb_to_xyz", "xyz_to_rgb"]

# Linear sRGB (primaries of Rec. 709, white D65) to XYZ; the numbers of Poynton's Color FAQ, of OpenCV and scikit-image.
XR, XG, XB = 0.412453, 0.357580, 0.180423
YR, YG, YB = 0.212671, 0.715160, 0.072169
ZR, ZG, ZB = 0.019334, 0.119193, 0.950227
WHITE_X, WHITE_Z = 0.950456, 1.088754  # of R = G = B = 1; that of Y is 1

# Its inverse.
RX, RY, RZ = 3.2404813432005266, -1.5371515162713185, -0.49853632616888793
GX, GY, GZ = -0.9692549499965684, 1.8759900014898907, 0.04155592655829283
BX, BY, BZ = 0.05564663913517715, -0.20404133836651125, 1.0573110696453445


@kernel(inner=True)
def xyz_of(r, g, b):
    """Linear RGB to XYZ."""
    kind = type(r)
    return (
        r * kind(XR) + g * kind(XG) + b * kind(XB),
        r * kind(YR) + g * kind(YG) + b * kind(YB),
        r * kind(ZR) + g * kind(ZG) + b * kind(ZB),
    )


@kernel(inner=True)
def rgb_of(x, y, z):
    """XYZ to linear RGB."""
    kind = type(x)
    return (
        x * kind(RX) + y * kind(RY) + z * kind(RZ),
        x * kind(GX) + y * kind(GY) + z * kind(GZ),
        x * kind(BX) + y * kind(BY) + z * kind(BZ),
    )


@kernel
def _rgb_to_xyz_levels(rows, top, out):
    kind = type(top)
    part = kind(1) / top
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r = decode(kind(row[3 * x]) * part, None) * top
            g = decode(kind(row[3 * x + 1]) * part, None) * top
            b = decode(kind(row[3 * x + 2]) * part, None) * top
            u, v, w = xyz_of(r, g, b)
            put(res, x, u * kind(1 / WHITE_X), v, w * kind(1 / WHITE_Z), top, True)


@kernel
def _rgb_to_xyz(rows, double, out):
    for y in range(out.shape[0]):
        res = out[y]
        decode_row(rows[y], double, res)
        for x in range(res.size // 3):
            res[3 * x], res[3 * x + 1], res[3 * x + 2] = xyz_of(res[3 * x], res[3 * x + 1], res[3 * x + 2])


@kernel
def _xyz_to_rgb_levels(rows, top, out):
    kind = type(top)
    part = kind(1) / top
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            u, v, w = kind(row[3 * x]) * part, kind(row[3 * x + 1]) * part, kind(row[3 * x + 2]) * part
            r, g, b = rgb_of(u * kind(WHITE_X), v, w * kind(WHITE_Z))
            r, g, b = encode(r, None) * top, encode(g, None) * top, encode(b, None) * top
            put(res, x, r, g, b, top, True)


@kernel
def _xyz_to_rgb(rows, double, out):
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            res[3 * x], res[3 * x + 1], res[3 * x + 2] = rgb_of(row[3 * x], row[3 * x + 1], row[3 * x + 2])
        encode_row(res, double)


@kernel
def _decode_levels(rows, top, out):
    kind = type(top)
    part = kind(1) / top
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for i in range(row.size):
            res[i] = rounded(decode(kind(row[i]) * part, None) * top, top)


@kernel
def _encode_levels(rows, top, out):
    kind = type(top)
    part = kind(1) / top
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for i in range(row.size):
            res[i] = rounded(encode(kind(row[i]) * part, None) * top, top)


@kernel
def _decode_floats(rows, double, out):
    for y in range(out.shape[0]):
        decode_row(rows[y], double, out[y])


@kernel
def _encode_floats(rows, double, out):
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for i in range(row.size):
            res[i] = encode(row[i], double)


def rgb_to_xyz(image: np.ndarray) -> np.ndarray:
    """Convert RGB to CIE XYZ.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype; X, Y, Z for the 2-degree observer and white D65.  sRGB is decoded to linear light first,
        so that these are what a colorimeter measures.  (OpenCV leaves that out.)  Float: white is 0.950456, 1,
        1.088754.  Integers: fractions of white, so that white is full scale in each channel and nothing is cut off;
        levels are those of linear light, of which 256 are too few in the dark: use 16 bits or floats.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    xyz_to_rgb : The way back.  A round trip changes channels by 1.2 levels on average, by up to 25 of 8 bits, 33 of 16.

    References
    ----------
    IEC 61966-2-1 (sRGB); matrix for the primaries of Rec. ITU-R BT.709 as in C. Poynton, "Color FAQ".

    Examples
    --------
    >>> rgb_to_xyz(np.array([[[1.0, 1.0, 1.0]]])).round(3)
    array([[[0.95 , 1.   , 1.089]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_xyz")
    if image.dtype.kind == "u":
        return convert(image, _rgb_to_xyz_levels, scale_of(image.dtype)[0])
    return convert(image, _rgb_to_xyz, precision_of(image.dtype))


def xyz_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert CIE XYZ to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_xyz`.

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
    rgb_to_xyz : The definitions.

    Examples
    --------
    >>> xyz_to_rgb(rgb_to_xyz(np.array([[[0.2, 0.4, 0.6]]]))).round(3)
    array([[[0.2, 0.4, 0.6]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="xyz_to_rgb")
    if image.dtype.kind == "u":
        return convert(image, _xyz_to_rgb_levels, scale_of(image.dtype)[0])
    return convert(image, _xyz_to_rgb, precision_of(image.dtype))


def rgb_to_linear(image: np.ndarray) -> np.ndarray:
    """Decode sRGB to linear light.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.

    Returns
    -------
    ndarray
        Same shape and dtype: v / 12.92 up to 0.04045, ((v + 0.055) / 1.055)^2.4 above, also beyond [0, 1].  Integers
        are fractions of full scale, rounded half to even; 256 levels of linear light are too few in the dark: the
        darkest 18 of 8 bits become 0 or 1.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    linear_to_rgb : The way back.

    References
    ----------
    IEC 61966-2-1 (sRGB).

    Examples
    --------
    >>> rgb_to_linear(np.array([[0.0, 0.5, 1.0]])).round(3)
    array([[0.   , 0.214, 1.   ]])
    """
    image = as_image(image)
    must_be_unit(image, who="rgb_to_linear")
    return _each(image, _decode_levels, _decode_floats)


def linear_to_rgb(image: np.ndarray) -> np.ndarray:
    """Encode linear light as sRGB.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.

    Returns
    -------
    ndarray
        Same shape and dtype: 12.92 v up to 0.0031308, 1.055 v^(1/2.4) - 0.055 above, also beyond [0, 1].  Integers are
        fractions of full scale, rounded half to even.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    rgb_to_linear : The way back.

    References
    ----------
    IEC 61966-2-1 (sRGB).

    Examples
    --------
    >>> linear_to_rgb(np.array([[0.0, 0.2140, 1.0]])).round(3)
    array([[0. , 0.5, 1. ]])
    """
    image = as_image(image)
    must_be_unit(image, who="linear_to_rgb")
    return _each(image, _encode_levels, _encode_floats)


def _each(image: np.ndarray, on_levels: Kernel, on_floats: Kernel) -> np.ndarray:
    """A function of single samples; of bytes by a table."""
    if image.dtype == np.uint8:
        table = np.empty((1, 256), np.uint8)
        on_levels(canonical(np.arange(256, dtype=np.uint8)[np.newaxis]), scale_of(image.dtype)[0], table)
        return look_up(image.reshape(image.shape[0], -1) if image.size else image, table).reshape(image.shape)
    rows = canonical(image).reshape(image.shape[0], image.size // max(image.shape[0], 1))
    out = np.empty(image.shape, image.dtype)
    flat = out.reshape(rows.shape)

    def band(a: int, b: int) -> None:
        if image.dtype.kind == "u":
            on_levels(rows[a:b], scale_of(image.dtype)[0], flat[a:b])
        else:
            on_floats(rows[a:b], precision_of(image.dtype), flat[a:b])

    run_bands(band, rows.shape[0], pixels=rows.size)
    return out


def _rows() -> list[Case]:
    from skimage import color

    def decoded(x: np.ndarray) -> np.ndarray:
        return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)

    def encoded(x: np.ndarray) -> np.ndarray:
        return np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)

    close: dict[str, Any] = {"unit": "of 1", "tolerance": 1e-4, "default": True}
    return [
        versus("rgb_to_linear", "RGB float", rgb_to_linear, "NumPy", decoded, **close),
        versus("linear_to_rgb", "RGB float", linear_to_rgb, "NumPy", encoded, prepare=rgb_to_linear, **close),
        versus("rgb_to_xyz", "RGB float", rgb_to_xyz, "skimage rgb2xyz", color.rgb2xyz, **close),
        versus("xyz_to_rgb", "RGB float", xyz_to_rgb, "skimage xyz2rgb", color.xyz2rgb, prepare=rgb_to_xyz, **close),
    ]


declare(linear_to_rgb, rgb_to_linear, rgb_to_xyz, xyz_to_rgb, peers=_rows)
