"""Patterns that repeat, found and removed."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import flag, real
from .._core.declare import declare
from .._core.filling import fill as fill_left_out
from .._core.formats import is_sequence, work_dtype
from .._core.jit import kernel
from .._core.needed import needed
from .._core.planes import canonical, full_scale
from .._core.spectra import double_size, each_plane, filter_by_dft, frequencies, refuse_overflow
from .._core.threads import run_bands
from ._isotropic import CACHED_BELOW, checked, cutoff_of

__all__ = ["notch_reject"]

BUTTERWORTH, IDEAL, GAUSSIAN = range(3)
MOST_CENTERS = 1000
CODES = {"butterworth": BUTTERWORTH, "ideal": IDEAL, "gaussian": GAUSSIAN}


def notch_reject(
    image: np.ndarray,
    *,
    centers: Sequence[tuple[float, float]] | None = None,
    auto: bool = False,
    cutoff: float = 0.01,
    kind: str = "butterworth",
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Remove periodic patterns: single frequencies, in pairs.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    centers : sequence of (float, float), optional
        Frequencies (fx, fy) in cycles per pixel, from -0.5 to 0.5, not (0, 0); each stands for itself and its
        opposite.  At most 1000 of them.
    auto : bool
        Find the centres instead, as peaks of the spectrum of the channels' mean, see Notes.  Either `centers` or
        ``auto=True`` must be given.
    cutoff : float
        Distance from a centre at which the gain is that of `highpass` at its cutoff, cycles per pixel, above 0.
    kind : {"butterworth", "ideal", "gaussian"}
        The gain is the product of a `highpass` about each centre, and 1 at zero frequency: the mean is kept.
    order : int
        Of Butterworth's filter, from 1 to 1000.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  Pixels that `mask` leaves out keep their
        values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats; if neither `centers` nor ``auto=True`` is given, or both.

    Notes
    -----
    With ``auto=True`` a frequency is taken for a pattern if its amplitude, under Hann's window, is the largest within
    3 samples of the spectrum and more than 12 times the geometric mean of the 15 by 15 samples around it, and at least
    4 periods fit along one of the axes; of more than 16 pairs the strongest count.  Where there is none the image is
    returned as it is.

    Within 1 / cutoff pixels of the border traces stay, as a pattern does not go on in its mirror image.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.10, "Notch filters".

    Examples
    --------
    >>> y, x = np.mgrid[:96, :128]
    >>> stripes = 0.5 + 0.2 * np.cos(2 * np.pi * x / 8)
    >>> photo = to_float(image[..., 0]) * 0.2
    >>> cleaner = notch_reject(photo + stripes, auto=True)
    >>> bool(cleaner.std() < 0.6 * (photo + stripes).std())
    True
    """
    image, order, fill, mask = checked(image, kind, order, border, fill, mask)
    cutoff = cutoff_of(cutoff)
    auto = flag(auto, "auto")
    if (centers is None) != bool(auto):
        raise ValueError(
            "centers or auto=True must be given, "
            + (f"not both, got centers={centers!r} and auto=True" if auto else "got neither")
        )
    places = [] if auto else _centers(centers)
    if image.size == 0:
        return image.copy()
    places = _peaks(image, mask) if auto else places
    if not places:
        return image.copy()
    size = image.shape[:2] if border == "wrap" else double_size(image.shape[:2])
    make = _kept_notches if size[0] * size[1] < CACHED_BELOW else _notches
    gain = make(tuple(places), kind, order, cutoff, size, work_dtype(image.dtype))
    outside = fill * full_scale(image.dtype)
    return each_plane(image, lambda plane: filter_by_dft(plane, gain, size, border, outside), mask)


@kernel
def _fill_row(down, across, kind, order, work, out):
    """A row of gains, notches multiplied.  `down` and `across` are squared distances from each notch, relative to the
    cutoff, or for the Gaussian the factors of the lowpass.  The power is by squaring."""
    gain, base, power = work[0], work[1], work[2]
    gain[:] = 1.0
    for k in range(down.size):
        near, row = down[k], across[k]
        if kind == GAUSSIAN:
            for x in range(row.size):
                gain[x] *= 1.0 - near * row[x]
        elif kind == IDEAL:
            for x in range(row.size):
                gain[x] = 0.0 if near + row[x] <= 1.0 else gain[x]
        else:
            for x in range(row.size):
                base[x] = near + row[x]
                power[x] = 1.0
            left = order
            while True:
                if left & 1:
                    for x in range(row.size):
                        power[x] *= base[x]
                left >>= 1
                if left == 0:
                    break
                for x in range(row.size):
                    base[x] *= base[x]
            for x in range(row.size):
                gain[x] *= 1.0 - 1.0 / (1.0 + power[x])
    for x in range(out.size):
        out[x] = gain[x]


def _window(n: int) -> np.ndarray:
    """Hann's window of n samples, without the zeros at its ends."""
    return 0.5 - 0.5 * elementary_arrays.cos(2 * np.pi / (n + 1) * np.arange(1, n + 1))


def _notches(
    places: tuple[tuple[float, float], ...],
    kind: str,
    order: int,
    cutoff: float,
    size: tuple[int, int],
    dtype: np.dtype,
) -> np.ndarray:
    """The gain of a half spectrum with notches at (fx, fy) and at their opposites."""
    fy, fx = frequencies(size)
    gain = np.empty((fy.size, fx.size), dtype)
    signed = [(sign * x, sign * y) for x, y in places for sign in (1, -1)]
    with np.errstate(over="ignore", under="ignore"):
        down, across = (
            np.stack(
                [
                    elementary.square(_around(f.reshape(-1) - place[axis])) / elementary.square(cutoff)
                    for place in signed
                ]
            )
            for axis, f in ((1, fy), (0, fx))
        )
        if kind == "gaussian":
            down, across = elementary_arrays.exp(down / -2), elementary_arrays.exp(across / -2)
    down, across, code = canonical(down), canonical(across), CODES[kind]

    def band(a: int, b: int) -> None:
        work = np.empty((3, fx.size))
        for i in range(a, b):
            _fill_row(canonical(down[:, i]), across, code, order, work, gain[i])

    run_bands(band, fy.size, pixels=gain.size * len(signed))
    gain[0, 0] = 1
    gain.flags.writeable = False
    return gain


_kept_notches = functools.lru_cache(maxsize=4)(_notches)


def _around(frequency: np.ndarray) -> np.ndarray:
    """The same frequency in [-0.5, 0.5): a spectrum is periodic."""
    return (frequency + 0.5) % 1 - 0.5


def _centers(centers: Any) -> list[tuple[float, float]]:
    if not is_sequence(centers):
        raise TypeError(f"centers must be a sequence of pairs (fx, fy), got {type(centers).__name__}")
    if len(centers) > MOST_CENTERS:
        raise ValueError(f"centers must be at most {MOST_CENTERS} pairs, got {len(centers)}")
    places = []
    for i, center in enumerate(centers):
        if not is_sequence(center) or len(center) != 2:
            raise TypeError(f"centers[{i}] must be a pair (fx, fy), got {center!r}")
        x, y = (real(value, f"centers[{i}]", at_least=-0.5, at_most=0.5) for value in center)
        if x == y == 0:
            raise ValueError(f"centers[{i}] must not be (0, 0), which is the mean of the image")
        places.append((x, y))
    return places


PEAK, NEIGHBOURS, REACH, PERIODS, PAIRS = 12.0, 15, 3, 4, 16
"""Ratio to the surroundings, their side, distance to a larger one [samples], periods in the image, most pairs."""


def _peaks(image: np.ndarray, mask: np.ndarray | None = None) -> list[tuple[float, float]]:
    """Frequencies (fx, fy) that stand out of the spectrum, one of each pair, the strongest first."""
    h, w = image.shape[:2]
    if min(h, w) < NEIGHBOURS:
        return []
    with needed("scipy"):
        from scipy import ndimage

    plane = image.astype(np.float64)
    with np.errstate(all="ignore"):
        plane = plane if image.ndim == 2 else plane.mean(axis=2)
        if mask is not None:
            fill_left_out(plane, mask)
        plane -= plane.mean()
    refuse_overflow(image, mask, plane)
    plane *= _window(h)[:, np.newaxis] * _window(w)
    amplitude = np.abs(np.fft.fftshift(np.fft.fft2(plane)))
    least = amplitude.max() * 1e-12
    if least == 0:
        return []
    logarithm = elementary_arrays.log(amplitude + least)
    excess = logarithm - ndimage.uniform_filter(logarithm, NEIGHBOURS, mode="wrap")
    largest = ndimage.maximum_filter(amplitude, 2 * REACH + 1, mode="wrap")
    y, x = np.ogrid[:h, :w]
    y, x = y - h // 2, x - w // 2
    # One of each pair; columns that are their own opposites have both halves of it.
    own_x, own_y = (2 * x % w == 0), (2 * y % h == 0)
    half = (x > 0) & ~own_x | own_x & ((y > 0) | own_y)
    slow = np.maximum(np.abs(y), np.abs(x)) < PERIODS
    rows, columns = np.nonzero((excess > elementary.log(PEAK)) & (amplitude == largest) & half & ~slow)
    strongest = np.argsort(-amplitude[rows, columns], kind="stable")[:PAIRS]
    return [(float(x[0, columns[i]]) / w, float(y[rows[i], 0]) / h) for i in strongest]


declare(
    notch_reject,
    arguments={"centers": lambda image: (((0.2, -0.1), (0.5, 0.0)),)},
    together=[{"centers": None, "auto": True}],
    no_peer="it does the work of lowpass, which has rows",
)
