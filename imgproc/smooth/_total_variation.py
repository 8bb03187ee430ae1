"""Total variation denoising by Chambolle's projection."""

from __future__ import annotations

import math

import numpy as np

from .._core.bounds import MOST_ITERATIONS
from .._core.check import as_image, integer, positive, real
from .._core.declare import Case, Peer, declare
from .._core.jit import borrowed, kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from ._common import within_floats
from ._planes import planes_of, store_planes

__all__ = ["total_variation"]

TAU = 0.25
"""Step of the dual variable: it converges in practice up to 1/4, and provably up to 1/8."""


@kernel(inner=True)
def _from_dual(f, across, down, above, out):
    """f plus the divergence of (across, down); nothing crosses the image's edge.  Returns the sum of its squares."""
    n = f.size
    for x in range(n):
        out[x] = down[x] - above[x] + across[x]
    inner, before = out[1:], across[: n - 1]
    for x in range(n - 1):
        inner[x] -= before[x]
    energy = 0.0
    for x in range(n):
        energy += np.float64(out[x]) * np.float64(out[x])
        out[x] += f[x]
    return energy


@kernel
def _primal(f, dual, y0, y1, none, u, energies):
    f, dual, u = borrowed(f), borrowed(dual), borrowed(u)
    for y in range(y0, y1):
        above = dual[1, y - 1] if y > 0 else none
        energies[y] = _from_dual(f[y], dual[0, y], dual[1, y], above, u[y])


@kernel(inner=True)
def _step(row, below, tau, weight, across, down, slopes):
    """One step of the dual variable, up the gradient; where a difference is not finite it stays as it is."""
    n, zero = row.size, row.dtype.type(0)
    right = row[1:]
    inner = slopes[: n - 1]
    for x in range(n - 1):
        d = right[x] - row[x]
        inner[x] = d if (d - d) == zero else zero
    slopes[n - 1] = zero
    for x in range(n):
        d = below[x] - row[x]
        d = d if (d - d) == zero else zero
        e = slopes[x]
        length = np.sqrt(d * d + e * e)
        slopes[x] = length
        share = row.dtype.type(1) / (row.dtype.type(1) + tau / weight * length)
        across[x] = (across[x] + tau * e) * share
        down[x] = (down[x] + tau * d) * share
    total = 0.0
    for x in range(n):
        total += np.float64(slopes[x])
    return total


@kernel
def _dual_step(u, y0, y1, tau, weight, dual, slopes, lengths):
    u, dual = borrowed(u), borrowed(dual)
    last = u.shape[0] - 1
    for y in range(y0, y1):
        lengths[y] = _step(u[y], u[min(y + 1, last)], tau, weight, dual[0, y], dual[1, y], slopes)


def total_variation(image: np.ndarray, *, weight: float, iterations: int = 200, tolerance: float = 2e-4) -> np.ndarray:
    """Total variation denoising: the image with the least variation among those near the given one.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    weight : float
        lambda of [1]_ for levels in [0, 1], above 0: the greater, the flatter.  0.05 to 0.2 is usual.
    iterations : int
        At most so many, from 0 to 10,000.
    tolerance : float
        Stop where a step changes the energy by less than this share of the first one; at least 0.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even.  NaN and infinity stay where they are, and have no
        differences to their neighbours.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The whole image is one window, as its energy decides where the steps end.  With ``tolerance=0`` it does not.

    Minimises TV(u) + ||u - f||**2 / (2 weight), where TV is the sum of the lengths of forward differences (that leave
    the image: 0), by the fixed point of [1]_, equation 9, with a step of 1/4; computed in float32 (float64 for
    float64).  After the same number of iterations it is scikit-image's ``denoise_tv_chambolle``.

    References
    ----------
    .. [1] A. Chambolle, "An algorithm for total variation minimization and applications", J. Mathematical Imaging and
       Vision 20, 2004.

    Examples
    --------
    >>> noisy = add_noise(np.full((24, 24), 0.5), key=1, std=0.1)
    >>> bool(total_variation(noisy, weight=0.2).std() < 0.5 * noisy.std())
    True
    """
    image = as_image(image)
    weight = positive(weight, "weight")
    iterations = integer(iterations, "iterations", at_least=0, at_most=MOST_ITERATIONS)
    tolerance = real(tolerance, "tolerance", at_least=0)
    if image.size == 0 or iterations == 0:
        return image.copy()
    planes = planes_of(image)
    scale = within_floats(weight * full_scale(image.dtype))
    result = np.stack([_denoised(plane, scale, iterations, tolerance) for plane in planes])
    out = np.empty(image.shape, image.dtype)
    store_planes(result, out)
    return out


def _denoised(plane: np.ndarray, weight: float, iterations: int, tolerance: float) -> np.ndarray:
    (h, w), kind = plane.shape, plane.dtype
    # The dual variable times the weight: u is f plus its divergence.
    f, u, dual = canonical(plane), np.array(plane), np.zeros((2, h, w), kind)
    none, tau, inverse = canonical(np.zeros(w, kind)), kind.type(TAU), kind.type(weight)
    lengths, squares = np.empty(h), np.zeros(h)
    first: float | None = None
    before = math.inf

    def ascend(y0: int, y1: int) -> None:
        _dual_step(canonical(u), y0, y1, tau, inverse, dual, np.empty(w, kind), lengths)

    def descend(y0: int, y1: int) -> None:
        _primal(f, dual, y0, y1, none, u, squares)

    for number in range(iterations):
        if number:
            run_bands(descend, h, pixels=4 * plane.size)
        run_bands(ascend, h, pixels=4 * plane.size)
        energy = float(np.nansum(squares)) + weight * float(lengths.sum())
        if first is None:
            first = energy
        elif abs(before - energy) < tolerance * first:
            break
        before = energy
    return u


def _rows() -> list[Case]:
    from skimage import restoration

    return [
        Case(
            "total_variation",
            "total variation, 50 iterations",
            "grey float",
            lambda x: total_variation(x, weight=0.1, iterations=50, tolerance=0.0),
            {
                "skimage denoise_tv_chambolle": Peer(
                    lambda x: restoration.denoise_tv_chambolle(x, 0.1, eps=0, max_num_iter=50),
                    limit=1.0,
                    tolerance=1e-5,
                )
            },
            size=512,
        )
    ]


declare(total_variation, peers=_rows)
