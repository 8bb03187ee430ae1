"""Images continued without a seam, and the spectra of point-spread functions."""

from __future__ import annotations

import numpy as np

from .._core.border import index_map
from .._core.opencv import load_cv2

MOST_ITERATIONS = 10_000
"""Of iterative methods; what they find changes no more by then."""


def roomy(size: tuple[int, ...], psf: np.ndarray) -> tuple[int, int]:
    """The size to which an image is continued for a point-spread function.

    Multiples of 16 are transformed so much faster that a few lines more do not matter.
    """
    lengths = (n + max(3 * side, 16) for n, side in zip(size[:2], psf.shape, strict=True))
    h, w = (16 * load_cv2().getOptimalDFTSize(-(-length // 16)) for length in lengths)
    return h, w


def periodic(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The plane continued to `size` below and to the right, so that opposite edges fit.

    What is added is the reflection of the edge before it that fades into the reflection of the edge after it: a
    deconvolution sees no jump anywhere, and so does not ring.
    """
    h, w = plane.shape
    out = np.empty(size, plane.dtype)
    out[:h, :w] = plane
    out[:h, w:] = _between(out[:h, :w].T, size[1] - w).T
    out[h:] = _between(out[:h], size[0] - h)
    return out


def _between(lines: np.ndarray, more: int) -> np.ndarray:
    """So many lines that lead from the last one to the first."""
    n = len(lines)
    after, before = index_map(n, 0, more, "reflect")[n:], index_map(n, more, 0, "reflect")[:more]
    ramp = (np.arange(more) + 0.5) / more
    weight = (ramp * ramp * (3 - 2 * ramp)).astype(lines.dtype)[:, np.newaxis]
    faded = lines[after]
    faded += weight * (lines[before] - faded)
    return faded


def centred(psf: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The point-spread function on a periodic grid, its middle at [0, 0]."""
    n, m = psf.shape
    grid = np.zeros(size, psf.dtype)
    y, x = (np.arange(n) - n // 2) % size[0], (np.arange(m) - m // 2) % size[1]
    np.add.at(grid, (y[:, np.newaxis], x), psf)
    return grid


def packed(half: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A half spectrum of even sides in OpenCV's packed form, which takes a third of the time of complex ones.

    Columns 2 k - 1 and 2 k hold real and imaginary parts of frequency k; the first and the last column, whose
    spectra are those of real lines, are packed the same way downwards.
    """
    h, w = size
    out = np.empty(size, half.real.dtype)
    out[:, 1 : w - 1 : 2], out[:, 2:w:2] = half.real[:, 1 : w // 2], half.imag[:, 1 : w // 2]
    for at, column in ((0, half[:, 0]), (w - 1, half[:, w // 2])):
        out[0, at], out[h - 1, at] = column[0].real, column[h // 2].real
        out[1 : h - 1 : 2, at], out[2:h:2, at] = column.real[1 : h // 2], column.imag[1 : h // 2]
    return out


class Filter:
    """Filters by packed spectra, for one plane at a time."""

    def __init__(self, size: tuple[int, int], dtype: np.dtype) -> None:
        self._cv2 = load_cv2()
        self._spectrum = np.empty(size, dtype)
        self._back = self._cv2.DFT_INVERSE | self._cv2.DFT_SCALE | self._cv2.DFT_REAL_OUTPUT

    def __call__(self, values: np.ndarray, transfer: np.ndarray, out: np.ndarray, *, mirrored: bool = False) -> None:
        """The values filtered by a transfer or by its conjugate, into `out`, which may be the values."""
        self._cv2.dft(values, dst=self._spectrum)
        self._cv2.mulSpectrums(self._spectrum, transfer, 0, self._spectrum, mirrored)
        self._cv2.dft(self._spectrum, dst=out, flags=self._back)
