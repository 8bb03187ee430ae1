"""Thresholds, of the whole image and of neighbourhoods."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image, as_mask, border_name, integer, one_of, radius_within, real
from .._core.declare import Case, declare, parts_apart, percent_different, versus
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.levels import SHIFT, fill_level, fraction
from .._core.planes import canonical, full_scale, luma
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from .._core.usual import largest_in_sums
from .._neighbours.float_filters import apply, separable
from .._neighbours.gaussian import gaussian_weights, mirrored
from .._neighbours.window_sums import Windows, valid_samples
from ..histogram._count import count_levels
from ..local import local_mean, local_std

__all__ = ["adaptive_threshold", "multi_otsu", "otsu_threshold"]

MOST_LEVELS = 1 << 16
"""That three and more classes are looked for among.  Time grows by n log n, memory by n for each class."""

CERTAIN = {1: 1e-12, 2: 1e-12, 4: 2.0**-24, 8: 1e-12}
"""By bytes of a level: splits are equally good if they differ by no more than this share of what remains within the
classes.  It is the rounding of the levels themselves for float32, and of the sums for the others."""


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
        bright.  Exact for every dtype, without bins; the lowest of equally good ones, which float32 levels are up to
        their rounding.  The level itself where there is only one, so that nothing is above it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite.

    References
    ----------
    N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9(1), 1979.

    Examples
    --------
    >>> level = otsu_threshold(np.array([[10, 12, 200, 202]], np.uint8))
    >>> threshold(np.array([[10, 12, 200, 202]], np.uint8), level=level)
    array([[  0,   0, 255, 255]], dtype=uint8)
    """
    levels, counts = _distribution(image, mask)
    found, certain = 0, CERTAIN[image.dtype.itemsize]
    if levels.size > 1 and image.dtype.kind == "u":  # what `_splits` does, in one call
        found = _split_in_two(levels, counts, certain, np.empty((3, levels.size + 1)))
    elif levels.size > 1:
        found = _splits(levels, counts, 2, certain)[0]
    return float(levels[found] / full_scale(image.dtype))


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
        In rising order the highest level of each class but the last, as fractions of full scale.  No class is empty
        unless there are fewer levels than classes: then each level is a class and the last threshold is repeated.  Of
        equally good ones the last threshold is the lowest, then the one before it, and so on.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite.

    Notes
    -----
    Exact where at most 65,536 levels occur, as in any image of integers.  Of more, neighbouring levels are put together
    into as many groups: the borders between them are the 32,768 largest gaps between levels, and those that part the
    pixels into 32,768 groups of equal size.  So a single pixel far from all others is a group by itself, and takes
    nothing from the precision of the rest.  It is a class as well, as no other split leaves so little variance: mask
    such pixels.

    References
    ----------
    P.-S. Liao, T.-S. Chen, P.-C. Chung, "A fast algorithm for multilevel thresholding", J. Information Science and
    Engineering 17, 2001; here by dynamic programming, whose time does not grow exponentially with the classes.

    Examples
    --------
    >>> multi_otsu(np.array([[10, 12, 100, 102, 200, 202]], np.uint8), classes=3).round(3)
    array([0.047, 0.4  ])
    """
    image = as_image(image, channels=(1, 3))
    classes = integer(classes, "classes", at_least=2, at_most=64)
    levels, counts = _distribution(image, mask)
    full, fewer = full_scale(image.dtype), min(classes, levels.size)
    found = levels[_splits(levels, counts, fewer, CERTAIN[image.dtype.itemsize])] / full
    return np.concatenate((found, np.full(classes - fewer, found[-1] if found.size else levels[-1] / full)))


def _splits(levels: np.ndarray, counts: np.ndarray, classes: int, certain: float) -> np.ndarray:
    """The numbers of the last level of each class but the last, where the least variance is left within classes."""
    cumulated = np.cumsum(counts)
    middle = int(np.searchsorted(cumulated, cumulated[-1] / 2))
    largest = max(abs(levels[0]), abs(levels[-1]))
    about = levels * 1e-160 if largest > 1e150 else levels  # so that squares are numbers
    about = about - about[middle]
    with np.errstate(under="ignore"):
        parts = [counts, counts * about, counts * about * about]
    last = np.arange(levels.size)
    if levels.size > MOST_LEVELS and classes > 2:
        starts = _group_starts(levels, cumulated)
        parts = [np.add.reduceat(part, starts) for part in parts]
        last = np.append(starts[1:], levels.size) - 1
    # Sums from the middle outwards: one enormous level spoils no class but its own.
    n, at = last.size, int(np.searchsorted(last, middle))
    sums = np.zeros((3, n + 1))
    for line, part in zip(sums, parts, strict=True):
        np.cumsum(part[at:], out=line[at + 1 :])
        np.cumsum(part[:at][::-1], out=line[:at][::-1])
    np.negative(sums[:, :at], out=sums[:, :at])
    back, found = np.zeros((max(classes - 2, 0), n + 1), np.int32), np.empty(classes - 1, np.int64)
    _part(canonical(sums), certain, back, np.empty((2, n + 1)), found)
    return last[found]


def _group_starts(levels: np.ndarray, cumulated: np.ndarray) -> np.ndarray:
    """Where groups of neighbouring levels begin, at most `MOST_LEVELS` of them."""
    half, gaps = MOST_LEVELS // 2, np.diff(levels)
    wide = np.flatnonzero(gaps > np.partition(gaps, gaps.size - half)[gaps.size - half]) + 1
    even = np.searchsorted(cumulated, np.arange(1, half) * (cumulated[-1] / half)) + 1
    return np.unique(np.concatenate(([0], wide, even[even < levels.size])))


@kernel
def _part(sums, certain, back, rests, found):
    """The least sum of squares about the means of classes of neighbours.

    The best split of the first j levels moves up with j, so the splits of a half bound those of the other half.
    """
    n, classes = sums.shape[1] - 1, found.size + 1
    before, after = rests[0], rests[1]
    before[0] = 0.0
    for j in range(1, n + 1):
        before[j] = _squares(sums, 0, j)
    for c in range(2, classes):  # parts of the first j levels into c classes
        ends, stride = n - c + 1, 1
        while stride <= ends:
            stride *= 2
        while stride >= 1:
            for p in range(stride - 1, ends, 2 * stride):
                j = c + p
                low = back[c - 2, j - stride] if p >= stride else c - 1
                high = back[c - 2, j + stride] if p + stride < ends else j - 1
                split = _best(sums, certain, before, low, min(high, j - 1), j)
                back[c - 2, j], after[j] = split, before[split] + _squares(sums, split, j)
            stride //= 2
        before, after = after, before
    end = n
    if classes > 1:
        end = _best(sums, certain, before, classes - 1, n - 1, n)
        found[classes - 2] = end - 1
    for c in range(classes - 2, 0, -1):
        end = back[c - 1, end]
        found[c - 1] = end - 1


@kernel
def _split_in_two(levels, counts, certain, sums):
    """The number of the last level of the darker class, by sums from the middle outwards."""
    n, total, seen, at = levels.size, 0, 0, 0
    for i in range(n):
        total += counts[i]
    half = total / 2
    while seen + counts[at] < half:
        seen += counts[at]
        at += 1
    # There are n + 1 sums: of level `at` and above they are added from there on, of those below taken away.
    middle = levels[at]
    for k in range(3):
        sums[k, at] = 0.0
    for i in range(at, n):
        about, count = levels[i] - middle, np.float64(counts[i])
        sums[0, i + 1] = sums[0, i] + count
        sums[1, i + 1] = sums[1, i] + count * about
        sums[2, i + 1] = sums[2, i] + count * about * about
    for i in range(at - 1, -1, -1):
        about, count = levels[i] - middle, np.float64(counts[i])
        sums[0, i] = sums[0, i + 1] - count
        sums[1, i] = sums[1, i + 1] - count * about
        sums[2, i] = sums[2, i + 1] - count * about * about
    split, least = 1, _squares(sums, 0, 1) + _squares(sums, 1, n)
    for i in range(2, n):
        rest = _squares(sums, 0, i) + _squares(sums, i, n)
        if rest + certain * rest + 1e-15 * (sums[2, n] - sums[2, i]) < least:
            split, least = i, rest
    return split - 1


@kernel(inner=True)
def _best(sums, certain, before, low, high, end):
    """The lowest of equally good places from `low` to `high` where the last class begins."""
    split, least = low, before[low] + _squares(sums, low, end)
    for i in range(low + 1, high + 1):
        rest = before[i] + _squares(sums, i, end)
        if rest + certain * rest + 1e-15 * (sums[2, end] - sums[2, i]) < least:
            split, least = i, rest
    return split


@kernel(inner=True)
def _squares(sums, i, j):
    """The sum of squares about their mean of levels i to j - 1."""
    if j - i == 1:
        return 0.0
    s = sums[1, j] - sums[1, i]
    return max((sums[2, j] - sums[2, i]) - s * s / (sums[0, j] - sums[0, i]), 0.0)


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
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of bool, shape of the image
        True where the level is above the threshold; False where it equals the threshold, as everywhere in a constant
        image with the methods ``"mean"``, ``"gaussian"`` and ``"niblack"``, and where the window has a NaN.  The mean
        of integers is compared exactly.  Other thresholds are computed in float32 (float64 for a float64 image), and
        levels that are above by no more than their rounding count as equal: 3 units of rounding (``numpy.finfo``'s
        eps), ``(radius + 4) / 2`` for ``"gaussian"``, of the sum of the level and what its threshold is made of.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or for ``"sauvola"`` floats are clearly not levels from 0 to 1
        (see `to_uint8`).

    References
    ----------
    W. Niblack, "An introduction to digital image processing", 1986, pp. 115-116 (k = -0.2 in his sign).
    J. Sauvola, M. Pietikäinen, "Adaptive document image binarization", Pattern Recognition 33(2), 2000, eq. 5.

    Examples
    --------
    >>> page = np.full((20, 20), 200, np.uint8)
    >>> page[10, 10] = 20  # ink
    >>> int((adaptive_threshold(page, radius=3, offset=0.05) == 0).sum())
    1
    """
    image = as_image(image)
    radius = radius_within(radius, image)
    one_of(method, "method", ("mean", "gaussian", "sauvola", "niblack"))
    if method == "sauvola":
        must_be_unit(image, who="Sauvola's method")
    k, offset = real(k, "k"), fraction(offset, "offset", SHIFT, image)
    border_name(border)
    fill = fill_level(fill, image)
    if not image.size:
        return np.zeros(image.shape, bool)
    if method == "mean" and image.dtype.kind == "u":
        return _above_exact_mean(image, radius, border, fill, offset * full_scale(image.dtype))
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        return _above_level(image, radius, method, k, offset * full_scale(image.dtype), border, fill)


def _above_exact_mean(image: np.ndarray, radius: int, border: str, fill: float, offset: float) -> np.ndarray:
    """Compare integers with the means of their windows, less an offset in levels."""
    if not offset and (2 * radius + 1) ** 2 * full_scale(image.dtype) < 1 << 24:
        # Of so few levels a mean that is no whole number is not rounded to one in float32.
        return image > local_mean(image, radius=radius, border=border, fill=fill)
    windows, means = Windows(image, radius, border, fill, valid_samples(image, None)), np.empty(image.shape)
    windows.means(windows.rows, windows.offset, means.reshape(image.shape[0], -1))
    # Float64 is within a few units of rounding of the exact mean, and other means are further from a tie than that.
    means += 8 * np.finfo(np.float64).eps * full_scale(image.dtype) - offset
    return image > means


SLACK = 3
"""Units of rounding in which the levels themselves, a mean of theirs and a multiple of their deviation may be off."""

LOST = 2.0**-44
"""What means of windows lose of the largest level that is anywhere in the image, as their sums run."""

LOST_OF_STD = 2.0**-23
"""What their standard deviations lose of it: the root of what is lost of squares."""


def _above_level(
    image: np.ndarray, radius: int, method: str, k: float, offset: float, border: str, fill: float
) -> np.ndarray:
    """Compare levels with thresholds that are rounded: what is above by no more than the rounding is not above."""
    kind = work_dtype(image.dtype).type
    window: dict[str, Any] = {"radius": radius, "border": border, "fill": fill}
    samples, low = valid_samples(image, None), 0.0
    if image.dtype.kind == "f":
        low = samples.ends[0] if samples.ends else float(image[samples.valid].min(initial=0.0))
    is_signed = min(low, fill if border == "constant" else 0.0) < 0
    largest, units = 0.0, float(SLACK)
    if method == "gaussian":
        sigma = 0.3 * radius + 0.35
        weights = np.array(gaussian_weights(sigma, radius / sigma)[: radius + 1])
        weights /= 2 * weights.sum() - weights[0]
        line = mirrored(weights.tolist())
        work, units = separable(line, line), (radius + 4) / 2
        mean = apply(image, work, radius, border, fill)
        size = apply(abs(image), work, radius, border, abs(fill)) if is_signed else mean
    else:
        if image.dtype.kind == "f":
            largest = max(largest_in_sums(image, samples.valid, samples.ends), abs(fill))
        mean = local_mean(image, **window)
        size = local_mean(abs(image), **{**window, "fill": abs(fill)}) if is_signed else mean
    out = np.empty(image.shape, bool)
    h, found = image.shape[0], out.reshape(image.shape[0], -1)
    planes = [canonical(a).reshape(h, -1) for a in (image, mean, size)]
    factors = np.array([1.0, 0.0, 0.0, offset, units * np.finfo(kind).eps, LOST * largest], kind)
    if method in ("mean", "gaussian"):
        run_bands(lambda a, b: _above(*(p[a:b] for p in planes), factors, found[a:b]), h, pixels=image.size)
        return out
    factors[:3] = (1, -k, 0) if method == "niblack" else (1 - k, 0, 2 * k / full_scale(image.dtype))
    none = kind(LOST_OF_STD * largest)
    planes.append(local_std(image, **window).reshape(h, -1))
    run_bands(lambda a, b: _above_spread(*(p[a:b] for p in planes), none, factors, found[a:b]), h, pixels=image.size)
    return out


@kernel
def _above(image, mean, size, factors, out):
    """Whether levels are above ``mean - offset`` by more than the rounding of it."""
    offset, units, lost, kind = factors[3], factors[4], factors[5], mean.dtype.type
    least = lost + units * abs(offset)
    for y in range(out.shape[0]):
        row, means, sizes, found = image[y], mean[y], size[y], out[y]
        for i in range(np.uint64(found.size)):
            v = kind(row[i])
            found[i] = v - (means[i] - offset) > units * (abs(v) + abs(sizes[i])) + least


@kernel
def _above_spread(image, mean, size, std, none, factors, out):
    """Whether levels are above ``of_mean m + of_std s + of_both m s - offset`` by more than the rounding of it."""
    of_mean, of_std, of_both, offset, units, lost = factors
    kind = mean.dtype.type
    zero, all_mean, all_std, all_both = none * 0, abs(of_mean), abs(of_std), abs(of_both)
    least = lost + units * abs(offset)
    for y in range(out.shape[0]):
        row, means, sizes, spreads, found = image[y], mean[y], size[y], std[y], out[y]
        for i in range(np.uint64(found.size)):
            v, m, s = kind(row[i]), means[i], spreads[i]
            s = s if s > none else zero  # where it is NaN, so is the mean
            level = m * (of_mean + of_both * s) + of_std * s - offset
            seen = abs(sizes[i]) * (all_mean + all_both * s) + all_std * s
            found[i] = v - level > units * (abs(v) + seen) + least


def _rows() -> list[Case]:
    import cv2
    from skimage import filters

    def adaptive(x: np.ndarray) -> np.ndarray:
        return cv2.adaptiveThreshold(x, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 15, 0) > 0

    def otsu(x: np.ndarray) -> float:
        return cv2.threshold(x, 0, 255, cv2.THRESH_OTSU)[0] / 255

    def several(x: np.ndarray) -> np.ndarray:
        return filters.threshold_multiotsu(x, 3) / 255

    levels_apart: dict[str, Any] = {"difference": parts_apart, "tolerance": 0.02, "unit": "of the level"}
    return [
        versus(
            "adaptive_threshold",
            "grey",
            lambda x: adaptive_threshold(x, radius=7),
            "cv2.adaptiveThreshold",
            adaptive,
            difference=percent_different,
            unit="% of pixels",
            what="mean of windows of 15×15",
            note="rounds the mean, and continues the edge pixels",
        ),
        versus("otsu_threshold", "grey", otsu_threshold, "cv2.threshold", otsu, default=True, **levels_apart),
        versus("multi_otsu", "grey", multi_otsu, "skimage threshold_multiotsu", several, default=True, **levels_apart),
    ]


declare(adaptive_threshold, multi_otsu, otsu_threshold, peers=_rows)
declare(adaptive_threshold, result=lambda image: (np.dtype(bool), image.shape))
declare(multi_otsu, result=lambda image: (np.dtype(np.float64), (2,)))
