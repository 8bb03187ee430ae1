"""Colour and levels of albumentations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []

Pair = tuple[float, float]


@mapping("RandomBrightnessContrast")
def _brightness_contrast(read: Reader) -> Transform:
    if not read("brightness_by_max", "always"):
        read.drop("brightness_by_max", "brightness is a share of white, not of the mean of the image")
    read.drop_unless("ensure_safe_range", False, "levels beyond white are white: Compose has no safe range")
    return read.make(
        "BrightnessContrast",
        brightness=read.pair("brightness_limit", "brightness"),
        contrast=read.pair("contrast_limit", "contrast"),
    )


@mapping("RandomGamma")
def _gamma(read: Reader) -> Transform:
    return read.make("Gamma", gamma=read.scaled("gamma_limit", "gamma, of 100", 100.0, low=None))


@mapping("RandomToneCurve")
def _tone_curve(read: Reader) -> Transform:
    read.differs(
        "the curve wavers about the diagonal here; there about points 1/4 and 3/4, which darken shadows and lighten "
        "highlights by up to 6 levels of 255 even with scale=0"
    )
    return read.make(
        "ToneCurve", scale=float(read("scale", "scale")), per_channel=bool(read("per_channel", "per_channel"))
    )


@mapping("Solarize")
def _solarize(read: Reader) -> Transform:
    return read.make("Solarize", threshold=read.pair("threshold_range", "threshold"))


@mapping("Posterize")
def _posterize(read: Reader) -> Transform:
    value = read("num_bits", "bits")
    if isinstance(value, Sequence) and value and isinstance(value[0], Sequence):
        if any(tuple(v) != tuple(value[0]) for v in value):
            read.drop("num_bits", "all channels keep the same number of bits: the range of the first is taken")
        else:
            read.differs("all channels keep the same number of bits, drawn once")
        value = value[0]
    if not isinstance(value, Sequence):
        value = (value, value)
    low, high = (max(int(v), 1) for v in value)
    return read.make("Posterize", bits=(low, high))


@mapping("InvertImg")
def _invert(read: Reader) -> Transform:
    return read.make("Invert")


@mapping("Equalize")
def _equalize(read: Reader) -> Transform:
    for name in ("mask", "mask_params"):
        if read.values.get(name) not in (None, (), []):
            read.drop(name, "the whole image is counted: imgproc.equalize_histogram has a mask")
        read.ignore(name)
    color = "per_channel" if read("by_channels", "color") else "luminance"
    if color == "luminance":
        read.differs(
            "luma is spread and R, G, B keep their differences; there Y of YCrCb in bytes: 1 or 2 levels of 255"
        )
    method = read("mode", "method")
    if method == "pil":
        read.differs("as Pillow does it; mode='pil' there is up to 3 levels of 255 off it, 1.4 on average")
    return read.make("Equalize", method=method, color=color)


@mapping("AutoContrast")
def _auto_contrast(read: Reader) -> Transform:
    read.drop_unless("ignore", None, "all levels are counted")
    cutoff = float(read("cutoff", "cutoff, of 100")) / 100.0
    if read("method", "the method of Pillow") == "cdf":
        read.mapped["method"] = "Equalize, which is what 'cdf' does"
        if cutoff:
            read.drop("cutoff", "levels are equalized from the least to the largest")
        return read.make("Equalize")
    if cutoff:
        read.differs("where the cut falls within a level, one level more may be kept: 1 or 2 levels of 255")
    return read.make("AutoContrast", cutoff=cutoff)


@mapping("CLAHE")
def _clahe(read: Reader) -> Transform:
    across, down = (int(v) for v in read("tile_grid_size", "tiles"))
    read.differs("luma is equalized, there L of Lab: 2 to 4 levels of 255 on average; grey images are equal")
    return read.make("CLAHE", clip_limit=read.pair("clip_limit", "clip_limit", low=1), tiles=(down, across))


@mapping("HueSaturationValue")
def _hsv(read: Reader) -> Transform:
    read.differs(
        "hue, saturation and value are not rounded to bytes in between: half a level of 255 on average, 14 at most"
    )
    return read.make(
        "HueSaturationValue",
        hue=read.scaled("hue_shift_limit", "hue, of 180", 180.0),
        saturation=read.scaled("sat_shift_limit", "saturation, of 255", 255.0),
        value=read.scaled("val_shift_limit", "value, of 255", 255.0),
    )


@mapping("RGBShift")
def _rgb_shift(read: Reader) -> Transform:
    fields = {}
    for letter, name in (("r", "red"), ("g", "green"), ("b", "blue")):
        low, high = read.pair(f"{letter}_shift_limit", f"{name}, of 255")
        unit = 255.0 if max(abs(low), abs(high)) > 1 else 1.0  # there, too, ranges within 1 are fractions
        fields[name] = low / unit, high / unit
    return read.make("RGBShift", **fields)


@mapping("ColorJitter")
def _color_jitter(read: Reader) -> Transform:
    fields = {name: _factor(read, name) for name in ("brightness", "contrast", "saturation")}
    hue = read.pair("hue", "hue, in turns")
    if hue != (0.0, 0.0):
        read.differs("hue is not rounded to 2 degrees: on 2 % of the pixels 2 levels of 255")
    return read.make("ColorJitter", hue=hue, **fields)


def _factor(read: Reader, name: str) -> Pair:
    """A range of factors; a number v is (1 - v, 1 + v)."""
    value = read(name, name)
    if isinstance(value, (tuple, list)):
        return float(value[0]), float(value[1])
    return max(0.0, 1.0 - value), 1.0 + value


@mapping("ToGray")
def _to_gray(read: Reader) -> Transform:
    method, channels = read("method", "method"), int(read("num_output_channels", "channels"))
    found: dict[str, Any] = {"channels": channels}
    if method == "average":
        found["weights"] = (1 / 3, 1 / 3, 1 / 3)
    elif method in _GREYS:
        found["method"] = _GREYS[method]
    else:
        read.differs(
            "luma is taken: L of Lab is lighter, by 7 levels of 255 on average" if method == "from_lab" else
            "luma is taken, not the principal component of the image's own colours: 7 levels of 255 on average"
        )  # fmt: skip
    if channels not in (1, 3):
        read.drop("num_output_channels", "grey images have 1 or 3 channels")
        found["channels"] = 3
    return read.make("ToGray", **found)


_GREYS = {"weighted_average": "weighted", "desaturation": "lightness", "max": "max"}


@mapping("ToSepia")
def _to_sepia(read: Reader) -> Transform:
    return read.make("ToSepia")


@mapping("ToRGB")
def _to_rgb(read: Reader) -> Transform:
    read.ignore("num_output_channels")
    read.differs("RGB images stay, as there; grey images stay grey: give them three channels before, by np.repeat")
    return read.make("Sequential", transforms=[])


@mapping("ChannelShuffle")
def _channel_shuffle(read: Reader) -> Transform:
    return read.make("ChannelShuffle")


@mapping("ChannelDropout")
def _channel_dropout(read: Reader) -> Transform:
    fill = read.fill()
    return read.make("ChannelDropout", channels=read.whole("channel_drop_range", "channels"), fill=fill)


@mapping("FancyPCA")
def _fancy_pca(read: Reader) -> Transform:
    read.differs(
        "colours shift along the components of ImageNet's colours, as AlexNet's paper has it; there contrast changes "
        "along those of the image itself, by less than a level of 255 at alpha 0.1"
    )
    return read.make("PCAJitter", sigma=float(read("alpha", "sigma")))


@mapping("PlanckianJitter")
def _planckian(read: Reader) -> Transform:
    mode = read("mode", "mode")
    coldest = 3000.0 if mode == "blackbody" else 4000.0
    value = read("temperature_limit", "temperature")
    low, high = (coldest, 15000.0) if value is None else (float(value[0]), float(value[1]))
    if read("sampling_method", "evenly in 1/T") == "gaussian":
        read.drop("sampling_method", "temperatures are drawn evenly in 1/T")
    elif low != high:
        read.differs("temperatures are drawn evenly in 1/T; there 40 % evenly below 6,000 K and 60 % evenly above")
    return read.make("PlanckianJitter", mode=mode, temperature=(max(low, coldest), min(high, 15000.0)))


@mapping("Normalize")
def _normalize(read: Reader) -> Transform:
    kind = read("normalization", "method")
    white = read("max_pixel_value", "levels are fractions of white")
    read.after_white = 1.0
    if kind != "standard":
        read.ignore("mean", "std", "max_pixel_value")
        return normalize_by_image(read, kind)
    mean, std = (_numbers(read(name, name)) for name in ("mean", "std"))
    if white is not None and float(white) != read.white:
        read.differs("max_pixel_value is taken into mean and std, for images of bytes")
        share = float(white) / read.white
        mean, std = _times(mean, share), _times(std, share)
    return read.make("Normalize", mean=mean, std=std)


def normalize_by_image(read: Reader, kind: str) -> Transform:
    """By the statistics of the image itself."""
    return read.make("Normalize", method=kind)


def _numbers(value: Any) -> Any:
    if value is None:
        raise Missing("mean and std must be given")
    return tuple(float(v) for v in value) if isinstance(value, (list, tuple)) else float(value)


def _times(value: Any, factor: float) -> Any:
    return tuple(v * factor for v in value) if isinstance(value, tuple) else value * factor


@mapping("ToFloat")
def _to_float(read: Reader) -> Transform:
    value = read("max_value", "full_scale")
    read.after_white = 1.0
    return read.make("ToFloat", full_scale=None if value is None else float(value))


@mapping("FromFloat")
def _from_float(read: Reader) -> Transform:
    value = read("max_value", "full_scale")
    dtype = read("dtype", "dtype")
    if dtype not in ("uint8", "uint16"):
        raise Missing(f"images are uint8 or uint16 here, got {dtype!r}")
    read.after_white = 255.0 if dtype == "uint8" else 65535.0
    return read.make("FromFloat", dtype=dtype, full_scale=None if value is None else float(value))


@mapping("ToTensorV2", "ToTensor")
def _to_tensor(read: Reader) -> Transform:
    read.ignore("transpose_mask")
    raise Missing("write Compose(layout='first'), and torch.from_numpy for a tensor")


@mapping("ToTensor3D")
def _to_tensor_3d(read: Reader) -> Transform:
    raise Missing("3-D only: volumes are out of scope")


@mapping("HEStain")
def _stain(read: Reader) -> Transform:
    method, preset = read("method", "stains"), read("preset", "stains")
    if method != "preset" or preset != "standard":
        read.differs("the dyes are those of the preset 'standard'; there they are drawn, or of the image")
    if not read("augment_background", "always"):
        read.differs("white changes by the shift; there it stays")
    read.differs(
        "what the two dyes cannot make stays, as a third one; there it is lost, much where the image is no slide"
    )
    scale = read.pair("intensity_scale_range", "scale")
    return read.make("StainJitter", scale=scale, shift=read.pair("intensity_shift_range", "shift"))
