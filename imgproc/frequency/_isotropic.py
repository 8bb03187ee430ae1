"""Filters whose gain depends on the length of a wave and not on its direction."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import as_image, border_name, integer, one_of, positive
from .._core.formats import work_dtype
from .._core.levels import fill_level
from .._core.planes import full_scale
from .._core.spectra import double_size, filter_by_dct, filter_by_dft, frequencies, taking_part

KINDS = ("butterworth", "ideal", "gaussian")

CACHED_BELOW = 1 << 22
"""Transfers of fewer samples are kept, the last eight of them."""


LARGEST_ORDER = 1000
"""Of Butterworth's filter, which is the ideal one by then."""

LEAST_CUTOFF, MOST_CUTOFF = 1e-9, 1e9
"""Cycles per pixel; cutoffs beyond these count as these.  No image is so large that it has such a slow wave."""

_ROWS = 16
"""Of a transfer, computed at a time."""


def prototype(kind: str, order: int, t: np.ndarray) -> np.ndarray:
    """The lowpass prototype over t, the squared ratio of frequency and cutoff."""
    if kind == "ideal":
        return (t <= 1).astype(np.float64)
    if kind == "gaussian":
        return elementary_arrays.exp(t / -2)
    return 1 / (1 + elementary_arrays.whole_power(t, order))


def lowpass_gain(kind: str, order: int, cutoff: float, squared: np.ndarray) -> np.ndarray:
    return prototype(kind, order, squared / elementary.square(cutoff))


def highpass_gain(kind: str, order: int, cutoff: float, squared: np.ndarray) -> np.ndarray:
    return 1 - lowpass_gain(kind, order, cutoff, squared)


def _isotropic(
    shape: Callable[..., np.ndarray], params: tuple, size: tuple[int, int], dct: bool, dtype: np.dtype
) -> np.ndarray:
    """A gain that depends on the distance from zero frequency only, on the grid of the DCT or of the half DFT."""
    if dct:
        fy, fx = np.arange(size[0])[:, np.newaxis] / (2 * size[0]), np.arange(size[1])[np.newaxis] / (2 * size[1])
    else:
        fy, fx = frequencies(size)
    gain = np.empty((fy.size, fx.size), dtype)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        for i in range(0, fy.size, _ROWS):  # in the cache: float64 takes much memory for all of them
            gain[i : i + _ROWS] = shape(*params, fy[i : i + _ROWS] ** 2 + fx * fx)
    gain.flags.writeable = False
    return gain


_kept = functools.lru_cache(maxsize=8)(_isotropic)


def filtered(
    image: np.ndarray, shape: Callable[..., np.ndarray], params: tuple, border: str, fill: float
) -> Callable[[np.ndarray], np.ndarray]:
    """The filter of a plane of the image by an isotropic gain."""
    dct = border == "reflect"
    size = image.shape[:2] if dct or border == "wrap" else double_size(image.shape[:2])
    make = _kept if size[0] * size[1] < CACHED_BELOW else _isotropic
    gain = make(shape, params, size, dct, work_dtype(image.dtype))
    if dct:
        return lambda plane: filter_by_dct(plane, gain)
    return lambda plane: filter_by_dft(plane, gain, size, border, fill * full_scale(image.dtype))


def cutoff_of(cutoff: Any) -> float:
    return min(max(positive(cutoff, "cutoff"), LEAST_CUTOFF), MOST_CUTOFF)


def checked(
    image: Any, kind: Any, order: Any, border: Any, fill: Any, mask: Any
) -> tuple[np.ndarray, int, float, np.ndarray | None]:
    image = as_image(image)
    one_of(kind, "kind", KINDS)
    order = integer(order, "order", at_least=1, at_most=LARGEST_ORDER)
    border_name(border)
    return image, order, fill_level(fill, image), taking_part(image, mask)
