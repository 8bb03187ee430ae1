"""Mixing in chains, and the buffer of donors."""

from __future__ import annotations

import json
import pickle
import threading
from typing import Any

import numpy as np
import pytest
from helpers.mix_samples import CLASSES, every_entry, keys_of, pictures, same, samples
from helpers.transforms import build

import augment
from augment import (
    Compose,
    CutMix,
    DonorBuffer,
    GridMix,
    MixUp,
    Mosaic,
    OnOffSchedule,
    ResizeMix,
    SamplePairing,
)

# --- chains -----------------------------------------------------------------------------------------------------------


def entry_chain(name: str, parameters: dict[str, Any], **options: Any) -> tuple[Compose, list[dict[str, Any]]]:
    mix = build(name, {**parameters, "num_classes": CLASSES})
    between = [augment.Affine(rotate=(-20, 20), p=1.0), mix, augment.HorizontalFlip(), augment.Gamma()]
    return Compose(between, seed=11, **options), samples(6, instances=name == "CopyPaste")


@every_entry
def test_the_same_key_gives_the_same_bytes(name: str, parameters: dict[str, Any]) -> None:
    chain, things = entry_chain(name, parameters)
    for thing in things:
        for value in thing.values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
    for key in (3, (1, 4), (0, 1, 2)):
        one, other = (chain(**things[0], key=key, donors=things) for _ in range(2))
        same(one, other)
        assert one["key"] == key
        assert len(one["mix"]) == 1
        for result in ("image", "boxes", "keypoints", "mask"):
            if result in one:
                assert not any(np.shares_memory(one[result], t[result]) for t in things)
                assert one[result].flags.writeable


@every_entry
def test_recipes_records_and_copies_do_the_same(name: str, parameters: dict[str, Any]) -> None:
    parameters = {**parameters, "schedule": OnOffSchedule(0, 2, 1, 50), "donor": augment.VerticalFlip()}
    chain, things = entry_chain(name, parameters)
    expected = chain(**things[1], key=(1, 1), donors=things)
    assert expected["mix"]
    copies = [
        pickle.loads(pickle.dumps(chain)),
        Compose.from_json(chain.to_json()),
        Compose.from_yaml(chain.to_yaml()),
        eval(repr(chain), vars(augment)),
    ]
    for copy in copies:
        assert copy == chain
        same(copy(**things[1], key=(1, 1), donors=things), expected)
    record = json.loads(json.dumps(chain.draw((1, 1), (48, 64, 3), donors=things)))
    same(chain.replay(record, **things[1], donors=things), expected)
    del record["steps"][1]["params"]["partners"]
    with pytest.raises(ValueError, match="record must name the partners"):
        chain.replay(record, **things[1], donors=things)


@every_entry
def test_p_0_changes_nothing_but_labels(name: str, parameters: dict[str, Any]) -> None:
    things = samples(3, instances=name == "CopyPaste")
    chain = Compose([build(name, {**parameters, "p": 0.0, "num_classes": CLASSES})])
    out = chain(**things[1], key=(0, 1), donors=things)
    np.testing.assert_array_equal(out["image"], things[1]["image"])
    np.testing.assert_array_equal(out["boxes"], things[1]["boxes"])
    assert out["label"].tolist() == [0, 1, 0, 0, 0]
    assert out["box_weights"].tolist() == [1, 1, 1]
    assert out["mix"] == ()


@every_entry
def test_batches_and_streams_are_single_calls(name: str, parameters: dict[str, Any]) -> None:
    chain, things = entry_chain(name, parameters, box_format="coco")
    for thing in things:
        corners = np.array(thing["boxes"], np.float64).reshape(-1, 4)
        corners[:, 2:] -= corners[:, :2]
        thing["boxes"] = corners
    keys = keys_of(6)
    singles = [chain(**thing, key=key, donors=things) for thing, key in zip(things, keys)]
    streamed = chain.map(things, workers=3, donors=things)
    for single, one in zip(singles, streamed, strict=True):
        same(one, single)
    if name == "CopyPaste":
        return
    batch = chain.batch(
        [t["image"] for t in things],
        keys=keys,
        masks=[t["mask"] for t in things],
        boxes=[t["boxes"] for t in things],
        labels=[t["labels"] for t in things],
        donors=things,
        workers=2,
    )
    for i, single in enumerate(singles):
        np.testing.assert_array_equal(batch["images"][i], single["image"])
        np.testing.assert_array_equal(batch["masks"][i], single["mask"])
        np.testing.assert_array_equal(batch["boxes"][i], single["boxes"])
        np.testing.assert_array_equal(batch["box_weights"][i], single["box_weights"])
        assert batch["labels"][i] == single["labels"]


def test_inserting_a_mixing_leaves_other_draws_alone() -> None:
    things = samples(4)
    plain = Compose([augment.Rotate(p=1.0), augment.Gamma(p=1.0)], seed=3)
    mixing = Compose([augment.Rotate(p=1.0), MixUp(lam=1.0, num_classes=CLASSES), augment.Gamma(p=1.0)], seed=3)
    a, b = ({s["transform"]: s["params"] for s in c.draw((0, 1), (48, 64, 3))["steps"]} for c in (plain, mixing))
    assert a["Rotate"] == b["Rotate"]
    assert a["Gamma"] == b["Gamma"]
    one = {k: v for k, v in things[1].items() if k not in ("label", "mask", "keypoints", "boxes", "labels")}
    expected = plain(**one, key=(0, 1))["image"].astype(int)
    assert np.abs(mixing(**one, key=(0, 1), donors=things)["image"] - expected).max() <= 1


def test_two_mixings_of_a_chain_are_independent() -> None:
    images = pictures(200, (2, 2))
    chain = Compose([MixUp(), MixUp(), CutMix()])
    info = [chain(image=images[i], key=(0, i), donors=images)["mix"] for i in range(200)]
    partners = np.array([[one.partners[0] for one in infos] for infos in info])
    assert (partners[:, 0] == partners[:, 1]).mean() < 0.05
    assert abs(np.corrcoef([i[0].lam for i in info], [i[1].lam for i in info])[0, 1]) < 0.25


def test_weights_of_boxes_multiply() -> None:
    things = samples(3)
    chain = Compose([MixUp(lam=0.5, num_classes=CLASSES), MixUp(lam=0.25, num_classes=CLASSES)])
    out = chain(**things[0], key=(0, 0), donors=things)
    assert sorted(set(out["box_weights"].tolist())) == [0.125, 0.75]
    assert out["label"].sum() == pytest.approx(1)


def test_one_of_several_mixings() -> None:
    things = samples(5)
    chain = Compose([augment.OneOf([MixUp(num_classes=CLASSES), CutMix(num_classes=CLASSES)])])
    found = [chain(**things[i], key=(e, i), donors=things)["mix"][0].transform for e in range(6) for i in range(5)]
    assert {"MixUp", "CutMix"} == set(found)


def test_the_donor_chain_has_draws_of_its_own() -> None:
    images = np.zeros((5, 16, 16, 3), np.uint8)
    images[:, :4, :4] = 255
    donor = augment.Sequential([augment.Rotate90(p=1.0), augment.HorizontalFlip(p=0.5)])
    chain = Compose([augment.HorizontalFlip(p=0.0), SamplePairing(weight=1.0, donor=donor)])
    found = {chain(image=images[0], key=(e, 0), donors=images)["image"].tobytes() for e in range(40)}
    assert len(found) == 4, "the corner goes everywhere"
    batch = SamplePairing(weight=1.0, donor=donor)(images, keys=keys_of(5), donors=images)
    for i in range(5):
        single = chain(image=images[i], key=(0, i), donors=images)
        np.testing.assert_array_equal(batch.images[i], single["image"])


def test_float_images_after_normalize_need_donors_alike() -> None:
    things = samples(3)
    chain = Compose([MixUp(num_classes=CLASSES), augment.Normalize(p=1.0)])
    assert chain(**things[0], key=(0, 0), donors=things)["image"].dtype == np.float32
    with pytest.raises(TypeError, match="image of a donor must have the dtype of the sample's, float32, got uint8"):
        Compose([augment.Normalize(p=1.0), MixUp(num_classes=CLASSES)])(**things[0], key=(0, 0), donors=things)


def test_output_dtype_layout_and_buffer() -> None:
    things = samples(3, label=False)
    chain = Compose([CutMix()], dtype="float32", layout="first")
    out = np.empty((3, 48, 64), np.float32)
    result = chain(**things[0], key=(0, 0), donors=things, out=out)
    assert result["image"] is out
    plain = Compose([CutMix()])(**things[0], key=(0, 0), donors=things)["image"]
    np.testing.assert_allclose(out, plain.transpose(2, 0, 1) / 255, atol=1e-6)


def test_further_images_and_masks_are_mixed_alike() -> None:
    rng = np.random.default_rng(0)
    donors = [
        {
            "image": np.full((10, 12, 3), k, np.uint8),
            "depth": np.full((10, 12), k / 10, np.float32),
            "parts": np.full((10, 12), k, np.int32),
            "score": [float(k)],
            "boxes": rng.uniform(0, 5, (1, 4)) + np.array((0, 0, 5, 5)),
        }
        for k in range(6)
    ]
    chain = Compose([GridMix()], image_names=["depth"], mask_names=["parts"], box_fields=["score"])
    out = chain(**donors[0], key=(0, 0), donors=donors)
    np.testing.assert_array_equal(out["image"][..., 0], out["parts"])
    np.testing.assert_allclose(out["depth"], out["parts"] / 10, rtol=1e-6)
    assert len(out["score"]) == len(out["boxes"])


def test_explain_and_what_a_chain_that_mixes_cannot_say() -> None:
    chain = Compose([augment.Affine(p=1.0), Mosaic(size=(64, 80)), augment.Gamma(p=1.0)])
    text = chain.explain((48, 64, 3))
    assert "pass 2: Mosaic: mixes the sample with its donors -> 80 x 64" in text
    assert "pass 3: Gamma" in text
    assert "result: 80 x 64" in text
    with pytest.raises(ValueError, match="a chain that mixes samples has no geometry of one image"):
        chain.matrix((0, 0), (48, 64))


def test_donors_are_not_needed_where_nothing_is_mixed() -> None:
    chain = Compose([augment.HorizontalFlip()])
    chain(image=pictures(1)[0], key=1, donors=None)
    chain(image=pictures(1)[0], key=1, donors=[1, 2])
    off = Compose([MixUp(p=0.0)])
    assert off(image=pictures(1)[0], key=1)["mix"] == ()


# --- the buffer -------------------------------------------------------------------------------------------------------


def test_the_buffer_keeps_the_last() -> None:
    buffer = DonorBuffer(3)
    for k in range(5):
        buffer.add(np.full((2, 2), k, np.uint8))
    assert [int(d[0, 0]) for d in buffer] == [2, 3, 4]
    assert len(buffer) == buffer.capacity == 3
    again = pickle.loads(pickle.dumps(buffer))
    assert [int(d[0, 0]) for d in again] == [2, 3, 4]
    again.add({"image": np.zeros((2, 2), np.uint8), "boxes": [[0, 0, 1, 1]]})
    assert len(again) == 3
    assert repr(buffer) == "DonorBuffer(3) with 3 samples"


def test_the_buffer_takes_pairs() -> None:
    images = pictures(3)
    buffer = DonorBuffer(3, [(image, k) for k, image in enumerate(images)])
    found = MixUp(num_classes=3)(images, np.arange(3), keys=keys_of(3), donors=buffer)
    listed = MixUp(num_classes=3)(images, np.arange(3), keys=keys_of(3), donors=list(zip(images, range(3))))
    np.testing.assert_array_equal(found.images, listed.images)
    np.testing.assert_array_equal(found.labels, listed.labels)


def test_what_lies_outside_is_cut_at_a_mixing() -> None:
    things = samples(4, label=False)
    for options in ({}, {"clip": False, "remove_invisible": False}):
        chain = Compose([augment.CenterCrop(size=(24, 32), p=1.0), ResizeMix()], **options)
        donors = [{**d, "keypoints": d["keypoints"] - 20} for d in things]
        out = chain(**things[0], key=(0, 0), donors=donors)
        assert ((out["boxes"] >= 0) & (out["boxes"] <= (32, 24, 32, 24))).all()
        assert ((out["keypoints"] >= 0) & (out["keypoints"] <= (32, 24))).all()
        off = Compose([augment.CenterCrop(size=(24, 32), p=1.0), ResizeMix(p=0.0)], **options)(**things[0], key=(0, 0))
        assert (out["mix"] != ()) and (off["boxes"].min() < 0) == bool(options)


def test_the_buffer_owns_copies() -> None:
    image = np.zeros((2, 2), np.uint8)
    mask = np.ones((2, 2), bool)
    copied, shared = DonorBuffer(2), DonorBuffer(2, copy=False)
    for buffer in (copied, shared):
        buffer.add({"image": image, "masks": [mask], "boxes": [(0, 0, 1, 1)]})
    image[:] = 7
    mask[:] = False
    assert copied[0]["image"].max() == 0
    assert copied[0]["masks"][0].all()
    assert shared[0]["image"] is image


def test_the_buffer_is_for_streams() -> None:
    buffer = DonorBuffer(4)
    chain = Compose([Mosaic(num_classes=CLASSES)])
    for index, thing in enumerate(samples(8)):
        buffer.add(thing)
        out = chain(**thing, key=(0, index), donors=buffer)
        assert (out["mix"][0].partners < len(buffer)).all()


def test_threads_share_a_buffer() -> None:
    buffer = DonorBuffer(5, [pictures(1)[0]])
    chain, errors = Compose([Mosaic(), MixUp()]), []

    def work(offset: int) -> None:
        try:
            for k in range(60):
                buffer.add(pictures(1)[0])
                chain(image=buffer[0], key=(0, offset + k), donors=buffer)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(100 * t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(buffer) == 5
