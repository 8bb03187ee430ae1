"""What is kept from version to version: prints of results, of draws, and of what is taken and refused.

``python tests/helpers/kept.py`` writes them anew, after a change that is meant; CHANGELOG then says what changed.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

if __package__ in (None, ""):
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import augment as A
from helpers.functions import example_call, example_image, examples, functions_of_images, takes_channels, variants
from helpers.migrate import EXAMPLES as MIGRATED
from helpers.migrate import GROUPS, defaults
from helpers.transforms import EXAMPLES, MIXES, build, sample

FOLDER = Path(__file__).parents[1] / "laws" / "kept"
SHAPE = (23, 29)
WEIGHTS = 4
"""How many sums a print has."""
DIGITS = 6
KEYS = (1, 2, 3, 4, 5, 6)
LADDER = (
    *(-1e9, -1000.5, -361, -181, -101, -91, -11, -2.5, -2, -1.5, -1, -0.75, -0.5, -0.25, -1e-3, 0, 1e-6, 1e-3, 0.01),
    *(0.05, 0.25, 0.49, 0.5, 0.51, 0.75, 0.99, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17, 31, 33, 51, 65),
    *(91, 101, 129, 181, 256, 257, 361, 513, 1000.5, 1025, 65536, 65537, 1e9),
)
"""Numbers that a parameter of a transform may be given."""
FEW = (-1.5, -1, -0.5, 0, 1e-3, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5)
"""Numbers that a parameter of a function may be given, whose time grows with them."""


# --- prints -----------------------------------------------------------------------------------------------------------


def prints(value: Any) -> Any:
    """A few numbers that hardly any change of a result leaves as they are."""
    if isinstance(value, dict):
        return {str(name): prints(part) for name, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return prints({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, (list, tuple)) and not all(isinstance(part, (int, float)) for part in value):
        return [prints(part) for part in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    try:
        array = np.asarray(value)
    except ValueError:
        return type(value).__name__
    if array.dtype.kind not in "buifc":
        return str(value) if array.dtype.kind in "US" else type(value).__name__
    return [f"{array.dtype.name}{list(array.shape)}", *_sums(array)]


def _sums(array: np.ndarray) -> list[float | str]:
    flat = array.reshape(-1)
    if flat.dtype.kind == "c":
        flat = np.concatenate((flat.real, flat.imag))
    flat = flat.astype(np.float64)
    odd = ~np.isfinite(flat)
    strange = int(odd @ (1 + np.arange(flat.size) % 97)) if odd.any() else 0
    flat = np.where(odd, 0.0, flat)
    size = float(np.sqrt(flat @ flat))
    return [_rounded(size, size), *(_rounded(v, size) for v in (_weights(flat.size) @ flat).tolist()), strange]


def _weights(count: int) -> np.ndarray:
    """Numbers from -1 to 1 without order, the same for every version of NumPy."""
    places = np.arange(WEIGHTS * count, dtype=np.uint64).reshape(WEIGHTS, count)
    mixed = (places * np.uint64(0x9E3779B97F4A7C15)) ^ (places << np.uint64(17))
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(33)).astype(np.float64) / 2.0**30 - 1.0


def _rounded(value: float, size: float) -> float:
    """To digits of the size: sums of few large numbers have no more."""
    if size == 0:
        return 0.0
    places = DIGITS - 1 - int(np.floor(np.log10(size)))
    return round(value, places)


def same(found: Any, kept: Any) -> bool:
    """Whether two prints are equal but for the last digits, in which libraries and processors may differ."""
    if isinstance(kept, dict):
        return isinstance(found, dict) and list(found) == list(kept) and all(same(found[k], kept[k]) for k in kept)
    if isinstance(kept, list):
        if not isinstance(found, list) or len(found) != len(kept):
            return False
        if len(kept) == WEIGHTS + 3 and isinstance(kept[0], str) and isinstance(kept[1], (int, float)):
            room = 2e-5 * abs(kept[1]) + 1e-12
            return found[0] == kept[0] and all(abs(a - b) <= room for a, b in zip(found[1:], kept[1:]))
        return all(map(same, found, kept))
    return found == kept


# --- functions --------------------------------------------------------------------------------------------------------


def picture(dtype: Any, channels: int | None) -> np.ndarray:
    """An image with flat, black and white parts, and of floats with NaN and infinity."""
    image = example_image(dtype, SHAPE, channels).copy()
    image[:7, :9] = 0
    image[-5:, -6:] = np.iinfo(dtype).max if np.dtype(dtype).kind == "u" else 1
    image[12:15, 3:11] = image[12, 3]
    return image


def cases_of(name: str) -> Iterator[tuple[str, np.ndarray, dict[str, Any]]]:
    """Images and options: every variant for bytes and for floats with NaN, what is usual for the other dtypes."""
    function = functions_of_images()[name]
    for channels in (None, 3):
        if not takes_channels(function, channels):
            continue
        image = picture(np.uint8, channels)
        for k, options in enumerate(variants(function, image)):
            yield f"uint8 {channels} {k}", image, options
        for kind in (np.uint16, np.float32, np.float64):
            yield f"{np.dtype(kind).name} {channels}", picture(kind, channels), {}
        holes = picture(np.float32, channels)
        holes[2, 20], holes[17, 5] = np.nan, np.inf
        for k, options in enumerate(variants(function, holes)):
            yield f"NaN {channels} {k}", holes, options


def results_of(name: str) -> dict[str, Any]:
    """The prints of all cases; of an error, its kind."""
    function, found = functions_of_images()[name], {}
    for case, image, options in cases_of(name):
        found[case] = outcome(function, image, options)
    return found


def outcome(function: Any, image: np.ndarray, options: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            args, kwargs = example_call(function, image, **options)
            return prints(function(*args, **kwargs))
        except (TypeError, ValueError) as error:
            return type(error).__name__


# --- transforms -------------------------------------------------------------------------------------------------------


def drawn_by(name: str) -> dict[str, Any]:
    """Of every example, and every word and switch of an option: what is drawn, and what becomes of a sample."""
    found: dict[str, Any] = {}
    for k, (_, parameters) in enumerate(each for each in (*EXAMPLES, *MIXES) if each[0] == name):
        found[f"{k}"] = chain_prints(build(name, parameters))
        if k == 0:
            for dtype in ("uint16", "float32", "float64"):
                found[dtype] = chain_prints(build(name, parameters), dtype)
            found["grey"] = chain_prints(build(name, parameters), grey=True)
    first = next(parameters for kind, parameters in (*EXAMPLES, *MIXES) if kind == name)
    for option in options_of(name, first):
        try:
            transform = build(name, {**first, **option})
        except (TypeError, ValueError):
            continue
        found[str(option)] = chain_prints(transform)
    return found


def options_of(name: str, first: dict[str, Any]) -> Iterator[dict[str, Any]]:
    from laws.test_options import options

    yield from options(name, first)
    for field in dataclasses.fields(build(name, first)):
        if field.init and isinstance(field.default, bool):
            yield {field.name: not field.default}


def chain_prints(transform: Any, dtype: str = "uint8", *, grey: bool = False) -> Any:
    given = sample(dtype=np.dtype(dtype))
    if grey:
        given["image"] = np.ascontiguousarray(given["image"][..., 1])
    chain = A.Compose([dataclasses.replace(transform, p=1.0)], seed=5)
    if transform.mixes:
        given |= {"label": np.eye(3)[1], "masks": [given["mask"] == v for v in (1, 2, 3)]}
        other = {**given, "image": given["image"][:, ::-1].copy()}
        donors = [given, {**other, "label": np.eye(3)[2]}, {**other, "label": np.eye(3)[0]}]
        chain = functools.partial(chain, donors=donors)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            done = [chain(**given, key=key) for key in KEYS]
        except (TypeError, ValueError) as error:
            return type(error).__name__
    return {each: _joined([one[each] for one in done]) for each in given if each in done[0]}


def _joined(values: list[Any]) -> list[Any]:
    """Prints of all values of a target together, and the dtypes that they have."""
    arrays = [np.asarray(value) for value in values]
    kinds = sorted({array.dtype.name for array in arrays})
    return [prints(np.concatenate([array.astype(np.float64).reshape(-1) for array in arrays])), *kinds]


# --- limits -----------------------------------------------------------------------------------------------------------


def taken_by_transform(name: str) -> dict[str, str]:
    """Which numbers of the ladder each parameter takes: 1 as a number, 2 in a range, 3 both."""
    first = next(parameters for kind, parameters in (*EXAMPLES, *MIXES) if kind == name)
    found = {}
    for field in dataclasses.fields(build(name, first)):
        if not field.init or field.name == "p" or not _numeric(field.default):
            continue
        length = len(field.default) if isinstance(field.default, tuple) else 2
        takes = [
            _takes(name, first, field.name, _as_is(v)) + 2 * _takes(name, first, field.name, (_as_is(v),) * length)
            for v in LADDER
        ]
        found[field.name] = "".join(map(str, takes))
    return found


def _as_is(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value


def _numeric(value: Any) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(map(_numeric, value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _takes(name: str, first: dict[str, Any], field: str, value: Any) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            build(name, {**first, field: value})
        except (TypeError, ValueError, OverflowError):
            return 0
    return 1


def taken_by_function(name: str) -> dict[str, str]:
    """Which few numbers each parameter takes, for a small image of floats."""
    function, found = functions_of_images()[name], {}
    channels = next((c for c in (3, None, 4) if takes_channels(function, c)), None)
    image = example_image(np.float32, (17, 19), channels)
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        usual = parameter.default
        if usual is parameter.empty:
            values = examples(function, parameter.name, image)
            usual = values[0] if values else None
        if not _numeric(usual) or isinstance(usual, tuple):
            continue
        found[parameter.name] = "".join(
            "0" if outcome(function, image, {parameter.name: _as_is(v)}) in ("TypeError", "ValueError") else "1"
            for v in FEW
        )
    return found


# --- pipelines of albumentations --------------------------------------------------------------------------------------


def migrated(name: str) -> dict[str, str]:
    """What becomes of a class with its defaults, and with each parameter changed: 32 bits of the recipe and report."""
    plain = {**defaults()[name], **MIGRATED.get(name, {})}
    found = {"": _recipe(name, {})}
    for field, value in plain.items():
        for k, other in enumerate(_others(value)):
            found[f"{field} {k}"] = _recipe(name, {field: other})
    return found


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (other for other in (0, 1, 2, 3, 4, 6, 7, 1.5 * value, 3 * value, (0.5 * value, 2 * value)))
    elif isinstance(value, tuple) and value and all(isinstance(v, (int, float)) for v in value):
        yield from (tuple(v * k for v in value) for k in (0.5, 0, 2, -1, 3))
        yield tuple(reversed(value))
        yield value[-1]
        yield (value[-1],) * len(value)
        if len(value) == 2:
            yield {"x": value, "y": (value[0], value[0])}
            yield ((value[0], value[1]),) * 4


def _recipe(name: str, given: dict[str, Any]) -> str:
    plain = {"__class_fullname__": name, **MIGRATED.get(name, {}), **given}
    if name in GROUPS:
        plain["transforms"] = [{"__class_fullname__": "InvertImg", "p": 0.5}, {"__class_fullname__": "Blur", "p": 0.2}]
    if "channels" in defaults()[name]:
        plain.setdefault("channels", (0, 1, 2))
    try:
        chain, report = A.from_albumentations({"transform": plain}, image_size=(96, 128))
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__} {_hash(str(error))}"
    return _hash(json.dumps(_shorter(chain.to_dict())) + str(report))


def _shorter(value: Any) -> Any:
    """With nine digits: powers and roots may differ in the last one."""
    if isinstance(value, dict):
        return {name: _shorter(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shorter(part) for part in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


# --- the files --------------------------------------------------------------------------------------------------------

KINDS = {
    "functions": (results_of, lambda: sorted(functions_of_images())),
    "draws": (drawn_by, lambda: sorted({kind for kind, _ in (*EXAMPLES, *MIXES)})),
    "limits_of_transforms": (taken_by_transform, lambda: sorted({kind for kind, _ in (*EXAMPLES, *MIXES)})),
    "from_albumentations": (migrated, lambda: sorted(defaults())),
    "limits_of_functions": (taken_by_function, lambda: sorted(functions_of_images())),
}


def kept(kind: str) -> dict[str, Any]:
    """What is kept of a kind, by name."""
    return json.loads((FOLDER / f"{kind}.json").read_text())


def main() -> None:
    """Write everything anew."""
    FOLDER.mkdir(exist_ok=True)
    for kind in sys.argv[1:] or KINDS:
        make, names = KINDS[kind]
        lines = [f"{json.dumps(name)}: {json.dumps(make(name), separators=(',', ':'))}" for name in names()]
        (FOLDER / f"{kind}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
