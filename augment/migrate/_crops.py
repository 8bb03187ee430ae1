"""Crops of albumentations."""

from __future__ import annotations

from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping
from ._resize import resizing

__all__: list[str] = []


def _fixed(read: Reader, kind: str) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    pad = bool(read("pad_if_needed", "pad"))
    names = ("border_mode", "fill", "fill_mask", "pad_position")
    if not pad:
        read.ignore(*names)
        return read.make(kind, size=size)
    framed = read.framed()
    if read("pad_position", "position") == "center":
        return read.make(kind, size=size, pad=True, **framed)
    padded = read.make("PadToSize", size=size, position=read.values["pad_position"], p=1.0, **framed)
    return read.sequence(padded, read.make(kind, size=size, p=1.0))


@mapping("RandomCrop")
def _random_crop(read: Reader) -> Transform:
    return _fixed(read, "Crop")


@mapping("CenterCrop")
def _center_crop(read: Reader) -> Transform:
    return _fixed(read, "CenterCrop")


@mapping("Crop")
def _crop(read: Reader) -> Transform:
    part = tuple(int(read(name, "part")) for name in ("y_min", "x_min", "y_max", "x_max"))
    return crop_fixed(read, part)


def crop_fixed(read: Reader, part: tuple[int, ...]) -> Transform:
    """A part by its coordinates."""
    raise Missing("augment.CropFixed, which does this, is not in this version")


@mapping("RandomResizedCrop")
def _resized_crop(read: Reader) -> Transform:
    size = tuple(int(v) for v in read("size", "size"))
    interpolation = resizing(read)
    return read.make(
        "ResizedCrop", size=size, scale=read.pair("scale", "scale"), ratio=read.pair("ratio", "ratio"),
        interpolation=interpolation,
    )  # fmt: skip


@mapping("RandomSizedCrop")
def _sized_crop(read: Reader) -> Transform:
    """A height in pixels and a fixed ratio: an area, where the size of images is known."""
    size = tuple(int(v) for v in read("size", "size"))
    low, high = read.whole("min_max_height", "scale")
    ratio = float(read("w2h_ratio", "ratio"))
    interpolation = resizing(read)
    h, w = read.need_size("min_max_height")
    share = [min(max(side * int(side * ratio) / (h * w), 1e-6), 1.0) for side in (low, high)]
    if low != high:
        read.differs("the area is drawn evenly, not the height: large parts are more frequent")
    return read.make("ResizedCrop", size=size, scale=tuple(share), ratio=(ratio, ratio), interpolation=interpolation)


@mapping("BBoxSafeRandomCrop")
def _box_safe(read: Reader) -> Transform:
    return _safe(read, {})


@mapping("RandomSizedBBoxSafeCrop")
def _sized_box_safe(read: Reader) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    return _safe(read, {"size": size, "interpolation": resizing(read)})


def _safe(read: Reader, fields: dict[str, Any]) -> Transform:
    read.drop_unless("erosion_rate", 0.0, "no box is cut here: IoUCrop may cut them")
    read.differs(
        "without boxes the part holds the centre of the image, where it may be any there; ends of parts are rounded"
    )
    return read.make("BoxSafeCrop", **fields)


@mapping("AtLeastOneBBoxRandomCrop")
def _one_box(read: Reader) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    return box_crop(read, size)


def box_crop(read: Reader, size: tuple[int, int]) -> Transform:
    """A part that holds a box at least."""
    raise Missing("augment.BoxCrop, which does this, is not in this version")


@mapping("RandomCropNearBBox")
def _near_box(read: Reader) -> Transform:
    raise Missing(
        "the box to crop at comes with the call there: chain(boxes=...) with BoxCrop takes one of the sample's"
    )


@mapping("CropNonEmptyMaskIfExists")
def _mask_crop(read: Reader) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    return mask_crop(read, size)


def mask_crop(read: Reader, size: tuple[int, int]) -> Transform:
    """A part with something of the mask in it."""
    raise Missing("augment.MaskCrop, which does this, is not in this version")


@mapping("RandomCropFromBorders")
def _from_borders(read: Reader) -> Transform:
    sides = {side: float(read(f"crop_{side}", side)) for side in ("top", "bottom", "left", "right")}
    return crop_borders(read, sides)


def crop_borders(read: Reader, sides: dict[str, float]) -> Transform:
    """Up to so much of each side is cut off."""
    raise Missing("augment.CropBorders, which does this, is not in this version")


@mapping("CropAndPad")
def _crop_and_pad(read: Reader) -> Transform:
    return crop_and_pad(read)


def crop_and_pad(read: Reader) -> Transform:
    """Sides that are cut or padded."""
    raise Missing("augment.CropAndPad, which does this, is not in this version")
