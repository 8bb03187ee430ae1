"""What erosion and dilation make together: openings, closings, top hats, the gradient."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .._core.check import one_of
from .._core.declare import Case, Peer, declare
from ._erode import footprints
from ._flat import Task, both, by_opencv, dilated, eroded, task

SIDES = ("both", "inner", "outer")

__all__ = ["black_hat", "closing", "morphological_gradient", "opening", "top_hat"]


def opening(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Opening: remove what is bright and smaller than the footprint, and keep the size of the rest.

    It is an erosion and then a dilation.  Of a mask, what is left is where the footprint fits in.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What must fit in: the name of what `footprint` makes, or an array that is True or not 0 there.
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, see `imgproc.pad`; it is extended once, before the erosion.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype; nowhere above the image.  NaN where the footprints around a pixel hold one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    An opening of an opening changes nothing.  OpenCV and SciPy extend the image again before the dilation, so that with
    some borders theirs may be above the image.

    References
    ----------
    P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 4.1.

    Examples
    --------
    >>> opening(np.array([[0, 5, 5, 5, 0, 5, 0]], np.uint8))
    array([[0, 5, 5, 5, 0, 0, 0]], dtype=uint8)
    """
    return both(task(image, footprint, radius, border, fill), False)


def closing(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Closing: fill what is dark and smaller than the footprint, and keep the size of the rest.

    It is a dilation and then an erosion.  Of a mask, it closes gaps and small holes, and joins what is near.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What is filled if it does not fit in: the name of what `footprint` makes, or an array that is True or not 0
        there.
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, see `imgproc.pad`; it is extended once, before the dilation.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype; nowhere below the image.  NaN where the footprints around a pixel hold one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    A closing of a closing changes nothing, and the closing of the negative is the negative of the `opening` with the
    footprint turned by half a turn.

    References
    ----------
    P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 4.2.

    Examples
    --------
    >>> closing(np.array([[0, 0, 5, 5, 0, 5, 0, 0]], np.uint8))
    array([[0, 0, 5, 5, 5, 5, 0, 0]], dtype=uint8)
    """
    return both(task(image, footprint, radius, border, fill), True)


def top_hat(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """White top hat: the image minus its opening, which leaves what is bright and smaller than the footprint.

    With a footprint larger than all objects it removes an uneven dark background.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What is removed if it fits in: the name of what `footprint` makes, or an array that is True or not 0 there.
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, as in `opening`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype, nowhere negative.  NaN where the footprints around a pixel hold one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 4.5.

    Examples
    --------
    >>> top_hat(np.array([[2, 7, 7, 7, 2, 9, 2]], np.uint8))
    array([[0, 0, 0, 0, 0, 7, 0]], dtype=uint8)
    """
    given = task(image, footprint, radius, border, fill)
    found = by_opencv(given, "MORPH_TOPHAT")
    return _minus(given.image, both(given, False)) if found is None else found


def black_hat(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Black top hat: the closing minus the image, which leaves what is dark and smaller than the footprint.

    What was dark is bright in the result.  With a footprint larger than all strokes it finds dark text on paper that is
    unevenly lit.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What is removed if it fits in: the name of what `footprint` makes, or an array that is True or not 0 there.
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, as in `closing`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype, nowhere negative.  NaN where the footprints around a pixel hold one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    References
    ----------
    P. Soille, "Morphological Image Analysis", 2nd ed., 2003, section 4.5.

    Examples
    --------
    >>> black_hat(np.array([[9, 9, 2, 9, 9, 1, 1, 1]], np.uint8))
    array([[0, 0, 7, 0, 0, 0, 0, 0]], dtype=uint8)
    """
    given = task(image, footprint, radius, border, fill)
    found = by_opencv(given, "MORPH_BLACKHAT")
    return _minus(both(given, True), given.image) if found is None else found


def morphological_gradient(
    image: np.ndarray,
    *,
    footprint: str | np.ndarray = "disc",
    radius: int = 1,
    side: str = "both",
    border: str = "reflect",
    fill: float = 0.0,
) -> np.ndarray:
    """Morphological gradient: the largest minus the least level of each footprint.

    Edges of all directions become bright lines.  Of a mask, it is the outline of what is True.  Floods of `watershed`
    start from it.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; each channel by itself.  Masks too: bool.
    footprint : {"disc", "square", "diamond", "octagon", "cross"} or ndarray of shape (n, m)
        What is looked at: the name of what `footprint` makes, or an array that is True or not 0 there.
    radius : int
        Of a footprint that is given by its name, in pixels; at most the image's longer side.
    side : {"both", "inner", "outer"}
        ``"both"``: the dilation minus the erosion.  ``"inner"``: the image minus the erosion, thin lines on the bright
        side of edges.  ``"outer"``: the dilation minus the image, on the dark side.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What lies outside the image, as in `erode`.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale; a mask is True there from 0.5
        on.

    Returns
    -------
    ndarray
        Same shape and dtype; nowhere negative with footprints that hold their middle.  NaN where the footprint holds
        one.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or the middle of an array is not True.

    References
    ----------
    J.-F. Rivest, P. Soille, S. Beucher, "Morphological gradients", Journal of Electronic Imaging 2(4), 1993.

    Examples
    --------
    >>> morphological_gradient(np.array([[2, 2, 2, 9, 9, 9]], np.uint8))
    array([[0, 0, 7, 7, 0, 0]], dtype=uint8)
    """
    given = task(image, footprint, radius, border, fill)
    one_of(side, "side", SIDES)
    if not _has_middle(given):
        raise ValueError("footprint must be True in its middle, so that no level of the result is below 0")
    found = by_opencv(given, "MORPH_GRADIENT") if side == "both" else None
    if found is not None:
        return found
    upper = given.image if side == "inner" else dilated(given)
    lower = given.image if side == "outer" else eroded(given)
    return _minus(upper, lower)


def _has_middle(given: Task) -> bool:
    down, first, length = given.shape.runs.T
    return bool(((down == 0) & (first <= 0) & (first + length > 0)).any())


def _minus(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """The difference of two images of which the first is nowhere below the second; of masks, where they differ."""
    if upper.dtype == bool:
        return upper ^ lower
    with np.errstate(invalid="ignore", over="ignore"):  # infinite levels, and those near the largest float
        return np.subtract(upper, lower, order="C")


def _rows(name: str, ours: Callable[..., np.ndarray]) -> list[Case]:
    import cv2

    operation = {
        "opening": cv2.MORPH_OPEN,
        "closing": cv2.MORPH_CLOSE,
        "top_hat": cv2.MORPH_TOPHAT,
        "black_hat": cv2.MORPH_BLACKHAT,
        "morphological_gradient": cv2.MORPH_GRADIENT,
    }[name]

    def row(shape: str, radius: int) -> Case:
        side = 2 * radius + 1
        element = cv2.getStructuringElement(
            cv2.MORPH_RECT if shape == "square" else cv2.MORPH_CROSS, (side, side)
        )  # a disc of radius 1 is a cross
        return Case(
            f"{name}, {shape} of radius {radius}",
            f"with a {shape} of {side}×{side}",
            "grey",
            lambda x: ours(x, footprint=shape, radius=radius),
            {"cv2.morphologyEx": Peer(lambda x: cv2.morphologyEx(x, operation, element), limit=1, tolerance=0)},
        )

    rows = [row("square", 7), row("disc", 1)]  # the gallery shows the first one
    return rows[::-1] if name == "morphological_gradient" else rows


LOOKS: dict[Callable[..., np.ndarray], tuple[str, str, str]] = {
    opening: (
        "opening",
        '(image, footprint="square", radius=7)',
        "Small highlights are gone.",
    ),
    closing: ("closing", '(image, footprint="square", radius=7)', "Small dark things are filled."),
    top_hat: ("top_hat", '(image, footprint="square", radius=7)', "What an opening removes: the glints alone."),
    black_hat: ("black_hat", '(image, footprint="square", radius=7)', "What a closing fills: dark lines, bright here."),
    morphological_gradient: ("morphological_gradient", "(image)", "Edges of every direction."),
}
"""Of each function its name, the arguments of its picture, and what to look at there."""

for _function, (_name, _arguments, _look) in LOOKS.items():
    declare(
        _function,
        arguments={"footprint": footprints},
        reach=2 if _function is morphological_gradient else 4,  # of the example footprints
        page="morphology",
        call=_name + _arguments,
        look=_look,
        peers=lambda name=_name, function=_function: _rows(name, function),  # type: ignore[misc]
    )
