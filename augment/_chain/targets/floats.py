"""Arrays of floats that follow the geometry of the image: depth, heat maps, optical density, normals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from imgproc._core.check import finite
from imgproc._core.hints import hint_of
from imgproc._core.levels import must_be_held
from imgproc._scanline import Geometry, Stage, run

from .base import Opened, Passage, Rules
from .image import Plane
from .masks import stages_back

NAN = math.nan
"""One object, so that what is kept by its value is found again."""
_KINDS = ("float16", "float32", "float64")


def check_floats(value: Any, height: int, width: int, name: str) -> np.ndarray:
    """An array of floats of the sample's size, of any range, NaN included; float16 becomes float32.

    Raises
    ------
    TypeError, ValueError
        If it is no array of floats, or of another size.
    """
    if type(value) is not np.ndarray:
        raise TypeError(f"{name} must be a plain numpy array, got {type(value).__name__}{hint_of(value, name)}")
    dtype = value.dtype.newbyteorder("=")
    if dtype.name not in _KINDS:
        raise TypeError(
            f"{name} must be float16, float32 or float64, got {dtype}: write {name}.astype(numpy.float32), or name it "
            "in image_names or mask_names"
        )
    if value.ndim not in (2, 3) or value.shape[2:] == (0,):
        raise ValueError(f"{name} must have shape (h, w) or (h, w, c), got {value.shape}")
    if value.shape[:2] != (height, width):
        raise ValueError(f"{name} must have the (h, w) of image, {(height, width)}, got {value.shape}")
    wanted = np.dtype(np.float32) if dtype.char == "e" else dtype
    return value if value.dtype == wanted and value.dtype.isnative else value.astype(wanted)


class Floats(Plane):
    """An array of floats.  It is interpolated as the image is, by the geometric stages alone."""

    __slots__ = ("fill",)

    def __init__(self, name: str, fill: float = 0.0) -> None:
        super().__init__(name)
        self.fill = fill
        """What a constant border has."""

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        """float32 or float64."""
        opened = check_floats(value, sample.height, sample.width, self.name)
        if self.fill:
            must_be_held(self.fill, f"float_fill of {self.name}", value.dtype)
        return opened

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        """Through the geometry, all of which is one pass; always a new array."""
        stages = [self._filled(stage) for stage in passage.stages if type(stage) is Geometry]
        if not passage.rules.fuse:
            for stage in stages[:-1]:
                value = run(value, [stage])
            stages = stages[-1:]
        return run(value, stages)

    def _filled(self, stage: Geometry) -> Stage:
        return stage._replace(fill=(self.fill,))

    def close(self, value: np.ndarray, like: Any, passage: Passage) -> np.ndarray:
        """Of the dtype that came."""
        if like.dtype.kind == "f" and like.dtype.itemsize == 2:
            with np.errstate(over="ignore"):  # bicubic interpolation may go beyond the largest float16
                return value.astype(np.float16)
        return value

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> np.ndarray:
        """On the input, interpolated; what the output did not show gets the fill."""
        end = stages[-1].size if stages else size
        opened = check_floats(value, *end, self.name)
        filled = [stage._replace(interpolation="bilinear", fill=(self.fill,)) for stage in stages_back(stages, *size)]
        return run(opened, filled).astype(value.dtype.newbyteorder("="), copy=False)


# --- fills ------------------------------------------------------------------------------------------------------------

Fills = float | str | tuple[tuple[str, float | str], ...]
"""One for all names, or pairs of a name and its own.  ``"nan"`` stands for NaN, so that recipes are equal and plain."""


def check_float_fill(value: Any) -> Fills:
    """What `Compose.float_fill` may be, in its canonical form."""
    if isinstance(value, dict):
        value = tuple(value.items())
    if not isinstance(value, (list, tuple)):
        return _fill(value, "float_fill")
    pairs = [tuple(pair) if isinstance(pair, (list, tuple)) else () for pair in value]
    if not all(len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        raise TypeError(f"float_fill must be a number, 'nan', or a dict from names to these, got {value!r:.60}")
    found = {name: _fill(fill, f"float_fill[{name!r}]") for name, fill in pairs}
    return tuple(found.items())


def _fill(value: Any, name: str) -> float | str:
    if (isinstance(value, str) and value == "nan") or (isinstance(value, (float, np.floating)) and value != value):
        return "nan"
    if isinstance(value, str):
        raise ValueError(f"{name} must be a number or 'nan', got {value!r:.60}")
    return finite(value, name)


def fills_of(fills: Fills, names: tuple[str, ...]) -> dict[str, float]:
    """The fill of each name; 0 where none is said.

    Raises
    ------
    ValueError
        If one is for a name that is not there.
    """
    pairs = dict(fills) if isinstance(fills, tuple) else dict.fromkeys(names, fills)
    for name in pairs:
        if name not in names:
            raise ValueError(f"float_fill must be for names in float_names, {names}, got one for {name!r}")
    return {name: NAN if fill == "nan" else float(fill) for name, fill in pairs.items()}
