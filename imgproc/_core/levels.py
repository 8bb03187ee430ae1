"""Parameters that speak of intensity: fractions of full scale, and the refusal of numbers that are meant in 0 to 255.

Whoever comes from OpenCV or Pillow writes ``threshold(image, level=128)`` and would get a black picture.  So each such
parameter has a sensible range, one of the few below, and a number beyond it is refused with the fraction that was
probably meant.  The ranges leave room for what is brighter than white and darker than black.

A float image may be in units of its own, such as those of a CT scan.  A function that has the image at hand takes a
number beyond the range if the image itself goes beyond it.  A transform has no image when it is made.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .bounds import LARGEST
from .check import finite, real
from .formats import channels_of, is_sequence
from .unit_range import must_be_unit


class Scale(NamedTuple):
    """The range of a kind of parameter, whether it is a fraction of full scale squared, and what it is of otherwise."""

    least: float
    most: float
    squared: bool = False
    of: str = "full scale"


LEVEL = Scale(-math.inf, 8.0)
"""A level of the image: a threshold, a fill, a mean.  Below 0 nothing can be meant in 0 to 255."""
SHIFT = Scale(-2.0, 2.0)
"""What is added to levels."""
SPREAD = Scale(-math.inf, 2.0)
"""A difference of levels: a standard deviation, a strength, the height of an edge."""
VARIANCE = Scale(-math.inf, 4.0, True)
"""A difference of levels, squared."""
_PIXELS = 512
"""Of the example in messages."""
ANY = Scale(-math.inf, math.inf)
"""No level: a number of any other meaning."""
COMPUTED = Scale(-math.inf, math.inf, of="full scale, computed")
"""A level that the library has computed itself."""
TURN = Scale(-2.0, 2.0, of="turn")
"""No level: a shift of hue, in turns, which other libraries have in degrees."""
SIDE = Scale(-2.0, 2.0, of="side")
"""No level: a length as a fraction of the image's side, which other libraries have in pixels."""


def fraction(
    value: Any,
    name: str,
    scale: Scale = LEVEL,
    image: np.ndarray | None = None,
    *,
    above: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    default: float | None = None,
) -> float:
    """Check a finite number that is a fraction of full scale, and its bounds.

    Parameters
    ----------
    value : float
    name : str
    scale : Scale
        The sensible range.
    image : ndarray, optional
        The image that the number is for.  If it is of floats and goes beyond the range, so may the number.
    above, at_least, at_most : float, optional
        Bounds that hold in any case.
    default : float, optional
        What the number is if the caller does not say it.  That is a fraction, so it is for levels from 0 to 1 alone.
    """
    number = finite(value, name)
    if default is not None and number == default and image is not None and image.dtype.kind == "f":
        must_be_unit(image, who=f"{name}={default:.3g}", other=f", or {name}= in the units of the image")
    whole = image is not None and image.dtype.kind == "u" and scale in (LEVEL, SHIFT)  # whose levels end at 1
    if not scale.least <= number <= (1.0 if whole else scale.most):
        _refuse_beyond(number, name, scale, image)
    if above is not None and number <= above:
        raise ValueError(f"{name} must be > {above:g}, got {number}")
    if at_least is None and at_most is None and (scale in (LEVEL, COMPUTED) or -LARGEST <= number <= LARGEST):
        return number  # a level only stands for itself: that of "no data" may be any
    return real(number, name, at_least=at_least, at_most=at_most)


def fractions(
    value: Any,
    name: str,
    scale: Scale = LEVEL,
    image: np.ndarray | None = None,
    *,
    channels: int | None = None,
    above: float | None = None,
    at_least: float | None = None,
) -> float | tuple[float, ...]:
    """Check one `fraction`, or a sequence of one for each channel.

    With `channels`, the number of channels of the image, a sequence must have as many entries; without, at least one.
    """
    if not is_sequence(value):
        return fraction(value, name, scale, image, above=above, at_least=at_least)
    if channels is None and not len(value):
        raise ValueError(f"{name} must be a level or one for each channel, got none")
    if channels not in (None, len(value)):
        raise ValueError(f"{name} must be one level or {channels}, one a channel, got {len(value)}")
    return tuple(fraction(v, f"{name}[{i}]", scale, image, above=above, at_least=at_least) for i, v in enumerate(value))


def fill_level(value: Any, image: np.ndarray | None = None) -> float:
    """Check the level of a border that is the same for all channels."""
    found = fraction(value, "fill", LEVEL, image)
    if image is not None:
        must_be_held(found, "fill", image.dtype)
    return found


def fill_levels(value: Any, image: np.ndarray | None = None) -> float | tuple[float, ...]:
    """Check the level of a border, or one for each channel."""
    if type(value) is float and 0.0 <= value <= 1.0:
        return value  # it passes all that follows
    if image is None:
        return fractions(value, "fill")
    found = fractions(value, "fill", LEVEL, image, channels=channels_of(image))
    for number in found if isinstance(found, tuple) else (found,):
        must_be_held(number, "fill", image.dtype)
    return found


def must_be_held(number: float, name: str, dtype: np.dtype) -> None:
    """Raise ValueError if a finite number would be infinite as a float of a dtype."""
    most = float(np.finfo(dtype).max) if dtype.kind == "f" else np.inf
    if most < abs(number) < np.inf:
        raise ValueError(f"{name} must be a level that {dtype} holds, at most {most:.5g}, got {number:g}")


def turns(value: Any, name: str) -> float:
    """Check a shift of hue."""
    return fraction(value, name, TURN)


def _refuse_beyond(number: float, name: str, scale: Scale, image: np.ndarray | None) -> None:
    """Raise ValueError with the fraction that is meant, unless the image is in units of its own."""
    if image is not None and image.dtype.kind == "f":
        levels = np.abs(image[np.isfinite(image)])
        if not levels.size or levels.min() == levels.max():  # a frame of one level says nothing of its units
            return
        most = float(levels.max()) if levels.size else 0.0
        if (most * most if scale.squared else most) > scale.most:
            return
    if scale is SIDE:
        what = f"{name} is a fraction of the image's side, 1 is all of it"
        raise ValueError(f"{what}: {number:g} of {_PIXELS} pixels is {number / _PIXELS:.3g}")
    if scale is TURN:
        raise ValueError(f"{name} is in turns, 1 is once around: {number:g} of 360 degrees is {number / 360:.3g}")
    squared = " squared" if scale.squared else ""
    what = f"{name} is a fraction of full scale{squared}"
    for top in (255, 65535):
        unit = top * top if squared else top
        if abs(number) <= unit:
            raise ValueError(f"{what}: {number:g} of {top}{squared} is {number / unit:.3g}")
    bound = f"at most {scale.most:g}" if number > 0 else f"at least {scale.least:g}"
    raise ValueError(f"{what} and must be {bound}, got {number:g}")
