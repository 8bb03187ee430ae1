"""Colours of slides and of other pictures: jitter of stains, and transfer of colour."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.vocabulary import DTYPES
from oracles.color import photo, top
from skimage import color as skimage_color

import imgproc
from augment import ColorTransfer, Compose, StainJitter

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


# --- transfer of colour -----------------------------------------------------------------------------------------------


def dusk(dtype: np.dtype) -> np.ndarray:
    """Another picture: warm, and of little contrast."""
    other = photo(np.dtype(np.float64))[::-1, ::-1] * [0.5, 0.3, 0.2] + [0.4, 0.3, 0.1]
    full = top(np.zeros(1, dtype))
    return np.rint(other * full).astype(dtype) if dtype.kind == "u" else other.astype(dtype)


def to_opponent(rgb: np.ndarray) -> np.ndarray:
    """The paper's l, alpha, beta, with its constants."""
    cones = rgb @ np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]]).T
    logs = np.log10(np.maximum(cones, 1e-6))
    mixed = logs @ np.array([[1, 1, 1], [1, 1, -2], [1, -1, 0]]).T
    return mixed / np.sqrt([3, 6, 2])


def from_opponent(colors: np.ndarray) -> np.ndarray:
    mixed = colors * np.sqrt([3, 6, 2])
    logs = mixed @ np.linalg.inv(np.array([[1, 1, 1], [1, 1, -2], [1, -1, 0]])).T
    cones = np.array([[0.3811, 0.5783, 0.0402], [0.1967, 0.7244, 0.0782], [0.0241, 0.1288, 0.8444]])
    return 10**logs @ np.linalg.inv(cones).T


@every_dtype
@pytest.mark.parametrize("space", ["lab", "lalphabeta"])
def test_color_transfer_is_the_paper_s(space: str, dtype: np.dtype) -> None:
    """Beside scikit-image's Lab, and the paper's equations."""
    there, back = (skimage_color.rgb2lab, skimage_color.lab2rgb) if space == "lab" else (to_opponent, from_opponent)
    image, other = photo(dtype), dusk(np.dtype(np.uint8))
    mask = np.indices(image.shape[:2]).sum(axis=0) % 3 > 0
    full = np.float64(top(image))
    colors, wanted = there(image / full), there(other / 255.0)
    seen = colors[mask]
    moved = (colors - seen.mean(axis=0)) * (wanted.std(axis=(0, 1)) / seen.std(axis=0)) + wanted.mean(axis=(0, 1))
    expected = back(moved)
    result = imgproc.color_transfer(image, other, space=space, mask=mask)
    assert result.dtype == dtype
    inside = (expected > 1e-3) & (expected < 1 - 1e-3)  # scikit-image cuts off what is beyond
    apart = np.abs(result / full - np.clip(expected, 0, 1))[inside]
    assert inside.mean() > 0.6
    assert apart.max() < (0.6 / full if dtype == np.uint8 else 2e-4 if space == "lab" else 3e-5)


def test_color_transfer_in_a_chain() -> None:
    image, other = photo(), dusk(np.dtype(np.uint8))
    full = Compose([ColorTransfer(references=[other, other], blend=(1, 1), p=1)])
    np.testing.assert_array_equal(full(image=image, key=1)["image"], imgproc.color_transfer(image, other))
    none = Compose([ColorTransfer(references=[other], blend=(0, 0), p=1)])
    np.testing.assert_array_equal(none(image=image, key=1)["image"], image)
    half = Compose([ColorTransfer(references=[other], blend=(0.5, 0.5), p=1)])(image=image, key=1)["image"]
    means = [imgproc.rgb_to_lab(v / np.float32(255)).mean(axis=(0, 1)) for v in (image, half, other)]
    np.testing.assert_allclose(means[1], (means[0] + means[2]) / 2, atol=0.7)
    with pytest.raises(ValueError, match=r"references\[1\] must be an RGB image of at least one pixel"):
        ColorTransfer(references=[other, other[..., 0]])


def test_color_transfer_leaves_out_what_is_not_finite() -> None:
    image, other = photo(np.dtype(np.float32)), dusk(np.dtype(np.float32))
    mask = np.ones(image.shape[:2], bool)
    mask[3, 4] = mask[5, 6] = False
    expected = imgproc.color_transfer(image, other, mask=mask)
    image[3, 4, 0], image[5, 6] = np.nan, np.inf
    result = imgproc.color_transfer(image, other)
    np.testing.assert_allclose(result[mask], expected[mask], atol=1e-5)
    with pytest.raises(ValueError, match="reference must have a finite pixel that takes part"):
        imgproc.color_transfer(image, np.full((2, 2, 3), np.nan))
