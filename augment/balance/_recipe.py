"""Synthetic samples as recipes: sample i, a share `gap` of the way to sample j."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import as_out, integer
from imgproc._core.jit import borrowed, kernel
from imgproc._core.needed import needed
from imgproc._core.planes import canonical
from imgproc._core.threads import run_bands

from ._data import NUMBERS, Data, is_frame, is_sparse, whole_rows

__all__ = ["SampleRecipe"]

LARGE_STEP = 9.2e18
"""Steps from here on do not fit 64 bits."""
SHARE_BITS = 16
"""Of a gap when bytes are mixed: a 512th of a level at most."""


@dataclass(frozen=True, eq=False)
class SampleRecipe:
    """Synthetic samples that are not made yet: ``X[i] + gap * (X[j] - X[i])``, 16 bytes each.

    `SMOTE.recipe` and its kin return one.  Samples are drawn when they are wanted, by `draw` or `iter_batches`, from an
    array in memory or on disk (`numpy.memmap`).

    Parameters
    ----------
    i, j : int32 ndarray of shape (m,)
        Places of both parents among the samples.
    gap : float64 ndarray of shape (m,)
        The share of the way from the first to the second; `SVMSMOTE` also goes away from it, with negative shares.
    labels : ndarray of shape (m,)
        Their classes.

    Examples
    --------
    >>> X, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 0, 1, 1])
    >>> recipe = SMOTE(k_neighbors=1, random_state=0).recipe(X, y)
    >>> type(recipe).__name__, len(recipe.i)
    ('SampleRecipe', 2)
    """

    i: np.ndarray
    j: np.ndarray
    gap: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return self.i.size

    def draw(self, X: Any, rows: Any = None, *, out: np.ndarray | None = None) -> np.ndarray:
        """Make synthetic samples.

        Integers are rounded to nearest, so they lie between their parents; bytes are mixed in fixed point with 16 bits.

        Parameters
        ----------
        X : ndarray of shape (n, ...), float32, float64 or integers
            The samples that the recipe was made for.
        rows : array_like of int, or slice, optional
            Which ones.  Default: all.
        out : ndarray of shape (rows, ...), optional
            Where to write them: C-contiguous, of the dtype of `X`.

        Returns
        -------
        ndarray of shape (rows, ...)
            In the dtype of `X`; `out` if it was given.

        Raises
        ------
        TypeError, ValueError
            If `X` has fewer samples than the recipe names, or anything is of the wrong kind or shape.
        """
        if is_frame(X) or not isinstance(X, np.ndarray):
            raise TypeError(f"X must be a numpy array, got {type(X).__name__}")
        values = np.asarray(X)
        _fits(values, self)
        which = slice(None) if rows is None else rows
        if not isinstance(which, slice):
            which = np.asarray(which)
            if which.ndim != 1 or (which.size and which.dtype.kind not in "ui"):
                raise TypeError(f"rows must be a list of integers or a slice, got {rows!r:.60}")
            which = which.astype(np.intp)
            if which.size and not -len(self) <= which.min() <= which.max() < len(self):
                raise ValueError(f"rows must be below the length of the recipe, {len(self)}, got {which.max()}")
        i, j, gap = (canonical(part[which]) for part in (self.i, self.j, self.gap))
        shape = (i.size, *values.shape[1:])
        out = as_out(out)
        if out is None:
            out = np.empty(shape, values.dtype)
        elif out.dtype != values.dtype:
            raise TypeError(f"out must be a numpy array of dtype {values.dtype}, got {out.dtype}")
        elif out.shape != shape or not out.flags.c_contiguous:
            raise ValueError(f"out must be C-contiguous, of shape {shape}, got {out.shape}")
        elif np.shares_memory(out, values):
            raise ValueError("out must not share memory with X")
        blend(whole_rows(canonical(values)), i, j, gap, whole_rows(out))
        return out

    def iter_batches(self, X: Any, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Make all samples, batch by batch.

        Parameters
        ----------
        X : ndarray of shape (n, ...)
            As for `draw`.
        batch_size : int
            Samples of a batch, at least 1; the last one may be smaller.

        Yields
        ------
        samples : ndarray of shape (batch, ...)
            In the dtype of `X`.
        labels : ndarray of shape (batch,)
            Their classes.

        Raises
        ------
        TypeError, ValueError
            As `draw`.
        """
        size = integer(batch_size, "batch_size", at_least=1)
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield self.draw(X, rows), self.labels[rows]


def _fits(values: np.ndarray, recipe: SampleRecipe) -> None:
    if values.dtype.str[1:] not in NUMBERS or not values.dtype.isnative:
        raise TypeError(f"X must have dtype float32, float64 or an integer one (not uint64), got {values.dtype}")
    if values.ndim < 2:
        raise ValueError(f"X must have shape (n, ...) with at least one axis of values, got {values.shape}")
    needed = int(max(recipe.i.max(initial=-1), recipe.j.max(initial=-1))) + 1
    if values.shape[0] < needed:
        raise ValueError(f"X must have at least the {needed} samples of the recipe, got {values.shape[0]}")


def append_samples(data: Data, recipe: SampleRecipe, *, exact: bool = False) -> tuple[Any, np.ndarray]:
    """The samples with the synthetic ones behind them, and their labels."""
    values = data.values
    labels = np.concatenate([data.labels, recipe.labels])
    if is_sparse(values):
        with needed("scipy"):
            from scipy import sparse

        first = values[recipe.i]
        step = sparse.diags_array(recipe.gap).tocsr() @ (values[recipe.j] - first)
        return sparse.vstack([values, (first + step).astype(values.dtype)], format="csr"), labels
    n = values.shape[0]
    out = np.empty((n + len(recipe), *values.shape[1:]), values.dtype)
    out[:n] = values
    i, j, gap = (canonical(part) for part in (recipe.i, recipe.j, recipe.gap))
    blend(whole_rows(canonical(values)), i, j, gap, whole_rows(out[n:]), exact=exact)
    return out, labels


def blend(
    rows: np.ndarray, i: np.ndarray, j: np.ndarray, gap: np.ndarray, out: np.ndarray, *, exact: bool = False
) -> None:
    """``rows[i] + gap * (rows[j] - rows[i])`` to `out`, all (m, d) and checked.

    Integers are rounded.  Floats stay between both parents where the gap is in [0, 1], but with `exact`, which keeps
    what the formula gives even if its rounding is beyond the second parent.
    """
    if rows.dtype == np.uint8:
        work = _blend_bytes
    elif rows.dtype.kind == "f":
        work = _blend_as_is if exact else _blend_floats
    else:
        info = np.iinfo(rows.dtype)

        def work(rows: np.ndarray, i: np.ndarray, j: np.ndarray, gap: np.ndarray, out: np.ndarray) -> None:
            _blend_integers(rows, i, j, gap, np.int64(info.min), np.int64(info.max), out)

    run_bands(lambda a, b: work(rows, i[a:b], j[a:b], gap[a:b], out[a:b]), i.size, pixels=out.size)


@kernel
def _blend_bytes(rows, i, j, gap, out):
    rows, out = borrowed(rows), borrowed(out)
    half, bits = np.int32(1 << (SHARE_BITS - 1)), np.int32(SHARE_BITS)
    low, high = np.int32(0), np.int32(255)
    for r in range(i.size):
        a, b, to = rows[i[r]], rows[j[r]], out[r]
        share = np.int32(np.rint(gap[r] * np.float64(1 << SHARE_BITS)))
        for x in range(to.size):
            apart = np.int32(np.int32(b[x]) - np.int32(a[x]))
            step = np.int32(np.int32(np.int32(share * apart) + half) >> bits)
            to[x] = min(max(np.int32(np.int32(a[x]) + step), low), high)


@kernel
def _blend_integers(rows, i, j, gap, low, high, out):
    """The step is rounded, not the sum: large integers keep their last digits.  What would overflow goes by floats."""
    rows, out = borrowed(rows), borrowed(out)
    kind = out.dtype.type
    limit, zero = np.float64(LARGE_STEP), np.int64(0)
    for r in range(i.size):
        a, b, to = rows[i[r]], rows[j[r]], out[r]
        share = gap[r]
        for x in range(to.size):
            start, end = np.int64(a[x]), np.int64(b[x])
            apart = end - start
            wraps = ((end ^ start) & (end ^ apart)) < zero
            step = np.rint(share * (np.float64(end) - np.float64(start) if wraps else np.float64(apart)))
            small = abs(step) < limit
            whole = np.int64(step if small else 0.0)
            value = start + whole
            leaves = ((start ^ value) & (whole ^ value)) < zero
            value = (low if whole < zero else high) if leaves else min(max(value, low), high)
            coarse = np.float64(start) + step
            inside = abs(coarse) < limit
            clipped = high if coarse > 0.0 else low
            to[x] = kind(value if small else (np.int64(coarse if inside else 0.0) if inside else clipped))


@kernel
def _blend_floats(rows, i, j, gap, out):
    """Rounding could go beyond the second parent: what is asked to be between both is kept there."""
    rows, out = borrowed(rows), borrowed(out)
    kind = out.dtype.type
    for r in range(i.size):
        a, b, to = rows[i[r]], rows[j[r]], out[r]
        share = kind(gap[r])
        if share >= kind(0):
            for x in range(to.size):
                p, q = a[x], b[x]
                to[x] = min(max(p + share * (q - p), min(p, q)), max(p, q))
        else:
            for x in range(to.size):
                to[x] = a[x] + share * (b[x] - a[x])


@kernel
def _blend_as_is(rows, i, j, gap, out):
    rows, out = borrowed(rows), borrowed(out)
    kind = out.dtype.type
    for r in range(i.size):
        a, b, to = rows[i[r]], rows[j[r]], out[r]
        share = kind(gap[r])
        for x in range(to.size):
            to[x] = a[x] + share * (b[x] - a[x])
