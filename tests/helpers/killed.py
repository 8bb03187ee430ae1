"""Offline runs that are killed again and again: what they have written in the end is that of one that was left alone.

``python tests/helpers/killed.py --kills 500``.  A process is ended by SIGKILL at a random one of the points where
something is half done (a file that is written and not renamed, half a line, labels without a manifest, ...), or after a
random time; with several workers the run itself, one of its workers, or all of them at once.  Then the run is called
again.  A process that comes to the end is compared, byte for byte, and the next output is begun.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]

from augment.pipeline import augment_folder  # noqa: E402
from helpers.offline import CHAIN, make_set, prints, store  # noqa: E402

BUSY = 3
"""The status of a run that has left out a block on which another process works."""


def main() -> int:
    """Kill runs, and compare; 1 if any differs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sets", default="detect,folders,webdataset")
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    kills = complete = 0
    where: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        kinds = chosen.sets.split(",")
        wanted, points, seconds = {}, {}, {}
        for kind in kinds:
            given = make_set(kind, root / kind, 10)
            _one(given, root / f"{kind}-warm", 1)  # kernels are loaded before the first fork
            began = time.monotonic()
            points[kind] = _counted(given, root / f"{kind}-alone")
            seconds[kind] = time.monotonic() - began
            wanted[kind] = prints(root / f"{kind}-alone"), given
        while kills < chosen.kills:
            kind = rng.choice(kinds)
            prints_wanted, given = wanted[kind]
            output = root / "killed"
            shutil.rmtree(output, ignore_errors=True)
            workers = rng.choice((1, 1, 2))
            while True:
                how = rng.choice(("point", "point", "time"))
                ended = _killed(rng, how, given, output, workers, points[kind], seconds[kind], where)
                if ended is None:
                    break
                kills += 1
            complete += 1
            found = prints(output)
            if found != prints_wanted:
                changed = {n for n in {*found, *prints_wanted} if found.get(n) != prints_wanted.get(n)}
                print(f"after {kills} kills: {kind} differs with {workers} workers in {sorted(changed)[:10]}")
                return 1
    print(f"{kills} kills, {complete} outputs equal to those of runs that were left alone; ended at {dict(where)}")
    return 0


def _one(given: Path, output: Path, workers: int) -> Any:
    return augment_folder(CHAIN, given, output, copies=3, keep_originals=True, workers=workers)


def _counted(given: Path, output: Path) -> int:
    """How many points a run comes to that is left alone."""
    seen: list[str] = []
    store._watch.append(seen.append)
    try:
        assert _one(given, output, 1).complete
    finally:
        store._watch.clear()
    return len(seen)


def _killed(rng: random.Random, how: str, given: Path, output: Path, workers: int, points: int, seconds: float,
            where: collections.Counter[str]) -> str | None:  # fmt: skip
    """Run in a process of its own, and kill it; None if it came to the end before."""
    last = rng.randrange(points) if how == "point" else -1
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        if last >= 0:
            _die_at(last, writer)
        status = 1
        with contextlib.suppress(BaseException):
            status = 0 if _one(given, output, workers).complete else BUSY
        os._exit(status)
    os.close(writer)
    if how == "time":
        time.sleep(rng.random() * seconds * 1.1)
        victims = _workers_of(child) if workers > 1 and rng.random() < 0.4 else []
        with contextlib.suppress(ProcessLookupError):
            if victims:
                os.kill(rng.choice(victims), signal.SIGKILL)  # the run goes on without it
            elif rng.random() < 0.5:
                os.kill(child, signal.SIGKILL)
            else:
                os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    point = os.read(reader, 100).decode()
    os.close(reader)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
        if how == "time" and victims:
            where["a worker"] += 1
        return None
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == BUSY:
        where["not complete"] += 1  # a process that was left behind was still waiting for its disk
        if where["not complete"] > 10:
            raise SystemExit("blocks stay locked")
        return _killed(rng, how, given, output, workers, points, seconds, where)
    if os.WIFEXITED(status):
        raise SystemExit(f"a run ended by itself with status {os.WEXITSTATUS(status)}")
    where[point or "any time"] += 1
    return point or "any time"


def _die_at(last: int, writer: int) -> None:
    count = 0
    own = os.getpid()

    def reached(point: str) -> None:
        nonlocal count
        count += 1
        if count > last and os.getpid() == own:
            os.write(writer, point.encode())
            os.kill(own, signal.SIGKILL)

    store._watch.append(reached)


def _workers_of(process: int) -> list[int]:
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:
        return []
    return [int(number) for number in text.split()]


if __name__ == "__main__":
    sys.exit(main())
