"""``python -m gallery speed offline``: what an offline run does on one core, step by step, and what 1e9 images take.

Rates are measured on one thread, on JPEG files of two sizes; `augment.pipeline.simulate_run` makes hours, bytes and
cost of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import augment
import imgproc
from augment.pipeline import RunForecast, simulate_run
from imgproc.io._encode import replace_file

from .. import _readme
from .._machine import machine
from .._table import Table
from .._timing import one_thread
from .cases import photos

PART, FORECASTS = "offline", "forecasts"
"""The parts of a page of documentation that hold the two tables."""
SIZES = {"0.2 MP": (375, 500), "12 MP": (3000, 4000)}
GRAIN = {"0.2 MP": 4.0, "12 MP": 5.0}
"""Standard deviation [levels] of a camera's noise, without which photos are too smooth: 87 kB and 2.3 MB."""
QUALITY = {"0.2 MP": 95, "12 MP": 90}
IMAGES, NODES, CORES = 10**9, (1, 10, 100), 64
MACHINES: dict[str, Any] = {
    "network": 25e9 / 8, "node_price": 3.0, "node_failures": 1 / 720, "task_failures": 1 / 1000, "start": 0.1,
}  # fmt: skip
"""Of the forecasts: a common machine of a cloud, which fails once a month; a task fails once in 1,000 core-hours."""


def main(argv: Sequence[str]) -> int:
    """Run the command line; return the exit status.

    Parameters
    ----------
    argv : sequence of str
        The arguments after ``speed offline``.

    Returns
    -------
    int
        0
    """
    parser = argparse.ArgumentParser(prog="python -m gallery speed offline", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", metavar="N", type=int, default=25, help="of each size (default: %(default)s)")
    parser.add_argument("--trials", metavar="N", type=int, default=100, help="of a forecast (default: %(default)s)")
    parser.add_argument("--small", action="store_true", help="with small images only")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write rates and forecasts")
    parser.add_argument(
        "--docs",
        metavar="FILE",
        type=Path,
        help="put the tables between {} and {}, and {} and {}".format(
            *(m for p in (PART, FORECASTS) for m in _readme.markers(p))
        ),
    )
    args = parser.parse_args(argv)
    if args.rounds < 1 or args.trials < 1:
        parser.error("--rounds and --trials must be at least 1")
    if args.docs:
        for part in (PART, FORECASTS):
            _readme.split(args.docs, part)
    rates = {name: measured(name, args.rounds) for name in list(SIZES)[: 1 if args.small else None]}
    made = forecasts(rates, args.trials)
    tables = {PART: rates_table(rates), FORECASTS: forecasts_table(made)}
    for table in tables.values():
        print(table.as_text(), *table.notes, "", sep="\n")
    if args.json:
        data = {"rates": rates, "forecasts": {" ".join(map(str, key)): each.as_dict() for key, each in made.items()}}
        replace_file(str(args.json), (json.dumps(data, indent=1) + "\n").encode())
    if args.docs:
        for part, table in tables.items():
            _readme.replace(args.docs, part, "\n\n".join([table.as_markdown(), *table.notes]))
    return 0


def chain_of_a_run() -> augment.Compose:
    """What people do before training: flip, a small turn and scaling, colours; the size stays."""
    return augment.Compose(
        [augment.HorizontalFlip(), augment.Affine(rotate=(-15, 15), scale=(0.9, 1.1)), augment.ColorJitter()], seed=7
    )


def files(name: str) -> list[bytes]:
    """Different photos of one size, as JPEG files."""
    rng = np.random.default_rng(len(name))
    found = []
    for image in photos("RGB", SIZES[name])[:8]:
        if GRAIN[name]:
            grain = np.rint(rng.standard_normal(image.shape, np.float32) * np.float32(GRAIN[name]))
            image = np.clip(image + grain, 0, 255).astype(np.uint8)
        found.append(imgproc.encode_image(image, format="jpg", quality=QUALITY[name]))
    return found


def measured(name: str, rounds: int) -> dict[str, float]:
    """Images a second of each step on one thread, and the bytes of an image.

    Each round takes one photo through all steps, so that a slow spell falls on all of them alike; medians count.
    """
    chain, sources = chain_of_a_run(), files(name)
    times: dict[str, list[float]] = {"decode": [], "chain": [], "encode": [], "recipe": []}
    written = []

    def timed(step: str, call: Callable[[], Any]) -> Any:
        begin = time.process_time()  # of a core: what other programs take meanwhile does not count
        made = call()
        times[step].append(time.process_time() - begin)
        return made

    with one_thread():
        for k in range(-12, rounds):
            data = sources[k % len(sources)]
            image = timed("decode", lambda data=data: imgproc.decode_image(data))
            made = timed("chain", lambda image=image, k=k: chain(image=image, key=(0, k + 12))["image"])
            out = timed("encode", lambda made=made: imgproc.encode_image(made, format="jpg", quality=QUALITY[name]))
            timed("recipe", lambda image=image, k=k: chain.draw((0, k + 12), image.shape))
            written.append(len(out))
            if k < 0:  # compiled and recorded by now
                for runs in (*times.values(), written):
                    runs.clear()
    rates = {step: 1 / statistics.median(runs) for step, runs in times.items()}
    return {**rates, "bytes_in": statistics.mean(map(len, sources)), "bytes_out": statistics.mean(written)}


def rates_table(rates: dict[str, dict[str, float]]) -> Table:
    """A row for each size."""
    header = ("JPEG of", "decode", "chain", "encode", "all three", "parameters alone", "read", "written")
    rows = []
    for name, each in rates.items():
        steps = [each[step] for step in ("decode", "chain", "encode")]
        rows.append(
            (
                f"{name}, {SIZES[name][0]}×{SIZES[name][1]}",
                *(f"{rate:,.0f}" for rate in steps),
                f"{1 / sum(1 / rate for rate in steps):,.1f}",
                f"{each['recipe']:,.0f}",
                *(f"{each[side] / 1000:,.0f} kB" for side in ("bytes_in", "bytes_out")),
            )
        )
    note = (
        "Images per core-second: time of the CPU on one thread, medians. Flip, affine and colour jitter; the size "
        f"stays. {machine()}."
    )
    return Table(header, tuple(rows), frozenset({0}), "Rates", (note,))


def forecasts(rates: dict[str, dict[str, float]], trials: int) -> dict[tuple[str, str, int], RunForecast]:
    """Of 1e9 images, by size, by what is written, and by how many nodes."""
    made = {}
    for name, each in rates.items():
        pixels = {step: each[step] for step in ("decode", "chain", "encode", "bytes_in", "bytes_out")}
        recipe = {"decode": each["decode"], "chain": each["recipe"], "bytes_in": each["bytes_in"], "bytes_out": 200.0}
        for kind, given in (("images", pixels), ("recipe", recipe)):
            for nodes in NODES:
                made[name, kind, nodes] = simulate_run(
                    IMAGES, nodes=nodes, cores=CORES, trials=trials, **given, **MACHINES
                )
    return made


def forecasts_table(made: dict[tuple[str, str, int], RunForecast]) -> Table:
    """A row for each forecast."""
    header = ("JPEG of", "written", "nodes", "hours", "95 %", "node-hours", "cost", "read", "written", "the wall")
    rows = []
    for (name, kind, nodes), each in made.items():
        rows.append(
            (
                name,
                kind,
                f"{nodes}",
                f"{each.hours:,.2f}",
                f"{each.quantiles[0.95]:,.2f}",
                f"{each.node_hours:,.1f}",
                f"{each.cost:,.0f}",
                *(f"{count / 1e12:,.2f} TB" for count in (each.bytes_read, each.bytes_written)),
                each.wall,
            )
        )
    note = (
        f"1e9 images on nodes of {CORES} cores with 25 Gbit/s, each {MACHINES['node_price']:.2f} an hour; a node fails "
        "once a month, a task once in 1,000 core-hours; files are kept when a task fails."
    )
    return Table(header, tuple(rows), frozenset({0, 1, 9}), "Forecasts", (note,))
