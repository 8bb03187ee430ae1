"""The targets of the speed page, and the photos that its cases get."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from skimage import data

from imgproc._core.declare import Size

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
