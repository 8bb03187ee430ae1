"""What functions on spectra share: conversion to float planes and back, and filtering by DCT or DFT.

8-bit, 16-bit and float32 images are worked on in float32, float64 images in float64.

The whole image is one window: each coefficient is a sum over all pixels, so one pixel that is NaN, infinite or far out
of range would spoil every pixel of a result.  Therefore every function here takes a mask, and follows one rule:

* pixels that take part must be finite (`taking_part`);
* pixels that are left out are filled from their surroundings first (see `filling`), whatever they hold, and keep their
  values where the result is a picture (`each_plane`) or are gone where it is a spectrum (`as_floats`);
* a result that is not finite, because sums went beyond the floats, is refused (`refuse_overflow`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .border import framed
from .check import as_mask
from .filling import fill
from .finite import all_finite
from .formats import channels_of, work_dtype
from .jit import kernel
from .memory import keep_freed_memory
from .needed import needed
from .planes import full_scale
from .threads import run_bands

BITS = 20
"""Integer results are computed to so many bits of full scale and then rounded.  Transforms leave residues of less; so
halves are rounded to even, and what is equal in exact arithmetic becomes equal."""


@kernel
def _store(values, channel, channels, top, grid, out):
    # `out` has flat rows, (h, w channels); the rows of `values` may be longer.  A single channel has a loop of its own,
    # which vectorises.
    kind = values.dtype.type
    zero, top, grid, step = kind(0), kind(top), kind(grid), kind(1.0 / grid)
    for y in range(values.shape[0]):
        row, stored = values[y], out[y]
        if channels == 1:
            for x in range(stored.size):
                stored[x] = np.int32(np.rint(np.rint(min(max(row[x], zero), top) * grid) * step))
        else:
            for x in range(stored.size // channels):
                stored[x * channels + channel] = np.int32(np.rint(np.rint(min(max(row[x], zero), top) * grid) * step))


def _grid(top: int) -> float:
    """Steps a level, a power of two, for integers up to `top`."""
    return float(1 << (BITS - top.bit_length()))


_BESIDE = 16
"""So many unused elements are put between rows whose length is a multiple of a large power of two.  Without them all
samples of a column fall into the same few sets of the cache, and a transform along columns takes twice as long."""


def spaced(shape: tuple[int, int], dtype: np.dtype) -> np.ndarray:
    """Make an uninitialised plane that suits transforms along both axes.  Its rows are contiguous; it may be not."""
    keep_freed_memory()  # a transform need not wait for a kernel to have asked for this
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
        if same_start and whole.strides == plane.strides:
            return whole[: len(plane)]
    return np.ascontiguousarray(plane)


def taking_part(image: np.ndarray, mask: Any) -> np.ndarray | None:
    """Check the mask of an image that `as_image` has checked, and that all pixels that take part are finite.

    A mask that leaves nothing out comes back as None, as no mask does.
    """
    mask = as_mask(mask, image)
    if mask is not None and mask.all():
        mask = None
    if image.dtype.kind == "f" and not (mask is None and all_finite(image)):
        finite = np.isfinite(image)
        if not (finite.all() if mask is None else finite[mask].all()):
            finite = finite if image.ndim == 2 else finite.all(axis=2)
            count = int(np.count_nonzero(~finite if mask is None else mask & ~finite))
            wanted = "np.isfinite(image)" + (".all(axis=2)" if image.ndim == 3 else "")
            raise ValueError(
                f"image must be finite where it takes part, got NaN or infinity at {count} pixel{'s'[: count != 1]}: "
                "the whole image is one window, so they would spoil all of it; "
                f"leave them out by mask={wanted if mask is None else f'mask & {wanted}'}"
            )
    return mask


def refuse_overflow(image: np.ndarray, mask: np.ndarray | None, result: np.ndarray) -> None:
    """Refuse a float image whose result is not finite.  Sums of integer levels do not go beyond the floats."""
    if image.dtype.kind == "f" and not all_finite(result):
        raise _overflow(image, mask)


def _overflow(image: np.ndarray, mask: np.ndarray | None) -> ValueError:
    with np.errstate(all="ignore"):
        largest = np.abs(image if mask is None else image[mask]).max(initial=0)
    return ValueError(
        f"image must give a finite result, but with these arguments its levels, up to {largest:.3g}, go beyond "
        f"{work_dtype(image.dtype)}: leave pixels out of range out by mask=, or bring image and arguments into range"
    )


def as_floats(image: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    """Return the image's levels as a new C-contiguous float array; `mask` is what `taking_part` gave for it."""
    floats = image.astype(work_dtype(image.dtype), order="C")
    if mask is not None and floats.size:
        for c in range(channels_of(floats)):
            fill(floats if floats.ndim == 2 else floats[:, :, c], mask)
    return floats


def each_plane(
    image: np.ndarray,
    work: Callable[[np.ndarray], np.ndarray],
    mask: np.ndarray | None = None,
    *,
    contiguous: bool = False,
) -> np.ndarray:
    """Filter each channel by itself.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        An image that `as_image` has checked and that is not empty.
    work : callable
        It takes the levels of a channel as a finite float plane, made by `spaced`, and returns a plane of that shape
        and dtype.  It may write into the plane that it gets.  Several threads call it at once.
    mask : ndarray of bool, shape (h, w), optional
        What `taking_part` gave for this image.
    contiguous : bool
        Whether `work` takes a C-contiguous plane instead.

    Returns
    -------
    ndarray of the image's shape and dtype
        Integers are rounded half to even and saturated.  Pixels that the mask leaves out keep their values.

    Raises
    ------
    ValueError
        If a result is not finite.
    """
    out = np.empty(image.shape, image.dtype)
    planes = image if image.ndim == 3 else image[:, :, np.newaxis]
    channels = planes.shape[2]
    numbers = [True] * channels

    def band(a: int, b: int) -> None:
        for c in range(a, b):
            plane = (np.empty if contiguous else spaced)(planes.shape[:2], work_dtype(image.dtype))
            np.copyto(plane, planes[:, :, c])
            if mask is not None:
                fill(plane, mask)
            given = [plane]
            del plane  # so that `work` can let it go
            with np.errstate(all="ignore"):
                result = work(given.pop())
            if image.dtype.kind == "u":
                top, flat = full_scale(image.dtype), out.reshape(len(out), -1)
                _store(_whole_rows(result), c, channels, top, _grid(top), flat)
                # Infinite levels saturate.  NaN comes from infinite coefficients, which reach every pixel.
                numbers[c] = not np.isnan(result[0]).any()
            else:
                out.reshape(planes.shape)[:, :, c] = result

    run_bands(band, channels, pixels=image.size)
    if not all(numbers):
        raise _overflow(image, mask)
    refuse_overflow(image, mask, out)
    if mask is not None:
        out[~mask] = image[~mask]
    return out


def to_dtype(planes: np.ndarray, dtype: np.dtype, *, new: bool = False) -> np.ndarray:
    """Convert the levels that an inverse transform gave, (h, w) or (h, w, c), to a new image of a dtype.

    If `new` says that nobody else has `planes`, it may be the image itself.
    Integers are rounded half to even and saturated.  Levels that are not finite are refused.
    """
    with np.errstate(all="ignore"):
        out = planes.astype(dtype, copy=not new) if dtype.kind == "f" else np.empty(planes.shape, dtype)
    if not all_finite(planes if dtype.kind == "u" else out):
        raise ValueError(f"coefficients must give a finite image, got ones whose sums go beyond {planes.dtype}")
    if out.size and dtype.kind == "u":
        flat, top = np.ascontiguousarray(planes).reshape(len(planes), -1), full_scale(dtype)
        _store(flat, 0, 1, top, _grid(top), out.reshape(len(out), -1))
    return out


def double_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size of at least twice `size` for which transforms are fast."""
    with needed("scipy"):
        from scipy.fft import next_fast_len

    h, w = (next_fast_len(2 * n, real=True) for n in size)
    return h, w


def frequencies(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequencies of a half spectrum [cycles/pixel]: fy of shape (h, 1), fx of shape (1, w // 2 + 1)."""
    return np.fft.fftfreq(size[0])[:, np.newaxis], np.fft.rfftfreq(size[1])[np.newaxis]


def _constant(plane: np.ndarray) -> bool:
    first = plane[0, 0]
    return bool(plane[-1, -1] == first and (plane[0] == first).all() and (plane == first).all())


def filter_by_dct(plane: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Filter by a gain that is even in fy and in fx, given on the grid fy = i / 2h, fx = j / 2w.

    The result is that of the DFT on the image mirrored to twice its size, because the DCT-II is the DFT of that
    mirrored image.  It takes a quarter of the work.  A constant plane is filtered exactly.  `plane` is overwritten.
    """
    if _constant(plane):
        plane *= gain[0, 0]
        return plane
    with needed("scipy"):
        from scipy.fft import dctn, idctn

    found = dctn(plane, norm="ortho", overwrite_x=True)
    found *= gain
    return idctn(found, norm="ortho", overwrite_x=True)


def filter_by_dft(
    plane: np.ndarray, transfer: np.ndarray, size: tuple[int, int], border: str, fill: float
) -> np.ndarray:
    """Extend a plane to `size` by a border, and filter it by a half spectrum of shape (size[0], size[1] // 2 + 1).

    A constant plane is filtered exactly, but where a constant border beside it is of another level.
    """
    if _constant(plane) and (size == plane.shape or border != "constant" or plane[0, 0] == fill):
        return plane * transfer[0, 0].real
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
