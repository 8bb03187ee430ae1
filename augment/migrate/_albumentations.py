"""Pipelines of albumentations as chains."""

from __future__ import annotations

import dataclasses
from typing import Any

from imgproc._core.check import flag
from imgproc._core.declare import declare

from .._chain.transform import Transform
from .._ranges import square_or
from ..compose import Compose
from ..groups import Sequential
from . import _blur, _color, _crops, _erase, _geometric, _light, _mix, _noise, _resize, _volume  # noqa: F401
from ._defaults import defaults
from ._groups import GROUPS
from ._legacy import renamed
from ._outermost import chain_fields
from ._reader import MAPPINGS, UNFIT, Missing, Reader
from ._report import MISSING, Entry, MigrationReport
from ._source import Node, read

__all__ = ["from_albumentations"]

OUTERMOST = ("Compose", "ReplayCompose")
NOTES = (
    "call it as chain(image=image, key=(epoch, index)): the key takes the place of a seed, and fixes all draws",
    "points are continuous here: keypoints that are pixel indices get 0.5 added before, and taken away after",
)


def from_albumentations(
    pipeline: Any, *, strict: bool = False, image_size: int | tuple[int, int] | None = None
) -> tuple[Compose, MigrationReport]:
    """Translate a pipeline of albumentations into a chain, and say what of it is equal.

    All 116 transforms of albumentations 2.0.8 and its groups are known, with all their parameters; so are the names
    that versions 1.x had for them.  Signs and units are translated: angles, shifts of 255, hues of 180, percents of
    gamma, sides of windows.  What has no equal is left out, and the report says so.  albumentations need not be
    installed.

    Parameters
    ----------
    pipeline : object, dict, str or Path
        A pipeline or a single transform of albumentations; what its ``to_dict()`` gives; or the path of a file of JSON
        or YAML, as ``albumentations.save`` writes it.
    strict : bool
        Raise a ValueError if anything is not exact.
    image_size : int or (int, int), optional
        (h, w) of the images to come.  It is used where a number of pixels there is a fraction of the size here, and
        needed only if there are such numbers and no `Resize` or crop before them says the size.

    Returns
    -------
    chain : Compose
    report : MigrationReport
        One entry for each transform: what became of it and of its parameters, and why.

    Raises
    ------
    TypeError, ValueError
        If it is no pipeline of albumentations; with `strict`, if something is not exact.
    OSError
        If the file cannot be read.

    Notes
    -----
    A verdict is "exact" if the result is that of albumentations for the same draws and the draws follow the same law:
    levels within 1 of 255 (where geometry interpolates, within 2 on 99.9 % of the pixels, but for the outline of the
    image, a line of pixels that albumentations mixes with the fill), boxes within 0.01 pixels.  Random numbers
    themselves are never the same.  Numbers that are levels, such as a fill, are taken for those of images of bytes,
    and for those of float images behind ``ToFloat`` and ``Normalize``.

    Examples
    --------
    >>> plain = {"transform": {"__class_fullname__": "HorizontalFlip", "p": 0.5}}
    >>> chain, report = from_albumentations(plain)
    >>> chain.transforms
    (HorizontalFlip(),)
    >>> report.exact
    True
    """
    flag(strict, "strict")
    size = None if image_size is None else square_or(image_size, "image_size")
    root = read(pipeline)
    work = _Work(size)
    chain = work.outermost(root)
    report = MigrationReport("albumentations", tuple(work.entries), (*work.notes, *NOTES))
    if strict and not report.exact:
        bad = [e for e in report if e.verdict != "exact"]
        said = "; ".join(f"{e.place or 'pipeline'}: {e.name}: {_why(e)}" for e in bad)
        raise ValueError(f"pipeline must be exact with strict=True, and {len(bad)} of it are not: {said:.2000}")
    return chain, report


def _why(entry: Entry) -> str:
    return ", ".join([*(f"{name}: {why}" for name, why in entry.unmapped), *entry.reasons])


class _Work:
    """The walk over a pipeline: what is known where it stands, and what is to be reported."""

    def __init__(self, size: tuple[int, int] | None) -> None:
        self.size = size
        self.white = 255.0
        self.longest: int | None = None
        """The longer side of images, where it alone is known."""
        self.layout = "last"
        self.targets: frozenset[str] = frozenset()
        self.chances: dict[str, float] = {}
        """The p of each transform, by its place: of some groups, weights."""
        self.entries: list[Entry] = []
        self.notes: list[str] = []

    def outermost(self, root: Node) -> Compose:
        """The chain of a pipeline, or of a single transform."""
        if root.name not in OUTERMOST:
            made = self.transform(root)
            return Compose([made], layout=self.layout)
        said = {"boxes": "bbox_params", "keypoints": "keypoint_params"}
        self.targets = frozenset(target for target, name in said.items() if root.given.get(name) is not None)
        reader = self._reader(root)
        slot = len(self.entries)
        self.entries.append(reader.nothing(root.place, MISSING, ""))
        children = self.children(root)
        try:
            fields, notes = chain_fields(reader)
        except (Missing, *UNFIT) as error:
            raise ValueError(f"pipeline must be one that albumentations takes: {error}") from error
        self.notes += notes
        chain = Compose(children, p=reader.p, layout=self.layout, **fields)
        entry = reader.entry(root.place, chain)
        self.entries[slot] = dataclasses.replace(entry, here="Compose")
        return chain

    def children(self, node: Node, *, alternatives: bool = False) -> list[Transform]:
        """What the transforms of a group became.

        Those that are missing are left out; among alternatives, which all start from the same image, they leave an
        empty place, so that the others keep their chances."""
        found, ends = [], set()
        start = self.size, self.white
        for child in node.children:
            if alternatives:
                self.size, self.white = start
            made = self.transform(child, or_nothing=True)
            if made is None and alternatives:
                made = Sequential([], p=self.chances[child.place])
            if made is not None:
                found.append(made)
            ends.add((self.size, self.white))
        if alternatives:
            self.size, self.white = ends.pop() if len(ends) == 1 else (None, start[1])
        return found

    def transform(self, node: Node, *, or_nothing: bool = False) -> Any:
        """What a transform became; None, or nothing at all in a chain, if it is missing."""
        reader = self._reader(node)
        self.chances[node.place] = reader.p
        slot = len(self.entries)
        self.entries.append(reader.nothing(node.place, MISSING, ""))
        try:
            made = self._made(node, reader)
        except Missing as error:
            self.entries[slot] = reader.nothing(node.place, MISSING, str(error))
        except UNFIT as error:
            self.entries[slot] = reader.nothing(node.place, MISSING, f"its parameters do not fit: {error}")
        else:
            self.entries[slot] = reader.entry(node.place, made)
            self._go_on(node, made, reader)
            if reader.layout != self.layout and reader.p > 0:
                self.layout = reader.layout
                return None if or_nothing else made
            return made
        return None if or_nothing else Sequential([])

    def _reader(self, node: Node) -> Reader:
        try:
            name, given, said = renamed(node.name, node.given)
        except UNFIT:
            name, given, said = node.name, node.given, []
        known = defaults().get(name, {"p": 0.5})
        reader = Reader(name, given, known, self.white, self.size, node.functions, self.targets)
        for text in said:
            reader.note(f"older versions: {text}")
        return reader

    def _made(self, node: Node, reader: Reader) -> Transform:
        name = reader.name
        if name in OUTERMOST:
            reader.note("a Compose that is not the outermost is a Sequential here")
            chain_fields(reader)
            name = "Sequential"
        if name in GROUPS:
            group = GROUPS[name]
            children = self.children(node, alternatives=group.alternatives)
            weights = [self.chances[child.place] for child in node.children]
            lost = sum(e.verdict == MISSING and _parent(e.place) == node.place for e in self.entries[1:] if e.place)
            if lost:
                reader.differs(f"{lost} of its transforms are missing, and nothing is done in their place")
            return group.make(reader, children, weights)
        if name in MAPPINGS:
            return MAPPINGS[name](reader)
        if "." in name or name not in defaults():
            raise Missing("it is no transform of albumentations: write it anew as a Transform, or wrap it in a Lambda")
        raise Missing("nothing here does it")

    def _go_on(self, node: Node, made: Transform, reader: Reader) -> None:
        """What is known behind a transform: the size of images, and which number is white."""
        if node.children:
            return  # they have said it
        if reader.p > 0:
            self.white = reader.after_white
        for part in made.transforms if isinstance(made, Sequential) else (made,):
            certain = made.p == part.p == 1.0
            name, size = type(part).__name__, getattr(part, "size", None)
            if name == "PadToSize" and certain and size and self.longest and self.longest <= min(size):
                self.size = size if part.divisor is None else None  # type: ignore[attr-defined]
                continue
            self.longest = size if name == "ResizeLongest" and certain else None
            self.size = size_after(part, self.size, certain=made.p == part.p == 1.0)


def size_after(made: Transform, size: tuple[int, int] | None, *, certain: bool) -> tuple[int, int] | None:
    """The size of images behind one transform, if it is known."""
    found: Any = getattr(made, "size", None)
    name = type(made).__name__
    if isinstance(found, tuple) and name != "PadToSize":
        return found if certain or found == size else None
    if name in _TURNING and size is not None and size[0] == size[1]:
        return size
    changes = name in _CHANGE_SIZE or any(getattr(made, flag, False) is True for flag in ("fit", "crop"))
    return None if changes or getattr(made, "keep_size", True) is False else size


_TURNING = frozenset(("Rotate90", "Transpose", "Dihedral"))
_CHANGE_SIZE = frozenset(
    [
        "BoxCrop",
        "BoxSafeCrop",
        "CropAndPad",
        "CropBorders",
        "CropFixed",
        "IoUCrop",
        "Lambda",
        "Pad",
        "PadToSize",
        "RandomScale",
        "ResizeLongest",
        "ResizeShortest",
        "Rotate90",
        "ScaleJitter",
        "Transpose",
        "Dihedral",
        "ZoomOut",
        "OneOf",
    ]
)


def _parent(place: str) -> str:
    return place.rpartition("transforms[")[0].rstrip(".")


declare(from_albumentations, no_peer="it reads a description, and takes no image")
