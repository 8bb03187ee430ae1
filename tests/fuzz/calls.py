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

from . import arguments, values
from .values import changed, one_of, picture_text

TRANSFORMS = [*EXAMPLES, *MIXES]

PIPELINES = 20
"""How often chains of several transforms are called, where a name is called once."""

NOT_CALLED = {
    "set_num_threads": "changes the state of the process",
    "get_num_threads": "has no arguments",
    "count_pages": "files have tests of their own",
    "decode_image": "files have tests of their own",
    "read_image": "files have tests of their own",
    "read_labels": "files have tests of their own",
    "write_labels": "files have tests of their own",
    "write_image": "files have tests of their own",
    "ms_ssim": "its images are larger than those here",
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


def _other_function(module: Any, name: str, rng: random.Random) -> Call:
    function = getattr(module, name)
    doc = inspect.getdoc(function) or ""
    given: dict[str, str] = {}
    choices, needed = inventory.choices(function), set()
    rate = rng.choice([0.0, 0.1, 0.25])
    place, texts = rng.randrange(60), {**arguments.OTHER_ARGUMENTS, **arguments.OWN_ARGUMENTS.get(name, {})}
    for parameter in inspect.signature(function).parameters.values():
        known, kept = texts.get(parameter.name, []), parameter.default is parameter.empty
        if parameter.name == "random_state":
            given[parameter.name], kept = "0", True
        elif known and (kept or rng.random() < 0.5):
            given[parameter.name] = known[place % len(known)]
        elif kept:
            given[parameter.name] = one_of(rng, values.HOSTILE)
        if kept:
            needed.add(parameter.name)
        if rng.random() < (rate if kept else rate / 2):
            ordinary = None if parameter.default is parameter.empty else parameter.default
            if known and rng.random() < 0.5:
                given[parameter.name] = rng.choice(known)
            else:
                given[parameter.name] = changed(rng, ordinary, choices.get(parameter.name, ()))
            if (parameter.name, given[parameter.name]) == ("random_state", "None"):
                given[parameter.name] = "1"  # without one a draw is fresh
    return Call(
        f"{module.__name__}.{name}", f"{module.__name__}.{name}(**call)", {"call": given}, frozenset(needed), doc
    )


# --- chains -----------------------------------------------------------------------------------------------------------

_USES = {"call": 6, "batch": 1, "replay": 1, "invert": 1, "explain": 1}
"""What can be done with a chain, and how often it is done."""


def _parameters(name: str, rng: random.Random) -> tuple[int, dict[str, str]]:
    """Which example of a transform, and what is changed of it."""
    kind = REGISTRY[name]
    which = rng.choice([k for k, (entry, _) in enumerate(TRANSFORMS) if entry == name])
    choices, rate = inventory.choices(kind), rng.choice([0.0, 0.1, 0.25])
    given: dict[str, str] = {}
    for parameter in inspect.signature(kind).parameters.values():
        ordinary = TRANSFORMS[which][1].get(parameter.name, parameter.default)
        if rng.random() < rate and parameter.name != "transforms":
            given[parameter.name] = changed(rng, ordinary, choices.get(parameter.name, ()))
    return which, given


def _chain(name: str, rng: random.Random) -> Call:
    kind = REGISTRY[name]
    which, given = _parameters(name, rng)
    how = rng.choices(list(_USES), list(_USES.values()))[0]
    how = "mix" if how == "invert" and kind.mixes else how
    options, targets = _around([kind], rng)
    return Call(
        f"augment.{name}",
        f"use({how!r}, transform({name!r}, {which}, **parameters), dict(**options), **targets)",
        {"targets": targets, "parameters": given, "options": options},
        frozenset({"image", "key", "donors"}),
        inspect.getdoc(kind) or "",
    )


def _pipeline(rng: random.Random) -> Call:
    """A chain of several transforms."""
    names = rng.sample(sorted(name for name, _ in TRANSFORMS), rng.randint(2, 4))
    steps = {}
    for k, name in enumerate(names):
        which, given = _parameters(name, rng)
        given = {} if rng.random() < 0.8 else given  # or one of them would refuse nearly always
        steps[f"step{k}"] = f"transform({', '.join([repr(name), str(which), *(f'{p}={v}' for p, v in given.items())])})"
    kinds = [REGISTRY[name] for name in names]
    how = rng.choice(["call", "call", "batch", "replay"] if any(kind.mixes for kind in kinds) else list(_USES))
    options, targets = _around(kinds, rng)
    return Call(
        "augment.Compose",
        f"use({how!r}, list(dict(**steps).values()), dict(**options), **targets)",
        {"targets": targets, "steps": steps, "options": options},
        frozenset({"image", "key", "donors"}),
        "\n".join(inspect.getdoc(kind) or "" for kind in kinds),
    )


def _around(kinds: list[Any], rng: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    """The options of a chain of such transforms, and what it is called with."""
    options = {
        option: one_of(rng, ordinary) if isinstance(ordinary, str) else changed(rng, ordinary)
        for option, ordinary in arguments.OPTIONS.items()
        if rng.random() < 0.08
    }
    targets = {"image": picture_text(rng), "key": one_of(rng, arguments.KEYS) if rng.random() < 0.2 else "(2, 3)"}
    if rng.random() < 0.4 or any(kind.needs_mask for kind in kinds):
        targets["mask"] = (
            f"mask_of(image, {rng.choice(arguments.MASKS)!r})" if rng.random() < 0.9 else picture_text(rng)
        )
    if rng.random() < 0.4 or any(kind.needs_boxes for kind in kinds):
        targets["boxes"] = one_of(rng, arguments.BOXES)
        if targets["boxes"].startswith("boxes_in") and rng.random() < 0.3:
            targets["masks"] = f"masks_of(image, len({targets['boxes']}))"
    if rng.random() < 0.3:
        targets["keypoints"] = one_of(rng, arguments.KEYPOINTS)
    if any(kind.mixes for kind in kinds):
        targets["donors"] = f"[donor({rng.randrange(5)}, image, {sorted(targets)})]"
    return options, targets


def donor(which: int, image: Any, targets: list[str]) -> dict[str, Any]:
    """A sample of the dtype and the channels of an image for transforms that mix, with the same targets."""
    shape, dtype = (
        (*((31, 20), (16, 17), (1, 1), (8, 40), (24, 31))[which], *np.shape(image)[2:]),
        np.asarray(image).dtype,
    )
    found = {"image": values.picture("noise", shape, str(dtype), "", which)}
    if "mask" in targets:
        found["mask"] = mask_of(found["image"], "uint8")
    if "masks" in targets:
        found["masks"] = masks_of(found["image"], 2)
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


def masks_of(image: Any, n: int) -> Any:
    """Masks of so many instances, bands across an image."""
    h, w = (*np.shape(image), 1, 1)[:2]
    return (np.arange(h)[:, None] * n // h == np.arange(n)[:, None, None]).astype(np.uint8).repeat(w, axis=2)


def use(how: str, made: Any, options: dict[str, Any], *, image: Any, key: Any, **targets: Any) -> Any:
    """Use a chain of a transform, or of a list of them, in one of the ways in which it can be; or mix a batch."""
    if how == "mix":
        batch = {f"{name.removesuffix('s')}s": [value] * 3 for name, value in targets.items() if name != "donors"}
        return made([image] * 3, np.eye(3), keys=[(0, 0), (0, 1), (0, 2)], **batch)
    steps = made if isinstance(made, list) else [made]
    chain = augment.Compose(steps, **options)
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
    looks = {name: targets[name] for name in ("boxes", "mask", "donors") if name in targets and _looks(steps, name)}
    record = chain.draw(key, np.shape(image), dtype=np.asarray(image).dtype, **looks)
    if how == "replay":
        again = chain.replay(record, image=image, **targets)
        for name in ("image", "mask", "boxes", "keypoints"):
            if name in again:
                np.testing.assert_array_equal(again[name], result[name], err_msg=f"replay: {name}")
        return again["image"]
    return chain.invert(record, np.shape(image), keypoints=result.get("keypoints"))


def _looks(steps: list[Any], name: str) -> bool:
    attribute = {"boxes": "needs_boxes", "mask": "needs_mask", "donors": "mixes"}[name]
    return any(getattr(step, attribute) for step in steps)


# --- resampling -------------------------------------------------------------------------------------------------------


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
    elif given["random_state"] == "None":
        given["random_state"] = "1"  # without one a draw is fresh
    data = {"X": one_of(rng, arguments.TABLES)}
    if name == "BalancedEnsemble":  # whose classifiers, which are scikit-learn's, cannot learn from every table
        data["X"] = "numbers((40, 3))"
    if not name.startswith(("KMeans", "Isodata")) or name == "KMeansSMOTE":
        data["y"] = one_of(rng, arguments.CLASSES)
    form = f"augment.{name}(**sampler).fit_resample(**data)"
    if not hasattr(kind, "fit_resample"):
        form = f"fitted(augment.{name}(**sampler), **data)"
    needed = frozenset({"X", "y", "categorical_features", "random_state"})
    return Call(f"augment.{name}", form, {"sampler": given, "data": data}, needed, doc)


def fitted(model: Any, X: Any, y: Any = None) -> list[Any]:
    """What an estimator answers for the samples that it has seen."""
    model.fit(X) if y is None else model.fit(X, y)
    return [model.predict(X), *(getattr(model, each, None) for each in ("cluster_centers_", "inertia_", "classes_"))]


# --- test-time augmentation -------------------------------------------------------------------------------------------


def _test_time(rng: random.Random) -> Call:
    kind, given = augment.TestTime, {}
    for parameter in inspect.signature(kind).parameters.values():
        if rng.random() < 0.15:
            given[parameter.name] = changed(rng, parameter.default)
    if rng.random() < 0.5:
        given["of"] = rng.choice(["'flips'", "'horizontal'", "'rotations'", "'dihedral'"])
    call = {"image": picture_text(rng)}
    form = "predicted(augment.TestTime(**model), **call)"
    return Call("augment.TestTime", form, {"call": call, "model": given}, frozenset({"image"}), "NaN")


def predicted(model: Any, image: Any) -> Any:
    """What is merged of predictions that say what they see."""
    return model(image, lambda seen: {"mask": np.uint8(seen.reshape(*seen.shape[:2], -1)[..., 0] > 0), "scores": [0.5]})


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
        elif hasattr(value, "fit_resample") or hasattr(value, "predict"):
            found.append(Subject(f"augment.{name}", functools.partial(_sampler, name)))
    found += [Subject("augment.TestTime", _test_time)]
    found += [Subject("augment.Compose", _pipeline)] * PIPELINES
    return found


def draw(number: int, seed: int = 0) -> Call:
    """The call of a number: the subjects take turns."""
    everyone = subjects()
    place = number % len(everyone)
    subject = everyone[place]
    turn = number // len(everyone) if subject.name != "augment.Compose" else number
    return subject.draw(random.Random(f"{seed} {subject.name} {turn}"))


_NAMES: tuple[Any, ...] = (transform, mask_of, masks_of, donor, use, fitted, predicted, imgproc, augment)


def namespace() -> dict[str, Any]:
    """The names that the text of a call uses."""
    return {**vars(values), **{each.__name__: each for each in _NAMES}}
