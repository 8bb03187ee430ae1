"""The taps of orthogonal wavelets, computed by spectral factorization.

Daubechies' polynomial P(y) of degree N - 1 has the half-band filter's zeros outside of z = -1; each y stands for a pair
z, 1 / z with z + 1 / z = 2 - 4 y, of which a filter has one (I. Daubechies, "Ten Lectures on Wavelets", 1992, sections
6.1 and 6.4).  ``db`` takes those inside the unit circle: minimum phase.  ``sym`` takes the choice whose phase is
nearest to linear; of a choice and its mirror image the one that PyWavelets has.
"""

from __future__ import annotations

import functools
from math import comb
from typing import Any

import numpy as np

NAMES = ("haar", *(f"db{n}" for n in range(1, 11)), *(f"sym{n}" for n in range(2, 9)))

_OUTSIDE = {2: (0,), 3: (0,), 4: (1, 0), 5: (0, 1), 6: (1, 0, 1), 7: (0, 0, 1), 8: (1, 0, 1, 0)}
"""Of a symlet's zeros (conjugates count once, by rising real part of the one inside): 1 for those taken outside."""


@functools.cache
def taps(name: str) -> np.ndarray:
    """Filters of a wavelet, float64.

    Parameters
    ----------
    name : str
        One of `NAMES`.

    Returns
    -------
    read-only ndarray of shape (4, 2 N)
        Decomposition lowpass and highpass, reconstruction lowpass and highpass.
    """
    name = "db1" if name == "haar" else name
    n = int(name.lstrip("dbsym"))
    zeros = _zeros(n)
    outside = _OUTSIDE[n] if name.startswith("sym") else (0,) * len(zeros)
    low = np.ones(1)
    for _ in range(n):
        low = np.convolve(low, (1.0, 1.0))
    for zero, out in zip(zeros, outside, strict=True):
        z = 1 / zero if out else zero
        low = np.convolve(low, (1.0, -z.real) if z.imag == 0 else (1.0, -2 * z.real, z.real * z.real + z.imag * z.imag))
    low *= np.sqrt(2) / low.sum()
    high = low[::-1] * np.tile((1.0, -1.0), n)
    found = np.array([low[::-1], high[::-1], low, high])
    found.flags.writeable = False
    return found


def _zeros(n: int) -> list[complex]:
    """Zeros inside the unit circle, one of each pair of conjugates, by rising real part."""
    polynomial = np.polynomial.Polynomial([comb(n - 1 + k, k) for k in range(n)])
    slope, found = polynomial.deriv(), []
    roots: Any = polynomial.roots() if n > 1 else ()
    for y in roots:
        if y.imag < 0:
            continue
        real = y.imag == 0
        for _ in range(4):  # Newton: the companion matrix's eigenvalues lose some digits
            y = y - polynomial(y) / slope(y)
        b = 1 - 2 * complex(y)
        z = b + np.sqrt(b * b - 1)
        z = complex(1 / z if abs(z) > 1 else z)
        found.append(complex(z.real, 0.0) if real else z)
    return sorted(found, key=lambda z: z.real)
