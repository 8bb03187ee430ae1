"""Automatic policies: a few simple operations, drawn at random.

Operations and ranges are those of the papers, as torchvision has them.  The level of an operation lies in [0, 1], from
its weakest to its strongest value; some values get a sign by the toss of a coin.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.check import border_name, flag, integer, one_of, positive, real
from imgproc._core.declare import declare
from imgproc._core.formats import work_dtype
from imgproc._core.levels import fill_levels
from imgproc._core.opencv import load_cv2
from imgproc._core.planes import canonical
from imgproc._core.sums import add_weighted
from imgproc._scanline import Geometry, Stage, Whole, pixel, run
from imgproc._scanline.matrix import Matrix, about, rotation, translation

from ._chain.drawn import Rule, number, row, several, whole, within, word
from ._chain.keys import Draws
from ._chain.transform import GREY_OR_RGB, Frame, Kind, Params, Transform
from ._ranges import check_fill, integer_range
from .color import AutoContrast, Equalize
from .color._common import dirichlet
from .color._jitter import contrast_about_mean, saturation

__all__ = ["AugMix", "RandAugment", "TrivialAugment"]


# --- the operations ---------------------------------------------------------------------------------------------------


class _Operation(NamedTuple):
    """A kind of operation, and what its value is at each level."""

    name: str
    weakest: float = 0.0
    strongest: float = 0.0
    signed: bool = False
    base: float = 0.0
    """What the value is added to."""
    side: str = ""
    """"width" or "height" if the value is a share of it."""
    rounding: Callable[[float], int] | None = None

    def draw(self, rng: Draws, level: float, frame: Frame) -> list[Any]:
        """[name, value]; always one draw."""
        value = self.weakest + level * (self.strongest - self.weakest)
        value *= getattr(frame, self.side) if self.side else 1.0
        value = self.base + (-value if (rng.unit() < 0.5) and self.signed else value)
        return [self.name, self.rounding(value) if self.rounding else value]

    def rule(self, frame: Frame) -> Rule:
        """What values records may give it."""
        side = getattr(frame, self.side) if self.side else 1.0
        ends = [self.weakest * side, self.strongest * side]
        ends = [self.base + sign * end for end in ends for sign in ((1, -1) if self.signed else (1,))]
        if self.rounding is None:
            return within(min(ends), max(ends))
        return whole(math.floor(min(ends)), math.ceil(max(ends)))


def _truncated(value: float) -> int:
    return int(round(value, 6))  # 85 may come as 84.99999999999999


def _pull(make: Callable[[float, Frame], Matrix]) -> Callable[[float, Frame, dict[str, Any]], list[Stage]]:
    def stages(value: float, frame: Frame, outside: dict[str, Any]) -> list[Stage]:
        if value == 0:
            return []
        return [Geometry(make(value, frame), (frame.height, frame.width), **outside)]

    return stages


def _factor(make: Callable[[float], Stage]) -> Callable[[float, Frame, dict[str, Any]], list[Stage]]:
    return lambda value, frame, outside: [make(value)] if value != 1.0 else []


def _sharpness(factor: float) -> Stage:
    return Whole(functools.partial(_sharpened, factor), opencv=True, label="sharpness")


def _sharpened(factor: float, image: np.ndarray) -> np.ndarray:
    """Blend with the image smoothed by ((1, 1, 1), (1, 5, 1), (1, 1, 1)) / 13: 0 is smooth, 1 changes nothing.

    The outermost pixels stay as they are, as in Pillow's ImageEnhance.Sharpness.
    """
    if min(image.shape[:2]) < 3:
        return image.copy()
    weights = np.full((3, 3), (1.0 - factor) / 13.0)
    weights[1, 1] = factor + 5.0 * (1.0 - factor) / 13.0
    out = load_cv2().filter2D(image, -1, weights).reshape(image.shape)
    for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        out[edge] = image[edge]
    return out


# The papers use Pillow's rule, which divides the pixels among the levels: on 16 bits nothing is left of it.
_equalize_8, _equalize, _auto_contrast = Equalize(method="pil"), Equalize(), AutoContrast()

_STAGES: dict[str, Callable[[float, Frame, dict[str, Any]], list[Stage]]] = {
    "Identity": lambda value, frame, outside: [],
    # The papers shear about the corner, as Pillow's affine transform does: x + v y, and y + v x.
    "ShearX": _pull(lambda v, frame: (1.0, v, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
    "ShearY": _pull(lambda v, frame: (1.0, 0.0, 0.0, v, 1.0, 0.0, 0.0, 0.0, 1.0)),
    "TranslateX": _pull(lambda v, frame: translation(v, 0.0)),
    "TranslateY": _pull(lambda v, frame: translation(0.0, v)),
    "Rotate": _pull(lambda v, frame: about(rotation(-v), 0.5 * frame.width, 0.5 * frame.height)),
    "Brightness": _factor(pixel.affine),
    "Color": lambda value, frame, outside: [saturation(value)] if value != 1.0 and frame.channels == 3 else [],
    "Contrast": _factor(contrast_about_mean),
    "Sharpness": _factor(_sharpness),
    "Posterize": lambda value, frame, outside: [pixel.posterize(value)] if value < 8 else [],
    "Solarize": lambda value, frame, outside: [pixel.solarize(value)],
    "AutoContrast": lambda value, frame, outside: _auto_contrast.lower({}, frame),
    "Equalize": lambda value, frame, outside: (_equalize_8 if frame.dtype == np.uint8 else _equalize).lower({}, frame),
}
"""The value is a slope, pixels, degrees, a factor, bits, or a fraction of full scale."""


def _space(
    shear: float, shift: dict[str, _Operation], angle: float, factor: float, bits: float
) -> tuple[_Operation, ...]:
    """The fourteen operations that RandAugment and TrivialAugment share."""
    return (
        _Operation("Identity"),
        *(_Operation(name, 0.0, shear, True) for name in ("ShearX", "ShearY")),
        *shift.values(),
        _Operation("Rotate", 0.0, angle, True),
        *(_Operation(n, 0.0, factor, True, 1.0) for n in ("Brightness", "Color", "Contrast", "Sharpness")),
        _Operation("Posterize", 8.0, bits, rounding=round),
        _Operation("Solarize", 1.0, 0.0),
        _Operation("AutoContrast"),
        _Operation("Equalize"),
    )


def _shifts(strongest: float, *, shares: bool) -> dict[str, _Operation]:
    """Translations by whole pixels, up to a share of the side or a number of pixels."""
    sides = {"TranslateX": "width", "TranslateY": "height"}
    return {n: _Operation(n, 0.0, strongest, True, 0.0, s if shares else "", _truncated) for n, s in sides.items()}


_RAND_AUGMENT = _space(0.3, _shifts(150 / 331, shares=True), 30.0, 0.9, 4.0)
_TRIVIAL_AUGMENT = _space(0.99, _shifts(32.0, shares=False), 135.0, 0.99, 2.0)

_GEOMETRIC = (
    _Operation("Rotate", 0.0, 30.0, True),
    _Operation("ShearX", 0.0, 0.3, True),
    _Operation("ShearY", 0.0, 0.3, True),
    *_shifts(1 / 3, shares=True).values(),
)
_MILD = (
    _Operation("AutoContrast"),
    _Operation("Equalize"),
    _Operation("Posterize", 4.0, 0.0, rounding=math.ceil),
    _Operation("Solarize", 1.0, 0.0),
)
_FACTORS = tuple(_Operation(name, 0.1, 1.9) for name in ("Color", "Contrast", "Brightness", "Sharpness"))


def _operation_rule(space: tuple[_Operation, ...], frame: Frame) -> Rule:
    """The rule of [name, value] of one of several operations."""
    rules = {operation.name: operation.rule(frame) for operation in space}
    name_rule = word(*rules)

    def check(value: Any, name: str) -> list[Any]:
        kind, number = row(name_rule, lambda entry, _: entry)(value, name)
        return [kind, rules[kind](number, f"{name}[1]")]

    return check


_MOST_OPERATIONS = 100
"""So many operations, or branches of them, are applied to an image at most."""


# --- the policies -----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Policy(Transform):
    """What the policies share: how their geometric operations sample, and what they show from outside."""

    p: float = 1.0
    border: str = "constant"
    fill: float | tuple[float, ...] = 0.0
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        super().__post_init__()
        border_name(self.border)
        self._keep("fill", fill_levels(self.fill))
        one_of(self.interpolation, "interpolation", ("bilinear", "nearest", "bicubic"))

    def channels_wanted(self) -> tuple[int, ...]:
        """Grey or RGB."""
        return GREY_OR_RGB

    def wants_unit(self) -> bool:
        """Some of the operations clip."""
        return True

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; a border that is filled needs a level, or one a channel."""
        super().check(kind, name)
        if self.border == "constant":
            check_fill(self.fill, kind, type(self).__name__, name)

    def _outside(self) -> dict[str, Any]:
        return {"border": self.border, "fill": self.fill, "interpolation": self.interpolation}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Chain(_Policy):
    """A policy that is a list of operations, whose geometry all targets follow."""

    mask_fill: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("mask_fill", integer(self.mask_fill, "mask_fill"))

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The stages of the operations, one after the other."""
        self.need_channels(frame.channels)
        outside = {**self._outside(), "mask_fill": self.mask_fill}
        return [stage for name, value in params["operations"] for stage in _STAGES[name](value, frame, outside)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class RandAugment(_Chain):
    """A few operations out of fourteen, all of one strength.

    torchvision's RandAugment, with its operations and ranges: identity, shear and translation along x and y, rotation,
    brightness, color, contrast, sharpness, posterize, solarize, autocontrast, equalize.  Changes images; masks, boxes
    and keypoints follow shear, translation and rotation.  Grey or RGB images.

    Parameters
    ----------
    n : int
        How many operations, 1 to 100; one may come twice.
    magnitude : int
        Their strength, 0 to ``bins - 1``.
    bins : int
        Number of strengths, at least 2.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level there for ``"constant"``, one for all channels or one each, as a fraction of full scale.
    interpolation : {"bilinear", "nearest", "bicubic"}
        Of shear and rotation; translation is by whole pixels.
    mask_fill : int
        Label that masks get where the image gets `fill`.
    p : float
        Probability that the policy is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    References
    ----------
    .. [1] E. D. Cubuk, B. Zoph, J. Shlens, Q. V. Le, "RandAugment: practical automated data augmentation with a reduced
       search space", 2019.
    """

    n: int = 2
    magnitude: int = 9
    bins: int = 31

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("n", integer(self.n, "n", at_least=1, at_most=_MOST_OPERATIONS))
        self._keep("bins", integer(self.bins, "bins", at_least=2))
        self._keep("magnitude", integer(self.magnitude, "magnitude", at_least=0, at_most=self.bins - 1))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Names and values."""
        level = self.magnitude / (self.bins - 1)
        return {"operations": [rng.pick(_RAND_AUGMENT).draw(rng, level, frame) for _ in range(self.n)]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"operations": several(_operation_rule(_RAND_AUGMENT, frame), self.n)}


declare(
    RandAugment,
    examples=[{}, {"n": 3, "magnitude": 20, "fill": 0.5}],
    look="Two operations of one strength; most are mild at the default of 9 out of 30.",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrivialAugment(_Chain):
    """One operation out of fourteen, of random strength; nothing to tune.

    torchvision's TrivialAugmentWide: the operations of `RandAugment` with the paper's wide ranges (translation up to 32
    pixels whatever the size of the image).  Changes images; masks, boxes and keypoints follow shear, translation and
    rotation.  Grey or RGB images.

    Parameters
    ----------
    bins : int
        Number of strengths, at least 2.
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level there for ``"constant"``, one for all channels or one each, as a fraction of full scale.
    interpolation : {"bilinear", "nearest", "bicubic"}
        Of shear and rotation; translation is by whole pixels.
    mask_fill : int
        Label that masks get where the image gets `fill`.
    p : float
        Probability that the policy is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    References
    ----------
    .. [1] S. G. Müller, F. Hutter, "TrivialAugment: tuning-free yet state-of-the-art data augmentation", ICCV 2021.
    """

    bins: int = 31

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("bins", integer(self.bins, "bins", at_least=2))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """A name and a value."""
        level = rng.integer(0, self.bins - 1) / (self.bins - 1)
        return {"operations": [rng.pick(_TRIVIAL_AUGMENT).draw(rng, level, frame)]}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"operations": several(_operation_rule(_TRIVIAL_AUGMENT, frame), 1)}


declare(
    TrivialAugment,
    look="One operation of any strength, up to very strong ones.",
    no_peer="albumentations 2.0.8 has none",
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AugMix(_Policy):
    """Mix the image with differently augmented copies of itself.

    torchvision's AugMix: each of `width` branches is a chain of operations; their results are averaged with Dirichlet
    weights, and the average is mixed with the image by a Beta weight.  Changes images only: the geometric operations
    shift a branch against the image, so masks, boxes and keypoints, which stay, are those of the unmoved image; without
    them (``geometric=False``) nothing moves.  Grey or RGB images.

    Parameters
    ----------
    width : int
        Number of branches, 1 to 100.
    depth : (int, int)
        Range of the number of operations in a branch, both ends included, within 1 and 100.
    alpha : float
        Parameter of both distributions, above 0.
    severity : float
        Highest strength of an operation, above 0 to 10; each is drawn evenly from 0.1 (or `severity`, if less) on.
    geometric : bool
        Whether rotation, shear and translation are among the operations.
    all_operations : bool
        Whether color, contrast, brightness and sharpness are, too, which the paper leaves out since the corruptions of
        its benchmark resemble them (torchvision has them by default).
    border : {"constant", "replicate", "reflect", "reflect_101", "wrap"}
        What lies outside the image.
    fill : float or tuple of float
        Level there for ``"constant"``, one for all channels or one each, as a fraction of full scale.
    interpolation : {"bilinear", "nearest", "bicubic"}
        Of shear and rotation; translation is by whole pixels.
    p : float
        Probability that the policy is applied; 1 by default.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image is neither grey nor RGB.

    References
    ----------
    .. [1] D. Hendrycks, N. Mu, E. D. Cubuk, B. Zoph, J. Gilmer, B. Lakshminarayanan, "AugMix: a simple data processing
       method to improve robustness and uncertainty", ICLR 2020.
    """

    width: int = 3
    depth: tuple[int, int] = (1, 3)
    alpha: float = 1.0
    severity: float = 3.0
    geometric: bool = True
    all_operations: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("width", integer(self.width, "width", at_least=1, at_most=_MOST_OPERATIONS))
        self._keep("depth", integer_range(self.depth, "depth", at_least=1, at_most=_MOST_OPERATIONS))
        self._keep("alpha", positive(self.alpha, "alpha"))
        self._keep("severity", real(positive(self.severity, "severity"), "severity", at_most=10))
        flag(self.geometric, "geometric")
        flag(self.all_operations, "all_operations")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The share of the branches, their weights, and the names and values of each."""
        space = self._space()
        low, high = min(0.1, self.severity) / 10.0, self.severity / 10.0
        share = dirichlet(rng, self.alpha, 2)[0]
        weights = dirichlet(rng, self.alpha, self.width)
        depths = [rng.integer(*self.depth) for _ in range(self.width)]
        branches = [[rng.pick(space).draw(rng, rng.uniform(low, high), frame) for _ in range(d)] for d in depths]
        return {"share": share, "weights": weights, "branches": branches}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        part, branch = number(0, 1), several(_operation_rule(self._space(), frame), *self.depth)
        return {"share": part, "weights": several(part, self.width), "branches": several(branch, self.width)}

    def _space(self) -> tuple[_Operation, ...]:
        return _MILD + _GEOMETRIC * self.geometric + _FACTORS * self.all_operations

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function of the image, which runs the branches."""
        self.need_channels(frame.channels)
        outside = self._outside()
        branches = [
            [stage for name, value in branch for stage in _STAGES[name](value, frame, outside)]
            for branch in params["branches"]
        ]
        mix = functools.partial(_mixed, branches, params["weights"], params["share"])
        return [Whole(mix, _needs_opencv(branches), "AugMix")]


declare(
    AugMix,
    examples=[{}, {"width": 2, "depth": (2, 2), "geometric": False}],
    look="Ghosts of turned and moved copies, with the true picture over them.",
    no_peer="albumentations 2.0.8 has none",
)


def _needs_opencv(branches: list[list[Stage]]) -> bool:
    return any(type(stage) is Whole and stage.opencv for branch in branches for stage in branch)


def _mixed(branches: list[list[Stage]], weights: list[float], share: float, image: np.ndarray) -> np.ndarray:
    kind = work_dtype(image.dtype).type
    mixed = np.zeros(image.size, kind)
    add_weighted(canonical(image).reshape(-1), kind(1.0 - share), mixed)
    for stages, weight in zip(branches, weights):
        part = run(image, stages) if stages else image
        add_weighted(canonical(part).reshape(-1), kind(share * weight), mixed)
    if image.dtype.kind == "u":
        np.rint(mixed, out=mixed)
    return mixed.astype(image.dtype).reshape(image.shape)
