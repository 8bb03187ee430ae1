"""One door for labels of all formats: `read_labels` and `write_labels`."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from imgproc._core.check import flag, one_of
from imgproc._core.declare import declare
from imgproc._core.needed import needed
from imgproc.io._encode import replace_file

from ._coco import coco_of, read_coco
from ._convert import converted
from ._folders import is_mask, read_folders, read_masks
from ._model import LabelledImage, LabelSet
from ._text import PICTURES, Problems, Wrong, as_path, files_below, picture_size
from ._voc import read_voc, xml_of
from ._yolo import KINDS, is_label, labels_name, lines_of, read_yolo, shape_of

__all__ = ["read_labels", "write_labels"]

FORMATS = ("auto", "yolo", "coco", "voc", "folders", "masks")
WRITTEN = ("same", "yolo", "coco", "voc")
BOX_FORMATS = {"yolo": "yolo", "coco": "coco", "voc": "pascal_voc"}


def read_labels(
    path: str | os.PathLike[str],
    *,
    format: str = "auto",
    kind: str = "auto",
    images: str | os.PathLike[str] | None = None,
    sizes: bool = False,
    on_error: str = "raise",
) -> LabelSet:
    """Read the labels of a data set: YOLO, COCO, PASCAL VOC, folders of classes, or images with masks.

    Nothing is converted: all numbers are those of the files, and what is not known here is kept, so that
    `write_labels` gives back what was read.

    Parameters
    ----------
    path : path-like
        A folder, or a file of labels.  A folder of YOLO has images and labels beside each other, or in ``images`` and
        ``labels``, with the names of classes in ``data.yaml`` or ``classes.txt``.  A folder of COCO has one JSON file.
    format : {"auto", "yolo", "coco", "voc", "folders", "masks"}
        ``"auto"`` finds out by the files that are there, and refuses several formats at once.
    kind : {"auto", "detect", "segment", "pose", "obb"}
        What lines of YOLO's files are.  ``"auto"`` says so by how many numbers they have; nine in every line may be
        oriented boxes or polygons of four corners, which has to be said.
    images : path-like, optional
        The folder of the images of COCO.  Default: ``images`` beside the file if it is there, else the file's folder.
    sizes : bool
        Read the sizes of images that the labels do not say from the headers of the images.
    on_error : {"raise", "skip"}
        What becomes of a line, an object or a file that is wrong: an error, or it is left out and noted in
        `LabelSet.problems`.

    Returns
    -------
    LabelSet

    Raises
    ------
    FileNotFoundError
        If there is no such path.
    ValueError
        If there are no labels, or labels of several formats, or one is wrong: the message names the file and the place.
    ImportError
        For PASCAL VOC without defusedxml.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a.txt").write_text("0 0.5 0.5 0.25 0.125")
    ...     labels = augment.read_labels(folder)
    >>> labels.images[0].annotations[0].box
    (0.5, 0.5, 0.25, 0.125)
    """
    one_of(format, "format", FORMATS)
    one_of(kind, "kind", ("auto", *KINDS))
    one_of(on_error, "on_error", ("raise", "skip"))
    flag(sizes, "sizes")
    root, below = as_path(path, "path"), None if images is None else as_path(images, "images")
    if not root.exists():
        raise FileNotFoundError(f"no such file or folder: {root}")
    problems = Problems(on_error == "skip")
    names = [root.name] if root.is_file() else files_below(root)
    found = _format_of(root, names) if format == "auto" else format
    if kind != "auto" and found != "yolo":
        raise ValueError(f"kind must be left out for labels of format {found!r}, got {kind!r}")
    held = files_of_labels(root, names, "").get(found, [])
    if found in ("yolo", "voc") and not held:
        raise ValueError(f"{root} must hold labels of format {found!r}, found none")
    if found == "yolo":
        return read_yolo(root, kind, problems, sizes)
    if found == "coco":
        if len(held) != 1:
            there = "none" if not held else f"{len(held)}: name one"
            raise ValueError(f"{root} must hold one JSON file of format 'coco', found {there}")
        file = root if root.is_file() else root / held[0]
        made = read_coco(file, below, problems)
    elif found == "voc":
        made = read_voc(root, problems)
    else:
        if root.is_file() or not any(_is_picture(name) for name in names):
            raise ValueError(f"{root} must be a folder of images for format {found!r}")
        made = read_folders(root, problems) if found == "folders" else read_masks(root, problems)
    return with_sizes(made, problems) if sizes else made


def _is_picture(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in PICTURES


def files_of_labels(root: Path, names: list[str], said: str) -> dict[str, list[str]]:
    """The names of files of labels by format, without formats that have none.

    Raises
    ------
    ValueError
        If there are several formats; the argument `said` says which is meant.
    """
    ends = {"coco": ".json", "voc": ".xml"}
    found = {"yolo": [name for name in names if is_label(name)]}
    found |= {kind: [name for name in names if name.lower().endswith(end)] for kind, end in ends.items()}
    there = {kind: held for kind, held in found.items() if held}
    if said and len(there) > 1:
        raise ValueError(f"{root} holds labels of several formats, {', '.join(there)}: say which in {said}")
    return there


def _format_of(root: Path, names: list[str]) -> str:
    there = files_of_labels(root, names, "format")
    if there:
        return next(iter(there))
    shown = [name for name in names if _is_picture(name)]
    if not shown:
        raise ValueError(
            f"{root} must hold labels: .txt (YOLO), .json (COCO) or .xml (PASCAL VOC), or images in folders; found none"
        )
    return "masks" if any(map(is_mask, shown)) else "folders"


def with_sizes(labels: LabelSet, problems: Problems) -> LabelSet:
    """The same with the size of every image; images that cannot be read are left out as problems."""
    images = []
    for image in labels.images:
        if image.size is None and image.file:
            size = problems.tried(labels.root / image.file, _size, labels.root / image.file)
            if size is None:
                continue
            image = dataclasses.replace(image, size=size)
        images.append(image)
    return dataclasses.replace(labels, images=tuple(images), problems=tuple(problems.found))


def _size(file: Path) -> tuple[int, int]:
    try:
        return picture_size(file)
    except FileNotFoundError:
        raise Wrong("", "no such image") from None


declare(read_labels, no_peer="no library reads all of these; files decide how long it takes")


def write_labels(
    labels: LabelSet, path: str | os.PathLike[str], *, format: str = "same", kind: str = "auto"
) -> list[Path]:
    """Write labels, in the format in which they were read or in another one.

    Numbers that were read from the same format are written as they were, to the last digit that matters.  Images are
    not copied.  Each file is written under a temporary name and then moved.

    Parameters
    ----------
    labels : LabelSet
    path : path-like
        For COCO the JSON file; for YOLO and PASCAL VOC a folder.  YOLO's gets ``data.yaml`` and the files of labels, in
        ``labels`` where images are in ``images``, else beside them.  PASCAL VOC's gets ``Annotations``.
    format : {"same", "yolo", "coco", "voc"}
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
        If the other format cannot hold them; or if folders are the labels, so that there is nothing to write.

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
        raise ValueError(f"format must be 'yolo', 'coco' or 'voc': of {wanted!r} the folders are the labels")
    target = as_path(path, "path")
    made = converted(labels, wanted, one_of(kind, "kind", ("auto", "detect", "segment", "pose")))
    if wanted == "coco":
        if target.suffix.lower() != ".json":
            raise ValueError(f"path must be a file with the end .json for format 'coco', got {str(target)!r}")
        text = json.dumps(coco_of(made), ensure_ascii=False)
        return [_written(target, text)]
    if target.is_file():
        raise ValueError(f"path must be a folder for format {wanted!r}, got the file {str(target)!r}")
    same = labels.format == wanted
    names = [_name(image, wanted, same) for image in made.images]
    _check_names(made.images, names)
    if wanted == "voc":
        return [_written(target / n, xml_of(image, made.classes, same)) for image, n in zip(made.images, names)]
    shape = shape_of(made)
    files = [_written(target / "data.yaml", _about(made, shape))]
    for image, name in zip(made.images, names):
        if image.annotations or (same and "labels" in image.more):
            files.append(_written(target / name, lines_of(image, made.kind, shape)))
    return files


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


def _written(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(os.path.realpath(file), text.encode())
    return file
