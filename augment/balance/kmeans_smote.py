"""k-means SMOTE: new samples inside the clusters where a class is at home, most where it is sparse."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import integer, real
from imgproc._core.needed import needed

from ._data import Data
from ._neighbors import calm_threads, check_neighbors, numbers_of
from ._sampler import Synthesizer
from ._strategy import is_auto
from ._streams import Streams
from .smote import pairs_within

__all__ = ["KMeansSMOTE"]


@dataclass(kw_only=True, eq=False, repr=False)
class KMeansSMOTE(Synthesizer):
    """SMOTE within clusters of all samples [1]_.

    Clusters count in which the class has enough of a share and more samples than neighbours.  Each gets new samples by
    its sparsity: the mean distance of its samples of the class to a power, by their number.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        As in `SMOTE`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    k_neighbors : int or object
        As in `SMOTE`; 2 by default.
    kmeans_estimator : int or estimator, optional
        Number of clusters, or a clusterer with ``n_clusters``.  Default: `sklearn.cluster.MiniBatchKMeans`.  It gets
        images as rows of values.
    cluster_balance_threshold : float or "auto"
        The share of a cluster's samples that the class must have at least.  ``"auto"``: half of the class's part of all
        the samples to be made.
    density_exponent : float or "auto"
        The power of the mean distance; ``"auto"`` takes one that grows with the number of samples.
    allocation : {"random", "even"}
        As in `SMOTE`, in each cluster.
    rng : {"keyed", "imblearn"}
        As in `SMOTE`.  imbalanced-learn rounds the number of each cluster up, so that there are more samples than asked
        for; by key there are as many.
    strict : bool
        As in `SMOTE`.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] F. Last, G. Douzas, F. Bacao, "Oversampling for imbalanced learning based on k-means and SMOTE", 2017.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (45, 2)), rng.normal(4, 1, (15, 2))])
    >>> y = np.repeat([0, 1], [45, 15])
    >>> resampled, labels = KMeansSMOTE(random_state=0).fit_resample(X, y)
    >>> bool(np.bincount(labels)[1] >= 45)
    True
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    k_neighbors: Any = 2
    kmeans_estimator: Any = None
    cluster_balance_threshold: Any = "auto"
    density_exponent: Any = "auto"
    allocation: str = "random"
    rng: str = "keyed"
    strict: bool = False

    def _check(self) -> None:
        super()._check()
        check_neighbors(self.k_neighbors, "k_neighbors")
        given = self.kmeans_estimator
        if given is not None and not hasattr(given, "fit_predict"):
            integer(given, "kmeans_estimator", at_least=1)
        for name in ("cluster_balance_threshold", "density_exponent"):
            if not is_auto(getattr(self, name)):
                real(getattr(self, name), name)

    def _pairs(self, data: Data, code: int, count: int, draws: Any, streams: Streams) -> list[Any]:
        points = numbers_of(data.values)
        k = check_neighbors(self.k_neighbors, "k_neighbors")
        clusters, number = _clusters(self.kmeans_estimator, points, streams)
        least = self.cluster_balance_threshold
        if number == 1:
            least = -math.inf
        elif is_auto(least):
            least = count / sum(self.sampling_strategy_.values()) / 2
        homes, sparsities = [], []
        for cluster in range(number):
            within = np.flatnonzero(clusters == cluster)
            members = within[data.codes[within] == code]
            if members.size > k and members.size >= least * within.size:
                homes.append(members)
                sparsities.append(_sparsity(points[members], self.density_exponent))
        if not homes:
            label = data.label(code)
            raise ValueError(
                f"X must have a cluster with more than {k} samples of class {label!r} and a share of {least:.3g}, got "
                "none: lower cluster_balance_threshold, or change the number of clusters"
            )
        total = sum(sparsities)
        # Powers of huge distances may be no numbers any more: then all clusters count alike.
        known = 0 < total < math.inf
        weights = np.array(sparsities) / total if known else np.full(len(homes), 1 / len(homes))
        counts = np.ceil(count * weights).astype(int) if streams.theirs else largest_remainder(weights, count)
        return [
            pairs_within(data, members, int(n), draws, self.k_neighbors, self.strict)
            for members, n in zip(homes, counts)
            if n or streams.theirs
        ]


def _clusters(given: Any, points: Any, streams: Streams) -> tuple[np.ndarray, int]:
    """The cluster of each sample, and how many there are."""
    with needed("sklearn"):
        from sklearn.base import clone
        from sklearn.cluster import MiniBatchKMeans

    if given is None or not hasattr(given, "fit_predict"):
        if given is not None and given > points.shape[0]:
            raise ValueError(f"kmeans_estimator must be <= the number of samples, {points.shape[0]}, got {given}")
        number = {} if given is None else {"n_clusters": int(given)}
        finder = MiniBatchKMeans(random_state=streams.seed(), **number)
    else:
        finder = clone(given)
    floats = points if points.dtype.kind == "f" else points.astype(np.float32)
    with calm_threads():
        labels = np.asarray(finder.fit_predict(floats))
    return labels, int(getattr(finder, "n_clusters", None) or labels.max(initial=-1) + 1)


def _sparsity(points: Any, exponent: Any) -> float:
    with needed("sklearn"):
        from sklearn.metrics import pairwise_distances

    n = points.shape[0]
    floats = points if points.dtype.kind == "f" else points.astype(np.float32)
    with calm_threads():
        distances = pairwise_distances(floats)
    distances.flat[:: n + 1] = 0
    power = elementary.power(elementary.log(n) / elementary.log(1.6), 1.8) * 0.16 if is_auto(exponent) else exponent
    return elementary.power(float(distances.sum()) / (n * n - n), power) / n


def largest_remainder(weights: np.ndarray, count: int) -> np.ndarray:
    """Whole numbers in proportion to the weights, with this sum."""
    exact = weights * (count / weights.sum())
    found = np.floor(exact).astype(np.int64)
    left = count - int(found.sum())
    found[np.argsort(found - exact, kind="stable")[:left]] += 1
    return found
