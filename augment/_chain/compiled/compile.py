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

from collections.abc import Sequence

import numpy as np

from imgproc._core.check import DTYPES

from ..state import Frame, State, frame_of
from ..targets.base import Rules
from ..tree import Plan
from .chain import CompiledChain
from .fixed import FixedChain, fixed_chain
from .recording import Missed, PerSize, Recording
from .symbols import Untraceable


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
    fixed = fixed_chain(plan, rules, shape, dtype)
    if fixed is not None and not fixed.together:
        return None if any_size else fixed
    recorded = _recorded(plan, seed, rules, shape, dtype, any_size, missed)
    return (None if any_size else fixed) if recorded is None else recorded.compile()


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
        recorded = Recording(plan, seed, frame, any_size, missed).recorded(len(shape) == 2)
        return CompiledChain(recorded, seed, rules.dtype, rules.layout)
    except (Untraceable, PerSize, TypeError, ValueError, ArithmeticError):
        return None  # if the image or the chain is wrong, running stage by stage says so
