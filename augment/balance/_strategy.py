"""``sampling_strategy`` in all its forms, as imbalanced-learn defines them: how many samples each class shall have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from imgproc._core.check import integer, one_of, real

__all__: list[str] = []

OVER, UNDER, CLEAN = "over-sampling", "under-sampling", "cleaning"
NAMES = ("minority", "majority", "not minority", "not majority", "all", "auto")
NAME = "sampling_strategy"


def is_auto(value: Any) -> bool:
    """Whether a parameter, which may be anything yet, is the word "auto"."""
    return isinstance(value, str) and value == "auto"


def sampling_targets(strategy: Any, counts: Mapping[Any, int], labels: np.ndarray, kind: str) -> dict[Any, int]:
    """For each class that is sampled: how many samples are added (over-sampling) or kept.

    Parameters
    ----------
    strategy : str, float, dict, list or callable
    counts : mapping of label to int
        Of the classes there are, at least two.
    labels : ndarray of shape (n,)
        What a callable is given.
    kind : str
        `OVER`, `UNDER` or `CLEAN`.
    """
    at_least_two(counts)
    if callable(strategy) and not isinstance(strategy, type):
        strategy = strategy(labels)
        if not isinstance(strategy, Mapping):
            raise TypeError(f"{NAME} must return a dict, got {type(strategy).__name__}")
    if isinstance(strategy, str):
        found = _by_name(strategy, counts, kind)
    elif isinstance(strategy, Mapping):
        found = _by_dict(strategy, counts, kind)
    elif isinstance(strategy, (list, tuple)):
        found = _by_list(strategy, counts, kind)
    elif isinstance(strategy, (bool, np.bool_)) or not np.isscalar(strategy):
        raise TypeError(
            f"{NAME} must be a string, a number, a dict, a list or a function, got {type(strategy).__name__}"
        )
    else:
        found = _by_ratio(real(strategy, NAME), counts, kind)
    return {label: found[label] for label in counts if label in found}


def at_least_two(counts: Mapping[Any, int]) -> None:
    """Refuse labels of less than two classes."""
    if len(counts) < 2:
        came = f"one class: {next(iter(counts))!r}" if counts else "no samples"
        raise ValueError(f"y must hold at least two classes, got {came}")


def _by_name(name: str, counts: Mapping[Any, int], kind: str) -> dict[Any, int]:
    one_of(name, NAME, NAMES)
    if name == ("majority" if kind == OVER else "minority"):
        raise ValueError(f"{NAME} must be another than {name!r} for {kind}")
    least, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if name == "auto":
        name = "not majority" if kind == OVER else "not minority"
    chosen: Callable[[Any], bool] = {
        "minority": lambda c: c == least,
        "majority": lambda c: c == most,
        "not minority": lambda c: c != least,
        "not majority": lambda c: c != most,
        "all": lambda c: True,
    }[name]
    return {c: counts[most] - n if kind == OVER else counts[least] for c, n in counts.items() if chosen(c)}


def _by_dict(wanted: Mapping[Any, int], counts: Mapping[Any, int], kind: str) -> dict[Any, int]:
    if kind == CLEAN:
        raise ValueError(f"{NAME} must be a list of classes for {kind}, got a dict")
    found = {}
    for label, target in wanted.items():
        _known(label, counts)
        target = integer(target, f"{NAME}[{label!r}]", at_least=0)
        n = counts[label]
        if (target < n) if kind == OVER else (target > n):
            rule = f"{'>=' if kind == OVER else '<='} {n}, the samples of this class there are, for {kind}"
            raise ValueError(f"{NAME}[{label!r}] must be {rule}, got {target}")
        found[label] = target - n if kind == OVER else target
    return found


def _by_list(wanted: list[Any] | tuple[Any, ...], counts: Mapping[Any, int], kind: str) -> dict[Any, int]:
    if kind != CLEAN:
        raise ValueError(f"{NAME} must be a dict of numbers for {kind}, got a list")
    for label in wanted:
        _known(label, counts)
    return {label: min(counts.values()) for label in wanted}


def _known(label: Any, counts: Mapping[Any, int]) -> None:
    if label not in counts:
        raise ValueError(f"{NAME} must name classes of y, {list(counts)}, got {label!r}")


def _by_ratio(ratio: float, counts: Mapping[Any, int], kind: str) -> dict[Any, int]:
    if kind == CLEAN:
        raise ValueError(f"{NAME} must be a string or a list for {kind}, got a number")
    if len(counts) != 2:
        raise ValueError(f"{NAME} must be a dict for more than two classes, got the number {ratio:g}")
    if not 0 < ratio <= 1:
        raise ValueError(f"{NAME} must be above 0 and at most 1, got {ratio:g}")
    least, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    if least == most:
        least = next(c for c in counts if c != most)
    if kind == OVER:
        found = {least: int(counts[most] * ratio - counts[least])}
        if found[least] <= 0:
            raise ValueError(f"{NAME} must be above {counts[least] / counts[most]:g}, the ratio in y, got {ratio:g}")
        return found
    found = {most: int(counts[least] / ratio)}
    if found[most] > counts[most]:
        raise ValueError(f"{NAME} must be at least {counts[least] / counts[most]:g}, the ratio in y, got {ratio:g}")
    return found
