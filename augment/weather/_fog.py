"""Fog: light that comes from between the things and the eye."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.declare import Single, declare
from imgproc._core.levels import LEVEL
from imgproc._scanline import Stage, Whole

from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform
from .._ranges import number_range
from ._layers import blend
from ._noise import plasma

__all__ = ["Fog"]

DECAY = 0.42
"""From octave to octave: soft banks of fog, with wisps."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fog(Transform):
    """Lay fog over the image, in banks of uneven density.

    Each level v becomes ``v + a (level - v)``, where the share a of the fog varies smoothly over the image: from
    ``density`` in its thickest bank down to ``density * (1 - patchiness)``.  The banks are fractal noise, which looks
    alike at every size.  albumentations' RandomFog paints discs and blurs the whole image.  Changes images only; any
    number of channels.

    Parameters
    ----------
    density : (float, float)
        Range of the fog's share in its thickest bank, from 0 to 1, where nothing else is seen.
    patchiness : (float, float)
        Range of how much thinner the fog is in its thinnest place, from 0, the same everywhere, to 1, none.
    level : (float, float)
        Range of the level of the fog, as a fraction of full scale.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = augment.Compose([augment.Fog(density=(0.5, 0.5), p=1.0)])
    >>> misty = chain(image=image, key=0)["image"]
    """

    density: tuple[float, float] = (0.4, 0.85)
    patchiness: tuple[float, float] = (0.4, 0.9)
    level: tuple[float, float] = (0.75, 0.95)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("density", number_range(self.density, "density", at_least=0, at_most=1))
        self._keep("patchiness", number_range(self.patchiness, "patchiness", at_least=0, at_most=1))
        self._keep("level", number_range(self.level, "level", LEVEL, at_least=0, at_most=1))

    def wants_unit(self) -> bool:
        """Fog has a level."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Density, patchiness, level, and the stream of the banks."""
        density, patchiness = rng.uniform(*self.density), rng.uniform(*self.patchiness)
        return {
            "density": density,
            "patchiness": patchiness,
            "level": rng.uniform(*self.level),
            "stream": rng.stream(),
        }

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        values = params["density"], params["patchiness"], params["level"], params["stream"]
        return [Whole(functools.partial(_fog, *values), label="fog")]


declare(
    Fog,
    look="Banks of fog, thick and thin, without edges; what is dark fades first.",
    peers=[Single("RandomFog", {}, {}, at_least=5, note="paints discs one over the other")],
)


def _fog(density: float, patchiness: float, level: float, stream: int, image: np.ndarray) -> np.ndarray:
    if not image.size:
        return image.copy()
    cover = plasma(image.shape[:2], stream, DECAY)
    cover = np.float32(density * (1 - patchiness)) + np.float32(density * patchiness) * cover
    return blend(image, cover, level)
