"""Parameters that speak of intensity are fractions of full scale: each refuses 128, and says what was meant.

The docstrings say which these are, so that no list has to be kept: what calls itself a fraction of full scale must
behave as one, and what has the name of such a parameter must call itself so.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

import numpy as np
import pytest
from helpers.levels import (
    EXAMPLE,
    LEVEL,
    NO_LEVEL,
    REGISTRY,
    SENTENCE,
    SHIFT,
    SPREAD,
    TURN,
    VARIANCE,
    Scale,
    build,
    entries,
    example_call,
    example_image,
    fraction,
    fractions,
    public_functions,
    takes_channels,
)

import augment
import imgproc

NAMES = {"fill", "sigma_color", "kappa", "noise", "std", "shift", "level", "offset"}
"""Whose docstrings must have the sentence, wherever they stand."""


def fractions_of(things: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, parameter)
        for name, thing in things.items()
        for parameter, body in entries(thing)
        if SENTENCE.search(body) and (name, parameter) not in NO_LEVEL
    ]


FUNCTIONS = public_functions()
OF_FUNCTIONS = fractions_of(FUNCTIONS)
OF_TRANSFORMS = fractions_of({name: REGISTRY[name] for name in EXAMPLE})


def with_128(value: Any, number: float = 128) -> Any:
    """The value with 128 as its last number."""
    if isinstance(value, np.ndarray):
        value = value.copy()
        value[(-1,) * value.ndim] = number
        return value
    if isinstance(value, (tuple, list)):
        return (*value[:-1], with_128(value[-1], number))
    return number


def call(name: str, parameter: str, image: np.ndarray) -> Any:
    """Call a function on an image, with 128 for the parameter."""
    function = FUNCTIONS[name]
    given = inspect.signature(function).parameters
    args, kwargs = example_call(function, image)
    default = given[parameter].default if parameter in given else None
    if parameter == "range":
        default = (0.0, 1.0)
    kwargs[parameter] = with_128(kwargs.get(parameter, default))
    if "guide" in given:
        args, kwargs = args[:1], {**kwargs, "guide": image}  # in the units of the image
    return function(*args, **kwargs)


def image_for(name: str, dtype: str) -> np.ndarray:
    channels = next(c for c in (3, None, 1) if takes_channels(FUNCTIONS[name], c))
    return example_image(dtype, (24, 20), channels)


def test_every_docstring_is_covered() -> None:
    things = {name: getattr(package, name) for package in (imgproc, augment) for name in package.__all__}
    apart = {("OnnxInpainter", "mean"), ("OnnxInpainter", "mask_value")}  # below
    apart.add(("row_operation", "function"))  # whose rows are such fractions
    assert set(fractions_of(things)) - apart == {*OF_FUNCTIONS, *OF_TRANSFORMS}


@pytest.mark.parametrize("parameter", ["mean", "mask_value"])
def test_a_network_refuses_128(parameter: str) -> None:
    for value, end in ((128, ""), ((0.5, 0.5, 128), r"\[2\]")):
        with pytest.raises(ValueError, match=rf"^{parameter}{end} is a fraction of full scale: 128 of 255 is 0\.502$"):
            imgproc.OnnxInpainter("none.onnx", size=(8, 8), **{parameter: value})


def test_the_docstrings_name_many() -> None:
    assert len(OF_FUNCTIONS) > 60
    assert len(OF_TRANSFORMS) > 35


@pytest.mark.parametrize(("name", "parameter"), OF_FUNCTIONS)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_function_refuses_128(name: str, parameter: str, dtype: str) -> None:
    with pytest.raises(ValueError, match=SAYS.format(re.escape(parameter))):
        call(name, parameter, image_for(name, dtype))


SAYS = (
    r"^{}(\[.+\])* is a fraction of full scale( squared: 128 of 255 squared is 0\.00197|: 128 of 255 is 0\.502)"
    "(; if these are labels, .*)?$"
)


@pytest.mark.parametrize(("name", "parameter"), OF_TRANSFORMS)
def test_a_transform_refuses_128(name: str, parameter: str) -> None:
    parameters = dict(EXAMPLE[name])
    default = next(f.default for f in dataclasses.fields(REGISTRY[name]) if f.name == parameter)
    parameters[parameter] = with_128(parameters.get(parameter, default))
    with pytest.raises(ValueError, match=SAYS.format(re.escape(parameter))):
        build(name, parameters)


OF_SIDES = [
    (name, parameter)
    for name in EXAMPLE
    for parameter, body in entries(REGISTRY[name])
    if re.search(r"\bfractions? of the (image|width|(shorter )?side)", body)
]
"""Lengths as fractions of the image."""


@pytest.mark.parametrize(("name", "parameter"), OF_SIDES)
def test_a_fraction_of_the_image_is_no_number_of_pixels(name: str, parameter: str) -> None:
    parameters = dict(EXAMPLE[name])
    default = next(f.default for f in dataclasses.fields(REGISTRY[name]) if f.name == parameter)
    area = any(p == parameter and "area" in body for p, body in entries(REGISTRY[name]))
    for pixels, part in ((20, r"0\.0391"), (3, r"0\.00586")):
        parameters[parameter] = with_128(parameters.get(parameter, default), pixels)
        says = rf"is a fraction of the image's side, .*: {pixels} of 512 pixels is {part}$"
        if area:
            says = f"must be <= 1, got {pixels}"
        with pytest.raises(ValueError, match=rf"^{parameter}(\[.+\])* {says}"):
            build(name, parameters)


def test_some_lengths_are_fractions_of_the_image() -> None:
    assert len(OF_SIDES) >= 9
    with pytest.raises(ValueError, match=r"^translate\[0\] is a fraction of the image's side, .*: -20 of 512"):
        augment.Affine(translate=(-20, 20))
    assert augment.Affine(translate=(-2, 2)).translate == (-2.0, 2.0)


@pytest.mark.parametrize("which", ["imgproc", "augment"])
def test_what_has_the_name_of_a_level_says_that_it_is_a_fraction(which: str) -> None:
    things = FUNCTIONS if which == "imgproc" else {name: REGISTRY[name] for name in EXAMPLE}
    silent = [
        f"{name}({parameter})"
        for name, thing in things.items()
        for parameter, body in entries(thing)
        if parameter in NAMES and not SENTENCE.search(body) and (name, parameter) not in NO_LEVEL
    ]
    assert not silent


@pytest.mark.parametrize(("name", "parameter"), [pair for pair in OF_FUNCTIONS if pair != ("rescale", "target")])
def test_an_image_in_units_of_its_own_takes_levels_in_them(name: str, parameter: str) -> None:
    """A CT scan in float32 is filled with -1000 and compared with 128, if the function goes on with such images."""
    image = image_for(name, "float32") * 3000 - 1000
    try:
        call(name, parameter, image)
    except ValueError as error:
        assert "fraction of full scale" not in str(error)


@pytest.mark.parametrize(
    ("value", "scale", "message"),
    [
        (128, LEVEL, "x is a fraction of full scale: 128 of 255 is 0.502"),
        (40000, LEVEL, "x is a fraction of full scale: 40000 of 65535 is 0.61"),
        (1e9, LEVEL, "x is a fraction of full scale and must be at most 8, got 1e+09"),
        (-30, SHIFT, "x is a fraction of full scale: -30 of 255 is -0.118"),
        (-1e6, SHIFT, "x is a fraction of full scale and must be at least -2, got -1e+06"),
        (10, SPREAD, "x is a fraction of full scale: 10 of 255 is 0.0392"),
        (650, VARIANCE, "x is a fraction of full scale squared: 650 of 255 squared is 0.01"),
        (30, TURN, "x is in turns, 1 is once around: 30 of 360 degrees is 0.0833"),
    ],
)
def test_the_message(value: float, scale: Scale, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fraction(value, "x", scale)


def test_a_level_for_each_channel_is_named() -> None:
    with pytest.raises(ValueError, match=r"^mean\[1\] is a fraction of full scale: 116 of 255 is 0\.455$"):
        fractions((0.5, 116, 104), "mean")


@pytest.mark.parametrize(
    ("value", "channels", "message"),
    [
        ([0.1, 0.2], 3, "fill must be one level or 3, one a channel, got 2"),
        ([], None, "fill must be a level or one for each channel, got none"),
        ((), 3, "fill must be one level or 3, one a channel, got 0"),
    ],
)
def test_a_level_for_each_channel_is_one_for_each(value: Any, channels: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        fractions(value, "fill", channels=channels)


def test_levels_come_as_plain_numbers() -> None:
    assert fractions(np.array([0.25, 1]), "fill") == (0.25, 1.0)
    assert fractions([0, 1, 0.5], "fill", channels=3) == (0.0, 1.0, 0.5)
    assert type(fractions(np.float32(0.5), "fill")) is float


@pytest.mark.parametrize("value", [-3.4e38, -1000, -1, 0, 1, 2.0, 8.0])
def test_levels_beyond_black_and_white_are_taken(value: float) -> None:
    assert fraction(value, "fill") == value


def test_bounds_hold_in_any_case() -> None:
    scan = np.full((3, 4), 300.0)
    assert fraction(128, "level", LEVEL, scan) == 128
    with pytest.raises(ValueError, match="level must be <= 1, got 128"):
        fraction(128, "level", LEVEL, scan, at_most=1)
    with pytest.raises(ValueError, match=r"sigma must be > 0, got 0\.0"):
        fraction(0, "sigma", SPREAD, above=0)


def test_a_fill_without_end_is_no_overflow() -> None:
    image = np.zeros((4, 5), np.uint8)
    chain = augment.Compose([augment.Affine(fill=-1.7e308, translate=(0.5, 0.5), p=1.0)])
    for key in range(7):
        assert chain(image=image + 1, key=key)["image"].min() == 0
        assert chain(image=image.astype(np.float32), key=key)["image"].min() == -np.inf
    assert imgproc.pad(image, padding=(1, 1, 1, 1), border="constant", fill=-1.7e308)[0, 0] == 0
    with pytest.raises(ValueError, match=r"fill is a fraction of full scale and must be at most 8, got 1\.7e\+308"):
        imgproc.pad(image, padding=(1, 1, 1, 1), border="constant", fill=1.7e308)


@pytest.mark.parametrize(
    "make",
    [
        lambda: imgproc.adjust_hue(np.zeros((2, 2, 3), np.uint8), shift=20),
        lambda: imgproc.shift_hsv(np.zeros((2, 2, 3), np.uint8), hue=20),
        lambda: augment.HueSaturationValue(hue=(0, 20)),
        lambda: augment.ColorJitter(hue=(0, 20)),
    ],
)
def test_hue_in_degrees_is_refused(make: Any) -> None:
    message = r"^(hue|shift)(\[1\])? is in turns, 1 is once around: 20 of 360 degrees is 0\.0556$"
    with pytest.raises(ValueError, match=message):
        make()
