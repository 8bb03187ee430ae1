"""Colours of slides and of other pictures: jitter of stains, and transfer of colour."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.vocabulary import DTYPES
from oracles.color import photo, top
from skimage import color as skimage_color

from augment import Compose, StainJitter

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


@every_dtype
def test_stain_jitter_changes_the_amounts_that_scikit_image_separates(dtype: np.dtype) -> None:
    image = photo(dtype)
    full = top(image)
    light = np.maximum(image / np.float64(full), 1e-6)
    chain = Compose([StainJitter(scale=(0.5, 1.5), shift=(-0.3, 0.3), p=1)])
    for key in range(3):
        drawn = chain.draw(key, image.shape, dtype=dtype)["steps"][0]["params"]
        amounts = -np.log(light) @ skimage_color.hed_from_rgb * drawn["scale"] + drawn["shift"]
        expected = np.exp(-(amounts @ skimage_color.rgb_from_hed)) * full
        result = chain(image=image, key=key)["image"].astype(np.float64)
        if dtype.kind == "u":
            assert np.abs(result - np.clip(expected, 0, full)).max() <= 0.52
        else:
            np.testing.assert_allclose(result, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)
    still = Compose([StainJitter(scale=(1, 1), shift=(0, 0), p=1)])(image=image, key=0)["image"]
    np.testing.assert_allclose(still, image, atol=0 if dtype.kind == "u" else 2e-6)


def test_stain_jitter_of_own_dyes() -> None:
    """Only red is absorbed by the first: without it red is white."""
    image = photo()
    own = {"stains": ((1, 0, 0), (0, 1, 0), (0, 0, 1)), "shift": (0, 0), "p": 1}
    result = Compose([StainJitter(scale=(0, 0), **own)])(image=image, key=0)["image"]
    assert (result == 255).all()
    squared = Compose([StainJitter(scale=(2, 2), **own)])(image=image, key=0)["image"]
    assert np.abs(squared - image.astype(float) ** 2 / 255).max() <= 0.51
    with pytest.raises(ValueError, match="of which none is a mix of the others"):
        StainJitter(stains=((1, 0, 0), (0, 1, 0), (1, 1, 0)))
    with pytest.raises(TypeError, match="stains must be three times"):
        StainJitter(stains=((1, 0, 0), (0, 1, 0)))
    with pytest.raises(ValueError, match="must be RGB for StainJitter, got 1 channel"):
        Compose([StainJitter()])(image=image[..., 0], key=0)
