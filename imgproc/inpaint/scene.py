"""Scene completion: a hole filled by a piece of the photo that fits it best."""

from __future__ import annotations

import importlib.util
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from .._core.check import as_hole, as_image, integer, length_within, one_of, positive, real
from .._core.declare import declare, example_image, middle
from .._core.formats import channels_of, is_sequence
from .._core.opencv import load_cv2
from .._core.planes import full_scale, luma
from .._core.threads import get_num_threads, ordered_map
from .._core.unit_range import must_be_unit
from ..geometry import resize
from ._context import KEPT, UNITS, Place, block_means, coarse_places, lab_planes, levels_of, refined
from ._features import LENGTH, read_reduced
from .database import Scene, SceneDatabase, _File
from .exemplar import inpaint_exemplar
from .poisson import DOMAINS, poisson_blend
from .seam import distance_from, seam

__all__ = ["Placement", "SceneCompletion", "complete_scene"]

SCALES = (0.81, 0.9, 1.0)
LARGE, LARGEST, SHRUNK = 1.5, 2.5, 1.25
"""A scene whose longer side is more than the first times the image's is also tried shrunk to the third times it, and
above the second only so."""

TEXTURE_MARGIN = 3
"""How far from the hole the texture is not made up of what the hole shows [px]."""


@dataclass(frozen=True)
class Placement:
    """Where a scene is laid over the image: pixel (x, y) of the image shows pixel (x + dx, y + dy) of the scene after
    it has been resized by `scale` to `size`, (h, w).

    Examples
    --------
    >>> place = Placement(scale=0.9, dx=4, dy=-2, size=(54, 81))
    >>> x, y = 10, 20
    >>> x + place.dx, y + place.dy  # of the scaled scene
    (14, 18)
    """

    scale: float
    dx: int
    dy: int
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class SceneCompletion:
    """One way to complete an image.

    Parameters
    ----------
    image : ndarray
        The image with the hole filled, of its shape and dtype.
    score : float
        The mean of the parts; the lower, the better.
    parts : dict of str to float
        ``"scene"``, the distance of scene and image; ``"context"``, of the surroundings of the hole; ``"texture"``, of
        their texture; ``"seam"``, the energy of the cut; each in multiples of its mean over all scenes that were tried.
    scene : Scene
        The scene with its id and path (of a given image: its place in the sequence, and no path).
    placement : Placement
        Where the scene lies.
    seam : ndarray of bool, shape (h, w)
        True where the scene is shown.
    context_error : float
        Root mean square distance of the surroundings, in units of Lab.
    poor : bool
        Whether that is more than what was allowed: then `exemplar_fill` may do better.

    Examples
    --------
    >>> hole = np.zeros((60, 90), bool)
    >>> hole[25:35, 40:50] = True
    >>> scene = np.ascontiguousarray(image[:60, :90][::-1])
    >>> best = complete_scene(image[:60, :90], hole, [scene], context=16)[0]
    >>> bool(best.seam[hole].all()), best.scene.id
    (True, 0)
    """

    image: np.ndarray
    score: float
    parts: dict[str, float]
    scene: Scene
    placement: Placement
    seam: np.ndarray
    context_error: float
    poor: bool
    _given: tuple[np.ndarray, np.ndarray] = field(repr=False)

    def exemplar_fill(self, **options: Any) -> np.ndarray:
        """Fill the hole from the image itself: what is left where no scene fits.

        Parameters
        ----------
        **options : Any
            For `inpaint_exemplar`.

        Returns
        -------
        ndarray
            Of the image's shape and dtype.

        Raises
        ------
        TypeError, ValueError
            As `inpaint_exemplar` says.
        """
        return inpaint_exemplar(*self._given, **options)


def complete_scene(
    image: np.ndarray,
    mask: np.ndarray,
    database: SceneDatabase | Sequence[np.ndarray],
    *,
    n_scenes: int = 200,
    n_results: int = 20,
    context: int = 80,
    scales: Sequence[float] = SCALES,
    penalty: float = 0.002,
    domain: str = "image",
    poor_above: float = 35.0,
    progress: Callable[[int, int], Any] | None = None,
) -> list[SceneCompletion]:
    """Fill a hole with a piece of another photo of a similar scene.

    Parameters
    ----------
    image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8, uint16, float32 or float64; finite outside the hole.
    mask : ndarray of bool, shape (h, w)
        True where the hole is.  What the image shows there does not matter.
    database : SceneDatabase or sequence of ndarray
        Where the scenes are looked up; or the scenes themselves, uint8 of shape (h, w) or (h, w, 3), which are all
        tried.
    n_scenes : int
        How many of the most similar scenes are tried.
    n_results : int
        How many results at most.
    context : int
        How far from the hole the surroundings reach that a scene has to fit, in pixels, and the seam may run; at
        least 2, at most the image's longer side (or 100).
    scales : sequence of float
        By what the scenes are resized, each from above 0 to 2.
    penalty : float
        Of the seam, see `graph_cut_seam`.
    domain : {"image", "hole"}
        Of the blending, see `poisson_blend`: on the whole image, or only where the scene is shown.
    poor_above : float
        Root mean square distance of the surroundings, in units of Lab, above which a result is called poor.
    progress : callable, optional
        ``progress(done, total)`` is called after each scene and each result, in the calling thread.

    Returns
    -------
    list of SceneCompletion
        The best first; of one scene no more than one.  Empty where no scene is large enough, or there is none.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or no pixel is left around the hole, or floats are clearly not
        levels from 0 to 1 (see `to_uint8`).

    Warns
    -----
    RuntimeWarning
        If the photo of a scene cannot be read any more; it is left out.

    See Also
    --------
    SceneDatabase : Made of a folder of photos.
    inpaint_exemplar : Fills from the image itself; better for even textures and where no scene fits.

    Notes
    -----
    For each scene every translation at every scale is tried that lets the scene cover the hole and its surroundings:
    with the squared distance in Lab at a quarter of the resolution, through Fourier transforms, then around the best
    places up to single pixels.  Of the squared mean difference in L a quarter counts, as blending removes what is the
    same everywhere.  As scenes are roughly aligned, the error of a place is multiplied by 1 + its offset from where the
    centres meet, in tenths of the image's diagonal; the paper multiplies by the offset itself, with which a scene in
    the middle would fit whatever it shows.  At the best place the seam is cut and the texture compared, by the squared
    difference of gradient magnitudes after a 5 by 5 median.  The four parts of the score count alike.

    Scenes whose longer side is more than 1.5 times the image's are also tried with the scales times what shrinks them
    to 1.25 times it; above 2.5 times only so.  Scenes are worked on in 8 bits, whatever the image has.

    References
    ----------
    J. Hays, A. Efros, "Scene completion using millions of photographs", SIGGRAPH 2007.

    Examples
    --------
    >>> hole = np.zeros((60, 90), bool)
    >>> hole[25:35, 40:50] = True
    >>> scene = np.ascontiguousarray(image[:60, :90][::-1])
    >>> found = complete_scene(image[:60, :90], hole, [scene], context=16)  # the best first
    >>> len(found), found[0].image.shape
    (1, (60, 90, 3))
    """
    image = as_image(image, channels=(1, 3))
    mask = as_hole(mask, image, empty=False)
    must_be_unit(image, who="complete_scene", mask=~mask)
    scenes, read = _scenes(database)
    n_scenes = integer(n_scenes, "n_scenes", at_least=1)
    n_results = integer(n_results, "n_results", at_least=1)
    context = length_within(context, "context", image, at_least=2)
    scales = _scales(scales)
    penalty = real(penalty, "penalty", at_least=0, at_most=1)
    one_of(domain, "domain", DOMAINS)
    poor_above = positive(poor_above, "poor_above")
    if progress is not None and not callable(progress):
        raise TypeError(f"progress must be callable, got {type(progress).__name__}")
    if mask.all():
        raise ValueError("mask must leave a pixel around the hole, got a hole of the whole image")
    if image.dtype.kind == "f" and not np.isfinite(image[~mask]).all():
        raise ValueError("image must be finite outside the hole, got NaN or infinity")
    image = np.array(image)
    image[mask] = 0
    if scenes is None:
        assert isinstance(database, SceneDatabase)
        scenes = database.query(image, mask, n_scenes)
    query = _Query(image, mask, context, scales, penalty)

    def work(scene: Scene) -> _Trial | Exception | None:
        try:
            return query.tried(scene, read(scene, query.longest))
        except (OSError, ValueError) as error:
            return error

    total = len(scenes) + min(n_results, len(scenes))
    trials: list[_Trial] = []
    done = 0
    for scene, trial in zip(scenes, ordered_map(work, scenes, get_num_threads())):
        if isinstance(trial, Exception):
            warnings.warn(f"scene {scene.path} cannot be read: {trial}", RuntimeWarning, stacklevel=2)
        elif trial is not None:
            trials.append(trial)
        done += 1
        if progress is not None:
            progress(done, total)
    scored = _scored(trials)[:n_results]

    def finish(entry: tuple[float, dict[str, float], _Trial]) -> SceneCompletion:
        score, parts, trial = entry
        filled, taken = query.filled(trial, read(trial.scene, query.longest), domain)
        h, w = trial.size
        scale = trial.place.scale * trial.shrunk
        placement = Placement(scale, trial.place.x - query.box[2], trial.place.y - query.box[0], (h, w))
        error = math.sqrt(trial.square)
        return SceneCompletion(
            filled, score, parts, trial.scene, placement, taken, error, error > poor_above, (image, mask)
        )

    results = []
    for result in ordered_map(finish, scored, get_num_threads()):
        results.append(result)
        done += 1
        if progress is not None:
            progress(min(done, total), total)
    return results


Read = Callable[[Scene, float], np.ndarray]


def _scenes(database: Any) -> tuple[list[Scene] | None, Read]:
    """The scenes to try (None: ask the database), and how one is read for an image of this longer side."""
    if isinstance(database, SceneDatabase):

        def read(scene: Scene, longest: float) -> np.ndarray:
            large = max(scene.size) > LARGEST * longest
            side = round(SHRUNK * longest) if large else None
            return _prepared(read_reduced(str(scene.path), side, longer=True)[0], side)

        return None, read
    if isinstance(database, np.ndarray | str | bytes) or not isinstance(database, Sequence):
        raise TypeError(f"database must be a SceneDatabase or a sequence of images, got {type(database).__name__}")
    given = [as_image(scene, f"database[{i}]", channels=(1, 3)) for i, scene in enumerate(database)]
    for i, scene in enumerate(given):
        if scene.dtype != np.uint8 or not scene.size:
            raise ValueError(f"database[{i}] must be uint8 with at least one pixel, got {scene.dtype}, {scene.shape}")

    def take(scene: Scene, longest: float) -> np.ndarray:
        return _prepared(given[scene.id], round(SHRUNK * longest) if max(scene.size) > LARGEST * longest else None)

    return [Scene(i, None, scene.shape[:2]) for i, scene in enumerate(given)], take


def _prepared(scene: np.ndarray, side: int | None) -> np.ndarray:
    """8-bit RGB, shrunk so that the longer side has so many pixels (None: as it is)."""
    if scene.dtype == np.uint16:
        scene = (scene >> 8).astype(np.uint8)
    elif scene.dtype.kind == "f":
        scene = np.rint(np.clip(np.nan_to_num(scene), 0, 1) * 255).astype(np.uint8)
    if channels_of(scene) == 1:
        scene = np.repeat(scene.reshape(*scene.shape[:2], 1), 3, axis=2)
    if side is not None and max(scene.shape[:2]) > side:
        factor = side / max(scene.shape[:2])
        scene = resize(scene, size=tuple(max(round(n * factor), 1) for n in scene.shape[:2]))
    return scene


def _scales(values: Any) -> tuple[float, ...]:
    if not is_sequence(values):
        raise TypeError(f"scales must be a sequence of numbers, got {values!r}")
    found = tuple(real(value, f"scales[{i}]", at_most=2) for i, value in enumerate(values))
    if not found or min(found) <= 0:
        raise ValueError(f"scales must be at least one number above 0, got {values!r}")
    return found


@dataclass(frozen=True)
class _Trial:
    """What came of one scene."""

    scene: Scene
    place: Place
    size: tuple[int, int]
    shrunk: float
    """By what the scene's photo was shrunk before."""
    square: float
    texture: float
    energy: float
    taken: np.ndarray
    """The seam within the box, as packed bits."""


class _Query:
    """What is the same for all scenes: the surroundings of the hole in their box, at all resolutions."""

    def __init__(
        self, image: np.ndarray, mask: np.ndarray, context: int, scales: tuple[float, ...], penalty: float
    ) -> None:
        self.image, self.mask, self.scales, self.penalty = image, mask, scales, penalty
        self.longest = max(mask.shape)
        self.diagonal = math.sqrt(mask.shape[0] ** 2 + mask.shape[1] ** 2)
        away = distance_from(mask)
        rows, columns = (np.flatnonzero((away <= context).any(axis=axis)) for axis in (1, 0))
        self.box = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        self.within = np.s_[self.box[0] : self.box[1], self.box[2] : self.box[3]]
        self.hole, self.away = mask[self.within], away[self.within]
        surroundings = (self.away <= context) & ~self.hole
        # Where the source is taken its neighbours are in the box, so that gradients across the seam are known.
        self.near = self.away <= context - 1
        levels = _shrunk_levels(image)
        self.levels = levels_of(levels[self.within], surroundings)
        self.piece = np.ascontiguousarray(image[self.within])
        self.outside = surroundings & (self.away > TEXTURE_MARGIN)
        self.texture = _texture(np.ascontiguousarray(levels[self.within]))

    def tried(self, scene: Scene, photo: np.ndarray) -> _Trial | None:
        """The scene at its best place; None where it covers the surroundings at no scale."""
        place = self._place(photo)
        if place is None:
            return None
        piece, size = self._piece(photo, place)
        planes = lab_planes(piece)
        level = self.levels[-1]
        apart = (level.planes.astype(np.int32) - planes)[:, level.valid.view(bool)]
        square = int(np.sum(apart * apart, dtype=np.int64)) / max(apart.shape[1], 1) / UNITS
        difference = (self.texture - _texture(piece))[self.outside]
        texture = float(np.mean(difference * difference, dtype=np.float64)) if difference.size else 0.0
        source = _like(piece, self.piece)
        taken, energy = seam(self.piece, source, self.hole, self.near, self.away, self.penalty)
        shrunk = max(photo.shape[:2]) / max(scene.size)
        return _Trial(scene, place, size, shrunk, square, texture, energy, np.packbits(taken))

    def _place(self, photo: np.ndarray) -> Place | None:
        coarse = self.levels[0]
        candidates: list[tuple[float, int, int, int]] = []  # error, scale's number, place at the next level
        finer: dict[int, list[np.ndarray]] = {}
        scales = self._scales_of(photo)
        for k, scale in enumerate(scales):
            size = _scaled_size(photo, scale)
            counts = self._counts(size, 1)
            if min(counts) < 1:
                continue
            finer[k] = self._scene_levels(_resized(photo, size))
            found = coarse_places(
                coarse,
                finer[k][0],
                self._counts(size, coarse.factor),
                self._aligned(size, coarse.factor),
                self.diagonal / coarse.factor,
            )
            candidates += [(error, k, y, x) for error, y, x in found]
        for i, level in enumerate(self.levels[1:], start=1):
            following: list[tuple[float, int, int, int]] = []
            for k, planes in finer.items():
                size = planes[-1].shape[1:]
                places = [(2 * y, 2 * x) for _, number, y, x in candidates if number == k]
                counts, aligned = self._counts(size, level.factor), self._aligned(size, level.factor)
                around = refined(level, planes[i], places, counts, aligned, self.diagonal / level.factor)
                following += [(error, k, y, x) for error, y, x in around]
            candidates = sorted(following)[: KEPT * (1 if i + 1 == len(self.levels) - 1 else len(finer))]
        if not candidates:
            return None
        error, k, y, x = min(candidates)
        return Place(scales[k], y, x, error / UNITS)

    def _scales_of(self, photo: np.ndarray) -> tuple[float, ...]:
        factor = SHRUNK * self.longest / max(photo.shape[:2])
        return self.scales + tuple(scale * factor for scale in self.scales if factor * LARGE < SHRUNK)

    def _counts(self, size: tuple[int, int], factor: int) -> tuple[int, int]:
        """How many places there are along each axis for a scene of this full size."""
        h, w = self.hole.shape
        return (size[0] - h) // factor + 1, (size[1] - w) // factor + 1

    def _aligned(self, size: tuple[int, int], factor: int) -> tuple[float, float]:
        """The box's place where the centres of image and scene meet."""
        h, w = self.mask.shape
        return (self.box[0] + (size[0] - h) / 2) / factor, (self.box[2] + (size[1] - w) / 2) / factor

    def _scene_levels(self, photo: np.ndarray) -> list[np.ndarray]:
        planes = lab_planes(photo)
        found = []
        for level in self.levels:
            if level.factor == 1:
                found.append(planes)
            else:
                shrunk = np.stack([block_means(plane, level.factor) for plane in planes])
                h, w = level.valid.shape
                rows, columns = self._counts(photo.shape[:2], level.factor)
                need = [
                    (0, 0),
                    (0, max(rows - 1 + h - shrunk.shape[1], 0)),
                    (0, max(columns - 1 + w - shrunk.shape[2], 0)),
                ]
                found.append(np.pad(np.rint(shrunk).astype(np.int16), need, mode="edge"))
        return found

    def _piece(self, photo: np.ndarray, place: Place) -> tuple[np.ndarray, tuple[int, int]]:
        """What the scene shows in the box, 8-bit RGB, and the size of the scene it was cut from."""
        h, w = self.hole.shape
        whole = _resized(photo, _scaled_size(photo, place.scale))
        return np.ascontiguousarray(whole[place.y : place.y + h, place.x : place.x + w]), whole.shape[:2]

    def filled(self, trial: _Trial, photo: np.ndarray, domain: str) -> tuple[np.ndarray, np.ndarray]:
        """The image with the scene blended in, and where that is."""
        source, taken = self.image.copy(), np.zeros(self.mask.shape, bool)
        source[self.within] = _like(self._piece(photo, trial.place)[0], self.piece)
        taken[self.within] = np.unpackbits(trial.taken, count=self.hole.size).reshape(self.hole.shape).view(bool)
        return poisson_blend(self.image, source, mask=taken, hole=self.mask, domain=domain), taken


def _shrunk_levels(image: np.ndarray) -> np.ndarray:
    """8-bit RGB, for comparisons."""
    with np.errstate(over="ignore"):
        levels = image.astype(np.float32) * np.float32(255 / full_scale(image.dtype))
    levels = np.rint(np.clip(levels, 0, 255)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(levels.reshape(*image.shape[:2], -1), (*image.shape[:2], 3)))


def _like(piece: np.ndarray, image: np.ndarray) -> np.ndarray:
    """8-bit RGB with the channels and the dtype of an image."""
    if channels_of(image) == 1:
        piece = luma(piece).reshape(image.shape)
    if image.dtype == np.uint8:
        return np.ascontiguousarray(piece)
    if image.dtype == np.uint16:
        return piece.astype(np.uint16) * np.uint16(257)
    return (piece.astype(np.float64) / 255).astype(image.dtype)


def _scaled_size(photo: np.ndarray, scale: float) -> tuple[int, int]:
    return max(round(photo.shape[0] * scale), 1), max(round(photo.shape[1] * scale), 1)


def _resized(photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return photo if size == photo.shape[:2] else resize(photo, size=size, interpolation="bicubic")


def _texture(levels: np.ndarray) -> np.ndarray:
    """The 5 by 5 median of the magnitude of the luma's gradient, in fractions of full scale a pixel."""
    cv2, grey = load_cv2(), luma(levels)
    slopes = (cv2.Sobel(grey, cv2.CV_16S, *o, borderType=cv2.BORDER_REPLICATE) for o in ((1, 0), (0, 1)))
    # Integers up to here, and one correct root: OpenCV's own rounds by where in memory its vectors start.
    along, across = (slope.astype(np.int32) for slope in slopes)
    magnitude = np.sqrt((along * along + across * across).astype(np.float32))
    return cv2.medianBlur(magnitude * np.float32(1 / 8 / 255), 5)


def _scored(trials: list[_Trial]) -> list[tuple[float, dict[str, float], _Trial]]:
    """Trials with score and parts, the best first; ties by the scene's number."""
    raw = {
        "scene": [0.0 if math.isnan(t.scene.distance) else t.scene.distance for t in trials],
        "context": [t.place.error for t in trials],
        "texture": [t.texture for t in trials],
        "seam": [t.energy for t in trials],
    }
    means = {name: sum(values) / max(len(values), 1) for name, values in raw.items()}
    found = []
    for i, trial in enumerate(trials):
        parts = {name: values[i] / means[name] if means[name] > 0 else 0.0 for name, values in raw.items()}
        found.append((sum(parts.values()) / 4, parts, trial))
    return sorted(found, key=lambda entry: (entry[0], entry[2].scene.id))


def _example_databases(image: np.ndarray) -> tuple[Any, ...]:
    """Two scenes in memory, and a database of one photo that comes with scikit-image, without a file of its own."""
    scenes = [example_image(np.uint8, (60, 90), 3, step=step) for step in (11, 29)]
    if importlib.util.find_spec("skimage") is None:
        return (scenes,)
    parts = [(np.ones((1, LENGTH), np.float16), np.ones(1, bool))]
    photo = _File("astronaut.png", 0, 0, 512, 512)
    return scenes, SceneDatabase(Path(str(files("skimage")), "data"), [photo], parts)


declare(
    complete_scene,
    arguments={"mask": lambda image: (middle(image),), "database": _example_databases},
)
