"""The search of exemplar-based inpainting for the source that is most like what is known of the target.

Strips of neighbouring sources are measured at once, term by term, and given up as soon as none of them can be the best:
first by sums of blocks, as (sum t - sum s)^2 <= n sum (t - s)^2 (Cauchy and Schwarz; as in Mattoccia, Tombari and Di
Stefano, "Fast full-search equivalent template matching by enhanced bounded correlation", IEEE TIP 17(4), 2008), then by
the pixels that are least like the image's mean.  The result is that of a full search: integers, and a total order.
"""

from __future__ import annotations

import numpy as np

from .._core.jit import borrowed, kernel
from ._atomic import atomic_add, atomic_load, atomic_store
from ._front import (
    BLOCKS,
    BOTTOM,
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
    TOP,
    WIDTH,
    WINDOW,
    choose,
    fill,
    update,
)

__all__: list[str] = []

STRIP = 64
REFUSED = 1 << 30
BLOCK = 3
AREA = BLOCK * BLOCK
MOST_BLOCKS = 64
CLASSES = 32
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
def _search_strip(numbers, feat, sums, refused, terms, blocks, best, y, x0, acc, mine):
    """Improve `mine` by the sources whose corners are in a strip."""
    w, r = numbers[WIDTH], numbers[RADIUS]
    ty, tx = numbers[TARGET] // w - r, numbers[TARGET] % w - r
    across = max(max(x0 - tx, tx - (x0 + STRIP - 1)), 0)
    nearest = (y - ty) * (y - ty) + across * across
    limit = best[mine, 0]
    for i in range(best.shape[0]):  # what other parts have found is a bound, too
        limit = min(limit, best[i, 0])
    # Of equals the nearer is better, so a strip that is farther than the best must do better than it.
    if limit == best[mine, 0] and nearest > best[mine, 1]:
        limit -= 1
    if limit < 0:
        return
    limit = min(limit, REFUSED - 1)
    base = y * numbers[STRIDE] + x0
    for turn in range(2):  # sums of blocks, then pixels
        n, bound = numbers[TERMS], limit
        if turn == 0:
            n, bound = numbers[BLOCKS], AREA * limit
            if n == 0 or bound >= REFUSED:
                continue
        for i in range(STRIP):
            acc[i] = refused[base + i]
        planes = sums if turn == 0 else feat
        listed = blocks if turn == 0 else terms
        if _measure(planes, listed, n, base, acc, np.int32(bound)) > bound:
            return
    for i in range(STRIP):
        if acc[i] <= limit:
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
def _list_terms(numbers, feat, means, known, terms, counts, y, x):
    """The known pixels of the target at (y, x), those first that are least like the mean."""
    h, w, stride = numbers[HEIGHT], numbers[WIDTH], numbers[STRIDE]
    r, channels = numbers[RADIUS], numbers[CHANNELS]
    for i in range(CLASSES + 1):
        counts[i] = 0
    for turn in range(2):  # sorting by counting
        for v in range(max(y - r, 0), min(y + r + 1, h)):
            for u in range(max(x - r, 0), min(x + r + 1, w)):
                if known[v * w + u] != 0:
                    for c in range(channels):
                        value = np.int64(feat[(c * h + v) * stride + u])
                        rank = CLASSES - 1 - min(abs(value - means[c]) >> 3, CLASSES - 1)
                        if turn == 0:
                            counts[rank + 1] += 1
                        else:
                            k = counts[rank]
                            counts[rank] += 1
                            terms[0, k] = (c * h + v - y + r) * stride + u - x + r
                            terms[1, k] = value
        if turn == 0:
            for i in range(CLASSES):
                counts[i + 1] += counts[i]
    numbers[TERMS] = _rounded_up(terms, counts[CLASSES], channels * h * stride)


@kernel(inner=True)
def _rounded_up(listed, n, nothing):
    """To a multiple of four, by terms that are 0: of the plane that is."""
    while n % 4 != 0:
        listed[0, n] = nothing
        listed[1, n] = 0
        n += 1
    return n


@kernel(inner=True)
def _list_blocks(numbers, feat, means, known, blocks, taken, y, x):
    """Blocks of known pixels of the target that do not overlap, those first that are least like the mean."""
    h, w, stride = numbers[HEIGHT], numbers[WIDTH], numbers[STRIDE]
    r, channels = numbers[RADIUS], numbers[CHANNELS]
    size = 2 * r + 1
    for i in range(size * size):
        taken[i] = 0
    n = 0
    for v in range(max(y - r, 0), min(y + r + 1, h) - BLOCK + 1):
        for u in range(max(x - r, 0), min(x + r + 1, w) - BLOCK + 1):
            corner = (v - y + r) * size + u - x + r
            free = (n + 1) * channels <= MOST_BLOCKS
            for i in range(AREA):
                down, right = i // BLOCK, i % BLOCK
                free = free and known[(v + down) * w + u + right] != 0 and taken[corner + down * size + right] == 0
            if not free:
                continue
            for i in range(AREA):
                taken[corner + i // BLOCK * size + i % BLOCK] = 1
            for c in range(channels):
                place = (c * h + v) * stride + u
                total = 0
                for i in range(AREA):
                    total += feat[place + i // BLOCK * stride + i % BLOCK]
                weight = abs(total - AREA * means[c])
                k = n * channels + c
                while k > 0 and blocks[2, k - 1] < weight:
                    for i in range(3):
                        blocks[i, k] = blocks[i, k - 1]
                    k -= 1
                blocks[0, k] = place - (y - r) * stride - (x - r)
                blocks[1, k] = total
                blocks[2, k] = weight
            n += 1
    numbers[BLOCKS] = _rounded_up(blocks, n * channels, channels * h * stride)


@kernel(inner=True)
def _list_shifts(numbers, known, source, shifts, y, x):
    """The different shifts between source and target that filled pixels of the patch at (y, x) had."""
    h, w, r = numbers[HEIGHT], numbers[WIDTH], numbers[RADIUS]
    n = 0
    for v in range(max(y - r, 0), min(y + r + 1, h)):
        for at in range(v * w + max(x - r, 0), v * w + min(x + r + 1, w)):
            if known[at] != 0 and source[at] >= 0:
                shift = source[at] - at
                new = n < shifts.size
                for i in range(n):
                    new = new and shifts[i] != shift
                if new:
                    shifts[n] = shift
                    n += 1
    numbers[SHIFTS] = n


@kernel(inner=True)
def _suggest(numbers, feat, refused, terms, shifts, best):
    """Start from the best of the sources that the target's filled neighbours suggest, and the last one."""
    h, w, r, stride = numbers[HEIGHT], numbers[WIDTH], numbers[RADIUS], numbers[STRIDE]
    target, last = numbers[TARGET], best[0, 2]
    ty, tx = target // w - r, target % w - r
    for k in range(3):
        best[0, k] = FAR
    for i in range(numbers[SHIFTS] + 1):
        y, x = last // stride, last % stride
        if i < numbers[SHIFTS]:
            at = target + shifts[i]
            y, x = at // w - r, at % w - r
        base = y * stride + x
        if y < 0 or x < 0 or y >= h or x >= w or refused[base] != 0:  # FAR lies outside, too
            continue
        total, k = 0, 0
        while k < numbers[TERMS] and total <= best[0, 0]:
            difference = np.int64(feat[base + terms[0, k]]) - terms[1, k]
            total += difference * difference
            k += 1
        _improve(best, 0, total, (y - ty) * (y - ty) + (x - tx) * (x - tx), base)
    for i in range(1, best.shape[0]):
        for k in range(3):
            best[i, k] = best[0, k]


@kernel(inner=True)
def _search(numbers, feat, sums, refused, strip_start, strip_x, terms, blocks, shifts, best, acc, first, mine):
    """Search a part of all rows, which are taken by their distance from the target's, 0, 1, 1, 2, 2 and so on, as long
    as one may hold a better source.

    With `first` -1, search around where the shifts of filled neighbours lead, then around the target: sources whose
    corners are within reach, and some beyond in x, in whole strips.
    """
    h, w, r, target = numbers[HEIGHT], numbers[WIDTH], numbers[RADIUS], numbers[TARGET]
    everywhere = first >= 0
    for i in range(0 if everywhere else -numbers[SHIFTS], 1):
        at, reach = target, numbers[WINDOW]
        if i < 0:
            at, reach = target + shifts[numbers[SHIFTS] + i], numbers[NEARBY]
        cy, cx = at // w - r, at % w - r
        x0, x1 = max(cx - reach, 0), min(cx + reach, w - 1 - 2 * r)
        for step in range(max(first, 0), first + PART if everywhere else 2 * reach + 1):
            away = (step + 1) >> 1
            y = cy + (away if step % 2 else -away)
            if y < 0 or y > h - 1 - 2 * r:
                continue
            begin, end = 0, (x1 - x0) // STRIP + 1
            if everywhere:
                if best[mine, 0] == 0 and away * away > best[mine, 1]:
                    break
                begin, end = strip_start[y], strip_start[y + 1]
            for k in range(begin, end):
                x = np.int64(strip_x[k]) if everywhere else x0 + k * STRIP
                _search_strip(numbers, feat, sums, refused, terms, blocks, best, y, x, acc, mine)


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
def work(s, shared, acc, until, mine):
    """Fill patches until there are so many, or none is left; with `mine` above 0, help the thread that does so.

    The search of all rows is handed out in parts: any thread takes the next one, and the first, which has set them out,
    goes on when all are done.  So nothing waits for a thread that does not come.  `acc` is a strip's room, of each
    thread its own.  False: waited for too long, call again.

    The kernels that this one calls get just the arrays that they use: all of `State` in each call takes seconds to
    compile.  Nor is it cut into pieces: with them the first call took 9 % longer, with tuples of arrays and fewer
    pieces 5 %.
    """
    feat, sums = borrowed(s.feat), borrowed(s.sums)  # of which slices are taken
    numbers, refused, known, source, best = s.numbers, s.refused, s.known, s.source, s.best
    priority, priority_confidence, confidence, tile_best = s.priority, s.priority_confidence, s.confidence, s.tile_best
    gradient_x, gradient_y, means, trace = s.gradient_x, s.gradient_y, s.means, s.trace
    terms, blocks, shifts, room = s.terms, s.blocks, s.shifts, s.room
    strip_start, strip_x = s.strip_start, s.strip_x
    h, w, r = numbers[HEIGHT], numbers[WIDTH], numbers[RADIUS]
    parts = (2 * (h + r + 1) + PART - 1) // PART
    patience = PATIENCE
    while patience > 0:
        chosen = mine == 0 and numbers[SEARCHING] == 0
        part, window, found = parts, False, False
        if chosen:
            if numbers[TOP] < numbers[BOTTOM]:
                update(
                    numbers, feat, known, confidence, gradient_x, gradient_y, priority, priority_confidence, tile_best
                )
                numbers[BOTTOM] = numbers[TOP]
            if numbers[LEFT] == 0 or numbers[PATCHES] >= until:
                return True
            at = choose(priority, priority_confidence, tile_best)
            numbers[TARGET] = at
            _list_terms(numbers, feat, means, known, terms, room, at // w, at % w)
            _list_blocks(numbers, feat, means, known, blocks, room, at // w, at % w)
            _list_shifts(numbers, known, source, shifts, at // w, at % w)
            _suggest(numbers, feat, refused, terms, shifts, best)
            window = numbers[WINDOW] >= 0
            numbers[SEARCHING] = 1
        elif mine != 0 and atomic_load(shared, ENDED) != 0:
            return True
        else:
            if atomic_load(shared, NEXT) < parts:
                part = atomic_add(shared, NEXT, 1)
            patience -= 1
        if window or part < parts:
            first = -1 if window else part * PART
            _search(numbers, feat, sums, refused, strip_start, strip_x, terms, blocks, shifts, best, acc, first, mine)
        if part < parts:
            atomic_add(shared, DONE, 1)
            patience = PATIENCE
        elif chosen:
            found = best[0, 2] != FAR and window
            if not found:  # set out the parts
                atomic_store(shared, DONE, 0)
                atomic_store(shared, NEXT, 0)
        else:
            found = mine == 0 and atomic_load(shared, DONE) >= parts
        if found:
            fill(numbers, best, feat, known, confidence, priority_confidence, source, trace)
            numbers[SEARCHING] = 0
            patience = PATIENCE
    return False
