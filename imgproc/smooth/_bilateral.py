"""Bilateral filter: a mean that counts what is near and alike.

On request on a sparse grid, `_lattice`, whose cost does not grow with the window; else
brute force over the disc of neighbours, exact, a row at a time: for each offset the differences of a whole row, their
weights, and the weighted sums are contiguous and vectorise, the exponential too.  No tables: a polynomial for the
fraction of a power of two, and the exponent put in place by its bits, are faster than looking up.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core import elementary
from .._core.check import as_image, border_name, one_of, positive, radius_within
from .._core.declare import Case, Peer, declare
from .._core.formats import ROUNDING, channels_of, work_dtype
from .._core.jit import borrowed, kernel
from .._core.levels import SPREAD, fraction
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .._core.usual import some_values
from ._common import with_frame, within_floats
from ._lattice import Lattice
from ._planes import planes_of, store_planes

__all__ = ["bilateral_filter", "joint_bilateral_filter"]

METHODS = ("exact", "grid")

_ROWS = 64  # of a band, which is taken apart into planes by itself

_NEAR = 4096.0

LOWEST = -100.0
"""Weights end at this power of two; NaN weighs as little, and above 0, so that a sum of weights is never 0."""


@kernel(inner=True)
def power_of_two(t, double):
    """2**t for t <= 0, to 3e-7 of itself in float32, from 2**-100 on."""
    if double is not None:
        return elementary.exp((t if t > LOWEST else LOWEST) * 0.6931471805599453)
    t = t if t > np.float32(LOWEST) else np.float32(LOWEST)
    whole = np.float32(t + np.float32(ROUNDING))
    f = np.float32(t - np.float32(whole - np.float32(ROUNDING)))
    low = np.float32(1.0) + f * np.float32(0.69314718)
    high = np.float32(0.24022651) + f * np.float32(0.05550411)
    top = np.float32(0.00961813) + f * np.float32(0.00133336)
    square = f * f
    p = np.float32(low + square * (high + square * top))
    return np.int32(p.view(np.int32) + np.int32(whole.view(np.int32) << np.int32(23))).view(np.float32)


@kernel(inner=True)
def _weigh_one(center, other, scale, base, double, weights):
    for i in range(weights.size):
        d = other[i] - center[i]
        weights[i] = power_of_two(base - (d * d) * scale, double)


@kernel(inner=True)
def _weigh_three(c0, c1, c2, o0, o1, o2, scale, base, double, weights):
    for i in range(weights.size):
        r, g, b = o0[i] - c0[i], o1[i] - c1[i], o2[i] - c2[i]
        weights[i] = power_of_two(base - ((r * r + g * g) + b * b) * scale, double)


@kernel(inner=True)
def _square(center, other, weights):
    for i in range(weights.size):
        d = other[i] - center[i]
        weights[i] += d * d


@kernel(inner=True)
def _power(scale, base, double, weights):
    for i in range(weights.size):
        weights[i] = power_of_two(base - weights[i] * scale, double)


@kernel(inner=True)
def _add(values, weights, total):
    for i in range(weights.size):
        total[i] += weights[i] * values[i]


@kernel(inner=True)
def _add_one(values, weights, total, share):
    for i in range(weights.size):
        total[i] += weights[i] * values[i]
        share[i] += weights[i]


@kernel(inner=True)
def _add_three(v0, v1, v2, weights, t0, t1, t2, share):
    for i in range(weights.size):
        w = weights[i]
        t0[i] += w * v0[i]
        t1[i] += w * v1[i]
        t2[i] += w * v2[i]
        share[i] += w


@kernel(inner=True)
def _two_of_three(flat, at, scale, bases, double, totals):
    """Weigh two neighbours of three channels by the pixel itself, and add them up.

    `at` says where the channels of the pixels and of both neighbours begin; `totals` are three, and the sum of weights.
    """
    c0, c1, c2, o0, o1, o2, p0, p1, p2 = at
    base, next_base = bases
    t0, t1, t2, share = totals
    for i in range(np.uint64(share.size)):
        x, y, z = flat[c0 + i], flat[c1 + i], flat[c2 + i]
        u, v, w = flat[o0 + i], flat[o1 + i], flat[o2 + i]
        r, g, b = u - x, v - y, w - z
        weight = power_of_two(base - ((r * r + g * g) + b * b) * scale, double)
        s0, s1, s2, s = t0[i] + weight * u, t1[i] + weight * v, t2[i] + weight * w, share[i] + weight
        u, v, w = flat[p0 + i], flat[p1 + i], flat[p2 + i]
        r, g, b = u - x, v - y, w - z
        weight = power_of_two(next_base - ((r * r + g * g) + b * b) * scale, double)
        t0[i], t1[i], t2[i], share[i] = s0 + weight * u, s1 + weight * v, s2 + weight * w, s + weight


@kernel
def _bilateral_rows_of_three(values, offsets, bases, scale, radius, double, work, out):
    """Do as `_bilateral_rows` with three planes that are their own guides."""
    values, out, work = borrowed(values), borrowed(out), borrowed(work)
    height, width = out.shape[1:]
    line, flat, share, n = values.shape[2], values.reshape(-1), work[1], offsets.shape[0]
    plane = np.uint64(values.shape[1] * line)
    for y in range(height):
        share[:] = 0
        out[:, y, :] = 0
        center = np.uint64((y + radius) * line + radius)
        for k in range(0, n - 1, 2):
            one = np.uint64((y + radius + offsets[k, 0]) * line + radius + offsets[k, 1])
            two = np.uint64((y + radius + offsets[k + 1, 0]) * line + radius + offsets[k + 1, 1])
            at = (
                center,
                center + plane,
                center + plane + plane,
                one,
                one + plane,
                one + plane + plane,
                two,
                two + plane,
                two + plane + plane,
            )
            _two_of_three(flat, at, scale, (bases[k], bases[k + 1]), double, (out[0, y], out[1, y], out[2, y], share))
        row, left = y + radius + offsets[n - 1, 0], radius + offsets[n - 1, 1]  # their number is odd
        a, b, right = radius, radius + width, left + width
        c0, c1, c2 = values[0, y + radius, a:b], values[1, y + radius, a:b], values[2, y + radius, a:b]
        o0, o1, o2 = values[0, row, left:right], values[1, row, left:right], values[2, row, left:right]
        _weigh_three(c0, c1, c2, o0, o1, o2, scale, bases[n - 1], double, work[0])
        _add_three(o0, o1, o2, work[0], out[0, y], out[1, y], out[2, y], share)
        for c in range(3):
            _divide(out[c, y], share)


@kernel
def _bilateral_rows(values, guides, offsets, bases, scale, radius, double, work, out):
    """`values` and `guides` are planes (c, h + 2 radius, w + 2 radius), `out` planes (c, h, w) of means by weights."""
    values, guides, out, work = borrowed(values), borrowed(guides), borrowed(out), borrowed(work)
    channels, height, width = out.shape
    weights, share, a, b = work[0], work[1], radius, radius + width
    for y in range(height):
        share[:] = 0
        for c in range(channels):
            out[c, y, :] = 0
        v = y + radius
        for k in range(offsets.shape[0]):
            row, left, right = v + offsets[k, 0], radius + offsets[k, 1], radius + offsets[k, 1] + width
            if guides.shape[0] == 1:
                _weigh_one(guides[0, v, a:b], guides[0, row, left:right], scale, bases[k], double, weights)
            elif guides.shape[0] == 3:
                c0, c1, c2 = guides[0, v, a:b], guides[1, v, a:b], guides[2, v, a:b]
                o0, o1, o2 = guides[0, row, left:right], guides[1, row, left:right], guides[2, row, left:right]
                _weigh_three(c0, c1, c2, o0, o1, o2, scale, bases[k], double, weights)
            else:
                weights[:] = 0
                for c in range(guides.shape[0]):
                    _square(guides[c, v, a:b], guides[c, row, left:right], weights)
                _power(scale, bases[k], double, weights)
            if channels == 3:
                v0, v1, v2 = values[0, row, left:right], values[1, row, left:right], values[2, row, left:right]
                _add_three(v0, v1, v2, weights, out[0, y], out[1, y], out[2, y], share)
            else:
                _add_one(values[0, row, left:right], weights, out[0, y], share)
                for c in range(1, channels):
                    _add(values[c, row, left:right], weights, out[c, y])
        for c in range(channels):
            _divide(out[c, y], share)


@kernel(inner=True)
def _divide(total, share):
    for i in range(total.size):
        total[i] /= share[i]


def _filtered(
    image: np.ndarray, guide: np.ndarray | None, radius: int, sigma_color: float, sigma_space: float, border: str
) -> np.ndarray:
    h, w = image.shape[:2]
    kind = work_dtype(image.dtype)
    framed = with_frame(image, radius, border, 0.0)
    framed_guide = None if guide is None else with_frame(guide, radius, border, 0.0)
    scale_of_guide = full_scale((image if guide is None else guide).dtype)
    i, j = np.mgrid[-radius : radius + 1, -radius : radius + 1].reshape(2, -1)
    near = i * i + j * j <= radius * radius
    offsets = np.stack((i[near], j[near]), axis=1)
    log2e = 1 / elementary.LN2
    bases = ((offsets**2).sum(axis=1) * (-0.5 * log2e / elementary.square(within_floats(sigma_space)))).astype(kind)
    scale = kind.type(min(0.5 * log2e / elementary.square(within_floats(sigma_color * scale_of_guide)), 1e30))
    out = np.empty(image.shape, image.dtype)
    double = True if kind == np.float64 else None

    def band(y0: int, y1: int) -> None:
        rows = slice(y0, y1 + 2 * radius)
        values = planes_of(framed[rows])
        guides = values if framed_guide is None else planes_of(framed_guide[rows], kind)
        planes, work = np.empty((len(values), y1 - y0, w), kind), np.empty((2, w), kind)
        if guides is values and len(values) == 3:
            _bilateral_rows_of_three(values, offsets, bases, scale, radius, double, work, planes)
        else:
            _bilateral_rows(values, guides, offsets, bases, scale, radius, double, work, planes)
        store_planes(planes, out[y0:y1])

    run_bands(band, h, pixels=h * w * len(offsets), rows=max(_ROWS, 4 * radius))
    return out


def _by_lattice(
    image: np.ndarray, guide: np.ndarray | None, radius: int, sigma_color: float, sigma_space: float, border: str
) -> np.ndarray:
    h, w = image.shape[:2]
    framed = with_frame(image, radius, border, 0.0)
    framed_guide = framed if guide is None else with_frame(guide, radius, border, 0.0)
    colors = framed_guide.reshape(*framed_guide.shape[:2], -1)
    levels = [_range(colors[:, :, c]) for c in range(colors.shape[2])]
    channels = channels_of(image)
    sigmas = [within_floats(sigma_space)] * 2
    sigmas += [within_floats(sigma_color * full_scale(framed_guide.dtype))] * len(levels)
    near: list[tuple[float, float]] | None = None
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            lattice = Lattice(framed.shape[:2], sigmas, levels, channels)
        except ValueError:  # a few values far off take all the room, and are like nothing else anyway
            near = [_near(colors[:, :, c], sigmas[2 + c]) for c in range(colors.shape[2])]
            lattice = Lattice(framed.shape[:2], sigmas, near, channels)
    kind = work_dtype(image.dtype, framed_guide.dtype)
    for y in range(0, len(framed), _ROWS):
        values = planes_of(framed[y : y + _ROWS], kind)
        guides = _within(values if guide is None else planes_of(framed_guide[y : y + _ROWS], kind), near)
        lattice.add(values, guides, y)
    lattice.blur()
    out = np.empty(image.shape, image.dtype)

    def band(y0: int, y1: int) -> None:
        for y in range(y0, y1, _ROWS):
            inner = slice(radius + y, radius + min(y + _ROWS, y1)), slice(radius, radius + w)
            values = planes_of(framed[inner], kind)
            guides = _within(values if guide is None else planes_of(framed_guide[inner], kind), near)
            store_planes(lattice.read(values, guides, radius + y, radius), out[y : min(y + _ROWS, y1)])

    run_bands(band, h, pixels=40 * h * w)
    return out


def _range(levels: np.ndarray) -> tuple[float, float]:
    """Of the finite levels; of integers, of all that there can be."""
    if levels.dtype.kind == "u":
        return 0.0, float(full_scale(levels.dtype))
    levels = levels[np.isfinite(levels)]
    return (float(levels.min()), float(levels.max())) if levels.size else (0.0, 0.0)


def _near(levels: np.ndarray, sigma: float) -> tuple[float, float]:
    """The range of the finite levels as far as it is not many standard deviations from the middle of them."""
    low, high = _range(levels)
    finite = np.isfinite(levels)
    middle = float(np.median(some_values(levels, finite))) if finite.any() else 0.0
    return max(low, middle - _NEAR * sigma), min(high, middle + _NEAR * sigma)


def _within(guides: np.ndarray, limits: list[tuple[float, float]] | None) -> np.ndarray:
    """Colours, moved to the nearest ones between these limits; NaN stays."""
    if limits is None:
        return guides
    with np.errstate(invalid="ignore"):
        return canonical(np.stack([np.clip(plane, *pair) for plane, pair in zip(guides, limits, strict=True)]))


def _either(method: str, *arguments: Any) -> np.ndarray:
    return (_by_lattice if method == "grid" else _filtered)(*arguments)


def bilateral_filter(
    image: np.ndarray,
    *,
    radius: int,
    sigma_color: float,
    sigma_space: float,
    border: str = "reflect_101",
    method: str = "exact",
) -> np.ndarray:
    """Smooth, but not across edges: the mean of the neighbours, by how near and how alike they are.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; the channels together.
    radius : int
        Neighbours are those in the disc of this radius in pixels (`d` of OpenCV is 2 radius + 1); at most the image's
        longer side, and less for a long, thin image.
    sigma_color : float
        Standard deviation of the Gaussian of the difference in colour, as a fraction of full scale; above 0.
    sigma_space : float
        Standard deviation of the Gaussian of the distance, in pixels; above 0.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What lies outside the image, see `imgproc.pad`; ``constant`` shows black.

    method : {"exact", "grid"}
        ``"exact"`` looks at every neighbour: its cost grows with the square of the radius.  ``"grid"`` takes the same
        time for all radii and sigmas, the less the larger they are, and pays from a radius of about 16 on (grey) or 20
        (RGB); its windows are not cut off at the radius, which should be at least 2 `sigma_space`.  It is an
        approximation: 44 to 57 dB from the exact filter on photographs.

    Returns
    -------
    ndarray
        Same shape and dtype; integers are rounded half to even.  NaN and infinity stay, and spoil the pixels that
        have them for a neighbour, in their channel; for ``"grid"`` they count for nothing, in all channels.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Exact: brute force, computed in float32 (float64 for float64).  Grid: the permutohedral lattice [2]_, in float64.
    The difference of two colours is their Euclidean distance [1]_, so it does not depend on the axes of the colour
    space.  OpenCV adds up the channels' absolute differences, which is the same for grey and up to 1.7 times as large
    for RGB.

    References
    ----------
    .. [1] C. Tomasi, R. Manduchi, "Bilateral filtering for gray and color images", ICCV 1998.
    .. [2] A. Adams, J. Baek, M. A. Davis, "Fast high-dimensional filtering using the permutohedral lattice", Computer
       Graphics Forum 29(2), 2010.

    Examples
    --------
    >>> step = np.repeat([[0.0, 1.0]], 8, axis=0).repeat(8, axis=1)
    >>> kept = bilateral_filter(step, radius=2, sigma_color=0.1, sigma_space=2.0)
    >>> bool(abs(kept - step).max() < 1e-6)  # the edge stays
    True
    """
    image = as_image(image)
    radius = radius_within(radius, image, framed=True)
    sigma_color = fraction(sigma_color, "sigma_color", SPREAD, image, above=0)
    sigma_space = positive(sigma_space, "sigma_space")
    border_name(border)
    one_of(method, "method", METHODS)
    if image.size == 0 or radius == 0:
        return image.copy()
    return _either(method, image, None, radius, sigma_color, sigma_space, border)


def joint_bilateral_filter(
    image: np.ndarray,
    guide: np.ndarray,
    *,
    radius: int,
    sigma_color: float,
    sigma_space: float,
    border: str = "reflect_101",
    method: str = "exact",
) -> np.ndarray:
    """Smooth, but not across the edges of another image (cross bilateral filter).

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64.
    guide : ndarray of shape (h, w) or (h, w, n)
        Whose colours are compared; of the same height and width, any dtype and number of channels.
    radius : int
        Neighbours are those in the disc of this radius in pixels; at most the image's longer side,
        and less for a long, thin image.
    sigma_color : float
        Standard deviation of the Gaussian of the guide's difference in colour, as a fraction of its full scale; above
        0.
    sigma_space : float
        Standard deviation of the Gaussian of the distance, in pixels; above 0.
    border : {"reflect_101", "reflect", "replicate", "wrap", "constant"}
        What lies outside both images, see `imgproc.pad`; ``constant`` shows black.
    method : {"exact", "grid"}
        As for `bilateral_filter`.

    Returns
    -------
    ndarray
        Same shape and dtype as `image`; integers are rounded half to even.  NaN as for `bilateral_filter`; a guide's
        NaN is unlike any colour, and a pixel under it is the mean of all neighbours alike.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the guide of another size.

    Notes
    -----
    With the image itself as the guide it is `bilateral_filter`.

    References
    ----------
    .. [1] G. Petschnigg et al., "Digital photography with flash and no-flash image pairs", SIGGRAPH 2004.
    .. [2] E. Eisemann, F. Durand, "Flash photography enhancement via intrinsic relighting", SIGGRAPH 2004.

    Examples
    --------
    >>> joint_bilateral_filter(image, image, radius=2, sigma_color=0.1, sigma_space=2.0).shape
    (96, 128, 3)
    """
    image, guide = as_image(image), as_image(guide, "guide")
    if guide.shape[:2] != image.shape[:2]:
        raise ValueError(f"guide must have the (h, w) of image, {image.shape[:2]}, got {guide.shape[:2]}")
    radius = radius_within(radius, image, framed=True)
    sigma_color = fraction(sigma_color, "sigma_color", SPREAD, guide, above=0)
    sigma_space = positive(sigma_space, "sigma_space")
    border_name(border)
    one_of(method, "method", METHODS)
    if image.size == 0 or radius == 0:
        return image.copy()
    return _either(method, image, guide, radius, sigma_color, sigma_space, border)


def _rows() -> list[Case]:
    import cv2

    return [
        Case(
            "bilateral_filter",
            "bilateral filter, radius 4",
            "RGB",
            lambda x: bilateral_filter(x, radius=4, sigma_color=0.1, sigma_space=3.0),
            {
                "cv2.bilateralFilter": Peer(
                    lambda x: cv2.bilateralFilter(x, 9, 25.5, 3.0),
                    limit=1 / 1.5,
                    difference=None,
                    note="adds up the channels' differences, so it is another filter in colour",
                )
            },
        ),
        Case(
            "bilateral_filter, radius 2",
            "bilateral filter, radius 2",
            "RGB",
            lambda x: bilateral_filter(x, radius=2, sigma_color=0.1, sigma_space=1.5),
            {
                "cv2.bilateralFilter": Peer(
                    lambda x: cv2.bilateralFilter(x, 5, 25.5, 1.5),
                    limit=1.0,
                    difference=None,
                    note="adds up the channels' differences, so it is another filter in colour",
                )
            },
        ),
        Case(
            "bilateral_filter_wide",
            "bilateral filter, radius 30, on the grid",
            "RGB",
            lambda x: bilateral_filter(x, radius=30, sigma_color=0.1, sigma_space=12.0, method="grid"),
            {
                "exact": Peer(
                    lambda x: bilateral_filter(x, radius=30, sigma_color=0.1, sigma_space=12.0), difference=None
                )
            },
            size=512,
        ),
    ]


declare(bilateral_filter, peers=_rows)
declare(
    joint_bilateral_filter,
    no_peer="OpenCV has it in its contributed modules only; it does the work of bilateral_filter",
)
