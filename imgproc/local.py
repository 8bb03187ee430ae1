"""Local statistics, and the enhancement and the denoising built on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ._core.check import as_image, as_mask, border_name, color_mode, radius_within, real
from ._core.declare import Case, Peer, declare, floats_like, levels, percent_apart
from ._core.formats import channels_of, work_dtype
from ._core.jit import kernel
from ._core.levels import SPREAD, fill_level, fractions
from ._core.opencv import load_cv2
from ._core.planes import canonical, full_scale, luma, on_intensity, valid_pixels
from ._core.threads import run_bands
from ._neighbours.window_means import FLOAT_ROWS, float_means
from ._neighbours.window_sums import Windows, mean_float, valid_samples
from .histogram._count import count_levels

__all__ = ["enhance_local_statistics", "local_mean", "local_std", "local_wiener"]


@kernel
def _variance_float(plane, mask, mean):
    total = 0.0
    for y in range(plane.shape[0]):
        row = 0.0
        for x in range(plane.shape[1]):
            if mask[y, x] and np.isfinite(plane[y, x]):
                row += (plane[y, x] - mean) ** 2
        total += row
    return total


@kernel
def _amplify(values, chosen, gain, top, out):
    # `values` and `out` are pixels by channels.
    for c in range(out.shape[1]):
        for i in range(out.shape[0]):
            v = np.float32(values[i, c])
            out[i, c] = np.int32(np.rint(min(v * gain, top) if chosen[i] else v))


@kernel
def _amplify_float(values, chosen, gain, out):
    for i in range(out.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = values[i, c] * gain if chosen[i] else values[i, c]


@kernel
def _add_variances(std, sums, counts):
    """Add up by columns the variances that are numbers, and count them."""
    for y in range(std.shape[0]):
        for i in range(sums.size):
            s = np.float64(std[y, i])
            known = s < np.inf
            sums[i] += s * s if known else 0.0
            counts[i] += known


@kernel
def _towards_mean(values, mean, std, noise, out):
    kind = mean.dtype.type
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            v, m, share = kind(values[y, i]), mean[y, i], noise[i] / std[y, i]
            drawn = v - share * share * (v - m)
            flat = m if noise[i] > 0 else v
            out[y, i] = np.int32(np.rint(drawn if std[y, i] > noise[i] else flat))


@kernel
def _towards_mean_float(values, mean, std, noise, out):
    kind = mean.dtype.type
    for y in range(out.shape[0]):
        for i in range(out.shape[1]):
            v, m, share = kind(values[y, i]), mean[y, i], noise[i] / std[y, i]
            drawn = v - share * share * (v - m)
            flat = m if noise[i] > 0 else v
            out[y, i] = drawn if std[y, i] > noise[i] else flat


def _statistic(
    image: np.ndarray,
    radius: int,
    border: str,
    fill: float,
    mask: np.ndarray | None,
    plain: Callable[[Windows, np.ndarray], None],
    rule: Callable[[Windows, np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    quick: Callable[[np.ndarray, int, str, float], np.ndarray | None] | None = None,
) -> np.ndarray:
    """Check, then fill a float image by `plain` or, with a mask or NaN, by `rule`; `quick` may do it before them."""
    image = as_image(image)
    radius = radius_within(radius, image)
    border_name(border)
    fill = fill_level(fill, image)
    mask = as_mask(mask, image)
    if quick is not None and mask is None and (found := quick(image, radius, border, fill)) is not None:
        return found
    out = np.empty(image.shape, work_dtype(image.dtype))
    if image.size == 0:
        return out
    flat = out.reshape(image.shape[0], -1)
    samples = valid_samples(image, mask)
    windows = Windows(image, radius, border, fill, samples)
    if samples.valid is None and windows.runs:
        plain(windows, flat)
        return out
    windows.over_valid(samples.valid, lambda n, s, q: rule(windows, n, s, q), flat)
    if samples.spoilt is not None:
        flat[windows.contains(samples.spoilt)] = np.nan
    return out


def local_mean(
    image: np.ndarray,
    *,
    radius: int,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Mean of the neighbourhood of each pixel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the windows count.  What a ``constant`` border adds counts too.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        In the levels of the image (0 to 255 for uint8).  For integer images the sum is exact and the mean the nearest
        float32.  NaN where the window counts no pixel, or one that is NaN or infinite; nowhere else.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> local_mean(np.array([[0, 0, 9, 0, 0]], np.uint8), radius=1)
    array([[0., 3., 3., 3., 0.]], dtype=float32)
    """

    def plain(windows: Windows, out: np.ndarray) -> None:
        offset = windows.offset
        largest = windows.side**2 * full_scale(windows.rows.dtype)
        if windows.rows.dtype.kind == "u" and largest < 1 << 24:  # the shorter the numbers, the more at a time
            offset = np.zeros(1, np.uint16 if largest < 1 << 16 else np.uint32)
        windows.means(windows.rows, offset, out)

    def rule(windows: Windows, n: np.ndarray, s: np.ndarray, q: np.ndarray) -> np.ndarray:
        return s / n + np.where(n > 0, windows.offset[0], np.nan)

    return _statistic(image, radius, border, fill, mask, plain, rule, float_means)


def local_std(
    image: np.ndarray,
    *,
    radius: int,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Standard deviation of the neighbourhood of each pixel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the windows count.  What a ``constant`` border adds counts too.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        The population's (divided by n), in the levels of the image.  For integer images the variance is exact (up to
        radius 127; beyond that to 1 part in 10**15 of the mean square) and its root within two units in the last place.
        Float images are centred first, so a large common offset does no harm, and a value that is enormous beside the
        rest (a "no data" marker) acts on the windows that see it and on no other.  NaN where the window counts no
        pixel, or one that is NaN or infinite; nowhere else.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> float(local_std(np.full((5, 5), 7, np.uint8), radius=1).max())
    0.0
    """

    def plain(windows: Windows, out: np.ndarray) -> None:
        windows.deviations(None, out, np.empty((out.shape[0], 0), bool))

    def rule(windows: Windows, n: np.ndarray, s: np.ndarray, q: np.ndarray) -> np.ndarray:
        return np.sqrt(np.maximum(n * q - s * s, 0)) / n

    return _statistic(image, radius, border, fill, mask, plain, rule)


def enhance_local_statistics(
    image: np.ndarray,
    *,
    gain: float = 4.0,
    k0: float = 0.4,
    k1: float = 0.02,
    k2: float = 0.4,
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Brighten dark, low-contrast detail and leave the rest alone.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    gain : float
        Factor of the pixels that are enhanced, E of [1]_; at least 0.
    k0 : float
        A neighbourhood is dark if its mean is at most `k0` times the image's mean.
    k1, k2 : float
        It has low contrast, but some, if its standard deviation is between `k1` and `k2` times the image's.
    radius : int
        The neighbourhood is (2 radius + 1) square, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the neighbourhood sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    color : {"luminance", "per_channel"}
        For RGB: choose pixels by luma and multiply R, G and B, which keeps hue and saturation, or treat each channel by
        itself.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the image's and the neighbourhoods' statistics count.  Any pixel may be enhanced.

    Returns
    -------
    ndarray
        Same shape and dtype: ``gain * f`` where m_L <= k0 m_G and k1 s_G <= s_L <= k2 s_G, else f; integers are rounded
        half to even and saturated.  An image without contrast (s_G = 0) is returned as it is.  NaN and infinity are not
        counted in m_G and s_G; pixels whose neighbourhood holds one stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or ``k1 > k2``.

    Notes
    -----
    The whole image is one window for what is dark and what is flat; leave "no data" values out by `mask`.

    Integer images are compared by exact sums (with a mask, by sums rounded to float64).

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 3rd ed., 2008, section 3.3.4, "Using histogram
       statistics for image enhancement"; the defaults are its example's.

    Examples
    --------
    >>> enhance_local_statistics(image, gain=2.0).shape
    (96, 128, 3)
    """
    image = as_image(image)
    gain, k0 = real(gain, "gain", at_least=0), real(k0, "k0", at_least=0)
    k1, k2 = real(k1, "k1", at_least=0), real(k2, "k2", at_least=0)
    if k1 > k2:
        raise ValueError(f"k1 must be <= k2, got k1={k1}, k2={k2}")
    radius = radius_within(radius, image)
    border_name(border)
    fill = fill_level(fill, image)
    color = color_mode(color, image)
    mask = as_mask(mask, image)
    if image.size == 0:
        return image.copy()

    def choose(plane: np.ndarray) -> np.ndarray:
        return _dark_flat(plane, (k0, k1, k2), radius, border, fill, mask)

    if color == "luminance":
        return _amplified(image, choose(luma(image)), gain)
    return on_intensity(image, color, lambda plane: _amplified(plane, choose(plane), gain))


def _dark_flat(
    plane: np.ndarray,
    factors: tuple[float, float, float],
    radius: int,
    border: str,
    fill: float,
    mask: np.ndarray | None,
) -> np.ndarray:
    """Which pixels are to be enhanced."""
    chosen = np.zeros(plane.shape, bool)
    mean, variance = _moments(plane, mask)
    if not variance > 0:
        return chosen
    samples = valid_samples(plane, mask)
    windows = Windows(plane, radius, border, fill, samples)
    k0, k1, k2 = (Fraction(k) if plane.dtype.kind == "u" else k for k in factors)
    darkest, low, high = k0 * mean, k1 * k1 * variance, k2 * k2 * variance
    offset = windows.offset.item()
    offset = int(offset) if plane.dtype.kind == "u" else offset
    if samples.valid is None and windows.runs:
        n = windows.side**2
        limits = [n * (darkest - offset), n * n * low, n * n * high]
        if plane.dtype.kind == "u":  # whole numbers are compared with whole numbers
            limits = [math.floor(limits[0]), math.ceil(limits[1]), math.floor(limits[2])]
        windows.deviations(np.array([-np.inf, *limits], np.float64), np.empty((plane.shape[0], 0), np.float32), chosen)
        return chosen
    darkest, low, high = float(darkest - offset), float(low), float(high)

    def rule(n: np.ndarray, s: np.ndarray, q: np.ndarray) -> np.ndarray:
        total = n.astype(np.float64)
        spread = np.maximum(n * q - s * s, 0).astype(np.float64)
        return (n > 0) & (s <= total * darkest) & (spread >= total * total * low) & (spread <= total * total * high)

    windows.over_valid(samples.valid, rule, chosen)
    if samples.spoilt is not None:
        chosen &= ~windows.contains(samples.spoilt)
    return chosen


def _moments(plane: np.ndarray, mask: np.ndarray | None) -> tuple[Any, Any]:
    """Mean and population variance of the finite valid pixels: exact fractions for integers, else floats or NaN."""
    if plane.dtype.kind == "u":
        counts = count_levels(plane, mask)[0]
        levels = np.arange(counts.size)
        n, s = int(counts.sum()), int(counts @ levels)
        # Below 2**31 pixels the sum of squares fits 64 bits.
        squares = int(counts @ (levels * levels)) if n < 1 << 31 else sum(int(c) * k * k for k, c in enumerate(counts))
        return Fraction(s, n), Fraction(n * squares - s * s, n * n)
    valid = valid_pixels(plane, mask)
    mean, n = mean_float(plane, valid)
    return mean, (_variance_float(plane, valid, mean) / n if n else np.nan)


def _amplified(image: np.ndarray, chosen: np.ndarray, gain: float) -> np.ndarray:
    out = np.empty(image.shape, image.dtype)
    h = image.shape[0]
    channels = channels_of(image)
    source = canonical(image)

    def band(a: int, b: int) -> None:
        pixels, result = source[a:b].reshape(-1, channels), out[a:b].reshape(-1, channels)
        if image.dtype.kind == "u":
            _amplify(pixels, chosen[a:b].reshape(-1), np.float32(gain), np.float32(full_scale(image.dtype)), result)
        else:
            _amplify_float(pixels, chosen[a:b].reshape(-1), image.dtype.type(gain), result)

    run_bands(band, h, pixels=chosen.size)
    return out


def local_wiener(
    image: np.ndarray,
    *,
    radius: int,
    noise: float | Sequence[float] | None = None,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Smooth flat places and leave textured ones: Lee's adaptive filter, also called the local Wiener filter.

    Each pixel moves towards the mean of its neighbourhood, the more, the larger the share of the noise in the
    neighbourhood's variance.  Use it for additive noise of the same strength everywhere, where edges may keep a little
    of it; `non_local_means` and `guided_filter` remove more, for more time.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        The neighbourhood is (2 radius + 1) square, in pixels; at most the image's longer side.
    noise : float or sequence of c floats, optional
        Standard deviation of the noise, as a fraction of full scale, at least 0; for all channels or one each (what
        `estimate_noise` gives).  Default: the root of the mean of all local variances, for each channel, as in
        ``scipy.signal.wiener``.  This estimate is too high where much of the image is texture.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the neighbourhood sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype.  NaN where the neighbourhood holds a value that is NaN or infinite; nowhere else.  With
        ``noise=0`` every pixel stays as it is.  Values that are not finite are not counted in the estimate of the
        noise, an enormous finite one is.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The whole image is one window where `noise` is not given, as the estimate counts all of it.

    With the mean m and the variance v of the neighbourhood and the variance n of the noise, a pixel x becomes
    ``m + max(0, v - n) / max(v, n) * (x - m)``.  Mean and standard deviation are those of `local_mean` and `local_std`;
    what follows is computed in their dtype, and integers are rounded half to even once at the end.

    References
    ----------
    J.-S. Lee, "Digital image enhancement and noise filtering by use of local statistics", IEEE Transactions on Pattern
    Analysis and Machine Intelligence 2(2), 1980, section III.

    Examples
    --------
    >>> noisy = add_noise(np.full((32, 32), 0.5), key=1, std=0.1)
    >>> bool(local_wiener(noisy, radius=2).std() < 0.5 * noisy.std())
    True
    """
    image = as_image(image)
    channels = channels_of(image)
    sigmas = None if noise is None else fractions(noise, "noise", SPREAD, image, channels=channels, at_least=0)
    mean = local_mean(image, radius=radius, border=border, fill=fill)
    if image.size == 0:
        return image.copy()
    h = image.shape[0]
    stds = local_std(image, radius=radius, border=border, fill=fill).reshape(h, -1)
    out = np.empty(image.shape, image.dtype)  # not while sums are held
    values, result, means = (array.reshape(h, -1) for array in (canonical(image), out, mean))
    if sigmas is None:
        found = _mean_deviations(stds, channels)
    else:
        found = np.broadcast_to(np.array(sigmas) * full_scale(image.dtype), channels)
    each = np.tile(found.astype(mean.dtype), image.shape[1])
    work = _towards_mean if image.dtype.kind == "u" else _towards_mean_float
    run_bands(lambda a, b: work(values[a:b], means[a:b], stds[a:b], each, result[a:b]), h, pixels=h * image.shape[1])
    return out


def _mean_deviations(stds: np.ndarray, channels: int) -> np.ndarray:
    """The root of the mean variance of each channel; NaN where no variance is a number."""
    h, n = stds.shape
    sums, counts = np.zeros((-(-h // FLOAT_ROWS), n)), np.zeros((-(-h // FLOAT_ROWS), n), np.int64)
    run_bands(
        lambda a, b: _add_variances(stds[a:b], sums[a // FLOAT_ROWS], counts[a // FLOAT_ROWS]),
        h,
        pixels=h * n // channels,
        rows=FLOAT_ROWS,
    )
    with np.errstate(invalid="ignore", over="ignore"):
        total, count = (a.sum(axis=0).reshape(-1, channels).sum(axis=0) for a in (sums, counts))
        return np.sqrt(total / count)


def _pair_of_cv2(radius: int) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    import cv2

    size = (2 * radius + 1,) * 2

    def pair(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (
            cv2.boxFilter(x, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT),
            cv2.sqrBoxFilter(x, cv2.CV_32F, size, borderType=cv2.BORDER_REFLECT),
        )

    return pair


def _mean_and_power(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> float:
    """Largest difference of the local mean and of the local root mean square.

    The peer has no standard deviation, and one made from its float32 squares would show their cancellation.
    """
    (mean, std), (their_mean, their_square) = ours, theirs
    return max(levels(mean, their_mean), levels(np.hypot(mean, std), np.sqrt(their_square.astype(np.float64))))


def _rows() -> list[Case]:
    return [
        Case(
            f"local_mean+local_std, radius {radius}",
            f"mean and standard deviation in windows of {2 * radius + 1}×{2 * radius + 1}",
            "grey",
            lambda x, radius=radius: (local_mean(x, radius=radius), local_std(x, radius=radius)),
            {
                "cv2 boxFilter + sqrBoxFilter": Peer(
                    _pair_of_cv2(radius),
                    limit=1.0,
                    tolerance=1e-2,
                    difference=_mean_and_power,
                    note="gives mean and mean of squares only; the standard deviation would cost three more passes",
                )
            },
            first="(imgproc.local_mean(image, radius=1), imgproc.local_std(image, radius=1))" if radius == 1 else "",
        )
        for radius in (1, 7, 15)
    ]


def _rows_of_enhancement() -> list[Case]:
    cv2 = load_cv2()  # untyped: OpenCV's annotations refuse a number where it takes one

    def theirs(x: np.ndarray) -> np.ndarray:
        mean, square = _pair_of_cv2(1)(x)
        std = cv2.sqrt(cv2.max(square - mean * mean, 0))
        (m,), (s,) = (a.ravel() for a in cv2.meanStdDev(x))
        dark = (mean <= 0.4 * m) & (std >= 0.02 * s) & (std <= 0.4 * s)
        return np.where(dark, cv2.multiply(x, 4.0), x)

    return [
        Case(
            "enhance_local_statistics",
            "dark and little varied windows of 3×3 made brighter",
            "grey",
            lambda x: enhance_local_statistics(x),
            {
                "cv2 boxFilter + sqrBoxFilter": Peer(
                    _pair_of_cv2(1),
                    limit=2.2,
                    difference=None,
                    note="the two filters alone, the enhancement not begun",
                ),
                "the same by cv2 and NumPy": Peer(theirs, tolerance=0.1, difference=percent_apart, unit="% of pixels"),
            },
            first="imgproc.enhance_local_statistics(image)",
        )
    ]


declare(local_mean, local_std, peers=_rows)
declare(enhance_local_statistics, peers=_rows_of_enhancement)


def _rows_of_wiener() -> list[Case]:
    from scipy import signal

    return [
        Case(
            "local_wiener, radius 2",
            "Lee's filter in windows of 5×5, noise estimated",
            "grey float",
            lambda x: local_wiener(x, radius=2, border="constant"),
            {
                "SciPy wiener": Peer(
                    lambda x: signal.wiener(x, (5, 5)), limit=1 / 10, tolerance=1e-4, unit="of 1", note="in float64"
                )
            },
        )
    ]


declare(
    local_wiener,
    page="smooth",
    given="add_noise(image, key=0, std=0.08)",
    call="local_wiener(image, radius=2)",
    look="Flat places are smooth; along edges[[ and in hair]] the noise stays.  SciPy's windows see black outside.",
    peers=_rows_of_wiener,
)
declare(local_mean, local_std, result=floats_like)
