"""How sharp an image is, without a reference."""

from __future__ import annotations

import math

import numpy as np

from .._core.border import index_map
from .._core.check import as_image, as_mask, one_of
from .._core.declare import Case, Peer, declare, parts_apart
from .._core.jit import borrowed, kernel
from .._core.planes import canonical, full_scale, luma
from .._core.threads import run_bands

__all__ = ["blur_measure"]

METHODS = ("laplacian", "tenengrad")


_ROWS = 64
"""Sums are taken of so many rows at a time, so that they do not depend on threads."""


@kernel(inner=True)
def _laplacians(above, row, below, values):
    """Of the pixels of a row, which comes with one more pixel at both ends."""
    left, middle, right = row[:-2], row[1:-1], row[2:]
    up, down = above[1:-1], below[1:-1]
    for x in range(values.size):
        values[x] = up[x] + down[x] + (left[x] + right[x]) - 4.0 * middle[x]


@kernel(inner=True)
def _lengths(above, row, below, values):
    """The squared lengths of gradients, by Sobel's weights."""
    a, b, c = above[:-2], above[1:-1], above[2:]
    d, f, g, h, k = row[:-2], row[2:], below[:-2], below[1:-1], below[2:]
    for x in range(values.size):
        across = (c[x] - a[x]) + 2.0 * (f[x] - d[x]) + (k[x] - g[x])
        down = (g[x] - a[x]) + 2.0 * (h[x] - b[x]) + (k[x] - c[x])
        values[x] = across * across + down * down


@kernel
def _sums(plane, valid, ymap, xmap, laplacian, lines, y0, y1, sums):
    """The sum of the values of rows y0 to before y1 and that of their squares, in the entry of `sums` of these rows; of
    `valid` pixels only, unless that is empty.

    `lines` has room for three rows with their borders, for values, and for two sums down the columns.
    """
    plane, w = borrowed(plane), plane.shape[1]
    values, total, squares = lines[3, :w], lines[4, :w], lines[5, :w]
    total[:], squares[:] = 0.0, 0.0
    for place in range(y0, y1 + 2):
        source, line, y = plane[ymap[place]], lines[place % 3], place - 2
        inner = line[1:-1]
        for x in range(source.size):
            inner[x] = source[x]
        line[0], line[w + 1] = source[xmap[0]], source[xmap[w + 1]]
        if y < y0:
            continue
        above, row = lines[(place - 2) % 3], lines[(place - 1) % 3]
        if laplacian:
            _laplacians(above, row, line, values)
        else:
            _lengths(above, row, line, values)
        if valid.size > 0:
            counts = valid[y]
            for x in range(values.size):
                values[x] = values[x] if counts[x] else 0.0
        for x in range(values.size):
            total[x] += values[x]
            squares[x] += values[x] * values[x]
    a, b = 0.0, 0.0
    for x in range(w):
        a, b = a + total[x], b + squares[x]
    sums[y0 // _ROWS, 0], sums[y0 // _ROWS, 1] = a, b


def blur_measure(image: np.ndarray, *, method: str = "laplacian", mask: np.ndarray | None = None) -> float:
    """How sharp an image is, by how much its levels change from pixel to pixel: blurred images have small values.

    Use it to choose the sharpest of several images of one scene, or to find the blurred ones among many of one kind.
    What is sharp depends on what is shown and on noise, so no threshold suits all images.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    method : {"laplacian", "tenengrad"}
        The variance of the Laplacian, or the mean of the squared length of the gradient.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count.

    Returns
    -------
    float
        In squared fractions of full scale.  Windows that `mask` does not hold, or with values that are not finite, are
        left out; NaN where none is left.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or there is no pixel.

    Notes
    -----
    The Laplacian is the sum of the four neighbours less four times the pixel: ``cv2.Laplacian(grey, cv2.CV_64F).var()``
    is 255² times the result of 8 bits.  The gradient is Sobel's, divided by 4, so that a step has its height.  The
    border is ``reflect_101``.

    References
    ----------
    J. L. Pech-Pacheco, G. Cristóbal, J. Chamorro-Martínez, J. Fernández-Valdivia, "Diatom autofocusing in brightfield
    microscopy: a comparative study", ICPR 2000.
    E. Krotkov, "Focusing", International Journal of Computer Vision 1, 1987 (Tenengrad).
    S. Pertuz, D. Puig, M. A. Garcia, "Analysis of focus measure operators for shape-from-focus", Pattern Recognition
    46(5), 2013.

    Examples
    --------
    >>> import imgproc, numpy as np
    >>> sharp = np.tile(np.array([[0, 255], [255, 0]], np.uint8), (20, 20)).repeat(4, axis=0).repeat(4, axis=1)
    >>> imgproc.blur_measure(sharp) > 5 * imgproc.blur_measure(imgproc.gaussian_blur(sharp, sigma=1.0))
    True
    """
    image = as_image(image, channels=(1, 3))
    one_of(method, "method", METHODS)
    mask = as_mask(mask, image)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    with np.errstate(invalid="ignore", over="ignore"):
        plane = luma(image) if image.shape[2:] == (3,) else canonical(image.reshape(image.shape[:2]))
    h, w = plane.shape
    maps = index_map(h, 1, 1, "reflect_101"), index_map(w, 1, 1, "reflect_101")
    valid = _whole_windows(plane, mask, maps, method)
    count = plane.size if valid is None else int(np.count_nonzero(valid))
    if not count:
        return math.nan
    kept = np.empty((0, 0), bool) if valid is None else canonical(valid)
    sums, laplacian = np.empty((-(-h // _ROWS), 2)), method == "laplacian"

    def band(y0: int, y1: int) -> None:
        _sums(plane, kept, *maps, laplacian, np.empty((6, w + 2)), y0, y1, sums)

    run_bands(band, h, pixels=plane.size, rows=_ROWS)
    total, squares = (float(v) / count for v in sums.sum(axis=0))
    full = full_scale(image.dtype)
    return max(squares - total * total, 0.0) / full / full if laplacian else total / 16 / full / full


def _whole_windows(
    plane: np.ndarray, mask: np.ndarray | None, maps: tuple[np.ndarray, np.ndarray], method: str
) -> np.ndarray | None:
    """Where all pixels of a window count and are finite; None if that is everywhere."""
    valid = mask
    if plane.dtype.kind == "f":
        finite = np.isfinite(plane)
        valid = finite if mask is None else mask & finite
    if valid is None or valid.all():
        return None
    wide = valid[maps[0]][:, maps[1]]
    h, w = plane.shape
    found = np.ones((h, w), bool)
    for dy in range(3):
        for dx in range(3):
            if method != "laplacian" or 1 in (dy, dx):
                found &= wide[dy : dy + h, dx : dx + w]
    return found


def _rows() -> list[Case]:
    import cv2

    return [
        Case(
            "blur_measure",
            "variance of the Laplacian",
            "grey",
            blur_measure,
            {
                "cv2.Laplacian, NumPy": Peer(
                    lambda x: cv2.Laplacian(x, cv2.CV_64F).var() / 255**2,
                    limit=1.0,
                    tolerance=1e-9,
                    difference=parts_apart,
                    unit="of the value",
                )
            },
            default=True,
        )
    ]


declare(blur_measure, peers=_rows)
