"""Elements of inline SVG plots.  Every plot of the gallery is put together from them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np


class Box(NamedTuple):
    """The part of a plot that its data fill, in the units of the plot; y runs down, as in pictures."""

    left: float
    top: float
    right: float
    bottom: float

    def places(self, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """Where points lie, (n, 2): 0 is the left or the lower side of the box, 1 the right or the upper.

        Points outside go to the nearest place on the rim.
        """
        x = self.left + np.clip(xs, 0, 1) * (self.right - self.left)
        y = self.bottom - np.clip(ys, 0, 1) * (self.bottom - self.top)
        return np.stack((x, y), axis=-1)

    def points(self, xs: np.ndarray, ys: np.ndarray) -> str:
        """The same as the ``points`` of an SVG element."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.places(xs, ys))


def svg(title: str, parts: Sequence[str], attributes: str) -> str:
    """The whole plot.

    Parameters
    ----------
    title : str
        Spoken by screen readers, shown when the pointer rests on the plot.
    parts : sequence of str
        Its elements; later ones lie on top.
    attributes : str
        Those of the ``<svg>`` element that give its size.
    """
    words = escape(title)
    return f'<svg role="img" {attributes} aria-label="{words}"><title>{words}</title>{"".join(parts)}</svg>'


def text(x: float | str, y: float | str, words: str, *, anchor: str = "", kind: str = "") -> str:
    """A line of text, of which the start, the ``"middle"`` or the ``"end"`` lies at (x, y)."""
    given = {"class": kind, "x": x, "y": y, "text-anchor": anchor}
    attributes = "".join(f' {name}="{value}"' for name, value in given.items() if value != "")
    return f"<text{attributes}>{escape(words)}</text>"
