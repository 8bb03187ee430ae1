"""Chains keep no images: memory stays where it is, whatever shapes come from however many threads."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

CALLS = """
import os, random
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import augment as A

chain = A.Compose([
    A.HorizontalFlip(), A.Affine(rotate=(-20, 20), p=0.7), A.OneOf([A.GaussianBlur(), A.MedianBlur()]),
    A.BrightnessContrast(p=0.5), A.CoarseDropout(p=0.3), A.Normalize(),
], seed=1)
drawn = random.Random(0)
shapes = [(drawn.randrange(40, 250), drawn.randrange(40, 250)) for _ in range(500)]
photo = np.random.default_rng(0).integers(0, 256, (250, 250, 3), np.uint8)

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

def call(i):
    h, w = shapes[i % 500]
    image = photo[:h, :w].copy()
    chain(image=image, mask=image[..., 0] >> 6, boxes=[(2.0, 3, 20, 30)], labels=[0], key=(0, i))

with ThreadPoolExecutor(8) as threads:
    list(threads.map(call, range(1500)))
    before = resident()
    list(threads.map(call, range(1500, 4500)))
    print(resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_memory_does_not_grow(run_python: Callable[..., str]) -> None:
    assert float(run_python(CALLS)) < 20, "MB more after 3,000 calls"
