"""Slow oracles for `imgproc.transform`: matrices and sums from the definitions."""

from __future__ import annotations

import numpy as np

MODES = {"reflect": "symmetric", "reflect_101": "reflect", "replicate": "edge", "wrap": "wrap", "constant": "constant"}


def dft(image: np.ndarray) -> np.ndarray:
    def matrix(n: int) -> np.ndarray:
        return np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n) / np.sqrt(n)

    return np.einsum("vy,yx...,ux->vu...", matrix(image.shape[0]), image.astype(float), matrix(image.shape[1]))


def dct(image: np.ndarray) -> np.ndarray:
    def matrix(n: int) -> np.ndarray:
        found = np.cos(np.pi * np.outer(np.arange(n), 2 * np.arange(n) + 1) / (2 * n)) * np.sqrt(2 / n)
        found[0] /= np.sqrt(2)
        return found

    return np.einsum("vy,yx...,ux->vu...", matrix(image.shape[0]), image.astype(float), matrix(image.shape[1]))


def walsh_matrix(n: int, order: str) -> np.ndarray:
    """Rows sorted by what the orders mean: Sylvester's construction, sign changes, products of Rademacher functions."""
    natural = np.ones((1, 1))
    while len(natural) < n:
        natural = np.block([[natural, natural], [natural, -natural]])
    if order == "sequency":
        return natural[np.argsort((np.diff(natural, axis=1) != 0).sum(axis=1))]
    if order == "dyadic":
        bits = n.bit_length() - 1
        t = np.arange(n)
        rademacher = [1 - 2 * ((t >> (bits - 1 - k)) & 1) for k in range(bits)]  # 2**k periods' worth of signs
        rows = [np.prod([rademacher[k] for k in range(bits) if p >> k & 1] or [np.ones(n)], axis=0) for p in range(n)]
        return np.array(rows)
    return natural


def walsh_hadamard(image: np.ndarray, *, order: str = "sequency", pad: bool = False) -> np.ndarray:
    sides = [1 << (n - 1).bit_length() for n in image.shape[:2]]
    assert pad or tuple(sides) == image.shape[:2]
    padded = np.zeros((*sides, *image.shape[2:]))
    padded[: image.shape[0], : image.shape[1]] = image
    a, b = (walsh_matrix(n, order) for n in sides)
    return np.einsum("vy,yx...,ux->vu...", a, padded, b) / np.sqrt(sides[0] * sides[1])


def split_line(line: np.ndarray, low: np.ndarray, high: np.ndarray, border: str) -> tuple[np.ndarray, np.ndarray]:
    """One level of a line: convolution of the extended line, every other sample."""
    n, length = len(line), len(low)
    padded = np.pad(line, length, mode=MODES[border])
    at = [2 * i + 1 for i in range((n + length - 1) // 2)]
    return tuple(np.array([sum(f[k] * padded[length + p - k] for k in range(length)) for p in at]) for f in (low, high))
