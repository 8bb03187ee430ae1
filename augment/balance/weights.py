"""Weights that make up for unequal classes and unequal costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import one_of, positive, real

from ._instances import Instances, repeat_factors

__all__ = ["class_weights", "sample_weights"]

METHODS = "balanced", "effective", "repeat", "cost"


def class_weights(
    labels: Any, *, method: str = "balanced", beta: float = 0.999, threshold: float = 0.001, costs: Any = None
) -> dict[Any, float]:
    """A weight for each class, to be used in a loss.

    Parameters
    ----------
    labels : array_like of shape (n,), or list of lists
        One label an image, or the labels of the things in each (boxes: one for each, so a class may come twice).
    method : {"balanced", "effective", "repeat", "cost"}
        ``"balanced"``: n / (C n_c), all classes weigh the same (scikit-learn's).  ``"effective"``: by the effective
        number of samples [1]_, (1 - beta) / (1 - beta^n_c), scaled to the sum C.  ``"repeat"``: the repeat factor [2]_,
        max(1, sqrt(threshold / f_c)), with f_c the share of images that have the class.  ``"cost"``: by `costs`, scaled
        to the mean 1 over all samples [3]_.
    beta : float
        Of the effective number, 0 (no weighting) to below 1 (the nearer, the more like ``"balanced"``).
    threshold : float
        Of the repeat factor, above 0: classes in a smaller share of the images weigh more than 1.
    costs : mapping, or array_like of shape (C, C), optional
        What a mistake about a sample of each class costs; or what it costs to take class i (row) for class j (column),
        classes in sorted order, whose sum over j is the cost of class i.  For ``"cost"`` only.

    Returns
    -------
    dict
        Weight by label, in sorted order; ``list(weights.values())`` is what PyTorch's losses take.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or costs lack a class.

    References
    ----------
    .. [1] Y. Cui, M. Jia, T.-Y. Lin, Y. Song, S. Belongie, "Class-balanced loss based on effective number of samples",
       CVPR 2019.
    .. [2] A. Gupta, P. Dollár, R. Girshick, "LVIS: a dataset for large vocabulary instance segmentation", CVPR 2019.
    .. [3] K. M. Ting, "An instance-weighting method to induce cost-sensitive trees", IEEE Transactions on Knowledge and
       Data Engineering 14(3), 2002.

    Examples
    --------
    >>> class_weights([0, 0, 0, 1])
    {0: 0.6666666666666666, 1: 2.0}
    """
    _check(method, beta, threshold, costs)
    instances = Instances(labels)
    return dict(zip(instances.classes, _weights(instances, method, beta, threshold, costs).tolist()))


def sample_weights(
    labels: Any, *, method: str = "balanced", beta: float = 0.999, threshold: float = 0.001, costs: Any = None
) -> np.ndarray:
    """A weight for each sample, for a loss or for drawing samples.

    The weight of its class (see `class_weights`); of an image with several, the largest, as repeat-factor sampling has
    it; of an image without any, 1.

    Parameters
    ----------
    labels : array_like of shape (n,), or list of lists
        One label an image, or the labels of the things in each.
    method : {"balanced", "effective", "repeat", "cost"}
        See `class_weights`.
    beta : float
        Of the effective number, 0 to below 1.
    threshold : float
        Of the repeat factor, above 0.
    costs : mapping, or array_like of shape (C, C), optional
        See `class_weights`.

    Returns
    -------
    float64 ndarray of shape (n,)
        Weights.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or costs lack a class.

    Examples
    --------
    >>> sample_weights([0, 0, 0, 1]).round(3)
    array([0.667, 0.667, 0.667, 2.   ])
    """
    _check(method, beta, threshold, costs)
    instances = Instances(labels)
    return instances.largest(_weights(instances, method, beta, threshold, costs))


def _check(method: Any, beta: Any, threshold: Any, costs: Any) -> None:
    one_of(method, "method", METHODS)
    if real(beta, "beta", at_least=0) >= 1:
        raise ValueError(f"beta must be < 1, got {beta}")
    positive(threshold, "threshold")
    if (costs is None) == (method == "cost"):
        raise ValueError(f"costs must be given with method='cost' and only then, got {method!r}")


def _weights(instances: Instances, method: str, beta: float, threshold: float, costs: Any) -> np.ndarray:
    totals = instances.totals
    if method == "balanced":
        return totals.sum() / (totals.size * totals)
    if method == "repeat":
        return repeat_factors(instances, threshold)
    if method == "cost":
        found = _costs(costs, instances.classes)
        if not (found * totals).sum() > 0:
            raise ValueError("costs must be > 0 for some class, got none")
        return found * (totals.sum() / (found * totals).sum())
    # 1 - beta^n, without its rounding where beta is near 1
    rate = elementary.log(beta)
    effective = np.array([-elementary.expm1(total * rate) for total in totals.tolist()])
    return (1 / effective) * (totals.size / (1 / effective).sum())


def _costs(costs: Any, classes: list[Any]) -> np.ndarray:
    if isinstance(costs, Mapping):
        missing = [label for label in classes if label not in costs]
        if missing:
            raise ValueError(f"costs must have every class, got none for {missing}")
        return np.array([real(costs[label], f"costs[{label!r}]", at_least=0) for label in classes])
    try:
        matrix = np.asarray(costs, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError("costs must be a dict or a matrix of numbers") from None
    n = len(classes)
    if matrix.shape != (n, n):
        raise ValueError(f"costs must have shape {(n, n)} for {n} classes, got {matrix.shape}")
    if not (np.isfinite(matrix).all() and (matrix >= 0).all() and not np.diag(matrix).any()):
        raise ValueError("costs must be finite, nowhere negative and 0 on the diagonal")
    return matrix.sum(axis=1)
