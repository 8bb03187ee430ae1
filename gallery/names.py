"""``python -m gallery.names README.md`` brings the lists of public names in a file up to date.

The lists are those of ``help(imgproc)`` and ``help(augment)``: names by subpackage, under the first line of its
documentation.  They stand between ``<!-- names of imgproc:begin -->`` and its end, and so for `augment`.
"""

from __future__ import annotations

import importlib
import sys
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


def main(files: list[str]) -> int:
    """Rewrite the lists in these files; return the exit status."""
    if not files:
        print("usage: python -m gallery.names FILE ...", file=sys.stderr)
        return 2
    try:
        for file in files:
            for package in PACKAGES:
                _readme.replace(Path(file), part(package), table(package))
    except (OSError, ValueError) as error:
        print(f"python -m gallery.names: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
