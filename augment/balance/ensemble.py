"""A classifier on balanced parts: the majority split up, each part with the whole minority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from imgproc._core.check import integer, one_of
from imgproc._core.declare import declare
from imgproc._core.needed import needed

from ._data import Data, is_sparse, whole_rows
from ._estimator import Estimator
from ._strategy import at_least_two, is_auto
from ._streams import Streams

__all__ = ["BalancedEnsemble"]

COMBINE = "mean", "vote"


@dataclass(kw_only=True, eq=False, repr=False)
class BalancedEnsemble(Estimator):
    """Classifiers on balanced parts of the data, combined, as in EasyEnsemble [1]_.

    The majority is split into parts that have no sample in common, about as large as the minority; each classifier sees
    one part and the whole minority, so no sample is lost and none is made up.  Of more than two classes, those that are
    too small to be split so give each part as many samples as the smallest class has, which parts then share.

    A scikit-learn classifier: after `fit` it has ``classes_``, ``estimators_`` and ``estimators_samples_`` (places of
    the samples of each part).  Images are given to the classifiers as rows of values.

    Parameters
    ----------
    estimator : classifier, optional
        One is cloned for each part; ``random_state`` is set where it has one.  Default: `sklearn.ensemble.
        AdaBoostClassifier`, as in the paper.
    n_parts : int or "auto"
        Number of parts, at least 1, at most as many as the largest class has samples; ``"auto"``: the largest class by
        the smallest, rounded.  (EasyEnsemble draws its parts at random, with samples in common.)
    combine : {"mean", "vote"}
        By the mean of the probabilities, or by the number of classifiers.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.

    Raises
    ------
    TypeError, ValueError
        By `fit`, not here.

    References
    ----------
    .. [1] X.-Y. Liu, J. Wu, Z.-H. Zhou, "Exploratory undersampling for class-imbalance learning", IEEE Transactions on
       Systems, Man, and Cybernetics B 39(2), 2009.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = (X[:, 0] > 1).astype(int)
    >>> model = BalancedEnsemble(estimator=DecisionTreeClassifier(random_state=0), random_state=0).fit(X, y)
    >>> bool((model.predict(X) == y).mean() > 0.8)
    True
    """

    estimator: Any = None
    n_parts: Any = "auto"
    combine: str = "mean"
    random_state: Any = None

    _kind = "classifier"
    _estimator_type = "classifier"

    def fit(self, X: Any, y: Any) -> Self:
        """Fit one classifier a part.

        Parameters
        ----------
        X : array_like of shape (n, ...), DataFrame, or sparse matrix
            Samples.
        y : array_like of shape (n,)
            Labels, of at least two classes.

        Returns
        -------
        BalancedEnsemble
            This one.

        Raises
        ------
        TypeError, ValueError
            If samples are not finite numbers, labels do not fit, or a parameter is of the wrong kind or value.
        """
        with needed("sklearn"):
            from sklearn.base import clone
            from sklearn.ensemble import AdaBoostClassifier

        one_of(self.combine, "combine", COMBINE)
        parts = self.n_parts if is_auto(self.n_parts) else integer(self.n_parts, "n_parts", at_least=1)
        if self.estimator is not None and not hasattr(self.estimator, "fit"):
            raise TypeError(f"estimator must be a classifier or None, got {type(self.estimator).__name__}")
        if self.combine == "mean" and self.estimator is not None and not hasattr(self.estimator, "predict_proba"):
            raise ValueError(f"combine must be 'vote' for {type(self.estimator).__name__}, which has no predict_proba")
        streams = Streams(self.random_state, name="BalancedEnsemble")
        data = Data(X, y)
        at_least_two(data.counts)
        self._remember_features(data.features, data.names)
        self.classes_ = data.classes
        counts = np.bincount(data.codes)
        number = max(round(counts.max() / counts.min()), 1) if is_auto(parts) else parts
        if number > counts.max():
            raise ValueError(f"n_parts must be <= the samples of the largest class, {counts.max()}, got {number}")
        self.estimators_samples_ = _parts(data, number, int(counts.min()), streams)
        rows = data.values if is_sparse(data.values) else whole_rows(data.values)
        self.estimators_ = []
        for k, chosen in enumerate(self.estimators_samples_):
            one = AdaBoostClassifier() if self.estimator is None else clone(self.estimator)
            if "random_state" in one.get_params():
                one.set_params(random_state=int(streams.keyed(f"part {k}").uniforms(1)[0] * (1 << 31)))
            self.estimators_.append(one.fit(rows[chosen], data.labels[chosen]))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of the classes: the mean of those of the parts, or the shares of their votes.

        Parameters
        ----------
        X : array_like of shape (n, ...)
            Samples of the shape of those at `fit`.

        Returns
        -------
        float64 ndarray of shape (n, classes)
            In the order of ``classes_``.

        Raises
        ------
        TypeError, ValueError
            If it is not fitted, or samples do not fit.
        """
        rows = self._rows(X)
        total = np.zeros((rows.shape[0], self.classes_.size))
        for one in self.estimators_:
            if self.combine == "vote":
                total[np.arange(rows.shape[0]), np.searchsorted(self.classes_, one.predict(rows))] += 1
            else:
                total += one.predict_proba(rows)
        return total / len(self.estimators_)

    def predict(self, X: Any) -> np.ndarray:
        """The most likely class; of equal ones, the first.

        Parameters
        ----------
        X : array_like of shape (n, ...)
            Samples of the shape of those at `fit`.

        Returns
        -------
        ndarray of shape (n,)
            Labels.

        Raises
        ------
        TypeError, ValueError
            If it is not fitted, or samples do not fit.
        """
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def score(self, X: Any, y: Any) -> float:
        """Balanced accuracy, as plain accuracy would say little here.

        Parameters
        ----------
        X : array_like of shape (n, ...)
            Samples.
        y : array_like of shape (n,)
            True labels.

        Returns
        -------
        float
            0 to 1; see `balanced_accuracy`.

        Raises
        ------
        TypeError, ValueError
            If it is not fitted, or samples or labels do not fit.
        """
        from .metrics import balanced_accuracy

        return balanced_accuracy(y, self.predict(X))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimators_")

    def _rows(self, X: Any) -> Any:
        if not hasattr(self, "estimators_"):
            with needed("sklearn"):
                from sklearn.exceptions import NotFittedError

            raise NotFittedError("BalancedEnsemble must be fitted first: call fit")
        values = Data(X, np.zeros(len(X) if hasattr(X, "__len__") and not is_sparse(X) else X.shape[0], int)).values
        rows = values if is_sparse(values) else whole_rows(values)
        if rows.shape[1] != self.n_features_in_:
            raise ValueError(f"X must have {self.n_features_in_} values a sample, as at fit, got {rows.shape[1]}")
        return rows


def _parts(data: Data, number: int, least: int, streams: Streams) -> list[np.ndarray]:
    """Places of the samples of each part: a class is split where that leaves enough, else dealt round and round."""
    found: list[list[np.ndarray]] = [[] for _ in range(number)]
    for code in range(data.classes.size):
        members = np.flatnonzero(data.codes == code)
        members = members[streams.keyed(data.label(code)).permutation(members.size)]
        # A rounded number of parts leaves at least two thirds of the smallest class for each.
        reaches = 3 * members.size >= 2 * number * least
        bounds = np.linspace(0, members.size, number + 1).astype(int)
        for part in range(number):
            if reaches:
                found[part].append(members[bounds[part] : bounds[part + 1]])
            else:
                found[part].append(members[(part * least + np.arange(least)) % members.size])
    return [np.sort(np.concatenate(part)) for part in found]


declare(BalancedEnsemble, no_peer="its time is that of the models that it trains")
