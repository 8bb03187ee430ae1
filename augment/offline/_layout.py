"""Where images and labels of an output lie, by its format, and what the labels of a new image are."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from ..labels._folders import MASKS
from ..labels._model import LabelledImage, LabelSet
from ._media import mask_end
from ._names import stem_of
from ._options import RECIPE
from ._targets import Targets

__all__: list[str] = []


class Layout:
    """The places of files below the output.

    Parameters
    ----------
    labels : LabelSet
        Of the input.
    output_format : str
        Of `Options`.
    file : str
        The name of the input's file of labels, if it was named.
    """

    def __init__(self, labels: LabelSet, output_format: str, file: str) -> None:
        self.labels = labels
        self.recipe = output_format == RECIPE
        self.format = labels.format if output_format in ("same", RECIPE) else output_format
        self.same = self.format == labels.format
        self.json = file if file.endswith(".json") else "annotations.json"

    def image(self, name: str) -> str:
        """The file of an image of a name of the plan, as its labels call it."""
        if self.same or self.format in ("coco", "imagefolder", "webdataset", "parquet"):
            return name
        if self.format == "voc":  # whose files of labels have the last part of a name alone
            return "JPEGImages/" + name.replace("/", "_")
        return name if "images" in name.split("/")[:-1] else f"images/{name}"

    def path(self, file: str) -> str:
        """Where it lies below the output."""
        return f"images/{file}" if self.format == "coco" else file

    def mask(self, image: LabelledImage, file: str, moved: bool) -> str:
        """The file of the mask of an image that is written as `file`."""
        folder = (image.mask or "").rpartition("/")[0]
        end = mask_end(image.mask or "") if moved else stem_of(image.mask or "")[1]
        base = stem_of(file)[0].rpartition("/")[2] + end
        if self.format == "masks" or folder:
            return f"{folder}/{base}" if folder else base
        return f"{MASKS[0]}/{base}"

    @property
    def writes_labels(self) -> bool:
        """Whether labels are files of their own."""
        return self.format in ("yolo", "coco", "voc", "imagefolder")

    def made(self, targets: Targets, row: Mapping[str, Any]) -> LabelledImage:
        """The labels of an image that a row of the journal tells of."""
        was = self.labels.images[row["s"]]
        annotations = was.annotations
        if row.get("labels") is not None:
            annotations = tuple(targets.annotation(each) for each in row["labels"])
        more: dict[str, Any] = dict(was.more)
        file = row["file"]
        if "labels" in more and file != was.file:
            old = PurePosixPath(more["labels"])
            more["labels"] = str(old.with_name(PurePosixPath(stem_of(file)[0]).name + old.suffix))
        if "xml" in more and file != was.file:
            more["xml"] = _renamed(more["xml"], PurePosixPath(file).name)
        size = tuple(row["size"])
        known = was.size is not None or not self.same
        return dataclasses.replace(
            was,
            file=file,
            size=size if known else None,
            annotations=annotations,
            mask=row.get("mask", None),
            more=more,
            inside=None,
            mask_inside=None,
        )

    def labels_of(self, images: tuple[LabelledImage, ...], root: Path) -> LabelSet:
        """The labels of an output."""
        more = dict(self.labels.more)
        if self.labels.format == "yolo":
            more.pop("path", None)  # it would lead a training to the images of the input
        folder = root / "images" if self.format == "coco" else root
        return dataclasses.replace(self.labels, root=folder, images=images, problems=(), more=more)


def _renamed(xml: Any, name: str) -> Any:
    made = copy.deepcopy(xml)
    found = made.find("filename")
    if found is not None:
        found.text = name
    return made
