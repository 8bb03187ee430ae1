"""Labels written in any format: `write_labels`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from imgproc._core.check import one_of
from imgproc._core.declare import declare
from imgproc._core.needed import needed
from imgproc.io._encode import replace_file

from ._coco import coco_of
from ._convert import BOX_FORMATS, converted
from ._imagefolder import tables_of
from ._model import LabelledImage, LabelSet
from ._pack import PACKED, write_packed
from ._text import as_path, json_bytes
from ._voc import xml_of
from ._yolo import labels_name, lines_of, shape_of

__all__ = ["write_labels"]

WRITTEN = ("same", *BOX_FORMATS)


def write_labels(
    labels: LabelSet, path: str | os.PathLike[str], *, format: str = "same", kind: str = "auto"
) -> list[Path]:
    """Write labels, in the format in which they were read or in another one.

    Numbers that were read from the same format are written as they were, to the last digit that matters.  Images are
    not copied, but into tar and Parquet files, which hold them beside their labels.  Each file is written under a
    temporary name and then moved.

    Parameters
    ----------
    labels : LabelSet
    path : path-like
        For COCO the JSON file; for YOLO and PASCAL VOC a folder.  YOLO's gets ``data.yaml`` and the files of labels, in
        ``labels`` where images are in ``images``, else beside them.  PASCAL VOC's gets ``Annotations``.  The one of
        ``"imagefolder"`` gets ``metadata.jsonl``, in each of its parts if it has some.  ``"webdataset"`` and
        ``"parquet"`` get files of at most 10,000 images or 256 MB, such as ``train-000000.tar``, with no others there.
    format : {"same", "yolo", "coco", "voc", "imagefolder", "webdataset", "parquet"}
        Boxes, polygons and keypoints are converted as far as the other format has them.  Fractions and pixels are
        converted by the size of the image, which must be known: read with ``sizes=True``.
    kind : {"auto", "detect", "segment", "pose"}
        What another format gets: boxes alone, or polygons, or keypoints, too.  ``"auto"`` is what was read.  Lines of
        YOLO have polygons or keypoints, never both; with ``"auto"``, keypoints if there are any.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    ValueError
        If the other format cannot hold them; or if folders are the labels, so that there is nothing to write; or if an
        image that is to be packed cannot be read, or lies outside of the folder.
    ImportError
        For Parquet without pyarrow (``pip install 'imgproc-augment[parquet]'``).

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     files = augment.write_labels(augment.read_labels(folder), folder + "/copy")
    ...     [file.name for file in files]
    ['data.yaml', 'a.txt']
    """
    if not isinstance(labels, LabelSet):
        raise TypeError(f"labels must be a LabelSet, as read_labels gives it, got {type(labels).__name__}")
    one_of(format, "format", WRITTEN)
    wanted = labels.format if format == "same" else format
    if wanted not in BOX_FORMATS:
        said = ", ".join(map(repr, BOX_FORMATS))
        raise ValueError(f"format must be one of {said}: of {wanted!r} the folders are the labels")
    target = as_path(path, "path")
    one_of(kind, "kind", ("auto", "detect", "segment", "pose"))
    if wanted != "coco" and target.is_file():
        raise ValueError(f"path must be a folder for format {wanted!r}, got the file {str(target)!r}")
    if wanted in PACKED:
        return write_packed(labels, target, wanted, kind)
    if wanted == "coco" and target.suffix.lower() != ".json":
        raise ValueError(f"path must be a file with the end .json for format 'coco', got {str(target)!r}")
    folder = target.parent if wanted == "coco" else target
    return [_written(folder / name, data) for name, data in files_of(labels, wanted, kind, target.name)]


def files_of(labels: LabelSet, format: str, kind: str = "auto", file: str = "") -> Iterator[tuple[str, bytes]]:
    """The files of labels in a format that has some, by their names below the folder; COCO's is called `file`.

    Raises what `write_labels` raises, before the first."""
    made = converted(labels, format, kind)
    if format == "coco":
        yield file, json_bytes(coco_of(made), "labels")
        return
    if format == "imagefolder":
        yield from tables_of(made).items()
        return
    same = labels.format == format
    names = [_name(image, format, same) for image in made.images]
    _check_names(made.images, names)
    if format == "voc":
        for image, name in zip(made.images, names):
            yield name, xml_of(image, made.classes, same).encode()
        return
    shape = shape_of(made)
    yield "data.yaml", _about(made, shape).encode()
    for image, name in zip(made.images, names):
        if image.annotations or (same and "labels" in image.more):
            yield name, lines_of(image, made.kind, shape).encode()


def _name(image: LabelledImage, format: str, same: bool) -> str:
    """The file of labels of an image, below the folder: that which it was read from, or one named as the image."""
    if same and "labels" in image.more:
        return image.more["labels"]
    if not image.file:
        raise ValueError(
            f"images must have names to write labels of format {format!r}, got one of the size {image.size}"
        )
    return labels_name(image.file) if format == "yolo" else f"Annotations/{PurePosixPath(image.file).stem}.xml"


def _check_names(images: Sequence[LabelledImage], names: list[str]) -> None:
    """Two images must not write to one file, on no file system."""
    seen: dict[str, str] = {}
    for image, name in zip(images, names):
        other = seen.setdefault(name.casefold(), image.file)
        if other != image.file:
            raise ValueError(
                f"images must have files of labels of their own, got {name!r} for {other!r} and {image.file!r}"
            )


declare(write_labels, no_peer="no library writes all of these; files decide how long it takes")


def _about(labels: LabelSet, shape: tuple[int, int]) -> str:
    with needed("yaml"):
        import yaml

    about = {**(labels.more if labels.format == "yolo" else {}), "names": dict(enumerate(labels.classes))}
    if labels.kind == "pose":
        about["kpt_shape"] = list(shape)
    return yaml.safe_dump(about, sort_keys=False, allow_unicode=True)


def _written(file: Path, data: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(os.path.realpath(file), data)
    return file
