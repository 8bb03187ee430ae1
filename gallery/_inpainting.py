"""Holes, scores inside them, and the peers, for the page and the speed table of inpainting."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import cv2
import numpy as np

import imgproc

MARGIN = 8
"""Pixels around the hole that the structural similarity sees."""

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


def ellipse(shape: tuple[int, ...]) -> np.ndarray:
    """10 % of a square image, as on the astronaut 512x512: centre (300, 300), axes 110 and 76, turned by 20 degrees."""
    h, w = shape[:2]
    y, x = np.indices((h, w)) * 512.0 / np.array([h, w])[:, None, None]
    cos, sin = np.cos(np.deg2rad(20)), np.sin(np.deg2rad(20))
    u, v = x - 300, y - 300
    return ((u * cos + v * sin) / 110) ** 2 + ((v * cos - u * sin) / 76) ** 2 <= 1


def rectangle(shape: tuple[int, ...]) -> np.ndarray:
    """4 % in the upper left."""
    h, w = shape[:2]
    mask = np.zeros((h, w), bool)
    mask[round(0.2 * h) : round(0.4 * h), round(0.25 * w) : round(0.45 * w)] = True
    return mask


def blobs(shape: tuple[int, ...]) -> np.ndarray:
    """12 % in irregular pieces."""
    noise = np.random.default_rng(4).standard_normal(shape[:2])
    smooth = cv2.GaussianBlur(noise, (0, 0), min(shape[:2]) / 16)
    return smooth > np.quantile(smooth, 0.88)


def border(shape: tuple[int, ...]) -> np.ndarray:
    """A corner and a strip at the opposite side."""
    h, w = shape[:2]
    mask = np.zeros((h, w), bool)
    mask[: round(0.22 * h), : round(0.2 * w)] = True
    mask[round(0.5 * h) : round(0.8 * h), round(0.88 * w) :] = True
    return mask


def scratches(shape: tuple[int, ...]) -> np.ndarray:
    """Lines three pixels wide."""
    h, w = shape[:2]
    mask = np.zeros((h, w), np.uint8)
    rng = np.random.default_rng(9)
    for _ in range(7):
        x0, y0, x1, y1 = (int(v) for v in rng.random(4) * (w, h, w, h))
        cv2.line(mask, (x0, y0), (x1, y1), 1, 3)
    return mask > 0


HOLES = {"ellipse": ellipse, "rectangle": rectangle, "blobs": blobs, "border": border}


def ssim(truth: np.ndarray, result: np.ndarray, mask: np.ndarray) -> float:
    """Mean structural similarity in the hole and `MARGIN` around it, of luma."""
    grey = (imgproc.rgb_to_gray(image) if image.ndim == 3 else image for image in (result, truth))
    whole = imgproc.ssim_map(*grey)
    wide = cv2.dilate(mask.astype(np.uint8), np.ones((2 * MARGIN + 1, 2 * MARGIN + 1), np.uint8)) > 0
    return float(whole[wide].mean())


def texture_error(truth: np.ndarray, result: np.ndarray, mask: np.ndarray) -> float:
    """How much the texture in the hole differs, wherever its details lie; 0 is alike.

    The earth mover's distance between the histograms of gradient magnitude over the mean of the true ones, and the mean
    difference of the logarithms (base 10) of the radial power spectra of the hole's bounding box.
    """
    ours, theirs = _luma(result), _luma(truth)
    a, b = (np.sort(_gradient(image)[mask]) for image in (ours, theirs))
    histograms = np.abs(a - b).mean() / max(b.mean(), 1.0)
    spectra = np.abs(_radial(ours, mask) - _radial(theirs, mask)).mean()
    return float(histograms + spectra)


def _luma(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float64) if image.ndim == 2 else image @ np.array([0.299, 0.587, 0.114])


def _gradient(luma: np.ndarray) -> np.ndarray:
    gy, gx = np.gradient(luma)
    return np.hypot(gx, gy)


def _radial(luma: np.ndarray, mask: np.ndarray) -> np.ndarray:
    y, x = np.nonzero(mask)
    box = luma[y.min() : y.max() + 1, x.min() : x.max() + 1]
    window = np.outer(np.hanning(box.shape[0] + 2)[1:-1], np.hanning(box.shape[1] + 2)[1:-1])
    power = np.abs(np.fft.fft2((box - box.mean()) * window)) ** 2
    fy, fx = np.fft.fftfreq(box.shape[0])[:, None], np.fft.fftfreq(box.shape[1])[None, :]
    ring = np.minimum((np.hypot(fy, fx) * 32).astype(int), 15).ravel()
    total, count = np.bincount(ring, power.ravel(), 16), np.bincount(ring, minlength=16)
    return np.log10((total / np.maximum(count, 1) + box.size)[count > 0])  # the noise of one level


def gmic(image: np.ndarray, mask: np.ndarray, arguments: str = "11,22,0.5") -> np.ndarray:
    """G'MIC's inpaint; `arguments` are patch size, window and its factor, the given ones its own."""
    import gmic

    planes = image if image.ndim == 3 else image[..., None]
    given = [gmic.Image.from_yxc(array.astype(np.float32)) for array in (planes, mask[..., None])]
    (filled,) = gmic.run(f"inpaint[0] [1],{arguments} remove[1]", given)
    values = np.clip(np.rint(filled.to_numpy()[:, :, 0].swapaxes(0, 1)), 0, 255)
    return values.astype(np.uint8).reshape(image.shape)


def patchmatch(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """PyPatchMatch, patches of 7 pixels."""
    import patchmatch

    rgb = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    found = patchmatch.inpaint(np.ascontiguousarray(rgb), mask.astype(np.uint8) * np.uint8(255), patch_size=3)
    return found if image.ndim == 3 else found[..., 0]


def telea(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """OpenCV's fast marching."""
    return cv2.inpaint(image, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA)


def navier_stokes(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """OpenCV's Navier-Stokes."""
    return cv2.inpaint(image, mask.astype(np.uint8), 3, cv2.INPAINT_NS)


def peers() -> dict[str, Fill]:
    """Those that are installed, by name."""
    found: dict[str, Fill] = {}
    if importlib.util.find_spec("gmic"):
        found["G'MIC"] = gmic
    if importlib.util.find_spec("patchmatch"):
        found["PyPatchMatch"] = patchmatch
    return {**found, "Telea": telea, "Navier–Stokes": navier_stokes}
