"""Tiles of an image that change places: equal rectangles of whole pixels, each moved as it is."""

from __future__ import annotations

import numpy as np

from .stages import Tiles


def tile_size(tiles: Tiles, height: int, width: int) -> tuple[int, int]:
    """(h, w) of one of the tiles of a frame; what is left below and on the right belongs to none."""
    return height // tiles.rows, width // tiles.columns


def with_tiles_moved(image: np.ndarray, tiles: Tiles) -> np.ndarray:
    """A new image, or mask, of shape (h, w) or (h, w, c)."""
    height, width = image.shape[:2]
    h, w = tile_size(tiles, height, width)
    out = np.empty_like(image, order="C", subok=False)
    bottom, right = tiles.rows * h, tiles.columns * w
    out[bottom:], out[:bottom, right:] = image[bottom:], image[:bottom, right:]
    for to, source in enumerate(tiles.order):
        (i, j), (k, m) = divmod(to, tiles.columns), divmod(source, tiles.columns)
        out[i * h : (i + 1) * h, j * w : (j + 1) * w] = image[k * h : (k + 1) * h, m * w : (m + 1) * w]
    return out


def tiles_back(tiles: Tiles) -> Tiles:
    """The tiles that bring others back to their places."""
    order = [0] * len(tiles.order)
    for to, source in enumerate(tiles.order):
        order[source] = to
    return tiles._replace(order=tuple(order))
