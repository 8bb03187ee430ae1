"""The targets of the speed page, and the photos that its cases get."""

from __future__ import annotations

import functools
import itertools
import math

import cv2
import numpy as np
from skimage import data

from imgproc._core.declare import Size

SIZES: tuple[Size, ...] = (512,)
"""Image sides of functions, unless others are asked for."""
FULL_SIZES: tuple[Size, ...] = (64, 224, 512, (1080, 1920), 4096)
"""What ``--full`` measures."""

THREADS_SIZE, THREADS_FROM = 2048, 1024
"""Where two threads are compared with one: at this size for `THREADED`, and for all at the largest size from
`THREADS_FROM` on that is asked for."""
THREADED = (
    "clahe",
    "equalize_histogram_local, radius 15",
    "gaussian_blur, sigma 10",
    "local_mean+local_std, radius 7",
    "bilateral_filter",
)
TWO_THREADS_AT_LEAST = 1.7
PLANES_AT_MOST = 3.0
RESIDENT_FROM = 512
"""Below it the pages that any call touches are more than the image's own."""

IMPORT_AT_MOST, WARM_AT_MOST, COLD_AT_MOST = 0.35, 0.6, 3.0
CHAIN_IMPORT_AT_MOST, CHAIN_START_AT_MOST = 0.4, 0.8
"""Seconds; the last one from the start of the interpreter to the result of the first call, with a warm cache."""

FEWEST, MOST, CACHE = 12, 400, 16 << 20
"""Photos that a case gets in turns: at least so many, and more than a cache of the CPU holds [bytes], up to `MOST`."""
WINDOWS_FROM = 4 << 20
"""Images of so many bytes are windows of a tall picture, which share most of their rows: each is more than a cache, and
twelve whole ones would fill the memory."""


def size_text(size: Size) -> str:
    """A size in a few characters: 512² or 375×500, height first."""
    h, w = sides(size)
    return f"{h}²" if h == w else f"{h}×{w}"


def sides(size: Size) -> tuple[int, int]:
    """A size as (h, w)."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


NO_IMAGE = "numbers"
"""The kind of a case that measures something else than images."""


def image_text(size: Size, kind: str) -> str:
    """What a case was measured on."""
    return "" if kind == NO_IMAGE else f"{size_text(size)} {kind}"


COLOURED = ("astronaut", "coffee", "chelsea", "rocket", "immunohistochemistry", "retina", "hubble_deep_field")
GREY = ("camera", "brick", "grass", "gravel", "coins", "moon", "clock")
"""Photos that come with scikit-image: real content, since histograms, branches and caches behave otherwise on noise."""


def photo(kind: str, size: Size) -> np.ndarray:
    """The first of `photos`; the same array at every call.

    Parameters
    ----------
    kind : str
        See `photos`.
    size : int or (int, int)
        Side of a square image, or (h, w) [px].

    Returns
    -------
    ndarray of shape (h, w) or (h, w, c)
        uint8, uint16 or float32; shared, and writeable only because scikit-image's rank filters insist on it.
    """
    return _first(kind, sides(size))


@functools.cache
def _first(kind: str, size: tuple[int, int]) -> np.ndarray:
    return _in_kind(_source(kind, 0), kind, size)


@functools.lru_cache(maxsize=8)
def photos(kind: str, size: Size) -> tuple[np.ndarray, ...]:
    """Different photos of one kind and size, more than the caches hold, since a pipeline sees each image once.

    Parameters
    ----------
    kind : str
        ``"grey"``, ``"RGB"`` or ``"RGBA"``, of uint8; ``"grey 16-bit"``, ``"RGB float"`` and so on, of uint16 and of
        float32 in [0, 1]; ``"RGB reference"``, which begin with another photo; `NO_IMAGE`, which gets a grey one and
        leaves it alone.
    size : int or (int, int)
        Side of a square image, or (h, w) [px].

    Returns
    -------
    tuple of ndarray of shape (h, w) or (h, w, c)
        At least `FEWEST`; the first is `photo`.
    """
    h, w = sides(size)
    first = photo(kind, (h, w))
    if kind == NO_IMAGE:
        return (first,)
    if first.nbytes >= WINDOWS_FROM:
        step = max(h // 64, 1)
        tall = _in_kind(_source(kind, 0), kind, (h + (FEWEST - 1) * step, w))
        return tuple(tall[k * step : k * step + h] for k in range(FEWEST))
    made = [first, *(_in_kind(_source(kind, k), kind, (h, w)) for k in range(1, FEWEST))]
    count = min(max(math.ceil(CACHE / first.nbytes), FEWEST), MOST, FEWEST * w)
    more = (np.roll(made[k % FEWEST], k // FEWEST, axis=1) for k in range(FEWEST, count))
    return (*made, *more)


@functools.cache
def shapes(kind: str, count: int, size: Size) -> tuple[np.ndarray, ...]:
    """Photos of as many different shapes: sides from two thirds to four thirds of `size`, as in a folder."""
    h, w = sides(size)
    rng = np.random.default_rng(0)
    wanted: set[tuple[int, int]] = set()
    while len(wanted) < count:
        wanted.add((int(rng.integers(2 * h // 3, 4 * h // 3)), int(rng.integers(2 * w // 3, 4 * w // 3))))
    large = [_in_kind(_source(kind, k), kind, (4 * h // 3, 4 * w // 3)) for k in range(FEWEST)]
    found = zip(sorted(wanted, key=hash), itertools.cycle(large))
    return tuple(np.ascontiguousarray(image[:down, :across]) for (down, across), image in found)


def _source(kind: str, number: int) -> np.ndarray:
    """One of the pictures that come with scikit-image; beyond the last, mirrored ones."""
    names = COLOURED if kind.startswith("RGB") else (*GREY, *COLOURED[1:])
    number += kind.endswith("reference")
    image = getattr(data, names[number % len(names)])()
    if not kind.startswith("RGB") and image.ndim == 3:
        image = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.ascontiguousarray(image[:, ::-1]) if number // len(names) % 2 else image


def _in_kind(image: np.ndarray, kind: str, size: tuple[int, int]) -> np.ndarray:
    if kind.endswith(("16-bit", "float")):
        # An 8-bit photo has 256 levels however many bits hold it: smoothed in float it fills the levels between.
        smooth = _resized(cv2.GaussianBlur(image.astype(np.float32) / 255, (0, 0), 1), size).clip(0, 1)
        made = smooth if kind.endswith("float") else np.rint(smooth * 65535).astype(np.uint16)
    else:
        made = _resized(image, size)
    if kind.startswith("RGBA"):
        top = 1 if made.dtype.kind == "f" else np.iinfo(made.dtype).max
        alpha = np.broadcast_to(np.linspace(0, top, size[1]).astype(made.dtype), size)
        made = np.dstack([made, alpha])
    return made


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    shrinks = max(size) < min(image.shape[:2])
    return cv2.resize(image, size[::-1], interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
