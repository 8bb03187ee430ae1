"""Every argument that sets work or memory has a bound, which is tied to the image, and is refused beyond it at once.

An argument of 2**31 would otherwise work for minutes, or end in a MemoryError of another library.  All arguments that
are whole numbers or standard deviations are tried; those that set no work are in `HARMLESS`, with the reason.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_call, example_image, public_functions, takes_channels

import imgproc
from augment import BilateralBlur, BoxBlur, Compose, Defocus, GaussianBlur, LocalContrast, MotionBlur, UnsharpMask

SIZE = (30, 40)
HUGE = 2**31

HARMLESS = {
    "key": "names a stream of random numbers",
    "order": "an exponent",
    "sigma_color": "a scale of levels",
    "sigma_space": "a scale of distances in a window of another argument",
    "progress": "a function",
    "n_results": "results that there are",
    "n_scenes": "scenes that there are",
}

OTHERWISE = {
    ("crop", "box"): "a sequence, which must lie in the image",
    ("gist", "orientations"): "a sequence, of at most 180 each",
    ("hog", "block"): "the message says how large the image must be",
    ("hog", "cell"): "the message says how large the image must be",
    ("superpixels", "count"): "there are at most as many as pixels",
}
"""Arguments that are bounded in another way, or say so otherwise."""


def _of_image(function: Callable[..., Any]) -> bool:
    return next(iter(inspect.signature(function).parameters), None) == "image"


def _sets_size(parameter: inspect.Parameter) -> bool:
    kinds = str(parameter.annotation)
    return bool(re.search(r"\bint\b", kinds)) or parameter.name.startswith("sigma")


ARGUMENTS = [
    (name, parameter.name)
    for name, function in sorted(public_functions().items())
    if _of_image(function) and not function.__module__.startswith("imgproc.io.")
    for parameter in list(inspect.signature(function).parameters.values())[1:]
    if _sets_size(parameter) and parameter.name not in HARMLESS
]


def test_the_law_has_subjects() -> None:
    assert len(ARGUMENTS) >= 40
    assert set(OTHERWISE) <= set(ARGUMENTS)


@pytest.mark.parametrize(("name", "argument"), [a for a in ARGUMENTS if a not in OTHERWISE])
def test_a_huge_argument_is_refused_by_name(name: str, argument: str) -> None:
    function = getattr(imgproc, name)
    image = example_image(np.dtype("f4"), SIZE, 3 if takes_channels(function, 3) else None)
    args, options = example_call(function, image)
    pair = "tuple" in str(inspect.signature(function).parameters[argument].annotation) and argument != "sigma"
    options[argument] = (HUGE, HUGE) if pair else HUGE
    with pytest.raises(ValueError, match=rf"{argument}\b.* must be"):
        function(*args, **options)


@pytest.mark.parametrize("shape", [(4000, 1), (1, 4000), (1, 1000, 3)])
def test_a_window_is_not_much_larger_than_a_long_thin_image(shape: tuple[int, ...]) -> None:
    """The window of the longest radius holds 10,000 times as many pixels as these images."""
    image = np.random.default_rng(0).random(shape).astype(np.float32)
    radius = max(shape)
    calls: list[Callable[[int], Any]] = [
        lambda r: imgproc.equalize_histogram_local(image, radius=r, color="per_channel"),
        lambda r: imgproc.bilateral_filter(image, radius=r, sigma_color=0.1, sigma_space=3.0, method="grid"),
        lambda r: imgproc.median_blur(image, radius=r),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"radius must be <= \d+ for an image of") as caught:
            call(radius)
        most = int(re.findall(r"<= (\d+)", str(caught.value))[0])
        h, w = shape[:2]
        assert (h + 2 * most) * (w + 2 * most) <= 1 << 20 < (h + 2 * most + 2) * (w + 2 * most + 2)
    imgproc.box_blur(image, radius=radius)  # running sums lay out no frame


def test_tiles_and_bins_take_little_memory_beside_the_image() -> None:
    image = np.zeros((100, 120), np.uint8)
    with pytest.raises(
        ValueError, match=r"tiles\[0\] \* tiles\[1\] \* bins must be at most 1048576 for an image of 100x1"
    ):
        imgproc.clahe(image, tiles=(1000, 1000))
    imgproc.clahe(image, tiles=(64, 64))


@pytest.mark.parametrize("sigma", [5e-324, 1e-160, 1e-9])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_the_tiniest_arguments_make_numbers(dtype: type, sigma: float) -> None:
    image = example_image(np.dtype(dtype), SIZE, None)
    image[:9, :9] = image[0, 0]  # where nothing varies
    names = ["difference_of_gaussians", "laplacian_of_gaussian", "unsharp_mask", "high_boost", "gaussian_blur"]
    for name in names:
        assert np.isfinite(getattr(imgproc, name)(image, sigma=sigma)).all(), name
    assert np.isfinite(imgproc.detail_enhance(image, edge=sigma)).all()
    assert np.isfinite(imgproc.guided_filter(image, radius=2, epsilon=sigma)).all()


@pytest.mark.parametrize(
    "transform",
    [
        BoxBlur(radius=(HUGE, HUGE), p=1.0),
        GaussianBlur(sigma=(HUGE, HUGE), p=1.0),
        BilateralBlur(radius=(HUGE, HUGE), p=1.0),
        MotionBlur(length=(HUGE, HUGE), p=1.0),
        Defocus(radius=(HUGE, HUGE), p=1.0),
        UnsharpMask(sigma=(HUGE, HUGE), p=1.0),
        LocalContrast(sigma=(HUGE, HUGE), p=1.0),
        LocalContrast(sigma=(HUGE, HUGE), method="unsharp", p=1.0),
    ],
    ids=lambda transform: type(transform).__name__,
)
def test_filters_of_chains_use_at_most_what_the_image_allows(transform: Any) -> None:
    for dtype in (np.uint8, np.float32):
        image = example_image(np.dtype(dtype), (12, 17), 3)
        found = Compose([transform])(image=image, key=1)
        assert found["image"].shape == image.shape
