"""From ground truth and detections to what each detection is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.threads import run_bands

from ._columns import Rows, rows_of
from ._from_labels import columns_of_labels, of_labels
from ._match import Detections, Rules, Truth, Verdicts, match
from ._oks import oks_shares, variances_of
from ._order import falling, sorted_by
from ._runs import mask_shares
from ._settings import NO_LIMIT, Settings

__all__: list[str] = []

_PAIR = 1 << 6
"""Comparing two masks or poses takes about as long as so many pixels do, for the decision about threads."""


@dataclass(frozen=True)
class Matched:
    """Detections by class and falling score, and what they are; see `_match`."""

    classes: np.ndarray
    scores: np.ndarray
    starts: np.ndarray
    verdicts: Verdicts


def format_of(truth: Any, detections: Any, inclusive: Any, box_format: Any) -> Any:
    """How boxes are written: as asked, or as files and sets of labels have them, of which nothing else may be said."""
    if not of_labels(truth):
        return box_format
    if box_format not in ("pascal_voc", "coco") or inclusive not in (None, False):
        raise ValueError(
            "box_format and inclusive must be left out where truth is labels, which say how boxes are written, "
            f"got box_format={box_format!r}, inclusive={inclusive!r}"
        )
    return "coco"


def match_all(truth: Any, detections: Any, setting: Settings, box_format: Any) -> Matched:
    """Check all, sort, and match.  `box_format` is what `format_of` gave."""
    names = None
    if of_labels(truth):
        truth, detections, names = columns_of_labels(truth, detections, setting.kind)
    true, found, classes, pictures = rows_of(truth, detections, setting, box_format, names)
    n, m, kinds = len(found.areas), len(true.areas), len(classes)
    by_image, _ = sorted_by(found.images, np.arange(n), pictures)
    by_score = by_image[falling(found.scores[by_image])]
    order, starts = sorted_by(found.classes, by_score, kinds)
    image, kind = found.images[order], found.classes[order]
    groups, _ = sorted_by(kind, sorted_by(image, np.arange(n), pictures)[0], kinds)
    true_order, true_starts = sorted_by(true.classes, sorted_by(true.images, np.arange(m), pictures)[0], kinds)

    hit, out = (np.zeros((len(setting.ranges), n), np.uint64) for _ in range(2))
    verdicts = Verdicts(np.zeros(n, np.int64), hit, out, np.zeros((kinds, len(setting.ranges)), np.int64))
    most = max(NO_LIMIT if limit is None else limit for limit in setting.limits)
    boxes, true_boxes = np.empty((n, 4)), np.empty((m, 4))
    shares, places = np.empty(0), np.empty(0, np.int64)
    if setting.kind == "boxes":
        boxes, true_boxes = found.shapes[order], true.shapes[true_order]
    else:
        place = image + pictures * kind, (true.images + pictures * true.classes)[true_order]
        places, rows, columns = _pairs(*place, groups, most)
        shares = _shares(found, true, order[rows], true_order[columns], setting)
    match(
        Detections(boxes, found.areas[order], found.sizes[order], image, groups, starts),
        Truth(
            true_boxes, true.areas[true_order], true.sizes[true_order], true.images[true_order],
            true.crowd[true_order], true.difficult[true_order], true_starts,
        ),
        Rules(setting.thresholds, setting.ranges, most, setting.voc),
        verdicts,
        shares,
        places,
    )  # fmt: skip
    return Matched(classes, found.scores[order], starts, verdicts)


def _pairs(
    place: np.ndarray, true_place: np.ndarray, groups: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of a detection and an object of its class in its image.

    `place` is the number of class and image of each detection; `true_place`, in rising order, that of each object;
    `groups` are detections by place and falling score, of which only the first `most` of each place have pairs.
    Returns where the pairs of each detection begin, and of each pair the detection and the object.
    """
    low, high = (np.searchsorted(true_place, place, side) for side in ("left", "right"))
    counts, sorted_places = high - low, place[groups]
    begins = np.searchsorted(sorted_places, sorted_places, "left")
    counts[groups[np.arange(groups.size) - begins >= most]] = 0
    places = np.cumsum(counts) - counts
    rows = np.repeat(np.arange(place.size), counts)
    return places, rows, np.arange(rows.size) - np.repeat(places - low, counts)


def _shares(found: Rows, true: Rows, rows: np.ndarray, columns: np.ndarray, setting: Settings) -> np.ndarray:
    """How much of each other the masks or poses of pairs have."""
    shares = np.empty(rows.size)
    if setting.kind == "masks":
        apart = np.flatnonzero((found.shapes.sizes[rows] != true.shapes.sizes[columns]).any(axis=1))
        if apart.size:
            i, j = int(rows[apart[0]]), int(columns[apart[0]])
            raise ValueError(
                "masks of one image must have one size, got "
                f"{tuple(found.shapes.sizes[i].tolist())} in row {i} of detections, "
                f"and {tuple(true.shapes.sizes[j].tolist())} in row {j} of truth"
            )
        crowd = true.crowd & (not setting.voc)

        def band(a: int, b: int) -> None:
            mask_shares(found.shapes, true.shapes, crowd, rows, columns, a, b, shares)

    else:
        variances = variances_of(setting.sigmas, true.shapes.shape[1]) if rows.size else np.empty(0)
        poses = np.ascontiguousarray(found.shapes[:, :, :2])

        def band(a: int, b: int) -> None:
            oks_shares(poses, true.shapes, true.boxes, true.sizes, variances, rows, columns, a, b, shares)

    run_bands(band, rows.size, pixels=rows.size * _PAIR)
    return shares
