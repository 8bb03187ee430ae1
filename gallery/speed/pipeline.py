"""``python -m gallery speed pipeline``: an epoch of training, from files and from memory, loader against loader.

Everything else in this folder times calls; here whole loaders run, on all CPUs: ours, albumentations in a DataLoader,
and what bounds them all, decoding alone and decoding with the chain's calls on plain threads.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import imgproc
from imgproc._core.needed import needed

from .. import _readme
from .._machine import machine
from .._table import Table
from .._timing import compare, ratio
from . import chains
from .cases import COLOURED, photos
from .chain_rows import ROWS

PART = "pipeline"
"""The part of a page of documentation that holds the table."""
CHAIN, SHAPE, RESULT, QUALITY = "chain, ImageNet", (375, 500), (224, 224), 90
WORKERS, BATCH = 2, 64
PLAIN, DECODING = "two plain threads: decode, then the chain's calls", "decoding alone, two threads"
THREADS, LOADER = "`ThreadLoader`", f"`loader(workers={WORKERS})`"
THEIRS = f"albumentations in a DataLoader, {WORKERS} workers"
TARGETS = {  # what, by what, at least, from files and from memory
    (THREADS, THEIRS): (2.3, 6.0),
    (LOADER, THEIRS): (1.6, 2.5),
    (THREADS, PLAIN): (0.95, None),
    (THREADS, DECODING): (0.85, None),
}


class Theirs:
    """A data set as users of albumentations write it; at the top of a module, where workers find it."""

    def __init__(self, source: Sequence[Any], chain: Any) -> None:
        self.source, self.chain = source, chain

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int) -> Any:
        import cv2
        import torch

        image = self.source[index]
        if isinstance(image, str):
            image = cv2.cvtColor(cv2.imread(image), cv2.COLOR_BGR2RGB)
        made = self.chain(image=image)["image"]
        return torch.from_numpy(np.ascontiguousarray(made.transpose(2, 0, 1)))


def main(argv: Sequence[str]) -> int:
    """Run the command line; return the exit status.

    0: measured, whether or not the targets were met.  2: something is not installed.

    Parameters
    ----------
    argv : sequence of str
        The arguments after ``speed pipeline``.
    """
    parser = argparse.ArgumentParser(prog="python -m gallery speed pipeline", description=__doc__.partition("\n")[0])
    parser.add_argument("--images", metavar="N", type=int, default=2000, help="of an epoch (default: %(default)s)")
    parser.add_argument("--rounds", metavar="N", type=int, default=5, help="of all loaders (default: %(default)s)")
    parser.add_argument(
        "--docs",
        metavar="FILE",
        type=Path,
        help="put the table between {} and {}".format(*_readme.markers(PART)),
    )
    args = parser.parse_args(argv)
    if args.images < BATCH or args.rounds < 1:
        parser.error(f"--images must be at least {BATCH} and --rounds at least 1")
    if not chains.available():
        print("python -m gallery speed pipeline: albumentations is not installed", file=sys.stderr)
        return 2
    if args.docs:
        _readme.split(args.docs, PART)
    table = measured(args.images, args.rounds)
    print(table.as_text(), *table.notes, sep="\n")
    if args.docs:
        _readme.replace(args.docs, PART, "\n\n".join([table.as_markdown(), *table.notes]))
    return 0


def measured(count: int, rounds: int) -> Table:
    """Both tables in one: images a second from files and from memory, and the ratios that count."""
    with tempfile.TemporaryDirectory() as folder:
        paths = write_photos(Path(folder), count)
        files = epochs(paths)
        files[DECODING] = lambda: in_threads(lambda part: [imgproc.read_image(path) for path in part], paths)
        from_files = compare(files, seconds=0, min_runs=rounds)
        decoded = [imgproc.read_image(path) for path in paths]
    from_memory = compare(epochs(decoded), seconds=0, min_runs=rounds)
    rows = []
    for name, runs in from_files.items():
        memory = from_memory.get(name)
        cells = [f"{count / each.median:,.0f}" if each else "" for each in (runs, memory)]
        ratios = [
            f"{ratio(found[THEIRS], each):.2f}" if each else ""
            for found, each in zip((from_files, from_memory), (runs, memory))
        ]
        rows.append((name, cells[0], ratios[0], cells[1], ratios[1]))
    header = ("", "from files, img/s", "× albumentations", "decoded, img/s", "× albumentations")
    notes = [
        f"{count:,} photos of {SHAPE[0]}×{SHAPE[1]} as JPEG files; crop to {RESULT[0]}², flip, colour jitter, "
        f"normalise to float32; batches of {BATCH}. Workers live on from epoch to epoch. All run in turns, {rounds} "
        f"rounds; medians, and medians of the ratios of the rounds. {machine()}."
    ]
    for (who, by), targets in TARGETS.items():
        for where, found, target in zip(("from files", "decoded"), (from_files, from_memory), targets):
            if target is not None:
                value = ratio(found[by], found[who])
                verdict = "met" if value >= target else "MISSED"
                notes.append(f"* {who} by {by}, {where}: {value:.2f} (target {target}: {verdict})")
    return Table(header, tuple(rows), frozenset({0}), "Pipelines", ("\n".join(notes),))


def write_photos(folder: Path, count: int) -> list[str]:
    """Windows of the photos that come with scikit-image, as JPEG files."""
    kinds = list(itertools.islice(itertools.cycle(photos("RGB", SHAPE)), count))
    rng = np.random.default_rng(len(COLOURED))
    paths = []
    for number, image in enumerate(kinds):
        shift = rng.integers(0, SHAPE[1])
        paths.append(str(folder / f"{number:05}.jpg"))
        imgproc.write_image(paths[-1], np.ascontiguousarray(np.roll(image, shift, 1)), quality=QUALITY)
    return paths


def epochs(source: Sequence[Any]) -> dict[str, Callable[[], Any]]:
    """An epoch of each loader over one source."""
    from augment.pipeline import AugmentedDataset, ThreadLoader, loader

    with needed("torch"):
        import torch.utils.data

    row = next(row for row in ROWS if row.name == CHAIN)
    chain = chains.our_chain(row)
    dataset = AugmentedDataset(source, chain, shape=RESULT)
    threads = ThreadLoader(dataset, batch_size=BATCH, shuffle=True, workers=WORKERS)
    processes = loader(dataset, batch_size=BATCH, shuffle=True, workers=WORKERS, persistent_workers=True)
    theirs = torch.utils.data.DataLoader(
        Theirs(source, chains.their_chain(row)),  # type: ignore[arg-type]  # a data set by its methods
        batch_size=BATCH,
        shuffle=True,
        num_workers=WORKERS,
        persistent_workers=True,
    )
    return {
        THEIRS: lambda: drain(theirs),
        LOADER: lambda: drain(processes),
        THREADS: lambda: drain(threads),
        PLAIN: lambda: plain(source, dataset.chain),
    }


def drain(batches: Any) -> int:
    """Ask for all batches of an epoch; how many there were."""
    return sum(1 for _ in batches)


def plain(source: Sequence[Any], chain: Any) -> None:
    """The chain's calls on plain threads, into one buffer for each: no queue, no order, no tensors."""

    def work(part: Sequence[Any]) -> None:
        out = np.empty((BATCH, 3, *RESULT), np.float32)
        for k, images in enumerate(batches_of(part)):
            decoded = [imgproc.read_image(image) if isinstance(image, str) else image for image in images]
            keys = [(k, i) for i in range(len(images))]
            chain.batch(decoded, keys=keys, out=out[: len(images)], workers=1)

    in_threads(work, source)


def batches_of(source: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Pieces of the size of a batch."""
    for first in range(0, len(source), BATCH):
        yield source[first : first + BATCH]


def in_threads(work: Callable[[Sequence[Any]], Any], source: Sequence[Any]) -> None:
    """Give each thread an equal part."""
    parts = [source[k::WORKERS] for k in range(WORKERS)]
    running = [threading.Thread(target=work, args=(part,)) for part in parts]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
