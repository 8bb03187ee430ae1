"""What of a sample is seen where several become one: images, masks, boxes, keypoints, and the fields that follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imgproc._core.check import DTYPES, as_image
from imgproc._core.jit import kernel
from imgproc._core.opencv import load_cv2
from imgproc._scanline import Geometry

from .._chain.sample import BOX_FIELD, BOXES, IMAGE, KEYPOINT_FIELD, KEYPOINTS, MASK, MASKS, Rules, Sample
from .._chain.targets.points import take

__all__: list[str] = []

BOX_WEIGHTS, POINT_WEIGHTS = "box_weights", "keypoint_weights"
ROW = "_row"
"""A field of boxes that says which instance mask is whose."""

FITS = ("cover", "contain", "stretch")

Owner = np.ndarray
"""uint8 (h, w): which sample each pixel comes from, 0 for the one that is mixed, 1 for its partner."""


@kernel
def visible_boxes(boxes, owner, who, least, out, kept):
    """Boxes cut to the smallest around their pixels of one owner; returns how many are kept.

    A box is measured by what it has inside of the frame; pixels that its sides cut count by their covered part.
    """
    h, w = owner.shape
    count = 0
    for k in range(boxes.shape[0]):
        x0, y0 = max(boxes[k, 0], 0.0), max(boxes[k, 1], 0.0)
        x1, y1 = min(boxes[k, 2], float(w)), min(boxes[k, 3], float(h))
        if not (x0 < x1 and y0 < y1):
            continue
        seen, left, top, right, bottom = 0.0, x1, y1, x0, y0
        for y in range(int(np.floor(y0)), int(np.ceil(y1))):
            down = min(y1, y + 1.0) - max(y0, float(y))
            across, first, last = 0.0, -1, -1
            for x in range(int(np.floor(x0)), int(np.ceil(x1))):
                if owner[y, x] == who:
                    across += min(x1, x + 1.0) - max(x0, float(x))
                    first = x if first < 0 else first
                    last = x
            if last >= 0:
                seen += down * across
                left, right = min(left, max(x0, float(first))), max(right, min(x1, last + 1.0))
                top, bottom = min(top, max(y0, float(y))), max(bottom, min(y1, y + 1.0))
        if seen > 0.0 and seen >= least * (x1 - x0) * (y1 - y0) * (1.0 - 1e-12):
            out[count, 0], out[count, 1], out[count, 2], out[count, 3] = left, top, right, bottom
            kept[count] = k
            count += 1
    return count


def seen_boxes(boxes: np.ndarray, owner: Owner, who: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The boxes of which at least a part is seen, cut to it, and which rows they were."""
    out, kept = np.empty((len(boxes), 4)), np.empty(len(boxes), np.intp)
    count = visible_boxes(np.ascontiguousarray(boxes), owner, np.uint8(who), float(least), out, kept)
    return out[:count], kept[:count]


def seen_points(points: np.ndarray, owner: Owner, who: int) -> np.ndarray:
    """Rows of the keypoints that lie on pixels of one owner."""
    h, w = owner.shape
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (y >= 0) & (x <= w) & (y <= h)  # NaN is outside
    rows = np.flatnonzero(inside)
    columns, lines = x[rows].astype(np.intp), y[rows].astype(np.intp)
    return rows[owner[np.minimum(lines, h - 1), np.minimum(columns, w - 1)] == who]


# --- samples ----------------------------------------------------------------------------------------------------------


def inner_rules(rules: Rules) -> Rules:
    """The rules of a sample until it is mixed: corners in pixels, nothing outside, levels as they are, and weights."""
    kinds = {**rules.kinds, BOX_WEIGHTS: BOX_FIELD, POINT_WEIGHTS: KEYPOINT_FIELD, ROW: BOX_FIELD}
    inside = {"min_area": 0.0, "clip": True, "remove_invisible": True}
    return rules._replace(kinds=kinds, box_format="pascal_voc", dtype=None, layout="last", **inside)


def open_sample(targets: dict[str, Any], rules: Rules, inner: Rules) -> Sample:
    """A caller's sample, checked, in the form that is mixed."""
    first = Sample(targets, rules)
    if len(targets) == 1:
        first.rules = inner
        return first
    own = {**targets, **first.masks}
    if first.boxes is not None:
        own["boxes"] = first.boxes
        own[BOX_WEIGHTS] = _weights(targets, BOX_WEIGHTS, len(first.boxes))
        for name, value in first.masks.items():
            if isinstance(value, list):
                if len(value) != len(first.boxes):
                    raise ValueError(f"{name} must have one mask per box, {len(first.boxes)}, got {len(value)}")
                own[ROW] = np.arange(len(value))
    if first.points is not None:
        own["keypoints"] = first.points
        own[POINT_WEIGHTS] = _weights(targets, POINT_WEIGHTS, len(first.points))
    return Sample(own, inner)


def _weights(targets: dict[str, Any], name: str, count: int) -> np.ndarray:
    weights = np.asarray(targets.get(name, np.ones(count)))
    if weights.dtype.kind not in "iuf" and weights.size:
        raise TypeError(f"{name} must be numbers, got {weights.dtype}")
    weights = weights.astype(np.float64)
    if weights.ndim != 1 or not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"{name} must be finite numbers >= 0, one a row")
    return weights


def settle(targets: dict[str, Any], inner: Rules) -> Sample:
    """The sample of targets that have gone through stages: instance masks follow their boxes."""
    rows = targets.get(ROW)
    if rows is not None:
        targets = dict(targets)
        for name, value in targets.items():
            if inner.kinds[name] == MASKS:
                targets[name] = [value[i] for i in rows.tolist()]
        targets[ROW] = np.arange(len(rows))
    return Sample(targets, inner)


def check_alike(host: Sample, other: Sample, who: str = "donor") -> None:
    """A partner has images and masks of the sample's kind."""
    kinds = host.rules.kinds
    for name, value in host.targets.items():
        if kinds[name] == IMAGE or kinds[name] == MASK:
            theirs = other.targets[name]
            if theirs.dtype != value.dtype:
                raise TypeError(
                    f"{name} of a {who} must have the dtype of the sample's, {value.dtype}, got {theirs.dtype}"
                )
            if theirs.shape[2:] != value.shape[2:]:
                raise ValueError(
                    f"{name} of a {who} must have the channels of the sample's, {value.shape}, got {theirs.shape}"
                )


def fit_size(source: tuple[int, int], size: tuple[int, int], fit: str) -> tuple[int, int]:
    """(h, w) of a frame scaled to another: no smaller than it, no larger, or just that."""
    (h, w), (height, width) = source, size
    if fit == "stretch":
        return size
    scales = height / h, width / w
    scale = max(scales) if fit == "cover" else min(scales)
    rows, columns = max(round(h * scale), 1), max(round(w * scale), 1)
    return (max(rows, height), max(columns, width)) if fit == "cover" else (min(rows, height), min(columns, width))


def fit_stage(
    source: tuple[int, int],
    size: tuple[int, int],
    fit: str,
    at: tuple[float, float] = (0.5, 0.5),
    fill: float | tuple[float, ...] = 0.0,
    mask_fill: int = 0,
) -> Geometry:
    """The map of a frame (h, w) onto another: all of it filled, all of it shown, or stretched.

    `at` is where a smaller image sits in the room that is left, or which part of a larger one is seen: (down, across).
    """
    (h, w), (height, width) = source, size
    rows, columns = fit_size(source, size, fit)
    y, x = round(at[0] * (height - rows)), round(at[1] * (width - columns))
    pull = (w / columns, 0.0, -x * w / columns, 0.0, h / rows, -y * h / rows, 0.0, 0.0, 1.0)
    border = "constant" if fit == "contain" else "replicate"
    return Geometry(pull, size, border, fill, "area", None, mask_fill)


def fitted(sample: Sample, size: tuple[int, int], fit: str) -> Sample:
    """A sample on a frame of another size."""
    if (sample.height, sample.width) == size:
        return sample
    return settle(sample.through([fit_stage((sample.height, sample.width), size, fit)]), sample.rules)


# --- pieces -----------------------------------------------------------------------------------------------------------


def layered(
    samples: Sequence[Sample],
    work: Callable[[np.ndarray, list[np.ndarray]], None],
    mask_work: Callable[[np.ndarray, list[np.ndarray]], None] | None = None,
    into: np.ndarray | None = None,
    size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Every image and mask by name: ``work(out, arrays)`` makes it of those of the samples."""
    host = samples[0]
    found: dict[str, Any] = {}
    for name in host.targets:
        kind = host.rules.kinds[name]
        if kind == IMAGE:
            arrays = [s.image if name == "image" else as_image(s.targets[name], name) for s in samples]
        elif kind == MASK:
            arrays = [s.masks[name] for s in samples]
        else:
            continue
        first = arrays[0]
        out = into if name == "image" else None
        if out is None:
            out = np.empty((*(size or first.shape[:2]), *first.shape[2:]), first.dtype)
        (work if kind == IMAGE or mask_work is None else mask_work)(out, arrays)
        found[name] = out
    return found


def has_things(sample: Sample) -> bool:
    """Whether there is anything beside images and label masks."""
    kinds = sample.rules.kinds
    return any(kinds[name] not in (IMAGE, MASK) for name in sample.targets)


def part(
    sample: Sample,
    *,
    weight: float = 1.0,
    owner: Owner | None = None,
    who: int = 0,
    least: float = 0.0,
    at: tuple[int, int] | None = None,
    size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Boxes, keypoints, instance masks and fields of what is seen of a sample, by name.

    With an `owner`, what is seen of it; with `at` (y, x) and `size` (h, w), as it stands on that canvas.
    """
    kinds = sample.rules.kinds
    boxes, points = sample.boxes, sample.points
    rows = spots = None
    if owner is not None:
        if boxes is not None:
            boxes, rows = seen_boxes(boxes, owner, who, least)
        if points is not None:
            spots = seen_points(points, owner, who)
            points = points[spots]
    y, x = at or (0, 0)
    found: dict[str, Any] = {}
    for name, value in sample.targets.items():
        kind = kinds[name]
        if kind == BOXES:
            found[name] = boxes + np.array((x, y, x, y), np.float64)
        elif kind == KEYPOINTS:
            found[name] = points + np.array((x, y), np.float64)
        elif kind in (BOX_FIELD, KEYPOINT_FIELD):
            kept = rows if kind == BOX_FIELD else spots
            value = value if kept is None else take(value, kept)
            found[name] = value * weight if name in (BOX_WEIGHTS, POINT_WEIGHTS) else value
        elif kind == MASKS:
            masks = sample.masks[name]
            if rows is not None:
                masks = [masks[i] for i in rows.tolist()]
            if owner is not None:
                masks = [np.where(_wide(owner == who, m), m, m.dtype.type(0)) for m in masks]
            found[name] = [_on_canvas(m, y, x, size) for m in masks] if size is not None else masks
    return found


def _wide(flags: np.ndarray, like: np.ndarray) -> np.ndarray:
    return flags if like.ndim == 2 else flags[..., np.newaxis]


def _on_canvas(mask: np.ndarray, y: int, x: int, size: tuple[int, int]) -> np.ndarray:
    canvas = np.zeros((*size, *mask.shape[2:]), mask.dtype)
    canvas[y : y + mask.shape[0], x : x + mask.shape[1]] = mask
    return canvas


def join(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The things of several parts, one after the other, in the containers of the first."""
    found = {name: _joined([p[name] for p in parts], name) for name in parts[0]}
    if ROW in found:
        found[ROW] = np.arange(len(found[ROW]))
    return found


def _joined(values: list[Any], name: str) -> Any:
    if isinstance(values[0], np.ndarray):
        filled = [np.asarray(v) for v in values if len(v)]
        if not filled:
            return values[0].copy()
        try:
            return np.concatenate(filled)
        except ValueError:
            shapes = ", ".join(str(v.shape) for v in filled)
            raise ValueError(f"{name} of all that is mixed must have rows of one shape, got {shapes}") from None
    return type(values[0])(entry for value in values for entry in value)


def overlaid(
    host: Sample,
    other: Sample,
    owner: Callable[[], Owner],
    least: float,
    into: np.ndarray | None,
    work: Callable[[np.ndarray, list[np.ndarray]], None] | None = None,
) -> dict[str, Any]:
    """The sample with pixels of a partner in place of its own, where `owner` is 1."""
    if work is None:
        whose = owner()

        def work(out: np.ndarray, arrays: list[np.ndarray]) -> None:
            np.copyto(out, arrays[0])
            put_where(out, arrays[1], whose)

    targets = layered((host, other), work, into=into)
    if has_things(host):
        whose = owner()
        targets |= join([part(s, owner=whose, who=k, least=least) for k, s in enumerate((host, other))])
    return targets


def put_where(out: np.ndarray, other: np.ndarray, flags: np.ndarray) -> None:
    """Pixels of another image or mask, where flags, uint8 or bool (h, w), are not 0."""
    if out.dtype in DTYPES and out.flags.c_contiguous and (out.ndim == 2 or out.shape[2] <= 4):
        load_cv2().copyTo(other, flags.view(np.uint8), out)
    else:
        np.copyto(out, other, where=_wide(flags != 0, out))


def rectangle_owner(size: tuple[int, int], rectangle: tuple[int, int, int, int]) -> Owner:
    """A map with 1 in a rectangle (y0, x0, y1, x1)."""
    owner = np.zeros(size, np.uint8)
    y0, x0, y1, x1 = rectangle
    owner[y0:y1, x0:x1] = 1
    return owner


def pieced(
    samples: Sequence[Sample],
    pieces: Sequence[tuple[int, Geometry, tuple[int, int]]],
    size: tuple[int, int],
    least: float,
    into: np.ndarray | None,
) -> dict[str, Any]:
    """A canvas tiled by pieces: which sample, its map onto the piece, and where that is, (y, x)."""
    cuts = []
    for which, stage, at in pieces:
        inner = samples[which].rules
        cut = _through(samples[which], stage, inner._replace(min_visibility=least))
        cuts.append((settle(cut, inner), at))

    def place(out: np.ndarray, arrays: list[np.ndarray]) -> None:
        for array, (_, (y, x)) in zip(arrays, cuts):
            out[y : y + array.shape[0], x : x + array.shape[1]] = array

    targets = layered([cut for cut, _ in cuts], place, into=into, size=size)
    if has_things(samples[0]):
        targets |= join([part(cut, at=at, size=size) for cut, at in cuts])
    return targets


def _through(sample: Sample, stage: Geometry, rules: Rules) -> dict[str, Any]:
    inner = sample.rules
    if rules == inner:
        return sample.through([stage])
    own = Sample(sample.targets, rules)  # samples may be shared by threads
    return own.through([stage])
