"""Richardson–Lucy deconvolution."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_psf, integer
from .._core.declare import Case, Peer, declare
from .._core.formats import work_dtype
from .._core.opencv import load_cv2
from .._core.planes import full_scale
from .._core.spectra import each_plane, taking_part
from ._periodic import MOST_ITERATIONS, Filter, centred, periodic, roomy
from ._psf import defocus_psf

__all__ = ["richardson_lucy"]

DARKEST = 1e-6
"""Least level of an estimate that is divided by, as a fraction of full scale."""


def richardson_lucy(
    image: np.ndarray, psf: np.ndarray, *, iterations: int = 10, mask: np.ndarray | None = None
) -> np.ndarray:
    """Undo a blur by Richardson's and Lucy's iteration, which keeps light non-negative.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Negative levels count as 0.
    psf : ndarray of shape (n, m)
        The blur: what became of a point, non-negative, taken relative to its sum; its middle is [n // 2, m // 2].
    iterations : int
        From 1 to 10,000.  More is sharper, and noisier.
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
    From the image d itself on, x becomes x times the correlation of the point-spread function with d / (blurred x)
    [1]_ [2]_: the most likely image under Poisson noise.  The blurred x counts as at least 1e-6 of full scale.
    Beyond the edges x starts as the image's reflections, which fade into each other, and nothing is known of d: there
    the quotient is 1, and edges do not ring.

    References
    ----------
    .. [1] W. H. Richardson, "Bayesian-Based Iterative Method of Image Restoration", Journal of the Optical Society of
       America 62, 1972.
    .. [2] L. B. Lucy, "An Iterative Technique for the Rectification of Observed Distributions", Astronomical Journal
       79, 1974.

    Examples
    --------
    >>> psf = gaussian_psf(1.0)
    >>> richardson_lucy(degrade(to_float(image), psf), psf, iterations=5).shape
    (96, 128, 3)
    """
    image, psf = as_image(image), as_psf(psf)
    iterations = integer(iterations, "iterations", at_least=1, at_most=MOST_ITERATIONS)
    mask = taking_part(image, mask)
    if image.size == 0:
        return image.copy()
    cv2, (h, w), kind = load_cv2(), image.shape[:2], work_dtype(image.dtype)
    size, least = roomy(image.shape, psf), DARKEST * full_scale(image.dtype)
    blur = cv2.dft(centred(psf, size).astype(kind))

    def work(plane: np.ndarray) -> np.ndarray:
        seen = np.maximum(plane, 0, out=plane)
        x, filtered, other = periodic(seen, size), Filter(size, kind), np.empty(size, kind)
        for _ in range(iterations):
            filtered(x, blur, other)
            cv2.max(other, least, other)
            other[h:] = other[:h, w:] = 1
            np.divide(seen, other[:h, :w], out=other[:h, :w])
            filtered(other, blur, other, mirrored=True)
            x *= cv2.max(other, 0.0, other)
        return x[:h, :w]

    return each_plane(image, work, mask)


def _rows() -> list[Case]:
    from skimage import restoration

    disc = defocus_psf(2)
    disc32 = disc.astype(np.float32)
    return [
        Case(
            "richardson_lucy, 10 iterations",
            "deconvolution by a disc of radius 2",
            "grey",
            lambda x: richardson_lucy(x, disc, iterations=10),
            {
                "skimage richardson_lucy": Peer(
                    lambda x: restoration.richardson_lucy(np.multiply(x, np.float32(1 / 255)), disc32, 10),
                    limit=1 / 1.5,
                    difference=None,
                    note="in float32, from a constant, black outside",
                )
            },
            first="imgproc.richardson_lucy(image, imgproc.gaussian_psf(1))",
            size=512,
        )
    ]


declare(richardson_lucy, peers=_rows)
