"""Dilation and erosion by a disc."""

from __future__ import annotations

import numpy as np
import pytest

import augment


@pytest.mark.parametrize("operation", ["dilate", "erode"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("radius", [0, 1, 3])
def test_morphology_is_scipys(photo: np.ndarray, operation: str, dtype: type, radius: int) -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    image = photo[:40, :31].astype(dtype) / (255 if dtype == np.float32 else 1)
    image = image.astype(dtype)
    t = np.arange(-radius, radius + 1)
    footprint = (t * t + (t * t)[:, np.newaxis] <= radius * radius)[..., np.newaxis]
    # What lies outside does not count.
    slow = ndimage.grey_dilation if operation == "dilate" else ndimage.grey_erosion
    outside = 0 if operation == "dilate" else np.inf if dtype == np.float32 else np.iinfo(dtype).max
    expected = slow(image, footprint=footprint, mode="constant", cval=outside)
    chain = augment.Compose([augment.Morphology(operation=operation, radius=(radius, radius), p=1.0)])
    assert np.array_equal(chain(image=image, key=1)["image"], expected)
