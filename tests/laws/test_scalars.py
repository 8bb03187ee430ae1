"""One number where a range or a size is wanted, one value without its name, and a transform without a chain."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import types
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, MIXES, REGISTRY, build, sample

import augment as A

FIRST = {name: parameters for name, parameters in reversed((*EXAMPLES, *MIXES))}
PAIRS = {"tiles", "grid", "points", "size", "divisor"}
"""Fields of two numbers that are no range."""
RANGES = [
    pytest.param(name, field.name, id=f"{name}-{field.name}")
    for name in FIRST
    for field in dataclasses.fields(REGISTRY[name])
    if type(field.default) is tuple
    and len(field.default) == 2
    and all(isinstance(end, (int, float)) for end in field.default)
    and field.name not in PAIRS
]


@pytest.mark.parametrize(("name", "field"), RANGES)
def test_one_number_is_a_range_about_0_or_is_refused_with_the_pair(name: str, field: str) -> None:
    kind, given = REGISTRY[name], FIRST[name]
    low, high = kind.__dataclass_fields__[field].default
    about_0 = "Spread" in str(kind.__dataclass_fields__[field].type)
    assert about_0 or not low == -high < 0, "use Spread and number_range(..., around=0), and say so in the docstring"
    number = high or 0.05
    if about_0:
        assert getattr(build(name, {**given, field: number}), field) == (-number, number)
        with pytest.raises(ValueError, match=rf"\({-number}, {-number}\) for just this value"):
            build(name, {**given, field: -number})
        text = " ".join((inspect.getdoc(kind) or "").split())
        assert "one number v means (-v, v)" in text
        return
    with pytest.raises(TypeError, match=rf"^{field} must be a pair .*write \({number}, {number}\) for just this value"):
        build(name, {**given, field: number})
    assert build(name, {**given, field: (number, number)})


@pytest.mark.parametrize("name", [name for name in FIRST if "size" in REGISTRY[name].__dataclass_fields__])
def test_one_number_is_the_side_of_a_square(name: str) -> None:
    if REGISTRY[name].__dataclass_fields__["size"].type == "int":
        pytest.skip("a length already")
    given = {**FIRST[name], "p": 1.0}
    made = build(name, {**given, "size": 24})
    assert made == build(name, {**given, "size": (24, 24)}) == build(name, {**given, "size": np.int64(24)})
    with pytest.raises(TypeError, match="size must be"):
        build(name, {**given, "size": True})


@pytest.mark.parametrize("name", FIRST)
def test_the_first_required_field_needs_no_name_and_the_others_do(name: str) -> None:
    kind = REGISTRY[name]
    fields = [field for field in dataclasses.fields(kind) if field.init]
    missing = dataclasses.MISSING
    required = [f for f in fields if f.default is missing and f.default_factory is missing]
    positional = [field for field in fields if not field.kw_only]
    assert positional == required[:1] or "transforms" in kind.__dataclass_fields__
    if required:
        value = build(name, FIRST[name]).__getattribute__(required[0].name)
        assert getattr(kind(value), required[0].name) == value


def test_a_field_that_a_user_requires_needs_no_name() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.HorizontalFlip):
        strength: float
        other: float = 2.0

    assert _Own(3.0) == _Own(strength=3.0)
    assert str(inspect.signature(_Own)).startswith("(strength: 'float', *,")
    with pytest.raises(TypeError, match=r"strength= \(which may do without\).*got 2 without one"):
        _Own(3.0, 4.0)


@pytest.mark.parametrize("name", ["HorizontalFlip", "Affine", "GaussianNoise", "OneOf", "RandAugment", "BoxSafeCrop"])
def test_a_transform_alone_does_what_a_chain_of_it_does(name: str) -> None:
    transform = build(name, {**FIRST[name], "p": 1.0})
    before = pickle.dumps(transform), hash(transform), repr(transform)
    given = sample((36, 48))
    ours, chain = transform(**given, key=(3, 4)), A.Compose([transform])(**given, key=(3, 4))
    assert ours.keys() == chain.keys()
    for target in ours:
        np.testing.assert_array_equal(ours[target], chain[target])
    assert (pickle.dumps(transform), hash(transform), repr(transform)) == before
    assert transform(image=given["image"])["key"] != transform(image=given["image"])["key"]
    with pytest.raises(TypeError, match="unknown target 'picture'"):
        transform(picture=given["image"])
    out = np.empty_like(ours["image"])
    assert transform(**given, out=out, key=(3, 4))["image"] is out


def test_keys_of_an_epoch() -> None:
    chain = A.Compose([A.GaussianNoise(p=1)], seed=5)
    image = np.full((8, 9, 3), 100, np.uint8)
    indices = np.array([4, 0, 7])
    keys = chain.keys(2, indices)
    assert keys == [(2, 4), (2, 0), (2, 7)]
    assert chain.keys(2, 3) == [(2, 0), (2, 1), (2, 2)]
    batch = chain.batch([image] * 3, keys=keys)
    for k, key in enumerate(keys):
        np.testing.assert_array_equal(batch["images"][k], chain(image=image, key=key)["image"])
    wrong: Any
    for wrong in (1.5, "abc", None, True, [0.5]):
        with pytest.raises(TypeError, match="indices"):
            chain.keys(0, wrong)
    with pytest.raises(ValueError, match="indices must be >= 0"):
        chain.keys(0, -1)
    with pytest.raises(TypeError, match="epoch"):
        chain.keys(0.5, 3)  # type: ignore[arg-type]


def test_without_a_key_a_seed_does_not_repeat_draws() -> None:
    chain = A.Compose([A.GaussianNoise(p=1)], seed=5)
    image = np.full((8, 9, 3), 100, np.uint8)
    one, other = chain(image=image), chain(image=image)
    assert one["key"] != other["key"]
    assert (one["image"] != other["image"]).any()
    np.testing.assert_array_equal(chain(image=image, key=one["key"])["image"], one["image"])


def test_two_transforms_of_one_name_are_refused_and_a_second_definition_of_one_is_not() -> None:
    def define(module: str = "cell", name: str = "Wobble") -> type:
        return types.new_class(name, (A.HorizontalFlip,), exec_body=lambda body: body.update(__module__=module))

    try:
        define()
        again = define()  # the cell of a notebook that runs a second time
        assert REGISTRY["Wobble"] is again
        with pytest.raises(ValueError, match=r"got a second Wobble: cell\.Wobble is one already"):
            define("elsewhere")
        with pytest.raises(ValueError, match=r"got a second Rotate: augment\.geometric\._affine\.Rotate"):
            define("cell", "Rotate")
    finally:
        REGISTRY.pop("Wobble")
    assert REGISTRY["Rotate"] is A.Rotate
