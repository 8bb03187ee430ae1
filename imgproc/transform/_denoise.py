"""Noise removed by shrinking wavelet coefficients."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._core import elementary
from .._core.check import as_image, border_name, integer, one_of
from .._core.declare import declare
from .._core.levels import LEVEL, fraction
from .._core.planes import full_scale
from .._core.spectra import each_plane
from ._filters import NAMES
from ._wavelet import analyse, deepest, synthesize

__all__ = ["wavelet_denoise"]

RULES = ("bayes", "visu")
MEDIAN_OF_NORMAL = 0.6744897501960817
"""Of the absolute value of a standard normal number."""


def wavelet_denoise(
    image: np.ndarray,
    *,
    name: str = "sym4",
    levels: int | None = None,
    threshold: float | str = "bayes",
    kind: str = "soft",
    border: str = "reflect",
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
        How the image goes on beyond its edges (``constant``: with 0); see `imgproc._core.border`.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  NaN and infinite pixels count as the
        mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    s is the median of the absolute value of the finest diagonal details, divided by 0.6745 [1]_; zeros, as of black
    margins, are not counted.

    References
    ----------
    .. [1] D. L. Donoho, I. M. Johnstone, "Ideal Spatial Adaptation by Wavelet Shrinkage", Biometrika 81, 1994.
    .. [2] S. G. Chang, B. Yu, M. Vetterli, "Adaptive Wavelet Thresholding for Image Denoising and Compression", IEEE
       Transactions on Image Processing 9, 2000.
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
    if image.size == 0:
        return image.copy()
    levels = max(deepest(image.shape[:2], name) - 3, 1) if levels is None else levels

    def work(plane: np.ndarray) -> np.ndarray:
        h, w = plane.shape
        coefficients = analyse(plane, name, levels, border)
        if levels == 0:
            return plane
        sigma = noise_of(coefficients[-1][2]) if isinstance(threshold, str) else 0.0
        limit = sigma * math.sqrt(2 * elementary.log(h * w)) if threshold == "visu" else threshold
        for level in coefficients[1:]:
            for details in level:
                _shrink(details, _bayes(details, sigma) if threshold == "bayes" else limit, kind)
        return synthesize(coefficients, name)[:h, :w]

    return each_plane(image, work)


def noise_of(diagonal: np.ndarray) -> float:
    """Standard deviation of the noise, by the finest diagonal details."""
    sizes = np.abs(diagonal[diagonal != 0])
    return float(np.median(sizes)) / MEDIAN_OF_NORMAL if sizes.size else 0.0


def _bayes(details: np.ndarray, sigma: float) -> float:
    noise, power = sigma * sigma, float(np.mean(np.square(details), dtype=np.float64))
    if noise == 0:
        return 0.0
    return noise / np.sqrt(power - noise) if power > noise else np.inf


def _shrink(details: np.ndarray, limit: Any, kind: str) -> None:
    """In place."""
    limit = details.dtype.type(min(limit, np.finfo(np.float32).max))
    if kind == "hard":
        details[np.abs(details) < limit] = 0
    else:
        details -= np.clip(details, -limit, limit)


declare(wavelet_denoise, no_peer="no row yet")
