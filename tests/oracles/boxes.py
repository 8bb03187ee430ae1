"""Boxes by their definitions, one pair at a time, with the library's own signatures."""

from __future__ import annotations

import math

import numpy as np


def measures(a, b, inclusive=False):
    """IoU, GIoU, DIoU, CIoU of two boxes; all 0 where one has no area."""
    one = 1 if inclusive else 0
    aw, ah, bw, bh = a[2] - a[0] + one, a[3] - a[1] + one, b[2] - b[0] + one, b[3] - b[1] + one
    if aw * ah <= 0 or bw * bh <= 0:
        return 0.0, 0.0, 0.0, 0.0
    w = max(0.0, min(a[2], b[2]) + one - max(a[0], b[0]))
    h = max(0.0, min(a[3], b[3]) + one - max(a[1], b[1]))
    union = aw * ah + bw * bh - w * h
    iou = w * h / union
    cw = max(a[2], b[2]) + one - min(a[0], b[0])
    ch = max(a[3], b[3]) + one - min(a[1], b[1])
    giou = iou - (cw * ch - union) / (cw * ch)
    rho = ((b[0] + b[2] - a[0] - a[2]) / 2) ** 2 + ((b[1] + b[3] - a[1] - a[3]) / 2) ** 2
    diou = iou - rho / (cw * cw + ch * ch)
    v = 4 / math.pi**2 * (math.atan(bw / bh) - math.atan(aw / ah)) ** 2
    return iou, giou, diou, diou - (v / (1 - iou + v) * v if v else 0.0)


def _by_score(scores):
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def _class_of(classes, i):
    return None if classes is None else classes[i]


def nms(boxes, scores, *, classes=None, iou_threshold=0.5, kind=0, inclusive=False):
    kept = []
    for i in _by_score(scores):
        if all(
            _class_of(classes, i) != _class_of(classes, j)
            or not measures(boxes[j], boxes[i], inclusive)[kind] > iou_threshold
            for j in kept
        ):
            kept.append(i)
    return kept


def soft_nms(boxes, scores, *, classes=None, method="gaussian", sigma=0.5, iou_threshold=0.3, score_threshold=0.001):
    left, now, kept = _by_score(scores), [float(s) for s in scores], []
    while left:
        best = max(left, key=lambda i: now[i])  # the first of equal ones
        left.remove(best)
        if now[best] < score_threshold:
            break
        kept.append(best)
        for i in left:
            if _class_of(classes, i) == _class_of(classes, best):
                over = measures(boxes[best], boxes[i])[0]
                if method == "gaussian":
                    now[i] *= math.exp(-over * over / sigma)
                elif over > iou_threshold:
                    now[i] *= 1 - over
    return kept, [now[i] for i in kept]


def matrix_nms(boxes, scores, *, classes=None, method="gaussian", sigma=2.0, score_threshold=0.001):
    order = _by_score(scores)
    n = len(order)
    over = np.zeros((n, n))
    for j in range(n):
        for i in range(j):
            if _class_of(classes, order[i]) == _class_of(classes, order[j]):
                over[i, j] = measures(boxes[order[i]], boxes[order[j]])[0]
    f = (lambda x: math.exp(-sigma * x * x)) if method == "gaussian" else (lambda x: 1 - x)
    most = [max([over[k, i] for k in range(i)], default=0.0) for i in range(n)]
    new = []
    for j in range(n):
        factors = [f(over[i, j]) / f(most[i]) for i in range(j) if f(most[i]) > 0 and over[i, j] > 0]
        new.append(scores[order[j]] * min([1.0, *factors]))
    final = sorted(range(n), key=lambda i: -new[i])
    final = [i for i in final if new[i] >= score_threshold]
    return [order[i] for i in final], [new[i] for i in final]


def voc_average_precision(truth, detections, *, iou_threshold=0.5, eleven=False, inclusive=True):
    """One class: truth as {image: [(box, difficult)]}, detections as [(image, score, box)]."""
    positives = sum(not difficult for rows in truth.values() for _, difficult in rows)
    taken, marks = set(), []
    for image, _, box in sorted(detections, key=lambda d: -d[1]):
        rows = truth.get(image, [])
        overs = [measures(box, true, inclusive)[0] for true, _ in rows]
        if not overs or max(overs) < iou_threshold:
            marks.append(False)
            continue
        best = overs.index(max(overs))
        if rows[best][1]:
            continue
        marks.append((image, best) not in taken)
        taken.add((image, best))
    true, points = 0, []
    for i, mark in enumerate(marks):
        true += mark
        points.append((true, true / (i + 1)))
    if eleven:
        return sum(max([p for t, p in points if 10 * t >= k * positives], default=0.0) for k in range(11)) / 11
    return sum(max([p for t, p in points if t >= k], default=0.0) for k in range(1, positives + 1)) / positives
