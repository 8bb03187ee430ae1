"""Class and sample weights, plans of augmented copies, measures of imbalanced classifiers, the ensemble."""

from __future__ import annotations

import inspect
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sklearn.ensemble  # noqa: F401  its threads are limited only once it is loaded
from sklearn import metrics, utils
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

import augment
from augment.balance import metrics as ours

LABELS = np.repeat(["cat", "dog", "owl"], [60, 25, 5])
BOXES = [["a", "a", "b"], ["a"], [], ["a", "c"], ["b", "a"], ["a", "a"], ["c", "c"], ["a"]]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


# --- weights ----------------------------------------------------------------------------------------------------------


def test_balanced_weights_are_scikit_learns() -> None:
    found = augment.class_weights(LABELS)
    expected = utils.class_weight.compute_class_weight("balanced", classes=np.array(list(found)), y=LABELS)
    assert list(found) == ["cat", "dog", "owl"]
    np.testing.assert_allclose(list(found.values()), expected)
    np.testing.assert_allclose(
        augment.sample_weights(LABELS), utils.class_weight.compute_sample_weight("balanced", LABELS)
    )


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.9999, 1 - 1e-12])
def test_the_effective_number(beta: float) -> None:
    found = np.array(list(augment.class_weights(LABELS, method="effective", beta=beta).values()))
    exact = [1 / float(sum(np.float64(beta) ** k for k in range(n))) for n in (60, 25, 5)]
    np.testing.assert_allclose(found, np.array(exact) * 3 / sum(exact), rtol=1e-9)
    assert np.isclose(found.sum(), 3)


def test_repeat_factors() -> None:
    found = augment.class_weights(BOXES, method="repeat", threshold=0.5)
    # a is in 6 of 8 images, b in 2, c in 2
    np.testing.assert_allclose(list(found.values()), [1, np.sqrt(2), np.sqrt(2)])
    expected = [np.sqrt(2), 1, 1, np.sqrt(2), np.sqrt(2), 1, np.sqrt(2), 1]
    np.testing.assert_allclose(augment.sample_weights(BOXES, method="repeat", threshold=0.5), expected)


def test_costs() -> None:
    found = augment.class_weights(LABELS, method="cost", costs={"cat": 1, "dog": 2, "owl": 10})
    assert np.isclose(found["owl"] / found["cat"], 10)
    assert np.isclose(augment.sample_weights(LABELS, method="cost", costs={"cat": 1, "dog": 2, "owl": 10}).mean(), 1)
    matrix = [[0, 0.5, 0.5], [2, 0, 0], [4, 6, 0]]
    assert augment.class_weights(LABELS, method="cost", costs=matrix) == pytest.approx(found)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "equal"}, ValueError, "method must be one of 'balanced', 'effective', 'repeat', 'cost'"),
        ({"beta": 1.0}, ValueError, "beta must be < 1, got 1.0"),
        ({"threshold": 0}, ValueError, "threshold must be > 0"),
        ({"method": "cost"}, ValueError, "costs must be given with method='cost'"),
        ({"costs": {}}, ValueError, "costs must be given with method='cost' and only then, got 'balanced'"),
        ({"method": "cost", "costs": {"cat": 1}}, ValueError, "costs must have every class, got none for"),
        ({"method": "cost", "costs": [[0, 1], [1, 0]]}, ValueError, r"costs must have shape \(3, 3\) for 3 classes"),
        ({"method": "cost", "costs": np.eye(3)}, ValueError, "costs must be finite, nowhere negative and 0 on"),
        ({"method": "cost", "costs": "dear"}, TypeError, "costs must be a dict or a matrix of numbers"),
        ({"method": "cost", "costs": {"cat": 0, "dog": 0, "owl": 0}}, ValueError, "costs must be > 0 for some"),
    ],
)
def test_errors_of_weights(options: dict[str, Any], error: type[Exception], message: str) -> None:
    for function in (augment.class_weights, augment.sample_weights):
        with pytest.raises(error, match=message):
            function(LABELS, **options)


@pytest.mark.parametrize("function", [augment.class_weights, augment.sample_weights, augment.balance_plan])
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([], ValueError, "labels must hold at least one label, got none"),
        ([[], []], ValueError, "labels must hold at least one label, got none"),
        (None, TypeError, "labels must be an array, a list, or a Series of labels, got None"),
        ([0.5, 1.5], ValueError, "labels must be labels of classes, got continuous values"),
        ([["a"], "b"], TypeError, "labels must be one label an image, or a list of labels for each, got a str"),
    ],
)
def test_labels_are_checked(function: Any, labels: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        function(labels)


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "after"),
    [
        ("max", (60, 60, 60)),
        ("median", (60, 25, 25)),
        (40, (60, 40, 40)),
        ("cap=2", (60, 50, 10)),
        ("cap=3.5", (60, 60, 17)),
        ({"owl": 7}, (60, 25, 7)),
    ],
)
def test_plans_for_one_label_an_image(target: Any, after: tuple[int, ...]) -> None:
    plan = augment.balance_plan(LABELS, target=target)
    assert tuple(plan.after.values()) == tuple(plan.targets.values()) == after
    assert tuple(plan.before.values()) == (60, 25, 5)
    for label in plan.before:
        copies = plan.copies[label == LABELS]
        assert copies.max() - copies.min() <= 1
    images, copies = plan.samples()
    assert len(images) == len(plan) == sum(after)
    assert Counter(LABELS[images].tolist()) == plan.after
    assert len(set(zip(images.tolist(), copies.tolist()))) == len(plan)
    assert (copies == 0).sum() == LABELS.size
    assert str(plan).splitlines()[1].split() == ["cat", "60", str(plan.targets["cat"]), "60"]


@pytest.mark.parametrize("target", ["max", "median", 6, "cap=2", {"c": 9, "b": 1}])
def test_plans_for_boxes_reach_their_targets(target: Any) -> None:
    plan = augment.balance_plan(BOXES, target=target)
    counted = Counter()
    for labels, copies in zip(BOXES, plan.copies.tolist()):
        for label in labels:
            counted[label] += 1 + copies
    assert counted == plan.after
    assert all(plan.after[label] >= plan.targets[label] for label in plan.before)
    assert plan.copies[2] == 0, "an image without boxes helps no class"


def test_images_that_add_least_to_full_classes_come_first() -> None:
    labels = [["rare", "common"]] * 3 + [["rare"]] * 3 + [["common"]] * 30
    plan = augment.balance_plan(labels, target={"rare": 9})
    assert plan.copies[:6].tolist() == [0, 0, 0, 1, 1, 1]


def test_a_limit_of_copies() -> None:
    plan = augment.balance_plan(LABELS, max_copies=3)
    assert tuple(plan.after.values()) == (60, 60, 20)
    assert augment.balance_plan(LABELS, max_copies=0).copies.sum() == 0
    assert augment.balance_plan(BOXES, max_copies=2, target=50).copies.max() == 2
    assert augment.balance_plan(LABELS, target="repeat=0.9", max_copies=1).copies.max() == 1


def test_repeat_factor_sampling() -> None:
    labels = [["a"]] * 9000 + [["a", "b"]] * 900 + [["c"]] * 100
    plan = augment.balance_plan(labels, target="repeat=0.25", random_state=3)
    factors = np.sqrt(0.25 / np.array([0.09, 0.01]))
    assert plan.copies[:9000].sum() == 0
    assert set(plan.copies[9000:9900].tolist()) == {0, 1}
    assert abs(plan.copies[9000:9900].mean() - (factors[0] - 1)) < 0.06
    assert set(plan.copies[9900:].tolist()) == {4}
    assert factors[1] == 5


def test_the_seed_chooses_among_equals() -> None:
    one, two, same = (augment.balance_plan(LABELS, target=40, random_state=seed).copies for seed in (1, 2, 1))
    np.testing.assert_array_equal(one, same)
    assert (one != two).any()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "mean"}, ValueError, "target must be 'max', 'median', a number, 'cap=x'"),
        (
            {"target": "cap=0.5"},
            ValueError,
            r"target must be .*\(x at least 1, t above 0, both at most 1099511627776\), got 'cap=0.5'",
        ),
        ({"target": "repeat=0"}, ValueError, "target must be"),
        ({"target": 0}, ValueError, "target must be >= 1, got 0"),
        ({"target": 2.5}, TypeError, "target must be 'max'.*, got float"),
        ({"target": {"cow": 3}}, ValueError, r"target must name classes of labels, got \['cow'\]"),
        ({"target": {"owl": -3}}, ValueError, r"target\['owl'\] must be >= 0, got -3"),
        ({"max_copies": -1}, ValueError, "max_copies must be >= 0, got -1"),
    ],
)
def test_errors_of_plans(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        augment.balance_plan(LABELS, **options)


def test_a_plan_of_many_images_is_quick_enough_to_test() -> None:
    rng = np.random.default_rng(0)
    labels = [rng.choice(20, rng.integers(0, 6), p=np.arange(1, 21) / 210).tolist() for _ in range(5000)]
    plan = augment.balance_plan(labels)
    assert min(plan.after.values()) >= max(plan.before.values())
    assert max(plan.after.values()) < 4 * max(plan.before.values())


# --- metrics ----------------------------------------------------------------------------------------------------------


def found(classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    true = rng.integers(0, classes, 300)
    return true, np.where(rng.random(300) < 0.6, true, rng.integers(0, classes, 300))


@pytest.mark.parametrize("average", ["binary", "macro", "weighted", "micro", "none"])
@pytest.mark.parametrize("classes", [2, 5])
def test_measures_are_those_of_the_peers(average: str, classes: int) -> None:
    imblearn = pytest.importorskip("imblearn.metrics", reason="imbalanced-learn is not installed")
    if average == "binary" and classes > 2:
        pytest.skip("needs two classes")
    true, pred = found(classes)
    named = {"average": None if average == "none" else average}
    np.testing.assert_allclose(
        augment.sensitivity(true, pred, average=average), imblearn.sensitivity_score(true, pred, **named)
    )
    np.testing.assert_allclose(
        augment.specificity(true, pred, average=average), imblearn.specificity_score(true, pred, **named)
    )
    for beta in (0.5, 1.0, 2.0):
        np.testing.assert_allclose(
            augment.f_measure(true, pred, beta=beta, average=average),
            metrics.fbeta_score(true, pred, beta=beta, **named),
        )


@pytest.mark.parametrize("classes", [2, 3, 7])
@pytest.mark.parametrize("correction", [0.0, 0.01])
def test_geometric_mean_and_balanced_accuracy(classes: int, correction: float) -> None:
    imblearn = pytest.importorskip("imblearn.metrics", reason="imbalanced-learn is not installed")
    true, pred = found(classes)
    for labels in (pred, np.where(pred == 0, 1, pred)):
        np.testing.assert_allclose(
            augment.g_mean(true, labels, correction=correction),
            imblearn.geometric_mean_score(true, labels, correction=correction),
        )
        np.testing.assert_allclose(
            augment.balanced_accuracy(true, labels), metrics.balanced_accuracy_score(true, labels)
        )
    if classes == 2:
        both = augment.sensitivity(true, pred) * augment.specificity(true, pred)
        assert np.isclose(augment.g_mean(true, pred), np.sqrt(both))


def test_other_labels_and_another_positive() -> None:
    true, pred = (np.array(["no", "yes"])[labels] for labels in found(2))
    assert augment.sensitivity(true, pred, positive="no") == augment.specificity(true, pred, positive="yes")
    assert augment.f_measure(true.tolist(), pred.tolist(), positive="yes") == metrics.f1_score(
        true, pred, pos_label="yes"
    )


def test_what_is_not_there() -> None:
    assert augment.g_mean([0, 0, 1], [0, 0, 0]) == 0
    assert augment.f_measure([0, 0], [0, 0], average="none").tolist() == [1]
    assert augment.sensitivity([0, 0, 1], [2, 0, 1], average="none").tolist() == [0.5, 1, 0]
    assert augment.balanced_accuracy([0, 0, 1], [2, 0, 1]) == 0.75
    assert augment.specificity([1, 1], [1, 1], average="none").tolist() == [0]


def test_roc_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    true = rng.integers(0, 2, 200)
    score = np.round(true + rng.normal(size=200), 1)
    curve = augment.roc_curve(true, score)
    fpr, tpr, thresholds = metrics.roc_curve(true, score)
    np.testing.assert_array_equal(curve.false_positive_rate, fpr)
    np.testing.assert_array_equal(curve.true_positive_rate, tpr)
    np.testing.assert_array_equal(curve.thresholds, thresholds)
    pairs = score[true == 1][:, None] - score[true == 0]
    assert np.isclose(augment.auc(true, score), (pairs > 0).mean() + (pairs == 0).mean() / 2)
    assert np.isclose(augment.auc(true, -score, positive=0), augment.auc(true, score))
    many = rng.integers(0, 4, 200)
    scores = rng.random((200, 4)) + 0.3 * np.eye(4)[many]
    scores /= scores.sum(axis=1, keepdims=True)
    assert np.isclose(augment.auc(many, scores), metrics.roc_auc_score(many, scores, multi_class="ovr"))


def test_the_report() -> None:
    imblearn = pytest.importorskip("imblearn.metrics", reason="imbalanced-learn is not installed")
    true, pred = found(4)
    report = augment.imbalance_report(true, pred)
    theirs = imblearn.classification_report_imbalanced(true, pred, output_dict=True, alpha=0)
    for label, row in report.classes.items():
        names = {"precision": "pre", "sensitivity": "rec", "specificity": "spe", "f": "f1", "g": "geo"}
        for our_name, their_name in names.items():
            assert np.isclose(row[our_name], theirs[str(label)][their_name])
        assert row["support"] == (true == label).sum()
    assert report.accuracy == (true == pred).mean()
    lines = str(report).splitlines()
    assert lines[0].split() == ["class", *ours.COLUMNS]
    assert lines[1].split()[0] == "0"
    assert lines[-1] == f"accuracy          {report.accuracy:.3f}"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: augment.g_mean([0, 1], [0]), ValueError, "y_pred must have as many labels as y_true, 2, got 1"),
        (lambda: augment.g_mean([], []), ValueError, "y_true must hold at least one label, got none"),
        (lambda: augment.g_mean([0.5], [0]), ValueError, "y_true must be labels of classes, got continuous"),
        (lambda: augment.g_mean(["a"], [0]), TypeError, "y_pred must have labels of the kind of y_true"),
        (lambda: augment.g_mean([0], [0], correction=2), ValueError, "correction must be <= 1, got 2"),
        (lambda: augment.f_measure([0], [0], beta=0), ValueError, "beta must be > 0, got 0"),
        (lambda: augment.f_measure([0, 1, 2], [0, 1, 2]), ValueError, "average must be 'macro', 'weighted', 'micro'"),
        (lambda: augment.f_measure([0, 2], [0, 2]), ValueError, r"positive must be one of the labels, \[0, 2\], got 1"),
        (lambda: augment.f_measure(["a"], ["a"]), ValueError, r"positive must be one of the labels, \['a'\], got 1"),
        (lambda: augment.BalancedEnsemble().fit(np.zeros((0, 2)), []), ValueError, "least two classes, got no samples"),
        (lambda: augment.f_measure([0], [0], average="mean"), ValueError, "average must be one of"),
        (lambda: augment.auc([0, 0], [1, 2]), ValueError, r"y_true must hold at least two classes, got \[0\]"),
        (lambda: augment.auc([0, 1], [1, 2], positive=5), ValueError, "positive must be one of the labels"),
        (lambda: augment.auc([0, 1], [1, 2], positive=np.ones(2)), TypeError, "positive must be a label"),
        (lambda: augment.f_measure([0, 1], [0, 1], positive=[1]), TypeError, "positive must be a label"),
        (lambda: augment.auc([0, 1, 2], [1, 2, 3]), ValueError, r"score must have shape \(n, 3\) for 3 classes"),
        (lambda: augment.auc([0, 1], np.zeros((2, 3))), ValueError, r"score must have shape \(n,\) or \(n, 2\)"),
        (lambda: augment.auc([0, 1], [1]), ValueError, "score must have as many rows as y_true, 2, got 1"),
        (lambda: augment.auc([0, 1], [1, np.nan]), ValueError, "score must be finite, got NaN or infinity"),
        (lambda: augment.auc([0, 1], ["a", "b"]), TypeError, "score must be an array of numbers"),
        (lambda: augment.roc_curve([0, 1], np.zeros((2, 2))), ValueError, r"score must have shape \(n,\), got"),
    ],
)
def test_errors_of_measures(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# --- the ensemble -----------------------------------------------------------------------------------------------------


def table(weights: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return make_classification(
        400, 6, n_informative=4, n_redundant=0, n_classes=len(weights), weights=weights, random_state=0
    )


@pytest.mark.parametrize("combine", ["mean", "vote"])
def test_parts_share_the_minority_and_nothing_else(combine: str) -> None:
    X, y = table([0.85, 0.15])
    model = augment.BalancedEnsemble(estimator=LogisticRegression(), combine=combine, random_state=0).fit(X, y)
    few, many = np.flatnonzero(y == 1), np.flatnonzero(y == 0)
    assert len(model.estimators_) == round(many.size / few.size)
    seen = []
    for chosen in model.estimators_samples_:
        assert set(few) <= set(chosen.tolist())
        own = set(chosen.tolist()) - set(few)
        assert abs(len(own) - few.size) <= few.size // 3
        seen += own
    assert sorted(seen) == many.tolist()
    found = model.predict_proba(X)
    rows = [one.predict_proba(X) if combine == "mean" else np.eye(2)[one.predict(X)] for one in model.estimators_]
    np.testing.assert_allclose(found, np.mean(rows, axis=0))
    np.testing.assert_array_equal(model.predict(X), model.classes_[found.argmax(axis=1)])
    assert model.score(X, y) == augment.balanced_accuracy(y, model.predict(X)) > 0.7


def test_it_finds_more_of_the_minority_than_one_classifier() -> None:
    X, y = table([0.93, 0.07])
    train, test = slice(None, 250), slice(250, None)
    alone = LogisticRegression().fit(X[train], y[train]).predict(X[test])
    model = augment.BalancedEnsemble(estimator=LogisticRegression(), random_state=0).fit(X[train], y[train])
    together = model.predict(X[test])
    assert augment.g_mean(y[test], together) > augment.g_mean(y[test], alone)


def test_three_classes_names_images_and_the_default() -> None:
    X, y = table([0.6, 0.3, 0.1])
    names = np.array(["x", "y", "z"])[y]
    model = augment.BalancedEnsemble(random_state=1).fit(X.reshape(-1, 3, 2), names)
    assert set(model.predict(X.reshape(-1, 3, 2))) <= set("xyz")
    least = np.bincount(y).min()
    for chosen in model.estimators_samples_:
        assert min(Counter(y[chosen].tolist()).values()) >= 2 * least // 3
    assert set(np.concatenate(model.estimators_samples_).tolist()) == set(range(400))
    again = clone(model).fit(X, names)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert is_classifier(model)


def test_the_checks_of_imbalanced_learn() -> None:
    checks = pytest.importorskip("imblearn.utils.estimator_checks", reason="imbalanced-learn is not installed")
    model = augment.BalancedEnsemble(estimator=LogisticRegression(max_iter=500), random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        seen = [check(estimator) for estimator, check in checks.estimator_checks_generator(model)]
    assert len(seen) == 2


def test_scikit_learn_may_search_and_validate() -> None:
    from sklearn.model_selection import GridSearchCV, cross_val_score

    X, y = table([0.8, 0.2])
    model = augment.BalancedEnsemble(estimator=LogisticRegression(), random_state=0)
    assert cross_val_score(model, X, y, cv=3, scoring="roc_auc").mean() > 0.7
    search = GridSearchCV(model, {"n_parts": [1, 3], "estimator__C": [0.1, 1.0]}, cv=2).fit(X, y)
    assert search.best_params_["n_parts"] in (1, 3)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_parts": 0}, ValueError, "n_parts must be >= 1, got 0"),
        ({"combine": "max"}, ValueError, "combine must be one of 'mean', 'vote', got 'max'"),
        ({"estimator": 3}, TypeError, "estimator must be a classifier or None, got int"),
        ({"estimator": LinearSVC()}, ValueError, "combine must be 'vote' for LinearSVC, which has no predict_proba"),
    ],
)
def test_errors_of_the_ensemble(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        augment.BalancedEnsemble(**options).fit(*table([0.7, 0.3]))


def test_the_ensemble_is_fitted_first_and_to_two_classes() -> None:
    X, y = table([0.7, 0.3])
    model = augment.BalancedEnsemble(estimator=LogisticRegression())
    with pytest.raises(ValueError, match="BalancedEnsemble must be fitted first"):
        model.predict(X)
    with pytest.raises(ValueError, match="y must hold at least two classes, got one class: 0"):
        model.fit(X, y * 0)
    with pytest.raises(ValueError, match="X must have 6 values a sample, as at fit, got 3"):
        model.fit(X, y).predict(X[:, :3])


# --- documentation ----------------------------------------------------------------------------------------------------

FUNCTIONS = [getattr(augment, name) for name in ours.__all__ if name[0].islower()]
FUNCTIONS += [augment.class_weights, augment.sample_weights, augment.balance_plan]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_documented_parameters_are_the_signature(function: Any) -> None:
    doc = inspect.getdoc(function)
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", doc, re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^(\w[\w, ]*) :", section[1], re.MULTILINE)
    assert [one.strip() for head in heads for one in head.split(",")] == list(inspect.signature(function).parameters)
    assert all(f"{heading}\n---" in doc for heading in ("Returns", "Raises"))


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1], ["b", "b"]])
def test_one_class_only(labels: list[Any]) -> None:
    """A class that is not there counts as never found, in every measure (scikit-learn's and imbalanced-learn's 0)."""
    word = isinstance(labels[0], str)
    for positive in ("a", "b") if word else (0, 1):
        there = positive == labels[0]
        assert augment.sensitivity(labels, labels, positive=positive) == there
        assert augment.f_measure(labels, labels, positive=positive) == there
        assert augment.specificity(labels, labels, positive=positive) == (not there)
    for measure in (augment.sensitivity, augment.f_measure):
        assert measure(labels, labels, average="none").tolist() == [1.0]
        assert measure(labels, labels, average="macro") == measure(labels, labels, average="micro") == 1
    assert augment.balanced_accuracy(labels, labels) == augment.g_mean(labels, labels) == 1
    assert augment.imbalance_report(labels, labels).accuracy == 1


def test_targets_beyond_what_can_be_counted() -> None:
    for target in (2**63, 10**400, {0: 2**63}, "cap=1e300", "repeat=1e300"):
        with pytest.raises(ValueError, match=r"^target"):
            augment.balance_plan([0, 1, 1], target=target)


def test_the_first_threshold_is_infinite() -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    curve = augment.roc_curve([0, 1], [0.2, 0.8])
    assert curve.thresholds[0] == np.inf
    assert (curve.false_positive_rate[0], curve.true_positive_rate[0]) == (0, 0)
    assert np.isfinite(curve.thresholds[1:]).all()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", ">i4", "uint64", "float64"])
def test_labels_that_are_counted_are_those_that_sorting_finds(dtype):
    rng = np.random.default_rng(0)
    values = rng.choice([-128, -3, 0, 1, 127], 60) if np.dtype(dtype).kind in "if" else rng.choice([0, 1], 60)
    for labels in (values, values + values.size * 100 * (values > 0)):  # close together, and far apart
        labels = labels.astype(dtype)
        classes, counts = np.unique(labels, return_counts=True)
        weights = augment.class_weights(labels)
        assert list(weights) == classes.tolist()
        np.testing.assert_allclose(list(weights.values()), labels.size / (len(classes) * counts), rtol=1e-12)
        found = augment.sample_weights(labels)
        np.testing.assert_array_equal(found, [weights[label] for label in labels.tolist()])
        assert augment.balanced_accuracy(labels, labels) == 1
