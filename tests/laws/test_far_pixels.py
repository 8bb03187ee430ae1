"""What one pixel can change lies within the reach of the window, however large its value is.

"No data" pixels of real images are -9999, -3.4e38 or infinite.  A running sum, a spectrum, or bins from the least to
the largest value would let one of them act on pixels far away.  This is held for every function on images but for those
whose docstring says that the whole image is one window; if it says where, "where `argument` is not given" or "where
``argument="value"``", it is held for all else.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.declarations import declared
from helpers.functions import example_call, example_image, image_functions, takes, takes_channels, variants

SENTENCE = re.compile(r"whole image is one window(?: where (?:`(\w+)` is not given|``(\w+)=\"(\w+)\"``))?")
SIZE = (72, 96)
BAD = 5, 7
"""Where the pixel is: (y, x), near a corner, so that most of the image lies below it and to its right."""
VALUES = (1e10, -1e10, 3.4e38, -3.4e38, -9999.0, np.inf, -np.inf)
RADIUS = 5
"""Wider than the windows that are added up term by term."""
SIGMA = 4
"""Wider than Gaussians that are one weighted sum."""

GIVEN = {"illuminant": 5000.0}
"""Of arguments that make a function local and have no example."""

REACH = 36
"""Of functions that have no radius and declare no reach."""

ELSEWHERE = ("imgproc.geometry.", "imgproc.inpaint.")
"""Moved pixels have another place; what is painted into a hole comes from anywhere."""


def _whole(function: Callable[..., Any]) -> re.Match[str] | None:
    """What the docstring says of the whole image."""
    return SENTENCE.search(" ".join((inspect.getdoc(function) or "").split()))


def _is_local(function: Callable[..., Any]) -> bool:
    said = _whole(function)
    return not function.__module__.startswith(ELSEWHERE) and (said is None or any(said.groups()))


def _is_local_with(function: Callable[..., Any], options: dict[str, Any]) -> bool:
    said = _whole(function)
    if said is None:
        return True
    needed, name, value = said.groups()
    if needed:
        return options.get(needed) is not None
    return options.get(name, inspect.signature(function).parameters[name].default) != value


def _keeps_places(function: Callable[..., Any]) -> bool:
    """Whether each pixel of the result belongs to one of the image."""
    said = declared(function).result
    return said is None or said(np.zeros((2, 3, 3), np.float32))[1][:2] == (2, 3)


FUNCTIONS = {name: f for name, f in image_functions().items() if _is_local(f) and _keeps_places(f)}


def test_the_law_has_subjects() -> None:
    assert {"box_blur", "local_mean", "local_std", "guided_filter", "gaussian_blur", "clahe"} <= FUNCTIONS.keys()
    assert "local_wiener" in FUNCTIONS and "equalize_histogram" not in FUNCTIONS
    assert len(FUNCTIONS) >= 60


def _reach(function: Callable[..., Any], options: dict[str, Any]) -> int:
    radius = options.get("radius", 2)
    if takes(function, "radius"):
        return 2 * radius + 2  # the guided filter has two windows, one after the other
    if "sigma" in options:
        return 8 * options["sigma"]  # a wide Gaussian is three, one after the other
    declaration = declared(function).reach
    return REACH if declaration is None else declaration


def _every_option(function: Callable[..., Any], image: np.ndarray) -> list[dict[str, Any]]:
    found = [*variants(function, image), *({name: value} for name, value in GIVEN.items() if takes(function, name))]
    found = [options for options in found if options.get("border") != "wrap"]
    found = [options for options in found if _is_local_with(function, options)]
    assert found
    if takes(function, "radius"):
        found += [{**options, "radius": RADIUS} for options in found if "radius" not in options]
    if takes(function, "sigma"):
        found += [{**options, "sigma": SIGMA} for options in found if "sigma" not in options]
    return found


def _results(function: Callable[..., Any], image: np.ndarray, other: np.ndarray, options: dict[str, Any]) -> Any:
    """Of the image with the arguments, guides among them, that belong to the other one."""
    args, kwargs = example_call(function, other, **options)
    return function(image, *args[1:], **kwargs)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_a_pixel_changes_nothing_beyond_its_reach(name: str, dtype: str) -> None:
    function = FUNCTIONS[name]
    channels = None if takes_channels(function, None) else 3
    image = example_image(np.dtype(dtype), SIZE, channels)
    tolerance = 1e-6 if dtype == "f4" else 1e-11  # of the rounding of sums that start elsewhere
    for options in _every_option(function, image):
        expected = _results(function, image, image, options)
        far = np.ones(SIZE, bool)
        reach = _reach(function, options)
        far[: BAD[0] + reach + 1, : BAD[1] + reach + 1] = False
        assert far.any()
        for value in VALUES:
            bad = image.copy()
            bad[BAD] = value
            try:
                found = _results(function, bad, image, options)
            except ValueError as error:
                assert "must be finite" in str(error), (options, value)  # and then the docstring says so
                assert "must be finite" in (inspect.getdoc(function) or ""), name
                continue
            a, b = found[far], expected[far]
            if a.dtype.kind in "fc":
                limit = tolerance * max(1.0, float(np.abs(b).max(initial=0)))
                wrong = ~(np.abs(a - b) <= limit)
            else:
                wrong = a != b
            assert not wrong.any(), f"{options}, {value}: {np.count_nonzero(wrong)} far values differ"
