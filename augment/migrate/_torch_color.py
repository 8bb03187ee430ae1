"""Colour, noise, policies and the rest of torchvision."""

from __future__ import annotations

from typing import Any

from .._chain.transform import Transform
from ._blur import cut_sigma
from ._reader import Missing
from ._torch_reader import TorchReader, mapping

__all__: list[str] = []


@mapping("ColorJitter")
def _jitter(read: TorchReader) -> Transform:
    names = ("brightness", "contrast", "saturation", "hue")
    return read.make("ColorJitter", **{name: read.side(name, name) for name in names})


@mapping("RandomPhotometricDistort")
def _distort(read: TorchReader) -> Transform:
    """Each part by itself; contrast first or last, then maybe the channels."""
    names = ("brightness", "contrast", "saturation", "hue")
    nothing: dict[str, Any] = {name: (0.0, 0.0) if name == "hue" else (1.0, 1.0) for name in names}
    ranges = {name: read.side(name, name) for name in names}
    part = {name: read.make("ColorJitter", **{**nothing, name: pair}) for name, pair in ranges.items()}
    first, last = (
        read.make("Sequential", transforms=[part[name] for name in order], p=1.0)
        for order in (names, ("brightness", "saturation", "hue", "contrast"))
    )
    both = read.make("OneOf", transforms=[first, last], p=1.0)
    return read.make("Sequential", transforms=[both, read.make("ChannelShuffle")], p=1.0)


@mapping("Grayscale")
def _gray(read: TorchReader) -> Transform:
    return read.make("ToGray", channels=int(read("num_output_channels", "channels")))


@mapping("RandomGrayscale")
def _random_gray(read: TorchReader) -> Transform:
    return read.make("ToGray")


@mapping("RandomInvert")
def _invert(read: TorchReader) -> Transform:
    return read.make("Invert")


@mapping("RandomPosterize")
def _posterize(read: TorchReader) -> Transform:
    bits = int(read("bits", "bits"))
    return read.make("Posterize", bits=(bits, bits))


@mapping("RandomSolarize")
def _solarize(read: TorchReader) -> Transform:
    level = float(read("threshold", "threshold")) / read.white
    return read.make("Solarize", threshold=(level, level))


@mapping("RandomAutocontrast")
def _autocontrast(read: TorchReader) -> Transform:
    return read.make("AutoContrast")


@mapping("RandomEqualize")
def _equalize(read: TorchReader) -> Transform:
    return read.make("Equalize", method="pil")


@mapping("RandomAdjustSharpness")
def _sharpness(read: TorchReader) -> Transform:
    factor = float(read("sharpness_factor", "strength, (factor - 1) / 13"))
    if factor < 1:
        raise Missing("a factor below 1 blurs: GaussianBlur(sigma=(0.3, 0.7)) is near")
    read.differs("the outermost pixels are sharpened, too")
    return read.make("Sharpen", strength=((factor - 1) / 13, (factor - 1) / 13))


@mapping("RandomChannelPermutation")
def _permute(read: TorchReader) -> Transform:
    return read.make("ChannelShuffle")


@mapping("GaussianBlur")
def _blur(read: TorchReader) -> Transform:
    side = min(int(v) for v in read("kernel_size", "sigma, that of the cut window"))
    low, high = (float(v) for v in read("sigma", "sigma"))
    if side < 7 * high:
        read.differs("windows are not cut; sigma is that of the cut ones: a level of 255 on average")
        low, high = (cut_sigma(sigma, side) for sigma in (low, high))
    return read.make("GaussianBlur", sigma=(low, max(low, high)))


@mapping("GaussianNoise")
def _noise(read: TorchReader) -> Transform:
    mean, sigma = float(read("mean", "mean")), float(read("sigma", "sigma"))
    read.drop_unless("clip", True, "levels stay within full scale")
    return read.make("GaussianNoise", mean=(mean, mean), sigma=(sigma, sigma))


@mapping("JPEG")
def _jpeg(read: TorchReader) -> Transform:
    low, high = read.whole("quality", "quality")
    read.note("the encoder is that of OpenCV; other builds of it may differ by a level")
    return read.make("Compression", quality=(low, high))


@mapping("RandomErasing")
def _erasing(read: TorchReader) -> Transform:
    value = read("value", "fill")
    read.ignore("inplace")
    fill: Any = "noise"
    if isinstance(value, str) or value is None:
        read.differs("noise is uniform, there normal")
    else:
        fill = read.fill("value")
        fill = fill[0] if isinstance(fill, tuple) and len(fill) == 1 else fill
    read.differs(
        "a rectangle that does not fit gets the nearest ratio that does, there it is drawn anew up to ten times"
    )
    return read.make("Erase", area=read.pair("scale", "area"), ratio=read.pair("ratio", "ratio"), fill=fill)


@mapping("Normalize")
def _normalize(read: TorchReader) -> Transform:
    read.ignore("inplace")
    mean, std = (tuple(float(v) for v in read(name, name)) for name in ("mean", "std"))
    return read.make("Normalize", mean=mean, std=std)


@mapping("LinearTransformation")
def _linear(read: TorchReader) -> Transform:
    raise Missing("no transform has a matrix over all pixels: a Lambda may do it")


@mapping("Lambda")
def _lambda(read: TorchReader) -> Transform:
    raise Missing("its function takes tensors: rewrite it for arrays (h, w, c), and give it to augment.Lambda")


@mapping("RGB")
def _rgb(read: TorchReader) -> None:
    read.note("images of one channel stay so")


@mapping("Identity", "ToPILImage", "ToPureTensor", "ClampBoundingBoxes", "ClampKeyPoints", "SetClampingMode")
def _nothing(read: TorchReader) -> None:
    read.ignore(*read.given)


@mapping("ConvertBoundingBoxFormat")
def _box_format(read: TorchReader) -> None:
    read("format", "box_format of the chain, the same before and after")
    read.note("boxes keep their format: Compose(box_format='pascal_voc' | 'coco' | ...)")


@mapping("SanitizeBoundingBoxes", "SanitizeKeyPoints")
def _sanitize(read: TorchReader) -> None:
    read.ignore("labels_getter")
    read.note("boxes that have left the image are left out by themselves; min_area of the chain leaves out small ones")
    for name in ("min_size", "min_area"):
        if float(read.values.get(name) or 0) > 1:
            read.drop(name, "give min_area to the chain")
    read.ignore(*read.given)


@mapping("UniformTemporalSubsample")
def _subsample(read: TorchReader) -> Transform:
    raise Missing("frames are chosen before a chain sees them: frames[np.linspace(0, len(frames) - 1, n).astype(int)]")


# --- policies and mixing ----------------------------------------------------------------------------------------------


def _policy(read: TorchReader, kind: str, **fields: Any) -> Transform:
    value = read.values.get("fill")
    read.ignore("fill")
    if value is not None:
        fields["fill"] = read.levels()
    read.differs("operations and strengths are those of the published tables; single ones differ by a rounding")
    return read.make(kind, interpolation=read.mode(), **fields)


@mapping("RandAugment")
def _rand(read: TorchReader) -> Transform:
    n, magnitude, bins = (int(read(name, here)) for name, here in _RAND)
    return _policy(read, "RandAugment", n=n, magnitude=magnitude, bins=bins)


_RAND = (("num_ops", "n"), ("magnitude", "magnitude"), ("num_magnitude_bins", "bins"))


@mapping("TrivialAugmentWide")
def _trivial(read: TorchReader) -> Transform:
    return _policy(read, "TrivialAugment", bins=int(read("num_magnitude_bins", "bins")))


@mapping("AutoAugment")
def _auto(read: TorchReader) -> Transform:
    read.ignore("policies")
    value = read("policy", "policy")
    return _policy(read, "AutoAugment", policy=str(getattr(value, "value", value)).lower())


@mapping("AugMix")
def _augmix(read: TorchReader) -> Transform:
    severity, width = float(read("severity", "severity")), int(read("mixture_width", "width"))
    depth = int(read("chain_depth", "depth"))
    fields = {
        "width": width,
        "severity": severity,
        "depth": (1, 3) if depth < 0 else (depth, depth),
        "alpha": float(read("alpha", "alpha")),
        "all_operations": bool(read("all_ops", "all_operations")),
    }
    read.ignore("fill")
    read.differs("operations and strengths are those of the paper; single ones differ by a rounding")
    return read.make("AugMix", interpolation=read.mode(), **fields)


@mapping("CutMix", "MixUp")
def _mix(read: TorchReader) -> Transform:
    alpha, classes = float(read("alpha", "lam")), read("num_classes", "num_classes")
    read.ignore("labels_getter")
    read.differs("samples are mixed with donors one by one, there with another of the batch, by one share for all")
    return read.make(read.name, lam=("beta", alpha), num_classes=None if classes is None else int(classes))
