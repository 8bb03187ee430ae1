"""A run as every process opens it: the labels, the plan, the chain, and where images come from and go."""

from __future__ import annotations

import bisect
import dataclasses
import hashlib
import json
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.formats import channels_of
from imgproc._version import __version__

from .._chain.serialize import to_plain
from .._chain.state import State, frame_of, without_alpha
from ..compose import Compose
from ..labels import read_labels
from ..labels._convert import BOX_FORMATS, kind_for
from ..labels._images import image_bytes, mask_bytes
from ..labels._model import LabelProblem, LabelSet
from ..labels._remote import read_remote_labels
from ..labels._stores import is_url
from ._duplicates import copies_among
from ._layout import Layout
from ._media import HOLDS_ALPHA, as_rgb, decoded, decoded_mask, end_of, has_alpha
from ._media import without_alpha as colours_of
from ._options import RECIPE, Options
from ._plan import Plan, chosen_places, make_plan
from ._remote_store import RemoteStore
from ._store import HIDDEN, LocalStore, Store
from ._targets import Targets

__all__: list[str] = []

KEPT_BYTES = 256 << 20
"""Of decoded images that stay in memory where images are mixed; otherwise it is one, for its next copy."""
COPIES = f"{HIDDEN}/copies.json"
"""Which images of the input are left out, as they are copies of others."""


@dataclasses.dataclass(frozen=True)
class RunSpec:
    """What a process needs to know to work on blocks; plain data.

    Attributes
    ----------
    recipe : str
        JSON.
    input : str or tuple of str
    output : str
    options : Options
    allow : tuple of str
        Modules whose functions the recipe may name.
    """

    recipe: str
    input: str | tuple[str, ...]
    output: str
    options: Options
    allow: tuple[str, ...] = ()


class Source(NamedTuple):
    """An image of the input."""

    data: bytes
    pixels: np.ndarray


class Run:
    """A run that is open in this process.

    Raises
    ------
    ValueError, TypeError, OSError
        If labels, recipe and options do not fit each other.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.spec, options = spec, spec.options
        given = list(spec.input) if isinstance(spec.input, tuple) else spec.input
        read: Any = read_remote_labels if is_url(given) else read_labels
        labels: LabelSet = read(
            given,
            format=options.input_format,
            kind=options.kind,
            images=options.images,
            on_error="skip" if options.on_error == "skip" else "raise",
        )
        self.problems = labels.problems
        self.store: Store = RemoteStore(spec.output) if is_url(spec.output) else LocalStore(spec.output)
        self.labels = self._without_copies(self._named(labels))
        self.layout = Layout(self.labels, options.output_format, _file_of(spec.input))
        if options.output_format in BOX_FORMATS:
            kind_for(self.labels, options.output_format, "auto")
        self.plan: Plan = make_plan(self.labels, options)
        self.targets = Targets.of(self.labels)
        self.chain = self.targets.chain(Compose.from_json(spec.recipe, allow=spec.allow), options)
        self.mixes = self.chain._chain.mixes
        self.sizes: dict[int, tuple[int, int]] = {}
        self._alpha: Compose | None = None
        self._takes: dict[tuple[int, str, int, bool], str] = {}
        self._kept: OrderedDict[int, Source] = OrderedDict()
        self._kept_bytes = 0
        self._pools: dict[Any, list[int]] = {}
        self._check_result()

    def _named(self, labels: LabelSet) -> LabelSet:
        """Images that can be told apart by their names; what others are is a problem."""
        known: set[str] = set()
        images, problems = [], []
        for image in labels.images:
            if not image.file:
                said = image.more.get("labels") or "an image"
                problems.append(LabelProblem(str(said), "", "there is no image of this name"))
            elif image.file in known:
                problems.append(LabelProblem(image.file, "", "an image of this name came before"))
            else:
                known.add(image.file)
                images.append(image)
        if problems and self.spec.options.on_error == "stop":
            raise ValueError(str(problems[0]))
        self.problems = (*self.problems, *problems)
        return dataclasses.replace(labels, images=tuple(images), problems=()) if problems else labels

    def _without_copies(self, labels: LabelSet) -> LabelSet:
        """Images that are no copies of an earlier one; what others are is a problem.

        They are found once: the output has a note of them, for other processes and for `regenerate`."""
        self.notes: list[tuple[str, bytes]] = []
        options = self.spec.options
        if options.dedupe == "off":
            return labels
        names = [image.file for image in labels.images]
        asked = _digest(labels)
        known = json.loads(self.store.read(COPIES) or b"{}")
        if known.get("of") == asked:
            found = known["copies"]
        else:
            copies = copies_among(labels, chosen_places(labels, options.split), max_pixels=options.max_pixels)
            found = {names[copy]: names[first] for copy, first in copies.items()}
        self.notes = [(COPIES, (json.dumps({"of": asked, "copies": found}, indent=1) + "\n").encode())]
        problems = [LabelProblem(copy, "", f"a copy of {first}") for copy, first in found.items()]
        self.problems = (*self.problems, *problems)
        return dataclasses.replace(labels, images=tuple(image for image in labels.images if image.file not in found))

    def _check_result(self) -> None:
        """A recipe whose images no file holds is refused before any work."""
        state = State(frame_of((64, 64, 3), np.dtype(np.uint8)), [None] * 8, always=True)
        self.chain._chain.plan.check(state)
        ends = [end for end in (self.spec.options.image_format,) if end != "same"] or ["any"]
        kind = np.dtype(self.chain.dtype) if self.chain.dtype else None
        if kind is None and not self.mixes and not self.chain._chain.looks:
            kind = self.chain._chain.drawn(np.zeros((1, 1), np.uint64), (64, 64, 3), always=True)[1].current.dtype
        if kind is not None and kind.kind == "f" and ends[0] != "tif" and self.spec.options.output_format != RECIPE:
            raise ValueError(
                f"recipe must give images that files hold, uint8 or uint16, got {kind.name}: leave out Normalize and "
                "dtype='float32', which belong to training"
            )

    # --- images -------------------------------------------------------------------------------------------------------

    def source(self, place: int) -> Source:
        """An image of the input, decoded; the last ones stay in memory."""
        found = self._kept.get(place)
        if found is None:
            data = image_bytes(self.labels, self.labels.images[place])
            found = Source(data, decoded(data, self.spec.options.max_pixels))
            self.sizes[place] = (found.pixels.shape[0], found.pixels.shape[1])
            self._kept[place] = found
            self._kept_bytes += found.pixels.nbytes
            limit = KEPT_BYTES if self.mixes else 0  # memory that is freed serves the next image
            while self._kept_bytes > limit and len(self._kept) > 1:
                _, old = self._kept.popitem(last=False)
                self._kept_bytes -= old.pixels.nbytes
        self._kept.move_to_end(place)
        return found

    def mask(self, place: int) -> tuple[bytes, np.ndarray, Any]:
        """The mask of an image: its file, its labels, and its palette."""
        data = mask_bytes(self.labels, self.labels.images[place])
        mask, palette = decoded_mask(data, self.spec.options.max_pixels)
        size = self.sizes[place]
        if mask.shape[:2] != size:
            raise ValueError(f"the mask has {mask.shape[0]} x {mask.shape[1]} pixels, the image {size[0]} x {size[1]}")
        return data, mask, palette

    def fitted(self, pixels: np.ndarray, name: str) -> tuple[np.ndarray, Compose]:
        """An image as the chain takes it, and the chain.

        Alpha stays where the file that is written holds it and the chain can; grey becomes colour where a transform
        asks for colour, or where images are mixed."""
        if self.mixes:
            return as_rgb(pixels), self.chain
        if has_alpha(pixels):
            if end_of(name) in HOLDS_ALPHA and self._how(pixels, True) == "":
                return pixels, self._with_alpha()
            pixels = colours_of(pixels)
        if pixels.ndim == 2 and self._how(pixels, False) and not self._how(as_rgb(pixels[:1, :1]), False):
            pixels = as_rgb(pixels)
        return pixels, self.chain

    def _with_alpha(self) -> Compose:
        if self._alpha is None:
            self._alpha = dataclasses.replace(self.chain, alpha=True)
        return self._alpha

    def _how(self, pixels: np.ndarray, alpha: bool) -> str:
        """Why the chain does not take images of this kind; empty if it does."""
        kind = (pixels.ndim, pixels.dtype.name, channels_of(pixels), alpha)
        if kind not in self._takes:
            self._takes[kind] = ""
            try:
                chain = self._with_alpha() if alpha else self.chain
                frame = frame_of((64, 64, *pixels.shape[2:]), pixels.dtype)
                chain._chain.plan.check(State(without_alpha(frame) if alpha else frame))
            except (ValueError, TypeError) as error:
                self._takes[kind] = str(error)
        return self._takes[kind]

    # --- donors -------------------------------------------------------------------------------------------------------

    def pool(self, place: int) -> list[int]:
        """Places of the images that one may be mixed with, itself included: those of its part of the data set, and
        where images have one class, of its class."""
        image = self.labels.images[place]
        wanted = self.spec.options.donors
        by_class = wanted == "class" or (wanted == "auto" and image.label is not None)
        kind = image.split, image.label if by_class else None
        if kind not in self._pools:
            self._pools[kind] = [
                k
                for k, each in enumerate(self.labels.images)
                if each.split == kind[0] and (not by_class or each.label == kind[1])
            ]
        return self._pools[kind]

    def one_hot(self, label: int) -> np.ndarray:
        """A class as a vector of shares."""
        vector = np.zeros(self.chain._chain.num_classes or len(self.labels.classes))
        vector[label] = 1
        return vector

    # --- what the output depends on -----------------------------------------------------------------------------------

    def fingerprint(self) -> dict[str, Any]:
        """What another run must have in common to go on with this one's output."""
        recipe = to_plain(self.chain)
        return {
            "version": 1,
            "library": __version__,
            "recipe": json.loads(self.spec.recipe),
            "seed": recipe["seed"],
            "input": {
                "format": self.labels.format,
                "images": len(self.labels.images),
                "labels": _digest(self.labels),
            },
            "options": self.spec.options.as_dict(),
        }


class Donors:
    """The images that one may be mixed with, opened when they are asked for; one that is broken gives way to the next.

    Itself is none of them, unless there is no other.
    """

    def __init__(self, run: Run, place: int) -> None:
        self._run, self._place = run, place
        self._pool = run.pool(place)
        self._own = bisect.bisect_left(self._pool, place)
        self.taken: list[str] = []

    def __len__(self) -> int:
        return max(len(self._pool) - 1, 1)

    def __getitem__(self, j: int) -> dict[str, Any]:
        run = self._run
        reason: Exception | None = None
        for k in range(min(len(self), 100)):
            number = (j + k) % len(self)
            place = self._pool[number + (number >= self._own)] if len(self._pool) > 1 else self._place
            try:
                made = run_targets(run, place, as_rgb(run.source(place).pixels))
            except (ValueError, OSError) as error:
                reason = error
                continue
            self.taken.append(run.labels.images[place].file)
            return made
        raise ValueError(f"no image to mix with can be read; the last one: {reason}")


def run_targets(run: Run, place: int, pixels: np.ndarray) -> dict[str, Any]:
    """An image and all that belongs to it, as a chain takes it."""
    image = run.labels.images[place]
    given: dict[str, Any] = {"image": pixels, **run.targets.given(place, pixels.shape[:2])}
    if image.mask is not None:
        given["mask"] = run.mask(place)[1]
    if image.label is not None and (run.mixes or run.chain._chain.relabels):
        given["label"] = run.one_hot(image.label)
    return given


_opened: dict[RunSpec, Run] = {}


def open_run(spec: RunSpec) -> Run:
    """The run of a specification; the last one stays open in this process."""
    if spec not in _opened:
        _opened.clear()
        _opened[spec] = Run(spec)
    return _opened[spec]


def close_run(spec: RunSpec) -> None:
    """Forget an open run."""
    _opened.pop(spec, None)


def _file_of(given: Any) -> str:
    """The name of a file of labels, if the input is one; of a folder with one JSON file, that of the file."""
    if isinstance(given, tuple):
        return ""
    path = Path(given)
    if path.is_dir():
        return ""
    return path.name


def _digest(labels: LabelSet) -> str:
    """A number for names and labels of a data set; no path of a machine is in it."""
    found = hashlib.sha256(repr((labels.format, labels.kind, labels.classes)).encode("utf-8", "surrogatepass"))
    for image in labels.images:
        things = [
            (e.label, e.box, e.polygons, e.keypoints, e.mask and sorted(e.mask.items()), e.crowd, e.difficult)
            for e in image.annotations
        ]
        said = repr((image.file, image.size, image.label, image.mask, image.split, things))
        found.update(said.encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def inside(one: str, other: str) -> bool:
    """Whether a folder is another one, or lies below it."""
    if is_url(one) or is_url(other):
        return f"{one}/".startswith(f"{other}/")
    a, b = os.path.realpath(one), os.path.realpath(other)
    return a == b or a.startswith(os.path.join(b, ""))
