"""Hashes and measures of quality, written as their definitions read."""

from __future__ import annotations

import numpy as np
import scipy.fft

LUMA = np.array([9798, 19235, 3735]) / 2**15


def luma(image):
    image = np.asarray(image, np.float64)
    return image.reshape(*image.shape[:2], -1) @ LUMA if image.shape[2:] == (3,) else image.reshape(image.shape[:2])


def cells(plane, size, mask=None):
    """Means over n x m cells, from copies of each pixel that the cells divide evenly."""
    n, m = size
    h, w = plane.shape
    mask = np.ones((h, w), bool) if mask is None else mask
    big, kept = (np.kron(v, np.ones((n, m))).reshape(n, h, m, w).transpose(0, 2, 1, 3) for v in (plane * mask, mask))
    count = kept.sum(axis=(2, 3))
    return np.where(count > 0, big.sum(axis=(2, 3)) / np.maximum(count, 1), plane[mask].mean())


def word(bits):
    return int("".join("1" if bit else "0" for bit in np.ravel(bits)), 2)


def phash(image, mask=None):
    found = scipy.fft.dctn(cells(luma(image), (32, 32), mask), type=2)[1:9, 1:9]
    return word(found > np.median(found))


def dhash(image, mask=None):
    found = cells(luma(image), (8, 9), mask)
    return word(found[:, 1:] > found[:, :-1])


def hamming_distance(a, b):
    return bin(int(a) ^ int(b)).count("1")


def find_near_duplicates(hashes, most):
    first = []
    for i, word in enumerate(hashes):
        near = [j for j in range(i) if first[j] == j and hamming_distance(hashes[j], word) <= most]
        first.append(near[0] if near else i)
    return first
