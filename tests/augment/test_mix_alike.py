"""Samples that are mixed carry rows of one shape: another one is refused at the door, whatever would be left of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.transforms import MIXES, build

import augment

H, W = 20, 30
IMAGE = np.random.default_rng(0).integers(0, 256, (H, W, 3), np.uint8)
BOXES = np.array([[1, 1, 9, 9], [3, 3, 12, 12.0]])
MASKS = np.zeros((2, H, W), np.uint8)
MASKS[0, 1:9, 1:9] = MASKS[1, 3:12, 3:12] = 1
THINGS = np.random.default_rng(1).random((2, 4, 3)) * 15
PAIRS = THINGS[0, :, :2]
HOST = {"image": IMAGE, "boxes": BOXES, "masks": MASKS}
MIXING = [pytest.param(name, given, id=f"{k}-{name}") for k, (name, given) in enumerate(MIXES)]


def _mixed(name: str, given: dict[str, Any], host: dict[str, Any], donor: dict[str, Any], key: int) -> dict[str, Any]:
    chain = augment.Compose([build(name, {**given, "p": 1.0})], box_outside="clip")
    return chain(**host, donors=[{**donor, "label": np.eye(2)[0]}], key=key)


@pytest.mark.parametrize(("name", "given"), MIXING)
@pytest.mark.parametrize(
    ("target", "mine", "theirs", "message"),
    [
        ("keypoints", THINGS, PAIRS[:2], r"shape of the sample's, \(n, 4, 3\), got \(2, 2\)"),
        ("keypoints", THINGS, THINGS[:, :3], r"shape of the sample's, \(n, 4, 3\), got \(2, 3, 3\)"),
        ("keypoints", THINGS, [], "one thing per box, got none for 2 boxes of a donor"),
        ("keypoints", [], THINGS, "one thing per box, got none for 2 boxes of the sample"),
        ("keypoints", THINGS, THINGS[:1], "one thing per box, 2, got 1"),
        ("keypoints", PAIRS, np.hstack([PAIRS, PAIRS]), r"shape of the sample's, \(n, 2\), got \(4, 4\)"),
        ("boxes", BOXES, np.hstack([BOXES, BOXES[:, :1]]), r"shape of the sample's, \(n, 4\), got \(2, 5\)"),
    ],
)
def test_other_rows_are_refused_whatever_is_drawn(
    name: str, given: dict[str, Any], target: str, mine: Any, theirs: Any, message: str
) -> None:
    for key in range(3):
        with pytest.raises(ValueError, match=rf"{target} .*{message}"):
            _mixed(name, given, {**HOST, target: mine}, {**HOST, target: theirs}, key)


@pytest.mark.parametrize(("name", "given"), MIXING)
def test_nothing_is_of_any_shape(name: str, given: dict[str, Any]) -> None:
    nothing = {"image": IMAGE, "boxes": [], "masks": MASKS[:0], "keypoints": []}
    things = {**HOST, "keypoints": THINGS}
    for host, donor in ((things, nothing), (nothing, things), (nothing, nothing), (things, things)):
        found = _mixed(name, given, host, donor, 1)
        assert len(found["boxes"]) == len(found["keypoints"])


@pytest.mark.parametrize("name", ["CutMix", "FMix", "GridMix", "Mosaic", "ResizeMix", "RICAP", "CopyPaste", "MixUp"])
def test_things_with_points_follow_their_boxes_in_batches(name: str) -> None:
    three: dict[str, Any] = {"boxes": [BOXES] * 3, "keypoints": [THINGS] * 3, "instances": [MASKS] * 3}
    found = getattr(augment, name)(p=1.0)([IMAGE] * 3, np.eye(3), keys=[(0, 0), (0, 1), (0, 2)], **three)
    assert found.boxes is not None and found.keypoints is not None
    assert [len(boxes) for boxes in found.boxes] == [len(things) for things in found.keypoints]
    assert all(np.shape(things)[1:] == (4, 3) for things in found.keypoints)
