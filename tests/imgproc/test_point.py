"""Point operations against definitions in float64, scikit-image, OpenCV, Pillow, SciPy and albumentations."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.vocabulary import DTYPES
from hypothesis import given
from hypothesis import strategies as st
from oracles import point as naive
from oracles.plain import full_scale

import imgproc

every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("adjust_brightness", {"factor": 1.3, "shift": -0.1}),
    ("adjust_brightness", {"shift": 0.2}),
    ("adjust_contrast", {"factor": 1.7}),
    ("adjust_contrast", {"factor": 0.4, "center": 0.2}),
    ("adjust_contrast", {"factor": 2.2, "center": "mean"}),
    ("adjust_gamma", {"gamma": 2.2}),
    ("adjust_gamma", {"gamma": 0.4, "gain": 0.9}),
    ("adjust_gamma", {"gamma": 1.0}),
    ("adjust_log", {}),
    ("adjust_log", {"gain": 0.8, "inverse": True}),
    ("adjust_sigmoid", {}),
    ("adjust_sigmoid", {"cutoff": 0.3, "gain": 6.0, "inverse": True}),
    ("invert", {}),
    ("posterize", {"bits": 1}),
    ("posterize", {"bits": 3}),
    ("posterize", {"bits": 8}),
    ("posterize", {"bits": 11}),
    ("solarize", {}),
    ("solarize", {"threshold": 0.7}),
    *(
        ("threshold", {"level": 0.4, "method": m})
        for m in ("binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse")
    ),
    ("bit_plane", {"bit": 0}),
    ("bit_plane", {"bit": 7}),
]


def textured(dtype: Any, channels: int | None = 3, size: tuple[int, int] = (41, 53)) -> np.ndarray:
    """Every level that the ends of the scale make special, and others at random."""
    generator = np.random.default_rng(5)
    shape = size if channels is None else (*size, channels)
    v = generator.random(shape)
    v[0], v[1], v[2, :20] = 0.0, 1.0, 0.5
    if np.dtype(dtype).kind == "f":
        return v.astype(dtype)
    return np.rint(v * full_scale(dtype)).astype(dtype)


def assert_levels(found: np.ndarray, exact: np.ndarray, what: str = "") -> None:
    """Within rounding of exact levels, given as fractions of full scale."""
    top = full_scale(found.dtype)
    exact = exact * top
    if found.dtype.kind == "u":
        exact = np.clip(exact, 0, top)
    allowed = {"uint8": 0.5001, "uint16": 0.52, "float32": 4e-7, "float64": 1e-14}[str(found.dtype)]
    error = np.abs(found - exact) / np.maximum(1, np.abs(exact) if top == 1 else 1)
    assert error.max(initial=0) <= allowed, f"{what}: off by {error.max()}"


@pytest.mark.nojit
@every_dtype
@pytest.mark.parametrize(("name", "options"), SETTINGS, ids=str)
def test_definition(name: str, options: dict[str, Any], dtype: np.dtype) -> None:
    for channels in (None, 1, 3, 4):
        image = example_image(dtype, (5, 9), channels)
        found = getattr(imgproc, name)(image, **options)
        assert_levels(found, getattr(naive, name)(image, **options), f"{channels} channels")


@every_dtype
@pytest.mark.parametrize(("name", "options"), SETTINGS, ids=str)
def test_definition_on_all_levels(name: str, options: dict[str, Any], dtype: np.dtype) -> None:
    image = textured(dtype)
    assert_levels(getattr(imgproc, name)(image, **options), getattr(naive, name)(image, **options))
    if dtype.kind == "u":
        ramp = np.arange(full_scale(dtype) + 1, dtype=dtype).reshape(16, -1)
        assert_levels(getattr(imgproc, name)(ramp, **options), getattr(naive, name)(ramp, **options))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("name", "options"), SETTINGS, ids=str)
def test_floats_beyond_the_scale(name: str, options: dict[str, Any], dtype: str) -> None:
    image = np.linspace(-3, 4, 35 * 9).astype(dtype).reshape(9, 35)
    with imgproc.trust_levels():
        assert_levels(getattr(imgproc, name)(image, **options), getattr(naive, name)(image, **options))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_infinity(dtype: str) -> None:
    image = np.array([[np.inf, -np.inf]], dtype)
    expected: list[tuple[np.ndarray, list[float]]] = [
        (imgproc.adjust_brightness(image, factor=2.0, shift=1.0), [np.inf, -np.inf]),
        (imgproc.adjust_gamma(image, gamma=0.5), [np.inf, 0]),
        (imgproc.adjust_log(image), [np.inf, 0]),
        (imgproc.adjust_log(image, inverse=True), [np.inf, 0]),
        (imgproc.adjust_sigmoid(image), [1, 0]),
        (imgproc.invert(image), [-np.inf, np.inf]),
        (imgproc.posterize(image, bits=2), [0.75, 0]),
        (imgproc.threshold(image), [1, 0]),
        (imgproc.threshold(image, method="truncate"), [0.5, -np.inf]),
        (imgproc.lookup(image, table=np.array([0.25, 0.5], dtype)), [0.5, 0.25]),
        (imgproc.tone_curve(image, points=[(0, 0.1), (1, 0.8)]), [0.8, 0.1]),
    ]
    for found, wanted in expected:
        np.testing.assert_allclose(found[0], wanted, rtol=1e-6)


@pytest.mark.parametrize("gamma", [0.1, 0.45, 1.0, 2.2, 10.0])
def test_gamma_of_float32_is_accurate_down_to_the_smallest_levels(gamma: float) -> None:
    image = np.geomspace(1e-37, 1e6, 4096, dtype=np.float32).reshape(64, 64)
    exact = image.astype(np.float64) ** gamma
    with imgproc.trust_levels():
        found = imgproc.adjust_gamma(image, gamma=gamma)
    sane = (exact > 1e-37) & (exact < 2.0**127)  # from there on, half of the largest float32, it may be infinite
    np.testing.assert_allclose(found[sane], exact[sane], rtol=4e-5)
    unit = image <= 1
    assert np.abs(found[unit] - exact[unit]).max() < 3e-7


# --- referees ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_scikit_image(dtype: str) -> None:
    from skimage import exposure

    image = textured(dtype)
    # scikit-image cuts off where we round; its uint8 gamma truncates a table of float64.
    allowed = 1 if image.dtype.kind == "u" else 4e-7
    for found, wanted in [
        (imgproc.adjust_gamma(image, gamma=1.7, gain=0.9), exposure.adjust_gamma(image, 1.7, 0.9)),
        (imgproc.adjust_log(image, gain=0.9), exposure.adjust_log(image, 0.9)),
        (imgproc.adjust_log(image, inverse=True), exposure.adjust_log(image, 1, True)),
        (imgproc.adjust_sigmoid(image, cutoff=0.4, gain=7), exposure.adjust_sigmoid(image, 0.4, 7)),
        (imgproc.adjust_sigmoid(image, inverse=True), exposure.adjust_sigmoid(image, inv=True)),
    ]:
        assert found.dtype == image.dtype
        assert np.abs(found.astype(np.float64) - wanted).max() <= allowed


def test_opencv_lut(photo: np.ndarray, rng: np.random.Generator) -> None:
    import cv2

    one, three = rng.integers(0, 256, 256, dtype=np.uint8), rng.integers(0, 256, (3, 256), dtype=np.uint8)
    np.testing.assert_array_equal(imgproc.lookup(photo, table=one), cv2.LUT(photo, one))
    np.testing.assert_array_equal(imgproc.lookup(photo, table=three), cv2.LUT(photo, three.T[np.newaxis].copy()))
    for dtype in (np.uint16, np.float32, np.float64):
        table = (one * 3).astype(dtype)
        found = imgproc.lookup(photo, table=table)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, cv2.LUT(photo, table))


def test_opencv_threshold(grey_photo: np.ndarray) -> None:
    import cv2

    flags = {
        "binary": cv2.THRESH_BINARY,
        "binary_inverse": cv2.THRESH_BINARY_INV,
        "truncate": cv2.THRESH_TRUNC,
        "to_zero": cv2.THRESH_TOZERO,
        "to_zero_inverse": cv2.THRESH_TOZERO_INV,
    }
    for method, flag in flags.items():
        for dtype in (np.uint8, np.float32):
            top = full_scale(dtype)
            image = grey_photo if dtype == np.uint8 else grey_photo / np.float32(255)
            level = 117 / 255
            wanted = cv2.threshold(image, np.float32(level) if top == 1 else 117, top, flag)[1]
            np.testing.assert_array_equal(imgproc.threshold(image, level=level, method=method), wanted, method)


def test_pillow(photo: np.ndarray) -> None:
    from PIL import Image, ImageEnhance, ImageOps

    pil = Image.fromarray(photo)
    for bits in range(1, 9):
        np.testing.assert_array_equal(imgproc.posterize(photo, bits=bits), ImageOps.posterize(pil, bits))
    for level in (0, 1, 100, 128, 255):
        wanted = ImageOps.solarize(pil, level)
        np.testing.assert_array_equal(imgproc.solarize(photo, threshold=level / 255), wanted)
    np.testing.assert_array_equal(imgproc.invert(photo), ImageOps.invert(pil))
    for factor in (0.4, 1.6):  # Pillow cuts off fractions, and rounds the mean to a level
        wanted = np.asarray(ImageEnhance.Brightness(pil).enhance(factor), np.int16)
        assert np.abs(imgproc.adjust_brightness(photo, factor=factor) - wanted).max() <= 1
        wanted = np.asarray(ImageEnhance.Contrast(pil).enhance(factor), np.int16)
        assert np.abs(imgproc.adjust_contrast(photo, factor=factor, center="mean") - wanted).max() <= 1


def test_albumentations_normalize(photo: np.ndarray) -> None:
    albumentations = pytest.importorskip("albumentations")
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    wanted = albumentations.Normalize(mean, std, p=1)(image=photo)["image"]
    np.testing.assert_allclose(imgproc.normalize(photo, mean=mean, std=std), wanted, atol=1e-6)


@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_monotone_tone_curve_is_scipys_pchip(n: int, rng: np.random.Generator) -> None:
    from scipy.interpolate import PchipInterpolator

    for _ in range(20):
        x, y = np.sort(rng.random(n)) * 0.9 + 0.05, rng.random(n)
        wanted = PchipInterpolator(x, y)(np.clip(np.linspace(0, 1, 65536), x[0], x[-1]))
        ramp = np.arange(65536, dtype=np.uint16).reshape(64, -1)
        found = imgproc.tone_curve(ramp, points=np.stack([x, y], 1))
        assert np.abs(found.ravel() - wanted * 65535).max() <= 0.5001


# --- lookup, tone curve, bit planes -----------------------------------------------------------------------------------


@pytest.mark.nojit
@every_dtype
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 5])
def test_lookup(dtype: np.dtype, channels: int | None, rng: np.random.Generator) -> None:
    image = example_image(dtype, (5, 67), channels)
    n = full_scale(dtype) + 1 if dtype.kind == "u" else 12
    for rows in ((), (channels or 1,)):
        for kind in (dtype, np.float64):
            table = (rng.random((*rows, n)) * (1 if np.dtype(kind).kind == "f" else n - 1)).astype(kind)
            table.flags.writeable = False
            found = imgproc.lookup(image, table=table)
            assert found.dtype == (kind if dtype.kind == "u" else dtype)
            np.testing.assert_allclose(found, naive.lookup(image, table=table), rtol=0, atol=2e-6)


def test_lookup_of_entries_in_foreign_byte_order_and_of_strided_tables(photo: np.ndarray) -> None:
    table = np.arange(512, dtype=">u2")[::2] // 2 * 3
    found = imgproc.lookup(photo, table=table)
    assert found.dtype == np.uint16
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, photo.astype(np.uint16) * 3)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
def test_tone_curve_goes_through_its_points_and_holds_beyond_them(dtype: str) -> None:
    points = [(0.2, 0.1), (0.4, 0.7), (0.8, 0.6)]
    at = np.array([[0.0, 0.1, 0.2, 0.4, 0.8, 0.9, 1.0]])
    top = full_scale(dtype)
    image = (at * top).round().astype(dtype) if top > 1 else at.astype(dtype)
    for interpolation in ("monotone", "linear"):
        found = imgproc.tone_curve(image, points=points, interpolation=interpolation) / top
        np.testing.assert_allclose(found, [[0.1, 0.1, 0.1, 0.7, 0.6, 0.6, 0.6]], atol=0.002)


@every_dtype
def test_linear_tone_curve(dtype: np.dtype) -> None:
    image = textured(dtype)
    points = np.array([(0.0, 1.0), (0.25, 0.0), (0.75, 0.5), (1.0, 0.9)])  # on the samples that floats take
    found = imgproc.tone_curve(image, points=points, interpolation="linear")
    assert_levels(found, np.interp(naive.fractions(image), *points.T))


def test_tone_curves_a_channel(photo: np.ndarray) -> None:
    curves = [[(0, 0), (1, 1)], [(0, 1), (1, 0)], [(0, 0.5), (0.5, 0.2), (1, 0.5)]]
    for image in (photo, photo / np.float32(255)):
        found = imgproc.tone_curve(image, points=curves)
        for c, points in enumerate(curves):
            np.testing.assert_array_equal(found[..., c], imgproc.tone_curve(image[..., c].copy(), points=points))


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=8, unique=True).map(sorted),
    st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_monotone_tone_curve_never_leaves_the_range_of_its_neighbours(x: list[float], y: list[float]) -> None:
    points = np.stack([x, y[: len(x)]], 1)
    if (np.diff(x) < 1e-6).any():
        return
    ramp = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    found = imgproc.tone_curve(ramp, points=points).ravel() / 65535
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        part = found[int(np.ceil(x0 * 65535)) : int(x1 * 65535) + 1]
        assert part.size == 0 or (part.min() >= min(y0, y1) - 1e-5 and part.max() <= max(y0, y1) + 1e-5)
        if y0 <= y1:
            assert (np.diff(part) >= 0).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bit_planes_add_up_to_the_image(dtype: type) -> None:
    image = textured(dtype)
    planes = [(imgproc.bit_plane(image, bit=bit) > 0).astype(np.int64) << bit for bit in range(8 * image.itemsize)]
    np.testing.assert_array_equal(sum(planes), image)


# --- normalize --------------------------------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("channels", [None, 1, 3, 4])
def test_normalize(dtype: np.dtype, channels: int | None) -> None:
    image = textured(dtype, channels)
    kind = np.float64 if dtype == np.float64 else np.float32
    for mean, std in ((0.4, 0.2), (np.linspace(0.2, 0.6, channels or 1), tuple(np.linspace(0.1, 0.3, channels or 1)))):
        exact = naive.normalize(image, mean=mean, std=std)
        found = imgproc.normalize(image, mean=mean, std=std)
        assert found.dtype == kind
        np.testing.assert_allclose(found, exact, atol=2e-6 if kind == np.float32 else 1e-13)
        for wanted, atol in (("float16", 4e-3), ("float32", 2e-6), (np.float64, 2e-6)):
            other = imgproc.normalize(image, mean=mean, std=std, dtype=wanted)
            assert other.dtype == wanted
            np.testing.assert_allclose(other, exact, atol=atol)
        first = imgproc.normalize(image, mean=mean, std=std, channels_first=True)
        assert first.flags.c_contiguous
        np.testing.assert_array_equal(first, found if channels is None else np.moveaxis(found, 2, 0))


# --- refusals ---------------------------------------------------------------------------------------------------------

IMAGE = example_image(np.uint8, (5, 7), 3)
FLOATS = example_image(np.float32, (5, 7), 3)

REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("adjust_brightness", {"factor": "2"}, TypeError, "factor must be a number, got str"),
    ("adjust_brightness", {"shift": np.nan}, ValueError, "shift must be finite, got nan"),
    ("adjust_contrast", {"factor": np.inf}, ValueError, "factor must be finite"),
    ("adjust_contrast", {"factor": 1.0, "center": "median"}, ValueError, "center must be one of 'mean', got 'median'"),
    ("adjust_contrast", {"factor": 1.0, "center": None}, TypeError, "center must be a number, got None"),
    ("adjust_gamma", {"gamma": 0.0}, ValueError, "gamma must be > 0, got 0.0"),
    ("adjust_gamma", {"gamma": 1.0, "gain": [1.0]}, TypeError, "gain must be a number, got list"),
    ("adjust_log", {"inverse": 1}, TypeError, "inverse must be True or False, got 1"),
    ("adjust_sigmoid", {"cutoff": None}, TypeError, "cutoff must be a number, got None"),
    ("adjust_sigmoid", {"inverse": "no"}, TypeError, "inverse must be True or False, got 'no'"),
    ("posterize", {"bits": 0}, ValueError, "bits must be >= 1, got 0"),
    ("posterize", {"bits": 17}, ValueError, "bits must be <= 16, got 17"),
    ("posterize", {"bits": 4.0}, TypeError, "bits must be an integer, got float"),
    ("solarize", {"threshold": True}, TypeError, "threshold must be a number, got bool"),
    ("threshold", {"method": "otsu"}, ValueError, "method must be one of 'binary', .*, got 'otsu'"),
    ("threshold", {"method": 3}, TypeError, "method must be a string, got int"),
    ("bit_plane", {"bit": 8}, ValueError, "bit must be <= 7, got 8"),
    ("bit_plane", {"bit": -1}, ValueError, "bit must be >= 0, got -1"),
    ("lookup", {"table": list(range(256))}, TypeError, "table must be a numpy array, got list"),
    (
        "lookup",
        {"table": np.arange(256)},
        TypeError,
        "table must have dtype uint8, .*, got int64",
    ),
    ("lookup", {"table": np.zeros(255, np.uint8)}, ValueError, r"table must have shape \(256,\) or \(3, 256\), got"),
    ("lookup", {"table": np.zeros((2, 256), np.uint8)}, ValueError, r"table must have shape .*, got \(2, 256\)"),
    ("lookup", {"table": np.uint8(3)}, TypeError, "table must be a numpy array, got uint8"),
    ("lookup", {"table": np.zeros((), np.uint8)}, ValueError, r"table must have shape .*, got \(\)"),
    ("lookup", {"table": np.zeros((1, 3, 256), np.uint8)}, ValueError, r"table must have shape .*, got \(1, 3, 256\)"),
    ("tone_curve", {"points": 3}, TypeError, r"points must be pairs of numbers \(level, new level\), got 3"),
    ("tone_curve", {"points": []}, TypeError, "points must be pairs"),
    ("tone_curve", {"points": [("a", "b"), ("c", "d")]}, TypeError, "points must be pairs"),
    ("tone_curve", {"points": [(0, 0)]}, ValueError, r"points must be two or more pairs .*, got shape \(1, 2\)"),
    ("tone_curve", {"points": [(0, 0, 0), (1, 1, 1)]}, ValueError, "points must be two or more pairs"),
    ("tone_curve", {"points": [(0, 0), (1, np.nan)]}, ValueError, "points must be finite"),
    ("tone_curve", {"points": [(0.5, 0), (0.5, 1)]}, ValueError, r"points must have rising levels, .* \[0.5, 0.5\]"),
    ("tone_curve", {"points": [[(0, 0), (1, 1)]] * 2}, ValueError, "points must be one curve or 3, .*, got 2"),
    ("tone_curve", {"points": [(0, 0), (1, 1)], "interpolation": "cubic"}, ValueError, "interpolation must be one of"),
    ("normalize", {"mean": 0.5, "std": 0.0}, ValueError, "std must be > 0, got 0.0"),
    ("normalize", {"mean": (0.5, 0.5), "std": 1}, ValueError, "mean must be one level or 3, one a channel, got 2"),
    ("normalize", {"mean": 0, "std": (1, 1, -1)}, ValueError, r"std\[2\] must be > 0, got -1"),
    ("normalize", {"mean": "0", "std": 1}, TypeError, "mean must be a number, got str"),
    ("normalize", {"mean": 0, "std": 1, "dtype": "uint8"}, ValueError, "dtype must be float16, .*, got uint8"),
    ("normalize", {"mean": 0, "std": 1, "dtype": "no"}, TypeError, "dtype must be float16, .*, got 'no'"),
    ("normalize", {"mean": 0, "std": 1, "channels_first": 1}, TypeError, "channels_first must be True or False, got 1"),
]


def test_a_float_image_takes_float_entries() -> None:
    for table, error in (
        (np.zeros(256, np.uint8), TypeError),
        (np.zeros(1, np.float32), ValueError),
        (np.zeros((2, 9), np.float32), ValueError),
    ):
        with pytest.raises(error, match="table must have"):
            imgproc.lookup(FLOATS, table=table)


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*args: object) -> None:
        pytest.fail("worked before it checked its arguments")

    for name in ("run", "look_up", "luma"):
        monkeypatch.setattr(imgproc.point, name, work)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(("name", "options", "error", "message"), REFUSED, ids=str)
def test_refusals_come_before_work(name: str, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        getattr(imgproc, name)(IMAGE, **options)
