"""``fit_resample``: what all samplers do before and after their own work."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from imgproc._core.check import flag

from ._data import Data
from ._estimator import Estimator
from ._recipe import SampleRecipe, append_samples
from ._strategy import CLEAN, OVER, UNDER, sampling_targets
from ._streams import Streams

__all__: list[str] = []


class Sampler(Estimator):
    """A class with ``fit_resample``; subclasses are dataclasses with ``sampling_strategy`` among their fields."""

    _kind = "sampler"
    _sampling = OVER
    _sparse = True

    sampling_strategy: Any

    @property
    def _numbers(self) -> bool:
        """Whether samples must be numbers."""
        return True

    def fit(self, X: Any, y: Any) -> Self:
        """Check samples and labels, and what ``sampling_strategy`` asks for; `fit_resample` does the work.

        Parameters
        ----------
        X : array_like of shape (n, ...), DataFrame, or sparse matrix
            Samples.
        y : array_like of shape (n,)
            Labels.

        Returns
        -------
        sampler
            This one, with ``sampling_strategy_``, ``n_features_in_`` and, of a DataFrame, ``feature_names_in_``.

        Raises
        ------
        TypeError, ValueError
            As `fit_resample`, as far as it can be known without resampling.
        """
        self._start(X, y)
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Resample.

        Parameters
        ----------
        X : array_like of shape (n, ...), DataFrame, or sparse matrix
            Samples: rows of a table, or images (n, h, w, c).
        y : array_like of shape (n,)
            Labels: integers, strings or booleans, or rows of 0 with a single 1.

        Returns
        -------
        X_resampled : as `X`
            In its kind, dtype and shape but for the number of samples.
        y_resampled : as `y`
            Their labels.

        Raises
        ------
        TypeError, ValueError
            If samples are not finite numbers, labels do not fit, there is one class only or one that is too small, or a
            parameter is of the wrong kind or value.
        """
        data = self._start(X, y)
        return self._resample(data)

    def _resample(self, data: Data) -> tuple[Any, Any]:
        raise AttributeError(f"{type(self).__name__} does not resample")

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """The names of the columns, which a sampler does not change.

        Parameters
        ----------
        input_features : sequence of str, optional
            Names; they must be those of the DataFrame that was resampled, if it was one.

        Returns
        -------
        object ndarray of shape (features,)
            The given names, those of the DataFrame, or x0, x1, ...

        Raises
        ------
        ValueError
            If the given names do not fit.
        """
        if not hasattr(self, "n_features_in_"):
            raise ValueError(f"{type(self).__name__} must be fitted first: call fit_resample")
        known = getattr(self, "feature_names_in_", None)
        if input_features is None:
            return known if known is not None else np.array([f"x{k}" for k in range(self.n_features_in_)], object)
        names = np.asarray(input_features, object)
        if known is not None and not np.array_equal(known, names):
            raise ValueError("input_features is not equal to feature_names_in_")
        if names.size != self.n_features_in_:
            raise ValueError(
                f"input_features should have length equal to number of features ({self.n_features_in_}), "
                f"got {names.size}"
            )
        return names

    def _start(self, X: Any, y: Any) -> Data:
        self._check()
        data = Data(X, y, numbers=self._numbers)
        self.sampling_strategy_ = sampling_targets(self.sampling_strategy, data.counts, data.labels, self._sampling)
        self._remember_features(data.features, data.names)
        return data

    def _check(self) -> None:
        """Check the parameters."""


class OverSampler(Sampler):
    """Adds samples to classes."""


class UnderSampler(Sampler):
    """Takes samples of classes away, down to a number."""

    _sampling = UNDER
    _indices = True


class Cleaner(Sampler):
    """Takes samples of classes away that lie among others."""

    _sampling = CLEAN
    _indices = True


class Synthesizer(OverSampler):
    """Adds samples on the lines between pairs; subclasses say which, class by class."""

    random_state: Any
    rng: str

    def recipe(self, X: Any, y: Any) -> SampleRecipe:
        """What `fit_resample` would add, as pairs of samples and shares of the way between them.

        Parameters
        ----------
        X : array_like of shape (n, ...)
            Samples.
        y : array_like of shape (n,)
            Labels.

        Returns
        -------
        SampleRecipe
            16 bytes a synthetic sample, to be drawn when they are wanted.

        Raises
        ------
        TypeError, ValueError
            As `fit_resample`.
        """
        return self._recipe(self._start(X, y))

    def _resample(self, data: Data) -> tuple[Any, Any]:
        return data.finish(*append_samples(data, self._recipe(data), exact=self.rng == "imblearn"))

    def _streams(self) -> Streams:
        allocation = getattr(self, "allocation", "random")
        return Streams(self.random_state, self.rng, allocation, name=type(self).__name__)

    def _check(self) -> None:
        self._streams()
        flag(getattr(self, "strict", False), "strict")

    def _recipe(self, data: Data) -> SampleRecipe:
        streams = self._streams()
        parts = []
        for label, count in self.sampling_strategy_.items():
            if count:
                made = self._pairs(data, data.code(label), count, streams.of(label), streams)
                parts += [(data.classes[data.code(label)], part) for part in made]
        return joined(parts, data.labels.dtype)

    def _pairs(self, data: Data, code: int, count: int, draws: Any, streams: Streams) -> list[Any]:
        """(i, j, gap) of the synthetic samples of one class, in one part or several."""
        raise AttributeError(f"{type(self).__name__} makes no samples")


def joined(parts: list[Any], dtype: np.dtype) -> SampleRecipe:
    """The recipe of all classes."""
    i, j, gap = (
        np.concatenate([np.asarray(part[k], kind) for _, part in parts]) if parts else np.empty(0, kind)
        for k, kind in enumerate((np.int32, np.int32, np.float64))
    )
    labels = [np.full(len(part[0]), label, dtype) for label, part in parts]
    return SampleRecipe(i, j, gap, np.concatenate(labels) if labels else np.empty(0, dtype))
