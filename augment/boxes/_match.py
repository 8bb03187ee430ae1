"""Kernels of average precision: matching by the rules of COCO and of PASCAL VOC.

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
def borrowed_verdicts(verdicts):
    hit, out = borrowed(verdicts.hit), borrowed(verdicts.out)
    return Verdicts(borrowed(verdicts.ranks), hit, out, borrowed(verdicts.positives))


# --- matching ---------------------------------------------------------------------------------------------------------


@kernel
def match(found, true, rules, verdicts, shares, places):
    """Match the detections of each class in each image with the ground-truth boxes there.

    Parameters
    ----------
    found : Detections
    true : Truth
    rules : Rules
    verdicts : Verdicts
        The result is written here.
    shares : float64 ndarray
        The shares of masks or poses, which are computed already.  Those of detection p with the objects of its class in
        its image begin at ``places[p]``; the boxes and areas of `found` and `true` are not looked at.
    places : int64 ndarray
        Empty if the shares are those of the boxes.
    """
    found, true = _borrowed_detections(found), _borrowed_truth(true)
    rules, verdicts = _borrowed_rules(rules), borrowed_verdicts(verdicts)
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
                _match_image(found, own, _part(true, g, g_end), rules, verdicts, shares, places)
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
def _match_image(found, own, true, rules, verdicts, shares, places):
    """Match the detections `own` with the ground-truth boxes `true`, of the same class and image."""
    if places.size > 0:
        table, largest = _given_shares(own, shares, places, true.sizes.size)
    else:
        table, largest = _all_shares(found, own, true, rules.voc)
    order, free = np.empty(true.sizes.size, np.int64), np.empty(true.sizes.size, np.bool_)
    for a in range(rules.ranges.shape[0]):
        counting = _counting_first(true, rules.ranges[a, 0], rules.ranges[a, 1], order)
        pairs = _Pairs(own, table, largest, true.crowd, order, counting, free)
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
def _given_shares(own, given, places, count):
    """Do as `_all_shares` with shares that are computed already, for `count` ground-truth objects."""
    shares, largest = np.empty((own.size, count)), np.zeros(own.size)
    for i in range(own.size):
        for j in range(count):
            shares[i, j] = given[places[own[i]] + j]
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
