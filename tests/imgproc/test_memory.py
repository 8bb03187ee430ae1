"""Freed memory is used again without asking the system."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
import imgproc
{use}
image = np.zeros((512, 512, 3), np.uint8)
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        results = [image + k for k in range(3)]
        del results
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 100
faults()
print(faults())
"""


def _faults(use):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(use=use)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout)


@pytest.mark.skipif(
    not sys.platform.startswith("linux") or "CS_GNU_LIBC_VERSION" not in os.confstr_names,
    reason="other C libraries decide by themselves",
)
def test_images_take_memory_that_images_freed():
    """Three images have 576 pages."""
    assert _faults("") > 150
    assert _faults("imgproc.equalize_histogram(np.zeros((9, 9), np.uint8))") < 30
