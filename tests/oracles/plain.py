"""Slow, obviously right versions of the public functions, with the library's own signatures.

Written from the docstrings and from the published definitions, not from the kernels: sorting, counting and whole
windows in plain NumPy.  Results are exact for integer images; where a docstring leaves the rounding of floats open,
tests state a tolerance.  Arguments are not checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

PAD_MODE = {
    "constant": "constant",
    "replicate": "edge",
    "reflect": "symmetric",
    "reflect_101": "reflect",
    "wrap": "wrap",
}


# --- shared -----------------------------------------------------------------------------------------------------------


def full_scale(dtype: Any) -> int:
    """The level that 1.0 stands for."""
    return np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1


def to_dtype(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Floats as levels of a dtype: integers are rounded half to even and saturated."""
    if np.dtype(dtype).kind == "f":
        return np.asarray(values, dtype)
    return np.clip(np.rint(values), 0, full_scale(dtype)).astype(dtype)


def rounded_ratio(a: np.ndarray, b: int) -> np.ndarray:
    """a / b of non-negative integers, rounded half to even without error."""
    whole, rest = np.divmod(np.asarray(a, np.int64), b)
    return whole + ((2 * rest > b) | ((2 * rest == b) & (whole % 2 == 1)))


def windows(image: np.ndarray, radius: int, border: str = "reflect", fill: Any = 0) -> np.ndarray:
    """The (2 radius + 1) square around each pixel: shape (h, w, side, side) or (h, w, c, side, side)."""
    widths = [(radius, radius)] * 2 + [(0, 0)] * (image.ndim - 2)
    options = {"constant_values": fill} if border == "constant" else {}
    padded = np.pad(image, widths, mode=PAD_MODE[border], **options)
    return sliding_window_view(padded, (2 * radius + 1,) * 2, axis=(0, 1))


def counted(image: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Which samples take part in statistics: finite ones, where the mask is True."""
    valid = np.isfinite(image)
    if mask is not None:
        valid &= mask.reshape(mask.shape + (1,) * (image.ndim - 2))
    return valid


def luma(image: np.ndarray) -> np.ndarray:
    """Y of Rec. 601; integers in OpenCV's 15-bit weights, rounded half up."""
    r, g, b = np.moveaxis(image, -1, 0)
    if image.dtype.kind == "f":
        wr, wg, wb = (image.dtype.type(w) for w in (0.299, 0.587, 0.114))
        return wr * r + wg * g + wb * b
    r, g, b = (v.astype(np.int64) for v in (r, g, b))
    return ((9798 * r + 19235 * g + 3735 * b + (1 << 14)) >> 15).astype(image.dtype)


def on_intensity(image: np.ndarray, color: str, work: Callable[[np.ndarray, int], np.ndarray]) -> np.ndarray:
    """``work(plane, index)`` on the grey image, on each channel, or on luma, whose change is added to R, G and B."""
    if image.ndim == 2:
        return work(image, 0)
    if color == "per_channel" or image.shape[2] == 1:
        return np.stack([work(image[..., c], c) for c in range(image.shape[2])], axis=2)
    old = luma(image)
    new = work(old, 0)
    if image.dtype.kind == "f":
        shift = new - old
        return image + np.where(np.isnan(shift), image.dtype.type(0), shift)[..., None]
    shift = new.astype(np.int64) - old
    return to_dtype(image + shift[..., None], image.dtype)


# --- counting ---------------------------------------------------------------------------------------------------------


def histogram(
    image: np.ndarray,
    *,
    bins: int | None = None,
    range: tuple[float, float] | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    if image.ndim == 3:
        return np.stack([histogram(plane, bins=bins, range=range, mask=mask) for plane in np.moveaxis(image, -1, 0)])
    top = full_scale(image.dtype)
    bins = bins or (top + 1 if top > 1 else 256)
    low, high = (0.0, 1.0) if range is None else range
    v = image[counted(image, mask)].astype(np.float64)
    low, high = low * top, high * top
    v = v[(v >= low) & (v <= high)]
    index = np.minimum(np.floor((v - low) * bins / (high - low)).astype(int), bins - 1)
    return np.array(np.bincount(index, minlength=bins), np.int64)


def cumulative_histogram(
    image: np.ndarray,
    *,
    bins: int | None = None,
    range: tuple[float, float] | None = None,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    return np.cumsum(histogram(image, bins=bins, range=range, mask=mask), axis=-1)


# --- global mappings --------------------------------------------------------------------------------------------------


def equalize_histogram(
    image: np.ndarray, *, method: str = "cv", color: str = "luminance", mask: np.ndarray | None = None
) -> np.ndarray:
    return on_intensity(image, color, lambda plane, _: _equalize(plane, plane[counted(plane, mask)], method))


def _equalize(plane: np.ndarray, values: np.ndarray, method: str) -> np.ndarray:
    values = np.sort(values)
    if values.size == 0 or values[0] == values[-1]:
        return plane.copy()
    n, top, exact = values.size, full_scale(plane.dtype), plane.dtype.kind == "u"
    upto = np.searchsorted(values, plane, side="right")  # C(k)
    below = np.searchsorted(values, plane, side="left")  # C(k - 1)
    first, last = np.count_nonzero(values == values[0]), np.count_nonzero(values == values[-1])
    if method == "cv":
        rest, n = np.maximum(upto - first, 0), n - first
        if plane.dtype == np.uint8:  # OpenCV's arithmetic is in float32
            out = np.rint(rest.astype(np.float32) * np.float32(np.float32(255) / np.float32(n)))
        else:
            out = rounded_ratio(rest * top, n) if exact else rest / n
    elif method == "textbook":
        out = rounded_ratio(upto * top, n) if exact else upto / n
    elif exact:
        step = (n - last) // top
        out = np.minimum((step // 2 + below) // step, top) if step else plane
    else:
        out = np.minimum(below / (n - last), 1)
    return np.where(np.isnan(plane), plane, out).astype(plane.dtype)


class Target:
    """A reference distribution over the levels of a dtype: values in ascending order, each with a positive weight."""

    def __init__(self, values: np.ndarray, weights: np.ndarray, dtype: Any) -> None:
        occupied = weights > 0
        self.values, self.weights, self.dtype = values[occupied], weights[occupied], np.dtype(dtype)
        self.cumulative = np.cumsum(self.weights)
        self.total = self.cumulative[-1]

    def at(self, counts: np.ndarray, totals: Any) -> np.ndarray:
        """G^-1(counts / totals): the value whose cumulative share is nearest, the lower of a tie; float: linear."""
        counts, totals = np.broadcast_arrays(counts, totals)
        if self.dtype.kind == "f":
            return np.interp(counts / np.maximum(totals, 1), self.cumulative / self.total, self.values)
        pairs, where = np.unique(np.stack([counts.ravel(), totals.ravel()]), axis=1, return_inverse=True)
        # |G - k / n| times n and the total: whole numbers where the weights are.
        nearest = [np.argmin(np.abs(self.cumulative * n - k * self.total)) for k, n in pairs.T]
        return self.values[np.array(nearest)[where.ravel()]].reshape(counts.shape)

    @property
    def median(self) -> Any:
        if self.dtype.kind == "f":
            return np.interp(0.5, self.cumulative / self.total, self.values)
        return self.values[np.argmax(2 * self.cumulative >= self.total)]


def targets(reference: Any, image: np.ndarray, color: str, reference_mask: np.ndarray | None) -> list[Target]:
    """What each plane of the image is to be distributed like."""
    planes = 1 if image.ndim == 2 else image.shape[2]
    if color == "luminance":
        planes = 1
    if isinstance(reference, np.ndarray) and reference.ndim > 1:
        if color == "luminance" and reference.ndim == 3 and reference.shape[2] == 3:
            reference = luma(reference)
        each = [reference] if reference.ndim == 2 else list(np.moveaxis(reference, -1, 0))
        return [_target_of_image(plane, plane[counted(plane, reference_mask)], image.dtype) for plane in each]
    if isinstance(reference, (list, tuple)) and not np.isscalar(reference[0]):
        return [_target_of_density(r, image.dtype) for r in reference]
    return [_target_of_density(reference, image.dtype)] * planes


def _target_of_image(plane: np.ndarray, values: np.ndarray, dtype: Any) -> Target:
    if values.dtype != dtype:
        values = to_dtype(values.astype(np.float64) * full_scale(dtype) / full_scale(plane.dtype), dtype)
    levels, weights = np.unique(values, return_counts=True)
    return Target(levels, weights, dtype)


def _target_of_density(density: Any, dtype: Any) -> Target:
    levels = full_scale(dtype) + 1 if np.dtype(dtype).kind == "u" else 1 << 16
    place = np.linspace(0, 1, levels)
    weights = np.asarray(density(place) if callable(density) else density)
    weights = np.broadcast_to(weights, levels) if weights.ndim == 0 else weights
    if weights.size != levels:  # bins of [0, 1], flat inside each: the share of each of `levels` equal parts
        edges = np.linspace(0, 1, weights.size + 1)
        weights = np.diff(np.interp(np.linspace(0, 1, levels + 1), edges, np.append(0.0, np.cumsum(weights))))
    return Target(np.arange(levels) if np.dtype(dtype).kind == "u" else place, weights, dtype)


def match_histogram(
    image: np.ndarray,
    reference: Any,
    *,
    color: str = "per_channel",
    mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    goals = targets(reference, image, color, reference_mask)
    return on_intensity(image, color, lambda plane, i: _match(plane, plane[counted(plane, mask)], goals[i]))


def _match(plane: np.ndarray, values: np.ndarray, target: Target) -> np.ndarray:
    values = np.sort(values)
    if values.size == 0 or values[0] == values[-1]:
        out = np.full(plane.shape, target.median)
    else:
        out = target.at(np.searchsorted(values, plane, side="right"), values.size)
    return np.where(np.isnan(plane), plane, out).astype(plane.dtype)


def stretch_contrast(
    image: np.ndarray, *, low: float = 0.0, high: float = 1.0, color: str = "luminance", mask: np.ndarray | None = None
) -> np.ndarray:
    return on_intensity(image, color, lambda plane, _: _stretch(plane, plane[counted(plane, mask)], low, high))


def _stretch(plane: np.ndarray, values: np.ndarray, low: float, high: float) -> np.ndarray:
    if values.size == 0:
        return plane.copy()
    a, b = np.quantile(values, [low, high]).astype(np.float64)
    if a == b:
        return plane.copy()
    top = full_scale(plane.dtype)
    if plane.dtype.kind == "u" and a.is_integer() and b.is_integer():
        inside = np.clip(plane.astype(np.int64), int(a), int(b)) - int(a)
        return rounded_ratio(inside * top, int(b - a)).astype(plane.dtype)
    return to_dtype(np.clip((plane - a) / (b - a), 0, 1) * top, plane.dtype)


# --- neighbourhoods ---------------------------------------------------------------------------------------------------


def level_of(fill: float, dtype: Any) -> Any:
    return to_dtype(np.float64(fill) * full_scale(dtype), dtype)[()]


def each_row(
    plane: np.ndarray, mask: np.ndarray | None, radius: int, border: str, fill: float
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each row of pixels its windows and which of their samples count, (w, side * side) each.

    What a constant border adds counts."""
    values = windows(plane, radius, border, level_of(fill, plane.dtype))
    valid = windows(counted(plane, mask), radius, border, True)
    for row, counts in zip(values, valid):
        yield row.reshape(plane.shape[1], -1), counts.reshape(plane.shape[1], -1)


def ranks(
    plane: np.ndarray, mask: np.ndarray | None, radius: int, border: str, fill: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """#{window values <= f}, #window, and whether all that the window counts equals f; each (h, w)."""
    upto, number, uniform = np.zeros((3, *plane.shape), np.int64)
    for y, (values, valid) in enumerate(each_row(plane, mask, radius, border, fill)):
        f = plane[y][:, None]
        upto[y] = np.count_nonzero((values <= f) & valid, axis=1)
        number[y] = np.count_nonzero(valid, axis=1)
        uniform[y] = ((values == f) | ~valid).all(axis=1)
    return upto, number, uniform.astype(bool)


def equalize_histogram_local(
    image: np.ndarray,
    *,
    radius: int,
    border: str = "reflect",
    fill: float = 0.0,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    def work(plane: np.ndarray, _: int) -> np.ndarray:
        upto, number, uniform = ranks(plane, mask, radius, border, fill)
        s = to_dtype(upto * np.float64(full_scale(plane.dtype)) / np.maximum(number, 1), plane.dtype)
        return np.where(uniform | (number == 0) | np.isnan(plane), plane, s)

    return on_intensity(image, color, work)


def match_histogram_local(
    image: np.ndarray,
    reference: Any,
    *,
    radius: int,
    border: str = "reflect",
    fill: float = 0.0,
    color: str = "per_channel",
    mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    goals = targets(reference, image, color, reference_mask)

    def work(plane: np.ndarray, i: int) -> np.ndarray:
        upto, number, uniform = ranks(plane, mask, radius, border, fill)
        z = goals[i].at(upto, np.maximum(number, 1))
        z = np.where(uniform, goals[i].median, z)
        return np.where((number == 0) | np.isnan(plane), plane, z).astype(plane.dtype)

    return on_intensity(image, color, work)


def clahe(
    image: np.ndarray,
    *,
    clip_limit: float = 2.0,
    tiles: tuple[int, int] = (8, 8),
    bins: int = 256,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    return on_intensity(image, color, lambda plane, _: _clahe(plane, clip_limit, tiles, bins, mask))


def _clahe(
    plane: np.ndarray, clip_limit: float, tiles: tuple[int, int], bins: int, mask: np.ndarray | None
) -> np.ndarray:
    (h, w), (rows, columns), top = plane.shape, tiles, full_scale(plane.dtype)
    pad = [(0, 0), (0, 0)] if h % rows == 0 and w % columns == 0 else [(0, rows - h % rows), (0, columns - w % columns)]
    place = np.clip(plane.astype(np.float32) * np.float32((bins - 1) / top), 0, bins - 1)  # in bins
    binned = np.pad(np.rint(np.nan_to_num(place)).astype(int), pad, mode="reflect")
    valid = np.pad(~np.isnan(plane) & (True if mask is None else mask), pad, mode="reflect")
    th, tw = binned.shape[0] // rows, binned.shape[1] // columns
    tables = np.empty((rows, columns, bins), np.float32)
    for i in range(rows):
        for j in range(columns):
            tile = np.s_[i * th : (i + 1) * th, j * tw : (j + 1) * tw]
            counts = np.bincount(binned[tile][valid[tile]], minlength=bins)
            tables[i, j] = _clahe_table(counts, clip_limit) if counts.any() else np.arange(bins)
    bytewise = plane.dtype == np.uint8 and bins == 256
    if bytewise:
        tables = np.clip(np.rint(tables), 0, 255)

    def corners(size: int, tile: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        at = np.arange(size, dtype=np.float32) * (np.float32(1) / np.float32(tile)) - np.float32(0.5)
        first = np.floor(at).astype(int)
        return np.maximum(first, 0), np.minimum(first + 1, last), at - first.astype(np.float32)

    y0, y1, v = corners(h, th, rows - 1)
    x0, x1, u = corners(w, tw, columns - 1)
    v, u, one = v[:, None], u[None, :], np.float32(1)
    place = np.nan_to_num(place)
    k = np.rint(place).astype(int)  # the bin in which it was counted
    t = np.float32(0) if bytewise else place - k.astype(np.float32)
    steps = np.pad(np.diff(tables, axis=2), ((0, 0), (0, 0), (1, 1)), constant_values=np.inf)
    slopes = np.minimum(np.minimum(steps[:, :, 1:], steps[:, :, :-1]), np.float32(2 / 255 * (bins - 1)))

    def read(i: np.ndarray, j: np.ndarray) -> np.ndarray:
        at = i[:, None], j[None, :], k
        return tables[at] + t * slopes[at]

    mixed = (read(y0, x0) * (one - u) + read(y0, x1) * u) * (one - v) + (
        read(y1, x0) * (one - u) + read(y1, x1) * u
    ) * v
    mixed = np.clip(mixed, 0, bins - 1)
    return np.where(np.isnan(plane), plane, to_dtype(mixed if bytewise else mixed * (top / (bins - 1)), plane.dtype))


def _clahe_table(counts: np.ndarray, clip_limit: float) -> np.ndarray:
    n, bins = counts.sum(), counts.size
    if clip_limit > 0:
        clip = max(int(clip_limit * n / bins), 1)
        excess = np.maximum(counts - clip, 0).sum()
        counts = np.minimum(counts, clip) + excess // bins
        rest = excess % bins
        if rest:
            counts[:: max(bins // rest, 1)][:rest] += 1
    return np.cumsum(counts).astype(np.float32) * (np.float32(bins - 1) / np.float32(n))


# --- local statistics -------------------------------------------------------------------------------------------------


def _sums(plane: np.ndarray, mask: np.ndarray | None, radius: int, border: str, fill: float) -> Sequence[np.ndarray]:
    """Number, sum and n**2 times variance of the windows, and whether one holds a value that is not finite.

    Integers: exact.  Floats: two passes in the widest float there is."""
    kind: Any = np.int64 if plane.dtype.kind == "u" else np.longdouble
    number, spoilt = np.zeros(plane.shape, np.int64), np.zeros(plane.shape, bool)
    total, spread = np.zeros(plane.shape, kind), np.zeros(plane.shape, kind)
    shown = np.ones(plane.shape, bool) if mask is None else mask
    bad = windows(~np.isfinite(plane) & shown, radius, border, False)
    for y, (values, valid) in enumerate(each_row(plane, mask, radius, border, fill)):
        v = np.where(valid, values, 0).astype(kind)
        number[y], total[y], spoilt[y] = valid.sum(axis=1), v.sum(axis=1), bad[y].any(axis=(1, 2))
        if plane.dtype.kind == "u":
            spread[y] = number[y] * (v * v).sum(axis=1) - total[y] ** 2
        else:
            deviation = np.where(valid, v - (total[y] / np.maximum(number[y], 1))[:, None], 0)
            spread[y] = number[y] * (deviation**2).sum(axis=1)
    return number, total, spread, spoilt


def _statistic(image: np.ndarray, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    out = work(image) if image.ndim == 2 else np.stack([work(p) for p in np.moveaxis(image, -1, 0)], axis=2)
    return out.astype(np.float64 if image.dtype == np.float64 else np.float32)


def local_mean(
    image: np.ndarray, *, radius: int, border: str = "reflect", fill: float = 0.0, mask: np.ndarray | None = None
) -> np.ndarray:
    def work(plane: np.ndarray) -> np.ndarray:
        number, total, _, spoilt = _sums(plane, mask, radius, border, fill)
        return np.where((number == 0) | spoilt, np.nan, total / np.maximum(number, 1))

    return _statistic(image, work)


def local_std(
    image: np.ndarray, *, radius: int, border: str = "reflect", fill: float = 0.0, mask: np.ndarray | None = None
) -> np.ndarray:
    def work(plane: np.ndarray) -> np.ndarray:
        number, _, spread, spoilt = _sums(plane, mask, radius, border, fill)
        root = np.sqrt(spread.astype(np.longdouble)) / np.maximum(number, 1)
        return np.where((number == 0) | spoilt, np.nan, root)

    return _statistic(image, work)


def local_wiener(
    image: np.ndarray, *, radius: int, noise: Any = None, border: str = "reflect", fill: float = 0.0
) -> np.ndarray:
    def work(plane: np.ndarray, own: float | None) -> np.ndarray:
        number, total, spread, spoilt = _sums(plane, None, radius, border, fill)
        count = np.maximum(number, 1).astype(np.longdouble)
        m, v = total / count, spread / count**2
        n = v[~spoilt].mean() if own is None else np.longdouble(own * full_scale(plane.dtype)) ** 2
        if n == 0:
            return plane
        x = np.where(np.isfinite(plane), plane, 0).astype(np.longdouble)
        filtered = m + np.maximum(v - n, 0) / np.maximum(v, n) * (x - m)
        return to_dtype(np.where(spoilt, np.nan, filtered), plane.dtype)

    if image.ndim == 2:
        return work(image, noise)
    each = [noise] * image.shape[2] if np.ndim(noise) == 0 else noise
    return np.stack([work(p, n) for p, n in zip(np.moveaxis(image, -1, 0), each, strict=True)], axis=2)


def enhance_local_statistics(
    image: np.ndarray,
    *,
    gain: float = 4.0,
    k0: float = 0.4,
    k1: float = 0.02,
    k2: float = 0.4,
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    def chosen(plane: np.ndarray) -> np.ndarray:
        values = plane[counted(plane, mask)].astype(np.longdouble)
        if values.size == 0 or values.min() == values.max():
            return np.zeros(plane.shape, bool)
        mean, deviation = values.mean(), values.std()
        number, total, spread, spoilt = _sums(plane, mask, radius, border, fill)
        n = np.maximum(number, 1)
        m, s = total / n, np.sqrt(spread.astype(np.longdouble)) / n
        flat = (k1 * deviation <= s) & (s <= k2 * deviation)
        return (m <= k0 * mean) & flat & (number > 0) & ~spoilt

    def amplified(values: np.ndarray, where: np.ndarray) -> np.ndarray:
        kind = image.dtype.type if image.dtype.kind == "f" else np.float32
        return np.where(where, to_dtype(values.astype(kind) * kind(gain), image.dtype), values)

    if color == "luminance" and image.ndim == 3 and image.shape[2] == 3:
        return amplified(image, chosen(luma(image))[..., None])
    if image.ndim == 2:
        return amplified(image, chosen(image))
    return np.stack([amplified(p, chosen(p)) for p in np.moveaxis(image, -1, 0)], axis=2)
