"""Kernels of average precision: sorting, matching by the rules of COCO and of PASCAL VOC, accumulation.

Detections are kept in the order in which they are accumulated: by class, then by falling score, equal scores by image
and then as they came.  What a detection is at each IoU threshold stands in the bits of two words per range of areas:
`hit` (a ground-truth box is its own) and `out` (it does not count).  Most detections are neither at any threshold, so a
look at two words is all that they cost.
"""

from __future__ import annotations

import numpy as np

from imgproc._core.jit import borrowed, kernel

__all__: list[str] = []

MOST_THRESHOLDS = 64
"""Bits of a word."""
EPS = 2.220446049250313e-16
"""pycocotools' ``np.spacing(1)``, which keeps 0 / 0 out of its precision."""


@kernel
def falling(scores):
    """A stable argsort by falling score: a radix sort of the bits, 16 at a time.  No NaN."""
    n = scores.size
    bits = (scores + 0.0).view(np.uint64)  # -0.0 becomes 0.0
    order, other = np.arange(n), np.empty(n, np.int64)
    sign = np.uint64(1) << np.uint64(63)
    keys = np.empty(n, np.uint64)
    for i in range(n):
        # Rising keys are falling scores.
        keys[i] = bits[i] if bits[i] & sign else ~(bits[i] | sign)
    count = np.empty(65537, np.int64)
    for shift in (0, 16, 32, 48):
        count[:] = 0
        for i in range(n):
            count[np.int64((keys[i] >> np.uint64(shift)) & np.uint64(65535)) + 1] += 1
        largest = 0
        for c in range(1, 65537):
            largest = max(largest, count[c])
        if largest == n:
            continue
        for c in range(65536):
            count[c + 1] += count[c]
        for i in range(n):
            row = order[i]
            c = np.int64((keys[row] >> np.uint64(shift)) & np.uint64(65535))
            other[count[c]] = row
            count[c] += 1
        order, other = other, order
    return order


@kernel
def sorted_by(codes, order, kinds):
    """`order`, sorted by ``codes[order]``, stable; and where each of the `kinds` codes starts."""
    starts = np.zeros(kinds + 1, np.int64)
    for i in range(order.size):
        starts[codes[order[i]] + 1] += 1
    for c in range(kinds):
        starts[c + 1] += starts[c]
    filled, out = starts[:-1].copy(), np.empty(order.size, np.int64)
    for i in range(order.size):
        c = codes[order[i]]
        out[filled[c]] = order[i]
        filled[c] += 1
    return out, starts


@kernel
def match(
    boxes, areas, sizes, images, ranks, groups, starts,
    true_boxes, true_areas, true_sizes, true_images, crowd, difficult, true_starts,
    thresholds, ranges, most, voc, hit, out, positives,
):  # fmt: skip
    """Match each image's detections of each class.

    Detections come in the order of accumulation, `groups` says which belong to an image: by class, image and score.
    Ground truth comes by class and image.  `areas` and `true_areas` are for the IoU, `sizes` and
    `true_sizes` for the ranges.
    `ranks`, of each detection among those of its class and image, `hit`, `out` (ranges, n) and `positives` (classes,
    ranges) are written.
    """
    boxes, areas, images, groups = borrowed(boxes), borrowed(areas), borrowed(images), borrowed(groups)
    true_boxes, true_areas = borrowed(true_boxes), borrowed(true_areas)
    for k in range(starts.size - 1):
        d, d_stop = starts[k], starts[k + 1]
        g, g_stop = true_starts[k], true_starts[k + 1]
        for j in range(g, g_stop):
            for a in range(ranges.shape[0]):
                if not _left_out(j, a, true_sizes, crowd, difficult, ranges):
                    positives[k, a] += 1
        while d < d_stop:
            image = images[groups[d]]
            d_end = d
            while d_end < d_stop and images[groups[d_end]] == image:
                ranks[groups[d_end]] = d_end - d
                d_end += 1
            while g < g_stop and true_images[g] < image:
                g += 1
            g_end = g
            while g_end < g_stop and true_images[g_end] == image:
                g_end += 1
            _match_image(
                boxes, areas, sizes, groups, d, min(d_end, d + most),
                true_boxes, true_areas, true_sizes, crowd, difficult, g, g_end,
                thresholds, ranges, voc, hit, out,
            )  # fmt: skip
            d, g = d_end, g_end


@kernel(inner=True)
def _left_out(j, a, true_sizes, crowd, difficult, ranges):
    """Whether a ground-truth box counts neither way in a range of areas."""
    return crowd[j] or difficult[j] or true_sizes[j] < ranges[a, 0] or true_sizes[j] > ranges[a, 1]


@kernel
def _match_image(
    boxes, areas, sizes, groups, d, d_end, true_boxes, true_areas, true_sizes, crowd, difficult, g, g_end,
    thresholds, ranges, voc, hit, out,
):  # fmt: skip
    n, m = d_end - d, g_end - g
    if m == 0:
        for a in range(ranges.shape[0]):
            for i in range(n):
                size = sizes[groups[d + i]]
                if size < ranges[a, 0] or size > ranges[a, 1]:
                    out[a, groups[d + i]] = ~np.uint64(0)
        return
    over, best = np.empty((n, m)), np.zeros(n)
    for i in range(n):
        p = groups[d + i]
        for j in range(m):
            q = g + j
            over[i, j] = _share(boxes, areas[p], p, true_boxes, true_areas[q], q, crowd[q] and not voc)
            best[i] = max(best[i], over[i, j])
    order, free = np.empty(m, np.int64), np.empty(m, np.bool_)
    for a in range(ranges.shape[0]):
        counting = _counting_first(g, m, a, true_sizes, crowd, difficult, ranges, order)
        for t in range(thresholds.size):
            bit = np.uint64(1) << np.uint64(t)
            free[:] = True
            for i in range(n):
                p = groups[d + i]
                found = -1
                if m > 0 and best[i] > 0.0 and best[i] >= min(thresholds[t], 1.0 - 1e-10):
                    if voc:
                        found = _best(over[i], order, counting)
                    else:
                        found = _best_free(over[i], order, counting, free, crowd, g, min(thresholds[t], 1.0 - 1e-10))
                if found >= counting:  # its box counts neither way, nor does it
                    hit[a, p] |= bit
                    out[a, p] |= bit
                    free[found] = False
                elif found >= 0:
                    # In PASCAL VOC a second detection of a box is false; in COCO none gets here.
                    hit[a, p] |= bit if free[found] else np.uint64(0)
                    free[found] = False
                elif sizes[p] < ranges[a, 0] or sizes[p] > ranges[a, 1]:
                    out[a, p] |= bit


@kernel(inner=True)
def _share(boxes, area, p, true_boxes, true_area, q, crowd):
    """IoU; of a crowd the part of the detection that lies in it."""
    w = min(boxes[p, 2], true_boxes[q, 2]) - max(boxes[p, 0], true_boxes[q, 0])
    h = min(boxes[p, 3], true_boxes[q, 3]) - max(boxes[p, 1], true_boxes[q, 1])
    if w <= 0.0 or h <= 0.0:
        return 0.0
    inter = w * h
    return inter / (area if crowd else area + true_area - inter)


@kernel(inner=True)
def _counting_first(g, m, a, true_sizes, crowd, difficult, ranges, order):
    """The boxes of an image, those first that count; returns how many do."""
    counting = 0
    for j in range(m):
        if not _left_out(g + j, a, true_sizes, crowd, difficult, ranges):
            order[counting] = j
            counting += 1
    last = counting
    for j in range(m):
        if _left_out(g + j, a, true_sizes, crowd, difficult, ranges):
            order[last] = j
            last += 1
    return counting


@kernel(inner=True)
def _best_free(over, order, counting, free, crowd, g, least):
    """COCO: the free box of the largest IoU, of equal ones the last; one that does not count only if no other will do.

    Crowds are always free."""
    found = -1
    for s in range(order.size):
        j = order[s]
        if not free[s] and not crowd[g + j]:
            continue
        if 0 <= found < counting <= s:
            break
        if over[j] >= least:
            found, least = s, over[j]
    return found


@kernel(inner=True)
def _best(over, order, counting):
    """PASCAL VOC: the box of the largest IoU, free or not, of equal ones the first as they came."""
    found = 0
    for s in range(1, order.size):
        j, k = order[s], order[found]
        if over[j] > over[k] or (over[j] == over[k] and j < k):
            found = s
    return found


@kernel
def accumulate(scores, ranks, starts, hit, out, positives, limits, points, precision, recall, score_at, area_under):
    """Precision at recall points, final recall, scores there, and the area under the envelope.

    (thresholds, points, classes, ranges, limits), and without points for `recall` and `area_under`; what has no
    positives is left as it is.
    """
    thresholds = recall.shape[0]
    scores, ranks = borrowed(scores), borrowed(ranks)
    longest = 1
    for k in range(positives.shape[0]):
        for a in range(positives.shape[1]):
            longest = max(longest, min(positives[k, a], starts[k + 1] - starts[k]))
    exact, when = np.empty((thresholds, longest)), np.empty((thresholds, longest))
    true, false = np.empty(thresholds, np.int64), np.empty(thresholds, np.int64)
    for k in range(positives.shape[0]):
        for a in range(positives.shape[1]):
            if positives[k, a] == 0:
                continue
            for m in range(limits.size):
                true[:], false[:] = 0, 0
                first = _count(
                    scores, ranks, starts[k], starts[k + 1], hit[a], out[a], limits[m], true, false, exact, when
                )
                for t in range(thresholds):
                    area_under[t, k, a, m] = _envelope(exact[t], true[t], positives[k, a])
                    recall[t, k, a, m] = true[t] / positives[k, a]
                    event = 0
                    for r in range(points.size):
                        while event < true[t] and (event + 1) / positives[k, a] < points[r]:
                            event += 1
                        there = event < true[t]
                        precision[t, r, k, a, m] = exact[t, event] if there else 0.0
                        score_at[t, r, k, a, m] = when[t, event] if there else 0.0
                        if points[r] <= 0.0:
                            score_at[t, r, k, a, m] = first


@kernel(inner=True)
def _count(scores, ranks, start, stop, hit, out, limit, true, false, exact, when):
    """Precision and score at each true detection, per threshold; returns the best score, 0 where there is none."""
    plain, first, any_yet = 0, 0.0, False
    for p in range(start, stop):
        if ranks[p] >= limit:
            continue
        if not any_yet:
            first, any_yet = scores[p], True
        if hit[p] | out[p] == 0:
            plain += 1  # false at every threshold
            continue
        for t in range(true.size):
            bit = np.uint64(1) << np.uint64(t)
            if out[p] & bit:
                continue
            if hit[p] & bit:
                true[t] += 1
                exact[t, true[t] - 1] = true[t] / (true[t] + false[t] + plain + EPS)
                when[t, true[t] - 1] = scores[p]
            else:
                false[t] += 1
    return first


@kernel(inner=True)
def _envelope(exact, count, positives):
    """Make precision fall with recall; returns the area under it."""
    area = 0.0
    for i in range(count - 1, -1, -1):
        if i + 1 < count:
            exact[i] = max(exact[i], exact[i + 1])
        area += exact[i]
    return area / positives
