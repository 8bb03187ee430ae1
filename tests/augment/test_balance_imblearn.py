"""The samplers beside imbalanced-learn: its estimator checks, and its results draw for draw.

Its checks ask for its base classes only to know which counts to expect.  These are abstract base classes, so the test
registers ours with them; the samplers themselves know nothing of imbalanced-learn.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sklearn.cluster  # noqa: F401  its threads are limited only once it is loaded
from helpers.samplers import Cleaner, OverSampler, UnderSampler
from sklearn.base import clone
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits

import augment

imblearn = pytest.importorskip("imblearn", reason="imbalanced-learn is not installed")
from imblearn import combine, over_sampling, under_sampling  # noqa: E402
from imblearn.over_sampling.base import BaseOverSampler  # noqa: E402
from imblearn.pipeline import Pipeline  # noqa: E402
from imblearn.under_sampling.base import BaseCleaningSampler, BaseUnderSampler  # noqa: E402
from imblearn.utils.estimator_checks import estimator_checks_generator  # noqa: E402

BaseOverSampler.register(OverSampler)
BaseUnderSampler.register(UnderSampler)
BaseCleaningSampler.register(Cleaner)

THEIRS = {
    name: getattr(module, name)
    for module in (over_sampling, under_sampling, combine)
    for name in module.__all__
    if hasattr(augment, name)
}
SAMPLERS = (
    augment.SMOTE(random_state=42),
    augment.SMOTE(random_state=42, rng="imblearn"),
    augment.SMOTE(random_state=42, allocation="even"),
    augment.BorderlineSMOTE(random_state=42),
    augment.BorderlineSMOTE(random_state=42, kind="borderline-2"),
    augment.SVMSMOTE(random_state=42),
    augment.KMeansSMOTE(random_state=0),
    augment.ADASYN(random_state=42),
    augment.RandomOverSampler(random_state=42),
    augment.RandomUnderSampler(random_state=42),
    augment.TomekLinks(),
    augment.EditedNearestNeighbours(),
    augment.SMOTEENN(random_state=42),
    augment.SMOTETomek(random_state=42),
)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """scikit-learn's threads wait for each other where pytest's processes have all CPUs."""
    with threadpool_limits(1):
        yield


# What `parametrize_with_checks` does, but for handing pytest a generator, of which pytest warns.
CHECKS = [pair for sampler in SAMPLERS for pair in estimator_checks_generator(sampler)]


@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=lambda v: getattr(v, "func", type(v)).__name__)
def test_estimator_checks(estimator: Any, check: Any) -> None:
    with warnings.catch_warnings():
        # pandas and scikit-learn warn of each other here.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", "class .* has no sample in danger")
        check(estimator)


def test_all_of_them_are_checked() -> None:
    assert {type(s).__name__ for s in SAMPLERS} | {"SMOTENC"} == set(THEIRS)


def table(seed: int = 0, classes: int = 3, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    weights = {2: [0.85, 0.15], 3: [0.15, 0.25, 0.6]}[classes]
    return make_classification(
        n, 8, n_informative=5, n_classes=classes, weights=weights, class_sep=0.6, flip_y=0.05, random_state=seed
    )


DRAWN = {
    "SMOTE": {},
    "BorderlineSMOTE": {},
    "SVMSMOTE": {},
    "KMeansSMOTE": {"kmeans_estimator": 5, "cluster_balance_threshold": 0.05},
    "ADASYN": {},
    "RandomOverSampler": {},
    "RandomUnderSampler": {},
    "SMOTEENN": {},
    "SMOTETomek": {},
}


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_draws(name: str, classes: int, seed: int) -> None:
    X, y = table(seed, classes)
    ours = getattr(augment, name)(random_state=seed, rng="imblearn", **DRAWN[name])
    theirs = THEIRS[name](random_state=seed, **DRAWN[name])
    (a, b), (c, d) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_array_equal(b, d)
    np.testing.assert_array_equal(a, c)
    if hasattr(theirs, "sample_indices_"):
        np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


@pytest.mark.parametrize("strategy", ["auto", "minority", "all", 0.5, {0: 400, 1: 380}, lambda y: {1: 399}])
def test_every_strategy_of_over_sampling(strategy: Any) -> None:
    X, y = table(classes=2)
    ours = augment.SMOTE(random_state=1, rng="imblearn", sampling_strategy=strategy)
    theirs = over_sampling.SMOTE(random_state=1, sampling_strategy=strategy)
    (a, b), (c, d) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, d)
    assert ours.sampling_strategy_ == dict(theirs.sampling_strategy_)


@pytest.mark.parametrize(
    "strategy", ["auto", "majority", "not minority", "not majority", "all", 0.5, {0: 50}, lambda y: {0: 60, 1: 3}]
)
def test_every_strategy_of_under_sampling(strategy: Any) -> None:
    X, y = table(classes=2)
    ours = augment.RandomUnderSampler(random_state=1, rng="imblearn", sampling_strategy=strategy)
    theirs = under_sampling.RandomUnderSampler(random_state=1, sampling_strategy=strategy)
    (a, b), (c, d) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, d)


@pytest.mark.parametrize("strategy", ["auto", "majority", "not majority", "all", [0, 2]])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("TomekLinks", {}),
        ("EditedNearestNeighbours", {}),
        ("EditedNearestNeighbours", {"kind_sel": "mode", "n_neighbors": 4}),
    ],
)
def test_cleaning_keeps_the_same_samples(name: str, options: dict[str, Any], strategy: Any) -> None:
    X, y = table()
    ours = getattr(augment, name)(sampling_strategy=strategy, **options)
    theirs = THEIRS[name](sampling_strategy=strategy, **options)
    (a, b), (c, d) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)
    np.testing.assert_array_equal(a, c)
    np.testing.assert_array_equal(b, d)


def test_the_second_kind_of_borderline_to_rounding() -> None:
    X, y = table()
    options = {"random_state": 3, "kind": "borderline-2"}
    a, b = augment.BorderlineSMOTE(rng="imblearn", **options).fit_resample(X, y)
    c, d = over_sampling.BorderlineSMOTE(**options).fit_resample(X, y)
    np.testing.assert_array_equal(b, d)
    np.testing.assert_allclose(a, c, rtol=0, atol=1e-14)


def test_a_neighbour_finder_of_the_user() -> None:
    from sklearn.neighbors import NearestNeighbors

    X, y = table()
    finder = NearestNeighbors(n_neighbors=4, metric="manhattan")
    a, _ = augment.SMOTE(random_state=1, rng="imblearn", k_neighbors=finder).fit_resample(X, y)
    b, _ = over_sampling.SMOTE(random_state=1, k_neighbors=finder).fit_resample(X, y)
    np.testing.assert_array_equal(a, b)


def test_smoothed_bootstrap() -> None:
    X, y = table()
    options = {"random_state": 5, "shrinkage": {0: 0.5, 1: 2.0}}
    a, b = augment.RandomOverSampler(rng="imblearn", **options).fit_resample(X, y)
    c, d = over_sampling.RandomOverSampler(**options).fit_resample(X, y)
    np.testing.assert_array_equal(b, d)
    np.testing.assert_allclose(a, c, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_pipelines_and_clones(sampler: Any) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV

    X, y = table(classes=2)
    assert repr(clone(sampler)) == repr(sampler)
    pipeline = Pipeline([("sample", sampler), ("classify", LogisticRegression())])
    assert pipeline.fit(X, y).score(X, y) > 0.5
    assert isinstance(pipeline._repr_html_(), str)
    search = GridSearchCV(pipeline, {"sample__sampling_strategy": ["auto", "all"]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.5


def test_what_imbalanced_learn_gets_wrong_on_bytes() -> None:
    """The peer's defect that the facts name, so that we notice when it is mended; ours beside it."""
    rng = np.random.default_rng(0)
    X = rng.integers(100, 140, (60, 30), dtype=np.uint8)
    y = np.repeat([0, 1], [40, 20])
    theirs = over_sampling.SMOTE(random_state=0).fit_resample(X, y)[0][60:]
    ours = augment.SMOTE(random_state=0).fit_resample(X, y)[0][60:]
    assert ours.min() >= 100
    assert ours.max() < 140
    assert ((theirs < 100) | (theirs >= 140)).mean() > 0.1


def mixed(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    y = np.repeat([0, 1], [3 * n // 4, n // 4])
    X = np.empty((n, 5), object)
    X[:, 0], X[:, 3], X[:, 4] = rng.normal(y, 1, n), rng.normal(0, 2, n), rng.normal(-y, 1, n)
    X[:, 1], X[:, 2] = rng.choice(["a", "b", "c"], n), rng.choice([1, 2], n)
    return X, y


@pytest.mark.parametrize("flat", [False, True])
def test_nominal_and_continuous(flat: bool) -> None:
    X, y = mixed()
    if flat:  # the median of the deviations is zero
        X[:, 3] = X[:, 4] = 1.0
    options = {"categorical_features": [1, 2], "random_state": 3}
    a, b = augment.SMOTENC(rng="imblearn", **options).fit_resample(X, y)
    c, d = over_sampling.SMOTENC(**options).fit_resample(X, y)
    np.testing.assert_array_equal(b, d)
    np.testing.assert_array_equal(a[:, [1, 2]], c[:, [1, 2]])
    np.testing.assert_allclose(a[:, [0, 3, 4]].astype(float), c[:, [0, 3, 4]].astype(float), rtol=1e-12)


NOMINAL = list(estimator_checks_generator(augment.SMOTENC([0], random_state=42)))


@pytest.mark.parametrize(("estimator", "check"), NOMINAL, ids=lambda v: getattr(v, "func", type(v)).__name__)
def test_estimator_checks_of_nominal_columns(estimator: Any, check: Any) -> None:
    if check.func.__name__ == "check_samplers_string":
        pytest.skip("its only column is nominal, which neither library's SMOTENC takes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        check(estimator)
