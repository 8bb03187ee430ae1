"""Plain functions as transforms."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import declare
from imgproc._scanline import MaskOnly, RowsOnly, Stage, Whole

from .._chain.drawn import STREAM, Rule
from .._chain.keys import Draws
from .._chain.state import Frame, Params
from .._chain.targets.rows import as_rows
from .._chain.transform import Transform

__all__ = ["Lambda"]

_PARTS = ("image", "mask", "boxes", "keypoints")
_ROWS = {"boxes": (4, "(x0, y0, x1, y1)"), "keypoints": (2, "(x, y)")}
_RANDOM = ("key", "rng")
"""Parameters of functions that are random."""
_FUNCTION = {"function": True, "external": True}
"""A recipe has the path of the function; see `augment._chain.serialize`."""


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False)
class Lambda(Transform):
    """Apply functions of your own: one to the image, and others to masks, boxes or keypoints.

    albumentations' and torchvision's Lambda.  What has no function stays as it is, so functions that move pixels need
    one for each part; a class with a `Geometry` moves all parts by itself (``help(augment.own)``).  Functions get
    copies, which they may change.

    A function that is random takes its numbers from a parameter ``key`` or ``rng`` that it declares.  ``key`` is an
    integer, as `add_noise` takes.  ``rng`` is a `numpy.random.Generator` that begins anew for each part.
    Both depend on the key of the sample, and are the same for all parts.  So results are reproducible; other random
    numbers are not.

    Parameters
    ----------
    image : callable, optional
        ``image(image)`` gives an image of the same shape and dtype.  It also gets the further images of a sample.
    mask : callable, optional
        ``mask(mask)`` gives a mask of the same shape and dtype.  It gets each mask of a sample.
    boxes : callable, optional
        ``boxes(boxes)`` gets float64 (n, 4), corners x0, y0, x1, y1 in pixels of the image as it is then, and gives as
        many rows.  Visibility is measured anew from there.  Oriented boxes are (n, 8), their corners x0, y0, ..., y3 in
        order.
    keypoints : callable, optional
        ``keypoints(points)`` gets float64 (n, 2), rows (x, y) in pixels, and gives as many rows.  Points of several
        things, (n, k, ...), are the n k rows of all of them.
    name : str, optional
        What errors and `Compose.explain` call it; default: the name of a function.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, there is no function, or a function gives what it must not; that
        function is named.

    Notes
    -----
    In a recipe a function is its path, ``"module:function"``.  So only a function that a module has by its name can be
    part of one: `Compose.to_dict` refuses a lambda, and a function that is defined inside another.  `Compose.from_dict`
    calls no function unless it is told which modules to trust, ``allow=["my_package"]``.

    Examples
    --------
    >>> def stripes(image, rng):
    ...     image[:, rng.random(image.shape[1]) < 0.1] = 0
    ...     return image
    >>> chain = Compose([HorizontalFlip(), Lambda(image=stripes, p=0.5)])
    """

    image: Callable[..., Any] | None = dataclasses.field(default=None, metadata=_FUNCTION)
    mask: Callable[..., Any] | None = dataclasses.field(default=None, metadata=_FUNCTION)
    boxes: Callable[..., Any] | None = dataclasses.field(default=None, metadata=_FUNCTION)
    keypoints: Callable[..., Any] | None = dataclasses.field(default=None, metadata=_FUNCTION)
    name: str | None = None
    p: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        given = {part: getattr(self, part) for part in _PARTS if getattr(self, part) is not None}
        if not given:
            raise ValueError("image, mask, boxes or keypoints must be a function, got none of them")
        for part, function in given.items():
            if not callable(function) or isinstance(function, (type, Transform)):
                raise TypeError(f"{part} must be a function, got {function!r:.60}")
        if self.name is not None and not isinstance(self.name, str):
            raise TypeError(f"name must be a string, got {self.name!r:.60}")
        self._wants: dict[str, str]
        self.keep("_wants", {part: _wanted(function, part) for part, function in given.items()})

    def __repr__(self) -> str:
        said = {part: _name_of(getattr(self, part)) for part in self._wants}
        said |= {"name": repr(self.name)} if self.name is not None else {}
        return f"Lambda({', '.join(f'{name}={value}' for name, value in said.items())}, p={self.p})"

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """What random functions draw from."""
        return {"stream": rng.stream()} if any(self._wants.values()) else {}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"stream": STREAM} if any(self._wants.values()) else {}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One stage for each function."""
        stages: list[Stage] = []
        for part, wanted in self._wants.items():
            function = getattr(self, part)
            who = f"{part} of {self.name or f'Lambda({part}={_name_of(function)})'}"
            call = functools.partial(_CALLS[part], function, who, wanted, params.get("stream"))
            label = self.name or _name_of(function)
            if part == "image":
                stages.append(Whole(call, label=label))
            elif part == "mask":
                stages.append(MaskOnly(call, label))
            else:
                stages.append(RowsOnly(part, call, label))
        return stages


def _name_of(function: Any) -> str:
    """What messages call a function."""
    if isinstance(function, functools.partial):
        return f"partial({_name_of(function.func)})"
    return getattr(function, "__qualname__", type(function).__name__).rpartition("<locals>.")[2]


def _wanted(function: Callable[..., Any], part: str) -> str:
    """The parameter by which a function asks for random numbers; empty if it asks for none."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # built in: it says nothing of its parameters
        return ""
    found = [name for name in _RANDOM if name in parameters and name not in _bound(function)]
    if len(found) == 2:
        raise TypeError(f"{part} must declare key or rng, got a function with both")
    try:
        inspect.signature(function).bind(None, **dict.fromkeys(found))
    except TypeError as error:
        said = f"{_name_of(function)}{inspect.signature(function)}"
        raise TypeError(f"{part} must be a function of one array, and of key or rng, got {said}: {error}") from None
    return found[0] if found else ""


def _bound(function: Any) -> Any:
    """Parameters of a partial function that have a value already."""
    return function.keywords if isinstance(function, functools.partial) else ()


def _called(function: Callable[..., Any], value: np.ndarray, wanted: str, stream: int | None) -> Any:
    if wanted == "key":
        return function(value, key=stream)
    if wanted == "rng":
        return function(value, rng=np.random.Generator(np.random.Philox(key=stream)))
    return function(value)


def _on_pixels(
    function: Callable[..., Any], who: str, wanted: str, stream: int | None, value: np.ndarray
) -> np.ndarray:
    """What a function makes of an image or a mask, checked."""
    made = _called(function, value.copy(), wanted, stream)
    if not isinstance(made, np.ndarray):
        hint = ": does it return its result?" if made is None else ""
        raise TypeError(f"{who} must give an array, got {type(made).__name__}{hint}")
    if made.dtype != value.dtype:
        hint = f": round and cut its levels, then .astype({value.dtype.name!r})" * (value.dtype.kind in "iu")
        raise TypeError(f"{who} must give the dtype that it got, {value.dtype}, got {made.dtype}{hint}")
    if made.shape != value.shape:
        raise ValueError(f"{who} must give the shape that it got, {value.shape}, got {made.shape}")
    return np.array(made, order="C", copy=None, subok=False)


def _on_rows(
    target: str, function: Callable[..., Any], who: str, wanted: str, stream: int | None, rows: np.ndarray
) -> np.ndarray:
    """What a function makes of boxes or keypoints, checked."""
    columns, what = _ROWS[target] if rows.shape[1] < 8 else (8, "(x0, y0, ..., x3, y3)")
    made = as_rows(_called(function, rows.copy(), wanted, stream), f"the result of {who}", columns, what)
    if len(made) != len(rows):
        raise ValueError(f"{who} must give as many rows as it got, {len(rows)}, got {len(made)}")
    if not np.isfinite(made).all():
        raise ValueError(f"{who} must give finite numbers, got {made[~np.isfinite(made).all(axis=1)][0].tolist()}")
    if target == "boxes" and columns == 4 and not ((made[:, 0] <= made[:, 2]) & (made[:, 1] <= made[:, 3])).all():
        wrong = made[(made[:, 0] > made[:, 2]) | (made[:, 1] > made[:, 3])][0]
        raise ValueError(f"{who} must give x0 <= x1 and y0 <= y1, got {wrong.tolist()}")
    return made


_CALLS: dict[str, Callable[..., np.ndarray]] = {
    "image": _on_pixels,
    "mask": _on_pixels,
    **{target: functools.partial(_on_rows, target) for target in _ROWS},
}


def negative(image: np.ndarray) -> np.ndarray:
    """The example of the inventory: levels from the other end of their range."""
    with np.errstate(invalid="ignore"):
        return np.asarray(image.max() - image)


def speckled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The random example of the inventory: some pixels are black."""
    image[rng.random(image.shape[:2]) < 0.02] = 0
    return image


declare(
    Lambda,
    examples=[{"image": lambda: negative}, {"image": lambda: speckled, "mask": lambda: np.copy, "name": "speckles"}],
    look="A function of a user's: the levels, taken from the brightest one.",
    no_peer="it costs what the function costs",
)
