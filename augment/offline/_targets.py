"""Labels of an image as targets of a chain, and back: what a chain does not move comes back as it was, to the letter.

Every annotation becomes a box with, where any annotation of the data set has them, a polygon, keypoints and a mask of
its own (`instances` of `Compose`), and takes its class and its number along.  All are in pixels on the way.
"""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from imgproc._core.needed import needed

from ..compose import Compose
from ..labels._model import Annotation, LabelSet

__all__: list[str] = []

LABELS, ROWS = "labels", "rows"
"""Fields of boxes: the class, and which annotation of which image it was."""
PLACES = 1 << 24
"""Annotations of one image at most, for numbers that say both image and annotation."""


@dataclasses.dataclass(frozen=True)
class Targets:
    """Which targets the images of a data set have in a chain, and how they come and go.

    Parameters
    ----------
    labels : LabelSet
    obb : bool
        Whether polygons are oriented boxes of four corners.
    polygons, masks : bool
        Whether any annotation has polygons, or run lengths.
    points : int
        The most keypoints that an annotation has.
    """

    labels: LabelSet
    obb: bool
    polygons: bool
    masks: bool
    points: int
    any: bool = True
    """Whether images have annotations."""

    @classmethod
    def of(cls, labels: LabelSet) -> Targets:
        """Those of a data set."""
        every = [each for image in labels.images for each in image.annotations]
        obb = labels.kind == "obb"
        return cls(
            labels,
            obb,
            not obb and any(each.polygons for each in every),
            any(each.mask is not None for each in every),
            max((len(each.keypoints) for each in every), default=0),
            bool(every) or labels.kind not in ("classify", "mask"),
        )

    def chain(self, chain: Compose, options: Any) -> Compose:
        """A chain with the rules for these targets."""
        given: dict[str, Any] = {"layout": "last", "extra_names": (), "polygon_fields": (), "keypoint_fields": ()}
        given |= {"box_fields": (LABELS, ROWS), "box_format": "corners" if self.obb else "pascal_voc"}
        given |= {"instances": True, "remove_invisible": True, "keypoint_columns": (), "image_names": ()}
        given |= {"mask_names": (), "float_names": (), "float_fill": 0.0}
        if chain.box_outside == "raise":  # numbers of files are rounded, and data sets have boxes beyond the image
            given["box_outside"] = "clip"
        for name in ("min_visibility", "min_area", "seed"):
            if getattr(options, name) is not None:
                given[name] = getattr(options, name)
        if not self.points:
            given["keypoint_mirror"] = None
        elif chain.keypoint_mirror is None:
            given["keypoint_mirror"] = self._mirror()
        return dataclasses.replace(chain, **given)

    def _mirror(self) -> Any:
        """Which keypoints are left and right, where the data set says so."""
        more = self.labels.more
        flips = more.get("flip_idx")  # of YOLO's data.yaml
        if (
            self.labels.format == "yolo"
            and isinstance(flips, list)
            and sorted(map(str, flips)) == sorted(map(str, range(self.points)))
        ):
            return [int(v) for v in flips]
        names: Any = next(
            (c["keypoints"] for c in more.get("categories") or () if isinstance(c, dict) and c.get("keypoints")), ()
        )
        if not isinstance(names, list) or len(names) != self.points:
            return None
        pairs = {}
        for k, name in enumerate(names):
            for one, other in (("left", "right"), ("Left", "Right"), ("l_", "r_"), ("L_", "R_")):
                if isinstance(name, str) and one in name and name.replace(one, other) in names:
                    pairs[k] = names.index(name.replace(one, other))
        return pairs or None

    # --- to the chain -------------------------------------------------------------------------------------------------

    def given(self, place: int, size: tuple[int, int]) -> dict[str, Any]:
        """The targets of the image at a place of the data set, which has a size in pixels."""
        image = self.labels.images[place]
        if not self.any:
            return {}
        if image.size is not None and image.size != size:
            raise ValueError(f"labels are those of {image.size[0]} x {image.size[1]} pixels, the image has {size[0]} x "
                             f"{size[1]}")  # fmt: skip
        width = 8 if self.obb else 4
        boxes = np.zeros((len(image.annotations), width))
        things = [self._thing(each, size) for each in image.annotations]
        for k, thing in enumerate(things):
            boxes[k] = thing["box"]
        found: dict[str, Any] = {"boxes": boxes, LABELS: [each.label for each in image.annotations]}
        found[ROWS] = [place * PLACES + k for k in range(len(things))]
        if self.polygons:
            found["polygons"] = [thing["polygons"] for thing in things]
        if self.points:
            found["keypoints"] = np.zeros((len(things), self.points, 3))
            for k, thing in enumerate(things):
                if thing["keypoints"]:
                    found["keypoints"][k, : len(thing["keypoints"])] = thing["keypoints"]
        if self.masks:
            found["masks"] = np.zeros((len(things), *size), bool)
            for k, thing in enumerate(things):
                if thing["mask"] is not None:
                    found["masks"][k] = thing["mask"]
        return found

    def _thing(self, each: Annotation, size: tuple[int, int]) -> dict[str, Any]:
        """What stands in an annotation, in pixels; box and rings as lists."""
        w, h = (size[1], size[0]) if self.labels.format == "yolo" else (1, 1)
        rings = [[v * (h if k % 2 else w) for k, v in enumerate(map(float, ring))] for ring in each.polygons]
        if self.obb:
            return {"box": rings[0] if rings else [0.0] * 8}
        points = [(float(p[0]) * w, float(p[1]) * h, _seen(p)) for p in each.keypoints]
        mask = None if each.mask is None else unpacked(each.mask, size)
        if each.box is None:
            box = _around(rings, points, mask)
        else:
            box = corners(each.box, self.labels.box_format, size)
        return {"box": box, "polygons": rings, "keypoints": points, "mask": mask}

    # --- and back -----------------------------------------------------------------------------------------------------

    def results(self, result: Mapping[str, Any], size: tuple[int, int], before: Mapping[int, tuple[int, int]],
                dropped: Counter[str]) -> list[dict[str, Any]]:  # fmt: skip
        """What is left of annotations, as plain data: the number of each, and what of it has moved.

        Parameters
        ----------
        result : dict
            From the chain.
        size : (h, w)
            Of the image.
        before : dict
            The size of each image that took part, by its place.
        dropped : Counter
            Gets why annotations that the chain gave are left out.
        """
        found = []
        for k, number in enumerate(result.get(ROWS, ())):
            place, row = divmod(int(number), PLACES)
            each = self.labels.images[place].annotations[row]
            moved = self._moved(each, result, k, size, before[place], dropped)
            if moved is not None:
                found.append({"of": int(number), **moved})
        return found

    def _moved(self, each: Annotation, result: Mapping[str, Any], k: int, size: tuple[int, int],
               before: tuple[int, int], dropped: Counter[str]) -> dict[str, Any] | None:  # fmt: skip
        """What has moved of an annotation; None if nothing is left of it."""
        was = self._thing(each, before)
        box = [float(v) for v in result["boxes"][k][: 8 if self.obb else 4]]
        w, h = (size[1], size[0]) if self.labels.format == "yolo" else (1, 1)
        made: dict[str, Any] = {}
        same = size == before
        if self.obb:
            if not (same and box == was["box"]):
                made["polygons"] = [[v / (h if i % 2 else w) for i, v in enumerate(box)]]
            return made
        tight = None
        if each.polygons:
            rings = [np.asarray(ring, float).ravel().tolist() for ring in result["polygons"][k]]
            if not rings:
                dropped["no part of the polygon is in the image"] += 1
                return None
            if not (same and rings == was["polygons"]):
                made["polygons"] = [[v / (h if i % 2 else w) for i, v in enumerate(ring)] for ring in rings]
                tight = _around(rings, (), None)
        if each.mask is not None:
            mask = np.asarray(result["masks"][k], bool)
            if not (same and np.array_equal(mask, was["mask"])):
                if not mask.any():
                    dropped["no part of the mask is in the image"] += 1
                    return None
                made["mask"] = packed(mask, isinstance(each.mask["counts"], str))
                tight = _around((), (), mask) if tight is None else tight
        if each.keypoints:
            points = [tuple(row) for row in result["keypoints"][k].tolist()[: len(each.keypoints)]]
            if not (same and points == was["keypoints"]):
                made["keypoints"] = [_point(p, q, w, h) for p, q in zip(points, each.keypoints)]
        if each.box is not None:
            if tight is not None:
                box = tight
            if tight is not None or not (same and box == was["box"]):
                made["box"] = _numbers(box, self.labels.box_format, size)
        return made

    def annotation(self, made: Mapping[str, Any]) -> Annotation:
        """The annotation that plain data says."""
        place, row = divmod(int(made["of"]), PLACES)
        each = self.labels.images[place].annotations[row]
        changed: dict[str, Any] = {}
        if "box" in made:
            changed["box"] = tuple(made["box"])
        for name in ("polygons", "keypoints"):
            if name in made:
                changed[name] = tuple(map(tuple, made[name]))
        if "mask" in made:
            changed["mask"] = made["mask"]
        return dataclasses.replace(each, **changed) if changed else each


def _seen(point: Sequence[float]) -> float:
    return point[2] if len(point) > 2 else 2.0


def _point(point: Sequence[float], was: Sequence[float], w: int, h: int) -> list[float]:
    x, y = point[0] / w, point[1] / h
    if len(was) < 3:
        return [x, y]
    return [x, y, int(point[2]) if isinstance(was[2], int) else point[2]]


def corners(box: Sequence[float], format: str, size: tuple[int, int]) -> list[float]:
    """A box of files as (x0, y0, x1, y1) in pixels."""
    a, b, c, d = map(float, box)
    if format == "coco":
        return [a, b, a + c, b + d]
    if format == "yolo":
        h, w = size
        return [(a - c / 2) * w, (b - d / 2) * h, (a + c / 2) * w, (b + d / 2) * h]
    return [a, b, c, d]


def _numbers(box: Sequence[float], format: str, size: tuple[int, int]) -> list[float]:
    x0, y0, x1, y1 = box
    if format == "coco":
        return [x0, y0, x1 - x0, y1 - y0]
    if format == "yolo":
        h, w = size
        return [(x0 + x1) / 2 / w, (y0 + y1) / 2 / h, (x1 - x0) / w, (y1 - y0) / h]
    return list(box)


def _around(rings: Sequence[Sequence[float]], points: Sequence[Any], mask: np.ndarray | None) -> list[float]:
    """The smallest box around what an annotation has, (x0, y0, x1, y1)."""
    if rings:
        xs, ys = [v for ring in rings for v in ring[::2]], [v for ring in rings for v in ring[1::2]]
        return [min(xs), min(ys), max(xs), max(ys)]
    if mask is not None and mask.any():
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        return [float(v) for v in (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)]
    seen = [p for p in points if p[2] > 0]
    if not seen:
        return [0.0] * 4
    xs, ys = [p[0] for p in seen], [p[1] for p in seen]
    return [min(xs) - 0.5, min(ys) - 0.5, max(xs) + 0.5, max(ys) + 0.5]


# --- run lengths ------------------------------------------------------------------------------------------------------


def unpacked(runs: Mapping[str, Any], size: tuple[int, int]) -> np.ndarray:
    """The pixels of run lengths of COCO."""
    if tuple(runs["size"]) != tuple(size):
        raise ValueError(f"run lengths are those of {runs['size'][0]} x {runs['size'][1]} pixels, the image has "
                         f"{size[0]} x {size[1]}")  # fmt: skip
    known = _mask_module()
    found: Any = dict(runs)
    if isinstance(found["counts"], (list, tuple)):
        found = known.frPyObjects(found, *size)
    elif isinstance(found["counts"], str):
        found["counts"] = found["counts"].encode()
    with warnings.catch_warnings():  # its arrays do not know the newest argument of NumPy
        warnings.simplefilter("ignore", DeprecationWarning)
        return np.asarray(known.decode(found)).astype(bool)


def packed(mask: np.ndarray, text: bool) -> dict[str, Any]:
    """The run lengths of pixels, as COCO's text or as numbers."""
    size = [int(v) for v in mask.shape]
    if text:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            made = _mask_module().encode(np.asfortranarray(mask, np.uint8))
        return {"size": size, "counts": made["counts"].decode()}
    flat = mask.ravel(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], ends, [flat.size]])).tolist()
    return {"size": size, "counts": [0, *runs] if flat.size and flat[0] else runs}


@functools.cache
def _mask_module() -> Any:
    with needed("pycocotools"):
        from pycocotools import mask
    return mask
