"""Blending in the gradient domain against a direct sparse solution of the least-squares problem."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.threads import cut_small_images, threads_of
from oracles import scene as naive_scene

import imgproc

DOMAINS = ("image", "hole")


def pieces(photos, dtype=np.float64, size=(48, 61)):
    """Two photos in [0, 1] and an uneven mask."""
    rows, columns = size
    a = photos("astronaut")[100 : 100 + rows, 150 : 150 + columns] / 255
    b = photos("coffee")[150 : 150 + rows, 200 : 200 + columns] / 255
    y, x = np.indices(size)
    mask = (np.hypot((y - 20) / 15, (x - 28) / 20) < 1) & ~((y == 20) & (x > 30))
    return a.astype(dtype), b.astype(dtype), mask


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("with_hole", [False, True])
def test_is_the_least_squares_solution(photos, domain, with_hole) -> None:
    image, source, mask = pieces(photos)
    hole = mask & np.roll(mask, 3, axis=1) if with_hole else None
    ours = imgproc.poisson_blend(image, source, mask=mask, hole=hole, domain=domain)
    for c in range(3):
        expected = naive_scene.poisson_blend(image[..., c], source[..., c], mask=mask, hole=hole, domain=domain)
        np.testing.assert_allclose(ours[..., c], expected, rtol=0, atol=1e-8)
    narrow = [a.astype(np.float32) for a in (image, source)]
    single = imgproc.poisson_blend(*narrow, mask=mask, hole=hole, domain=domain)
    np.testing.assert_allclose(single, ours, rtol=0, atol=1e-6)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (2, 2), (5, 7)])
def test_small_shapes_and_masks_at_the_border(rng, domain, shape) -> None:
    image, source = rng.random(shape), rng.random(shape)
    for _ in range(8):
        mask = rng.random(shape) < 0.5
        mask[0, 0] = True
        expected = naive_scene.poisson_blend(image, source, mask=mask, domain=domain)
        np.testing.assert_allclose(imgproc.poisson_blend(image, source, mask=mask, domain=domain), expected, atol=1e-8)


def test_holes_of_any_shape(photos, rng) -> None:
    image, source = (a[..., 0] for a in pieces(photos, size=(150, 190))[:2])
    ragged = imgproc.gaussian_blur(rng.random(image.shape), sigma=2) > 0.5
    thin, most = np.zeros_like(ragged), np.ones_like(ragged)
    thin[::3, :] = thin[:, 7] = True
    most[0, 0] = False
    for mask in (ragged, thin, most, ~thin):
        expected = naive_scene.poisson_blend(image, source, mask=mask, domain="hole")
        found = imgproc.poisson_blend(image, source, mask=mask, domain="hole")
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_copy_with_another_brightness_comes_back(photos, domain) -> None:
    image, _, mask = pieces(photos)
    found = imgproc.poisson_blend(image, image + 0.25, mask=mask, domain=domain)
    np.testing.assert_allclose(found, image, atol=1e-9)
    levels = np.rint(image * 155).astype(np.uint8)
    found = imgproc.poisson_blend(levels, levels + np.uint8(40), mask=mask, domain=domain)
    np.testing.assert_array_equal(found, levels)


def test_a_hole_has_no_part_in_the_result(photos, rng) -> None:
    image, source, mask = pieces(photos)
    spoiled = image.copy()
    spoiled[mask] = rng.random(spoiled[mask].shape)
    for domain in DOMAINS:
        a, b = (imgproc.poisson_blend(i, source, mask=mask, hole=mask, domain=domain) for i in (image, spoiled))
        np.testing.assert_array_equal(a, b)


def test_kept_pixels_stay_or_keep_their_mean(photos) -> None:
    image, source, mask = pieces(photos)
    inside = imgproc.poisson_blend(image, source, mask=mask, domain="hole")
    np.testing.assert_array_equal(inside[~mask], image[~mask])
    everywhere = imgproc.poisson_blend(image, source, mask=mask)
    np.testing.assert_allclose(everywhere[~mask].mean(axis=0), image[~mask].mean(axis=0), atol=1e-12)
    assert np.abs(everywhere - image)[~mask].max() > 0.01


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("domain", DOMAINS)
def test_integers_are_rounded_and_saturated(photos, dtype, domain) -> None:
    image, source, mask = pieces(photos)
    top = np.iinfo(dtype).max
    image, source = (np.rint(a * top) for a in (image, source))
    source = np.where(source > 0.6 * top, float(top), source)
    exact = imgproc.poisson_blend(image / top, source / top, mask=mask, domain=domain) * top
    found = imgproc.poisson_blend(image.astype(dtype), source.astype(dtype), mask=mask, domain=domain)
    assert exact.max() > top
    assert np.abs(found - np.clip(exact, 0, top)).max() <= 0.51


def test_everything_masked_gives_the_source(photos) -> None:
    image, source, mask = pieces(photos)
    for domain in DOMAINS:
        found = imgproc.poisson_blend(image, source, mask=np.ones_like(mask), domain=domain)
        np.testing.assert_array_equal(found, source)
        assert not np.shares_memory(found, source)


def test_any_order_in_memory(photos) -> None:
    image, source, mask = pieces(photos)
    turned = [np.asfortranarray(a) for a in (image, source, mask)]
    for domain in DOMAINS:
        expected = imgproc.poisson_blend(image, source, mask=mask, domain=domain)
        found = imgproc.poisson_blend(*turned[:2], mask=turned[2], domain=domain)
        np.testing.assert_array_equal(found, expected)
        assert found.flags.c_contiguous


def test_threads_change_nothing(photos, monkeypatch) -> None:
    image, source, mask = pieces(photos, np.float32)
    cut_small_images(monkeypatch)
    results = []
    for n in (1, 2, 8):
        with threads_of(n):
            results.append(imgproc.poisson_blend(image, source, mask=mask).tobytes())
    assert len(set(results)) == 1


def test_refusals(photos) -> None:
    image, source, mask = pieces(photos)
    bad = source.copy()
    bad[0, 0] = np.nan
    for error, message, args, kwargs in (
        (ValueError, "source must have the shape of image", (image, source[:-1]), {"mask": mask}),
        (ValueError, "source must have the dtype of image", (image, source.astype("f4")), {"mask": mask}),
        (ValueError, "source must be finite", (image, bad), {"mask": mask}),
        (TypeError, "mask must be a numpy array of bool, got None", (image, source), {"mask": None}),
        (TypeError, "hole must be bool", (image, source), {"mask": mask, "hole": mask * 1}),
        (ValueError, "hole must have the", (image, source), {"mask": mask, "hole": np.zeros((2, 2), bool)}),
        (ValueError, "domain must be one of", (image, source), {"mask": mask, "domain": "all"}),
    ):
        with pytest.raises(error, match=message):
            imgproc.poisson_blend(*args, **kwargs)
