"""What the pages of `augment` share: each transform of the inventory, before and after, with a few keys."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import augment
from augment._chain.transform import REGISTRY
from augment._inventory import EXAMPLES, SIZE, build, transforms
from imgproc._core.declare import declared

from . import _draw, _page, _plot
from ._photos import Photo

SIDE = 256
"""The longer side of the photos on these pages [px]."""

KEYS = range(1, 9)
"""The keys that are tried; those whose picture has been shown already are left out."""

SHOWN = 3
GROUND = 220
"""Level behind a picture that is smaller than its neighbours."""

_MOST = 4
"""So many of the drawn numbers stand under a picture."""

_STREAM = 1 << 20
"""Whole numbers from here on name random streams."""

_LINES = ("image", "mask", "boxes", "labels", "keypoints", "keypoint_labels")


def names(modules: tuple[str, ...]) -> list[str]:
    """The transforms of the inventory that these modules of `augment` define, in its order.

    Parameters
    ----------
    modules : tuple of str
        Such as ``("geometric",)``.
    """
    wanted = tuple(f"{augment.__name__}.{module}" for module in modules)
    return [kind.__name__ for kind in transforms() if kind.__module__.startswith(wanted)]


def look(name: str) -> str:
    """What to look at where a transform is shown, as its declaration has it."""
    return declared(REGISTRY[name]).look


def show(
    page: _page.Page,
    photo: Photo,
    modules: tuple[str, ...],
    *,
    thumbnail: str,
    parameters: Mapping[str, dict[str, Any]] | None = None,
    display: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
    drawn: bool = False,
    zoomed: bool = False,
    side: int = SIDE,
) -> None:
    """A section for each transform of some modules: the photo, and what up to three keys make of it.

    Parameters
    ----------
    page : Page
    photo : Photo
    modules : tuple of str
        See `names`.
    thumbnail : str
        The transform whose first result stands on the index.
    parameters : mapping, optional
        Beside those that the transform declares, by its name: what only the page has, such as photos.
    display : mapping, optional
        How the results of a transform become levels that can be shown, by its name.
    drawn : bool
        Give the transforms mask, boxes and keypoints too, and draw them.
    zoomed : bool
        Show the middle of the pictures with its pixels enlarged too.
    side : int
        The photo is shrunk to it [px].
    """
    given = _draw.targets(photo, side=min(side, page.max_side))
    given = given if drawn else {"image": given["image"]}
    before = _picture(given)
    h, w = given["image"].shape[:2]
    page.heading(photo.name, photo.note)
    for name in names(modules):
        page.step(f"{photo.name} {name}")
        inventory = next(p for n, p in EXAMPLES if n == name)
        shown = declared(REGISTRY[name]).shown or {}
        chosen = {**fitted(inventory, h, w), **shown, **(parameters or {}).get(name, {})}
        page.heading(name, f"{summary(name)}\n\n``{call(name, chosen)}``")
        with page.trying(f"{photo.name}, {name}"):
            transform = build(name, chosen)
            pictures = {f"before: {photo.name}, {w}×{h}": before}
            for key, result in different(transform, given):
                result["image"] = (display or {}).get(name, _as_is)(result["image"])
                pictures[_caption(transform, key, given, result)] = _picture(result)
            page.figures(one_scale(pictures), look(name))
            if zoomed:
                page.zoom(pictures, at=(0.35, 0.45), size=48)
            if name == thumbnail:
                page.thumbnail(before, list(pictures.values())[1])


def different(transform: Any, given: Mapping[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Keys with their results, only those whose picture is new; if none is, the first."""
    chain = augment.Compose([transform])
    seen = {_mark(given["image"])}
    first = None
    for key in KEYS:
        result = chain(key=key, **given)
        first = first or result
        mark = _mark(result["image"])
        if mark not in seen:
            seen.add(mark)
            yield key, result
        if len(seen) > SHOWN:
            return
    if len(seen) == 1 and first is not None:
        yield KEYS[0], first


def one_scale(pictures: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Pictures of several sizes on light grey grounds of one size, as a page shows all in one width."""
    h, w = (max(picture.shape[axis] for picture in pictures.values()) for axis in (0, 1))
    made = {}
    for name, picture in pictures.items():
        if picture.shape[:2] != (h, w):
            ground = np.full((h, w, 3), GROUND, np.uint8)
            ground[: picture.shape[0], : picture.shape[1]] = picture
            picture = ground
        made[name] = picture
    return made


def fitted(parameters: Mapping[str, Any], h: int, w: int) -> dict[str, Any]:
    """Parameters of the inventory with its sizes in pixels scaled from its sample to a picture of (h, w)."""
    made = dict(parameters)
    scale = (h / SIZE[0], w / SIZE[1])
    for name in ("size", "padding"):
        value = made.get(name)
        if isinstance(value, int):
            made[name] = max(round(value * min(scale)), 1)
        elif isinstance(value, tuple) and len(value) == 2:
            made[name] = tuple(max(round(n * s), 1) for n, s in zip(value, scale))
    if made.get("unit") == "pixel" or ("box" in made and "unit" not in made):
        made["box"] = tuple(round(n * s) for n, s in zip(made["box"], scale[::-1] * 2))
    return made


def summary(name: str) -> str:
    """The first paragraph of a transform's documentation."""
    return " ".join((inspect.getdoc(REGISTRY[name]) or "").split("\n\n")[0].split())


def call(name: str, parameters: Mapping[str, Any]) -> str:
    """The call that makes the transform; of long values only that there are some."""
    defaults = {f.name: f.default for f in dataclasses.fields(REGISTRY[name])}
    given = []
    for key, value in parameters.items():
        text = getattr(value, "__name__", repr(value))
        if key != "p" and value != defaults.get(key, dataclasses.MISSING):
            given.append(f"{key}={text if len(text) <= 60 else '(…)'}")
    return f"{name}({', '.join(given)})"


def _caption(transform: Any, key: int, given: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """The key, what was drawn for it, and the size where it is another."""
    parts = []
    if not transform.needs_boxes and not transform.needs_mask:  # else it draws from more than the shape
        steps = augment.Compose([transform]).draw(key, given["image"].shape)["steps"]
        for step in steps:
            texts = numbers(step["params"])[:_MOST]
            parts += [" ".join([step["transform"], *texts])] if hasattr(transform, "transforms") else texts
    h, w = result["image"].shape[:2]
    if (h, w) != given["image"].shape[:2]:
        parts.append(f"{w}×{h}")
    return f"key {key}: {', '.join(parts)}" if parts else f"key {key}"


def numbers(params: Mapping[str, Any]) -> list[str]:
    """The drawn numbers that say something to a reader: few, and no keys of random streams."""
    found = []
    for name, value in params.items():
        values = list(value) if isinstance(value, (list, tuple)) else [value]
        if name == "operations":  # of a policy: pairs of name and value
            found += [f"{operation} {_plot.number(amount)}" for operation, amount in values]
        elif 0 < len(values) <= 4 and all(map(_plain, values)):
            texts = [_plot.number(v) if isinstance(v, (int, float)) and type(v) is not bool else str(v) for v in values]
            found.append(f"{name.replace('_', ' ')} {' '.join(texts)}")
    return found


def _plain(value: Any) -> bool:
    return isinstance(value, (bool, float, str)) or (isinstance(value, int) and abs(value) < _STREAM)


def _picture(sample: Mapping[str, Any]) -> np.ndarray:
    return _draw.draw(**{name: value for name, value in sample.items() if name in _LINES})


def _mark(image: np.ndarray) -> tuple[tuple[int, ...], bytes]:
    return image.shape, image.tobytes()


def _as_is(image: np.ndarray) -> np.ndarray:
    return image
