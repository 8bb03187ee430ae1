"""What a run will cost, measured on a few of its images."""

from __future__ import annotations

import statistics
import time
from typing import Any

from ._media import decoded, encoded
from ._run import Run
from ._work import make

__all__: list[str] = []

TRIED, ROUNDS = 8, 3


def measured(run: Run) -> dict[str, float]:
    """Images per second and core for decoding, the chain and encoding, and bytes of an image; empty if none is read.

    Nothing is written.
    """
    times: dict[str, list[float]] = {"decode": [], "chain": [], "encode": []}
    sizes: dict[str, list[int]] = {"bytes_in": [], "bytes_out": []}
    new = [k for k in range(len(run.plan)) if run.plan.copies[k]] or range(len(run.plan))
    for number in list(new)[:: max(1, len(new) // TRIED)][:TRIED]:
        item = run.plan.item(number)
        try:
            source = run.source(item.source)
            make(run, item)  # what compiles is no part of it
            took = min(_timed(make, run, item) for _ in range(ROUNDS))
            made = make(run, item)
        except (ValueError, TypeError, OSError):
            continue
        decode = min(_timed(decoded, source.data, None) for _ in range(ROUNDS))
        encode = 0.0
        if made.files:
            pixels = decoded(made.files[0][1], None)
            encode = min(_timed(encoded, pixels, item.name, run.spec.options.quality) for _ in range(ROUNDS))
        for name, value in (("decode", decode), ("encode", encode), ("chain", max(took - encode, 1e-6))):
            times[name].append(value)
        sizes["bytes_in"].append(len(source.data))
        sizes["bytes_out"].append(sum(len(data) for _, data in made.files))
    if not times["decode"]:
        return {}
    cost = {name: 1 / max(statistics.mean(found), 1e-6) for name, found in times.items()}
    return cost | {name: statistics.mean(found) for name, found in sizes.items()}


def _timed(function: Any, *arguments: Any) -> float:
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began
