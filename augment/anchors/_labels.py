"""Box sizes out of label files: YOLO's text, COCO's JSON, PASCAL VOC's XML."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.needed import needed

__all__: list[str] = []

FORMATS = ("auto", "yolo", "coco", "voc")
PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
LARGEST = 2**53
"""Pixels; beyond it a float says no whole number any more, and an integer may be beyond the floats."""
NOT_LABELS = ("classes.txt", "obj.names", "train.txt", "val.txt", "test.txt", "requirements.txt")


@dataclass(frozen=True)
class Sizes:
    """Widths and heights of boxes [px], and (h, w) of the image of each.

    Where `fractions`, sizes are of images whose size is not known, and `images` is empty.  `dropped` boxes had no
    area and were left out."""

    boxes: np.ndarray
    images: np.ndarray
    fractions: bool = False
    files: int = 0
    dropped: int = 0


def read_sizes(path: str | os.PathLike[str], labels: str = "auto") -> Sizes:
    """Sizes of all boxes in a file or below a folder.

    Crowds (COCO) and difficult boxes (PASCAL VOC) are left out, as are boxes without area.  Sides of PASCAL VOC are
    ``xmax - xmin``, as everybody converts them.

    Raises
    ------
    FileNotFoundError
        If there is no such path.
    ValueError
        If there are no labels, or of several formats, or one cannot be read: the message names the file and the place.
    """
    one_of(labels, "labels", FORMATS)
    root = Path(path)
    if not root.exists():
        raise FileNotFoundError(f"no such file or folder: {root}")
    files = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    by_format = {
        "yolo": [p for p in files if p.suffix.lower() == ".txt" and p.name not in NOT_LABELS],
        "coco": [p for p in files if p.suffix.lower() == ".json"],
        "voc": [p for p in files if p.suffix.lower() == ".xml"],
    }
    if labels == "auto":
        there = [name for name, found in by_format.items() if found]
        if not there:
            raise ValueError(f"{root} must hold labels: .txt (YOLO), .json (COCO) or .xml (PASCAL VOC), found none")
        if len(there) > 1:
            raise ValueError(f"{root} holds labels of several formats, {', '.join(there)}: say which in labels")
        labels = there[0]
    chosen = by_format[labels]
    if not chosen:
        raise ValueError(f"{root} must hold labels of format {labels!r}, found none")
    if labels == "yolo":
        return _yolo(chosen)
    boxes, images = [], []
    for file in chosen:
        for box, image in (_coco if labels == "coco" else _voc)(file):
            boxes.append(box)
            images.append(image)
    sizes, shapes = np.array(boxes, np.float64).reshape(-1, 2), np.array(images, np.float64).reshape(-1, 2)
    keep = sizes.min(axis=1, initial=np.inf) > 0
    return Sizes(sizes[keep], shapes[keep], files=len(chosen), dropped=int((~keep).sum()))


def _yolo(files: list[Path]) -> Sizes:
    boxes, images, missing = [], [], 0
    for file in files:
        found = _yolo_file(file)
        if not found:
            continue
        size = _picture_size(file)
        missing += size is None
        boxes += found
        images += [size or (0, 0)] * len(found)
    fractions, sizes = np.array(boxes).reshape(-1, 2), np.array(images, np.float64).reshape(-1, 2)
    keep = fractions.min(axis=1, initial=np.inf) > 0
    fractions, sizes, dropped = fractions[keep], sizes[keep], int((~keep).sum())
    if missing:
        return Sizes(fractions, np.empty((0, 2)), fractions=True, files=len(files), dropped=dropped)
    return Sizes(fractions * sizes[:, ::-1], sizes, files=len(files), dropped=dropped)


def _yolo_file(file: Path) -> list[tuple[float, float]]:
    found = []
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = [float(v) for v in line.split()]
        except ValueError:
            raise ValueError(
                f"{file}, line {number}: must be numbers 'class x y width height', got {line!r:.60}"
            ) from None
        if len(values) == 5:
            w, h = values[3:]
        elif len(values) >= 7 and len(values) % 2:  # a polygon: class, x, y, x, y, ...
            w, h = (max(values[k::2]) - min(values[k::2]) for k in (1, 2))
        else:
            raise ValueError(f"{file}, line {number}: must be 'class x y width height', got {len(values)} numbers")
        if not (np.isfinite(values).all() and 0 <= w <= 1.001 and 0 <= h <= 1.001):
            raise ValueError(f"{file}, line {number}: width and height must be fractions in [0, 1], got {w:g}, {h:g}")
        found.append((w, h))
    return found


def _picture_size(file: Path) -> tuple[int, int] | None:
    """(h, w) of the image of a label file, beside it or in ``images`` where that is in ``labels``; None: not found."""
    folders = [file.parent]
    parts = file.parent.parts
    for i, part in enumerate(parts):
        if part == "labels":
            folders.append(Path(*parts[:i], "images", *parts[i + 1 :]))
    for folder in folders:
        for suffix in PICTURES:
            for name in (file.stem + suffix, file.stem + suffix.upper()):
                if (folder / name).is_file():
                    with needed("PIL"):
                        from PIL import Image

                    try:
                        with Image.open(folder / name) as picture:
                            return picture.height, picture.width
                    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
                        raise ValueError(f"{folder / name}: cannot be read as an image: {error}") from error
    return None


def _coco(file: Path) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    try:
        data = json.loads(_text(file))
    except RecursionError:
        raise ValueError(f"{file}: not JSON: values are nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"{file}: not JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("annotations"), list):
        raise ValueError(f"{file}: must be COCO's object with a list 'annotations'")
    if not isinstance(data.get("images", []), list):
        raise ValueError(f"{file}: 'images' must be a list, got {type(data['images']).__name__}")
    shapes = {}
    for i, image in enumerate(data.get("images", [])):
        number = _id(image, "id", f"{file}, image {i}")
        shapes[number] = (image.get("height"), image.get("width"))
    found = []
    for i, row in enumerate(data["annotations"]):
        number = _id(row, "image_id", f"{file}, annotation {i}")
        if row.get("iscrowd"):
            continue
        box, shape = row.get("bbox"), shapes.get(number)
        what = f"{file}, annotation {str(row.get('id', i))[:40]}"
        if not _numbers(box, 4) or min(box[2:]) < 0:
            raise ValueError(
                f"{what}: 'bbox' must be four numbers x, y, width, height with sides >= 0, got {repr(box)[:100]}"
            )
        if shape is None or not _numbers(shape, 2) or min(shape) <= 0:
            raise ValueError(
                f"{what}: its image {repr(number)[:40]} must have 'height' and 'width' > 0, got {repr(shape)[:100]}"
            )
        found.append(((box[2], box[3]), shape))
    return found


def _voc(file: Path) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(_text(file))
    except ElementTree.ParseError as error:
        raise ValueError(f"{file}: not XML: {error}") from None
    found = []
    for i, thing in enumerate(root.iter("object"), 1):
        if (thing.findtext("difficult") or "0").strip() == "1":
            continue
        corners: Any = [_number(thing.findtext(f"bndbox/{name}")) for name in ("xmin", "ymin", "xmax", "ymax")]
        shape: Any = [_number(root.findtext(f"size/{name}")) for name in ("height", "width")]
        if not _numbers(corners, 4) or corners[2] < corners[0] or corners[3] < corners[1]:
            raise ValueError(f"{file}, object {i}: must have a 'bndbox' with xmin <= xmax, ymin <= ymax, got {corners}")
        if not _numbers(shape, 2) or min(shape) <= 0:
            raise ValueError(f"{file}: must have 'size' with height and width > 0, got {shape}")
        found.append(((corners[2] - corners[0], corners[3] - corners[1]), (shape[0], shape[1])))
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file}: not a text file in UTF-8") from None


def _id(entry: Any, name: str, what: str) -> Any:
    """An entry's number, or its name: what another entry can refer to."""
    if not isinstance(entry, dict):
        raise ValueError(f"{what}: must be an object, got {type(entry).__name__}")
    found = entry.get(name)
    if found is not None and not isinstance(found, (int, float, str)):
        raise ValueError(f"{what}: {name!r} must be a number or a string, got {type(found).__name__}")
    return found


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _numbers(value: Any, count: int) -> bool:
    """So many numbers of pixels."""
    return (
        isinstance(value, (list, tuple))
        and len(value) == count
        and all(isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) <= LARGEST for v in value)
    )
