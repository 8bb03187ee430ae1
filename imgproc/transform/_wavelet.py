"""The discrete wavelet transform of images, in PyWavelets' conventions."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .._core.border import index_map
from .._core.check import as_coefficients, as_image, border_name, image_dtype, integer, one_of, size_pair
from .._core.declare import Case, Peer, declare, levels
from .._core.formats import work_dtype
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from .._core.spectra import as_floats, refuse_overflow, taking_part, to_dtype
from .._core.threads import run_bands
from ._filters import NAMES, taps

__all__ = ["inverse_wavelet", "wavelet"]

Details = tuple[np.ndarray, np.ndarray, np.ndarray]


@kernel(inner=True)
def _pairs_of_row(row, places, even, odd, inside):
    # even[j] and odd[j] are the samples 2 (j - m + 1) and 2 (j - m + 1) + 1, m the number of pairs of taps.  Those that
    # are all on the row are `inside`; `places` says where the others are, or -1 for 0.
    first, last = inside
    for j in range(even.size):
        if j < first or j >= last:
            p, q = places[2 * j], places[2 * j + 1]
            even[j] = row[p] if p >= 0 else row.dtype.type(0)
            odd[j] = row[q] if q >= 0 else row.dtype.type(0)
    samples, even, odd = row, even[first:last], odd[first:last]
    for j in range(even.size):
        even[j], odd[j] = samples[2 * j], samples[2 * j + 1]


@kernel(inner=True)
def _split_row(even, odd, low, high, a, d):
    pairs = low.size // 2
    for i in range(a.size):
        a[i] = 0
        d[i] = 0
    for t in range(pairs):
        l0, l1, h0, h1 = low[2 * t], low[2 * t + 1], high[2 * t], high[2 * t + 1]
        shift = pairs - 1 - t
        p, q = even[shift:], odd[shift:]
        for i in range(a.size):
            a[i] += l0 * q[i] + l1 * p[i]
            d[i] += h0 * q[i] + h1 * p[i]


@kernel(inner=True)
def _add_row(row, g, h, a, d, is_first):
    if is_first:
        for x in range(a.size):
            a[x], d[x] = a.dtype.type(0), d.dtype.type(0)
    for x in range(a.size):
        a[x] += g * row[x]
        d[x] += h * row[x]


@kernel
def _split(source, y0, y1, maps, filters, pairs, ring, found):
    # Rows y0 to before y1 of the coarse image and the details: from the rows 2 y + 1 - k of what rows are split into,
    # of which a ring keeps as many as there are taps.
    (x_places, y_places, inside), (low, high), (even, odd) = maps, filters, pairs
    source, ring, length = borrowed(source), borrowed(ring), low.size
    smooth, horizontal, vertical, diagonal = found
    smooth, horizontal, vertical = borrowed(smooth), borrowed(horizontal), borrowed(vertical)
    diagonal = borrowed(diagonal)
    for y in range(y0, y1):
        for t in range(2 * y if y == y0 else 2 * y + length - 2, 2 * y + length):
            if y_places[t] >= 0:
                _pairs_of_row(source[y_places[t]], x_places, even, odd, inside)
                _split_row(even, odd, low, high, ring[0, t % length], ring[1, t % length])
        is_first = True
        for k in range(length):
            t = 2 * y + length - 1 - k
            if y_places[t] >= 0:
                _add_row(ring[0, t % length], low[k], high[k], smooth[y], horizontal[y], is_first)
                _add_row(ring[1, t % length], low[k], high[k], vertical[y], diagonal[y], is_first)
                is_first = False
        if is_first:
            for part in found:
                part[y, :] = 0


@kernel
def _join_rows(coarse, fine, y0, y1, low, high, even, odd, out):
    # Along x: the samples 2 j and 2 j + 1 from the coefficients j to j + m - 1, whose rows begin with row y0.
    coarse, fine, out = borrowed(coarse), borrowed(fine), borrowed(out)
    pairs, n = low.size // 2, even.size
    for y in range(y0, y1):
        a, d, row = coarse[y - y0], fine[y - y0], out[y]
        for j in range(n):
            even[j] = 0
            odd[j] = 0
        for t in range(pairs):
            l0, l1, h0, h1 = low[2 * t], low[2 * t + 1], high[2 * t], high[2 * t + 1]
            shift = pairs - 1 - t
            for j in range(n):
                even[j] += l0 * a[j + shift] + h0 * d[j + shift]
                odd[j] += l1 * a[j + shift] + h1 * d[j + shift]
        for j in range(row.size // 2):
            row[2 * j] = even[j]
            row[2 * j + 1] = odd[j]
        if row.size % 2:
            row[row.size - 1] = even[row.size // 2]


@kernel
def _join_columns(coarse, fine, y0, y1, low, high, out):
    # Rows y0 to before y1, the first rows of `out`.
    coarse, fine, out = borrowed(coarse), borrowed(fine), borrowed(out)
    pairs, w = low.size // 2, out.shape[1]
    for y in range(y0, y1):
        row = out[y - y0]
        for x in range(w):
            row[x] = 0
        for t in range(pairs):
            place, k = y // 2 + pairs - 1 - t, 2 * t + y % 2
            a, d, g, h = coarse[place], fine[place], low[k], high[k]
            for x in range(w):
                row[x] += g * a[x] + h * d[x]


def split(plane: np.ndarray, name: str, border: str) -> tuple[np.ndarray, Details]:
    """One level of a canonical float plane: the coarse image, and details along y, along x, along both."""
    (h, w), kind = plane.shape, plane.dtype
    low, high = taps(name)[:2].astype(kind)
    length, pairs = low.size, low.size // 2
    rows, columns = ((n + length - 1) // 2 for n in (h, w))
    # From sample 2 - length on: 2 (columns + pairs - 1) of them
    x_places = index_map(w, length - 2, max(2 * columns - w, 0), border)
    y_places = index_map(h, length - 2, max(2 * rows - h, 0), border)
    inside = pairs - 1, max(min((w + length - 2) // 2, columns + pairs - 1), pairs - 1)
    maps, filters = (x_places, y_places, inside), (canonical(low), canonical(high))
    found = tuple(np.empty((rows, columns), kind) for _ in range(4))

    def band(a: int, b: int) -> None:
        even_and_odd = np.empty(columns + pairs - 1, kind), np.empty(columns + pairs - 1, kind)
        _split(plane, a, b, maps, filters, even_and_odd, np.empty((2, length, columns), kind), found)

    run_bands(band, rows, pixels=plane.size)
    smooth, horizontal, vertical, diagonal = found
    return smooth, (horizontal, vertical, diagonal)


_STRIP = 32
"""Rows that are joined along columns and then along rows, while the cache holds them."""


def join(coarse: np.ndarray, details: Details, name: str) -> np.ndarray:
    """The plane of one level: of the size that the coefficients have, which may be one more than the plane's was."""
    kind = coarse.dtype
    low, high = taps(name)[2:].astype(kind)
    pairs, length = low.size // 2, low.size
    h, w = (2 * n - length + 2 for n in coarse.shape)
    filters = canonical(low), canonical(high)

    smooth, horizontal, vertical, diagonal = (canonical(part) for part in (coarse, *details))
    out, n = np.empty((h, w), kind), coarse.shape[1] - pairs + 1

    def band(y0: int, y1: int) -> None:
        room, lines = np.empty((2, min(_STRIP, y1 - y0), coarse.shape[1]), kind), np.empty((2, n), kind)
        for y in range(y0, y1, _STRIP):
            end = min(y + _STRIP, y1)
            _join_columns(smooth, horizontal, y, end, *filters, room[0])
            _join_columns(vertical, diagonal, y, end, *filters, room[1])
            _join_rows(canonical(room[0]), canonical(room[1]), y, end, *filters, lines[0], lines[1], out)

    run_bands(band, h, pixels=out.size)
    return out


def deepest(size: tuple[int, int], name: str) -> int:
    """The most levels of which the last is no smaller than the filter: that of PyWavelets."""
    length, shorter = taps(name).shape[1], min(size)
    return (shorter // (length - 1)).bit_length() - 1 if shorter >= length - 1 > 0 else 0


def analyse(plane: np.ndarray, name: str, levels: int, border: str) -> list[Any]:
    """Coarse plane, then details from coarse to fine."""
    details: list[Details] = []
    for _ in range(levels):
        plane, found = split(canonical(plane), name, border)
        details.append(found)
    return [plane, *reversed(details)]


def synthesize(coefficients: Iterable[Any], name: str) -> np.ndarray:
    """The inverse of `analyse`; a row or column too many, from an odd size, is cut off."""
    rest = iter(coefficients)
    plane = next(rest)
    for details in rest:
        h, w = details[0].shape
        plane = np.ascontiguousarray(plane[:h, :w])
        plane = join(plane, details, name)
    return plane


def wavelet(
    image: np.ndarray,
    *,
    name: str = "haar",
    levels: int | None = None,
    border: str = "reflect",
    mask: np.ndarray | None = None,
) -> list[np.ndarray | tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The two-dimensional discrete wavelet transform.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    name : {"haar", "db2", "db4", "sym4", "sym8"} or any of "db1" to "db10", "sym2" to "sym8"
        Haar's wavelet, which is db1, Daubechies' with so many vanishing moments, or her least asymmetric ones.
    levels : int, optional
        How often the image is split, from 0 to 32.  Default: as long as the shorter side is no shorter than the filter.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        How the image goes on beyond its edges (``constant``: with 0); PyWavelets' modes ``symmetric``, ``reflect``,
        ``constant``, ``periodic`` and ``zero``.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    list
        As PyWavelets' ``wavedec2``: the coarse image, then for each level from coarse to fine a tuple of its details
        along y (horizontal edges), along x (vertical edges) and along both, arrays of float32 (of float64 for a float64
        image), in the image's own levels; a level of n samples gives (n + L - 1) // 2 for a filter of L taps.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    See Also
    --------
    inverse_wavelet : the inverse.
    wavelet_denoise : with small details removed.

    Notes
    -----
    The pyramid of [1]_ with the filters of [2]_, computed to float64's precision.

    References
    ----------
    .. [1] S. Mallat, "A Theory for Multiresolution Signal Decomposition: The Wavelet Representation", IEEE Transactions
       on Pattern Analysis and Machine Intelligence 11, 1989.
    .. [2] I. Daubechies, "Ten Lectures on Wavelets", SIAM 1992.

    Examples
    --------
    >>> coefficients = wavelet(np.ones((8, 8)), name="haar", levels=1)
    >>> coefficients[0][0]
    array([2., 2., 2., 2.])
    """
    image = as_image(image)
    one_of(name, "name", NAMES)
    if levels is not None:
        levels = integer(levels, "levels", at_least=0, at_most=32)
    border_name(border)
    mask = taking_part(image, mask)
    if image.size == 0:
        return [as_floats(image, mask)]
    levels = deepest(image.shape[:2], name) if levels is None else levels
    as_they_are = mask is None and levels and image.dtype == work_dtype(image.dtype)
    planes = image if as_they_are else as_floats(image, mask)
    channels = [planes] if image.ndim == 2 else [np.ascontiguousarray(plane) for plane in np.moveaxis(planes, 2, 0)]
    each = [analyse(plane, name, levels, border) for plane in channels]
    for smooth, *details_of in each:
        for part in (smooth, *(part for level in details_of for part in level)):
            refuse_overflow(image, mask, part)
    if image.ndim == 2:
        return each[0]
    coarse, *details = zip(*each)
    stacked = functools.partial(np.stack, axis=-1)
    parts = (zip(*level) for level in details)
    return [stacked(coarse), *((stacked(a), stacked(b), stacked(c)) for a, b, c in parts)]


def inverse_wavelet(
    coefficients: Sequence[np.ndarray | tuple[np.ndarray, np.ndarray, np.ndarray]],
    *,
    name: str = "haar",
    size: tuple[int, int] | None = None,
    dtype: str | type | np.dtype | None = None,
) -> np.ndarray:
    """The image of a discrete wavelet transform.

    Parameters
    ----------
    coefficients : sequence
        As by `wavelet`.
    name : {"haar", "db2", "db4", "sym4", "sym8"} or any of "db1" to "db10", "sym2" to "sym8"
        The wavelet they are of.
    size : (int, int), optional
        (h, w) of the image: from an odd side one row or column too many comes back, which this cuts off.
    dtype : dtype, optional
        uint8, uint16, float32 or float64; integers are rounded half to even and saturated.  Default: float64 if the
        coarse image is, else float32.

    Returns
    -------
    ndarray of shape (h, w) or (h, w, c)
        The image.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the shapes of the coefficients do not belong together.

    Examples
    --------
    >>> square = np.arange(64.0).reshape(8, 8)
    >>> bool(np.allclose(inverse_wavelet(wavelet(square)), square))
    True
    """
    one_of(name, "name", NAMES)
    kind = image_dtype(dtype)
    checked = _checked(coefficients, taps(name).shape[1])
    coarse = checked[0]
    if coarse.ndim == 2:
        planes = synthesize(checked, name)
    else:
        each = [
            synthesize([coarse[:, :, c], *(tuple(d[:, :, c] for d in level) for level in checked[1:])], name)
            for c in range(coarse.shape[2])
        ]
        planes = np.stack(each, axis=-1)
    if size is not None:
        size = size_pair(size, "size", at_least=0)
        if size[0] > planes.shape[0] or size[1] > planes.shape[1]:
            raise ValueError(f"size must be within the image of the coefficients, {planes.shape[:2]}, got {size}")
        planes = planes[: size[0], : size[1]]
    planes = np.array(planes, order="C")
    return to_dtype(planes, planes.dtype if kind is None else kind)


def _checked(coefficients: Any, length: int) -> list[Any]:
    """Coefficients of one float dtype whose shapes belong together."""
    if not isinstance(coefficients, (list, tuple)) or not coefficients:
        raise TypeError(f"coefficients must be a list as by wavelet, got {type(coefficients).__name__}")
    coarse = as_coefficients(coefficients[0], "coefficients[0]", complex_too=False)
    kind = work_dtype(coarse.dtype)
    found: list[Any] = [coarse.astype(kind)]
    size = coarse.shape[:2]
    for i, level in enumerate(coefficients[1:], 1):
        if not isinstance(level, (list, tuple)) or len(level) != 3:
            raise TypeError(f"coefficients[{i}] must be a tuple of three arrays, got {type(level).__name__}")
        details = [as_coefficients(d, f"coefficients[{i}][{j}]", complex_too=False) for j, d in enumerate(level)]
        h, w = details[0].shape[:2]
        fits = size[0] - h in (0, 1) and size[1] - w in (0, 1) and 2 * min(h, w) >= length
        if not fits or any(d.shape != (h, w, *coarse.shape[2:]) for d in details):
            shapes = [d.shape for d in details]
            raise ValueError(
                f"coefficients[{i}] must have three arrays of the shape of what is above them, got {shapes}"
            )
        found.append(tuple(d.astype(kind) for d in details))
        size = 2 * h - length + 2, 2 * w - length + 2
    return found


def _rows() -> list[Case]:
    if importlib.util.find_spec("pywt") is None:
        return []
    import pywt

    def apart(ours: list[Any], theirs: list[Any]) -> float:
        return max(levels(a, b) for mine, other in zip(ours[1:], theirs[1:]) for a, b in zip(mine, other))

    def row(label: str, name: str, size: int) -> Case:
        # The coarsest coefficients are as large as sides, and so is what float32 rounds off.
        near = 1e-4 * max(size / 512, 1)
        peer = Peer(
            lambda x: pywt.wavedec2(x, name, mode="symmetric"), limit=1 / 2, tolerance=near, difference=apart, unit=""
        )
        return Case(
            label,
            f"wavelet transform, {name}",
            "grey float",
            lambda x: wavelet(x, name=name),
            {"pywt wavedec2": peer},
            size=size,
        )

    return [row("wavelet", "haar", 512), row("wavelet, sym4", "sym4", 512), row("wavelet, 4096²", "haar", 4096)]


declare(wavelet, peers=_rows)
declare(inverse_wavelet, no_peer="it does the work of wavelet backwards")
