"""k-means with the IoU or the Euclidean metric."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import integer, one_of
from imgproc._core.needed import level_of_caller

from ._estimator import Clusterer
from ._exact import exact_centre
from ._metric import Samples, add_up, as_samples, metric_name
from ._seed import as_random, as_weights, draw_seeds, starts_within

__all__ = ["KMeans"]

UPDATES = ("mean", "median", "exact")


class KMeans(Clusterer):
    """Clusters of box sizes by IoU, or of any samples by Euclidean distance; a clusterer of scikit-learn.

    Parameters
    ----------
    n_clusters : int
        How many, at most as many as samples.
    metric : {"iou", "euclidean"}
        ``"iou"``: samples are sides of boxes (any number of dimensions), distance is 1 - IoU on a common centre.
    update : {"mean", "median", "exact"}
        The centre of a cluster.  Neither mean nor median minimises 1 - IoU; the median comes closer; ``"exact"`` is the
        minimiser (with the Euclidean metric, the mean).
    init : {"k-means++", "random"} or array_like of shape (n_clusters, d)
        First centres.
    n_init : int
        Restarts; the run of the least inertia is kept.  One if centres are given.  At most 100, or as many as samples.
    max_iter : int
        Most iterations of a run; it ends before when no sample changes its cluster.
    random_state : int, numpy.random.RandomState, numpy.random.Generator, or None
        Where draws come from; None: fresh ones.

    Attributes
    ----------
    cluster_centers_ : ndarray of shape (n_clusters, d)
        float64.  Centres.
    labels_ : ndarray of shape (n,)
        int64.  The cluster of each sample.
    inertia_ : float
        Sum of the distances (1 - IoU, or squared Euclidean), by weight.
    n_iter_ : int
        Iterations of the run that was kept.
    n_features_in_ : int
        Dimensions d.

    Notes
    -----
    A cluster that loses all its samples gets the sample that is farthest from its centre.

    Where there are fewer different samples than clusters, some centres are the same, the clusters of all but the first
    of these are empty, and a UserWarning says so, as in scikit-learn.

    References
    ----------
    S. Lloyd, "Least squares quantization in PCM", IEEE Trans. Information Theory 28, 1982.
    J. Redmon, A. Farhadi, "YOLO9000: Better, Faster, Stronger", CVPR 2017 (1 - IoU, mean).

    Examples
    --------
    >>> sizes = np.array([[10, 10], [11, 9], [100, 40], [90, 44]])
    >>> model = KMeans(2, random_state=0).fit(sizes)
    >>> model.cluster_centers_[np.argsort(model.cluster_centers_[:, 0])].round(1)
    array([[10.5,  9.5],
           [95. , 42. ]])
    """

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        metric: str = "iou",
        update: str = "mean",
        init: Any = "k-means++",
        n_init: int = 10,
        max_iter: int = 300,
        random_state: Any = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.metric = metric
        self.update = update
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Find the clusters.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples; sides of boxes for the IoU, nowhere negative.
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
            If a parameter is out of range, samples are not finite or negative, or fewer than clusters.
        """
        rows = self._samples(X, metric_name(self.metric), reset=True)
        self._fit_rows(rows, sample_weight)
        warn_of_copies(rows, len(self.cluster_centers_), "n_clusters")
        return self

    def _fit_rows(self, rows: np.ndarray, sample_weight: Any = None) -> Self:
        # `fit` for samples that were checked (`as_samples`): scikit-learn, which takes a second to import, is not
        # asked to do so again.
        count = integer(self.n_clusters, "n_clusters", at_least=1)
        metric = metric_name(self.metric)
        one_of(self.update, "update", UPDATES)
        most = integer(self.max_iter, "max_iter", at_least=1)
        runs = starts_within(self.n_init, len(rows))
        if count > len(rows):
            raise ValueError(f"n_clusters must be <= n_samples={len(rows)}, got {count}")
        weights = as_weights(sample_weight, len(rows))
        given, random = self._given(count, rows.shape[1]), as_random(self.random_state)
        order = None
        if given is None:  # draws shall not depend on the order of samples, nor on weights in place of copies
            order = np.lexsort(rows.T[::-1])
            rows, weights = rows[order], weights[order]
        samples = Samples(rows, metric)
        best: Any = None
        for _ in range(runs if given is None else 1):
            start = given if given is not None else self._first(samples, count, weights, random)
            found = lloyd(samples, start, weights, self.update, most)
            if best is None or found[2] < best[2]:
                best = found
        self.cluster_centers_, labels, self.inertia_, self.n_iter_ = best
        self.labels_ = labels
        if order is not None:
            self.labels_ = np.empty_like(labels)
            self.labels_[order] = labels
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
        return Samples(self._samples(X, self.metric, reset=False), self.metric).assign(self.cluster_centers_)[0]

    def transform(self, X: Any) -> np.ndarray:
        """The distance of each sample to each centre: 1 - IoU, or Euclidean.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples.

        Returns
        -------
        ndarray of shape (n, n_clusters)
            float64.
        """
        self._check_fitted()
        samples = Samples(self._samples(X, self.metric, reset=False), self.metric)
        out = np.stack([samples.to(c) for c in self.cluster_centers_], axis=1)
        return out if self.metric == "iou" else np.sqrt(out)

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, and give the distances.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples.
        y : None
            Ignored.
        sample_weight : array_like of shape (n,), optional
            Weights >= 0.

        Returns
        -------
        ndarray of shape (n, n_clusters)
            float64.
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def score(self, X: Any, y: Any = None) -> float:
        """The inertia of samples, negative.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples.
        y : None
            Ignored.

        Returns
        -------
        float
        """
        self._check_fitted()
        samples = Samples(self._samples(X, self.metric, reset=False), self.metric)
        return -float(samples.assign(self.cluster_centers_)[1].sum())

    def _given(self, count: int, dimensions: int) -> np.ndarray | None:
        if isinstance(self.init, str):
            one_of(self.init, "init", ("k-means++", "random"))
            return None
        centres = as_samples(self.init, self.metric, "init")
        if centres.shape != (count, dimensions):
            raise ValueError(f"init must have shape {(count, dimensions)}, got {centres.shape}")
        return centres

    def _first(self, samples: Samples, count: int, weights: np.ndarray, random: Any) -> np.ndarray:
        if self.init == "random":
            some = int(np.count_nonzero(weights))
            if some < count:
                weights = np.ones(len(samples))
            return samples.rows[random.choice(len(samples), size=count, replace=False, p=weights / weights.sum())]
        return samples.rows[draw_seeds(samples, count, weights, 2 + int(elementary.log(count)), random)]


def warn_of_copies(rows: np.ndarray, count: int, name: str) -> None:
    """Warn where there are fewer different samples than centres."""
    # Enough are nearly always among the first, and to sort all of them takes as long as a tenth of the clustering.
    if len(set(map(tuple, rows[: 4 * count].tolist()))) >= count:
        return
    kinds = len(np.unique(rows, axis=0))
    if kinds < count:
        warnings.warn(
            f"{name} should be <= the number of different samples, {kinds}, got {count}: some centres are the same",
            UserWarning,
            stacklevel=level_of_caller(),
        )


def lloyd(
    samples: Samples, centres: np.ndarray, weights: np.ndarray, update: str, most: int
) -> tuple[np.ndarray, np.ndarray, float, int]:
    """One run: centres, labels, inertia, iterations."""
    centres = np.array(centres, np.float64)
    labels, distances = samples.assign(centres)
    before = np.empty_like(labels)
    thorough = update != "exact"
    iterations = 0
    while iterations < most:
        iterations += 1
        centres = _updated(samples, centres, labels, distances, weights, update, thorough)
        before, labels = labels, before
        samples.assign(centres, labels, distances)
        settled = np.array_equal(labels, before)
        if settled and thorough:
            break
        # The search for an exact centre is short while the clusters change, and long once they no longer do.
        thorough = settled or update != "exact"
    return centres, labels, float((distances * weights).sum()), iterations


def _updated(
    samples: Samples,
    centres: np.ndarray,
    labels: np.ndarray,
    distances: np.ndarray,
    weights: np.ndarray,
    update: str,
    thorough: bool,
) -> np.ndarray:
    count, d = centres.shape
    sums, mass = np.zeros((d, count)), np.zeros(count)
    add_up(samples.planes, weights, labels, sums, mass)
    new = centres.copy()
    full = mass > 0
    new[full] = (sums[:, full] / mass[full]).T
    if update != "mean" and (update, samples.metric) != ("exact", "euclidean"):
        order = np.argsort(labels, kind="stable")
        ends = np.cumsum(np.bincount(labels, minlength=count))
        for c in np.flatnonzero(full):
            rows = order[ends[c - 1] if c else 0 : ends[c]]
            own, weight = samples.rows[rows], weights[rows]
            middle = weighted_median(own, weight)
            if update == "median":
                new[c] = middle
            else:
                new[c] = exact_centre(own, weight, [centres[c], new[c], middle], thorough=thorough)
    if not full.all():
        _fill_empty(samples, new, ~full, distances, weights)
    return new


def _fill_empty(
    samples: Samples, centres: np.ndarray, empty: np.ndarray, distances: np.ndarray, weights: np.ndarray
) -> None:
    """Put empty clusters onto the samples farthest from their centres, each time counting those put already."""
    left = np.where(weights > 0, distances, 0.0)
    for c in np.flatnonzero(empty):
        far = int(np.argmax(left))
        if left[far] <= 0:
            return  # every sample is on a centre: there are fewer different ones than clusters
        centres[c] = samples.rows[far]
        left = np.minimum(left, samples.to(centres[c]))


def weighted_median(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The median along each axis; between two samples, their mean."""
    if (weights == weights[0]).all():
        return np.median(rows, axis=0)
    out = np.empty(rows.shape[1])
    for k in range(rows.shape[1]):
        order = np.argsort(rows[:, k], kind="stable")
        order = order[weights[order] > 0]
        share = np.cumsum(weights[order])
        half = 0.5 * share[-1]
        low = order[np.searchsorted(share, half, side="left")]
        high = order[min(np.searchsorted(share, half, side="right"), len(order) - 1)]
        out[k] = 0.5 * (rows[low, k] + rows[high, k])
    return out
