"""The rows of transforms that albumentations has too: each transform declares its own, beside its class.

The row of both sides' defaults is made here, for each class of albumentations that a transform is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np
from skimage import data

from augment._inventory import transforms
from imgproc._core.declare import Single, declared

Spec = tuple[str, dict[str, Any]]
"""Class name and parameters; ``p`` is 1 where none is given."""
Call = Callable[[], Callable[[np.ndarray], Any]]
"""Makes a call of an image."""

REFERENCES = [data.coffee()]
"""For the transforms that imitate an image: ours have them from their making, theirs from the call."""

NEEDED = frozenset(
    {
        *("size", "padding", "box", "references", "height", "width", "max_size", "min_height", "min_width"),
        *("x_min", "y_min", "x_max", "y_max", "near", "labels", "mask_indices", "percent"),
    }
)
"""Parameters that say what to do, and not how: defaults are compared with these given."""


class Row(NamedTuple):
    """A `Single` with its name, and with both sides' parameters as they are passed."""

    name: str
    ours: Spec
    theirs: Spec | Call
    declared: Single
    default: bool
    limit: float | None
    """Ours may take at most this multiple of their time."""
    note: str


def _rows() -> tuple[Row, ...]:
    """All of them, in the order of the inventory."""
    found: list[Row] = []
    for kind in transforms():
        peers = declared(kind).peers
        if not callable(peers):
            found += _rows_of(kind.__name__, peers)
    return tuple(found)


def _rows_of(name: str, singles: Any) -> Iterator[Row]:
    """The declared rows of one transform; those of both sides' defaults go before the others with their class."""
    made = [_row(name, single) for single in singles]
    seen = {row.theirs[0] for row in made if row.default and not callable(row.theirs)}
    for row in made:
        if not callable(row.theirs) and row.theirs[0] not in seen:
            seen.add(row.theirs[0])
            first = len(seen) == 1
            theirs = row.theirs[0], _needed(row.theirs[1])
            title = name if first else f"{name}, {row.theirs[0]}"
            note = row.declared.defaults
            yield Row(title, (name, _needed(row.ours[1])), theirs, row.declared, True, None, note)
        yield row


def _row(name: str, single: Single) -> Row:
    ours = _ours(single)
    if callable(single.theirs):
        theirs: Spec | Call = single.theirs
        default = False
    else:
        their = _with_constants(dict(single.ours or {}) if single.their is None else dict(single.their))
        theirs = single.theirs, their
        default = ours == _needed(ours) and their == _needed(their)
    variant = single.variant or ("" if default else "matched")
    title = f"{name}, {variant}" if variant else name
    return Row(title, (name, ours), theirs, single, default, 1 / single.at_least, single.note)


def _ours(single: Single) -> dict[str, Any]:
    references = {"references": REFERENCES} if single.targets == "references" else {}
    return {**references, **(single.ours or {})}


def _needed(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in NEEDED}


def _with_constants(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with OpenCV's constants in place of their names."""
    return {name: _constant(value) for name, value in parameters.items()}


def _constant(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _with_constants(value)
    if isinstance(value, str) and value.startswith("cv2."):
        return getattr(cv2, value.removeprefix("cv2."))
    return value


SINGLES = _rows()
