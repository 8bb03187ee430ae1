"""TIFF files of bands, separate planes and rarer numbers; tifffile writes them, and is what reads them."""

import importlib.util
import io
import sys

import numpy as np
import pytest
import tifffile

from imgproc import decode_image, encode_image

RNG = np.random.default_rng(0)
H, W = 21, 34


def values(shape, dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return RNG.normal(size=shape).astype(dtype)
    info = np.iinfo(dtype)
    return RNG.integers(info.min, info.max, shape, dtype, endpoint=True)


def tiff(image, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, image, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", "i2"])
@pytest.mark.parametrize("bands", [5, 6, 7, 12, 100])
@pytest.mark.parametrize("options", [{}, {"planarconfig": "separate"}, {"tile": (16, 16)}, {"compression": "zlib"}])
def test_bands_are_given_as_stored(dtype, bands, options):
    image = values((H, W, bands), dtype)
    given = np.moveaxis(image, -1, 0) if options.get("planarconfig") else image
    data = tiff(given, photometric="minisblack", **{"planarconfig": "contig", **options})
    found = decode_image(data, mode="unchanged")
    assert found.dtype == np.dtype(dtype) and found.flags.c_contiguous
    np.testing.assert_array_equal(found, image)
    with pytest.raises(ValueError, match=rf"not supported: {bands} samples of .* mode='unchanged' gives it as it is"):
        decode_image(data)


def test_extra_bands_of_rgb():
    image = values((H, W, 6), "u1")
    data = tiff(image, photometric="rgb", extrasamples=[0, 0, 0])
    np.testing.assert_array_equal(decode_image(data, mode="unchanged"), image)
    np.testing.assert_array_equal(decode_image(data), image[..., :3])  # Pillow reads these as RGB and more


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "u4"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_numbers_are_given_as_stored_to_those_who_ask(dtype, byteorder):
    image = values((H, W), dtype)
    data = tiff(image, byteorder=byteorder)
    found = decode_image(data, mode="unchanged")
    assert found.dtype == np.dtype(dtype) and found.dtype.isnative
    np.testing.assert_array_equal(found, image)
    for mode in ("rgb", "grey"):
        with pytest.raises(ValueError, match=r"not supported: .* mode='unchanged' gives it as it is stored"):
            decode_image(data, mode=mode)


@pytest.mark.parametrize("channels", [(), (3,)])
def test_floats_of_16_bits_become_floats_of_32(channels):
    image = values((H, W, *channels), "f2")
    data = tiff(image, photometric="rgb" if channels else "minisblack")
    found = decode_image(data, mode="unchanged")
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, image)
    assert decode_image(data).shape == (H, W, 3)


@pytest.mark.parametrize("dtype", ["u2", "f4"])
def test_separate_planes_are_an_image_like_others(dtype):
    image = values((H, W, 3), dtype)
    data = tiff(np.moveaxis(image, -1, 0), photometric="rgb", planarconfig="separate")
    np.testing.assert_array_equal(decode_image(data), image)
    turned = tiff(
        np.moveaxis(image, -1, 0), photometric="rgb", planarconfig="separate", extratags=[(274, 3, 1, 6, True)]
    )
    np.testing.assert_array_equal(decode_image(turned), np.rot90(image, -1))


def test_grey_with_alpha_of_16_bits():
    image = values((H, W, 2), "u2")
    data = tiff(image, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"])
    np.testing.assert_array_equal(decode_image(data, mode="unchanged"), image)
    np.testing.assert_array_equal(decode_image(data, mode="rgba")[..., 3], image[..., 1])


def test_levels_of_fewer_bits_are_scaled_to_full_scale(monkeypatch):
    """tifffile needs its codecs to unpack them; here an array stands for what it unpacks."""
    stored = RNG.integers(0, 4096, (H, W)).astype(np.uint16)
    stored[0, :2] = 0, 4095
    data = bytearray(tiff(stored))
    at = data.index(b"\x02\x01\x03\x00\x01\x00\x00\x00\x10\x00")  # BitsPerSample, one of 16
    data[at + 8] = 12
    monkeypatch.setattr(tifffile.TiffPage, "asarray", lambda *_, **__: stored)
    found = decode_image(bytes(data), mode="grey")
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, np.rint(stored.astype(np.float64) * 65535 / 4095))


@pytest.mark.parametrize("compression", ["lzma", "zstd", "webp", "lerc"])
def test_compressions(compression):
    image = values((H, W, 3), "u1")
    image[...] = image[:1, :1]  # so that it is the same after lossy ones, too
    if compression != "lzma" and importlib.util.find_spec("imagecodecs") is None:
        pytest.skip("imagecodecs is not installed")
    options = {"compressionargs": {"lossless": True}} if compression == "webp" else {}
    data = tiff(image, photometric="rgb", compression=compression, **options)
    np.testing.assert_array_equal(decode_image(data), image)
    if compression in ("lzma", "zstd"):
        deep = values((H, W), "u2")
        np.testing.assert_array_equal(decode_image(tiff(deep, compression=compression), mode="grey"), deep)


@pytest.mark.parametrize(
    ("image", "options", "said"),
    [
        (values((H, W), "i8"), {}, "64 bits"),
        (values((H, W), "f8").astype(np.complex64), {}, "SampleFormat 6"),
        (values((H, W, 4), "u2"), {"photometric": "rgb", "extrasamples": ["assocalpha"]}, "ExtraSamples 1"),
        (values((H, W, 4), "u2"), {"photometric": "separated"}, "PhotometricInterpretation 5"),
        (values((H, W), "f4"), {"photometric": "miniswhite"}, "PhotometricInterpretation 0"),
    ],
)
def test_what_is_not_supported(image, options, said):
    with pytest.raises(ValueError, match=f"this kind of TIFF is not supported: .*{said}"):
        decode_image(tiff(image, **options), mode="unchanged")


def test_pages_of_bands():
    pages = [values((H + k, W, 7), "u2") for k in range(3)]
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for page in pages:
            writer.write(page, photometric="minisblack", planarconfig="contig", rowsperstrip=5)
    for k, page in enumerate(pages):
        np.testing.assert_array_equal(decode_image(buffer.getvalue(), page=k, mode="unchanged"), page)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8", "i1", "i2", "i4", "u4"])
@pytest.mark.parametrize("channels", [None, 2, 3, 4, 5, 70])
def test_what_is_written_is_read_alike_by_us_and_others(dtype, channels):
    image = values((H, W) if channels is None else (H, W, channels), dtype)
    data = encode_image(image.astype(np.dtype(dtype).newbyteorder(">")) if channels == 5 else image, format="tiff")
    found = decode_image(data, mode="unchanged")
    assert found.dtype == image.dtype
    np.testing.assert_array_equal(found, image)
    np.testing.assert_array_equal(tifffile.imread(io.BytesIO(data)), image)


def test_without_tifffile_the_error_says_what_to_install(monkeypatch):
    data = tiff(values((H, W, 7), "u2"), photometric="minisblack", planarconfig="contig")
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(ValueError, match=r"not supported: 7 samples .*pip install 'imgproc-augment\[tiff\]'"):
        decode_image(data, mode="unchanged")


def test_without_its_codecs_the_error_says_what_to_install(monkeypatch):
    real = tifffile.TiffPage.asarray

    def lacking(self, **options):
        if self.compression == 8:
            raise ValueError("<COMPRESSION.ADOBE_DEFLATE: 8> requires the 'imagecodecs' package")
        return real(self, **options)

    monkeypatch.setattr(tifffile.TiffPage, "asarray", lacking)
    data = tiff(values((H, W, 7), "u2"), photometric="minisblack", planarconfig="contig", compression="zlib")
    with pytest.raises(ValueError, match=r"not supported: .* imagecodecs is missing; .*imgproc-augment\[tiff\]"):
        decode_image(data, mode="unchanged")


def test_limits_hold_for_bands():
    data = tiff(values((H, W, 30), "u1"), photometric="minisblack", planarconfig="contig")
    with pytest.raises(ValueError, match=f"{W} x {H} = {H * W} pixels, more than max_pixels={H * W - 1}"):
        decode_image(data, mode="unchanged", max_pixels=H * W - 1)
    with pytest.raises(ValueError, match=r"30 bands of .* more than 4 max_pixels"):
        decode_image(data, mode="unchanged", max_pixels=H * W)
    assert decode_image(data, mode="unchanged", max_pixels=None).shape == (H, W, 30)


@pytest.mark.parametrize(
    "options", [{"rowsperstrip": 5}, {"compression": "zlib", "rowsperstrip": 5}, {"tile": (16, 16)}]
)
def test_cut_and_damaged_bands_raise_nothing_but_value_error(options, capfd):
    options = {"rowsperstrip": 5, **options} if "tile" not in options else options
    data = tiff(values((H, W, 6), "i2"), photometric="minisblack", planarconfig="contig", metadata=None, **options)
    whole = decode_image(data, mode="unchanged")
    for size in range(20, len(data), len(data) // 30):
        with pytest.raises(ValueError, match="truncated or damaged TIFF"):
            decode_image(data[:size], mode="unchanged")
    for k in range(60):
        spoilt = bytearray(data)
        for place in RNG.integers(0, len(spoilt) if k % 2 else 300, 3):
            spoilt[place] = RNG.integers(256)
        for damaged in ("refuse", "keep"):
            try:
                decode_image(bytes(spoilt), mode="unchanged", damaged=damaged, max_pixels=100_000)
            except ValueError as error:
                assert "cannot read bytes" in str(error)
    assert whole.shape == (H, W, 6)
    assert capfd.readouterr().err == ""
