"""Box sizes out of label files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from imgproc._core.check import one_of

from ..labels._coco import read_coco
from ..labels._model import Annotation, LabelledImage, LabelSet
from ..labels._read import files_of_labels, read_labels
from ..labels._records import FORMATS as RECORDS
from ..labels._text import Problems, files_below
from ..labels._voc import read_voc
from ..labels._yolo import read_yolo

__all__: list[str] = []

FORMATS = ("auto", "yolo", "coco", "voc", *RECORDS)


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
    names = [root.name] if root.is_file() else files_below(root)
    there = files_of_labels(root, names, "labels" if labels == "auto" else "")
    if labels == "auto":
        if not there:
            raise ValueError(
                f"{root} must hold labels: .txt (YOLO), .json (COCO), .xml (PASCAL VOC), metadata.jsonl (imagefolder), "
                ".tar (WebDataset) or .parquet, found none"
            )
        labels = next(iter(there))
    chosen = [root if root.is_file() else root / name for name in there.get(labels, ())]
    if not chosen:
        raise ValueError(f"{root} must hold labels of format {labels!r}, found none")
    if labels == "yolo":
        return _yolo(root, len(chosen))
    boxes, shapes = [], []
    for file in [root] if labels in RECORDS else chosen:
        for image in _read(file, labels).images:
            for annotation in image.annotations:
                if not (annotation.crowd or annotation.difficult):
                    what = f"{file}, annotation {str(annotation.more.get('id'))[:40]}"
                    boxes.append(_side(annotation, labels, what))
                    shapes.append(_shape(image, what))
    sizes, images = np.array(boxes, np.float64).reshape(-1, 2), np.array(shapes, np.float64).reshape(-1, 2)
    keep = sizes.min(axis=1, initial=np.inf) > 0
    return Sizes(sizes[keep], images[keep], files=len(chosen), dropped=int((~keep).sum()))


def _read(file: Path, labels: str) -> LabelSet:
    if labels in RECORDS:
        return read_labels(file, format=labels, sizes=True)
    if labels == "coco":
        return read_coco(file, None, Problems(False), classes=False)
    return read_voc(file, Problems(False))


def _side(annotation: Annotation, labels: str, what: str) -> tuple[float, float]:
    if annotation.box is None:
        raise ValueError(f"{what}: 'bbox' must be four numbers x, y, width, height with sides >= 0, got None")
    a, b, c, d = annotation.box
    return (c - a, d - b) if labels == "voc" else (c, d)


def _shape(image: LabelledImage, what: str) -> tuple[int, int]:
    if image.size is None:
        raise ValueError(
            f"{what}: its image {repr(image.more.get('id'))[:40]} must have 'height' and 'width' > 0, got "
            f"{repr((image.more.get('height'), image.more.get('width')))[:100]}"
        )
    return image.size


def _yolo(root: Path, files: int) -> Sizes:
    """Boxes, and the rectangles around polygons."""
    boxes, images, missing = [], [], 0
    found = read_yolo(root, "bounds", Problems(False), sizes=True)
    for image in found.images:
        for each in image.annotations:
            ring = each.polygons[0] if each.polygons else ()
            boxes.append(each.box[2:] if each.box else tuple(max(ring[k::2]) - min(ring[k::2]) for k in (0, 1)))
            images.append(image.size or (0, 0))
            missing += image.size is None
    fractions, sizes = np.array(boxes).reshape(-1, 2), np.array(images, np.float64).reshape(-1, 2)
    keep = fractions.min(axis=1, initial=np.inf) > 0
    fractions, sizes, dropped = fractions[keep], sizes[keep], int((~keep).sum())
    if missing:
        return Sizes(fractions, np.empty((0, 2)), fractions=True, files=files, dropped=dropped)
    return Sizes(fractions * sizes[:, ::-1], sizes, files=files, dropped=dropped)
