"""The gallery's page of class imbalance, and its scatter plots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sklearn.cluster  # noqa: F401  its threads are limited only once it is loaded
from threadpoolctl import threadpool_limits

from gallery import __main__ as command
from gallery import _scatter, speed
from gallery.speed import balance as speed_balance

BOUNDS = (0.0, 0.0, 10.0, 5.0)


def test_points_are_where_they_belong() -> None:
    groups = {"a & b": (np.array([[0.0, 0.0], [10.0, 5.0]]), 0, "dot"), "new": (np.array([[5.0, 2.5]]), 2, "ring")}
    svg = _scatter.scatter(groups, title="Two", bounds=BOUNDS)
    top = 16 * 2 + 6
    low, high = _scatter.MARGIN, _scatter.SIZE[0] - _scatter.MARGIN
    assert f'cx="{low:.1f}" cy="{top + _scatter.SIZE[1] - _scatter.MARGIN:.1f}"' in svg
    assert f'cx="{high:.1f}" cy="{top + _scatter.MARGIN:.1f}"' in svg
    assert svg.count("<circle") == 3 + 2
    assert "a &amp; b: 2" in svg
    assert "<text" not in _scatter.scatter(groups, title="Two", bounds=BOUNDS, legend=False)
    cross = {"gone": (np.array([[5.0, 2.5], [99.0, 99.0]]), 1, "cross")}
    assert _scatter.scatter(cross, title="One", bounds=BOUNDS).count("<path") == 1 + 3


def test_the_picture_shows_the_points() -> None:
    image = _scatter.picture({"a": (np.array([[5.0, 2.5]]), 0, "dot")}, BOUNDS)
    assert image.shape == (*_scatter.SIZE[::-1], 3)
    y, x = np.nonzero((image < 255).any(axis=2))
    assert abs(y.mean() - (_scatter.SIZE[1] - 1) / 2) < 1
    assert abs(x.mean() - (_scatter.SIZE[0] - 1) / 2) < 1


def test_the_page(tmp_path: Path) -> None:
    with threadpool_limits(1):
        assert command.main(["balance", "--out", str(tmp_path / "site")]) == 0
    text = (tmp_path / "site" / "balance.html").read_text()
    for name in ("SMOTE", "ADASYN", "TomekLinks", "SMOTEENN", "BalancedEnsemble", "class_weights", "balance_plan"):
        assert name in text
    assert "Could not be shown" not in text
    assert text.count("<svg") >= 14


def test_speed_is_measured_beside_imbalanced_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imblearn", reason="imbalanced-learn is not installed")
    cases = {case.name: case for case in speed_balance.balance_cases()}
    limits = {name: round(1 / peer.limit, 6) for name, case in cases.items() for peer in case.peers.values()}
    assert limits == {"SMOTE, float32": 2.5, "SMOTE, images": 5}
    assert set(cases) <= {case.name for case in speed.CASES}
    monkeypatch.setattr(speed_balance, "MANY", 30)
    monkeypatch.setattr(speed_balance, "FEW", 12)
    for clear in (speed_balance.samples_of, speed_balance._our_call, speed_balance._their_call):
        monkeypatch.setattr(speed_balance, clear.__wrapped__.__name__, clear.__wrapped__)
    for case in cases.values():
        (peer,) = case.peers.values()
        ours, theirs = case.ours(None), peer.call(None)
        assert ours[0].reshape(60, -1).shape == theirs[0].shape
        assert ours[0].dtype == theirs[0].dtype
        np.testing.assert_array_equal(ours[1], theirs[1])


def test_without_the_peer_nothing_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed_balance, "available", lambda: False)
    assert speed_balance.balance_cases() == ()
