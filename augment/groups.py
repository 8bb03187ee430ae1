"""Groups of transforms: all of them in order, one of them, or some of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from imgproc._core.check import integer
from imgproc._core.declare import declare

from ._chain.keys import Draws
from ._chain.transform import Transform
from ._chain.tree import Group, in_order

__all__ = ["OneOf", "Sequential", "SomeOf"]

_CHILDREN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("HorizontalFlip", {}),
    ("Gamma", {}),
    ("GaussianBlur", {}),
    ("Rotate", {}),
)
"""What the groups of the examples hold: names and parameters."""


DEEPEST = 32
"""So many groups may stand in each other."""


def check_children(group: Group) -> None:
    """Check the transforms of a group, and store them as a tuple."""
    if isinstance(group.transforms, Transform) or not isinstance(group.transforms, (list, tuple)):
        raise TypeError(f"transforms must be a list of transforms, got {type(group.transforms).__name__}")
    for k, child in enumerate(group.transforms):
        if not isinstance(child, Transform):
            hint = ": instantiate it" if isinstance(child, type) else ""
            raise TypeError(f"transforms[{k}] must be a transform, got {child!r:.60}{hint}")
        if getattr(child, "_outermost", False):
            raise TypeError(f"transforms[{k}] is a Compose, which stands only outermost: use Sequential")
    group._keep("transforms", tuple(group.transforms))
    depth = 1 + max((getattr(child, "_depth", 0) for child in group.transforms), default=0)
    if depth > DEEPEST:
        raise ValueError(f"transforms must be nested at most {DEEPEST} groups deep, got {depth}")
    group._keep("_depth", depth)


@dataclasses.dataclass(frozen=True)
class Sequential(Group):
    """Apply transforms one after the other.

    Use it where one transform is expected and several are meant: in `OneOf`, in `SomeOf`, or as the `donor` of a
    mixing.

    Parameters
    ----------
    transforms : sequence of Transform
    p : float
        Probability that any of them is applied.  Each of them then follows its own `p`.
    """

    transforms: Sequence[Transform] = ()
    p: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_children(self)

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """All of them, in order."""
        return in_order(self)


declare(
    Sequential,
    examples=[{"transforms": _CHILDREN}],
    look="All of its transforms, in order: a flip, a gamma, a blur and a rotation.",
    no_peer="chains of the speed table measure what runs transforms",
)


@dataclasses.dataclass(frozen=True)
class OneOf(Group):
    """Choose one of several transforms, and apply it.

    Parameters
    ----------
    transforms : sequence of Transform
        Their `p` are the weights of the choice.  The one that is chosen is applied in any case.
    p : float
        Probability that one is applied at all.
    """

    transforms: Sequence[Transform]
    p: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_children(self)
        if not sum(t.p for t in self.transforms) > 0:
            raise ValueError("transforms must hold at least one with p > 0")

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """One of them, by weight."""
        left = rng.unit() * sum(t.p for t in self.transforms)
        chosen = 0
        for k, child in enumerate(self.transforms):
            if child.p > 0:
                chosen = k
                left -= child.p
                if left < 0:
                    break
        yield chosen, True


declare(
    OneOf,
    examples=[{"transforms": _CHILDREN}],
    look="One of the same four.",
    no_peer="chains of the speed table measure what runs transforms",
)


@dataclasses.dataclass(frozen=True)
class SomeOf(Group):
    """Choose some of several transforms, and apply them.

    All have the same chance, and each is chosen at most once.

    Parameters
    ----------
    transforms : sequence of Transform
        Those that are chosen follow their own `p`.
    n : int or pair of int
        How many are chosen, or the least and the largest number of them.
    shuffle : bool
        Apply them in random order, not in that of the list.
    p : float
        Probability that any is applied.
    """

    transforms: Sequence[Transform]
    n: int | tuple[int, int] = dataclasses.field(default=1, kw_only=True)
    shuffle: bool = dataclasses.field(default=False, kw_only=True)
    p: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_children(self)
        pair = self.n if isinstance(self.n, (list, tuple)) else (self.n, self.n)
        if len(pair) != 2:
            raise TypeError(f"n must be an integer or a pair of integers, got {self.n!r}")
        low, high = (integer(v, "n", at_least=0, at_most=len(self.transforms)) for v in pair)
        if low > high:
            raise ValueError(f"n must be a pair (low, high) with low <= high, got {(low, high)}")
        self._keep("n", (low, high) if isinstance(self.n, (list, tuple)) else low)
        if not isinstance(self.shuffle, (bool, np.bool_)):
            raise TypeError(f"shuffle must be a bool, got {self.shuffle!r}")

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """Some of them, in the order of the list or in random order."""
        low, high = self.n if isinstance(self.n, tuple) else (self.n, self.n)
        chosen = rng.permutation(len(self.transforms))[: rng.integer(low, high)]
        return ((k, False) for k in (chosen if self.shuffle else sorted(chosen)))


declare(
    SomeOf,
    examples=[{"transforms": _CHILDREN, "n": (1, 3), "shuffle": True}],
    look="One to three of the same four, shuffled.",
    no_peer="chains of the speed table measure what runs transforms",
)
