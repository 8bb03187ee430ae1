"""The rows of the speed table: what they are measured on, what is said beside them, what the documentation shows."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from helpers.declarations import Case, Peer, levels_unless_drawn, readme

from gallery import speed
from gallery.speed import cases as speed_cases
from gallery.speed import chain_rows as speed_rows
from gallery.speed import chains as speed_chains
from gallery.speed import documents as speed_documents
from gallery.speed import measure, processes
from gallery.speed import run as speed_run
from gallery.speed import tables as speed_report

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "speed.json"


def duel(case="a case", relative=1.0, **more):
    """A row as it was measured."""
    made = speed_run.Duel(
        case, "what", "grey", 512, "a peer", "", 5, 2e-3, (1e-3, 3e-3), 1.0, 2e-3, (1e-3, 3e-3), relative, None, 0.0,
        "levels", 0.0,
    )  # fmt: skip
    return dataclasses.replace(made, **more)


def test_the_situations_that_users_meet_have_rows():
    rows = speed_rows.ROWS
    assert {row.kind for row in rows} >= {"RGB", "grey", "RGBA", "RGB float", "grey float", "RGB 16-bit"}
    assert {row.size for row in rows} >= {(64, 64), (224, 224), (512, 512), (1080, 1920), (4096, 4096)}
    assert {row.targets for row in rows} >= {"boxes", "mask and 100 of each", "50 small masks", "50 full masks"}
    assert all(row.full for row in rows if row.size[0] > 2000), "the usual run must stay short"
    assert sum(row.shapes == 400 for row in rows) >= 2


def test_every_picture_of_a_row_with_changing_shapes_has_its_own():
    found = speed_cases.shapes("RGB", 50, (48, 60))
    assert len({image.shape for image in found}) == len(found) == 50
    assert all(image.flags.c_contiguous and image.shape[2] == 3 for image in found)
    for case in speed_chains.chain_cases():
        if "400 small" in case.name:
            assert len(case.images()) == 400


@pytest.mark.parametrize(
    ("kind", "size"), [("RGB", 64), ("grey", 512), ("RGBA", (40, 60)), ("RGB 16-bit", 64), ("grey float", 600)]
)
def test_photos_take_turns_and_are_more_than_a_cache_holds(kind, size):
    found = speed_cases.photos(kind, size)
    assert len(found) >= 12 and len({image.tobytes() for image in found}) == len(found)
    assert found[0] is speed_cases.photo(kind, size)
    assert len({(image.shape, image.dtype) for image in found}) == 1
    assert sum(image.nbytes for image in found) > 3 << 20


def test_large_photos_share_rows_and_differ_all_the_same():
    found = speed_cases.photos("RGB", (1100, 1400))
    assert len(found) == 12 and all(image.flags.c_contiguous for image in found)
    assert not any(np.array_equal(found[0], image) for image in found[1:])


def test_each_call_gets_the_next_image():
    seen = []
    turns = speed_run.Turns(seen.append, [1, 2, 3])
    for _ in range(5):
        turns()
    assert seen == [1, 2, 3, 1, 2]
    turns.warm()
    assert len(seen) == 5 + speed_run.WARM_CALLS
    turns()
    assert seen[-1] == 1


def test_what_calls_opencv_on_both_sides_is_said():
    import cv2

    image = speed_cases.photo("grey", 64)
    assert measure.calls_of_opencv(lambda: cv2.blur(image, (3, 3)) + cv2.flip(image, 1)) == {"blur", "flip"}
    assert measure.calls_of_opencv(lambda: image + 1) == set()
    assert type(cv2.blur).__name__.startswith("builtin"), "put back"
    told = duel(opencv=("blur",), our_error=(0.5, 0.2), their_error=(1.5, 0.6), note="a note")
    assert speed_report.notes(told) == (
        "both sides call OpenCV (blur); from float64: ours 0.5 (rms 0.2), theirs 1.5 (rms 0.6); a note"
    )


def test_errors_stand_where_results_differ_and_what_is_drawn_is_not_compared(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    drawn = Peer(lambda x: x, difference=levels_unless_drawn)
    monkeypatch.setattr(
        speed,
        "CASES",
        (
            Case("rounds", "", "grey", lambda x: x, {"peer": Peer(lambda x: x + 1.0)}, reference=lambda x: x + 0.25),
            Case("equal", "", "grey", lambda x: x, {"peer": Peer(lambda x: x)}, reference=lambda x: x, default=True),
            Case("drawn", "", "grey", lambda x: x + rng.random(), {"peer": drawn}),
            Case("not drawn", "", "grey", lambda x: {"image": x}, {"peer": drawn}),
        ),
    )
    figures = tmp_path / "s.json"
    common = ["--size", "64", "--seconds", "0.01", "--no-first-call", "--out", str(tmp_path)]
    assert speed.main([*common, "--json", str(figures)]) == 0
    rounds, equal, other, same = json.loads(figures.read_text())["duels"]
    assert rounds["our_error"] == [0.25, 0.25] and rounds["their_error"] == [0.75, 0.75] and not rounds["default"]
    assert equal["our_error"] is None and equal["difference"] == 0 and equal["default"]
    assert other["difference"] is None
    assert same["difference"] == 0


def test_two_processes_do_more_than_nothing():
    control = processes.two_processes(lambda: sum(range(1000)), 0.1)
    assert control is None or 0.2 < control < 20  # how much, the machine says


def report_of(*duels):
    report = speed_run.Report("today", "machine", 2, 0.0, 1.0)
    report.duels += duels
    return report


def test_the_readme_shows_ten_rows_and_losses_among_them():
    relatives = [0.5] * 20 + [1.02, 3.0, 2.0, 1.5, 1.2]
    report = report_of(*(duel(f"case {k}", relative) for k, relative in enumerate(relatives)))
    assert [d.case for d in speed_documents.losses(report)] == ["case 21", "case 22", "case 23", "case 24"]
    rows = speed_documents.ten(report)
    assert len(rows) == len({d.case for d in rows}) == 10
    assert {"case 21", "case 22", "case 23"} <= {d.case for d in rows}
    text = speed_documents.readme_part(report)
    assert text.count("\n| case ") == 11 and "25 rows, 4 of which are lost" in text


def test_the_page_says_what_is_lost_and_what_has_no_row():
    report = report_of(duel("chain, a", 0.25, default=True), duel("slow", 3.0, difference=None, note="does more"))
    report.reasons["too small to measure"] = ["this", "that"]
    report.duels += [duel("less", 4.0, default=True), duel("less, wide", 0.5), duel("less, far", 0.8)]
    text = speed_documents.page(report)
    assert "* `less` beside a peer: 0.25×; with matched options 1.25× to 2.00×; same result?" in text
    assert "* `slow` beside a peer: 0.33×; same result? not compared; does more" in text
    assert "* Chains, default: 1 rows, median 4×, worst 4×, 0 lost" in text
    assert "* too small to measure: `this`, `that`" in text
    assert "| slow | matched | 512² grey |" in text and "| chain, a | default | 512² grey |" in text


def test_what_the_documentation_shows_are_the_figures_that_are_kept(tmp_path):
    report = report_of(duel("one", 0.5, opencv=("blur",)), duel("two", 2.0, size=(3, 4), our_error=(1.0, 0.5)))
    report.threads.append(speed_run.Threads("one", "grey", 512, 2.0, 1.0, 1.69, None))
    plain = json.loads(json.dumps(report.as_json()))
    again = speed_run.Report.from_json(plain)
    assert again.duels == report.duels and again.threads == report.threads
    assert speed_documents.page(again) == speed_documents.page(report)


@pytest.mark.skipif(not FIGURES.is_file(), reason="figures were not published yet: python -m gallery speed --publish")
def test_readme_and_page_show_the_figures_that_were_published():
    report = speed_run.Report.from_json(json.loads(FIGURES.read_text(encoding="utf-8")))
    anew = "write them anew: python -m gallery speed --from docs/speed.json --docs docs/speed.md --readme README.md"
    assert (ROOT / "docs/speed.md").read_text(encoding="utf-8") == speed_documents.page(report), anew
    _, shown, _ = readme.split(ROOT / "README.md", speed_documents.PART)
    assert shown.strip() == speed_documents.readme_part(report).strip(), anew


def test_one_command_writes_all_that_is_published(monkeypatch, tmp_path):
    peer = Peer(lambda x: x.copy(), tolerance=0, note="a note | of two parts")
    monkeypatch.setattr(speed, "CASES", (Case("a case", "what", "grey", lambda x: x.copy(), {"peer": peer}, size=64),))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    begin, end = readme.markers(speed_documents.PART)
    (tmp_path / "README.md").write_text(f"{begin}\n{end}\n")
    assert speed.main(["--publish", "--seconds", "0.01", "--out", str(tmp_path / "out")]) == 0
    kept = json.loads((tmp_path / "docs" / "speed.json").read_text())
    assert [row["case"] for row in kept["duels"]] == ["a case"] and kept["reasons"]
    for file in ("README.md", "docs/speed.md"):
        assert "| a case | matched | 64² grey |" in (tmp_path / file).read_text()
        assert r"a note \| of two parts" in (tmp_path / file).read_text()
    assert "## Without a row" in (tmp_path / "docs" / "speed.md").read_text()


def test_figures_of_another_version_are_refused(tmp_path, capsys):
    (tmp_path / "old.json").write_text('{"duels": []}')
    with pytest.raises(SystemExit):
        speed.main(["--from", str(tmp_path / "old.json")])
    assert "no figures of this version" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        speed.main(["clahe", "--publish"])
    assert "--publish measures all rows" in capsys.readouterr().err
