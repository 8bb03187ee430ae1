"""Threshold: it gives what `imgproc.threshold` gives for the level drawn, and what OpenCV gives on bytes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from oracles.color import applied, draws, frame_of, photo, stages_of, top, with_params

import imgproc
from augment import Compose, Threshold, ToGray

CV2 = {
    "binary": cv2.THRESH_BINARY,
    "binary_inverse": cv2.THRESH_BINARY_INV,
    "truncate": cv2.THRESH_TRUNC,
    "to_zero": cv2.THRESH_TOZERO,
    "to_zero_inverse": cv2.THRESH_TOZERO_INV,
}


@pytest.mark.parametrize("method", CV2)
@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_it_is_the_function_at_the_level_drawn(method: str, dtype: str) -> None:
    image = photo(dtype)
    transform = Threshold(method=method)
    for key in range(4):
        level = transform.draw(draws(key), frame_of(image))["level"]
        np.testing.assert_array_equal(
            applied(transform, image, key), imgproc.threshold(image, level=level, method=method)
        )


@pytest.mark.parametrize("method", CV2)
@pytest.mark.parametrize("level", [0, 1, 100, 128, 254, 255])
def test_against_opencv(method: str, level: int) -> None:
    image = photo()
    expected = cv2.threshold(image, level, 255, CV2[method])[1]
    np.testing.assert_array_equal(with_params(Threshold(method=method), image, level=level / 255), expected)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_what_equals_the_threshold_is_below_it(dtype: str) -> None:
    full = top(np.zeros(0, dtype))
    steps = np.arange(256) if full == 255 else np.linspace(0, full, 257)
    image = np.tile(steps.astype(dtype), (3, 1))
    for step in (0, 1, 77, 128, 200, 255):
        level = float(image[0, step]) / full
        result = with_params(Threshold(), image, level=level)
        np.testing.assert_array_equal(result, np.where(np.arange(image.shape[1]) > step, full, 0) * np.ones((3, 1)))


def test_levels_fill_their_range() -> None:
    drawn = [Threshold(level=(0.2, 0.6)).draw(draws(key), frame_of(photo()))["level"] for key in range(300)]
    assert 0.2 <= min(drawn) < 0.21 and 0.59 < max(drawn) <= 0.6
    assert Threshold(level=[0.5, 0.5]).level == (0.5, 0.5)


def test_nan_stays_and_infinity_is_compared() -> None:
    image = photo("f4")
    image[3, 4], image[5, 6] = np.nan, (np.inf, -np.inf, 0.2)
    result = with_params(Threshold(), image, level=0.5)
    assert np.isnan(result[3, 4]).all()
    assert result[5, 6].tolist() == [1, 0, 0]
    assert np.isfinite(result).sum() == result.size - 3


def test_it_is_one_operation_and_merges_with_its_neighbours() -> None:
    image = photo()
    assert len(stages_of(Threshold(), image)) == 1
    chain = Compose([ToGray(p=1), Threshold(p=1)])
    result = chain(image=image, key=5)["image"]
    level = chain.draw(5, image.shape)["steps"][1]["params"]["level"]
    np.testing.assert_array_equal(np.unique(result), [0, 255])
    # Luma is not rounded between the two, so only what lies within half a level of the threshold may differ.
    rounded = Compose([ToGray(p=1)])(image=image, key=5)["image"]
    far = np.abs(rounded / 255 - level) > 0.5 / 255
    np.testing.assert_array_equal(result[far], imgproc.threshold(rounded, level=level)[far])


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"level": (0.6, 0.4)}, ValueError, "level"),
        ({"level": (-0.1, 0.5)}, ValueError, r"level\[0\] must be >= 0"),
        ({"level": (100, 200)}, ValueError, r"level\[0\] is a fraction of full scale: 100 of 255 is 0.392"),
        ({"level": 0.5}, TypeError, "level must"),
        ({"method": "otsu"}, ValueError, "method must be one of 'binary'"),
        ({"method": 3}, TypeError, "method must be a string"),
    ],
)
def test_wrong_arguments_are_refused(given: dict[str, object], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        Threshold(**given)
