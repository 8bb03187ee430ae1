"""Running ours and the peers on the same image: results, times and differences."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import imgproc
from imgproc._core.formats import channels_of

from ._timing import compare, one_thread

FULL = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}

BUDGET = 0.25
"""Seconds that the repeated runs of one comparison may take, beyond the one run that each needs."""

RUNS = 7


@dataclass
class Run:
    """What one implementation made of an image: a result or an error, a warning, and the median time [s]."""

    result: np.ndarray | None = None
    error: str = ""
    warning: str = ""
    seconds: float = float("nan")


def run_all(functions: dict[str, Callable[[np.ndarray], np.ndarray]], image: np.ndarray) -> dict[str, Run]:
    """Run every function on `image`, one thread each, in turns, after a first run that is not timed.

    Parameters
    ----------
    functions : dict
        By the name of the implementation.
    image : ndarray
        Each is given a copy.

    Returns
    -------
    dict of Run
        In the same order.  The first function must not fail; errors and warnings of the others are kept in their `Run`.
    """
    runs = {name: Run() for name in functions}
    given = {name: image.copy() for name in functions}  # some of scikit-image's functions refuse read-only arrays
    with one_thread(), warnings.catch_warnings():
        for position, (name, function) in enumerate(functions.items()):
            try:
                if position == 0:
                    runs[name].result = function(given[name])
                else:
                    runs[name].result, runs[name].warning = _with_warning(function, given[name])
            except Exception as error:
                if position == 0:
                    raise
                runs[name].error = f"{type(error).__name__}: {' '.join(str(error).split())}"
        warnings.simplefilter("ignore")
        calls = {
            name: functools.partial(functions[name], given[name])
            for name, run in runs.items()
            if run.result is not None
        }
        for name, timing in compare(calls, seconds=BUDGET, min_runs=2, max_runs=RUNS, compiled=True).items():
            runs[name].seconds = timing.median
    return runs


def _with_warning(function: Callable[[np.ndarray], np.ndarray], image: np.ndarray) -> tuple[np.ndarray, str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(image)
    return result, " ".join(str(caught[0].message).split()) if caught else ""


def as_fraction(image: np.ndarray) -> np.ndarray:
    """The image in fractions of full scale, float64."""
    return image.astype(np.float64) / FULL.get(image.dtype, 1.0)


def to_uint8(image: np.ndarray) -> np.ndarray:
    """The image as it is shown: 8 bits, (h, w) or (h, w, 3)."""
    if image.ndim == 3 and channels_of(image) not in (3, 4):
        image = image[..., 0]
    image = image[..., :3] if image.ndim == 3 else image
    if image.dtype == np.uint8:
        return np.ascontiguousarray(image)
    if image.dtype == bool:
        return image.astype(np.uint8) * np.uint8(255)
    return np.rint(np.clip(np.nan_to_num(as_fraction(image)), 0, 1) * 255).astype(np.uint8)


@dataclass
class Difference:
    """How far a result is from ours, in levels of 255, and a picture of it."""

    largest: float
    mean: float
    picture: np.ndarray
    gain: int


def difference(ours: np.ndarray, theirs: np.ndarray) -> Difference:
    """Theirs against ours: mid-grey where equal, brighter where theirs is brighter, magnified by a power of two.

    Where both have no number they are equal, where one has none they are as far apart as black and white."""
    first, second = as_fraction(ours), as_fraction(theirs)
    with np.errstate(invalid="ignore"):  # infinity less infinity
        delta = (second - first) * 255
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    delta = np.where(same, 0.0, np.where(np.isnan(delta), 255.0, delta))
    largest = float(np.abs(delta).max(initial=0.0))
    gain = 1
    while largest * gain * 2 <= 127 and gain < 64:
        gain *= 2
    picture = np.clip(np.rint(delta * gain) + 128, 0, 255).astype(np.uint8)
    return Difference(largest, float(np.abs(delta).mean()) if delta.size else 0.0, picture, gain)


def psnr(truth: np.ndarray, result: np.ndarray, where: np.ndarray) -> float:
    """The peak signal to noise [dB] of levels up to 255 in a part of the picture; what is equal gets 138 dB."""
    return min(imgproc.psnr(result / 255.0, truth / 255.0, mask=where), 138.0)
