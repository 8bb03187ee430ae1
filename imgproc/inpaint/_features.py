"""What a scene is retrieved by: GIST and the colours of 4 by 4 blocks, with holes."""

from __future__ import annotations

import contextlib

import numpy as np

from .._core.jit import borrowed, kernel
from .._core.planes import full_scale
from ..color import rgb_to_lab
from ..describe import gist
from ..geometry import resize
from ..io._decode import as_mode
from ..io._files import MAX_PIXELS, contents, read_image
from ..io._jpeg import FACTORS, CannotDecode, photo

BLOCKS = 4
ORIENTATIONS = (6, 6, 6, 6, 6)
SIDE = 128
"""Of the image that GIST sees."""

GIST = sum(ORIENTATIONS) * BLOCKS**2
LENGTH = GIST + 3 * BLOCKS**2
VERSION = "gist 128 6x5 4x4, Lab 4x4, 1"
"""Changes whenever descriptors of one version cannot be compared with those of another."""


def describe(image: np.ndarray, valid: np.ndarray | None = None) -> np.ndarray:
    """GIST, filter by filter, and L, a and b, each block by block in rows: (528,) float32.

    `image` is grey or RGB of any dtype, finite where it is `valid` (None: everywhere).
    """
    form = gist(image, blocks=BLOCKS, orientations=ORIENTATIONS, size=(SIDE, SIDE), mask=valid)
    planes = image[..., None] if image.ndim == 2 else image
    planes = planes.astype(np.float32)
    planes *= np.float32(1 / full_scale(image.dtype))
    if valid is None:
        small, share = resize(planes, size=(SIDE, SIDE)), np.ones((SIDE, SIDE), np.float32)
    else:
        planes[~valid] = 0
        share = resize(valid.astype(np.float32), size=(SIDE, SIDE))
        small = resize(planes, size=(SIDE, SIDE)) / np.maximum(share, np.float32(1e-6))[..., None]
    small = np.clip(np.broadcast_to(small, (SIDE, SIDE, 3)), 0, 1)
    lab = rgb_to_lab(np.ascontiguousarray(small)) * share[..., None]
    area = np.maximum(_block_sums(share), 1e-6)
    color = np.stack([_block_sums(lab[..., c]) / area for c in range(3)])
    return np.concatenate([form, color.ravel()]).astype(np.float32)


def block_weights(valid: np.ndarray) -> np.ndarray:
    """For each number of a descriptor the share of its block that is valid: (528,) float32."""
    share = _block_sums(resize(valid.astype(np.float32), size=(SIDE, SIDE))) / (SIDE // BLOCKS) ** 2
    return np.tile(share.ravel(), LENGTH // BLOCKS**2).astype(np.float32)


@kernel
def squared_distances(rows, wanted, weights, out):
    """For each row the weighted sums of squared differences, of the GIST and of the colours: out (n, 2)."""
    rows = borrowed(rows)
    lanes = np.empty(16, np.float32)  # sums side by side, as vectors add them
    for i in range(rows.shape[0]):
        row = rows[i]
        for part in range(2):
            first, last = (0, GIST) if part == 0 else (GIST, LENGTH)
            for j in range(16):
                lanes[j] = np.float32(0)
            for k in range(first, last, 16):
                for j in range(16):
                    apart = row[k + j] - wanted[k + j]
                    lanes[j] += weights[k + j] * (apart * apart)
            total = 0.0
            for j in range(16):
                total += lanes[j]
            out[i, part] = total


def _block_sums(values: np.ndarray) -> np.ndarray:
    n = SIDE // BLOCKS
    return values.reshape(BLOCKS, n, BLOCKS, n).sum(axis=(1, 3), dtype=np.float64)


def read_small(path: str) -> tuple[np.ndarray, tuple[int, int]]:
    """A photo for `describe`, and its own (h, w)."""
    return read_reduced(path, SIDE, longer=False)


def read_reduced(path: str, side: int | None, *, longer: bool) -> tuple[np.ndarray, tuple[int, int]]:
    """A photo, RGB of the file's dtype, and its own (h, w), upright; ValueError or OSError where it cannot be read.

    A JPEG file is decoded at the smallest scale, of 1, 1/2, 1/4 and 1/8, that leaves its longer, else its shorter side
    at least `side` pixels (None: at its own).
    """
    found = None if side is None else photo(contents(path), MAX_PIXELS)
    if found is not None and side is not None:
        h, w = found.size
        share = min(side / (max(w, h) if longer else min(w, h)), 1)
        scale = min(h // max(int(h * share), 1), w // max(int(w * share), 1))
        with contextlib.suppress(CannotDecode):  # `read_image` says what is wrong with it
            part = found.part((0, 0, w, h), next(factor for factor in FACTORS if factor <= scale))
            return as_mode(part.image, "rgb"), (h, w)
    image = read_image(path)
    return image, image.shape[:2]
