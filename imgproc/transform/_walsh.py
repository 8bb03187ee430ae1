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

LANES = 16
"""Lines that are transformed at a time, side by side, so that butterflies are loops over contiguous memory."""


@kernel(inner=True)
def _butterflies(block):
    # Along axis 0, whose length is a power of two, of (n, LANES); four rows at a time while they last.
    n, step = block.shape[0], 1
    while 4 * step <= n:
        for start in range(0, n, 4 * step):
            for i in range(start, start + step):
                a, b, c, d = block[i], block[i + step], block[i + 2 * step], block[i + 3 * step]
                for k in range(LANES):
                    p, q, r, s = a[k] + b[k], a[k] - b[k], c[k] + d[k], c[k] - d[k]
                    a[k], b[k], c[k], d[k] = p + r, q + s, p - r, q - s
        step *= 4
    if 2 * step <= n:
        for i in range(step):
            a, b = block[i], block[i + step]
            for k in range(LANES):
                p, q = a[k], b[k]
                a[k], b[k] = p + q, p - q


@kernel
def _transform_columns(source, x0, x1, take, put, scale, block, out):
    # Coefficient put[k] of a column is number k of its natural order, and sample i is read from row take[i].
    source, block, out = borrowed(source), borrowed(block), borrowed(out)
    h = source.shape[0]
    for x in range(x0, x1, LANES):
        width = min(LANES, x1 - x)
        for y in range(h):
            row, lanes = source[take[y]], block[y]
            for k in range(width):
                lanes[k] = row[x + k]
        _butterflies(block)
        for y in range(h):
            row, lanes = out[put[y]], block[y]
            for k in range(width):
                row[x + k] = lanes[k] * scale


@kernel
def _transform_rows(source, y0, y1, take, put, scale, block, out):
    source, block, out = borrowed(source), borrowed(block), borrowed(out)
    w = source.shape[1]
    for y in range(y0, y1, LANES):
        height = min(LANES, y1 - y)
        for k in range(height):
            row = source[y + k]
            for x in range(w):
                block[x, k] = row[take[x]]
        _butterflies(block)
        for k in range(height):
            row = out[y + k]
            for x in range(w):
                row[put[x]] = block[x, k] * scale


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
    middle, out = np.empty((h, w), kind), np.empty((h, w), kind)

    def rows(a: int, b: int) -> None:
        block = np.empty((w, LANES), kind)
        _transform_rows(source, a, b, *x_pair, kind.type(math.sqrt(1 / w)), block, middle)

    def columns(a: int, b: int) -> None:
        block = np.empty((h, LANES), kind)
        _transform_columns(canonical(middle), a, b, *y_pair, kind.type(math.sqrt(1 / h)), block, out)

    run_bands(rows, h, pixels=plane.size)
    run_bands(columns, w, pixels=plane.size)
    return out


def power_of_two(n: int) -> int:
    """The next one; 0 for 0."""
    return 1 << (n - 1).bit_length() if n else 0


def _each(planes: np.ndarray, order: str, *, inverse: bool) -> np.ndarray:
    if planes.size == 0:
        return planes
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
    """
    image = as_image(image)
    one_of(order, "order", ORDERS)
    pad = flag(pad, "pad")
    h, w = image.shape[:2]
    size = power_of_two(h), power_of_two(w)
    if size != (h, w) and not pad:
        raise ValueError(f"image must have sides that are powers of two, got {(h, w)}: pad=True appends zeros")
    mask = taking_part(image, mask)
    planes = as_floats(image, mask)
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

    return [
        Case(
            "walsh_hadamard",
            "Walsh–Hadamard transform, sequency order",
            "grey float",
            lambda x: walsh_hadamard(x, pad=True),
            {
                "scipy dctn": Peer(
                    lambda x: fft.dctn(x, norm="ortho"), difference=None, note="another transform of the same kind"
                )
            },
            size=512,
        )
    ]


def _of_powers(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    sides = (1 << (n - 1).bit_length() if n else 0 for n in image.shape[:2])
    return floats_like(image)[0], (*sides, *image.shape[2:])


declare(walsh_hadamard, result=_of_powers, arguments={"pad": lambda image: (True,)}, peers=_rows)
declare(inverse_walsh_hadamard, no_peer="it does the work of walsh_hadamard, which has a row")
