"""How a chain is recorded for images of a kind, and what came of it."""

from __future__ import annotations

from typing import Any

import numpy as np

import augment
from augment._chain.compiled.chain import CompiledChain

__all__ = ["CompiledChain", "ordinary", "recorded"]


def recorded(chain: augment.Compose, image: np.ndarray) -> Any:
    """The compiled chain for images like this one, which is recorded now; None if it cannot be recorded."""
    return chain._chain.compiled.find(image.shape, image.dtype, 99)


def ordinary(transforms: list[Any], **options: Any) -> augment.Compose:
    """A chain that is never recorded."""
    chain = augment.Compose(transforms, **options)
    chain._chain.compiled.MOST = 0
    return chain
