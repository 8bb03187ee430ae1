"""The protocol of a mixing: several samples become one."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.check import integer, one_of, real

from .._chain.keys import Draws, Key
from .._chain.sample import Sample
from .._chain.transform import Params, Transform
from .._chain.tree import Plan, State
from ._content import FITS, settle
from ._info import Mixed, MixInfo
from ._law import Law, draw_law
from ._schedule import OnOffSchedule, as_schedule

__all__: list[str] = []


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mixing(Transform, abstract=True):
    """Base of what mixes samples: a transform whose result needs partners.

    On a batch, call it: ``images, labels, info = mix(images, labels, keys=keys)``.  In a chain, the call of the chain
    names the donors: ``chain(image=image, key=(epoch, index), donors=dataset)``.

    A subclass draws plain numbers in `parameters` and makes the mixed targets in `combine`.
    """

    p: float = 1.0
    fit: str = "cover"
    donor: Transform | None = None
    schedule: OnOffSchedule | None = None
    num_classes: int | None = None

    mixes: ClassVar[bool] = True
    keeps_label: ClassVar[bool] = False
    """Whether the label of the sample stays as it is."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.fit, "fit", FITS)
        self._keep("schedule", as_schedule(self.schedule))
        if self.num_classes is not None:
            self._keep("num_classes", integer(self.num_classes, "num_classes", at_least=1))
        if self.donor is not None:
            if not isinstance(self.donor, Transform):
                raise TypeError(f"donor must be a transform (such as Sequential) or None, got {self.donor!r:.60}")
            if any(node.transform.mixes for node in self._donor_plan.nodes):
                raise ValueError("donor must hold no transform that mixes")

    @functools.cached_property
    def _donor_plan(self) -> Plan:
        from ..groups import Sequential

        return Plan(Sequential((self.donor,)))

    def __getstate__(self) -> dict[str, Any]:
        # What is derived is made anew, so that a pickle (and a hash of it) depends on the declaration alone.
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def laws(self) -> tuple[Law, ...]:
        """The laws of the shares that are drawn."""
        return (self.lam,)  # type: ignore[attr-defined]

    def partners(self) -> int:
        """How many partners a sample has."""
        return 1

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """What is drawn beside partners, as plain numbers: fractions of sides, no pixels."""
        return {"lam": lams[0]}

    def size_after(self, height: int, width: int) -> tuple[int, int]:
        """(h, w) of the result."""
        return height, width

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The mixed targets, and the shares of the sample and its partners.

        Parameters
        ----------
        params : dict
            From `parameters`.
        host : Sample
        others : sequence of Sample
            Its partners, of any size.
        into : ndarray, optional
            Gets the image.
        """
        raise NotImplementedError

    def __call__(
        self,
        images: Sequence[np.ndarray] | np.ndarray,
        labels: Any = None,
        *,
        keys: Sequence[Key] | None = None,
        seed: int = 0,
        donors: Any = None,
        masks: Sequence[np.ndarray] | None = None,
        instances: Sequence[Any] | None = None,
        boxes: Sequence[Any] | None = None,
        box_labels: Sequence[Any] | None = None,
        box_weights: Sequence[Any] | None = None,
        keypoints: Sequence[Any] | None = None,
        keypoint_labels: Sequence[Any] | None = None,
        keypoint_weights: Sequence[Any] | None = None,
        out: np.ndarray | None = None,
        workers: int | None = None,
    ) -> Mixed:
        """Mix a batch.

        Parameters
        ----------
        images : ndarray of shape (n, h, w) or (n, h, w, c), or sequence of images
        labels : int array of shape (n,) or float array of shape (n, classes), optional
            Integers need `num_classes`.
        keys : sequence of keys, optional
            One a sample, usually (epoch, index), all of one length.  Default: fresh ones.
        seed : int
            64 bits that all draws depend on, beside the keys.
        donors : indexable, optional
            Where partners come from: ``donors[j]`` is an image, a pair (image, label) or a dict with ``image``,
            ``label``, ``mask`` and the names below.  Partners then depend on seed and key alone.  Without it they come
            from the batch: samples stand in the order of hashes of their keys, and each mixes with those after it, in a
            circle.  So they depend on which keys make the batch, but not on their order.
        masks : sequence of ndarray, optional
            One label image each.
        instances : sequence, optional
            Of each image, masks of its instances: a list or an array (m, h, w), one per box if it has boxes.
        boxes : sequence of array_like of shape (m, 4), optional
            Corners x0, y0, x1, y1 in pixels.
        box_labels, box_weights : sequence, optional
            Lists or arrays with one entry a box.
        keypoints : sequence of array_like of shape (m, 2), optional
        keypoint_labels, keypoint_weights : sequence, optional
        out : ndarray of shape (n, ...), optional
            Gets the images; it must not overlap those given.
        workers : int, optional
            Threads; default `imgproc.get_num_threads`.  The result does not depend on it.

        Returns
        -------
        Mixed
            Unpacks to images, soft labels and `MixInfo`; further targets are its attributes.

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind, value or length, before any work; or a donor or partner does not fit.
        """
        from ._batch import mix_batch

        targets = {
            "mask": masks,
            "instances": instances,
            "boxes": boxes,
            "box_labels": box_labels,
            "box_weights": box_weights,
            "keypoints": keypoints,
            "keypoint_labels": keypoint_labels,
            "keypoint_weights": keypoint_weights,
        }
        return mix_batch(self, images, labels, keys, seed, donors, targets, out, workers, None)

    def replay(self, info: MixInfo, images: Any, labels: Any = None, **others: Any) -> Mixed:
        """Mix a batch as another was: same partners, same numbers.

        Parameters
        ----------
        info : MixInfo
            Of a batch of as many samples.
        images, labels, **others
            As in a call; `keys` and `seed` are needed only where a `donor` chain draws.

        Returns
        -------
        Mixed
        """
        from ._batch import mix_batch

        if not isinstance(info, MixInfo):
            raise TypeError(f"info must be a MixInfo, got {type(info).__name__}")
        if info.transform != type(self).__name__ or np.ndim(info.partners) != 2:
            raise ValueError(f"info must come from a batch that {type(self).__name__} has mixed")
        names = ("keys", "seed", "donors", "out", "workers")
        own = {name: others.pop(name, 0 if name == "seed" else None) for name in names}
        targets = {_SINGLE.get(name, name): value for name, value in others.items()}
        unknown = set(targets) - set(TARGETS)
        if unknown:
            raise TypeError(f"replay got an unexpected argument {sorted(unknown)[0]!r}")
        return mix_batch(
            self, images, labels, own["keys"], own["seed"], own["donors"], targets, own["out"], own["workers"], info
        )


_SINGLE = {"masks": "mask"}
TARGETS = (
    "mask",
    "instances",
    "boxes",
    "box_labels",
    "box_weights",
    "keypoints",
    "keypoint_labels",
    "keypoint_weights",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Covering(Mixing, abstract=True):
    """A mixing that shows parts of samples, not all of them."""

    min_visibility: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("min_visibility", real(self.min_visibility, "min_visibility", at_least=0, at_most=1))


def is_on(mix: Mixing, words: np.ndarray) -> bool:
    """Whether the schedule lets a sample be mixed; `words` are those of its key, uint64 (m,)."""
    if mix.schedule is None:
        return True
    if words.size < 2:
        raise ValueError("key must be (epoch, index) where a transform has a schedule, got one integer")
    return mix.schedule(int(words[0]))


def draw_laws(mix: Mixing, words: np.ndarray, seed: int, address: int) -> list[list[float]]:
    """For each key the numbers of all laws."""
    columns = [draw_law(law, words, seed, address, k).tolist() for k, law in enumerate(mix.laws())]
    return [list(row) for row in zip(*columns)] if columns else [[] for _ in words]


def prepared(mix: Mixing, sample: Sample, words: np.ndarray, seed: int, address: int, slot: int) -> Sample:
    """A donor after the `donor` chain, whose draws depend on the key of the sample that it is for."""
    if mix.donor is None:
        return sample
    plan = mix._donor_plan
    key = np.concatenate([words.ravel(), np.array([address, slot], np.uint64)])[np.newaxis]
    channels = 1 if sample.image.ndim == 2 else sample.image.shape[2]
    state = State(sample.height, sample.width, channels, sample.image.dtype, sample.boxes_at, sample.mask_at)
    plan.steps(plan.values(key, seed)[0], key, seed, state, False)
    return settle(sample.through(state.stages), sample.rules)


# --- labels -----------------------------------------------------------------------------------------------------------


def soft_label(label: Any, num_classes: int | None, name: str = "label") -> np.ndarray:
    """A class or a vector of shares as a float vector."""
    array = np.asarray(label)
    if array.ndim == 0:
        label = integer(array.item(), name, at_least=0)
        return soft_labels(np.array([label]), 1, num_classes, name)[0]
    return soft_labels(array[np.newaxis], 1, num_classes, name)[0]


def check_labels(labels: Any, count: int, num_classes: int | None, name: str = "labels") -> np.ndarray:
    """Classes (n,), integers below `num_classes`, or rows of shares (n, classes), as they came."""
    array = np.asarray(labels)
    if count == 0 and array.shape == (0,):
        return array.astype(np.intp)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be integers or rows of shares, got {array.dtype}")
    if array.ndim not in (1, 2) or len(array) != count:
        raise ValueError(f"{name} must have shape ({count},) or ({count}, classes), got {array.shape}")
    if array.ndim == 1:
        if array.dtype.kind == "f":
            raise TypeError(f"{name} must be integers or rows of shares, got numbers of {array.dtype}")
        if num_classes is None:
            raise ValueError(f"num_classes must be given where classes are integers, as in {name}")
        wrong = (array < 0) | (array >= num_classes)
        if wrong.any():
            raise ValueError(f"{name} must be >= 0 and < num_classes, {num_classes}, got {array[wrong][0]}")
        return array
    if num_classes is not None and array.shape[1] != num_classes:
        raise ValueError(f"{name} must have num_classes, {num_classes}, columns, got {array.shape[1]}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return array


def soft_labels(labels: Any, count: int, num_classes: int | None, name: str = "labels") -> np.ndarray:
    """Classes or rows of shares as a new float array (n, classes): float64 stays, all else becomes float32."""
    array = check_labels(labels, count, num_classes, name)
    if array.ndim == 1:
        made = np.zeros((count, num_classes or 0), np.float32)
        made[np.arange(count), array] = 1
        return made
    return array.astype(np.float64 if array.dtype == np.float64 else np.float32)


def paired_labels(labels: np.ndarray, partners: np.ndarray, lams: np.ndarray, num_classes: int | None) -> np.ndarray:
    """Checked labels of a batch mixed with those of one partner each; a matrix of many classes is written once."""
    if labels.ndim == 1:
        rows = np.arange(len(labels))
        made = np.zeros((len(labels), num_classes), np.float32)
        made[rows, labels] = lams
        made[rows, labels[partners]] += (1.0 - lams).astype(np.float32)
        return made
    dtype = np.float64 if labels.dtype == np.float64 else np.float32
    share = lams.astype(dtype)[:, np.newaxis]
    return labels * share + labels[partners] * (1 - share)


def mixed_label(vectors: Sequence[np.ndarray], shares: Sequence[float]) -> np.ndarray:
    """Vectors added up by shares."""
    if len({v.shape for v in vectors}) > 1:
        shapes = ", ".join(str(v.size) for v in vectors)
        raise ValueError(f"label of all that is mixed must have as many classes, got {shapes}")
    total = sum(share * v.astype(np.float64) for share, v in zip(shares, vectors))
    return np.asarray(total).astype(vectors[0].dtype)
