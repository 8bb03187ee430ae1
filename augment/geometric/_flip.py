"""Flips, transposition, quarter turns: whole pixels are moved, nothing is interpolated."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from imgproc._core.declare import Single, declare
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import Matrix, of

from .._chain.drawn import Rule, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Params, Transform

__all__ = ["Dihedral", "HorizontalFlip", "Rotate90", "Transpose", "VerticalFlip"]


def _symmetry(turns: int, flipped: bool, h: int, w: int) -> tuple[Matrix, tuple[int, int]]:
    """Pull matrix and size of (h, w) after a horizontal flip, or none, and quarter turns counter-clockwise."""
    # The rows of the matrix say what x and y of the source are, before the flip turns x round.
    if turns == 0:
        x, y, size = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (h, w)
    elif turns == 1:
        x, y, size = (0.0, -1.0, of(float, w)), (1.0, 0.0, 0.0), (w, h)
    elif turns == 2:
        x, y, size = (-1.0, 0.0, of(float, w)), (0.0, -1.0, of(float, h)), (h, w)
    else:
        x, y, size = (0.0, 1.0, 0.0), (-1.0, 0.0, of(float, h)), (w, h)
    if flipped:
        x = -x[0], -x[1], w - x[2]
    return (*x, *y, 0.0, 0.0, 1.0), size


@dataclasses.dataclass(frozen=True, kw_only=True)
class HorizontalFlip(Transform):
    """Mirror left and right.

    albumentations' HorizontalFlip, torchvision's RandomHorizontalFlip.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([HorizontalFlip(p=1)])
    >>> made = chain(image=image, boxes=[(0, 0, 10, 10)], labels=[1], key=1)
    >>> np.array_equal(made["image"], image[:, ::-1]), made["boxes"]
    (True, [(118.0, 0.0, 128.0, 10.0)])
    """

    only_geometry: ClassVar[bool] = True

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        h, w = frame.height, frame.width
        return [Geometry((-1.0, 0.0, of(float, w), 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), (h, w))]


declare(
    HorizontalFlip,
    look="Pixels are copied[[: the yellow and the blue dot have changed sides with the eyes]].",
    peers=[Single("HorizontalFlip")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class VerticalFlip(Transform):
    """Mirror top and bottom.

    albumentations' VerticalFlip, torchvision's RandomVerticalFlip.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([VerticalFlip(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, image[::-1])
    True
    """

    only_geometry: ClassVar[bool] = True

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        h, w = frame.height, frame.width
        return [Geometry((1.0, 0.0, 0.0, 0.0, -1.0, of(float, h), 0.0, 0.0, 1.0), (h, w))]


declare(
    VerticalFlip,
    look="Up is down[[: the frame of the shuttle, which the upper border cut, ends at the lower one]].",
    peers=[Single("VerticalFlip")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transpose(Transform):
    """Exchange x and y: mirror at the diagonal from the top left; an (h, w) image becomes (w, h).

    albumentations' Transpose.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Transpose(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> np.array_equal(made, image.swapaxes(0, 1))
    True
    """

    only_geometry: ClassVar[bool] = True

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        return [Geometry((0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0), (frame.width, frame.height))]


declare(
    Transpose,
    look="Rows have become columns[[: the picture stands upright, and no letter can be read]].",
    peers=[Single("Transpose")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rotate90(Transform):
    """Rotate by 0, 1, 2 or 3 quarter turns, all alike; an odd number of them makes an (h, w) image (w, h).

    albumentations' RandomRotate90.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    p : float
        Probability that the transform is applied; with 1 the four orientations are equally frequent.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Rotate90(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    only_geometry: ClassVar[bool] = True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The number of quarter turns, counter-clockwise."""
        return {"turns": rng.integer(0, 3)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"turns": whole(0, 3)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        return [Geometry(*_symmetry(params["turns"], False, frame.height, frame.width))]


declare(
    Rotate90,
    look="Quarter turns lose nothing; two of the four keep the size.",
    peers=[Single("RandomRotate90")],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dihedral(Transform):
    """One of the eight symmetries of the square, all alike: flipped or not, then rotated by quarter turns.

    albumentations' D4 and SquareSymmetry.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    p : float
        Probability that the transform is applied; with 1 the eight symmetries are equally frequent.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([Dihedral(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> sorted(made.shape)
    [3, 96, 128]
    """

    only_geometry: ClassVar[bool] = True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Quarter turns counter-clockwise, and whether they follow a horizontal flip."""
        element = rng.integer(0, 7)
        return {"turns": element & 3, "flipped": element > 3}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"turns": whole(0, 3)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One exact map."""
        return [Geometry(*_symmetry(params["turns"], params["flipped"], frame.height, frame.width))]


declare(
    Dihedral,
    look="Like ``Rotate90``, half of the time with a flip before it.",
    peers=[Single("D4")],
)
