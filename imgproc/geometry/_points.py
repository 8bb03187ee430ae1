"""Matrices for `warp`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.check import positive, real, size_pair
from .._core.declare import declare
from .._core.formats import is_sequence
from .._scanline.matrix import about, inverse, linear, multiply, rotate_shear_scale, square_to_quad, translation
from ._common import numbers

__all__ = ["affine_matrix", "perspective_from_points"]


def affine_matrix(
    *,
    size: tuple[int, int],
    scale: float | Sequence[float] = 1.0,
    rotate: float = 0.0,
    shear: Sequence[float] = (0.0, 0.0),
    translate: Sequence[float] = (0.0, 0.0),
) -> np.ndarray:
    """The matrix that scales, shears and rotates about the centre of an image, then moves it.

    Parameters
    ----------
    size : (int, int)
        (h, w) of the image.
    scale : float or (float, float)
        Factor, or factors for x and y; above 0, above 1 enlarges.
    rotate : float
        Degrees, counter-clockwise as seen.
    shear : (float, float)
        Degrees within -90 and 90 by which vertical (x) and horizontal (y) lines turn, counter-clockwise as seen.  The
        image is sheared along x first, then along y.
    translate : (float, float)
        Pixels along x and y.

    Returns
    -------
    float64 ndarray of shape (3, 3)
        Takes points (x, y, 1) of the image to points of the result.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> affine_matrix(size=(100, 200), rotate=90).round(3)
    array([[  0.,   1.,  50.],
           [ -1.,   0., 150.],
           [  0.,   0.,   1.]])
    """
    h, w = size_pair(size, "size")
    factors = _two(scale, "scale") if is_sequence(scale) else (scale, scale)
    names = ("scale[0]", "scale[1]") if factors[0] is not scale else ("scale", "scale")
    scale_x, scale_y = (positive(v, name) for v, name in zip(factors, names, strict=True))
    angle = real(rotate, "rotate")
    shear_x, shear_y = (real(v, f"shear[{i}]") for i, v in enumerate(_two(shear, "shear")))
    if max(abs(shear_x), abs(shear_y)) >= 90.0:
        raise ValueError(f"shear must be within -90 and 90, got {(shear_x, shear_y)}")
    x, y = (real(v, f"translate[{i}]") for i, v in enumerate(_two(translate, "translate")))
    a, b, d, e = rotate_shear_scale(scale_x, scale_y, angle, shear_x, shear_y)
    return np.array(multiply(translation(x, y), about(linear(a, b, d, e), 0.5 * w, 0.5 * h))).reshape(3, 3)


def _two(value: Any, name: str) -> Sequence[Any] | np.ndarray:
    if not is_sequence(value) or len(value) != 2:
        raise TypeError(f"{name} must be a pair (x, y), got {value!r}")
    return value


def perspective_from_points(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The perspective map that takes four points to four others: the four-point transform.

    Parameters
    ----------
    source, target : array_like of shape (4, 2)
        Points (x, y), the corners of a quadrilateral in order along its sides.

    Returns
    -------
    float64 ndarray of shape (3, 3)
        Takes points (x, y, 1) of the image to points (x w, y w, w) of the result; its last entry is 1 where it can be.

    Raises
    ------
    TypeError, ValueError
        If an argument is no array of four points, if three of its points lie on a line, or if the map would tear the
        quadrilateral apart: one of the two is convex and the other is not, or their corners follow each other in an
        order that no perspective view gives.

    Notes
    -----
    The eight equations have a closed form by way of the unit square (Heckbert, "Fundamentals of texture mapping and
    image warping", 1989), which loses less to rounding than solving them.

    Examples
    --------
    >>> corners = [(0, 0), (100, 0), (100, 50), (0, 50)]
    >>> perspective_from_points(corners, corners).round(6) + 0.0
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    """
    a, b = _quadrilateral(source, "source"), _quadrilateral(target, "target")
    # The depth of corner k in the map is a ratio of the triangles of the other three corners: all have one sign, or
    # the horizon passes between the corners.
    alike = [(first > 0) == (second > 0) for first, second in zip(_turns(a), _turns(b), strict=True)]
    if any(alike) and not all(alike):
        raise ValueError(
            "source and target must be views of one quadrilateral (both convex, corners in the same order), "
            f"got {a.tolist()} and {b.tolist()}"
        )
    # About their middles: what is far from the origin would lose digits.
    near, far = a.mean(axis=0), b.mean(axis=0)
    forward = square_to_quad(*(b - far).reshape(-1).tolist())
    back = inverse(square_to_quad(*(a - near).reshape(-1).tolist()))
    matrix = multiply(translation(*far.tolist()), multiply(multiply(forward, back), translation(*(-near).tolist())))
    result = np.array(matrix).reshape(3, 3)
    last = result[2, 2]
    return result / last if abs(last) > 1e-12 * np.abs(result).max() else result


def _quadrilateral(points: Any, name: str) -> np.ndarray:
    array = numbers(points, name, "four points (x, y)")
    if array.shape != (4, 2):
        raise ValueError(f"{name} must be four points (x, y), got shape {array.shape}")
    extent = float(np.ptp(array, axis=0).max())
    if min(abs(turn) for turn in _turns(array)) <= 1e-10 * extent * extent:
        raise ValueError(f"{name} must have no three points on a line, got {array.tolist()}")
    return array


def _turns(points: np.ndarray) -> list[float]:
    """Twice the signed area of the triangle that leaves out each corner."""
    areas = []
    for k in range(4):
        (ax, ay), (bx, by), (cx, cy) = (points[(k + j) % 4].tolist() for j in (1, 2, 3))
        areas.append((bx - ax) * (cy - ay) - (by - ay) * (cx - ax))
    return areas


declare(affine_matrix, perspective_from_points, no_peer="nine numbers, made once")
