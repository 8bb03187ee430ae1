"""Tasks of a cluster: a block whose image ends every process is given up, and names of folders are whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers.sheets import opened
from helpers.stores import MOST_TRIES, LocalStore, absolute, count_try, journal_name, line_of

import augment
import imgproc
from augment.pipeline import RunError


def test_tries_are_counted_while_nothing_is_made(tmp_path: Path) -> None:
    store, note = LocalStore(str(tmp_path)), ".augment/tries/000003.json"
    for made in range(3):
        for _ in range(MOST_TRIES):
            count_try(store, note, 3)
        store.append(journal_name(3), line_of({"n": made}))  # one more image: it begins anew
    for _ in range(MOST_TRIES):
        count_try(store, note, 3)
    with pytest.raises(RunError, match="block 3 end again and again"):
        count_try(store, note, 3)
    store.put([(note, b"no JSON")])
    count_try(store, note, 3)


def test_folders_have_whole_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in" / "cat").mkdir(parents=True)
    imgproc.write_image(tmp_path / "in" / "cat" / "a.png", np.zeros((4, 4), np.uint8))
    monkeypatch.chdir(tmp_path)
    spec = opened(augment.Compose([]), Path("in")).spec
    assert (spec.input, spec.output) == ("in", "out")
    made = absolute(spec)
    assert (made.input, made.output) == (str(tmp_path / "in"), str(tmp_path / "out"))
    assert absolute(made) == made
