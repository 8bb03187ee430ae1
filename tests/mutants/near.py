"""Which tests are near a source: those that speak of what it defines."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

LAWS = "tests/laws"

COMMON = (
    "test_jit",
    "test_shipped",
    "test_processors",
    "test_needed",
    "test_documents",
    "test_declare",
    "test_garbage",
)
"""Tests that speak of everything are near to nothing."""


@functools.cache
def _words(path: Path) -> dict[str, int]:
    """How often each word stands in a file."""
    found: dict[str, int] = {}
    for word in re.findall(r"\w+", path.read_text()):
        found[word] = found.get(word, 0) + 1
    return found


@functools.cache
def _imported(path: Path) -> frozenset[str]:
    """The words of a file's imports."""
    lines = re.findall(r"^ *(?:from|import) (?:[^(\n]*\([^)]*\)|.*)", path.read_text(), re.MULTILINE)
    return frozenset(word for line in lines for word in re.findall(r"\w+", line))


@functools.cache
def _defined(path: Path) -> frozenset[str]:
    """The names that a source publishes, and those of the methods of its classes that no other class has to have."""
    nodes = ast.parse(path.read_text()).body
    nodes += [each for node in nodes if isinstance(node, ast.ClassDef) for each in node.body]
    kinds = (ast.FunctionDef, ast.ClassDef)
    names = {node.name for node in nodes if isinstance(node, kinds) and not node.name.startswith("_")}
    return frozenset(names - {"draw", "lower", "limits", "open", "move", "close", "cut", "join", "back", "run"})


@functools.cache
def _files(root: Path, pattern: str) -> tuple[Path, ...]:
    return tuple(sorted(root.glob(pattern)))


def near(root: Path, source: str, most: int = 8) -> list[str]:
    """Names of files of tests, the nearest first.

    A file counts for how often it names what the source and those that import it define, less for a name that many
    files have, and less if the file is long.  A test that imports the source itself comes first, as does one that is
    named as it is."""
    path = root / source
    others = {*COMMON, "test_fuzz", "test_mutants"} - {f"test_{path.stem.strip('_')}"}
    tests = [
        test
        for test in _files(root, "tests/*/test_*.py")
        if test.stem not in others or (path.stem in _imported(test) and len(path.stem.strip("_")) > 5)
    ]
    everything = (*_files(root, "imgproc/**/*.py"), *_files(root, "augment/**/*.py"))
    users = [other for other in everything if path.stem in _imported(other) and other.name != "__init__.py"]
    if not users:  # it is imported by the name of its package
        users = [other for other in everything if _defined(path) & _imported(other) and other.name != "__init__.py"]
    weights = dict.fromkeys(_defined(path), 2.0)
    weights[path.stem.strip("_")] = 2.0
    for other in users[:12]:
        weights = {**dict.fromkeys(_defined(other), 1.0), **weights}
    scores: dict[Path, float] = {}
    for name, weight in weights.items():
        holding = [test for test in tests if name in _words(test)]
        for test in holding:
            scores[test] = scores.get(test, 0.0) + weight * min(_words(test)[name], 5) / len(holding) ** 1.5
    for test in tests:
        if test in scores:
            scores[test] /= sum(_words(test).values()) ** 0.3
        if path.stem in _imported(test):
            scores[test] = scores.get(test, 0.0) + 1.0
        if path.stem.strip("_") in test.stem.split("_")[1:]:
            scores[test] = scores.get(test, 0.0) + 1.0
    package = ".".join(path.relative_to(root).parts[:-1])
    for helper in _files(root, "tests/helpers/*.py"):
        if package.count(".") >= 2 and package in helper.read_text():  # tests reach what is private through it
            users_of_it = [test for test in tests if f"helpers.{helper.stem}" in test.read_text()]
            for test in users_of_it:
                scores[test] = scores.get(test, 0.0) + 3.0 / len(users_of_it)
    best = sorted(scores, key=lambda test: -scores[test])[:most]
    if not best and users:  # it publishes nothing: what is near to the one that imports it
        return near(root, users[0].relative_to(root).as_posix(), most)
    return [test.relative_to(root).as_posix() for test in best]


@functools.cache
def _published(path: Path) -> frozenset[str]:
    """The names in a source's ``__all__``."""
    found = re.search(r"^__all__ = \[([^\]]*)\]", path.read_text(), re.MULTILINE)
    return frozenset(re.findall(r"\w+", found[1])) if found else frozenset()


def served(root: Path, source: str, most: int = 12) -> list[str]:
    """Public names that a source serves, by way of what imports it; the nearest only, and about ``most`` of them."""
    everything = (*_files(root, "imgproc/**/*.py"), *_files(root, "augment/**/*.py"))
    reached, ring, names = {root / source}, [root / source], dict[str, None]()
    while ring:
        for path in ring:
            names.update(dict.fromkeys(sorted(_published(path))))
        if len(names) >= most:
            break
        stems = {path.stem for path in ring}
        ring = [
            other
            for other in everything
            if other not in reached and other.name != "__init__.py" and stems & _imported(other)
        ]
        reached.update(ring)
    return list(names)[:most]
