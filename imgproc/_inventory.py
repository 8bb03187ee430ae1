"""Example arguments: any image function can be called from its signature alone.

The arguments of public functions come from a closed vocabulary, so one table of examples by name serves them all.  The
warm-up, the laws in the tests and the gallery call functions through it; a new function needs no change here unless it
requires an argument whose name is new.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import imgproc

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
    "percentile": lambda image: (30.0,),
    "sigma_color": lambda image: (0.2,),
    "sigma_space": lambda image: (1.2,),
    "guide": lambda image: (example_image(image.dtype, image.shape[:2], 3, step=11),),
    "epsilon": lambda image: (0.01,),
    "guided_filter.guide": lambda image: (None, example_image(image.dtype, image.shape[:2], 3, step=11)),
    "patch_radius": lambda image: (1,),
    "search_radius": lambda image: (3,),
    "strength": lambda image: (0.2,),
    "iterations": lambda image: (3,),
    "kappa": lambda image: (0.1,),
    "weight": lambda image: (0.1,),
    "alpha": lambda image: (0.2,),
    "weights": lambda image: (np.array([[1, 2, 1], [0, 3, 2], [1, 2, 0]]), np.array([[0.1, 0.7, 0.3]])),
    "contraharmonic_mean.order": lambda image: (1.5, -1.0),
    "size": lambda image: (image.shape[:2],),
    "angle": lambda image: (30.0,),
    "matrix": lambda image: (
        np.array([[1.1, 0.2, -1.5], [-0.1, 0.9, 1.25]]),
        np.array([[1, 0.1, 0], [0, 1, 0], [0, 0.01, 1]]),
    ),
    "x": lambda image: (_places(image)[1] * 0.9 + 0.7,),
    "y": lambda image: (_places(image)[0] * 1.1 - 0.3,),
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
    "color_matrix.matrix": lambda image: (np.array([[0.9, 0.2, 0, 0.1], [0, 0.8, 0.1, 0], [0.3, 0.3, 0.3, -0.1]]),),
    "key": lambda image: (7,),
    "cutoff": lambda image: (0.1,),
    "band": lambda image: ((0.1, 0.3),),
    "notch_reject.centers": lambda image: (((0.2, -0.1), (0.5, 0.0)),),
    "transfer": lambda image: (_decay, np.exp(-_places(image)[0] * _places(image)[1] / 99)),
    "walsh_hadamard.pad": lambda image: (True,),
    "psf": lambda image: (np.array([[0, 1.0, 2], [1, 4, 0.5], [0.5, 0, 0]]),),
    "noise": lambda image: (0.0, 0.02),
    "constrained_least_squares.gamma": lambda image: (None, 0.01),
    "keep": lambda image: (0.3,),
    "offset": lambda image: (0.0, 0.5),
    "labels": lambda image: (np.indices(image.shape[:2]).sum(axis=0) // 5,),
    "markers": lambda image: (np.indices(image.shape[:2]).sum(axis=0) % 7 // 6,),
    "slico": lambda image: (False, True),
    "inpaint_exemplar.mask": lambda image: (_hole(image),),
    "inpaint_exemplar.blend": lambda image: (0, 2),
    "inpaint_diffusion.mask": lambda image: (_hole(image),),
    "boxes_or_mask": lambda image: ([(1.2, 2, 3, 3.5)] if min(image.shape[:2]) >= 15 else [], _hole(image)),
    "gradient": lambda image: (np.sin(np.arange(image.size)).reshape(image.shape),),
    "poisson_blend.source": lambda image: (example_image(image.dtype, image.shape[:2], *image.shape[2:], step=29),),
    "graph_cut_seam.source": lambda image: (example_image(image.dtype, image.shape[:2], *image.shape[2:], step=29),),
    "poisson_blend.mask": lambda image: (_middle(image),),
    "graph_cut_seam.mask": lambda image: (_middle(image),),
    "inpaint.mask": lambda image: (_middle(image),),
    "inpaint.method": lambda image: (_blacken,),
    "complete_scene.mask": lambda image: (_middle(image),),
    "complete_scene.database": lambda image: (
        [example_image(np.uint8, (60, 90), 3, step=step) for step in (11, 29)],
        _packaged_scenes(),
    ),
}


TOGETHER: dict[str, tuple[dict[str, Any], ...]] = {"notch_reject": ({"centers": None, "auto": True},)}
"""Further options of functions that can be given only at once."""


CHANGED: dict[str, tuple[dict[str, Any], ...]] = {"laplacian_of_gaussian": ({"zero_crossings": True},)}
"""Options with results of another kind, which the laws do not know: for warming up."""


def public_functions() -> dict[str, Callable[..., Any]]:
    """Every public function of `imgproc`, by name."""
    return {
        name: value
        for name, value in sorted(vars(imgproc).items())
        if not name.startswith("_") and inspect.isfunction(value) and value.__module__.startswith("imgproc.")
    }


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


def example_image(dtype: Any, size: tuple[int, int], channels: int | None = None, *, step: int = 37) -> np.ndarray:
    """A textured image: integers over the whole range, floats over [0, 1]; `channels` None is (h, w)."""
    shape = size if channels is None else (*size, channels)
    levels = np.arange(np.prod(shape, dtype=np.int64)).reshape(shape) * step % 251
    if np.dtype(dtype).kind == "f":
        return (levels / 250).astype(dtype)
    return (levels * (np.iinfo(dtype).max // 250)).astype(dtype)


def _chequers(image: np.ndarray) -> np.ndarray:
    """A mask of every other pixel, and of the single one of a (1, 1) image."""
    return np.indices(image.shape[:2]).sum(axis=0) % 2 == 0


def _hole(image: np.ndarray) -> np.ndarray:
    """A mask of a few pixels in the upper left, and of none where that would leave nothing to copy from."""
    h, w = image.shape[:2]
    mask = np.zeros((h, w), bool)
    if h >= 13 and w >= 13:
        mask[2:4, 1:3] = True
    return mask


def _middle(image: np.ndarray) -> np.ndarray:
    """A mask of the middle of the image, at least of one pixel."""
    y, x = _places(image)
    h, w = image.shape[:2]
    return (np.abs(y / max(h, 1) - 0.5) <= 0.25) & (np.abs(x / max(w, 1) - 0.5) <= 0.2)


def _blacken(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image with 0 in its hole."""
    return np.where(mask if image.ndim == 2 else mask[..., None], image.dtype.type(0), image)


def _packaged_scenes() -> imgproc.SceneDatabase:
    """A database of one photo that comes with scikit-image, without a file of its own."""
    from importlib.util import find_spec

    from .inpaint._features import LENGTH
    from .inpaint.database import _File

    package = find_spec("skimage").submodule_search_locations[0]
    parts = [(np.ones((1, LENGTH), np.float16), np.ones(1, bool))]
    return imgproc.SceneDatabase(Path(package, "data"), [_File("astronaut.png", 0, 0, 512, 512)], parts)


def _table(image: np.ndarray) -> np.ndarray:
    """A table that turns levels round in their middle."""
    if image.dtype.kind == "f":
        return np.array([0.0, 0.8, 0.3, 1.0], image.dtype)
    levels = np.arange(np.iinfo(image.dtype).max + 1)
    return np.where(levels > levels.size // 2, levels.size // 2 + levels.size - levels - 1, levels).astype(image.dtype)


def _decay(fy: np.ndarray, fx: np.ndarray) -> np.ndarray:
    """A gain that is even in neither frequency."""
    return np.exp(-3 * (fy * fy + fx * fx + fy * fx)) * (1 + 0.1j * fx)


def _places(image: np.ndarray) -> np.ndarray:
    """y and x of the pixel centres."""
    return np.indices(image.shape[:2]) + 0.5


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
        own = f"{function.__name__}.{parameter.name}" in EXAMPLES  # goes before a default
        if (parameter.default is not parameter.empty and not own) or parameter.kind is parameter.VAR_KEYWORD:
            continue
        name = parameter.name
        if name not in kwargs:
            values = _examples(function, name, image)
            if not values:
                raise LookupError(
                    f"{function.__name__} requires {name!r}, which is not in the vocabulary: "
                    "rename the argument, or add an example to imgproc._inventory.EXAMPLES"
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
    """Options for `example_call`, one changed at a time: none, every choice, every further example, and `TOGETHER`."""
    parameters = inspect.signature(function).parameters
    found: list[dict[str, Any]] = [{}]
    for name, values in choices(function).items():
        found += [{name: value} for value in values if value != parameters[name].default]
    for name in parameters:
        found += [{name: value} for value in _examples(function, name, image)[1:]]
    return found + [dict(options) for options in TOGETHER.get(function.__name__, ())]


def _examples(function: Callable[..., Any], name: str, image: np.ndarray) -> tuple[Any, ...]:
    """Of a function's own, or of all functions with an argument of this name."""
    found = EXAMPLES.get(f"{function.__name__}.{name}") or EXAMPLES.get(name)
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
