"""Kernels of average precision: sorting, matching by the rules of COCO and of PASCAL VOC, accumulation.

Detections are kept in the order in which they are accumulated: by class, then by falling score, equal scores by image
and then as they came.  `Verdicts` says what each detection is at each IoU threshold.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import borrowed, kernel

__all__: list[str] = []

MOST_THRESHOLDS = 64
"""Bits of a word."""
EPS = 2.220446049250313e-16
"""pycocotools' ``np.spacing(1)``, which keeps 0 / 0 out of its precision."""
LARGEST_THRESHOLD = 1.0 - 1e-10
"""pycocotools lowers a threshold of 1 to this number, so that rounding cannot prevent a perfect match."""


class Detections(NamedTuple):
    """The detections of all images, in the order of accumulation."""

    boxes: Any
    """float64 (n, 4): corners."""
    areas: Any
    """float64 (n,): areas of the boxes, for the IoU."""
    sizes: Any
    """float64 (n,): the areas that are compared with the ranges of areas."""
    images: Any
    """int64 (n,): the number of the image."""
    groups: Any
    """int64 (n,): the numbers of all detections, sorted by class, image and falling score."""
    starts: Any
    """int64 (classes + 1,): where each class begins, here and in `groups`."""


class Truth(NamedTuple):
    """The ground-truth boxes of all images, sorted by class and image; or those of one class in one image."""

    boxes: Any
    """float64 (m, 4): corners."""
    areas: Any
    """float64 (m,): areas of the boxes, for the IoU."""
    sizes: Any
    """float64 (m,): the areas that are compared with the ranges of areas."""
    images: Any
    """int64 (m,): the number of the image."""
    crowd: Any
    """bool (m,)."""
    difficult: Any
    """bool (m,)."""
    starts: Any
    """int64 (classes + 1,): where each class begins."""


class Rules(NamedTuple):
    """The rules by which detections are matched."""

    thresholds: Any
    """float64 (t,): the IoU from which on a detection can be right; at most `MOST_THRESHOLDS` of them."""
    ranges: Any
    """float64 (a, 2): ranges of areas, both ends included."""
    most: Any
    """int: no more detections of a class are matched in an image."""
    voc: Any
    """bool: whether the rules are those of PASCAL VOC, and not those of COCO."""


class Verdicts(NamedTuple):
    """What `match` finds out.  Bit t of a word of `hit` or `out` is for the IoU threshold number t.

    At most thresholds most detections have neither bit, so that a look at two words is all that they cost.
    """

    ranks: Any
    """int64 (n,): the number of each detection among those of its class and image."""
    hit: Any
    """uint64 (a, n), zero at first: the detection has got a ground-truth box of its own."""
    out: Any
    """uint64 (a, n), zero at first: the detection does not count."""
    positives: Any
    """int64 (classes, a), zero at first: how many ground-truth boxes count."""


class Figures(NamedTuple):
    """What `accumulate` computes for each of k classes, a ranges of areas and m limits of detections."""

    precision: Any
    """float64 (t, r, k, a, m): the largest precision at each of r recall points or beyond it."""
    scores: Any
    """float64 (t, r, k, a, m): the score of the detection that reaches the recall point."""
    recall: Any
    """float64 (t, k, a, m): the recall of all detections together."""
    area_under: Any
    """float64 (t, k, a, m): the area under the envelope of precision."""


# Python holds the arrays during a call, so nobody has to count references to them.


@kernel(inner=True)
def _borrowed_detections(found):
    boxes, areas, sizes = borrowed(found.boxes), borrowed(found.areas), borrowed(found.sizes)
    return Detections(boxes, areas, sizes, borrowed(found.images), borrowed(found.groups), borrowed(found.starts))


@kernel(inner=True)
def _borrowed_truth(true):
    boxes, areas, sizes, images = (
        borrowed(true.boxes), borrowed(true.areas), borrowed(true.sizes), borrowed(true.images)
    )  # fmt: skip
    return Truth(boxes, areas, sizes, images, borrowed(true.crowd), borrowed(true.difficult), borrowed(true.starts))


@kernel(inner=True)
def _borrowed_rules(rules):
    return Rules(borrowed(rules.thresholds), borrowed(rules.ranges), rules.most, rules.voc)


@kernel(inner=True)
def _borrowed_verdicts(verdicts):
    hit, out = borrowed(verdicts.hit), borrowed(verdicts.out)
    return Verdicts(borrowed(verdicts.ranks), hit, out, borrowed(verdicts.positives))


@kernel(inner=True)
def _borrowed_figures(figures):
    recall, area_under = borrowed(figures.recall), borrowed(figures.area_under)
    return Figures(borrowed(figures.precision), borrowed(figures.scores), recall, area_under)


# --- matching ---------------------------------------------------------------------------------------------------------


@kernel
def match(found, true, rules, verdicts):
    """Match the detections of each class in each image with the ground-truth boxes there.

    Parameters
    ----------
    found : Detections
    true : Truth
    rules : Rules
    verdicts : Verdicts
        The result is written here.
    """
    found, true = _borrowed_detections(found), _borrowed_truth(true)
    rules, verdicts = _borrowed_rules(rules), _borrowed_verdicts(verdicts)
    for k in range(found.starts.size - 1):
        d, stop = found.starts[k], found.starts[k + 1]
        g, true_stop = true.starts[k], true.starts[k + 1]
        _count_positives(_part(true, g, true_stop), rules.ranges, verdicts.positives[k])
        while d < stop:
            image = found.images[found.groups[d]]
            d_end = _end_of_image(found, d, stop, image, verdicts.ranks)
            while g < true_stop and true.images[g] < image:
                g += 1
            g_end = g
            while g_end < true_stop and true.images[g_end] == image:
                g_end += 1
            own = found.groups[d : min(d_end, d + rules.most)]
            if g_end > g:
                _match_image(found, own, _part(true, g, g_end), rules, verdicts)
            else:
                _judge_without_truth(found, own, rules, verdicts)
            d, g = d_end, g_end


@kernel(inner=True)
def _part(true, g, end):
    """The ground-truth boxes from number g up to `end`."""
    boxes, areas, sizes, images = true.boxes[g:end], true.areas[g:end], true.sizes[g:end], true.images[g:end]
    return Truth(boxes, areas, sizes, images, true.crowd[g:end], true.difficult[g:end], true.starts)


@kernel(inner=True)
def _count_positives(true, ranges, positives):
    """Count in each range of areas the ground-truth boxes of a class that count there."""
    for j in range(true.sizes.size):
        for a in range(ranges.shape[0]):
            if not _left_out(true, j, ranges[a, 0], ranges[a, 1]):
                positives[a] += 1


@kernel(inner=True)
def _left_out(true, j, low, high):
    """Whether a ground-truth box does not count in a range of areas."""
    return true.crowd[j] or true.difficult[j] or _beyond(true.sizes[j], low, high)


@kernel(inner=True)
def _beyond(size, low, high):
    return size < low or size > high


@kernel(inner=True)
def _end_of_image(found, d, stop, image, ranks):
    """Number the detections of an image, which begin at ``groups[d]``; returns where the next image begins."""
    end = d
    while end < stop and found.images[found.groups[end]] == image:
        ranks[found.groups[end]] = end - d
        end += 1
    return end


@kernel(inner=True)
def _judge_without_truth(found, own, rules, verdicts):
    """Judge detections in an image without ground truth: they do not count in the ranges that they lie outside of."""
    for a in range(rules.ranges.shape[0]):
        for i in range(own.size):
            if _beyond(found.sizes[own[i]], rules.ranges[a, 0], rules.ranges[a, 1]):
                verdicts.out[a, own[i]] = ~np.uint64(0)


class _Pairs(NamedTuple):
    """How the n detections and the m ground-truth boxes of one class and image go together, in one range of areas."""

    own: Any
    """int64 (n,): the numbers of the detections, by falling score."""
    shares: Any
    """float64 (n, m): the IoU, or what `_share` has for crowds."""
    largest: Any
    """float64 (n,): the largest share of each detection."""
    crowd: Any
    """bool (m,)."""
    order: Any
    """int64 (m,): the ground-truth boxes, those first that count.  Elsewhere a `place` is an index of this array."""
    counting: Any
    """int: how many ground-truth boxes count."""
    free: Any
    """bool (m,): whether the box at each place has not been taken yet."""


@kernel
def _match_image(found, own, true, rules, verdicts):
    """Match the detections `own` with the ground-truth boxes `true`, of the same class and image."""
    shares, largest = _all_shares(found, own, true, rules.voc)
    order, free = np.empty(true.sizes.size, np.int64), np.empty(true.sizes.size, np.bool_)
    for a in range(rules.ranges.shape[0]):
        counting = _counting_first(true, rules.ranges[a, 0], rules.ranges[a, 1], order)
        pairs = _Pairs(own, shares, largest, true.crowd, order, counting, free)
        _match_in_range(pairs, found.sizes, rules, verdicts, a)


@kernel(inner=True)
def _all_shares(found, own, true, voc):
    """The shares of all pairs, and the largest of each detection."""
    shares, largest = np.empty((own.size, true.sizes.size)), np.zeros(own.size)
    for i in range(own.size):
        for j in range(true.sizes.size):
            shares[i, j] = _share(found, own[i], true, j, true.crowd[j] and not voc)
            largest[i] = max(largest[i], shares[i, j])
    return shares, largest


@kernel(inner=True)
def _share(found, p, true, j, crowd):
    """The IoU of a detection and a ground-truth box; for a crowd, the part of the detection that lies in it."""
    w = min(found.boxes[p, 2], true.boxes[j, 2]) - max(found.boxes[p, 0], true.boxes[j, 0])
    h = min(found.boxes[p, 3], true.boxes[j, 3]) - max(found.boxes[p, 1], true.boxes[j, 1])
    if w <= 0.0 or h <= 0.0:
        return 0.0
    inter = w * h
    return inter / (found.areas[p] if crowd else found.areas[p] + true.areas[j] - inter)


@kernel(inner=True)
def _counting_first(true, low, high, order):
    """Put the boxes of an image that count in a range of areas before the others; returns how many they are."""
    counting = 0
    for j in range(order.size):
        if not _left_out(true, j, low, high):
            order[counting] = j
            counting += 1
    last = counting
    for j in range(order.size):
        if _left_out(true, j, low, high):
            order[last] = j
            last += 1
    return counting


@kernel(inner=True)
def _match_in_range(pairs, sizes, rules, verdicts, a):
    """Judge the detections of one class and image in the range of areas number a, at each threshold."""
    pairs = _borrowed_pairs(pairs)
    hit, out = verdicts.hit[a], verdicts.out[a]
    low, high = rules.ranges[a, 0], rules.ranges[a, 1]
    for t in range(rules.thresholds.size):
        least, bit = min(rules.thresholds[t], LARGEST_THRESHOLD), np.uint64(1) << np.uint64(t)
        pairs.free[:] = True
        for i in range(pairs.own.size):
            p, place = pairs.own[i], _find_box(pairs, i, least, rules.voc)
            if place >= pairs.counting:  # the box does not count, so the detection does not count either
                hit[p] |= bit
                out[p] |= bit
                pairs.free[place] = False
            elif place >= 0:
                # In PASCAL VOC the second detection of a box is wrong.  In COCO the box is always free here.
                hit[p] |= bit if pairs.free[place] else np.uint64(0)
                pairs.free[place] = False
            elif _beyond(sizes[p], low, high):
                out[p] |= bit


@kernel(inner=True)
def _borrowed_pairs(pairs):
    shares, largest, crowd = borrowed(pairs.shares), borrowed(pairs.largest), borrowed(pairs.crowd)
    order, free = borrowed(pairs.order), borrowed(pairs.free)
    return _Pairs(borrowed(pairs.own), shares, largest, crowd, order, pairs.counting, free)


@kernel(inner=True)
def _find_box(pairs, i, least, voc):
    """The place of the ground-truth box that detection i belongs to; -1 if there is none."""
    if pairs.largest[i] <= 0.0 or pairs.largest[i] < least:
        return -1
    return _best(pairs, i) if voc else _best_free(pairs, i, least)


@kernel(inner=True)
def _best_free(pairs, i, least):
    """The box of the largest share by the rules of COCO: it must be free, and of equal shares the last one wins.

    A box that does not count is taken only if no other will do.  Crowds are always free.
    """
    found, shares = -1, pairs.shares[i]
    for place in range(pairs.order.size):
        j = pairs.order[place]
        if not pairs.free[place] and not pairs.crowd[j]:
            continue
        if 0 <= found < pairs.counting <= place:
            break
        if shares[j] >= least:
            found, least = place, shares[j]
    return found


@kernel(inner=True)
def _best(pairs, i):
    """The box of the largest share by the rules of PASCAL VOC: free or not; of equal shares the first one wins."""
    found, shares = 0, pairs.shares[i]
    for place in range(1, pairs.order.size):
        j, k = pairs.order[place], pairs.order[found]
        if shares[j] > shares[k] or (shares[j] == shares[k] and j < k):
            found = place
    return found


# --- accumulation -----------------------------------------------------------------------------------------------------


class _Curves(NamedTuple):
    """Precision along the detections of one class, in one range of areas, with one limit of detections."""

    true: Any
    """int64 (t,): how many detections are right, at each threshold."""
    false: Any
    """int64 (t,): how many are wrong, without those that are wrong at every threshold."""
    precision: Any
    """float64 (t, longest): the precision at each right detection."""
    scores: Any
    """float64 (t, longest): the score of each right detection."""


@kernel
def accumulate(scores, starts, verdicts, limits, points, figures):
    """Compute precision at the recall points, the scores there, the final recall, and the area under the envelope.

    Parameters
    ----------
    scores : float64 ndarray of shape (n,)
        Of the detections.
    starts : int64 ndarray of shape (classes + 1,)
        Where each class begins.
    verdicts : Verdicts
        From `match`.
    limits : int64 ndarray of shape (m,)
        How many detections of a class count in an image.
    points : float64 ndarray of shape (r,)
        Recalls at which precision is read; there may be none.
    figures : Figures
        The result is written here.  What has no positives is left as it is.
    """
    scores, verdicts, figures = borrowed(scores), _borrowed_verdicts(verdicts), _borrowed_figures(figures)
    curves = _empty_curves(starts, verdicts.positives, figures.recall.shape[0])
    for k in range(verdicts.positives.shape[0]):
        part = slice(starts[k], starts[k + 1])
        for a in range(verdicts.positives.shape[1]):
            positives = verdicts.positives[k, a]
            if positives == 0:
                continue
            for m in range(limits.size):
                hit, out = verdicts.hit[a, part], verdicts.out[a, part]
                first = _count(scores[part], verdicts.ranks[part], hit, out, limits[m], curves)
                _write(figures, curves, positives, points, first, (k, a, m))


@kernel(inner=True)
def _empty_curves(starts, positives, thresholds):
    """Curves that are long enough for each class and range of areas."""
    longest = 1
    for k in range(positives.shape[0]):
        for a in range(positives.shape[1]):
            longest = max(longest, min(positives[k, a], starts[k + 1] - starts[k]))
    true, false = np.empty(thresholds, np.int64), np.empty(thresholds, np.int64)
    return _Curves(true, false, np.empty((thresholds, longest)), np.empty((thresholds, longest)))


@kernel(inner=True)
def _borrowed_curves(curves):
    true, false = borrowed(curves.true), borrowed(curves.false)
    return _Curves(true, false, borrowed(curves.precision), borrowed(curves.scores))


@kernel(inner=True)
def _count(scores, ranks, hit, out, limit, curves):
    """Fill the curves from the detections of a class; returns the best score of all, or 0 if there is no detection."""
    curves = _borrowed_curves(curves)
    curves.true[:], curves.false[:] = 0, 0
    plain, first, any_yet = 0, 0.0, False
    for p in range(scores.size):
        if ranks[p] >= limit:
            continue
        if not any_yet:
            first, any_yet = scores[p], True
        if hit[p] | out[p] == 0:
            plain += 1  # wrong at every threshold
        else:
            _count_one(scores[p], hit[p], out[p], plain, curves)
    return first


@kernel(inner=True)
def _count_one(score, hit, out, plain, curves):
    """Add one detection to the curves of all thresholds; `plain` ones before it were wrong at each."""
    for t in range(curves.true.size):
        bit = np.uint64(1) << np.uint64(t)
        if out & bit:
            continue
        if hit & bit:
            count = curves.true[t] + 1
            curves.true[t] = count
            curves.precision[t, count - 1] = count / (count + curves.false[t] + plain + EPS)
            curves.scores[t, count - 1] = score
        else:
            curves.false[t] += 1


@kernel(inner=True)
def _write(figures, curves, positives, points, first, where):
    """Write the figures of a class, range of areas and limit of detections; `first` is the best score there."""
    curves = _borrowed_curves(curves)
    k, a, m = where
    for t in range(curves.true.size):
        exact, when = curves.precision[t, : curves.true[t]], curves.scores[t, : curves.true[t]]
        figures.area_under[t, k, a, m] = _envelope(exact, positives)
        figures.recall[t, k, a, m] = exact.size / positives
        event = 0
        for r in range(points.size):
            while event < exact.size and (event + 1) / positives < points[r]:
                event += 1
            there = event < exact.size
            figures.precision[t, r, k, a, m] = exact[event] if there else 0.0
            figures.scores[t, r, k, a, m] = when[event] if there else 0.0
            if points[r] <= 0.0:
                figures.scores[t, r, k, a, m] = first


@kernel(inner=True)
def _envelope(exact, positives):
    """Make precision fall with recall; returns the area under it."""
    area = 0.0
    for i in range(exact.size - 1, -1, -1):
        if i + 1 < exact.size:
            exact[i] = max(exact[i], exact[i + 1])
        area += exact[i]
    return area / positives
