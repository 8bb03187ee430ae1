"""What the documentation says of speed: ten rows in the README, and the whole table on a page of its own."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import augment
import imgproc
from imgproc._core.declare import declared
from imgproc._core.publish import published

from .cases import FEWEST
from .run import Duel, Report
from .tables import agreement, bullets, circumstances, duels, notes, paragraphs, tables

PART = "speed"
"""The part of the README that holds the rows."""
README_ROWS = (
    "chain, ImageNet, default",
    "chain, ImageNet",
    "chain, detection",
    "chain, detection, 50 full masks",
    "transform, Affine, matched",
    "gaussian_blur, sigma 2",
    "clahe",
    "resize, default",
)
LOSSES, TEN = 3, 10
"""Rows of the README: those above that were measured, and at least so many of what loses most, ten in all."""
LOST = 0.95
"""Of the peer's speed: what is below is listed as lost."""

MEASURED = f"""\
Ours and the peer's run in turns in one process, on one thread each. The image changes at every call: at least {FEWEST}
photos take turns, which are more than a cache holds. (OpenCV's own threads are switched off as ours are.) Both are
called a few times before the clock runs. What counts is the median of the ratios of pairs of rounds: ours comes first
in one and the peer in the other, as who comes second finds the image in the cache. A slow spell of the machine falls on
both sides of a ratio.

* **Options.** *default*: both are called with what has no default, and no more (transforms with `p=1`). *matched*:
  both have the options with which they do the same work. A library whose defaults do less is faster by default, and the
  notes say what the other one buys.
* **Same result?** *yes*: equal. *within*: so far apart, and that is what rounding allows. *no*: another rule, so far
  apart. *not compared*: numbers are drawn at random, or the results are of different kinds.
* **From float64.** Where results differ, and the exact one can be computed, how far ours and theirs are from it, at
  most and as root of the mean square, in levels.
* **The peer** is the function that a user of the other library would call, in the way that is fastest for it.

`python -m gallery speed` measures all of it on your machine, `python -m gallery speed "gaussian_*" --full` some of it
at all sizes, and `python -m gallery speed --against v0.1.0` says what has become faster or slower since a commit."""


def reasons() -> dict[str, list[str]]:
    """Public names that have no row, by the reason that they give."""
    found: dict[str, list[str]] = {}
    for package in (imgproc, augment):
        for name in published(package):
            thing = getattr(package, name)
            why = declared(thing).no_peer if callable(thing) else ""
            if why:
                found.setdefault(why, []).append(name)
    return found


def readme_part(report: Report) -> str:
    """Ten rows, losses among them, with their notes."""
    rows = ten(report)
    lost = len(losses(report))
    said = (
        f"[docs/speed.md](docs/speed.md) has all {len(report.duels)} rows, {lost} of which are lost, and says how they "
        "were measured, and why some are lost."
    )
    return paragraphs([circumstances(report), duels(rows, targets=False, said=True).as_markdown(), said])


def ten(report: Report) -> list[Duel]:
    """The rows that the README shows."""
    first = {d.case: d for d in reversed(report.duels)}
    chosen = [first[name] for name in README_ROWS if name in first]
    rest = [d for d in losses(report) if d not in chosen and _same_job(d)]
    rest += [d for d in report.duels if d not in chosen and d not in rest]
    kept = chosen[: TEN - LOSSES]
    return [*kept, *rest[: TEN - len(kept)]]


def losses(report: Report) -> list[Duel]:
    """Rows in which ours is the slower one, the worst first."""
    return sorted((d for d in report.duels if 1 / d.relative < LOST), key=lambda d: -d.relative)


def _same_job(duel: Duel) -> bool:
    """Whether the peer does what ours does; otherwise its time says little."""
    return duel.difference is not None or duel.case.startswith(("chain", "transform"))


def page(report: Report) -> str:
    """The page of the documentation, as Markdown."""
    parts = [
        "# Speed",
        "This page is written by `python -m gallery speed --publish`.",
        circumstances(report),
        "## How it is measured",
        MEASURED,
        "## In short",
        "\n".join(bullets("*", _in_short(report))),
        "## What is lost",
        _lost(report),
    ]
    sections: dict[str, list[Duel]] = {}
    for duel in report.duels:
        sections.setdefault(duel.group or "Functions", []).append(duel)
    for heading in sorted(sections, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        parts += [f"## {heading}", duels(sections[heading], targets=False, said=True).as_markdown()]
    for table in tables(report):
        if not table.title.startswith("Against"):
            parts += [f"## {table.title}", "\n".join(bullets("*", table.notes)), table.as_markdown()]
    if report.reasons:
        why = [f"{reason}: {', '.join(f'`{name}`' for name in names)}" for reason, names in report.reasons.items()]
        parts += ["## Without a row", "\n".join(bullets("*", why))]
    if report.left_out or report.failures:
        parts += ["## Left out", "\n".join(bullets("*", [*report.left_out, *report.failures]))]
    return paragraphs(parts)


_ORDER = ("Chains", "Single transforms", "Functions")


def _in_short(report: Report) -> list[str]:
    said = []
    for heading, default, prefix in (
        ("Chains, default", True, "chain"),
        ("Chains, matched", False, "chain"),
        ("Single transforms, default", True, "transform"),
        ("Single transforms, matched", False, "transform"),
    ):
        chosen = [d for d in report.duels if d.default is default and d.case.startswith(prefix)]
        said += [f"{heading}: {_summary(chosen)}"] if chosen else []
    others = [d for d in report.duels if not d.case.startswith(("chain", "transform"))]
    return said + ([f"Functions and the rest: {_summary(others)}"] if others else [])


def _summary(rows: Sequence[Duel]) -> str:
    faster = [1 / d.relative for d in rows]
    lost = sum(speed < LOST for speed in faster)
    return f"{len(rows)} rows, median {statistics.median(faster):.2g}×, worst {min(faster):.2g}×, {lost} lost"


def _same_work(duel: Duel, rows: Sequence[Duel]) -> str:
    """How fast ours is in the rows of matched options that belong to one of defaults, in words."""
    if not duel.default:
        return ""
    start = f"{duel.case.removesuffix(', default')}, "
    found = sorted(1 / d.relative for d in rows if not d.default and d.peer == duel.peer and d.case.startswith(start))
    if not found:
        return ""
    ends = dict.fromkeys(f"{speed:.2f}×" for speed in (found[0], found[-1]))
    return f"with matched options {' to '.join(ends)}"


def _lost(report: Report) -> str:
    found = losses(report)
    if not found:
        return "Nothing in this run."
    lines = []
    for d in found:
        speed, matched = f"`{d.case}` beside {d.peer}: {1 / d.relative:.2f}×", _same_work(d, report.duels)
        lines.append("; ".join(filter(None, (speed, matched, f"same result? {agreement(d)}", notes(d)))))
    intro = (
        f"Rows in which ours has less than {LOST:g} of the peer's speed, the worst first; of rows of defaults also how "
        "fast ours is where both have the same options. Where both sides call the same function of OpenCV, or only "
        "move memory, ours takes 1 to 4 µs more a call, in which it looks at what it was given; a transform by itself "
        "takes some more, in which it draws by a key."
    )
    return f"{intro}\n\n" + "\n".join(bullets("*", lines))
