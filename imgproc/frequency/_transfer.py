"""Filters by a transfer function of the user's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core.check import as_image, border_name
from .._core.declare import declare
from .._core.formats import work_dtype
from .._core.levels import SHIFT, fill_level, fraction
from .._core.planes import full_scale
from .._core.spectra import double_size, each_plane, filter_by_dft, frequencies, taking_part

__all__ = ["apply_transfer"]

Transfer = Callable[[np.ndarray, np.ndarray], Any] | np.ndarray


def apply_transfer(
    image: np.ndarray,
    transfer: Transfer,
    *,
    border: str = "reflect",
    fill: float = 0.0,
    offset: float = 0.0,
    mask: np.ndarray | None = None,
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
        How the image is extended; see `imgproc.pad`.
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
        Same shape and dtype; integers are rounded half to even and saturated.  Pixels that `mask` leaves out keep their
        values.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, the gains are not finite numbers of a fitting shape, a pixel that
        takes part is NaN or infinite (it must be finite), or the result goes beyond the floats.

    Notes
    -----
    Of an array that is no image's spectrum (not Hermitian) the real part of the filtered image counts.

    Examples
    --------
    >>> halved = apply_transfer(np.full((8, 8), 0.5), lambda fy, fx: 0.5 + 0 * fy * fx)
    >>> halved[0, :2].round(3)
    array([0.25, 0.25])
    """
    image = as_image(image)
    if not callable(transfer) and not isinstance(transfer, np.ndarray):
        raise TypeError(f"transfer must be callable or an array, got {type(transfer).__name__}")
    border_name(border)
    fill, offset = fill_level(fill, image), fraction(offset, "offset", SHIFT, image)
    mask = taking_part(image, mask)
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
        gain = (gain / 2 + mirrored / 2)[:, : size[1] // 2 + 1]
    with np.errstate(all="ignore"):  # gains beyond float32 are infinite, and the result is refused
        gain = gain.astype(np.result_type(kind, np.complex64) if gain.dtype.kind == "c" else kind)
    top = full_scale(image.dtype)

    def work(plane: np.ndarray) -> np.ndarray:
        found = filter_by_dft(plane, gain, size, border, fill * top)
        found += plane.dtype.type(offset * top)
        return found

    return each_plane(image, work, mask)


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


declare(apply_transfer, no_peer="it does the work of lowpass, which has rows")
