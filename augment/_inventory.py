"""The inventory of transforms: one list of (class name, parameters) drives the laws, the gallery and the warm-up.

It is read from what the transforms declare beside their classes (see `imgproc._core.declare`).  The first entry of a
class has its defaults, and what it requires beside them; further entries lead to other code.  All have ``p=1``, so that
they act, and are valid for the sample that `sample` makes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.declare import declared, example_image

from ._chain.transform import REGISTRY, Transform
from .compose import Compose

__all__: list[str] = []

Entry = tuple[str, dict[str, Any]]

SIZE = (96, 128)
"""(h, w) of the sample: not square, so that no mixed-up axis goes unnoticed."""


def transforms() -> list[type[Transform]]:
    """The transforms of this package, in the order of the modules and of their definition; without `Compose`, the chain
    that runs the others."""
    package = __name__.partition(".")[0]
    return [kind for kind in REGISTRY.values() if kind.__module__.startswith(f"{package}.") and kind is not Compose]


def _entries(*, mixes: bool) -> list[Entry]:
    return [
        (kind.__name__, {**{name: _evaluated(value) for name, value in parameters.items()}, "p": 1.0})
        for kind in transforms()
        if kind.mixes == mixes
        for parameters in declared(kind).examples
    ]


def _evaluated(value: Any) -> Any:
    return value() if callable(value) and not isinstance(value, Transform) else value


EXAMPLES = _entries(mixes=False)
"""Of the transforms that a chain runs on one sample alone."""

MIXES = _entries(mixes=True)
"""Of the transforms that mix samples; like `EXAMPLES`, but their chains need donors."""


def build(name: str, parameters: dict[str, Any]) -> Transform:
    """The transform of an entry; the `transforms` of a group are entries themselves.

    Parameters
    ----------
    name : str
        Class name, as in the registry.
    parameters : dict

    Returns
    -------
    Transform
    """
    if "transforms" in parameters:
        children = tuple(build(child, {"p": 1.0, **given}) for child, given in parameters["transforms"])
        parameters = {**parameters, "transforms": children}
    return REGISTRY[name](**parameters)


def example(name: str) -> Transform:
    """The first entry of a class, the one with its defaults.

    Raises
    ------
    LookupError
        If the inventory has none.
    """
    for entry, parameters in (*EXAMPLES, *MIXES):
        if entry == name:
            return build(entry, parameters)
    raise LookupError(f"{name} has no entry: only what a transform of this package declares is here")


def title(name: str, parameters: dict[str, Any]) -> str:
    """A short name of an entry: what differs from the defaults."""
    shown = {k: getattr(v, "__name__", repr(v)) for k, v in parameters.items()}
    given = [f"{k}={v}" for k, v in shown.items() if k not in ("p", "references", "transforms")]
    return f"{name}({', '.join(given)})"


def sample(size: tuple[int, int] = SIZE, dtype: Any = np.uint8) -> dict[str, Any]:
    """An RGB image with a mask, boxes, labels and keypoints, all of the same three things.

    Parameters
    ----------
    size : (int, int)
        (h, w), at least (24, 32).
    dtype : dtype
        Of the image.

    Returns
    -------
    dict
        ``image``, ``mask`` (uint8, labels 1 to 3), ``boxes`` (pascal_voc, one round each label), ``labels``,
        ``keypoints`` (the boxes' centres).
    """
    h, w = size
    boxes = np.array([(0.1, 0.1, 0.4, 0.5), (0.5, 0.3, 0.9, 0.8), (0.2, 0.6, 0.45, 0.9)]) * (w, h, w, h)
    boxes = np.rint(boxes)
    mask = np.zeros(size, np.uint8)
    y, x = np.mgrid[:h, :w]
    slope = np.stack((x / w, y / h, 1 - (x + y) / (w + h)), axis=-1)
    levels = 0.6 * slope + 0.4 * example_image(np.float64, size, 3)
    for label, (x0, y0, x1, y1) in enumerate(boxes.astype(int).tolist(), 1):
        mask[y0:y1, x0:x1] = label
        levels[y0:y1, x0:x1, label - 1] = 0.95
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image = np.rint(levels * top) if top > 1 else levels
    return {
        "image": image.astype(dtype),
        "mask": mask,
        "boxes": boxes,
        "labels": np.arange(1, 4),
        "keypoints": (boxes[:, :2] + boxes[:, 2:]) / 2,
    }
