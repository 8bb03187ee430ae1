"""The corruptions of ImageNet-C as their reference code has them, with the libraries that it calls, for given noise.

Levels are float64 (h, h, 3) in [0, 1].  What the reference rounds to 8 bits in between stays as it is.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from scipy import ndimage
from skimage import color, filters

from augment._corrupted import _normal as normal_numbers
from augment.weather._frost import TINT, frost
from imgproc._scanline.operations._counter import first_bits, keys, mixed, start
from oracles.weather import numbers_of, plasma

TINTED = np.array(TINT)


def smooth(levels: np.ndarray, sigma: float) -> np.ndarray:
    return filters.gaussian(levels, sigma=sigma, channel_axis=-1 if levels.ndim == 3 else None)


def clipped_zoom(levels: np.ndarray, zoom: float) -> np.ndarray:
    h = levels.shape[0]
    part = math.ceil(h / zoom)
    top = (h - part) // 2
    large = ndimage.zoom(levels[top : top + part, top : top + part], (zoom, zoom, 1), order=1)
    trim = (large.shape[0] - h) // 2
    return large[trim : trim + h, trim : trim + h]


def motion(levels: np.ndarray, radius: int, sigma: float, angle: float) -> np.ndarray:
    """ImageMagick's MotionBlurImage; the border is that of the edge."""
    width = 2 * radius + 1
    kernel = [math.exp(-i * i / (2 * sigma * sigma)) for i in range(width)]
    point = width * math.sin(math.radians(angle)), width * math.cos(math.radians(angle))
    h, w = levels.shape[:2]
    y, x = np.mgrid[:h, :w]
    total = np.zeros_like(levels)
    for i, weight in enumerate(kernel):
        dx = math.ceil(i * point[1] / math.hypot(*point) - 0.5)
        dy = math.ceil(i * point[0] / math.hypot(*point) - 0.5)
        total += weight / sum(kernel) * levels[np.clip(y + dy, 0, h - 1), np.clip(x + dx, 0, w - 1)]
    return total


def disk(radius: int, soft: float) -> np.ndarray:
    reach, size = (8, (3, 3)) if radius <= 8 else (radius, (5, 5))
    x, y = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    disc = np.array((x**2 + y**2) <= radius**2, dtype=np.float64)
    return cv2.GaussianBlur(disc / disc.sum(), ksize=size, sigmaX=soft)


def defocus_blur(levels: np.ndarray, radius: int, soft: float) -> np.ndarray:
    return cv2.filter2D(levels, -1, disk(radius, soft))


def glass_blur(levels: np.ndarray, stream: int, sigma: float, reach: int, turns: int) -> np.ndarray:
    found = smooth(levels, sigma)
    h, w = found.shape[:2]
    for turn in range(turns):
        k0, k1 = keys(stream, turn)
        for y in range(h - reach, reach, -1):
            for x in range(w - reach, reach, -1):
                bits = int(first_bits(mixed(start(y * w + x), k0, k1)))
                dy, dx = ((half * 2 * reach >> 16) - reach for half in (bits >> 16, bits & 0xFFFF))
                found[y, x] = found[y + dy, x + dx]
    return smooth(found, sigma)


def zoom_blur(levels: np.ndarray, zooms: np.ndarray) -> np.ndarray:
    return (levels + sum(clipped_zoom(levels, z) for z in zooms)) / (len(zooms) + 1)


def fog(levels: np.ndarray, stream: int, thickness: float, decay: float) -> np.ndarray:
    size = 1 << (levels.shape[0] - 1).bit_length()
    banks = plasma(size, numbers_of(stream, (size, size)), 1 / decay**2)[: levels.shape[0], : levels.shape[1]]
    most = levels.max()
    return (levels + thickness * banks[..., None]) * most / (most + thickness)


def frosted(levels: np.ndarray, stream: int, keep: float, ice: float) -> np.ndarray:
    return keep * levels + ice * frost(levels.shape[:2], stream)[..., None] * TINTED


def snow(levels: np.ndarray, stream: int, angle: float, c: tuple[float, ...]) -> np.ndarray:
    layer = clipped_zoom(normal_numbers(levels.shape[:2], c[0], c[1], stream).astype(np.float64), c[2])
    layer[layer < c[3]] = 0
    layer = motion(np.clip(layer, 0, 1), int(c[4]), c[5], angle)
    grey = cv2.cvtColor(levels.astype(np.float32), cv2.COLOR_RGB2GRAY)[..., None]
    return c[6] * levels + (1 - c[6]) * np.maximum(levels, grey * 1.5 + 0.5) + layer + np.rot90(layer, k=2)


def brightness(levels: np.ndarray, shift: float) -> np.ndarray:
    hsv = color.rgb2hsv(levels)
    hsv[..., 2] = np.clip(hsv[..., 2] + shift, 0, 1)
    return color.hsv2rgb(hsv)


def saturate(levels: np.ndarray, factor: float, shift: float) -> np.ndarray:
    hsv = color.rgb2hsv(levels)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor + shift, 0, 1)
    return color.hsv2rgb(hsv)


def contrast(levels: np.ndarray, factor: float) -> np.ndarray:
    means = np.mean(levels, axis=(0, 1), keepdims=True)
    return (levels - means) * factor + means


def spatter(levels: np.ndarray, stream: int, c: tuple[float, ...]) -> np.ndarray:
    liquid = smooth(normal_numbers(levels.shape[:2], c[0], c[1], stream)[..., 0], c[2])
    liquid[liquid < c[3]] = 0
    if c[5]:
        m = smooth((liquid > c[3]).astype(np.float32), c[4])
        m[m < 0.8] = 0
        return levels * (1 - m[..., None]) + m[..., None] * np.array([63, 42, 20]) / 255
    layer = (liquid * 255).astype(np.uint8)
    dist = cv2.distanceTransform(255 - cv2.Canny(layer, 50, 150), cv2.DIST_L2, 5)
    _, dist = cv2.threshold(dist, 20, 20, cv2.THRESH_TRUNC)
    dist = cv2.equalizeHist(cv2.blur(dist, (3, 3)).astype(np.uint8))
    dist = cv2.filter2D(dist, cv2.CV_8U, np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]))
    m = layer * cv2.blur(dist, (3, 3)).astype(np.float32)
    return levels + (m / m.max() * c[4])[..., None] * np.array([175, 238, 238]) / 255
