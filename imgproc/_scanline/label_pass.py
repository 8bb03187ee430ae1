"""Masks of labels through geometric stages: each pixel gets the label of the nearest one, whatever its dtype."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._core.threads import run_bands
from .compute import as_bytes
from .foresee import SMALL
from .labels import Block, Masks, labeller, run_labels
from .machine import CAPACITY, LINE, SOURCE, STEPPER, STEPS, Maps
from .merge import Merged, Part, cut, merge
from .opencv_moves import moved
from .samplers._base import check_samplable
from .scratch import scratch
from .stages import Geometry
from .tiles import with_tiles_moved


def check_label(label: int, dtype: np.dtype) -> None:
    """Refuse a label that a mask of integers cannot hold."""
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= label <= np.iinfo(dtype).max:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        raise ValueError(f"mask_fill must be a label of the mask, which is {dtype}, {low} to {high}, got {label}")


def run_mask(mask: np.ndarray, stages: Sequence[Geometry]) -> np.ndarray:
    """Take a mask of labels through geometric stages.  It has any dtype, and shape (h, w) or (h, w, c)."""
    return run_masks([mask], stages)[0]


def run_masks(masks: Sequence[np.ndarray], stages: Sequence[Geometry], together: bool = False) -> list[np.ndarray]:
    """Take masks of one shape and dtype through geometric stages; `together` makes the results parts of one array."""
    for k, stage in enumerate(stages):
        if stage.tiles is not None:
            before = run_masks(masks, stages[:k]) if k else masks
            after = [with_tiles_moved(mask, stage.tiles) for mask in before]
            return run_masks(after, stages[k + 1 :], together) if k + 1 < len(stages) else after
    way = LabelPass(masks[0].shape, masks[0].dtype, stages)
    out = way.room(len(masks), together)
    way.run(masks, out)
    return out


def run_nearest(
    source: np.ndarray, merged: Merged, levels: np.ndarray, result: np.ndarray, part: Part | None = None
) -> None:
    """Write the nearest pixels of an image (h, w, c), or of a part of it, into an array of its dtype without gaps.

    `levels` are those of constant borders, of the dtype of the image and the same for all channels."""
    height, line, channels = source.shape
    x0, y0, x1, y1 = part or (0, 0, line, height)
    work = _Labels((y1 - y0, x1 - x0, line, channels), merged, levels)
    start = source.ctypes.data + (y0 * line + x0) * channels * source.itemsize
    whole = np.array([(0, merged.size[0], 0, merged.size[1])], np.int64)
    work.run(Masks(np.array([start]), np.array([result.ctypes.data]), whole))


ROOM = 1 << 13
"""Pixels of a block of rows, for one mask."""
MUCH = 1 << 16
"""The same for several, of which each goes through all of the block before the next one, and for one of many bytes."""


class _Labels:
    """What the kernel of labels takes, for sources of (h, w, line, channels)."""

    def __init__(self, shape: tuple[int, int, int, int], merged: Merged, fills: np.ndarray) -> None:
        h, w, line, channels = shape
        self._numbers = numbers = np.zeros(SOURCE, np.int64)
        numbers[:6] = h, w, channels, 0, 0, labeller(fills.itemsize, channels)
        numbers[STEPS], numbers[LINE] = STEPPER.address() if len(merged.steps) else -1, line
        self._maps = Maps(np.array(merged.pull), merged.frames, merged.steps, merged.grids, as_bytes(fills))
        self._size, self._channels = merged.size, channels
        self._bytes = h * line * channels * fills.itemsize

    def run(self, masks: Masks) -> None:
        """Write the parts that are asked for."""
        (height, width), parts = self._size, masks.parts
        columns, frames = min(width, CAPACITY), len(self._maps.frames)
        rows = max((MUCH if len(parts) > 1 or self._bytes >= SMALL else ROOM) // columns, 1)

        def band(y0: int, y1: int) -> None:
            shape = min(rows, y1 - y0), columns
            dead = np.empty(shape if len(self._maps.steps) else (1, 1), np.int32)
            ends = np.empty((shape[0], 2 * frames + 2), np.int64)
            block = Block(np.empty(shape, np.int32), dead, np.zeros(shape[0], np.int64), ends)
            run_labels(masks, self._numbers, width, self._maps, scratch(1, np.dtype(np.float32)), block, y0, y1)

        pixels = int(((parts[:, 1] - parts[:, 0]) * (parts[:, 3] - parts[:, 2])).sum())
        run_bands(band, height, pixels=pixels * self._channels)


class LabelPass:
    """The way of all masks of one shape and dtype through geometric stages, none of them tiles that change places."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, stages: Sequence[Geometry]) -> None:
        self._seen, stages = cut(list(stages), *shape[:2])
        x0, y0, x1, y1 = self._seen or (0, 0, shape[1], shape[0])
        h, w, line = y1 - y0, x1 - x0, shape[1]
        self._merged = merged = merge(stages, h, w)
        self._shape, self._dtype, self.size = (*merged.size, *shape[2:]), dtype, merged.size
        self.moves = merged.exact and not merged.frames.size
        """Whether it only moves whole pixels, none of them from outside."""
        if self.moves:
            return
        check_samplable(h, w, line)
        for _, label in merged.fills:
            check_label(label, dtype)
        channels = shape[2] if len(shape) == 3 else 1
        self._first = (y0 * line + x0) * channels * dtype.itemsize
        fills = np.array([label for _, label in merged.fills]).astype(dtype)
        self._work = _Labels((h, w, line, channels), merged, fills)

    def room(self, count: int, together: bool = False, zeros: bool = False) -> list[np.ndarray]:
        """Arrays for the results of so many masks, or parts of one array."""
        make = np.zeros if zeros else np.empty
        if together:
            return list(make((count, *self._shape), self._dtype))
        return [make(self._shape, self._dtype) for _ in range(count)]

    def run(self, masks: Sequence[np.ndarray], out: Sequence[np.ndarray], parts: np.ndarray | None = None) -> None:
        """Write what masks are after the stages.

        Parameters
        ----------
        masks : sequence of ndarray
            All of the shape and the dtype.
        out : sequence of ndarray
            Of `room`.
        parts : int64 ndarray of shape (n, 4), optional
            Only rows y0 to y1 and columns x0 to x1 of each result have to be written; given as (y0, y1, x0, x1).
        """
        if not masks or not out[0].size:
            return
        if self.moves:
            self._move(masks, out)
            return
        if parts is None:
            parts = np.array([(0, self.size[0], 0, self.size[1])] * len(masks), np.int64)
        sources = [np.ascontiguousarray(mask) for mask in masks]
        starts = np.array([source.ctypes.data for source in sources], np.int64)
        starts += self._first
        self._work.run(Masks(starts, np.array([result.ctypes.data for result in out], np.int64), parts))

    def _move(self, masks: Sequence[np.ndarray], out: Sequence[np.ndarray]) -> None:
        # OpenCV moves whole pixels of any size, and knows fewer kinds of numbers.
        bits = {1: np.uint8, 2: np.uint16, 4: np.float32, 8: np.float64}[self._dtype.itemsize]
        x0, y0 = (0, 0) if self._seen is None else self._seen[:2]
        (h, w), pull = self.size, self._merged.pull
        seen = slice(None) if self._seen is None else np.s_[y0 : self._seen[3], x0 : self._seen[2]]
        plain = pull == (1.0, 0.0, pull[2], 0.0, 1.0, pull[5], 0.0, 0.0, 1.0)
        x0, y0 = x0 + int(pull[2]), y0 + int(pull[5])

        def work(k0: int, k1: int) -> None:
            for mask, result in zip(masks[k0:k1], out[k0:k1]):
                if plain:
                    result[...] = mask[y0 : y0 + h, x0 : x0 + w]
                else:
                    moved(mask.view(bits)[seen], pull, self.size, result.view(bits))

        run_bands(work, len(masks), pixels=len(masks) * out[0].size)
