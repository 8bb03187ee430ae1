"""HSI of Gonzalez and Woods: hue, saturation and the mean of R, G, B."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image
from .._core.declare import declare
from .._core.jit import kernel
from .._core.unit_range import must_be_unit
from ._hsv import must_be_hue_and_fractions, put_hue
from ._rows import convert, put, scale_of

__all__ = ["hsi_to_rgb", "rgb_to_hsi"]

# Polynomials in the square of the argument, highest power first: Chebyshev interpolants, exact to 1e-15.
ARCTAN = (  # arctan(t) / (2 pi t) for |t| <= tan(pi / 8)
    -0.0040293158863849285,
    0.007997216015240694,
    -0.010354613240562074,
    0.012212814541360348,
    -0.014466436613343032,
    0.017683783504257537,
    -0.0227364178578355,
    0.03183098858400536,
    -0.05305164769712046,
    0.15915494309189518,
)
TANGENT = (  # tan(pi t / 3) / t for |t| <= 1 / 2
    0.0010260481387746163,
    0.0010260793380675282,
    0.0029900018039216098,
    0.006527123469503956,
    0.01472166557921871,
    0.033120332290921234,
    0.07453130393014057,
    0.16791203546022304,
    0.38279353926362353,
    1.047197551196597,
)
ROOT_3 = 1.7320508075688772
TAN_22_5 = 0.41421356237309503


@kernel(inner=True)
def _odd(t, coefficients):
    """t times a polynomial in its square."""
    kind = type(t)
    square = t * t
    p = kind(coefficients[0])
    for k in range(1, 10):
        p = p * square + kind(coefficients[k])
    return p * t


@kernel(inner=True)
def _turns(y, x):
    """The angle of a point, in turns, [0, 1); 0 for the origin."""
    kind = type(x)
    across, along = abs(y), abs(x)
    steep = across > along
    small, large = (along if steep else across), (across if steep else along)
    beyond = small > large * kind(TAN_22_5)
    above = small - large if beyond else small
    below = small + large if beyond else large
    h = _odd(above / below, ARCTAN) + (kind(0.125) if beyond else kind(0))
    h = kind(0.25) - h if steep else h
    h = kind(0.5) - h if x < kind(0) else h
    h = kind(1) - h if y < kind(0) else h
    return h if (below > kind(0)) & (h < kind(1)) else kind(0)


@kernel
def _rgb_to_hsi(rows, top, integer, out):
    kind = type(top)
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            r, g, b = kind(row[3 * x]), kind(row[3 * x + 1]), kind(row[3 * x + 2])
            least = r if r < g else g
            least = b if b < least else least
            total = r + g + b
            s = (total - kind(3) * least) * top / total
            s = s if total != kind(0) else kind(0)
            # The cosine of the book's arccos is 2 R - G - B over the length of this vector.
            h = _turns(kind(ROOT_3) * (g - b), (r - g) + (r - b))
            put_hue(res, x, h, s, total * kind(1 / 3), total, top, integer)


@kernel
def _hsi_to_rgb(rows, top, integer, out):
    kind = type(top)
    part = kind(1) / top
    third = kind(3) if integer is None else kind(3) / (top + kind(1))
    for y in range(out.shape[0]):
        row, res = rows[y], out[y]
        for x in range(res.size // 3):
            h, s, i = kind(row[3 * x]) * third, kind(row[3 * x + 1]) * part, kind(row[3 * x + 2])
            i = i if h == h else h
            h = h - kind(3) * np.floor(h * kind(1 / 3))
            past_green, past_blue = h >= kind(1), h >= kind(2)
            within = h - (kind(2) if past_blue else kind(1) if past_green else kind(0))
            # cos(H) / cos(60 - H) = 1/2 - sqrt(3)/2 tan(H - 60), the tangent by that of the half angle
            t = _odd(within - kind(0.5), TANGENT)
            ratio = kind(0.5) - kind(ROOT_3) * t / (kind(1) - t * t)
            a, c = i + i * s * ratio, i - i * s
            b = kind(3) * i - (a + c)
            red = b if past_blue else c if past_green else a
            green = c if past_blue else a if past_green else b
            blue = a if past_blue else b if past_green else c
            put(res, x, red, green, blue, top, integer)


def rgb_to_hsi(image: np.ndarray) -> np.ndarray:
    """Convert RGB to hue, saturation and intensity.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Intensity is the mean of R, G, B; saturation is 1 - 3 min(R, G, B) / (R + G + B), 0 for
        black; hue is the angle around the grey axis, arccos([(R - G) + (R - B)] / 2 / sqrt((R - G)^2 + (R - B)(G - B)))
        and its complement for B > G, 0 for grey.  (Here it is the arctangent of the same angle, which loses no digits
        near the primaries.)  Float: hue in turns, [0, 1), the others in [0, 1].  Integers: a turn is 256 or 65536
        levels, the others are fractions of full scale.  NaN in one channel is NaN in all three.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    hsi_to_rgb : The way back.  Of all 8-bit colours a round trip changes no channel by more than 4 levels.

    References
    ----------
    R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th edition, section 6.2.

    Examples
    --------
    >>> rgb_to_hsi(np.array([[[0.2, 0.2, 0.2]]]))  # grey has no hue and no saturation
    array([[[0. , 0. , 0.2]]])
    """
    image = as_image(image, channels=(3,))
    must_be_unit(image, who="rgb_to_hsi")
    return convert(image, _rgb_to_hsi, *scale_of(image.dtype))


def hsi_to_rgb(image: np.ndarray) -> np.ndarray:
    """Convert hue, saturation and intensity to RGB.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, scaled as by `rgb_to_hsi`.  Hue may be any number of
        turns.  Not every triple is a colour: strong saturation at high intensity lies outside of RGB.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype, RGB.  Integers are rounded half to even and saturated; floats may leave [0, 1].

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels, or floats are clearly not levels from 0 to 1 (see `to_uint8`) after a hue in
        turns.

    See Also
    --------
    rgb_to_hsi : The definitions.

    Examples
    --------
    >>> hsi_to_rgb(np.array([[[0.0, 0.0, 0.5]]]))
    array([[[0.5, 0.5, 0.5]]])
    """
    image = as_image(image, channels=(3,))
    must_be_hue_and_fractions(image, "hsi_to_rgb")
    return convert(image, _hsi_to_rgb, *scale_of(image.dtype))


declare(hsi_to_rgb, rgb_to_hsi, no_peer="neither OpenCV nor scikit-image has this space")
