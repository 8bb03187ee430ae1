"""Rules where only an edge tells them from their neighbours: each test here holds one that mutants once got past."""

from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest
from helpers.surroundings import hole_of, lab_planes, shrunk
from helpers.threads import threads

import augment
import imgproc


def test_the_hole_is_no_source_where_the_source_mask_covers_it(rng: np.random.Generator) -> None:
    image = rng.integers(0, 90, (24, 30, 3), dtype=np.uint8)
    hole = np.zeros((24, 30), bool)
    hole[8:15, 10:19] = True
    image[hole] = 255  # the best match of what is filled last, if it were a source
    allowed = np.zeros_like(hole)
    allowed[4:20, 2:28] = True
    for source_mask in (allowed, np.ones_like(hole)):
        options: dict[str, Any] = {"patch_size": 5, "return_map": True}
        filled, sources = imgproc.inpaint_exemplar(image, hole, source_mask=source_mask, **options)
        without, _ = imgproc.inpaint_exemplar(image, hole, source_mask=source_mask & ~hole, **options)
        np.testing.assert_array_equal(filled, without)
        y, x = sources[hole].T
        assert not hole[y, x].any()
        assert source_mask[y, x].all()
        assert filled[hole].max() < 90


@pytest.mark.parametrize("shape", [(4, 40), (40, 4)])
@pytest.mark.parametrize("margin", [1, 6, 20, 39, 100])
def test_a_margin_may_be_larger_than_a_side(shape: tuple[int, int], margin: int) -> None:
    mask = np.zeros(shape, bool)
    mask[0, 0] = True
    y, x = np.indices(shape)
    expected = (y <= margin) & (x <= margin)
    np.testing.assert_array_equal(hole_of(np.zeros(shape, np.uint8), mask, margin, "mask"), expected)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_squares_of_a_ragged_surrounding(rng: np.random.Generator, share: float) -> None:
    """Means over what is valid; a square counts from half of it on, or from the most there is."""
    image = rng.integers(0, 256, (64, 72, 3), dtype=np.uint8)
    valid = rng.random((64, 72)) < share
    if share >= 0.5:
        valid[:32, :32] = np.indices((32, 32)).sum(axis=0) % 2  # exactly half
    planes = lab_planes(image)
    level = shrunk(planes, valid, 4)
    squares = valid.reshape(16, 4, 18, 4).mean(axis=(1, 3))
    np.testing.assert_array_equal(level.valid.astype(bool), squares >= min(0.5, squares.max()))
    for plane, found in zip(planes, level.planes, strict=True):
        sums = (plane * valid).reshape(16, 4, 18, 4).mean(axis=(1, 3))
        expected = np.divide(sums, squares, out=np.zeros_like(sums), where=squares > 0)
        np.testing.assert_allclose(found, expected, rtol=0, atol=0.51)


def test_a_tone_curve_rises_whatever_is_drawn() -> None:
    ramp = np.linspace(0, 1, 512, dtype=np.float32).reshape(8, 64)
    curve = augment.ToneCurve(scale=3.0, p=1.0)
    chain = augment.Compose([curve])
    for key in range(40):
        found = chain(image=ramp, key=key)["image"].ravel()
        assert np.diff(found).min() >= -1e-6, key
        assert found[0] == 0
        assert found[-1] == 1


def test_work_within_work_asks_no_other_threads() -> None:
    together = threading.Barrier(2, timeout=60)

    def inner() -> str:
        time.sleep(0.001)  # time for others to take a job, if they were asked to
        return threading.current_thread().name

    def outer() -> bool:
        together.wait()  # in two threads, beside which the pool has idle ones
        return set(threads.run_all([inner] * 20, 4)) == {threading.current_thread().name}

    threads.run_all([inner] * 40, 4)
    assert all(threads.run_all([outer] * 2, 4))
    # The caller's own jobs are handed out again.
    meeting = threading.Barrier(2, timeout=60)
    threads.run_all([meeting.wait, meeting.wait], 2)


@pytest.mark.parametrize("metric", ["euclidean", "iou"])
def test_an_empty_cluster_goes_to_no_sample_without_weight(metric: str) -> None:
    rows = np.array([[1.0, 1.0], [1.1, 1.0], [4.0, 4.0], [1000.0, 1000.0]])
    weights = [1.0, 1.0, 1.0, 0.0]
    model = augment.KMeans(2, metric=metric, init=[[1.0, 1.0], [40.0, 40.0]]).fit(rows, sample_weight=weights)
    np.testing.assert_allclose(sorted(model.cluster_centers_.tolist()), [[1.05, 1.0], [4.0, 4.0]])


@pytest.mark.parametrize("name", ["SMOTE", "BorderlineSMOTE", "ADASYN", "SMOTENC"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "int64"])
def test_integers_are_rounded_to_the_nearest(name: str, dtype: str, rng: np.random.Generator) -> None:
    X = rng.integers(0, 200, (60, 4))
    y = np.r_[np.zeros(45, int), np.ones(15, int)]
    X[:, 3] = rng.integers(0, 2, 60)
    options = {"categorical_features": [3]} if name == "SMOTENC" else {}
    integers, _ = getattr(augment, name)(random_state=3, **options).fit_resample(X.astype(dtype), y)
    floats, _ = getattr(augment, name)(random_state=3, **options).fit_resample(X.astype(float), y)
    assert integers.dtype == dtype
    assert (floats != np.rint(floats)).any()
    np.testing.assert_array_equal(integers, np.rint(floats))


@pytest.mark.parametrize("target", ["max", "median", 1000, 1003, "cap=3"])
@pytest.mark.parametrize("counts", [(700, 41, 3), (10, 1, 999), (40, 40, 39)])
def test_copies_are_even_over_many_images(target: Any, counts: tuple[int, ...]) -> None:
    """Of one class each, all have the same number or one more; and no class is given more than its target."""
    labels = np.repeat(np.arange(len(counts)), counts)
    plan = augment.balance_plan(labels, target=target, random_state=0)
    for code, count in enumerate(counts):
        own = plan.copies[labels == code]
        assert own.max() - own.min() <= 1
        assert plan.after[code] == count + own.sum() == max(plan.targets[code], count)


def test_copies_catch_up_where_classes_share_images() -> None:
    """Images of the rare class have copies already when the next class comes; the others get theirs first."""
    labels = [[0, 1]] * 5 + [[1]] * 20 + [[2]] * 9
    plan = augment.balance_plan(labels, target={0: 20, 1: 200}, random_state=0)
    assert plan.copies[:25].tolist() == [7] * 25
    assert plan.after == {0: 40, 1: 200, 2: 9}
