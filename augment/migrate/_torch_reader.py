"""The parameters of transforms of torchvision, read by attribute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._chain.transform import Transform
from ._reader import Missing, Reader
from ._report import APPROXIMATE, EXACT, Entry

__all__: list[str] = []

Mapping = Callable[["TorchReader"], "Transform | None"]
MAPPINGS: dict[str, Mapping] = {}
"""Of torchvision, by the names of its classes."""
BORDERS = {"constant": "constant", "edge": "replicate", "reflect": "reflect_101", "symmetric": "reflect"}


def mapping(*names: str) -> Callable[[Mapping], Mapping]:
    """Say which classes of torchvision a function maps."""

    def register(function: Mapping) -> Mapping:
        MAPPINGS.update(dict.fromkeys(names, function))
        return function

    return register


class TorchReader(Reader):
    """The attributes of one transform of torchvision, and what is said of them."""

    def __init__(self, thing: Any, white: float, size: tuple[int, int] | None) -> None:
        attributes = vars(thing) if hasattr(thing, "__dict__") else {}
        given = {k: v for k, v in attributes.items() if not k.startswith("_") and k != "training"}
        inside = attributes.get("_modules")
        if isinstance(inside, dict) and "transforms" in inside:  # a ModuleList
            given["transforms"] = list(inside["transforms"])
        weights = given.pop("p") if isinstance(given.get("p"), (list, tuple)) else None
        super().__init__(type(thing).__name__, given, {"p": 1.0}, white, size)
        if weights is not None:
            self.values["p"] = weights
            self.given.add("p")

    def side(self, name: str, here: str) -> tuple[float, float]:
        """A range, or the neutral one that None stands for."""
        value = self(name, here)
        if value is None:
            return (0.0, 0.0) if name == "hue" else (1.0, 1.0)
        low, high = value
        return float(low), float(high)

    def levels(self, name: str = "fill") -> float | tuple[float, ...]:
        """Levels outside of the image."""
        value = self.values.get(name)
        if isinstance(value, dict):
            value = next((v for k, v in value.items() if getattr(k, "__name__", k) in ("Image", "Tensor")), 0)
            self.note("of a dict of fills that of images is taken")
            self.mapped[name] = "fill"
            self.values[name] = value
        return self.fill(name)

    def mode(self) -> str:
        """How images are interpolated."""
        value = self("interpolation", "interpolation")
        word = str(getattr(value, "value", value)).lower()
        if word in ("bilinear", "bicubic", "nearest"):
            return word
        if word in ("nearest-exact", "nearest_exact"):
            return "nearest"
        self.differs(f"{word} is bicubic here")
        return "bicubic"

    def resizing(self) -> dict[str, Any]:
        """How images are resized.  With ``antialias`` both follow Pillow."""
        word = self("interpolation", "interpolation")
        lanczos = str(getattr(word, "value", word)).lower() == "lanczos"
        found = "lanczos" if lanczos else self.mode()
        if str(getattr(word, "value", word)) == "nearest":
            self.differs("nearest takes the upper left pixel when it resizes, the one in the middle is taken here")
        # Whatever it says, Pillow's filters are as wide where they shrink; lanczos is for its images only.
        if found != "nearest" and (self.values.get("antialias", True) or lanczos):
            self("antialias", "antialias")
            self.differs("both follow Pillow, which this is within a level of 255")
            return {"interpolation": found, "antialias": True}
        self.ignore("antialias")
        return {"interpolation": found}

    def warp(self) -> dict[str, Any]:
        """Fill and interpolation."""
        self.drop_unless("center", None, "the centre of the image is the centre")
        found = {"fill": self.levels(), "interpolation": self.mode()}
        if found["interpolation"] != "nearest":
            self.note("the image ends sharply, there its outermost pixels are mixed with the fill: a line of a pixel")
        return found

    def padding(self, value: Any) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) out of one number, (across, down), or left, top, right, bottom."""
        if isinstance(value, (list, tuple)):
            numbers = [int(v) for v in value]
            if len(numbers) == 4:
                left, top, right, bottom = numbers
                return top, bottom, left, right
            across, down = numbers if len(numbers) == 2 else numbers * 2
            return down, down, across, across
        return (int(value),) * 4

    def border_of_padding(self) -> dict[str, Any]:
        """What padding shows."""
        word = self("padding_mode", "border")
        if word not in BORDERS:
            raise Missing(f"padding_mode must be one of {', '.join(BORDERS)}, got {word!r:.40}")
        if word == "constant":
            return {"fill": self.levels()}
        self.ignore("fill")
        return {"border": BORDERS[word]}

    def drop_unless(self, name: str, neutral: Any, why: str) -> None:
        """As of a reader; attributes that are not there are neutral."""
        if name in self.values:
            super().drop_unless(name, neutral, why)

    def entry(self, place: str, made: Transform | None) -> Entry:
        """What is to be reported."""
        if made is not None:
            return super().entry(place, made)
        verdict = APPROXIMATE if self.reasons or self.unmapped else EXACT
        mapped = tuple((k, v) for k, v in self.mapped.items() if k != "p")
        return Entry(
            place, self.name, "nothing needed", verdict, mapped, tuple(self.unmapped.items()), tuple(self.reasons),
            tuple(self.notes),
        )  # fmt: skip
