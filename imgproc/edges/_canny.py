"""Canny's edge detector."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_mask, sigma_within
from .._core.declare import Case, Peer, declare
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.levels import SPREAD, fraction
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale, luma
from .._neighbours.float_filters import Filter, separable
from .._neighbours.gaussian import gaussian_weights, mirrored
from ._derivatives import derivatives, length_of_gradient

__all__ = ["canny"]

_ROWS = 64


_SLOPE = 0.7265
"""Of two neighbours across a ridge the one is earlier whose ``x + _SLOPE y`` is less: left or above, and left of steep
diagonals.  The order turns round at a direction that no line through pixels has."""


@kernel
def _ridges(gradients, inside, slack, low, high, out):
    """Where the gradient is a ridge across its direction: 1 from `low` on, 2 from `high` on; the frame stays 0.

    `gradients` are their parts to the right and downwards and their lengths, which are equal if they differ by no more
    than the `slack` at their pixel.
    """
    across, down, lengths = gradients
    kind = lengths.dtype.type
    one = kind(1)
    for y in range(1, out.shape[0] - 1):
        for x in range(1, out.shape[1] - 1):
            m, off = lengths[y, x], slack[y, x]
            if not inside[y, x] or m + off < low or m <= off:
                continue
            gx, gy = across[y, x], down[y, x]
            right = 1 if (gx >= 0) == (gy >= 0) else -1  # of the neighbours below, on the line of the gradient
            if abs(gx) >= abs(gy):
                share, dy, dx, is_later = abs(gy) / abs(gx), 0, right, right > 0
            else:
                share, dy, dx = abs(gx) / abs(gy), 1, 0
                is_later = right > 0 or share < kind(_SLOPE)
            below = lengths[y + dy, x + dx] * (one - share) + lengths[y + 1, x + right] * share
            above = lengths[y - dy, x - dx] * (one - share) + lengths[y - 1, x - right] * share
            earlier, later = (above, below) if is_later else (below, above)
            if m > earlier + off and m >= later - off:
                out[y, x] = 2 if m + off >= high else 1


@kernel
def _connect(marks, stack, out):
    """True for marks of 2, and for those of 1 that touch them in a chain of eight neighbours; the frame has none."""
    top, width = 0, marks.shape[1]
    for y in range(marks.shape[0]):
        for x in range(width):
            if marks[y, x] == 2 and not out[y, x]:
                out[y, x] = True
                stack[top], top = y * width + x, top + 1
                while top:
                    top -= 1
                    row, column = divmod(stack[top], width)
                    for v in range(row - 1, row + 2):
                        for u in range(column - 1, column + 2):
                            if marks[v, u] and not out[v, u]:
                                out[v, u] = True
                                stack[top], top = v * width + u, top + 1


def canny(
    image: np.ndarray,
    *,
    sigma: float = 1.0,
    low: float = 0.025,
    high: float = 0.05,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Canny's edge detector: thin edges with hysteresis.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma, 0.299 R + 0.587 G + 0.114 B.
    sigma : float
        Standard deviation of the Gaussian that smooths first, in pixels, above 0.
    low, high : float
        Ridges of the gradient from `high` on are edges, and those from `low` on that are connected to them; fractions
        of full scale, where a step that stays sharp has its height (see `gradient`): a quarter of scikit-image's
        numbers, 1/1020 of OpenCV's with ``L2gradient``.  At least 0, `low` at most `high`.
    mask : ndarray of bool, shape (h, w), optional
        Where edges are looked for; nothing outside is seen.

    Returns
    -------
    ndarray of bool, shape (h, w)
        True on edges, one pixel wide: of two pixels with equal gradients across an edge the left or upper one, as by
        OpenCV.  Never at the border of the image, or of the mask, or beside pixels that are not finite, which count as
        masked: the mean that smooths is over valid pixels alone.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or for the default `low` or `high` floats are clearly not levels
        from 0 to 1 (see `to_uint8`).

    Notes
    -----
    As ``skimage.feature.canny``: ridges are found by interpolation between the two neighbours on each side of the
    gradient's direction.  float32, or float64 for float64 images.  Lengths of gradients that differ by no more than the
    rounding of the sums count as equal, and those that are no larger as 0: ``2 n + 14`` units of rounding of float32
    (2**-23) of the largest smoothed absolute level within two pixels, where n is the width of the Gaussian's window, 9
    for `sigma` 1.  This holds for float64 images too, so that images of all dtypes have the same edges.

    References
    ----------
    J. Canny, "A computational approach to edge detection", IEEE TPAMI 8(6), 1986.
    """
    image = as_image(image, channels=(1, 3))
    sigma = sigma_within(sigma, image)
    low = fraction(low, "low", SPREAD, image, at_least=0, default=0.025)
    high = fraction(high, "high", SPREAD, image, at_least=0, default=0.05)
    if low > high:
        raise ValueError(f"low must be <= high, got low={low}, high={high}")
    mask = as_mask(mask, image)
    h, w = image.shape[:2]
    out = np.zeros((h, w), bool)
    if not image.size:
        return out
    cv2, kind = load_cv2(), work_dtype(image.dtype)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        plane = _intensity(image, kind)
        valid = mask
        if image.dtype.kind == "f" and not np.isfinite(plane).all():
            valid = np.isfinite(plane) if mask is None else mask & np.isfinite(plane)
        weights = mirrored(gaussian_weights(sigma))
        blur = separable(weights, weights)
        totals: tuple[np.ndarray, ...]
        if valid is None:
            totals = _within(h, weights)[:, None], _within(w, weights)
            inside = np.ones((h, w), np.uint8)
        else:
            plane[~valid] = 0
            totals = (np.maximum(blur(valid.astype(kind), cv2.BORDER_CONSTANT), np.finfo(kind).tiny),)
            inside = cv2.erode(valid.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
        smooth = _mean(plane, blur, totals)
        size = smooth if image.dtype.kind == "u" or plane.min() >= 0 else _mean(abs(plane), blur, totals)
        del plane
        slack = cv2.dilate(size, np.ones((5, 5), np.uint8))  # the pixels that a gradient and its neighbours are made of
        slack *= kind.type((2 * weights.size + 14) * np.finfo(np.float32).eps)  # of all dtypes, so that they agree
        across, down = (work(smooth, cv2.BORDER_REPLICATE) for work in derivatives("sobel"))
        del smooth, size, totals
    marks = np.zeros((h, w), np.uint8)
    across, down, lengths = canonical(across), canonical(down), np.empty_like(across)
    length_of_gradient(across, down, lengths)
    gradients = across, down, canonical(lengths)
    _ridges(gradients, canonical(inside), canonical(slack), kind.type(low), kind.type(high), marks)
    del across, down, lengths, gradients, inside, slack
    count = int(np.count_nonzero(marks))
    if count:
        _connect(canonical(marks), np.empty(count, np.int64), out)
    return out


def _intensity(image: np.ndarray, kind: np.dtype) -> np.ndarray:
    """The grey image, or the luma of the RGB image, as fractions of full scale; a band at a time to save memory."""
    plane = np.empty(image.shape[:2], kind)
    for y in range(0, plane.shape[0], _ROWS):
        rows = image[y : y + _ROWS]
        if image.shape[2:] == (3,):
            plane[y : y + _ROWS] = luma(rows.astype(kind, copy=False))
        else:
            plane[y : y + _ROWS] = rows.reshape(rows.shape[:2])
    plane /= kind.type(full_scale(image.dtype))
    return plane


def _mean(levels: np.ndarray, blur: Filter, totals: tuple[np.ndarray, ...]) -> np.ndarray:
    """The weighted means of levels, whose weights add up to the products of `totals`."""
    found = blur(levels, load_cv2().BORDER_CONSTANT)
    for total in totals:
        found /= total.astype(levels.dtype, copy=False)
    return found


def _within(size: int, weights: np.ndarray) -> np.ndarray:
    """For each place of a line the sum of the weights that fall on the line."""
    r = weights.size // 2
    sums = np.concatenate(([0.0], np.cumsum(weights)))
    at = np.arange(size)
    return sums[np.minimum(weights.size, size + r - at)] - sums[np.maximum(0, r - at)]


def _rows() -> list[Case]:
    from skimage import feature

    return [
        Case(
            "canny",
            "Canny's edges, sigma 1",
            "grey",
            lambda x: canny(x),
            {
                "skimage canny": Peer(
                    lambda x: feature.canny(x, 1.0),
                    limit=1 / 3,
                    tolerance=0.01,
                    difference=lambda ours, theirs: float((ours != theirs).mean() * 100),
                    unit="% of pixels",
                )
            },
            size=512,
        )
    ]


declare(canny, result=lambda image: (np.dtype(bool), image.shape[:2]), peers=_rows)
