"""No function cuts float images in other units to [0, 1] without a word: it refuses them, goes on, or says so."""

from __future__ import annotations

import inspect
import re
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_call, example_image, functions_of_images, takes_channels, variants
from helpers.levels import NO_LEVEL, SENTENCE, entries

import augment
import imgproc

SCALE = 256
"""A power of two, by which levels are multiplied without rounding."""
ENOUGH = 1e-3
"""Of the largest level: what small constants in divisions change.  A wrong range changes far more."""

IN_OTHER_UNITS = {
    # by function: which arguments of its examples have a unit that no docstring calls a fraction of full scale
    "color_matrix": {"matrix": lambda m: m * np.array([1, 1, 1, SCALE])},
    "joint_bilateral_filter": {"guide": lambda guide: guide * SCALE},
    "guided_filter": {"guide": lambda guide: guide * SCALE},
    "reconstruct": {"marker": lambda marker: marker * SCALE},
    "poisson_blend": {"source": lambda source: source * SCALE},
    **{name: {"reference": lambda reference: reference * SCALE} for name in ("ms_ssim", "psnr", "ssim", "ssim_map")},
    "total_variation": {"weight": lambda weight: weight * SCALE},
}
NOT_IN_LEVELS = {
    "hed_to_rgb": "densities of dyes",
    "lab_to_rgb": "L, a, b have units of their own",
    "luv_to_rgb": "L, u, v have units of their own",
    "spectrum": "a logarithm, of any number, to look at",
}
TOO_SMALL = {"ms_ssim": "five scales need 161 pixels"}
SAYS = "clearly not levels from 0 to 1"


def in_units_of_the_image(function: Any, options: dict[str, Any], *, defaults: bool) -> dict[str, Any]:
    """Options for an image whose levels are `SCALE` times as high; without `defaults`, of what is given alone."""
    name, signature = function.__name__, inspect.signature(function).parameters
    found = dict(options)
    for parameter, body in entries(function):
        sentence = SENTENCE.search(body)
        relative = found.get("kind") == "speckle" and parameter == "std"  # of a factor
        if sentence is None or relative or (name, parameter) in NO_LEVEL or parameter not in signature:
            continue
        factor = SCALE * SCALE if body.find("squared", sentence.end(), sentence.end() + 9) >= 0 else SCALE
        if parameter in found or (defaults and signature[parameter].default is not inspect.Parameter.empty):
            found[parameter] = times(found.get(parameter, signature[parameter].default), factor)
    for parameter, convert in IN_OTHER_UNITS.get(name, {}).items():
        if found.get(parameter) is not None:
            found[parameter] = convert(found[parameter])
    return found


def times(value: Any, factor: int) -> Any:
    if isinstance(value, (tuple, list)):
        return type(value)(times(v, factor) for v in value)
    return value if value is None or isinstance(value, (str, bool)) else value * factor


def arrays(result: Any) -> list[np.ndarray]:
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in arrays(part)]
    return [np.asarray(result)] if isinstance(result, (np.ndarray, float, int, np.generic)) else []


def follows(small: np.ndarray, large: np.ndarray) -> bool:
    """Whether a result is the same, or grows with the levels of the image or with their squares."""
    if small.dtype.kind not in "fc":
        return bool(np.array_equal(small, large))
    most = np.abs(small[np.isfinite(small)]).max(initial=0.0)
    scales = 1, SCALE, SCALE**2
    return any(np.allclose(small * k, large, rtol=0, atol=ENOUGH * k * most, equal_nan=True) for k in scales)


@pytest.mark.parametrize("name", sorted(functions_of_images().keys() - {"rescale"}))
def test_no_function_takes_levels_of_other_units_for_those_from_0_to_1(name: str) -> None:
    """A function does for an image of 256 times the levels what it does for the image, or it refuses it.

    So a function that takes levels to be from 0 to 1 has to call `must_be_unit`, and to say so.  Parameters that are
    fractions of full scale are given in the units of the image.  Where one is left out, its default is no such number.
    """
    function = functions_of_images()[name]
    image = example_image("float64", (24, 20), next(c for c in (3, None, 1) if takes_channels(function, c)))
    refused, wrong = [], []
    for options in variants(function, image):
        args, kwargs = example_call(function, image, **options)
        named = dict(zip(list(inspect.signature(function).parameters)[1:], args[1:])) | kwargs
        try:
            small = arrays(function(image, **named))
        except ValueError as error:
            assert "has no room" in str(error) or name in TOO_SMALL
            continue
        for defaults in (True, False):
            given = in_units_of_the_image(function, named, defaults=defaults)
            try:
                large = arrays(function(image * SCALE, **given))
            except ValueError as error:
                assert re.search(r"for \S.*: pass imgproc\.rescale\(|must have hues in turns", str(error)), error
                refused.append(options)
                continue
            if not all(follows(*pair) for pair in zip(small, large, strict=True)):
                wrong.append(options)
    assert bool(wrong) == (name in NOT_IN_LEVELS), f"with {wrong}: call must_be_unit, or say in which units this is"
    assert not refused or SAYS in " ".join((function.__doc__ or "").split()), "say so under Raises"


def test_the_law_of_ranges_sees_a_function_without_the_check() -> None:
    small = example_image("float64", (24, 20), 3)
    for wrong in (lambda x: 1 - x, lambda x: np.clip(x, 0, 1), lambda x: x**1.5, lambda x: np.minimum(x + 0.1, 1)):
        assert not follows(wrong(small), wrong(small * SCALE))
    for right in (lambda x: x * 2, lambda x: x * x, lambda x: x > x.mean(), lambda x: x / x.max()):
        assert follows(right(small), right(small * SCALE))


@pytest.mark.parametrize("name", ["hsv_to_rgb", "hsl_to_rgb", "hsi_to_rgb"])
def test_hue_is_in_turns(name: str) -> None:
    image = example_image("float32", (24, 20), 3)
    turned = image + np.float32([3, 0, 0])
    np.testing.assert_allclose(getattr(imgproc, name)(turned), getattr(imgproc, name)(image), atol=1e-5)
    with pytest.raises(ValueError, match=r"must have hues in turns, 1 is once around, .*: divide degrees by 360$"):
        getattr(imgproc, name)(image * np.float32([360, 1, 1]))


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
@pytest.mark.parametrize(
    "then",
    [
        *("CLAHE", "Posterize", "Gamma", "Equalize", "RandAugment", "Solarize", "ToneCurve"),
        *("HomomorphicLight", "Superpixels", "ColorSpace", "SaltAndPepper", "AutoContrast"),
    ],
)
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


def test_a_caller_can_vouch_for_levels() -> None:
    """Photos of a high dynamic range go far beyond 1."""
    photo = example_image("float32", (24, 20), 3) * 60
    chain = augment.Compose([augment.Gamma(gamma=(2.0, 2.0), p=1.0)])
    with imgproc.trust_levels():
        np.testing.assert_allclose(imgproc.adjust_gamma(photo, gamma=2.0), photo**2, rtol=1e-4)
        found = chain.batch([photo] * 9, keys=range(9), workers=2)["images"]
    assert all(np.array_equal(image, found[0]) for image in found)
    for call in (lambda: imgproc.adjust_gamma(photo, gamma=2.0), lambda: chain(image=photo, key=1)):
        with pytest.raises(ValueError, match=r"; if they are meant so, call within imgproc\.trust_levels\(\)$"):
            call()


def test_what_never_acts_refuses_nothing() -> None:
    scan = example_image("float32", (24, 20)) * 3000 - 1000
    gamma, never, blur = augment.Gamma(p=1.0), augment.Gamma(p=0.0), augment.GaussianBlur(p=1.0)
    for transforms in (
        [never, blur],
        [augment.Sequential([gamma], p=0.0), blur],
        [augment.OneOf([never, blur])],
        [augment.SomeOf([never, blur], n=2, shuffle=True)],
        [augment.OneOf([augment.Sequential([augment.SomeOf([gamma], n=0)]), blur])],
    ):
        assert augment.Compose(transforms)(image=scan, key=1)["image"].shape == scan.shape
    for transforms in (
        [augment.Gamma(p=1e-9), blur],
        [augment.OneOf([augment.Gamma(p=1e-9), blur])],
        [augment.OneOf([augment.Sequential([augment.Sequential([gamma])], p=0.5), blur])],
        [augment.SomeOf([gamma, blur], n=(0, 1))],
    ):
        with pytest.raises(ValueError, match="must have levels from 0 to 1 for Gamma"):
            augment.Compose(transforms)(image=scan, key=1)
