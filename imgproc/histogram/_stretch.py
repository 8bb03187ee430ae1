"""Contrast stretching between two quantiles."""

from __future__ import annotations

import math

import numpy as np

from .._core.check import as_image, as_mask, color_mode, real
from .._core.declare import Case, Peer, declare
from .._core.jit import kernel
from .._core.levelwise import level_ends, spread_over
from .._core.lookup import look_up
from .._core.opencv import load_cv2
from .._core.planes import canonical, full_scale, on_intensity
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from .._scanline.counted import counted
from ._count import count_levels

__all__ = ["stretch_contrast"]


@kernel
def _stretch(values, low, high, out):
    zero, one, width = out.dtype.type(0), out.dtype.type(1), high - low
    for i in range(out.size):
        v = (values[i] - low) / width
        v = zero if v <= zero else v
        out[i] = one if v > one else v


def stretch_contrast(
    image: np.ndarray,
    *,
    low: float = 0.0,
    high: float = 1.0,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Stretch the levels between two quantiles over the full scale.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    low, high : float
        Quantiles in [0, 1], low < high: the level with this share of pixels below it becomes 0, or full scale.  0.01
        and 0.99 ignore the darkest and the brightest percent; the default takes the minimum and the maximum.
    color : {"luminance", "per_channel"}
        For RGB: stretch luma and add its change to R, G and B, or stretch each channel by itself, which also balances
        them.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the quantiles count.  The mapping is applied to all pixels.

    Returns
    -------
    ndarray
        Same shape and dtype; (v - v_low) / (v_high - v_low) of full scale, cut off at its ends and rounded half to
        even.  Quantiles are interpolated linearly, as by `numpy.quantile`.  Luma or a channel whose two quantiles are
        equal is left as it is.  NaN stays and, like infinity, is not counted.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, outside [0, 1], or ``low >= high``,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`) where their luma is replaced.

    Notes
    -----
    The whole image is one window.  With the default quantiles one "no data" value is the minimum or the maximum, and
    so spoils the picture: leave it out by `mask`, or use quantiles inside.

    Examples
    --------
    >>> stretch_contrast(np.array([[50, 100, 150]], np.uint8))
    array([[  0, 128, 255]], dtype=uint8)
    """
    image = as_image(image)
    low = real(low, "low", at_least=0, at_most=1)
    high = real(high, "high", at_least=0, at_most=1)
    if low >= high:
        raise ValueError(f"low must be < high, got low={low}, high={high}")
    color = color_mode(color, image)
    mask = as_mask(mask, image)
    if color == "luminance":  # the luma that is added to the channels is from 0 to 1
        must_be_unit(image, who="stretch_contrast of luminance", mask=mask)
    if image.size == 0:
        return image.copy()
    if image.dtype.kind == "f":
        return on_intensity(image, color, lambda plane: _stretch_float(plane, low, high, mask))
    if color == "luminance":
        return on_intensity(image, color, lambda plane: _stretch_levels(plane, low, high, mask))
    return _stretch_levels(image, low, high, mask)


def _stretch_levels(image: np.ndarray, low: float, high: float, mask: np.ndarray | None) -> np.ndarray:
    if mask is None and (low, high) == (0.0, 1.0):
        return _stretch_ends(image)
    tables = [_table(counts, low, high) for counts in count_levels(image, mask)]
    return look_up(image, np.stack(tables).astype(image.dtype))


def _stretch_ends(image: np.ndarray) -> np.ndarray:
    """From the lowest to the highest level, which need no histogram."""
    planes = [image] if image.ndim == 2 else [image[..., c] for c in range(image.shape[2])]
    ends = [level_ends(plane) for plane in planes]
    if all(low == high or (low, high) == (0, full_scale(image.dtype)) for low, high in ends):
        return image.copy()
    if image.dtype == np.uint8:
        tables = np.empty((len(planes), 256), np.uint8)
        for table, (low, high) in zip(tables, ends, strict=True):
            _fill(BYTES, int(low), int(high), table)
        return look_up(image, tables)
    parts = [np.empty(plane.shape, plane.dtype) for plane in planes]
    for plane, part, (low, high) in zip(planes, parts, ends, strict=True):
        _fill(plane, int(low), int(high), part)
    return np.stack(parts, axis=2) if image.ndim == 3 else parts[0]


BYTES = np.arange(256, dtype=np.uint8)


def _fill(levels: np.ndarray, low: int, high: int, out: np.ndarray) -> None:
    """Levels as they are if both ends are equal."""
    if low == high:
        out[...] = levels
    else:
        spread_over(levels, low, high, out)


def _table(counts: np.ndarray, low: float, high: float) -> np.ndarray:
    cumulative = np.cumsum(counts)
    a, b = (_quantile(cumulative, q) for q in (low, high))
    return _line(counts.size, a, b)


def _line(size: int, a: float, b: float) -> np.ndarray:
    """The table that sends a to 0 and b to full scale; all levels as they are if both are equal."""
    levels, top = np.arange(size), size - 1
    if a == b:
        return levels
    return np.clip(np.rint((levels - a) * top / (b - a)), 0, top)


def _quantile(cumulative: np.ndarray, q: float) -> float:
    place = q * (int(cumulative[-1]) - 1)
    before = int(place)
    a, b = np.searchsorted(cumulative, [before, min(before + 1, int(cumulative[-1]) - 1)], side="right")
    return float(a + (b - a) * (place - before))


@kernel(inner=True)
def _quantile_of_bytes(counts, q):
    """`_quantile` of 256 counts."""
    n = np.int64(0)
    for k in range(256):
        n += counts[k]
    place = q * np.float64(n - 1)
    before = np.int64(place)
    after, upto, a, b = min(before + 1, n - 1), np.int64(0), -1, -1
    for k in range(256):
        upto += counts[k]
        a = k if a < 0 and upto > before else a
        b = k if b < 0 and upto > after else b
    return np.float64(a) + np.float64(b - a) * (place - np.float64(before))


@kernel(inner=True)
def _stretch_bytes(counts, params, table):
    """`_table` for 256 levels; the parameters are two quantiles."""
    a, b = _quantile_of_bytes(counts, params[0]), _quantile_of_bytes(counts, params[1])
    for k in range(256):
        if a == b:
            table[k] = k
        else:
            v = np.rint((np.float64(k) - a) * 255.0 / (b - a))
            table[k] = np.int32(min(max(v, 0.0), 255.0))


STRETCH = counted("stretch", _stretch_bytes)


def _stretch_float(plane: np.ndarray, low: float, high: float, mask: np.ndarray | None) -> np.ndarray:
    a = b = math.nan
    if mask is None and (low, high) == (0.0, 1.0):
        a, b = level_ends(plane)
    if not (math.isfinite(a) and math.isfinite(b)):
        finite = np.isfinite(plane)
        values = plane[finite if mask is None else finite & mask]
        if values.size == 0:
            return plane.copy()
        a, b = np.quantile(values, [low, high], overwrite_input=True).tolist()
    a, b = plane.dtype.type(a), plane.dtype.type(b)
    if a == b:
        return plane.copy()
    out, w = np.empty(plane.shape, plane.dtype), plane.shape[1]
    values, flat = canonical(plane).reshape(-1), out.reshape(-1)
    run_bands(lambda y0, y1: _stretch(values[y0 * w : y1 * w], a, b, flat[y0 * w : y1 * w]), len(out), pixels=out.size)
    return out


def _rows() -> list[Case]:
    from skimage import exposure

    cv2 = load_cv2()

    def theirs(x: np.ndarray) -> np.ndarray:
        found = exposure.rescale_intensity(x, in_range=tuple(np.percentile(x, (2, 98))), out_range=(0, 255))
        return found.astype(x.dtype)

    def by_cv2(x: np.ndarray) -> np.ndarray:
        shares = cv2.calcHist([x], [0], None, [256], [0, 256]).ravel().cumsum() / x.size
        a, b = np.searchsorted(shares, [0.02, 0.98])
        return cv2.LUT(x, np.clip(np.rint((np.arange(256) - a) * (255 / (b - a))), 0, 255).astype(np.uint8))

    def exact(x: np.ndarray) -> np.ndarray:
        share = (x - np.float64(x.min())) / (np.float64(x.max()) - x.min())
        return share if x.dtype.kind == "f" else np.rint(share * 255)

    ends = {
        kind: {
            "cv2.normalize": Peer(
                lambda x, top=top: cv2.normalize(x, None, 0, top, cv2.NORM_MINMAX), tolerance=apart, note=note
            )
        }
        for kind, top, apart, note in (
            ("grey", 255, 1, "it copies an image whose levels have both ends, and so does ours"),
            ("grey float", 1, 1e-6, "ours divides, so that black and white are exact; theirs multiplies and adds"),
        )
    }
    return [
        Case(
            "stretch_contrast",
            "percentiles 2 and 98 to black and white",
            "grey",
            lambda x: stretch_contrast(x, low=0.02, high=0.98),
            {
                "cv2.calcHist and cv2.LUT": Peer(by_cv2, 1.0, 2),
                "skimage rescale_intensity": Peer(theirs, tolerance=1, note="with np.percentile; truncates"),
            },
            first="imgproc.stretch_contrast(image)",
        ),
        *(
            Case(
                f"stretch_contrast, ends, {kind}",
                "the darkest level black, the brightest white",
                kind,
                stretch_contrast,
                p,
                reference=exact,
            )
            for kind, p in ends.items()
        ),
    ]


declare(stretch_contrast, peers=_rows)
