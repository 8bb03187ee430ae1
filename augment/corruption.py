"""Corruptions of ImageNet-C, by name and severity."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from imgproc._core.check import integer, one_of
from imgproc._core.declare import declare
from imgproc._core.formats import work_dtype
from imgproc._core.planes import full_scale
from imgproc._scanline import Geometry, Stage, Whole
from imgproc._scanline.matrix import Matrix, inverse
from imgproc.smooth import gaussian_blur

from ._chain.drawn import Rule, number
from ._chain.keys import Draws, stream_uniforms
from ._chain.transform import GREY_OR_RGB, RGB, Frame, Params, Transform
from ._corrupted import CORRUPTIONS, Constants, Work
from .filter._quality import Compression
from .weather._noise import uniforms

__all__ = ["Corruption"]

ANGLES = {"motion_blur": (-45.0, 45.0), "snow": (-135.0, -45.0)}
"""Between which the direction is drawn of those that have one [degrees, clockwise from the x axis]."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Corruption(Transform):
    """One of the 15 + 4 corruptions of ImageNet-C [1]_, at one of their five severities.

    They measure how robust a model is: train without them, and test with each at each severity.  Formulas and constants
    are those of the reference code, in pixels for images of 224 x 224; larger images are corrupted as finely.  Random
    numbers are ours, drawn by key.  Floats are cut off to [0, 1], and ``"fog"`` and ``"contrast"`` look at the whole
    image, so that a NaN there makes all of it NaN.  Changes images only, but for ``"elastic_transform"``, which moves
    masks, boxes and keypoints along.  Grey and RGB images; ``"saturate"`` takes RGB.

    Parameters
    ----------
    name : str
        Noise: ``"gaussian_noise"``, ``"shot_noise"``, ``"impulse_noise"``; blur: ``"defocus_blur"``, ``"glass_blur"``,
        ``"motion_blur"``, ``"zoom_blur"``; weather: ``"snow"``, ``"frost"``, ``"fog"``, ``"brightness"``; digital:
        ``"contrast"``, ``"elastic_transform"``, ``"pixelate"``, ``"jpeg_compression"``; and the four for validation:
        ``"speckle_noise"``, ``"gaussian_blur"``, ``"spatter"``, ``"saturate"``.
    severity : int
        From 1 to 5.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image has other channels.

    Notes
    -----
    What differs from the reference code:

    * ``"frost"`` lays a pane over the image that is made of noise, crystals with branches in fractal patches.  The
      reference has six photographs, which may not be distributed here, so compare figures for frost with care.
    * Levels are computed in floats for every dtype, and rounded once; the reference cuts to bytes, in some several
      times.
    * ``"glass_blur"`` copies pixels as the reference does: what looks like an exchange there copies, as NumPy's views
      alias.
    * ``"elastic_transform"`` interpolates once, after both of its maps, and displaces by a field whose nodes lie
      between the pixels.  The higher severities may fold the image, and a point there goes to one of its places.
    * ``"motion_blur"`` and ``"snow"`` blur by ImageMagick's rule, one-sided along the direction.
    * ``"fog"`` normalises its noise over a torus of the image's own size, not of the next square.

    References
    ----------
    .. [1] D. Hendrycks, T. Dietterich, "Benchmarking neural network robustness to common corruptions and
       perturbations", ICLR 2019; constants from their code, https://github.com/hendrycks/robustness.

    Examples
    --------
    >>> chain = augment.Compose([augment.Corruption(name="fog", severity=3, p=1.0)])
    >>> foggy = chain(image=image, key=0)["image"]
    """

    name: str
    severity: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.name, "name", tuple(CORRUPTIONS))
        self._keep("severity", integer(self.severity, "severity", at_least=1, at_most=5))
        self._keep("noise_streams", ("stream",) if self.name.endswith("_noise") else ())

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return RGB if self.name == "saturate" else GREY_OR_RGB

    def wants_unit(self) -> bool:
        """All of them end at black and white."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The stream of random numbers, and a direction."""
        found: Params = {"stream": rng.stream()}
        if self.name in ANGLES:
            found["angle"] = rng.uniform(*ANGLES[self.name])
        return found

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"angle": number(*ANGLES[self.name])} if self.name in ANGLES else {}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One filter, or two maps."""
        self.need_channels(frame.channels)
        work, severities = CORRUPTIONS[self.name]
        constants = severities[self.severity - 1]
        if self.name == "jpeg_compression":
            return Compression(p=1.0).lower({"quality": constants}, frame)
        if work is None:
            return _elastic(params["stream"], constants, frame)
        label = self.name.replace("_", " ")
        return [Whole(functools.partial(_corrupt, work, constants, params), self.name == "spatter", label)]


declare(
    Corruption,
    examples=[
        {"name": "fog"},
        {"name": "glass_blur", "severity": 3},
        {"name": "snow", "severity": 2},
        {"name": "elastic_transform", "severity": 2},
        {"name": "spatter"},
        {"name": "brightness", "severity": 4},
    ],
    look="What ImageNet-C calls by this name.",
    no_peer="albumentations 2.0.8 has none",
)


def _corrupt(work: Work, constants: Constants, params: Params, image: np.ndarray) -> np.ndarray:
    """Levels to [0, 1], the corruption, and back."""
    if not image.size:
        return image.copy()
    kind, top = work_dtype(image.dtype), full_scale(image.dtype)
    levels = image.astype(kind).reshape(*image.shape[:2], -1)
    if top > 1:
        levels /= kind.type(top)
    with np.errstate(all="ignore"):  # of levels that are infinite, no numbers, or denormal
        found = np.clip(work(levels, constants, params), 0, 1).reshape(image.shape)
    return np.rint(found * top).astype(image.dtype) if top > 1 else found.astype(image.dtype)


def _elastic(stream: int, constants: Constants, frame: Frame) -> list[Stage]:
    """An affine map of three points that are moved at random, and a smooth field of displacements."""
    h, w = frame.height, frame.width
    reach, sigma, move = constants
    numbers = (2 * stream_uniforms(stream, 6) - 1) * move
    x, y, side = w // 2 + 0.5, h // 2 + 0.5, float(max(min(h, w) // 3, 1))
    points = ((x + side, y + side), (x + side, y - side), (x - side, y - side))
    moved = [(a + float(numbers[2 * k]), b + float(numbers[2 * k + 1])) for k, (a, b) in enumerate(points)]
    pull = inverse(_through(points, moved))
    size = h, w
    field = np.stack([2 * uniforms(stream, (h + 1) * (w + 1), c + 1) - 1 for c in range(2)], axis=-1)
    field = field.reshape(h + 1, w + 1, 2)
    grid = gaussian_blur(field, sigma=min(sigma, float(max(h + 1, w + 1, 16))), border="reflect") * np.float32(reach)
    first = Geometry(pull, size, "reflect_101", interpolation="bilinear", label="affine map of three points")
    return [first, Geometry(size=size, border="reflect", grid=grid, label="elastic field")]


def _through(a: tuple[tuple[float, float], ...], b: list[tuple[float, float]]) -> Matrix:
    """The affine map that takes three points, the corner of a square in their middle, to three others."""
    (_, y0), (x1, y1), (x2, _) = a
    across, down = x1 - x2, y0 - y1
    ux, uy = (b[1][0] - b[2][0]) / across, (b[1][1] - b[2][1]) / across
    vx, vy = (b[0][0] - b[1][0]) / down, (b[0][1] - b[1][1]) / down
    return (ux, vx, b[1][0] - ux * x1 - vx * y1, uy, vy, b[1][1] - uy * x1 - vy * y1, 0.0, 0.0, 1.0)
