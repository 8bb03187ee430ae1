"""The inventory of transforms is complete, every entry is valid, and docstrings say what the fields are."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, MIXES, REGISTRY, SIZE, build, example, sample, title

import augment

ALL = [*EXAMPLES, *MIXES]

entries = pytest.mark.parametrize(("name", "parameters"), ALL, ids=[title(*entry) for entry in ALL])
every_class = pytest.mark.parametrize("name", sorted({name for name, _ in ALL}))


def test_every_registered_transform_has_an_entry() -> None:
    named = {name for name, _ in ALL}
    ours = {name for name, kind in REGISTRY.items() if kind.__module__.startswith("augment.")}
    assert ours - named == {"Compose"}, "declare examples beside the class; Compose is the chain that runs the others"
    assert named <= ours
    assert all(getattr(augment, name) is REGISTRY[name] for name in named), "an entry is not published by augment"


@entries
def test_every_entry_constructs_and_acts(name: str, parameters: dict[str, Any]) -> None:
    transform = build(name, parameters)
    assert type(transform) is REGISTRY[name]
    assert transform.p == 1
    for key, value in parameters.items():
        if key not in ("references", "transforms"):
            assert getattr(transform, key) == value


@every_class
def test_the_first_entry_has_the_defaults(name: str) -> None:
    parameters = next(given for entry, given in ALL if entry == name)
    required = {
        field.name
        for field in dataclasses.fields(REGISTRY[name])
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    given = parameters.keys() - {"p", "n", "shuffle", "divisor"}
    assert given == required or name in ("Sequential", "PadToSize", "Lambda"), "put the defaults first"
    assert title(name, parameters).startswith(f"{name}(")
    assert type(example(name)) is REGISTRY[name]


def test_titles_tell_entries_apart() -> None:
    titles = [title(*entry) for entry in ALL]
    assert len(set(titles)) == len(titles)


def test_an_unknown_name_says_what_to_do() -> None:
    with pytest.raises(LookupError, match=r"Wobble has no entry: only what a transform of this package declares"):
        example("Wobble")


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("size", [SIZE, (24, 32), (200, 111)])
def test_the_sample_is_consistent(dtype: str, size: tuple[int, int]) -> None:
    found = sample(size, dtype)
    image, mask, boxes = found["image"], found["mask"], found["boxes"]
    assert image.shape == (*size, 3)
    assert image.dtype == dtype
    assert SIZE[0] != SIZE[1]
    assert set(np.unique(mask)) == {0, 1, 2, 3}
    for label, box, point in zip(found["labels"], boxes, found["keypoints"]):
        y, x = np.nonzero(mask == label)
        assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]
        assert point.tolist() == [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
    assert image.std() > 0.1 * (image.max() - image.min())


@every_class
def test_documented_parameters_are_the_fields(name: str) -> None:
    kind = REGISTRY[name]
    doc = inspect.getdoc(kind) or ""
    assert re.match(r"[A-Z].*\.", doc), "a summary sentence"
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", doc, re.DOTALL | re.MULTILINE)
    assert section, "a section Parameters"
    heads = re.findall(r"^(\w[\w, ]*) :", section[1], re.MULTILINE)
    documented = [one.strip() for head in heads for one in head.split(",")]
    fields = [field.name for field in dataclasses.fields(kind)]
    assert sorted(documented) == sorted(fields)
    assert documented[-1] == "p"
