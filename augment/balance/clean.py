"""Under-sampling that cleans: Tomek links, and samples whose neighbours are of other classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import one_of

from ._data import Data
from ._neighbors import check_neighbors, neighbors, numbers_of
from ._sampler import Cleaner

__all__ = ["EditedNearestNeighbours", "TomekLinks"]


@dataclass(kw_only=True, eq=False, repr=False)
class TomekLinks(Cleaner):
    """Leave out samples in Tomek links: pairs of different classes that are each other's nearest [1]_.

    ``sample_indices_`` says which samples are kept.

    Parameters
    ----------
    sampling_strategy : str, list or callable
        From which classes: ``"auto"`` and ``"not minority"`` all but the smallest, ``"majority"`` the largest,
        ``"not majority"``, ``"all"``, or a list of classes.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] I. Tomek, "Two modifications of CNN", IEEE Transactions on Systems, Man, and Cybernetics 6, 1976.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [1.1], [2.0], [3.0]])
    >>> y = np.array([0, 0, 1, 0, 0])
    >>> TomekLinks().fit_resample(X, y)[1]  # the nearest pair of two classes loses its common one
    array([0, 1, 0, 0])
    """

    sampling_strategy: Any = "auto"

    def _resample(self, data: Data) -> tuple[Any, Any]:
        points = numbers_of(data.values)
        nearest = neighbors(points, None, 1, name="the one neighbour", of="samples", distinct=False)[:, 0]
        mutual = nearest[nearest] == np.arange(nearest.size)
        linked = mutual & (data.codes != data.codes[nearest])
        targets = np.isin(data.codes, [data.code(label) for label in self.sampling_strategy_])
        self.sample_indices_ = np.flatnonzero(~(linked & targets))
        return data.select(self.sample_indices_)


@dataclass(kw_only=True, eq=False, repr=False)
class EditedNearestNeighbours(Cleaner):
    """Leave out samples whose nearest neighbours are of other classes [1]_.

    ``sample_indices_`` says which samples are kept.

    Parameters
    ----------
    sampling_strategy : str, list or callable
        From which classes: ``"auto"`` and ``"not minority"`` all but the smallest, ``"majority"`` the largest,
        ``"not majority"``, ``"all"``, or a list of classes.
    n_neighbors : int or object
        Number of neighbours, or an object with scikit-learn's ``kneighbors`` (whose number is one larger).
    kind_sel : {"all", "mode"}
        A sample stays if all of its neighbours are of its class, or if that is their most frequent one (of several, the
        first in order).

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] D. L. Wilson, "Asymptotic properties of nearest neighbor rules using edited data", IEEE Transactions on
       Systems, Man, and Cybernetics 2(3), 1972.

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [0.2], [0.15], [5.0], [5.1], [5.2], [5.3]])
    >>> y = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    >>> found = EditedNearestNeighbours(sampling_strategy="all").fit_resample(X, y)[1]
    >>> len(found)
    4
    """

    sampling_strategy: Any = "auto"
    n_neighbors: Any = 3
    kind_sel: str = "all"

    def _check(self) -> None:
        check_neighbors(self.n_neighbors, "n_neighbors")
        one_of(self.kind_sel, "kind_sel", ("all", "mode"))

    def _resample(self, data: Data) -> tuple[Any, Any]:
        points = numbers_of(data.values)
        targets = [data.code(label) for label in self.sampling_strategy_]
        queries = np.flatnonzero(np.isin(data.codes, targets))
        keep = np.ones(data.labels.size, bool)
        if queries.size:
            found = neighbors(points, queries, self.n_neighbors, name="n_neighbors", of="samples", distinct=False)
            codes = data.codes[found]
            own = data.codes[queries]
            if self.kind_sel == "all":
                keep[queries] = (codes == own[:, np.newaxis]).all(axis=1)
            else:
                votes = np.stack([(codes == c).sum(axis=1) for c in range(data.classes.size)], axis=1)
                keep[queries] = votes.argmax(axis=1) == own
        order = np.argsort(data.codes, kind="stable")  # class by class, as imbalanced-learn has it
        self.sample_indices_ = order[keep[order]]
        return data.select(self.sample_indices_)
