"""Every transform that albumentations has too, with equal parameters or the closest there are: one row is one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
from skimage import data

Spec = tuple[str, dict[str, Any]]
"""Class name and parameters; ``p`` is 1 where none is given."""


@dataclass(frozen=True)
class Single:
    """One transform of ours and of theirs.

    ``at_least``: how many times faster ours shall be.  ``targets``: ``"boxes"``, ``"mask"`` or ``"references"``, for
    those that look at them.
    """

    name: str
    ours: Spec
    theirs: Spec
    at_least: float = 1.0
    targets: str = ""
    note: str = ""


def _alike(name: str, theirs: str = "", at_least: float = 1.0, **parameters: Any) -> Single:
    """A transform whose parameters have the same names there, and are given or have the same defaults."""
    return Single(name, (name, parameters), (theirs or name, parameters), at_least)


def _pair(
    name: str, ours: dict[str, Any], theirs: str, their: dict[str, Any], at_least: float = 1.0, **more: Any
) -> Single:
    """A transform whose parameters differ in name or unit; what stands after a comma in `name` tells variants apart."""
    return Single(name, (name.split(",")[0], ours), (theirs, their), at_least, **more)


_MIRROR = {"border_mode": cv2.BORDER_REFLECT_101}
"""What our distortions do at the border by default."""

_AFFINE = {"scale": (0.9, 1.1), "rotate": (-15, 15), "shear": (-10, 10)}
HSV = {"hue": (-20 / 180, 20 / 180), "saturation": (-30 / 255, 30 / 255), "value": (-20 / 255, 20 / 255)}
RGB_SHIFT = {channel: (-20 / 255, 20 / 255) for channel in ("red", "green", "blue")}
"""Their defaults, in our units, as those of `HSV`."""

REFERENCES = [data.coffee()]
"""For the transforms that imitate an image: ours have them from their making, theirs from the call."""

_AREA = {"interpolation": cv2.INTER_AREA}
_BY_AREA = {"downscale": cv2.INTER_AREA, "upscale": cv2.INTER_LINEAR}

_GEOMETRIC = (
    _alike("HorizontalFlip"),
    _alike("VerticalFlip"),
    _alike("Transpose"),
    _alike("Rotate90", "RandomRotate90"),
    _alike("Dihedral", "D4"),
    _alike("Rotate"),
    _pair("Rotate, cropped", {"crop": True}, "Rotate", {"crop_border": True}),
    _pair(
        "Affine",
        {**_AFFINE, "translate": (-0.1, 0.1)},
        "Affine",
        {**_AFFINE, "translate_percent": (-0.1, 0.1), "keep_ratio": True},
    ),
    _alike("Perspective"),
    _pair("Crop", {"size": (384, 384)}, "RandomCrop", {"height": 384, "width": 384}),
    _pair("CenterCrop", {"size": (384, 384)}, "CenterCrop", {"height": 384, "width": 384}),
    _pair("ResizedCrop", {"size": (224, 224), "interpolation": "bilinear"}, "RandomResizedCrop", {"size": (224, 224)}),
    _pair("BoxSafeCrop", {}, "BBoxSafeRandomCrop", {}, targets="boxes"),
    _pair("Resize", {"size": (224, 224)}, "Resize", {"height": 224, "width": 224, **_AREA}),
    _pair(
        "Resize, bilinear",
        {"size": (224, 224), "interpolation": "bilinear"},
        "Resize",
        {"height": 224, "width": 224},
    ),
    _pair("Resize, larger", {"size": (640, 640), "interpolation": "bilinear"}, "Resize", {"height": 640, "width": 640}),
    _pair("ResizeLongest", {"size": 224}, "LongestMaxSize", {"max_size": 224, **_AREA}),
    _pair("ResizeShortest", {"size": 224}, "SmallestMaxSize", {"max_size": 224, **_AREA}),
    _alike("Pad", padding=32),
    _pair("PadToSize", {"size": (576, 576)}, "PadIfNeeded", {"min_height": 576, "min_width": 576}),
    _pair(
        "Elastic",
        {},
        "ElasticTransform",
        {"alpha": 300, "sigma": 32, **_MIRROR},
        at_least=2,
        note="as smooth and as far on average as ours",
    ),
    _pair("GridDistortion", {}, "GridDistortion", _MIRROR),
    _pair("ThinPlateSpline", {}, "ThinPlateSpline", {"scale_range": (0.02, 0.05), **_MIRROR}),
    _pair("LensDistortion", {}, "OpticalDistortion", _MIRROR),
)

_COLOR = (
    _alike("BrightnessContrast", "RandomBrightnessContrast"),
    _alike("ColorJitter", at_least=2, hue=(-0.1, 0.1)),
    _pair("HueSaturationValue", HSV, "HueSaturationValue", {}, at_least=2),
    _pair("RGBShift", RGB_SHIFT, "RGBShift", {}),
    _alike("Gamma", "RandomGamma"),
    _alike("ToneCurve", "RandomToneCurve"),
    _alike("Equalize", at_least=2),
    _alike("CLAHE", at_least=2, clip_limit=(1, 4)),
    _pair("AutoContrast", {}, "AutoContrast", {"method": "pil"}),
    _pair(
        "MatchHistogram",
        {"references": REFERENCES},
        "HistogramMatching",
        {},
        targets="references",
    ),
    _alike("Posterize"),
    _alike("Solarize"),
    _alike("Invert", "InvertImg"),
    _alike("ToGray"),
    _alike("ToSepia"),
    _alike("ChannelShuffle"),
    _alike("ChannelDropout"),
    _alike("PCAJitter", "FancyPCA"),
    _alike("PlanckianJitter"),
    _alike("Normalize", at_least=2),
)

_NOISE = (
    _pair("GaussianNoise", {}, "GaussNoise", {"std_range": (0.02, 0.1)}, at_least=2),
    _pair(
        "PoissonNoise", {"peak": (25, 2500)}, "ShotNoise", {"scale_range": (1 / 2500, 1 / 25)}, at_least=2,
        note="draws the inverse of the photons evenly, so that it mostly has few of them",
    ),
    _pair("PoissonNoise, few photons", {"peak": (10 / 3, 10)}, "ShotNoise", {"scale_range": (0.1, 0.3)}, at_least=2),
    _alike("ISONoise", at_least=2),
    _pair(
        "SpeckleNoise", {"sigma": (0.115, 0.115)}, "MultiplicativeNoise",
        {"multiplier": (0.8, 1.2), "per_channel": True, "elementwise": True},
        note="factors are uniform, with the standard deviation of ours",
    ),
    _alike("SaltAndPepper"),
    _pair(
        "AddNoise, uniform", {"kind": "uniform", "std": (0.0577, 0.0577)}, "AdditiveNoise",
        {"noise_type": "uniform", "spatial_mode": "per_pixel", "noise_params": {"ranges": [(-0.1, 0.1)] * 3}},
    ),
)  # fmt: skip

_FILTER = (
    _pair("BoxBlur", {"radius": (1, 3)}, "Blur", {"blur_limit": (3, 7)}),
    _pair("GaussianBlur", {"sigma": (0.5, 3)}, "GaussianBlur", {"sigma_limit": (0.5, 3)}),
    _pair("MedianBlur", {"radius": (1, 3)}, "MedianBlur", {"blur_limit": (3, 7)}),
    _pair("MotionBlur", {"length": (3, 7)}, "MotionBlur", {"blur_limit": (3, 7), "allow_shifted": False}),
    _pair("Defocus", {"radius": (3, 10)}, "Defocus", {"radius": (3, 10)}),
    _alike("Sharpen"),
    _pair(
        "UnsharpMask",
        {"sigma": (0.8, 1.5), "threshold": 5 / 255},
        "UnsharpMask",
        {"sigma_limit": (0.8, 1.5), "threshold": 5},
        at_least=2,
        note="its kernel has 3 to 7 taps, whatever sigma",
    ),
    _alike("Emboss"),
    # One quality, not a range: it decides the time, and in a few runs both would not draw the same.
    _pair("Compression", {"quality": (80, 80)}, "ImageCompression", {"quality_range": (80, 80)}),
    _pair(
        "Compression, WebP",
        {"format": "webp", "quality": (80, 80)},
        "ImageCompression",
        {"compression_type": "webp", "quality_range": (80, 80)},
    ),
    _pair(
        "FourierDomainAdaptation",
        {"references": REFERENCES, "beta": (0.0, 0.1)},
        "FDA",
        {},
        targets="references",
    ),
    # Half of them, not a range from 0: theirs stops early where none is painted.
    _pair(
        "Superpixels",
        {"count": (100, 100), "share": (0.5, 0.5)},
        "Superpixels",
        {"p_replace": (0.5, 0.5)},
        note="theirs are found in the image shrunk to 128 pixels, ours in the image itself",
    ),
    _pair("Downscale", {}, "Downscale", {"scale_range": (0.25, 0.5), "interpolation_pair": _BY_AREA}),
)

_ERASE = (
    _alike("Erase", "Erasing"),
    _alike("CoarseDropout"),
    _pair("GridDropout", {}, "GridDropout", {"unit_size_range": (51, 102)}),
    _pair("PixelDropout", {"probability": (0.01, 0.01)}, "PixelDropout", {}),
    _pair("MaskDropout", {}, "MaskDropout", {}, targets="mask"),
)

SINGLES = (*_GEOMETRIC, *_COLOR, *_NOISE, *_FILTER, *_ERASE)

WITHOUT_PEER = frozenset(
    {
        "AugMix", "BilateralBlur", "ColorSpace", "EdgeDetect", "EnhanceLocalStatistics", "FrequencyFilter",
        "HomomorphicLight", "Letterbox", "LocalContrast", "RandAugment", "TrivialAugment",
        "CopyPaste", "CutMix", "FMix", "GridMix", "MixUp", "Mosaic", "RICAP", "ResizeMix", "SamplePairing",
    }
)  # fmt: skip
"""What albumentations 2.0.8 has not, and what mixes samples: `gallery.speed_mix` has that."""
