"""Light, weather and lenses of albumentations: other pictures of the same things."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from imgproc._core import elementary

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []

Pair = tuple[float, float]


def _within(pair: Pair, low: float, high: float) -> Pair:
    return min(max(pair[0], low), high), min(max(pair[1], low), high)


def _mean_level(read: Reader, name: str, here: str) -> float:
    value = read(name, here)
    numbers = value if isinstance(value, (list, tuple)) else (value,)
    return min(sum(float(v) for v in numbers) / len(numbers) / 255.0, 1.0)


_DROPS = {"drizzle": 0.25, "heavy": 1.0, "torrential": 2.0}
"""Drops for each row of the image; else a third."""


@mapping("RandomRain")
def _rain(read: Reader) -> Transform:
    h, w = read.need_size("drop_length")
    side = min(h, w)
    count = round(_DROPS.get(read("rain_type", "drops"), 1 / 3) * h * side * side / (h * w))
    length = read("drop_length", "length")
    length = max(1, h // 8) if length is None else length
    slant = read.pair("slant_range", "angle")
    angle = tuple(math.degrees(elementary.atan(v / length)) for v in slant) if length else (0.0, 0.0)
    read("blur_value", "near and far drops")
    dimming = min(max(1.0 - float(read("brightness_coefficient", "dimming")), 0.0), 1.0)
    read.differs("drops are near and far, long and short; there all alike, blurred and added to the image")
    return read.make(
        "Rain",
        drops=(count, count),
        length=_within((length / side, length / side), 1e-3, 1.0),
        width=min(max(float(read("drop_width", "width")) / side, 1e-4), 0.1),
        angle=_within((angle[0], angle[1]), -75.0, 75.0),
        level=_mean_level(read, "drop_color", "level"),
        dimming=(dimming, dimming),
    )


@mapping("RandomSnow")
def _snow(read: Reader) -> Transform:
    low, high = read.pair("snow_point_range", "whitening")
    read("brightness_coeff", "level")
    read("method", "flakes")
    read.differs("flakes fall in front of a paler scene; there what is dark is lightened")
    return read.make("Snow", whitening=_within((low, high), 0.0, 1.0))


@mapping("RandomFog")
def _fog(read: Reader) -> Transform:
    density = read.pair("fog_coef_range", "density")
    read("alpha_coef", "density")
    read.differs("banks of fractal noise, and the image stays sharp; there discs in the middle, and all is blurred")
    return read.make("Fog", density=_within(density, 0.0, 1.0))


@mapping("PlasmaShadow")
def _plasma_shadow(read: Reader) -> Transform:
    """Fog that is black is a shadow: each level becomes v (1 - a)."""
    density = read.pair("shadow_intensity_range", "density")
    read("plasma_size", "that of the image")
    read("roughness", "that of the noise here")
    read.differs("the noise is another one, of about the same coarseness")
    return read.make("Fog", density=_within(density, 0.0, 1.0), patchiness=(1.0, 1.0), level=(0.0, 0.0))


@mapping("PlasmaBrightnessContrast")
def _plasma(read: Reader) -> Transform:
    low, high = read.pair("brightness_range", "density")
    contrast = read.pair("contrast_range", "contrast")
    read("plasma_size", "that of the image")
    read("roughness", "that of the noise here")
    read.differs("light is mixed in or taken away by noise, and contrast changes evenly over the image")
    common: dict[str, Any] = {"patchiness": (1.0, 1.0), "p": 1.0}
    bright = read.make("Fog", density=_within((0.0, high), 0.0, 1.0), level=(1.0, 1.0), **common)
    dark = read.make("Fog", density=_within((0.0, -low), 0.0, 1.0), level=(0.0, 0.0), **common)
    light = read.make("OneOf", transforms=[bright, dark], p=1.0) if low < 0 < high else bright if high > 0 else dark
    return read.sequence(light, read.make("BrightnessContrast", brightness=(0.0, 0.0), contrast=contrast, p=1.0))


@mapping("RandomShadow")
def _shadow(read: Reader) -> Transform:
    read.drop_unless("shadow_roi", (0, 0.5, 1, 1), "shadows fall anywhere")
    read("shadow_dimension", "3 to 6 sides")
    read.differs("shadows are convex, have soft rims and fall anywhere; there polygons that cross themselves, below")
    return read.make(
        "Shadow",
        shadows=read.whole("num_shadows_limit", "shadows"),
        strength=_within(read.pair("shadow_intensity_range", "strength"), 0.0, 1.0),
    )


@mapping("RandomSunFlare")
def _sun_flare(read: Reader) -> Transform:
    x0, y0, x1, y1 = (float(v) for v in read("flare_roi", "x, y"))
    radius = float(read("src_radius", "radius")) / min(read.need_size("src_radius"))
    read("angle_range", "the line through the middle")
    read("src_color", "warm light")
    read("method", "light that is added")
    read.differs("ghosts lie on the line from the source through the middle, and light only adds")
    low, high = read.whole("num_flare_circles_range", "ghosts")
    return read.make(
        "SunFlare", x=(x0, x1), y=(y0, y1), radius=_within((radius, radius), 1e-3, 10.0), ghosts=(low, min(high, 64))
    )


@mapping("Spatter")
def _spatter(read: Reader) -> Transform:
    mean, std, sigma, threshold = (
        sum(read.pair(name, here, low=0 if isinstance(read.values[name], (int, float)) else None)) / 2
        for name, here in _SPATTER
    )
    side = min(read.need_size("gauss_sigma"))
    # Noise that is smoothed by sigma has a deviation of std / (3.545 sigma); the logistic curve is near the normal one.
    spread = std / (3.545 * max(sigma, 0.3))
    share = 1.0 / (1.0 + elementary.exp(1.702 * (threshold - mean) / max(spread, 1e-6)))
    read("color", "that of water or mud")
    read.differs("splashes have a slope that is lit, and cover about the same share of the image")
    opacity = _within(read.pair("intensity", "opacity"), 0.0, 1.0)
    return read.make(
        "Spatter",
        kind="water" if read("mode", "kind") == "rain" else "mud",
        amount=(share, share),
        extent=_within((3 * sigma / side, 6 * sigma / side), 1e-3, 1.0),
        opacity=opacity,
    )


_SPATTER = (("mean", "amount"), ("std", "amount"), ("gauss_sigma", "extent"), ("cutout_threshold", "amount"))


@mapping("RandomGravel")
def _gravel(read: Reader) -> Transform:
    x0, y0, x1, y1 = (float(v) for v in read("gravel_roi", "anywhere"))
    h, w = read.need_size("the size of gravel")
    patches = int(read("number_of_patches", "holes"))
    count = min(round(patches * 0.15 * 0.15 * (x1 - x0) * w * (y1 - y0) * h / 100), 4096)
    read.differs("gravel lies anywhere, in colours of noise; there in patches within a region, and hues stay")
    height, width = ((min(2 / side, 1.0), min(6 / side, 1.0)) for side in (h, w))
    return read.make("CoarseDropout", holes=(count, count), height=height, width=width, fill="noise")


@mapping("ChromaticAberration")
def _aberration(read: Reader) -> Transform:
    first = read.pair("primary_distortion_limit", "red, blue")
    second = read.pair("secondary_distortion_limit", "red, blue")
    read("mode", "red and blue are drawn apart")
    read.ignore("interpolation")
    # There a point at r comes from r (1 + k1 r**2 + k2 r**4), with r = 1/2 in the middle of a side.
    low, high = (-(a / 4 + b / 16) for a, b in zip(first, second))
    read.differs("red and blue are a little larger or smaller than green; there they are bent as by a lens")
    scale = _within((min(low, high), max(low, high)), -0.2, 0.2)
    return read.make("ChromaticAberration", red=scale, blue=scale)


@mapping("Illumination")
def _illumination(read: Reader) -> Transform:
    low, high = read.pair("intensity_range", "strength")
    effect, shape = read("effect_type", "the sign of strength"), read("mode", "shape")
    fields: dict[str, Any] = {"shape": shape, "p": 1.0}
    angle, center, sigma = (read.pair(f"{name}_range", name) for name in ("angle", "center", "sigma"))
    if shape == "linear":
        fields["angle"] = -angle[1], -angle[0]  # clockwise there
        if angle[0] != angle[1] or angle[0] % 90:
            read.differs("light goes from -strength to strength at each angle; there only at multiples of 90 degrees")
    elif shape == "gaussian":
        fields |= {"center": center, "sigma": sigma}
        read.differs("the spot lies between pixels, not on one: 1 level of 255, 2 on few pixels")
    elif low != high:
        read.differs("how much darker the other corners are is drawn apart")
    parts = [_gradient(read, (low, high), fields)] if effect != "darken" else []
    parts += [_gradient(read, (-high, -low), fields)] if effect != "brighten" else []
    return read.make("OneOf", transforms=parts) if len(parts) > 1 else dataclasses.replace(parts[0], p=read.p)


def _gradient(read: Reader, strength: Pair, fields: dict[str, Any]) -> Transform:
    """A light; that of a corner leaves the corner as it is there, and darkens all others."""
    if fields["shape"] != "corner":
        return read.make("LightGradient", strength=strength, **fields)
    if max(strength) >= 1:
        raise Missing("an intensity of 1 makes the opposite corner black")
    low, high = (v / (1.0 - v) for v in strength)
    darker = read.make("BrightnessContrast", brightness=(0.0, 0.0), contrast=(-strength[1], -strength[0]), p=1.0)
    light = read.make("LightGradient", strength=(low, high), **fields)
    return read.make("Sequential", transforms=[darker, light], p=1.0)
