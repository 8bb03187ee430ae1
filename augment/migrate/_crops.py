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
    box = tuple(int(read(name, "box")) for name in ("x_min", "y_min", "x_max", "y_max"))
    pad = bool(read("pad_if_needed", "pad"))
    read.ignore("pad_position")
    if not pad:
        read.ignore("border_mode", "fill", "fill_mask")
        return read.make("CropFixed", box=box)
    read.differs("where the image is too small it stays where it is, there it moves by half of what is missing")
    return read.make("CropFixed", box=box, pad=True, **read.framed())


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
    read.drop_unless("erosion_rate", 0.0, "no box is cut here: BoxCrop(visible=...) and IoUCrop may cut them")
    read.differs(
        "without boxes the part holds the centre of the image, where it may be any there; ends of parts are rounded"
    )
    return read.make("BoxSafeCrop", **fields)


@mapping("AtLeastOneBBoxRandomCrop")
def _one_box(read: Reader) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    visible = 1.0 - float(read("erosion_factor", "visible, 1 - erosion"))
    return read.make("BoxCrop", size=size, visible=min(max(visible, 1e-6), 1.0))


@mapping("RandomCropNearBBox")
def _near_box(read: Reader) -> Transform:
    down, across = read.pair("max_part_shift", "margin")
    read("cropping_bbox_key", "one of boxes")
    read.differs("one of the boxes of the sample is drawn; there the call names the box")
    if down != across:
        read.differs("shifts along both axes have one range")
    margin = min(max(down, across), 0.49)
    return read.make("BoxCrop", margin=(-margin, margin))


@mapping("CropNonEmptyMaskIfExists")
def _mask_crop(read: Reader) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    ignored, fields = read("ignore_values", "labels"), {}
    if ignored is not None:
        read.note("labels up to 255 are known; name others by labels=")
        fields["labels"] = tuple(label for label in range(1, 256) if label not in ignored)
    read.drop_unless("ignore_channels", None, "masks are labels: put masks of several channels into masks")
    read.differs("a label is drawn first and then one of its pixels, so that rare labels are seen more often")
    return read.make("MaskCrop", size=size, **fields)


@mapping("RandomCropFromBorders")
def _from_borders(read: Reader) -> Transform:
    sides = {side: (0.0, float(read(f"crop_{side}", f"{side}, from 0"))) for side in ("top", "bottom", "left", "right")}
    read.differs("below and on the right the largest strip may be a pixel narrower")
    return read.make("CropBorders", **sides)


@mapping("CropAndPad")
def _crop_and_pad(read: Reader) -> Transform:
    unit = "pixel" if read.values.get("px") is not None else "fraction"
    value = read("px" if unit == "pixel" else "percent", "sides, in the order top, bottom, left, right")
    if value is None:
        raise Missing("neither px nor percent is given")
    read.ignore("px", "percent")
    if unit == "fraction":
        read.differs("sides are rounded to whole pixels, there cut: a pixel")
    keep = bool(read("keep_size", "keep_size"))
    together = not read("sample_independently", "together, the other way round")
    fill = read.values["fill"]
    if isinstance(fill, (list, tuple)):
        read.drop("fill", "one level, or one a channel; there a pair is a range, and more are a choice")
        read.values["fill"] = fill[0]
    interpolation = resizing(read) if keep else "bilinear"
    read.ignore("interpolation", "mask_interpolation")
    return read.make(
        "CropAndPad", sides=_sides(value, unit), unit=unit, together=together, keep_size=keep,
        interpolation=interpolation, **read.framed(),
    )  # fmt: skip


def _sides(value: Any, unit: str) -> Any:
    """A range, or four numbers or ranges; there in the order top, right, bottom, left, and ranges end before b."""
    if not isinstance(value, (list, tuple)):
        return value, value
    if len(value) == 2:
        return _side(value, unit)
    top, right, bottom, left = (_side(v, unit) for v in value)
    return top, bottom, left, right


def _side(value: Any, unit: str) -> Any:
    if not isinstance(value, (list, tuple)):
        return value
    low, high = min(value), max(value)
    return (low, max(high - 1, low)) if unit == "pixel" and len(value) == 2 else (low, high)
