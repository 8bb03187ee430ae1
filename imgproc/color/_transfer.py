"""Colour transfer: one picture gets the mean colour and the spread of colours of another."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._core import elementary
from .._core.check import as_image, as_mask, one_of
from .._core.declare import Case, Peer, another_like, declare
from .._core.formats import work_dtype
from .._core.jit import kernel
from .._core.moments import moments
from .._core.planes import full_scale
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit
from .._scanline import pixel, run
from .._scanline.operations._base import Level
from ._hed import by_pixels, inverse_of, mix_pixels, separate, stain
from ._lab import lab_to_rgb, rgb_to_lab

__all__ = ["color_transfer"]

SPACES = ("lab", "lalphabeta")

# RGB to the cones L, M, S, of [1]; and what their decadic logarithms are decorrelated by, without the square roots of
# 3, 6 and 2, which cancel: deviations are compared with deviations.
_CONES = ((0.3811, 0.5783, 0.0402), (0.1967, 0.7244, 0.0782), (0.0241, 0.1288, 0.8444))
_OPPONENT = ((1.0, 1.0, 1.0), (1.0, 1.0, -2.0), (1.0, -1.0, 0.0))

_LOG10_2 = elementary.LN2 / elementary.log(10.0)
_TO_CONES, _TO_RGB = np.array(_CONES).T, np.array(inverse_of(_CONES)).T
_TO_OPPONENT = np.array(_OPPONENT).T * _LOG10_2
_FROM_OPPONENT = np.array(inverse_of(_OPPONENT)).T / _LOG10_2


class Palette(NamedTuple):
    """The mean and the standard deviation of each channel of a colour space, float64 (3,)."""

    mean: np.ndarray
    deviation: np.ndarray


@kernel
def _mixed(rows, m, out):
    mix_pixels(rows, m, False, out)


@kernel
def _shifted(rows, scale, shift, out):
    kind = out.dtype.type
    a, b, c = kind(scale[0]), kind(scale[1]), kind(scale[2])
    d, e, f = kind(shift[0]), kind(shift[1]), kind(shift[2])
    for k in range(out.shape[0]):
        out[k, 0] = kind(rows[k, 0]) * a + d
        out[k, 1] = kind(rows[k, 1]) * b + e
        out[k, 2] = kind(rows[k, 2]) * c + f


def to_space(image: np.ndarray, space: str) -> np.ndarray:
    """An RGB image in floats of a space."""
    if image.dtype.kind == "f":
        return _floats_to_space(image, space)
    out = np.empty(image.shape, work_dtype(image.dtype))

    def band(a: int, b: int) -> None:
        out[a:b] = _floats_to_space(run(image[a:b], [pixel.normalize(0.0, 1.0)]), space)

    run_bands(band, len(out), pixels=out[..., 0].size, rows=_ROWS)
    return out


def _floats_to_space(levels: np.ndarray, space: str) -> np.ndarray:
    kind = levels.dtype.type
    if space == "lab":
        return rgb_to_lab(levels)
    return by_pixels(by_pixels(levels, _mixed, _TO_CONES), separate, kind(1), _TO_OPPONENT, False)


def from_space(colors: np.ndarray, space: str, dtype: np.dtype) -> np.ndarray:
    """The way back, in a dtype."""
    if space == "lab":
        levels = lab_to_rgb(colors)
    else:
        kind = colors.dtype.type
        light = Level(kind(-np.inf), kind(np.inf), kind(0), 1.0)
        levels = by_pixels(by_pixels(colors, stain, _FROM_OPPONENT, light), _mixed, _TO_RGB)
    return run(levels, [], dtype=dtype) if dtype.kind == "u" else levels


def palette_of(colors: np.ndarray, mask: np.ndarray | None, name: str) -> Palette:
    """The palette of the finite pixels of a mask; ValueError if there are none."""
    seen = colors if mask is None else colors[mask][np.newaxis]
    found = moments(seen) if seen.size else None
    if found is None or not np.isfinite(found[0]).all() or not np.isfinite(found[1]).all():
        seen = seen[np.isfinite(seen).all(axis=-1)][np.newaxis]
        if not seen.size:
            raise ValueError(f"{name} must have a finite pixel that takes part, got none")
        found = moments(seen)
    return Palette(found[0], np.sqrt(found[1]))


def moved_to(
    image: np.ndarray, wanted: Palette, space: str, share: float, mask: np.ndarray | None = None
) -> np.ndarray:
    """An image whose palette is by a share on the way to another one."""
    colors = to_space(image, space)
    own = palette_of(colors, mask, "image")
    flat = own.deviation == 0.0  # a channel of one level stays one
    scale = 1.0 + share * (np.where(flat, 1.0, wanted.deviation) / np.where(flat, 1.0, own.deviation) - 1.0)
    shift = own.mean + share * (wanted.mean - own.mean) - scale * own.mean
    out = np.empty(image.shape, image.dtype)

    def band(a: int, b: int) -> None:
        out[a:b] = from_space(by_pixels(colors[a:b], _shifted, scale, shift), space, image.dtype)

    run_bands(band, len(out), pixels=out[..., 0].size, rows=_ROWS)
    return out


_ROWS = 256
"""So many rows are brought back at a time, as floats of several spaces take much memory."""


def color_transfer(
    image: np.ndarray, reference: np.ndarray, *, space: str = "lab", mask: Any = None, reference_mask: Any = None
) -> np.ndarray:
    """Give an image the colours of another: the mean and the standard deviation of each channel of a colour space.

    Use it to bring pictures of different cameras, scanners or lights to one look.  `match_histogram` imitates the whole
    distribution of each channel, and can tear smooth gradients; this one only shifts and stretches.

    Parameters
    ----------
    image : ndarray of shape (h, w, 3)
        uint8, uint16, float32 or float64, RGB; floats in [0, 1].
    reference : ndarray of shape (h, w, 3)
        RGB, of any size and dtype.
    space : {"lab", "lalphabeta"}
        Where the channels are compared: CIE L*a*b*, as most use it, or the l-alpha-beta of the paper, logarithms of
        what the cones of the eye see.
    mask, reference_mask : bool ndarray of shape (h, w), optional
        Pixels whose mean and deviation are taken, such as tissue without background.  All pixels are changed.

    Returns
    -------
    ndarray of shape (h, w, 3)
        Same shape and dtype.  Integers are rounded half to even and saturated; floats may leave [0, 1].

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, floats are clearly not levels from 0 to 1 (see `to_uint8`), or no
        finite pixel takes part.

    See Also
    --------
    match_histogram : Imitate the distribution of each channel.

    Notes
    -----
    The result is computed in floats throughout, and the deviation is that of the pixels, divided by their number.
    For both the whole image is one window; pixels that are not finite take no part.  A channel without any spread
    keeps none.

    References
    ----------
    .. [1] E. Reinhard, M. Ashikhmin, B. Gooch, P. Shirley, "Color transfer between images", IEEE Computer Graphics and
       Applications 21(5), 2001.

    Examples
    --------
    >>> evening = np.full((4, 4, 3), (200, 120, 60), np.uint8)
    >>> evening[0] = (120, 60, 40)
    >>> made = color_transfer(image, evening)
    >>> made.mean(axis=(0, 1)).round(), evening.mean(axis=(0, 1))
    (array([180., 105.,  55.]), array([180., 105.,  55.]))
    """
    image = as_image(image, channels=(3,))
    reference = as_image(reference, "reference", channels=(3,))
    one_of(space, "space", SPACES)
    mask = as_mask(mask, image)
    reference_mask = as_mask(reference_mask, reference, "reference_mask", "reference")
    if image.size == 0:
        return image.copy()
    if reference.size == 0:
        raise ValueError(f"reference must not be empty, got shape {reference.shape}")
    must_be_unit(image, who="color_transfer", mask=mask)
    must_be_unit(reference, "reference", who="color_transfer", mask=reference_mask)
    wanted = palette_of(to_space(reference, space), reference_mask, "reference")
    return moved_to(image, wanted, space, 1.0, mask)


def _rows() -> list[Case]:
    import cv2

    def theirs(x: np.ndarray, other: np.ndarray) -> np.ndarray:
        a, b = (cv2.cvtColor(v.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for v in (x, other))
        (m, s), (n, t) = (cv2.meanStdDev(v) for v in (a, b))
        moved = (a - m.ravel()) * (t / s).ravel() + n.ravel()
        back = cv2.cvtColor(moved.astype(np.float32), cv2.COLOR_LAB2RGB)
        return np.clip(np.rint(back * 255), 0, full_scale(x.dtype)).astype(x.dtype)

    return [
        Case(
            "color_transfer",
            "colours of another photo",
            "RGB",
            lambda x, other: color_transfer(x, other),
            {"cv2 Lab, mean and deviation": Peer(theirs, tolerance=2, limit=1.0)},
            first="imgproc.color_transfer(image, image)",
            beside="RGB reference",
            default=True,
        )
    ]


declare(
    color_transfer,
    peers=_rows,
    arguments={"reference": lambda image: (another_like(image),)},
)
