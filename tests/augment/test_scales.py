"""Random scales, larger frames and rotations that keep all of the image, against what they are made of."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from helpers.transforms import sample

import augment as A

SIZE = (40, 56)
GIVEN = sample(SIZE)
IMAGE = GIVEN["image"]


def run(transform: Any, key: Any = 0) -> dict[str, Any]:
    return A.Compose([transform], seed=2, remove_invisible=False)(**GIVEN, key=key)


def params(transform: Any, key: Any = 0) -> dict[str, Any]:
    return A.Compose([transform], seed=2).draw(key, IMAGE.shape)["steps"][0]["params"]


@pytest.mark.parametrize("interpolation", ["area", "bilinear", "nearest"])
def test_a_scale_is_a_resize(interpolation: str) -> None:
    for transform in (
        A.Scale(p=1.0, scale=(0.4, 1.7), interpolation=interpolation),
        A.Scale(p=1.0, scale=(0.4, 1.7), keep_ratio=False, interpolation=interpolation),
        A.Scale(p=1.0, scale=((0.5, 0.6), (1.2, 1.3)), interpolation=interpolation),
        A.ScaleJitter(size=(30, 80), scale=(0.2, 1.5), interpolation=interpolation),
    ):
        for key in range(4):
            scale = params(transform, key)["scale"]
            x, y = scale if isinstance(scale, (tuple, list)) else (scale * 30 / 40,) * 2
            size = round(40 * y), round(56 * x)
            expected, done = run(A.Resize(size=size, interpolation=interpolation)), run(transform, key)
            for name in ("image", "mask", "boxes", "keypoints"):
                np.testing.assert_array_equal(done[name], expected[name], err_msg=name)


def test_factors_are_drawn_for_both_axes_or_for_each() -> None:
    both = [params(A.Scale(p=1.0), key)["scale"] for key in range(50)]
    assert all(x == y and 0.9 <= x <= 1.1 for x, y in both)
    each = [params(A.Scale(p=1.0, keep_ratio=False), key)["scale"] for key in range(50)]
    assert sum(x == y for x, y in each) == 0
    assert run(A.Scale(p=1.0, scale=(1e-9, 1e-9)))["image"].shape == (1, 1, 3)
    with pytest.raises(ValueError, match="size of the frame that is made"):
        run(A.Scale(p=1.0, scale=(1e5, 1e5)))
    for wrong in ((0, 1), (-1, 2), 0.1):
        with pytest.raises((TypeError, ValueError), match="scale"):
            A.Scale(scale=wrong)


def test_the_image_lies_anywhere_in_a_larger_frame() -> None:
    transform, places, sizes = A.ZoomOut(p=1.0, scale=(1.0, 1.1), fill=1.0, mask_fill=200), set(), set()
    for key in range(300):
        done, (down, across) = run(transform, key), params(transform, key)["place"]
        h, w = done["image"].shape[:2]
        top, left = int(down * (h - 40 + 1)), int(across * (w - 56 + 1))
        room = (top, h - 40 - top), (left, w - 56 - left)
        np.testing.assert_array_equal(done["image"], np.pad(IMAGE, (*room, (0, 0)), constant_values=255))
        np.testing.assert_array_equal(done["mask"], np.pad(GIVEN["mask"], room, constant_values=200))
        np.testing.assert_array_equal(done["boxes"], GIVEN["boxes"] + (left, top, left, top))
        np.testing.assert_array_equal(done["keypoints"], GIVEN["keypoints"] + (left, top))
        places.add((top, left))
        sizes.add((h, w))
    assert {y for y, _ in places} == set(range(5))
    assert {x for _, x in places} >= set(range(6))
    assert min(sizes) == (40, 56)
    assert max(sizes) == (44, 62)
    with pytest.raises(ValueError, match=r"scale\[0\] must be >= 1"):
        A.ZoomOut(scale=(0.9, 2))


@pytest.mark.parametrize("angle", [-137.0, -90.0, -31.5, 0.0, 12.0, 45.0, 90.0, 180.0])
@pytest.mark.parametrize("keep_ratio", [True, False])
def test_a_safe_rotation_touches_the_frame_and_keeps_the_size(angle: float, keep_ratio: bool) -> None:
    transform = A.SafeRotate(p=1.0, angle=(angle, angle), keep_ratio=keep_ratio)
    matrix = A.Compose([transform]).matrix(0, IMAGE.shape)
    corners = np.array([(0, 0, 1), (56, 0, 1), (56, 40, 1), (0, 40, 1)]) @ matrix.T
    low, high = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    room = np.array([low, (56, 40) - high])
    assert room.min() > -1e-9
    np.testing.assert_allclose(room[0], room[1], atol=1e-9)  # in the middle
    touched = room[0] < 1e-9
    assert touched.any()
    assert touched.all() or keep_ratio
    linear = matrix[:2, :2]
    if keep_ratio:
        np.testing.assert_allclose(linear @ linear.T, np.eye(2) * (linear @ linear.T)[0, 0], atol=1e-9)
    center = cv2.getRotationMatrix2D((28, 20), angle, 1)[:, :2]
    turned = np.diag(1 / np.array([np.linalg.norm(row) for row in linear])) @ linear
    np.testing.assert_allclose(turned, center, atol=1e-9)
    done = run(transform)
    assert done["image"].shape == IMAGE.shape
    assert len(done["boxes"]) == 3


def test_stretched_rotations_are_those_of_albumentations() -> None:
    there = pytest.importorskip("albumentations")
    y, x = np.mgrid[:120, :160]
    image = np.rint(127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 7)).astype(np.uint8)
    theirs = there.Compose([there.SafeRotate(limit=(30, 30), p=1)])(image=image)["image"]
    ours = A.Compose([A.SafeRotate(p=1.0, angle=(30, 30), keep_ratio=False)])(image=image, key=0)["image"]
    # They cut the enclosing rectangle to whole pixels and turn about a centre of pixels: off by part of one.
    assert np.mean(np.abs(ours.astype(int) - theirs) <= 12) > 0.975
