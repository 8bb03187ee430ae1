"""Weather and lenses: equal to slow oracles for what was drawn, and the same textures everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from oracles import weather as oracle
from oracles.color import with_params

from augment import Fog

SIZE = (29, 32)
DTYPES = [np.uint8, np.uint16, np.float32, np.float64]
TOLERANCE = {"uint8": 1.0, "uint16": 1.0, "float32": 1e-5, "float64": 1e-5}
"""Levels; textures are float32."""


def photo(dtype: Any = np.uint8, channels: int | None = 3, size: tuple[int, int] = SIZE) -> np.ndarray:
    image = example_image(np.dtype(dtype), size, channels)
    image.flags.writeable = False
    return image


def near(found: np.ndarray, expected: np.ndarray, times: float = 1.0) -> None:
    assert found.dtype == expected.dtype
    difference = np.abs(found.astype(np.float64) - expected)
    assert difference.max() <= times * TOLERANCE[str(found.dtype)]
    assert np.mean(difference > 0.5) < 0.02  # of the levels of integers: roundings that fall to the other side


@pytest.mark.parametrize("dtype", DTYPES)
def test_fog_is_a_layer_of_plasma(dtype: Any) -> None:
    stream, density, patchiness, level = 77, 0.8, 0.6, 0.9
    plasma = oracle.plasma(32, oracle.numbers_of(stream, (32, 32)), 0.42)[: SIZE[0]]
    cover = density * (1 - patchiness * (1 - plasma))
    for channels in (3, None):
        image = photo(dtype, channels)
        found = with_params(Fog(), image, density=density, patchiness=patchiness, level=level, stream=stream)
        near(found, oracle.over(image, cover, level))


def test_a_long_thin_image_has_fog_of_its_own_size() -> None:
    """The torus of a square with its longer side would have 10**12 numbers."""
    image = np.zeros((1, 1 << 20), np.uint8)
    found = with_params(Fog(), image, density=1.0, patchiness=1.0, level=1.0, stream=3)
    assert found.min() == 0 and found.max() == 255 and 100 < found.mean() < 155
