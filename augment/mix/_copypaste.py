"""CopyPaste: objects of a partner, cut out by their masks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from imgproc._core.bounds import largest_sigma
from imgproc._core.check import real
from imgproc._core.declare import declare
from imgproc._core.formats import work_dtype
from imgproc._core.opencv import load_cv2

from .._chain.drawn import Rule, whole
from .._chain.keys import Draws, stream_uniforms
from .._chain.sample import Sample
from .._chain.targets.base import Opened, Piece
from .._chain.targets.boxes import Boxes
from .._chain.targets.masks import InstanceMasks, LabelMask
from .._chain.transform import Frame, Params
from .._ranges import integer_range
from ._base import _Covering
from ._content import fitted, join, layered, put_where
from ._law import Law

__all__ = ["CopyPaste"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class CopyPaste(_Covering):
    """Paste objects of a partner onto the sample, pixel by pixel of their masks.

    Objects are the instance masks (``masks`` of a chain, ``instances`` of a batch), one per box if there are boxes.
    Where there are none, they are the labels of the label mask, which then gets them where they are pasted.  The
    sample's instance masks lose what is covered, their boxes are measured anew from what is left, and go where that is
    less than `min_visibility` of what was there.  Keypoints on covered pixels go, those on pasted pixels come.  The
    class label stays.  (In the paper images are first scaled by 0.1 to 2 and cropped: that is the matter of the chain
    and of `donor`.)  Any dtype and channels.

    Parameters
    ----------
    objects : (int, int)
        Range of the number of objects that are pasted, as far as the partner has so many.
    blend : float
        Sigma of the Gaussian by which the edges of what is pasted are softened [px]; 0 leaves them sharp.  At most the
        image's longer side, or 16, is used.
    min_visibility : float
        Part of an object, by the area of its mask, that must be left.
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
        If an argument is of the wrong kind or value, the sample has no masks or boxes without instance masks, or images
        differ in dtype or channels.

    References
    ----------
    .. [1] G. Ghiasi et al., "Simple copy-paste is a strong data augmentation method for instance segmentation",
       CVPR 2021.

    Examples
    --------
    >>> sample = {"image": image, "boxes": [(10, 10, 30, 30)], "labels": [1], "masks": np.zeros((1, 96, 128), bool)}
    >>> sample["masks"][0, 10:30, 10:30] = True
    >>> chain = Compose([CopyPaste()], instances=True)
    >>> made = chain(**sample, key=1, donors=[sample])
    >>> len(made["boxes"]) >= 1
    True
    """

    objects: tuple[int, int] = (1, 8)
    blend: float = 0.0

    keeps_label: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("objects", integer_range(self.objects, "objects", at_least=0))
        self._keep("blend", real(self.blend, "blend", at_least=0))

    def laws(self) -> tuple[Law, ...]:
        """None."""
        return ()

    def parameters(self, rng: Draws, lams: list[float]) -> Params:
        """How many objects, and the name of the numbers that choose them."""
        return {"count": rng.integer(*self.objects), "stream": rng.stream()}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"count": whole(*self.objects)}

    def combine(
        self, params: Params, host: Sample, others: Sequence[Sample], into: np.ndarray | None
    ) -> tuple[dict[str, Any], list[float]]:
        """The sample with the objects."""
        name = _mask_name(host)
        size = host.height, host.width
        other = fitted(others[0], size, self.fit)
        found, rows = _objects(other.opened[name])
        order = np.argsort(stream_uniforms(params["stream"], len(found)), kind="stable")[: params["count"]]
        chosen = np.sort(order)
        pasted = np.zeros(size, bool)
        for k in chosen.tolist():
            pasted |= found[k]

        def put(out: np.ndarray, arrays: list[np.ndarray]) -> None:
            np.copyto(out, arrays[0])
            put_where(out, arrays[1], pasted)

        def put_softly(out: np.ndarray, arrays: list[np.ndarray]) -> None:
            put(out, arrays)
            _soften(out, arrays, pasted, self.blend)

        targets = layered((host, other), put_softly if self.blend else put, put, into)
        theirs = np.array([rows[k] for k in chosen.tolist()] if rows else [], np.intp)
        targets |= join([_left(host, pasted, self.min_visibility), _taken(other, pasted, theirs)])
        share = np.count_nonzero(pasted) / pasted.size
        return targets, [1.0 - share, share]


declare(
    CopyPaste,
    examples=[{}, {"objects": (2, 3), "blend": 1.5, "min_visibility": 0.3}],
    look="Things are cut out by their masks and pasted; frames of what they cover shrink to what is left.",
    shown={"objects": (1, 3), "blend": 0.8, "min_visibility": 0.1},
    no_peer="no other library for NumPy has it",
)


def _mask_name(host: Sample) -> str:
    """The mask that says what the objects are: the instance masks, or else the first label mask."""
    table = host.rules.table
    for kind in (InstanceMasks, LabelMask):
        for name in host.opened:
            if isinstance(table[name], kind):
                if kind is LabelMask and host.boxes is not None:
                    raise ValueError("boxes need instance masks, one per box, for CopyPaste, got a label mask alone")
                return name
    raise ValueError("masks must be given for CopyPaste: they say what its objects are")


def _instances(sample: Opened) -> str | None:
    """The name of the instance masks, if there are any."""
    return next((name for name in sample.opened if isinstance(sample.rules.table[name], InstanceMasks)), None)


def _flat(mask: np.ndarray) -> np.ndarray:
    return mask != 0 if mask.ndim == 2 else (mask != 0).any(axis=2)


def _objects(masks: Any) -> tuple[list[np.ndarray], list[int]]:
    """Where objects are, those that are seen, and which masks they have."""
    if isinstance(masks, np.ndarray):
        plane = masks if masks.ndim == 2 else masks[..., 0]
        return [plane == label for label in np.unique(plane[plane != 0]).tolist()], []
    flags = [_flat(m) for m in masks]
    rows = [k for k, f in enumerate(flags) if f.any()]
    return [flags[k] for k in rows], rows


def _left(host: Sample, pasted: np.ndarray, least: float) -> Piece:
    """The sample's things that are not covered."""
    name, boxes = _instances(host), host.opened.get("boxes")
    kept, left, seen = [], [], {}
    thick = None if boxes is None else set(_boxes(host).thick(boxes, host.height, host.width).tolist())
    for k, mask in enumerate(host.opened[name] if name else []):
        if thick is not None and k not in thick:
            continue
        flags = _flat(mask)
        before = np.count_nonzero(flags)
        flags &= ~pasted
        after = np.count_nonzero(flags)
        if before and (after == 0 or after < least * before):
            continue
        kept.append(k)
        if after == before:
            left.append(mask)
            continue
        left.append(np.where(pasted if mask.ndim == 2 else pasted[..., np.newaxis], mask.dtype.type(0), mask))
        seen[k] = flags
    return _piece(Piece(host, owner=pasted.view(np.uint8), who=0), np.array(kept, np.intp), left, seen)


def _taken(other: Sample, pasted: np.ndarray, rows: np.ndarray) -> Piece:
    """The partner's things that are pasted."""
    name, boxes = _instances(other), other.opened.get("boxes")
    if boxes is not None:
        rows = np.intersect1d(rows, _boxes(other).thick(boxes, other.height, other.width))
    masks = [other.opened[name][k] for k in rows.tolist()] if name else []
    return _piece(Piece(other, owner=pasted.view(np.uint8), who=1), rows, masks, {})


def _piece(piece: Piece, rows: np.ndarray, masks: list[np.ndarray], seen: dict[int, np.ndarray]) -> Piece:
    """A piece that has the boxes of these rows, and these instance masks; what else there is follows from its pixels.

    Boxes in `seen` are those of these pixels."""
    boxes = piece.sample.opened.get("boxes")
    if boxes is not None:
        piece.give("boxes", _boxes(piece.sample).chosen(boxes, rows, seen), rows)
    name = _instances(piece.sample)
    if name is not None:
        piece.give(name, masks)
    return piece


def _boxes(sample: Opened) -> Boxes:
    target = sample.rules.table["boxes"]
    assert isinstance(target, Boxes)
    return target


def _soften(out: np.ndarray, arrays: list[np.ndarray], pasted: np.ndarray, sigma: float) -> None:
    kind = work_dtype(out.dtype).type
    sigma = min(sigma, largest_sigma(*pasted.shape[:2]))
    share = load_cv2().GaussianBlur(pasted.astype(kind), (0, 0), sigma)
    edge = (share > 0) & (share < 1)
    weight = share[edge] if out.ndim == 2 else share[edge][:, np.newaxis]
    mixed = arrays[0][edge] * (1 - weight) + arrays[1][edge] * weight
    out[edge] = np.rint(mixed) if out.dtype.kind == "u" else mixed
