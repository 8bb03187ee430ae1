"""Measures of a classifier that do not reward forgetting the small classes; all from the confusion matrix, and ROC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imgproc._core import elementary, elementary_arrays
from imgproc._core.check import one_of, real
from imgproc._core.check import positive as positive_number
from imgproc._core.declare import declare
from imgproc._core.needed import needed

from ._data import class_labels, sorted_classes

__all__ = [
    "ImbalanceReport",
    "RocCurve",
    "auc",
    "balanced_accuracy",
    "f_measure",
    "g_mean",
    "imbalance_report",
    "roc_curve",
    "sensitivity",
    "specificity",
]

AVERAGES = "binary", "macro", "weighted", "micro", "none"


class _Counts:
    """True and false positives and negatives of each class against the rest.

    With `average` "binary", `positive` is a class too where it is neither there nor found: its counts are 0.
    """

    def __init__(self, y_true: Any, y_pred: Any, average: str = "none", positive: Any = None) -> None:
        one_of(average, "average", AVERAGES)
        true, pred = class_labels(y_true, "y_true"), class_labels(y_pred, "y_pred")
        if true.size != pred.size:
            raise ValueError(f"y_pred must have as many labels as y_true, {true.size}, got {pred.size}")
        if not true.size:
            raise ValueError("y_true must hold at least one label, got none")
        if (true.dtype.kind in "US") != (pred.dtype.kind in "US") and "O" not in (true.dtype.kind, pred.dtype.kind):
            raise TypeError(f"y_pred must have labels of the kind of y_true, {true.dtype}, got {pred.dtype}")
        classes, codes = sorted_classes(np.concatenate([true, pred]))
        self.classes: list[Any] = classes.tolist()
        self.positive = self._positive(positive) if average == "binary" else 0
        n = len(self.classes)
        matrix = np.bincount(codes[: true.size] * n + codes[true.size :], minlength=n * n).reshape(n, n)
        self.support = matrix.sum(axis=1)
        self.tp = np.diag(matrix)
        self.fp, self.fn = matrix.sum(axis=0) - self.tp, self.support - self.tp
        self.tn = matrix.sum() - self.tp - self.fp - self.fn

    def averaged(self, over: np.ndarray, under: np.ndarray, average: str) -> Any:
        """The ratio of two counts, of each class or of all."""
        if average == "micro":
            return float(_ratio(over.sum(), under.sum()))
        found = _ratio(over, under)
        if average == "none":
            return found
        if average == "binary":
            return float(found[self.positive])
        weights = self.support if average == "weighted" else np.ones(found.size)
        return float((found * weights).sum() / weights.sum())

    def _positive(self, positive: Any) -> int:
        if len(self.classes) > 2:
            raise ValueError(
                "average must be 'macro', 'weighted', 'micro' or 'none' for more than two classes, got 'binary'"
            )
        _check_label(positive)
        if positive not in self.classes:
            if len(self.classes) == 2 or isinstance(positive, str) != isinstance(self.classes[0], str):
                raise ValueError(f"positive must be one of the labels, {self.classes}, got {positive!r}")
            self.classes.append(positive)
        return self.classes.index(positive)


def _check_label(positive: Any) -> None:
    if not isinstance(positive, (str, int, float, np.generic)):
        raise TypeError(f"positive must be a label, an integer or a string, got {type(positive).__name__}")


def _ratio(over: Any, under: Any) -> np.ndarray:
    """0 where there is nothing to divide by."""
    over, under = np.asarray(over, float), np.asarray(under, float)
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)


def sensitivity(y_true: Any, y_pred: Any, *, average: str = "binary", positive: Any = 1) -> float | np.ndarray:
    """The share of a class that is recognised (recall, true positive rate): TP / (TP + FN).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n,)
        True labels and those found.
    average : {"binary", "macro", "weighted", "micro", "none"}
        Of the class `positive` of two; the mean of all classes; the mean weighted by their size; from the sum of all
        classes' counts; or an array with one for each class in sorted order.
    positive : label
        For ``"binary"``.  Where there is one class only, it may be another one: a class without samples.

    Returns
    -------
    float, or float64 ndarray of shape (classes,)
        0 to 1; 0 for a class without samples.

    Raises
    ------
    TypeError, ValueError
        If labels differ in number or kind, or an argument is of the wrong kind or value.

    Examples
    --------
    >>> float(sensitivity([0, 0, 1, 1], [0, 1, 1, 1]))
    1.0
    """
    counts = _Counts(y_true, y_pred, average, positive)
    return counts.averaged(counts.tp, counts.tp + counts.fn, average)


def specificity(y_true: Any, y_pred: Any, *, average: str = "binary", positive: Any = 1) -> float | np.ndarray:
    """The share of all other classes that is not taken for a class (true negative rate): TN / (TN + FP).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n,)
        True labels and those found.
    average : {"binary", "macro", "weighted", "micro", "none"}
        As in `sensitivity`.
    positive : label
        For ``"binary"``; see `sensitivity`.

    Returns
    -------
    float, or float64 ndarray of shape (classes,)
        0 to 1; 0 where there is no other class.

    Raises
    ------
    TypeError, ValueError
        If labels differ in number or kind, or an argument is of the wrong kind or value.

    Examples
    --------
    >>> float(specificity([0, 0, 1, 1], [0, 1, 1, 1]))
    0.5
    """
    counts = _Counts(y_true, y_pred, average, positive)
    return counts.averaged(counts.tn, counts.tn + counts.fp, average)


def f_measure(
    y_true: Any, y_pred: Any, *, beta: float = 1.0, average: str = "binary", positive: Any = 1
) -> float | np.ndarray:
    """The weighted harmonic mean of precision and sensitivity [1]_: (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP).

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n,)
        True labels and those found.
    beta : float
        How many times as much sensitivity counts as precision, above 0.
    average : {"binary", "macro", "weighted", "micro", "none"}
        As in `sensitivity`.
    positive : label
        For ``"binary"``; see `sensitivity`.

    Returns
    -------
    float, or float64 ndarray of shape (classes,)
        0 to 1; 0 for a class that is neither there nor found.

    Raises
    ------
    TypeError, ValueError
        If labels differ in number or kind, or an argument is of the wrong kind or value.

    References
    ----------
    .. [1] C. J. van Rijsbergen, "Information retrieval", 2nd ed., 1979.

    Examples
    --------
    >>> round(float(f_measure([0, 0, 1, 1], [0, 1, 1, 1])), 2)
    0.8
    """
    square = elementary.square(positive_number(beta, "beta"))
    counts = _Counts(y_true, y_pred, average, positive)
    hits = (1 + square) * counts.tp
    return counts.averaged(hits, hits + square * counts.fn + counts.fp, average)


def g_mean(y_true: Any, y_pred: Any, *, correction: float = 0.0) -> float:
    """The geometric mean of the sensitivities of all classes [1]_; of two classes, of sensitivity and specificity.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n,)
        True labels and those found.
    correction : float
        In place of a sensitivity of 0, so that one class that is missed altogether does not decide alone; 0 to 1.

    Returns
    -------
    float
        0 to 1.  Classes that are found but not there do not count.

    Raises
    ------
    TypeError, ValueError
        If labels differ in number or kind, or `correction` is of the wrong kind or value.

    References
    ----------
    .. [1] M. Kubat, S. Matwin, "Addressing the curse of imbalanced training sets: one-sided selection", ICML 1997.

    Examples
    --------
    >>> round(float(g_mean([0, 0, 1, 1], [0, 1, 1, 1])), 3)
    0.707
    """
    floor = real(correction, "correction", at_least=0, at_most=1)
    found = _sensitivities(_Counts(y_true, y_pred))
    found = np.where(found == 0, floor, found)
    return elementary.exp(float(elementary_arrays.log(found).mean())) if found.all() else 0.0


def balanced_accuracy(y_true: Any, y_pred: Any) -> float:
    """The mean of the sensitivities of all classes.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n,)
        True labels and those found.

    Returns
    -------
    float
        0 to 1; guessing gives one divided by the number of classes.  Classes that are found but not there do not count.

    Raises
    ------
    TypeError, ValueError
        If labels differ in number or kind.

    Examples
    --------
    >>> round(float(balanced_accuracy([0, 0, 0, 1], [0, 0, 1, 1])), 3)
    0.833
    """
    return float(_sensitivities(_Counts(y_true, y_pred)).mean())


def _sensitivities(counts: _Counts) -> np.ndarray:
    there = counts.support > 0
    return counts.tp[there] / counts.support[there]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """A receiver operating characteristic: what is found against what is taken wrongly, for falling thresholds.

    Parameters
    ----------
    false_positive_rate, true_positive_rate : float64 ndarray of shape (m,)
        1 - specificity, and sensitivity, from (0, 0) to (1, 1).
    thresholds : float64 ndarray of shape (m,)
        Scores of at least this much count as positive; the first is infinite.

    Examples
    --------
    >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.true_positive_rate
    array([0. , 0.5, 0.5, 1. , 1. ])
    """

    false_positive_rate: np.ndarray
    true_positive_rate: np.ndarray
    thresholds: np.ndarray


def roc_curve(y_true: Any, score: Any, *, positive: Any = 1) -> RocCurve:
    """The receiver operating characteristic of a score (scikit-learn's).

    The first threshold is infinite: no sample counts as positive there, which is the point (0, 0).

    Parameters
    ----------
    y_true : array_like of shape (n,)
        True labels, of two classes.
    score : array_like of shape (n,)
        The higher, the more likely `positive`.
    positive : label
        The positive class.

    Returns
    -------
    RocCurve
        Points at which it bends.

    Raises
    ------
    TypeError, ValueError
        If there are not two classes, or an argument is of the wrong kind, shape or value.

    Examples
    --------
    >>> curve = roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> curve.false_positive_rate
    array([0. , 0. , 0.5, 0.5, 1. ])
    """
    with needed("sklearn"):
        from sklearn import metrics

    labels, values = _scored(y_true, score, positive)
    if values.ndim != 1:
        raise ValueError(f"score must have shape (n,), got {values.shape}")
    return RocCurve(*metrics.roc_curve(labels == positive, values))


def auc(y_true: Any, score: Any, *, positive: Any = 1) -> float:
    """The area under the receiver operating characteristic (scikit-learn's).

    The chance that a positive sample scores higher than a negative one; of more than two classes, the mean of each
    against the rest.

    Parameters
    ----------
    y_true : array_like of shape (n,)
        True labels.
    score : array_like of shape (n,) or (n, classes)
        The higher, the more likely `positive`; or one score for each class in sorted order.
    positive : label
        The positive class of two.

    Returns
    -------
    float
        0 to 1; guessing gives 0.5.

    Raises
    ------
    TypeError, ValueError
        If there is one class only, or an argument is of the wrong kind, shape or value.

    Examples
    --------
    >>> round(float(auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])), 2)
    0.75
    """
    with needed("sklearn"):
        from sklearn import metrics

    labels, values = _scored(y_true, score, positive)
    if values.ndim == 1:
        return float(metrics.roc_auc_score(labels == positive, values))
    classes, _ = sorted_classes(labels)
    return float(np.mean([metrics.roc_auc_score(labels == c, values[:, k]) for k, c in enumerate(classes)]))


def _scored(y_true: Any, score: Any, positive: Any) -> tuple[np.ndarray, np.ndarray]:
    labels = class_labels(y_true, "y_true")
    try:
        values = np.asarray(score, np.float64)
    except (TypeError, ValueError, OverflowError):
        raise TypeError("score must be an array of numbers") from None
    classes = sorted_classes(labels)[0].tolist()
    if len(classes) < 2:
        raise ValueError(f"y_true must hold at least two classes, got {classes}")
    if values.ndim == 1:
        if len(classes) > 2:
            raise ValueError(f"score must have shape (n, {len(classes)}) for {len(classes)} classes, got (n,)")
        _check_label(positive)
        if positive not in classes:
            raise ValueError(f"positive must be one of the labels, {classes}, got {positive!r}")
    elif values.ndim != 2 or values.shape[1] != len(classes):
        raise ValueError(f"score must have shape (n,) or (n, {len(classes)}), got {values.shape}")
    if values.shape[0] != labels.size:
        raise ValueError(f"score must have as many rows as y_true, {labels.size}, got {values.shape[0]}")
    if not np.isfinite(values).all():
        raise ValueError("score must be finite, got NaN or infinity")
    return labels, values


COLUMNS = "precision", "sensitivity", "specificity", "f", "g", "support"


@dataclass(frozen=True, eq=False)
class ImbalanceReport:
    """What `imbalance_report` found; ``print(report)`` shows it as a table.

    Parameters
    ----------
    classes : dict
        By label: precision, sensitivity, specificity, f, g (geometric mean of sensitivity and specificity), support.
    balanced_accuracy, g_mean, f_macro, accuracy : float
        Of all classes.

    Examples
    --------
    >>> report = imbalance_report([0, 0, 0, 1], [0, 0, 1, 1])
    >>> round(float(report.accuracy), 2)
    0.75
    """

    classes: dict[Any, dict[str, float]]
    balanced_accuracy: float
    g_mean: float
    f_macro: float
    accuracy: float

    def __str__(self) -> str:
        width = max(len(str(label)) for label in (*self.classes, "class"))
        lines = [f"{'class':<{width}}" + "".join(f"  {name:>11}" for name in COLUMNS)]
        for label, row in self.classes.items():
            cells = [f"{row[name]:>11.3f}" if name != "support" else f"{row[name]:>11}" for name in COLUMNS]
            lines.append(f"{label!s:<{width}}  " + "  ".join(cells))
        named = [("balanced accuracy", self.balanced_accuracy), ("geometric mean", self.g_mean)]
        named += [("mean F", self.f_macro), ("accuracy", self.accuracy)]
        return "\n".join([*lines, "", *(f"{name:<18}{value:.3f}" for name, value in named)])


def imbalance_report(y_true: Any, y_pred: Any) -> ImbalanceReport:
    """Precision, sensitivity, specificity, F and geometric mean of each class, and of all.

    Parameters
    ----------
    y_true, y_pred : array_like of shape (n,)
        True labels and those found.

    Returns
    -------
    ImbalanceReport
        Figures by class and of all; a table when printed.

    Raises
    ------
    TypeError, ValueError
        If labels differ in number or kind.

    Examples
    --------
    >>> report = imbalance_report([0, 0, 0, 1], [0, 0, 1, 1])
    >>> round(float(report.balanced_accuracy), 3)
    0.833
    """
    c = _Counts(y_true, y_pred)
    precision, recall = _ratio(c.tp, c.tp + c.fp), _ratio(c.tp, c.tp + c.fn)
    special = _ratio(c.tn, c.tn + c.fp)
    f = _ratio(2 * c.tp, 2 * c.tp + c.fn + c.fp)
    columns = (precision, recall, special, f, np.sqrt(recall * special), c.support)
    rows = zip(*(column.tolist() for column in columns))
    classes = {label: dict(zip(COLUMNS, row)) for label, row in zip(c.classes, rows)}
    total = float(c.tp.sum() / c.support.sum())
    return ImbalanceReport(classes, balanced_accuracy(y_true, y_pred), g_mean(y_true, y_pred), float(f.mean()), total)


declare(imbalance_report, no_peer="a text about the other measures")
