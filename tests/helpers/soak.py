"""A `ThreadLoader` over random shapes for a long time: ``python tests/helpers/soak.py --minutes 30``.

Prints the memory of the process now and then; exit status 1 if it has grown after the first third, or if a batch takes
longer than a minute, as it does where threads wait for each other.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import augment  # noqa: E402
from augment.pipeline import AugmentedDataset, ThreadLoader  # noqa: E402

GROWTH, STUCK = 32 << 20, 60.0


class Shapes:
    """Images of random sides, of grey or of colours, with any number of boxes."""

    def __init__(self, count: int = 4096) -> None:
        self.count = count
        self.noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Any]:
        rng = np.random.default_rng(index)
        h, w = rng.integers(16, 200, 2)
        boxes = np.sort(rng.uniform(0, (w, h), (rng.integers(0, 20), 2, 2)), 1).reshape(-1, 4)
        boxes[:, 2:] += 0.5
        return {"image": self.noise[:h, :w], "boxes": boxes, "labels": list(range(len(boxes)))}


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def soak(seconds: float, *, say: bool = False) -> tuple[int, float]:
    """Load for so long; how much memory has grown, and the longest wait for a batch [s], after the first third."""
    chain = augment.Compose(
        [
            augment.HorizontalFlip(),
            augment.Affine(rotate=(-20, 20), scale=(0.7, 1.3)),
            augment.HueSaturationValue(),
            augment.Resize(size=(96, 96)),
            augment.Normalize(),
        ],
        box_outside="clip",
    )
    # Labels of images of several sizes, too: batches that are lists.
    loose = augment.Compose([augment.HorizontalFlip(), augment.GaussianBlur()], box_outside="clip")
    loaders = [
        ThreadLoader(AugmentedDataset(Shapes(), chain, shape=(96, 96)), batch_size=32, shuffle=True, workers=4),
        ThreadLoader(AugmentedDataset(Shapes(), loose), batch_size=8, shuffle=True, workers=2),
    ]
    start = spoken = said = time.monotonic()
    base, most, longest, batches = 0, 0, 0.0, 0
    while time.monotonic() - start < seconds:
        for loader in loaders:
            for number, _ in enumerate(loader):
                now = time.monotonic()
                waited, spoken = now - spoken, now
                batches += 1
                if now - start > seconds / 3:  # by now all that compiles has compiled
                    longest = max(longest, waited)
                    base = base or resident()
                    most = max(most, resident())
                if now - start > seconds or number > 40:  # a pass that is left, and begun again
                    break
        if say and now - said > 20:
            said = now
            print(f"{now - start:7.0f} s  {batches:7} batches  {resident() >> 20:5} MB", flush=True)
    return most - base, longest


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    growth, longest = soak(parser.parse_args().minutes * 60, say=True)
    print(f"grown by {growth / 2**20:.1f} MB after the first third; longest wait {longest:.2f} s")
    return int(growth > GROWTH or longest > STUCK)


if __name__ == "__main__":
    sys.exit(main())
