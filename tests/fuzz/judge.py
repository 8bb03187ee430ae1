"""What a call may do, and a sentence for what it may not.

A call may return, or raise a TypeError or ValueError that names an argument.  What it returns is finite where the input
is, shares no memory with the input, does not depend on the layout of the input or on what was in memory before, and is
there in a reasonable time.  The input stays as it was.
"""

from __future__ import annotations

import dataclasses
import re
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import values
from .calls import Call, namespace

SECONDS = 4.0
"""A call on so small an image may take so much time of the processor, once its kernels are compiled."""

KEEPS = {"imgproc.complete_scene": "what it returns has the scenes that it was given"}
"""Whose results may share memory with an argument, and why."""

SENTENCES = re.compile(r"\bNaN\b|\binfinit|not finite|non-finite", re.IGNORECASE)
"""Where a docstring speaks of values that are not finite, results may hold them."""


OF_CHAINS = {"masks", "mask", "boxes", "transforms", "shape", "size", "dtype", "keys", "images", "record"}
"""Further arguments of what is called where a chain is used."""
OF_SAMPLERS = {"k_neighbors", "n_neighbors", "m_neighbors"}
"""Arguments of the samplers that others are made of."""
OF_ESTIMATORS = {"array", "sample"}
"""What scikit-learn, whose checks of samples estimators use, calls X."""


class Verdict(NamedTuple):
    """What is wrong: its kind, and the details.  An empty kind means that nothing is."""

    kind: str
    what: str = ""
    raised: bool = False


FINE = Verdict("")


def judged(call: Call) -> Verdict:
    """Make a call, and judge what it did."""
    names = namespace()
    try:
        given = call.evaluated(names)
    except Exception:  # an argument that cannot be made, such as a strange layout of a strange dtype
        return FINE
    before = _fingerprint(given)
    try:
        result = _made(call, given, names)
    except FileNotFoundError as error:  # of a path
        return _of_refusal(call, error)
    except (TypeError, ValueError) as error:
        if _fingerprint(given) != before:
            return Verdict("input changed", "by a call that was refused")
        return _of_refusal(call, error)
    except _Warned as warned:
        return Verdict("warning", str(warned))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Verdict(f"raised {type(error).__name__}", _last_lines(error))
    if _fingerprint(given) != before:
        return Verdict("input changed", "")
    for array in _arrays(result) if call.subject not in KEEPS else ():
        if any(np.shares_memory(array, other) for other in _arrays(given) if array.size and other.size):
            return Verdict("aliased", f"a result of shape {array.shape} shares memory with an argument")
    return _of_result(call, given, result) or _of_second(call, given, names, result)


def _of_refusal(call: Call, error: Exception) -> Verdict:
    """An error must name an argument."""
    words = set(re.findall(r"\w+", str(error)))
    names = {part for name in call.names() for part in (name, *name.split("_or_"))}
    names |= OF_CHAINS if "use(" in call.form else OF_SAMPLERS if "fit_resample" in call.form else set()
    names |= OF_ESTIMATORS if "fitted(" in call.form else set()
    if words & names:
        return Verdict("", str(error), raised=True)
    return Verdict("error names no argument", _last_lines(error))


def _of_result(call: Call, given: Any, result: Any) -> Verdict | None:
    if SENTENCES.search(call.doc + _doc_of(result)) or not all(_is_tame(a) for a in _arrays(given)):
        return None
    for array in _arrays(result):
        if array.dtype.kind in "fc" and not np.isfinite(array).all():
            return Verdict("not finite", f"{int((~np.isfinite(array)).sum())} of {array.size} values of the result")
    return None


def _doc_of(result: Any) -> str:
    """What the class of a result says of it, if it is one of ours."""
    return (type(result).__doc__ or "") if dataclasses.is_dataclass(result) else ""


def _is_tame(array: np.ndarray) -> bool:
    with np.errstate(all="ignore"):
        return array.dtype.kind not in "fc" or bool((np.abs(array) < 1e15).all())


def _of_second(call: Call, given: Any, names: dict[str, Any], result: Any) -> Verdict:
    """Once more, with ordinary layouts and other contents of the memory that is free."""
    again = {group: {name: values.plain(value) for name, value in these.items()} for group, these in given.items()}
    dirt = [np.full(size, 0xA5, np.uint8) for size in (64, 512, 4096, 32768, 1 << 18) for _ in range(3)]
    del dirt
    start = time.process_time()
    try:
        other = _made(call, again, names)
    except Exception as error:
        return Verdict("depends on the layout", f"in the ordinary layout: {_last_lines(error)}")
    spent = time.process_time() - start
    if spent > SECONDS:
        return Verdict("slow", f"{spent:.1f} s")
    difference = _difference(result, other, "result")
    return Verdict("not the same twice", difference) if difference else FINE


class _Warned(Exception):
    """A warning that is not one of ours."""


def _made(call: Call, given: dict[str, dict[str, Any]], names: dict[str, Any]) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = eval(call.form, {**names, **given})
    for each in caught:
        if not issubclass(each.category, (UserWarning, FutureWarning)):
            raise _Warned(f"{each.category.__name__}: {each.message} ({Path(each.filename).name}:{each.lineno})")
    return result


def _arrays(value: Any) -> Iterator[np.ndarray]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _arrays(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _arrays(each)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for f in dataclasses.fields(value):
            yield from _arrays(getattr(value, f.name))


def _fingerprint(value: Any) -> list[Any]:
    return [(a.shape, a.strides, a.dtype.str, a.tobytes()) for a in _arrays(value) if a.dtype.kind in "biufc"]


def _difference(a: Any, b: Any, where: str) -> str:
    """What tells two results apart, or nothing."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        if a.dtype != b.dtype or a.shape != b.shape:
            return f"{where}: {a.dtype} {a.shape} and {b.dtype} {b.shape}"
        if a.dtype.kind == "O" or np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            return ""
        return f"{where}: {int((a != b).sum())} of {a.size} values"
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            return f"{where}: other keys"
        return next(filter(None, (_difference(a[k], b[k], f"{where}[{k!r}]") for k in a)), "")
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        if len(a) != len(b):
            return f"{where}: other lengths"
        return next(filter(None, (_difference(x, y, f"{where}[{k}]") for k, (x, y) in enumerate(zip(a, b)))), "")
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        fields = [f.name for f in dataclasses.fields(a)]
        return next(filter(None, (_difference(getattr(a, f), getattr(b, f), f"{where}.{f}") for f in fields)), "")
    if isinstance(a, (int, float, str, bytes, np.generic)):
        return "" if a == b or (a != a and b != b) else f"{where}: {a!r} and {b!r}"
    return ""


def _last_lines(error: BaseException) -> str:
    frames = [
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if "fuzz" not in frame.filename
    ]
    return f"{type(error).__name__}: {str(error)[:300]} ({' '.join(frames[-3:])})"
