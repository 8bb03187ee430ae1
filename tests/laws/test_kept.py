"""From version to version a call gives what it gave: a change is meant, or it is a fault.

After a change that is meant, ``python tests/helpers/kept.py`` writes the prints anew, and CHANGELOG says what changed.
"""

from __future__ import annotations

import pytest
from helpers.kept import KINDS, kept, same

CASES = [(kind, name) for kind, (_, names) in KINDS.items() for name in names()]


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{name}-{kind}" for kind, name in CASES])
def test_it_is_as_it_was(kind: str, name: str) -> None:
    before = kept(kind)
    if name not in before:
        pytest.fail("it is new: run python tests/helpers/kept.py")
    found = KINDS[kind][0](name)
    changed = [case for case in {**before[name], **found} if not same(found.get(case), before[name].get(case))]
    assert not changed, {case: (before[name].get(case), found.get(case)) for case in changed[:3]}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_kept_of_what_is_gone(kind: str) -> None:
    assert set(kept(kind)) == set(KINDS[kind][1]())
