"""What is left out is filled from its surroundings."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.spectra import fill

SIZES = [(1, 1), (1, 9), (9, 1), (2, 2), (7, 12), (64, 64), (33, 50)]


def filled(plane: np.ndarray, mask: np.ndarray) -> np.ndarray:
    found = np.where(mask, plane, np.nan)
    fill(found, mask)
    return found


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_only_what_is_left_out_changes_and_stays_within_the_levels(
    size: tuple[int, int], share: float, dtype: str, rng: np.random.Generator
) -> None:
    plane, mask = rng.normal(size=size).astype(dtype), rng.random(size) < share
    mask[rng.integers(size[0]), rng.integers(size[1])] = True
    found = filled(plane, mask)
    np.testing.assert_array_equal(found[mask], plane[mask])
    near = 1e-6 if dtype == "f4" else 1e-14
    assert found.min() >= plane[mask].min() - near
    assert found.max() <= plane[mask].max() + near
    np.testing.assert_array_equal(filled(plane, np.ones(size, bool)), plane)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("level", [0.1, -7.7, 1e6, 1e-30])
def test_a_constant_is_kept_to_the_last_bit(size: tuple[int, int], level: float, rng: np.random.Generator) -> None:
    mask = rng.random(size) < 0.3
    mask[-1, -1] = True
    for dtype in ("f4", "f8"):
        plane = np.full(size, level, dtype)
        np.testing.assert_array_equal(filled(plane, mask), plane)


def test_a_pixel_gets_the_level_of_its_neighbours(grey_photo: np.ndarray, rng: np.random.Generator) -> None:
    """Far nearer to the truth than the mean of the picture, and nearer than a pixel that is copied from 4 away."""
    plane = grey_photo / 255
    mask = rng.random(plane.shape) < 0.9
    wrong = np.abs(filled(plane, mask) - plane)[~mask].mean()
    assert wrong < 0.3 * np.abs(plane - plane.mean())[~mask].mean()
    assert wrong < 0.8 * np.abs(np.roll(plane, 4, axis=1) - plane)[~mask].mean()


def test_a_hole_has_no_steps() -> None:
    y, x = np.indices((90, 120))
    plane, mask = (x + y) / 210, np.ones((90, 120), bool)
    mask[20:70, 30:90] = False
    found = filled(plane, mask)
    inside = found[20:70, 30:90]
    assert np.abs(np.diff(inside, axis=0)).max() < 0.04
    assert np.abs(np.diff(inside, axis=1)).max() < 0.04
    assert np.abs(found - plane).max() < 0.15


@pytest.mark.parametrize("order", ["C", "F"])
def test_any_layout_is_filled_in_place(order: str, rng: np.random.Generator) -> None:
    plane, mask = rng.random((20, 31)), rng.random((20, 31)) < 0.7
    expected = filled(plane, mask)
    wide = np.zeros((40, 31, 2), order=order)
    view = wide[::2, :, 1]
    view[...] = plane
    fill(view, np.array(mask, order=order))
    np.testing.assert_array_equal(view, expected)
    assert not wide[1::2].any() and not wide[:, :, 0].any()
