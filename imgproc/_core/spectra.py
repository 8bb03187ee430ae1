"""What functions on spectra share: conversion to float planes and back, and filtering by DCT or DFT.

8-bit, 16-bit and float32 images are worked on in float32, float64 images in float64.  NaN and infinity have no
spectrum.  A filter works with the mean of the other pixels in their place, and puts them back into the result.  A
transform refuses them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .border import framed
from .formats import work_dtype
from .jit import kernel
from .needed import needed
from .planes import full_scale
from .threads import run_bands


@kernel
def _store(values, channel, channels, top, out):
    # `out` has flat rows, (h, w channels); the rows of `values` may be longer.  A single channel has a loop of its own,
    # which vectorises.
    zero, top = values.dtype.type(0), values.dtype.type(top)
    for y in range(values.shape[0]):
        row, stored = values[y], out[y]
        if channels == 1:
            for x in range(stored.size):
                stored[x] = np.int32(np.rint(min(max(row[x], zero), top)))
        else:
            for x in range(stored.size // channels):
                stored[x * channels + channel] = np.int32(np.rint(min(max(row[x], zero), top)))


_BESIDE = 16
"""So many unused elements are put between rows whose length is a multiple of a large power of two.  Without them all
samples of a column fall into the same few sets of the cache, and a transform along columns takes twice as long."""


def spaced(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Make an uninitialised plane that suits transforms along both axes.  Its rows are contiguous; it may be not."""
    h, w = shape
    beside = _BESIDE if h > 1 and w * dtype.itemsize % 512 == 0 else 0
    return np.empty((h, w + beside), dtype)[:, :w]


def _whole_rows(plane: np.ndarray) -> np.ndarray:
    """Return a C-contiguous array whose rows begin with the plane's rows.

    It is the plane itself, the array that `spaced` cut it from, or a copy.
    """
    if plane.flags.c_contiguous:
        return plane
    whole = plane.base
    if whole is not None and whole.ndim == 2 and whole.flags.c_contiguous and whole.dtype == plane.dtype:
        same_start = whole.__array_interface__["data"][0] == plane.__array_interface__["data"][0]
        if same_start and whole.strides == plane.strides and len(whole) == len(plane):
            return whole
    return np.ascontiguousarray(plane)


def as_floats(image: np.ndarray) -> np.ndarray:
    """Return the image's levels as a new C-contiguous float array.  NaN and infinity raise ValueError."""
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        raise ValueError("image must be finite: NaN and infinity have no spectrum")
    return image.astype(work_dtype(image.dtype), order="C")


def each_plane(image: np.ndarray, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Filter each channel by itself.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        An image that `as_image` has checked and that is not empty.
    work : callable
        It takes the levels of a channel as a finite float plane, made by `spaced`, and returns a plane of that shape
        and dtype.  It may write into the plane that it gets.  Several threads call it at once.

    Returns
    -------
    ndarray of the image's shape and dtype
        Integers are rounded half to even and saturated.  NaN and infinity stay where they were.
    """
    out = np.empty(image.shape, image.dtype)
    planes = image if image.ndim == 3 else image[:, :, np.newaxis]
    channels = planes.shape[2]

    def band(a: int, b: int) -> None:
        for c in range(a, b):
            plane = spaced(planes.shape[:2], work_dtype(image.dtype))
            np.copyto(plane, planes[:, :, c])
            if image.dtype.kind == "u":
                _store(_whole_rows(work(plane)), c, channels, full_scale(image.dtype), out.reshape(len(out), -1))
                continue
            spoilt = fill_spoilt(plane)
            result = work(plane)
            out.reshape(planes.shape)[:, :, c] = result
            if spoilt is not None:
                out.reshape(planes.shape)[spoilt, c] = planes[spoilt, c]

    run_bands(band, channels, pixels=image.size)
    return out


def to_dtype(planes: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert float levels to a new image of a dtype.  Integers are rounded half to even and saturated."""
    if dtype.kind == "f":
        return planes.astype(dtype)
    return each_stored(planes, dtype)


def each_stored(planes: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Convert float levels, (h, w) or (h, w, c), to an integer dtype, as `to_dtype` says."""
    out = np.empty(planes.shape, dtype)
    if out.size:
        flat = np.ascontiguousarray(planes).reshape(len(planes), -1)
        _store(flat, 0, 1, full_scale(dtype), out.reshape(len(out), -1))
    return out


def fill_spoilt(plane: np.ndarray) -> np.ndarray | None:
    """Replace NaN and infinity by the mean of the finite pixels, or by 0 if there are none.

    Returns where they were, as a bool plane, or None if all pixels are finite.
    """
    with np.errstate(all="ignore"):
        if np.isfinite(plane.sum()):  # cheaper than looking at each pixel
            return None
    spoilt = ~np.isfinite(plane)
    if not spoilt.any():
        return None
    plane[spoilt] = 0 if spoilt.all() else plane[~spoilt].mean(dtype=np.float64)
    return spoilt


def double_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size of at least twice `size` for which transforms are fast."""
    with needed("scipy"):
        from scipy.fft import next_fast_len

    h, w = (next_fast_len(2 * n, real=True) for n in size)
    return h, w


def frequencies(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequencies of a half spectrum [cycles/pixel]: fy of shape (h, 1), fx of shape (1, w // 2 + 1)."""
    return np.fft.fftfreq(size[0])[:, np.newaxis], np.fft.rfftfreq(size[1])[np.newaxis]


def filter_by_dct(plane: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Filter by a gain that is even in fy and in fx, given on the grid fy = i / 2h, fx = j / 2w.

    The result is that of the DFT on the image mirrored to twice its size, because the DCT-II is the DFT of that
    mirrored image.  It takes a quarter of the work.  `plane` is overwritten.
    """
    with needed("scipy"):
        from scipy.fft import dctn, idctn

    found = dctn(plane, norm="ortho", overwrite_x=True)
    found *= gain
    return idctn(found, norm="ortho", overwrite_x=True)


def filter_by_dft(
    plane: np.ndarray, transfer: np.ndarray, size: tuple[int, int], border: str, fill: float
) -> np.ndarray:
    """Extend a plane to `size` by a border, and filter it by a half spectrum of shape (size[0], size[1] // 2 + 1)."""
    with needed("scipy"):
        from scipy.fft import irfft2, rfft2

    h, w = plane.shape
    top, left = (size[0] - h) // 2, (size[1] - w) // 2
    if size != plane.shape:
        sides = top, size[0] - h - top, left, size[1] - w - left
        plane = framed(plane, sides, border, [fill], np.empty(size, plane.dtype))
    found = rfft2(plane, overwrite_x=True)
    del plane
    found *= transfer
    return irfft2(found, s=size, overwrite_x=True)[top : top + h, left : left + w]
