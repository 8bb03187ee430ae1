"""An image whose last channel is alpha: colours go through all stages, alpha through the geometry.

Where a stage takes means of neighbours, because it interpolates or blurs, colours count by alpha, as they do in
`imgproc._core.alpha`.  What comes from outside of the frame is transparent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from imgproc._core.alpha import divided, joined, premultiplied, split
from imgproc._scanline import Geometry, MaskOnly, Stage, Whole, run
from imgproc._scanline.merge import moves_pixels

from .base import Rules


def through_alpha(image: np.ndarray, stages: list[Stage], rules: Rules, out: np.ndarray | None) -> np.ndarray:
    """An image with alpha after stages that are made for its colours, in the dtype and the layout of the rules."""
    given = image
    for weighted, part in _parts(stages):
        if weighted:
            both = _run(premultiplied(image), [_transparent(stage) for stage in part], rules.fuse)
            image = divided(both, image.dtype)
        elif all(type(stage) is Geometry for stage in part):
            image = _run(image, [_transparent(stage, image.shape[2] - 1) for stage in part], rules.fuse)
        else:
            image = _colored(image, part, rules.fuse)
    if image is not given and out is None and rules.dtype in (None, image.dtype) and rules.layout == "last":
        return image
    return run(image, [], dtype=rules.dtype, layout=rules.layout, out=out)


def _colored(image: np.ndarray, stages: list[Stage], fuse: bool) -> np.ndarray:
    """The colours after stages, and alpha after those of them that move pixels."""
    color, alpha = split(image)
    color = _run(color, stages, fuse)
    alpha = _run(alpha, [_transparent(stage) for stage in stages if type(stage) is Geometry], fuse)
    if alpha.dtype != color.dtype:
        alpha = run(alpha, [], dtype=color.dtype)
    return joined(color, alpha)


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


def _transparent(stage: Stage, colors: int = 0) -> Stage:
    """A stage outside of whose frame there is nothing; so many colours have their level there all the same."""
    if type(stage) is not Geometry:
        return stage
    fill: tuple[float, ...] = ()
    if colors:
        fill = stage.fill if isinstance(stage.fill, tuple) else (stage.fill,)
        fill = fill * colors if len(fill) == 1 else fill
    return stage._replace(fill=(*fill, 0.0) if fill else 0.0)
