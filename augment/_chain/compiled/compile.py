"""Compile a chain for a kind of image: record once how it draws and lowers.

Transforms draw and lower in Python, which takes longer than a kernel needs for a small image.  So for images of a
shape and dtype that come again, `draw` and `lower` of each transform run once on symbols in place of drawn numbers.
What they do with the symbols is kept as a short program.  A kernel evaluates it for each sample, number by number as
Python would, so that the results are the same bytes.

Decisions that depend on drawn numbers are recorded as guards.  They were made for a few samples, and the program holds
for all samples that decide alike.  A transform may have several such programs, which are called its segments.  A sample
that fits none of them runs stage by stage.  So does a chain that cannot be recorded, because an operation needs
neighbours or a size is drawn.
"""

from __future__ import annotations

import math
from typing import NoReturn

import numpy as np

from imgproc._core.check import DTYPES
from imgproc._scanline import Deferred, Erase, Geometry, MaskOnly, Op, RowsOnly, Stage, pixel
from imgproc._scanline.matrix import is_exact
from imgproc._scanline.merge import merge
from imgproc._scanline.operations._base import Operation
from imgproc._scanline.operations.matrix import MATRIX, MATRIX_TO_GREY
from imgproc._scanline.program import lay_out
from imgproc._scanline.samplers.area import can_average

from ..state import Frame, State, frame_after, frame_of
from ..targets.base import Rules
from ..tree import Node, Plan
from .chain import LARGE, CompiledChain, FixedChain
from .program import EQUAL, LESS, MOST_WARPS, MOVE, NOT_MORE, PAINTS, WARP
from .symbols import Branch, Recorder, Symbol, Tape, Untraceable

SAMPLES = 12
"""The decisions of so many samples are recorded."""


class Entry:
    """A pixel operation, or a geometric stage, with the registers of its parameters."""

    def __init__(
        self,
        code: int,
        registers: list[int],
        kind: Operation | None = None,
        stage: Geometry | None = None,
        source: Frame | None = None,
    ) -> None:
        self.code, self.registers, self.kind, self.stage, self.source = code, registers, kind, stage, source
        self.number = -1  # of an operation the address of its unit; of a map its number, if the chain interpolates

    @property
    def averages(self) -> bool:
        """Whether it is a resize by means over areas."""
        return self.code == WARP and self.stage is not None and self.stage.interpolation == "area"


class Segment:
    """One variant of what a transform does."""

    def __init__(self, tape: Tape, node: Node, frame: Frame, values: list[float], known: dict[int, int]) -> None:
        recorder = Recorder(tape, node.slot, values, known)
        start = len(tape.rows)
        transform = node.transform
        try:
            stages = transform.lower(transform.draw(recorder, frame), frame)  # type: ignore[arg-type]  # it stands for Draws
            self.frame = frame_after(frame, stages)
            self.entries = _entries(tape, stages, frame)
        finally:
            self.rows = tape.rows[start:]
            del tape.rows[start:]
        self.draws = recorder.cursor
        self.decisions = tuple(row[1] for row in self.rows if row[0] in (LESS, NOT_MORE, EQUAL))


def _entries(tape: Tape, stages: list[Stage], frame: Frame) -> list[Entry]:
    found = []
    for stage in stages:
        label = None
        if type(stage) is Deferred and stage.op is not None and frame.dtype.kind == "u":
            stage = stage.op
        elif type(stage) is Erase:
            label = stage.mask_fill
            stage = pixel.erase(stage.rectangles, stage.fill, stage.stream)
        if type(stage) is Geometry:
            if (
                stage.grid is not None
                or stage.tiles is not None
                or stage.border == "wrap"
                or any(type(v) is not int for v in stage.size)
            ):
                raise Untraceable
            found.append(_map(tape, stage, frame))
        elif type(stage) is Op:
            layout = lay_out([stage], frame.channels)
            if layout.arrays:
                raise Untraceable
            flags, values = stage.kind.flags, layout.values
            if label is not None:  # it paints on masks, too: the kernel of the image does not look at the label
                flags, values = flags | PAINTS, [*values, label]
            found.append(Entry(flags, [tape.register(v) for v in values], stage.kind))
        else:
            raise Untraceable
        frame = frame_after(frame, [stage])
    return found


def _map(tape: Tape, stage: Geometry, frame: Frame) -> Entry:
    a, b, _, d, e, _, g, h, i = stage.pull
    # A translation may be drawn; the kernel makes sure that it is by whole pixels.
    known = all(type(v) is not Symbol for v in (a, b, d, e, g, h, i))
    moves = known and is_exact((a, b, 0.0, d, e, 0.0, g, h, i))
    words = frame.dtype == np.uint8 and frame.channels in (3, 4) and min(frame[:2]) > 1
    averages = stage.interpolation == "area" and can_average((*frame[:2], frame.channels), frame.dtype, stage.size)
    bilinear = words and stage.interpolation == "bilinear" and not stage.antialias
    if not moves and not averages and not bilinear:
        raise Untraceable
    numbers = (*stage.pull, *(stage.part or ()))
    return Entry(MOVE if moves else WARP, [tape.register(v) for v in numbers], None, stage, frame)


def record(
    plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype
) -> CompiledChain | FixedChain | None:
    """Compile a chain for images of a shape and dtype; None if it cannot be recorded."""
    try:
        plan.check(State(frame_of(shape, dtype)))
    except (TypeError, ValueError):  # running stage by stage says so
        return None
    fixed = _fixed(plan, rules, shape, dtype)
    if fixed is not None and not fixed.averages:
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
    return FixedChain(stages, frame[:2], rules.dtype, rules.layout)


def _is_large_matrix(stages: list[Stage], shape: tuple[int, ...], dtype: np.dtype) -> bool:
    kinds = [s.kind for s in stages if type(s) is Op]
    return len(stages) == 1 and kinds in ([MATRIX], [MATRIX_TO_GREY]) and dtype == np.uint8 and math.prod(shape) > LARGE


def _recorded(plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> CompiledChain | None:
    tape = Tape(len(plan.nodes))
    start = frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    if not rules.fuse or dtype not in DTYPES or (rules.dtype is not None and rules.dtype not in DTYPES):
        return None
    try:
        samples = plan.values(np.arange(SAMPLES, dtype=np.uint64).reshape(-1, 1), seed)
        nodes: list[tuple[Node, list[Segment], int]] = []
        for node in plan.root.children or ():
            segments, draw = _record_node(tape, node, frame, [values[node.slot] for values in samples])
            nodes.append((node, segments, draw))
            frame = segments[0].frame
        _check_order(nodes, plan.root.transform.p)
        if plan.root.transform.p < 1 and frame != start:
            return None
        return CompiledChain(plan, seed, tape, nodes, shape, dtype, frame, rules.dtype, rules.layout)
    except Exception:  # if the image or the chain is wrong, running stage by stage says so
        return None


def _record_node(tape: Tape, node: Node, frame: Frame, samples: list[list[float]]) -> tuple[list[Segment], int]:
    """Record the variants of a transform, and the draw that chooses among them.

    The draw is -1 if the first variant is taken whose guards hold."""
    transform = node.transform
    if node.children is not None or transform.needs_boxes or transform.needs_mask:
        raise Untraceable
    draw = -1
    try:
        segments = _variants(tape, node, frame, samples)
    except Branch as branch:
        integer, draw = branch.symbol, branch.symbol.draw
        segments = [Segment(tape, node, frame, samples[0], {draw: v}) for v in range(integer.low, integer.high + 1)]
    for segment in segments:
        if segment.frame != (frame if transform.p < 1 else segments[0].frame):
            raise Untraceable
    return segments, draw


def _variants(tape: Tape, node: Node, frame: Frame, samples: list[list[float]]) -> list[Segment]:
    """Record what a transform does to samples that decide differently; the most frequent variant comes first."""
    found: dict[tuple[int, ...], list[Segment]] = {}
    for values in samples:
        try:
            segment = Segment(tape, node, frame, values, {})
        except Branch:
            raise
        except Untraceable:  # such samples run stage by stage
            continue
        found.setdefault(segment.decisions, []).append(segment)
        if not segment.decisions:
            break
    if not found:
        raise Untraceable
    return [alike[0] for alike in sorted(found.values(), key=len, reverse=True)]


def _check_order(nodes: list[tuple[Node, list[Segment], int]], p: float) -> None:
    """Raise `Untraceable` if the transforms stand in an order that one pass cannot do.

    Pixels must not move after an operation that depends on their place or on all of them, and must not be interpolated
    after any operation.  `normalize` must come last, and must always be applied."""
    maps = [entry for _, segments, _ in nodes for segment in segments for entry in segment.entries if entry.stage]
    averaging = [any(e.averages for s in segments for e in s.entries) for _, segments, _ in nodes]
    warping = [any(e.code == WARP for s in segments for e in s.entries) for _, segments, _ in nodes]
    if any(averaging) and sum(warping) > 1:
        raise Untraceable
    rough = any(entry.code == WARP for entry in maps)
    if rough and len(maps) > MOST_WARPS:
        raise Untraceable
    worked = fixed = normalized = False
    for node, segments, _ in nodes:
        ends = []
        for segment in segments:
            now = [worked, fixed]
            for entry in segment.entries:
                if normalized or (entry.kind is None and now[0 if rough else 1]):
                    raise Untraceable
                if entry.kind is not None:
                    now = [True, now[1] or entry.kind.binds]
            ends.append(now)
        worked, fixed = (any(end[k] for end in ends) for k in range(2))
        if any(_is_last(entry) for segment in segments for entry in segment.entries):
            normalized = True
            if not p == node.transform.p == 1 or any(not s.entries or not _is_last(s.entries[-1]) for s in segments):
                raise Untraceable


def _is_last(entry: Entry) -> bool:
    return entry.kind is not None and entry.kind.last
