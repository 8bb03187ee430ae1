"""What a case of the speed page is, the photos that cases get, and how far results are apart."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from skimage import data

SIZES = (512, 2048)
"""Image sides; two threads are compared with one at the largest that is measured, from `THREADS_FROM` on."""

THREADS_FROM = 1024
TWO_THREADS_AT_LEAST = 1.7
PLANES_AT_MOST = 3.0
RESIDENT_FROM = 512
"""Below it the pages that any call touches are more than the image's own."""

IMPORT_AT_MOST, WARM_AT_MOST, COLD_AT_MOST = 0.35, 0.6, 3.0
CHAIN_IMPORT_AT_MOST, CHAIN_START_AT_MOST = 0.4, 0.8
"""Seconds; the last one from the start of the interpreter to the result of the first call, with a warm cache."""

Function = Callable[[np.ndarray], Any]
Size = int | tuple[int, int]
"""Side of a square image, or (h, w) [px]."""


def levels(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest absolute difference."""
    return float(np.abs(ours.astype(np.float64) - theirs).max(initial=0))


def levels_of_unit(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest absolute difference from a peer that answers in [0, 1]."""
    full = np.iinfo(ours.dtype).max if ours.dtype.kind == "u" else 1
    return levels(ours, theirs * full)


def levels_from_darkest(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference from a peer that answers with the distribution itself: its darkest level is above 0."""
    darkest = theirs.min()
    return levels_of_unit(ours, (theirs - darkest) / (1 - darkest) if darkest < 1 else theirs - darkest)


def levels_inside(margin: int) -> Callable[[np.ndarray, np.ndarray], float]:
    """Largest absolute difference off the border, where the peer crops its window and we extend the image."""

    def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
        inside = (slice(margin, -margin),) * 2
        return levels(ours[inside], theirs[inside])

    return difference


def mean_and_power(ours: tuple[np.ndarray, np.ndarray], theirs: tuple[np.ndarray, np.ndarray]) -> float:
    """Largest difference of the local mean and of the local root mean square.

    The peer has no standard deviation, and one made from its float32 squares would show their cancellation.
    """
    (mean, std), (their_mean, their_square) = ours, theirs
    return max(levels(mean, their_mean), levels(np.hypot(mean, std), np.sqrt(their_square.astype(np.float64))))


def percent_apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Share of pixels that differ by more than a level [%]."""
    return float((np.abs(ours.astype(np.float64) - theirs) > 1).mean() * 100)


@dataclass(frozen=True)
class Peer:
    """Somebody else's function for the same job.

    ``limit``: ours may take at most this multiple of its time (1/20: twenty times faster); None: no target.
    ``tolerance``: how far the results may be apart by ``difference``; None: it computes something else, see ``note``.
    ``difference``: of the two results; None: they cannot be compared.
    """

    call: Function
    limit: float | None = None
    tolerance: float | None = None
    difference: Callable[[Any, Any], float] | None = levels
    unit: str = "levels"
    note: str = ""


@dataclass(frozen=True)
class Case:
    """One row: our call, the image it gets (`photo`) and the peers."""

    name: str
    what: str
    kind: str
    ours: Function
    peers: dict[str, Peer]
    first: str = ""
    """The call for the table of first calls, of `module` and ``image``."""
    module: str = "imgproc"
    """What that call imports, ``"imgproc"`` or ``"augment"``."""
    size: Size | None = None
    """The only size it is measured at; None: those that are asked for, with memory and threads."""
    group: str = ""
    """Heading on the page; none: the size."""
    threads: float | None = None
    """How many times faster two threads shall be at the case's own size; None: not measured there."""
    explain: Callable[[], str] | None = None
    """What our call does, in lines of text."""


def size_text(size: Size) -> str:
    """A size in a few characters: 512² or 375×500, height first."""
    h, w = (size, size) if isinstance(size, int) else size
    return f"{h}²" if h == w else f"{h}×{w}"


NO_IMAGE = "numbers"
"""The kind of a case that measures something else than images."""


def image_text(size: Size, kind: str) -> str:
    """What a case was measured on."""
    return "" if kind == NO_IMAGE else f"{size_text(size)} {kind}"


@functools.cache
def photo(kind: str, size: Size) -> np.ndarray:
    """A photo from scikit-image, resized: real content, since histograms and caches behave otherwise on noise.

    Parameters
    ----------
    kind : str
        ``"grey"``, ``"grey 16-bit"``, ``"grey float"``, ``"RGB"``, ``"RGB reference"`` (another photo), or `NO_IMAGE`,
        which gets the grey one and leaves it alone.
    size : int or (int, int)
        Side of a square image, or (h, w) [px].

    Returns
    -------
    ndarray of shape (h, w) or (h, w, 3)
        uint8, uint16 or float32; shared, and writeable only because scikit-image's rank filters insist on it.
    """
    if kind == "RGB":
        image = _resized(data.astronaut(), size)
    elif kind == "RGB reference":
        image = _resized(data.coffee(), size)
    elif kind in ("grey", NO_IMAGE):
        image = _resized(data.camera(), size)
    else:
        # An 8-bit photo has 256 levels however many bits hold it: smoothed in float it fills the levels between.
        smooth = _resized(cv2.GaussianBlur(data.camera().astype(np.float32) / 255, (0, 0), 1), size).clip(0, 1)
        image = {"grey 16-bit": np.rint(smooth * 65535).astype(np.uint16), "grey float": smooth}[kind]
    return image


def _resized(image: np.ndarray, size: Size) -> np.ndarray:
    h, w = (size, size) if isinstance(size, int) else size
    shrinks = max(h, w) < min(image.shape[:2])
    return cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
