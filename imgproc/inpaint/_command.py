"""``python -m imgproc inpaint``: fill a hole in an image file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .._core.formats import channels_of
from .._core.needed import needed
from .._core.planes import full_scale
from ..io._encode import resolve_target
from ..io._files import _format_of, _holdable, read_image, write_image
from .diffusion import ORDERS, inpaint_diffusion
from .exemplar import PRIORITIES, SEARCHES, inpaint_exemplar
from .remove import hole_of

__all__: list[str] = []

METHODS = ("exemplar", *ORDERS)


def add_to(commands: Any) -> None:
    """Add the command to the subparsers of ``python -m imgproc``."""
    said = "Fill a hole in an image with what is around it."
    parser = commands.add_parser("inpaint", help=said, description=said)
    parser.add_argument("input", metavar="IN", type=Path, help="the image")
    hole = parser.add_mutually_exclusive_group(required=True)
    hole.add_argument("--mask", metavar="MASK", type=Path, help="an image of the same size, bright where to fill")
    hole.add_argument(
        "--box",
        metavar="X0,Y0,X1,Y1",
        type=_box,
        action="append",
        help="fill this rectangle [px]; repeatable (--box=-5,0,20,9 where it begins with a minus)",
    )
    parser.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="the result; replaced if there")
    parser.add_argument("--method", choices=METHODS, default="exemplar", help="default: %(default)s")
    parser.add_argument("--margin", metavar="PX", type=int, default=0, help="fill so far around, too")
    parser.add_argument("--patch-size", metavar="PX", type=int, default=9, help="default: %(default)s")
    parser.add_argument("--priority", choices=tuple(PRIORITIES), default="tensor", help="default: %(default)s")
    parser.add_argument("--search", choices=SEARCHES, default="auto", help="default: %(default)s")
    parser.add_argument("--blend", metavar="PX", type=int, default=3, help="width of blended seams (%(default)s)")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
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
        image, hole = _read(chosen)
        _holdable(image, _format_of(resolve_target(str(chosen.output))))  # before the work
        write_image(chosen.output, _filled(image, hole, chosen))
    except (OSError, ValueError, TypeError, ImportError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    return 0


def _read(chosen: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """The image as the file has it (grey with alpha as RGBA), and the hole."""
    image = read_image(chosen.input, mode="unchanged")
    if channels_of(image) == 2:
        image = read_image(chosen.input, mode="rgba")
    if chosen.mask is None:
        return image, hole_of(image, chosen.box, chosen.margin, "--box")
    mask = read_image(chosen.mask, mode="grey")
    return image, hole_of(image, mask > 0.5 * full_scale(mask.dtype), chosen.margin, "--mask")


def _filled(image: np.ndarray, hole: np.ndarray, chosen: argparse.Namespace) -> np.ndarray:
    if chosen.method != "exemplar":
        return inpaint_diffusion(image, hole, order=chosen.method)
    with needed("tqdm"):
        from tqdm import tqdm

    with tqdm(total=int(hole.sum()), unit="px", disable=True if chosen.quiet else None, leave=False) as bar:

        def progress(filled: int, total: int) -> None:
            bar.update(filled - bar.n)

        return inpaint_exemplar(
            image,
            hole,
            patch_size=chosen.patch_size,
            priority=chosen.priority,
            search=chosen.search,
            blend=chosen.blend,
            progress=progress,
        )
