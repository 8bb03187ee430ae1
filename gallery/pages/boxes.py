"""Boxes

Overlap, suppression and fusion of detections, average precision, tiles for small objects.

The detector is simulated: the coins' own boxes, moved and scaled at random, several of each, with scores that fall with
the error, and a few of nothing.  Everything here is exact: only boxes near enough to matter are compared, which is what
makes ten thousand of them a matter of milliseconds.
"""

import numpy as np
from scipy import ndimage
from skimage import measure

import augment
import imgproc
from gallery import _draw
from gallery._photos import packaged

GROUP = "Augmentation"
PAIRS = {
    "half": (0, 0, 40, 20, 0, 0, 20, 20),
    "corner": (0, 0, 40, 40, 20, 20, 60, 60),
    "inside, centre": (0, 0, 60, 60, 20, 20, 40, 40),
    "inside, corner": (0, 0, 60, 60, 0, 0, 20, 20),
    "other shape": (0, 0, 60, 20, 20, -20, 40, 40),
    "touching": (0, 0, 30, 30, 30, 0, 60, 30),
    "apart": (0, 0, 20, 20, 60, 0, 80, 20),
}


def coins(image):
    """The boxes of the coins: a watershed of the gradient from what is dark and what is bright."""
    markers = np.zeros(image.shape, np.int32)
    markers[image < 30], markers[image > 150] = 1, 2
    filled = ndimage.binary_fill_holes(imgproc.watershed(imgproc.gradient(image), markers=markers) == 2)
    found = [r.bbox for r in measure.regionprops(measure.label(filled)) if r.area > 300]
    return np.array([(x0, y0, x1, y1) for y0, x0, y1, x1 in found], float)


def detector(boxes, shape, rng, *, copies, error, false, doubt=0.15):
    """Simulated detections: boxes and scores."""
    size = (boxes[:, 2:] - boxes[:, :2]).repeat(copies, axis=0)
    off = rng.normal(0, error, (len(boxes) * copies, 4))
    near = boxes.repeat(copies, axis=0) + off * np.hstack([size, size])
    scores = (1 - 2.2 * np.abs(off).mean(axis=1) - rng.uniform(0, doubt, len(off))).clip(0.05, 0.99)
    corner = rng.uniform(0, 0.85, (false, 2)) * shape[1::-1]
    wrong = np.hstack([corner, corner + rng.uniform(0.07, 0.16, (false, 2)) * shape[1]])
    near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
    return np.concatenate([near, wrong]), np.concatenate([scores, rng.uniform(0.05, 0.5, false)])


def drawn(image, boxes, scores=None):
    """Boxes on the picture; with scores only those of at least 0.3."""
    boxes = np.asarray(boxes)
    return _draw.draw(image, boxes=boxes if scores is None else boxes[scores >= 0.3])


def once(page):
    """Everything on the coins."""
    photo = page.photo("coins")
    image, whole = photo.grey8, packaged("coins", max_side=1000).grey8
    truth, rng = coins(whole) * (image.shape[1] / whole.shape[1]), np.random.default_rng(3)
    boxes, scores = detector(truth, image.shape, rng, copies=6, error=0.09, false=14)
    suppression(page, image, boxes, scores)
    fusion(page, image, truth, rng)
    precision(page, image, truth)
    tiles(page, image, truth)
    overlaps(page)


def suppression(page, image, boxes, scores):
    """Four ways."""
    page.heading(
        "Suppression",
        "The same detections by four methods. Soft and matrix NMS lower scores instead of removing boxes: "
        "shown is what is left at 0.3. Classes are an input (``classes=``), never an offset of coordinates.",
    )
    hard = boxes[augment.nms(boxes, scores, iou_threshold=0.3, score_threshold=0.3)]
    far = boxes[augment.diou_nms(boxes, scores, diou_threshold=0.2, score_threshold=0.3)]
    soft, soft_scores = augment.soft_nms(boxes, scores, sigma=0.2)
    matrix, matrix_scores = augment.matrix_nms(boxes, scores, sigma=6.0)
    page.thumbnail(drawn(image, boxes), drawn(image, hard))
    page.figures(
        {
            f"{len(boxes)} detections": drawn(image, boxes),
            "nms(boxes, scores, iou_threshold=0.3)": drawn(image, hard),
            "diou_nms(boxes, scores, diou_threshold=0.2)": drawn(image, far),
            "soft_nms(boxes, scores, sigma=0.2)": drawn(image, boxes[soft], soft_scores),
            "matrix_nms(boxes, scores, sigma=6)": drawn(image, boxes[matrix], matrix_scores),
        },
        "One frame a coin is right; frames between coins are the detector's mistakes with a high score.",
    )


def fusion(page, image, truth, rng):
    """Three models into one."""
    page.heading(
        "Fusion",
        "Three models, each with an error of its own. Suppression keeps the best box of each coin, fusion averages "
        "them: the IoU with the truth is higher than that of any model.",
    )
    models = [detector(truth, image.shape, rng, copies=1, error=e, false=3) for e in (0.06, 0.08, 0.07)]
    boxes, scores = [b for b, _ in models], [s for _, s in models]
    fused, fused_scores, _ = augment.weighted_boxes_fusion(boxes, scores, iou_threshold=0.4)
    best = np.concatenate(boxes)[augment.nms(np.concatenate(boxes), np.concatenate(scores), iou_threshold=0.4)]
    page.figures(
        {
            "model 1": drawn(image, boxes[0], scores[0]),
            "nms of all three": drawn(image, best),
            "weighted_boxes_fusion": drawn(image, fused, fused_scores),
        },
        "The frames of the last picture sit closest.",
    )
    rows = [(f"model {i}", f"{augment.iou(truth, b).max(axis=1).mean():.3f}") for i, b in enumerate(boxes, 1)]
    rows += [("nms", f"{augment.iou(truth, best).max(axis=1).mean():.3f}")]
    rows += [("weighted_boxes_fusion", f"{augment.iou(truth, fused).max(axis=1).mean():.3f}")]
    page.table(("", "mean IoU with the truth"), rows)


def precision(page, image, truth):
    """Average precision of three simulated detectors."""
    page.heading(
        "Average precision",
        "Three detectors of growing error, as three classes of one set. COCO's rules equal pycocotools' to the last "
        "digit, crowds, ties and limits included; PASCAL VOC's have their own matching.",
    )
    rng, n = np.random.default_rng(8), len(truth)
    names = ("good", "fair", "poor")
    found = []
    for error, false in ((0.04, 4), (0.12, 16), (0.22, 40)):
        boxes, scores = detector(truth, image.shape, rng, copies=1, error=error, false=false, doubt=0.6)
        kept = augment.nms(boxes, scores)
        found.append((boxes[kept], scores[kept]))
    true = {"boxes": np.tile(truth, (3, 1)), "images": [0] * 3 * n, "classes": np.repeat(names, n)}
    there = {
        "boxes": np.concatenate([b for b, _ in found]),
        "scores": np.concatenate([s for _, s in found]),
        "images": [0] * sum(len(b) for b, _ in found),
        "classes": np.repeat(names, [len(b) for b, _ in found]),
    }
    curve = augment.precision_recall_curve(true, there)
    page.figures(
        {"precision_recall_curve(truth, detections).plot()": curve.plot(size=(360, 480))},
        "Thin: at each detection. Bold: the envelope whose area is the average precision. A detection of nothing, "
        "or a second one of a coin, makes the thin line fall.",
    )
    results = {p: augment.average_precision(true, there, protocol=p) for p in ("coco", "voc", "voc07")}
    rows = [(name, *(f"{r.per_class[name]:.4f}" for r in results.values())) for name in names]
    rows.append(("all", *(f"{r.ap:.4f}" for r in results.values())))
    page.table(("average precision", "COCO, IoU 0.50 to 0.95", "VOC, area", "VOC 2007, 11 points"), rows)
    page.table(
        ("", "COCO's figures"), [(k, "-" if np.isnan(v) else f"{v:.4f}") for k, v in results["coco"].summary().items()]
    )


def tiles(page, image, truth):
    """Cut and merged."""
    page.heading(
        "Tiles",
        "``tile(image, boxes, size=size, overlap=0.3)``: no tile reaches beyond the picture, and a thing no "
        "larger than the overlap is whole in one of them. ``merge_tiles`` brings detections back, each thing once.",
    )
    size = tuple(round(0.53 * n) for n in image.shape)
    parts = augment.tile(image, truth, size=size, overlap=0.3)
    shown = {f"from {t.origin}": _draw.draw(t.image, boxes=t.boxes, labels=t.rows + 1) for t in parts[:4]}
    page.figures(shown, "A coin has the same colour in every tile; cut ones have cut frames.")
    every = [(t.boxes, t.visible) for t in parts]
    apart = np.concatenate([t.boxes + np.tile(t.origin, 2) for t in parts])
    merged, _, _ = augment.merge_tiles(parts, [b for b, _ in every], [v for _, v in every])
    before, after = f"{len(apart)} boxes of {len(parts)} tiles", f"merged: {len(merged)}"
    page.figures(
        {before: drawn(image, apart), after: drawn(image, merged)},
        "After merging no frame is left that ends at a tile's border.",
    )


def overlaps(page):
    """Numbers for pairs."""
    page.heading(
        "Overlap", "Four measures of pairs of boxes; a box without area has 0 with all others, in each of them."
    )
    pictures, rows = {}, []
    for name, numbers in PAIRS.items():
        pair = np.array(numbers, float).reshape(2, 4)
        values = [f(pair[:1], pair[1:])[0, 0] for f in (augment.iou, augment.giou, augment.diou, augment.ciou)]
        rows.append((name, *(f"{v:.3f}" for v in values)))
        pictures[name] = _draw.draw(np.full((100, 100, 3), 245, np.uint8), boxes=pair + np.array([10, 30, 10, 30]))
    page.figures(pictures, "IoU is the same 0 for what touches and what is far; the others tell them apart.")
    page.table(("", "iou", "giou", "diou", "ciou"), rows)
