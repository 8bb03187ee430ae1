"""``python tests/helpers/cold.py [NAME ...] [--least SECONDS]``: what a first call costs, compiling included.

Each function of `imgproc` at its example arguments (8-bit RGB and grey), each transform of `augment` alone, and a few
others are called once in a fresh process with an empty cache.  Prints a table, slowest first: seconds of CPU time of
the process, which a busy machine hardly changes, and seconds on the clock; imports are included.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time

FUNCTION = """
import time
began, cpu = time.perf_counter(), time.process_time()
import numpy as np, imgproc
imported, imported_cpu = time.perf_counter() - began, time.process_time() - cpu
from imgproc._inventory import example_call, example_image, functions_of_images, takes_channels
function = functions_of_images()["{name}"]
if not takes_channels(function, {channels}):
    raise SystemExit
image = example_image(np.uint8, (48, 64), {channels})
args, kwargs = example_call(function, image)
began, cpu = time.perf_counter(), time.process_time()
try:
    function(*args, **kwargs)
except ValueError:
    raise SystemExit
print(time.process_time() - cpu + imported_cpu, time.perf_counter() - began + imported)
"""

TRANSFORM = """
import time
began, cpu = time.perf_counter(), time.process_time()
import numpy as np, augment
imported, imported_cpu = time.perf_counter() - began, time.process_time() - cpu
from augment import Compose
from augment._inventory import MIXES, example, sample
things = sample()
mixes = "{name}" in [entry for entry, _ in MIXES]
more = dict(donors=[sample(), sample((72, 128))]) if mixes else {{}}
if "{name}" in ("CopyPaste", "MaskDropout"):
    things = dict(image=things["image"], mask=things["mask"])
elif not mixes:
    things = dict(image=things["image"])
chain = Compose([example("{name}")])
began, cpu = time.perf_counter(), time.process_time()
chain(**things, key=(0, 0), **more)
print(time.process_time() - cpu + imported_cpu, time.perf_counter() - began + imported)
"""

OTHER = """
import time
began, cpu = time.perf_counter(), time.process_time()
import numpy as np, augment
boxes, scores = [[0, 0, 4, 4], [1, 1, 5, 5], [20, 20, 25, 25]], [0.9, 0.8, 0.7]
truth = {{"boxes": boxes, "images": [0, 0, 1], "classes": [0, 0, 0]}}
table = np.random.default_rng(0).normal(size=(40, 4))
labels = np.repeat([0, 1], [28, 12])
{call}
print(time.process_time() - cpu, time.perf_counter() - began)
"""

OTHERS = {
    "average_precision": "augment.average_precision(truth, {**truth, 'scores': scores})",
    "precision_recall_curve": "augment.precision_recall_curve(truth, {**truth, 'scores': scores})",
    "iou": "augment.iou(boxes, boxes)",
    "nms": "augment.nms(boxes, scores)",
    "soft_nms": "augment.soft_nms(boxes, scores)",
    "weighted_boxes_fusion": "augment.weighted_boxes_fusion([boxes], [scores])",
    "anchors_for": "augment.anchors_for(np.arange(1.0, 41.0).reshape(20, 2), 2, n_init=1)",
    "SMOTE": "augment.SMOTE(random_state=0).fit_resample(table, labels)",
}


def first_call(code: str) -> tuple[float, float] | str | None:
    """CPU and clock seconds, None where there is no such call, or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**inherited, "XDG_CACHE_HOME": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    return (float(done.stdout.split()[0]), float(done.stdout.split()[1])) if done.stdout else None


def calls() -> dict[str, str]:
    """Code of every call, by its name."""
    from augment._inventory import EXAMPLES, MIXES
    from imgproc._inventory import functions_of_images

    found = {name: OTHER.format(call=call) for name, call in OTHERS.items()}
    for name in functions_of_images():
        for channels, kind in ((3, "RGB"), (None, "grey")):
            found[f"{name} {kind}"] = FUNCTION.format(name=name, channels=channels)
    for name in dict.fromkeys(name for name, _ in (*EXAMPLES, *MIXES)):
        found[name] = TRANSFORM.format(name=name)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure first calls from an empty cache.")
    parser.add_argument("names", nargs="*", help="functions and transforms; default: all")
    parser.add_argument("--least", type=float, default=0.0, help="print only what takes so many CPU seconds")
    options = parser.parse_args()
    rows, failures = [], []
    for name, code in calls().items():
        if options.names and name.split()[0] not in options.names:
            continue
        seconds = first_call(code)
        if isinstance(seconds, str):
            failures.append(f"{name}: {seconds}")
        elif seconds is not None:
            rows.append((*seconds, name))
            print(f"{time.strftime('%X')} {name} {seconds[0]:.2f}", file=sys.stderr, flush=True)
    print(f"{'first call':<40}{'CPU s':>8}{'clock s':>9}")
    for cpu, clock, name in sorted(rows, reverse=True):
        if cpu >= options.least:
            print(f"{name:<40}{cpu:>8.2f}{clock:>9.2f}")
    over = sum(cpu > 3 for cpu, _, _ in rows)
    print(f"{len(rows)} calls, {over} of them over 3 s")
    print("\n".join(failures))


if __name__ == "__main__":
    main()
