"""Small rules stand in one place: the source is searched for copies of them.

`RULES` has where each stands, and what a copy of it looks like.  A test that fails here says which function or constant
to use instead.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import imgproc

ROOT = Path(imgproc.__file__).parents[1]
"""Of the packages: those that are installed, where the tests run without the sources."""
PACKAGES = ("imgproc", "augment", "gallery")
Found = Iterator[tuple[int, str]]


@functools.cache
def sources() -> dict[str, str]:
    files = (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}


@functools.cache
def parsed(name: str) -> ast.Module:
    return ast.parse(sources()[name])


def _asks_rank(node: ast.AST, array: str) -> bool:
    return any(
        isinstance(n, ast.Compare) and isinstance(n.left, ast.Attribute) and ast.unparse(n.left) == f"{array}.ndim"
        for n in ast.walk(node)
    )


def channel_counts(name: str) -> Found:
    """``1 if x.ndim == 2 else x.shape[2]``, and conditions that ask for the rank and the third side of one array."""
    for node in ast.walk(parsed(name)):
        if isinstance(node, ast.IfExp):
            sides, test = (node.body, node.orelse), node.test
        elif isinstance(node, ast.BoolOp):
            sides = tuple(side for part in node.values if isinstance(part, ast.Compare) for side in ast.walk(part))
            test = node
        else:
            continue
        for side in sides:
            if isinstance(side, ast.Subscript) and ast.unparse(side).endswith(".shape[2]"):
                others = [s for s in sides if isinstance(node, ast.IfExp) and isinstance(s, ast.Constant)]
                array = ast.unparse(side).removesuffix(".shape[2]")
                if _asks_rank(test, array) and (isinstance(node, ast.BoolOp) or [s.value for s in others] == [1]):
                    yield node.lineno, ast.unparse(node)


def lines_with(pattern: str) -> Callable[[str], Found]:
    found = re.compile(pattern)

    def search(name: str) -> Found:
        for number, line in enumerate(sources()[name].splitlines(), 1):
            if found.search(line):
                yield number, line.strip()

    return search


RULES: dict[str, tuple[str, Callable[[str], Found]]] = {
    "channels_of": ("imgproc/_core/formats.py", channel_counts),
    "work_dtype": (
        "imgproc/_core/formats.py",
        lines_with(r"float64 if .*float64.* else np\.float32|float32 if .*!= np\.float64 else np\.float64"),
    ),
    "ROUNDING": ("imgproc/_core/formats.py", lines_with(r"\b12_?582_?912\b|\b0x4B400000\b")),
    "gaussian_weights": (
        "imgproc/_neighbours/gaussian.py",
        lines_with(r"\bexp\(-0\.5\b.*sigma"),
    ),
    "fractions": (
        "imgproc/_core/levels.py",
        lines_with(r"one level or \{|a level or one for each channel, got"),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_stands_in_one_place(rule: str) -> None:
    home, search = RULES[rule]
    copies = [f"{name}:{line}: {text}" for name in sources() if name != home for line, text in search(name)]
    assert not copies, f"use {rule} of {home} instead of\n" + "\n".join(copies)


@pytest.mark.parametrize("rule", RULES)
def test_the_search_finds_the_rule_at_home(rule: str) -> None:
    """Where it finds nothing at all, the test above would hold whatever the source says."""
    home, search = RULES[rule]
    assert list(search(home)), f"{rule} is no longer in {home}, or the search for it is wrong"
