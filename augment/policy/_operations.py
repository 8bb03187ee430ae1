"""The simple operations that automatic policies draw: what each does, and what its value is at each level.

Operations and ranges are those of the papers, as torchvision has them.  The level of an operation lies in [0, 1], from
its weakest to its strongest value; some values get a sign by the toss of a coin.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from imgproc._core.opencv import load_cv2
from imgproc._scanline import Geometry, Stage, Whole, pixel
from imgproc._scanline.matrix import Matrix, about, rotation, translation

from .._chain.drawn import Rule, row, whole, within, word
from .._chain.keys import Draws
from .._chain.transform import Frame
from ..color import AutoContrast, Equalize
from ..color._jitter import contrast_about_mean, saturation

__all__: list[str] = []


class Operation(NamedTuple):
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
        toss = rng.unit()
        value = self.base + (-value if self.signed and toss < 0.5 else value)
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
    return math.trunc(value + (5e-7 if value >= 0 else -5e-7))  # 85 may come as 84.99999999999999


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

STAGES: dict[str, Callable[[float, Frame, dict[str, Any]], list[Stage]]] = {
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
    "Invert": lambda value, frame, outside: [pixel.invert()],
    "Equalize": lambda value, frame, outside: (_equalize_8 if frame.dtype == np.uint8 else _equalize).lower({}, frame),
}
"""The value is a slope, pixels, degrees, a factor, bits, or a fraction of full scale."""


def _space(
    shear: float, shift: dict[str, Operation], angle: float, factor: float, bits: float
) -> tuple[Operation, ...]:
    """The fourteen operations that RandAugment and TrivialAugment share."""
    return (
        Operation("Identity"),
        *(Operation(name, 0.0, shear, True) for name in ("ShearX", "ShearY")),
        *shift.values(),
        Operation("Rotate", 0.0, angle, True),
        *(Operation(n, 0.0, factor, True, 1.0) for n in ("Brightness", "Color", "Contrast", "Sharpness")),
        Operation("Posterize", 8.0, bits, rounding=round),
        Operation("Solarize", 1.0, 0.0),
        Operation("AutoContrast"),
        Operation("Equalize"),
    )


def shifts(strongest: float, *, shares: bool) -> dict[str, Operation]:
    """Translations by whole pixels, up to a share of the side or a number of pixels."""
    sides = {"TranslateX": "width", "TranslateY": "height"}
    return {n: Operation(n, 0.0, strongest, True, 0.0, s if shares else "", _truncated) for n, s in sides.items()}


RAND_AUGMENT = _space(0.3, shifts(150 / 331, shares=True), 30.0, 0.9, 4.0)
AUTO_AUGMENT = {operation.name: operation for operation in (*RAND_AUGMENT, Operation("Invert"))}
TRIVIAL_AUGMENT = _space(0.99, shifts(32.0, shares=False), 135.0, 0.99, 2.0)

GEOMETRIC = (
    Operation("Rotate", 0.0, 30.0, True),
    Operation("ShearX", 0.0, 0.3, True),
    Operation("ShearY", 0.0, 0.3, True),
    *shifts(1 / 3, shares=True).values(),
)
MILD = (
    Operation("AutoContrast"),
    Operation("Equalize"),
    Operation("Posterize", 4.0, 0.0, rounding=math.ceil),
    Operation("Solarize", 1.0, 0.0),
)
FACTORS = tuple(Operation(name, 0.1, 1.9) for name in ("Color", "Contrast", "Brightness", "Sharpness"))


def operation_rule(space: tuple[Operation, ...], frame: Frame) -> Rule:
    """The rule of [name, value] of one of several operations."""
    rules = {operation.name: operation.rule(frame) for operation in space}
    name_rule = word(*rules)

    def check(value: Any, name: str) -> list[Any]:
        kind, number = row(name_rule, lambda entry, _: entry)(value, name)
        return [kind, rules[kind](number, f"{name}[1]")]

    return check


MOST_OPERATIONS = 100
"""So many operations, or branches of them, are applied to an image at most."""
