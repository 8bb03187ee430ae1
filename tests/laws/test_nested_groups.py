"""Groups in groups, three deep, against a plain reading of what their documentation says.

`Sequential`: each of its transforms follows its own `p`.  `OneOf`: one is chosen by the weights `p`, and is applied in
any case; what is inside of it follows its own `p` again.  `SomeOf`: those that are chosen follow their own `p`.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from helpers.transforms import Draws, Transform, address, draw_block

import augment

SEED = 5
P = (0.0, 0.3, 0.5, 1.0)
IMAGE = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Leaf(augment.HorizontalFlip):
    """Notes that it ran, and does nothing."""

    name: str = ""
    ran: collections.deque[str] = dataclasses.field(default_factory=collections.deque, compare=False)

    def lower(self, params: Any, frame: Any) -> list[Any]:
        self.ran.append(self.name)
        return []


class Forest:
    """Random trees, whose leaves are made by `leaf`."""

    def __init__(self, seed: int, leaf: Any) -> None:
        self.rng, self.leaf = np.random.default_rng(seed), leaf

    def p(self) -> float:
        return float(self.rng.choice(P))

    def children(self, depth: int, most: int) -> list[Transform]:
        return [self.node(depth - 1, most) for _ in range(self.rng.integers(1, most + 1))]

    def node(self, depth: int, most: int) -> Transform:
        if depth == 0 or self.rng.random() < 0.15:
            return self.leaf(self.p())
        kind = self.rng.choice(["Sequential", "OneOf", "SomeOf"])
        children = self.children(depth, most)
        if kind == "OneOf":
            if not any(child.p for child in children):
                children.append(self.leaf(0.5))
            return augment.OneOf(children, p=self.p())
        if kind == "Sequential":
            return augment.Sequential(children, p=self.p())
        low = int(self.rng.integers(0, len(children) + 1))
        high = int(self.rng.integers(low, len(children) + 1))
        return augment.SomeOf(children, n=(low, high), shuffle=bool(self.rng.random() < 0.5), p=self.p())

    def chain(self, depth: int = 3, most: int = 3) -> augment.Compose:
        # Only chains that fuse are recorded, for which leaves would run once more.
        return augment.Compose(self.children(depth + 1, most), seed=SEED, fuse=False)


# --- which leaves run -------------------------------------------------------------------------------------------------


class Reading:
    """The plain reading: what runs for a key."""

    def __init__(self, chain: augment.Compose, key: int) -> None:
        self.words, self.seen, self.draws = np.array([[key]], np.uint64), {}, {}
        self.number(chain)
        self.ran = self.run(chain, forced=False)

    def number(self, transform: Any) -> None:
        """Draws belong to a class and to the number of the transform among those of its class, in reading order."""
        name = type(transform).__name__
        count = self.seen[name] = self.seen.get(name, -1) + 1
        place = address(name, count)
        values = draw_block(self.words, SEED, np.array([place], np.uint64), 0, 4)[0, 0].tolist()
        self.draws[id(transform)] = values, place
        for child in getattr(transform, "transforms", ()):
            self.number(child)

    def run(self, transform: Any, forced: bool) -> list[str]:
        values, place = self.draws[id(transform)]
        if not forced and values[0] >= transform.p:
            return []
        if not hasattr(transform, "transforms"):
            return [transform.name]
        children = transform.transforms
        if isinstance(transform, augment.OneOf):
            ends = np.cumsum([child.p for child in children])
            chosen = int(np.searchsorted(ends, values[1] * ends[-1], side="right"))
            return self.run(children[chosen], forced=True)
        order = list(range(len(children)))
        if isinstance(transform, augment.SomeOf):
            rng = Draws(values, self.words, SEED, place, 1)
            order = rng.permutation(len(children))[: rng.integer(*transform.n)]
            order = order if transform.shuffle else sorted(order)
        return [name for k in order for name in self.run(children[k], forced=False)]


def test_the_leaves_that_run_are_those_of_a_plain_reading() -> None:
    seen = set()
    for tree in range(60):
        ran: collections.deque[str] = collections.deque()  # fields copy lists
        names = itertools.count()
        chain = Forest(tree, lambda p: _Leaf(p=p, name=f"leaf {next(names)}", ran=ran)).chain()  # noqa: B023
        for key in range(25):
            ran.clear()
            chain(image=IMAGE, key=key)
            expected = Reading(chain, key).ran
            assert list(ran) == expected, (tree, key)
            seen.add(tuple(ran))
            ran.clear()
            record = chain.draw(key, IMAGE.shape)
            assert list(ran) == expected
            ran.clear()
            chain.replay(record, image=IMAGE)
            assert list(ran) == expected
    assert len(seen) > 80


@pytest.mark.parametrize(
    ("around", "share"),
    [
        (lambda t: augment.OneOf([augment.Sequential([t])]), 0.5),
        (lambda t: augment.OneOf([augment.SomeOf([t], n=1)]), 0.5),
        (lambda t: augment.OneOf([augment.OneOf([t])]), 1.0),
        (lambda t: augment.OneOf([augment.OneOf([t], p=0.2)]), 1.0),
        (lambda t: augment.OneOf([augment.Sequential([augment.Sequential([t], p=0.5)], p=0.1)]), 0.25),
        (lambda t: augment.SomeOf([augment.OneOf([t]), augment.Sequential([t])], n=2, p=0.5), 0.75),
    ],
)
def test_a_group_that_is_chosen_acts_and_what_is_in_it_follows_its_own_p(around: Any, share: float) -> None:
    ran: collections.deque[str] = collections.deque()  # fields copy lists
    chain = augment.Compose([around(_Leaf(p=0.5, ran=ran))], fuse=False)
    for key in range(2000):
        chain(image=IMAGE, key=key)
    assert abs(len(ran) / 2000 - share) < 0.05


# --- what could be drawn ----------------------------------------------------------------------------------------------


def sequences(transform: Any, forced: bool = False) -> set[tuple[Transform, ...]]:
    """All that could run, in order."""
    if not hasattr(transform, "transforms"):
        found = {(transform,)}
    else:
        children = transform.transforms
        if isinstance(transform, augment.OneOf):
            found = set().union(*(sequences(child, True) for child in children if child.p > 0))
        else:
            ways: list[tuple[int, ...]] = [tuple(range(len(children)))]
            if isinstance(transform, augment.SomeOf):
                pick = itertools.permutations if transform.shuffle else itertools.combinations
                low, high = transform.n
                ways = [way for n in range(low, high + 1) for way in pick(range(len(children)), n)]
            found = set()
            for way in ways:
                parts = itertools.product(*(sequences(children[k]) for k in way))
                found |= {tuple(itertools.chain(*part)) for part in parts}
    if forced or transform.p == 1:
        return found
    return found | {()} if transform.p > 0 else {()}


LEAVES = (
    lambda p: augment.ToGray(channels=1, p=p),
    lambda p: augment.RGBShift(p=p),
    lambda p: augment.Gamma(p=p),
    lambda p: augment.Normalize(mean=0.5, std=0.25, p=p),
    lambda p: augment.HorizontalFlip(p=p),
    lambda p: augment.Normalize(mean=(0.5,), std=0.5, p=p),
)


def fails(order: tuple[Transform, ...]) -> bool:
    """A plain reading of what these need: colours, grey for a tuple of one mean, or levels in [0, 1]."""
    grey = normalized = False
    for transform in order:
        name = type(transform).__name__
        one_mean = name == "Normalize" and isinstance(transform.mean, tuple)
        if (name == "RGBShift" and grey) or (one_mean and not grey) or (name == "Gamma" and normalized):
            return True
        grey, normalized = grey or name == "ToGray", normalized or name == "Normalize"
    return False


def test_a_chain_refuses_an_image_exactly_when_something_that_could_run_does() -> None:
    counts = {True: 0, False: 0}
    for tree in range(1000):
        forest = Forest(tree, None)
        forest.leaf = lambda p, rng=forest.rng: LEAVES[int(rng.integers(len(LEAVES)))](p)
        chain = forest.chain(depth=2, most=3)
        possible = sequences(chain)
        if len(possible) > 5000:
            continue
        expected = any(map(fails, possible))
        if expected and counts[True] > 250:  # they are the most
            continue
        try:
            chain(image=IMAGE, key=tree)
            found = False
        except ValueError:
            found = True
        assert found == expected, (tree, chain)
        counts[expected] += 1
    assert min(counts.values()) > 60, counts


def test_how_many_of_some_are_chosen_is_counted() -> None:
    rng, counts = np.random.default_rng(0), {True: 0, False: 0}
    for _ in range(1500):
        first, second, after = (LEAVES[k] for k in rng.integers(len(LEAVES), size=3))
        low = int(rng.integers(0, 3))
        n = (low, int(rng.integers(low, 3)))
        some = augment.SomeOf([first(1.0), second(float(rng.choice([0.5, 1.0])))], n=n, shuffle=bool(rng.integers(2)))
        chain = augment.Compose([some, after(1.0)])
        expected = any(map(fails, sequences(chain)))
        try:
            chain(image=IMAGE, key=1)
            assert not expected, chain
        except ValueError:
            assert expected, chain
        counts[expected] += 1
    assert min(counts.values()) > 200, counts
