"""Groups of albumentations: what is chosen, and how often."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

from .._chain.transform import Transform
from ..groups import OneOf, Sequential, SomeOf
from ._reader import Missing, Reader

__all__: list[str] = []

Make = Callable[[Reader, list[Transform], Sequence[float]], Transform]


class Group(NamedTuple):
    """How a group is made of its children, and whether these are alternatives."""

    make: Make
    alternatives: bool


def _sequential(reader: Reader, children: list[Transform], weights: Sequence[float]) -> Transform:
    return Sequential(children, p=reader.p)


def _one_of(reader: Reader, children: list[Transform], weights: Sequence[float]) -> Transform:
    """The p of children are weights, and the one that is chosen is applied; of some groups p counts again there."""
    parts = [
        Sequential([child], p=weight) if child.p != weight or (isinstance(child, SomeOf) and weight < 1) else child
        for child, weight in zip(children, weights)
    ]
    return OneOf(parts, p=reader.p)


def _one_or_other(reader: Reader, children: list[Transform], weights: Sequence[float]) -> Transform:
    """The first with probability p, else the last; whichever it is, it is applied."""
    if not children:
        raise Missing("it has no transforms")
    reader("p", "the weight of the first")
    first, last = (_forced(child) for child in (children[0], children[-1]))
    return OneOf([dataclasses.replace(first, p=reader.p), dataclasses.replace(last, p=1.0 - reader.p)], p=1.0)


def _forced(child: Transform) -> Transform:
    """A child whose p may be overwritten by a weight."""
    return Sequential([child]) if isinstance(child, (SomeOf, OneOf)) else child


def _some_of(reader: Reader, children: list[Transform], weights: Sequence[float]) -> Transform:
    n, shuffle = reader("n", "n"), reader.name == "RandomOrder"
    reader.ignore("replace")
    if reader.values.get("replace") and n > 1:
        if children and shuffle:  # drawing with replacement, in any order: so many times one of them
            one = [Sequential([dataclasses.replace(child)], p=1.0) for child in children]
            return Sequential([OneOf(one) for _ in range(n)], p=reader.p)
        reader.drop("replace", "each of them is chosen at most once")
    if isinstance(n, (list, tuple)):
        return SomeOf(children, n=(int(n[0]), min(int(n[1]), len(children))), shuffle=shuffle, p=reader.p)
    return SomeOf(children, n=min(int(n), len(children)), shuffle=shuffle, p=reader.p)


def _selective(reader: Reader, children: list[Transform], weights: Sequence[float]) -> Transform:
    channels = tuple(int(c) for c in reader("channels", "channels"))
    if "channels" not in reader.given:
        reader.differs(
            "to_dict() of albumentations forgets channels: the first three are taken, give the object instead"
        )
    return reader.make("SelectiveChannel", transforms=children, channels=channels)


GROUPS = {
    "Sequential": Group(_sequential, False),
    "OneOf": Group(_one_of, True),
    "OneOrOther": Group(_one_or_other, True),
    "SomeOf": Group(_some_of, True),
    "RandomOrder": Group(_some_of, True),
    "SelectiveChannelTransform": Group(_selective, False),
}
"""By the names of albumentations."""
