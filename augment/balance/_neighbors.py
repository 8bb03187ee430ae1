"""Nearest neighbours of samples: a sample is none of its own, and where samples are made, nor are its copies.

scikit-learn finds them (in float64 for float64, in float32 for all else, whose sums it takes in float64).  Two cases,
both of up to `MANY_SAMPLES` samples of many values, are several times faster otherwise, and no less exact:

* Bytes go to a kernel that multiplies 16-bit integers.
* Of float32 one product of matrices in float32 says who is near, with a bound for its rounding (Higham, "Accuracy and
  stability of numerical algorithms", section 3.5).  Where the bound leaves a doubt, float64 decides.

A sample is left out by its index.  Others leave out whatever comes first, which may be a copy of it.
"""

from __future__ import annotations

import contextlib
import math
import os
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.jit import borrowed, kernel
from imgproc._core.needed import level_of_caller, needed
from imgproc._core.planes import canonical

from ._data import is_sparse, whole_rows

__all__: list[str] = []

TILE = 24
"""Rows that are multiplied with as many others while both are in the cache; a multiple of 3."""
FEW_VALUES = 16
"""Samples of fewer values are found faster in scikit-learn's trees."""
MANY_SAMPLES = 2048
"""From here on scikit-learn's threads count for more."""
MANY_VALUES = 1 << 17
"""Sums of so many products of bytes could leave 32 bits."""
DOUBTS = 64
"""Points a sample that are looked at in float64 at most; with more, scikit-learn does it all."""
UNIT = 2.0**-24
"""Half of the distance from 1 to the next float32."""


def check_neighbors(value: Any, name: str) -> int:
    """How many neighbours a parameter asks for: an integer, or an object with `kneighbors`, whose number has one more
    for the sample itself (as imbalanced-learn counts)."""
    if hasattr(value, "kneighbors") and hasattr(value, "kneighbors_graph"):
        return integer(getattr(value, "n_neighbors", None), f"{name}.n_neighbors", at_least=2) - 1
    try:
        return integer(value, name, at_least=1)
    except TypeError:
        raise TypeError(f"{name} must be an integer or an object with kneighbors, got {type(value).__name__}") from None


def neighbors(
    points: Any,
    queries: np.ndarray | None,
    ask: Any,
    *,
    name: str,
    of: str,
    distinct: bool = True,
    ordered: bool = False,
    strict: bool = False,
) -> np.ndarray:
    """The nearest points of each query among `points`: int32 (queries, k), places in `points`.

    Parameters
    ----------
    points : ndarray of shape (n, d), or sparse matrix
    queries : integer ndarray, optional
        Places of the queries in `points`; None: all.
    ask : int or object
        See `check_neighbors`.
    name : str
        Of the parameter, for messages.
    of : str
        What the points are, for messages.
    distinct : bool
        Copies of a query are none of its neighbours.
    ordered : bool
        Nearest first; else in any order, that of the places for instance, but always the same one.
    strict : bool
        Refuse points of which too few differ.  Otherwise there are fewer neighbours then, with a warning; where all
        points are copies, each has a copy as its neighbour.
    """
    k = check_neighbors(ask, name)
    n = points.shape[0]
    if n <= k:
        raise ValueError(f"{name} must be below the number of {of}, {n}, got {k}")
    at = np.arange(n) if queries is None else queries
    if is_sparse(points):
        return _without(_search(points, at, ask, k), at, k)
    found = _candidates(points, queries, ask, k, ordered)
    out = np.empty((at.size, k), np.int32)
    if _drop_self(found, canonical(at), _as_bytes(points), distinct, out):
        return out
    # There are copies: search among one of each.
    _, first, which = np.unique(points, axis=0, return_index=True, return_inverse=True)
    which = which.reshape(-1)
    if first.size <= k:
        wanted = f"{name} must be below the number of {of} that differ, {first.size}, got {k}"
        if strict:
            raise ValueError(wanted)
        k = ask = first.size - 1
        used = f"only {k} used" if k else "copies of each used"
        warnings.warn(f"{wanted}: {used}", UserWarning, stacklevel=level_of_caller())
        if not k:
            return np.full((at.size, 1), first[0], np.int32)
    kinds, back = np.unique(which[at], return_inverse=True)
    alone = np.empty((kinds.size, k), np.int32)
    points = points[first]
    _drop_self(_candidates(points, kinds, ask, k), canonical(kinds), _as_bytes(points), False, alone)
    return first[alone[back.reshape(-1)]].astype(np.int32)


def _without(found: np.ndarray, at: np.ndarray, k: int) -> np.ndarray:
    """Without the query itself: the last is dropped where it was not found."""
    keep = found != at[:, np.newaxis]
    keep[keep.all(axis=1), -1] = False
    return found[keep].reshape(at.size, k).astype(np.int32)


def _candidates(points: np.ndarray, queries: np.ndarray | None, ask: Any, k: int, ordered: bool = True) -> np.ndarray:
    """The `k` + 1 nearest, the query itself most likely among them: int32."""
    n, d = points.shape
    if isinstance(ask, int) and queries is None and FEW_VALUES <= d < MANY_VALUES and n <= MANY_SAMPLES:
        if points.dtype == np.uint8:
            return _nearest_bytes(points, k + 1)
        if points.dtype == np.float32 and not ordered:
            found = _nearest_floats(points, k)
            if found is not None:
                return found
    floats = points if points.dtype.kind == "f" else points.astype(np.float32)
    at = slice(None) if queries is None else queries
    return canonical(_search(floats, at, ask, k).astype(np.int32))


def _search(points: Any, at: Any, ask: Any, k: int) -> np.ndarray:
    with needed("sklearn"):
        from sklearn.base import clone
        from sklearn.neighbors import NearestNeighbors

    finder = clone(ask) if hasattr(ask, "kneighbors") else NearestNeighbors(n_neighbors=k + 1)
    with calm_threads():
        found = np.asarray(finder.fit(points).kneighbors(points[at], return_distance=False))
    if (
        found.ndim != 2
        or found.shape[1] <= k
        or not 0 <= found.min(initial=0) <= found.max(initial=0) < points.shape[0]
    ):
        raise ValueError(
            f"{type(finder).__name__}.kneighbors must return {k + 1} places in the samples for each, got shape "
            f"{found.shape} from {found.min(initial=0)} to {found.max(initial=0)}"
        )
    return found[:, : k + 1]


def _nearest_bytes(points: np.ndarray, k: int) -> np.ndarray:
    n, d = points.shape
    rows = -(-n // TILE) * TILE
    centred = np.zeros((rows, d), np.int16)
    norms = np.empty(n, np.int64)
    _centre(canonical(points), centred, norms)
    distances = np.full((n, k), np.iinfo(np.int64).max)
    found = np.full((n, k), n, np.int32)
    dots = np.empty((TILE, TILE), np.int32)
    _search_bytes(canonical(centred), canonical(norms), dots, distances, found)
    return canonical(found)


def _nearest_floats(points: np.ndarray, k: int) -> np.ndarray | None:
    """The `k` nearest by index, in the order of their places; None where too much is in doubt."""
    n, d = points.shape
    with np.errstate(over="ignore", invalid="ignore"):
        centred = points - points.mean(axis=0)
        products = centred @ centred.T
    norms = np.diagonal(products).astype(np.float64)
    if not np.isfinite(norms).all() or norms.max(initial=0) > np.finfo(np.float32).max / 8:
        return None
    found, distances = np.empty((n, k), np.int32), np.empty((n, k))
    doubts = _choose(canonical(products), canonical(norms), (d + 16) * UNIT, canonical(points), distances, found)
    found.sort(axis=1)
    return canonical(found) if doubts >= 0 else None


def _as_bytes(points: np.ndarray) -> np.ndarray:
    """For comparing: one kernel for all dtypes."""
    return canonical(np.ascontiguousarray(points).view(np.uint8))


def numbers_of(values: Any) -> Any:
    """The samples as rows in the layout for `neighbors`, and of a size whose squares are numbers."""
    return moderate(values) if is_sparse(values) else moderate(whole_rows(canonical(values)))


def moderate(points: Any) -> Any:
    """Points times `unit_of` them, for distances, which keep their order.  Ordinary values come back as they are."""
    unit = unit_of(points)
    return points if unit == 1 else points * (points.data if is_sparse(points) else points).dtype.type(unit)


def unit_of(points: Any) -> float:
    """A power of two that brings values to a size whose squares are numbers; 1 for ordinary values."""
    values = points.data if is_sparse(points) else points
    if values.dtype.kind != "f" or not values.size:
        return 1.0
    largest = float(max(values.max(), -values.min()))
    bound = 1e12 if values.dtype == np.float32 else 1e140
    if largest == 0 or 1 / bound <= largest <= bound:
        return 1.0
    return math.ldexp(1.0, -math.frexp(largest)[1])


_forked = False


def _note_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


@contextlib.contextmanager
def calm_threads() -> Iterator[None]:
    """Run scikit-learn on one thread in a process that was forked.

    The threads of OpenMP do not survive a fork, and a child that asks for them waits for ever."""
    if not _forked:
        yield
        return
    from threadpoolctl import threadpool_limits  # comes with scikit-learn

    with threadpool_limits(limits=1, user_api="openmp"):
        yield


@kernel
def _drop_self(found, queries, points, distinct, out):
    """Neighbours without the query; False as soon as a copy of it is among them, if it matters."""
    found, points = borrowed(found), borrowed(points)
    d = points.shape[1]
    k = out.shape[1]
    for q in range(queries.size):
        me = queries[q]
        placed = 0
        for c in range(found.shape[1]):
            other = found[q, c]
            if other == me or placed == k:
                continue
            if distinct:
                x = 0
                while x < d and points[me, x] == points[other, x]:
                    x += 1
                if x == d:
                    return False
            out[q, placed] = other
            placed += 1
    return True


@kernel
def _choose(products, norms, unit, points, distances, found):
    """The nearest of each by |a|^2 + |b|^2 - 2 a b; where rounding could hide another one, by float64.

    Returns how many points it had to look at again, or -1 when that became too many."""
    products, points = borrowed(products), borrowed(points)
    distances, found = borrowed(distances), borrowed(found)
    n, k = found.shape
    again = 0
    for a in range(n):
        row, nearest, chosen = products[a], distances[a], found[a]
        nearest[:] = np.inf
        chosen[:] = n
        for b in range(n):
            apart = norms[a] + norms[b] - 2.0 * np.float64(row[b])
            if apart < nearest[k - 1] and b != a:
                _offer(nearest, chosen, apart, np.int32(b))
        last = 0.0
        for c in range(k):
            last = max(last, nearest[c] + unit * (np.sqrt(norms[a]) + np.sqrt(norms[chosen[c]])) ** 2)
        # The square of the sum is at most twice the sum of the squares.
        close = 0
        for b in range(n):
            least = norms[a] + norms[b] - 2.0 * np.float64(row[b]) - 2.0 * unit * (norms[a] + norms[b])
            close += np.int64(least <= last and b != a)
        if close > k:
            again += close
            if again > DOUBTS * n:
                return -1
            nearest[:] = np.inf
            chosen[:] = n
            for b in range(n):
                least = norms[a] + norms[b] - 2.0 * np.float64(row[b]) - 2.0 * unit * (norms[a] + norms[b])
                if least <= last and b != a:
                    apart = _distance(points[a], points[b])
                    if apart <= nearest[k - 1]:
                        _offer(nearest, chosen, apart, np.int32(b))
    return again


@kernel(inner=True)
def _distance(a, b):
    """The squared distance in float64, in eight sums, so that they do not wait for each other."""
    s0, s1, s2, s3, s4, s5, s6, s7 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    whole = a.size - a.size % 8
    for x in range(0, whole, 8):
        s0 += (np.float64(a[x]) - np.float64(b[x])) ** 2
        s1 += (np.float64(a[x + 1]) - np.float64(b[x + 1])) ** 2
        s2 += (np.float64(a[x + 2]) - np.float64(b[x + 2])) ** 2
        s3 += (np.float64(a[x + 3]) - np.float64(b[x + 3])) ** 2
        s4 += (np.float64(a[x + 4]) - np.float64(b[x + 4])) ** 2
        s5 += (np.float64(a[x + 5]) - np.float64(b[x + 5])) ** 2
        s6 += (np.float64(a[x + 6]) - np.float64(b[x + 6])) ** 2
        s7 += (np.float64(a[x + 7]) - np.float64(b[x + 7])) ** 2
    for x in range(whole, a.size):
        s0 += (np.float64(a[x]) - np.float64(b[x])) ** 2
    return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))


@kernel
def _centre(points, out, norms):
    """Bytes less 128 as 16-bit integers, and the sums of their squares."""
    points, out = borrowed(points), borrowed(out)
    for y in range(points.shape[0]):
        row, to = points[y], out[y]
        total = np.int32(0)
        for x in range(row.size):
            value = np.int16(np.int16(row[x]) - np.int16(128))
            to[x] = value
            total = np.int32(total + np.int32(np.int32(value) * np.int32(value)))
        norms[y] = total


@kernel
def _search_bytes(rows, norms, dots, distances, found):
    """The nearest rows of each, itself included, by |a|^2 + |b|^2 - 2 a b, tile by tile of one triangle."""
    rows, dots, distances, found = borrowed(rows), borrowed(dots), borrowed(distances), borrowed(found)
    n = norms.size
    last = distances.shape[1] - 1
    for a0 in range(0, rows.shape[0], TILE):
        for b0 in range(0, a0 + 1, TILE):
            for a in range(0, TILE, 3):
                for b in range(0, TILE, 3):
                    _dots(rows, a0 + a, b0 + b, dots, a, b)
            for a in range(a0, min(a0 + TILE, n)):
                for b in range(b0, min(b0 + TILE, a + 1, n)):
                    apart = norms[a] + norms[b] - 2 * np.int64(dots[a - a0, b - b0])
                    if apart <= distances[a, last]:
                        _offer(distances[a], found[a], apart, b)
                    if b < a and apart <= distances[b, last]:
                        _offer(distances[b], found[b], apart, a)


@kernel(inner=True)
def _dots(rows, a, b, out, y, x0):
    """Nine products of three rows with three: each value is loaded once for three uses."""
    p, q, r = rows[a], rows[a + 1], rows[a + 2]
    s, t, u = rows[b], rows[b + 1], rows[b + 2]
    ps, pt, pu = np.int32(0), np.int32(0), np.int32(0)
    qs, qt, qu = np.int32(0), np.int32(0), np.int32(0)
    rs, rt, ru = np.int32(0), np.int32(0), np.int32(0)
    for x in range(rows.shape[1]):
        e, f, g = np.int32(p[x]), np.int32(q[x]), np.int32(r[x])
        i, j, k = np.int32(s[x]), np.int32(t[x]), np.int32(u[x])
        ps, pt, pu = np.int32(ps + np.int32(e * i)), np.int32(pt + np.int32(e * j)), np.int32(pu + np.int32(e * k))
        qs, qt, qu = np.int32(qs + np.int32(f * i)), np.int32(qt + np.int32(f * j)), np.int32(qu + np.int32(f * k))
        rs, rt, ru = np.int32(rs + np.int32(g * i)), np.int32(rt + np.int32(g * j)), np.int32(ru + np.int32(g * k))
    out[y, x0], out[y, x0 + 1], out[y, x0 + 2] = ps, pt, pu
    out[y + 1, x0], out[y + 1, x0 + 1], out[y + 1, x0 + 2] = qs, qt, qu
    out[y + 2, x0], out[y + 2, x0 + 1], out[y + 2, x0 + 2] = rs, rt, ru


@kernel(inner=True)
def _offer(distances, found, distance, place):
    """Sort a candidate in; of equal distances the smaller place comes first, whatever the order of offers."""
    last = distances.size - 1
    if distance == distances[last] and place > found[last]:
        return
    at = last
    while at > 0 and (distance < distances[at - 1] or (distance == distances[at - 1] and place < found[at - 1])):
        distances[at] = distances[at - 1]
        found[at] = found[at - 1]
        at -= 1
    distances[at] = distance
    found[at] = place
