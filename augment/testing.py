"""Tests for transforms of your own: `check_transform` holds them to the laws of all transforms of the library."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import random
import sys
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from imgproc._core.formats import work_dtype
from imgproc._scanline.merge import moves_pixels

from ._chain.geometry import geometry
from ._chain.keys import Draws
from ._chain.state import Frame, Kind
from ._chain.transform import REGISTRY, Transform
from .compose import Compose

__all__ = ["LAWS", "check_transform"]

SIZE = (96, 128)
KEYS: tuple[Any, ...] = (3, (1, 4))
BOXES = np.array([[20.0, 12.0, 70.0, 50.0], [60.0, 40.0, 120.0, 90.0]])
POINTS = np.array([[30.5, 20.5], [100.0, 70.0], [64.0, 48.0]])
_ALONE = "draw and lower must depend on their arguments alone, and random numbers must come from rng"
_SEED = 11


def check_transform(transform: Transform, *, skip: Collection[str] = ()) -> None:
    """Hold a transform to the laws of transforms, on small images of several kinds.

    It is to transforms what ``check_estimator`` of scikit-learn is to estimators.  Call it in your tests, once for each
    set of parameters that leads to other code::

        def test_fade():
            augment.testing.check_transform(Fade())
            augment.testing.check_transform(Fade(strength=(1, 1)))

    The laws are, by their names in `LAWS`:

    * ``fields``: it is a frozen dataclass that can be made anew of its fields, also of NumPy's numbers;
    * ``same key``: the same key gives the same bytes, the input stays as it is, and no other random numbers are drawn;
    * ``p=0``: changes nothing;
    * ``batch``: a batch is what single calls give, in threads too;
    * ``records``: what is drawn is plain data, and replaying it by way of JSON gives the same;
    * ``recipes``: copies by pickle, JSON and `repr` do the same;
    * ``stepwise``: stages that share a pass give what they give one by one;
    * ``again``: the tenth call, which may be compiled as a whole, gives what the first gives;
    * ``dtypes``: every dtype is served, and kept, or refused in words; uint8 and float32 are served;
    * ``channels``: every number of channels is served or refused in words, and one channel is like none;
    * ``16 bits``: a 16-bit copy of a picture gives the same picture, as levels are fractions of full scale;
    * ``keypoints``: a dot that is painted at a keypoint lands where the keypoint lands;
    * ``boxes``: a box lies around what it was filled with;
    * ``back``: what `Compose.invert` brings back was there before.

    Parameters
    ----------
    transform : Transform
        An instance; its `p` does not matter.
    skip : collection of str
        Names of laws that it need not obey, because you know why.

    Raises
    ------
    TypeError, ValueError
        If it is no transform for a single sample, or there is no law of a name.
    AssertionError
        If it breaks a law: the message lists all that it breaks, and says what is different.
    """
    if not isinstance(transform, Transform) or isinstance(transform, Compose) or transform.mixes:
        hint = ": instantiate it" if isinstance(transform, type) else ""
        raise TypeError(f"transform must be a transform for a single sample, got {transform!r:.80}{hint}")
    if unknown := sorted(set(skip) - LAWS.keys()):
        raise ValueError(f"skip must name laws, {', '.join(map(repr, LAWS))}, got {unknown[0]!r}")
    transform = dataclasses.replace(transform, p=1.0)
    broken = []
    for name, law in LAWS.items():
        if name in skip:
            continue
        try:
            law(transform)
        except AssertionError as error:
            broken.append(f"* {name}: {error}")
        except Exception as error:
            broken.append(f"* {name}: raised {type(error).__name__}: {error}")
    if broken:
        who = f"{transform!r:.200} breaks {len(broken)} of {len(LAWS) - len(set(skip))} laws"
        raise AssertionError("\n".join([f"{who}:", *broken]))


# --- samples ----------------------------------------------------------------------------------------------------------


def picture(dtype: Any = np.uint8, channels: int | None = 3) -> np.ndarray:
    """A smooth coloured picture with structure at every scale that interpolation keeps."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    planes = [
        0.5 + 0.24 * np.sin(x / (5.0 + 3 * c) + c) + 0.24 * np.cos(y / (7.0 - c) + 0.02 * x)
        for c in range(channels or 1)
    ]
    image = np.stack(planes, -1) if channels else planes[0]
    return np.rint(image * np.iinfo(dtype).max).astype(dtype) if np.dtype(dtype).kind == "u" else image.astype(dtype)


def targets(transform: Transform) -> dict[str, Any]:
    """A sample with everything, whose image has channels that the transform takes."""
    wanted = transform.channels_wanted() or (3,)
    mask = np.zeros(SIZE, np.uint8)
    mask[12:50, 20:70] = 1
    mask[60:80, 80:110] = 2
    return {
        "image": picture(channels=3 if 3 in wanted else wanted[0]),
        "mask": mask,
        "boxes": BOXES.copy(),
        "labels": ["a", "b"],
        "keypoints": POINTS.copy(),
        "keypoint_labels": [0, 1, 2],
    }


def _chain(transform: Transform, **options: Any) -> Compose:
    return Compose([transform], seed=_SEED, **options)


def _drawn_from(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("boxes", "labels", "mask")}


def _require(condition: Any, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _same(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    """Two samples are alike, to the last byte."""
    _require(one.keys() == other.keys(), f"{what}: {sorted(one)} against {sorted(other)}")
    for name, ours in one.items():
        theirs = other[name]
        if not isinstance(ours, np.ndarray):
            _require(ours == theirs, f"{what}: {name} is {ours!r:.80} and {theirs!r:.80}")
            continue
        kinds = [f"{each.dtype} {each.shape}" for each in (ours, theirs)]
        _require(kinds[0] == kinds[1], f"{what}: {name} is {kinds[0]} and {kinds[1]}")
        apart = ~((ours == theirs) | ((ours != ours) & (theirs != theirs)))
        _require(not apart.any(), f"{what}: {np.count_nonzero(apart)} of {apart.size} numbers of {name} differ")


# --- laws -------------------------------------------------------------------------------------------------------------


def _as_scalars(value: Any) -> Any:
    """A field with NumPy's scalars in place of Python's."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    if isinstance(value, float):
        return np.float64(value)
    return tuple(_as_scalars(entry) for entry in value) if isinstance(value, tuple) else value


def given_in_scalars(transform: Transform) -> Transform:
    """The same transform, made of NumPy's scalars."""
    fields = {field.name: getattr(transform, field.name) for field in dataclasses.fields(transform) if field.init}
    if "transforms" in fields:
        fields["transforms"] = tuple(given_in_scalars(child) for child in fields["transforms"])
    return type(transform)(**{name: _as_scalars(value) for name, value in fields.items()})


def is_plain(transform: Transform) -> bool:
    """Whether all its fields can be part of a recipe."""
    return not any("external" in field.metadata for field in dataclasses.fields(transform))


def _fields(transform: Transform) -> None:
    kind = type(transform)
    _require("__dataclass_params__" in vars(kind), "write @dataclasses.dataclass(frozen=True, kw_only=True) above it")
    made = given_in_scalars(transform)
    advice = "call super().__post_init__() first, and keep() the checked form of a field"
    _require(repr(made) == repr(transform), f"made of NumPy's numbers it is {made!r:.200}: {advice}")
    if is_plain(transform):
        _require(made == transform, "it is not equal to one that is made of the same fields")


def _global_draws() -> tuple[Any, ...]:
    """The state of the generators that a transform must not use."""
    theirs: Any = np.random.get_state()  # noqa: NPY002  # what is asked for is whether somebody used it
    return random.getstate(), theirs[1].tobytes(), theirs[2:]


def _same_key(transform: Transform) -> None:
    given = targets(transform)
    before = copy.deepcopy(given)
    for value in given.values():
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    before_draws = _global_draws()
    for key in KEYS:
        one, other = (_chain(copy.deepcopy(transform))(**given, key=key) for _ in range(2))
        _same(one, other, f"two calls with the key {key}; {_ALONE}")
        for name, value in one.items():
            if isinstance(given.get(name), np.ndarray):
                _require(not np.shares_memory(value, given[name]), f"{name} of the result is that of the input")
                _require(value.flags.writeable, f"{name} of the result is read-only")
    _same(given, before, "the input has changed")
    _require(_global_draws() == before_draws, f"it has drawn from random or numpy.random; {_ALONE}")


def _p_0(transform: Transform) -> None:
    given = targets(transform)
    result = _chain(dataclasses.replace(transform, p=0.0))(**given, key=5)
    _require(not np.shares_memory(result["image"], given["image"]), "the image of the result is that of the input")
    _same({name: value for name, value in result.items() if name != "key"}, given, "with p=0")


def _batch(transform: Transform) -> None:
    chain, image = _chain(transform), targets(transform)["image"]
    images = np.stack([image, image[::-1], image[:, ::-1]])
    keys = [(0, 1), (0, 2), (7, 3)]
    boxes: list[Any] = [BOXES, [], BOXES[:1]]
    labels: list[list[str]] = [["a", "b"], [], ["a"]]
    batch = chain.batch(images, keys=keys, boxes=boxes, labels=labels, workers=2)
    for i, key in enumerate(keys):
        single = chain(image=images[i], boxes=boxes[i], labels=labels[i], key=key)
        found = {"image": batch["images"][i], "boxes": batch["boxes"][i]}
        _same(found, {name: single[name] for name in found}, f"a batch against single calls; {_ALONE}")


def _records(transform: Transform) -> None:
    chain, given = _chain(transform), targets(transform)
    expected = chain(**given, key=KEYS[1])
    record = chain.draw(KEYS[1], given["image"].shape, **_drawn_from(given))
    try:
        plain = json.loads(json.dumps(record))
    except TypeError as error:
        raise AssertionError(f"draw must give plain numbers, strings, lists and tuples: {error}") from error
    _same(chain.replay(plain, **given), expected, "a replayed record")
    if type(transform).lower is Transform.lower:  # a group, which has none
        return
    frame = Frame(*SIZE, given["image"].shape[2], given["image"].dtype)
    labels = given["labels"] if transform.needs_labels else None
    frame = frame._replace(boxes=BOXES if transform.needs_boxes else None, mask=given["mask"], labels=labels)
    params = transform.draw(Draws([], np.ones((1, 1), np.uint64), 0, 7), frame)
    before = copy.deepcopy(params)
    transform.lower(params, frame)
    _require(params == before, "lower must not change what was drawn")


def _recipes(transform: Transform) -> None:
    chain, given = _chain(transform), targets(transform)
    expected = chain(**given, key=KEYS[1])
    kind = type(transform)
    if getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind:  # no class of inside a function
        _same(pickle.loads(pickle.dumps(chain))(**given, key=KEYS[1]), expected, "a copy by pickle")
    _same(copy.deepcopy(chain)(**given, key=KEYS[1]), expected, "a deep copy")
    if not is_plain(transform) or REGISTRY.get(kind.__name__) is not kind:
        return
    _same(Compose.from_json(chain.to_json())(**given, key=KEYS[1]), expected, "a recipe in JSON")
    made = Compose.from_dict(json.loads(json.dumps(chain.to_dict())))
    _require(made == chain, f"the chain of its recipe is {made!r:.200}")


def _stepwise(transform: Transform) -> None:
    given = targets(transform)
    stages = geometry(_chain(transform)._chain, KEYS[0], given["image"].shape, _drawn_from(given))
    if sum(not moves_pixels(stage) for stage in stages) > 1:
        return  # several maps are interpolated at once, which is better than one by one
    for key in KEYS:
        one, other = (_chain(transform, fuse=fuse)(**given, key=key) for fuse in (True, False))
        _same(one, other, "stages in one pass against stages one by one")


def _again(transform: Transform) -> None:
    image = targets(transform)["image"]
    chain = _chain(transform)
    first = [chain(image=image, key=key) for key in range(4)]
    for _ in range(3):
        for key, expected in enumerate(first):
            _same(chain(image=image, key=key), expected, f"a later call with the same key; {_ALONE}")


def _dtypes(transform: Transform) -> None:
    channels = targets(transform)["image"].shape[2]
    for dtype in (np.uint8, np.uint16, np.float32, np.float64):
        chain, image = _chain(transform), picture(dtype, channels)
        try:
            result = chain(image=image, key=2)["image"]
        except (TypeError, ValueError) as error:
            _require(len(str(error)) > 20, f"{image.dtype} must be refused in words, got {error!r}")
            _require(dtype not in (np.uint8, np.float32), f"the dtypes of pipelines must be served: {error}")
            continue
        after = transform.leads_to(Kind(channels, image.dtype))
        wanted = after.dtype if after.unit else work_dtype(image.dtype)
        _require(result.dtype == wanted, f"an image of {image.dtype} became one of {result.dtype}, not {wanted}")
        strided = np.repeat(image, 2, axis=1)[:, ::2]
        _same({"image": chain(image=strided, key=2)["image"]}, {"image": result}, "a strided image")
        if image.dtype.kind == "f":
            _require(np.isfinite(result).all(), f"an image of {image.dtype} with finite levels got others")


def _channels(transform: Transform) -> None:
    for channels in (None, 1, 2, 5):
        chain, image = _chain(transform), picture(np.uint8, channels)
        try:
            result = chain(image=image, key=2)["image"]
        except (TypeError, ValueError) as error:
            told = any(word in str(error) for word in ("channel", "RGB", "values"))
            _require(told, f"an image of {channels} channels must be refused in words, got: {error}")
            continue
        _require(result.ndim == image.ndim, f"an image of shape {image.shape} became one of {result.shape}")
        if channels == 1:
            flat = chain(image=image[:, :, 0], key=2)["image"]
            _same({"image": flat}, {"image": result[:, :, 0]}, "an image (h, w) against (h, w, 1)")


def _16_bits(transform: Transform, most: float = 2.0) -> None:
    chain, eight = _chain(transform), targets(transform)["image"]
    try:
        wide = chain(image=eight.astype(np.uint16) * 257, key=8)["image"]
    except (TypeError, ValueError):
        return
    narrow = chain(image=eight, key=8)["image"]
    if wide.dtype == narrow.dtype or wide.dtype.kind == "f":  # it changes the dtype
        _require(np.allclose(wide, narrow, atol=1e-5), "a 16-bit copy gives other levels")
        return
    error = np.abs(wide.astype(float) / np.iinfo(wide.dtype).max - narrow.astype(float) / np.iinfo(narrow.dtype).max)
    error *= 255
    # Steps (posterize, equalize, quantised codes) may fall to the other side on single pixels.
    share = np.mean(error > most)
    message = f"{share:.1%} of the levels differ by more than {most:g} of 255, by up to {error.max():.1f}"
    _require(share < 0.02, f"{message}: levels must be fractions of full scale")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Only(Transform):
    """The geometry of another transform, as it was drawn."""

    stages: tuple[Any, ...] = ()
    p: float = 1.0

    def lower(self, params: Any, frame: Frame) -> list[Any]:
        return list(self.stages)


def _only_moves(transform: Transform) -> tuple[list[Any], Compose]:
    """The geometry that it leads to for the first key, and a chain that does nothing else."""
    black = any(field.name == "fill" for field in dataclasses.fields(transform))
    transform = dataclasses.replace(transform, fill=0.0) if black else transform  # type: ignore[call-arg]
    given = targets(transform)
    stages = geometry(_chain(transform)._chain, KEYS[0], given["image"].shape, _drawn_from(given))
    return stages, Compose([_Only(stages=tuple(stages))])


def _keypoints(transform: Transform) -> None:
    stages, only = _only_moves(transform)
    if any(stage.tiles for stage in stages):
        return  # the edges of tiles cut dots
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]] + 0.5
    for point in np.array([[40.0, 30.0], [64.0, 48.0], [90.0, 60.0]]) if stages else ():
        dx, dy = x - point[0], y - point[1]
        dot = np.exp(-(dx * dx + dy * dy) / 12.5)
        result = only(image=dot, keypoints=[tuple(point)], key=0)
        if not result["keypoints"]:
            continue
        weights = result["image"]
        h, w = weights.shape
        expected = np.array(result["keypoints"][0])
        if not (12 < expected[0] < w - 12 and 12 < expected[1] < h - 12) or weights.max() < 0.3:
            continue
        v, u = np.mgrid[0:h, 0:w] + 0.5
        du, dv = u - expected[0], v - expected[1]
        weights = weights * (du * du + dv * dv < 256)
        found = np.array([(u * weights).sum(), (v * weights).sum()]) / weights.sum()
        moved = f"a dot at {point} lands at {found.round(2)}, its keypoint at {expected.round(2)}"
        _require(np.abs(found - expected).max() < 0.6, f"{moved}: pull maps points of the output to the input")


def _boxes(transform: Transform) -> None:
    stages, only = _only_moves(transform)
    if any(stage.border != "constant" and stage.grid is None for stage in stages):
        return  # it repeats the image beyond its border
    for box in BOXES if stages else ():
        mask = np.zeros(SIZE, np.uint8)
        x0, y0, x1, y1 = box.astype(int)
        mask[y0:y1, x0:x1] = 9  # no label that a border is filled with
        result = only(image=picture(), mask=mask, boxes=box[None], key=0)
        rows, columns = np.nonzero(result["mask"] == 9)
        if not len(result["boxes"]):
            _require(rows.size < 30, f"the box {box} is gone, but {rows.size} pixels of it are there")
        elif rows.size >= 30:
            around = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            apart = np.abs(result["boxes"][0] - around).max()
            _require(apart <= 2.0, f"the box {box} becomes {result['boxes'][0].round(2)}, what was in it {around}")


def _back(transform: Transform) -> None:
    stages, only = _only_moves(transform)
    if not stages:
        return
    result = only(image=picture(), keypoints=POINTS, keypoint_labels=list(range(len(POINTS))), key=0)
    back = only.invert(0, (*SIZE, 3), keypoints=result["keypoints"])["keypoints"]
    expected = POINTS[result["keypoint_labels"]]
    apart = np.abs(back - expected).max(initial=0)
    bends = any(stage.grid is not None for stage in stages)
    _require(apart < (0.5 if bends else 1e-4), f"keypoints {expected.tolist()} come back as {back.tolist()}")


LAWS: dict[str, Callable[[Transform], None]] = {
    "fields": _fields,
    "same key": _same_key,
    "p=0": _p_0,
    "batch": _batch,
    "records": _records,
    "recipes": _recipes,
    "stepwise": _stepwise,
    "again": _again,
    "dtypes": _dtypes,
    "channels": _channels,
    "16 bits": _16_bits,
    "keypoints": _keypoints,
    "boxes": _boxes,
    "back": _back,
}
"""The laws by name: functions of a transform, which raise AssertionError if it breaks them."""
