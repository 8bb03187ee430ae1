"""SVM-SMOTE: new samples beside the support vectors of a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core.check import real
from imgproc._core.needed import needed

from ._data import Data
from ._neighbors import check_neighbors, neighbors, numbers_of
from ._sampler import Synthesizer
from ._streams import Streams
from .borderline import foreign_neighbors
from .smote import samples_of

__all__ = ["SVMSMOTE"]


@dataclass(kw_only=True, eq=False, repr=False)
class SVMSMOTE(Synthesizer):
    """SMOTE from the support vectors of a class [1]_.

    Support vectors whose neighbours are all of other classes are left out as noise.  From those in danger (half or more
    of their neighbours in other classes) new samples lie towards a neighbour, from the safe ones away from it, which
    widens the class.  The share of the first is drawn from Beta(10, 10).

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        As in `SMOTE`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    k_neighbors : int or object
        As in `SMOTE`.
    m_neighbors : int or object
        Neighbours that decide on danger and noise, of all classes.
    svm_estimator : estimator, optional
        With ``support_`` once fitted.  Default: `sklearn.svm.SVC`.  It gets images as rows of values.
    out_step : float
        How far away from the neighbour at most, 0 to 100, as a share of the distance.
    allocation : {"random", "even"}
        As in `SMOTE`.
    rng : {"keyed", "imblearn"}
        As in `SMOTE`.  Where there are support vectors of one kind only, imbalanced-learn makes fewer samples than were
        asked for, and so does this mode.
    strict : bool
        As in `SMOTE`.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] H. M. Nguyen, E. W. Cooper, K. Kamei, "Borderline over-sampling for imbalanced data classification",
       International Journal of Knowledge Engineering and Soft Data Paradigms 3(1), 2009.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.repeat([0, 1], [45, 15])
    >>> resampled, labels = SVMSMOTE(random_state=0).fit_resample(X, y)
    >>> bool(np.bincount(labels)[1] > 15)
    True
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    k_neighbors: Any = 5
    m_neighbors: Any = 10
    svm_estimator: Any = None
    out_step: float = 0.5
    allocation: str = "random"
    rng: str = "keyed"
    strict: bool = False

    def _check(self) -> None:
        super()._check()
        check_neighbors(self.k_neighbors, "k_neighbors")
        check_neighbors(self.m_neighbors, "m_neighbors")
        real(self.out_step, "out_step", at_least=0, at_most=100)
        if self.svm_estimator is not None and not hasattr(self.svm_estimator, "fit"):
            raise TypeError(f"svm_estimator must be an estimator or None, got {type(self.svm_estimator).__name__}")

    def _pairs(self, data: Data, code: int, count: int, draws: Any, streams: Streams) -> list[Any]:
        points = numbers_of(data.values)
        label = data.label(code)
        support = _support(self.svm_estimator, points, data, streams)
        support = support[data.codes[support] == code]
        m = check_neighbors(self.m_neighbors, "m_neighbors")
        foreign = foreign_neighbors(data, points, support, self.m_neighbors) if support.size else np.empty(0, int)
        support, foreign = support[foreign < m], foreign[foreign < m]
        if not support.size:
            raise ValueError(f"X must have support vectors of class {label!r} that are not noise, got none: use SMOTE")
        members = np.flatnonzero(data.codes == code)
        in_danger = foreign >= m / 2
        first = int(draws.beta() * (count + 1))
        counts = {True: first, False: count - first}
        if in_danger.all() != in_danger.any() or streams.theirs:
            shares = counts
        else:
            shares = {True: count, False: count}  # one kind only: it gets all
        of, parts = samples_of(data, members), []
        for danger, step in ((True, 1.0), (False, -self.out_step)):
            bases = support[in_danger == danger]
            if bases.size:
                at = np.searchsorted(members, bases)
                own = neighbors(points[members], at, self.k_neighbors, name="k_neighbors", of=of, strict=self.strict)
                found = members[own]
                base, column, gap = draws.pairs(bases.size, found.shape[1], shares[danger])
                parts.append((bases[base], found[base, column], step * gap))
        return parts


def _support(estimator: Any, points: Any, data: Data, streams: Streams) -> np.ndarray:
    """Places of the support vectors."""
    with needed("sklearn"):
        from sklearn.base import clone
        from sklearn.svm import SVC

    machine = SVC(gamma="scale", random_state=streams.seed()) if estimator is None else clone(estimator)
    machine.fit(points, data.labels)
    if not hasattr(machine, "support_"):
        raise TypeError(f"svm_estimator must have support_ once fitted, {type(machine).__name__} has not")
    return np.asarray(machine.support_)
