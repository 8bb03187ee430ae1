"""What goes along with an image gets the same bytes from a chain that is recorded as from one that runs its steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import augment as A

KEYS = 12
"""The first four images of a kind run stage by stage."""

CHAINS: dict[str, list[Any]] = {
    "moves": [A.HorizontalFlip(), A.VerticalFlip(p=0.3), A.Crop(size=(21, 27)), A.BrightnessContrast()],
    "turns": [A.Crop(size=(28, 28)), A.Dihedral(), A.CenterCrop(size=(20, 18))],
    "affine": [A.HorizontalFlip(), A.Affine(rotate=(-40, 40), p=0.7), A.Normalize()],
    "affine, filled": [A.Affine(rotate=(-40, 40), translate=(-0.3, 0.3), fill=0.5, mask_fill=3), A.Gamma()],
    "perspective": [A.Affine(scale=(0.6, 1.4)), A.Perspective(p=0.8), A.VerticalFlip()],
    "resized crop": [A.ResizedCrop(size=(24, 30)), A.HorizontalFlip()],
    "bilinear crop": [A.ResizedCrop(size=(24, 30), interpolation="bilinear"), A.HorizontalFlip()],
    "erased": [A.HorizontalFlip(), A.CoarseDropout(mask_fill=2, p=0.8), A.CoarseDropout(p=0.6)],
    "warped and erased": [A.Affine(), A.CoarseDropout(holes=(1, 3), mask_fill=7)],
    "nothing drawn": [A.HorizontalFlip(p=1), A.Resize(size=(20, 31), interpolation="bicubic"), A.Normalize()],
    "resized": [A.Resize(size=(20, 31)), A.HorizontalFlip(), A.Normalize()],
}


def sample(seed: int = 0, h: int = 32, w: int = 40, dtype: str = "uint8") -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-0.5, 0.7, (24, 2)) * (w, h)
    boxes = np.hstack([corner, corner + rng.uniform(0.05, 0.6, (24, 2)) * (w, h)])
    return {
        "image": rng.integers(0, 256, (h, w, 3), np.uint8),
        "mask": rng.integers(0, 5, (h, w)).astype(dtype),
        "boxes": boxes,
        "labels": [f"box {k}" for k in range(24)],
        "keypoints": rng.uniform(-0.1, 1.1, (24, 2)) * (w, h),
    }


def same(found: Any, wanted: Any) -> None:
    assert type(found) is type(wanted)
    if isinstance(wanted, np.ndarray):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    elif isinstance(wanted, (list, tuple)) and len(wanted) and isinstance(wanted[0], np.ndarray):
        assert len(found) == len(wanted)
        for mine, other in zip(found, wanted):
            same(mine, other)
    else:
        assert found == wanted


def check(transforms: list[Any], given: dict[str, Any], **options: Any) -> None:
    """Compare a chain that comes to be recorded with one that is made anew for each key."""
    options = {"box_outside": "clip", **options}
    chain = A.Compose(transforms, seed=3, **options)
    for key in range(KEYS):
        found = chain(**given, key=key)
        wanted = A.Compose(transforms, seed=3, **options)(**given, key=key)
        assert found.keys() == wanted.keys()
        for name in wanted:
            same(found[name], wanted[name])


@pytest.mark.parametrize("name", CHAINS)
def test_targets_of_recorded_chains(name: str) -> None:
    check(CHAINS[name], sample())
