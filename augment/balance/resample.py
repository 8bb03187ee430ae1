"""Random over- and under-sampling: samples repeated or left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core import elementary
from imgproc._core.check import flag, real

from ._data import Data, is_sparse
from ._neighbors import unit_of
from ._sampler import OverSampler, UnderSampler
from ._streams import Streams

__all__ = ["RandomOverSampler", "RandomUnderSampler"]


@dataclass(kw_only=True, eq=False, repr=False)
class RandomOverSampler(OverSampler):
    """Repeat samples at random; with `shrinkage`, a little off each (a smoothed bootstrap [1]_).

    Samples may be of anything, strings and NaN too, unless there is a shrinkage.  ``sample_indices_`` says where each
    sample of the result comes from.  Images are better repeated as augmented copies: see `balance_plan`.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        As in `SMOTE`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    shrinkage : float or dict, optional
        Gaussian noise on the repeated samples, as a multiple of the standard deviation that is best for a normal
        density (times that of each value in the class); for all classes or by class.  At least 0.
    rng : {"keyed", "imblearn"}
        Draws by key, or those of imbalanced-learn with the same integer seed.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] G. Menardi, N. Torelli, "Training and assessing classification rules with imbalanced data", Data Mining and
       Knowledge Discovery 28, 2014.

    Examples
    --------
    >>> X, y = np.arange(6).reshape(6, 1), np.array([0, 0, 0, 0, 1, 1])
    >>> np.bincount(RandomOverSampler(random_state=0).fit_resample(X, y)[1])
    array([4, 4])
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    shrinkage: Any = None
    rng: str = "keyed"

    _string = _nan = _indices = True

    @property
    def _numbers(self) -> bool:
        return self.shrinkage is not None

    def _check(self) -> None:
        Streams(self.random_state, self.rng, name="")
        given = self.shrinkage
        if isinstance(given, Mapping):
            for label, value in given.items():
                real(value, f"shrinkage[{label!r}]", at_least=0)
        elif given is not None:
            real(given, "shrinkage", at_least=0)

    def _resample(self, data: Data) -> tuple[Any, Any]:
        if isinstance(self.shrinkage, Mapping):
            missing = [label for label in self.sampling_strategy_ if label not in self.shrinkage]
            if missing:
                raise ValueError(f"shrinkage must have every class that is sampled, got none for {missing}")
        if self.shrinkage is not None and is_sparse(data.values):
            raise TypeError("X must be an array or a DataFrame with shrinkage, got a sparse matrix")
        streams = Streams(self.random_state, self.rng, name=type(self).__name__)
        chosen, noises = [np.arange(data.labels.size)], []
        for label, count in self.sampling_strategy_.items():
            draws = streams.of(label)
            members = np.flatnonzero(data.codes == data.code(label))
            chosen.append(draws.choice(members, count, replace=True))
            if self.shrinkage is not None:
                factor = self.shrinkage[label] if isinstance(self.shrinkage, Mapping) else self.shrinkage
                noises.append(_noise(data, members, count, factor, draws))
        self.sample_indices_ = np.concatenate(chosen)
        if self.shrinkage is None:
            return data.select(self.sample_indices_)
        values = data.values[self.sample_indices_]
        n, added = data.labels.size, np.concatenate(noises)
        moved = values[n:] + added.reshape(values[n:].shape)
        if values.dtype.kind in "ui":
            info = np.iinfo(values.dtype)
            moved = np.clip(np.rint(moved), info.min, info.max)
        values[n:] = moved
        return data.finish(values, data.labels[self.sample_indices_])


def _noise(data: Data, members: np.ndarray, count: int, factor: float, draws: Any) -> np.ndarray:
    n, d = data.labels.size, data.features
    bandwidth = elementary.power(4 / ((d + 2) * n), 1 / (d + 4))
    points = data.values[members].reshape(members.size, -1)
    unit = unit_of(points)
    scale = (points if unit == 1 else points * unit).std(axis=0) / unit
    return draws.normals(count, d) * (factor * bandwidth * scale)


@dataclass(kw_only=True, eq=False, repr=False)
class RandomUnderSampler(UnderSampler):
    """Leave out samples at random.

    Samples may be of anything, strings and NaN too.  ``sample_indices_`` says which are kept.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        Which classes shrink, to what: ``"auto"`` and ``"not minority"`` all but the smallest, ``"majority"`` the
        largest, ``"not majority"``, ``"all"``, to the size of the smallest; a number is the ratio of two classes; a
        dict has the wanted number of samples for each class, a function makes one from `y`.
    random_state : None, int, or NumPy generator
        Seed.  None takes a fresh one at each call.
    replacement : bool
        A sample may be kept several times.
    rng : {"keyed", "imblearn"}
        Draws by key, or those of imbalanced-learn with the same integer seed.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    Examples
    --------
    >>> X, y = np.arange(6).reshape(6, 1), np.array([0, 0, 0, 0, 1, 1])
    >>> np.bincount(RandomUnderSampler(random_state=0).fit_resample(X, y)[1])
    array([2, 2])
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    replacement: bool = False
    rng: str = "keyed"

    _numbers = False
    _string = _nan = True

    def _check(self) -> None:
        Streams(self.random_state, self.rng, name="")
        flag(self.replacement, "replacement")

    def _resample(self, data: Data) -> tuple[Any, Any]:
        streams = Streams(self.random_state, self.rng, name=type(self).__name__)
        kept = []
        for code, label in enumerate(data.classes.tolist()):
            members = np.flatnonzero(data.codes == code)
            if label in self.sampling_strategy_:
                count = self.sampling_strategy_[label]
                members = streams.of(label).choice(members, count, replace=self.replacement)
            kept.append(members)
        self.sample_indices_ = np.concatenate(kept)
        return data.select(self.sample_indices_)
