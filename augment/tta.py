"""Test-time augmentation: predictions on several views of an image, brought back and merged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from imgproc._core.check import as_image, one_of, real
from imgproc._core.formats import work_dtype
from imgproc._scanline import Geometry, run, run_mask

from ._chain.geometry import geometry
from ._chain.targets.masks import stages_back
from ._chain.targets.quads import ORIENTED, YOLO_OBB
from ._chain.transform import Transform
from .boxes import nms, weighted_boxes_fusion
from .compose import Compose
from .geometric import Dihedral, Resize

__all__ = ["TestTime", "View"]

MERGES = ("mean", "max", "wbf")
NAMED = {
    "dihedral": [(turns, flipped) for flipped in (False, True) for turns in range(4)],
    "flips": [(0, False), (0, True)],
}
"""Quarter turns of the views of a name, and whether they follow a horizontal flip."""
KINDS = ("probabilities", "score_map", "mask", "boxes", "keypoints")
_BESIDE = {"boxes": ("scores", "labels"), "keypoints": ("keypoint_scores",)}
_MOST_VIEWS = 256


class View(NamedTuple):
    """One view of an image: what a model gets, and how it came about.

    Examples
    --------
    >>> views = list(TestTime("dihedral").views(image))
    >>> len(views), type(views[0]).__name__
    (8, 'View')
    """

    image: np.ndarray
    chain: Compose
    record: dict[str, Any]
    """What the chain has drawn, as `Compose.draw` says it."""
    shape: tuple[int, ...]
    """Of the image itself."""

    @property
    def stages(self) -> list[Geometry]:
        """The geometry from the image to the view."""
        return geometry(self.chain._chain, self.record, self.shape)


@dataclasses.dataclass(frozen=True)
class TestTime:
    """Merge the predictions of a model on several views of an image.

    Call it with a function that predicts: ``TestTime("dihedral")(image, predict)``.  Or make the views yourself, run
    the model on all of them at once, and merge: ``views = tta.views(image)``, ``tta.merged(views, predictions)``.

    A prediction is a dict with some of these names; what it says of places is in pixels of its view:

    * ``probabilities``: an array that has no places, such as (classes,);
    * ``score_map``: floats (h, w) or (h, w, classes), of the view's size or coarser, as models with a stride give it;
    * ``mask``: labels (h, w);
    * ``boxes`` (n, 4) with ``scores`` and maybe ``labels``, as for `average_precision`;
    * ``keypoints`` (n, 2), in one order for all views, maybe with ``keypoint_scores`` (n,).

    A bare array is a mask if it is of integers or truth values, a score map if it has two or three axes, and
    probabilities otherwise; the result is then a bare array, too.

    Parameters
    ----------
    of : {"dihedral", "flips"}, Compose, or sequence of Transform or Compose
        The views: the eight symmetries of the square, the image and its mirror image, what a chain makes of it under
        several keys, or one view for each of the list.
    scales : sequence of float
        With ``"dihedral"`` and ``"flips"``: all views at each of these scales, in (0, 16].
    merge : {"mean", "max", "wbf"}, or dict
        The mean over all views that show a place, or the largest.  Boxes are fused by `weighted_boxes_fusion` with
        ``"mean"`` and ``"wbf"``, and with ``"max"`` the best ones remain (`nms`).  Keypoints are the mean by score, or
        those of the best score.  The label of most views is a mask's in any case, of equally many the smallest.  A dict
        says it for some of the five kinds.
    weights : sequence of float, optional
        Of the views, for means and fusion, above 0.
    iou_threshold : float
        From which overlap boxes are the same, in [0, 1].
    box_format : {"pascal_voc", "coco", "yolo", "albumentations", "obb", "corners"}
        Of boxes, where `of` is no chain.  Oriented ones, the last two, are merged by ``{"boxes": "max"}`` only.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, or a chain mixes samples.

    Examples
    --------
    >>> tta = TestTime("dihedral", scales=(1.0, 1.25))
    >>> found = tta(image, lambda view: {"score_map": view.mean(axis=2)})  # in place of a network
    """

    __test__: ClassVar[bool] = False  # pytest looks for classes that are called so

    of: Any = "dihedral"
    scales: Sequence[float] = dataclasses.field(default=(1.0,), kw_only=True)
    merge: str | Mapping[str, str] = dataclasses.field(default="mean", kw_only=True)
    weights: Sequence[float] | None = dataclasses.field(default=None, kw_only=True)
    iou_threshold: float = dataclasses.field(default=0.55, kw_only=True)
    box_format: str = dataclasses.field(default="pascal_voc", kw_only=True)

    def __post_init__(self) -> None:
        keep = object.__setattr__
        keep(self, "scales", _positive(self.scales, "scales", most=16.0))
        if self.weights is not None:
            keep(self, "weights", _positive(self.weights, "weights"))
        keep(self, "iou_threshold", real(self.iou_threshold, "iou_threshold", at_least=0, at_most=1))
        given = self.merge if isinstance(self.merge, Mapping) else dict.fromkeys(KINDS, self.merge)
        for kind, how in given.items():
            one_of(kind, "merge", KINDS)
            one_of(how, "merge" if given is not self.merge else f"merge[{kind!r}]", MERGES)
        keep(self, "_how", {**dict.fromkeys(KINDS, "mean"), **given})
        chains = self._made_of()
        if any(chain._chain.mixes for chain in chains):
            raise ValueError("of must not mix samples: there is no way back")
        if len({chain.box_format for chain in chains}) > 1:
            raise ValueError("of must hold chains of one box_format")
        if chains[0].box_format == YOLO_OBB:
            raise ValueError(f"box_format must be 'corners' or 'obb' where oriented boxes are merged, got {YOLO_OBB!r}")
        if self.scales != (1.0,) and not isinstance(self.of, str):
            raise ValueError('scales are for "dihedral" and "flips": put Resize or Affine into the chains')
        keep(self, "_chains", chains)

    def _made_of(self) -> list[Compose]:
        if isinstance(self.of, str):
            one_of(self.of, "of", tuple(NAMED))
            return [Compose([Dihedral(p=1)], box_format=self.box_format)]
        if isinstance(self.of, Compose):
            return [self.of]
        if not isinstance(self.of, (list, tuple)) or not self.of:
            raise TypeError(f'of must be "dihedral", "flips", a chain or a list of transforms, got {self.of!r:.60}')
        for k, each in enumerate(self.of):
            if not isinstance(each, Transform):
                hint = ": instantiate it" if isinstance(each, type) else ""
                raise TypeError(f"of[{k}] must be a transform or a chain, got {each!r:.60}{hint}")
        return [each if isinstance(each, Compose) else Compose([each], box_format=self.box_format) for each in self.of]

    # --- views --------------------------------------------------------------------------------------------------------

    def views(self, image: np.ndarray, *, keys: Iterable[Any] | None = None) -> list[View]:
        """The views of an image.

        Parameters
        ----------
        image : ndarray of shape (h, w) or (h, w, c)
        keys : sequence of keys, optional
            Of a chain: one for each view, by default 0 to 7.  Of a list: one for each entry, by default 0 for all.

        Returns
        -------
        list of View
            Their images are ``view.image``.
        """
        image = as_image(image)
        if not image.size:
            raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
        given = None if keys is None else list(keys)
        if isinstance(self.of, str):
            if given is not None:
                raise TypeError(f"keys are for chains: the views of {self.of!r} are always the same")
            made = [view for scale in self.scales for view in self._symmetries(image, scale)]
        else:
            chains = self._chains  # type: ignore[attr-defined]
            if isinstance(self.of, Compose):
                given = list(range(8)) if given is None else given
                chains = chains * len(given)
            given = [0] * len(chains) if given is None else given
            if len(given) != len(chains) or not given:
                raise ValueError(f"keys must be one for each view, {len(chains)}, got {len(given)}")
            made = [
                _view(chain, image, chain.draw(key, image.shape, dtype=image.dtype))
                for chain, key in zip(chains, given)
            ]
        if not 0 < len(made) <= _MOST_VIEWS:
            raise ValueError(f"there must be 1 to {_MOST_VIEWS} views, got {len(made)}")
        return made

    def _symmetries(self, image: np.ndarray, scale: float) -> list[View]:
        made, (h, w) = [], image.shape[:2]
        for turns, flipped in NAMED[self.of]:
            size = max(round(h * scale), 1), max(round(w * scale), 1)
            first = [Dihedral(p=1)] if scale == 1 else [Resize(size, p=1), Dihedral(p=1)]
            chain = Compose(first, box_format=self.box_format)
            record = chain.draw(0, image.shape, dtype=image.dtype)
            record["steps"][-1]["params"] = {"turns": turns, "flipped": flipped}
            made.append(_view(chain, image, record))
        return made

    # --- back ---------------------------------------------------------------------------------------------------------

    def back(self, view: View, prediction: Any) -> Any:
        """A prediction on a view, brought back to the image.

        Parameters
        ----------
        view : View
        prediction : dict or ndarray
            See above.

        Returns
        -------
        dict or ndarray
            The same names.  Score maps have the size of the image, by bilinear interpolation; what the view did not
            show is 0 there and in masks.
        """
        named = _named(prediction)
        found = dict(named)
        geometric = {name: named[name] for name in ("boxes", "keypoints", "mask") if name in named}
        if geometric:
            found.update(view.chain.invert(view.record, view.shape, **geometric))
        if "score_map" in named:
            found["score_map"] = _map_back(named["score_map"], view.stages, view.shape)
        return found if isinstance(prediction, Mapping) else next(iter(found.values()))

    def merged(self, views: Sequence[View], predictions: Sequence[Any]) -> Any:
        """All predictions as one, on the image.

        Parameters
        ----------
        views : sequence of View
        predictions : sequence of dict or ndarray
            One for each view, all with the same names.

        Returns
        -------
        dict or ndarray
            With the same names.  Boxes come by falling score.

        Raises
        ------
        TypeError, ValueError
            If predictions do not fit the views or each other.
        """
        predictions = list(predictions)
        if len(predictions) != len(views) or not predictions:
            raise ValueError(f"predictions must be one for each view, {len(views)}, got {len(predictions)}")
        if self.weights is not None and len(self.weights) != len(views):
            raise ValueError(f"weights must be one for each view, {len(views)}, got {len(self.weights)}")
        named = [_named(prediction) for prediction in predictions]
        if any(each.keys() != named[0].keys() for each in named):
            raise ValueError(f"predictions must all have the same names, got {[sorted(each) for each in named]!s:.200}")
        brought = [self.back(view, each) for view, each in zip(views, named)]
        weights = np.ones(len(views)) if self.weights is None else np.array(self.weights)
        found: dict[str, Any] = {}
        for kind in named[0]:
            if kind in KINDS:
                columns = {
                    name: [each[name] for each in brought]
                    for name in (kind, *_BESIDE.get(kind, ()))
                    if name in brought[0]
                }
                found.update(self._merge_kind(kind, columns, views, weights))
        return found if isinstance(predictions[0], Mapping) else next(iter(found.values()))

    def __call__(
        self, image: np.ndarray, predict: Callable[[np.ndarray], Any], *, keys: Iterable[Any] | None = None
    ) -> Any:
        """Predict on all views, one after the other, and merge.

        Parameters
        ----------
        image : ndarray of shape (h, w) or (h, w, c)
        predict : callable
            ``predict(image)`` gives a prediction on a view.
        keys : sequence of keys, optional
            As for `views`.

        Returns
        -------
        dict or ndarray
            As from `merged`.
        """
        if not callable(predict):
            raise TypeError(f"predict must be a function, got {type(predict).__name__}")
        views = self.views(image, keys=keys)
        return self.merged(views, [predict(view.image) for view in views])

    def _merge_kind(
        self, kind: str, columns: dict[str, list[Any]], views: Sequence[View], weights: np.ndarray
    ) -> dict[str, Any]:
        largest = self._how[kind] == "max"  # type: ignore[attr-defined]
        if kind == "boxes":
            return self._boxes(columns, weights, largest)
        if kind == "keypoints":
            return _keypoints(columns, weights, largest)
        values = [np.asarray(value) for value in columns[kind]]
        if len({value.shape for value in values}) > 1:
            raise ValueError(f"{kind} must have one shape, got {sorted({value.shape for value in values})!s:.100}")
        if kind == "probabilities":
            return {kind: np.max(values, axis=0) if largest else np.average(values, axis=0, weights=weights)}
        seen = [_seen(view) for view in views]
        if kind == "mask":
            return {kind: _vote(values, seen, weights)}
        return {kind: (_largest if largest else _mean)(values, seen, weights)}

    def _boxes(self, columns: dict[str, list[Any]], weights: np.ndarray, largest: bool) -> dict[str, Any]:
        if "scores" not in columns:
            raise ValueError("scores are missing: boxes are merged by their scores")
        box_format = self._chains[0].box_format  # type: ignore[attr-defined]
        given = [np.asarray(each, np.float64) for each in columns["boxes"]]
        width = max((each.shape[1] for each in given if each.ndim == 2 and each.size), default=4)
        boxes = [each if each.size else np.empty((0, width)) for each in given]
        scores, labels = columns["scores"], columns.get("labels")
        if not largest and box_format in ORIENTED:
            raise ValueError(
                f"oriented boxes, in box_format {box_format!r}, must be merged by the best of them: "
                "merge={'boxes': 'max'}"
            )
        if not largest:
            options: dict[str, Any] = {"iou_threshold": self.iou_threshold, "box_format": box_format}
            fused = weighted_boxes_fusion(boxes, scores, classes=labels, weights=weights.tolist(), **options)
            made = dict(zip(("boxes", "scores", "labels"), fused))
        else:
            flat, score = np.concatenate(boxes), np.concatenate([np.asarray(each, np.float64) for each in scores])
            label = None if labels is None else np.concatenate([np.asarray(each) for each in labels])
            kept = nms(flat, score, classes=label, iou_threshold=self.iou_threshold, box_format=box_format)
            made = {"boxes": flat[kept], "scores": score[kept]}
            if label is not None:
                made["labels"] = label[kept]
        return {name: made[name] for name in columns}


# --- parts ------------------------------------------------------------------------------------------------------------


def _positive(value: Any, name: str, most: float | None = None) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple, np.ndarray)) or not len(value):
        raise TypeError(f"{name} must be a list of numbers, got {value!r:.60}")
    found = tuple(real(each, f"{name}[{k}]", at_most=most) for k, each in enumerate(value))
    for k, each in enumerate(found):
        if each <= 0:
            raise ValueError(f"{name}[{k}] must be > 0, got {each}")
    return found


def _view(chain: Compose, image: np.ndarray, record: dict[str, Any]) -> View:
    return View(chain.replay(record, image=image)["image"], chain, record, image.shape)


def _named(prediction: Any) -> dict[str, Any]:
    """A prediction as a dict."""
    if isinstance(prediction, Mapping):
        known = {*KINDS, *(name for names in _BESIDE.values() for name in names)}
        unknown = [name for name in prediction if name not in known]
        if unknown or not prediction:
            got = repr(unknown[0]) if unknown else "none"
            raise ValueError(f"predictions must be named {', '.join(sorted(known))}, got {got}")
        return dict(prediction)
    if not isinstance(prediction, np.ndarray):
        raise TypeError(f"predictions must be dicts or arrays, got {type(prediction).__name__}")
    places = prediction.ndim in (2, 3)
    return {("mask" if prediction.dtype.kind in "biu" else "score_map") if places else "probabilities": prediction}


def _map_back(scores: Any, stages: list[Geometry], shape: tuple[int, ...]) -> np.ndarray:
    """A score map on the image, through one interpolation."""
    scores = np.asarray(scores)
    if scores.ndim not in (2, 3) or scores.dtype.kind != "f" or not scores.size:
        raise ValueError(f"score_map must be floats (h, w) or (h, w, classes), got {scores.dtype} {scores.shape}")
    height, width = shape[:2]
    h, w = stages[-1].size if stages else (height, width)
    if _planes(scores.shape, h, w):
        raise ValueError(
            f"score_map must be (h, w, classes) for a view of (h, w) = {(h, w)}, got {scores.shape}, which looks like "
            "one plane for each class: write numpy.moveaxis(score_map, 0, -1)"
        )
    way = stages_back(stages, height, width)
    if scores.shape[:2] != (h, w):
        grow = (scores.shape[1] / w, 0.0, 0.0, 0.0, scores.shape[0] / h, 0.0, 0.0, 0.0, 1.0)
        way = [Geometry(grow, (h, w), "replicate"), *way]
    return run(scores.astype(work_dtype(scores.dtype), copy=False), list(way))


def _planes(shape: tuple[int, ...], h: int, w: int) -> bool:
    """Whether a map has the proportions of a view of (h, w) only if its classes come first, as in torch."""
    if len(shape) == 2:
        return False
    n, rows, columns = shape
    return rows * w == columns * h and not 0.8 < n * w / (rows * h) < 1.25


def _seen(view: View) -> np.ndarray | None:
    """Which pixels of the image a view shows; None if it shows all."""
    stages = view.stages
    if not stages:
        return None
    shown = run_mask(np.ones(stages[-1].size, bool), stages_back(stages, *view.shape[:2]))
    return None if shown.all() else shown


def _per_pixel(seen: np.ndarray | None, like: np.ndarray) -> np.ndarray:
    shown = np.ones(like.shape[:2], bool) if seen is None else seen
    return shown if like.ndim == 2 else shown[..., np.newaxis]


def _mean(values: list[np.ndarray], seen: list[np.ndarray | None], weights: np.ndarray) -> np.ndarray:
    """The mean of maps over the views that show a pixel; 0 where none does."""
    total = np.zeros(values[0].shape)
    shares = np.zeros(_per_pixel(None, values[0]).shape)
    for value, shown, weight in zip(values, seen, weights.tolist()):
        share = weight * _per_pixel(shown, value)
        total += share * value
        shares += share
    return (total / np.where(shares > 0, shares, 1.0)).astype(values[0].dtype)


def _largest(values: list[np.ndarray], seen: list[np.ndarray | None], weights: np.ndarray) -> np.ndarray:
    found = np.max([np.where(_per_pixel(shown, v), v, -np.inf) for v, shown in zip(values, seen)], axis=0)
    return np.where(np.isneginf(found), 0.0, found).astype(values[0].dtype)


def _vote(values: list[np.ndarray], seen: list[np.ndarray | None], weights: np.ndarray) -> np.ndarray:
    """The label of most views; of equally many the smallest; 0 where no view shows the pixel."""
    best = np.zeros(values[0].shape)
    found = np.zeros(values[0].shape, values[0].dtype)
    for label in np.unique(np.stack(values)):
        votes = np.zeros(best.shape)
        for value, shown, weight in zip(values, seen, weights.tolist()):
            votes += weight * ((value == label) & _per_pixel(shown, value))
        found[votes > best] = label
        best = np.maximum(best, votes)
    return found


def _keypoints(columns: dict[str, list[Any]], weights: np.ndarray, largest: bool) -> dict[str, Any]:
    points = [np.asarray(each, np.float64).reshape(-1, 2) for each in columns["keypoints"]]
    if len({len(each) for each in points}) > 1:
        raise ValueError(f"keypoints must be as many in each view, got {[len(each) for each in points]!s:.100}")
    given = columns.get("keypoint_scores")
    scores = np.ones((len(points), len(points[0]))) if given is None else np.array(given, np.float64)
    if scores.shape != (len(points), len(points[0])):
        raise ValueError(f"keypoint_scores must be one for each keypoint, got shape {scores.shape[1:]}")
    stacked = np.stack(points)
    if largest:
        best = scores.argmax(axis=0)
        rows = np.arange(len(points[0]))
        made, score = stacked[best, rows], scores[best, rows]
    else:
        shares = scores * weights[:, np.newaxis]
        total = shares.sum(axis=0)
        shares = np.where(total > 0, shares, weights[:, np.newaxis])  # all of score 0: the plain mean
        made = (stacked * shares[..., np.newaxis]).sum(axis=0) / shares.sum(axis=0)[:, np.newaxis]
        score = np.average(scores, axis=0, weights=weights)
    return {"keypoints": made, "keypoint_scores": score} if given is not None else {"keypoints": made}
