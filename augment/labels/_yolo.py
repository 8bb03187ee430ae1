"""YOLO's text files: one line for each thing, in fractions of the image's width and height.

A line is ``class x y width height`` (detect), ``class x y x y ...`` (segment), ``class x y width height`` and then the
keypoints (pose), or ``class`` and four corners (obb), as the documentation of Ultralytics describes them.
"""

from __future__ import annotations

import math
import os
from pathlib import Path, PurePosixPath
from typing import Any

from imgproc._core.needed import needed

from ._model import Annotation, LabelledImage, LabelSet
from ._text import PICTURES, Problems, Wrong, as_text, files_below, picture_size, text_of

__all__: list[str] = []

KINDS = ("detect", "segment", "pose", "obb")
ABOUTS = ("data.yaml", "data.yml", "dataset.yaml")
NAMES = ("classes.txt", "obj.names")
NOT_LABELS = (*NAMES, "train.txt", "val.txt", "test.txt", "requirements.txt", "readme.txt", "license.txt")
SLACK = 1.001
"""Fractions are at most this, and at least as much below 0: files are written with few digits."""


def is_label(name: str) -> bool:
    """Whether a name may be that of a file of labels."""
    base = name.rpartition("/")[2]
    return base.lower().endswith(".txt") and base.lower() not in NOT_LABELS


def read_yolo(root: Path, kind: str, problems: Problems, sizes: bool) -> LabelSet:
    """Labels of a folder with images and labels beside them, or in ``images`` and ``labels``; or one label file."""
    if root.is_file():
        base, names, about = root.parent, [root.name], {}
    else:
        base, names = _with_images(root)
        about = _about(root, problems) or (_about(base, problems) if base != root else {})
    shape = about.get("kpt_shape")
    rows = [(name, _rows(base / name, problems)) for name in names if is_label(name)]
    kind = _kind(kind, [row for _, found in rows for row in found], shape is not None)
    by_key = {_key(name): name for name in names if os.path.splitext(name)[1].lower() in PICTURES}
    images, highest = [], -1
    labelled = {}
    for name, found in rows:
        made = [problems.tried(base / name, _annotation, *row, kind, shape) for row in found]
        annotations = tuple(each for each in made if each is not None)
        highest = max([highest, *(each.label for each in annotations)])
        labelled[_key(name)] = name, annotations
    for key in sorted(by_key.keys() | labelled.keys()):
        name, annotations = labelled.get(key, ("", ()))
        size = None
        if sizes and key in by_key:
            size = problems.tried(base / by_key[key], picture_size, base / by_key[key])
        images.append(LabelledImage(by_key.get(key, ""), size, annotations, more={"labels": name} if name else {}))
    classes = _classes(base, about, highest, problems)
    return LabelSet("yolo", kind, base, classes, tuple(images), "yolo", tuple(problems.found), about)


def _with_images(root: Path) -> tuple[Path, list[str]]:
    """The folder, and the files below it; of a folder in ``labels`` with those of its counterpart in ``images``."""
    names, parts = files_below(root), root.absolute().parts
    if "labels" in parts and not any(os.path.splitext(name)[1].lower() in PICTURES for name in names):
        k = len(parts) - 1 - parts[::-1].index("labels")
        base, rest = Path(*parts[:k]), parts[k + 1 :]
        if base.joinpath("images", *rest).is_dir():
            folders = ("labels", *rest), ("images", *rest)
            return base, ["/".join((*f, name)) for f in folders for name in files_below(base.joinpath(*f))]
    return root, names


def _key(name: str) -> str:
    """What an image and its labels have in common: the name without its end, and without ``images`` or ``labels``."""
    parts = PurePosixPath(name).with_suffix("").parts
    for k in range(len(parts) - 2, -1, -1):
        if parts[k] in ("images", "labels"):
            return "/".join((*parts[:k], *parts[k + 1 :]))
    return "/".join(parts)


def labels_name(image: str) -> str:
    """The file of labels of an image: in ``labels`` where that is in ``images``, else beside it."""
    parts = PurePosixPath(image).with_suffix(".txt").parts
    for k in range(len(parts) - 2, -1, -1):
        if parts[k] == "images":
            return "/".join((*parts[:k], "labels", *parts[k + 1 :]))
    return "/".join(parts)


def _about(root: Path, problems: Problems) -> dict[str, Any]:
    for name in ABOUTS:
        if (root / name).is_file():
            with needed("yaml"):
                import yaml

            text = problems.tried(root / name, text_of, root / name)
            try:
                found = yaml.safe_load(text or "")
            except (yaml.YAMLError, ValueError, RecursionError) as error:
                problems.note(root / name, "", f"not YAML: {str(error).splitlines()[0]}")
                return {}
            if not isinstance(found, dict):
                problems.note(root / name, "", f"must be a mapping with 'names', got {type(found).__name__}")
                return {}
            shape = found.get("kpt_shape")
            if shape is not None and not (isinstance(shape, list) and len(shape) == 2 and shape[1] in (2, 3)):
                problems.note(root / name, "kpt_shape", f"must be [count, 2] or [count, 3], got {shape!r:.60}")
                return {}
            return found
    return {}


def _classes(base: Path, about: dict[str, Any], highest: int, problems: Problems) -> tuple[str, ...]:
    names = about.get("names")
    if isinstance(names, dict) and all(isinstance(k, int) and k >= 0 for k in names):
        names = [str(names.get(k, k)) for k in range(max(names, default=-1) + 1)]
    if not isinstance(names, list):
        names = []
        for file in NAMES:
            if (base / file).is_file():
                text = problems.tried(base / file, text_of, base / file)
                names = [line.strip() for line in (text or "").splitlines() if line.strip()]
                break
    if names and highest >= len(names):
        problems.note(base, "", f"class {highest} must be one of the {len(names)} that are named")
    return tuple(map(str, [*names, *range(len(names), highest + 1)]))


def _rows(file: Path, problems: Problems) -> list[tuple[int, list[float]]]:
    text = problems.tried(file, text_of, file)
    found = []
    for number, line in enumerate((text or "").splitlines(), 1):
        if line.strip():
            values = problems.tried(file, _numbers, number, line)
            if values is not None:
                found.append((number, values))
    return found


def _numbers(number: int, line: str) -> list[float]:
    place = f"line {number}"
    try:
        values = [float(v) for v in line.split()]
    except ValueError:
        raise Wrong(place, f"must be numbers 'class x y width height', got {line!r:.60}") from None
    if not all(map(math.isfinite, values)):
        raise Wrong(place, f"must be finite numbers, got {line!r:.60}")
    if values[0] < 0 or values[0] != int(values[0]) or values[0] > 1e6:
        raise Wrong(place, f"class must be a whole number from 0 on, got {values[0]:g}")
    return values


def _kind(kind: str, rows: list[tuple[int, list[float]]], has_shape: bool) -> str:
    """What the lines are, by how many numbers they have; for ``"bounds"`` four corners of any kind are a polygon."""
    if kind not in ("auto", "bounds"):
        return kind
    counts = {len(values) for _, values in rows}
    if has_shape:
        return "pose"
    if counts <= {5}:
        return "detect"
    if counts == {9} and kind == "auto":
        raise ValueError(
            "kind must be said: lines of 9 numbers are oriented boxes (kind='obb') or polygons of four corners "
            "(kind='segment')"
        )
    return "segment"


def _annotation(number: int, values: list[float], kind: str, shape: Any) -> Annotation:
    place, label, numbers = f"line {number}", int(values[0]), tuple(values[1:])
    if kind == "pose":
        count, width = shape or (0, 3)
        if shape is None and (len(numbers) - 4) % 3:
            raise Wrong(place, f"must be a box and keypoints x, y, visibility, got {len(values)} numbers")
        if shape is not None and len(numbers) != 4 + count * width:
            raise Wrong(place, f"must have {5 + count * width} numbers, as kpt_shape says, got {len(values)}")
        points = tuple(numbers[k : k + width] for k in range(4, len(numbers), width))
        _fractions(place, [v for point in points for v in point[:2]])
        return Annotation(label, _box(place, numbers[:4]), keypoints=points)
    if kind == "obb":
        if len(numbers) != 8:
            raise Wrong(place, f"must be 'class x0 y0 x1 y1 x2 y2 x3 y3', got {len(values)} numbers")
        _fractions(place, numbers)
        return Annotation(label, polygons=(numbers,))
    if len(numbers) == 4:
        return Annotation(label, _box(place, numbers))
    if kind == "detect" or len(numbers) < 6 or len(numbers) % 2:
        raise Wrong(place, f"must be 'class x y width height', got {len(values)} numbers")
    _fractions(place, numbers)
    return Annotation(label, polygons=(numbers,))


def _box(place: str, box: tuple[float, ...]) -> tuple[float, ...]:
    x, y, w, h = box
    if not (0 <= w <= SLACK and 0 <= h <= SLACK):
        raise Wrong(place, f"width and height must be fractions in [0, 1], got {w:g}, {h:g}")
    _fractions(place, (x, y))
    return box


def _fractions(place: str, values: Any) -> None:
    for value in values:
        if not 1 - SLACK <= value <= SLACK:
            raise Wrong(place, f"x and y must be fractions in [0, 1] of the image's width and height, got {value:g}")


def shape_of(labels: LabelSet) -> tuple[int, int]:
    """How many keypoints the things of a set have, and how many numbers each of them."""
    said = labels.more.get("kpt_shape") if labels.format == "yolo" else None
    if said:
        return tuple(said)
    rows = [each.keypoints for image in labels.images for each in image.annotations if each.keypoints]
    return max(map(len, rows), default=0), max((len(point) for row in rows for point in row), default=3)


def lines_of(image: LabelledImage, kind: str, shape: tuple[int, int]) -> str:
    """The file of labels of an image; its annotations must have fractions.

    Of poses, things without keypoints get zeros, which is what COCO and YOLO have for points that nobody sees."""
    lines = []
    for each in image.annotations:
        numbers: list[float] = []
        if kind in ("detect", "pose") or not each.polygons:
            if each.box is None:
                raise ValueError(f"{image.file}: every annotation must have a box in YOLO's {kind} files")
            numbers += each.box
        if kind == "pose":
            blank = [0.0] * (shape[1] * (shape[0] - len(each.keypoints)))
            numbers += [*(v for point in each.keypoints for v in point), *blank]
        elif kind != "detect" and each.polygons:
            if len(each.polygons) > 1:
                numbers += joined_rings(each.polygons)
            else:
                numbers += each.polygons[0]
        lines.append(" ".join([str(each.label), *map(as_text, numbers)]))
    return "".join(line + "\n" for line in lines)


def joined_rings(rings: Any) -> list[float]:
    """Several rings as one, by lines to and fro between a point of each and the nearest point of those before it.

    YOLO has one ring for each thing; the lines have no area, so that the filled outline is the same."""
    points = [[tuple(ring[k : k + 2]) for k in range(0, len(ring), 2)] for ring in rings]
    whole = points[0]
    for ring in points[1:]:
        _, i, j = min(
            (max(abs(p[0] - q[0]), abs(p[1] - q[1])), i, j) for i, p in enumerate(whole) for j, q in enumerate(ring)
        )
        around = [*ring[j:], *ring[: j + 1]]
        whole = [*whole[: i + 1], *around, *whole[i:]]
    return [v for point in whole for v in point]
