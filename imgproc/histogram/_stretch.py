"""Contrast stretching between two quantiles."""

from __future__ import annotations

import numpy as np

from .._core.check import as_image, as_mask, color_mode, real
from .._core.declare import Case, Peer, declare
from .._core.jit import kernel
from .._core.lookup import look_up
from .._core.planes import on_intensity
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from ._count import count_levels

__all__ = ["stretch_contrast"]


@kernel
def _stretch(plane, low, high, out):
    for y in range(plane.shape[0]):
        for x in range(plane.shape[1]):
            v = (plane[y, x] - low) / (high - low)
            out[y, x] = v if v != v else min(max(v, out.dtype.type(0)), out.dtype.type(1))


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
    tables = [_table(counts, low, high) for counts in count_levels(image, mask)]
    return look_up(image, np.stack(tables).astype(image.dtype))


def _table(counts: np.ndarray, low: float, high: float) -> np.ndarray:
    levels, top = np.arange(counts.size), counts.size - 1
    cumulative = np.cumsum(counts)
    a, b = (_quantile(cumulative, q) for q in (low, high))
    if a == b:
        return levels
    return np.clip(np.rint((levels - a) * top / (b - a)), 0, top)


def _quantile(cumulative: np.ndarray, q: float) -> float:
    place = q * (int(cumulative[-1]) - 1)
    before = int(place)
    a, b = np.searchsorted(cumulative, [before, min(before + 1, int(cumulative[-1]) - 1)], side="right")
    return float(a + (b - a) * (place - before))


def _stretch_float(plane: np.ndarray, low: float, high: float, mask: np.ndarray | None) -> np.ndarray:
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

    def theirs(x: np.ndarray) -> np.ndarray:
        found = exposure.rescale_intensity(x, in_range=tuple(np.percentile(x, (2, 98))), out_range=(0, 255))
        return found.astype(x.dtype)

    return [
        Case(
            "stretch_contrast",
            "percentiles 2 and 98 to black and white",
            "grey",
            lambda x: stretch_contrast(x, low=0.02, high=0.98),
            {"skimage rescale_intensity": Peer(theirs, tolerance=1, note="with np.percentile; truncates")},
            first="imgproc.stretch_contrast(image)",
        )
    ]


declare(stretch_contrast, peers=_rows)
