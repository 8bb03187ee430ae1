"""k-means++: first centres that are far apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import flag, integer

from ._metric import Samples, as_samples, metric_name

__all__ = ["kmeans_plus_plus"]

LEAST_WEIGHT, MOST_WEIGHT = 1e-100, 1e80
"""Of samples: what is summed up with them is a float."""

_STARTS = 100
"""So many restarts, and candidates for a centre, may always be asked for."""


def starts_within(number: Any, samples: int) -> int:
    """Check a number of restarts: at most as many as samples, or 100."""
    most = max(_STARTS, samples)
    found = integer(number, "n_init", at_least=1)
    if found > most:
        raise ValueError(f"n_init must be <= the number of samples (or {_STARTS}), {most}, got {found}")
    return found


def kmeans_plus_plus(
    X: Any,
    n_clusters: int,
    *,
    metric: str = "euclidean",
    greedy: bool = True,
    trials: int | None = None,
    sample_weight: Any = None,
    random_state: Any = None,
) -> tuple[np.ndarray, np.ndarray]:
    """First centres out of the samples, each drawn with a probability that rises with its distance from the others.

    Parameters
    ----------
    X : array_like of shape (n, d)
        Samples; sides of boxes for the IoU, nowhere negative.
    n_clusters : int
        How many, 1 to n.
    metric : {"euclidean", "iou"}
        What is minimised later: probabilities are proportional to the squared Euclidean distance, or to 1 - IoU of the
        boxes laid on a common centre.
    greedy : bool
        Draw several candidates for each centre and take the one that leaves the least sum of distances.
    trials : int, optional
        How many candidates, without effect unless `greedy`; at most 100, or as many as samples.  Default:
        ``2 + int(log(n_clusters))``.
    sample_weight : array_like of shape (n,), optional
        Weights >= 0.  Default: all 1.
    random_state : int, numpy.random.RandomState, numpy.random.Generator, or None
        Where draws come from; an integer is the seed of a RandomState, None takes a fresh one.

    Returns
    -------
    ndarray of shape (n_clusters, d)
        float64.  The centres.
    ndarray of shape (n_clusters,)
        intp.  Which samples they are.

    Raises
    ------
    TypeError, ValueError
        If samples are not finite or (IoU) negative, or there are fewer of them than centres.

    Notes
    -----
    Draws are those of scikit-learn's function (one ``choice``, then ``uniform(size=trials)`` for each centre), so that
    with the Euclidean metric and the same seed both choose the same samples.  As there, where fewer different samples
    than centres exist, some are chosen twice.

    References
    ----------
    D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007.  The greedy variant is
    mentioned there.

    Examples
    --------
    >>> points = np.array([[0.0, 0], [0, 1], [50, 50]])
    >>> centres, indices = kmeans_plus_plus(points, 2, random_state=0)
    >>> sorted(int(centre[0]) for centre in centres)
    [0, 50]
    """
    metric_name(metric)
    rows = as_samples(X, metric)
    count = integer(n_clusters, "n_clusters", at_least=1)
    if count > len(rows):
        raise ValueError(f"n_clusters must be <= n_samples={len(rows)}, got {count}")
    if trials is not None:
        integer(trials, "trials", at_least=1, at_most=max(_STARTS, len(rows)))
    tries = (trials or 2 + int(elementary.log(count))) if flag(greedy, "greedy") else 1
    weights = as_weights(sample_weight, len(rows))
    samples = Samples(rows, metric)
    chosen = draw_seeds(samples, count, weights, tries, as_random(random_state))
    return rows[chosen], chosen


def draw_seeds(samples: Samples, count: int, weights: np.ndarray, tries: int, random: Any) -> np.ndarray:
    """Which samples become centres; arguments are checked."""
    chosen, n = np.empty(count, np.intp), len(samples)
    chosen[0] = random.choice(n, p=weights / weights.sum())
    closest = samples.to(samples.rows[chosen[0]])
    total, best, other = _Sum(weights), np.empty(n), np.empty(n)
    potential = total(closest)
    for c in range(1, count):
        draws = random.uniform(size=tries) * potential
        places = np.searchsorted(np.cumsum(total.weighed(closest)), draws)
        for k, place in enumerate(np.minimum(places, n - 1)):
            left = total(samples.closer(place, closest, other))
            if k == 0 or left < potential:
                chosen[c], potential, best, other = place, left, other, best
        closest, best = best, closest
    return chosen


class _Sum:
    """Weighted sums of as many values as there are weights.

    Not by BLAS, whose sums depend on its threads, and whose threads cost more than they save here.
    """

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = None if (weights == 1.0).all() else weights
        self.products = np.empty(0 if self.weights is None else len(weights))

    def weighed(self, values: np.ndarray) -> np.ndarray:
        """Values times weights, until the next call."""
        return values if self.weights is None else np.multiply(values, self.weights, out=self.products)

    def __call__(self, values: np.ndarray) -> float:
        """Their sum."""
        return float(self.weighed(values).sum())


def as_random(value: Any) -> Any:
    """A RandomState or Generator."""
    if isinstance(value, (np.random.RandomState, np.random.Generator)):
        return value
    if value is None:
        return np.random.RandomState()
    return np.random.RandomState(integer(value, "random_state", at_least=0, at_most=2**32 - 1))


def as_weights(value: Any, count: int) -> np.ndarray:
    """Weights >= 0 with a positive sum."""
    if value is None:
        return np.ones(count)
    weights = np.asarray(value)
    if weights.ndim == 0 and weights.dtype.kind in "iuf":
        weights = np.full(count, float(weights))
    if weights.dtype.kind not in "biuf":
        raise TypeError(f"sample_weight must be numbers, got {weights.dtype}")
    weights = weights.astype(np.float64)
    if weights.shape != (count,):
        raise ValueError(f"sample_weight must have one entry per sample, ({count},), got {weights.shape}")
    if not (np.isfinite(weights).all() and (weights >= 0).all()):
        raise ValueError("sample_weight must be finite and nowhere negative")
    if not weights.max() > 0:
        raise ValueError("sample_weight must be positive somewhere, got weights of zero only")
    if not LEAST_WEIGHT <= weights.max() <= MOST_WEIGHT:
        raise ValueError(
            f"sample_weight must have its largest from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}, got {weights.max():g}"
        )
    return weights
