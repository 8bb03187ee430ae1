"""Filters in the frequency domain.

Frequencies are in cycles per pixel along each axis, from 0 (constant) to 0.5 (alternating pixels), whatever the size of
the image: a cutoff means the same wavelength, 1 / cutoff pixels, in every image and in every direction, also where the
image is not square.  (A cutoff of D0 samples of a padded P by P spectrum, as textbooks have it, is D0 / P here.)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._check import as_image, border_name, integer, one_of, ordered_range, positive, real
from ._planes import full_scale
from ._spectral import as_floats, double_size, each_plane, filter_by_dct, filter_by_dft, frequencies, work_dtype

__all__ = [
    "apply_transfer",
    "bandpass",
    "bandreject",
    "highpass",
    "homomorphic",
    "lowpass",
    "notch_reject",
    "spectrum",
]

KINDS = ("butterworth", "ideal", "gaussian")

CACHED_BELOW = 1 << 22
"""Transfers of fewer samples are kept, the last eight of them."""

Transfer = Callable[[np.ndarray, np.ndarray], Any] | np.ndarray


def _gain(kind: str, order: int, t: np.ndarray) -> np.ndarray:
    """The lowpass prototype over t, the squared ratio of frequency and cutoff."""
    if kind == "ideal":
        return (t <= 1).astype(np.float64)
    if kind == "gaussian":
        return np.exp(t / -2)
    return 1 / (1 + t**order)


def _lowpass(kind: str, order: int, cutoff: float, squared: np.ndarray) -> np.ndarray:
    return _gain(kind, order, squared / cutoff**2)


def _highpass(kind: str, order: int, cutoff: float, squared: np.ndarray) -> np.ndarray:
    return 1 - _lowpass(kind, order, cutoff, squared)


def _bandpass(kind: str, order: int, low: float, high: float, squared: np.ndarray) -> np.ndarray:
    # The prototype at t = ((D^2 - low high) / (D (high - low)))^2, which is 1 at both edges.
    t = squared / high**2 if low == 0 else (squared - low * high) ** 2 / (squared * (high - low) ** 2)
    return _gain(kind, order, t)


def _bandreject(kind: str, order: int, low: float, high: float, squared: np.ndarray) -> np.ndarray:
    return 1 - _bandpass(kind, order, low, high, squared)


def _emphasis(low: float, high: float, cutoff: float, sharpness: float, squared: np.ndarray) -> np.ndarray:
    return low + (high - low) * (1 - np.exp(-sharpness * squared / cutoff**2))


def _isotropic(shape: Callable[..., np.ndarray], params: tuple, size: tuple[int, int], dct: bool, dtype: np.dtype):
    """A gain that depends on the distance from zero frequency only, on the grid of the DCT or of the half DFT."""
    if dct:
        fy, fx = np.arange(size[0])[:, np.newaxis] / (2 * size[0]), np.arange(size[1])[np.newaxis] / (2 * size[1])
    else:
        fy, fx = frequencies(size)
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        gain = shape(*params, fy * fy + fx * fx).astype(dtype)
    gain.flags.writeable = False
    return gain


_kept = functools.lru_cache(maxsize=8)(_isotropic)


def _filtered(
    image: np.ndarray, shape: Callable[..., np.ndarray], params: tuple, border: str, fill: float
) -> Callable[[np.ndarray], np.ndarray]:
    """The filter of a plane of the image by an isotropic gain."""
    dct = border == "reflect"
    size = image.shape[:2] if dct or border == "wrap" else double_size(image.shape[:2])
    make = _kept if size[0] * size[1] < CACHED_BELOW else _isotropic
    gain = make(shape, params, size, dct, work_dtype(image.dtype))
    if dct:
        return lambda plane: filter_by_dct(plane, gain)
    return lambda plane: filter_by_dft(plane, gain, size, border, fill * full_scale(image.dtype))


def _checked(image: Any, kind: Any, order: Any, border: Any, fill: Any) -> tuple[np.ndarray, int, float]:
    image = as_image(image)
    one_of(kind, "kind", KINDS)
    order = integer(order, "order", at_least=1)
    border_name(border)
    return image, order, real(fill, "fill")


def _pass(image: np.ndarray, shape: Callable[..., np.ndarray], params: tuple, border: str, fill: float) -> np.ndarray:
    if image.size == 0:
        return image.copy()
    return each_plane(image, _filtered(image, shape, params, border, fill))


def lowpass(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    cutoff: float,
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Keep what varies slowly: a blur given by its frequency response.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    kind : {"butterworth", "ideal", "gaussian"}
        Gain at the frequency D: 1 / (1 + (D / cutoff)^(2 order)); 1 up to the cutoff and 0 above, which rings;
        exp(-D^2 / (2 cutoff^2)).
    cutoff : float
        Cycles per pixel, above 0.  The gain there is 1/2, the edge, or 0.607.  Frequencies go up to 0.5 along the axes
        and to 0.707 along the diagonal.
    order : int
        Of Butterworth's filter, at least 1; the higher, the steeper.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image, as far again as the image reaches; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  NaN and infinite pixels count as the
        mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``border="reflect"`` is the fastest: the mirrored image's DFT is the image's DCT.  Butterworth's gain is the one of
    [1]_, the square of the analog filter's amplitude (scikit-image: ``squared_butterworth=True``).

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.8.
    """
    image, order, fill = _checked(image, kind, order, border, fill)
    cutoff = positive(cutoff, "cutoff")
    return _pass(image, _lowpass, (kind, order, cutoff), border, fill)


def highpass(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    cutoff: float,
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    offset: float = 0.0,
) -> np.ndarray:
    """Keep what varies fast: the image less its `lowpass`.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    kind : {"butterworth", "ideal", "gaussian"}
        The gain is one less the gain of `lowpass`.
    cutoff : float
        Cycles per pixel, above 0.
    order : int
        Of Butterworth's filter, at least 1.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    offset : float
        Added to the result, as a fraction of full scale: 0.5 shows both signs in an integer image.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated, so negative values are 0 without an
        offset.  NaN and infinite pixels count as the mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Definitions are those of [1]_.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.9.
    """
    image, order, fill = _checked(image, kind, order, border, fill)
    cutoff, offset = positive(cutoff, "cutoff"), real(offset, "offset")
    return _pass_offset(image, _highpass, (kind, order, cutoff), border, fill, offset)


def _pass_offset(
    image: np.ndarray, shape: Callable[..., np.ndarray], params: tuple, border: str, fill: float, offset: float
) -> np.ndarray:
    """As `_pass`, with a fraction of full scale added."""
    if image.size == 0:
        return image.copy()
    work, added = _filtered(image, shape, params, border, fill), offset * full_scale(image.dtype)
    return each_plane(image, work if added == 0 else lambda plane: work(plane) + plane.dtype.type(added))


def bandpass(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    band: tuple[float, float],
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    offset: float = 0.0,
) -> np.ndarray:
    """Keep a band of frequencies.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    kind : {"butterworth", "ideal", "gaussian"}
        The gain of `lowpass` with cutoff 1 at |D^2 - low high| / (D (high - low)).
    band : (float, float)
        (low, high) in cycles per pixel, 0 <= low < high.  The gain at both is 1/2, the edge, or 0.607; it is 1 at
        their geometric mean.  With low = 0 it is `lowpass`.
    order : int
        Of Butterworth's filter, at least 1.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    offset : float
        Added to the result, as a fraction of full scale: 0.5 shows both signs in an integer image.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated, so negative values are 0 without an
        offset.  NaN and infinite pixels count as the mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The centre C0 and the width W of [1]_ are sqrt(low high) and high - low.  The Gaussian has a factor 1/2 in the
    exponent that is not in [1]_, so that a band from 0 is the Gaussian lowpass.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.10.
    """
    image, order, fill = _checked(image, kind, order, border, fill)
    low, high = _band(band)
    return _pass_offset(image, _bandpass, (kind, order, low, high), border, fill, real(offset, "offset"))


def bandreject(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    band: tuple[float, float],
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Remove a band of frequencies: the image less its `bandpass`.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    kind : {"butterworth", "ideal", "gaussian"}
        The gain is one less the gain of `bandpass`.
    band : (float, float)
        (low, high) in cycles per pixel, 0 <= low < high.  With low = 0 it is `highpass`.
    order : int
        Of Butterworth's filter, at least 1.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  NaN and infinite pixels count as the
        mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    See Also
    --------
    notch_reject : removes single frequencies.
    """
    image, order, fill = _checked(image, kind, order, border, fill)
    return _pass(image, _bandreject, (kind, order, *_band(band)), border, fill)


def _band(band: Any) -> tuple[float, float]:
    low, high = ordered_range(band, "band")
    if low < 0:
        raise ValueError(f"band must be a pair (low, high) with 0 <= low < high, got {(low, high)}")
    return low, high


def homomorphic(
    image: np.ndarray,
    *,
    low: float = 0.5,
    high: float = 1.5,
    cutoff: float = 0.02,
    sharpness: float = 1.0,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Even out the light and raise detail: a filter of the image's logarithm.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    low : float
        Gain of what varies slowly, at least 0: below 1 the light is evened out.
    high : float
        Gain of what varies fast, at least 0: above 1 detail is raised.
    cutoff : float
        Where the gain goes from one to the other, cycles per pixel, above 0.
    sharpness : float
        How fast, above 0: c of [1]_.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  NaN and infinite pixels count as the
        mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The result is exp(H ln(f + e)) - e with f as a fraction of full scale, negative ones as 0, e = 1/255, and the gain
    H(D) = low + (high - low) (1 - exp(-sharpness D^2 / cutoff^2)) of [1]_, eq. 4-147.  White (1 - e) stays white; a
    constant f becomes (f + e)^low - e.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.9, "Homomorphic filtering".
    """
    image = as_image(image)
    low, high = real(low, "low", at_least=0), real(high, "high", at_least=0)
    cutoff, sharpness = positive(cutoff, "cutoff"), positive(sharpness, "sharpness")
    border_name(border)
    fill = real(fill, "fill")
    if image.size == 0:
        return image.copy()
    top, least = full_scale(image.dtype), 1 / 255
    outside = np.log(max(fill, 0) + least) / top  # the border's level, too, as a logarithm
    work = _filtered(image, _emphasis, (low, high, cutoff, sharpness), border, outside)

    def logarithmic(plane: np.ndarray) -> np.ndarray:
        np.maximum(plane, 0, out=plane)
        plane *= plane.dtype.type(1 / top)
        plane += plane.dtype.type(least)
        found = np.exp(work(np.log(plane, out=plane)))
        found -= found.dtype.type(least)
        found *= found.dtype.type(top)
        return found

    return each_plane(image, logarithmic)


def apply_transfer(
    image: np.ndarray, transfer: Transfer, *, border: str = "reflect", fill: float = 0.0, offset: float = 0.0
) -> np.ndarray:
    """Filter by a transfer function of one's own.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    transfer : callable or ndarray of shape (H, W)
        ``transfer(fy, fx)`` gets frequencies in cycles per pixel, arrays of shape (n, 1) and (1, m) with fy in
        [-0.5, 0.5) and fx in [0, 0.5], and returns real or complex gains that broadcast to (n, m); at negative fx the
        gain is the conjugate of the one at (-fy, -fx), as an image is real.  Or an array of gains in the order of
        `numpy.fft.fft2` (zero frequency first), H >= h and W >= w: the image is extended to that size, and not at all
        if it has it, so that opposite edges meet.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        How the image is extended; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    offset : float
        Added to the result, as a fraction of full scale: 0.5 shows both signs in an integer image.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  NaN and infinite pixels count as the
        mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the gains are not finite numbers of a fitting shape.

    Notes
    -----
    Of an array that is no image's spectrum (not Hermitian) the real part of the filtered image counts.
    """
    image = as_image(image)
    if not callable(transfer) and not isinstance(transfer, np.ndarray):
        raise TypeError(f"transfer must be callable or an array, got {type(transfer).__name__}")
    border_name(border)
    fill, offset = real(fill, "fill"), real(offset, "offset")
    if image.size == 0:
        return image.copy()
    (h, w), kind = image.shape[:2], work_dtype(image.dtype)
    if callable(transfer):
        size = (h, w) if border == "wrap" else double_size((h, w))
        fy, fx = frequencies(size)
        gain = _gains(transfer(fy, fx), (fy.size, fx.size))
    else:
        if transfer.ndim != 2 or transfer.shape[0] < h or transfer.shape[1] < w:
            raise ValueError(f"transfer must have shape (H, W) of at least {(h, w)}, got {transfer.shape}")
        size = transfer.shape
        gain = _gains(transfer, size)
        mirrored = np.roll(gain[::-1, ::-1], 1, axis=(0, 1)).conj()
        gain = ((gain + mirrored) / 2)[:, : size[1] // 2 + 1]
    gain = gain.astype(np.result_type(kind, np.complex64) if gain.dtype.kind == "c" else kind)
    top = full_scale(image.dtype)

    def work(plane: np.ndarray) -> np.ndarray:
        return filter_by_dft(plane, gain, size, border, fill * top) + plane.dtype.type(offset * top)

    return each_plane(image, work)


def _gains(values: Any, size: tuple[int, ...]) -> np.ndarray:
    """Real or complex finite gains, broadcast to `size`."""
    gains = np.asarray(values)
    if gains.dtype.kind not in "biufc":
        raise TypeError(f"transfer must give numbers, got {gains.dtype}")
    try:
        gains = np.broadcast_to(gains, size)
    except ValueError:
        raise ValueError(f"transfer must give an array that broadcasts to {size}, got shape {gains.shape}") from None
    if not np.isfinite(gains).all():
        raise ValueError("transfer must be finite, got NaN or infinity")
    return gains if gains.dtype.kind == "c" else gains.astype(np.float64)


def notch_reject(
    image: np.ndarray,
    *,
    centers: Sequence[tuple[float, float]] | None = None,
    cutoff: float = 0.01,
    kind: str = "butterworth",
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Remove periodic patterns: single frequencies, in pairs.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    centers : sequence of (float, float), optional
        Frequencies (fx, fy) in cycles per pixel, from -0.5 to 0.5, not (0, 0); each stands for itself and its
        opposite.  Default: found, as peaks of the spectrum of the channels' mean, see Notes.
    cutoff : float
        Distance from a centre at which the gain is that of `highpass` at its cutoff, cycles per pixel, above 0.
    kind : {"butterworth", "ideal", "gaussian"}
        The gain is the product of a `highpass` about each centre, and 1 at zero frequency: the mean is kept.
    order : int
        Of Butterworth's filter, at least 1.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc._border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated.  NaN and infinite pixels count as the
        mean of the others and stay as they are.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    A frequency is taken for a pattern if its amplitude, under Hann's window, is the largest within 3 samples of the
    spectrum and more than 12 times the geometric mean of the 15 by 15 samples around it, and at least 4 periods fit
    along one of the axes; of more than 16 pairs the strongest count.  Where there is none the image is returned as it
    is.

    Within 1 / cutoff pixels of the border traces stay, as a pattern does not go on in its mirror image.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.10, "Notch filters".
    """
    image, order, fill = _checked(image, kind, order, border, fill)
    cutoff = positive(cutoff, "cutoff")
    places = None if centers is None else _centers(centers)
    if image.size == 0:
        return image.copy()
    places = _peaks(image) if places is None else places
    if not places:
        return image.copy()
    size = image.shape[:2] if border == "wrap" else double_size(image.shape[:2])
    make = _kept_notches if size[0] * size[1] < CACHED_BELOW else _notches
    gain = make(tuple(places), kind, order, cutoff, size, work_dtype(image.dtype))
    outside = fill * full_scale(image.dtype)
    return each_plane(image, lambda plane: filter_by_dft(plane, gain, size, border, outside))


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
    gain = np.ones((fy.size, fx.size))
    with np.errstate(over="ignore", under="ignore"):
        for x, y in places:
            for sign in (1, -1):
                squared = _around(fy - sign * y) ** 2 + _around(fx - sign * x) ** 2
                gain *= _highpass(kind, order, cutoff, squared)
    gain[0, 0] = 1
    gain = gain.astype(dtype)
    gain.flags.writeable = False
    return gain


_kept_notches = functools.lru_cache(maxsize=4)(_notches)


def _around(frequency: np.ndarray) -> np.ndarray:
    """The same frequency in [-0.5, 0.5): a spectrum is periodic."""
    return (frequency + 0.5) % 1 - 0.5


def _centers(centers: Any) -> list[tuple[float, float]]:
    if isinstance(centers, (str, bytes)) or not isinstance(centers, (Sequence, np.ndarray)):
        raise TypeError(f"centers must be a sequence of pairs (fx, fy), got {type(centers).__name__}")
    places = []
    for i, center in enumerate(centers):
        if not isinstance(center, (Sequence, np.ndarray)) or isinstance(center, (str, bytes)) or len(center) != 2:
            raise TypeError(f"centers[{i}] must be a pair (fx, fy), got {center!r}")
        x, y = (real(value, f"centers[{i}]", at_least=-0.5, at_most=0.5) for value in center)
        if x == y == 0:
            raise ValueError(f"centers[{i}] must not be (0, 0), which is the mean of the image")
        places.append((x, y))
    return places


PEAK, NEIGHBOURS, REACH, PERIODS, PAIRS = 12.0, 15, 3, 4, 16
"""Ratio to the surroundings, their side, distance to a larger one [samples], periods in the image, most pairs."""


def _peaks(image: np.ndarray) -> list[tuple[float, float]]:
    """Frequencies (fx, fy) that stand out of the spectrum, one of each pair, the strongest first."""
    h, w = image.shape[:2]
    if min(h, w) < NEIGHBOURS:
        return []
    from scipy import ndimage

    plane = image.astype(np.float64)
    if image.ndim == 3:
        plane = plane.mean(axis=2)
    spoilt = ~np.isfinite(plane)
    plane -= plane[~spoilt].mean() if not spoilt.all() else 0
    plane[spoilt] = 0
    plane *= np.hanning(h + 2)[1:-1, np.newaxis] * np.hanning(w + 2)[1:-1]
    amplitude = np.abs(np.fft.fftshift(np.fft.fft2(plane)))
    least = amplitude.max() * 1e-12
    if least == 0:
        return []
    logarithm = np.log(amplitude + least)
    excess = logarithm - ndimage.uniform_filter(logarithm, NEIGHBOURS, mode="wrap")
    largest = ndimage.maximum_filter(amplitude, 2 * REACH + 1, mode="wrap")
    y, x = np.ogrid[:h, :w]
    y, x = y - h // 2, x - w // 2
    # One of each pair; columns that are their own opposites have both halves of it.
    own_x, own_y = (2 * x % w == 0), (2 * y % h == 0)
    half = (x > 0) & ~own_x | own_x & ((y > 0) | own_y)
    slow = np.maximum(np.abs(y), np.abs(x)) < PERIODS
    rows, columns = np.nonzero((excess > np.log(PEAK)) & (amplitude == largest) & half & ~slow)
    strongest = np.argsort(-amplitude[rows, columns], kind="stable")[:PAIRS]
    return [(float(x[0, columns[i]]) / w, float(y[rows[i], 0]) / h) for i in strongest]


def spectrum(image: np.ndarray) -> np.ndarray:
    """The logarithm of the amplitude spectrum, zero frequency in the middle, to look at.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        ln(1 + |F|), F the unscaled DFT of the image in fractions of full scale, so every dtype gives the same.  Zero
        frequency stands at [h // 2, w // 2]; [y, x] is (y - h // 2) / h and (x - w // 2) / w cycles per pixel.

    Raises
    ------
    TypeError, ValueError
        If `image` is no image, or has NaN or infinite pixels, which have no spectrum: it must be finite.
    """
    image = as_image(image)
    planes = as_floats(image)
    if image.size == 0:
        return planes
    from scipy.fft import rfft2

    h, w = image.shape[:2]
    planes *= planes.dtype.type(1 / full_scale(image.dtype))
    found = np.log1p(np.abs(rfft2(planes, axes=(0, 1), overwrite_x=True)))
    out = np.empty(image.shape, planes.dtype)
    out[:, w // 2 :] = np.roll(found[:, : w - w // 2], h // 2, axis=0)
    # Negative frequencies: [y, x] is [-y, -x].
    left = found[-np.arange(h) % h, 1 : w // 2 + 1][:, ::-1]
    out[:, : w // 2] = np.roll(left, h // 2, axis=0)
    return out
