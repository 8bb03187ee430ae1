"""``--preview``: a few sources of a run, and what is made of them, as a contact sheet."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from imgproc.io._standard import write_bytes

from ._media import decoded, decoded_mask
from ._plan import Item, Plan, classes_of
from ._run import Run
from ._seen import picture_of
from ._sheet import Picture, Row, sheet
from ._work import make

__all__: list[str] = []

SOURCES, COPIES = 12, 4


def shown_sources(plan: Plan, most: int = SOURCES) -> list[int]:
    """The places of the sources that are shown: at least one of each class while there is room, then evenly spread.

    Only sources of which something new is made are shown.
    """
    new = plan.sources[plan.copies > 0] if (plan.copies > 0).any() else plan.sources
    places = np.unique(new).tolist()
    chosen: list[int] = []
    missing = set(range(len(plan.labels.classes)))
    for place in places:
        found = set(classes_of(plan.labels.images[place])) & missing
        if found and len(chosen) < most:
            chosen.append(place)
            missing -= found
    rest = [place for place in places if place not in set(chosen)]
    room = min(most - len(chosen), len(rest))
    chosen += [rest[k * len(rest) // room] for k in range(room)]
    return sorted(chosen)


def shown_items(plan: Plan, place: int, most: int = COPIES) -> list[Item]:
    """The first images that are made of a source."""
    numbers = np.flatnonzero((plan.sources == place) & (plan.copies > 0))[:most]
    return [plan.item(int(number)) for number in numbers]


def write_preview(
    run: Run,
    path: str | os.PathLike[str],
    *,
    about: Sequence[str] = (),
    sources: int = SOURCES,
    copies: int = COPIES,
) -> int:
    """Make a few images of a run, and write the contact sheet; nothing is written to the output.

    Parameters
    ----------
    run : Run
    path : path-like
        The HTML file, which gets a temporary name first.
    about : sequence of str
        Lines above the pictures.
    sources, copies : int
        How many are shown, and how many images of each.

    Returns
    -------
    int
        How many sources are shown.
    """
    if run.layout.recipe:  # images are seen all the same
        options = dataclasses.replace(run.spec.options, output_format="same", keep_originals=False)
        run = Run(dataclasses.replace(run.spec, options=options))
    plan = run.plan
    rows = []
    for place in shown_sources(plan, sources):
        items = shown_items(plan, place, copies)
        pictures, notes = [], []
        for item in (None, *items):
            try:
                pictures.append(_before(run, place) if item is None else _after(run, item))
            except (ValueError, TypeError, OSError) as error:
                notes.append(str(error))
        made = int(np.count_nonzero((plan.sources == place) & (plan.copies > 0)))
        if made > len(items):
            notes.append(f"{len(items)} of {made} copies")
        rows.append(Row(run.labels.images[place].file, tuple(pictures), "; ".join(dict.fromkeys(notes))))
    recipe = ", ".join(type(each).__name__ for each in run.chain.transforms) or "nothing"
    lines = [
        f"Recipe: {recipe}.",
        *about,
        f"{len(rows)} of {len(run.labels.images)} sources; the run makes {len(plan)} images.",
    ]
    write_bytes(path, sheet(rows, title="Preview of a run", about=lines).encode("utf-8", "replace"))
    return len(rows)


def _before(run: Run, place: int) -> Picture:
    """A source with its labels."""
    image = run.labels.images[place]
    pixels = run.source(place).pixels
    return picture_of(pixels, image, run.labels, "before", None if image.mask is None else _plane(run.mask(place)[1]))


def _after(run: Run, item: Item) -> Picture:
    """An image of the plan as it is written: its file is decoded again."""
    files, row = make(run, item)
    pixels = decoded(files[0][1], None)
    mask = _plane(decoded_mask(files[1][1], None)[0]) if len(files) > 1 else None
    caption = f"copy {item.copy}"
    if row.get("dropped"):
        lost = ", ".join(f"{count} dropped: {why}" for why, count in row["dropped"].items())
        caption += f" ({lost})"
    made = picture_of(pixels, run.layout.made(run.targets, row), run.labels, caption, mask)
    if row.get("shares"):
        shares = [(share, name) for share, name in zip(row["shares"], run.labels.classes) if share >= 0.005]
        classes = ", ".join(f"{name} {share:.2f}" for share, name in sorted(shares, reverse=True))
        made = dataclasses.replace(made, classes=classes)
    return made


def _plane(mask: np.ndarray) -> np.ndarray:
    """A mask of one number for each pixel; one of colours becomes numbers of its colours, and black is background."""
    if mask.ndim == 2:
        return mask
    colors, numbers = np.unique(mask.reshape(-1, mask.shape[2]), axis=0, return_inverse=True)
    return (numbers.reshape(mask.shape[:2]) + (0 if not colors[0].any() else 1)).astype(np.int32)
