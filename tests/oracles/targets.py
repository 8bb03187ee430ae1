"""Slow, obviously right versions of what chains do to keypoints and boxes: pulls of points, sets of lines, pixels."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from imgproc._scanline import Geometry


def displacement(stage: Geometry, points: np.ndarray) -> np.ndarray:
    """What a stage's grid adds to points (n, 2) of its output."""
    if stage.grid is None:
        return np.zeros_like(points)
    h, w = stage.size
    rows, columns, _ = stage.grid.shape
    found = []
    for x, y in points:
        u = min(max(x * (columns - 1) / w, 0), columns - 1)
        v = min(max(y * (rows - 1) / h, 0), rows - 1)
        j, k = min(int(u), columns - 2), min(int(v), rows - 2)
        corners = stage.grid[k : k + 2, j : j + 2].astype(np.float64)
        across, down = np.array([1 - (u - j), u - j]), np.array([1 - (v - k), v - k])
        found.append(np.einsum("k,j,kjc->c", down, across, corners))
    return np.array(found).reshape(-1, 2)


def project(matrix: Sequence[float] | np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) by a 3x3 matrix; NaN behind the horizon."""
    moved = np.column_stack([points, np.ones(len(points))]) @ np.reshape(np.asarray(matrix, np.float64), (3, 3)).T
    depth = np.where(moved[:, 2:] > 0, moved[:, 2:], np.nan)
    return moved[:, :2] / depth


def pull(stages: Sequence[Geometry], points: np.ndarray) -> np.ndarray:
    """Where points (n, 2) of the output come from in the input."""
    for stage in reversed(stages):
        points = project(stage.pull, points + displacement(stage, points))
    return points


def pull_seen(stages: Sequence[Geometry], size: tuple[int, int], points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same, and which of the points come through all frames."""
    seen = np.ones(len(points), bool)
    for k in range(len(stages) - 1, -1, -1):
        points = project(stages[k].pull, points + displacement(stages[k], points))
        h, w = stages[k - 1].size if k else size
        with np.errstate(invalid="ignore"):
            seen &= ((points >= 0) & (points <= (w, h))).all(axis=1)
    return points, seen


def pixel_centres(size: tuple[int, int], per_pixel: int = 1) -> np.ndarray:
    """Centres of pixels, or of `per_pixel` x `per_pixel` parts of each, row by row, as (n, 2)."""
    h, w = size
    y, x = np.mgrid[0 : h * per_pixel, 0 : w * per_pixel]
    return (np.column_stack([x.ravel(), y.ravel()]) + 0.5) / per_pixel


def corners(box: Sequence[float]) -> np.ndarray:
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64)


def shoelace(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def visible(
    box: Sequence[float], stages: Sequence[Geometry], size: tuple[int, int]
) -> tuple[float, tuple[float, float, float, float] | None]:
    """What projective stages leave of a box: the part of its area, and the bounds in the output (None for nothing).

    Every side of the box, and of every frame pulled back to the input, is a line there: ``a x + b y + c >= 0`` inside.
    What is left is the hull of those crossings of two lines that no line excludes.
    """
    h, w = size
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], w), min(box[3], h)
    if x0 >= x1 or y0 >= y1:
        return 0.0, None
    lines = [(1, 0, -x0), (-1, 0, x1), (0, 1, -y0), (0, -1, y1)]
    forward = np.eye(3)
    for stage in stages:
        forward = np.linalg.inv(np.reshape(stage.pull, (3, 3))) @ forward
        fh, fw = stage.size
        lines += [forward[0], fw * forward[2] - forward[0], forward[1], fh * forward[2] - forward[1], forward[2]]
    rows = np.array(
        [np.asarray(line, np.float64) / np.hypot(*line[:2]) for line in lines if np.hypot(*line[:2]) > 1e-12]
    )
    points = []
    for p, q in itertools.combinations(rows, 2):
        cross = np.cross(p, q)
        if abs(cross[2]) > 1e-12:
            point = cross / cross[2]
            if (rows @ point > -1e-7).all():
                points.append(point[:2])
    if len(points) < 3:
        return 0.0, None
    cloud = np.array(points)
    centre = cloud.mean(axis=0)
    polygon = cloud[np.argsort(np.arctan2(*(cloud - centre).T[::-1]))]
    moved = project(forward, polygon)
    bounds = (*moved.min(axis=0).tolist(), *moved.max(axis=0).tolist())
    return shoelace(polygon) / ((x1 - x0) * (y1 - y0)), bounds


def to_corners(box: Sequence[float], box_format: str, height: int, width: int) -> tuple[float, float, float, float]:
    """One box of a format as corners in pixels."""
    a, b, c, d = box
    if box_format == "coco":
        return a, b, a + c, b + d
    if box_format == "albumentations":
        return a * width, b * height, c * width, d * height
    if box_format == "yolo":
        return (a - c / 2) * width, (b - d / 2) * height, (a + c / 2) * width, (b + d / 2) * height
    return a, b, c, d


def from_corners(box: Sequence[float], box_format: str, height: int, width: int) -> tuple[float, float, float, float]:
    """Corners in pixels as one box of a format."""
    x0, y0, x1, y1 = box
    if box_format == "coco":
        return x0, y0, x1 - x0, y1 - y0
    if box_format == "albumentations":
        return x0 / width, y0 / height, x1 / width, y1 / height
    if box_format == "yolo":
        return (x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height
    return x0, y0, x1, y1
