"""Overlap and suppression of oriented boxes: the area that two convex polygons share.

Each of both boxes is a polygon of four corners.  The first is cut by the four sides of the second (Sutherland and
Hodgman, "Reentrant polygon clipping", CACM 1974), and what is left is measured.  Boxes whose upright bounds do not meet
share nothing, which decides most pairs.  Corners that make no convex shape are taken as their convex hull.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from augment._chain.targets.path import path
from augment._chain.targets.quad_shapes import area_within, clip_half, part_of_frame
from augment._chain.targets.quads import OBB, ORIENTED, ROWS, close_quads, move_quads, open_quads, upright
from augment._chain.targets.rows import as_rows
from imgproc._core.check import flag
from imgproc._core.jit import kernel

from ._grid import cells_near, lay_out
from ._inputs import MOST

__all__: list[str] = []

FORMATS = ORIENTED


def is_oriented(box_format: Any) -> bool:
    """Whether a format, which may be anything yet, is one of oriented boxes."""
    return isinstance(box_format, str) and box_format in ORIENTED


_ROOM = 16
"""Vertices of a box that another one cuts, at most."""


def as_quads(value: Any, name: str, box_format: str, inclusive: Any = False) -> np.ndarray:
    """Oriented boxes as convex corners, float64 (n, 8), all in the same sense of rotation."""
    if flag(inclusive, "inclusive"):
        raise ValueError(f"inclusive=True must go with box_format 'pascal_voc', got {box_format!r}")
    quads = as_corners(value, name, box_format)
    make_convex(quads)
    return quads


def as_corners(value: Any, name: str, box_format: str) -> np.ndarray:
    """Oriented boxes as corners in their own order, float64 (n, 8)."""
    quads = open_quads(as_rows(value, name, *ROWS[box_format]), box_format, name)
    if len(quads) and np.abs(quads).max() > MOST:
        raise ValueError(f"{name} must have coordinates within +-{MOST:g}, got {np.abs(quads).max():g}")
    return quads


def oriented_iou(boxes: Any, others: Any, pairwise: bool, inclusive: Any, box_format: str) -> np.ndarray:
    """Intersection over union of oriented boxes; see `iou`."""
    first, second = (as_quads(v, n, box_format, inclusive) for v, n in ((boxes, "boxes"), (others, "others")))
    room = np.empty((2, _ROOM, 2))
    if not pairwise:
        if len(first) != len(second):
            raise ValueError(f"others must have as many rows as boxes, {len(first)}, got {len(second)}")
        out = np.empty(len(first))
        over_rows(first, second, _areas(first), _areas(second), room, out)
        return out
    out = np.empty((len(first), len(second)))
    bounds = np.ascontiguousarray(upright(first)), np.ascontiguousarray(upright(second).T)
    over_pairs(first, second, (_areas(first), _areas(second)), bounds, room, out)
    return out


def _areas(quads: np.ndarray) -> np.ndarray:
    x, y = quads[:, 0::2], quads[:, 1::2]
    across, down = np.stack([x[:, 2] - x[:, 0], y[:, 2] - y[:, 0]]), np.stack([x[:, 3] - x[:, 1], y[:, 3] - y[:, 1]])
    return 0.5 * np.abs(across[0] * down[1] - across[1] * down[0])


@kernel(inner=True)
def _turn(q, a, b, c):
    """Twice the area of three corners, with the sign of their sense of rotation."""
    return (q[2 * b] - q[2 * a]) * (q[2 * c + 1] - q[2 * a + 1]) - (q[2 * b + 1] - q[2 * a + 1]) * (q[2 * c] - q[2 * a])


@kernel
def make_convex(quads):
    """Corners in one sense of rotation, in place; one that lies inside of the other three moves onto its neighbour."""
    for i in range(quads.shape[0]):
        q = quads[i]
        if _turn(q, 0, 1, 2) + _turn(q, 0, 2, 3) < 0.0:
            q[2], q[3], q[6], q[7] = q[6], q[7], q[2], q[3]
        for j in range(4):
            before, after = (j + 3) % 4, (j + 1) % 4
            if _turn(q, before, j, after) < 0.0:
                q[2 * j], q[2 * j + 1] = q[2 * before], q[2 * before + 1]


@kernel(inner=True)
def shared_area(first, second, room):
    """The area that two convex boxes share; `room` is for two polygons."""
    x, y = first[0], first[1]  # near it numbers are small, and exact
    for i in range(4):
        room[0, i, 0], room[0, i, 1] = first[2 * i] - x, first[2 * i + 1] - y
    k, n = 0, 4
    px, py = second[6] - x, second[7] - y
    for i in range(4):
        qx, qy = second[2 * i] - x, second[2 * i + 1] - y
        ex, ey = qx - px, qy - py
        k, n = clip_half(room, k, n, -ey, ex, ey * px - ex * py)
        if n < 3:
            return 0.0
        px, py = qx, qy
    return area_within(room, k, n)


@kernel(inner=True)
def over_of(first, second, area, other, room):
    """IoU of two convex boxes of known areas; 0 where one has none."""
    if not (area > 0.0 and other > 0.0):
        return 0.0
    inter = min(shared_area(first, second, room), min(area, other))
    return inter / (area + other - inter)


@kernel
def over_pairs(first, second, areas, bounds, room, out):
    """IoU of each box with all others; `bounds` are upright boxes of the first, and planes of them of the others."""
    area, other = areas
    boxes, planes = bounds
    for i in range(first.shape[0]):
        x0, y0, x1, y1 = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
        for j in range(second.shape[0]):
            out[i, j] = 0.0
            if x0 < planes[2, j] and planes[0, j] < x1 and y0 < planes[3, j] and planes[1, j] < y1:
                out[i, j] = over_of(first[i], second[j], area[i], other[j], room)


@kernel
def over_rows(first, second, area, other, room, out):
    """IoU of each box with the other one of its row."""
    for i in range(out.size):
        out[i] = over_of(first[i], second[i], area[i], other[i], room)


# --- tiles ------------------------------------------------------------------------------------------------------------


def in_tile(
    quads: np.ndarray, box_format: str, span: tuple[int, int, int, int], least: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners in a tile (x0, y0, x1, y1): what it shows of them, as rows of their format, which they are, what part.

    Those of which less than a part is seen are left out.
    """
    x0, y0, x1, y1 = span
    height, width = y1 - y0, x1 - x0
    shifted = quads - np.array((x0, y0) * 4)
    part = part_of_frame(shifted, height, width)
    rows = np.flatnonzero((part > 0) & (part >= least))
    cut, _, kept = move_quads(shifted[rows], path([], height, width), rectangles=box_format == OBB)
    rows = rows[kept]
    return close_quads(cut, box_format, cut, None), rows, part[rows]


def from_tile(value: Any, name: str, box_format: str, origin: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a format in a tile: the upright boxes around them there, and the rows in the whole image."""
    bounds = upright(as_corners(value, name, box_format))
    rows = as_rows(value, name, *ROWS[box_format])
    if box_format == OBB:
        rows[:, :2] += origin
    else:
        rows += origin * 4
    return bounds, rows


# --- suppression ------------------------------------------------------------------------------------------------------


def remove_oriented(quads: np.ndarray, parts: np.ndarray, threshold: float, smaller: bool, kept: np.ndarray) -> None:
    """Greedy suppression of boxes by class and falling score, as `_suppress.remove`, into `kept`.

    With `smaller` by what two share as a part of the smaller one."""
    planes = np.ascontiguousarray(upright(quads).T)
    remove_quads(quads, planes, _areas(quads), parts, (threshold, smaller), np.empty((2, _ROOM, 2)), kept)


@kernel
def remove_quads(quads, planes, areas, parts, rule, room, kept):
    """See `remove_oriented`; `planes` are those of upright bounds."""
    threshold, smaller = rule
    for part in range(parts.size - 1):
        start, stop = parts[part], parts[part + 1]
        if stop == start:
            continue
        laid, place, at, starts, frame = lay_out(planes, start, stop)
        gone, columns = np.zeros(stop - start, np.bool_), int(frame[4])
        for i in range(stop - start):
            if gone[i]:
                continue
            kept[start + i] = True
            p, area = place[i], areas[start + i]
            reach_x, reach_y = 0.5 * (laid[2, p] - laid[0, p] + frame[6]), 0.5 * (laid[3, p] - laid[1, p] + frame[7])
            r0, r1, c0, c1 = cells_near(laid, p, reach_x, reach_y, frame)
            for r in range(r0, r1 + 1):
                for q in range(starts[r * columns + c0], starts[r * columns + c1 + 1]):
                    j = at[q]
                    if j <= i or gone[j] or not _meet(laid, p, q):
                        continue
                    other = areas[start + j]
                    over = over_of(quads[start + i], quads[start + j], area, other, room)
                    if smaller and over > 0.0:
                        over = over * (area + other) / ((1.0 + over) * min(area, other))
                    gone[j] = over > threshold


@kernel(inner=True)
def _meet(laid, p, q):
    """Whether two upright boxes share more than a side."""
    across = laid[0, p] < laid[2, q] and laid[0, q] < laid[2, p]
    return across and laid[1, p] < laid[3, q] and laid[1, q] < laid[3, p]
