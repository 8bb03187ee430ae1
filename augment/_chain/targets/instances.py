"""Boxes that are measured by the masks of their instances."""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import kernel
from imgproc._core.planes import canonical

from .base import Passage
from .boxes import Boxes

MASKS = "masks"
"""The target that has a mask for each box."""


@kernel
def find_bounds(pixels, step, out):
    """The smallest x0, y0, x1, y1 around the pixels of a mask that are not 0; returns whether there are any.

    `pixels` are its bytes, uint8 (h, w * step)."""
    left, right, top, bottom = pixels.shape[1], -1, -1, -1
    for y in range(pixels.shape[0]):
        row = pixels[y]
        seen = np.uint8(0)
        for x in range(row.size):
            seen |= row[x]
        if seen == 0:
            continue
        top, bottom = (y if top < 0 else top), y
        x = 0
        while x < left and row[x] == 0:
            x += 1
        left = x
        x = row.size - 1
        while x > right and row[x] == 0:
            x -= 1
        right = x
    out[0], out[1], out[2], out[3] = left // step, top, right // step + 1, bottom + 1
    return top >= 0


def bounds_of_mask(mask: np.ndarray, out: np.ndarray) -> bool:
    """Write the box around what is not 0 in a mask of shape (h, w) or (h, w, c); whether there is anything."""
    if mask.dtype.kind == "f":  # a negative zero has a byte that is not 0
        mask = mask != 0
    height, width = mask.shape[:2]
    flat = canonical(mask).reshape(height, -1).view(np.uint8)
    return bool(find_bounds(flat, flat.shape[1] // width, out))


class MeasuredBoxes(Boxes):
    """Boxes with a mask each, by which they are measured anew wherever they have been moved.

    A box is first carried like any other, which decides by what is seen of it whether it stays.  Then it becomes the
    smallest box around what is left of its mask.  It goes, and the mask with it, where nothing is left, or too little.
    """

    __slots__ = ()

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """Along the path of the passage, and then by the masks, if the sample has any."""
        boxes = super().move(value, passage)
        if MASKS not in passage.sample.opened:
            return boxes
        masks = passage.value(MASKS)
        kept: list[int] = []
        for k, mask in enumerate(masks):
            if bounds_of_mask(mask, boxes[k]):
                x0, y0, x1, y1 = boxes[k, :4].tolist()
                if (x1 - x0) * (y1 - y0) >= passage.rules.min_area:
                    kept.append(k)
        if len(kept) < len(masks):
            passage.kept[self.name] = passage.kept[self.name][kept]
            passage.give(MASKS, [masks[k] for k in kept])
        return boxes[kept]
