"""The search of exemplar-based inpainting for the source that is most like what is known of the target.

Strips of neighbouring sources are measured at once, term by term, and given up as soon as none of them can be the best:
first by sums of blocks, as (sum t - sum s)^2 <= n sum (t - s)^2 (Cauchy and Schwarz; as in Mattoccia, Tombari and Di
Stefano, "Fast full-search equivalent template matching by enhanced bounded correlation", IEEE TIP 17(4), 2008), then by
the pixels that are least like the image's mean.  The result is that of a full search: integers, and a total order.
"""

from __future__ import annotations

import numpy as np

from .._core.copies import copy_into
from .._core.jit import kernel
from ._atomic import atomic_add, atomic_load, atomic_store
from ._front import (
    BLOCKS,
    CHANNELS,
    HEIGHT,
    LEFT,
    NEARBY,
    PATCHES,
    RADIUS,
    SEARCHING,
    SHIFTS,
    STRIDE,
    TARGET,
    TERMS,
    WIDTH,
    WINDOW,
    choose,
    fill,
    lent,
)

__all__: list[str] = []

STRIP = 64
REFUSED = 1 << 30
BLOCK = 3
AREA = BLOCK * BLOCK
MOST_BLOCKS = 64
FAR = 1 << 62

PART = 16  # rows that a thread takes at a time
PATIENCE = 100000  # looks at a shared number, some 50 µs, before a thread lets others run
NEXT, DONE, ENDED = 0, 16, 32  # places in the shared numbers, each in a cache line of its own
SHARED = 48


@kernel(inner=True)
def _add_four(acc, a, b, c, d, ta, tb, tc, td):
    """Add four squared differences to each of a strip; return the least sum."""
    least = np.int32(2147483647)
    for i in range(STRIP):
        da = np.int32(np.int32(a[i]) - ta)
        db = np.int32(np.int32(b[i]) - tb)
        dc = np.int32(np.int32(c[i]) - tc)
        dd = np.int32(np.int32(d[i]) - td)
        one = np.int32(np.int32(da * da) + np.int32(db * db))
        two = np.int32(np.int32(dc * dc) + np.int32(dd * dd))
        total = np.int32(np.int32(acc[i]) + np.int32(one + two))
        acc[i] = total
        least = min(least, total)
    return least


@kernel(inner=True)
def _measure(planes, listed, n, base, acc, limit):
    """Add up `n` terms, a multiple of four, in a strip; stop once the least sum is above the limit, and return it."""
    least = np.int32(0)
    for k in range(0, n, 4):
        a, b, c, d = base + listed[0, k], base + listed[0, k + 1], base + listed[0, k + 2], base + listed[0, k + 3]
        least = _add_four(
            acc,
            planes[a : a + STRIP],
            planes[b : b + STRIP],
            planes[c : c + STRIP],
            planes[d : d + STRIP],
            np.int32(listed[1, k]),
            np.int32(listed[1, k + 1]),
            np.int32(listed[1, k + 2]),
            np.int32(listed[1, k + 3]),
        )
        if least > limit:
            break
    return least


@kernel(inner=True)
def _search_strip(s, y, x0, acc, mine):
    """Improve `mine` by the sources whose corners are in a strip."""
    w, stride, r = s.numbers[WIDTH], s.numbers[STRIDE], s.numbers[RADIUS]
    feat, sums, refused, terms, blocks, best = s.feat, s.sums, s.refused, s.terms, s.blocks, s.best
    ty, tx = s.numbers[TARGET] // w - r, s.numbers[TARGET] % w - r
    across = max(x0 - tx, tx - (x0 + STRIP - 1), 0)
    nearest = (y - ty) * (y - ty) + across * across
    limit = best[mine, 0]
    for i in range(best.shape[0]):  # what other parts have found is a bound, too
        if i != mine:
            limit = min(limit, best[i, 0])
    # Of equals the nearer is better, so a strip that is farther than the best must do better than it.
    if limit == best[mine, 0] and nearest > best[mine, 1]:
        limit -= 1
    if limit < 0:
        return
    limit = min(limit, REFUSED - 1)
    base = y * stride + x0
    start = refused[base : base + STRIP]
    if s.numbers[BLOCKS] and AREA * limit < REFUSED:
        for i in range(STRIP):
            acc[i] = start[i]
        bound = np.int32(AREA * limit)
        if _measure(sums, blocks, s.numbers[BLOCKS], base, acc, bound) > bound:
            return
    for i in range(STRIP):
        acc[i] = start[i]
    bound = np.int32(limit)
    if _measure(feat, terms, s.numbers[TERMS], base, acc, bound) > bound:
        return
    for i in range(STRIP):
        if acc[i] <= bound:
            distance = (y - ty) * (y - ty) + (x0 + i - tx) * (x0 + i - tx)
            _improve(best, mine, np.int64(acc[i]), distance, base + i)


@kernel(inner=True)
def _improve(best, mine, total, distance, corner):
    better = total < best[mine, 0]
    if total == best[mine, 0]:
        better = distance < best[mine, 1] or (distance == best[mine, 1] and corner < best[mine, 2])
    if better:
        best[mine, 0], best[mine, 1], best[mine, 2] = total, distance, corner


@kernel(inner=True)
def _try(s, y, x, mine):
    """Improve `mine` by the source with this corner, if it is one."""
    h, w, stride, r = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[STRIDE], s.numbers[RADIUS]
    if y < 0 or x < 0 or y >= h or x >= w:
        return
    base = y * stride + x
    if s.refused[base] != 0:
        return
    limit = s.best[mine, 0]
    total = np.int64(0)
    for k in range(0, s.numbers[TERMS], 4):
        for i in range(4):
            difference = np.int64(s.feat[base + s.terms[0, k + i]]) - s.terms[1, k + i]
            total += difference * difference
        if total > limit:
            return
    ty, tx = s.numbers[TARGET] // w - r, s.numbers[TARGET] % w - r
    _improve(s.best, mine, total, (y - ty) * (y - ty) + (x - tx) * (x - tx), base)


@kernel(inner=True)
def _list_terms(s, y, x):
    """The known pixels of the target at (y, x), those first that are least like the mean."""
    h, w, stride = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[STRIDE]
    r, channels, terms = s.numbers[RADIUS], s.numbers[CHANNELS], s.terms
    y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
    counts = np.zeros(33, np.int64)
    for turn in range(2):  # sorting by counting, 32 classes
        for v in range(y0, y1):
            for u in range(x0, x1):
                if s.known[v, u] != 0:
                    for c in range(channels):
                        value = np.int64(s.feat[(c * h + v) * stride + u])
                        rank = 31 - min(abs(value - s.means[c]) >> 3, 31)
                        if turn == 0:
                            counts[rank + 1] += 1
                        else:
                            k = counts[rank]
                            counts[rank] += 1
                            terms[0, k] = (c * h + v - y + r) * stride + u - x + r
                            terms[1, k] = value
        if turn == 0:
            for i in range(32):
                counts[i + 1] += counts[i]
    s.numbers[TERMS] = _rounded_up(s, terms, counts[32])


@kernel(inner=True)
def _rounded_up(s, listed, n):
    """To a multiple of four, by terms that are 0: of the plane that is."""
    while n % 4 != 0:
        listed[0, n] = s.numbers[CHANNELS] * s.numbers[HEIGHT] * s.numbers[STRIDE]
        listed[1, n] = 0
        n += 1
    return n


@kernel(inner=True)
def _list_blocks(s, y, x):
    """Blocks of known pixels of the target that do not overlap, those first that are least like the mean."""
    h, w, stride = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[STRIDE]
    r, channels, blocks = s.numbers[RADIUS], s.numbers[CHANNELS], s.blocks
    y0, y1, x0, x1 = max(y - r, 0), min(y + r + 1, h), max(x - r, 0), min(x + r + 1, w)
    taken = np.zeros((y1 - y0, x1 - x0), np.uint8)
    weights = np.empty(MOST_BLOCKS, np.int64)
    n = 0
    for v in range(y0, y1 - BLOCK + 1):
        for u in range(x0, x1 - BLOCK + 1):
            free = (n + 1) * channels <= MOST_BLOCKS
            for i in range(BLOCK):
                for k in range(BLOCK):
                    free = free and s.known[v + i, u + k] != 0 and taken[v + i - y0, u + k - x0] == 0
            if not free:
                continue
            taken[v - y0 : v - y0 + BLOCK, u - x0 : u - x0 + BLOCK] = 1
            for c in range(channels):
                total = np.int64(0)
                for i in range(BLOCK):
                    for k in range(BLOCK):
                        total += s.feat[(c * h + v + i) * stride + u + k]
                weight = abs(total - AREA * s.means[c])
                place = n * channels + c
                while place > 0 and weights[place - 1] < weight:
                    weights[place], blocks[0, place] = weights[place - 1], blocks[0, place - 1]
                    blocks[1, place] = blocks[1, place - 1]
                    place -= 1
                weights[place] = weight
                blocks[0, place] = (c * h + v - y + r) * stride + u - x + r
                blocks[1, place] = total
            n += 1
    s.numbers[BLOCKS] = _rounded_up(s, blocks, n * channels)


@kernel(inner=True)
def _list_shifts(s, y, x):
    """The different shifts between source and target that filled pixels of the patch at (y, x) had."""
    h, w, r = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[RADIUS]
    n = 0
    for v in range(max(y - r, 0), min(y + r + 1, h)):
        for u in range(max(x - r, 0), min(x + r + 1, w)):
            if s.known[v, u] != 0 and s.source[v, u] >= 0:
                shift = s.source[v, u] - (v * w + u)
                new = True
                for i in range(n):
                    new = new and s.shifts[i] != shift
                if new and n < s.shifts.size:
                    s.shifts[n] = shift
                    n += 1
    s.numbers[SHIFTS] = n


@kernel
def _begin(s):
    """Choose a target, list what is known of it, and start from the sources that its filled neighbours suggest."""
    s.numbers[TARGET] = choose(s)
    w, r = s.numbers[WIDTH], s.numbers[RADIUS]
    last = s.best[0, 2]
    y, x = s.numbers[TARGET] // w, s.numbers[TARGET] % w
    _list_terms(s, y, x)
    _list_blocks(s, y, x)
    _list_shifts(s, y, x)
    s.best[:] = FAR
    for i in range(s.numbers[SHIFTS] + 1):
        y, x = last // s.numbers[STRIDE], last % s.numbers[STRIDE]
        if i < s.numbers[SHIFTS]:
            at = s.numbers[TARGET] + s.shifts[i]
            y, x = at // w - r, at % w - r
        _try(s, y, x, 0)  # which refuses what lies outside, as FAR does
    for i in range(1, s.best.shape[0]):
        copy_into(s.best[i], s.best[0])


@kernel(inner=True)
def _search_rows(s, first, last, acc, mine):
    """Rows by their distance from the target's, 0, 1, 1, 2, 2 and so on, as long as one may hold a better source."""
    h, w, r = s.numbers[HEIGHT], s.numbers[WIDTH], s.numbers[RADIUS]
    ty = s.numbers[TARGET] // w - r
    for step in range(first, last):
        y = ty + ((step + 1) >> 1 if step % 2 else -(step >> 1))
        if y < 0 or y >= h:
            continue
        if s.best[mine, 0] == 0 and (y - ty) * (y - ty) > s.best[mine, 1]:
            break
        for i in range(s.strip_start[y], s.strip_start[y + 1]):
            _search_strip(s, y, np.int64(s.strip_x[i]), acc, mine)


@kernel(inner=True)
def _search_window(s, y, x, reach, acc):
    """Sources whose corners are within `reach` of (y, x), and some beyond in x, in whole strips."""
    h, w, size = s.numbers[HEIGHT], s.numbers[WIDTH], 2 * s.numbers[RADIUS] + 1
    x0, x1 = max(x - reach, 0), min(x + reach, w - size)
    for v in range(max(y - reach, 0), min(y + reach, h - size) + 1):
        for u in range(x0, x1 + 1, STRIP):
            _search_strip(s, v, u, acc, 0)


@kernel(inner=True)
def _search_windows(s, acc):
    """Around where the shifts of filled neighbours lead, then around the target."""
    w, r = s.numbers[WIDTH], s.numbers[RADIUS]
    for i in range(s.numbers[SHIFTS] + 1):
        at, reach = s.numbers[TARGET], s.numbers[WINDOW]
        if i < s.numbers[SHIFTS]:
            at, reach = at + s.shifts[i], s.numbers[NEARBY]
        _search_window(s, at // w - r, at % w - r, reach, acc)


@kernel
def list_strips(refused, height, width, start, found):
    """Cover each row's corners of source patches by strips, from left to right."""
    stride = width + STRIP
    n = 0
    for y in range(height):
        start[y] = n
        x = 0
        while x < width:
            if refused[y * stride + x] == 0:
                found[n] = x
                n += 1
                x += STRIP
            else:
                x += 1
    start[height] = n


@kernel
def work(s, shared, until, mine):
    """Fill patches until there are so many, or none is left; with `mine` above 0, help the thread that does so.

    The search of all rows is handed out in parts: any thread takes the next one, and the first, which has set them out,
    goes on when all are done.  So nothing waits for a thread that does not come.  False: waited for too long, call
    again.
    """
    s = lent(s)
    acc = np.empty(STRIP, np.int32)
    parts = (2 * (s.numbers[HEIGHT] + s.numbers[RADIUS] + 1) + PART - 1) // PART
    patience = PATIENCE
    while patience > 0:
        if mine == 0 and s.numbers[SEARCHING] == 0:
            if s.numbers[LEFT] == 0 or s.numbers[PATCHES] >= until:
                return True
            _begin(s)
            if s.numbers[WINDOW] >= 0:
                _search_windows(s, acc)
            if s.numbers[WINDOW] >= 0 and s.best[0, 2] != FAR:
                fill(s)
                continue
            s.numbers[SEARCHING] = 1
            atomic_store(shared, DONE, 0)
            atomic_store(shared, NEXT, 0)
        elif mine != 0 and atomic_load(shared, ENDED) != 0:
            return True
        part = parts
        if atomic_load(shared, NEXT) < parts:
            part = atomic_add(shared, NEXT, 1)
        patience -= 1
        if part < parts:
            _search_rows(s, part * PART, part * PART + PART, acc, mine)
            atomic_add(shared, DONE, 1)
            patience = PATIENCE
        elif mine == 0 and atomic_load(shared, DONE) >= parts:
            fill(s)
            s.numbers[SEARCHING] = 0
            patience = PATIENCE
    return False
