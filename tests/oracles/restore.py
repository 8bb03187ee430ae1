"""Slow oracles for `imgproc.restore`: sums and full spectra from the definitions, in float64."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

MODES = {"reflect": "reflect", "reflect_101": "mirror", "replicate": "nearest", "wrap": "wrap", "constant": "constant"}


def blurred(image: np.ndarray, psf: np.ndarray, border: str = "reflect", fill: float = 0.0) -> np.ndarray:
    """By direct convolution, in the image's own levels."""
    if image.ndim == 3:
        return np.dstack([blurred(image[:, :, c], psf, border, fill) for c in range(image.shape[2])])
    mode = {"wrap": "grid-wrap"}.get(border, MODES[border])
    return ndimage.convolve(image.astype(np.float64), psf / psf.sum(), mode=mode, cval=fill)


def extended(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Continued below and to the right: reflections that fade into each other, pixel by pixel."""
    plane = plane.astype(np.float64)
    for axis in (1, 0):
        lines = np.moveaxis(plane, axis, 0)
        n, more = len(lines), size[axis] - len(lines)
        mirrored = lambda i, n=n: min(i % (2 * n), 2 * n - 1 - i % (2 * n))  # noqa: E731
        found = list(lines)
        for j in range(more):
            t = (j + 0.5) / more
            weight = 3 * t**2 - 2 * t**3
            found.append((1 - weight) * lines[mirrored(n + j)] + weight * lines[mirrored(j - more)])
        plane = np.moveaxis(np.array(found), 0, axis)
    return plane


def transfer(psf: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The full spectrum of the point-spread function about its middle, as a sum of waves."""
    fy, fx = np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1])
    found = np.zeros(size, complex)
    for (y, x), value in np.ndenumerate(psf / psf.sum()):
        found += value * np.exp(-2j * np.pi * np.add.outer(fy * (y - psf.shape[0] // 2), fx * (x - psf.shape[1] // 2)))
    return found


def distance(size: tuple[int, int]) -> np.ndarray:
    return np.hypot(*np.meshgrid(np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1]), indexing="ij"))


def filtered(plane: np.ndarray, gain: np.ndarray, h: np.ndarray, rounds: int = 3) -> np.ndarray:
    """By a full spectrum, after replacing what lies beyond the edges by what the result shows there when blurred."""
    known = np.zeros(gain.shape, bool)
    known[: plane.shape[0], : plane.shape[1]] = True
    seen = continued = extended(plane, gain.shape)
    for _ in range(rounds):
        restored = np.fft.ifft2(np.fft.fft2(continued) * gain).real
        continued = np.where(known, seen, np.fft.ifft2(np.fft.fft2(restored) * h).real)
    return np.fft.ifft2(np.fft.fft2(continued) * gain).real[: plane.shape[0], : plane.shape[1]]


def laplacian_power(size: tuple[int, int]) -> np.ndarray:
    kernel = np.zeros((3, 3))
    kernel[1], kernel[:, 1], kernel[1, 1] = -1, -1, 4
    grid = np.zeros(size)
    for (y, x), value in np.ndenumerate(kernel):
        grid[(y - 1) % size[0], (x - 1) % size[1]] += value
    return np.abs(np.fft.fft2(grid)) ** 2


def richardson_lucy(plane: np.ndarray, psf: np.ndarray, iterations: int, size: tuple[int, int]) -> np.ndarray:
    seen = extended(np.maximum(plane, 0), size)
    known = np.zeros(size, bool)
    known[: plane.shape[0], : plane.shape[1]] = True
    x, h = seen.copy(), transfer(psf, size)
    for _ in range(iterations):
        blurred = np.fft.ifft2(np.fft.fft2(x) * h).real
        quotient = np.where(known, seen / np.maximum(blurred, 1e-6), 1)
        x *= np.maximum(np.fft.ifft2(np.fft.fft2(quotient) * h.conj()).real, 0)
    return x[: plane.shape[0], : plane.shape[1]]


def gradient(x: np.ndarray) -> np.ndarray:
    return np.stack([np.roll(x, -1, axis) - x for axis in (0, 1)])


def total_variation(
    plane: np.ndarray, psf: np.ndarray, weight: float, iterations: int, size: tuple[int, int], shrink: float = 0.1
) -> np.ndarray:
    """The alternating method with multipliers, continued image and all."""
    seen = continued = extended(plane, size)
    known = np.zeros(size, bool)
    known[: plane.shape[0], : plane.shape[1]] = True
    h, coupling = transfer(psf, size), weight / shrink
    x, d, b = np.zeros(size), np.zeros((2, *size)), np.zeros((2, *size))
    for i in range(iterations):
        if i:
            v = gradient(x) + b
            long = np.sqrt((v**2).sum(axis=0) + 1e-20)
            d = np.maximum(1 - shrink / long, 0) * v
            b = v - d
        adjoint = sum(np.roll(t, 1, axis) - t for axis, t in enumerate(d - b))
        right = h.conj() * np.fft.fft2(continued) + coupling * np.fft.fft2(adjoint)
        spectrum = right / (np.abs(h) ** 2 + coupling * laplacian_power(size) ** 0.5)
        x = np.fft.ifft2(spectrum).real
        continued = np.where(known, seen, np.fft.ifft2(spectrum * h).real)
    return x[: plane.shape[0], : plane.shape[1]]
