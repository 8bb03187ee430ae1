"""Borderline-SMOTE: new samples only beside those that lie among other classes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.needed import level_of_caller

from ._data import Data
from ._neighbors import check_neighbors, neighbors, numbers_of
from ._sampler import Synthesizer
from ._streams import Streams
from .smote import samples_of

__all__ = ["BorderlineSMOTE"]

KINDS = "borderline-1", "borderline-2"


@dataclass(kw_only=True, eq=False, repr=False)
class BorderlineSMOTE(Synthesizer):
    """SMOTE from the samples in danger: half or more, but not all, of their neighbours are of other classes [1]_.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        As in `SMOTE`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    k_neighbors : int or object
        Neighbours that new samples lie towards; as in `SMOTE`.
    m_neighbors : int or object
        Neighbours that decide on danger, of all classes.
    kind : {"borderline-1", "borderline-2"}
        1: towards neighbours of the class.  2: towards neighbours of any class, less than half of the way where it is
        another one.
    allocation : {"random", "even"}
        As in `SMOTE`.
    rng : {"keyed", "imblearn"}
        As in `SMOTE`.  imbalanced-learn's second kind multiplies two uniform numbers for the way to another class,
        which stays nearer to the sample than the paper's uniform half of the way.
    strict : bool
        As in `SMOTE`.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    Warns
    -----
    UserWarning
        If a class has no sample in danger: it gets no new ones.

    References
    ----------
    .. [1] H. Han, W.-Y. Wang, B.-H. Mao, "Borderline-SMOTE: a new over-sampling method in imbalanced data sets
       learning", ICIC 2005.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.repeat([0, 1], [45, 15])
    >>> np.bincount(BorderlineSMOTE(random_state=0).fit_resample(X, y)[1])
    array([45, 45])
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    k_neighbors: Any = 5
    m_neighbors: Any = 10
    kind: str = "borderline-1"
    allocation: str = "random"
    rng: str = "keyed"
    strict: bool = False

    def _check(self) -> None:
        super()._check()
        check_neighbors(self.k_neighbors, "k_neighbors")
        check_neighbors(self.m_neighbors, "m_neighbors")
        one_of(self.kind, "kind", KINDS)

    def _pairs(self, data: Data, code: int, count: int, draws: Any, streams: Streams) -> list[Any]:
        points = numbers_of(data.values)
        members = np.flatnonzero(data.codes == code)
        foreign = foreign_neighbors(data, points, members, self.m_neighbors)
        m = check_neighbors(self.m_neighbors, "m_neighbors")
        danger = members[(foreign >= m / 2) & (foreign < m)]
        if not danger.size:
            label = data.label(code)
            warnings.warn(
                f"class {label!r} has no sample in danger, so no new ones", UserWarning, stacklevel=level_of_caller()
            )
            return []
        if self.kind == "borderline-1":
            at = np.flatnonzero(np.isin(members, danger))
            of = samples_of(data, members)
            found = members[
                neighbors(points[members], at, self.k_neighbors, name="k_neighbors", of=of, strict=self.strict)
            ]
        else:
            found = neighbors(points, danger, self.k_neighbors, name="k_neighbors", of="samples", strict=self.strict)
        base, column, gap = draws.pairs(danger.size, found.shape[1], count)
        second = found[base, column]
        if self.kind == "borderline-2":
            other = data.codes[second] != code
            gap = gap.copy()
            gap[other] *= draws.again().uniform(0.0, 0.5, other.sum()) if streams.theirs else 0.5
        return [(danger[base], second, gap)]


def foreign_neighbors(
    data: Data, points: Any, queries: np.ndarray, ask: Any, *, name: str = "m_neighbors"
) -> np.ndarray:
    """How many of the nearest neighbours of samples are of another class than the first of these."""
    found = neighbors(points, queries, ask, name=name, of="samples", distinct=False)
    return (data.codes[found] != data.codes[queries[:1]]).sum(axis=1)
