"""No function cuts float images in other units to [0, 1] without a word: it refuses them, goes on, or says so."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.functions import example_call, example_image, image_functions, takes_channels, variants

import augment
import imgproc

MAPS_TO_THE_UNIT_RANGE = {
    "adjust_sigmoid": "its law ends at 1, about a level that the caller names",
    "emboss": "a cosine",
    "equalize_histogram": "whatever the range before",
    "equalize_histogram_local": "ranks",
    "hed_to_rgb": "the light that dyes leave",
    "match_histogram": "the levels of the reference",
    "match_histogram_local": "the levels of the reference",
    "rescale": "what it is for",
    "stretch_contrast": "whatever the range before",
    "threshold": "black and white",
}


@pytest.mark.parametrize("name", image_functions())
def test_floats_from_0_to_255_are_not_cut(name: str) -> None:
    function = image_functions()[name]
    channels = next(c for c in (3, None, 1) if takes_channels(function, c))
    image = example_image("float32", (24, 20), channels) * 255
    cut = []
    for options in variants(function, image):
        args, kwargs = example_call(function, image, **options)
        try:
            found = function(*args, **kwargs)
        except ValueError as error:
            assert "imgproc.rescale(image, source=(0, 255))" in str(error) or "has no room" in str(error)
            continue
        if found.dtype.kind == "f" and found.shape == image.shape and np.abs(found).max() <= 1.5:
            cut.append(options)
    assert bool(cut) == (name in MAPS_TO_THE_UNIT_RANGE), f"with {cut}: refuse such images, or say why they are cut"


@pytest.mark.parametrize("name", ["clahe", "equalize_histogram", "equalize_histogram_local", "stretch_contrast"])
def test_luma_is_not_replaced_by_one_of_another_range(name: str) -> None:
    """The change of luma is added to R, G and B."""
    function = getattr(imgproc, name)
    image = example_image("float64", (24, 20), 3)
    args, kwargs = example_call(function, image, color="luminance")
    function(*args, **kwargs)
    with pytest.raises(ValueError, match=rf"levels from 0 to 1 for {name}.* source=\(0, 255\)"):
        function(image * 255, **kwargs)


@pytest.mark.parametrize("first", ["Sharpen", "BrightnessContrast", "GaussianNoise", "Affine", "CoarseDropout"])
@pytest.mark.parametrize("then", ["CLAHE", "Posterize", "Gamma", "Equalize", "RandAugment", "Solarize", "ToneCurve"])
def test_a_chain_looks_at_what_comes_in_alone(first: str, then: str) -> None:
    """What a transform makes of levels from 0 to 1 may go beyond them; the next one goes on, whatever was drawn."""
    given = {
        "Sharpen": {},
        "BrightnessContrast": {"brightness": (-0.5, 0.5), "contrast": (-0.5, 1.0)},
        "GaussianNoise": {"sigma": (0.4, 0.9)},
        "Affine": {"fill": 2.0, "scale": (0.3, 0.3)},
        "CoarseDropout": {"fill": 8.0, "holes": (9, 9)},
    }[first]
    image = np.random.default_rng(0).random((40, 50, 3)).astype(np.float32)
    chain = augment.Compose([getattr(augment, first)(p=1.0, **given), getattr(augment, then)(p=1.0)])
    for key in range(8):
        assert chain(image=image, key=key)["image"].shape == image.shape


@pytest.mark.parametrize("name", ["sharpen_laplacian", "unsharp_mask", "add_noise"])
def test_what_filters_make_of_a_picture_can_be_stored(name: str) -> None:
    rng = np.random.default_rng(0)
    image = (rng.random((60, 70)) > 0.5).astype(np.float32)
    given = {"add_noise": {"key": 1, "std": 0.5}, "unsharp_mask": {"sigma": 2.0, "amount": 2.0}}.get(name, {})
    found = imgproc.to_uint8(imgproc.box_blur(getattr(imgproc, name)(image, **given), radius=1))
    assert found.dtype == np.uint8
    imgproc.to_uint8(getattr(imgproc, name)(imgproc.gaussian_blur(image, sigma=1.0), **given))
