"""One thing in an image as COCO's records tell it: read with checks, and written so that what did not change stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._model import Annotation
from ._text import Wrong, are_numbers, is_number

__all__: list[str] = []

Fields = tuple[
    tuple[float, ...] | None,
    tuple[tuple[float, ...], ...],
    tuple[tuple[float, ...], ...],
    Mapping[str, Any] | None,
    bool,
]
"""Box, polygons, keypoints, run lengths, crowd: the fields of an `Annotation` behind its label."""


def fields_of(record: Mapping[str, Any], place: str) -> Fields:
    """What a record says; `Wrong` for what COCO's format does not allow."""
    box = record.get("bbox")
    if box is not None and (not are_numbers(box, 4) or min(box[2:]) < 0):
        raise Wrong(place, f"'bbox' must be four numbers x, y, width, height with sides >= 0, got {repr(box)[:100]}")
    outline = record.get("segmentation")
    polygons: tuple[tuple[float, ...], ...] = ()
    mask = None
    if isinstance(outline, dict):
        check_run_lengths(outline, place)
        mask = outline
    elif outline:
        if not isinstance(outline, list) or not all(
            are_numbers(ring) and len(ring) >= 6 and len(ring) % 2 == 0 for ring in outline
        ):
            raise Wrong(place, "'segmentation' must be rings [x, y, x, y, ...] of at least three points")
        polygons = tuple(map(tuple, outline))
    points = record.get("keypoints")
    if points is not None and (not are_numbers(points) or len(points) % 3):
        raise Wrong(place, f"'keypoints' must be numbers x, y, visibility, ..., got {repr(points)[:60]}")
    keypoints = tuple(tuple(points[k : k + 3]) for k in range(0, len(points), 3)) if points else ()
    return None if box is None else tuple(box), polygons, keypoints, mask, bool(record.get("iscrowd"))


def check_run_lengths(outline: Mapping[str, Any], place: str) -> None:
    """`Wrong` unless run lengths fill exactly their image: decoders write as far as they lead."""
    size: Any = outline.get("size")
    counts: Any = outline.get("counts")
    if not are_numbers(size, 2) or not isinstance(counts, (list, str)):
        raise Wrong(place, "'segmentation' of run lengths must have 'size' [h, w] and 'counts'")
    if not all(isinstance(v, int) and v > 0 for v in size):
        raise Wrong(place, f"'size' of run lengths must be two whole numbers > 0, got {repr(size)[:60]}")
    runs = _compressed(counts, place) if isinstance(counts, str) else counts
    if not all(isinstance(v, int) and v >= 0 and not isinstance(v, bool) for v in runs):
        raise Wrong(place, "'counts' of run lengths must be whole numbers from 0 on")
    if sum(runs) != size[0] * size[1]:
        raise Wrong(place, f"'counts' of run lengths must sum to {size[0]} x {size[1]} pixels, got {sum(runs)}")


def _compressed(text: str, place: str) -> list[int]:
    """Run lengths of COCO's text: numbers of 5 bits a character, from the third on as differences to two before."""
    runs: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise Wrong(place, f"'counts' of run lengths must be COCO's text, got the character {character!r}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise Wrong(place, "'counts' of run lengths must be COCO's text, got one that ends in a number")
    return runs


def updated(record: dict[str, Any], each: Annotation) -> None:
    """Put what an annotation says into a record; what the record says alike already stays as it is, to the letter."""
    try:
        was: Fields = fields_of(record, "")
    except Wrong:  # a record of somebody's own
        was = None, (), (), None, False
    box, polygons, keypoints, mask, crowd = was
    moved = each.box != box
    if moved and each.box is not None:
        record["bbox"] = list(each.box)
    elif moved:
        record.pop("bbox", None)
    if each.mask is not None and each.mask != mask:
        record["segmentation"] = dict(each.mask)
    elif each.mask is None and (each.polygons != polygons or mask is not None):
        record["segmentation"] = [list(ring) for ring in each.polygons]
    if each.keypoints != keypoints:
        rows = [(*point[:2], *(point[2:] or (2,))) for point in each.keypoints]
        record["keypoints"] = [v for row in rows for v in row]
        record["num_keypoints"] = sum(row[2] > 0 for row in rows)
    if each.crowd != crowd:
        record["iscrowd"] = int(each.crowd)
    if "area" in record and (moved or each.polygons != polygons or each.mask != mask):
        record["area"] = area_of(each)


def area_of(each: Annotation) -> float:
    """Of the polygons by the shoelace formula, else of the pixels of run lengths, else of the box [px²]."""
    if each.mask is not None:
        counts = each.mask["counts"]
        return float(sum((_compressed(counts, "") if isinstance(counts, str) else counts)[1::2]))
    if each.polygons:
        total = 0.0
        for ring in each.polygons:
            xs, ys = ring[::2], ring[1::2]
            total += 0.5 * abs(sum(xs[k - 1] * ys[k] - xs[k] * ys[k - 1] for k in range(len(xs))))
        return total
    box = each.box
    return float(box[2] * box[3]) if box is not None and all(map(is_number, box)) else 0.0
