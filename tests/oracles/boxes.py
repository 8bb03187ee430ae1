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


def corners(row, box_format="pascal_voc", inclusive=False):
    """A row of a format as x0, y0, x1, y1."""
    a, b, c, d = row
    if box_format == "coco":
        return [a, b, a + c, b + d]
    if box_format == "yolo":
        return [a - c / 2, b - d / 2, a + c / 2, b + d / 2]
    return [a, b, c + 1, d + 1] if inclusive else [a, b, c, d]


def _by_score(scores):
    return sorted(range(len(scores)), key=lambda i: -scores[i])


def _class_of(classes, i):
    return None if classes is None else classes[i]


def nms(
    boxes, scores, *, classes=None, iou_threshold=0.5, score_threshold=None, max_count=None, inclusive=False,
    box_format="pascal_voc", kind=0
):  # fmt: skip
    boxes, kept = [corners(b, box_format, inclusive) for b in boxes], []
    for i in _by_score(scores):
        if score_threshold is not None and scores[i] < score_threshold:
            continue
        if all(
            _class_of(classes, i) != _class_of(classes, j) or not measures(boxes[j], boxes[i])[kind] > iou_threshold
            for j in kept
        ):
            kept.append(i)
    return kept[:max_count]


def diou_nms(boxes, scores, *, diou_threshold=0.5, **options):
    return nms(boxes, scores, iou_threshold=diou_threshold, kind=2, **options)


def soft_nms(
    boxes, scores, *, classes=None, method="gaussian", sigma=0.5, iou_threshold=0.3, score_threshold=0.001,
    max_count=None, inclusive=False, box_format="pascal_voc"
):  # fmt: skip
    boxes = [corners(b, box_format, inclusive) for b in boxes]
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
    return kept[:max_count], [now[i] for i in kept][:max_count]


def matrix_nms(
    boxes, scores, *, classes=None, method="gaussian", sigma=2.0, score_threshold=0.001, max_count=None,
    inclusive=False, box_format="pascal_voc"
):  # fmt: skip
    boxes = [corners(b, box_format, inclusive) for b in boxes]
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
    final = [i for i in final if new[i] >= score_threshold][:max_count]
    return [order[i] for i in final], [new[i] for i in final]


def weighted_boxes_fusion(
    boxes, scores, *, classes=None, weights=None, iou_threshold=0.55, score_threshold=0.0, confidence="avg",
    overflow=False, box_format="pascal_voc"
):  # fmt: skip
    """Fused boxes as corners, scores, classes; classes by rising id, clusters as they were founded."""
    weights = [1.0] * len(boxes) if weights is None else weights
    votes = [
        (0 if classes is None else classes[m][i], -scores[m][i] * weights[m], corners(b, box_format), m)
        for m, rows in enumerate(boxes)
        for i, b in enumerate(rows)
        if scores[m][i] >= score_threshold
    ]
    votes = [v for v in votes if (v[2][2] - v[2][0]) * (v[2][3] - v[2][1]) > 0]
    clusters = []
    for kind, score, box, model in sorted(votes, key=lambda v: (v[0], v[1])):
        overs = [measures(c["mean"], box)[0] if c["kind"] == kind else -1.0 for c in clusters]
        best = max(range(len(overs)), key=overs.__getitem__, default=-1)
        if best < 0 or not overs[best] > iou_threshold:
            clusters.append({"kind": kind, "mean": box, "votes": [(-score, box, model)]})
            continue
        own = clusters[best]["votes"]
        own.append((-score, box, model))
        total = sum(v[0] for v in own)
        if total > 0:
            clusters[best]["mean"] = [sum(v[0] * v[1][k] for v in own) / total for k in range(4)]
    found = []
    for c in clusters:
        values, models = [v[0] for v in c["votes"]], [v[2] for v in c["votes"]]
        of_boxes, of_models = sum(weights[m] for m in models), sum(weights[m] for m in set(models))
        if confidence == "max":
            new = max(values) / max(weights)
        elif confidence == "box_and_model_avg":
            new = sum(values) / of_boxes * of_models / sum(weights)
        elif confidence == "absent_model_aware_avg":
            new = sum(values) / (of_boxes + sum(weights) - of_models)
        else:
            many = len(values) if overflow else min(len(values), len(weights))
            new = sum(values) / len(values) * many / sum(weights)
        found.append((c["mean"], new, c["kind"]))
    found.sort(key=lambda f: -f[1])
    return [list(column) for column in zip(*found)] if found else [[], [], []]


def merge_tiles(tiles, boxes, scores, *, classes=None, threshold=0.5, overlap="smaller", drop_cut=False):
    right = max(t.origin[0] + t.image.shape[1] for t in tiles)
    bottom = max(t.origin[1] + t.image.shape[0] for t in tiles)
    every = []
    for k, t in enumerate(tiles):
        (x, y), (h, w) = t.origin, t.image.shape[:2]
        for i, (a, b, c, d) in enumerate(boxes[k]):
            cut = (a <= 0 and x > 0) or (b <= 0 and y > 0)
            cut = cut or (c >= w and x + w < right) or (d >= h and y + h < bottom)
            if not (drop_cut and cut):
                every.append(([a + x, b + y, c + x, d + y], scores[k][i], 0 if classes is None else classes[k][i]))

    def much(a, b):
        area = [(q[2] - q[0]) * (q[3] - q[1]) for q in (a, b)]
        inter = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
        return inter / min(area) if overlap == "smaller" else measures(a, b)[0]

    kept = []
    for one in sorted(every, key=lambda e: -e[1]):
        if all(one[2] != other[2] or not much(other[0], one[0]) > threshold for other in kept):
            kept.append(one)
    return [list(column) for column in zip(*kept)] if kept else [[], [], []]


def judged(truth, detections, *, threshold, voc, low, high, most):
    """One class: (right, score) of each detection that counts, by falling score; and how many boxes there are.

    `truth` is {image: [(box, area, left out, crowd)]}, `detections` [(image, score, box, area)], boxes as corners."""
    size = {i: [hard or crowd or not low <= area <= high for _, area, hard, crowd in t] for i, t in truth.items()}
    marks, taken, seen = [], set(), {}
    for image, score, box, area in sorted(detections, key=lambda d: -d[1]):
        seen[image] = seen.get(image, 0) + 1
        if seen[image] > most:
            continue
        rows, out = truth.get(image, []), size.get(image, [])
        overs = []
        for true, _, _, crowd in rows:
            inter = max(0, min(box[2], true[2]) - max(box[0], true[0]))
            inter *= max(0, min(box[3], true[3]) - max(box[1], true[1]))
            own = (box[2] - box[0]) * (box[3] - box[1])
            overs.append(inter / own if crowd and not voc and inter else measures(box, true)[0])
        best = None
        if voc and overs and max(overs) >= threshold:
            best = overs.index(max(overs))
        elif not voc:
            for wanted in (False, True):  # boxes that do not count only if no other will do
                free = [j for j in range(len(rows)) if out[j] == wanted and ((image, j) not in taken or rows[j][3])]
                good = [j for j in free if overs[j] >= threshold]
                if good:
                    best = max(good, key=lambda j: (overs[j], j))
                    break
        if best is None:
            if low <= area <= high:
                marks.append((False, score))
        elif out[best]:
            taken.add((image, best))
        else:
            marks.append(((image, best) not in taken, score))
            taken.add((image, best))
    return marks, sum(not o for own in size.values() for o in own)


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
