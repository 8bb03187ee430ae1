"""Kernels of users in the passes of chains: the vignette of the guide against NumPy, in every way a chain can run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

import augment as A
import imgproc
from augment.testing import check_transform


@A.row_operation
def vignette(row, y, x, params):
    strength, height, width = params
    kind = row.dtype.type
    v = (y + 0.5) / height - 0.5
    for i in range(row.size):
        u = (x + i + 0.5) / width - 0.5
        row[i] *= kind(1.0 - strength * 2.0 * (u * u + v * v))


@A.row_operation(name="bend")
def bent(row, params):
    kind = row.dtype.type
    for i in range(row.size):
        row[i] = row[i] * (kind(1.0) + kind(params[0]) * (kind(1.0) - row[i]))


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Vignette(A.Transform):
    """Darken towards the corners."""

    strength: tuple[float, float] = (0.2, 0.8)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keep_range("strength", at_least=0, at_most=1)

    def draw(self, rng: A.Draws, frame: A.Frame) -> dict[str, Any]:
        return {"strength": rng.uniform(*self.strength)}

    def lower(self, params: dict[str, Any], frame: A.Frame) -> list[A.stages.Stage]:
        return [vignette(params["strength"], frame.height, frame.width)]


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Bend(A.Transform):
    amount: float | tuple[float, ...] = 0.5

    def lower(self, params: dict[str, Any], frame: A.Frame) -> list[A.stages.Stage]:
        return [bent(self.amount)]


def image_of(dtype: Any, shape: tuple[int, ...] = (37, 53, 3)) -> np.ndarray:
    top = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    return (np.random.default_rng(7).random(shape) * top).astype(dtype)


def with_numpy(image: np.ndarray, function: Callable[..., np.ndarray]) -> np.ndarray:
    """A function of levels from 0 to 1, in the floats that rows have."""
    work = np.float64 if image.dtype == np.float64 else np.float32
    if image.dtype.kind == "f":
        return function(image, work)
    top = np.iinfo(image.dtype).max
    levels = function(image.astype(work) * work(1 / top), work) * work(top)
    return np.rint(levels.clip(0, top)).astype(image.dtype)


def darkened(image: np.ndarray, strength: float) -> np.ndarray:
    h, w = image.shape[:2]
    v, u = (np.arange(h)[:, None] + 0.5) / h - 0.5, (np.arange(w) + 0.5) / w - 0.5
    gain = 1.0 - strength * 2.0 * (u * u + v * v)
    gain = gain if image.ndim == 2 else gain[..., None]
    return with_numpy(image, lambda levels, work: levels * gain.astype(work))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(37, 53, 3), (40, 50), (3, 1400, 1)])
def test_the_vignette_is_that_of_numpy(dtype: Any, shape: tuple[int, ...]) -> None:
    image = image_of(dtype, shape)
    expected = darkened(image, 0.75)
    assert (expected != image).mean() > 0.8
    for fuse in (True, False):
        chain = A.Compose([_Vignette(strength=(0.75, 0.75), p=1)], fuse=fuse)
        np.testing.assert_array_equal(chain(image=image, key=1)["image"], expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_it_fuses_and_compiles_with_its_neighbours(dtype: Any) -> None:
    transforms = [A.Affine(p=1, rotate=20), A.Gamma(p=1), _Vignette(p=0.7), _Bend(p=1), A.GaussianNoise(p=1)]
    image = image_of(dtype)
    chain, stepwise = A.Compose(transforms, seed=3), A.Compose(transforms, seed=3, fuse=False)
    assert chain.explain(image.shape).count("pass ") == 1
    expected = [stepwise(image=image, key=key)["image"] for key in range(8)]
    for _ in range(2):  # and again, as a whole
        for key in range(8):
            np.testing.assert_array_equal(chain(image=image, key=key)["image"], expected[key])
    np.testing.assert_array_equal(chain.batch([image] * 8, keys=range(8), workers=3)["images"], expected)
    flat = A.Compose([A.HorizontalFlip(), _Vignette(), _Bend(amount=(0.5, 0.1, -0.5), p=1)], seed=3)
    plain = A.Compose(flat.transforms, seed=3, fuse=False)
    assert flat._chain.compiled.find(image.shape, image.dtype, 99) is not None
    for key in range(6):
        found = flat(image=image, key=key)["image"]
        np.testing.assert_array_equal(found, plain(image=image, key=key)["image"])


def test_pixels_do_not_move_after_it_in_its_pass() -> None:
    image = image_of(np.uint8)
    chain = A.Compose([_Vignette(strength=(1, 1), p=1), A.Crop((20, 30), p=1)])
    assert chain.explain(image.shape).count("pass ") == 2
    top, left = chain.draw(5, image.shape)["steps"][1]["params"]["place"]
    expected = darkened(image, 1.0)[top : top + 20, left : left + 30]
    np.testing.assert_array_equal(chain(image=image, key=5)["image"], expected)
    assert A.Compose([_Bend(p=1), A.HorizontalFlip(p=1)]).explain(image.shape).count("pass ") == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_levels_by_themselves_and_parameters_for_each_channel(dtype: Any) -> None:
    image = image_of(dtype)

    def bend(levels: np.ndarray, work: Any) -> np.ndarray:
        return levels * (work(1) + np.array((0.5, 0.0, -0.25), work) * (work(1) - levels))

    found = _Bend(amount=(0.5, 0.0, -0.25), p=1)(image=image)["image"]
    np.testing.assert_array_equal(found, with_numpy(image, bend))
    assert _Bend(p=1)(image=image[..., 0])["image"].shape == image.shape[:2]
    with pytest.raises(ValueError, match="bend has 3 values, one a channel, for an image of 2"):
        _Bend(amount=(0.5, 0.0, 0.1), p=1)(image=image[..., :2].copy())


def test_all_laws() -> None:
    check_transform(_Vignette())
    check_transform(_Bend())


def test_it_runs_in_any_number_of_threads() -> None:
    image = image_of(np.uint8, (700, 900, 3))
    before = imgproc.get_num_threads()
    try:
        found = []
        for count in (1, 2, 5):
            imgproc.set_num_threads(count)
            found.append(A.Compose([A.Rotate(p=1), _Vignette(p=1)])(image=image, key=2)["image"])
    finally:
        imgproc.set_num_threads(before)
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)


def test_the_function_itself_runs_as_python() -> None:
    row = np.full(10, 0.5)
    vignette.function(row, 0, 0, (0.5, 20, 10))
    assert row.argmax() in (4, 5)
    assert vignette.name == "vignette"
    assert bent.name == "bend"
    assert repr(bent) == "<operation bend>"


def test_what_is_no_row_operation_is_refused() -> None:
    for wrong in (lambda row: None, lambda row, y, params: None, lambda row, *params: None, lambda row, params=1: None):
        with pytest.raises(
            TypeError, match=r"function must have the parameters \(row, params\) or \(row, y, x, params"
        ):
            A.row_operation(wrong)
    thing: Any
    for thing in (3, np.sqrt, A.HorizontalFlip):
        with pytest.raises(TypeError, match="function must be a function in Python"):
            A.row_operation(thing)
    thing = 3
    with pytest.raises(TypeError, match="name must be a string"):
        A.row_operation(name=thing)
    for thing in ("a", None, [1.0], np.ones(3)):
        with pytest.raises(TypeError, match="parameter 0 of vignette must be a number, or a tuple"):
            vignette(thing, 3, 4)


def test_what_numba_cannot_compile_is_said_so() -> None:
    def helper(value: float) -> float:
        return value

    @A.row_operation
    def broken(row, params):
        row[0] = helper(row[0])

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        def lower(self, params: Any, frame: Any) -> Any:
            return [broken()]

    if numba.config.DISABLE_JIT:
        pytest.skip("nothing is compiled")
    with pytest.raises(
        TypeError, match=r"broken cannot be compiled by Numba; functions that it calls need @numba\.njit"
    ):
        _Own(p=1)(image=image_of(np.float32))


PROGRAM = """
import dataclasses

import numba
import numpy as np

import augment

GAIN = {gain}

@numba.njit
def helper(v):
    return v {helper} 0.25

@augment.row_operation
def gained(row, y, x, params):
    for i in range(row.size):
        row[i] = GAIN * helper(row[i]) + params[0] * y

@dataclasses.dataclass(frozen=True, kw_only=True)
class Gained(augment.Transform):
    def lower(self, params, frame):
        return [gained(0.125)]

image = np.full((2, 3), 0.5, np.float32)
print(Gained(p=1)(image=image)["image"][:, 0].tolist())
"""


def test_kernels_of_a_notebook_are_kept_and_renewed(run_python: Callable[..., str]) -> None:
    """Of `__main__` and no file: what the function reads is part of it, a constant and another function too."""
    for gain, helper, expected in ((1.0, "+", 0.75), (2.0, "+", 1.5), (2.0, "-", 0.5), (1.0, "+", 0.75)):
        cell = PROGRAM.format(gain=gain, helper=helper)
        assert run_python(f"exec(compile({cell!r}, '<cell 1>', 'exec'))") == str([expected, expected + 0.125])


def test_a_function_that_reads_other_parameters_or_returns_is_refused_at_its_first_use() -> None:
    """Compiled code would read what stands behind the parameters, or leave the row as it is, and say nothing."""

    @A.row_operation
    def one(row, params):
        (factor,) = params
        for i in range(row.size):
            row[i] *= factor

    @A.row_operation
    def third(row, y, x, params):
        row[0] = params[2]

    @A.row_operation
    def returns(row, params):
        return row * params[0]

    assert one(0.5).params == (0.5,)
    with pytest.raises(ValueError, match=r"one takes other parameters, got 2: too many values to unpack"):
        one(0.5, 3)
    with pytest.raises(ValueError, match=r"third reads params\[2\], got 2 parameters"):
        third(1, 2)
    with pytest.raises(TypeError, match=r"returns must change the row in place, .* and return nothing, got array"):
        returns(2)
