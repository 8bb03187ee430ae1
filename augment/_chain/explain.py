"""What a chain does, in words: the passes over the image and why each ends."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.formats import work_dtype
from imgproc._scanline import After, Deferred, Geometry, MaskOnly, Op, RowsOnly, Stage, Whole, take_joined, take_pass

from .chain import Chain
from .keys import Key, key_array
from .state import Step
from .targets.base import Rules


class Pass(NamedTuple):
    """One pass over the image."""

    geometry: list[Geometry]
    ops: list[Any]
    """Pixel operations, and rectangles that are painted."""
    after: After | None
    """A filter that is a step of it, and what comes after that."""
    end: Stage | str | None
    """The stage that follows it outside of any pass, why it ends, or None for the last."""


def list_passes(stages: Sequence[Stage], size: tuple[int, int], fuse: bool, dtype: np.dtype) -> Iterator[Pass]:
    """The passes that stages take over an image of (h, w) and a dtype, in order."""
    queue: list[Stage] = list(reversed([stage for stage in stages if type(stage) not in (MaskOnly, RowsOnly)]))
    begun = False
    while queue:
        if fuse:
            made = Pass(*take_joined(queue, size, dtype, keep=True, begun=begun))
        else:
            geometry, ops, end = take_pass([queue.pop()], size, keep=True)
            made = Pass(geometry, ops, None, end)
            if made.end is None and queue:
                made = made._replace(end="fuse=False")
        if made.geometry:
            size = made.geometry[-1].size
        dtype, begun = _dtype_after(made, dtype), type(made.end) is Deferred
        yield made


def _dtype_after(one: Pass, dtype: np.dtype) -> np.dtype:
    """The dtype of an image after a pass, and after the stage that ends it."""
    ops = one.ops if one.after is None else one.after.ops
    if ops and type(ops[-1]) is Op and ops[-1].kind.last:
        dtype = work_dtype(dtype)
    return getattr(one.end, "dtype", None) or dtype


def explain(
    chain: Chain,
    shape: Sequence[int],
    key: Key | None,
    dtype: Any,
    donors: Any = None,
    targets: dict[str, Any] | None = None,
) -> str:
    """See `Compose.explain`."""
    words = key_array(0 if key is None else key)
    steps, _ = chain.drawn(words, shape, dtype, targets=targets, donors=donors, always=key is None)
    return describe(steps, (shape[0], shape[1]), chain.rules, np.dtype(dtype))


def describe(steps: Sequence[Step], size: tuple[int, int], rules: Rules, dtype: np.dtype) -> str:
    """Lines of text for the passes that steps on an image of (h, w) and a dtype take."""
    text = _Text(size, dtype)
    together: list[Step] = []
    for step in steps:
        if step.mixed is None:
            together.append(step)
            continue
        text.add_stages(together, rules.fuse)
        together = []
        text.add_mixing(step.place.name, step.mixed)
    text.add_stages(together, rules.fuse)
    return text.finished(steps, rules)


class _Text:
    """The lines so far, the number of the last pass, and the size that the image has reached."""

    def __init__(self, size: tuple[int, int], dtype: np.dtype) -> None:
        self.size, self.number, self.dtype = size, 0, dtype
        self.waiting: list[str] = []  # what has taken a statistic, and is applied in the next pass
        self.lines = [f"image of {_sides(size)}"]

    def add_mixing(self, name: str, size: tuple[int, int]) -> None:
        """The sample meets its donors."""
        self.size = size
        self._add(f"{name}: mixes the sample with its donors -> {_sides(size)}")

    def add_stages(self, steps: Sequence[Step], fuse: bool) -> None:
        """The passes of steps between mixings."""
        # Two steps may share a stage: copies of their own tell whose it is.
        own = [(step.place.name, stage._replace()) for step in steps for stage in step.stages]
        names = {id(stage): name for name, stage in own}
        for one in list_passes([stage for _, stage in own], self.size, fuse, self.dtype):
            self.dtype = _dtype_after(one, self.dtype)
            self._add_pass(one, names)
        if self.waiting:
            self._add(self.waiting.pop())

    def _add_pass(self, one: Pass, names: dict[int, str]) -> None:
        what = _without_repeats(one.geometry, names) + _without_repeats(one.ops, names)
        if one.after is not None:
            what += [names[id(one.after.stage)], *_without_repeats(one.after.ops, names)]
        if what or self.waiting:
            self._add(", ".join(name for name, _ in itertools.groupby(self.waiting + what)))
            self.waiting.clear()
            if one.geometry:
                self.size = one.geometry[-1].size
                self.lines.append(f"        {_maps(one.geometry)} -> {_sides(self.size)}")
        end = one.end
        if isinstance(end, str):
            self.lines.append(f"        ends: {end}")
        elif isinstance(end, Whole):
            by = ", by OpenCV (its last bit may differ between types of CPU)" if end.opencv else ""
            self._add(f"{names[id(end)]}: needs neighbours{by}")
        elif isinstance(end, Geometry):
            self._add(f"{names[id(end)]}: tiles change places")
        elif isinstance(end, Deferred):
            name = names[id(end)]
            self.lines.append(f"        then: statistic of the whole image for {name}, applied in the next pass")
            self.waiting.append(name)

    def _add(self, what: str) -> None:
        self.number += 1
        self.lines.append(f"pass {self.number}: {what}")

    def finished(self, steps: Sequence[Step], rules: Rules) -> str:
        """All lines, with those about the result."""
        if not self.number:
            self.lines.append("nothing to do: a copy")
        dtype = _name_of_dtype(steps, rules.dtype)
        if rules.alpha:
            self.lines.append("alpha: follows the geometry; colours count by it where a stage interpolates or blurs")
        self.lines.append(f"result: {_sides(self.size)}, {dtype}, channels {rules.layout}")
        if not rules.fuse:
            self.lines.append("fuse=False: every stage is a pass of its own")
        return "\n".join(self.lines)


def _name_of_dtype(steps: Sequence[Step], declared: np.dtype | None) -> str:
    if declared is not None:
        return declared.name
    stages = [stage for step in steps for stage in step.stages]
    found = "the dtype of the image"
    for stage in stages:
        if isinstance(stage, Op) and stage.kind.last:
            found = "float32"
        elif isinstance(stage, (Whole, Deferred)) and stage.dtype is not None:
            found = stage.dtype.name
    return found


def _sides(size: tuple[int, int]) -> str:
    return f"{size[1]} x {size[0]}"


def _without_repeats(stages: Sequence[Any], names: dict[int, str]) -> list[str]:
    found: list[str] = []
    for stage in stages:
        name = names[id(stage)]
        if not found or found[-1] != name:
            found.append(name)
    return found


def _maps(stages: Sequence[Geometry]) -> str:
    grids = sum(s.grid is not None for s in stages)
    matrices = len(stages) - grids
    parts = []
    if matrices:
        parts.append("one matrix" if matrices == 1 or not grids else f"{matrices} matrices")
    if grids:
        parts.append("a displacement grid" if grids == 1 else f"{grids} displacement grids")
    return f"{' and '.join(parts)} for {len(stages)} geometric stage{'s' * (len(stages) > 1)}"
