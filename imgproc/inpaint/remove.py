"""Removing an object from a photo in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._core.check import as_hole, as_image, boxes_on_image, length_within
from .._core.declare import declare
from .._core.opencv import load_cv2
from .exemplar import inpaint_exemplar

__all__ = ["remove_object"]


def remove_object(
    image: np.ndarray,
    boxes_or_mask: np.ndarray | Sequence[Any],
    *,
    margin: int = 2,
    patch_size: int = 9,
    blend: int = 3,
    progress: Callable[[int, int], Any] | None = None,
) -> np.ndarray:
    """Remove objects, given by boxes or by a mask, and fill what was behind them with patches from around.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    boxes_or_mask : array_like of shape (n, 4) or (4,), or ndarray of shape (h, w)
        Boxes (x0, y0, x1, y1) [px], every pixel that they touch; or a bool mask, True where the object is.  Levels that
        were read from a file are no mask yet: write ``read_image("mask.png", mode="grey") > 127``, or ``!= 0`` for 0
        and 1.
    margin : int
        How far around it is filled, too [px]: shadows and mixed pixels of its outline; at most the image's
        longer side (or 100).
    patch_size : int
        Side of the patches [px], odd, from 3 to 55.
    blend : int
        Width of the zone in which seams between patches are blended [px]; at most the image's longer side (or
        100).
    progress : callable, optional
        Called as ``progress(filled, total)``, in pixels.

    Returns
    -------
    ndarray of shape (h, w) or (h, w, c)
        Same shape and dtype as the image, and equal to it away from the objects.  A copy where there is nothing to
        remove.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or value, a box lies outside the image, or nothing is left to copy from.
    ValueError
        If a float image holds NaN or infinity outside the hole: it must be finite there.

    See Also
    --------
    inpaint_exemplar : What it does, with ``priority="tensor"``, and with more control.

    Examples
    --------
    >>> remove_object(image[:48, :48], [(20, 20, 26, 26)]).shape  # boxes, or a mask
    (48, 48, 3)
    """
    image = as_image(image)
    hole = hole_of(image, boxes_or_mask, margin, "boxes_or_mask")
    return inpaint_exemplar(image, hole, patch_size=patch_size, priority="tensor", blend=blend, progress=progress)


def hole_of(image: np.ndarray, boxes_or_mask: Any, margin: Any, name: str) -> np.ndarray:
    """A mask of what boxes touch, or of a mask, and of `margin` pixels around."""
    margin = length_within(margin, "margin", image)
    h, w = image.shape[:2]
    if isinstance(boxes_or_mask, np.ndarray) and boxes_or_mask.dtype == bool:
        hole = as_hole(boxes_or_mask, image, name)
    elif _is_mask_of_levels(boxes_or_mask, image):
        plane = name if boxes_or_mask.ndim == 2 else f"{name}[..., 0]"
        raise TypeError(
            f"{name} must be bool as a mask (True = where to fill), got {boxes_or_mask.dtype} of the image's (h, w), "
            f"{boxes_or_mask.shape}: write {plane} != 0, or {plane} > 127 where bright means to fill"
        )
    else:
        hole = np.zeros((h, w), bool)
        for x0, y0, x1, y1 in boxes_on_image(boxes_or_mask, image, name):
            hole[max(int(np.floor(y0)), 0) : int(np.ceil(y1)), max(int(np.floor(x0)), 0) : int(np.ceil(x1))] = True
    if not margin or not hole.any():
        return hole
    side = 2 * min(margin, max(h, w)) + 1
    return load_cv2().dilate(hole.astype(np.uint8), np.ones((side, side), np.uint8)).astype(bool)


def _is_mask_of_levels(value: Any, image: np.ndarray) -> bool:
    """Whether this is an image of the image's size: a mask as it was read from a file.  (n, 4) is boxes."""
    return (
        isinstance(value, np.ndarray)
        and value.ndim in (2, 3)
        and value.shape[:2] == image.shape[:2] != (0, 0)
        and (value.ndim == 3 or value.shape[1] != 4)
    )


declare(remove_object, no_peer="it makes a mask and calls inpaint_exemplar, which has rows")
