"""A table, and how it is written: as plain text, as Markdown, as HTML."""

from __future__ import annotations

from dataclasses import dataclass

from ._site import TEMPLATES

MISSED = "MISSED"
"""A cell that begins with it is set off on a page."""


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the rows."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    text: frozenset[int]
    """Columns that hold words and are aligned to the left; the others hold figures."""
    title: str = ""
    notes: tuple[str, ...] = ()

    def as_text(self) -> str:
        """The cells in columns of equal width."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = []
        for cells in (self.header, tuple("-" * width for width in widths), *self.rows):
            columns = enumerate(zip(cells, widths, strict=True))
            padded = [cell.ljust(width) if i in self.text else cell.rjust(width) for i, (cell, width) in columns]
            lines.append("  ".join(padded).rstrip())
        return "\n".join(lines)

    def as_markdown(self) -> str:
        """The cells as a Markdown table."""
        rule = ["---" if column in self.text else "---:" for column in range(len(self.header))]
        lines = ([cell.replace("|", "\\|") for cell in cells] for cells in (self.header, rule, *self.rows))
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

    def as_html(self) -> str:
        """The title, the cells as a table that scrolls sideways where the window is narrow, and the notes."""
        return TEMPLATES.get_template("table.html").render(table=self, MISSED=MISSED)
