"""The speed cases of scene completion: ours and the peers do the same job."""

from __future__ import annotations

import numpy as np
import pytest

from gallery import speed
from gallery.speed import scenes as speed_scenes
from gallery.speed.cases import photo


@pytest.fixture
def image():
    return photo("RGB", (128, 160))


def test_the_cases_are_measured() -> None:
    assert {case.name for case in speed.select(["scene completion"])} == {case.name for case in speed_scenes.CASES}


def test_flows_are_equal(image) -> None:
    assert speed_scenes.our_flow(image) == speed_scenes.scipy_flow(image) > 0


def test_queries_are_equal(image, monkeypatch) -> None:
    monkeypatch.setattr(speed_scenes, "ENTRIES", 10_000)
    monkeypatch.setattr(speed_scenes, "_prepared", {})
    assert speed_scenes._other(speed_scenes.our_query(image), speed_scenes.plain_query(image)) < 5


def test_the_others_run(image) -> None:
    assert speed_scenes.our_description(image).shape == (528,)
    assert speed_scenes.cv2_description(image).shape == (30, 4, 4)
    for call in (speed_scenes.our_completion, speed_scenes.our_blend, speed_scenes.cv2_blend):
        assert call(image).shape == image.shape
    assert [np.isfinite(found).any() for found in speed_scenes.cv2_context(photo("RGB", (440, 560)))] == [True] * 3
