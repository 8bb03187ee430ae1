"""Extreme parameters of geometry: no index leaves an image, and what is far away is border, or refused."""

from __future__ import annotations

import dataclasses
import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.declarations import Transform
from helpers.machine import Geometry
from helpers.vocabulary import BORDERS

import augment
import imgproc

TESTS = Path(__file__).parents[1]
HUGE = np.broadcast_to(np.uint8(7), (70_000, 70_000))
"""An image of 4.9e9 pixels that takes one byte of memory."""
PLACES = np.array([[0.5, 69_999.5]])


def test_extreme_parameters_give_the_border_or_an_error() -> None:
    """In a process of its own, which a wild index would end; with bounds checks, one within the heap is found, too."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    environment["NUMBA_BOUNDSCHECK"] = "1"
    script = TESTS / "helpers" / "extremes.py"
    ran = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    *problems, last = ran.stdout.splitlines() or [""]
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert not problems, "\n".join(problems[:20])
    assert int(last.split()[0]) > 4000


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Moved(Transform):
    """As a transform of a user may do; `Affine` refuses such shifts."""

    shift: float
    scale: tuple[float, float]

    def draw(self, rng: Any, frame: Any) -> dict[str, float]:
        return {"scale": rng.uniform(*self.scale)}

    def lower(self, params: dict[str, Any], frame: Any) -> list[Any]:
        pull = (params["scale"], 0.0, self.shift, 0.0, params["scale"], self.shift, 0.0, 0.0, 1.0)
        return [Geometry(pull, (frame.height, frame.width), "constant", 1.0, "bilinear")]


@pytest.mark.parametrize("shift", [1e14, 1e15, 1e18, 1e300, -1e15])
def test_what_moves_out_of_sight_is_border(shift: float) -> None:
    """A float beyond 2**53 is always whole, which says nothing of pixels."""
    image, mask = np.ones((24, 31, 3), np.uint8), np.ones((24, 31), np.int32)
    for scale in ((1.0, 1.0), (0.9, 1.1)):
        chain = augment.Compose([_Moved(p=1.0, scale=scale, shift=shift)])
        for key in range(7):  # recorded, too
            result = chain(image=image, mask=mask, key=key)
            assert (result["image"] == 255).all() and (result["mask"] == 0).all()
            assert (chain(image=image, key=key)["image"] == 255).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: imgproc.remap(HUGE, x=PLACES, y=PLACES),
        lambda: imgproc.rotate(HUGE, angle=30.0),
        lambda: imgproc.warp(HUGE, np.array([[1.0, 0.1, 0.0], [0.0, 1.0, 0.0]]), size=(4, 4)),
        lambda: augment.Compose([augment.Rotate(p=1.0)])(image=HUGE, key=1),
        lambda: imgproc.remap(np.broadcast_to(np.uint8(7), (1, 1 << 25)), x=PLACES, y=PLACES),
    ],
)
def test_images_whose_pixels_cannot_be_counted_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r"image must have sides of at most 16777216 and at most 4294967295 pixels"):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    "call",
    [
        lambda a: imgproc.resize(a, size=(2**31, 4)),
        lambda a: imgproc.resize(a, size=(10**400, 4)),
        lambda a: imgproc.resize(a, size=(20_000, 20_000)),
        lambda a: imgproc.warp(a, np.eye(3), size=(20_000, 20_000)),
        lambda a: imgproc.pad(a, padding=30_000),
        lambda a: augment.Resize(size=(2**31, 4)),
        lambda a: augment.ResizeLongest(size=2**31),
        lambda a: augment.Compose([augment.Resize(size=(20_000, 20_000))])(image=a, key=1),
        lambda a: augment.Compose([augment.Affine(scale=(1e6, 1e6), fit=True, p=1.0)])(image=a, key=1),
    ],
)
def test_frames_are_bounded_by_the_image(call: object) -> None:
    with pytest.raises(ValueError, match=r"size.* must (be|fit)"):
        call(np.ones((9, 12), np.uint8))  # type: ignore[operator]


@pytest.mark.parametrize("scale", [1e-300, 1e-7, 1e7])
def test_factors_that_leave_nothing_to_see_are_refused(scale: float) -> None:
    with pytest.raises(ValueError, match=r"scale\[0\] must be"):
        augment.Affine(scale=(scale, scale), fit=True)


def test_multiples_of_a_matrix_are_one_map() -> None:
    image = np.arange(99, dtype=np.uint8).reshape(9, 11)
    m = np.array([[1.1, 0.2, -1.5], [-0.1, 0.9, 1.25], [0.0, 0.01, 1.0]])
    for factor in (1e300, 1e-300, -1e200):
        np.testing.assert_array_equal(imgproc.warp(image, factor * m), imgproc.warp(image, m))


def test_labels_that_a_mask_cannot_hold_are_refused() -> None:
    image, mask = np.ones((24, 31, 3), np.uint8), np.ones((24, 31), np.uint8)
    chain = augment.Compose([augment.Rotate(p=1.0, mask_fill=300)])
    with pytest.raises(ValueError, match="mask_fill must be a label of the mask, which is uint8, 0 to 255, got 300"):
        chain(image=image, mask=mask, key=1)
    assert (chain(image=image, mask=mask.astype(np.int16), key=1)["mask"] == 300).any()


@pytest.mark.parametrize("name", ["Erase", "CoarseDropout", "GridDropout", "PixelDropout", "MaskDropout"])
def test_labels_that_are_painted_fit_the_mask(name: str) -> None:
    image, mask = np.ones((24, 31, 3), np.uint8), np.ones((24, 31), np.uint8)
    for fill in (0.5, "mean"):
        chain = augment.Compose([getattr(augment, name)(p=1.0, mask_fill=2**40, fill=fill)])
        with pytest.raises(
            ValueError, match="mask_fill must be a label of the mask, which is uint8, 0 to 255, got 109"
        ):
            chain(image=image, mask=mask, key=1)


def test_factors_beyond_all_levels_say_the_same() -> None:
    image = np.arange(99, dtype=np.uint8).reshape(9, 11)
    mask = np.ones((9, 11), bool)
    mask[0] = False
    for given in (image, image / 99):
        for chosen in (None, mask):
            large, larger = (
                imgproc.enhance_local_statistics(given, radius=2, k2=k2, mask=chosen) for k2 in (1e9, 1e15)
            )
            np.testing.assert_array_equal(large, larger)


@pytest.mark.parametrize("shift", [1e20, 1e100, 1e153, 1e200, 1.7e308, -1e200])
def test_a_shift_has_an_inverse_however_far(shift: float) -> None:
    image = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    for matrix in (np.array([[1, 0, shift], [0, 1, 0]]), np.array([[0, 1e-9, shift], [1e-9, 0, 0], [0, 0, 1]])):
        assert (imgproc.warp(image, matrix, fill=0.6) == 153).all()
        column = imgproc.warp(image, np.array([[1, 0, shift], [0, 1, 0]]), border="replicate")
        assert np.array_equal(column, np.repeat(image[:, :1] if shift > 0 else image[:, -1:], 4, axis=1))
    with pytest.raises(ValueError, match="matrix must have an inverse, got"):
        imgproc.warp(image, np.array([[1, 1, shift], [1, 1, 0]]))


@pytest.mark.parametrize("place", [1e20, 3e38, 1e39, 1e300, 1.7e308])
def test_finite_places_are_in_the_border_however_far(place: float) -> None:
    """Maps are used to the precision of float32, in which 1e39 would be infinite, and infinite places get the fill."""
    image = np.arange(1, 13, dtype=np.uint8).reshape(3, 4)
    x, y = np.array([[place, -place]]), np.array([[0.5, 1.5]])
    assert imgproc.remap(image, x=x, y=y, border="replicate", fill=0.6).tolist() == [[4, 5]]
    for border in ("reflect", "reflect_101", "wrap"):
        assert (imgproc.remap(image, x=x, y=y, border=border, fill=0.6) <= 12).all()
    assert (imgproc.remap(image, x=x, y=y, fill=0.6) == 153).all()
    for border in BORDERS:
        assert (imgproc.remap(image, x=x * np.inf, y=y, border=border, fill=0.6) == 153).all()


def test_a_fill_of_floats_is_finite_in_their_dtype() -> None:
    image = np.full((6, 7), 0.5)  # of one level, which says nothing of its units
    for function in (functools.partial(imgproc.local_mean, radius=1), functools.partial(imgproc.rotate, angle=30)):
        with pytest.raises(ValueError, match="fill must be a level that float32 holds"):
            function(image.astype(np.float32), border="constant", fill=1e39)
        assert np.isfinite(function(image, border="constant", fill=1e39)).all()
