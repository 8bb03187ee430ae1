"""The distribution of a float plane: its cumulative function in 16,384 bins that remember their extreme values.

Between the smallest and the largest value of a bin the function is taken as linear.  So it is exact where a bin holds a
single value (a float copy of an 8-bit image behaves like that image) and never shows bands where it holds many.

Bins have equal widths, which is fast, unless a few values lie so far off that most others would share some bins.  Then
the values are sorted, and bins hold about equally many.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np

from .._core.jit import kernel
from .._core.threads import run_bands
from .._core.usual import bins_may_be_equal

BINS = 1 << 14

_ROWS = 64  # of a band of sorted values, which is worked on in NumPy


@kernel
def _extent(plane, mask):
    low, high, n = np.inf, -np.inf, 0
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            v = np.float64(plane[y, x])
            if mask[y, x] and np.isfinite(v):
                low, high, n = min(low, v), max(high, v), n + 1
    return low, high, n


@kernel
def _tally_bins(plane, mask, low, scale, counts, smallest, largest):
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            v = np.float64(plane[y, x])
            if mask[y, x] and np.isfinite(v):
                i = min(max(int((v - low) * scale), 0), BINS - 1)
                counts[i] += 1
                smallest[i] = min(smallest[i], v)
                largest[i] = max(largest[i], v)


@kernel
def _apply_bins(plane, low, scale, smallest, largest, at_smallest, at_largest, between, out):
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            v = np.float64(plane[y, x])
            if np.isnan(v):
                out[y, x] = v
                continue
            i = int(min(max((v - low) * scale, 0.0), BINS - 1.0))
            if v < smallest[i]:  # only values that were not counted; in an empty bin this is infinite
                out[y, x] = between[i]
            elif v > largest[i]:
                out[y, x] = between[i + 1]
            else:
                width = largest[i] - smallest[i]
                t = (v - smallest[i]) / width if width > 0.0 else 1.0
                out[y, x] = at_smallest[i] + t * (at_largest[i] - at_smallest[i])


def _sorted_bins(plane: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How many values are in each bin, and its smallest and largest; equal values are in one bin."""
    values = plane[mask & np.isfinite(plane)].astype(np.float64)
    values.sort()
    places = np.arange(BINS) * values.size // BINS
    starts = np.unique(np.searchsorted(values, values[places]))
    stops = np.append(starts[1:], values.size)
    return stops - starts, values[starts], values[stops - 1]


def _apply_sorted(
    plane: np.ndarray,
    smallest: np.ndarray,
    largest: np.ndarray,
    at_smallest: np.ndarray,
    at_largest: np.ndarray,
    between: np.ndarray,
    out: np.ndarray,
) -> None:
    """Do as `_apply_bins` for bins of sorted values."""
    v = plane.astype(np.float64)
    i = np.maximum(np.searchsorted(smallest, v, side="right") - 1, 0)
    width = largest[i] - smallest[i]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        t = np.where(width > 0.0, (v - smallest[i]) / width, 1.0)
        inside = at_smallest[i] + t * (at_largest[i] - at_smallest[i])
    mapped = np.where(v < smallest[i], between[i], np.where(v > largest[i], between[i + 1], inside))
    out[...] = np.where(np.isnan(v), v, mapped)


@dataclass
class Distribution:
    """Finite values of a float plane under a mask.

    ``below[i]`` counts the values in lower bins, ``upto_smallest[i]`` those up to and with the bin's smallest value,
    ``upto_largest[i]`` those up to and with its largest, ``between[i]`` those below a value that lies between bin i - 1
    and bin i.  With a `scale` of infinity the bins are of sorted values, and none of them is empty.
    """

    low: float
    high: float
    n: int
    scale: float
    counts: np.ndarray
    smallest: np.ndarray
    largest: np.ndarray

    @classmethod
    def of(cls, plane: np.ndarray, mask: np.ndarray) -> Distribution:
        """Measure a canonical (h, w) float plane."""
        h, pixels = plane.shape[0], plane.size
        parts = run_bands(lambda a, b: _extent(plane[a:b], mask[a:b]), h, pixels=pixels)
        low, high = min(p[0] for p in parts), max(p[1] for p in parts)
        n = sum(p[2] for p in parts)
        scale = 0.0
        if n and high > low:
            with np.errstate(over="ignore"):  # values of denormal width have no finite scale, and 0 * infinity no bin
                scale = min(float(BINS / (np.float64(high) - low)), sys.float_info.max)

        if scale > 0 and not bins_may_be_equal(plane, mask, low, high):
            return cls(low, high, n, np.inf, *_sorted_bins(plane, mask))

        def band(a: int, b: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            tables = np.zeros(BINS, np.int64), np.full(BINS, np.inf), np.full(BINS, -np.inf)
            _tally_bins(plane[a:b], mask[a:b], low, scale, *tables)
            return tables

        counts, smallest, largest = zip(*run_bands(band, h, pixels=pixels))
        return cls(low, high, n, scale, sum(counts), np.minimum.reduce(smallest), np.maximum.reduce(largest))

    @property
    def constant(self) -> bool:
        """Fewer than two different values."""
        return self.scale == 0.0

    def __post_init__(self) -> None:
        filled = self.counts > 0
        single = filled & (self.smallest == self.largest)
        cumulative = np.cumsum(self.counts)
        self.between = np.concatenate([[0], cumulative])
        self.below = self.between[:-1]
        self.upto_largest = cumulative
        self.upto_smallest = np.where(single, cumulative, self.below + filled)
        self.before_largest = np.where(single, self.below, cumulative - filled)

    def quantiles(self) -> tuple[np.ndarray, np.ndarray]:
        """Knots (share of values up to, value) of the cumulative function, increasing."""
        filled = np.flatnonzero(self.counts)
        share = np.stack([self.upto_smallest[filled], self.upto_largest[filled]], axis=1).ravel() / self.n
        value = np.stack([self.smallest[filled], self.largest[filled]], axis=1).ravel()
        keep = np.concatenate([[True], np.diff(share) > 0])
        return share[keep], value[keep]

    def apply(
        self, plane: np.ndarray, at_smallest: np.ndarray, at_largest: np.ndarray, between: np.ndarray
    ) -> np.ndarray:
        """Map the plane; the tables say where each bin's smallest and largest value go, and what lies between bins.

        NaN stays NaN.
        """
        out = np.empty(plane.shape, plane.dtype)
        tables = self.smallest, self.largest, at_smallest, at_largest, between
        if math.isinf(self.scale):
            run_bands(
                lambda a, b: _apply_sorted(plane[a:b], *tables, out[a:b]), plane.shape[0], pixels=plane.size, rows=_ROWS
            )
            return out
        run_bands(
            lambda a, b: _apply_bins(plane[a:b], self.low, self.scale, *tables, out[a:b]),
            plane.shape[0],
            pixels=plane.size,
        )
        return out
