"""``python -m tests.mutants [--count 60] [--seed S]``: changes the code, and prints what no test notices."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .change import Change, sample
from .near import LAWS, near, served

ROOT = Path(__file__).resolve().parents[2]
COMPILING = ("numba_inside", "numba_lean", "numba_passes", "numba_quick", "units", "views")
COPIED = ("imgproc", "augment", "gallery", "tests", "kernels", "docs", ".github", ".ci")


def copied(folder: Path) -> Path:
    """A copy of the project, in which the code can be changed."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy2(path, folder / path.name)
    return folder


def fails(root: Path, tests: list[str], seconds: float, cache: str = "") -> str:
    """The first test that fails, or nothing.  Tests that do not come back are a failure, too."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    if cache:
        environment["XDG_CACHE_HOME"] = cache
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return "did not come back"
    if done.returncode in (0, 5):  # all passed, or there was none
        return ""
    named = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return named[0].partition(" - ")[0] if named else f"status {done.returncode}"


def tried(change: Change, root: Path, seconds: float, whole: bool = True) -> str:
    """Make a change; run the tests near it, the laws of the names it serves, then all laws.  Who noticed it."""
    path = root / change.file
    text = path.read_text()
    path.write_text(change.apply(text))
    names = " or ".join(served(root, change.file))
    with tempfile.TemporaryDirectory() as empty:
        # Kernels that were compiled before the change would hide one of the compiling itself.
        cache = empty if path.stem in COMPILING else ""
        try:
            return (
                fails(root, near(root, change.file), seconds, cache)
                or (names and fails(root, [LAWS, "-k", names], seconds, cache))
                or (fails(root, [LAWS], 3 * seconds, cache) if whole else "")
            )
        finally:
            path.write_text(text)


def main(arguments: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="Change the code; do tests notice?")
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", default="", metavar="PART", help="files whose name holds this")
    parser.add_argument("--seconds", type=float, default=600, help="for the tests near a change")
    parser.add_argument("--skip", type=int, default=0, metavar="N", help="go on after the first N changes")
    parser.add_argument("--near", action="store_true", help="do not ask all laws in the end")
    parser.add_argument("--list", action="store_true", help="print the changes and the tests near them, run nothing")
    given = parser.parse_args(arguments)
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        root = copied(Path(folder))
        for k, change in enumerate(sample(root, given.count, given.seed, given.only), 1):
            if k <= given.skip:
                continue
            if given.list:
                print(f"{change}\n    {' '.join(near(root, change.file))}")
                continue
            start = time.time()
            by = tried(change, root, given.seconds, not given.near)
            print(f"{k:3d} {change}  {by or 'SURVIVED'}  ({time.time() - start:.0f} s)", flush=True)
            if not by:
                survivors.append(change)
    if not given.list:
        count = given.count - given.skip
        killed = count - len(survivors)
        print(f"\nseed {given.seed}: {killed} of {count} were noticed ({100 * killed / count:.0f} %)")
        print("\n".join(map(str, survivors)))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
