"""scikit-learn's protocol for clusterers beside their parameters: tags, which it asks for when it is there, and its
validation, which is called inside `fit` and `predict`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from imgproc._core.needed import needed

from .._parameters import Parameters
from ._metric import check_sides

__all__: list[str] = []


class Clusterer(Parameters):
    """Base of the clusterers: tags, validation."""

    labels_: np.ndarray

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Fit; each clusterer says how."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        with needed("sklearn"):
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
        with needed("sklearn"):
            from sklearn.utils.validation import validate_data

        try:
            rows = validate_data(
                self, X, reset=reset, dtype=np.float64, order="C", ensure_min_samples=at_least, ensure_all_finite=True
            )
        except OverflowError:
            raise ValueError("X must be finite, got an integer beyond the floats") from None
        except TypeError as error:  # in scikit-learn's words, which its own tests look for
            raise TypeError(f"X must be of numbers: {error}") from None
        check_sides(rows, metric)
        return rows

    def _check_fitted(self) -> None:
        with needed("sklearn"):
            from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "cluster_centers_")
