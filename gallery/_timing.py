"""Times of calls that run in turns, on one thread."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

import imgproc

Call = Callable[[], Any]


@dataclass(frozen=True)
class Timing:
    """Times of one of several interleaved calls, in seconds; ``runs[i]`` was taken in round ``i`` of all of them."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median run."""
        return statistics.median(self.runs)

    @property
    def quartiles(self) -> tuple[float, float]:
        """A quarter of the runs took at most the first, a quarter at least the second."""
        low, high = np.quantile(self.runs, (0.25, 0.75))
        return float(low), float(high)


def compare(
    calls: Mapping[str, Call],
    *,
    seconds: float,
    min_runs: int = 3,
    max_runs: int | None = None,
    compiled: bool = False,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Time calls in turns: every round runs each once, in an order that changes from round to round.

    A slow spell of the machine thus falls on all of them alike, and none always finds the caches as the same other
    left them.  Before the first round each runs once, which compiles; results are freed outside the time measured; the
    garbage collector rests.

    Parameters
    ----------
    calls : mapping of str to callable
        What to time, without arguments.
    seconds : float
        Budget: no round begins after it, except the first `min_runs`.
    min_runs : int
        Rounds that are run whatever they cost, at least 1.
    max_runs : int, optional
        Rounds after which it ends, even if there is time left.
    compiled : bool
        The caller has run each of them already, so the run before the first round is left out.
    clock : callable
        Returns the time in seconds.

    Returns
    -------
    dict of str to Timing
        In the order of `calls`; all have as many runs.

    Raises
    ------
    ValueError
        If there is nothing to time, or `min_runs` is below 1.
    """
    if not calls:
        raise ValueError("calls must name at least one callable, got none")
    if min_runs < 1:
        raise ValueError(f"min_runs must be >= 1, got {min_runs}")
    runs: dict[str, list[float]] = {name: [] for name in calls}
    with _no_collection():
        for call in () if compiled else calls.values():
            call()
        end = clock() + seconds
        rounds = 0
        while rounds != max_runs and (rounds < min_runs or clock() < end):
            for name in _order(list(calls), rounds):
                runs[name].append(_timed(calls[name], clock))
            rounds += 1
    return {name: Timing(tuple(runs[name])) for name in calls}


def ratio(a: Timing, b: Timing) -> float:
    """Median of `a`'s time by `b`'s over pairs of rounds: what they share of the machine's noise cancels in each.

    Of two that run in turns, each comes first in one round of a pair, and so finds the image in the cache once that the
    other has read.  Of single rounds, where nothing but memory counts, the median would be one order's or the other's.
    """
    if len(a.runs) != len(b.runs):
        raise ValueError(f"both must have as many runs, got {len(a.runs)} and {len(b.runs)}")
    pairs = (zip(t.runs, t.runs[1:]) for t in (a, b))
    found = [sum(x) / sum(y) for x, y in zip(*pairs)]
    return statistics.median(found) if found else a.runs[0] / b.runs[0]


def milliseconds(seconds: float) -> str:
    """A time with three significant digits, in ms."""
    ms = seconds * 1e3
    return f"{ms:.3f}" if ms < 1 else f"{ms:.2f}" if ms < 10 else f"{ms:.1f}" if ms < 100 else f"{ms:.0f}"


@contextmanager
def one_thread() -> Iterator[None]:
    """Everything on one thread, ours and OpenCV's; scikit-image and SciPy know nothing else."""
    import cv2

    ours, theirs = imgproc.get_num_threads(), cv2.getNumThreads()
    imgproc.set_num_threads(1)
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        imgproc.set_num_threads(ours)
        cv2.setNumThreads(theirs)


def _order(names: list[str], turn: int) -> list[str]:
    # Rotated every round; backwards every second full turn, else each would always follow the same neighbour.
    shift, n = turn % len(names), len(names)
    rotated = names[shift:] + names[:shift]
    return rotated[::-1] if n > 2 and (turn // n) % 2 else rotated


def _timed(call: Call, clock: Callable[[], float]) -> float:
    start = clock()
    result = call()
    taken = clock() - start
    del result
    return taken


@contextmanager
def _no_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
