"""The report of the speed benchmark as tables: for the terminal, and as Markdown for the README."""

from __future__ import annotations

from collections.abc import Sequence

from .._table import MISSED, Table
from .._timing import milliseconds
from .cases import (
    CHAIN_IMPORT_AT_MOST,
    CHAIN_START_AT_MOST,
    COLD_AT_MOST,
    IMPORT_AT_MOST,
    WARM_AT_MOST,
    image_text,
    size_text,
)
from .run import Duel, Report

PART = "speed"
"""The part of the README that holds the tables."""


def tables(report: Report) -> list[Table]:
    """The report as tables; one that has no rows is left out."""
    made = [_duels(report), _threads(report), _memory(report), _first(report)]
    return [table for table in made if table.rows]


def relation(relative: float) -> str:
    """Our time by the peer's, in words."""
    return f"{1 / relative:.3g}× faster" if relative <= 1 else f"{relative:.2f}× its time"


def target(limit: float | None) -> str:
    """A limit of our time by the peer's, in words."""
    if limit is None:
        return ""
    return f"≥ {1 / limit:.3g}× faster" if limit < 1 else f"≤ {limit:.1f}× its time"


def agreement(duel: Duel) -> str:
    """How far apart the results are, and whether that is too far."""
    if duel.difference is None:
        return "not the same result"
    figure = f"{duel.difference:.0f}" if duel.difference >= 100 else f"{duel.difference:.2g}"
    apart = f"{figure} {duel.unit}" if duel.difference else "equal"
    if duel.agrees is None:
        return f"{apart} (other rule)"
    return apart if duel.agrees else f"{apart}: DISAGREES (≤ {duel.tolerance:g})"


def verdict(report: Report) -> dict[str, list[str]]:
    """How many targets were met, which were not, which results disagree, what failed: items by heading."""
    outcomes = list(report.targets())
    missed = [what for what, met in outcomes if not met]
    parts = {f"{len(outcomes) - len(missed)} of {len(outcomes)} targets met{'; missed:' if missed else ''}": missed}
    wrong = [f"{d.case} {size_text(d.size)} and {d.peer}: {agreement(d)}" for d in report.duels if d.agrees is False]
    if wrong:
        parts["results that disagree:"] = wrong
    if report.failures:
        parts["failed:"] = report.failures
    if report.left_out:
        parts["left out:"] = report.left_out
    return parts


def circumstances(report: Report) -> str:
    """When, where and how it was measured."""
    load = "" if report.load is None else f" Load average before: {report.load:.1f} on {report.cpus} CPUs."
    return (
        f"{report.date}. {report.machine}. One thread each, in one process, in turns; medians, and the median of the "
        f"ratios of the rounds.{load} Compiling or loading kernels took {report.warmup:.2f} s before the measurements."
    )


def as_text(report: Report) -> str:
    """The whole report as plain text."""
    parts = [circumstances(report)]
    parts += ["\n".join([table.title, table.as_text(), *_bullets(" ", table.notes)]) for table in tables(report)]
    parts += ["\n".join([heading, *_bullets(" ", items)]) for heading, items in verdict(report).items()]
    return _paragraphs(parts)


def as_markdown(report: Report) -> str:
    """The whole report as Markdown tables."""
    parts = [circumstances(report)]
    for table in tables(report):
        parts += [f"**{table.title}**", table.as_markdown(), "\n".join(_bullets("*", table.notes))]
    for heading, items in verdict(report).items():
        parts += [heading, "\n".join(_bullets("*", items))]
    return _paragraphs(parts)


def as_readme(report: Report) -> str:
    """What a user wants to know of it as Markdown: each peer's time beside ours, whichever is faster."""
    duels = _duels(report)
    wanted = [duels.header.index(name) for name in ("case", "image", "ours [ms]", "peer", "peer [ms]", "ours is")]
    header, *rows = (tuple(cells[column] for column in wanted) for cells in (duels.header, *duels.rows))
    text = frozenset(k for k, column in enumerate(wanted) if column in duels.text)
    return _paragraphs([circumstances(report), Table(header, tuple(rows), text).as_markdown()])


def _bullets(mark: str, items: Sequence[str]) -> list[str]:
    return [f"{mark} {item}" for item in items]


def _paragraphs(parts: Sequence[str]) -> str:
    return "\n\n".join(filter(None, parts)) + "\n"


def _outcome(met: bool | None) -> str:
    return "" if met is None else "met" if met else MISSED


def _duels(report: Report) -> Table:
    header = ("case", "image", "ours [ms]", "peer", "peer [ms]", "ours is", "target", "outcome", "apart")
    rows = []
    for d in report.duels:
        image, ours, theirs = image_text(d.size, d.kind), milliseconds(d.ours), milliseconds(d.theirs)
        outcome = (relation(d.relative), target(d.limit), _outcome(d.met), agreement(d))
        rows.append((d.case, image, ours, d.peer, theirs, *outcome))
    notes: dict[tuple[str, str], str] = {}
    for d in report.duels:
        if d.note:
            notes.setdefault((d.peer, d.note), f"{d.case}, {d.peer}: {d.note}")
    text = frozenset({0, 1, 3, 5, 6, 7, 8})
    return Table(header, tuple(rows), text, "Against the peers, one thread", tuple(notes.values()))


def _threads(report: Report) -> Table:
    header = ("case", "image", "1 thread [ms]", "2 threads [ms]", "faster", "target", "outcome", "machine allows")
    rows = []
    for t in report.threads:
        times = milliseconds(t.one), milliseconds(t.two), f"{t.speedup:.2f}×"
        verdict = f"≥ {t.at_least:g}×", _outcome(t.met), f"{t.machine:.2f}×"
        rows.append((t.case, image_text(t.size, t.kind), *times, *verdict))
    notes = (
        "machine allows: two independent jobs on two threads against one, in the same rounds; 2 if nobody else ran",
    )
    return Table(header, tuple(rows), frozenset({0, 1, 6}), "Ours on two threads", notes)


def _memory(report: Report) -> Table:
    header = ("case", "image", "NumPy", "resident", "per channel", "target", "outcome")
    rows = []
    for m in report.memory:
        resident = "" if m.resident_planes is None else f"{m.resident_planes:.2f}"
        planes = f"{m.planes:.2f}", resident, f"{m.peak / m.channels:.2f}"
        rows.append((m.case, f"{m.size}² {m.kind}", *planes, f"≤ {m.at_most:g}", _outcome(m.met)))
    notes = (
        "in float32 planes, bytes / (4·h·w), output excluded: what NumPy allocated, and what the process touched",
        "the target holds for the larger of the two; per channel: the larger one by the number of channels",
    )
    return Table(header, tuple(rows), frozenset({0, 1, 6}), "Peak extra memory, one thread", notes)


def _first(report: Report) -> Table:
    header = (
        "case",
        "start [s]",
        "import [s]",
        "warm call [s]",
        "import + warm [s]",
        "cold call [s]",
        "import + cold [s]",
        "outcome",
    )
    rows = []
    for f in report.first:
        seconds = (f.start, f.imported, f.warm, f.imported + f.warm, f.cold, f.imported + f.cold)
        missed = [what for what, met in zip(("import", "warm", "cold"), f.met, strict=True) if met is False]
        outcome = f"{MISSED}: {', '.join(missed)}" if missed else "met"
        rows.append((f.case, *(f"{s:.2f}" for s in seconds), outcome))
    notes = (
        "in new processes, on an image of 512², all threads; warm: kernels are in the cache, cold: it is empty",
        "start: of the interpreter, which the other columns leave out",
        f"targets [s]: import ≤ {IMPORT_AT_MOST:g}, import + warm ≤ {WARM_AT_MOST:g}, import + cold ≤ {COLD_AT_MOST:g}",
        f"of chains: import ≤ {CHAIN_IMPORT_AT_MOST:g}, start + import + warm ≤ {CHAIN_START_AT_MOST:g}",
    )
    return Table(header, tuple(rows), frozenset({0, 7}), "First call in a new process", notes)
