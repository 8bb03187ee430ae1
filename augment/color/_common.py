"""What the transforms of colour, noise and policies share: draws made of uniforms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgproc._core import elementary
from imgproc._scanline.matrix import of

if TYPE_CHECKING:
    from .._chain.keys import Draws

__all__: list[str] = []

TURN = 2.0 * math.pi


def normal(rng: Draws) -> float:
    """A standard normal number, by Box and Muller's transform of two uniforms."""
    return of(math.sqrt, -2.0 * of(elementary.log, rng.unit())) * of(elementary.cos, TURN * rng.unit())


def gamma_variate(rng: Draws, shape: float) -> float:
    """A number of the gamma distribution with scale 1.

    Marsaglia, Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
    """
    if shape == 1.0:
        return -elementary.log(rng.unit())
    if shape < 1.0:
        return gamma_variate(rng, shape + 1.0) * elementary.power(rng.unit(), 1.0 / shape)
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(rng)
        v = 1.0 + c * x
        v = v * v * v
        if v > 0.0 and elementary.log(rng.unit()) < 0.5 * x * x + d - d * v + d * elementary.log(v):
            return d * v


def dirichlet(rng: Draws, alpha: float, n: int) -> list[float]:
    """`n` weights that add up to 1, of the symmetric Dirichlet distribution; the first of two is Beta(alpha, alpha)."""
    parts = [gamma_variate(rng, alpha) for _ in range(n)]
    total = sum(parts)
    # Tiny alphas let all of them underflow; the limit is one of the corners.
    return [p / total for p in parts] if total > 0.0 else [1.0] + [0.0] * (n - 1)
