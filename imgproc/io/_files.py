"""Reading and writing image files, by name, from memory and through open files."""

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
from .._core.declare import Case, Function, Peer, declare, versus
from .._core.opencv import load_cv2
from ._decode import as_mode, count, decode
from ._encode import encode, replace_file, resolve_target
from ._formats import format_named, format_of, holdable
from ._outside import open_regular

__all__ = ["count_pages", "decode_image", "encode_image", "read_image", "write_image"]

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


def write_image(
    path: str | os.PathLike[str] | BinaryIO,
    image: np.ndarray,
    *,
    format: str | None = None,
    quality: int | None = None,
    compression: int | None = None,
) -> None:
    """Write an image file, whole or not at all.

    The file is written under a temporary name in the same folder and then moved: readers never see half a file, and
    when anything fails an existing file stays as it was.

    Parameters
    ----------
    path : str, os.PathLike or binary file
        The suffix (of any case) says the format: .png, .jpg, .jpeg, .tif, .tiff, .webp, .bmp, .ppm, .pgm.  An existing
        file is replaced and its permissions are kept; a symbolic link is followed.  An open binary file gets the bytes
        where it stands, in one piece once they are complete; it stays open, and needs a `format`.
    image : numpy.ndarray
        Grey (h, w) or (h, w, 1), grey and alpha (h, w, 2), RGB (h, w, 3) or RGBA (h, w, 4), at least one pixel.  PNG
        holds uint8 and uint16; TIFF these, float32, float64, int8, int16, int32 and uint32, and any number of bands
        (h, w, c); PPM (RGB) and PGM (grey) uint8 and uint16; JPEG, WebP and BMP uint8.  JPEG, BMP and PPM hold no
        alpha, and WebP no grey with alpha.  A bool mask is refused: write ``mask.astype(np.uint8) * 255``.
    format : str, optional
        One of those suffixes without the dot, such as ``"png"``, whatever the name says.  Default: by the suffix.
    quality : int, optional
        1 to 100 (JPEG and lossy WebP).  Default: 95 for JPEG; WebP is lossless.  Not accepted for other formats.
    compression : int, optional
        0 to 9 (PNG): zlib's level, as in OpenCV and Pillow; 0 does not compress, 9 takes longest.  All are lossless.
        The default is the quickest that compresses: repeated bytes are shortened, repeated patterns are not looked for.
        Photos get as small so, in a fraction of the time; for drawings and screenshots 6 is often worth it.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype, or another argument is of the wrong kind.
    ValueError
        If the suffix or the `format` is unknown, the format cannot hold the image, or `quality` or `compression` is out
        of range or without meaning.
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        If the folder does not exist, `path` is a folder, or the operating system refuses.
    ImportError
        If a library is missing: Pillow, or for PNG of 16 bits and a given `compression` OpenCV.

    See Also
    --------
    encode_image : Gives the bytes.

    Notes
    -----
    All but JPEG and WebP with `quality` are lossless.  WebP has no grey: such a file reads back as RGB of equal
    channels.  TIFF is uncompressed.  Nothing but pixels is written: no EXIF, no colour profile.

    Examples
    --------
    >>> import io
    >>> import numpy as np
    >>> import imgproc
    >>> file = io.BytesIO()
    >>> imgproc.write_image(file, np.zeros((2, 3), np.uint8), format="png")
    >>> imgproc.read_image(file.getvalue()).shape
    (2, 3, 3)
    """
    if callable(getattr(path, "write", None)) and not isinstance(path, (str, os.PathLike)):
        if isinstance(path, io.TextIOBase):
            raise TypeError("path must be open in binary mode, as by open(name, 'wb'), got a file of text")
        if format is None:
            raise ValueError("format must be given for an open file, such as format='png', got None")
        _write_to(path, encode_image(image, format=format, quality=quality, compression=compression))
        return
    name = _path(path)
    format_ = format_of(name) if format is None else format_named(format)
    image, quality, compression = _encodable(image, format_, quality, compression)
    target = resolve_target(name)
    replace_file(target, encode(np.ascontiguousarray(image), format_, quality, compression))


def encode_image(
    image: np.ndarray, *, format: str = "png", quality: int | None = None, compression: int | None = None
) -> bytes:
    """Encode an image in memory: the bytes that `write_image` would write to a file.

    Parameters
    ----------
    image : numpy.ndarray
        What the format holds, as in `write_image`.
    format : {"png", "jpg", "jpeg", "tif", "tiff", "webp", "bmp", "ppm", "pgm"}
        Of any case, also with a dot in front.
    quality : int, optional
        1 to 100 (JPEG and lossy WebP), as in `write_image`.
    compression : int, optional
        0 to 9 (PNG), as in `write_image`.

    Returns
    -------
    bytes
        The content of a file.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype, or another argument is of the wrong kind.
    ValueError
        If the format is unknown or cannot hold the image, or `quality` or `compression` is out of range or without
        meaning.
    ImportError
        As by `write_image`.

    See Also
    --------
    decode_image : The other way round.

    Examples
    --------
    >>> import numpy as np
    >>> import imgproc
    >>> imgproc.encode_image(np.zeros((2, 3, 3), np.uint8), format="jpg", quality=90)[:3]
    b'\\xff\\xd8\\xff'
    """
    format_ = format_named(format)
    image, quality, compression = _encodable(image, format_, quality, compression)
    return encode(np.ascontiguousarray(image), format_, quality, compression)


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
    name = _path(path)
    with _regular(name) as file:
        yield file, name


def contents(path: str | os.PathLike[str]) -> bytes:
    """The content of a file, as `read_image` would read it."""
    with _regular(_path(path)) as file:
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


def _path(path: Any) -> str:
    if isinstance(path, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"path must be a str or os.PathLike, got {type(path).__name__}: pass a name as os.fsdecode(name)"
        )
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
    return os.fsdecode(path)


def _encodable(image: Any, format_: str, quality: Any, compression: Any) -> tuple[np.ndarray, int | None, int | None]:
    """The arguments of writing, checked."""
    image = holdable(image, format_)
    if quality is not None:
        if format_ not in ("JPEG", "WebP"):
            raise ValueError(f"quality has a meaning for .jpg and .webp only, got {quality!r} for a {format_} file")
        quality = integer(quality, "quality", at_least=1, at_most=100)
    if compression is not None:
        if format_ != "PNG":
            raise ValueError(f"compression has a meaning for .png only, got {compression!r} for a {format_} file")
        compression = integer(compression, "compression", at_least=0, at_most=9)
    return image, quality, compression


def _write_to(file: Any, data: bytes) -> None:
    """All of the bytes, also to a file without a buffer, which may take a part at a time."""
    rest = memoryview(data)
    while len(rest):
        taken = file.write(rest)
        if not isinstance(taken, int) or taken >= len(rest):  # some say nothing, and have taken all
            return
        rest = rest[taken:]


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


def _rows_of_write() -> list[Case]:

    cv2 = load_cv2()
    folder = tempfile.TemporaryDirectory(prefix="imgproc-speed-")
    atexit.register(folder.cleanup)

    def ours(x: np.ndarray) -> None:
        path = os.path.join(folder.name, "ours.png")
        write_image(path, x)
        os.unlink(path)  # some file systems wait for the disk where a file is replaced

    def theirs(x: np.ndarray) -> None:
        path = os.path.join(folder.name, "theirs.png")
        cv2.imwrite(path, bgr(x))
        os.unlink(path)

    def bgr(x: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(x, cv2.COLOR_RGB2BGR) if x.ndim == 3 else x

    def jpeg(x: np.ndarray) -> bytes:
        return encode_image(x, format="jpg")

    def png(x: np.ndarray) -> bytes:
        return encode_image(x, format="png")

    def encoded(suffix: str) -> Function:
        return lambda x: cv2.imencode(suffix, bgr(x))[1].tobytes()

    def case(name: str, kind: str, ours: Function, peer: str, theirs: Function, note: str, limit: float) -> Case:
        row = Peer(theirs, limit=limit, difference=None, note=note)
        return Case(name, "a file", kind, ours, {peer: row}, default=True)

    written = "both without loss, with the level by default; ours under a temporary name, then moved"
    level = "both without loss, with the level by default"
    quality = "both of quality 95; the same bytes"
    return [
        case("write_image, PNG", "RGB", ours, "cv2.imwrite", theirs, written, 1.2),
        case("write_image, PNG, grey", "grey", ours, "cv2.imwrite", theirs, written, 1.2),
        case("encode_image, PNG", "RGB", png, "cv2.imencode", encoded(".png"), level, 1.2),
        case("encode_image, JPEG", "RGB", jpeg, "cv2.imencode", encoded(".jpg"), quality, 1.1),
    ]


declare(write_image, encode_image, peers=_rows_of_write)
