"""Kernels of average precision: from what each detection is to precision and recall."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgproc._core.jit import borrowed, kernel

from ._match import EPS, borrowed_verdicts

__all__: list[str] = []


class Figures(NamedTuple):
    """What `accumulate` computes for each of k classes, a ranges of areas and m limits of detections."""

    precision: Any
    """float64 (t, r, k, a, m): the largest precision at each of r recall points or beyond it."""
    scores: Any
    """float64 (t, r, k, a, m): the score of the detection that reaches the recall point."""
    recall: Any
    """float64 (t, k, a, m): the recall of all detections together."""
    area_under: Any
    """float64 (t, k, a, m): the area under the envelope of precision."""


@kernel(inner=True)
def _borrowed_figures(figures):
    recall, area_under = borrowed(figures.recall), borrowed(figures.area_under)
    return Figures(borrowed(figures.precision), borrowed(figures.scores), recall, area_under)


class _Curves(NamedTuple):
    """Precision along the detections of one class, in one range of areas, with one limit of detections."""

    true: Any
    """int64 (t,): how many detections are right, at each threshold."""
    false: Any
    """int64 (t,): how many are wrong, without those that are wrong at every threshold."""
    precision: Any
    """float64 (t, longest): the precision at each right detection."""
    scores: Any
    """float64 (t, longest): the score of each right detection."""


@kernel
def accumulate(scores, starts, verdicts, limits, points, figures):
    """Compute precision at the recall points, the scores there, the final recall, and the area under the envelope.

    Parameters
    ----------
    scores : float64 ndarray of shape (n,)
        Of the detections.
    starts : int64 ndarray of shape (classes + 1,)
        Where each class begins.
    verdicts : Verdicts
        From `match`.
    limits : int64 ndarray of shape (m,)
        How many detections of a class count in an image.
    points : float64 ndarray of shape (r,)
        Recalls at which precision is read; there may be none.
    figures : Figures
        The result is written here.  What has no positives is left as it is.
    """
    scores, verdicts, figures = borrowed(scores), borrowed_verdicts(verdicts), _borrowed_figures(figures)
    curves = _empty_curves(starts, verdicts.positives, figures.recall.shape[0])
    for k in range(verdicts.positives.shape[0]):
        part = slice(starts[k], starts[k + 1])
        for a in range(verdicts.positives.shape[1]):
            positives = verdicts.positives[k, a]
            if positives == 0:
                continue
            for m in range(limits.size):
                hit, out = verdicts.hit[a, part], verdicts.out[a, part]
                first = _count(scores[part], verdicts.ranks[part], hit, out, limits[m], curves)
                _write(figures, curves, positives, points, first, (k, a, m))


@kernel(inner=True)
def _empty_curves(starts, positives, thresholds):
    """Curves that are long enough for each class and range of areas."""
    longest = 1
    for k in range(positives.shape[0]):
        for a in range(positives.shape[1]):
            longest = max(longest, min(positives[k, a], starts[k + 1] - starts[k]))
    true, false = np.empty(thresholds, np.int64), np.empty(thresholds, np.int64)
    return _Curves(true, false, np.empty((thresholds, longest)), np.empty((thresholds, longest)))


@kernel(inner=True)
def _borrowed_curves(curves):
    true, false = borrowed(curves.true), borrowed(curves.false)
    return _Curves(true, false, borrowed(curves.precision), borrowed(curves.scores))


@kernel(inner=True)
def _count(scores, ranks, hit, out, limit, curves):
    """Fill the curves from the detections of a class; returns the best score of all, or 0 if there is no detection."""
    curves = _borrowed_curves(curves)
    curves.true[:], curves.false[:] = 0, 0
    plain, first, any_yet = 0, 0.0, False
    for p in range(scores.size):
        if ranks[p] >= limit:
            continue
        if not any_yet:
            first, any_yet = scores[p], True
        if hit[p] | out[p] == 0:
            plain += 1  # wrong at every threshold
        else:
            _count_one(scores[p], hit[p], out[p], plain, curves)
    return first


@kernel(inner=True)
def _count_one(score, hit, out, plain, curves):
    """Add one detection to the curves of all thresholds; `plain` ones before it were wrong at each."""
    for t in range(curves.true.size):
        bit = np.uint64(1) << np.uint64(t)
        if out & bit:
            continue
        if hit & bit:
            count = curves.true[t] + 1
            curves.true[t] = count
            curves.precision[t, count - 1] = count / (count + curves.false[t] + plain + EPS)
            curves.scores[t, count - 1] = score
        else:
            curves.false[t] += 1


@kernel(inner=True)
def _write(figures, curves, positives, points, first, where):
    """Write the figures of a class, range of areas and limit of detections; `first` is the best score there."""
    curves = _borrowed_curves(curves)
    k, a, m = where
    for t in range(curves.true.size):
        exact, when = curves.precision[t, : curves.true[t]], curves.scores[t, : curves.true[t]]
        figures.area_under[t, k, a, m] = _envelope(exact, positives)
        figures.recall[t, k, a, m] = exact.size / positives
        event = 0
        for r in range(points.size):
            while event < exact.size and (event + 1) / positives < points[r]:
                event += 1
            there = event < exact.size
            figures.precision[t, r, k, a, m] = exact[event] if there else 0.0
            figures.scores[t, r, k, a, m] = when[event] if there else 0.0
            if points[r] <= 0.0:
                figures.scores[t, r, k, a, m] = first


@kernel(inner=True)
def _envelope(exact, positives):
    """Make precision fall with recall; returns the area under it."""
    area = 0.0
    for i in range(exact.size - 1, -1, -1):
        if i + 1 < exact.size:
            exact[i] = max(exact[i], exact[i + 1])
        area += exact[i]
    return area / positives
