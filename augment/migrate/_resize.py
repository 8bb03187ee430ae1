"""Resizing and padding of albumentations."""

from __future__ import annotations

from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []


def resizing(read: Reader) -> str:
    """The interpolation of a resize; with `area_for_downscale` images are averaged where they shrink."""
    area = read.values.get("area_for_downscale")
    read.ignore("area_for_downscale")
    if area is None:
        return read.interpolation(resizes=True)
    read("area_for_downscale", "area")
    if area == "image_mask":
        read.drop("area_for_downscale", "masks always get the nearest label; images are averaged")
    if read("interpolation", "area") not in (1, 3, 5):
        read.differs("area is bilinear along sides that grow")
    read.ignore("mask_interpolation")
    return "area"


@mapping("Resize")
def _resize(read: Reader) -> Transform:
    size = int(read("height", "size")), int(read("width", "size"))
    return read.make("Resize", size=size, interpolation=resizing(read))


@mapping("LongestMaxSize")
def _longest(read: Reader) -> Transform:
    return _sided(read, "ResizeLongest")


@mapping("SmallestMaxSize")
def _smallest(read: Reader) -> Transform:
    return _sided(read, "ResizeShortest")


def _sided(read: Reader, kind: str) -> Transform:
    interpolation = resizing(read)
    size = read("max_size", "size")
    both = read.values.get("max_size_hw")
    if size is None and both is None:
        raise Missing("neither max_size nor max_size_hw is given")
    if size is None:
        read("max_size_hw", "size")
        h, w = both or (None, None)
        if h is None or w is None or h != w:
            raise Missing(
                "max_size_hw has a length for each side: Resize or Letterbox have both, ResizeLongest has one"
            )
        size = h
    read.ignore("max_size_hw")
    read.aside(
        "keypoints are scaled as the image is; there by one factor, though sides are rounded: half a pixel", "keypoints"
    )
    if isinstance(size, (list, tuple)):
        parts = [read.make(kind, size=int(s), interpolation=interpolation, p=1.0) for s in size]
        return read.make("OneOf", transforms=parts)
    return read.make(kind, size=int(size), interpolation=interpolation)


@mapping("RandomScale")
def _random_scale(read: Reader) -> Transform:
    low, high = read.pair("scale_limit", "scale, 1 + limit")
    read.differs("sides are cut to whole pixels there and rounded here: a pixel")
    return read.make("Scale", scale=(1.0 + low, 1.0 + high), interpolation=resizing(read))


@mapping("Pad")
def _pad(read: Reader) -> Transform:
    value = read("padding", "padding, in the order top, bottom, left, right")
    padding: Any
    if isinstance(value, (tuple, list)):
        if len(value) == 2:
            padding = int(value[1]), int(value[0])  # there (x, y)
        elif len(value) == 4:
            left, top, right, bottom = map(int, value)
            padding = top, bottom, left, right
        else:
            raise Missing(f"padding must be one, two or four numbers, got {value!r:.60}")
    else:
        padding = int(value)
    return read.make("Pad", padding=padding, **read.framed())


@mapping("PadIfNeeded")
def _pad_to_size(read: Reader) -> Transform:
    down, across = read("pad_height_divisor", "divisor"), read("pad_width_divisor", "divisor")
    h, w = (
        None if divisor is not None and name not in read.given else read(name, "size")
        for name, divisor in (("min_height", down), ("min_width", across))
    )
    fields: dict[str, Any] = {}
    if h is not None or w is not None:
        fields["size"] = int(h or 1), int(w or 1)
    if down is not None or across is not None:
        fields["divisor"] = int(down or 1), int(across or 1)
    if not fields:
        raise Missing("it pads to no size")
    position = read("position", "position")
    position = str(getattr(position, "value", position)).rpartition(".")[2].lower()  # 1.x: PositionType.CENTER
    return read.make("PadToSize", position=position, **fields, **read.framed())
