"""``python -m imgproc inpaint``: fill a hole in an image file."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from .._core.arguments import default_of, defaults_of
from .._core.formats import channels_of
from .._core.needed import needed
from ..io._decode import as_mode
from ..io._standard import STANDARD, check_target, read_named, same_file, write_named
from ._masks import read_hole
from .diffusion import ORDERS, inpaint_diffusion
from .exemplar import PRIORITIES, SEARCHES, inpaint_exemplar
from .onnx import inpaint
from .remove import hole_of

__all__: list[str] = []

_DEFAULT = "default: %(default)s"

METHODS = ("exemplar", "diffusion", *ORDERS)
DEFAULTS = defaults_of(inpaint_exemplar, "patch_size", "priority", "search", "blend")
"""The command fills as the function does: what has a default there has the same here."""


def add_to(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m imgproc``."""
    said = "Fill a hole in an image with what is around it."
    parser = commands.add_parser(
        "inpaint",
        help=said,
        description=said,
        epilog="`--priority tensor --blend 3 --margin 2` is what imgproc.remove_object takes: less prone to noise, and "
        "with softer seams.",
    )
    parser.add_argument("input", metavar="IN", help="the image; - is standard input")
    hole = parser.add_mutually_exclusive_group(required=True)
    hole.add_argument(
        "--mask",
        metavar="MASK",
        help="an image of the same size that shows where to fill: bright on dark, 1 on 0, colours on black, or a hole "
        "in its alpha; how it was read is said on standard error",
    )
    hole.add_argument(
        "--box",
        metavar="X0,Y0,X1,Y1",
        type=_box,
        action="append",
        help="fill this rectangle [px]; repeatable (--box=-5,0,20,9 where it begins with a minus)",
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", required=True, help="the result; replaced if there; - is standard output, PNG"
    )
    parser.add_argument("--invert-mask", action="store_true", help="fill what the mask leaves out")
    parser.add_argument("--method", choices=METHODS, default=default_of(inpaint, "method"), help="default: %(default)s")
    parser.add_argument("--margin", metavar="PX", type=int, default=0, help="fill so far around, too")
    parser.add_argument("--patch-size", metavar="PX", type=int, default=DEFAULTS["patch_size"], help=_DEFAULT)
    parser.add_argument("--priority", choices=tuple(PRIORITIES), default=DEFAULTS["priority"], help=_DEFAULT)
    parser.add_argument("--search", choices=SEARCHES, default=DEFAULTS["search"], help=_DEFAULT)
    parser.add_argument(
        "--blend", metavar="PX", type=int, default=DEFAULTS["blend"], help="width of blended seams (%(default)s)"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar, and no line on how the mask was read")
    parser.set_defaults(command=lambda chosen: run(chosen, parser), takes_options=True)


def _box(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) != 4:
        raise argparse.ArgumentTypeError(f"must be four numbers x0,y0,x1,y1, got {text!r}")
    return values


def run(chosen: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Do what was asked for; the exit status is 1 where that cannot be done, with the reason on stderr."""
    try:
        if chosen.invert_mask and chosen.mask is None:
            raise ValueError("--invert-mask belongs to --mask")
        if chosen.input == chosen.mask == STANDARD:
            raise ValueError("IN and --mask cannot both be standard input")
        if chosen.mask is not None and same_file(chosen.output, chosen.mask):
            raise ValueError(f"-o must be another file than the mask, got {chosen.output}")
        image, hole = _read(chosen, parser.prog)
        check_target(chosen.output, image)  # before the work
        write_named(chosen.output, _filled(image, hole, chosen))
    except (OSError, ValueError, TypeError, ImportError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def _read(chosen: argparse.Namespace, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The image as the file has it, and the hole."""
    image = read_named(chosen.input, mode="unchanged")
    if channels_of(image) == 2 and not chosen.output.lower().endswith(("-", ".png")):
        image = as_mode(image, "rgba")  # only PNG holds grey with alpha
    if chosen.mask is None:
        return image, hole_of(image, chosen.box, chosen.margin, "--box")
    mask, how = read_hole(chosen.mask, image, invert=chosen.invert_mask)
    if not chosen.quiet:
        print(f"{name}: {how}", file=sys.stderr)
    return image, hole_of(image, mask, chosen.margin, "--mask")


def _filled(image: np.ndarray, hole: np.ndarray, chosen: argparse.Namespace) -> np.ndarray:
    if chosen.method != "exemplar":
        order = {} if chosen.method == "diffusion" else {"order": chosen.method}
        return inpaint_diffusion(image, hole, **order)
    with needed("tqdm"):
        from tqdm import tqdm

    with tqdm(total=int(hole.sum()), unit="px", disable=True if chosen.quiet else None, leave=False) as bar:

        def progress(filled: int, total: int) -> None:
            bar.update(filled - bar.n)

        return inpaint_exemplar(image, hole, progress=progress, **{name: getattr(chosen, name) for name in DEFAULTS})
