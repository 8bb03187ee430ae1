"""No image of floats makes NumPy warn: pixels that are infinite, no numbers, next to the largest float, or denormal."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_call, example_image, functions_of_images, takes_channels, variants
from helpers.transforms import EXAMPLES, MIXES, build, sample

import augment

SIZE = (24, 32)
LEVELS = {"inf": np.inf, "minus": -np.inf, "nan": np.nan, "huge": -3e38}


def _spoilt(image: np.ndarray, how: str) -> np.ndarray:
    """The image with a pixel, or all of them, beyond what is usual."""
    if how == "tiny":
        return image * image.dtype.type(1e-39)
    if how == "everywhere":
        return np.full_like(image, np.inf)
    bad = image.copy()
    bad[5, 7] = LEVELS[how]
    return bad


HOW = (*LEVELS, "tiny", "everywhere")


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", functions_of_images())
def test_functions_do_not_warn(name: str, dtype: str) -> None:
    function = functions_of_images()[name]
    image = example_image(np.dtype(dtype), SIZE, 3 if takes_channels(function, 3) else None)
    for options in variants(function, image):
        args, given = example_call(function, image, **options)
        for how in HOW:
            _without_a_warning(function, _spoilt(image, how), *args[1:], **given)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("name", "given"), [pytest.param(*each, id=f"{k}-{each[0]}") for k, each in enumerate((*EXAMPLES, *MIXES))]
)
def test_transforms_do_not_warn(name: str, given: dict[str, Any], dtype: str) -> None:
    made = build(name, {**given, "p": 1.0})
    chain = augment.Compose([made])
    shown = {part: value for part, value in sample(SIZE, np.dtype(dtype)).items() if part != "labels"}
    for how in HOW:
        spoilt = {**shown, "image": _spoilt(shown["image"], how)}
        _without_a_warning(chain, **spoilt, key=1, donors=[shown] if made.mixes else None)


def _without_a_warning(call: Any, *args: Any, **options: Any) -> None:
    """Warnings are errors here; a refusal is none."""
    with contextlib.suppress(TypeError, ValueError):
        call(*args, **options)
