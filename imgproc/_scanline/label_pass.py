"""Masks of labels through geometric stages: each pixel gets the label of the nearest one, whatever its dtype."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._core.threads import run_bands
from .compute import as_bytes
from .machine import LABELLER, LINE, PLANE, RESULT, SOURCE, STEPPER, STEPS, Maps, Result, Source, run_labels
from .merge import cut, merge
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
    for k, stage in enumerate(stages):
        if stage.tiles is not None:
            mask = with_tiles_moved(run_mask(mask, stages[:k]) if k else mask, stage.tiles)
            return run_mask(mask, stages[k + 1 :]) if k + 1 < len(stages) else mask
    return LabelPass(mask.shape, mask.dtype, stages).run(mask)


class LabelPass:
    """The way of all masks of one shape and dtype through geometric stages, none of them tiles that change places."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, stages: Sequence[Geometry]) -> None:
        self._seen, stages = cut(list(stages), *shape[:2])
        x0, y0, x1, y1 = self._seen or (0, 0, shape[1], shape[0])
        h, w = y1 - y0, x1 - x0
        self._merged = merged = merge(stages, h, w)
        self.size = merged.size
        self.moves = merged.exact and not merged.frames.size
        """Whether it only moves whole pixels, none of them from outside."""
        if self.moves:
            return
        check_samplable(h, w)
        for _, label in merged.fills:
            check_label(label, dtype)
        bits = np.dtype(f"u{dtype.itemsize}")
        fills = np.array([label for _, label in merged.fills]).astype(dtype).view(bits).astype(np.uint64)
        self._numbers = numbers = np.zeros(SOURCE, np.int64)
        numbers[:6] = h, w, shape[2] if len(shape) == 3 else 1, 0, 0, LABELLER.address(S=bits.name)
        numbers[STEPS], numbers[LINE] = STEPPER.address() if len(merged.steps) else -1, w
        self._maps = Maps(np.array(merged.pull), merged.frames, merged.steps, merged.grids, fills)

    def run(
        self, mask: np.ndarray, out: np.ndarray | None = None, part: tuple[int, int, int] | None = None
    ) -> np.ndarray:
        """A mask after the stages.

        Parameters
        ----------
        mask : ndarray
        out : ndarray, optional
            Gets the result; contiguous, and of the dtype of the mask.
        part : (y0, y1, x1), optional
            Only rows y0 to y1 have to be written, up to column x1.
        """
        if self._seen is not None:
            x0, y0, x1, y1 = self._seen
            mask = mask[y0:y1, x0:x1]
        if self.moves:
            return moved(mask, self._merged.pull, self.size, out)
        source = np.ascontiguousarray(mask).view()
        source.flags.writeable = False
        result = np.empty(self.size + mask.shape[2:], mask.dtype) if out is None else out
        sizes = np.zeros(RESULT, np.int64)
        sizes[:2] = self.size
        sizes[PLANE] = self.size[1] if part is None else part[2]
        pixels, target = Source(as_bytes(source), self._numbers), Result(as_bytes(result), sizes)

        def band(y0: int, y1: int) -> None:
            run_labels(pixels, self._maps, scratch(1, np.dtype(np.float32)), target, y0, y1)

        if part is not None:
            band(*part[:2])
        elif result.size:
            run_bands(band, self.size[0], pixels=result.size)
        return result
