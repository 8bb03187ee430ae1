"""What a mapping reads its parameters by: whatever it leaves unread is reported, so that nothing gets lost silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._chain.transform import REGISTRY, Transform
from ._defaults import defaults
from ._report import APPROXIMATE, EXACT, Entry

__all__: list[str] = []

BORDERS = {0: "constant", 1: "replicate", 2: "reflect", 3: "wrap", 4: "reflect_101"}
"""OpenCV's numbers."""
INTERPOLATIONS = {0: "nearest", 1: "bilinear", 2: "bicubic", 3: "area", 4: "bicubic", 5: "bilinear", 6: "nearest"}
"""OpenCV's numbers; 4 is Lanczos, 5 and 6 are the exact variants of 1 and 0."""
LANCZOS, NEAREST, EXACT_NEAREST = 4, 0, 6
ASSUMED = 512
"""Pixels of the sides of an image, where only they would tell what a number of pixels is as a fraction."""


class Missing(Exception):
    """Nothing here does what a transform, or a chain without one of its parameters, would do."""


_BASES = {
    "FrequencyMasking": "XYMasking",
    "PadIfNeeded": "Pad",
    "RGBShift": "AdditiveNoise",
    "SafeRotate": "Affine",
    "ShiftScaleRotate": "Affine",
    "TimeMasking": "XYMasking",
}
"""Classes that tell the parameters of another one by their own."""

UNFIT = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What comes of parameters that are of another kind than a mapping reads: such a transform is reported as missing."""

Mapping = Callable[["Reader"], Transform]

MAPPINGS: dict[str, Mapping] = {}
"""Of albumentations, by the names of its classes."""


def mapping(*names: str) -> Callable[[Mapping], Mapping]:
    """Say which classes of albumentations a function maps."""

    def register(function: Mapping) -> Mapping:
        MAPPINGS.update(dict.fromkeys(names, function))
        return function

    return register


class Reader:
    """The parameters of one transform of albumentations, and what is said of them.

    Parameters
    ----------
    name : str
        The class.
    given : dict
        Its parameters as they came, under the names of 2.0.8.
    defaults : dict
        Of all its parameters in 2.0.8.
    white : float
        Which number is white where the transform stands: 255 for bytes, 1 after a conversion to floats.
    size : (int, int), optional
        The (h, w) of images where it stands, if it is known.
    functions : dict, optional
        Of a Lambda that is an object, by target.
    targets : frozenset of str
        Which of "boxes" and "keypoints" the chain has.
    """

    def __init__(
        self,
        name: str,
        given: dict[str, Any],
        defaults: dict[str, Any],
        white: float = 255.0,
        size: tuple[int, int] | None = None,
        functions: dict[str, Any] | None = None,
        targets: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.values = {**defaults, **given}
        self.given = set(given)
        self.white = white
        self.size = size
        self.mapped: dict[str, str] = {}
        self.unmapped: dict[str, str] = {}
        self.reasons: list[str] = []
        self.notes: list[str] = []
        self.after_white = white
        self.layout = "last"
        self.functions = functions or {}
        self.targets = targets
        self.p = self._chance(self("p"))

    def _chance(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            self.drop("p", "it must be a number from 0 to 1, and 1 is taken")
            return 1.0
        return float(value)

    # --- reading ------------------------------------------------------------------------------------------------------

    def __call__(self, name: str, here: str = "") -> Any:
        """The value of a parameter, and what it becomes here."""
        if name not in self.values:
            raise Missing(f"{name} must be given: albumentations has no default for it")
        if name in self.given:
            self.mapped.setdefault(name, here)
        return self.values[name]

    def pair(self, name: str, here: str = "", *, low: float | None = None) -> tuple[float, float]:
        """A range; of one number v it is (-v, v), or from `low` to v."""
        value = self(name, here)
        if isinstance(value, (tuple, list)):
            if len(value) != 2:
                raise Missing(f"{name} must be a pair (low, high), got {value!r:.60}")
            a, b = value
        else:
            a, b = (-value, value) if low is None else (low, value)
        return (float(a), float(b)) if a <= b else (float(b), float(a))

    def whole(self, name: str, here: str = "", *, low: int | None = None) -> tuple[int, int]:
        """A range of integers."""
        a, b = self.pair(name, here, low=low)
        return int(a), int(b)

    def scaled(self, name: str, here: str, unit: float, *, low: float | None = None) -> tuple[float, float]:
        """A range in another unit: divided by `unit`."""
        a, b = self.pair(name, here, low=low)
        return a / unit, b / unit

    def radius(self, name: str, here: str = "radius") -> tuple[int, int]:
        """Odd sides of windows as radii; albumentations takes 3 at least, and the next odd number."""
        low, high = (max(side | 1, 3) for side in self.whole(name, here, low=3))
        return (low - 1) // 2, (max(low, high) - 1) // 2

    def fill(self, name: str = "fill") -> float | tuple[float, ...]:
        """Levels outside of the image, as fractions of white."""
        value = self(name, "fill")
        if value is None:
            return 0.0
        if isinstance(value, (tuple, list)):
            return tuple(float(v) / self.white for v in value)
        return float(value) / self.white

    def mask_fill(self, name: str = "fill_mask") -> int:
        """The label outside of masks."""
        value = self(name, "mask_fill")
        if isinstance(value, (tuple, list)):
            if len(set(value)) > 1:
                self.drop(name, "labels are one number here")
            value = value[0] if value else 0
        if value is None:
            return 0
        if value != int(value):
            self.drop(name, "labels are whole numbers")
        return int(value)

    def border(self, name: str = "border_mode") -> str:
        """What lies outside of the image."""
        value = self(name, "border")
        if value not in BORDERS:
            raise Missing(f"{name} must be a border of OpenCV, 0 to 4, got {value!r:.60}")
        return BORDERS[value]

    def framed(self) -> dict[str, Any]:
        """Border, fill and the fill of masks."""
        border, fill, label = self.border(), self.fill(), self.mask_fill()
        if border != "constant":
            if border.startswith("reflect"):
                self.aside("boxes and keypoints of the mirrored copies around the image come in addition there")
            return {"border": border}
        return {"border": border, "fill": fill, "mask_fill": label}

    def interpolation(self, *, resizes: bool = False) -> str:
        """How images are interpolated; masks always have the nearest label here."""
        value = self("interpolation", "interpolation")
        if value not in INTERPOLATIONS:
            raise Missing(f"interpolation must be one of OpenCV's, 0 to 6, got {value!r:.60}")
        if value == LANCZOS:
            self.differs("Lanczos is bicubic here: edges overshoot less, by a few levels of 255")
        if resizes and value == NEAREST:
            self.differs(
                "INTER_NEAREST takes the upper left pixel when it resizes, the one in the middle is taken here"
            )
        labels = self("mask_interpolation", "nearest") if "mask_interpolation" in self.values else NEAREST
        if labels not in (NEAREST, EXACT_NEAREST):
            self.drop("mask_interpolation", "masks always get the nearest label")
        elif resizes and labels == NEAREST:
            self.note("masks: the label in the middle, where INTER_NEAREST takes the upper left one")
        return INTERPOLATIONS[value]

    def warp(self) -> dict[str, Any]:
        """Border, fills and interpolation."""
        found = {**self.framed(), "interpolation": self.interpolation()}
        if found["border"] == "constant" and found["interpolation"] != "nearest":
            self.note("the image ends sharply, there its outermost pixels are mixed with the fill: a line of a pixel")
        return found

    # --- saying -------------------------------------------------------------------------------------------------------

    def ignore(self, *names: str) -> None:
        """Parameters that change nothing in the result."""
        for name in names:
            if name in self.given:
                self.mapped.setdefault(name, "not needed")

    def drop(self, name: str, why: str) -> None:
        """A parameter that has no equal here, at the value that it has."""
        self.mapped.pop(name, None)
        self.unmapped[name] = why

    def drop_unless(self, name: str, neutral: Any, why: str) -> None:
        """A parameter that has no equal here, unless it is such that it changes nothing."""
        value = self(name, "not needed")
        if isinstance(value, list):
            value = tuple(value)
        if value != neutral:
            self.drop(name, why)

    def differs(self, reason: str) -> None:
        """The result differs, and how far."""
        if reason not in self.reasons:
            self.reasons.append(reason)

    def note(self, text: str) -> None:
        """The same, but worth knowing."""
        if text not in self.notes:
            self.notes.append(text)

    def aside(self, reason: str, *targets: str) -> None:
        """Something that differs for boxes and keypoints only: a note where the chain has none."""
        wanted = targets or ("boxes", "keypoints")
        (self.note if self.targets.isdisjoint(wanted) else self.differs)(reason)

    def need_size(self, what: str) -> tuple[int, int]:
        """The size of images where the transform stands, or one that is assumed."""
        if self.size is not None:
            return self.size
        self.differs(
            f"{what} is in pixels there and a fraction here; the size of images is not known at this place, "
            f"{ASSUMED} x {ASSUMED} is assumed: give image_size, or change it"
        )
        return ASSUMED, ASSUMED

    # --- making -------------------------------------------------------------------------------------------------------

    def make(self, kind: str, /, **fields: Any) -> Transform:
        """One of our transforms, with the probability of theirs unless another is given."""
        if kind not in REGISTRY:
            raise Missing(f"augment.{kind}, which does this, is not in this version")
        return REGISTRY[kind](**{"p": self.p, **fields})

    def sequence(self, *parts: Transform) -> Transform:
        """Several of our transforms for one of theirs; the parts have the probability 1."""
        return self.make("Sequential", transforms=parts)

    def entry(self, place: str, made: Transform) -> Entry:
        """What is to be reported."""
        for name in sorted(self.given - self.mapped.keys() - self.unmapped.keys()):
            if name in defaults().get(_BASES.get(self.name, ""), ()):
                self.mapped[name] = "not needed"  # to_dict writes what a base class has, too
            else:
                self.unmapped[name] = "no such parameter is known"
        verdict = APPROXIMATE if self.reasons or self.unmapped else EXACT
        here = type(made).__name__
        inside = getattr(made, "transforms", ())
        if inside:
            here += f"({', '.join(dict.fromkeys(type(t).__name__ for t in inside))})"
        return Entry(place, self.name, here, verdict, *_frozen(self))

    def nothing(self, place: str, verdict: str, why: str) -> Entry:
        """What is to be reported if nothing was made."""
        return Entry(place, self.name, "", verdict, (), (), (why,), ())


def _frozen(reader: Reader) -> tuple[Any, ...]:
    mapped = tuple((k, v) for k, v in reader.mapped.items() if k != "p")
    return mapped, tuple(reader.unmapped.items()), tuple(reader.reasons), tuple(reader.notes)
