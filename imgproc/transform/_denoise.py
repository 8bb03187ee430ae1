"""Noise removed by shrinking wavelet coefficients."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import numpy as np

from .._core import elementary
from .._core.border import index_map
from .._core.check import as_image, border_name, integer, one_of
from .._core.declare import Case, declare, versus
from .._core.jit import borrowed, kernel
from .._core.levels import LEVEL, fraction
from .._core.planes import canonical, full_scale
from .._core.spectra import each_plane, taking_part
from ._filters import NAMES, taps
from ._wavelet import deepest, split, synthesize

__all__ = ["wavelet_denoise"]

RULES = ("bayes", "visu")
MEDIAN_OF_NORMAL = 0.6744897501960817
"""Of the absolute value of a standard normal number."""

ENOUGH = 64
"""So many details tell the noise to a tenth."""

ROUNDINGS = 2
"""Details within so many roundings (of the dtype, relative to the coarse level) of zero count as zeros."""


LANES = 16
"""So many sums run side by side, so that the loop vectorises, and the result does not depend on the CPU."""


@kernel
def _add_squares(details, coarse, tolerance, lanes):
    """Add up the squares of the details that `counted` counts, and their number."""
    details, coarse = borrowed(details), borrowed(coarse)
    zero, squares, counts = 0.0, lanes[0], lanes[1]
    for y in range(details.shape[0]):
        row, level = details[y], coarse[y]
        for x in range(0, row.size // LANES * LANES, LANES):
            for k in range(LANES):
                v = row[x + k]
                there = abs(v) > abs(level[x + k]) * tolerance
                squares[k] += np.float64(v * v) if there else zero
                counts[k] += 1.0 if there else zero
        for x in range(row.size // LANES * LANES, row.size):
            if abs(row[x]) > abs(level[x]) * tolerance:
                squares[0] += row[x] * row[x]
                counts[0] += 1.0


def wavelet_denoise(
    image: np.ndarray,
    *,
    name: str = "sym4",
    levels: int | None = None,
    threshold: float | str = "bayes",
    kind: str = "soft",
    border: str = "reflect",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Remove noise by making small wavelet coefficients smaller, or zero.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    name : {"haar", "db2", "db4", "sym4", "sym8"} or any of "db1" to "db10", "sym2" to "sym8"
        The wavelet, see `wavelet`.
    levels : int, optional
        How often the image is split, from 0 to 32.  Default: three less than `wavelet`'s, at least one.
    threshold : {"bayes", "visu"} or float
        What counts as small: found by BayesShrink [2]_ for each level and direction, s^2 / sqrt(variance - s^2) with
        the noise's standard deviation s; or VisuShrink's [1]_, s sqrt(2 ln(h w)), which leaves hardly any noise and
        blurs; or a number of at least 0, as a fraction of full scale.
    kind : {"soft", "hard"}
        Coefficients come nearer to zero by the threshold, or only those below it are set to zero.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        How the image goes on beyond its edges (``constant``: with 0); see `imgproc.pad`.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  Pixels that `mask` leaves out keep their
        values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    Notes
    -----
    s is the median of the absolute value of the finest diagonal details, divided by 0.6745 [1]_.  Zeros, as of margins
    of any one level, are counted neither there nor in the variance; what is within 2 roundings of the dtype of zero,
    relative to the level, is a zero.  Neither are details counted that see a filled pixel, if there are 64 others.

    References
    ----------
    .. [1] D. L. Donoho, I. M. Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage", Biometrika 81, 1994.
    .. [2] S. G. Chang, B. Yu, M. Vetterli, "Adaptive Wavelet Thresholding for Image Denoising and Compression", IEEE
       Transactions on Image Processing 9, 2000.

    Examples
    --------
    >>> noisy = add_noise(np.full((64, 64), 0.5), key=1, std=0.1)
    >>> bool(wavelet_denoise(noisy).std() < 0.7 * noisy.std())
    True
    """
    image = as_image(image)
    one_of(name, "name", NAMES)
    if levels is not None:
        levels = integer(levels, "levels", at_least=0, at_most=32)
    if isinstance(threshold, str):
        one_of(threshold, "threshold", RULES)
    else:
        threshold = fraction(threshold, "threshold", LEVEL, image, at_least=0) * full_scale(image.dtype)
    one_of(kind, "kind", ("soft", "hard"))
    border_name(border)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()
    levels = max(deepest(image.shape[:2], name) - 3, 1) if levels is None else levels

    whole: list[Any] = [mask]  # for each level
    for _ in range(levels):
        whole.append(None if mask is None else whole_windows(whole[-1], name, border))

    def work(plane: np.ndarray) -> np.ndarray:
        h, w = plane.shape
        if levels == 0:
            return plane
        smooth, details = [], []
        for _ in range(levels):
            plane, level = split(canonical(plane), name, border)
            smooth.append(plane)
            details.append(level)
        finest = details[0][2]
        sigma = noise_of(finest, counted(finest, smooth[0], whole[1])) if isinstance(threshold, str) else 0.0
        limit = sigma * math.sqrt(2 * elementary.log(h * w)) if threshold == "visu" else threshold
        for coarse, level, seen in zip(smooth, details, whole[1:], strict=True):
            for part in level:
                _shrink(part, _bayes(part, coarse, seen, sigma) if threshold == "bayes" else limit, kind)
        left = [*details, plane]
        smooth.clear()
        details.clear()
        return synthesize((left.pop() for _ in range(levels + 1)), name)[:h, :w]  # each is free when it is used

    return each_plane(image, work, mask, contiguous=True)


def _tolerance(dtype: np.dtype) -> np.floating:
    return dtype.type(ROUNDINGS * np.finfo(dtype).eps)


def counted(details: np.ndarray, coarse: np.ndarray, whole: np.ndarray | None = None) -> np.ndarray:
    """Which coefficients are more than what rounding leaves of places without any detail, as margins of one level.

    Sums of equal pixels and of even slopes are zero in exact arithmetic.  In floats they are within a few roundings of
    the level, which the coarse coefficients of the same level hold.  With `whole`, by `whole_windows`, only those count
    that see no filled pixel, if there are enough of them.
    """
    limit = np.abs(coarse)
    limit *= _tolerance(details.dtype)
    there = np.abs(details) > limit
    return there if whole is None or not _enough(whole) else there & whole


def _enough(whole: np.ndarray) -> bool:
    return bool(np.count_nonzero(whole) >= ENOUGH)


def whole_windows(mask: np.ndarray, name: str, border: str) -> np.ndarray:
    """Which coefficients of the finest level see no pixel that a mask leaves out; of the next level, no coefficient."""
    length, found = taps(name).shape[1], mask
    for axis in (0, 1):
        n = found.shape[axis]
        after = max(2 * ((n + length - 1) // 2) - n, 0)
        places = index_map(n, length - 2, after, border)
        lines = np.take(found, places, axis) | np.expand_dims(places < 0, 1 - axis)
        windows = np.lib.stride_tricks.sliding_window_view(lines, length, axis=axis)
        found = np.logical_and.reduce(windows[::2] if axis == 0 else windows[:, ::2], axis=-1)
    return found


def noise_of(diagonal: np.ndarray, there: np.ndarray) -> float:
    """Standard deviation of the noise, by those of the finest diagonal details that are there."""
    sizes = np.abs(diagonal[there])
    return float(np.median(sizes)) / MEDIAN_OF_NORMAL if sizes.size else 0.0


def _bayes(details: np.ndarray, coarse: np.ndarray, whole: np.ndarray | None, sigma: float) -> float:
    noise, lanes = sigma * sigma, np.zeros((2, LANES))
    if noise == 0:
        return 0.0
    if whole is not None and _enough(whole):
        details = np.where(whole, details, 0)
    _add_squares(canonical(details), canonical(coarse), _tolerance(details.dtype), lanes)
    total, count = lanes.sum(axis=1)
    power = total / max(count, 1)
    return noise / np.sqrt(power - noise) if power > noise else np.inf


_ROWS = 64


def _shrink(details: np.ndarray, limit: Any, kind: str) -> None:
    """In place, some rows at a time."""
    limit = details.dtype.type(min(limit, np.finfo(np.float32).max))
    for y in range(0, len(details), _ROWS):
        rows = details[y : y + _ROWS]
        if kind == "hard":
            rows[np.abs(rows) < limit] = 0
        else:
            rows -= np.clip(rows, -limit, limit)


def _rows() -> list[Case]:
    from skimage import restoration

    if importlib.util.find_spec("pywt") is None:  # scikit-image calls it
        return []
    return [
        versus(
            "wavelet_denoise",
            "grey float",
            wavelet_denoise,
            "skimage denoise_wavelet",
            lambda x: restoration.denoise_wavelet(x, wavelet="sym4", mode="soft", method="BayesShrink"),
            unit="of 1",
            what="sym4, BayesShrink",
            tolerance=1e-4,
        )
    ]


declare(wavelet_denoise, peers=_rows)
