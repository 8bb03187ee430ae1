"""Writing image files, by name, into memory and through open files."""

from __future__ import annotations

import atexit
import io
import os
import tempfile
from typing import Any, BinaryIO

import numpy as np

from .._core.check import integer
from .._core.declare import Case, Function, Peer, declare
from .._core.opencv import load_cv2
from ._encode import encode, replace_file, resolve_target
from ._formats import format_named, format_of, holdable
from ._outside import file_name

__all__ = ["encode_image", "write_image"]


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
    name = file_name(path)
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
