"""Average precision as COCO and PASCAL VOC define it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import flag, integer, one_of, real

from ._inputs import as_boxes, as_flags, as_labels, as_numbers, coded
from ._match import (
    MOST_THRESHOLDS,
    Detections,
    Figures,
    Rules,
    Truth,
    Verdicts,
    accumulate,
    match,
)
from ._order import falling, sorted_by

__all__ = ["AveragePrecision", "average_precision"]

PROTOCOLS = ("coco", "voc", "voc07")
COCO_AREAS = {"all": (0.0, 1e10), "small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, 1e10)}
NO_LIMIT = 1 << 62
_TRUTH = ("boxes", "images", "classes", "crowd", "difficult", "area")
_FOUND = ("boxes", "scores", "images", "classes", "area")
_PEERS = {
    "labels": "classes", "box_labels": "classes", "category_id": "classes", "class_labels": "classes",
    "bbox": "boxes", "bboxes": "boxes", "image_id": "images", "score": "scores", "iscrowd": "crowd",
}  # fmt: skip
"""Columns of chains and of other libraries, and what they are called here."""
_COCO_ROWS = (
    "; of COCO's rows make columns: {'boxes': [r['bbox'] for r in rows], 'images': [r['image_id'] for r in rows], ...}"
    ", with box_format='coco'"
)


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

    Examples
    --------
    >>> truth = [{"boxes": np.array([[0, 0, 10, 10]]), "classes": np.array([1])}]
    >>> found = [{"boxes": np.array([[0, 0, 10, 9]]), "classes": np.array([1]), "scores": np.array([0.9])}]
    >>> average_precision(truth, found).protocol
    'coco'
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
        """The figures of the protocol by name: COCO's twelve, or mAP and the recall of PASCAL VOC."""
        if self.protocol != "coco":
            return {"mAP": self.ap, "recall": self.recall_at()}
        found = {"AP": self.at()}
        for name, threshold in (("AP50", 0.5), ("AP75", 0.75)):
            if self._find(threshold) is not None:
                found[name] = self.at(threshold)
        others = list(self.areas)[1:]
        found |= {f"AP {name}": self.at(area=name) for name in others}
        found |= {f"AR {'all' if m is None else m}": self.recall_at(max_detections=m) for m in self.max_detections}
        return found | {f"AR {name}": self.recall_at(area=name) for name in others}

    def report(self) -> str:
        """The summary and the classes as a table of text."""
        thresholds = ", ".join(f"{t:g}" for t in self.iou_thresholds)
        lines = [f"average precision, protocol {self.protocol}, IoU {thresholds}"]
        lines += [f"{name:<12}{_text(value)}" for name, value in self.summary().items()]
        names = [str(name) for name in self.classes.tolist()]
        width = max([5, *map(len, names)]) + 2
        lines += ["", f"{'class':<{width}}{'boxes':>8}{'AP':>9}{'recall':>9}"]
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
    protocol: str = "coco",
    iou_thresholds: Sequence[float] | None = None,
    areas: Mapping[str, tuple[float, float]] | None = None,
    max_detections: Sequence[int | None] | None = None,
    inclusive: bool | None = None,
    box_format: str = "pascal_voc",
) -> AveragePrecision:
    """Average precision of detections, by the rules of COCO or of PASCAL VOC.

    Parameters
    ----------
    truth : mapping of str to array_like, or sequence of them
        Columns, one row per ground-truth box of all images: ``boxes`` (n, 4), ``images`` and ``classes`` (integers or
        strings), and if there are such ``crowd``, ``difficult`` (truth values) and ``area`` (px², of the mask, say;
        default: of the box).  Or one mapping per image, without ``images``.
    detections : mapping of str to array_like, or sequence of them
        The same with ``boxes``, ``scores``, ``images``, ``classes`` and, if need be, ``area``; as many images as in
        `truth` where there is a mapping for each.
    protocol : {"coco", "voc", "voc07"}
        COCO: precision at 101 recalls, IoU 0.5 to 0.95, areas small, medium and large, 1, 10 and 100 detections.
        PASCAL VOC from 2010 on: the area under the curve at an IoU of 0.5; in 2007: precision at 11 recalls.
    iou_thresholds : sequence of float, optional
        In (0, 1], at most 64.  Default: those of the protocol.
    areas : mapping of str to (float, float), optional
        Ranges of areas [px²], both ends included, in this order; the first one is for totals.  Default: COCO's four,
        or all.
    max_detections : sequence of int or None, optional
        Most detections of a class in an image, in rising order; None: no limit.  Totals are for the last one.  Default:
        1, 10, 100, or no limit.
    inclusive : bool, optional
        Sides are ``x1 - x0 + 1``, see `iou`.  Default: as the protocol, with PASCAL VOC and corners in pixels only.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        How a row of boxes is written.  Areas of fractions are fractions, too.

    Returns
    -------
    AveragePrecision
        All figures, with a summary and a report.

    Raises
    ------
    TypeError, ValueError
        If columns are missing or unknown, do not fit together, are not finite, or boxes have negative sides.

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

    References
    ----------
    T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014.
    M. Everingham et al., "The PASCAL Visual Object Classes Challenge: A Retrospective", IJCV 111, 2015.

    Examples
    --------
    >>> truth = [{"boxes": np.array([[0, 0, 10, 10]]), "classes": np.array([1])}]
    >>> found = [{"boxes": np.array([[0, 0, 10, 9]]), "classes": np.array([1]), "scores": np.array([0.9])}]
    >>> round(float(average_precision(truth, found, iou_thresholds=[0.5]).average[0, 0, 0, 0]), 6)
    1.0
    """
    setting = settings(protocol, iou_thresholds, areas, max_detections, inclusive, box_format)
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
        precision, recall, scores, average, matched.verdicts.positives,
    )  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """A protocol, spelled out."""

    voc: bool
    thresholds: np.ndarray
    points: np.ndarray
    areas: dict[str, tuple[float, float]]
    ranges: np.ndarray
    limits: tuple[int | None, ...]
    inclusive: bool


@dataclass(frozen=True)
class Matched:
    """Detections by class and falling score, and what they are; see `_match`."""

    classes: np.ndarray
    scores: np.ndarray
    starts: np.ndarray
    verdicts: Verdicts


def settings(
    protocol: Any, iou_thresholds: Any, areas: Any, max_detections: Any, inclusive: Any, box_format: Any
) -> Settings:
    """Checked settings, with the protocol's where None came."""
    one_of(protocol, "protocol", PROTOCOLS)
    coco = protocol == "coco"
    given = (np.linspace(0.5, 0.95, 10) if coco else [0.5]) if iou_thresholds is None else iou_thresholds
    if isinstance(given, (str, bytes)) or not hasattr(given, "__len__") or not getattr(given, "ndim", 1):
        raise TypeError(f"iou_thresholds must be a sequence of numbers, got {given!r}")
    if not 1 <= len(given) <= MOST_THRESHOLDS:
        raise ValueError(f"iou_thresholds must be 1 to {MOST_THRESHOLDS} numbers, got {len(given)}")
    thresholds = np.array([real(t, f"iou_thresholds[{i}]", at_most=1.0) for i, t in enumerate(given)])
    if thresholds.min() <= 0:
        raise ValueError(f"iou_thresholds must be > 0, got {thresholds.min()}")
    named = _checked_areas((COCO_AREAS if coco else {"all": (0.0, np.inf)}) if areas is None else areas)
    limits = ((1, 10, 100) if coco else (None,)) if max_detections is None else max_detections
    if not isinstance(limits, (list, tuple)):
        raise TypeError(f"max_detections must be a sequence of integers or None, got {limits!r}")
    limits = tuple(None if m is None else integer(m, f"max_detections[{i}]", at_least=1) for i, m in enumerate(limits))
    sizes = [NO_LIMIT if m is None else m for m in limits]
    if not sizes or sizes != sorted(set(sizes)):
        raise ValueError(f"max_detections must be in rising order, got {max_detections!r}")
    if inclusive is None:
        inclusive = not coco and box_format == "pascal_voc"
    points = {"coco": np.linspace(0.0, 1.0, 101), "voc": np.empty(0), "voc07": np.arange(11) / 10}[protocol]
    ranges = np.array(list(named.values()), np.float64)
    return Settings(not coco, thresholds, points, named, ranges, limits, flag(inclusive, "inclusive"))


def _checked_areas(areas: Any) -> dict[str, tuple[float, float]]:
    if not isinstance(areas, Mapping):
        raise TypeError(f"areas must be a mapping of names to (low, high), got {type(areas).__name__}")
    found = {}
    for name, pair in areas.items():
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"areas[{name!r}] must be a pair (low, high), got {pair!r}")
        low, high = (float(v) for v in pair)
        if not 0 <= low <= high:
            raise ValueError(f"areas[{name!r}] must be a pair (low, high) with 0 <= low <= high, got {pair!r}")
        found[str(name)] = (low, high)
    if not found:
        raise ValueError("areas must have at least one range, got none")
    return found


def match_all(truth: Any, detections: Any, setting: Settings, box_format: Any) -> Matched:
    """Check the columns, sort, and match."""
    true = _columns(truth, "truth", _TRUTH, ("boxes", "images", "classes"))
    found = _columns(detections, "detections", _FOUND, ("boxes", "scores", "images", "classes"))
    if isinstance(truth, Mapping) != isinstance(detections, Mapping):
        raise TypeError("truth and detections must both be one mapping, or both a sequence of one mapping per image")
    if not isinstance(truth, Mapping) and len(truth) != len(detections):
        raise ValueError(f"detections must have one mapping per image of truth, {len(truth)}, got {len(detections)}")
    true_boxes, true_areas = _boxes(true["boxes"], "truth['boxes']", box_format, setting.inclusive)
    boxes, areas = _boxes(found["boxes"], "detections['boxes']", box_format, setting.inclusive)
    n, m = len(boxes), len(true_boxes)
    scores = as_numbers(found["scores"], n, "detections['scores']", "detections['boxes']")
    (image, true_image), images = _both(found, true, "images", n, m)
    (kind, true_kind), classes = _both(found, true, "classes", n, m)
    crowd, difficult = (as_flags(true.get(c), m, f"truth['{c}']", "truth['boxes']") for c in ("crowd", "difficult"))
    sizes = true_areas
    if true.get("area") is not None:
        sizes = as_numbers(true["area"], m, "truth['area']", "truth['boxes']")
    own = areas
    if found.get("area") is not None:
        own = as_numbers(found["area"], n, "detections['area']", "detections['boxes']")

    kinds, pictures = len(classes), len(images)
    by_image, _ = sorted_by(image, np.arange(n), pictures)
    by_score = by_image[falling(scores[by_image])]
    order, starts = sorted_by(kind, by_score, kinds)
    image, kind = image[order], kind[order]
    groups, _ = sorted_by(kind, sorted_by(image, np.arange(n), pictures)[0], kinds)
    true_order, true_starts = sorted_by(true_kind, sorted_by(true_image, np.arange(m), pictures)[0], kinds)

    hit, out = (np.zeros((len(setting.ranges), n), np.uint64) for _ in range(2))
    verdicts = Verdicts(np.zeros(n, np.int64), hit, out, np.zeros((kinds, len(setting.ranges)), np.int64))
    most = max(NO_LIMIT if limit is None else limit for limit in setting.limits)
    match(
        Detections(boxes[order], areas[order], own[order], image, groups, starts),
        Truth(
            true_boxes[true_order], true_areas[true_order], sizes[true_order], true_image[true_order],
            crowd[true_order], difficult[true_order], true_starts,
        ),
        Rules(setting.thresholds, setting.ranges, most, setting.voc),
        verdicts,
    )  # fmt: skip
    return Matched(classes, scores[order], starts, verdicts)


def _columns(value: Any, name: str, known: Sequence[str], required: Sequence[str]) -> dict[str, Any]:
    """Columns of all images together."""
    if isinstance(value, Mapping):
        _check_columns(value, name, known, required)
        return dict(value)
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be a mapping of columns, or a list of them, got {type(value).__name__}")
    counts = []
    for i, one in enumerate(value):
        if not isinstance(one, Mapping):
            raise TypeError(f"{name}[{i}] must be a mapping of columns, got {type(one).__name__}")
        _check_columns(one, f"{name}[{i}]", [c for c in known if c != "images"], [c for c in required if c != "images"])
        counts.append(len(one["boxes"]))
        for column, entries in one.items():
            if entries is not None and (not hasattr(entries, "__len__") or len(entries) != counts[-1]):
                raise ValueError(
                    f"{name}[{i}][{column!r}] must have one entry per row of {name}[{i}]['boxes'], {counts[-1]}, "
                    f"got {len(entries) if hasattr(entries, '__len__') else type(entries).__name__}"
                )
    filled = [one for one, count in zip(value, counts, strict=True) if count]
    found: dict[str, Any] = {"images": np.repeat(np.arange(len(value)), counts)}
    for column in known:
        given = [one.get(column) for one in filled]
        if column == "images" or (column not in required and all(g is None for g in given)):
            continue
        if any(g is None for g in given):
            raise ValueError(f"{name} must have the column {column!r} for each image or for none")
        found[column] = np.concatenate([np.asarray(g) for g in given]) if given else []
    return found


def _check_columns(value: Mapping[str, Any], name: str, known: Sequence[str], required: Sequence[str]) -> None:
    for column in value:
        if column not in known:
            hint = f", which is {_PEERS[column]!r} here" if column in _PEERS else ""
            hint += _COCO_ROWS if column in ("bbox", "category_id", "image_id") else ""
            raise ValueError(f"{name} must have columns out of {', '.join(known)}, got {column!r:.60}{hint}")
    for column in required:
        if column not in value:
            raise ValueError(f"{name} must have the column {column!r}, got {', '.join(map(str, value)) or 'none'}")


def _boxes(value: Any, name: str, box_format: Any, inclusive: bool) -> tuple[np.ndarray, np.ndarray]:
    """Corners and areas; an area is of the sides as they are given, not of differences of rounded corners."""
    boxes = as_boxes(value, name, box_format, inclusive)
    if box_format in ("coco", "yolo") and len(boxes):
        sides = np.asarray(value, np.float64)[:, 2:]
        return boxes, sides[:, 0] * sides[:, 1]
    return boxes, (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _both(found: Any, true: Any, column: str, n: int, m: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """A column of labels of detections and truth as numbers of the labels of both."""
    first = as_labels(found[column], n, f"detections['{column}']", "detections['boxes']")
    second = as_labels(true[column], m, f"truth['{column}']", "truth['boxes']")
    if n and m and (first.dtype.kind in "US") != (second.dtype.kind in "US"):
        raise TypeError(f"'{column}' must be integers or strings in truth and detections alike")
    filled = [labels for labels in (first, second) if len(labels)]
    distinct, codes = coded(np.concatenate(filled) if filled else first)
    return (codes[:n], codes[n:]), distinct


def _mean(values: np.ndarray) -> float:
    seen = values[~np.isnan(values)]
    return float(seen.mean()) if seen.size else float("nan")


def _text(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.4f}"
