"""The colour of light of a temperature."""

from __future__ import annotations

from .._core.check import one_of, real
from .._core.declare import declare
from ._xyz import BX, BY, BZ, GX, GY, GZ, RX, RY, RZ

__all__ = ["illuminant_gains"]

RANGES = {"blackbody": (1000.0, 15000.0), "daylight": (4000.0, 25000.0)}
"""Temperatures [K] for which the formulas hold."""


def illuminant_gains(temperature: float, *, mode: str = "blackbody") -> tuple[float, float, float]:
    """R, G, B of light of a colour temperature, relative to white and to green.

    What a white sheet under this light looks like in linear light: multiply an image by it to put it under the light,
    divide to take the light away.  For values with the sRGB curve, take the gains to the power 1 / 2.2 first, as
    `white_balance` does; chains of `augment` multiply as their peers do.

    Parameters
    ----------
    temperature : float
        In kelvin, from 1000 to 15000 for a black body, from 4000 to 25000 for daylight.  Candles have 1900, bulbs
        2800, the sun at noon 5500, an overcast sky 6500, a blue sky 10000 and more.
    mode : {"blackbody", "daylight"}
        A Planckian radiator, or the CIE illuminants D, of which the one of 6504 K is the white of sRGB.

    Returns
    -------
    tuple of three floats
        R / G, 1, B / G in linear sRGB.  The blue of a black body below 1900 K is outside of sRGB and given as 0.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    References
    ----------
    M. Krystek, "An algorithm to calculate correlated colour temperature", Color Research and Application 10 (1985):
    the Planckian locus, to 1e-4 in u and v.  CIE 15:2004, section 3.1: daylight.

    Examples
    --------
    >>> [round(gain, 2) for gain in illuminant_gains(3000.0)]  # red, green and blue of a lamp
    [2.09, 1.0, 0.32]
    """
    one_of(mode, "mode", tuple(RANGES))
    low, high = RANGES[mode]
    return gains_at(real(temperature, "temperature", at_least=low, at_most=high), mode)


def gains_at(t: float, mode: str) -> tuple[float, float, float]:
    """`illuminant_gains` of arguments that are checked."""
    x, y = _planckian(t) if mode == "blackbody" else _daylight(t)
    red, green, blue = (a * x + b * y + c * (1 - x - y) for a, b, c in ((RX, RY, RZ), (GX, GY, GZ), (BX, BY, BZ)))
    return red / green, 1.0, max(blue / green, 0.0)


def _planckian(t: float) -> tuple[float, float]:
    """Chromaticity x, y of a black body."""
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    return 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)


def _daylight(t: float) -> tuple[float, float]:
    """Chromaticity x, y of the CIE illuminant D."""
    r = 1000 / t
    if t <= 7000:
        x = 0.244063 + r * (0.09911 + r * (2.9678 - r * 4.6070))
    else:
        x = 0.237040 + r * (0.24748 + r * (1.9018 - r * 2.0064))
    return x, -3 * x * x + 2.870 * x - 0.275


declare(illuminant_gains, no_peer="three numbers, made once")
