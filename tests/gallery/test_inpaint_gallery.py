"""Holes, scores and cases of the inpainting page and speed table."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest

from gallery import _inpainting
from gallery._compare import psnr
from gallery.speed import inpainting as speed_inpainting
from gallery.speed.cases import photo as speed_photo


def test_the_ellipse_is_that_of_the_targets() -> None:
    mask = _inpainting.ellipse((512, 512))
    assert mask.mean() == pytest.approx(0.1, abs=0.002)
    y, x = np.nonzero(mask)
    assert (y.mean(), x.mean()) == pytest.approx((300, 300), abs=0.5)


@pytest.mark.parametrize("name", [*_inpainting.HOLES, "scratches"])
def test_holes_are_some_of_the_picture(name: str) -> None:
    hole: Callable[[tuple[int, ...]], np.ndarray] = getattr(_inpainting, name)
    for shape in ((64, 64, 3), (90, 130), (171, 256, 3)):
        mask = hole(shape)
        assert mask.dtype == bool
        assert mask.shape == shape[:2]
        assert 0.01 < mask.mean() < 0.25
        np.testing.assert_array_equal(mask, hole(shape))


def test_scores_of_the_truth_and_of_blur(photo: np.ndarray) -> None:
    mask = _inpainting.rectangle(photo.shape)
    assert _inpainting.ssim(photo, photo, mask) == pytest.approx(1)
    assert _inpainting.texture_error(photo, photo, mask) == 0
    assert psnr(photo, photo, mask) > 100
    spoilt = photo.copy()
    spoilt[mask] = photo[mask].mean(axis=0).astype(np.uint8)
    shuffled = photo.copy()
    shuffled[mask] = np.random.default_rng(0).permutation(photo[mask])
    assert psnr(photo, spoilt, mask) > psnr(photo, shuffled, mask)
    assert _inpainting.texture_error(photo, spoilt, mask) > 0.5
    off = photo.copy()
    off[mask] = np.roll(photo, 1, axis=1)[mask]
    assert _inpainting.texture_error(photo, off, mask) < 0.2


@pytest.mark.parametrize("name", _inpainting.peers())
def test_peers_fill_the_hole_and_nothing_else(name: str, photo: np.ndarray) -> None:
    mask = _inpainting.ellipse(photo.shape)
    for image in (photo, photo[..., 1]):
        image = image.copy()
        image[mask] = 0
        found = _inpainting.peers()[name](image, mask)
        assert (found.dtype, found.shape) == (image.dtype, image.shape)
        np.testing.assert_array_equal(found[~mask], image[~mask])
        assert (found[mask] > 0).mean() > 0.5


def test_peers_that_are_not_installed_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert list(_inpainting.peers()) == ["Telea", "Navier–Stokes"]
    cases = speed_inpainting.inpainting_cases()
    assert [peer for case in cases for peer in case.peers] == [
        *["cv2 inpaint, Telea"] * 3,
        "skimage inpaint_biharmonic",
    ]


def test_cases_have_the_targets_asked_for() -> None:
    cases = {case.name: case for case in speed_inpainting.inpainting_cases()}
    assert cases["inpaint_exemplar, exact, large"].threads == 1.6
    assert cases["inpaint_exemplar, fast"].size == 512
    if not importlib.util.find_spec("gmic"):
        pytest.skip("gmic is not installed: pip install 'imgproc-augment[bench]'")
    assert cases["inpaint_exemplar, exact"].peers["G'MIC inpaint, window 1024"].limit == 1 / 40
    assert cases["inpaint_exemplar, fast"].peers["G'MIC inpaint, default"].limit == 1
    for case in cases.values():
        image = speed_photo(case.kind, 64)
        assert case.ours(image).shape == image.shape
