"""The photos: those that come with scikit-image, or the user's files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgproc.io._formats import PHOTO_SUFFIXES
from imgproc.io._standard import STANDARD, read_named

from ._compare import to_uint8

SUFFIXES = (*PHOTO_SUFFIXES, ".gif")
"""Of the images of a folder."""

_CC0 = "public domain (CC0)"
_PACKAGED = {
    "astronaut": ("Eileen Collins, astronaut, in front of a flag", f"NASA, {_CC0}"),
    "camera": ("A man with a film camera on a tripod", f"Lav Varshney, {_CC0}"),
    "cell": ("A cell under the microscope", _CC0),
    "chelsea": ("Chelsea the cat, close up", f"Stéfan van der Walt, {_CC0}"),
    "coffee": ("A cup of coffee on a wooden table", f"Rachel Michetti, {_CC0}"),
    "coins": ("Greek coins from Pompeii, unevenly lit", "Brooklyn Museum, no known restrictions"),
    "immunohistochemistry": ("Stained tissue under the microscope", "Human Protein Atlas, no known restrictions"),
    "moon": ("The surface of the Moon, of low contrast", "no licence stated"),
    "page": ("A page of a book, unevenly lit", "no licence stated"),
    "retina": ("The back of an eye in a black frame", f"Häggström, {_CC0}"),
    "rocket": ("A rocket on its launch pad at night", f"SpaceX, {_CC0}"),
}


class PhotoError(Exception):
    """A file that could not be read; the message names it and says why."""


@dataclass(frozen=True)
class Photo:
    """One picture: its pixels, its name, and what to say of it."""

    name: str
    image: np.ndarray
    alt: str
    note: str = ""

    @property
    def grey(self) -> np.ndarray:
        """The picture without colour, (h, w), of the same dtype."""
        import cv2

        image = self.image.astype(np.float32) if self.image.dtype == np.float64 else self.image
        return image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)

    @property
    def grey8(self) -> np.ndarray:
        """The picture without colour on 8 bits, (h, w), uint8."""
        return to_uint8(self.grey)

    @property
    def rgb(self) -> np.ndarray:
        """The picture with three channels."""
        return self.image if self.image.ndim == 3 else np.repeat(self.image[..., None], 3, axis=2)


def packaged(name: str, *, max_side: int) -> Photo:
    """A photo that comes with scikit-image.

    Parameters
    ----------
    name : str
        One of the names of `skimage.data` listed above.
    max_side : int
        A larger picture is shrunk so that no side is longer [px].
    """
    import skimage.data

    alt, licence = _PACKAGED[name]
    image = np.asarray(getattr(skimage.data, name)())
    return _photo(name, image, alt, f"from scikit-image, {licence}", max_side)


def files_of(name: str) -> list[str]:
    """The files that a name on the command line means: itself, or the images of a folder, in the order of their names.

    Raises
    ------
    PhotoError
        If it is a folder without an image.
    """
    if not os.path.isdir(name):
        return [name]
    found = sorted(entry.path for entry in os.scandir(name) if entry.name.lower().endswith(SUFFIXES))
    if not found:
        raise PhotoError(f"{name}: a folder without an image, {', '.join(SUFFIXES)}")
    return found


def from_file(path: Path | str, *, max_side: int) -> Photo:
    """A photo of the user, RGB, or grey where its channels are equal.

    Parameters
    ----------
    path : Path or str
        Any file that `imgproc.read_image` reads; ``-`` is standard input.
    max_side : int
        A larger picture is shrunk so that no side is longer [px].

    Raises
    ------
    PhotoError
        If the file cannot be read.
    """
    try:
        image = read_named(path, mode="rgb")
    except (OSError, ValueError, TypeError, ImportError) as error:
        reason = str(error)
        raise PhotoError(reason if str(path) in reason else f"{path}: {reason}") from error
    if image.ndim == 3 and (image[..., :1] == image).all():
        image = np.ascontiguousarray(image[..., 0])
    name = "standard input" if os.fspath(path) == STANDARD else Path(path).name
    return _photo(name, image, f"Your picture {name}", "", max_side)


def _photo(name: str, image: np.ndarray, alt: str, note: str, max_side: int) -> Photo:
    h, w = image.shape[:2]
    factor = max_side / max(h, w)
    if factor < 1:
        import cv2

        size = (max(round(w * factor), 1), max(round(h * factor), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        note = f"{note}{', ' if note else ''}shrunk from {w}×{h}"
    image = np.ascontiguousarray(image)
    image.setflags(write=False)
    return Photo(name, image, alt, note)
