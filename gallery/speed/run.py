"""Measuring the cases: every figure that the tables and the page of the speed benchmark show."""

from __future__ import annotations

import datetime
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

import imgproc
from imgproc._core.declare import Case, Peer, Size
from imgproc._core.formats import channels_of
from imgproc._core.threads import available_cpus

from .._machine import machine
from .._timing import compare, one_thread, ratio
from . import cases as table
from .cases import photo, size_text
from .measure import first_call, peak_extra_bytes, peak_resident_bytes

MIN_RUNS = 5


@dataclass(frozen=True)
class Duel:
    """Ours against one peer on one image; times in seconds."""

    case: str
    what: str
    kind: str
    size: Size
    peer: str
    note: str
    runs: int
    ours: float
    ours_quartiles: tuple[float, float]
    ours_first: float
    """The call before all others, in which kernels were compiled or loaded if they had not been yet."""
    theirs: float
    theirs_quartiles: tuple[float, float]
    relative: float
    """Median over the rounds of our time by theirs."""
    limit: float | None
    difference: float | None
    unit: str
    tolerance: float | None
    group: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        return None if self.limit is None else self.relative <= self.limit

    @property
    def agrees(self) -> bool | None:
        """Whether the results are within the tolerance; None where the peer computes something else."""
        if self.tolerance is None or self.difference is None:
            return None
        return self.difference <= self.tolerance


@dataclass(frozen=True)
class Threads:
    """Ours with two threads against one."""

    case: str
    kind: str
    size: Size
    one: float
    two: float
    speedup: float
    """Median over the rounds of the time of one thread by that of two."""
    machine: float
    """The same ratio for two independent jobs that share nothing: what the machine allowed in the same rounds."""
    at_least: float = table.TWO_THREADS_AT_LEAST

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.speedup >= self.at_least


@dataclass(frozen=True)
class Memory:
    """Peak extra memory of ours on one thread, output excluded, in float32 planes of the image's (h, w)."""

    case: str
    kind: str
    size: int
    channels: int
    planes: float
    """As tracemalloc sees it: what NumPy allocated."""
    resident_planes: float | None
    """As Linux sees it: what the process touched, by compiled code too."""
    at_most: float = table.PLANES_AT_MOST

    @property
    def peak(self) -> float:
        """The larger of both."""
        return max(self.planes, self.resident_planes or 0.0)

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.peak <= self.at_most


@dataclass(frozen=True)
class First:
    """First call in a new process, in seconds; `warm` and `cold` without the import."""

    case: str
    expression: str
    imported: float
    warm: float
    cold: float
    start: float = 0.0
    """The interpreter's own start."""
    module: str = "imgproc"

    @property
    def met(self) -> tuple[bool, bool, bool | None]:
        """Whether import, import and warm call, and import and cold call keep their limits.

        For chains the interpreter's start counts with the warm call, and the cold call has no limit.
        """
        if self.module == "augment":
            return (
                self.imported <= table.CHAIN_IMPORT_AT_MOST,
                self.start + self.imported + self.warm <= table.CHAIN_START_AT_MOST,
                None,
            )
        return (
            self.imported <= table.IMPORT_AT_MOST,
            self.imported + self.warm <= table.WARM_AT_MOST,
            self.imported + self.cold <= table.COLD_AT_MOST,
        )


@dataclass
class Report:
    """One run of the benchmark."""

    date: str
    machine: str
    cpus: int
    load: float | None
    """Load average over the minute before: well above 0, others were computing too."""
    seconds: float
    duels: list[Duel] = field(default_factory=list)
    threads: list[Threads] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)
    first: list[First] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    explained: dict[str, str] = field(default_factory=dict)
    """What our call of a case does, in lines of text."""
    left_out: list[str] = field(default_factory=list)

    @property
    def warmup(self) -> float:
        """Seconds that compiling kernels, or loading them from the cache, took in this process."""
        return sum(max(0.0, d.ours_first - d.ours_quartiles[1]) for d in self.duels)

    def targets(self) -> Iterator[tuple[str, bool]]:
        """Every target, in words, and whether it was met."""
        for d in self.duels:
            if d.met is not None:
                yield f"{d.case} {size_text(d.size)} against {d.peer}", d.met
        for t in self.threads:
            yield f"{t.case} {size_text(t.size)} on two threads", t.met
        for m in self.memory:
            yield f"{m.case} {m.size}² memory", m.met
        for f in self.first:
            for what, met in zip(("import", "first call, warm cache", "first call, cold"), f.met, strict=True):
                if met is not None:
                    yield f"{f.case} {what}", met

    def as_json(self) -> dict[str, Any]:
        """Everything as plain values, `met` and `agrees` included."""
        plain = asdict(self) | {"warmup": self.warmup}
        for name in ("duels", "threads", "memory", "first"):
            for entry, row in zip(plain[name], getattr(self, name), strict=True):
                entry["met"] = row.met
                if isinstance(row, Duel):
                    entry["agrees"] = row.agrees
        return plain


Job = tuple[str, Callable[[Report], None]]


def jobs(cases: Sequence[Case], sizes: Iterable[int], seconds: float, *, first_calls: bool) -> list[Job]:
    """The measurements to make, named, in order; each adds its rows to the report it is called with."""
    sizes = sorted(set(sizes))
    made: list[Job] = []
    for case in cases:
        made += _own_size_jobs(case, seconds) if case.size is not None else _sizes_jobs(case, sizes, seconds)
    if first_calls:
        for case in cases:
            if case.first:
                made.append((f"{case.name} first call", _adder("first", _first, case)))
    return made


def _sizes_jobs(case: Case, sizes: Sequence[int], seconds: float) -> list[Job]:
    made: list[Job] = []
    for size in sizes:
        made += _duel_jobs(case, size, seconds)
        made.append((f"{case.name} {size}² memory", _adder("memory", _memory, case, size)))
    if available_cpus() >= 2 and sizes[-1] >= table.THREADS_FROM:
        made.append(_threads_job(case, sizes[-1], table.TWO_THREADS_AT_LEAST, seconds))
    return made


def _own_size_jobs(case: Case, seconds: float) -> list[Job]:
    made = _duel_jobs(case, case.size, seconds)
    if available_cpus() >= 2 and case.threads is not None:
        made.append(_threads_job(case, case.size, case.threads, seconds))
    if case.explain:
        made.append((f"{case.name} passes", lambda report: report.explained.update({case.name: case.explain()})))
    return made


def _duel_jobs(case: Case, size: Size, seconds: float) -> list[Job]:
    return [
        (f"{case.name} {size_text(size)} {name}", _adder("duels", _duel, case, size, name, peer, seconds))
        for name, peer in case.peers.items()
    ]


def _threads_job(case: Case, size: Size, at_least: float, seconds: float) -> Job:
    return f"{case.name} two threads", _adder("threads", _threads, case, size, at_least, seconds)


def new_report(seconds: float) -> Report:
    """An empty report with the date and the machine."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Report(date, machine(), available_cpus(), load, seconds)


def _adder(rows: str, measure: Callable[..., Any], *args: Any) -> Callable[[Report], None]:
    return lambda report: getattr(report, rows).append(measure(*args))


def _duel(case: Case, size: Size, name: str, peer: Peer, seconds: float) -> Duel:
    image = photo(case.kind, size)
    with one_thread():
        start = time.perf_counter()
        result = case.ours(image)
        first = time.perf_counter() - start
        apart = None if peer.difference is None else peer.difference(result, peer.call(image))
        del result
        times = compare(
            {"ours": lambda: case.ours(image), "theirs": lambda: peer.call(image)}, seconds=seconds, min_runs=MIN_RUNS
        )
    ours, theirs = times["ours"], times["theirs"]
    return Duel(
        case.name, case.what, case.kind, size, name, peer.note,
        len(ours.runs), ours.median, ours.quartiles, first, theirs.median, theirs.quartiles, ratio(ours, theirs),
        peer.limit, apart, peer.unit, peer.tolerance, case.group,
    )  # fmt: skip


def _threads(case: Case, size: Size, at_least: float, seconds: float) -> Threads:
    image = photo(case.kind, size)
    data = bytes(1 << 20)

    def on(threads: int) -> Callable[[], Any]:
        def call() -> Any:
            imgproc.set_num_threads(threads)
            return case.ours(image)

        return call

    def hashed(_: int) -> bytes:
        return hashlib.sha256(data).digest()  # releases the GIL

    with one_thread(), ThreadPoolExecutor(2) as pool:
        _same(on(1)(), on(2)())
        calls = {"one": on(1), "two": on(2)}
        calls |= {"alone": lambda: [hashed(0), hashed(1)], "together": lambda: list(pool.map(hashed, range(2)))}
        times = compare(calls, seconds=seconds, min_runs=MIN_RUNS)
    one, two, alone, together = times.values()
    faster, allowed = ratio(one, two), ratio(alone, together)
    return Threads(case.name, case.kind, size, one.median, two.median, faster, allowed, at_least)


def _same(one: Any, two: Any) -> None:
    one, two = (r if isinstance(r, tuple) else (r,) for r in (one, two))
    if not all(np.array_equal(a, b) for a, b in zip(one, two, strict=True)):
        raise AssertionError("the result depends on the number of threads")


def _memory(case: Case, size: int) -> Memory:
    image = photo(case.kind, size)
    plane = 4.0 * size * size
    with one_thread():
        traced = peak_extra_bytes(lambda: case.ours(image))
        resident = peak_resident_bytes(lambda: case.ours(image)) if size >= table.RESIDENT_FROM else None
    channels = channels_of(image)
    return Memory(case.name, case.kind, size, channels, traced / plane, None if resident is None else resident / plane)


def _first(case: Case) -> First:
    cost = first_call(case.first, module=case.module)
    return First(case.name, case.first, cost.imported, cost.warm, cost.cold, cost.start, case.module)
