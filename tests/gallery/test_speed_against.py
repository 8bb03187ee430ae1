"""``--against``: what is compared, what counts as a change, and a run with a tiny selection."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import imgproc
from gallery import speed
from gallery.speed import against

ROOT = Path(imgproc.__file__).parents[1]


def rows(**relatives):
    """The rows of a run: ours takes so much of the peer's time."""
    return {
        (name, "64² grey", "cv2"): {"ours": r * 1e-3, "theirs": 1e-3, "relative": r} for name, r in relatives.items()
    }


def test_a_change_is_more_than_the_noise_of_the_runs():
    old = [rows(faster=1.0, slower=1.0, noisy=1.0), rows(faster=1.1, slower=1.1, noisy=2.0)]
    new = [rows(faster=0.5, slower=2.0, noisy=1.5), rows(faster=0.6, slower=1.9, noisy=1.6)]
    changes, alone = against.compared(old, new)
    found = {change.case: change for change in changes}
    assert alone == []
    assert [name for name, change in found.items() if change.changed] == ["faster", "slower"]
    assert found["faster"].speed == pytest.approx(1.05 / 0.55)
    assert (found["faster"].low, found["faster"].high) == (pytest.approx(1.0 / 0.6), pytest.approx(1.1 / 0.5))
    assert found["noisy"].low < 1 < found["noisy"].high
    assert [name for name, change in found.items() if against.fallen(change, 0.95)] == ["slower"]
    assert not against.fallen(found["slower"], 0.5)
    text = against.as_text(changes, ["gone, 64² grey, cv2"], 0.95)
    assert "2 of 3 rows changed by more than the noise" in text and "1 below 0.95" in text
    assert text.index("slower") < text.index("faster"), "the worst first"
    assert "noisy" not in text and "gone, 64² grey, cv2" in text


def test_rows_that_only_one_has_are_named_and_not_compared():
    changes, alone = against.compared([rows(a=1.0, b=1.0)], [rows(a=1.0, c=1.0)])
    assert [change.case for change in changes] == ["a"]
    assert alone == ["b, 64² grey, cv2", "c, 64² grey, cv2"]
    other = {key: {**row, "note": "the peer is called otherwise now"} for key, row in rows(a=1.0).items()}
    assert against.compared([rows(a=1.0)], [other]) == ([], ["a, 64² grey, cv2"])


@pytest.mark.parametrize("fallen", [False, True])
def test_the_exit_status_says_whether_a_row_fell(monkeypatch, capsys, fallen):
    runs = []

    def measured(folder, name, args):
        runs.append(name)
        return rows(a=2.0 if fallen and name == "new" else 1.0)

    monkeypatch.setattr(against, "_measured", measured)
    assert speed.main(["a", "--against", str(ROOT), "--rounds", "3"]) == int(fallen)
    assert sorted(runs[:2]) == sorted(runs[2:4]) == sorted(runs[4:]) and runs[0] != runs[2], "they take turns"
    assert ("BELOW THE LIMIT" in capsys.readouterr().out) == fallen


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against", "no-such-commit-anywhere"], "no-such-commit-anywhere"),
        (["--against", "tests"], "must be a checkout of this library"),
        (["--against", ".", "--rounds", "1"], "one run says nothing of the noise"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments, message, capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as error:
        speed.main(["clahe", *arguments])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.skipif(
    shutil.which("git") is None
    or subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True).returncode != 0,
    reason="a commit to compare with needs git and a repository",
)
def test_a_commit_is_checked_out_measured_in_turns_and_removed(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(against, "cache_folder", lambda: tmp_path)
    arguments = ["gradient", "--size", "64", "--seconds", "0.02", "--rounds", "2", "--limit", "0.0001"]
    assert speed.main([*arguments, "--against", "HEAD"]) == 0
    text = capsys.readouterr()
    assert "1 rows changed by more than the noise" in text.out or "0 of 1 rows changed" in text.out
    assert text.err.count("run ") == 4
    listed = subprocess.run(["git", "-C", str(ROOT), "worktree", "list"], capture_output=True, text=True, check=True)
    assert "imgproc-speed-" not in listed.stdout
    assert list(tmp_path.rglob("speed-against/HEAD")), "the other one's kernels are kept"
