"""Histogram matching, and the references that an image can be matched to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core.check import as_image, as_mask, color_mode
from .._core.declare import Case, Peer, declare
from .._core.formats import channels_of
from .._core.jit import kernel
from .._core.lookup import look_up
from .._core.planes import canonical, full_scale, luma, on_intensity, valid_pixels
from .._core.unit_range import is_beyond_unit, must_be_unit
from ._count import count_levels
from ._distribution import Distribution

__all__ = ["match_histogram"]

Reference = np.ndarray | Callable[[np.ndarray], Any] | Sequence[Any]

_DENSITY_TOTAL = 1 << 30
"""Densities are turned into this many counts, so that all matching is integer arithmetic."""


@kernel
def nearest_levels(cumulative, counts, totals, out):
    """For each share s = counts/totals the occupied level z whose cumulative share G(z) is nearest, the lower of a tie.

    Compares |G(z) - s| as integers: exact below 2**63 / (pixels of the image * pixels of the reference).  One total may
    serve all counts.
    """
    levels = cumulative.size
    whole = cumulative[levels - 1]
    for i in range(counts.size):
        total = totals[min(i, totals.size - 1)]
        target = counts[i] * whole
        low, high = 0, levels - 1  # the first level with G(z) >= s
        while low < high:
            middle = (low + high) // 2
            if cumulative[middle] * total >= target:
                high = middle
            else:
                low = middle + 1
        above = cumulative[low] * total - target
        under = cumulative[low - 1] if low > 0 else 0
        if under > 0 and target - under * total <= above:
            low, high = 0, low  # the first level with that same G(z)
            while low < high:
                middle = (low + high) // 2
                if cumulative[middle] >= under:
                    high = middle
                else:
                    low = middle + 1
        elif cumulative[low] == 0:  # s = 0: the lowest occupied level
            while cumulative[low] == 0:
                low += 1
        out[i] = low


@dataclass
class Target:
    """The distribution that one plane is to get: cumulative counts of levels, or knots (share, value) for float."""

    cumulative: np.ndarray | None
    knots: tuple[np.ndarray, np.ndarray] | None
    dtype: np.dtype

    def at(self, counts: np.ndarray, totals: np.ndarray | np.integer) -> np.ndarray:
        """The value whose share of the reference is nearest counts/totals (float: linear between knots)."""
        if self.knots is not None:
            return np.interp(counts / totals, *self.knots).astype(self.dtype)
        assert self.cumulative is not None
        out = np.empty(counts.shape, self.dtype)
        flat = [canonical(np.asarray(a, np.int64).reshape(-1)) for a in (counts, totals)]
        nearest_levels(canonical(self.cumulative), *flat, out.reshape(-1))
        return out

    @property
    def median(self) -> Any:
        """Where a constant image goes."""
        if self.knots is not None:
            return self.dtype.type(np.interp(0.5, *self.knots))
        assert self.cumulative is not None
        return self.dtype.type(np.searchsorted(self.cumulative * 2, self.cumulative[-1]))


def must_be_in_one_unit(image: np.ndarray, reference: Any, mask: np.ndarray | None, *, who: str) -> None:
    """Refuse an image in units of its own if the luma that is added to its channels is not in these units."""
    own = isinstance(reference, np.ndarray) and reference.ndim > 1 and reference.dtype.kind == "f"
    if not (own and is_beyond_unit(reference)):
        must_be_unit(image, who=who, mask=mask)
    elif not is_beyond_unit(image, mask):
        must_be_unit(reference, "reference", who=who)


def match_histogram(
    image: np.ndarray,
    reference: Reference,
    *,
    color: str = "per_channel",
    mask: np.ndarray | None = None,
    reference_mask: np.ndarray | None = None,
) -> np.ndarray:
    """Give the image the distribution of levels of a reference.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    reference : ndarray, callable, or sequence
        What the result should be distributed like:

        * an image of any size and supported dtype, with as many channels (levels are compared as fractions of full
          scale);
        * a 1-D array: a histogram or density over equal bins of [0, 1] (256 of them count the levels of an 8-bit
          image, as `histogram` returns);
        * a callable: a density on [0, 1], called with an array of levels;
        * a list or tuple with one such array or callable a channel (a 1-D array or callable alone serves all).
    color : {"per_channel", "luminance"}
        For RGB: match each channel, or match luma to the reference's luma and add its change to R, G and B.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the image's histogram counts.  The mapping is applied to all pixels.
    reference_mask : ndarray of bool, shape of the reference, optional
        Which pixels of a reference image count.

    Returns
    -------
    ndarray
        Shape and dtype of `image`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind; if channels or sizes do not fit; if a histogram or density is negative, not
        finite or zero everywhere, or for ``color="luminance"`` floats are clearly not levels from 0 to 1 (see
        `to_uint8`).

    Notes
    -----
    The whole image is one window: each pixel counts, as one among all, however far its level lies from the others.

    Integer images follow the textbook rule [1]_: level k with share s = C(k) / N becomes the level z whose cumulative
    share G(z) is nearest s, the lower one of a tie.  Shares are compared exactly, without rounding them to levels
    first, and only levels that the reference has take part (the literal rule would also choose empty levels below its
    lowest).  Float images go through the inverse of the reference's cumulative function, linear between its values.
    An image or channel with a single level becomes the reference's median.  NaN stays and is not counted, infinity is
    not counted and goes to the end of the reference's range.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 3.3, "Histogram matching".

    Examples
    --------
    >>> match_histogram(np.array([[0, 1, 2]], np.uint8), np.array([[50, 60, 70]], np.uint8))
    array([[50, 60, 70]], dtype=uint8)
    """
    image = as_image(image)
    mask = as_mask(mask, image)
    color = color_mode(color, image)
    if color == "luminance":
        must_be_in_one_unit(image, reference, mask, who="match_histogram of luminance")
    targets = reference_targets(reference, image, color, reference_mask)
    if image.size == 0:
        return image.copy()
    if image.dtype.kind == "f":
        valid = valid_pixels(image, mask)
        pending = iter(targets)
        return on_intensity(image, color, lambda plane: _match_float(plane, valid, next(pending)))
    if color == "luminance":
        return on_intensity(image, color, lambda plane: _match_levels(plane, mask, targets))
    return _match_levels(image, mask, targets)


def _match_levels(image: np.ndarray, mask: np.ndarray | None, targets: list[Target]) -> np.ndarray:
    counts = count_levels(image, mask)
    tables = np.empty(counts.shape, image.dtype)
    n = counts[0].sum()
    for cumulative, count, target, table in zip(np.cumsum(counts, axis=1), counts, targets, tables):
        table[:] = target.median if count.max() == n else target.at(cumulative, n)
    return look_up(image, tables)


def _match_float(plane: np.ndarray, valid: np.ndarray, target: Target) -> np.ndarray:
    d = Distribution.of(plane, valid)
    if d.constant:
        return np.where(np.isnan(plane), plane, target.median)
    n = np.int64(d.n)
    return d.apply(plane, *(target.at(upto, n) for upto in (d.upto_smallest, d.upto_largest, d.between)))


def reference_targets(reference: Any, image: np.ndarray, color: str, reference_mask: Any) -> list[Target]:
    """One `Target` for each plane that `on_intensity` or `_match_levels` works on."""
    planes = 1 if color == "luminance" else channels_of(image)
    if isinstance(reference, np.ndarray) and reference.ndim != 1:
        return _from_image(reference, image, color, reference_mask)
    if reference_mask is not None:
        raise ValueError("reference_mask must be None unless reference is an image")
    if isinstance(reference, (list, tuple)) and reference and not np.isscalar(reference[0]):
        if len(reference) != planes:
            raise ValueError(f"reference must hold one distribution for each of {planes} planes, got {len(reference)}")
        return [_from_density(r, image.dtype, f"reference[{i}]") for i, r in enumerate(reference)]
    return [_from_density(reference, image.dtype, "reference")] * planes


def _from_image(reference: Any, image: np.ndarray, color: str, mask: Any) -> list[Target]:
    reference = as_image(reference, "reference")
    mask = as_mask(mask, reference, "reference_mask", "reference")
    if reference.size == 0:
        raise ValueError(f"reference must not be empty, got shape {reference.shape}")
    channels = [channels_of(a) for a in (image, reference)]
    if channels[0] != channels[1]:
        raise ValueError(f"reference must have as many channels as image, {channels[0]}, got {channels[1]}")
    if color == "luminance":
        reference = luma(reference)
    if image.dtype.kind == "u":
        counts = count_levels(_to_levels(reference, image.dtype, mask), mask)
        return [Target(c, None, image.dtype) for c in np.cumsum(counts, axis=1)]
    if reference.dtype.kind == "u":
        value = np.arange(full_scale(reference.dtype) + 1) / full_scale(reference.dtype)
        return [Target(None, _knots(c, value), image.dtype) for c in count_levels(reference, mask)]
    valid = valid_pixels(reference, mask)
    each = [reference] if reference.ndim == 2 else [reference[:, :, c] for c in range(reference.shape[2])]
    found = [Distribution.of(canonical(p), valid) for p in each]
    if any(d.n == 0 for d in found):
        raise ValueError("reference must hold a finite pixel in each channel, got none")
    return [Target(None, d.quantiles(), image.dtype) for d in found]


def _to_levels(reference: np.ndarray, dtype: np.dtype, mask: np.ndarray | None) -> np.ndarray:
    if reference.dtype == dtype:
        return reference
    if reference.dtype.kind == "f" and not np.isfinite(reference if mask is None else reference[mask]).all():
        raise ValueError("reference must be finite to match an integer image, got NaN or infinity: use reference_mask")
    scaled = np.nan_to_num(reference) * (full_scale(dtype) / full_scale(reference.dtype))
    return np.clip(np.rint(scaled), 0, full_scale(dtype)).astype(dtype)


def _from_density(density: Any, dtype: np.dtype, name: str) -> Target:
    levels = full_scale(dtype) + 1 if dtype.kind == "u" else 1 << 16
    value = np.arange(levels) / (levels - 1)
    weights = density(value) if callable(density) else density
    try:
        weights = np.asarray(weights, np.float64)
    except OverflowError:
        raise ValueError(f"{name} must be finite, got an integer beyond the floats") from None
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be an image, a histogram or a callable, got {type(density).__name__}") from None
    if callable(density) and weights.ndim == 0:
        weights = np.full(levels, float(weights))
    if weights.ndim != 1 or weights.size == 0 or (callable(density) and weights.size != levels):
        raise ValueError(f"{name} must give a 1-D histogram or density, got shape {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() == 0:
        raise ValueError(f"{name} must be finite, non-negative and not zero everywhere")
    if weights.size != levels:  # bins of [0, 1], with the density flat inside each
        share = np.concatenate([[0.0], np.cumsum(weights)])
        weights = np.diff(np.interp(np.linspace(0, 1, levels + 1), np.linspace(0, 1, share.size), share))
    if dtype.kind == "u":
        if (weights % 1).any() or weights.sum() > _DENSITY_TOTAL:  # else these are counts already
            weights = np.cumsum(weights) * (_DENSITY_TOTAL / weights.sum())
            return Target(np.rint(weights).astype(np.int64), None, dtype)
        return Target(np.cumsum(weights.astype(np.int64)), None, dtype)
    return Target(None, _knots(weights, value), dtype)


def _knots(weights: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    occupied = np.flatnonzero(weights)
    return np.cumsum(weights[occupied]) / weights.sum(), value[occupied]


def _rows() -> list[Case]:
    from skimage import exposure

    return [
        Case(
            "match_histogram",
            "histogram of another photo",
            "RGB",
            lambda x, other: match_histogram(x, other),
            {
                "skimage match_histograms": Peer(
                    lambda x, other: exposure.match_histograms(x, other, channel_axis=-1),
                    limit=1 / 10,
                    note="interpolates between levels and truncates",
                )
            },
            first="imgproc.match_histogram(image, image)",
            beside="RGB reference",
            default=True,
        )
    ]


declare(match_histogram, peers=_rows)
