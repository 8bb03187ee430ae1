"""Transforms that depend on statistics of the whole image or of neighbourhoods.

Where the mapping of an integer image is one table a channel, the table is made from the image that arrives and joins
the next pass.  Other images go through the function of `imgproc` as a whole.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from imgproc._core.check import COLORS, border_name, integer, one_of, real, size_pair
from imgproc._core.declare import Single, declare, example_references
from imgproc._core.formats import channels_of, work_dtype
from imgproc._core.levels import fill_level
from imgproc._core.opencv import load_cv2
from imgproc._scanline import Deferred, Near, Stage, Whole, pixel
from imgproc.histogram import equalize_histogram, match_histogram, stretch_contrast
from imgproc.histogram._clahe import equalized_in_tiles
from imgproc.histogram._count import count_levels
from imgproc.histogram._equalize import METHODS, equalizing
from imgproc.histogram._equalize import _table as equalizing_table
from imgproc.histogram._match import Target, reference_targets
from imgproc.histogram._stretch import STRETCH
from imgproc.histogram._stretch import _table as stretching_table
from imgproc.local import enhance_local_statistics

from .._chain.drawn import Rule, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Kind, Params, Transform
from .._ranges import check_references, number_range, reference_images

__all__ = ["CLAHE", "AutoContrast", "EnhanceLocalStatistics", "Equalize", "MatchHistogram"]

MakeTable = Callable[[np.ndarray], np.ndarray]


def _by_table(make: MakeTable, label: str, near: Near) -> Deferred:
    """Tables made of the histogram of each channel; `near` makes those of bytes."""
    return Deferred(functools.partial(_table_stages, make, label), label, counted=near)


def _table_stages(make: MakeTable, label: str, image: np.ndarray) -> list[Stage]:
    if image.size == 0:
        return []
    counts = count_levels(image, None)
    tables = np.empty(counts.shape, image.dtype)
    for table, count in zip(tables, counts):
        table[:] = make(count)
    return [pixel.table(tables)]


def _has_tables(frame: Frame, color: str) -> bool:
    return frame.dtype.kind == "u" and (color == "per_channel" or frame.channels == 1)


class _Spread(Transform):
    """Of transforms that spread the levels of each channel, or of luma, over full scale."""

    color: str
    _tables: Stage
    _whole: Stage

    def _keep_stages(self, table: Callable[[Any], Any], whole: Callable[..., Any], label: str, near: Near) -> None:
        self._keep("_tables", _by_table(table, label, near))
        self._keep("_whole", Whole(whole, label=label))

    def wants_unit(self) -> bool:
        """Luma is counted on full scale; a channel by itself is from its least to its largest level."""
        return self.color == "luminance"

    def leads_to(self, kind: Kind) -> Kind:
        """Levels over the full scale."""
        return kind._replace(unit=True)

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Tables, or the function."""
        return [self._tables if _has_tables(frame, self.color) else self._whole]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Equalize(_Spread):
    """Spread the levels so that each is about equally frequent.

    As in albumentations, torchvision and ``PIL.ImageOps.equalize`` (``method="pil"``); see
    `imgproc.equalize_histogram`.  Changes images only; any number of channels with ``color="per_channel"``.

    Parameters
    ----------
    method : {"cv", "pil", "textbook"}
        Rule of the mapping.
    color : {"per_channel", "luminance"}
        Each channel by itself, as the peers do, or luma, which keeps hues (grey and RGB images).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `color` does not suit an image.

    Examples
    --------
    >>> chain = Compose([Equalize(p=1)])
    >>> chain(image=np.array([[[50], [51], [52]]], np.uint8), key=1)["image"][..., 0]
    array([[  0, 128, 255]], dtype=uint8)
    """

    method: str = "cv"
    color: str = "per_channel"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self.method, "method", METHODS)
        one_of(self.color, "color", COLORS)
        table = functools.partial(equalizing_table, method=self.method)
        whole = functools.partial(equalize_histogram, method=self.method, color=self.color)
        self._keep_stages(table, whole, "equalize", equalizing(self.method))


declare(
    Equalize,
    examples=[{}, {"method": "pil"}, {"color": "luminance"}],
    look="Each channel by itself, so colours shift[[: the dark table loses its red]].",
    peers=[Single("Equalize", at_least=2)],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AutoContrast(_Spread):
    """Stretch the levels over the full scale.

    As torchvision's RandomAutocontrast, ``PIL.ImageOps.autocontrast`` and albumentations with ``method="pil"``; see
    `imgproc.stretch_contrast`.  Changes images only; any number of channels with ``color="per_channel"``.

    Parameters
    ----------
    cutoff : float
        Share of the pixels at each end, below 0.5, that may saturate (percent in the peers).
    color : {"per_channel", "luminance"}
        Each channel by itself, as the peers do, or luma, which keeps hues (grey and RGB images).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `color` does not suit an image.

    Examples
    --------
    >>> chain = Compose([AutoContrast(p=1)])
    >>> chain(image=np.array([[[50], [100], [150]]], np.uint8), key=1)["image"][..., 0]
    array([[  0, 128, 255]], dtype=uint8)
    """

    cutoff: float = 0.0
    color: str = "per_channel"

    def __post_init__(self) -> None:
        super().__post_init__()
        cutoff = real(self.cutoff, "cutoff", at_least=0)
        if cutoff >= 0.5:
            raise ValueError(f"cutoff must be a share of the pixels below 0.5, got {cutoff}")
        self._keep("cutoff", cutoff)
        one_of(self.color, "color", COLORS)
        ends: dict[str, Any] = {"low": cutoff, "high": 1.0 - cutoff}
        whole = functools.partial(stretch_contrast, color=self.color, **ends)
        near = Near(STRETCH, (cutoff, 1.0 - cutoff))
        self._keep_stages(functools.partial(stretching_table, **ends), whole, "autocontrast", near)


declare(
    AutoContrast,
    examples=[{}, {"cutoff": 0.05, "color": "luminance"}],
    look="Little happens to a photo that has its black and white already.",
    peers=[Single("AutoContrast", None, {"method": "pil"})],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CLAHE(Transform):
    """Contrast-limited adaptive histogram equalization.

    As in albumentations, which works on L of Lab where this works on luma; see `imgproc.clahe`.  Changes images only;
    any number of channels with ``color="per_channel"``.

    Parameters
    ----------
    clip_limit : (float, float)
        Range of the highest count that a bin may keep, as a multiple of the mean count; 0 clips nothing.
    tiles : (int, int)
        How many tiles the image is cut into, (rows, columns).
    color : {"luminance", "per_channel"}
        Luma, which keeps hues (grey and RGB images), or each channel by itself.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or `color` does not suit an image.

    Examples
    --------
    >>> chain = Compose([CLAHE(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    clip_limit: tuple[float, float] = (1.0, 4.0)
    tiles: tuple[int, int] = (8, 8)
    color: str = "luminance"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("clip_limit", number_range(self.clip_limit, "clip_limit", at_least=0))
        self._keep("tiles", size_pair(self.tiles, "tiles"))
        one_of(self.color, "color", COLORS)

    def wants_unit(self) -> bool:
        """Levels are counted on full scale."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The limit."""
        return {"clip_limit": rng.uniform(*self.clip_limit)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The function."""
        work = functools.partial(
            equalized_in_tiles, clip_limit=params["clip_limit"], tiles=self.tiles, color=self.color
        )
        return [Whole(work, label="CLAHE")]


declare(
    CLAHE,
    examples=[{}, {"color": "per_channel", "tiles": (4, 6)}],
    look="What is in shadow stands out[[, the grain of the wood and the saucer]]; no seams between tiles.",
    peers=[Single("CLAHE", {"clip_limit": (1, 4)}, at_least=2)],
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MatchHistogram(Transform):
    """Give the image the levels of a reference image, in part or in full.

    albumentations' HistogramMatching; see `imgproc.match_histogram`.  Changes images only.

    Parameters
    ----------
    references : sequence of ndarray
        Images of any size and dtype with as many channels as the images to come; one is drawn.  They stay the caller's:
        a recipe does not hold them, and they must not change.
    blend : (float, float)
        Range of the share of the matched image, in [0, 1]; the rest is the image as it was.
    color : {"per_channel", "luminance"}
        Each channel by itself, as the peers do, or luma, which keeps hues (grey and RGB images).
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a reference does not suit an image.

    Examples
    --------
    >>> chain = Compose([MatchHistogram([image // 2], blend=(1.0, 1.0), p=1)])
    >>> int(chain(image=image, key=1)["image"].max()) <= 127
    True
    """

    references: Sequence[np.ndarray] = dataclasses.field(
        kw_only=False, repr=False, compare=False, metadata={"external": True}
    )
    blend: tuple[float, float] = (0.5, 1.0)
    color: str = "per_channel"

    def __post_init__(self) -> None:
        super().__post_init__()
        images = reference_images(self.references, "references")
        self._keep("references", images)
        self._keep("blend", number_range(self.blend, "blend", at_least=0, at_most=1))
        one_of(self.color, "color", COLORS)
        # What an image of a reference's own dtype and channels is matched to need not be counted anew each time.
        whole = [image.dtype.kind == "u" and image.size for image in images]
        targets = [reference_targets(r, r, "per_channel", None) if w else None for r, w in zip(images, whole)]
        self._targets: tuple[list[Target] | None, ...]
        self._keep("_targets", tuple(targets))

    def wants_unit(self) -> bool:
        """Luma is on full scale, and so is what is blended with levels of a reference."""
        return self.color == "luminance" or self.blend[0] < 1.0

    def leads_to(self, kind: Kind) -> Kind:
        """Levels of a reference, on full scale."""
        return kind._replace(unit=True)

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; references need the channels of the image."""
        super().check(kind, name)
        check_references(self.references, kind, name)

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Which reference, and the share of the matched image."""
        return {"reference": rng.integer(0, len(self.references) - 1), "blend": rng.uniform(*self.blend)}

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """What records may say of what is drawn."""
        return {"reference": whole(0, len(self.references) - 1)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """Tables, or the function and a blend."""
        number, blend = params["reference"], params["blend"]
        if blend == 0.0:
            return []
        reference = self.references[number]
        if not _has_tables(frame, self.color):
            return [Whole(functools.partial(_matched, reference, blend, self.color), label="match histogram")]
        channels = channels_of(reference)
        known = self._targets[number] if (reference.dtype, channels) == (frame.dtype, frame.channels) else None
        return [Deferred(functools.partial(_matching_stages, reference, known, blend), "match histogram")]


def _peer_by_cv2() -> Callable[[np.ndarray], Any]:
    """The same work by OpenCV, with the reference counted before, and a share of it as ours draws it."""
    from skimage import data

    cv2, rng, reference = load_cv2(), np.random.default_rng(0), data.coffee()
    wanted = [_cumulative(cv2, reference, c) for c in range(3)]

    def matched(image: np.ndarray) -> np.ndarray:
        tables = [np.searchsorted(wanted[c], _cumulative(cv2, image, c)).clip(0, 255) for c in range(3)]
        whole = cv2.LUT(image, np.stack(tables, axis=-1).astype(np.uint8).reshape(1, 256, 3))
        share = rng.uniform(0.5, 1)
        return cv2.addWeighted(image, 1 - share, whole, share, 0)

    return matched


def _cumulative(cv2: Any, image: np.ndarray, channel: int) -> np.ndarray:
    counts = cv2.calcHist([image], [channel], None, [256], [0, 256]).ravel()
    return np.cumsum(counts) / image[..., channel].size


declare(
    MatchHistogram,
    examples=[{"references": example_references}, {"references": example_references, "color": "luminance"}],
    look="The levels of another photo, the rocket at night or the cat, in part or in full.",
    peers=[
        Single(
            "HistogramMatching", targets="references", note="counts the reference at each call, ours when it is made"
        ),
        Single(_peer_by_cv2, variant="counted before", targets="references", by="cv2 calcHist, LUT"),
    ],
)


def _matched(reference: np.ndarray, blend: float, color: str, image: np.ndarray) -> np.ndarray:
    matched = match_histogram(image, reference, color=color)
    if blend == 1.0:
        return matched
    kind = work_dtype(image.dtype).type
    mixed = image * kind(1.0 - blend) + matched * kind(blend)
    return (np.rint(mixed) if image.dtype.kind == "u" else mixed).astype(image.dtype)


def _matching_stages(reference: np.ndarray, known: list[Target] | None, blend: float, image: np.ndarray) -> list[Stage]:
    if image.size == 0:
        return []
    targets = reference_targets(reference, image, "per_channel", None) if known is None else known
    counts = count_levels(image, None)
    levels = np.arange(counts.shape[1])
    tables = np.empty(counts.shape, image.dtype)
    n = counts[0].sum()
    for cumulative, count, target, table in zip(np.cumsum(counts, axis=1), counts, targets, tables):
        matched = target.median if count.max() == n else target.at(cumulative, n)
        table[:] = np.rint(levels * (1.0 - blend) + np.multiply(matched, blend))
    return [pixel.table(tables)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class EnhanceLocalStatistics(Transform):
    """Brighten dark, low-contrast detail and leave the rest alone.

    No peer has it; see `imgproc.enhance_local_statistics`.  Changes images only; any number of channels with
    ``color="per_channel"``.

    Parameters
    ----------
    gain : (float, float)
        Range of the factor of the pixels that are enhanced, at least 0.
    k0 : float
        A neighbourhood is dark if its mean is at most `k0` times the image's mean.
    k1, k2 : float
        It has low contrast, but some, if its standard deviation is between `k1` and `k2` times the image's.
    radius : int
        The neighbourhood is (2 radius + 1) square, in pixels.
    border : {"reflect", "reflect_101", "replicate", "wrap", "constant"}
        What the neighbourhood sees outside the image.
    fill : float
        Level outside the image for ``border="constant"``, as a fraction of full scale.
    color : {"luminance", "per_channel"}
        Choose pixels by luma, which keeps hues (grey and RGB images), or treat each channel by itself.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or an image does not suit `color` or is smaller than `radius`.

    Examples
    --------
    >>> chain = Compose([EnhanceLocalStatistics(p=1)])
    >>> made = chain(image=image, key=1)["image"]
    >>> made.shape, made.dtype
    ((96, 128, 3), dtype('uint8'))
    """

    gain: tuple[float, float] = (1.5, 4.0)
    k0: float = 0.4
    k1: float = 0.02
    k2: float = 0.4
    radius: int = 1
    border: str = "reflect"
    fill: float = 0.0
    color: str = "luminance"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("gain", number_range(self.gain, "gain", at_least=0))
        for name in ("k0", "k1", "k2"):
            self._keep(name, real(getattr(self, name), name, at_least=0))
        if self.k1 > self.k2:
            raise ValueError(f"k1 must be <= k2, got k1={self.k1}, k2={self.k2}")
        self._keep("radius", integer(self.radius, "radius", at_least=0))
        border_name(self.border)
        self._keep("fill", fill_level(self.fill))
        one_of(self.color, "color", COLORS)

    def wants_unit(self) -> bool:
        """What is dark is a share of the mean."""
        return True

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The factor."""
        return {"gain": rng.uniform(*self.gain)}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """The function."""
        names = ("k0", "k1", "k2", "radius", "border", "fill", "color")
        options = {name: getattr(self, name) for name in names}
        work: Callable[..., Any] = functools.partial(enhance_local_statistics, gain=params["gain"], **options)
        return [Whole(work, label="enhance local statistics")]


declare(
    EnhanceLocalStatistics,
    look="Only what is dark and flat is raised[[: the floor and the shadow on the saucer]].",
    no_peer="albumentations 2.0.8 has none",
)
