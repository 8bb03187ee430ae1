"""Runs that are played through: blocks, cores and failures at random, event by event."""

from __future__ import annotations

import dataclasses
import heapq
import math
from collections.abc import Callable, Iterator

import numpy as np

from ._block_times import Blocks, Expected, expected

__all__: list[str] = []

ROUNDS = 8
"""So many blocks for each core are played one by one.  Of more, all but the last are taken together: by then the cores
are no longer in step."""
_DRAWN = 4096


@dataclasses.dataclass(slots=True)
class Trial:
    """What happened in one run: its seconds, how often something failed, and how many pieces were never done."""

    seconds: float = 0.0
    tasks: int = 0
    nodes: int = 0
    lost: float = 0.0


def trials(blocks: Blocks, count: int, seed: int, *, rounds: int = ROUNDS) -> list[Trial]:
    """Play a run so many times; the same for the same seed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    mean = expected(blocks)
    alone = rounds * blocks.slots
    together = 0 if blocks.count <= alone else (blocks.count // blocks.slots - 2) * blocks.slots
    return [_played(blocks, *_taken_together(blocks, mean, together, rng), rng) for _ in range(count)]


def _taken_together(blocks: Blocks, mean: Expected, count: int, rng: np.random.Generator) -> tuple[Trial, int]:
    """So many blocks at once, up to the moment when none of them waits; and how many are left.

    The seconds of all cores together are the mean of so many blocks, and what chance adds: their own spread, and more
    or fewer failures than expected.
    """
    made = Trial()
    if not count:
        return made, blocks.count
    work, busy = blocks.pieces * blocks.piece, mean.busy * count
    tasks, nodes = blocks.task_rate * busy, blocks.node_rate * busy / blocks.cores
    made.tasks, made.nodes = int(rng.poisson(tasks)), int(rng.poisson(nodes))
    ended = tasks + nodes * blocks.cores
    lost = max(busy - blocks.undisturbed * count, 0.0) / ended if ended else 0.0
    total = mean.seconds * count
    if blocks.spread:
        each = blocks.spread * blocks.spread / count
        total += work * count * (float(rng.gamma(1 / each, each)) - 1)
    total += (made.tasks - tasks) * lost + (made.nodes - nodes) * blocks.cores * (lost + blocks.repair)
    if mean.given_up:
        made.lost = int(rng.poisson(mean.given_up * count)) * mean.lost / mean.given_up
    made.seconds = max(total, 0.0) / blocks.slots
    return made, blocks.count - count


def _played(blocks: Blocks, made: Trial, count: int, rng: np.random.Generator) -> Trial:
    """The rest of a run, block by block, from the moment that `made` says on."""
    draws = _Draws(blocks, rng)
    begin, mean = made.seconds, blocks.undisturbed
    # After a part that was taken together each core is somewhere in a block, unless nothing is left to chance; at the
    # beginning of a run all are free.
    apart = begin > 0 and (blocks.spread > 0 or blocks.rate > 0)
    phases = (rng.random(blocks.slots) - 0.5) * mean if apart else np.zeros(blocks.slots)
    free = [(max(begin + phase, 0.0), slot) for slot, phase in enumerate(phases.tolist())]
    heapq.heapify(free)
    fails = [begin + next(draws.node) for _ in range(blocks.nodes)]
    counted = [0.0] * blocks.nodes
    again: list[tuple[float, int, int, float]] = []  # when, pieces left, attempts so far, seconds of a piece
    made.seconds = max(begin, max(moment for moment, _ in free))
    while count or again:
        now, slot = free[0]
        node = slot // blocks.cores
        if now >= fails[node]:
            back = fails[node] + blocks.repair
            if now < back:
                heapq.heapreplace(free, (back, slot))
            else:
                fails[node] = back + next(draws.node)
            continue
        if again and again[0][0] <= now:
            _, left, attempts, piece = heapq.heappop(again)
        elif count:
            count, left, attempts, piece = count - 1, blocks.pieces, 0, blocks.piece * next(draws.factor)
        else:
            heapq.heapreplace(free, (again[0][0], slot))  # it waits for a block that is going to fail
            continue
        done, stop = now + blocks.start + left * piece, min(now + next(draws.task), fails[node])
        if done <= stop:
            made.seconds = max(made.seconds, done)
            heapq.heapreplace(free, (done, slot))
            continue
        gone = stop >= fails[node]
        made.tasks += not gone
        if gone and counted[node] != fails[node]:  # once for all its cores
            made.nodes, counted[node] = made.nodes + 1, fails[node]
        heapq.heapreplace(free, (stop + blocks.repair if gone else stop, slot))
        kept = int(max(stop - now - blocks.start, 0.0) // piece) if piece else left
        left = max(left - kept, 1)
        if blocks.retries is not None and attempts >= blocks.retries:
            made.lost += left
            made.seconds = max(made.seconds, stop)
        else:
            heapq.heappush(again, (stop, left, attempts + 1, piece))
    return made


class _Draws:
    """Random numbers one by one, which are drawn by thousands."""

    def __init__(self, blocks: Blocks, rng: np.random.Generator) -> None:
        self.task = _waits(blocks.task_rate, rng)
        self.node = _waits(blocks.node_rate, rng)
        shape = 1 / (blocks.spread * blocks.spread) if blocks.spread else 0.0
        self.factor = _one_by_one(lambda n: rng.gamma(shape, 1 / shape, n)) if shape else _always(1.0)


def _waits(rate: float, rng: np.random.Generator) -> Iterator[float]:
    """Seconds until the next failure."""
    return _one_by_one(lambda n: rng.exponential(1 / rate, n)) if rate else _always(math.inf)


def _always(value: float) -> Iterator[float]:
    while True:
        yield value


def _one_by_one(draw: Callable[[int], np.ndarray]) -> Iterator[float]:
    while True:
        yield from draw(_DRAWN).tolist()
