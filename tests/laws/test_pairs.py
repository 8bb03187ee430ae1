"""Pairs of options: each function that has a slow oracle of the same signature equals it for every pair of options.

Single options are tested where the functions are.  What two of them do together is tested here, for all functions
alike: the oracles are found by their names, the options are those that docstrings and declarations name."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import oracles
import pytest
from helpers.functions import choices, example_image, examples, image_functions, takes_channels
from oracles.plain import full_scale

NO_ORACLES = {
    "adjust_hue": "the oracle takes the hue itself",
    "gradient": "the oracle is that of a restoration",
    "richardson_lucy": "the oracle takes a plane with its border",
    "graph_cut_seam": "the oracle takes minutes",
    "inpaint_diffusion": "the oracle takes seconds",
    "poisson_blend": "the oracle takes seconds",
    "detail_enhance": "the oracle knows no luminance",
    "total_variation": "the oracle iterates to the end",
    "watershed": "the oracle takes markers of pixels",
    "gist": "the oracle takes seconds",
    "threshold": "the oracle returns a level for True",
}
"""Functions of the oracles that are not compared here, though they have the name of a public function, and why."""

OF_GREY = ("lbp", "local_maxima", "multi_otsu")
"""Oracles of images without channels, of functions that take channels."""

RETURN_LEVELS = ("lookup", "normalize")
"""Oracles among those of fractions of full scale that return what the function returns."""

LEFT_OUT = {
    "warp": ("area", "bicubic"),  # the oracle knows no areas; taps beyond the edge are looked up after folding
    "remap": ("area", "bicubic"),
}
"""Values of options that a function and its oracle understand differently."""

KINDS = [("uint8", None), ("float32", None), ("uint16", 3)]
MOST = 60
"""Pairs of each function and kind of image, evenly drawn from all."""


def _oracles() -> dict[str, Callable[..., Any]]:
    found = {}
    for module in pkgutil.iter_modules(oracles.__path__):
        for name, value in vars(importlib.import_module(f"oracles.{module.name}")).items():
            own = inspect.isfunction(value) and value.__module__ == f"oracles.{module.name}"
            if own and name in image_functions() and name not in NO_ORACLES:
                found[name] = value
    return found


ORACLES = _oracles()


def _values(function: Callable[..., Any], parameter: inspect.Parameter, image: np.ndarray) -> list[Any]:
    """The values of an option that are tried: its default, its choices, its examples."""
    default = [] if parameter.default is parameter.empty else [parameter.default]
    if isinstance(parameter.default, bool):
        return [False, True]
    found: list[Any] = []
    declared = examples(function, parameter.name, image)
    for value in (*default, *choices(function).get(parameter.name, ()), *declared):
        if isinstance(value, str) and value in LEFT_OUT.get(function.__name__, ()):
            continue
        if not any(value is other or repr(value) == repr(other) for other in found):
            found.append(value)
    return found


def _pairs(name: str, image: np.ndarray) -> Iterator[dict[str, Any]]:
    """Arguments, two of which are not at their first value."""
    function = image_functions()[name]
    known = inspect.signature(ORACLES[name]).parameters
    parameters = [p for p in list(inspect.signature(function).parameters.values())[1:] if p.name in known]
    values = {p.name: _values(function, p, image) for p in parameters}
    base = {p.name: values[p.name][0] for p in parameters if p.default is p.empty}
    many = [option for option, found in values.items() if len(found) > 1]
    pairs = [{**base, a: x, b: y} for a, b in itertools.combinations(many, 2) for x in values[a] for y in values[b]]
    pairs = pairs or [{**base, option: value} for option in many for value in values[option]] or [base]
    for k in range(0, len(pairs), max(1, len(pairs) // MOST)):
        yield pairs[k]


def _called(function: Callable[..., Any], name: str, image: np.ndarray, options: dict[str, Any]) -> Any:
    options, positional = dict(options), [image]
    for parameter in list(inspect.signature(image_functions()[name]).parameters.values())[1:]:
        if parameter.kind is not parameter.KEYWORD_ONLY and parameter.name in options:
            positional.append(options.pop(parameter.name))
    return function(*positional, **options)


def _agree(ours: Any, theirs: Any, what: str, scale: float = 1.0) -> None:
    if isinstance(ours, tuple):
        for a, b in zip(ours, theirs, strict=True):
            _agree(a, b, what, scale)
        return
    ours, theirs = np.asarray(ours), np.asarray(theirs) * scale if scale != 1 else np.asarray(theirs)
    assert ours.shape == theirs.shape, what
    if ours.dtype.kind == "b":
        np.testing.assert_array_equal(ours, theirs, err_msg=what)
    elif ours.dtype.kind in "iu":
        # An oracle in double precision may see the other side of a half.
        theirs = np.clip(np.rint(theirs), np.iinfo(ours.dtype).min, np.iinfo(ours.dtype).max)
        np.testing.assert_allclose(ours.astype(float), theirs, rtol=0, atol=1, err_msg=what)
    else:
        top = float(np.abs(theirs[np.isfinite(theirs)]).max(initial=0))  # sums of float32 are rounded by their size
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=4e-6 * max(top, 1.0), err_msg=what)


@pytest.mark.parametrize("name", sorted(ORACLES))
def test_pairs_of_options(name: str) -> None:
    function, tried = image_functions()[name], 0
    for dtype, channels in KINDS:
        if not takes_channels(function, channels) or (channels and name in OF_GREY):
            continue
        image = example_image(np.dtype(dtype), (7, 9), channels)
        for options in _pairs(name, image):
            shown = {k: "array" if isinstance(v, np.ndarray) else v for k, v in options.items()}
            try:
                ours = _called(function, name, image, options)
            except (TypeError, ValueError):  # some pairs exclude each other
                continue
            theirs = _called(ORACLES[name], name, image, options)
            fractions = ORACLES[name].__module__ == "oracles.point" and name not in RETURN_LEVELS
            scale = full_scale(image.dtype) if fractions else 1.0
            _agree(ours, theirs, f"{name}({dtype}, {channels}, {shown})", scale)
            tried += 1
    assert tried


def test_what_is_left_out_is_there() -> None:
    assert set(NO_ORACLES) <= set(image_functions())
    assert len(ORACLES) > 50
