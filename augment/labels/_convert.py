"""Labels of one format in the numbers of another: fractions and pixels, corners and sizes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from ._model import Annotation, LabelledImage, LabelSet
from ._records import FORMATS

__all__: list[str] = []

BOX_FORMATS = {"yolo": "yolo", "coco": "coco", "voc": "pascal_voc"} | dict.fromkeys(FORMATS, "coco")
"""Of boxes, for each format that can be written."""

RECORDS = ("detect", "segment", "pose", "classify", "mask")
KINDS = {name: RECORDS for name in FORMATS} | {
    "voc": ("detect",),
    "coco": ("detect", "segment", "pose"),
    "yolo": ("detect", "segment", "pose", "obb"),
}


def converted(labels: LabelSet, format: str, wanted: str) -> LabelSet:
    """The labels in the numbers of a format, and with what it has of them; the same object if it is theirs."""
    if format == labels.format and wanted in ("auto", labels.kind):
        return labels
    kind = kind_for(labels, format, wanted)
    images = tuple(converted_image(image, labels, format, kind) for image in labels.images)
    # Records belong to the format that they come from; `format` stays, so that nobody writes them elsewhere.
    return dataclasses.replace(labels, kind=kind, images=images, box_format=BOX_FORMATS[format])


def kind_for(labels: LabelSet, format: str, wanted: str) -> str:
    """What another format has of labels: boxes, polygons or keypoints, too, or classes and masks of images."""
    kind = labels.kind if wanted == "auto" else wanted
    if kind in ("classify", "mask") and kind not in KINDS[format]:
        raise ValueError(f"labels must be boxes, polygons or keypoints, got those of {labels.format!r}")
    if kind == "obb" and format != "yolo":
        kind = "segment"
    return kind if kind in KINDS[format] else "detect"


def converted_image(image: LabelledImage, labels: LabelSet, format: str, kind: str) -> LabelledImage:
    """One image of a data set in the numbers of a format; the same object if they are alike."""
    made = tuple(_annotation(each, image, labels, format, kind) for each in image.annotations)
    return dataclasses.replace(image, annotations=made) if made != image.annotations else image


def _annotation(each: Annotation, image: LabelledImage, labels: LabelSet, format: str, kind: str) -> Annotation:
    if each.mask is not None and format == "yolo" and kind == "segment":
        raise ValueError(
            f"{image.file}: annotations must have polygons for YOLO's segment files, got run lengths: they are masks"
        )
    target = BOX_FORMATS[format]
    scaled = _scaling(image, labels.format, format)
    polygons = tuple(scaled(ring) for ring in each.polygons)
    keypoints = tuple((*scaled(point[:2]), *point[2:]) for point in each.keypoints)
    box = each.box
    if box is not None:
        if labels.box_format != target:
            box = _from_corners(scaled(_corners(box, labels.box_format)), target)
    elif polygons:
        box = _from_corners(_around(polygons), target)
    if kind == "detect":
        return dataclasses.replace(each, box=box, polygons=(), keypoints=(), mask=None)
    return dataclasses.replace(each, box=box, polygons=polygons, keypoints=() if kind == "segment" else keypoints)


def _scaling(image: LabelledImage, source: str, target: str) -> Callable[[Sequence[float]], tuple[float, ...]]:
    """What makes pixels of fractions, or fractions of pixels, of numbers x, y, x, y, ..."""
    if (source == "yolo") == (target == "yolo"):
        return tuple
    if image.size is None:
        raise ValueError(
            f"{image.file or image.more.get('labels')}: the size of every image must be known to convert between "
            "fractions and pixels: read_labels(..., sizes=True)"
        )
    sides = image.size[::-1]
    if source == "yolo":
        return lambda numbers: tuple(v * sides[k % 2] for k, v in enumerate(numbers))
    return lambda numbers: tuple(v / sides[k % 2] for k, v in enumerate(numbers))


def _corners(box: Sequence[float], format: str) -> tuple[float, ...]:
    a, b, c, d = box
    if format == "coco":
        return a, b, a + c, b + d
    if format == "yolo":
        return a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return a, b, c, d


def _from_corners(corners: Sequence[float], format: str) -> tuple[float, ...]:
    x0, y0, x1, y1 = corners
    if format == "coco":
        return x0, y0, x1 - x0, y1 - y0
    if format == "yolo":
        return (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
    return x0, y0, x1, y1


def _around(polygons: Sequence[Sequence[float]]) -> tuple[float, ...]:
    xs, ys = [v for ring in polygons for v in ring[::2]], [v for ring in polygons for v in ring[1::2]]
    return min(xs), min(ys), max(xs), max(ys)
