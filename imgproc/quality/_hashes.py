"""Perceptual hashes: 64 bits that stay nearly the same when an image is scaled, compressed or brightened."""

from __future__ import annotations

import functools
import math

import numpy as np

from .._core import elementary
from .._core.check import as_image, as_mask
from .._core.declare import declare
from .._core.finite import all_finite
from .._core.formats import channels_of
from .._core.jit import kernel
from .._core.planes import LUMA_WEIGHTS_15_BITS, canonical
from .._core.threads import run_bands

__all__ = ["dhash", "phash"]

_SIDE, _KEPT = 32, 8
"""Of `phash`: cells a side, and coefficients a side."""

_EQUAL = 2.0**-16
"""Numbers that are no further apart than this share of the brightest cell count as equal.  That is much more than
rounding, so that flat and symmetric images have the same hash in every dtype, and much less than one level of 255."""


@kernel
def _sum_cells(rows, channels, scale, i0, i1, out):
    """Sum over cells of equal size; they fill rows `i0` to before `i1` of `out`, (n, m, channels).

    Lengths are counted in units of which a pixel has n (m), and so a cell h (w): all weights are whole numbers, and
    sums of integers are exact.  `scale` has two powers of two that keep sums of huge floats in range.
    """
    n, m, h, w = out.shape[0], out.shape[1], rows.shape[0], rows.shape[1] // channels
    line = np.empty(rows.shape[1])
    for i in range(i0, i1):
        for k in range(line.size):
            line[k] = 0
        for y in range(i * h // n, ((i + 1) * h - 1) // n + 1):
            row, share = rows[y], (min((y + 1) * n, (i + 1) * h) - max(y * n, i * h)) * scale[0]
            for k in range(line.size):
                line[k] += share * row[k]
        for j in range(m):
            for c in range(channels):
                out[i, j, c] = 0
            for x in range(j * w // m, ((j + 1) * w - 1) // m + 1):
                share = (min((x + 1) * m, (j + 1) * w) - max(x * m, j * w)) * scale[1]
                for c in range(channels):
                    out[i, j, c] += share * line[x * channels + c]


def _cell_sums(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The luma of the sums over cells, (n, m), up to a factor."""
    h, w = image.shape[:2]
    rows, out = canonical(image).reshape(h, -1), np.empty((*size, channels_of(image)))
    scale = math.ldexp(1.0, -h.bit_length()), math.ldexp(1.0, -w.bit_length() - 3)
    run_bands(lambda a, b: _sum_cells(rows, out.shape[2], scale, a, b, out), size[0], pixels=h * w)
    if out.shape[2] == 1:
        return out[:, :, 0]
    red, green, blue = (weight / 32768 for weight in LUMA_WEIGHTS_15_BITS)
    return red * out[:, :, 0] + green * out[:, :, 1] + blue * out[:, :, 2]


def _cells(image: np.ndarray, mask: np.ndarray | None, size: tuple[int, int]) -> np.ndarray:
    """Mean luma of cells that divide the image, up to a factor: the largest absolute value is 1, or all are 0.

    Cells without a pixel that counts get the mean of all pixels that do.
    """
    image = as_image(image, channels=(1, 3))
    mask = as_mask(mask, image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    valid = mask
    if image.dtype.kind == "f" and not all_finite(image):
        finite = np.isfinite(image) if image.ndim == 2 else np.isfinite(image).all(axis=2)
        valid = finite if mask is None else mask & finite
        if not valid.any():
            raise ValueError("image must have a finite pixel" if mask is None else "mask must select a finite pixel")
    if valid is None or valid.all():
        found = _cell_sums(image, size)
    else:
        kept = valid if image.ndim == 2 else valid[:, :, np.newaxis]
        sums, areas = (
            _cell_sums(np.where(kept, image, image.dtype.type(0)), size),
            _cell_sums(valid.view(np.uint8), size),
        )
        found = np.full(size, sums.sum() / areas.sum())
        np.divide(sums, areas, out=found, where=areas > 0)
    largest = np.abs(found).max()
    return found / largest if largest > 0 else np.zeros(size)


def _packed(bits: np.ndarray) -> np.uint64:
    """64 truth values as a word, the first in its highest bit."""
    return np.uint64(int.from_bytes(np.packbits(bits).tobytes(), "big"))


@functools.lru_cache(maxsize=1)
def _cosines() -> np.ndarray:
    """Rows 1 to 8 of the DCT-II of 32 numbers.  They are exactly even or odd: only an eighth of a turn is computed."""

    def cosine(k: int) -> float:  # of k / 128 of a turn
        k = min(k % 128, -k % 128)
        if k == 32:
            return 0.0
        return -cosine(64 - k) if k > 32 else elementary.cos(math.pi * k / 64)

    found = np.array([[cosine((2 * x + 1) * u) for x in range(_SIDE)] for u in range(1, _KEPT + 1)])
    found.flags.writeable = False
    return found


@kernel
def _transform(plane, cosines, out):
    """The coefficients of both axes, (k, k), of a plane (n, n)."""
    count, n = cosines.shape
    line = np.empty(n)
    for u in range(count):
        for x in range(n):
            line[x] = 0
        for y in range(n):
            weight = cosines[u, y]
            for x in range(n):
                line[x] += weight * plane[y, x]
        for v in range(count):
            total = 0.0
            for x in range(n):
                total += cosines[v, x] * line[x]
            out[u, v] = total


def phash(image: np.ndarray, *, mask: np.ndarray | None = None) -> np.uint64:
    """Perceptual hash of an image by its low frequencies (DCT): copies of one picture differ in few of its 64 bits.

    Compare hashes by `hamming_distance`, and find copies among many images by `find_near_duplicates`.  The hash hardly
    changes with the size of the image, compression, noise, brightness and contrast.  It changes with cropping, rotation
    and flips.  `dhash` takes less time, and tells apart less well.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count.  Pixels that are not finite never do.  Cells without any pixel get the mean of the others.

    Returns
    -------
    uint64
        A flat image has 0.  The same for every dtype, on every processor and with any number of threads.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite.

    Notes
    -----
    The image is divided into 32 by 32 cells; of their means the DCT-II is taken.  Bit number 8 u + v, counted from the
    highest, says whether the coefficient of u + 1 half waves down and v + 1 half waves across is above the median of
    the 64 with u, v in 0 to 7.  So half of the bits are 1, unless coefficients are equal.  The mean of the image, and
    the waves along one axis alone, have no part.

    This is Zauner's algorithm; its smoothing by 7 by 7 pixels and the choice of single pixels after it are replaced by
    the means of cells.  ImageHash's ``phash`` keeps the waves of one axis as well, so its numbers are others.

    References
    ----------
    C. Zauner, "Implementation and benchmarking of perceptual image hash functions", master's thesis, Upper Austria
    University of Applied Sciences, Hagenberg, 2010, section 3.2.1.

    Examples
    --------
    >>> import imgproc, numpy as np
    >>> y, x = np.mgrid[:60, :80]
    >>> image = (128 + 100 * np.sin(y * x / 300 + y / 5)).astype(np.uint8)
    >>> smaller = imgproc.resize(image, size=(30, 40), interpolation="area")
    >>> imgproc.hamming_distance(imgproc.phash(image), imgproc.phash(smaller)) <= 4
    True
    """
    cells = _cells(image, mask, (_SIDE, _SIDE))
    found = np.empty((_KEPT, _KEPT))
    _transform(cells, _cosines(), found)
    middle = np.sort(found, axis=None)[_KEPT * _KEPT // 2 - 1]
    return _packed(found > middle + _EQUAL)


def dhash(image: np.ndarray, *, mask: np.ndarray | None = None) -> np.uint64:
    """Difference hash of an image: where it becomes brighter from left to right, in 64 bits.

    Use it as `phash`, where time matters more than how well images are told apart.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count.  Pixels that are not finite never do.  Cells without any pixel get the mean of the others.

    Returns
    -------
    uint64
        A flat image has 0.  The same for every dtype, on every processor and with any number of threads.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite.

    Notes
    -----
    The image is divided into 8 rows of 9 cells.  Bit number 8 i + j, counted from the highest, says whether cell j + 1
    of row i is brighter than cell j, by their means.  ImageHash's ``dhash`` has the same bits in the same order, of an
    image that Pillow has scaled and rounded, so that a bit may differ where neighbours are nearly equal.

    References
    ----------
    N. Krawetz, "Kind of like that", The Hacker Factor Blog, 2013.

    Examples
    --------
    >>> import imgproc, numpy as np
    >>> image = np.tile(np.arange(90, dtype=np.uint8), (16, 1))
    >>> int(imgproc.dhash(image)) == 2**64 - 1
    True
    """
    cells = _cells(image, mask, (8, 9))
    return _packed(cells[:, 1:] - cells[:, :-1] > _EQUAL)


declare(phash, dhash, no_peer="ImageHash scales with Pillow first, and answers with an object of its own")
