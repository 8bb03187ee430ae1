"""``python tests/helpers/cache_stress.py [--rounds N] [--processes N]``: a cache under many writers and kills.

In each round processes start at once and run a detection chain with the same cache folder; some are killed at random
times.  When a folder is full, the next round begins with an empty one.  At the end of each folder's life a process that
is left alone must give the right result and find every file sound, and no kernel may have been compiled twice by
processes that lived: while one compiles it, the others wait.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compilations import COUNTING

PROGRAM = """
import hashlib, os, sys
import numpy as np
import augment as A
image = (np.arange(90 * 120 * 3) * 7919 % 251).astype(np.uint8).reshape(90, 120, 3)
boxes, labels = np.array([[10.0, 20, 60, 70], [40, 5, 110, 80]]), np.array([1, 2])
chain = A.Compose([
    A.HorizontalFlip(), A.Affine(rotate=(-15, 15), scale=(0.8, 1.2)), A.HueSaturationValue(),
    A.BrightnessContrast(), A.Resize(size=(64, 64)), A.Normalize(),
])
digest = hashlib.sha256()
for k in range(3):
    result = chain(image=image, boxes=boxes, labels=labels, key=(0, k))
    digest.update(result["image"].tobytes() + result["boxes"].tobytes())
print(digest.hexdigest())
print("\\n".join(compiled))
"""


def start(folder: Path) -> subprocess.Popen[str]:
    """One process that uses the cache in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment |= {"NUMBA_CACHE_DIR": str(folder), "IMGPROC_KERNELS": "off"}
    return subprocess.Popen(
        [sys.executable, "-c", COUNTING + PROGRAM],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def lived(process: subprocess.Popen[str]) -> tuple[str, list[str]] | None:
    """The digest and the kernels compiled, of a process that was not killed."""
    said = process.communicate()[0]
    if process.returncode < 0:
        return None
    if process.returncode:
        raise SystemExit(f"a process failed:\n{said}")
    digest, *names = said.splitlines()
    return digest, [name for name in names if name]


def main() -> int:
    """Run the rounds."""
    parser = argparse.ArgumentParser(description="A cache under many writers and kills.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    began = time.perf_counter()
    right, killed, folders, most = None, 0, 0, 0
    done = 0
    while done < options.rounds:
        folders += 1
        compiled: collections.Counter[str] = collections.Counter()
        with tempfile.TemporaryDirectory() as name:
            full = False
            while not full and done < options.rounds:
                done += 1
                processes = [start(Path(name)) for _ in range(options.processes)]
                victims = chance.sample(processes, chance.randrange(options.processes))
                for victim in victims:
                    time.sleep(chance.expovariate(1.0))
                    if victim.poll() is None:
                        victim.kill()
                        killed += 1
                results = [result for process in processes if (result := lived(process))]
                for digest, names in results:
                    right = right or digest
                    if digest != right:
                        raise SystemExit("a result is wrong")
                    compiled.update(names)
                full = any(not names for _, names in results)
            alone = lived(start(Path(name)))
            if alone is None or alone[0] != right:
                raise SystemExit("a process that was left alone has a wrong result")
            if full and alone[1]:
                raise SystemExit(f"lost from a full cache: {alone[1]}")
            most = max([most, *compiled.values()])
            print(
                f"{done} rounds, folder {folders}, {killed} killed, {len(compiled)} kernels compiled by survivors, "
                f"at most {most} times each, {time.perf_counter() - began:.0f} s",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
