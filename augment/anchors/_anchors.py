"""Anchors for the boxes of a data set: clusters, evolution, and how well they fit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augment._chart import COLORS, Chart, save
from imgproc._core.check import integer, one_of, positive, real, size_pair
from imgproc._core.declare import declare
from imgproc._core.jit import kernel

from ._kmeans import UPDATES, KMeans, warn_of_copies
from ._labels import FORMATS, read_sizes
from ._metric import Samples, as_samples, metric_name
from ._seed import as_random, starts_within

__all__ = ["Anchors", "anchors_for"]

FITNESS = ("iou", "ratio")
ELBOW_BOXES = 20_000
"""Boxes that the curve over k is computed from, at most."""
ELBOW_TO = 12


@dataclass(frozen=True, eq=False)
class Anchors:
    """What `anchors_for` found.

    Attributes
    ----------
    anchors : ndarray of shape (k, 2)
        float64.  Widths and heights [px], by rising area.
    shares : ndarray of shape (k,)
        The part of the boxes that is nearest to each.
    average_iou : float
        Mean IoU of the boxes with their best anchor, on a common centre.
    recall : float
        Best possible recall: the part of the boxes whose best IoU is at least `iou_threshold`.
    ratio_recall : float
        The same by sides: the part that has an anchor of which neither side is more than `ratio_threshold` times as
        long or as short.
    iou_threshold, ratio_threshold : float
        For these.
    elbow : dict of int to float
        Average IoU by number of anchors: medians, of 20,000 boxes at most.
    sizes : ndarray of shape (n, 2)
        Widths and heights of the boxes [px], scaled as the anchors are.
    labels : ndarray of shape (n,)
        int64.  The best anchor of each by IoU.
    history : ndarray of shape (generations + 1,)
        Fitness of each generation, where there was evolution.
    dropped : int
        Boxes that were left out for their size.

    Examples
    --------
    >>> found = anchors_for(np.array([[10, 10], [12, 10], [90, 60]]), 2)
    >>> found.anchors.round(1)
    array([[10., 10.],
           [90., 60.]])
    """

    anchors: np.ndarray
    shares: np.ndarray
    average_iou: float
    recall: float
    ratio_recall: float
    iou_threshold: float
    ratio_threshold: float
    elbow: dict[int, float]
    sizes: np.ndarray
    labels: np.ndarray
    history: np.ndarray
    dropped: int

    def rounded(self) -> list[tuple[int, int]]:
        """The anchors in whole pixels, at least 1."""
        return [(max(round(w), 1), max(round(h), 1)) for w, h in self.anchors.tolist()]

    def report(self) -> str:
        """Everything as text."""
        lines = [
            f"{len(self.anchors)} anchors for {len(self.sizes)} boxes ({self.dropped} left out for their size)",
            f"average IoU                    {self.average_iou:.4f}",
            f"best possible recall, IoU {self.iou_threshold:<5g}{self.recall:.4f}",
            f"best possible recall, ratio {self.ratio_threshold:<3g}{self.ratio_recall:.4f}",
        ]
        if len(self.history):
            lines.append(f"evolution, fitness             {self.history[0]:.4f} -> {self.history[-1]:.4f}")
        lines += ["", f"{'width':>9}{'height':>9}{'area':>12}{'w / h':>8}{'boxes':>9}"]
        for (w, h), share in zip(self.anchors.tolist(), self.shares.tolist(), strict=True):
            ratio = w / h if h else float("nan")
            lines.append(f"{w:>9.1f}{h:>9.1f}{w * h:>12.0f}{ratio:>8.2f}{100 * share:>8.1f}%")
        lines += ["", "anchors: " + ", ".join(f"{w},{h}" for w, h in self.rounded())]
        lines.append("average IoU by k: " + ", ".join(f"{k}: {v:.3f}" for k, v in self.elbow.items()))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.report()

    def plot(self, path: str | os.PathLike[str] | None = None, *, size: tuple[int, int] = (480, 1280)) -> np.ndarray:
        """Draw boxes with their anchors, and the average IoU by number of anchors.

        Parameters
        ----------
        path : path-like, optional
            Write it there, too.
        size : (int, int)
            (h, w) [px].

        Returns
        -------
        ndarray of shape (h, w, 3)
            uint8, RGB.
        """
        h, w = size_pair(size, "size", at_least=200)
        top = float(np.quantile(self.sizes, 0.995)) * 1.05
        left = Chart(
            (0, top), (0, top), title=f"{len(self.sizes)} boxes, {len(self.anchors)} anchors",
            x_label="width [px]", y_label="height [px]", size=(h, w // 2),
        )  # fmt: skip
        some = slice(None, None, -(-len(self.sizes) // 6000))
        for c in range(len(self.anchors)):
            own = self.sizes[some][self.labels[some] == c]
            left.points(own[:, 0], own[:, 1], c % len(COLORS))
        left.crosses(self.anchors[:, 0], self.anchors[:, 1])
        ks, values = list(self.elbow), list(self.elbow.values())
        low = min([*values, self.average_iou]) if values else 0.0
        right = Chart(
            (0.5, max([*ks, len(self.anchors)]) + 0.5), (max(low - 0.05, 0.0), min(max([*values, 0.5]) + 0.1, 1.0)),
            title=f"average IoU {self.average_iou:.3f}", x_label="anchors", y_label="average IoU", size=(h, w - w // 2),
        )  # fmt: skip
        right.line(ks, values, 0)
        right.points(ks, values, 0, radius=3.5)
        right.crosses([len(self.anchors)], [self.average_iou], 1)
        right.legend(["medians, by number", "these anchors"])
        return save(np.concatenate([left.image, right.image], axis=1), path)


def anchors_for(
    boxes_or_folder: Any,
    k: int | str = 9,
    *,
    image_size: int | tuple[int, int] | None = None,
    image_sizes: Any = None,
    labels: str = "auto",
    metric: str = "iou",
    update: str = "exact",
    n_init: int = 5,
    evolve: int = 0,
    fitness: str = "iou",
    iou_threshold: float = 0.5,
    ratio_threshold: float = 4.0,
    min_size: float = 0.0,
    random_state: Any = 0,
) -> Anchors:
    """Anchors for a data set, and how well they fit it.

    Parameters
    ----------
    boxes_or_folder : array_like of shape (n, 2), or path-like
        Widths and heights of boxes [px]; or a file or folder of labels: YOLO (``.txt``; image sizes come from the
        images beside them, or in ``images`` where they are in ``labels``), COCO (``.json``), PASCAL VOC (``.xml``).
        Crowds and difficult boxes are left out.
    k : int or "auto"
        How many; ``"auto"``: at the elbow of the average IoU, where the curve is farthest from the line between its
        ends.
    image_size : int or (int, int), optional
        (h, w) that images are letterboxed to; boxes are scaled as they would be.  Default: as they are.
    image_sizes : array_like of shape (n, 2), optional
        (h, w) of the image of each box, where boxes are given as an array and `image_size` is, too.
    labels : {"auto", "yolo", "coco", "voc", "imagefolder", "webdataset", "parquet"}
        The format of the labels; ``"auto"``: by the suffix of the files.
    metric : {"iou", "euclidean"}
        Of `KMeans`.
    update : {"exact", "mean", "median"}
        Of `KMeans`.
    n_init : int
        Restarts; at most 100, or as many as boxes.
    evolve : int
        Generations of random changes after the clusters, of which those are kept that raise the fitness.
    fitness : {"iou", "ratio"}
        Average IoU; or the mean over boxes of ``min(w/W, W/w, h/H, H/h)`` with the best anchor, where that is above
        ``1 / ratio_threshold``.
    iou_threshold : float
        In (0, 1], for the best possible recall.
    ratio_threshold : float
        At least 1, for the best possible recall by sides and the fitness.
    min_size : float
        Leave out boxes of which both sides are below it, after scaling [px].
    random_state : int, numpy.random.RandomState, numpy.random.Generator, or None
        Where draws come from.

    Returns
    -------
    Anchors
        Anchors, figures, `Anchors.report` and `Anchors.plot`.

    Raises
    ------
    TypeError, ValueError
        If sizes are negative or not finite, there are fewer boxes than anchors, labels cannot be read, or a parameter
        is out of range.
    FileNotFoundError
        If there is no such file or folder.

    Warns
    -----
    UserWarning
        If there are fewer different sizes than anchors: some anchors are then the same.

    References
    ----------
    J. Redmon, A. Farhadi, "YOLO9000: Better, Faster, Stronger", CVPR 2017.

    Examples
    --------
    >>> sizes = np.array([[10, 10], [12, 10], [100, 50], [90, 60]])  # width, height
    >>> found = anchors_for(sizes, 2)
    >>> found.anchors.shape, round(float(found.average_iou), 2)
    ((2, 2), 0.9)
    """
    if isinstance(k, str):
        one_of(k, "k", ("auto",))
    else:
        integer(k, "k", at_least=1)
    metric_name(metric)
    one_of(update, "update", UPDATES)
    one_of(fitness, "fitness", FITNESS)
    one_of(labels, "labels", FORMATS)
    generations = integer(evolve, "evolve", at_least=0, at_most=100_000)
    integer(n_init, "n_init", at_least=1)
    least_iou = positive(iou_threshold, "iou_threshold")
    real(iou_threshold, "iou_threshold", at_most=1.0)
    most_ratio = real(ratio_threshold, "ratio_threshold", at_least=1.0)
    smallest = real(min_size, "min_size", at_least=0.0)
    frame = None if image_size is None else _frame(image_size)
    random = as_random(random_state)
    sizes, dropped = _letterboxed(boxes_or_folder, frame, image_sizes, labels)
    kept = sizes[(sizes.max(axis=1) >= smallest) & (sizes.min(axis=1) > 0)]
    dropped += len(sizes) - len(kept)
    sizes = kept
    if not len(sizes) or (not isinstance(k, str) and k > len(sizes)):
        raise ValueError(f"k must be <= the number of boxes, {len(sizes)} ({dropped} left out for their size), got {k}")

    starts_within(n_init, len(sizes))
    elbow = _elbow(sizes, ELBOW_TO if isinstance(k, str) else max(k, ELBOW_TO), random)
    count = knee(elbow) if isinstance(k, str) else int(k)
    model = KMeans(count, metric=metric, update=update, n_init=n_init, random_state=random)._fit_rows(sizes)
    warn_of_copies(sizes, count, "k")
    found, history = model.cluster_centers_, np.empty(0)
    if generations:
        found, history = _evolved(sizes, found, generations, fitness, most_ratio, random)
    found = found[np.argsort(found.prod(axis=1), kind="stable")]
    nearest, distances = Samples(sizes, "iou").assign(found)
    ratios = np.empty(len(sizes))
    best_ratios(np.ascontiguousarray(sizes.T), np.ascontiguousarray(found), ratios)
    shares = np.bincount(nearest, minlength=count) / len(sizes)
    return Anchors(
        found, shares, float(1 - distances.mean()), float((1 - distances >= least_iou).mean()),
        float((ratios >= 1 / most_ratio).mean()), least_iou, most_ratio, elbow, sizes, nearest, history, dropped,
    )  # fmt: skip


def _frame(image_size: Any) -> tuple[int, int]:
    if isinstance(image_size, (tuple, list, np.ndarray)):
        return size_pair(image_size, "image_size")
    side = integer(image_size, "image_size", at_least=1)
    return side, side


def _letterboxed(given: Any, frame: tuple[int, int] | None, image_sizes: Any, labels: str) -> tuple[np.ndarray, int]:
    """Sizes of boxes as they are in letterboxed images, and how many boxes of label files had none."""
    dropped = 0
    if isinstance(given, (str, os.PathLike)):
        if image_sizes is not None:
            raise ValueError("image_sizes must be given with boxes only: labels bring their own")
        read = read_sizes(given, labels)
        if not len(read.boxes):
            raise ValueError(f"{Path(given)} must hold at least one box, found none in {read.files} files")
        if read.fractions:
            if frame is None:
                raise ValueError(
                    f"{Path(given)}: YOLO's labels are fractions, and some of their images were not found beside them "
                    "or in a folder images: give image_size, and they are taken for square"
                )
            return read.boxes * min(frame), read.dropped
        boxes, shapes, dropped = read.boxes, read.images, read.dropped
    else:
        boxes = as_samples(given, "iou", "boxes_or_folder")
        if boxes.shape[1] != 2:
            corners = "; of corners these are boxes[:, 2:] - boxes[:, :2]" if boxes.shape[1] == 4 else ""
            raise ValueError(
                f"boxes_or_folder must have shape (n, 2), rows (width, height), got {boxes.shape}{corners}"
            )
        if frame is None:
            return boxes, 0
        if image_sizes is None:
            raise ValueError("image_sizes must be given along with boxes and image_size, (h, w) for each box")
        shapes = as_samples(image_sizes, "iou", "image_sizes")
        if shapes.shape != boxes.shape or shapes.min() < 1:
            raise ValueError(f"image_sizes must have shape {boxes.shape}, rows (h, w) >= 1, got shape {shapes.shape}")
    if frame is None:
        return boxes, dropped
    return boxes * np.minimum(frame[0] / shapes[:, 0], frame[1] / shapes[:, 1])[:, None], dropped


def _elbow(sizes: np.ndarray, most: int, random: Any) -> dict[int, float]:
    some = sizes[:: -(-len(sizes) // ELBOW_BOXES)]
    samples, found, best = Samples(some, "iou"), {}, 0.0
    for k in range(1, min(most, len(some)) + 1):
        model = KMeans(k, update="median", n_init=2, max_iter=50, random_state=random)
        centres = model._fit_rows(some).cluster_centers_
        best = max(best, float(1 - samples.assign(centres)[1].mean()))  # one more anchor never harms
        found[k] = best
    return found


def knee(curve: dict[int, float]) -> int:
    """Where a rising curve is farthest above the line between its ends."""
    ks, values = np.array(list(curve)), np.array(list(curve.values()))
    if len(ks) < 3 or values[-1] <= values[0]:
        return int(ks[np.argmax(values)])
    line = values[0] + (values[-1] - values[0]) * (ks - ks[0]) / (ks[-1] - ks[0])
    return int(ks[np.argmax(values - line)])


def _evolved(
    sizes: np.ndarray, anchors: np.ndarray, generations: int, fitness: str, ratio: float, random: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Random changes, of which those are kept that are better; and the fitness over time."""
    samples, planes = Samples(sizes, "iou"), np.ascontiguousarray(sizes.T)
    best = np.array(anchors, np.float64)

    def value(candidates: np.ndarray) -> float:
        if fitness == "iou":
            return float(1 - samples.assign(candidates)[1].mean())
        found = np.empty(len(sizes))
        best_ratios(planes, candidates, found)
        return float((found * (found > 1 / ratio)).mean())

    history = [value(best)]
    for _ in range(generations):
        # Most sides move a little: by a normal draw of 10 %, scaled down at random for all together.
        moved = random.uniform(size=best.shape) < 0.9
        factor = 1 + moved * random.uniform() * 0.1 * random.standard_normal(size=best.shape)
        trial = best * factor.clip(0.3, 3.0)
        new = value(trial)
        if new > history[-1]:
            best = trial
        history.append(max(new, history[-1]))
    return best, np.array(history)


@kernel
def best_ratios(planes, anchors, out):
    """Of each box and its best anchor: the least of the ratios of their sides, 1 at most."""
    w, h = planes[0], planes[1]
    for i in range(out.size):
        out[i] = 0.0
    for c in range(anchors.shape[0]):
        aw, ah = anchors[c, 0], anchors[c, 1]
        for i in range(out.size):
            wide, tall = w[i] / aw, h[i] / ah
            out[i] = max(out[i], min(min(wide, 1.0 / wide), min(tall, 1.0 / tall)))


declare(anchors_for, no_peer="it reads files, and gives the rest to KMeans")
