"""Reading and writing image files, and conversions between the layouts of other libraries."""

from __future__ import annotations

import atexit
import errno
import io
import itertools
import os
import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from .._core.check import DTYPES, as_image, integer, one_of
from .._core.declare import Case, Function, Peer, declare, versus
from .._core.formats import channels_of
from .._core.needed import needed
from .._core.opencv import load_cv2
from ._decode import as_mode, decode
from ._encode import encode, replace_file, resolve_target
from ._opencv import swap_red_blue
from ._outside import open_regular
from ._pillow import pil_array
from ._source import Refusal

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "bgr_to_rgb",
    "channels_first",
    "channels_last",
    "from_pil",
    "read_image",
    "rgb_to_bgr",
    "to_pil",
    "write_image",
]

MAX_PIXELS = 178_956_970
"""Default pixel limit of `read_image`: 512 MiB of RGB bytes, the size at which Pillow too refuses."""

MODES = ("rgb", "rgba", "grey", "unchanged")
DAMAGED = ("refuse", "keep")

_SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WebP",
    ".bmp": "BMP",
    ".ppm": "PPM",
    ".pgm": "PGM",
}

PHOTO_SUFFIXES = tuple(_SUFFIXES)
"""Of the files that are taken for photos where a folder is given."""

# What a format holds: dtypes, channels, longest side.
_HOLDS = {
    "PNG": (("uint8", "uint16"), (1, 2, 3, 4), 2**31 - 1),
    "JPEG": (("uint8",), (1, 3), 65500),
    "TIFF": (("uint8", "uint16", "float32", "float64"), (1, 3, 4), 2**31 - 1),
    "WebP": (("uint8",), (1, 3, 4), 16383),
    "BMP": (("uint8",), (1, 3), 2**31 - 1),
    "PPM": (("uint8", "uint16"), (3,), 2**31 - 1),
    "PGM": (("uint8", "uint16"), (1,), 2**31 - 1),
}


def read_image(
    path: str | os.PathLike[str] | BinaryIO,
    *,
    mode: str = "rgb",
    max_pixels: int | None = MAX_PIXELS,
    damaged: str = "refuse",
) -> np.ndarray:
    """Read an image file.

    Parameters
    ----------
    path : str or os.PathLike or binary file
        A PNG, JPEG, TIFF, WebP, BMP, GIF or PNM file, recognised by its content; the suffix does not matter.  An open
        binary file, ``io.BytesIO(data)`` for bytes in memory, is read from where it stands to its end.
    mode : {"rgb", "rgba", "grey", "unchanged"}
        ``"rgb"``: (h, w, 3); grey is replicated, alpha is dropped (not blended).
        ``"rgba"``: (h, w, 4); alpha is opaque where the file has none.
        ``"grey"``: (h, w); colour becomes Rec. 601 luma, 0.299 R + 0.587 G + 0.114 B, for integers rounded as by
        ``cv2.COLOR_RGB2GRAY`` (within 1 level of Pillow's mode ``L``); alpha is dropped.
        ``"unchanged"``: the channels of the file: (h, w), (h, w, 2) grey and alpha, (h, w, 3) or (h, w, 4).
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
        sample; float32 or float64 for TIFF files of floats, values as stored.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        As the operating system reports it.
    ValueError
        If the file is damaged: the message says ``truncated or damaged``.  If it is of a kind that cannot be read here:
        the message says ``not supported``, or ``not an image of a known format``.  If it is larger than `max_pixels`,
        empty, or a pipe or a device.  If `mode` or `damaged` is unknown, or `max_pixels` is below 1.
    TypeError
        If an argument is of the wrong kind: for bytes pass ``io.BytesIO(data)``.
    ImportError
        If OpenCV, which decodes PNG and TIFF deeper than 8 bits, cannot be loaded.

    Notes
    -----
    Of a file with several frames (GIF, TIFF, animated WebP or PNG) the first is read.  Palettes are expanded to RGB
    (RGBA if the palette is transparent) and 1-bit images to 0 and 255 in every mode; CMYK becomes RGB by Pillow's plain
    formula.  Colour profiles and gamma are ignored.  A 16-bit PNM file whose maximum is not 65535 is scaled to full
    scale.  Of orientations in a file that in EXIF (in TIFF, of the file) counts before that in XMP.

    Not supported: TIFF of signed, 12-bit or 32-bit integers, deep TIFF with separate planes, premultiplied alpha, or
    colours other than grey and RGB, and compressions that the installed Pillow (8 bits) or OpenCV (deeper) lacks, such
    as LERC, LZMA, ZSTD or WebP.

    A JPEG file that lacks only the mark of its end, with every row there, is not damaged.  With ``damaged="keep"`` of
    TIFF files deeper than 8 bits only those that are not compressed are completed.  A program that sets
    ``PIL.ImageFile.LOAD_TRUNCATED_IMAGES`` tells Pillow to fill truncated 8-bit images with grey, here too.
    """
    one_of(mode, "mode", MODES)
    one_of(damaged, "damaged", DAMAGED)
    limit = None if max_pixels is None else integer(max_pixels, "max_pixels", at_least=1)
    keep = damaged == "keep"
    if callable(getattr(path, "read", None)) and not isinstance(path, (str, os.PathLike)):
        image = decode(*_content(path), limit, keep)
    else:
        name = _path(path)
        if os.path.isdir(name):  # where open() itself reports a missing permission instead (Windows)
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
        with open_regular(name) as file:
            image = decode(file, name, limit, keep)
    return np.ascontiguousarray(as_mode(image, mode))


def _content(file: Any) -> tuple[BinaryIO, str]:
    """The rest of an open file, in memory, and its name."""
    data = file.read()
    if not isinstance(data, bytes):
        raise TypeError(f"path must be open in binary mode, as by open(name, 'rb'), got {type(data).__name__} from it")
    name = getattr(file, "name", None)
    return io.BytesIO(data), name if isinstance(name, str) else type(file).__name__


def write_image(
    path: str | os.PathLike[str], image: np.ndarray, *, quality: int | None = None, compression: int | None = None
) -> None:
    """Write an image file, whole or not at all.

    The file is written under a temporary name in the same folder and then moved: readers never see half a file, and
    when anything fails an existing file stays as it was.

    Parameters
    ----------
    path : str or os.PathLike
        The suffix (of any case) says the format: .png, .jpg, .jpeg, .tif, .tiff, .webp, .bmp, .ppm, .pgm.  An existing
        file is replaced and its permissions are kept; a symbolic link is followed.
    image : numpy.ndarray
        Grey (h, w) or (h, w, 1), grey and alpha (h, w, 2), RGB (h, w, 3) or RGBA (h, w, 4), at least one pixel.  PNG
        holds uint8 and uint16; TIFF these, float32 and float64; PPM (RGB) and PGM (grey) uint8 and uint16; JPEG, WebP
        and BMP uint8.  JPEG, BMP and PPM hold no alpha, and PNG alone holds grey with alpha.  A bool mask is refused:
        write ``mask.astype(np.uint8) * 255``.
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
        If the suffix is unknown, the format cannot hold the image, or `quality` or `compression` is out of
        range or without meaning.
    FileNotFoundError, IsADirectoryError, PermissionError, OSError
        If the folder does not exist, `path` is a folder, or the operating system refuses.
    ImportError
        If a library is missing: Pillow, or for PNG of 16 bits and a given `compression` OpenCV.

    Notes
    -----
    All but JPEG and WebP with `quality` are lossless.  WebP has no grey: such a file reads back as RGB of equal
    channels.  TIFF is uncompressed.  Nothing but pixels is written: no EXIF, no colour profile.
    """
    name = _path(path)
    format_ = format_of(name)
    image = holdable(image, format_)
    if quality is not None:
        if format_ not in ("JPEG", "WebP"):
            raise ValueError(f"quality has a meaning for .jpg and .webp only, got {quality!r} for a {format_} file")
        quality = integer(quality, "quality", at_least=1, at_most=100)
    if compression is not None:
        if format_ != "PNG":
            raise ValueError(f"compression has a meaning for .png only, got {compression!r} for a {format_} file")
        compression = integer(compression, "compression", at_least=0, at_most=9)
    target = resolve_target(name)
    replace_file(target, encode(np.ascontiguousarray(image), format_, quality, compression))


def from_pil(image: Image) -> np.ndarray:
    """Convert a Pillow image to an array.

    Parameters
    ----------
    image : PIL.Image.Image
        Of any mode but ``LAB``.  EXIF orientation is not applied: what the object shows is what the array holds; for
        an image from a file call ``PIL.ImageOps.exif_transpose`` first, or use `read_image`.

    Returns
    -------
    numpy.ndarray
        A new array.  uint8: (h, w) for modes ``1`` (as 0 and 255) and ``L``; (h, w, 2) for ``LA``; (h, w, 3) for
        ``RGB``, ``P``, ``CMYK``, ``YCbCr``, ``HSV``; (h, w, 4) for ``RGBA``, ``PA``.  A transparent colour of ``1``,
        ``L``, ``P`` or ``RGB`` adds alpha.  uint16 (h, w) for ``I;16`` and ``I``; float32 (h, w), values as they are,
        for ``F``.

    Raises
    ------
    TypeError
        If `image` is not a Pillow image.
    ValueError
        If the mode has no conversion, or is ``I`` with values outside 0 to 65535.
    OSError
        If Pillow loads the file only now and cannot.
    """
    with needed("PIL"):
        from PIL import Image

    if not isinstance(image, Image.Image):
        raise TypeError(f"image must be a PIL.Image.Image, got {type(image).__name__}")
    try:
        return pil_array(image)
    except Refusal as refusal:
        raise ValueError(f"image {refusal}") from None


def to_pil(image: np.ndarray) -> Image:
    """Convert an array to a Pillow image.

    Parameters
    ----------
    image : numpy.ndarray
        uint8, grey (h, w) or (h, w, 1), RGB (h, w, 3) or RGBA (h, w, 4); or uint16, grey only; at least one pixel.

    Returns
    -------
    PIL.Image.Image
        Of mode ``L``, ``RGB``, ``RGBA`` or ``I;16``; it does not share memory with `image`.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If Pillow has no mode for the dtype and the channels (floats, 16-bit colour), or the image is empty.
    """
    with needed("PIL"):
        from PIL import Image

    image = _grey_as_2d(as_image(_not_bool(image), channels=(1, 3, 4)))
    if image.dtype.kind == "f":
        raise ValueError(
            f"image must be uint8 or uint16 for Pillow, got {image.dtype}: for values in [0, 1] convert "
            "np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)"
        )
    if image.dtype == np.uint16 and image.ndim == 3:
        raise ValueError(f"image must be uint8 or grey, Pillow has no 16-bit colour, got shape {image.shape}")
    _not_empty(image)
    return Image.fromarray(np.ascontiguousarray(image)).copy()


def bgr_to_rgb(image: np.ndarray) -> np.ndarray:
    """Swap blue and red: OpenCV's channel order to the order of this library.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w, 3) or (h, w, 4), of any supported dtype; a fourth channel, alpha, stays in its place.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same shape and dtype.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If it has not 3 or 4 channels.
    ImportError
        If OpenCV, which swaps, cannot be loaded.
    """
    return swap_red_blue(as_image(image, channels=(3, 4)))


def rgb_to_bgr(image: np.ndarray) -> np.ndarray:
    """Swap red and blue: the channel order of this library to OpenCV's.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w, 3) or (h, w, 4), of any supported dtype; a fourth channel, alpha, stays in its place.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same shape and dtype.

    Raises
    ------
    TypeError
        If `image` is not a numpy array of a supported dtype.
    ValueError
        If it has not 3 or 4 channels.
    ImportError
        If OpenCV, which swaps, cannot be loaded.
    """
    return swap_red_blue(as_image(image, channels=(3, 4)))


def channels_first(image: np.ndarray) -> np.ndarray:
    """Move the channels to the front, as PyTorch wants them.

    Parameters
    ----------
    image : numpy.ndarray
        (h, w), (h, w, c), or a batch (n, h, w, c); of any dtype.  Three axes are always one image with channels.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same dtype: (1, h, w), (c, h, w) or (n, c, h, w).

    Raises
    ------
    TypeError
        If `image` is not a plain numpy array.
    ValueError
        If it has not 2, 3 or 4 axes.
    """
    image = _plain_array(image)
    if image.ndim not in (2, 3, 4):
        raise ValueError(f"image must have shape (h, w), (h, w, c) or (n, h, w, c), got {image.shape}")
    if image.ndim == 2:
        image = image[..., np.newaxis]
    return np.array(np.moveaxis(image, -1, -3), order="C")


def channels_last(image: np.ndarray) -> np.ndarray:
    """Move the channels to the end: the inverse of `channels_first`.

    Parameters
    ----------
    image : numpy.ndarray
        (c, h, w), or a batch (n, c, h, w); of any dtype.

    Returns
    -------
    numpy.ndarray
        A new C-contiguous array of the same dtype: (h, w, c) or (n, h, w, c); one channel stays, as (h, w, 1).

    Raises
    ------
    TypeError
        If `image` is not a plain numpy array.
    ValueError
        If it has not 3 or 4 axes.
    ImportError
        If OpenCV, which interleaves 2, 3 or 4 channels, cannot be loaded.
    """
    image = _plain_array(image)
    if image.ndim not in (3, 4):
        raise ValueError(f"image must have shape (c, h, w) or (n, c, h, w), got {image.shape}")
    result = np.empty((*image.shape[:-3], *image.shape[-2:], image.shape[-3]), image.dtype)
    if result.size and result.shape[-1] in (2, 3, 4) and result.dtype in DTYPES:
        # 4 times faster than NumPy's strided copies (640 x 640 x 3 bytes: 0.14 ms, 0.57 ms).  The other way round
        # OpenCV gains less than a factor of 2, not worth loading it.
        merge = load_cv2().merge
        for planes, pixels in zip(image, result) if image.ndim == 4 else [(image, result)]:
            merge(list(np.ascontiguousarray(planes)), pixels)
    else:
        for channel in range(result.shape[-1]):
            result[..., channel] = image[..., channel, :, :]
    return result


def format_of(name: str) -> str:
    suffix = os.path.splitext(name)[1].lower()
    if suffix not in _SUFFIXES:
        known = ", ".join(_SUFFIXES)
        raise ValueError(f"path must end in one of {known}, got {name!r}")
    return _SUFFIXES[suffix]


def holdable(image: Any, format_: str) -> np.ndarray:
    image = _grey_as_2d(as_image(_not_bool(image), channels=(1, 2, 3, 4)))
    channels = channels_of(image)
    dtypes, allowed, longest = _HOLDS[format_]
    if image.dtype.name not in dtypes or channels not in allowed:
        holds = {f for f, (d, c, _) in _HOLDS.items() if image.dtype.name in d and channels in c}
        others = ", ".join(suffix for suffix, f in _SUFFIXES.items() if f in holds)
        raise ValueError(
            f"image must be {' or '.join(dtypes)} with {' or '.join(map(str, allowed))} channels for a {format_} file, "
            f"got {image.dtype} with {channels}; these hold it: {others}"
        )
    _not_empty(image)
    if max(image.shape[:2]) > longest:
        raise ValueError(f"image must have sides <= {longest} for a {format_} file, got shape {image.shape}")
    return image


def _path(path: Any) -> str:
    if isinstance(path, (bytes, bytearray, memoryview)):
        raise TypeError(
            f"path must be a str or os.PathLike, got {type(path).__name__}: to read the content of a file pass "
            "io.BytesIO(data), and a name as os.fsdecode(name)"
        )
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"path must be a str or os.PathLike, got {type(path).__name__}")
    return os.fsdecode(path)


def _not_bool(image: Any) -> Any:
    if isinstance(image, np.ndarray) and image.dtype == bool:
        raise TypeError(
            "image must have dtype uint8, uint16, float32 or float64, got bool: pass mask.astype(np.uint8) * 255"
        )
    return image


def _grey_as_2d(image: np.ndarray) -> np.ndarray:
    return image[..., 0] if image.ndim == 3 and channels_of(image) == 1 else image


def _not_empty(image: np.ndarray) -> None:
    if image.size == 0:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")


def _plain_array(image: Any) -> np.ndarray:
    if not isinstance(image, np.ndarray) or isinstance(image, np.ma.MaskedArray):
        raise TypeError(f"image must be a plain numpy array, got {type(image).__name__}")
    return image


def _rows() -> list[Case]:
    cv2 = load_cv2()
    from PIL import Image

    def swapped(x: np.ndarray) -> np.ndarray:
        return cv2.cvtColor(x, cv2.COLOR_BGR2RGB)

    def first(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x.transpose(2, 0, 1))

    def last(x: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(x.transpose(1, 2, 0))

    def pillow(made: Image.Image) -> np.ndarray:
        return np.asarray(made)

    def read(path: str) -> np.ndarray:
        return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)

    def made(name: str, ours: Function, peer: str, theirs: Function, **more: Any) -> Case:
        return versus(name, "RGB", ours, peer, theirs, **{"tolerance": 0, "default": True, **more})

    back = "in the page cache; a file of quality 90"
    return [
        made("bgr_to_rgb", bgr_to_rgb, "cv2.cvtColor", swapped),
        made("rgb_to_bgr", rgb_to_bgr, "cv2.cvtColor", swapped),
        made("channels_first", channels_first, "NumPy, a copy", first),
        made("channels_last", channels_last, "NumPy, a copy", last, prepare=channels_first),
        made("from_pil", from_pil, "np.asarray", pillow, prepare=Image.fromarray),
        made("to_pil", to_pil, "Pillow fromarray", Image.fromarray, difference=None),
        made("read_image, JPEG", read_image, "cv2.imread", read, prepare=_as_file(".jpg"), note=back, tolerance=3),
        made("read_image, PNG", read_image, "cv2.imread", read, prepare=_as_file(".png")),
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


declare(bgr_to_rgb, channels_first, channels_last, from_pil, read_image, rgb_to_bgr, to_pil, peers=_rows)


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
        cv2.imwrite(path, cv2.cvtColor(x, cv2.COLOR_RGB2BGR) if x.ndim == 3 else x)
        os.unlink(path)

    note = "both without loss, with the level by default; ours under a temporary name, then moved"
    return [
        Case(
            "write_image, PNG" + variant,
            "a PNG file",
            kind,
            ours,
            {"cv2.imwrite": Peer(theirs, limit=1.2, difference=None, note=note)},
        )
        for kind, variant in (("RGB", ""), ("grey", ", grey"))
    ]


declare(write_image, peers=_rows_of_write)
