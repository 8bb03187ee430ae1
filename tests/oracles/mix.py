"""Slow oracles of mixing, pixel by pixel from the definitions: what a batch should be, given what was drawn."""

from __future__ import annotations

from typing import Any

import numpy as np


def rounded(value: float, dtype: np.dtype) -> Any:
    """A level of the dtype; Python rounds half to even."""
    return round(float(value)) if dtype.kind == "u" else value


def mix_up(images: np.ndarray, info: Any) -> np.ndarray:
    """lam x_i + (1 - lam) x_j."""
    out = np.empty_like(images)
    for i in range(len(images)):
        lam, other = float(info.lam[i]), images[info.partners[i, 0]]
        for place in np.ndindex(*images.shape[1:]):
            out[i][place] = rounded(lam * float(images[i][place]) + (1 - lam) * float(other[place]), images.dtype)
    return out


def labels_of(labels: np.ndarray, info: Any) -> np.ndarray:
    """Rows added up by shares."""
    out = np.zeros(labels.shape)
    for i in range(len(labels)):
        for share, j in zip(info.shares[i], [i, *info.partners[i]]):
            out[i] += share * labels[j]
    return out


def cut_mix(images: np.ndarray, info: Any) -> tuple[np.ndarray, np.ndarray]:
    """The images, and the sample's share by counting pixels."""
    out, lam = images.copy(), np.ones(len(images))
    h, w = images.shape[1:3]
    for i, params in enumerate(info.params):
        side_y, side_x = int(h * (1 - params["lam"]) ** 0.5), int(w * (1 - params["lam"]) ** 0.5)
        top, left = int(params["center"][0] * h) - side_y // 2, int(params["center"][1] * w) - side_x // 2
        changed = 0
        for y in range(h):
            for x in range(w):
                if top <= y < top + side_y and left <= x < left + side_x:
                    out[i, y, x] = images[info.partners[i, 0], y, x]
                    changed += 1
        lam[i] = 1 - changed / (h * w)
    return out, lam


def ricap(images: np.ndarray, info: Any) -> np.ndarray:
    """Four pieces around a point."""
    out = np.empty_like(images)
    h, w = images.shape[1:3]
    for i, params in enumerate(info.params):
        four = [i, *info.partners[i]]
        down, across = round(params["point"][0] * h), round(params["point"][1] * w)
        for y in range(h):
            for x in range(w):
                lower, right = y >= down, x >= across
                k = 2 * lower + right
                rows, columns = (h - down if lower else down), (w - across if right else across)
                top, left = round(params["cuts"][k][0] * (h - rows)), round(params["cuts"][k][1] * (w - columns))
                out[i, y, x] = images[four[k], y - lower * down + top, x - right * across + left]
    return out


def grid_mix(images: np.ndarray, info: Any, grid: tuple[int, int]) -> np.ndarray:
    """Cells of the partner."""
    out = images.copy()
    h, w = images.shape[1:3]
    for i, params in enumerate(info.params):
        for y in range(h):
            for x in range(w):
                if (y * grid[0] // h) * grid[1] + x * grid[1] // w in params["cells"]:
                    out[i, y, x] = images[info.partners[i, 0], y, x]
    return out


def seen_boxes(boxes: np.ndarray, owner: np.ndarray, who: int, least: float) -> tuple[list[list[float]], list[int]]:
    """For each box the smallest frame around its part on pixels of one owner, and which boxes show enough."""
    h, w = owner.shape
    found, kept = [], []
    for k, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        pieces, whole = [], 0.0
        for y in range(h):
            for x in range(w):
                left, right, top, bottom = max(x0, x), min(x1, x + 1), max(y0, y), min(y1, y + 1)
                if left < right and top < bottom:
                    whole += (right - left) * (bottom - top)
                    if owner[y, x] == who:
                        pieces.append((left, top, right, bottom))
        seen = sum((c - a) * (d - b) for a, b, c, d in pieces)
        if seen > 0 and seen >= least * whole - 1e-9:
            a, b, c, d = zip(*pieces)
            if min(max(c) - min(a), max(d) - min(b)) < 1e-3:  # too thin to be a box
                continue
            found.append([min(a), min(b), max(c), max(d)])
            kept.append(k)
    return found, kept
