"""Descriptors written from their definitions in float64."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from oracles.plain import full_scale
from oracles.sharpen import padded


def gist(
    image: np.ndarray,
    *,
    blocks: int = 4,
    orientations: Any = (8, 8, 4),
    size: tuple[int, int] = (256, 256),
    mask: np.ndarray | None = None,
) -> np.ndarray:
    f = image / full_scale(image.dtype)
    f = f @ (0.299, 0.587, 0.114) if f.ndim == 3 else f
    valid = np.ones(f.shape, bool) if mask is None else mask
    f = np.where(valid, f, f[valid].mean())
    share = cv2.resize(valid.astype(float), size[::-1], interpolation=cv2.INTER_AREA)
    f = np.pad(np.log(1 + 255 * cv2.resize(f, size[::-1], interpolation=cv2.INTER_AREA)), 32, mode="symmetric")
    h, w = f.shape
    v, u = np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None]
    cycles = 4 * min(h, w) / min(size)
    low = np.exp(-((u * w) ** 2 + (v * h) ** 2) * math.log(2) / cycles**2)

    def blur(a: np.ndarray) -> np.ndarray:
        return np.fft.ifft2(np.fft.fft2(a) * low).real

    f = f - blur(f)
    f = f / (0.2 + np.sqrt(abs(blur(f * f))))
    found = []
    for scale, count in enumerate(orientations):
        for k in range(count):
            direction = np.angle(np.exp(1j * (np.arctan2(v, u) + math.pi * k / count)))
            distance = np.hypot(u, v) / (0.3 / 1.85**scale) - 1
            g = np.exp(-3.5 * distance**2 - 2 * math.pi * (count / 8) ** 2 * direction**2)
            g[0, 0] = 0
            amplitude = abs(np.fft.ifft2(np.fft.fft2(f) * g))[32 : 32 + size[0], 32 : 32 + size[1]]
            for rows in _parts(size[0], blocks):
                for columns in _parts(size[1], blocks):
                    part = np.ix_(rows, columns)
                    total = share[part].sum()
                    found.append((amplitude[part] * share[part]).sum() / total if total else 0.0)
    return np.array(found)


def _parts(size: int, count: int) -> list[range]:
    return [range(k * size // count, (k + 1) * size // count) for k in range(count)]


def lbp(
    image: np.ndarray, *, radius: int = 1, points: int = 8, method: str = "basic", border: str = "reflect"
) -> np.ndarray:
    if image.ndim == 3:
        return np.stack(
            [lbp(image[..., c], radius=radius, points=points, method=method) for c in range(image.shape[2])], -1
        )
    around = padded(image.astype(np.float64), radius + 1, border)
    out = np.zeros(image.shape, int)
    for y, x in np.ndindex(image.shape):
        bits = []
        for p in range(points):
            turn = 2 * math.pi * p / points
            i = y + radius + 1 - round(radius * math.sin(turn), 5)
            j = x + radius + 1 + round(radius * math.cos(turn), 5)
            i0, j0 = math.floor(i), math.floor(j)
            rows = [around[i0 + d, j0] + (j - j0) * (around[i0 + d, j0 + 1] - around[i0 + d, j0]) for d in (0, 1)]
            bits.append(int(rows[0] + (i - i0) * (rows[1] - rows[0]) >= image[y, x]))
        turned = [sum(b << k for k, b in enumerate(bits[r:] + bits[:r])) for r in range(points)]
        if method == "uniform":
            changes = sum(a != b for a, b in zip(bits, bits[1:] + bits[:1], strict=True))
            out[y, x] = sum(bits) if changes <= 2 else points + 1
        else:
            out[y, x] = turned[0] if method == "basic" else min(turned)
    return out


def exact_lbp(image: np.ndarray, *, radius: int = 1, points: int = 8) -> np.ndarray:
    """The basic codes of whole numbers, in whole numbers: places are multiples of 1/100,000."""
    whole, edge = 100_000, radius + 1
    around = np.pad(image.astype(np.int64), edge, mode="symmetric")
    out = np.zeros(image.shape, np.int64)
    for p in range(points):
        turn = 2 * math.pi * p / points
        i, s = divmod(round(-radius * math.sin(turn) * whole), whole)
        j, t = divmod(round(radius * math.cos(turn) * whole), whole)

        def at(di: int, dj: int, i: int = i, j: int = j) -> np.ndarray:
            y, x = edge + i + di, edge + j + dj
            return around[y : y + image.shape[0], x : x + image.shape[1]]

        sample = (whole - s) * ((whole - t) * at(0, 0) + t * at(0, 1)) + s * ((whole - t) * at(1, 0) + t * at(1, 1))
        out |= (sample >= whole * whole * image.astype(np.int64)).astype(np.int64) << p
    return out
