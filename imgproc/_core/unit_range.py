"""Float images for functions that assume levels from 0 to 1: what is clearly in other units is refused."""

from __future__ import annotations

import numpy as np

from .door import is_inside
from .formats import channels_of

LEAST, MOST = -1.0, 2.0
"""Levels between these count as rounding, noise or overshoot of levels from 0 to 1."""
MANY = 0.25
"""This part of the levels may lie beyond, as after sharpening."""
FAR = 16.0
"""What is farther from 0 than this is in other units."""
SHARE = 0.01
"""This part of the levels may be so far: glints, and pixels without data."""
SIDE = 32
"""At most so many rows, and so many levels of each, are looked at, evenly spread."""
_USUAL = (255, 4095, 65535)


def must_be_unit(image: np.ndarray, name: str = "image", *, who: str = "this", mask: np.ndarray | None = None) -> None:
    """Refuse a float image whose levels are clearly not those from 0 to 1.

    That is if more than one in a hundred of its levels lies beyond -16 or 16, and more than 8 of them, or if
    more than a quarter lies below -1 or above 2.  NaN does not count.  Images of integers have the range of their
    dtype, and cost nothing here.  What a chain has made of an image that its door has let in is not refused.

    Parameters
    ----------
    image : ndarray
        An image that `as_image` has checked.
    name, who : str
        What messages call the image, and what needs such levels.
    mask : ndarray of bool, optional
        Which pixels count.

    Raises
    ------
    ValueError
        It says how to bring the image to levels from 0 to 1.
    """
    if image.dtype.kind != "f" or image.size == 0:
        return
    seen = _some(image, mask)
    if (
        np.minimum.reduce(seen, axis=None, initial=0.0) >= LEAST
        and np.maximum.reduce(seen, axis=None, initial=0.0) <= MOST
    ):
        return  # the usual case, said sooner than how many there are; NaN goes on
    far = np.count_nonzero(np.abs(seen) > FAR)
    many = np.count_nonzero(np.abs(seen - seen.dtype.type(0.5)) > MOST - 0.5) > MANY * seen.size
    if (many or far > max(SHARE * seen.size, 8)) and not is_inside():
        _refuse(image if mask is None else image[mask], name, who)


def _some(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Levels that are evenly spread over the image, of all channels."""
    h, w = image.shape[:2]
    rows, columns = -(-h // SIDE), -(-w // SIDE)
    if mask is not None:
        return image[::rows, ::columns][mask[::rows, ::columns]]
    lines = image[::rows]
    lines = lines.reshape(lines.shape[0], -1)
    step, channels = -(-lines.shape[1] // SIDE), channels_of(image)
    return lines[:, :: step + (channels > 1 and step % channels == 0)]  # another channel at each step


def _refuse(levels: np.ndarray, name: str, who: str) -> None:
    finite = levels[np.isfinite(levels)]
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    source: tuple[float, float] = (low, high)
    if low >= 0.0 and high > FAR:
        source = (0, next((top for top in _USUAL if high <= top), high))
    way = f"imgproc.rescale({name}, source=({source[0]:g}, {source[1]:g})), or another range that fits its units"
    if 2 * np.count_nonzero((finite >= LEAST) & (finite <= MOST)) > finite.size:
        way = f"{name}.clip(0, 1) where the few that lie beyond may be cut, or {way}"
    raise ValueError(f"{name} must have levels from 0 to 1 for {who}, got floats from {low:g} to {high:g}: pass {way}")
