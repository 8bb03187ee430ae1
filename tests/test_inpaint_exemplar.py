"""Exemplar-based inpainting against its oracle: the same patches in the same order, to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import naive_inpaint as naive
import numpy as np
import pytest

import imgproc
from imgproc import _threads
from imgproc._check import DTYPES
from imgproc._examples import example_image
from imgproc.inpaint import exemplar

PRIORITIES = ("criminisi", "regularized", "tensor")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = _threads._num_threads
    imgproc.set_num_threads(1)
    yield
    _threads._num_threads = before


def ellipse(shape: tuple[int, ...], center: tuple[float, float], axes: tuple[float, float], angle: float) -> np.ndarray:
    y, x = np.indices(shape[:2])
    a = np.deg2rad(angle)
    u, v = x - center[0], y - center[1]
    return ((u * np.cos(a) + v * np.sin(a)) / axes[0]) ** 2 + ((v * np.cos(a) - u * np.sin(a)) / axes[1]) ** 2 <= 1


def block(shape: tuple[int, ...], y: slice, x: slice) -> np.ndarray:
    mask = np.zeros(shape[:2], bool)
    mask[y, x] = True
    return mask


HOLES: dict[str, Callable[[tuple[int, ...]], np.ndarray]] = {
    "ellipse": lambda shape: ellipse(shape, (22, 20), (11, 7), 20),
    "corner": lambda shape: block(shape, slice(0, 9), slice(0, 13)),
    "right border": lambda shape: block(shape, slice(10, 25), slice(shape[1] - 7, None)),
    "scratches": lambda shape: np.isin(np.indices(shape[:2]).sum(axis=0), (30, 31, 52)),
    "islands": lambda shape: block(shape, slice(5, 9), slice(5, 9)) | block(shape, slice(30, 38), slice(31, 33)),
    "dots": lambda shape: np.random.default_rng(3).random(shape[:2]) < 0.01,
}


def kinds(photo: np.ndarray) -> dict[str, np.ndarray]:
    crop = np.ascontiguousarray(photo[30:76, 40:92])
    grey = crop[..., 1]
    noise = np.random.default_rng(5).integers(0, 256, grey.shape, np.uint8)
    return {
        "RGB": crop,
        "grey": grey,
        "16 bits": grey.astype(np.uint16) * 201 + 77,
        "float": (crop / 300).astype(np.float32) - np.float32(0.1),
        "five channels": np.dstack([crop, crop[..., :2] // 3]),
        "noise": noise,
        "few levels": noise // 100 * 50,
        "flat": np.full_like(noise, 7),
        "flat float": np.full(noise.shape, -2.5),
    }


def ours(image: np.ndarray, mask: np.ndarray, monkeypatch: pytest.MonkeyPatch, **options: Any) -> tuple[Any, ...]:
    """The result, the map, and the sequence of targets and sources."""
    states = []
    made = exemplar.new_state

    def new_state(*args: Any) -> Any:
        states.append(made(*args))
        return states[-1]

    monkeypatch.setattr(exemplar, "new_state", new_state)
    image.flags.writeable = False
    result, sources = imgproc.inpaint_exemplar(image, mask, search="exact", return_map=True, **options)
    state = states[0]
    trace = state.trace[:, : state.numbers[exemplar.PATCHES]]
    width = mask.shape[1]
    return result, sources, [tuple(divmod(int(i), width) for i in pair) for pair in trace.T]


def assert_equal_to_the_oracle(image: np.ndarray, mask: np.ndarray, patch: pytest.MonkeyPatch, **options: Any) -> None:
    result, sources, sequence = ours(image, mask, patch, **options)
    expected, expected_sources, expected_sequence = naive.inpaint_exemplar(image, mask, **options)
    assert sequence == expected_sequence
    np.testing.assert_array_equal(sources, expected_sources)
    assert result.dtype == image.dtype
    assert result.tobytes() == expected.tobytes()
    filled = sources[mask]
    assert (result[mask] == image[filled[:, 0], filled[:, 1]]).all()
    assert not mask[filled[:, 0], filled[:, 1]].any()


@pytest.mark.parametrize("priority", PRIORITIES)
@pytest.mark.parametrize("hole", HOLES)
def test_the_same_patches_as_the_oracle(
    photo: np.ndarray, hole: str, priority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = kinds(photo)["RGB"]
    assert_equal_to_the_oracle(image, HOLES[hole](image.shape), monkeypatch, priority=priority)


@pytest.mark.parametrize("kind", kinds(np.zeros((97, 131, 3), np.uint8)))
@pytest.mark.parametrize("color", ["lab", "per_channel"])
def test_every_kind_of_image(photo: np.ndarray, kind: str, color: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = kinds(photo)[kind]
    for hole in ("ellipse", "corner"):
        assert_equal_to_the_oracle(image, HOLES[hole](image.shape), monkeypatch, color=color, patch_size=7)


@pytest.mark.parametrize("patch_size", [3, 5, 13, 17])
@pytest.mark.parametrize("priority", PRIORITIES)
def test_every_patch_size(photo: np.ndarray, patch_size: int, priority: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = kinds(photo)["RGB"]
    mask = HOLES["ellipse"](image.shape)
    mask[:26] = False  # leaves patches of 17
    assert_equal_to_the_oracle(image, mask, monkeypatch, patch_size=patch_size, priority=priority)


def test_a_source_mask(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    image = kinds(photo)["RGB"]
    mask = HOLES["ellipse"](image.shape)
    source = block(image.shape, slice(28, 46), slice(5, 45))
    assert_equal_to_the_oracle(image, mask, monkeypatch, source_mask=source, patch_size=7)
    _, sources = imgproc.inpaint_exemplar(image, mask, source_mask=source, patch_size=7, return_map=True)
    assert source[tuple(sources[mask].T)].all()


@pytest.mark.parametrize("seed", range(12))
def test_random_small_cases(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(16, 90, 2))
    image = rng.integers(0, 4, (*shape, rng.integers(1, 4)), np.uint8) * np.uint8(60)  # full of ties
    image = image.repeat(2, axis=0)[: shape[0]]
    mask = np.zeros(shape, bool)
    y, x = rng.integers(0, shape[0] - 8), rng.integers(0, shape[1] - 8)
    mask[y : y + rng.integers(1, 12), x : x + rng.integers(1, 12)] = True
    assert_equal_to_the_oracle(image, mask, monkeypatch, priority=PRIORITIES[seed % 3], patch_size=5)
