"""Cuts of the grid against SciPy's maximum flow; seams against trying all of them."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import scene as naive_scene

import imgproc


def scipy_flow(source, sink, right, down) -> int:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    h, w = source.shape
    number = np.arange(h * w).reshape(h, w)
    starts, ends, values = [], [], []
    for a, b, capacity in (
        (number[:, :-1], number[:, 1:], right),
        (number[:, 1:], number[:, :-1], right),
        (number[:-1], number[1:], down),
        (number[1:], number[:-1], down),
        (np.full_like(number, h * w), number, source),
        (number, np.full_like(number, h * w + 1), sink),
    ):
        starts.append(a.ravel())
        ends.append(b.ravel())
        values.append(capacity.ravel())
    places = (np.concatenate(starts), np.concatenate(ends))
    graph = csr_array((np.concatenate(values).astype(np.int32), places), shape=(h * w + 2,) * 2)
    graph.eliminate_zeros()
    return maximum_flow(graph, h * w, h * w + 1).flow_value


def random_grid(rng, shape, top, density):
    h, w = shape
    source, sink = (rng.integers(0, top, shape) * (rng.random(shape) < density) for _ in range(2))
    return source, sink, rng.integers(0, top, (h, max(w - 1, 0))), rng.integers(0, top, (max(h - 1, 0), w))


@pytest.mark.parametrize("top", [2, 10, 1000, 100_000])
@pytest.mark.parametrize("density", [0.02, 0.3, 1.0])
def test_flow_is_scipys_and_the_cut_a_true_one(rng, top, density) -> None:
    for shape in [(1, 1), (1, 7), (7, 1), (2, 2), (20, 20), (20, 20), (13, 31)]:
        source, sink, right, down = random_grid(rng, shape, top, density)
        inside, flow = imgproc.grid_cut(source, sink, right=right, down=down)
        assert inside.dtype == bool
        assert flow == scipy_flow(source, sink, right, down)
        assert naive_scene.cut_capacity(inside, source, sink, right, down) == flow


def test_flow_through_a_long_channel_and_with_terminals_beyond_32_bits() -> None:
    source, sink = np.zeros((2, 1, 60), np.int64)
    source[0, 0], sink[0, -1] = 1 << 40, 1 << 40
    right = np.full((1, 59), (1 << 30) - 1)
    right[0, 31] = 5
    inside, flow = imgproc.grid_cut(source, sink, right=right, down=np.zeros((0, 60), int))
    assert flow == 5
    assert inside[0].sum() == 32
    right[0, 31] = (1 << 30) - 1
    inside, flow = imgproc.grid_cut(source, sink, right=right, down=np.zeros((0, 60), int))
    assert flow == (1 << 30) - 1
    assert inside[0].sum() == 1, "of equal cuts the one with the fewest pixels"


def test_structured_grids(photos, rng) -> None:
    """Noise is easy; real edges make trees that are cut off again and again."""
    photo = photos("camera")[::8, ::8].astype(np.int64)
    right, down = np.abs(np.diff(photo, axis=1)), np.abs(np.diff(photo, axis=0))
    source, sink = np.zeros((2, *photo.shape), np.int64)
    source[20:40, 20:40], sink[[0, -1]], sink[:, [0, -1]] = 10_000, 10_000, 10_000
    inside, flow = imgproc.grid_cut(source, sink, right=right, down=down)
    assert flow == scipy_flow(source, sink, right, down)
    assert naive_scene.cut_capacity(inside, source, sink, right, down) == flow
    assert inside[20:40, 20:40].all()


def test_empty_grid() -> None:
    inside, flow = imgproc.grid_cut(*np.zeros((2, 0, 3), int), right=np.zeros((0, 2), int), down=np.zeros((0, 3), int))
    assert inside.shape == (0, 3)
    assert flow == 0


def test_grid_cut_refuses() -> None:
    one, link = np.ones((2, 3), int), {"right": np.ones((2, 2), int), "down": np.ones((1, 3), int)}
    for error, message, args, kwargs in (
        (TypeError, "source must be a numpy array", ([[1]], one), link),
        (TypeError, "sink must be integers, got float64", (one, one * 0.5), link),
        (ValueError, r"sink must have shape \(2, 3\)", (one, one.T), link),
        (ValueError, "right must have shape", (one, one), {**link, "right": one}),
        (ValueError, "down must be from 0 to", (one, one), {**link, "down": -link["down"]}),
        (ValueError, "source must be from 0 to", (one << 41, one), link),
    ):
        with pytest.raises(error, match=message):
            imgproc.grid_cut(*args, **kwargs)


@pytest.mark.parametrize("penalty", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("context", [1, 2])
def test_seam_is_the_best_of_all(rng, penalty, context) -> None:
    for _ in range(6):
        image, source = rng.random((2, 4, 4, 2))
        mask = np.zeros((4, 4), bool)
        mask[1:3, 1:3] = True
        mask[rng.integers(4), rng.integers(4)] = True
        valid = mask | (rng.random((4, 4)) < 0.9)
        options = {"mask": mask, "valid": valid, "context": context, "penalty": penalty}
        ours = imgproc.graph_cut_seam(image, source, **options)
        best = naive_scene.graph_cut_seam(image, source, **options)
        mine, theirs = (naive_scene.seam_energy(image, source, taken, **options) for taken in (ours, best))
        assert abs(mine - theirs) < 1e-5


def test_seam_of_a_copy_with_another_brightness_is_the_hole(photos) -> None:
    image = photos("astronaut")[100:180, 100:200]
    mask = np.zeros(image.shape[:2], bool)
    mask[30:50, 30:60] = True
    flat = image // 2
    np.testing.assert_array_equal(imgproc.graph_cut_seam(flat, flat + np.uint8(40), mask=mask), mask)


def test_seam_leaves_what_differs_roughly_inside(rng) -> None:
    """Image and source agree but for noise around the hole, which the seam takes in."""
    image = rng.random((40, 60), np.float32)
    mask = np.zeros(image.shape, bool)
    mask[15:25, 20:31] = True
    rough = np.zeros_like(mask)
    rough[11:29, 16:35] = True
    source = np.where(rough, rng.random(image.shape, np.float32), image)
    found = imgproc.graph_cut_seam(image, source, mask=mask, context=20)
    assert found[rough].mean() > 0.8
    assert not found[:9].any() and not found[31:].any() and not found[:, :14].any() and not found[:, 37:].any()
    options = {"mask": mask, "context": 20}
    energies = [naive_scene.seam_energy(image[..., None], source[..., None], m, **options) for m in (found, rough)]
    assert energies[0] <= energies[1] + 1e-5


def test_seam_refuses() -> None:
    image, mask = np.zeros((5, 6, 3), np.float32), np.zeros((5, 6), bool)
    mask[2, 2] = True
    bad = image.copy()
    bad[2, 3] = np.nan
    for error, message, args, kwargs in (
        (ValueError, "source must have the shape of image", (image, image[1:]), {"mask": mask}),
        (ValueError, "source must have the dtype", (image, image.astype("f8")), {"mask": mask}),
        (ValueError, "source must be finite", (image, bad), {"mask": mask}),
        (ValueError, "image must be finite", (bad, image), {"mask": mask}),
        (ValueError, "valid must hold the hole", (image, image), {"mask": mask, "valid": ~mask}),
        (ValueError, "context must be >= 1", (image, image), {"mask": mask, "context": 0}),
        (ValueError, "penalty must be <= 1", (image, image), {"mask": mask, "penalty": 2}),
        (ValueError, "mask must select", (image, image), {"mask": ~mask & mask}),
    ):
        with pytest.raises(error, match=message):
            imgproc.graph_cut_seam(*args, **kwargs)
