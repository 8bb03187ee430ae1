"""scikit-learn's protocol for estimators, without scikit-learn: it takes 0.7 s to import, and defining one needs none.

What makes an estimator for it are parameters that are stored untouched, `get_params` and `set_params`, and tags, which
scikit-learn asks for when it is there.  Its own validation is called inside `fit` and `predict`.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ._metric import check_sides

__all__: list[str] = []


class Clusterer:
    """Base of the clusterers: parameters, tags, validation."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name.

        Parameters
        ----------
        deep : bool
            As scikit-learn has it; there are no estimators inside.

        Returns
        -------
        dict
        """
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Clusterer:
        """Change parameters.

        Parameters
        ----------
        **params
            By name.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is none of that name.
        """
        for name, value in params.items():
            if name not in self._names():
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {self._names()!r}."
                )
            setattr(self, name, value)
        return self

    @classmethod
    def _names(cls) -> list[str]:
        return sorted(p.name for p in list(inspect.signature(cls.__init__).parameters.values())[1:])

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = {n: v for n, v in self.get_params().items() if v is not defaults[n].default}
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in changed.items())})"

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="clusterer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(positive_only=getattr(self, "metric", "euclidean") == "iou"),
        )

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> np.ndarray:
        """Fit, and give the cluster of each sample.

        Parameters
        ----------
        X : array_like of shape (n, d)
            Samples.
        y : None
            Ignored.
        sample_weight : array_like of shape (n,), optional
            Weights >= 0.

        Returns
        -------
        ndarray of shape (n,)
            int64.
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def _samples(self, X: Any, metric: str, *, reset: bool, at_least: int = 1) -> np.ndarray:
        from sklearn.utils.validation import validate_data

        rows = validate_data(
            self, X, reset=reset, dtype=np.float64, order="C", ensure_min_samples=at_least, ensure_all_finite=True
        )
        check_sides(rows, metric)
        return rows

    def _check_fitted(self) -> None:
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "cluster_centers_")
