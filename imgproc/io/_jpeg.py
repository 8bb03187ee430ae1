"""JPEG files.

OpenCV decodes them: it writes RGB at once, where Pillow's pixels of four bytes have to be packed.  But it says nothing
of data that end too early.  So the marks in the file are looked at first: what has no mark of its end, and what OpenCV
does not decode, goes to Pillow, which says what is wrong.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from .._core.needed import needed
from .._core.opencv import load_cv2
from ._metadata import orientation, upright
from ._opencv import opencv_silent, swap_red_blue
from ._pillow import load_pillow, pil_array, read_pillow
from ._source import Source, check_size

_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Marks of frames: baseline, extended, progressive, and kinds that are not common."""
_TAILS = (b"", bytes(256), b"\xfe" * 256, b"\x55" * 256, b"\xaa" * 256, bytes(range(251)))
"""What may follow the last row of a JPEG file and changes nothing, and changes a row that is not yet whole."""


class Header(NamedTuple):
    """What the marks of a JPEG file say, of one that has just one frame, of 8 bits, grey or of three components."""

    height: int
    width: int
    components: int
    at: int
    """Where the two bytes of the height stand."""
    bare: bool
    """Whether there are no metadata that could say how the camera was held."""


def header(data: bytes) -> Header | None:
    """The frame of a file that reaches the mark of its end; None for a file that is cut, or of a rarer kind."""
    frame, at, bare, most = None, 2, True, len(data) - 4
    while True:  # segment after segment, up to the first scan
        if at > most or data[at] != 0xFF:
            return None
        marker, length = data[at + 1], data[at + 2] << 8 | data[at + 3]
        if marker == 0xDA:
            break
        if marker in _FRAMES:
            if frame is not None or length < 8 or at > most - 8:
                return None
            depth, height, width, components = struct.unpack_from(">BHHB", data, at + 4)
            frame = Header(height, width, components, at + 5, True)
            if marker > 0xC2 or depth != 8 or components not in (1, 3) or not height or not width:
                return None
            sequential = marker != 0xC2
        elif marker < 0xC0 or 0xD0 <= marker <= 0xD9 or marker == 0xFF or length < 2:
            return None
        elif marker == 0xE1:
            bare = False
        at += 2 + length
    if frame is None or at + 4 > len(data):
        return None
    # In a file of one scan the mark of the end means nothing else.  In others it may stand in a table between scans.
    one = sequential and data[at + 4] == frame.components and data.endswith(b"\xff\xd9")
    if not one and not any(marker == 0xD9 for _, marker, _ in _segments(data, at)):
        return None
    return frame._replace(bare=bare)


def read_jpeg(source: Source) -> tuple[np.ndarray, bool]:
    """A JPEG file."""
    data = source.file.read()
    frame = header(data)
    if frame is not None:
        check_size(frame.width, frame.height, source.limit)
        image = _by_opencv(data, frame)
        if image is not None:
            return image, frame.bare
    source.file.seek(0)
    return _by_pillow(source)


def _by_opencv(data: bytes, frame: Header, factor: int = 1) -> np.ndarray | None:
    """The pixels, or those of a smaller size; None if OpenCV does not decode them."""
    try:
        cv2 = load_cv2()
    except ImportError:
        return None
    rgb = getattr(cv2, "IMREAD_COLOR_RGB", None)  # from OpenCV 4.11 on
    color = cv2.IMREAD_COLOR if rgb is None else rgb
    smaller = getattr(cv2, f"IMREAD_REDUCED_GRAYSCALE_{factor}", 0)  # with a flag of colour: in colour
    flags = (cv2.IMREAD_GRAYSCALE if frame.components == 1 else color) | cv2.IMREAD_IGNORE_ORIENTATION | smaller
    with opencv_silent(cv2):
        try:
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        except cv2.error:  # of a size that OpenCV does not allow
            return None
    if image is None or image.shape[:2] != (-(-frame.height // factor), -(-frame.width // factor)):
        return None
    return image if image.ndim == 2 or rgb is not None else swap_red_blue(image)


def _by_pillow(source: Source) -> tuple[np.ndarray, bool]:
    """What of a file Pillow decodes; a file of which nothing but its end is missing is whole."""
    try:
        return read_pillow(source._replace(keep=False))
    except OSError as error:
        if error.errno is not None:
            raise
        source.file.seek(0)
        data = source.file.read()
        if not _lacks_its_end(data):
            if source.keep:
                source.file.seek(0)
                return read_pillow(source)
            raise
        data = data[:-1] if data.endswith(b"\xff") else data
        made = (read_pillow(source._replace(file=io.BytesIO(data + tail + b"\xff\xd9")))[0] for tail in _TAILS)
        image = next(made)
        if source.keep or (_is_refined(data) and all(np.array_equal(image, other) for other in made)):
            return image, False
        raise


def _lacks_its_end(data: bytes) -> bool:
    """Whether a JPEG file breaks off in its last scan."""
    scans = [at for at, marker, _ in _segments(data) if marker == 0xDA]
    return bool(scans) and not any(marker == 0xD9 for _, marker, _ in _segments(data))


def _is_refined(data: bytes) -> bool:
    """Whether the scans of a JPEG file, whole or not, reach the last bit of every coefficient of every component."""
    components: list[int] = []
    low: dict[tuple[int, int], int] = {}
    for _, marker, content in _segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and len(content) >= 6:
            components = list(content[6 : 6 + 3 * content[5] : 3])
        elif marker == 0xDA and content and len(content) >= 4 + 2 * content[0]:
            first, last, bits = content[1 + 2 * content[0] : 4 + 2 * content[0]]
            for component in content[1 : 1 + 2 * content[0] : 2]:
                low |= {(component, k): bits & 15 for k in range(first, last + 1)}
    return all(low.get((component, k)) == 0 for component in components for k in range(64))


def _segments(data: bytes, at: int = 2) -> Iterator[tuple[int, int, bytes]]:
    """Place, marker and content of the segments from a place on; what follows a scan's header is passed over."""
    while match := _SCAN.search(data, at):
        at, marker = match.start(), data[match.start() + 1]
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        bare = marker in (0x01, 0xD8, 0xD9)
        yield at, marker, b"" if bare else data[at + 4 : at + 2 + length]
        if marker == 0xD9:
            return
        at += 2 if bare else 2 + max(length, 2)


# --- a part, or all at a smaller size ---------------------------------------------------------------------------------

FACTORS = (8, 4, 2, 1)
"""By how much the decoder can shrink a file along each axis."""
_BLOCKS = 16
"""A JPEG file is coded in squares of at most so many pixels."""


class Part(NamedTuple):
    """A part of an image as it was decoded."""

    image: np.ndarray
    factor: int
    """How many pixels of the image a pixel covers along each axis."""
    x: int
    y: int
    """Where the first pixel begins in the image; it may begin outside of it."""


class Photo(NamedTuple):
    """A JPEG file that is not decoded yet; `photo` makes it."""

    data: bytes
    frame: Header
    turn: int
    """Its orientation, see `_metadata`."""

    @property
    def size(self) -> tuple[int, int]:
        """(h, w), upright."""
        height, width, *_ = self.frame
        return (width, height) if self.turn >= 5 else (height, width)

    def part(self, wanted: tuple[int, int, int, int], factor: int) -> Part:
        """Decode at least a part, upright, at a size that is smaller by a factor.

        The decoder averages while it decodes, which takes less time, and stops below the last row that is wanted.

        Parameters
        ----------
        wanted : (x0, y0, x1, y1)
            Pixels of the whole image, upright, half-open.
        factor : {1, 2, 4, 8}

        Raises
        ------
        CannotDecode
            If the file is damaged.
        """
        height, width, *_ = self.frame
        x0, y0, x1, y1 = wanted
        swapped, mirrored, flipped = self.turn >= 5, self.turn in (2, 3, 7, 8), self.turn in (3, 4, 6, 7)
        if swapped:
            x0, y0, x1, y1 = y0, x0, y1, x1
        if mirrored:
            x0, x1 = width - x1, width - x0
        if flipped:
            y0, y1 = height - y1, height - y0
        rows = min(-(-y1 // _BLOCKS) * _BLOCKS + _BLOCKS, height)  # and what the last ones that count are smoothed with
        x0, y0, x1, y1 = x0 // factor, y0 // factor, -(-x1 // factor), -(-y1 // factor)
        whole = _by_opencv(self.data, self.frame, factor) if rows == height else None  # a little sooner
        image = self._rows(rows, factor, (x0, y0, x1, y1)) if whole is None else whole[y0:y1, x0:x1]
        x = width - x1 * factor if mirrored else x0 * factor
        y = height - y1 * factor if flipped else y0 * factor
        return Part(np.ascontiguousarray(upright(image, self.turn)), factor, *((y, x) if swapped else (x, y)))

    def _rows(self, rows: int, factor: int, box: tuple[int, int, int, int]) -> np.ndarray:
        """A part of so many rows by Pillow, which says nothing of the data that are left over."""
        with needed("PIL"):
            from PIL.JpegImagePlugin import JpegImageFile

        try:
            opened = JpegImageFile(io.BytesIO(self._of_rows(rows)))
            opened.draft(opened.mode, (max(self.frame.width // factor, 1), max(rows // factor, 1)))
            if opened.size != (-(-self.frame.width // factor), -(-rows // factor)):
                raise CannotDecode
            load_pillow(opened, keep=False)
            return pil_array(opened.crop(box))
        except (ImportError, MemoryError):
            raise
        except Exception as error:  # a damaged file makes Pillow raise almost anything, SyntaxError included
            raise CannotDecode from error

    def _of_rows(self, rows: int) -> bytes:
        """The file with another height in its header: the decoder stops there."""
        if rows == self.frame.height:
            return self.data
        return b"".join((self.data[: self.frame.at], rows.to_bytes(2, "big"), self.data[self.frame.at + 2 :]))


class CannotDecode(Exception):
    """A part of a file cannot be decoded; reading it whole says what is wrong with it."""


def photo(data: bytes, limit: int | None) -> Photo | None:
    """A file of which a part can be decoded; None for one that is cut, rare, larger than so many pixels, or no JPEG."""
    frame = header(data) if data.startswith(b"\xff\xd8\xff") else None
    if frame is None or (limit is not None and frame.height * frame.width > limit):
        return None
    return Photo(data, frame, 1 if frame.bare else orientation(io.BytesIO(data), "JPEG"))
