"""Scene completion step by step: one row is one case, at the size that its target is set for."""

from __future__ import annotations

import atexit
import functools
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

import imgproc
from imgproc._core.declare import Case, Peer
from imgproc.inpaint import _features, seam
from imgproc.inpaint.database import SceneDatabase, _File
from imgproc.inpaint.seam import distance_from

GROUP = "Scene completion"
MEASURES = ("SceneDatabase", "grid_cut", "poisson_blend", "complete_scene")
"""Public names whose rows are these, and not beside them."""
SIZE = (768, 1024)
ENTRIES = 100_000


def hole(shape: tuple[int, ...]) -> np.ndarray:
    """A hole of a tenth of the image, right of its middle."""
    y, x = np.indices(shape[:2]) / np.reshape(shape[:2], (2, 1, 1))
    return np.hypot((y - 0.5) / 0.18, (x - 0.6) / 0.18) < 1


@functools.cache
def scene(size: tuple[int, int] = SIZE) -> np.ndarray:
    """What is laid over the photo: another one."""
    from .cases import photo

    return photo("RGB reference", size)


def grid(image: np.ndarray) -> tuple[np.ndarray, ...]:
    """The capacities of the cut between the photo and the scene, in 16 bits: SciPy's are 32-bit sums."""
    found: list[tuple[np.ndarray, ...]] = []

    def keep(*capacities: np.ndarray) -> tuple[np.ndarray, int]:
        found.append(tuple(np.minimum(c >> 8, 1 << 22) for c in capacities))
        return np.zeros(capacities[0].shape, bool), 0

    mask, original = hole(image.shape), seam.grid_flow
    seam.grid_flow = keep
    try:
        away = distance_from(mask)
        seam.seam(image, scene(image.shape[:2]), mask, away <= 80, away, 0.002)
    finally:
        seam.grid_flow = original
    return found[0]


_prepared: dict[tuple[str, tuple[int, ...]], Any] = {}


def prepared(name: str, image: np.ndarray, make: Any) -> Any:
    """What a case needs beside the image, made once."""
    key = (name, image.shape)
    if key not in _prepared:
        _prepared[key] = make(image)
    return _prepared[key]


def our_flow(image: np.ndarray) -> int:
    """The flow of the grid."""
    source, sink, right, down = prepared("grid", image, grid)
    return imgproc.grid_cut(source, sink, right=right, down=down)[1]


def graph(image: np.ndarray) -> csr_array:
    """The same grid as SciPy takes it."""
    source, sink, right, down = prepared("grid", image, grid)
    h, w = source.shape
    number = np.arange(h * w).reshape(h, w)
    rows, columns, values = [], [], []
    for a, b, capacity in (
        (number[:, :-1], number[:, 1:], right),
        (number[:, 1:], number[:, :-1], right),
        (number[:-1], number[1:], down),
        (number[1:], number[:-1], down),
        (np.full((h, w), h * w), number, source),
        (number, np.full((h, w), h * w + 1), sink),
    ):
        rows.append(a.ravel())
        columns.append(b.ravel())
        values.append(capacity.ravel())
    places = np.concatenate(rows), np.concatenate(columns)
    made = csr_array((np.concatenate(values).astype(np.int32), places), shape=(h * w + 2,) * 2)
    made.eliminate_zeros()
    return made


def scipy_flow(image: np.ndarray) -> int:
    """SciPy's, the graph being made before."""
    made = prepared("graph", image, graph)
    return maximum_flow(made, made.shape[0] - 2, made.shape[0] - 1).flow_value


def database(_: np.ndarray) -> SceneDatabase:
    """A database of that many scenes, of random descriptors, as if it had been opened."""
    rng = np.random.default_rng(1)
    files = [_File(str(i), 0, 0, 1, 1) for i in range(ENTRIES)]
    shards = [rng.random((10_000, _features.LENGTH), np.float32).astype(np.float16) for _ in range(ENTRIES // 10_000)]
    return SceneDatabase(Path(), files, [(shard, np.ones(len(shard), bool)) for shard in shards])


def our_query(image: np.ndarray) -> np.ndarray:
    """Numbers of the nearest scenes."""
    found = prepared("database", image, database).query(image, hole(image.shape))
    return np.array([entry.id for entry in found])


def plain_query(image: np.ndarray) -> np.ndarray:
    """The same from float32, by differences."""
    mask = ~hole(image.shape)
    wanted, weights = _features.describe(image, mask), _features.block_weights(mask)
    stored = prepared("database", image, database)
    distances = []
    for rows, _ in stored._parts:
        squares = (rows.astype(np.float32) - wanted) ** 2 * weights
        distances.append([squares[:, : _features.GIST].sum(axis=1), squares[:, _features.GIST :].sum(axis=1)])
    form, color = np.concatenate(distances, axis=1)
    return np.argsort(2 * form / form.mean() + color / color.mean(), kind="stable")[:200]


def file(image: np.ndarray) -> str:
    """The photo as a JPEG file."""
    folder = tempfile.TemporaryDirectory(prefix="imgproc-speed-")
    atexit.register(folder.cleanup)
    path = Path(folder.name, "photo.jpg")
    imgproc.write_image(path, image, quality=90)
    return str(path)


def our_description(image: np.ndarray) -> np.ndarray:
    """From the file to the descriptor."""
    small, _ = _features.read_small(prepared("file", image, file))
    return _features.describe(small)


def cv2_description(image: np.ndarray) -> np.ndarray:
    """The file decoded whole and shrunk, 30 Gabor filters of 31 by 31, means of blocks, without Lab."""
    small = cv2.resize(cv2.imread(prepared("file", image, file)), (128, 128), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
    found = []
    for scale in range(5):
        for turn in range(6):
            kernel = cv2.getGaborKernel((31, 31), 2 * 1.5**scale, np.pi * turn / 6, 3 * 1.85**scale, 1)
            found.append(np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel)).reshape(4, 32, 4, 32).mean(axis=(1, 3)))
    return np.array(found)


def our_completion(image: np.ndarray) -> np.ndarray:
    """One scene: placed, compared, cut and blended."""
    return imgproc.complete_scene(image, hole(image.shape), [scene(image.shape[:2])])[0].image


def cv2_context(image: np.ndarray) -> list[np.ndarray]:
    """The context alone, at full resolution, by OpenCV's masked template matching."""
    mask = hole(image.shape)
    near = distance_from(mask) <= 80
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    piece = imgproc.rgb_to_lab(image.astype(np.float32) / 255)[box]
    weights = np.repeat((near & ~mask)[box].astype(np.float32)[..., None], 3, axis=2)
    lab = imgproc.rgb_to_lab(scene(image.shape[:2]).astype(np.float32) / 255)
    return [
        cv2.matchTemplate(cv2.resize(lab, None, fx=s, fy=s), piece, cv2.TM_SQDIFF, mask=weights) for s in (0.81, 0.9, 1)
    ]


def our_blend(image: np.ndarray) -> np.ndarray:
    """The scene in the hole, with its own border."""
    mask = hole(image.shape)
    return imgproc.poisson_blend(image, scene(image.shape[:2]), mask=mask, hole=mask)


def cv2_blend(image: np.ndarray) -> np.ndarray:
    """Only in the hole's box, which it crops."""
    mask = hole(image.shape)
    y, x, h, w = (*(int(n.min()) for n in np.nonzero(mask)), *(int(np.ptp(n)) + 1 for n in np.nonzero(mask)))
    center = (x + w // 2, y + h // 2)
    return cv2.seamlessClone(scene(image.shape[:2]), image, mask.astype(np.uint8) * 255, center, cv2.NORMAL_CLONE)


def _case(name: str, what: str, ours: Any, peer: str, theirs: Any, **more: Any) -> Case:
    return Case(f"scene completion, {name}", what, "RGB", ours, {peer: Peer(theirs, **more)}, size=SIZE, group=GROUP)


def _other(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float((ours != theirs).mean() * 100)


CASES = (
    _case(
        "describe", "from a JPEG file to GIST and colours", our_description, "OpenCV", cv2_description,
        difference=None, note="decodes the whole file; the target is 25 photos a second",
    ),
    _case(
        "query", f"the 200 nearest of {ENTRIES:,} scenes", our_query, "NumPy", plain_query, limit=1.0, tolerance=5.0,
        difference=_other, unit="% of places", note="by differences in float32; the target is a second",
    ),
    _case(
        "cut", "the seam's flow, 80 pixels around a hole of a tenth", our_flow, "SciPy", scipy_flow, limit=0.5,
        tolerance=0.0, difference=lambda ours, theirs: float(abs(ours - theirs)), unit="of the flow",
        note="maximum_flow",
    ),
    _case(
        "blend", "on the whole image", our_blend, "OpenCV", cv2_blend, difference=None,
        note="seamlessClone solves in the box of the hole only",
    ),
    _case(
        "one scene", "placed at three scales, cut, blended", our_completion, "OpenCV", cv2_context,
        difference=None, note="the context alone, by matchTemplate; the target is 200 scenes in 60 s on two cores",
    ),
)  # fmt: skip
