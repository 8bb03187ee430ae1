"""What label files say, in the numbers in which they say it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Annotation", "LabelProblem", "LabelSet", "LabelledImage"]


class TarPart(NamedTuple):
    """Where a member of a tar file has its bytes: the tar's name below the root, the first byte, and how many."""

    file: str
    start: int
    size: int


class ParquetCell(NamedTuple):
    """Where a Parquet file has an image: its name below the root, the row group, the row in it, and the column."""

    file: str
    group: int
    row: int
    column: str


@dataclasses.dataclass(frozen=True, slots=True)
class Annotation:
    """One thing in an image.

    All numbers are those of the file: pixels, or for YOLO fractions of the image's width and height.

    Attributes
    ----------
    label : int
        Its class, as a place in `LabelSet.classes`.
    box : tuple of 4 float, optional
        In the format that `LabelSet.box_format` names.
    polygons : tuple of tuple of float
        Rings, each x, y, x, y, ...  An oriented box of YOLO is one ring of four corners.
    keypoints : tuple of tuple of float
        Rows (x, y) or (x, y, visibility).
    mask : dict, optional
        Run lengths as COCO writes them, ``{"size": [h, w], "counts": ...}``.
    crowd : bool
        Whether it stands for a group that is not told apart (``iscrowd`` of COCO).
    difficult : bool
        Whether it is marked as hard to see (PASCAL VOC).
    more : dict
        The record that the file has of it, with all that is not known here; it is written back.

    Examples
    --------
    >>> Annotation(3, box=(10.0, 20.0, 30.0, 40.0)).label
    3
    """

    label: int
    box: tuple[float, ...] | None = None
    polygons: tuple[tuple[float, ...], ...] = ()
    keypoints: tuple[tuple[float, ...], ...] = ()
    mask: Mapping[str, Any] | None = None
    crowd: bool = False
    difficult: bool = False
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class LabelledImage:
    """An image of a data set, and what is said about it.

    Attributes
    ----------
    file : str
        Its name below the data set's folder of images, with forward slashes.
    size : (int, int), optional
        (h, w) [px], where the labels or the image itself say so.
    annotations : tuple of Annotation
    label : int, optional
        The class of the whole image, for folders of classes.
    mask : str, optional
        The name of the file of its mask, for folders of masks.
    more : dict
        The record that the file has of it, which is written back.
    split : str, optional
        The part of the data set that it belongs to: ``"train"``, ``"validation"`` or ``"test"``, where the names of
        folders, tar or Parquet files say so.
    inside : tuple, optional
        Where its bytes lie, if it is no file of its own: in a tar file or in a Parquet file.
    mask_inside : tuple, optional
        The same for its mask.

    Examples
    --------
    >>> LabelledImage("a.jpg", (96, 128), (Annotation(0, box=(0.5, 0.5, 0.1, 0.1)),)).file
    'a.jpg'
    """

    file: str
    size: tuple[int, int] | None = None
    annotations: tuple[Annotation, ...] = ()
    label: int | None = None
    mask: str | None = None
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    split: str | None = None
    inside: TarPart | ParquetCell | None = None
    mask_inside: TarPart | ParquetCell | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class LabelProblem:
    """What was wrong in a file of labels, and was left out.

    Attributes
    ----------
    file : str
        The file.
    place : str
        The line, the object or the annotation in it; empty for the whole file.
    reason : str
        The rule, and what came.

    Examples
    --------
    >>> str(LabelProblem("a.txt", "line 3", "must have 5 numbers, got 4"))
    'a.txt, line 3: must have 5 numbers, got 4'
    """

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.place else ''}{self.place}: {self.reason}"


@dataclasses.dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of a data set, as `read_labels` finds them.

    Attributes
    ----------
    format : {"yolo", "coco", "voc", "imagefolder", "webdataset", "parquet", "folders", "masks"}
        What they were read from.
    kind : {"detect", "segment", "pose", "obb", "classify", "mask"}
        What the annotations are: boxes; boxes and polygons; boxes and keypoints; oriented boxes; classes of whole
        images; or images of labels.
    root : Path
        The folder below which the images lie.
    classes : tuple of str
        Their names.
    images : tuple of LabelledImage
        In the order of their names, or of the file.
    box_format : {"yolo", "coco", "pascal_voc"}
        Of all boxes, a word of `Compose`.  Polygons and keypoints of ``"yolo"`` are fractions, too.
    problems : tuple of LabelProblem
        What was left out, with ``on_error="skip"``.
    more : dict
        What else the file has, such as licences; it is written back.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     print(read_labels(folder))
    yolo (detect): 1 images, 1 annotations, 1 classes
            1  0
    """

    format: str
    kind: str
    root: Path
    classes: tuple[str, ...]
    images: tuple[LabelledImage, ...]
    box_format: str = "pascal_voc"
    problems: tuple[LabelProblem, ...] = ()
    more: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def annotations(self) -> int:
        """How many there are in all images."""
        return sum(len(image.annotations) for image in self.images)

    def __str__(self) -> str:
        lines = [
            f"{self.format} ({self.kind}): {len(self.images)} images, {self.annotations} annotations, "
            f"{len(self.classes)} classes"
        ]
        counts = dict.fromkeys(range(len(self.classes)), 0)
        for image in self.images:
            for label in (image.label, *(each.label for each in image.annotations)):
                if label is not None:
                    counts[label] += 1
        lines += [f"{counts[k]:>9}  {name}" for k, name in enumerate(self.classes)]
        lines += [f"left out: {problem}" for problem in self.problems]
        return "\n".join(lines)
