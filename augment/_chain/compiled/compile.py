"""Compile a chain for a kind of image: record once how it draws and lowers.

Transforms draw and lower in Python, which takes longer than a kernel needs for a small image.  So for images of a
shape and dtype that come again, `draw` and `lower` of each transform run once on symbols in place of drawn numbers.
What they do with the symbols is kept as a short program.  A kernel evaluates it for each sample, number by number as
Python would, so that the results are the same bytes.

Decisions that depend on drawn numbers are recorded as guards, and lead to different ways on (`variants`).  Groups
choose among their children as `tree` does.  A sample that takes a way that was not recorded runs stage by stage.  So
does a sample whose stages one pass cannot do, as one of them needs neighbours, and a chain of which no sample could be
recorded.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import numpy as np

from imgproc._core.check import DTYPES
from imgproc._scanline import Deferred, Erase, Geometry, MaskOnly, Op, RowsOnly, Stage, Whole, pixel
from imgproc._scanline.matrix import is_exact
from imgproc._scanline.merge import merge, shows_outside
from imgproc._scanline.operations.matrix import MATRIX, MATRIX_TO_GREY
from imgproc._scanline.program import lay_out
from imgproc._scanline.samplers.area import can_average

from ..keys import draw_block
from ..state import Frame, State, frame_after, frame_of
from ..targets.base import Rules
from ..tree import Group, Node, Plan
from .chain import LARGE, CompiledChain, FixedChain
from .filters import can_filter
from .memory import AS_IT_COMES, CHANGED, HOWS
from .program import (
    ACT,
    ALL,
    BINDS,
    COUNTS,
    DRAWS,
    FILTERS,
    HEAD,
    LACKS,
    MOST_MAPS,
    MOVE,
    ONE,
    PAINTS,
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


class Entry:
    """A pixel operation, or a geometric stage, with the registers of its parameters."""

    def __init__(self, code: int, registers: list[int], kind: Any = None, stage: Geometry | None = None) -> None:
        self.code, self.registers, self.kind, self.stage = code, registers, kind, stage
        self.number = -1  # of an operation the address of its unit; of a map its number
        self.bits = BINDS if kind is not None and kind.binds else 0
        self.kind_after = 0  # of images after an operation


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


class _Recording:
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
                    height=_size(after[0], own[0], frame[0]), width=_size(after[1], own[1], frame[1])
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
                found.append(_operation(self.tape, stage, label, frame))
                normalized = normalized or stage.kind.last
            elif type(stage) is Whole and can_filter(stage.near, frame, self.frame.channels):
                found.append(_filter(self.tape, stage.near, FILTERS))
            elif type(stage) is Deferred and can_filter(stage.counted, frame, self.frame.channels):
                found.append(_filter(self.tape, stage.counted, COUNTS))
            else:
                raise Untraceable
            frame = _after(frame, stage)
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
        if _shows(stage, frame):
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

        return Recorded(
            self.tape, assemble, entries, self.frame, flat, self.any_size, result, self.shows, folds, len(leaves)
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


def _after(frame: Frame, stage: Stage) -> Frame:
    """The frame that a stage leads to; its size may be of symbols."""
    if type(stage) is Geometry and not all(type(v) is int for v in (*stage.size, *frame[:2])):
        return frame._replace(height=stage.size[0], width=stage.size[1])
    return frame_after(frame, [stage])


def _size(after: Any, before: Any, said: int) -> int:
    """What is known of a side of a frame, where `said` is known of it before a transform."""
    if type(after) is not Symbol:
        return after
    return said if type(before) is Symbol and after.at == before.at else CHANGED


def _shows(stage: Geometry, frame: Frame) -> bool:
    """Whether whole pixels come from outside, in the sample that is recorded."""
    pull, size, source = ([value_of(v) for v in numbers] for numbers in (stage.pull, stage.size, frame[:2]))
    return shows_outside(tuple(pull), tuple(size), tuple(source))  # type: ignore[arg-type]  # nine, and pairs


def _operation(tape: Tape, stage: Op, label: int | None, frame: Frame) -> Entry:
    layout = lay_out([stage], frame.channels)
    if layout.arrays:
        raise Untraceable
    flags, values = stage.kind.flags, layout.values
    if label is not None:  # it paints on masks, too: the kernel of the image does not look at the label
        flags, values = flags | PAINTS, [*values, label]
    return Entry(flags, [tape.register(v) for v in values], stage.kind)


def _filter(tape: Tape, near: Any, code: int) -> Entry:
    return Entry(code, [tape.register(v) for v in near.params], near.filter)


def record(
    plan: Plan,
    seed: int,
    rules: Rules,
    shape: tuple[int, ...],
    dtype: np.dtype,
    any_size: bool = False,
    missed: Sequence[Missed] = (),
) -> CompiledChain | FixedChain | None:
    """Compile a chain for images of a shape and dtype, or of any size; None if it cannot be recorded.

    `missed` are samples that an earlier record lacks."""
    try:
        plan.check(State(frame_of(shape, dtype)))
    except (TypeError, ValueError):  # running stage by stage says so
        return None
    fixed = _fixed(plan, rules, shape, dtype)
    if fixed is not None and not fixed.together:
        return None if any_size else fixed
    recorded = _recorded(plan, seed, rules, shape, dtype, any_size, missed)
    return (None if any_size else fixed) if recorded is None else recorded.compile()


class _Nothing:
    """Takes the place of `Draws` for transforms that should draw nothing."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable


def _fixed(plan: Plan, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> FixedChain | None:
    """Make the chain if it draws nothing, and if kernels could not run it in one call; else None."""
    if not rules.fuse or plan.root.transform.p < 1:
        return None
    frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    stages: list[Stage] = []
    try:
        for node in plan.root.children or ():
            transform = node.transform
            if transform.p < 1 or node.children is not None or transform.needs_boxes or transform.needs_mask:
                return None
            own = transform.lower(transform.draw(_Nothing(), frame), frame)  # type: ignore[arg-type]  # as it says
            frame = frame_after(frame, own)
            stages += own
    except Exception:
        return None
    geometry = [s for s in stages if type(s) is Geometry]
    if any(type(s) in (Deferred, MaskOnly, RowsOnly) for s in stages):
        return None
    if all(type(s) is Op for s in stages) and not _is_large_matrix(stages, shape, dtype):
        return None
    if len(geometry) == len(stages):
        merged = merge(geometry, *shape[:2])
        if merged.exact and not merged.fills:
            return None
    return FixedChain(stages, rules.dtype, rules.layout)


def _is_large_matrix(stages: list[Stage], shape: tuple[int, ...], dtype: np.dtype) -> bool:
    kinds = [s.kind for s in stages if type(s) is Op]
    return len(stages) == 1 and kinds in ([MATRIX], [MATRIX_TO_GREY]) and dtype == np.uint8 and math.prod(shape) > LARGE


def _recorded(
    plan: Plan,
    seed: int,
    rules: Rules,
    shape: tuple[int, ...],
    dtype: np.dtype,
    any_size: bool,
    missed: Sequence[Missed],
) -> CompiledChain | None:
    if not rules.fuse or dtype not in DTYPES or (rules.dtype is not None and rules.dtype not in DTYPES):
        return None
    frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    try:
        recorded = _Recording(plan, seed, frame, any_size, missed).recorded(len(shape) == 2)
        return CompiledChain(recorded, seed, rules.dtype, rules.layout)
    except (Untraceable, PerSize, TypeError, ValueError, ArithmeticError):
        return None  # if the image or the chain is wrong, running stage by stage says so
