"""The law of ties: what is equal in exact arithmetic is decided as equal, alike in every dtype.

A decision is a result that has a bool, a label or a code for each pixel, or a direction out of an image, where equal
values leave none.  The functions with such results are found by calling them.  Each is put to images in which almost
everything ties: constants, ideal steps, planes and few levels, each as uint8, uint16, float32 and float64.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from helpers.declarations import declared
from helpers.functions import example_call, image_functions, public_functions, takes, takes_channels, variants
from helpers.vocabulary import DTYPES

SIZE = (40, 52)
Options = dict[str, Any]
Function = Callable[..., Any]


# --- pictures: whole numbers of 255, so that integers hold them exactly -----------------------------------------------


def _steps() -> Iterator[tuple[str, np.ndarray]]:
    y, x = np.indices(SIZE)
    for low, high in ((0, 255), (0, 128), (0, 51), (20, 199), (0, 26)):
        yield f"step {low} to {high}", np.where(x >= 26, high, low)
        yield f"step down {high} to {low}", np.where(y >= 19, low, high)
        yield f"diagonal step {low} to {high}", np.where(x - y >= 6, high, low)
        yield f"other diagonal step {low} to {high}", np.where(x + y >= 45, high, low)
    yield "square", np.where((abs(x - 25) < 9) & (abs(y - 20) < 8), 178, 25)


def _planes() -> Iterator[tuple[str, np.ndarray]]:
    y, x = np.indices(SIZE)
    yield "plane x", 2 * x
    yield "plane y", 150 - y
    yield "plane x + y", x + y
    yield "plane x + 2 y", 130 - x + 2 * y


CONSTANTS = {f"constant {level}": np.full(SIZE, level) for level in (0, 1, 77, 128, 200, 230)}
FEW = np.random.default_rng(4).integers(0, 3, SIZE) * 100
SHAPES = {**dict(_steps()), **dict(_planes()), "three levels": FEW}
ADDED = 25


def as_dtype(levels: np.ndarray, dtype: np.dtype, channels: int | None = None) -> np.ndarray:
    """The picture of these levels of 255, in a dtype's own scale; of several channels all are alike."""
    image = (levels * {1: 1, 2: 257}[dtype.itemsize] if dtype.kind == "u" else levels / 255).astype(dtype)
    return image if channels is None else np.repeat(image[:, :, None], channels, axis=2)


# --- decisions --------------------------------------------------------------------------------------------------------


class Decision(NamedTuple):
    function: Function
    options: Options
    is_angle: bool

    def __str__(self) -> str:
        return " ".join([self.function.__name__, *(f"{k}={_said(v)}" for k, v in self.options.items())])

    def __call__(self, image: np.ndarray) -> np.ndarray:
        args, kwargs = example_call(self.function, image, **self.options)
        # Where a second image is needed, the same picture in every dtype: the first one upside down.
        args = (image, *(self._second(value, image) for value in args[1:]))
        return self.function(*args, **{name: self._second(value, image) for name, value in kwargs.items()})

    @staticmethod
    def _second(value: Any, image: np.ndarray) -> Any:
        is_image = isinstance(value, np.ndarray) and (value.shape, value.dtype) == (image.shape, image.dtype)
        return np.ascontiguousarray(image[::-1]) if is_image else value


def _said(value: Any) -> str:
    return "array" if isinstance(value, np.ndarray) else str(value)


def decisions_of(function: Function, channels: int | None) -> list[Decision]:
    """Options, one changed at a time, with which a function decides something for each pixel."""
    if not takes_channels(function, channels):
        return []
    image, found = as_dtype(FEW, np.dtype(np.float32), channels), []
    every = variants(function, image) + [dict(options) for options in declared(function).changed]
    if takes(function, "radius"):
        every += [{**options, "radius": radius} for options in every for radius in (1, 5)]
    for options in every:
        is_angle = options.get("result") == "angle"
        decision = Decision(function, options, is_angle)
        try:
            result = decision(image)
        except (ValueError, TypeError, LookupError):
            continue  # the laws of functions see to what is refused
        per_pixel = isinstance(result, np.ndarray) and result.shape[:2] == SIZE
        if per_pixel and (result.dtype.kind in "bi" or is_angle or _is_black_and_white(result)):
            found.append(decision)
    return found


def _is_black_and_white(result: np.ndarray) -> bool:
    return set(np.unique(result).tolist()) == {0.0, 1.0}


@functools.cache
def decisions() -> list[Decision]:
    functions = [f for f in public_functions().values() if next(iter(inspect.signature(f).parameters), None) == "image"]
    return [decision for function in functions for decision in decisions_of(function, None)]


def named(name: str) -> list[Decision]:
    return [decision for decision in decisions() if decision.function.__name__ == name]


every_name = pytest.mark.parametrize("name", sorted({decision.function.__name__ for decision in decisions()}))

OTHER_IN_OTHER_DTYPES = {"bit_plane": "the sixth bit of 16 is not the sixth of 8"}

BY_PLACE = {
    "graph_cut_seam": "a constant is taken where the hole is",
    "superpixels": "a constant is parted into squares",
    "watershed": "a constant is parted between the markers",
}
"""What does not answer a constant with one answer."""

BY_LEVEL = {
    "adaptive_threshold method=sauvola": "the mean is multiplied",
    "bit_plane": "it is a part of the level",
    "superpixels": "colours are compared in Lab, which is not linear in the levels",
    "threshold": "it compares with a level",
}
"""What may change when a constant is added to all levels, a function or some of its options; besides, what sees a
constant border of another level."""


def sees_a_level(decision: Decision) -> bool:
    return str(decision).startswith(tuple(BY_LEVEL)) or decision.options.get("border") == "constant"


def apart(decision: Decision, a: np.ndarray, b: np.ndarray) -> int:
    """In how many pixels two results differ."""
    if decision.is_angle:
        return int(np.count_nonzero(abs((a - b + 180) % 360 - 180) > 1e-3))
    if a.dtype.kind in "uf" and b.dtype.kind in "uf":  # black and white
        return int(np.count_nonzero((a > 0) != (b > 0)))
    assert a.dtype == b.dtype
    return int(np.count_nonzero(a != b))


def test_the_law_has_subjects() -> None:
    found = {decision.function.__name__ for decision in decisions()}
    assert found >= {"adaptive_threshold", "canny", "gradient", "kirsch", "laplacian_of_gaussian", "lbp", "superpixels"}
    assert len(decisions()) >= 30
    assert OTHER_IN_OTHER_DTYPES.keys() | BY_PLACE.keys() <= found
    assert all(any(str(decision).startswith(said) for decision in decisions()) for said in BY_LEVEL)


@every_name
def test_all_dtypes_decide_alike(name: str) -> None:
    if name in OTHER_IN_OTHER_DTYPES:
        pytest.skip(OTHER_IN_OTHER_DTYPES[name])
    for decision in named(name):
        for what, levels in {**CONSTANTS, **SHAPES}.items():
            results = [decision(as_dtype(levels, dtype)) for dtype in DTYPES]
            for dtype, result in zip(DTYPES[1:], results[1:], strict=True):
                n = apart(decision, results[0], result)
                assert n == 0, f"{decision}, {what}: {n} pixels of {dtype} are not as of uint8"


@every_name
def test_grey_in_three_channels_decides_alike(name: str) -> None:
    for decision in named(name):
        if not takes_channels(decision.function, 3):
            continue
        for what, levels in {**CONSTANTS, **SHAPES}.items():
            for dtype in DTYPES:
                grey, three = decision(as_dtype(levels, dtype)), decision(as_dtype(levels, dtype, 3))
                for channel in np.moveaxis(np.atleast_3d(three), -1, 0):
                    assert apart(decision, grey, channel) == 0, f"{decision}, {what}, {dtype}"


@every_name
def test_a_constant_has_one_answer(name: str) -> None:
    for decision in named(name):
        for dtype in DTYPES:
            results = {what: decision(as_dtype(levels, dtype)) for what, levels in CONSTANTS.items()}
            first = results["constant 77"]
            for what, result in results.items():
                if not sees_a_level(decision):
                    assert apart(decision, first, result) == 0, f"{decision}, {what}, {dtype}"
                if name not in BY_PLACE and decision.options.get("border") != "constant":
                    assert np.unique(result).size == 1, f"{decision}, {what}, {dtype}: more than one answer"


@every_name
def test_an_added_constant_changes_nothing(name: str) -> None:
    for decision in named(name):
        if sees_a_level(decision):
            continue
        for what, levels in SHAPES.items():
            if levels.max() + ADDED > 255:
                continue
            for dtype in DTYPES:
                before, after = decision(as_dtype(levels, dtype)), decision(as_dtype(levels + ADDED, dtype))
                n = apart(decision, before, after)
                assert n == 0, f"{decision}, {what} + {ADDED}, {dtype}: {n} pixels have changed"


def test_a_constant_has_no_edges() -> None:
    edges = [d for d in decisions() if d.function.__module__.startswith("imgproc.edges.")]
    assert len(edges) >= 5
    for decision in edges:
        for what, levels in CONSTANTS.items():
            for dtype in DTYPES:
                assert not decision(as_dtype(levels, dtype)).any(), f"{decision}, {what}, {dtype}"


@pytest.mark.parametrize("name", sorted(image_functions()))
def test_zeros_of_both_signs_are_one_level(name: str) -> None:
    function, rng = image_functions()[name], np.random.default_rng(3)
    for shape in [(24, 32), (24, 32, 3)]:
        image = rng.choice([0.0, 0.25, 1.0], shape).astype(np.float32)
        signed = np.where((image == 0) & (rng.random(shape) < 0.5), np.float32(-0.0), image)
        results = []
        for given in (image, signed):
            args, kwargs = example_call(function, given)
            try:
                results.append(function(*args, **kwargs))
            except ValueError as error:  # it takes another number of channels
                assert "channels" in str(error)
        if results:
            np.testing.assert_array_equal(*results)
