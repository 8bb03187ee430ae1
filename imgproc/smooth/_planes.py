"""Images as planes of floats, and back: what filters work on that treat a row of one channel at a time."""

from __future__ import annotations

import numpy as np

from .._core.formats import channels_of, work_dtype
from .._core.jit import kernel
from .._core.planes import canonical, full_scale

__all__: list[str] = []


@kernel
def _store_planes(planes, top, out):
    """Planes (c, h, w) as rows (h, w c)."""
    channels, low, high = planes.shape[0], planes.dtype.type(0), planes.dtype.type(top)
    for y in range(out.shape[0]):
        for c in range(channels):
            for x in range(planes.shape[2]):
                v = planes[c, y, x]
                if top > 0:
                    v = low if v < low else v
                    v = high if v > high else v
                    out[y, x * channels + c] = np.int32(np.rint(v))
                else:
                    out[y, x * channels + c] = v


@kernel
def _apart(rows, planes):
    """Rows of RGB (h, 3 w) as planes."""
    for y in range(planes.shape[1]):
        row, red, green, blue = rows[y], planes[0, y], planes[1, y], planes[2, y]
        for i in range(np.uint64(red.size)):
            k = np.uint64(3) * i
            red[i], green[i], blue[i] = row[k], row[k + np.uint64(1)], row[k + np.uint64(2)]


@kernel(inner=True)
def _bounded(v, low, high):
    v = low if v < low else v
    v = high if v > high else v
    return np.int32(np.rint(v))


@kernel
def _store_three(planes, top, out):
    """Planes of RGB as rows (h, 3 w) of integers."""
    low, high = planes.dtype.type(0), planes.dtype.type(top)
    for y in range(out.shape[0]):
        row, red, green, blue = out[y], planes[0, y], planes[1, y], planes[2, y]
        for i in range(np.uint64(red.size)):
            k = np.uint64(3) * i
            row[k] = _bounded(red[i], low, high)
            row[k + np.uint64(1)] = _bounded(green[i], low, high)
            row[k + np.uint64(2)] = _bounded(blue[i], low, high)


def planes_of(image: np.ndarray, kind: np.dtype | None = None) -> np.ndarray:
    """Canonical planes (c, h, w) of floats: float32, of float64 images float64."""
    kind = kind or work_dtype(image.dtype)
    if channels_of(image) == 3 and kind == np.float32:
        planes = np.empty((3, *image.shape[:2]), kind)
        _apart(canonical(image).reshape(len(image), -1), planes)
        return canonical(planes)
    return canonical(np.ascontiguousarray(image.reshape(*image.shape[:2], -1).transpose(2, 0, 1), kind))


def store_planes(planes: np.ndarray, out: np.ndarray) -> None:
    """Rounded and saturated where `out` is of integers."""
    top = full_scale(out.dtype) if out.dtype.kind == "u" else 0
    work = _store_three if top and len(planes) == 3 else _store_planes
    work(canonical(planes), top, out.reshape(out.shape[0], -1))
