"""Geometry of torchvision."""

from __future__ import annotations

from .._chain.transform import Transform
from ._geometric import elastic
from ._reader import Missing
from ._torch_reader import TorchReader, mapping

__all__: list[str] = []


@mapping("RandomHorizontalFlip")
def _horizontal(read: TorchReader) -> Transform:
    return read.make("HorizontalFlip")


@mapping("RandomVerticalFlip")
def _vertical(read: TorchReader) -> Transform:
    return read.make("VerticalFlip")


@mapping("Resize")
def _resize(read: TorchReader) -> Transform:
    size, longest = read("size", "size"), read.values.get("max_size")
    resizing = read.resizing()
    if isinstance(size, (list, tuple)) and len(size) == 2:
        read.ignore("max_size")
        return read.make("Resize", size=(int(size[0]), int(size[1])), **resizing)
    if size is None and longest is not None:
        read("max_size", "size")
        return read.make("ResizeLongest", size=int(longest), **resizing)
    if longest is not None:
        read.drop("max_size", "only the shorter side is bounded")
    read.ignore("max_size")
    side = int(size[0] if isinstance(size, (list, tuple)) else size)
    read.differs("the longer side is rounded, there cut to whole pixels: a pixel")
    return read.make("ResizeShortest", size=side, **resizing)


@mapping("RandomShortestSize")
def _shortest(read: TorchReader) -> Transform:
    sizes = read("min_size", "size")
    read.drop_unless("max_size", None, "only the shorter side is bounded")
    resizing = read.resizing()
    parts = [read.make("ResizeShortest", size=int(size), **resizing) for size in sizes]
    return parts[0] if len(parts) == 1 else read.make("OneOf", transforms=parts)


@mapping("RandomResize")
def _random_resize(read: TorchReader) -> Transform:
    low, high = int(read("min_size", "size")), int(read("max_size", "size"))
    resizing = read.resizing()
    step = max((high - low) // 16, 1)
    sizes = range(low, high, step)
    if step > 1:
        read.differs(f"one of {len(sizes)} sizes, {step} pixels apart")
    parts = [read.make("ResizeShortest", size=size, **resizing) for size in sizes]
    return parts[0] if len(parts) == 1 else read.make("OneOf", transforms=parts)


@mapping("ScaleJitter")
def _scale_jitter(read: TorchReader) -> Transform:
    size = tuple(int(v) for v in read("target_size", "size"))
    return read.make("ScaleJitter", size=size, scale=read.pair("scale_range", "scale"), **read.resizing())


@mapping("CenterCrop")
def _center_crop(read: TorchReader) -> Transform:
    size = tuple(int(v) for v in read("size", "size"))
    read.differs("where a pixel is left over it goes below and to the right, there to the even place: a pixel")
    return read.make("CenterCrop", size=size, pad=True)


@mapping("RandomCrop")
def _crop(read: TorchReader) -> Transform:
    size = tuple(int(v) for v in read("size", "size"))
    value = read("padding", "a Pad before it")
    pad = bool(read("pad_if_needed", "pad"))
    if pad:
        read.differs("a side that is too short is padded to the size, there by what is missing on both sides")
    if value is None and not pad:
        read.ignore("padding_mode", "fill")
        return read.make("Crop", size=size)
    border = read.border_of_padding()
    crop = read.make("Crop", size=size, pad=pad, **(border if pad else {}))
    if value is None:
        return crop
    return read.sequence(read.make("Pad", padding=read.padding(value), **border), crop)


@mapping("Pad")
def _pad(read: TorchReader) -> Transform:
    return read.make("Pad", padding=read.padding(read("padding", "padding")), **read.border_of_padding())


@mapping("RandomResizedCrop")
def _resized_crop(read: TorchReader) -> Transform:
    size = tuple(int(v) for v in read("size", "size"))
    scale, ratio = read.pair("scale", "scale"), read.pair("ratio", "ratio")
    return read.make("ResizedCrop", size=size, scale=scale, ratio=ratio, **read.resizing())


@mapping("FiveCrop", "TenCrop")
def _crops(read: TorchReader) -> Transform:
    raise Missing("one image becomes several there: call chains of a crop for each")


@mapping("RandomRotation")
def _rotation(read: TorchReader) -> Transform:
    low, high = read("degrees", "angle")
    fit = bool(read("expand", "fit"))
    if fit:
        read.differs("the frame that holds everything may be a pixel larger or smaller")
    return read.make("Rotate", angle=(float(low), float(high)), fit=fit, **read.warp())


@mapping("RandomAffine")
def _affine(read: TorchReader) -> Transform:
    low, high = read("degrees", "rotate, with the other sign")
    scale = read("scale", "scale")
    moves = read("translate", "translate")
    shear = [float(v) for v in read("shear", "shear, along x with the other sign") or (0.0, 0.0)]
    shear = shear if len(shear) == 4 else [*shear, 0.0, 0.0]
    x, y = (0.0, 0.0) if moves is None else (float(moves[0]), float(moves[1]))
    if x or y:
        read.differs("shifts are whole pixels there: half a pixel")
    return read.make(
        "Affine",
        rotate=(-float(high), -float(low)),
        scale=(1.0, 1.0) if scale is None else (float(scale[0]), float(scale[1])),
        translate=((-x, x), (-y, y)) if x or y else (0.0, 0.0),
        shear=((-shear[1], -shear[0]), (shear[2], shear[3])),
        **read.warp(),
    )


@mapping("RandomPerspective")
def _perspective(read: TorchReader) -> Transform:
    distortion = float(read("distortion_scale", "scale"))
    read.differs(
        "corners move in by normal numbers of the same mean, at most 0.2 of the sides; there evenly up to half of "
        "distortion_scale"
    )
    scale = 0.25 * distortion / 0.8
    return read.make("Perspective", scale=(scale, scale), fit=True, **read.warp())


@mapping("ElasticTransform")
def _elastic(read: TorchReader) -> Transform:
    alpha, sigma = (max(float(v) for v in read(name, name)) for name in ("alpha", "sigma"))
    return elastic(read, alpha, sigma, 0.577, {"border": "constant", **read.warp()})


@mapping("RandomZoomOut")
def _zoom_out(read: TorchReader) -> Transform:
    return read.make("ZoomOut", scale=read.pair("side_range", "scale"), fill=read.levels())


@mapping("RandomIoUCrop")
def _iou_crop(read: TorchReader) -> Transform:
    scale, ratio = (
        tuple(float(read(f"{end}_{name}", here)) for end in ("min", "max"))
        for name, here in (("scale", "scale"), ("aspect_ratio", "ratio"))
    )
    overlaps = tuple(float(v) for v in read("options", "overlaps"))
    read.differs("boxes whose centre is cut off stay, as far as min_visibility of the chain lets them; there they go")
    return read.make("IoUCrop", overlaps=overlaps, scale=scale, ratio=ratio, trials=int(read("trials", "trials")))
