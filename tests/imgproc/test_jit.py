"""Kernels and their cache, in fresh interpreters on a copy of the package with two kernels of its own."""

from __future__ import annotations

import os
import pickle
import shutil
import stat
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import imgproc
from imgproc._core import cache, fingerprint, units
from imgproc._core import jit as _jit

INNER = """
from ._core.jit import kernel

@kernel
def square(x):
    return x * x
"""

OUTER = """
from ._core.jit import kernel
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
import os

def replace(*_):
    raise OSError(28, "No space left on device")

os.replace = replace
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
    return sorted((tmp_path / "cache").rglob(f"*{cache.SUFFIX}"))


def test_second_process_loads_from_the_cache(python: Callable[..., str], tmp_path: Path) -> None:
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert cached(tmp_path)
    assert python(CALL + STATISTICS).split() == ["14.0", "1", "0"]


# --- what makes a kernel compile anew ---------------------------------------------------------------------------------

EDITED = {
    "_probe_numbers.py": "SCALE = 3.0\nWEIGHTS = (1.0, 2.0)\nUNUSED = 1\n",
    "_probe_deep.py": """
from . import _probe_numbers
from ._core.jit import Choice, Intrinsic, kernel
from ._probe_numbers import SCALE

@kernel
def deepest(x):
    return x * SCALE

@kernel(inner=True)
def other(x):
    return x + _probe_numbers.WEIGHTS[1]

choice = Choice("no such feature", deepest, other)

def _make(extra):
    def build(intrinsic):
        from llvmlite import ir

        def add(context, x):
            def generate(context, builder, signature, args):
                return builder.fadd(args[0], ir.Constant(args[0].type, extra))

            return x(x), generate

        return intrinsic(add)

    return Intrinsic(build)

add = _make(0.5)
""",
    "_probe_middle.py": """
from ._core.jit import kernel
from ._probe_deep import add, choice, deepest, other

@kernel
def helped(x):
    return deepest(x)

@kernel
def chosen(x):
    return choice(x)

@kernel
def added(x):
    return add(x)

@kernel
def alone(x):
    \"\"\"A docstring.\"\"\"
    return x - 1.0
""",
}

ALL_FOUR = """
from imgproc._probe_middle import added, alone, chosen, helped

kernels = {"helped": helped, "chosen": chosen, "added": added, "alone": alone}
values = [kernel(2.0) for kernel in kernels.values()]
compiled = [name for name, kernel in kernels.items() if kernel.dispatcher.stats.cache_misses]
print(*values, *compiled)
"""


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("_probe_deep.py", "", "", "6.0 4.0 2.5 1.0"),
        ("_probe_deep.py", "x * SCALE", "x * SCALE + 1", "7.0 4.0 2.5 1.0 helped chosen"),
        ("_probe_numbers.py", "3.0", "4.0", "8.0 4.0 2.5 1.0 helped chosen"),
        ("_probe_numbers.py", "2.0)", "5.0)", "6.0 7.0 2.5 1.0 chosen"),
        ("_probe_numbers.py", "UNUSED = 1", "UNUSED = 2", "6.0 4.0 2.5 1.0"),
        ("_probe_deep.py", "_make(0.5)", "_make(0.25)", "6.0 4.0 2.25 1.0 added"),
        ("_probe_deep.py", "builder.fadd", "builder.fsub", "6.0 4.0 1.5 1.0 added"),
        ("_probe_middle.py", "x - 1.0", "x - 1.5", "6.0 4.0 2.5 0.5 alone"),
        ("_probe_middle.py", "A docstring.", "Another one, and\n    of two lines.", "6.0 4.0 2.5 1.0"),
        ("_probe_middle.py", "@kernel\ndef helped", "# a comment\n\n\n@kernel\ndef helped", "6.0 4.0 2.5 1.0"),
        ("_probe_deep.py", "return x * SCALE", "y = x * SCALE\n    return y", "6.0 4.0 2.5 1.0 helped chosen"),
    ],
)
def test_an_edit_recompiles_what_it_touches(
    python: Callable[..., str], site: Path, file: str, old: str, new: str, said: str
) -> None:
    for name, text in EDITED.items():
        (site / "imgproc" / name).write_text(text)
    assert python(ALL_FOUR) == "6.0 4.0 2.5 1.0 helped chosen added alone"
    path = site / "imgproc" / file
    path.write_text(path.read_text().replace(old, new))
    assert python(ALL_FOUR) == said


def test_functions_that_a_kernel_reaches_are_hashed_by_what_they_hold() -> None:
    """Each pair differs in one thing only."""

    def of(source: str, **names: object) -> str:
        space: dict[str, object] = {"__name__": __name__, "np": np, **names}
        exec(source, space)
        return fingerprint.fingerprint(space["f"])

    plain = of("def f(x):\n    return x + A", A=1)
    assert of("\n\n\ndef f(x):\n    # why\n    return x + A", A=1, B=3) == plain
    others = [
        of("def f(x):\n    return x - A", A=1),
        of("def f(x):\n    return x + A", A=2),
        of("def f(x):\n    return x + A", A=1.0),
        of("def f(x):\n    return x + A", A=True),
        of("def f(x):\n    return x + A", A=np.int64(1)),
        of("def f(x):\n    return x + A", A=np.array([1])),
        of("def f(x):\n    return x + A", A=np.array([1], np.uint8)),
        of("def f(x):\n    return x + A", A=(1,)),
        of("def f(x):\n    return x + A", A=np.float32),
        of("def f(x):\n    return x + A", A=np.float64),
        of("def f(x):\n    return x + A", A=0.0),
        of("def f(x):\n    return x + A", A=-0.0),
        of("def f(x, y=1):\n    return x + A", A=1),
        of("def f(x, y=2):\n    return x + A", A=1),
        of("def f(y):\n    return y + B", B=1),
    ]
    assert len({plain, *others}) == 1 + len(others)


def test_two_functions_are_not_taken_for_each_other_when_exchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "ROOTS", {__name__.partition(".")[0]})

    def make(value: int) -> Callable[[int], int]:
        def g(x: int) -> int:
            return x + value

        return g

    def f(x: int) -> int:
        return first(second(x))

    before = _with(f, first=make(1), second=make(2))
    after = _with(f, first=make(2), second=make(1))
    assert fingerprint.fingerprint(before) != fingerprint.fingerprint(after)
    assert fingerprint.fingerprint(before) == fingerprint.fingerprint(_with(f, first=make(1), second=make(2)))


def _with(function: Any, **names: object) -> Any:
    return types.FunctionType(function.__code__, {"__name__": __name__, **names}, "f")


first = second = None


@pytest.mark.parametrize("kernel", _jit.KERNELS, ids=lambda k: k.__name__)
def test_every_kernel_is_hashed_by_its_own_sources(kernel: _jit.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of ours holds a value for which all files around it would be hashed."""
    monkeypatch.setattr(fingerprint, "_parts_of", {})
    monkeypatch.setattr(units._Kind, "_reaches", lambda kind: ("type",))  # no test of this process may have run a chain
    monkeypatch.setattr(fingerprint, "_surroundings", lambda function: pytest.fail(f"in {function}"))
    assert len(fingerprint.fingerprint(kernel.function)) == 64


def test_what_cannot_be_hashed_is_told_by_the_files_around_it() -> None:
    strange = _with(test_what_cannot_be_hashed_is_told_by_the_files_around_it, pytest=object())
    plain = _with(test_what_cannot_be_hashed_is_told_by_the_files_around_it, pytest=None)
    assert fingerprint._surroundings(strange) in fingerprint._parts(strange)
    assert fingerprint.fingerprint(strange) != fingerprint.fingerprint(plain)
    assert pytest is not None


@pytest.mark.parametrize(
    "setting",
    [
        {"NUMBA_OPT": "1"},
        {"NUMBA_LOOP_VECTORIZE": "0"},
        {"NUMBA_SLP_VECTORIZE": "1"},
        {"NUMBA_BOUNDSCHECK": "1"},
        {"NUMBA_CPU_NAME": "generic"},
        {"NUMBA_DEBUGINFO": "1"},
        {"NUMBA_DISABLE_INTEL_SVML": "1"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_settings_have_files_of_their_own(python: Callable[..., str], setting: dict[str, str]) -> None:
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert python(CALL + STATISTICS, **setting).split() == ["14.0", "0", "1"]
    assert python(CALL + STATISTICS, **setting).split() == ["14.0", "1", "0"]


@pytest.mark.parametrize("module", ["numba", "llvmlite"])
def test_versions_have_files_of_their_own(python: Callable[..., str], module: str) -> None:
    other = f"import {module}; {module}.__version__ = '0.0'\n"
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert python(other + CALL + STATISTICS).split() == ["14.0", "0", "1"]


def test_the_folder_is_named_by_our_version(python: Callable[..., str], site: Path) -> None:
    assert Path(python(FOLDER)).name == imgproc.__version__
    (site / "imgproc" / "_version.py").write_text('__version__ = "9.9.9"\n')
    assert Path(python(FOLDER)).name == "9.9.9"


def test_code_without_optimisation_is_not_taken_for_the_optimised(python: Callable[..., str]) -> None:
    """Numba itself cannot keep what it makes with ``NUMBA_OPT=0``: there are addresses in it."""
    assert python(CALL + STATISTICS, NUMBA_OPT="0").split() == ["14.0", "0", "1"]
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert python(CALL + STATISTICS, NUMBA_OPT="0").split() == ["14.0", "0", "1"]


def test_named_tuples_of_the_same_types_are_told_by_their_fields(python: Callable[..., str], site: Path) -> None:
    code = """
from typing import NamedTuple
from imgproc._probe import first

class Pair(NamedTuple):
    {}: float
    {}: float

print(first(Pair(1.0, 2.0)))
"""
    with (site / "imgproc" / "_probe.py").open("a") as file:
        file.write("\n@kernel\ndef first(pair):\n    return pair.a\n")
    assert python(code.format("a", "b")) == "1.0"
    assert python(code.format("b", "a")) == "2.0"


def test_a_file_of_another_key_is_a_miss(python: Callable[..., str], tmp_path: Path) -> None:
    """As if two keys had the same hash."""
    code = CALL + "print(sum_of_squares(values.astype('f4'), 1))" + STATISTICS
    assert python(code).split() == ["14.0", "14.0", "0", "2"]
    mine = [file for file in cached(tmp_path) if "sum_of_squares" in file.name]
    assert len(mine) == 2
    shutil.copy(mine[0], mine[1])
    assert python(code).split() == ["14.0", "14.0", "1", "1"]
    assert python(code).split() == ["14.0", "14.0", "2", "0"]


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


@pytest.mark.parametrize("damage", ["empty", "nonsense", "half", "one bit"])
def test_a_damaged_cache_is_replaced(python: Callable[..., str], tmp_path: Path, damage: str) -> None:
    python(CALL)
    assert cached(tmp_path)
    for file in cached(tmp_path):
        content = bytearray(file.read_bytes())
        content[-1000] ^= 1
        whole = file.read_bytes()
        file.write_bytes(
            {"empty": b"", "nonsense": b"\x80\x05 nonsense", "half": whole[: len(whole) // 2], "one bit": content}[
                damage
            ]
        )
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


def test_files_that_nobody_used_for_a_month_are_removed(python: Callable[..., str], tmp_path: Path) -> None:
    """Once a day; loading a file says that it is used."""
    python(CALL + "read(values, 1)")
    old, used = (next(file for file in cached(tmp_path) if name in file.name) for name in ("read", "sum_of"))
    for file in (old, used, used.parent / ".cleaned"):
        when = file.stat().st_mtime - 20 * 86400
        os.utime(file, (when, when))
    assert python(CALL + STATISTICS).split() == ["14.0", "1", "0"]
    assert used.stat().st_mtime > old.stat().st_mtime + 86400
    for file in (old, used, used.parent / ".cleaned"):
        when = file.stat().st_mtime - 20 * 86400
        os.utime(file, (when, when))
    python(FOLDER)
    assert used.exists()
    assert not old.exists()


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
    for name in (
        "imgproc",
        "python",
        "numpy",
        "numba",
        "llvmlite",
        "scipy",
        "cv2",
        "skimage",
        "CPU",
        "threads",
        "cache size",
        "cache hits",
        "shipped kernels",
    ):
        assert any(line.startswith(name) for line in said.splitlines()), name
    assert str(tmp_path / "cache") in said
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    said = python(MAIN.format(arguments=["info"]), XDG_CACHE_HOME=str(blocked), NUMBA_BOUNDSCHECK="1")
    assert "none, nothing writable" in said
    assert "on (NUMBA_BOUNDSCHECK)" in said


def test_info_counts_where_kernels_came_from(python: Callable[..., str], tmp_path: Path) -> None:
    for _ in range(3):
        python(CALL)
    processes, uses = map(
        int, python("from imgproc._core.cache import uses; n, c = uses(); print(n, c['cached'])").split()
    )
    assert processes == 3
    assert uses > 0
    file = next((tmp_path / "cache").rglob(".uses"))
    lines = [[int(word) for word in line.split()] for line in file.read_text().splitlines()]
    assert [line[1] for line in lines] == [0, 0, 0]  # nothing was shipped
    assert lines[0][2] > 0
    assert lines[1] == lines[2] == [lines[1][0], 0, 0]
    file.write_text(file.read_text() + "half a li")
    assert f"{sum(line[0] for line in lines)} cached" in python(MAIN.format(arguments=["info"]))


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
NAMES = []
import sys
import imgproc._inventory as examples
from imgproc._core import jit as _jit

_jit.KERNELS.clear()
from imgproc._probe import add_up, read, sum_of_squares
_jit.KERNELS.remove(add_up)
import imgproc._warmup
from imgproc.__main__ import main
imgproc._warmup.packages = lambda names: ["imgproc"]

def energy(image):
    sum_of_squares(image.reshape(-1), 0)

examples.functions_of_images = lambda: {"energy": energy}
sys.stderr = sys.stdout
print("exit status", main(["warmup", "--jobs", "1", *NAMES]))
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


def test_warmup_of_a_name_reports_what_it_reaches(python: Callable[..., str], tmp_path: Path) -> None:
    """In processes of its own where there are several tasks."""
    code = "import sys; sys.stderr = sys.stdout\nfrom imgproc.__main__ import main\n"
    code += "if __name__ == '__main__':\n    print('exit status', main(['warmup', {names}]))"
    said = python(code.format(names="'equalize_histogram'"))
    assert "histogram._count._tally_grey" in said
    assert "not compiled" not in said
    assert said.endswith("exit status 0")
    said = python(code.format(names="'equalize_histogram', 'invert', '--jobs', '2'"))
    rows = [line.split() for line in said.splitlines() if line.startswith("histogram.")]
    assert rows
    assert all(row[1] in ("0", "part") for row in rows)
    said = python(code.format(names="'equalise_histogram'"))
    assert "'equalise_histogram': did you mean equalize_histogram" in said
    assert said.endswith("exit status 2")
    assert "packages are imgproc" in python(code.format(names="'xyzzy'"))


def test_warmup_finds_the_tasks_of_other_packages(python: Callable[..., str], site: Path) -> None:
    """By the entry points of what is installed, or by name; imgproc knows none of them."""
    package = site / "other_package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "_warm.py").write_text("def tasks():\n    return {'good': lambda: None, 'bad': lambda: 1 / 0}\n")
    code = "import sys; sys.stderr = sys.stdout\nfrom imgproc.__main__ import main\n"
    code += "if __name__ == '__main__':\n    print('exit status', main(['warmup', {names}]))"
    said = python(code.format(names="'other_package'"))
    assert "failed: other_package bad: ZeroDivisionError" in said
    assert said.endswith("exit status 1")
    assert "no" in python(code.format(names="'good'"))
    metadata = site / "other_package-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: other-package\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[imgproc.warmup]\nother = other_package._warm:tasks\n")
    assert python(code.format(names="'good'")).endswith("exit status 0")


def test_clean_empties_the_folder(python: Callable[..., str], tmp_path: Path) -> None:
    python(CALL)
    assert cached(tmp_path)
    assert "0.1 MB" in python(MAIN.format(arguments=["info"])) or "0.0 MB" in python(MAIN.format(arguments=["info"]))
    assert "MB removed" in python(MAIN.format(arguments=["clean"]))
    assert not cached(tmp_path)
    assert python(CALL + STATISTICS).split() == ["14.0", "0", "1"]


def test_what_is_compiled_after_clean_is_kept(python: Callable[..., str], tmp_path: Path) -> None:
    clean = "from imgproc._core import cache\ncache.cache_folder()\ncache.clean()\n"
    assert python(clean + CALL + STATISTICS).split() == ["14.0", "0", "1"]
    assert cached(tmp_path)


def test_warmup_without_compilation_says_so(python: Callable[..., str]) -> None:
    code = "import sys; sys.stderr = sys.stdout\nfrom imgproc.__main__ import main\nprint(main(['warmup']))"
    assert python(code, NUMBA_DISABLE_JIT="1").split("\n") == ["nothing to compile: NUMBA_DISABLE_JIT is set", "1"]
