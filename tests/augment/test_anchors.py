"""Anchors: k-means++, k-means by IoU, ISODATA, reports on data sets, the command line."""

from __future__ import annotations

import io
import itertools
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import anchors as naive

import augment
import imgproc
from augment.__main__ import main
from augment._chart import Chart, ticks
from augment.anchors._anchors import knee
from augment.anchors._exact import exact_centre
from augment.anchors._kmeans import lloyd, weighted_median
from augment.anchors._labels import read_sizes
from augment.anchors._metric import Samples

UPDATES = ("mean", "median", "exact")


@pytest.fixture(scope="module")
def voc(shared):
    return np.load(shared("voc07_trainval_box_sizes.npz"))["wh"].astype(np.float64)


@pytest.fixture(scope="module")
def made():
    """Sizes that look like those of VOC's boxes: whole pixels, wide ranges, sides that go together."""
    rng = np.random.default_rng(7)
    scale = rng.lognormal(4.6, 0.8, 3000)
    ratio = rng.lognormal(0.0, 0.4, 3000)
    return np.clip(np.stack([scale * ratio, scale / ratio], 1), 8, 500).round()


def heaps(rng, centres, count=60, spread=1.0):
    return np.concatenate([rng.normal(c, spread, (count, len(c))) for c in centres])


def average(rows, centres):
    return 100 * (1 - Samples(rows, "iou").assign(centres)[1].mean())


# --- YOLOv2, Table 1 --------------------------------------------------------------------------------------------------


def test_table_1_of_yolov2(voc):
    """Published: 58.7 for the sum of squares with 5, 61.0 for the IoU with 5, 67.2 with 9."""
    found = {
        (metric, update, k): average(
            voc, augment.KMeans(k, metric=metric, update=update, n_init=3, random_state=0).fit(voc).cluster_centers_
        )
        for metric, update, k in [
            ("euclidean", "mean", 5),
            *(("iou", update, k) for update in UPDATES for k in (5, 9)),
        ]
    }
    assert found["iou", "mean", 5] == pytest.approx(61.1, abs=0.2)
    assert found["iou", "mean", 9] == pytest.approx(67.5, abs=0.5)
    assert found["euclidean", "mean", 5] == pytest.approx(58.8, abs=0.3)
    for k in (5, 9):
        assert found["iou", "median", k] > found["iou", "mean", k] + 0.5
        assert found["iou", "exact", k] > found["iou", "mean", k] + 0.5
        assert found["iou", "exact", k] >= found["iou", "median", k] - 0.05


# --- k-means ----------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("metric", ["iou", "euclidean"])
@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_distances_are_their_definitions(rng, metric, dimensions):
    rows, centres = rng.lognormal(2, 1, (30, dimensions)), rng.lognormal(2, 1, (5, dimensions))
    rows[3, 0] = centres[2, 0] = 0
    if metric == "iou":
        expected = np.array([[1 - naive.iou(r, c) for c in centres] for r in rows])
    else:
        expected = ((rows[:, None] - centres[None]) ** 2).sum(axis=-1)
    samples = Samples(rows, metric)
    np.testing.assert_allclose(np.stack([samples.to(c) for c in centres], axis=1), expected, rtol=1e-12, atol=1e-12)
    labels, distances = samples.assign(centres)
    np.testing.assert_array_equal(labels, expected.argmin(axis=1))
    np.testing.assert_allclose(distances, expected.min(axis=1), rtol=1e-12, atol=1e-12)


def test_blocks_of_samples_are_joined(rng):
    rows, centres = rng.lognormal(2, 1, (1500, 2)), rng.lognormal(2, 1, (4, 2))
    labels, distances = Samples(rows, "iou").assign(centres)
    inter = np.minimum(rows[:, None], centres[None]).prod(axis=-1)
    over = inter / (rows.prod(axis=1)[:, None] + centres.prod(axis=1)[None] - inter)
    np.testing.assert_array_equal(labels, over.argmax(axis=1))
    np.testing.assert_allclose(distances, 1 - over.max(axis=1), atol=1e-14)


@pytest.mark.nojit
@pytest.mark.parametrize("metric", ["iou", "euclidean"])
@pytest.mark.parametrize("update", ["mean", "median"])
def test_lloyd_is_its_definition(rng, metric, update):
    rows = rng.lognormal(2, 1, (60, 2))
    start = rows[:4]
    centres, labels, inertia, _ = lloyd(Samples(rows, metric), start, np.ones(60), update, 100)
    expected, theirs = naive.lloyd(rows, start, metric=metric, middle=getattr(np, update))
    np.testing.assert_allclose(centres, expected, rtol=1e-12)
    np.testing.assert_array_equal(labels, theirs)
    assert inertia == pytest.approx(Samples(rows, metric).assign(centres)[1].sum())


def test_euclidean_k_means_equals_scikit_learn(rng):
    from sklearn import cluster

    rows = heaps(rng, [(0, 0, 0), (6, 0, 2), (0, 7, 1), (5, 5, 5)])
    theirs = cluster.KMeans(4, init=rows[:4], n_init=1, tol=0).fit(rows)
    ours = augment.KMeans(4, metric="euclidean", init=rows[:4]).fit(rows)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-9)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    assert ours.inertia_ == pytest.approx(theirs.inertia_)
    np.testing.assert_allclose(ours.transform(rows), theirs.transform(rows), atol=1e-6)
    assert ours.score(rows) == pytest.approx(theirs.score(rows))
    np.testing.assert_array_equal(ours.predict(rows), ours.labels_)


@pytest.mark.parametrize("seed", range(3))
def test_draws_are_those_of_scikit_learn(seed):
    from sklearn import cluster

    rows = heaps(np.random.default_rng(seed), [(0, 0), (9, 0), (0, 9), (9, 9)])
    for trials in (None, 1):
        theirs = cluster.kmeans_plusplus(rows, 5, random_state=seed, n_local_trials=trials)
        ours = augment.kmeans_plus_plus(rows, 5, greedy=trials is None, random_state=seed)
        np.testing.assert_array_equal(ours[1], theirs[1])
        np.testing.assert_array_equal(ours[0], rows[ours[1]])


def test_seeds_are_far_apart_by_iou_too(rng):
    rows = np.concatenate([rng.normal(c, 0.05 * min(c), (40, 2)) for c in [(10, 10), (100, 10), (10, 100), (300, 300)]])
    for greedy in (False, True):
        chosen = augment.kmeans_plus_plus(rows, 4, metric="iou", greedy=greedy, random_state=3)[1]
        assert sorted(chosen // 40) == [0, 1, 2, 3]
    weights = np.repeat([1.0, 0.0, 1.0, 0.0], 40)
    chosen = augment.kmeans_plus_plus(rows, 2, metric="iou", sample_weight=weights, random_state=0)[1]
    assert set(chosen // 40) == {0, 2}
    generator = augment.kmeans_plus_plus(rows, 3, random_state=np.random.default_rng(0))[1]
    assert len(set(generator)) == 3
    with pytest.raises(ValueError, match="n_clusters must be <= n_samples=160, got 161"):
        augment.kmeans_plus_plus(rows, 161)


@pytest.mark.parametrize("seed", range(8))
def test_an_exact_centre_has_the_largest_mean_iou(seed):
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.lognormal(m, 0.6, (rng.integers(1, 12), 2)) for m in rng.uniform(2, 5, 3)])
    if seed % 2:
        rows = np.round(rows) + 1
    ones = np.ones(len(rows))
    found = exact_centre(rows, ones, [rows.mean(axis=0)])
    value = np.mean([naive.iou(found, r) for r in rows])
    _, best = naive.best_box(rows)
    assert value >= best - 1e-7
    for other in (np.mean, np.median):
        assert value >= np.mean([naive.iou(other(rows, axis=0), r) for r in rows]) - 1e-12
    quick = exact_centre(rows, ones, [rows.mean(axis=0)], thorough=False)
    assert np.mean([naive.iou(quick, r) for r in rows]) >= np.mean([naive.iou(rows.mean(axis=0), r) for r in rows])
    doubled = exact_centre(rows, ones * 2, [rows.mean(axis=0)])
    np.testing.assert_allclose(doubled, found, rtol=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_a_climb_ends_on_a_top(seed):
    """From anywhere, within the bound on its steps."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([2, 3, 5, 20]))
    rows = rng.integers(1, 20, (n, 2)).astype(float) if seed % 2 else rng.exponential(50, (n, 2)) + 1
    weights = rng.random(n) + 0.01
    found = exact_centre(rows, weights, [rows.mean(axis=0) * rng.uniform(0.1, 5, 2)], thorough=False)

    def value(box):
        inter = np.minimum(rows, box).prod(axis=1)
        return float((weights * inter / (rows.prod(axis=1) + box.prod() - inter)).sum())

    for step in (1e-2, 1e-3, 1e-4):
        for change in ([1 + step, 1], [1 / (1 + step), 1], [1, 1 + step], [1, 1 / (1 + step)]):
            assert value(found * change) <= value(found) * (1 + 1e-12)


def test_an_exact_centre_in_space_and_of_one_box(rng):
    rows = rng.lognormal(2, 0.5, (40, 3))
    found = exact_centre(rows, np.ones(40), [rows.mean(axis=0)])
    value = np.mean([naive.iou(found, r) for r in rows])
    for _ in range(300):
        other = found * rng.normal(1, 0.05, 3)
        assert np.mean([naive.iou(other, r) for r in rows]) <= value + 1e-9
    np.testing.assert_allclose(exact_centre(rows[:1], np.ones(1), [rows[1]]), rows[0], rtol=1e-6)


@pytest.mark.parametrize("update", UPDATES)
def test_empty_clusters_are_filled(update):
    rows = np.array([[10, 10], [11, 10], [10, 11], [100, 100], [110, 100], [300, 20], [310, 20]], float)
    start = np.array([[10, 10], [9, 9], [8, 8]], float)
    model = augment.KMeans(3, init=start, update=update).fit(rows)
    assert len(set(model.labels_)) == 3
    assert [len(set(model.labels_[part])) for part in (slice(0, 3), slice(3, 5), slice(5, 7))] == [1, 1, 1]


def test_fewer_different_samples_than_clusters():
    rows = np.repeat([[3.0, 4.0], [10.0, 2.0]], 5, axis=0)
    for update in UPDATES:
        with pytest.warns(UserWarning, match="n_clusters should be <= the number of different samples, 2, got 4"):
            model = augment.KMeans(4, update=update, random_state=0).fit(rows)
        assert model.inertia_ == pytest.approx(0, abs=1e-9)
    with pytest.warns(UserWarning, match="k should be <= the number of different samples, 2, got 3"):
        assert len(augment.anchors_for(rows, 3, n_init=1).anchors) == 3
    assert augment.KMeans(1).fit([[5.0, 5.0]]).cluster_centers_.tolist() == [[5, 5]]
    assert np.isfinite(augment.KMeans(2, update="exact", random_state=0).fit([[0, 0], [0, 3], [2, 2.0]]).inertia_)


@given(st.integers(0, 2**32))
@settings(max_examples=15)
def test_properties_of_k_means(seed):
    rng = np.random.default_rng(seed)
    rows = rng.lognormal(2, 1, (50, 2))
    for update in UPDATES:
        model = augment.KMeans(3, update=update, n_init=1, random_state=1)
        first = model.fit(rows)
        inertia, labels = first.inertia_, first.labels_
        # Neither the order of samples nor their unit matters, and weights are copies.
        shuffled = rng.permutation(50)
        np.testing.assert_array_equal(model.fit(rows[shuffled]).labels_, labels[shuffled])
        assert model.fit(rows * 4).inertia_ == pytest.approx(inertia)
        assert model.fit(rows, sample_weight=np.full(50, 2.0)).inertia_ == pytest.approx(2 * inertia)


def test_a_weighted_median_is_that_of_copies(rng):
    rows, weights = rng.normal(size=(9, 2)), rng.integers(0, 4, 9)
    weights[0] = 2
    np.testing.assert_allclose(
        weighted_median(rows, weights.astype(float)), np.median(np.repeat(rows, weights, axis=0), axis=0)
    )


def test_input_is_not_written_and_may_be_of_any_kind(made):
    rows = made[:200].astype(np.uint16)
    rows.flags.writeable = False
    expected = augment.KMeans(3, random_state=0).fit(rows.astype(float)).cluster_centers_
    for form in (rows, rows.tolist(), np.asfortranarray(rows), rows.astype(np.float32)):
        np.testing.assert_array_equal(augment.KMeans(3, random_state=0).fit(form).cluster_centers_, expected)


def test_estimators_pass_the_checks_of_scikit_learn():
    from sklearn.base import clone, is_clusterer
    from sklearn.utils.estimator_checks import check_estimator

    for estimator in (
        augment.KMeans(n_init=2),
        augment.KMeans(n_init=2, metric="euclidean"),
        augment.KMeans(n_init=1, update="exact"),
        augment.KMeans(n_init=2, update="median"),
        augment.Isodata(),
    ):
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # skipped checks warn
            check_estimator(estimator)
        assert is_clusterer(estimator)
        assert repr(clone(estimator)) == repr(estimator)


def test_importing_augment_loads_no_scikit_learn(run_python):
    code = "import sys, augment; print(sorted({'sklearn', 'scipy', 'numba', 'cv2', 'matplotlib'} & set(sys.modules)))"
    assert run_python(code) == "[]"


# --- ISODATA ----------------------------------------------------------------------------------------------------------

PLANTED = [(0, 0), (20, 0), (0, 20), (20, 20), (40, 10)]


@pytest.mark.parametrize("k_init", [2, 3, 5, 9, 12])
@pytest.mark.parametrize("seed", [0, 1])
def test_isodata_finds_planted_clusters_from_a_wrong_number(rng, k_init, seed):
    rows = heaps(rng, PLANTED)
    model = augment.Isodata(
        k_init, min_samples=10, max_std=2.5, min_distance=6.0, max_merges=3, max_iter=40, random_state=seed
    ).fit(rows)
    assert model.n_clusters_ == 5
    truth = np.repeat(np.arange(5), 60)
    assert {len(set(model.labels_[truth == k])) for k in range(5)} == {1}
    order = np.lexsort(model.cluster_centers_.round(-1).T)
    np.testing.assert_allclose(
        model.cluster_centers_[order], np.array(PLANTED)[np.lexsort(np.array(PLANTED).T)], atol=0.6
    )
    assert len(model.history_) == model.n_iter_ <= 40
    assert str(model.history_[0]).startswith("  1: ")
    np.testing.assert_array_equal(model.predict(rows), model.labels_)


def moves(model):
    return [(len(step.discarded), len(step.split), len(step.merged)) for step in model.history_]


def test_isodata_ends_after_two_quiet_iterations(rng):
    model = augment.Isodata(2, max_std=50.0, min_distance=0.0, random_state=0).fit(heaps(rng, [(0, 0), (50, 0)]))
    last = [step.centers for step in model.history_[-3:]]
    assert 3 <= model.n_iter_ <= 6
    np.testing.assert_allclose(last[0], last[2])
    assert len(model.history_) == 3 or not np.allclose(model.history_[-4].centers, last[0])


def test_isodata_discards_small_clusters(rng):
    rows = np.concatenate([heaps(rng, [(0, 0), (20, 0)]), [[100.0, 100.0], [101.0, 100.0]]])
    model = augment.Isodata(3, min_samples=5, max_std=50.0, min_distance=0.0, random_state=0).fit(rows)
    assert moves(model)[0] == (1, 0, 0)
    assert model.history_[0].discarded[0] == pytest.approx([100.5, 100], abs=1)
    assert model.n_clusters_ == 2
    assert sum(sum(m) for m in moves(model)) == 1


def test_isodata_splits_wide_clusters_along_their_widest_axis(rng):
    rows = heaps(rng, [(0, 0), (0, 12)])
    model = augment.Isodata(1, min_samples=5, max_std=2.0, min_distance=0.0, max_iter=10, random_state=0).fit(rows)
    (centre, halves) = model.history_[0].split[0]
    np.testing.assert_allclose(centre, rows.mean(axis=0))
    np.testing.assert_allclose(halves, centre + np.array([[0, -1], [0, 1]]) * 0.5 * rows[:, 1].std(), atol=1e-9)
    assert model.n_clusters_ == 2
    assert augment.Isodata(1, max_std=20.0, min_distance=0.0).fit(rows).n_clusters_ == 1
    assert augment.Isodata(1, max_std=2.0, min_distance=0.0, max_iter=1).fit(rows).n_clusters_ == 1  # the last one


def test_isodata_splits_only_large_loose_clusters_once_there_are_enough(rng):
    """The wide one has fewer than 2 (min_samples + 1) samples."""
    rows = np.concatenate([heaps(rng, [(0, 0), (30, 0)]), rng.normal((15, 60), (8, 1), (15, 2))])
    options = {"max_std": 4.0, "min_distance": 0.0, "random_state": 0, "max_iter": 10}
    assert augment.Isodata(3, min_samples=7, **options).fit(rows).n_clusters_ == 3
    assert augment.Isodata(3, min_samples=3, **options).fit(rows).n_clusters_ > 3


def test_isodata_merges_close_clusters_the_nearest_first_each_once(rng):
    rows = heaps(rng, [(0, 0), (4, 0), (30, 0), (33, 0)], spread=0.1)
    options = {"min_samples": 5, "max_std": 50.0, "random_state": 0}
    model = augment.Isodata(4, min_distance=5.0, max_merges=5, **options).fit(rows)
    assert moves(model)[:2] == [(0, 0, 2), (0, 0, 0)] or moves(model)[:2] == [(0, 0, 0), (0, 0, 2)]
    (first, into), _ = next(step.merged for step in model.history_ if step.merged)
    assert sorted(first[:, 0].round()) == [30, 33]  # the nearer pair
    np.testing.assert_allclose(into, rows[120:].mean(axis=0))
    assert model.n_clusters_ == 2
    single = augment.Isodata(4, min_distance=5.0, max_merges=1, **options).fit(rows)
    assert max(m for _, _, m in moves(single)) == 1
    assert single.n_clusters_ == 2
    assert augment.Isodata(4, min_distance=5.0, max_merges=0, **options).fit(rows).n_clusters_ == 4
    assert augment.Isodata(4, min_distance=2.0, **options).fit(rows).n_clusters_ == 4


# --- data sets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path, rng):
    """The same 40 boxes in 8 images as YOLO, COCO and PASCAL VOC; sizes (h, w) are (200, 400) and (300, 100)."""
    shapes = [(200, 400), (300, 100)] * 4
    boxes = [[rng.integers(0, 50, 2).tolist() + rng.integers(5, 50, 2).tolist() for _ in range(5)] for _ in shapes]
    for name in ("labels/train", "images/train", "voc"):
        (tmp_path / name).mkdir(parents=True)
    coco = {"images": [], "categories": [{"id": 1}], "annotations": []}
    for i, ((h, w), rows) in enumerate(zip(shapes, boxes)):
        imgproc.write_image(tmp_path / f"images/train/{i}.png", np.zeros((h, w), np.uint8))
        lines = [f"0 {(x + bw / 2) / w} {(y + bh / 2) / h} {bw / w} {bh / h}" for x, y, bw, bh in rows]
        (tmp_path / f"labels/train/{i}.txt").write_text("\n".join(lines) + "\n\n")
        things = "".join(
            f"<object><difficult>{d}</difficult><bndbox><xmin>{x}</xmin><ymin>{y}</ymin><xmax>{x + bw}</xmax>"
            f"<ymax>{y + bh}</ymax></bndbox></object>"
            for (x, y, bw, bh), d in [*((r, 0) for r in rows), (rows[0], 1)]
        )
        size = f"<size><width>{w}</width><height>{h}</height></size>"
        (tmp_path / f"voc/{i}.xml").write_text(f"<annotation>{size}{things}</annotation>")
        coco["images"].append({"id": i, "height": h, "width": w})
        coco["annotations"] += [{"id": 9 * i + j, "image_id": i, "bbox": r} for j, r in enumerate(rows)]
        coco["annotations"].append({"id": 9 * i + 8, "image_id": i, "bbox": [0, 0, 9, 9], "iscrowd": 1})
    (tmp_path / "labels/classes.txt").write_text("thing\n")
    (tmp_path / "coco.json").write_text(json.dumps(coco))
    sizes = np.array([r[2:] for rows in boxes for r in rows], float)
    return tmp_path, sizes, np.repeat(shapes, 5, axis=0)


@pytest.mark.parametrize("name", ["labels", "coco.json", "voc"])
def test_labels_are_read(folders, name):
    root, sizes, shapes = folders
    read = read_sizes(root / name)
    assert len(read.boxes) == 40
    np.testing.assert_allclose(read.boxes, sizes, atol=1e-9)
    np.testing.assert_array_equal(read.images, shapes)
    ours = augment.anchors_for(root / name, 3, image_size=(100, 100), update="median")
    scale = 100 / shapes.max(axis=1)[:, None]
    np.testing.assert_allclose(ours.sizes, sizes * scale, atol=1e-9)
    same = augment.anchors_for(sizes, 3, image_size=100, image_sizes=shapes, update="median")
    np.testing.assert_allclose(same.anchors, ours.anchors, rtol=1e-6)
    np.testing.assert_allclose(augment.anchors_for(str(root / name), 2, update="mean").sizes, sizes, atol=1e-9)


def test_letterboxing_keeps_the_shape():
    ours = augment.anchors_for([[40, 20], [40, 20]], 1, image_size=(300, 600), image_sizes=[[100, 400], [600, 100]])
    np.testing.assert_allclose(ours.sizes, [[60, 30], [20, 10]])


def test_yolo_labels_without_images(tmp_path):
    lone = tmp_path / "lone"
    lone.mkdir()
    (lone / "a.txt").write_text("0 0.5 0.5 0.25 0.5\n1 0.1 0.1 0.2 0.2 0.3 0.1 0.1 0.4\n")
    with pytest.raises(ValueError, match="give image_size, and they are taken for square"):
        augment.anchors_for(lone, 1)
    ours = augment.anchors_for(lone, 2, image_size=200)
    np.testing.assert_allclose(ours.sizes, [[50, 100], [40, 60]])  # the second one is a polygon


def test_figures_are_their_definitions(made):
    sizes = made[:3000]
    ours = augment.anchors_for(sizes, 5, update="median", iou_threshold=0.6, ratio_threshold=2.0, random_state=1)
    over = np.array([[naive.iou(s, a) for a in ours.anchors] for s in sizes[:200]])
    np.testing.assert_array_equal(ours.labels[:200], over.argmax(axis=1))
    inter = np.minimum(sizes[:, None], ours.anchors[None]).prod(axis=-1)
    best = (inter / (sizes.prod(axis=1)[:, None] + ours.anchors.prod(axis=1)[None] - inter)).max(axis=1)
    assert ours.average_iou == pytest.approx(best.mean())
    assert ours.recall == pytest.approx((best >= 0.6).mean())
    ratios = sizes[:, None] / ours.anchors[None]
    ratios = np.minimum(ratios, 1 / ratios).min(axis=-1).max(axis=1)
    assert ours.ratio_recall == pytest.approx((ratios >= 0.5).mean())
    assert (np.diff(ours.anchors.prod(axis=1)) >= 0).all()
    assert ours.shares.sum() == pytest.approx(1)
    assert list(ours.elbow) == list(range(1, 13))
    assert (np.diff(list(ours.elbow.values())) >= 0).all()
    text = str(ours)
    for word in (f"{ours.average_iou:.4f}", "5 anchors for 3000 boxes", "best possible recall", "average IoU by k"):
        assert word in text
    again = augment.anchors_for(sizes, 5, update="median", iou_threshold=0.6, ratio_threshold=2.0, random_state=1)
    np.testing.assert_array_equal(again.anchors, ours.anchors)


@pytest.mark.parametrize("fitness", ["iou", "ratio"])
def test_evolution_only_improves(made, fitness):
    sizes = made[:2000]
    plain = augment.anchors_for(sizes, 6, update="mean", metric="euclidean", n_init=1)
    ours = augment.anchors_for(sizes, 6, update="mean", metric="euclidean", n_init=1, evolve=200, fitness=fitness)
    assert ours.history.shape == (201,)
    assert (np.diff(ours.history) >= 0).all()
    assert ours.history[-1] > ours.history[0]
    if fitness == "iou":
        assert ours.history[0] == pytest.approx(plain.average_iou)
        assert ours.average_iou == pytest.approx(ours.history[-1])


def test_auto_finds_the_elbow(rng):
    centres = [(20, 20), (100, 25), (25, 110), (200, 200)]
    sizes = np.concatenate([rng.normal(c, 0.04 * min(c), (50, 2)) for c in centres])
    ours = augment.anchors_for(sizes, "auto")
    assert len(ours.anchors) == 4
    assert knee({1: 0.5, 2: 0.9, 3: 0.95, 4: 1.0}) == 2
    assert knee({1: 0.5}) == 1
    assert len(augment.anchors_for([[5, 5]], "auto").anchors) == 1


def test_small_boxes_are_left_out_and_counted():
    ours = augment.anchors_for([[1, 1], [1, 9], [20, 20], [0, 5]], 2, min_size=3)
    assert ours.dropped == 2
    assert ours.rounded() == [(1, 9), (20, 20)]


def test_plots(made, tmp_path):
    ours = augment.anchors_for(made[:500], 4, update="median")
    image = ours.plot(tmp_path / "anchors.png")
    assert image.shape == (480, 1280, 3)
    assert imgproc.read_image(tmp_path / "anchors.png").tobytes() == image.tobytes()
    assert ours.plot(size=(300, 601)).shape == (300, 601, 3)


# --- the command line -------------------------------------------------------------------------------------------------


def test_command_line(folders, capsys, tmp_path):
    root, _, _ = folders
    plot, figures = tmp_path / "anchors.png", tmp_path / "anchors.json"
    arguments = ["anchors", str(root / "labels"), "-k", "3", "--image-size", "100", "--update", "median"]
    assert main([*arguments, "--plot", str(plot), "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    assert "3 anchors for 40 boxes" in said
    assert re.search(r"^anchors: \d+,\d+, \d+,\d+, \d+,\d+$", said, re.M)
    assert plot.stat().st_size > 1000
    written = json.loads(figures.read_text())
    expected = augment.anchors_for(root / "labels", 3, image_size=100, update="median")
    np.testing.assert_allclose(written["anchors"], expected.anchors)
    assert not [p for p in tmp_path.iterdir() if "tmp" in p.name]
    assert main(["anchors", str(root / "coco.json"), "-k", "auto", "--image-size", "64x128", "--evolve", "5"]) == 0


WRONG_LINES = [
    (["anchors", "nowhere"], "no such file or folder: nowhere"),
    (["anchors", "."], "found none"),
    (["anchors", "lone.txt"], "line 2: must be 'class x y width height', got 3 numbers"),
    (["anchors", "fine.txt", "-k", "9", "--image-size", "10"], "k must be <= the number of boxes, 1"),
    (["anchors", "fine.txt", "--image-size", "10", "--plot", "no/where.png"], "must be a file in a folder that exists"),
    (["anchors", "fine.txt", "--image-size", "10", "--plot", "here.txt"], "--plot must be an image file"),
    (["anchors", "fine.txt", "--image-size", "10", "--json", "fine.txt"], "must be another file than the labels"),
    (["anchors", "fine.txt", "--plot", "-", "--json", "-"], "--plot and --json must be two files, got - twice"),
    (["anchors", "bad.json"], "bad.json: not JSON"),
    (["anchors", "list.json"], "must be COCO's object with a list 'annotations'"),
    (["anchors", "minus.json"], "annotation 7: 'bbox' must be four numbers"),
    (["anchors", "lost.json"], "its image 3 must be one of 'images'"),
    (["anchors", "bad.xml"], "bad.xml: not XML"),
    (["anchors", "turned.xml"], "object 1: must have a 'bndbox' with xmin <= xmax"),
    (["anchors", "large.txt"], "width and height must be fractions in [0, 1], got 40, 0.5"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG_LINES, ids=[m for _, m in WRONG_LINES])
def test_command_line_says_what_is_wrong(tmp_path, monkeypatch, capsys, arguments, message):
    files = {
        "lone.txt": "0 0.5 0.5 0.1 0.1\n0 1 2\n",
        "fine.txt": "0 0.5 0.5 0.1 0.1\n",
        "large.txt": "0 0.5 0.5 40 0.5\n",
        "bad.json": "{",
        "list.json": "[]",
        "minus.json": json.dumps({"images": [], "annotations": [{"id": 7, "image_id": 3, "bbox": [0, 0, -1, 2]}]}),
        "lost.json": json.dumps({"images": [], "annotations": [{"id": 7, "image_id": 3, "bbox": [0, 0, 1, 2]}]}),
        "bad.xml": "<a>",
        "turned.xml": "<a><object><bndbox><xmin>5</xmin><ymin>0</ymin><xmax>1</xmax><ymax>1</ymax></bndbox>"
        "</object></a>",
    }
    where = tmp_path / "empty"
    where.mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(where)
    arguments = [str(tmp_path / a) if a in files else a for a in arguments]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("python -m augment anchors: ")
    assert message in said


def test_figures_and_plot_go_to_standard_output(tmp_path):
    (tmp_path / "a.txt").write_text("0 .5 .5 .1 .2\n0 .5 .5 .3 .3\n0 .5 .5 .2 .1\n")
    arguments = [sys.executable, "-m", "augment", "anchors", str(tmp_path), "-k", "2", "--image-size", "100"]
    done = subprocess.run([*arguments, "--json", "-"], capture_output=True, check=True)
    assert len(json.loads(done.stdout)["anchors"]) == 2
    assert b"2 anchors for 3 boxes" in done.stderr
    done = subprocess.run([*arguments, "--plot", "-"], capture_output=True, check=True)
    assert imgproc.read_image(io.BytesIO(done.stdout)).ndim == 3


def test_help_and_wrong_arguments(capsys):
    assert main([]) == 0
    assert "anchors" in capsys.readouterr().out
    with pytest.raises(SystemExit) as leaving:
        main(["anchors", "x", "-k", "many"])
    assert leaving.value.code == 2


def test_as_a_module(run_python):
    said = run_python(f"import subprocess; print(subprocess.run([{sys.executable!r}, '-m', 'augment', '--version'], "
                      "capture_output=True, text=True).stdout)")  # fmt: skip
    assert said.startswith("imgproc-augment ")


# --- errors -----------------------------------------------------------------------------------------------------------

ROWS = [[3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]
WRONG = [
    (lambda: augment.KMeans(4).fit(ROWS), ValueError, r"n_clusters must be <= n_samples=3, got 4"),
    (lambda: augment.KMeans(0).fit(ROWS), ValueError, r"n_clusters must be >= 1, got 0"),
    (
        lambda: augment.KMeans(2).fit([[1, -1], [2, 2]]),
        ValueError,
        r"must be sides of boxes >= 0 .* \(1.0, -1.0\) in row 0",
    ),
    (lambda: augment.KMeans(2).fit([[1, np.nan], [2, 2]]), ValueError, r"NaN"),
    (lambda: augment.KMeans(2, metric="cosine").fit(ROWS), ValueError, r"metric must be one of 'iou', 'euclidean'"),
    (lambda: augment.KMeans(2, update="mode").fit(ROWS), ValueError, r"update must be one of"),
    (lambda: augment.KMeans(2, init="far").fit(ROWS), ValueError, r"init must be one of"),
    (lambda: augment.KMeans(2, init=[[1, 2]]).fit(ROWS), ValueError, r"init must have shape \(2, 2\), got \(1, 2\)"),
    (lambda: augment.KMeans(2, n_init=0).fit(ROWS), ValueError, r"n_init must be >= 1, got 0"),
    (lambda: augment.KMeans(2, random_state="x").fit(ROWS), TypeError, r"random_state must be an integer, got str"),
    (lambda: augment.KMeans(2).fit(ROWS, sample_weight=[1, 1]), ValueError, r"sample_weight must have one entry per"),
    (lambda: augment.KMeans(2).fit(ROWS, sample_weight=[0, 0, 0]), ValueError, r"got weights of zero only"),
    (lambda: augment.KMeans(2).fit(ROWS, sample_weight=[1, -1, 1]), ValueError, r"finite and nowhere negative"),
    (lambda: augment.KMeans().set_params(k=3), ValueError, r"KMeans has no parameter 'k'; it has init, max_iter"),
    (lambda: augment.Isodata(4).fit(ROWS), ValueError, r"k_init must be <= n_samples=3, got 4"),
    (lambda: augment.Isodata(2, max_std=0).fit(ROWS), ValueError, r"max_std must be > 0, got 0"),
    (lambda: augment.Isodata(2, min_distance=-1).fit(ROWS), ValueError, r"min_distance must be >= 0, got -1"),
    (lambda: augment.Isodata(2, max_merges=0.5).fit(ROWS), TypeError, r"max_merges must be an integer, got float"),
    (lambda: augment.kmeans_plus_plus(ROWS, 4), ValueError, r"n_clusters must be <= n_samples=3, got 4"),
    (lambda: augment.kmeans_plus_plus([[1, -2]], 1, metric="iou"), ValueError, r"must be sides of boxes >= 0"),
    (lambda: augment.kmeans_plus_plus([[1, np.inf]], 1), ValueError, r"X must be finite, got \(1.0, inf\) in row 0"),
    (lambda: augment.kmeans_plus_plus(["a"], 1), TypeError, r"X must be of real numbers"),
    (lambda: augment.kmeans_plus_plus([], 1), ValueError, r"X must have shape \(n, d\) with n, d >= 1, got \(0,\)"),
    (lambda: augment.anchors_for(ROWS, 4), ValueError, r"k must be <= the number of boxes, 3 \(0 left out"),
    (lambda: augment.anchors_for(ROWS, "many"), ValueError, r"k must be one of 'auto', got 'many'"),
    (lambda: augment.anchors_for([[3, -4]], 1), ValueError, r"boxes_or_folder must be sides of boxes >= 0"),
    (
        lambda: augment.anchors_for([[0, 0, 3, 4]], 1),
        ValueError,
        r"boxes_or_folder must have shape \(n, 2\), rows \(width, height\)",
    ),
    (lambda: augment.anchors_for(ROWS, 1, image_size=9), ValueError, r"image_sizes must be given along with boxes"),
    (
        lambda: augment.anchors_for(ROWS, 1, image_size=9, image_sizes=[[1, 1]]),
        ValueError,
        r"image_sizes must have shape",
    ),
    (lambda: augment.anchors_for(ROWS, 1, iou_threshold=2), ValueError, r"iou_threshold must be <= 1, got 2"),
    (lambda: augment.anchors_for(ROWS, 1, ratio_threshold=0.5), ValueError, r"ratio_threshold must be >= 1, got 0.5"),
    (lambda: augment.anchors_for(ROWS, 1, fitness="best"), ValueError, r"fitness must be one of"),
    (lambda: augment.anchors_for("nowhere", 1), FileNotFoundError, r"no such file or folder: nowhere"),
    (lambda: augment.anchors_for(None, 1), TypeError, r"boxes_or_folder must be of real numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "message"), WRONG, ids=[m for _, _, m in WRONG])
def test_wrong_arguments_are_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_ticks_are_round_and_within():
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert ticks(3, 517) == [100, 200, 300, 400, 500]
    for low, high in ((-1e-3, 2e-3), (0, 1e6), (5, 5.001)):
        found = ticks(low, high)
        assert 2 <= len(found) <= 9
        assert low <= min(found) <= max(found) <= high


def test_a_chart_cuts_what_is_outside():
    chart = Chart((0, 10), (0, 10), title="título", size=(200, 300))
    frame = chart.image.copy()
    chart.points([-50, 20, 1e9], [5, 5, -1e9], 0)
    np.testing.assert_array_equal(chart.image, frame)
    chart.line([-5, 15], [5, 5], 1)
    changed = (chart.image != frame).any(axis=-1)
    assert changed.any()
    y, x = np.nonzero(changed)
    assert chart.left <= x.min() <= x.max() <= chart.right
    assert chart.top <= y.min() <= y.max() <= chart.bottom


@pytest.mark.parametrize("kind", ["yolo", "coco", "voc"])
def test_boxes_without_area_in_labels_count_as_dropped(kind, tmp_path):
    if kind == "yolo":
        lines = "0 .5 .5 .2 .22\n0 .5 .5 0 .3\n1 .5 .5 .1 0\n1 .5 .5 .3 .3\n"
        (tmp_path / "a.txt").write_text(lines)
    elif kind == "coco":
        boxes = [[0, 0, 20, 22], [0, 0, 0, 30], [0, 0, 10, 0], [0, 0, 30, 30]]
        rows = [{"id": i, "image_id": 1, "category_id": 1, "bbox": b} for i, b in enumerate(boxes)]
        data = {"images": [{"id": 1, "height": 100, "width": 100}], "annotations": rows}
        (tmp_path / "a.json").write_text(json.dumps(data))
    else:
        boxes = [(20, 22), (0, 30), (10, 0), (30, 30)]
        things = "".join(
            f"<object><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>{w}</xmax><ymax>{h}</ymax></bndbox></object>"
            for w, h in boxes
        )
        size = "<size><height>100</height><width>100</width></size>"
        (tmp_path / "a.xml").write_text(f"<annotation>{size}{things}</annotation>")
    for least, dropped in ((0.0, 2), (25.0, 3)):
        found = augment.anchors_for(tmp_path, 1, image_size=100, min_size=least, n_init=1)
        assert found.dropped == dropped, kind
        assert len(found.sizes) == 4 - dropped
        assert f"({dropped} left out for their size)" in str(found)


@pytest.mark.parametrize("value", [1e101, 1e160, -1e308])
def test_numbers_without_squares_are_refused_by_name(value):
    """Squared distances and areas beyond the floats."""
    rows = [[3.0, 4.0], [value, 2.0], [1.0, 1.0]]
    for metric in ("iou", "euclidean"):
        with pytest.raises(ValueError, match="X must be within"):
            augment.kmeans_plus_plus(rows, 2, metric=metric)
        with pytest.raises(ValueError, match="X must be within"):
            augment.KMeans(2, metric=metric).fit(rows)
    with pytest.raises(ValueError, match="X must be within"):
        augment.Isodata(2).fit(rows)
    with pytest.raises(ValueError, match="boxes_or_folder must be within"):
        augment.anchors_for(rows, 2)
    deep = np.full((3, 6), 1e45)
    with pytest.raises(ValueError, match=r"X must be within \+-1e\+41"):  # their product is no float
        augment.KMeans(1).fit(deep)


def test_large_numbers_within_the_bound_are_served(rng):
    rows = rng.uniform(0.5, 1, (20, 2)) * 1e100
    for metric, update in itertools.product(("iou", "euclidean"), UPDATES):
        model = augment.KMeans(3, metric=metric, update=update, random_state=0).fit(rows)
        assert np.isfinite(model.inertia_)
        assert np.isfinite(model.cluster_centers_).all()
    with pytest.raises(ValueError, match=r"image_sizes must have shape .* >= 1"):
        augment.anchors_for(rows, 2, image_size=640, image_sizes=np.full((20, 2), 1e-300))


@pytest.mark.parametrize("weight", [1e81, 1.7e308, 1e-101])
def test_weights_whose_sums_are_no_floats_are_refused_by_name(weight):
    rows, weights = [[3.0, 4.0], [1.0, 2.0], [1.0, 1.0]], [weight, 0.0, weight]
    with pytest.raises(ValueError, match="sample_weight must have its largest from 1e-100 to 1e\\+80"):
        augment.KMeans(2).fit(rows, sample_weight=weights)
    with pytest.raises(ValueError, match="sample_weight must have its largest"):
        augment.kmeans_plus_plus(rows, 2, sample_weight=weights)
