"""Anisotropic diffusion: levels flow between neighbours, the less the more these differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core import elementary
from .._core.bounds import MOST_ITERATIONS
from .._core.check import as_image, integer, one_of, positive, real
from .._core.declare import Case, declare, versus
from .._core.jit import borrowed, kernel
from .._core.levels import SPREAD, fraction
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from ._bilateral import power_of_two
from ._common import within_floats
from ._planes import planes_of, store_planes

__all__ = ["anisotropic_diffusion"]

CONDUCTANCES = ("exponential", "quadratic")


@kernel(inner=True)
def _flow(here, there, scale, quadratic, double):
    """What flows from there; nothing from or to what is not finite."""
    d = there - here
    zero = d - d  # 0, or NaN
    if quadratic is None:
        g = power_of_two(-(d * d * scale), double)
    else:
        g = type(d)(1) / (type(d)(1) + d * d * scale)
    return g * d if zero == zero else type(d)(0)


@kernel(inner=True)
def _flow_row(row, above, below, scale, step, quadratic, double, out):
    n = row.size
    for x in range(n):
        v = row[x]
        flow = _flow(v, above[x], scale, quadratic, double) + _flow(v, below[x], scale, quadratic, double)
        out[x] = flow
    left, right = row[: n - 1], row[1:]
    onto_left, onto_right = out[: n - 1], out[1:]
    for x in range(n - 1):
        onto_left[x] += _flow(left[x], right[x], scale, quadratic, double)
    for x in range(n - 1):
        onto_right[x] += _flow(right[x], left[x], scale, quadratic, double)
    for x in range(n):
        out[x] = row[x] + step * out[x]


@kernel
def _diffuse(plane, y0, y1, scale, step, quadratic, double, out):
    plane, out = borrowed(plane), borrowed(out)
    last = plane.shape[0] - 1
    for y in range(y0, y1):
        above, below = plane[max(y - 1, 0)], plane[min(y + 1, last)]
        _flow_row(plane[y], above, below, scale, step, quadratic, double, out[y])


def _step(old: np.ndarray, args: tuple[Any, ...], new: np.ndarray) -> None:
    run_bands(lambda y0, y1: _diffuse(old, y0, y1, *args, new), len(new), pixels=4 * new.size)


def anisotropic_diffusion(
    image: np.ndarray, *, iterations: int, kappa: float, step: float = 0.25, conductance: str = "exponential"
) -> np.ndarray:
    """Anisotropic diffusion of Perona and Malik: smooths within regions and sharpens the edges between them.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    iterations : int
        Number of steps, from 0 to 10,000.
    kappa : float
        K of [1]_, the difference of neighbours that counts as an edge, as a fraction of full scale; above 0.
    step : float
        lambda of [1]_, the time step: above 0 and at most 0.25, up to which the scheme is stable.
    conductance : {"exponential", "quadratic"}
        g(d) = exp(-(d/K)**2), which prefers edges of high contrast, or 1 / (1 + (d/K)**2), which prefers wide regions.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even, once, after the last step.  No level leaves the range
        of the image, and their sum is kept.  NaN and infinity stay where they are, and nothing flows from or to them.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The explicit scheme over the four neighbours ([1]_, equations 7 to 9); nothing flows across the image's edge.
    Computed in float32 (float64 for float64).

    References
    ----------
    .. [1] P. Perona, J. Malik, "Scale-space and edge detection using anisotropic diffusion", IEEE Trans. PAMI 12(7),
       1990.

    Examples
    --------
    >>> smooth = anisotropic_diffusion(image, iterations=10, kappa=0.3)
    >>> bool(smooth.std() < image.std())
    True
    """
    image = as_image(image)
    iterations = integer(iterations, "iterations", at_least=0, at_most=MOST_ITERATIONS)
    kappa = fraction(kappa, "kappa", SPREAD, image, above=0)
    step = real(step, "step", at_most=0.25)
    positive(step, "step")
    one_of(conductance, "conductance", CONDUCTANCES)
    if image.size == 0 or iterations == 0:
        return image.copy()
    planes = np.array(planes_of(image))
    kind, other = planes.dtype, np.empty_like(planes)
    inverse = 1 / elementary.square(within_floats(kappa * full_scale(image.dtype)))
    quadratic = True if conductance == "quadratic" else None
    scale = kind.type(min(inverse if quadratic else inverse / elementary.LN2, 1e30))
    args = scale, kind.type(step), quadratic, True if kind == np.float64 else None
    for _ in range(iterations):
        for old, new in zip(planes, other):
            _step(canonical(old), args, new)
        planes, other = other, planes
    out = np.empty(image.shape, image.dtype)
    store_planes(planes, out)
    return out


def _rows() -> list[Case]:
    def theirs(x: np.ndarray) -> np.ndarray:
        u, kappa = x.copy(), np.float32(1 / 0.1)
        for _ in range(10):
            change = np.zeros_like(u)
            down, across = np.diff(u, axis=0), np.diff(u, axis=1)
            down *= np.exp(-((down * kappa) ** 2))
            across *= np.exp(-((across * kappa) ** 2))
            change[:-1] += down
            change[1:] -= down
            change[:, :-1] += across
            change[:, 1:] -= across
            u += np.float32(0.25) * change
        return u

    return [
        versus(
            "anisotropic_diffusion",
            "grey float",
            lambda x: anisotropic_diffusion(x, iterations=10, kappa=0.1),
            "NumPy",
            theirs,
            tolerance=1e-5,
            unit="of 1",
            what="10 iterations",
            size=512,
        )
    ]


declare(anisotropic_diffusion, peers=_rows)
