"""Point-spread functions: what becomes of a point."""

from __future__ import annotations

import math

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import positive, real, size_pair
from .._core.declare import declare
from .._neighbours.gaussian import gaussian_weights, mirrored

__all__ = ["defocus_psf", "gaussian_psf", "motion_psf", "turbulence_otf"]

LARGEST = 4096
"""Length or radius of a point-spread function [px]; larger ones are a mistake in the unit."""

LONGEST = 65536
"""Wavelength of `turbulence_otf` [px]."""

MOST = 1 << 28
"""Samples of `turbulence_otf`: 2 GB."""


def motion_psf(length: float, angle: float = 0.0) -> np.ndarray:
    """The point-spread function of a uniform straight motion.

    Parameters
    ----------
    length : float
        How far the image moves during the exposure, pixels, above 0 and at most 4096.
    angle : float
        Direction in degrees, counter-clockwise as seen; 0 is horizontal.

    Returns
    -------
    ndarray of float64, shape (n, m), both odd
        Non-negative, of sum 1: the share of the path that lies in each pixel.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> motion_psf(3).round(3)  # along a row
    array([[0.333, 0.333, 0.333]])
    """
    length, angle = _within(length, "length"), math.fmod(real(angle, "angle"), 360.0)
    if length <= 1:
        return np.ones((1, 1))  # all of the path is in the middle pixel
    dx, dy = elementary.cos(math.radians(angle)), -elementary.sin(math.radians(angle))
    dx, dy = (0.0 if abs(d) < 1e-12 else d for d in (dx, dy))
    half = length / 2
    # The path crosses into another pixel where x or y is a half.
    cuts = {-half, half}
    for d in (dx, dy):
        if d:
            n = math.ceil(half * abs(d))
            cuts.update(t for k in range(-n, n) if abs(t := (k + 0.5) / d) < half)
    path = np.array(sorted(cuts))
    path = path[np.diff(path, prepend=-np.inf) > 1e-9]  # through a corner: two crossings but for rounding
    middle = (path[1:] + path[:-1]) / 2
    y, x = np.rint(middle * dy).astype(int), np.rint(middle * dx).astype(int)
    ry, rx = np.abs(y).max(), np.abs(x).max()
    psf = np.zeros((2 * ry + 1, 2 * rx + 1))
    np.add.at(psf, (y + ry, x + rx), np.diff(path) / (path[-1] - path[0]))
    return (psf + psf[::-1, ::-1]) / 2  # symmetric to the last digit


def defocus_psf(radius: float) -> np.ndarray:
    """The point-spread function of a lens out of focus: a disc.

    Parameters
    ----------
    radius : float
        Of the disc, pixels, above 0 and at most 4096.

    Returns
    -------
    ndarray of float64, shape (n, n), n odd
        Non-negative, of sum 1: the share of the disc that lies in each pixel, to 1 part in 1000 of a pixel.

    Raises
    ------
    TypeError, ValueError
        If `radius` is of the wrong kind or value.

    Examples
    --------
    >>> psf = defocus_psf(2)
    >>> psf.shape, round(float(psf.sum()), 6)
    ((5, 5), 1.0)
    """
    radius = _within(radius, "radius")
    r = max(math.ceil(radius - 0.5), 0)
    if r == 0:
        return np.ones((1, 1))
    y = np.arange(-r, r + 1)[:, np.newaxis]
    away = np.abs(y[:, 0])
    columns = np.empty((2 * r + 1, 2 * r + 1))
    for x in range(-r, 1):
        fine = (np.arange(64) + 0.5) / 64 + x - 0.5
        chord = np.sqrt(np.maximum(radius * radius - fine * fine, 0))  # half its length, at 64 places of the column
        column = columns[r + x]
        column[:] = away + 0.5 <= chord.min()  # inside, or outside
        edge = (away + 0.5 > chord.min()) & (away - 0.5 < chord.max())
        covered = np.minimum(chord, y[edge] + 0.5) - np.maximum(-chord, y[edge] - 0.5)
        column[edge] = np.maximum(covered, 0).mean(axis=1)
        columns[r - x] = column
    psf = np.ascontiguousarray(columns.T)
    psf /= psf.sum()
    return psf


def gaussian_psf(sigma: float) -> np.ndarray:
    """A Gaussian point-spread function.

    Parameters
    ----------
    sigma : float
        Standard deviation, pixels, above 0 and at most 500.

    Returns
    -------
    ndarray of float64, shape (n, n), n = 2 ceil(4 sigma) + 1
        Samples of the Gaussian, scaled to the sum 1.

    Raises
    ------
    TypeError, ValueError
        If `sigma` is of the wrong kind or value.

    Examples
    --------
    >>> psf = gaussian_psf(1.0)
    >>> psf.shape[0] % 2, round(float(psf.sum()), 6)
    (1, 1.0)
    """
    sigma = positive(sigma, "sigma")
    real(sigma, "sigma", at_most=500)
    line = mirrored(gaussian_weights(sigma))
    return np.outer(line, line)


def turbulence_otf(size: tuple[int, int], strength: float) -> np.ndarray:
    """The optical transfer function of air turbulence over a long exposure.

    Parameters
    ----------
    size : (int, int)
        (h, w) of the spectrum, at most 2**28 samples.
    strength : float
        Pixels, from 0 to 65536: the wavelength whose contrast falls to 1/e.

    Returns
    -------
    ndarray of float64, shape (h, w)
        exp(-(strength D)^(5/3)) at D cycles per pixel, zero frequency at [0, 0]: a transfer for `apply_transfer`.  Of a
        size of its own it is also a point-spread function:
        ``np.fft.fftshift(np.fft.ifft2(otf).real).clip(0)``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The model of [1]_.  With its constant k over spectra of P samples, exp(-k (u^2 + v^2)^(5/6)), the strength is
    k^(3/5) P: 13.2, 7.6 and 3.3 pixels for the textbook's k = 0.0025, 0.001 and 0.00025 at P = 480.

    References
    ----------
    .. [1] R. E. Hufnagel, N. R. Stanley, "Modulation Transfer Function Associated with Image Transmission through
       Turbulent Media", Journal of the Optical Society of America 54, 1964.

    Examples
    --------
    >>> otf = turbulence_otf((8, 8), 0.01)
    >>> otf.shape, float(otf.max())
    ((8, 8), 1.0)
    """
    h, w = size_pair(size, "size")
    if h * w > MOST:
        raise ValueError(f"size must be of at most {MOST} samples, got {(h, w)}")
    strength = real(strength, "strength", at_least=0, at_most=LONGEST)
    fy, fx = np.fft.fftfreq(h)[:, np.newaxis], np.fft.fftfreq(w)
    squared = strength * strength * (fy * fy + fx * fx)
    return elementary_arrays.exp(-elementary_arrays.power(squared, 5 / 6))


def _within(value: object, name: str) -> float:
    number = positive(value, name)
    return real(number, name, at_most=LARGEST)


declare(defocus_psf, gaussian_psf, motion_psf, no_peer="a small kernel, made once")

declare(turbulence_otf, no_peer="an array of weights, made once")
