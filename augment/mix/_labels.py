"""Labels that are smoothed, and labels that are flipped at random: on a batch of labels, or as part of a chain."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.check import integer, real
from imgproc._core.declare import declare
from imgproc._core.formats import is_sequence

from .._chain.batch import batch_keys
from .._chain.drawn import SHARE, Rule
from .._chain.keys import Draws, Key, address, draw_block, key_words
from .._chain.labels import check_labels, soft_labels
from .._chain.mixture import Labelled, Mixture
from .._chain.state import Frame, Place, State, Step
from .._chain.transform import Params, Transform

__all__ = ["LabelFlip", "LabelSmoothing"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _OnLabels(Transform):
    """Base of transforms of the label of a sample, which leave all else alone."""

    num_classes: int | None = None
    p: float = 1.0

    relabels: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_classes is not None:
            self._keep("num_classes", integer(self.num_classes, "num_classes", at_least=2))

    def classes(self) -> int | None:
        """As declared."""
        return self.num_classes

    def lower(self, params: Params, frame: Frame) -> list[Any]:
        """Nothing: the image stays."""
        return []

    def step(self, place: Place, rng: Draws, state: State) -> Step | None:
        """Draw, and change the label."""
        return self._relabelled(super().step(place, rng, state), state)

    def again(self, place: Place, params: Params, state: State) -> Step:
        """Change the label by what was drawn before."""
        return self._relabelled(super().again(place, params, state), state)

    def _relabelled(self, step: Any, state: State) -> Any:
        if isinstance(state, (Labelled, Mixture)) and state.label is not None:
            label = state.label[np.newaxis]
            state.label = self._changed(label, np.array([step.params.get("draw", 0.0)]))[0]
        return step

    def _changed(self, labels: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """Rows of shares after the change, or classes if it keeps them; `draws` has a uniform number for each."""
        raise NotImplementedError

    def _check_count(self, count: int, name: str, value: Any) -> None:
        """ValueError if a parameter is of another number of classes than the labels."""
        if value is not None and len(value) != count:
            raise ValueError(f"label must have the classes of {name}, {len(value)}, got {count}")

    def __call__(  # type: ignore[override]  # a batch of labels, which is how labels are changed without a chain
        self, labels: Any, *, keys: Sequence[Key] | None = None, seed: int = 0
    ) -> np.ndarray:
        """Change a batch of labels.

        Parameters
        ----------
        labels : int array of shape (n,) or float array of shape (n, classes)
            Integers need `num_classes`.
        keys : sequence of keys, optional
            One for each label.  Default: fresh ones.  The keys that a chain has give what the chain gives; keys without
            the epoch, such as ``range(n)``, give the same labels in every epoch.
        seed : int
            64 bits.

        Returns
        -------
        ndarray
            New labels.

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind, value or length.
        """
        array = np.asarray(labels)
        if array.ndim == 0:
            raise TypeError(f"labels must be an array of classes or of rows of shares, got {labels!r:.60}")
        array = check_labels(array, len(array), self.classes())
        seed = integer(seed, "seed", at_least=-(1 << 63), at_most=(1 << 64) - 1) & 0xFFFFFFFFFFFFFFFF
        if keys is not None and len(keys) != len(array):
            raise ValueError(f"keys must be one for each of {len(array)} labels, got {len(keys)}")
        place = np.array([address(type(self).__name__, 0)], np.uint64)
        draws = np.empty((len(array), 4))
        for i, key in enumerate(batch_keys(keys, len(array), scheduled=False)):
            draws[i] = draw_block(np.array([key_words(key, "keys[i]")], np.uint64), seed, place, 0, 1)[0, 0]
        applied = draws[:, 0] < self.p
        return self._of_batch(array, applied, draws[:, 1])

    def _of_batch(self, labels: np.ndarray, applied: np.ndarray, draws: np.ndarray) -> np.ndarray:
        made = soft_labels(labels, len(labels), self.classes())
        if applied.any():
            made[applied] = self._changed(made[applied], draws[applied])
        return made


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelSmoothing(_OnLabels):
    """Move a part of the label to all classes: ``y' = (1 - smoothing) y + smoothing / classes``.

    Use it so that a classifier does not become too sure; with mixing, put it last.  Changes the label of a sample,
    ``chain(image=image, label=3)``, which becomes a vector of shares, and nothing else.  It can be called on a batch
    of labels as well.

    Parameters
    ----------
    smoothing : float
        The part that is moved, in [0, 1].
    prior : sequence of float, optional
        Where it goes: the share of each class, such as how frequent classes are; they add up to 1.  Default: alike.
    num_classes : int, optional
        Needed where labels are integers.
    p : float
        Probability that a label is smoothed; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a label has another number of classes.

    References
    ----------
    .. [1] C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, "Rethinking the Inception architecture for computer
       vision", CVPR 2016, section 7.

    Examples
    --------
    >>> LabelSmoothing(smoothing=0.2, num_classes=4)([1, 3])
    array([[0.05, 0.85, 0.05, 0.05],
           [0.05, 0.05, 0.05, 0.85]], dtype=float32)
    """

    smoothing: float = 0.1
    prior: Sequence[float] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("smoothing", real(self.smoothing, "smoothing", at_least=0, at_most=1))
        if self.prior is not None:
            self._keep("prior", _distribution(self.prior, "prior"))
            self._check_classes("prior", self.prior)

    def _check_classes(self, name: str, value: Any) -> None:
        if self.num_classes not in (None, len(value)):
            raise ValueError(f"{name} must have num_classes, {self.num_classes}, entries, got {len(value)}")

    def classes(self) -> int | None:
        """As declared, or as many as the prior has."""
        return self.num_classes if self.prior is None else len(self.prior)

    def _changed(self, labels: np.ndarray, draws: np.ndarray) -> np.ndarray:
        count = labels.shape[1]
        self._check_count(count, "prior", self.prior)
        kind = labels.dtype.type
        prior = np.full(count, 1.0 / count) if self.prior is None else np.array(self.prior)
        total = labels.sum(axis=1, keepdims=True)  # 1, but for labels whose own shares add up to something else
        return (labels * kind(1.0 - self.smoothing) + total * (self.smoothing * prior).astype(kind)).astype(kind)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelFlip(_OnLabels):
    """Give a sample the label of another class at random, by its key.

    Use it to study noisy labels, or as a regularizer.  By a `rate` all other classes are alike (symmetric noise); by a
    `transition` matrix classes are mistaken for those that resemble them (asymmetric noise).  Changes the label of a
    sample, ``chain(image=image, label=3)``, which becomes a vector of shares, and nothing else; a label that is mixed
    already flips class by class, all by one draw.  It can be called on a batch of labels as well: with the keys of the
    samples alone, without the epoch, wrong labels stay the same in all epochs, as they do in a data set.

    Parameters
    ----------
    rate : float
        Probability that a label becomes another one, each with the same probability.
    transition : (classes, classes) array_like, optional
        In place of `rate`: row i has the probabilities of what class i becomes, itself among them; rows add up to 1.
    num_classes : int, optional
        Needed where labels are integers and there is no `transition`.
    p : float
        Probability that anything is done; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a label has another number of classes.

    References
    ----------
    .. [1] G. Patrini, A. Rozza, A. Menon, R. Nock, L. Qu, "Making deep neural networks robust to label noise: a loss
       correction approach", CVPR 2017.
    .. [2] L. Xie, J. Wang, Z. Wei, M. Wang, Q. Tian, "DisturbLabel: regularizing CNN on the loss layer", CVPR 2016.

    Examples
    --------
    >>> cats_for_dogs = [[0.7, 0.3, 0.0], [0.3, 0.7, 0.0], [0.0, 0.0, 1.0]]
    >>> LabelFlip(transition=cats_for_dogs)([2, 2, 2], keys=[0, 1, 2])
    array([2, 2, 2])
    """

    rate: float = 0.1
    transition: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("rate", real(self.rate, "rate", at_least=0, at_most=1))
        if self.transition is None:
            return
        if self.rate != 0.1:
            raise ValueError(f"rate must be left out where transition is given, got {self.rate}")
        rows = self.transition
        if not is_sequence(rows) or len(rows) < 2:
            raise TypeError(f"transition must be a square matrix of at least two classes, got {rows!r:.60}")
        rows = tuple(_distribution(row, f"transition[{i}]") for i, row in enumerate(rows))
        if {len(row) for row in rows} != {len(rows)} or self.num_classes not in (None, len(rows)):
            wanted = len(rows) if self.num_classes is None else self.num_classes
            raise ValueError(f"transition must be of shape {(wanted, wanted)}, got {(len(rows), len(rows[0]))}")
        self._keep("transition", rows)

    def classes(self) -> int | None:
        """As declared, or as many as the matrix has."""
        return self.num_classes if self.transition is None else len(self.transition)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """A uniform number, which decides for every class what becomes of it."""
        return {"draw": rng.unit()}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"draw": SHARE}

    def _of_batch(self, labels: np.ndarray, applied: np.ndarray, draws: np.ndarray) -> np.ndarray:
        if labels.ndim == 2:
            return super()._of_batch(labels, applied, draws)
        made = labels.copy()
        made[applied] = self._becomes(labels[applied].astype(np.intp), self.classes() or 0, draws[applied])
        return made

    def _changed(self, labels: np.ndarray, draws: np.ndarray) -> np.ndarray:
        made = np.zeros_like(labels)
        rows = np.arange(len(labels))
        for c in range(labels.shape[1]):
            np.add.at(made, (rows, self._becomes(np.full(len(labels), c), labels.shape[1], draws)), labels[:, c])
        return made

    def _becomes(self, classes: np.ndarray, count: int, draws: np.ndarray) -> np.ndarray:
        """What classes become by uniform numbers."""
        self._check_count(count, "transition", self.transition)
        if self.transition is not None:
            upto = np.cumsum(np.array(self.transition), axis=1)[:, :-1]
            return (draws[:, np.newaxis] >= upto[classes]).sum(axis=1)
        flips = draws < self.rate
        steps = 1 + (draws * ((count - 1) / self.rate if self.rate else 0.0)).astype(np.intp)
        return np.where(flips, (classes + np.minimum(steps, count - 1)) % count, classes)


def _distribution(values: Any, name: str) -> tuple[float, ...]:
    """Shares, none below 0, that add up to 1."""
    if not is_sequence(values) or not len(values):
        raise TypeError(f"{name} must be a sequence of numbers that add up to 1, got {values!r:.60}")
    shares = tuple(real(v, f"{name}[{i}]", at_least=0) for i, v in enumerate(values))
    if abs(sum(shares) - 1.0) > 1e-6:
        raise ValueError(f"{name} must add up to 1, got {sum(shares):g}")
    return shares


declare(
    LabelSmoothing,
    examples=[{}, {"smoothing": 0.3, "prior": (0.2, 0.3, 0.5)}],
    look="The picture stays as it is; a part of its label goes to all classes.",
    no_peer="albumentations 2.0.8 has none",
)
declare(
    LabelFlip,
    examples=[{}, {"transition": ((0.9, 0.1), (0.2, 0.8))}],
    look="The picture stays as it is; its label may become another.",
    no_peer="albumentations 2.0.8 has none",
)
