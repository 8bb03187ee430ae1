"""Groups of transforms: all of them in order, one of them, or some of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from imgproc._core.check import flag, integer
from imgproc._core.declare import declare

from ._chain.compiled.program import ALL, ONE, SHUFFLED, SOME, Choice
from ._chain.keys import Draws
from ._chain.transform import Transform
from ._chain.tree import Group, Kinds, in_order

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
            if not hint and callable(child):
                hint = ": a function of the image is Lambda(image=function)"
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

    Examples
    --------
    >>> chain = Compose([Sequential([Invert(p=1), VerticalFlip(p=1)])])
    >>> np.array_equal(chain(image=image, key=1)["image"], 255 - image[::-1])
    True
    """

    transforms: Sequence[Transform] = ()
    p: float = dataclasses.field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_children(self)

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """All of them, in order."""
        return in_order(self)

    def choice(self) -> Choice | None:
        """What kernels do."""
        return Choice(ALL) if type(self).choose is Sequential.choose else None


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

    Examples
    --------
    >>> chain = Compose([OneOf([Invert(p=1), VerticalFlip(p=1)])])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, 255 - image) or np.array_equal(made, image[::-1])
    True
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

    def choice(self) -> Choice | None:
        """What kernels do."""
        return Choice(ONE) if type(self).choose is OneOf.choose else None

    def follow(self, kinds: Kinds, child: Callable[[int, bool, Kinds], Kinds]) -> Kinds:
        """What any one of them leads to."""
        return frozenset().union(*(child(k, True, kinds) for k, t in enumerate(self.transforms) if t.p > 0))


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

    Examples
    --------
    >>> chain = Compose([SomeOf([Invert(p=1), VerticalFlip(p=1), HorizontalFlip(p=1)], n=2)])
    >>> chain(image=image, key=1)["image"].shape
    (96, 128, 3)
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
        self._keep("shuffle", flag(self.shuffle, "shuffle"))

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """Some of them, in the order of the list or in random order."""
        low, high = self.n if isinstance(self.n, tuple) else (self.n, self.n)
        chosen = rng.permutation(len(self.transforms))[: rng.integer(low, high)]
        return ((k, False) for k in (chosen if self.shuffle else sorted(chosen)))

    def choice(self) -> Choice | None:
        """What kernels do."""
        low, high = self.n if isinstance(self.n, tuple) else (self.n, self.n)
        return Choice(SHUFFLED if self.shuffle else SOME, low, high) if type(self).choose is SomeOf.choose else None

    def follow(self, kinds: Kinds, child: Callable[[int, bool, Kinds], Kinds]) -> Kinds:
        """What any choice leads to, in the order of the list or in any order."""
        low, high = self.n if isinstance(self.n, tuple) else (self.n, self.n)
        return (_shuffled if self.shuffle else _in_order)(kinds, child, len(self.transforms), low, high)


declare(
    SomeOf,
    examples=[{"transforms": _CHILDREN, "n": (1, 3), "shuffle": True}],
    look="One to three of the same four, shuffled.",
    no_peer="chains of the speed table measure what runs transforms",
)


def _in_order(kinds: Kinds, child: Callable[[int, bool, Kinds], Kinds], count: int, low: int, high: int) -> Kinds:
    """What may become of kinds if `low` to `high` of so many transforms act in the order of the list."""
    after = {0: kinds}  # by the number of those that have acted
    for k in range(count):
        left, now = count - k - 1, after
        after = {}
        for done, arriving in now.items():
            if done + left >= low:
                after[done] = after.get(done, frozenset()) | arriving
            if done < high:
                after[done + 1] = after.get(done + 1, frozenset()) | child(k, False, arriving)
    return frozenset().union(*after.values())


def _shuffled(kinds: Kinds, child: Callable[[int, bool, Kinds], Kinds], count: int, low: int, high: int) -> Kinds:
    """The same in any order.  Only those that change the kind need to be told apart."""
    none: frozenset[int] = frozenset()
    seen = {(none, kind) for kind in kinds}
    queue, after = list(seen), set()
    while queue:
        used, kind = queue.pop()
        if len(used) == high:
            after.add(kind)
            continue
        idle = 0  # how many more may act and leave the kind as it is
        for k in sorted(set(range(count)) - used):
            found = child(k, False, frozenset((kind,)))
            idle += kind in found
            for other in found - {kind}:
                state = used | {k}, other
                if state not in seen:
                    seen.add(state)
                    queue.append(state)
        if len(used) + idle >= low:
            after.add(kind)
    return frozenset(after)
