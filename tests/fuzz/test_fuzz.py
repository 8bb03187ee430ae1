"""A short part of the fuzzing, each public name once for each seed; and tests that the judge sees what is wrong."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from . import __main__ as command
from . import judge
from .calls import Call, draw, namespace, subjects

STATE = np.zeros(1)


def options(seed: int, count: int) -> argparse.Namespace:
    return argparse.Namespace(seed=seed, count=count, workers=1, only="", until=float("inf"))


@pytest.mark.parametrize("seed", range(4))
def test_each_name_once(seed: int, tmp_path: Path) -> None:
    given = options(seed, len(subjects()))
    made, refused, findings = command.run(given)
    assert not findings, command.report(tmp_path, made, refused, findings, given)
    assert made == len(subjects())
    # Of a quarter of a million calls 46 % are refused; a few hundred scatter by three of a hundred.
    assert refused < 0.6 * made, "most calls shall get past the checks"


def test_a_number_is_the_same_call_everywhere(run_python: Callable[..., str]) -> None:
    code = "from tests.fuzz.calls import draw\nprint([draw(n, 5).script() for n in range(300)])"
    assert run_python(code, PYTHONHASHSEED="3") == repr([draw(n, 5).script() for n in range(300)])


def test_arguments_can_be_made() -> None:
    failed = 0
    for number in range(3 * len(subjects())):
        call = draw(number, 1)
        try:
            call.evaluated(namespace())
        except Exception:
            failed += call.subject != "augment.Compose"  # whose arguments are transforms, which may refuse theirs
    assert failed < 10


def _changes(image: np.ndarray) -> np.ndarray:
    image[...] = 0
    return image.copy()


def _raises_foreign(image: np.ndarray) -> np.ndarray:
    raise IndexError("list index out of range")


def _raises_unnamed(image: np.ndarray) -> np.ndarray:
    raise ValueError("operands could not be broadcast together")


def _counts(image: np.ndarray) -> np.ndarray:
    STATE[0] += 1
    return image + STATE[0]


def _reads_layout(image: np.ndarray) -> np.ndarray:
    return np.full(3, image.strides[0])


def _warns(image: np.ndarray) -> np.ndarray:
    warnings.warn("overflow encountered", RuntimeWarning, stacklevel=1)
    return image.copy()


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda image: image * 2, ""),
        (_changes, "input changed"),
        (_raises_foreign, "raised IndexError"),
        (_raises_unnamed, "error names no argument"),
        (lambda image: image[:1], "aliased"),
        (lambda image: image * np.nan, "not finite"),
        (_counts, "not the same twice"),
        (_reads_layout, "not the same twice"),
        (_warns, "warning"),
    ],
)
def test_the_judge_sees(function: Any, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {**namespace(), "broken": function}
    monkeypatch.setattr(judge, "namespace", lambda: names)
    image = "picture('noise', (5, 7), 'float32', 'strided')"
    assert judge.judged(Call("imgproc.box_blur", "broken(**call)", {"call": {"image": image}})).kind == kind


DYING = """
import json, os, sys, time
given = dict(each[2:].split("=") for each in sys.argv[1:])
for number in range(int(given["first"]), int(given["last"])):
    open(given["journal"], "w").write(str(number))
    if number == 2:
        os.kill(os.getpid(), 11)
    if number == 4:
        time.sleep(60)
print(json.dumps({"made": int(given["last"]) - int(given["first"]), "refused": 0}))
"""


def test_a_worker_that_dies_or_hangs_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dying_worker.py").write_text(DYING)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "MODULE", "dying_worker")
    monkeypatch.setattr(command, "HANGS", 1.0)
    made, _, findings = command.run(options(0, 7))
    assert [(each.number, each.kind) for each in findings] == [(2, "crash -11"), (4, "hang")]
    assert made == 7
