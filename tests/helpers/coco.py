"""pycocotools on arrays, as a referee of average precision."""

from __future__ import annotations

import contextlib
import io

import numpy as np


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
