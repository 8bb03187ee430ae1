"""SMOTE, then cleaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from imgproc._core.needed import needed

from ._data import Data
from ._sampler import Sampler
from .clean import EditedNearestNeighbours, TomekLinks
from .smote import SMOTE

__all__ = ["SMOTEENN", "SMOTETomek"]


class _Combined(Sampler):
    random_state: Any
    smote: Any
    rng: str
    _kinds: ClassVar[dict[str, Any]]

    def _resample(self, data: Data) -> tuple[Any, Any]:
        # Over the arrays and back only once, so that a DataFrame is not rounded in between.
        smote, cleaner = self._steps()
        values, labels = smote.fit_resample(data.values, data.labels)
        return data.finish(*cleaner.fit_resample(values, labels))

    def _check(self) -> None:
        for name, kind in self._kinds.items():
            given = getattr(self, name)
            if given is not None and not hasattr(given, "fit_resample"):
                raise TypeError(f"{name} must be {kind.__name__} or another sampler, got {type(given).__name__}")

    def _steps(self) -> tuple[Any, Any]:
        with needed("sklearn"):
            from sklearn.base import clone

        smote = clone(self.smote) if self.smote is not None else SMOTE(random_state=self.random_state)
        if self.smote is None:
            smote.set_params(sampling_strategy=self.sampling_strategy, rng=self.rng)
        (name, kind), *_ = ((n, k) for n, k in self._kinds.items() if n != "smote")
        given = getattr(self, name)
        return smote, kind(sampling_strategy="all") if given is None else clone(given)


@dataclass(kw_only=True, eq=False, repr=False)
class SMOTEENN(_Combined):
    """`SMOTE`, then `EditedNearestNeighbours` on all classes [1]_.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        Of the SMOTE that is made where `smote` is None.
    random_state : None, int, or NumPy generator
        Its seed.
    smote : sampler, optional
        In place of ``SMOTE(sampling_strategy=..., random_state=..., rng=...)``; one with its own parameters.
    enn : sampler, optional
        In place of ``EditedNearestNeighbours(sampling_strategy="all")``.
    rng : {"keyed", "imblearn"}
        Of the SMOTE that is made.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] G. E. Batista, R. C. Prati, M. C. Monard, "A study of the behavior of several methods for balancing machine
       learning training data", ACM SIGKDD Explorations 6(1), 2004.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.repeat([0, 1], [45, 15])
    >>> resampled, labels = SMOTEENN(random_state=0).fit_resample(X, y)
    >>> len(resampled) == len(labels)
    True
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    smote: Any = None
    enn: Any = None
    rng: str = "keyed"

    _kinds = {"smote": SMOTE, "enn": EditedNearestNeighbours}  # noqa: RUF012


@dataclass(kw_only=True, eq=False, repr=False)
class SMOTETomek(_Combined):
    """`SMOTE`, then `TomekLinks` on all classes [1]_.

    Parameters
    ----------
    sampling_strategy : str, float, dict or callable
        Of the SMOTE that is made where `smote` is None.
    random_state : None, int, or NumPy generator
        Its seed.
    smote : sampler, optional
        In place of ``SMOTE(sampling_strategy=..., random_state=..., rng=...)``; one with its own parameters.
    tomek : sampler, optional
        In place of ``TomekLinks(sampling_strategy="all")``.
    rng : {"keyed", "imblearn"}
        Of the SMOTE that is made.

    Raises
    ------
    TypeError, ValueError
        By `fit_resample`, not here.

    References
    ----------
    .. [1] G. E. Batista, A. L. C. Bazzan, M. C. Monard, "Balancing training data for automated annotation of keywords:
       a case study", WOB 2003.

    Examples
    --------
    >>> X = np.random.default_rng(0).normal(size=(60, 2))
    >>> y = np.repeat([0, 1], [45, 15])
    >>> resampled, labels = SMOTETomek(random_state=0).fit_resample(X, y)
    >>> len(resampled) == len(labels)
    True
    """

    sampling_strategy: Any = "auto"
    random_state: Any = None
    smote: Any = None
    tomek: Any = None
    rng: str = "keyed"

    _kinds = {"smote": SMOTE, "tomek": TomekLinks}  # noqa: RUF012
