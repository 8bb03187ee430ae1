"""pycocotools on arrays, as a referee of average precision."""

from __future__ import annotations

import contextlib
import io

import numpy as np

from augment.boxes._runs import Rings, runs_of


def evaluated(true, found, images, classes, limits=(1, 10, 100)):
    """Its arrays, with NaN for -1."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = COCO()
    truth.dataset = {
        "images": [{"id": i} for i in range(images)],
        "categories": [{"id": i} for i in range(classes + 1)],
        "annotations": [
            {"id": i + 1, "image_id": int(image), "category_id": int(kind), "bbox": box.tolist(), "area": float(area),
             "iscrowd": int(crowd)}
            for i, (image, kind, box, area, crowd) in enumerate(
                zip(true["images"], true["classes"], true["boxes"], true["area"], true["crowd"])
            )
        ],
    }  # fmt: skip
    rows = np.column_stack([found["images"], found["boxes"], found["scores"], found["classes"]])
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        run = COCOeval(truth, truth.loadRes(rows), "bbox")
        run.params.maxDets = list(limits)
        run.evaluate()
        run.accumulate()
        if list(limits) == [1, 10, 100]:
            run.summarize()
    arrays = [np.where(run.eval[k] < 0, np.nan, run.eval[k]) for k in ("precision", "recall", "scores")]
    return *arrays, run.stats


def evaluated_labels(truth, results, kind, **params):
    """Its arrays and figures of a data set and of results as COCO's files have them, with NaN for -1.

    With other parameters than its own there are no figures, which it makes of some only."""
    import copy

    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    there = COCO()
    there.dataset = copy.deepcopy(truth)
    with contextlib.redirect_stdout(io.StringIO()):
        there.createIndex()
        found = there.loadRes(copy.deepcopy(results))
        run = COCOeval(there, found, {"boxes": "bbox", "masks": "segm", "keypoints": "keypoints"}[kind])
        for name, value in params.items():
            setattr(run.params, name, value)
        run.evaluate()
        run.accumulate()
        if not params:
            run.summarize()
    arrays = [np.where(run.eval[k] < 0, np.nan, run.eval[k]) for k in ("precision", "recall", "scores")]
    return *arrays, np.where(np.array(run.stats) < 0, np.nan, run.stats)


def pixels_of_rings(rings, size):
    """The pixels that are inside polygons, by the library's own rules."""
    found = np.zeros(size[0] * size[1], np.uint8)
    for first, end in runs_of([Rings(rings, size)]).runs:
        found[first:end] = 1
    return found.reshape(size[1], size[0]).T
