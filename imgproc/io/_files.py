"""Reading image files, by name, from memory and through open files."""

from __future__ import annotations

import atexit
import contextlib
import errno
import io
import itertools
import os
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from .._core.check import integer, one_of
from .._core.declare import Case, Function, declare, versus
from .._core.opencv import load_cv2
from ._decode import as_mode, count, decode
from ._outside import file_name, open_regular
from ._writing import encode_image, write_image

__all__ = ["count_pages", "decode_image", "read_image"]

MAX_PIXELS = 178_956_970
"""Default pixel limit of `read_image`: 512 MiB of RGB bytes, the size at which Pillow too refuses."""

MODES = ("rgb", "rgba", "grey", "unchanged")
DAMAGED = ("refuse", "keep")

Content = bytes | bytearray | memoryview | BinaryIO


def read_image(
    path: str | os.PathLike[str] | Content,
    *,
    mode: str = "rgb",
    page: int = 0,
    max_pixels: int | None = MAX_PIXELS,
    damaged: str = "refuse",
) -> np.ndarray:
    """Read an image file.

    Parameters
    ----------
    path : str, os.PathLike, bytes, bytearray, memoryview or binary file
        A PNG, JPEG, TIFF, WebP, BMP, GIF or PNM file, recognised by its content; the suffix does not matter.  Bytes are
        the content of a file, never its name.  An open binary file is read from where it stands to its end.
    mode : {"rgb", "rgba", "grey", "unchanged"}
        ``"rgb"``: (h, w, 3); grey is replicated, alpha is dropped (not blended).
        ``"rgba"``: (h, w, 4); alpha is opaque where the file has none.
        ``"grey"``: (h, w); colour becomes Rec. 601 luma, 0.299 R + 0.587 G + 0.114 B, for integers rounded as by
        ``cv2.COLOR_RGB2GRAY`` (within 1 level of Pillow's mode ``L``); alpha is dropped.
        ``"unchanged"``: the channels of the file: (h, w), (h, w, 2) grey and alpha, (h, w, 3) or (h, w, 4), and of
        TIFF files also other bands, (h, w, c).
    page : int
        Which page of a TIFF file, or which frame of a GIF, WebP or PNG file, counted from 0; see `count_pages`.
    max_pixels : int or None
        The most pixels, width times height, that are decoded; checked on the header, before anything is decoded.
        None: no limit, that of Pillow included.
    damaged : {"refuse", "keep"}
        What becomes of a file that is truncated or damaged.  ``"refuse"``: an error.  ``"keep"``: the rows that can be
        decoded, and what the decoder makes of the others, mostly 0; an error where nothing can be decoded.

    Returns
    -------
    numpy.ndarray
        C-contiguous, RGB order, upright by the orientation in EXIF or XMP: uint8; uint16 for files with 16 bits per
        sample; float32 or float64 for TIFF files of floats, values as stored; other dtypes as the notes say.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        As the operating system reports it.
    ValueError
        If the file is damaged: the message says ``truncated or damaged``.  If it is of a kind that cannot be read here:
        the message says ``not supported``, or ``not an image of a known format``.  If it is larger than `max_pixels`,
        empty, or a pipe or a device.  If it has no such `page`.  If `mode` or `damaged` is unknown, `max_pixels` is
        below 1, or `page` below 0.
    TypeError
        If an argument is of the wrong kind.
    ImportError
        If OpenCV, which decodes PNG and TIFF deeper than 8 bits, cannot be loaded.

    See Also
    --------
    decode_image : The same for what is in memory, and only for that.
    count_pages : How many pages there are.

    Notes
    -----
    Palettes are expanded to RGB (RGBA if the palette is transparent) and 1-bit images to 0 and 255 in every mode; CMYK
    becomes RGB by Pillow's plain formula.  Colour profiles and gamma are ignored.  A 16-bit PNM file whose maximum is
    not 65535 is scaled to full scale.  Of orientations in a file that in EXIF (in TIFF, of the file) counts before that
    in XMP.  A frame of an animation is shown as a viewer shows it, over the frames before it.  Of a PNG file of 16 bits
    the first frame alone is read.

    TIFF files that neither Pillow (8 bits) nor OpenCV (deeper) reads are read by tifffile, if that is installed (``pip
    install 'imgproc-augment[tiff]'``): separate planes, compressions such as LZMA, ZSTD or LERC, float16, which becomes
    float32, and levels of 9 to 15 bits, which are scaled to full scale.  With ``mode="unchanged"`` also bands other
    than grey, RGB and alpha, and int8, int16, int32 and uint32, as they are stored: `rescale` makes images of these.

    Not supported: TIFF of 64-bit integers or complex numbers, and of more than 8 bits with premultiplied alpha, or with
    colours other than grey and RGB.

    A JPEG file that lacks only the mark of its end, with every row there, is not damaged.  One whose data are wrong,
    but reach that mark, is read as by OpenCV and Pillow: the decoder, libjpeg, goes on behind the wrong place, and may
    say so in a line on standard error.  With ``damaged="keep"`` of TIFF files deeper than 8 bits only those that are
    not compressed are completed.  A program that sets ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES`` tells Pillow to fill
    truncated 8-bit images with grey, here too.

    Examples
    --------
    >>> import numpy as np
    >>> import imgproc
    >>> data = imgproc.encode_image(np.full((2, 3, 3), 7, np.uint8), format="png")
    >>> imgproc.read_image(data, mode="grey").shape
    (2, 3)
    """
    page, limit, keep = _checked(mode, page, max_pixels, damaged)
    with _opened(path) as (file, name):
        image = decode(file, name, limit, keep, page, bands=mode == "unchanged")
    return np.ascontiguousarray(as_mode(image, mode))


def decode_image(
    data: Content,
    *,
    mode: str = "rgb",
    page: int = 0,
    max_pixels: int | None = MAX_PIXELS,
    damaged: str = "refuse",
) -> np.ndarray:
    """Decode an image that is in memory: the content of a file, such as a record of an archive or what a server sent.

    Parameters
    ----------
    data : bytes, bytearray, memoryview or binary file
        The content of an image file of any format that `read_image` reads, recognised by its first bytes; also a
        uint8 array of one axis.  An open file is read from where it stands to its end.
    mode : {"rgb", "rgba", "grey", "unchanged"}
        The channels of the result, as in `read_image`.
    page : int
        As in `read_image`.
    max_pixels : int or None
        As in `read_image`.
    damaged : {"refuse", "keep"}
        As in `read_image`.

    Returns
    -------
    numpy.ndarray
        As `read_image` gives it.

    Raises
    ------
    TypeError
        If `data` is neither bytes nor an open binary file, or another argument is of the wrong kind.
    ValueError, ImportError
        As by `read_image`.

    See Also
    --------
    encode_image : The other way round.

    Examples
    --------
    >>> import numpy as np
    >>> import imgproc
    >>> data = imgproc.encode_image(np.arange(6, dtype=np.uint8).reshape(2, 3), format="png")
    >>> imgproc.decode_image(data, mode="unchanged")
    array([[0, 1, 2],
           [3, 4, 5]], dtype=uint8)
    """
    page, limit, keep = _checked(mode, page, max_pixels, damaged)
    file, name = _content(data, "data")
    return np.ascontiguousarray(as_mode(decode(file, name, limit, keep, page, bands=mode == "unchanged"), mode))


def count_pages(path: str | os.PathLike[str] | Content) -> int:
    """Count the pages of a TIFF file, or the frames of a GIF, WebP or PNG file: what `read_image` has ``page=`` for.

    Parameters
    ----------
    path : str, os.PathLike, bytes, bytearray, memoryview or binary file
        As in `read_image`.

    Returns
    -------
    int
        At least 1; other formats have one image.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        As the operating system reports it.
    ValueError
        If the file is of no known format, empty, a pipe or a device, or damaged where its pages are listed.
    TypeError
        If `path` is of the wrong kind.

    Notes
    -----
    Nothing is decoded.  Pages are those of the file's own list; smaller copies of a page that hang below it
    (sub-directories of TIFF) do not count.

    Examples
    --------
    >>> import numpy as np
    >>> import imgproc
    >>> imgproc.count_pages(imgproc.encode_image(np.zeros((2, 3), np.uint8), format="tiff"))
    1
    """
    with _opened(path) as (file, name):
        return count(file, name)


def _checked(mode: Any, page: Any, max_pixels: Any, damaged: Any) -> tuple[int, int | None, bool]:
    """The arguments of reading: the page, the limit, and whether damage is allowed."""
    one_of(mode, "mode", MODES)
    one_of(damaged, "damaged", DAMAGED)
    limit = None if max_pixels is None else integer(max_pixels, "max_pixels", at_least=1)
    return integer(page, "page", at_least=0), limit, damaged == "keep"


@contextlib.contextmanager
def _opened(path: Any) -> Iterator[tuple[BinaryIO, str]]:
    """The content of a file that is named, or that is there, and what messages call it."""
    if not isinstance(path, (str, os.PathLike)) and _has_content(path):
        yield _content(path, "path")
        return
    name = file_name(path)
    with _regular(name) as file:
        yield file, name


def contents(path: str | os.PathLike[str]) -> bytes:
    """The content of a file, as `read_image` would read it."""
    with _regular(file_name(path)) as file:
        return file.read()


def _regular(name: str) -> contextlib.AbstractContextManager[BinaryIO]:
    if os.path.isdir(name):  # where open() itself reports a missing permission instead (Windows)
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    return open_regular(name)


def _has_content(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview, np.ndarray)) or callable(getattr(value, "read", None))


def _content(value: Any, name: str) -> tuple[BinaryIO, str]:
    """What is in memory, or the rest of an open file, and what messages call it."""
    if isinstance(value, np.ndarray) and (value.dtype != np.uint8 or value.ndim != 1):
        raise TypeError(
            f"{name} must be the content of an image file, bytes, got an array {value.dtype} of shape {value.shape}: "
            "an array of bytes has dtype uint8 and one axis"
        )
    if isinstance(value, (bytes, bytearray, memoryview, np.ndarray)):
        return io.BytesIO(bytes(value)), type(value).__name__
    if not callable(getattr(value, "read", None)):
        also = ": read_image takes the name of a file" if isinstance(value, (str, os.PathLike)) else ""
        raise TypeError(
            f"{name} must be the content of an image file, bytes or a binary file, got {type(value).__name__}{also}"
        )
    data = value.read()
    if not isinstance(data, bytes):
        raise TypeError(
            f"{name} must be open in binary mode, as by open(name, 'rb'), got {type(data).__name__} from it"
        )
    called = getattr(value, "name", None)
    return io.BytesIO(data), called if isinstance(called, str) else type(value).__name__


def _rows() -> list[Case]:
    cv2 = load_cv2()

    def read(path: str) -> np.ndarray:
        return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)

    def decoded(data: bytes) -> np.ndarray:
        return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)

    def made(name: str, ours: Function, peer: str, theirs: Function, **more: Any) -> Case:
        return versus(name, "RGB", ours, peer, theirs, **{"tolerance": 0, "default": True, **more})

    def as_jpeg(x: np.ndarray) -> bytes:
        return encode_image(x, format="jpg", quality=90)

    back = "in the page cache; a file of quality 90"
    return [
        made("read_image, JPEG", read_image, "cv2.imread", read, prepare=_as_file(".jpg"), note=back, tolerance=3),
        made("read_image, PNG", read_image, "cv2.imread", read, prepare=_as_file(".png")),
        made("decode_image, JPEG", decode_image, "cv2.imdecode", decoded, prepare=as_jpeg, note="of quality 90"),
        made("decode_image, PNG", decode_image, "cv2.imdecode", decoded, prepare=encode_image),
    ]


def _as_file(suffix: str) -> Function:
    """What writes images to files of their own, and gives the paths."""
    folder = tempfile.TemporaryDirectory(prefix="imgproc-speed-")
    atexit.register(folder.cleanup)
    numbers = itertools.count()

    def written(x: np.ndarray) -> str:
        path = os.path.join(folder.name, f"{next(numbers)}{suffix}")
        write_image(path, x, quality=90 if suffix == ".jpg" else None)
        return path

    return written


declare(read_image, decode_image, peers=_rows)
declare(count_pages, no_peer="it computes nothing")
