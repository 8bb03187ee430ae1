"""The rows of transforms that albumentations has too: each transform declares its own, beside its class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import cv2
from skimage import data

from augment._inventory import transforms
from imgproc._core.declare import Single, declared

Spec = tuple[str, dict[str, Any]]
"""Class name and parameters; ``p`` is 1 where none is given."""

REFERENCES = [data.coffee()]
"""For the transforms that imitate an image: ours have them from their making, theirs from the call."""


class Row(NamedTuple):
    """A `Single` with its name, and with both sides' parameters as they are passed."""

    name: str
    ours: Spec
    theirs: Spec
    declared: Single


def _rows() -> tuple[Row, ...]:
    """All of them, in the order of the inventory."""
    found = []
    for kind in transforms():
        peers = declared(kind).peers
        if not callable(peers):
            found += [_row(kind.__name__, single) for single in peers]
    return tuple(found)


def _row(name: str, single: Single) -> Row:
    ours = dict(single.ours or {})
    their = dict(ours if single.their is None else single.their)
    if single.targets == "references":
        ours = {"references": REFERENCES, **ours}
    title = f"{name}, {single.variant}" if single.variant else name
    return Row(title, (name, ours), (single.theirs, _with_constants(their)), single)


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
