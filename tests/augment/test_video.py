"""Clips: all frames under the same draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.samples import H, Note, W, field, instances, picture, tight

import augment as A


def clip(n: int = 4) -> dict[str, Any]:
    """Frames with a thing that moves, its mask and its box, and what a call has for one frame."""
    frames, masks, boxes = [], [], []
    for k in range(n):
        mask = np.zeros((H, W), np.uint8)
        mask[4 + k : 12 + k, 3 + 4 * k : 15 + 4 * k] = 5
        masks.append(mask)
        frames.append(picture(k) // 2 + 20 * mask[..., None])
        boxes.append([tight(mask)])
    return {
        "frames": frames,
        "masks": masks,
        "boxes": boxes,
        "labels": [["thing"]] * n,
        "depth": [field(seed=k) for k in range(n)],
    }


def frame_of_clip(given: dict[str, Any], k: int) -> dict[str, Any]:
    return {{"frames": "image", "masks": "mask"}.get(name, name): values[k] for name, values in given.items()}


VIDEO = {
    "compiled": [A.HorizontalFlip(), A.Affine(p=1), A.BrightnessContrast(p=1), A.GaussianNoise(p=1)],
    "stepwise": [A.Elastic(p=1), A.GaussianBlur(p=1), A.ISONoise(p=1), A.Crop(size=(20, 20), p=1)],
    "without noise": [A.Rotate(p=1), A.AutoContrast(p=1)],
}


@pytest.mark.parametrize("name", VIDEO)
def test_all_frames_are_under_the_same_draw(name: str) -> None:
    chain = A.Compose(VIDEO[name], seed=8, float_names=["depth"], extra_names=["video_id"])
    given, note = clip(), Note()
    for key in range(3):
        out = chain.video(**given, key=(key, 1), workers=2, video_id=note, label=3)
        array = chain.video(np.stack(given["frames"]), key=(key, 1))["frames"]
        assert out["video_id"] is note
        assert (out["label"], out["key"]) == (3, (key, 1))
        assert set(out) == {*given, "video_id", "label", "key"}
        np.testing.assert_array_equal(array, out["frames"])
        for k in range(4):
            one = chain(**frame_of_clip(given, k), key=(key, 1))
            for target, value in frame_of_clip({n: out[n] for n in given}, k).items():
                np.testing.assert_array_equal(value, one[target])
        own = chain.video(**given, key=(key, 1), noise="frame")
        np.testing.assert_array_equal(own["frames"][0], out["frames"][0])
        for other in ("masks", "boxes", "labels", "depth"):
            np.testing.assert_array_equal(own[other], out[other])
        assert (own["frames"][1:] == out["frames"][1:]).all() == (name == "without noise")
        again = chain.video(**given, key=(key, 1), noise="frame", out=np.empty_like(own["frames"]), workers=2)
        np.testing.assert_array_equal(again["frames"], own["frames"])


def test_noise_of_frames_is_theirs_alone() -> None:
    chain = A.Compose([A.GaussianNoise(sigma=(0.1, 0.1), p=1)])
    frames = np.full((3, H, W), 128, np.uint8)
    noise = chain.video(frames, key=1, noise="frame")["frames"].astype(float) - 128
    np.testing.assert_allclose(noise.std(axis=(1, 2)), 25.5, rtol=0.1)
    assert abs(np.corrcoef(noise.reshape(3, -1)) - np.eye(3)).max() < 0.1


def test_what_looks_at_boxes_sees_those_of_all_frames() -> None:
    given = clip(5)
    chain = A.Compose([A.BoxSafeCrop(p=1), A.MaskDropout(p=1), A.Rotate90(p=1)], box_format="coco", seed=1)
    given["boxes"] = [np.array([(b[0], b[1], b[2] - b[0], b[3] - b[1]) for b in boxes]) for boxes in given["boxes"]]
    del given["depth"]
    for key in range(8):
        out = chain.video(**given, key=key)
        assert out["frames"].shape[0] == 5
        for boxes in out["boxes"]:
            np.testing.assert_allclose(np.sort(boxes[0][2:]), (8.0, 12.0), atol=1e-4)


def test_what_has_noise_of_its_own_says_so() -> None:
    """`Transform.noise_streams`: of the transforms of noise and of what falls, and of no others."""
    names = {name for name in A.__dir__() if getattr(getattr(A, name), "noise_streams", ())}
    assert names == {*(n for n in A.__dir__() if n.endswith("Noise")), "SaltAndPepper", "Rain", "Snow"}
    frames = np.full((2, H, W, 3), 120, np.uint8)
    for name, alike in (("gaussian_noise", False), ("fog", True)):
        out = A.Compose([A.Corruption(name=name, p=1)]).video(frames, key=1, noise="frame")["frames"]
        assert np.array_equal(out[0], out[1]) == alike


def test_what_looks_at_labels_sees_those_of_all_frames() -> None:
    chain = A.Compose([A.ConstrainedDropout(labels=["b"], p=1)])
    frames = np.full((2, H, W), 100, np.uint8)
    out = chain.video(frames, boxes=[[(2, 2, 9, 9)], [(20, 5, 35, 25)]], labels=[["a"], ["b"]], key=3)["frames"]
    assert (out[:, 5:25, 20:35] == 0).any(axis=(1, 2)).all()
    assert (out[:, :, :20] == 100).all()


def test_instances_of_frames_and_batches() -> None:
    chain = A.Compose([A.Affine(p=1), A.Crop(size=(14, 18), p=1)], boxes_from_masks=True, seed=3)
    things = [instances(3 + k, k) for k in range(3)]
    columns = {name: [t[name] for t in things] for name in ("boxes", "labels")}
    columns["instances"] = [t["masks"] for t in things]
    frames = [picture(k) for k in range(3)]
    batch = chain.batch(frames, **columns, keys=[4, 4, 4])
    video = chain.video(frames, **columns, key=4)
    for k in range(3):
        one = chain(image=frames[k], **things[k], key=4)
        for made in (batch, video):
            np.testing.assert_array_equal(made["instances"][k], one["masks"])
            np.testing.assert_array_equal(made["boxes"][k], one["boxes"])
            assert made["labels"][k] == one["labels"]


def test_clips_that_do_not_fit_are_refused() -> None:
    chain = A.Compose([A.HorizontalFlip()])
    for frames, kind, message in (
        ([picture(), picture()[:-1]], ValueError, r"frames must have one shape and dtype, .* got \(31, 40, 3\)"),
        (np.zeros((H, W), np.uint8), ValueError, "frames must be a sequence of images or an array"),
        (5, TypeError, "frames must be a sequence of images, got int"),
        (picture(), ValueError, r"looks like one image: pass \[image\]; if they are \d+ grey images"),
        ([picture(), None], TypeError, r"frames\[1\] must be a numpy array"),
    ):
        with pytest.raises(kind, match=message):
            chain.video(frames, key=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="masks must have one entry a frame, 1, got 2"):
        chain.video([picture()], masks=[picture()] * 2, key=0)
    with pytest.raises(ValueError, match="noise must be one of 'clip', 'frame', got 'none'"):
        chain.video([picture()], noise="none", key=0)
    looks = A.Compose([A.BoxSafeCrop(p=1), A.MaskDropout(p=1)])
    with pytest.raises(TypeError, match="boxes must be a sequence, one entry a frame, got NoneType"):
        looks.video([picture()], boxes=None, key=0)
    with pytest.raises(ValueError, match=r"boxes must have shape \(n, 4\)"):
        looks.video([picture()], boxes=[[(1, 2)]], key=0)
    np.testing.assert_array_equal(looks.video([picture()], key=0)["frames"][0], looks(image=picture(), key=0)["image"])
    assert chain.video([], key=3) == {"frames": [], "key": 3}


def test_what_looks_at_masks_sees_the_same_one_by_every_door() -> None:
    """In whatever order they are named; those of instances, too, which belong to the boxes of a frame."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    first, other = np.zeros((2, 30, 40), np.uint8)
    first[3, 5] = other[25, 33] = 1
    chain = A.Compose([A.MaskCrop(8, p=1)], mask_names=("other",))
    found = chain(image=image, mask=first, other=other, key=1)["image"]
    np.testing.assert_array_equal(chain(image=image, other=other, mask=first, key=1)["image"], found)
    for call, given in ((chain.batch, {"keys": [1]}), (chain.video, {"key": 1})):
        made = call(np.array([image]), other=[other], masks=[first], **given)
        np.testing.assert_array_equal(made["frames" if call == chain.video else "images"][0], found)
    chain = A.Compose([A.MaskCrop(8, p=1)], instances=True)
    found = chain(image=image, masks=[other], boxes=[[30, 20, 35, 28]], key=1)["image"]
    made = chain.video([image], instances=[[other]], boxes=[[[30, 20, 35, 28]]], key=1)
    np.testing.assert_array_equal(made["frames"][0], found)


def test_targets_that_a_batch_has_twice_are_refused() -> None:
    images = np.zeros((2, 8, 9, 3), np.uint8)
    chain = A.Compose([A.HorizontalFlip(p=1)])
    for call in (chain.batch, chain.video):
        with pytest.raises(TypeError, match="image is a target of single calls"):
            call(images, image=images)
        with pytest.raises(TypeError, match="masks is mask of many samples: give one of them, got masks and mask"):
            call(images, masks=images[..., 0], mask=images[..., 0])
    for name in ("donors", "out", "mix", "keys"):
        with pytest.raises(ValueError, match=f"mask_names must name targets of its own, got '{name}', which is taken"):
            A.Compose([A.HorizontalFlip()], mask_names=(name,))
