"""Float images for functions that assume levels from 0 to 1: what is clearly in other units is refused."""

from __future__ import annotations

import numpy as np

from .door import trusted
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
MEANT = "; if they are meant so, call within imgproc.trust_levels()"
_USUAL = (255, 4095, 65535)


def must_be_unit(
    image: np.ndarray, name: str = "image", *, who: str = "this", mask: np.ndarray | None = None, other: str = ""
) -> None:
    """Refuse a float image whose levels are clearly not those from 0 to 1, see `is_beyond_unit`.

    Not so what a chain has made of an image that its door has let in, nor where the caller vouches for it.

    Parameters
    ----------
    image : ndarray
        An image that `as_image` has checked.
    name, who : str
        What messages call the image, and what needs such levels.
    mask : ndarray of bool, optional
        Which pixels count.
    other : str
        What else the caller can do.

    Raises
    ------
    ValueError
        It says how to bring the image to levels from 0 to 1.
    """
    if image.dtype.kind == "f" and is_beyond_unit(image, mask) and not trusted().levels:
        _refuse(image if mask is None else image[mask], name, who, other)


def is_beyond_unit(image: np.ndarray, mask: np.ndarray | None = None) -> bool:
    """Whether the levels of an image are clearly not those from 0 to 1.

    That is if more than one in a hundred of its levels lies beyond -16 or 16, and more than 8 of them, or if
    more than a quarter lies below -1 or above 2.  NaN does not count.  Images of integers have the range of their
    dtype, and cost nothing here.
    """
    if image.dtype.kind != "f" or image.size == 0:
        return False
    seen = _some(image, mask).ravel()
    if not seen.size or (np.minimum.reduce(seen) >= LEAST and np.maximum.reduce(seen) <= MOST):
        return False  # the usual case, said sooner than how many there are; NaN goes on
    many = np.count_nonzero(np.abs(seen - seen.dtype.type(0.5)) > MOST - 0.5) > MANY * seen.size
    return bool(many) or _has_far(seen)


def must_be_turns(hue: np.ndarray, name: str) -> None:
    """Refuse a plane of hues that is clearly in degrees: more than one in a hundred is beyond 16 turns."""
    if hue.dtype.kind == "f" and hue.size and _has_far(_some(hue, None)) and not trusted().levels:
        finite = hue[np.isfinite(hue)]
        if not finite.size:
            return
        low, high = float(finite.min()), float(finite.max())
        raise ValueError(
            f"{name} must have hues in turns, 1 is once around, got {low:g} to {high:g}: divide degrees by 360"
        )


def _has_far(seen: np.ndarray) -> bool:
    return int(np.count_nonzero(np.abs(seen) > FAR)) > max(SHARE * seen.size, 8)


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


def _refuse(levels: np.ndarray, name: str, who: str, other: str) -> None:
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
    got = f"got floats from {low:g} to {high:g}"
    raise ValueError(f"{name} must have levels from 0 to 1 for {who}, {got}: pass {way}{other}{MEANT}")
