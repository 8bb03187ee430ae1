"""Reading, writing and converting: Pillow, OpenCV, tifffile and hand-made files are the referees."""

import builtins
import io
import os
import stat
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from imgproc import bgr_to_rgb, channels_first, channels_last, from_pil, read_image, rgb_to_bgr, to_pil, write_image
from imgproc._core import planes as _planes
from imgproc._core.opencv import load_cv2

H, W = 37, 53


def noise(*shape, dtype=np.uint8, seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(size=shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)


def frozen(array):
    array.flags.writeable = False
    return array


def scene(h=90, w=120):
    """A smooth image, which a lossy format keeps nearly."""
    y, x = np.mgrid[:h, :w]
    return np.stack([x * 2, y * 2, 255 - x - y], axis=-1).clip(0, 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def make_png(image, color, *, before=b"", after=b"", missing=0):
    """A 16-bit PNG of one's own making, for what no encoder here writes."""
    h, w = image.shape[:2]
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in image)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, color, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(raw[: len(raw) - missing]))
    return b"\x89PNG\r\n\x1a\n" + header + before + data + after + chunk(b"IEND", b"")


def exif_block(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def luma(rgb):
    """Rec. 601 with weights in 1 / 2**15, exactly."""
    r, g, b = np.moveaxis(rgb[..., :3].astype(object), -1, 0)
    return ((9798 * r + 19235 * g + 3735 * b + 16384) >> 15).astype(rgb.dtype)


# Reading: values --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("wanted", ["rgb", "rgba", "grey"])
def test_png_of_every_pillow_mode_reads_as_pillow_converts_it(tmp_path, mode, wanted):
    image = Image.fromarray(noise(H, W, 4)).convert("RGB").convert(mode)
    if mode in ("LA", "RGBA"):
        image.putalpha(Image.fromarray(noise(H, W, seed=1)))
    path = tmp_path / "image.png"
    image.save(path)

    result = read_image(path, mode=wanted)

    step = image.convert("RGB") if mode == "P" else image
    expected = np.asarray(step.convert({"rgb": "RGB", "rgba": "RGBA", "grey": "L"}[wanted]))
    if wanted == "grey":
        assert np.abs(result.astype(int) - expected).max() <= 1
        expected = luma(np.asarray(image.convert("RGB")))
    assert result.dtype == np.uint8 and result.flags.c_contiguous and result.flags.writeable
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("mode", "channels"), [("1", None), ("L", None), ("LA", 2), ("P", 3), ("RGB", 3), ("RGBA", 4)])
def test_unchanged_keeps_the_channels(tmp_path, mode, channels):
    image = Image.fromarray(noise(H, W, 3)).convert(mode)
    image.save(tmp_path / "image.png")

    result = read_image(tmp_path / "image.png", mode="unchanged")

    assert result.shape == ((H, W) if channels is None else (H, W, channels))
    expected = image.convert("RGB") if mode == "P" else image.convert("L") if mode == "1" else image
    np.testing.assert_array_equal(result, np.asarray(expected))


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_transparent_colour_becomes_alpha(tmp_path, mode):
    image = Image.fromarray(noise(H, W, 3)).convert(mode)
    first = image.getpixel((0, 0))
    image.save(tmp_path / "image.png", transparency=first)

    result = read_image(tmp_path / "image.png", mode="rgba")

    with Image.open(tmp_path / "image.png") as referee:
        expected = np.asarray(referee.convert("RGBA"))
    assert expected[0, 0, 3] == 0
    np.testing.assert_array_equal(result, expected)
    unchanged = read_image(tmp_path / "image.png", mode="unchanged")
    assert unchanged.shape == (H, W, 2 if mode == "L" else 4)
    assert read_image(tmp_path / "image.png").shape == (H, W, 3)


@pytest.mark.parametrize("suffix", ["png", "tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_are_kept(tmp_path, suffix, channels):
    image = noise(H, W, channels, dtype=np.uint16)
    path = tmp_path / f"image.{suffix}"
    bgr = image[..., [2, 1, 0, 3][:channels]] if channels > 1 else image[..., 0]
    assert cv2.imwrite(str(path), bgr)

    np.testing.assert_array_equal(read_image(path, mode="unchanged"), image if channels > 1 else image[..., 0])
    rgb = image[..., :3] if channels > 1 else np.repeat(image, 3, axis=2)
    np.testing.assert_array_equal(read_image(path), rgb)
    rgba = np.dstack([rgb, image[..., 3] if channels == 4 else np.full((H, W), 65535, np.uint16)])
    np.testing.assert_array_equal(read_image(path, mode="rgba"), rgba)
    np.testing.assert_array_equal(read_image(path, mode="grey"), luma(rgb) if channels > 1 else image[..., 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (300, 401), (2, 40000)])
def test_grey_is_the_luma_of_the_whole_library(tmp_path, dtype, shape):
    image = noise(*shape, 3, dtype=dtype)
    write_image(tmp_path / "image.tif", image)

    result = read_image(tmp_path / "image.tif", mode="grey")

    assert result.dtype == dtype and result.flags.c_contiguous and result.flags.writeable
    np.testing.assert_array_equal(result, _planes.luma(image))
    if result.dtype.kind == "u":
        np.testing.assert_array_equal(result, cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def test_grey_of_infinities_and_of_the_largest_floats(tmp_path):
    largest = np.finfo(np.float32).max
    image = np.array([[[np.inf, 0, 0], [np.inf, -np.inf, 0], [np.nan, 1, 1], [largest] * 3]], np.float32)
    write_image(tmp_path / "image.tif", image)

    result = read_image(tmp_path / "image.tif", mode="grey")  # any warning is an error here

    np.testing.assert_array_equal(result, _planes.luma(image))
    np.testing.assert_array_equal(result[0, :3], [np.inf, np.nan, np.nan])


def test_16_bit_luma_reaches_full_scale(tmp_path):
    cv2.imwrite(str(tmp_path / "white.png"), np.full((2, 2, 3), 65535, np.uint16))

    assert (read_image(tmp_path / "white.png", mode="grey") == 65535).all()


def test_16_bit_png_with_grey_and_alpha(tmp_path):
    image = noise(H, W, 2, dtype=np.uint16)
    (tmp_path / "la.png").write_bytes(make_png(image, 4))

    np.testing.assert_array_equal(read_image(tmp_path / "la.png", mode="unchanged"), image)
    np.testing.assert_array_equal(read_image(tmp_path / "la.png", mode="rgba"), image[..., [0, 0, 0, 1]])
    np.testing.assert_array_equal(read_image(tmp_path / "la.png", mode="grey"), image[..., 0])


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_png_with_a_transparent_colour(tmp_path, channels):
    image = noise(H, W, channels, dtype=np.uint16)
    key = image[3, 5]
    data = make_png(image, 0 if channels == 1 else 2, before=chunk(b"tRNS", key.astype(">u2").tobytes()))
    (tmp_path / "key.png").write_bytes(data)

    result = read_image(tmp_path / "key.png", mode="rgba")

    alpha = np.where((image == key).all(axis=2), 0, 65535).astype(np.uint16)
    assert alpha[3, 5] == 0 and result.dtype == np.uint16
    np.testing.assert_array_equal(result[..., 3], alpha)
    np.testing.assert_array_equal(result[..., :3], np.broadcast_to(image, (H, W, 3)))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg(tmp_path, mode):
    image = Image.fromarray(scene()).convert(mode)
    image.save(tmp_path / "image.jpg", quality=95)

    result = read_image(tmp_path / "image.jpg")

    with Image.open(tmp_path / "image.jpg") as referee:
        np.testing.assert_array_equal(result, np.asarray(referee.convert("RGB")))
    wanted = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(result.astype(int) - wanted).mean() < 3
    assert read_image(tmp_path / "image.jpg", mode="unchanged").ndim == (2 if mode == "L" else 3)


def test_cmyk_jpeg_agrees_with_opencv(tmp_path):
    Image.fromarray(scene()).convert("CMYK").save(tmp_path / "image.jpg", quality=95)

    expected = cv2.imread(str(tmp_path / "image.jpg"))[..., ::-1].astype(int)

    assert np.abs(read_image(tmp_path / "image.jpg").astype(int) - expected).max() <= 2


@pytest.mark.parametrize(("suffix", "options"), [("webp", {"lossless": True}), ("bmp", {}), ("ppm", {}), ("tif", {})])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_other_lossless_formats(tmp_path, suffix, options, mode):
    image = Image.fromarray(noise(H, W, 3)).convert(mode)
    image.save(tmp_path / f"image.{suffix}", **options)

    np.testing.assert_array_equal(read_image(tmp_path / f"image.{suffix}"), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"])
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_8_bit_tiff(tmp_path, compression, mode):
    image = Image.fromarray(noise(H, W, 4)).convert("RGBA" if mode == "RGBA" else "RGB").convert(mode)
    image.save(tmp_path / "image.tif", compression=compression)

    np.testing.assert_array_equal(read_image(tmp_path / "image.tif", mode="rgba"), np.asarray(image.convert("RGBA")))


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("extra", [{}, {"byteorder": ">"}, {"bigtiff": True}, {"tile": (16, 16)}, {"rowsperstrip": 5}])
def test_deep_tiff(tmp_path, compression, dtype, channels, extra):
    image = noise(H, W, channels, dtype=dtype)
    stored = image[..., 0] if channels == 1 else image
    alpha = {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    photometric = "minisblack" if channels == 1 else "rgb"
    options = dict(photometric=photometric, compression=compression, **alpha, **extra)
    tifffile.imwrite(tmp_path / "image.tif", stored, **options)

    result = read_image(tmp_path / "image.tif", mode="unchanged")

    assert result.dtype == dtype and result.dtype.isnative
    np.testing.assert_array_equal(result, stored)
    if channels == 3:
        grey = read_image(tmp_path / "image.tif", mode="grey")
        assert grey.dtype == dtype
        if dtype != np.uint16:
            np.testing.assert_allclose(grey, image @ np.array([0.299, 0.587, 0.114]), atol=1e-6)
        assert (read_image(tmp_path / "image.tif", mode="rgba")[..., 3] == (65535 if dtype == np.uint16 else 1)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_tiff_where_white_is_zero(tmp_path, dtype):
    image = noise(H, W, dtype=dtype)
    tifffile.imwrite(tmp_path / "image.tif", image, photometric="miniswhite")

    result = read_image(tmp_path / "image.tif", mode="grey")

    np.testing.assert_array_equal(result, np.iinfo(dtype).max - image)


def test_8_bit_tiff_of_separate_planes(tmp_path):
    image = noise(3, H, W)
    tifffile.imwrite(tmp_path / "image.tif", image, photometric="rgb", planarconfig="separate")

    np.testing.assert_array_equal(read_image(tmp_path / "image.tif"), np.moveaxis(image, 0, -1))


@pytest.mark.parametrize(
    ("image", "options", "said"),
    [
        (noise(H, W, dtype=np.uint16).astype(np.int16), {}, "SampleFormat 2"),
        (noise(H, W, dtype=np.uint16).astype(np.uint32), {}, "32 bits"),
        (noise(H, W).view(np.int8), {}, "SampleFormat 2"),
        (noise(H, W, dtype=np.float32), {"photometric": "miniswhite"}, "PhotometricInterpretation 0"),
        (noise(H, W, 4, dtype=np.uint16), {"photometric": "rgb", "extrasamples": ["assocalpha"]}, "ExtraSamples 1"),
        (noise(H, W, 2, dtype=np.uint16), {"planarconfig": "contig", "photometric": "minisblack"}, "2 samples"),
        (noise(H, W, 4, dtype=np.uint16), {"photometric": "separated"}, "PhotometricInterpretation 5"),
        (noise(H, W, 5, dtype=np.uint16), {"photometric": "rgb", "extrasamples": [0, 0]}, "5 samples"),
    ],
)
def test_unsupported_tiff_is_refused(tmp_path, image, options, said):
    tifffile.imwrite(tmp_path / "image.tif", image, **options)

    with pytest.raises(ValueError, match=rf"image\.tif: this kind of TIFF is not supported: .*{said}"):
        read_image(tmp_path / "image.tif")


def test_tiff_in_lab_is_refused(tmp_path):
    ImageOps.autocontrast(Image.fromarray(scene())).save(tmp_path / "rgb.tif")
    data = bytearray((tmp_path / "rgb.tif").read_bytes())
    at = data.index(struct.pack("<HHI", 262, 3, 1))
    data[at + 8] = 8  # CIE L*a*b*
    (tmp_path / "lab.tif").write_bytes(data)

    with pytest.raises(ValueError, match="mode LAB has no conversion"):
        read_image(tmp_path / "lab.tif")


@pytest.mark.parametrize(("channels", "ascii_"), [(1, False), (3, False), (1, True), (3, True)])
@pytest.mark.parametrize("largest", [65535, 1023, 255, 100])
def test_pnm(tmp_path, channels, ascii_, largest):
    values = np.random.default_rng(0).integers(0, largest + 1, (H, W, channels))
    kind = (2 if ascii_ else 5) + (channels == 3)
    header = f"P{kind} # made by hand\n{W} {H}\n{largest}\n".encode()
    body = " ".join(map(str, values.ravel())).encode() if ascii_ else None
    (tmp_path / "image").write_bytes(header + (body or values.astype(">u2" if largest > 255 else "u1").tobytes()))

    result = read_image(tmp_path / "image", mode="unchanged")

    top = 65535 if largest > 255 else 255
    assert result.dtype == (np.uint16 if largest > 255 else np.uint8)
    assert np.abs(result.reshape(values.shape) - values * (top / largest)).max() <= 0.5 + 1e-9


def test_first_frame_is_read(tmp_path):
    frames = [Image.fromarray(noise(H, W, 3, seed=i)).quantize(16) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    deep = noise(3, H, W, dtype=np.uint16)
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="minisblack")
    rgb = [frame.convert("RGB") for frame in frames]
    rgb[0].save(tmp_path / "a.webp", save_all=True, append_images=rgb[1:], lossless=True)
    rgb[0].save(tmp_path / "a.png", save_all=True, append_images=rgb[1:])

    for name in ("a.gif", "a.tif", "a.webp", "a.png"):
        np.testing.assert_array_equal(read_image(tmp_path / name), np.asarray(rgb[0]), err_msg=name)
    np.testing.assert_array_equal(read_image(tmp_path / "deep.tif", mode="grey"), deep[0])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_exif_orientation_equals_pillow(tmp_path, orientation, suffix):
    path = tmp_path / f"image.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {}
    Image.fromarray(scene()).save(path, exif=exif_block(orientation), **options)

    result = read_image(path)

    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert result.shape[:2] == ((90, 120) if orientation < 5 else (120, 90))
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result, expected)


def oriented(image, orientation):
    """What Pillow makes of an array with that orientation, channel by channel."""
    planes = []
    for plane in np.moveaxis(np.atleast_3d(image), -1, 0):
        plane, bands = np.ascontiguousarray(plane), []
        for byte in range(plane.itemsize):
            band = Image.fromarray(plane.view(np.uint8)[:, byte :: plane.itemsize].copy())
            band.getexif()[0x0112] = orientation
            bands.append(np.asarray(ImageOps.exif_transpose(band)))
        planes.append(np.stack(bands, axis=-1).reshape(*bands[0].shape, -1).view(plane.dtype)[..., 0])
    return np.stack(planes, axis=-1).reshape(*planes[0].shape, *image.shape[2:])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("where", ["before", "after"])
def test_exif_orientation_of_16_bit_png(tmp_path, orientation, where):
    image = noise(H, W, 3, dtype=np.uint16)
    block = chunk(b"eXIf", exif_block(orientation).removeprefix(b"Exif\0\0"))
    (tmp_path / "image.png").write_bytes(make_png(image, 2, **{where: block}))

    np.testing.assert_array_equal(read_image(tmp_path / "image.png"), oriented(image, orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [1, 3])
def test_orientation_of_deep_tiff(tmp_path, orientation, dtype, channels):
    image = noise(H, W, *([3] if channels == 3 else []), dtype=dtype)
    photometric = "rgb" if channels == 3 else "minisblack"
    tag = [(274, "H", 1, orientation, True)]
    tifffile.imwrite(tmp_path / "image.tif", image, photometric=photometric, extratags=tag)

    np.testing.assert_array_equal(read_image(tmp_path / "image.tif", mode="unchanged"), oriented(image, orientation))


def test_undefined_orientation_and_damaged_exif_mean_upright(tmp_path):
    image = Image.fromarray(scene())
    image.save(tmp_path / "nine.jpg", exif=exif_block(9))
    image.save(tmp_path / "none.jpg")
    (tmp_path / "bad.png").write_bytes(make_png(noise(4, 5, 3, dtype=np.uint16), 2, before=chunk(b"eXIf", b"MM\0")))

    np.testing.assert_array_equal(read_image(tmp_path / "nine.jpg"), read_image(tmp_path / "none.jpg"))
    assert read_image(tmp_path / "bad.png").shape == (4, 5, 3)


@pytest.mark.parametrize("name", ["Größe 图像.png", "no_suffix", "liar.jpg"])
def test_any_path(tmp_path, name):
    image = noise(H, W, 3)
    Image.fromarray(image).save(tmp_path / name, "PNG")
    cv2.imencode(".png", noise(H, W, 3, dtype=np.uint16))[1].tofile(tmp_path / f"deep {name}")

    np.testing.assert_array_equal(read_image(tmp_path / name), image)
    np.testing.assert_array_equal(read_image(str(tmp_path / name)), image)
    assert read_image(tmp_path / f"deep {name}").dtype == np.uint16


# Reading: refusals ------------------------------------------------------------------------------------------------


def encoded(name):
    """Files of every decoder, by a name."""
    image = Image.fromarray(scene())
    pillow = {
        "png": ("PNG", {}),
        "jpg": ("JPEG", {}),
        "progressive jpg": ("JPEG", {"progressive": True}),
        "tiff": ("TIFF", {}),
        "lzw tiff": ("TIFF", {"compression": "tiff_lzw"}),
        "webp": ("WEBP", {}),
        "lossless webp": ("WEBP", {"lossless": True}),
        "bmp": ("BMP", {}),
        "gif": ("GIF", {}),
        "ppm": ("PPM", {}),
    }
    buffer = io.BytesIO()
    if name in pillow:
        format_, options = pillow[name]
        image.save(buffer, format_, **options)
    elif name == "deep png":
        buffer.write(cv2.imencode(".png", scene().astype(np.uint16) * 257)[1].tobytes())
    elif name == "deep tiff":
        tifffile.imwrite(buffer, noise(60, 70, 3, dtype=np.uint16), photometric="rgb", rowsperstrip=7)
    elif name == "float tiff":
        tifffile.imwrite(buffer, noise(60, 70, dtype=np.float32), compression="zlib", rowsperstrip=7)
    else:
        buffer.write(b"P6\n30 20\n65535\n" + noise(30, 20, 3, dtype=np.uint16).tobytes())
    return buffer.getvalue()


KINDS = [
    *("png", "jpg", "progressive jpg", "tiff", "lzw tiff", "webp", "lossless webp", "bmp", "gif", "ppm"),
    *("deep png", "deep tiff", "float tiff", "deep ppm"),
]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF|Truncated File Read:UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_truncated_file_raises_or_has_every_pixel(tmp_path, kind):
    data = encoded(kind)
    path = tmp_path / "cut.file"
    path.write_bytes(data)
    whole = read_image(path)
    last = len(data) - 1
    refused = 0

    for size in sorted({*range(1, last, last // 40), *range(last - 20, last + 1)}):
        path.write_bytes(data[:size])
        try:
            result = read_image(path)
        except ValueError as error:
            assert "cannot read" in str(error) and "cut.file" in str(error)
            refused += 1
        else:
            np.testing.assert_array_equal(result, whole, err_msg=f"{size} of {len(data)} bytes")

    assert refused >= 40


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_file_raises_nothing_but_value_error(tmp_path, kind):
    rng = np.random.default_rng(1)
    path = tmp_path / "damaged"
    whole = np.frombuffer(encoded(kind), np.uint8)

    for _ in range(60):
        data = whole.copy()
        at = np.concatenate([rng.integers(0, 64, 2), rng.integers(0, data.size, 2)])
        data[at] = rng.integers(0, 256, at.size)
        data.tofile(path)
        try:
            result = read_image(path, max_pixels=10**6)
        except ValueError as error:
            assert "cannot read" in str(error)
        else:
            assert result.ndim == 3 and result.dtype in (np.uint8, np.uint16, np.float32, np.float64)


def test_missing_scanlines_in_a_complete_png(tmp_path):
    (tmp_path / "short.png").write_bytes(make_png(noise(H, W, 3, dtype=np.uint16), 2, missing=1000))

    with pytest.raises(ValueError, match=r"cannot read .*short\.png: truncated or damaged PNG"):
        read_image(tmp_path / "short.png")


def test_16_bit_png_without_its_end(tmp_path):
    (tmp_path / "open.png").write_bytes(encoded("deep png")[:-12])

    with pytest.raises(ValueError, match=r"open\.png: truncated or damaged PNG file \(the end of the file is missing"):
        read_image(tmp_path / "open.png")


def test_a_decoder_that_loses_depth_is_noticed(tmp_path, monkeypatch):
    (tmp_path / "deep.tif").write_bytes(encoded("deep tiff"))
    monkeypatch.setattr(cv2, "imdecode", lambda *_: np.zeros((60, 70, 3), np.uint8))

    with pytest.raises(ValueError, match=r"deep\.tif: .*uint8 instead of uint16"):
        read_image(tmp_path / "deep.tif")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.png", b"", "the file is empty"),
        ("text.png", b"not an image at all", "not an image of a known format .* starts with b'not an image at"),
        ("paper.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "not an image of a known format .* starts with b'%PDF-1.7"),
        ("one.jpg", b"\xff", "not an image"),
        ("head.jpg", b"\xff\xd8\xff\xe0", "truncated or damaged JPEG"),
        ("memo.bmp", b"BMemo: this is text", "truncated or damaged BMP"),
        ("high.ppm", b"P6 2 2 70000\n" + b"\0" * 24, "damaged PNM.*70000"),
        ("few.ppm", b"P2 2 2 1000\n1 2 3", "damaged PNM.*fewer than 4"),
        ("over.ppm", b"P2 2 2 1000\n1 2 3 1001", "damaged PNM.*above the maximum 1000"),
        ("zero.ppm", b"P5 0 4 1000\n", "no pixels, 0 x 4"),
        ("tags.tif", b"II*\0\x08\0\0\0\0\0" + b"\0" * 20, r"damaged TIFF.*tags \[256, 257, 262\] are missing"),
        ("many.tif", b"II*\0\x08\0\0\0\xff\xff" + b"\0" * 20, "damaged TIFF.*65535 tags"),
    ],
)
def test_foreign_file_raises_with_name_and_reason(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=f"(?s)cannot read .*{name}: .*{said}"):
        read_image(tmp_path / name)


def test_what_the_system_refuses_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        read_image(tmp_path / "missing.png")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        read_image(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_raises_permission_error(tmp_path):
    path = tmp_path / "secret.png"
    Image.new("L", (3, 3)).save(path)
    path.chmod(0)

    with pytest.raises(PermissionError, match=r"secret\.png"):
        read_image(path)


def test_errors_of_the_system_during_reading_pass_through(tmp_path, monkeypatch):
    from PIL import BmpImagePlugin

    def broken(*_):
        raise OSError(5, "Input/output error")

    Image.new("RGB", (8, 8)).save(tmp_path / "a.bmp")
    monkeypatch.setattr(BmpImagePlugin, "BmpImageFile", broken)

    with pytest.raises(OSError, match="Input/output error") as caught:
        read_image(tmp_path / "a.bmp")
    assert caught.value.errno == 5


@pytest.mark.parametrize("kind", KINDS)
def test_pixel_limit_holds_before_decoding(tmp_path, monkeypatch, kind):
    path = tmp_path / "image.file"
    path.write_bytes(encoded(kind))
    h, w = read_image(path).shape[:2]

    assert read_image(path, max_pixels=h * w).shape == (h, w, 3)
    assert read_image(path, max_pixels=None).shape == (h, w, 3)

    def decoded(*_, **__):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    monkeypatch.setattr(cv2, "imdecode", decoded)
    said = rf"image\.file: {w} x {h} = {w * h} pixels, more than max_pixels={w * h - 1}; .* or None for no limit"
    with pytest.raises(ValueError, match=said):
        read_image(path, max_pixels=h * w - 1)


def test_bomb_is_refused_by_default(tmp_path):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50000, 40000, 8, 2, 0, 0, 0))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", b"") + chunk(b"IEND", b""))

    with pytest.raises(ValueError, match=r"50000 x 40000 = 2000000000 pixels, more than max_pixels=178956970"):
        read_image(tmp_path / "bomb.png")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tile_far_larger_than_its_image_is_a_bomb_too(tmp_path, dtype):
    image = noise(8, 8, 3, dtype=dtype)
    tifffile.imwrite(tmp_path / "tile.tif", image, photometric="rgb", tile=(2048, 2048), compression="zlib")

    np.testing.assert_array_equal(read_image(tmp_path / "tile.tif"), image)
    with pytest.raises(ValueError, match="tiles of 2048 x 2048 = 4194304 pixels, more than max_pixels=1048576"):
        read_image(tmp_path / "tile.tif", max_pixels=1000)


def test_pillows_own_limit_does_not_interfere(tmp_path, monkeypatch):
    Image.new("L", (100, 100)).save(tmp_path / "image.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)

    assert read_image(tmp_path / "image.png").shape == (100, 100, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"mode": "bgr"}, ValueError, "mode must be one of 'rgb', 'rgba', 'grey', 'unchanged', got 'bgr'"),
        ({"mode": 3}, TypeError, "mode must be a string"),
        ({"max_pixels": 0}, ValueError, "max_pixels must be >= 1, got 0"),
        ({"max_pixels": 1e6}, TypeError, "max_pixels must be an integer, got float"),
        ({"path": 3}, TypeError, "path must be a str or os.PathLike, got int"),
        ({"path": b"\x89PNG"}, ValueError, r"cannot read bytes: not an image of a known format"),
        ({"path": np.zeros((4, 4), np.uint8)}, TypeError, r"path must be the content .* array uint8 of shape \(4, 4\)"),
        ({"page": -1}, ValueError, "page must be >= 0, got -1"),
        ({"path": io.StringIO("text")}, TypeError, "path must be open in binary mode, .* got str from it"),
        ({"damaged": "ignore"}, ValueError, "damaged must be one of 'refuse', 'keep', got 'ignore'"),
        ({"damaged": None}, TypeError, "damaged must be a string"),
    ],
)
def test_read_image_refuses_bad_arguments(tmp_path, arguments, error, said):
    path = arguments.pop("path", tmp_path / "missing.png")

    with pytest.raises(error, match=said):
        read_image(path, **arguments)


# Writing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "dtype", "channels"),
    [
        *((s, d, c) for s in ("png", "tif", "TIFF") for d in (np.uint8, np.uint16) for c in (0, 1, 3, 4)),
        *(("tiff", d, c) for d in (np.float32, np.float64) for c in (0, 1, 3, 4)),
        *(("webp", np.uint8, c) for c in (3, 4)),
        *(("bmp", np.uint8, c) for c in (0, 1, 3)),
        *(("ppm", d, 3) for d in (np.uint8, np.uint16)),
        *(("pgm", d, c) for d in (np.uint8, np.uint16) for c in (0, 1)),
    ],
)
def test_round_trip_is_exact(tmp_path, suffix, dtype, channels):
    image = frozen(noise(H, W, *([channels] if channels else []), dtype=dtype))
    before = image.copy()
    path = tmp_path / f"image.{suffix}"

    assert write_image(path, image) is None

    result = read_image(path, mode="unchanged")
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, image[..., 0] if channels == 1 else image)
    np.testing.assert_array_equal(image, before)
    assert os.listdir(tmp_path) == [path.name]


def test_webp_keeps_grey_and_the_colour_under_transparency(tmp_path):
    grey, clear = noise(H, W), noise(H, W, 4)
    clear[..., 3] = 0
    write_image(tmp_path / "grey.webp", grey)
    write_image(tmp_path / "clear.webp", clear)

    np.testing.assert_array_equal(read_image(tmp_path / "grey.webp", mode="grey"), grey)
    np.testing.assert_array_equal(read_image(tmp_path / "clear.webp", mode="rgba"), clear)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(H, W), (H, W, 3), (H, W, 4), (1, 1), (1, 3, 3), (700, 701, 3)])
def test_tiff_is_read_alike_by_others(tmp_path, dtype, shape):
    image = noise(*shape, dtype=dtype)
    write_image(tmp_path / "image.tif", image)

    with tifffile.TiffFile(tmp_path / "image.tif") as file:
        page = file.pages[0]
        np.testing.assert_array_equal(page.asarray(), image)
        assert page.photometric.name == ("MINISBLACK" if len(shape) == 2 else "RGB")
        assert [e.name for e in page.extrasamples] == (["UNASSALPHA"] if shape[2:] == (4,) else [])
    if dtype == np.uint8:
        with Image.open(tmp_path / "image.tif") as referee:
            np.testing.assert_array_equal(np.asarray(referee), image)
    if shape[2:] == (4,) and dtype == np.uint8:  # OpenCV multiplies 8-bit colour by alpha
        return
    by_cv2 = cv2.imread(str(tmp_path / "image.tif"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_cv2 if len(shape) == 2 else by_cv2[..., [2, 1, 0, 3][: shape[2]]], image)


@pytest.mark.parametrize("suffix", ["png", "ppm"])
def test_16_bit_colour_is_read_alike_by_opencv(tmp_path, suffix):
    image = noise(H, W, 3, dtype=np.uint16)
    write_image(tmp_path / f"image.{suffix}", image)

    by_cv2 = cv2.imread(str(tmp_path / f"image.{suffix}"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(by_cv2[..., ::-1], image)


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "webp"])
def test_quality(tmp_path, suffix):
    rough = noise(H, W, 3)
    for quality in (1, 50, 100):
        write_image(tmp_path / f"{quality}.{suffix}", rough, quality=quality)
    write_image(tmp_path / f"smooth.{suffix}", scene(), quality=90)
    write_image(tmp_path / f"default.{suffix}", scene())

    sizes = [(tmp_path / f"{quality}.{suffix}").stat().st_size for quality in (1, 50, 100)]
    assert sizes[0] < sizes[1] < sizes[2]
    for name in ("smooth", "default"):
        error = np.abs(read_image(tmp_path / f"{name}.{suffix}").astype(int) - scene())
        assert error.mean() < 3
    if suffix == "webp":
        assert error.max() == 0


def test_jpeg_default_quality_is_95(tmp_path):
    write_image(tmp_path / "default.jpg", scene())
    write_image(tmp_path / "95.jpg", scene(), quality=95)
    write_image(tmp_path / "94.jpg", scene(), quality=94)

    files = [(tmp_path / f"{name}.jpg").read_bytes() for name in ("default", "95", "94")]
    assert files[0] == files[1] != files[2]


@pytest.mark.parametrize("array", [np.asfortranarray(noise(H, W, 3)), noise(H, 2 * W, 6)[:, ::-2, ::2]])
@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "ppm"])
def test_strided_image(tmp_path, array, suffix):
    write_image(tmp_path / f"image.{suffix}", array)

    np.testing.assert_array_equal(read_image(tmp_path / f"image.{suffix}"), array)


def test_foreign_byte_order(tmp_path):
    image = noise(H, W, 3, dtype=np.uint16)
    for suffix in ("png", "tif", "ppm"):
        write_image(tmp_path / f"image.{suffix}", image.astype(">u2"))

        np.testing.assert_array_equal(read_image(tmp_path / f"image.{suffix}"), image)


@pytest.mark.parametrize(
    ("name", "image", "said"),
    [
        ("a.jpg", noise(4, 4, 3, dtype=np.uint16), r"uint8 with 1 or 3 channels for a JPEG file, got uint16.*\.png, "),
        ("a.jpg", noise(4, 4, 3, dtype=np.float32), r"JPEG file, got float32 with 3; these hold it: \.tif, \.tiff$"),
        ("a.webp", noise(4, 4, 3, dtype=np.uint16), "WebP file, got uint16"),
        ("a.bmp", noise(4, 4, dtype=np.uint16), "BMP file, got uint16"),
        ("a.png", noise(4, 4, dtype=np.float32), "PNG file, got float32"),
        ("a.ppm", noise(4, 4, 3, dtype=np.float64), "PPM file, got float64"),
        ("a.jpg", noise(4, 4, 4), r"JPEG file, got uint8 with 4; these hold it: \.png, \.tif, \.tiff, \.webp$"),
        ("a.bmp", noise(4, 4, 4), "BMP file, got uint8 with 4"),
        ("a.ppm", noise(4, 4), "PPM file, got uint8 with 1"),
        ("a.pgm", noise(4, 4, 3), "PGM file, got uint8 with 3"),
        ("a.webp", noise(4, 4, 2), r"WebP file, got uint8 with 2; these hold it: \.png, \.tif, \.tiff$"),
        ("a.png", noise(4, 4, 5), r"PNG file, got uint8 with 5; these hold it: \.tif, \.tiff$"),
        ("a.tif", noise(1, 1, 65536), r"with 1 to 65535 channels for a TIFF file, got uint8 with 65536$"),
        ("a.png", noise(0, 4, 3), r"at least one pixel, got shape \(0, 4, 3\)"),
        ("a.tif", noise(4, 0, 1), r"at least one pixel, got shape \(4, 0\)"),
        ("a.webp", noise(1, 16384), "sides <= 16383 for a WebP file"),
        ("a.jpg", noise(65501, 1), "sides <= 65500 for a JPEG file"),
        ("a.png", noise(2, 3, 4, 3), r"shape \(h, w\) or \(h, w, c\)"),
        ("a.gif", noise(4, 4), r"path must end in one of \.png, \.jpg, .*\.pgm, got '.*a\.gif'"),
        ("a", noise(4, 4), r"path must end in one of"),
        (".png", noise(4, 4), r"path must end in one of"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, name, image, said):
    with pytest.raises(ValueError, match=said):
        write_image(tmp_path / name, image)

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((4, 4), bool), r"got bool: pass mask\.astype\(np\.uint8\) \* 255"),
        (np.zeros((4, 4), np.int32), "got int32"),
        (np.zeros((4, 4), np.float16), "got float16"),
        ([[0]], "image must be a numpy array, got list"),
        (None, "image must be a numpy array, got None"),
        (Image.new("L", (4, 4)), "imgproc.from_pil"),
    ],
)
def test_write_image_refuses_other_kinds(tmp_path, image, said):
    with pytest.raises(TypeError, match=said):
        write_image(tmp_path / "a.png", image)


@pytest.mark.parametrize(
    ("name", "quality", "error", "said"),
    [
        ("a.jpg", 0, ValueError, "quality must be >= 1, got 0"),
        ("a.webp", 101, ValueError, "quality must be <= 100, got 101"),
        ("a.jpg", 90.0, TypeError, "quality must be an integer, got float"),
        ("a.png", 90, ValueError, r"quality has a meaning for \.jpg and \.webp only, got 90 for a PNG file"),
    ],
)
def test_bad_quality(tmp_path, name, quality, error, said):
    with pytest.raises(error, match=said):
        write_image(tmp_path / name, noise(4, 4, 3), quality=quality)


@pytest.mark.parametrize(
    ("dtype", "channels"), [(np.uint8, 1), (np.uint8, 2), (np.uint8, 3), (np.uint8, 4), (np.uint16, 2)]
)
def test_png_is_lossless_at_every_compression(tmp_path, dtype, channels):
    image = (noise(23, 31, channels).astype(np.uint32) * 257 % 65521).astype(dtype)
    image[5:15] = image[4]
    sizes = {}
    for compression in (None, 0, 1, 9):
        path = tmp_path / f"{compression}.png"
        write_image(path, image, compression=compression)
        sizes[compression] = path.stat().st_size
        np.testing.assert_array_equal(np.asarray(cv2.imread(str(path), -1)).shape[:2], image.shape[:2])
        np.testing.assert_array_equal(read_image(path, mode="unchanged"), image.squeeze())
        data = path.read_bytes()
        write_image(path, image, compression=compression)
        assert path.read_bytes() == data, "the same bytes each time"
    assert sizes[9] < sizes[0] and sizes[None] < sizes[0]


@pytest.mark.parametrize(
    ("name", "compression", "error", "said"),
    [
        ("a.png", -1, ValueError, "compression must be >= 0, got -1"),
        ("a.png", 10, ValueError, "compression must be <= 9, got 10"),
        ("a.png", 1.0, TypeError, "compression must be an integer, got float"),
        ("a.jpg", 1, ValueError, r"compression has a meaning for \.png only, got 1 for a JPEG file"),
    ],
)
def test_bad_compression(tmp_path, name, compression, error, said):
    with pytest.raises(error, match=said):
        write_image(tmp_path / name, noise(4, 4, 3), compression=compression)
    assert not os.listdir(tmp_path)


def test_bad_paths(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("text")

    with pytest.raises(FileNotFoundError, match=r"folder to write into does not exist.*missing"):
        write_image(tmp_path / "missing" / "a.png", noise(4, 4))
    with pytest.raises(IsADirectoryError, match=r"folder\.png"):
        write_image(tmp_path / "folder.png", noise(4, 4))
    with pytest.raises(NotADirectoryError):
        write_image(tmp_path / "file" / "a.png", noise(4, 4))
    with pytest.raises(TypeError, match=r"path must be a str or os\.PathLike, got int"):
        write_image(3, noise(4, 4))
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.png"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")

    with pytest.raises(ValueError, match="path must be a regular file"):
        write_image(tmp_path / "pipe.png", noise(4, 4))
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe.png").st_mode)


@pytest.mark.parametrize("broken", ["os.replace", "shutil.copymode", "imgproc.io._writing.encode"])
def test_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, broken):
    path = tmp_path / "image.png"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(broken, fail)
    with pytest.raises(OSError, match="No space left"):
        write_image(path, noise(4, 4))

    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["image.png"]


def test_a_refused_write_names_the_target(tmp_path, monkeypatch):
    real = builtins.open

    def denied(name, mode="r", *rest):
        if mode == "xb":
            raise PermissionError(13, "Permission denied", name)
        return real(name, mode, *rest)

    monkeypatch.setattr(builtins, "open", denied)
    with pytest.raises(PermissionError, match=r"image\.png"):
        write_image(tmp_path / "image.png", noise(4, 4))


def test_full_disk_leaves_no_temporary_file(tmp_path, monkeypatch):
    real = builtins.open

    def full(name, mode="r", *rest):
        file = real(name, mode, *rest)
        if mode == "xb":
            file.close()
            raise OSError(28, "No space left on device")
        return file

    monkeypatch.setattr(builtins, "open", full)
    with pytest.raises(OSError, match="No space left"):
        write_image(tmp_path / "image.png", noise(4, 4))

    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o002])
def test_permissions_are_those_of_open(tmp_path, umask):
    code = f"import os, numpy, imgproc.io as io; os.umask({umask}); io.write_image('a.png', numpy.zeros((2, 2), 'u1'))"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)

    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o666 & ~umask
    (tmp_path / "a.png").chmod(0o604)
    write_image(tmp_path / "a.png", noise(2, 2))
    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o604


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links")
def test_a_link_is_followed(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link.png").symlink_to(tmp_path / "there" / "real.png")
    image = noise(4, 4, 3)

    write_image(tmp_path / "link.png", image)

    assert (tmp_path / "link.png").is_symlink()
    np.testing.assert_array_equal(read_image(tmp_path / "there" / "real.png"), image)


def test_relative_and_non_ascii_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for image in (noise(4, 4, 3), noise(4, 4, 3, dtype=np.uint16)):
        write_image("Größe 图像.png", image)
        np.testing.assert_array_equal(read_image("Größe 图像.png"), image)


def test_many_threads_write_and_read_one_file(tmp_path):
    images = [np.full((64, 64, 3), i, np.uint8) for i in range(4)]
    path = tmp_path / "image.png"
    write_image(path, images[0])
    failures = []

    def work(image):
        try:
            for _ in range(20):
                write_image(path, image)
                assert np.ptp(read_image(path)) == 0
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(image,)) for image in images]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert os.listdir(tmp_path) == ["image.png"]


# Conversions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "referee", "shape"),
    [
        ("1", "L", (H, W)),
        ("L", "L", (H, W)),
        ("LA", "LA", (H, W, 2)),
        ("P", "RGB", (H, W, 3)),
        ("PA", "RGBA", (H, W, 4)),
        ("RGB", "RGB", (H, W, 3)),
        ("RGBA", "RGBA", (H, W, 4)),
        ("RGBX", "RGB", (H, W, 3)),
        ("RGBa", "RGBA", (H, W, 4)),
        ("La", "LA", (H, W, 2)),
        ("CMYK", "RGB", (H, W, 3)),
        ("YCbCr", "RGB", (H, W, 3)),
        ("HSV", "RGB", (H, W, 3)),
    ],
)
def test_from_pil(mode, referee, shape):
    source = Image.fromarray(noise(H, W, 3))
    via = {"RGBa": "RGBA", "La": "LA"}.get(mode)
    image = source.convert(via).convert(mode) if via else source.convert(mode)

    result = from_pil(image)

    assert result.shape == shape and result.dtype == np.uint8
    assert result.flags.c_contiguous and result.flags.writeable
    np.testing.assert_array_equal(result, np.asarray(image.convert(referee)))


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B"])
def test_from_pil_16_bits(mode):
    image = noise(H, W, dtype=np.uint16)
    stored = image.astype(">u2" if mode.endswith("B") else "<u2").tobytes()

    result = from_pil(Image.frombytes(mode, (W, H), stored))

    assert result.dtype == np.uint16 and result.dtype.isnative
    np.testing.assert_array_equal(result, image)


def test_from_pil_32_bits():
    integers = noise(H, W, dtype=np.uint16).astype(np.int32)
    floats = noise(H, W, dtype=np.float32)

    result = from_pil(Image.fromarray(integers))
    assert result.dtype == np.uint16
    np.testing.assert_array_equal(result, integers)
    np.testing.assert_array_equal(from_pil(Image.fromarray(floats)), floats)
    assert from_pil(Image.fromarray(floats)).dtype == np.float32


def test_from_pil_does_not_turn_the_image(tmp_path):
    Image.fromarray(scene()).save(tmp_path / "turned.png", exif=exif_block(6))

    with Image.open(tmp_path / "turned.png") as image:
        np.testing.assert_array_equal(from_pil(image), scene())


def test_from_pil_refuses():
    with pytest.raises(TypeError, match=r"image must be a PIL\.Image\.Image, got ndarray"):
        from_pil(noise(4, 4))
    with pytest.raises(ValueError, match="mode LAB has no conversion"):
        from_pil(Image.new("LAB", (4, 4)))
    for wrong in (-1, 65536):
        with pytest.raises(ValueError, match=f"image of mode I must have values in 0 to 65535, got .*{wrong}"):
            from_pil(Image.new("I", (4, 4), wrong))


def test_from_pil_result_is_its_own():
    image = Image.fromarray(noise(4, 4, 3))
    before = np.asarray(image).copy()

    from_pil(image)[...] = 0

    np.testing.assert_array_equal(np.asarray(image), before)


@pytest.mark.parametrize(
    ("shape", "dtype", "mode"),
    [
        ((H, W), np.uint8, "L"),
        ((H, W, 1), np.uint8, "L"),
        ((H, W, 3), np.uint8, "RGB"),
        ((H, W, 4), np.uint8, "RGBA"),
        ((H, W), np.uint16, "I;16"),
        ((H, W, 1), np.uint16, "I;16"),
    ],
)
def test_to_pil_and_back(shape, dtype, mode):
    array = noise(*shape, dtype=dtype)
    before = array.copy()
    array.flags.writeable = False

    image = to_pil(array)

    assert image.mode == mode and image.size == (W, H)
    array.flags.writeable = True
    array[...] = 0
    np.testing.assert_array_equal(from_pil(image), before[..., 0] if shape[2:] == (1,) else before)
    np.testing.assert_array_equal(from_pil(to_pil(before[::-1, ::2])), np.squeeze(before[::-1, ::2]))


@pytest.mark.parametrize(
    ("image", "error", "said"),
    [
        (noise(4, 4, dtype=np.float32), ValueError, r"got float32: for values in \[0, 1\] convert np\.rint"),
        (noise(4, 4, 3, dtype=np.float64), ValueError, "got float64"),
        (noise(4, 4, 3, dtype=np.uint16), ValueError, "Pillow has no 16-bit colour"),
        (noise(4, 0, 3), ValueError, "at least one pixel"),
        (noise(4, 4, 2), ValueError, "image must have 1 or 3 or 4 channels"),
        (noise(4, 4, 5), ValueError, "image must have 1 or 3 or 4 channels"),
        (np.zeros((4, 4), bool), TypeError, "got bool: pass mask"),
        (np.zeros((4, 4), np.int64), TypeError, "got int64"),
        ("photo.jpg", TypeError, "got str"),
    ],
)
def test_to_pil_refuses(image, error, said):
    with pytest.raises(error, match=said):
        to_pil(image)


@pytest.mark.parametrize("swap", [bgr_to_rgb, rgb_to_bgr])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("view", [np.s_[:], np.s_[::-1, ::2], np.s_[:0], np.s_[:, 3:4]])
def test_swapping_red_and_blue(swap, dtype, channels, view):
    image = frozen(noise(H, W, channels, dtype=dtype))[view]
    before = image.copy()

    result = swap(image)

    expected = np.stack([image[..., 2], image[..., 1], image[..., 0], *np.moveaxis(image[..., 3:], -1, 0)], axis=-1)
    assert result.dtype == dtype and result.flags.c_contiguous and not np.shares_memory(result, image)
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("swap", [bgr_to_rgb, rgb_to_bgr])
def test_swapping_red_and_blue_refuses(swap):
    for shape in ((4, 4), (4, 4, 1), (4, 4, 2), (4, 4, 5)):
        with pytest.raises(ValueError, match="image must have 3 or 4 channels"):
            swap(noise(*shape))
    with pytest.raises(TypeError, match="got int32"):
        swap(np.zeros((4, 4, 3), np.int32))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, np.float16, np.int64, bool, ">u2"])
@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (4,), (7,)])
@pytest.mark.parametrize("batch", [(), (3,), (0,)])
@pytest.mark.parametrize("view", [np.s_[..., :, :, :], np.s_[..., ::-1, ::2, :], np.s_[..., :0, :, :]])
def test_channels_first_and_back(dtype, shape, batch, view):
    image = frozen(noise(*batch, 9, 10, *shape).astype(dtype))[view]

    first = channels_first(image)
    last = channels_last(frozen(first)[..., ::-1])

    assert first.dtype == last.dtype == np.dtype(dtype)
    assert first.flags.c_contiguous and last.flags.c_contiguous
    assert not np.shares_memory(first, image) and not np.shares_memory(last, first)
    np.testing.assert_array_equal(first, np.moveaxis(image, -1, -3))
    np.testing.assert_array_equal(last, image[..., ::-1, :])


def test_channels_of_a_grey_image():
    grey = frozen(noise(H, W))

    first = channels_first(grey)

    assert first.shape == (1, H, W) and not np.shares_memory(first, grey)
    assert channels_last(first).shape == (H, W, 1)
    np.testing.assert_array_equal(channels_last(first)[..., 0], grey)


def test_channels_refuse():
    for shape in ((4,), (2, 3, 4, 5, 6)):
        with pytest.raises(ValueError, match=r"image must have shape \(h, w\), \(h, w, c\) or \(n, h, w, c\), got"):
            channels_first(np.zeros(shape))
    for shape in ((4, 4), (2, 3, 4, 5, 6)):
        with pytest.raises(ValueError, match=r"image must have shape \(c, h, w\) or \(n, c, h, w\), got"):
            channels_last(np.zeros(shape))
    for convert in (channels_first, channels_last):
        for wrong in ([[[1]]], np.ma.zeros((4, 4, 3))):
            with pytest.raises(TypeError, match="image must be a plain numpy array, got"):
                convert(wrong)


# Loading the libraries --------------------------------------------------------------------------------------------


def test_missing_system_library_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without_gl(name, *rest):
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_gl)
    with pytest.raises(ImportError, match=r"libGL\.so\.1.*apt-get install libgl1 libglib2\.0-0.*headless"):
        load_cv2()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        # Either build of OpenCV serves, and the error says so.
        (
            ModuleNotFoundError("No module named 'cv2'", name="cv2"),
            r"opencv-python-headless \(or opencv-python; either",
        ),
        (ModuleNotFoundError("No module named 'numpy.x'", name="numpy.x"), r"^No module named 'numpy\.x'$"),
        (ImportError("numpy is too old"), "^numpy is too old$"),
    ],
)
def test_other_import_errors(monkeypatch, error, said):
    real = builtins.__import__

    def fail(name, *rest):
        if name == "cv2":
            raise error
        return real(name, *rest)

    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr(builtins, "__import__", fail)
    with pytest.raises(ImportError, match=said):
        load_cv2()


def test_without_opencv_8_bit_files_are_read_and_deep_ones_say_why(tmp_path, monkeypatch):
    write_image(tmp_path / "deep.png", noise(4, 4, 3, dtype=np.uint16))
    write_image(tmp_path / "flat.png", noise(4, 4, 3))
    monkeypatch.setitem(sys.modules, "cv2", None)

    assert read_image(tmp_path / "flat.png").shape == (4, 4, 3)
    with pytest.raises(ImportError, match="OpenCV"):
        read_image(tmp_path / "deep.png")


def test_without_pillow_deep_png_files_are_read_and_turned(tmp_path, monkeypatch):
    image = noise(4, 6, 3, dtype=np.uint16)
    turn = chunk(b"eXIf", exif_block(6).removeprefix(b"Exif\0\0"))
    (tmp_path / "flat.png").write_bytes(make_png(image, 2))
    (tmp_path / "turned.png").write_bytes(make_png(image, 2, before=turn))
    (tmp_path / "8.png").write_bytes(encoded("png"))
    expected = read_image(tmp_path / "turned.png")
    assert expected.shape == (6, 4, 3)
    for name in [name for name in sys.modules if name.partition(".")[0] == "PIL"]:
        monkeypatch.setitem(sys.modules, name, None)

    assert (read_image(tmp_path / "flat.png") == image).all()
    assert (read_image(tmp_path / "turned.png") == expected).all()
    with pytest.raises(ImportError, match=r"^read_image needs pillow, .*: pip install pillow$"):
        read_image(tmp_path / "8.png")


def test_channels_first_needs_no_opencv(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)

    assert channels_first(noise(4, 5, 3)).shape == (3, 4, 5)


def test_import_loads_neither_library_and_reading_no_numba_and_no_initialised_pillow(tmp_path):
    for i, kind in enumerate(KINDS):
        (tmp_path / f"{i}").write_bytes(encoded(kind))
    code = (
        "import sys, imgproc.io._files as io; "
        "assert not {'cv2', 'PIL', 'PIL.Image'} & set(sys.modules); "
        f"assert all(io.read_image(str(i)).ndim == 3 for i in range({len(KINDS)})); "
        f"assert all(io.read_image(str(i), mode='grey').ndim == 2 for i in range({len(KINDS)})); "
        "assert 'numba' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=tmp_path, env=environment)
