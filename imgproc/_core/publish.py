"""What a package publishes: the names that its modules list in ``__all__``, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

__all__: list[str] = []

WIDTH = 100
"""Of the lists in the documentation of a package."""


def publish(
    package: dict[str, Any], *, listed: bool = False, peers: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Give a package its ``__all__`` after the star imports of its modules; the last statement of an ``__init__``.

    Modules are private: they stay importable, but no list of public names has them.  There is no ``__all__`` in the
    source because type checkers read the star imports and would be misled by one that is computed.

    Parameters
    ----------
    package : dict
        The package's ``globals()``.
    listed : bool
        Whether the documentation of the package gets the list of its names, by group.
    peers : dict of dict of str, optional
        What other libraries call things, by library, and how that is written here: whoever asks the package for such a
        name, or for one with a slip in it, is told ours.
    """
    names = [name for name, value in package.items() if not name.startswith("_") and not isinstance(value, ModuleType)]
    package["__all__"] = names
    special = [name for name in package if name.startswith("__")]
    package["__dir__"] = lambda: sorted([*special, *names])
    if peers is not None:
        package["__getattr__"] = lambda name: _missing(package["__name__"], names, peers, name)
    if listed:
        lines = [line for title, found in groups(package).items() for line in ("", title, *_wrapped(found))]
        package["__doc__"] = "\n".join([(package["__doc__"] or "").rstrip(), *lines]) + "\n"


def _missing(package: str, names: Sequence[str], peers: Mapping[str, Mapping[str, str]], name: str) -> NoReturn:
    """Say that a package has no such name, and which is meant."""
    message = f"module {package!r} has no attribute {name!r}"
    if not name.startswith("_"):
        for library, theirs in peers.items():
            if name in theirs:
                owner = library + ("'" if library.endswith("s") else "'s")
                raise AttributeError(f"{message}: {owner} {name} is {package}.{theirs[name]} here")
        close = closest(name, names)
        message += f": did you mean {package}.{close}?" if close else ""
    raise AttributeError(message)


def closest(name: str, names: Iterable[str]) -> str:
    """The name that is meant by one with a slip in it; empty if none is close."""
    import difflib  # takes a millisecond, and only errors need it

    by_letters = {known.lower().replace("_", ""): known for known in names}
    found = difflib.get_close_matches(name.lower().replace("_", ""), by_letters, n=1, cutoff=0.75)
    return by_letters[found[0]] if found else ""


def published(package: ModuleType) -> list[str]:
    """The public names of a package; its ``__all__`` is made when it is loaded, so type checkers do not see it."""
    return list(vars(package)["__all__"])


def groups(package: dict[str, Any]) -> dict[str, list[str]]:
    """The public names by the title of their group: the first line of the documentation of the subpackage or module.

    Parameters
    ----------
    package : dict
        The variables of a package that `publish` has seen.

    Returns
    -------
    dict of list of str
        In the order of the imports.
    """
    found: dict[str, list[str]] = {}
    publishers = [module for module in package.values() if isinstance(module, ModuleType)]
    for name in package["__all__"]:
        module = package[name].__module__
        group = ".".join(module.split(".")[:2])
        if group.rpartition(".")[2].startswith("_"):  # defined inside, published by one of the others
            group = next((each.__name__ for each in publishers if name in getattr(each, "__all__", ())), group)
        home = sys.modules[module if group.rpartition(".")[2].startswith("_") else group]
        title = (home.__doc__ or group).strip().partition("\n")[0].rstrip(".")
        found.setdefault(title, []).append(name)
    return found


def _wrapped(names: list[str]) -> list[str]:
    """Names in indented lines."""
    lines, line = [], "   "
    for name in names:
        if len(line) + len(name) + 2 > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {name},"
    return [*lines, line.rstrip(",")]
