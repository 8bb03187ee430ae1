"""The corruptions of ImageNet-C: what each does to levels on [0, 1], at each of its five severities.

Formulas and constants are those of the reference code of Hendrycks and Dietterich.  A function takes levels, float32 or
float64 (h, w, c) in [0, 1], the constants of the severity, and what was drawn; it returns new levels, which the caller
cuts off to [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core import elementary, elementary_arrays
from imgproc._core.jit import kernel
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import LUMA_WEIGHTS
from imgproc._neighbours.correlate import correlate
from imgproc._scanline import pixel, run
from imgproc._scanline.operations._counter import first_bits, keys, mixed, start
from imgproc.smooth import gaussian_blur

from .weather._frost import TINT, frost
from .weather._noise import plasma, uniforms

__all__: list[str] = []

Params = dict[str, Any]
Constants = Any
WATER, MUD = (175 / 255, 238 / 255, 238 / 255), (63 / 255, 42 / 255, 20 / 255)


def _grey(levels: np.ndarray) -> np.ndarray:
    """Luma, (h, w, 1)."""
    if levels.shape[2] == 1:
        return levels
    r, g, b = LUMA_WEIGHTS
    return r * levels[..., :1] + g * levels[..., 1:2] + b * levels[..., 2:]


def _color(color: tuple[float, ...], channels: int) -> np.ndarray:
    """A color of an RGB image, or its luma."""
    return np.array(color if channels == 3 else [sum(w * v for w, v in zip(LUMA_WEIGHTS, color))])


# --- noise ------------------------------------------------------------------------------------------------------------


def _gaussian_noise(levels: np.ndarray, scale: Constants, drawn: Params) -> np.ndarray:
    return run(levels, [pixel.gaussian_noise(scale, drawn["stream"])])


def _shot_noise(levels: np.ndarray, photons: Constants, drawn: Params) -> np.ndarray:
    return run(levels, [pixel.poisson_noise(photons, drawn["stream"])])


def _impulse_noise(levels: np.ndarray, amount: Constants, drawn: Params) -> np.ndarray:
    number = uniforms(drawn["stream"], levels.size).reshape(levels.shape)
    return np.where(number < amount, (number < amount / 2).astype(levels.dtype), levels)


def _speckle_noise(levels: np.ndarray, scale: Constants, drawn: Params) -> np.ndarray:
    return run(levels, [pixel.speckle(scale, drawn["stream"])])


# --- blur -------------------------------------------------------------------------------------------------------------


def _smooth(levels: np.ndarray, sigma: float) -> np.ndarray:
    """scikit-image's gaussian: border nearest."""
    return gaussian_blur(levels, sigma=min(sigma, float(max(*levels.shape[:2], 16))), border="replicate")


def _gaussian_blur(levels: np.ndarray, sigma: Constants, drawn: Params) -> np.ndarray:
    return _smooth(levels, sigma)


def disk(radius: int, soft: float) -> np.ndarray:
    """A disc with a rim that is blurred over three or five pixels, float64; it adds up to 1."""
    reach, half = (8, 1) if radius <= 8 else (radius, 2)
    squares = np.square(np.arange(-reach, reach + 1))
    disc = (squares + squares[:, np.newaxis] <= radius * radius).astype(np.float64)
    disc /= disc.sum()
    weights = elementary_arrays.exp(-np.square(np.arange(-half, half + 1.0)) / (2 * soft * soft))
    weights /= weights.sum()
    for _ in range(2):
        padded = np.pad(disc, ((half, half), (0, 0)), mode="reflect")
        disc = np.stack([weights[k] * padded[k : k + len(disc)] for k in range(2 * half + 1)]).sum(axis=0).T
    return disc


def _defocus_blur(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    return correlate(levels, disk(*constants))


def trail(radius: int, sigma: float, angle: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The one-sided blur of ImageMagick's ``-motion-blur``: weights, and the steps along y and x that they stand at."""
    steps = np.arange(2 * radius + 1.0)
    weights = elementary_arrays.exp(-(steps * steps) / (2 * sigma * sigma))
    turn = math.radians(angle)
    down = np.ceil(steps * elementary.sin(turn) - 0.5).astype(np.intp)
    across = np.ceil(steps * elementary.cos(turn) - 0.5).astype(np.intp)
    return weights / weights.sum(), down, across


def _moved(levels: np.ndarray, radius: int, sigma: float, angle: float) -> np.ndarray:
    h, w = levels.shape[:2]
    total = np.zeros_like(levels)
    for weight, dy, dx in zip(*trail(radius, sigma, angle)):
        rows, columns = np.clip(np.arange(h) + dy, 0, h - 1), np.clip(np.arange(w) + dx, 0, w - 1)
        total += levels.dtype.type(weight) * levels[rows][:, columns]
    return total


def _motion_blur(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    radius, sigma = constants
    return _moved(levels, radius, sigma, drawn["angle"])


@kernel
def _shuffle(levels, reach, turns, stream):
    """Each pixel, from the last one on, becomes a neighbour, which may have been changed before."""
    height, width, side = levels.shape[0], levels.shape[1], np.uint32(2 * reach)
    low, half = np.uint32(0xFFFF), np.uint32(16)
    for turn in range(turns):
        k0, k1 = keys(stream, turn)
        for y in range(height - reach, reach, -1):
            for x in range(width - reach, reach, -1):
                bits = first_bits(mixed(start(y * width + x), k0, k1))
                dy = np.int64(np.uint32(np.uint32(bits >> half) * side) >> half) - reach
                dx = np.int64(np.uint32(np.uint32(bits & low) * side) >> half) - reach
                for c in range(levels.shape[2]):
                    levels[y, x, c] = levels[y + dy, x + dx, c]


def _glass_blur(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    sigma, reach, turns = constants
    blurred = np.ascontiguousarray(_smooth(levels, sigma))
    _shuffle(blurred, reach, turns, np.int64(drawn["stream"]))
    return _smooth(blurred, sigma)


def _along(levels: np.ndarray, zoom: float, axis: int) -> np.ndarray:
    """SciPy's linear zoom of the middle of an axis, cut off to the axis again."""
    size = levels.shape[axis]
    part = math.ceil(size / zoom)
    whole = round(part * zoom)
    place = (np.arange(size) + (whole - size) // 2) * ((part - 1) / max(whole - 1, 1))
    low = np.minimum(place.astype(np.intp), part - 1)
    share = (place - low).astype(levels.dtype)
    share = share[:, np.newaxis, np.newaxis] if axis == 0 else share[:, np.newaxis]
    first = (size - part) // 2
    a = levels.take(low + first, axis)
    return a + share * (levels.take(np.minimum(low + 1, part - 1) + first, axis) - a)


def zoomed(levels: np.ndarray, zoom: float) -> np.ndarray:
    """The middle of an image, enlarged to its size."""
    return _along(_along(levels, zoom, 0), zoom, 1)


def _zoom_blur(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    count, step = constants
    total = levels.copy()
    for k in range(count):
        total += zoomed(levels, 1 + k * step)
    return total / (count + 1)


# --- weather ----------------------------------------------------------------------------------------------------------


def _normal(size: tuple[int, int], mean: float, scale: float, stream: int) -> np.ndarray:
    """Normal numbers, float32 (h, w, 1): the same for every dtype of the image."""
    return run(np.zeros((*size, 1), np.float32), [pixel.gaussian_noise(scale, stream, mean=mean)])


def _snow(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    mean, scale, zoom, threshold, radius, sigma, keep = constants
    layer = zoomed(_normal(levels.shape[:2], mean, scale, drawn["stream"]), zoom)
    layer = np.clip(np.where(layer < threshold, 0, layer), 0, 1)
    layer = _moved(layer, radius, sigma, drawn["angle"])
    pale = keep * levels + (1 - keep) * np.maximum(levels, _grey(levels) * 1.5 + 0.5)
    found: np.ndarray = pale + layer + layer[::-1, ::-1]
    return found


def _frost(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    keep, ice = constants
    pane = frost((levels.shape[0], levels.shape[1]), drawn["stream"])[:, :, np.newaxis]
    found: np.ndarray = keep * levels + ice * pane * _color(TINT, levels.shape[2])
    return found


def _fog(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    thickness, decay = constants
    most = levels.max()
    banks = plasma((levels.shape[0], levels.shape[1]), drawn["stream"], 1 / (decay * decay))
    found: np.ndarray = (levels + thickness * banks[:, :, np.newaxis]) * (most / (most + thickness))
    return found


def _spatter(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    mean, scale, sigma, threshold, strength, mud = constants
    liquid = _smooth(_normal(levels.shape[:2], mean, scale, drawn["stream"]), sigma)[..., 0]
    liquid = np.where(liquid < threshold, np.float32(0), liquid)
    channels = levels.shape[2]
    if mud:
        cover = _smooth((liquid > threshold).astype(np.float32), strength)
        cover = np.where(cover < 0.8, 0, cover)[..., np.newaxis]
        splashed: np.ndarray = levels * (1 - cover) + cover * _color(MUD, channels)
        return splashed
    light = _glint(liquid)
    shine: np.ndarray = levels + light[..., np.newaxis] * (strength / max(light.max(), 1e-9)) * _color(WATER, channels)
    return shine


def _glint(liquid: np.ndarray) -> np.ndarray:
    """The light on a liquid layer, from the distance to its outlines, which is taken for its height."""
    cv2 = load_cv2()
    layer = np.clip(liquid * 255, 0, 255).astype(np.uint8)
    apart = cv2.distanceTransform(255 - cv2.Canny(layer, 50, 150), cv2.DIST_L2, 5)
    height = cv2.blur(np.minimum(apart, 20), (3, 3)).astype(np.uint8)
    relief = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)
    lit = cv2.filter2D(cv2.equalizeHist(height), cv2.CV_8U, relief)
    found: np.ndarray = layer.astype(np.float32) * cv2.blur(lit, (3, 3))
    return found


# --- digital ----------------------------------------------------------------------------------------------------------


def _brightness(levels: np.ndarray, shift: Constants, drawn: Params) -> np.ndarray:
    """V of HSV plus a shift; the ratios of R, G and B stay."""
    value = levels.max(axis=2, keepdims=True)
    raised = np.minimum(value + shift, 1)
    return np.where(value > 0, levels * (raised / np.where(value > 0, value, 1)), raised)


def _saturate(levels: np.ndarray, constants: Constants, drawn: Params) -> np.ndarray:
    """S of HSV times a factor plus a shift; what has no hue becomes red, whose hue is 0."""
    factor, shift = constants
    value, least = levels.max(axis=2, keepdims=True), levels.min(axis=2, keepdims=True)
    chroma = value - least
    saturation = chroma / np.where(value > 0, value, 1)
    away = np.where(chroma > 0, (value - levels) / np.where(chroma > 0, chroma, 1), np.array([0, 1, 1], levels.dtype))
    found: np.ndarray = value * (1 - np.clip(saturation * factor + shift, 0, 1) * away)
    return found


def _contrast(levels: np.ndarray, factor: Constants, drawn: Params) -> np.ndarray:
    means = levels.mean(axis=(0, 1), keepdims=True, dtype=np.float64).astype(levels.dtype)
    found: np.ndarray = (levels - means) * factor + means
    return found


def _boxed(levels: np.ndarray, size: int, axis: int) -> np.ndarray:
    """Pillow's BOX filter along an axis: the mean of the pixels whose centres a new pixel holds."""
    scale = levels.shape[axis] / size
    middle, half = (np.arange(size) + 0.5) * scale, max(scale, 1.0) / 2
    first = np.maximum((middle - half + 0.5).astype(np.intp), 0)
    last = np.minimum((middle + half + 0.5).astype(np.intp), levels.shape[axis])
    parts = [levels.take(range(a, b), axis).mean(axis=axis, dtype=levels.dtype) for a, b in zip(first, last)]
    return np.stack(parts, axis=axis)


def _pixelate(levels: np.ndarray, share: Constants, drawn: Params) -> np.ndarray:
    found = levels
    for axis in (1, 0):
        found = _boxed(found, max(int(levels.shape[axis] * share), 1), axis)
    for axis in (1, 0):
        found = _boxed(found, levels.shape[axis], axis)
    return found


Work = Callable[[np.ndarray, Constants, Params], np.ndarray]

CORRUPTIONS: dict[str, tuple[Work | None, tuple[Constants, ...]]] = {
    "gaussian_noise": (_gaussian_noise, (0.08, 0.12, 0.18, 0.26, 0.38)),
    "shot_noise": (_shot_noise, (60.0, 25.0, 12.0, 5.0, 3.0)),
    "impulse_noise": (_impulse_noise, (0.03, 0.06, 0.09, 0.17, 0.27)),
    "defocus_blur": (_defocus_blur, ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))),
    "glass_blur": (_glass_blur, ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2))),
    "motion_blur": (_motion_blur, ((10, 3.0), (15, 5.0), (15, 8.0), (15, 12.0), (20, 15.0))),
    "zoom_blur": (_zoom_blur, ((11, 0.01), (16, 0.01), (11, 0.02), (13, 0.02), (11, 0.03))),
    "snow": (
        _snow,
        (
            (0.1, 0.3, 3.0, 0.5, 10, 4.0, 0.8),
            (0.2, 0.3, 2.0, 0.5, 12, 4.0, 0.7),
            (0.55, 0.3, 4.0, 0.9, 12, 8.0, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8.0, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12.0, 0.55),
        ),
    ),
    "frost": (_frost, ((1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))),
    "fog": (_fog, ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))),
    "brightness": (_brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": (_contrast, (0.4, 0.3, 0.2, 0.1, 0.05)),
    "elastic_transform": (
        None,
        ((488.0, 170.8, 24.4), (488.0, 19.52, 48.8), (12.2, 2.44, 4.88), (17.08, 2.44, 4.88), (29.28, 2.44, 4.88)),
    ),
    "pixelate": (_pixelate, (0.6, 0.5, 0.4, 0.3, 0.25)),
    "jpeg_compression": (None, (25, 18, 15, 10, 7)),
    "speckle_noise": (_speckle_noise, (0.15, 0.2, 0.35, 0.45, 0.6)),
    "gaussian_blur": (_gaussian_blur, (1.0, 2.0, 3.0, 4.0, 6.0)),
    "spatter": (
        _spatter,
        (
            (0.65, 0.3, 4.0, 0.69, 0.6, 0),
            (0.65, 0.3, 3.0, 0.68, 0.6, 0),
            (0.65, 0.3, 2.0, 0.68, 0.5, 0),
            (0.65, 0.3, 1.0, 0.65, 1.5, 1),
            (0.67, 0.4, 1.0, 0.65, 1.5, 1),
        ),
    ),
    "saturate": (_saturate, ((0.3, 0.0), (0.1, 0.0), (2.0, 0.0), (5.0, 0.1), (20.0, 0.2))),
}
"""What each does, and its constants at severities 1 to 5, of the reference code, for images of 224 pixels."""
