"""A folder in, a larger folder out: `augment_folder`."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from imgproc._core.check import flag, integer, one_of
from imgproc._core.needed import needed
from imgproc.io._files import MAX_PIXELS

from .._chain.transform import Transform
from ..compose import Compose
from ..labels._stores import is_url, local_path
from ..labels._text import as_path
from ._begin import begin
from ._cost import measured
from ._finish import finish
from ._journal import Row, rows_of
from ._local import run_local
from ._options import checked, shard_of
from ._preview import write_preview
from ._ray import run_ray
from ._report import OfflineReport, counted, planned
from ._run import Run, RunSpec, close_run, open_run
from ._work import BlockResult

__all__ = ["augment_folder"]

Engine = Callable[[RunSpec, Sequence[int], int | None, Callable[[int, int], None]], Iterator[BlockResult]]
ENGINES = ("local", "ray")
"""What works on blocks."""


def augment_folder(
    recipe: Compose | Transform | dict[str, Any] | str | os.PathLike[str],
    input: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    *,
    copies: int | None = None,
    per_class: int | str | None = None,
    target_total: int | None = None,
    keep_originals: bool | None = None,
    input_format: str = "auto",
    kind: str = "auto",
    images: str | os.PathLike[str] | None = None,
    output_format: str = "same",
    split: str = "auto",
    seed: int | None = None,
    image_format: str = "same",
    quality: int | None = None,
    min_visibility: float | None = None,
    min_area: float | None = None,
    max_pixels: int | None = MAX_PIXELS,
    donors: str = "auto",
    on_error: str = "skip",
    shard: str | tuple[int, int] | None = None,
    workers: int | None = None,
    engine: str = "local",
    address: str | None = None,
    dedupe: str = "off",
    preview: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    progress: bool = False,
    allow: Iterable[str | ModuleType] = (),
) -> OfflineReport:
    """Write augmented copies of a data set to a folder, with their labels.

    Use it to balance classes, to make a data set larger once and for all, or to take work from the time of training.
    Labels of every format that `read_labels` knows go along: boxes, polygons, masks, keypoints, oriented boxes and
    classes.  What a recipe does not move comes back to the letter.

    The same call on the same input writes the same bytes, with any number of workers, in one run or in shards.  A run
    that was ended, in whatever way, goes on where it was when it is called again.

    Parameters
    ----------
    recipe : Compose, Transform, dict or path-like
        A chain, its recipe as `Compose.to_dict` gives it, or a file of it, JSON or YAML.
    input : path-like, or sequence of path-like
        What `read_labels` reads.  It is never written to.  The URL of a folder in an object store will do, such as
        ``s3://bucket/photos``, if fsspec knows the store and the labels are no archives.
    output : path-like
        A folder that does not exist, is empty, or is that of the same run.  It must be apart from the input.  The URL
        of a folder in an object store will do.
    copies : int, optional
        How many new images are made of each.  Default: 1, unless one of the next two is given.
    per_class : int or "max", optional
        Raise each class to this number; ``"max"`` is the number of the largest.  Where images have one class each,
        images count, otherwise objects.  The rarest class is raised first; an image that holds it is taken again only
        after all others that do, and those with few other objects come first.  Originals count if they are kept.  No
        class is made smaller, and classes that stand in the same images may become larger than asked for.
    target_total : int, optional
        How many images the output has in the end, shared out evenly among the sources.
    keep_originals : bool, optional
        Whether the sources are part of the output, as they are, also those of other parts of the data set.  Default:
        only with `per_class` and `target_total`.
    input_format, kind, images
        As `format`, `kind` and `images` of `read_labels`.
    output_format : {"same", "yolo", "coco", "voc", "imagefolder", "webdataset", "parquet", "recipe"}
        Of the labels.  ``"webdataset"`` and ``"parquet"`` are files that hold the images of a block.  ``"recipe"``
        writes no images, only a manifest of keys and parameters, of which `regenerate` makes any of them.
    split : str
        Which part of the data set is augmented: its name, ``"all"``, or ``"auto"``: training images, where the data
        set says which these are.  Others are copied if originals are kept.
    seed : int, optional
        Default: that of the recipe.
    image_format : {"same", "jpg", "png", "webp", "tif", "bmp"}
        Of new images; ``"same"`` is what the name of the source ends in.
    quality : int, optional
        1 to 100, of JPEG and WebP; default as `imgproc.write_image`.
    min_visibility, min_area : float, optional
        As in `Compose`; default: those of the recipe.
    max_pixels : int or None
        Larger images are refused, which protects from decompression bombs.
    donors : {"auto", "split", "class"}
        Which images transforms such as `MixUp` and `Mosaic` mix an image with: those of its part of the data set
        (``"split"``), or of its class, too.  ``"auto"`` is the latter where each image has one class, so that it stays
        right.  With ``"split"`` the shares of classes stand in the manifest.
    on_error : {"skip", "stop"}
        What becomes of an image or a label that is broken: it is left out and reported, or the run ends.
    shard : str or (int, int), optional
        ``"i/n"``: work on every n-th block only, from i on (0 <= i < n).  All shards together are the whole run; the
        last one to end writes labels and manifest.
    workers : int, optional
        Processes; default: one for each core.  With Ray, tasks that run at a time; default: one for each of its CPUs.
    engine : {"local", "ray"}
        What schedules blocks: this machine, or a cluster of Ray, whose nodes must all see input and output under the
        same names.  A block is tried again on another node when one is lost.
    address : str, optional
        Of the cluster, as `ray.init` takes it.  Default: that of ``RAY_ADDRESS``, or the one that this machine belongs
        to; none is started.
    dedupe : {"off", "phash"}
        Leave out images of the part to be augmented that are copies of an earlier one, in another size, quality or
        format, by `imgproc.phash`.  They are reported.  All images are decoded once more for it.
    preview : path-like, optional
        Write an HTML file with a few images before and after, with boxes, masks, polygons and points, before the run
        begins; with `dry_run` nothing else is written.
    overwrite : bool
        Remove what an earlier run has written to the output, and start again.
    dry_run : bool
        Write nothing; the report has the plan, and what a few images cost.
    progress : bool
        Show a bar with the rate and the time that is left.
    allow : sequence of str or module
        Modules whose functions a recipe may name for `Lambda`.

    Returns
    -------
    OfflineReport

    Raises
    ------
    TypeError, ValueError
        If an argument is wrong, labels are, or the output is that of another run: the message says what differs.
    FileNotFoundError
        If there is no such input.
    RunError
        With ``on_error="stop"`` at the first image that cannot be made.
    OSError
        If the output cannot be written, as on a full disk.  Call it again when it can.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment, imgproc
    >>> from augment.pipeline import augment_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = pathlib.Path(folder, "photos", "cat")
    ...     root.mkdir(parents=True)
    ...     imgproc.write_image(root / "a.png", image)
    ...     report = augment_folder(augment.HorizontalFlip(p=1), root.parent, folder + "/out", copies=2)
    ...     sorted(file.name for file in pathlib.Path(folder, "out", "cat").iterdir())
    ['a_aug1.png', 'a_aug2.png']
    """
    options = checked(
        {
            "copies": copies, "per_class": per_class, "target_total": target_total, "keep_originals": keep_originals,
            "input_format": input_format, "kind": kind, "output_format": output_format, "split": split, "seed": seed,
            "images": None if images is None else str(as_path(images, "images")), "image_format": image_format,
            "quality": quality, "min_visibility": min_visibility, "min_area": min_area, "on_error": on_error,
            "max_pixels": max_pixels, "donors": donors, "dedupe": dedupe,
        }
    )  # fmt: skip
    place, count = shard_of(shard)
    if workers is not None:
        integer(workers, "workers", at_least=1, at_most=1024)
    one_of(engine, "engine", ENGINES)
    if address is not None and (engine != "ray" or not isinstance(address, str)):
        raise ValueError(f"address must be a string, and only of engine 'ray', got {address!r:.60}")
    for name, value in (("overwrite", overwrite), ("dry_run", dry_run), ("progress", progress)):
        flag(value, name)
    allowed = tuple(each.__name__ if isinstance(each, ModuleType) else each for each in allow)
    if isinstance(input, (list, tuple)):
        given: Any = tuple(str(as_path(each, "input")) for each in input)
    else:
        given = place_of(input, "input")
    text = recipe_of(recipe, allowed).to_json()
    target = place_of(output, "output")
    if is_url(given) and images is not None:
        raise ValueError("images must be left out where input is a URL: they lie below it")
    if any(each.startswith("memory:") for each in (given, target)):
        workers = 1  # other processes do not see it
    spec = RunSpec(text, given, target, options, allowed)
    page = None if preview is None else as_path(preview, "preview")
    if page is not None and (page.is_dir() or not page.absolute().parent.is_dir()):
        raise ValueError(f"preview must be a file in a folder that exists, got {str(page)!r}")
    close_run(spec)
    work: Engine = run_local if engine == "local" else functools.partial(run_ray, address)
    try:
        return _run(open_run(spec), (place, count), workers, work, overwrite, dry_run, progress, page)
    finally:
        close_run(spec)


def _run(
    run: Run,
    shard: tuple[int, int],
    workers: int | None,
    engine: Engine,
    overwrite: bool,
    dry_run: bool,
    bar: bool,
    preview: Path | None,
) -> OfflineReport:
    plan = run.plan
    known: dict[str, Any] = {
        "planned": len(plan),
        "originals": int(np.count_nonzero(plan.copies == 0)),
        "shard": shard,
        "classes": planned(plan),
        "problems": run.problems,
    }
    if bar:
        print(plan, file=sys.stderr)
    if dry_run:
        if preview is not None:
            write_preview(run, preview)
        return OfflineReport(**known, cost=measured(run))
    began = time.monotonic()
    begin(run, overwrite)
    if preview is not None:
        write_preview(run, preview)
    blocks = list(range(shard[0], plan.blocks, shard[1]))
    results = []
    with _bar(bar, sum(map(plan.block_length, blocks))) as tell:
        for result in engine(run.spec, blocks, workers, tell):
            results.append(result)
    rows = finish(run)
    mine: list[Row] = [row for block in blocks for row in rows_of(run.store, block)[0]] if blocks else []
    bad = sorted({row["n"]: row for row in mine if "error" in row}.values(), key=lambda row: row["n"])
    dropped: Counter[str] = Counter()
    for row in mine:
        dropped.update(row.get("dropped", {}))
    return OfflineReport(
        **known,
        complete=rows is not None,
        written=sum(result.images for result in results),
        resumed=sum(result.resumed for result in results),
        failed=len(bad),
        bytes=sum(result.bytes for result in results),
        seconds=time.monotonic() - began,
        made={} if rows is None or run.layout.recipe else counted(plan, rows),
        dropped=dict(sorted(dropped.items())),
        failures=tuple((row["id"], row["error"]) for row in bad),
    )


def place_of(value: Any, name: str) -> str:
    """A folder of this machine, or the URL of one elsewhere, as text."""
    if is_url(value):
        local = local_path(value)
        return value.rstrip("/") if local is None else local
    return str(as_path(value, name))


@contextlib.contextmanager
def _bar(shown: bool, total: int) -> Iterator[Callable[[int, int], None]]:
    if not shown:
        yield lambda count, size: None
        return
    with needed("tqdm"):
        from tqdm import tqdm
    with tqdm(total=total, unit=" images", smoothing=0.05, dynamic_ncols=True) as bar:

        def tell(count: int, size: int) -> None:
            bar.update(count)

        yield tell


def recipe_of(recipe: Any, allow: Sequence[str] = ()) -> Compose:
    """The chain that a caller means: a chain, a transform, a recipe as plain data, or a file of one.

    Raises
    ------
    TypeError, ValueError
        If it is none.
    """
    if isinstance(recipe, Compose):
        return recipe
    if isinstance(recipe, Transform):
        return Compose([recipe])
    if isinstance(recipe, dict):
        return Compose.from_dict(recipe, allow=allow)
    if not isinstance(recipe, (str, os.PathLike)):
        raise TypeError(f"recipe must be a chain, a recipe or a file of one, got {type(recipe).__name__}")
    path = Path(recipe)
    if path.suffix.lower() not in (".json", ".yaml", ".yml"):
        raise ValueError(f"recipe must be a file that ends in .json, .yaml or .yml, got {str(path)!r}")
    text = path.read_text(encoding="utf-8")
    read = Compose.from_json if path.suffix.lower() == ".json" else Compose.from_yaml
    return read(text, allow=allow)
