"""Every word that an option of a transform may be: a chain draws with it, its record says so, and repeats it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, SIZE, build, sample

import augment as A

NO_WORD = "no such word"
SCALE = ("AutoContrast", "Equalize", "Normalize")
"""What brings any levels to a range of its own."""
FIRST = dict(reversed(EXAMPLES))
"""An example of each transform."""


def words(name: str, field: str, first: Any = None) -> list[str]:
    """What the transform says that the option may be, if it is one of some words."""
    try:
        build(name, {**(first or FIRST[name]), field: NO_WORD})
    except (TypeError, ValueError) as error:
        said = re.match(rf"{field} must be one of (.*), got '{NO_WORD}'", str(error))
        return re.findall(r"'([^']*)'", said[1]) if said else []
    return []


def options(name: str, first: Any = None) -> Iterator[dict[str, str]]:
    for field in dataclasses.fields(build(name, first or FIRST[name])):
        if field.init and isinstance(field.default, str):
            yield from ({field.name: word} for word in words(name, field.name, first))


def test_words_are_found() -> None:
    assert {"border": "wrap"} in list(options("Affine"))
    assert sum(len(list(options(name))) for name in FIRST) > 150


@pytest.mark.parametrize("name", sorted(FIRST))
def test_every_word_is_drawn_and_repeated(name: str) -> None:
    given = {**sample(SIZE), "image": np.random.default_rng(5).integers(0, 256, (*SIZE, 3), dtype=np.uint8)}
    seen = {target: given[target] for target in ("boxes", "mask")}
    for option in options(name):
        try:
            transform = dataclasses.replace(build(name, {**FIRST[name], **option}), p=1.0)
        except (TypeError, ValueError):
            continue  # it does not go with the rest of the example
        chain = A.Compose([transform], seed=5, remove_invisible=False)
        for key in (1, 2, 3):
            done = chain(**given, key=key)
            record: Any = json.loads(json.dumps(chain.draw(key, (*SIZE, 3), **seen)))
            again = chain.replay(record, **given)
            for target in done:
                np.testing.assert_array_equal(again[target], done[target], err_msg=f"{option}, {target}")
        wide = {**given, "image": np.float32(16.0) * given["image"]}
        if transform.wants_unit():
            with pytest.raises(ValueError, match="rescale"):
                chain(**wide, key=1)
        else:
            made = chain(**wide, key=1)["image"]
            assert name in SCALE or made.max() > 2.0, f"{option}: levels are cut off, and nothing is said"
