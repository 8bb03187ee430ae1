"""What a run makes of a data set: a list of images in a fixed order, cut into blocks.

It depends on names and labels of the input and on the options alone: never on workers, shards, engines, or on what an
earlier run has done.
"""

from __future__ import annotations

import dataclasses
import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from ..labels._model import LabelledImage, LabelSet
from ._names import ENDS, name_of, number_of, stem_of, stems_of
from ._options import MOST_IMAGES, Options

__all__: list[str] = []

SMALLEST, LARGEST, BLOCKS = 8, 1000, 256
"""Images of a block, and how many blocks there are where blocks are neither smaller nor larger than that."""


class Item(NamedTuple):
    """One image that is written: its place in the plan, the place of its source in the data set, and which copy it is.

    Copy 0 is the original.
    """

    number: int
    id: str
    source: int
    copy: int
    key: tuple[int, int]
    name: str


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """The images of a run.

    Attributes
    ----------
    sources, copies : ndarray of shape (n,)
        For each image that is written the place of its source, and the number of the copy.
    stems : list of str
        For each source what names begin with.
    """

    labels: LabelSet
    options: Options
    sources: np.ndarray
    copies: np.ndarray
    stems: list[str]
    chosen: tuple[int, ...]
    """Places of the sources that are augmented, the others being kept as they are at most."""

    def __len__(self) -> int:
        return len(self.sources)

    def item(self, number: int) -> Item:
        """An image of the plan."""
        source, copy = int(self.sources[number]), int(self.copies[number])
        file = self.labels.images[source].file
        end = stem_of(file)[1]
        if copy and self.options.image_format != "same":
            end = ENDS[self.options.image_format]
        name = name_of(self.stems[source], copy, end)
        return Item(number, f"{file}#{copy}", source, copy, (number_of(file), copy), name)

    def find(self, id: str) -> Item:
        """The image of an id.

        Raises
        ------
        KeyError
            If the plan has none.
        """
        file, mark, copy = id.rpartition("#")
        if mark and copy.isdigit():
            for number in np.flatnonzero(self.copies == int(copy)):
                if self.labels.images[self.sources[number]].file == file:
                    return self.item(int(number))
        raise KeyError(id)

    # --- blocks -------------------------------------------------------------------------------------------------------

    @property
    def block_size(self) -> int:
        """Images of a block: a function of how many there are."""
        return min(LARGEST, max(SMALLEST, -(-len(self) // BLOCKS)))

    @property
    def blocks(self) -> int:
        """How many there are."""
        return -(-len(self) // self.block_size)

    def block(self, number: int) -> Iterator[Item]:
        """The images of a block."""
        first = number * self.block_size
        return (self.item(k) for k in range(first, min(first + self.block_size, len(self))))

    def block_length(self, number: int) -> int:
        """How many images a block has."""
        return min(self.block_size, len(self) - number * self.block_size)

    # --- counts -------------------------------------------------------------------------------------------------------

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """For each class its images, or its objects, in the input, of these the ones that are kept, and new ones."""
        found = np.zeros((len(self.labels.classes), 3), np.int64)
        kept = np.bincount(self.sources[self.copies == 0], minlength=len(self.labels.images))
        new = np.bincount(self.sources[self.copies > 0], minlength=len(self.labels.images))
        for k, image in enumerate(self.labels.images):
            for label in classes_of(image):
                found[label] += 1, kept[k], new[k]
        return {name: tuple(map(int, found[k])) for k, name in enumerate(self.labels.classes)}  # type: ignore[misc]

    def __str__(self) -> str:
        originals = int(np.count_nonzero(self.copies == 0))
        lines = [
            f"plan: {len(self)} images ({originals} originals, {len(self) - originals} new) from "
            f"{len(self.labels.images)}, in {self.blocks} blocks"
        ]
        if self.labels.classes:
            what = "images" if any(image.label is not None for image in self.labels.images) else "objects"
            lines.append(f"{what:>9} {'kept':>9} {'new':>9} {'after':>9}")
            lines += [
                f"{had:>9} {kept:>9} {new:>9} {kept + new:>9}  {name}"
                for name, (had, kept, new) in self.counts().items()
            ]
        return "\n".join(lines)


def classes_of(image: LabelledImage) -> list[int]:
    """Its classes, one for each thing in it."""
    if image.label is not None:
        return [image.label]
    return [each.label for each in image.annotations]


def make_plan(labels: LabelSet, options: Options) -> Plan:
    """The plan of a run.

    Raises
    ------
    ValueError
        If there is nothing to augment, or the options do not fit the labels.
    """
    chosen = chosen_places(labels, options.split)
    if not chosen:
        there = sorted({image.split or "" for image in labels.images})
        raise ValueError(f"split must be one that the data set has, got {options.split!r}; there are {there}")
    counts = np.zeros(len(labels.images), np.int64)
    if options.per_class is not None:
        _raise_classes(labels, options, chosen, counts)
    elif options.target_total is not None:
        _raise_total(labels, options, chosen, counts)
    else:
        counts[chosen] = 1 if options.copies is None else options.copies
    first = 0 if options.keeps else 1
    rows = counts + 1 - first
    total = int(rows.sum())
    if total > MOST_IMAGES:
        raise ValueError(f"a run must have at most {MOST_IMAGES} images, got {total}: share out the input")
    if not total:
        raise ValueError("there is nothing to do: no copies are asked for, and originals are not kept")
    sources = np.repeat(np.arange(len(rows)), rows)
    begins = np.cumsum(rows) - rows
    copies = np.arange(total) - np.repeat(begins, rows) + first
    stems = stems_of([image.file for image in labels.images])
    return Plan(labels, options, sources, copies, stems, tuple(chosen))


def chosen_places(labels: LabelSet, split: str) -> list[int]:
    """Which images are augmented: training images where the data set says which these are."""
    splits = {image.split for image in labels.images}
    if split == "all" or (split == "auto" and "train" not in splits):
        return list(range(len(labels.images)))
    wanted = "train" if split == "auto" else split
    return [k for k, image in enumerate(labels.images) if image.split == wanted]


def _by_number(labels: LabelSet, places: Sequence[int]) -> list[int]:
    """In an order that names decide, and that has nothing to do with the alphabet."""
    return sorted(places, key=lambda k: (number_of(labels.images[k].file), k))


def _raise_total(labels: LabelSet, options: Options, chosen: list[int], counts: np.ndarray) -> None:
    new = (options.target_total or 0) - (len(labels.images) if options.keeps else 0)
    if new < 0:
        raise ValueError(
            f"target_total must be at least {len(labels.images)}, as originals are kept, got {options.target_total}"
        )
    each, more = divmod(new, len(chosen))
    counts[chosen] = each
    counts[_by_number(labels, chosen)[:more]] += 1


def _raise_classes(labels: LabelSet, options: Options, chosen: list[int], counts: np.ndarray) -> None:
    """Raise each class to a number, the rarest first.

    Each step takes, among images that hold the class, one with the fewest copies so far; among these one whose other
    things are the fewest, so that classes that have enough grow little; among these by names.  Classes count by their
    images where images have one class, and by their objects otherwise.  None is made smaller.
    """
    held = {k: np.bincount(classes_of(labels.images[k]), minlength=len(labels.classes)) for k in chosen}
    there = sum(held.values(), np.zeros(len(labels.classes), np.int64))
    if not there.any():
        raise ValueError("per_class needs images with classes, and no image that is augmented has one")
    goal = int(there.max()) if options.per_class == "max" else int(options.per_class or 0)
    now = there.copy() if options.keeps else np.zeros_like(there)
    places = {k: i for i, k in enumerate(_by_number(labels, chosen))}
    for label in sorted(np.flatnonzero(there).tolist(), key=lambda c: (int(there[c]), c)):
        heap = [
            (int(counts[k]), int(having.sum() - having[label]), places[k], k)
            for k, having in held.items()
            if having[label]
        ]
        heapq.heapify(heap)
        while now[label] < goal:
            made, other, place, k = heap[0]
            counts[k] += 1
            now += held[k]
            heapq.heapreplace(heap, (made + 1, other, place, k))
