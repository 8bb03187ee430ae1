"""Folders of classes, and folders of images with masks: the files are the labels."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ._model import LabelledImage, LabelSet
from ._text import Problems, pictures

__all__: list[str] = []

MASKS = ("masks", "labels", "annotations", "SegmentationClass")
"""Names of folders of masks."""


def read_folders(root: Path, problems: Problems) -> LabelSet:
    """One folder for each class; images that lie in none are a problem."""
    names = pictures(root)
    classes = sorted({name.partition("/")[0] for name in names if "/" in name})
    images = []
    for name in names:
        label, _, rest = name.partition("/")
        if not rest:
            problems.note(root / name, "", "must lie in the folder of a class")
            continue
        images.append(LabelledImage(name, label=classes.index(label)))
    return LabelSet("folders", "classify", root, tuple(classes), tuple(images), problems=tuple(problems.found))


def read_masks(root: Path, problems: Problems) -> LabelSet:
    """Images in one folder, and masks of the same names in another one beside it."""
    found = pictures(root)
    masks = {_key(name): name for name in found if is_mask(name)}
    images = []
    for name in found:
        if is_mask(name):
            continue
        mask = masks.pop(_key(name), None)
        if mask is None:
            problems.note(root / name, "", "must have a mask of the same name")
            continue
        images.append(LabelledImage(name, mask=mask))
    for name in masks.values():
        problems.note(root / name, "", "must have an image of the same name")
    return LabelSet("masks", "mask", root, (), tuple(images), problems=tuple(problems.found))


def is_mask(name: str) -> bool:
    """Whether a picture lies in a folder of masks."""
    return any(part in MASKS for part in PurePosixPath(name).parts[:-1])


def _key(name: str) -> str:
    parts = PurePosixPath(name).with_suffix("").parts
    return "/".join(part for part in parts if part not in MASKS and part not in ("images", "JPEGImages"))
