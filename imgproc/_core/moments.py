"""The mean and the variance of the levels of each channel."""

from __future__ import annotations

import numpy as np

from .formats import channels_of
from .jit import kernel
from .planes import canonical, full_scale
from .sums import LANES

__all__: list[str] = []


@kernel
def _moment_of_floats(rows, rest, about, squared, lanes, totals):
    """Add up what levels differ from `about`, or the squares of that, in sums that run side by side."""
    channels = totals.size
    for i in range(rows.shape[0]):
        row = rows[i]
        for k in range(lanes.size):
            d = np.float64(row[k]) - about[k]
            lanes[k] += d * d if squared else d
    for k in range(lanes.size):
        totals[k % channels] += lanes[k]
    for k in range(rest.size):
        d = np.float64(rest[k]) - about[k]
        totals[k % channels] += d * d if squared else d


@kernel
def _moments_of_integers(rows, channels, sums, squares):
    """Add up levels and their squares, exactly."""
    for i in range(rows.shape[0]):
        row = rows[i]
        for k in range(row.size):
            v = np.int64(row[k])
            sums[k % channels] += v
            squares[k % channels] += v * v


@kernel
def _moments_of_bytes(rows, rest, lanes, sums, squares):
    """The same for bytes: lanes of 32 bits hold the sums of a few rows, which vectorises."""
    channels = sums.size
    for i in range(rows.shape[0]):
        lanes[:] = 0
        for j in range(rows.shape[1]):
            row = rows[i, j]
            for k in range(row.size):
                v = np.uint32(row[k])
                lanes[0, k] += v
                lanes[1, k] += v * v
        for k in range(lanes.shape[1]):
            sums[k % channels] += np.int64(lanes[0, k])
            squares[k % channels] += np.int64(lanes[1, k])
    for k in range(rest.size):
        v = np.int64(rest[k])
        sums[k % channels] += v
        squares[k % channels] += v * v


_ROWS = 256
"""So many squares of bytes have room in 32 bits, 66051 of them at most."""


def moments(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the variance of each channel, float64 (c,), on the scale of fractions of full scale.

    Integers are added up exactly.  A channel of one level has that level as its mean, and a variance of exactly 0.  NaN
    and infinity lead to NaN.  `image` has at least one pixel.
    """
    channels = channels_of(image)
    flat = canonical(image).reshape(-1)
    if image.dtype.kind == "u":
        return _of_integers(flat, channels, full_scale(image.dtype))
    side = max(LANES // channels, 1) * channels  # a lane meets one channel only
    rows = flat[: flat.size // side * side].reshape(-1, side)
    rest = flat[rows.size :]
    n = flat.size // channels
    means = flat[:channels].astype(np.float64)
    for squared in (False, True):
        totals = np.zeros(channels)
        _moment_of_floats(rows, rest, np.tile(means, side // channels), squared, np.zeros(side), totals)
        if squared:
            return means, totals / n
        with np.errstate(over="ignore", invalid="ignore"):
            means = means + totals / n
    raise AssertionError


def _of_integers(flat: np.ndarray, channels: int, top: int) -> tuple[np.ndarray, np.ndarray]:
    sums, squares = np.zeros((2, channels), np.int64)
    side = max(LANES // channels, 1) * channels
    if flat.dtype == np.uint8:
        block = side * _ROWS
        rows = flat[: flat.size // block * block].reshape(-1, _ROWS, side)
        _moments_of_bytes(rows, flat[rows.size :], np.zeros((2, side), np.uint32), sums, squares)
    else:
        _moments_of_integers(flat.reshape(-1, channels), channels, sums, squares)
    n = flat.size // channels
    # Python's integers, as the square of a sum has no room in 64 bits.
    variances = [(n * q - s * s) / (n * n * top * top) for s, q in zip(sums.tolist(), squares.tolist())]
    return sums / (n * top), np.array(variances)


def moments_of_all(image: np.ndarray) -> tuple[float, float]:
    """The mean and the variance of all levels of an image, whatever the channel."""
    means, variances = moments(image)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(means.mean()) if means.min() != means.max() else float(means[0])
        return mean, float((variances + (means - mean) * (means - mean)).mean())
