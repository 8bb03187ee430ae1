"""Weighted sums over rows of levels, many levels at once, for the sampler of areas."""

from __future__ import annotations

from ..._core.jit import Choice, kernel
from ._lanes import FEATURE, down_lanes

SPARE = 16
"""So many zeros follow the sums, which vectors may read."""


@kernel(inner=True)
def _one_row(one, a, sums):
    kind = sums.dtype.type
    for i in range(one.size):
        sums[i] = a * kind(one[i])


@kernel(inner=True)
def _two_rows(one, two, a, b, sums):
    kind = sums.dtype.type
    for i in range(one.size):
        sums[i] = a * kind(one[i]) + b * kind(two[i])


@kernel(inner=True)
def _three_rows(one, two, three, a, b, c, sums):
    kind = sums.dtype.type
    for i in range(one.size):
        sums[i] = (a * kind(one[i]) + b * kind(two[i])) + c * kind(three[i])


@kernel(inner=True)
def _four_rows(one, two, three, four, weights, sums):
    kind = sums.dtype.type
    a, b, c = kind(weights[0]), kind(weights[2]), kind(weights[1])
    for i in range(one.size):
        sums[i] = (a * kind(one[i]) + b * (kind(two[i]) + kind(three[i]))) + c * kind(four[i])


@kernel(inner=True)
def _add_rows(one, two, a, sums):
    kind = sums.dtype.type
    for i in range(one.size):
        sums[i] += a * (kind(one[i]) + kind(two[i]))


@kernel(inner=True)
def _add_row(one, a, sums):
    kind = sums.dtype.type
    for i in range(one.size):
        sums[i] += a * kind(one[i])


@kernel(inner=True)
def _few_rows(flat, start, line, count, n, weights, total):
    """Add up at most three rows of n levels, from index `start` on."""
    kind, end = total.dtype.type, start + (count - 1) * line
    first, last, middle = kind(weights[0]), kind(weights[1]), kind(weights[2])
    if count == 1:
        _one_row(flat[start : start + n], first, total)
    elif count == 2:
        _two_rows(flat[start : start + n], flat[end : end + n], first, last, total)
    else:
        at = start + line
        one, two, three = flat[start : start + n], flat[at : at + n], flat[end : end + n]
        _three_rows(one, two, three, first, middle, last, total)


@kernel(inner=True)
def _one_by_one(flat, start, line, count, n, weights, total):
    """The same, in less code."""
    kind, end = total.dtype.type, start + (count - 1) * line
    _one_row(flat[start : start + n], kind(weights[0]), total)
    if count == 3:
        at = start + line
        _add_row(flat[at : at + n], kind(weights[2]), total)
    if count > 1:
        _add_row(flat[end : end + n], kind(weights[1]), total)


@kernel(inner=True)
def _many_rows(flat, start, line, count, n, weights, total):
    """Add up four rows or more."""
    kind, end = total.dtype.type, start + (count - 1) * line
    at, next_ = start + line, start + 2 * line
    one, four = flat[start : start + n], flat[end : end + n]
    _four_rows(one, flat[at : at + n], flat[next_ : next_ + n], four, weights, total)
    at = next_ + line
    while at + line < end:
        _add_rows(flat[at : at + n], flat[at + line : at + line + n], kind(weights[2]), total)
        at += 2 * line
    if at < end:
        _add_row(flat[at : at + n], kind(weights[2]), total)


@kernel(inner=True)
def _zeros(sums, n):
    beyond = sums[n : n + SPARE]
    for i in range(beyond.size):
        beyond[i] = 0


_rare_rows = Choice(FEATURE, _one_by_one, _few_rows)
"""What `down_lanes` leaves: next to nothing where it has its instructions."""


@kernel(inner=True)
def rows_of_bytes(flat, start, line, count, n, weights, sums):
    """Add up `count` rows of n levels, from index `start` on, with zeros beyond them.

    `weights` are that of the first, of the last and of the others, and what they are together."""
    if not down_lanes(flat, start, line, count, n, weights, sums):
        if count <= 3:
            _rare_rows(flat, start, line, count, n, weights, sums[:n])
        else:
            _many_rows(flat, start, line, count, n, weights, sums[:n])
    _zeros(sums, n)


@kernel(inner=True)
def rows_of_others(flat, start, line, count, n, weights, sums):
    if count <= 3:
        _few_rows(flat, start, line, count, n, weights, sums[:n])
    else:
        _many_rows(flat, start, line, count, n, weights, sums[:n])
    _zeros(sums, n)
