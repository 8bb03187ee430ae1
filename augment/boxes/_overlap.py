"""Intersection over union and its relatives, for all pairs or row by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import flag
from imgproc._core.declare import declare
from imgproc._core.jit import kernel

from ._inputs import as_boxes
from ._oriented import is_oriented, oriented_iou

__all__ = ["ciou", "diou", "giou", "iou"]

IOU, GIOU, DIOU, CIOU, SMALLER = range(5)
"""What `measure` measures; the last is the intersection as a part of the smaller box."""


def iou(
    boxes: Any, others: Any, *, pairwise: bool = True, inclusive: bool = False, box_format: str = "pascal_voc"
) -> np.ndarray:
    """Intersection over union, in [0, 1].

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    others : array_like of shape (m, 4)
        Others; without `pairwise` as many.
    pairwise : bool
        Every box with every other one, or only row i with row i.
    inclusive : bool
        Corners x1, y1 are the last pixels inside, so that sides are ``x1 - x0 + 1``: the convention of the development
        kit of PASCAL VOC.  COCO and torchvision have ``x1 - x0``, the default.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations", "obb", "corners"}
        How a row is written.  Fractions of the image are compared as they are.  Oriented boxes are rows of five or
        eight numbers: ``"obb"`` is x and y of the centre, width, height, and the angle in degrees, counter-clockwise as
        seen; ``"corners"`` is x0, y0, ..., x3, y3.

    Returns
    -------
    ndarray of shape (n, m) or (n,)
        float64.  0 where a box has no area.

    Raises
    ------
    TypeError, ValueError
        If boxes are not rows of as many finite numbers as their format has, have a negative side, or are not as many
        row by row.

    References
    ----------
    P. Jaccard, "The distribution of the flora in the alpine zone", New Phytologist 11, 1912.

    Examples
    --------
    >>> iou(np.array([[0, 0, 10, 10]]), np.array([[5, 0, 15, 10], [0, 0, 10, 10]])).round(3)
    array([[0.333, 1.   ]])
    """
    return _compare(IOU, boxes, others, pairwise, inclusive, box_format)


def giou(
    boxes: Any, others: Any, *, pairwise: bool = True, inclusive: bool = False, box_format: str = "pascal_voc"
) -> np.ndarray:
    """Generalized IoU, in [-1, 1]: IoU less the part of the hull that neither box covers.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    others : array_like of shape (m, 4)
        Others; without `pairwise` as many.
    pairwise : bool
        Every box with every other one, or only row i with row i.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written.  Fractions of the image are compared as they are.

    Returns
    -------
    ndarray of shape (n, m) or (n,)
        float64.  0 where a box has no area: neither near nor far, and never NaN.

    Raises
    ------
    TypeError, ValueError
        If boxes are not rows of four finite numbers, have a negative side, or are not as many row by row.

    References
    ----------
    H. Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019.

    Examples
    --------
    >>> giou(np.array([[0, 0, 10, 10]]), np.array([[20, 0, 30, 10]])).round(3)  # below 0 where boxes are apart
    array([[-0.333]])
    """
    return _compare(GIOU, boxes, others, pairwise, inclusive, box_format)


def diou(
    boxes: Any, others: Any, *, pairwise: bool = True, inclusive: bool = False, box_format: str = "pascal_voc"
) -> np.ndarray:
    """Distance-IoU, in [-1, 1]: IoU less (distance of the centres / diagonal of the hull)².

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    others : array_like of shape (m, 4)
        Others; without `pairwise` as many.
    pairwise : bool
        Every box with every other one, or only row i with row i.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written.  Fractions of the image are compared as they are; they change what is a square, so
        distances differ from those in pixels unless the image is one.

    Returns
    -------
    ndarray of shape (n, m) or (n,)
        float64.  0 where a box has no area: neither near nor far, and never NaN.

    Raises
    ------
    TypeError, ValueError
        If boxes are not rows of four finite numbers, have a negative side, or are not as many row by row.

    References
    ----------
    Z. Zheng et al., "Distance-IoU Loss", AAAI 2020.

    Examples
    --------
    >>> diou(np.array([[0, 0, 10, 10]]), np.array([[5, 0, 15, 10]])).round(3)
    array([[0.256]])
    """
    return _compare(DIOU, boxes, others, pairwise, inclusive, box_format)


def ciou(
    boxes: Any, others: Any, *, pairwise: bool = True, inclusive: bool = False, box_format: str = "pascal_voc"
) -> np.ndarray:
    """Complete IoU: `diou` less ``a v``, where ``v`` compares the aspect ratios.

    ``v = 4 / π² (atan(w'/h') - atan(w/h))²`` and ``a = v / (1 - IoU + v)``.

    Parameters
    ----------
    boxes : array_like of shape (n, 4)
        Boxes of any number type; computed in float64.
    others : array_like of shape (m, 4)
        Others; without `pairwise` as many.
    pairwise : bool
        Every box with every other one, or only row i with row i.
    inclusive : bool
        Sides are ``x1 - x0 + 1``, see `iou`.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row is written.  Fractions of the image are compared as they are, see `diou`.

    Returns
    -------
    ndarray of shape (n, m) or (n,)
        float64.  0 where a box has no area: neither near nor far, and never NaN.

    Raises
    ------
    TypeError, ValueError
        If boxes are not rows of four finite numbers, have a negative side, or are not as many row by row.

    References
    ----------
    Z. Zheng et al., "Distance-IoU Loss", AAAI 2020.

    Examples
    --------
    >>> ciou(np.array([[0, 0, 10, 10]]), np.array([[0, 0, 10, 5]])).round(3)
    array([[0.466]])
    """
    return _compare(CIOU, boxes, others, pairwise, inclusive, box_format)


def _compare(kind: int, boxes: Any, others: Any, pairwise: Any, inclusive: Any, box_format: Any) -> np.ndarray:
    flag(pairwise, "pairwise")
    if kind == IOU and is_oriented(box_format):
        return oriented_iou(boxes, others, pairwise, inclusive, box_format)
    first = as_boxes(boxes, "boxes", box_format, inclusive)
    second = as_boxes(others, "others", box_format, inclusive)
    if not pairwise:
        if len(first) != len(second):
            raise ValueError(f"others must have as many rows as boxes, {len(first)}, got {len(second)}")
        out = np.empty(len(first))
        compare_rows(first, second, kind, out)
        return out
    out = np.empty((len(first), len(second)))
    if kind == IOU:
        iou_of_pairs(first, np.ascontiguousarray(second.T), out)
    else:
        compare_pairs(first, second, kind, out)
    return out


@kernel(inner=True)
def measure(kind, ax0, ay0, ax1, ay1, bx0, by0, bx1, by1):
    """One of the five measures of two boxes; 0 where one of them has no area."""
    aw, ah, bw, bh = ax1 - ax0, ay1 - ay0, bx1 - bx0, by1 - by0
    first, second = aw * ah, bw * bh
    if not (first > 0.0 and second > 0.0):
        return 0.0
    inter = max(min(ax1, bx1) - max(ax0, bx0), 0.0) * max(min(ay1, by1) - max(ay0, by0), 0.0)
    union = first + second - inter
    if kind == SMALLER:
        return inter / min(first, second)
    over = inter / union
    if kind == IOU:
        return over
    hull_w, hull_h = max(ax1, bx1) - min(ax0, bx0), max(ay1, by1) - min(ay0, by0)
    if kind == GIOU:
        hull = hull_w * hull_h
        return over - (hull - union) / hull
    dx, dy = 0.5 * (bx0 + bx1 - ax0 - ax1), 0.5 * (by0 + by1 - ay0 - ay1)
    near = over - (dx * dx + dy * dy) / (hull_w * hull_w + hull_h * hull_h)
    if kind == DIOU:
        return near
    turn = elementary.atan(bw / bh) - elementary.atan(aw / ah)
    v = 4.0 / (math.pi * math.pi) * turn * turn
    return near - v * v / (1.0 - over + v) if v > 0.0 else near


@kernel
def iou_of_pairs(first, planes, out):
    """IoU of each box with all others, which come as planes x0, y0, x1, y1."""
    bx0, by0, bx1, by1 = planes[0], planes[1], planes[2], planes[3]
    for i in range(first.shape[0]):
        ax0, ay0, ax1, ay1 = first[i, 0], first[i, 1], first[i, 2], first[i, 3]
        area = (ax1 - ax0) * (ay1 - ay0)
        row = out[i]
        for j in range(row.size):
            other = (bx1[j] - bx0[j]) * (by1[j] - by0[j])
            inter = max(min(ax1, bx1[j]) - max(ax0, bx0[j]), 0.0) * max(min(ay1, by1[j]) - max(ay0, by0[j]), 0.0)
            there = min(area, other) > 0.0
            union = area + other - inter
            row[j] = inter / (union if there else 1.0) if there else 0.0


@kernel
def compare_pairs(first, second, kind, out):
    """A measure of each box with all others."""
    for i in range(first.shape[0]):
        a, b, c, d = first[i, 0], first[i, 1], first[i, 2], first[i, 3]
        for j in range(second.shape[0]):
            out[i, j] = measure(kind, a, b, c, d, second[j, 0], second[j, 1], second[j, 2], second[j, 3])


@kernel
def compare_rows(first, second, kind, out):
    """A measure of each box with the other one of its row."""
    for i in range(out.size):
        a, b, c, d = first[i, 0], first[i, 1], first[i, 2], first[i, 3]
        out[i] = measure(kind, a, b, c, d, second[i, 0], second[i, 1], second[i, 2], second[i, 3])


declare(ciou, diou, no_peer="they do the work of giou, which has a row")
