"""What ``python -m imgproc warmup`` runs for this package: chains of every transform and target, boxes and anchors."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ._inventory import EXAMPLES, MIXES, Entry, build, example, sample
from .anchors import _warm as anchors
from .balance import _examples as balance
from .boxes import _warm as boxes
from .compose import Compose

__all__: list[str] = []

_UNTIL_RECORDED = 40
"""Calls after which a chain that comes again is surely recorded."""


def tasks(dtypes: Sequence[Any] = (np.uint8,), channels: Sequence[int | None] = (3,)) -> dict[str, Callable[[], None]]:
    """What compiles a transform's kernels for images of these kinds, by its name, and those of what is no transform."""
    kinds = [(np.dtype(dtype), number) for dtype in dtypes for number in channels]
    found: dict[str, Callable[[], None]] = {}
    for name, _ in EXAMPLES:
        found[name] = functools.partial(_transform, name, kinds)
    for name, _ in MIXES:
        found[name] = functools.partial(_mix, name)
    found |= {"targets": _targets, "samplers": balance.run_all, "boxes": _boxes, "anchors": anchors.run_all}
    return found


def _transform(name: str, kinds: Sequence[tuple[np.dtype[Any], int | None]]) -> None:
    usual = (np.dtype(np.uint8), 3)
    for dtype, number in kinds:
        targets = sample(dtype=dtype)
        targets["boxes"][:, 2:] -= targets["boxes"][:, :2]  # as coco has them
        if number is None:
            targets["image"] = np.ascontiguousarray(targets["image"][..., 0])
        for entry, parameters in EXAMPLES:
            if entry != name:
                continue
            try:
                Compose([build(entry, parameters)], box_format="coco", clip=False)(**targets, key=0)
                if (dtype, number) != usual:
                    _record(targets["image"], entries=[(entry, parameters)], calls=0)
            except (ValueError, TypeError):
                if (dtype, number) == usual:  # not every transform takes every kind of image
                    raise
    further = _FURTHER.get(name)
    if further:
        further(sample()["image"])


def _boxes() -> None:
    """Functions on boxes, and the kernels of oriented boxes and of keypoints with columns in chains."""
    boxes.run_all()
    image, rows = np.zeros((30, 40, 3), np.uint8), [(20.0, 15.0, 12.0, 8.0, 30.0), (8.0, 8.0, 6.0, 4.0, 0.0)]
    points = {"keypoints": [(8.0, 8.0, 30.0, 2.0)]}
    for name in ("Affine", "CutMix"):
        targets: dict[str, Any] = {"image": image, "boxes": rows, **points}
        chain = Compose([example(name)], box_format="obb", keypoint_columns=("angle", "scale"))
        chain(**targets, key=(0, 0), donors=[targets])


def _mix(name: str) -> None:
    targets = sample()
    donors = [targets, sample((72, 128))]
    for entry, parameters in MIXES:
        if entry == name:
            things = {"image": targets["image"], "mask": targets["mask"]} if name == "CopyPaste" else targets
            Compose([build(entry, parameters)])(**things, key=(0, 0), donors=donors)
    if name in ("MixUp", "CutMix"):
        mix: Any = example(name)  # of which a Transform knows no call on batches
        for dtype in (np.uint8, np.uint16, np.float32, np.float64) if name == "MixUp" else (np.uint8,):
            mix(np.stack([targets["image"].astype(dtype)] * 2), keys=[(0, 0), (0, 1)])


def _record(image: np.ndarray, *, entries: Sequence[Entry], calls: int = _UNTIL_RECORDED) -> None:
    """A chain as a loader runs it: again and again, and on batches."""
    chain = Compose([build(*entry) for entry in entries])
    chain.batch(np.stack([image] * 8), keys=range(8))
    for k in range(calls):
        chain(image=image, key=k)


def _targets() -> None:
    """What a sample may carry beside the usual: masks of instances that measure boxes, a depth, a clip of frames."""
    size = (24, 32)
    depth, mask = np.zeros(size, np.float32), np.zeros((2, *size), np.uint8)
    mask[:, 4:9, 5:20] = 1
    boxes = [(5.0, 4.0, 20.0, 9.0)] * 2
    for entry in _examples("Affine", "Elastic", "HorizontalFlip"):
        chain = Compose([build(*entry)], boxes_from_masks=True, float_names=["depth"])
        for dtype in (np.uint8, np.uint16, np.int32, np.int64):
            masks = mask.astype(dtype)
            chain(image=np.zeros((*size, 3), np.uint8), masks=masks, mask=masks[0], boxes=boxes, depth=depth, key=0)
            chain(image=np.zeros((*size, 3), np.uint8), mask=np.dstack([masks[0], masks[0]]), key=0)
    recorded = Compose([build(*entry) for entry in _examples("HorizontalFlip", "Affine")])
    for key in range(_UNTIL_RECORDED):
        recorded(image=np.zeros((*size, 3), np.uint8), mask=mask[0], boxes=boxes, keypoints=[(3.0, 4.0)], key=key)
    _polygons(np.zeros((*size, 3), np.uint8))
    Compose([build(*_examples("GaussianNoise")[0])]).video(np.zeros((2, *size, 3), np.uint8), key=0, noise="frame")


def _polygons(image: np.ndarray) -> None:
    """Polygons that a frame cuts, a grid bends, tiles part, and another sample covers."""
    targets: dict[str, Any] = {"image": image, "polygons": [[[2.0, 2.0, 60.0, 4.0, 20.0, 20.0]]]}
    for name in ("Affine", "Elastic", "GridShuffle", "CutMix"):
        Compose([example(name)])(**targets, key=(0, 0), donors=[targets])


def _examples(*names: str) -> list[Entry]:
    """The first entry of each of these transforms."""
    return [next(entry for entry in EXAMPLES if entry[0] == name) for name in names]


def _color_jitter(image: np.ndarray) -> None:
    _record(image, entries=_examples("HorizontalFlip", "ColorJitter", "Normalize"))
    Compose([example("ColorJitter")])(image=np.full((9, 9, 3), np.nan, np.float32), key=0)


_IN_PASSES = (
    *("AutoContrast", "BoxBlur", "EdgeDetect", "Emboss", "Equalize", "GaussianBlur", "MotionBlur", "Sharpen"),
    "UnsharpMask",
)
"""Transforms that have kernels of their own for passes in which they are not alone."""


def _motion_blur(image: np.ndarray) -> None:
    _record(image, entries=_examples("MotionBlur", "Normalize"))
    Compose([example("MotionBlur")])(image=image.astype(np.uint16), key=0)


def _resize_with_alpha(image: np.ndarray) -> None:
    Compose([example("Gamma"), example("Resize")], alpha=True)(image=np.dstack([image, image[..., 0]]), key=0)


_FURTHER: dict[str, Callable[[Any], None]] = {
    **{name: functools.partial(_record, entries=_examples(name, "Normalize")) for name in _IN_PASSES},
    "HorizontalFlip": functools.partial(_record, entries=_examples("HorizontalFlip")),
    "Affine": functools.partial(_record, entries=_examples("Affine", "Normalize")),
    "ColorJitter": _color_jitter,
    "MotionBlur": _motion_blur,
    "Resize": _resize_with_alpha,
}
"""What takes kernels that a transform's own entries do not reach."""
