"""Reading alike, whatever the format and the depth: orientation, damage, what is not supported, and open files."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from helpers.functions import example_image
from helpers.reading import decodes, jpeg_segments, tiff_of_one_pixel
from PIL import Image, ImageFile

from imgproc import read_image, write_image

H, W = 9, 14


def pixels(dtype: type, channels: int = 3, h: int = H, w: int = W) -> np.ndarray:
    return example_image(np.dtype(dtype), (h, w), None if channels == 1 else channels)


def turned(image: np.ndarray, orientation: int) -> np.ndarray:
    """By the words of the standard: where row 0 and column 0 of the file belong."""
    return {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],  # top, right
        3: lambda a: a[::-1, ::-1],  # bottom, right
        4: lambda a: a[::-1],  # bottom, left
        5: lambda a: a.swapaxes(0, 1),  # left, top
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],  # right, top
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),  # right, bottom
        8: lambda a: a.swapaxes(0, 1)[::-1],  # left, bottom
    }[orientation](image)


# Orientation ------------------------------------------------------------------------------------------------------


def exif(orientation: int) -> bytes:
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)


def xmp(orientation: int) -> bytes:
    return b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="%d"/></x:xmpmeta>' % orientation


def raw_profile(orientation: int) -> bytes:
    data = b"Exif\0\0" + exif(orientation)
    return b"\nexif\n%8d\n%s\n" % (len(data), data.hex().encode())


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(image: np.ndarray, extra: bytes, after: bool = False) -> bytes:
    rows = image.astype(image.dtype.newbyteorder(">")).reshape(len(image), -1)
    data = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    color = {1: 0, 2: 4, 3: 2, 4: 6}[1 if image.ndim == 2 else image.shape[2]]
    header = struct.pack(">2I5B", image.shape[1], image.shape[0], 8 * image.itemsize, color, 0, 0, 0)
    parts = [chunk(b"IHDR", header), extra, chunk(b"IDAT", data), b"", chunk(b"IEND", b"")]
    parts[1], parts[3] = (b"", extra) if after else (extra, b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png_with(source: str, orientation: int) -> bytes:
    text = b"Raw profile type exif\0"
    return {
        "exif": lambda: chunk(b"eXIf", exif(orientation)),
        "raw": lambda: chunk(b"tEXt", text + raw_profile(orientation)),
        "packed raw": lambda: chunk(b"zTXt", text + b"\0" + zlib.compress(raw_profile(orientation))),
        "xmp": lambda: chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(orientation)),
        "packed xmp": lambda: chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(xmp(orientation))),
        "exif before xmp": lambda: chunk(b"eXIf", exif(orientation)) + png_with("xmp", 9 - orientation),
    }[source]()


def jpeg(extra: bytes) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels(np.uint8)).save(buffer, "JPEG", quality=95)
    return b"\xff\xd8" + extra + buffer.getvalue()[2:]


def jpeg_with(source: str, orientation: int) -> bytes:
    data = {
        "exif": lambda: b"Exif\0\0" + exif(orientation),
        "xmp": lambda: b"http://ns.adobe.com/xap/1.0/\0" + xmp(orientation),
    }[source]()
    return b"\xff\xe1" + struct.pack(">H", len(data) + 2) + data


def webp(source: str, orientation: int) -> bytes:
    buffer = io.BytesIO()
    given = {} if not source else {source: exif(orientation) if source == "exif" else xmp(orientation)}
    Image.fromarray(pixels(np.uint8)).save(buffer, "WEBP", lossless=True, **given)
    return buffer.getvalue()


def tiff(image: np.ndarray, source: str, orientation: int, compression: str | None) -> bytes:
    buffer = io.BytesIO()
    packet = xmp(orientation)
    tag = {
        "": [],
        "tag": [(274, "H", 1, orientation, True)],
        "xmp": [(700, "B", len(packet), packet, True)],
        "tag before xmp": [(274, "H", 1, orientation, True), (700, "B", len(packet), xmp(9 - orientation), True)],
    }[source]
    kind = "rgb" if image.ndim == 3 else "minisblack"
    tifffile.imwrite(buffer, image, photometric=kind, extratags=tag, compression=compression, metadata=None)
    return buffer.getvalue()


DEPTHS = [np.uint8, np.uint16, np.float32, np.float64]
CASES: dict[str, Callable[[int], tuple[bytes, bytes]]] = {}
"""The file with an orientation, and the same without one, by what it is."""
for source in ("exif", "raw", "packed raw", "xmp", "packed xmp", "exif before xmp"):
    for dtype in DEPTHS[:2]:
        for channels in (1, 2, 3, 4):
            for after in (False, True):
                CASES[f"PNG, {dtype.__name__}, {channels} channels, {source}{' after' * after}"] = (
                    lambda n, s=source, d=dtype, c=channels, a=after: (
                        png(pixels(d, c), png_with(s, n), a),
                        png(pixels(d, c), b""),
                    )
                )
for source in ("exif", "xmp"):
    CASES[f"JPEG, {source}"] = lambda n, s=source: (jpeg(jpeg_with(s, n)), jpeg(b""))
    CASES[f"JPEG, {source} behind an empty comment and fill bytes"] = lambda n, s=source: (
        jpeg(b"\xff\xfe\0\2" + b"\xff\xff" + jpeg_with(s, n)),
        jpeg(b""),
    )
    CASES[f"WebP, {source}"] = lambda n, s=source: (webp(s, n), webp("", n))
for source in ("tag", "xmp", "tag before xmp"):
    for dtype in DEPTHS:
        for channels in (1, 3):
            for compression in (None, "zlib"):
                CASES[f"TIFF, {dtype.__name__}, {channels} channels, {compression}, {source}"] = (
                    lambda n, s=source, d=dtype, c=channels, z=compression: (
                        tiff(pixels(d, c), s, n, z),
                        tiff(pixels(d, c), "", n, z),
                    )
                )


@pytest.mark.parametrize("case", CASES)
def test_an_orientation_turns_every_kind_of_file_alike(case: str) -> None:
    for orientation in range(1, 9):
        data, plain = CASES[case](orientation)
        upright = read_image(io.BytesIO(plain), mode="unchanged")
        found = read_image(io.BytesIO(data), mode="unchanged")
        assert found.dtype == upright.dtype
        np.testing.assert_array_equal(found, turned(upright, orientation), err_msg=f"{case}, {orientation}")


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_not_defined_means_upright(orientation: int) -> None:
    for data in (png(pixels(np.uint16), png_with("exif", orientation)), jpeg(jpeg_with("exif", orientation))):
        assert read_image(io.BytesIO(data)).shape == (H, W, 3)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow looks at EXIF by itself
def test_damaged_metadata_do_not_spoil_the_pixels() -> None:
    rng = np.random.default_rng(0)
    for make, mark in ((lambda x: png(pixels(np.uint16), chunk(b"eXIf", x)), exif(6)), (jpeg, jpeg_with("exif", 6))):
        for _ in range(200):
            spoilt = bytearray(mark)
            for place in rng.integers(4 if make is jpeg else 0, len(spoilt), 3):
                spoilt[place] = rng.integers(256)
            if make is not jpeg or not spoilt.count(0xFF, 4):
                assert sorted(read_image(io.BytesIO(make(bytes(spoilt)))).shape[:2]) == [H, W]


# Damage -----------------------------------------------------------------------------------------------------------


def scene() -> np.ndarray:
    y, x = np.mgrid[:90, :120]
    return np.stack([y * 2, x * 2, (x * y) % 256], axis=-1).astype(np.uint8)


def saved(format_: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(scene()).save(buffer, format_, **options)
    return buffer.getvalue()


def interlaced(data: bytes) -> bytes:
    """A PNG file in seven passes, by its own rows."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)[..., ::-1].astype(">u2")
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    raw = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in passes for row in image[y::dy, x::dx])
    header = struct.pack(">2I5B", image.shape[1], image.shape[0], 16, 2, 0, 0, 1)
    return data[:8] + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


def deep_tiff(**options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, scene().astype(np.uint16) * 257, photometric="rgb", rowsperstrip=7, **options)
    return buffer.getvalue()


DEEP_PNG = cv2.imencode(".png", scene().astype(np.uint16) * 257)[1].tobytes()
FILES = {
    "PNG": saved("PNG"),
    "deep PNG": DEEP_PNG,
    "deep interlaced PNG": interlaced(DEEP_PNG),
    "JPEG": saved("JPEG"),
    "progressive JPEG": saved("JPEG", progressive=True),
    "TIFF": saved("TIFF"),
    "LZW TIFF": saved("TIFF", compression="tiff_lzw"),
    "deep TIFF": deep_tiff(),
    "deep zlib TIFF": deep_tiff(compression="zlib"),
    "BMP": saved("BMP"),
    "GIF": saved("GIF"),
    "WebP": saved("WEBP", lossless=True),
    "PPM": saved("PPM"),
    "deep PPM": b"P6\n120 90\n65535\n" + (scene().astype(">u2") * 257).tobytes(),
}
KEPT = {name: 30 for name in FILES} | {"WebP": 0, "deep zlib TIFF": 0, "LZW TIFF": 0, "deep interlaced PNG": 1}
"""Rows that are there when a fifth of the file is missing at the end, at least."""

NOISY = ("LZW TIFF",)
"""libtiff in Pillow writes to standard error by itself, and has no switch in Python."""
NOISY_INSIDE = (*NOISY, "JPEG", "progressive JPEG")
"""So does libjpeg in OpenCV, of files that are damaged and not cut: it mends them, and says so in one line."""


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_refused_or_kept(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = FILES[name]
    whole = read_image(io.BytesIO(data))
    np.testing.assert_array_equal(read_image(io.BytesIO(data), damaged="keep"), whole)
    cut = data[: len(data) * 4 // 5]
    with pytest.raises(ValueError, match="truncated or damaged"):
        read_image(io.BytesIO(cut))
    try:
        kept = read_image(io.BytesIO(cut), damaged="keep")
    except ValueError as error:
        assert "truncated or damaged" in str(error)
        assert KEPT[name] == 0 or "TIFF" in name
    else:
        assert kept.shape == whole.shape
        assert kept.dtype == whole.dtype
        same = (kept == whole).all(axis=(1, 2))
        same = same[::-1] if name == "BMP" else same  # which begins at the bottom
        assert same[: KEPT[name]].all(), f"{same.sum()} rows"
        assert not same.all()
    assert name in NOISY or capfd.readouterr().err == ""


def test_a_truncated_tiff_whose_directory_comes_first_keeps_its_rows() -> None:
    """As tifffile and cameras write it; Pillow's own files end with the directory."""
    for dtype in (np.uint8, np.uint16, np.float32):
        image = pixels(dtype, 3, 90, 120)
        data = tiff(image, "", 1, None)
        kept = read_image(io.BytesIO(data[: len(data) * 4 // 5]), damaged="keep")
        same = (kept == read_image(io.BytesIO(data))).all(axis=(1, 2))
        assert same[:60].all()
        assert not same.all()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", FILES)
def test_damaged_files_give_an_array_or_one_error(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(1)
    for k in range(40):
        spoilt = bytearray(FILES[name])
        for place in rng.integers(0, len(spoilt), 1 + k % 4):
            spoilt[place] = rng.integers(256)
        spoilt = spoilt[: rng.integers(20, len(spoilt))] if k % 3 == 0 else spoilt
        for damaged in ("refuse", "keep"):
            try:
                found = read_image(io.BytesIO(spoilt), damaged=damaged, max_pixels=1_000_000)
            except ValueError as error:
                assert "cannot read" in str(error)
            else:
                assert found.ndim == 3
    assert name in NOISY_INSIDE or capfd.readouterr().err == ""


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("shape", [(90, 120, 3), (8, 8, 3), (1, 1, 3), (33, 17)])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_with_every_row_is_not_damaged(progressive: bool, shape: tuple[int, ...], missing: int) -> None:
    image = example_image(np.dtype(np.uint8), shape[:2], 3 if len(shape) == 3 else None)
    for subsampling in (0, 2):
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG", progressive=progressive, subsampling=subsampling)
        data = buffer.getvalue()
        whole = read_image(io.BytesIO(data))
        for damaged in ("refuse", "keep"):
            np.testing.assert_array_equal(read_image(io.BytesIO(data[:-missing]), damaged=damaged), whole)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_lacks_part_of_a_row_is_damaged(progressive: bool) -> None:
    data = saved("JPEG", progressive=progressive)
    whole = read_image(io.BytesIO(data))
    for missing in [*range(4, 40), len(data) // 2]:
        try:
            found = read_image(io.BytesIO(data[:-missing]))
        except ValueError as error:
            assert "truncated or damaged" in str(error)
        else:  # the last bits of a scan may say nothing
            np.testing.assert_array_equal(found, whole)
            assert missing < 8


def test_a_progressive_jpeg_that_ends_between_two_scans_is_damaged() -> None:
    data = saved("JPEG", progressive=True)
    segments = [(at, marker) for at, marker, _ in jpeg_segments(data)]
    first = next(at for at, marker in segments if marker == 0xDA)
    between = [at for at, marker in segments if at > first and marker in (0xDA, 0xC4)]
    assert len(between) > 5
    for at in between:
        with pytest.raises(ValueError, match="truncated or damaged"):
            read_image(io.BytesIO(data[:at]))
        assert read_image(io.BytesIO(data[:at]), damaged="keep").shape == (90, 120, 3)


# What is not supported --------------------------------------------------------------------------------------------


def compressed(number: int, packed: bytes, bits: int) -> bytes:
    return tiff_of_one_pixel(number, packed, bits)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("number", [34712, 34887, 34925, 50000, 50001, 50002, 61234])
def test_a_compression_that_nobody_here_decodes_is_no_damage(
    number: int, bits: int, capfd: pytest.CaptureFixture[str]
) -> None:
    data = compressed(number, b"what it is", bits)
    has = decodes(number, deep=bits == 16)
    said = "truncated or damaged" if has else rf"this TIFF is not supported: it is compressed by .*{number}"
    with pytest.raises(ValueError, match=said):
        read_image(io.BytesIO(data))
    try:
        read_image(io.BytesIO(data), damaged="keep")
    except ValueError as error:
        assert ("truncated or damaged" if has else "not supported") in str(error)
    else:
        assert has
    assert bits == 8 or capfd.readouterr().err == ""


@pytest.mark.parametrize("compression", ["lzma", "zlib", None])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_whole_files_are_read_or_not_supported_and_never_damaged(compression: str | None, dtype: type) -> None:
    buffer = io.BytesIO()
    image = pixels(dtype)
    tifffile.imwrite(buffer, image, photometric="rgb", compression=compression)
    try:
        np.testing.assert_array_equal(read_image(buffer.__class__(buffer.getvalue())), image)
    except ValueError as error:
        assert "not supported: it is compressed by LZMA" in str(error)
        assert compression == "lzma"


def test_a_usual_compression_that_fails_is_damage() -> None:
    for bits in (8, 16):
        with pytest.raises(ValueError, match="truncated or damaged"):
            read_image(io.BytesIO(compressed(5, b"\xff", bits)))


def test_opencvs_level_of_logging_is_put_back() -> None:
    logging = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging
    level = logging.getLogLevel()
    for data in (DEEP_PNG, DEEP_PNG[:900], deep_tiff(compression="zlib")[:5000]):
        with contextlib.suppress(ValueError):
            read_image(io.BytesIO(data))
        assert logging.getLogLevel() == level


# Files, and limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_an_open_file_reads_as_its_name_does(name: str, tmp_path: Path) -> None:
    path = tmp_path / "photo"
    path.write_bytes(FILES[name])
    whole = read_image(path)
    np.testing.assert_array_equal(read_image(io.BytesIO(FILES[name])), whole)
    with open(path, "rb") as file:
        np.testing.assert_array_equal(read_image(file), whole)
        assert not file.closed
    stream = io.BytesIO(b"before" + FILES[name])
    stream.seek(6)
    np.testing.assert_array_equal(read_image(stream), whole)
    with open(path, "wb") as file:
        file.write(b"nothing")
    with open(path, "rb") as file, pytest.raises(ValueError, match=f"cannot read {path}: not an image"):
        read_image(file)
    with pytest.raises(ValueError, match="cannot read BytesIO: the file is empty"):
        read_image(io.BytesIO())


@pytest.mark.parametrize("magic", [b"P5", b"P2", b"P6", b"P4", b"P1"])
@pytest.mark.parametrize("filler", [b"#" + b"x" * 20_000_000 + b"\n", b" " * 20_000_000, b"#\n" * 10_000_000])
def test_a_header_without_end_is_refused_at_once(magic: bytes, filler: bytes) -> None:
    """Pillow reads comments byte by byte, a second a megabyte."""
    with pytest.raises(ValueError, match="its header has no end in the first 65536 bytes"):
        read_image(io.BytesIO(magic + b"\n" + filler + b"3 2\n255\n" + bytes(18)))


@pytest.mark.parametrize("name", [name for name in FILES if name != "deep interlaced PNG"])
@pytest.mark.parametrize("pillows", [50, 6000])
def test_max_pixels_is_the_only_limit(name: str, pillows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow refuses above twice its own limit, and warns above it."""
    whole = read_image(io.BytesIO(FILES[name]))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pillows)
    for limit in (None, 90 * 120):
        np.testing.assert_array_equal(read_image(io.BytesIO(FILES[name]), max_pixels=limit), whole)
    with pytest.raises(ValueError, match="90 = 10800 pixels, more than max_pixels=10799"):
        read_image(io.BytesIO(FILES[name]), max_pixels=90 * 120 - 1)
    assert pillows == Image.MAX_IMAGE_PIXELS


def test_pillows_truncated_images_are_left_to_their_program() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(1, 1), (7, 1), (1, 7), (33, 20)])
def test_what_is_read_unchanged_can_be_written(tmp_path: Path, dtype: type, shape: tuple[int, int]) -> None:
    for channels in (1, 2, 3, 4):
        image = pixels(dtype, channels, *shape)
        write_image(tmp_path / "a.png", image)
        found = read_image(tmp_path / "a.png", mode="unchanged")
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, image)
        write_image(tmp_path / "b.png", found)
        assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
        if dtype == np.uint8:
            with Image.open(tmp_path / "a.png") as peer:
                assert peer.mode == {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[channels]
        peers = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
        if channels == 2:  # OpenCV widens it
            np.testing.assert_array_equal(peers[..., [0, 3]].reshape(image.shape), image)
