"""The draws and the lowering of a chain, recorded once for a kind of image.

Transforms draw and lower in Python, which takes longer than a kernel takes over a small image.  So for images of a
shape and dtype that comes again, `draw` and `lower` of each transform are run once on symbols in place of drawn
numbers.  What they do with them is kept as a short program that a kernel evaluates for each sample, number by number as
Python would: the results are the same bytes.  A chain of which anything cannot be recorded (a decision that depends on
a drawn number, an interpolation, an operation that needs neighbours) goes the ordinary way.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from imgproc._check import DTYPES
from imgproc._scanline import Deferred, Erase, Geometry, Op, Stage, pixel
from imgproc._scanline._merge import is_exact_matrix

from ._keys import FIRST_DRAWS
from ._plan import Node, Plan, frame_after
from ._program import ADD, DIVIDE, FLOOR, LEAST, MOVE, MULTIPLY, NEGATE, ROUND, STREAM, SUBTRACT, Recipe
from ._sample import Rules
from ._transform import Frame

MOST_VARIANTS = 32
"""Into how many variants the lowering of a transform may fall by one drawn integer."""


class Untraceable(Exception):
    """Something depends on drawn numbers that cannot be recorded."""


class _Branch(Untraceable):
    """The value of a drawn integer decides what happens."""

    def __init__(self, symbol: Symbol) -> None:
        super().__init__()
        self.symbol = symbol


class Symbol:
    """A number that is known only when a sample is drawn: a register of the tape that records it."""

    __slots__ = ("at", "draw", "high", "low", "tape")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, tape: Tape, at: int, draw: int = -1, low: int = 0, high: int = -1) -> None:
        self.tape, self.at = tape, at
        self.draw, self.low, self.high = draw, low, high  # of an integer: the number of its draw, and its range

    def __add__(self, other: Any) -> Symbol:
        return self.tape.note(ADD, self, other)

    def __radd__(self, other: Any) -> Symbol:
        return self.tape.note(ADD, other, self)

    def __sub__(self, other: Any) -> Symbol:
        return self.tape.note(SUBTRACT, self, other)

    def __rsub__(self, other: Any) -> Symbol:
        return self.tape.note(SUBTRACT, other, self)

    def __mul__(self, other: Any) -> Symbol:
        return self.tape.note(MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> Symbol:
        return self.tape.note(MULTIPLY, other, self)

    def __truediv__(self, other: Any) -> Symbol:
        return self.tape.note(DIVIDE, self, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        return self.tape.note(DIVIDE, other, self)

    def __neg__(self) -> Symbol:
        return self.tape.note(NEGATE, self, 0.0)

    def __round__(self) -> Symbol:
        return self.tape.note(ROUND, self, 0.0)

    def __index__(self) -> NoReturn:
        raise _Branch(self) if 0 <= self.high - self.low < MOST_VARIANTS else Untraceable

    def __eq__(self, other: object) -> bool:
        if self.draw >= 0:
            self.__index__()
        # A number drawn from a range is no given number: what is left out for, say, a factor of 1 changes nothing.
        return False

    def _unknown(self, *_: Any) -> NoReturn:
        raise Untraceable

    __bool__ = __float__ = __int__ = __lt__ = __le__ = __gt__ = __ge__ = _unknown
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __abs__ = __iter__ = _unknown


class Tape:
    """Registers and what is computed in them, in order."""

    def __init__(self, nodes: int) -> None:
        self.registers: list[float] = [0.0] * (nodes * FIRST_DRAWS)
        self.rows: list[tuple[int, int, int, int]] = []
        self._constants: dict[str, int] = {}

    def register(self, value: Any) -> int:
        """The register of a symbol or of a constant."""
        if type(value) is Symbol:
            return value.at
        if not isinstance(value, (int, float)):
            raise Untraceable
        number = float(value)
        if number != value and not math.isnan(number):
            raise Untraceable
        name = number.hex()
        if name not in self._constants:
            self._constants[name] = self._new(number)
        return self._constants[name]

    def note(self, code: int, a: Any, b: Any) -> Symbol:
        """The symbol of a result."""
        operands = self.register(a), self.register(b)
        at = self._new(0.0)
        self.rows.append((code, at, *operands))
        return Symbol(self, at)

    def _new(self, value: float) -> int:
        self.registers.append(value)
        return len(self.registers) - 1


class Recorder:
    """Stands for `Draws`: each draw is a symbol, but for one integer whose value may be given."""

    def __init__(self, tape: Tape, slot: int, known: dict[int, int]) -> None:
        self._tape, self._base, self._known = tape, slot * FIRST_DRAWS, known
        self.cursor = 1  # the gate has taken one

    def unit(self) -> Symbol:
        """See `Draws`."""
        if self.cursor == FIRST_DRAWS:
            raise Untraceable
        self.cursor += 1
        return Symbol(self._tape, self._base + self.cursor - 1)

    def uniform(self, low: float, high: float) -> Any:
        """See `Draws`."""
        u = self.unit()
        return low if low == high else low + (high - low) * u

    def integer(self, low: int, high: int) -> Any:
        """See `Draws`."""
        u = self.unit()
        if low == high:
            return low
        draw = self.cursor - 1
        if draw in self._known:
            return self._known[draw]
        whole = self._tape.note(FLOOR, (high - low + 1) * u, 0.0)
        symbol = low + self._tape.note(LEAST, whole, high - low)
        return Symbol(self._tape, symbol.at, draw, low, high)

    def pick(self, choices: Any) -> Any:
        """See `Draws`."""
        return choices[self.integer(0, len(choices) - 1)]

    def stream(self) -> Symbol:
        """See `Draws`."""
        return self._tape.note(STREAM, self.unit(), self.unit())

    def permutation(self, n: int) -> NoReturn:
        """Not recorded."""
        raise Untraceable


Entry = tuple[int, list[int]]
"""Code of an operation, or `MOVE`, and the registers of its parameters."""


class _Segment:
    """One variant of what a transform does."""

    def __init__(self, tape: Tape, node: Node, frame: Frame, known: dict[int, int]) -> None:
        recorder = Recorder(tape, node.slot, known)
        start = len(tape.rows)
        transform = node.transform
        stages = transform.lower(transform.draw(recorder, frame), frame)  # type: ignore[arg-type]
        self.frame = frame_after(frame, stages)
        self.entries = _entries(tape, stages, frame)
        self.rows = tape.rows[start:]
        del tape.rows[start:]
        self.draws = recorder.cursor


def _entries(tape: Tape, stages: list[Stage], frame: Frame) -> list[Entry]:
    found = []
    for stage in stages:
        kind = type(stage)
        if kind is Deferred and stage.op is not None and frame.dtype.kind == "u":
            kind, stage = Op, stage.op
        elif kind is Erase:
            kind, stage = Op, pixel.erase(stage.rectangles, stage.fill, stage.stream)
        if kind is Geometry:
            *_, c, d, e, f, g, h, i = stage.pull
            a, b = stage.pull[:2]
            # Whole translations may be drawn: the kernel makes sure that they are whole and lead nowhere outside.
            if stage.grid is not None or not is_exact_matrix((a, b, 0.0, d, e, 0.0, g, h, i)):
                raise Untraceable
            found.append((MOVE, [tape.register(v) for v in (a, b, c, d, e, f)]))
        elif kind is Op:
            layout = pixel.lay_out([stage], frame.channels)
            if layout.arrays:
                raise Untraceable
            found.append((stage.code, [tape.register(v) for v in layout.values]))
            frame = frame_after(frame, [stage])
        else:
            raise Untraceable
    return found


def record(plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> Recipe | None:
    """The recipe of a chain for images of a shape and dtype; None where it cannot be recorded."""
    tape = Tape(len(plan.nodes))
    frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    if not rules.fuse or dtype not in DTYPES or (rules.dtype is not None and rules.dtype not in DTYPES):
        return None
    try:
        nodes: list[tuple[Node, list[_Segment], int]] = []
        for node in plan.root.children or ():
            segments, draw = _record_node(tape, node, frame)
            nodes.append((node, segments, draw))
            frame = segments[0].frame
        _check_order(nodes, plan.root.transform.p)
        if plan.root.transform.p < 1 and frame[:4] != (*shape[:2], shape[2] if len(shape) == 3 else 1, dtype):
            return None
        return Recipe(plan, seed, tape, nodes, shape, dtype, frame, rules.dtype, rules.layout)
    except Exception:  # whatever is wrong with the image or the chain is said the ordinary way
        return None


def _record_node(tape: Tape, node: Node, frame: Frame) -> tuple[list[_Segment], int]:
    """The variants of a transform, and the draw that chooses among them, or -1."""
    transform = node.transform
    if node.children is not None or transform.needs_boxes or transform.needs_mask:
        raise Untraceable
    draw, start = -1, len(tape.rows)
    try:
        segments = [_Segment(tape, node, frame, {})]
    except _Branch as branch:
        integer, draw = branch.symbol, branch.symbol.draw
        del tape.rows[start:]
        segments = [_Segment(tape, node, frame, {draw: v}) for v in range(integer.low, integer.high + 1)]
    for segment in segments:
        if segment.frame != (frame if transform.p < 1 else segments[0].frame):
            raise Untraceable
    return segments, draw


def _check_order(nodes: list[tuple[Node, list[_Segment], int]], p: float) -> None:
    """Pixels move only before what depends on their place or on all of them; `normalize` comes last, and always."""
    bound = pixel.BINDING
    fixed = normalized = False
    for node, segments, _ in nodes:
        lists = [[code for code, _ in segment.entries] for segment in segments]
        for codes in lists:
            for k, code in enumerate(codes):
                if normalized or (code == MOVE and (fixed or bound.intersection(codes[:k]))):
                    raise Untraceable
        fixed = fixed or any(bound.intersection(codes) for codes in lists)
        if any(pixel.NORMALIZE in codes for codes in lists):
            normalized = True
            if not p == node.transform.p == 1 or any(codes[-1:] != [pixel.NORMALIZE] for codes in lists):
                raise Untraceable
