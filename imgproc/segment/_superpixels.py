"""Superpixels: SLIC and SLICO, connected and within a mask."""

from __future__ import annotations

import math

import numpy as np

from .._core import elementary
from .._core.bounds import MOST_ITERATIONS
from .._core.check import as_image, as_mask, flag, integer, positive
from .._core.declare import Case, Peer, declare, labels_like, versus
from .._core.jit import borrowed, kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from ..color import gray_to_rgb, rgb_to_lab

__all__ = ["mean_color_superpixels", "superpixels"]

ADAPTIVE_START = 100.0
"""Squared colour distance that SLICO takes for a cluster's largest in its first iteration."""

SHARE = 0.2
"""Of a seed's cell that must be within the mask; at the image's border a cell is a quarter there at least."""

_ROWS = 64
"""Of the image, converted at a time."""


@kernel
def _assign(planes, centers, weights, reach, best, labels, y0, y1):
    """Each pixel of these rows to the nearest center, (L, a, b, y, x), whose window of `reach` holds it."""
    planes, best, labels = borrowed(planes), borrowed(best), borrowed(labels)
    width = labels.shape[1]
    for y in range(y0, y1):
        row = best[y]
        for x in range(np.uint64(width)):
            row[x] = np.float32(np.inf)
    for k in range(centers.shape[0]):
        cy, cx = centers[k, 3], centers[k, 4]
        light, a, b = np.float32(centers[k, 0]), np.float32(centers[k, 1]), np.float32(centers[k, 2])
        of_color, of_place, middle = np.float32(weights[k, 0]), np.float32(weights[k, 1]), np.float32(cx)
        first, last = max(int(cx - reach), 0), min(int(cx + reach) + 1, width)
        for y in range(max(int(cy - reach), y0), min(int(cy + reach) + 1, y1)):
            far = np.float32((y - cy) * (y - cy)) * of_place
            p, q, r = planes[0, y], planes[1, y], planes[2, y]
            nearest, label, number = best[y], labels[y], np.int32(k)
            for x in range(np.uint64(first), np.uint64(last)):
                u, v, w, s = p[x] - light, q[x] - a, r[x] - b, np.float32(np.int32(x)) - middle
                d = (u * u + v * v + w * w) * of_color + (s * s * of_place + far)
                closer = d < nearest[x]
                nearest[x] = d if closer else nearest[x]
                label[x] = number if closer else label[x]


@kernel
def _move(planes, labels, valid, centers, sums):
    """Centers to the means of their pixels."""
    planes, labels, valid = borrowed(planes), borrowed(labels), borrowed(valid)
    sums[:] = 0
    h, w = labels.shape
    for y in range(h):
        p, q, r, label, counts = planes[0, y], planes[1, y], planes[2, y], labels[y], valid[y]
        x = 0
        while x < w:  # runs of pixels with the same label
            k, n, places = label[x], 0, 0
            light, a, b = np.float64(0), np.float64(0), np.float64(0)
            while x < w and label[x] == k:
                if counts[x]:
                    light, a, b = light + p[x], a + q[x], b + r[x]
                    n, places = n + 1, places + x
                x += 1
            if k >= 0 and n:
                sums[k, 0] += light
                sums[k, 1] += a
                sums[k, 2] += b
                sums[k, 3] += n * y
                sums[k, 4] += places
                sums[k, 5] += n
    for k in range(centers.shape[0]):
        if sums[k, 5] > 0:
            for i in range(5):
                centers[k, i] = sums[k, i] / sums[k, 5]


@kernel
def _spread(planes, labels, valid, centers, farthest):
    """The largest squared colour distance in each cluster."""
    farthest[:] = 0
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            k = labels[y, x]
            if k >= 0 and valid[y, x]:
                u, v, w = planes[0, y, x], planes[1, y, x], planes[2, y, x]
                d = (u - centers[k, 0]) ** 2 + (v - centers[k, 1]) ** 2 + (w - centers[k, 2]) ** 2
                farthest[k] = max(farthest[k], d)


@kernel
def _settle_seeds(planes, valid, step, centers):
    """Seeds at the place of least gradient among the valid pixels of three by three around the middles of their cells.

    A middle outside the mask gives way to the nearest valid pixel of its cell.  Returns how many seeds there are: cells
    with few valid pixels have none.
    """
    h, w = valid.shape
    count = 0
    for k in range(centers.shape[0]):
        cy, cx = int(centers[k, 3]), int(centers[k, 4])
        least, sy, sx, inside, half = np.inf, cy, cx, 0, int(step / 2)
        for y in range(max(cy - half, 0), min(cy + half + 1, h)):
            for x in range(max(cx - half, 0), min(cx + half + 1, w)):
                if valid[y, x]:
                    inside += 1
                    d = float((y - cy) ** 2 + (x - cx) ** 2)
                    if d < least:
                        least, sy, sx = d, y, x
        if inside == 0 or inside < SHARE * (2 * half + 1) ** 2:
            continue
        cy, cx = sy, sx
        least, sy, sx = np.inf, cy, cx
        for y in range(max(cy - 1, 1), min(cy + 2, h - 1)):
            for x in range(max(cx - 1, 1), min(cx + 2, w - 1)):
                total = 0.0
                for c in range(3):
                    total += (planes[c, y, x + 1] - planes[c, y, x - 1]) ** 2
                    total += (planes[c, y + 1, x] - planes[c, y - 1, x]) ** 2
                if valid[y, x] and total < least:
                    least, sy, sx = total, y, x
        for c in range(3):
            centers[count, c] = planes[c, sy, sx]
        centers[count, 3], centers[count, 4] = sy, sx
        count += 1
    return count


@kernel
def _components(labels, valid, parts, order, starts):
    """Number the connected parts of equal labels (four neighbours); pixels of part k are ``order[starts[k] :]``."""
    h, w = labels.shape
    count, end = 0, 0
    for y in range(h):
        for x in range(w):
            if parts[y, x] >= 0 or not valid[y, x]:
                continue
            label, at = labels[y, x], end
            starts[count] = end
            order[end], end = y * w + x, end + 1
            parts[y, x] = count
            while at < end:
                v, u = order[at] // w, order[at] % w
                at += 1
                for side in range(4):
                    j, i = v + (side == 0) - (side == 1), u + (side == 2) - (side == 3)
                    if 0 <= j < h and 0 <= i < w and valid[j, i] and parts[j, i] < 0 and labels[j, i] == label:
                        parts[j, i] = count
                        order[end], end = j * w + i, end + 1
            count += 1
    starts[count] = end
    return count


@kernel(inner=True)
def _root(parents, k):
    while parents[k] != k:
        parents[k] = parents[parents[k]]
        k = parents[k]
    return k


@kernel
def _join_small(parts, order, starts, parents, sizes, least):
    """Parts of fewer than `least` pixels join the largest that they touch."""
    h, w = parts.shape
    for k in range(parents.size):
        if sizes[_root(parents, k)] >= least:
            continue
        own, found, most = _root(parents, k), -1, 0
        for n in range(starts[k], starts[k + 1]):
            v, u = order[n] // w, order[n] % w
            for side in range(4):
                j, i = v + (side == 0) - (side == 1), u + (side == 2) - (side == 3)
                if 0 <= j < h and 0 <= i < w and parts[j, i] >= 0:
                    other = _root(parents, parts[j, i])
                    if other != own and sizes[other] > most:
                        found, most = other, sizes[other]
        if found >= 0:
            parents[own] = found
            sizes[found] += sizes[own]


@kernel
def _number(parts, parents, numbers, labels):
    """Labels from 0 in the order in which rows meet them; -1 where there is no part."""
    count = 0
    for y in range(parts.shape[0]):
        for x in range(parts.shape[1]):
            labels[y, x] = -1
            if parts[y, x] >= 0:
                k = _root(parents, parts[y, x])
                if numbers[k] < 0:
                    numbers[k], count = count, count + 1
                labels[y, x] = numbers[k]


def superpixels(
    image: np.ndarray,
    *,
    count: int = 200,
    compactness: float = 10.0,
    slico: bool = False,
    iterations: int = 10,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Superpixels by simple linear iterative clustering (SLIC): k-means in colour and place, within reach of each seed.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; grey or RGB.  Colours are compared in CIE L*a*b*.
    count : int
        About how many superpixels, at least 1.
    compactness : float
        The distance in Lab that weighs as much as one in place of the side of a superpixel, above 0: the larger, the
        more like squares.
    slico : bool
        Whether each superpixel finds its own compactness (SLICO, "zero parameter"): colour distances are divided by the
        largest that its pixels had, and `compactness` has no effect.
    iterations : int
        From 1 to 10,000.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels take part; seeds are set among them.

    Returns
    -------
    ndarray of int32, shape (h, w)
        Labels from 0 to n - 1, in the order in which rows meet them, each one connected region (by four neighbours);
        -1 outside the mask and where a pixel is not finite.  n is near `count`: parts smaller than a quarter of the
        mean size join the largest neighbour, and separate parts of a mask have superpixels of their own.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    mean_color_superpixels : The image with each superpixel in its mean colour.

    Notes
    -----
    The whole image is one window, as labels are numbered over all of it.

    ``skimage.segmentation.slic`` with ``sigma=0``, whose compactness means the same.  Lab in float32; the result does
    not depend on the number of threads.

    References
    ----------
    R. Achanta, A. Shaji, K. Smith, A. Lucchi, P. Fua, S. Süsstrunk, "SLIC superpixels compared to state-of-the-art
    superpixel methods", IEEE TPAMI 34(11), 2012, algorithm 1 and section 4; here windows reach 1.5 sides of a
    superpixel from its center instead of 1, and small parts join the largest neighbour.

    Examples
    --------
    >>> labels = superpixels(image, count=20)
    >>> labels.shape, int(labels.min())
    ((96, 128), 0)
    """
    image = as_image(image, channels=(1, 3))
    count, compactness = integer(count, "count", at_least=1), positive(compactness, "compactness")
    slico = flag(slico, "slico")
    iterations = integer(iterations, "iterations", at_least=1, at_most=MOST_ITERATIONS)
    mask = as_mask(mask, image)
    must_be_unit(image, who="superpixels", mask=mask)
    h, w = image.shape[:2]
    labels = np.full((h, w), -1, np.int32)
    if not image.size:
        return labels
    planes, finite = _lab(image)
    valid = finite if mask is None else canonical(finite & mask)
    area = int(np.count_nonzero(valid))
    if not area:
        return labels
    step = max(math.sqrt(area / count), 1.0)
    centers = _seeds(planes, valid, step)
    _cluster(planes, valid, centers, step, compactness, bool(slico), iterations, labels)
    del planes
    return _connected(labels, valid, area / len(centers) / 4)


def _lab(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """L, a and b, (3, h, w), with 0 where the image is not finite, and where it is."""
    planes = np.empty((3, *image.shape[:2]), np.float32)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for y in range(0, len(image), _ROWS):
            f = image[y : y + _ROWS].astype(np.float32)
            f /= np.float32(full_scale(image.dtype))  # the nearest float32, so that all dtypes agree
            f = gray_to_rgb(f.reshape(f.shape[:2])) if f.shape[2:] != (3,) else f
            planes[:, y : y + _ROWS] = np.moveaxis(rgb_to_lab(f), -1, 0)
    if image.dtype.kind == "u":
        return canonical(planes), canonical(np.ones(image.shape[:2], bool))
    finite = np.logical_and.reduce(np.isfinite(planes))
    planes[:, ~finite] = 0
    return canonical(planes), canonical(finite)


def _seeds(planes: np.ndarray, valid: np.ndarray, step: float) -> np.ndarray:
    """Centers (L, a, b, y, x) on a grid over the box of the valid pixels."""
    ys, xs = np.flatnonzero(valid.any(axis=1)), np.flatnonzero(valid.any(axis=0))
    places = []
    for line in (ys, xs):
        length = line[-1] + 1 - line[0]
        n = max(1, round(length / step))
        places.append(np.minimum(line[0] + ((np.arange(n) + 0.5) * length / n), line[-1]))
    y, x = np.meshgrid(*places, indexing="ij")
    centers = np.zeros((y.size, 5))
    centers[:, 3], centers[:, 4] = y.ravel(), x.ravel()
    found = _settle_seeds(planes, valid, step, centers)
    if not found:  # there is little anywhere
        centers[0, 3:] = ys[0], np.flatnonzero(valid[ys[0]])[0]
        centers[0, :3] = planes[:, ys[0], int(centers[0, 4])]
        found = 1
    return centers[:found]


def _cluster(
    planes: np.ndarray,
    valid: np.ndarray,
    centers: np.ndarray,
    step: float,
    compactness: float,
    slico: bool,
    iterations: int,
    labels: np.ndarray,
) -> None:
    h, w = labels.shape
    weights = np.ones((len(centers), 2))
    weights[:, 1] = 1 / elementary.square(step) if slico else elementary.square(compactness / step)
    farthest, sums = np.full(len(centers), ADAPTIVE_START), np.empty((len(centers), 6))
    best = np.empty((h, w), np.float32)
    for _ in range(iterations):
        if slico:
            weights[:, 0] = 1 / np.maximum(farthest, 1.0)
        run_bands(lambda a, b: _assign(planes, centers, weights, 1.5 * step, best, labels, a, b), h, pixels=h * w)
        if slico:
            spread = np.empty_like(farthest)
            _spread(planes, labels, valid, centers, spread)
            farthest = spread
        _move(planes, labels, valid, centers, sums)


def _connected(labels: np.ndarray, valid: np.ndarray, least: float) -> np.ndarray:
    kind = np.int32 if labels.size < 1 << 31 else np.int64
    parts, order, starts = np.full(labels.shape, -1, kind), np.empty(labels.size, kind), np.empty(labels.size + 1, kind)
    n = _components(labels, valid, parts, order, starts)
    starts = starts[: n + 1].astype(np.int64)
    parents, sizes = np.arange(n), np.diff(starts)
    _join_small(parts, order, starts, parents, sizes, least)
    del order, starts
    out = np.empty(labels.shape, np.int32)
    _number(parts, parents, np.full(n, -1, np.int64), out)
    return out


def mean_color_superpixels(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Paint each region in its mean colour.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    labels : ndarray of shape (h, w)
        Integers, one for each region, as from `superpixels`; pixels with a label below 0 stay as they are.

    Returns
    -------
    ndarray
        Same shape and dtype.  Integers are rounded half to even.  Means are over finite values; values that are not
        stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> labels = superpixels(image, count=20)
    >>> mean_color_superpixels(image, labels).shape
    (96, 128, 3)
    """
    image = as_image(image)
    labels = as_labels(labels, image)
    out = np.array(image, order="C")
    if not image.size:
        return out
    inside = labels.ravel() >= 0
    flat, source = out.reshape(labels.size, -1), canonical(image).reshape(labels.size, -1)
    numbers = labels.ravel()[inside].astype(np.int64)
    if numbers.size and numbers.max() >= 4 * labels.size:
        numbers = np.unique(numbers, return_inverse=True)[1]
    for c in range(flat.shape[1]):
        values, where, of = source[:, c][inside].astype(np.float64), inside, numbers
        if image.dtype.kind == "f" and not np.isfinite(values).all():
            finite = np.isfinite(values)
            where = inside.copy()
            where[inside] = finite
            values, of = values[finite], numbers[finite]
        counts = np.bincount(of)
        means = np.bincount(of, weights=values) / np.maximum(counts, 1)
        means = np.rint(means) if image.dtype.kind == "u" else means
        del values
        flat[:, c][where] = means.astype(image.dtype)[of]
    return out


def as_labels(labels: object, image: np.ndarray, name: str = "labels") -> np.ndarray:
    """An integer array of the image's (h, w)."""
    if not isinstance(labels, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {type(labels).__name__}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got {labels.dtype}")
    if labels.shape != image.shape[:2]:
        raise ValueError(f"{name} must have the (h, w) of image, {image.shape[:2]}, got {labels.shape}")
    return labels


def _rows() -> list[Case]:
    from skimage import segmentation

    return [
        Case(
            "superpixels",
            "200 superpixels (SLIC), 10 iterations",
            "RGB",
            lambda x: superpixels(x, count=200),
            {
                "skimage slic": Peer(
                    lambda x: segmentation.slic(x, 200),
                    limit=1 / 5,
                    difference=None,
                    note="142 instead of 193 regions",
                )
            },
            size=512,
        )
    ]


declare(superpixels, result=labels_like, peers=_rows)


def _rows_of_means() -> list[Case]:
    from skimage import color

    def with_labels(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x, superpixels(x, count=200)

    return [
        versus(
            "mean_color_superpixels",
            "RGB",
            lambda both: mean_color_superpixels(*both),
            "skimage label2rgb",
            lambda both: color.label2rgb(both[1], both[0], kind="avg", bg_label=-1),
            tolerance=1,
            what="of 200 superpixels",
            prepare=with_labels,
            size=512,
        )
    ]


declare(mean_color_superpixels, peers=_rows_of_means)
