"""``python -m augment run RECIPE INPUT OUTPUT``."""

from __future__ import annotations

import argparse
import functools
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from imgproc._core.arguments import default_of
from imgproc.io._standard import STANDARD, write_bytes

from ..labels._read import FORMATS
from ..labels._yolo import KINDS
from ._folder import ENGINES, augment_folder
from ._options import IMAGE_FORMATS, OUTPUTS
from ._work import RunError

__all__: list[str] = []


def add_run(commands: Any) -> None:
    """Add the command to a parser."""
    said = "Write augmented copies of a data set, with their labels, to a folder; a run that was ended goes on."
    parser = commands.add_parser("run", help=said, description=said)
    parser.set_defaults(command=run, name="run")
    default = functools.partial(default_of, augment_folder)
    parser.add_argument("recipe", metavar="RECIPE", type=Path, help="a chain as JSON or YAML, as Compose.to_json gives")
    parser.add_argument("input", metavar="INPUT", nargs="+", help="a folder of a data set, or a file of labels")
    parser.add_argument("output", metavar="OUTPUT", help="a folder that is empty, or that of the same run")
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--copies", metavar="N", type=int, default=default("copies"), help="of each image (default: 1)")
    many.add_argument(
        "--per-class", metavar="N|max", type=_count, default=default("per_class"), help="raise each class to this"
    )
    many.add_argument(
        "--target-total", metavar="N", type=int, default=default("target_total"), help="images in the end"
    )
    parser.add_argument(
        "--keep-originals",
        action=argparse.BooleanOptionalAction,
        default=default("keep_originals"),
        help="copy the sources, too (default: with --per-class and --target-total)",
    )
    parser.add_argument("--input-format", choices=FORMATS, default=default("input_format"), help="of the labels")
    parser.add_argument("--kind", choices=("auto", *KINDS), default=default("kind"), help="of the lines of YOLO")
    parser.add_argument("--images", metavar="FOLDER", default=default("images"), help="of the images of COCO")
    parser.add_argument("--output-format", choices=OUTPUTS, default=default("output_format"), help="of the labels")
    parser.add_argument("--split", metavar="NAME", default=default("split"), help="the part to augment, or 'all'")
    parser.add_argument("--seed", metavar="N", type=int, default=default("seed"), help="default: the recipe's")
    parser.add_argument("--image-format", choices=IMAGE_FORMATS, default=default("image_format"), help="of new images")
    parser.add_argument("--quality", metavar="1-100", type=int, default=default("quality"), help="of JPEG and WebP")
    parser.add_argument(
        "--min-visibility",
        metavar="PART",
        type=float,
        default=default("min_visibility"),
        help="leave out annotations of which less is in sight (default: the recipe's)",
    )
    parser.add_argument(
        "--min-area", metavar="PIXELS", type=float, default=default("min_area"), help="leave out smaller annotations"
    )
    parser.add_argument(
        "--max-pixels", metavar="N", type=int, default=default("max_pixels"), help="of an image (default: %(default)s)"
    )
    parser.add_argument(
        "--donors",
        choices=("auto", "split", "class"),
        default=default("donors"),
        help="which images are mixed with each other",
    )
    parser.add_argument("--on-error", choices=("skip", "stop"), default=default("on_error"), help="default: skip")
    parser.add_argument("--shard", metavar="I/N", default=default("shard"), help="every n-th block, from i on")
    parser.add_argument("--workers", metavar="N", type=int, default=default("workers"), help="default: all cores")
    parser.add_argument("--engine", choices=ENGINES, default=default("engine"), help="default: %(default)s")
    parser.add_argument("--address", metavar="HOST:PORT", default=default("address"), help="of the cluster of Ray")
    parser.add_argument(
        "--dedupe", choices=("off", "phash"), default=default("dedupe"), help="leave out copies of an image"
    )
    parser.add_argument(
        "--preview", metavar="FILE.html", type=Path, default=default("preview"), help="a few images before and after"
    )
    parser.add_argument("--overwrite", action="store_true", help="remove what an earlier run wrote, and start again")
    parser.add_argument("--dry-run", action="store_true", help="print the plan and what it costs, and write nothing")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write what was done as JSON (-: standard output)")
    parser.add_argument("--quiet", action="store_true", help="no plan and no progress bar")
    parser.add_argument(
        "--allow", metavar="MODULE", action="append", default=[], help="whose functions the recipe may name"
    )


def run(chosen: argparse.Namespace) -> int:
    """Run, and say what there is.

    Parameters
    ----------
    chosen : argparse.Namespace
        The arguments.

    Returns
    -------
    int
        0, or 1 if an image could not be made or the run was stopped.
    """
    names = set(inspect.signature(augment_folder).parameters) & set(vars(chosen)) - {"input", "recipe"}
    given = {name: getattr(chosen, name) for name in names}
    inputs = chosen.input[0] if len(chosen.input) == 1 else chosen.input
    try:
        report = augment_folder(chosen.recipe, inputs, progress=not chosen.quiet, **given)
    except RunError as error:
        print(f"python -m augment run: {error}", file=sys.stderr)
        return 1
    if str(chosen.report) != STANDARD:
        print(report)
    if chosen.report is not None:
        write_bytes(chosen.report, (json.dumps(report.as_dict(), indent=1) + "\n").encode())
    return int(report.failed > 0)


def _count(text: str) -> int | str:
    return text if text == "max" else int(text)
