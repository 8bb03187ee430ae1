"""The variants of what a transform does: a tree, whose ways part where drawn numbers decide.

Each sample that is recorded leaves a trace (`symbols.Tape`).  Traces that decide alike are one way through the tree.
Where a drawn integer chooses among a few things, each of its values is tried; other decisions are those of samples.  A
sample that decides as none of the recorded ones is not in the tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..state import Frame
from .program import DRAWS, EQUAL, LESS, SWITCH
from .symbols import Branch, Recorder, Tape, Untraceable

MOST_TRACES = 800
"""So many traces of a part are recorded."""

Values = list[float]


class Leaf(NamedTuple):
    """What is done where a way ends."""

    entries: list[Any]
    frame: Frame
    """That they lead to."""
    cursor: int
    """The number of the next draw."""
    size: tuple[int, int] = (0, 0)
    """(h, w) that they lead to, of the sample that was recorded."""


class Explored(NamedTuple):
    """What a part of a node does."""

    root: Block
    cursor: int
    """The number of the first draw after it, or -1 if this is not the same everywhere."""
    failed: int
    """How many of the samples of the first size could not be recorded."""


class Block:
    """Computations, and what comes after them: a choice of ways, or a leaf; None for a leaf that is not recorded."""

    __slots__ = ("choice", "leaf", "rows", "ways")

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int]] | None = None
        self.choice: tuple[int, int, int] | None = None
        self.ways: dict[int, Block] = {}
        self.leaf: Leaf | None = None

    def leaves(self) -> Iterator[Leaf]:
        """All leaves."""
        if self.leaf is not None:
            yield self.leaf
        for way in self.ways.values():
            yield from way.leaves()

    def add(self, trace: list[tuple[int, int, int, int]], leaf: Leaf | None) -> None:
        """Add the way of a trace."""
        block, start = self, 0
        for k, row in enumerate(trace):
            if row[0] >= LESS:
                block._settle(trace[start:k], (row[0], row[2], row[3]))
                block, start = block.ways.setdefault(row[1], Block()), k + 1
        block._settle(trace[start:], None)
        if block.leaf is None:
            block.leaf = leaf

    def _settle(self, rows: list[tuple[int, int, int, int]], choice: tuple[int, int, int] | None) -> None:
        if self.rows is None:
            self.rows, self.choice = rows, choice
        elif self.rows != rows or self.choice != choice:  # it depends on something else than what is drawn
            raise Untraceable


def explored(tape: Tape, slot: int, samples: list[Values], cursor: int, act: Callable[[Recorder], Leaf]) -> Explored:
    """Record what a part of a node does.

    Parameters
    ----------
    tape : Tape
    slot : int
        Of the node.
    samples : list of list of float
        What samples draw for the node, and the size (h, w) of the frame that arrives.
    cursor : int
        The number of the first draw of this part.
    act : callable
        ``act(recorder)`` draws and lowers; it may raise `Untraceable`.

    Returns
    -------
    Explored

    Raises
    ------
    Untraceable
        If no sample can be recorded.
    """
    known: set[int] = set()
    while True:
        tape.begin_part()
        try:
            root, failed = _explored(tape, slot, samples, cursor, act, known)
        except Branch as branch:
            known.add(branch.symbol.draw)
            continue
        ends = {leaf.cursor for leaf in root.leaves()}
        if not ends:
            raise Untraceable
        return Explored(root, ends.pop() if len(ends) == 1 else -1, failed)


def _explored(
    tape: Tape, slot: int, samples: list[Values], cursor: int, act: Callable[[Recorder], Leaf], known: set[int]
) -> tuple[Block, int]:
    root, seen, count, failed = Block(), set[Any](), 0, 0
    groups: list[list[Values]] = [samples]
    while groups:
        for values in groups.pop():
            leaf, trace = _traced(tape, Recorder(tape, slot, values, known, cursor), act)
            root.add(trace, leaf)
            count += 1
            failed += leaf is None and values[DRAWS:] == samples[0][DRAWS:]
            groups += _others(trace, slot, values, samples, seen)
            if not any(LESS <= row[0] <= EQUAL for row in trace) or count > MOST_TRACES:
                break
    return root, failed


def _traced(tape: Tape, recorder: Recorder, act: Callable[[Recorder], Leaf]) -> tuple[Leaf | None, Any]:
    tape.begin_trace()
    leaf = None
    try:
        leaf = act(recorder)
    except Branch:
        raise
    except Exception:  # such samples run stage by stage, which says so if the image or the chain is wrong
        pass
    return leaf, tape.rows


def _others(
    trace: list[Any], slot: int, values: Values, samples: list[Values], seen: set[Any]
) -> Iterator[list[Values]]:
    """The samples for the values of integers that no trace has met yet: drawn alike until there."""
    fixed: dict[int, float] = {}
    for k, (code, value, register, count) in enumerate(trace):
        if code != SWITCH:
            continue
        draw, before = register - slot * DRAWS, tuple(trace[:k])
        for other in range(count):
            where = hash((before, other))
            if where in seen:
                continue
            seen.add(where)
            if other != value:
                unit = (other + 0.5) / count
                yield [_with(sample, {**fixed, draw: unit}) for sample in (values, *samples)]
        fixed[draw] = values[draw]


def _with(values: Values, fixed: dict[int, float]) -> Values:
    own = list(values)
    for draw, value in fixed.items():
        own[draw] = value
    return own
