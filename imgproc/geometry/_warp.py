"""Warps by matrices, and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.alpha import has_alpha, weighted
from .._core.check import border_name, flag, frame_size, one_of, real
from .._core.declare import Case, Peer, Size, declare, percent_apart, versus
from .._scanline import Geometry, run
from .._scanline import resize as resize_pixels
from .._scanline.matrix import Matrix, cos_sin, enclosing_size, inverse, turned_pull
from ._common import INTERPOLATIONS, OF_RESIZE, border_fill, closed, numbers, opened, percent_apart_of_255

__all__ = ["resize", "rotate", "warp"]


def warp(
    image: np.ndarray,
    matrix: np.ndarray,
    *,
    size: tuple[int, int] | None = None,
    border: str = "constant",
    fill: float | Sequence[float] = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """Move an image by an affine or perspective map.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    matrix : array_like of shape (3, 3) or (2, 3)
        Takes points (x, y, 1) of the image to points (x w, y w, w) of the result, w = 1 for two rows; in continuous
        coordinates, in which pixel centres lie at halves.
    size : (int, int), optional
        (h, w) of the result; default: the image's.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.  What lies behind the horizon of a perspective map, seen from the middle of the
        image, is outside, too.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; of int16, int32 and labels, which are bool or other
        integers, in their own units.  One, or one for each channel.  uint8 and uint16 are images, whose 1 is white,
        also where they hold labels.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` averages along the axes that an axis-aligned map shrinks, and is ``bilinear`` otherwise.
        ``bicubic`` is Keys' cubic with a = -0.75, as in OpenCV and PyTorch (Pillow and scikit-image have -0.5).
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.

    Returns
    -------
    ndarray of shape `size` or (`size`, c)
        Same shape and dtype as the image, but for `size`.  The border begins where a pixel's centre comes from outside
        the image; it is never blended into the image.  Pixels at the edges of the result see their neighbours in the
        image, wherever the map begins: crop first if they should not.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the matrix has no inverse.

    See Also
    --------
    affine_matrix, perspective_from_points : Matrices.

    Notes
    -----
    Points are float32: in an image of a thousand pixels they are exact to about 1e-4 pixels, for float64 images too.
    An image of more than 2**24 pixels a side, or 2**32 - 1 in all, is refused.

    Examples
    --------
    >>> moved = warp(np.array([[1, 2, 3]], np.uint8), np.array([[1, 0, 1], [0, 1, 0]]), interpolation="nearest")
    >>> moved
    array([[0, 1, 2]], dtype=uint8)
    """
    one_of(interpolation, "interpolation", INTERPOLATIONS)
    image, labels = opened(image, interpolation, full=True)
    h, w = image.shape[:2]
    pull = _pull(matrix, h, w)
    size = (h, w) if size is None else frame_size(size, source=(h, w))
    border_name(border)
    level = border_fill(fill, image, labels, interpolation)
    return closed(run(image, [Geometry(pull, size, border, level, interpolation)]), labels)


_LARGE = 1e60
"""Numbers of a matrix up to this can be multiplied three by three."""
_FAR = 1e30
"""Pixels, in float32 still a number."""


def _pull(matrix: Any, h: int, w: int) -> Matrix:
    """The inverse of a matrix, positive at what comes from the middle of the image."""
    array = numbers(matrix, "matrix", "an array of numbers")
    if array.shape not in ((2, 3), (3, 3)):
        raise ValueError(f"matrix must have shape (3, 3) or (2, 3), got {array.shape}")
    m: Any = (*array.reshape(-1).tolist(), 0.0, 0.0, 1.0)[:9]
    if m[6:] == (0.0, 0.0, 1.0):  # so far away every shift is the same
        m = (*m[:2], max(min(m[2], _FAR), -_FAR), *m[3:5], max(min(m[5], _FAR), -_FAR), *m[6:])
    largest = max(map(abs, m))
    if (
        largest > _LARGE or 0.0 < largest < 1.0 / _LARGE
    ):  # multiples of a matrix are one map; products must not overflow
        m = tuple(v / largest for v in m)
    a, b, c, d, e, f, g, i, j = m
    terms = a * e * j, b * f * g, c * d * i, -a * f * i, -b * d * j, -c * e * g
    if abs(sum(terms)) <= 1e-14 * sum(map(abs, terms)):
        raise ValueError(f"matrix must have an inverse, got {array.tolist()}")
    middle = g * 0.5 * w + i * 0.5 * h + j
    if abs(middle) <= 1e-12 * (abs(g) * w + abs(i) * h + abs(j)):
        raise ValueError(f"matrix must not take the middle of the image to infinity, got {array.tolist()}")
    pull = inverse(m)
    if not all(map(math.isfinite, pull)):
        raise ValueError(f"matrix must have an inverse of finite numbers, got {array.tolist()}")
    # A matrix and its negative are one map; in front of the horizon is where the third coordinate is above 0.
    x, y = (a * 0.5 * w + b * 0.5 * h + c) / middle, (d * 0.5 * w + e * 0.5 * h + f) / middle
    if pull[6] * x + pull[7] * y + pull[8] < 0.0:
        return tuple(-v for v in pull)  # type: ignore[return-value]  # nine of them
    return pull


def resize(
    image: np.ndarray,
    *,
    size: tuple[int, int],
    interpolation: str = "area",
    antialias: bool = False,
    a: float | None = None,
    alpha: bool = False,
) -> np.ndarray:
    """Resize an image.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    size : (int, int)
        (h, w) of the result.
    interpolation : {"nearest", "bilinear", "bicubic", "area", "lanczos"}
        ``area`` takes the mean over what a pixel of the result covers along axes that shrink, and is ``bilinear`` along
        those that grow.
        ``nearest``, ``bilinear`` and ``bicubic`` look at the nearest pixel, 2 x 2 or 4 x 4 pixels, also where the image
        shrinks to a fraction, and so show false patterns there, unless `antialias` is True.
        ``lanczos`` is the windowed sinc of three lobes.  It is the sharpest, and always widens where the image shrinks.
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.
    antialias : bool
        Widen the filters of ``bilinear`` and ``bicubic`` where the image shrinks, so that every pixel counts, as Pillow
        and torchvision do.  ``area`` needs no filter; ``nearest`` has none, and must not ask for it.
    a : float, optional
        Of Keys' cubic, the filter of ``bicubic``, in [-1, 0]: -0.75 is that of OpenCV and PyTorch, -0.5 that of Pillow,
        scikit-image, and PyTorch with antialiasing.  Default: -0.5 with `antialias`, else -0.75.
    alpha : bool
        The last channel is alpha, and other channels count by it: what is transparent gives its colour to none of its
        neighbours.  Colours of pixels that become wholly transparent are 0.

    Returns
    -------
    ndarray of shape `size` or (`size`, c)
        Same shape and dtype as the image, but for `size`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Of uint8, uint16 and float32, ``area`` is computed with whole weights.  It is the exact mean, rounded half to even;
    what is nearer to a half than 2**-13 of a level of 8 bits counts as a half.  It reads every pixel, so that a large
    image takes longer than for the others.  `antialias` and ``lanczos`` are within one level of Pillow's
    ``Image.resize``, of version 13; older ones begin along x, always.  Of integers the result of the first axis is
    rounded and saturated, too.  Pillow multiplies RGBA by alpha first, as ``alpha=True`` does here.

    Examples
    --------
    >>> import numpy as np
    >>> from imgproc import resize
    >>> stripes = np.tile(np.array([0, 0, 255], np.uint8), (4, 4))
    >>> resize(stripes, size=(1, 4)).tolist()
    [[85, 85, 85, 85]]
    >>> resize(stripes, size=(1, 4), interpolation="bilinear").tolist()
    [[0, 0, 0, 0]]
    """
    one_of(interpolation, "interpolation", OF_RESIZE)
    antialias = flag(antialias, "antialias")
    if antialias and interpolation == "nearest":
        raise ValueError("antialias must be False for interpolation='nearest', which takes one pixel, got True")
    if a is not None:
        a = real(a, "a", at_least=-1, at_most=0)
        if interpolation != "bicubic":
            raise ValueError(f"a must be None but for interpolation='bicubic', got {a!r} for {interpolation!r}")
    image, labels = opened(image, interpolation, full=True)
    size = frame_size(size, source=image.shape[:2])
    shown = has_alpha(alpha, image)
    if size == image.shape[:2]:
        return closed(np.array(image, order="C"), labels)

    def work(pixels: np.ndarray) -> np.ndarray:
        return resize_pixels(pixels, size, interpolation, antialias, a)

    if shown and interpolation != "nearest":
        return weighted(image, work)
    return closed(work(np.ascontiguousarray(image) if image.flags.aligned else image.copy()), labels)


def rotate(
    image: np.ndarray,
    *,
    angle: float,
    fit: bool = False,
    border: str = "constant",
    fill: float | Sequence[float] = 0.0,
    interpolation: str = "bilinear",
) -> np.ndarray:
    """Rotate an image about its centre.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float16, float32 or float64; at least one pixel.  int16 and int32 too, which are rounded half to
        even.  bool and other integers are labels, which only ``interpolation="nearest"`` takes.
    angle : float
        Degrees, counter-clockwise as seen.  Multiples of 90 move whole pixels where the frame allows it.
    fit : bool
        Enlarge the frame so that it holds the whole rotated image; otherwise it stays.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or sequence of float
        Level for ``constant`` as a fraction of full scale; of int16, int32 and labels, which are bool or other
        integers, in their own units.  One, or one for each channel.  uint8 and uint16 are images, whose 1 is white,
        also where they hold labels.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
        ``bicubic`` is Keys' cubic with a = -0.75, as in OpenCV and PyTorch (Pillow and scikit-image have -0.5).
        ``nearest`` takes the pixel that holds the point; of a point between two, the right or the lower one.

    Returns
    -------
    ndarray
        Same shape and dtype as the image, but for `fit`.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> rotate(image, angle=30, fit=True).shape
    (148, 159, 3)
    """
    one_of(interpolation, "interpolation", INTERPOLATIONS)
    image, labels = opened(image, interpolation, full=True)
    c, s = cos_sin(real(angle, "angle"))
    fit = flag(fit, "fit")
    border_name(border)
    level = border_fill(fill, image, labels, interpolation)
    h, w = image.shape[:2]
    size = enclosing_size(c, s, s, c, h, w) if fit else (h, w)
    return closed(run(image, [Geometry(turned_pull(c, s, h, w, size), size, border, level, interpolation)]), labels)


TURN = np.array([[0.93, 0.17, -20.0], [-0.15, 0.95, 30.0], [0.0, 0.0, 1.0]])
"""The map of the rows of the speed table."""
_FLOATS = "OpenCV 5 has kernels for each dtype and number of channels; neither side rounds to parts of a pixel"


def _rows_of_warp() -> list[Case]:
    import cv2

    flags = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}
    matrix = TURN[:2].copy()
    matrix[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5  # between pixel centres, which OpenCV counts from

    def row(kind: str, interpolation: str, note: str) -> Case:
        def ours(image: np.ndarray) -> np.ndarray:
            return warp(image, TURN, interpolation=interpolation)

        def theirs(image: np.ndarray) -> np.ndarray:
            return cv2.warpAffine(image, matrix, image.shape[1::-1], flags=flags[interpolation])

        # At the border OpenCV blends with what lies outside; a tie of nearest pixels falls either way.
        peer = Peer(theirs, None, 5, percent_apart_of_255, "% of pixels", note)
        name = f"warp, {kind}" if interpolation == "bilinear" else f"warp, {kind}, {interpolation}"
        return Case(name, f"turned, scaled and sheared, {interpolation}", kind, ours, {"cv2.warpAffine": peer})

    rows = [row(kind, "bilinear", _FLOATS) for kind in ("RGB", "grey", "grey 16-bit", "grey float")]
    rows += [row(kind, "nearest", "") for kind in ("RGB", "grey")]
    return rows + [row(kind, "bicubic", _FLOATS) for kind in ("RGB", "grey", "grey float")]


declare(
    warp,
    together=[{"matrix": np.array([[0.4, 0.0, 0.3], [0.0, 0.45, 0.2]]), "interpolation": "area"}],
    peers=_rows_of_warp,
)


def _rows_of_resize() -> list[Case]:
    import cv2
    import PIL.Image

    def row(what: str, kind: str, source: Size, size: int, peers: dict[str, Peer], **options: Any) -> Case:
        def ours(x: np.ndarray) -> np.ndarray:
            return resize(x, size=(size, size), **options)

        default = what.startswith("default")
        return Case(f"resize, {what}", f"to {size}×{size}", kind, ours, peers, size=source, default=default)

    def opencv(size: int, flag: int, tolerance: float | None, limit: float | None = None, note: str = "") -> Peer:
        return Peer(lambda x: cv2.resize(x, (size, size), interpolation=flag), limit, tolerance, note=note)

    def pillow(size: int, name: str) -> Peer:
        way = getattr(PIL.Image.Resampling, name)
        return Peer(lambda x: np.asarray(PIL.Image.fromarray(x).resize((size, size), way)), 0.4, 1)

    aliases = "2 × 2 pixels, with aliases"
    rows = [
        row(
            "default",
            "RGB",
            source,
            224,
            {
                "cv2.resize, default": opencv(224, cv2.INTER_LINEAR, None, note=aliases),
                "cv2.INTER_AREA": opencv(224, cv2.INTER_AREA, 1, 1 / 2.5),
            },
        )
        for source in ((375, 500), 512, (1080, 1920))
    ]
    for kind in ("grey", "grey 16-bit", "grey float"):
        rows.append(row(f"default, {kind}", kind, 512, 224, {"cv2.INTER_AREA": opencv(224, cv2.INTER_AREA, 1, 1.0)}))
    larger = {"cv2.resize, default": opencv(640, cv2.INTER_LINEAR, 1)}
    rows.append(row("default, larger", "RGB", 512, 640, larger))
    for name in ("bilinear", "bicubic", "lanczos"):
        peers = {"Pillow": pillow(224, name.upper())}
        rows.append(row(f"{name}, antialias", "RGB", 512, 224, peers, interpolation=name, antialias=True))
    return rows


declare(
    resize,
    arguments={"alpha": lambda image: (False,), "antialias": lambda image: (False,), "a": lambda image: (None,)},
    together=[
        {"interpolation": "lanczos"},
        {"interpolation": "bicubic", "antialias": True, "a": -0.75},
        {"interpolation": "bilinear", "antialias": True},
    ],
    peers=_rows_of_resize,
)


def _rows_of_rotate() -> list[Case]:
    import cv2

    def theirs(x: np.ndarray) -> np.ndarray:
        h, w = x.shape[:2]
        matrix = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), 30, 1)
        return cv2.warpAffine(x, matrix, (w, h))

    return [
        versus(
            "rotate",
            "RGB",
            lambda x: rotate(x, angle=30),
            "cv2.warpAffine",
            theirs,
            difference=percent_apart,
            unit="% of pixels",
            tolerance=5,
            what="by 30 degrees, bilinear",
            default=True,
        )
    ]


declare(rotate, peers=_rows_of_rotate)
