"""``python kernels/make.py``: compile all kernels and make the wheel of ``imgproc-augment-kernels``.

The wheel fits the Python, the platform and the versions of Numba and llvmlite that this runs with.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from imgproc._core import shipped

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Read the command line, build, and print the wheel's path."""
    parser = argparse.ArgumentParser(description="Make the wheel of imgproc-augment-kernels.")
    parser.add_argument(
        "--cpu",
        metavar="LEVEL",
        action="append",
        choices=tuple(shipped.LEVELS),
        help="a level of CPUs, several times if need be (default: those of x86-64-v3 and -v4-vbmi that this CPU has, "
        "generic on other platforms)",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("dist"), help="default: %(default)s")
    parser.add_argument("--jobs", metavar="N", default=None, help="processes (default: all CPUs)")
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        default=["imgproc", "augment", "gallery"],
        help="packages, functions, transforms (default: %(default)s)",
    )
    options = parser.parse_args()
    usual = [cpu for cpu in ("x86-64-v3", "x86-64-v4-vbmi") if shipped.has_features(cpu)] or ["generic"]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "project")
        shutil.copytree(HERE, project, ignore=shutil.ignore_patterns("*.zip", "manifest.json", "__pycache__"))
        shutil.copy(HERE.parent / "LICENSE", project)
        command = [sys.executable, "-m", "imgproc", "build-kernels", "--out", project / shipped.PACKAGE]
        for cpu in options.cpu or usual:
            command += ["--cpu", cpu]
        if options.jobs:
            command += ["--jobs", options.jobs]
        subprocess.run([*command, *options.names], check=True)
        # The time of every file in the wheel, so that two builds give the same bytes.
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}
        wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, project]
        subprocess.run(wheel, check=True, env=environment)
        options.out.mkdir(parents=True, exist_ok=True)
        for made in Path(folder).glob("*.whl"):
            temporary = options.out / f".{made.name}"
            shutil.copy(made, temporary)
            print(temporary.replace(options.out / made.name))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
