"""Boxes, masks and keypoints of mixed samples; copy-paste."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.mix_samples import CLASSES, DTYPES, every_entry, keys_of, numbered, pictures, samples
from oracles import mix as naive_mix
from scipy import stats

import augment
from augment import (
    Compose,
    CopyPaste,
    CutMix,
    MixUp,
    Mosaic,
)
from augment._chain.targets.boxes import seen_boxes
from augment._chain.targets.points import seen_points
from augment._inventory import build, sample
from augment.mix._content import fit_stage

# --- boxes, masks, keypoints ------------------------------------------------------------------------------------------


def test_seen_boxes_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    for k in range(25):
        h, w = rng.integers(1, 14, 2)
        owner = (rng.random((h, w)) < rng.random()).astype(np.uint8)
        if k % 3 == 0:
            owner = np.zeros((h, w), np.uint8)
            owner[: h // 2 + 1, : w // 2] = 1
        corners = np.sort(rng.uniform(-3, max(h, w) + 3, (9, 2, 2)), axis=1)
        boxes = corners.transpose(0, 1, 2).reshape(9, 4)
        boxes[::2] = np.round(boxes[::2])
        for who in (0, 1):
            for least in (0.0, 0.4, 1.0):
                found, kept = seen_boxes(boxes, owner, who, least)
                expected, rows = naive_mix.seen_boxes(boxes, owner, who, least)
                assert kept.tolist() == rows
                np.testing.assert_allclose(found, np.reshape(expected, (-1, 4)), atol=1e-12)


def test_seen_points() -> None:
    owner = np.array([[0, 1], [0, 0]], np.uint8)
    points = np.array([[0.5, 0.5], [1.5, 0.5], [2.0, 0.0], [2.0, 2.0], [-0.1, 0.5], [0.5, 2.1], [np.nan, 1.0]])
    assert seen_points(points, owner, 0).tolist() == [0, 3]
    assert seen_points(points, owner, 1).tolist() == [1, 2]


def test_boxes_under_cutmix_follow_one_rule() -> None:
    images = np.stack([np.zeros((20, 20), np.uint8), np.full((20, 20), 255, np.uint8)])
    host = [[0, 0, 10, 4], [5, 5, 15, 15], [6, 6, 14, 14], [0, 8, 20, 12]]
    theirs = [[0, 0, 6, 6], [7, 7, 9, 9], [10, 10, 30, 30]]
    mix = CutMix(lam=0.75, min_visibility=0.1)
    for k in range(50):  # until the rectangle, 10 x 10, is in the middle
        info = mix(images, keys=[(k, 0), (k, 1)]).info
        center = info.params[0]["center"]
        if [int(20 * c) for c in center] == [10, 10]:
            break
    else:
        info.params[0]["center"][:] = [0.5, 0.5]
    found = mix.replay(info, images, boxes=[host, theirs], box_labels=[list("abcd"), list("xyz")])
    assert found.images[0][5:15, 5:15].all()
    assert found.images[0].sum() == 100 * 255
    assert found.box_labels[0] == ["a", "d", "y", "z"], "b and c are covered, of x 1 of 36 is seen"
    assert found.boxes[0] == [[0, 0, 10, 4], [0, 8, 20, 12], [7, 7, 9, 9], [10, 10, 15, 15]]
    assert found.box_weights[0].tolist() == [1, 1, 1, 1]
    strict = CutMix(lam=0.75, min_visibility=0.6).replay(info, images, boxes=[host, theirs])
    assert strict.boxes[0] == [[0, 0, 10, 4], [7, 7, 9, 9]], "of d a half is seen, of z a quarter of what it shows"


def test_a_covered_side_shortens_a_box() -> None:
    owner = np.zeros((10, 10), np.uint8)
    owner[:, 6:] = 1
    found, _ = seen_boxes(np.array([[2.0, 2.5, 9.0, 7.5]]), owner, 0, 0.0)
    assert found.tolist() == [[2.0, 2.5, 6.0, 7.5]]


def test_mixup_keeps_the_boxes_of_both_with_their_weights() -> None:
    images = pictures(2)
    mix = MixUp(lam=0.25)
    masks = [np.full((12, 17), k, np.uint8) for k in (1, 2)]
    found = mix(
        images,
        keys=keys_of(2),
        boxes=[[[1, 1, 5, 5]], np.array([[2.0, 2, 7, 7], [0, 0, 3, 3]])],
        box_labels=[["cat"], ["dog", "cow"]],
        keypoints=[[(3, 4)], []],
        masks=masks,
    )
    assert found.boxes[0] == [[1, 1, 5, 5], [2, 2, 7, 7], [0, 0, 3, 3]]
    assert isinstance(found.boxes[1], np.ndarray)
    assert found.box_labels == [["cat", "dog", "cow"], ["dog", "cow", "cat"]]
    assert found.box_weights[0].tolist() == [0.25, 0.75, 0.75]
    assert found.box_weights[1].tolist() == [0.25, 0.25, 0.75]
    assert found.keypoints == [[(3, 4)], [(3, 4)]]
    assert [w.tolist() for w in found.keypoint_weights] == [[0.25], [0.75]]
    assert [m[0, 0] for m in found.masks] == [2, 1], "the mask of the larger share"
    weighted = mix(images, keys=keys_of(2), boxes=[[[1, 1, 5, 5]], []], box_weights=[[0.5], []])
    assert weighted.box_weights[0].tolist() == [0.125]


@pytest.mark.parametrize("fit", ["cover", "contain", "stretch"])
@pytest.mark.parametrize("grid", [(2, 2), (3, 3), (1, 4)])
def test_boxes_follow_their_things_in_a_mosaic(fit: str, grid: tuple[int, int]) -> None:
    things = samples(9)
    chain = Compose([Mosaic(grid=grid, size=(180, 240), fit=fit, mask_fill=0, num_classes=CLASSES)])
    for index in range(3):
        out = chain(**things[index], key=(0, index), donors=things)
        assert out["image"].shape == (180, 240, 3)
        assert out["mask"].shape == (180, 240)
        assert len(out["boxes"]) == len(out["labels"]) == len(out["box_weights"])
        assert out["label"].sum() == pytest.approx(1)
        for (x0, y0, x1, y1), label in zip(out["boxes"], out["labels"]):
            inside = out["mask"][round(y0) : round(y1), round(x0) : round(x1)] == label % 10
            assert inside.mean() > 0.6 or inside.size < 40
        covered = np.zeros((180, 240), bool)
        for x0, y0, x1, y1 in out["boxes"]:
            covered[max(int(y0) - 1, 0) : int(y1) + 2, max(int(x0) - 1, 0) : int(x1) + 2] = True
        assert covered[out["mask"] > 0].all(), "a thing without its box"


def test_mosaic_drops_boxes_by_what_is_seen_of_them() -> None:
    things = samples(4, label=False)
    counts = {}
    for least in (0.0, 0.9):
        chain = Compose([Mosaic(min_visibility=least)])
        counts[least] = sum(len(chain(**things[0], key=(k, 0), donors=things)["boxes"]) for k in range(8))
    assert counts[0.9] < counts[0.0] <= 8 * 12


def test_mosaic_lines_stay_in_order_and_in_range() -> None:
    images = numbered(40, (30, 30))
    _, _, info = Mosaic(grid=(3, 3), center=(0.0, 1.0))(images, keys=keys_of(40))
    for params in info.params:
        assert params["down"] == sorted(params["down"])
    _, _, info = Mosaic(center=(0.3, 0.7))(images, keys=keys_of(40))
    lines = np.array([p["down"] + p["across"] for p in info.params])
    assert stats.kstest(lines.ravel(), stats.uniform(0.3, 0.4).cdf).pvalue > 0.01


def test_mosaic_with_fewer_donors_than_cells() -> None:
    images = numbered(2)
    for grid in ((2, 2), (3, 3)):
        mixed, _, info = Mosaic(grid=grid)(images, keys=keys_of(2))
        assert set(np.unique(mixed)) == {0, 1}
        np.testing.assert_allclose(info.shares.sum(axis=1), 1)
        alone = Compose([Mosaic(grid=grid)])(image=images[0], key=(0, 0), donors=images[1:])
        assert set(np.unique(alone["image"])) == {0, 1}
    assert (Mosaic()(images[:1], keys=[(0, 0)]).images == 0).all()


def test_mosaic_fills_what_no_image_covers() -> None:
    wide = np.full((4, 10, 100), 200, np.uint8)
    mix = Mosaic(fit="contain", size=(40, 40), fill=114 / 255, num_classes=4)
    mixed, soft, info = mix(wide, np.arange(4), keys=keys_of(4))
    assert set(np.unique(mixed)) == {114, 200}
    np.testing.assert_allclose(soft.sum(axis=1), 1, atol=1e-6)
    for i in range(4):
        seen = (mixed[i] == 200).sum()
        assert info.shares[i].sum() == pytest.approx(1)
        assert 0 < seen < 1600


def test_fit_stages_keep_whole_pixels() -> None:
    stage = fit_stage((10, 20), (20, 20), "contain", (0.5, 0.5))
    assert stage.pull[:6] == (1, 0, 0, 0, 1, -5)
    stage = fit_stage((10, 20), (10, 10), "cover", (0.0, 1.0))
    assert stage.pull[:6] == (1, 0, 10, 0, 1, 0)
    stage = fit_stage((10, 20), (20, 10), "stretch")
    assert stage.pull[:6] == (2, 0, 0, 0, 0.5, 0)


@every_entry
def test_masks_boxes_and_keypoints_follow_the_pixels(name: str, parameters: dict[str, Any]) -> None:
    """A mask that numbers samples says whose pixels are where: rows of fields must agree with it."""
    if name in ("MixUp", "SamplePairing", "CopyPaste"):
        return
    donors = []
    for k in range(6):
        one = sample((48, 64))
        one["mask"] = np.full((48, 64), k + 1, np.uint8)
        one["labels"] = [k + 1] * 3
        one["keypoint_labels"] = [k + 1] * 3
        donors.append(one)
    chain = Compose([build(name, {**parameters, **({"mask_fill": 0} if name == "Mosaic" else {})})])
    for index in range(6):
        out = chain(**donors[index], key=(0, index), donors=donors)
        for box, label in zip(out["boxes"], out["labels"], strict=True):
            x0, y0, x1, y1 = np.round(box).astype(int)
            assert (out["mask"][y0:y1, x0:x1] == label).any()
        for (x, y), label in zip(out["keypoints"], out["keypoint_labels"], strict=True):
            area = out["mask"][max(int(y) - 1, 0) : int(y) + 2, max(int(x) - 1, 0) : int(x) + 2]
            assert (area == label).any()


# --- copy-paste -------------------------------------------------------------------------------------------------------


def scene(level: int, rectangles: list[tuple[int, int, int, int]]) -> dict[str, Any]:
    masks = []
    for x0, y0, x1, y1 in rectangles:
        mask = np.zeros((30, 40), np.uint8)
        mask[y0:y1, x0:x1] = 1
        masks.append(mask)
    return {
        "image": np.full((30, 40, 3), level, np.uint8),
        "masks": masks,
        "boxes": [list(map(float, r)) for r in rectangles],
        "labels": [f"{level}-{k}" for k in range(len(rectangles))],
    }


def test_copy_paste_updates_what_is_covered() -> None:
    host = scene(10, [(0, 0, 10, 10), (12, 0, 20, 10), (30, 20, 40, 30)])
    donor = scene(200, [(5, 0, 20, 10)])
    out = Compose([CopyPaste()])(**host, key=(0, 0), donors=[donor])
    pasted = np.zeros((30, 40), bool)
    pasted[0:10, 5:20] = True
    np.testing.assert_array_equal(out["image"], np.where(np.dstack([pasted] * 3), 200, 10))
    assert out["labels"] == ["10-0", "10-2", "200-0"], "the second is gone"
    assert out["boxes"] == [[0, 0, 5, 10], [30, 20, 40, 30], [5, 0, 20, 10]]
    assert [int(m.sum()) for m in out["masks"]] == [50, 100, 150]
    assert sum(m.astype(int) for m in out["masks"]).max() == 1, "one owner a pixel"
    assert host["masks"][0].sum() == 100
    assert out["mix"][0].lam == pytest.approx(1 - pasted.mean())
    strict = Compose([CopyPaste(min_visibility=0.6)])(**host, key=(0, 0), donors=[donor])
    assert strict["labels"] == ["10-2", "200-0"]


def test_copy_paste_draws_its_objects() -> None:
    host = scene(10, [])
    host["boxes"] = np.empty((0, 4))
    donor = scene(200, [(5 * k, 0, 5 * k + 4, 10) for k in range(6)])
    chain = Compose([CopyPaste(objects=(2, 4))])
    found = [chain(**host, key=(0, k), donors=[donor])["labels"] for k in range(60)]
    assert {len(f) for f in found} == {2, 3, 4}
    assert {name for f in found for name in f} == set(donor["labels"])
    assert all(f == sorted(f) for f in found)
    assert Compose([CopyPaste(objects=(0, 0))])(**host, key=(0, 1), donors=[donor])["labels"] == []


def test_copy_paste_without_boxes_and_with_a_label_mask() -> None:
    host, donor = scene(10, [(0, 0, 10, 10)]), scene(200, [(0, 0, 10, 10), (20, 5, 30, 20)])
    for one in (host, donor):
        del one["boxes"], one["labels"]
    out = Compose([CopyPaste(objects=(2, 2))])(**host, key=(0, 0), donors=[donor])
    assert [int(m.sum()) for m in out["masks"]] == [100, 150]
    labelled = [
        {"image": d["image"], "mask": d["masks"][0] * 3 + 5 * d["masks"][-1] * (d is donor)} for d in (host, donor)
    ]
    out = Compose([CopyPaste(objects=(2, 2))])(**labelled[0], key=(0, 0), donors=labelled[1:])
    assert (out["mask"] == labelled[1]["mask"]).all()
    batch = CopyPaste(objects=(2, 2))(
        np.stack([host["image"], donor["image"]]), keys=keys_of(2), instances=[host["masks"], np.stack(donor["masks"])]
    )
    assert [len(m) for m in batch.instances] == [2, 2]
    assert isinstance(batch.instances[1], np.ndarray)


@pytest.mark.parametrize("dtype", DTYPES)
def test_copy_paste_softens_edges(dtype: Any) -> None:
    host, donor = scene(0, []), scene(0, [(10, 10, 30, 20)])
    host["boxes"] = []
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    host["image"] = np.zeros((30, 40), dtype)
    donor["image"] = np.full((30, 40), top, dtype)
    sharp = Compose([CopyPaste()])(**host, key=(0, 0), donors=[donor])["image"]
    soft = Compose([CopyPaste(blend=1.5)])(**host, key=(0, 0), donors=[donor])["image"]
    assert set(np.unique(sharp)) == {0, top}
    assert soft.dtype == dtype
    assert abs(float(soft[15, 9]) + float(soft[15, 10]) - top) < 0.02 * top
    assert 0 < soft[15, 8] < soft[15, 9] < soft[15, 10] < soft[15, 11]
    assert soft[15, 20] >= 0.99 * top
    assert soft[0, 0] == 0
    for image in (host, donor):
        image["image"] = image["image"] / np.float64(top)
    exact = Compose([CopyPaste(blend=1.5)])(**host, key=(0, 0), donors=[donor])["image"] * top
    at_most = 0.52 if np.dtype(dtype).kind == "u" else 1e-6  # integers are rounded to the nearest, not cut off
    assert np.abs(soft - exact).max() <= at_most


def test_instance_masks_follow_their_boxes_through_a_chain() -> None:
    host = scene(10, [(0, 0, 4, 4), (20, 10, 36, 26)])
    donor = scene(200, [(18, 12, 24, 18), (0, 25, 4, 30)])
    chain = Compose(
        [augment.CenterCrop(size=(20, 30), p=1.0), CopyPaste(), augment.CenterCrop(size=(14, 20), p=1.0)],
        box_format="yolo",
    )
    for one in (host, donor):
        one["boxes"] = [
            ((x0 + x1) / 80, (y0 + y1) / 60, (x1 - x0) / 40, (y1 - y0) / 30) for x0, y0, x1, y1 in one["boxes"]
        ]
    out = chain(**host, key=(0, 0), donors=[donor])
    assert len(out["masks"]) == len(out["boxes"]) == len(out["labels"]) > 0
    for mask, (x, y, w, h) in zip(out["masks"], out["boxes"]):
        rows, columns = np.nonzero(mask)
        assert (columns.min(), columns.max() + 1) == pytest.approx(((x - w / 2) * 20, (x + w / 2) * 20))
        assert (rows.min(), rows.max() + 1) == pytest.approx(((y - h / 2) * 14, (y + h / 2) * 14))
