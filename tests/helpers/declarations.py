"""What tests need of declarations and of the gallery's inside, so that few of them name private modules."""

from __future__ import annotations

from augment._chain.transform import REGISTRY as REGISTRY
from augment._chain.transform import Transform as Transform
from augment._inventory import transforms as transforms
from gallery import _readme as readme
from imgproc._core.declare import _DECLARED as DECLARED
from imgproc._core.declare import Case as Case
from imgproc._core.declare import Declaration as Declaration
from imgproc._core.declare import Peer as Peer
from imgproc._core.declare import Single as Single
from imgproc._core.declare import declare as declare
from imgproc._core.declare import declared as declared
from imgproc._core.declare import levels_from_darkest as levels_from_darkest
from imgproc._core.declare import levels_unless_drawn as levels_unless_drawn

__all__ = [
    "DECLARED",
    "REGISTRY",
    "Case",
    "Declaration",
    "Peer",
    "Single",
    "Transform",
    "declare",
    "declared",
    "levels_from_darkest",
    "levels_unless_drawn",
    "readme",
    "transforms",
]
