"""Entries of a recorded program: what becomes of the stages that a transform gives."""

from __future__ import annotations

from typing import Any

from imgproc._scanline import Geometry, Op, Stage
from imgproc._scanline.merge import shows_outside
from imgproc._scanline.program import lay_out

from ..state import Frame, frame_after
from .memory import CHANGED
from .program import (
    BINDS,
    PAINTS,
)
from .symbols import Symbol, Tape, Untraceable, value_of


class Entry:
    """A pixel operation, or a geometric stage, with the registers of its parameters."""

    def __init__(self, code: int, registers: list[int], kind: Any = None, stage: Geometry | None = None) -> None:
        self.code, self.registers, self.kind, self.stage = code, registers, kind, stage
        self.number = -1  # of an operation the address of its unit; of a map its number
        self.bits = BINDS if kind is not None and kind.binds else 0
        self.kind_after = 0  # of images after an operation


def frame_reached(frame: Frame, stage: Stage) -> Frame:
    """The frame that a stage leads to; its size may be of symbols."""
    if type(stage) is Geometry and not all(type(v) is int for v in (*stage.size, *frame[:2])):
        return frame._replace(height=stage.size[0], width=stage.size[1])
    return frame_after(frame, [stage])


def side_of(after: Any, before: Any, said: int) -> int:
    """What is known of a side of a frame, where `said` is known of it before a transform."""
    if type(after) is not Symbol:
        return after
    return said if type(before) is Symbol and after.at == before.at else CHANGED


def shows(stage: Geometry, frame: Frame) -> bool:
    """Whether whole pixels come from outside, in the sample that is recorded."""
    pull, size, source = ([value_of(v) for v in numbers] for numbers in (stage.pull, stage.size, frame[:2]))
    return shows_outside(tuple(pull), tuple(size), tuple(source))  # type: ignore[arg-type]  # nine, and pairs


def operation_entry(tape: Tape, stage: Op, label: int | None, frame: Frame) -> Entry:
    layout = lay_out([stage], frame.channels)
    if layout.arrays:
        raise Untraceable
    flags, values = stage.kind.flags, layout.values
    if label is not None:  # it paints on masks, too: the kernel of the image does not look at the label
        flags, values = flags | PAINTS, [*values, label]
    return Entry(flags, [tape.register(v) for v in values], stage.kind)


def filter_entry(tape: Tape, near: Any, code: int) -> Entry:
    return Entry(code, [tape.register(v) for v in near.params], near.filter)
