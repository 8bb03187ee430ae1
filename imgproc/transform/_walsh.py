"""The Walsh–Hadamard transform by butterflies."""

from __future__ import annotations

import functools
import math

import numpy as np

from .._core.check import as_coefficients, as_image, flag, image_dtype, one_of, size_pair
from .._core.declare import Case, Peer, declare, floats_like
from .._core.formats import work_dtype
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from .._core.spectra import as_floats, refuse_overflow, taking_part, to_dtype
from .._core.threads import run_bands

__all__ = ["inverse_walsh_hadamard", "walsh_hadamard"]

STRIP = 32
"""So many rows are worked on together, while they are in the cache: their own transforms, and of those along columns
the butterflies between these rows."""

_BESIDE = 16
"""So many unused elements are between rows of a strip, as otherwise a column would fall into one set of the cache."""

SEGMENT = 128
"""Columns that are transformed at a time, so that butterflies are loops over contiguous memory in the nearest cache."""


@kernel(inner=True)
def _butterflies(block, x0, x1):
    # Along axis 0, whose length is a power of two, in these columns; four rows at a time while they last.
    n, step = block.shape[0], 1
    while 4 * step <= n:
        for start in range(0, n, 4 * step):
            for i in range(start, start + step):
                _four(block[i, x0:x1], block[i + step, x0:x1], block[i + 2 * step, x0:x1], block[i + 3 * step, x0:x1])
        step *= 4
    if 2 * step <= n:
        for i in range(step):
            _two(block[i, x0:x1], block[i + step, x0:x1])


@kernel(inner=True)
def _four(a, b, c, d):
    for k in range(a.size):
        p, q, r, s = a[k] + b[k], a[k] - b[k], c[k] + d[k], c[k] - d[k]
        a[k], b[k], c[k], d[k] = p + r, q + s, p - r, q - s


@kernel(inner=True)
def _two(a, b):
    for k in range(a.size):
        p, q = a[k], b[k]
        a[k], b[k] = p + q, p - q


@kernel(inner=True)
def _row_butterflies(row):
    # The same along one row: what is 16 or more apart is a loop over contiguous memory.
    n, step = row.size, 1
    while 4 * step <= n:
        for start in range(0, n, 4 * step):
            if step < 16:
                for i in range(np.uint64(start), np.uint64(start + step)):
                    j, k, m = i + np.uint64(step), i + np.uint64(2 * step), i + np.uint64(3 * step)
                    p, q, r, s = row[i] + row[j], row[i] - row[j], row[k] + row[m], row[k] - row[m]
                    row[i], row[j], row[k], row[m] = p + r, q + s, p - r, q - s
            else:
                rest = row[start:]
                _four(rest[:step], rest[step : 2 * step], rest[2 * step : 3 * step], rest[3 * step : 4 * step])
        step *= 4
    if 2 * step <= n:
        _two(row[:step], row[step:])


@kernel
def _transform_strips(source, b0, b1, along_y, along_x, scale, line, strip, out):
    # Strips of rows.  Along both axes sample i is read from place take[i], and number k of the natural order of the
    # coefficients is put at put[k]: where it will stay, though along y it is not finished yet.
    source, out, line, strip = borrowed(source), borrowed(out), borrowed(line), borrowed(strip)
    take, put = along_x
    height, w = strip.shape[0], line.size
    for b in range(b0, b1):
        for i in range(height):
            row, turned = source[along_y[0][b * height + i]], strip[i]
            for x in range(w):
                line[x] = row[take[x]]
            _row_butterflies(line)
            for x in range(w):
                turned[put[x]] = line[x] * scale
        for x in range(0, w, SEGMENT):
            _butterflies(strip, x, min(x + SEGMENT, w))
        for i in range(height):
            row, turned = out[along_y[1][b * height + i]], strip[i]
            for x in range(w):
                row[x] = turned[x]


@kernel
def _join_strips(values, y0, y1, strip, put, scale, block):
    # Along columns, in place, the butterflies between strips of so many rows: rows y0 to before y1 of each.
    values, block = borrowed(values), borrowed(block)
    w = values.shape[1]
    for y in range(y0, y1):
        for x in range(0, w, SEGMENT):
            size = min(SEGMENT, w - x)
            for k in range(block.shape[0]):
                row, lanes = values[put[y + k * strip], x : x + size], block[k]
                for i in range(size):
                    lanes[i] = row[i]
            _butterflies(block, 0, size)
            for k in range(block.shape[0]):
                row, lanes = values[put[y + k * strip], x : x + size], block[k]
                for i in range(size):
                    row[i] = lanes[i] * scale


@functools.lru_cache(maxsize=32)
def natural_places(n: int, order: str) -> np.ndarray:
    """For each coefficient of the natural order its place in `order`."""
    places = np.arange(n)
    if order == "natural":
        return canonical(places)
    bits = max(n.bit_length() - 1, 0)
    natural = places if order == "dyadic" else places ^ (places >> 1)  # of place p: its Gray code, bits reversed
    reversed_ = np.zeros_like(natural)
    for i in range(bits):
        reversed_ |= ((natural >> i) & 1) << (bits - 1 - i)
    found = np.empty_like(places)
    found[reversed_] = places
    return canonical(found)


def transformed(plane: np.ndarray, order: str, *, inverse: bool = False) -> np.ndarray:
    """The orthonormal transform of a float plane whose sides are powers of two, or the inverse: the same matrix, read
    in the other order."""
    h, w = plane.shape
    plain_y, plain_x = natural_places(h, "natural"), natural_places(w, "natural")
    order_y, order_x = natural_places(h, order), natural_places(w, order)
    y_pair, x_pair = ((order_y, plain_y), (order_x, plain_x)) if inverse else ((plain_y, order_y), (plain_x, order_x))
    source, kind = canonical(plane), plane.dtype
    out = np.empty((h, w), kind)

    strip = min(STRIP, h)

    def strips(a: int, b: int) -> None:
        line, rows = np.empty(w, kind), np.empty((strip, w + _BESIDE), kind)
        _transform_strips(source, a, b, y_pair, x_pair, kind.type(math.sqrt(1 / w)), line, rows, out)

    def joined(a: int, b: int) -> None:
        block = np.empty((h // strip, SEGMENT), kind)
        _join_strips(out, a, b, strip, y_pair[1], kind.type(math.sqrt(1 / h)), block)

    run_bands(strips, h // strip, pixels=plane.size)
    run_bands(joined, strip, pixels=plane.size)
    return out


def power_of_two(n: int) -> int:
    """The next one; 0 for 0."""
    return 1 << (n - 1).bit_length() if n else 0


def _each(planes: np.ndarray, order: str, *, inverse: bool) -> np.ndarray:
    if planes.size == 0:
        return planes.copy()
    if planes.ndim == 2:
        return transformed(planes, order, inverse=inverse)
    out = np.empty(planes.shape, planes.dtype)
    for c in range(planes.shape[2]):
        out[:, :, c] = transformed(planes[:, :, c], order, inverse=inverse)
    return out


ORDERS = ("sequency", "natural", "dyadic")


def walsh_hadamard(
    image: np.ndarray, *, order: str = "sequency", pad: bool = False, mask: np.ndarray | None = None
) -> np.ndarray:
    """The two-dimensional Walsh–Hadamard transform.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64, h and w powers of two; each channel by itself.
    order : {"sequency", "natural", "dyadic"}
        Of the coefficients along each axis: by the number of sign changes of their waves (Walsh), as the rows of
        Sylvester's matrix (Hadamard), or as the Rademacher functions multiply (Paley).
    pad : bool
        Append zeros to the next powers of two.  Without it other sizes are refused.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image)
        Orthonormal coefficients, divided by sqrt(h w), of the image's own levels (0 to 255 for uint8), in the shape of
        the image, or of the padded one; [0, 0] is sqrt(h w) times the mean.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite),
        the result goes beyond the floats, or a side of `image` is no power of two and `pad` is False.

    See Also
    --------
    inverse_walsh_hadamard : the inverse, which is the transform again.

    Notes
    -----
    N log2 N additions along each axis [1]_.  Coefficient k by sequency is number bit-reverse(k ^ (k >> 1)) of the
    natural order, number k in dyadic order is number bit-reverse(k).  MATLAB's `fwht` divides by N forward and not at
    all back.

    References
    ----------
    .. [1] B. J. Fino, V. R. Algazi, "Unified Matrix Treatment of the Fast Walsh-Hadamard Transform", IEEE Transactions
       on Computers C-25, 1976.

    Examples
    --------
    >>> walsh_hadamard(np.ones((4, 4)))[0]
    array([4., 0., 0., 0.])
    """
    image = as_image(image)
    one_of(order, "order", ORDERS)
    pad = flag(pad, "pad")
    h, w = image.shape[:2]
    size = power_of_two(h), power_of_two(w)
    if size != (h, w) and not pad:
        raise ValueError(f"image must have sides that are powers of two, got {(h, w)}: pad=True appends zeros")
    mask = taking_part(image, mask)
    planes = image if mask is None and image.dtype == work_dtype(image.dtype) else as_floats(image, mask)
    if size != (h, w):
        planes = np.pad(planes, ((0, size[0] - h), (0, size[1] - w), (0, 0))[: image.ndim])
    found = _each(planes, order, inverse=False)
    refuse_overflow(image, mask, found)
    return found


def inverse_walsh_hadamard(
    coefficients: np.ndarray,
    *,
    order: str = "sequency",
    size: tuple[int, int] | None = None,
    dtype: str | type | np.dtype | None = None,
) -> np.ndarray:
    """The image of a Walsh–Hadamard transform.

    Parameters
    ----------
    coefficients : ndarray of shape (h, w) or (h, w, c)
        Real, as by `walsh_hadamard`; h and w powers of two.
    order : {"sequency", "natural", "dyadic"}
        In which they are.
    size : (int, int), optional
        (h, w) of an image that was padded: the rest is cut off.
    dtype : dtype, optional
        uint8, uint16, float32 or float64; integers are rounded half to even and saturated.  Default: float64 for
        float64, else float32.

    Returns
    -------
    ndarray of shape (h, w) or (h, w, c)
        The image.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> square = np.arange(16.0).reshape(4, 4)
    >>> bool(np.allclose(inverse_walsh_hadamard(walsh_hadamard(square)), square))
    True
    """
    values, kind = as_coefficients(coefficients, complex_too=False), image_dtype(dtype)
    one_of(order, "order", ORDERS)
    h, w = values.shape[:2]
    if (power_of_two(h), power_of_two(w)) != (h, w):
        raise ValueError(f"coefficients must have sides that are powers of two, got {(h, w)}")
    if size is not None:
        size = size_pair(size, "size", at_least=0)
        if size[0] > h or size[1] > w:
            raise ValueError(f"size must be within the coefficients', {(h, w)}, got {size}")
    planes = _each(values.astype(work_dtype(values.dtype), order="C"), order, inverse=True)
    if size is not None:
        planes = np.ascontiguousarray(planes[: size[0], : size[1]])
    return to_dtype(planes, planes.dtype if kind is None else kind)


def _rows() -> list[Case]:
    from scipy import fft

    def row(name: str, size: int) -> Case:
        scipy = Peer(
            lambda x: fft.dctn(x, norm="ortho"), limit=1, difference=None, note="another transform of the same kind"
        )
        what = "Walsh–Hadamard transform, sequency order"
        return Case(name, what, "grey float", lambda x: walsh_hadamard(x, pad=True), {"scipy dctn": scipy}, size=size)

    return [row("walsh_hadamard", 512), row("walsh_hadamard, 4096²", 4096)]


def _of_powers(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    sides = (1 << (n - 1).bit_length() if n else 0 for n in image.shape[:2])
    return floats_like(image)[0], (*sides, *image.shape[2:])


declare(walsh_hadamard, result=_of_powers, arguments={"pad": lambda image: (True,)}, peers=_rows)
declare(inverse_walsh_hadamard, no_peer="it does the work of walsh_hadamard, which has a row")
