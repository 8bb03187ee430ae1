"""Fields: lists, tuples or arrays whose entries belong to the rows of boxes or points, and go where those go."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Opened, Passage, Piece, Target


def check_field(field: Any, count: int, name: str, of: str = "boxes") -> Any:
    """A list, tuple or array with one entry for each row of `of`."""
    if not isinstance(field, (list, tuple, np.ndarray)) or not getattr(field, "ndim", 1):
        raise TypeError(f"{name} must be a list, a tuple or an array, one entry per row of {of}, got {field!r:.60}")
    if len(field) != count:
        raise ValueError(f"{name} must have one entry per row of {of}, {count}, got {len(field)}")
    return field


def take(field: Any, kept: np.ndarray) -> Any:
    """The entries of a field that belong to the rows kept: a new list, tuple or array, as it came."""
    if isinstance(field, np.ndarray):
        return field[kept]
    if isinstance(field, tuple):
        return tuple([field[i] for i in kept.tolist()])
    return [field[i] for i in kept.tolist()]


class Field(Target):
    """Labels, scores or whatever else there is for each box or point."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> Any:
        """The field itself."""
        rows = sample.opened.get(self.of or "")
        if rows is None:
            raise TypeError(f"{self.name} belongs to {self.of}, which are missing")
        return check_field(value, len(rows), self.name, self.of or "")

    def move(self, value: Any, passage: Passage) -> Any:
        """The entries of the rows that are left, always in a new container."""
        return _left(value, passage.rows(self.of), copy=True)

    def cut(self, value: Any, piece: Piece) -> Any:
        """The entries of the rows that are visible."""
        return _left(value, piece.rows(self.of), copy=False)


def _left(field: Any, rows: np.ndarray | None, *, copy: bool) -> Any:
    """The entries of rows in ascending order; all of them where `rows` is None."""
    if rows is not None and len(rows) < len(field):
        return take(field, rows)
    if not copy:
        return field
    if isinstance(field, np.ndarray):
        return field.copy()
    return tuple(field) if isinstance(field, tuple) else list(field)


class Weights(Field):
    """How much each box or point counts: 1, or less where its image was blended with another."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """float64."""
        weights = np.asarray(super().open(value, sample))
        if weights.dtype.kind not in "iuf" and weights.size:
            raise TypeError(f"{self.name} must be numbers, got {weights.dtype}")
        weights = weights.astype(np.float64)
        if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any():
            raise ValueError(f"{self.name} must be finite numbers >= 0, one a row")
        return weights

    def cut(self, value: Any, piece: Piece) -> Any:
        """Those of what is visible, times the share of the sample."""
        return super().cut(value, piece) * piece.weight

    def close(self, value: Any, like: Any, passage: Passage) -> np.ndarray:
        """float32."""
        return np.array(value, np.float32)
