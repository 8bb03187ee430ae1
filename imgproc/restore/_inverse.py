"""Linear deconvolution: inverse filter, Wiener filter, constrained least squares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import as_image, as_psf, integer, real
from .._core.declare import Case, Peer, declare, versus
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.levels import SPREAD, fraction
from .._core.needed import needed
from .._core.planes import canonical, full_scale
from .._core.spectra import each_plane, frequencies, taking_part
from ..frequency._isotropic import LARGEST_ORDER, cutoff_of
from ..transform._denoise import counted, noise_of, whole_windows
from ..transform._wavelet import split
from ._periodic import Filter, centred, packed, periodic, roomy
from ._psf import gaussian_psf

__all__ = ["constrained_least_squares", "inverse_filter", "wiener"]

LOST = 0.01
"""Frequencies of which the blur leaves less than this are not brought back by the inverse filter."""

ROUNDS = 3
"""How often what lies beyond the edges is replaced by what the restored image, blurred, shows there."""

LEAST = 1e-10
"""Where what other gains are divided by is smaller, they are 0."""

TILE, NARROWEST = 8, 4
"""Side of the tiles that are looked at for details, in details, and the least side of a rectangle of them, in tiles."""


@kernel
def _residual(seen, power, rough, gamma):
    total = 0.0
    for y in range(seen.shape[0]):
        row = 0.0
        for x in range(seen.shape[1]):
            smooth = gamma * rough[y, x]
            lost = smooth / (power[y, x] + smooth + 1e-30)
            row += seen[y, x] * lost * lost
        total += row
    return total


def _blur(image: np.ndarray, psf: np.ndarray) -> tuple[tuple[int, int], np.ndarray]:
    """The size that the image is continued to, and the transfer of the blur, a half spectrum."""
    with needed("scipy"):
        from scipy.fft import rfft2

    size = roomy(image.shape, psf)
    return size, rfft2(centred(psf, size).astype(work_dtype(image.dtype)), overwrite_x=True)


def _restored(
    image: np.ndarray,
    psf: np.ndarray,
    mask: np.ndarray | None,
    make: Callable[[np.ndarray, tuple[int, int]], Any],
) -> np.ndarray:
    """Filter each channel by the gain that `make` gives for the blur and the size of the half spectrum, or by what the
    function that it gives answers to the continued channel and the channel.

    What does not vary has a gain of 1.  So the middle level is taken out first: a constant has no rounding in its
    spectrum then, which a gain of thousands would show."""
    h, w = image.shape[:2]
    size, blur = _blur(image, psf)
    gain, known = make(blur, size), None
    if not callable(gain):
        known = _pair(gain, blur, size)
        del gain, blur  # each is as large as the image

    def work(plane: np.ndarray) -> np.ndarray:
        low, high = plane.min(), plane.max()
        middle = low if low == high else low / 2 + high / 2
        plane -= middle
        continued = periodic(plane, size)
        restore, again = known or _pair(gain(continued, plane), blur, size)
        filtered = Filter(size, plane.dtype)
        for _ in range(ROUNDS):
            filtered(continued, again, continued)
            continued[:h, :w] = plane
        filtered(continued, restore, continued)
        found = continued[:h, :w]
        found += middle
        return found

    return each_plane(image, work, mask)


def _pair(gain: np.ndarray, blur: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The gain, and the gain followed by the blur, as `Filter` wants them.  Overwrites `gain`."""
    restore = packed(gain, size)
    gain *= blur
    return restore, packed(gain, size)


def _power(spectrum: np.ndarray) -> np.ndarray:
    return spectrum.real**2 + spectrum.imag**2


def _ratio(blur: np.ndarray, below: np.ndarray) -> np.ndarray:
    """conj(H) / below, 0 where that is next to nothing."""
    gain = blur.conj()
    gain *= np.divide(1, below, out=np.zeros_like(below), where=below > LEAST)
    return gain


def inverse_filter(
    image: np.ndarray, psf: np.ndarray, *, cutoff: float = 0.25, order: int = 10, mask: np.ndarray | None = None
) -> np.ndarray:
    """Undo a blur by dividing spectra, up to a cutoff.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    psf : ndarray of shape (n, m)
        The blur: what became of a point, non-negative, taken relative to its sum; its middle is [n // 2, m // 2].
    cutoff : float
        Cycles per pixel, above 0: faster waves, in which noise outweighs the image, are cut off.
    order : int
        Of the Butterworth lowpass that cuts them off, from 1 to 1000.
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
    wiener : weighs noise against image at each frequency.

    Notes
    -----
    The spectrum is divided by that of the blur, H, times 1 / (1 + (D / cutoff)^(2 order)) [1]_; where abs(H) < 0.01
    it becomes 0.  Beyond the edges the image goes on as its reflections, which fade into each other, and then, three
    times over, as what the restored image shows there when blurred: edges do not ring.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 5.7.

    Examples
    --------
    >>> psf = gaussian_psf(1.0)
    >>> inverse_filter(degrade(to_float(image), psf), psf, cutoff=0.3).shape
    (96, 128, 3)
    """
    image, psf = as_image(image), as_psf(psf)
    cutoff = cutoff_of(cutoff)
    order = integer(order, "order", at_least=1, at_most=LARGEST_ORDER)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()

    def make(blur: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        fy, fx = frequencies(size)
        with np.errstate(over="ignore"):
            low = 1 / (1 + elementary_arrays.whole_power((fy * fy + fx * fx) / (cutoff * cutoff), order))
        power = _power(blur)
        gain = np.where(power < LOST * LOST, 0, blur.conj() / np.maximum(power, LOST * LOST))
        gain *= low.astype(power.dtype)
        return gain

    return _restored(image, psf, mask, make)


def wiener(
    image: np.ndarray, psf: np.ndarray, *, noise_to_signal: float = 0.01, mask: np.ndarray | None = None
) -> np.ndarray:
    """Undo a blur by Wiener's filter.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    psf : ndarray of shape (n, m)
        The blur: what became of a point, non-negative, taken relative to its sum; its middle is [n // 2, m // 2].
    noise_to_signal : float
        Power of the noise relative to that of the sharp image, K, at least 0, the same at all frequencies.  More is
        smoother.
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
    The gain is conj(H) / (abs(H)^2 + K) [1]_, 0 where that divides by less than 1e-10, and 1 at zero frequency, so that
    the mean is kept (textbooks darken by 1 / (1 + K)).  scikit-image's `wiener` is `constrained_least_squares` here.
    Edges are treated as by `inverse_filter`, which takes most of the time: scikit-image's take the image for periodic,
    which is faster and rings at the edges.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 5.8.

    Examples
    --------
    >>> psf = defocus_psf(3)
    >>> blurred = degrade(to_float(image), psf, noise=0.01, key=1)
    >>> better = wiener(blurred, psf, noise_to_signal=0.01)
    >>> bool(((better - to_float(image)) ** 2).mean() < ((blurred - to_float(image)) ** 2).mean())
    True
    """
    image, psf = as_image(image), as_psf(psf)
    ratio = real(noise_to_signal, "noise_to_signal", at_least=0)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()

    def make(blur: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        below = _power(blur)
        below += below.dtype.type(ratio)
        gain = _ratio(blur, below)
        gain[0, 0] = 1
        return gain

    return _restored(image, psf, mask, make)


def constrained_least_squares(
    image: np.ndarray,
    psf: np.ndarray,
    *,
    gamma: float | None = None,
    noise: float | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Undo a blur by the smoothest image that explains what is seen up to the noise.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    psf : ndarray of shape (n, m)
        The blur: what became of a point, non-negative, taken relative to its sum; its middle is [n // 2, m // 2].
    gamma : float, optional
        Weight of smoothness, at least 0.  Default: found from the noise, for each channel.
    noise : float, optional
        Standard deviation of the noise, as a fraction of full scale, at least 0.  Default: estimated from the finest
        diagonal details of the image, as `wavelet_denoise` does.  Not used when `gamma` is given.
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
    The gain is conj(H) / (abs(H)^2 + gamma abs(P)^2), P the transfer of the Laplacian [[0, -1, 0], [-1, 4, -1], [0, -1,
    0]] [1]_.  The gamma found is the one for which the mean square of image - blurred result is noise^2, between 1e-9
    and 1e6.  A margin of one level shows no noise: of a picture that has such places the largest rectangle without
    them is looked at, if there is one of 64 by 64 pixels.  Edges are treated as by `inverse_filter`.

    References
    ----------
    .. [1] B. R. Hunt, "The Application of Constrained Least Squares Estimation to Image Restoration by Digital
       Computer", IEEE Transactions on Computers C-22, 1973.

    Examples
    --------
    >>> psf = motion_psf(7, 20.0)
    >>> blurred = degrade(to_float(image), psf, noise=0.01, key=1)
    >>> constrained_least_squares(blurred, psf, noise=0.01).shape
    (96, 128, 3)
    """
    image, psf = as_image(image), as_psf(psf)
    gamma = None if gamma is None else real(gamma, "gamma", at_least=0)
    noise = None if noise is None else fraction(noise, "noise", SPREAD, image, at_least=0)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()

    whole = None if mask is None else whole_windows(mask, "db2", "reflect")

    def make(blur: np.ndarray, size: tuple[int, int]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        def gain_of(continued: np.ndarray, plane: np.ndarray) -> np.ndarray:
            # Made for each channel anew, so that they need not be kept while it is filtered.
            power, rough, weight = _power(blur), _roughness(size, blur.real.dtype), gamma
            if weight is None:
                sigma, part = _noise(plane, whole)
                sigma = sigma if noise is None else noise * full_scale(image.dtype)
                if part.shape == plane.shape:
                    weight = _fitting(continued, power, rough, sigma)
                else:
                    inner, blur_there = _blur(part, psf)
                    rough_there = _roughness(inner, rough.dtype)
                    weight = _fitting(periodic(part, inner), _power(blur_there), rough_there, sigma)
            rough *= power.dtype.type(weight)
            power += rough
            return _ratio(blur, power)

        return gain_of

    return _restored(image, psf, mask, make)


def _roughness(size: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """abs(P)^2, P the transfer of the Laplacian."""
    fy, fx = frequencies(size)
    cos = elementary_arrays.cos
    return ((4 - 2 * cos(2 * np.pi * fy) - 2 * cos(2 * np.pi * fx)) ** 2).astype(dtype)


def _noise(plane: np.ndarray, whole: np.ndarray | None) -> tuple[float, np.ndarray]:
    """Standard deviation of the noise, and the part of the plane that shows it."""
    coarse, (_, _, diagonal) = split(canonical(plane), "db2", "reflect")
    there = counted(diagonal, coarse, whole)
    return noise_of(diagonal, there), plane[_full_of_details(there)]


def _full_of_details(there: np.ndarray) -> tuple[slice, slice]:
    """The largest rectangle of pixels in which most details are there everywhere; all pixels if there is none.

    A margin of one level shows no noise, and its edge may be sharper than a blurred one, so that no picture explains
    it.
    """
    rows, columns = (n // TILE for n in there.shape)
    tiles = there[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    full = np.count_nonzero(tiles, axis=(1, 3)) * 2 >= TILE * TILE
    if not full.any() or full.all():
        return np.s_[:, :]
    best, (top, bottom, left, right) = 0, (0, 0, 0, 0)
    heights = np.zeros(columns, int)
    for y in range(rows):
        heights = np.where(full[y], heights + 1, 0)
        waiting: list[tuple[int, int]] = []  # places of rising heights, each from where it holds
        for x in range(columns + 1):
            start, height = x, int(heights[x]) if x < columns else 0
            while waiting and waiting[-1][1] >= height:
                start, tall = waiting.pop()
                if tall * (x - start) > best and min(tall, x - start) >= NARROWEST:
                    best, (top, bottom, left, right) = tall * (x - start), (y + 1 - tall, y + 1, start, x)
            waiting.append((start, height))
    if not best:
        return np.s_[:, :]
    # Detail i is of the pixels 2 i - 2 to 2 i + 1.  Tiles at an edge of the rectangle may lie across that of a margin.

    def inner(first: int, last: int, n: int) -> slice:
        return slice(first and 2 * TILE * (first + 1), 2 * TILE * (last if last == n else last - 1))

    return inner(top, bottom, rows), inner(left, right, columns)


def _fitting(continued: np.ndarray, power: np.ndarray, rough: np.ndarray, sigma: float) -> float:
    """The gamma for which the residual has the power of the noise, by bisection: the residual grows with it."""
    with needed("scipy"):
        from scipy.fft import rfft2

    h, w = continued.shape
    seen = _power(rfft2(continued))
    seen[:, 1 : (w + 1) // 2] *= 2  # columns that stand for their conjugates, too
    wanted = sigma * sigma * (h * w) ** 2  # by Parseval: of the unscaled spectrum

    arrays = canonical(seen), canonical(power), canonical(rough)
    low, high = elementary.log(1e-9), elementary.log(1e6)
    for _ in range(24):
        middle = (low + high) / 2
        if _residual(*arrays, elementary.exp(middle)) < wanted:
            low = middle
        else:
            high = middle
    return elementary.exp((low + high) / 2)


def _rows_of_least_squares() -> list[Case]:
    from skimage import restoration

    psf = gaussian_psf(1.5)
    return [
        versus(
            "constrained_least_squares",
            "grey float",
            lambda x: constrained_least_squares(x, psf, gamma=0.01),
            "skimage wiener",
            lambda x: restoration.wiener(x, psf, 0.01, clip=False),
            difference=None,
            what="deconvolution, smoothness weighed by 0.01",
            note="the same rule, of the image as it wraps round; ours is mirrored, four times as many pixels: of a "
            "photo blurred so, with noise of 0.003, theirs is off by 7.7 levels (rms) in the 12 rows at an edge, ours "
            "by 1.5; inside both 1.0",
            size=512,
        )
    ]


declare(
    constrained_least_squares,
    arguments={"gamma": lambda image: (None, 0.01)},
    peers=_rows_of_least_squares,
)
declare(inverse_filter, no_peer="it does the work of wiener, which has a row")


def _rows_of_wiener() -> list[Case]:
    from skimage import restoration

    blur = gaussian_psf(2.0)
    return [
        Case(
            "wiener",
            "deconvolution by a Gaussian, sigma 2",
            "grey",
            lambda x: wiener(x, blur),
            {
                "skimage wiener": Peer(
                    lambda x: restoration.wiener(x / 255, blur, 0.01),
                    limit=1.8,
                    difference=None,
                    note="ours continues the image beyond its edges, in four rounds: of a photo blurred so, with noise "
                    "of 0.003, theirs is off by 22 levels (rms) in the 12 rows at an edge, ours by 1.4; inside both 8",
                )
            },
            size=512,
        )
    ]


declare(wiener, peers=_rows_of_wiener)
