"""Flags: every function and transform takes True and False of Python and of NumPy alike, and nothing else.

Arrays that get results (``out=``) are refused by one check before any work.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.levels import EXAMPLE, REGISTRY, build, example_call, example_image, public_functions, takes_channels

import augment
from augment import *  # noqa: F403  # so that a repr evaluates

FUNCTIONS = public_functions()
OF_FUNCTIONS = [
    (name, parameter.name)
    for name, function in FUNCTIONS.items()
    for parameter in inspect.signature(function).parameters.values()
    if parameter.annotation == "bool" and next(iter(inspect.signature(function).parameters)) == "image"
]
OF_TRANSFORMS = [
    (name, field.name)
    for name in (*EXAMPLE, "Compose")
    for field in dataclasses.fields(REGISTRY[name])
    if field.type == "bool"
]


def call(name: str, flag: str, value: Any) -> Any:
    function = FUNCTIONS[name]
    image = example_image("uint8", (16, 16), next(c for c in (3, None, 1) if takes_channels(function, c)))
    args, kwargs = example_call(function, image, **{flag: value})
    if flag == "auto" and value:  # finds them
        kwargs["centers"] = None
    return function(*args, **kwargs)


def test_flags_are_found() -> None:
    assert len(OF_FUNCTIONS) >= 8
    assert len(OF_TRANSFORMS) >= 15


@pytest.mark.parametrize(("name", "flag"), OF_FUNCTIONS)
def test_a_function_takes_the_bools_of_numpy(name: str, flag: str) -> None:
    for value in (False, True):
        expected, found = call(name, flag, value), call(name, flag, np.bool_(value))
        np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("value", [1, 0, "yes", None, 1.0, np.array([True])])
@pytest.mark.parametrize(("name", "flag"), OF_FUNCTIONS)
def test_a_function_takes_nothing_else(name: str, flag: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got "):
        call(name, flag, value)


def made(name: str, **options: Any) -> Any:
    if name == "Compose":
        return augment.Compose([augment.Invert()], **options)
    return build(name, {**EXAMPLE[name], **options})


@pytest.mark.parametrize(("name", "flag"), OF_TRANSFORMS)
def test_a_transform_keeps_the_bools_of_python(name: str, flag: str) -> None:
    for value in (False, True):
        expected, found = made(name, **{flag: value}), made(name, **{flag: np.bool_(value)})
        assert type(getattr(found, flag)) is bool
        assert found == expected
        assert repr(found) == repr(expected)
        assert eval(repr(found)) == found
        json.dumps(getattr(found, flag))


@pytest.mark.parametrize("value", [1, 0, "yes", None, 1.0, np.array([True])])
@pytest.mark.parametrize(("name", "flag"), OF_TRANSFORMS)
def test_a_transform_takes_nothing_else(name: str, flag: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{flag} must be True or False, got "):
        made(name, **{flag: value})


# --- out --------------------------------------------------------------------------------------------------------------

IMAGE = np.zeros((8, 9), np.uint8)
CHAIN = augment.Compose([augment.Invert(p=1.0)])
DOORS: dict[str, Callable[[Any], Any]] = {
    "call": lambda out: CHAIN(image=IMAGE, key=1, out=out),
    "batch": lambda out: CHAIN.batch(IMAGE[np.newaxis], keys=[1], out=out),
    "batch of nothing": lambda out: CHAIN.batch([], keys=[], out=out),
    "replay": lambda out: CHAIN.replay(CHAIN.draw(1, (8, 9)), image=IMAGE, out=out),
    "mixing": lambda out: augment.MixUp(p=1.0)(np.zeros((2, 8, 9), np.uint8), keys=[1, 2], out=out),
}


@pytest.mark.parametrize("door", DOORS)
def test_out_must_be_an_array_that_can_be_written_to(door: str) -> None:
    with pytest.raises(TypeError, match=r"^out must be a numpy array, got list$"):
        DOORS[door]([1])
    locked = np.zeros((2, 8, 9) if door == "mixing" else (1, 8, 9) if "batch" in door else (8, 9), np.uint8)
    locked.flags.writeable = False
    with pytest.raises(ValueError, match=r"^out must be writeable, got a read-only array$"):
        DOORS[door](locked)
