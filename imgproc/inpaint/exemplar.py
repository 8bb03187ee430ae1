"""Exemplar-based inpainting: patches copied from the rest of the image, structure first."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np

from .._core.check import as_hole, as_image, as_mask, flag, integer, length_within, odd, one_of
from .._core.declare import declare, hole
from .._core.jit import jit_enabled
from .._core.planes import as_planes, full_scale
from .._core.threads import get_num_threads, run_all, stays_serial
from ..color import rgb_to_lab
from ._blend import blend_patches
from ._front import BOTTOM, CRIMINISI, LEFT, NUMBERS, PATCHES, REGULARIZED, RIGHT_SIDE, TENSOR, TILE
from ._search import BLOCK, CLASSES, ENDED, FAR, MOST_BLOCKS, NEXT, REFUSED, SHARED, STRIP, list_strips, work
from ._state import State

__all__ = ["inpaint_exemplar"]

PRIORITIES = {"criminisi": CRIMINISI, "regularized": REGULARIZED, "tensor": TENSOR}
SEARCHES = ("auto", "exact", "fast")
COLORS = ("lab", "per_channel")

EXACT_UP_TO = 5e10
"""Source patches times pixels to fill that ``search="auto"`` searches exactly: a few seconds."""

LARGEST_PATCH = 55
"""The sum of squared differences of Lab stays below 2**30, what kernels mark refused sources with."""

WINDOW, NEARBY = 48, 8
MOST_SHIFTS = 12
CHUNK_SECONDS = 0.03
YIELD_SECONDS = 1e-6
PARTS_FROM = 400
"""Strips of sources from which two threads search faster than one."""


@overload
def inpaint_exemplar(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    patch_size: int = ...,
    priority: str = ...,
    color: str = ...,
    source_mask: np.ndarray | None = ...,
    search: str = ...,
    window: int | None = ...,
    blend: int = ...,
    return_map: Literal[False] = ...,
    progress: Callable[[int, int], Any] | None = ...,
) -> np.ndarray: ...
@overload
def inpaint_exemplar(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    patch_size: int = ...,
    priority: str = ...,
    color: str = ...,
    source_mask: np.ndarray | None = ...,
    search: str = ...,
    window: int | None = ...,
    blend: int = ...,
    return_map: Literal[True],
    progress: Callable[[int, int], Any] | None = ...,
) -> tuple[np.ndarray, np.ndarray]: ...
def inpaint_exemplar(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    patch_size: int = 9,
    priority: str = "criminisi",
    color: str = "lab",
    source_mask: np.ndarray | None = None,
    search: str = "auto",
    window: int | None = None,
    blend: int = 0,
    return_map: bool = False,
    progress: Callable[[int, int], Any] | None = None,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Fill a hole with patches copied from the rest of the image, those first where an edge runs into the hole.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.  What it holds in the hole does not matter.
    mask : ndarray of shape (h, w)
        bool, True where to fill.  Empty: the result is a copy.
    patch_size : int
        Side of the patches [px], odd, from 3 to 55: slightly more than the largest detail that repeats.
    priority : {"criminisi", "regularized", "tensor"}
        Which patch goes next.  ``"criminisi"``: confidence times data term, as published.  ``"regularized"``: their
        weighted sum, which does not vanish deep inside large holes (Cheng et al. 2005: 0.2 (0.3 C + 0.7) + 0.8 D).
        ``"tensor"``: a data term of the structure tensor of the patch in place of its strongest gradient, less prone
        to noise.
    color : {"lab", "per_channel"}
        What is compared.  ``"lab"``: an RGB image in CIE Lab, in steps of 0.5, floats clipped to [0, 1] for that;
        images of other than three channels as with ``"per_channel"``: the channels, uint8 as they are, other dtypes
        in 255 steps from the smallest to the largest value outside the hole.  What is copied are the image's own
        values, always.
    source_mask : ndarray of shape (h, w), optional
        bool, True where sources may lie.  A source patch lies wholly in it, and outside the hole.
    search : {"auto", "exact", "fast"}
        ``"exact"``: the best of all source patches, always.  ``"fast"``: the best within `window` of the target and
        within 8 pixels of where its filled neighbours came from, everywhere where that leaves nothing.  ``"auto"``:
        exact up to 5e10 source patches times pixels to fill, some 2 s on one thread (1 megapixel with a hole of 5 %;
        four times that on noise, where little can be ruled out early), and fast above, or where a `window` is given.
    window : int, optional
        With ``"fast"``: how far from the target sources may be in x and y, at least [px]; at most the image's longer
        side (or 100).  Default: 48.
    blend : int
        Width of the zone on both sides of a seam between patches in which overlapping patches are averaged [px].
        0: none, every filled pixel is a copy; at most the image's longer side (or 100).
    return_map : bool
        Return also where each filled pixel came from.
    progress : callable, optional
        Called as ``progress(filled, total)``, in pixels, some 30 times a second.

    Returns
    -------
    result : ndarray of shape (h, w) or (h, w, c)
        Same shape and dtype as the image, and equal to it outside the hole.
    map : ndarray of shape (h, w, 2)
        int32, only with `return_map`: row and column of each filled pixel's source, -1 outside the hole.

    Raises
    ------
    TypeError, ValueError
        If an argument is of a wrong kind or value: a mask of another size, a patch larger than the image.
    ValueError
        If no patch lies wholly in the source region: the hole is too large, `patch_size` or `source_mask` leave none.
    ValueError
        If a float image holds NaN or infinity outside the hole: it must be finite there.

    See Also
    --------
    inpaint_diffusion : For scratches and small holes in smooth surroundings.
    remove_object : The same for boxes.

    Notes
    -----
    The source region is fixed at the start.  Confidence is the sum over known pixels of the patch by its area in the
    image, and frozen once filled.  The data term is the dot product of isophote (of the strongest gradient of known
    pixels in the patch) and normal of the front (of the smoothed mask).  Gradients use known pixels only and are never
    thresholded.

    The paper leaves open, and here it is: patches at the border are clipped, sources are whole; where priorities are
    equal (a flat image has a data term of 0 everywhere) the larger confidence goes first, then the lower index; of
    equally good sources the nearest to the target, then the lowest index.  So the result is defined, and the same for
    any number of threads.

    `progress` and Ctrl-C are served between groups of patches; an interrupted call leaves nothing behind.

    References
    ----------
    A. Criminisi, P. Pérez, K. Toyama, "Region filling and object removal by exemplar-based image inpainting", IEEE TIP
    13(9), 2004.
    W.-H. Cheng et al., "Robust algorithm for exemplar-based image inpainting", CGIV 2005.
    M. Daisy, D. Tschumperlé, O. Lézoray, "A fast spatial patch blending algorithm for artefact reduction in
    pattern-based image inpainting", SIGGRAPH Asia 2013 Technical Briefs.

    Examples
    --------
    >>> hole = np.zeros(image.shape[:2], bool)
    >>> hole[40:46, 60:66] = True
    >>> filled = inpaint_exemplar(image, hole, search="fast")
    >>> filled.shape
    (96, 128, 3)
    """
    image = as_image(image)
    mask = as_hole(mask, image)
    size = odd(patch_size, "patch_size")
    integer(size, "patch_size", at_least=3, at_most=LARGEST_PATCH)
    kind = PRIORITIES[one_of(priority, "priority", tuple(PRIORITIES))]
    one_of(color, "color", COLORS)
    one_of(search, "search", SEARCHES)
    source_mask = as_mask(source_mask, image, "source_mask")
    reach = WINDOW if window is None else length_within(window, "window", image, at_least=1)
    if window is not None and search == "exact":
        raise ValueError(f"window must be None with search='exact', which looks everywhere, got {window}")
    blend = length_within(blend, "blend", image)
    return_map = flag(return_map, "return_map")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable, got {type(progress).__name__}")

    hole = np.flatnonzero(mask)
    if not hole.size:
        nowhere = np.full((*mask.shape, 2), -1, np.int32)
        return (image.copy(order="C"), nowhere) if return_map else image.copy(order="C")
    corners = source_corners(mask, source_mask, size, image.shape)
    planes = as_planes(image)
    features = matching_features(planes, mask, color, size)
    exact = search == "exact" or (
        search == "auto" and window is None and float(np.count_nonzero(corners)) * hole.size <= EXACT_UP_TO
    )
    state = new_state(features, mask, corners, size, kind, -1 if exact else reach)
    fill_all(state, hole.size, progress)

    out = np.array(image, order="C")
    flat = out.reshape(mask.size, -1)
    source = state.source[hole]
    flat[hole] = planes.reshape(flat.shape)[source]
    if blend:
        trace = state.trace[:, : state.numbers[PATCHES]]
        blend_patches(out, planes, mask, state.source, trace, size // 2, blend)
    if not return_map:
        return out
    found = np.full((*mask.shape, 2), -1, np.int32)
    found.reshape(-1, 2)[hole] = np.stack(np.divmod(source, mask.shape[1]), axis=1)
    return out, found


def source_corners(mask: np.ndarray, source_mask: np.ndarray | None, size: int, shape: tuple[int, ...]) -> np.ndarray:
    """bool (h - size + 1, w - size + 1): where the top left corners of source patches are; ValueError if nowhere."""
    h, w = mask.shape
    if min(h, w) < size:
        raise ValueError(f"image must be at least as large as a patch, {size}x{size} (patch_size), got shape {shape}")
    refused = mask if source_mask is None else mask | ~source_mask
    total = np.zeros((h + 1, w + 1), np.int32)
    np.cumsum(np.cumsum(refused, axis=0, dtype=np.int32), axis=1, out=total[1:, 1:])
    corners = (total[size:, size:] + total[:-size, :-size] - total[size:, :-size] - total[:-size, size:]) == 0
    if not corners.any():
        region = "mask" if source_mask is None else "mask and source_mask"
        raise ValueError(
            f"{region} must leave at least one whole patch of {size}x{size} (patch_size) to copy from, got none"
        )
    return corners


def matching_features(planes: np.ndarray, mask: np.ndarray, color: str, size: int) -> np.ndarray:
    """int16 (c, h, w): what is compared; 0 in the hole.  ValueError where the image is not finite outside of it."""
    channels = planes.shape[2]
    lab = color == "lab" and channels == 3
    # Sums of squares stay below 2**30.
    steps = min(255, int(math.sqrt((REFUSED - 1) / (size * size * channels))))
    if planes.dtype.kind == "f" and not np.isfinite(planes[~mask]).all():
        raise ValueError("image must be finite outside the mask, got NaN or infinity")
    out = np.empty((channels, *mask.shape), np.int16)
    low, gain = 0.0, steps / 255
    if not lab and planes.dtype != np.uint8:
        known = planes[~mask]
        low, high = float(known.min()), float(known.max())
        gain = steps / (high - low) if high > low else 0.0
    rows = max(1, (1 << 18) // mask.shape[1])
    for y in range(0, mask.shape[0], rows):
        band = slice(y, y + rows)
        part = np.where(mask[band, :, None], planes.dtype.type(0), planes[band])
        if lab:
            unit = np.clip(part.astype(np.float64) / full_scale(planes.dtype), 0, 1)
            part = np.rint(2 * rgb_to_lab(unit))
        elif planes.dtype != np.uint8 or steps < 255:
            part = np.rint((part.astype(np.float64) - low) * gain)
        part[mask[band]] = 0
        out[:, band] = part.transpose(2, 0, 1)
    return out


def new_state(
    features: np.ndarray, mask: np.ndarray, corners: np.ndarray, size: int, priority: int, window: int
) -> State:
    """What the kernels work on, ready for the first patch; `window` -1 searches everywhere."""
    channels, h, w = features.shape
    stride = w + STRIP
    count = int(mask.sum())
    feat = _padded(features, h, w)
    thick = feat[: 1 - BLOCK] + feat[1 : 2 - BLOCK] + feat[2:]
    sums = np.zeros_like(feat)
    n = thick.size - 2 * stride
    sums[:n] = thick[:n] + thick[stride : stride + n] + thick[2 * stride : 2 * stride + n]
    refused = np.full(h * stride + STRIP, REFUSED, np.int32)
    refused[: h * stride].reshape(h, stride)[: corners.shape[0], : corners.shape[1]][corners] = 0
    strip_start = np.zeros(h + 1, np.int64)
    strip_x = np.zeros(h * (-(-w // STRIP)), np.int32)
    list_strips(refused, h, w, strip_start, strip_x)
    usable = np.zeros((h, w), bool)
    usable[size // 2 : h - size // 2, size // 2 : w - size // 2] = corners
    tiles = -(-h // TILE), -(-w // TILE)
    together = window < 0 and strip_start[h] >= PARTS_FROM and jit_enabled() and not stays_serial(1 << 30)
    threads = get_num_threads() if together else 1
    numbers = np.zeros(NUMBERS, np.int64)
    numbers[:8] = h, w, stride, channels, size // 2, priority, tiles[1], tiles[0]
    numbers[13:16] = count, window, NEARBY
    numbers[BOTTOM], numbers[RIGHT_SIDE] = h, w
    return State(
        numbers=numbers,
        feat=feat,
        sums=sums,
        refused=refused,
        strip_start=strip_start,
        strip_x=strip_x,
        means=np.array([int(np.rint(plane[usable].mean())) for plane in features], np.int32),
        known=(~mask).ravel().astype(np.uint8),
        confidence=(~mask).ravel().astype(np.float64),
        gradient_x=np.zeros(h * w, np.int32),
        gradient_y=np.zeros(h * w, np.int32),
        priority=np.zeros(h * w),
        priority_confidence=np.zeros(h * w),
        tile_best=np.zeros(tiles[0] * tiles[1], np.int64),
        source=np.full(h * w, -1, np.int32),
        trace=np.zeros((2, count), np.int32),
        terms=np.zeros((2, size * size * channels + 4), np.int64),
        blocks=np.zeros((3, MOST_BLOCKS + 4), np.int64),
        shifts=np.zeros(MOST_SHIFTS, np.int64),
        room=np.zeros(max(size * size, CLASSES + 1), np.int64),
        best=np.full((threads, 3), FAR, np.int64),
    )


def _padded(features: np.ndarray, h: int, w: int) -> np.ndarray:
    planes = np.zeros((features.shape[0] + 1) * h * (w + STRIP) + STRIP * 4, np.int16)
    planes[: (features.shape[0] + 1) * h * (w + STRIP)].reshape(-1, h, w + STRIP)[:-1, :, :w] = features
    return planes


def fill_all(state: State, total: int, progress: Callable[[int, int], Any] | None) -> None:
    """Patch by patch until nothing is left; between groups of them Python looks after signals and `progress`."""
    threads = state.best.shape[0]
    patches = 4
    while state.numbers[LEFT]:
        start = time.perf_counter()
        _fill_some(state, int(state.numbers[PATCHES]) + patches, threads)
        if progress is not None:
            progress(total - int(state.numbers[LEFT]), total)
        spent = time.perf_counter() - start
        patches = min(2 * patches, 1 << 14) if spent < CHUNK_SECONDS / 2 else patches
        patches = max(patches // 2, 1) if spent > 2 * CHUNK_SECONDS else patches


def _fill_some(state: State, until: int, threads: int) -> None:
    shared = np.zeros(SHARED, np.int64)
    shared[NEXT] = FAR  # nothing to do yet

    def job(mine: int) -> None:
        acc = np.empty(STRIP, np.int32)
        try:
            while not work(state, shared, acc, until, mine):
                time.sleep(YIELD_SECONDS)
        finally:
            if mine == 0:
                shared[ENDED] = 1

    run_all([functools.partial(job, i) for i in range(threads)], threads)


declare(inpaint_exemplar, arguments={"mask": lambda image: (hole(image),), "blend": lambda image: (0, 2)})
