"""Filters with small windows: correlation, separable blur, and what is combined from them in the same pass.

All of them work on flat rows, (h, w c), in float32 (float64 for float64 images), and on one block of columns at a time.
The rows that a window needs are converted, extended by the border, and kept in a ring in the L1 cache.  So each weight
costs one multiplication and one addition on contiguous numbers.  A result depends only on the pixels of its window; it
does not depend on how the image is split into bands and blocks.  NaN reaches only the windows that contain it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from .._core.border import index_map
from .._core.formats import channels_of, work_dtype
from .._core.jit import jit_enabled, kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .blur_floats import blur_floats
from .correlate_bytes import LANES, MOST_PAIRS, aligned, blur_bytes, correlate_bytes, quantized

BORDER = "reflect_101"
_RING_BYTES = 24 << 10
_SHORTEST_BLOCK = 192

Source = tuple[np.ndarray, np.ndarray, np.ndarray, int]
"""An image and its border, as ``(rows, ymap, xmap, channels)``: flat rows (h, w c), and for each row and column of the
extended image the one that stands for it, see `index_map`.  (It is a plain tuple, since Numba takes 1 µs longer to look
at a named one, which is 5 % of a small image.)"""

Part = tuple[int, int, int, int]
"""Rows [y0, y1) and columns [x0, x1), as ``(y0, y1, x0, x1)``."""


# Rings are flat, and their indices are unsigned.  A view of a row, or an index that may be negative, would cost more
# than the work on a short row.


@kernel(inner=True)
def _load(row, xmap, x0, first, last, count, channels, ring, base):
    """Load `count` pixels, from x0 on, of a row that the border extends; [first, last) of them are in the image."""
    start, to = np.uint64(xmap[x0 + first] * channels), np.uint64(base + first * channels)
    for i in range(np.uint64((last - first) * channels)):
        ring[to + i] = row[start + i]
    for j in range(first + count - last):
        j += last - first if j >= first else 0
        for c in range(channels):
            ring[base + j * channels + c] = row[xmap[x0 + j] * channels + c]


@kernel(inner=True)
def store_row(row, top, out, first):
    """Store a row; with a `top` above 0 it is rounded half to even and saturated."""
    to = np.uint64(first)
    if top > 0:
        low, high = row.dtype.type(0), row.dtype.type(top)
        for i in range(np.uint64(row.size)):
            v = row[i]
            v = low if v < low else v
            v = high if v > high else v
            out[to + i] = np.int32(np.rint(v))
    else:
        for i in range(np.uint64(row.size)):
            out[to + i] = row[i]


@kernel(inner=True)
def _three(ring, at, w, k, out):
    a, b, c = np.uint64(at[k]), np.uint64(at[k + 1]), np.uint64(at[k + 2])
    p, q, r = w[k], w[k + 1], w[k + 2]
    if k == 0:
        for i in range(np.uint64(out.size)):
            out[i] = p * ring[a + i] + q * ring[b + i] + r * ring[c + i]
    else:
        for i in range(np.uint64(out.size)):
            out[i] += p * ring[a + i] + q * ring[b + i] + r * ring[c + i]


@kernel(inner=True)
def _nine(ring, at, w, k, out):
    a, b, c = np.uint64(at[k]), np.uint64(at[k + 1]), np.uint64(at[k + 2])
    d, e, f = np.uint64(at[k + 3]), np.uint64(at[k + 4]), np.uint64(at[k + 5])
    g, h, j = np.uint64(at[k + 6]), np.uint64(at[k + 7]), np.uint64(at[k + 8])
    p, q, r, s, t, u, v, x, z = w[k], w[k + 1], w[k + 2], w[k + 3], w[k + 4], w[k + 5], w[k + 6], w[k + 7], w[k + 8]
    if k == 0:
        for i in range(np.uint64(out.size)):
            near = p * ring[a + i] + q * ring[b + i] + r * ring[c + i]
            far = s * ring[d + i] + t * ring[e + i] + u * ring[f + i]
            out[i] = near + far + (v * ring[g + i] + x * ring[h + i] + z * ring[j + i])
    else:
        for i in range(np.uint64(out.size)):
            near = p * ring[a + i] + q * ring[b + i] + r * ring[c + i]
            far = s * ring[d + i] + t * ring[e + i] + u * ring[f + i]
            out[i] += near + far + (v * ring[g + i] + x * ring[h + i] + z * ring[j + i])


@kernel(inner=True)
def _sum(ring, at, w, out):
    """Add up ``w[k] * ring[at[k] :]``.  The number of weights must be a multiple of three."""
    k = 0
    while k + 6 < w.size:
        _nine(ring, at, w, k, out)
        k += 9
    while k < w.size:
        _three(ring, at, w, k, out)
        k += 3


@kernel
def _correlate(source, places, weights, top, part, ring, at, total, out):
    """Add up ``weights[k]`` times the pixel at ``places[k]``.

    A place is so many rows down and so many samples to the right of the window's corner.
    """
    rows, ymap, xmap, channels = source
    y0, y1, x0, x1 = part
    ry, rx = (ymap.size - out.shape[0]) // 2, (xmap.size - out.shape[1] // channels) // 2
    height, count, width = 2 * ry + 1, x1 - x0 + 2 * rx, xmap.size - 2 * rx
    stride = count * channels
    first, last = max(rx - x0, 0), min(width + rx - x0, count)
    for y in range(y0, y1 + 2 * ry):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % height) * stride)
        row = y - 2 * ry
        if row >= y0:
            slot = row % height
            for k in range(weights.size):
                turn = slot + places[k, 0]
                at[0, k] = (turn - height if turn >= height else turn) * stride + places[k, 1]
            _sum(ring, at[0], weights, total)
            store_row(total, top, out[row], x0 * channels)


@kernel(inner=True)
def _scaled(ring, m, w, out):
    m = np.uint64(m)
    for i in range(np.uint64(out.size)):
        out[i] = w * ring[m + i]


@kernel(inner=True)
def _pair(ring, m, a, b, w, out):
    """Weigh the middle and one pair."""
    m, a, b = np.uint64(m), np.uint64(a), np.uint64(b)
    u, v = w[0], w[1]
    for i in range(np.uint64(out.size)):
        out[i] = u * ring[m + i] + v * (ring[a + i] + ring[b + i])


@kernel(inner=True)
def _two_pairs(ring, m, a, b, c, d, w, out):
    """Weigh the middle and two pairs."""
    m, a, b, c, d = np.uint64(m), np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d)
    t, u, v = w[0], w[1], w[2]
    for i in range(np.uint64(out.size)):
        out[i] = t * ring[m + i] + (u * (ring[a + i] + ring[b + i]) + v * (ring[c + i] + ring[d + i]))


@kernel(inner=True)
def _more_pairs(ring, a, b, c, d, u, v, out):
    a, b, c, d = np.uint64(a), np.uint64(b), np.uint64(c), np.uint64(d)
    for i in range(np.uint64(out.size)):
        out[i] += u * (ring[a + i] + ring[b + i]) + v * (ring[c + i] + ring[d + i])


@kernel(inner=True)
def weigh_row(ring, middle, step, period, weights, out):
    """Apply symmetric weights around the samples from `middle` on, in a ring of `period` samples.

    The two ends of pair k lie ``k * step`` before and after the middle.
    """
    r, k = weights.size - 1, 3
    if r == 0:
        _scaled(ring, middle, weights[0], out)
        return
    a, b = _back(middle, step, period), _on(middle, step, period)
    if r % 2 == 1:
        _pair(ring, middle, a, b, weights, out)
        k = 2
    else:
        c, d = _back(middle, 2 * step, period), _on(middle, 2 * step, period)
        _two_pairs(ring, middle, a, b, c, d, weights, out)
    while k < r:
        near, far = k * step, (k + 1) * step
        a, b = _back(middle, near, period), _on(middle, near, period)
        c, d = _back(middle, far, period), _on(middle, far, period)
        _more_pairs(ring, a, b, c, d, weights[k], weights[k + 1], out)
        k += 2


@kernel(inner=True)
def _back(place, by, period):
    place -= by
    return place + period if place < 0 else place


@kernel(inner=True)
def _on(place, by, period):
    place += by
    return place - period if place >= period else place


@kernel(inner=True)
def sharpen_row(ring, middle, blurred, amount, threshold):
    """Sharpen in place: `blurred` becomes ``f + amount (f - blurred)`` where f and it differ by more than `threshold`.

    Elsewhere it becomes f.
    """
    middle = np.uint64(middle)
    for i in range(np.uint64(blurred.size)):
        f = ring[middle + i]
        d = f - blurred[i]
        # Written so that NaN in the window gives NaN, as in every other filter.
        blurred[i] = f if abs(d) <= threshold else f + amount * d


@kernel
def _separable(source, weights, options, top, part, ring, wide, total, out):
    """Blur by symmetric weights along both axes.  With `options` (amount, threshold), use that blur to sharpen."""
    rows, ymap, xmap, channels = source
    y0, y1, x0, x1 = part
    r = weights.size - 1
    height, stride = 2 * r + 1, wide.size
    count, width = x1 - x0 + 2 * r, xmap.size - 2 * r
    first, last = max(r - x0, 0), min(width + r - x0, count)
    for y in range(y0, y1 + 2 * r):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % height) * stride)
        row = y - 2 * r
        if row < y0:
            continue
        middle = (y - r) % height * stride
        weigh_row(ring, middle, stride, height * stride, weights, wide)
        weigh_row(wide, r * channels, channels, stride, weights, total)
        if options.size:
            sharpen_row(ring, middle + r * channels, total, options[0], options[1])
        store_row(total, top, out[row], x0 * channels)


@kernel(inner=True)
def differences(ring, a, b, c, channels, pattern, p, q):
    """Compute the differences of a pattern of `PATTERNS` from three rows.  For bytes, 16 bits hold them exactly."""
    n, one = np.uint64(p.size), np.uint64(channels)
    a, b, c, kind = np.uint64(a), np.uint64(b), np.uint64(c), p.dtype.type
    two, four, eight = kind(2), kind(4), kind(8)
    if pattern == 0:
        for i in range(n):
            j = i + one
            k = j + one
            above = ring[a + i] + ring[a + j] + ring[a + k]
            below = ring[c + i] + ring[c + j] + ring[c + k]
            p[i] = eight * ring[b + j] - (above + below + (ring[b + i] + ring[b + k]))
    elif pattern == 1:
        for i in range(n):
            j = i + one
            k = j + one
            p[i] = (ring[a + j] + ring[c + j]) + (ring[b + i] + ring[b + k]) - four * ring[b + j]
    elif pattern == 2:
        for i in range(n):
            j = i + one
            k = j + one
            p[i] = ring[c + k] - ring[a + i]
            q[i] = (ring[b + k] - ring[b + i]) + (ring[c + j] - ring[a + j])
    else:
        for i in range(n):
            j = i + one
            k = j + one
            p[i] = (ring[a + k] - ring[a + i]) + two * (ring[b + k] - ring[b + i]) + (ring[c + k] - ring[c + i])
            q[i] = (ring[c + i] - ring[a + i]) + two * (ring[c + j] - ring[a + j]) + (ring[c + k] - ring[a + k])


@kernel(inner=True)
def blend(ring, middle, p, q, pattern, shares, total):
    """Add up shares of a pixel and of its differences, or of the length of its gradient."""
    middle, u, v, w = np.uint64(middle), shares[0], shares[1], shares[2]
    kind = total.dtype.type
    if pattern < 2:
        for i in range(np.uint64(p.size)):
            total[i] = u * kind(ring[middle + i]) + v * kind(p[i])
    elif pattern == 2:
        for i in range(np.uint64(p.size)):
            total[i] = u * kind(ring[middle + i]) + (v * kind(p[i]) + w * kind(q[i]))
    else:
        for i in range(np.uint64(p.size)):
            x, y = kind(p[i]), kind(q[i])
            total[i] = u * kind(ring[middle + i]) + v * np.sqrt(x * x + y * y)


@kernel
def _blend_differences(source, pattern, shares, top, part, ring, p, q, total, out):
    """Blend each pixel with the differences of a pattern; `p` and `q` have room for a row of them."""
    rows, ymap, xmap, channels = source
    y0, y1, x0, x1 = part
    count, width = x1 - x0 + 2, xmap.size - 2
    stride = count * channels
    first, last = max(1 - x0, 0), min(width + 1 - x0, count)
    for y in range(y0, y1 + 2):
        _load(rows[ymap[y]], xmap, x0, first, last, count, channels, ring, (y % 3) * stride)
        if y >= y0 + 2:
            a, b, c = (y - 2) % 3 * stride, (y - 1) % 3 * stride, y % 3 * stride
            differences(ring, a, b, c, channels, pattern, p, q)
            blend(ring, b + channels, p, q, pattern, shares, total)
            store_row(total, top, out[y - 2], x0 * channels)


class _Work:
    """An image as flat rows, with the index maps of its border and a result to fill."""

    def __init__(self, image: np.ndarray, ry: int, rx: int, *, fixed: bool = False) -> None:
        h, w = image.shape[:2]
        self.channels = channels_of(image)
        self.size, self.ry, self.rx = (h, w), ry, rx
        maps = index_map(h, ry, ry, BORDER), index_map(w, rx, rx, BORDER)
        self.source: Source = (canonical(image).reshape(h, -1), *maps, self.channels)
        self.kind = np.dtype(np.uint16 if fixed else work_dtype(image.dtype))
        self.top = full_scale(image.dtype) if image.dtype.kind == "u" else 0
        self.result = np.empty(image.shape, image.dtype)
        self.out = self.result.reshape(h, -1)

    def run(self, block: Callable[..., None]) -> np.ndarray:
        """Call ``block(part, ring, total)`` over the image."""
        h, w = self.size
        height = 2 * self.ry + 1
        samples = max(_RING_BYTES // (height * self.kind.itemsize), _SHORTEST_BLOCK)
        parts = max(1, round(w * self.channels / samples))
        edges = [w * k // parts for k in range(parts + 1)]

        def band(y0: int, y1: int) -> None:
            for x0, x1 in itertools.pairwise(edges):
                stride = (x1 - x0 + 2 * self.rx) * self.channels
                ring = np.empty(height * stride, self.kind)
                block((y0, y1, x0, x1), ring, np.empty((x1 - x0) * self.channels, self.kind))

        run_bands(band, h, pixels=h * w)
        return self.result


def _in_pairs(image: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, list[float]] | None:
    """Take a kernel apart into pairs of opposite places: their places (2, n, 2) and weights.

    Returns None if `correlate_bytes` cannot be used.  It can be if the image is uint8, no weight is negative, all of
    them add up to 1, and opposite places have the same weight.
    """
    if image.dtype != np.uint8 or not jit_enabled():
        return None
    flat = weights.ravel()
    if abs(float(flat.sum()) - 1) > 1e-9 or flat.min() < 0 or not (flat == flat[::-1]).all():
        return None
    where = flat.nonzero()[0]
    n = (where.size + 1) // 2
    if n > MOST_PAIRS:
        return None
    values = flat[where[:n]].tolist()
    if where.size % 2:
        values[-1] /= 2  # the pixel in the middle is a pair with itself
    ends = np.concatenate((where[:n], where[::-1][:n])).reshape(2, n)
    return np.stack(divmod(ends, weights.shape[1]), axis=-1), values


def correlate(image: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Correlate an image with a small kernel, with border ``reflect_101``.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        An image that `as_image` has checked.
    weights : ndarray of shape (2 a + 1, 2 b + 1)
        The kernel.  Zeros in it cost nothing.

    Returns
    -------
    ndarray of the image's shape and dtype
        Integers are rounded half to even and saturated.  Where a kernel averages bytes by symmetric weights, the result
        is as precise as `imgproc._neighbours.correlate_bytes` says.
    """
    if not image.size:
        return image.copy()
    pairs = _in_pairs(image, weights)
    work = _Work(image, weights.shape[0] // 2, weights.shape[1] // 2, fixed=pairs is not None)
    if pairs is None:
        rows, columns = weights.nonzero()
        places, values = _filled(np.stack((rows, columns), axis=-1), weights[rows, columns].astype(work.kind))
    else:
        places, values = pairs[0], quantized(pairs[1], 1 << 17)
    places[..., 1] *= work.channels

    def block(part: Part, ring: np.ndarray, total: np.ndarray) -> None:
        at = np.zeros((2, values.size), np.int64)
        if pairs is None:
            _correlate(work.source, places, values, work.top, part, ring, at, total, work.out)
        else:
            correlate_bytes(work.source, places, values, part, ring, at, total, work.out)

    return work.run(block)


def _filled(places: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bring the number of weights to a multiple of three, as the kernels take three at a time.

    The last weight is split into two or three parts, which add up to it exactly.
    """
    n, more = values.size, -values.size % 3
    if not more:
        return places, values
    values = np.append(values, np.repeat(values[-1:], more))
    values[n - 1 :] *= (0.5, 0.5) if more == 1 else (0.5, 0.25, 0.25)
    return np.append(places, np.repeat(places[-1:], more, axis=0), axis=0), values


def blur_separable(image: np.ndarray, weights: Sequence[float]) -> np.ndarray:
    """Blur along both axes by symmetric weights, with border ``reflect_101``.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        An image that `as_image` has checked.
    weights : sequence of r + 1 floats
        Half of the kernel, from the centre outwards.  None is below 0, and the whole kernel adds up to 1.

    Returns
    -------
    ndarray of the image's shape and dtype
        Integers are rounded once, half to even.  Bytes are as precise as `imgproc._neighbours.correlate_bytes` says.
    """
    if not image.size:
        return image.copy()
    r = len(weights) - 1
    if image.dtype.kind == "f" and r > 0:
        return blur_floats(image, weights, BORDER)
    if image.dtype != np.uint8 or r >= MOST_PAIRS or not jit_enabled():
        return _blurred(image, weights, ())
    work, pairs = _Work(image, r, r, fixed=True), _pairs_of(tuple(weights))

    def block(part: Part, ring: np.ndarray, total: np.ndarray) -> None:
        length = -(-total.size // LANES) * LANES
        stride = -(-(length + 2 * r * work.channels) // LANES) * LANES
        at, buffer = np.zeros((2, *pairs.shape), np.uint64), aligned((2 * r + 2) * stride + length)
        blur_bytes(work.source, r, pairs, part, stride, length, at, buffer, work.out)

    return work.run(block)


@functools.lru_cache(maxsize=64)
def _pairs_of(weights: tuple[float, ...]) -> np.ndarray:
    """The weights of `blur_bytes` along y and x; nobody writes them."""
    halves = [weights[0] / 2, *weights[1:]]
    return np.array([quantized(halves, whole, least=3) for whole in (1 << 16, 1 << 17)])


def unsharp_mask(image: np.ndarray, weights: Sequence[float], amount: float, threshold: float) -> np.ndarray:
    """Sharpen: ``f + amount (f - blur)`` where f and its blur differ by more than `threshold`, else f.

    The threshold is a fraction of full scale.  The blur is that of `blur_separable` in floats, and is not rounded.
    """
    if not image.size:
        return image.copy()
    return _blurred(image, weights, (amount, threshold * full_scale(image.dtype)))


def _blurred(image: np.ndarray, weights: Sequence[float], options: tuple[float, ...]) -> np.ndarray:
    r = len(weights) - 1
    work = _Work(image, r, r)
    values, extra = np.array(weights, work.kind), np.array(options, work.kind)

    def block(part: Part, ring: np.ndarray, total: np.ndarray) -> None:
        wide = np.empty(ring.size // (2 * r + 1), work.kind)
        _separable(work.source, values, extra, work.top, part, ring, wide, total, work.out)

    return work.run(block)


PATTERNS = ("surround", "laplacian", "relief", "gradient")
"""The differences that `blend_differences` can add to a pixel.

``"surround"`` is eight times the pixel minus its eight neighbours, and ``"laplacian"`` the four neighbours beside it
minus four times the pixel.  ``"relief"`` has two differences along the diagonal: that of the two corners, and that of
the pixels between them.  ``"gradient"`` is the length of Sobel's gradient."""


def blend_differences(image: np.ndarray, pattern: str, *shares: float) -> np.ndarray:
    """Add up a share of the image and shares of differences between neighbours, and round once.

    The border is ``reflect_101``.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        An image that `as_image` has checked.
    pattern : str
        One of `PATTERNS`.
    *shares : float
        The share of the image, that of the first difference and, for ``"relief"``, that of the second.
    """
    if not image.size:
        return image.copy()
    work = _Work(image, 1, 1)
    number, values = PATTERNS.index(pattern), np.array((*shares, 0.0)[:3], work.kind)
    near = np.dtype(np.int16) if image.dtype == np.uint8 else work.kind

    def block(part: Part, ring: np.ndarray, total: np.ndarray) -> None:
        ring, (p, q) = np.empty(ring.size, near), np.empty((2, total.size), near)
        _blend_differences(work.source, number, values, work.top, part, ring, p, q, total, work.out)

    return work.run(block)
