"""The report of the speed benchmark as tables: for the terminal, and as Markdown."""

from __future__ import annotations

import dataclasses
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
    """Whether both give the same result, how far they are apart, and whether that is too far."""
    if duel.difference is None:
        return "not compared"
    if not duel.difference:
        return "yes"
    figure = f"{duel.difference:.0f}" if duel.difference >= 100 else f"{duel.difference:.2g}"
    apart = f"{figure} {duel.unit} apart"
    if duel.agrees is None:
        return f"no: {apart}"
    return f"within {figure} {duel.unit}" if duel.agrees else f"{apart}: DISAGREES (≤ {duel.tolerance:g})"


def options(duel: Duel) -> str:
    """Whether both sides' defaults are measured, or the same work."""
    return "default" if duel.default else "matched"


def errors(duel: Duel) -> str:
    """How far ours and theirs are from the same in float64: the most, and the root of the mean square."""
    if duel.our_error is None or duel.their_error is None:
        return ""
    ours, theirs = (f"{most:.2g} (rms {rms:.2g})" for most, rms in (duel.our_error, duel.their_error))
    return f"from float64: ours {ours}, theirs {theirs}"


def notes(duel: Duel) -> str:
    """All that must be said beside the figures."""
    both = f"both sides call OpenCV ({', '.join(duel.opencv)})" if duel.opencv else ""
    return "; ".join(filter(None, (both, errors(duel), duel.note)))


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
        f"{report.date}. {report.machine}. One thread each, in one process, in turns, on photos that change at every "
        f"call; medians, and the median of the ratios of the rounds.{load} Compiling or loading kernels took "
        f"{report.warmup:.2f} s before the measurements."
    )


def as_text(report: Report) -> str:
    """The whole report as plain text."""
    parts = [circumstances(report)]
    parts += ["\n".join([table.title, table.as_text(), *bullets(" ", table.notes)]) for table in tables(report)]
    parts += ["\n".join([heading, *bullets(" ", items)]) for heading, items in verdict(report).items()]
    return paragraphs(parts)


def as_markdown(report: Report) -> str:
    """The whole report as Markdown tables."""
    parts = [circumstances(report)]
    for table in tables(report):
        parts += [f"**{table.title}**", table.as_markdown(), "\n".join(bullets("*", table.notes))]
    for heading, items in verdict(report).items():
        parts += [heading, "\n".join(bullets("*", items))]
    return paragraphs(parts)


def bullets(mark: str, items: Sequence[str]) -> list[str]:
    """Lines of a list."""
    return [f"{mark} {item}" for item in items]


def paragraphs(parts: Sequence[str]) -> str:
    """A text of these parts, without the empty ones."""
    return "\n\n".join(filter(None, parts)) + "\n"


def _outcome(met: bool | None) -> str:
    return "" if met is None else "met" if met else MISSED


def _duels(report: Report) -> Table:
    said: dict[tuple[str, str], str] = {}
    for d in report.duels:
        if notes(d):
            said.setdefault((d.peer, notes(d)), f"{d.case}, {d.peer}: {notes(d)}")
    table = duels(report.duels)
    return dataclasses.replace(table, title="Against the peers, one thread", notes=tuple(said.values()))


def duels(rows: Sequence[Duel], *, targets: bool = True, said: bool = False) -> Table:
    """Ours beside the peers; with a column of targets, and with one of notes."""
    header = ["case", "options", "image", "ours [ms]", "peer", "peer [ms]", "ours is", "same result?"]
    header += [*(["target", "outcome"] if targets else []), *(["notes"] if said else [])]
    made = []
    for d in rows:
        times = (milliseconds(d.ours), d.peer, milliseconds(d.theirs))
        cells = [d.case, options(d), image_text(d.size, d.kind), *times, relation(d.relative), agreement(d)]
        cells += [*([target(d.limit), _outcome(d.met)] if targets else []), *([notes(d)] if said else [])]
        made.append(tuple(cells))
    figures = {header.index("ours [ms]"), header.index("peer [ms]")}
    return Table(tuple(header), tuple(made), frozenset(range(len(header))) - figures)


def _threads(report: Report) -> Table:
    header = ("case", "image", "1 thread [ms]", "2 threads [ms]", "faster", "target", "outcome", "2 processes")
    rows = []
    for t in report.threads:
        times = milliseconds(t.one), milliseconds(t.two), f"{t.speedup:.2f}×"
        control = "" if t.processes is None else f"{t.processes:.2f}×"
        verdict = f"≥ {t.at_least:g}×", _outcome(t.met), control
        rows.append((t.case, image_text(t.size, t.kind), *times, *verdict))
    said = ("2 processes: how much more two of them do than one, just before and after; what the machine allows",)
    return Table(header, tuple(rows), frozenset({0, 1, 6}), "Ours on two threads", said)


def _memory(report: Report) -> Table:
    header = ("case", "image", "NumPy", "resident", "per channel", "target", "outcome")
    rows = []
    for m in report.memory:
        resident = "" if m.resident_planes is None else f"{m.resident_planes:.2f}"
        planes = f"{m.planes:.2f}", resident, f"{m.peak / m.channels:.2f}"
        rows.append((m.case, image_text(m.size, m.kind), *planes, f"≤ {m.at_most:g}", _outcome(m.met)))
    said = (
        "in float32 planes, bytes / (4·h·w), output excluded: what NumPy allocated, and what the process touched",
        "the target holds for the larger of the two; per channel: the larger one by the number of channels",
    )
    return Table(header, tuple(rows), frozenset({0, 1, 6}), "Peak extra memory, one thread", said)


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
    said = (
        "in new processes, on an image of 512², all threads; warm: kernels are in the cache, cold: it is empty",
        "start: of the interpreter, which the other columns leave out",
        f"targets [s]: import ≤ {IMPORT_AT_MOST:g}, import + warm ≤ {WARM_AT_MOST:g}, import + cold ≤ {COLD_AT_MOST:g}",
        f"of chains: import ≤ {CHAIN_IMPORT_AT_MOST:g}, start + import + warm ≤ {CHAIN_START_AT_MOST:g}",
    )
    return Table(header, tuple(rows), frozenset({0, 7}), "First call in a new process", said)
