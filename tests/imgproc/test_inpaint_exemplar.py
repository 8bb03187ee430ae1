"""Exemplar-based inpainting against its oracle: the same patches in the same order, to the byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.threads import threads_of
from helpers.vocabulary import DTYPES
from oracles import inpaint as naive

import imgproc
from imgproc.inpaint import exemplar

PRIORITIES = ("criminisi", "regularized", "tensor")


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    with threads_of(1):
        yield


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


def test_the_largest_patch_and_contrast(rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of squares come near the limit of their integers."""
    image = rng.choice(np.array([0, 255], np.uint8), (90, 101, 3))
    mask = block(image.shape, slice(60, 63), slice(59, 64))
    for color in ("lab", "per_channel"):
        assert_equal_to_the_oracle(image, mask, monkeypatch, patch_size=55, color=color)


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


# --- what other implementations get wrong -----------------------------------------------------------------------------


def states_of(image: np.ndarray, mask: np.ndarray, patch: pytest.MonkeyPatch, **options: Any) -> Any:
    found = []
    made = exemplar.new_state
    patch.setattr(exemplar, "new_state", lambda *args: found.append(made(*args)) or found[-1])
    imgproc.inpaint_exemplar(image, mask, **options)
    planes = ("confidence", "priority", "priority_confidence")
    return found[0]._replace(**{name: getattr(found[0], name).reshape(mask.shape) for name in planes})


@pytest.mark.parametrize("priority", PRIORITIES)
def test_an_edge_along_the_front_counts_nothing_and_one_into_it_all(
    priority: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data term is a dot product: that of the lengths of products by axis would take both for the same."""
    along, into = two_tone(X < 36), two_tone(Y < 47)
    for image in (along, into):
        state = made_only(image, SQUARE, monkeypatch, priority=priority)
        left = state.priority[34:60, 38]  # off the corners of the hole
        assert (left >= 0).all()
        if image is along:
            assert np.ptp(left) < 1e-12
            assert priority == "regularized" or left.max() == 0
        else:
            middle = left[[12, 13]].min()
            assert middle > 2 * left[[0, -1]].max() or priority == "regularized"
            assert middle > left[[0, -1]].max() + 0.05


def made_only(image: np.ndarray, mask: np.ndarray, patch: pytest.MonkeyPatch, **options: Any) -> Any:
    """The state before the first patch."""

    def begin(state: Any, total: int, progress: Any) -> None:
        exemplar._fill_some(state, 0, 1)
        state.source.fill(0)

    with patch.context() as context:
        context.setattr(exemplar, "fill_all", begin)
        return states_of(image, mask, context, **options)


def test_confidence_is_the_known_share_of_the_whole_patch_and_clipped_at_the_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mask = block(SIZE, slice(30, 64), slice(0, 40))
    state = made_only(two_tone(X < 0), mask, monkeypatch)
    assert state.priority_confidence[30, 20] == 4 / 9  # four rows of nine are known
    assert state.priority_confidence[30, 0] == 4 / 9  # of the five columns in the image
    assert state.priority_confidence[45, 39] == 4 / 9
    assert state.priority_confidence[30, 39] == (81 - 25) / 81
    front = state.priority >= 0
    assert front.sum() == 40 + 40 + 34 - 2
    assert not (front & ~mask).any(), "the front is on the side of the hole"


def test_confidence_is_frozen_and_falls_inwards(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = ellipse(photo.shape, (50, 60), (30, 19), 30)
    state = states_of(photo, mask, monkeypatch)
    assert (state.confidence[~mask] == 1).all()
    assert (state.confidence[mask] > 0).all()
    assert (state.confidence[mask] < 1).all()
    assert state.confidence[60, 50] < state.confidence[mask].mean()
    first = state.trace[0, 0]
    patch = np.zeros_like(mask)
    y, x = divmod(int(first), mask.shape[1])
    patch[y - 4 : y + 5, x - 4 : x + 5] = True
    assert len(np.unique(state.confidence[patch & mask])) == 1


# --- synthetic cases with a known answer ------------------------------------------------------------------------------

SIZE = (96, 110)
Y, X = np.indices(SIZE)
SQUARE = block(SIZE, slice(30, 64), slice(38, 76))


def two_tone(where: np.ndarray) -> np.ndarray:
    return np.where(where, 30, 220).astype(np.uint8)


EXACT = {
    "vertical stripes": two_tone(X // 4 % 2 == 0),
    "horizontal stripes": two_tone(Y // 5 % 2 == 0),
    "diagonal stripes": two_tone((X + Y) // 5 % 2 == 0),
    "steep stripes": two_tone((2 * X + Y) // 9 % 2 == 0),
    "chequers": two_tone((X // 6 + Y // 6) % 2 == 0),
    "vertical edge": two_tone(X < 57),
    "horizontal edge": two_tone(Y < 47),
    "diagonal edge": two_tone(X - 57 < Y - 47),
    "slanted edge": two_tone(X - 57 < 2 * (Y - 47)),
    "arm of a cross": two_tone((abs(X - 20) < 4) | (abs(Y - 47) < 4)),
    "flat": two_tone(X < 0),
}


@pytest.mark.parametrize("search", ["exact", "fast"])
@pytest.mark.parametrize("name", EXACT)
def test_patterns_are_restored_exactly(name: str, search: str) -> None:
    for image in (EXACT[name], np.dstack([EXACT[name], 255 - EXACT[name], EXACT[name] // 2])):
        for priority in ("criminisi", "tensor"):
            spoilt = image.copy()
            spoilt[SQUARE] = 113
            result = imgproc.inpaint_exemplar(spoilt, SQUARE, search=search, priority=priority)
            np.testing.assert_array_equal(result, image)


def soft(distance: np.ndarray) -> np.ndarray:
    """Two tones, with the share of each in the pixels of the edge."""
    return np.rint(30 + 190 * np.clip(distance + 0.5, 0, 1)).astype(np.uint8)


@pytest.mark.parametrize("priority", PRIORITIES)
def test_a_cross_whose_centre_is_missing(priority: str) -> None:
    """Nothing like its centre is left: the lines go on, to a pixel, and meet."""
    image = two_tone((abs(X - 57) < 4) | (abs(Y - 47) < 4))
    result = imgproc.inpaint_exemplar(image, SQUARE, priority=priority)
    off = np.minimum(abs(abs(X - 57) - 3.5), abs(abs(Y - 47) - 3.5))
    wrong = result != image
    assert wrong.sum() <= 8
    assert (off[wrong] <= 1).all()


@pytest.mark.parametrize("priority", PRIORITIES)
@pytest.mark.parametrize("slope", [0.2, 0.3, 0.5, 0.7, 0.9, 1.3, 2.6])
def test_slanted_edges_go_on_to_a_pixel(slope: float, priority: str) -> None:
    distance = (X - 57.4 - slope * (Y - 47)) / np.hypot(1, slope)
    result = imgproc.inpaint_exemplar(soft(distance), SQUARE, priority=priority)
    assert (abs(distance)[(result > 125) != (distance > 0)] <= 1).all()


@pytest.mark.parametrize("priority", PRIORITIES)
@pytest.mark.parametrize("radius", [14, 20, 26])
def test_kanizsa(radius: int, priority: str) -> None:
    """Three black discs with a triangle over them, which is filled: their edges close to a pixel."""
    y, x = np.indices((160, 180))
    corners = ((90, 36), (40, 124), (140, 124))
    distance = np.min([np.hypot(x - a, y - b) for a, b in corners], axis=0) - radius
    turns = [
        (x - a[0]) * (b[1] - a[1]) - (y - a[1]) * (b[0] - a[0])
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True)
    ]
    triangle = (np.min(turns, axis=0) >= 0) | (np.max(turns, axis=0) <= 0)
    image = soft(distance)
    image[triangle] = 220
    result = imgproc.inpaint_exemplar(image, triangle, priority=priority)
    assert (abs(distance)[(result > 125) != (distance > 0)] <= 1).all()


# --- the fast search --------------------------------------------------------------------------------------------------


def test_fast_is_exact_where_the_window_holds_everything(photo: np.ndarray) -> None:
    image = kinds(photo)["RGB"]
    for hole in HOLES.values():
        mask = hole(image.shape)
        exact = imgproc.inpaint_exemplar(image, mask, search="exact")
        fast = imgproc.inpaint_exemplar(image, mask, search="fast", window=100)
        np.testing.assert_array_equal(fast, exact)


def test_fast_stays_in_its_windows(photo: np.ndarray) -> None:
    mask = ellipse(photo.shape, (50, 60), (20, 9), 0)
    _, sources = imgproc.inpaint_exemplar(photo, mask, window=20, return_map=True)
    reach = abs(sources[mask] - np.argwhere(mask))
    assert (reach[:, 0] <= 20 + 4 + 8 * 5).all()  # windows around shifts of neighbours may wander
    assert (sources[mask] >= 0).all()


def test_fast_looks_everywhere_where_its_windows_hold_nothing() -> None:
    rng = np.random.default_rng(2)
    image = rng.integers(0, 256, (40, 400), np.uint8)
    mask = block(image.shape, slice(10, 20), slice(5, 15))
    source = block(image.shape, slice(0, 40), slice(300, 400))
    _, sources = imgproc.inpaint_exemplar(image, mask, window=9, source_mask=source, return_map=True)
    assert (sources[mask][:, 1] >= 300).all()


def test_auto_is_exact_for_small_work_and_fast_for_large(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exemplar, "WINDOW", 10)
    mask = ellipse(photo.shape, (50, 60), (30, 19), 30)
    exact, fast = (imgproc.inpaint_exemplar(photo, mask, search=s) for s in ("exact", "fast"))
    assert (exact != fast).any()
    np.testing.assert_array_equal(imgproc.inpaint_exemplar(photo, mask), exact)
    np.testing.assert_array_equal(imgproc.inpaint_exemplar(photo, mask, window=exemplar.WINDOW), fast)
    monkeypatch.setattr(exemplar, "EXACT_UP_TO", 1e5)
    np.testing.assert_array_equal(imgproc.inpaint_exemplar(photo, mask), fast)


# --- threads, progress, interrupts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["photo", "flat", "noise"])
def test_the_number_of_threads_changes_nothing(photo: np.ndarray, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exemplar, "PARTS_FROM", 1)
    image = {"photo": photo, "flat": np.full_like(photo, 4), "noise": kinds(photo)["noise"]}[kind]
    mask = HOLES["ellipse"](image.shape)
    expected = imgproc.inpaint_exemplar(image, mask, search="exact", return_map=True)
    for n in (2, 3, 8):
        imgproc.set_num_threads(n)
        found = imgproc.inpaint_exemplar(image, mask, search="exact", return_map=True)
        assert [a.tobytes() for a in found] == [a.tobytes() for a in expected], n


def test_threads_that_come_late_or_never(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = HOLES["ellipse"](photo.shape)
    expected = imgproc.inpaint_exemplar(photo, mask, search="exact")
    monkeypatch.setattr(exemplar, "PARTS_FROM", 1)
    imgproc.set_num_threads(4)
    monkeypatch.setattr(exemplar, "run_all", lambda jobs, threads: [job() for job in jobs])
    np.testing.assert_array_equal(imgproc.inpaint_exemplar(photo, mask, search="exact"), expected)


def test_an_error_in_one_thread_ends_the_others(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = HOLES["ellipse"](photo.shape)
    monkeypatch.setattr(exemplar, "PARTS_FROM", 1)
    imgproc.set_num_threads(3)
    made = exemplar.work

    def work(state: Any, shared: np.ndarray, acc: np.ndarray, until: int, mine: int) -> bool:
        done = made(state, shared, acc, until, mine)
        if mine == 0:
            raise MemoryError("as it may happen")
        return done

    monkeypatch.setattr(exemplar, "work", work)
    with pytest.raises(MemoryError, match="as it may happen"):
        imgproc.inpaint_exemplar(photo, mask, search="exact")
    monkeypatch.setattr(exemplar, "work", made)
    imgproc.inpaint_exemplar(photo, mask, search="exact")


@pytest.mark.parametrize("n", [1, 2])
def test_progress_rises_to_the_total(photo: np.ndarray, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exemplar, "PARTS_FROM", 1)
    imgproc.set_num_threads(n)
    mask = HOLES["ellipse"](photo.shape)
    said: list[tuple[int, int]] = []
    imgproc.inpaint_exemplar(photo, mask, progress=lambda *numbers: said.append(numbers))
    assert said == sorted(set(said))
    assert len(said) > 1
    assert said[-1] == (mask.sum(), mask.sum())
    assert all(type(number) is int for numbers in said for number in numbers)


@pytest.mark.parametrize("n", [1, 3])
def test_an_interrupt_ends_it_and_leaves_nothing_behind(run_python: Callable[..., str], n: int) -> None:
    code = f"""
import signal, time
import numpy as np
import imgproc

imgproc.set_num_threads({n})
image = np.random.default_rng(0).integers(0, 256, (600, 700, 3), np.uint8)
mask = np.zeros(image.shape[:2], bool)
small = mask.copy()
mask[100:500, 100:500], small[9:12, 9:12] = True, True
imgproc.inpaint_exemplar(image, small)
signal.signal(signal.SIGINT, signal.default_int_handler)
before = image.copy()
first = []

def progress(done, total):
    if not first:
        first.append(time.perf_counter())
        signal.setitimer(signal.ITIMER_REAL, 0.2)

signal.signal(signal.SIGALRM, lambda *a: signal.raise_signal(signal.SIGINT))
try:
    imgproc.inpaint_exemplar(image, mask, search="exact", progress=progress)
    print("finished")
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - first[0] < 5)
assert (image == before).all()
imgproc.inpaint_exemplar(image, small)
"""
    assert run_python(code) == "interrupted True"


def test_an_error_in_progress_is_the_caller_s(photo: np.ndarray) -> None:
    def progress(done: int, total: int) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        imgproc.inpaint_exemplar(photo, HOLES["ellipse"](photo.shape), progress=progress)


def test_several_python_threads_at_once(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr(exemplar, "PARTS_FROM", 1)
    imgproc.set_num_threads(2)
    masks = [hole(photo.shape) for hole in HOLES.values()] * 2
    expected = [imgproc.inpaint_exemplar(photo, mask).tobytes() for mask in masks]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda mask: imgproc.inpaint_exemplar(photo, mask).tobytes(), masks))
    assert found == expected


# --- the result -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blend", [0, 3])
def test_views_read_only_and_layouts(photo: np.ndarray, blend: int) -> None:
    mask = HOLES["ellipse"](photo.shape)
    photo = photo.copy()
    expected = imgproc.inpaint_exemplar(photo, mask, blend=blend)
    assert expected.flags.c_contiguous
    assert expected.flags.writeable
    wide = np.repeat(np.repeat(photo, 2, 0), 3, 1)[::2, ::3]
    for image in (np.asfortranarray(photo), wide, photo[::-1].copy()[::-1], photo.astype(photo.dtype)):
        before = image.tobytes()
        image.flags.writeable = False
        hole = np.asfortranarray(mask)
        hole.flags.writeable = False
        result = imgproc.inpaint_exemplar(image, hole, blend=blend)
        assert result.tobytes() == expected.tobytes()
        assert image.tobytes() == before
        assert not np.shares_memory(result, image)
    swapped = photo.astype(">u2")
    np.testing.assert_array_equal(
        imgproc.inpaint_exemplar(swapped, mask), imgproc.inpaint_exemplar(photo.astype(np.uint16), mask)
    )


def test_what_the_hole_holds_does_not_matter(photo: np.ndarray) -> None:
    mask = HOLES["ellipse"](photo.shape)
    image = photo / np.float32(255)
    spoilt = image.copy()
    spoilt[mask] = np.nan
    for options in ({}, {"blend": 3}, {"color": "per_channel"}):
        expected = imgproc.inpaint_exemplar(image, mask, **options)
        assert np.isfinite(expected).all()
        np.testing.assert_array_equal(imgproc.inpaint_exemplar(spoilt, mask, **options), expected)


def test_levels_of_floats_do_not_matter_per_channel(photo: np.ndarray) -> None:
    mask = HOLES["ellipse"](photo.shape)
    image = photo.astype(np.float64)
    expected = imgproc.inpaint_exemplar(image, mask, color="per_channel")
    np.testing.assert_array_equal(
        imgproc.inpaint_exemplar(image * 8 - 1024, mask, color="per_channel"), expected * 8 - 1024
    )


def test_grey_is_an_image_of_one_channel(photo: np.ndarray) -> None:
    mask = HOLES["ellipse"](photo.shape)
    for options in ({}, {"blend": 2}):
        grey = imgproc.inpaint_exemplar(photo[..., 0], mask, **options)
        one = imgproc.inpaint_exemplar(photo[..., :1], mask, **options)
        np.testing.assert_array_equal(grey, one[..., 0])


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 5, 60])
def test_every_dtype_and_number_of_channels(dtype: np.dtype, channels: int | None) -> None:
    image = example_image(dtype, (31, 37), channels)
    mask = block(image.shape, slice(10, 15), slice(11, 19))
    for options in ({}, {"blend": 2}, {"search": "fast"}):
        result = imgproc.inpaint_exemplar(image, mask, **options)
        assert (result.dtype, result.shape) == (image.dtype, image.shape)
        assert (result[~mask] == image[~mask]).all()
        low, high = image[~mask].min(), image[~mask].max()
        assert (result >= low).all()
        assert (result <= high).all()


def test_blending_changes_only_pixels_at_seams(photo: np.ndarray) -> None:
    mask = ellipse(photo.shape, (50, 60), (30, 19), 30)
    plain, sources = imgproc.inpaint_exemplar(photo, mask, return_map=True)
    shift = np.where(mask[..., None], sources - np.argwhere(np.ones_like(mask)).reshape(sources.shape), 10**6)
    seam = np.zeros_like(mask)
    for axis in (0, 1):
        differs = np.diff(shift, axis=axis).any(axis=2) & (np.diff(mask.astype(int), axis=axis) == 0)
        a, b = (slice(None),) * axis + (slice(1, None),), (slice(None),) * axis + (slice(None, -1),)
        seam[a] |= differs
        seam[b] |= differs
    seam &= mask
    for width in (1, 3):
        result = imgproc.inpaint_exemplar(photo, mask, blend=width)
        changed = (result != plain).any(axis=2)
        y, x = np.nonzero(seam)
        near = np.zeros_like(mask)
        for v, u in zip(y, x, strict=True):
            near[max(v - width + 1, 0) : v + width, max(u - width + 1, 0) : u + width] = True
        assert changed.any()
        assert not (changed & ~near).any()
    jumps = [np.abs(np.diff(r.astype(int), axis=1))[seam[:, 1:] & seam[:, :-1]].mean() for r in (plain, result)]
    assert jumps[1] < 0.9 * jumps[0], "seams are softer"


def test_an_empty_mask_gives_a_copy(photo: np.ndarray) -> None:
    for image in (photo, photo[:1, :1], photo[:0], np.zeros((0, 5), np.float32)):
        mask = np.zeros(image.shape[:2], bool)
        result, sources = imgproc.inpaint_exemplar(image, mask, return_map=True)
        np.testing.assert_array_equal(result, image)
        assert not np.shares_memory(result, image)
        assert (sources == -1).all()
        assert sources.shape == (*mask.shape, 2)
        np.testing.assert_array_equal(imgproc.inpaint_exemplar(image, mask), image)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"mask": None}, TypeError, "mask must be a numpy array of bool, got None"),
        ({"mask": np.ones((97, 131), np.uint8)}, TypeError, r"mask must be bool \(True = fill\), got uint8"),
        ({"mask": np.zeros((97, 130), bool)}, ValueError, r"mask must have the \(h, w\) of image, \(97, 131\), got"),
        ({"mask": np.ones((97, 131), bool)}, ValueError, "mask must leave at least one whole patch of 9x9"),
        ({"mask": np.zeros((97, 131, 1), bool)}, ValueError, "mask must have"),
        ({"patch_size": 8}, ValueError, "patch_size must be odd, got 8"),
        ({"patch_size": 1}, ValueError, "patch_size must be >= 3, got 1"),
        ({"patch_size": 57}, ValueError, "patch_size must be <= 55, got 57"),
        ({"patch_size": 9.0}, TypeError, "patch_size must be an integer"),
        ({"priority": "paper"}, ValueError, "priority must be one of 'criminisi', 'regularized', 'tensor'"),
        ({"priority": 1}, TypeError, "priority must be a string"),
        ({"color": "luminance"}, ValueError, "color must be one of 'lab', 'per_channel'"),
        ({"search": "quick"}, ValueError, "search must be one of 'auto', 'exact', 'fast'"),
        ({"window": 0}, ValueError, "window must be >= 1"),
        ({"window": 9, "search": "exact"}, ValueError, "window must be None with search='exact'"),
        ({"blend": -1}, ValueError, "blend must be >= 0"),
        ({"blend": 1.5}, TypeError, "blend must be an integer"),
        ({"return_map": 1}, TypeError, "return_map must be True or False"),
        ({"progress": 3}, TypeError, "progress must be callable, got int"),
        ({"source_mask": np.ones((97, 131))}, TypeError, "source_mask must be bool"),
        ({"source_mask": np.ones((9, 13), bool)}, ValueError, "source_mask must have"),
        ({"source_mask": np.zeros((97, 131), bool)}, ValueError, "source_mask must select"),
        (
            {"source_mask": block((97, 131), slice(0, 8), slice(0, 99))},
            ValueError,
            "mask and source_mask must leave at least one whole patch of 9x9",
        ),
    ],
)
def test_refusals(photo: np.ndarray, options: dict[str, Any], error: type[Exception], message: str) -> None:
    given = {"mask": HOLES["ellipse"](photo.shape), **options}
    with pytest.raises(error, match=f"^{message}"):
        imgproc.inpaint_exemplar(photo, given.pop("mask"), **given)


def test_refuses_images(photo: np.ndarray) -> None:
    mask = HOLES["ellipse"](photo.shape)
    with pytest.raises(TypeError, match=r"^image must be a numpy array"):
        imgproc.inpaint_exemplar(None, mask)
    with pytest.raises(ValueError, match=r"^image must be at least as large as a patch, 9x9 \(patch_size\), got shape"):
        imgproc.inpaint_exemplar(photo[:8], mask[:8] | True)
    for value in (np.nan, np.inf):
        image = photo.astype(np.float32)
        image[0, 0, 1] = value
        with pytest.raises(ValueError, match=r"^image must be finite outside the mask"):
            imgproc.inpaint_exemplar(image, mask)


# --- other implementations --------------------------------------------------------------------------------------------


def test_as_plausible_as_a_published_result(shared: Callable[[str], Path]) -> None:
    """PatchBasedInpainting's two-tone shape: white is the hole in its mask."""
    folder = shared("inpainting")
    image, mask, theirs = (
        imgproc.read_image(folder / f"BlackWhite{what}.png", mode="grey") for what in ("", "Mask", "Result")
    )
    hole = mask > 127
    assert 0.01 < hole.mean() < 0.5
    result = imgproc.inpaint_exemplar(image, hole)
    assert ((result > 127) == (theirs > 127)).mean() > 0.98
