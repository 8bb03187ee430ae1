"""What scikit-learn asks of an estimator's parameters, without importing it.

`clone`, `Pipeline` and `GridSearchCV` look at methods, not at base classes.  So our estimators store their parameters
as they came and check them when they are used, and ``import augment`` does not pay for scikit-learn, which takes twice
as long as all the rest.  What they need of it is imported where it is used.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any, Self

__all__: list[str] = []


class Parameters:
    """Parameters by name, those of the constructor, as `sklearn.base.BaseEstimator` has them."""

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """The parameters and their defaults (`inspect.Parameter.empty` for none)."""
        return {p.name: p.default for p in list(inspect.signature(cls.__init__).parameters.values())[1:]}

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
        found = {name: getattr(self, name) for name in self._defaults()}
        if deep:
            for name, value in list(found.items()):
                if hasattr(value, "get_params") and not isinstance(value, type):
                    found |= {f"{name}__{key}": inner for key, inner in value.get_params().items()}
        return dict(sorted(found.items()))

    def set_params(self, **params: Any) -> Self:
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
        own = self._defaults()
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
        for name, default in self._defaults().items():
            value = getattr(self, name)
            if repr(value) != repr(default):
                changed.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(changed)})"
