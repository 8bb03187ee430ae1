"""MixUp and SamplePairing: two images, blended."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.check import real
from imgproc._core.declare import declare
from imgproc._core.jit import Intrinsic, borrowed, kernel
from imgproc._core.planes import canonical
from imgproc._core.threads import SERIAL_BELOW

from .._chain.batch import in_parts
from .._chain.sample import Sample
from .._chain.targets.base import Piece
from .._chain.transform import Params
from ._base import Mixing
from ._content import fitted, has_things, join, layered
from ._cover import copy_row, follow_partners
from ._law import Law, check_law

__all__ = ["MixUp", "SamplePairing"]


def _blend_byte(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    def blend(typing_context, a, b, weight, upper):
        """``b + (a - b) w`` on 16 bits, where as many fit a register as there are; Numba would widen to 64 bits."""

        def generate(context, builder, signature, args):
            narrow, wide = ir.IntType(16), ir.IntType(32)
            x, y = builder.zext(args[0], narrow), builder.zext(args[1], narrow)
            difference = builder.sub(x, y)
            product = builder.mul(builder.sext(difference, wide), builder.sext(args[2], wide))
            high = builder.trunc(builder.ashr(product, ir.Constant(wide, 16)), narrow)
            low = builder.mul(difference, args[2])
            # A weight of a half or more is negative on 16 bits: the product lacks the difference once.
            high = builder.add(high, builder.and_(difference, args[3]))
            high = builder.add(high, builder.lshr(low, ir.Constant(narrow, 15)))
            return builder.trunc(builder.add(y, high), ir.IntType(8))

        return types.uint8(types.uint8, types.uint8, types.int16, types.int16), generate

    return intrinsic(blend)


def _blend_plainly(a: Any, b: Any, weight: Any, upper: Any) -> np.uint8:
    part = int(weight) % 65536
    return np.uint8((int(a) * part + int(b) * (65536 - part) + 32768) >> 16)


_blend = Intrinsic(_blend_byte, _blend_plainly)


@kernel(inner=True)
def _blend_bytes(a, b, weight, out):
    """With a weight in parts of 2**16 that is no multiple of 2**8: then nothing lies half way between two levels."""
    narrow, upper = np.int16(weight), np.int16(-1 if weight >= 32768 else 0)
    for i in range(out.size):
        out[i] = _blend(a[i], b[i], narrow, upper)


@kernel(inner=True)
def _blend_evenly(a, b, weight, out):
    """The same for all others, in float32, which holds all of it exactly; half to even."""
    for i in range(out.size):
        x, y = np.float32(a[i]), np.float32(b[i])
        out[i] = np.int32(np.rint(np.float32(y + np.float32(np.float32(x - y) * weight))))


@kernel
def blend_bytes(images, others, partners, weights, order, out, first, last):
    """``out[i]``: 8-bit images ``order[first:last]`` blended with their partners, flat rows; weights of the images."""
    images, others, out = borrowed(images), borrowed(others), borrowed(out)
    for k in range(first, last):
        i = order[k]
        weight = np.int64(np.rint(weights[i] * 65536.0))
        if weight == 65536:
            copy_row(images[i], out[i])
        elif weight % 256 != 0:
            _blend_bytes(images[i], others[partners[i]], weight, out[i])
        else:
            _blend_evenly(images[i], others[partners[i]], np.float32(weight / 65536.0), out[i])


@kernel(inner=True)
def _blend_integers(a, b, weight, out):
    rest = 1.0 - weight
    for i in range(out.size):
        out[i] = np.int32(np.rint(np.float64(a[i]) * weight + np.float64(b[i]) * rest))


@kernel
def blend_integers(images, others, partners, weights, order, out, first, last):
    """The same for 16-bit images, in float64."""
    images, others, out = borrowed(images), borrowed(others), borrowed(out)
    for k in range(first, last):
        i = order[k]
        if weights[i] == 1.0:
            copy_row(images[i], out[i])
        elif weights[i] == 0.0:
            copy_row(others[partners[i]], out[i])
        else:
            _blend_integers(images[i], others[partners[i]], weights[i], out[i])


@kernel(inner=True)
def _blend_floats(a, b, weight, out):
    rest = 1.0 - weight
    for i in range(out.size):
        out[i] = np.float64(a[i]) * weight + np.float64(b[i]) * rest


@kernel
def blend_floats(images, others, partners, weights, order, out, first, last):
    """The same for float images, in float64."""
    images, others, out = borrowed(images), borrowed(others), borrowed(out)
    for k in range(first, last):
        i = order[k]
        if weights[i] == 1.0:  # what has no share spreads no NaN
            copy_row(images[i], out[i])
        elif weights[i] == 0.0:
            copy_row(others[partners[i]], out[i])
        else:
            _blend_floats(images[i], others[partners[i]], weights[i], out[i])


def blend_into(
    out: np.ndarray, images: np.ndarray, others: np.ndarray, partners: np.ndarray, weights: np.ndarray, threads: int
) -> None:
    """``out[i]``: image i blended with ``others[partners[i]]``, in one pass; arrays (n, ...) of one dtype."""
    n = len(images)
    flat = out if out.flags.c_contiguous else np.empty(out.shape, out.dtype)
    work = blend_bytes if out.dtype == np.uint8 else blend_integers if out.dtype.kind == "u" else blend_floats
    first = canonical(images).reshape(n, -1)
    second = first if others is images else canonical(others).reshape(len(others), -1)
    rows = flat.reshape(n, -1)
    order = np.arange(n)
    if others is images:
        follow_partners(partners, order)
    threads = 1 if out.size < SERIAL_BELOW else threads
    size = n if threads == 1 else max(1, -(-n // (4 * threads)))

    def part(numbers: range) -> None:
        work(first, second, partners, weights, order, rows, numbers.start, numbers.stop)

    in_parts(part, range(n), size, threads)
    if flat is not out:
        out[...] = flat


def blend_pair(out: np.ndarray, image: np.ndarray, other: np.ndarray, weight: float) -> None:
    """One image blended with another."""
    one = np.zeros(1, np.intp)
    blend_into(out[np.newaxis], image[np.newaxis], other[np.newaxis], one, np.array([weight]), 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Blending(Mixing, abstract=True):
    """A mixing that adds up two images."""

    blends: ClassVar[bool] = True

    def blend_batch(
        self, images: np.ndarray, partners: np.ndarray, lams: np.ndarray, out: np.ndarray, threads: int
    ) -> None:
        """All images of a batch at once, `lams` being their own shares."""
        blend_into(out, images, images, np.ascontiguousarray(partners[:, 0]), lams, threads)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixUp(_Blending):
    """Blend two samples: x = lam x_i + (1 - lam) x_j, y = lam y_i + (1 - lam) y_j.

    The method is that of [1]_; every sample has a lam of its own (the authors: one a batch).  Boxes and keypoints of
    both are kept, weighted by the share of their image, ``box_weights`` and ``keypoint_weights``, as in [2]_.  Label
    masks do not blend: the mask of the sample with the larger share stays; for both, `MixInfo` names the partner.  Any
    dtype and channels; integers are rounded half to even, in uint8 with lam in parts of 2**16, so at most 0.502 levels
    off.

    Parameters
    ----------
    lam : float, ("beta", a) or ("uniform", low, high)
        The law of the sample's own share.  ``("beta", a)`` is Beta(a, a), whose smaller share is on average 0.10 for
        a = 0.2, 0.16 for 0.4, 0.25 for 1 and 0.45 for 32.  The paper has 0.2 for ImageNet, 1 for CIFAR, detectors 1.5.
    fit : {"cover", "contain", "stretch"}
        How a partner of another size comes to the sample's: cut, padded with 0, or stretched.
    donor : Transform, optional
        Applied to the partner first.
    schedule : OnOffSchedule, optional
        In which epochs anything is mixed; keys are (epoch, index).
    num_classes : int, optional
        Needed where labels are integers.
    p : float
        Probability that the sample is mixed.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or images differ in dtype or channels.

    References
    ----------
    .. [1] H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz, "mixup: beyond empirical risk minimization", ICLR 2018.
    .. [2] Z. Zhang et al., "Bag of freebies for training object detection neural networks", arXiv:1902.04103, 2019.

    Examples
    --------
    >>> images = np.stack([image, 255 - image])
    >>> mixed = MixUp(num_classes=10)(images, np.array([3, 7]), keys=[(0, 0), (0, 1)])
    >>> mixed.labels[0, [3, 7]].sum().round(3) == 1
    np.True_
    """

    lam: Law = ("beta", 0.2)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("lam", check_law(self.lam, "lam"))

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """Blended images, the mask of the larger share, the things of both."""
        lam = params["lam"]
        other = fitted(others[0], (host.height, host.width), self.fit)
        targets = layered(
            (host, other),
            lambda out, arrays: blend_pair(out, arrays[0], arrays[1], lam),
            lambda out, arrays: np.copyto(out, arrays[0 if lam >= 0.5 else 1]),
            into,
        )
        if has_things(host):
            targets |= join([Piece(host, weight=lam), Piece(other, weight=1.0 - lam)])
        return targets, [lam, 1.0 - lam]


declare(
    MixUp,
    examples=[{}, {"lam": ("uniform", 0.3, 0.7), "fit": "contain"}, {"lam": 0.25, "fit": "stretch"}],
    look="Both are seen through each other, in the shares of the label; frames of both stay, with their weights.",
    shown={"lam": ("uniform", 0.3, 0.7)},
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SamplePairing(_Blending):
    """Blend in another image, and keep the label: x = (1 - weight) x_i + weight x_j, y = y_i.

    Half of the method is its schedule: pairs are off at first, on and off in turns, then off while the network is
    fine-tuned; ``schedule=OnOffSchedule()`` is that of the paper for CIFAR.  Without one it is always on.  Changes
    images; labels, masks, boxes and keypoints are those of the sample.  Any dtype and channels, rounded like `MixUp`.

    Parameters
    ----------
    weight : float
        Share of the partner, 0 to 1; one half was best in the paper.
    fit : {"cover", "contain", "stretch"}
        How a partner of another size comes to the sample's: cut, padded with 0, or stretched.
    donor : Transform, optional
        Applied to the partner first; the paper crops and flips both alike.
    schedule : OnOffSchedule, optional
        In which epochs anything is mixed; keys are (epoch, index).
    num_classes : int, optional
        Needed where labels are integers.
    p : float
        Probability that the sample is mixed.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or images differ in dtype or channels.

    References
    ----------
    .. [1] H. Inoue, "Data augmentation by pairing samples for images classification", arXiv:1801.02929, 2018.

    Examples
    --------
    >>> mixed = SamplePairing(num_classes=10)(np.stack([image, 255 - image]), np.array([3, 7]), keys=[0, 1])
    >>> mixed.images.shape
    (2, 96, 128, 3)
    """

    weight: float = 0.5

    keeps_label: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("weight", real(self.weight, "weight", at_least=0, at_most=1))

    def laws(self) -> tuple[Law, ...]:
        """The sample's share is fixed."""
        return (1.0 - self.weight,)

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """Blended images; all else is the sample's."""
        lam = params["lam"]
        other = fitted(others[0], (host.height, host.width), self.fit)
        targets = layered(
            (host, other),
            lambda out, arrays: blend_pair(out, arrays[0], arrays[1], lam),
            lambda out, arrays: np.copyto(out, arrays[0]),
            into,
        )
        if has_things(host):
            targets |= join([Piece(host)])
        return targets, [lam, 1.0 - lam]


declare(
    SamplePairing,
    look="Half of each, but the label stays that of the first: noise that a network has to see through.",
)
