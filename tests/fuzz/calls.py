"""Which calls there are, and how one is drawn from its number.

A call is a text with places for arguments.  `draw(number, seed)` gives the same call in every process.
"""

from __future__ import annotations

import functools
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

import augment
import imgproc
import imgproc._inventory as inventory
from augment._chain.transform import REGISTRY
from augment._inventory import EXAMPLES, MIXES, build
from imgproc._core.publish import published

from . import values
from .values import changed, one_of, picture_text

TRANSFORMS = [*EXAMPLES, *MIXES]

NOT_CALLED = {
    "set_num_threads": "changes the state of the process",
    "get_num_threads": "has no arguments",
    "read_image": "files have tests of their own",
    "write_image": "files have tests of their own",
    "to_pil": "gives an object of Pillow",
    "from_pil": "takes an object of Pillow",
}


@dataclass(frozen=True)
class Call:
    """A call as a text.

    ``form`` is the expression, in which each group of arguments is a dict: ``"imgproc.box_blur(**call)"``.
    ``required`` are the arguments that are not left out when a finding is made smaller.
    """

    subject: str
    form: str
    groups: dict[str, dict[str, str]]
    required: frozenset[str] = frozenset()
    doc: str = ""

    def script(self) -> str:
        """Lines of Python that make the call, with the names of `values`."""
        lines, form = [], self.form
        for name, group in self.groups.items():
            if "image" in group:
                lines.append(f"image = {group['image']}")
            given = ", ".join(f"{k}={'image' if k == 'image' else v}" for k, v in group.items())
            form = form.replace(f"**{name}", given)
        return "\n".join([*lines, form])

    def evaluated(self, names: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The arguments themselves, by group; `image` is known to those after it."""
        names, found = dict(names), {}
        for group, texts in self.groups.items():
            found[group] = {}
            for name, text in texts.items():
                found[group][name] = eval(text, names)
                if name == "image":
                    names["image"] = found[group][name]
        return found

    def names(self) -> set[str]:
        """The names by which an error can speak of an argument."""
        kind = getattr(imgproc if self.subject.startswith("imgproc.") else augment, self.subject.partition(".")[2])
        return {name for group in self.groups.values() for name in group} | set(inspect.signature(kind).parameters)

    def with_argument(self, group: str, name: str, value: str | None) -> Call:
        """The same call with one argument changed, or left out."""
        changed_group = {k: v for k, v in self.groups[group].items() if k != name or value is not None}
        if value is not None:
            changed_group[name] = value
        return replace(self, groups={**self.groups, group: changed_group})


@dataclass(frozen=True)
class Subject:
    """Something that is called."""

    name: str
    draw: Callable[[random.Random], Call] = field(repr=False)


# --- functions of imgproc ---------------------------------------------------------------------------------------------


def _image_function(name: str, rng: random.Random) -> Call:
    function = inventory.public_functions()[name]
    doc = inspect.getdoc(function) or ""
    image = picture_text(rng)
    sample = inventory.example_image(np.uint8, (16, 17), 3 if inventory.takes_channels(function, 3) else None)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    given, choices = {"image": image}, inventory.choices(function)
    rate = rng.choice([0.0, 0.1, 0.25])
    for parameter in parameters:
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        known = inventory._examples(function, parameter.name, sample)
        needed = parameter.default is parameter.empty
        if needed or (known and rng.random() < 0.3):
            given[parameter.name] = f"example({name!r}, {parameter.name!r}, {rng.randrange(len(known))}, image)"
        if rng.random() < (rate if needed or parameter.name in choices else rate / 2):
            ordinary = known[0] if needed or (parameter.default is None and known) else parameter.default
            given[parameter.name] = (
                picture_text(rng)
                if isinstance(ordinary, np.ndarray) and ordinary.ndim > 1 and rng.random() < 0.6
                else changed(rng, ordinary, choices.get(parameter.name, ()))
            )
    needed = frozenset({"image", *(p.name for p in parameters if p.default is p.empty)})
    return Call(f"imgproc.{name}", f"imgproc.{name}(**call)", {"call": given}, needed, doc)


_OTHER_ARGUMENTS: dict[str, list[str]] = {
    # Of functions whose first argument is no image: texts by the name of the argument.
    "size": ["(16, 17)", "(1, 1)", "(40, 3)"],
    "mask": ["picture('two', (16, 17), 'bool')", "picture('noise', (1, 1), 'bool')"],
    "radius": ["2.5", "0.3", "7"],
    "sigma": ["1.5", "0.2", "0.5"],
    "length": ["9.0", "1.0", "2.5"],
    "strength": ["0.002", "0.1"],
    "temperature": ["5000.0", "1700.0", "15000.0"],
    "coefficients": [
        "imgproc.wavelet(picture('noise', (16, 17), 'float32'))",
        "imgproc.dct(picture('noise', (16, 17), 'float64'))",
        "imgproc.dft(picture('noise', (16, 17, 3), 'float32'))",
        "numbers((8, 16))",
    ],
    "source": ["numbers((4, 2), scale=30)", "picture('noise', (9, 8), 'float32')"],
    "sink": ["picture('noise', (9, 8), 'float32', '', 1)"],
    "right": ["numbers((9, 7))", "numbers((9, 8))"],
    "down": ["numbers((8, 8))", "numbers((9, 8))"],
    "target": ["numbers((4, 2), seed=1, scale=30)", "'max'"],
    "labels": ["classes(40)", "picture('ramp', (16, 17), 'int32')", "np.array(list('aabbbc'))", "[0, 1, 1]"],
    "image": ["picture('noise', (16, 17, 3), 'uint8')", "picture('noise', (40, 30, 3), 'float32')"],
    "boxes": ["boxes(12)", "boxes(0)", "boxes(1, 'float32')", "boxes(5).tolist()", "[boxes(3), boxes(2)]"],
    "others": ["boxes(9, seed=1)", "boxes(12, seed=1)", "boxes(0)"],
    "scores": [
        "numbers((12,))",
        "numbers((1,))",
        "numbers((0,))",
        "numbers((5,)).tolist()",
        "[numbers(3), numbers(2)]",
    ],
    "classes": ["classes(12)", "None", "['a', 'b'] * 6"],
    "y_true": ["classes(40)", "classes(40, 2)", "np.array(list('aabbbc'))"],
    "y_pred": ["classes(40, seed=1)", "classes(40, 2, seed=1)", "np.array(list('abbbbc'))"],
    "score": ["numbers((40,))"],
    "truth": ["[{'boxes': boxes(5), 'labels': classes(5)}, {'boxes': boxes(0), 'labels': []}]"],
    "detections": [
        "[{'boxes': boxes(7, seed=2), 'labels': classes(7), 'scores': numbers((7,))}, "
        "{'boxes': boxes(2), 'labels': [0, 1], 'scores': [0.5, 0.25]}]"
    ],
    "boxes_or_folder": ["numbers((60, 2), scale=100) + 1", "boxes(50)", "numbers((9, 2))"],
    "k": ["3", "2", "'auto'"],
    "X": ["numbers((50, 2)) + 0.1", "numbers((50, 4), 'float32') + 0.1"],
    "n_clusters": ["3", "1"],
    "tiles": ["imgproc and augment.tile(picture('noise', (40, 30, 3), 'uint8'), size=(20, 20))"],
    "n_init": ["1"],
}


def _other_function(module: Any, name: str, rng: random.Random) -> Call:
    function = getattr(module, name)
    doc = inspect.getdoc(function) or ""
    given: dict[str, str] = {}
    choices, needed = inventory.choices(function), set()
    rate = rng.choice([0.0, 0.1, 0.25])
    for parameter in inspect.signature(function).parameters.values():
        known = _OTHER_ARGUMENTS.get(parameter.name, [])
        if parameter.name == "random_state":
            given[parameter.name] = "0"
        if parameter.default is parameter.empty:
            needed.add(parameter.name)
            given[parameter.name] = rng.choice(known) if known else one_of(rng, values.HOSTILE)
        if rng.random() < (rate if parameter.default is parameter.empty else rate / 2):
            ordinary = None if parameter.default is parameter.empty else parameter.default
            if known and rng.random() < 0.5:
                given[parameter.name] = rng.choice(known)
            else:
                given[parameter.name] = changed(rng, ordinary, choices.get(parameter.name, ()))
    return Call(
        f"{module.__name__}.{name}", f"{module.__name__}.{name}(**call)", {"call": given}, frozenset(needed), doc
    )


# --- chains -----------------------------------------------------------------------------------------------------------

_USES = {"call": 6, "batch": 1, "replay": 1, "invert": 1, "explain": 1}
"""What can be done with a chain, and how often it is done."""

_OPTIONS = {
    # Of a chain: texts, or an ordinary value that is changed.
    "dtype": "'uint8'; 'float32'; 'uint16'; 'float64'; 'float16'",
    "layout": "'first'; 'last'",
    "box_format": "'coco'; 'yolo'; 'albumentations'; 'obb'; 'corners'",
    "box_outside": "'raise'; 'clip'; 'clip'; 'drop'",
    "keypoint_columns": "(); ('visibility',); ('angle', 'scale'); ['visibility', 'id']; 'angle'",
    "keypoint_mirror": "{0: 1}; [(0, 3)]; [1, 0]; {'a': 'b'}; 5",
    "fuse": True,
    "min_area": 0.0,
    "min_visibility": 0.0,
    "clip": True,
    "remove_invisible": True,
    "seed": 3,
}

_KEYS = "1; (2, 3); 7; 2**63; np.int64(4); -1; 'a'; (1, 2, 3)"
_MASKS = ["uint8", "uint8", "bool", "int32", "uint16", "float32", "int64"]
_BOXES = """
boxes(3); boxes(3); boxes(0); boxes(2) / 40; boxes(2).tolist(); []; boxes(1, 'float32'); np.array([[1e9, 0, 2e9, 5]]);
np.array([[np.nan, 1, 2, 3]]); boxes(2)[:, ::-1]; numbers((3, 5), scale=30); numbers((2, 8), scale=30);
[(9.0, 9.0, 8.0, 4.0, 1e300)]; [(1e308, 9.0, 1e308, 4.0, 5.0)]; [(1.0, 2.0, 9.0, 8.0, 'a')]
"""
_KEYPOINTS = """
numbers((4, 2), scale=30); []; [(1, 2)]; numbers((2, 2), scale=1e18); np.array([[np.nan, 1.0]]); numbers((3, 3));
numbers((2, 4, 3), scale=20); numbers((3, 4), scale=20); [(1, 2, 1e300, 1e300)]; np.zeros((0, 4, 3))
"""


def _chain(name: str, rng: random.Random) -> Call:
    kind = REGISTRY[name]
    which = rng.choice([k for k, (entry, _) in enumerate(TRANSFORMS) if entry == name])
    doc = inspect.getdoc(kind) or ""
    choices, rate = inventory.choices(kind), rng.choice([0.0, 0.1, 0.25])
    given: dict[str, str] = {}
    for parameter in inspect.signature(kind).parameters.values():
        ordinary = TRANSFORMS[which][1].get(parameter.name, parameter.default)
        if rng.random() < rate and parameter.name != "transforms":
            given[parameter.name] = changed(rng, ordinary, choices.get(parameter.name, ()))
    options = {
        option: one_of(rng, ordinary) if isinstance(ordinary, str) else changed(rng, ordinary)
        for option, ordinary in _OPTIONS.items()
        if rng.random() < 0.08
    }
    targets = {"image": picture_text(rng), "key": one_of(rng, _KEYS) if rng.random() < 0.2 else "(2, 3)"}
    if rng.random() < 0.4 or kind.needs_mask:
        targets["mask"] = f"mask_of(image, {rng.choice(_MASKS)!r})" if rng.random() < 0.9 else picture_text(rng)
    if rng.random() < 0.4 or kind.needs_boxes:
        targets["boxes"] = one_of(rng, _BOXES)
    if rng.random() < 0.3:
        targets["keypoints"] = one_of(rng, _KEYPOINTS)
    if kind.mixes:
        targets["donors"] = f"[donor({rng.randrange(5)}, image, {sorted(targets)})]"
    how = rng.choices(list(_USES), list(_USES.values()))[0]
    how = "call" if how == "invert" and kind.mixes else how
    return Call(
        f"augment.{name}",
        f"use({how!r}, transform({name!r}, {which}, **parameters), dict(**options), **targets)",
        {"targets": targets, "parameters": given, "options": options},
        frozenset({"image", "key", "donors"}),
        doc,
    )


def donor(which: int, image: Any, targets: list[str]) -> dict[str, Any]:
    """A sample of the dtype and the channels of an image for transforms that mix, with the same targets."""
    shape, dtype = (
        (*((31, 20), (16, 17), (1, 1), (8, 40), (24, 31))[which], *np.shape(image)[2:]),
        np.asarray(image).dtype,
    )
    found = {"image": values.picture("noise", shape, str(dtype), "", which)}
    if "mask" in targets:
        found["mask"] = mask_of(found["image"], "uint8")
    if "boxes" in targets:
        found["boxes"] = values.boxes(2, seed=which)
    if "keypoints" in targets:
        found["keypoints"] = values.numbers((2, 2), seed=which, scale=20.0)
    return found


def transform(name: str, which: int, **parameters: Any) -> Any:
    """A transform as the inventory declares it, with parameters of its own."""
    entry, declared = TRANSFORMS[which]
    assert entry == name
    built = build(name, declared)
    return type(built)(**{**{f: getattr(built, f) for f in built.__dataclass_fields__ if f in declared}, **parameters})


def mask_of(image: Any, dtype: str) -> Any:
    """A mask of labels of the size of an image."""
    h, w = (*np.shape(image), 1, 1)[:2]
    return (np.indices((h, w)).sum(axis=0) // 3 % 4).astype(dtype)


def use(how: str, made: Any, options: dict[str, Any], *, image: Any, key: Any, **targets: Any) -> Any:
    """Use a chain of one transform in one of the ways in which it can be."""
    chain = augment.Compose([made], **options)
    if how == "batch":
        result = chain.batch(
            [image, image],
            keys=[key, (1, 1)],
            **{name: value if name == "donors" else [value] * 2 for name, value in targets.items()},
        )
        return {name: value for name, value in result.items() if name != "keys"}
    if how == "explain":
        return chain.explain(np.shape(image), key=key)
    result = chain(image=image, key=key, **targets)
    if how == "call":
        return {name: value for name, value in result.items() if name != "key"}
    looks = {name: targets[name] for name in ("boxes", "mask", "donors") if name in targets and _looks(made, name)}
    record = chain.draw(key, np.shape(image), dtype=np.asarray(image).dtype, **looks)
    if how == "replay":
        again = chain.replay(record, image=image, **targets)
        for name in ("image", "mask", "boxes", "keypoints"):
            if name in again:
                np.testing.assert_array_equal(again[name], result[name], err_msg=f"replay: {name}")
        return again["image"]
    return chain.invert(record, np.shape(image), keypoints=result.get("keypoints"))


def _looks(made: Any, name: str) -> bool:
    return bool({"boxes": made.needs_boxes, "mask": made.needs_mask, "donors": made.mixes}[name])


# --- resampling -------------------------------------------------------------------------------------------------------


_TABLES = """
numbers((40, 3)); numbers((40, 3), 'float32'); numbers((40, 3), scale=1e160); numbers((40, 3), scale=1e-300);
np.zeros((40, 3)); np.full((40, 3), np.nan); numbers((40, 3)).tolist(); np.rint(numbers((40, 3), scale=3));
numbers((40, 3))[::-1]; np.asfortranarray(numbers((40, 3))); numbers((0, 3)); numbers((40,))
"""
_CLASSES = """
classes(40, 2); classes(40, 3); classes(40, 3).astype(str); classes(40, 2) > 0; np.zeros(40); classes(39);
[0] * 38 + [1] * 2; [0] * 39 + [1]
"""


def _sampler(name: str, rng: random.Random) -> Call:
    kind = getattr(augment, name)
    doc = inspect.getdoc(kind) or ""
    choices, rate = inventory.choices(kind), rng.choice([0.0, 0.1, 0.25])
    given = {"random_state": "0"}
    for parameter in inspect.signature(kind).parameters.values():
        if parameter.default is parameter.empty:
            given[parameter.name] = rng.choice(["[0]", "[1]", "[0, 1]", "[True, False, False]"])
        elif rng.random() < rate:
            given[parameter.name] = changed(rng, parameter.default, choices.get(parameter.name, ()))
    if "random_state" not in inspect.signature(kind).parameters:
        del given["random_state"]
    data = {"X": one_of(rng, _TABLES), "y": one_of(rng, _CLASSES)}
    form = f"augment.{name}(**sampler).fit_resample(**data)"
    return Call(
        f"augment.{name}", form, {"sampler": given, "data": data}, frozenset({"X", "y", "categorical_features"}), doc
    )


# --- all of them ------------------------------------------------------------------------------------------------------


@functools.cache
def subjects() -> list[Subject]:
    """All that the fuzzer calls, by name."""
    found = []
    images = inventory.functions_of_images()
    for name in inventory.public_functions():
        if name in NOT_CALLED:
            continue
        draw = (
            functools.partial(_image_function, name)
            if name in images
            else functools.partial(_other_function, imgproc, name)
        )
        found.append(Subject(f"imgproc.{name}", draw))
    for name in sorted(published(augment)):
        value = getattr(augment, name)
        if name in REGISTRY:
            if any(entry == name for entry, _ in TRANSFORMS):
                found.append(Subject(f"augment.{name}", functools.partial(_chain, name)))
        elif inspect.isfunction(value) and name not in NOT_CALLED:
            found.append(Subject(f"augment.{name}", functools.partial(_other_function, augment, name)))
        elif hasattr(value, "fit_resample"):
            found.append(Subject(f"augment.{name}", functools.partial(_sampler, name)))
    return found


def draw(number: int, seed: int = 0) -> Call:
    """The call of a number: the subjects take turns."""
    everyone = subjects()
    subject = everyone[number % len(everyone)]
    return subject.draw(random.Random(f"{seed} {subject.name} {number // len(everyone)}"))


def namespace() -> dict[str, Any]:
    """The names that the text of a call uses."""
    return {**vars(values), **{each.__name__: each for each in (transform, mask_of, donor, use, imgproc, augment)}}
