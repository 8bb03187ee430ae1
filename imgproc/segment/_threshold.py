"""Thresholds, of the whole image and of neighbourhoods."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image, as_mask, border_name, integer, one_of, radius_within, real
from .._core.declare import declare
from .._core.formats import work_dtype
from .._core.levels import SHIFT, fill_level, fraction
from .._core.planes import canonical, full_scale, luma
from .._neighbours.float_filters import apply, separable
from .._neighbours.gaussian import gaussian_weights, mirrored
from ..histogram._count import count_levels
from ..local import local_mean, local_std

__all__ = ["adaptive_threshold", "multi_otsu", "otsu_threshold"]

MOST_LEVELS = 256
"""That several thresholds are looked for among."""


def _distribution(image: np.ndarray, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Sorted levels that occur among the finite pixels, and how often."""
    image = as_image(image, channels=(1, 3))
    mask = as_mask(mask, image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    with np.errstate(invalid="ignore", over="ignore"):
        plane = luma(image) if image.shape[2:] == (3,) else canonical(image.reshape(image.shape[:2]))
    if plane.dtype.kind == "u":
        counts = count_levels(plane, mask)[0]
        levels = np.flatnonzero(counts)
        return levels.astype(np.float64), counts[levels]
    values = plane[mask] if mask is not None else plane.ravel()
    values = values[np.isfinite(values)].astype(np.float64)
    if not values.size:
        raise ValueError("image must have a finite pixel" if mask is None else "mask must select a finite pixel")
    return np.unique(values, return_counts=True)


def otsu_threshold(image: np.ndarray, *, mask: np.ndarray | None = None) -> float:
    """Otsu's threshold: the one that separates the means of both sides best.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count.

    Returns
    -------
    float
        The highest level of the dark side, as a fraction of full scale, as `threshold` takes it: what is above it is
        bright.  Exact for every dtype, without bins; the lowest of equally good ones.  The level itself where there is
        only one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite.

    References
    ----------
    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9(1), 1979.
    """
    levels, counts = _distribution(image, mask)
    full = full_scale(image.dtype)
    if levels.size == 1:
        return float(levels[0] / full)
    below, total = np.cumsum(counts).astype(np.float64), float(counts.sum())
    middle = levels - levels[0]  # sums of squares of small numbers
    sums = np.cumsum(middle * counts)
    n, s = below[:-1], sums[:-1]
    apart = (s * total - sums[-1] * n) ** 2 / (n * (total - n))
    return float(levels[int(np.argmax(apart))] / full)


def multi_otsu(image: np.ndarray, *, classes: int = 3, mask: np.ndarray | None = None) -> np.ndarray:
    """Otsu's method for several classes: thresholds that separate the means of all classes best.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    classes : int
        From 2 to 64.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count.

    Returns
    -------
    ndarray of float64, shape (classes - 1,)
        In rising order the highest level of each class but the last, as fractions of full scale.  Exact where at most
        256 levels occur, as in any 8-bit image; of more, 256 groups of equal width are told apart.  With fewer levels
        than classes, each level is a class and the last threshold is repeated.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite.

    References
    ----------
    P.-S. Liao, T.-S. Chen, P.-C. Chung, "A fast algorithm for multilevel thresholding", J. Information Science and
    Engineering 17, 2001; here by dynamic programming, whose time does not grow exponentially with the classes.
    """
    image = as_image(image, channels=(1, 3))
    classes = integer(classes, "classes", at_least=2, at_most=64)
    levels, counts = _distribution(image, mask)
    full = full_scale(image.dtype)
    sums, highest = levels * counts, levels
    if levels.size > MOST_LEVELS:
        group = ((levels - levels[0]) * (MOST_LEVELS / (levels[-1] - levels[0]))).astype(np.int64)
        group = np.minimum(group, MOST_LEVELS - 1)
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        counts, sums = np.add.reduceat(counts, starts), np.add.reduceat(sums, starts)
        highest = levels[np.append(starts[1:], levels.size) - 1]
    found = highest[_splits(counts.astype(np.float64), sums, min(classes, counts.size))] / full
    missing = classes - 1 - found.size
    last = found[-1] if found.size else highest[-1] / full
    return np.concatenate((found, np.full(missing, last)))


def _splits(counts: np.ndarray, sums: np.ndarray, classes: int) -> np.ndarray:
    """The last group of each class but the last: the sum over the classes of sum**2 / count is largest."""
    size = counts.size
    about = sums - sums.sum() / counts.sum() * counts  # about the mean, where squares lose least
    n, s = np.concatenate(([0.0], np.cumsum(counts))), np.concatenate(([0.0], np.cumsum(about)))
    number = n[None, :] - n[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(number > 0, (s[None, :] - s[:, None]) ** 2 / number, -np.inf)  # of groups i to j - 1
    best, back = value[0], []
    for _ in range(classes - 1):
        total = best[:, None] + value
        back.append(np.argmax(total, axis=0))
        best = total[back[-1], np.arange(size + 1)]
    found, end = [], size
    for before in reversed(back):
        end = before[end]
        found.append(end - 1)
    return np.array(found[::-1], np.int64)


def adaptive_threshold(
    image: np.ndarray,
    *,
    radius: int,
    method: str = "mean",
    k: float = 0.2,
    offset: float = 0.0,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Compare each pixel with a threshold of its neighbourhood.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side.
    method : {"mean", "gaussian", "sauvola", "niblack"}
        With m and s the window's mean and standard deviation: m; the mean weighted by a Gaussian of standard deviation
        0.3 radius + 0.35 (OpenCV's for this window); ``m (1 + k (s / R - 1))`` with R half of full scale; ``m - k s``.
    k : float
        Of Sauvola's and Niblack's methods.
    offset : float
        Taken away from the threshold, as a fraction of full scale.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of bool, shape of the image
        True where the level is above the threshold, in float32 (float64 for a float64 image); False where the window
        has a NaN.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    W. Niblack, "An introduction to digital image processing", 1986, pp. 115-116 (k = -0.2 in his sign).
    J. Sauvola, M. Pietikäinen, "Adaptive document image binarization", Pattern Recognition 33(2), 2000, eq. 5.
    """
    image = as_image(image)
    radius = radius_within(radius, image)
    one_of(method, "method", ("mean", "gaussian", "sauvola", "niblack"))
    k, offset = real(k, "k"), fraction(offset, "offset", SHIFT, image)
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.zeros(image.shape, bool)
    kind, full = work_dtype(image.dtype).type, full_scale(image.dtype)
    window: dict[str, Any] = {"radius": radius, "border": border, "fill": fill}
    with np.errstate(invalid="ignore", over="ignore"):
        if method == "gaussian":
            sigma = 0.3 * radius + 0.35
            weights = np.array(gaussian_weights(sigma, radius / sigma)[: radius + 1])
            weights /= 2 * weights.sum() - weights[0]
            line = mirrored(weights.tolist())
            level = apply(image, separable(line, line), radius, border, fill)
        else:
            level = local_mean(image, **window)
            if method == "niblack":
                level -= kind(k) * local_std(image, **window)
            elif method == "sauvola":
                level *= kind(1 - k) + kind(2 * k / full) * local_std(image, **window)
        if offset:
            level -= kind(offset * full)
        return image > level


declare(adaptive_threshold, multi_otsu, otsu_threshold, no_peer="no row yet")
declare(adaptive_threshold, result=lambda image: (np.dtype(bool), image.shape))
declare(multi_otsu, result=lambda image: (np.dtype(np.float64), (2,)))
