"""The pixel operations of a program: each against its definition, tables, noise by counter, and what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.machine import Erase, Op, pack, pixel, run, tabulated
from helpers.threads import cut_small_images, threads_of
from helpers.vocabulary import DTYPES
from hypothesis import given
from hypothesis import strategies as st
from oracles import point as naive
from oracles.plain import full_scale, to_dtype
from test_point import assert_levels, textured

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)
INTEGERS = [np.uint8, np.uint16]
STREAM = (1 << 51) + 12345

SAMPLES = np.linspace(0, 1, 257) ** 2
MATRIX = [[0.7, 0.2, 0.1, 0.05], [-0.1, 1.2, 0.0, 0.0], [0.3, 0.3, 0.3, -0.1]]

DEFINED: list[tuple[Op, Callable[[np.ndarray], np.ndarray]]] = [
    (pixel.affine(1.3, -0.1), lambda v: naive.fractions(v) * 1.3 - 0.1),
    (pixel.affine((1.3, 0.5, -1.0), (0.0, 0.1, 1.0)), lambda v: naive.fractions(v) * [1.3, 0.5, -1] + [0, 0.1, 1]),
    (pixel.affine(1.0, (0.1, -0.1, 0.2)), lambda v: naive.fractions(v) + np.array([0.1, -0.1, 0.2])),
    (pixel.gamma((0.5, 1.5, 3.0)), lambda v: naive.fractions(v) ** [0.5, 1.5, 3.0]),
    (pixel.log(0.9), lambda v: naive.adjust_log(v, gain=0.9)),
    (pixel.sigmoid(0.4, 8.0), lambda v: naive.adjust_sigmoid(v, cutoff=0.4, gain=8)),
    (pixel.posterize((1, 3, 5)), lambda v: np.stack([naive.posterize(v[..., c], bits=1 + 2 * c) for c in range(3)], 2)),
    (pixel.solarize(0.3), lambda v: naive.solarize(v, threshold=0.3)),
    (pixel.threshold(0.6, "truncate"), lambda v: naive.threshold(v, level=0.6, method="truncate")),
    (pixel.invert(), naive.invert),
    (pixel.curve(SAMPLES), lambda v: naive.curve(v, SAMPLES)),
    (
        pixel.curve([SAMPLES, 1 - SAMPLES, SAMPLES]),
        lambda v: np.stack([naive.curve(v[..., c], 1 - SAMPLES if c == 1 else SAMPLES) for c in range(3)], 2),
    ),
    (pixel.matrix(MATRIX), lambda v: naive.matrix(v, MATRIX)),
    (pixel.density(MATRIX), lambda v: naive.density(v, MATRIX)),
    (pixel.hsv(), naive.fractions),
    (pixel.hsv(0.07, 1.2, -0.05, 0.9, 0.03), lambda v: naive.hsv(v, 0.07, 1.2, -0.05, 0.9, 0.03)),
    (pixel.hsv(-0.6, 0.3), lambda v: naive.hsv(v, -0.6, 0.3)),
    (pixel.hsv(3.25, 1.0, 0.4), lambda v: naive.hsv(v, 3.25, 1.0, 0.4)),
    (pixel.permute((2, 0, 1)), lambda v: naive.fractions(v)[..., [2, 0, 1]]),
    (pixel.light("linear", 0.3, -0.5, 0.02, 0.03), lambda v: naive.light(v, "linear", 0.3, -0.5, 0.02, 0.03)),
    (pixel.light("corner", -0.4, 70.0, 0.0, 0.01), lambda v: naive.light(v, "corner", -0.4, 70.0, 0.0, 0.01)),
    (pixel.light("gaussian", 0.5, 4.5, 2.0, 0.03), lambda v: naive.light(v, "gaussian", 0.5, 4.5, 2.0, 0.03)),
    (
        pixel.erase([(1, 2, 4, 7), (0, 0, 1, 1)], (0.1, 0.2, 0.3)),
        lambda v: naive.erase(v, [(1, 2, 4, 7), (0, 0, 1, 1)], (0.1, 0.2, 0.3)),
    ),
]


@pytest.mark.nojit
@every_dtype
@pytest.mark.parametrize(("op", "definition"), DEFINED, ids=lambda v: getattr(v, "label", ""))
def test_definition(op: Op, definition: Callable[[np.ndarray], np.ndarray], dtype: np.dtype) -> None:
    image = example_image(dtype, (5, 9), 3)
    exact = definition(image)
    if op.label == "hsv" and dtype == np.float32:
        np.testing.assert_allclose(run(image, [op]), exact, atol=3e-6)
    else:
        assert_levels(run(image, [op]), exact)


@every_dtype
@pytest.mark.parametrize(("op", "definition"), DEFINED, ids=lambda v: getattr(v, "label", ""))
def test_definition_on_more_levels(op: Op, definition: Callable[[np.ndarray], np.ndarray], dtype: np.dtype) -> None:
    image = textured(dtype)
    image[3] = image[3, :, :1]  # grey
    image[4, :, 1] = image[4, :, 0]  # two channels alike
    exact = definition(image)
    if op.label == "hsv" and dtype == np.float32:
        np.testing.assert_allclose(run(image, [op]), exact, atol=3e-6)
    else:
        assert_levels(run(image, [op]), exact)


@every_dtype
def test_one_row_of_a_matrix_leaves_one_channel(dtype: np.dtype) -> None:
    image = textured(dtype)
    row = [0.3, 0.5, 0.1, 0.05]
    found = run(image, [pixel.matrix([row]), pixel.affine(0.5), pixel.gamma(2.0)])
    assert found.shape == (*image.shape[:2], 1)
    step = to_dtype(naive.matrix(image, [row]) * full_scale(dtype), dtype)
    step = to_dtype(naive.adjust_brightness(step, factor=0.5) * full_scale(dtype), dtype)
    assert np.abs(found - naive.adjust_gamma(step, gamma=2) * full_scale(dtype)).max() <= (
        1.1 if dtype.kind == "u" else 1e-6
    )


@pytest.mark.nojit
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 5])
def test_tables(dtype: type, channels: int | None, rng: np.random.Generator) -> None:
    n = full_scale(dtype) + 1
    for shape in ((7, 9), (3, 75), (1, 1)):
        image = example_image(dtype, shape, channels)
        one = rng.integers(0, n, n).astype(dtype)
        each = rng.integers(0, n, (channels or 1, n)).astype(dtype)
        for table in (one, each):
            np.testing.assert_array_equal(run(image, [pixel.table(table)]), naive.lookup(image, table=table))
        twice = run(image, [pixel.table(one), pixel.table(each)])
        np.testing.assert_array_equal(twice, naive.lookup(naive.lookup(image, table=one), table=each))


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_every_order_of_channels(n: int) -> None:
    image = example_image(np.uint8, (5, 7), n)
    for order in itertools.permutations(range(n)):
        np.testing.assert_array_equal(run(image, [pixel.permute(order)]), image[..., list(order)])


@every_dtype
def test_normalize_is_not_rounded_and_gives_floats(dtype: np.dtype) -> None:
    image = textured(dtype)
    op = pixel.normalize((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
    found = run(image, [pixel.invert(), op])
    assert found.dtype == (np.float64 if dtype == np.float64 else np.float32)
    exact = (1 - naive.fractions(image) - [0.4, 0.5, 0.6]) / [0.2, 0.25, 0.3]
    np.testing.assert_allclose(found, exact, atol=3e-6)
    for mean, std in ((0.4, (0.2, 0.25, 0.3)), ((0.4, 0.5, 0.6), 0.2), (0.4, 0.2)):
        exact = (naive.fractions(image) - mean) / std
        np.testing.assert_allclose(run(image, [pixel.normalize(mean, std)]), exact, atol=3e-6)


# --- programs ---------------------------------------------------------------------------------------------------------

TABLE = np.arange(256, dtype=np.uint8)[::-1] // 2
CHAINABLE: list[Op] = [
    pixel.affine(1.2, -0.05),
    pixel.affine((0.9, 1.0, 1.1), 0.02),
    pixel.gamma(0.7),
    pixel.log(1.0),
    pixel.sigmoid(0.5, 5.0),
    pixel.posterize(4),
    pixel.solarize(0.6),
    pixel.threshold(0.2, "to_zero"),
    pixel.invert(),
    pixel.curve(SAMPLES),
    pixel.matrix(MATRIX),
    pixel.hsv(0.1, 1.1),
    pixel.permute((1, 2, 0)),
    pixel.gaussian_noise(0.05, 7),
    pixel.speckle(0.1, 8),
    pixel.poisson_noise(40.0, 9),
    pixel.iso_noise(0.1, 0.4, 10),
    pixel.salt_and_pepper(0.1, 0.5, 11),
    pixel.pixel_dropout(0.1, 0.5, 12),
    pixel.erase([(3, 5, 20, 30)], None, 13),
]


@given(st.lists(st.sampled_from(CHAINABLE), min_size=1, max_size=7), st.sampled_from(DTYPES))
def test_a_program_gives_what_its_operations_give_one_by_one(ops: list[Op], dtype: np.dtype) -> None:
    image = textured(dtype)
    step = image
    for op in ops:
        step = run(step, [op])
    np.testing.assert_array_equal(run(image, ops), step)


@given(st.lists(st.sampled_from([*CHAINABLE[:10], pixel.table(TABLE)]), min_size=1, max_size=6), st.booleans())
def test_operations_on_bytes_as_one_table(ops: list[Op], grey: bool) -> None:
    if grey:
        ops = [op for op in ops if not any(type(p) is tuple for p in op.params)] or [pixel.invert()]
    image = textured(np.uint8, None if grey else 3)
    tables = tabulated(ops, 1 if grey else 3)
    assert tables is not None
    np.testing.assert_array_equal(naive.lookup(image, table=tables if len(tables) > 1 else tables[0]), run(image, ops))


def test_operations_that_no_table_can_replace() -> None:
    assert tabulated([], 3) is None
    for op in CHAINABLE[10:]:
        assert tabulated([pixel.invert(), op], 3) is None
    alike = tabulated([pixel.invert(), pixel.gamma(2.0)], 3)
    assert alike is not None
    assert alike.shape == (1, 256)


def tables_of(ops: list[Op], dtype: Any, channels: int = 3) -> list[tuple[int, int, int]]:
    """(first operation, operation after the run, table) of each table."""
    plan = pack(ops, channels, dtype).operations.ops
    return [(k, k + run, table) for k, (*_, run, table) in enumerate(plan.tolist()) if table >= 0]


def test_where_tables_stand_for_operations() -> None:
    cheap, slow, mixing = pixel.affine(1.1), pixel.gamma(2.0), pixel.hsv(0.1)
    assert tables_of([cheap], np.uint8) == [(0, 1, 0)]
    assert tables_of([mixing, cheap], np.uint8) == []
    assert tables_of([slow], np.uint8) == [(0, 1, 0)]
    assert tables_of([cheap, cheap], np.uint8) == [(0, 2, 0)]
    assert tables_of([cheap, mixing, cheap], np.uint8) == []
    assert tables_of([cheap, cheap, mixing, slow, cheap, cheap], np.uint8) == [(0, 2, 0), (3, 6, 1)]
    assert tables_of([pixel.table(TABLE), mixing, pixel.table(TABLE), cheap], np.uint8) == [(0, 1, 0), (2, 4, 2)]
    for dtype in (np.uint16, np.float32, np.float64):
        assert tables_of([cheap, slow, cheap], dtype) == []


def test_a_program_says_what_comes_out() -> None:
    program = pack([pixel.matrix([MATRIX[0]]), pixel.normalize(0.5, 0.5)], 3, np.uint8)
    assert (program.channels, program.normalized) == (1, True)
    program = pack([pixel.invert()], 5, np.float32)
    assert (program.channels, program.normalized) == (5, False)
    program = pack([], 2, np.uint8)
    assert (program.channels, program.normalized, len(program.operations.ops)) == (2, False, 0)


# --- NaN and infinity -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("op", CHAINABLE[:17], ids=lambda op: op.label)
def test_nan_stays_in_its_pixel(op: Op, dtype: str) -> None:
    image = textured(dtype)
    image[5, 6, 1] = image[40, 52] = np.nan
    found = np.isnan(run(image, [op]))
    assert found[40, 52].all()
    assert found[5, 6].any()
    found[5, 6] = found[40, 52] = False
    assert not found.any()


@pytest.mark.parametrize("op", CHAINABLE, ids=lambda op: op.label)
def test_infinity_stays_in_its_pixel(op: Op) -> None:
    image = textured(np.float32)
    image[5, 6, 1], image[40, 52] = np.inf, -np.inf
    expected, found = run(textured(np.float32), [op]), run(image, [op])
    found[5, 6], found[40, 52] = expected[5, 6], expected[40, 52]
    np.testing.assert_array_equal(found, expected)


# --- noise ------------------------------------------------------------------------------------------------------------

PLACED: list[Op] = CHAINABLE[13:19]

KNOWN = {
    "gaussian_noise": [131, 127, 132, 120, 143, 152, 126, 132, 133, 144, 108, 97, 137, 125, 132],
    "speckle": [138, 134, 125, 110, 143, 118, 130, 131, 142, 122, 158, 130, 118, 103, 147],
    "poisson_noise": [108, 178, 76, 191, 147, 134, 128, 121, 153, 96, 76, 102, 96, 108, 128],
    "iso_noise": [117, 130, 135, 142, 122, 138, 122, 133, 114, 143, 133, 130, 124, 126, 128],
    "salt_and_pepper": [128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128],
    "pixel_dropout": [128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128],
}


def grey(level: float, size: int = 1024, channels: int = 3) -> np.ndarray:
    return np.full((size, size, channels), level, np.float32)


def deviates(size: int = 1024, **options: Any) -> np.ndarray:
    return run(grey(0.5, size), [pixel.gaussian_noise(0.125, options.pop("stream", STREAM), **options)]) * 8 - 4


@pytest.mark.parametrize("op", PLACED, ids=lambda op: op.label)
def test_noise_depends_on_stream_and_place_alone(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    image = textured(np.uint8, 3, (61, 83))
    found = run(image, [op])
    assert (found != image).any()
    np.testing.assert_array_equal(run(image.reshape(1, -1, 3), [op]).reshape(image.shape), found)
    cut_small_images(monkeypatch)
    for n in (2, 5):
        with threads_of(n):
            np.testing.assert_array_equal(run(image, [op]), found)
    other = run(image, [op._replace(params=(op.params[0] + 1, *op.params[1:]))])
    assert (other != found).mean() > 0.02


@pytest.mark.nojit
def test_noise_of_a_tiny_image() -> None:
    """The same without compilation: known bytes."""
    image = np.full((3, 5, 3), 128, np.uint8)
    found = {op.label: run(image, [op])[..., 0].ravel().tolist() for op in PLACED}
    assert found == KNOWN


def test_gaussian_noise_is_normal() -> None:
    from scipy import stats

    for stream in (0, 1, 77, STREAM):
        z = deviates(stream=stream).astype(np.float64)
        n = z.size
        assert abs(z.mean()) < 5 / np.sqrt(n)
        assert abs(z.std() - 1) < 5 / np.sqrt(2 * n) + 3e-4
        assert abs(stats.skew(z.ravel())) < 5 * np.sqrt(6 / n)
        assert abs(stats.kurtosis(z.ravel())) < 0.02
        assert 4.5 < np.abs(z).max() < 6
        assert stats.kstest(z[..., 0].ravel(), "norm").pvalue > 1e-3
        for limit in (2, 3, 4):
            expected = 2 * stats.norm.sf(limit) * n
            assert abs((np.abs(z) > limit).sum() - expected) < 6 * np.sqrt(expected) + 0.05 * expected


def test_gaussian_noise_has_no_pattern() -> None:
    z = deviates()
    n = 1 << 20
    for c in range(3):
        plane = z[..., c]
        spectrum = np.abs(np.fft.rfft2(plane))[:, 1:-1] ** 2 / n
        assert spectrum.max() < 22  # an exponential law: exp(-22) of half a million
        for squared in (plane, plane**2 - 1):
            for lag in ((0, 1), (0, 2), (1, 0), (1, 1), (0, 512), (512, 0), (3, 5)):
                correlation = (squared * np.roll(squared, lag, (0, 1))).mean() / squared.var()
                assert abs(correlation) < 5 / np.sqrt(n), (c, lag)


def test_channels_and_streams_are_independent() -> None:
    planes = [*np.moveaxis(deviates(), 2, 0), deviates(stream=STREAM + 1)[..., 0], deviates(stream=1)[..., 0]]
    flat = np.stack([p.ravel() for p in planes])
    for values in (flat, flat**2):
        correlations = np.corrcoef(values) - np.eye(len(values))
        assert np.abs(correlations).max() < 5 / 1024


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_parameters_of_gaussian_noise_and_speckle(dtype: str) -> None:
    top = full_scale(dtype)
    image = np.full((512, 512, 3), 0.5 * top).astype(dtype)
    base = image[0, 0, 0] / top
    found = run(image, [pixel.gaussian_noise(0.05, 3, mean=0.1)]) / top
    np.testing.assert_allclose((found.mean(), found.std()), (base + 0.1, 0.05), atol=4e-4)
    found = run(image, [pixel.speckle(0.1, 3)]) / top
    np.testing.assert_allclose((found.mean(), found.std()), (base, 0.1 * base), atol=4e-4)
    for op in (pixel.gaussian_noise(0.05, 3, per_channel=False), pixel.speckle(0.05, 3, per_channel=False)):
        found = run(image, [op])
        assert (np.ptp(found, axis=2) == 0).all()
        assert found.std() > 0.01 * top
    np.testing.assert_array_equal(run(image, [pixel.gaussian_noise(0.0, 3)]), image)


@pytest.mark.parametrize("mean", [0.02, 0.5, 2.0, 3.9, 4.1, 6.0, 20.0, 300.0])
def test_poisson_noise_has_poissons_law(mean: float) -> None:
    from scipy import stats

    peak = mean / 0.5
    counts = np.rint(run(grey(0.5, 768), [pixel.poisson_noise(peak, STREAM)]).astype(np.float64) * peak).ravel()
    n = counts.size
    assert abs(counts.mean() - mean) < 5 * np.sqrt(mean / n) + 2e-3 * min(mean, 1)
    assert abs(counts.var() / mean - 1) < 5 * np.sqrt((2 + 1 / mean) / n) + 2e-3
    seen = np.bincount(counts.astype(int)) / n
    law = stats.poisson.pmf(np.arange(seen.size), mean)
    noise = np.sqrt(law / n).sum() / 2
    assert np.abs(seen - law).sum() / 2 < 2 * noise + (3e-3 if mean >= 4 else 3e-5)


def test_poisson_noise_of_mixed_levels() -> None:
    """Chunks that hold small and large means, black, and levels below 0."""
    image = np.tile(np.linspace(-0.1, 1, 64, dtype=np.float32), (4096, 1))
    found = run(image, [pixel.poisson_noise(10.0, 5)])
    exact = np.maximum(image[0], 0)
    assert (found[:, exact == 0] == 0).all()
    np.testing.assert_allclose(found * 10, np.rint(found * 10), atol=1e-5)
    np.testing.assert_allclose(found.mean(0), exact, atol=5 * np.sqrt(0.1 / 4096))
    np.testing.assert_allclose(found.var(0), exact / 10, atol=0.012)


def test_iso_noise() -> None:
    image = grey(0.25, 512)
    found = run(image, [pixel.iso_noise(0.2, 0.5, STREAM)])
    assert np.ptp(found, axis=2).max() < 1e-6  # the hue of grey does not show
    np.testing.assert_allclose(found.mean(), 0.25, atol=1e-3)
    np.testing.assert_allclose(found.std(), 0.1 * 0.5 * np.sqrt(0.25), rtol=0.01)
    red = grey(0.2, 512)
    red[..., 0] = 0.8
    found = run(red, [pixel.iso_noise(0.02, 1.0, STREAM)])
    hue = imgproc.rgb_to_hsv(found)[..., 0]
    hue = (hue + 0.5) % 1 - 0.5
    np.testing.assert_allclose((hue.mean(), hue.std()), (0, 0.02), atol=3e-4)
    np.testing.assert_allclose(run(red, [pixel.iso_noise(0.5, 0.0, 1)]), red, atol=1e-6)


@every_dtype
def test_salt_and_pepper(dtype: np.dtype) -> None:
    image = np.full((512, 512, 3), 0.5 * full_scale(dtype)).astype(dtype)
    found = run(image, [pixel.salt_and_pepper(0.2, 0.3, STREAM)])
    assert (found == found[..., :1]).all()
    np.testing.assert_allclose((found[..., 0] == full_scale(dtype)).mean(), 0.06, atol=0.003)
    np.testing.assert_allclose((found[..., 0] == 0).mean(), 0.14, atol=0.004)
    for amount, salt, expected in ((0.0, 0.5, image), (1.0, 1.0, np.full_like(image, full_scale(dtype)))):
        np.testing.assert_array_equal(run(image, [pixel.salt_and_pepper(amount, salt, 1)]), expected)
    np.testing.assert_array_equal(run(image, [pixel.salt_and_pepper(1.0, 0.0, 1)]), np.zeros_like(image))


@every_dtype
def test_pixel_dropout(dtype: np.dtype) -> None:
    top = full_scale(dtype)
    image = np.full((512, 512, 3), 0.5 * top).astype(dtype)
    fill = to_dtype(np.array([0.1, 0.2, 0.9]) * top, dtype)
    found = run(image, [pixel.pixel_dropout(0.1, (0.1, 0.2, 0.9), STREAM)])
    dropped = (found != image).any(axis=2)
    assert (found[dropped] == fill).all()
    np.testing.assert_allclose(dropped.mean(), 0.1, atol=0.004)
    found = run(image, [pixel.pixel_dropout(0.1, 0.0, STREAM, per_channel=True)]) == 0
    np.testing.assert_allclose(found.mean((0, 1)), 0.1, atol=0.004)
    np.testing.assert_allclose(found.all(axis=2).mean(), 0.001, atol=0.0005)
    np.testing.assert_array_equal(run(image, [pixel.pixel_dropout(1.0, 0.0, 1)]), np.zeros_like(image))
    np.testing.assert_array_equal(run(image, [pixel.pixel_dropout(0.0, 0.0, 1)]), image)


# --- erasing ----------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1700), st.integers(0, 12), st.integers(0, 1700)), max_size=6),
    st.sampled_from([(12, 40), (3, 1700), (1, 1024)]),
)
def test_erase(corners: list[tuple[int, int, int, int]], size: tuple[int, int]) -> None:
    h, w = size
    rectangles = [(min(a, c, h), min(b, d, w), min(max(a, c), h), min(max(b, d), w)) for a, b, c, d in corners]
    image = textured(np.uint8, 3, (64, 64)).reshape(-1, 3)[: h * w].repeat(2, 0)[: h * w].reshape(h, w, 3).copy()
    exact = naive.erase(image, rectangles, (0.2, 0.4, 0.6))
    np.testing.assert_array_equal(
        run(image, [Erase(tuple(rectangles), (0.2, 0.4, 0.6))]), to_dtype(exact * 255, np.uint8)
    )
    found = run(image, [pixel.erase(rectangles, None, 4)])
    outside = naive.erase(np.zeros((h, w), np.uint8), rectangles, 1.0) == 0
    np.testing.assert_array_equal(found[outside], image[outside])


@every_dtype
def test_erase_by_noise(dtype: np.dtype) -> None:
    from scipy import stats

    image = np.zeros((300, 300, 3), dtype)
    found = run(image, [pixel.erase([(20, 30, 280, 290)], None, STREAM)])[20:280, 30:290]
    top = full_scale(dtype)
    if dtype.kind == "u":
        counts = np.bincount(found.ravel() >> (8 * (dtype.itemsize - 1)), minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-4
    else:
        assert stats.kstest(found.ravel(), "uniform").pvalue > 1e-4
    correlations = np.corrcoef(found.reshape(-1, 3).T.astype(np.float64)) - np.eye(3)
    assert np.abs(correlations).max() < 0.02
    assert found.max() <= top
    assert (run(image, [pixel.erase([(20, 30, 280, 290)], None, 5)])[20:280, 30:290] != found).mean() > 0.9


# --- refusals ---------------------------------------------------------------------------------------------------------

REFUSED: list[tuple[list[Op], int, Any, str]] = [
    ([pixel.hsv(0.1)], 1, np.uint8, "hsv needs an RGB image, got 1 channels"),
    ([pixel.hsv(0.1)._replace(label="HueShift")], 4, np.uint8, "HueShift needs an RGB image, got 4 channels"),
    ([pixel.matrix(MATRIX)], 2, np.float32, "matrix needs an RGB image, got 2"),
    ([pixel.iso_noise(0.1, 0.1, 1)], 1, np.uint8, "iso_noise needs an RGB image"),
    ([pixel.matrix(MATRIX[:1]), pixel.hsv()], 3, np.uint8, "hsv needs an RGB image, got 1"),
    ([pixel.affine((1.0, 2.0))], 3, np.uint8, "affine has 2 values, one a channel, for an image of 3"),
    ([pixel.normalize((0.5, 0.5, 0.5), 1.0)], 1, np.uint8, "normalize has 3 values"),
    ([pixel.permute((1, 0))], 3, np.uint8, "permute orders 2 channels, got an image of 3"),
    ([pixel.table(TABLE)], 3, np.float32, "table needs an integer image, got float32"),
    ([pixel.table(TABLE)], 3, np.uint16, r"table must be uint16 of 65536 levels.*, got uint8 \(256,\)"),
    ([pixel.table(TABLE[:9])], 1, np.uint8, r"table must be uint8 of 256 levels.*, got uint8 \(9,\)"),
    ([pixel.table(np.stack([TABLE] * 2))], 3, np.uint8, r"table must be .* 3 rows of them, got uint8 \(2, 256\)"),
    ([pixel.curve(SAMPLES[:1])], 3, np.uint8, r"curve must have 2 samples or more, .* got \(1,\)"),
    ([pixel.curve([SAMPLES] * 2)], 3, np.uint8, r"curve must have .* 3 rows of them, got \(2, 257\)"),
    ([pixel.pixel_dropout(0.1, (0.1, 0.2), 1)], 3, np.uint8, "pixel_dropout has 2 values"),
    ([pixel.erase([(0, 0, 1, 1)], (0.1, 0.2))], 3, np.uint8, "erase has 2 values"),
]


@pytest.mark.parametrize(
    ("ops", "channels", "dtype", "message"), REFUSED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_does_not_fit_is_refused(ops: list[Op], channels: int, dtype: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pack(ops, channels, dtype)
    with pytest.raises(ValueError, match=message):
        run(example_image(dtype, (5, 7), channels), ops)


def test_normalize_ends_a_pass() -> None:
    normalized, image = [pixel.normalize(0.5, 0.5)], example_image(np.uint8, (5, 7), 3)
    for after in (pixel.invert(), Erase(((0, 0, 2, 3),), 0.25)):
        with pytest.raises(ValueError, match="normalize must come last"):
            pack([*normalized, pixel.invert()], 3, np.uint8)
        result = run(image, [*normalized, after])
        np.testing.assert_array_equal(result, run(run(image, normalized), [after]))
        assert result.dtype == np.float32


def test_constructors_refuse_what_no_image_fits() -> None:
    with pytest.raises(ValueError, match=r"matrix must have 1 or 3 rows of 4, got \[4, 4\]"):
        pixel.matrix(MATRIX[:2])
    with pytest.raises(ValueError, match=r"matrix must have 1 or 3 rows of 4, got \[3\]"):
        pixel.matrix([[1, 2, 3]])
    with pytest.raises(ValueError, match=r"order must hold each channel once, got \(0, 0, 1\)"):
        pixel.permute((0, 0, 1))
    with pytest.raises(ValueError, match=r"method must be one of 'binary', .*, got 'otsu'"):
        pixel.threshold(0.5, "otsu")


def test_an_operation_that_changes_nothing_is_refused_where_it_does_not_fit() -> None:
    """On integers it is left out of the program, but not out of the checks."""
    with pytest.raises(ValueError, match="normalize must come last, got affine after it"):
        pack([pixel.normalize(0.5, 0.5), pixel.affine(1.0, 0.0)], 3, np.uint8)
    assert len(pack([pixel.affine(1.0, 0.0), pixel.hsv(0.1)], 3, np.uint8).operations.ops) == 1
