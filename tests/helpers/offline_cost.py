"""What an offline run adds to decoding, the chain and encoding, and how it grows with cores.

``python tests/helpers/offline_cost.py``.  Photos with grain, 500 x 375, as JPEG files with boxes.  Prints the time of
an image of a run with one worker beside the three steps measured apart, in turns, and the gain of two workers beside
that of two processes that do nothing but the three steps.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1])]

import augment  # noqa: E402
import imgproc  # noqa: E402
from augment.pipeline import augment_folder  # noqa: E402
from imgproc._core.opencv import load_cv2  # noqa: E402

CHAIN = augment.Compose(
    [augment.HorizontalFlip(), augment.Affine(translate=(-0.1, 0.1), p=1), augment.ColorJitter(p=1)]
)


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="on the disk that is to be measured (default: that of /tmp)")
    chosen = parser.parse_args()
    imgproc.set_num_threads(1)
    load_cv2().setNumThreads(1)
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        root = Path(folder)
        files = photos(root / "in", chosen.images)
        steps(files[:3])
        augment_folder(CHAIN, root / "in", root / "warm", workers=1)
        ratios, gains, busy = [], [], []
        for _ in range(chosen.rounds):
            cpu = [time.process_time()]
            apart = timed(steps, files)
            cpu.append(time.process_time())
            one = run(root, 1)
            cpu.append(time.process_time())
            ratios.append(one / apart)
            busy.append((cpu[2] - cpu[1]) / (cpu[1] - cpu[0]))
            two = run(root, 2)
            half = timed(in_two, files)
            gains.append((one / two, apart / half))
            print(
                f"apart {1e3 * apart / len(files):.2f} ms, run {1e3 * one / len(files):.2f} ms an image: "
                f"{ratios[-1]:.3f}, of the CPU {busy[-1]:.3f}; "
                f"on two cores {one / two:.2f} x, the control {apart / half:.2f} x"
            )
    run_gain, control = (statistics.median(found) for found in zip(*gains))
    print(f"median: {statistics.median(ratios):.3f}, of the CPU {statistics.median(busy):.3f}")
    print(f"two cores {run_gain:.2f} x, the control {control:.2f} x")
    return 0


def photos(root: Path, count: int) -> list[Path]:
    """Smooth pictures with the grain of a camera."""
    (root / "a").mkdir(parents=True)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:375, 0:500]
    for k in range(count):
        waves = [np.sin(x / rng.uniform(20, 90) + c) + np.cos(y / rng.uniform(20, 90)) for c in range(3)]
        image = 127 + 50 * np.dstack(waves) + rng.normal(0, 4, (375, 500, 3))
        imgproc.write_image(root / "a" / f"{k}.jpg", np.clip(image, 0, 255).astype(np.uint8))
        (root / "a" / f"{k}.txt").write_text("0 0.5 0.5 0.25 0.25\n1 0.3 0.3 0.1 0.2\n")
    return sorted((root / "a").glob("*.jpg"))


def steps(files: list[Path]) -> None:
    """Decode, chain, encode; nothing else."""
    chain = dataclasses.replace(CHAIN, box_format="yolo")  # a new one, as a run has
    for k, file in enumerate(files):
        image = imgproc.read_image(file)
        made = chain(image=image, boxes=[(0.5, 0.5, 0.25, 0.25), (0.3, 0.3, 0.1, 0.2)], labels=[0, 1], key=(k, 1))
        imgproc.encode_image(made["image"], format="jpg")


def in_two(files: list[Path]) -> None:
    """The same in two processes."""
    context = multiprocessing.get_context("fork")
    both = [context.Process(target=steps, args=(files[k::2],)) for k in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()


def run(root: Path, workers: int) -> float:
    """Seconds of a run."""
    seconds = timed(augment_folder, CHAIN, root / "in", root / "out", workers=workers)
    shutil.rmtree(root / "out")
    return seconds


def timed(function: Any, *arguments: Any, **options: Any) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
