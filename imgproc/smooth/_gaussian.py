"""Gaussian blur at a cost that does not grow with a wide sigma.

A small Gaussian is one weighted sum along each axis.  A large one is three: the image is smoothed by a Gaussian that is
just wide enough to keep one row of `step`, these are smoothed by a second Gaussian, and a third one interpolates
between them.  Gaussians add up by their variances, so the three together are the one that was asked for, but for what
aliases between the rows, less than 3e-4 of full scale.  With `step` in proportion to sigma each output costs eight
products on the way down and eight on the way up; the middle, on few rows, costs next to nothing.  (Unlike a recursive
filter it needs no start-up values at borders, and a NaN goes no further than the weights reach.)

Columns are smoothed as rows of the transposed image, which is small after the first axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.alpha import has_alpha, weighted
from .._core.border import index_map
from .._core.check import as_image, as_mask, border_name, sigma_within
from .._core.declare import Case, Function, Peer, declare
from .._core.finite import all_finite
from .._core.formats import work_dtype
from .._core.jit import borrowed, kernel
from .._core.levels import fill_level
from .._core.planes import canonical, full_scale, level
from .._core.threads import run_bands
from .._neighbours.correlate import blur_separable
from .._neighbours.gaussian import REACH, gaussian, gaussian_weights, mirrored
from ._common import as_levels, windows_seeing, with_frame

__all__ = ["gaussian_blur"]

SHARE = 0.9
"""Standard deviation of the first and third Gaussian, in steps: the alias of one is below 1e-4."""

STEP = 1 / math.sqrt(2 * SHARE * SHARE + 0.865)
"""Steps a sigma: what is left for the second Gaussian is at least 0.93 steps."""

_BLOCK = 2048  # samples of a row at a time, for sums in the L1 cache


@kernel(inner=True)
def _four(a, b, c, d, w, k, total):
    kind = total.dtype.type
    p, q, r, s = w[k], w[k + 1], w[k + 2], w[k + 3]
    if k == 0:
        for i in range(total.size):
            total[i] = (p * kind(a[i]) + q * kind(b[i])) + (r * kind(c[i]) + s * kind(d[i]))
    else:
        for i in range(total.size):
            total[i] += (p * kind(a[i]) + q * kind(b[i])) + (r * kind(c[i]) + s * kind(d[i]))


@kernel(inner=True)
def _store(total, top, out):
    if top > 0:
        low, high = total.dtype.type(0), total.dtype.type(top)
        for i in range(total.size):
            v = total[i]
            v = low if v < low else v
            v = high if v > high else v
            out[i] = np.int32(np.rint(v))
    else:
        for i in range(total.size):
            out[i] = total[i]


@kernel
def _weighted_rows(rows, blank, lines, starts, phases, weights, top, buffer, out):
    """Row j becomes the sum of rows from ``lines[starts[j]]`` on by ``weights[phases[j]]``; line -1 is `blank`."""
    rows, out, blank, buffer = borrowed(rows), borrowed(out), borrowed(blank), borrowed(buffer)
    for j in range(out.shape[0]):
        w = weights[phases[j]]
        for x0 in range(0, out.shape[1], buffer.size):
            x1 = min(x0 + buffer.size, out.shape[1])
            total = buffer[: x1 - x0]
            for k in range(0, w.size, 4):
                at = starts[j] + k
                ya, yb, yc, yd = lines[at], lines[at + 1], lines[at + 2], lines[at + 3]
                a = rows[ya, x0:x1] if ya >= 0 else blank[x0:x1]
                b = rows[yb, x0:x1] if yb >= 0 else blank[x0:x1]
                c = rows[yc, x0:x1] if yc >= 0 else blank[x0:x1]
                d = rows[yd, x0:x1] if yd >= 0 else blank[x0:x1]
                _four(a, b, c, d, w, k, total)
            _store(total, top, out[j, x0:x1])


@dataclass(frozen=True)
class _Stage:
    """For each row of a result: from which line on it is summed, and by which weights."""

    starts: np.ndarray
    phases: np.ndarray
    weights: np.ndarray


def stages_of(sigma: float, size: int) -> tuple[int, list[_Stage]]:
    """How far the image is to be extended, and the weighted sums that smooth it along one axis."""
    step = int(sigma * STEP)
    if step <= 1:
        w = mirrored(gaussian_weights(sigma))
        return w.size // 2, [_stage(np.arange(size), w)]
    outer = SHARE * step
    inner = math.sqrt(sigma * sigma - 2 * outer * outer) / step
    down, middle = mirrored(gaussian_weights(outer)), mirrored(gaussian_weights(inner))
    r, m = down.size // 2, middle.size // 2
    before = r // step + m  # kept rows above row 0
    kept = before + (size - 1 + r) // step + m + 1
    up = []
    for phase in range(step):  # weights of the kept rows from -(r // step) on, seen from row `phase`
        places = [(k - r // step) * step - phase for k in range(2 * (r // step) + 2)]
        w = np.array([gaussian(x, outer) if abs(x) <= r else 0.0 for x in places])
        up.append(w / w.sum())
    y = np.arange(size)
    return before * step + r, [
        _stage(np.arange(kept) * step, down),
        _stage(np.arange(kept - 2 * m), middle),
        _stage(y // step, *up, phases=y % step),
    ]


def _stage(starts: np.ndarray, *weights: np.ndarray, phases: np.ndarray | None = None) -> _Stage:
    table = np.zeros((len(weights), -(-weights[0].size // 4) * 4))  # the kernel takes four at a time
    table[:, : weights[0].size] = weights
    return _Stage(starts, np.zeros(starts.size, np.intp) if phases is None else phases, table)


def _smooth_rows(
    rows: np.ndarray, size: int, reach: int, stages: Sequence[_Stage], border: str, blank: Any, dtype: np.dtype
) -> np.ndarray:
    """Smooth `size` rows down the columns; the last sum is stored as `dtype`."""
    kind = work_dtype(rows.dtype)
    lines = index_map(size, reach, reach, border)
    for number, stage in enumerate(stages):
        last = number == len(stages) - 1
        out = np.empty((stage.starts.size, rows.shape[1]), dtype if last else kind)
        top = full_scale(out.dtype) if out.dtype.kind == "u" else 0
        # What a weight of 0 at the end of a table meets may lie beyond the last line.
        lines = np.append(lines, lines[-1:].repeat(stage.weights.shape[1]))
        source, weights = canonical(rows), canonical(stage.weights.astype(kind))
        empty = canonical(np.full(rows.shape[1], blank, rows.dtype))
        run_bands(_band(source, empty, lines, stage, weights, top, out), out.shape[0], pixels=out.size)
        rows, lines = out, np.arange(out.shape[0])
    return rows


def _band(
    rows: np.ndarray,
    blank: np.ndarray,
    lines: np.ndarray,
    stage: _Stage,
    weights: np.ndarray,
    top: int,
    out: np.ndarray,
) -> Callable[[int, int], None]:
    def band(y0: int, y1: int) -> None:
        buffer = np.empty(min(_BLOCK, rows.shape[1]), weights.dtype)
        _weighted_rows(rows, blank, lines, stage.starts[y0:y1], stage.phases[y0:y1], weights, top, buffer, out[y0:y1])

    return band


def smooth(image: np.ndarray, sigmas: tuple[float, float], border: str, fill: float) -> np.ndarray:
    """Gaussian blur of a finite, non-empty image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
    sigmas : (float, float)
        Along y and x.
    border : str
    fill : float
        A fraction of full scale.
    """
    h, w = image.shape[:2]
    direct = 2 if image.dtype == np.uint8 else 1  # products of bytes are half as dear
    if sigmas[0] == sigmas[1] and int(sigmas[0] * STEP) <= direct:
        half = gaussian_weights(sigmas[0])
        if border == "reflect_101":
            return blur_separable(image, half)
        r = len(half) - 1
        return np.ascontiguousarray(blur_separable(with_frame(image, r, border, fill), half)[r : r + h, r : r + w])
    kind = work_dtype(image.dtype)
    blank = level(fill, image.dtype)
    (ry, down), (rx, across) = stages_of(sigmas[0], h), stages_of(sigmas[1], w)
    rows = canonical(image).reshape(h, -1)
    small = _smooth_rows(rows, h, ry, down[:-1], border, blank, kind) if len(down) > 1 else rows
    turned = _turned(small.reshape(len(small), w, -1), kind)
    turned = _smooth_rows(turned, w, rx, across, border, blank, kind)
    back = np.ascontiguousarray(turned.reshape(w, -1, len(small)).transpose(2, 0, 1)).reshape(len(small), -1)
    if len(down) > 1:
        result = _smooth_rows(back, len(small), 0, down[-1:], border, blank, image.dtype)
    else:
        result = _smooth_rows(back, h, ry, down, border, blank, image.dtype)
    return result.reshape(image.shape)


def _turned(rows: np.ndarray, kind: np.dtype) -> np.ndarray:
    """(h, w, c) as (w, c h)."""
    return np.ascontiguousarray(rows.transpose(1, 2, 0), kind).reshape(rows.shape[1], -1)


def gaussian_blur(
    image: np.ndarray,
    *,
    sigma: float | tuple[float, float],
    border: str = "reflect_101",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
    alpha: bool = False,
) -> np.ndarray:
    """Gaussian blur.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    sigma : float or (float, float)
        Standard deviation in pixels, above 0; a pair is (along y, along x).  At most the image's longer side, or 16.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What lies outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count: the result is the blur of the pixels that do, divided by the blur of the mask (normalised
        convolution, [1]_).  Every pixel gets a value, also one that is not counted itself: with
        ``mask=~numpy.isnan(image)`` of a grey image NaN is filled from its neighbourhood.  A pixel with no counted one
        within 4 sigma is left as it is.  What a ``constant`` border adds counts.
    alpha : bool
        The last channel is alpha, and other channels count by it: what is transparent gives its colour to none of its
        neighbours.  Colours of pixels that are wholly transparent in the result are 0.  A ``constant`` border is
        transparent.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even.  A pixel of a float image is NaN where the window of
        4 sigma (rounded up) around it counts one that is NaN or infinite, and nowhere else.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Kernels are sampled Gaussians, cut off at 4 sigma and divided by their sum.  Above a sigma of 3.15 (of 4.72 for
    uint8) an axis is smoothed at a lower resolution, at a cost that does not depend on sigma; the result is within 6e-4
    of the range of levels (of those within 8 sigma) of the exact one in the worst case, and within 1e-4 usually.  uint8
    with a smaller sigma is computed in 16 bits and within 0.6 of the exact level, rounding included.

    References
    ----------
    .. [1] H. Knutsson, C.-F. Westin, "Normalized and differential convolution", CVPR 1993.
    .. [2] P. J. Burt, "Fast filter transforms for image processing", Computer Graphics and Image Processing 16, 1981:
       wide Gaussians as narrow ones between which rows are left out.

    Examples
    --------
    >>> point = np.zeros((9, 9))
    >>> point[4, 4] = 1.0
    >>> blurred = gaussian_blur(point, sigma=1.0)
    >>> round(float(blurred[4, 4]), 3), round(float(blurred.sum()), 3)
    (0.159, 1.001)
    """
    image = as_image(image)
    sigmas = _sigmas(sigma, image)
    border_name(border)
    fill = fill_level(fill, image)
    mask = as_mask(mask, image)
    if has_alpha(alpha, image) and image.size:
        return weighted(image, lambda pixels: gaussian_blur(pixels, sigma=sigma, border=border, mask=mask))
    if image.size == 0:
        return image.copy()
    spoilt = None
    source = image
    if image.dtype.kind == "f" and not all_finite(image):
        finite = np.isfinite(image)
        spoilt = ~finite
        source = np.where(finite, image, image.dtype.type(np.mean(image[finite]) if finite.any() else 0))
    reach = math.ceil(REACH * sigmas[0]), math.ceil(REACH * sigmas[1])
    if mask is None:
        result = smooth(source, sigmas, border, fill)
    else:
        shown = mask if image.ndim == 2 else mask[:, :, np.newaxis]
        spoilt = None if spoilt is None else spoilt & shown
        result = _over_valid(source, mask, shown, sigmas, border, fill)
        nothing = ~windows_seeing(mask, reach, border, outside=True)
        result[nothing] = image[nothing]
    if spoilt is not None:
        result[windows_seeing(spoilt, reach, border)] = np.nan
    return result


def _over_valid(
    image: np.ndarray,
    mask: np.ndarray,
    shown: np.ndarray,
    sigmas: tuple[float, float],
    border: str,
    fill: float,
) -> np.ndarray:
    kind = work_dtype(image.dtype)
    outside = float(level(fill, image.dtype))
    values = np.where(shown, image, image.dtype.type(0)).astype(kind)
    found = smooth(values, sigmas, border, outside)
    share = smooth(mask.astype(kind), sigmas, border, 1.0)
    share = np.maximum(share, np.finfo(kind).tiny)
    found /= share if image.ndim == 2 else share[:, :, np.newaxis]
    return as_levels(found, image.dtype)


def _sigmas(sigma: Any, image: np.ndarray) -> tuple[float, float]:
    if not isinstance(sigma, (tuple, list)):
        return (sigma_within(sigma, image),) * 2
    if len(sigma) != 2:
        raise ValueError(f"sigma must be a number or a pair (y, x), got {sigma!r}")
    return sigma_within(sigma[0], image), sigma_within(sigma[1], image)


def _rows() -> list[Case]:
    import cv2
    from scipy import ndimage

    def exactly(sigma: float) -> Function:
        def blurred(x: np.ndarray) -> np.ndarray:
            sigmas = (sigma, sigma, 0)[: x.ndim]
            return ndimage.gaussian_filter(x.astype(np.float64), sigmas, mode="mirror", truncate=8)

        return blurred

    variants = {"RGB": "", "grey 16-bit": ", 16 bits", "grey float": ", float"}
    tolerances = {"RGB": 3, "grey 16-bit": 256, "grey float": 2e-3}

    def row(sigma: float, limit: float, kind: str = "RGB", size: int | None = None) -> Case:
        return Case(
            f"gaussian_blur, sigma {sigma:g}{variants[kind]}" + (f", {size}²" if size else ""),
            f"Gaussian blur with a standard deviation of {sigma:g} px",
            kind,
            lambda x: gaussian_blur(x, sigma=sigma),
            {
                "cv2.GaussianBlur": Peer(
                    lambda x: cv2.GaussianBlur(x, (0, 0), sigma),
                    limit=limit,
                    tolerance=tolerances[kind],
                    note="cut off at 3 standard deviations for uint8, and in 8 bits; ours at 4",
                )
            },
            first="imgproc.gaussian_blur(image, sigma=2.0)" if sigma == 2 else "",
            size=size,
            reference=exactly(sigma),
            default=True,
        )

    narrow = [row(1.5, 1.0), row(1.5, 1.0, "grey 16-bit"), row(1.5, 1.0, "grey float"), row(1.5, 1.0, size=64)]
    return [row(1, 1.0), *narrow, row(2, 1.0), row(10, 1 / 2.5), row(10, 1 / 2.5, "grey float")]


declare(gaussian_blur, mask="fills", reach=6, peers=_rows, arguments={"alpha": lambda image: (False,)})
