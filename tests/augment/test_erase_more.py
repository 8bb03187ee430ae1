"""Strips that are erased, and holes in objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.recorded import ordinary, recorded
from scipy import ndimage

import augment as A

SIZE = (48, 64)
IMAGE = np.full((*SIZE, 3), 200, np.uint8)


def erased(transform: Any, key: Any = 0, **given: Any) -> np.ndarray:
    return A.Compose([transform], seed=1)(image=IMAGE, key=key, **given)["image"][..., 0] == 0


def drawn(transform: Any, key: Any = 0, **given: Any) -> dict[str, Any]:
    return A.Compose([transform], seed=1).draw(key, IMAGE.shape, **given)["steps"][0]["params"]


# --- strips -----------------------------------------------------------------------------------------------------------


def test_strips_reach_from_side_to_side() -> None:
    transform = A.XYMasking(p=1.0, columns=(0, 2), rows=(1, 3), width=(0.1, 0.25), height=(0.0, 0.1))
    counts, lengths = set(), set()
    for key in range(150):
        params = drawn(transform, key)
        expected = np.zeros(SIZE, bool)
        for x0, x1 in params["columns"]:
            expected[:, x0:x1] = True
            lengths.add(x1 - x0)
        for y0, y1 in params["rows"]:
            expected[y0:y1] = True
            assert 1 <= y1 - y0 <= 5
        np.testing.assert_array_equal(erased(transform, key), expected)
        counts.add((len(params["columns"]), len(params["rows"])))
    assert counts == {(i, j) for i in range(3) for j in range(1, 4)}
    assert lengths == set(range(6, 17))


def test_strips_fill_masks_and_whole_images() -> None:
    everything = A.XYMasking(p=1.0, columns=(1, 1), rows=(0, 0), width=(1, 1), mask_fill=7, fill=0.5)
    done = A.Compose([everything])(image=IMAGE, mask=np.zeros(SIZE, np.uint8), key=0)
    assert (done["image"] == 128).all()
    assert (done["mask"] == 7).all()
    assert not erased(A.XYMasking(p=1.0, columns=(0, 0), rows=(0, 0))).any()
    for wrong in ({"columns": (2, 1)}, {"rows": (-1, 0)}, {"width": (0, 1.1)}, {"height": 0.5}, {"rows": (0, 5000)}):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            A.XYMasking(**wrong)


# --- holes in objects -------------------------------------------------------------------------------------------------

BOXES = np.array([(4.0, 4.0, 20.0, 24.0), (30.0, 10.0, 60.0, 40.0)])


def test_holes_lie_in_boxes() -> None:
    transform = A.ConstrainedDropout(p=1.0, holes=(1, 3), height=(0.2, 0.5), width=(0.1, 0.4))
    counts = set()
    for key in range(150):
        holes = drawn(transform, key, boxes=BOXES)["rectangles"]
        inside = [
            [y0 >= b[1] and x0 >= b[0] and y1 <= b[3] and x1 <= b[2] for y0, x0, y1, x1 in holes]
            for b in BOXES.tolist()
        ]
        assert all(sum(one) == 1 for one in zip(*inside))
        counts.add(tuple(map(sum, inside)))
        for (y0, x0, y1, x1), first in zip(holes, inside[0]):
            box = BOXES[0 if first else 1]
            assert 0.2 - 0.04 <= (y1 - y0) / (box[3] - box[1]) <= 0.5 + 0.04
            assert 0.1 - 0.04 <= (x1 - x0) / (box[2] - box[0]) <= 0.4 + 0.04
    assert counts == {(i, j) for i in (1, 2, 3) for j in (1, 2, 3)}


@pytest.mark.parametrize("labels", [["cat", "dog"], np.array(["cat", "dog"]), (3, 5), np.array([3, 5]), [3.0, 5.0]])
def test_boxes_are_chosen_by_their_labels(labels: Any) -> None:
    wanted = "dog" if str(labels[0]) == "cat" else 5
    transform = A.ConstrainedDropout(p=1.0, labels=(wanted, 77))
    chain = A.Compose([A.HorizontalFlip(p=1.0), transform, A.HorizontalFlip(p=1.0)])
    for key in range(10):
        done = chain(image=IMAGE, boxes=BOXES, labels=labels, key=key)
        here = done["image"][..., 0] == 0
        assert here.any()
        assert not here[:, :30].any()
        record = chain.draw(key, IMAGE.shape, boxes=BOXES, labels=labels)
        np.testing.assert_array_equal(chain.replay(record, image=IMAGE)["image"], done["image"])
    assert not erased(transform, boxes=[], labels=[]).any()
    assert not erased(transform).any()
    other = A.Compose([transform], box_fields=("classes",))
    assert (other(image=IMAGE, boxes=BOXES, classes=labels, key=0)["image"] == 0).any()
    with pytest.raises(ValueError, match=r"labels must be given with the boxes.*ConstrainedDropout"):
        A.Compose([transform], box_fields=())(image=IMAGE, boxes=BOXES, key=0)


MASK = np.zeros(SIZE, np.int32)
MASK[2:22, 3:23] = 4
MASK[30:46, 3:7] = 4
MASK[22:40, 30:50] = 9
MASK[40:44, 30:50] = 4  # touches the 9 above it


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float32])
@pytest.mark.parametrize("labels", [None, (4,), (9, 4), (1,)])
def test_holes_lie_around_pixels_of_pieces(labels: Any, dtype: Any) -> None:
    mask = MASK.astype(dtype)
    pieces = []
    for label in (4, 9):
        if labels is None or label in labels:
            numbers, count = ndimage.label(mask == label, np.ones((3, 3)))
            pieces += [numbers == k for k in range(1, count + 1)]
    transform = A.ConstrainedDropout(
        near="mask", labels=labels, p=1.0, holes=(2, 2), height=(0.3, 0.3), width=(0.2, 0.2)
    )
    for key in range(20):
        holes = drawn(transform, key, mask=mask)["rectangles"]
        assert len(holes) == 2 * len(pieces)
        left = list(pieces)
        for y0, x0, y1, x1 in holes[::2]:
            sizes = [max(round(np.sqrt(piece.sum()) * share), 1) for piece in left for share in (0.3, 0.2)]
            fits = [
                k
                for k, piece in enumerate(left)
                if y1 - y0 <= sizes[2 * k] and x1 - x0 <= sizes[2 * k + 1] and piece[y0:y1, x0:x1].any()
            ]
            assert fits
        assert erased(transform, key, mask=mask).sum() <= sum((y1 - y0) * (x1 - x0) for y0, x0, y1, x1 in holes)
    assert not erased(transform).any()  # no mask at all
    assert not erased(transform, mask=np.zeros(SIZE, dtype)).any()


def test_no_more_holes_than_a_bound() -> None:
    boxes = np.tile(BOXES, (40, 1))
    transform = A.ConstrainedDropout(p=1.0, holes=(100, 100))
    assert len(drawn(transform, boxes=boxes)["rectangles"]) == 4096
    for wrong in ({"near": "points"}, {"labels": 3}, {"labels": (1.5,)}, {"near": "mask", "labels": ("cat",)}):
        with pytest.raises((TypeError, ValueError), match=r"near|labels"):
            A.ConstrainedDropout(**wrong)


@pytest.mark.parametrize("shape", [(150, 160, 3), (260, 257), (130, 131, 4)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_large_images_are_painted_as_they_would_be_stage_by_stage(shape: tuple[int, ...], dtype: type) -> None:
    channels = shape[2] if len(shape) == 3 else 1
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image = (np.random.default_rng(0).random(shape) * top).astype(dtype)
    mask = np.ones(shape[:2], np.uint8)
    levels = tuple(np.linspace(0.1, 0.7, channels).tolist()) if channels > 1 else 0.3
    transforms = [
        A.XYMasking(fill=levels, mask_fill=7),
        A.OneOf([A.Erase(fill=0.25, p=1.0), A.CoarseDropout(p=1.0)]),
    ]
    chain, other = A.Compose(transforms), ordinary(transforms)
    assert recorded(chain, image).short is not None
    noisy = [A.XYMasking(fill="noise", p=1.0)]
    assert recorded(A.Compose(noisy), image).short is None
    buffer, gaps = np.empty_like(image), np.empty((shape[0], 2 * shape[1], *shape[2:]), dtype)[:, ::2]
    for key in range(12):
        wanted = other(image=image, mask=mask, key=key)
        np.testing.assert_array_equal(chain(image=image, key=key)["image"], wanted["image"])
        for out in (buffer, gaps):
            assert chain(image=image, key=key, out=out)["image"] is out
            np.testing.assert_array_equal(out, wanted["image"])
        found = chain(image=image, mask=mask, key=key)
        np.testing.assert_array_equal(found["image"], wanted["image"])
        np.testing.assert_array_equal(found["mask"], wanted["mask"])
    assert not chain._chain.compiled.find(image.shape, image.dtype).misses


def test_large_images_are_toned_as_they_would_be_stage_by_stage() -> None:
    image = np.random.default_rng(0).integers(0, 256, (150, 160, 3), np.uint8)
    transforms = [A.ToSepia(strength=(0.2, 0.9))]
    chain, other = A.Compose(transforms), ordinary(transforms)
    recorded(chain, image)
    for key in range(9):
        wanted = other(image=image, key=key)["image"]
        for out in (None, np.empty_like(image), np.empty((150, 320, 3), np.uint8)[:, ::2]):
            found = chain(image=image, key=key, out=out)["image"]
            np.testing.assert_array_equal(found, wanted)
            assert out is None or found is out
