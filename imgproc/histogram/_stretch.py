"""Contrast stretching between two quantiles."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_mask, color_mode, real
from .._core.declare import Case, Peer, declare
from .._core.jit import kernel
from .._core.lookup import look_up
from .._core.opencv import load_cv2
from .._core.planes import canonical, on_intensity
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from .._scanline.counted import counted
from ._count import count_levels

__all__ = ["stretch_contrast"]


@kernel
def _stretch(plane, low, high, out):
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            v = (plane[y, x] - low) / (high - low)
            out[y, x] = v if v != v else min(max(v, out.dtype.type(0)), out.dtype.type(1))


@kernel
def _stretch_words(values, low, spread, out):
    """Levels of 16 bits from `low` to ``low + spread`` over the full scale, rounded half to even.

    The nearest level in float32 is off by one at most; the rest of the division, which is exact, says where.
    """
    share, low, spread = np.float32(65535.0 / spread), np.int32(low), np.int32(spread)
    for i in range(out.size):
        above = np.int32(np.int32(values[i]) - low)
        near = np.int32(np.rint(np.float32(above) * share))
        rest = np.int32(np.int32(above * np.int32(65535)) - np.int32(near * spread))
        twice = np.int32(rest + rest)
        odd = np.int32(near & np.int32(1))
        near += np.int32((twice > spread) | ((twice == spread) & (odd == 1)))
        near -= np.int32((twice < -spread) | ((twice == -spread) & (odd == 1)))
        out[i] = near


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
    ends = [(int(plane.min()), int(plane.max())) for plane in planes]
    if image.dtype == np.uint8:
        return look_up(image, np.stack([_line(256, a, b) for a, b in ends]).astype(np.uint8))
    parts = [
        _stretched_words(plane, *end) if end[0] < end[1] else plane for plane, end in zip(planes, ends, strict=True)
    ]
    if image.ndim == 3:
        return np.stack(parts, axis=2)
    return parts[0] if parts[0] is not image else image.copy()


def _stretched_words(values: np.ndarray, low: int, high: int) -> np.ndarray:
    out, source, w = np.empty(values.shape, values.dtype), canonical(values).reshape(-1), values.shape[1]
    flat = out.reshape(-1)

    def band(y0: int, y1: int) -> None:
        _stretch_words(source[y0 * w : y1 * w], low, high - low, flat[y0 * w : y1 * w])

    run_bands(band, len(values), pixels=values.size)
    return out


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
    a = b = np.nan
    if mask is None and (low, high) == (0.0, 1.0):
        a, b = plane.min(), plane.max()
    if not (np.isfinite(a) and np.isfinite(b)):
        finite = np.isfinite(plane)
        values = plane[finite if mask is None else finite & mask]
        if values.size == 0:
            return plane.copy()
        a, b = np.quantile(values, [low, high], overwrite_input=True).astype(plane.dtype)
    if a == b:
        return plane.copy()
    out = np.empty(plane.shape, plane.dtype)
    run_bands(lambda y0, y1: _stretch(plane[y0:y1], a, b, out[y0:y1]), plane.shape[0], pixels=plane.size)
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

    ends = {
        kind: {
            "cv2.normalize": Peer(lambda x, top=top: cv2.normalize(x, None, 0, top, cv2.NORM_MINMAX), tolerance=apart)
        }
        for kind, top, apart in (("grey", 255, 1), ("grey float", 1, 1e-6))
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
            )
            for kind, p in ends.items()
        ),
    ]


declare(stretch_contrast, peers=_rows)
