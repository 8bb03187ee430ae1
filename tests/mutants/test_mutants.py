"""The changes that mutants are made of."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from .__main__ import ROOT, fails
from .change import WITHOUT, changes, sample, sources
from .near import near, served

SOURCE = '''
"""A module of 3 words."""

LIMIT = 2.5


def é(a: int = 1, b: bool = True) -> bool:
    """Give 7."""
    check(a)
    if not b and a < LIMIT:
        raise ValueError(f"a must be {1 + 1}")
    return np.rint(a) + min(a, 3) == 0


def _rows():
    return [1.5]


declare(é, peers=_rows)
'''


def test_changes_of_a_source() -> None:
    found = {(each.line, each.before, each.after) for each in changes("x.py", SOURCE)}
    assert found == {
        (4, "2.5", "5.0"),
        (7, "1", "2"),
        (7, "True", "False"),
        (9, "check(a)", "pass"),
        (10, "not b", "(b)"),
        (10, "and", "or"),
        (10, "<", "<="),
        (12, "np.rint(a)", "(a)"),
        (12, "+", "-"),
        (12, "min", "max"),
        (12, "3", "4"),
        (12, "==", "!="),
        (12, "0", "1"),
    }


def test_a_sample_is_valid_and_the_same_for_a_seed() -> None:
    found = sample(ROOT, 30, seed=4)
    assert found == sample(ROOT, 30, seed=4) != sample(ROOT, 30, seed=5)
    for change in found:
        text = (ROOT / change.file).read_text()
        assert ast.dump(ast.parse(change.apply(text))) != ast.dump(ast.parse(text)), change


def test_every_source_has_tests_near_it() -> None:
    for source in sources(ROOT):
        assert near(ROOT, source), source
    assert "tests/imgproc/test_edges.py" in near(ROOT, "imgproc/edges/_canny.py")[:2]
    assert "tests/augment/test_anchors.py" in near(ROOT, "augment/anchors/_kmeans.py")[:2]
    assert "tests/augment/test_recorded_groups.py" in near(ROOT, "augment/_chain/compiled/filters.py")
    assert all(any(part in path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py")) for part in WITHOUT)


def test_laws_are_asked_for_the_names_that_a_source_serves() -> None:
    assert served(ROOT, "imgproc/edges/_canny.py")[0] == "canny"
    assert "median_blur" in served(ROOT, "imgproc/smooth/_median.py")
    assert served(ROOT, "imgproc/_core/border.py")


@pytest.mark.parametrize(("body", "said"), [("assert True", ""), ("assert False", "FAILED test_x.py::test_it")])
def test_failures_are_named(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / "test_x.py").write_text(f"def test_it():\n    {body}\n")
    assert fails(tmp_path, ["test_x.py"], 60) == said
