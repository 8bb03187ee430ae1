"""The discrete Fourier and cosine transforms, orthonormal, of any size."""

from __future__ import annotations

import numpy as np

from .._core.check import as_coefficients, as_image, image_dtype
from .._core.declare import Case, Peer, declare, floats_like, parts_apart, versus
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.needed import needed
from .._core.planes import canonical
from .._core.spectra import as_floats, refuse_overflow, spaced, taking_part, to_dtype

__all__ = ["dct", "dft", "idct", "idft"]


def dft(image: np.ndarray, *, mask: np.ndarray | None = None) -> np.ndarray:
    """The two-dimensional discrete Fourier transform.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64, of any size; each channel by itself.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray of complex64 (of complex128 for a float64 image), shape of the image
        F(v, u) = sum over y, x of f(y, x) exp(-2 pi i (v y / h + u x / w)), divided by sqrt(h w), of the image's own
        levels (0 to 255 for uint8).  Zero frequency stands at [0, 0]; `numpy.fft.fftshift` moves it to the middle.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    See Also
    --------
    idft : the inverse.
    spectrum : to look at.

    Notes
    -----
    By `scipy.fft.fft2` with ``norm="ortho"``: the sum of squares is that of the image.  Sizes of small prime factors
    are fastest.

    Examples
    --------
    >>> round(float(abs(dft(np.full((4, 4), 0.5)))[0, 0]), 3)
    2.0
    """
    image = as_image(image)
    mask = taking_part(image, mask)
    kind = np.result_type(work_dtype(image.dtype), np.complex64)
    if image.size == 0:
        return np.empty(image.shape, kind)
    planes = image if mask is None and image.dtype.kind == "f" else as_floats(image, mask)
    with needed("scipy"):
        from scipy.fft import fft2

    with np.errstate(all="ignore"):
        found = np.ascontiguousarray(fft2(planes, axes=(0, 1), norm="ortho"))
    refuse_overflow(image, mask, found)
    return found


@kernel
def _fold(values, half, out):
    """Half of a spectrum and half of the conjugate of what is opposite, for all frequencies along x from 0 on.

    All rows are flat, with real and imaginary parts in turns: (h, w, 2 c) and (h, w // 2 + 1, 2 c).
    """
    h, w, parts = values.shape
    for y in range(h):
        row, opposite, found = values[y], values[(h - y) % h], out[y]
        for x in range(found.shape[0]):
            other = (w - x) % w
            for c in range(0, parts, 2):
                found[x, c] = half * row[x, c] + half * opposite[other, c]
                found[x, c + 1] = half * row[x, c + 1] - half * opposite[other, c + 1]


def _even_half(values: np.ndarray) -> np.ndarray:
    """The half spectrum of the real part of the inverse: that takes half the time, and so does its inverse."""
    h, w = values.shape[:2]
    out = np.empty((h, w // 2 + 1, *values.shape[2:]), values.dtype)
    real = values.real.dtype
    rows = canonical(values).reshape(h, w, -1).view(real)
    _fold(rows, real.type(0.5), out.reshape(*out.shape[:2], -1).view(real))
    return out


def idft(coefficients: np.ndarray, *, dtype: str | type | np.dtype | None = None) -> np.ndarray:
    """The image of a discrete Fourier transform: the inverse of `dft`.

    Parameters
    ----------
    coefficients : ndarray of shape (h, w) or (h, w, c)
        Complex or real, laid out as by `dft`.
    dtype : dtype, optional
        uint8, uint16, float32 or float64; integers are rounded half to even and saturated.  Default: float64 for
        complex128 and float64, else float32.

    Returns
    -------
    ndarray of shape (h, w) or (h, w, c)
        The real part of the inverse; for what `dft` gives, or that times gains that are even, there is no other.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> back = idft(dft(to_float(image)))
    >>> bool(abs(back - to_float(image)).max() < 1e-5)
    True
    """
    values, kind = as_coefficients(coefficients), image_dtype(dtype)
    if values.size:
        with needed("scipy"):
            from scipy.fft import ifft2, irfft2

        with np.errstate(all="ignore"):
            if values.dtype.kind == "c":
                values = irfft2(_even_half(values), s=values.shape[:2], axes=(0, 1), norm="ortho", overwrite_x=True)
            else:
                values = ifft2(values, axes=(0, 1), norm="ortho")
    planes = np.ascontiguousarray(values.real)
    return to_dtype(planes, planes.dtype if kind is None else kind, new=values.size > 0)


def dct(image: np.ndarray, *, mask: np.ndarray | None = None) -> np.ndarray:
    """The two-dimensional discrete cosine transform (type II).

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64, of any size; each channel by itself.
    mask : ndarray of bool, shape (h, w), optional
        True where pixels take part; all by default.  The whole image is one window: a pixel that is NaN, infinite or
        far out of range would spoil all others, so leave it out.  What is left out is filled from its surroundings
        first, whatever it holds.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape of the image
        Orthonormal coefficients of the image's own levels (0 to 255 for uint8), those of the slowest waves first;
        [0, 0] is sqrt(h w) times the mean.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, a pixel that takes part is NaN or infinite (it must be finite), or
        the result goes beyond the floats.

    See Also
    --------
    idct : the inverse.

    Notes
    -----
    The transform of [1]_ and of JPEG, `scipy.fft.dctn` with ``norm="ortho"``; OpenCV's `dct`, which takes even sizes
    only, and is faster where the sides are small powers of two, but slower elsewhere.

    References
    ----------
    .. [1] N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", IEEE Transactions on Computers C-23, 1974.

    Examples
    --------
    >>> coefficients = dct(np.full((4, 4), 0.5))
    >>> abs(coefficients).round(3)[0]
    array([2., 0., 0., 0.])
    """
    image = as_image(image)
    mask = taking_part(image, mask)
    kind = work_dtype(image.dtype)
    if not image.size:
        return np.empty(image.shape, kind)
    found = _each(image if mask is None else as_floats(image, mask), kind, "dctn")
    refuse_overflow(image, mask, found)
    return found


_LARGE = 1 << 21
"""Bytes of a plane from which on `spaced` is worth a copy."""


def _each(values: np.ndarray, kind: np.dtype, name: str) -> np.ndarray:
    """A cosine transform along both axes, of floats, where the rows suit it; the values stay as they are."""
    with needed("scipy"):
        import scipy.fft

    with np.errstate(all="ignore"):
        if values.ndim == 3 or values.size * kind.itemsize < _LARGE:  # of some channels columns are no such lines
            work, own = values.astype(kind, copy=False), values.dtype != kind
            return getattr(scipy.fft, name)(work, axes=(0, 1), norm="ortho", overwrite_x=own)
        work = spaced(values.shape, kind)
        work[...] = values
        return np.ascontiguousarray(getattr(scipy.fft, name)(work, axes=(0, 1), norm="ortho", overwrite_x=True))


def idct(coefficients: np.ndarray, *, dtype: str | type | np.dtype | None = None) -> np.ndarray:
    """The image of a discrete cosine transform: the inverse of `dct`.

    Parameters
    ----------
    coefficients : ndarray of shape (h, w) or (h, w, c)
        Real, laid out as by `dct`.
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
    >>> back = idct(dct(to_float(image)))
    >>> bool(abs(back - to_float(image)).max() < 1e-5)
    True
    """
    values, kind = as_coefficients(coefficients, complex_too=False), image_dtype(dtype)
    work = work_dtype(values.dtype)
    planes = _each(values, work, "idctn") if values.size else values.astype(work)
    return to_dtype(planes, work if kind is None else kind, new=True)


def _rows_of_cosines() -> list[Case]:
    import cv2
    from scipy import fft

    return [
        Case(
            "dct",
            "cosine transform",
            "grey",
            lambda x: dct(x),
            {
                "cv2 dct": Peer(
                    lambda x: cv2.dct(x.astype(np.float32)),
                    limit=1.4,
                    tolerance=0.05,
                    note="faster where sides are powers of two up to 512; otherwise twice as slow: see the next row",
                ),
                "scipy dctn": Peer(
                    lambda x: fft.dctn(x.astype(np.float32), norm="ortho"),
                    limit=1.15,
                    tolerance=0.05,
                    note="ours is this, and asks whether all numbers are finite",
                ),
            },
            size=512,
        ),
        versus(
            "dct, other sides",
            "grey",
            lambda x: dct(x),
            "cv2 dct",
            lambda x: cv2.dct(x.astype(np.float32)),
            tolerance=0.05,
            what="cosine transform",
            size=(480, 640),
        ),
    ]


declare(dct, result=floats_like, peers=_rows_of_cosines)


def _rows() -> list[Case]:
    from scipy import fft

    def forward(x: np.ndarray) -> np.ndarray:
        return fft.fft2(x, norm="ortho")

    def back(x: np.ndarray) -> np.ndarray:
        return fft.ifft2(x, norm="ortho").real

    asks = "ours asks before and after whether all numbers are finite"

    def cosines(x: np.ndarray) -> np.ndarray:
        return fft.idctn(x, norm="ortho")

    return [
        versus(
            "dft",
            "grey float",
            dft,
            "SciPy fft2",
            forward,
            difference=parts_apart,
            tolerance=1e-5,
            unit="of the largest",
            default=True,
            note=asks,
        ),
        versus(
            "idft",
            "grey float",
            idft,
            "SciPy ifft2",
            back,
            prepare=dft,
            tolerance=1e-4,
            unit="of 1",
            default=True,
            note=asks,
        ),
        versus("idct", "grey float", idct, "SciPy idctn", cosines, prepare=dct, tolerance=1e-4, unit="of 1", note=asks),
    ]


declare(dft, idct, idft, peers=_rows)
declare(dft, result=lambda image: (np.result_type(floats_like(image)[0], np.complex64), image.shape))
