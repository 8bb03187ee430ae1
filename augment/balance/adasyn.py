"""ADASYN: most new samples where a class is hardest to learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ._data import Data
from ._neighbors import check_neighbors, neighbors, numbers_of
from ._sampler import Synthesizer
from ._streams import Streams
from .borderline import foreign_neighbors
from .kmeans_smote import largest_remainder
from .smote import samples_of

__all__ = ["ADASYN"]


@dataclass(kw_only=True, eq=False, repr=False)
class ADASYN(Synthesizer):
    """Adaptive synthetic sampling: each sample gets new ones by its share of neighbours in other classes [1]_.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        As in `SMOTE`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    n_neighbors : int or object
        Neighbours of all classes that decide how many, and of the class that new samples lie towards.
    rng : {"keyed", "imblearn"}
        As in `SMOTE`.  imbalanced-learn rounds the number of each sample, so that their sum is only about the one asked
        for; by key it is that one.
    strict : bool
        As in `SMOTE`.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here; also if no sample of a class has a neighbour in another one.

    References
    ----------
    .. [1] H. He, Y. Bai, E. A. Garcia, S. Li, "ADASYN: adaptive synthetic sampling approach for imbalanced learning",
       IJCNN 2008.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.repeat([0, 1], [45, 15])
    >>> np.bincount(ADASYN(random_state=0).fit_resample(X, y)[1])
    array([45, 45])
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    n_neighbors: Any = 5
    rng: str = "keyed"
    strict: bool = False

    def _check(self) -> None:
        super()._check()
        check_neighbors(self.n_neighbors, "n_neighbors")

    def _pairs(self, data: Data, code: int, count: int, draws: Any, streams: Streams) -> list[Any]:
        points = numbers_of(data.values)
        members = np.flatnonzero(data.codes == code)
        k = check_neighbors(self.n_neighbors, "n_neighbors")
        shares = foreign_neighbors(data, points, members, self.n_neighbors, name="n_neighbors") / k
        label = data.label(code)
        if not shares.sum():
            raise ValueError(
                f"X must have samples of class {label!r} with neighbours in other classes, got none: use SMOTE"
            )
        shares /= shares.sum()
        numbers = np.rint(shares * count).astype(int) if streams.theirs else largest_remainder(shares, count)
        own, of = points[members], samples_of(data, members)
        found = neighbors(
            own, None, self.n_neighbors, name="n_neighbors", of=of, ordered=streams.theirs, strict=self.strict
        )
        base = np.repeat(np.arange(members.size), numbers)
        column, gap = draws.columns(found.shape[1], base.size)
        return [(members[base], members[found[base, column]], gap)]
