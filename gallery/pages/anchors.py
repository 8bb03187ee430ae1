"""Anchors

Clusters of box sizes by IoU, exact centres, ISODATA step by step.

Detectors predict boxes as changes of a few anchors, which should be near the boxes of the data: the mean over boxes of
the IoU with the best anchor says how near.  k-means with the distance 1 - IoU finds them.  The mean of a cluster is not
the box of the largest mean IoU, though, nor is the median, which comes closer; ``update="exact"`` is.
"""

import numpy as np

import augment
from augment._chart import Chart
from augment.anchors._metric import Samples
from gallery._shared import shared_data

GROUP = "Augmentation"
VOC = shared_data("voc07_trainval_box_sizes.npz")
PUBLISHED = {("euclidean", "mean", 5): 58.7, ("iou", "mean", 5): 61.0, ("iou", "mean", 9): 67.2}
PLANTED = ((2, 2), (8, 2), (2, 8), (8, 8), (5, 5))


def sizes():
    """Box sizes of PASCAL VOC 2007 where they are at hand, else sizes that are much like them; and which."""
    if VOC.is_file():
        return np.load(VOC)["wh"].astype(float), "PASCAL VOC 2007"
    rng = np.random.default_rng(0)
    return np.exp(rng.multivariate_normal((4.6, 4.7), [[0.8, 0.6], [0.6, 0.7]], 12000)).clip(4, 500), "made up"


def once(page):
    """Anchors for real boxes, then ISODATA on planted clusters."""
    rows, source = sizes()
    anchors(page, rows, source)
    updates(page, rows, source)
    shapes(page, rows)
    isodata(page)


def anchors(page, rows, source):
    """The report."""
    page.step("anchors_for")
    found = augment.anchors_for(rows, 9)
    page.heading(
        "A data set",
        f"``anchors_for(boxes, 9)`` on {len(rows)} boxes ({source}). It reads YOLO's, COCO's and PASCAL VOC's labels, "
        "too, and so does the command line: ``python -m augment anchors LABELS -k 9 --plot anchors.png``.",
    )  # fmt: skip
    plot = found.plot(size=(360, 960))
    page.figures(
        {"anchors_for(boxes, 9).plot(), left": plot[:, :480], "and right": plot[:, 480:]},
        "A cross for each anchor among its boxes, and how much one more anchor brings; with ``k='auto'`` the elbow of "
        "this curve is taken.",
    )
    page.thumbnail(plot[:, :480], plot[:, :480])
    head = ("anchor", "width [px]", "height [px]", "boxes [%]")
    table = [
        (i, f"{w:.1f}", f"{h:.1f}", f"{100 * s:.1f}")
        for i, ((w, h), s) in enumerate(zip(found.anchors, found.shares), 1)
    ]
    page.table(head, table)
    page.table(
        ("", "figure"),
        [
            ("average IoU", f"{found.average_iou:.4f}"),
            ("best possible recall, IoU 0.5", f"{found.recall:.4f}"),
            ("best possible recall, ratio of sides 4", f"{found.ratio_recall:.4f}"),
        ],
    )


def updates(page, rows, source):
    """Average IoU by metric and centre."""
    page.step("KMeans")
    samples = Samples(rows, "iou")
    table = []
    for metric, update in (("euclidean", "mean"), ("iou", "mean"), ("iou", "median"), ("iou", "exact")):
        row = [f"{metric}, {update}"]
        for k in (5, 9):
            model = augment.KMeans(k, metric=metric, update=update, n_init=3, random_state=0).fit(rows)
            value = 100 * (1 - samples.assign(model.cluster_centers_)[1].mean())
            known = PUBLISHED.get((metric, update, k)) if source.startswith("PASCAL") else None
            row.append(f"{value:.2f}" + (f" (published: {known})" if known else ""))
        table.append(row)
    page.heading("Metric and centre", "Average IoU [%]; published are the figures of YOLOv2, Table 1.")
    page.table(("KMeans(k, metric, update)", "k = 5", "k = 9"), table)


def shapes(page, rows):
    """Clusters by metric."""
    top = float(np.quantile(rows, 0.99))
    some = rows[:: max(len(rows) // 4000, 1)]
    pictures = {}
    for metric, update in (("euclidean", "mean"), ("iou", "exact")):
        model = augment.KMeans(5, metric=metric, update=update, n_init=3, random_state=0).fit(rows)
        chart = Chart((0, top), (0, top), x_label="width [px]", y_label="height [px]", size=(360, 420))
        scatter(chart, some, model.predict(some), model.cluster_centers_)
        pictures[f'KMeans(5, metric="{metric}", update="{update}")'] = chart.image
    page.figures(
        pictures,
        "Euclidean distance spends its clusters on large boxes, where a few pixels matter little; by IoU small boxes "
        "get their share, and borders follow shape as well as size.",
    )


def isodata(page):
    """Its history."""
    page.heading(
        "ISODATA",
        "Five planted clusters and a few stray points, from a number of clusters that is too small and one that is too "
        "large: wide clusters are split, close ones merged, small ones discarded. ``history_`` records each iteration.",
    )
    rng = np.random.default_rng(4)
    rows = np.concatenate([rng.normal(c, 0.5, (70, 2)) for c in PLANTED] + [rng.uniform(11, 12, (3, 2))])
    for k_init in (3, 11):
        model = augment.Isodata(
            k_init, min_samples=12, max_std=0.9, min_distance=2.0, max_merges=2, max_iter=30, random_state=1
        ).fit(rows)
        steps = [step for i, step in enumerate(model.history_) if i == 0 or moved(step) or moved(model.history_[i - 1])]
        pictures = {}
        for step in [*steps[:7], model.history_[-1]]:
            chart = Chart((0, 13), (0, 13), size=(300, 330))
            scatter(chart, rows, Samples(rows, "euclidean").assign(step.centers)[0], step.centers)
            pictures[str(step).strip()] = chart.image
        page.figures(
            pictures,
            f"From k_init={k_init} to {model.n_clusters_} clusters in {model.n_iter_} iterations: crosses are the "
            "centres that an iteration ended with.",
        )


def moved(step):
    """Whether an iteration did more than move centres."""
    return len(step.discarded) + len(step.split) + len(step.merged) > 0


def scatter(chart, rows, labels, centres):
    """Samples in the colours of their clusters, and the centres."""
    for c in range(len(centres)):
        chart.points(*rows[labels == c].T, c)
    chart.crosses(*centres.T)
