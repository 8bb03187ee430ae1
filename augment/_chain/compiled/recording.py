"""Recording a chain: its tree is followed once, with symbols in place of drawn numbers and of sizes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._scanline import Deferred, Erase, Geometry, Op, Stage, Whole, pixel
from imgproc._scanline.matrix import is_exact
from imgproc._scanline.samplers.area import can_average

from ..keys import draw_block
from ..state import Frame
from ..tree import Group, Node, Plan
from .entries import Entry, filter_entry, frame_reached, operation_entry, shows, side_of
from .filters import can_filter
from .memory import AS_IT_COMES, CHANGED, HOWS
from .program import (
    ACT,
    ALL,
    COUNTS,
    DRAWS,
    FILTERS,
    HEAD,
    LACKS,
    MOST_MAPS,
    MOVE,
    ONE,
    POWERS,
    WARP,
    Assembly,
    kind_of,
)
from .symbols import Recorder, Symbol, Tape, Untraceable, value_of
from .variants import Block, Leaf, explored

SAMPLES = 12
"""The decisions of so many samples are recorded."""

SIZES = 6
"""Samples have at most so many sizes."""


class Recorded(NamedTuple):
    """A chain as it was recorded."""

    tape: Tape
    assemble: Any
    """``assemble()``: the program, once all entries have their numbers."""
    entries: list[Entry]
    source: Frame
    """What the images are; of any size if `any_size`."""
    flat: bool
    """Whether they have two axes."""
    any_size: bool
    result: Frame
    """What the results are, before another dtype or layout is asked for; the size is `AS_IT_COMES`, or `CHANGED` if
    samples have results of several sizes."""
    normalized: bool
    """Whether they are on the scale of `Normalize`; samples of the other kind run stage by stage."""
    shows: bool
    """Whether whole pixels move that come from outside."""
    folds: bool
    """Whether a border that is not constant may be seen, through its own map or one after it."""
    ways: int
    """How many ways through transforms there are."""


Missed = tuple[np.ndarray, tuple[int, int]]
"""The words of a key, and the size of an image."""


class PerSize(Exception):
    """Images of each size must be recorded by themselves."""


class _Reached(NamedTuple):
    """What arrives at a transform, in most samples."""

    frame: Frame
    """Its size is `AS_IT_COMES` or `CHANGED` if it may be any."""
    normalized: bool
    sizes: tuple[tuple[int, int], ...]
    """Sizes (h, w) of samples that are recorded; the first one is that of the image that has come."""

    @property
    def kind(self) -> int:
        """See `kind_of`."""
        return kind_of(self.frame.channels, self.normalized)


class _Acted(NamedTuple):
    """A node as it was recorded."""

    reached: _Reached
    parts: list[Block]
    blocks: int
    """How many draws it has, in blocks of four."""


class Recording:
    """A chain while it is recorded.

    `visit` follows the tree with what most samples have reached at each transform.  Samples that have reached another
    frame there run stage by stage.

    Parameters
    ----------
    plan : Plan
    seed : int
    frame : Frame
        Of the image that has come.
    any_size : bool
        Whether images of other sizes shall be served, too.
    missed : list of (words, (h, w))
        Keys and sizes of images that shall be recorded beside the usual samples.
    """

    def __init__(self, plan: Plan, seed: int, frame: Frame, any_size: bool, missed: Sequence[Missed] = ()) -> None:
        self.plan, self.frame, self.any_size = plan, frame, any_size
        self.tape = Tape(len(plan.nodes))
        keys = np.arange(SAMPLES, dtype=np.uint64).reshape(-1, 1)
        self.samples = draw_block(keys, seed, plan.addresses, 0, DRAWS // 4).tolist()
        self.missed = [
            (draw_block(words, seed, plan.addresses, 0, DRAWS // 4)[0].tolist(), size) for words, size in missed
        ]
        self.acted: dict[int, _Acted] = {}
        self.groups: dict[int, Node] = {}
        self.sizes = {frame[:2]}
        self.shows = self.outside = False

    def visit(self, node: Node, reached: _Reached) -> _Reached:
        """Record a node where a frame arrives; returns what mostly leaves it.

        Raises `Untraceable` if no sample in which it acts can be recorded, and `PerSize` if they can for each size."""
        if node.children is None:
            return self._act(node, reached)
        group = node.transform
        assert isinstance(group, Group)
        choice = group.choice()
        if choice is None or (choice.code > ONE and len(node.children) + 2 > DRAWS):
            raise Untraceable
        self.groups[node.slot] = node
        arriving, ends = reached, []
        for child in node.children:
            p = 1.0 if choice.code == ONE else child.transform.p
            if child.transform.p == 0:
                continue
            try:
                after = self.visit(child, arriving)
            except Untraceable:
                if choice.code == ALL and p == 1:
                    raise
                continue
            ends.append(after)
            if choice.code == ALL:
                arriving = self._mostly(p, after, arriving)
        if choice.code == ALL:
            return arriving
        if not ends:
            raise Untraceable
        return functools.reduce(self._either, ends, *(() if choice.code == ONE else (reached,)))

    def _mostly(self, p: float, one: _Reached, other: _Reached) -> _Reached:
        """What has been reached after a transform of this `p`, or without it."""
        return one if p == 1 else self._either(one, other) if p >= 0.5 else self._either(other, one)

    def _either(self, one: _Reached, other: _Reached) -> _Reached:
        """What has been reached after either of two ways; the first one counts where only one can."""
        frame, sizes = one.frame, one.sizes
        if self.any_size:
            sizes = tuple(dict.fromkeys((*one.sizes, *other.sizes)))[:SIZES]
            if frame[:2] != other.frame[:2]:
                frame = frame._replace(height=CHANGED, width=CHANGED)
        return _Reached(frame, one.normalized, sizes)

    def _act(self, node: Node, reached: _Reached) -> _Reached:
        transform, frame, sizes = node.transform, reached.frame, reached.sizes
        if transform.needs_boxes or transform.needs_mask:
            raise Untraceable
        # Every second sample has the size of the image that has come.
        others = sizes[1:] or sizes
        samples = [
            [*values[node.slot], *(others[(k // 2) % len(others)] if k % 2 else sizes[0])]
            for k, values in enumerate(self.samples)
        ]
        came = frame.height == AS_IT_COMES
        samples += [[*values[node.slot], *(size if came else sizes[0])] for values, size in self.missed]
        found, failed = None, len(samples)
        try:
            found = self._explored(node, reached, samples)
            failed = found[2]
        except Untraceable:
            pass
        if failed and min(frame[:2]) < 0:
            fixed = [values for values in samples if tuple(values[DRAWS:]) == sizes[0]]
            alone = reached._replace(frame=frame._replace(height=sizes[0][0], width=sizes[0][1]))
            if self._explored(node, alone, fixed)[2] < failed:
                raise PerSize
        if found is None:
            raise Untraceable
        acted, leaves, _ = found
        self.acted[node.slot] = acted
        most, after = leaves[0], {leaf.frame[:2] for leaf in leaves}
        self.sizes |= after
        size = after.pop() if len(after) == 1 or not self.any_size else (CHANGED, CHANGED)
        size = most.frame[:2] if not self.any_size else size
        normalized = reached.normalized or any(e.kind is not None and e.kind.last for e in most.entries)
        left = tuple(dict.fromkeys(leaf.size for leaf in leaves))[:SIZES]
        return _Reached(most.frame._replace(height=size[0], width=size[1]), normalized, left)

    def _explored(self, node: Node, reached: _Reached, samples: list[Any]) -> tuple[_Acted, list[Leaf], int]:
        """Record the parts of a transform; returns also where their ways end, and how many samples failed."""
        frame, parts, cursor, failed = reached.frame, list[Block](), 1, 0
        for part in node.transform.in_parts():

            def act(recorder: Recorder, part: Any = part) -> Leaf:
                own = frame
                height, width = self.tape.size(*recorder.size)  # they stand for integers
                if frame.height < 0:
                    own = own._replace(height=height)  # type: ignore[arg-type]
                if frame.width < 0:
                    own = own._replace(width=width)  # type: ignore[arg-type]
                stages = part.lower(part.draw(recorder, own), own)
                entries, after = self._entries(stages, own, reached.normalized)
                size: Any = (int(value_of(after.height)), int(value_of(after.width)))
                after = after._replace(
                    height=side_of(after[0], own[0], frame[0]), width=side_of(after[1], own[1], frame[1])
                )
                return Leaf(entries, after, recorder.cursor, size)

            if cursor < 0:
                raise Untraceable
            found = explored(self.tape, node.slot, samples, cursor, act)
            cursor, failed = found.cursor, failed + found.failed
            parts.append(found.root)
        leaves = [leaf for block in parts for leaf in block.leaves()]
        if len(parts) > 1 and any(leaf.frame != frame for leaf in leaves):
            raise Untraceable
        last = max(leaf.cursor for leaf in leaves)
        return _Acted(reached, parts, -(-last // 4)), leaves, failed

    def _entries(self, stages: list[Stage], frame: Frame, normalized: bool) -> tuple[list[Entry], Frame]:
        found = []
        for stage in stages:
            label = None
            if type(stage) is Deferred and stage.op is not None and frame.dtype.kind == "u":
                stage = stage.op
            elif type(stage) is Erase:
                label = stage.mask_fill
                stage = pixel.erase(stage.rectangles, stage.fill, stage.stream)
            if type(stage) is Geometry:
                found.append(self._map(stage, frame))
            elif type(stage) is Op:
                found.append(operation_entry(self.tape, stage, label, frame))
                normalized = normalized or stage.kind.last
            elif type(stage) is Whole and can_filter(stage.near, frame, self.frame.channels):
                found.append(filter_entry(self.tape, stage.near, FILTERS))
            elif type(stage) is Deferred and can_filter(stage.counted, frame, self.frame.channels):
                found.append(filter_entry(self.tape, stage.counted, COUNTS))
            else:
                raise Untraceable
            frame = frame_reached(frame, stage)
            found[-1].kind_after = kind_of(frame.channels, normalized)
        return found, frame

    def _map(self, stage: Geometry, frame: Frame) -> Entry:
        if (
            stage.grid is not None
            or stage.tiles is not None
            or stage.border == "wrap"
            or stage.interpolation not in HOWS
            or not all(type(v) is int or (type(v) is Symbol and v.whole) for v in stage.size)
        ):
            raise Untraceable
        a, b, _, d, e, _, g, h, i = stage.pull
        # A translation may be drawn; the kernel looks whether it is by whole pixels.
        known = all(type(v) is not Symbol for v in (a, b, d, e, g, h, i))
        moves = known and is_exact((a, b, 0.0, d, e, 0.0, g, h, i))
        averages = stage.interpolation == "area" and not moves
        if (stage.antialias and not moves) or (
            averages and not can_average((1, 1, frame.channels), frame.dtype, (1, 1))
        ):
            raise Untraceable
        if shows(stage, frame):
            self.outside, self.shows = True, self.shows or moves
        numbers = (*stage.pull, *stage.size, *(stage.part or ()))
        return Entry(MOVE if moves else WARP, [self.tape.register(v) for v in numbers], None, stage)

    def recorded(self, flat: bool) -> Recorded:
        """Record the chain."""
        root, (h, w), start = self.plan.root, self.frame[:2], self.frame
        sizes: tuple[tuple[int, int], ...] = ((h, w),)
        if self.any_size:
            start = start._replace(height=AS_IT_COMES, width=AS_IT_COMES)
            sizes = tuple(dict.fromkeys(((h, w), (w, h), (min(h, w), min(h, w)), (2 * h + 1, 2 * w + 1))))
        self.sizes = {start[:2]}
        reached = self.visit(root, _Reached(start, False, sizes))
        result = reached.frame
        if root.transform.p < 1:
            reached = self._mostly(root.transform.p, reached, _Reached(start, False, sizes))
            result = reached.frame
        if not self.any_size and len(self.sizes) > 1 and not self._always(root, result):
            result = result._replace(height=CHANGED, width=CHANGED)
        blocks = [block for acted in self.acted.values() for block in acted.parts]
        leaves = [leaf for block in blocks for leaf in block.leaves()]
        entries = [entry for leaf in leaves for entry in leaf.entries]

        folds = self.outside and any(e.stage is not None and e.stage.border != "constant" for e in entries)

        def assemble() -> list[int]:
            return self._assembled(reached.kind, len(entries))

        seen = self.shows, folds
        return Recorded(
            self.tape,
            assemble,
            entries,
            self.frame,
            flat,
            self.any_size,
            result,
            reached.normalized,
            *seen,
            len(leaves),
        )

    def _always(self, node: Node, result: Frame) -> bool:
        """Whether what a node leaves has the size of a frame, in all samples that are recorded, whatever arrives."""
        if node.transform.p < 1:
            return False
        if node.slot in self.acted:
            parts = self.acted[node.slot].parts
            return all(any(e.stage for e in leaf.entries) for leaf in parts[0].leaves()) and self._keeps(node, result)
        for child in reversed(node.children or ()):
            if self._always(child, result):
                return True
            if not self._keeps(child, result):
                return False
        return False

    def _keeps(self, node: Node, result: Frame) -> bool:
        """Whether a node leaves the size of a frame alone."""
        if node.slot in self.acted:
            leaves = [leaf for part in self.acted[node.slot].parts for leaf in part.leaves()]
            return all(leaf.frame[:2] == result[:2] for leaf in leaves)
        return all(self._keeps(child, result) for child in node.children or ())

    def _assembled(self, kind: int, maps: int) -> list[int]:
        plan, tape = self.plan, self.tape
        program = Assembly(len(plan.nodes))
        params, ops = 0, 0
        program.lists = [program.list_of([*row]) for row in tape.lists]
        for node in plan.nodes:
            gate = tape.register(node.transform.p)
            row: tuple[int, ...] = (gate, LACKS, 1, 0, 0, 0, 0, 0)
            if node.slot in self.acted:
                reached, parts, blocks = self.acted[node.slot]
                starts, size = [program.code(block) for block in parts], reached.frame[:2]
                row = gate, ACT, blocks, program.list_of(starts), len(starts), *size, reached.kind
                works = [[[e for e in leaf.entries if e.stage is None] for leaf in part.leaves()] for part in parts]
                ops += sum(max(map(len, part)) for part in works)
                params += sum(max(sum(len(e.registers) for e in own) for own in part) for part in works)
            elif node.slot in self.groups:
                choice, children = node.transform.choice(), node.children or ()  # type: ignore[attr-defined]
                low, high, draws = choice.low, choice.high, 1
                if choice.code == ONE:
                    low, draws = tape.register(float(sum(child.transform.p for child in children))), 2
                elif choice.code > ONE:
                    draws = len(children) + 1
                below = program.list_of([child.slot for child in children])
                row = gate, choice.code, -(-draws // 4), below, len(children), low, high, 0
            program.node(node.slot, row)
        addresses = program.list_of(plan.addresses.astype(np.int64).tolist())
        head = addresses, int(self.frame.dtype == np.uint8), len(tape.registers), params, ops, len(plan.nodes)
        power = POWERS.address() if tape.powers else -1
        chooses = any(node.transform.choice().code != ALL for node in self.groups.values())  # type: ignore[attr-defined]
        program.numbers[:HEAD] = *head, min(maps, MOST_MAPS), kind, power, int(chooses), *[0] * (HEAD - 10)
        return program.numbers
