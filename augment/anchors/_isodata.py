"""ISODATA: k-means that discards, splits and merges its clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imgproc._core import elementary
from imgproc._core.bounds import MOST_ITERATIONS
from imgproc._core.check import integer, positive, real
from imgproc._core.declare import declare

from ._estimator import Clusterer
from ._metric import Samples, add_up
from ._seed import as_random, as_weights, draw_seeds

__all__ = ["Isodata", "IsodataStep"]

GAMMA = 0.5
"""Halves of a split cluster lie so many standard deviations off its centre."""


@dataclass(frozen=True, eq=False)
class IsodataStep:
    """One iteration of `Isodata`.

    Attributes
    ----------
    iteration : int
        From 1 on.
    discarded : ndarray of shape (i, d)
        Centres whose clusters were too small.
    split : tuple of (ndarray of shape (d,), ndarray of shape (2, d))
        Centres that were split, and their halves.
    merged : tuple of (ndarray of shape (2, d), ndarray of shape (d,))
        Pairs of centres that were merged, and what they became.
    centers : ndarray of shape (k, d)
        What it ended with.
    inertia : float
        Mean squared distance before splitting and merging, by weight.

    Examples
    --------
    >>> points = np.array([[0.0, 0], [0, 1], [20, 20], [20, 21]])
    >>> steps = Isodata(2, min_samples=1, max_std=5.0, random_state=0).fit(points).history_
    >>> steps[0].iteration, len(steps[0].centers)
    (1, 2)
    """

    iteration: int
    discarded: np.ndarray
    split: tuple[tuple[np.ndarray, np.ndarray], ...]
    merged: tuple[tuple[np.ndarray, np.ndarray], ...]
    centers: np.ndarray
    inertia: float

    def __str__(self) -> str:
        moves = f"{len(self.discarded)} discarded, {len(self.split)} split, {len(self.merged)} merged"
        return f"{self.iteration:>3}: {len(self.centers)} clusters, {moves}, mean squared distance {self.inertia:.4g}"


class Isodata(Clusterer):
    """ISODATA, which finds the number of clusters; a clusterer of scikit-learn.

    In every iteration clusters that are too small are discarded, wide ones are split, and, in even iterations or where
    there are twice as many as in the beginning, close ones are merged.

    Parameters
    ----------
    k_init : int
        Clusters to begin with; it should be about right.  No more than there are samples.
    min_samples : int
        Clusters of fewer samples are discarded; only those of more than twice as many and two are split, unless there
        are half of `k_init` clusters or fewer.
    max_std : float
        A cluster whose largest standard deviation along an axis is above it is split there, if its samples are farther
        from its centre than the mean of all.  In the units of the samples, > 0.
    min_distance : float
        Clusters whose centres are nearer than this are merged, >= 0.
    max_merges : int
        Pairs that an iteration merges at most, the nearest first; each cluster takes part in one.
    max_iter : int
        Most iterations, up to 10,000; the last one splits and merges nothing.
    random_state : int, numpy.random.RandomState, numpy.random.Generator, or None
        Where the first centres (k-means++) come from; None: fresh ones.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (k, d)
        float64.  Centres.
    labels_ : ndarray of shape (n,)
        int64.  The cluster of each sample.
    inertia_ : float
        Sum of the squared distances, by weight.
    n_clusters_ : int
        Clusters k that were found.
    n_iter_ : int
        Iterations.
    history_ : list of IsodataStep
        What each iteration did.
    n_features_in_ : int
        Dimensions d.

    Notes
    -----
    After the last iteration samples are assigned once more, and clusters that are too small then are discarded.  It
    ends before `max_iter` when two iterations in turn have changed nothing.  Halves of a split cluster lie half a
    standard deviation off its centre, along the widest axis.  With `sample_weight`, means, deviations and distances are
    weighted; what a cluster must have is counted in samples.

    scikit-image's ``threshold_isodata`` is another algorithm, that of Ridler and Calvard.

    References
    ----------
    G. H. Ball, D. J. Hall, "ISODATA, a novel method of data analysis and pattern classification", Stanford Research
    Institute, 1965.
    N. Memarsadeghi et al., "A fast implementation of the ISODATA clustering algorithm", Int. J. Computational Geometry
    & Applications 17, 2007, whose order of steps is followed.

    Examples
    --------
    >>> points = np.array([[0.0, 0], [0, 1], [1, 0], [20, 20], [20, 21], [21, 20]])
    >>> model = Isodata(2, min_samples=1, max_std=5.0, random_state=0).fit(points)
    >>> model.n_clusters_
    2
    """

    def __init__(
        self,
        k_init: int = 8,
        *,
        min_samples: int = 5,
        max_std: float = 1.0,
        min_distance: float = 1.0,
        max_merges: int = 2,
        max_iter: int = 50,
        random_state: Any = None,
    ) -> None:
        self.k_init = k_init
        self.min_samples = min_samples
        self.max_std = max_std
        self.min_distance = min_distance
        self.max_merges = max_merges
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Find the clusters.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples.
        y : None
            Ignored.
        sample_weight : array_like of shape (n,), optional
            Weights >= 0.  Default: all 1.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If a parameter is out of range, samples are not finite, or fewer than `k_init`.
        """
        first = integer(self.k_init, "k_init", at_least=1)
        least = integer(self.min_samples, "min_samples", at_least=1)
        wide = positive(self.max_std, "max_std")
        near = real(self.min_distance, "min_distance", at_least=0.0)
        pairs = integer(self.max_merges, "max_merges", at_least=0)
        most = integer(self.max_iter, "max_iter", at_least=1, at_most=MOST_ITERATIONS)
        rows = self._samples(X, "euclidean", reset=True)
        if first > len(rows):
            raise ValueError(f"k_init must be <= n_samples={len(rows)}, got {first}")
        weights = as_weights(sample_weight, len(rows))
        samples = Samples(rows, "euclidean")
        seeds = draw_seeds(samples, first, weights, 2 + int(elementary.log(first)), as_random(self.random_state))
        centres, history, quiet = rows[seeds], [], 0
        for iteration in range(1, most + 1):
            before = centres
            centres, discarded = _discard(samples, centres, weights, least)
            state = _State(samples, centres, weights)
            split: tuple[Any, ...] = ()
            merged: tuple[Any, ...] = ()
            last = iteration == most
            if not last and (2 * len(centres) <= first or (iteration % 2 == 1 and len(centres) < 2 * first)):
                centres, split = _split(state, wide, least, all_wide=2 * len(centres) <= first)
            if not split:
                centres, merged = _merge(state, 0.0 if last else near, pairs)
            history.append(IsodataStep(iteration, discarded, split, merged, centres, state.mean))
            same = len(centres) == len(before) and np.allclose(centres, before, rtol=1e-9, atol=1e-12)
            quiet = quiet + 1 if same and not split and not merged and not len(discarded) else 0
            if quiet >= 2:
                break
        self.cluster_centers_, _ = _discard(samples, centres, weights, least, update=False)
        self.labels_, distances = samples.assign(self.cluster_centers_)
        self.inertia_ = float((distances * weights).sum())
        self.n_clusters_, self.n_iter_, self.history_ = len(self.cluster_centers_), len(history), history
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The cluster of each sample.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples.

        Returns
        -------
        ndarray of shape (n,)
            int64.
        """
        self._check_fitted()
        rows = self._samples(X, "euclidean", reset=False)
        return Samples(rows, "euclidean").assign(self.cluster_centers_)[0]


def _discard(
    samples: Samples, centres: np.ndarray, weights: np.ndarray, least: int, *, update: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Assign, discard clusters that are too small (the largest one never), move to the means; until none is."""
    gone = []
    while True:
        labels, _ = samples.assign(centres)
        counts = np.bincount(labels, minlength=len(centres))
        keep = counts >= least
        if not keep.any():
            keep[np.argmax(counts)] = True
        gone.append(centres[~keep])
        if update:
            sums, mass = np.zeros(centres.shape[::-1]), np.zeros(len(centres))
            add_up(samples.planes, weights, labels, sums, mass)
            there = mass > 0
            centres = centres.copy()
            centres[there] = (sums[:, there] / mass[there]).T
        centres = centres[keep]
        if keep.all():
            return centres, np.concatenate(gone)


class _State:
    """What splitting and merging look at."""

    def __init__(self, samples: Samples, centres: np.ndarray, weights: np.ndarray) -> None:
        self.samples, self.centres, self.weights = samples, centres, weights
        self.labels, squared = samples.assign(centres)
        self.counts = np.bincount(self.labels, minlength=len(centres))
        self.mass = np.bincount(self.labels, weights, minlength=len(centres))
        mass = np.where(self.mass > 0, self.mass, 1.0)
        self.spread = np.bincount(self.labels, weights * np.sqrt(squared), minlength=len(centres)) / mass
        self.overall = float((weights * np.sqrt(squared)).sum() / weights.sum())
        self.mean = float((weights * squared).sum() / weights.sum())
        offsets = (samples.rows - centres[self.labels]) ** 2 * weights[:, None]
        variance = [np.bincount(self.labels, column, minlength=len(centres)) / mass for column in offsets.T]
        self.std = np.sqrt(np.stack(variance, axis=1))


def _split(state: _State, wide: float, least: int, *, all_wide: bool) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Split what is wide and, unless there are few clusters, wider than the mean and large enough."""
    kept, halves = [], []
    for c, centre in enumerate(state.centres):
        axis = int(np.argmax(state.std[c]))
        loose = state.spread[c] > state.overall and state.counts[c] > 2 * (least + 1)
        if state.std[c, axis] > wide and (loose or all_wide):
            step = np.zeros(len(centre))
            step[axis] = GAMMA * state.std[c, axis]
            halves.append((centre, np.stack([centre - step, centre + step])))
        else:
            kept.append(centre)
    new = [*kept, *(half for _, both in halves for half in both)]
    return np.array(new), tuple(halves)


def _merge(state: _State, near: float, pairs: int) -> tuple[np.ndarray, tuple[Any, ...]]:
    """Merge the nearest pairs, each cluster once, into their means by weight."""
    centres, count = state.centres, len(state.centres)
    gaps = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=-1))
    first, second = np.triu_indices(count, 1)
    close = np.flatnonzero(gaps[first, second] < near)
    close = close[np.argsort(gaps[first, second][close], kind="stable")]
    used = np.zeros(count, bool)
    merged: list[tuple[np.ndarray, np.ndarray]] = []
    for p in close:
        i, j = first[p], second[p]
        if len(merged) < pairs and not (used[i] or used[j]):
            used[i] = used[j] = True
            both = centres[[i, j]]
            mass = state.mass[[i, j]] if state.mass[[i, j]].sum() > 0 else np.ones(2)
            merged.append((both, (mass[:, None] * both).sum(axis=0) / mass.sum()))
    return np.array([*centres[~used], *(m for _, m in merged)]), tuple(merged)


declare(Isodata, no_peer="no library of Python's that is kept up has it")
