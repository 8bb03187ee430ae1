"""A new kind of target is one class and a line in the table of targets: here line segments, with a field of names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import augment as A
from augment._chain.targets.base import Opened, Passage, Piece, Rules, Target
from augment._chain.targets.fields import Field
from augment._chain.targets.path import path_back
from augment._chain.targets.points import move_points, seen_points
from augment._chain.targets.rows import as_container, as_rows
from imgproc._scanline import Geometry

SIZE = (40, 60)


class Segments(Target):
    """Rows (x0, y0, x1, y1); one is gone where one of its ends is."""

    __slots__ = ()

    def open(self, value: Any, sample: Opened) -> np.ndarray:
        return as_rows(value, self.name, 4, "(x0, y0, x1, y1)")

    def move(self, value: np.ndarray, passage: Passage) -> np.ndarray:
        ends, _ = move_points(value.reshape(-1, 2), passage.path, remove_invisible=False)
        inside = ((ends >= 0) & (ends <= passage.end[::-1])).all(axis=1).reshape(-1, 2).all(axis=1)
        rows = passage.kept[self.name] = np.flatnonzero(inside)
        return ends.reshape(-1, 4)[rows]

    def close(self, value: np.ndarray, like: Any, passage: Passage) -> Any:
        return as_container(value, like)

    def cut(self, value: np.ndarray, piece: Piece) -> np.ndarray:
        if piece.owner is not None:
            first, last = (seen_points(value[:, k : k + 2], piece.owner, piece.who) for k in (0, 2))
            rows = piece.kept[self.name] = np.intersect1d(first, last)
            value = value[rows]
        y, x = piece.at
        return value + np.array((x, y, x, y), np.float64)

    def back(self, value: Any, stages: list[Geometry], size: tuple[int, int], rules: Rules) -> Any:
        ends = as_rows(value, self.name, 4, "(x0, y0, x1, y1)").reshape(-1, 2)
        moved, _ = move_points(ends, path_back(stages, *size), remove_invisible=False)
        return as_container(moved.reshape(-1, 4), value)


def chain_of(transforms: Sequence[Any], **options: Any) -> A.Compose:
    chain = A.Compose(transforms, **options)
    for target in (Segments("segments"), Field("names", "segments")):
        chain._chain.rules.table[target.name] = target
    return chain


def sample(shift: float = 0.0) -> dict[str, Any]:
    segments = np.array([(5.0, 5.0, 20.0, 30.0), (30.0, 10.0, 50.0, 12.0)]) + shift
    return {"image": np.full((*SIZE, 3), 9, np.uint8), "segments": segments, "names": ["near", "far"]}


def test_it_goes_through_every_door() -> None:
    chain = chain_of([A.HorizontalFlip(p=1), A.CenterCrop(size=(40, 40), p=1)], seed=2)
    out = chain(**sample(), key=1)
    np.testing.assert_allclose(out["segments"], [(20.0, 10.0, 0.0, 12.0)])
    assert out["names"] == ["far"]
    again = chain.replay(chain.draw(1, (*SIZE, 3)), **sample())
    np.testing.assert_array_equal(again["segments"], out["segments"])
    things = [sample(), sample(1.0)]
    batch = chain.batch(**{f"{k}s" if k == "image" else k: [t[k] for t in things] for k in things[0]}, keys=[1, 2])
    streamed = list(chain.map(things, keys=[1, 2], workers=2))
    for k in range(2):
        np.testing.assert_array_equal(batch["segments"][k], streamed[k]["segments"])
        assert batch["names"][k] == streamed[k]["names"]


def test_it_is_mixed() -> None:
    chain = chain_of([A.HorizontalFlip(p=1), A.MixUp(lam=0.5)])
    out = chain(**sample(), key=(0, 0), donors=[sample(3.0)])
    np.testing.assert_allclose(out["segments"][:2], [(55.0, 5.0, 40.0, 30.0), (30.0, 10.0, 10.0, 12.0)])
    np.testing.assert_allclose(out["segments"][2:], sample(3.0)["segments"])
    assert out["names"] == ["near", "far", "near", "far"]
    covered = chain_of([A.CutMix(lam=0.0)])(**sample(), key=(0, 0), donors=[sample(3.0)])
    assert len(covered["names"]) == len(covered["segments"])
    assert len(covered["names"]) < 4
