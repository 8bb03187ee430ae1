"""Non-maximum suppression: hard, by distance, soft, and by matrix; classes never suppress each other.

Class ids are an input, and each class is done by itself.  The usual trick, coordinates shifted by the class, loses
precision in large images with many classes and makes boxes of touching classes overlap.

All of them are exact.  A box is compared only with those whose centres are near enough to matter, see `_grid`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import integer, one_of, positive, real
from imgproc._core.declare import declare
from imgproc._core.jit import kernel

from ._grid import cells_near, lay_out, reach_of
from ._inputs import as_boxes, as_labels, as_numbers, coded
from ._oriented import as_quads, is_oriented, remove_oriented
from ._overlap import DIOU, IOU, SMALLER, measure

__all__ = ["diou_nms", "matrix_nms", "nms", "soft_nms"]


def nms(
    boxes: Any,
    scores: Any,
    *,
    classes: Any = None,
    iou_threshold: float = 0.5,
    score_threshold: float | None = None,
    max_count: int | None = None,
    inclusive: bool = False,
    box_format: str = "pascal_voc",
) -> np.ndarray:
    """Greedy non-maximum suppression: the best box removes all that overlap it by more than a threshold, and so on.

    As torchvision's: an IoU of exactly the threshold is kept, and of equal scores the first goes first.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    scores : array_like of shape (n,)
        Finite numbers.
    classes : array_like of shape (n,), optional
        Integers or strings; boxes suppress those of their own class only.  Default: all are of one.
    iou_threshold : float
        In [0, 1].
    score_threshold : float, optional
        Leave out boxes of lower scores.
    max_count : int, optional
        Keep at most so many, over all classes.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations", "obb", "corners"}
        How a row is written, see `iou`.

    Returns
    -------
    ndarray of shape (k,)
        intp.  Rows that are kept, by falling score.  Boxes without area overlap nothing and are kept.

    Raises
    ------
    TypeError, ValueError
        If boxes, scores or classes do not fit together, are not finite, or have negative sides.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    >>> nms(boxes, np.array([0.8, 0.9, 0.5]))  # which stay, the best first
    array([1, 2])
    """
    return suppress(
        IOU, boxes, scores, classes, iou_threshold, score_threshold, max_count, inclusive, box_format, "iou_threshold"
    )


def diou_nms(
    boxes: Any,
    scores: Any,
    *,
    classes: Any = None,
    diou_threshold: float = 0.5,
    score_threshold: float | None = None,
    max_count: int | None = None,
    inclusive: bool = False,
    box_format: str = "pascal_voc",
) -> np.ndarray:
    """Greedy suppression by `diou`: of two boxes that overlap, one whose centre is elsewhere is more likely kept.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    scores : array_like of shape (n,)
        Finite numbers.
    classes : array_like of shape (n,), optional
        Integers or strings; boxes suppress those of their own class only.  Default: all are of one.
    diou_threshold : float
        In [0, 1]; a DIoU of exactly this is kept.
    score_threshold : float, optional
        Leave out boxes of lower scores.
    max_count : int, optional
        Keep at most so many, over all classes.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written; see `diou` for fractions.

    Returns
    -------
    ndarray of shape (k,)
        intp.  Rows that are kept, by falling score.

    Raises
    ------
    TypeError, ValueError
        If boxes, scores or classes do not fit together, are not finite, or have negative sides.

    References
    ----------
    Z. Zheng et al., "Distance-IoU Loss", AAAI 2020.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    >>> diou_nms(boxes, np.array([0.8, 0.9, 0.5]))
    array([1, 2])
    """
    return suppress(
        DIOU,
        boxes,
        scores,
        classes,
        diou_threshold,
        score_threshold,
        max_count,
        inclusive,
        box_format,
        "diou_threshold",
    )


def soft_nms(
    boxes: Any,
    scores: Any,
    *,
    classes: Any = None,
    method: str = "gaussian",
    sigma: float = 0.5,
    iou_threshold: float = 0.3,
    score_threshold: float = 0.001,
    max_count: int | None = None,
    inclusive: bool = False,
    box_format: str = "pascal_voc",
) -> tuple[np.ndarray, np.ndarray]:
    """Soft-NMS: the best box lowers the scores of those that overlap it instead of removing them.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    scores : array_like of shape (n,)
        Finite numbers of at least 0.
    classes : array_like of shape (n,), optional
        Integers or strings; boxes touch those of their own class only.  Default: all are of one.
    method : {"gaussian", "linear"}
        Factor of a score: ``exp(-IoU² / sigma)``, or ``1 - IoU`` where the IoU is above `iou_threshold`.
    sigma : float
        Of the gaussian factor, > 0.
    iou_threshold : float
        Of the linear factor, in [0, 1].
    score_threshold : float
        Boxes whose score falls below it are left out.
    max_count : int, optional
        Keep at most so many, over all classes.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written.

    Returns
    -------
    ndarray of shape (k,)
        intp.  Rows that are kept, by falling new score.
    ndarray of shape (k,)
        float64.  Their new scores.

    Raises
    ------
    TypeError, ValueError
        If boxes, scores or classes do not fit together, are not finite, or have negative sides.

    References
    ----------
    N. Bodla et al., "Soft-NMS: improving object detection with one line of code", ICCV 2017.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    >>> kept, scores = soft_nms(boxes, np.array([0.8, 0.9, 0.5]))
    >>> kept, scores.round(2)
    (array([1, 2, 0]), array([0.9 , 0.5 , 0.21]))
    """
    one_of(method, "method", ("gaussian", "linear"))
    sigma = positive(sigma, "sigma")
    threshold = real(iou_threshold, "iou_threshold", at_least=0.0, at_most=1.0)
    least = real(score_threshold, "score_threshold", at_least=0.0)
    most = None if max_count is None else integer(max_count, "max_count", at_least=0)
    planes, numbers, order, parts = _sorted(boxes, scores, classes, None, inclusive, box_format, positive_scores=True)
    kept = np.zeros(len(order), bool)
    soften(planes, numbers, parts, method == "linear", sigma, threshold, least, kept)
    return _by_new_score(kept, numbers, order, most)


def matrix_nms(
    boxes: Any,
    scores: Any,
    *,
    classes: Any = None,
    method: str = "gaussian",
    sigma: float = 2.0,
    score_threshold: float = 0.001,
    max_count: int | None = None,
    inclusive: bool = False,
    box_format: str = "pascal_voc",
) -> tuple[np.ndarray, np.ndarray]:
    """Matrix NMS: every score falls once, by the better boxes that overlap it, less what these overlap themselves.

    The factor of box j is the least of ``f(IoU_ij) / f(max_k IoU_ki)`` over the better boxes i, and 1 at most.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    scores : array_like of shape (n,)
        Finite numbers of at least 0.
    classes : array_like of shape (n,), optional
        Integers or strings; boxes touch those of their own class only.  Default: all are of one.
    method : {"gaussian", "linear"}
        f: ``exp(-sigma IoU²)`` or ``1 - IoU``.
    sigma : float
        Of the gaussian f, > 0; the larger, the harder, unlike that of `soft_nms`.
    score_threshold : float
        Boxes whose score falls below it are left out.
    max_count : int, optional
        Keep at most so many, over all classes.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written.

    Returns
    -------
    ndarray of shape (k,)
        intp.  Rows that are kept, by falling new score.
    ndarray of shape (k,)
        float64.  Their new scores.

    Raises
    ------
    TypeError, ValueError
        If boxes, scores or classes do not fit together, are not finite, or have negative sides.

    Notes
    -----
    A box that is the very same as a better one has the linear f = 0 below the line; it is passed over, as the better
    one does all that it could do.

    References
    ----------
    X. Wang et al., "SOLOv2: Dynamic and Fast Instance Segmentation", NeurIPS 2020.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    >>> kept, scores = matrix_nms(boxes, np.array([0.8, 0.9, 0.5]))
    >>> kept
    array([1, 2, 0])
    """
    one_of(method, "method", ("gaussian", "linear"))
    sigma = positive(sigma, "sigma")
    least = real(score_threshold, "score_threshold", at_least=0.0)
    most = None if max_count is None else integer(max_count, "max_count", at_least=0)
    planes, numbers, order, parts = _sorted(boxes, scores, classes, None, inclusive, box_format, positive_scores=True)
    kept = np.zeros(len(order), bool)
    decay(planes, numbers, parts, method == "linear", sigma, least, kept)
    return _by_new_score(kept, numbers, order, most)


def suppress(
    kind: int,
    boxes: Any,
    scores: Any,
    classes: Any,
    threshold: Any,
    score_threshold: Any,
    max_count: Any,
    inclusive: Any,
    box_format: Any,
    name: str,
) -> np.ndarray:
    """Greedy suppression by any measure of `_overlap`; `name` is what messages call the threshold."""
    threshold = real(threshold, name, at_least=0.0, at_most=1.0)
    most = None if max_count is None else integer(max_count, "max_count", at_least=0)
    if kind in (IOU, SMALLER) and is_oriented(box_format):
        given = as_quads(boxes, "boxes", box_format, inclusive)
        planes, _, order, parts = _sorted_rows(given, scores, classes, score_threshold)
        kept = np.zeros(len(order), bool)
        remove_oriented(np.ascontiguousarray(planes.T), parts, threshold, kind == SMALLER, kept)
    else:
        planes, _, order, parts = _sorted(boxes, scores, classes, score_threshold, inclusive, box_format)
        kept = np.zeros(len(order), bool)
        remove(planes, parts, kind, threshold, kept)
    if len(parts) == 2:
        return order[0][kept][:most]
    # By score again, as before the classes were put apart.
    rank = order[1][kept]
    return order[0][kept][np.argsort(rank, kind="stable")][:most]


def _sorted(
    boxes: Any,
    scores: Any,
    classes: Any,
    score_threshold: Any,
    inclusive: Any,
    box_format: Any,
    *,
    positive_scores: bool = False,
) -> tuple[np.ndarray, np.ndarray, Any, np.ndarray]:
    """Boxes by class and falling score: planes, scores, (rows, ranks by score alone), and where each class starts."""
    given = as_boxes(boxes, "boxes", box_format, inclusive)
    return _sorted_rows(given, scores, classes, score_threshold, positive_scores=positive_scores)


def _sorted_rows(
    given: np.ndarray, scores: Any, classes: Any, score_threshold: Any, *, positive_scores: bool = False
) -> tuple[np.ndarray, np.ndarray, Any, np.ndarray]:
    """The same of checked rows, which may be of any number of columns."""
    numbers = as_numbers(scores, len(given), "scores")
    if positive_scores and len(numbers) and numbers.min() < 0:
        raise ValueError(f"scores must be >= 0, got {numbers.min()}")
    labels = None if classes is None else as_labels(classes, len(given), "classes")
    order = np.argsort(-numbers, kind="stable")
    if score_threshold is not None:
        least = real(score_threshold, "score_threshold")
        order = order[: np.searchsorted(-numbers[order], -least, side="right")]
    ranks = np.arange(len(order))
    parts = np.array([0, len(order)])
    if labels is not None and len(order):
        distinct, codes = coded(labels)
        codes = codes[order]
        ranks = np.argsort(codes, kind="stable")
        order = order[ranks]
        parts = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(distinct)))])
    planes = np.ascontiguousarray(given[order].T)
    return planes, numbers[order], Rows((order, ranks)), parts


class Rows(tuple):
    """(rows, ranks), as long as either."""

    def __len__(self) -> int:
        return len(self[0])


def _by_new_score(kept: np.ndarray, numbers: np.ndarray, order: Any, most: int | None) -> tuple[np.ndarray, np.ndarray]:
    rows, ranks, new = order[0][kept], order[1][kept], numbers[kept]
    final = np.lexsort((ranks, -new))[:most]
    return rows[final], new[final]


@kernel
def remove(planes, parts, kind, threshold, kept):
    """Greedy suppression; boxes by class and falling score."""
    for part in range(parts.size - 1):
        start, stop = parts[part], parts[part + 1]
        if stop == start:
            continue
        laid, place, _, starts, frame = lay_out(planes, start, stop)
        gone = np.zeros(stop - start, np.bool_)
        columns = int(frame[4])
        for i in range(stop - start):
            p = place[i]
            if gone[p]:
                continue
            kept[start + i] = True
            if not laid[4, p] > 0.0:
                continue
            bound = threshold if kind != SMALLER else 0.0
            reach_x = reach_of(bound, laid[2, p] - laid[0, p], frame[6])
            reach_y = reach_of(bound, laid[3, p] - laid[1, p], frame[7])
            r0, r1, c0, c1 = cells_near(laid, p, reach_x, reach_y, frame)
            for r in range(r0, r1 + 1):
                first, last = starts[r * columns + c0], starts[r * columns + c1 + 1]
                if kind == IOU:
                    _mark_iou(laid, p, first, last, threshold, gone)
                else:
                    _mark(kind, laid, p, first, last, threshold, gone)


@kernel(inner=True)
def _mark_iou(laid, p, first, last, threshold, gone):
    # Boxes that are kept already may be marked too, which nobody looks at.
    x0, y0, x1, y1, area = laid[0, p], laid[1, p], laid[2, p], laid[3, p], laid[4, p]
    for q in range(first, last):
        inter = max(min(x1, laid[2, q]) - max(x0, laid[0, q]), 0.0)
        inter = inter * max(min(y1, laid[3, q]) - max(y0, laid[1, q]), 0.0)
        gone[q] = gone[q] | (inter / (area + laid[4, q] - inter) > threshold)


@kernel(inner=True)
def _mark(kind, laid, p, first, last, threshold, gone):
    x0, y0, x1, y1 = laid[0, p], laid[1, p], laid[2, p], laid[3, p]
    for q in range(first, last):
        much = measure(kind, x0, y0, x1, y1, laid[0, q], laid[1, q], laid[2, q], laid[3, q])
        gone[q] = gone[q] | (much > threshold)


@kernel
def soften(planes, scores, parts, linear, sigma, threshold, least, kept):
    """Soft-NMS; `scores` become the new ones.

    The best is on top of a heap of what scores were; where the top has fallen since, it sinks to its place.
    """
    for part in range(parts.size - 1):
        start, n = parts[part], parts[part + 1] - parts[part]
        if n == 0:
            continue
        laid, place, at, starts, frame = lay_out(planes, start, start + n)
        now, heap, keys = np.empty(n), np.empty(n, np.int64), np.empty(n)
        for i in range(n):  # by falling score, which is a heap
            heap[i] = place[i]
            keys[i] = now[place[i]] = scores[start + i]
        columns, size = int(frame[4]), n
        while size > 0:
            p = heap[0]
            if keys[0] != now[p]:
                keys[0] = now[p]
                _sink(heap, keys, at, size)
                continue
            if now[p] < least:
                break
            kept[start + at[p]] = True
            scores[start + at[p]] = now[p]
            size -= 1
            heap[0], keys[0] = heap[size], keys[size]
            _sink(heap, keys, at, size)
            if not laid[4, p] > 0.0:
                continue
            reach_x, reach_y = 0.5 * (laid[2, p] - laid[0, p] + frame[6]), 0.5 * (laid[3, p] - laid[1, p] + frame[7])
            r0, r1, c0, c1 = cells_near(laid, p, reach_x, reach_y, frame)
            for r in range(r0, r1 + 1):
                for q in range(starts[r * columns + c0], starts[r * columns + c1 + 1]):
                    # Those already taken are lowered too, which nobody looks at.
                    over = _over(laid, p, q)
                    if linear:
                        now[q] *= 1.0 - over if over > threshold else 1.0
                    elif over > 0.0:
                        now[q] *= elementary.exp(-over * over / sigma)


@kernel(inner=True)
def _over(laid, p, q):
    inter = max(min(laid[2, p], laid[2, q]) - max(laid[0, p], laid[0, q]), 0.0)
    inter = inter * max(min(laid[3, p], laid[3, q]) - max(laid[1, p], laid[1, q]), 0.0)
    return inter / (laid[4, p] + laid[4, q] - inter) if inter > 0.0 else 0.0


@kernel(inner=True)
def _sink(heap, keys, at, size):
    """Let the top sink to its place: larger keys above, of equal ones the earlier box."""
    i = 0
    while True:
        best = i
        for child in (2 * i + 1, 2 * i + 2):
            if child < size and (
                keys[child] > keys[best] or (keys[child] == keys[best] and at[heap[child]] < at[heap[best]])
            ):
                best = child
        if best == i:
            return
        heap[i], heap[best] = heap[best], heap[i]
        keys[i], keys[best] = keys[best], keys[i]
        i = best


@kernel
def decay(planes, scores, parts, linear, sigma, least, kept):
    """Matrix NMS; `scores` become the new ones."""
    for part in range(parts.size - 1):
        start, n = parts[part], parts[part + 1] - parts[part]
        if n == 0:
            continue
        laid, place, at, starts, frame = lay_out(planes, start, start + n)
        columns = int(frame[4])
        most, factor = np.zeros(n), np.ones(n)
        for i in range(n):
            p = place[i]
            if laid[4, p] > 0.0:
                reach_x = 0.5 * (laid[2, p] - laid[0, p] + frame[6])
                reach_y = 0.5 * (laid[3, p] - laid[1, p] + frame[7])
                r0, r1, c0, c1 = cells_near(laid, p, reach_x, reach_y, frame)
                # All better boxes have been here: `most` of this one is known.
                below = 1.0 - most[p] if linear else elementary.exp(-sigma * most[p] * most[p])
                for r in range(r0, r1 + 1):
                    for q in range(starts[r * columns + c0], starts[r * columns + c1 + 1]):
                        over = _over(laid, p, q) if at[q] > i else 0.0
                        if over > 0.0:
                            most[q] = max(most[q], over)
                            if below > 0.0:
                                above = 1.0 - over if linear else elementary.exp(-sigma * over * over)
                                factor[q] = min(factor[q], above / below)
            scores[start + i] *= factor[p]
            kept[start + i] = scores[start + i] >= least


declare(diou_nms, no_peer="it does the work of nms, which has rows")
declare(matrix_nms, no_peer="no other library for NumPy has it")
