"""Skeletons: thinning of masks to lines."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np

from .._core.check import one_of
from .._core.declare import Case, Peer, declare, percent_different
from .._core.jit import borrowed, kernel
from .._core.planes import canonical
from ._distance import as_plain_mask

__all__ = ["skeletonize"]

METHODS = ("guo_hall", "zhang_suen")

INNER = 255
"""The neighbourhood of a pixel all of whose neighbours are True."""


class Lists(NamedTuple):
    """Working memory: lists of pixels, and when each pixel was looked at."""

    now: np.ndarray
    """(n,) int32: pixels that may go in this step."""
    later: np.ndarray
    """(n,) int32: those of the next step."""
    gone: np.ndarray
    """(n,) int32: pixels that go in this step."""
    touched: np.ndarray
    """(n,) int32: the step after that in which a neighbour of a pixel went."""


@kernel(inner=True)
def _around(pixels, p, steps):
    """The neighbours of a pixel, a bit each, counter-clockwise from the right one."""
    found = 0
    for k in range(8):
        found |= np.int64(pixels[p + steps[k]]) << k
    return found


@kernel(inner=True)
def _remove(pixels, table, steps, lists, count, step):
    """Remove at once all pixels of the list that the table lets go; returns how many there are in the next list."""
    now, later, gone, touched = lists
    leaving, following = 0, 0
    for k in range(count):
        p = np.int64(now[k])
        if pixels[p] != 0 and table[_around(pixels, p, steps)] != 0:
            gone[leaving] = p
            leaving += 1
    for k in range(leaving):
        pixels[gone[k]] = 0
    for k in range(leaving):
        for side in range(8):
            q = np.int64(gone[k]) + steps[side]
            if pixels[q] != 0 and touched[q] != step + 1:
                touched[q] = step + 1
                later[following] = q
                following += 1
    for k in range(count):  # a pixel is looked at in both kinds of steps after its neighbourhood has changed
        p = now[k]
        if pixels[p] != 0 and touched[p] == step:
            later[following] = p
            following += 1
    return following


@kernel
def _thin(pixels, tables, steps, lists):
    """Remove pixels from the outside until none may go; `pixels` is flat and has a frame of 0."""
    pixels = borrowed(pixels)
    now, later, gone, touched = lists
    count = 0
    for p in range(pixels.size):
        if pixels[p] != 0 and _around(pixels, p, steps) != INNER:
            now[count] = p
            count += 1
    step = 0
    while count > 0:
        turn = Lists(now, later, gone, touched) if step % 2 == 0 else Lists(later, now, gone, touched)
        count = _remove(pixels, tables[step % 2], steps, turn, count, step)
        step += 1


@functools.cache
def _tables(method: str) -> np.ndarray:
    """Which neighbourhoods let a pixel go, in both kinds of steps: (2, 256)."""
    codes = np.arange(256)
    east, north_east, north, north_west, west, south_west, south, south_east = (
        (codes >> k & 1).astype(bool) for k in range(8)
    )
    ring = [east, north_east, north, north_west, west, south_west, south, south_east]
    following = [*ring[1:], ring[0]]
    if method == "zhang_suen":
        count = sum(pixel.astype(int) for pixel in ring)
        changes = sum((~a & b).astype(int) for a, b in zip(ring, following, strict=True))
        both = (count >= 2) & (count <= 6) & (changes == 1)
        first = ~(north & east & south) & ~(east & south & west)
        second = ~(north & east & west) & ~(north & south & west)
    else:
        pairs = [(ring[k], ring[k + 1], ring[(k + 2) % 8]) for k in (0, 2, 4, 6)]
        parts = sum((~a & (b | c)).astype(int) for a, b, c in pairs)
        ones = sum((a | b).astype(int) for a, b, _ in pairs)
        others = sum((b | c).astype(int) for _, b, c in pairs)
        least = np.minimum(ones, others)
        both = (parts == 1) & (least >= 2) & (least <= 3)
        first = ~((north_east | north | ~south_east) & east)
        second = ~((south_west | south | ~north_west) & west)
    return canonical(np.stack([both & first, both & second]).view(np.uint8))


def skeletonize(mask: np.ndarray, *, method: str = "guo_hall") -> np.ndarray:
    """Thin a mask to lines of one pixel that keep its connected parts, its holes and its branches.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
        What lies outside of it is False.
    method : {"guo_hall", "zhang_suen"}
        Both remove pixels from the outside, in two kinds of steps by turns, as long as any may go.  ``"guo_hall"`` [1]_
        keeps every part and gives thinner lines; ``"zhang_suen"`` [2]_ is better known, but a square of 2 by 2 pixels
        vanishes, and slanting lines may stay two pixels wide.

    Returns
    -------
    ndarray of bool, shape (h, w)
        The skeleton; True only where the mask is.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``"guo_hall"`` gives what ``skimage.morphology.thin`` gives.  After the first step only pixels are looked at whose
    neighbourhood has changed.

    References
    ----------
    .. [1] Z. Guo, R. W. Hall, "Parallel thinning with two-subiteration algorithms", Communications of the ACM 32(3),
       1989, algorithm A1.
    .. [2] T. Y. Zhang, C. Y. Suen, "A fast parallel algorithm for thinning digital patterns", Communications of the ACM
       27(3), 1984.

    Examples
    --------
    >>> skeletonize(np.ones((3, 7), bool)).astype(int)
    array([[0, 0, 0, 0, 0, 0, 0],
           [0, 1, 1, 1, 1, 1, 0],
           [0, 0, 0, 0, 0, 0, 0]])
    """
    mask = as_plain_mask(mask)
    one_of(method, "method", METHODS)
    h, w = mask.shape
    pixels = np.zeros((h + 2, w + 2), np.uint8)
    pixels[1:-1, 1:-1] = mask
    row = w + 2
    steps = np.array([1, 1 - row, -row, -row - 1, -1, row - 1, row, row + 1])
    now, later, gone = (np.empty(pixels.size, np.int32) for _ in range(3))
    lists = Lists(now, later, gone, np.zeros(pixels.size, np.int32))
    _thin(pixels.reshape(-1), _tables(method), canonical(steps), lists)
    return pixels[1:-1, 1:-1] != 0


def _rows() -> list[Case]:
    from skimage import morphology

    return [
        Case(
            "skeletonize",
            "of a mask of a photo",
            "grey",
            skeletonize,
            {
                "skimage thin": Peer(morphology.thin, tolerance=0, difference=percent_different, unit="% of pixels"),
                "skimage skeletonize": Peer(morphology.skeletonize, difference=None, note="by Zhang and Suen"),
            },
            prepare=lambda x: x > 100,
            size=512,
        )
    ]


declare(skeletonize, peers=_rows)
