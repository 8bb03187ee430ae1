"""Names that albumentations had before version 2: classes and parameters, in those of 2.0.8."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ._defaults import defaults

__all__: list[str] = []

Given = dict[str, Any]

CLASSES = {
    "Cutout": "CoarseDropout",
    "IAAAdditiveGaussianNoise": "GaussNoise",
    "IAAAffine": "Affine",
    "IAACropAndPad": "CropAndPad",
    "IAAEmboss": "Emboss",
    "IAAFliplr": "HorizontalFlip",
    "IAAFlipud": "VerticalFlip",
    "IAAPerspective": "Perspective",
    "IAAPiecewiseAffine": "PiecewiseAffine",
    "IAASharpen": "Sharpen",
    "IAASuperpixels": "Superpixels",
    "JpegCompression": "ImageCompression",
    "RandomBrightness": "RandomBrightnessContrast",
    "RandomContrast": "RandomBrightnessContrast",
}
"""Classes that are gone, and what they are now."""

_EVERYWHERE = {
    "fill": ("value", "fill_value", "cval", "pad_val", "pad_cval", "image_fill_value"),
    "fill_mask": ("mask_value", "mask_fill_value", "cval_mask", "mask_pad_val", "pad_cval_mask"),
    "border_mode": ("mode", "pad_mode"),
}
"""Parameters of 2.0.8 and what many classes called them."""

_BOUNDS = {
    "ImageCompression": {"quality_range": ("quality_lower", "quality_upper")},
    "Downscale": {"scale_range": ("scale_min", "scale_max")},
    "GridDropout": {
        "unit_size_range": ("unit_size_min", "unit_size_max"),
        "holes_number_xy": ("holes_number_x", "holes_number_y"),
        "shift_xy": ("shift_x", "shift_y"),
    },
    "RandomFog": {"fog_coef_range": ("fog_coef_lower", "fog_coef_upper")},
    "RandomRain": {"slant_range": ("slant_lower", "slant_upper")},
    "RandomShadow": {"num_shadows_limit": ("num_shadows_lower", "num_shadows_upper")},
    "RandomSnow": {"snow_point_range": ("snow_point_lower", "snow_point_upper")},
    "RandomSunFlare": {
        "angle_range": ("angle_lower", "angle_upper"),
        "num_flare_circles_range": ("num_flare_circles_lower", "num_flare_circles_upper"),
    },
    "RandomResizedCrop": {"size": ("height", "width")},
    "RandomSizedCrop": {"size": ("height", "width")},
}
"""Pairs that were two parameters each."""


def renamed(name: str, given: Given) -> tuple[str, Given, list[str]]:
    """A class and its parameters under the names of 2.0.8, and which old names were met."""
    new = CLASSES.get(name, name)
    left, said = dict(given), []
    if left.pop("always_apply", False) and "always_apply" in given:
        left["p"] = 1.0
        said.append("always_apply=True is p=1")
    if name in ("RandomBrightness", "RandomContrast"):
        other = "contrast_limit" if name == "RandomBrightness" else "brightness_limit"
        mine = "brightness_limit" if name == "RandomBrightness" else "contrast_limit"
        left = {mine: left.pop("limit", 0.2), other: (0.0, 0.0), **left}
        said.append(f"limit is {mine}")
    known = defaults().get(new, {})
    for now, olds in _EVERYWHERE.items():
        for old in olds:
            if old in left and old not in known and now in known:
                value = left.pop(old)
                left.setdefault(now, 0 if value is None and now == "fill" else value)
                said.append(f"{old} is {now}")
    for now, (low, high) in _BOUNDS.get(new, {}).items():
        if low in left and high in left and now not in left:
            a, b = left.pop(low), left.pop(high)
            left[now] = None if a is None or b is None else (a, b)
            said.append(f"{low}, {high} are {now}")
    if new in _SPECIAL:
        said += _SPECIAL[new](left)
    return new, left, said


def _gauss_noise(left: Given) -> list[str]:
    said = []
    if "var_limit" in left:
        value = left.pop("var_limit")
        low, high = value if isinstance(value, (list, tuple)) else (0.0, value)
        left["std_range"] = (math.sqrt(low) / 255.0, math.sqrt(high) / 255.0)
        said.append("var_limit is std_range, the root over 255")
    for old in ("mean", "loc"):
        if old in left:
            value = left.pop(old)
            left["mean_range"] = (value / 255.0, value / 255.0)
            said.append(f"{old} is mean_range, over 255")
    if "scale" in left:
        value = left.pop("scale")
        low, high = value if isinstance(value, (list, tuple)) else (value, value)
        left["std_range"] = (low / 255.0, high / 255.0)
        said.append("scale is std_range, over 255")
    return said


def _compression(left: Given) -> list[str]:
    if isinstance(left.get("compression_type"), int):
        left["compression_type"] = "webp" if left["compression_type"] == 1 else "jpeg"
    return []


def _downscale(left: Given) -> list[str]:
    if "interpolation" not in left:
        return []
    value = left.pop("interpolation")
    both = value if isinstance(value, dict) else {"downscale": value, "upscale": value}
    left.setdefault("interpolation_pair", both)
    return ["interpolation is interpolation_pair"]


def _coarse_dropout(left: Given) -> list[str]:
    said = []
    names = (
        ("num_holes_range", "min_holes", ("max_holes", "num_holes")),
        ("hole_height_range", "min_height", ("max_height", "max_h_size")),
        ("hole_width_range", "min_width", ("max_width", "max_w_size")),
    )
    for now, low, highs in names:
        for high in highs:
            if high in left:
                most = left.pop(high)
                least = left.pop(low, None)
                left.setdefault(now, (most if least is None else least, most))
                said.append(f"{low}, {high} are {now}")
    return said


def _solarize(left: Given) -> list[str]:
    if "threshold" not in left:
        return []
    value = left.pop("threshold")
    low, high = value if isinstance(value, (list, tuple)) else (value, value)
    unit = 255.0 if max(low, high) > 1 else 1.0
    left["threshold_range"] = (low / unit, high / unit)
    return ["threshold is threshold_range, over 255"]


def _near_box(left: Given) -> list[str]:
    if "cropping_box_key" in left:
        left.setdefault("cropping_bbox_key", left.pop("cropping_box_key"))
    return []


_SPECIAL: dict[str, Callable[[Given], list[str]]] = {
    "CoarseDropout": _coarse_dropout,
    "Downscale": _downscale,
    "GaussNoise": _gauss_noise,
    "ImageCompression": _compression,
    "RandomCropNearBBox": _near_box,
    "Solarize": _solarize,
}
