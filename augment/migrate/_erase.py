"""Dropout of albumentations."""

from __future__ import annotations

from typing import Any

from .._chain.transform import Transform
from ._reader import Reader, mapping

__all__: list[str] = []

Count = tuple[int, int]

_BOXES = "boxes and keypoints under holes stay; there boxes shrink to what is seen, and keypoints in holes go"


def fills(read: Reader) -> dict[str, Any]:
    """What is painted, in images and in masks."""
    read.aside(_BOXES)
    found: dict[str, Any] = {}
    value = read("fill", "fill")
    if isinstance(value, str):
        if value == "random":
            found["fill"] = "noise"
        elif value == "random_uniform":
            found["fill"] = "noise"
            read.drop("fill", "noise in each pixel, not one random colour a hole")
        else:
            found["fill"] = "mean"
            read.drop("fill", "holes are filled, not inpainted: the mean of the image is taken")
    else:
        found["fill"] = read.fill()
    if read("fill_mask", "mask_fill") is not None:
        found["mask_fill"] = read.mask_fill()
    return found


def _sides(read: Reader, name: str, here: str, side: int) -> tuple[float, float]:
    """A range of a side of holes as fractions of a side of the image; numbers from 1 on are pixels."""
    low, high = read.pair(name, here)
    if high >= 1:
        length = read.need_size(name)[side]
        if low != high:  # each number of pixels alike, when the side is rounded
            low, high = low - 0.4999, high + 0.4999
        return min(max(low, 0.51) / length, 1.0), min(high / length, 1.0)
    if read.size is None:
        read.differs(
            "sides of holes are rounded, there cut to whole pixels: a pixel at most, none where image_size is given"
        )
        return low, high
    half = 0.5 / read.size[side]
    return max(low - half, 1e-9), max(high - half, 1e-9)


@mapping("CoarseDropout")
def _coarse(read: Reader) -> Transform:
    holes = read.whole("num_holes_range", "holes")
    height, width = _sides(read, "hole_height_range", "height", 0), _sides(read, "hole_width_range", "width", 1)
    return read.make("CoarseDropout", holes=holes, height=height, width=width, **fills(read))


@mapping("Erasing")
def _erasing(read: Reader) -> Transform:
    low, high = read.pair("ratio", "ratio, 1 / ratio")
    read.differs(
        "the ratio is drawn evenly in its logarithm, and areas that there end below the bound of the ratio go on"
    )
    ratio = 1.0 / high, 1.0 / low
    return read.make("Erase", area=read.pair("scale", "area"), ratio=ratio, **fills(read))


@mapping("GridDropout")
def _grid(read: Reader) -> Transform:
    ratio = float(read("ratio", "ratio"))
    offset = bool(read("random_offset", "random_offset"))
    unit, number, shift = (read.values[name] for name in ("unit_size_range", "holes_number_xy", "shift_xy"))
    read.ignore("shift_xy")
    if number is not None:
        down, across = number  # it is called xy, but the first counts rows
        h, w = read.size or (1, 1)
        cells = (h / down, w / across) if read.size else (1 / down, 1 / across)
        unit = min(cells) / min(h, w), max(cells) / min(h, w)
        read("holes_number_xy", "unit")
        read.ignore("unit_size_range")
    elif unit is not None:
        read("unit_size_range", "unit")
        short = min(read.need_size("unit_size_range"))
        unit = unit[0] / short, max(unit[1] - 1, unit[0]) / short
    else:
        unit = (0.1, 0.1)
    read.ignore("unit_size_range", "holes_number_xy")
    if shift is not None and tuple(shift) != (0, 0) and not offset:
        read.drop("shift_xy", "without random_offset there is a hole in the upper left corner")
    read.differs(
        "holes are squares at equal distances; there the sides of the cells differ by a pixel, and with random_offset "
        "each hole has its own place in its cell"
    )
    unit = min(max(unit[0], 1e-6), 1.0), min(max(unit[1], 1e-6), 1.0)
    return read.make("GridDropout", ratio=(ratio, ratio), unit=unit, random_offset=offset, **fills(read))


@mapping("PixelDropout")
def _pixel(read: Reader) -> Transform:
    chance = float(read("dropout_prob", "probability"))
    each = bool(read("per_channel", "per_channel"))
    value = read("drop_value", "fill")
    fill: Any = "noise"
    if value is None:
        read.drop("drop_value", "noise in each pixel, not one random colour")
    elif isinstance(value, (list, tuple)):
        fill = tuple(float(v) / read.white for v in value)
    else:
        fill = float(value) / read.white
    label = read("mask_drop_value", "mask_fill")
    fields: dict[str, Any] = {}
    if label is not None:
        if each:
            read.drop("mask_drop_value", "masks stay with per_channel=True")
        else:
            read.differs("masks lose the same pixels as the image, there others")
            fields["mask_fill"] = int(label[0] if isinstance(label, (list, tuple)) else label)
    if not each:
        read.aside("boxes stay; there boxes shrink to what is left", "boxes")
    return read.make("PixelDropout", probability=(chance, chance), fill=fill, per_channel=each, **fields)


@mapping("MaskDropout")
def _mask(read: Reader) -> Transform:
    value = read("max_objects", "objects")
    low, high = (1, value) if isinstance(value, int) else value
    return read.make("MaskDropout", objects=(int(low), int(high)), **fills(read))


@mapping("ConstrainedCoarseDropout")
def _constrained(read: Reader) -> Transform:
    labels, boxes = read("mask_indices", "labels of the mask"), read("bbox_labels", "labels of boxes")
    read.ignore("mask_indices", "bbox_labels")
    chosen = labels if labels is not None else boxes
    fields: dict[str, Any] = {} if chosen is None else {"labels": tuple(chosen)}
    sides = {name: read.pair(f"hole_{name}_range", name) for name in ("height", "width")}
    read.differs("sides of holes are rounded, there cut to whole pixels: a pixel")
    return read.make(
        "ConstrainedDropout", near="boxes" if labels is None else "mask", holes=read.whole("num_holes_range", "holes"),
        **sides, **fields, **fills(read),
    )  # fmt: skip


@mapping("XYMasking")
def _strips(read: Reader) -> Transform:
    columns, rows = (read.whole(f"num_masks_{axis}", here, low=0) for axis, here in (("x", "columns"), ("y", "rows")))
    width, height = (read.whole(f"mask_{axis}_length", here, low=0) for axis, here in (("x", "width"), ("y", "height")))
    return strips(read, columns, rows, width, height, fills(read))


@mapping("TimeMasking")
def _time(read: Reader) -> Transform:
    most = int(read("time_mask_param", "width"))
    read.note("one strip or none, as there")
    return strips(read, (0, 1), (0, 0), (0, most), (0, 0), {"fill": 0.0, "mask_fill": 0})


@mapping("FrequencyMasking")
def _frequency(read: Reader) -> Transform:
    most = int(read("freq_mask_param", "height"))
    read.note("one strip or none, as there")
    return strips(read, (0, 0), (0, 1), (0, 0), (0, most), {"fill": 0.0, "mask_fill": 0})


def strips(read: Reader, columns: Count, rows: Count, width: Count, height: Count, fill: dict[str, Any]) -> Transform:
    """Strips of lengths in pixels; of length 0 there is none there."""
    h, w = read.need_size("the length of strips")
    fields: dict[str, Any] = {}
    for name, count, length, side in (("width", columns, width, w), ("height", rows, height, h)):
        low, high = map(float, length)
        if count[1] and low == 0 and high > 0:
            read.differs("strips have a pixel at least")
        if low != high:
            low, high = max(low - 0.4999, 0.0), high + 0.4999
        fields[name] = min(low / side, 1.0), min(max(high / side, 1e-6), 1.0)
    columns = columns if width[1] else (0, 0)
    rows = rows if height[1] else (0, 0)
    read.aside("boxes and keypoints under strips stay")
    return read.make("XYMasking", columns=columns, rows=rows, **fields, **fill)
