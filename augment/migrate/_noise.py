"""Noise of albumentations: the same law, from other random numbers."""

from __future__ import annotations

import math
from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader, mapping

__all__: list[str] = []


@mapping("GaussNoise")
def _gauss(read: Reader) -> Transform:
    read.ignore("noise_scale_factor")
    if read.values["noise_scale_factor"] != 1:
        read.differs("noise has the grain of a pixel, not of a coarser grid")
    return read.make(
        "GaussianNoise",
        sigma=read.pair("std_range", "sigma"),
        mean=read.pair("mean_range", "mean"),
        per_channel=bool(read("per_channel", "per_channel")),
    )


@mapping("ISONoise")
def _iso(read: Reader) -> Transform:
    read.differs(
        "light wavers to both sides here; there its noise is Poisson's, which only brightens: by 7 levels of 255 on "
        "average at intensity 0.5, with twice the deviation, by 0.3 at 0.1, with the same"
    )
    return read.make("ISONoise", color=read.pair("color_shift", "color"), intensity=read.pair("intensity", "intensity"))


@mapping("ShotNoise")
def _shot(read: Reader) -> Transform:
    low, high = read.pair("scale_range", "peak, 1 / scale")
    if low <= 0:
        raise Missing(f"scale_range must be above 0, got {low}")
    read.differs(
        "photons are counted in the levels themselves, there in linear light (power 2.2): shadows have more noise "
        "here, and 1 / scale is drawn evenly in its logarithm"
    )
    return read.make("PoissonNoise", peak=(1.0 / high, 1.0 / low))


@mapping("SaltAndPepper")
def _salt(read: Reader) -> Transform:
    return read.make("SaltAndPepper", amount=read.pair("amount", "amount"), salt=read.pair("salt_vs_pepper", "salt"))


@mapping("MultiplicativeNoise")
def _multiplicative(read: Reader) -> Transform:
    value = read("multiplier", "sigma" if read.values["elementwise"] else "contrast")
    low, high = (value, value) if isinstance(value, (int, float)) else (float(value[0]), float(value[1]))
    each, channels = read("elementwise", ""), bool(read("per_channel", "per_channel"))
    if each:
        sigma = (high - low) / math.sqrt(12.0)
        read.differs("factors are normal, there uniform, with the same deviation, and their mean is 1")
        return read.make("SpeckleNoise", sigma=(sigma, sigma), per_channel=channels)
    if channels:
        read.drop("per_channel", "one factor for all channels")
    return read.make("BrightnessContrast", brightness=(0.0, 0.0), contrast=(low - 1.0, high - 1.0))


@mapping("AdditiveNoise")
def _additive(read: Reader) -> Transform:
    kind, where = read("noise_type", "kind"), read("spatial_mode", "per_channel")
    params: dict[str, Any] = read("noise_params", "std, mean") or _ADDITIVE[kind]
    read.ignore("approximation")
    if read.values["approximation"] != 1.0:
        read.differs("noise has the grain of a pixel, not of a coarser grid")
    if where == "constant":
        if kind != "uniform":
            read.differs("one shift a channel is drawn evenly, within two deviations")
        return read.make("RGBShift", **_shifts(kind, params))
    fields = {"per_channel": where == "per_pixel"}
    if kind == "gaussian":
        mean, std = tuple(params["mean_range"]), tuple(params["std_range"])
        return read.make("GaussianNoise", sigma=std, mean=mean, **fields)
    if kind == "uniform":
        low, high = params["ranges"][0]
        spread, mean = (high - low) / math.sqrt(12.0), (low + high) / 2
        return read.make("AddNoise", kind="uniform", std=(spread, spread), mean=(mean, mean), **fields)
    read.differs(f"normal noise of the same deviation, there of the law {kind!r}")
    if kind == "laplace":
        std = tuple(math.sqrt(2.0) * v for v in params["scale_range"])
        return read.make("GaussianNoise", sigma=std, mean=tuple(params["mean_range"]), **fields)
    a, b = (sum(params[name]) / 2 for name in ("alpha_range", "beta_range"))
    deviation = 2 * math.sqrt(a * b / ((a + b) * (a + b) * (a + b + 1))) if a + b > 0 else 0.0
    scale = tuple(params["scale_range"])
    mean = tuple((2 * a / (a + b) - 1) * s for s in scale) if a + b > 0 else (0.0, 0.0)
    return read.make("GaussianNoise", sigma=tuple(deviation * s for s in scale), mean=tuple(sorted(mean)), **fields)


_ADDITIVE: dict[str, dict[str, Any]] = {
    "uniform": {"ranges": [(-0.1, 0.1)]},
    "gaussian": {"mean_range": (0.0, 0.0), "std_range": (0.05, 0.15)},
    "laplace": {"mean_range": (0.0, 0.0), "scale_range": (0.05, 0.15)},
    "beta": {"alpha_range": (0.5, 1.5), "beta_range": (0.5, 1.5), "scale_range": (0.1, 0.3)},
}
"""What albumentations takes where noise_params is not given."""


def _shifts(kind: str, params: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Ranges of the shifts of R, G and B."""
    if kind == "uniform":
        ranges = [tuple(r) for r in params["ranges"]]
        ranges = ranges * 3 if len(ranges) == 1 else ranges
        return dict(zip(("red", "green", "blue"), ranges))
    low, high = params.get("mean_range", (0.0, 0.0))
    spread = 2 * max(params.get("std_range", params.get("scale_range", (0.0, 0.1))))
    return dict.fromkeys(("red", "green", "blue"), (low - spread, high + spread))
