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


@kernel(inner=True)
def _value(above, row, below, left, x, right, laplacian):
    """The Laplacian of a pixel, or the squared length of its gradient by Sobel's weights."""
    if laplacian:
        return above[x] + below[x] + (row[left] + row[right]) - 4.0 * row[x]
    across = (above[right] - above[left]) + 2.0 * (row[right] - row[left]) + (below[right] - below[left])
    down = (below[left] - above[left]) + 2.0 * (below[x] - above[x]) + (below[right] - above[right])
    return across * across + down * down


@kernel
def _sums(plane, valid, ymap, xmap, laplacian, lines, y0, y1, sums):
    """For each row the sum of the values of its pixels, and of their squares; of `valid` pixels only, unless that is
    empty.  `lines` has room for three rows and their values, in float64."""
    plane, values = borrowed(plane), lines[3]
    w = plane.shape[1]
    for place in range(y0, y1 + 2):
        line, y = lines[place % 3], place - 2
        for x in range(w):
            line[x] = plane[ymap[place], x]
        if y < y0:
            continue
        above, row = lines[(place - 2) % 3], lines[(place - 1) % 3]
        values[0] = _value(above, row, line, xmap[0], 0, xmap[2], laplacian)
        for x in range(1, w - 1):
            values[x] = _value(above, row, line, x - 1, x, x + 1, laplacian)
        values[w - 1] = _value(above, row, line, xmap[w - 1], w - 1, xmap[w + 1], laplacian)
        if valid.size > 0:
            for x in range(w):
                values[x] = values[x] if valid[y, x] else 0.0
        sums[y, 0], sums[y, 1] = _add_up(values)


@kernel(inner=True)
def _add_up(values):
    """The sum of a row and of its squares, each in four sums that do not wait for each other."""
    a, b, c, d, p, q, r, s, i = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0
    while i + 4 <= values.size:
        t, u, v, w = values[i], values[i + 1], values[i + 2], values[i + 3]
        a, b, c, d = a + t, b + u, c + v, d + w
        p, q, r, s = p + t * t, q + u * u, r + v * v, s + w * w
        i += 4
    while i < values.size:
        a, p = a + values[i], p + values[i] * values[i]
        i += 1
    return (a + b) + (c + d), (p + q) + (r + s)


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
    sums, laplacian = np.empty((h, 2)), method == "laplacian"

    def band(y0: int, y1: int) -> None:
        _sums(plane, kept, *maps, laplacian, np.empty((4, w)), y0, y1, sums)

    run_bands(band, h, pixels=plane.size)
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
