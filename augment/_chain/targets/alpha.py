"""An image whose last channel is alpha: colours go through all stages, alpha through the geometry.

Where a stage takes means of neighbours, because it interpolates or blurs, colours count by alpha, as they do in
`imgproc._core.alpha`.  What comes from outside of the frame is transparent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imgproc._core.alpha import divided, premultiplied
from imgproc._scanline import Geometry, MaskOnly, Stage, Whole, run
from imgproc._scanline.merge import moves_pixels

from .base import Rules


def through_alpha(image: np.ndarray, stages: list[Stage], rules: Rules, out: np.ndarray | None) -> np.ndarray:
    """An image with alpha after stages that are made for its colours, in the dtype and the layout of the rules."""
    color, alpha = image[..., :-1], image[..., -1:]
    for weighted, part in _parts(stages):
        if weighted:
            both = premultiplied(np.concatenate((color, alpha), axis=-1))
            both = divided(_run(both, list(map(_transparent, part)), rules.fuse), color.dtype)
            color, alpha = both[..., :-1], both[..., -1:]
            continue
        color = _run(color, part, rules.fuse)
        moves = [_transparent(stage) for stage in part if type(stage) is Geometry]
        alpha = _run(alpha, moves, rules.fuse)
        if alpha.dtype != color.dtype:
            alpha = run(alpha, [], dtype=color.dtype)
    return run(np.concatenate((color, alpha), axis=-1), [], dtype=rules.dtype, layout=rules.layout, out=out)


def _run(image: np.ndarray, stages: list[Stage], fuse: bool) -> np.ndarray:
    if fuse:
        return run(image, stages) if stages else image
    for stage in stages:
        image = run(image, [stage])
    return image


def _parts(stages: list[Stage]) -> Iterator[tuple[bool, list[Stage]]]:
    """Stages that go together, in order, and whether they take means of neighbours.

    Each blur is by itself, so that its input is rounded, as it is where stages run one by one.
    """
    part: list[Stage] = []
    now = False
    for stage in stages:
        if type(stage) is MaskOnly:
            continue
        blurs = type(stage) is Whole and stage.averages
        weighted = blurs or (type(stage) is Geometry and not moves_pixels(stage) and stage.interpolation != "nearest")
        if part and (blurs or now != (weighted or (now and type(stage) is Geometry))):
            yield now, part
            part = []
        now = weighted if not part else now
        part.append(stage)
        if blurs:
            yield True, part
            part = []
    if part:
        yield now, part


def _transparent(stage: Stage) -> Stage:
    return stage._replace(fill=0.0) if type(stage) is Geometry else stage
