"""Where the scanline machine is: stages, the pass that runs them with its short cuts, matrices, statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from imgproc._core.sums import mean_luma
from imgproc._scanline import Deferred, Erase, Geometry, Op, Stage, Whole, matrix, passes, pixel, run, tabulated
from imgproc._scanline.matrix import cos_sin
from imgproc._scanline.passes import is_mixing
from imgproc._scanline.program import pack


def run_without_short_cuts(
    monkeypatch: pytest.MonkeyPatch, image: np.ndarray, stages: list[Stage], **options: Any
) -> np.ndarray:
    """The same program, stage by stage, by the kernels of rows alone."""
    with monkeypatch.context() as patch:
        patch.setattr(passes, "is_padding", lambda stage, size: False)
        patch.setattr(passes, "_direct", lambda *args: None)
        patch.setattr(passes, "_levels_of_nearest", lambda *args: None)
        for stage in stages[:-1]:
            image = run(image, [stage])
        return run(image, stages[-1:], **options)


def small_images_as_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the kernel of labels move the pixels of images of any size."""
    monkeypatch.setattr(passes, "LARGE", 0)


def calls_of(monkeypatch: pytest.MonkeyPatch, name: str) -> list[str]:
    """A list that gets the name at each call that the planner of passes makes of this function."""
    seen: list[str] = []
    function = getattr(passes, name)

    def noted(*args: object) -> object:
        seen.append(name)
        return function(*args)

    monkeypatch.setattr(passes, name, noted)
    return seen
