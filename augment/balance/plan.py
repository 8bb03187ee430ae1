"""How many augmented copies each image gets, so that classes come nearer to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.declare import declare

from ._instances import Instances, repeat_factors
from ._streams import Keyed, seed_of

__all__ = ["BalancePlan", "balance_plan"]

MOST = 1 << 40
"""Largest number of a target: products of it and of counts are whole numbers yet."""
FORMS = "'max', 'median', a number, 'cap=x', 'repeat=t' or a dict"


@dataclass(frozen=True, eq=False)
class BalancePlan:
    """What `balance_plan` found: copies for each image, and how many things of each class there are before and after.

    ``print(plan)`` shows it as a table.

    Parameters
    ----------
    copies : int64 ndarray of shape (n,)
        Augmented copies that each image gets beside itself.
    before, targets, after : dict
        Number of things (or images) by class: there are, wanted, and there will be with the copies.

    Examples
    --------
    >>> plan = balance_plan([0, 0, 0, 1])
    >>> plan.before, plan.after
    ({0: 3, 1: 1}, {0: 3, 1: 3})
    """

    copies: np.ndarray
    before: dict[Any, int]
    targets: dict[Any, int]
    after: dict[Any, int]

    def __len__(self) -> int:
        return self.copies.size + int(self.copies.sum())

    def samples(self) -> tuple[np.ndarray, np.ndarray]:
        """The planned set, image by image.

        Returns
        -------
        images : int64 ndarray of shape (len(plan),)
            Which image.
        copies : int64 ndarray of shape (len(plan),)
            0 for the image itself, 1, 2, ... for its copies: ``chain(image=..., key=(epoch, image, copy))``.
        """
        images = np.repeat(np.arange(self.copies.size), self.copies + 1)
        first = np.repeat(np.cumsum(self.copies + 1) - (self.copies + 1), self.copies + 1)
        return images, np.arange(images.size) - first

    def __str__(self) -> str:
        width = max(len(str(label)) for label in (*self.before, "class"))
        lines = [f"{'class':<{width}}  {'before':>9}  {'target':>9}  {'after':>9}"]
        for label, n in self.before.items():
            lines.append(f"{label!s:<{width}}  {n:>9}  {self.targets[label]:>9}  {self.after[label]:>9}")
        most = int(self.copies.max(initial=0))
        lines.append(f"{self.copies.size} images, {int(self.copies.sum())} copies, at most {most} of one image")
        return "\n".join(lines)


def balance_plan(
    labels: Any, *, target: Any = "max", max_copies: int | None = None, random_state: Any = 0
) -> BalancePlan:
    """How many augmented copies each image gets, to balance classes by augmentation.

    With one label an image the targets are met exactly, and the images of a class get as equal numbers of copies as can
    be.  With several (boxes), a copy adds all that is in the image: classes are filled from the rarest on, with those
    images first that have the fewest copies and, of these, the least of the classes that have enough.  Common classes
    then end above their targets; the plan says by how much.

    Parameters
    ----------
    labels : array_like of shape (n,), or list of lists
        One label an image, or the labels of the things in each (boxes: one for each, so a class may come twice).
    target : str, int, or dict
        ``"max"``, ``"median"``: every class up to the largest, to the median.  A number: up to it.  ``"cap=x"``: up to
        the largest, but no class to more than x times what it has.  A dict: by class.  Classes above it stay as they
        are.  ``"repeat=t"``: repeat-factor sampling [1]_: an image appears max(1, sqrt(t / f_c)) times on average, for
        the rarest of its classes, which is in the share f_c of the images.
    max_copies : int, optional
        No image gets more copies; at least 0.
    random_state : None, int, or NumPy generator
        Seed of the choice among equal images.

    Returns
    -------
    BalancePlan
        Copies for each image, and the numbers of the classes before and after.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a target names a class that is not there.

    References
    ----------
    .. [1] A. Gupta, P. Dollár, R. Girshick, "LVIS: a dataset for large vocabulary instance segmentation", CVPR 2019.

    Examples
    --------
    >>> plan = balance_plan([0, 0, 0, 1])
    >>> plan.copies  # of each image
    array([0, 0, 0, 2])
    """
    limit = None if max_copies is None else integer(max_copies, "max_copies", at_least=0, at_most=MOST)
    threshold = _checked(target)
    draws = Keyed(seed_of(random_state), "balance_plan", "", False)
    found = Instances(labels)
    before = found.totals
    if threshold is not None:
        exact = found.largest(repeat_factors(found, threshold)) - 1
        copies = np.floor(exact + draws.uniforms(found.count)).astype(np.int64)
        factors = repeat_factors(found, threshold)
        targets = np.ceil(before * factors).astype(np.int64)
        if limit is not None:
            copies = np.minimum(copies, limit)
    else:
        targets = np.maximum(_targets(target, before, found.classes), before)
        copies = _filled(found, targets, limit, draws.permutation(found.count))
    after = before + np.bincount(found.codes, found.amounts * copies[found.images], before.size).astype(np.int64)
    names = found.classes
    return BalancePlan(copies, *(dict(zip(names, part.tolist())) for part in (before, targets, after)))


def _checked(target: Any) -> float | None:
    """The threshold of repeat factors, if it is that."""
    if isinstance(target, str):
        name, _, value = target.partition("=")
        if target in ("max", "median"):
            return None
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if name == "repeat" and 0 < number <= MOST:
            return number
        if name == "cap" and 1 <= number <= MOST:
            return None
        raise ValueError(f"target must be {FORMS} (x at least 1, t above 0, both at most {MOST}), got {target!r}")
    if isinstance(target, Mapping):
        for label, value in target.items():
            integer(value, f"target[{label!r}]", at_least=0, at_most=MOST)
        return None
    try:
        integer(target, "target", at_least=1, at_most=MOST)
    except TypeError:
        raise TypeError(f"target must be {FORMS}, got {type(target).__name__}") from None
    return None


def _targets(target: Any, before: np.ndarray, classes: list[Any]) -> np.ndarray:
    if isinstance(target, Mapping):
        unknown = [label for label in target if label not in classes]
        if unknown:
            raise ValueError(f"target must name classes of labels, got {unknown}")
        return np.array([target.get(label, 0) for label in classes], np.int64)
    if target == "max":
        return np.full(before.size, before.max())
    if target == "median":
        return np.full(before.size, int(np.ceil(np.median(before))))
    if isinstance(target, str):
        return np.minimum(np.floor(before * float(target.partition("=")[2])).astype(np.int64), before.max())
    return np.full(before.size, int(target))


def _filled(found: Instances, targets: np.ndarray, limit: int | None, lot: np.ndarray) -> np.ndarray:
    """Copies for each image; `lot` is what decides among equals."""
    copies = np.zeros(found.count, np.int64)
    missing = targets - found.totals
    for code in np.argsort(found.totals, kind="stable").tolist():
        here = found.codes == code
        images, amounts = found.images[here], found.amounts[here]
        while missing[code] > 0:
            open_ = np.ones(images.size, bool) if limit is None else copies[images] < limit
            some, held = images[open_], amounts[open_]
            if not some.size:
                break
            fewest = copies[some].min()
            # Whole rounds at once: one copy of every image there is, as long as all have the same number.
            rounds = missing[code] // held.sum() if copies[some].max() == fewest else 0
            if limit is not None:
                rounds = min(rounds, limit - fewest)
            if rounds:
                _add(found, copies, missing, some, int(rounds))
                continue
            rest = copies[some] == fewest
            some, held = some[rest], held[rest]
            enough = np.bincount(found.images, found.amounts * (missing[found.codes] <= 0), found.count)
            order = np.lexsort((lot[some], enough[some]))
            needed = int(np.searchsorted(np.cumsum(held[order]), missing[code])) + 1
            _add(found, copies, missing, some[order[:needed]], 1)
    return copies


def _add(found: Instances, copies: np.ndarray, missing: np.ndarray, images: np.ndarray, times: int) -> None:
    copies[images] += times
    chosen = np.zeros(found.count, bool)
    chosen[images] = True
    entries = chosen[found.images]
    missing -= np.bincount(found.codes[entries], found.amounts[entries] * times, missing.size).astype(np.int64)


declare(balance_plan, no_peer="no other library has it")
