"""The draws and the lowering of a chain, recorded once for a kind of image.

Transforms draw and lower in Python, which takes longer than a kernel takes over a small image.  So for images of a
shape and dtype that comes again, `draw` and `lower` of each transform are run on symbols in place of drawn numbers.
What they do with them is kept as a short program that a kernel evaluates for each sample, number by number as Python
would: the results are the same bytes.

Decisions that depend on drawn numbers are recorded as guards: they were made for a few samples, and a program holds for
those that decide alike.  A transform may have several programs; a sample that none of them fits goes the ordinary way,
as does a chain of which anything cannot be recorded (an operation that needs neighbours, a size that is drawn).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from imgproc._core.check import DTYPES
from imgproc._scanline import Deferred, Erase, Geometry, MaskOnly, Op, Stage, pixel
from imgproc._scanline.merge import is_exact_matrix, merge

from ..keys import FIRST_DRAWS
from ..sample import Rules
from ..transform import Frame
from ..tree import Node, Plan, frame_after
from .cache import LARGE, Fixed, Recipe
from .kernels import (
    ABSOLUTE,
    ADD,
    COS,
    DIVIDE,
    EQUAL,
    EXP,
    FLOOR,
    LEAST,
    LESS,
    LOG,
    MOST_WARPS,
    MOVE,
    MULTIPLY,
    NEGATE,
    NOT_MORE,
    REMAINDER,
    ROUND,
    SIN,
    SQRT,
    STREAM,
    SUBTRACT,
    TAN,
    WARP,
)

MOST_VARIANTS = 32
"""Into how many variants the lowering of a transform may fall by one drawn integer."""

SAMPLES = 12
"""Of how many samples decisions are recorded."""

_FUNCTIONS = {math.sqrt: SQRT, math.exp: EXP, math.log: LOG, math.cos: COS, math.sin: SIN, math.tan: TAN}

_EVALUATE: dict[int, Callable[[float, float], float]] = {
    ADD: lambda a, b: a + b,
    SUBTRACT: lambda a, b: a - b,
    MULTIPLY: lambda a, b: a * b,
    DIVIDE: lambda a, b: a / b,
    REMAINDER: math.fmod,
    NEGATE: lambda a, b: -a,
    FLOOR: lambda a, b: float(math.floor(a)),
    ROUND: lambda a, b: float(round(a)),
    ABSOLUTE: lambda a, b: abs(a),
    LEAST: min,
    STREAM: lambda a, b: float(int(a * (1 << 26)) << 26 | int(b * (1 << 26))),
    LESS: lambda a, b: float(a < b),
    NOT_MORE: lambda a, b: float(a <= b),
    EQUAL: lambda a, b: float(a == b),
    **{code: lambda a, b, function=function: function(a) for function, code in _FUNCTIONS.items()},
}


class Untraceable(Exception):
    """Something depends on drawn numbers that cannot be recorded."""


class _Branch(Untraceable):
    """The value of a drawn integer decides what happens."""

    def __init__(self, symbol: Symbol) -> None:
        super().__init__()
        self.symbol = symbol


def _noting(code: int, turned: bool = False) -> Callable[[Symbol, Any], Symbol]:
    if turned:
        return lambda self, other: self.tape.note(code, other, self)
    return lambda self, other=0.0: self.tape.note(code, self, other)


def _deciding(code: int, turned: bool = False, wanted: bool = True) -> Callable[[Symbol, Any], bool]:
    def decide(self: Symbol, other: Any) -> bool:
        if self.draw >= 0 and self.high - self.low < MOST_VARIANTS:
            raise _Branch(self)
        return self.tape.guard(code, *((other, self) if turned else (self, other))) == wanted

    return decide


class Symbol:
    """A number that is known only when a sample is drawn: a register of the tape that records it."""

    __slots__ = ("at", "draw", "high", "low", "tape", "unit", "value")
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, tape: Tape, at: int, value: float, unit: bool = False) -> None:
        self.tape, self.at, self.value = tape, at, value
        self.unit = unit  # whether it is a draw itself
        self.draw, self.low, self.high = -1, 0, 0  # of an integer: the number of its draw, and its range

    __add__, __radd__ = _noting(ADD), _noting(ADD, True)
    __sub__, __rsub__ = _noting(SUBTRACT), _noting(SUBTRACT, True)
    __truediv__, __rtruediv__ = _noting(DIVIDE), _noting(DIVIDE, True)
    __mod__ = _noting(REMAINDER)  # its sign is the dividend's: transforms only ask whether it is 0
    __neg__, __round__, __abs__ = _noting(NEGATE), _noting(ROUND), _noting(ABSOLUTE)
    __lt__, __gt__ = _deciding(LESS), _deciding(LESS, True)
    __le__, __ge__ = _deciding(NOT_MORE), _deciding(NOT_MORE, True)
    __eq__, __ne__ = _deciding(EQUAL), _deciding(EQUAL, wanted=False)  # type: ignore[assignment]

    def __mul__(self, other: Any) -> Any:
        # A range that is a point leaves no symbol: what is known decides without a guard.
        return 0.0 if self.unit and other == 0.0 else self.tape.note(MULTIPLY, self, other)

    def __rmul__(self, other: Any) -> Any:
        return 0.0 if self.unit and other == 0.0 else self.tape.note(MULTIPLY, other, self)

    def computed(self, function: Callable[[float], float]) -> Symbol:
        """A function of `math` of it."""
        if function is math.radians:
            return self * (math.pi / 180.0)
        return self.tape.note(_FUNCTIONS[function], self, 0.0)

    def __index__(self) -> NoReturn:
        raise _Branch(self) if self.draw >= 0 and self.high - self.low < MOST_VARIANTS else Untraceable

    def _unknown(self, *_: Any) -> NoReturn:
        raise Untraceable

    __bool__ = __float__ = __int__ = __floor__ = __ceil__ = __trunc__ = _unknown
    __floordiv__ = __rfloordiv__ = __rmod__ = __pow__ = __rpow__ = __iter__ = _unknown


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
        return Symbol(self, at, _EVALUATE[code](_value(a), _value(b)))

    def guard(self, code: int, a: Any, b: Any) -> bool:
        """What a comparison says here; the program holds where it says the same."""
        if type(b) is not Symbol and not isinstance(b, (int, float)):
            return False
        found = bool(_EVALUATE[code](_value(a), _value(b)))
        self.rows.append((code, int(found), self.register(a), self.register(b)))
        return found

    def _new(self, value: float) -> int:
        self.registers.append(value)
        return len(self.registers) - 1


def _value(number: Any) -> float:
    return number.value if type(number) is Symbol else float(number)


class Recorder:
    """Stands for `Draws`: each draw is a symbol, but for one integer whose value may be given."""

    def __init__(self, tape: Tape, slot: int, values: list[float], known: dict[int, int]) -> None:
        self._tape, self._base, self._values, self._known = tape, slot * FIRST_DRAWS, values, known
        self.cursor = 1  # the gate has taken one

    def unit(self) -> Symbol:
        """See `Draws`."""
        if self.cursor == FIRST_DRAWS:
            raise Untraceable
        self.cursor += 1
        k = self.cursor - 1
        return Symbol(self._tape, self._base + k, self._values[k], True)

    def uniform(self, low: float, high: float) -> Any:
        """See `Draws`."""
        u = self.unit()
        return low if low == high else low + (high - low) * u

    def integer(self, low: Any, high: Any) -> Any:
        """See `Draws`."""
        u = self.unit()
        fixed = type(low) is int and type(high) is int
        if fixed and low == high:
            return low
        draw = self.cursor - 1
        if draw in self._known:
            return self._known[draw]
        whole = self._tape.note(FLOOR, (high - low + 1) * u, 0.0)
        symbol = low + self._tape.note(LEAST, whole, high - low)
        if fixed:
            symbol.draw, symbol.low, symbol.high = draw, low, high
        return symbol

    def pick(self, choices: Any) -> Any:
        """See `Draws`."""
        return choices[self.integer(0, len(choices) - 1)]

    def stream(self) -> Symbol:
        """See `Draws`."""
        return self._tape.note(STREAM, self.unit(), self.unit())

    def permutation(self, n: int) -> NoReturn:
        """Not recorded."""
        raise Untraceable


class Entry:
    """An operation, or a map of pixels, and the registers of its parameters."""

    def __init__(self, code: int, registers: list[int], stage: Geometry | None = None, source: Frame | None = None):
        self.code, self.registers, self.stage, self.source = code, registers, stage, source
        self.number = -1  # of a map, where a chain interpolates
        self.paints = False  # whether masks change, too


class Segment:
    """One variant of what a transform does."""

    def __init__(self, tape: Tape, node: Node, frame: Frame, values: list[float], known: dict[int, int]) -> None:
        recorder = Recorder(tape, node.slot, values, known)
        start = len(tape.rows)
        transform = node.transform
        try:
            stages = transform.lower(transform.draw(recorder, frame), frame)  # type: ignore[arg-type]
            self.frame = frame_after(frame, stages)
            self.entries = _entries(tape, stages, frame)
        finally:
            self.rows = tape.rows[start:]
            del tape.rows[start:]
        self.draws = recorder.cursor
        self.decisions = tuple(row[1] for row in self.rows if row[0] in (LESS, NOT_MORE, EQUAL))
        self.codes = [entry.code for entry in self.entries]


def _entries(tape: Tape, stages: list[Stage], frame: Frame) -> list[Entry]:
    found = []
    for stage in stages:
        kind, painting = type(stage), False
        if kind is Deferred and stage.op is not None and frame.dtype.kind == "u":
            kind, stage = Op, stage.op
        elif kind is Erase:
            painting = stage.mask_fill is not None
            kind, stage = Op, pixel.erase(stage.rectangles, stage.fill, stage.stream)
        if kind is Geometry:
            if stage.grid is not None or stage.border == "wrap" or any(type(v) is not int for v in stage.size):
                raise Untraceable
            found.append(_map(tape, stage, frame))
        elif kind is Op:
            layout = pixel.lay_out([stage], frame.channels)
            if layout.arrays:
                raise Untraceable
            found.append(Entry(stage.code, [tape.register(v) for v in layout.values]))
            found[-1].paints = painting
        else:
            raise Untraceable
        frame = frame_after(frame, [stage])
    return found


def _map(tape: Tape, stage: Geometry, frame: Frame) -> Entry:
    a, b, _, d, e, _, *rest = stage.pull
    # Whole translations may be drawn: the kernel makes sure that they are whole.
    known = all(type(v) is not Symbol for v in (a, b, d, e, *rest))
    moves = known and is_exact_matrix((a, b, 0.0, d, e, 0.0, *rest))
    words = frame.dtype == np.uint8 and frame.channels in (3, 4) and min(frame[:2]) > 1
    if not moves and not (words and stage.interpolation == "bilinear"):
        raise Untraceable
    return Entry(MOVE if moves else WARP, [tape.register(v) for v in stage.pull], stage, frame)


def record(plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> Recipe | Fixed | None:
    """The recipe of a chain for images of a shape and dtype; None where it cannot be recorded."""
    fixed = _fixed(plan, rules, shape, dtype)
    return fixed if fixed is not None else _recorded(plan, seed, rules, shape, dtype)


class _Nothing:
    """Stands for `Draws` where nothing is drawn."""

    def __getattr__(self, name: str) -> NoReturn:
        raise Untraceable


def _fixed(plan: Plan, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> Fixed | None:
    """A chain that draws nothing, and does more than kernels can do in one go."""
    if not rules.fuse or plan.root.transform.p < 1:
        return None
    frame = Frame(shape[0], shape[1], shape[2] if len(shape) == 3 else 1, dtype)
    stages: list[Stage] = []
    try:
        for node in plan.root.children or ():
            transform = node.transform
            if transform.p < 1 or node.children is not None or transform.needs_boxes or transform.needs_mask:
                return None
            own = transform.lower(transform.draw(_Nothing(), frame), frame)  # type: ignore[arg-type]
            frame = frame_after(frame, own)
            stages += own
    except Exception:
        return None
    geometry = [s for s in stages if type(s) is Geometry]
    if any(type(s) in (Deferred, MaskOnly) for s in stages):
        return None
    if all(type(s) is Op for s in stages) and not _is_large_matrix(stages, shape, dtype):
        return None
    if len(geometry) == len(stages):
        merged = merge(geometry, *shape[:2])
        if merged.exact and not merged.fills:
            return None
    return Fixed(stages, rules.dtype, rules.layout)


def _is_large_matrix(stages: list[Stage], shape: tuple[int, ...], dtype: np.dtype) -> bool:
    return [s.code for s in stages] == [pixel.MATRIX] and dtype == np.uint8 and math.prod(shape) > LARGE


def _recorded(plan: Plan, seed: int, rules: Rules, shape: tuple[int, ...], dtype: np.dtype) -> Recipe | None:
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
        return Recipe(plan, seed, tape, nodes, shape, dtype, frame, rules.dtype, rules.layout)
    except Exception:  # whatever is wrong with the image or the chain is said the ordinary way
        return None


def _record_node(tape: Tape, node: Node, frame: Frame, samples: list[list[float]]) -> tuple[list[Segment], int]:
    """The variants of a transform, and the draw that chooses among them; -1 where it is the first whose guards hold."""
    transform = node.transform
    if node.children is not None or transform.needs_boxes or transform.needs_mask:
        raise Untraceable
    draw = -1
    try:
        segments = _variants(tape, node, frame, samples)
    except _Branch as branch:
        integer, draw = branch.symbol, branch.symbol.draw
        segments = [Segment(tape, node, frame, samples[0], {draw: v}) for v in range(integer.low, integer.high + 1)]
    for segment in segments:
        if segment.frame != (frame if transform.p < 1 else segments[0].frame):
            raise Untraceable
    return segments, draw


def _variants(tape: Tape, node: Node, frame: Frame, samples: list[list[float]]) -> list[Segment]:
    """What a transform does to samples that decide differently, the most frequent first."""
    found: dict[tuple[int, ...], list[Segment]] = {}
    for values in samples:
        try:
            segment = Segment(tape, node, frame, values, {})
        except _Branch:
            raise
        except Untraceable:  # these samples will go the ordinary way
            continue
        found.setdefault(segment.decisions, []).append(segment)
        if not segment.decisions:
            break
    if not found:
        raise Untraceable
    return [alike[0] for alike in sorted(found.values(), key=len, reverse=True)]


def _check_order(nodes: list[tuple[Node, list[Segment], int]], p: float) -> None:
    """Pixels move only before what depends on their place or on all of them, and are not interpolated after any
    operation; `normalize` comes last, and always."""
    maps = [entry for _, segments, _ in nodes for segment in segments for entry in segment.entries if entry.stage]
    rough = any(entry.code == WARP for entry in maps)
    if rough and len(maps) > MOST_WARPS:
        raise Untraceable
    worked = fixed = normalized = False
    for node, segments, _ in nodes:
        ends = []
        for segment in segments:
            now = [worked, fixed]
            for code in segment.codes:
                if normalized or (code in (MOVE, WARP) and now[0 if rough else 1]):
                    raise Untraceable
                if code not in (MOVE, WARP):
                    now = [True, now[1] or code in pixel.BINDING]
            ends.append(now)
        worked, fixed = (any(end[k] for end in ends) for k in range(2))
        if any(pixel.NORMALIZE in segment.codes for segment in segments):
            normalized = True
            if not p == node.transform.p == 1 or any(s.codes[-1:] != [pixel.NORMALIZE] for s in segments):
                raise Untraceable
