"""Kill workers of Ray at random moments of a run, and compare what it wrote with a run that nobody disturbed.

    PYTHONPATH=.:tests python tests/helpers/kill_ray.py --kills 20

A cluster of two nodes is started in this process, and ended with it; only its own workers are killed.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

import augment
import imgproc
from augment.pipeline import augment_folder


def write_photos(folder: Path, count: int) -> None:
    """A folder of two classes."""
    rng = np.random.default_rng(count)
    for k in range(count):
        below = folder / ("cat", "dog")[k % 2]
        below.mkdir(parents=True, exist_ok=True)
        imgproc.write_image(below / f"{k:04}.jpg", rng.integers(0, 256, (300 + k % 5, 300, 3), np.uint8))


def digest(folder: Path) -> str:
    """Of the names and bytes of all files of a result; what is hidden is the journal's, and may differ."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("."):
            found.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def parents() -> dict[int, int]:
    """The parent of every process, as Linux tells it."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                stat = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue  # it is gone
            found[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    return found


def workers_of(root: int) -> list[int]:
    """Workers of Ray that are running a task, among the descendants of a process."""
    known, found = parents(), []
    for process in known:
        at = process
        while at and at != root:
            at = known.get(at, 0)
        try:
            name = Path("/proc", str(process), "cmdline").read_bytes()
        except OSError:
            continue
        if at == root and name.startswith(b"ray::work"):  # its agents have such names, too, and a node dies with them
            found.append(process)
    return found


class Killer(threading.Thread):
    """Kills a worker of this process's cluster now and then."""

    def __init__(self, rng: random.Random, most: int, pause: float) -> None:
        super().__init__(daemon=True)
        self.rng, self.most, self.pause, self.kills = rng, most, pause, 0
        self.ended = threading.Event()

    def run(self) -> None:
        while self.kills < self.most and not self.ended.wait(self.rng.uniform(0, self.pause)):
            workers = workers_of(os.getpid())
            if workers:
                try:
                    os.kill(self.rng.choice(workers), signal.SIGKILL)
                    self.kills += 1
                except ProcessLookupError:
                    pass


def main() -> int:
    """Run, kill, compare; 0 if every digest is the same."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--images", type=int, default=300, help="of the input; five copies of each are made")
    parser.add_argument("--pause", type=float, default=1.5, help="the longest between two kills [s]")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    import ray
    from ray.cluster_utils import Cluster

    rng, killed, rounds = random.Random(args.seed), 0, 0
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_photos(home / "in", args.images)
        chain = augment.Compose([augment.HorizontalFlip(), augment.Affine(rotate=(-20, 20), p=1)], seed=5)
        given: dict[str, Any] = {"recipe": chain, "input": home / "in", "copies": 5}
        augment_folder(output=home / "local", **given)
        wanted = digest(home / "local")
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        while killed < args.kills:
            killer = Killer(rng, args.kills - killed, args.pause)
            killer.start()
            begin, target = time.monotonic(), home / f"ray{rounds}"
            augment_folder(output=target, engine="ray", address=cluster.address, **given)
            killer.ended.set()
            killer.join()
            killed, rounds = killed + killer.kills, rounds + 1
            same = digest(target) == wanted
            seconds = time.monotonic() - begin
            print(f"run {rounds}: {killer.kills} kills, {seconds:.1f} s, {'the same' if same else 'OTHER BYTES'}")
            if not same:
                return 1
        ray.shutdown()
        cluster.shutdown()
    print(f"{killed} kills in {rounds} runs: all as the run that nobody disturbed, {wanted[:16]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
