"""Samples and labels as they come (arrays of any shape, lists, pandas, SciPy's sparse matrices), and back again."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

__all__: list[str] = []

NUMBERS = "u1", "u2", "u4", "i1", "i2", "i4", "i8", "f4", "f8"
BLOCK = 1 << 20
"""Values whose finiteness is asked for at once: they stay in the cache."""
FEW_LABELS = 1 << 10
"""Labels are counted rather than sorted if they span no more integers than there are labels, and these."""


class Data:
    """Samples and labels, checked.

    ``values``: the samples, an array (n, ...) or a sparse matrix in CSR format.  ``labels``: (n,).  ``classes``: those
    there are, sorted.  ``codes``: (n,), which of the classes.
    """

    def __init__(self, X: Any, y: Any, *, numbers: bool = True) -> None:
        self._x, self._y = X, y
        self.values = _samples(X, numbers=numbers)
        self.labels, self._one_hot = _labels(y)
        if self.values.shape[0] != self.labels.size:
            raise ValueError(
                f"y must have a label for each of the {self.values.shape[0]} samples, got {self.labels.size}"
            )
        self.classes, self.codes = sorted_classes(self.labels)
        self._names = self.classes.tolist()
        self._codes = {label: code for code, label in enumerate(self._names)}

    @property
    def counts(self) -> dict[Any, int]:
        """How many samples each class has, by its label as a Python value."""
        return dict(zip(self._names, np.bincount(self.codes, minlength=self.classes.size).tolist()))

    @property
    def features(self) -> int:
        """Values of one sample."""
        return math.prod(self.values.shape[1:])

    @property
    def names(self) -> np.ndarray | None:
        """The columns of a DataFrame if all of them are strings."""
        columns = list(self._x.columns) if _is_frame(self._x) else []
        return np.array(columns, object) if columns and all(isinstance(c, str) for c in columns) else None

    @property
    def frame(self) -> Any:
        """What the samples came in."""
        return self._x

    def label(self, code: int) -> Any:
        """A class's label as a Python value."""
        return self._names[code]

    def code(self, label: Any) -> int:
        """Which of the classes a label is."""
        return self._codes[label]

    def finish(self, values: Any, labels: np.ndarray) -> tuple[Any, Any]:
        """New samples and labels in the kind that the old ones came in."""
        values, index = self._samples_back(values), None
        if _is_frame(values) and _is_pandas(self._y):
            index = values.index
        return values, self._labels_back(labels, index)

    def select(self, indices: np.ndarray) -> tuple[Any, Any]:
        """Samples and labels by their places, in the kind they came in."""
        x, y = self._x, self._y
        renew = indices.size > self.labels.size  # rows that come twice would share a name
        if _is_frame(x):
            values = x.iloc[indices]
            values = values.reset_index(drop=True) if renew else values
        elif isinstance(x, list):
            values = [x[i] for i in indices]
        else:
            values = self.values[indices].asformat(x.format) if _is_sparse(x) else self.values[indices]
        index = values.index if _is_frame(values) and _is_pandas(y) else None
        return values, self._labels_back(self.labels[indices], index)

    def _samples_back(self, values: Any) -> Any:
        x = self._x
        if _is_frame(x):
            frame = type(x)(values.toarray() if _is_sparse(values) else values, columns=x.columns)
            if values.dtype.kind in "fc" or values.dtype == object:
                for column, dtype in zip(x.columns, x.dtypes):
                    # The nearest integer, or truth: pandas would cut off, and take all but 0 for True.
                    if getattr(dtype, "kind", "") in tuple("uib"):
                        frame[column] = frame[column].astype(float).round()
            return frame.astype(x.dtypes.to_dict())
        if isinstance(x, list):
            return values.tolist()
        if _is_sparse(x):
            return values.asformat(x.format)
        return values.astype(bool) if x.dtype == bool else values

    def _labels_back(self, labels: np.ndarray, index: Any) -> Any:
        y = self._y
        if self._one_hot is not None:
            labels = np.eye(self._one_hot, dtype=np.asarray(y).dtype)[labels]
        if _is_pandas(y):
            if hasattr(y, "columns"):
                return type(y)(labels, columns=y.columns, index=index).astype(y.dtypes.to_dict())
            return type(y)(labels, name=y.name, index=index, dtype=y.dtype)
        return labels.tolist() if isinstance(y, list) else labels


def require_finite(values: np.ndarray, name: str = "X") -> None:
    """Neither NaN nor infinity: neighbours would be undefined."""
    if values.dtype.kind != "f":
        return
    flat = values.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        if not np.isfinite(flat[start : start + BLOCK]).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")


def _samples(X: Any, *, numbers: bool) -> Any:
    masked = sys.modules.get("numpy.ma")  # not imported only to ask
    if masked is not None and isinstance(X, masked.MaskedArray):
        raise TypeError("X must be a plain array, got a masked array")
    if _is_sparse(X):
        values = X.tocsr()
    elif isinstance(X, (np.ndarray, list, tuple)) or _is_frame(X):
        try:
            values = X.to_numpy() if _is_frame(X) else np.asarray(X)
        except ValueError:
            raise ValueError("X must have samples of one shape, got a ragged list") from None
    else:
        raise TypeError(f"X must be an array, a list, a DataFrame or a sparse matrix, got {_kind(X)}")
    if values.ndim < 2:
        raise ValueError(f"X must have shape (n, ...) with at least one axis of values, got {values.shape}")
    if not all(values.shape[1:]):
        raise ValueError(f"X must have at least one value a sample, got shape {values.shape}")
    return _numeric(values) if numbers else values


def _numeric(values: Any) -> Any:
    if values.dtype == object:
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            raise TypeError("X must be of numbers, got other objects") from None
    if values.dtype == bool and not _is_sparse(values):
        values = values.astype(np.uint8)
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    if values.dtype.str[1:] not in NUMBERS:
        raise TypeError(f"X must have dtype float32, float64 or an integer one (not uint64), got {values.dtype}")
    require_finite(values.data if _is_sparse(values) else values)
    return values


def _labels(y: Any) -> tuple[np.ndarray, int | None]:
    """The labels, and for rows of 0 and a single 1 their number of columns."""
    if y is None or not (isinstance(y, (np.ndarray, list, tuple)) or _is_pandas(y)):
        raise TypeError(f"y must be an array, a list, or a Series of labels, got {_kind(y)}")
    try:
        labels = y.to_numpy() if _is_pandas(y) else np.asarray(y)
    except ValueError:
        raise ValueError("y must have one label a sample, got a ragged list") from None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    one_hot = None
    if labels.ndim == 2:
        if not (labels.shape[1] > 1 and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise ValueError(
                f"y must have one label a sample, got shape {labels.shape}: Multilabel and multioutput targets are not "
                "supported (rows of 0 with a single 1 are)"
            )
        one_hot = labels.shape[1]
        labels = labels.argmax(axis=1)
    if labels.ndim != 1:
        raise ValueError(f"y must have shape (n,), got {labels.shape}")
    if labels.dtype.kind == "f" and not (np.isfinite(labels).all() and (labels == np.rint(labels)).all()):
        raise ValueError("y must be labels of classes, got continuous values (Unknown label type)")
    if labels.dtype.kind in "cmMV":
        raise TypeError(f"y must be of integers, strings or booleans, got {labels.dtype}")
    if labels.dtype == object:
        kinds = {str if isinstance(label, str) else type(label) for label in labels}
        if len(kinds) > 1 or kinds & {type(None), float}:
            names = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise TypeError(f"y must have labels of one type, integers, strings or booleans, got {names}")
    return labels, one_hot


def class_labels(labels: Any, name: str) -> np.ndarray:
    """One label a sample, (n,)."""
    try:
        return _labels(labels)[0]
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("y must", f"{name} must", 1)) from None


def sorted_classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different labels, sorted, and which of them each one is.

    As `numpy.unique` finds them, which sorts; integers that lie close together are counted instead.
    """
    if labels.size and labels.dtype.kind in "iub":
        low = int(labels.min())
        if int(labels.max()) - low <= labels.size + FEW_LABELS:
            wide = labels if labels.dtype.itemsize == 8 else labels.astype(np.int64)  # room for the differences
            kind = wide.dtype.type
            places = (wide - kind(low)).astype(np.intp, copy=False)
            there = np.bincount(places) > 0
            classes = (np.flatnonzero(there).astype(wide.dtype) + kind(low)).astype(labels.dtype)
            return classes, places if there.all() else (np.cumsum(there) - 1)[places]
    classes, codes = np.unique(labels, return_inverse=True)
    return classes, codes.reshape(-1)


def whole_rows(values: np.ndarray) -> np.ndarray:
    """The samples as rows (n, d)."""
    return values.reshape(values.shape[0], math.prod(values.shape[1:]))


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "tocsr") and hasattr(value, "format")


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"


def _is_frame(value: Any) -> bool:
    return _is_pandas(value) and hasattr(value, "columns")


def _kind(value: Any) -> str:
    return "None" if value is None else type(value).__name__


is_sparse: Callable[[Any], bool] = _is_sparse
is_frame: Callable[[Any], bool] = _is_frame
