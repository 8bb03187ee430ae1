"""Average precision as COCO and PASCAL VOC define it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import one_of, real

from ._accumulate import Figures, accumulate
from ._evaluate import format_of, match_all
from ._settings import NO_LIMIT, settings

__all__ = ["AveragePrecision", "average_precision"]

_COUNTED = {"boxes": "boxes", "masks": "masks", "keypoints": "poses"}


@dataclass(frozen=True, eq=False)
class AveragePrecision:
    """What `average_precision` found.  NaN stands where there is nothing to find (pycocotools has -1 there).

    Attributes
    ----------
    protocol : str
        ``"coco"``, ``"voc"`` or ``"voc07"``.
    classes : ndarray of shape (k,)
        Class ids in order.
    iou_thresholds : ndarray of shape (t,)
        IoU from which on a detection can be right.
    recall_points : ndarray of shape (r,)
        Where precision was read; empty for ``"voc"``, which takes the area under the curve.
    areas : dict of str to (float, float)
        Ranges of areas [px²], both ends included.
    max_detections : tuple of int or None
        Most detections of a class in an image.
    precision : ndarray of shape (t, r, k, a, m)
        Largest precision at each recall point or beyond it.
    recall : ndarray of shape (t, k, a, m)
        Of all detections together.
    scores : ndarray of shape (t, r, k, a, m)
        Of the detection that reaches the recall point; 0 where none does.
    average : ndarray of shape (t, k, a, m)
        Average precision of each class.
    positives : ndarray of shape (k, a)
        Ground-truth boxes that count.
    kind : {"boxes", "masks", "keypoints"}
        What was compared.
    """

    protocol: str
    classes: np.ndarray
    iou_thresholds: np.ndarray
    recall_points: np.ndarray
    areas: dict[str, tuple[float, float]]
    max_detections: tuple[int | None, ...]
    precision: np.ndarray
    recall: np.ndarray
    scores: np.ndarray
    average: np.ndarray
    positives: np.ndarray
    kind: str = "boxes"

    def at(
        self, iou_threshold: float | None = None, *, area: str | None = None, max_detections: int | None = None
    ) -> float:
        """Mean average precision of the classes that occur.

        Parameters
        ----------
        iou_threshold : float, optional
            One of `iou_thresholds`.  Default: their mean.
        area : str, optional
            One of `areas`.  Default: the first.
        max_detections : int, optional
            One of `max_detections`.  Default: the last.

        Returns
        -------
        float
            NaN where no class has such boxes.

        Raises
        ------
        ValueError
            If it was not computed.
        """
        return _mean(self.average[self._thresholds(iou_threshold), :, self._area(area), self._limit(max_detections)])

    def recall_at(
        self, iou_threshold: float | None = None, *, area: str | None = None, max_detections: int | None = None
    ) -> float:
        """Mean recall of the classes that occur, for the arguments of `at`."""
        return _mean(self.recall[self._thresholds(iou_threshold), :, self._area(area), self._limit(max_detections)])

    @property
    def ap(self) -> float:
        """Mean average precision over thresholds and classes: COCO's AP, VOC's mAP."""
        return self.at()

    @property
    def per_class(self) -> dict[Any, float]:
        """Average precision of each class, over all thresholds; NaN for one without ground truth."""
        values = self.average[:, :, 0, -1]
        return {name: float(values[:, i].mean()) for i, name in enumerate(self.classes.tolist())}

    def summary(self) -> dict[str, float]:
        """The figures of the protocol by name: COCO's twelve (ten of keypoints), or PASCAL VOC's mAP and recall."""
        if self.protocol != "coco":
            return {"mAP": self.ap, "recall": self.recall_at()}
        others = list(self.areas)[1:]
        sharp = [(name, t) for name, t in (("50", 0.5), ("75", 0.75)) if self._find(t) is not None]
        found = {"AP": self.at()} | {f"AP{name}": self.at(t) for name, t in sharp}
        found |= {f"AP {name}": self.at(area=name) for name in others}
        if self.kind == "keypoints":
            found |= {"AR": self.recall_at()} | {f"AR{name}": self.recall_at(t) for name, t in sharp}
        else:
            found |= {f"AR {'all' if m is None else m}": self.recall_at(max_detections=m) for m in self.max_detections}
        return found | {f"AR {name}": self.recall_at(area=name) for name in others}

    def report(self) -> str:
        """The summary and the classes as a table of text."""
        thresholds = ", ".join(f"{t:g}" for t in self.iou_thresholds)
        what = "" if self.kind == "boxes" else f" of {self.kind}"
        share = "OKS" if self.kind == "keypoints" else "IoU"
        lines = [f"average precision{what}, protocol {self.protocol}, {share} {thresholds}"]
        lines += [f"{name:<12}{_text(value)}" for name, value in self.summary().items()]
        names = [str(name) for name in self.classes.tolist()]
        width = max([5, *map(len, names)]) + 2
        lines += ["", f"{'class':<{width}}{_COUNTED[self.kind]:>8}{'AP':>9}{'recall':>9}"]
        for i, (name, ap) in enumerate(zip(names, self.per_class.values(), strict=True)):
            recall = float(self.recall[:, i, 0, -1].mean())
            lines.append(f"{name:<{width}}{self.positives[i, 0]:>8}{_text(ap):>9}{_text(recall):>9}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.report()

    def _find(self, threshold: float) -> int | None:
        near = np.flatnonzero(np.isclose(self.iou_thresholds, threshold, rtol=0, atol=1e-9))
        return int(near[0]) if near.size else None

    def _thresholds(self, threshold: float | None) -> Any:
        if threshold is None:
            return slice(None)
        found = self._find(real(threshold, "iou_threshold"))
        if found is None:
            raise ValueError(f"iou_threshold must be one of {self.iou_thresholds.tolist()}, got {threshold}")
        return slice(found, found + 1)

    def _area(self, area: str | None) -> int:
        return 0 if area is None else list(self.areas).index(one_of(area, "area", tuple(self.areas)))

    def _limit(self, limit: int | None) -> int:
        if limit is None:
            return len(self.max_detections) - 1
        if limit not in self.max_detections:
            raise ValueError(f"max_detections must be one of {self.max_detections}, got {limit}")
        return self.max_detections.index(limit)


def average_precision(
    truth: Any,
    detections: Any,
    *,
    kind: str = "boxes",
    protocol: str = "coco",
    iou_thresholds: Sequence[float] | None = None,
    areas: Mapping[str, tuple[float, float]] | None = None,
    max_detections: Sequence[int | None] | None = None,
    inclusive: bool | None = None,
    box_format: str = "pascal_voc",
    sigmas: Sequence[float] | None = None,
) -> AveragePrecision:
    """Average precision of detections, by the rules of COCO or of PASCAL VOC: of boxes, masks or keypoints.

    Parameters
    ----------
    truth : path-like, LabelSet, mapping of str to array_like, or sequence of mappings
        A file or folder of labels, or what `read_labels` gives of it: COCO's JSON (``"instances.json"``), or YOLO's or
        PASCAL VOC's labels.  Or columns, one row per ground-truth object of all images: ``boxes`` (n, 4), ``masks`` or
        ``keypoints``, whichever is asked for, ``images`` and ``classes`` (integers or strings), and if there are such
        ``crowd``, ``difficult`` (truth values) and ``area`` (px², of the mask, say; default: of the box or mask).  Or
        one mapping of columns per image, without ``images``.
    detections : path-like, LabelSet, sequence, or mapping of str to array_like
        Beside labels: a file of COCO's results (``"results.json"``, a list of objects with ``image_id``,
        ``category_id``, ``score`` and ``bbox``, ``segmentation`` or ``keypoints``), that list itself, or COCO's labels
        with scores.  Beside columns: the same with ``scores``, and if need be ``area``; as many images as in `truth`
        where there is a mapping for each.
    kind : {"boxes", "masks", "keypoints"}
        What is compared: boxes or masks by their IoU, or keypoints by their OKS.
    protocol : {"coco", "voc", "voc07"}
        COCO: precision at 101 recalls, IoU 0.5 to 0.95, areas small, medium and large, 1, 10 and 100 detections (of
        keypoints areas medium and large, 20 detections).  PASCAL VOC from 2010 on: the area under the curve at an IoU
        of 0.5; in 2007: precision at 11 recalls.
    iou_thresholds : sequence of float, optional
        In (0, 1], at most 64; of keypoints these are thresholds of OKS.  Default: those of the protocol.
    areas : mapping of str to (float, float), optional
        Ranges of areas [px²], both ends included, in this order; the first one is for totals.  Default: COCO's, or all.
    max_detections : sequence of int or None, optional
        Most detections of a class in an image, in rising order; None: no limit.  Totals are for the last one.  Default:
        the protocol's.
    inclusive : bool, optional
        Sides are ``x1 - x0 + 1``, see `iou`.  Default: as the protocol, with PASCAL VOC and columns of corners in
        pixels only.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row of boxes in columns is written.  Areas of fractions are fractions, too.
    sigmas : sequence of float, optional
        How exactly each keypoint can be placed, as a part of the root of the object's area.  Default: COCO's for the 17
        keypoints of people.

    Returns
    -------
    AveragePrecision
        All figures, with a summary and a report.  Of labels the classes have their names, and all classes that the
        labels declare are there, by rising id.

    Raises
    ------
    TypeError, ValueError
        If columns are missing or unknown, do not fit together, are not finite, or boxes have negative sides; if a file
        is wrong: the message names the file, the place in it, and the reason.
    FileNotFoundError
        If there is no such file.

    Notes
    -----
    COCO's rules are those of pycocotools: of a class and image the detections go by falling score, each takes the free
    box of the largest IoU (of equal ones the last), boxes that do not count (crowds, difficult, outside the range of
    areas) only if no other will do; crowds take any number, by the part of the detection inside; detections that take
    nothing and lie outside the range of areas do not count.  ``difficult`` is what COCO does not have: such boxes do
    not count.

    PASCAL VOC's rules are those of its development kit: a detection belongs to the box of the largest IoU, counts as
    right from the threshold on (>=), as wrong if that box has one already, and not at all if it is difficult (or a
    crowd).  The kit's eleven recalls are met exactly here: 3 of 10 boxes reach the recall 0.3, whatever its floating
    point says.

    Masks in columns are run lengths as COCO writes them, ``{"size": [h, w], "counts": ...}``, or arrays of shape (h, w)
    that are 0 outside.  Polygons, which labels may have, become pixels as in pycocotools.  The area of a detection is
    that of its mask; if the first of COCO's results has a ``bbox``, it is that of the box, as pycocotools has it.

    Keypoints are (n, k, 3) with x, y and a visibility, which is above 0 where the point is labelled (or (n, k, 2), and
    all are); of detections the third number says nothing.  OKS is the mean of ``exp(-d² / (2 area (2 sigma)²))`` over
    the labelled points.  Columns of ground truth must have ``area``.  An object without labelled points does not count;
    give ``boxes``, too, and detections near it do not either.

    Labels of YOLO and PASCAL VOC are taken in pixels, as COCO's; their results name an image by its file or that name's
    stem, and a class by its name or its place.

    References
    ----------
    T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.
    M. Everingham et al., "The PASCAL Visual Object Classes Challenge: A Retrospective", IJCV 111, 2015.
    M. R. Ronchi, P. Perona, "Benchmarking and error diagnosis in multi-instance pose estimation", ICCV 2017 (OKS).
    """
    box_format = format_of(truth, detections, inclusive, box_format)
    setting = settings(protocol, iou_thresholds, areas, max_detections, inclusive, box_format, kind, sigmas)
    matched = match_all(truth, detections, setting, box_format)
    shape = (len(matched.classes), len(setting.ranges), len(setting.limits))
    count = len(setting.thresholds)
    points = setting.points
    precision, scores = (np.full((count, len(points), *shape), np.nan) for _ in range(2))
    recall, area_under = (np.full((count, *shape), np.nan) for _ in range(2))
    limits = np.array([NO_LIMIT if m is None else m for m in setting.limits], np.int64)
    figures = Figures(precision, scores, recall, area_under)
    accumulate(matched.scores, matched.starts, matched.verdicts, limits, points, figures)
    average = precision.mean(axis=1) if len(points) else area_under
    return AveragePrecision(
        protocol, matched.classes, setting.thresholds, points, setting.areas, setting.limits,
        precision, recall, scores, average, matched.verdicts.positives, kind,
    )  # fmt: skip


def _mean(values: np.ndarray) -> float:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if seen.size else float("nan")


def _text(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.4f}"
