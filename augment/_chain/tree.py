"""A tree of transforms, with their addresses, and the steps that it takes with one sample."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .compiled.program import Choice
from .keys import FIRST_DRAWS, Draws, address, draw_block
from .signed import refuse_signed
from .state import Kind, Place, State, Step
from .transform import Transform


class Group(Transform, abstract=True):
    """Base of the containers: a transform that holds others."""

    transforms: Sequence[Transform]

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """Choose the children to apply: the number of each, and whether to apply it whatever its own `p` says."""
        raise NotImplementedError

    def choice(self) -> Choice | None:
        """What `choose` does, in a form that kernels of compiled chains read; None if they cannot do it."""
        return None

    def follow(self, kinds: Kinds, child: Callable[[int, bool, Kinds], Kinds]) -> Kinds:
        """The kinds of images that may leave it where `kinds` may arrive, whatever `choose` chooses.

        ``child(k, force, kinds)`` says it of child k.  Here all are applied in order; groups that choose override it.
        """
        for k, force in in_order(self):
            kinds = child(k, force, kinds)
        return kinds


def in_order(group: Group) -> Iterator[tuple[int, bool]]:
    """The choice of all children, in order; each decides by its own `p`."""
    return zip(range(len(group.transforms)), itertools.repeat(False))


Kinds = frozenset[Kind]
_ANY: Kinds = frozenset((Kind(3, np.dtype(np.uint8)),))


class Node(NamedTuple):
    """A transform at its place in the tree."""

    transform: Transform
    place: Place
    slot: int
    """Its number among all nodes, counted depth first."""
    children: tuple[Node, ...] | None
    """None if it is not a group."""


class Plan:
    """A tree of transforms with an address for each.

    The address depends on the class name, and on which of that class it is, counted depth first.

    Parameters
    ----------
    root : Group
    dtype : dtype, optional
        In which results are stored, if that is not their own.
    """

    def __init__(self, root: Group, dtype: np.dtype | None = None) -> None:
        found: dict[int, Node] = {}
        self.root = _place(root, {}, found)
        self.nodes = [found[slot] for slot in range(len(found))]
        self.addresses = np.array([node.place.address for node in self.nodes], np.uint64)
        self.mixes = any(node.transform.mixes for node in self.nodes)
        """Whether samples are mixed anywhere in the tree."""
        self._by_name = {node.place[:2]: node for node in self.nodes}
        self._dtype = dtype
        self.taken: set[int] = set()
        """Kinds of frames that `check` has found to be right."""

    def check(self, state: State, name: str = "image") -> None:
        """Raise TypeError or ValueError if a transform that could be drawn does not take the images of a sample.

        So a chain that could fail for some keys fails for all, at the first image of a kind.  What is found is kept.

        Parameters
        ----------
        state : State
            Before any step.
        name : str
            What messages call the first image.
        """
        for own, one in ((name, state), *state.further.items()) if state.further else ((name, state),):
            frame = one.current
            if frame.kind not in self.taken:
                if self._dtype is not None:
                    refuse_signed(frame.dtype, own, f"where the chain has dtype={self._dtype.name!r}")
                after = _leaving(self.root, own, False, frozenset((Kind(*frame[2:4]),)))
                if self._dtype is not None and self._dtype.kind == "u" and not all(end.unit for end in after):
                    raise ValueError(
                        f"dtype must be a float where Normalize or ColorSpace makes floats beyond [0, 1] of {own}, "
                        f"got {self._dtype}"
                    )
                self.taken.add(frame.kind)

    def could_act(self) -> list[Transform]:
        """The transforms that some key lets act, in order: not those that stand below a `p` of 0."""
        seen: set[int] = set()
        _reach(self.root, False, seen)
        return [self.nodes[slot].transform for slot in sorted(seen)]

    def transform_at(self, place: Place) -> Transform:
        """The transform at a place."""
        return self._by_name[place[:2]].transform

    def values(self, keys: np.ndarray, seed: int) -> list[list[list[float]]]:
        """The first draws of every transform for every key, from one kernel call."""
        return draw_block(keys, seed, self.addresses, 0, FIRST_DRAWS // 4).tolist()

    def take(self, key: np.ndarray, seed: int, state: State) -> list[Step]:
        """Draw the transforms for one sample and apply them to its state, in order.

        Parameters
        ----------
        key : uint64 ndarray of shape (1, n)
            The words of the key.
        seed : int
            64 bits.
        state : State
        """
        values = draw_block(key, seed, self.addresses, 0, FIRST_DRAWS // 4)[0].tolist()
        walk = _Walk(values, key, seed, state)
        walk.visit(self.root, state.always)
        return walk.steps

    def repeat(self, recorded: list[Any], state: State, name: str = "record") -> list[Step]:
        """Apply the steps of a record to a state; `name` is what messages call the record.

        Raises
        ------
        TypeError, ValueError
            If a step is none of this chain, or says what its transform could not have drawn.
        """
        steps: list[Step] = []
        seen: set[int] = set()
        kinds = {image: Kind(*one.current[2:4]) for image, one in {"image": state, **state.further}.items()}
        for k, entry in enumerate(recorded):
            node = self._recorded(entry, name, k)
            if node.slot in seen:
                raise ValueError(f"{name} must fit the chain, which applies a transform once: see steps[{k}]")
            seen.add(node.slot)
            try:
                for image, kind in kinds.items():
                    node.transform.check(kind, image)
                    kinds[image] = node.transform.leads_to(kind)
                params = node.transform.checked(entry.get("params"), state.current)
                steps.append(node.transform.again(node.place, params, state))
            except (TypeError, ValueError) as error:
                refusal = TypeError if isinstance(error, TypeError) else ValueError
                raise refusal(f"{name} steps[{k}], {node.place.name}: {error}") from error
        return steps

    def _recorded(self, entry: Any, name: str, k: int) -> Node:
        """The transform that a step of a record names."""
        if not isinstance(entry, dict):
            raise TypeError(f"{name} steps[{k}] must be a dict, got {type(entry).__name__}")
        kind, occurrence = entry.get("transform"), entry.get("occurrence")
        if not isinstance(kind, str) or not isinstance(occurrence, int) or isinstance(occurrence, bool):
            raise TypeError(
                f"{name} steps[{k}] must have a transform, a string, and its occurrence, an integer, got {kind!r:.40} "
                f"and {occurrence!r:.40}"
            )
        node = self._by_name.get((kind, occurrence))
        if node is None:
            raise ValueError(f"{name} must fit the chain, which has no {kind:.40} number {occurrence}")
        if node.children is not None:
            raise ValueError(f"{name} steps[{k}] names {kind}, a group: steps are those of its transforms")
        return node


def _leaving(node: Node, name: str, forced: bool, kinds: Kinds) -> Kinds:
    """The kinds of images that may leave a transform where `kinds` may arrive; ValueError if it does not take them."""
    transform, children = node.transform, node.children
    if not (forced or transform.p > 0) or not kinds:
        return kinds
    if children is not None:
        each = [functools.partial(_leaving, child, name) for child in children]
        after = transform.follow(kinds, lambda k, force, arriving: each[k](force, arriving))  # type: ignore[attr-defined]
    else:
        for kind in kinds:
            transform.check(kind, name)
        after = frozenset(map(transform.leads_to, kinds))
    return after if forced or transform.p == 1 else after | kinds


def _reach(node: Node, forced: bool, seen: set[int]) -> None:
    """Note the numbers of the transforms that can act, this one and those below it."""
    if not (forced or node.transform.p > 0) or node.slot in seen:
        return
    seen.add(node.slot)
    below = node.children
    if below is not None:

        def child(k: int, force: bool, kinds: Kinds) -> Kinds:
            _reach(below[k], force, seen)
            return kinds

        node.transform.follow(_ANY, child)  # type: ignore[attr-defined]


class _Walk:
    """One way through the tree, for one sample.

    An object, as a function that calls itself from inside another one refers to itself: the sample would live until the
    garbage collector finds it."""

    __slots__ = ("key", "seed", "state", "steps", "values")

    def __init__(self, values: list[list[float]], key: np.ndarray, seed: int, state: State) -> None:
        self.values, self.key, self.seed, self.state = values, key, seed, state
        self.steps: list[Step] = []

    def visit(self, node: Node, forced: bool) -> None:
        """Draw whether a transform acts, and let it, or its children, act on the state."""
        transform, place, slot, children = node
        drawn = self.values[slot]
        # The decision takes a draw whatever `p` is, so that the other draws do not depend on `p`.
        if not (drawn[0] < transform.p or forced):
            return
        rng = Draws(drawn, self.key, self.seed, place.address, 1)
        if children is not None:
            for k, force in transform.choose(rng):  # type: ignore[attr-defined]  # only groups have children
                self.visit(children[k], force or self.state.always)
            return
        step = transform.step(place, rng, self.state)
        if step is not None:
            self.steps.append(step)


def _place(transform: Transform, seen: dict[str, int], found: dict[int, Node]) -> Node:
    """Make the node of a transform and those below it.

    `seen` counts transforms by class; `found` gets the nodes by their number."""
    name = type(transform).__name__
    occurrence = seen.get(name, 0)
    seen[name] = occurrence + 1
    slot = len(found)
    place = Place(name, occurrence, address(name, occurrence))
    found[slot] = Node(transform, place, slot, None)  # keeps its number while its children get theirs
    if isinstance(transform, Group):
        children = tuple(_place(child, seen, found) for child in transform.transforms)
        found[slot] = Node(transform, place, slot, children)
    return found[slot]
