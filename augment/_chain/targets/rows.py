"""Rows of numbers, in whatever container a caller keeps them: what points and boxes are given in and returned in.

A row may have more than the numbers that a target moves: a class, a score, a name.  Such further columns are carried as
they are, and go where their rows go (`Carried`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.hints import hint_of


def as_array(value: Any, name: str, what: str) -> np.ndarray:
    """What NumPy makes of a value; ValueError where rows are of different lengths."""
    try:
        return np.asarray(value)
    except (TypeError, RuntimeError) as error:  # a tensor that needs a gradient or lies on a GPU
        came = type(value).__name__
        raise TypeError(f"{name} must be numbers, rows {what}, got {came}{hint_of(value, name)}") from error


_DOUBLE = np.dtype(np.float64)


def is_plain(value: Any, columns: int) -> bool:
    """Whether a value is what kernels read as it is: an array of float64 of shape (n, columns) without gaps."""
    return (
        type(value) is np.ndarray
        and value.dtype == _DOUBLE
        and value.ndim == 2
        and value.shape[1] == columns
        and value.flags.c_contiguous
    )


def owned(rows: np.ndarray) -> np.ndarray:
    """Rows that are new, as an array that is no part of a larger one."""
    return rows if rows.base is None else rows.copy()


def as_rows(value: Any, name: str, columns: int, what: str) -> np.ndarray:
    """Rows of numbers as a new, contiguous float64 array of shape (n, columns)."""
    try:
        array = as_array(value, name, what)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must have shape (n, {columns}), rows {what}, got rows of different lengths") from None
    return _rows_of(array, value, name, columns, what)


def _rows_of(array: np.ndarray, value: Any, name: str, columns: int, what: str) -> np.ndarray:
    """The rows of an array, which is what NumPy makes of the value."""
    if array.dtype.kind not in "iuf":
        came = "None" if value is None else f"{type(value).__name__} of {array.dtype}"
        hint = "" if isinstance(value, (list, tuple)) else hint_of(value, name)
        raise TypeError(f"{name} must be numbers, rows {what}, got {came}{hint}")
    if array.shape == (0,):
        return np.empty((0, columns))
    if array.ndim != 2 or array.shape[1] != columns:
        hint = f": one row alone is [{what}]" if array.ndim == 1 and len(array) == columns else ""
        if array.ndim == 3 and math.prod(array.shape[1:]) == columns:
            hint = f": write numpy.reshape({name}, (-1, {columns}))"
        if array.ndim == 2 and array.shape[1] > columns:
            hint = ": pass labels and other columns as fields of their own"
            if array.shape[1] == OBB and columns == 4 and name in ("boxes", "others"):
                hint += ", and oriented boxes with box_format='obb', where they are taken"
        raise ValueError(f"{name} must have shape (n, {columns}), rows {what}, got {array.shape}{hint}")
    # What a list became is ours already.
    return np.array(array, np.float64, order="C", copy=None if isinstance(value, (list, tuple)) else True)


OBB = 5
"""Numbers of an oriented box."""

More = np.ndarray | list[tuple[Any, ...]]
"""Further columns: float64 (n, m) of an array, and what stands at the end of each row of a list or tuple."""


class Carried:
    """Rows of numbers that a target moves, with further columns.

    Where there are no further columns, the rows alone stand for both: `parts` and `carried` take and make either.
    """

    __slots__ = ("more", "rows")

    def __init__(self, rows: np.ndarray, more: More) -> None:
        self.rows, self.more = rows, more

    def __len__(self) -> int:
        return len(self.rows)

    def copy(self) -> Carried:
        """One that shares no memory with this one; what the columns of lists hold is no copy."""
        return Carried(self.rows.copy(), self.more.copy())


def parts(value: np.ndarray | Carried) -> tuple[np.ndarray, More | None]:
    """The numbers and the further columns."""
    return (value, None) if type(value) is np.ndarray else (value.rows, value.more)  # type: ignore[union-attr]


def carried(rows: np.ndarray, more: More | None, kept: np.ndarray | None = None) -> np.ndarray | Carried:
    """Rows with the further columns of those that were kept; default: of all."""
    if more is None:
        return rows
    if kept is not None:
        more = more[kept] if isinstance(more, np.ndarray) else [more[k] for k in kept.tolist()]
    return Carried(rows, more)


def joined(values: Sequence[np.ndarray | Carried], name: str) -> np.ndarray | Carried:
    """The rows of several samples, one after the other."""
    filled = [value for value in values if len(value)]
    if not filled:
        return values[0].copy()
    found = [parts(value) for value in filled]
    shapes = [row_shape(value) for value in filled]
    if len(set(shapes)) > 1:
        came = ", ".join(str(("n", *shape)).replace("'", "") for shape in shapes)
        raise ValueError(f"{name} of all that is mixed must have rows of one shape, got {came}")
    rows = np.concatenate([rows for rows, _ in found])
    ends = [more for _, more in found if more is not None]
    if not ends:
        return rows
    if all(isinstance(more, np.ndarray) for more in ends):
        return Carried(rows, np.concatenate(ends))
    return Carried(rows, [tuple(end) for more in ends for end in more])


def row_shape(value: np.ndarray | Carried) -> tuple[int, ...]:
    """The shape of each row, further columns included."""
    if type(value) is np.ndarray:
        return value.shape[1:]
    rows, more = parts(value)
    return (*rows.shape[1:-1], rows.shape[-1] + width(more))


def width(more: More | None) -> int:
    """How many further columns there are."""
    if more is None:
        return 0
    return more.shape[-1] if isinstance(more, np.ndarray) else len(more[0]) if more else 0


def nested(value: Any) -> np.ndarray | None:
    """Lists or whatever else is no array as an array, if they can be one of numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, RuntimeError, ValueError):
        return None
    return array if array.dtype.kind in "iuf" else None


_EXACT = 2.0**53
"""Up to which all integers are floats."""


def split_rows(value: Any, name: str, columns: int, what: str) -> tuple[np.ndarray, More | None]:
    """Rows of numbers as `as_rows` gives them, and what stands behind them in each row.

    In lists and tuples that may be anything; in arrays it is numbers.
    """
    if isinstance(value, (list, tuple)):
        try:
            array = np.asarray(value)
        except ValueError:  # what stands behind the numbers are lists
            return _split_list(value, name, columns, what)
        if array.ndim != 2 or array.shape[1] <= columns:
            return _rows_of(array, value, name, columns, what), None
        return _split_list(value, name, columns, what)
    array = as_array(value, name, what)
    if array.ndim != 2 or array.shape[1] <= columns:
        return _rows_of(array, value, name, columns, what), None
    rows = as_rows(array[:, :columns], name, columns, what)
    more = array[:, columns:].astype(np.float64)
    if array.dtype.kind in "iu" and more.size and np.abs(more).max() > _EXACT:
        raise ValueError(
            f"{name} must have further columns of numbers up to 2^53 in size, got {np.abs(array[:, columns:]).max()}: "
            "pass them as a field of its own"
        )
    return rows, more


def _split_list(value: Any, name: str, columns: int, what: str) -> tuple[np.ndarray, More | None]:
    if not value or not all(isinstance(row, (list, tuple, np.ndarray)) for row in value):
        return as_rows(value, name, columns, what), None
    lengths = {len(row) for row in value}
    if len(lengths) > 1 or min(lengths) <= columns:
        return as_rows(value, name, columns, what), None
    return as_rows([row[:columns] for row in value], name, columns, what), [tuple(row[columns:]) for row in value]


def as_container(rows: np.ndarray, like: Any, more: More | None = None) -> np.ndarray | list[Any] | tuple[Any, ...]:
    """Rows in the container in which others came, with their further columns.

    A list gives a list, a tuple a tuple, their rows lists if the first row was one and tuples otherwise; an array gives
    a new array, float64 if it was float64 and float32 if not.  With further columns, integers of more than 16 bits give
    float64, so that these stay exact.
    """
    if rows.ndim > 2 and isinstance(more, np.ndarray) and isinstance(like, (list, tuple)):
        rows, more = np.concatenate([rows, more], axis=-1), None
    if isinstance(like, (list, tuple)):
        plain: list[Any] = rows.tolist()
        if more is not None:
            ends = more.tolist() if isinstance(more, np.ndarray) else more
            plain = [[*row, *end] for row, end in zip(plain, ends)]
        if not (len(like) and (type(like[0]) is list or rows.ndim > 2)):
            plain = [tuple(row) for row in plain]
        return plain if isinstance(like, list) else tuple(plain)
    dtype = np.asarray(like).dtype
    double = dtype.itemsize >= 8 if dtype.kind == "f" else more is not None and dtype.itemsize > 2
    if more is not None:
        rows = np.concatenate([rows, np.array(more, np.float64).reshape(*rows.shape[:-1], width(more))], axis=-1)
    return rows.astype(np.float64 if double else np.float32)
