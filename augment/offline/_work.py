"""The work on one block of images, which engines schedule: `work_block`."""

from __future__ import annotations

import dataclasses
import hashlib
import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from imgproc._scanline import Erase, Geometry, MaskOnly, RowsOnly

from .._chain.keys import key_array
from ..labels._pack import Packer, Sample
from ._journal import Journal, Row, journal_name, kept_rows, line_of
from ._media import encoded, encoded_mask
from ._options import PACKED
from ._plan import Item
from ._run import Donors, Run, RunSpec, open_run, run_targets

__all__ = ["RunError"]

MOVES = (Geometry, RowsOnly, Erase, MaskOnly)
"""Stages that may change labels or masks."""
LOCK_SECONDS = 60.0
"""For a process that was left behind to notice that it is alone."""


@dataclasses.dataclass
class BlockResult:
    """What a block came to.

    Attributes
    ----------
    block, images, failed, resumed : int
        Its number; images that are there now, that could not be made, and of the former those that were there before.
    bytes : int
        Of files that were written now.
    busy : bool
        Whether nothing was done, as another process works on the block.
    """

    block: int
    images: int = 0
    failed: int = 0
    resumed: int = 0
    bytes: int = 0
    busy: bool = False


class Made(NamedTuple):
    """An image that was made: its files by their names below the output, and its row."""

    files: list[tuple[str, bytes]]
    row: Row


class RunError(RuntimeError):
    """An image could not be made, and the run was to stop then.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment
    >>> from augment.pipeline import RunError, augment_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     broken = pathlib.Path(folder, "photos", "cat", "a.jpg")
    ...     broken.parent.mkdir(parents=True)
    ...     _ = broken.write_bytes(b"no photo")
    ...     try:
    ...         augment_folder(augment.HorizontalFlip(), folder + "/photos", folder + "/out", on_error="stop")
    ...     except RunError as error:
    ...         print(str(error).partition(":")[0])
    cat/a.jpg#1
    """


def work_block(spec: RunSpec, block: int, tell: Callable[[int, int], None] | None = None) -> BlockResult:
    """Make the images of a block that are not there yet.

    Parameters
    ----------
    spec : RunSpec
    block : int
    tell : callable, optional
        Is called with how many images and bytes there are more.

    Returns
    -------
    BlockResult

    Raises
    ------
    RunError
        With ``on_error="stop"``.
    OSError
        If the output cannot be written: nothing is noted of the image then.
    """
    run = open_run(spec)
    began = time.monotonic()
    while True:
        with run.store.locked(f"{block:06d}") as mine:
            if mine:
                return _worked(run, block, tell)
        if time.monotonic() - began > LOCK_SECONDS:
            return BlockResult(block, busy=True)
        time.sleep(0.2)


def _worked(run: Run, block: int, tell: Callable[[int, int], None] | None) -> BlockResult:
    count, scope = run.plan.block_length(block), f"{block:06d}"
    run.store.clear(scope)
    kept = kept_rows(run.store, block, count)
    result = BlockResult(block, images=len(kept), resumed=len(kept))
    if tell is not None and kept:
        tell(len(kept), 0)
    if len(kept) == count:
        return result
    if run.layout.format in PACKED and not run.layout.recipe:
        return _packed(run, block, result, tell)
    there = {row["n"] for row in kept}
    with Journal(run.store, block) as journal:
        for item in run.plan.block(block):
            if item.number not in there:
                made = attempt(run, item)
                journal.add(made.files, made.row)
                _count(result, made, tell)
        journal.add([], {"done": count})
    return result


def _count(result: BlockResult, made: Made, tell: Callable[[int, int], None] | None) -> None:
    size = sum(len(data) for _, data in made.files)
    result.bytes += size
    result.failed += "error" in made.row
    result.images += "error" not in made.row
    if tell is not None:
        tell(1, size)


def _packed(run: Run, block: int, result: BlockResult, tell: Callable[[int, int], None] | None) -> BlockResult:
    """Make a whole block, as its images share a file: one for each part of the data set."""
    end = ".tar" if run.layout.format == "webdataset" else ".parquet"
    result.images = result.resumed = 0
    parts: dict[str, list[Sample]] = {}
    rows = []
    for item in run.plan.block(block):
        made = attempt(run, item)
        rows.append(made.row)
        if "error" not in made.row:
            image = run.layout.made(run.targets, made.row)
            mask = made.files[1][1] if len(made.files) > 1 else None
            parts.setdefault(image.split or "", []).append(Sample(image, made.files[0][1], mask))
        _count(result, made, tell)
    packer = Packer(dataclasses.replace(run.labels, problems=()), run.layout.format)
    files = [
        (f"{part}-{block:06d}{end}" if part else f"{block:06d}{end}", packer.packed(samples))
        for part, samples in sorted(parts.items())
    ]
    if block == 0:
        files += list(packer.classes.items())
    sizes = {name: len(data) for name, data in files}
    for row in rows:
        if "error" not in row:
            row["files"] = sizes
    run.store.put(files, f"{block:06d}")
    run.store.put([(journal_name(block), b"".join(map(line_of, [*rows, {"done": len(rows)}])))], f"{block:06d}")
    return result


# --- one image --------------------------------------------------------------------------------------------------------


def attempt(run: Run, item: Item) -> Made:
    """An image, or the reason why there is none.

    Raises
    ------
    RunError
        With ``on_error="stop"``.
    """
    try:
        return make(run, item)
    except Exception as error:  # a file can make a decoder raise anything, and a transform of a user, too
        said = str(error).removeprefix("cannot read bytes: ") or type(error).__name__
        if not isinstance(error, (ValueError, TypeError, OSError)):
            said = f"{type(error).__name__}: {said}"
        if isinstance(error, OSError):
            said = error.strerror or said
        if run.spec.options.on_error == "stop":
            raise RunError(f"{item.id}: {said}") from error
        return Made([], {"n": item.number, "id": item.id, "source": run.labels.images[item.source].file,
                         "copy": item.copy, "error": said})  # fmt: skip


def make(run: Run, item: Item) -> Made:
    """An image of the plan: its files, and the row that tells of it.

    Raises
    ------
    ValueError, TypeError, OSError
        If its source is broken, or does not fit.
    """
    file = run.layout.image(item.name)
    row: Row = {"n": item.number, "id": item.id, "s": item.source, "copy": item.copy, "key": list(item.key)}
    source = run.source(item.source)
    if item.copy == 0:
        return _original(run, item, file, row, source.data, source.pixels)
    image = run.labels.images[item.source]
    pixels, chain = run.fitted(source.pixels, item.name)
    inner = chain._chain
    donors = Donors(run, item.source) if run.mixes else None
    given = run_targets(run, item.source, pixels) if run.mixes or inner.looks else None
    seen = {n: v for n, v in given.items() if n != "image"} if given is not None and inner.looks else None
    steps, state = inner.drawn(key_array(item.key), pixels.shape, pixels.dtype, targets=seen, donors=donors)
    row["params"] = [
        {"transform": step.place.name, "occurrence": step.place.occurrence, "params": step.params} for step in steps
    ]
    if run.layout.recipe:
        return Made([], row)
    still = not run.mixes and not any(isinstance(stage, MOVES) for stage in state.stages)
    if not (still and chain.min_area == 0 and chain.min_visibility == 0) and given is None:
        given = run_targets(run, item.source, pixels)
    if given is None:
        given = {"image": pixels}
        if image.label is not None and inner.relabels:
            given["label"] = run.one_hot(image.label)
    result = chain(key=item.key, donors=donors, **given)
    made: np.ndarray = result["image"]
    data = encoded(made, item.name, run.spec.options.quality)
    files = [(run.layout.path(file), data)]
    size = made.shape[0], made.shape[1]
    row |= {"file": file, "size": list(size), "sha256": hashlib.sha256(data).hexdigest()}
    if "rows" in result and (not still or len(result["rows"]) < len(given["rows"])):
        dropped: Counter[str] = Counter()
        row["labels"] = [{"of": number} for number in result["rows"]]
        if not still:
            row["labels"] = run.targets.results(result, size, run.sizes, dropped)
        lost = len(set(given["rows"]) - set(result["rows"]))
        if lost:
            dropped["out of the image, or too little of it is left"] += lost
        if dropped:
            row["dropped"] = dict(sorted(dropped.items()))
    if image.mask is not None:
        mask, _, palette = run.mask(item.source)
        moved = not still and not np.array_equal(result["mask"], given["mask"])
        row["mask"] = run.layout.mask(image, file, moved)
        if moved:
            mask = encoded_mask(result["mask"], palette, row["mask"])
        files.append((run.layout.path(row["mask"]), mask))
    if "label" in result and image.label is not None:
        shares = np.asarray(result["label"], float)
        if shares[image.label] != 1:
            row["shares"] = shares.tolist()
    if donors is not None and donors.taken:
        row["donors"] = donors.taken
    row["files"] = {name: len(data) for name, data in files}
    return Made(files, row)


def _original(run: Run, item: Item, file: str, row: Row, data: bytes, pixels: np.ndarray) -> Made:
    """A source as it is, which could be decoded."""
    image = run.labels.images[item.source]
    files = [(run.layout.path(file), data)]
    row |= {"file": file, "size": list(pixels.shape[:2]), "sha256": hashlib.sha256(data).hexdigest()}
    if image.mask is not None:
        row["mask"] = run.layout.mask(image, file, False)
        files.append((run.layout.path(row["mask"]), run.mask(item.source)[0]))
    row["files"] = {name: len(data) for name, data in files}
    return Made(files, row)
