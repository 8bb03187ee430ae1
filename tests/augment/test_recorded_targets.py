"""What goes along with an image gets the same bytes from a chain that is recorded as from one that runs its steps."""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest

import augment as A

KEYS = 12
"""The first four images of a kind run stage by stage."""

CHAINS: dict[str, list[Any]] = {
    "moves": [A.HorizontalFlip(), A.VerticalFlip(p=0.3), A.Crop(size=(21, 27)), A.BrightnessContrast()],
    "turns": [A.Crop(size=(28, 28)), A.Dihedral(), A.CenterCrop(size=(20, 18))],
    "affine": [A.HorizontalFlip(), A.Affine(rotate=(-40, 40), p=0.7), A.Normalize()],
    "affine, filled": [A.Affine(rotate=(-40, 40), translate=(-0.3, 0.3), fill=0.5, mask_fill=3), A.Gamma()],
    "perspective": [A.Affine(scale=(0.6, 1.4)), A.Perspective(p=0.8), A.VerticalFlip()],
    "resized crop": [A.ResizedCrop(size=(24, 30)), A.HorizontalFlip()],
    "bilinear crop": [A.ResizedCrop(size=(24, 30), interpolation="bilinear"), A.HorizontalFlip()],
    "erased": [A.HorizontalFlip(), A.CoarseDropout(mask_fill=2, p=0.8), A.CoarseDropout(p=0.6)],
    "warped and erased": [A.Affine(), A.CoarseDropout(holes=(1, 3), mask_fill=7)],
    "nothing drawn": [A.HorizontalFlip(p=1), A.Resize(size=(20, 31), interpolation="bicubic"), A.Normalize()],
    "resized": [A.Resize(size=(20, 31)), A.HorizontalFlip(), A.Normalize()],
}


def sample(seed: int = 0, h: int = 32, w: int = 40, dtype: str = "uint8") -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-0.5, 0.7, (24, 2)) * (w, h)
    boxes = np.hstack([corner, corner + rng.uniform(0.05, 0.6, (24, 2)) * (w, h)])
    return {
        "image": rng.integers(0, 256, (h, w, 3), np.uint8),
        "mask": rng.integers(0, 5, (h, w)).astype(dtype),
        "boxes": boxes,
        "labels": [f"box {k}" for k in range(24)],
        "keypoints": rng.uniform(-0.1, 1.1, (24, 2)) * (w, h),
    }


def same(found: Any, wanted: Any) -> None:
    assert type(found) is type(wanted)
    if isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    elif isinstance(wanted, (list, tuple)) and len(wanted) and isinstance(wanted[0], np.ndarray):
        assert len(found) == len(wanted)
        for mine, other in zip(found, wanted):
            same(mine, other)
    else:
        assert found == wanted


def check(transforms: list[Any], *samples: dict[str, Any], **options: Any) -> None:
    """Compare a chain that comes to be recorded with one that is made anew for each key; samples take turns."""
    options = {"box_outside": "clip", **options}
    chain = A.Compose(transforms, seed=3, **options)
    for key in range(KEYS):
        given = samples[key % len(samples)]
        try:
            wanted = A.Compose(transforms, seed=3, **options)(**given, key=key)
        except ValueError as error:
            with pytest.raises(ValueError, match=re.escape(str(error))):
                chain(**given, key=key)
            continue
        found = chain(**given, key=key)
        assert found.keys() == wanted.keys()
        for name in wanted:
            same(found[name], wanted[name])


@pytest.mark.parametrize("name", CHAINS)
def test_targets_of_recorded_chains(name: str) -> None:
    check(CHAINS[name], sample())


@pytest.mark.parametrize("dtype", ["bool", "uint16", "int32", "int64", "float32"])
def test_masks_of_every_kind(dtype: str) -> None:
    """Also with channels, with gaps between rows, and so large that OpenCV moves them."""
    given = sample(dtype=dtype)
    rng = np.random.default_rng(1)
    given["wide"] = rng.integers(0, 4, (32, 80, 2)).astype(dtype)[:, ::2]
    given["masks"] = [given["mask"], np.asfortranarray(given["mask"][::-1])]
    names = ("wide",)
    for transforms in (CHAINS["moves"], CHAINS["affine, filled"]):
        check(transforms, given, mask_names=names)
        check(transforms, {**given, "masks": np.stack(given["masks"])}, mask_names=names)
    large = sample(h=72, w=66, dtype=dtype)
    check([A.HorizontalFlip(), A.Rotate90(), A.Gamma()], large)


def test_what_a_mask_cannot_hold_is_refused_by_recorded_chains_too() -> None:
    chain = A.Compose([A.Affine(translate=(0.2, 0.4), border="constant", mask_fill=300, p=1)], box_outside="clip")
    given = sample()
    for key in range(KEYS):
        with pytest.raises(ValueError, match="mask_fill must be a label of the mask"):
            chain(image=given["image"], mask=given["mask"], key=key)
        chain(image=given["image"], mask=given["mask"].astype(np.int32), key=key)


@pytest.mark.parametrize("box_format", ["pascal_voc", "coco", "yolo", "albumentations", "obb"])
def test_boxes_of_every_format(box_format: str) -> None:
    given = sample()
    given["boxes"] = given["boxes"].clip(0, (40, 32, 40, 32))
    if box_format == "obb":
        rng = np.random.default_rng(2)
        given["boxes"] = np.hstack(
            [rng.uniform(8, 24, (24, 2)), rng.uniform(2, 9, (24, 2)), rng.uniform(0, 90, (24, 1))]
        )
    elif box_format in ("coco", "yolo"):
        given["boxes"][:, 2:] -= given["boxes"][:, :2]
    if box_format == "yolo":
        given["boxes"][:, :2] += given["boxes"][:, 2:] / 2
    if box_format in ("yolo", "albumentations"):
        given["boxes"] /= (40, 32, 40, 32)
    given["polygons"] = [[[3.0, 4.0, 30.0, 9.0, 17.0, 28.0]], [[1.0, 1.0, 9.0, 2.0, 4.0, 30.0]]]
    options = {"box_format": box_format, "min_visibility": 0.3, "remove_invisible": False, "clip": box_format != "yolo"}
    for boxes in (given["boxes"], given["boxes"].astype(np.float32), given["boxes"].tolist()):
        check(CHAINS["affine"], {**given, "boxes": boxes}, **options)
    check(CHAINS["moves"], given, **options)


def test_results_of_recorded_chains_are_new_arrays() -> None:
    given = sample()
    chain = A.Compose([A.Affine(p=0.5), A.Gamma()], box_outside="clip")
    for key in range(KEYS):
        found = chain(**given, key=key)
        for name in ("mask", "boxes", "keypoints"):
            assert found[name].flags.owndata and not np.shares_memory(found[name], given[name])


def test_further_images_of_every_kind() -> None:
    given = sample()
    rng = np.random.default_rng(4)
    given["other"] = rng.integers(0, 256, (32, 40, 3), np.uint8)
    given["thermal"] = rng.integers(0, 65536, (32, 40), np.uint16)
    given["near"] = rng.uniform(0, 1, (32, 40, 4)).astype(np.float16)
    given["depth"] = rng.uniform(0, 9, (32, 40)).astype(np.float32)
    options = {"image_names": ("other", "thermal", "near"), "float_names": ("depth",)}
    check([A.HorizontalFlip(), A.Crop(size=(21, 27)), A.BrightnessContrast()], given, **options)
    check([A.Affine(), A.Gamma()], given, **options)
    del given["thermal"], given["near"]
    check([A.Affine(), A.BrightnessContrast(), A.GaussianNoise()], given, **options)


ANY = [
    A.HorizontalFlip(), A.VerticalFlip(p=0.3), A.Rotate90(p=0.4), A.Dihedral(p=0.6), A.Affine(mask_fill=2),
    A.Affine(rotate=(-90, 90), scale=(0.3, 1.5), translate=(-0.4, 0.4)), A.Perspective(scale=(0.1, 0.3), p=0.7),
    A.Crop(size=(19, 19)), A.CenterCrop(size=(22, 22)), A.Resize(size=(25, 25)), A.ResizedCrop(size=(23, 23)),
    A.ResizedCrop(size=(30, 30), interpolation="bilinear"), A.Pad(padding=3, border="constant", fill=0.5, mask_fill=1),
    A.OneOf([A.Rotate(), A.HorizontalFlip(), A.Gamma()]), A.SomeOf([A.Affine(), A.Invert(), A.VerticalFlip()], n=2),
    A.GaussianBlur(p=0.4), A.Equalize(p=0.3), A.Rotate(), A.PadToSize(size=(46, 46)), A.BrightnessContrast(),
    A.CoarseDropout(holes=(1, 2), p=0.7, mask_fill=3), A.Gamma(), A.ToGray(p=0.3),
]  # fmt: skip


@hypothesis.settings(max_examples=40)
@hypothesis.given(st.data())
def test_any_chain_with_any_targets(data: st.DataObject) -> None:
    transforms = data.draw(st.lists(st.sampled_from(ANY), min_size=1, max_size=4))
    names = ["mask", "masks", "keypoints", "polygons", "other", "depth"]
    others = data.draw(st.sets(st.sampled_from(names), max_size=3)) | {"image"}
    if data.draw(st.booleans()):
        others |= {"boxes", "labels"}
    options = {"min_visibility": data.draw(st.sampled_from([0.0, 0.4])), "p": data.draw(st.sampled_from([1.0, 0.7]))}
    if data.draw(st.booleans()):
        options |= {"layout": "first", "dtype": "float32"}
    rng, samples = np.random.default_rng(5), []
    for _ in range(data.draw(st.integers(1, 3))):
        h, w = data.draw(st.tuples(st.integers(12, 44), st.integers(12, 44)))
        given = sample(int(rng.integers(9)), h, w, data.draw(st.sampled_from(["uint8", "int32"])))
        given["masks"] = list(rng.integers(0, 2, (3, h, w), np.uint8))
        given["polygons"] = [[[3.0, 4.0, 30.0, 9.0, 17.0, 28.0]], [[1.0, 1.0, 9.0, 2.0, 4.0, 30.0]]]
        given["other"] = rng.integers(0, 256, (h, w, 3), np.uint8)
        given["depth"] = rng.uniform(0, 9, (h, w)).astype(np.float32)
        samples.append({name: value for name, value in given.items() if name in others})
    check(transforms, *samples, image_names=("other",), float_names=("depth",), **options)


def test_a_thread_with_many_chains_keeps_the_way_of_a_sample() -> None:
    """What a further image needs may take the place of what the first one has left, see `WORKS`."""
    given = sample()
    grey = {**given, "grey": given["image"][..., 0].copy()}
    transforms = [A.HorizontalFlip(), A.Affine(), A.Gamma()]
    chain = A.Compose(transforms, seed=3, image_names=("grey",), box_outside="clip")
    for key in range(KEYS):
        chain(**given, key=key)
    for seed in range(7):
        other = A.Compose(transforms, seed=seed)
        for key in range(KEYS):
            other(image=given["image"], key=key)
    for key in range(KEYS):
        wanted = A.Compose(transforms, seed=3, image_names=("grey",), box_outside="clip")(**grey, key=key)
        found = chain(**grey, key=key)
        for name in wanted:
            same(found[name], wanted[name])


@pytest.mark.parametrize("shape", [(7,), (2, 30, 40, 3), (3, 300, 300), (0, 5, 3)])
def test_what_is_no_image_is_refused_at_every_call(shape: tuple[int, ...]) -> None:
    chain = A.Compose([A.HorizontalFlip(), A.Gamma()])
    for key in range(KEYS):
        chain(image=np.zeros((30, 40), np.uint8), key=key)
        chain(image=np.zeros((30, 40, 3), np.uint8), key=key)
        for more in ({}, {"mask": np.zeros(shape[:2], np.uint8)}):
            with pytest.raises(ValueError, match="image must have"):
                chain(image=np.zeros(shape, np.uint8), key=key, **more)
