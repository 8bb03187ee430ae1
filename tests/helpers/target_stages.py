"""Chains of geometric stages, boxes and points that the tests of targets share; an image of unequal sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from augment._chain.targets import boxes as bt
from augment._chain.targets import quad_shapes, quads
from augment._chain.targets.path import Path, path, path_back
from augment._chain.targets.points import move_points
from imgproc._scanline import Geometry
from imgproc._scanline import matrix as mx

H, W = 90, 130
SIZE = (H, W)


def placed(forward: mx.Matrix, size: tuple[int, int] = SIZE) -> Geometry:
    """The stage that moves points by a matrix."""
    return Geometry(pull=mx.inverse(forward), size=size)


def crop(y0: int, x0: int, y1: int, x1: int) -> Geometry:
    return placed(mx.translation(-x0, -y0), (y1 - y0, x1 - x0))


def pad(top: int, left: int, bottom: int, right: int, size: tuple[int, int] = SIZE) -> Geometry:
    return placed(mx.translation(left, top), (size[0] + top + bottom, size[1] + left + right))


def elastic(
    strength: float = 3.0, nodes: tuple[int, int] = (5, 7), size: tuple[int, int] = SIZE, seed: int = 1
) -> Geometry:
    rng = np.random.default_rng(seed)
    return Geometry(size=size, grid=rng.normal(0, strength, (*nodes, 2)).astype(np.float32))


FLIP = placed((-1.0, 0.0, W, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
TURN = placed((0.0, 1.0, 0.0, -1.0, 0.0, W, 0.0, 0.0, 1.0), (W, H))
TURN_BACK = placed((0.0, -1.0, W, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
ROTATE = placed(mx.about(mx.rotation(30), W / 2, H / 2))
SHRINK = placed(mx.scaling(0.4, 0.6), (54, 52))
TILT = placed((0.9, 0.1, 4.0, 0.05, 1.1, -3.0, 8e-4, -5e-4, 1.0))
STEEP = Geometry(pull=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.012, 0.0, 1.0), size=SIZE)
"""Its inverse has a horizon inside the image, at x = 83."""

CHAINS: dict[str, list[Geometry]] = {
    "none": [],
    "flip": [FLIP],
    "turn": [TURN],
    "rotate": [ROTATE],
    "shrink": [SHRINK],
    "tilt": [TILT],
    "steep": [STEEP],
    "crop": [crop(10, 20, 60, 100)],
    "crop-pad": [crop(10, 20, 60, 100), pad(30, 40, 5, 60, (50, 80))],
    "crop-pad-rotate": [
        crop(10, 20, 60, 100),
        pad(30, 40, 30, 40, (50, 80)),
        placed(mx.about(mx.rotation(-50), 80, 55), (110, 160)),
    ],
    "flip-tilt-rotate": [FLIP, TILT, ROTATE],
    "shrink-enlarge": [SHRINK, placed(mx.scaling(3.0, 2.0), (100, 140))],
    "tilt-crop-steep": [TILT, crop(5, 5, 85, 125), STEEP._replace(size=(70, 90))],
}
BENT: dict[str, list[Geometry]] = {
    "elastic": [elastic()],
    "still": [Geometry(size=SIZE, grid=np.zeros((2, 2, 2), np.float32))],
    "two": [elastic(), elastic(2.0, (9, 9), seed=2)],
    "flip-elastic-rotate": [FLIP, elastic(), ROTATE],
    "crop-elastic": [crop(10, 20, 60, 100), elastic(1.0, size=(50, 80))],
    "larger": [elastic(2.0, (4, 5), size=(110, 150))._replace(pull=mx.scaling(W / 150, H / 110))],
    "scaled": [placed(mx.scaling(0.8, 0.9), (81, 104)), elastic(1.5, (4, 5), size=(81, 104))._replace(pull=TILT.pull)],
}
BOXES = np.array([(30, 20, 60, 50), (5.5, 3.25, 40, 80), (60, 10, 125, 85), (100, 60, 130, 90), (0, 0, 130, 90.0)])
POINTS = np.array([(40, 30), (64.5, 44.5), (80.25, 20.75), (30, 70), (100, 60), (55, 52.0)])

affine_numbers = st.tuples(
    st.floats(-180, 180),
    st.floats(0.3, 3),
    st.floats(0.3, 3),
    st.floats(-0.5, 0.5),
    st.floats(-40, 40),
    st.floats(-40, 40),
)
tilts = st.tuples(st.floats(-2e-3, 2e-3), st.floats(-2e-3, 2e-3))


@st.composite
def stages(draw: Callable[..., Any], most: int = 3) -> list[Geometry]:
    made = []
    for _ in range(draw(st.integers(1, most))):
        angle, sx, sy, shear, dx, dy = draw(affine_numbers)
        g, h = draw(tilts)
        m = mx.multiply(mx.rotation(angle), mx.multiply(mx.linear(1, shear, 0, 1), mx.scaling(sx, sy)))
        m = mx.multiply((1, 0, dx, 0, 1, dy, g, h, 1), m)
        size = (draw(st.integers(20, 200)), draw(st.integers(20, 200)))
        made.append(Geometry(pull=mx.inverse(mx.about(m, W / 2, H / 2)), size=size))
    return made


@st.composite
def pixel_boxes(draw: Callable[..., Any]) -> tuple[float, float, float, float]:
    x0, y0 = draw(st.floats(-30, W - 2)), draw(st.floats(-30, H - 2))
    return x0, y0, x0 + draw(st.floats(1, W)), y0 + draw(st.floats(1, H))


def moved(boxes: Any, chain: list[Any], **options: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    opened = bt.open_boxes(boxes, "pascal_voc", H, W)
    return bt.move_boxes(opened, path(chain, H, W), **options)


def finished(opened: np.ndarray, like: Any, way: Path, box_format: str, **options: Any) -> tuple[Any, np.ndarray]:
    out, _, kept = bt.move_boxes(opened, way, **options)
    return bt.close_boxes(out, box_format, *way.end, like=like, kept=kept), kept


# --- oriented boxes ---------------------------------------------------------------------------------------------------


def moved_points(points: Any, chain: list[Any], size: tuple[int, int] = SIZE, *, back: bool = False) -> np.ndarray:
    """All points after a chain, or before it."""
    way = path_back(chain, *size) if back else path(chain, *size)
    return move_points(np.array(points, np.float64), way, remove_invisible=False)[0]


def moved_quads(corners: Any, chain: list[Any], **options: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Oriented boxes (n, 4, 2), what is seen of each, and which they were."""
    out, seen, kept = quads.move_quads(np.reshape(corners, (-1, 8)), path(chain, H, W), **options)
    return out.reshape(-1, 4, 2), seen, kept


def seen_quads(corners: Any, owner: np.ndarray, who: int, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Oriented boxes (n, 4, 2) cut to the pixels of an owner, and which they were."""
    out, kept = quad_shapes.seen_quads(np.reshape(corners, (-1, 8)), owner, who, least)
    return out.reshape(-1, 4, 2), kept
