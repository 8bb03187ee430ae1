"""Rows of numbers, in whatever container a caller keeps them: what points and boxes are given in and returned in."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.hints import hint_of


def as_rows(value: Any, name: str, columns: int, what: str) -> np.ndarray:
    """Rows of numbers as a new, contiguous float64 array of shape (n, columns)."""
    try:
        array = np.asarray(value)
    except (TypeError, RuntimeError) as error:  # a tensor that needs a gradient or lies on a GPU
        came = type(value).__name__
        raise TypeError(f"{name} must be numbers, rows {what}, got {came}{hint_of(value, name)}") from error
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must have shape (n, {columns}), rows {what}, got rows of different lengths") from None
    if array.dtype.kind not in "iuf":
        came = "None" if value is None else f"{type(value).__name__} of {array.dtype}"
        hint = "" if isinstance(value, (list, tuple)) else hint_of(value, name)
        raise TypeError(f"{name} must be numbers, rows {what}, got {came}{hint}")
    if array.shape == (0,):
        return np.empty((0, columns))
    if array.ndim != 2 or array.shape[1] != columns:
        hint = f": one row alone is [{what}]" if array.ndim == 1 and len(array) == columns else ""
        if array.ndim == 2 and array.shape[1] > columns:
            hint = ": pass labels and other columns as fields of their own"
        raise ValueError(f"{name} must have shape (n, {columns}), rows {what}, got {array.shape}{hint}")
    # What a list became is ours already.
    return np.array(array, np.float64, order="C", copy=None if isinstance(value, (list, tuple)) else True)


def as_container(rows: np.ndarray, like: Any) -> np.ndarray | list[Any] | tuple[Any, ...]:
    """Rows in the container in which others came.

    A list gives a list, a tuple a tuple, their rows lists if the first row was one and tuples otherwise; an array gives
    a new array, float64 if it was float64 and float32 if not.
    """
    if isinstance(like, (list, tuple)):
        plain: list[Any] = rows.tolist()
        if not (len(like) and type(like[0]) is list):
            plain = [tuple(row) for row in plain]
        return plain if isinstance(like, list) else tuple(plain)
    dtype = np.asarray(like).dtype
    return rows.astype(np.float64 if dtype.kind == "f" and dtype.itemsize >= 8 else np.float32)
