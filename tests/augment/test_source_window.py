"""What a chain will show of an image that is not decoded yet, and decoding no more than that."""

import doctest
import io
import json
import pickle
import sys

import numpy as np
import pytest
import skimage.data
from helpers.reading import jpeg_photo
from PIL import Image

import augment
from augment import Compose
from augment.pipeline import WindowDecoder, decode
from imgproc import decode_image, encode_image, gaussian_blur

RNG = np.random.default_rng(0)
H, W = 61, 83
NOISE = RNG.integers(0, 256, (H, W, 3), np.uint8)

CHAINS = {
    "crop": [augment.Crop((20, 24))],
    "resized crop": [augment.ResizedCrop((16, 20), scale=(0.05, 0.4))],
    "bilinear": [augment.ResizedCrop((40, 40), scale=(0.05, 0.2), interpolation="bilinear")],
    "lanczos": [augment.ResizedCrop((12, 12), scale=(0.05, 0.4), interpolation="lanczos")],
    "flips and a crop": [augment.HorizontalFlip(), augment.Rotate90(), augment.Crop((20, 24))],
    "centre": [augment.ResizeShortest(40), augment.CenterCrop((16, 16))],
    "turned": [augment.Crop((20, 24)), augment.Rotate(angle=(-40, 40))],
    "affine": [augment.Affine(scale=(0.3, 2.0), shear=(-20, 20)), augment.CenterCrop((10, 14))],
    "perspective": [augment.Perspective(), augment.CenterCrop((10, 14))],
    "elastic": [augment.Elastic(), augment.CenterCrop((10, 14))],
    "reflected": [augment.Affine(translate=(-0.5, 0.5), border="reflect"), augment.CenterCrop((10, 14))],
    "levels first": [augment.Gamma(p=1), augment.GaussianNoise(p=1), augment.Crop((20, 24))],
    "erased first": [augment.CoarseDropout(p=1), augment.Crop((20, 24))],
    "then anything": [augment.Crop((20, 24)), augment.GaussianBlur(p=1), augment.Equalize(p=1), augment.Affine()],
    "blur first": [augment.GaussianBlur(p=1), augment.Crop((20, 24))],
    "a statistic first": [augment.Equalize(p=1), augment.Crop((20, 24))],
    "tiles": [augment.GridShuffle(p=1), augment.Crop((20, 24))],
}


@pytest.mark.parametrize("name", CHAINS)
def test_what_lies_outside_changes_nothing(name):
    chain = Compose(CHAINS[name])
    smaller = 0
    for key in range(25):
        (x0, y0, x1, y1), scale = chain.source_window(key, NOISE.shape)
        assert 0 <= x0 < x1 <= W and 0 <= y0 < y1 <= H and scale >= 1
        other = RNG.integers(0, 256, NOISE.shape, np.uint8)
        other[y0:y1, x0:x1] = NOISE[y0:y1, x0:x1]
        found, expected = chain(image=other, key=key)["image"], chain(image=NOISE, key=key)["image"]
        if name == "erased first":  # what is painted over hides nothing else
            assert found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)
        smaller += (x1 - x0) * (y1 - y0) < H * W
        record = json.loads(json.dumps(chain.draw(key, NOISE.shape)))
        assert chain.source_window(record, NOISE.shape) == ((x0, y0, x1, y1), scale)
    assert smaller == 0 if name in ("blur first", "a statistic first", "tiles") else smaller >= 10


def test_the_scale_is_that_of_the_geometry_at_the_beginning():
    shape = (3000, 4000)
    for transforms, rectangle, scale in [
        ([augment.CenterCrop((2000, 3000)), augment.Resize((200, 300))], (500, 500, 3500, 2500), 10.0),
        ([augment.Resize((300, 800))], (0, 0, 4000, 3000), 5.0),
        ([augment.Resize((6000, 8000))], (0, 0, 4000, 3000), 1.0),
        ([augment.Resize((300, 400), interpolation="nearest")], (0, 0, 4000, 3000), 1.0),
        ([augment.GaussianBlur(p=1), augment.Resize((300, 400))], (0, 0, 4000, 3000), 1.0),
        ([augment.Affine(scale=(0.1, 0.1), rotate=(30, 30), p=1)], (0, 0, 4000, 3000), 10.0),
        (
            [augment.HorizontalFlip(p=1), augment.CropFixed((0, 0, 400, 300)), augment.Resize(100)],
            (3600, 0, 4000, 300),
            3,
        ),
    ]:
        found = Compose(transforms).source_window(5, shape)
        assert found[0] == rectangle
        assert found[1] == pytest.approx(scale)
        assert all(type(v) is int for v in found[0]) and type(found[1]) is float


def test_a_chain_that_mixes_needs_all():
    chain = Compose([augment.MixUp(p=1, num_classes=2), augment.CenterCrop((10, 10))])
    assert chain.source_window(0, (H, W)) == ((0, 0, W, H), 1.0)


def test_source_window_refuses():
    chain = Compose([augment.BoxSafeCrop(size=(10, 10), p=1)])
    with pytest.raises(ValueError, match="boxes must be given"):
        chain.source_window(0, (H, W))
    assert chain.source_window(0, (H, W), boxes=[[1, 2, 9, 9]])[1] >= 1
    with pytest.raises(TypeError, match="shape must be"):
        chain.source_window(0, 30)
    with pytest.raises(TypeError, match="key"):
        chain.source_window("a", (H, W))


# --- decoding ---------------------------------------------------------------------------------------------------------

PHOTO = gaussian_blur(RNG.integers(0, 256, (250, 330, 3), np.uint8), sigma=14.0).astype(np.float32)
PHOTO = ((PHOTO - PHOTO.min()) * 255 / (PHOTO.max() - PHOTO.min())).astype(np.uint8)
"""Smooth, as photos of many pixels are."""
BOXES = [[10.0, 20.0, 60.0, 90.0], [100.0, 30.0, 240.0, 240.0]]
POINTS = [[30.5, 40.25], [200.0, 100.0]]

DECODED = {
    "resized crop": [augment.ResizedCrop((24, 32)), augment.HorizontalFlip()],
    "antialias": [augment.ResizedCrop((24, 32), interpolation="bilinear", antialias=True)],
    "bicubic": [augment.ResizedCrop((24, 32), interpolation="bicubic", antialias=True), augment.VerticalFlip()],
    "lanczos": [augment.ResizedCrop((24, 32), interpolation="lanczos")],
    "evaluation": [augment.ResizeShortest(32), augment.CenterCrop((24, 24)), augment.Normalize()],
    "square symmetries": [
        augment.Rotate90(),
        augment.HorizontalFlip(),
        augment.ResizedCrop((24, 32)),
        augment.Gamma(p=1),
    ],
    "with all behind it": [augment.Resize((40, 50)), augment.Rotate(), augment.GaussianBlur(), augment.GridDropout()],
}


WARPED = {
    "rotated": [augment.Rotate(angle=(-30, 30), p=1), augment.Resize((24, 32))],
    "affine": [
        augment.HorizontalFlip(),
        augment.Affine(scale=(0.7, 1.1), shear=(-10, 10), p=1),
        augment.Resize((20, 20)),
    ],
    "reflected": [augment.Affine(translate=(-0.3, 0.3), border="reflect", p=1), augment.ResizedCrop((24, 24))],
    "padded": [
        augment.PadToSize(size=(340, 340), p=1),
        augment.Resize((24, 24), interpolation="bilinear", antialias=True),
    ],
    "twice": [augment.Rotate(p=1), augment.Affine(p=1), augment.ResizeShortest(30), augment.CenterCrop((24, 24))],
}
"""Affine maps before the resize: they are done at the size at which the file is decoded."""


def jpeg(image, orientation=1, **options):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(image).save(buffer, "JPEG", exif=exif, quality=92, **options)
    return buffer.getvalue()


@pytest.fixture
def any_size(monkeypatch):
    monkeypatch.setattr(decode, "SMALLEST", 0)


@pytest.fixture
def parts(monkeypatch):
    """The sizes of the parts that were decoded."""
    seen, real = [], decode.photo

    def spied(data, limit):
        found = real(data, limit)

        class Spy(type(found)):
            def part(self, wanted, factor):
                made = super().part(wanted, factor)
                seen.append((factor, made.image.shape))
                return made

        return None if found is None else Spy(*found)

    monkeypatch.setattr(decode, "photo", spied)
    return seen


@pytest.mark.parametrize("name", DECODED)
def test_a_part_looks_as_the_whole_and_targets_are_equal(any_size, parts, name):
    chain, data = Compose(DECODED[name]), jpeg(PHOTO)
    decoder, whole = WindowDecoder(chain), decode_image(data)
    mask = (PHOTO[..., 0] > 100).astype(np.int32)
    for key in range(12):
        targets = {"mask": mask, "boxes": BOXES, "labels": [3, 4], "keypoints": POINTS}
        expected = chain(image=whole, key=(2, key), **targets)
        found = decoder(data, (2, key), **targets)
        assert list(found) == list(expected)
        for target in ("mask", "boxes", "labels", "keypoints", "key"):
            np.testing.assert_array_equal(found[target], expected[target])
        image, like = found["image"], expected["image"]
        assert image.dtype == like.dtype and image.shape == like.shape
        full = 255 if like.dtype == np.uint8 else 4.4  # levels of `Normalize`
        apart = np.abs(image.astype(np.float64) - like) / full
        assert apart.mean() < 0.012 and np.quantile(apart, 0.99) < 0.06, (key, apart.mean(), apart.max())
        np.testing.assert_array_equal(decoder(data, (2, key))["image"], image)
    assert len(parts) >= 12
    assert len({factor for factor, _ in parts}) > 1 or name in ("evaluation", "with all behind it")


@pytest.mark.parametrize("name", WARPED)
@pytest.mark.parametrize("orientation", [1, 6])
def test_affine_maps_before_the_resize_are_done_on_fewer_pixels(any_size, parts, name, orientation):
    chain, data = Compose(WARPED[name]), jpeg(PHOTO, orientation)
    decoder, whole, apart_at = WindowDecoder(chain), decode_image(data), []
    for key in range(15):
        targets = {"mask": whole[..., 0] // 50, "boxes": BOXES, "labels": [3, 4], "keypoints": POINTS}
        expected, found = chain(image=whole, key=key, **targets), decoder(data, key, **targets)
        for target in ("mask", "boxes", "labels", "keypoints"):
            np.testing.assert_array_equal(found[target], expected[target])
        apart = np.abs(found["image"].astype(int) - expected["image"])
        apart_at.append((apart.mean(), np.quantile(apart, 0.8)))
    # Where the border begins a pixel may show more or less of it.
    assert (np.max(apart_at, axis=0) < (6, 4)).all(), np.max(apart_at, axis=0)
    assert len(parts) >= 10


@pytest.mark.parametrize("photo", ["astronaut", "coffee"])
def test_on_photos_the_difference_is_small(any_size, photo):
    """Of 512 and 400 rows, to a size at which each is decoded at 1/2 to 1/8."""
    data = jpeg(getattr(skimage.data, photo)())
    whole = decode_image(data)
    for options, most in (({"interpolation": "area"}, 4.0), ({"interpolation": "bilinear", "antialias": True}, 2.5)):
        chain = Compose([augment.ResizedCrop((48, 48), scale=(0.2, 1.0), **options), augment.HorizontalFlip()])
        apart = []
        for key in range(12):
            found, expected = WindowDecoder(chain)(data, key)["image"], chain(image=whole, key=key)["image"]
            apart.append(np.abs(found.astype(int) - expected).mean())
        assert np.mean(apart) < most, (options, apart)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("options", [{}, {"progressive": True, "subsampling": 2}])
def test_every_orientation(any_size, parts, orientation, options):
    data = jpeg(PHOTO, orientation, **options)
    whole = decode_image(data)
    chain = Compose([augment.ResizedCrop((20, 20), scale=(0.1, 0.5))])
    for key in range(8):
        found, expected = (
            v.astype(int) for v in (WindowDecoder(chain)(data, key)["image"], chain(image=whole, key=key)["image"])
        )
        assert np.abs(found - expected).mean() < 3
        # Not a pixel of the result beside its place: then it would be far off.
        assert np.abs(found - expected).mean() < 0.5 * np.abs(np.roll(found, 1, 1) - expected)[:, 1:].mean()
    assert parts


def test_parts_are_those_of_a_smaller_image_whoever_decodes_them(monkeypatch):
    """OpenCV decodes all rows, Pillow fewer; of both, what is wanted has the same pixels."""
    for orientation, options in ((1, {}), (6, {"progressive": True}), (3, {"subsampling": 2})):
        data = jpeg(PHOTO, orientation, **options)
        photo = jpeg_photo(data, None)
        h, w = photo.size
        for factor in (1, 2, 4, 8):
            whole = photo.part((0, 0, w, h), factor)
            monkeypatch.setitem(sys.modules, "cv2", None)
            np.testing.assert_array_equal(photo.part((0, 0, w, h), factor).image, whole.image)
            part = photo.part((40, 30, 130, 110), factor)
            monkeypatch.undo()
            x, y = (part.x - whole.x) // factor, (part.y - whole.y) // factor
            n, m = part.image.shape[:2]
            np.testing.assert_array_equal(part.image, whole.image[y : y + n, x : x + m])
            assert part.x <= 40 and part.y <= 30
            assert part.x + m * factor >= 130 and part.y + n * factor >= 110
        np.testing.assert_array_equal(photo.part((0, 0, w, h), 1).image, decode_image(data))


def test_a_crop_alone_decodes_less_and_changes_no_pixel(any_size, parts):
    """But those that the upsampling of colours reaches."""
    for image, mode in ((PHOTO, "rgb"), (np.ascontiguousarray(PHOTO[..., 0]), "grey")):
        data = jpeg(image, **({"subsampling": 0} if mode == "rgb" else {}))
        chain = Compose([augment.CropFixed((40, 20, 90, 80)), augment.VerticalFlip(p=1)])
        found = WindowDecoder(chain, mode=mode)(data, 1)["image"]
        np.testing.assert_array_equal(found, chain(image=decode_image(data, mode=mode), key=1)["image"])
    assert [shape[:2] for _, shape in parts] == [(60, 50), (60, 50)]


@pytest.mark.parametrize(
    "transforms",
    [
        [augment.Perspective(p=1), augment.Resize((20, 20))],
        [augment.Rotate(p=1), augment.Resize((20, 20), interpolation="nearest")],
        [augment.Elastic(p=1), augment.Resize((20, 20))],
        [augment.GaussianBlur(p=1), augment.Resize((20, 20))],
        [augment.Gamma(p=1)],
        [augment.Resize((20, 20), interpolation="nearest")],
        [augment.Letterbox((300, 400))],
        [],
    ],
)
def test_where_all_is_needed_the_result_is_that_of_full_decoding(any_size, parts, transforms):
    chain, data = Compose(transforms), jpeg(PHOTO)
    np.testing.assert_array_equal(
        WindowDecoder(chain)(data, 3)["image"], chain(image=decode_image(data), key=3)["image"]
    )
    assert not parts


def test_other_formats_arrays_and_files_of_any_size(tmp_path):
    chain = Compose([augment.ResizedCrop((24, 32))])
    decoder = WindowDecoder(chain)
    for data in (encode_image(PHOTO), jpeg(PHOTO)):
        (tmp_path / "a").write_bytes(data)
        expected = chain(image=decode_image(data), key=(0, 1))["image"]
        out = np.empty_like(expected)
        for given in (
            data,
            memoryview(data),
            io.BytesIO(data),
            tmp_path / "a",
            str(tmp_path / "a"),
            decode_image(data),
        ):
            np.testing.assert_array_equal(decoder(given, (0, 1), out=out)["image"], expected)
            np.testing.assert_array_equal(out, expected)


def test_a_file_that_is_cut_is_noticed(any_size):
    decoder, data = WindowDecoder(Compose([augment.ResizedCrop((24, 32))])), jpeg(PHOTO)
    for size in (30, len(data) // 3, len(data) - 50):
        with pytest.raises(ValueError, match="truncated or damaged JPEG"):
            decoder(data[:size], 1)
    with pytest.raises(ValueError, match="more than max_pixels=1000"):
        WindowDecoder(decoder.chain, max_pixels=1000)(data, 1)
    spoilt = bytearray(data)
    spoilt[len(data) // 2 : len(data) // 2 + 9] = bytes(9)
    assert decoder(spoilt, 1)["image"].shape == (24, 32, 3)


def test_decoders_refuse_and_are_plain_data(any_size):
    chain = Compose([augment.ResizedCrop((24, 32))])
    decoder = WindowDecoder(chain)
    again = pickle.loads(pickle.dumps(decoder))
    assert again == decoder
    np.testing.assert_array_equal(again(jpeg(PHOTO), 4)["image"], decoder(jpeg(PHOTO), 4)["image"])
    assert "key" in decoder(jpeg(PHOTO))
    with pytest.raises(TypeError, match="chain must be a Compose, got list"):
        WindowDecoder([])
    with pytest.raises(ValueError, match="mode must be one of 'rgb', 'grey', got 'rgba'"):
        WindowDecoder(chain, mode="rgba")
    with pytest.raises(TypeError, match="data must be the content"):
        decoder(3, 1)
    with pytest.raises(TypeError, match="boxs"):
        decoder(jpeg(PHOTO), 1, boxs=[])


@pytest.mark.parametrize("thing", [WindowDecoder, Compose.source_window])
def test_examples_run(thing):
    parts = doctest.DocTestFinder(recurse=False).find(thing, "example", globs={})
    assert sum(len(part.examples) for part in parts) >= 2
    assert not sum(doctest.DocTestRunner().run(part).failed for part in parts)


@pytest.mark.parametrize("options", [{"dtype": "float16"}, {"dtype": "float32", "fuse": False}, {}])
def test_results_have_the_dtype_and_the_layout_of_the_chain(any_size, parts, options):
    chain = Compose([augment.ResizedCrop((24, 32)), augment.Gamma(p=1)], layout="first", **options)
    data, other = jpeg(PHOTO), PHOTO[..., :1].astype(np.float32) / 255
    expected = chain(image=decode_image(data), key=5)["image"]
    out = np.full_like(expected, 7)
    found = WindowDecoder(chain)(data, 5, out=out)["image"]
    assert found is out and found.dtype == expected.dtype
    np.testing.assert_allclose(found.astype(float), expected, atol=0.06 * (255 if not options else 1))
    further = Compose([augment.ResizedCrop((24, 32)), augment.Gamma(p=1)], image_names=["depth"], extra_names=["id"])
    found, expected = (
        call(5, depth=other, id="a", label=3)
        for call in (
            lambda key, **more: WindowDecoder(further)(data, key, **more),
            lambda key, **more: further(image=decode_image(data), key=key, **more),
        )
    )
    np.testing.assert_array_equal(found["depth"], expected["depth"])
    assert list(found) == list(expected) and found["id"] == "a" and found["label"] == 3
    assert len(parts) == 2


def test_damaged_files_raise_nothing_but_value_error(any_size):
    decoder = WindowDecoder(Compose([augment.ResizedCrop((16, 16))]), max_pixels=1_000_000)
    rng = np.random.default_rng(3)
    for data in (jpeg(PHOTO, 6), jpeg(PHOTO, progressive=True)):
        for k in range(60):
            spoilt = bytearray(data)
            for place in rng.integers(0, 700 if k % 2 else len(spoilt), 1 + k % 4):
                spoilt[place] = rng.integers(256)
            spoilt = spoilt[: rng.integers(20, len(spoilt))] if k % 5 == 0 else spoilt
            try:
                found = decoder(bytes(spoilt), k)
            except ValueError as error:
                assert "cannot read bytes" in str(error)
            else:
                assert found["image"].shape == (16, 16, 3)
