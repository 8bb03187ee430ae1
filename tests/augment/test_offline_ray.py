"""Blocks on a cluster of Ray, of which a node dies in the middle: the bytes of one machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import augment

pytest.importorskip("ray", reason="Ray is not installed: pip install 'imgproc-augment[ray]'")

START = """
import logging, sys, threading, time
from pathlib import Path
import ray
from ray.cluster_utils import Cluster
from helpers.kill_ray import digest, workers_of
from helpers.ray_work import BLOCK, on_cluster, work

home = Path(sys.argv[1])
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
lost = cluster.add_node(num_cpus=2)
"""

BLOCKS = (
    START
    + """
for name in ("local", "cluster"):
    (home / name).mkdir()
for block in range(16):
    work({"folder": str(home / "local")}, block)

def kill():
    while len(list((home / "cluster").glob("*.png"))) < 10:
        time.sleep(0.01)
    cluster.remove_node(lost, allow_graceful=False)

killer = threading.Thread(target=kill)
killer.start()
spec = {"folder": str(home / "cluster"), "wait": 0.05}
done = [each["block"] for each in on_cluster(work, spec, range(16), address=cluster.address)]
killer.join()
assert not ray.is_initialized()  # what it began it ends
ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
until = time.monotonic() + 60  # the head node learns of it by the silence of the other
while (alive := sum(node["Alive"] for node in ray.nodes())) > 1 and time.monotonic() < until:
    time.sleep(0.2)
same = digest(home / "cluster") == digest(home / "local")
again = sum(each["made"] for each in on_cluster(work, spec, range(16), address=cluster.address))
assert ray.is_initialized()
try:
    list(on_cluster(work, {**spec, "folder": str(home), "broken": 31}, range(16), address=cluster.address))
except ValueError as error:
    said = str(error)
print(alive, sorted(done) == list(range(16)), same, again, said)
ray.shutdown()
cluster.shutdown()
"""
)


RUN = (
    START
    + """
import json, os
import augment, imgproc
import numpy as np
from augment.pipeline import augment_folder

(home / "in" / "images").mkdir(parents=True)
notes, photos = [], []
for k in range(60):
    pixels = np.random.default_rng(k).integers(0, 256, (90, 120, 3), np.uint8)
    imgproc.write_image(home / "in" / "images" / f"{k:02}.jpg", pixels)
    photos.append({"id": k, "file_name": f"{k:02}.jpg", "height": 90, "width": 120})
    notes.append({"id": k, "image_id": k, "category_id": 1, "bbox": [10, 20, 50, 40]})
kinds = [{"id": 1, "name": "thing"}]
(home / "in" / "all.json").write_text(json.dumps({"images": photos, "annotations": notes, "categories": kinds}))
(home / "in" / "images" / "07.jpg").write_bytes(b"no image")
chain = augment.Compose([augment.HorizontalFlip(), augment.Affine(rotate=(-20, 20), p=1)], seed=5)
given = {"recipe": chain, "input": home / "in", "copies": 4}
alone = augment_folder(output=home / "local", workers=1, **given)

def kill():
    while len(list((home / "cluster").rglob("*.jpg"))) < 20:
        time.sleep(0.01)
    cluster.remove_node(lost, allow_graceful=False)

killer = threading.Thread(target=kill)
killer.start()
os.chdir(home)  # names that the nodes do not know
near = {**given, "input": "in"}
report = augment_folder(output="cluster", engine="ray", address=cluster.address, **near)
killer.join()
same = digest(home / "cluster") == digest(home / "local")
again = augment_folder(output=home / "cluster", engine="ray", address=cluster.address, **given)
left = [path for path in (home / "cluster" / ".augment").rglob("*") if "tries" in str(path.parent)]
print(report.complete, report.written, report.failed, same, again.written - again.resumed, len(left))
try:
    augment_folder(output=home / "stop", engine="ray", address=cluster.address, on_error="stop", **given)
except Exception as error:
    print(type(error).__name__, error)
cluster.shutdown()
"""
)


def run(program: str, home: Path) -> list[str]:
    """In an interpreter of its own, as a cluster is global; the lines that it prints."""
    roots = Path(augment.__file__).parents[1], Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))}
    for name in [name for name in environment if name.startswith("NUMBA_") or name == "PYTHONWARNINGS"]:
        del environment[name]
    command = [sys.executable, "-c", program, str(home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_a_node_dies_and_every_block_is_done(tmp_path: Path) -> None:
    """Each block gives one result, the files are those of a plain loop, a second run makes none, and an error of the
    work is raised here."""
    assert run(BLOCKS, tmp_path)[-1] == "1 True True 0 picture 31 must be whole"


def test_a_folder_on_a_cluster_that_loses_a_node(tmp_path: Path) -> None:
    """The files are those of a run on one machine, the broken image is reported, and a second run makes none."""
    *_, first, second = run(RUN, tmp_path)
    assert first == "True 236 4 True 0 0"
    assert second.startswith("RunError 07.jpg#1: ")
