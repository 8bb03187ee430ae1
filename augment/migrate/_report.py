"""What became of the transforms of another library: for each a verdict, its parameters, and the reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

__all__ = ["MigrationReport"]

EXACT, APPROXIMATE, MISSING = "exact", "approximate", "missing"
"""The verdicts: the same picture for the same draws (noise: the same law), nearly so, or nothing like it here."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One transform of the other library, or its outermost chain.

    Attributes
    ----------
    place : str
        Where it stands, such as ``transforms[1].transforms[0]``; empty for the outermost.
    name : str
        What it is called there.
    here : str
        What it became here; empty if nothing.
    verdict : {"exact", "approximate", "missing"}
    mapped : tuple of (str, str)
        Parameters there, and what they became.
    unmapped : tuple of (str, str)
        Parameters that have no equal here, and why.
    reasons : tuple of str
        What differs, and how far.
    notes : tuple of str
        What is the same but worth knowing.
    """

    place: str
    name: str
    here: str
    verdict: str
    mapped: tuple[tuple[str, str], ...] = ()
    unmapped: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class MigrationReport:
    """How a pipeline of another library was translated; ``print`` shows it as a table.

    `from_albumentations` and `from_torchvision` give it beside the chain.

    Attributes
    ----------
    library : str
        Where the pipeline comes from.
    entries : tuple
        One for each transform and group, in the order of the pipeline, each with ``place``, ``name``, ``here``,
        ``verdict``, ``mapped``, ``unmapped``, ``reasons`` and ``notes``.
    notes : tuple of str
        What changes for whoever calls the chain: names of targets, keys, coordinates.

    Examples
    --------
    >>> plain = {"transform": {"__class_fullname__": "HorizontalFlip", "p": 0.5}}
    >>> report = from_albumentations(plain)[1]
    >>> [entry.verdict for entry in report.entries]
    ['exact']
    """

    library: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every transform and every parameter has its equal in the chain."""
        return all(entry.verdict == EXACT for entry in self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def counts(self) -> dict[str, int]:
        """How many transforms got each verdict.

        Returns
        -------
        dict
            For ``"exact"``, ``"approximate"`` and ``"missing"``.
        """
        return {v: sum(entry.verdict == v for entry in self.entries) for v in (EXACT, APPROXIMATE, MISSING)}

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON.

        Returns
        -------
        dict
        """
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        rows = [("there", "here", "verdict")]
        rows += [("  " * _depth(e.place) + e.name, e.here or "-", e.verdict) for e in self.entries]
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        lines = []
        for k, row in enumerate(rows):
            lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
            if k:
                lines += ["      " + line for line in _told(self.entries[k - 1])]
        found = ", ".join(f"{count} {verdict}" for verdict, count in self.counts().items())
        lines.append(f"{len(self.entries)} transforms and groups of {self.library}: {found}")
        return "\n".join(lines + [f"note: {note}" for note in self.notes])


def _depth(place: str) -> int:
    return place.count("[")


def _told(entry: Entry) -> list[str]:
    lines = []
    if entry.mapped:
        changed = [f"{there} -> {here}" for there, here in entry.mapped if here not in (there, "", "not needed")]
        lines += ["; ".join(changed)] if changed else []
    lines += [f"not mapped: {name} ({why})" for name, why in entry.unmapped]
    lines += [f"differs: {reason}" for reason in entry.reasons]
    return lines + [f"note: {note}" for note in entry.notes]
