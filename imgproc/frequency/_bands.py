"""Lowpass, highpass, bandpass and bandreject filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core import elementary
from .._core.check import ordered_range, real
from .._core.declare import Case, Peer, declare, levels_inside
from .._core.levels import SHIFT, fraction
from .._core.planes import full_scale
from .._core.spectra import each_plane
from ._isotropic import LEAST_CUTOFF, MOST_CUTOFF, checked, cutoff_of, filtered, highpass_gain, lowpass_gain, prototype

__all__ = ["bandpass", "bandreject", "highpass", "lowpass"]


def _bandpass(kind: str, order: int, low: float, high: float, squared: np.ndarray) -> np.ndarray:
    # The prototype at t = ((D^2 - low high) / (D (high - low)))^2, which is 1 at both edges.
    if low == 0:
        return prototype(kind, order, squared / elementary.square(max(high, LEAST_CUTOFF)))
    width = elementary.square(max(high - low, LEAST_CUTOFF))
    t = np.full(squared.shape, np.inf)  # at zero frequency
    np.divide(elementary.square(squared - low * high), squared * width, out=t, where=squared > 0)
    return prototype(kind, order, t)


def _bandreject(kind: str, order: int, low: float, high: float, squared: np.ndarray) -> np.ndarray:
    return 1 - _bandpass(kind, order, low, high, squared)


def _pass(
    image: np.ndarray,
    shape: Callable[..., np.ndarray],
    params: tuple,
    border: str,
    fill: float,
    mask: np.ndarray | None,
) -> np.ndarray:
    if image.size == 0:
        return image.copy()
    return each_plane(image, filtered(image, shape, params, border, fill), mask)


def lowpass(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    cutoff: float,
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
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
        Of Butterworth's filter, from 1 to 1000; the higher, the steeper.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image, as far again as the image reaches; see `imgproc.pad`.
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
        the result goes beyond the floats.

    Notes
    -----
    ``border="reflect"`` is the fastest: the mirrored image's DFT is the image's DCT.  Butterworth's gain is the one of
    [1]_, the square of the analog filter's amplitude (scikit-image: ``squared_butterworth=True``).

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.8.

    Examples
    --------
    >>> smooth = lowpass(to_float(image), cutoff=0.05)
    >>> bool(smooth.std() < to_float(image).std())
    True
    """
    image, order, fill, mask = checked(image, kind, order, border, fill, mask)
    cutoff = cutoff_of(cutoff)
    return _pass(image, lowpass_gain, (kind, order, cutoff), border, fill, mask)


def highpass(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    cutoff: float,
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    offset: float = 0.0,
    mask: np.ndarray | None = None,
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
        Of Butterworth's filter, from 1 to 1000.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    offset : float
        Added to the result, as a fraction of full scale: 0.5 shows both signs in an integer image.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated, so negative values are 0 without an
        offset.  Pixels that `mask` leaves out keep their values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    Notes
    -----
    Definitions are those of [1]_.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.9.

    Examples
    --------
    >>> edges = highpass(to_float(image), cutoff=0.1, offset=0.5)
    >>> edges.shape
    (96, 128, 3)
    """
    image, order, fill, mask = checked(image, kind, order, border, fill, mask)
    cutoff, offset = cutoff_of(cutoff), fraction(offset, "offset", SHIFT, image)
    return _pass_offset(image, highpass_gain, (kind, order, cutoff), border, fill, mask, offset)


def _pass_offset(
    image: np.ndarray,
    shape: Callable[..., np.ndarray],
    params: tuple,
    border: str,
    fill: float,
    mask: np.ndarray | None,
    offset: float,
) -> np.ndarray:
    """As `_pass`, with a fraction of full scale added."""
    if image.size == 0:
        return image.copy()
    work, added = filtered(image, shape, params, border, fill), offset * full_scale(image.dtype)
    return each_plane(image, work if added == 0 else lambda plane: work(plane) + plane.dtype.type(added), mask)


def bandpass(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    band: tuple[float, float],
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    offset: float = 0.0,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Keep a band of frequencies.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    kind : {"butterworth", "ideal", "gaussian"}
        The gain of `lowpass` with cutoff 1 at ``|D^2 - low high| / (D (high - low))``.
    band : (float, float)
        (low, high) in cycles per pixel, 0 <= low < high.  The gain at both is 1/2, the edge, or 0.607; it is 1 at
        their geometric mean.  With low = 0 it is `lowpass`.
    order : int
        Of Butterworth's filter, from 1 to 1000.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the filter sees outside the image; see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    offset : float
        Added to the result, as a fraction of full scale: 0.5 shows both signs in an integer image.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even and saturated, so negative values are 0 without an
        offset.  Pixels that `mask` leaves out keep their values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    Notes
    -----
    The centre C0 and the width W of [1]_ are sqrt(low high) and high - low.  The Gaussian has a factor 1/2 in the
    exponent that is not in [1]_, so that a band from 0 is the Gaussian lowpass.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 4.10.

    Examples
    --------
    >>> bandpass(rgb_to_gray(to_float(image)), band=(0.05, 0.2)).shape
    (96, 128)
    """
    image, order, fill, mask = checked(image, kind, order, border, fill, mask)
    low, high = _band(band)
    offset = fraction(offset, "offset", SHIFT, image)
    return _pass_offset(image, _bandpass, (kind, order, low, high), border, fill, mask, offset)


def bandreject(
    image: np.ndarray,
    *,
    kind: str = "butterworth",
    band: tuple[float, float],
    order: int = 2,
    border: str = "reflect",
    fill: float = 0.0,
    mask: np.ndarray | None = None,
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
        the result goes beyond the floats.

    See Also
    --------
    notch_reject : removes single frequencies.

    Examples
    --------
    >>> bandreject(to_float(image), band=(0.05, 0.2)).shape
    (96, 128, 3)
    """
    image, order, fill, mask = checked(image, kind, order, border, fill, mask)
    return _pass(image, _bandreject, (kind, order, *_band(band)), border, fill, mask)


def _band(band: Any) -> tuple[float, float]:
    low, high = (real(value, f"band[{i}]") for i, value in enumerate(ordered_range(band, "band")))
    if low < 0:
        raise ValueError(f"band must be a pair (low, high) with 0 <= low < high, got {(low, high)}")
    return min(low, MOST_CUTOFF), min(high, MOST_CUTOFF)


def _rows() -> list[Case]:
    from scipy import fft
    from skimage import filters

    def bare_pair(x: np.ndarray) -> np.ndarray:
        """A real DFT and its inverse of twice the image's size, in float32, nothing done between them."""
        size = tuple(fft.next_fast_len(2 * n, real=True) for n in x.shape)
        return fft.irfft2(fft.rfft2(np.zeros(size, np.float32)), s=size)

    def butterworth(x: np.ndarray, pad: int) -> np.ndarray:
        unit = np.multiply(x, np.float32(1 / 255), dtype=np.float32)  # it is faster in float32
        return filters.butterworth(unit, 0.1, False, 2, squared_butterworth=True, npad=pad)

    def off_the_border(ours: np.ndarray, theirs: np.ndarray) -> float:
        return levels_inside(64)(ours, theirs.clip(0, 1) * 255)

    return [
        Case(
            "lowpass",
            "Butterworth lowpass of the mirrored image",
            "grey",
            lambda x: lowpass(x, cutoff=0.1),
            {
                "skimage butterworth": Peer(
                    lambda x: butterworth(x, 0), difference=off_the_border, note="wraps round, where ours mirrors"
                ),
                "skimage butterworth, padded": Peer(
                    lambda x: butterworth(x, len(x) // 2),
                    tolerance=1,
                    difference=off_the_border,
                    note="continues the edge pixels; compared off the border",
                ),
                "scipy rfft2, irfft2": Peer(
                    bare_pair, limit=1.3, difference=None, note="of the padded size, nothing done between the two"
                ),
                "scipy dctn, idctn": Peer(
                    lambda x: fft.idctn(fft.dctn(x.astype(np.float32))),
                    difference=None,
                    note="nothing done between the two",
                ),
            },
            first="imgproc.lowpass(image, cutoff=0.1)",
            size=512,
        )
    ]


declare(lowpass, peers=_rows)
declare(bandpass, bandreject, highpass, no_peer="they do the work of lowpass, which has rows")
