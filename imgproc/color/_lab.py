"""CIE 1976 L*a*b* and L*u*v*."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image
from .._core.declare import Case, Function, declare, versus
from .._core.jit import kernel
from .._core.unit_range import must_be_unit
from ._rows import convert, cube_root, decode, decode_row, encode, encode_row, precision_of, put, scale_of
from ._xyz import WHITE_X, WHITE_Z, XB, YB, ZB, rgb_of, xyz_of

__all__ = ["lab_to_rgb", "luv_to_rgb", "rgb_to_lab", "rgb_to_luv"]

# The limits of CIE 15:2004: the cube root begins at (6/29)**3, below it is a line.
KNEE, SLOPE, OFFSET = 216 / 24389, 841 / 108, 4 / 29
KNEE_ROOT = 6 / 29

WHITE_SUM = WHITE_X + 15 + 3 * WHITE_Z
WHITE_U, WHITE_V = 4 * WHITE_X / WHITE_SUM, 9 / WHITE_SUM
BLUE_V = 9 * YB / (XB + 15 * YB + 3 * ZB)
TINY, BLACK = 1.2e-38, 1e-12
"""X + 15 Y + 3 Z and L of colours so dark that their reciprocals would overflow: they count as black, which has the
chromaticity of white."""
LOW_U, SPAN_U, LOW_V, SPAN_V = 134, 354, 140, 262  # what integers hold of u and v


@kernel(inner=True)
def _root(t, double):
    """The f of CIE 15: a cube root that ends in a line."""
    kind = type(t)
    root = cube_root(t, double)
    return t * kind(SLOPE) + kind(OFFSET) if t <= kind(KNEE) else root


@kernel(inner=True)
def _cube(f):
    kind = type(f)
    return (f - kind(OFFSET)) * kind(1 / SLOPE) if f <= kind(KNEE_ROOT) else f * f * f


@kernel(inner=True)
def _lab_of(x, y, z):
    """L, a, b of the roots of X, Y, Z."""
    kind = type(x)
    return kind(116) * y - kind(16), kind(500) * (x - y), kind(200) * (y - z)


@kernel(inner=True)
def _from_lab(light, a, b):
    """L, a, b to linear RGB."""
    kind = type(light)
    y = (light + kind(16)) * kind(1 / 116)
    x, z = y + a * kind(1 / 500), y - b * kind(1 / 200)
    return rgb_of(_cube(x) * kind(WHITE_X), _cube(y), _cube(z) * kind(WHITE_Z))


@kernel(inner=True)
def _luv_of(x, y, z, double):
    """XYZ to L, u, v."""
    kind = type(x)
    light = kind(116) * _root(y, double) - kind(16)
    total = x + kind(15) * y + kind(3) * z
    part = kind(1) / total
    part = part if abs(total) > kind(TINY) else kind(0)
    scale = kind(13) * light
    return light, scale * (kind(4) * x * part - kind(WHITE_U)), scale * (kind(9) * y * part - kind(WHITE_V))


@kernel(inner=True)
def _from_luv(light, u, v, integer):
    """L, u, v to linear RGB."""
    kind = type(light)
    y = _cube((light + kind(16)) * kind(1 / 116))
    part = kind(1) / (kind(13) * light)
    part = part if abs(light) > kind(BLACK) else kind(0)
    u, v = u * part + kind(WHITE_U), v * part + kind(WHITE_V)
    if integer is not None:  # rounded levels of dark colours may stand for any chromaticity: that of blue is the limit
        v = v if v > kind(BLUE_V) else kind(BLUE_V)
    ratio = y / (kind(4) * v)
    return rgb_of(kind(9) * u * ratio, y, (kind(12) - kind(3) * u - kind(20) * v) * ratio)


@kernel
def _rgb_to_lab_levels(rows, top, out):
    kind = type(top)
    part, unit, percent = kind(1) / top, top * kind(1 / 255), top * kind(1 / 100)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r, g = decode(kind(row[3 * x]) * part, None), decode(kind(row[3 * x + 1]) * part, None)
            u, v, w = xyz_of(r, g, decode(kind(row[3 * x + 2]) * part, None))
            u, v, w = _root(u * kind(1 / WHITE_X), None), _root(v, None), _root(w * kind(1 / WHITE_Z), None)
            light, a, b = _lab_of(u, v, w)
            put(res, x, light * percent, (a + kind(128)) * unit, (b + kind(128)) * unit, top, True)


@kernel
def _rgb_to_lab(rows, double, out):
    kind = out.dtype.type
    for y in range(out.shape[0]):
        res = out[y]
        decode_row(rows[y], double, res)
        for x in range(res.size // 3):
            r, g, b = res[3 * x], res[3 * x + 1], res[3 * x + 2]
            u, v, w = xyz_of(r, g, b)
            u, v, w = _root(u * kind(1 / WHITE_X), double), _root(v, double), _root(w * kind(1 / WHITE_Z), double)
            res[3 * x], res[3 * x + 1], res[3 * x + 2] = _lab_of(u, v, w)


@kernel
def _lab_to_rgb_levels(rows, top, out):
    kind = type(top)
    unit, percent = kind(255) / top, kind(100) / top
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            light, a, b = kind(row[3 * x]) * percent, kind(row[3 * x + 1]) * unit, kind(row[3 * x + 2]) * unit
            r, g, b = _from_lab(light, a - kind(128), b - kind(128))
            r, g, b = encode(r, None) * top, encode(g, None) * top, encode(b, None) * top
            put(res, x, r, g, b, top, True)


@kernel
def _lab_to_rgb(rows, double, out):
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            res[3 * x], res[3 * x + 1], res[3 * x + 2] = _from_lab(row[3 * x], row[3 * x + 1], row[3 * x + 2])
        encode_row(res, double)


@kernel
def _rgb_to_luv_levels(rows, top, out):
    kind = type(top)
    part, percent, for_u, for_v = kind(1) / top, top / kind(100), top / kind(SPAN_U), top / kind(SPAN_V)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r, g = decode(kind(row[3 * x]) * part, None), decode(kind(row[3 * x + 1]) * part, None)
            u, v, w = xyz_of(r, g, decode(kind(row[3 * x + 2]) * part, None))
            light, u, v = _luv_of(u, v, w, None)
            put(res, x, light * percent, (u + kind(LOW_U)) * for_u, (v + kind(LOW_V)) * for_v, top, True)


@kernel
def _rgb_to_luv(rows, double, out):
    for y in range(out.shape[0]):
        res = out[y]
        decode_row(rows[y], double, res)
        for x in range(res.size // 3):
            r, g, b = res[3 * x], res[3 * x + 1], res[3 * x + 2]
            u, v, w = xyz_of(r, g, b)
            res[3 * x], res[3 * x + 1], res[3 * x + 2] = _luv_of(u, v, w, double)


@kernel
def _luv_to_rgb_levels(rows, top, out):
    kind = type(top)
    percent, of_u, of_v = kind(100) / top, kind(SPAN_U) / top, kind(SPAN_V) / top
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            light, u, v = kind(row[3 * x]) * percent, kind(row[3 * x + 1]) * of_u, kind(row[3 * x + 2]) * of_v
            r, g, b = _from_luv(light, u - kind(LOW_U), v - kind(LOW_V), True)
            r, g, b = encode(r, None) * top, encode(g, None) * top, encode(b, None) * top
            put(res, x, r, g, b, top, True)


@kernel
def _luv_to_rgb(rows, double, out):
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            res[3 * x], res[3 * x + 1], res[3 * x + 2] = _from_luv(row[3 * x], row[3 * x + 1], row[3 * x + 2], None)
        encode_row(res, double)


def rgb_to_lab(image: np.ndarray) -> np.ndarray:
    """Convert RGB to CIE L*a*b*.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, for the 2-degree observer and white D65; grey has a = b = 0.  Float: L is in [0, 100], a
        and b are within -108 and 99 for colours of sRGB.  8 bits, as OpenCV: L 255 / 100, a + 128, b + 128.
        16 bits the same at full resolution: L 65535 / 100, 257 (a + 128), 257 (b + 128).  (OpenCV's float version is
        off by up to 0.6.)

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    lab_to_rgb : The way back.  A round trip of 8 bits changes channels by 0.65 levels on average, by up to 26 where a
        channel of a bright colour is dark; a round trip of float32, by at most 2e-5.

    References
    ----------
    CIE 15:2004, "Colorimetry"; IEC 61966-2-1 (sRGB).

    Examples
    --------
    >>> abs(rgb_to_lab(np.array([[[1.0, 1.0, 1.0]]]))).round(2)
    array([[[100.,   0.,   0.]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_lab")
    if image.dtype.kind == "u":
        return convert(image, _rgb_to_lab_levels, scale_of(image.dtype)[0])
    return convert(image, _rgb_to_lab, precision_of(image.dtype))


def lab_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert CIE L*a*b* to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_lab`.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, RGB.  Integers are rounded half to even and saturated; floats may leave [0, 1].

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels.

    See Also
    --------
    rgb_to_lab : The definitions.

    Examples
    --------
    >>> lab_to_rgb(np.array([[[100.0, 0.0, 0.0]]])).round(3)
    array([[[1., 1., 1.]]])
    """
    image = as_image(image, channels=(3,))
    if image.dtype.kind == "u":
        return convert(image, _lab_to_rgb_levels, scale_of(image.dtype)[0])
    return convert(image, _lab_to_rgb, precision_of(image.dtype))


def rgb_to_luv(image: np.ndarray) -> np.ndarray:
    """Convert RGB to CIE L*u*v*.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, for the 2-degree observer and white D65; grey has u = v = 0.  Float: L is in [0, 100], u
        and v are within -135 and 176 for colours of sRGB.  8 bits, as OpenCV: L 255 / 100,
        (u + 134) 255 / 354, (v + 140) 255 / 262.  16 bits the same at full resolution, with 65535 for 255.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    luv_to_rgb : The way back.  A round trip of 8 bits changes channels by 0.73 levels on average, by up to 23 where a
        channel of a bright colour is dark; a round trip of float32, by at most 2e-5.

    References
    ----------
    CIE 15:2004, "Colorimetry"; IEC 61966-2-1 (sRGB).

    Examples
    --------
    >>> abs(rgb_to_luv(np.array([[[1.0, 1.0, 1.0]]]))).round(2)
    array([[[100.,   0.,   0.]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_luv")
    if image.dtype.kind == "u":
        return convert(image, _rgb_to_luv_levels, scale_of(image.dtype)[0])
    return convert(image, _rgb_to_luv, precision_of(image.dtype))


def luv_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert CIE L*u*v* to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_luv`.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, RGB.  Integers are rounded half to even and saturated; floats may leave [0, 1].

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels.

    See Also
    --------
    rgb_to_luv : The definitions.

    Examples
    --------
    >>> luv_to_rgb(np.array([[[100.0, 0.0, 0.0]]])).round(3)
    array([[[1., 1., 1.]]])
    """
    image = as_image(image, channels=(3,))
    if image.dtype.kind == "u":
        return convert(image, _luv_to_rgb_levels, scale_of(image.dtype)[0])
    return convert(image, _luv_to_rgb, precision_of(image.dtype))


def _rows() -> list[Case]:
    import cv2
    from skimage import color

    def code(number: int) -> Function:
        return lambda x: cv2.cvtColor(x, number)

    float_note = "OpenCV's float version looks up its curves, and is off by up to 0.6"
    return [
        versus("rgb_to_lab", "RGB", rgb_to_lab, "cv2.cvtColor", code(cv2.COLOR_RGB2LAB), tolerance=2, default=True),
        versus(
            "lab_to_rgb", "RGB", lab_to_rgb, "cv2.cvtColor", code(cv2.COLOR_LAB2RGB), prepare=rgb_to_lab, default=True
        ),
        versus(
            "rgb_to_lab, float",
            "RGB float",
            rgb_to_lab,
            "cv2.cvtColor",
            code(cv2.COLOR_RGB2LAB),
            unit="of 100",
            note=float_note,
            default=True,
            reference=lambda x: color.rgb2lab(x.astype(np.float64)),
        ),
        versus("rgb_to_luv", "RGB", rgb_to_luv, "cv2.cvtColor", code(cv2.COLOR_RGB2LUV), tolerance=2, default=True),
        versus(
            "luv_to_rgb", "RGB", luv_to_rgb, "cv2.cvtColor", code(cv2.COLOR_LUV2RGB), prepare=rgb_to_luv, default=True
        ),
    ]


declare(lab_to_rgb, luv_to_rgb, rgb_to_lab, rgb_to_luv, peers=_rows)
