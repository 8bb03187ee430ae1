"""Batches of which every image shows parts of others: rows are copied from image to image, all by one kernel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from imgproc._core.jit import borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import SERIAL_BELOW

from .._chain.batch import in_parts

__all__: list[str] = []

Patch = tuple[int, tuple[int, int], tuple[int, int], tuple[int, int]]
"""Whose pixels: 0 for the sample, k for its k-th partner; from where in its image (y, x), how many (h, w), and where
they go (y, x)."""


@kernel(inner=True)
def copy_row(a, out):
    """One row of numbers to another."""
    for i in range(out.size):
        out[i] = a[i]


@kernel
def follow_partners(partners, order):
    """An order of all images in which a partner mostly comes next: it is read twice, and is in the cache then."""
    seen = np.zeros(partners.size, np.bool_)
    count = 0
    for start in range(partners.size):
        i = np.int64(start)
        while not seen[i]:
            seen[i] = True
            order[count] = i
            count += 1
            i = np.int64(partners[i])


@kernel
def copy_patches(images, patches, ends, order, out, first, last):
    """``out[order[first:last]]`` of patches of images; both are bytes, (n, planes, h, row).

    Image i gets the patches from ``ends[i]`` to ``ends[i + 1]``, which are rows of numbers: whose image, the
    first row and byte there, how many rows and bytes, and the first row and byte in the result.
    """
    images, out, patches = borrowed(images), borrowed(out), borrowed(patches)
    for k in range(first, last):
        i = order[k]
        for p in range(ends[i], ends[i + 1]):
            y, x, rows, length = patches[p, 1], patches[p, 2], patches[p, 3], patches[p, 4]
            down, across = patches[p, 5], patches[p, 6]
            for plane in range(out.shape[1]):
                source, target = images[patches[p, 0], plane], out[i, plane]
                for row in range(rows):
                    copy_row(source[y + row, x : x + length], target[down + row, across : across + length])


def cover_into(
    out: np.ndarray,
    images: np.ndarray,
    patches: Sequence[Sequence[Patch]],
    partners: np.ndarray,
    threads: int,
    *,
    filled: bool,
) -> None:
    """``out[i]``: image i with patches of itself and of its partners, ``images[partners[i]]``.

    Parameters
    ----------
    out, images : ndarray of shape (n, planes, h, w, c)
        Of one dtype.
    patches : sequence of n lists
        They lie in their image, and in the result.
    partners : ndarray of shape (n, k)
    threads : int
    filled : bool
        Whether the patches of each image fill it.
    """
    n, planes, h, w, channels = images.shape
    pixel = channels * images.dtype.itemsize
    numbers, ends = [], [0]
    for own, others, parts in zip(range(n), partners.tolist(), patches):
        for who, (y, x), (rows, columns), (down, across) in parts:
            if rows and columns:
                whose = others[who - 1] if who else own
                numbers.append((whose, y, x * pixel, rows, columns * pixel, down, across * pixel))
        ends.append(len(numbers))
    table, places = np.array(numbers, np.intp).reshape(-1, 7), np.array(ends, np.intp)
    flat = out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
    source, target = (a.reshape(n, planes, h, w * channels).view(np.uint8) for a in (canonical(images), flat))
    order = np.arange(n)
    follow_partners(np.ascontiguousarray(partners[:, 0]), order)
    threads = 1 if out.size < SERIAL_BELOW else threads
    size = n if threads == 1 else max(1, -(-n // (4 * threads)))

    def copy(which: range) -> None:
        np.copyto(target[which.start : which.stop], source[which.start : which.stop])

    def cover(which: range) -> None:
        copy_patches(source, table, places, order, target, which.start, which.stop)

    for work in (cover,) if filled else (copy, cover):
        in_parts(work, range(n), size, threads)
    if flat is not out:
        out[...] = flat
