"""Kernels and their cache, in fresh interpreters on a copy of the package with two kernels of its own."""

from __future__ import annotations

import os
import pickle
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import imgproc
from imgproc._core import jit as _jit

INNER = """
from ._jit import kernel

@kernel
def square(x):
    return x * x
"""

OUTER = """
from ._jit import kernel
from ._probe_inner import square

@kernel
def sum_of_squares(values, skip):
    total = 0.0
    for i in range(skip, values.size):
        total += square(values[i])
    return total

@kernel
def read(values, i):
    return values[i]

@kernel
def add_up(values, total):
    for i in range(values.size):
        total[0] = total[0] + values[i]
    return total[0]
"""

CALL = """
import numpy as np
from imgproc._core.jit import cache_folder
from imgproc._probe import read, sum_of_squares

values = np.arange(4.0)
values.flags.writeable = False
print(sum_of_squares(values, 0))
"""

STATISTICS = """
statistics = sum_of_squares.dispatcher.stats
print(sum(statistics.cache_hits.values()), sum(statistics.cache_misses.values()))
"""

FULL_DISK = """
from numba.core.caching import IndexDataCacheFile

def save(*_):
    raise OSError(28, "No space left on device")

IndexDataCacheFile.save = save
"""

FOLDER = "import imgproc._core.jit; print(imgproc._core.jit.cache_folder())"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a copy of the package and two more modules, as an installation of its own."""
    site = tmp_path / "site"
    shutil.copytree(Path(imgproc.__file__).parent, site / "imgproc", ignore=shutil.ignore_patterns("__pycache__"))
    (site / "imgproc" / "_probe_inner.py").write_text(INNER)
    (site / "imgproc" / "_probe.py").write_text(OUTER)
    return site


@pytest.fixture
def python(run_python: Callable[..., str], site: Path, tmp_path: Path) -> Callable[..., str]:
    """`run_python` on the copy, with a cache folder of its own."""

    def run(code: str, **environment: str | None) -> str:
        own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "NUMBA_CACHE_DIR": None}
        return run_python(code, cwd=site, **{**own, **environment})

    return run


def cached(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.nb?"))


def test_second_process_loads_from_the_cache(python: Callable[..., str], tmp_path: Path) -> None:
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert cached(tmp_path)
    assert python(CALL + STATISTICS).split() == ["14.0", "1", "0"]


def test_a_changed_helper_in_another_file_recompiles_its_caller(python: Callable[..., str], site: Path) -> None:
    before = python(CALL + "print(cache_folder())").split()
    (site / "imgproc" / "_probe_inner.py").write_text(INNER.replace("x * x", "x + x"))
    after = python(CALL + "print(cache_folder())").split()
    assert (before[0], after[0]) == ("14.0", "12.0")
    assert before[1] != after[1]


def test_sources_with_kernels_and_the_version_of_numba_name_the_folder(python: Callable[..., str], site: Path) -> None:
    folders = {python(FOLDER)}
    (site / "imgproc" / "_none.py").write_text("")
    assert {python(FOLDER)} == folders
    (site / "imgproc" / "_new.py").write_text("# @kernel\n")
    folders.add(python(FOLDER))
    (site / "imgproc" / "_version.py").write_text('__version__ = "9.9.9"\n')
    folders.add(python(FOLDER))
    folders.add(python(f"import numba; numba.__version__ = '0.0'; {FOLDER}"))
    assert len(folders) == 4
    assert sum(Path(folder).name.startswith("9.9.9-") for folder in folders) == 2


def test_bounds_checks_have_a_folder_of_their_own(python: Callable[..., str]) -> None:
    code = (
        CALL
        + """
try:
    read(values, 100)
except IndexError:
    print("checked")
print(cache_folder())
"""
    )
    unchecked = python(CALL + "print(cache_folder())").split()
    checked = python(code, NUMBA_BOUNDSCHECK="1").split()
    assert checked[:2] == ["14.0", "checked"]
    assert checked[2] != unchecked[1]


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps its caches elsewhere")
@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "HOME"])
@pytest.mark.parametrize("further", ["", "further/down"])
def test_works_where_no_cache_can_be_written(
    python: Callable[..., str], tmp_path: Path, variable: str, further: str
) -> None:
    """Permissions do not stop root, a file in place of a folder does."""
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    environment = {"XDG_CACHE_HOME": None, variable: str(blocked / further)}
    assert python(CALL + "print(cache_folder())", **environment).split() == ["14.0", "None"]


def test_a_full_disk_is_no_error(python: Callable[..., str], tmp_path: Path) -> None:
    assert python(FULL_DISK + CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert not cached(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"\x80\x05 nonsense"])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_damaged_cache_is_replaced(python: Callable[..., str], tmp_path: Path, suffix: str, damage: bytes) -> None:
    python(CALL)
    for file in cached(tmp_path):
        if file.suffix == suffix:
            file.write_bytes(damage)
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert python(CALL + STATISTICS).split() == ["14.0", "1", "0"]


def test_a_cache_removed_while_in_use_is_no_error(python: Callable[..., str]) -> None:
    code = CALL + "import shutil; shutil.rmtree(cache_folder()); print(sum_of_squares(values.astype('f4'), 0))"
    assert python(code).split() == ["14.0", "14.0"]


def test_old_folders_are_removed_and_others_left(python: Callable[..., str], tmp_path: Path) -> None:
    base = tmp_path / "cache" / "imgproc-augment"
    for name, days in (("0.0.1-old", 60), ("0.0.2-recent", 3)):
        (base / name).mkdir(parents=True)
        when = (base / name).stat().st_mtime - days * 86400
        os.utime(base / name, (when, when))
    folder = Path(python(FOLDER))
    assert sorted(p.name for p in base.iterdir()) == sorted(["0.0.2-recent", folder.name])


def test_a_read_only_install_works_and_is_not_written_to(
    python: Callable[..., str], site: Path, tmp_path: Path
) -> None:
    """Root may write all the same, so what counts is that nothing was."""
    before = sorted(site.rglob("*"))
    folders = [site, *(path for path in before if path.is_dir())]
    for folder in folders:
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert python(CALL, PYTHONDONTWRITEBYTECODE="1") == "14.0"
    finally:
        for folder in folders:
            folder.chmod(stat.S_IRWXU)
    assert sorted(site.rglob("*")) == before
    assert cached(tmp_path)


WRAP = """
from imgproc._probe import add_up
print(type(add_up.dispatcher).__name__)
print(add_up(np.full(2, 200, np.uint8), np.zeros(1, np.uint8)))
"""


def test_without_compilation_arithmetic_is_the_same(python: Callable[..., str], tmp_path: Path) -> None:
    code = "import warnings; warnings.simplefilter('error')" + CALL + WRAP
    assert python(code, NUMBA_DISABLE_JIT="1").split() == ["14.0", "function", "144"]
    assert not cached(tmp_path)
    assert python(code, NUMBA_DISABLE_JIT="0").split() == ["14.0", "CPUDispatcher", "144"]


def test_concurrent_first_calls(python: Callable[..., str]) -> None:
    """Each of two kernels is made while another thread may be compiling one that calls it."""
    code = """
import threading
import numpy as np
from imgproc._probe import sum_of_squares
from imgproc._probe_inner import square

start, results = threading.Barrier(8), []

def call(i):
    start.wait()
    values = np.arange(4, dtype=("f4", "f8", "u1", "u2")[i // 2])
    results.append(sum_of_squares(values, 0) if i % 2 else square(values[3]) + 5.0)

threads = [threading.Thread(target=call, args=(i,), daemon=True) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(timeout=200)
print(results, len(sum_of_squares.dispatcher.signatures))
"""
    assert python(code) == f"{[14.0] * 8} 4"


def test_kernels_pickle_into_a_process_that_has_not_imported_them(python: Callable[..., str]) -> None:
    code = """
import multiprocessing
import numpy as np

if __name__ == "__main__":
    from imgproc._probe import sum_of_squares  # not at the top, where the children would import it too

    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply_async(sum_of_squares, (np.arange(4.0), 0)).get(timeout=60))
"""
    assert python(code) == "14.0"


@pytest.mark.parametrize("kernel", _jit.KERNELS, ids=lambda k: k.__name__)
def test_every_kernel_pickles_as_itself(kernel: _jit.Kernel) -> None:
    assert pickle.loads(pickle.dumps(kernel)) is kernel


def test_a_kernel_keeps_its_name_and_docstring() -> None:
    def double(x: np.ndarray) -> np.ndarray:
        """Twice."""
        return x * 2

    made = _jit.Kernel(double)
    assert (made.__name__, made.__doc__, made.function) == ("double", "Twice.", double)


def test_numba_is_told_three_options_only() -> None:
    made = _jit.Kernel(lambda x: x + 1)
    options = getattr(made.dispatcher, "targetoptions", {})  # a plain function without compilation
    chosen = {name: value for name, value in options.items() if value is not None}
    assert chosen in ({}, {"nopython": True, "nogil": True, "error_model": "numpy"})


# --- python -m imgproc ------------------------------------------------------------------------------------------------

MAIN = "import sys; from imgproc.__main__ import main; sys.exit(main({arguments}))"


def test_info(python: Callable[..., str], tmp_path: Path) -> None:
    said = python(MAIN.format(arguments=["info"]))
    for name in ("imgproc", "python", "numpy", "numba", "llvmlite", "scipy", "cv2", "skimage", "CPU", "threads"):
        assert any(line.startswith(name) for line in said.splitlines()), name
    assert str(tmp_path / "cache") in said
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    said = python(MAIN.format(arguments=["info"]), XDG_CACHE_HOME=str(blocked), NUMBA_BOUNDSCHECK="1")
    assert "none, nothing writable" in said
    assert "on (NUMBA_BOUNDSCHECK)" in said


def test_without_a_command_there_is_help(python: Callable[..., str]) -> None:
    said = python(MAIN.format(arguments=[]))
    assert "warmup" in said
    assert "info" in said


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    from imgproc.__main__ import main

    with pytest.raises(SystemExit) as caught:
        main(["wormup"])
    assert caught.value.code == 2
    assert "'wormup' (choose from" in capsys.readouterr().err


def test_warmup_tells_compiled_from_cached_and_names_what_was_left(python: Callable[..., str]) -> None:
    """On a package whose only kernels are those of the probe, one of which no function reaches."""
    code = """
import sys
import imgproc._inventory as examples
from imgproc import _jit

_jit.KERNELS.clear()
from imgproc._probe import add_up, read, sum_of_squares
_jit.KERNELS.remove(add_up)
import imgproc.__main__
from imgproc.__main__ import main
imgproc.__main__._run_chains = lambda: None

def energy(image):
    sum_of_squares(image.reshape(-1), 0)

examples.functions_of_images = lambda: {"energy": energy}
sys.stderr = sys.stdout
print("exit status", main(["warmup"]))
"""
    reaching = code.replace("reshape(-1), 0)", "reshape(-1), 0)\n    read(image.reshape(-1), 0)")

    def counts(said: str) -> dict[str, list[str]]:
        return {line.split()[0]: line.split()[1:3] for line in said.splitlines() if line.startswith("_probe")}

    first = python(code)
    assert counts(first) == {"_probe.sum_of_squares": ["4", "0"], "_probe_inner.square": ["4", "0"]}
    assert "not compiled: _probe.read" in first
    assert first.endswith("exit status 1")

    second = python(reaching)
    assert counts(second)["_probe.sum_of_squares"] == ["0", "4"]
    assert counts(second)["_probe_inner.square"] == ["part", "of"]
    assert counts(second)["_probe.read"] == ["4", "0"]
    assert "not compiled" not in second
    assert second.endswith("exit status 0")


def test_warmup_without_compilation_says_so(python: Callable[..., str]) -> None:
    code = "import sys; sys.stderr = sys.stdout\nfrom imgproc.__main__ import main\nprint(main(['warmup']))"
    assert python(code, NUMBA_DISABLE_JIT="1").split("\n") == ["nothing to compile: NUMBA_DISABLE_JIT is set", "1"]


def test_numbers_that_kernels_use_stand_in_files_whose_change_renews_the_cache() -> None:
    """The cache's folder is named by the files with kernels: a constant elsewhere would change without notice."""
    import ast
    import importlib
    import pkgutil

    import augment
    import imgproc
    from imgproc._core.jit import KERNELS, _sources

    for package in (imgproc, augment):
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    hashed = {name.removesuffix(".py").replace("/", ".").removesuffix(".__init__") for name, _ in _sources()}
    strangers = []
    for kernel in KERNELS:
        code, space = kernel.function.__code__, kernel.function.__globals__
        module = kernel.function.__module__
        imported = {
            alias.asname or alias.name: node
            for node in ast.parse(Path(space["__file__"]).read_text()).body
            if isinstance(node, ast.ImportFrom) and node.level
            for alias in node.names
        }
        for name in code.co_names:
            if name in imported and isinstance(space.get(name), (int, float, tuple, str)):
                node = imported[name]
                parent = module.split(".")[: -node.level] + ([node.module] if node.module else [])
                if ".".join(parent) not in hashed:
                    strangers.append(f"{module}.{kernel.__name__}: {name}")
    assert not strangers
