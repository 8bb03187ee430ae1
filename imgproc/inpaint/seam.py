"""Where one image is best cut over into another: the minimum cut around a hole."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_hole, as_image, as_mask, length_within, real, same_size
from .._core.declare import another_like, declare, middle
from .._core.opencv import load_cv2
from .._core.planes import full_scale
from .._core.unit_range import must_be_unit
from ._flow import grid_flow

__all__ = ["graph_cut_seam", "grid_cut"]

UNIT = 1 << 24
"""What the energy 1 is in the integers that the flow is computed in: 1 is a difference of full scale, squared."""

MOST = (1 << 30) - 1
"""Of a capacity between neighbours: the residuals of both directions fit 32 bits."""

_FAR = 1e15
"""Levels beyond this decide nothing more, and their squares would leave float32."""

MOST_OF_TERMINALS = 1 << 40
"""Of a capacity to a terminal."""


def grid_cut(source: np.ndarray, sink: np.ndarray, *, right: np.ndarray, down: np.ndarray) -> tuple[np.ndarray, int]:
    """The minimum cut of the grid of pixels, each joined to its four neighbours and to two terminals.

    Parameters
    ----------
    source : ndarray of shape (h, w)
        Integers from 0 to 2**40: capacities from the source to the pixels, which are cut where a pixel is left with the
        sink.
    sink : ndarray of shape (h, w)
        The same to the sink.
    right : ndarray of shape (h, w - 1)
        Integers from 0 to 2**30 - 1: capacities between a pixel and the one to its right, in either direction.
    down : ndarray of shape (h - 1, w)
        The same between a pixel and the one below it.

    Returns
    -------
    ndarray of bool, shape (h, w)
        True where the cut leaves a pixel with the source.  Of several minimum cuts the one with the fewest such pixels.
    int
        The capacity of the cut, which is the maximum flow.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Floating-point energies have to be scaled and rounded by the caller, so that the cut is exact and the same anywhere.

    References
    ----------
    Y. Boykov, V. Kolmogorov, "An experimental comparison of min-cut/max-flow algorithms for energy minimization in
    vision", IEEE TPAMI 26(9), 2004.

    Examples
    --------
    >>> source, sink = np.zeros((1, 3), int), np.zeros((1, 3), int)
    >>> source[0, 0], sink[0, 2] = 10, 10
    >>> grid_cut(source, sink, right=np.array([[5, 1]]), down=np.zeros((0, 3), int))
    (array([[ True,  True, False]]), 1)
    """
    source = _capacities(source, "source", None, MOST_OF_TERMINALS)
    h, w = source.shape
    sink = _capacities(sink, "sink", (h, w), MOST_OF_TERMINALS)
    right = _capacities(right, "right", (h, max(w - 1, 0)), MOST)
    down = _capacities(down, "down", (max(h - 1, 0), w), MOST)
    if not source.size:
        return np.zeros((h, w), bool), 0
    return grid_flow(source, sink, right, down)


def _capacities(values: Any, name: str, shape: tuple[int, int] | None, most: int) -> np.ndarray:
    if not isinstance(values, np.ndarray):
        raise TypeError(f"{name} must be a numpy array, got {type(values).__name__}")
    if values.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got {values.dtype}: scale and round them")
    if values.ndim != 2 or (shape is not None and values.shape != shape):
        raise ValueError(f"{name} must have shape {shape or '(h, w)'}, got {values.shape}")
    if values.size and (values.min() < 0 or values.max() > most):
        raise ValueError(f"{name} must be from 0 to {most}, got {values.min()} to {values.max()}")
    return values.astype(np.int64)


def graph_cut_seam(
    image: np.ndarray,
    source: np.ndarray,
    *,
    mask: np.ndarray,
    valid: np.ndarray | None = None,
    context: int = 80,
    penalty: float = 0.002,
) -> np.ndarray:
    """Find the seam along which a piece of another image fills a hole with the least visible edge.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64: the image with the hole.
    source : ndarray of the image's shape and dtype
        What the hole is filled from, already in its place.
    mask : ndarray of bool, shape (h, w)
        True where the hole is: there the source is always taken.
    valid : ndarray of bool, shape (h, w), optional
        Where the source shows anything; elsewhere it is never taken.  It must hold the hole.
    context : int
        How far from the hole the source may be taken, in pixels; at least 1, at most the image's longer
        side (or 100).
    penalty : float
        What taking the source off the hole costs: (penalty * distance from the hole in pixels) ** 3 a pixel.

    Returns
    -------
    ndarray of bool, shape (h, w)
        True where the source is to be taken; of equally good seams the one that takes the least of it.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value; image and source must be finite within the context, or floats are
        clearly not levels from 0 to 1 (see `to_uint8`).

    See Also
    --------
    poisson_blend : What makes the seam disappear.

    Notes
    -----
    The seam minimises the sum over the pixels where the source is taken of the penalty above, and over the pairs of
    neighbours that it parts of abs(d(p) - d(q)), where d(p) is the squared difference of image and source at p, added
    up over the channels, with 1 as full scale.  So a seam may cross any edge where both differ by a constant, which
    blending gradients removes.  Where q is in the hole or too far from it, d is continued by the pixel on p's other
    side, d(q) - d(p) = d(p) - d(p'), and free where there is none.  Energies are rounded to multiples of 2**-24.

    References
    ----------
    J. Hays, A. Efros, "Scene completion using millions of photographs", SIGGRAPH 2007, section 4.

    Examples
    --------
    >>> mask = np.zeros((40, 40), bool)
    >>> mask[15:25, 15:25] = True
    >>> seam = graph_cut_seam(image[:40, :40], image[40:80, 40:80], mask=mask, context=8)
    >>> bool(seam[mask].all())
    True
    """
    image, source = as_image(image), as_image(source, "source")
    same_size(image, source, "image", "source")
    if image.dtype != source.dtype:
        raise ValueError(f"source must have the dtype of image, {image.dtype}, got {source.dtype}")
    mask = as_hole(mask, image, empty=False)
    for values, name in ((image, "image"), (source, "source")):
        must_be_unit(values, name, who="graph_cut_seam", mask=~mask)
    valid = as_mask(valid, image, "valid")
    if valid is not None and (mask & ~valid).any():
        raise ValueError("valid must hold the hole: the source must show something everywhere in mask")
    context = length_within(context, "context", image, at_least=1)
    penalty = real(penalty, "penalty", at_least=0, at_most=1)
    if not image.size:
        return np.zeros(mask.shape, bool)
    away = distance_from(mask)
    near = away <= context
    if image.dtype.kind == "f":
        for values, name in ((image, "image"), (source, "source")):
            if not np.isfinite(values[near & ~mask]).all():
                raise ValueError(f"{name} must be finite within the context, got NaN or infinity")
    return seam(image, source, mask, near if valid is None else near & valid, away, penalty)[0]


def distance_from(mask: np.ndarray) -> np.ndarray:
    """Each pixel's distance from the nearest one of a mask, between centres in pixels, float32."""
    cv2 = load_cv2()
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def seam(
    image: np.ndarray, source: np.ndarray, mask: np.ndarray, near: np.ndarray, away: np.ndarray, penalty: float
) -> tuple[np.ndarray, float]:
    """Where the source is taken, among the pixels that are `near`, and the energy of the seam."""
    first, second = (np.clip(a.reshape(*mask.shape, -1), -_FAR, _FAR).astype(np.float32) for a in (image, source))
    apart = (first - second) * np.float32(1 / full_scale(image.dtype))
    ring = near & ~mask
    apart[~ring] = 0  # what the hole holds is no number to trust
    # Beyond the largest capacity one unit more decides nothing.
    squares = np.zeros(mask.shape, np.float32)
    for c in range(apart.shape[2]):
        squares += apart[:, :, c] * apart[:, :, c]
    levels = np.minimum(np.rint(squares.astype(np.float64) * UNIT), MOST).astype(np.int64)
    each = penalty * away.astype(np.float64)
    costs = np.rint(each * each * each * UNIT)
    into = np.where(ring, np.minimum(costs, MOST_OF_TERMINALS), 0).astype(np.int64)
    out_of = np.zeros(mask.shape, np.int64)
    links = []
    for axis in (1, 0):
        low, high = (np.s_[:, :-1], np.s_[:, 1:]) if axis else (np.s_[:-1], np.s_[1:])
        link = np.where(ring[low] & ring[high], np.abs(levels[low] - levels[high]), 0)
        links.append(link)
        if not link.size:
            continue
        # Off the ring there is no difference to compare with: it goes on as steeply as it came.
        before, after = (np.roll(link, shift, axis) for shift in (1, -1))
        before[(np.s_[:], 0) if axis else 0] = after[(np.s_[:], -1) if axis else -1] = 0
        for where, to in ((mask, out_of), (~near, into)):
            to[low] += np.where(ring[low] & where[high], before, 0)
            to[high] += np.where(ring[high] & where[low], after, 0)
    found, flow = grid_flow(out_of, into, *links)
    return found | mask, flow / UNIT


declare(
    graph_cut_seam,
    result=lambda image: (np.dtype(bool), image.shape[:2]),
    arguments={"source": lambda image: (another_like(image),), "mask": lambda image: (middle(image),)},
    no_peer="its work is that of grid_cut, which has a row",
)
