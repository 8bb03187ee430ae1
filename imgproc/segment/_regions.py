"""Connected regions."""

from __future__ import annotations

import numpy as np

from .._core.check import integer
from .._core.declare import Case, Peer, declare, levels
from .._core.jit import kernel
from .._core.planes import canonical

__all__ = ["connected_components"]

_EIGHT_ONES = 0x0101010101010101


@kernel
def find_runs(mask, octets, words, turns, ends):
    """Find the columns where runs of each row begin and end, in turns; row y has those from ``ends[y]`` on.

    `octets` and `words` are one buffer, for a row between eight zeros: where a word goes on as the one before it ended,
    nothing turns.
    """
    count = 0
    for y in range(mask.shape[0]):
        row, expected = mask[y], np.uint64(0)
        for x in range(row.size):
            octets[x + 8] = np.uint8(row[x] != 0)
        for k in range(1, words.size):
            if words[k] == expected:
                continue
            for x in range(8 * k, 8 * k + 8):  # a store each time is cheaper than a branch that nobody can guess
                turns[count] = x - 8
                count += octets[x] != octets[x - 1]
            expected = np.uint64(_EIGHT_ONES) if octets[8 * k + 7] else np.uint64(0)
        ends[y + 1] = count
    return count


@kernel(inner=True)
def _root(parents, run):
    while parents[run] < run:
        run = parents[run]
    return run


@kernel(inner=True)
def _hang(parents, run, root):
    """Make a run, and all those above it in its tree, children of a root that comes before them."""
    while parents[run] > root:
        following = parents[run]
        parents[run] = root
        run = following


@kernel
def unite(turns, ends, reach, parents):
    """Give each run a parent: a run before it of the same region, or itself if it is the first.

    Runs of two rows touch if they share a column; with a `reach` of 1 also if they share a corner.
    """
    above = 0
    for y in range(ends.size - 1):
        last = ends[y] // 2
        for run in range(last, ends[y + 1] // 2):
            start, end = turns[2 * run] - reach, turns[2 * run + 1] + reach
            while above < last and turns[2 * above + 1] <= start:
                above += 1
            if above == last or turns[2 * above] >= end:
                parents[run] = run
                continue
            first = _root(parents, above)
            while above + 1 < last and turns[2 * above + 2] < end:
                above += 1
                root = _root(parents, above)
                if root != first:
                    first = min(root, first)
                    _hang(parents, above, first)
                    _hang(parents, above - 1, first)
            parents[run] = first
        above = last


@kernel
def _number(turns, ends, parents, out):
    """Number the regions by their first runs, and write the numbers; they take the places of the parents."""
    regions, one = np.int32(0), np.uint64(1)
    for y in range(out.shape[0]):
        row = out[y]
        row[:] = 0
        for run in range(ends[y] // 2, ends[y + 1] // 2):
            parent = parents[run]
            if parent == run:
                regions += np.int32(1)
                label = regions
            else:
                label = parents[parent]
            parents[run] = label
            start, end = np.uint64(turns[2 * run]), np.uint64(turns[2 * run + 1])
            row[start] = label
            if end - start > one:
                for x in range(start + one, end):
                    row[x] = label


def connected_components(mask: np.ndarray, *, connectivity: int = 8) -> np.ndarray:
    """Number the connected regions of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
        True inside the regions.
    connectivity : int
        4, neighbours share a side, or 8, they share a side or a corner.

    Returns
    -------
    ndarray of int32, shape (h, w)
        0 outside, 1 to n in the regions, in the order in which rows meet them.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Runs of rows are joined by union and find (He, Chao, Suzuki).  The numbers are those of ``skimage.measure.label``;
    those of ``cv2.connectedComponents`` follow the rows, too, but by blocks of pixels.

    References
    ----------
    L. He, Y. Chao, K. Suzuki, "A run-based two-scan labeling algorithm", IEEE Transactions on Image Processing 17(5),
    2008.
    K. Wu, E. Otoo, K. Suzuki, "Optimizing two-pass connected-component labeling algorithms", Pattern Analysis and
    Applications 12, 2009.

    Examples
    --------
    >>> connected_components(np.array([[True, False, True], [False, False, True]]))
    array([[1, 0, 2],
           [0, 0, 2]], dtype=int32)
    """
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"mask must be a numpy array of bool, got {type(mask).__name__}")
    if mask.dtype != bool:
        raise TypeError(f"mask must be bool, got {mask.dtype}: write mask != 0")
    if mask.ndim != 2:
        raise ValueError(f"mask must have shape (h, w), got {mask.shape}")
    connectivity = connectivity_of(connectivity)
    if not mask.size:
        return np.zeros(mask.shape, np.int32)
    h, w = mask.shape
    words, ends = np.zeros((w + 7) // 8 + 2, np.uint64), np.zeros(h + 1, np.int64)
    turns = np.empty(h * (w + w % 2) + 1, np.int32)  # of a chessboard; what is not used costs no memory
    count = find_runs(canonical(mask.view(np.uint8)), words.view(np.uint8), words, turns, ends)
    out = np.empty((h, w), np.int32)
    parents = np.empty(count // 2, np.int32)
    unite(turns, ends, 1 if connectivity == 8 else 0, parents)
    _number(turns, ends, parents, out)
    return out


def connectivity_of(value: int) -> int:
    number = integer(value, "connectivity", at_least=4, at_most=8)
    if number not in (4, 8):
        raise ValueError(f"connectivity must be 4 or 8, got {number}")
    return number


def _rows() -> list[Case]:
    import cv2
    from skimage import measure

    def apart(ours: np.ndarray, theirs: np.ndarray) -> float:
        numbers = np.zeros(int(theirs.max()) + 1)
        numbers[theirs] = ours  # whichever numbers they have, each has one of ours
        return levels(ours, numbers[theirs])

    opencv = Peer(
        lambda x: cv2.connectedComponents((x > 100).view(np.uint8), connectivity=8)[1],
        limit=1,
        tolerance=0,
        difference=apart,
        unit="",
        note="both with the comparison that makes the mask; other numbers",
    )
    scikit = Peer(lambda x: measure.label(x > 100, connectivity=2), limit=1 / 4, tolerance=0, unit="")
    return [
        Case(
            "connected_components",
            "regions of a mask, 8 neighbours",
            "grey",
            lambda x: connected_components(x > 100),
            {"cv2 connectedComponents": opencv, "skimage label": scikit},
            size=512,
        )
    ]


declare(connected_components, peers=_rows)
