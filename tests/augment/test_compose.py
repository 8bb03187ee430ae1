"""Chains: keys, order, workers, batches, streams, records, recipes, geometry and what they refuse."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import augment as A
import imgproc


def picture(h: int = 61, w: int = 83, channels: int = 3, seed: int = 0) -> np.ndarray:
    y, x = np.mgrid[0:h, 0:w]
    planes = [0.5 + 0.3 * np.sin(x / (6 + c) + seed) + 0.15 * np.cos(y / 5 + c * x / 40) for c in range(channels)]
    return np.rint(np.stack(planes, -1) * 255).astype(np.uint8)


def chain(**options: Any) -> A.Compose:
    return A.Compose(
        [
            A.HorizontalFlip(p=0.5),
            A.Affine(scale=(0.8, 1.2), rotate=(-20, 20), p=0.9),
            A.OneOf([A.Gamma(), A.BrightnessContrast(), A.Sequential([A.Posterize(bits=(3, 6)), A.Solarize()])]),
            A.HueSaturationValue(p=0.7),
            A.GaussianNoise(p=0.5),
            A.SomeOf([A.Invert(p=0.2), A.RGBShift(), A.ToGray(p=0.3)], n=(0, 2)),
        ],
        **{"seed": 5, **options},
    )


def digest(array: np.ndarray) -> str:
    array = np.ascontiguousarray(array)
    return hashlib.sha256(f"{array.dtype.str}{array.shape}".encode() + array.tobytes()).hexdigest()[:16]


# --- keys -------------------------------------------------------------------------------------------------------------


def test_results_depend_on_the_key_and_the_seed_alone() -> None:
    image = picture()
    first = [digest(chain()(image=image, key=(0, i))["image"]) for i in range(12)]
    again = chain()
    backwards = [digest(again(image=image, key=(0, i))["image"]) for i in reversed(range(12))]
    assert first == backwards[::-1]
    assert len(set(first)) > 9
    assert first != [digest(chain(seed=6)(image=image, key=(0, i))["image"]) for i in range(12)]


def test_without_a_key_a_fresh_one_comes_back_and_replays() -> None:
    image = picture()
    results = [chain()(image=image) for _ in range(3)]
    assert len({r["key"] for r in results}) == 3
    for r in results:
        np.testing.assert_array_equal(chain()(image=image, key=r["key"])["image"], r["image"])


def test_another_transform_leaves_all_other_draws_alone() -> None:
    few = A.Compose([A.Affine(rotate=(-30, 30), p=0.5), A.Gamma(p=0.5), A.GaussianNoise(p=0.5)], seed=1)
    more = A.Compose(
        [
            A.VerticalFlip(),
            A.Affine(rotate=(-30, 30), p=0.5),
            A.OneOf([A.Invert(), A.RGBShift()]),
            A.Gamma(p=0.5),
            A.GaussianNoise(p=0.5),
        ],
        seed=1,
    )
    for key in range(20):
        drawn = {s["transform"]: s["params"] for s in few.draw(key, (50, 60, 3))["steps"]}
        others = {s["transform"]: s["params"] for s in more.draw(key, (50, 60, 3))["steps"]}
        assert drawn == {k: v for k, v in others.items() if k in ("Affine", "Gamma", "GaussianNoise")}


def test_p_is_a_probability() -> None:
    made = A.Compose([A.HorizontalFlip(p=0.3)])
    applied = sum(len(made.draw(k, (8, 8))["steps"]) for k in range(2000))
    assert abs(applied / 2000 - 0.3) < 0.04


def test_one_of_follows_weights_and_some_of_counts() -> None:
    one = A.Compose([A.OneOf([A.Invert(p=1.0), A.Gamma(p=0.5), A.Solarize(p=0.0)])])
    names = [one.draw(k, (8, 8, 3))["steps"][0]["transform"] for k in range(1500)]
    assert abs(names.count("Invert") / 1500 - 2 / 3) < 0.05
    assert "Solarize" not in names
    some = A.Compose([A.SomeOf([A.Invert(p=1), A.Gamma(p=1), A.Solarize(p=1)], n=2)])
    drawn = [tuple(s["transform"] for s in some.draw(k, (8, 8, 3))["steps"]) for k in range(300)]
    assert set(drawn) == set(itertools.combinations(("Invert", "Gamma", "Solarize"), 2))
    shuffled = A.Compose([A.SomeOf([A.Invert(p=1), A.Gamma(p=1), A.Solarize(p=1)], n=2, shuffle=True)])
    assert len({tuple(s["transform"] for s in shuffled.draw(k, (8, 8, 3))["steps"]) for k in range(300)}) == 6


@pytest.mark.nojit
def test_a_tiny_chain_by_hand() -> None:
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3) * 4
    made = A.Compose([A.HorizontalFlip(p=1), A.BrightnessContrast(brightness=(0.2, 0.2), contrast=(0.0, 0.0), p=1)])
    expected = np.minimum(image[:, ::-1].astype(float) + 51, 255)
    np.testing.assert_array_equal(made(image=image, key=0)["image"], expected)
    turned = A.Compose([A.Rotate(angle=(90, 90), fit=True, p=1)])(image=image, mask=image[..., 0], key=0)
    np.testing.assert_array_equal(turned["image"], np.rot90(image))
    np.testing.assert_array_equal(turned["mask"], np.rot90(image[..., 0]))


# --- the same bytes everywhere ----------------------------------------------------------------------------------------


def _work(i: int) -> str:
    return digest(chain()(image=picture(seed=i), key=(3, i))["image"])


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_give_the_same_bytes(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    expected = [_work(i) for i in range(6)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(_work, range(6)) == expected


def test_threads_give_the_same_bytes() -> None:
    expected = [_work(i) for i in range(24)]
    for threads in (1, 2, 8):
        with ThreadPoolExecutor(threads) as pool:
            assert list(pool.map(_work, range(24))) == expected


def test_bands_give_the_same_bytes() -> None:
    """A large image is cut into bands; noise, geometry and tables do not notice."""
    image = picture(601, 640)
    before = imgproc.get_num_threads()
    found = set()
    try:
        for threads in (1, 2, 8):
            imgproc.set_num_threads(threads)
            found.add(digest(chain()(image=image, key=9)["image"]))
    finally:
        imgproc.set_num_threads(before)
    assert len(found) == 1


@pytest.mark.parametrize("size", [1, 7, 32])
@pytest.mark.parametrize("workers", [1, 2, 8])
def test_batches_of_any_size_give_the_same_bytes(size: int, workers: int) -> None:
    images = np.stack([picture(seed=i) for i in range(32)])
    keys = [(2, i) for i in range(32)]
    single = [digest(chain()(image=images[i], key=keys[i])["image"]) for i in range(32)]
    found = []
    for a in range(0, 32, size):
        batch = chain().batch(images[a : a + size], keys=keys[a : a + size], workers=workers)
        found += [digest(image) for image in batch["images"]]
    assert found == single


def test_any_order_gives_the_same_bytes() -> None:
    order = np.random.default_rng(1).permutation(16)
    expected = [_work(int(i)) for i in sorted(order)]
    assert [x for _, x in sorted((int(i), _work(int(i))) for i in order)] == expected


GOLDEN = {
    "colour": [A.BrightnessContrast(p=1), A.HueSaturationValue(p=1), A.Gamma(p=1), A.RGBShift(p=1), A.Posterize(p=1)],
    "geometry": [A.HorizontalFlip(p=1), A.Affine(rotate=(-20, 20), p=1), A.Perspective(p=1)],
    "noise": [A.GaussianNoise(p=1), A.SaltAndPepper(p=1), A.SpeckleNoise(p=1), A.PixelDropout(p=1)],
    "jitter": [A.ColorJitter(p=1), A.ToSepia(p=1), A.Solarize(p=1), A.Invert(p=1)],
    "elastic": [A.Elastic(p=1), A.LensDistortion(p=1)],
    "normalize": [A.Crop(size=(40, 50)), A.Transpose(p=1), A.Normalize()],
}

DIGESTS = {
    "colour": "dfaf624310501335",
    "geometry": "98e6ef57b63b2069",
    "noise": "fcf78b3f7bad833c",
    "jitter": "0f8560515b94fe8e",
    "elastic": "3ebf723400f05ced",
    "normalize": "5f33fbac82903686",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_digests(name: str) -> None:
    """A change of these bytes is a change that users notice: say so in CHANGELOG.md when you renew a digest."""
    made = A.Compose(GOLDEN[name], seed=1)
    found = digest(np.concatenate([made(image=picture(), key=k)["image"].ravel() for k in range(3)]))
    assert found == DIGESTS[name]


# --- fusion -----------------------------------------------------------------------------------------------------------

COLOUR = [
    A.BrightnessContrast(p=1),
    A.HueSaturationValue(p=1),
    A.Gamma(p=1),
    A.RGBShift(p=1),
    A.Posterize(p=1),
    A.Solarize(p=1),
    A.Invert(p=1),
    A.ToGray(p=1),
    A.ToSepia(p=1),
    A.ColorJitter(p=1),
    A.GaussianNoise(p=1),
    A.SaltAndPepper(p=1),
    A.ChannelShuffle(p=1),
    A.Equalize(p=1),
    A.CoarseDropout(p=1),
    A.PixelDropout(p=1),
]
EXACT = [
    A.HorizontalFlip(p=1),
    A.VerticalFlip(p=1),
    A.Transpose(p=1),
    A.Rotate90(p=1),
    A.Pad(padding=(3, 5, 2, 0), fill=0.4),
]
ROUGH = [A.Affine(rotate=(-20, 20), p=1), A.Perspective(p=1), A.Rotate(p=1), A.Elastic(p=1), A.Resize(size=(50, 70))]


@hypothesis.given(
    st.lists(st.sampled_from(COLOUR + EXACT), max_size=6),
    st.integers(0, 1000),
    st.sampled_from([np.uint8, np.uint16, np.float32]),
)
@hypothesis.settings(max_examples=60)
def test_fused_is_stepwise_to_the_last_bit_without_interpolation(transforms: list[Any], key: int, dtype: Any) -> None:
    image = picture(23, 31)
    image = (
        image if dtype == np.uint8 else image.astype(dtype) * 257 if dtype == np.uint16 else (image / 255).astype(dtype)
    )
    fused = A.Compose(transforms)(image=image, key=key)["image"]
    stepwise = A.Compose(transforms, fuse=False)(image=image, key=key)["image"]
    np.testing.assert_array_equal(fused, stepwise)


@hypothesis.given(
    st.lists(st.sampled_from(EXACT + ROUGH), max_size=4),
    st.lists(st.sampled_from(EXACT[:4]), max_size=2),
    st.integers(0, 1000),
)
@hypothesis.settings(max_examples=40)
def test_fused_is_stepwise_within_the_interpolation(transforms: list[Any], more: list[Any], key: int) -> None:
    """Smooth pictures forgive interpolation; frames and fills must agree but for a pixel at their edges."""
    y, x = np.mgrid[0:71, 0:90]
    image = np.rint(120 + 40 * np.sin(x / 14) + 40 * np.cos(y / 11)).astype(np.uint8)[..., None].repeat(3, -1)
    options = {"seed": 3}
    fused = A.Compose(transforms + more, **options)(image=image, mask=image[..., 0] > 0, key=key)
    stepwise = A.Compose(transforms + more, fuse=False, **options)(image=image, mask=image[..., 0] > 0, key=key)
    assert fused["image"].shape == stepwise["image"].shape
    error = np.abs(fused["image"].astype(int) - stepwise["image"])
    inner = error[(fused["image"] > 30) & (stepwise["image"] > 30)]
    assert np.mean(inner > 3) < 0.03
    outside = (fused["image"] == 0) != (stepwise["image"] == 0)
    assert outside.mean() < 0.04
    np.testing.assert_array_equal(fused["mask"].shape, stepwise["mask"].shape)


def test_what_a_crop_cut_off_does_not_come_back() -> None:
    """Crop, pad, rotate with constant fill shows fill, not pixels from outside the crop."""
    image = np.full((60, 80, 3), 255, np.uint8)
    image[20:40, 30:50] = 128
    made = A.Compose(
        [A.CenterCrop(size=(20, 20)), A.Pad(padding=20, fill=0.25), A.Rotate(angle=(30, 30), fill=0.5, p=1.0)]
    )
    out = made(image=image, key=0)["image"]
    assert out.shape == (60, 60, 3)
    assert 255 not in out
    assert {64, 128} <= set(np.unique(out))
    explained = made.explain((60, 80, 3))
    assert explained.count("pass") == 1, explained


def test_explain_names_passes_and_why_they_end() -> None:
    made = A.Compose([A.Affine(p=1), A.Gamma(p=1), A.Rotate(p=1), A.GaussianBlur(p=1), A.Equalize(p=1), A.Normalize()])
    text = made.explain((40, 60, 3))
    assert "Affine, Gamma" in text
    assert "needs neighbours" in text
    assert "statistic" in text
    assert "interpolation comes after" in text
    assert "float32" in text


@pytest.mark.parametrize("fuse", [True, False])
def test_explain_names_what_erases(fuse: bool) -> None:
    made = A.Compose([A.HorizontalFlip(p=1), A.CoarseDropout(p=1), A.Gamma(p=1)], fuse=fuse)
    text = made.explain((40, 60, 3))
    assert ("HorizontalFlip, CoarseDropout, Gamma" in text) == fuse and "CoarseDropout" in text


# --- results ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("layout", ["last", "first"])
@pytest.mark.parametrize("source", [np.uint8, np.uint16, np.float32])
def test_dtype_and_layout_of_the_result(dtype: str, layout: str, source: Any) -> None:
    image = picture()
    given = (
        image
        if source == np.uint8
        else (image.astype(np.uint16) * 257)
        if source == np.uint16
        else (image / np.float32(255))
    )
    out = A.Compose([A.HorizontalFlip(p=1)], dtype=dtype, layout=layout)(image=given, key=0)["image"]
    assert out.dtype == dtype
    out = np.moveaxis(out, 0, -1) if layout == "first" else out
    top = np.iinfo(dtype).max if dtype.startswith("u") else 1.0
    tolerance = {"float16": 5e-4, "uint8": 0.5 / 255}.get(dtype, 1e-5)
    np.testing.assert_allclose(out / np.float64(top), image[:, ::-1] / 255, atol=tolerance)


def test_float16_is_rounded_as_numpy_rounds() -> None:
    values = np.concatenate([np.linspace(-3, 3, 3000), np.logspace(-9, 5, 3000), -np.logspace(-9, 5, 3000)])
    values = np.r_[values, 65504, 65519.9, 65520, 1e6, np.inf, -np.inf, np.nan, 0.0, -0.0].astype(np.float32)[None]
    out = A.Compose([A.HorizontalFlip(p=1)], dtype="float16")(image=values, key=0)["image"]
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(out, values[:, ::-1].astype(np.float16))


def test_normalize_into_a_buffer_with_channels_first() -> None:
    image = picture()
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.4)
    buffer = np.full((3, 61, 83), np.nan, np.float32)
    made = A.Compose([A.Normalize(mean=mean, std=std)], layout="first")
    result = made(image=image, out=buffer)["image"]
    assert result is buffer
    expected = (image / 255 - np.array(mean)) / np.array(std)
    np.testing.assert_allclose(buffer, np.moveaxis(expected, -1, 0), atol=1e-5)
    with pytest.raises(ValueError, match="out must have shape"):
        made(image=image, out=np.empty((61, 83, 3), np.float32))


def test_further_images_masks_and_fields() -> None:
    image = picture()
    made = A.Compose(
        [A.HorizontalFlip(p=1)],
        image_names=("depth",),
        mask_names=("weights",),
        box_fields=("labels", "scores"),
        keypoint_fields=("names",),
        min_area=20,
    )
    out = made(
        image=image,
        depth=image[..., 0].astype(np.uint16),
        weights=np.arange(61 * 83).reshape(61, 83),
        masks=[image[..., 0] > 100],
        boxes=[(0, 0, 10, 10), (0, 0, 2, 2)],
        labels=("cat", "dust"),
        scores=np.array([0.5, 0.1]),
        keypoints=[(1.0, 2.0), (200.0, 2.0)],
        names=["in", "out"],
        key=1,
    )
    np.testing.assert_array_equal(out["depth"], image[:, ::-1, 0])
    np.testing.assert_array_equal(out["weights"], np.arange(61 * 83).reshape(61, 83)[:, ::-1])
    np.testing.assert_array_equal(out["masks"][0], image[:, ::-1, 0] > 100)
    assert out["boxes"] == [(73.0, 0.0, 83.0, 10.0)]
    assert out["labels"] == ("cat",)
    np.testing.assert_array_equal(out["scores"], [0.5])
    assert out["keypoints"] == [(82.0, 2.0)]
    assert out["names"] == ["in"]


def test_empty_boxes_stay_empty() -> None:
    out = chain()(image=picture(), boxes=[], labels=[], key=1)
    assert list(out["boxes"]) == []
    assert out["labels"] == []
    assert chain()(image=picture(), boxes=np.empty((0, 4)), labels=[], key=1)["boxes"].shape == (0, 4)


def test_images_of_one_pixel_go_through() -> None:
    out = chain()(image=np.full((1, 1, 3), 7, np.uint8), mask=np.ones((1, 1), bool), key=2)
    assert out["image"].shape == (1, 1, 3)
    assert out["mask"].shape == (1, 1)


# --- batches and streams ----------------------------------------------------------------------------------------------


def test_batch_carries_every_target_into_the_buffer() -> None:
    images = np.stack([picture(seed=i) for i in range(5)])
    masks = images[..., 0] > 120
    boxes = [[(5, 5, 40, 40)], [], [(0, 0, 9, 9), (20, 20, 60, 50)], [(1, 2, 3, 4)], []]
    labels = [["a"], [], ["b", "c"], ["d"], []]
    keys = list(range(5))
    buffer = np.zeros_like(images)
    out = chain().batch(images, masks=masks, boxes=boxes, labels=labels, keys=keys, out=buffer, workers=2)
    assert out["images"] is buffer
    assert out["masks"].shape == masks.shape
    for i in range(5):
        one = chain()(image=images[i], mask=masks[i], boxes=boxes[i], labels=labels[i], key=i)
        np.testing.assert_array_equal(buffer[i], one["image"])
        np.testing.assert_array_equal(out["masks"][i], one["mask"])
        assert out["boxes"][i] == one["boxes"]
        assert out["labels"][i] == one["labels"]


def test_batch_of_different_sizes_gives_a_list() -> None:
    images = [picture(20, 30), picture(30, 20), picture(25, 25)]
    out = A.Compose([A.HorizontalFlip(p=1)]).batch(images, keys=[1, 2, 3])
    assert [i.shape for i in out["images"]] == [i.shape for i in images]
    one_size = A.Compose([A.Resize(size=(16, 18))]).batch(images, keys=[1, 2, 3])
    assert one_size["images"].shape == (3, 16, 18, 3)
    assert A.Compose([A.Invert(p=1)]).batch([])["images"] == []


def test_batch_refuses_what_does_not_fit() -> None:
    images = np.zeros((4, 8, 8, 3), np.uint8)
    made = A.Compose([A.Invert(p=1)])
    with pytest.raises(ValueError, match="keys must have one entry an image, 4, got 3"):
        made.batch(images, keys=[1, 2, 3])
    with pytest.raises(ValueError, match="boxes must have one entry"):
        made.batch(images, boxes=[[]])
    with pytest.raises(ValueError, match="images must be"):
        made.batch(images[0, 0])
    with pytest.raises(TypeError, match="images must be"):
        made.batch(5)
    with pytest.raises(ValueError, match="out must have"):
        made.batch(images, out=np.zeros((4, 8, 9, 3), np.uint8))
    with pytest.raises(ValueError, match="workers must be >= 1"):
        made.batch(images, workers=0)


def test_map_keeps_order_and_takes_few_ahead() -> None:
    taken = []

    def stream() -> Any:
        for i in range(40):
            taken.append(i)
            yield {"image": picture(seed=i), "boxes": [(1, 1, 20, 20)], "labels": [i]}

    results = chain().map(stream(), epoch=4, workers=2)
    assert taken == []
    first = next(results)
    assert first["key"] == (4, 0)
    assert len(taken) <= 2 * 2 + 2
    for i, result in enumerate(itertools.chain([first], results)):
        expected = chain()(image=picture(seed=i), boxes=[(1, 1, 20, 20)], labels=[i], key=(4, i))
        np.testing.assert_array_equal(result["image"], expected["image"])
        assert result["labels"] == expected["labels"]
        assert len(taken) <= i + 1 + 2 * 2 + 2
    assert i == 39


def test_map_takes_images_and_keys_and_raises_in_order() -> None:
    images = [picture(), picture(), np.zeros((0, 4), np.uint8), picture()]
    results = chain().map(images, keys=[9, 8, 7, 6], workers=2)
    assert [next(results)["key"], next(results)["key"]] == [9, 8]
    with pytest.raises(ValueError, match="at least one pixel"):
        next(results)


def test_map_can_be_left_early() -> None:
    before = threading.active_count()
    for _ in range(20):
        results = chain().map((picture() for _ in range(50)), workers=2)
        next(results)
        results.close()
    assert threading.active_count() <= before + 2


# --- records, recipes -------------------------------------------------------------------------------------------------


def test_a_record_replays_on_another_image() -> None:
    made = chain()
    record = json.loads(json.dumps(made.draw((1, 2), (61, 83, 3))))
    one, other = picture(), picture(seed=9)
    np.testing.assert_array_equal(made.replay(record, image=one)["image"], made(image=one, key=(1, 2))["image"])
    np.testing.assert_array_equal(made.replay(record, image=other)["image"], made(image=other, key=(1, 2))["image"])
    assert made.replay(record, image=one)["key"] == (1, 2)
    with pytest.raises(ValueError, match="record must fit the chain"):
        A.Compose([A.Invert()]).replay(
            {**record, "steps": [{"transform": "Gamma", "occurrence": 0, "params": {}}]}, image=one
        )


def test_recipes_of_a_whole_chain() -> None:
    made = chain(
        dtype="float32", layout="first", box_format="yolo", min_visibility=0.25, box_fields=("labels", "scores")
    )
    assert A.Compose.from_dict(made.to_dict()) == made
    assert A.Compose.from_json(made.to_json(indent=1)) == made
    assert A.Compose.from_yaml(made.to_yaml()) == made
    lines = [line for line in made.to_yaml().splitlines() if line[0] not in " -"]
    assert [line.partition(":")[0] for line in lines] == list(made.to_dict())  # in its own order, not by the alphabet
    assert eval(repr(made), vars(A)) == made


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "version 99"),
        ({"version": None}, "must have a version"),
        ({"transform": "Teleport"}, "unknown transform"),
        ({"transform": "Invert"}, "no field"),
        ({"flavour": "sweet"}, "no field 'flavour'"),
        ({"seed": "x"}, "seed must be an integer"),
        ({"transforms": [{"transform": "Gamma", "gamma": [2, 1]}]}, "gamma"),
        ({"transforms": [{"transform": "Gamma", "gama": [1, 2]}]}, "no field 'gama'"),
        ({"transforms": [{"gamma": [1, 2]}]}, "transforms"),
    ],
)
def test_wrong_recipes_are_refused(change: dict[str, Any], message: str) -> None:
    recipe = {**A.Compose([A.Gamma()]).to_dict(), **change}
    with pytest.raises((TypeError, ValueError), match=message):
        A.Compose.from_dict(recipe)


def test_a_recipe_of_no_compose_is_refused() -> None:
    with pytest.raises(ValueError, match="must be of a Compose"):
        A.Compose.from_dict({"version": 1, "transform": "Invert"})
    with pytest.raises(TypeError, match="recipe must be a dict"):
        A.Compose.from_dict([1])


# --- geometry ---------------------------------------------------------------------------------------------------------


def test_matrix_is_the_way_of_keypoints() -> None:
    made = A.Compose(
        [A.HorizontalFlip(p=1), A.Affine(rotate=(-40, 40), p=1), A.Perspective(p=1), A.Resize(size=(50, 99))]
    )
    points = np.array([[10.0, 10.0], [40.0, 30.0], [70.0, 50.0]])
    matrix = made.matrix(3, (61, 83))
    moved = np.c_[points, np.ones(3)] @ matrix.T
    out = A.Compose(made.transforms, remove_invisible=False)(image=picture(), keypoints=points, key=3)["keypoints"]
    np.testing.assert_allclose(out, moved[:, :2] / moved[:, 2:], atol=1e-6)
    with pytest.raises(ValueError, match="no matrix"):
        A.Compose([A.Elastic(p=1)]).matrix(0, (61, 83))


@pytest.mark.parametrize("bend", [[], [A.Elastic(p=1)], [A.LensDistortion(p=1), A.GridDistortion(p=1)]])
def test_invert_brings_points_boxes_and_masks_back(bend: list[Any]) -> None:
    made = A.Compose(
        [A.HorizontalFlip(p=1), A.Affine(rotate=(-10, 10), scale=(0.9, 1.0), p=1), *bend, A.Resize(size=(120, 170))],
        remove_invisible=False,
    )
    points = np.array([[30.0, 25.0], [40.0, 30.0], [50.0, 40.0]])
    mask = np.zeros((61, 83), np.uint8)
    mask[20:45, 25:60] = 3
    out = made(image=picture(), keypoints=points, mask=mask, key=4)
    back = made.invert(4, (61, 83, 3), keypoints=out["keypoints"], mask=out["mask"])
    np.testing.assert_allclose(back["keypoints"], points, atol=0.05)
    assert back["mask"].shape == mask.shape
    assert np.mean(back["mask"] != mask) < 0.03
    upright = A.Compose([A.HorizontalFlip(p=1), A.Resize(size=(122, 166))], box_format="coco")
    boxes = upright(image=picture(), boxes=[(10, 5, 20, 30)], key=0)["boxes"]
    np.testing.assert_allclose(upright.invert(0, (61, 83), boxes=boxes)["boxes"], [(10, 5, 20, 30)], atol=1e-9)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("targets", "kind", "message"),
    [
        ({}, TypeError, "image is missing"),
        ({"image": None}, TypeError, "image must be a numpy array"),
        ({"image": [[1]]}, TypeError, "image must be a numpy array"),
        ({"image": np.zeros((4, 4), np.int32)}, TypeError, "dtype"),
        ({"image": np.zeros((4, 4), bool)}, TypeError, "dtype"),
        ({"image": np.zeros((0, 4), np.uint8)}, ValueError, "at least one pixel"),
        ({"image": np.zeros((4, 0, 3), np.uint8)}, ValueError, "at least one pixel"),
        ({"image": np.zeros((4, 4, 0), np.uint8)}, ValueError, "channel"),
        ({"image": np.zeros(4, np.uint8)}, ValueError, "shape"),
        ({"image": picture(), "imge": picture()}, TypeError, "unknown target 'imge'"),
        ({"image": picture(), "mask": np.zeros((5, 5), bool)}, ValueError, "mask must have the"),
        ({"image": picture(), "mask": [[1]]}, TypeError, "mask must be"),
        ({"image": picture(), "masks": picture()}, ValueError, "masks must"),
        ({"image": picture(), "boxes": [(1, 2, 3)]}, ValueError, "boxes must have shape"),
        ({"image": picture(), "boxes": [(5, 5, 1, 1)]}, ValueError, "x0 <= x1"),
        ({"image": picture(), "boxes": [(np.nan, 5, 9, 9)]}, ValueError, "finite"),
        ({"image": picture(), "boxes": "all"}, TypeError, "boxes must be"),
        ({"image": picture(), "boxes": [(1, 1, 5, 5)], "labels": [1, 2]}, ValueError, "labels must have one entry"),
        ({"image": picture(), "keypoint_labels": [1]}, TypeError, "keypoint_labels belongs to keypoints"),
        ({"image": picture(), "keypoints": [(1,)]}, ValueError, "keypoints must have shape"),
        ({"image": picture(), "key": "x"}, TypeError, "key must be an integer"),
        ({"image": picture(), "key": ()}, ValueError, "key must be"),
        ({"image": picture(), "key": 1 << 70}, ValueError, "64 bits"),
    ],
)
def test_wrong_calls_are_refused(targets: dict[str, Any], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        chain()(**targets)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: A.Compose(A.Invert()), "transforms must be a list"),
        (lambda: A.Compose([A.Invert]), "instantiate it"),
        (lambda: A.Compose([A.Compose([])]), "use Sequential"),
        (lambda: A.Compose(["Invert"]), "must be a transform"),
        (lambda: A.Compose([], p=2), "p must be <= 1"),
        (lambda: A.Compose([], seed=0.5), "seed must be an integer"),
        (lambda: A.Compose([], dtype="int8"), "dtype must be one of"),
        (lambda: A.Compose([], layout="chw"), "layout must be one of"),
        (lambda: A.Compose([], box_format="xyxy"), "box_format must be one of"),
        (lambda: A.Compose([], min_visibility=1.5), "min_visibility must be <= 1"),
        (lambda: A.Compose([], min_area=-1), "min_area must be >= 0"),
        (lambda: A.Compose([], fuse=1), "fuse must be True or False"),
        (lambda: A.Compose([], box_fields=("image",)), "taken"),
        (lambda: A.Compose([], box_fields="labels"), "sequence of strings"),
        (lambda: A.OneOf([]), "at least one"),
        (lambda: A.OneOf([A.Invert(p=0)]), "at least one"),
        (lambda: A.SomeOf([A.Invert()], n=2), "n must be <= 1"),
        (lambda: A.SomeOf([A.Invert(), A.Gamma()], n=(2, 1)), "low <= high"),
        (lambda: chain().matrix(0, 5), "shape must be"),
        (lambda: chain().matrix(0, (0, 5)), "must be >= 1"),
        (lambda: next(chain().map([], workers=0)), "workers must be >= 1"),
    ],
)
def test_wrong_declarations_are_refused(make: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make()


def test_a_crop_larger_than_the_image_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        A.Compose([A.Crop(size=(100, 20))])(image=picture(), key=0)


def test_ten_thousand_calls_keep_memory() -> None:
    resource = pytest.importorskip("resource", reason="this system does not tell a process's memory")
    made, image = chain(), picture(16, 16)
    for i in range(500):
        made(image=image, boxes=[(1, 1, 9, 9)], mask=image[..., 0] > 9, key=i)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for i in range(10_000):
        made(image=image, boxes=[(1, 1, 9, 9)], mask=image[..., 0] > 9, key=i)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 20 * 1024


# --- what callers pass beside images ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fuse", [True, False])
def test_out_is_checked_before_any_work(fuse: bool) -> None:
    image = np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3)
    chain, many = A.Compose([A.HorizontalFlip(p=1)], fuse=fuse), np.stack([image] * 6)
    record = chain.draw(1, image.shape)
    locked = np.empty_like(image)
    locked.flags.writeable = False
    calls = [
        lambda out: chain(image=image, key=1, out=out),
        lambda out: chain.replay(record, image=image, out=out),
    ]
    for call in calls:
        for wrong in ([1], 5, "x"):
            with pytest.raises(TypeError, match="out must be a numpy array, got"):
                call(wrong)
        with pytest.raises(ValueError, match="out must be writeable"):
            call(locked)
        with pytest.raises(ValueError, match="out must not overlap"):
            call(image)
        np.testing.assert_array_equal(call(np.empty_like(image))["image"], image[:, ::-1])
    for images in (many, list(many)):
        with pytest.raises(TypeError, match="out must be"):
            chain.batch(images, keys=range(6), out=[1] * 6)
        with pytest.raises(ValueError, match="out must be writeable"):
            chain.batch(images, keys=range(6), out=np.broadcast_to(image, many.shape))
        with pytest.raises(ValueError, match="out must not overlap"):
            chain.batch(images, keys=range(6), out=many)
    np.testing.assert_array_equal(many, np.stack([image] * 6))


def test_seeds_keys_and_names_of_any_kind_are_served_or_refused_in_words() -> None:
    image = np.zeros((8, 9, 3), np.uint8)
    A.Compose([A.Gamma()], seed=-1)(image=image, key=1)
    for key in (np.int64(3), (np.int64(3), np.uint8(1)), [np.int32(2), 1]):
        record = A.Compose([A.Gamma(p=1)]).draw(key, image.shape)
        assert json.loads(json.dumps(record)) == record
    for names in (5, None, "labels", [1]):
        for field in ("box_fields", "keypoint_fields", "image_names", "mask_names"):
            with pytest.raises(TypeError, match=f"{field} must be a sequence of strings"):
                A.Compose([], **{field: names})


def test_a_default_field_gives_way_to_a_name_that_is_declared() -> None:
    image, points = np.zeros((8, 9, 3), np.uint8), [(1.0, 2.0), (3.0, 4.0)]
    chain = A.Compose([A.HorizontalFlip(p=1)], keypoint_fields=("labels",))
    assert chain(image=image, keypoints=points, labels=["a", "b"], key=1)["labels"] == ["a", "b"]
    assert eval(repr(chain), vars(A)) == chain == A.Compose.from_json(chain.to_json())
    assert dataclasses.replace(A.Compose([]), keypoint_fields=("labels",)).box_fields == ()
    assert A.Compose([], image_names=["keypoint_labels"]).keypoint_fields == ()
    with pytest.raises(ValueError, match="keypoint_fields must name targets of its own, got 'labels'"):
        A.Compose([], box_fields=["labels"], keypoint_fields=["labels"])


def test_a_chain_that_never_acts_asks_nothing_of_levels() -> None:
    wide = np.full((20, 30, 3), 100, np.float32)
    never = A.Compose([A.HueSaturationValue(p=1)], p=0)
    assert np.array_equal(never(image=wide, key=1)["image"], wide)
    with pytest.raises(ValueError, match="levels from 0 to 1"):
        A.Compose([A.HueSaturationValue(p=1)], p=0.5)(image=wide, key=1)
