"""Descriptors of scenes, shapes and textures."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ._core import elementary, elementary_arrays
from ._core.border import framed
from ._core.check import amount_within, as_image, as_mask, border_name, integer, one_of, radius_within, size_pair
from ._core.declare import declare, floats_like
from ._core.formats import work_dtype
from ._core.jit import kernel
from ._core.levels import fill_level
from ._core.needed import needed
from ._core.planes import as_planes, canonical, fill_values, full_scale, luma
from ._core.threads import run_bands
from ._core.unit_range import must_be_unit
from .geometry import resize

__all__ = ["gist", "hog", "lbp", "region_properties"]

MARGIN = 32
"""By how many pixels the image of a GIST is mirrored at its border."""

MOST_POINTS = 24
"""Of a local binary pattern."""


_QUIET: dict[str, Any] = {"over": "ignore", "under": "ignore", "invalid": "ignore"}
"""Of NumPy, whatever the caller has set: what is not finite is left out, and what underflows is nothing."""


@functools.lru_cache(maxsize=2)
def _gabor_filters(size: tuple[int, int], orientations: tuple[int, ...]) -> list[np.ndarray]:
    """Transfer functions, scale by scale from fine to coarse, Gaussians in the polar frequency plane."""
    y, x = np.meshgrid(np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1]), indexing="ij")
    far, turn = np.sqrt(y * y + x * x), elementary_arrays.atan2(y, x)
    filters = []
    for scale, count in enumerate(orientations):
        middle = 0.3 / elementary.power(1.85, float(scale))  # cycles per pixel
        radial = -3.5 * (far / middle - 1) ** 2
        for k in range(count):
            off = (turn + math.pi * k / count + math.pi) % (2 * math.pi) - math.pi
            found = elementary_arrays.exp(radial - 2 * math.pi * (count * count / 64) * off**2).astype(np.float32)
            found[0, 0] = 0
            found.flags.writeable = False
            filters.append(found)
    return filters


@functools.lru_cache(maxsize=8)
def _low_pass(size: tuple[int, int], cycles: float) -> np.ndarray:
    """Half amplitude at so many cycles per image side."""
    y, x = np.meshgrid(np.fft.fftfreq(size[0]) * size[0], np.fft.rfftfreq(size[1]) * size[1], indexing="ij")
    return elementary_arrays.exp(-(y * y + x * x) * (elementary.LN2 / (cycles * cycles))).astype(np.float32)


def gist(
    image: np.ndarray,
    *,
    blocks: int = 4,
    orientations: Sequence[int] = (8, 8, 4),
    size: tuple[int, int] = (256, 256),
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """GIST: the spatial envelope of a scene, by the energy of oriented filters in blocks of the image.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; of RGB images the luma.
    blocks : int
        The image is divided into `blocks` by `blocks`, at least 1, at most the smaller side of `size`.
    orientations : sequence of int
        How many orientations each scale has, from the finest (0.3 cycles per pixel of the resized image) to the
        coarsest, each 1.85 times coarser than the one before.
    size : (int, int)
        Rows and columns that the image is resized to first, at least 16.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels count: the others are filled with the mean of these, and have no part in the mean of a block.
        Blocks without any have 0.

    Returns
    -------
    ndarray of float32, shape (sum(orientations) * blocks**2,)
        Means of the filters' amplitudes, scale by scale, orientation by orientation, then block by block in rows.
        Pixels that are not finite count as masked.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel counts that is finite, or floats are clearly not
        levels from 0 to 1 (see `to_uint8`).

    Notes
    -----
    The contrast is normalised before: log(1 + 255 v), less its low frequencies (below 4 cycles per side), divided by
    0.2 plus the root of its local energy, as the authors' program does; its numbers differ in the resizing.

    References
    ----------
    A. Oliva, A. Torralba, "Modeling the shape of the scene: a holistic representation of the spatial envelope", IJCV
    42(3), 2001.
    J. Hays, A. Efros, "Scene completion using millions of photographs", SIGGRAPH 2007, for descriptors with holes.
    """
    image = as_image(image, channels=(1, 3))
    size = size_pair(size, "size", at_least=16)
    blocks = integer(blocks, "blocks", at_least=1, at_most=min(size))
    counts = _orientations(orientations)
    mask = as_mask(mask, image)
    must_be_unit(image, who="gist", mask=mask)
    if not image.size:
        raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
    with needed("scipy"):
        from scipy import fft

    with np.errstate(**_QUIET):
        return _energies(fft, *_scene(image, mask, size), blocks, counts)


def _energies(fft: Any, plane: np.ndarray, share: np.ndarray, blocks: int, orientations: tuple[int, ...]) -> np.ndarray:
    """The means of the filters' amplitudes in blocks, as `gist` returns them."""
    size = plane.shape
    margin = min(MARGIN, min(size) - 1)
    f = np.pad(np.log1p(np.maximum(plane, 0) * np.float32(255)), margin, mode="symmetric")
    low = _low_pass(f.shape, 4.0 * min(f.shape) / min(size))
    f -= fft.irfft2(fft.rfft2(f) * low, f.shape)
    energy = fft.irfft2(fft.rfft2(f * f) * low, f.shape)
    f /= np.float32(0.2) + np.sqrt(np.abs(energy))
    spectrum = fft.fft2(f)
    inside = np.s_[margin : margin + size[0], margin : margin + size[1]]
    rows, columns = (np.arange(blocks) * n // blocks for n in size)

    def sums(values: np.ndarray) -> np.ndarray:
        return np.add.reduceat(np.add.reduceat(values, rows, axis=0), columns, axis=1)

    area = sums(share)
    found = [
        np.where(area > 0, sums(np.abs(fft.ifft2(spectrum * g)[inside]) * share) / np.where(area > 0, area, 1), 0)
        for g in _gabor_filters(f.shape, orientations)
    ]
    return np.array(found, np.float32).ravel()


_MOST_ORIENTATIONS = 180


def _orientations(value: Any) -> tuple[int, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise TypeError(f"orientations must be a sequence of integers, got {value!r}")
    counts = tuple(
        integer(n, f"orientations[{i}]", at_least=1, at_most=_MOST_ORIENTATIONS) for i, n in enumerate(value)
    )
    if not counts:
        raise ValueError("orientations must have at least one scale, got none")
    return counts


def _scene(image: np.ndarray, mask: np.ndarray | None, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The luma as a fraction of full scale, resized, and which share of each pixel counts."""
    plane = image.astype(np.float32)
    plane = np.array(luma(plane)) if plane.shape[2:] == (3,) else plane.reshape(plane.shape[:2])
    plane *= np.float32(1 / full_scale(image.dtype))
    valid = np.isfinite(plane) if mask is None else mask & np.isfinite(plane)
    if valid.all():
        return resize(plane, size=size, interpolation="area"), np.ones(size, np.float32)
    if not valid.any():
        raise ValueError("image must have a finite pixel" if mask is None else "mask must select a finite pixel")
    plane[~valid] = plane[valid].mean(dtype=np.float64)
    share = resize(valid.astype(np.float32), size=size, interpolation="area")
    return resize(plane, size=size, interpolation="area"), share


_HOG_BAND = 96
"""Rows of cells in pixels that are worked on at a time."""


def hog(
    image: np.ndarray,
    *,
    orientations: int = 9,
    cell: tuple[int, int] = (8, 8),
    block: tuple[int, int] = (2, 2),
    normalization: str = "l2_hys",
) -> np.ndarray:
    """Histograms of oriented gradients (HOG), normalised in overlapping blocks of cells.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; of several channels the one with the largest gradient counts at each pixel.
    orientations : int
        Bins between 0 and 180 degrees, at least 1; the result has at most 64 values for each pixel, or a million.
    cell : (int, int)
        Rows and columns of a cell in pixels.
    block : (int, int)
        Rows and columns of a block in cells.
    normalization : {"l2_hys", "l2", "l1", "l1_sqrt"}
        Of a block: by its length, cut off at 0.2 and again by its length; by its length; by its sum; the root of that.

    Returns
    -------
    ndarray of float32 (of float64 for a float64 image), shape (rows, columns, *block, orientations)
        For each block that fits into the image.  Flatten it for the classical feature vector.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the image is smaller than a block.

    Notes
    -----
    ``skimage.feature.hog`` does the work, on levels as fractions of full scale.

    References
    ----------
    N. Dalal, B. Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """
    image = as_image(image)
    orientations = integer(orientations, "orientations", at_least=1)
    cell, block = size_pair(cell, "cell"), size_pair(block, "block")
    names = {"l2_hys": "L2-Hys", "l2": "L2", "l1": "L1", "l1_sqrt": "L1-sqrt"}
    one_of(normalization, "normalization", tuple(names))
    kind = work_dtype(image.dtype)
    rows, columns = (n // c - b + 1 for n, c, b in zip(image.shape, cell, block, strict=False))
    if rows <= 0 or columns <= 0:
        least = tuple(c * b for c, b in zip(cell, block, strict=True))
        raise ValueError(
            f"image must have at least (h, w) = {least}, the pixels of one block, got {image.shape[:2]}: "
            "resize it, or use a smaller cell or block"
        )
    numbers = rows * columns * block[0] * block[1] * orientations
    amount_within(numbers, image, "the number of values, that of orientations times that of cells in blocks,")
    with needed("skimage"):
        from skimage.feature import hog as histograms

    planes, out = as_planes(image), np.empty((rows, columns, *block, orientations), kind)
    together = max(_HOG_BAND // cell[0], 1)
    with np.errstate(**_QUIET):
        for a in range(0, rows, together):  # blocks: by bands, as ten times the image would be needed at once
            b = min(a + together, rows)
            before = min(a, 1)  # a row of cells more, as differences at an edge are 0
            last = planes.shape[0] if b == rows else (b + block[0]) * cell[0]
            # In float32 angles between two bins would be rounded to either.
            part = planes[(a - before) * cell[0] : last].astype(np.float64)
            part /= full_scale(image.dtype)
            found = histograms(
                part,
                orientations,
                cell,
                block,
                names[normalization],
                feature_vector=False,
                channel_axis=-1,
            )
            out[a:b] = found[before : before + b - a]
    return out


_WHOLE = 100_000
"""Parts of a pixel: places on the circle are rounded to them, as scikit-image does.  So levels of integers times the
weights of an interpolation are whole numbers below 2**53, which float64 adds up exactly."""

_SLACK = 4
"""Units of rounding by which a float sample between pixels may be below the pixel and still count as equal to it."""


@kernel
def _patterns(around, channels, offsets, parts, slack, method, out, y0, y1):
    """Codes of the samples around each pixel that are not below it; see `lbp`.  Rows are flat, `around` has a frame."""
    r, points, n = (around.shape[0] - out.shape[0]) // 2, offsets.shape[0], out.shape[1]
    for y in range(y0, y1):
        codes, middle = out[y], around[y + r, r * channels :]
        codes[:] = 0
        for p in range(points):
            i, j, down, across = y + r + offsets[p, 0], r + offsets[p, 1], parts[p, 0], parts[p, 1]
            upper, lower = around[i, j * channels :], around[i + 1 if down > 0 else i, j * channels :]
            if down == 0 and across == 0:
                _whole_samples(upper, middle, np.int32(1 << p), codes)
            else:
                right = channels if across > 0 else 0
                size = upper.size - right
                samples = upper[:size], upper[right:], lower[:size], lower[right:]
                if slack > 0:
                    _close_samples(samples, down, across, middle, slack, np.int32(1 << p), codes)
                else:
                    _exact_samples(samples, down, across, middle, np.int32(1 << p), codes)
        if method > 0:
            for x in range(n):
                codes[x] = _invariant(codes[x], points, method == 2)


@kernel
def _whole_samples(values, middle, bit, codes):
    for x in range(codes.size):
        codes[x] |= bit if values[x] >= middle[x] else np.int32(0)


@kernel
def _exact_samples(samples, down, across, middle, bit, codes):
    """Of integers: everything is a whole number that float64 holds."""
    upper, right, lower, both = samples
    whole = np.float64(_WHOLE)
    for x in range(codes.size):
        a, b, d, e = np.float64(upper[x]), np.float64(right[x]), np.float64(lower[x]), np.float64(both[x])
        above, below = whole * a + across * (b - a), whole * d + across * (e - d)
        sample = whole * above + down * (below - above)
        codes[x] |= bit if sample >= whole * whole * np.float64(middle[x]) else np.int32(0)


@kernel
def _close_samples(samples, down, across, middle, slack, bit, codes):
    """Of floats: a sample is not below the pixel if it is by no more than `slack` of the largest level that it sees."""
    upper, right, lower, both = samples
    s, t = across / _WHOLE, down / _WHOLE
    for x in range(codes.size):
        a, b, d, e = np.float64(upper[x]), np.float64(right[x]), np.float64(lower[x]), np.float64(both[x])
        above, below, m = a + s * (b - a), d + s * (e - d), np.float64(middle[x])
        largest = max(max(abs(a), abs(b)), max(max(abs(d), abs(e)), abs(m)))
        codes[x] |= bit if above + t * (below - above) - m >= -slack * largest else np.int32(0)


@kernel(inner=True)
def _invariant(code, points, is_uniform):
    """The smallest of a code's rotations; or the number of ones where they are together, else points + 1."""
    least, ones, changes = code, 0, 0
    for p in range(points):
        bit, following = code >> p & 1, code >> ((p + 1) % points) & 1
        ones += bit
        changes += bit != following
        least = min(least, code >> p | (code & ((1 << p) - 1)) << (points - p))
    if is_uniform:
        return ones if changes <= 2 else points + 1
    return least


def lbp(
    image: np.ndarray,
    *,
    radius: int = 1,
    points: int = 8,
    method: str = "basic",
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Local binary patterns: which of the samples on a circle around a pixel are at least as bright as it.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.
    radius : int
        Of the circle in pixels; at most the image's longer side.
    points : int
        Samples, evenly spaced, from the right counter-clockwise as seen; from 1 to 24.  Between pixels they are
        interpolated linearly.
    method : {"basic", "rotation_invariant", "uniform"}
        Sample p is bit p of the code; the smallest of the code's rotations; or the number of ones where they are
        together on the circle, else points + 1 ("riu2").
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the circle sees outside the image, see `imgproc._core.border`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.

    Returns
    -------
    ndarray of int32, shape of the image
        Codes; a sample that is NaN, or whose pixel is, counts as 0.  Exact for integers: equal is equal, and a constant
        added to all levels changes nothing.  In float images a sample between pixels counts as equal to its pixel if it
        is lower by at most 4 units of rounding (``numpy.finfo``'s eps) of the largest level that it is made of.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.feature.local_binary_pattern`` with its methods ``default``, ``ror`` and ``uniform``, which has 0 outside
    the image, and where rounding decides whether a sample is equal to its pixel.

    References
    ----------
    T. Ojala, M. Pietikäinen, T. Mäenpää, "Multiresolution gray-scale and rotation invariant texture classification with
    local binary patterns", IEEE TPAMI 24(7), 2002.
    """
    image = as_image(image)
    radius, points = radius_within(radius, image), integer(points, "points", at_least=1, at_most=MOST_POINTS)
    methods = ("basic", "rotation_invariant", "uniform")
    number = methods.index(one_of(method, "method", methods))
    border_name(border)
    fill = fill_level(fill, image)
    out = np.empty(image.shape, np.int32)
    if not image.size:
        return out
    planes, h = as_planes(image), image.shape[0]
    c, edge, kind = planes.shape[2], 2 * radius, image.dtype.kind
    around = np.empty((h + edge, image.shape[1] + edge, c), image.dtype)
    framed(planes, (radius,) * 4, border, fill_values(fill, c, image.dtype), around)
    turns = 2 * math.pi * np.arange(points) / points
    places = np.stack((-radius * elementary_arrays.sin(turns), radius * elementary_arrays.cos(turns)), axis=-1)
    places = np.rint(places * _WHOLE)
    offsets = np.floor(places / _WHOLE).astype(np.int64)
    parts, slack = places - offsets * _WHOLE, 0.0 if kind == "u" else _SLACK * float(np.finfo(image.dtype).eps)
    rows, codes = canonical(around).reshape(h + edge, -1), out.reshape(h, -1)
    run_bands(
        lambda a, b: _patterns(rows, c, offsets, parts, slack, number, codes, a, b),
        h,
        pixels=out.size,
    )
    return out


def region_properties(
    labels: np.ndarray, *, image: np.ndarray | None = None, background: int | None = 0
) -> dict[str, np.ndarray]:
    """Measure labelled regions.

    Parameters
    ----------
    labels : ndarray of shape (h, w)
        Integers, as from `connected_components`, or from `superpixels` with ``background=-1``.
    image : ndarray of shape (h, w) or (h, w, c), optional
        Whose levels are averaged.
    background : int, optional
        The label that is no region; None: all are.

    Returns
    -------
    dict of str to ndarray
        One row for each region, by rising label.  ``"label"``; ``"area"`` and ``"convex_area"`` in pixels;
        ``"center"`` (n, 2), x and y, and ``"box"`` (n, 4), x0, y0, x1, y1, in continuous coordinates, where a pixel's
        centre is at +0.5; ``"major_axis"`` and ``"minor_axis"`` in pixels and ``"eccentricity"`` of the ellipse with
        the same second moments; ``"angle"`` of its major axis in degrees, counter-clockwise from the right as seen, in
        (-90, 90]; ``"perimeter"`` in pixels; ``"solidity"``, area over convex area; ``"holes"``; and with an image
        ``"mean"`` (n, c), float64, in its levels.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    ``skimage.measure.regionprops`` does the work, but for the means.
    """
    if not isinstance(labels, np.ndarray):
        raise TypeError(f"labels must be a numpy array, got {type(labels).__name__}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, got {labels.dtype}")
    if labels.ndim != 2:
        raise ValueError(f"labels must have shape (h, w), got {labels.shape}")
    background = None if background is None else integer(background, "background")
    if image is not None:
        image = as_image(image)
        if image.shape[:2] != labels.shape:
            raise ValueError(f"image must have the (h, w) of labels, {labels.shape}, got {image.shape[:2]}")
    inside = np.ones(labels.shape, bool) if background is None else labels != background
    names, numbers = np.unique(labels[inside], return_inverse=True)
    dense = np.zeros(labels.shape, np.int32)
    dense[inside] = numbers.reshape(-1) + 1
    found = {"label": names, **_shapes(dense, names.size)}
    if image is not None:
        pixels = as_planes(image)[inside].astype(np.float64)
        counts = np.maximum(np.bincount(dense[inside], minlength=names.size + 1)[1:], 1)
        sums = [np.bincount(dense[inside], pixels[:, c], names.size + 1)[1:] for c in range(pixels.shape[1])]
        found["mean"] = np.stack(sums, axis=-1) / counts[:, None]
    return found


def _shapes(dense: np.ndarray, count: int) -> dict[str, np.ndarray]:
    with needed("skimage"):
        from skimage.measure import regionprops

    regions = regionprops(dense) if count else []

    def each(name: str, kind: Any = np.float64) -> np.ndarray:
        return np.array([getattr(region, name) for region in regions], kind)

    boxes, centers = each("bbox", np.int64).reshape(count, 4), each("centroid").reshape(count, 2)
    convex = np.array([_convex_area(region) for region in regions], np.float64)
    area, turns = each("area"), np.degrees(each("orientation")) + 90  # from the rows' axis
    return {
        "area": area,
        "convex_area": convex,
        "center": centers[:, ::-1] + 0.5,
        "box": boxes[:, [1, 0, 3, 2]].astype(np.float64),
        "major_axis": each("axis_major_length"),
        "minor_axis": each("axis_minor_length"),
        "eccentricity": each("eccentricity"),
        "angle": 90 - (90 - turns) % 180,
        "perimeter": each("perimeter"),
        "solidity": area / np.where(convex > 0, convex, 1),
        "holes": 1 - each("euler_number", np.int64),
    }


def _convex_area(region: Any) -> float:
    """Of a line of pixels its own area: there is no hull to be had."""
    return float(region.area if min(region.image.shape) == 1 else region.area_convex)


def _histograms_of_gradients(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    rows, columns = (n // 2 - 1 for n in image.shape[:2])
    return floats_like(image)[0], (rows, columns, 2, 2, 9)


declare(gist, hog, lbp, region_properties, no_peer="no row yet")
declare(gist, result=lambda image: (np.dtype(np.float32), (320,)))
declare(hog, result=_histograms_of_gradients, arguments={"cell": lambda image: ((2, 2),)})
declare(lbp, result=lambda image: (np.dtype(np.int32), image.shape))
