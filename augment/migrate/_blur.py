"""Blur, sharpening and loss of quality of albumentations."""

from __future__ import annotations

import math
from typing import Any

from imgproc._neighbours.gaussian import gaussian

from .._chain.transform import Transform
from ._reader import INTERPOLATIONS, LANCZOS, Reader, mapping

__all__: list[str] = []


@mapping("Blur")
def _box(read: Reader) -> Transform:
    return read.make("BoxBlur", radius=read.radius("blur_limit"))


@mapping("MedianBlur")
def _median(read: Reader) -> Transform:
    return read.make("MedianBlur", radius=read.radius("blur_limit"))


def _sigma_of(side: int) -> float:
    """What OpenCV takes for sigma 0: from the side of the window."""
    return 0.3 * ((side - 1) * 0.5 - 1) + 0.8


@mapping("GaussianBlur")
def _gaussian(read: Reader) -> Transform:
    least, most = read.whole("blur_limit", "sigma", low=0)
    low, high = read.pair("sigma_limit", "sigma", low=0)
    if high == 0:
        low, high = (_sigma_of(max(side | 1, 3)) for side in (least, most))
        read.differs("sigma is drawn, not the side of the window: of windows of 3 to 7 pixels a level or two of 255")
    elif most > 0:
        read.mapped["blur_limit"] = "sigma, that of the cut window"
        read.differs("windows are not cut; sigma is that of the cut ones: 1 to 3 levels of 255 on average")
        low, high = cut_sigma(low, least | 1), cut_sigma(high, most | 1)
        low, high = min(low, high), max(low, high)
    else:
        read.note("the window ends at 4 sigma, there at 3.5: a level of 255")
    return read.make("GaussianBlur", sigma=(max(low, 1e-3), max(high, 1e-3)))


def cut_sigma(sigma: float, side: int) -> float:
    """The standard deviation of a Gaussian window of so many pixels."""
    if sigma <= 0 or side < 3:
        return sigma
    half = [gaussian(k, sigma) for k in range(side // 2 + 1)]
    return math.sqrt(2.0 * sum(k * k * weight for k, weight in enumerate(half)) / (2.0 * sum(half) - half[0]))


@mapping("AdvancedBlur")
def _advanced(read: Reader) -> Transform:
    x, y = read.pair("sigma_x_limit", "sigma", low=0), read.pair("sigma_y_limit", "sigma", low=0)
    read.ignore("blur_limit", "rotate_limit", "beta_limit", "noise_limit")
    read.differs("a round Gaussian blur; there the kernel is an ellipse at an angle, with noise in it")
    low, high = max((x[0] + y[0]) / 2, 1e-3), max((x[1] + y[1]) / 2, 1e-3)
    return read.make("GaussianBlur", sigma=(low, high))


@mapping("MotionBlur")
def _motion(read: Reader) -> Transform:
    low, high = (2.0 * r + 1.0 for r in read.radius("blur_limit", "length"))
    angle = read.pair("angle_range", "angle, with the other sign")
    if read("allow_shifted", "never"):
        read.drop("allow_shifted", "objects stay where they are")
    direction = read.pair("direction_range", "both sides alike")
    if direction != (0.0, 0.0):
        read.drop("direction_range", "the line goes to both sides of a pixel: shifted by at most half of its length")
    read.differs("the line is smooth, there a row of whole pixels: 1 to 3 levels of 255 on average")
    return read.make("MotionBlur", length=(low, high), angle=(-angle[1], -angle[0]))


@mapping("Defocus")
def _defocus(read: Reader) -> Transform:
    low, high = read.pair("radius", "radius", low=1)
    read("alias_blur", "the rim falls off over one pixel")
    read.differs(
        "the rim of the disc falls off over a pixel, there by alias_blur: a third of a level of 255 on "
        "average; radii between whole numbers, too"
    )
    return read.make("Defocus", radius=(low, high))


@mapping("GlassBlur")
def _glass(read: Reader) -> Transform:
    side = min(read.need_size("sigma"))
    sigma = min(max(float(read("sigma", "sigma")) / side, 1e-6), 0.1)
    distance = min(float(read("max_delta", "distance")) / side, 0.1)
    read("mode", "each pixel becomes a neighbour")
    read.differs("each pixel becomes one of its neighbours, there pairs change places one after the other")
    iterations = min(int(read("iterations", "iterations")), 16)
    return read.make("GlassBlur", sigma=(sigma, sigma), distance=(distance, distance), iterations=iterations)


@mapping("ZoomBlur")
def _zoom(read: Reader) -> Transform:
    low, high = read.pair("max_factor", "factor", low=1)
    read("step_factor", "close enough")
    read.differs("views are at most 3 pixels apart; there step_factor apart, and the image itself counts twice")
    return read.make("ZoomBlur", factor=(max(low, 1.0), min(high, 4.0)))


@mapping("RingingOvershoot")
def _ringing(read: Reader) -> Transform:
    low, high = read.pair("cutoff", "cutoff")
    return read.make("Ringing", radius=read.radius("blur_limit"), cutoff=(low, high))


@mapping("Sharpen")
def _sharpen(read: Reader) -> Transform:
    low, high = read.pair("alpha", "strength")
    if read("method", "the Laplacian") == "gaussian":
        sigma = max(float(read("sigma", "sigma")), 1e-3)
        read.ignore("kernel_size", "lightness")
        read.differs("differences of bytes wrap around there, which is a fault: of float images a level of 255")
        return read.make("UnsharpMask", sigma=(sigma, sigma), amount=(low, high), threshold=0.0)
    read.ignore("kernel_size", "sigma")
    dark, light = read.pair("lightness", "contrast of a BrightnessContrast before it")
    if dark == light == 1.0:
        return read.make("Sharpen", strength=(low, high))
    # Their kernel adds up to 1 - alpha (1 - lightness): levels are multiplied by that, and sharpened all the more.
    least, most = sorted(1.0 - alpha * (1.0 - lightness) for alpha, lightness in ((high, dark), (low, light)))
    factor = (least + most) / 2
    read.differs(
        "the factor of the levels, 1 - alpha (1 - lightness), is drawn apart from alpha, and levels are rounded "
        "before they are sharpened: 1 level of 255 on average"
    )
    return read.sequence(
        read.make("BrightnessContrast", brightness=(0.0, 0.0), contrast=(least - 1.0, most - 1.0), p=1.0),
        read.make("Sharpen", strength=(low / factor, high / factor), p=1.0),
    )


@mapping("UnsharpMask")
def _unsharp(read: Reader) -> Transform:
    low, high = read.pair("sigma_limit", "sigma", low=0)
    least, most = read.radius("blur_limit", "sigma")
    if high == 0:
        low, high = _sigma_of(2 * least + 1), _sigma_of(2 * most + 1)
    read.differs(
        "the blur ends at 4 sigma, not at blur_limit, and what is sharpened has no soft rim: a level of 255 on average"
    )
    return read.make(
        "UnsharpMask",
        sigma=(max(low, 1e-3), max(high, 1e-3)),
        amount=read.pair("alpha", "amount"),
        threshold=float(read("threshold", "threshold, of 255")) / 255.0,
    )


@mapping("Emboss")
def _emboss(read: Reader) -> Transform:
    return read.make("Emboss", alpha=read.pair("alpha", "alpha"), strength=read.pair("strength", "strength"))


@mapping("Superpixels")
def _superpixels(read: Reader) -> Transform:
    share, count = read.pair("p_replace", "share", low=0), read.whole("n_segments", "count", low=1)
    if read.values["n_segments"] == count[1]:
        count = count[1], count[1]
    read("max_size", "never shrunk")
    read.ignore("interpolation")
    read.differs("superpixels follow the edges of the image itself, which is not shrunk to max_size and enlarged again")
    return read.make("Superpixels", count=count, share=share)


@mapping("ImageCompression")
def _compression(read: Reader) -> Transform:
    low, high = read.whole("quality_range", "quality")
    kind = read("compression_type", "format")
    read.differs(
        "RGB is compressed as RGB; there it is taken for BGR, so that blue is kept better than red: 2 to 4 levels of "
        "255 "
        "on average at quality 60; grey images are equal"
    )
    return read.make("Compression", quality=(max(low, 1), high), format=kind)


@mapping("Downscale")
def _downscale(read: Reader) -> Transform:
    pair: dict[str, Any] = read("interpolation_pair", "shrink, enlarge")
    for name in ("downscale", "upscale"):
        if pair.get(name) == LANCZOS:
            read.differs("Lanczos is bicubic here")
        if pair.get(name) == 0:
            read.differs("INTER_NEAREST takes the upper left pixel, the one in the middle is taken here")
    return read.make(
        "Downscale",
        scale=read.pair("scale_range", "scale"),
        shrink=INTERPOLATIONS[pair["downscale"]],
        enlarge=INTERPOLATIONS[pair["upscale"]],
    )
