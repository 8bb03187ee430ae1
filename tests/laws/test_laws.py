"""Laws that every image function obeys, tested for each public one without asking.

Functions are found by signature and called through `imgproc._inventory`.  A result has the shape and dtype of the image
unless the function declares otherwise (see `imgproc._core.declare`); nothing is listed here.
"""

from __future__ import annotations

import inspect
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import imgproc
from imgproc._core import threads as _threads
from imgproc._core.check import DTYPES
from imgproc._core.declare import declared as declaration_of
from imgproc._inventory import choices, example_call, example_image, image_functions, takes, takes_channels, variants

FUNCTIONS = {
    name: function
    for name, function in image_functions().items()
    if inspect.signature(function).return_annotation == "np.ndarray"  # others answer with numbers
}
SIZE = (17, 23)

every_function = pytest.mark.parametrize("name", sorted(FUNCTIONS))
every_dtype = pytest.mark.parametrize("dtype", DTYPES, ids=str)
LAYOUTS = (None, 1, 3, 5)
"""Channels; None is (h, w)."""

SAID = {name: declaration_of(function) for name, function in FUNCTIONS.items()}
Declared = tuple[np.dtype, tuple[int, ...]]


RESULTS = {name: said.result for name, said in SAID.items() if said.result is not None}
"""Dtype and shape of the results that are not as the image is."""
MOVING = {name for name, function in FUNCTIONS.items() if function.__module__.startswith("imgproc.geometry.")}
FILLING = {name for name, said in SAID.items() if said.mask == "fills"}
"""Filters that give pixels a value which their mask leaves out."""

REACH = {name: said.reach for name, said in SAID.items() if said.reach is not None}
"""How far filters see whose radius is not a parameter, for the arguments of the examples."""

HOLES = {name for name, said in SAID.items() if said.mask == "hole"}
"""Functions whose mask is what they fill: an empty one is no error."""

FILTERS = sorted(FUNCTIONS.keys() - RESULTS.keys())


def declared(name: str, image: np.ndarray) -> Declared:
    return RESULTS[name](image) if name in RESULTS else (image.dtype, image.shape)


def options_of(name: str, image: np.ndarray) -> list[dict[str, Any]]:
    """Every option of a function, one at a time, that this image allows: none if it takes no such image."""
    function = FUNCTIONS[name]
    if not takes_channels(function, None if image.ndim == 2 else image.shape[2]):
        return []
    found = variants(function, image)
    if image.ndim == 3 and image.shape[2] not in (1, 3) and takes(function, "color"):
        found = [{**options, "color": "per_channel"} for options in found]
    return found


def taken(name: str, channels: int | None) -> int | None:
    """This number of channels, or one that the function takes."""
    return next(n for n in (channels, 3, None) if takes_channels(FUNCTIONS[name], n))


def call(name: str, image: np.ndarray, /, **options: Any) -> Any:
    args, kwargs = example_call(FUNCTIONS[name], image, **options)
    return FUNCTIONS[name](*args, **kwargs)


def protected(image: np.ndarray) -> np.ndarray:
    image.flags.writeable = False
    return image


def every_result(name: str, image: np.ndarray) -> list[tuple[dict[str, Any], np.ndarray]]:
    return [(options, call(name, image, **options)) for options in options_of(name, image)]


def assert_same(results: list, expected: list, what: str) -> None:
    for (options, a), (_, b) in zip(results, expected, strict=True):
        assert a.dtype == b.dtype, f"{what}, {options}"
        assert a.shape == b.shape, f"{what}, {options}"
        assert a.tobytes() == b.tobytes(), f"{what}, {options}: {np.count_nonzero(a != b)} values differ"


@pytest.fixture
def small_work_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_threads, "SERIAL_BELOW", 1)


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = _threads._num_threads
    yield
    _threads._num_threads = before


def test_the_laws_have_subjects() -> None:
    assert len(FUNCTIONS) >= 11
    assert len(RESULTS) >= 20 and len(REACH) >= 10
    assert FILLING and HOLES
    assert {said.mask for said in SAID.values()} == {"", "fills", "hole"}


# --- the result -------------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@every_function
@every_dtype
def test_result_is_as_documented_and_the_image_untouched(name: str, dtype: np.dtype) -> None:
    for channels in LAYOUTS:
        image = protected(example_image(dtype, SIZE, channels))
        before = image.tobytes()
        for options, result in every_result(name, image):
            what = channels, options
            assert type(result) is np.ndarray, what
            assert (result.dtype, result.shape) == declared(name, image), what
            assert result.flags.c_contiguous, what
            assert result.flags.writeable, what
            assert not np.shares_memory(result, image), what
        assert image.tobytes() == before, channels


@every_function
def test_result_is_never_the_image_even_where_nothing_is_to_do(name: str) -> None:
    for image in (np.full(SIZE, 7, np.uint8), np.zeros((*SIZE, 3), np.float32), np.zeros((1, 1), np.float64)):
        try:
            results = every_result(name, image)
        except ValueError as error:
            assert image.size == 1 and str(error).startswith("image must "), error
            continue
        for options, result in results:
            assert not np.shares_memory(result, image), options


@every_function
def test_docstring_says_what_the_result_is(name: str) -> None:
    doc = inspect.getdoc(FUNCTIONS[name])
    returns = doc.split("\nReturns\n-------\n")[1].split("\n\n")[0]
    if name in FILTERS:
        assert re.search(r"shape and dtype", returns, re.IGNORECASE), (
            f"{name} must say 'Same shape and dtype' under Returns, or declare its result"
        )
    else:
        dtype, _ = declared(name, np.zeros((1, 1), np.uint8))
        assert str(dtype) in returns or (dtype == np.uint8 and "Same dtype" in returns)


# --- the input --------------------------------------------------------------------------------------------------------

VIEWS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "every other row, mirrored": lambda a: a[::2, ::-1],
    "transposed": lambda a: a.swapaxes(0, 1),
    "channels flipped": lambda a: a[..., ::-1],
    "Fortran order": np.asfortranarray,
    "cut out": lambda a: a[3:-2, 4:-1],
    "one row repeated": lambda a: np.broadcast_to(a[:1], a.shape),
    "writeable": np.array,
    "unaligned": lambda a: _unaligned(a),
    "foreign byte order": lambda a: a.astype(a.dtype.newbyteorder("S")),
}


def _unaligned(image: np.ndarray) -> np.ndarray:
    buffer = np.empty(image.nbytes + 1, np.uint8)
    view = buffer[1:].view(image.dtype).reshape(image.shape)
    view[...] = image
    return view


@every_function
@every_dtype
@pytest.mark.parametrize("channels", [None, 3])
def test_a_view_gives_what_its_copy_gives(name: str, dtype: np.dtype, channels: int | None) -> None:
    base = example_image(dtype, SIZE, channels)
    for what, view_of in VIEWS.items():
        view = view_of(base)
        copy = protected(np.array(view, dtype, order="C"))
        assert_same(every_result(name, view), every_result(name, copy), what)


@every_function
@every_dtype
def test_grey_is_an_image_of_one_channel(name: str, dtype: np.dtype) -> None:
    image = example_image(dtype, SIZE)
    for options in options_of(name, image):
        if np.ndim(options.get("reference")) == 2:
            continue
        grey, one = call(name, image, **options), call(name, image[..., None], **options)
        np.testing.assert_array_equal(grey, one.reshape(grey.shape), err_msg=str(options))


# --- threads ----------------------------------------------------------------------------------------------------------


@every_function
@every_dtype
@pytest.mark.parametrize("channels", [None, 3])
@pytest.mark.usefixtures("small_work_is_split")
def test_the_number_of_threads_changes_nothing(name: str, dtype: np.dtype, channels: int | None) -> None:
    image = protected(example_image(dtype, (61, 43), channels))
    imgproc.set_num_threads(1)
    expected = every_result(name, image)
    for n in (2, 3, 8):
        imgproc.set_num_threads(n)
        assert_same(every_result(name, image), expected, f"{n} threads")


@every_function
@pytest.mark.parametrize(("dtype", "channels"), [(np.uint8, None), (np.float32, 3)])
def test_the_number_of_threads_changes_nothing_in_a_large_image(name: str, dtype: type, channels: int | None) -> None:
    image = protected(example_image(dtype, (517, 523), taken(name, channels)))
    assert image.shape[0] * image.shape[1] > _threads.SERIAL_BELOW
    imgproc.set_num_threads(1)
    expected = call(name, image)
    for n in (2, 3, 8):
        imgproc.set_num_threads(n)
        assert call(name, image).tobytes() == expected.tobytes(), f"{n} threads"


@every_function
@pytest.mark.usefixtures("small_work_is_split")
def test_several_python_threads_at_once(name: str) -> None:
    imgproc.set_num_threads(3)
    layouts = {taken(name, channels) for channels in (None, 3)}
    images = [protected(example_image(dtype, (40, 31), channels)) for dtype in DTYPES for channels in layouts]
    expected = [call(name, image).tobytes() for image in images]
    failures: list[Any] = []

    def work(offset: int) -> None:
        for i in range(3 * len(images)):
            k = (i + offset) % len(images)
            try:
                if call(name, images[k]).tobytes() != expected[k]:
                    failures.append(k)
            except BaseException as error:
                failures.append(error)

    callers = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=300)
    assert not any(caller.is_alive() for caller in callers)
    assert failures == []


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_every_function_after_a_fork(run_python: Callable[..., str], method: str) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"this system has no {method}")
    code = f"""
import hashlib, inspect, multiprocessing, warnings
import imgproc
from imgproc._core import threads as _threads
from imgproc._inventory import example_call, example_image, image_functions, takes_channels

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12+: fork with threads alive, which is the point here

def digest(_):
    imgproc.set_num_threads(3)
    _threads.SERIAL_BELOW = 1
    found = {{}}
    for name, function in image_functions().items():
        if inspect.signature(function).return_annotation != "np.ndarray":
            continue
        channels = 3 if takes_channels(function, 3) else None
        args, kwargs = example_call(function, example_image("uint8", (61, 43), channels))
        found[name] = hashlib.sha256(function(*args, **kwargs).tobytes()).hexdigest()
    return found

if __name__ == "__main__":
    here = digest(0)
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        for there in pool.map_async(digest, range(3), chunksize=1).get(timeout=250):
            assert there == here
    assert digest(0) == here
    print(len(here))
"""
    assert int(run_python(code)) == len(FUNCTIONS)


# --- degenerate images ------------------------------------------------------------------------------------------------


@pytest.mark.nojit
@every_function
@every_dtype
def test_empty_and_tiny_images_have_a_result_or_a_clear_error(name: str, dtype: np.dtype) -> None:
    for shape in (
        (0, 5),
        (5, 0),
        (0, 0),
        (0, 5, 3),
        (5, 0, 1),
        (1, 1),
        (1, 1, 1),
        (1, 1, 3),
        (1, 9),
        (9, 1),
        (2, 2, 3),
    ):
        _has_a_result_or_a_clear_error(name, dtype, shape)


def _has_a_result_or_a_clear_error(name: str, dtype: np.dtype, shape: tuple[int, ...]) -> None:
    image = protected(example_image(dtype, shape[:2], *shape[2:]))
    for options in options_of(name, image):
        if options.get("mask") is not None and not image.size:
            options = {**options, "mask": np.ones(shape[:2], bool)}
        try:
            result = call(name, image, **options)
        except ValueError as error:
            assert re.search(r"\b(image|radius|sigma|size|tiles|mask) must\b", str(error)), (shape, options)
        else:
            assert (result.dtype, result.shape) == declared(name, image), (shape, options)


@every_function
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("channels", [None, 3])
def test_nan_and_infinity_crash_nothing(name: str, dtype: str, channels: int | None) -> None:
    for value in (np.nan, np.inf, -np.inf):
        _crashes_nothing(name, dtype, value, channels)


def _crashes_nothing(name: str, dtype: str, value: float, channels: int | None) -> None:
    image = example_image(dtype, SIZE, channels)
    image[4, 5], image[0, 0] = value, value
    for images in (image, np.full_like(image, value)):
        for options in options_of(name, images):
            try:
                result = call(name, images, **options)
            except ValueError as error:
                assert re.search(r"image must|mask must|reference must", str(error)), options
            else:
                assert (result.dtype, result.shape) == declared(name, image), options


def _keeps_nan(name: str) -> bool:
    """Whether pixels of the result are floats that belong to pixels of the image."""
    dtype, shape = declared(name, np.zeros((1, 2, 3), np.float32))
    return name not in MOVING and dtype.kind == "f" and shape[:2] == (1, 2)


@pytest.mark.parametrize("name", sorted(filter(_keeps_nan, FUNCTIONS)))
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("channels", [None, 3])
def test_nan_stays_where_it_is(name: str, dtype: str, channels: int | None) -> None:
    """It reaches no further than the window that saw it, and a function without a window keeps it to its pixel, or the
    function refuses it, as its docstring says."""
    image = example_image(dtype, SIZE, channels)
    nan = np.zeros(SIZE, bool)
    nan[4, 5] = nan[0, 0] = nan[16, 11] = True
    image[nan] = np.nan
    for options in options_of(name, image):
        try:
            result = np.isnan(call(name, image, **options))
        except ValueError as error:
            assert str(error).startswith("image must be finite"), options
            assert "must be finite" in inspect.getdoc(FUNCTIONS[name]), f"{name} must say so under Raises"
            continue
        found = result if result.ndim == 2 else result.any(axis=2)
        # A statistic never sees what its mask leaves out; a filter leaves the pixel as it is.
        seen = nan & options["mask"] if name in RESULTS.keys() | FILLING and "mask" in options else nan
        assert result[seen].all(), f"{options}: NaN became a number"
        outside = ~_grown(seen, _radius(name), wrap=options.get("border") == "wrap") & found
        assert not outside.any(), f"{options}: NaN spread to {np.argwhere(outside)[:5].tolist()}"


def _radius(name: str) -> int:
    if name in REACH:
        return REACH[name]
    function = FUNCTIONS[name]
    if not takes(function, "radius"):
        return 0
    default = inspect.signature(function).parameters["radius"].default
    return 2 if default is inspect.Parameter.empty else default


def _grown(where: np.ndarray, radius: int, *, wrap: bool) -> np.ndarray:
    """Pixels whose window holds one of `where`; borders that mirror show nothing that the window has not seen."""
    padded = np.pad(where, radius, mode="wrap" if wrap else "constant")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * radius + 1, 2 * radius + 1))
    return windows.any(axis=(2, 3))


# --- refusals ---------------------------------------------------------------------------------------------------------

IMAGE = example_image(np.uint8, SIZE, 3)

WRONG_IMAGES: list[tuple[Any, type[Exception]]] = [
    (None, TypeError),
    (IMAGE.tolist(), TypeError),
    ("photo.png", TypeError),
    (IMAGE > 0, TypeError),
    *((IMAGE.astype(dtype), TypeError) for dtype in ("i1", "i2", "u4", "i4", "u8", "i8", "f2", "c8", "c16", "O")),
    (np.ma.masked_array(IMAGE, mask=IMAGE > 9), TypeError),
    (np.uint8(3), TypeError),
    (np.zeros((), np.uint8), ValueError),
    (np.zeros(5, np.uint8), ValueError),
    (np.zeros((2, 5, 5, 3), np.uint8), ValueError),
    (np.zeros((5, 5, 0), np.uint8), ValueError),
]


def refusal(name: str, error: type[Exception], image: Any = IMAGE, /, **options: Any) -> str:
    args, kwargs = example_call(FUNCTIONS[name], IMAGE, **options)
    with pytest.raises(error) as caught:
        FUNCTIONS[name](image, *args[1:], **kwargs)
    assert type(caught.value) is error
    return str(caught.value)


@pytest.mark.parametrize("name", [name for name, f in sorted(FUNCTIONS.items()) if not takes_channels(f, 5)])
def test_refuses_channels_that_it_does_not_take(name: str) -> None:
    wrong = [channels for channels in (None, 1, 2, 3, 4, 5) if not takes_channels(FUNCTIONS[name], channels)]
    assert len(wrong) < 6, "it takes no image at all: see the shapes in its docstring"
    for channels in wrong:
        message = refusal(name, ValueError, example_image(np.uint8, SIZE, channels))
        assert re.match(r"image must have (\d or )*\d channels, got shape", message), message


@every_function
def test_refuses_what_is_no_image(name: str) -> None:
    converts = FUNCTIONS[name].__module__.startswith("imgproc.convert.")  # takes more dtypes, see tests/imgproc
    labels = "Labels too" in (FUNCTIONS[name].__doc__ or "")
    for image, error in WRONG_IMAGES:
        if converts and isinstance(image, np.ndarray) and error is TypeError and image.dtype.kind in "biuf":
            continue
        if labels and type(image) is np.ndarray and image.dtype.kind in "biu" and error is TypeError:
            continue  # any integers: see test_labels
        if type(image) is np.ndarray and image.dtype == bool and "Masks too" in (FUNCTIONS[name].__doc__ or ""):
            continue  # see test_footprints
        dtype = str(image.dtype) if isinstance(image, np.ndarray) else ""
        if dtype in ("float16", "int16", "int32") and re.search(rf"\b{dtype}\b", FUNCTIONS[name].__doc__ or ""):
            continue  # geometry: see test_labels
        message = refusal(name, error, image)
        assert message.startswith("image must"), message


MASKED = [(name, p) for name in sorted(FUNCTIONS) for p in ("mask", "reference_mask") if takes(FUNCTIONS[name], p)]


@pytest.mark.parametrize(("name", "argument"), MASKED)
def test_refuses_a_wrong_mask(name: str, argument: str) -> None:
    args, _ = example_call(FUNCTIONS[name], IMAGE)
    shape = args[0 if argument == "mask" else 1].shape[:2]
    wrong: list[tuple[Any, type[Exception]]] = [
        ([[True]], TypeError),
        (np.ones(shape, np.uint8), TypeError),
        (np.ones(shape, np.float32), TypeError),
        (np.ones((shape[0], shape[1] + 1), bool), ValueError),
        (np.ones(shape[::-1], bool), ValueError),
        (np.ones((*shape, 1), bool), ValueError),
        (np.ones((*shape, 3), bool), ValueError),
        *([] if name in HOLES else [(np.zeros(shape, bool), ValueError)]),
    ]
    for mask, error in wrong:
        message = refusal(name, error, **{argument: mask})
        assert message.startswith(f"{argument} must"), message


REFERENCED = [name for name in sorted(FUNCTIONS) if takes(FUNCTIONS[name], "reference")]


@pytest.mark.parametrize("name", REFERENCED)
@pytest.mark.parametrize(
    "reference", [None, "photo.png", 3, np.zeros((2, 2, 2, 2), np.uint8), IMAGE[..., :2], IMAGE > 0]
)
def test_refuses_a_wrong_reference(name: str, reference: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^reference"):
        call(name, IMAGE, reference=reference)


def _parameters(kind: str) -> list[tuple[str, str]]:
    return [
        (name, parameter.name)
        for name, function in sorted(FUNCTIONS.items())
        for parameter in inspect.signature(function).parameters.values()
        if parameter.annotation.removesuffix(" | None") == kind and parameter.kind is parameter.KEYWORD_ONLY
    ]


@pytest.mark.parametrize(("name", "argument"), _parameters("str"))
def test_refuses_a_word_outside_the_list(name: str, argument: str) -> None:
    allowed = choices(FUNCTIONS[name]).get(argument)
    assert allowed, f"{name} must list the values of {argument} as {{...}} in its docstring"
    message = refusal(name, ValueError, **{argument: "nonsense"})
    assert message.startswith(f"{argument} must be one of"), message
    assert all(repr(value) in message for value in allowed), message
    assert refusal(name, TypeError, **{argument: 3}).startswith(f"{argument} must be a string")


@pytest.mark.parametrize(("name", "argument"), _parameters("int"))
def test_refuses_what_is_no_integer(name: str, argument: str) -> None:
    for value in (1.5, 2.0, "2", True, [2], np.array([2])):
        assert refusal(name, TypeError, **{argument: value}).startswith(f"{argument} must"), value
    assert refusal(name, ValueError, **{argument: -1}).startswith(f"{argument} must")


@pytest.mark.parametrize(("name", "argument"), _parameters("float"))
def test_refuses_what_is_no_finite_number(name: str, argument: str) -> None:
    optional = inspect.signature(FUNCTIONS[name]).parameters[argument].default is None
    for value in ("1", 1j, [1.0], True) if optional else ("1", None, 1j, [1.0], True):
        assert refusal(name, TypeError, **{argument: value}).startswith(f"{argument} must"), value
    for value in (np.nan, np.inf, -np.inf):
        assert refusal(name, ValueError, **{argument: value}).startswith(f"{argument} must"), value


@pytest.mark.parametrize("name", [name for name in sorted(FUNCTIONS) if takes(FUNCTIONS[name], "radius")])
def test_refuses_a_radius_beyond_the_image(name: str) -> None:
    message = refusal(name, ValueError, radius=1000)
    assert message == "radius must be <= the image's longer side, 23, got 1000"


@pytest.mark.parametrize("name", [name for name in sorted(FUNCTIONS) if takes(FUNCTIONS[name], "color")])
def test_luminance_refuses_five_channels(name: str) -> None:
    image = example_image(np.uint8, SIZE, 5)
    assert refusal(name, ValueError, image, color="luminance").startswith("color='luminance' needs")
