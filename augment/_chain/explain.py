"""What a chain does, in words: the passes over the image and why each ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from imgproc._scanline import Deferred, Geometry, MaskOnly, Op, Stage, Whole, take_pass

from .sample import Rules
from .tree import Step


def explain(steps: Sequence[Step], size: tuple[int, int], rules: Rules) -> str:
    """Lines of text for the passes that steps on an image of (h, w) take."""
    copies = [[stage._replace() for stage in step.stages] for step in steps]  # two steps may share a stage
    names = {id(stage): step.name for step, own in zip(steps, copies) for stage in own}
    stages = [stage for own in copies for stage in own]
    lines = [f"image of {size[1]} x {size[0]}"]
    number = 0
    queue: list[Stage] = []
    waiting = list(zip(steps, copies))[::-1]
    while queue or waiting:
        if not queue and waiting[-1][0].mixed is not None:
            step = waiting.pop()[0]
            number += 1
            size = step.mixed
            lines.append(f"pass {number}: {step.name}: mixes the sample with its donors -> {size[1]} x {size[0]}")
            continue
        if not queue:
            while waiting and waiting[-1][0].mixed is None:
                queue += [s for s in waiting.pop()[1] if type(s) is not MaskOnly]
            queue.reverse()
            continue
        geometry, ops, end = _take(queue, size, rules)
        if geometry or ops:
            number += 1
            what = _list(geometry, names) + _list(ops, names)
            lines.append(f"pass {number}: {', '.join(what)}")
            if geometry:
                size = geometry[-1].size
                lines.append(f"        {_geometry(geometry)} -> {size[1]} x {size[0]}")
        if isinstance(end, str):
            lines.append(f"        ends: {end}")
        elif type(end) is Whole:
            number += 1
            by = ", by OpenCV (its last bit may differ between types of CPU)" if end.opencv else ""
            lines.append(f"pass {number}: {names[id(end)]}: needs neighbours{by}")
        elif type(end) is Deferred:
            lines.append(f"        then: statistic of the whole image for {names[id(end)]}, applied in the next pass")
    if not number:
        lines.append("nothing to do: a copy")
    target = rules.dtype.name if rules.dtype is not None else None
    if any(type(s) is Op and s.kind.last for s in stages) and target is None:
        target = "float32"
    lines.append(f"result: {size[1]} x {size[0]}, {target or 'the dtype of the image'}, channels {rules.layout}")
    if not rules.fuse:
        lines.append("fuse=False: every stage is a pass of its own")
    return "\n".join(lines)


def _take(queue: list[Stage], size: tuple[int, int], rules: Rules) -> tuple[list[Any], list[Any], Any]:
    if rules.fuse:
        return take_pass(queue, size, keep=True)
    one = [queue.pop()]
    geometry, ops, end = take_pass(one, size, keep=True)
    return geometry, ops, "fuse=False" if end is None and queue else end


def _list(stages: Sequence[Stage], names: dict[int, str]) -> list[str]:
    found: list[str] = []
    for stage in stages:
        name = names[id(stage)]
        if not found or found[-1] != name:
            found.append(name)
    return found


def _geometry(stages: Sequence[Geometry]) -> str:
    grids = sum(s.grid is not None for s in stages)
    matrices = len(stages) - grids
    parts = []
    if matrices:
        parts.append("one matrix" if matrices == 1 or not grids else f"{matrices} matrices")
    if grids:
        parts.append("a displacement grid" if grids == 1 else f"{grids} displacement grids")
    return f"{' and '.join(parts)} for {len(stages)} geometric stage{'s' * (len(stages) > 1)}"
