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


# --- quality ----------------------------------------------------------------------------------------------------------


def psnr(image, reference, peak, mask=None):
    d = (image.astype(np.float64) - reference)[slice(None) if mask is None else mask]
    error = np.mean(d * d)
    return np.inf if error == 0 else 10 * np.log10(peak * peak / error)


def window():
    x = np.arange(-5, 6)
    w = np.exp(-(x * x) / (2 * 1.5 * 1.5))
    return np.outer(w, w) / w.sum() ** 2


def ssim_planes(a, b, peak, mask=None):
    """SSIM, and its part of contrast and structure, of the windows that lie in two planes; by loops over windows."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    mask = np.ones(a.shape, bool) if mask is None else mask
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    h, w = a.shape
    found = np.full((2, h - 10, w - 10), np.nan)
    for y in range(h - 10):
        for x in range(w - 10):
            if not mask[y + 5, x + 5]:
                continue
            m = mask[y : y + 11, x : x + 11]
            k = (window() * m)[m]
            k = k / k.sum()
            p, q = a[y : y + 11, x : x + 11][m], b[y : y + 11, x : x + 11][m]
            mp, mq = (k * p).sum(), (k * q).sum()
            vp, vq, cov = (k * (p - mp) ** 2).sum(), (k * (q - mq) ** 2).sum(), (k * (p - mp) * (q - mq)).sum()
            structure = (2 * cov + c2) / (vp + vq + c2)
            found[:, y, x] = (2 * mp * mq + c1) / (mp * mp + mq * mq + c1) * structure, structure
    return found


def ms_ssim_plane(a, b, peak):
    """By convolutions, and scale by scale as the authors' program has it."""
    from scipy.signal import fftconvolve

    weights, found = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333), 1.0
    a, b = a.astype(np.float64), b.astype(np.float64)
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    for k, weight in enumerate(weights):
        mp, mq, pp, qq, pq = (fftconvolve(v, window(), "valid") for v in (a, b, a * a, b * b, a * b))
        structure = (2 * (pq - mp * mq) + c2) / (pp - mp * mp + qq - mq * mq + c2)
        brightness = (2 * mp * mq + c1) / (mp * mp + mq * mq + c1)
        found *= np.mean(structure * brightness if k == 4 else structure) ** weight
        for axis in (0, 1):  # the mean of a pixel and the next one, which beyond the border is the pixel itself
            following = [*range(1, a.shape[axis]), a.shape[axis] - 1]
            a, b = ((v + v.take(following, axis=axis)) / 2 for v in (a, b))
        a, b = a[::2, ::2], b[::2, ::2]
    return found
