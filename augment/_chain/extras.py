"""Extras: what a sample carries that no transform knows.  It passes through a chain as it is, the same object."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, NamedTuple

from .targets.base import Table
from .targets.table import ARGUMENTS

EVERY = "*"
"""What `Compose.extra_names` is where all names that a chain does not know are those of extras."""
LABEL, LABELS = "label", "labels"
"""Names that many samples have: the class of an image, and its classes or those of its boxes."""


class Extras(NamedTuple):
    """Which names of a sample are those of extras."""

    names: frozenset[str] = frozenset()
    every: bool = False
    """Whether all are that the chain does not know otherwise."""
    never: tuple[str, ...] = ()
    """Names that `every` does not mean."""

    def of(self, given: dict[str, Any], table: Table, also: Container[str] = ()) -> dict[str, Any]:
        """The extras of a call, by name; `also` are names of something else beside those in the table."""
        if given.keys() <= table.keys() and (LABELS not in given or "boxes" in given):
            return {}  # as nearly always
        found = {
            name: value
            for name, value in given.items()
            if name not in table
            and name not in also
            and (name in self.names or (self.every and name not in self.never))
        }
        if LABELS in given and "boxes" not in given and LABELS in table and table[LABELS].of == "boxes":
            found[LABELS] = given[LABELS]  # those of the image
        return found


def make_extras(extra_names: Any, table: Table, *, labelled: bool) -> Extras:
    """The extras that a chain declares.

    Parameters
    ----------
    extra_names : str or sequence of str
        See `Compose`; checked by `check_extra_names`.
    table : dict
        The other targets of the chain.
    labelled : bool
        Whether it mixes samples or changes labels: it then knows ``label``, unless that is named as an extra.

    Raises
    ------
    ValueError
        If a name is taken.
    """
    every = extra_names == EVERY
    for name in () if every else extra_names:
        if name in table or name in ARGUMENTS:
            raise ValueError(f"extra_names must name what is nothing else already, got {name!r}, which is taken")
    names = frozenset(() if every else extra_names) | (frozenset() if labelled else {LABEL})
    return Extras(names, every, (LABEL, "mix") if labelled else ())


def check_extra_names(value: Any) -> str | tuple[str, ...]:
    """Names as a tuple, or `EVERY`."""
    if isinstance(value, str) and value == EVERY:
        return EVERY
    return check_names(value, "extra_names", f", or {EVERY!r}")


def check_names(value: Any, parameter: str, also: str = "") -> tuple[str, ...]:
    """Names of targets as a tuple."""
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise TypeError(f"{parameter} must be a sequence of strings, a list or a tuple{also}, got {value!r}")
    names: Sequence[str] = value
    return tuple(names)
