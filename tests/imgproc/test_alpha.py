"""Images with alpha: colours count by how opaque they are."""

from __future__ import annotations

import functools

import numpy as np
import PIL.Image
import pytest
from helpers.vocabulary import DTYPES
from oracles.plain import full_scale

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def sticker(dtype: np.dtype, channels: int = 4) -> np.ndarray:
    """A disc of smooth colours with a soft edge, on transparent pixels of a glaring colour."""
    y, x = np.mgrid[:40, :56]
    alpha = np.clip(14.5 - np.hypot(y - 20, x - 26), 0, 1)
    colors = np.stack([0.2 + x / 80, 0.3 + y / 100, 0.5 + 0 * x], axis=-1)[..., : channels - 1]
    colors = np.where(alpha[..., None] > 0, colors, np.array([0.0, 1.0, 0.0])[: channels - 1])
    image = np.concatenate([colors, alpha[..., None]], axis=-1)
    return np.rint(image * full_scale(dtype)).astype(dtype) if dtype.kind == "u" else image.astype(dtype)


def by_hand(image: np.ndarray, work) -> np.ndarray:
    """Multiplied, filtered and divided in float64; fractions of full scale."""
    levels = image / np.float64(full_scale(image.dtype))
    levels[..., :-1] *= levels[..., -1:]
    found = work(levels)
    alpha = found[..., -1:]
    return np.concatenate([np.where(alpha > 1e-6, found[..., :-1] / np.maximum(alpha, 1e-6), 0), alpha], axis=-1)


@every_dtype
@pytest.mark.parametrize("channels", [4, 2])
def test_resize_and_blur_weight_colors_by_alpha(channels: int, dtype: np.dtype) -> None:
    image = sticker(dtype, channels)
    full = full_scale(dtype)
    for name, options in [("resize", {"size": (13, 21)}), ("resize", {"size": (70, 61), "interpolation": "bilinear"}),
                          ("gaussian_blur", {"sigma": 1.7})]:  # fmt: skip
        function = getattr(imgproc, name)
        result = function(image, alpha=True, **options)
        expected = by_hand(image, functools.partial(function, **options))
        assert result.dtype == dtype
        seen = expected[..., -1] > 0.02  # below, the division shows how roughly alpha is rounded
        apart = np.abs(result / np.float64(full) - np.clip(expected, 0, 1))
        limit = 0.6 / full if dtype.kind == "u" else 1e-5
        assert apart[..., -1].max() <= limit
        assert apart[seen].max() <= limit
        # Nothing of the green that nobody sees.
        colors = result[result[..., -1] > 0.02 * full][:, : channels - 1] / full
        assert colors[:, -1].max() < 0.75
        plain = function(image, **options)
        assert np.abs(plain[..., -1].astype(float) - result[..., -1]).max() <= 1.01 * (dtype.kind == "u") + 1e-5


def test_resize_with_alpha_beside_pillow() -> None:
    """Pillow multiplies by alpha, too, in bytes."""
    image = sticker(np.dtype(np.uint8))
    small = imgproc.resize(image, size=(20, 28), alpha=True).astype(int)
    theirs = np.asarray(PIL.Image.fromarray(image, "RGBA").resize((28, 20), PIL.Image.Resampling.BOX)).astype(int)
    seen = theirs[..., 3] > 60
    assert np.abs(small[..., 3] - theirs[..., 3]).max() <= 1
    assert np.abs(small - theirs)[seen].max() <= 4
    np.testing.assert_array_equal(small[small[..., 3] == 0][:, :3], 0)


def test_what_is_transparent_may_be_anything() -> None:
    image = sticker(np.dtype(np.float32))
    hidden = image.copy()
    hidden[image[..., 3] == 0, :3] = [np.nan, np.inf, -9999]
    for function, options in ((imgproc.resize, {"size": (15, 17)}), (imgproc.gaussian_blur, {"sigma": 2.0})):
        np.testing.assert_array_equal(function(hidden, alpha=True, **options), function(image, alpha=True, **options))
    same = imgproc.resize(image, size=(40, 56), alpha=True)
    np.testing.assert_array_equal(same, image)


def test_alpha_needs_a_channel() -> None:
    for image in (np.zeros((4, 5), np.uint8), np.zeros((4, 5, 1), np.uint8)):
        with pytest.raises(ValueError, match="image must have alpha as the last of at least two channels"):
            imgproc.resize(image, size=(4, 5), alpha=True)
        with pytest.raises(ValueError, match="image must have alpha as the last of at least two channels"):
            imgproc.gaussian_blur(image, sigma=1.0, alpha=True)
    with pytest.raises(TypeError, match="alpha must be True or False"):
        imgproc.gaussian_blur(image, sigma=1.0, alpha=0.5)
