"""``python -m imgproc build-kernels``: compile the kernels of all public functions and chains for levels of CPUs.

The kernels go into an archive for each level, beside a manifest; `imgproc._core.shipped` reads them.  What there is to
compile comes from the warm-up tasks of the packages (see `_warmup`): every function and transform is run on 8-bit,
16-bit, float32 and float64 images, grey and RGB.

The work is cut into `PARTS`, each of which a process of its own does with an empty cache.  The parts do not depend on
the number of processes.  Numba numbers the functions of a process, and these numbers become names in the code; so two
builds give the same bytes.
"""

from __future__ import annotations

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ._core import cache, shipped
from ._warmup import choose, tasks_of

__all__: list[str] = []

PARTS = 2
DTYPES = ("uint8", "uint16", "float32", "float64")
CHANNELS = (None, 3)

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time that archives give their files: the same in every build."""


class CannotBuild(ValueError):
    """There is no way to make these kernels here."""


def build(cpus: Sequence[str], out: Path, jobs: int, names: Sequence[str] = ()) -> dict[str, Any]:
    """Compile for these levels, write the archives and the manifest, and return what the manifest says.

    Parameters
    ----------
    cpus : sequence of str
        Levels, of `imgproc._core.shipped.LEVELS`.
    out : Path
        A folder, made if need be.  When all is done, the archives and the manifest in it are replaced, and archives of
        other levels are removed.
    jobs : int
        Number of processes.
    names : sequence of str
        Packages, functions and transforms; none: all.

    Raises
    ------
    CannotBuild
        If this machine cannot run what is compiled for a level, or if a task fails.
    UnknownName
        If a name is not known.
    """
    choose(names)  # names are refused before any work
    for cpu in cpus:
        if not shipped.has_features(cpu):
            raise CannotBuild(f"this CPU lacks features of {cpu}, and kernels are run where they are compiled")
    out.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, Any] = {**shipped.versions(), "levels": {}}
    with tempfile.TemporaryDirectory(dir=out, prefix=".build-") as folder:
        made = []
        for cpu in dict.fromkeys(cpus):
            work = Path(folder, cpu)
            _compile(cpu, work, jobs, names)
            archive = work / f"{cpu}.zip"
            manifest["levels"][cpu] = {"kernels": _pack(work, archive)}
            made.append(archive)
        text = Path(folder, shipped.MANIFEST)
        text.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        for path in [*made, text]:
            os.replace(path, out / path.name)
        for path in set(out.glob("*.zip")) - {out / archive.name for archive in made}:
            path.unlink()
    return manifest


def _compile(cpu: str, work: Path, jobs: int, names: Sequence[str]) -> None:
    """Run all parts, several at a time."""
    work.mkdir()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(_run_part, cpu, work / str(part), part, names) for part in range(PARTS)]
        try:
            for run in concurrent.futures.as_completed(runs):
                run.result()
        except BaseException:
            pool.shutdown(cancel_futures=True, wait=False)
            raise


def _run_part(cpu: str, folder: Path, part: int, names: Sequence[str]) -> None:
    began = time.perf_counter()
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "PYTHONHASH"))}
    ours |= {
        "NUMBA_CPU_NAME": shipped.LEVELS[cpu].cpu,
        "NUMBA_CPU_FEATURES": shipped.LEVELS[cpu].features,  # not set, it would mean the features of this CPU
        "NUMBA_CACHE_DIR": str(folder),
        "PYTHONHASHSEED": "0",
        shipped.VARIABLE: "off",
        "IMGPROC_QUIET": "1",
    }
    command = [sys.executable, "-m", f"{__package__}._build_kernels", str(part), *names]
    done = subprocess.run(command, env=ours, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotBuild(f"part {part} for {cpu} failed:\n{done.stdout}{done.stderr}")
    print(f"{cpu}: part {part + 1} of {PARTS}, {time.perf_counter() - began:.0f} s", flush=True)


def _pack(work: Path, archive: Path) -> dict[str, int]:
    """Put the files of all parts that Python or kernels call into an archive; how many of each kernel there are."""
    files: dict[str, Path] = {}
    for part in range(PARTS):  # of two that have the same key, the one of the lower part is taken
        for path in sorted((work / str(part)).rglob(f"*{cache.SUFFIX}")):
            files.setdefault(path.name, path)
    found: Counter[str] = Counter()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, path in sorted(files.items()):
            content = path.read_bytes()
            _, _, kind, kernel, *_ = cache.key_of(content).split("\n")
            if kind == "entry":
                packed.writestr(zipfile.ZipInfo(name, _LONG_AGO), content, zipfile.ZIP_DEFLATED, 9)
                found[kernel] += 1
    return dict(sorted(found.items()))


def run_part(part: int, names: Sequence[str]) -> Iterable[str]:
    """Run every `PARTS`-th task in this process; what failed."""
    tasks = choose(names)
    known = {package: tasks_of(package, dtypes=DTYPES, channels=CHANNELS) for package, _ in tasks}
    for package, name in tasks[part::PARTS]:
        try:
            known[package][name]()
        except Exception as error:
            yield f"{package} {name}: {type(error).__name__}: {error}"


if __name__ == "__main__":
    failures = list(run_part(int(sys.argv[1]), sys.argv[2:]))
    print("\n".join(failures), file=sys.stderr)
    sys.exit(1 if failures else 0)
