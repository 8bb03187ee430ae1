"""What scikit-learn and imbalanced-learn ask of an estimator, without importing them.

`clone`, `Pipeline`, `GridSearchCV` and imbalanced-learn's pipeline look at methods, not at base classes:
``get_params``, ``set_params``, ``fit_resample``, ``__sklearn_tags__``.  So our estimators are plain dataclasses whose
fields are the parameters, stored as they came and checked when they are used, and ``import augment`` does not pay for
scikit-learn, which takes twice as long as all the rest.  What they need of it is imported where it is used.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from typing import Any

import numpy as np

__all__: list[str] = []


class Estimator:
    """Parameters by name, as `sklearn.base.BaseEstimator` has them."""

    _kind: str | None = None
    _sparse = _string = _nan = _indices = False

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name.

        Parameters
        ----------
        deep : bool
            With the parameters of estimators among them, as ``name__parameter``.

        Returns
        -------
        dict
            Values as they were given.
        """
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        if deep:
            for name, value in list(found.items()):
                if hasattr(value, "get_params") and not isinstance(value, type):
                    found |= {f"{name}__{key}": inner for key, inner in value.get_params().items()}
        return dict(sorted(found.items()))

    def set_params(self, **params: Any) -> Any:
        """Change parameters.

        Parameters
        ----------
        **params
            By name; ``name__parameter`` reaches into an estimator among them.

        Returns
        -------
        estimator
            This one.

        Raises
        ------
        ValueError
            If there is no parameter of such a name.
        """
        own = {field.name for field in dataclasses.fields(self)}
        nested: dict[str, dict[str, Any]] = defaultdict(dict)
        for key, value in params.items():
            name, inner, rest = key.partition("__")
            if name not in own:
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}; it has {', '.join(sorted(own))}")
            if inner:
                nested[name][rest] = value
            else:
                setattr(self, name, value)
        for name, values in nested.items():
            getattr(self, name).set_params(**values)
        return self

    def __repr__(self) -> str:
        changed = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.default is dataclasses.MISSING or repr(value) != repr(field.default):
                changed.append(f"{field.name}={value!r}")
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        from ._tags import tags

        return tags(self._kind, sparse=self._sparse, string=self._string, nan=self._nan, indices=self._indices)

    def _remember_features(self, count: int, names: np.ndarray | None) -> None:
        self.n_features_in_ = count
        if names is not None:
            self.feature_names_in_ = names
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
