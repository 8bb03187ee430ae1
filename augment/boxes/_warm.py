"""One call of every kernel, for `python -m imgproc warmup`."""

from __future__ import annotations

from . import _curve, _fuse, _overlap, _precision, _suppress, _tiles
from ._runs import Rings, runs_of

__all__: list[str] = []


def run_all() -> None:
    """Call what compiles every kernel of boxes."""
    import numpy as np

    boxes, scores = [[0, 0, 4, 4], [1, 1, 5, 5], [20, 20, 25, 25]], [0.9, 0.8, 0.7]
    for function in (_overlap.iou, _overlap.ciou):
        function(boxes, boxes)
    _overlap.iou(boxes, boxes, pairwise=False)
    oriented = [[8, 8, 6, 4, 30], [9, 8, 6, 4, 10], [25, 25, 4, 4, 0]]
    for pairwise in (True, False):
        _overlap.iou(oriented, oriented, pairwise=pairwise, box_format="obb")
    _suppress.nms(oriented, scores, box_format="obb")
    _tiles.tile(np.zeros((30, 30), np.uint8), oriented, size=(20, 20), box_format="obb")
    _suppress.nms(boxes, scores)
    _suppress.soft_nms(boxes, scores)
    _suppress.matrix_nms(boxes, scores)
    _fuse.weighted_boxes_fusion([boxes], [scores])
    _tiles.merge_tiles(_tiles.tile(np.zeros((30, 30), np.uint8), boxes, size=(20, 20)), [boxes] * 4, [scores] * 4)
    truth = {"boxes": boxes, "images": [0, 0, 1], "classes": [0, 0, 0]}
    _precision.average_precision(truth, {**truth, "scores": scores})
    _curve.precision_recall_curve(truth, {**truth, "scores": scores})
    rows, texts = {"images": [0, 0], "classes": [0, 0]}, {"size": [3, 4], "counts": "0<"}
    outlined = runs_of([Rings([[0, 0, 3, 0, 3, 3]], (3, 4)), texts])
    _precision.average_precision(
        {**rows, "masks": outlined}, {**rows, "masks": outlined, "scores": [1, 2]}, kind="masks"
    )
    poses = {**rows, "keypoints": [[[1, 2, 2]], [[1, 3, 0]]]}
    _precision.average_precision({**poses, "area": [4, 4]}, {**poses, "scores": [1, 2]}, kind="keypoints", sigmas=[0.1])
