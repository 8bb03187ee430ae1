"""Laws of the functions whose window is the whole image: spectra, restoration, transforms.

One pixel that is NaN, infinite or far out of range would spoil all of their result.  So they refuse what is not finite,
take a mask, and what the mask leaves out has no influence at all.  The functions are found by the sentence that their
docstrings have, and that sentence by the packages they are in.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers.declarations import declared
from helpers.functions import example_call, example_image, functions_of_images, takes, variants
from helpers.vocabulary import DTYPES

import imgproc

SENTENCE = "The whole image is one window"
PACKAGES = ("imgproc.frequency.", "imgproc.restore.", "imgproc.transform.")

WHOLE = {
    name: function
    for name, function in functions_of_images().items()
    if SENTENCE in " ".join((inspect.getdoc(function) or "").split()) and function.__module__.startswith(PACKAGES)
}
SIZE = (17, 23)
FLOATS = ("f4", "f8")

every_function = pytest.mark.parametrize("name", sorted(WHOLE))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)


def options_of(name: str, image: np.ndarray) -> list[dict[str, Any]]:
    return [options for options in variants(WHOLE[name], image) if "mask" not in options]


def call(name: str, image: np.ndarray, /, **options: Any) -> list[np.ndarray]:
    """All arrays of the result."""
    args, kwargs = example_call(WHOLE[name], image, **options)
    return list(_arrays(WHOLE[name](*args, **kwargs)))


def _arrays(result: Any) -> Iterator[np.ndarray]:
    if isinstance(result, np.ndarray):
        yield result
    else:
        for part in result:
            yield from _arrays(part)


def gives_pictures(name: str) -> bool:
    """Whether pixels of the result belong to pixels of the image; else it gives coefficients."""
    function = WHOLE[name]
    return declared(function).result is None and inspect.signature(function).return_annotation == "np.ndarray"


def holes() -> np.ndarray:
    """False at single pixels, at a corner, and in a large hole."""
    mask = np.ones(SIZE, bool)
    mask[4, 5] = mask[0, 0] = mask[16, 11] = False
    mask[6:13, 12:20] = False
    return mask


def left_out(name: str, image: np.ndarray, mask: np.ndarray, value: float, /, **options: Any) -> list[np.ndarray]:
    """The result where pixels that the mask leaves out hold a value; these are 0 then, if they kept their values."""
    image = image.copy()
    image[~mask] = value
    found = call(name, image, mask=mask, **options)
    if gives_pictures(name):
        assert found[0][~mask].tobytes() == image[~mask].tobytes(), f"{options}: what is left out keeps its value"
        found[0][~mask] = 0
    assert all(np.isfinite(part).all() for part in found), options
    return found


def test_the_laws_have_subjects() -> None:
    """Every function of these packages has a whole image for its window, says so, and takes a mask."""
    inside = {n for n, function in functions_of_images().items() if function.__module__.startswith(PACKAGES)}
    assert set(WHOLE) >= inside
    assert len(inside) >= 20
    assert [name for name, function in WHOLE.items() if not takes(function, "mask")] == []
    assert {gives_pictures(name) for name in WHOLE} == {True, False}


@every_function
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("channels", [None, 3])
def test_what_is_not_finite_is_refused(name: str, dtype: str, channels: int | None) -> None:
    mask = holes()
    for value in (np.nan, np.inf, -np.inf):
        image = example_image(dtype, SIZE, channels)
        image[(2, 3) if channels is None else (2, 3, 1)] = value
        for options in options_of(name, image):
            for given in ({}, {"mask": mask}):
                with pytest.raises(
                    ValueError, match=r"^image must be finite where it takes part, .* 1 pixel: "
                ) as caught:
                    call(name, image, **options, **given)
                assert "mask=" in str(caught.value)


@every_function
def test_the_error_says_the_mask_that_helps(name: str) -> None:
    for channels, mask in ((None, "np.isfinite(image)"), (3, "np.isfinite(image).all(axis=2)")):
        image = example_image("f4", SIZE, channels)
        image[4, 5], image[9, 9] = np.nan, np.inf
        with pytest.raises(ValueError, match="at 2 pixels") as caught:
            call(name, image)
        assert str(caught.value).endswith(f"mask={mask}")
        call(name, image, mask=eval(mask))


@every_function
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("channels", [None, 3])
def test_what_is_left_out_has_no_influence(name: str, dtype: str, channels: int | None) -> None:
    image, mask = example_image(dtype, SIZE, channels), holes()
    for options in options_of(name, image):
        expected = left_out(name, image, mask, 0.5, **options)
        for value in (np.nan, np.inf, -np.inf, -9999, 1e10, 3.4e38, -np.finfo(dtype).max):
            found = left_out(name, image, mask, value, **options)
            for a, b in zip(found, expected, strict=True):
                assert a.tobytes() == b.tobytes(), f"{options}: {value} that is left out changes the result"


@every_function
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_integers_that_are_left_out_have_no_influence(name: str, dtype: str) -> None:
    image, mask = example_image(dtype, SIZE, 3), holes()
    for options in options_of(name, image):
        expected = left_out(name, image, mask, 0, **options)
        for a, b in zip(left_out(name, image, mask, np.iinfo(dtype).max, **options), expected, strict=True):
            assert a.tobytes() == b.tobytes(), options


@every_function
@every_dtype
def test_a_mask_of_all_pixels_is_none(name: str, dtype: np.dtype) -> None:
    image = example_image(dtype, SIZE, 3)
    for options in options_of(name, image):
        expected = call(name, image, **options)
        for a, b in zip(call(name, image, mask=np.ones(SIZE, bool), **options), expected, strict=True):
            assert a.tobytes() == b.tobytes(), options


@every_function
@every_dtype
def test_holes_in_a_constant_leave_no_trace(name: str, dtype: np.dtype) -> None:
    """They are filled with the level around them, to the last bit."""
    level, mask = 77 if dtype.kind == "u" else 0.3, holes()
    image = np.full(SIZE, level, dtype)
    for options in options_of(name, image):
        if options.get("border") == "constant":
            continue  # black beside the image
        expected = call(name, image, **options)
        if gives_pictures(name):
            expected[0][~mask] = 0
        for a, b in zip(left_out(name, image, mask, 0, **options), expected, strict=True):
            assert a.tobytes() == b.tobytes(), options


@pytest.mark.parametrize("name", sorted(filter(gives_pictures, WHOLE)))
@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_a_constant_stays_one_level(name: str, dtype: str) -> None:
    """No speckle, as residues of the transform would make of it where a level lies between two integers."""
    for level in (0, 1, 77, 128, np.iinfo(dtype).max):
        image = np.full((37, 53), level, dtype)
        for options in options_of(name, image):
            if options.get("noise") or options.get("border") == "constant" or "transfer" in options:
                continue  # noise; black beside the image; a filter that has no one gain
            found = call(name, image, **options)[0]
            assert (found == found[0, 0]).all(), (level, options, np.unique(found))


@every_function
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_result_beyond_the_floats_is_refused(name: str, dtype: str) -> None:
    """Or there is a finite one, as of filters that only make smaller."""
    largest = np.finfo(dtype).max
    lone = example_image(dtype, SIZE)
    lone[4, 5] = -largest
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for image in (lone, np.full(SIZE, largest), largest * (np.indices(SIZE).sum(axis=0) % 2 * 2 - 1)):
            for options in options_of(name, lone):
                try:
                    with imgproc.trust_levels():
                        found = call(name, image.astype(dtype), **options)
                except ValueError as error:
                    assert str(error).startswith("image must give a finite result"), options
                    assert "mask=" in str(error)
                else:
                    assert all(np.isfinite(part).all() for part in found), options


def test_some_results_are_beyond_the_floats() -> None:
    refused = set()
    for name in WHOLE:
        try:
            call(name, np.full(SIZE, np.finfo("f4").max))
        except ValueError:
            refused.add(name)
    assert {"dft", "dct", "walsh_hadamard", "wavelet"} <= refused
