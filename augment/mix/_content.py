"""What of a sample is seen where several become one: pixels of images and masks, and the things that lie on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imgproc._core.check import DTYPES, size_pair
from imgproc._core.formats import channels_of
from imgproc._core.opencv import load_cv2
from imgproc._scanline import Geometry

from .._chain.sample import Sample
from .._chain.targets.base import Piece
from .._chain.targets.image import Plane

__all__: list[str] = []

FITS = ("cover", "contain", "stretch")

Owner = np.ndarray
"""uint8 (h, w): which sample each pixel comes from, 0 for the one that is mixed, 1 for its partner."""

Work = Callable[[np.ndarray, list[np.ndarray]], None]
"""``work(out, arrays)`` makes the mixed image or mask of those of the samples."""


def check_alike(host: Sample, other: Sample, who: str) -> None:
    """A partner has targets of the sample's kind, however few of them mixing will leave."""
    for name, value in host.opened.items():
        target, like = host.rules.table[name], other.opened.get(name)
        same = isinstance(value, np.ndarray) and isinstance(like, np.ndarray) and value.shape[1:] == like.shape[1:]
        if target.plane or not same:  # asking costs less than a call
            target.check_alike(host, other, who)


def grid_pair(grid: Any, most: int) -> tuple[int, int]:
    """A number of cells down and across."""
    down, across = size_pair(grid, "grid")
    if down * across > most:
        raise ValueError(f"grid must have at most {most} cells, got {down} x {across}")
    return down, across


# --- sizes ------------------------------------------------------------------------------------------------------------


def fit_size(source: tuple[int, int], size: tuple[int, int], fit: str) -> tuple[int, int]:
    """(h, w) of a frame scaled to another: no smaller than it, no larger, or just that."""
    (h, w), (height, width) = source, size
    if fit == "stretch":
        return size
    scales = height / h, width / w
    scale = max(scales) if fit == "cover" else min(scales)
    rows, columns = max(round(h * scale), 1), max(round(w * scale), 1)
    return (max(rows, height), max(columns, width)) if fit == "cover" else (min(rows, height), min(columns, width))


def fit_stage(
    source: tuple[int, int],
    size: tuple[int, int],
    fit: str,
    at: tuple[float, float] = (0.5, 0.5),
    fill: float | tuple[float, ...] = 0.0,
    mask_fill: int = 0,
) -> Geometry:
    """The map of a frame (h, w) onto another: all of it filled, all of it shown, or stretched.

    `at` is where a smaller image sits in the room that is left, or which part of a larger one is seen: (down, across).
    """
    (h, w), (height, width) = source, size
    rows, columns = fit_size(source, size, fit)
    y, x = round(at[0] * (height - rows)), round(at[1] * (width - columns))
    pull = (w / columns, 0.0, -x * w / columns, 0.0, h / rows, -y * h / rows, 0.0, 0.0, 1.0)
    border = "constant" if fit == "contain" else "replicate"
    # A mean over areas takes six times as long where it is not OpenCV's; all of an image is OpenCV's.
    interpolation = "area" if (rows, columns) == size else "bilinear"
    return Geometry(pull, size, border, fill, interpolation, None, mask_fill)


def fitted(sample: Sample, size: tuple[int, int], fit: str) -> Sample:
    """A sample on a frame of another size."""
    own = sample.height, sample.width
    return sample if own == size else sample.moved([fit_stage(own, size, fit)])


# --- pieces -----------------------------------------------------------------------------------------------------------


def layered(
    samples: Sequence[Sample],
    work: Work,
    mask_work: Work | None = None,
    into: np.ndarray | None = None,
    size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Every image and label mask by name, made of those of the samples.

    Parameters
    ----------
    samples : sequence of Sample
    work : callable
    mask_work : callable, optional
        The same for label masks; default: `work`.
    into : ndarray, optional
        Gets the image.
    size : (h, w), optional
        Of the results; default: that of the first sample.
    """
    host = samples[0]
    found: dict[str, Any] = {}
    for name, first in host.opened.items():
        target = host.rules.table[name]
        if isinstance(target, Plane):
            out = into if name == "image" else None
            if out is None:
                out = np.empty((*(size or first.shape[:2]), *first.shape[2:]), first.dtype)
            make = mask_work if target.labels and mask_work is not None else work
            make(out, [sample.opened[name] for sample in samples])
            found[name] = out
    return found


def has_things(sample: Sample) -> bool:
    """Whether there is anything beside images and label masks."""
    table = sample.rules.table
    return not all(table[name].plane for name in sample.opened)


def join(pieces: Sequence[Piece]) -> dict[str, Any]:
    """The things of several pieces, one after the other, in the containers of the first."""
    table = pieces[0].rules.table
    parts = [piece.things() for piece in pieces]
    return {name: table[name].join([part[name] for part in parts]) for name in parts[0]}


def overlaid(
    host: Sample,
    other: Sample,
    owner: Callable[[], Owner],
    least: float,
    into: np.ndarray | None,
    work: Work | None = None,
) -> dict[str, Any]:
    """The sample with pixels of a partner in place of its own, where `owner` is 1.

    `work` may do the same in another way; `owner` is asked for only if it is needed.
    """
    if work is None:
        whose = owner()

        def work(out: np.ndarray, arrays: list[np.ndarray]) -> None:
            np.copyto(out, arrays[0])
            put_where(out, arrays[1], whose)

    targets = layered((host, other), work, into=into)
    if has_things(host):
        whose = owner()
        targets |= join([Piece(s, owner=whose, who=k, least=least) for k, s in enumerate((host, other))])
    return targets


def put_where(out: np.ndarray, other: np.ndarray, flags: np.ndarray) -> None:
    """Pixels of another image or mask, where flags, uint8 or bool (h, w), are not 0."""
    if out.dtype in DTYPES and out.flags.c_contiguous and channels_of(out) <= 4:
        load_cv2().copyTo(other, flags.view(np.uint8), out)
    else:
        np.copyto(out, other, where=_wide(flags != 0, out))


def rectangle_owner(size: tuple[int, int], rectangle: tuple[int, int, int, int]) -> Owner:
    """A map with 1 in a rectangle (y0, x0, y1, x1)."""
    owner = np.zeros(size, np.uint8)
    y0, x0, y1, x1 = rectangle
    owner[y0:y1, x0:x1] = 1
    return owner


def pieced(
    samples: Sequence[Sample],
    pieces: Sequence[tuple[int, Geometry, tuple[int, int]]],
    size: tuple[int, int],
    least: float,
    into: np.ndarray | None,
) -> dict[str, Any]:
    """A canvas tiled by pieces.

    Parameters
    ----------
    samples : sequence of Sample
    pieces : sequence of (which, stage, at)
        The number of the sample, its map onto the piece, and where that lies, (y, x).
    size : (h, w)
        Of the canvas.
    least : float
        Part of a box that a piece must show.
    into : ndarray, optional
        Gets the image.
    """
    cuts = []
    for which, stage, at in pieces:
        sample = samples[which]
        cuts.append((sample.moved([stage], sample.rules._replace(min_visibility=least)), at))

    def place(out: np.ndarray, arrays: list[np.ndarray]) -> None:
        for array, (_, (y, x)) in zip(arrays, cuts):
            out[y : y + array.shape[0], x : x + array.shape[1]] = array

    targets = layered([cut for cut, _ in cuts], place, into=into, size=size)
    if has_things(samples[0]):
        targets |= join([Piece(cut, at=at, size=size) for cut, at in cuts])
    return targets


def _wide(flags: np.ndarray, like: np.ndarray) -> np.ndarray:
    return flags if like.ndim == 2 else flags[..., np.newaxis]
