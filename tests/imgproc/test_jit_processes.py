"""Processes that compile the same kernels at once, and C functions that are loaded in another process."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imgproc._core import cache

Start = Callable[..., "subprocess.Popen[str]"]

ROOT = Path(cache.__file__).resolve().parents[2]

KERNELS = """
import numpy as np
from imgproc._core.jit import kernel
from imgproc._core.units import Family, Unit, invoke

@kernel(inner=True)
def part(x, k):
    return x * k + 1.0

@kernel
def a(x):
    total = 0.0
    for i in range(x.size):
        total += part(x[i], 1.0) if x[i] > 2.0 else part(x[i], 2.0)
    return total

@kernel
def b(x):
    return a(x) + part(x[0], 3.0)

@kernel
def c(x):
    return b(x) * 2.0

@kernel
def d(x):
    return x.sum()

def scale(row, n, parameters):
    for i in range(n):
        row[i] = part(row[i], parameters[0]) + parameters[1]
    return n

SCALE = Unit(Family("int64", (("T", 1), ("int64", 0), ("T", 1))), scale)

@kernel
def call(address, row, n, parameters):
    return invoke(address, np.int64(0), (row, n, parameters))
"""

EXPECTED = {"a": 24.0, "b": 25.0, "c": 50.0, "d": 15.0}

CALLER = """
import random, sys
import numpy as np
import _shared_kernels

x = np.arange(6.0)
names = ["a", "b", "c", "d"]
random.Random(int(sys.argv[1])).shuffle(names)
for name in names:
    kernel = getattr(_shared_kernels, name)
    value = kernel(x)
    print(name, value, sum(kernel.dispatcher.stats.cache_misses.values()), flush=True)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a Python process on a piece of code, with a cache of its own; what still runs at the end is killed."""
    (tmp_path / "_shared_kernels.py").write_text(KERNELS)
    running = []

    def run(code: str, *arguments: object, **variables: str) -> subprocess.Popen[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
        environment = {**inherited, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", **variables}
        environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
        command = [sys.executable, "-c", code, *map(str, arguments)]
        running.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return running[-1]

    yield run
    for process in running:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def finish(process: subprocess.Popen[str], timeout: float = 200) -> list[list[str]]:
    said, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0
    return [line.split() for line in said.splitlines()]


def leftover(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").rglob(".*") if path.name not in (".cleaned", ".uses"))


def test_processes_that_start_together_compile_each_kernel_once(start: Start, tmp_path: Path) -> None:
    """In another order each.  A kernel that another one calls is compiled for that one too, so twice at most."""
    lines = [line for process in [start(CALLER, i) for i in range(4)] for line in finish(process)]
    assert len(lines) == 16
    for name, value in EXPECTED.items():
        mine = [line for line in lines if line[0] == name]
        assert {float(line[1]) for line in mine} == {value}
        assert 1 <= sum(int(line[2]) for line in mine) <= 2, name
    assert not leftover(tmp_path)
    assert all(line[2] == "0" for line in finish(start(CALLER, 9)))


@pytest.mark.skipif(os.name == "nt", reason="kills without a chance to clean up")
def test_processes_that_are_killed_hinder_nobody(start: Start, tmp_path: Path) -> None:
    choice = random.Random(5)
    for turn in range(2):
        processes = [start(CALLER, i) for i in range(4)]
        for victim in processes[:2]:
            time.sleep(choice.uniform(0.4, 1.2))
            victim.kill()
        began = time.monotonic()
        for process in processes[2:]:
            assert {line[0]: float(line[1]) for line in finish(process)} == EXPECTED
        assert time.monotonic() - began < cache.WAIT_SECONDS, turn
        for file in (tmp_path / "cache").rglob(f"*{cache.SUFFIX}"):
            file.unlink()


HOLD = """
import sys, time
from pathlib import Path
from imgproc._core.cache import Claim

claim = Claim(Path(sys.argv[1]))
print(claim.wait(), flush=True)
time.sleep(float(sys.argv[2]))
claim.release()
"""


def test_a_claim_is_waited_for_and_handed_on(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "file"
    holder = start(HOLD, file, 1.0)
    assert holder.stdout.readline() == "False\n"
    claim = cache.Claim(file)
    assert claim.wait()
    assert holder.wait(timeout=20) == 0
    claim.release()
    assert not (tmp_path / f".{file.name}.lock").exists()


def test_a_claim_of_the_dead_is_free_at_once(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "file"
    holder = start(HOLD, file, 100)
    assert holder.stdout.readline() == "False\n"
    holder.kill()
    holder.wait()
    claim = cache.Claim(file)
    assert not claim.wait(seconds=1000)
    claim.release()


def test_nobody_waits_longer_than_the_limit(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "file"
    holder = start(HOLD, file, 100)
    assert holder.stdout.readline() == "False\n"
    claim = cache.Claim(file)
    began = time.monotonic()
    assert claim.wait(seconds=0.3)
    assert 0.2 < time.monotonic() - began < 20
    claim.release()  # what is not ours stays
    assert (tmp_path / f".{file.name}.lock").exists()


def test_a_kernel_that_does_not_compile_gives_its_claim_back(start: Start, tmp_path: Path) -> None:
    code = """
import numba
import _shared_kernels

for _ in range(2):
    try:
        _shared_kernels.a("text")
    except numba.TypingError:
        print("refused")
"""
    assert finish(start(code)) == [["refused"], ["refused"]]
    assert not leftover(tmp_path)


UNIT = """
import sys, threading
import numpy as np
import _shared_kernels

assert "numba" not in sys.modules
unit, call = _shared_kernels.SCALE, _shared_kernels.call
found = []
threads = [threading.Thread(target=lambda: found.append(unit.address(T="float32"))) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(set(found)) == 1
row, parameters = np.arange(3, dtype=np.float32), np.array([2.0, 0.5], np.float32)
assert call(found[0], row, 3, parameters) == 3
assert unit.address(T="float64") != found[0]
print(*row, sum(sum(made.stats.cache_hits.values()) for made in unit.made))
"""


def test_units_are_compiled_once_and_loaded_elsewhere(start: Start, tmp_path: Path) -> None:
    assert finish(start(UNIT)) == [["1.5", "3.5", "5.5", "0"]]
    assert finish(start(UNIT)) == [["1.5", "3.5", "5.5", "2"]]
    for file in (tmp_path / "cache").rglob(f"*{cache.SUFFIX}"):
        file.write_bytes(file.read_bytes()[:-100])
    assert finish(start(UNIT)) == [["1.5", "3.5", "5.5", "0"]]


def test_files_of_units_hold_no_address(start: Start, tmp_path: Path) -> None:
    """Two processes have their libraries at other addresses, and write the same code."""
    contents = []
    for _ in range(2):
        finish(start(UNIT, PYTHONHASHSEED="0"))
        files = sorted((tmp_path / "cache").rglob(f"*scale*{cache.SUFFIX}"))
        contents.append([file.read_bytes() for file in files])
        for file in (tmp_path / "cache").rglob(f"*{cache.SUFFIX}"):
            file.unlink()
    assert len(contents[0]) == 4  # two units, and the kernels that are part of them
    assert contents[0] == contents[1]


def test_without_compilation_units_run_in_python(start: Start) -> None:
    assert finish(
        start(
            UNIT.replace("sum(sum(made.stats.cache_hits.values()) for made in unit.made)", "len(unit.made)"),
            NUMBA_DISABLE_JIT="1",
        )
    ) == [["1.5", "3.5", "5.5", "0"]]
