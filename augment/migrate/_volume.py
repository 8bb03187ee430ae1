"""What albumentations has for volumes: out of scope here, which is images."""

from __future__ import annotations

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []

VOLUMES = ("CenterCrop3D", "CoarseDropout3D", "CubicSymmetry", "Pad3D", "PadIfNeeded3D", "RandomCrop3D")


@mapping(*VOLUMES)
def _volume(read: Reader) -> Transform:
    raise Missing("3-D only: volumes are out of scope")
