"""Measuring the cases: every figure that the tables and the page of the speed benchmark show."""

from __future__ import annotations

import datetime
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

import imgproc
from imgproc._core.declare import Case, Function, Peer, Size, levels_unless_drawn
from imgproc._core.formats import channels_of
from imgproc._core.threads import available_cpus

from .._machine import machine
from .._timing import compare, one_thread, ratio
from . import cases as table
from .cases import photo, photos, sides, size_text
from .measure import calls_of_opencv, first_call, peak_extra_bytes, peak_resident_bytes
from .processes import two_processes

MIN_RUNS, MIN_SLOW_RUNS, SLOW = 5, 3, 0.5
"""Rounds at least; and of calls that together take more than so many seconds."""
WARM_CALLS, WARM_SECONDS = 6, 0.3
"""Calls before any is timed, unless they take longer: a chain is recorded at its fifth image."""


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
    default: bool = False
    """Whether both sides were called with no option that could be left out."""
    opencv: tuple[str, ...] = ()
    """Functions of OpenCV that both sides call."""
    our_error: tuple[float, float] | None = None
    """Largest and root-mean-square difference from the same in float64; None where that was not computed."""
    their_error: tuple[float, float] | None = None
    images: int = 1
    """How many different images the calls got in turns."""

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
    processes: float | None
    """How many times as much two processes do as one, in the same minute: what the machine allows.  None where
    processes cannot be forked."""
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
    size: Size
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
    reasons: dict[str, list[str]] = field(default_factory=dict)
    """Public names without a row, by the reason."""

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
            yield f"{m.case} {size_text(m.size)} memory", m.met
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

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Report:
        """The report that `as_json` has written.

        Raises
        ------
        ValueError
            If it is another one, or of another version of this library.
        """
        kinds = {"duels": Duel, "threads": Threads, "memory": Memory, "first": First}
        try:
            given = {entry.name: plain[entry.name] for entry in fields(cls)}
            for name, kind in kinds.items():
                given[name] = [
                    kind(**{entry.name: _untangled(row[entry.name]) for entry in fields(kind)}) for row in plain[name]
                ]
            return cls(**given)
        except (KeyError, TypeError) as error:
            raise ValueError(f"these are no figures of this version's speed table: {error}") from error


def _untangled(value: Any) -> Any:
    """A value as it was before it was written: JSON has lists in place of tuples."""
    return tuple(value) if isinstance(value, list) else value


Job = tuple[str, Callable[[Report], None]]


def jobs(
    cases: Sequence[Case], sizes: Iterable[Size] | None, seconds: float, *, first_calls: bool, full: bool = False
) -> list[Job]:
    """The measurements to make, named, in order; each adds its rows to the report it is called with.

    `sizes` are those of functions, None for the usual ones; `full` adds the rows that take long, and more sizes.
    """
    chosen = sorted(set(sizes or (table.FULL_SIZES if full else table.SIZES)), key=lambda size: np.prod(sides(size)))
    made: list[Job] = []
    for case in cases:
        if case.full and not full:
            continue
        own = case.size is not None
        made += _own_size_jobs(case, case.size, seconds) if own else _sizes_jobs(case, chosen, seconds, not sizes)
    if first_calls:
        for case in cases:
            if case.first:
                made.append((f"{case.name} first call", _adder("first", _first, case)))
    return made


def _sizes_jobs(case: Case, sizes: Sequence[Size], seconds: float, usual: bool) -> list[Job]:
    made: list[Job] = []
    for size in sizes:
        made += _duel_jobs(case, size, seconds)
        made.append((f"{case.name} {size_text(size)} memory", _adder("memory", _memory, case, size)))
    large = max(sides(sizes[-1])) >= table.THREADS_FROM
    if available_cpus() >= 2 and (large or (usual and case.name in table.THREADED)):
        at = sizes[-1] if large else table.THREADS_SIZE
        made.append(_threads_job(case, at, table.TWO_THREADS_AT_LEAST, seconds))
    return made


def _own_size_jobs(case: Case, size: Size, seconds: float) -> list[Job]:
    made = _duel_jobs(case, size, seconds)
    if available_cpus() >= 2 and case.threads is not None:
        made.append(_threads_job(case, size, case.threads, seconds))
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


class Turns:
    """A call that gets one image after the other."""

    def __init__(self, call: Function, images: Sequence[Any]) -> None:
        self.call, self.images, self.next = call, images, 0
        self.took = 0.0
        """Seconds of the last call of `warm`."""

    def __call__(self) -> Any:
        """The result for the next image."""
        image = self.images[self.next]
        self.next = (self.next + 1) % len(self.images)
        return self.call(image)

    def warm(self) -> None:
        """Call it as often as `WARM_CALLS` and `WARM_SECONDS` say, and begin again with the first image."""
        end = time.perf_counter() + WARM_SECONDS
        for done in range(WARM_CALLS):
            start = time.perf_counter()
            if done and start > end:
                break
            self()
            self.took = time.perf_counter() - start
        self.next = 0


def _duel(case: Case, size: Size, name: str, peer: Peer, seconds: float) -> Duel:
    images = case.images() if case.images else photos(case.kind, size)
    if case.prepare:
        images = [case.prepare(image) for image in images]
    image = images[0]
    ours, theirs = Turns(case.ours, images), Turns(peer.call, images)
    with one_thread():
        start = time.perf_counter()
        result = case.ours(image)
        first = time.perf_counter() - start
        apart, errors = _compared(case, peer, image, result)
        del result
        both = calls_of_opencv(ours.warm) & calls_of_opencv(theirs.warm)
        slow = ours.took + theirs.took > SLOW
        least = MIN_SLOW_RUNS if slow else MIN_RUNS
        times = compare({"ours": ours, "theirs": theirs}, seconds=seconds, min_runs=least, compiled=True)
        if both and not slow:  # a chain that is recorded by now may call less
            both &= calls_of_opencv(lambda: case.ours(image))
    mine, other = times["ours"], times["theirs"]
    return Duel(
        case.name, case.what, case.kind, size, name, peer.note,
        len(mine.runs), mine.median, mine.quartiles, first, other.median, other.quartiles, ratio(mine, other),
        peer.limit, apart, peer.unit, peer.tolerance, case.group, case.default, tuple(sorted(both)),
        *errors, len(images),
    )  # fmt: skip


Error = tuple[float, float] | None


def _compared(case: Case, peer: Peer, image: np.ndarray, result: Any) -> tuple[float | None, tuple[Error, Error]]:
    """How far the results are apart, and how far both are from what is exact."""
    if peer.difference is None:
        return None, (None, None)
    theirs = peer.call(image)
    if peer.difference is levels_unless_drawn:
        again = _picture(case.ours(image)), _picture(peer.call(image))
        result, theirs = _picture(result), _picture(theirs)
        if not all(np.array_equal(*pair, equal_nan=True) for pair in zip((result, theirs), again)):
            return None, (None, None)
        if np.shape(result) != np.shape(theirs):
            return None, (None, None)
    apart = peer.difference(result, theirs)
    if not apart or case.reference is None:
        return apart, (None, None)
    exact = case.reference(image)
    return apart, (_error(_picture(result), exact), _error(_picture(theirs), exact))


def _picture(result: Any) -> np.ndarray:
    """The image of a result of a chain."""
    return result["image"] if isinstance(result, dict) else result


def _error(result: np.ndarray, exact: np.ndarray) -> tuple[float, float]:
    apart = np.abs(np.asarray(result, np.float64) - exact)
    return float(apart.max(initial=0)), float(np.sqrt(np.mean(apart * apart)))


def _threads(case: Case, size: Size, at_least: float, seconds: float) -> Threads:
    image = _one(case, size)

    def on(threads: int) -> Callable[[], Any]:
        def call() -> Any:
            imgproc.set_num_threads(threads)
            return case.ours(image)

        return call

    with one_thread():
        _same(on(1)(), on(2)())
        before = two_processes(on(1), seconds / 2)
        times = compare({"one": on(1), "two": on(2)}, seconds=seconds, min_runs=MIN_RUNS)
        after = two_processes(on(1), seconds / 2)
    one, two = times.values()
    control = None if before is None or after is None else statistics.mean((before, after))
    return Threads(case.name, case.kind, size, one.median, two.median, ratio(one, two), control, at_least)


def _one(case: Case, size: Size) -> Any:
    """The first image, prepared if need be."""
    image = photo(case.kind, size)
    return case.prepare(image) if case.prepare else image


def _same(one: Any, two: Any) -> None:
    one, two = (r if isinstance(r, tuple) else (r,) for r in (one, two))
    if not all(np.array_equal(a, b) for a, b in zip(one, two, strict=True)):
        raise AssertionError("the result depends on the number of threads")


def _memory(case: Case, size: Size) -> Memory:
    image = _one(case, size)
    h, w = sides(size)
    plane = 4.0 * h * w
    with one_thread():
        traced = peak_extra_bytes(lambda: case.ours(image))
        resident = peak_resident_bytes(lambda: case.ours(image)) if min(h, w) >= table.RESIDENT_FROM else None
    channels = channels_of(photo(case.kind, size))
    return Memory(case.name, case.kind, size, channels, traced / plane, None if resident is None else resident / plane)


def _first(case: Case) -> First:
    cost = first_call(case.first, module=case.module)
    return First(case.name, case.first, cost.imported, cost.warm, cost.cold, cost.start, case.module)
