"""Command line: ``python -m augment anchors LABELS -k 9 --plot anchors.png``, ``python -m augment convert FILE``."""

from __future__ import annotations

import argparse
import functools
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgproc._core.arguments import default_of
from imgproc._version import __version__
from imgproc.io._standard import STANDARD, same_file, write_bytes, write_named

from .anchors import anchors_for
from .anchors._labels import FORMATS as BOXES
from .boxes import average_precision
from .labels import read_labels, write_labels
from .labels._read import FORMATS as READ
from .labels._write import WRITTEN
from .migrate._albumentations import from_albumentations
from .migrate._render import python_source
from .migrate._table import table
from .offline._command import add_run
from .offline._plan_command import add_plan


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit status: 0, 1 where nothing was done, or 2 for wrong arguments, labels or files.

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
    _add_convert(commands)
    _add_convert_labels(commands)
    add_plan(commands)
    _add_ap(commands)
    add_run(commands)
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
    parser.add_argument(
        "labels", metavar="LABELS", help="a file or folder of labels: YOLO, COCO, PASCAL VOC, imagefolder, tar, Parquet"
    )
    default = functools.partial(default_of, anchors_for)
    parser.add_argument("-k", type=_count, default=default("k"), help="how many, or 'auto' (default: %(default)s)")
    parser.add_argument(
        "--image-size",
        metavar="PIXELS",
        type=_size,
        help="letterbox to this side, or to HEIGHTxWIDTH (default: no scaling)",
    )
    parser.add_argument("--format", choices=BOXES, default=default("labels"), help="of the labels")
    parser.add_argument(
        "--metric", choices=("iou", "euclidean"), default=default("metric"), help="default: %(default)s"
    )
    parser.add_argument(
        "--update", choices=("exact", "mean", "median"), default=default("update"), help="default: %(default)s"
    )
    parser.add_argument("--restarts", metavar="N", type=int, default=default("n_init"), help="default: %(default)s")
    parser.add_argument(
        "--evolve", metavar="GENERATIONS", type=int, default=default("evolve"), help="random changes that must improve"
    )
    parser.add_argument(
        "--fitness", choices=("iou", "ratio"), default=default("fitness"), help="of evolution (default: %(default)s)"
    )
    parser.add_argument(
        "--min-size",
        metavar="PIXELS",
        type=float,
        default=default("min_size"),
        help="leave out boxes smaller than this",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=default("random_state"), help="default: %(default)s")
    parser.add_argument(
        "--plot", metavar="FILE", type=Path, help="draw boxes, anchors and the elbow (-: to standard output, PNG)"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write anchors and figures (-: to standard output)")


def _add_convert(commands: Any) -> None:
    said = "Translate a pipeline of albumentations, and say what of it is equal."
    parser = commands.add_parser("convert", help=said, description=said)
    parser.set_defaults(command=convert, name="convert")
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help="JSON or YAML, as albumentations.save writes it"
    )
    parser.add_argument("--to", choices=("python", "yaml"), default="python", help="default: %(default)s")
    parser.add_argument("--strict", action="store_true", help="refuse a pipeline of which anything is not exact")
    parser.add_argument(
        "--image-size",
        metavar="PIXELS",
        type=_size,
        help="of the images to come, the side or HEIGHTxWIDTH, for numbers of pixels that are fractions here",
    )
    parser.add_argument(
        "--table", action="store_true", help="write the page of the documentation: each class, and what it is here"
    )


def _add_convert_labels(commands: Any) -> None:
    said = "Convert labels of a data set to another format; images are copied into tar and Parquet files alone."
    parser = commands.add_parser("convert-labels", help=said, description=said)
    parser.set_defaults(command=convert_labels, name="convert-labels")
    parser.add_argument("input", metavar="IN", help="a file or folder of labels")
    parser.add_argument("output", metavar="OUT", type=Path, help="a .json file for COCO, else a folder")
    parser.add_argument("--to", choices=WRITTEN[1:], help="default: coco for a .json file, else yolo")
    parser.add_argument("--format", choices=READ, default="auto", help="of IN (default: found by its files)")
    parser.add_argument(
        "--kind", choices=("auto", "detect", "segment", "pose", "obb"), default="auto", help="of the lines of YOLO"
    )
    parser.add_argument("--images", metavar="FOLDER", help="of the images of COCO (default: images, or IN's folder)")
    parser.add_argument("--skip", action="store_true", help="leave out what is wrong, and say so; else it is an error")


def _add_ap(commands: Any) -> None:
    said = "Say how good detections are: average precision by the rules of COCO or of PASCAL VOC."
    parser = commands.add_parser("ap", help=said, description=said)
    parser.set_defaults(command=ap, name="ap")
    parser.add_argument("truth", metavar="TRUTH", help="a file or folder of labels: COCO, YOLO or PASCAL VOC")
    parser.add_argument("results", metavar="RESULTS", help="a JSON file of COCO's results")
    default = functools.partial(default_of, average_precision)
    parser.add_argument(
        "--kind", choices=("boxes", "masks", "keypoints"), default=default("kind"), help="default: %(default)s"
    )
    parser.add_argument(
        "--protocol", choices=("coco", "voc", "voc07"), default=default("protocol"), help="default: %(default)s"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures (-: to standard output)")


def ap(chosen: argparse.Namespace) -> int:
    """Print the report, and write the figures if that is asked for.

    Parameters
    ----------
    chosen : argparse.Namespace
        The arguments.

    Returns
    -------
    int
        0
    """
    if chosen.json and (same_file(chosen.json, chosen.truth) or same_file(chosen.json, chosen.results)):
        raise ValueError(f"{chosen.json} must be another file than the labels and the results")
    found = average_precision(chosen.truth, chosen.results, kind=chosen.kind, protocol=chosen.protocol)
    print(found.report(), file=sys.stderr if str(chosen.json) == STANDARD else sys.stdout)
    if chosen.json:
        figures = {"kind": found.kind, "protocol": found.protocol, **found.summary(), "classes": found.per_class}
        text = json.dumps(_without_nan(figures), indent=1, ensure_ascii=False) + "\n"
        write_bytes(chosen.json, text.encode())
    return 0


def _without_nan(value: Any) -> Any:
    """The same with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    return None if value != value else value


def convert_labels(chosen: argparse.Namespace) -> int:
    """Read labels, write them in another format, and say what there is.

    Parameters
    ----------
    chosen : argparse.Namespace
        The arguments.

    Returns
    -------
    int
        0, or 1 if there was nothing to write.
    """
    wanted = chosen.to or ("coco" if chosen.output.suffix.lower() == ".json" else "yolo")
    labels = read_labels(
        chosen.input,
        format=chosen.format,
        kind=chosen.kind,
        images=chosen.images,
        sizes=True,
        on_error="skip" if chosen.skip else "raise",
    )
    print(labels)
    if not labels.images:
        print("nothing was written: there are no images", file=sys.stderr)
        return 1
    files = write_labels(labels, chosen.output, format=wanted)
    print(f"{len(files)} {'file' if len(files) == 1 else 'files'} of format {wanted} written to {chosen.output}")
    return 0


def convert(chosen: argparse.Namespace) -> int:
    """Print the chain, and the report as comments before it.

    Parameters
    ----------
    chosen : argparse.Namespace
        The arguments.

    Returns
    -------
    int
        0
    """
    if chosen.table == (chosen.file is not None):
        raise ValueError("give a FILE, or --table without one")
    if chosen.table:
        print(table(), end="")
        return 0
    chain, report = from_albumentations(chosen.file, strict=chosen.strict, image_size=chosen.image_size)
    for line in str(report).splitlines():
        print(f"# {line}".rstrip())
    print(python_source(chain) if chosen.to == "python" else chain.to_yaml(), end="")
    return 0


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
    targets = [path for path in (chosen.plot, chosen.json) if path is not None]
    for path in targets:  # before minutes of work
        if str(path) != STANDARD and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise ValueError(f"{path} must be a file in a folder that exists")
        if same_file(path, chosen.labels):
            raise ValueError(f"{path} must be another file than the labels")
    if len(targets) == 2 and str(targets[0]) == str(targets[1]):
        raise ValueError(f"--plot and --json must be two files, got {targets[0]} twice")
    if (
        chosen.plot
        and str(chosen.plot) != STANDARD
        and chosen.plot.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
    ):
        raise ValueError(f"--plot must be an image file such as anchors.png, got {chosen.plot}")
    found = anchors_for(
        chosen.labels, chosen.k, image_size=chosen.image_size, labels=chosen.format, metric=chosen.metric,
        update=chosen.update, n_init=chosen.restarts, evolve=chosen.evolve, fitness=chosen.fitness,
        min_size=chosen.min_size, random_state=chosen.seed,
    )  # fmt: skip
    said = sys.stderr if STANDARD in map(str, targets) else sys.stdout
    print(found.report(), file=said)
    if chosen.plot:
        if str(chosen.plot) == STANDARD:
            write_named(STANDARD, found.plot())
        else:
            found.plot(chosen.plot)
        print(f"plot: {chosen.plot}", file=said)
    if chosen.json:
        _write_json(chosen.json, found)
        print(f"figures: {chosen.json}", file=said)
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
    write_bytes(path, (json.dumps(figures, indent=1) + "\n").encode())


def _count(text: str) -> int | str:
    return text if text == "auto" else int(text)


def _size(text: str) -> tuple[int, int]:
    parts = [int(part) for part in text.lower().split("x")]
    if len(parts) not in (1, 2) or min(parts) < 1:
        raise argparse.ArgumentTypeError(f"must be PIXELS or HEIGHTxWIDTH, got {text}")
    return parts[0], parts[-1]


if __name__ == "__main__":
    sys.exit(main())
