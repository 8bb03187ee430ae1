"""Samplers of unequal classes against imbalanced-learn, and measures of classifiers against scikit-learn's: tables of
numbers."""

from __future__ import annotations

import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import Case, versus

from .cases import NO_IMAGE

SAMPLERS = "Over-sampling and under-sampling"
SCORES = "Measures of classifiers"
OVER: dict[str, dict[str, Any]] = {
    "ADASYN": {},
    "BorderlineSMOTE": {},
    "KMeansSMOTE": {"cluster_balance_threshold": 0.05},
    "RandomOverSampler": {},
    "SVMSMOTE": {},
    "SMOTEENN": {},
    "SMOTETomek": {},
    "SMOTENC": {"categorical_features": [0, 1]},
    "RandomUnderSampler": {},
    "EditedNearestNeighbours": {},
    "TomekLinks": {},
}
"""Our names, which are also imbalanced-learn's, and the parameters that both get."""
MEASURES = (
    *OVER,
    *("auc", "roc_curve", "f_measure", "balanced_accuracy", "g_mean", "sensitivity", "specificity"),
    *("class_weights", "sample_weights"),
)
"""Public names whose rows are these, and not beside them."""
MANY, FEW, COLUMNS = 2000, 200, 16
LABELS = 100_000
WITHOUT_STATE = ("EditedNearestNeighbours", "TomekLinks")
SLOW = ("SVMSMOTE", "KMeansSMOTE")
"""Both train scikit-learn's models, which takes most of their time."""


def missing() -> bool:
    """Whether imbalanced-learn is not installed."""
    return importlib.util.find_spec("imblearn") is None


def sampler_cases() -> tuple[Case, ...]:
    """All cases whose peers are installed."""
    samplers = () if missing() else tuple(_sampler(name, given) for name, given in OVER.items())
    return (*samplers, *_scores())


def _sampler(name: str, given: dict[str, Any]) -> Case:
    return versus(
        name,
        NO_IMAGE,
        _fitting("augment", name, given),
        "imbalanced-learn",
        _fitting("imblearn", name, given),
        what=f"{MANY:,} samples of one class, {FEW} of the other, {COLUMNS} columns",
        difference=None,
        note="both train scikit-learn's model" if name in SLOW else "",
        module="augment",
        size=64,
        group=SAMPLERS,
        default=not given,
    )


def _fitting(library: str, name: str, given: dict[str, Any]) -> Callable[[np.ndarray], Any]:
    @functools.cache
    def made() -> Any:
        _one_thread_of_scikit_learn()
        kind = getattr(importlib.import_module(library if library == "augment" else _place(name)), name)
        state = {} if name in WITHOUT_STATE else {"random_state": 0}
        return kind(**given, **state)

    return lambda image: made().fit_resample(*table())


def _place(name: str) -> str:
    """The module of imbalanced-learn that has it."""
    places = ("imblearn.over_sampling", "imblearn.under_sampling", "imblearn.combine")
    return next(place for place in places if hasattr(importlib.import_module(place), name))


@functools.cache
def _one_thread_of_scikit_learn() -> None:
    import sklearn.neighbors  # noqa: F401  they can be limited only once it is loaded
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)


@functools.cache
def table() -> tuple[np.ndarray, np.ndarray]:
    """Samples in clusters, the first two columns of few values, and their labels."""
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 3, (8, COLUMNS))
    rows = centres[rng.integers(0, 8, MANY + FEW)] + rng.normal(0, 1, (MANY + FEW, COLUMNS))
    rows[MANY:] = centres[0] + rng.normal(0, 1.5, (FEW, COLUMNS))
    rows[:, :2] = np.rint(rows[:, :2]).clip(-2, 2)
    return rows, np.repeat([0, 1], [MANY, FEW])


@functools.cache
def truth() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, scores and what is predicted."""
    rng = np.random.default_rng(1)
    labels = (rng.random(LABELS) < 0.2).astype(int)
    scores = np.round(rng.normal(labels, 1.0), 4)
    return labels, scores, (scores > 0.5).astype(int)


def _scores() -> tuple[Case, ...]:
    from sklearn import metrics
    from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

    import augment

    def case(name: str, peer: str, ours: Callable[..., Any], theirs: Callable[..., Any], **more: Any) -> Case:
        options = {"difference": _apart, "tolerance": 1e-9, "unit": "", **more}
        return versus(
            name, NO_IMAGE, lambda image: ours(*truth()), peer, lambda image: theirs(*truth()),
            what=f"{LABELS:,} samples", module="augment", size=64, group=SCORES, default=True, **options,
        )  # fmt: skip

    learn = "scikit-learn"
    both = np.arange(2)
    cases = [
        case("auc", learn, lambda y, s, p: augment.auc(y, s), lambda y, s, p: metrics.roc_auc_score(y, s)),
        case(
            "roc_curve", learn, lambda y, s, p: augment.roc_curve(y, s), lambda y, s, p: metrics.roc_curve(y, s),
            difference=None, note="theirs leaves out points in the middle of straight lines",
        ),
        case("f_measure", learn, lambda y, s, p: augment.f_measure(y, p), lambda y, s, p: metrics.f1_score(y, p)),
        case(
            "balanced_accuracy", learn, lambda y, s, p: augment.balanced_accuracy(y, p),
            lambda y, s, p: metrics.balanced_accuracy_score(y, p),
        ),
        case(
            "sensitivity", learn, lambda y, s, p: augment.sensitivity(y, p), lambda y, s, p: metrics.recall_score(y, p)
        ),
        case(
            "class_weights", learn, lambda y, s, p: list(augment.class_weights(y).values()),
            lambda y, s, p: compute_class_weight("balanced", classes=both, y=y),
        ),
        case(
            "sample_weights", learn, lambda y, s, p: augment.sample_weights(y),
            lambda y, s, p: compute_sample_weight("balanced", y),
        ),
    ]  # fmt: skip
    if not missing():
        from imblearn import metrics as imbalanced

        cases += [
            case(
                "g_mean", "imbalanced-learn", lambda y, s, p: augment.g_mean(y, p),
                lambda y, s, p: imbalanced.geometric_mean_score(y, p),
            ),
            case(
                "specificity", "imbalanced-learn", lambda y, s, p: augment.specificity(y, p),
                lambda y, s, p: imbalanced.specificity_score(y, p),
            ),
        ]  # fmt: skip
    return tuple(cases)


def _apart(ours: Any, theirs: Any) -> float:
    return float(np.abs(np.asarray(ours, np.float64) - theirs).max())
