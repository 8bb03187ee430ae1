"""Weighted boxes fusion: the detections of several models, averaged where they agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.check import flag, one_of, real
from imgproc._core.jit import kernel

from ._grid import cells_within, measure_frame, reach_of, row_of
from ._inputs import MOST, as_boxes, as_labels, as_numbers, coded, written

__all__ = ["weighted_boxes_fusion"]

_CONFIDENCES = ("avg", "max", "box_and_model_avg", "absent_model_aware_avg")


def weighted_boxes_fusion(
    boxes: Any,
    scores: Any,
    *,
    classes: Any = None,
    weights: Any = None,
    iou_threshold: float = 0.55,
    score_threshold: float = 0.0,
    confidence: str = "avg",
    overflow: bool = False,
    box_format: str = "pascal_voc",
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted boxes fusion: boxes of several models that match become one, the mean by score.

    By falling score, a box joins the cluster whose mean box it overlaps most, if by more than the threshold, and founds
    one otherwise.

    Parameters
    ----------
    boxes : sequence of array_like of shape (n_i, 4)
        The boxes of each model.  Those without area are left out.
    scores : sequence of array_like of shape (n_i,)
        Numbers of at least 0.
    classes : sequence of array_like of shape (n_i,), optional
        Integers or strings; only boxes of one class match.  Default: all are of class 0.
    weights : sequence of float, optional
        Of the models, > 0.  Default: all 1.
    iou_threshold : float
        In [0, 1].
    score_threshold : float
        Leave out boxes of lower scores (before weights).
    confidence : {"avg", "max", "box_and_model_avg", "absent_model_aware_avg"}
        Score of a cluster of n boxes, with w of all models W in sum: the mean, times ``min(models, n) / W``; the
        largest, over the largest weight; the mean by weight, times the weight of the models that are in the cluster
        over W; the sum of weighted scores over the weight of its boxes and of the models that are not in it.
    overflow : bool
        For ``"avg"``: times ``n / W``, which may exceed 1 where a model has several boxes in a cluster; see Notes.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written; the result is in the same.

    Returns
    -------
    ndarray of shape (k, 4)
        float64.  Fused boxes, by falling score.
    ndarray of shape (k,)
        float64.  Their scores.
    ndarray of shape (k,)
        Their classes.

    Raises
    ------
    TypeError, ValueError
        If models do not match in number, or a model's boxes, scores or classes do not fit together.

    Notes
    -----
    The score of ``"avg"`` may exceed 1 without `overflow`, too: where weights differ, and a model with a large one has
    several boxes in a cluster.  Two boxes of score 1, both of a model of weight 3 beside one of weight 1, give 1.5.
    The other three ways give at most the largest score that came in.

    References
    ----------
    R. Solovyev, W. Wang, T. Gabruseva, "Weighted boxes fusion: Ensembling boxes from different object detection
    models", Image and Vision Computing 107, 2021.

    Examples
    --------
    >>> boxes = [np.array([[0.0, 0, 10, 10]]), np.array([[2.0, 0, 12, 10]])]
    >>> fused, scores, classes = weighted_boxes_fusion(boxes, [np.array([0.5]), np.array([0.5])])
    >>> fused
    array([[ 1.,  0., 11., 10.]])
    """
    one_of(confidence, "confidence", _CONFIDENCES)
    threshold = real(iou_threshold, "iou_threshold", at_least=0.0, at_most=1.0)
    least = real(score_threshold, "score_threshold")
    overflow = flag(overflow, "overflow")
    models = _sequence(boxes, "boxes")
    given = [as_boxes(b, f"boxes[{i}]", box_format) for i, b in enumerate(models)]
    numbers = [
        as_numbers(s, len(b), f"scores[{i}]", f"boxes[{i}]")
        for i, (b, s) in enumerate(zip(given, _sequence(scores, "scores", len(given)), strict=True))
    ]
    for i, s in enumerate(numbers):
        if s.size and not 0 <= s.min() <= s.max() <= MOST:
            rule, came = (">= 0", s.min()) if s.min() < 0 else (f"<= {MOST:g}", s.max())
            raise ValueError(f"scores[{i}] must be {rule}, got {came}")
    labels = (
        [np.zeros(len(b), np.int64) for b in given]
        if classes is None
        else [
            as_labels(c, len(b), f"classes[{i}]", f"boxes[{i}]")
            for i, (b, c) in enumerate(zip(given, _sequence(classes, "classes", len(given)), strict=True))
        ]
    )
    weight = as_numbers(np.ones(len(given)) if weights is None else weights, len(given), "weights", "models")
    if weight.min() <= 0:
        raise ValueError(f"weights must be > 0, got {weight.min()}")
    if not 1 / MOST <= weight.min() <= weight.max() <= MOST:
        raise ValueError(f"weights must be from {1 / MOST:g} to {MOST:g}, got {weight.min():g} to {weight.max():g}")

    model = np.repeat(np.arange(len(given)), [len(b) for b in given])
    rows, raw = np.concatenate(given), np.concatenate(numbers)
    named = np.concatenate([c for c in labels if len(c)] or [np.zeros(0, np.int64)])
    area = (rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])
    taken = np.flatnonzero((raw >= least) & (area > 0))
    if not len(taken):
        return np.zeros((0, 4)), np.zeros(0), named[:0]
    score = raw * weight[model]
    taken = taken[np.argsort(-score[taken], kind="stable")]
    distinct, codes = coded(named[taken])
    taken = taken[np.argsort(codes, kind="stable")]
    parts = np.concatenate([[0], np.cumsum(np.bincount(codes))])
    votes = np.ascontiguousarray(rows[taken].T), score[taken], model[taken], weight, parts
    n = len(taken)
    clusters = fused, sums, starts = np.empty((n, 4)), np.zeros((n, 5)), np.empty(len(parts), np.int64)
    room = np.empty((2, n, 4)), np.empty((5, n + 2), np.int64), np.empty(len(weight), np.int64), np.empty(8)
    fuse(votes, threshold, clusters, room)
    count = int(starts[-1])
    fused, sums = fused[:count], sums[:count]
    named = np.repeat(distinct, np.diff(starts))
    found = _confidence(confidence, overflow, sums, weight)
    order = np.argsort(-found, kind="stable")
    return written(fused[order], box_format), found[order], named[order]


def _sequence(value: Any, name: str, count: int | None = None) -> list[Any]:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or not getattr(value, "ndim", 1):
        raise TypeError(f"{name} must be a sequence with one entry for each model, got {type(value).__name__}")
    if count is None and not len(value):
        raise ValueError(f"{name} must have at least one model, got none")
    if count is not None and len(value) != count:
        raise ValueError(f"{name} must have one entry per model, {count}, got {len(value)}")
    return list(value)


def _confidence(kind: str, overflow: bool, sums: np.ndarray, weight: np.ndarray) -> np.ndarray:
    total, largest, boxes, of_boxes, of_models = sums.T
    if kind == "max":
        return largest / weight.max()
    if kind == "box_and_model_avg":
        return total / of_boxes * (of_models / weight.sum())
    if kind == "absent_model_aware_avg":
        return total / (of_boxes + (weight.sum() - of_models))
    if overflow:
        return total / weight.sum()
    return total / boxes * np.minimum(len(weight), boxes) / weight.sum()


@kernel
def fuse(votes, threshold, clusters, room):
    """Put boxes into clusters, and give the mean box and the sums of each cluster.

    `votes` are all boxes by class and falling score: planes x0, y0, x1, y1; scores; the model that each is of; the
    weight of each model; where each class starts, and at the end how many there are.

    `clusters` get the mean boxes; sums of each: scores, largest score, boxes, weight of boxes, weight of models; where
    each class starts, and at the end how many there are.

    `room` is to work in, as kernels that make arrays take longer to compile: `mean` float64 (2, n, 4), `lists` int64
    (5, n + 2), `seen` int64 with an entry for each model, `frame` float64 (8,).  (All three are plain tuples, which
    Numba looks at faster than at named ones: 4 % of a call with some hundred boxes.)
    """
    planes, scores, models, weight, parts = votes
    fused, sums, starts = clusters
    means, lists, seen, frame = room
    mean, moments = means[0], means[1]
    # Clusters whose centre lies in a cell of the grid form a list: its head, and whom each is followed by.
    belongs, cell, after, heads = lists[0], lists[1], lists[2], lists[3]
    first = 0
    for part in range(parts.size - 1):
        count = 0
        starts[part] = first
        measure_frame(planes, parts[part], parts[part + 1], frame)
        for c in range(int(frame[4] * frame[5])):
            heads[c] = -1
        for i in range(parts[part], parts[part + 1]):
            best = _best_cluster(planes, i, mean, threshold, frame, heads, after)
            new = best < 0
            if new:
                best = count
                count += 1
                for k in range(4):
                    moments[best, k] = 0.0
                for k in range(5):
                    sums[first + best, k] = 0.0
            belongs[i] = first + best
            total = _add_up(sums, first + best, scores[i], weight[models[i]])
            for k in range(4):
                moments[best, k] += scores[i] * planes[k, i]
                if new:
                    mean[best, k] = planes[k, i]
                elif total > 0.0:  # a cluster of scores 0 alone stays where its first box is
                    mean[best, k] = moments[best, k] / total
            _put(mean, best, new, frame, cell, heads, after)
        for c in range(count):
            for k in range(4):
                fused[first + c, k] = mean[c, k]
        first += count
    starts[parts.size - 1] = first
    _weigh_models(models, weight, belongs, first, lists[4], cell, seen, sums)


@kernel(inner=True)
def _add_up(sums, j, score, weight):
    """Add a box to the sums of a cluster, all but those of the models; returns the sum of the scores."""
    total = sums[j, 0] + score
    sums[j, 0] = total
    sums[j, 1] = max(sums[j, 1], score)
    sums[j, 2] += 1.0
    sums[j, 3] += weight
    return total


@kernel(inner=True)
def _best_cluster(planes, i, mean, threshold, frame, heads, after):
    """The cluster whose mean overlaps box i most, by more than the threshold, of equal ones the first; -1: none."""
    a, b, c, d = planes[0, i], planes[1, i], planes[2, i], planes[3, i]
    own = (c - a) * (d - b)
    reach_x, reach_y = reach_of(threshold, c - a, frame[6]), reach_of(threshold, d - b, frame[7])
    r0, r1, c0, c1 = cells_within(0.5 * (a + c), 0.5 * (b + d), reach_x, reach_y, frame)
    best, most, columns = -1, threshold, int(frame[4])
    for row in range(r0, r1 + 1):
        for column in range(c0, c1 + 1):
            j = heads[row * columns + column]
            while j >= 0:
                inter = max(min(c, mean[j, 2]) - max(a, mean[j, 0]), 0.0)
                inter = inter * max(min(d, mean[j, 3]) - max(b, mean[j, 1]), 0.0)
                over = inter / (own + (mean[j, 2] - mean[j, 0]) * (mean[j, 3] - mean[j, 1]) - inter)
                if over > most or (over == most and j < best):
                    best, most = j, over
                j = after[j]
    return best


@kernel(inner=True)
def _put(mean, j, new, frame, cell, heads, after):
    """Enter a cluster into the list of the cell that it has come to."""
    x, y = 0.5 * (mean[j, 0] + mean[j, 2]), 0.5 * (mean[j, 1] + mean[j, 3])
    c = row_of(y, frame[1], frame[3], frame[5]) * int(frame[4]) + row_of(x, frame[0], frame[2], frame[4])
    if not new:
        if c == cell[j]:
            return
        before = heads[cell[j]]
        if before == j:
            heads[cell[j]] = after[j]
        else:
            while after[before] != j:
                before = after[before]
            after[before] = after[j]
    cell[j], after[j] = c, heads[c]
    heads[c] = j


@kernel(inner=True)
def _weigh_models(models, weight, belongs, count, starts, members, seen, sums):
    """The weight of the different models in each cluster."""
    for c in range(count + 2):
        starts[c] = 0
    for i in range(models.size):
        starts[belongs[i] + 2] += 1
    for c in range(count):
        starts[c + 2] += starts[c + 1]
    # Entry c + 1 is where the next box of cluster c goes: at the end, where cluster c + 1 starts.
    for i in range(models.size):
        c = belongs[i] + 1
        members[starts[c]] = models[i]
        starts[c] += 1
    for m in range(seen.size):
        seen[m] = -1
    for c in range(count):
        for m in range(starts[c], starts[c + 1]):
            if seen[members[m]] != c:
                seen[members[m]] = c
                sums[c, 4] += weight[members[m]]
