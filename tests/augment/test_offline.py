"""Offline runs: plans, shards, workers, ends in the middle, and what is refused."""

from __future__ import annotations

import collections
import dataclasses
import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.offline import CHAIN, make_set, names_of, photo, plan_of, prints, store

import augment
import imgproc
from augment.pipeline import OfflineReport, RunError, augment_folder, regenerate

ROOT = Path(imgproc.__file__).parents[1]


def _unequal(root: Path, counts: dict[str, int]) -> Path:
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for k in range(count):
            imgproc.write_image(root / name / f"{k}.png", photo(k, (10, 12)))
    return root


# --- plans ------------------------------------------------------------------------------------------------------------


def test_classes_are_raised_to_the_largest_as_the_plan_says(tmp_path: Path) -> None:
    counts = {"a": 100, "b": 60, "c": 40, "d": 10, "e": 5}
    given = _unequal(tmp_path / "in", counts)
    mix = augment.Compose([augment.HorizontalFlip(), augment.MixUp(p=1)])
    dry = augment_folder(mix, given, tmp_path / "out", per_class="max", dry_run=True)
    assert not (tmp_path / "out").exists()
    assert dry.classes == {name: (count, 100) for name, count in counts.items()}
    assert (dry.planned, dry.originals) == (500, 215)
    assert min(dry.cost[name] for name in ("decode", "chain", "encode", "bytes_in", "bytes_out")) > 0
    report = augment_folder(mix, given, tmp_path / "out", per_class="max", workers=2)
    lies = {folder.name: len(list(folder.iterdir())) for folder in (tmp_path / "out").iterdir() if folder.is_dir()}
    lies.pop(".augment")
    assert lies == {name: after for name, (_, after) in dry.classes.items()} == report.made
    used = collections.Counter(int(file.name.split("_")[0]) for file in (tmp_path / "out/e").glob("*_aug*"))
    assert max(used.values()) - min(used.values()) <= 1  # all sources of a class in turn


def test_a_number_for_each_class_of_objects(tmp_path: Path) -> None:
    labels = augment.read_labels(make_set("detect", tmp_path / "in", 9))
    had = collections.Counter(each.label for image in labels.images for each in image.annotations)
    assert had == {0: 9, 1: 8}
    for goal, found in ((30, (31, 30)), (5, (9, 8))):
        rows = plan_of(labels, per_class=goal).counts().values()
        assert tuple(kept + new for _, kept, new in rows) == found
    alone = plan_of(labels, per_class=20, keep_originals=False)
    assert alone.counts()["dog"][1:] == (0, 20)


def test_a_number_of_images_in_all(tmp_path: Path) -> None:
    labels = augment.read_labels(make_set("folders", tmp_path / "in"))
    plan = plan_of(labels, target_total=20)
    assert len(plan) == 20
    assert set(np.bincount(plan.sources)) <= {3, 4}
    with pytest.raises(ValueError, match="target_total must be at least 6"):
        plan_of(labels, target_total=5)


def test_training_images_are_augmented_and_others_kept(tmp_path: Path) -> None:
    for part, count in (("train", 3), ("val", 2)):
        _unequal(tmp_path / "in" / part, {"a": count, "b": count})
    flip = augment.Compose([augment.HorizontalFlip(p=1), augment.MixUp(p=1)])
    report = augment_folder(flip, tmp_path / "in", tmp_path / "out", keep_originals=True, workers=1)
    assert (report.planned, report.originals) == (16, 10)
    assert not list((tmp_path / "out/val").rglob("*_aug*"))
    for row in _rows(tmp_path / "out"):
        assert all(name.startswith("train/") for name in row.get("donors", ()))
    only = plan_of(augment.read_labels(tmp_path / "in"), split="validation")
    assert len(only) == 4
    with pytest.raises(ValueError, match="split must be one that the data set has, got 'dev'"):
        augment_folder(flip, tmp_path / "in", tmp_path / "out2", split="dev")


def _rows(output: Path) -> list[dict[str, Any]]:
    files = sorted((output / ".augment/blocks").iterdir())
    return [row for file in files for row in map(json.loads, file.read_text().splitlines()) if "done" not in row]


def test_names_meet_on_no_disk() -> None:
    given = [
        "a.jpg",
        "A.jpg",
        "a.png",
        "b.jpg",
        "b_aug1.jpg",
        "x/é.png",
        "x/e\u0301.png",
        "y" * 250 + ".png",
        "#% 😀.jpg",
    ]
    stems = names_of.stems_of(given)
    assert stems == names_of.stems_of(given)
    every = [names_of.name_of(stem, copy, "") for stem in stems for copy in range(3)]
    assert len({names_of.folded(name) for name in every}) == len(every)
    assert stems[1] == "A"
    assert stems[8] == "#% 😀"
    assert max(len(name.encode()) for name in every) < 230
    assert names_of.stems_of(["a.jpg"]) == ["a"]


def test_keys_and_copies_do_not_depend_on_other_files(tmp_path: Path) -> None:
    given = _unequal(tmp_path / "in", {"a": 3})
    augment_folder(CHAIN, given, tmp_path / "one", copies=2, workers=1)
    imgproc.write_image(given / "a" / "00.png", photo(9, (10, 12)))
    augment_folder(CHAIN, given, tmp_path / "two", copies=2, workers=1)
    one, two = prints(tmp_path / "one"), prints(tmp_path / "two")
    images = [name for name in one if name.startswith("a/")]
    assert len(images) == 6
    assert all(one[name] == two[name] for name in images)


# --- shards, workers, resume ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["detect", "webdataset"])
def test_shards_and_workers_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    given = make_set(name, tmp_path / "in", 9)
    before = prints(tmp_path / "in")
    whole = augment_folder(CHAIN, given, tmp_path / "whole", copies=4, keep_originals=True, workers=1)
    assert whole.complete
    parts = [
        augment_folder(CHAIN, given, tmp_path / "parts", copies=4, keep_originals=True, shard=f"{i}/3", workers=1 + i)
        for i in (2, 0, 1)
    ]
    assert [part.complete for part in parts] == [False, False, True]
    assert sum(part.written for part in parts) == whole.written == 45
    assert prints(tmp_path / "parts") == prints(tmp_path / "whole")
    assert prints(tmp_path / "in") == before
    again = augment_folder(CHAIN, given, tmp_path / "parts", copies=4, keep_originals=True, workers=2)
    assert (again.resumed, again.bytes) == (45, 0)
    assert prints(tmp_path / "parts") == prints(tmp_path / "whole")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes that it forks")
def test_runs_that_are_killed_come_to_the_same_end() -> None:
    script = ROOT / "tests/helpers/killed.py"
    if not script.exists():
        pytest.skip("needs the sources")
    done = subprocess.run([sys.executable, script, "--kills", "20", "--sets", "detect,folders"], capture_output=True,
                          text=True, timeout=280)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert "equal to those of runs that were left alone" in done.stdout


def test_a_torn_line_and_a_lost_image_are_made_again(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    augment_folder(CHAIN, given, tmp_path / "out", copies=3, workers=1)
    wanted = prints(tmp_path / "out")
    journal = tmp_path / "out/.augment/blocks/000001.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) == 2
    journal.write_bytes(lines[0][: len(lines[0]) // 2])
    (tmp_path / "out/images/train/p0_aug1.png").unlink()
    (tmp_path / "out/manifest.jsonl").unlink(missing_ok=True)
    report = augment_folder(CHAIN, given, tmp_path / "out", copies=3, workers=1)
    assert report.resumed == 7
    assert prints(tmp_path / "out") == wanted


def test_another_run_at_the_same_output_is_refused(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    augment_folder(CHAIN, given, tmp_path / "out", workers=1)
    wanted = prints(tmp_path / "out")
    for change, said in (
        ({"copies": 2}, "differs in copies:"),
        ({"seed": 9}, "differs in seed"),
        ({"quality": 50, "image_format": "jpg"}, "image_format, quality"),
    ):
        with pytest.raises(ValueError, match=said):
            augment_folder(CHAIN, given, tmp_path / "out", workers=1, **change)
    with pytest.raises(ValueError, match="differs in recipe"):
        augment_folder(dataclasses.replace(CHAIN, transforms=CHAIN.transforms[:1]), given, tmp_path / "out", workers=1)
    with open(given / "labels/train/p0.txt", "a") as file:
        file.write("0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(ValueError, match=r"differs in input \(labels\)"):
        augment_folder(CHAIN, given, tmp_path / "out", workers=1)
    assert prints(tmp_path / "out") == wanted
    (tmp_path / "out/images/mine.txt").write_text("kept")
    report = augment_folder(CHAIN, given, tmp_path / "out", copies=2, workers=1, overwrite=True)
    assert report.written == 6
    assert (tmp_path / "out/images/mine.txt").read_text() == "kept"


def test_outputs_that_are_refused(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    for output in (given, given / "out", tmp_path):
        with pytest.raises(ValueError, match="output must be a folder apart from the input"):
            augment_folder(CHAIN, given, output, workers=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/x").write_text("x")
    with pytest.raises(ValueError, match="with files of others"):
        augment_folder(CHAIN, given, tmp_path / "other", workers=1, overwrite=True)
    with pytest.raises(ValueError, match="output must be a folder"):
        augment_folder(CHAIN, given, tmp_path / "other/x", workers=1)


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"copies": 2, "per_class": 3}, ValueError, "only one of copies, per_class and target_total"),
        ({"copies": -1}, ValueError, "copies"),
        ({"copies": 0}, ValueError, "nothing to do"),
        ({"per_class": "most"}, ValueError, "per_class must be a whole number or 'max', got 'most'"),
        ({"shard": "3/3"}, ValueError, "shard must be i/n"),
        ({"shard": 1}, TypeError, "shard must be 'i/n'"),
        ({"image_format": "gif"}, ValueError, "image_format"),
        ({"quality": 0}, ValueError, "quality"),
        ({"workers": 0}, ValueError, "workers"),
        ({"output_format": "recipe", "keep_originals": True}, ValueError, "keep_originals"),
        ({"output_format": "voc"}, ValueError, "must be boxes, polygons or keypoints"),
        ({"recipe": augment.Compose([augment.Normalize()])}, ValueError, "files hold, uint8 or uint16, got float32"),
        ({"recipe": 5}, TypeError, "recipe must be a chain"),
        ({"recipe": "x.txt"}, ValueError, "ends in .json"),
        ({"input": 5}, TypeError, "input"),
    ],
)
def test_arguments_that_are_refused(wrong: dict[str, Any], error: type[Exception], said: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"recipe": CHAIN, "input": make_set("folders", tmp_path / "in"), "output": tmp_path / "out"}
    with pytest.raises(error, match=said):
        augment_folder(**(given | wrong))
    assert not (tmp_path / "out").exists()


# --- disks ------------------------------------------------------------------------------------------------------------


class _Full:
    """A file system that is full after some bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, left: int) -> None:
        self.left, self._write = left, store._write_all
        monkeypatch.setattr(store, "_write_all", self.write)

    def write(self, file: Any, data: bytes) -> None:
        if len(data) > self.left:
            self._write(file, data[: self.left])
            self.left = 0
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.left -= len(data)
        self._write(file, data)


@pytest.mark.parametrize("left", [500, 9_000, 20_000, 36_000])
def test_a_full_disk_ends_the_run_which_goes_on_later(
    left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = make_set("detect", tmp_path / "in")
    augment_folder(CHAIN, given, tmp_path / "alone", copies=5, workers=1)
    full = _Full(monkeypatch, left)
    with pytest.raises(OSError, match="No space left") as caught:
        augment_folder(CHAIN, given, tmp_path / "out", copies=5, workers=1)
    assert caught.value.errno == errno.ENOSPC
    full.left = 10**9
    report = augment_folder(CHAIN, given, tmp_path / "out", copies=5, workers=1)
    assert (report.written, report.failed) == (15, 0)
    assert prints(tmp_path / "out") == prints(tmp_path / "alone")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_output(tmp_path: Path) -> None:
    given = make_set("detect", tmp_path / "in")
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        augment_folder(CHAIN, given, tmp_path / "out", workers=1)


def test_an_output_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = make_set("detect", tmp_path / "in")

    def refused(*_: Any) -> None:
        raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(store.os, "mkdir", refused)
    with pytest.raises(PermissionError, match="Read-only file system"):
        augment_folder(CHAIN, given, tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


# --- recipes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["detect", "masks", "folders"])
def test_images_are_regenerated_byte_for_byte(name: str, tmp_path: Path) -> None:
    given = make_set(name, tmp_path / "in")
    chain = augment.Compose([*CHAIN.transforms, augment.MixUp(p=0.5)], seed=1)
    augment_folder(chain, given, tmp_path / "out", copies=2, workers=1)
    report = augment_folder(chain, given, tmp_path / "recipe", copies=2, workers=1, output_format="recipe")
    assert report.complete
    assert [file.name for file in (tmp_path / "recipe").iterdir() if file.is_file()] in (
        ["manifest.parquet"],
        ["manifest.jsonl"],
    )
    labels = augment.read_labels(tmp_path / "out")
    known = {image.file: image for image in labels.images}
    for row in _rows(tmp_path / "recipe"):
        for output in ("recipe", "out"):
            made = regenerate(tmp_path / output, row["id"])
            assert made.data == (tmp_path / "out" / made.name).read_bytes()
            assert len(made.labels.annotations) == len(known[made.name].annotations)
            if name == "masks":
                assert made.mask == (tmp_path / "out" / made.labels.mask).read_bytes()
    shutil.move(tmp_path / "in", tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError):
        regenerate(tmp_path / "recipe", row["id"])
    assert regenerate(tmp_path / "recipe", row["id"], input=tmp_path / "elsewhere").data == made.data
    with pytest.raises(ValueError, match="id must be one of the manifest's, got 'x#1'"):
        regenerate(tmp_path / "recipe", "x#1", input=tmp_path / "elsewhere")
    with pytest.raises(FileNotFoundError, match="manifest"):
        regenerate(tmp_path / "elsewhere", "x#1")


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path) -> None:
    given = make_set("folders", tmp_path / "in")
    (given / "cat/broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    (tmp_path / "r.yaml").write_text(CHAIN.to_yaml())
    command = [sys.executable, "-m", "augment", "run", "r.yaml", "in", "out", "--copies", "2", "--workers", "2",
               "--keep-originals", "--image-format", "jpg", "--report", "report.json"]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=250, env=environment)
    assert done.returncode == 1, done.stderr
    assert "18 images are there (0 were before), 3 could not be made" in done.stdout
    assert "not made: cat/broken.png#0: truncated or damaged PNG file" in done.stdout
    assert "plan: 21 images (7 originals, 14 new) from 7" in done.stderr
    assert "images/s" in done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["written"], report["failed"], report["complete"]) == (18, 3, True)
    assert {row["reason"] for row in report["failures"]} == {
        json.loads(line)["error"] for line in (tmp_path / "out/failed.jsonl").read_text().splitlines()
    }
    assert len(list((tmp_path / "out/cat").glob("*_aug*.jpg"))) == 6


def test_stop_ends_at_the_first_broken_image(tmp_path: Path) -> None:
    given = make_set("folders", tmp_path / "in")
    (given / "cat/p1.png").write_bytes(b"")
    for workers in (1, 2):
        with pytest.raises(RunError, match=r"cat/p1.png#\d: .*the file is empty"):
            augment_folder(CHAIN, given, tmp_path / "out", copies=5, on_error="stop", workers=workers)
    imgproc.write_image(given / "cat/p1.png", photo(1))
    report = augment_folder(CHAIN, given, tmp_path / "out", copies=5, on_error="stop", workers=1)
    assert isinstance(report, OfflineReport)
    assert (report.written, report.complete) == (30, True)
