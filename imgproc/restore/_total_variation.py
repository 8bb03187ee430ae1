"""Total-variation deconvolution."""

from __future__ import annotations

import numpy as np

from .._core import elementary_arrays
from .._core.check import as_image, as_psf, integer, positive
from .._core.declare import declare
from .._core.formats import work_dtype
from .._core.jit import borrowed, kernel
from .._core.needed import needed
from .._core.opencv import load_cv2
from .._core.planes import full_scale
from .._core.spectra import each_plane, frequencies, taking_part
from .._core.unit_range import must_be_unit
from ._periodic import MOST_ITERATIONS, centred, packed, periodic, roomy

__all__ = ["total_variation_deconvolution"]

SHRINK = 0.1
"""By how much gradients are shortened in each iteration, as a fraction of full scale."""


LEAST_WEIGHT, MOST_WEIGHT = 1e-9, 1e6
"""Weights beyond these count as these: the first undoes the blur whatever the noise, the other leaves a constant."""


@kernel
def _shrink(x, limit, bx, by, lines):
    # v: differences to the next pixels plus b.  d: v, shorter by `limit`.  b becomes v - d, and x what the adjoint of
    # the differences makes of d - b, which are wanted for a row and the one above only.
    x, bx, by, lines = borrowed(x), borrowed(bx), borrowed(by), borrowed(lines)
    h, w = x.shape
    one, zero, least = x.dtype.type(1), x.dtype.type(0), x.dtype.type(1e-20)
    first, above, p, q = lines[0], lines[1], lines[2], lines[3]
    for j in range(w):
        first[j], above[j] = x[0, j], zero
    for i in range(h):
        here, below = x[i], x[i + 1] if i + 1 < h else first
        u, v = bx[i], by[i]
        for j in range(w - 1):
            dx, dy = here[j + 1] - here[j] + u[j], below[j] - here[j] + v[j]
            kept = max(one - limit / np.sqrt(dx * dx + dy * dy + least), zero)
            u[j], v[j] = dx - kept * dx, dy - kept * dy
            p[j], q[j] = kept * dx - u[j], kept * dy - v[j]
        j = w - 1
        dx, dy = here[0] - here[j] + u[j], below[j] - here[j] + v[j]
        kept = max(one - limit / np.sqrt(dx * dx + dy * dy + least), zero)
        u[j], v[j] = dx - kept * dx, dy - kept * dy
        p[j], q[j] = kept * dx - u[j], kept * dy - v[j]
        here[0] = p[w - 1] - p[0] + above[0] - q[0]
        for j in range(1, w):
            here[j] = p[j - 1] - p[j] + above[j] - q[j]
        above, q = q, above
    for j in range(w):
        x[0, j] += above[j]


def total_variation_deconvolution(
    image: np.ndarray,
    psf: np.ndarray,
    *,
    weight: float = 0.001,
    iterations: int = 20,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Undo a blur by the image of least total variation: sharp edges, flat places without noise.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    psf : ndarray of shape (n, m)
        The blur: what became of a point, non-negative, taken relative to its sum; its middle is [n // 2, m // 2].
    weight : float
        Of the total variation, above 0, for levels as fractions of full scale.  More is flatter.
    iterations : int
        From 1 to 10,000.
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
        the result goes beyond the floats, or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    Makes 1/2 sum (image - blurred x)^2 + weight sum abs(gradient of x) small, by the alternating method of [1]_ with
    the multipliers of [2]_: shrink gradients by 0.1, then solve for x by DFT.  With a psf of one pixel it denoises.
    Beyond the edges the image goes on as its reflections, which fade into each other, and then as what x shows there
    when blurred: edges do not ring.

    References
    ----------
    .. [1] Y. Wang, J. Yang, W. Yin, Y. Zhang, "A New Alternating Minimization Algorithm for Total Variation Image
       Reconstruction", SIAM Journal on Imaging Sciences 1, 2008.
    .. [2] T. Goldstein, S. Osher, "The Split Bregman Method for L1-Regularized Problems", SIAM Journal on Imaging
       Sciences 2, 2009.

    Examples
    --------
    >>> psf = gaussian_psf(1.0)
    >>> small = degrade(to_float(image[:32, :32]), psf)
    >>> total_variation_deconvolution(small, psf, iterations=5).shape
    (32, 32, 3)
    """
    image, psf = as_image(image), as_psf(psf)
    weight = min(max(positive(weight, "weight"), LEAST_WEIGHT), MOST_WEIGHT)
    iterations = integer(iterations, "iterations", at_least=1, at_most=MOST_ITERATIONS)
    mask = taking_part(image, mask)
    must_be_unit(image, who="total_variation_deconvolution", mask=mask)
    if image.size == 0:
        return image.copy()
    with needed("scipy"):
        from scipy.fft import rfft2

    cv2, (h, w), kind = load_cv2(), image.shape[:2], work_dtype(image.dtype)
    size, top = roomy(image.shape, psf), kind.type(full_scale(image.dtype))
    blur = rfft2(centred(psf, size), overwrite_x=True)
    fy, fx = frequencies(size)
    coupling = weight / SHRINK
    cos = elementary_arrays.cos
    below = np.abs(blur) ** 2 + coupling * (4 - 2 * cos(2 * np.pi * fy) - 2 * cos(2 * np.pi * fx))
    np.divide(coupling, below, out=below)
    of_gradient, again = packed(below + 0j, size).astype(kind), packed(blur, size).astype(kind)
    del blur, below
    back = cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_REAL_OUTPUT

    def work(plane: np.ndarray) -> np.ndarray:
        plane /= top
        seen = periodic(plane, size)
        bx, by, x = (np.zeros(size, kind) for _ in range(3))
        lines = np.empty((4, size[1]), kind)
        for i in range(iterations):
            # x = (conj(H) seen / coupling + adjoint of the gradients) coupling / below, all of it in place
            cv2.dft(seen, dst=seen)
            cv2.mulSpectrums(seen, again, 0, seen, True)
            seen *= kind.type(1 / coupling)
            if i:
                _shrink(x, kind.type(SHRINK), bx, by, lines)
                cv2.dft(x, dst=x)
                x += seen
            else:
                x[...] = seen
            cv2.mulSpectrums(x, of_gradient, 0, x, False)
            cv2.mulSpectrums(x, again, 0, seen, False)
            cv2.dft(x, dst=x, flags=back)
            cv2.dft(seen, dst=seen, flags=back)
            seen[:h, :w] = plane
        x *= top
        return x[:h, :w]

    return each_plane(image, work, mask)


declare(total_variation_deconvolution, no_peer="neither OpenCV nor scikit-image has it")
