"""``python -m gallery.names docs/names.md docs/api.md`` brings the lists of public names in files up to date.

The lists are those of ``help(imgproc)`` and ``help(augment)``: names by subpackage, under the first line of its
documentation.  They stand between ``<!-- names of imgproc:begin -->`` and its end, and so for `augment`.  Between
``<!-- signatures of imgproc:begin -->`` and its end stands each name with its parameters and their defaults.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from imgproc._core.publish import groups

from . import _readme

PACKAGES = ("imgproc", "augment")


def part(package: str) -> str:
    """The name of the part of the file that holds the list of a package."""
    return f"names of {package}"


def table(package: str) -> str:
    """The public names of a package by group, as a Markdown table.

    Parameters
    ----------
    package : str
        ``"imgproc"`` or ``"augment"``.
    """
    found = groups(vars(importlib.import_module(package)))
    rows = [f"| {title} | {', '.join(f'`{name}`' for name in names)} |" for title, names in found.items()]
    return "\n".join(["| | |", "|---|---|", *rows])


def signature(package: str, name: str) -> str:
    """A public name with its parameters and their defaults, as a call is written.

    Parameters
    ----------
    package : str
        ``"imgproc"`` or ``"augment"``.
    name : str
        Of a function, a class or a constant.
    """
    thing = getattr(importlib.import_module(package), name)
    if not callable(thing):
        return name
    plain = inspect.Parameter.empty
    parameters = [each.replace(annotation=plain) for each in inspect.signature(thing).parameters.values()]
    return f"{name}{inspect.Signature(parameters)}"


def signatures(package: str) -> str:
    """All of them, one in a line, by group, as Markdown.

    Parameters
    ----------
    package : str
        ``"imgproc"`` or ``"augment"``.
    """
    module = importlib.import_module(package)
    lines: list[str] = []
    for title, names in groups(vars(module)).items():
        lines += ["", f"### {title}", "", "```python", *(signature(package, name) for name in names), "```"]
    return "\n".join(lines)


PARTS: dict[str, Callable[[], str]] = {
    **{part(package): functools.partial(table, package) for package in PACKAGES},
    **{f"signatures of {package}": functools.partial(signatures, package) for package in PACKAGES},
}
"""What may stand in a file, and what makes it."""


def _parts_of(file: Path) -> list[str]:
    """The parts that a file has; if it has none, those that it should have."""
    text = file.read_text(encoding="utf-8")
    return [each for each in PARTS if _readme.markers(each)[0] in text] or [part(package) for package in PACKAGES]


def main(files: list[str]) -> int:
    """Rewrite the lists in these files; return the exit status."""
    if not files:
        print("usage: python -m gallery.names FILE ...", file=sys.stderr)
        return 2
    try:
        for file in files:
            for each in _parts_of(Path(file)):
                _readme.replace(Path(file), each, PARTS[each]())
    except (OSError, ValueError) as error:
        print(f"python -m gallery.names: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
