"""Keyed textures: numbers of a stream by their place, and the fractal that clouds and fog are made of.

A number depends on the stream and on its place alone (see `_counter` of the scanline machine), so no order of work and
no number of threads changes a texture.  Textures are float32 and of sums and products only, alike on every processor.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel
from imgproc._scanline.operations._counter import first_bits, keys, mixed, start

__all__: list[str] = []


@kernel(inner=True)
def uniform(place, k0, k1):
    """The uniform number in (0, 1) of a place, for the two keys of a stream, float32."""
    bits = first_bits(mixed(start(place), k0, k1))
    return (np.float32(np.int32(bits >> np.uint32(8))) + np.float32(0.5)) * np.float32(2.0**-24)


@kernel
def _uniforms(stream, channel, out):
    k0, k1 = keys(stream, channel)
    for i in range(out.size):
        out[i] = uniform(i, k0, k1)


def uniforms(stream: int, count: int, channel: int = 0) -> np.ndarray:
    """So many uniform numbers in (0, 1) of a stream, float32; each channel has its own."""
    out = np.empty(count, np.float32)
    _uniforms(np.int64(stream), channel, out)
    return out


@kernel(inner=True)
def _moved(mean, y, x, width, amplitude, where):
    """A mean of four, moved at random by up to the amplitude."""
    u = uniform(y * width + x, where[0], where[1])
    return mean * np.float32(0.25) + amplitude * (u + u - np.float32(1))


@kernel
def _diamond_square(stream, step, amplitude, decay, out):
    """Fill a torus from nodes `step` apart: centres of squares, then of diamonds, then with half the step."""
    height, width = out.shape
    where = keys(stream, 0)
    for y in range(0, height, step):
        for x in range(0, width, step):
            out[y, x] = _moved(np.float32(0), y, x, width, amplitude, where)
    while step >= 2:
        half = step // 2
        for y in range(half, height, step):
            above, below, row = out[y - half], out[(y + half) % height], out[y]
            for x in range(half, width, step):
                right = (x + half) % width
                total = (above[x - half] + below[x - half]) + (above[right] + below[right])
                row[x] = _moved(total, y, x, width, amplitude, where)
        for y in range(0, height, half):
            above, below, row = out[(y - half) % height], out[(y + half) % height], out[y]
            for x in range(half if y % step == 0 else 0, width, step):
                left, right = (x - half) % width, (x + half) % width
                total = (above[x] + below[x]) + (row[left] + row[right])
                row[x] = _moved(total, y, x, width, amplitude, where)
        step = half
        amplitude *= decay


@kernel
def _bounds(values):
    low = high = values[0, 0]
    for y in range(values.shape[0]):
        row = values[y]
        for x in range(row.size):
            low, high = min(row[x], low), max(row[x], high)
    return low, high


@kernel
def _onto_unit(values, low, scale):
    for y in range(values.shape[0]):
        row = values[y]
        for x in range(row.size):
            row[x] = (row[x] - low) * scale


def plasma(size: tuple[int, int], stream: int, decay: float) -> np.ndarray:
    """Fractal noise by the diamond-square algorithm, from 0 to 1.

    Parameters
    ----------
    size : (int, int)
        (h, w), at least (1, 1).
    stream : int
    decay : float
        By how much the moves shrink from one step to the next, which has half the width: below 1.  The smaller, the
        smoother.

    Returns
    -------
    float32 ndarray of shape (h, w)
        A part of a torus; its least and largest numbers are near 0 and 1.

    Notes
    -----
    Fournier, Fussell, Carpenter, "Computer rendering of stochastic models", CACM 1982.  The torus has cells whose side
    is the power of two from the image's shorter side on, so that a long, thin image has several, side by side, and
    costs no more than its own pixels.
    """
    h, w = size
    step = 1 << (min(h, w) - 1).bit_length()
    torus = np.empty((-(-h // step) * step, -(-w // step) * step), np.float32)
    _diamond_square(np.int64(stream), step, np.float32(1), np.float32(decay), torus)
    low, high = _bounds(torus)
    _onto_unit(torus, low, np.float32(1) / max(high - low, np.float32(1e-30)))
    return torus[:h, :w]


# --- smooth noise -----------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _spline(t):
    """Weights of the four control points around a place, t of the way from the second to the third."""
    s, sixth = np.float32(1) - t, np.float32(1.0 / 6.0)
    square, cube = t * t, t * t * t
    second = (cube * np.float32(3) - square * np.float32(6) + np.float32(4)) * sixth
    third = (np.float32(1) + (t + square - cube) * np.float32(3)) * sixth
    return s * s * s * sixth, second, third, cube * sixth


@kernel
def _along(control, spacing, lines):
    """Splines along x through each row of control points."""
    for x in range(lines.shape[1]):
        place = (x + 0.5) / spacing
        k = np.int64(place)
        a, b, c, d = _spline(np.float32(place - k))
        for i in range(lines.shape[0]):
            row = control[i]
            lines[i, x] = a * row[k] + b * row[k + 1] + c * row[k + 2] + d * row[k + 3]


@kernel
def _down(lines, spacing, weight, out):
    """Splines along y, times a weight, added to what is there."""
    for y in range(out.shape[0]):
        place = (y + 0.5) / spacing
        k = np.int64(place)
        a, b, c, d = _spline(np.float32(place - k))
        a, b, c, d = a * weight, b * weight, c * weight, d * weight
        p, q, r, s, row = lines[k], lines[k + 1], lines[k + 2], lines[k + 3], out[y]
        for x in range(row.size):
            row[x] += (a * p[x] + b * q[x]) + (c * r[x] + d * s[x])


def smooth_noise(size: tuple[int, int], stream: int, spacings: list[float]) -> np.ndarray:
    """A smooth field around 0: cubic B-splines through uniform numbers, so many pixels apart.

    Parameters
    ----------
    size : (int, int)
        (h, w), at least (1, 1).
    stream : int
    spacings : list of float
        Distance of the control points, at least 1 [px]; each adds a field of half the weight of the one before.

    Returns
    -------
    float32 ndarray of shape (h, w)
    """
    h, w = size
    out, weight = np.zeros(size, np.float32), np.float32(1)
    for octave, spacing in enumerate(spacings):
        down, across = int(h / spacing) + 4, int(w / spacing) + 4
        control = uniforms(stream, down * across, octave).reshape(down, across) - np.float32(0.5)
        lines = np.empty((down, w), np.float32)
        _along(control, spacing, lines)
        _down(lines, spacing, weight, out)
        weight *= np.float32(0.5)
    return out
