"""The line that a person at a terminal sees while kernels compile, in fresh interpreters with and without one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import imgproc

pty = pytest.importorskip("pty", reason="this system has no terminals of that kind")

SLOW = """
import time
import numpy as np
from imgproc._core import notice
from imgproc._core.jit import Kernel

notice.AFTER_SECONDS = 0.05

def first(x):
    return x + 1

def second(x):
    return x + 2

def calls():
    Kernel(first)(np.ones(3))
    Kernel(second)(np.ones(3))
"""

WORKER = (
    SLOW
    + """
if __name__ == "__main__":
    import multiprocessing
    process = multiprocessing.get_context("{method}").Process(target=calls)
    process.start()
    process.join()
    assert process.exitcode == 0
"""
)


def said(tmp_path: Path, code: str, *, terminal: bool = True, **variables: str) -> str:
    """What a process writes to stderr."""
    file = tmp_path / "code.py"
    file.write_text(code)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "IMGPROC_QUIET"))}
    environment |= {"PYTHONPATH": str(Path(imgproc.__file__).parents[1]), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(file)],
        env={**environment, **variables},
        stderr=slave if terminal else subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    os.close(slave)
    written = b""
    try:
        while terminal:
            more = os.read(master, 4096)
            if not more:
                break
            written += more
    except OSError:  # the other end is closed
        pass
    _, piped = process.communicate(timeout=100)
    os.close(master)
    assert process.returncode == 0, written
    return (written + (piped or b"")).decode()


def test_a_person_at_a_terminal_is_told_once(tmp_path: Path) -> None:
    lines = said(tmp_path, SLOW + "calls()").splitlines()
    assert len(lines) == 1
    assert "python -m imgproc warmup" in lines[0]
    assert "IMGPROC_QUIET" in lines[0]


def test_nobody_is_told_what_takes_no_time(tmp_path: Path) -> None:
    assert said(tmp_path, SLOW.replace("0.05", "50") + "calls()") == ""


def test_nothing_is_said_into_a_file(tmp_path: Path) -> None:
    assert said(tmp_path, SLOW + "calls()", terminal=False) == ""


def test_a_variable_turns_it_off(tmp_path: Path) -> None:
    assert said(tmp_path, SLOW + "calls()", IMGPROC_QUIET="1") == ""


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_workers_say_nothing(tmp_path: Path, method: str) -> None:
    assert said(tmp_path, WORKER.replace("{method}", method)) == ""


def test_a_forked_child_says_nothing(tmp_path: Path) -> None:
    code = SLOW + "import os\npid = os.fork()\nif not pid:\n    calls()\n    os._exit(0)\nos.waitpid(pid, 0)\n"
    assert said(tmp_path, code) == ""


def test_a_process_without_stderr_compiles(tmp_path: Path) -> None:
    assert said(tmp_path, SLOW + "import sys\nsys.stderr = None\ncalls()") == ""
