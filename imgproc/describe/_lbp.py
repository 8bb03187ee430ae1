"""Local binary patterns."""

from __future__ import annotations

import math

import numpy as np

from .._core import elementary_arrays
from .._core.border import framed
from .._core.check import as_image, border_name, integer, one_of, radius_within
from .._core.declare import Case, declare, versus
from .._core.jit import kernel
from .._core.levels import fill_level
from .._core.planes import as_planes, canonical, fill_values
from .._core.threads import run_bands

__all__ = ["lbp"]

MOST_POINTS = 24
"""Of a local binary pattern."""

_WHOLE = 100_000
"""Parts of a pixel: places on the circle are rounded to them, as scikit-image does.  So levels of integers times the
weights of an interpolation are whole numbers below 2**53, which float64 adds up exactly."""

_SLACK = 4
"""Units of rounding by which a float sample between pixels may be below the pixel and still count as equal to it."""


@kernel
def _patterns(around, channels, offsets, parts, slack, method, out, y0, y1):
    """Codes of the samples around each pixel that are not below it; see `lbp`.  Rows are flat, `around` has a frame."""
    r, points, n = (around.shape[0] - out.shape[0]) // 2, offsets.shape[0], out.shape[1]
    for y in range(y0, y1):
        codes, middle = out[y], around[y + r, r * channels :]
        codes[:] = 0
        for p in range(points):
            i, j, down, across = y + r + offsets[p, 0], r + offsets[p, 1], parts[p, 0], parts[p, 1]
            upper, lower = around[i, j * channels :], around[i + 1 if down > 0 else i, j * channels :]
            if down == 0 and across == 0:
                _whole_samples(upper, middle, np.int32(1 << p), codes)
            else:
                right = channels if across > 0 else 0
                size = upper.size - right
                samples = upper[:size], upper[right:], lower[:size], lower[right:]
                if slack > 0:
                    _close_samples(samples, down, across, middle, slack, np.int32(1 << p), codes)
                else:
                    _exact_samples(samples, down, across, middle, np.int32(1 << p), codes)
        if method > 0:
            for x in range(n):
                codes[x] = _invariant(codes[x], points, method == 2)


@kernel
def _whole_samples(values, middle, bit, codes):
    for x in range(codes.size):
        codes[x] |= bit if values[x] >= middle[x] else np.int32(0)


@kernel
def _exact_samples(samples, down, across, middle, bit, codes):
    """Of integers: everything is a whole number that float64 holds."""
    upper, right, lower, both = samples
    whole = np.float64(_WHOLE)
    for x in range(codes.size):
        a, b, d, e = np.float64(upper[x]), np.float64(right[x]), np.float64(lower[x]), np.float64(both[x])
        above, below = whole * a + across * (b - a), whole * d + across * (e - d)
        sample = whole * above + down * (below - above)
        codes[x] |= bit if sample >= whole * whole * np.float64(middle[x]) else np.int32(0)


@kernel
def _close_samples(samples, down, across, middle, slack, bit, codes):
    """Of floats: a sample is not below the pixel if it is by no more than `slack` of the largest level that it sees."""
    upper, right, lower, both = samples
    s, t = across / _WHOLE, down / _WHOLE
    for x in range(codes.size):
        a, b, d, e = np.float64(upper[x]), np.float64(right[x]), np.float64(lower[x]), np.float64(both[x])
        above, below, m = a + s * (b - a), d + s * (e - d), np.float64(middle[x])
        largest = max(max(abs(a), abs(b)), max(max(abs(d), abs(e)), abs(m)))
        codes[x] |= bit if above + t * (below - above) - m >= -slack * largest else np.int32(0)


@kernel(inner=True)
def _invariant(code, points, is_uniform):
    """The smallest of a code's rotations; or the number of ones where they are together, else points + 1."""
    least, ones, changes = code, 0, 0
    for p in range(points):
        bit, following = code >> p & 1, code >> ((p + 1) % points) & 1
        ones += bit
        changes += bit != following
        least = min(least, code >> p | (code & ((1 << p) - 1)) << (points - p))
    if is_uniform:
        return ones if changes <= 2 else points + 1
    return least


def lbp(
    image: np.ndarray,
    *,
    radius: int = 1,
    points: int = 8,
    method: str = "basic",
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Local binary patterns: which of the samples on a circle around a pixel are at least as bright as it.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        Of the circle in pixels; at most the image's longer side.
    points : int
        Samples, evenly spaced, from the right counter-clockwise as seen; from 1 to 24.  Between pixels they are
        interpolated linearly.
    method : {"basic", "rotation_invariant", "uniform"}
        Sample p is bit p of the code; the smallest of the code's rotations; or the number of ones where they are
        together on the circle, else points + 1 ("riu2").
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the circle sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of int32, shape of the image
        Codes; a sample that is NaN, or whose pixel is, counts as 0.  Exact for integers: equal is equal, and a constant
        added to all levels changes nothing.  In float images a sample between pixels counts as equal to its pixel if it
        is lower by at most 4 units of rounding (``numpy.finfo``'s eps) of the largest level that it is made of.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.feature.local_binary_pattern`` with its methods ``default``, ``ror`` and ``uniform``, which has 0 outside
    the image, and where rounding decides whether a sample is equal to its pixel.

    References
    ----------
    T. Ojala, M. Pietikäinen, T. Mäenpää, "Multiresolution gray-scale and rotation invariant texture classification with
    local binary patterns", IEEE TPAMI 24(7), 2002.

    Examples
    --------
    >>> codes = lbp(np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], np.uint8))
    >>> int(codes[1, 1])  # no neighbour is as bright
    0
    """
    image = as_image(image)
    radius, points = radius_within(radius, image), integer(points, "points", at_least=1, at_most=MOST_POINTS)
    methods = ("basic", "rotation_invariant", "uniform")
    number = methods.index(one_of(method, "method", methods))
    border_name(border)
    fill = fill_level(fill, image)
    out = np.empty(image.shape, np.int32)
    if not image.size:
        return out
    planes, h = as_planes(image), image.shape[0]
    c, edge, kind = planes.shape[2], 2 * radius, image.dtype.kind
    around = np.empty((h + edge, image.shape[1] + edge, c), image.dtype)
    framed(planes, (radius,) * 4, border, fill_values(fill, c, image.dtype), around)
    turns = 2 * math.pi * np.arange(points) / points
    places = np.stack((-radius * elementary_arrays.sin(turns), radius * elementary_arrays.cos(turns)), axis=-1)
    places = np.rint(places * _WHOLE)
    offsets = np.floor(places / _WHOLE).astype(np.int64)
    parts, slack = places - offsets * _WHOLE, 0.0 if kind == "u" else _SLACK * float(np.finfo(image.dtype).eps)
    rows, codes = canonical(around).reshape(h + edge, -1), out.reshape(h, -1)
    run_bands(
        lambda a, b: _patterns(rows, c, offsets, parts, slack, number, codes, a, b),
        h,
        pixels=out.size,
    )
    return out


def _rows() -> list[Case]:
    from skimage import feature

    return [
        versus(
            "lbp",
            "grey",
            lbp,
            "skimage local_binary_pattern",
            lambda x: feature.local_binary_pattern(x, 8, 1),
            difference=None,
            note="its codes are numbered otherwise",
        )
    ]


declare(lbp, result=lambda image: (np.dtype(np.int32), image.shape), peers=_rows)
