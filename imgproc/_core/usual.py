"""What is usual in an image, and whether some of its values lie far beyond it.

One "no data" pixel of -9999 or -3.4e38 must not spoil what is far from it.  Where running sums or bins of equal width
would let it, functions ask here first, and take a slower way that cannot.
"""

from __future__ import annotations

import math

import numpy as np

__all__: list[str] = []

BEYOND = 1024.0
"""Values up to so many times as far from the median as the usual ones do no harm to sums.  What stays behind of one in
a running sum of float64 is then about 1e-13 of what is usual, and 1e-10 of its square."""

ROUGHLY = 256.0
"""The same for bins of equal width: of 16,384 bins some dozens are where the values are."""

_ASKED = 256  # about so many values tell what is usual


def some_values(values: np.ndarray, valid: np.ndarray | None) -> np.ndarray:
    """Return some of the valid values, spread over the image; none only if none is valid."""
    step = max(1, math.isqrt(values.shape[0] * values.shape[1] // _ASKED))
    some = values[::step, ::step]
    if valid is None:
        return some.reshape(-1)
    some = some[valid[::step, ::step]]
    return some if some.size else values[valid]


def sums_may_run(
    values: np.ndarray,
    valid: np.ndarray | None = None,
    ends: tuple[float, float] | None = None,
    outside: float | None = None,
) -> bool:
    """Say whether running sums over the valid values, which are finite, do no harm: none is far beyond the usual.

    `ends` are the lowest and the highest of the valid values, if they are known, and `outside` is a further value.
    """
    if values.dtype.kind == "u" or not values.size:
        return True
    if ends is not None:
        low, high = ends
    elif valid is None:
        low, high = float(values.min()), float(values.max())
    else:
        low = float(values.min(where=valid, initial=np.inf))
        high = float(values.max(where=valid, initial=-np.inf))
    if outside is not None:
        low, high = min(low, outside), max(high, outside)
    half, spread = _middle_and_spread(some_values(values, valid), 4)
    return max(high - half, half - low) <= BEYOND * (spread or abs(half) or 1.0)


def largest_in_sums(values: np.ndarray, valid: np.ndarray | None, ends: tuple[float, float] | None) -> float:
    """Return the absolute level that sums over windows are as precise as anywhere in an image of floats.

    It is the largest of all, or where sums may not run, as some lie far beyond the usual ones, the largest usual one.
    """
    if not sums_may_run(values, valid, ends):
        half, spread = _middle_and_spread(some_values(values, valid), 4)
        return abs(half) + 16 * spread
    if ends is None:
        where = True if valid is None else valid
        ends = float(values.min(where=where, initial=0.0)), float(values.max(where=where, initial=0.0))
    return max(abs(ends[0]), abs(ends[1]))


def bins_may_be_equal(plane: np.ndarray, valid: np.ndarray, low: float, high: float) -> bool:
    """Say whether bins of equal width from `low` to `high`, the ends of the valid values, show how these are spread."""
    some = some_values(plane, valid)
    _, spread = _middle_and_spread(some[np.isfinite(some)], 8)
    return high - low <= ROUGHLY * spread


def _middle_and_spread(some: np.ndarray, parts: int) -> tuple[float, float]:
    """Return the median, and how far the first and the last of so many parts are apart."""
    if not some.size:
        return 0.0, 0.0
    places = [some.size // parts, some.size // 2, (parts - 1) * some.size // parts]
    first, half, last = np.sort(some)[places].tolist()  # faster than a partition for so few
    return half, last - first
