"""Boxes that are measured by the masks of their instances."""

from __future__ import annotations

import numpy as np

from .base import Passage
from .boxes import Boxes
from .masks import Reaching, bounds_of_mask
from .rows import Carried, carried, parts

MASKS = "masks"
"""The target that has a mask for each box."""


class MeasuredBoxes(Boxes):
    """Boxes with a mask each, by which they are measured anew wherever they have been moved.

    A box is first carried like any other, which decides by what is seen of it whether it stays.  Then it becomes the
    smallest box around what is left of its mask.  It goes, and the mask with it, where nothing is left, or too little.
    """

    __slots__ = ()

    def move(self, value: np.ndarray | Carried, passage: Passage) -> np.ndarray | Carried:
        """Along the path of the passage, and then by the masks, if the sample has any."""
        found = super().move(value, passage)
        if MASKS not in passage.sample.opened:
            return found
        boxes, more = parts(found)
        masks = passage.value(MASKS)
        kept: list[int] = []
        for k, mask in enumerate(masks):
            first, last = masks.parts[k][:2] if isinstance(masks, Reaching) else (0, len(mask))
            if bounds_of_mask(mask[first:last], boxes[k]):
                boxes[k, 1:4:2] += first
                x0, y0, x1, y1 = boxes[k, :4].tolist()
                if (x1 - x0) * (y1 - y0) >= passage.rules.min_area:
                    kept.append(k)
        if len(kept) < len(masks):
            passage.kept[self.name] = passage.kept[self.name][kept]
            passage.give(MASKS, [masks[k] for k in kept])
        rows = np.array(kept, np.intp)
        return carried(boxes[rows], more, rows)
