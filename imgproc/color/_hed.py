"""Stains of tissue: how much of each dye there is, from the light that is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core import elementary
from .._core.check import as_image, flag
from .._core.declare import Case, Peer, declare, floats_like, versus
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from .._scanline.operations._base import Level
from .._scanline.operations.density import LEAST, take_logs, take_powers

__all__ = ["hed_to_rgb", "rgb_to_hed"]

HED = ((0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78))
"""How much light of R, G and B hematoxylin, eosin and DAB absorb, as densities."""

UNIT = -elementary.log(LEAST)
"""The natural density that is an amount of 1."""


def inverse_of(rows: Any) -> tuple[tuple[float, ...], ...] | None:
    """The inverse of a 3x3 matrix, by cofactors, whose bits are the same everywhere; None if it has none."""
    (a, b, c), (d, e, f), (g, h, i) = rows
    p, q, r = e * i - f * h, f * g - d * i, d * h - e * g
    determinant = a * p + b * q + c * r
    if abs(determinant) < 1e-9:
        return None
    found = ((p, c * h - b * i, b * f - c * e), (q, a * i - c * g, c * d - a * f), (r, b * g - a * h, a * e - b * d))
    return tuple(tuple(v / determinant for v in row) for row in found)


_SEPARATING = np.array(inverse_of(HED)) * (-elementary.LN2 / UNIT)
_STAINING = np.array(HED) * (-UNIT / elementary.LN2)


@kernel
def separate(rows, part, m, cut, out):
    """Logarithms (base 2) of pixels, times a matrix from the right; `cut` makes what is negative 0."""
    flat = out.reshape(-1)
    levels = rows.reshape(-1)
    for i in range(flat.size):
        flat[i] = levels[i]
    take_logs(flat, part)
    mix_pixels(out, m, cut, out)


@kernel
def stain(rows, m, level, out):
    """Pixels times a matrix from the right, and powers of two of that."""
    mix_pixels(rows, m, False, out)
    take_powers(out.reshape(-1), level)


@kernel(inner=True)
def mix_pixels(rows, m, cut, out):
    """Each pixel times a matrix from the right; `cut` makes what is negative 0."""
    kind = out.dtype.type
    a, b, c = kind(m[0, 0]), kind(m[0, 1]), kind(m[0, 2])
    d, e, f = kind(m[1, 0]), kind(m[1, 1]), kind(m[1, 2])
    g, h, i = kind(m[2, 0]), kind(m[2, 1]), kind(m[2, 2])
    for k in range(out.shape[0]):
        x, y, z = kind(rows[k, 0]), kind(rows[k, 1]), kind(rows[k, 2])
        u, v, w = x * a + y * d + z * g, x * b + y * e + z * h, x * c + y * f + z * i
        if cut:
            u, v, w = kind(0) if u < 0 else u, kind(0) if v < 0 else v, kind(0) if w < 0 else w
        out[k, 0], out[k, 1], out[k, 2] = u, v, w


def by_pixels(image: np.ndarray, work: Callable[..., None], *args: Any) -> np.ndarray:
    """``work(pixels, *args, out)`` on rows of three floats for an RGB image; the result has its shape."""
    pixels = canonical(image).reshape(-1, 3)
    out = np.empty(pixels.shape, work_dtype(image.dtype))
    run_bands(lambda a, b: work(pixels[a:b], *args, out[a:b]), len(pixels), pixels=len(pixels))
    return out.reshape(image.shape)


def rgb_to_hed(image: np.ndarray, *, clip: bool = True) -> np.ndarray:
    """Separate the stains of a slide: how much hematoxylin, eosin and DAB each pixel has.

    Use it to measure or to threshold one dye by itself.  As ``skimage.color.rgb2hed``.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB, of light that a stained slide lets through: white is no dye.
    clip : bool
        Whether negative amounts, which noise and foreign colours lead to, become 0.  False keeps them, and then
        `hed_to_rgb` gives the image back.

    Returns
    -------
    float32 ndarray of shape (h, w, 3)
        Amounts of hematoxylin, eosin and DAB; float64 for float64.  White is (0, 0, 0).  1 is so much that a channel
        which the dye absorbs with weight 1 keeps a millionth of its light.

    Raises
    ------
    TypeError, ValueError
        If `image` is no RGB image, floats are clearly not levels from 0 to 1 (see `to_uint8`), or `clip` is neither
        True nor False.

    See Also
    --------
    hed_to_rgb : The way back.

    Notes
    -----
    By Beer and Lambert's law densities, logarithms of light, add up: ``-ln(rgb) = hed @ vectors``, where the rows of
    the vectors are what each dye absorbs of R, G and B.  Levels below a millionth of full scale count as that.

    References
    ----------
    .. [1] A. C. Ruifrok, D. A. Johnston, "Quantification of histochemical staining by color deconvolution", Analytical
       and Quantitative Cytology and Histology 23(4), 2001.

    Examples
    --------
    >>> rgb_to_hed(np.ones((1, 1, 3)))  # white paper has no stain
    array([[[0., 0., 0.]]])
    """
    image = as_image(image, channels=(3,))
    clip = flag(clip, "clip")
    must_be_unit(image, who="rgb_to_hed")
    part = work_dtype(image.dtype).type(1.0 / full_scale(image.dtype))
    return by_pixels(image, separate, part, _SEPARATING, clip)


def hed_to_rgb(image: np.ndarray) -> np.ndarray:
    """Colour a slide from the amounts of its stains.

    Use it to show one dye alone: set the others to 0.  As ``skimage.color.hed2rgb``.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        Amounts of hematoxylin, eosin and DAB as `rgb_to_hed` gives them, float32 or float64.  Integers are divided by
        the largest one of their dtype.

    Returns
    -------
    float32 ndarray of shape (h, w, 3)
        RGB in [0, 1]; float64 for float64.  More light than white is cut off.

    Raises
    ------
    TypeError, ValueError
        If `image` has not three channels.

    See Also
    --------
    rgb_to_hed : The definitions.

    Examples
    --------
    >>> stains = rgb_to_hed(np.array([[[0.5, 0.3, 0.6]]]))
    >>> hed_to_rgb(stains).round(3)
    array([[[0.5, 0.3, 0.6]]])
    """
    image = as_image(image, channels=(3,))
    kind = work_dtype(image.dtype).type
    light = Level(kind(0), kind(1), kind(0), 1.0)
    return by_pixels(image, stain, _STAINING / full_scale(image.dtype), light)


def _rows() -> list[Case]:
    from skimage import color

    return [
        Case(
            "rgb_to_hed",
            "amounts of stains",
            "RGB",
            rgb_to_hed,
            {"skimage rgb2hed": Peer(color.rgb2hed, limit=1 / 3, tolerance=1e-5, unit="of 1")},
            first="imgproc.rgb_to_hed(image)",
            default=True,
        ),
        versus(
            "hed_to_rgb",
            "RGB float",
            hed_to_rgb,
            "skimage hed2rgb",
            color.hed2rgb,
            tolerance=1e-4,
            unit="of 1",
            prepare=rgb_to_hed,
            default=True,
        ),
    ]


declare(rgb_to_hed, hed_to_rgb, peers=_rows)
declare(rgb_to_hed, hed_to_rgb, result=floats_like)
