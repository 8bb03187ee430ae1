"""No number beyond 1e15 can be meant: whatever takes a float refuses it by name, and at 1e15 works, or refuses it, too,
without a warning.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_call, example_image, examples, functions_of_images, takes_channels
from helpers.transforms import EXAMPLES, MIXES, REGISTRY, build, sample

import augment
import imgproc
from tests.fuzz.calls import namespace, subjects
from tests.fuzz.judge import judged

IN_UNITS = {("histogram", "range"), ("rescale", "source")}
"""Levels in the units of an image, which may be any."""

LARGEST = 1e15
BEYOND = (1.1e15, 1e160, 1.7e308)
SIZE = (24, 31)


def _with(ordinary: Any, value: float) -> Iterator[Any]:
    """An argument in which one number has another value, and a range in which both have."""
    if isinstance(ordinary, tuple):
        for k, part in enumerate(ordinary):
            for changed in _with(part, value):
                yield (*ordinary[:k], changed, *ordinary[k + 1 :])
        if len(ordinary) == 2 and all(isinstance(part, (int, float)) for part in ordinary):
            yield (value, value)
    elif isinstance(ordinary, (int, float)):
        yield value


def _hold(call: Callable[[Any], Any], ordinary: Any, name: str) -> None:
    for value in BEYOND:
        for given in _with(ordinary, value):
            with pytest.raises((TypeError, ValueError), match=rf"\b{name}\b"):
                call(given)
    for given in _with(ordinary, LARGEST):
        try:
            call(given)
        except (TypeError, ValueError) as error:
            assert re.search(rf"\b({name}|image|size)\b", str(error)), error


def _takes_float(annotation: Any) -> bool:
    return bool(re.search(r"\b(float|Range|Spread|Number)\b", str(annotation)))


def _ordinary(known: Any, annotation: Any) -> Any:
    if isinstance(known, (float, tuple)) or type(known) is int:
        return known
    return (0.25, 0.5) if "tuple[float, float]" in str(annotation) else 0.5


ARGUMENTS = [
    (name, parameter)
    for name, function in sorted(functions_of_images().items())
    for parameter in list(inspect.signature(function).parameters.values())[1:]
    if _takes_float(parameter.annotation) and (name, parameter.name) not in IN_UNITS
]


@pytest.mark.parametrize(("name", "parameter"), ARGUMENTS, ids=lambda each: getattr(each, "name", each))
def test_functions_refuse_what_cannot_be_meant(name: str, parameter: inspect.Parameter) -> None:
    function = functions_of_images()[name]
    for dtype in ("u1", "f4"):
        image = example_image(np.dtype(dtype), SIZE, 3 if takes_channels(function, 3) else None)
        known = next(iter(examples(function, parameter.name, image)), parameter.default)

        def call(given: Any, image: np.ndarray = image) -> None:
            args, options = example_call(function, image)
            function(*args, **{**options, parameter.name: given})

        _hold(call, _ordinary(known, parameter.annotation), parameter.name)


FIELDS = [
    pytest.param(name, given, field, id=f"{name}-{field.name}")
    for name, given in {name: given for name, given in reversed((*EXAMPLES, *MIXES))}.items()
    for field in dataclasses.fields(REGISTRY[name])
    if _takes_float(field.type) and field.init
]


@pytest.mark.parametrize(("name", "given", "field"), FIELDS)
def test_transforms_refuse_what_cannot_be_meant(name: str, given: dict[str, Any], field: Any) -> None:
    made = build(name, given)
    whole = {f: getattr(made, f) for f in given}
    shown = {part: sample((24, 32))[part] for part in ("image", "mask")}
    shown |= {"donors": [shown]} if made.mixes else {"boxes": sample((24, 32))["boxes"]}

    def call(value: Any) -> None:
        augment.Compose([type(made)(**{**whole, field.name: value})])(**shown, key=1)

    _hold(call, _ordinary(getattr(made, field.name), field.type), field.name)


OTHERS = [
    pytest.param(module, name, parameter, id=f"{name}-{parameter.name}")
    for module in (imgproc, augment)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name)) and name not in functions_of_images()
    for parameter in inspect.signature(getattr(module, name)).parameters.values()
    if _takes_float(parameter.annotation) and isinstance(parameter.default, float)
]


@pytest.mark.parametrize(("module", "name", "parameter"), OTHERS)
def test_other_functions_refuse_what_cannot_be_meant(module: Any, name: str, parameter: inspect.Parameter) -> None:
    subject = next(each for each in subjects() if each.name == f"{module.__name__}.{name}")
    plain = next(call for call in map(subject.draw, map(Random, range(99))) if _is_fine(call))

    def call(value: Any) -> None:
        changed = plain.with_argument("call", parameter.name, repr(value))
        getattr(module, name)(**changed.evaluated(namespace())["call"])

    _hold(call, parameter.default, parameter.name)


def _is_fine(call: Any) -> bool:
    verdict = judged(call)
    return not verdict.kind and not verdict.raised


def test_the_law_has_subjects() -> None:
    assert len(ARGUMENTS) >= 90
    assert len(FIELDS) >= 200
    assert len(OTHERS) >= 20
