"""One door for labels of all formats: `read_labels`."""

from __future__ import annotations

import dataclasses
import io
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgproc._core.check import flag, one_of
from imgproc._core.declare import declare

from ._coco import read_coco
from ._folders import is_mask, read_folders, read_masks
from ._imagefolder import is_metadata, read_imagefolder
from ._images import image_bytes
from ._model import LabelledImage, LabelSet
from ._parquet import read_parquet
from ._text import Problems, Wrong, as_path, files_below, is_picture, picture_size, size_of, split_of
from ._voc import read_voc
from ._webdataset import read_webdataset
from ._yolo import KINDS, is_label, read_yolo

__all__ = ["read_labels"]

FORMATS = ("auto", "yolo", "coco", "voc", "imagefolder", "webdataset", "parquet", "folders", "masks")
ENDS = {"coco": ".json", "voc": ".xml", "webdataset": ".tar", "parquet": ".parquet"}
_BRACE = re.compile(r"\{(\d+)\.\.(\d+)\}")
MOST_FILES = 1_000_000
MANIFEST = "manifest.parquet"
"""What an offline run writes beside its images."""


def read_labels(
    path: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    format: str = "auto",
    kind: str = "auto",
    images: str | os.PathLike[str] | None = None,
    sizes: bool = False,
    on_error: str = "raise",
) -> LabelSet:
    """Read the labels of a data set: YOLO, COCO, PASCAL VOC, Hugging Face, WebDataset, Parquet, classes or masks.

    Nothing is converted: all numbers are those of the files, and what is not known here is kept, so that
    `write_labels` gives back what was read.

    Parameters
    ----------
    path : path-like, or sequence of path-like
        A folder, or a file of labels.  A folder of YOLO has images and labels beside each other, or in ``images`` and
        ``labels``, with the names of classes in ``data.yaml`` or ``classes.txt``.  A folder of COCO has one JSON file.
        One of Hugging Face's ``imagefolder`` has ``metadata.jsonl`` or ``metadata.csv``.  Tar files of WebDataset and
        Parquet files may also be several, or a pattern such as ``train-{000000..000017}.tar``.
    format : {"auto", "yolo", "coco", "voc", "imagefolder", "webdataset", "parquet", "folders", "masks"}
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
        For PASCAL VOC without defusedxml, and for Parquet without pyarrow.

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
    below = None if images is None else as_path(images, "images")
    root, names = _said(path)
    problems = Problems(on_error == "skip")
    found = _format_of(root, names) if format == "auto" else format
    if kind != "auto" and found != "yolo":
        raise ValueError(f"kind must be left out for labels of format {found!r}, got {kind!r}")
    held = files_of_labels(root, names, "").get(found, [])
    if found not in ("coco", "folders", "masks") and not held:
        raise ValueError(f"{root} must hold labels of format {found!r}, found none")
    if found == "yolo":
        return _with_splits(read_yolo(root, kind, problems, sizes))
    if found == "coco":
        if len(held) != 1:
            there = "none" if not held else f"{len(held)}: name one"
            raise ValueError(f"{root} must hold one JSON file of format 'coco', found {there}")
        file = root if root.is_file() else root / held[0]
        made = read_coco(file, below, problems)
    elif found == "voc":
        made = read_voc(root, problems)
    elif found == "imagefolder":
        made = read_imagefolder(root, problems)
    elif found in ("webdataset", "parquet"):
        read = read_webdataset if found == "webdataset" else read_parquet
        made = read(root.parent if root.is_file() else root, held, problems)
    else:
        if root.is_file() or not any(map(is_picture, names)):
            raise ValueError(f"{root} must be a folder of images for format {found!r}")
        made = read_folders(root, problems) if found == "folders" else read_masks(root, problems)
    made = _with_splits(made)
    return with_sizes(made, problems) if sizes else made


def _said(path: Any) -> tuple[Path, list[str]]:
    """The file, or the folder and the names of the files in it, that a caller means."""
    if isinstance(path, (list, tuple)):
        return _several([as_path(each, "path") for each in path])
    root = as_path(path, "path")
    if root.is_file():
        return root, [root.name]
    if root.is_dir():
        return root, files_below(root)
    if not root.exists() and _BRACE.search(str(root)):
        return _several([Path(name) for name in _expanded(str(root))])
    if root.exists():
        raise ValueError(f"path must be a folder or a regular file, got {root}, a pipe, a socket or a device")
    raise FileNotFoundError(f"no such file or folder: {root}")


def _several(paths: list[Path]) -> tuple[Path, list[str]]:
    ends = {path.suffix.lower() for path in paths}
    if len(ends) != 1 or not ends <= {".tar", ".parquet"}:
        raise ValueError(f"path must be one file or folder, or several .tar or .parquet files, got {sorted(ends)}")
    for file in paths:
        if not file.is_file():
            raise FileNotFoundError(f"no such file: {file}")
    root = Path(os.path.commonpath([os.path.abspath(file.parent) for file in paths]))
    names = [Path(os.path.abspath(file)).relative_to(root).as_posix() for file in paths]
    if len(set(names)) < len(names):
        raise ValueError("path must name each file once")
    return root, names


def _expanded(pattern: str) -> list[str]:
    """The names of a pattern of shells: ``a-{000..002}.tar`` is three."""
    match = _BRACE.search(pattern)
    if match is None:
        return [pattern]
    first, last = int(match[1]), int(match[2])
    if not 0 <= last - first < MOST_FILES:
        raise ValueError(f"path must be a pattern of 1 to {MOST_FILES} files, got {pattern!r}")
    width = len(match[1]) if match[1].startswith("0") or len(match[1]) == len(match[2]) else 0
    ends = _expanded(pattern[match.end() :])
    made = [f"{pattern[: match.start()]}{k:0{width}d}{end}" for k in range(first, last + 1) for end in ends]
    if len(made) > MOST_FILES:
        raise ValueError(f"path must be a pattern of 1 to {MOST_FILES} files, got {pattern!r}")
    return made


def _with_splits(labels: LabelSet) -> LabelSet:
    """The same with the parts of the data set that folders name, such as ``images/train``."""
    if labels.format == "folders" or all(image.split is not None for image in labels.images):
        return labels
    images = tuple(
        image if image.split or image.inside else dataclasses.replace(image, split=split_of(_folder(image.file)))
        for image in labels.images
    )
    return dataclasses.replace(labels, images=images)


def _folder(name: str) -> str:
    return name[: -len(name.rpartition("/")[2])] if name else ""


def files_of_labels(root: Path, names: list[str], said: str) -> dict[str, list[str]]:
    """The names of files of labels by format, without formats that have none.

    Raises
    ------
    ValueError
        If there are several formats; the argument `said` says which is meant.
    """
    found = {"yolo": [name for name in names if is_label(name)]}
    found |= {kind: [name for name in names if name.lower().endswith(end)] for kind, end in ENDS.items()}
    found["imagefolder"] = list(filter(is_metadata, names))
    found["parquet"] = [name for name in found["parquet"] if name.rpartition("/")[2] != MANIFEST]
    tars = {name[: -len(ENDS["webdataset"])] for name in found["webdataset"]}
    for kind in ("coco", "parquet") if tars else ():  # what tools write beside each tar is no set of labels
        found[kind] = [name for name in found[kind] if name.rpartition(".")[0].removesuffix("_stats") not in tars]
    there = {kind: held for kind, held in found.items() if held}
    if said and len(there) > 1:
        raise ValueError(f"{root} holds labels of several formats, {', '.join(there)}: say which in {said}")
    return there


def _format_of(root: Path, names: list[str]) -> str:
    there = files_of_labels(root, names, "format")
    if there:
        return next(iter(there))
    shown = list(filter(is_picture, names))
    if not shown:
        raise ValueError(
            f"{root} must hold labels: .txt (YOLO), .json (COCO) or .xml (PASCAL VOC), metadata.jsonl (imagefolder), "
            ".tar (WebDataset), .parquet, or images in folders; found none"
        )
    return "masks" if any(map(is_mask, shown)) else "folders"


def with_sizes(labels: LabelSet, problems: Problems) -> LabelSet:
    """The same with the size of every image; images that cannot be read are left out as problems."""
    images = []
    for image in labels.images:
        if image.size is None and image.file:
            size = problems.tried(labels.root / image.file, _size, labels, image)
            if size is None:
                continue
            image = dataclasses.replace(image, size=size)
        images.append(image)
    return dataclasses.replace(labels, images=tuple(images), problems=tuple(problems.found))


def _size(labels: LabelSet, image: LabelledImage) -> tuple[int, int]:
    try:
        if image.inside is None:
            return picture_size(labels.root / image.file)
        return size_of(io.BytesIO(image_bytes(labels, image)))
    except FileNotFoundError:
        raise Wrong("", "no such image") from None
    except Wrong:
        raise
    except ValueError as error:
        raise Wrong("", str(error)) from None


declare(read_labels, no_peer="no library reads all of these; files decide how long it takes")
