"""Pipelines of torchvision as chains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from imgproc._core.check import flag
from imgproc._core.declare import declare

from .._chain.transform import Transform
from .._ranges import square_or
from ..compose import Compose
from ..groups import OneOf, Sequential, SomeOf
from . import _torch_color, _torch_geometric  # noqa: F401
from ._albumentations import size_after
from ._reader import UNFIT, Missing
from ._report import MISSING, Entry, MigrationReport
from ._torch_reader import MAPPINGS, TorchReader

__all__ = ["from_torchvision"]

NOTES = (
    "images are arrays (h, w, c) here, and what a call gives has layout='first' where tensors are made",
    "call it as chain(image=image, key=(epoch, index)): the key takes the place of a seed, and fixes all draws",
)
FUNCTIONS = ("ToTensor", "PILToTensor", "ToImage")
"""What makes tensors, channels first."""
DTYPES = ("ToDtype", "ConvertImageDtype")
FLOATS = ("float32", "float64", "float16")


def from_torchvision(
    pipeline: Any, *, strict: bool = False, image_size: int | tuple[int, int] | None = None
) -> tuple[Compose, MigrationReport]:
    """Translate transforms of torchvision into a chain, and say what of it is equal.

    Objects of ``torchvision.transforms.v2`` and of ``torchvision.transforms`` are read by their attributes; torchvision
    is never imported.  What has no equal is left out, and the report says so.

    Parameters
    ----------
    pipeline : object
        A ``Compose`` of torchvision, a single transform, or a list of them.
    strict : bool
        Raise a ValueError if anything is not exact.
    image_size : int or (int, int), optional
        (h, w) of the images to come.  It is used where a number of pixels there is a fraction of the size here.

    Returns
    -------
    chain : Compose
    report : MigrationReport
        One entry for each transform: what became of it and of its parameters, and why.

    Raises
    ------
    TypeError, ValueError
        If it is no transform of torchvision; with `strict`, if something is not exact.

    Notes
    -----
    A verdict is "exact" as that of `from_albumentations` is, against what torchvision makes of tensors of bytes.
    ``ToTensor``, ``ToImage`` and ``ToDtype`` become `dtype` and `layout` of the chain.

    Examples
    --------
    >>> from torchvision.transforms import v2  # doctest: +SKIP
    >>> theirs = v2.Compose([v2.RandomHorizontalFlip(), v2.RandomGrayscale()])  # doctest: +SKIP
    >>> chain, report = from_torchvision(theirs)  # doctest: +SKIP
    >>> chain.transforms  # doctest: +SKIP
    (HorizontalFlip(p=0.5), ToGray(p=0.1, ...))
    """
    flag(strict, "strict")
    size = None if image_size is None else square_or(image_size, "image_size")
    transforms = _outermost(pipeline)
    work = _Work(size)
    children = work.children(transforms, "")
    fields = dict(work.fields)
    if "Normalize" in work.names:
        fields.pop("dtype", None)  # which makes floats itself
    report = MigrationReport("torchvision", tuple(work.entries), NOTES)
    if strict and not report.exact:
        bad = [f"{e.place}: {e.name}: {', '.join((*e.reasons, *map(': '.join, e.unmapped)))}" for e in report]
        bad = [text for text, e in zip(bad, report) if e.verdict != "exact"]
        raise ValueError(
            f"pipeline must be exact with strict=True, and {len(bad)} of it are not: {'; '.join(bad)!s:.2000}"
        )
    return Compose(children, **fields), report


def _outermost(pipeline: Any) -> Sequence[Any]:
    """The transforms of a pipeline."""
    if isinstance(pipeline, (list, tuple)):
        found: Sequence[Any] = pipeline
    elif type(pipeline).__name__ == "Compose" and _is_known(pipeline):
        found = pipeline.transforms
    else:
        found = (pipeline,)
    for k, part in enumerate(found):
        if not _is_known(part) and not (callable(part) and found is not pipeline and len(found) > 1):
            where = f"pipeline[{k}]" if isinstance(pipeline, (list, tuple)) else "pipeline"
            hint = ": give an instance" if isinstance(part, type) else ""
            raise TypeError(f"{where} must be a transform of torchvision, or a list of them, got {part!r:.60}{hint}")
    return found


def _is_known(thing: Any) -> bool:
    """Whether something is an object of torchvision, or of a class of the same name."""
    if isinstance(thing, (type, Transform)):
        return False
    kind = type(thing)
    known = kind.__name__ in {*MAPPINGS, *GROUPS, *FUNCTIONS, *DTYPES}
    return known or "torchvision" in kind.__module__.split(".")


class _Work:
    """The walk over a pipeline."""

    def __init__(self, size: tuple[int, int] | None) -> None:
        self.size = size
        self.white = 255.0
        self.fields: dict[str, Any] = {}
        self.names: set[str] = set()
        self.entries: list[Entry] = []

    def children(self, transforms: Sequence[Any], place: str, *, alternatives: bool = False) -> list[Transform]:
        """What transforms became; what needs nothing, or is missing, is left out, but not among alternatives."""
        found, ends, start = [], set(), (self.size, self.white)
        for k, part in enumerate(transforms):
            if alternatives:
                self.size, self.white = start
            made = self.transform(part, f"{place}{'.' * bool(place)}transforms[{k}]")
            if made is not None or alternatives:
                found.append(Sequential([]) if made is None else made)
            ends.add((self.size, self.white))
        if alternatives:
            self.size, self.white = ends.pop() if len(ends) == 1 else (None, start[1])
        return found

    def transform(self, part: Any, place: str) -> Transform | None:
        """What one transform became."""
        name = type(part).__name__
        self.names.add(name)
        reader = TorchReader(part, self.white, self.size)
        slot = len(self.entries)
        self.entries.append(reader.nothing(place, MISSING, ""))
        try:
            made = self._made(name, place, reader)
        except Missing as error:
            self.entries[slot] = reader.nothing(place, MISSING, str(error))
            return None
        except UNFIT as error:
            self.entries[slot] = reader.nothing(place, MISSING, f"its parameters do not fit: {error}")
            return None
        self.entries[slot] = reader.entry(place, made)
        if made is not None and name not in GROUPS:
            for one in made.transforms if isinstance(made, Sequential) else (made,):
                self.size = size_after(one, self.size, certain=made.p == one.p == 1.0)
        return made

    def _made(self, name: str, place: str, reader: TorchReader) -> Transform | None:
        if name in GROUPS:
            make, alternatives = GROUPS[name]
            inside = list(reader("transforms"))
            children = self.children(inside, place, alternatives=alternatives)
            lost = sum(e.verdict == MISSING and e.place.startswith(f"{place}.transforms") for e in self.entries)
            if lost:
                reader.differs(f"{lost} of its transforms are missing, and nothing is done in their place")
            return make(reader, children)
        if name in FUNCTIONS:
            self.fields["layout"] = "first"
            if name == "ToTensor":
                self._floats("float32")
            return None
        if name in DTYPES:
            self._dtype(reader, name)
            return None
        if name in MAPPINGS:
            return MAPPINGS[name](reader)
        raise Missing("it is no transform of torchvision: write it anew as a Transform, or wrap it in a Lambda")

    def _dtype(self, reader: TorchReader, name: str) -> None:
        value = reader("dtype", "dtype of the chain")
        if isinstance(value, dict):
            value = next((v for v in value.values() if v is not None), None)
            reader.differs("the dtype is that of images")
        dtype = str(value).rpartition(".")[2]
        scale = name == "ConvertImageDtype" or bool(reader("scale", "always"))
        if dtype in FLOATS and scale:
            self._floats(dtype)
        elif dtype in ("uint8", "uint16"):
            self.fields["dtype"] = dtype
            self.white = 255.0 if dtype == "uint8" else 65535.0
        elif dtype in FLOATS:
            reader.drop("scale", "levels of floats are from 0 to 1 here")
            self._floats(dtype)
        else:
            raise Missing(f"dtype is that of images here, got {value!r:.40}")

    def _floats(self, dtype: str) -> None:
        self.fields["dtype"] = dtype
        self.white = 1.0


# --- groups -----------------------------------------------------------------------------------------------------------


def _sequence(reader: TorchReader, children: list[Transform]) -> Transform:
    return Sequential(children, p=reader.p)


def _choice(reader: TorchReader, children: list[Transform]) -> Transform:
    """One of them, which then follows its own p."""
    weights = reader("p", "weights")
    if not isinstance(weights, (list, tuple)):
        weights = [1.0] * len(children)
    top = max(weights)
    even = all(weight == top for weight in weights)
    parts = [
        child if even and child.p == 1.0 and not isinstance(child, SomeOf) else Sequential([child], p=weight / top)
        for child, weight in zip(children, weights)
    ]
    return OneOf(parts)


def _order(reader: TorchReader, children: list[Transform]) -> Transform:
    return SomeOf(children, n=len(children), shuffle=True)


Make = Callable[[TorchReader, list[Transform]], Transform]
GROUPS: dict[str, tuple[Make, bool]] = {
    "Compose": (_sequence, False),
    "RandomApply": (_sequence, False),
    "RandomChoice": (_choice, True),
    "RandomOrder": (_order, True),
    "Sequential": (_sequence, False),
}


declare(from_torchvision, no_peer="it reads a description, and takes no image")
