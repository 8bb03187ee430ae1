"""Slow oracles of scene completion, written from the definitions, with the library's own signatures."""

from __future__ import annotations

import numpy as np


def edges(shape: tuple[int, int]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of neighbouring pixels, each once."""
    h, w = shape
    found = [((y, x), (y + 1, x)) for y in range(h - 1) for x in range(w)]
    return found + [((y, x), (y, x + 1)) for y in range(h) for x in range(w - 1)]


def poisson_blend(image, source, *, mask, hole=None, domain="image"):
    """Least squares over all edges, of float images (h, w); one equation an edge."""
    from scipy.sparse import csc_array, vstack
    from scipy.sparse.linalg import spsolve

    if mask.all():
        return source.copy()
    known = ~mask if domain == "hole" else np.zeros(mask.shape, bool)
    numbers = np.cumsum(~known.ravel()).reshape(mask.shape) - 1
    rows, columns, values, right = [], [], [], []
    for p, q in edges(mask.shape):
        if known[p] and known[q]:
            continue
        a, b = image[q] - image[p], source[q] - source[p]
        if mask[p] != mask[q]:
            unknown = hole is not None and (hole[p] or hole[q])
            step = b if unknown else (a + b) / 2
        else:
            step = b if mask[p] else a
        for pixel, sign in ((p, -1.0), (q, 1.0)):
            if known[pixel]:
                step -= sign * image[pixel]
            else:
                rows.append(len(right))
                columns.append(numbers[pixel])
                values.append(sign)
        right.append(step)
    count = int((~known).sum())
    system = csc_array((values, (rows, columns)), shape=(len(right), count))
    right = np.array(right)
    out = image.copy()
    if domain == "hole":
        out[mask] = spsolve((system.T @ system).tocsc(), system.T @ right)
        return out
    pinned = csc_array(([1.0], ([0], [0])), shape=(1, count))  # one pixel at 0 decides the constant for now
    system, right = vstack([system, pinned]).tocsc(), np.append(right, 0.0)
    out = spsolve((system.T @ system).tocsc(), system.T @ right).reshape(mask.shape)
    return out + (image[~mask].mean() - out[~mask].mean())


def cut_capacity(inside, source, sink, right, down) -> int:
    """What is cut where these pixels stay with the source."""
    total = sink[inside].sum() + source[~inside].sum()
    total += right[inside[:, :-1] != inside[:, 1:]].sum()
    return int(total + down[inside[:-1] != inside[1:]].sum())


def seam_energy(image, source, taken, *, mask, valid=None, context=80, penalty=0.002) -> float:
    """The energy of one seam, for float images (h, w, c) in [0, 1]; infinite where it is not allowed."""
    h, w = mask.shape
    holes = np.argwhere(mask)
    away = np.array([[np.hypot(*(holes - (y, x)).T).min() for x in range(w)] for y in range(h)])
    near = (away <= context) & (True if valid is None else valid)
    if (mask & ~taken).any() or (taken & ~near).any():
        return np.inf
    ring = near & ~mask
    squares = ((image - source) ** 2).sum(axis=2)
    total = ((penalty * away[taken & ring]) ** 3).sum()

    def is_ring(p):
        return 0 <= p[0] < h and 0 <= p[1] < w and ring[p]

    for p, q in edges((h, w)):
        if taken[p] == taken[q]:
            continue
        if ring[p] and ring[q]:
            total += abs(squares[p] - squares[q])
        elif ring[p] or ring[q]:
            p, q = (p, q) if ring[p] else (q, p)
            behind = (2 * p[0] - q[0], 2 * p[1] - q[1])
            total += abs(squares[p] - squares[behind]) if is_ring(behind) else 0
    return total


def graph_cut_seam(image, source, *, mask, valid=None, context=80, penalty=0.002):
    """The best of all seams, tried one by one: for few free pixels."""
    free = np.argwhere(~mask)
    best, lowest = mask, np.inf
    for choice in range(1 << len(free)):
        taken = mask.copy()
        for i, (y, x) in enumerate(free):
            taken[y, x] = choice >> i & 1
        energy = seam_energy(image, source, taken, mask=mask, valid=valid, context=context, penalty=penalty)
        if energy < lowest:
            best, lowest = taken, energy
    return best


def context_errors(image, valid, scene, *, aligned, diagonal) -> np.ndarray:
    """The error of each place of a box in a scene, both planes of Lab (3, h, w): mean squared distance over the valid
    pixels, with a quarter of the squared mean difference in L, times 1 + ten offsets in diagonals."""
    h, w = valid.shape
    counts = scene.shape[1] - h + 1, scene.shape[2] - w + 1
    found = np.zeros(counts)
    for y in range(counts[0]):
        for x in range(counts[1]):
            apart = (image - scene[:, y : y + h, x : x + w])[:, valid]
            found[y, x] = (apart**2).sum(axis=0).mean() - 0.75 * apart[0].mean() ** 2
            found[y, x] *= 1 + 10 * np.hypot(y - aligned[0], x - aligned[1]) / diagonal
    return found
