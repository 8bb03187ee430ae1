"""How long a block of images takes on a core where tasks and nodes fail: expected values, without a simulation."""

from __future__ import annotations

import dataclasses

from imgproc._core.elementary import exp, expm1

__all__: list[str] = []


@dataclasses.dataclass(frozen=True, slots=True)
class Blocks:
    """The work of a run, and what goes wrong.

    A block is taken by one core, which works for `start` seconds before the first piece, and `piece` seconds on each.
    A failure ends the attempt; pieces that are done are kept.  The failures of a task, and of a node, come at
    random with a constant rate, whatever happened before.

    References
    ----------
    A. Duda, "The effects of checkpointing on program execution time", Information Processing Letters 16, 1983.
    """

    count: int
    pieces: int
    """Of a block."""
    piece: float
    """[s]"""
    start: float
    """[s]"""
    nodes: int
    cores: int
    """Of a node."""
    task_rate: float
    """Failures of a task on a core [1/s]."""
    node_rate: float
    """Failures of a node [1/s], which end the tasks of all its cores."""
    repair: float
    """[s] that a node is away."""
    retries: int | None
    spread: float
    """Standard deviation of the time of a block, as a fraction of it."""

    @property
    def slots(self) -> int:
        """Cores of all nodes."""
        return self.nodes * self.cores

    @property
    def undisturbed(self) -> float:
        """Seconds of a block without failures."""
        return self.start + self.pieces * self.piece

    @property
    def rate(self) -> float:
        """Failures that a core sees [1/s]."""
        return self.task_rate + self.node_rate

    @property
    def away(self) -> float:
        """Seconds that a core is away after a failure, on the average of all failures."""
        return self.repair * self.node_rate / self.rate if self.rate else 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Expected:
    """Mean values of a block.

    `seconds` is the time of a core, repairs of its node included, and `busy` the same without repairs; `lost` are the
    pieces that are never done, and `given_up` is the probability that there are any.
    """

    seconds: float
    busy: float
    lost: float = 0.0
    given_up: float = 0.0


def expected(blocks: Blocks) -> Expected:
    """Mean values of a block, exactly.

    With failures of rate r and any number of retries, a piece of c seconds that begins anew after each failure takes
    ``(exp(r c) - 1) (1 / r + away)`` on average, where `away` is the mean time until the next attempt (Duda 1983).
    With a limit of retries it is the same recursion, once for each attempt.
    """
    if not blocks.rate:
        return Expected(blocks.undisturbed, blocks.undisturbed)
    if blocks.retries is None:
        return Expected(_without_limit(blocks, blocks.away), _without_limit(blocks, 0.0))
    return Expected(
        _with_limit(blocks, 1.0, blocks.away, 0.0, 0.0),
        _with_limit(blocks, 1.0, 0.0, 0.0, 0.0),
        _with_limit(blocks, 0.0, 0.0, 1.0, 0.0),
        _with_limit(blocks, 0.0, 0.0, 0.0, 1.0),
    )


def attempts_of_a_piece(blocks: Blocks) -> float:
    """How often the longest thing that must not be interrupted, a start and one piece, begins on average."""
    return exp(blocks.rate * (blocks.start + blocks.piece))


def _without_limit(blocks: Blocks, away: float) -> float:
    mean = 1 / blocks.rate + away
    again = mean * expm1(blocks.rate * blocks.start)
    return again + blocks.pieces * expm1(blocks.rate * blocks.piece) * (mean + again)


def _with_limit(blocks: Blocks, clock: float, away: float, lost_piece: float, lost_block: float) -> float:
    """A sum over the attempts of a block: its seconds (`clock` 1), or what the pieces cost that are left at the end."""
    rate, tries = blocks.rate, (blocks.retries or 0) + 1
    starts, done = exp(-rate * blocks.start), exp(-rate * blocks.piece)
    starting, working = (-clock * expm1(-rate * t) / rate for t in (blocks.start, blocks.piece))
    below = [lost_piece * n + lost_block for n in range(blocks.pieces + 1)]
    for _ in range(tries):
        found, running = [0.0], 0.0
        for n in range(1, blocks.pieces + 1):
            failed = away + below[n]
            running = working + done * running + (1 - done) * failed
            found.append(starting + starts * running + (1 - starts) * failed)
        same = abs(found[-1] - below[-1]) <= 1e-12 * abs(found[-1])
        below = found
        if same:
            break  # further attempts change nothing
    return below[-1]
