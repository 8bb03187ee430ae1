"""What functions on boxes take: boxes in any format of `augment`, scores, classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from augment._chain.targets.boxes import FORMATS, close_boxes, open_boxes
from imgproc._core.check import flag, one_of

__all__: list[str] = []

MOST = 1e100
"""Areas of larger coordinates are no floats."""
WORDS = "biuUS"


def as_boxes(value: Any, name: str, box_format: Any = "pascal_voc", inclusive: Any = False) -> np.ndarray:
    """Boxes as a new float64 array of shape (n, 4), corners x0, y0, x1, y1.

    Fractions of the image stay fractions.  With `inclusive` the corners x1, y1 are the last pixels inside, as in the
    development kit of PASCAL VOC: one pixel is added, after which all is continuous coordinates.
    """
    one_of(box_format, "box_format", FORMATS)
    if flag(inclusive, "inclusive") and box_format != "pascal_voc":
        raise ValueError(f"inclusive=True must go with box_format 'pascal_voc', got {box_format!r}")
    boxes = open_boxes(value, box_format, 1, 1, name)
    if len(boxes) and max(boxes.max(), -boxes.min()) > MOST:
        raise ValueError(f"{name} must have coordinates within +-{MOST:g}, got {np.abs(boxes).max():g}")
    if inclusive:
        boxes[:, 2:] += 1
    return boxes


def written(boxes: np.ndarray, box_format: str) -> np.ndarray:
    """Corners, as `as_boxes` gives them, as rows of a format; a new array, or `boxes` where they are in it."""
    return close_boxes(boxes, box_format, 1, 1, like=np.empty((0, 4)))


def as_numbers(value: Any, count: int, name: str, of: str = "boxes") -> np.ndarray:
    """One finite number for each row of `of`, as float64."""
    array = _column(value, count, name, of, "biuf", "numbers")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, got {array[row]} in row {row}")
    return array


def as_labels(value: Any, count: int, name: str, of: str = "boxes") -> np.ndarray:
    """One integer or string for each row of `of`."""
    return _column(value, count, name, of, WORDS, "integers or strings")


def as_flags(value: Any, count: int, name: str, of: str = "boxes") -> np.ndarray:
    """One truth value, or 0 or 1, for each row of `of`, as bool; None: all False."""
    if value is None:
        return np.zeros(count, bool)
    array = _column(value, count, name, of, "biu", "True or False")
    if array.dtype != bool and not np.isin(array, (0, 1)).all():
        raise ValueError(f"{name} must be True or False, 0 or 1, got other integers")
    return array.astype(bool)


def _column(value: Any, count: int, name: str, of: str, kinds: str, what: str) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must have shape (n,), got rows of different lengths") from None
    if array.size == 0 and array.ndim == 1:
        array = array.astype(np.int64) if array.dtype.kind not in kinds else array
    if array.dtype.kind not in kinds:
        came = "None" if value is None else f"{type(value).__name__} of {array.dtype}"
        raise TypeError(f"{name} must be {what}, one for each row of {of}, got {came}")
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), got {array.shape}")
    if len(array) != count:
        raise ValueError(f"{name} must have one entry per row of {of}, {count}, got {len(array)}")
    return array


def coded(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct labels in order, and each label as its number among them (int64)."""
    if labels.dtype.kind in "iu" and labels.size:
        low, high = int(labels.min()), int(labels.max())
        if high - low < 4 * labels.size + 1024:  # counting is faster than sorting
            # In 64 bits: differences of shorter labels wrap round.
            wide = np.uint64 if labels.dtype.kind == "u" else np.int64
            shifted = (labels.astype(wide) - wide(low)).astype(np.int64)
            seen = np.zeros(high - low + 1, bool)
            seen[shifted] = True
            number = np.cumsum(seen) - 1
            return (np.flatnonzero(seen).astype(wide) + wide(low)).astype(labels.dtype), number[shifted]
    distinct, inverse = np.unique(labels, return_inverse=True)
    return distinct, inverse.astype(np.int64)
