"""Equalization and matching of each pixel by the histogram of its own window."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image, as_mask, border_name, color_mode, radius_within
from .._core.declare import Case, Peer, declare, levels_inside
from .._core.jit import kernel
from .._core.levels import fill_level
from .._core.planes import canonical, full_scale, on_intensity
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from ._match import Target, must_be_in_one_unit, reference_targets
from ._ranks import CONSTANT, LEAVE, window_ranks

__all__ = ["equalize_histogram_local", "match_histogram_local"]


@kernel
def _look_up_ranks(plane, ranks, table, uniform, out):
    # `table` holds a result for each rank; `uniform` (none: keep) the one of a window of equal pixels.
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            rank = ranks[y, x]
            if rank >= 0:
                out[y, x] = table[rank]
            elif rank == CONSTANT and uniform.size > 0:
                out[y, x] = uniform[0]
            else:
                out[y, x] = plane[y, x]


def equalize_histogram_local(
    image: np.ndarray,
    *,
    radius: int,
    border: str = "reflect",
    fill: float = 0.0,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Equalize each pixel by the histogram of its neighbourhood.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.  Each window has the same number of pixels.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    color : {"luminance", "per_channel"}
        For RGB: on luma, whose change is added to R, G and B, or on each channel.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the windows count.  Every pixel is mapped; one whose window counts none is left as it is.

    Returns
    -------
    ndarray
        Same shape and dtype.  s = (L - 1) #{window values <= f} / #window, rounded half to even, where L - 1 is 255,
        65535 or 1: exact for every dtype.  A pixel whose window holds that one value only is left as it is, so flat
        areas stay what they are.  NaN and infinity stay and are not counted.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`) where their luma is replaced.

    Notes
    -----
    For uint8 the cost of a pixel does not depend on `radius`: two-tier column histograms [2]_.  Other dtypes enter the
    pixels in ascending order into a tree of counts, whose cost grows with the logarithm of the window; where the window
    is not small beside the image, the extended border adds its pixels.

    References
    ----------
    .. [1] R. C. Gonzalez, R. E. Woods, "Digital Image Processing", 4th ed., 2018, section 3.3, "Local histogram
       processing".
    .. [2] S. Perreault, P. Hébert, "Median filtering in constant time", IEEE Trans. Image Processing 16(9), 2007.

    Examples
    --------
    >>> flat = np.array([[10, 11] * 8] * 16, np.uint8)
    >>> int(np.ptp(equalize_histogram_local(flat, radius=3))) > int(np.ptp(flat))
    True
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    border_name(border)
    fill = fill_level(fill, image)
    color = color_mode(color, image)
    mask = as_mask(mask, image)
    if color == "luminance":  # the luma that is added to the channels is from 0 to 1
        must_be_unit(image, who="equalize_histogram_local of luminance", mask=mask)
    if image.size == 0:
        return image.copy()
    top = full_scale(image.dtype)

    def share(ranks: np.ndarray, totals: np.ndarray) -> np.ndarray:
        s = ranks * np.float64(top) / totals
        return (np.rint(s) if top > 1 else s).astype(image.dtype)

    uniform = np.empty(0, image.dtype)

    def work(plane: np.ndarray) -> np.ndarray:
        return _map_ranks(plane, *window_ranks(plane, mask, radius, border, fill), radius, share, uniform)

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
    """Give the neighbourhood of each pixel the distribution of levels of a reference.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    reference : ndarray, callable, or sequence
        An image, a histogram, a density, or one of these a channel, as for `match_histogram`.  The whole reference
        counts for every window.
    radius : int
        The window is (2 radius + 1) square, in pixels; at most the image's longer side,
        and less for a long, thin image.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the window sees outside the image, see `imgproc.pad`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    color : {"per_channel", "luminance"}
        For RGB: match each channel, or luma, whose change is added to R, G and B.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the windows count.  Every pixel is mapped; one whose window counts none is left as it is.
    reference_mask : ndarray of bool, shape of the reference, optional
        Which pixels of a reference image count.

    Returns
    -------
    ndarray
        Shape and dtype of `image`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind; if channels or sizes do not fit, or for ``color="luminance"`` floats are
        clearly not levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    There is no textbook for this; it is defined as the neighbourhood form of matching.  With the share
    s = #{window values <= f} / #window, the pixel becomes z = G^-1(s), where G is the reference's cumulative function
    and G^-1 the rule of `match_histogram`: for integer images the level that the reference has whose G(z) is nearest
    s, the lower one of a tie, exactly; for float linear between the reference's values.  With a flat density it is
    `equalize_histogram_local` but for rounding and for windows of a single value, which become the reference's median.
    NaN and infinity stay and are not counted.  The cost is that of `equalize_histogram_local`.

    Examples
    --------
    >>> match_histogram_local(image, image[::-1], radius=8).shape
    (96, 128, 3)
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    border_name(border)
    fill = fill_level(fill, image)
    color = color_mode(color, image)
    mask = as_mask(mask, image)
    if color == "luminance":
        must_be_in_one_unit(image, reference, mask, who="match_histogram_local of luminance")
    targets = reference_targets(reference, image, color, reference_mask)
    if image.size == 0:
        return image.copy()
    pending = iter(targets)

    def work(plane: np.ndarray) -> np.ndarray:
        target: Target = next(pending)
        uniform = np.array([target.median], image.dtype)
        return _map_ranks(plane, *window_ranks(plane, mask, radius, border, fill), radius, target.at, uniform)

    return on_intensity(image, color, work)


def _map_ranks(
    plane: np.ndarray,
    ranks: np.ndarray,
    populations: np.ndarray | None,
    radius: int,
    rule: Any,
    uniform: np.ndarray,
) -> np.ndarray:
    """Turn ranks into values by ``rule(ranks, totals)``: one table where all windows count alike, else each pixel."""
    out = np.empty(plane.shape, plane.dtype)
    if populations is None:
        total = (2 * radius + 1) ** 2
        table = canonical(rule(np.arange(total + 1), np.int64(total)))
        kept = canonical(uniform)
        run_bands(
            lambda a, b: _look_up_ranks(plane[a:b], ranks[a:b], table, kept, out[a:b]), out.shape[0], pixels=out.size
        )
        return out

    def band(a: int, b: int) -> None:
        r, n = ranks[a:b], populations[a:b]
        mapped = rule(np.maximum(r, 0), np.maximum(n, 1))
        special = uniform[0] if uniform.size else plane[a:b]
        out[a:b] = np.where(r >= 0, mapped, np.where(r == LEAVE, plane[a:b], special))

    run_bands(band, out.shape[0], pixels=out.size, rows=64)
    return out


def _rows() -> list[Case]:
    from skimage.filters import rank

    return [
        Case(
            "equalize_histogram_local, radius 15",
            "histogram equalization in windows of 31×31",
            "grey",
            lambda x: equalize_histogram_local(x, radius=15),
            {
                "skimage rank.equalize": Peer(
                    lambda x: rank.equalize(x, np.ones((31, 31), np.uint8)),
                    limit=1 / 5,
                    tolerance=1,
                    difference=levels_inside(15),
                    note="compared off the border, where it crops its window; truncates",
                )
            },
            first="imgproc.equalize_histogram_local(image, radius=15)",
        ),
        Case(
            "equalize_histogram_local, radius 60",
            "histogram equalization in windows of 121×121",
            "grey",
            lambda x: equalize_histogram_local(x, radius=min(60, len(x))),
            {
                "ours, radius 15": Peer(
                    lambda x: equalize_histogram_local(x, radius=15),
                    limit=1.2,
                    difference=None,
                    note="the cost must not depend on the radius",
                )
            },
        ),
    ]


declare(equalize_histogram_local, peers=_rows)
declare(match_histogram_local, no_peer="no other library has it; equalize_histogram_local does the same work")
