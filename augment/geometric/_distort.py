"""Distortions: maps that no matrix describes, as displacement grids.

None of them folds: each is one-to-one, so that boxes and keypoints have one place to go to.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from imgproc._core.check import integer, size_pair
from imgproc._core.declare import Single, declare
from imgproc._core.levels import SIDE, fraction
from imgproc._scanline import Geometry, Stage
from imgproc._scanline.matrix import IDENTITY

from .._chain.drawn import Rule, several, within
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._ranges import Range, Spread, number_range, pair_of
from ._common import _Warp
from ._fields import corners_grid, elastic_grid, knots_grid, lens_grid, plate_grid

_MOST_STEPS = 512
"""Columns and rows of a grid: each is drawn, however small the image is."""

__all__ = ["Elastic", "GridDistortion", "LensDistortion", "PiecewiseAffine", "ThinPlateSpline"]

_BORDERS = "their border is black, ours mirrored"


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Distortion(_Warp):
    """A map given by a displacement grid; by default the image goes on as in a mirror."""

    border: str = "reflect_101"

    def _stage(self, grid: np.ndarray | None, frame: Frame) -> Geometry:
        size = frame.height, frame.width
        return Geometry(IDENTITY, size, self.border, self.fill, self.interpolation, grid, self.mask_fill)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Elastic(_Distortion):
    """Push the image about smoothly and at random, as if it were printed on rubber.

    Control points on a regular grid are moved at random along both axes; between them the displacement is a cubic
    B-spline.  albumentations' ElasticTransform, torchvision's ElasticTransform (their ``sigma`` is about half of
    `spacing` in pixels).  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    alpha : (float, float)
        Range of how far control points are moved at most, as a fraction of the image's shorter side; at most a third
        of `spacing`, so that the map never folds.
    spacing : float
        Distance between control points as a fraction of the shorter side, above 0; a little more where that does not
        divide the sides.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Moves below a third of the distance between control points make the displacement a contraction, which is enough for
    a map to be one-to-one; see also Choi and Lee, "Injectivity conditions of 2D and 3D uniform cubic B-spline
    functions", Graphical Models 2000.

    Examples
    --------
    >>> chain = Compose([Elastic(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    alpha: Range = (0.01, 0.03)
    spacing: float = 0.125

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("alpha", number_range(self.alpha, "alpha", SIDE, at_least=0))
        self._keep("spacing", fraction(self.spacing, "spacing", SIDE, above=0))
        if 3.0 * self.alpha[1] > self.spacing:
            raise ValueError(f"alpha[1] must be <= spacing / 3 = {self.spacing / 3.0:g}, got {self.alpha[1]}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The largest move, and the stream of the moves."""
        return {"alpha": rng.uniform(*self.alpha), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One displacement grid."""
        size = frame.height, frame.width
        side = min(size)
        grid = elastic_grid(params["stream"], params["alpha"] * side, size, max(self.spacing * side, 1.0))
        return [self._stage(grid, frame)]


declare(
    Elastic,
    examples=[{}, {"alpha": (0.03, 0.05), "spacing": 0.25, "border": "constant", "fill": 0.3}],
    look="Edges waver, dots waver with them; the border is mirrored, so no black comes in.",
    peers=[
        Single(
            "ElasticTransform",
            None,
            {"alpha": 300, "sigma": 32, "border_mode": "cv2.BORDER_REFLECT_101"},
            at_least=2,
            note="as smooth and as far on average as ours",
            defaults="theirs moves pixels by less than one, and has a black border, ours a mirrored one",
        ),
        Single(
            "ElasticTransform",
            None,
            {"alpha": 300, "sigma": 32, "border_mode": "cv2.BORDER_REFLECT_101", "approximate": True},
            variant="approximate",
            at_least=2,
            note="theirs in its faster way, with windows of 17 pixels",
        ),
        Single(
            "ElasticTransform",
            None,
            {"alpha": 300, "sigma": 32, "border_mode": "cv2.BORDER_REFLECT_101", "same_dxdy": True},
            variant="same dx and dy",
            at_least=2,
            note="theirs with one displacement for both axes, so that pixels move along one diagonal",
        ),
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GridDistortion(_Distortion):
    """Stretch and squeeze the columns and rows of a grid laid over the image; the image's sides stay.

    albumentations' GridDistortion with ``normalized=True``.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    steps : int
        Columns and rows of the grid, 1 to 512.
    distort : float or (float, float)
        Range of what is added to the factor 1 by which the width of a column or the height of a row changes, drawn for
        each; all are then scaled together to fill the image.  Within -1 and 1; one number v means (-v, v).
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        Of no effect: nothing from outside the image is seen.
    fill : float or tuple of float
        Of no effect; as a fraction of full scale.
    mask_fill : int
        Of no effect.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([GridDistortion(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    steps: int = 5
    distort: Spread = (-0.3, 0.3)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("steps", integer(self.steps, "steps", at_least=1, at_most=_MOST_STEPS))
        self._keep("distort", number_range(self.distort, "distort", above=-1, below=1, around=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Factors of the columns and of the rows."""
        least, most = pair_of(self.distort)
        unit, low, width = rng.unit, 1.0 + least, most - least
        numbers = range(self.steps)
        return {"x": [low + width * unit() for _ in numbers], "y": [low + width * unit() for _ in numbers]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        low, high = pair_of(self.distort)
        factors = several(within(1.0 + low, 1.0 + high), self.steps)
        return {"x": factors, "y": factors}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One displacement grid, its nodes the corners of the cells."""
        return [self._stage(knots_grid(params["x"], params["y"], (frame.height, frame.width)), frame)]


declare(
    GridDistortion,
    examples=[{}, {"steps": 3, "border": "constant"}],
    look="Columns and rows become wider or narrower, straight upright lines stay so; the border stays.",
    peers=[Single("GridDistortion", None, {"border_mode": "cv2.BORDER_REFLECT_101"}, defaults=_BORDERS)],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class ThinPlateSpline(_Distortion):
    """Bend the image like a thin metal plate that is held at some points.

    Points on a regular grid from corner to corner are moved at random along both axes; what lies between bends as
    little as it can.  albumentations' ThinPlateSpline.  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    points : int
        Points along each side, 2 to 10.
    scale : (float, float)
        Range of how far points are moved at most, as a fraction of the sides; at most ``0.15 / (points - 1)``, so that
        the map never folds.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([ThinPlateSpline(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    points: int = 4
    scale: Range = (0.02, 0.05)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("points", integer(self.points, "points", at_least=2, at_most=10))
        self._keep("scale", number_range(self.scale, "scale", SIDE, at_least=0))
        most = 0.15 / (self.points - 1)
        if self.scale[1] > most + 1e-9:
            raise ValueError(f"scale[1] must be <= 0.15 / (points - 1) = {most:g}, got {self.scale[1]}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The largest move, and the stream of the moves."""
        return {"scale": rng.uniform(*self.scale), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One displacement grid."""
        grid = plate_grid(params["stream"], params["scale"], (frame.height, frame.width), self.points)
        return [self._stage(grid, frame)]


declare(
    ThinPlateSpline,
    examples=[{}, {"points": 2, "scale": (0.05, 0.1), "border": "constant"}],
    look="Smooth bending without ripples.",
    peers=[
        Single(
            "ThinPlateSpline",
            None,
            {"scale_range": (0.02, 0.05), "border_mode": "cv2.BORDER_REFLECT_101"},
            defaults=_BORDERS,
        )
    ],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PiecewiseAffine(_Distortion):
    """Move the points of a regular grid at random, each by itself, and stretch the cells between them.

    Lines break where cells meet, unlike with `Elastic` and `ThinPlateSpline`, which bend smoothly.  Changes images,
    masks, boxes and keypoints.  albumentations' PiecewiseAffine, whose ``scale`` is three times ours; imgaug's, of
    which ours is the one without folds.

    Parameters
    ----------
    points : (int, int)
        Points of the grid down and across, from corner to corner; 2 to 512 each.
    scale : (float, float)
        Range of the standard deviation of the normal numbers by which points are moved along both axes, as a fraction
        of the image's shorter side; at least 0.  No point moves by more than a fifth of a cell, so that the map never
        folds.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Notes
    -----
    Within a cell the map is bilinear: affine along each line that is parallel to a side of the image.  imgaug and
    scikit-image cut each cell into two triangles, which are affine, and break along its diagonal as well.

    Examples
    --------
    >>> chain = Compose([PiecewiseAffine(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    points: tuple[int, int] = (4, 4)
    scale: Range = (0.01, 0.03)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("points", size_pair(self.points, "points", at_least=2))
        if max(self.points) > _MOST_STEPS:
            raise ValueError(f"points must be at most {_MOST_STEPS} along an axis, got {self.points}")
        self._keep("scale", number_range(self.scale, "scale", SIDE, at_least=0))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The standard deviation, and the stream of the moves."""
        return {"scale": rng.uniform(*self.scale), "stream": rng.stream()}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One displacement grid."""
        size = frame.height, frame.width
        return [self._stage(corners_grid(params["stream"], params["scale"] * min(size), size, self.points), frame)]


declare(
    PiecewiseAffine,
    examples=[{}, {"points": (6, 3), "scale": (0.05, 0.1), "border": "constant", "fill": 0.3}],
    look="Straight lines become broken ones, with kinks at the borders of the cells.",
    shown={"scale": (0.04, 0.06)},
    no_peer="albumentations' takes seconds for a photo, as it weighs all points at every pixel in Python",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LensDistortion(_Distortion):
    """Distort as a lens does: barrel or pincushion.

    A point at the distance r from the centre comes from ``r (1 + k1 r**2 + k2 r**4)``, with r = 1 at the corners.
    Above 0 the image shrinks towards the centre, lines bend like a barrel; below 0 like a pincushion.  albumentations'
    OpticalDistortion (whose unit is the width and the height).  Changes images, masks, boxes and keypoints.

    Parameters
    ----------
    distort : float or (float, float)
        Range of k1; one number v means (-v, v).
    k2 : float or (float, float)
        Range of k2; one number v means (-v, v).  ``3 |k1| + 5 |k2|`` must stay below 1, so that the map never folds.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level outside the image for the border ``constant``, as a fraction of full scale; one, or one for each channel.
    mask_fill : int
        Label that masks get there.
    interpolation : {"nearest", "bilinear", "bicubic", "area"}
        ``area`` is ``bilinear`` here.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value.

    Examples
    --------
    >>> chain = Compose([LensDistortion(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape
    (96, 128, 3)
    """

    distort: Spread = (-0.05, 0.05)
    k2: Spread = (0.0, 0.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("distort", number_range(self.distort, "distort", around=0))
        self._keep("k2", number_range(self.k2, "k2", around=0))
        most = 3.0 * max(map(abs, pair_of(self.distort))) + 5.0 * max(map(abs, pair_of(self.k2)))
        if most >= 1.0:
            raise ValueError(f"3 |distort| + 5 |k2| must be < 1, got {most:g}")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The coefficients."""
        return {"k1": rng.uniform(*pair_of(self.distort)), "k2": rng.uniform(*pair_of(self.k2))}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"k1": within(*pair_of(self.distort))}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One displacement grid."""
        return [self._stage(lens_grid(params["k1"], params["k2"], (frame.height, frame.width)), frame)]


declare(
    LensDistortion,
    examples=[{}, {"distort": (-0.2, -0.1), "k2": (0.0, 0.05), "border": "constant"}, {"distort": (0.1, 0.2)}],
    look="Straight lines bow outwards (barrel) or inwards (pincushion), the middle stays.",
    peers=[Single("OpticalDistortion", None, {"border_mode": "cv2.BORDER_REFLECT_101"}, defaults=_BORDERS)],
)
