"""Images of float16 and of integers with a sign, and labels of every size, in chains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.samples import GEOMETRY, H, W, picture, refilled, stages_of
from helpers.transforms import EXAMPLES, build

import augment as A


@pytest.mark.parametrize("name", GEOMETRY)
@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_integers_with_a_sign_are_floats_rounded(name: str, dtype: Any) -> None:
    """The referee are arrays of floats, of which a test above says that they are what images of floats are."""
    info, transforms = np.iinfo(dtype), [refilled(t, 0.3) for t in GEOMETRY[name]]
    floats = A.Compose(transforms, seed=6, float_names=["levels"], float_fill=float(round(0.3 * info.max)))
    for shape in ((H, W), (H, W, 2)):
        image = np.random.default_rng(1).integers(info.min, info.max, shape, dtype, endpoint=True)
        image.flags.writeable = False
        for layout in ("last", "first"):
            chain = A.Compose(transforms, seed=6, layout=layout, image_names=["twin"])
            for key in range(6):
                expected = floats(image=picture(), levels=image.astype(np.float64), key=key)["levels"]
                expected = np.clip(np.rint(expected), info.min, info.max)
                if layout == "first" and expected.ndim == 3:
                    expected = np.moveaxis(expected, -1, 0)
                made = chain(image=image, twin=picture(), key=key)
                other = chain(image=picture(), twin=image, key=key)
                for found, plain in ((made["image"], made["twin"]), (other["twin"], other["image"])):
                    assert found.dtype == dtype
                    np.testing.assert_array_equal(found, expected)
                    np.testing.assert_array_equal(plain, chain(image=picture(), key=key)["image"])
            batch = chain.batch(np.stack([image, image]), keys=[3, 3])["images"]
            np.testing.assert_array_equal(batch[1], chain(image=image, key=3)["image"])


@pytest.mark.parametrize("dtype", [None, "uint8", "float32"])
def test_halves_are_floats_rounded(dtype: str | None) -> None:
    transforms = [A.Affine(p=1), A.BrightnessContrast(p=1), A.GaussianBlur(p=1), A.HorizontalFlip()]
    chain = A.Compose(transforms, seed=3, dtype=dtype, image_names=["twin"], layout="first")
    image = picture(dtype=np.float16)
    for key in range(6):
        expected = chain(image=image.astype(np.float32), key=key)["image"]
        expected = expected if dtype else expected.astype(np.float16)
        out, room = chain(image=image, twin=image, key=key), np.empty_like(expected)
        assert chain(image=image, key=key, out=room)["image"] is room
        for found in (out["image"], out["twin"], room, chain.batch(image[None], keys=[key])["images"][0]):
            assert found.dtype == expected.dtype
            np.testing.assert_array_equal(found, expected)
    mixed = A.Compose([A.MixUp(lam=0.5), A.Normalize()])
    assert mixed(image=image, donors=[picture(1, np.float16)], key=(0, 1))["image"].dtype == np.float16
    clip = chain.video([image, image], key=0)["frames"]
    np.testing.assert_array_equal(clip[1], chain(image=image, key=0)["image"])
    with pytest.raises(ValueError, match="out must have shape"):
        chain(image=image, key=0, out=np.empty((H, W), np.float16))


@pytest.mark.parametrize("dtype", ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_labels_keep_every_bit(dtype: str) -> None:
    kind = np.dtype(dtype)
    low, high = (0, 1) if dtype == "?" else (int(np.iinfo(kind).min), int(np.iinfo(kind).max))
    codes = np.random.default_rng(0).integers(0, 2 if dtype == "?" else 9, (H, W)).astype(np.uint8)
    table = np.array([low, high] if dtype == "?" else [high - k for k in range(5)] + [low + k for k in range(4)], kind)
    chain = A.Compose([A.Affine(rotate=(-40, 40), mask_fill=1, p=1), A.Elastic(border="reflect", p=1), A.Transpose()])
    for key in range(3):
        out = chain(image=picture(), mask=table[codes], masks=[table[codes]], key=key)
        inner = chain(image=picture(), mask=codes + 1, key=key)["mask"]  # codes without what the fill may be
        for found in (out["mask"], out["masks"][0]):
            assert found.dtype == kind
            seen = chain(image=picture(), mask=np.full((H, W), 7, np.uint8), key=key)["mask"] == 7
            np.testing.assert_array_equal(found[seen], table[inner[seen] - 1])
            assert (found[~seen] == 1).all()


def test_dtypes_that_a_transform_does_not_take_are_refused_by_name() -> None:
    rare = A.Compose([A.HorizontalFlip(p=1), A.GaussianBlur(p=1e-9)], image_names=["scan"])
    scan = np.zeros((H, W, 2), np.int16)
    words = "must have dtype uint8, .* or float64 for GaussianBlur, got int16; convert it with imgproc.rescale"
    with pytest.raises(TypeError, match=rf"image {words}\(image"):
        rare(image=scan, key=0)
    with pytest.raises(TypeError, match=rf"scan {words}\(scan"):
        rare(image=picture(), scan=scan, key=0)
    with pytest.raises(TypeError, match=r"image must have dtype uint8, .* dtype='float32', got int16"):
        A.Compose([A.HorizontalFlip()], dtype="float32")(image=scan, key=0)
    with pytest.raises(TypeError, match=r"image must have dtype uint8, .* for MixUp, got int16"):
        A.Compose([A.MixUp()])(image=scan, donors=[scan], key=(0, 1))
    with pytest.raises(TypeError, match=r"image must have dtype uint8, .* alpha=True, got int16"):
        A.Compose([A.HorizontalFlip()], alpha=True)(image=scan, key=0)
    for dtype in (bool, np.int8, np.int64, np.uint32):
        with pytest.raises(TypeError, match=r"image must have dtype uint8, .* got .* imgproc"):
            A.Compose([A.HorizontalFlip()])(image=scan.astype(dtype), key=0)
    with pytest.raises(TypeError, match=r"mask must be bool, .* got float16: levels .* belong in float_names"):
        rare(image=picture(), mask=scan.astype(np.float16), key=0)


def test_transforms_of_nothing_but_geometry_say_so() -> None:
    """`Transform.only_geometry`: set it on a new transform, or on its base, that gives nothing else."""
    image, mask = np.tile(picture(), (3, 3, 1)), np.zeros((3 * H, 3 * W), np.uint8)
    mask[4:20, 4:20] = 1
    others: dict[str, Any] = {"mask": mask, "boxes": []}
    kinds: dict[str, set[str]] = {}
    for name, params in EXAMPLES:
        transform = build(name, params)
        chain = A.Compose([transform], seed=3)
        try:
            found = [] if transform.mixes else [stages_of(chain, key, image.shape, others) for key in range(5)]
        except ValueError:  # larger than the image
            continue
        own = kinds.setdefault(name, {"group"} if "transforms" in params else set())
        own.update(type(stage).__name__ for stages in found for stage in stages)
        if transform.only_geometry:
            assert chain(image=image.astype(np.int16), **others, key=3)["image"].dtype == np.int16
        elif "transforms" not in params:
            with pytest.raises(TypeError, match="got int16"):
                chain(image=image.astype(np.int16), **others, key=3)
    for name, own in kinds.items():
        alone = bool(own) and own <= {"Geometry", "MaskOnly", "RowsOnly"}
        assert getattr(A, name).only_geometry == alone or not own, name
