"""GIST, the spatial envelope of a scene."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core import elementary, elementary_arrays
from .._core.check import as_image, as_mask, integer, size_pair
from .._core.declare import declare
from .._core.needed import needed
from .._core.planes import full_scale, luma
from .._core.unit_range import must_be_unit
from ..geometry import resize

__all__ = ["gist"]

MARGIN = 32
"""By how many pixels the image of a GIST is mirrored at its border."""

_QUIET: dict[str, Any] = {"over": "ignore", "under": "ignore", "invalid": "ignore"}
"""Of NumPy, whatever the caller has set: what is not finite is left out, and what underflows is nothing."""


@functools.lru_cache(maxsize=2)
def _gabor_filters(size: tuple[int, int], orientations: tuple[int, ...]) -> list[np.ndarray]:
    """Transfer functions, scale by scale from fine to coarse, Gaussians in the polar frequency plane."""
    y, x = np.meshgrid(np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1]), indexing="ij")
    far, turn = np.sqrt(y * y + x * x), elementary_arrays.atan2(y, x)
    filters = []
    for scale, count in enumerate(orientations):
        middle = 0.3 / elementary.power(1.85, float(scale))  # cycles per pixel
        radial = -3.5 * (far / middle - 1) ** 2
        for k in range(count):
            off = (turn + math.pi * k / count + math.pi) % (2 * math.pi) - math.pi
            found = elementary_arrays.exp(radial - 2 * math.pi * (count * count / 64) * off**2).astype(np.float32)
            found[0, 0] = 0
            found.flags.writeable = False
            filters.append(found)
    return filters


@functools.lru_cache(maxsize=8)
def _low_pass(size: tuple[int, int], cycles: float) -> np.ndarray:
    """Half amplitude at so many cycles per image side."""
    y, x = np.meshgrid(np.fft.fftfreq(size[0]) * size[0], np.fft.rfftfreq(size[1]) * size[1], indexing="ij")
    return elementary_arrays.exp(-(y * y + x * x) * (elementary.LN2 / (cycles * cycles))).astype(np.float32)


def gist(
    image: np.ndarray,
    *,
    blocks: int = 4,
    orientations: Sequence[int] = (8, 8, 4),
    size: tuple[int, int] = (256, 256),
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """GIST: the spatial envelope of a scene, by the energy of oriented filters in blocks of the image.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    blocks : int
        The image is divided into `blocks` by `blocks`, at least 1, at most the smaller side of `size`.
    orientations : sequence of int
        How many orientations each scale has, from the finest (0.3 cycles per pixel of the resized image) to the
        coarsest, each 1.85 times coarser than the one before.
    size : (int, int)
        Rows and columns that the image is resized to first, at least 16.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count: the others are filled with the mean of these, and have no part in the mean of a block.
        Blocks without any have 0.

    Returns
    -------
    ndarray of float32, shape (sum(orientations) * blocks**2,)
        Means of the filters' amplitudes, scale by scale, orientation by orientation, then block by block in rows.
        Pixels that are not finite count as masked.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite, or floats are clearly not
        levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    The contrast is normalised before: log(1 + 255 v), less its low frequencies (below 4 cycles per side), divided by
    0.2 plus the root of its local energy, as the authors' program does; its numbers differ in the resizing.

    References
    ----------
    A. Oliva, A. Torralba, "Modeling the shape of the scene: a holistic representation of the spatial envelope", IJCV
    42(3), 2001.
    J. Hays, A. Efros, "Scene completion using millions of photographs", SIGGRAPH 2007, for descriptors with holes.

    Examples
    --------
    >>> gist(image).shape
    (320,)
    """
    image = as_image(image, channels=(1, 3))
    size = size_pair(size, "size", at_least=16)
    blocks = integer(blocks, "blocks", at_least=1, at_most=min(size))
    counts = _orientations(orientations)
    mask = as_mask(mask, image)
    must_be_unit(image, who="gist", mask=mask)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    with needed("scipy"):
        from scipy import fft

    with np.errstate(**_QUIET):
        return _energies(fft, *_scene(image, mask, size), blocks, counts)


def _energies(fft: Any, plane: np.ndarray, share: np.ndarray, blocks: int, orientations: tuple[int, ...]) -> np.ndarray:
    """The means of the filters' amplitudes in blocks, as `gist` returns them."""
    size = plane.shape
    margin = min(MARGIN, min(size) - 1)
    f = np.pad(np.log1p(np.maximum(plane, 0) * np.float32(255)), margin, mode="symmetric")
    low = _low_pass(f.shape, 4.0 * min(f.shape) / min(size))
    f -= fft.irfft2(fft.rfft2(f) * low, f.shape)
    energy = fft.irfft2(fft.rfft2(f * f) * low, f.shape)
    f /= np.float32(0.2) + np.sqrt(np.abs(energy))
    spectrum = fft.fft2(f)
    inside = np.s_[margin : margin + size[0], margin : margin + size[1]]
    rows, columns = (np.arange(blocks) * n // blocks for n in size)

    def sums(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)

    area = sums(share)
    found = [
        np.where(area > 0, sums(np.abs(fft.ifft2(spectrum * g)[inside]) * share) / np.where(area > 0, area, 1), 0)
        for g in _gabor_filters(f.shape, orientations)
    ]
    return np.array(found, np.float32).ravel()


_MOST_ORIENTATIONS = 180


def _orientations(value: Any) -> tuple[int, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise TypeError(f"orientations must be a sequence of integers, got {value!r}")
    counts = tuple(
        integer(n, f"orientations[{i}]", at_least=1, at_most=_MOST_ORIENTATIONS) for i, n in enumerate(value)
    )
    if not counts:
        raise ValueError("orientations must have at least one scale, got none")
    return counts


def _scene(image: np.ndarray, mask: np.ndarray | None, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The luma as a fraction of full scale, resized, and which share of each pixel counts."""
    plane = image.astype(np.float32)
    plane = np.array(luma(plane)) if plane.shape[2:] == (3,) else plane.reshape(plane.shape[:2])
    plane *= np.float32(1 / full_scale(image.dtype))
    valid = np.isfinite(plane) if mask is None else mask & np.isfinite(plane)
    if valid.all():
        return resize(plane, size=size, interpolation="area"), np.ones(size, np.float32)
    if not valid.any():
        raise ValueError("image must have a finite pixel" if mask is None else "mask must select a finite pixel")
    plane[~valid] = plane[valid].mean(dtype=np.float64)
    share = resize(valid.astype(np.float32), size=size, interpolation="area")
    return resize(plane, size=size, interpolation="area"), share


declare(
    gist, result=lambda image: (np.dtype(np.float32), (320,)), no_peer="no library of Python's that is kept up has it"
)
