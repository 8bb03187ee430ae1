"""Kernels that come compiled: used where everything fits, silently passed over where anything does not."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from helpers.compilations import COUNTING

from imgproc._core import jit, shipped
from imgproc._version import __version__

pytestmark = [
    pytest.mark.skipif(not jit.jit_enabled(), reason="nothing is compiled under NUMBA_DISABLE_JIT=1"),
    pytest.mark.skipif(bool(os.environ.get("NUMBA_BOUNDSCHECK")), reason="the kernels are made without bounds checks"),
]

PROGRAM = """
import numpy as np
import imgproc
image = (np.arange(48 * 64 * 3) % 251).astype(np.uint8).reshape(48, 64, 3)
result = imgproc.equalize_histogram(image)
{more}
from imgproc._core import shipped
print(len(compiled), int(result.astype(np.int64).sum()), shipped.describe(), sep="|")
"""


def _level():
    return "x86-64-v3" if shipped.has_features("x86-64-v3") else "generic"


def _build(out, *more):
    command = [sys.executable, "-m", "imgproc", "build-kernels", "--cpu", _level(), "--out", out, "equalize_histogram"]
    return subprocess.run([*command, *more], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    out = tmp_path_factory.mktemp("kernels")
    done = _build(out)
    assert done.returncode == 0, done.stderr
    return out


def _run(folder, home, more="", **environment):
    """What was compiled in a new process, the sum of the result, and what is said of the kernels."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    settings = {**inherited, "XDG_CACHE_HOME": str(home), shipped.VARIABLE: str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "-c", COUNTING + PROGRAM.format(more=more)],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    compiled, total, said = done.stdout.strip().split("|")
    return int(compiled), int(total), said


def test_nothing_compiles_and_the_result_is_the_same(kernels, tmp_path):
    compiled, total, said = _run(kernels, tmp_path / "home")
    assert compiled == 0
    assert said.startswith(_level())
    natively, same, off = _run("off", tmp_path / "other")
    assert natively > 0
    assert same == total
    assert off == "off (IMGPROC_KERNELS)"


def test_a_home_that_cannot_be_written_to_does_not_matter(kernels, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert _run(kernels, blocked)[0] == 0


def test_forked_processes_read_them_too(kernels, tmp_path):
    more = """
import os, sys
if hasattr(os, "fork"):
    imgproc.equalize_histogram(image[..., 0])
    children = []
    for k in range(4):
        child = os.fork()
        if child == 0:
            imgproc.equalize_histogram(image.astype(np.float32) / 255)
            imgproc.equalize_histogram(image.astype(np.uint16))
            os._exit(len(compiled))
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
"""
    assert _run(kernels, tmp_path / "home", more)[0] == 0


def test_ones_own_cache_comes_first(kernels, tmp_path):
    """What was compiled for this very CPU is used where it is there."""
    home = tmp_path / "home"
    empty = tmp_path / "kernels"
    shutil.copytree(kernels, empty)
    with zipfile.ZipFile(empty / f"{_level()}.zip", "w"):  # of which nothing can come
        pass
    assert _run(empty, home)[0] > 0
    assert _run(empty, home)[0] == 0


@pytest.mark.parametrize("entry", ["imgproc", "python", "numba", "llvmlite", "platform"])
def test_made_for_something_else(kernels, tmp_path, monkeypatch, entry):
    changed = tmp_path / "kernels"
    shutil.copytree(kernels, changed)
    manifest = json.loads((changed / shipped.MANIFEST).read_text())
    manifest[entry] = "another"
    (changed / shipped.MANIFEST).write_text(json.dumps(manifest))
    monkeypatch.setenv(shipped.VARIABLE, str(changed))
    shipped.level.cache_clear()
    try:
        assert shipped.level() is None
        assert shipped.describe().startswith(f"not used: made for {entry} another")
        assert shipped.read("name", "key") is None
    finally:
        shipped.level.cache_clear()


def test_made_for_another_numba_means_compiling(kernels, tmp_path):
    changed = tmp_path / "kernels"
    shutil.copytree(kernels, changed)
    manifest = json.loads((changed / shipped.MANIFEST).read_text())
    (changed / shipped.MANIFEST).write_text(json.dumps({**manifest, "numba": "0.0"}))
    assert _run(changed, tmp_path / "home")[0] > 0


@pytest.mark.parametrize("settings", [{"NUMBA_OPT": "1"}, {"NUMBA_CPU_NAME": "generic"}, {"NUMBA_BOUNDSCHECK": "1"}])
def test_settings_of_numba_are_respected(kernels, tmp_path, settings):
    assert _run(kernels, tmp_path / "home", **settings)[0] > 0


@pytest.mark.parametrize("fault", ["cut", "noise", "no manifest", "broken manifest", "empty folder"])
def test_damage_means_compiling(kernels, tmp_path, fault):
    damaged = tmp_path / "kernels"
    shutil.copytree(kernels, damaged)
    archive = damaged / f"{_level()}.zip"
    content = archive.read_bytes()
    if fault == "cut":
        archive.write_bytes(content[: len(content) // 2])
    elif fault == "noise":
        archive.write_bytes(bytes(byte ^ (k % 97 == 0) for k, byte in enumerate(content)))
    elif fault == "no manifest":
        (damaged / shipped.MANIFEST).unlink()
    elif fault == "broken manifest":
        (damaged / shipped.MANIFEST).write_text("{")
    else:
        for path in damaged.iterdir():
            path.unlink()
    compiled, total, _ = _run(damaged, tmp_path / "home")
    assert compiled > 0
    assert total == _run(kernels, tmp_path / "home")[1]


def test_the_extra_asks_for_the_kernels_of_this_version():
    project = Path(__file__).parents[2] / "pyproject.toml"
    extra = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["optional-dependencies"]["faststart"]
    assert extra == [f"imgproc-augment-kernels=={__version__}"]


def test_only_levels_that_this_cpu_has(kernels, monkeypatch):
    import llvmlite.binding

    monkeypatch.setenv(shipped.VARIABLE, str(kernels))
    monkeypatch.setattr(llvmlite.binding, "get_host_cpu_features", lambda: {"avx2": True})
    shipped.level.cache_clear()
    try:
        assert not shipped.has_features("x86-64-v3")
        assert shipped.has_features("generic")
        if _level() != "generic":
            assert shipped.level() is None
    finally:
        monkeypatch.undo()
        shipped.level.cache_clear()


def test_two_builds_give_the_same_bytes(kernels, tmp_path):
    assert _build(tmp_path, "--jobs", "1").returncode == 0
    names = sorted(path.name for path in kernels.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert all((tmp_path / name).read_bytes() == (kernels / name).read_bytes() for name in names)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--cpu", "z80", "--out", "x"], 2, "invalid choice: 'z80'"),
        (["--out", "x"], 2, "required: --cpu"),
        (["--cpu", "generic"], 2, "required: --out"),
        (["--cpu", "generic", "--out", "x", "equalise_histogram"], 2, "did you mean equalize_histogram"),
    ],
)
def test_what_cannot_be_built(tmp_path, arguments, status, said):
    command = [sys.executable, "-m", "imgproc", "build-kernels", *arguments]
    here = os.pathsep.join([os.getcwd(), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": here}, capture_output=True, text=True, check=False
    )
    assert done.returncode == status
    assert said in done.stderr
    assert not list(tmp_path.iterdir())
