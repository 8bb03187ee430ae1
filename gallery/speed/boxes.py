"""Boxes and anchors against OpenCV, ensemble-boxes, the evaluations of COCO, Shapely, and NumPy."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from imgproc._core.declare import Case, Peer

from .cases import NO_IMAGE

GROUP = "Boxes and anchors"
MEASURES = (
    "iou",
    "giou",
    "kmeans_plus_plus",
    "nms",
    "soft_nms",
    "weighted_boxes_fusion",
    "average_precision",
    "KMeans",
)
"""Public names whose rows are these, and not beside them."""
PEERS = ("ensemble_boxes", "faster_coco_eval", "pycocotools", "shapely")
SIZE = (64, 64)
"""Of the image that every case gets, and that these leave alone."""
BOXES, FEW_BOXES = 10_000, 300
"""As a test has them, and as one image of a detector has them."""
ORIENTED = 1000
IMAGES, FEW_IMAGES, CLASSES, TRUE, FOUND = 5000, 500, 80, 7.2, 100
"""COCO val2017: images, classes, boxes an image, detections an image; and images where the peer takes a minute."""
MASKED_IMAGES, SIDE = 100, 640
"""Where masks are compared; and the side of each image."""
SIZES, ANCHORS, ITERATIONS = 1_000_000, 9, 20
SEEDED = 100_000


def missing() -> list[str]:
    """Peers that are not installed."""
    return [name.replace("_", "-") for name in PEERS if importlib.util.find_spec(name) is None]


def box_cases() -> tuple[Case, ...]:
    """All cases whose peer is installed."""
    import cv2

    rows = [
        _case(
            name,
            f"{count:,} boxes of one class, IoU 0.5",
            functools.partial(our_nms, count),
            {
                f"cv2.dnn.NMSBoxes {cv2.__version__}": Peer(
                    functools.partial(_without_image, their_nms, count), 1 / 2, 0.0, difference=_different, unit="rows"
                )
            },
        )
        for name, count in (("nms", BOXES), ("nms, 300 boxes", FEW_BOXES))
    ]
    if importlib.util.find_spec("ensemble_boxes"):
        rows += [
            _case(
                "soft_nms",
                f"{BOXES:,} boxes of one class, gaussian",
                our_soft_nms,
                {
                    "ensemble-boxes": Peer(
                        lambda image: their_soft_nms(), 1 / 20, difference=None, note="pairs boxes with others' scores"
                    )
                },
            ),
            _case(
                "weighted_boxes_fusion",
                f"{BOXES:,} boxes of three models, one class",
                our_fusion,
                {"ensemble-boxes": Peer(lambda image: their_fusion(), 1 / 20, 1e-5, difference=_apart, unit="score")},
            ),
        ]
    rows.append(
        _case(
            "giou",
            f"{ORIENTED:,} x {ORIENTED:,} boxes",
            our_giou,
            {"NumPy": Peer(lambda image: their_giou(), 1, 1e-9, difference=_apart, unit="GIoU")},
        )
    )
    if importlib.util.find_spec("pycocotools"):
        rows.append(
            _case(
                "iou",
                f"{ORIENTED:,} x {ORIENTED:,} boxes",
                our_iou,
                {"pycocotools": Peer(lambda image: their_iou(), 1, 1e-9, difference=_apart, unit="IoU")},
            )
        )
    if importlib.util.find_spec("shapely"):
        rows.append(
            _case(
                "iou, oriented",
                f"{ORIENTED:,} x {ORIENTED:,} oriented boxes, a seventh of the pairs overlap",
                our_oriented_iou,
                {
                    "Shapely": Peer(
                        lambda image: their_oriented_iou(),
                        1 / 10,
                        1e-9,
                        difference=_apart,
                        unit="IoU",
                        note="polygons are made before",
                    )
                },
            )
        )
    timed = "from arrays to all figures; theirs: evaluate and accumulate, after its own loading"
    if importlib.util.find_spec("faster_coco_eval"):
        rows.append(
            _case(
                "average_precision, COCO's size",
                f"{IMAGES:,} images, {IMAGES * FOUND:,} detections, {timed}",
                lambda: our_precision(IMAGES),
                {
                    "faster-coco-eval": Peer(
                        lambda image: their_precision("faster_coco_eval", IMAGES), 1, 1e-9, difference=_apart, unit="AP"
                    )
                },
            )
        )
    if importlib.util.find_spec("pycocotools"):
        rows.append(
            _case(
                "average_precision",
                f"{FEW_IMAGES:,} images, {FEW_IMAGES * FOUND:,} detections, {timed}",
                lambda: our_precision(FEW_IMAGES),
                {
                    "pycocotools": Peer(
                        lambda image: their_precision("pycocotools", FEW_IMAGES),
                        1 / 3,
                        1e-9,
                        difference=_apart,
                        unit="AP",
                    )
                },
            )
        )
        rows.append(
            _case(
                "average_precision of masks",
                f"{MASKED_IMAGES:,} images, {MASKED_IMAGES * FOUND:,} detections, run lengths, {timed}",
                lambda: our_precision(MASKED_IMAGES, "masks"),
                {
                    "pycocotools": Peer(
                        lambda image: their_precision("pycocotools", MASKED_IMAGES, "masks"),
                        1 / 3,
                        1e-9,
                        difference=_apart,
                        unit="AP",
                    )
                },
            )
        )
    rows.append(
        _case(
            "KMeans, IoU",
            f"{SIZES:,} boxes, {ANCHORS} anchors, {ITERATIONS} iterations",
            our_clusters,
            {"NumPy": Peer(lambda image: their_clusters(), 1 / 10, 1e-6, difference=_apart, unit="px")},
        )
    )
    rows.append(
        _case(
            "kmeans_plus_plus",
            f"{SEEDED:,} boxes, {ANCHORS} centres",
            our_seeds,
            {"scikit-learn": Peer(lambda image: their_seeds(), None, 0, difference=_other_seeds, unit="samples")},
        )
    )
    return tuple(rows)


def _case(name: str, what: str, ours: Callable[[], Any], peers: dict[str, Peer]) -> Case:
    return Case(name, what, NO_IMAGE, lambda image: ours(), peers, module="augment", size=SIZE, group=GROUP)


def _without_image(call: Callable[..., Any], count: int, image: np.ndarray) -> Any:
    return call(count)


def _different(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Rows that one has and the other has not."""
    return float(len(np.setxor1d(ours, theirs)))


def _other_seeds(ours: Any, theirs: Any) -> float:
    """How many centres are other samples."""
    return float(np.count_nonzero(ours[1] != theirs[1]))


def _apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.nanmax(np.abs(np.asarray(ours, np.float64) - theirs)))


# --- suppression and fusion -------------------------------------------------------------------------------------------


@functools.cache
def detections(count: int = BOXES) -> tuple[np.ndarray, np.ndarray]:
    """Boxes in an image of 1000 x 1000, and scores that are all different."""
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 1000, (count, 2))
    return np.hstack([corner, corner + rng.uniform(10, 80, (count, 2))]), (1 + rng.permutation(count)) / count


def our_nms(count: int = BOXES) -> np.ndarray:
    """Rows that are kept."""
    import augment

    return augment.nms(*detections(count))


def their_nms(count: int = BOXES) -> np.ndarray:
    """Rows that OpenCV keeps."""
    import cv2

    return np.ravel(cv2.dnn.NMSBoxes(*_as_opencv(count), 0.0, 0.5))


@functools.cache
def _as_opencv(count: int) -> tuple[np.ndarray, np.ndarray]:
    boxes, scores = detections(count)
    return np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]), scores


def our_soft_nms() -> Any:
    """Rows and scores."""
    import augment

    return augment.soft_nms(*detections())


def their_soft_nms() -> Any:
    """Boxes, scores and classes."""
    import ensemble_boxes

    boxes, scores = _fractions()
    return ensemble_boxes.soft_nms([boxes], [scores.copy()], [np.zeros(len(boxes))], method=2, sigma=0.5, thresh=0.001)


@functools.cache
def _fractions() -> tuple[np.ndarray, np.ndarray]:
    boxes, scores = detections()
    return boxes / 1080, scores


@functools.cache
def _models() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    boxes, scores = _fractions()
    return (
        [boxes[i::3] for i in range(3)],
        [scores[i::3] for i in range(3)],
        [np.zeros(len(boxes[i::3])) for i in range(3)],
    )


def our_fusion() -> np.ndarray:
    """Scores of the fused boxes."""
    import augment

    boxes, scores, _ = _models()
    return augment.weighted_boxes_fusion(boxes, scores)[1]


def their_fusion() -> np.ndarray:
    """Scores of the fused boxes."""
    import ensemble_boxes

    return ensemble_boxes.weighted_boxes_fusion(*_models())[1]


# --- overlaps of upright boxes ----------------------------------------------------------------------------------------


@functools.cache
def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Two lots of boxes."""
    boxes, _ = detections(2 * ORIENTED)
    return boxes[:ORIENTED], boxes[ORIENTED:]


def our_iou() -> np.ndarray:
    """All pairs."""
    import augment

    return augment.iou(*pairs())


def their_iou() -> np.ndarray:
    """All pairs by pycocotools, compiled."""
    from pycocotools import mask

    return mask.iou(*_with_sides(), np.zeros(ORIENTED, np.uint8))


@functools.cache
def _with_sides() -> tuple[np.ndarray, np.ndarray]:
    made = [np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]) for boxes in pairs()]
    return made[0], made[1]


def our_giou() -> np.ndarray:
    """All pairs."""
    import augment

    return augment.giou(*pairs())


def their_giou() -> np.ndarray:
    """All pairs, as torchvision computes them."""
    a, b = pairs()
    a = a[:, np.newaxis]
    inner = np.clip(np.minimum(a[..., 2:], b[:, 2:]) - np.maximum(a[..., :2], b[:, :2]), 0, None).prod(axis=-1)
    outer = (np.maximum(a[..., 2:], b[:, 2:]) - np.minimum(a[..., :2], b[:, :2])).prod(axis=-1)
    union = (a[..., 2:] - a[..., :2]).prod(axis=-1) + (b[:, 2:] - b[:, :2]).prod(axis=-1) - inner
    return inner / union - (outer - union) / outer


# --- oriented boxes ---------------------------------------------------------------------------------------------------


@functools.cache
def oriented() -> tuple[np.ndarray, np.ndarray]:
    """Two lots of boxes in an image of 1000 x 1000: centre, sides, angle."""
    rng = np.random.default_rng(2)
    made = [
        np.hstack(
            [
                rng.uniform(0, 1000, (ORIENTED, 2)),
                rng.uniform(10, 400, (ORIENTED, 2)),
                rng.uniform(-90, 90, (ORIENTED, 1)),
            ]
        )
        for _ in range(2)
    ]
    return made[0], made[1]


def our_oriented_iou() -> np.ndarray:
    """All pairs."""
    import augment

    return augment.iou(*oriented(), box_format="obb")


def their_oriented_iou() -> np.ndarray:
    """All pairs by polygons."""
    import shapely

    first, second = _polygons()
    shared = shapely.area(shapely.intersection(first[:, np.newaxis], second))
    return shared / (shapely.area(first)[:, np.newaxis] + shapely.area(second) - shared)


@functools.cache
def _polygons() -> tuple[Any, Any]:
    import shapely

    made = []
    for boxes in oriented():
        centre, sides, turn = boxes[:, :2], boxes[:, 2:4] / 2, np.radians(boxes[:, 4])
        along = np.stack([np.cos(turn), -np.sin(turn)], axis=1) * sides[:, :1]
        across = np.stack([np.sin(turn), np.cos(turn)], axis=1) * sides[:, 1:]
        corners = [centre - along - across, centre + along - across, centre + along + across, centre - along + across]
        made.append(shapely.polygons(np.stack(corners, axis=1)))
    return made[0], made[1]


# --- average precision ------------------------------------------------------------------------------------------------


@functools.cache
def evaluation(images: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Truth and detections: some three near each box, the others anywhere; boxes in COCO's format, classes from 0."""
    rng = np.random.default_rng(1)
    count = int(images * TRUE)
    image = np.sort(rng.integers(0, images, count))
    truth = {
        "boxes": np.hstack([rng.uniform(0, 500, (count, 2)), rng.exponential(60, (count, 2)) + 2]),
        "images": image,
        "classes": rng.integers(0, CLASSES, count),
        "crowd": rng.random(count) < 0.02,
    }
    found = images * FOUND
    there = np.repeat(np.arange(images), FOUND)
    first, last = np.searchsorted(image, there, "left"), np.searchsorted(image, there, "right")
    near = (np.tile(np.arange(FOUND), images) < 3 * (last - first)) & (last > first)
    of = np.where(near, (first + rng.random(found) * (last - first)).astype(int), 0)
    boxes = np.hstack([rng.uniform(0, 500, (found, 2)), rng.exponential(60, (found, 2)) + 2])
    boxes[near] = truth["boxes"][of[near]] * rng.normal(1, 0.06, (int(near.sum()), 4))
    classes = np.where(near, truth["classes"][of], rng.integers(0, CLASSES, found))
    scores = np.where(near, rng.uniform(0.2, 1, found), rng.uniform(0, 0.6, found))
    return truth, {"boxes": boxes, "images": there, "classes": classes, "scores": scores}


@functools.cache
def masks(images: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Ellipses in the boxes of `evaluation`, as run lengths; they are the same for both sides."""
    from pycocotools import mask

    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    found = []
    for columns in evaluation(images):
        x, y, w, h = np.clip(columns["boxes"], 0, 2 * SIDE).T[:, :, np.newaxis]
        points = np.stack([x + w / 2 * (1 + np.cos(turns)), y + h / 2 * (1 + np.sin(turns))], axis=2)
        found.append([mask.frPyObjects([ring], SIDE, SIDE)[0] for ring in points.reshape(len(points), -1).tolist()])
    return found[0], found[1]


def our_precision(images: int, kind: str = "boxes") -> np.ndarray:
    """COCO's twelve figures."""
    import augment

    truth, found = evaluation(images)
    if kind == "masks":
        area = truth["boxes"][:, 2] * truth["boxes"][:, 3]
        (shapes, others), (truth, found) = masks(images), ({**truth, "area": area}, dict(found))
        truth["masks"], found["masks"] = shapes, others
        del truth["boxes"], found["boxes"]
    made = augment.average_precision(truth, found, kind=kind, box_format="coco")
    return np.array(list(made.summary().values()))


def their_precision(module: str, images: int, kind: str = "boxes") -> np.ndarray:
    """COCO's twelve figures by a peer."""
    with contextlib.redirect_stdout(io.StringIO()):
        run = _evaluation_of(module, images, kind)()
        run.evaluate()
        run.accumulate()
        run.summarize()
    return np.array(run.stats[:12], np.float64)


@functools.cache
def _evaluation_of(module: str, images: int, kind: str) -> Callable[[], Any]:
    """A maker of the peer's object, whose data sets are loaded already."""
    if module == "pycocotools":
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    else:
        from faster_coco_eval import COCO
        from faster_coco_eval import COCOeval_faster as COCOeval
    truth, found = evaluation(images)
    rows = zip(truth["images"].tolist(), truth["classes"].tolist(), truth["boxes"].tolist(), truth["crowd"].tolist())
    data = COCO()
    data.dataset = {
        "images": [{"id": i, "height": SIDE, "width": SIDE} for i in range(images)],
        "categories": [{"id": k} for k in range(CLASSES)],
        "annotations": [
            {
                "id": i,
                "image_id": image,
                "category_id": kind,
                "bbox": box,
                "area": box[2] * box[3],
                "iscrowd": int(crowd),
            }
            for i, (image, kind, box, crowd) in enumerate(rows, 1)
        ],
    }
    if kind == "masks":
        for row, shape in zip(data.dataset["annotations"], masks(images)[0], strict=True):
            row["segmentation"] = shape
    with contextlib.redirect_stdout(io.StringIO()):
        data.createIndex()
        if kind == "masks":
            names = zip(found["images"].tolist(), found["classes"].tolist(), found["scores"].tolist(), masks(images)[1])
            results = [dict(zip(("image_id", "category_id", "score", "segmentation"), row)) for row in names]
            there = data.loadRes(results)
            return lambda: COCOeval(data, there, "segm")
        columns = [found["images"], found["boxes"], found["scores"], found["classes"]]
        there = data.loadRes(np.column_stack(columns))
    return lambda: COCOeval(data, there, "bbox")


# --- anchors ----------------------------------------------------------------------------------------------------------


@functools.cache
def sizes() -> np.ndarray:
    """Widths and heights."""
    return np.random.default_rng(2).lognormal(4, 1, (SIZES, 2))


def our_clusters() -> np.ndarray:
    """Centres."""
    import augment

    model = augment.KMeans(ANCHORS, init=sizes()[:ANCHORS], max_iter=ITERATIONS)
    return model.fit(sizes()).cluster_centers_


def our_seeds() -> Any:
    """Centres and their rows."""
    import augment

    return augment.kmeans_plus_plus(sizes()[:SEEDED], ANCHORS, random_state=0)


def their_seeds() -> Any:
    """Centres and their rows."""
    from sklearn.cluster import kmeans_plusplus

    return kmeans_plusplus(sizes()[:SEEDED], ANCHORS, random_state=0)


def their_clusters() -> np.ndarray:
    """Centres by the same iterations."""
    rows = sizes()
    centres, areas = rows[:ANCHORS].copy(), rows.prod(axis=1)
    for _ in range(ITERATIONS):
        inter = np.minimum(rows[:, :1], centres[:, 0]) * np.minimum(rows[:, 1:], centres[:, 1])
        labels = np.argmax(inter / (areas[:, None] + centres.prod(axis=1) - inter), axis=1)
        centres = np.stack([rows[labels == k].mean(axis=0) for k in range(ANCHORS)])
    return centres
