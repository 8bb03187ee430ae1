"""3x3 matrices as tuples of nine floats.

A chain multiplies a few of them for each image, and for so few NumPy's calls would cost more.  Compiled chains need
some of these rules, too.  Those are written so that Python runs the same lines that Numba compiles: `multiply` is the
function, `multiply_kernel` the kernel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .._core import elementary
from .._core.jit import shared

Matrix = tuple[float, float, float, float, float, float, float, float, float]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


def multiply(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product ``a @ b``."""
    a0, a1, a2, a3, a4, a5, a6, a7, a8 = a
    b0, b1, b2, b3, b4, b5, b6, b7, b8 = b
    if a6 == a7 == b6 == b7 == 0.0 and a8 == b8 == 1.0:
        return (
            a0 * b0 + a1 * b3,
            a0 * b1 + a1 * b4,
            a0 * b2 + a1 * b5 + a2,
            a3 * b0 + a4 * b3,
            a3 * b1 + a4 * b4,
            a3 * b2 + a4 * b5 + a5,
            0.0,
            0.0,
            1.0,
        )
    return (
        a0 * b0 + a1 * b3 + a2 * b6,
        a0 * b1 + a1 * b4 + a2 * b7,
        a0 * b2 + a1 * b5 + a2 * b8,
        a3 * b0 + a4 * b3 + a5 * b6,
        a3 * b1 + a4 * b4 + a5 * b7,
        a3 * b2 + a4 * b5 + a5 * b8,
        a6 * b0 + a7 * b3 + a8 * b6,
        a6 * b1 + a7 * b4 + a8 * b7,
        a6 * b2 + a7 * b5 + a8 * b8,
    )


multiply_kernel = shared(multiply, "multiply_kernel")


FARTHEST = 2147483648.0
"""Pixels beyond which a map moves no whole pixels: no image is so long, and far beyond it every float is whole."""


def is_exact(m: Matrix) -> bool:
    """Whether a matrix takes pixel centres to pixel centres, one to one.

    Such a matrix flips or swaps the axes, and moves by whole pixels, which are less than `FARTHEST`."""
    a, b, c, d, e, f, g, h, _ = m
    if g != 0.0 or h != 0.0 or not (abs(c) < FARTHEST and abs(f) < FARTHEST):
        return False
    if c % 1.0 != 0.0 or f % 1.0 != 0.0:
        return False
    if b == 0.0 and d == 0.0:
        return abs(a) == 1.0 and abs(e) == 1.0
    return a == 0.0 and e == 0.0 and abs(b) == 1.0 and abs(d) == 1.0


is_exact_kernel = shared(is_exact, "is_exact_kernel")


def bounds_of(m: Matrix, h: float, w: float) -> tuple[bool, float, float, float, float]:
    """Find where the points of a frame (h, w) come from: True and the bounds x0, y0, x1, y1.

    It is False and zeros if a part of the frame would come from behind the horizon of a perspective."""
    if m[6] == 0.0 and m[7] == 0.0:
        ax, bx, ay, by = m[0] * w, m[1] * h, m[3] * w, m[4] * h
        return (
            True,
            m[2] + min(ax, 0.0) + min(bx, 0.0),
            m[5] + min(ay, 0.0) + min(by, 0.0),
            m[2] + max(ax, 0.0) + max(bx, 0.0),
            m[5] + max(ay, 0.0) + max(by, 0.0),
        )
    x0, y0, x1, y1 = math.inf, math.inf, -math.inf, -math.inf
    for k in range(4):
        x, y = w if k % 2 else 0.0, h if k > 1 else 0.0
        depth = m[6] * x + m[7] * y + m[8]
        if not depth >= 1e-6:
            return False, 0.0, 0.0, 0.0, 0.0
        u, v = (m[0] * x + m[1] * y + m[2]) / depth, (m[3] * x + m[4] * y + m[5]) / depth
        if not (abs(u) < math.inf and abs(v) < math.inf):
            return False, 0.0, 0.0, 0.0, 0.0
        x0, y0, x1, y1 = min(x0, u), min(y0, v), max(x1, u), max(y1, v)
    return True, x0, y0, x1, y1


bounds_kernel = shared(bounds_of, "bounds_kernel")


def stays_inside(known: bool, x0: float, y0: float, x1: float, y1: float, h: float, w: float) -> bool:
    """Whether bounds that `bounds_of` gave lie in a frame (h, w), so that nothing comes from outside of it."""
    return known and x0 >= -1e-9 and y0 >= -1e-9 and x1 <= w + 1e-9 and y1 <= h + 1e-9


stays_inside_kernel = shared(stays_inside, "stays_inside_kernel")


def keeps_axes(m: Matrix) -> bool:
    """Whether a matrix only scales along the axes and moves."""
    return m[1] == 0.0 and m[3] == 0.0 and m[6] == 0.0 and m[7] == 0.0


keeps_axes_kernel = shared(keeps_axes, "keeps_axes_kernel")


def walk(m: Matrix, w: int) -> tuple[int, int, int]:
    """How an exact map walks through a source of width w: three numbers.

    The first two say how the number of the source's pixel changes from one output pixel to the next along x and along
    y; the third one is the number of the pixel that the first one comes from."""
    x, y = (m[2] + (m[0] + m[1]) / 2) // 1.0, (m[5] + (m[3] + m[4]) / 2) // 1.0
    return int(m[0] + m[3] * w), int(m[1] + m[4] * w), int(y) * w + int(x)


walk_kernel = shared(walk, "walk_kernel")


def inverse(m: Matrix) -> Matrix:
    """The inverse matrix, scaled so that its last entry is 1 unless that is nearly 0.

    Raises ZeroDivisionError for a singular matrix."""
    a, b, c, d, e, f, g, h, i = m
    if g == h == 0.0 and i == 1.0:
        r = 1.0 / (a * e - b * d)
        return e * r, -b * r, (b * f - c * e) * r, -d * r, a * r, (c * d - a * f) * r, 0.0, 0.0, 1.0
    A, B, C = e * i - f * h, f * g - d * i, d * h - e * g
    r = 1.0 / (a * A + b * B + c * C)
    n = (
        A * r,
        (c * h - b * i) * r,
        (b * f - c * e) * r,
        B * r,
        (a * i - c * g) * r,
        (c * d - a * f) * r,
        C * r,
        (b * g - a * h) * r,
        (a * e - b * d) * r,
    )
    s = n[8]
    return n if abs(s) < 1e-12 else tuple(v / s for v in n)  # type: ignore[return-value]  # nine of them


def of(function: Callable[[float], float], number: Any) -> Any:
    """Apply a function of `math` to a number, or to a symbol, which notes what is to be computed."""
    return function(number) if type(number) is float or not hasattr(number, "computed") else number.computed(function)


def power_of(number: Any, exponent: Any) -> Any:
    """A power of numbers, or of symbols."""
    for value in (number, exponent):
        if hasattr(value, "computed"):
            return value.tape.power(number, exponent)
    return elementary.power(number, exponent)


def translation(dx: float, dy: float) -> Matrix:
    """The matrix that moves points by (dx, dy)."""
    return 1.0, 0.0, dx, 0.0, 1.0, dy, 0.0, 0.0, 1.0


def scaling(sx: float, sy: float) -> Matrix:
    """The matrix that scales about the origin."""
    return sx, 0.0, 0.0, 0.0, sy, 0.0, 0.0, 0.0, 1.0


def linear(a: float, b: float, d: float, e: float) -> Matrix:
    """The matrix of the linear map ``[[a, b], [d, e]]``."""
    return a, b, 0.0, d, e, 0.0, 0.0, 0.0, 1.0


def cos_sin(angle: float) -> tuple[float, float]:
    """Cosine and sine of an angle in degrees.  They are exact for quarter turns, so that these move whole pixels."""
    if angle % 90.0 == 0.0:
        return _QUARTERS[int(angle // 90.0) % 4]
    t = of(math.radians, angle)
    return of(elementary.cos, t), of(elementary.sin, t)


_QUARTERS = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)


def rotation(angle: float) -> Matrix:
    """The matrix that rotates points by `angle` degrees, counter-clockwise as seen (y points down)."""
    c, s = cos_sin(angle)
    return linear(c, s, -s, c)


def rotate_shear_scale(
    scale_x: float, scale_y: float, angle: float, shear_x: float, shear_y: float
) -> tuple[float, float, float, float]:
    """The numbers a, b, d, e of a map that scales, then shears along x, then along y, then rotates.

    Its determinant is ``scale_x * scale_y``.  Angles are in degrees, counter-clockwise as seen: shearing along x turns
    vertical lines by `shear_x`, shearing along y turns horizontal ones by `shear_y`.
    """
    c, s = cos_sin(angle)
    if shear_x == shear_y == 0.0:
        return c * scale_x, s * scale_y, -s * scale_x, c * scale_y
    p, q = of(elementary.tan, of(math.radians, shear_x)), of(elementary.tan, of(math.radians, shear_y))
    r = 1.0 - p * q
    return (
        (c - s * q) * scale_x,
        (c * p + s * r) * scale_y,
        (-s - c * q) * scale_x,
        (-s * p + c * r) * scale_y,
    )


def turned_pull(c: float, s: float, h: int, w: int, size: tuple[int, int]) -> Matrix:
    """The matrix from output to input points that turns (h, w) counter-clockwise and centres it in `size`.

    `c` and `s` are the cosine and sine of the angle."""
    y, x = 0.5 * size[0], 0.5 * size[1]
    return c, -s, 0.5 * w - c * x + s * y, s, c, 0.5 * h - s * x - c * y, 0.0, 0.0, 1.0


def enclosing_size(a: float, b: float, d: float, e: float, h: int, w: int) -> tuple[int, int]:
    """The smallest whole (h, w) that holds a frame after the linear map ``[[a, b], [d, e]]``, up to rounding errors."""
    height, width = abs(d) * w + abs(e) * h, abs(a) * w + abs(b) * h
    return max(math.ceil(height - 1e-9), 1), max(math.ceil(width - 1e-9), 1)


def square_to_quad(x0: float, y0: float, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float) -> Matrix:
    """The matrix that takes the corners (0, 0), (1, 0), (1, 1), (0, 1) of the unit square to these points.

    It solves the eight equations in closed form (Heckbert, "Fundamentals of texture mapping and image warping", 1989).
    Raises ZeroDivisionError if the last three points lie on a line.
    """
    px, py, qx, qy = x1 - x2, y1 - y2, x3 - x2, y3 - y2
    sx, sy = x0 - x1 - qx, y0 - y1 - qy
    d = px * qy - qx * py
    g, h = (sx * qy - qx * sy) / d, (px * sy - sx * py) / d
    return x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1.0


def about(m: Matrix, x: float, y: float) -> Matrix:
    """The matrix that does what `m` does, but about (x, y) instead of the origin."""
    return multiply(translation(x, y), multiply(m, translation(-x, -y)))


def apply(m: Matrix, x: float, y: float) -> tuple[float, float]:
    """The point ``m @ (x, y, 1)``, divided by its third number."""
    d = m[6] * x + m[7] * y + m[8]
    return (m[0] * x + m[1] * y + m[2]) / d, (m[3] * x + m[4] * y + m[5]) / d
