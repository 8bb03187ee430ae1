"""Tiles that change places: image, masks, points and boxes against a map of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.transforms import sample

import augment as A

SIZE = (41, 58)
GRID = (3, 4)
GIVEN = sample(SIZE)


def order_of(chain: A.Compose, key: Any) -> list[int]:
    return chain.draw(key, (*SIZE, 3))["steps"][-1]["params"]["order"]


def sources(order: list[int], size: tuple[int, int] = SIZE, grid: tuple[int, int] = GRID) -> np.ndarray:
    """The pixel (its number) that comes to each place, pixel by pixel."""
    (h, w), (rows, columns) = size, grid
    down, across = h // rows, w // columns
    found = np.arange(h * w).reshape(h, w)
    for y in range(rows * down):
        for x in range(columns * across):
            i, j = divmod(order[y // down * columns + x // across], columns)
            found[y, x] = (i * down + y % down) * w + j * across + x % across
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("channels", [None, 1, 3, 5])
def test_every_pixel_goes_with_its_tile(channels: int | None, dtype: Any) -> None:
    shape = SIZE if channels is None else (*SIZE, channels)
    image = np.random.default_rng(1).random(shape)
    image = (image * 255).astype(dtype) if dtype == np.uint8 else image.astype(dtype)
    mask = np.arange(np.prod(SIZE), dtype=np.int64).reshape(SIZE)
    chain = A.Compose([A.GridShuffle(grid=GRID, p=1.0)])
    for key in range(3):
        done = chain(image=image, mask=mask, key=key)
        source = sources(order_of(chain, key))
        np.testing.assert_array_equal(done["mask"], source)
        np.testing.assert_array_equal(done["image"], image.reshape(-1, *shape[2:])[source])
    orders = {tuple(order_of(chain, key)) for key in range(50)}
    assert len(orders) == 50
    assert all(sorted(order) == list(range(12)) for order in orders)


def test_points_and_boxes_follow() -> None:
    chain = A.Compose([A.GridShuffle(grid=GRID, p=1.0)], remove_invisible=False)
    rng = np.random.default_rng(3)
    corners = np.sort(rng.integers(0, (58, 41), (20, 2, 2)), axis=1)
    boxes = np.hstack([corners[:, 0], corners[:, 1] + 1]).astype(float)
    points = np.vstack([rng.random((40, 2)) * (58, 41), [(0.3, 20.5), (20.5, 0.4), (57.6, 20.5), (20.5, 40.7)]])
    for key in range(4):
        done = chain(image=GIVEN["image"], boxes=boxes, labels=np.arange(20), keypoints=points, key=key)
        place = np.empty(SIZE, int).reshape(-1)
        place[sources(order_of(chain, key)).reshape(-1)] = np.arange(41 * 58)
        for point, came in zip(points, done["keypoints"]):
            x, y = int(point[0]), int(point[1])
            v, u = divmod(int(place[y * 58 + x]), 58)
            np.testing.assert_allclose(came, point - (x, y) + (u, v), atol=1e-9)
        for k, box in enumerate(boxes.astype(int)):
            v, u = np.divmod(place.reshape(SIZE)[box[1] : box[3], box[0] : box[2]], 58)
            np.testing.assert_array_equal(done["boxes"][k], (u.min(), v.min(), u.max() + 1, v.max() + 1))
        np.testing.assert_array_equal(done["labels"], np.arange(20))


def test_what_is_done_can_be_undone_between_other_maps() -> None:
    chain = A.Compose([A.HorizontalFlip(p=1.0), A.GridShuffle(grid=GRID, p=1.0), A.Rotate90(p=1.0)])
    for key in range(4):
        done = chain(**GIVEN, key=key)
        back = chain.invert(key, (*SIZE, 3), keypoints=done["keypoints"], mask=done["mask"])
        np.testing.assert_allclose(back["keypoints"], GIVEN["keypoints"], atol=1e-9)
        np.testing.assert_array_equal(back["mask"], GIVEN["mask"])
        stepwise = A.Compose(chain.transforms, fuse=False)(**GIVEN, key=key)
        for name in ("image", "mask", "boxes", "keypoints"):
            np.testing.assert_array_equal(done[name], stepwise[name], err_msg=name)
    with pytest.raises(ValueError, match="GridShuffle displaces points by a grid of tiles"):
        chain.matrix(0, (*SIZE, 3))
    said = chain.explain((*SIZE, 3), key=0)
    assert "GridShuffle: tiles change places" in said
    assert said.count("pass ") == 3


def test_oriented_boxes_and_angles_of_points_go_with_their_tile() -> None:
    """A box in one tile moves as it is, also after a rotation; one in several becomes the upright box of its pieces."""
    turned = A.Rotate(p=1.0, angle=(20, 20))
    chain = A.Compose([turned, A.GridShuffle(grid=(2, 2), p=1.0)], box_format="obb", box_fields=())
    before = A.Compose([turned], box_format="obb", box_fields=())
    boxes = [(20.0, 22.0, 12.0, 6.0, 30.0), (60.0, 60.0, 8.0, 4.0, -10.0), (40.0, 40.0, 20.0, 12.0, 5.0)]
    image = np.zeros((80, 80), np.uint8)
    for key in range(3):
        order = chain.draw(key, (80, 80))["steps"][1]["params"]["order"]
        done, source = (np.array(c(image=image, boxes=boxes, key=key)["boxes"]) for c in (chain, before))
        for k in range(2):
            row, column = int(source[k, 1] // 40), int(source[k, 0] // 40)
            i, j = divmod(order.index(2 * row + column), 2)
            moved = source[k] + (40 * (j - column), 40 * (i - row), 0, 0, 0)
            np.testing.assert_allclose(done[k], moved, atol=1e-9)
        assert done[2, 4] % 90 == 0
        assert done[2, 2] * done[2, 3] >= source[2, 2] * source[2, 3]
    points = A.Compose([turned, A.GridShuffle(grid=(2, 2), p=1.0)], keypoint_columns=("angle",))
    angle = points(image=image, keypoints=[(21.0, 30.0, 10.0)], key=1)["keypoints"][0][2]
    alone = A.Compose([turned], keypoint_columns=("angle",))(image=image, keypoints=[(21.0, 30.0, 10.0)], key=1)[
        "keypoints"
    ][0][2]
    assert angle == pytest.approx(alone)


def test_boxes_are_not_spread_by_rounding() -> None:
    """A side that lies on the edge of a tile but for rounding is in one tile."""
    chain = A.Compose([A.GridShuffle(grid=(1, 4), p=1.0)], box_fields=())
    box = chain(image=np.zeros((40, 56), np.uint8), boxes=[(14 - 1e-9, 3.0, 28 + 1e-9, 9.0)], key=1)["boxes"][0]
    assert box[2] - box[0] < 14.001


@pytest.mark.parametrize("size", [(1, 1), (2, 7), (1, 9)])
def test_images_with_less_pixels_than_tiles(size: tuple[int, int]) -> None:
    image = np.arange(size[0] * size[1], dtype=np.uint8).reshape(size)
    done = A.Compose([A.GridShuffle(grid=(4, 5), p=1.0)])(image=image, key=2)["image"]
    assert sorted(done.ravel()) == sorted(image.ravel())


def test_grids_that_are_none() -> None:
    for wrong in ((0, 3), (3,), 2.5, (100, 100), (4097, 1), (1, 4097), ("a", 3)):
        with pytest.raises((TypeError, ValueError), match="grid"):
            A.GridShuffle(grid=wrong)
    for right in ((4096, 1), (1, 4096), (64, 64)):
        assert A.GridShuffle(grid=right).grid == right


def test_a_permutation_of_tiles_is_that_of_albumentations_where_they_divide() -> None:
    there = pytest.importorskip("albumentations")
    image = np.random.default_rng(2).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    theirs = there.Compose([there.RandomGridShuffle(grid=(4, 5), p=1)])(image=image)["image"]
    ours = A.Compose([A.GridShuffle(grid=(4, 5), p=1.0)])(image=image, key=0)["image"]

    def tiles(picture: np.ndarray) -> list[bytes]:
        return sorted(picture[y : y + 10, x : x + 12].tobytes() for y in range(0, 40, 10) for x in range(0, 60, 12))

    assert tiles(ours) == tiles(theirs) == tiles(image)
