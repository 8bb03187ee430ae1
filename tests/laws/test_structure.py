"""How the packages hang together: imports run gallery -> augment -> imgproc, never back, and never in a circle.

Imports are read from the source, also those inside of functions, where circles like to hide.  Imports that only type
checkers see (below ``if TYPE_CHECKING:``) may be mutual, but they go in the same direction between packages.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import imgproc

ROOT = Path(imgproc.__file__).parents[1]
"""Of the packages: those that are installed, where the tests run without the sources."""
LAYERS = ("imgproc", "augment", "gallery")
"""A package may import those before it."""

Graph = dict[str, set[str]]


def modules_of(root: Path, packages: tuple[str, ...]) -> dict[str, Path]:
    """The files of packages by the names of their modules; a package is its ``__init__.py``."""
    found = {}
    for package in packages:
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports_of(name: str, file: Path, modules: dict[str, Path]) -> Iterator[tuple[str, bool]]:
    """The modules that a module imports anywhere in its source, and whether only type checkers see it."""
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(file.read_text(encoding="utf-8")), False)]
    while waiting:
        node, typing = waiting.pop()
        for target in _targets(node, package):
            # `from package import name` means a module of that name, or something in the package itself.
            found = target if target in modules else target.rpartition(".")[0]
            if found in modules:
                yield found, typing
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += [(child, True) for child in node.body] + [(child, typing) for child in node.orelse]
        else:
            waiting += [(child, typing) for child in ast.iter_child_nodes(node)]


def _targets(node: ast.AST, package: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [f"{base}.{alias.name}" for alias in node.names]
    by_name = isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__"))
    if by_name and node.args and isinstance(node.args[0], ast.Constant):
        return [str(node.args[0].value)]
    return []


def graphs(root: Path, packages: tuple[str, ...]) -> tuple[Graph, Graph]:
    """Who imports whom, and the same for what only type checkers see."""
    modules = modules_of(root, packages)
    real: Graph = {name: set() for name in modules}
    typing: Graph = {name: set() for name in modules}
    for name, file in modules.items():
        for target, only_typing in imports_of(name, file, modules):
            if target != name:
                (typing if only_typing else real)[name].add(target)
    return real, typing


def circle_in(graph: Graph) -> list[str]:
    """The modules of a circle in order, the first again at the end; none where there is no circle."""
    done: set[str] = set()
    for start in graph:
        trail: list[str] = []
        waiting = [(start, iter(sorted(graph[start])))] if start not in done else []
        trail += [start] if waiting else []
        while waiting:
            name, others = waiting[-1]
            other = next(others, None)
            if other is None:
                done.add(name)
                waiting.pop()
                trail.pop()
            elif other in trail:
                return [*trail[trail.index(other) :], other]
            elif other not in done:
                trail.append(other)
                waiting.append((other, iter(sorted(graph[other]))))
    return []


def backwards(graph: Graph, layers: tuple[str, ...]) -> list[str]:
    """The imports that run against the order of the packages."""
    place = {name: k for k, name in enumerate(layers)}
    return [
        f"{name} imports {other}"
        for name, others in graph.items()
        for other in sorted(others)
        if place[other.partition(".")[0]] > place[name.partition(".")[0]]
    ]


def test_imports_run_one_way() -> None:
    real, typing = graphs(ROOT, LAYERS)
    assert len(real) > 200
    assert not backwards(real, LAYERS), "a package imports one that stands on it"
    assert not backwards(typing, LAYERS), "for type checkers, a package imports one that stands on it"


def test_no_imports_in_a_circle() -> None:
    real, _ = graphs(ROOT, LAYERS)
    circle = circle_in(real)
    assert not circle, "modules import each other (maybe inside of functions): " + " -> ".join(circle)


@pytest.mark.parametrize(
    ("source", "circle"),
    [
        ("from .b import g", ["low.a", "low.b", "low.a"]),
        ("def f():\n    from .b import g", ["low.a", "low.b", "low.a"]),
        ("def f():\n    import low.b", ["low.a", "low.b", "low.a"]),
        ("import importlib\ndef f():\n    return importlib.import_module('low.b')", ["low.a", "low.b", "low.a"]),
        ("from . import b", ["low.a", "low.b", "low.a"]),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import g", []),
        ("import math", []),
    ],
)
def test_a_circle_is_seen(source: str, circle: list[str], tmp_path: Path) -> None:
    """The reader of imports, on two modules of which the second imports the first."""
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / "__init__.py").write_text("")
    (tmp_path / "low" / "a.py").write_text(source)
    (tmp_path / "low" / "b.py").write_text("from .a import f")
    assert circle_in(graphs(tmp_path, ("low",))[0]) == circle


def test_an_import_backwards_is_seen(tmp_path: Path) -> None:
    for name, source in (("low", "def f():\n    from high import g"), ("high", "from low import f")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
    assert backwards(graphs(tmp_path, ("low", "high"))[0], ("low", "high")) == ["low imports high"]
