"""Example arguments: any image function can be called from its signature alone.

The arguments of public functions come from a closed vocabulary, so one table of examples by name serves them all.  A
function to which an argument means something else declares examples of its own (see `imgproc._core.declare`).  The
warm-up, the laws in the tests and the gallery call functions through this module.  A new function needs no change here
unless it requires an argument whose name is new.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

import imgproc

from ._core.declare import declared, example_image, hole, places
from ._core.publish import published

_LAYOUTS = re.compile(r"\(h, w(?:, (\w+))?\)")
_CHOICES = re.compile(r"^(\w+) : \{(.+?)\}", re.MULTILINE)


def _other_image(image: np.ndarray) -> np.ndarray:
    """An image of another size and other values, with the channels and dtype of `image`."""
    channels = None if image.ndim == 2 else image.shape[2]
    return example_image(image.dtype, (13, 11), channels, step=29)


EXAMPLES: dict[str, Callable[[np.ndarray], tuple[Any, ...]]] = {
    # Each entry gives values for one image; the first is the example, the others lead to other kernels.
    "reference": lambda image: (_other_image(image), np.linspace(1.0, 2.0, 16), lambda t: 1.0 + t),
    "reference_mask": lambda image: (None,),
    "mask": lambda image: (None, _chequers(image)),
    "radius": lambda image: (min(2, max(image.shape[:2])),),
    "sigma": lambda image: (1.5,),
    "sigma_color": lambda image: (0.2,),
    "sigma_space": lambda image: (1.2,),
    "guide": lambda image: (example_image(image.dtype, image.shape[:2], 3, step=11),),
    "epsilon": lambda image: (0.01,),
    "patch_radius": lambda image: (1,),
    "search_radius": lambda image: (3,),
    "strength": lambda image: (0.2,),
    "iterations": lambda image: (3,),
    "kappa": lambda image: (0.1,),
    "weight": lambda image: (0.1,),
    "alpha": lambda image: (0.2,),
    "weights": lambda image: (np.array([[1, 2, 1], [0, 3, 2], [1, 2, 0]]), np.array([[0.1, 0.7, 0.3]])),
    "size": lambda image: (image.shape[:2],),
    "angle": lambda image: (30.0,),
    "matrix": lambda image: (
        np.array([[1.1, 0.2, -1.5], [-0.1, 0.9, 1.25]]),
        np.array([[1, 0.1, 0], [0, 1, 0], [0, 0.01, 1]]),
    ),
    "x": lambda image: (places(image)[1] * 0.9 + 0.7,),
    "y": lambda image: (places(image)[0] * 1.1 - 0.3,),
    "box": lambda image: ((image.shape[1] // 3, image.shape[0] // 4, image.shape[1], image.shape[0]),),
    "padding": lambda image: ((1, 2, 3, 0),),
    "factor": lambda image: (1.3,),
    "center": lambda image: (0.5, "mean"),
    "gamma": lambda image: (1.5,),
    "inverse": lambda image: (False, True),
    "bits": lambda image: (3,),
    "bit": lambda image: (6,),
    "level": lambda image: (0.5,),
    "table": lambda image: (_table(image),),
    "points": lambda image: (((0.0, 0.1), (0.3, 0.2), (0.8, 1.0)),),
    "mean": lambda image: (0.45,),
    "std": lambda image: (0.25,),
    "fill": lambda image: (0.25,),
    "shift": lambda image: (0.15,),
    "key": lambda image: (7,),
    "cutoff": lambda image: (0.1,),
    "band": lambda image: ((0.1, 0.3),),
    "transfer": lambda image: (_decay, np.exp(-places(image)[0] * places(image)[1] / 99)),
    "psf": lambda image: (np.array([[0, 1.0, 2], [1, 4, 0.5], [0.5, 0, 0]]),),
    "noise": lambda image: (0.0, 0.02),
    "keep": lambda image: (0.3,),
    "offset": lambda image: (0.0, 0.5),
    "labels": lambda image: (np.indices(image.shape[:2]).sum(axis=0) // 5,),
    "markers": lambda image: (np.indices(image.shape[:2]).sum(axis=0) % 7 // 6,),
    "slico": lambda image: (False, True),
    "boxes_or_mask": lambda image: ([(1.2, 2, 3, 3.5)] if min(image.shape[:2]) >= 15 else [], hole(image)),
    "gradient": lambda image: (np.sin(np.arange(image.size)).reshape(image.shape),),
}


def public_functions() -> dict[str, Callable[..., Any]]:
    """Every public function of `imgproc`, by name."""
    found = {name: getattr(imgproc, name) for name in sorted(published(imgproc))}
    return {name: value for name, value in found.items() if inspect.isfunction(value)}


def image_functions() -> dict[str, Callable[..., Any]]:
    """The public functions whose first parameter is ``image`` and whose result is an array, but for those of
    `imgproc.io`, which convert between libraries and so take and return other layouts."""
    return {name: function for name, function in public_functions().items() if _maps_an_image(function)}


def functions_of_images() -> dict[str, Callable[..., Any]]:
    """The `image_functions`, and those that answer with anything else: for warming up."""
    return {
        name: function
        for name, function in public_functions().items()
        if next(iter(inspect.signature(function).parameters), None) == "image"
        and not function.__module__.startswith("imgproc.io.")
    }


def _maps_an_image(function: Callable[..., Any]) -> bool:
    signature = inspect.signature(function)
    first = next(iter(signature.parameters), None)
    return (
        first == "image"
        and signature.return_annotation == "np.ndarray"
        and not function.__module__.startswith("imgproc.io.")
    )


def _chequers(image: np.ndarray) -> np.ndarray:
    """A mask of every other pixel, and of the single one of a (1, 1) image."""
    return np.indices(image.shape[:2]).sum(axis=0) % 2 == 0


def _table(image: np.ndarray) -> np.ndarray:
    """A table that turns levels round in their middle."""
    if image.dtype.kind == "f":
        return np.array([0.0, 0.8, 0.3, 1.0], image.dtype)
    levels = np.arange(np.iinfo(image.dtype).max + 1)
    return np.where(levels > levels.size // 2, levels.size // 2 + levels.size - levels - 1, levels).astype(image.dtype)


def _decay(fy: np.ndarray, fx: np.ndarray) -> np.ndarray:
    """A gain that is even in neither frequency."""
    return np.exp(-3 * (fy * fy + fx * fx + fy * fx)) * (1 + 0.1j * fx)


def example_call(
    function: Callable[..., Any], image: np.ndarray, **options: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments for one call.

    Parameters
    ----------
    function : callable
        A public function whose first parameter is ``image``.
    image : ndarray
        The image it shall get.
    **options
        Values that are given already, by name.

    Returns
    -------
    tuple
        Positional arguments: the image, and a second array where one is required.
    dict
        Keyword arguments: what else is required, and `options`.

    Raises
    ------
    LookupError
        If a required argument is not in the vocabulary.
    """
    args, kwargs = [image], dict(options)
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        own = parameter.name in (declared(function).arguments or ())  # goes before a default
        if (parameter.default is not parameter.empty and not own) or parameter.kind is parameter.VAR_KEYWORD:
            continue
        name = parameter.name
        if name not in kwargs:
            values = _examples(function, name, image)
            if not values:
                raise LookupError(
                    f"{function.__name__} requires {name!r}, which is not in the vocabulary: "
                    "rename the argument, declare an example beside the function, "
                    "or add one to imgproc._inventory.EXAMPLES"
                )
            kwargs[name] = values[0]
        if parameter.kind is not parameter.KEYWORD_ONLY:
            args.append(kwargs.pop(name))
    return tuple(args), kwargs


def choices(function: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """The closed choices a docstring declares: ``method : {"cv", "pil"}`` gives ``{"method": ("cv", "pil")}``."""
    found = _CHOICES.findall(inspect.getdoc(function) or "")
    return {name: tuple(re.findall(r"[\"'](\w+)[\"']", values)) for name, values in found}


def variants(function: Callable[..., Any], image: np.ndarray) -> list[dict[str, Any]]:
    """Options for `example_call`, one changed at a time: none, every choice, every further example, and what
    the function declares to go together."""
    parameters = inspect.signature(function).parameters
    found: list[dict[str, Any]] = [{}]
    for name, values in choices(function).items():
        found += [{name: value} for value in values if value != parameters[name].default]
    for name in parameters:
        found += [{name: value} for value in _examples(function, name, image)[1:]]
    return found + [dict(options) for options in declared(function).together]


def _examples(function: Callable[..., Any], name: str, image: np.ndarray) -> tuple[Any, ...]:
    """Of a function's own, or of all functions with an argument of this name."""
    found = (declared(function).arguments or {}).get(name) or EXAMPLES.get(name)
    return found(image) if found else ()


def takes_channels(function: Callable[..., Any], channels: int | None) -> bool:
    """Whether a function takes images of so many channels (None: without that axis), as its docstring has it:
    ``image : ndarray of shape (h, w, 3)`` takes three, with ``(h, w, c)`` among the shapes it takes any number."""
    line = re.search(r"^image : (.*)$", inspect.getdoc(function) or "", re.MULTILINE)
    layouts = _LAYOUTS.findall(line[1] if line else "")
    return (
        not layouts
        or ("" if channels is None else str(channels)) in layouts
        or (channels is not None and "c" in layouts)
    )


def takes(function: Callable[..., Any], name: str) -> bool:
    """Whether a function has a parameter of this name."""
    return name in inspect.signature(function).parameters
