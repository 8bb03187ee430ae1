"""What a pass does without rows of levels gives the bytes of the kernels."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from helpers.borders import framed, index_map
from helpers.machine import (
    Geometry,
    Op,
    Stage,
    Whole,
    calls_of,
    is_mixing,
    pixel,
    run,
    run_without_short_cuts,
    small_images_as_large_ones,
)
from helpers.vocabulary import BORDERS

import imgproc

DTYPES = ("uint8", "uint16", "float32", "float64")
SHAPES = ((1, 1), (1, 7), (5, 1), (7, 9, 1), (13, 6, 3), (6, 5, 4), (4, 7, 5), (33, 21, 3))


def _image(shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if dtype[0] == "u":
        image = rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    else:
        image = rng.uniform(-0.5, 1.5, shape).astype(dtype)
        image.flat[:: max(image.size // 3, 1)] = np.nan
    image.flags.writeable = False
    return image


def _agree(monkeypatch: pytest.MonkeyPatch, image: np.ndarray, stages: list[Stage]) -> np.ndarray:
    """Compare; also with strided images, and with an array for the result that has gaps."""
    expected = run_without_short_cuts(monkeypatch, image, stages)
    spread = np.repeat(np.repeat(image, 2, 0), 2, 1)[::2, ::2]
    holes = np.empty((*expected.shape[:-1], 2 * expected.shape[-1]), expected.dtype)[..., ::2]
    results = [run(image, stages), run(spread, stages), run(image, stages, out=holes)]
    results.append(run(image, stages, out=np.empty(expected.shape, expected.dtype)))
    for result in results:
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)
        assert not np.shares_memory(result, image)
    return expected


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Note the calls of a function of the planner of passes."""
    return functools.partial(calls_of, monkeypatch)


# --- rectangles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_painted_rectangles(monkeypatch, watched, shape, dtype) -> None:
    image, (h, w) = _image(shape, dtype), shape[:2]
    channels = shape[2] if len(shape) == 3 else 1
    each = tuple(0.1 + 0.7 * c / channels for c in range(channels))
    rectangles = ((0, 0, h, w // 2), (h // 3, w // 4, h, w), (h // 2, 0, h // 2, w), (0, w // 2, h, w // 2))
    painted = watched("paint")
    # 0.5 / 255 lies half-way between two levels; -1 and 3 saturate, if levels are integers.
    for fill in (0.0, 1.0, 0.5, 0.5 / 255, 1.5 / 255, 0.3, -1.0, 3.0, each):
        _agree(monkeypatch, image, [pixel.erase(rectangles, fill)])
        _agree(monkeypatch, image, [pixel.erase(rectangles[:1], 0.25), pixel.erase(rectangles[1:], fill)])
    _agree(monkeypatch, image, [pixel.erase((), 0.5)])
    assert painted


def test_rectangles_after_whole_pixels_moved(monkeypatch, watched) -> None:
    image = _image((9, 7, 3), "uint8")
    mirrored = Geometry((-1.0, 0.0, 7.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), (9, 7))
    painted = watched("paint")
    expected = _agree(monkeypatch, image, [mirrored, pixel.erase(((1, 2, 4, 7),), (0.1, 0.2, 0.3))])
    assert painted
    assert expected[2, 5].tolist() == [26, 51, 76]
    np.testing.assert_array_equal(expected[5:], image[5:, ::-1])


def test_what_is_not_painted(watched) -> None:
    image, painted = _image((9, 7, 3), "uint8"), watched("paint")
    run(image, [pixel.erase(((1, 2, 4, 7),), None, 3)])
    run(image, [pixel.erase(((1, 2, 4, 7),), 0.5), pixel.invert()])
    run(image, [pixel.erase(((1, 2, 4, 7),), 0.5)], dtype=np.float32)
    run(image, [pixel.erase(((1, 2, 4, 7),), 0.5)], layout="first")
    with pytest.raises(ValueError, match="has 2 values, one a channel, for an image of 3"):
        run(image, [pixel.erase(((1, 2, 4, 7),), (0.5, 0.1))])
    assert not painted


# --- a matrix on bytes ------------------------------------------------------------------------------------------------

SEPIA = ((0.393, 0.769, 0.189, 0.0), (0.349, 0.686, 0.168, 0.0), (0.272, 0.534, 0.131, 0.0))
MATRICES = (
    SEPIA,
    ((0.299, 0.587, 0.114, 0.0),) * 3,
    ((0.5, 0.5, 0.0, 0.0), (0.5, 0.0, 0.0, 0.5 / 255), (0.25, 0.25, 0.5, -1.0 / 255)),  # many ties
    ((2.5, -1.0, 0.3, 0.1), (-3.0, 1.0, 1.0, 0.2), (900.0, -700.0, 1.0, -2.0)),  # saturates at both ends
)


def _mixing() -> bool:
    return is_mixing([pixel.matrix(SEPIA)], _image((2, 2, 3), "uint8"))


@pytest.mark.parametrize("rows", MATRICES)
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 20, 3), (7, 3, 3), (1, 22, 3), (13, 5, 3), (33, 21, 3), (64, 50, 3)])
def test_mixed_bytes(monkeypatch, watched, shape, rows) -> None:
    mixed = watched("mix")
    _agree(monkeypatch, _image(shape, "uint8"), [pixel.matrix(rows)])
    assert bool(mixed) == _mixing()


def test_mixed_bytes_of_all_colours(monkeypatch) -> None:
    levels = np.arange(0, 256, 3, np.uint8)
    image = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(levels.size, -1, 3)
    for rows in MATRICES[:2]:
        np.testing.assert_array_equal(
            run(image, [pixel.matrix(rows)]), run_without_short_cuts(monkeypatch, image, [pixel.matrix(rows)])
        )


def test_mixed_bytes_after_whole_pixels_moved(monkeypatch) -> None:
    image = _image((19, 23, 3), "uint8")
    cropped = Geometry((1.0, 0.0, 4.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0), (11, 17))
    _agree(monkeypatch, image, [cropped, pixel.matrix(SEPIA)])


@pytest.mark.parametrize("threads", [1, 2])
def test_mixed_bytes_in_bands(monkeypatch, threads) -> None:
    image = _image((700, 517, 3), "uint8")
    before = imgproc.get_num_threads()
    imgproc.set_num_threads(threads)
    try:
        for rows in MATRICES:
            expected = run_without_short_cuts(monkeypatch, image, [pixel.matrix(rows)])
            np.testing.assert_array_equal(run(image, [pixel.matrix(rows)]), expected)
    finally:
        imgproc.set_num_threads(before)


def test_what_is_not_mixed(monkeypatch, watched) -> None:
    mixed, image = watched("mix"), _image((5, 8, 3), "uint8")
    _agree(monkeypatch, image, [pixel.matrix(SEPIA[:1])])
    _agree(monkeypatch, image, [pixel.matrix(((1e9, 0.0, 0.0, 0.0), *SEPIA[1:]))])
    _agree(monkeypatch, image, [pixel.matrix(SEPIA), pixel.invert()])
    _agree(monkeypatch, _image((5, 8, 3), "uint16"), [pixel.matrix(SEPIA)])
    _agree(monkeypatch, _image((5, 8, 3), "float32"), [pixel.matrix(SEPIA)])
    assert not mixed


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 43, 3), (13, 17, 3)])
def test_permuted_bytes(monkeypatch, watched, shape, order) -> None:
    mixed, image = watched("mix"), _image(shape, "uint8")
    expected = _agree(monkeypatch, image, [pixel.permute(order)])
    np.testing.assert_array_equal(expected, image[..., list(order)])
    assert bool(mixed) == _mixing()
    for other in ("uint16", "float32"):
        _agree(monkeypatch, _image(shape, other), [pixel.permute(order)])


# --- levels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_negatives(monkeypatch, watched, shape, dtype) -> None:
    inverted, image = watched("invert"), _image(shape, dtype)
    expected = _agree(monkeypatch, image, [pixel.invert()])
    mirrored = Geometry((1.0, 0.0, 0.0, 0.0, -1.0, float(shape[0]), 0.0, 0.0, 1.0), shape[:2])
    np.testing.assert_array_equal(_agree(monkeypatch, image, [mirrored, pixel.invert()]), expected[::-1])
    assert bool(inverted) == (dtype[0] == "u")


LEVELS = (
    pixel.affine(1.3, -0.1),
    pixel.affine((0.5, 1.0, 2.0), (0.5, 0.0, -0.25)),
    pixel.invert(),
    pixel.gamma(0.6, 1.1),
    pixel.log(0.9),
    pixel.sigmoid(0.4, 7.0),
    pixel.posterize((1.0, 3.0, 8.0)),
    pixel.solarize(0.5),
    pixel.threshold((0.2, 0.4, 0.6)),
    pixel.curve(np.linspace(0.0, 1.0, 257) ** 2),
    pixel.curve(np.array(((0.0, 1.0), (1.0, 0.0), (0.2, 0.7)))),
    pixel.table(np.arange(256, dtype=np.uint8)[::-1] // 2),
    pixel.table(np.arange(768).reshape(3, 256).astype(np.uint8) // 3),
)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 43, 3), (16, 40, 3), (23, 31, 3)])
def test_tables_of_bytes(monkeypatch, shape) -> None:
    image = _image(shape, "uint8")
    for op in LEVELS:
        _agree(monkeypatch, image, [op])
        _agree(monkeypatch, image, [op, pixel.affine(0.9, 0.02)])
    for size in (63, 64, 511, 512, 513, 640, 1535):  # whole vectors, and what is left of them
        grey = _image((1, size), "uint8")
        _agree(monkeypatch, grey, [LEVELS[0]])
        _agree(monkeypatch, _image((1, size, 3), "uint8"), [LEVELS[1]])


# --- frames -----------------------------------------------------------------------------------------------------------

SIDES = ((0, 0, 0, 0), (1, 2, 3, 0), (5, 0, 0, 9), (23, 31, 18, 40), (-1, 3, 2, -1), (4, -2, -3, 19), (-2, -2, -1, -1))


def _padding(shape: tuple[int, ...], sides: tuple[int, ...], border: str, fill: object = 0.3) -> Geometry:
    top, bottom, left, right = sides
    pull = (1.0, 0.0, float(-left), 0.0, 1.0, float(-top), 0.0, 0.0, 1.0)
    return Geometry(pull, (shape[0] + top + bottom, shape[1] + left + right), border, fill)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [*SHAPES, (3, 4, 130)])
def test_framed(shape, dtype, border) -> None:
    image, channels = _image(shape, dtype), shape[2] if len(shape) == 3 else 1
    values = _image((channels,), "uint8", 1).tolist()
    for sides in SIDES:
        top, bottom, left, right = sides
        rows, columns = index_map(shape[0], top, bottom, border), index_map(shape[1], left, right, border)
        if min(rows.size, columns.size) == 0:
            continue
        expected = image[rows][:, columns].copy()
        expected[rows < 0] = expected[:, columns < 0] = values if len(shape) == 3 else values[0]
        out = np.zeros(expected.shape, dtype)
        assert framed(image, sides, border, values, out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 8), (6, 5, 3), (4, 7, 5)])
def test_padding(monkeypatch, watched, shape, dtype, border) -> None:
    image, seen = _image(shape, dtype), watched("_padded")
    fills = (0.3, tuple(np.linspace(0.0, 1.0, shape[2]).tolist())) if len(shape) == 3 else (0.3,)
    for sides, fill in itertools.product(SIDES, fills):
        stage = _padding(shape, sides, border, fill)
        if min(stage.size) > 0:
            _agree(monkeypatch, image, [stage])
    assert seen


@pytest.mark.parametrize("border", BORDERS)
def test_padding_before_operations(monkeypatch, border) -> None:
    image, noise = _image((9, 6, 3), "uint8"), pixel.gaussian_noise(0.1, 5)
    padding, again = _padding((9, 6), (2, 11, 7, 1), border), _padding((22, 14), (3, 2, 1, 4), border)
    mirrored = Geometry((-1.0, 0.0, 6.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0), (9, 6))
    cropped = Geometry((1.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0, 1.0), (5, 4))
    programs: tuple[list[Stage], ...] = (
        [padding, pixel.invert()],
        [padding, noise],
        [padding, pixel.matrix(SEPIA)],
        [padding, pixel.erase(((1, 1, 15, 12),), 0.5)],
        [padding, again],
        [mirrored, padding, again],
        [padding, cropped, pixel.invert()],
        [cropped, _padding((5, 4), (2, 3, 4, 1), border)],
        [cropped, mirrored._replace(size=(5, 4)), _padding((5, 4), (2, 3, 4, 1), border), noise],
    )
    for stages in programs:
        _agree(monkeypatch, image, stages)
    last: list[Op] = [pixel.normalize(0.5, 0.25)]
    for ops in ([], last):
        for options in ({}, {"layout": "first"}, {"dtype": np.dtype(np.float64)}, {"dtype": np.float16}):
            expected = run_without_short_cuts(monkeypatch, image, [padding, *ops], **options)
            result = run(image, [padding, *ops], **options)
            assert result.dtype == expected.dtype
            np.testing.assert_array_equal(result, expected)


def test_fills_of_a_frame() -> None:
    image = _image((4, 5, 3), "uint8")
    with pytest.raises(ValueError, match="fill must be one level or 3, one a channel, got 2"):
        run(image, [_padding((4, 5), (1, 1, 1, 1), "constant", (0.1, 0.2))])
    run(image, [_padding((4, 5), (1, 1, 1, 1), "reflect", (0.1, 0.2))])  # where no fill shows, none has to fit


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_a_frame_without_the_image(monkeypatch, dtype) -> None:
    image = _image((4, 5, 3), dtype)
    for x, y in ((0, 9), (9, 0), (-8, 1), (2, -8), (20, 20)):
        stage = Geometry((1.0, 0.0, float(x), 0.0, 1.0, float(y), 0.0, 0.0, 1.0), (6, 7), "constant", (0.1, 0.2, 0.3))
        expected = _agree(monkeypatch, image, [stage])
        assert (expected == expected[0, 0]).all()


# --- nearest pixels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_nearest_pixels_move_as_they_are(monkeypatch, watched, shape, dtype) -> None:
    image, calls = _image(shape, dtype), watched("run_nearest")
    small_images_as_large_ones(monkeypatch)
    grid = np.random.default_rng(4).uniform(-3, 3, (3, 4, 2)).astype(np.float32)
    for border in BORDERS:
        turned = Geometry((0.8, 0.35, -1.5, -0.4, 0.9, 2.3, 1e-3, -2e-3, 1.0), (19, 23), border, 0.3, "nearest")
        moved = Geometry((1.0, 0.0, 0.3, 0.0, 1.0, 0.2, 0.0, 0.0, 1.0), (19, 23), border, 0.3, "nearest", grid=grid)
        before = len(calls)
        _agree(monkeypatch, image, [turned])
        _agree(monkeypatch, image, [moved])
        assert len(calls) > before


# --- new images -------------------------------------------------------------------------------------------------------


def test_a_new_image_is_the_result_and_the_given_one_never() -> None:
    image = _image((9, 6, 3), "uint8")
    made: list[np.ndarray] = []

    def filtered(given: np.ndarray) -> np.ndarray:
        made.append(given // 2)
        return made[-1]

    assert run(image, [Whole(filtered)]) is made[-1]
    assert run(image, [Whole(filtered)], layout="first").shape == (3, 9, 6)
    assert run(image, [Whole(filtered)], dtype=np.float32).dtype == np.float32
    out = np.empty(image.shape, np.uint8)
    assert run(image, [Whole(filtered)], out=out) is out
    for lazy in (lambda given: given, lambda given: given[:], lambda given: given[::-1]):
        result = run(image, [Whole(lazy)])
        np.testing.assert_array_equal(result, lazy(image))
        assert not np.shares_memory(result, image)
        assert result.flags.c_contiguous
        assert result.flags.writeable
