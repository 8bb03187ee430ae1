"""What a chain carries through its geometry beside the image: keypoints, masks, and fields that follow their row.

Boxes have a file of their own, `_boxes_target`.  Both move along a `Path`, made once per sample from its stages.

Keypoints are (x, y) in continuous coordinates, in which the image spans [0, w] x [0, h] with its edges: the centre of
the first pixel is (0.5, 0.5).  A keypoint that lies outside a frame on its way is gone, as its pixels are: padding what
a crop has cut off does not bring it back.  Borders that repeat the image (``reflect``, ``wrap``, ...) do not repeat
keypoints.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from augment._chain.targets.moves import (
    AGAINST,
    ALONG,
    MOST_PIECES,
    MULTIPLY,
    PATH,
    carry_points,
    first_not_finite,
    invert_steps,
)
from imgproc._scanline.matrix import IDENTITY
from imgproc._scanline.stages import Geometry

_NO_STEPS = np.empty((0, PATH))
_NO_GRIDS = np.zeros(2, np.float32)
_LABELS = "biuf"


class Path(NamedTuple):
    """The way of points through stages, as arrays for the kernels; see `augment._chain.targets.moves`."""

    steps: np.ndarray
    grids: np.ndarray
    start: tuple[int, int]
    """(h, w) of the frame that it begins in."""
    end: tuple[int, int]
    """(h, w) of the frame that it leads into."""
    vertices: int
    """How many vertices a box can get on its way."""


def path(stages: Iterable[Any], height: int, width: int) -> Path:
    """The way from an input of (height, width) to the output; stages that move nothing are passed over."""
    numbers: list[float] = []
    grids: list[np.ndarray] = []
    start = 0
    size = (height, width)
    for stage in stages:
        if type(stage) is not Geometry:
            continue
        pull, size, grid = stage.pull, stage.size, stage.grid
        h, w = size
        if grid is None:
            numbers += (MULTIPLY, *pull, w, h, 0.0)
        else:
            numbers += (MULTIPLY, *pull, -1.0, -1.0, 0.0, AGAINST, *IDENTITY, w, h, start)
            start += _add_grid(grids, grid, h, w)
    made = _path(numbers, grids, (height, width), size)
    if numbers:
        invert_steps(made.steps)
    return made


def path_back(stages: Iterable[Any], height: int, width: int) -> Path:
    """The way from the output back to an input of (height, width): pulls need no inverse."""
    numbers: list[float] = []
    grids: list[np.ndarray] = []
    start = 0
    moves = [stage for stage in stages if type(stage) is Geometry]
    sizes = [(height, width), *(stage.size for stage in moves)]
    for stage, (h, w), (oh, ow) in zip(reversed(moves), sizes[-2::-1], reversed(sizes)):
        if stage.grid is not None:
            numbers += (ALONG, *IDENTITY, -1.0, -1.0, start)
            start += _add_grid(grids, stage.grid, oh, ow)
        numbers += (MULTIPLY, *stage.pull, w, h, 0.0)
    return _path(numbers, grids, sizes[-1], (height, width))


def _add_grid(grids: list[np.ndarray], grid: np.ndarray, h: int, w: int) -> int:
    """Appends a grid and what is to be known of it; returns how many numbers that is."""
    grids += (np.array([*grid.shape[:2], w, h], np.float32), np.asarray(grid, np.float32).reshape(-1))
    return 4 + grid.size


def _path(numbers: list[float], grids: list[np.ndarray], start: tuple[int, int], end: tuple[int, int]) -> Path:
    if not numbers:
        return Path(_NO_STEPS, _NO_GRIDS, start, end, 4)
    steps = np.array(numbers, np.float64).reshape(-1, PATH)
    # A cut adds a vertex or two, a displacement its pieces.
    vertices = 8 + 10 * len(steps) + (int(MOST_PIECES) + 64) * len(grids)
    return Path(steps, np.concatenate(grids) if grids else _NO_GRIDS, start, end, vertices)


# --- keypoints --------------------------------------------------------------------------------------------------------


def open_points(points: Any, name: str = "keypoints") -> np.ndarray:
    """Keypoints as a new float64 array of shape (n, 2).

    Parameters
    ----------
    points : array_like of shape (n, 2)
        (x, y) in pixels; none at all in any spelling: ``[]``, shape (0,) or (0, 2).
    name : str
        What messages call them.

    Raises
    ------
    TypeError
        If they are no numbers.
    ValueError
        If they are not pairs, or not finite.
    """
    array = as_rows(points, name, 2, "(x, y)")
    row = first_not_finite(array)
    if row >= 0:
        raise ValueError(f"{name} must be finite, got {tuple(array[row].tolist())} in row {row}")
    return array


def move_points(points: np.ndarray, way: Path, *, remove_invisible: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints along a path.

    Parameters
    ----------
    points : float64 ndarray of shape (n, 2)
        As `open_points` gives them.
    way : Path
    remove_invisible : bool
        Leave out the points that lie outside a frame on their way, the first and the last included.  Otherwise all
        stay, wherever they come to lie; NaN are those behind the horizon of a perspective map, which have no place.

    Returns
    -------
    float64 ndarray of shape (m, 2), intp ndarray of shape (m,)
        The points, and which rows they were.
    """
    n = len(points)
    out, kept = np.empty((n, 2)), np.empty(n, np.intp)
    h, w = way.start
    count = carry_points(points, way.steps, way.grids, float(w), float(h), bool(remove_invisible), out, kept)
    return out[:count], kept[:count]


def points_back(points: np.ndarray, stages: Iterable[Any], height: int, width: int) -> np.ndarray:
    """Where points of the output come from in an input of (height, width); all of them, inside it or not."""
    return move_points(points, path_back(stages, height, width), remove_invisible=False)[0]


def close_points(points: np.ndarray, like: Any) -> np.ndarray | list[Any] | tuple[Any, ...]:
    """Moved points in the container in which they came; see `as_container`."""
    return as_container(points, like)


# --- rows -------------------------------------------------------------------------------------------------------------


def as_rows(value: Any, name: str, columns: int, what: str) -> np.ndarray:
    """Rows of numbers as a new, contiguous float64 array of shape (n, columns)."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must have shape (n, {columns}), rows {what}, got rows of different lengths") from None
    if array.dtype.kind not in "iuf":
        came = "None" if value is None else f"{type(value).__name__} of {array.dtype}"
        raise TypeError(f"{name} must be numbers, rows {what}, got {came}")
    if array.shape == (0,):
        return np.empty((0, columns))
    if array.ndim != 2 or array.shape[1] != columns:
        hint = f": one row alone is [{what}]" if array.ndim == 1 and len(array) == columns else ""
        if array.ndim == 2 and array.shape[1] > columns:
            hint = ": pass labels and other columns as fields of their own"
        raise ValueError(f"{name} must have shape (n, {columns}), rows {what}, got {array.shape}{hint}")
    # What a list became is ours already.
    return np.array(array, np.float64, order="C", copy=None if isinstance(value, (list, tuple)) else True)


def as_container(rows: np.ndarray, like: Any) -> np.ndarray | list[Any] | tuple[Any, ...]:
    """Rows in the container in which others came.

    A list gives a list, a tuple a tuple, their rows lists if the first row was one and tuples otherwise; an array gives
    a new array, float64 if it was float64 and float32 if not.
    """
    if isinstance(like, (list, tuple)):
        plain: list[Any] = rows.tolist()
        if not (len(like) and type(like[0]) is list):
            plain = [tuple(row) for row in plain]
        return plain if isinstance(like, list) else tuple(plain)
    dtype = np.asarray(like).dtype
    return rows.astype(np.float64 if dtype.kind == "f" and dtype.itemsize >= 8 else np.float32)


def check_field(field: Any, count: int, name: str, of: str = "boxes") -> Any:
    """A list, tuple or array with one entry for each row of `of`."""
    if not isinstance(field, (list, tuple, np.ndarray)) or not getattr(field, "ndim", 1):
        raise TypeError(f"{name} must be a list, a tuple or an array, one entry per row of {of}, got {field!r:.60}")
    if len(field) != count:
        raise ValueError(f"{name} must have one entry per row of {of}, {count}, got {len(field)}")
    return field


def take(field: Any, kept: np.ndarray) -> Any:
    """The entries of a field that belong to the rows kept: a new list, tuple or array, as it came."""
    if isinstance(field, np.ndarray):
        return field[kept]
    if isinstance(field, tuple):
        return tuple([field[i] for i in kept.tolist()])
    return [field[i] for i in kept.tolist()]


# --- masks ------------------------------------------------------------------------------------------------------------


def check_mask(mask: Any, height: int, width: int, name: str = "mask") -> np.ndarray:
    """A label image of the sample's size, in native byte order; never a copy otherwise.

    Parameters
    ----------
    mask : ndarray of shape (height, width) or (height, width, c)
        bool, any integers, float32 or float64.  Labels are never interpolated, those in floats neither.
    height, width : int
    name : str
        What messages call it.

    Raises
    ------
    TypeError
        If it is no array or of another dtype.
    ValueError
        If it is of another size.
    """
    _check_labels(mask, name)
    if mask.ndim not in (2, 3):
        raise ValueError(f"{name} must have shape (h, w) or (h, w, c), got {mask.shape}")
    if mask.shape[:2] != (height, width):
        raise ValueError(f"{name} must have the (h, w) of the image, {(height, width)}, got {mask.shape}")
    return mask if mask.dtype.isnative else mask.astype(mask.dtype.newbyteorder("="))


def _check_labels(mask: Any, name: str) -> None:
    if not isinstance(mask, np.ndarray) or isinstance(mask, np.ma.MaskedArray):
        raise TypeError(f"{name} must be a plain numpy array, got {type(mask).__name__}")
    if mask.dtype.kind not in _LABELS or mask.dtype.itemsize not in (1, 2, 4, 8) or mask.dtype == np.float16:
        raise TypeError(f"{name} must be bool, integers, float32 or float64, got {mask.dtype}")


def open_masks(masks: Any, height: int, width: int, name: str = "masks") -> list[np.ndarray]:
    """A list or tuple of masks, or one array (n, h, w) or (n, h, w, c), as a list of checked masks."""
    if isinstance(masks, np.ndarray):
        _check_labels(masks, name)
        if masks.ndim not in (3, 4):
            raise ValueError(f"{name} must have shape (n, h, w) or (n, h, w, c), got {masks.shape}")
        if masks.shape[1:3] != (height, width):
            raise ValueError(f"{name} must have the (h, w) of the image, {(height, width)}, got {masks.shape}")
    elif not isinstance(masks, (list, tuple)):
        raise TypeError(f"{name} must be a list of masks or an array (n, h, w), got {type(masks).__name__}")
    return [check_mask(mask, height, width, f"{name}[{i}]") for i, mask in enumerate(masks)]


def close_masks(moved: Sequence[np.ndarray], like: Any, height: int, width: int) -> Any:
    """Moved masks in the container in which they came; `height` and `width` are those of an empty array."""
    if isinstance(like, tuple):
        return tuple(moved)
    if isinstance(like, list):
        return list(moved)
    if not moved:
        return np.empty((0, height, width, *like.shape[3:]), like.dtype.newbyteorder("="))
    return np.stack(moved)
