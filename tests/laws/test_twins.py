"""A transform that does what a function of `imgproc` does gives the bytes of that function.

`TWINS` says how to call the function with what was drawn.  Every transform whose documentation names a function of
`imgproc` must stand in it, so that nothing is promised that is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.transforms import EXAMPLES, REGISTRY, build, stream_uniforms

import augment
import imgproc

H, W = 72, 88
Twin = Callable[[Any, np.ndarray, dict[str, Any]], np.ndarray]


def _frequency(t: Any, image: np.ndarray, drawn: dict[str, Any]) -> np.ndarray:
    shape: dict[str, Any] = {"kind": t.kind, "order": t.order}
    if t.response.startswith("band"):
        half = 2.0 ** (drawn["octaves"] / 2)
        shape["band"] = (drawn["cutoff"] / half, drawn["cutoff"] * half)
    else:
        shape["cutoff"] = drawn["cutoff"]
    if t.response in ("highpass", "bandpass"):
        shape["offset"] = t.offset
    return getattr(imgproc, t.response)(image, **shape)


def _noise(t: Any, image: np.ndarray, drawn: dict[str, Any]) -> np.ndarray:
    given = {"key": 0, "per_channel": t.per_channel, **drawn}
    if "stream" in given:
        given["key"] = given.pop("stream")
    if "angle" in given:
        turn = np.radians(given.pop("angle"))
        given["frequency"] = (given["frequency"] * np.cos(turn), -given["frequency"] * np.sin(turn))
    return imgproc.add_noise(image, kind=t.kind, **given)


def _superpixels(t: Any, image: np.ndarray, drawn: dict[str, Any]) -> np.ndarray:
    labels = imgproc.superpixels(image, count=drawn["count"], compactness=t.compactness)
    painted = np.append(stream_uniforms(drawn["stream"], int(labels.max()) + 1) < drawn["share"], False)
    return imgproc.mean_color_superpixels(image, np.where(painted[labels], labels, np.int32(-1)))


def _color_space(t: Any, image: np.ndarray, drawn: dict[str, Any]) -> np.ndarray:
    if t.source != "rgb":
        image = getattr(imgproc, f"{t.source}_to_rgb")(image)
    return image if t.target == "rgb" else getattr(imgproc, f"rgb_to_{t.target}")(image)


def _by(name: str, *fields: str, **fixed: Any) -> Twin:
    """The function of a name, with all that was drawn, some fields and what is fixed."""

    def call(t: Any, image: np.ndarray, drawn: dict[str, Any]) -> np.ndarray:
        return getattr(imgproc, name)(image, **drawn, **{field: getattr(t, field) for field in fields}, **fixed)

    return call


TWINS: dict[str, Twin] = {
    "AddNoise": _noise,
    "AutoContrast": lambda t, image, drawn: imgproc.stretch_contrast(
        image, low=t.cutoff, high=1 - t.cutoff, color=t.color
    ),
    "BilateralBlur": _by("bilateral_filter"),
    "BoxBlur": _by("box_blur"),
    "CLAHE": _by("clahe", "tiles", "color"),
    "ColorSpace": _color_space,
    "ColorTransfer": lambda t, image, drawn: imgproc.color_transfer(
        image, t.references[drawn["reference"]], space=t.space
    ),
    "EnhanceLocalStatistics": _by("enhance_local_statistics", "k0", "k1", "k2", "radius", "border", "fill", "color"),
    "Equalize": _by("equalize_histogram", "method", "color"),
    "FrequencyFilter": _frequency,
    "Gamma": _by("adjust_gamma"),
    "GaussianBlur": _by("gaussian_blur"),
    "HomomorphicLight": _by("homomorphic", "sharpness"),
    "HorizontalFlip": _by("flip", axis="horizontal"),
    "HueSaturationValue": _by("shift_hsv"),
    "Invert": _by("invert"),
    "LocalContrast": lambda t, image, drawn: (
        imgproc.detail_enhance(image, **drawn, edge=t.edge, color=t.color)
        if t.method == "guided"
        else imgproc.unsharp_mask(image, **drawn)
    ),
    "MatchHistogram": lambda t, image, drawn: imgproc.match_histogram(
        image, t.references[drawn["reference"]], color=t.color
    ),
    "MedianBlur": _by("median_blur"),
    "Posterize": _by("posterize"),
    "Sharpen": _by("sharpen_laplacian"),
    "Solarize": _by("solarize"),
    "Superpixels": _superpixels,
    "Threshold": _by("threshold", "method"),
    "Transpose": _by("transpose"),
    "UnsharpMask": _by("unsharp_mask", "threshold"),
    "VerticalFlip": _by("flip", axis="vertical"),
}
CHANGED = {name: {"blend": (1.0, 1.0)} for name in ("ColorTransfer", "MatchHistogram")}
"""Options without which a transform does more than its twin."""
OTHER = {"ColorSpace": ("target", "gray")}
"""Options with which it does something else: grey by a matrix, which joins a pass, in place of weights of 15 bits."""


def only_grey(transform: Any) -> bool:
    """Whether it takes luma of colours, for which its function has no option."""
    name, luminance = type(transform).__name__, getattr(transform, "color", "") == "luminance"
    return luminance and (name == "HomomorphicLight" or getattr(transform, "method", "") == "unsharp")


BESIDE = {"hed_to_rgb", "inpaint_diffusion", "rescale", "resize", "rgb_to_hed"}
"""What documentation names for other reasons."""

CASES = [
    pytest.param(name, {**params, **CHANGED.get(name, {})}, id=f"{name}-{k}")
    for k, (name, params) in enumerate(EXAMPLES)
    if name in TWINS and not (name in OTHER and params.get(OTHER[name][0]) == OTHER[name][1])
]


def picture(dtype: Any, channels: int | None) -> np.ndarray:
    rng = np.random.default_rng(7)
    y, x = np.mgrid[:H, :W]
    levels = (0.5 + 0.3 * np.sin(x / 9) * np.cos(y / 7))[..., np.newaxis] + 0.15 * rng.random((H, W, channels or 1))
    levels = levels if channels else levels[..., 0]
    return np.rint(levels * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else levels.astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize(("name", "params"), CASES)
def test_a_transform_gives_the_bytes_of_its_function(name: str, params: dict[str, Any], dtype: Any) -> None:
    if name == "BoxBlur" and np.dtype(dtype).kind == "f":
        pytest.skip("floats are weighted, not summed on, so that the last bit differs")
    transform = build(name, params)
    chain = augment.Compose([transform], seed=3)
    compared = 0
    for channels in (None,) if only_grey(transform) else (3, None):
        image = picture(dtype, channels)
        for key in (1, 2):
            try:
                result = chain(image=image, key=key)["image"]
            except ValueError:  # grey images have no colours
                assert channels is None
                continue
            step = chain.draw(key, image.shape, dtype=dtype)["steps"][0]
            if name == "HueSaturationValue" and channels is None:
                continue  # the function wants RGB
            expected = TWINS[name](transform, image, step["params"])
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)
            compared += 1
    assert compared >= 2


def test_what_the_documentation_says_is_looked_at() -> None:
    for name, kind in REGISTRY.items():
        named = set(re.findall(r"`imgproc\.(\w+)`", kind.__doc__ or "")) - BESIDE
        if kind.__module__.startswith("augment.") and named:
            assert name in TWINS, f"{name} names a function of imgproc: say in TWINS how they agree"
