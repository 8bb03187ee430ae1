"""Precision against recall, class by class, with a plot."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from augment._chart import Chart, save
from imgproc._core.check import integer, positive, real
from imgproc._core.declare import declare

from ._evaluate import format_of, match_all
from ._match import EPS
from ._precision import _mean
from ._settings import settings

__all__ = ["PrecisionRecall", "precision_recall_curve"]


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """What `precision_recall_curve` found: one entry per class, and in it one number per detection by falling score.

    Attributes
    ----------
    classes : ndarray of shape (k,)
        Class ids in order.
    iou_threshold : float
        IoU from which on a detection can be right.
    recall, precision, scores : tuple of ndarray
        At each detection that counts; recall is NaN for a class without ground truth.
    envelope : tuple of ndarray
        Largest precision at this recall or beyond it.
    average : ndarray of shape (k,)
        Area under the envelope; NaN for a class without ground truth.
    """

    classes: np.ndarray
    iou_threshold: float
    recall: tuple[np.ndarray, ...]
    precision: tuple[np.ndarray, ...]
    scores: tuple[np.ndarray, ...]
    envelope: tuple[np.ndarray, ...]
    average: np.ndarray

    @property
    def ap(self) -> float:
        """Mean of `average` over the classes that occur."""
        return _mean(self.average)

    def plot(
        self, path: str | os.PathLike[str] | None = None, *, most: int = 8, size: tuple[int, int] = (480, 640)
    ) -> np.ndarray:
        """Draw the curves, envelopes bold.

        Parameters
        ----------
        path : path-like, optional
            Write it there, too.
        most : int
            Draw the classes with the highest average precision, so many at most.
        size : (int, int)
            (h, w) [px].

        Returns
        -------
        ndarray of shape (h, w, 3)
            uint8, RGB.
        """
        integer(most, "most", at_least=1)
        title = f"precision and recall at IoU {self.iou_threshold:g}, mAP {self.ap:.3f}"
        chart = Chart((0, 1), (0, 1.05), title=title, x_label="recall", y_label="precision", size=size)
        seen = [int(i) for i in np.argsort(-self.average, kind="stable") if not np.isnan(self.average[i])][:most]
        for color, i in enumerate(seen):
            if len(self.recall[i]):
                chart.line(self.recall[i], self.precision[i], color, width=1)
                steps = np.repeat(self.recall[i], 2)
                heights = np.repeat(self.envelope[i], 2)
                chart.line(np.concatenate([[0.0], steps[:-1]]), heights, color)
        chart.legend([f"{self.classes[i]}: {self.average[i]:.3f}" for i in seen], low=True)
        return save(chart.image, path)


def precision_recall_curve(
    truth: Any,
    detections: Any,
    *,
    iou_threshold: float = 0.5,
    protocol: str = "voc",
    max_detections: int | None = None,
    inclusive: bool | None = None,
    box_format: str = "pascal_voc",
) -> PrecisionRecall:
    """Precision and recall of each class as the least score falls.

    Parameters
    ----------
    truth, detections : path-like, LabelSet, mapping of str to array_like, or sequence of mappings
        As for `average_precision`, of boxes.
    iou_threshold : float
        In (0, 1].
    protocol : {"voc", "coco"}
        Whose matching is done; see `average_precision`.
    max_detections : int, optional
        Most detections of a class in an image.  Default: no limit.
    inclusive : bool, optional
        Sides are ``x1 - x0 + 1``, see `iou`.  Default: as the protocol, with PASCAL VOC and corners in pixels only.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row of boxes is written.

    Returns
    -------
    PrecisionRecall
        Curves, average precision, and `PrecisionRecall.plot`.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        As `average_precision`.
    """
    everything = {"all": (0.0, np.inf)}
    positive(real(iou_threshold, "iou_threshold", at_most=1.0), "iou_threshold")
    if max_detections is not None:
        integer(max_detections, "max_detections", at_least=1, at_most=(1 << 63) - 1)
    box_format = format_of(truth, detections, inclusive, box_format)
    setting = settings(protocol, [iou_threshold], everything, [max_detections], inclusive, box_format)
    found = match_all(truth, detections, setting, box_format)
    verdicts = found.verdicts
    curves: list[tuple[np.ndarray, ...]] = []
    average = np.full(len(found.classes), np.nan)
    for k, positives in enumerate(verdicts.positives[:, 0].tolist()):
        part = slice(found.starts[k], found.starts[k + 1])
        counts = verdicts.out[0, part] == 0
        if max_detections is not None:
            counts &= verdicts.ranks[part] < max_detections
        hit = verdicts.hit[0, part][counts] != 0
        true, false = np.cumsum(hit), np.cumsum(~hit)
        shares = true / positives if positives else np.full(len(hit), np.nan)
        precise = true / (true + false + EPS)
        hull = np.maximum.accumulate(precise[::-1])[::-1]
        if positives:
            average[k] = float((hull[hit]).sum() / positives)
        curves.append((shares, precise, found.scores[part][counts], hull))
    recall, precision, scores, envelope = zip(*curves, strict=True) if curves else ((),) * 4
    return PrecisionRecall(found.classes, float(setting.thresholds[0]), recall, precision, scores, envelope, average)


declare(precision_recall_curve, no_peer="it does the work of average_precision, which has rows")
