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

import math
from typing import Any, NamedTuple, NoReturn

import numpy as np

from imgproc._core.check import DTYPES
from imgproc._scanline import Deferred, Erase, Geometry, MaskOnly, Op, RowsOnly, Stage, Whole, pixel
from imgproc._scanline.matrix import is_exact
from imgproc._scanline.merge import merge, shows_outside
from imgproc._scanline.operations.matrix import MATRIX, MATRIX_TO_GREY
from imgproc._scanline.program import lay_out
from imgproc._scanline.samplers.area import can_average

from ..keys import FIRST_DRAWS
from ..state import Frame, State, frame_after, frame_of
from ..targets.base import Rules
from ..tree import Group, Node, Plan
from .chain import LARGE, CompiledChain, FixedChain
from .filters import can_filter
from .memory import HOWS
from .program import ACT, ALL, BINDS, FILTERS, LACKS, MOST_MAPS, MOVE, ONE, PAINTS, WARP, Assembly, kind_of
from .symbols import Recorder, Symbol, Tape, Untraceable, value_of
from .variants import Block, Leaf, explored

SAMPLES = 12
"""The decisions of so many samples are recorded."""


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
    """What the images are."""
    flat: bool
    """Whether they have two axes."""
    result: Frame
    """What the results are, before another dtype or layout is asked for."""
    varies: bool
    """Whether samples have results of several sizes."""
    shows: bool
    """Whether whole pixels move that come from outside."""


class _Acted(NamedTuple):
    """A node as it was recorded."""

    node: Node
    frame: Frame
    kind: int
    """Of images that arrive."""
    parts: list[Block]
    blocks: int
    """How many draws it has, in blocks of four."""


class _Recording:
    """A chain while it is recorded.

    `visit` follows the tree with the frame that most samples have at each transform.  Samples with another frame there
    run stage by stage."""

    def __init__(self, plan: Plan, seed: int, frame: Frame) -> None:
        self.plan, self.frame = plan, frame
        self.tape = Tape(len(plan.nodes))
        keys = np.arange(SAMPLES, dtype=np.uint64).reshape(-1, 1)
        self.samples = plan.values(keys, seed)
        self.acted: dict[int, _Acted] = {}
        self.groups: dict[int, Node] = {}
        self.sizes = {frame[:2]}
        self.shows = False

    def visit(self, node: Node, frame: Frame, normalized: bool) -> tuple[Frame, bool]:
        """Record a node where a frame arrives; returns the frame that mostly leaves it.

        Raises `Untraceable` if no sample in which it acts can be recorded."""
        if node.children is None:
            return self._act(node, frame, normalized)
        group = node.transform
        assert isinstance(group, Group)
        choice = group.choice()
        if choice is None or (choice.code > ONE and len(node.children) + 2 > FIRST_DRAWS):
            raise Untraceable
        self.groups[node.slot] = node
        arriving, ends = frame, []
        for child in node.children:
            if child.transform.p == 0:
                continue
            try:
                after = self.visit(child, arriving, normalized)
            except Untraceable:
                if choice.code == ALL and child.transform.p == 1:
                    raise
                continue
            ends.append(after)
            if choice.code == ALL and child.transform.p >= 0.5:
                arriving, normalized = after
        if choice.code == ALL:
            return arriving, normalized
        if not ends:
            raise Untraceable
        return ends[0] if choice.code == ONE else (frame, normalized)

    def _act(self, node: Node, frame: Frame, normalized: bool) -> tuple[Frame, bool]:
        transform = node.transform
        if transform.needs_boxes or transform.needs_mask:
            raise Untraceable
        kind, samples = kind_of(frame.channels, normalized), [values[node.slot] for values in self.samples]
        parts: list[Block] = []
        cursor = 1
        for part in transform.in_parts():

            def act(recorder: Recorder, part: Any = part) -> Leaf:
                stages = part.lower(part.draw(recorder, frame), frame)
                entries, after = self._entries(stages, frame, normalized)
                return Leaf(entries, after, recorder.cursor)

            if cursor < 0:
                raise Untraceable
            block, cursor = explored(self.tape, node.slot, samples, cursor, act)
            parts.append(block)
        leaves = [leaf for block in parts for leaf in block.leaves()]
        if len(parts) > 1 and any(leaf.frame != frame for leaf in leaves):
            raise Untraceable
        last = max(leaf.cursor for leaf in leaves)
        self.acted[node.slot] = _Acted(node, frame, kind, parts, -(-last // 4))
        self.sizes |= {leaf.frame[:2] for leaf in leaves}
        most = leaves[0]
        return most.frame, normalized or any(e.kind is not None and e.kind.last for e in most.entries)

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
                found.append(_filter(self.tape, stage.near))
            else:
                raise Untraceable
            frame = frame_after(frame, [stage])
            found[-1].kind_after = kind_of(frame.channels, normalized)
        return found, frame

    def _map(self, stage: Geometry, frame: Frame) -> Entry:
        if (
            stage.grid is not None
            or stage.tiles is not None
            or stage.border == "wrap"
            or stage.interpolation not in HOWS
            or any(type(v) is not int for v in stage.size)
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
        self.shows = self.shows or (moves and _shows(stage, frame))
        numbers = (*stage.pull, *stage.size, *(stage.part or ()))
        return Entry(MOVE if moves else WARP, [self.tape.register(v) for v in numbers], None, stage)

    def recorded(self, flat: bool) -> Recorded:
        """Record the chain."""
        root = self.plan.root
        result, normalized = self.visit(root, self.frame, False)
        blocks = [block for acted in self.acted.values() for block in acted.parts]
        entries = [entry for block in blocks for leaf in block.leaves() for entry in leaf.entries]
        varies = len(self.sizes) > 1 and not self._always(root, result)
        kind = kind_of(result.channels, normalized)

        def assemble() -> list[int]:
            return self._assembled(kind, len(entries))

        return Recorded(self.tape, assemble, entries, self.frame, flat, result, varies, self.shows)

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
        for node in plan.nodes:
            gate = tape.register(node.transform.p)
            row: tuple[int, ...] = (gate, LACKS, 1, 0, 0, 0, 0, 0)
            if node.slot in self.acted:
                _, frame, own, parts, blocks = self.acted[node.slot]
                starts = [program.code(block) for block in parts]
                row = gate, ACT, blocks, program.list_of(starts), len(starts), *frame[:2], own
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
        program.numbers[:8] = *head, min(maps, MOST_MAPS), kind
        return program.numbers


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


def _filter(tape: Tape, near: Any) -> Entry:
    return Entry(FILTERS, [tape.register(v) for v in near.params], near.filter)


def record(
    plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype
) -> CompiledChain | FixedChain | None:
    """Compile a chain for images of a shape and dtype; None if it cannot be recorded."""
    try:
        plan.check(State(frame_of(shape, dtype)))
    except (TypeError, ValueError):  # running stage by stage says so
        return None
    fixed = _fixed(plan, rules, shape, dtype)
    if fixed is not None and not fixed.together:
        return fixed
    recorded = _recorded(plan, seed, rules, shape, dtype)
    return fixed if recorded is None else recorded.compile()


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


def _recorded(plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> CompiledChain | None:
    if not rules.fuse or dtype not in DTYPES or (rules.dtype is not None and rules.dtype not in DTYPES):
        return None
    frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    try:
        recorded = _Recording(plan, seed, frame).recorded(len(shape) == 2)
        return CompiledChain(recorded, seed, rules.dtype, rules.layout)
    except Exception:  # if the image or the chain is wrong, running stage by stage says so
        return None
