"""``python -m imgproc scenes``: make a database of a folder of photos, and complete an image from it."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .._core.arguments import defaults_of
from .._core.needed import needed
from ..io._standard import read_named
from ..io._writing import write_image
from ._masks import read_hole
from .database import SUFFIXES, SceneDatabase
from .poisson import DOMAINS
from .scene import SceneCompletion, complete_scene

__all__: list[str] = []

DEFAULTS = defaults_of(complete_scene, "n_scenes", "n_results", "context", "domain")
RESULTS = "results.json"
_OURS = re.compile(r"results\.json|[0-9]{2,}(?:_seam)?\.(?:png|tif)")
"""The files of former results, which are replaced."""


def add_to(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m imgproc``."""
    said = "Complete an image from a library of photos."
    scenes = commands.add_parser("scenes", help=said, description=said)
    actions = scenes.add_subparsers(title="commands", metavar="COMMAND", required=True)

    said = "Describe the photos of a folder, as far as that has not been done, into a database."
    build = actions.add_parser("build", help=said, description=said)
    build.add_argument("folder", metavar="FOLDER", type=Path, help="where the photos are, in it and in folders below")
    build.add_argument("database", metavar="DB", type=Path, help="the database, a folder; made if need be")
    build.add_argument("--workers", metavar="N", type=int, help="threads (default: one for each CPU)")

    said = "Fill the hole of an image with pieces of the photos that fit it best."
    complete = actions.add_parser("complete", help=said, description=said)
    complete.add_argument("input", metavar="IN", help="the image; - is standard input")
    complete.add_argument(
        "--mask",
        metavar="MASK",
        required=True,
        help="of its size: bright in the hole, 1 on 0, colours on black, or transparent in the hole",
    )
    complete.add_argument("--invert-mask", action="store_true", help="the hole is what the mask leaves out")
    complete.add_argument("--db", metavar="DB", type=Path, required=True, help="what `scenes build` made")
    complete.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        required=True,
        help="gets 01.png (of floats, 01.tif) and so on, the best first, and results.json",
    )
    complete.add_argument(
        "--scenes", metavar="N", type=int, default=DEFAULTS["n_scenes"], help="how many to try (%(default)s)"
    )
    complete.add_argument(
        "--results", metavar="N", type=int, default=DEFAULTS["n_results"], help="how many to write (%(default)s)"
    )
    complete.add_argument(
        "--context", metavar="PX", type=int, default=DEFAULTS["context"], help="of the surroundings (%(default)s)"
    )
    complete.add_argument(
        "--domain", choices=DOMAINS, default=DEFAULTS["domain"], help="what blending changes (%(default)s)"
    )

    for parser, run in ((build, _build), (complete, _complete)):
        parser.add_argument("--quiet", action="store_true", help="no progress bar")
        parser.set_defaults(command=_reporting(run, parser.prog), takes_options=True)


def _reporting(run: Callable[[argparse.Namespace], int], name: str) -> Callable[[argparse.Namespace], int]:
    """A command whose errors are said in a line, with exit status 1."""

    def command(chosen: argparse.Namespace) -> int:
        try:
            return run(chosen)
        except (OSError, ValueError, TypeError, ImportError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            return 1

    return command


@contextlib.contextmanager
def _bar(chosen: argparse.Namespace, unit: str) -> Iterator[Callable[[int, int], None]]:
    with needed("tqdm"):
        from tqdm import tqdm

    with tqdm(unit=unit, disable=True if chosen.quiet else None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def _build(chosen: argparse.Namespace) -> int:
    with _bar(chosen, "photo") as progress:
        database = SceneDatabase.build(chosen.folder, chosen.database, workers=chosen.workers, progress=progress)
    for path, reason in database.skipped:
        print(f"skipped {path}: {reason}", file=sys.stderr)
    skipped = f", {len(database.skipped)} skipped" if database.skipped else ""
    if not len(database):
        why = "none of its photos can be read" if database.skipped else f"it holds no photos, {', '.join(SUFFIXES)}"
        raise ValueError(f"no scene was found in {str(chosen.folder)!r}: {why}")
    print(f"{chosen.database}: {len(database)} scenes{skipped}")
    return 0


def _complete(chosen: argparse.Namespace) -> int:
    _check_target(chosen.out)
    image = read_named(chosen.input)
    mask, how = read_hole(chosen.mask, image, invert=chosen.invert_mask)
    if not chosen.quiet:
        print(how, file=sys.stderr)
    database = SceneDatabase.open(chosen.db)
    with _bar(chosen, "step") as progress:
        results = complete_scene(
            image,
            mask,
            database,
            n_scenes=chosen.scenes,
            n_results=chosen.results,
            context=chosen.context,
            domain=chosen.domain,
            progress=progress,
        )
    if not results:
        raise ValueError(f"no scene of {chosen.db} covers the hole and its surroundings")
    with _whole_folder(chosen.out) as folder:
        rows = [_row(number, result) for number, result in enumerate(results, start=1)]
        for row, result in zip(rows, results):
            write_image(folder / row["image"], result.image)
            write_image(folder / row["seam"], result.seam.astype(np.uint8) * 255)
        (folder / RESULTS).write_text(json.dumps({"results": rows}, indent=1) + "\n")
    print(f"{chosen.out}: {len(results)} results, the best from {results[0].scene.path}")
    if results[0].poor:
        print(
            f"even the best fits poorly ({results[0].context_error:.0f} units of Lab): `python -m imgproc inpaint "
            f"{chosen.input} --mask {chosen.mask} -o OUT`, which fills from the image itself, may do better"
        )
    return 0


def _row(number: int, result: SceneCompletion) -> dict[str, Any]:
    kind = "png" if result.image.dtype.kind == "u" else "tif"  # PNG holds no floats
    return {
        "image": f"{number:02d}.{kind}",
        "seam": f"{number:02d}_seam.png",
        "score": result.score,
        "parts": result.parts,
        "scene": {"id": result.scene.id, "path": str(result.scene.path)},
        "placement": {
            "scale": result.placement.scale,
            "dx": result.placement.dx,
            "dy": result.placement.dy,
            "size": list(result.placement.size),
        },
        "context_error": result.context_error,
        "poor": result.poor,
    }


def _check_target(target: Path) -> None:
    """Only a folder that is not there, is empty or holds former results and nothing else is written to."""
    if target.exists() and not target.is_dir():
        raise ValueError(f"--out must be a folder, got {str(target)!r}, a file")
    if target.is_dir():
        names = {path.name for path in target.iterdir()}
        foreign = sorted(name for name in names if not _OURS.fullmatch(name))
        if foreign or (names and RESULTS not in names):
            also = f", which holds {foreign[0]}" if foreign else ""
            raise ValueError(
                f"--out must be a new or empty folder, or one with former results alone, got {str(target)!r}{also}"
            )
    if not target.parent.is_dir():
        raise FileNotFoundError(f"--out must be in a folder that exists, got {str(target)!r}")


@contextlib.contextmanager
def _whole_folder(target: Path) -> Iterator[Path]:
    """A folder to write to, which takes the place of the target when all has been written."""
    target = Path(os.path.realpath(target))  # a link stays one
    made = target.parent / f".{secrets.token_hex(8)}.tmp"
    made.mkdir()
    try:
        yield made
        if target.exists():
            former = made.with_suffix(".old")
            os.replace(target, former)
            os.replace(made, target)
            shutil.rmtree(former, ignore_errors=True)
        else:
            os.replace(made, target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
