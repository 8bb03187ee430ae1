"""Image files in memory and through open files, and their pages; Pillow, OpenCV and tifffile are the referees."""

import io
import struct
import sys
import zlib

import cv2
import numpy as np
import pytest
import tifffile
from helpers.reading import jpeg_photo
from PIL import Image, ImageSequence

from imgproc import count_pages, decode_image, encode_image, read_image, write_image

PHOTO = np.random.default_rng(0).integers(0, 256, (23, 31, 3), np.uint8)
FORMATS = ("png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp", "ppm")


@pytest.mark.parametrize("format_", FORMATS)
def test_bytes_are_those_of_a_file_and_every_door_reads_them(tmp_path, format_):
    data = encode_image(PHOTO, format=format_)
    path = tmp_path / f"a.{format_}"
    write_image(path, PHOTO)
    file = io.BytesIO()
    write_image(file, PHOTO, format=format_.upper())

    assert type(data) is bytes
    assert data == path.read_bytes() == file.getvalue() == encode_image(PHOTO, format=f".{format_}")
    expected = read_image(path)
    with path.open("rb") as opened:
        for value in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8), io.BytesIO(data), opened):
            found = decode_image(value)
            np.testing.assert_array_equal(found, expected)
            assert found.flags.c_contiguous and found.flags.writeable
    np.testing.assert_array_equal(read_image(memoryview(data)[:]), expected)
    np.testing.assert_array_equal(read_image(memoryview(b"xx" + data)[2:]), expected)
    assert count_pages(data) == count_pages(path) == 1


def test_an_open_file_is_read_and_written_where_it_stands(tmp_path):
    with (tmp_path / "several").open("w+b") as file:
        for level in (1, 2):
            write_image(file, np.full((2, 3), level, np.uint8), format="png")
        second = file.tell()
        write_image(file, PHOTO, format="png")
        file.seek(second)
        np.testing.assert_array_equal(read_image(file), PHOTO)
        assert not file.closed
    with (tmp_path / "raw").open("wb", buffering=0) as file:
        write_image(file, PHOTO, format="bmp")
    np.testing.assert_array_equal(read_image(tmp_path / "raw"), PHOTO)


def test_a_file_that_takes_a_part_at_a_time_gets_all():
    class Slow(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def write(self, data):
            self.data += bytes(data[:100])
            return min(len(data), 100)

    slow = Slow()
    write_image(slow, PHOTO, format="png")
    np.testing.assert_array_equal(decode_image(slow.data), PHOTO)


def test_the_format_counts_before_the_name(tmp_path):
    write_image(tmp_path / "a.bin", PHOTO, format="png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.bin"), PHOTO)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: decode_image("a.png"), TypeError, "data must be the content .* got str: read_image takes the name"),
        (lambda: decode_image(3), TypeError, "data must be the content of an image file, bytes .* got int"),
        (lambda: decode_image(PHOTO), TypeError, r"got an array uint8 of shape \(23, 31, 3\)"),
        (lambda: decode_image(io.StringIO("a")), TypeError, "data must be open in binary mode"),
        (lambda: decode_image(b""), ValueError, "cannot read bytes: the file is empty"),
        (lambda: decode_image(b"text"), ValueError, "cannot read bytes: not an image of a known format"),
        (lambda: decode_image(encode_image(PHOTO), page=1), ValueError, "it has 1 page, .* no page=1"),
        (lambda: decode_image(encode_image(PHOTO), page=True), TypeError, "page must be an integer"),
        (lambda: decode_image(encode_image(PHOTO), max_pixels=9), ValueError, "31 x 23 = 713 pixels, more than"),
        (lambda: encode_image(PHOTO, format="gif"), ValueError, "format must be one of 'png', .*, got 'gif'"),
        (lambda: encode_image(PHOTO, format=3), TypeError, "format must be a string"),
        (lambda: encode_image(PHOTO, format="pgm"), ValueError, "for a PGM file, got uint8 with 3"),
        (lambda: encode_image(PHOTO, quality=9), ValueError, "quality has a meaning for"),
        (lambda: write_image(io.BytesIO(), PHOTO), ValueError, "format must be given for an open file"),
        (lambda: write_image(io.StringIO(), PHOTO, format="png"), TypeError, "path must be open in binary mode"),
        (lambda: count_pages(3), TypeError, "path must be a str or os.PathLike, got int"),
        (lambda: count_pages(b"text"), ValueError, "cannot read bytes: not an image"),
    ],
)
def test_what_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_nothing_is_written_if_the_image_is_refused():
    file = io.BytesIO()
    with pytest.raises(ValueError, match="for a JPEG file"):
        write_image(file, PHOTO[..., [0, 1]], format="jpg")
    assert file.getvalue() == b""


@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.parametrize("quality", [30, 90, 95])
def test_jpeg_has_the_pixels_of_pillows_whoever_encodes(monkeypatch, channels, quality):
    image = PHOTO if channels else np.ascontiguousarray(PHOTO[..., 0])
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    expected = np.asarray(Image.open(buffer))
    by_opencv = encode_image(image, format="jpg", quality=quality)
    monkeypatch.setitem(sys.modules, "cv2", None)
    for data in (by_opencv, encode_image(image, format="jpg", quality=quality)):
        np.testing.assert_array_equal(decode_image(data, mode="unchanged"), expected)


# JPEG by OpenCV -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 1}, {"keep_rgb": True, "subsampling": 0}])
def test_jpeg_of_every_kind_is_what_pillow_reads(mode, progressive, subsampling, options):
    for shape in ((37, 53), (8, 8), (1, 1), (17, 16)):
        image = cv2.resize(PHOTO, shape[::-1], interpolation=cv2.INTER_CUBIC)
        buffer = io.BytesIO()
        keep = {"progressive": progressive, "subsampling": subsampling} | (options if mode == "RGB" else {})
        Image.fromarray(image).convert(mode).save(buffer, "JPEG", **keep)
        for data in (buffer.getvalue(), buffer.getvalue() + bytes(50)):
            found = decode_image(data, mode="unchanged")
            np.testing.assert_array_equal(found, np.asarray(Image.open(io.BytesIO(data))))


def test_an_older_opencv_gives_the_same(monkeypatch):
    """Before 4.11 it has no flag for RGB."""
    buffer = io.BytesIO()
    Image.fromarray(PHOTO).save(buffer, "JPEG")
    expected, small = decode_image(buffer.getvalue()), jpeg_photo(buffer.getvalue(), None).part((0, 0, 31, 23), 2).image
    monkeypatch.delattr(cv2, "IMREAD_COLOR_RGB", raising=False)
    np.testing.assert_array_equal(decode_image(buffer.getvalue()), expected)
    np.testing.assert_array_equal(jpeg_photo(buffer.getvalue(), None).part((0, 0, 31, 23), 2).image, small)


def test_a_thumbnail_in_a_cut_jpeg_is_not_its_end():
    """The mark of the end of a small JPEG in the metadata is none of the file's."""
    small, large = io.BytesIO(), io.BytesIO()
    Image.fromarray(PHOTO[:8, :8]).save(small, "JPEG")
    Image.fromarray(cv2.resize(PHOTO, (300, 200))).save(large, "JPEG")
    content = b"JFXX\0\x10" + small.getvalue()
    data = large.getvalue()
    data = data[:2] + b"\xff\xe0" + struct.pack(">H", len(content) + 2) + content + data[2:]
    assert decode_image(data).shape == (200, 300, 3)
    for cut in (data[: data.index(small.getvalue()) + len(small.getvalue())], data[: len(data) // 2], data[:-40]):
        with pytest.raises(ValueError, match="truncated or damaged JPEG"):
            decode_image(cut)
    # Nor is one that stands behind the place where the file was cut, in a file of several pictures.
    with pytest.raises(ValueError, match="truncated or damaged JPEG"):
        decode_image(data[: len(data) // 2] + b"\xff")


# Pages ----------------------------------------------------------------------------------------------------------------


def pages_of(dtype, channels, n=4):
    rng = np.random.default_rng(1)
    shapes = [(20 + k, 30 - k) for k in range(n)]
    return [(rng.random((*shape, *channels)) * (1 if dtype == "f4" else 255)).astype(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("channels", [(), (3,)])
@pytest.mark.parametrize(
    "options",
    [{}, {"byteorder": ">"}, {"bigtiff": True}, {"tile": (16, 16)}, {"compression": "zlib", "rowsperstrip": 7}],
)
def test_every_page_of_a_tiff(dtype, channels, options):
    pages = pages_of(dtype, channels)
    buffer = io.BytesIO()
    file_options = {name: options[name] for name in ("byteorder", "bigtiff") if name in options}
    with tifffile.TiffWriter(buffer, **file_options) as writer:
        for page in pages:
            kind = "rgb" if channels else "minisblack"
            writer.write(page, photometric=kind, **{k: v for k, v in options.items() if k not in file_options})
    data = buffer.getvalue()
    assert count_pages(data) == len(pages)
    for k, page in enumerate(pages):
        np.testing.assert_array_equal(decode_image(data, page=k, mode="unchanged"), page)
    with pytest.raises(ValueError, match="it has 4 pages, counted from 0, and no page=4"):
        decode_image(data, page=4)


def test_pages_of_pillows_tiff_with_their_orientations():
    pages = [Image.fromarray(PHOTO), Image.fromarray(PHOTO[:9]).convert("P"), Image.fromarray(PHOTO).convert("1")]
    buffer = io.BytesIO()
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    data = buffer.getvalue()
    assert count_pages(data) == 3
    for k, page in enumerate(pages):
        np.testing.assert_array_equal(decode_image(data, page=k), np.asarray(page.convert("RGB")))
    turned = io.BytesIO()
    with tifffile.TiffWriter(turned) as writer:
        writer.write(PHOTO, photometric="rgb")
        writer.write(PHOTO, photometric="rgb", extratags=[(274, 3, 1, 6, True)])
    np.testing.assert_array_equal(decode_image(turned.getvalue(), page=0), PHOTO)
    np.testing.assert_array_equal(decode_image(turned.getvalue(), page=1), np.rot90(PHOTO, -1))


def test_a_cut_page_is_refused_or_kept_and_the_others_are_read():
    pages = pages_of("u2", (3,))
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for page in pages:
            writer.write(page, photometric="rgb", rowsperstrip=4)
    data = buffer.getvalue()[:-500]
    np.testing.assert_array_equal(decode_image(data, page=1), pages[1])
    with pytest.raises(ValueError, match="truncated or damaged TIFF"):
        decode_image(data, page=3)
    kept = decode_image(data, page=3, damaged="keep")
    np.testing.assert_array_equal(kept[:12], pages[3][:12])
    assert not kept[-1].any()


def test_a_list_of_pages_that_has_no_end_is_damage():
    data = bytearray(encode_image(PHOTO, format="tiff"))
    first = struct.unpack_from("<I", data, 4)[0]
    number = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * number, first)
    for call in (count_pages, lambda value: decode_image(value, page=1)):
        with pytest.raises(ValueError, match=r"truncated or damaged TIFF file \(its list of pages has no end"):
            call(bytes(data))
    np.testing.assert_array_equal(decode_image(bytes(data)), PHOTO)


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG"])
def test_frames_of_animations_are_what_a_viewer_shows(format_):
    frames = [Image.fromarray(np.roll(PHOTO, 5 * k, axis=1)) for k in range(3)]
    buffer = io.BytesIO()
    options = {"lossless": True} if format_ == "WEBP" else {}
    frames[0].save(buffer, format_, save_all=True, append_images=frames[1:], duration=50, **options)
    data = buffer.getvalue()
    assert count_pages(data) == 3
    expected = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(Image.open(io.BytesIO(data)))]
    for k in (2, 0, 1):
        np.testing.assert_array_equal(decode_image(data, page=k), expected[k])
    with pytest.raises(ValueError, match="it has 3 pages"):
        decode_image(data, page=3)


def test_of_a_deep_png_the_first_frame_alone_is_read():
    deep = PHOTO.astype(np.uint16) * 257
    data = encode_image(deep, format="png")
    control = b"acTL" + struct.pack(">II", 2, 0)
    data = data[:33] + struct.pack(">I", 8) + control + struct.pack(">I", zlib.crc32(control)) + data[33:]
    np.testing.assert_array_equal(decode_image(data), deep)
    with pytest.raises(ValueError, match="of a PNG file of 16 bits the first frame alone is supported"):
        decode_image(data, page=1)


def test_pages_of_damaged_files_raise_nothing_but_value_error():
    rng = np.random.default_rng(2)
    files = []
    for format_ in ("GIF", "WEBP", "PNG", "TIFF"):
        buffer = io.BytesIO()
        frame = Image.fromarray(PHOTO)
        frame.save(buffer, format_, save_all=True, append_images=[Image.fromarray(PHOTO[::-1])])
        files.append(buffer.getvalue())
    for data in files:
        for k in range(40):
            spoilt = bytearray(data)
            for place in rng.integers(0, min(len(spoilt), 400 if k % 2 else len(spoilt)), 3):
                spoilt[place] = rng.integers(256)
            for call in (count_pages, lambda value: decode_image(value, page=1, max_pixels=10**6)):
                try:
                    call(bytes(spoilt))
                except ValueError as error:
                    assert "cannot read bytes" in str(error)
