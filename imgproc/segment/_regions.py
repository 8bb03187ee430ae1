"""Connected regions."""

from __future__ import annotations

import numpy as np

from .._core.check import integer
from .._core.declare import declare
from .._core.opencv import load_cv2

__all__ = ["connected_components"]


def connected_components(mask: np.ndarray, *, connectivity: int = 8) -> np.ndarray:
    """Number the connected regions of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
        True inside the regions.
    connectivity : int
        4, neighbours share a side, or 8, they share a side or a corner.

    Returns
    -------
    ndarray of int32, shape (h, w)
        0 outside, 1 to n in the regions, in the order in which rows meet them.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``cv2.connectedComponents`` with the numbers of ``skimage.measure.label``.
    """
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"mask must be a numpy array of bool, got {type(mask).__name__}")
    if mask.dtype != bool:
        raise TypeError(f"mask must be bool, got {mask.dtype}: write mask != 0")
    if mask.ndim != 2:
        raise ValueError(f"mask must have shape (h, w), got {mask.shape}")
    connectivity = connectivity_of(connectivity)
    if not mask.size:
        return np.zeros(mask.shape, np.int32)
    cv2 = load_cv2()
    source = np.ascontiguousarray(mask).view(np.uint8)
    # The numbers of one algorithm; others count regions by blocks of pixels.
    count, labels = cv2.connectedComponentsWithAlgorithm(source, connectivity, cv2.CV_32S, cv2.CCL_WU)
    flat = labels.ravel()
    met = np.full(count, flat.size, np.int64)
    met[flat[::-1]] = np.arange(flat.size)[::-1]  # the last assignment to a place holds: the first pixel
    met[0] = -1
    numbers = np.empty(count, np.int32)
    numbers[np.argsort(met, kind="stable")] = np.arange(count, dtype=np.int32)
    return labels if (numbers == np.arange(count)).all() else numbers[labels]


def connectivity_of(value: int) -> int:
    number = integer(value, "connectivity", at_least=4, at_most=8)
    if number not in (4, 8):
        raise ValueError(f"connectivity must be 4 or 8, got {number}")
    return number


declare(connected_components, no_peer="no row yet")
