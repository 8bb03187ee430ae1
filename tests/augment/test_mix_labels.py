"""Labels smoothed and flipped: by their definitions, and alike in a batch and in a chain."""

from __future__ import annotations

import json

import numpy as np
import pytest

import augment
from augment import Compose, LabelFlip, LabelSmoothing, MixUp

IMAGE = np.full((6, 8, 3), 100, np.uint8)
N = 4000


def test_smoothing_is_szegedy_s() -> None:
    soft = LabelSmoothing(smoothing=0.3, num_classes=5)(np.arange(5))
    np.testing.assert_allclose(soft, 0.7 * np.eye(5) + 0.3 / 5, rtol=1e-6)
    assert soft.dtype == np.float32
    mixed = np.array([[0.25, 0.75, 0.0], [0.5, 0.0, 0.5]])
    prior = (0.5, 0.3, 0.2)
    np.testing.assert_allclose(LabelSmoothing(prior=prior)(mixed), 0.9 * mixed + 0.1 * np.array(prior), rtol=1e-12)
    some = LabelSmoothing(smoothing=1.0, num_classes=2, p=0.5)(np.zeros(N, int), keys=range(N))
    assert np.mean(some[:, 0] == 0.5) == pytest.approx(0.5, abs=0.04)


def test_flips_by_a_rate_go_to_all_other_classes_alike() -> None:
    labels = np.arange(N) % 4
    flip = LabelFlip(rate=0.3, num_classes=4)
    flipped = flip(labels, keys=range(N))
    assert flipped.dtype == labels.dtype
    counts = np.zeros((4, 4))
    np.add.at(counts, (labels, flipped), 1 / (N / 4))
    np.testing.assert_allclose(counts, np.full((4, 4), 0.1) + 0.6 * np.eye(4), atol=0.05)
    np.testing.assert_array_equal(flip(labels[::-1], keys=range(N)[::-1]), flipped[::-1])
    assert (flip(labels, keys=range(N), seed=1) != flipped).any()
    np.testing.assert_array_equal(LabelFlip(rate=0, num_classes=4)(labels, keys=range(N)), labels)
    assert (LabelFlip(rate=1, num_classes=4)(labels, keys=range(N)) != labels).all()


def test_flips_by_a_matrix_have_its_probabilities() -> None:
    matrix = np.array([[0.6, 0.4, 0.0], [0.1, 0.7, 0.2], [0.0, 0.0, 1.0]])
    labels = np.arange(N) % 3
    flip = LabelFlip(transition=matrix)
    flipped = flip(labels, keys=[(3, i) for i in range(N)])
    counts = np.zeros((3, 3))
    np.add.at(counts, (labels, flipped), 1 / (N / 3))
    np.testing.assert_allclose(counts, matrix, atol=0.05)
    assert (counts[matrix == 0] == 0).all()
    # Rows of shares flip class by class, by the draws of their keys.
    keys = range(50)
    each = [flip(np.full(50, c), keys=keys) for c in range(3)]
    shares = np.array([0.5, 0.3, 0.2])
    expected = sum(share * np.eye(3)[found] for share, found in zip(shares, each))
    np.testing.assert_allclose(flip(np.tile(shares, (50, 1)), keys=keys), expected)


def test_chains_flip_as_batches_do_and_their_records_say_how() -> None:
    flip = LabelFlip(rate=0.5, num_classes=3)
    alone = flip([1] * 20, keys=[(2, i) for i in range(20)])
    chain = Compose([augment.HorizontalFlip(), flip, augment.Gamma(p=1), LabelSmoothing(smoothing=0.1)])
    for i in range(20):
        result = chain(image=IMAGE, label=1, key=(2, i))
        assert "mix" not in result
        np.testing.assert_allclose(result["label"], 0.9 * np.eye(3)[alone[i]] + 0.1 / 3, rtol=1e-6)
        record = json.loads(json.dumps(chain.draw((2, i), IMAGE.shape)))
        again = chain.replay(record, image=IMAGE, label=1)
        np.testing.assert_array_equal(again["label"], result["label"])
        np.testing.assert_array_equal(chain(image=IMAGE, key=(2, i))["image"], result["image"])
    batch = chain.batch([IMAGE] * 3, label=[1, 1, 2], keys=[(2, 0), (2, 1), (2, 2)])
    assert np.array(batch["label"]).shape == (3, 3)
    assert Compose.from_json(chain.to_json()) == chain
    assert chain.matrix((2, 0), IMAGE.shape).shape == (3, 3)


def test_labels_that_are_mixed_are_smoothed() -> None:
    donors = [(IMAGE, 0), (IMAGE, 1)]
    plain = Compose([MixUp(lam=0.25, num_classes=2)])
    smooth = Compose([MixUp(lam=0.25, num_classes=2), LabelSmoothing(smoothing=0.2)])
    for key in range(4):
        label = plain(image=IMAGE, label=0, key=key, donors=donors)["label"]
        found = smooth(image=IMAGE, label=0, key=key, donors=donors)["label"]
        np.testing.assert_allclose(found, 0.8 * label + 0.1, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: LabelSmoothing(smoothing=1.5), ValueError, "smoothing must be <= 1"),
        (lambda: LabelSmoothing(prior=(0.5, 0.6)), ValueError, r"prior must add up to 1, got 1\.1"),
        (lambda: LabelSmoothing(prior=(0.5, 0.5), num_classes=3), ValueError, "prior must have num_classes, 3"),
        (lambda: LabelFlip(rate=2), ValueError, "rate must be <= 1"),
        (lambda: LabelFlip(rate=0.2, transition=np.eye(2)), ValueError, "rate must be left out"),
        (lambda: LabelFlip(transition=[[0.5, 0.5]]), TypeError, "transition must be a square matrix"),
        (
            lambda: LabelFlip(transition=[[1.0], [1.0]]),
            ValueError,
            r"transition must be of shape \(2, 2\), got \(2, 1\)",
        ),
        (lambda: LabelFlip()([1, 2]), ValueError, "num_classes must be given"),
        (lambda: LabelFlip()(1), TypeError, "labels must be an array"),
        (lambda: LabelFlip(num_classes=2)([1, 0], keys=[1]), ValueError, "keys must be one for each of 2 labels"),
        (lambda: LabelFlip(transition=np.eye(2))(np.eye(3)), ValueError, "must have num_classes, 2, columns, got 3"),
        (lambda: Compose([LabelFlip()])(image=IMAGE, label=1, key=1), ValueError, "num_classes must be given"),
    ],
)
def test_wrong_arguments_are_refused(make, error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        make()
