"""Folders of classes, and folders of images with masks: the files are the labels."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from ._model import LabelledImage, LabelSet
from ._text import Problems, pictures, split_named

__all__: list[str] = []

MASKS = ("masks", "labels", "annotations", "SegmentationClass")
"""Names of folders of masks."""


def read_folders(root: Path, problems: Problems) -> LabelSet:
    """One folder for each class, maybe in each of the parts ``train``, ``val``, ``test``; images that lie in none are a
    problem."""
    names = pictures(root)
    tops = {name.partition("/")[0] for name in names if "/" in name}
    parted = bool(tops) and all(split_named(top) for top in tops) and any(name.count("/") > 1 for name in names)
    found = []
    for name in names:
        top, _, rest = name.partition("/")
        label, _, file = rest.partition("/") if parted else (top, "", rest)
        if file:
            found.append((name, label, split_named(top) if parted else None))
        else:
            problems.note(root / name, "", "must lie in the folder of a class")
    classes = sorted({label for _, label, _ in found})
    number = {label: k for k, label in enumerate(classes)}
    images = tuple(LabelledImage(name, label=number[label], split=split) for name, label, split in found)
    return LabelSet("folders", "classify", root, tuple(classes), images, problems=tuple(problems.found))


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
