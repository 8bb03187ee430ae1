"""Command line: ``python -m augment anchors LABELS -k 9 --plot anchors.png``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgproc._version import __version__
from imgproc.io._encode import replace_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0, or 2 for wrong arguments, labels or files.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        The exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m augment", description="Tools for augmentation and detection.")
    parser.add_argument("--version", action="version", version=f"imgproc-augment {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_anchors(commands)
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "command"):
        parser.print_help()
        return 0
    try:
        return chosen.command(chosen)
    except (ValueError, TypeError, OSError) as error:
        print(f"python -m augment {chosen.name}: {error}", file=sys.stderr)
        return 2


def _add_anchors(commands: Any) -> None:
    said = "Find anchors for the boxes of a data set, and say how well they fit."
    parser = commands.add_parser("anchors", help=said, description=said)
    parser.set_defaults(command=anchors, name="anchors")
    parser.add_argument("labels", metavar="LABELS", help="a file or folder of labels: YOLO, COCO or PASCAL VOC")
    parser.add_argument("-k", type=_count, default=9, help="how many, or 'auto' (default: %(default)s)")
    parser.add_argument(
        "--image-size",
        metavar="PIXELS",
        type=_size,
        help="letterbox to this side, or to HEIGHTxWIDTH (default: no scaling)",
    )
    parser.add_argument("--format", choices=("auto", "yolo", "coco", "voc"), default="auto", help="of the labels")
    parser.add_argument("--metric", choices=("iou", "euclidean"), default="iou", help="default: %(default)s")
    parser.add_argument("--update", choices=("exact", "mean", "median"), default="exact", help="default: %(default)s")
    parser.add_argument("--restarts", metavar="N", type=int, default=5, help="default: %(default)s")
    parser.add_argument("--evolve", metavar="GENERATIONS", type=int, default=0, help="random changes that must improve")
    parser.add_argument(
        "--fitness", choices=("iou", "ratio"), default="iou", help="of evolution (default: %(default)s)"
    )
    parser.add_argument(
        "--min-size", metavar="PIXELS", type=float, default=0.0, help="leave out boxes smaller than this"
    )
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: %(default)s")
    parser.add_argument("--plot", metavar="FILE", type=Path, help="draw boxes, anchors and the elbow")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write anchors and figures")


def anchors(chosen: argparse.Namespace) -> int:
    """Find anchors, print the report, write what is asked for.

    Parameters
    ----------
    chosen : argparse.Namespace
        The arguments.

    Returns
    -------
    int
        0
    """
    from .anchors import anchors_for

    for path in filter(None, (chosen.plot, chosen.json)):  # before minutes of work
        if path.is_dir() or not path.absolute().parent.is_dir():
            raise ValueError(f"{path} must be a file in a folder that exists")
    if chosen.plot and chosen.plot.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"):
        raise ValueError(f"--plot must be an image file such as anchors.png, got {chosen.plot}")
    found = anchors_for(
        chosen.labels, chosen.k, image_size=chosen.image_size, labels=chosen.format, metric=chosen.metric,
        update=chosen.update, n_init=chosen.restarts, evolve=chosen.evolve, fitness=chosen.fitness,
        min_size=chosen.min_size, random_state=chosen.seed,
    )  # fmt: skip
    print(found.report())
    if chosen.plot:
        found.plot(chosen.plot)
        print(f"plot: {chosen.plot}")
    if chosen.json:
        _write_json(chosen.json, found)
        print(f"figures: {chosen.json}")
    return 0


def _write_json(path: Path, found: Any) -> None:
    """Under a temporary name, then moved: nobody sees half a file."""
    figures = {
        "anchors": found.anchors.tolist(),
        "shares": found.shares.tolist(),
        "average_iou": found.average_iou,
        "recall": {"iou_threshold": found.iou_threshold, "value": found.recall},
        "ratio_recall": {"ratio_threshold": found.ratio_threshold, "value": found.ratio_recall},
        "elbow": {str(k): v for k, v in found.elbow.items()},
        "boxes": len(found.sizes),
        "dropped": found.dropped,
    }
    replace_file(os.path.realpath(path), (json.dumps(figures, indent=1) + "\n").encode())


def _count(text: str) -> int | str:
    return text if text == "auto" else int(text)


def _size(text: str) -> tuple[int, int]:
    parts = [int(part) for part in text.lower().split("x")]
    if len(parts) not in (1, 2) or min(parts) < 1:
        raise argparse.ArgumentTypeError(f"must be PIXELS or HEIGHTxWIDTH, got {text}")
    return parts[0], parts[-1]


if __name__ == "__main__":
    sys.exit(main())
