"""Images of a data set that are copies of an earlier one, by their perceptual hashes."""

from __future__ import annotations

import concurrent.futures
import os
from collections.abc import Sequence

import numpy as np

from imgproc import find_near_duplicates, phash

from ..labels._images import image_bytes
from ..labels._model import LabelSet
from ._media import decoded, has_alpha, without_alpha

__all__: list[str] = []

APART = 6
"""Bits of 64 in which copies differ at most: other sizes, qualities and formats of one picture are within it."""


def copies_among(
    labels: LabelSet, places: Sequence[int], *, max_pixels: int | None, workers: int | None = None
) -> dict[int, int]:
    """Which images are copies of an earlier one of these.

    Parameters
    ----------
    labels : LabelSet
    places : sequence of int
        Of the images that are compared with each other, in the order in which the first of several is kept.
    max_pixels : int, optional
        As in `decode_image`.
    workers : int, optional
        Threads that decode and hash.  Default: one for each CPU.

    Returns
    -------
    dict of int
        By the place of a copy the place of the image that it is a copy of.  What cannot be read is no copy.
    """

    def hashed(place: int) -> int | None:
        try:
            image = decoded(image_bytes(labels, labels.images[place]), max_pixels)
            return int(phash(without_alpha(image) if has_alpha(image) else image))
        except (ValueError, TypeError, OSError):
            return None  # the run itself says why

    with concurrent.futures.ThreadPoolExecutor(workers or os.cpu_count() or 1) as threads:
        hashes = list(threads.map(hashed, places))
    read = [(place, value) for place, value in zip(places, hashes) if value is not None]
    first = find_near_duplicates(np.array([value for _, value in read], np.uint64), max_distance=APART)
    return {read[k][0]: read[int(other)][0] for k, other in enumerate(first) if other != k}
