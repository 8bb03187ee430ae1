"""Light, weather and lenses of albumentations."""

from __future__ import annotations

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []


def _not_yet(kind: str) -> Missing:
    return Missing(f"augment.{kind}, which does this, is not in this version")


@mapping("RandomRain")
def _rain(read: Reader) -> Transform:
    raise _not_yet("Rain")


@mapping("RandomSnow")
def _snow(read: Reader) -> Transform:
    raise _not_yet("Snow")


@mapping("RandomFog")
def _fog(read: Reader) -> Transform:
    raise _not_yet("Fog")


@mapping("RandomShadow")
def _shadow(read: Reader) -> Transform:
    raise _not_yet("Shadow")


@mapping("RandomSunFlare")
def _sun_flare(read: Reader) -> Transform:
    raise _not_yet("SunFlare")


@mapping("Spatter")
def _spatter(read: Reader) -> Transform:
    raise _not_yet("Spatter")


@mapping("RandomGravel")
def _gravel(read: Reader) -> Transform:
    raise Missing("no transform throws gravel: CoarseDropout(holes=..., fill='noise') with small holes is nearest")


@mapping("ChromaticAberration")
def _aberration(read: Reader) -> Transform:
    raise _not_yet("ChromaticAberration")


@mapping("Illumination")
def _illumination(read: Reader) -> Transform:
    raise _not_yet("LightGradient")


@mapping("PlasmaBrightnessContrast", "PlasmaShadow")
def _plasma(read: Reader) -> Transform:
    raise Missing("no transform has plasma: LightGradient and HomomorphicLight vary the light over the image")
