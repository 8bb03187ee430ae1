"""Keypoints with columns: visibility, angle, scale; left and right in mirror images; COCO's (n, 17, 3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import augment as A

H, W = 80, 120
IMAGE = np.zeros((H, W, 3), np.uint8)
MOVES: dict[str, list[Any]] = {
    "rotate": [A.Rotate(angle=(30, 30), p=1)],
    "mirror": [A.HorizontalFlip(p=1)],
    "upside down": [A.VerticalFlip(p=1)],
    "tilted": [A.Perspective(p=1), A.Rotate(angle=(-40, -40), p=1)],
    "sheared": [A.Affine(shear=(12, 12), scale=(1.2, 1.2), p=1), A.HorizontalFlip(p=1)],
    "bent": [A.Elastic(p=1), A.HorizontalFlip(p=1)],
    "shuffled": [A.GridShuffle(p=1), A.Rotate(angle=(10, 10), p=1)],
    "lens": [A.LensDistortion(p=1)],
}
POINTS = [(40.0, 30.0), (64.5, 44.5), (70.25, 20.75), (50.0, 60.0)]
NAMES = ("visibility", "angle", "scale")


def chain(name: str, **options: Any) -> A.Compose:
    return A.Compose(MOVES[name], seed=3, remove_invisible=False, **options)


@pytest.mark.parametrize("name", list(MOVES))
def test_angles_and_scales_are_those_of_small_steps(name: str) -> None:
    """What a short line and a small square around each point become says what the columns must be."""
    angles, scales, step = [10.0, 135.0, 260.0, -45.0], [2.0, 3.0, 4.0, 5.0], 1e-3
    rows = [(*point, 2, angle, scale) for point, angle, scale in zip(POINTS, angles, scales)]
    made = chain(name, keypoint_columns=NAMES)(image=IMAGE, keypoints=rows, key=5)["keypoints"]
    along = [(step * math.cos(math.radians(a)), -step * math.sin(math.radians(a))) for a in angles]
    ends = [(x + dx, y + dy) for (x, y), (dx, dy) in zip(POINTS, along)]
    sides = [(x + step * dx, y + step * dy) for x, y in POINTS for dx, dy in ((1, 0), (0, 1))]
    moved = np.array(chain(name)(image=IMAGE, keypoints=[*POINTS, *ends, *sides], key=5)["keypoints"])
    points, ends_moved, corners = moved[:4], moved[4:8], moved[8:].reshape(4, 2, 2)
    np.testing.assert_allclose([row[:2] for row in made], points, atol=1e-9)
    dx, dy = (ends_moved - points).T
    turned = np.degrees(np.arctan2(-dy, dx)) % 360
    found = np.array([row[3] for row in made])
    assert ((found >= 0) & (found < 360)).all()
    assert np.abs((found - turned + 180) % 360 - 180).max() < 0.2
    area = np.abs(np.linalg.det((corners - points[:, np.newaxis]) / step))
    np.testing.assert_allclose([row[4] for row in made], scales * np.sqrt(area), rtol=2e-3)
    assert [row[2] for row in made] == [2] * 4


def test_known_angles() -> None:
    rows = [(40.0, 30.0, 90.0), (40.0, 30.0, 30.0), (40.0, 30.0, 400.0)]

    def angles(*transforms: Any) -> Any:
        chain = A.Compose(transforms, keypoint_columns=("angle",))
        return [row[2] for row in chain(image=IMAGE, keypoints=rows, key=0)["keypoints"]]

    np.testing.assert_allclose(angles(A.HorizontalFlip(p=1)), [90, 150, 140], atol=1e-9)
    np.testing.assert_allclose(angles(A.VerticalFlip(p=1)), [270, 330, 320], atol=1e-9)
    np.testing.assert_allclose(angles(A.Rotate(angle=(20, 20), p=1)), [110, 50, 60], atol=1e-9)
    assert angles(A.CenterCrop(size=(70, 100))) == [90.0, 30.0, 400.0]  # number for number where nothing turns
    assert angles(A.Resize(size=(2 * H, 2 * W))) == [90.0, 30.0, 400.0]


def test_other_columns_are_carried() -> None:
    rows = [[40.0, 30.0, "eye", 7], [500.0, 30.0, "ear", 8], [10.0, 5.0, None, 9]]
    flip = A.Compose([A.HorizontalFlip(p=1)])
    assert flip(image=IMAGE, keypoints=rows, key=0)["keypoints"] == [[80.0, 30.0, "eye", 7], [110.0, 5.0, None, 9]]
    array = np.array([(40, 30, 2**31, 1), (500, 30, 5, 2)])
    made = flip(image=IMAGE, keypoints=array, key=0)["keypoints"]
    assert made.dtype == np.float64
    assert made.tolist() == [[80, 30, 2**31, 1]]
    named = A.Compose([A.Rotate(angle=(90, 90), fit=True, p=1)], keypoint_columns=("name", "angle"))
    made = named(image=IMAGE, keypoints=[(40.0, 30.0, "eye", 10)], key=0)["keypoints"]
    assert made[0][2] == "eye"
    assert made[0][3] == pytest.approx(100)


# --- COCO -------------------------------------------------------------------------------------------------------------

PERSONS = np.zeros((2, 17, 3))
PERSONS[0, :, 0], PERSONS[0, :, 1], PERSONS[0, :, 2] = np.arange(17) * 7 + 2, np.arange(17) * 4 + 3, 2
PERSONS[1, 5:9] = [(30, 20, 1), (90, 20, 2), (119, 79, 2), (1, 1, 1)]
PAIRS = {k: k + 1 for k in range(1, 17, 2)}


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "list"])
def test_coco_comes_and_goes_as_it_is(dtype: str) -> None:
    given: Any = PERSONS.tolist() if dtype == "list" else PERSONS.astype(dtype)
    crop = A.Compose([A.HorizontalFlip(p=1), A.CenterCrop(size=(60, 80))])
    made = crop(image=IMAGE, keypoints=given, key=0)["keypoints"]
    assert type(made) is type(given)
    if dtype != "list":
        assert made.dtype == np.dtype("f8" if dtype == "i4" else dtype)
    made = np.array(made)
    expected = PERSONS.copy()
    expected[..., 0], expected[..., 1] = W - PERSONS[..., 0] - 20, PERSONS[..., 1] - 10
    outside = (expected[..., :2] < 0).any(axis=-1) | (expected[..., 0] > 80) | (expected[..., 1] > 60)
    expected[outside | (PERSONS[..., 2] == 0)] = 0
    assert outside.any()
    np.testing.assert_allclose(made, expected)
    stay = A.Compose(crop.transforms, remove_invisible=False)(image=IMAGE, keypoints=PERSONS, key=0)["keypoints"]
    np.testing.assert_array_equal(stay[..., 2], PERSONS[..., 2])
    np.testing.assert_allclose(stay[0, :, 0], W - PERSONS[0, :, 0] - 20)
    np.testing.assert_array_equal(stay[1, :5], PERSONS[1, :5])
    assert crop(image=IMAGE, keypoints=np.zeros((0, 17, 3)), key=0)["keypoints"].shape == (0, 17, 3)
    pairs = crop(image=IMAGE, keypoints=PERSONS[:1, :, :2], key=0)["keypoints"]  # nothing to mark them with
    np.testing.assert_allclose(pairs, stay[:1, :, :2])


@pytest.mark.parametrize(
    "mirror", [PAIRS, list(PAIRS.items()), [0, *(k + 1 if k % 2 else k - 1 for k in range(1, 17))]]
)
def test_left_and_right_change_places_in_mirror_images(mirror: Any) -> None:
    order = [0, *(k + 1 if k % 2 else k - 1 for k in range(1, 17))]
    for transforms, mirrored in (
        ([A.HorizontalFlip(p=1)], True),
        ([A.VerticalFlip(p=1)], True),
        ([A.HorizontalFlip(p=1), A.VerticalFlip(p=1)], False),
        ([A.Rotate(angle=(180, 180), p=1)], False),
        ([A.Transpose(p=1)], True),
        ([A.Rotate(angle=(20, 20), p=1), A.HorizontalFlip(p=1)], True),
        ([A.Elastic(p=1), A.HorizontalFlip(p=1)], True),
        ([A.Perspective(p=1)], False),
    ):
        plain = A.Compose(transforms, seed=1)
        swapping = A.Compose(transforms, seed=1, keypoint_mirror=mirror)
        expected = plain(image=IMAGE, keypoints=PERSONS, key=2)["keypoints"]
        made = swapping(image=IMAGE, keypoints=PERSONS, key=2)["keypoints"]
        np.testing.assert_array_equal(made, expected[:, order] if mirrored else expected)
        np.testing.assert_array_equal(
            swapping(image=IMAGE, keypoints=PERSONS[0, :, :2], key=2)["keypoints"].shape[1], 2
        )
        kept = A.Compose(transforms, seed=1, keypoint_mirror=mirror, remove_invisible=False)
        there = kept(image=IMAGE, keypoints=PERSONS, key=2)["keypoints"]
        back = kept.invert(2, IMAGE.shape, keypoints=there)["keypoints"]
        np.testing.assert_allclose(back, PERSONS, atol=0.05)


@pytest.mark.parametrize("container", [list, tuple, np.array, lambda v: np.array(v, object)])
def test_labels_of_left_and_right_change_places(container: Any) -> None:
    names = ["left", "nose", "right hand", "right"]
    chain = A.Compose(
        [A.HorizontalFlip(p=1), A.CenterCrop(size=(60, 80))],
        keypoint_fields=("names", "numbers"),
        keypoint_mirror={"left": "right", "left hand": "right hand"},
    )
    points = [(30.0, 40.0), (60.0, 40.0), (1.0, 1.0), (90.0, 41.0)]
    made = chain(image=IMAGE, keypoints=points, names=container(names), numbers=[0, 1, 2, 3], key=0)
    assert made["keypoints"] == [(70.0, 30.0), (40.0, 30.0), (10.0, 31.0)]
    assert type(made["names"]) is type(container(names))
    assert list(made["names"]) == ["right", "nose", "left"]
    assert made["numbers"] == [0, 1, 3]
    long = chain(image=IMAGE, keypoints=points[:1], names=np.array(["left"]), numbers=[0], key=0)["names"]
    assert long.tolist() == ["right"]


@pytest.mark.nojit
def test_kernels_as_plain_functions() -> None:
    rows = [(40.0, 30.0, 2.0, 30.0, 3.0), (10.0, 5.0, 1.0, 90.0, 4.0)]
    chain = A.Compose([A.HorizontalFlip(p=1)], keypoint_columns=NAMES)
    made = chain(image=np.zeros((40, W), np.uint8), keypoints=rows, key=0)["keypoints"]
    np.testing.assert_allclose(made, [(80.0, 30.0, 2.0, 150.0, 3.0), (110.0, 5.0, 1.0, 90.0, 4.0)])


# --- doors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(MOVES))
def test_every_way_gives_the_same(name: str) -> None:
    rows = np.concatenate([PERSONS, np.full((2, 17, 1), 30.0), np.full((2, 17, 1), 2.0)], axis=2)
    rows.flags.writeable = False
    made = chain(name, keypoint_columns=NAMES, keypoint_mirror=PAIRS)
    stepwise = A.Compose(made.transforms, seed=3, remove_invisible=False, keypoint_columns=NAMES,
                         keypoint_mirror=PAIRS, fuse=False)  # fmt: skip
    for again in (eval(repr(made), vars(A)), A.Compose.from_json(made.to_json()), A.Compose.from_yaml(made.to_yaml())):
        assert again == made
        assert hash(again) == hash(made)
    for key in range(7):  # a compiled chain, too
        found = made(image=IMAGE, keypoints=rows, key=key)["keypoints"]
        np.testing.assert_array_equal(found, stepwise(image=IMAGE, keypoints=rows, key=key)["keypoints"])
        np.testing.assert_array_equal(found, made.batch([IMAGE], keypoints=[rows], keys=[key])["keypoints"][0])
        record = made.draw(key, IMAGE.shape)
        np.testing.assert_array_equal(found, made.replay(record, image=IMAGE, keypoints=rows)["keypoints"])
        back = made.invert(key, IMAGE.shape, keypoints=found)["keypoints"]
        np.testing.assert_allclose(back[..., :2], rows[..., :2], atol=0.05)
        np.testing.assert_allclose(back[..., 4], rows[..., 4], rtol=0.05)


def test_things_follow_their_boxes_where_samples_are_mixed() -> None:
    boxes = [(0.0, 0.0, 119.0, 79.0), (25.0, 15.0, 95.0, 79.0)]
    sample = {"image": IMAGE, "boxes": boxes, "labels": [0, 1], "keypoints": PERSONS}
    other = {**sample, "labels": [2, 3]}
    for mix in (A.CutMix(lam=0.5), A.Mosaic(min_visibility=0.3), A.MixUp(lam=0.5)):
        made = A.Compose([mix], min_area=600)(**sample, key=(0, 1), donors=[other])
        assert made["keypoints"].shape == (len(made["boxes"]), 17, 3)
        assert len(made["keypoint_weights"]) == len(made["boxes"])
        for person, label, box in zip(made["keypoints"], made["labels"], made["boxes"]):
            seen = person[:, 2] > 0
            assert set(np.flatnonzero(seen)) <= set(np.flatnonzero(PERSONS[label % 2, :, 2]))
            assert (person[~seen] == 0).all()
            if label % 2:
                assert (person[seen, :2] >= np.array(box[:2]) - 24).all()
    with pytest.raises(ValueError, match="keypoints must be of one thing per box, 1, got 2"):
        A.Compose([A.MixUp()])(image=IMAGE, boxes=boxes[:1], keypoints=PERSONS, key=(0, 0), donors=[other])


def test_things_follow_their_boxes_as_instances_do() -> None:
    boxes = [(0.0, 0.0, 119.0, 79.0), (0.0, 0.0, 15.0, 15.0)]
    transforms = [A.CenterCrop(size=(40, 60))]
    made = A.Compose(transforms, instances=True)(image=IMAGE, boxes=boxes, keypoints=PERSONS, key=0)
    assert made["keypoints"].shape == (1, 17, 3)
    assert len(made["boxes"]) == 1
    apart = A.Compose(transforms)(image=IMAGE, boxes=boxes, keypoints=PERSONS, key=0)["keypoints"]
    assert apart.shape == (2, 17, 3)
    np.testing.assert_array_equal(made["keypoints"], apart[:1])


WRONG: list[tuple[dict[str, Any], Any, type[Exception], str]] = [
    (
        {"keypoint_columns": ("visibility",)},
        [(1, 2)],
        ValueError,
        r"rows \(x, y, visibility\), as keypoint_columns= says, got 2",
    ),
    ({"keypoint_columns": ("angle",)}, [(1, 2, "a")], TypeError, "keypoints must have numbers in the column 'angle'"),
    (
        {"keypoint_columns": ("scale",)},
        [(1, 2, np.inf)],
        ValueError,
        "keypoints must be finite in the column 'scale', got inf in row 0",
    ),
    ({"keypoint_columns": ("angle", "angle")}, [], ValueError, "must name each column behind x and y once"),
    ({"keypoint_columns": "angle"}, [], TypeError, "keypoint_columns must be a sequence of strings"),
    ({"keypoint_mirror": {5: 6}}, [(1, 2)], ValueError, r"at least 7 points, as keypoint_mirror= says, got 1"),
    ({"keypoint_mirror": {5: 6}}, np.zeros((2, 21)), ValueError, r"write numpy\.reshape\(keypoints, \(-1, 7, 3\)\)"),
    ({"keypoint_mirror": {"l": "r"}}, [(1, 2)], ValueError, "keypoint_labels must be given with keypoints"),
    ({"keypoint_mirror": {1: 2, 2: 3}}, [], ValueError, "must have each point in one pair, got 2 with 1 and 3"),
    ({"keypoint_mirror": {1: "a"}}, [], TypeError, "must have pairs of strings or of integers"),
    ({"keypoint_mirror": {-1: 2}}, [], ValueError, "must have numbers of points >= 0"),
    ({"keypoint_mirror": 5}, [], TypeError, "keypoint_mirror must be a dict or a sequence of pairs, got int"),
    ({"keypoint_mirror": [(1, 2, 3)]}, [], TypeError, "must have pairs of labels or of numbers of points"),
    ({}, np.zeros((1, 1, 17, 3)), ValueError, "keypoints must have shape"),
    ({}, np.zeros((2, 17, 1)), ValueError, "keypoints must have shape"),
    ({}, np.full((2, 17, 3), np.nan), ValueError, "keypoints must be finite"),
]


@pytest.mark.parametrize(("options", "points", "error", "message"), WRONG)
def test_refuses(options: dict[str, Any], points: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        A.Compose([A.HorizontalFlip(p=1)], **options)(image=IMAGE, keypoints=points, key=0)


def test_no_points_of_things_have_the_columns_that_are_named() -> None:
    chain = A.Compose([A.HorizontalFlip(p=1)], keypoint_columns=("angle", "scale"))
    image = np.zeros((8, 9, 3), np.uint8)
    with pytest.raises(ValueError, match=r"keypoints must have rows \(x, y, angle, scale\), .* got 3 numbers"):
        chain(image=image, keypoints=np.zeros((0, 4, 3)), key=0)
    assert chain(image=image, keypoints=np.zeros((0, 4, 4)), key=0)["keypoints"].shape == (0, 4, 4)


@pytest.mark.parametrize("columns", [(), ("angle",), ("visibility",), ("scale", "visibility")])
def test_pieces_of_mixed_images_carry_columns(columns: tuple[str, ...]) -> None:
    """Points that are cut away are left out, and those that are left keep what stands in their columns."""
    rows = np.array([(x, y, *(1.0 + k for k in range(len(columns)))) for x in (5.0, 35.0) for y in (5.0, 25.0)])
    other = rows + 0.5 * (np.arange(2 + len(columns)) < 2)
    image = np.zeros((30, 40, 3), np.uint8)
    chain = A.Compose([A.CutMix(p=1.0, lam=0.5)], keypoint_columns=columns)
    for key in range(6):
        found = chain(image=image, keypoints=rows, key=key, donors=[{"image": image + 255, "keypoints": other}])
        seen = found["image"][..., 0]
        kept = [p for p in rows if seen[int(p[1]), int(p[0])] == 0]
        came = [p for p in other if seen[int(p[1]), int(p[0])] == 255]
        np.testing.assert_array_equal(sorted(map(tuple, found["keypoints"])), sorted(map(tuple, (*kept, *came))))
