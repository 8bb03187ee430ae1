"""From a tree of transforms to the stages of one sample: addresses, draws, choices, lowering."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from imgproc._scanline import Geometry, Op, Stage
from imgproc._scanline.op_program import MATRIX

from .keys import FIRST_DRAWS, Draws, address, draw_block
from .transform import Frame, Params, Transform


class Step(NamedTuple):
    """One transform as it was applied to a sample."""

    name: str
    occurrence: int
    params: Params
    stages: list[Stage]
    mixed: tuple[int, int] | None = None
    """(h, w) of the result, for a mixing."""


class Group(Transform, abstract=True):
    """Base of the containers: a transform that holds others."""

    transforms: tuple[Transform, ...]

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """The children to apply, in order: which, and whether whatever their own `p` says."""
        raise NotImplementedError


class Node(NamedTuple):
    """A transform at its place in the tree."""

    transform: Transform
    name: str
    occurrence: int
    slot: int
    children: tuple[Node, ...] | None
    """None for what is no group."""


class Plan:
    """A tree of transforms with an address for each: its class name and which of that class it is, depth first."""

    def __init__(self, root: Group) -> None:
        self.nodes: list[Node] = []
        seen: dict[str, int] = {}
        self.root = self._place(root, seen)
        self.addresses = np.array([address(n.name, n.occurrence) for n in self.nodes], np.uint64)
        self._addresses = self.addresses.tolist()
        self.find = {(n.name, n.occurrence): n.transform for n in self.nodes}

    def _place(self, transform: Transform, seen: dict[str, int]) -> Node:
        name = type(transform).__name__
        occurrence = seen.get(name, 0)
        seen[name] = occurrence + 1
        slot = len(self.nodes)
        self.nodes.append(None)  # type: ignore[arg-type]  # children come between
        group = isinstance(transform, Group)
        children = tuple(self._place(t, seen) for t in transform.transforms) if group else None
        self.nodes[slot] = Node(transform, name, occurrence, slot, children)
        return self.nodes[slot]

    def values(self, keys: np.ndarray, seed: int) -> list[list[list[float]]]:
        """The first draws of every transform for every key, from one kernel call."""
        return draw_block(keys, seed, self.addresses, 0, FIRST_DRAWS // 4).tolist()

    def steps(self, values: list[list[float]], key: np.ndarray, seed: int, state: State, always: bool) -> list[Step]:
        """The transforms applied to one sample, in order, lowered to stages; `always` as if every `p` were 1."""
        steps: list[Step] = []
        addresses = self._addresses

        def visit(node: Node, forced: bool) -> None:
            transform, name, occurrence, slot, children = node
            drawn = values[slot]
            # The gate takes a draw whatever `p` is, so that the other draws do not depend on it.
            if not (drawn[0] < transform.p or forced):
                return
            rng = Draws(drawn, key, seed, addresses[slot], 1)
            if children is not None:
                for k, force in transform.choose(rng):  # type: ignore[attr-defined]
                    visit(children[k], force or always)
                return
            if transform.mixes:
                step = state.mix(node, rng, addresses[slot], always)
                if step is not None:
                    steps.append(step)
                return
            frame = state.frame(transform)
            params = transform.draw(rng, frame)
            stages = transform.lower(params, frame)
            state.advance(stages)
            steps.append(Step(name, occurrence, params, stages))

        visit(self.root, always)
        return steps

    def again(self, recorded: list[dict[str, Any]], state: State) -> list[Step]:
        """The steps of a record, lowered anew."""
        steps = []
        for entry in recorded:
            name, occurrence, params = entry["transform"], entry["occurrence"], entry["params"]
            if (name, occurrence) not in self.find:
                raise ValueError(f"record must fit the chain, which has no {name} number {occurrence}")
            transform = self.find[name, occurrence]
            if transform.mixes:
                steps.append(state.mix_again(transform, name, occurrence, params, address(name, occurrence)))
                continue
            stages = transform.lower(params, state.frame(transform))
            state.advance(stages)
            steps.append(Step(name, occurrence, params, stages))
        return steps


def frame_after(frame: Frame, stages: list[Stage]) -> Frame:
    """The frame that stages lead to."""
    for stage in stages:
        kind = type(stage)
        if kind is Geometry:
            if stage.size != frame[:2]:
                frame = frame._replace(height=stage.size[0], width=stage.size[1])
        elif kind is Op and stage.code == MATRIX and stage.params[0] == 1.0:
            frame = frame._replace(channels=1)
    return frame


class State:
    """The frame that a sample has reached while its stages are made."""

    __slots__ = ("_boxes", "_frame", "_mask", "donors", "stages")

    def __init__(
        self,
        height: int,
        width: int,
        channels: int,
        dtype: np.dtype,
        boxes: Callable[[list[Stage]], np.ndarray] | None = None,
        mask: Callable[[list[Stage]], np.ndarray] | None = None,
    ) -> None:
        self._frame = Frame(height, width, channels, dtype)
        self._boxes, self._mask = boxes, mask
        self.stages: list[Stage] = []
        self.donors: int | None = None
        """How many there are, where that is known."""

    def frame(self, transform: Transform) -> Frame:
        """What a transform may know."""
        if transform.needs_boxes and self._boxes is not None:
            return self._frame._replace(boxes=self._boxes(self.stages))
        if transform.needs_mask and self._mask is not None:
            return self._frame._replace(mask=self._mask(self.stages))
        return self._frame

    def mix(self, node: Node, rng: Draws, address: int, always: bool) -> Step | None:
        """A mixing, drawn but not done: there is no sample here, only a frame."""
        from ..mix._run import draw_step

        params = draw_step(node.transform, rng, self.donors, always)  # type: ignore[arg-type]
        if params is None:
            return None
        height, width = node.transform.size_after(*self._frame[:2])  # type: ignore[attr-defined]
        self._frame = self._frame._replace(height=height, width=width)
        return Step(node.name, node.occurrence, params, [], (height, width))

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the frame."""
        return self._frame[:2]

    def advance(self, stages: list[Stage]) -> None:
        """Go on to the frame that stages lead to."""
        self._frame = frame_after(self._frame, stages)
        self.stages += stages
