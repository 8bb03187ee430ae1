"""Masks as runs of pixels: read from COCO's run lengths, from arrays and from polygons, and compared with each other.

Pixels are numbered down the columns, as COCO does.  A run is the number of its first pixel and of the pixel behind its
last one; the runs of a mask are in order and do not overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from augment.labels._text import Wrong, are_numbers
from imgproc._core.jit import borrowed, kernel

__all__: list[str] = []

MOST_PIXELS = 1 << 40
"""Of a mask: far more than any image has, and few enough for every sum."""
SCALE = 5
"""COCO draws outlines on a grid that is so much finer than the pixels."""
FAR = 16
"""Points of polygons are at most so many sides away from the image."""


class Rings(NamedTuple):
    """Outlines of a mask, each x, y, x, y, ..., in an image of a size (h, w)."""

    rings: Sequence[Sequence[float]]
    size: tuple[int, int]


class Runs(NamedTuple):
    """The runs of n masks."""

    runs: Any
    """int64 (total, 2): of all masks, one after the other."""
    starts: Any
    """int64 (n + 1,): where each mask begins."""
    areas: Any
    """int64 (n,): how many pixels it has."""
    sizes: Any
    """int64 (n, 2): (h, w) of its image."""


def runs_of(masks: Sequence[Any]) -> Runs:
    """The runs of masks: run lengths ``{"size": [h, w], "counts": ...}``, arrays of shape (h, w), or `Rings`.

    Raises
    ------
    Wrong
        If one is none of them; the place is its number.
    """
    n = len(masks)
    found: list[Any] = [None] * n
    sizes = np.zeros((n, 2), np.int64)
    texts: dict[int, bytes] = {}
    for i, mask in enumerate(masks):
        try:
            if isinstance(mask, Mapping):
                sizes[i] = _size_of(mask.get("size"))
                counts = mask.get("counts")
                if isinstance(counts, (str, bytes)):
                    texts[i] = counts if isinstance(counts, bytes) else counts.encode("utf-8", "replace")
                else:
                    found[i] = _of_counts(counts, int(sizes[i].prod()))
            elif isinstance(mask, Rings):
                sizes[i] = _size_of(mask.size)
                found[i] = _of_rings(mask)
            else:
                found[i], sizes[i] = _of_array(mask)
        except ValueError as error:
            raise Wrong(str(i), str(error)) from None
    for i, runs in _of_texts(texts, sizes).items():
        found[i] = runs
    runs = np.concatenate(found) if n else np.zeros((0, 2), np.int64)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in found])]).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(runs[:, 1] - runs[:, 0])])[starts]
    return Runs(np.ascontiguousarray(runs), starts, np.diff(sums), sizes)


def _size_of(size: Any) -> tuple[int, int]:
    if not are_numbers(size, 2) or any(v != int(v) or v < 0 for v in size) or size[0] * size[1] > MOST_PIXELS:
        raise ValueError(f"a mask must have a size [h, w] of whole numbers from 0 on, got {size!r:.60}")
    return int(size[0]), int(size[1])


def _of_array(mask: Any) -> tuple[np.ndarray, tuple[int, int]]:
    """The runs of an array that is 0 or False outside."""
    values = np.asarray(mask)
    if values.ndim != 2 or values.dtype.kind not in "biu":
        raise ValueError(
            "a mask must be run lengths {'size': [h, w], 'counts': ...}, or an array of bool or integers of shape "
            f"(h, w), got {type(mask).__name__}" + (f" of {values.dtype}, {values.shape}" if values.ndim else "")
        )
    inside = np.zeros(values.size + 2, bool)
    inside[1:-1] = (values != 0).T.reshape(-1)
    return np.flatnonzero(inside[1:] != inside[:-1]).reshape(-1, 2).astype(np.int64), values.shape


def _of_counts(counts: Any, pixels: int) -> np.ndarray:
    """The runs of a list of lengths, the first of which is outside."""
    if not isinstance(counts, (list, tuple, np.ndarray)) or not all(
        isinstance(v, (int, np.integer)) and 0 <= v <= pixels for v in counts
    ):
        raise ValueError(f"'counts' of a mask must be whole numbers from 0 on, or a text, got {counts!r:.60}")
    ends = np.cumsum(np.asarray(counts, np.int64))
    total = int(ends[-1]) if ends.size else 0
    if total != pixels:
        raise ValueError(f"'counts' of a mask must add up to h times w, {pixels}, got {total}")
    pairs = ends[: ends.size // 2 * 2].reshape(-1, 2)
    return pairs[pairs[:, 1] > pairs[:, 0]]


# --- COCO's texts -----------------------------------------------------------------------------------------------------


@kernel
def _read_texts(text, places, pixels, runs, made):
    """Read run lengths that are written as texts; text i is ``text[places[i] : places[i + 1]]``.

    Its runs go to `runs` from ``places[i]`` on, and how many they are to ``made[i]``: -1 if a letter is none of COCO's
    or a number does not end, -2 if a length is negative or the lengths do not add up to ``pixels[i]``.
    """
    for i in range(pixels.size):
        at, end, count, total, number = places[i], places[i + 1], 0, 0, 0
        before, last = 0, 0  # the lengths number - 2 and number - 1
        while at < end and count >= 0:
            value, shift, more = 0, 0, True
            while more and at < end and shift < 60 and count >= 0:
                letter = np.int64(text[at]) - 48
                count = -1 if letter < 0 or letter > 63 else count
                value |= (letter & 31) << shift
                shift += 5
                more = letter & 32 != 0
                if letter & 48 == 16:
                    value -= 1 << shift
                at += 1
            count = -1 if more else count
            value += before if number > 2 else 0  # the first three are written as they are
            count = -2 if count >= 0 and (value < 0 or value > pixels[i] - total) else count
            if count >= 0 and number % 2 == 1 and value > 0:
                runs[places[i] + count, 0], runs[places[i] + count, 1] = total, total + value
                count += 1
            if count >= 0:
                total += value
            before, last, number = last, value, number + 1
        made[i] = -2 if count >= 0 and total != pixels[i] else count


def _of_texts(texts: dict[int, bytes], sizes: np.ndarray) -> dict[int, np.ndarray]:
    """The runs of masks whose run lengths are texts, by their numbers."""
    if not texts:
        return {}
    places = np.concatenate([[0], np.cumsum([len(text) for text in texts.values()])]).astype(np.int64)
    data = np.frombuffer(b"".join(texts.values()), np.uint8)
    rows = np.array(list(texts))
    runs, made = np.empty((data.size, 2), np.int64), np.empty(len(rows), np.int64)
    _read_texts(data, places, sizes[rows].prod(axis=1), runs, made)
    for i in np.flatnonzero(made < 0)[:1].tolist():
        row, (h, w) = int(rows[i]), sizes[rows[i]].tolist()
        rule = "be a text as COCO writes it" if made[i] == -1 else f"add up to the pixels of {h} x {w}"
        raise Wrong(str(row), f"'counts' of a mask must {rule}, got {texts[row][:40]!r}")
    return {row: runs[place : place + count] for row, place, count in zip(texts, places.tolist(), made.tolist())}


# --- polygons ---------------------------------------------------------------------------------------------------------


@kernel
def _crossings(xs, ys, h, w, found):
    """Where a closed outline passes from a column of pixels to the next: the first pixel below it, by its number.

    `xs` and `ys` are points on the fine grid, the last of which is the first one again.  Returns how many there are.
    """
    count, any_yet, last_u, last_v = 0, False, np.int64(0), np.int64(0)
    for j in range(xs.size - 1):
        dx, dy = abs(xs[j + 1] - xs[j]), abs(ys[j + 1] - ys[j])
        if dx == 0 and dy == 0:
            continue
        flat = dx >= dy
        back = xs[j] > xs[j + 1] if flat else ys[j] > ys[j + 1]
        a, b = (j + 1, j) if back else (j, j + 1)  # lines are drawn in one direction, so that both sides get the same
        slope = (ys[b] - ys[a]) / dx if flat else (xs[b] - xs[a]) / dy
        length = dx if flat else dy
        for d in range(length + 1):
            t = length - d if back else d
            u = xs[a] + t if flat else np.int64(xs[a] + slope * t + 0.5)
            v = np.int64(ys[a] + slope * t + 0.5) if flat else ys[a] + t
            low = min(u, last_u)
            if any_yet and u != last_u and low >= 0 and low % SCALE == SCALE // 2 and low // SCALE < w:
                down = np.ceil(min(max((min(v, last_v) + 0.5) / SCALE - 0.5, 0.0), float(h)))
                if count < found.size:
                    found[count] = low // SCALE * h + np.int64(down)
                    count += 1
            any_yet, last_u, last_v = True, u, v
    return count


def _of_rings(mask: Rings) -> np.ndarray:
    """The runs of the union of outlines, by COCO's rules."""
    h, w = (int(v) for v in mask.size)
    if not isinstance(mask.rings, (list, tuple)) or not mask.rings:
        raise ValueError(f"polygons must be a list of rings, got {mask.rings!r:.60}")
    parts = [_of_ring(ring, h, w) for ring in mask.rings]
    if len(parts) == 1:
        return parts[0]
    runs = np.concatenate(parts)
    runs = runs[np.argsort(runs[:, 0], kind="stable")]
    ends = np.maximum.accumulate(runs[:, 1])
    first = np.ones(len(runs), bool)
    first[1:] = runs[1:, 0] > ends[:-1]
    last = np.append(first[1:], True)[: len(runs)]
    return np.stack([runs[first, 0], ends[last]], axis=1)


def _of_ring(ring: Any, h: int, w: int) -> np.ndarray:
    if not are_numbers(ring) or len(ring) < 6 or len(ring) % 2:
        raise ValueError(f"a ring must be numbers x, y, x, y, ... of at least three points, got {repr(ring)[:60]}")
    points = np.asarray(ring, np.float64).reshape(-1, 2)
    most = FAR * max(h, w, 64)
    if np.abs(points).max() > most:
        raise ValueError(f"a ring of an image of {h} x {w} must lie within +-{most}, got {np.abs(points).max():g}")
    grid = np.trunc(points * SCALE + 0.5).astype(np.int64)
    grid = np.vstack([grid, grid[:1]])
    room = int((np.abs(np.diff(grid[:, 0])) // SCALE + 2).sum())
    found = np.empty(room, np.int64)
    count = _crossings(np.ascontiguousarray(grid[:, 0]), np.ascontiguousarray(grid[:, 1]), h, w, found)
    places = np.sort(found[:count])
    if count % 2:
        places = np.append(places, h * w)
    runs = places.reshape(-1, 2)
    return runs[runs[:, 1] > runs[:, 0]]


# --- shares -----------------------------------------------------------------------------------------------------------


@kernel(inner=True)
def _common(a, i, i_end, b, j, j_end):
    """How many pixels are in runs i to `i_end` of one mask and in runs j to `j_end` of another."""
    total = 0
    while i < i_end and j < j_end:
        first, last = max(a[i, 0], b[j, 0]), min(a[i, 1], b[j, 1])
        total += max(last - first, 0)
        if a[i, 1] < b[j, 1]:
            i += 1
        else:
            j += 1
    return total


@kernel
def mask_shares(found, true, crowd, rows, columns, q0, q1, shares):
    """Fill ``shares[q0:q1]`` with the IoU of the masks ``(rows[q], columns[q])``; for a crowd, with the part of the
    detection that lies in it."""
    a, b = borrowed(found.runs), borrowed(true.runs)
    for q in range(q0, q1):
        i, j = rows[q], columns[q]
        inter = _common(a, found.starts[i], found.starts[i + 1], b, true.starts[j], true.starts[j + 1])
        whole = found.areas[i] if crowd[j] else found.areas[i] + true.areas[j] - inter
        shares[q] = inter / whole if inter > 0 else 0.0
