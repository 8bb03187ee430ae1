"""What a chain will show of an image that is not decoded yet, and the chain on that part alone.

What is drawn depends on the key and on the frame of the image, never on its pixels.  So the stages are known before
there is an image, and from them the part of it that they show, and how much they shrink it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from imgproc._scanline import Deferred, Geometry, MaskOnly, RowsOnly, Stage, Whole, run
from imgproc._scanline.filtered import filtered_part
from imgproc._scanline.matrix import IDENTITY, Matrix, bounds_of, keeps_axes, multiply, translation
from imgproc._scanline.merge import moves_pixels, part_of, shows_outside
from imgproc._scanline.opencv_moves import CUBIC_OF_PILLOW
from imgproc._scanline.separable import Axis, resample
from imgproc.io._jpeg import FACTORS, Part

from .chain import Chain
from .keys import Key, key_array
from .mixture import LABEL
from .records import steps_of
from .sample import Sample
from .state import SampleState, State
from .targets.image import through_image

Rectangle = tuple[int, int, int, int]
"""(x0, y0, x1, y1), half-open, in whole pixels."""

ROWS = 0.7
"""The part of the rows that may be decoded where that is all that is saved."""


def source_window(
    chain: Chain, key: Key | dict[str, Any], shape: Sequence[int], targets: dict[str, Any]
) -> tuple[Rectangle, float]:
    """See `Compose.source_window`."""
    frame = chain.frame(shape)
    whole = (0, 0, frame.width, frame.height)
    if chain.mixes:
        return whole, 1.0
    if isinstance(key, dict):
        state = State(frame)
        chain.plan.repeat(steps_of(key, "key"), state, "key")
    else:
        _, state = chain.drawn(key_array(key), shape, targets=targets)
    return _seen(state.stages, frame[:2]), _shrinking(state.stages)


def _seen(stages: Sequence[Stage], size: tuple[int, int]) -> Rectangle:
    """The part of a source of (h, w) that stages look at: from the last stage, which shows all of its frame, back."""
    frames = [size]
    for stage in stages:
        frames.append(stage.size if type(stage) is Geometry else frames[-1])
    height, width = frames[-1]
    seen: Rectangle = (0, 0, width, height)
    for stage, (h, w) in zip(reversed(stages), reversed(frames[:-1])):
        if type(stage) is Geometry:
            seen = _seen_by(stage, seen, h, w)
        elif type(stage) is Whole or type(stage) is Deferred:
            seen = (0, 0, w, h)
    return seen


def _seen_by(stage: Geometry, seen: Rectangle, h: int, w: int) -> Rectangle:
    """The part of its input frame (h, w) that a stage looks at to show a part of its output frame."""
    if stage.tiles is not None:
        return 0, 0, w, h
    x0, y0, x1, y1 = seen
    pull = multiply(stage.pull, translation(float(x0), float(y0)))
    known, left, top, right, bottom = bounds_of(pull, float(y1 - y0), float(x1 - x0))
    if not known:
        return 0, 0, w, h
    if not moves_pixels(stage):
        dx, dy = _reach(stage)
        left, top, right, bottom = left - dx, top - dy, right + dx, bottom + dy
    limit = part_of(stage, h, w)
    if stage.border in ("wrap", "reflect", "reflect_101") and (left < 0 or top < 0 or right > w or bottom > h):
        return limit  # what lies outside is anywhere inside
    columns, rows = _within(left, right, limit[0], limit[2]), _within(top, bottom, limit[1], limit[3])
    return columns[0], rows[0], columns[1], rows[1]


def _within(low: float, high: float, first: int, last: int) -> tuple[int, int]:
    """Whole pixels that cover [low, high], of [first, last): at least one."""
    start = math.floor(min(max(low + 1e-6, first), last - 1))
    return start, math.ceil(min(max(high - 1e-6, start + 1), last))


def _reach(stage: Geometry) -> tuple[float, float]:
    """How far beyond the points of its result a stage reads its input, in x and in y."""
    m = stage.pull
    taps = {"nearest": 0.0, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0, "area": 1.0}[stage.interpolation]
    dx = dy = taps
    if stage.antialias or stage.interpolation == "lanczos":
        dx, dy = taps * max(abs(m[0]) + abs(m[1]), 1.0), taps * max(abs(m[3]) + abs(m[4]), 1.0)
    if stage.grid is not None and stage.grid.size:
        far = float(np.abs(stage.grid).max())
        dx, dy = dx + far * (abs(m[0]) + abs(m[1])), dy + far * (abs(m[3]) + abs(m[4]))
    return dx, dy


def _shrinking(stages: Sequence[Stage]) -> float:
    """How many pixels of the source, along a line, become one by the geometry at the beginning; at least 1.

    Of several directions the one counts in which they are fewest."""
    pull = IDENTITY
    for stage in stages:
        if type(stage) is MaskOnly or type(stage) is RowsOnly:
            continue
        if type(stage) is not Geometry:
            break
        if stage.grid is not None or stage.tiles is not None or stage.pull[6] != 0.0 or stage.pull[7] != 0.0:
            break
        if stage.interpolation == "nearest" and not moves_pixels(stage):
            break
        pull = multiply(pull, stage.pull)
    return max(_least_scale(pull), 1.0)


def _least_scale(m: Matrix) -> float:
    """How much an affine map lengthens lines of the direction that it lengthens least: its smaller singular value."""
    a, b, c, d = m[0], m[1], m[3], m[4]
    both = math.sqrt((a + d) * (a + d) + (b - c) * (b - c))
    apart = math.sqrt((a - d) * (a - d) + (b + c) * (b + c))
    return abs(both - apart) / 2


# --- running a chain on a part ----------------------------------------------------------------------------------------


class View(NamedTuple):
    """What the stages at the beginning of a chain do together: they resize a part of the source along the axes."""

    pull: Matrix
    """From the result's points to those of the frame that is resized: that of the source, or of the last of `warps`."""
    size: tuple[int, int]
    stage: Geometry | None
    """The one that resizes; None if whole pixels move."""
    seen: Rectangle
    rest: list[Stage]
    """What is still to be done with the result."""
    warps: list[Geometry]
    """Affine maps before it.  They are done at the size at which the source is decoded."""

    @property
    def factor(self) -> int:
        """The most by which a decoder may shrink the source: as many pixels remain as the result has."""
        if self.stage is None or self.stage.interpolation == "nearest":
            return 1
        m = self.pull
        least = min(max(abs(m[0]), abs(m[1])), max(abs(m[3]), abs(m[4])))
        scale = 0.5 if self.warps else 1.0  # where a border begins, coarse pixels would make steps
        for warp in self.warps:  # one that enlarges needs more pixels
            scale = min(scale, scale * _least_scale(warp.pull))
        return next((factor for factor in FACTORS if factor <= least * scale + 1e-9), 1)


def view_of(stages: Sequence[Stage], size: tuple[int, int]) -> View:
    """The longest beginning of stages that is a view of a source of (h, w)."""
    queue: list[Stage] = [stage for stage in stages if type(stage) is not MaskOnly and type(stage) is not RowsOnly]
    first = _resizing(queue, size)
    warps: list[Geometry] = [] if first is None else queue[:first]  # type: ignore[assignment]  # all are geometry
    taken: list[Stage] = list(warps)
    frame = warps[-1].size if warps else size
    pull, resizing = IDENTITY, None
    for stage in queue[len(warps) :]:
        if type(stage) is not Geometry or stage.grid is not None or stage.tiles is not None:
            break
        exact = moves_pixels(stage)
        if shows_outside(stage.pull, stage.size, frame) or (not exact and (resizing or not _only_scales(stage.pull))):
            break
        resizing = resizing if exact else stage
        pull, frame = multiply(pull, stage.pull), stage.size
        taken.append(stage)
    return View(pull, frame, resizing, _seen(taken, size), queue[len(taken) :], warps)


def _resizing(queue: Sequence[Stage], size: tuple[int, int]) -> int | None:
    """The number of the stage that shrinks what affine maps before it have made; None if there are none of these."""
    warped, frame = False, size
    for k, stage in enumerate(queue):
        if type(stage) is not Geometry or stage.grid is not None or stage.tiles is not None:
            return None
        m, exact = stage.pull, moves_pixels(stage)
        if not exact and _only_scales(m) and min(m[0], m[4]) >= 2.0:
            return k if warped else None
        if m[6] != 0.0 or m[7] != 0.0 or stage.antialias or stage.interpolation in ("nearest", "lanczos"):
            return None
        warped = warped or not exact or shows_outside(m, stage.size, frame)
        frame = stage.size
    return None


def _only_scales(m: Matrix) -> bool:
    return keeps_axes(m) and m[0] > 0.0 and m[4] > 0.0


def _warped(view: View, part: Part) -> Part:
    """A part of the source after the affine maps: as small as it was decoded."""
    factor = float(part.factor)
    shrink = (1.0 / factor, 0.0, 0.0, 0.0, 1.0 / factor, 0.0, 0.0, 0.0, 1.0)
    grow = (factor, 0.0, 0.0, 0.0, factor, 0.0, 0.0, 0.0, 1.0)
    first = multiply(shrink, translation(-float(part.x), -float(part.y)))
    smaller: list[Stage] = []
    for k, stage in enumerate(view.warps):
        size = (-(-stage.size[0] // part.factor), -(-stage.size[1] // part.factor))
        pull = multiply(first if k == 0 else shrink, multiply(stage.pull, grow))
        smaller.append(stage._replace(pull=pull, size=size, part=None))
    return Part(run(part.image, smaller), part.factor, 0, 0)


Load = Callable[[Rectangle, int], Part]
"""``load(rectangle, factor)`` decodes at least the rectangle."""


def show(view: View, part: Part) -> np.ndarray:
    """The result of a view, of the part of the source that it sees."""
    part = _warped(view, part) if view.warps else part
    m, (h, w) = view.pull, view.size
    turned = m[0] == 0.0 and m[4] == 0.0
    # Along the rows and columns of the source: where the first pixel of the result begins, how far it is to the next.
    down = (m[5], m[3], w) if turned else (m[5], m[4], h)
    across = (m[2], m[1], h) if turned else (m[2], m[0], w)
    y = _axis(*down, part.y, part.factor, part.image.shape[0])
    x = _axis(*across, part.x, part.factor, part.image.shape[1])
    image = _resized(part.image, y, x, view.stage)
    image = image[:: -1 if down[1] < 0 else 1, :: -1 if across[1] < 0 else 1]
    return np.ascontiguousarray(image.swapaxes(0, 1) if turned else image)


def _axis(start: float, step: float, pixels: int, origin: int, factor: int, length: int) -> Axis:
    start = start if step > 0 else start + step * pixels
    return Axis((start - origin) / factor, abs(step) / factor, pixels, length)


def _resized(image: np.ndarray, y: Axis, x: Axis, stage: Geometry | None) -> np.ndarray:
    if stage is None or stage.interpolation == "nearest":
        rows, columns = (_nearest(axis) for axis in (y, x))
        return image[rows][:, columns]
    if stage.antialias or stage.interpolation == "lanczos":
        return filtered_part(image, y, x, stage.interpolation, CUBIC_OF_PILLOW)
    return resample(image, y, x, stage.interpolation, "replicate", ())


def _nearest(axis: Axis) -> np.ndarray:
    places = np.floor(axis.start + (np.arange(axis.pixels) + 0.5) * axis.step)
    return np.clip(places, 0, axis.length - 1).astype(np.int64)


def apply_to_part(
    chain: Chain,
    given: dict[str, Any],
    words: np.ndarray,
    shape: tuple[int, ...],
    load: Load,
    out: np.ndarray | None = None,
) -> dict[str, Any] | None:
    """What `Chain.apply` gives, of an image that is decoded only as far as it is shown.

    Parameters
    ----------
    chain : Chain
    given : dict
        The targets of the sample by name, without the image.
    words : uint64 ndarray of shape (1, n)
        The key.
    shape : tuple of int
        Of the whole image, which is uint8.
    load : callable
    out : ndarray, optional
        Gets the image.

    Returns
    -------
    dict or None
        None where all of the image has to be decoded anyway: it is then for `Chain.apply`.
    """
    rules = chain.rules
    if chain.mixes or rules.alpha or (chain.relabels and LABEL in given and LABEL not in rules.table):
        return None
    blank = np.broadcast_to(np.uint8(0), shape)  # takes no memory
    extra = chain.extras.of({**given, "image": blank}, rules.table)
    sample = Sample({"image": blank, **{k: v for k, v in given.items() if k not in extra}}, rules)
    state = SampleState(sample)
    if state.further or state.current.kind not in chain.plan.taken:
        chain.plan.check(state)
    chain.plan.take(words, chain.seed, state)
    view = view_of(state.stages, (shape[0], shape[1]))
    factor = view.factor
    if factor == 1 and (view.warps or view.seen[3] > ROWS * shape[0]):
        return None
    image = through_image(show(view, load(view.seen, factor)), view.rest, rules, out)
    return sample.through(state.stages, image=image, own=state.own() if state.further else None) | extra
