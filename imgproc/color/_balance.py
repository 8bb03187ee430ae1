"""White balance: the colour of the light, estimated or known, taken out of an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core import elementary
from .._core.check import as_image, as_mask, one_of, real
from .._core.declare import Case, declare, versus
from .._core.formats import is_sequence
from .._core.jit import kernel
from .._core.opencv import load_cv2
from .._core.planes import LUMA_WEIGHTS, canonical, valid_pixels
from .._core.threads import run_bands
from .._scanline import pixel, run
from ..histogram import histogram
from ._illuminant import gains_at

__all__ = ["white_balance"]

METHODS = ("gray_world", "white_patch", "shades_of_gray")
GAMMA = 2.2


def white_balance(
    image: np.ndarray,
    *,
    method: str = "gray_world",
    illuminant: float | Sequence[float] | None = None,
    quantile: float = 0.99,
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Take the colour of the light out of an RGB image: what has it becomes grey of the same luma.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB.
    method : {"gray_world", "white_patch", "shades_of_gray"}
        How the colour of the light is estimated: as the mean of each channel, as the level at `quantile` of each
        channel, or in between, as the sixth root of the mean sixth power.
    illuminant : float or sequence of three floats, optional
        The light, in place of an estimate: its colour temperature in kelvin, 1000 to 25000 (daylight from 4000 on, a
        black body below; 6504 changes nothing); or its R, G, B, such as those of a grey card in the image.
    quantile : float
        Of ``"white_patch"``, in [0, 1]; 1 takes the brightest level, 0.99 ignores glints.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the estimate counts.  All pixels are balanced.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype: each channel times luma of the light / the light's level in this channel (times 1 where
        that level is 0).  Levels are taken as they are; the gains of a temperature, which hold for linear light, are
        taken to the power 1 / 2.2, what they amount to under the sRGB curve.  Integers are rounded half to even and
        saturated.  NaN stays and, like infinity, is not counted.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    See Also
    --------
    illuminant_gains : Light of a temperature.
    stretch_contrast : With ``color="per_channel"`` it balances black and white at once.

    Notes
    -----
    The whole image is one window where `illuminant` is not given.  Leave "no data" values out by `mask`.

    References
    ----------
    G. Buchsbaum, "A spatial processor model for object colour perception", J. Franklin Institute 310 (1980);
    G. Finlayson, E. Trezzi, "Shades of gray and colour constancy", Color Imaging Conference 2004.

    Examples
    --------
    >>> warm = np.array([[[200, 100, 50], [100, 50, 25]]], np.uint8)
    >>> white_balance(warm, method="gray_world")
    array([[[124, 124, 124],
            [ 62,  62,  62]]], dtype=uint8)
    """
    image = as_image(image, channels=(3,))
    one_of(method, "method", METHODS)
    quantile = real(quantile, "quantile", at_least=0, at_most=1)
    known = None if illuminant is None else _known(illuminant)
    mask = as_mask(mask, image)
    if known is None and image.size == 0:
        return image.copy()
    light = _estimate(image, mask, method, quantile) if known is None else known
    luma = sum(weight * level for weight, level in zip(LUMA_WEIGHTS, light, strict=True))
    return run(image, [pixel.affine(tuple(luma / level if level > 0 else 1.0 for level in light))])


def _known(illuminant: Any) -> tuple[float, ...]:
    """R, G, B of the light that the caller names."""
    if not is_sequence(illuminant):
        t = real(illuminant, "illuminant", at_least=1000, at_most=25000)
        return tuple(
            elementary.power(gain, 1 / GAMMA) for gain in gains_at(t, "daylight" if t >= 4000 else "blackbody")
        )
    if len(illuminant) != 3:
        raise ValueError(f"illuminant must be a temperature or three levels, got {len(illuminant)}")
    light = tuple(real(level, f"illuminant[{k}]", at_least=0) for k, level in enumerate(illuminant))
    if max(light) == 0:
        raise ValueError("illuminant must not be black, got (0, 0, 0)")
    return light


def _estimate(image: np.ndarray, mask: np.ndarray | None, method: str, quantile: float) -> tuple[float, ...]:
    """R, G, B of the light as the statistics of the channels have it."""
    if method == "white_patch":
        return _bright(image, mask, quantile)
    if method == "gray_world" and mask is None and image.dtype.kind == "u":
        return _means(image)
    sums = np.empty((image.shape[0], 6))
    rows = canonical(image).reshape(image.shape[0], 3 * image.shape[1])
    valid, sixth = valid_pixels(image, mask), method == "shades_of_gray"
    run_bands(lambda a, b: _sum_powers(rows[a:b], valid[a:b], sixth, sums[a:b]), rows.shape[0], pixels=valid.size)
    totals = sums.sum(axis=0)
    means = totals[:3] / np.maximum(totals[3:], 1)
    return tuple(elementary.power(mean, 1 / 6) if sixth else mean for mean in means.tolist())


_LINES = 1 << 14
"""Rows of 16 bits whose sums stay below 2**31."""


@kernel
def _add_up_columns(rows, sums, totals):
    """Sums of R, G and B, exactly: down the columns, which vectorises, and then along."""
    for x in range(sums.size):
        sums[x] = 0
    for y in range(rows.shape[0]):
        row = rows[y]
        for x in range(sums.size):
            sums[x] = np.int32(sums[x] + np.int32(row[x]))
    for x in range(sums.size // 3):
        for c in range(3):
            totals[c] += np.int64(sums[3 * x + c])


def _means(image: np.ndarray) -> tuple[float, ...]:
    rows = canonical(image).reshape(image.shape[0], 3 * image.shape[1])

    def band(y0: int, y1: int) -> np.ndarray:
        totals = np.zeros(3, np.int64)
        for y in range(y0, y1, _LINES):
            _add_up_columns(rows[y : min(y + _LINES, y1)], np.empty(rows.shape[1], np.int32), totals)
        return totals

    totals = sum(run_bands(band, rows.shape[0], pixels=image[..., 0].size))
    return tuple((totals / (image.shape[0] * image.shape[1])).tolist())


def _bright(image: np.ndarray, mask: np.ndarray | None, quantile: float) -> tuple[float, ...]:
    """The level of each channel with this share of pixels up to it."""
    if image.dtype.kind == "u":
        counts = histogram(image, mask=mask)
        return tuple(float(np.searchsorted(np.cumsum(n), max(quantile * n.sum(), 1))) for n in counts)
    pixels = image.reshape(-1, 3) if mask is None else image[mask]
    found = []
    for k in range(3):
        values = pixels[:, k][np.isfinite(pixels[:, k])]
        found.append(float(np.quantile(values, quantile, method="inverted_cdf")) if values.size else 0.0)
    return tuple(found)


@kernel(inner=True)
def _counted(v, valid, sixth):
    """What a level adds to the sum and to the count: nothing where it is left out, NaN or infinite."""
    v = np.float64(v)
    part = 1.0 if valid and v - v == 0.0 else 0.0
    v = v if part > 0.0 and v > 0.0 else 0.0
    cube = v * v * v
    return (cube * cube if sixth else v), part


@kernel
def _sum_powers(rows, valid, sixth, sums):
    """For each row, the sums of a channel's levels, or of their sixth powers, and how many are counted."""
    for y in range(rows.shape[0]):
        row, counted = rows[y], valid[y]
        a = b = c = m = n = o = 0.0
        for x in range(counted.size):
            v, part = _counted(row[3 * x], counted[x], sixth)
            a, m = a + v, m + part
            v, part = _counted(row[3 * x + 1], counted[x], sixth)
            b, n = b + v, n + part
            v, part = _counted(row[3 * x + 2], counted[x], sixth)
            c, o = c + v, o + part
        total = sums[y]
        total[0], total[1], total[2], total[3], total[4], total[5] = a, b, c, m, n, o


def _rows() -> list[Case]:
    cv2 = load_cv2()

    def theirs(x: np.ndarray) -> np.ndarray:
        means = np.array(cv2.mean(x)[:3])
        return cv2.multiply(x, (*(0.299 * means[0] + 0.587 * means[1] + 0.114 * means[2]) / means, 1.0))

    return [versus("white_balance", "RGB", white_balance, "cv2 mean, multiply", theirs, tolerance=1, what="grey world")]


declare(white_balance, peers=_rows)
