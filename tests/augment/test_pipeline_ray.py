"""Chains in data sets of Ray, on one node and on two: the bytes that the chain gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import augment

pytest.importorskip("ray", reason="Ray is not installed: pip install 'imgproc-augment[ray]'")

PROGRAM = """
import hashlib, logging
import numpy as np
import ray
import ray.data
from ray.cluster_utils import Cluster
import augment, imgproc
from augment.pipeline import augment_dataset

nodes = NODES
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
for _ in range(nodes - 1):
    cluster.add_node(num_cpus=2)
ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
ray.data.DataContext.get_current().enable_progress_bars = False

def image(index):
    return np.random.default_rng(index).integers(0, 256, (30 + index % 2, 40, 3), np.uint8)

chain = augment.Compose([augment.HorizontalFlip(), augment.Affine(rotate=(-9, 9), p=1), augment.Resize(size=(24, 32))])
rows = [{"row": k, "image": imgproc.encode_image(image(k), format="png"), "objects": [[2.0, 3.0, 20.0, 20.0]],
         "kinds": [k]} for k in range(40)]
targets = {"boxes": "objects", "labels": "kinds"}
made = augment_dataset(ray.data.from_items(rows, override_num_blocks=8), chain, key_column="row", targets=targets,
                       epoch=3, batch_size=6, workers=2)
found = sorted(made.take_all(), key=lambda row: row["row"])
for row in found:
    k = row["row"]
    own = chain(image=image(k), boxes=[(2, 3, 20, 20)], labels=[k], key=(3, k))
    assert np.array_equal(row["image"], own["image"]), k
    assert np.allclose(np.stack(list(row["objects"])), own["boxes"]), k
files = augment_dataset(ray.data.from_items(rows), chain, key_column="row", epoch=3, encode="png", workers=1)
for row in files.take(3):
    own = chain(image=image(row["row"]), key=(3, row["row"]))
    assert np.array_equal(imgproc.decode_image(row["image"]), own["image"])
digest = hashlib.sha256(b"".join(row["image"].tobytes() for row in found)).hexdigest()
print(len(found), len({node["NodeID"] for node in ray.nodes() if node["Alive"]}), digest)
ray.shutdown()
cluster.shutdown()
"""


def digest(nodes: int) -> list[str]:
    """In an interpreter of its own, as a cluster is global."""
    home = Path(augment.__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(home), "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
    for name in [name for name in environment if name.startswith("NUMBA_") or name == "PYTHONWARNINGS"]:
        del environment[name]
    command = [sys.executable, "-c", PROGRAM.replace("NODES", str(nodes))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1].split()


def test_one_node_and_two_give_the_same() -> None:
    one, two = digest(1), digest(2)
    assert (one[:2], two[:2]) == (["40", "1"], ["40", "2"])
    assert one[2] == two[2]
