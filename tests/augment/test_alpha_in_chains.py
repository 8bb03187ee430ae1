"""Chains of images with alpha: colours as without it, alpha by the geometry, means weighted by alpha."""

from __future__ import annotations

import json

import numpy as np
import pytest

import augment as A
import imgproc
from augment import Compose

RGB = np.random.default_rng(5).integers(0, 256, (40, 56, 3)).astype(np.uint8)
y, x = np.mgrid[:40, :56]
MATTE = np.clip((13 - np.hypot(y - 19, x - 25)) * 60 + 128, 0, 255).astype(np.uint8)
RGBA = np.dstack([RGB, MATTE])


def test_colour_transforms_see_colours_alone() -> None:
    for transforms in (
        [A.ColorJitter(p=1), A.Invert(p=1), A.GaussianNoise(p=1)],
        [A.Equalize(p=1), A.CLAHE(p=1), A.ChannelShuffle(p=1)],
        [A.StainJitter(p=1), A.Posterize(p=1), A.Sharpen(p=1)],
        [A.CoarseDropout(p=1), A.Compression(p=1), A.ToGray(p=1)],
    ):
        for fuse in (True, False):
            found = Compose(transforms, alpha=True, fuse=fuse)(image=RGBA, key=4)["image"]
            np.testing.assert_array_equal(found[..., :3], Compose(transforms)(image=RGB, key=4)["image"])
            np.testing.assert_array_equal(found[..., 3], MATTE)
            first = Compose(transforms, alpha=True, fuse=fuse, layout="first")(image=RGBA, key=4)["image"]
            np.testing.assert_array_equal(first, np.moveaxis(found, -1, 0))


def test_moves_of_whole_pixels_move_both_and_show_what_is_transparent_outside() -> None:
    moves = [A.HorizontalFlip(p=1), A.Gamma(p=1), A.Rotate90(p=1), A.Pad(padding=(3, 4, 5, 6), fill=0.5)]
    found = Compose(moves, alpha=True)(image=RGBA, key=2)["image"]
    np.testing.assert_array_equal(found[..., :3], Compose(moves)(image=RGB, key=2)["image"])
    only = [moves[0], moves[2], A.Pad(padding=(3, 4, 5, 6))]
    np.testing.assert_array_equal(found[..., 3], Compose(only)(image=MATTE, key=2)["image"])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_resizing_and_blurring_weight_by_alpha(dtype: str) -> None:
    image = RGBA.astype(dtype) * 257 if dtype == "uint16" else RGBA if dtype == "uint8" else RGBA / np.array(255, dtype)
    resized = Compose([A.Resize(size=(17, 23))], alpha=True)(image=image, key=0)["image"]
    np.testing.assert_array_equal(resized, imgproc.resize(image, size=(17, 23), alpha=True))
    chain = Compose([A.GaussianBlur(sigma=(1.5, 1.5), p=1)], alpha=True)
    blurred = chain(image=image, key=0)["image"]
    np.testing.assert_array_equal(blurred, imgproc.gaussian_blur(image, sigma=1.5, alpha=True))
    assert blurred.dtype == image.dtype


def test_a_flat_sticker_keeps_its_colour_whatever_interpolates() -> None:
    """Pixels that are not seen are of another colour, and no part of them comes in."""
    flat = np.where(MATTE[..., None] > 0, np.array([200, 100, 50]), np.array([0, 255, 0]))
    image = np.dstack([flat, MATTE]).astype(np.uint8)
    transforms = [
        A.Affine(rotate=(-40, 40), scale=(0.6, 1.6), p=1),
        A.Elastic(p=1),
        A.BoxBlur(p=1),
        A.Perspective(p=1),
        A.MotionBlur(p=1),
        A.Downscale(p=1),
        A.GlassBlur(sigma=(0.05, 0.05), distance=(0.05, 0.05), p=1),
        A.ZoomBlur(p=1),
    ]
    for k, transform in enumerate(transforms):
        for key in range(2):
            found = Compose([transform], alpha=True)(image=image, key=key)["image"].astype(int)
            seen = found[..., 3] > 8
            assert seen.sum() > 50, k
            assert np.abs(found[seen][:, :3] - [200, 100, 50]).max() <= 1, type(transform).__name__
    everything = Compose(transforms, alpha=True)(image=image, key=3)["image"].astype(int)
    seen = everything[..., 3] > 16
    assert np.abs(everything[seen][:, :3] - [200, 100, 50]).max() <= 2


def test_fused_is_stepwise() -> None:
    for transforms in (
        [A.HorizontalFlip(p=1), A.Rotate(p=1), A.Gamma(p=1), A.GaussianBlur(p=1), A.Pad(padding=(2, 3, 4, 5))],
        [A.Crop(size=(30, 40)), A.Resize(size=(51, 47)), A.BoxBlur(p=1), A.Transpose(p=1), A.Normalize()],
        [A.ToFloat(), A.Invert(p=1), A.Elastic(p=1), A.CoarseDropout(p=1), A.FromFloat()],
    ):
        for key in range(3):
            fused, stepwise = (
                Compose(transforms, alpha=True, fuse=fuse)(image=RGBA, key=key) for fuse in (True, False)
            )
            np.testing.assert_array_equal(fused["image"], stepwise["image"])


def test_dtypes_layouts_and_records() -> None:
    chain = Compose([A.Affine(p=1), A.HueSaturationValue(p=1), A.ToFloat(), A.Gamma(p=1)], alpha=True, layout="first")
    result = chain(image=RGBA, key=7)["image"]
    assert (result.shape, result.dtype) == ((4, 40, 56), np.float32)
    assert 0.99 < result[3].max() <= 1.0
    record = json.loads(json.dumps(chain.draw(7, RGBA.shape)))
    np.testing.assert_array_equal(chain.replay(record, image=RGBA)["image"], result)
    np.testing.assert_array_equal(Compose.from_json(chain.to_json())(image=RGBA, key=7)["image"], result)
    out = np.empty_like(result)
    assert chain(image=RGBA, key=7, out=out)["image"] is out
    batch = chain.batch(np.stack([RGBA, RGBA]), keys=[7, 8])["images"]
    np.testing.assert_array_equal(batch[0], result)
    assert "alpha: follows the geometry" in chain.explain(RGBA.shape)
    assert chain.matrix(7, RGBA.shape).shape == (3, 3)
    grey = np.dstack([RGB[..., 0], MATTE])
    assert Compose([A.ToGray(channels=1, p=1)], alpha=True)(image=RGBA, key=1)["image"].shape == (40, 56, 2)
    assert Compose([A.Gamma(p=1), A.Rotate(p=1)], alpha=True)(image=grey, key=1)["image"].shape == (40, 56, 2)
    mask = Compose([A.Rotate(p=1)], alpha=True)(image=RGBA, mask=MATTE, boxes=[[1, 2, 30, 20]], key=1)
    assert mask["mask"].shape == (40, 56) and len(mask["boxes"]) == 1


def test_nothing_guesses() -> None:
    with pytest.raises(ValueError, match=r"got 4 channels: if the last one is alpha, say so by Compose\(alpha=True\)"):
        Compose([A.RGBShift(p=1)])(image=RGBA, key=1)
    four = Compose([A.Invert(p=1)])(image=RGBA, key=1)["image"]
    np.testing.assert_array_equal(four, 255 - RGBA)
    with pytest.raises(ValueError, match="image must have alpha as the last of at least two channels"):
        Compose([A.Invert(p=1)], alpha=True)(image=MATTE, key=1)
    with pytest.raises(ValueError, match=r"image must have alpha behind its colours for alpha=True, .* got 3 channels"):
        Compose([A.Invert(p=1)], alpha=True)(image=RGB, key=1)
    with pytest.raises(ValueError, match="alpha must be False in a chain that mixes"):
        Compose([A.MixUp()], alpha=True)
    with pytest.raises(TypeError, match="alpha must be True or False"):
        Compose([], alpha="last")
