"""``python -m gallery speed``: ours against the peers, side by side.

One process and one run, ours and the peer's in turns, one thread each; then two threads against one, peak extra memory,
and the first call in a new process.  Rows of one function or one transform stand beside it, in its declaration (see
`imgproc._core.declare`); here stand those of chains, of batches, and of what needs a scene of its own.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from imgproc._core.declare import Case

from .. import _readme
from . import against, balance, boxes, chains, documents, inpainting, mix, offline, pipeline, samplers, scenes, tables
from .cases import SIZES
from .functions import function_cases
from .run import Report, jobs, new_report

INSTALL = "pip install 'imgproc-augment[bench]'"
SMALLEST = 64
PUBLISHED_SECONDS = 0.3
"""For each comparison, so that all of them take a few minutes."""
SCENARIOS = (chains, boxes, balance, samplers, inpainting, mix, scenes)
"""Rows that do not stand beside one function or transform; each says what it `MEASURES`."""
CASES = (
    *function_cases(),
    *chains.chain_cases(),
    *boxes.box_cases(),
    *balance.balance_cases(),
    *samplers.sampler_cases(),
    *inpainting.inpainting_cases(),
    *mix.mix_cases(),
    *scenes.CASES,
)


def main(argv: Sequence[str]) -> int:
    """Run the command line; return the exit status.

    0: everything was measured, whether or not the targets were met.  1: a measurement failed, a result disagrees with a
    peer's beyond its tolerance, or with ``--against`` a row falls below the limit.  2: wrong arguments, or a file that
    cannot be written.

    Parameters
    ----------
    argv : sequence of str
        The arguments after ``speed``.

    Returns
    -------
    int
        The exit status.
    """
    if list(argv[:1]) == [pipeline.PART]:
        return pipeline.main(argv[1:])
    if list(argv[:1]) == [offline.PART]:
        return offline.main(argv[1:])
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        if args.publish:
            _publish(args)
        if args.against is not None:
            return against.main(args)
        if args.figures:
            return _written_anew(args)
        cases = select(args.names)
        _check_outputs(args)
    except (ValueError, OSError) as error:
        parser.error(str(error))

    from .page import add_page

    for line in left_out():
        print(f"left out: {line}", file=sys.stderr)
    report = _measure(cases, args)
    print(tables.as_text(report))
    try:
        _write_outputs(args, report)
        if report.duels:
            print(f"page: {add_page(report, args.out).resolve()}")
    except (OSError, ValueError) as error:
        print(f"python -m gallery speed: {error}", file=sys.stderr)
        return 2
    return 1 if report.failures or any(d.agrees is False for d in report.duels) else 0


def _publish(args: argparse.Namespace) -> None:
    """What ``--publish`` stands for: all rows, and all that the documentation shows of them."""
    if args.names or args.figures or args.against is not None:
        raise ValueError("--publish measures all rows: it goes without names, --from and --against")
    args.no_first_call = True
    args.seconds = min(args.seconds, PUBLISHED_SECONDS)
    args.json = args.json or Path("docs/speed.json")
    args.docs = args.docs or Path("docs/speed.md")
    args.readme = args.readme or Path("README.md")


def _written_anew(args: argparse.Namespace) -> int:
    """Write the texts from figures that were measured before."""
    report = Report.from_json(json.loads(args.figures.read_text(encoding="utf-8")))
    args.json = None
    _check_outputs(args)
    _write_outputs(args, report)
    if not (args.markdown or args.docs or args.readme):
        print(tables.as_text(report))
    return 0


def select(names: Sequence[str]) -> list[Case]:
    """The cases that names choose.

    Parameters
    ----------
    names : sequence of str
        Each the name of a case, what stands before its comma (all of these), or a pattern (``local_*``); none: all.

    Returns
    -------
    list of Case
        In the order of the table.

    Raises
    ------
    ValueError
        If a name chooses nothing; the message lists the names.
    """
    for name in names:
        if not any(_chooses(name, case) for case in CASES):
            known = "\n  ".join(case.name for case in CASES)
            more = "".join(f"\nwithout {line}" for line in left_out())
            raise ValueError(f"no case is called {name!r}; the cases are\n  {known}{more}")
    return [case for case in CASES if not names or any(_chooses(name, case) for name in names)]


def left_out() -> list[str]:
    """What is not measured since a peer is not installed, and how to install it."""
    lines = []
    if not chains.available():
        lines.append(f"chains against albumentations, which is not installed: {INSTALL}")
    if not balance.available():
        lines.append(f"over-sampling against imbalanced-learn, not installed: {INSTALL}")
    if boxes.missing():
        lines.append(f"boxes against {', '.join(boxes.missing())}, not installed: {INSTALL}")
    if inpainting.missing():
        lines.append(f"inpainting against {', '.join(inpainting.missing())}, not installed: {INSTALL}")
    return lines


def _chooses(name: str, case: Case) -> bool:
    return name in (case.name, case.name.split(",")[0]) or fnmatch.fnmatchcase(case.name, name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gallery speed",
        description="Measure ours against the peers.",
        epilog="`python -m gallery speed pipeline --help`: whole loaders, from files to batches. "
        "`python -m gallery speed offline --help`: the steps of an offline run, and what 1e9 images take.",
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help="cases or patterns like 'local_*' (default: all)")
    parser.add_argument(
        "--size",
        metavar="PIXELS",
        type=_size,
        action="append",
        help=f"side of the images, repeatable; chains have sizes of their own (default: {SIZES[0]})",
    )
    parser.add_argument(
        "--seconds", metavar="S", type=_seconds, default=0.5, help="time for each comparison (default: %(default)s)"
    )
    parser.add_argument("--full", action="store_true", help="rows that take long, too, and functions at more sizes")
    parser.add_argument("--no-first-call", action="store_true", help="leave out the first calls in new processes")
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        default=Path("gallery_out"),
        help="the gallery's folder (default: %(default)s)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all figures")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the tables as Markdown")
    parser.add_argument(
        "--readme",
        metavar="FILE",
        type=Path,
        help="put ten rows between {} and {}".format(*_readme.markers(documents.PART)),
    )
    parser.add_argument("--docs", metavar="FILE", type=Path, help="write the whole table as a page of documentation")
    parser.add_argument(
        "--publish",
        action="store_true",
        help="measure all rows, and write docs/speed.json, docs/speed.md and the README's rows (in a checkout)",
    )
    parser.add_argument(
        "--from", dest="figures", metavar="FILE", type=Path, help="measure nothing: show what --json has written"
    )
    parser.add_argument(
        "--against",
        metavar="OLD",
        help="compare with another commit, tag or folder: each measured in turns in processes of its own",
    )
    parser.add_argument(
        "--rounds", metavar="N", type=_rounds, default=3, help="of --against: runs of each (default: %(default)s)"
    )
    parser.add_argument(
        "--limit",
        metavar="SPEED",
        type=float,
        default=0.95,
        help="of --against: a row below so much of OLD's speed is a failure (default: %(default)s)",
    )
    return parser


def _rounds(text: str) -> int:
    rounds = int(text)
    if not 2 <= rounds <= 100:
        raise argparse.ArgumentTypeError(f"must be between 2 and 100, got {rounds}: one run says nothing of the noise")
    return rounds


def _size(text: str) -> int:
    size = int(text)
    if size < SMALLEST:
        raise argparse.ArgumentTypeError(f"must be at least {SMALLEST}, got {size}")
    return size


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 3600:
        raise argparse.ArgumentTypeError(f"must be above 0 and below 3600, got {text}")
    return seconds


def _check_outputs(args: argparse.Namespace) -> None:
    """Find out before minutes of measuring that a result could not be written."""
    from .._site import Site

    Site(args.out)
    if args.readme:
        _readme.split(args.readme, documents.PART)
    for path in filter(None, (args.json, args.markdown, args.docs)):
        if path.is_dir() or not path.parent.is_dir():
            raise ValueError(f"{path} must be a file in a folder that exists")


def _measure(cases: Sequence[Case], args: argparse.Namespace) -> Report:
    from tqdm import tqdm

    report = new_report(args.seconds)
    report.left_out += left_out()
    report.reasons = documents.reasons()
    first = not args.no_first_call
    with tqdm(jobs(cases, args.size, args.seconds, first_calls=first, full=args.full), unit="row") as bar:
        for name, measure in bar:
            bar.set_description(name)
            try:
                measure(report)
            except Exception as error:  # one that fails must not lose the figures of the others
                report.failures.append(f"{name}: {type(error).__name__}: {error}")
    return report


def _write_outputs(args: argparse.Namespace, report: Report) -> None:
    if args.json:
        _readme.write(args.json, json.dumps(report.as_json(), indent=1, allow_nan=False) + "\n")
    if args.markdown:
        _readme.write(args.markdown, tables.as_markdown(report))
    if args.readme:
        _readme.replace(args.readme, documents.PART, documents.readme_part(report))
    if args.docs:
        _readme.write(args.docs, documents.page(report))
