"""What a call costs beside time: peak extra memory, and the first call in a new process."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import imgproc

from .._timing import Call

_CHILD = """
import json, sys, time
started = max(time.time() - float(sys.argv[1]), 0.0)
start = time.perf_counter()
import {module}
imported = time.perf_counter()
import numpy as np
image = (np.arange(512 * 512, dtype=np.uint32) * np.uint32(2654435761) >> 24).astype(np.uint8).reshape(512, 512)
ready = time.perf_counter()
{expression}
print(json.dumps([started, imported - start, time.perf_counter() - ready]))
"""


def peak_extra_bytes(call: Call) -> int:
    """Peak of the NumPy memory that a call takes beyond the arrays it returns.

    Parameters
    ----------
    call : callable
        Called twice: once before the measurement, which compiles.

    Returns
    -------
    int
        Bytes that `tracemalloc` saw at the peak, less the size of the returned arrays.  What compiled code allocates
        by itself it does not see: `peak_resident_bytes` does.
    """
    call()
    gc.collect()
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = call()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        if not was_tracing:
            tracemalloc.stop()
    return max(0, peak - before - _array_bytes(result))


def peak_resident_bytes(call: Call) -> int | None:
    """Peak growth of the process by a call beyond the arrays it returns, as the kernel of Linux counts it.

    Parameters
    ----------
    call : callable
        Called twice: once before the measurement, which compiles.

    Returns
    -------
    int or None
        Bytes, to some 100 KiB; it includes what compiled code allocates.  None where the system does not tell.
    """
    call()
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # memory freed earlier but still held would be reused unseen
        Path("/proc/self/clear_refs").write_text("5")  # sets the peak back to the present size
        before = _process_status("VmRSS")
        result = call()
        return max(0, _process_status("VmHWM") - before - _array_bytes(result))
    except (OSError, AttributeError, LookupError):
        return None


def calls_of_opencv(call: Call) -> set[str]:
    """Names of OpenCV's functions that a call makes, by itself or in what it calls."""
    import cv2

    called: set[str] = set()

    def listened(name: str, function: Call) -> Call:
        def listening(*args: Any, **options: Any) -> Any:
            called.add(name)
            return function(*args, **options)

        return listening

    functions = {name: value for name, value in vars(cv2).items() if isinstance(value, types.BuiltinFunctionType)}
    try:
        for name, function in functions.items():
            if not name.startswith(_HOUSEKEEPING):
                setattr(cv2, name, listened(name, function))
        call()
    finally:
        for name, function in functions.items():
            setattr(cv2, name, function)
    return called


_HOUSEKEEPING = ("setNumThreads", "getNumThreads", "setUseOptimized", "useOptimized")


def _process_status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def _array_bytes(result: Any) -> int:
    if isinstance(result, (tuple, list)):
        return sum(map(_array_bytes, result))
    return result.nbytes if isinstance(result, np.ndarray) else 0


@dataclass(frozen=True)
class FirstCall:
    """What the first use costs in a new process, in seconds."""

    start: float
    """The interpreter's own start, which the others exclude."""
    imported: float
    """``import imgproc``, or whatever module."""
    warm: float
    """The first call where its kernels lie compiled in the cache, import excluded."""
    cold: float
    """The first call with an empty cache, import excluded."""


def first_call(expression: str, *, module: str = "imgproc", runs: int = 3) -> FirstCall:
    """Time the import of a module and the first call in new processes.

    Parameters
    ----------
    expression : str
        The call, of the module, of ``np`` and of ``image``, a grey uint8 image of 512 x 512.
    module : str
        What is imported.
    runs : int
        Processes with a warm cache, of which the median is reported; one more fills an empty cache before.

    Returns
    -------
    FirstCall
        Start, import and warm call are medians, the cold call is a single one.

    Raises
    ------
    RuntimeError
        If the process fails; with the last line it printed.
    """
    with tempfile.TemporaryDirectory() as cache:
        cold = _first_call_once(expression, module, cache)
        warm = [_first_call_once(expression, module, cache) for _ in range(runs)]
    start, imported, called = np.median(warm, axis=0)
    return FirstCall(float(start), float(imported), float(called), cold[-1])


def _first_call_once(expression: str, module: str, cache: str) -> list[float]:
    root = str(Path(imgproc.__file__).parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "PYTHONPATH": path}
    program = _CHILD.replace("{module}", module).replace("{expression}", expression)
    command = [sys.executable, "-c", program, repr(time.time())]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise RuntimeError(f"{expression} failed in a new process: {last}")
    return json.loads(done.stdout)
