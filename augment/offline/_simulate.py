"""How long a run over many images will take, on how many machines, and what it costs: `simulate_run`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer, one_of, positive, real

from ._block_times import Blocks, attempts_of_a_piece, expected
from ._trials import trials as played

__all__ = ["RunForecast", "simulate_run"]

HOUR = 3600.0
MOST_CORES, MOST_ATTEMPTS = 200_000, 1000
BLOCK = 1000
STEPS = ("decode", "chain", "encode")


@dataclasses.dataclass(frozen=True, slots=True)
class RunForecast:
    """What `simulate_run` expects of a run.

    Attributes
    ----------
    images, blocks : int
        What is written, and in how many parts it is scheduled.
    nodes, cores : int
        Machines, and the cores of each.
    steps : dict of float
        Milliseconds that an image takes a core, by step: decode, chain, encode.
    limits : dict of float
        Images a second that the whole run could do if there were one limit only: ``cores``, ``network in``,
        ``network out``, ``store``.
    wall : str
        What the run waits for: the slowest step if the cores are the limit, else ``network in``, ``network out`` or
        ``store``.
    bytes_read, bytes_written : float
        With what is done again after failures.
    hours : float
        Mean of the simulated runs.
    quantiles : dict of float
        Hours by quantile.
    undisturbed_hours : float
        If nothing failed and all cores ended together.
    mean_hours : float
        With failures, and all cores ending together: computed, not simulated.
    task_failures, node_failures : float
        How many there are in a run, on average.
    repeated : float
        Time of cores that failures cost, repairs aside, as a fraction of the work.
    lost_images : float
        How many are never made on average, because their block failed too often.
    node_hours, core_hours, cost : float
        Of the mean run.  The cost is in the currency of the prices.

    Examples
    --------
    >>> from augment.pipeline import simulate_run
    >>> made = simulate_run(
    ...     10**9, nodes=10, cores=64, decode=1000, chain=2500, encode=500, bytes_in=1e5, bytes_out=1e5, network=3e9
    ... )
    >>> type(made).__name__
    'RunForecast'
    """

    images: int
    blocks: int
    nodes: int
    cores: int
    steps: dict[str, float]
    limits: dict[str, float]
    wall: str
    bytes_read: float
    bytes_written: float
    hours: float
    quantiles: dict[float, float]
    undisturbed_hours: float
    mean_hours: float
    task_failures: float
    node_failures: float
    repeated: float
    lost_images: float
    node_hours: float
    core_hours: float
    cost: float

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON.

        Returns
        -------
        dict
            Limits that are not there are left out, and quantiles are by text.
        """
        made = dataclasses.asdict(self)
        made["limits"] = {name: rate for name, rate in self.limits.items() if math.isfinite(rate)}
        made["quantiles"] = {f"{q:g}": hours for q, hours in self.quantiles.items()}
        return made

    def report(self) -> str:
        """Say it in lines for people.

        Returns
        -------
        str
        """
        total = sum(self.steps.values())
        shares = ", ".join(f"{name} {ms:.3g} ms ({ms / total:.0%})" for name, ms in self.steps.items())
        limits = ", ".join(f"{name} {rate:,.0f}" for name, rate in self.limits.items() if math.isfinite(rate))
        quantiles = ", ".join(f"{q:.0%}: {spoken_time(hours)}" for q, hours in self.quantiles.items())
        per_second = self.images / (self.hours * HOUR)
        lines = [
            f"{self.images:,} images in {self.blocks:,} blocks on {self.nodes:,} {_noun(self.nodes, 'node')} of "
            f"{self.cores:,} {_noun(self.cores, 'core')}",
            f"an image takes a core {total:.3g} ms: {shares}",
            f"images a second that each limit allows: {limits}",
            f"the wall: {self.wall}",
            f"time: {spoken_time(self.hours)} on average ({quantiles}), {per_second:,.0f} images a second; "
            f"{spoken_time(self.undisturbed_hours)} if nothing failed",
            f"moved: {spoken_bytes(self.bytes_read)} read, {spoken_bytes(self.bytes_written)} written",
            f"failures: {self.task_failures:,.3g} of tasks, {self.node_failures:,.3g} of nodes, "
            f"{self.repeated:.2%} of the work is done again",
            f"{self.node_hours:,.4g} node-hours, {self.core_hours:,.4g} core-hours, cost {self.cost:,.2f}",
        ]
        if self.lost_images:
            lines.append(f"NOT MADE: {self.lost_images:,.3g} images, whose blocks failed too often: allow more retries")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.report()


def simulate_run(
    images: int,
    *,
    cores: int,
    nodes: int = 1,
    copies: int = 1,
    decode: float | None = None,
    chain: float | None = None,
    encode: float | None = None,
    bytes_in: float = 0.0,
    bytes_out: float = 0.0,
    network: float | None = None,
    store: float | None = None,
    block_size: int = BLOCK,
    resume: str = "image",
    start: float = 0.0,
    spread: float = 0.1,
    task_failures: float = 0.0,
    node_failures: float = 0.0,
    repair: float = 300.0,
    retries: int | None = None,
    node_price: float = 0.0,
    traffic_price: float = 0.0,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    trials: int = 100,
    seed: int = 0,
) -> RunForecast:
    """Say how long a run over many images takes, where its wall is, how much it moves, and what it costs.

    Give it the rates that were measured on one core, and what the machines and the network can do.  It plays the run
    many times, block by block, with failures of tasks and of nodes.

    Parameters
    ----------
    images : int
        How many images are written.
    cores : int
        Of each node that work.
    nodes : int
        Machines that are alike.
    copies : int
        How many of the images come of one source, which is read and decoded once for all of them.
    decode, chain, encode : float, optional
        How fast a core does each step alone [images a second].  None if the run does not have the step.
    bytes_in, bytes_out : float
        Of a source and of an image that is written [bytes].
    network : float, optional
        What a node reads, and at the same time writes [bytes a second].  Default: no limit.
    store : float, optional
        What the store gives and takes for all nodes together, reading and writing added [bytes a second].  Default: no
        limit.
    block_size : int
        Images of a block: one task.
    resume : {"image", "block"}
        What is kept when a task fails: the images that are done, as for files in folders, or nothing, as for archives.
    start : float
        From the start of a task until its first image [s].
    spread : float
        Standard deviation of the time of a block, as a fraction of it.
    task_failures : float
        How often a task fails on one core, for reasons of its own [1 / hour].
    node_failures : float
        How often a node fails, or is taken away [1 / hour].  What runs on it fails.
    repair : float
        Until a node that failed is back, or another one takes its place [s].
    retries : int, optional
        How often a block is tried again before it is given up.  Default: without end.
    node_price : float
        Of a node for an hour.
    traffic_price : float
        Of 10**9 bytes that are read or written.
    quantiles : sequence of float
        Fractions of the simulated runs whose hours are given, between 0 and 1.
    trials : int
        How many runs are simulated.
    seed : int
        Of the simulation: the same seed gives the same forecast, with the same version of NumPy.

    Returns
    -------
    RunForecast

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, if no step has a rate, or if tasks fail so often that the run
        would not end.

    Notes
    -----
    Reading and writing run beside the work of the cores, so that a run is as fast as the slowest of: its cores, the
    network of its nodes in each direction, and the store.  Failures are independent of each other and of time.
    The mean over many blocks follows A. Duda, "The effects of checkpointing on program execution time", Information
    Processing Letters 16, 1983; the last blocks, for which cores wait, come from the simulation.  If there are more
    than 8 blocks for each core, those at the beginning are not played one by one: their sum is drawn.

    Examples
    --------
    >>> from augment.pipeline import simulate_run
    >>> made = simulate_run(
    ...     10**9, nodes=10, cores=64, decode=1000, chain=2500, encode=500, bytes_in=1e5, bytes_out=1e5, network=3e9
    ... )
    >>> made.wall, round(made.undisturbed_hours, 2)
    ('encode', 1.48)
    """
    rates = {"decode": decode, "chain": chain, "encode": encode}
    seconds = {name: 1 / positive(rate, name) for name, rate in rates.items() if rate is not None}
    if not seconds:
        raise ValueError("decode, chain or encode must be given: images a second of a core")
    images = integer(images, "images", at_least=1, at_most=10**13)
    copies = integer(copies, "copies", at_least=1, at_most=10**6)
    if "decode" in seconds:
        seconds["decode"] /= copies
    nodes, cores = integer(nodes, "nodes", at_least=1), integer(cores, "cores", at_least=1)
    if nodes * cores > MOST_CORES:
        raise ValueError(f"nodes * cores must be <= {MOST_CORES}, got {nodes * cores}")
    read, written = real(bytes_in, "bytes_in", at_least=0) / copies, real(bytes_out, "bytes_out", at_least=0)
    limits = _limits(seconds, nodes, cores, read, written, network, store)
    wall = min(limits, key=lambda name: limits[name])
    blocks = _blocks(
        images, integer(block_size, "block_size", at_least=1, at_most=10**6), nodes, cores, 1 / limits[wall],
        resume, start, spread, task_failures, node_failures, repair, retries,
    )  # fmt: skip
    prices = real(node_price, "node_price", at_least=0), real(traffic_price, "traffic_price", at_least=0)
    wanted = _quantiles(quantiles)
    found = played(blocks, integer(trials, "trials", at_least=1, at_most=10_000), integer(seed, "seed", at_least=0))
    mean, undisturbed = expected(blocks), blocks.undisturbed
    hours = np.array([each.seconds for each in found]) / HOUR
    repeated = max(mean.busy / undisturbed - 1, 0.0)
    moved = [images * size * (1 + repeated) for size in (read, written)]
    node_hours = float(hours.mean()) * nodes
    return RunForecast(
        images=images,
        blocks=blocks.count,
        nodes=nodes,
        cores=cores,
        steps={name: 1000 * each for name, each in seconds.items()},
        limits=limits,
        wall=max(seconds, key=lambda name: seconds[name]) if wall == "cores" else wall,
        bytes_read=moved[0],
        bytes_written=moved[1],
        hours=float(hours.mean()),
        quantiles={q: float(np.quantile(hours, q)) for q in wanted},
        undisturbed_hours=blocks.count * undisturbed / blocks.slots / HOUR,
        mean_hours=blocks.count * mean.seconds / blocks.slots / HOUR,
        task_failures=float(np.mean([each.tasks for each in found])),
        node_failures=float(np.mean([each.nodes for each in found])),
        repeated=repeated,
        lost_images=float(np.mean([each.lost for each in found])) * images / (blocks.count * blocks.pieces),
        node_hours=node_hours,
        core_hours=node_hours * cores,
        cost=node_hours * prices[0] + sum(moved) / 1e9 * prices[1],
    )


def _limits(
    seconds: dict[str, float],
    nodes: int,
    cores: int,
    read: float,
    written: float,
    network: float | None,
    store: float | None,
) -> dict[str, float]:
    """Images a second of the whole run, if there were one limit only."""
    wire = math.inf if network is None else nodes * positive(network, "network")
    shared = math.inf if store is None else positive(store, "store")
    return {
        "cores": nodes * cores / sum(seconds.values()),
        "network in": wire / read if read else math.inf,
        "network out": wire / written if written else math.inf,
        "store": shared / (read + written) if read + written else math.inf,
    }


def _blocks(
    images: int,
    block_size: int,
    nodes: int,
    cores: int,
    image: float,
    resume: str,
    start: float,
    spread: float,
    task_failures: float,
    node_failures: float,
    repair: float,
    retries: int | None,
) -> Blocks:
    """The checked model; an `image` comes out of the whole run every so many seconds."""
    count = -(-images // block_size)
    each = image * nodes * cores * images / count  # seconds of a core for a block
    pieces = 1 if one_of(resume, "resume", ("image", "block")) == "block" else max(round(images / count), 1)
    blocks = Blocks(
        count=count,
        pieces=pieces,
        piece=each / pieces,
        start=real(start, "start", at_least=0),
        nodes=nodes,
        cores=cores,
        task_rate=real(task_failures, "task_failures", at_least=0) / HOUR,
        node_rate=real(node_failures, "node_failures", at_least=0) / HOUR,
        repair=real(repair, "repair", at_least=0),
        retries=None if retries is None else integer(retries, "retries", at_least=0, at_most=10_000),
        spread=real(spread, "spread", at_least=0, at_most=1),
    )
    attempts = attempts_of_a_piece(blocks)
    if attempts > MOST_ATTEMPTS:
        whole = "one image" if pieces > 1 else "a whole block (make block_size smaller, or resume by image)"
        raise ValueError(
            f"task_failures and node_failures must leave time for a task to start and do {whole}, got a failure every "
            f"{1 / blocks.rate:.3g} s for {blocks.start + blocks.piece:.3g} s of work"
        )
    return blocks


def _quantiles(values: Any) -> list[float]:
    if isinstance(values, (str, bytes)) or not isinstance(values, (Sequence, np.ndarray)):
        raise TypeError(f"quantiles must be a sequence of numbers, got {type(values).__name__}")
    return [real(q, f"quantiles[{k}]", at_least=0, at_most=1) for k, q in enumerate(values)]


def _noun(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def spoken_time(hours: float) -> str:
    """Hours in a unit that suits them."""
    if hours >= 72:
        return f"{hours / 24:.1f} days"
    if hours >= 1:
        return f"{hours:.2f} h"
    return f"{hours * 60:.3g} min" if hours * 60 >= 1 else f"{hours * HOUR:.3g} s"


def spoken_bytes(count: float) -> str:
    """Bytes in a unit that suits them, of powers of 1000."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} PB"
