"""An image from the few largest coefficients of a transform."""

from __future__ import annotations

import math

import numpy as np

from .._core.border import framed
from .._core.check import as_image, one_of, positive, real
from .._core.declare import declare
from .._core.needed import needed
from .._core.spectra import each_plane, taking_part
from ._filters import NAMES
from ._walsh import power_of_two, transformed
from ._wavelet import analyse, deepest, synthesize

__all__ = ["compress"]

TRANSFORMS = ("dct", "walsh_hadamard", "wavelet", "dft")


def compress(
    image: np.ndarray,
    *,
    transform: str = "dct",
    keep: float,
    name: str = "sym4",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Keep the largest coefficients of a transform, and see what is left of the image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    transform : {"dct", "walsh_hadamard", "wavelet", "dft"}
        Of the whole channel; see `dct`, `walsh_hadamard`, `wavelet`, `dft`.
    keep : float
        Fraction of the coefficients that are kept, the largest in absolute value, above 0 and at most 1; at least one.
        The others are set to zero.
    name : {"haar", "db2", "db4", "sym4", "sym8"} or any of "db1" to "db10", "sym2" to "sym8"
        Of the wavelet.
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
    For the Walsh–Hadamard transform the image is continued by its reflection to powers of two.  The wavelet transform
    goes as deep as `wavelet`'s default and has somewhat more coefficients than the image pixels, as its levels overlap
    at the edges.  Coefficients equal to the smallest that is kept are kept, too; so a conjugate pair stays together.
    All transforms are orthonormal: the mean squared error is the mean square of what is left out (of wavelets nearly).

    Examples
    --------
    >>> rough = compress(to_float(image), keep=0.1)  # of the coefficients
    >>> bool(rough.std() < to_float(image).std())
    True
    """
    image = as_image(image)
    one_of(transform, "transform", TRANSFORMS)
    keep = positive(keep, "keep")
    real(keep, "keep", at_most=1)
    one_of(name, "name", NAMES)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()

    def by_dct(plane: np.ndarray) -> np.ndarray:
        with needed("scipy"):
            from scipy.fft import dctn, idctn

        found = dctn(plane, norm="ortho", overwrite_x=True)
        found[np.abs(found) < _least(np.abs(found), keep)] = 0
        return idctn(found, norm="ortho", overwrite_x=True)

    def by_dft(plane: np.ndarray) -> np.ndarray:
        with needed("scipy"):
            from scipy.fft import irfft2, rfft2

        found = rfft2(plane)
        sizes = np.abs(found)
        twice = sizes[:, 1 : (plane.shape[1] + 1) // 2]  # columns whose conjugates are not there
        found[sizes < _least(np.concatenate([sizes.ravel(), twice.ravel()]), keep)] = 0
        return irfft2(found, s=plane.shape, overwrite_x=True)

    def by_walsh_hadamard(plane: np.ndarray) -> np.ndarray:
        h, w = plane.shape
        size = power_of_two(h), power_of_two(w)
        sides = 0, size[0] - h, 0, size[1] - w
        found = transformed(framed(plane, sides, "reflect", [0.0], np.empty(size, plane.dtype)), "natural")
        found[np.abs(found) < _least(np.abs(found), keep)] = 0
        return transformed(found, "natural")[:h, :w]

    def by_wavelet(plane: np.ndarray) -> np.ndarray:
        h, w = plane.shape
        coarse, *levels = analyse(plane, name, deepest((h, w), name), "reflect")
        parts = [coarse.copy(), *(details for level in levels for details in level)]
        least = _least(np.concatenate([np.abs(part).ravel() for part in parts]), keep)
        for part in parts:
            part[np.abs(part) < least] = 0
        return synthesize([parts[0], *levels], name)[:h, :w]

    ways = {"dct": by_dct, "dft": by_dft, "walsh_hadamard": by_walsh_hadamard, "wavelet": by_wavelet}
    return each_plane(image, ways[transform], mask)


def _least(sizes: np.ndarray, keep: float) -> np.floating:
    """The smallest of the fraction of largest values."""
    sizes = sizes.ravel()
    rank = sizes.size - max(math.ceil(keep * sizes.size), 1)
    return np.partition(sizes, rank)[rank]


declare(compress, no_peer="no other library has it; it costs a transform and its inverse, which have rows")
