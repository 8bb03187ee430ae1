"""Erosion and dilation."""

from __future__ import annotations

import numpy as np

from .._core.declare import Case, Peer, declare
from ._flat import dilated, eroded, task

__all__ = ["dilate", "erode"]


def erode(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Erosion: the least level in the footprint of each pixel.

    What is bright shrinks, and what is brighter than its surroundings and smaller than the footprint goes.  Of a mask,
    a pixel stays True if all pixels in its footprint are True.  Use `opening` to remove what is small and keep the size
    of the rest.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What an operation sees around each pixel: the name of what `footprint` makes, or an array that is True or not 0
        there; its middle is at (n // 2, m // 2).
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.  An array has its own
        size.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, see `imgproc.pad`.  With ``"reflect"`` and a footprint that is the same
        when mirrored, as all are that have a name, pixels outside the image do not count.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype.  NaN where the footprint holds one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The least f(p + b) over all offsets b of the footprint [1]_: `scipy.ndimage.grey_erosion`, ``cv2.erode``.  SciPy's
    erosion of masks has False outside unless told otherwise.

    The cost of a rectangle hardly depends on its size [2]_ [3]_; that of other footprints grows with the number of
    runs in their rows [4]_.  Masks are worked on with many pixels in a word.

    References
    ----------
    .. [1] P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 3.2.
    .. [2] M. van Herk, "A fast algorithm for local minimum and maximum filters on rectangular and octagonal kernels",
       Pattern Recognition Letters 13, 1992.
    .. [3] J. Gil, M. Werman, "Computing 2-D min, median, and max filters", IEEE Transactions on Pattern Analysis and
       Machine Intelligence 15(5), 1993.
    .. [4] E. R. Urbach, M. H. F. Wilkinson, "Efficient 2-D grayscale morphological transformations with arbitrary flat
       structuring elements", IEEE Transactions on Image Processing 17(1), 2008.

    Examples
    --------
    >>> erode(np.array([[0, 5, 5, 5, 0, 5, 0]], np.uint8))
    array([[0, 0, 5, 0, 0, 0, 0]], dtype=uint8)
    """
    return eroded(task(image, footprint, radius, border, fill))


def dilate(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Dilation: the largest level in the footprint of each pixel, turned by half a turn.

    What is bright grows by the footprint.  Of a mask, a pixel becomes True if the footprint of a True pixel covers it.
    Use `closing` to fill what is small and dark, and keep the size of the rest.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What a pixel grows to: the name of what `footprint` makes, or an array that is True or not 0 there; its middle
        is at (n // 2, m // 2).
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.  An array has its own
        size.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, see `imgproc.pad`.  With ``"reflect"`` and a footprint that is the same
        when mirrored, as all are that have a name, pixels outside the image do not count.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype.  NaN where the footprint holds one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    The largest f(p - b) over all offsets b of the footprint [1]_, as in `scipy.ndimage.grey_dilation`.  So a single
    pixel becomes the footprint, and dilation and erosion make openings and closings of any footprint.  ``cv2.dilate``
    has f(p + b), which is the same where the footprint does not change when turned by half a turn.

    References
    ----------
    .. [1] P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 3.3.

    Examples
    --------
    >>> dilate(np.array([[0, 0, 5, 0, 0, 0, 5]], np.uint8))
    array([[0, 5, 5, 5, 0, 5, 5]], dtype=uint8)
    """
    return dilated(task(image, footprint, radius, border, fill))


def footprints(image: np.ndarray) -> tuple[str | np.ndarray, ...]:
    """Examples of arrays: one that nothing mirrors, and a rectangle."""
    return "disc", np.array([[0, 1, 0, 0, 1], [1, 1, 1, 0, 0], [0, 0, 1, 0, 0]]), np.ones((2, 3), bool)


def _rows_of(name: str) -> list[Case]:
    """Rows of the speed table for erosion or dilation: squares, discs and masks."""
    import cv2

    ours, theirs = {"erode": (erode, cv2.erode), "dilate": (dilate, cv2.dilate)}[name]

    def row(kind: str, shape: str, radius: int, variant: str, prepare: bool = False) -> Case:
        size = (2 * radius + 1, 2 * radius + 1)
        element = np.ones(size, np.uint8) if shape == "square" else _disc(radius)
        call = (lambda x: theirs(x.view(np.uint8), element)) if prepare else (lambda x: theirs(x, element))
        return Case(
            f"{name}, {variant}",
            f"{shape} of {size[0]}×{size[0]}",
            kind,
            lambda x: ours(x, footprint=shape, radius=radius),
            {f"cv2.{name}": Peer(call, limit=1, tolerance=0)},
            prepare=(lambda x: x > 100) if prepare else None,
        )

    return [
        row("RGB", "square", 1, "3×3"),
        row("grey", "square", 3, "7×7"),
        row("grey", "square", 15, "31×31"),
        row("grey", "square", 30, "61×61"),
        row("grey", "disc", 5, "disc of radius 5"),
        row("grey", "disc", 15, "disc of radius 15"),
        row("grey float", "square", 3, "7×7, float"),
        row("grey", "square", 15, "mask, 31×31", True),
        row("grey", "disc", 15, "mask, disc of radius 15", True),
    ]


def _disc(radius: int) -> np.ndarray:
    t = np.arange(-radius, radius + 1)
    return (t * t + (t * t)[:, np.newaxis] <= radius * radius).astype(np.uint8)


declare(
    erode,
    arguments={"footprint": footprints},
    reach=2,
    page="morphology",
    call='erode(image, footprint="square", radius=1)',
    look="What is bright becomes thinner[[: highlights and light lines]], what is dark thicker.",
    peers=lambda: _rows_of("erode"),
)
declare(
    dilate,
    arguments={"footprint": footprints},
    reach=2,
    page="morphology",
    call='dilate(image, footprint="square", radius=1)',
    look="What is bright becomes thicker, what is dark thinner.",
    peers=lambda: _rows_of("dilate"),
)
