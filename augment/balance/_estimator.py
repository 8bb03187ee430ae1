"""What imbalanced-learn asks of an estimator beside its parameters, without importing it: tags and features.

Its pipeline looks at ``fit_resample``; our estimators are plain dataclasses whose fields are the parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._parameters import Parameters

__all__: list[str] = []


class Estimator(Parameters):
    """Base of the samplers: tags, and the features they have seen."""

    _kind: str | None = None
    _sparse = _string = _nan = _indices = False

    def __sklearn_tags__(self) -> Any:
        from ._tags import tags

        return tags(self._kind, sparse=self._sparse, string=self._string, nan=self._nan, indices=self._indices)

    def _remember_features(self, count: int, names: np.ndarray | None) -> None:
        self.n_features_in_ = count
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
