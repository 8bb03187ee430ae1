"""``python -m gallery speed --against OLD``: two commits, each in processes of its own that run in turns."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imgproc
from imgproc._core.cache import cache_folder

from .._table import Table
from .._timing import milliseconds
from .cases import SIZES, image_text

Key = tuple[str, str, str]
"""A row: the case, the image as text, the peer."""


@dataclass(frozen=True)
class Change:
    """How a row has changed, as speed: above 1 the new commit is the faster one."""

    case: str
    image: str
    peer: str
    before: float
    """Seconds of ours; the median of the runs, as `after`."""
    after: float
    speed: float
    """The peer's time cancels: ours by theirs in the old commit, by ours by theirs in the new one, of the medians."""
    low: float
    """The slowest of the new commit's runs by the fastest of the old one's; `high` is the opposite."""
    high: float

    @property
    def changed(self) -> bool:
        """Whether it is more than the noise: the worst pair of runs says the same."""
        return self.low > 1 or self.high < 1


def main(args: argparse.Namespace) -> int:
    """Measure both commits and print what changed; 1 if a row falls below the limit, and by more than the noise.

    Raises
    ------
    ValueError
        If `OLD` is neither a folder with the library nor a commit, or a run fails.
    """
    here = Path(imgproc.__file__).parents[1]
    with _checked_out(args.against, here) as old:
        folders = {"old": old, "new": here}
        found: dict[str, list[dict[Key, dict[str, Any]]]] = {name: [] for name in folders}
        for turn in range(args.rounds):
            # Each goes first as often as the other.
            for name in list(folders)[:: 1 if turn % 2 == 0 else -1]:
                print(f"run {turn + 1} of {args.rounds}: {name}, {folders[name]}", file=sys.stderr)
                found[name].append(_measured(folders[name], _name_of(args.against) if name == "old" else "new", args))
    changes, alone = compared(found["old"], found["new"])
    print(as_text(changes, alone, args.limit))
    if not changes:
        raise ValueError(f"there is no row that both have: {args.against} may have other names")
    return 1 if any(fallen(change, args.limit) for change in changes) else 0


def compared(old: Sequence[Mapping[Key, Any]], new: Sequence[Mapping[Key, Any]]) -> tuple[list[Change], list[str]]:
    """The rows that all runs of both have, and the names of the others.

    Parameters
    ----------
    old, new : sequence of mapping
        Of each run the rows by their key; a row has "ours" and "theirs" [s], "relative", and what is said of both
        sides: where that has changed, another thing is measured.
    """
    runs = [*old, *new]
    every = dict.fromkeys(key for run in runs for key in run)
    keys = [key for key in every if all(key in run for run in runs) and len({_said(run[key]) for run in runs}) == 1]
    alone = [", ".join(filter(None, key)) for key in every if key not in keys]
    changes = []
    for key in keys:
        before, after = ([run[key]["relative"] for run in side] for side in (old, new))
        seconds = (statistics.median(run[key]["ours"] for run in side) for side in (old, new))
        speed = statistics.median(before) / statistics.median(after)
        changes.append(Change(*key, *seconds, speed, min(before) / max(after), max(before) / min(after)))
    return changes, alone


def _said(row: Mapping[str, Any]) -> tuple[str, str]:
    return row.get("what", ""), row.get("note", "")


def fallen(change: Change, limit: float) -> bool:
    """Whether a row is slower than it may be, and that is more than the noise."""
    return change.speed < limit and change.high < 1


def as_text(changes: Sequence[Change], alone: Sequence[str], limit: float) -> str:
    """What changed by more than the noise, the median, and what could not be compared."""
    changed = sorted((change for change in changes if change.changed), key=lambda change: change.speed)
    parts = []
    if changed:
        rows = tuple(
            (
                c.case, c.image, c.peer, milliseconds(c.before), milliseconds(c.after),
                f"{c.speed:.2f}×", f"{c.low:.2f}–{c.high:.2f}", "BELOW THE LIMIT" if fallen(c, limit) else "",
            )
            for c in changed
        )  # fmt: skip
        header = ("case", "image", "peer", "old [ms]", "new [ms]", "speed", "interval", "")
        parts.append(Table(header, rows, frozenset({0, 1, 2, 7})).as_text())
    if changes:
        median = statistics.median(change.speed for change in changes)
        below = sum(fallen(change, limit) for change in changes)
        parts.append(
            f"{len(changed)} of {len(changes)} rows changed by more than the noise; median speed {median:.3f}× of the "
            f"old one's; {below} below {limit:g}"
        )
    if alone:
        parts.append("\n".join(["only in one of them, or measured otherwise:", *(f"  {name}" for name in alone)]))
    return "\n\n".join(parts)


@contextlib.contextmanager
def _checked_out(old: str, here: Path) -> Iterator[Path]:
    """The folder of the other one; a commit is checked out beside this one's repository, and removed afterwards."""
    if Path(old).is_dir():
        if not Path(old, "gallery", "speed").is_dir():
            raise ValueError(f"{old} must be a checkout of this library, with gallery/speed in it")
        yield Path(old).resolve()
        return
    with tempfile.TemporaryDirectory(prefix="imgproc-speed-") as folder:
        at = Path(folder, "old")
        _git(here, "worktree", "add", "--detach", str(at), old)
        try:
            yield at
        finally:
            _git(here, "worktree", "remove", "--force", str(at))


def _git(here: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(["git", "-C", str(here), *arguments], capture_output=True, text=True)
    except FileNotFoundError:
        raise ValueError("--against needs git, or a folder with the other commit") from None
    if done.returncode:
        raise ValueError(f"git {' '.join(arguments)}: {done.stderr.strip()}")


def _name_of(old: str) -> str:
    """A name for the cache of its kernels, which is kept: the next comparison with it compiles nothing."""
    return "".join(c if c.isalnum() else "-" for c in old)[-80:]


def _measured(folder: Path, name: str, args: argparse.Namespace) -> dict[Key, dict[str, Any]]:
    """The rows of one run, in a process that has that folder's packages and a cache of its own."""
    with tempfile.TemporaryDirectory(prefix="imgproc-speed-") as made:
        figures = Path(made, "figures.json")
        command = [sys.executable, "-m", "gallery", "speed", *args.names, "--no-first-call"]
        command += ["--seconds", str(args.seconds), "--json", str(figures), "--out", str(Path(made, "out"))]
        for size in args.size or SIZES:
            command += ["--size", str(size)]
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        if (kept := cache_folder()) is not None:
            environment["NUMBA_CACHE_DIR"] = str(kept / "speed-against" / name)
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        # 1: a result disagrees, or a row failed; the figures of the others are there.
        if done.returncode not in (0, 1) or not figures.is_file():
            lines = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()
            raise ValueError(f"{folder}: {next((line for line in lines if 'error:' in line), lines[-1])}")
        plain = json.loads(figures.read_text(encoding="utf-8"))
    return {_key(row): row for row in plain["duels"]}


def _key(row: Mapping[str, Any]) -> Key:
    size = row["size"]
    return row["case"], image_text(tuple(size) if isinstance(size, list) else size, row["kind"]), row["peer"]
