"""SMOTE-NC: SMOTE for tables with numbers and categories."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imgproc._core.check import flag
from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical

from ._data import Data, is_frame, is_sparse, require_finite
from ._neighbors import check_neighbors, moderate, neighbors
from ._recipe import blend
from ._sampler import OverSampler
from ._streams import Keyed, Streams
from .smote import samples_of

__all__ = ["SMOTENC"]


@dataclass(eq=False, repr=False)
class SMOTENC(OverSampler):
    """SMOTE for tables of nominal and continuous columns [1]_.

    Continuous columns are mixed as by `SMOTE`; a nominal one takes the most frequent category of the neighbours (of
    several, one at random).  In the distance between two samples, a category that differs counts as the median of the
    standard deviations of the continuous columns in the class.

    Parameters
    ----------
    categorical_features : list of int, list of str, bool array, or "auto"
        The nominal columns: places, names of a DataFrame's columns, or a bool for each column; ``"auto"`` takes the
        DataFrame's columns of a categorical dtype.  At least one column must be continuous, and one nominal.
    sampling_strategy : str, float, dict or callable
        As in `SMOTE`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    k_neighbors : int or object
        As in `SMOTE`; copies of a sample are none of its neighbours here either.  Samples that differ by a category
        alone are no copies.
    allocation : {"random", "even"}
        As in `SMOTE`.
    rng : {"keyed", "imblearn"}
        As in `SMOTE`.
    strict : bool
        As in `SMOTE`.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: synthetic minority over-sampling
       technique", Journal of Artificial Intelligence Research 16, 2002, section 6.1.

    Examples
    --------
    >>> X = np.array([[0.0, 1], [0.1, 1], [0.2, 2], [3.0, 2], [3.1, 2], [3.2, 1], [3.3, 1]])
    >>> y = np.array([0, 0, 0, 1, 1, 1, 1])
    >>> found = SMOTENC([1], k_neighbors=2, random_state=0).fit_resample(X, y)[0]
    >>> sorted({int(kind) for kind in found[:, 1]})  # kinds are never mixed
    [1, 2]
    """

    categorical_features: Any
    sampling_strategy: Any = field(default="auto", kw_only=True)
    random_state: Any = field(default=None, kw_only=True)
    k_neighbors: Any = field(default=5, kw_only=True)
    allocation: str = field(default="random", kw_only=True)
    rng: str = field(default="keyed", kw_only=True)
    strict: bool = field(default=False, kw_only=True)

    _numbers = False
    _sparse = False
    _string = True

    def _streams(self) -> Streams:
        return Streams(self.random_state, self.rng, self.allocation, name="SMOTENC")

    def _check(self) -> None:
        self._streams()
        check_neighbors(self.k_neighbors, "k_neighbors")
        flag(self.strict, "strict")

    def _resample(self, data: Data) -> tuple[Any, Any]:
        if is_sparse(data.values):
            raise TypeError("X must be an array or a DataFrame, got a sparse matrix")
        if data.values.ndim != 2:
            raise ValueError(f"X must have shape (n, columns), got {data.values.shape}")
        nominal = _nominal(self.categorical_features, data)
        numbers = _continuous(data.values[:, ~nominal])
        kinds, codes = _encoded(data.values[:, nominal])
        streams, tables, labels = self._streams(), [data.values], [data.labels]
        for label, count in self.sampling_strategy_.items():
            if count:
                code = data.code(label)
                members = np.flatnonzero(data.codes == code)
                made, chosen = self._class(numbers[members], codes[members], count, streams.of(label), data, members)
                table = np.empty((count, nominal.size), data.values.dtype)
                table[:, ~nominal] = _rounded(made, data.values.dtype)
                for column, at in enumerate(np.flatnonzero(nominal)):
                    table[:, at] = kinds[column][chosen[:, column]]
                tables.append(table)
                labels.append(np.full(count, data.classes[code], data.labels.dtype))
        return data.finish(np.concatenate(tables), np.concatenate(labels))

    def _class(
        self, numbers: np.ndarray, codes: np.ndarray, count: int, draws: Any, data: Data, members: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The continuous columns of new samples, and the codes of the nominal ones."""
        near = moderate(numbers)
        points = _with_categories(near, codes, _weight(near.std(axis=0)))
        of, ordered = samples_of(data, members), not isinstance(draws, Keyed)
        found = neighbors(
            points, None, self.k_neighbors, name="k_neighbors", of=of, ordered=ordered, strict=self.strict
        )
        base, column, gap = draws.pairs(members.size, found.shape[1], count)
        out = np.empty((count, numbers.shape[1]), numbers.dtype)
        i, j = base.astype(np.int32), found[base, column]
        blend(canonical(numbers), canonical(i), canonical(j), canonical(gap), out, exact=ordered)
        return out, _voted(codes, found, base, draws)


def _nominal(given: Any, data: Data) -> np.ndarray:
    """Which columns are nominal: bool (columns,)."""
    total, names = data.features, data.names
    found = np.zeros(total, bool)
    if isinstance(given, str):
        if given != "auto":
            raise ValueError(f"categorical_features must be a list of columns or 'auto', got {given!r}")
        if not is_frame(data.frame):
            raise ValueError("categorical_features must be a list of columns for an array: 'auto' is for a DataFrame")
        found[:] = [type(dtype).__name__ == "CategoricalDtype" for dtype in data.frame.dtypes]
    else:
        wanted = np.asarray(given)
        if wanted.ndim != 1 or (wanted.size and wanted.dtype.kind not in "buiUO"):
            raise TypeError(f"categorical_features must be a list of columns or 'auto', got {given!r:.60}")
        if wanted.dtype == bool:
            if wanted.size != total:
                raise ValueError(f"categorical_features must have a bool for each column, {total}, got {wanted.size}")
            found[:] = wanted
        else:
            for column in wanted.tolist():
                found[_place(column, total, names)] = True
    if not found.any() or found.all():
        what = "all" if found.all() else "none"
        raise ValueError(f"categorical_features must leave nominal and continuous columns, got {what} of {total}")
    return found


def _place(column: Any, total: int, names: np.ndarray | None) -> int:
    if isinstance(column, str):
        if names is None or column not in names:
            raise ValueError(f"categorical_features must name columns of a DataFrame, got {column!r}")
        return int(np.flatnonzero(names == column)[0])
    if not isinstance(column, int) or not -total <= column < total:
        raise ValueError(f"categorical_features must be below the number of columns, {total}, got {column!r}")
    return column


def _continuous(values: np.ndarray) -> np.ndarray:
    kind = values.dtype if values.dtype.kind == "f" else np.dtype(np.float64)
    try:
        numbers = np.ascontiguousarray(values.astype(kind))
    except (TypeError, ValueError, OverflowError):
        raise TypeError("X must be of numbers in the continuous columns, got other objects") from None
    require_finite(numbers)
    return numbers


def _encoded(values: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The categories of each column, and their numbers: int32 (n, columns)."""
    kinds, codes = [], np.empty(values.shape, np.int32)
    for column in range(values.shape[1]):
        try:
            kind, code = np.unique(values[:, column], return_inverse=True)
        except TypeError:
            raise TypeError("X must have categories of one type in each nominal column, got several") from None
        kinds.append(kind)
        codes[:, column] = code.reshape(-1)
    return kinds, codes


def _weight(deviations: np.ndarray) -> float:
    """What a category that differs counts for: the median of the deviations.

    Where that is 0 it counts for less than any number that differs, but for something: otherwise samples that differ by
    their categories would be taken for copies."""
    median, spread = float(np.median(deviations)), deviations[deviations > 0]
    if median > 0:
        return median
    return float(spread.min()) * 2.0**-16 if spread.size else 1.0


def _with_categories(numbers: np.ndarray, codes: np.ndarray, median: float) -> np.ndarray:
    """Points whose squared distance has `median` squared for each category that differs, half from either column."""
    parts = [numbers]
    for column in codes.T:
        kinds, places = np.unique(column, return_inverse=True)
        hot = np.zeros((numbers.shape[0], kinds.size), numbers.dtype)
        hot[np.arange(places.size), places.reshape(-1)] = median / np.sqrt(2)
        parts.append(hot)
    return np.concatenate(parts, axis=1)


def _voted(codes: np.ndarray, found: np.ndarray, base: np.ndarray, draws: Any) -> np.ndarray:
    """The most frequent category among the neighbours of each base: int32 (new samples, columns)."""
    out = np.empty((base.size, codes.shape[1]), np.int32)
    again = None if isinstance(draws, Keyed) else draws.again()
    for column in range(codes.shape[1]):
        votes = codes[:, column][found]
        if again is None:
            counts = np.zeros(int(codes[:, column].max()) + 1, np.int32)
            _vote(canonical(votes), canonical(base), canonical(draws.uniforms(base.size)), counts, out[:, column])
            continue
        counts = np.stack([(votes[base] == c).sum(axis=1) for c in range(int(codes[:, column].max()) + 1)], axis=1)
        ties = again.permutation(np.argwhere(counts == counts.max(axis=1, keepdims=True)))
        _, first = np.unique(ties[:, 0], return_index=True)
        out[:, column] = ties[first, 1]
    return out


@kernel
def _vote(votes, base, draws, counts, out):
    """Of the categories with most votes, the one that the draw falls on."""
    votes, counts = borrowed(votes), borrowed(counts)
    for r in range(base.size):
        row = votes[base[r]]
        most, ties = 0, 0
        for k in range(row.size):
            counts[row[k]] += 1
        for k in range(row.size):
            most = max(most, counts[row[k]])
        for k in range(row.size):
            if counts[row[k]] == most:
                ties += 1
        # Each of the tied categories stands `most` times among the ties.
        wanted = min(int(draws[r] * ties), ties - 1)
        for k in range(row.size):
            if counts[row[k]] == most:
                if wanted == 0:
                    out[r] = row[k]
                wanted -= 1
        for k in range(row.size):
            counts[row[k]] = 0


def _rounded(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind not in "ui":
        return values
    info = np.iinfo(dtype)
    return np.clip(np.rint(values), info.min, info.max)
