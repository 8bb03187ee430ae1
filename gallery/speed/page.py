"""The speed page of the gallery: bars of ours and the peers' on one logarithmic scale, and the tables."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from pathlib import Path

from .._site import Site
from .._svg import svg, text
from .._timing import milliseconds
from . import tables
from .cases import size_text
from .run import Duel, Report

TITLE = "Speed"
SUMMARY = "Ours beside OpenCV, scikit-image and albumentations: times, memory, threads, first calls, as measured here."

ROW, BAR, AXIS = 34, 8, 20
"""Heights [px] of a contender, of its bar, and of the axis."""

_CSS = """
.speed { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 1.6rem 2rem;
  margin: 1.2rem 0 2rem; }
.speed svg { display: block; width: 100%; overflow: visible; }
.speed text { fill: var(--ink); font-size: 13px; font-family: inherit; font-variant-numeric: tabular-nums; }
.speed .tick { fill: var(--faint); font-size: 11px; }
.speed line { stroke: var(--line); }
.speed .ours { fill: var(--c0); } .speed .theirs { fill: var(--c1); }
.speed p { margin: 0.3rem 0 0; font-size: 12px; color: var(--faint); }
.speed pre { overflow-x: auto; margin: 0.6rem 0 0; font-size: 12px; line-height: 1.45; }
.table td, .table th { white-space: nowrap; }
"""


def add_page(report: Report, out: Path) -> Path:
    """Add the speed page to the site in a folder, and bring its index up to date.

    Parameters
    ----------
    report : Report
        What was measured.
    out : Path
        The gallery's folder.

    Returns
    -------
    Path
        The page.
    """
    with Site(out) as site:
        return site.add_page("speed", TITLE, SUMMARY, body(report), _thumbnail(report.duels), group="Speed")


def body(report: Report) -> str:
    """The page below its heading, as HTML."""
    parts = [f"<style>{_CSS}</style>", f"<p>{html.escape(tables.circumstances(report))}</p>"]
    for heading, items in tables.verdict(report).items():
        listed = "".join(f"<li>{html.escape(item)}</li>" for item in items)
        parts.append(f"<p><strong>{html.escape(heading)}</strong></p>{f'<ul>{listed}</ul>' if items else ''}")
    sections: dict[str, list[Duel]] = {}
    for duel in report.duels:
        sections.setdefault(duel.group or f"Functions, {size_text(duel.size)} pixels", []).append(duel)
    for heading, duels in sections.items():
        figures = _figures(duels, _decades(report.duels), report.explained)
        parts += [
            f"<h2>{html.escape(heading)}</h2>",
            "<p>Median times on a logarithmic scale, the same in all plots; shorter is faster.</p>",
            f'<div class="speed">{"".join(figures)}</div>',
        ]
    parts += [table.as_html() for table in tables.tables(report)]
    return "\n".join(parts)


def _figures(duels: Sequence[Duel], decades: tuple[int, int], explained: dict[str, str]) -> list[str]:
    figures = []
    for name in dict.fromkeys(d.case for d in duels):
        case = [d for d in duels if d.case == name]
        bars = [("ours", case[0].ours, True)] + [(d.peer, d.theirs, False) for d in case]
        image = tables.image_text(case[0].size, case[0].kind) if case[0].group else case[0].kind
        what = "; ".join(filter(None, (case[0].what, image, f"options: {tables.options(case[0])}")))
        caption = f"<strong>{html.escape(name)}</strong><span>{html.escape(what)}</span>"
        passes = f"<pre>{html.escape(explained[name])}</pre>" if name in explained else ""
        said = "".join(f"<p>{html.escape(_beside(duel))}</p>" for duel in case)
        figures.append(f"<figure><figcaption>{caption}</figcaption>{_plot(name, bars, decades)}{said}{passes}</figure>")
    return figures


def _beside(duel: Duel) -> str:
    """What must be said of a bar."""
    same = f"same result as {duel.peer}? {tables.agreement(duel)}"
    return "; ".join(filter(None, (same, tables.notes(duel))))


def _decades(duels: Sequence[Duel]) -> tuple[int, int]:
    times = [t for d in duels for t in (d.ours, d.theirs)]
    return math.floor(math.log10(min(times) / 1.5)), math.ceil(math.log10(max(times)))


def _plot(name: str, bars: Sequence[tuple[str, float, bool]], decades: tuple[int, int]) -> str:
    """One bar per contender.  Widths are percentages and heights pixels, so the text keeps its size on a phone."""
    low, high = decades
    height = ROW * len(bars)
    parts = []
    for decade in range(low, high + 1):
        x = f"{100 * (decade - low) / (high - low):.2f}%"
        anchor = "start" if decade == low else "end" if decade == high else "middle"
        parts.append(f'<line x1="{x}" x2="{x}" y1="0" y2="{height + 4}"/>')
        parts.append(text(x, height + 16, _unit(decade), anchor=anchor, kind="tick"))
    for row, (label, seconds, ours) in enumerate(bars):
        y = ROW * row
        width = 100 * (math.log10(seconds) - low) / (high - low)
        parts.append(text(0, y + 16, label))
        parts.append(text("100%", y + 16, f"{milliseconds(seconds)} ms", anchor="end"))
        kind = "ours" if ours else "theirs"
        parts.append(f'<rect class="{kind}" x="0" y="{y + 21}" width="{width:.2f}%" height="{BAR}" rx="2"/>')
    spoken = "; ".join(f"{label} {milliseconds(seconds)} ms" for label, seconds, _ in bars)
    return svg(f"{name}: {spoken}", parts, f'height="{height + AXIS}"')


def _unit(decade: int) -> str:
    for exponent, unit in ((0, "s"), (-3, "ms"), (-6, "µs")):
        if decade >= exponent:
            return f"{10 ** (decade - exponent)} {unit}"
    return f"{10.0 ** (decade + 9):g} ns"


def _thumbnail(duels: Sequence[Duel]) -> str | None:
    """How many times faster ours is, duel by duel, as bars to the right and left of "as fast"."""
    if not duels:
        return None
    faster = sorted((-math.log10(d.relative) for d in duels), reverse=True)
    reach = max(*map(abs, faster), 1.0)
    step = 280 / len(faster)
    bars = []
    for row, log in enumerate(faster):
        x, width = (150 if log >= 0 else 150 + 240 * log / reach), abs(240 * log / reach)
        fill = "var(--c0)" if log >= 0 else "var(--c1)"
        y = 20 + row * step
        bars.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{step * 0.7:.1f}" style="fill:{fill}"/>'
        )
    line = '<line x1="150" x2="150" y1="10" y2="310" style="stroke:var(--faint)"/>'
    return f'<svg viewBox="0 0 480 320" aria-hidden="true">{"".join(bars)}{line}</svg>'
