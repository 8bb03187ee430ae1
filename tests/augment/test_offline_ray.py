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
alive = sum(node["Alive"] for node in ray.nodes())
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


def run(program: str, home: Path) -> list[str]:
    """In an interpreter of its own, as a cluster is global; the words of the last line."""
    roots = Path(augment.__file__).parents[1], Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, roots))}
    for name in [name for name in environment if name.startswith("NUMBA_") or name == "PYTHONWARNINGS"]:
        del environment[name]
    command = [sys.executable, "-c", program, str(home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1].split()


def test_a_node_dies_and_every_block_is_done(tmp_path: Path) -> None:
    """Each block gives one result, the files are those of a plain loop, a second run makes none, and an error of the
    work is raised here."""
    assert run(BLOCKS, tmp_path) == ["1", "True", "True", "0", "picture", "31", "must", "be", "whole"]
