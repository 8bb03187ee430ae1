"""Kernels take few things and are short, so that a reader takes one in at once.

Related arrays travel as a documented NamedTuple, and a long body becomes pieces with names, which are kernels
themselves (``@kernel(inner=True)``).  Both cost time to compile, so measure the first call before and after: where it
grows by more than 3 %, the kernel stays as it is and stands in `EXCEPTIONS`, with the reason.  Where Python calls a
kernel for small images, a plain tuple is quicker than a named one.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
MOST_ARGUMENTS = 10
MOST_LINES = 40
"""Of the body, without its docstring."""

MAKERS = ("shared", "Unit", "Sampler")
"""What makes a kernel or a unit of a plain function."""

EXCEPTIONS = {
    # With pieces in place of the body the first call took 9 % longer, with tuples of arrays and fewer pieces 5 %.
    "imgproc/inpaint/_search.py: _search": (13, MOST_LINES),
    "imgproc/inpaint/_search.py: _search_strip": (11, MOST_LINES),
    "imgproc/inpaint/_search.py: work": (MOST_ARGUMENTS, 52),
}
"""How many arguments and lines these kernels have at most, by their file and name."""


class Measures(NamedTuple):
    """How wide and how long a kernel is, and where it stands."""

    arguments: int
    lines: int
    place: str


def _is_kernel(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return ast.unparse(function).rpartition(".")[2] == "kernel"


def _given_to_makers(tree: ast.Module) -> set[str]:
    """The names of functions that become kernels or units without a decorator."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in MAKERS]
    return {given.id for call in calls for given in call.args if isinstance(given, ast.Name)}


def measures_of(source: str, file: str = "") -> dict[str, Measures]:
    """The kernels of a module, by its file and their names."""
    tree = ast.parse(source)
    plain, found = _given_to_makers(tree), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and (any(map(_is_kernel, node.decorator_list)) or node.name in plain):
            first = node.body[1 if ast.get_docstring(node) is not None and len(node.body) > 1 else 0]
            given = node.args
            arguments = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
            lines = (node.end_lineno or 0) - first.lineno + 1
            found[f"{file}: {node.name}"] = Measures(arguments, lines, f"{file}:{node.lineno}")
    return found


@functools.cache
def kernels() -> dict[str, Measures]:
    found: dict[str, Measures] = {}
    for package in ("imgproc", "augment"):
        for path in sorted((ROOT / package).rglob("*.py")):
            found |= measures_of(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    return found


def test_all_kernels_are_found() -> None:
    assert len(kernels()) > 500


@pytest.mark.parametrize("name", kernels())
def test_a_kernel_takes_few_things_and_is_short(name: str) -> None:
    arguments, lines, place = kernels()[name]
    most_arguments, most_lines = EXCEPTIONS.get(name, (MOST_ARGUMENTS, MOST_LINES))
    assert arguments <= most_arguments, f"{place} takes {arguments} things: give it a NamedTuple of those that belong"
    assert lines <= most_lines, f"{place} has {lines} lines: take out pieces that have a name, as inner kernels"


@pytest.mark.parametrize("name", EXCEPTIONS)
def test_exceptions_are_needed_as_they_stand(name: str) -> None:
    arguments, lines, _ = kernels()[name]
    assert (max(arguments, MOST_ARGUMENTS), max(lines, MOST_LINES)) == EXCEPTIONS[name]
    assert arguments > MOST_ARGUMENTS or lines > MOST_LINES


def test_the_measures_are_those_of_the_body() -> None:
    source = (
        '@kernel(inner=True)\ndef one(a, b):\n    """Says what.\n\n    And why."""\n    c = a\n\n    return b + c\n'
    )
    assert measures_of(source) == {": one": Measures(2, 3, ":2")}
    assert measures_of("def one(a):\n    return a\n\nother = shared(one, 'other')\n") == {": one": Measures(1, 1, ":1")}
    assert measures_of("def one(a):\n    return a\n") == {}
