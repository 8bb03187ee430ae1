"""Mixing as users call it: on a batch, or as part of a chain."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import real

from .._chain.keys import Key
from .._chain.targets.table import IN_SAMPLES
from ._batch import TABLE, mix_batch
from ._info import Mixed, MixInfo
from ._step import MixingStep

__all__: list[str] = []

_OPTIONS = {"keys": None, "seed": 0, "donors": None, "out": None, "workers": None, "layout": "last"}
"""What `replay` takes beside targets."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mixing(MixingStep, abstract=True):
    """Base of transforms that mix a sample with partners.

    Call it on a batch: ``images, labels, info = mix(images, labels, keys=keys)``.  Or put it into a chain, whose call
    then names the donors: ``chain(image=image, key=(epoch, index), donors=dataset)``.

    A subclass draws plain numbers in `parameters` and makes the mixed targets in `combine`.
    """

    def __call__(  # type: ignore[override]  # a batch, which is how mixing is used without a chain
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
        layout: str = "last",
    ) -> Mixed:
        """Mix a batch.

        Parameters
        ----------
        images : ndarray of shape (n, h, w) or (n, h, w, c), or sequence of images
            With ``layout="first"`` of shape (n, c, h, w), as the tensors of a DataLoader give it by ``.numpy()``.
        labels : int array of shape (n,) or float array of shape (n, classes), optional
            Integers need `num_classes`.
        keys : sequence of keys, optional
            One for each sample, usually (epoch, index), all of one length.  Default: fresh ones.
        seed : int
            64 bits.  All draws depend on it, beside the keys.
        donors : indexable, optional
            Where partners come from: ``donors[j]`` is an image, a pair (image, label) or a dict with ``image``,
            ``label``, ``mask`` and the names below.  Partners then depend on the seed and the key alone.  Without
            donors they come from the batch: samples are put in the order of hashes of their keys, and each mixes with
            those after it, in a circle.  So they depend on which keys are in the batch, but not on their order.
        masks : sequence of ndarray, optional
            A label image for each image.
        instances : sequence, optional
            For each image the masks of its instances: a list or an array (m, h, w), one for each box if it has boxes.
        boxes : sequence of array_like of shape (m, 4), optional
            Corners x0, y0, x1, y1 in pixels.
        box_labels, box_weights : sequence, optional
            Lists or arrays with one entry for each box.
        keypoints : sequence of array_like of shape (m, 2), optional
        keypoint_labels, keypoint_weights : sequence, optional
        out : ndarray of shape (n, ...), optional
            Gets the images.  It must not overlap those that are given.
        workers : int, optional
            Threads; default `imgproc.get_num_threads`.  The result does not depend on it.
        layout : {"last", "first"}
            Where the channels of images are: of those given, of those of donors, of `out` and of the result.  Masks are
            not concerned.

        Returns
        -------
        Mixed
            Unpacks to images, soft labels and `MixInfo`; further targets are its attributes.

        Raises
        ------
        TypeError, ValueError
            If an argument is of the wrong kind, value or length, or images clearly have the other layout, which is
            found before any work, or if a donor or a partner does not fit.
        """
        targets = {
            "masks": masks,
            "instances": instances,
            "boxes": boxes,
            "box_labels": box_labels,
            "box_weights": box_weights,
            "keypoints": keypoints,
            "keypoint_labels": keypoint_labels,
            "keypoint_weights": keypoint_weights,
        }
        return mix_batch(self, images, labels, keys, seed, donors, targets, out, workers, layout=layout)

    def replay(self, info: MixInfo, images: Any, labels: Any = None, **others: Any) -> Mixed:
        """Mix a batch as another was mixed: with the same partners and the same numbers.

        Parameters
        ----------
        info : MixInfo
            Of a batch of as many samples.
        images, labels, **others
            As in a call.  `keys` and `seed` are needed only where a `donor` chain draws.

        Returns
        -------
        Mixed
        """
        if not isinstance(info, MixInfo):
            raise TypeError(f"info must be a MixInfo, got {type(info).__name__}")
        if info.transform != type(self).__name__ or np.ndim(info.partners) != 2:
            raise ValueError(f"info must come from a batch that {type(self).__name__} has mixed")
        options = {name: others.pop(name, default) for name, default in _OPTIONS.items()}
        unknown = sorted(name for name in others if IN_SAMPLES.get(name, name) not in TABLE)
        if unknown:
            raise TypeError(f"replay got an unexpected argument {unknown[0]!r}")
        return mix_batch(self, images, labels, targets=others, info=info, **options)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Covering(Mixing, abstract=True):
    """A mixing that shows parts of samples, not all of them."""

    min_visibility: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("min_visibility", real(self.min_visibility, "min_visibility", at_least=0, at_most=1))
