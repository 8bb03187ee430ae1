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

__all__ = ["canny"]

_ROWS = 64


_SLOPE = 0.7265
"""Of two neighbours across a ridge the one is earlier whose ``x + _SLOPE y`` is less: left or above, and left of steep
diagonals.  The order turns round at a direction that no line through pixels has."""


@kernel(inner=True)
def _sobel_row(above, row, below, across, down, lengths):
    """Sobel's derivatives of one row to the right and downwards, a quarter of their sums, and their lengths.

    The order of the additions is that of ``cv2.sepFilter2D``, so that both have the same bits.
    """
    kind = row.dtype.type
    half, quarter = kind(0.5), kind(0.25)
    last = row.size - 1
    above_right, right, below_right = above[2:], row[2:], below[2:]
    above_here, below_here, inner_across, inner_down = above[1:], below[1:], across[1:], down[1:]
    for i in range(last - 1):
        outer = (above_right[i] - above[i]) + (below_right[i] - below[i])
        inner_across[i] = outer * quarter + (right[i] - row[i]) * half
    for i in range(last - 1):
        lower = (below[i] + below_right[i]) * quarter + below_here[i] * half
        inner_down[i] = lower - ((above[i] + above_right[i]) * quarter + above_here[i] * half)
    for a, x, b in ((0, 0, min(1, last)), (max(last - 1, 0), last, last)):  # beyond the ends these pixels again
        across[x] = ((above[b] - above[a]) + (below[b] - below[a])) * quarter + (row[b] - row[a]) * half
        lower = (below[a] + below[b]) * quarter + below[x] * half
        down[x] = lower - ((above[a] + above[b]) * quarter + above[x] * half)
    for i in range(row.size):
        lengths[i] = np.sqrt(across[i] * across[i] + down[i] * down[i])


@kernel(inner=True)
def _thin_row(lengths, gradient, inside, slack, bounds, marks):
    """The ridges of one row, but for its ends, without a branch: it reads all eight neighbours and selects."""
    above, row, below = lengths
    across, down, off, inside = gradient[0][1:], gradient[1][1:], slack[1:], inside[1:]
    nw, n, ne, w, e, sw, s, se = above, above[1:], above[2:], row, row[2:], below, below[1:], below[2:]
    here, out, one, slope = row[1:], marks[1:], row.dtype.type(1), row.dtype.type(_SLOPE)
    for i in range(row.size - 2):
        m, gx, gy = here[i], across[i], down[i]
        nw_, n_, ne_, w_, e_, sw_, s_, se_ = nw[i], n[i], ne[i], w[i], e[i], sw[i], s[i], se[i]
        falls = (gx >= 0) == (gy >= 0)  # the line of the gradient, from the upper left to the lower right
        wide, high = abs(gx), abs(gy)
        lies = wide >= high
        share = (high if lies else wide) / (wide if lies else high)
        side, other = (e_ if falls else w_), (w_ if falls else e_)
        near, far = (side if lies else s_), (se_ if falls else sw_)
        lower = near * (one - share) + far * share
        near, far = (other if lies else n_), (nw_ if falls else ne_)
        upper = near * (one - share) + far * share
        lower_is_later = falls | ((not lies) & (share < slope))
        earlier, later = (upper if lower_is_later else lower), (lower if lower_is_later else upper)
        most = m + off[i]
        ridge = (m > earlier + off[i]) & (m >= later - off[i]) & (most >= bounds[0]) & (m > off[i]) & (inside[i] != 0)
        kept = np.uint8(2) if most >= bounds[1] else np.uint8(1)
        out[i] = kept if ridge else np.uint8(0)


@kernel(inner=True)
def _slack_row(size, y, factor, tall, slack):
    """The largest of the 5 x 5 sizes around each pixel of a row, those that a gradient and its neighbours are made of,
    times a factor.  `tall` has two places more on both sides, which are below all sizes."""
    last = size.shape[0] - 1
    middle, row = tall[2:], size[y]
    a, b, c, d = size[max(y - 2, 0)], size[max(y - 1, 0)], size[min(y + 1, last)], size[min(y + 2, last)]
    for x in range(row.size):
        v, u = (a[x] if a[x] > b[x] else b[x]), (c[x] if c[x] > d[x] else d[x])
        v = u if u > v else v
        middle[x] = v if v > row[x] else row[x]
    b, c, d, e = tall[1:], tall[2:], tall[3:], tall[4:]
    for x in range(slack.size):
        v, u = (b[x] if b[x] > tall[x] else tall[x]), (d[x] if d[x] > c[x] else c[x])
        v = u if u > v else v
        slack[x] = (e[x] if e[x] > v else v) * factor


@kernel
def _ridges(smooth, size, inside, bounds, rows, tall, marks):
    """Where the gradient is a ridge across its direction: 1 from the lower bound on, 2 from the higher; the frame 0.

    Lengths of gradients are equal if they differ by no more than the last of `bounds` times the largest `size` of the
    pixels that they are made of.  `rows` hold the gradients of three rows, which stay in the cache: their parts to the
    right and downwards, and their lengths; and a row of what makes them equal.  A single row `inside` is for all rows.
    """
    h, slack = smooth.shape[0], rows[3, 0]
    for y in range(h):
        across, down, lengths = rows[y % 3, 0], rows[y % 3, 1], rows[y % 3, 2]
        _sobel_row(smooth[max(y - 1, 0)], smooth[y], smooth[min(y + 1, h - 1)], across, down, lengths)
        if y >= 2:
            before = rows[(y - 1) % 3]
            three = rows[(y - 2) % 3, 2], before[2], lengths
            _slack_row(size, y - 1, bounds[2], tall, slack)
            here = inside[min(y - 1, inside.shape[0] - 1)]
            _thin_row(three, (before[0], before[1]), here, slack, bounds, marks[y - 1])


@kernel(inner=True)
def _promote(marks, at, stack, top):
    """A mark of 1 becomes 2 and goes onto the stack."""
    if marks[at] == np.uint8(1):
        marks[at] = np.uint8(2)
        stack[top] = at
        return top + np.uint64(1)
    return top


@kernel
def _connect(marks, width, stack, out):
    """True for marks of 2, and for those of 1 that touch them in a chain of eight neighbours; the frame has none.

    Marks are flat, with rows of a `width`; they change.  The stack has a place more than there are marks.
    """
    width, one, top = np.uint64(width), np.uint64(1), np.uint64(0)
    for at in range(np.uint64(marks.size)):  # a store each time is cheaper than a branch that nobody can guess
        stack[top] = at
        top += np.uint64(marks[at] == np.uint8(2))
    while top:
        top -= one
        at = stack[top]
        for row in (at - width, at, at + width):
            top = _promote(marks, row - one, stack, top)
            top = _promote(marks, row, stack, top)
            top = _promote(marks, row + one, stack, top)
    for i in range(out.size):
        out[i] = marks[i] == np.uint8(2)


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

    Examples
    --------
    >>> step = np.zeros((8, 8))
    >>> step[:, 4:] = 1.0
    >>> np.flatnonzero(canny(step)[4])
    array([3])
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
        totals: np.ndarray | tuple[np.ndarray, np.ndarray]
        if valid is None:
            totals = _within(h, weights).astype(kind), _within(w, weights).astype(kind)
            inside = np.ones((1, w), np.uint8)
        else:
            plane[~valid] = 0
            totals = np.maximum(blur(valid.astype(kind), cv2.BORDER_CONSTANT), np.finfo(kind).tiny)
            inside = cv2.erode(valid.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0)
        smooth = _mean(plane, blur, totals)
        size = smooth if image.dtype.kind == "u" or plane.min() >= 0 else _mean(abs(plane), blur, totals)
        del plane
    slack = (2 * weights.size + 14) * np.finfo(np.float32).eps  # of all dtypes, so that they agree
    marks, bounds = np.zeros((h, w), np.uint8), (kind.type(low), kind.type(high), kind.type(slack))
    tall = np.full(w + 4, -np.inf, kind)
    _ridges(canonical(smooth), canonical(size), canonical(inside), bounds, np.empty((4, 3, w), kind), tall, marks)
    del smooth, size, inside
    count = int(np.count_nonzero(marks))
    if count:
        _connect(marks.reshape(-1), w, np.empty(count + 1, np.uint64), out.reshape(-1))
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


def _mean(levels: np.ndarray, blur: Filter, totals: np.ndarray | tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The weighted means of levels, whose weights add up to the totals, or to the products of two."""
    found = blur(levels, load_cv2().BORDER_CONSTANT)
    if not isinstance(totals, tuple):
        found /= totals
        return found
    for lines, total in zip((found, found.T), totals, strict=True):
        near = np.flatnonzero(total != 1)  # lines near the border, where less than the whole window is on the image
        lines[near] /= total[near, np.newaxis]
    return found


def _within(size: int, weights: np.ndarray) -> np.ndarray:
    """For each place of a line the sum of the weights that fall on the line."""
    r = weights.size // 2
    sums = np.concatenate(([0.0], np.cumsum(weights)))
    at = np.arange(size)
    return sums[np.minimum(weights.size, size + r - at)] - sums[np.maximum(0, r - at)]


def _rows() -> list[Case]:
    import cv2
    from skimage import feature

    def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
        return float((ours != (theirs != 0)).mean() * 100)

    def opencv(x: np.ndarray) -> np.ndarray:
        return cv2.Canny(cv2.GaussianBlur(x, (9, 9), 1.0), 0.025 * 1020, 0.05 * 1020, L2gradient=True)

    return [
        Case(
            "canny",
            "Canny's edges, sigma 1",
            "grey",
            lambda x: canny(x),
            {
                "cv2 Canny": Peer(
                    opencv,
                    limit=1 / 1.2,
                    tolerance=4,
                    difference=apart,
                    unit="% of pixels",
                    note="the same Gaussian first; it rounds the smoothed image to bytes and knows four directions of "
                    "gradients, where ours are floats and between pixels",
                ),
                "skimage canny": Peer(
                    lambda x: feature.canny(x, 1.0), limit=1 / 10, tolerance=0.01, difference=apart, unit="% of pixels"
                ),
            },
            size=512,
        )
    ]


declare(canny, result=lambda image: (np.dtype(bool), image.shape[:2]), peers=_rows)
