"""Points of several kinds in one inline-SVG plot, and the same as a picture for the index."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from ._plot import plot
from ._svg import Box, text

SIZE = 300, 230
MARGIN = 8
INNER = Box(MARGIN, MARGIN, SIZE[0] - MARGIN, SIZE[1] - MARGIN)
MARKS = ("dot", "ring", "cross")


def scatter(
    groups: Mapping[str, tuple[np.ndarray, int, str]],
    *,
    title: str,
    bounds: tuple[float, float, float, float],
    legend: bool = True,
) -> str:
    """Points in a frame.

    Parameters
    ----------
    groups : mapping of str to (points, colour, mark)
        By the name in the legend: points (n, 2) as (x, y), the number of the colour 0 to 3, and one of `MARKS`.  Later
        ones lie on top.
    title : str
        Spoken by screen readers, shown when the pointer rests on the plot.
    bounds : (x0, y0, x1, y1)
        What the frame spans.
    legend : bool
        With the names, and how many points each has.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    width, height = SIZE
    top = 16 * len(groups) + 6 if legend else 0
    parts = [f'<path class="axis" d="M1 {top + 1}H{width - 1}V{top + height - 1}H1Z"/>']
    for row, (name, (points, colour, mark)) in enumerate(groups.items()):
        if legend:
            parts.append(_mark(10, 16 * row + 10, colour, mark, size=3.4))
            parts.append(text(20, 16 * row + 14, f"{name}: {len(points)}"))
        for x, y in _placed(np.asarray(points, float), bounds).tolist():
            parts.append(_mark(x, top + y, colour, mark))
    return plot(title, parts, width, top + height)


def picture(groups: Mapping[str, tuple[np.ndarray, int, str]], bounds: tuple[float, float, float, float]) -> np.ndarray:
    """The same points on white, uint8 (h, w, 3)."""
    colours = ((37, 99, 201), (209, 102, 26), (35, 133, 75), (147, 64, 168))
    image = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
    for points, colour, mark in groups.values():
        for x, y in np.rint(_placed(np.asarray(points, float), bounds)).astype(int).tolist():
            thick = 1 if mark == "ring" else cv2.FILLED
            cv2.circle(image, (x, y), 4, colours[colour], thick, cv2.LINE_AA)
    return image


def _placed(points: np.ndarray, bounds: tuple[float, float, float, float]) -> np.ndarray:
    low, high = np.array(bounds[:2]), np.array(bounds[2:])
    return INNER.places(*((points.reshape(-1, 2) - low) / (high - low)).T)


def _mark(x: float, y: float, colour: int, mark: str, size: float = 2.6) -> str:
    if mark == "dot":
        return f'<circle class="bar c{colour}" cx="{x:.1f}" cy="{y:.1f}" r="{size}" fill-opacity=".75"/>'
    style = 'style="stroke-dasharray:none;stroke-width:1.1"'
    if mark == "ring":
        return f'<circle class="line c{colour}" {style} cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'
    arms = (
        f"M{x - size:.1f} {y - size:.1f}l{2 * size:.1f} {2 * size:.1f}m0 {-2 * size:.1f}l{-2 * size:.1f} {2 * size:.1f}"
    )
    return f'<path class="line c{colour}" {style} d="{arms}"/>'
