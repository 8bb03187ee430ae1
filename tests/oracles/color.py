"""Slow oracles of colour, test images, and draws for transforms outside a chain."""

from __future__ import annotations

import colorsys
from typing import Any

import numpy as np

from augment._chain.keys import Draws, address, draw_block
from augment._chain.transform import Frame, Transform
from imgproc._inventory import example_image
from imgproc._scanline import Stage, run

LUMA = np.array([0.299, 0.587, 0.114])


def draws(key: int = 0, name: str = "test") -> Draws:
    """Draws addressed by a key."""
    keys = np.array([[key]], np.uint64)
    place = address(name, 0)
    values = draw_block(keys, 0, np.array([place], np.uint64), 0, 4)[0, 0].tolist()
    return Draws(values, keys, 0, place)


def frame_of(image: np.ndarray) -> Frame:
    channels = 1 if image.ndim == 2 else image.shape[2]
    return Frame(image.shape[0], image.shape[1], channels, image.dtype)


def stages_of(transform: Transform, image: np.ndarray, key: int = 0) -> list[Stage]:
    frame = frame_of(image)
    return transform.lower(transform.draw(draws(key), frame), frame)


def applied(transform: Transform, image: np.ndarray, key: int = 0, **options: Any) -> np.ndarray:
    return run(image, stages_of(transform, image, key), **options)


def with_params(transform: Transform, image: np.ndarray, **params: Any) -> np.ndarray:
    return run(image, transform.lower(params, frame_of(image)))


# --- torchvision's functions, as its documentation defines them -------------------------------------------------------


def saturated(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Rounded half to even and saturated for integers."""
    if np.dtype(dtype).kind == "u":
        values = np.clip(np.rint(values), 0, np.iinfo(dtype).max)
    return values.astype(dtype)


def brightness(image: np.ndarray, factor: float) -> np.ndarray:
    return saturated(image.astype(np.float64) * factor, image.dtype)


def contrast(image: np.ndarray, factor: float) -> np.ndarray:
    mean = image.mean() if image.ndim == 2 else (image.astype(np.float64) @ LUMA).mean()
    return saturated(image * factor + mean * (1.0 - factor), image.dtype)


def saturation(image: np.ndarray, factor: float) -> np.ndarray:
    grey = (image.astype(np.float64) @ LUMA)[..., np.newaxis]
    return saturated(image * factor + grey * (1.0 - factor), image.dtype)


def shifted_hsv(image: np.ndarray, hue: float = 0.0, saturation: float = 0.0, value: float = 0.0) -> np.ndarray:
    """Pixel by pixel; hue in turns, the others added on the scale [0, 1]; greys keep their saturation of 0."""
    top = np.iinfo(image.dtype).max if image.dtype.kind == "u" else 1.0
    out = np.empty(image.shape)
    for index in np.ndindex(image.shape[:2]):
        h, s, v = colorsys.rgb_to_hsv(*(image[index].astype(float) / top))
        s = min(max(s + saturation, 0.0), 1.0) if s > 0 else 0.0
        out[index] = np.multiply(colorsys.hsv_to_rgb((h + hue) % 1.0, s, v + value), top)
    return saturated(out, image.dtype)


def adjust_hue(image: np.ndarray, hue: float) -> np.ndarray:
    return shifted_hsv(image, hue)


def sharpness(image: np.ndarray, factor: float) -> np.ndarray:
    """Pillow's ImageEnhance.Sharpness: blend with the smoothed image, whose edge is the image's."""
    smooth = image.astype(np.float64)
    weights = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    h, w = image.shape[:2]
    total = sum(weights[i, j] * smooth[i : h - 2 + i, j : w - 2 + j] for i in range(3) for j in range(3))
    smooth[1:-1, 1:-1] = total
    return saturated(image * factor + smooth * (1.0 - factor), image.dtype)


# --- images -----------------------------------------------------------------------------------------------------------

SIZE = (24, 37)
REFERENCE = example_image(np.uint8, (19, 23), 3, step=29)


def photo(dtype: Any = np.uint8, size: tuple[int, int] = SIZE, channels: int = 3) -> np.ndarray:
    """Smooth, coloured, with greys, black and white, and not over the full range in each channel."""
    y, x = np.mgrid[: size[0], : size[1]] / np.array(size).reshape(2, 1, 1)
    planes = [0.1 + 0.8 * x, 0.5 + 0.4 * np.sin(7 * y + 3 * x), 0.15 + 0.6 * y * x][:channels]
    image = np.stack(planes, axis=-1)
    image[:2, :4], image[-2:, :4], image[4:7, 4:9] = 0.0, 1.0, 0.4
    if np.dtype(dtype).kind == "f":
        return image.astype(dtype)
    return np.rint(image * np.iinfo(dtype).max).astype(dtype)


def grey(dtype: Any = np.uint8) -> np.ndarray:
    return np.ascontiguousarray(photo(dtype)[..., 1])


def top(image: np.ndarray) -> float:
    return float(np.iinfo(image.dtype).max) if image.dtype.kind == "u" else 1.0


def assert_near(result: np.ndarray, expected: np.ndarray, levels: float = 0.0, eps: float = 2e-6) -> None:
    """Within so many levels of an integer image, or within rounding of a float image."""
    assert result.shape == expected.shape
    assert result.dtype == expected.dtype
    tolerance = levels if result.dtype.kind == "u" else eps
    np.testing.assert_allclose(result.astype(float), expected.astype(float), rtol=0, atol=tolerance)
