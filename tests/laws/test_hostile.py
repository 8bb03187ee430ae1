"""What nobody means, for each argument of each public name by itself: it works, or is refused by name; nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from random import Random

import pytest

import augment
import imgproc
from tests.fuzz.calls import Call, Subject, subjects
from tests.fuzz.judge import judged

HOSTILE = ("10**400", "2**63", "np.array(1.0)", "[1]", "object()", "(10**400, 0.5)", "np.zeros((0, 4, 3))")
SUBJECTS = {subject.name: subject for subject in subjects() if subject.name != "augment.Compose"}


def _plain(subject: Subject) -> Call | None:
    """A call that works."""
    for k in range(60):
        call = subject.draw(Random(k))
        verdict = judged(call)
        if not verdict.kind and not verdict.raised:
            return call
    return None


def _changed(call: Call) -> Iterator[tuple[str, Call]]:
    library, _, name = call.subject.partition(".")
    kind = getattr(imgproc if library == "imgproc" else augment, name)
    for group in call.groups:
        own = group not in ("targets", "options", "data", "call") or f"{name}(**{group})" in call.form
        for argument in {*call.groups[group], *(inspect.signature(kind).parameters if own else ())}:
            if argument in ("args", "kwargs", "image", "transforms", "key", "donors", "references"):
                continue
            for value in HOSTILE:
                yield f"{argument}={value}", call.with_argument(group, argument, value)


@pytest.mark.parametrize("name", SUBJECTS)
def test_hostile_arguments_are_refused_by_name(name: str) -> None:
    call = _plain(SUBJECTS[name])
    assert call is not None, "the fuzzer draws no call of it that works"
    for said, changed in _changed(call):
        verdict = judged(changed)
        assert not verdict.kind, (said, verdict, changed.script())
