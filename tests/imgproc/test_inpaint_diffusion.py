"""Diffusion against a dense solver, scikit-image and SciPy; removing objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.vocabulary import DTYPES
from oracles import inpaint as naive
from scipy import sparse
from scipy.sparse.linalg import spsolve
from skimage.restoration import inpaint_biharmonic

import imgproc

ORDERS = ("harmonic", "biharmonic")


def holes(shape: tuple[int, ...]) -> dict[str, np.ndarray]:
    h, w = shape[:2]
    y, x = np.indices((h, w))
    return {
        "disc": np.hypot(y - h / 2, x - w / 3) < h / 5,
        "corner": (y < h / 4) & (x < w / 5),
        "border": x >= w - 3,
        "scratches": (y + 2 * x) % 17 < 2,
        "dots": np.random.default_rng(1).random((h, w)) < 0.3,
        "most": (y != h // 2) | (x % 7 != 2),
        "one": (y == 3) & (x == 4),
    }


HOLES = tuple(holes((9, 9)))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("hole", HOLES)
def test_as_the_dense_solution(hole: str, order: str, rng: np.random.Generator) -> None:
    image = rng.random((15, 19, 2))
    mask = holes(image.shape)[hole]
    expected = naive.inpaint_diffusion(image, mask, order=order)
    result = imgproc.inpaint_diffusion(image, mask, order=order)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-8)
    assert (result[~mask] == image[~mask]).all()


@pytest.mark.parametrize("hole", HOLES)
def test_biharmonic_as_scikit_image(hole: str, photo: np.ndarray) -> None:
    image = photo / 255
    mask = holes(image.shape)[hole]
    if hole == "most":
        mask[::3] = False
    expected = inpaint_biharmonic(np.where(mask[..., None], 0.5, image), mask, channel_axis=2)
    known = image[~mask]
    result = np.clip(imgproc.inpaint_diffusion(image, mask, order="biharmonic"), known.min(0), known.max(0))
    np.testing.assert_allclose(result, np.clip(expected, known.min(0), known.max(0)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("order", ORDERS)
def test_as_a_sparse_solution_made_of_products(order: str, photo: np.ndarray) -> None:
    """The Laplacian as a Kronecker sum, solved by SciPy."""
    image = photo[..., 0].astype(np.float64)
    h, w = image.shape

    def chain(n: int) -> Any:
        step = sparse.diags_array([-np.ones(n - 1), np.ones(n - 1)], offsets=[0, 1], shape=(n - 1, n))
        return step.T @ step

    laplacian = sparse.kron(chain(h), sparse.eye_array(w)) + sparse.kron(sparse.eye_array(h), chain(w))
    matrix = (laplacian @ laplacian if order == "biharmonic" else laplacian).tocsr()
    for mask in holes(image.shape).values():
        inside, outside = np.flatnonzero(mask), np.flatnonzero(~mask)
        rows = matrix[inside]
        expected = spsolve(rows[:, inside].tocsc(), -(rows[:, outside] @ image.ravel()[outside]))
        result = imgproc.inpaint_diffusion(image, mask, order=order)
        np.testing.assert_allclose(result.ravel()[inside], expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("hole", HOLES)
def test_harmonic_stays_within_what_is_around(hole: str, rng: np.random.Generator) -> None:
    for dtype in (np.float32, np.float64):
        image = rng.normal(size=(21, 22)).astype(dtype)
        mask = holes(image.shape)[hole]
        result = imgproc.inpaint_diffusion(image, mask)
        assert result.min() >= image[~mask].min()
        assert result.max() <= image[~mask].max()
        flat = imgproc.inpaint_diffusion(np.full_like(image, 0.1), mask)
        assert (flat == dtype(0.1)).all()


def test_biharmonic_continues_a_slope_and_harmonic_a_level() -> None:
    y, x = np.indices((40, 50))
    mask = np.hypot(y - 20, x - 25) < 9
    slope = 0.25 * y - 0.5 * x + 3
    np.testing.assert_allclose(imgproc.inpaint_diffusion(slope, mask, order="biharmonic"), slope, atol=1e-9)
    np.testing.assert_allclose(imgproc.inpaint_diffusion(slope, mask), slope, atol=1e-9)
    bowl = (y - 20.0) ** 2 + (x - 25) ** 2
    flat = imgproc.inpaint_diffusion(bowl, mask)
    assert (flat[mask] > bowl[mask]).all()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_integers_round_half_to_even_and_saturate(order: str, dtype: np.dtype) -> None:
    top = 1 if dtype.kind == "f" else np.iinfo(dtype).max
    y, x = np.indices((30, 34))
    image = (np.where((x > 8) & (x < 26), 0.9 + 0.012 * (x % 9), 0.1) * top).astype(dtype)
    mask = (abs(x - 17) < 5) & (abs(y - 15) < 6)
    result = imgproc.inpaint_diffusion(image, mask, order=order)
    expected = imgproc.inpaint_diffusion(image.astype(np.float64), mask, order=order)
    assert result.dtype == dtype
    if dtype.kind == "u":
        np.testing.assert_array_equal(result, np.clip(np.rint(expected), 0, top))
    else:
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-6)


def test_a_half_goes_to_the_even_level() -> None:
    image = np.array([[2, 0, 3], [2, 0, 3], [2, 0, 3]], np.uint8)
    mask = np.zeros((3, 3), bool)
    mask[:, 1] = True
    assert (imgproc.inpaint_diffusion(image, mask)[:, 1] == 2).all()
    assert (imgproc.inpaint_diffusion(image + np.uint8(1), mask)[:, 1] == 4).all()


def test_nan_in_the_hole_is_filled_and_outside_refused(photo: np.ndarray) -> None:
    image = photo.astype(np.float32)
    mask = holes(image.shape)["disc"]
    expected = imgproc.inpaint_diffusion(image, mask)
    image[mask] = np.nan
    np.testing.assert_array_equal(imgproc.inpaint_diffusion(image, mask), expected)
    image[0, 0, 1] = np.nan
    with pytest.raises(ValueError, match=r"^image must be finite outside the mask"):
        imgproc.inpaint_diffusion(image, mask)


def test_refusals(photo: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"^mask must leave at least one pixel to start from"):
        imgproc.inpaint_diffusion(photo, np.ones(photo.shape[:2], bool))
    with pytest.raises(ValueError, match=r"^order must be one of 'harmonic', 'biharmonic'"):
        imgproc.inpaint_diffusion(photo, np.zeros(photo.shape[:2], bool), order="linear")
    with pytest.raises(TypeError, match=r"^mask must be bool \(True = fill\), got uint8: write mask != 0"):
        imgproc.inpaint_diffusion(photo, np.zeros(photo.shape[:2], np.uint8))


def test_a_large_image_with_a_small_hole_takes_no_memory_for_the_rest() -> None:
    import tracemalloc

    image = np.zeros((3000, 3000), np.uint8)
    mask = np.zeros(image.shape, bool)
    mask[1000:1010, 5:15] = True
    imgproc.inpaint_diffusion(image[:50, :50], mask[980:1030, :50], order="biharmonic")
    tracemalloc.start()
    imgproc.inpaint_diffusion(image, mask, order="biharmonic")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * image.nbytes


# --- remove_object ----------------------------------------------------------------------------------------------------


def test_boxes_and_their_mask_are_the_same(photo: np.ndarray) -> None:
    mask = np.zeros(photo.shape[:2], bool)
    mask[10:21, 30:46] = True
    expected = imgproc.remove_object(photo, mask)
    for boxes in ([30, 10, 46, 21], [(30.0, 10.9, 45.1, 20.2)], np.array([[30, 10, 46, 21]], np.float32)):
        np.testing.assert_array_equal(imgproc.remove_object(photo, boxes), expected)
    changed = (expected != photo).any(axis=2)
    wide = np.zeros_like(mask)
    wide[8:23, 28:48] = True
    assert not (changed & ~wide).any()
    assert changed[8, 28:48].any()
    plain = imgproc.inpaint_exemplar(photo, wide, priority="tensor", blend=3)
    np.testing.assert_array_equal(expected, plain)


def test_margin_and_options_reach_the_filling(photo: np.ndarray) -> None:
    box = (30, 10, 46, 21)
    mask = np.zeros(photo.shape[:2], bool)
    mask[10:21, 30:46] = True
    said = []
    result = imgproc.remove_object(
        photo, box, margin=0, patch_size=7, blend=0, progress=lambda *numbers: said.append(numbers)
    )
    np.testing.assert_array_equal(result, imgproc.inpaint_exemplar(photo, mask, priority="tensor", patch_size=7))
    assert said[-1] == (mask.sum(), mask.sum())


def test_an_object_on_a_pattern_is_gone() -> None:
    y, x = np.indices((80, 90))
    image = ((x // 5 + y // 5) % 2 * 200 + 20).astype(np.uint8)
    spoilt = image.copy()
    spoilt[30:52, 33:50] = 99
    np.testing.assert_array_equal(imgproc.remove_object(spoilt, (33, 30, 50, 52)), image)


def test_boxes_partly_outside_and_none_at_all(photo: np.ndarray) -> None:
    a = imgproc.remove_object(photo, (-20, -5, 8.5, 9))
    b = imgproc.remove_object(photo, (0, 0, 9, 9))
    np.testing.assert_array_equal(a, b)
    for nothing in ([], np.zeros((0, 4)), np.zeros(photo.shape[:2], bool)):
        np.testing.assert_array_equal(imgproc.remove_object(photo, nothing), photo)


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        (None, TypeError, r"boxes_or_mask must be numbers of shape \(n, 4\), got None"),
        ("box", TypeError, r"boxes_or_mask must be numbers of shape \(n, 4\), got str"),
        ([1, 2, 3], ValueError, r"boxes_or_mask must have shape \(n, 4\), got \(3,\)"),
        ([[1, 2, 3, np.nan]], ValueError, "boxes_or_mask must be finite"),
        ([[5, 5, 5, 9]], ValueError, r"boxes_or_mask must be \(x0, y0, x1, y1\) with x0 < x1"),
        ([[131, 0, 140, 9]], ValueError, r"boxes_or_mask must lie in the image, 131x97 pixels, got \(131.0"),
        (np.zeros((9, 9), bool), ValueError, r"boxes_or_mask must have the \(h, w\) of image"),
        (np.zeros((97, 131), np.uint8), TypeError, r"boxes_or_mask must be bool as a mask .*got uint8 .*!= 0, or"),
        (np.zeros((97, 131, 3), np.uint8), TypeError, r"boxes_or_mask must be bool as a mask .*\[\.\.\., 0\] != 0"),
        ([0, 0, 131, 97], ValueError, "mask must leave at least one whole patch"),
    ],
)
def test_remove_object_refuses(photo: np.ndarray, what: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        imgproc.remove_object(photo, what)
