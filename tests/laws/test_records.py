"""Records and recipes are not trusted: they say what transforms could have drawn, or are refused before any work."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.transforms import DEEPEST, EXAMPLES, MIXES, VERSION, Draws, Frame, build

import augment as A

FRAMES = [Frame(96, 128), Frame(97, 131, 1), Frame(300, 120)]
CASES = [
    pytest.param(name, params, id=f"{name}-{k}")
    for k, (name, params) in enumerate((*EXAMPLES, *MIXES))
    if "transforms" not in params  # a group draws nothing that a record holds
]


def draws(k: int) -> Draws:
    return Draws([], np.full((1, 1), k, np.uint64), 7, 3)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_what_is_drawn_is_allowed_and_every_number_has_bounds(name: str, params: dict[str, Any]) -> None:
    transform = build(name, params)
    for k in range(30):
        frame = FRAMES[k % 3 if name != "Crop" else 0]
        try:
            if transform.mixes:
                rng = draws(k)
                drawn = transform.parameters(rng, transform.draw_laws(*rng.source)[0])
            else:
                drawn = transform.draw(draws(k), frame)
        except ValueError:  # not for this frame
            continue
        plain = json.loads(json.dumps(drawn))
        assert json.loads(json.dumps(transform.checked(plain, frame))) == plain
    frame = FRAMES[0]
    drawn = transform.sketch(frame)
    for parameter, value in drawn.items():
        for far in (1e18, -1e18, 2**63, -(2**63)):
            wrong = replaced(value, far)
            if wrong is not None:
                with pytest.raises((TypeError, ValueError), match=parameter):
                    transform.checked({**drawn, parameter: wrong}, frame)
        with pytest.raises(ValueError, match="params must have"):
            transform.checked({k: v for k, v in drawn.items() if k != parameter}, frame)
    with pytest.raises(ValueError, match="params must have"):
        transform.checked({**drawn, "one more": 1}, frame)


@pytest.mark.parametrize(("name", "params"), CASES)
def test_ranges_are_drawn_from_end_to_end(name: str, params: dict[str, Any]) -> None:
    """The least and the largest uniform numbers give the ends of the field's range."""
    transform = build(name, params)
    lowest, highest = (Draws([unit] * 4000, np.zeros((1, 1), np.uint64), 7, 3) for unit in (2.0**-33, 1 - 2.0**-33))
    if transform.mixes:
        return  # shares follow laws of their own
    low, high = transform.draw(lowest, FRAMES[0]), transform.draw(highest, FRAMES[0])
    for parameter, first in low.items():
        pair = getattr(transform, parameter, None)
        if (
            not isinstance(pair, tuple)
            or isinstance(first, (list, tuple))
            or (name, parameter) == ("GridDropout", "unit")
        ):
            continue
        ends = sorted((first, high[parameter]))
        np.testing.assert_allclose(ends, pair, rtol=1e-6, atol=1e-6, err_msg=parameter)


@pytest.mark.parametrize(
    ("transform", "parameter"),
    [
        (A.GridDropout(p=1.0), "offset"),
        (A.GridDropout(p=1.0, unit=(0.3, 0.3)), "offset"),
        (A.Crop(size=(60, 70)), "place"),
        (A.Crop(size=(60, 170), pad=True), "place"),
        (A.PadToSize(size=(120, 140), position="random"), "place"),
        (A.Letterbox(size=(100, 140), position="random"), "place"),
        (A.Rotate90(p=1.0), "turns"),
    ],
)
def test_places_are_drawn_from_end_to_end(transform: Any, parameter: str) -> None:
    """What records may say begins and ends where draws do: one less, or one more, is refused."""
    frame = FRAMES[0]
    for unit, step in ((2.0**-33, -1), (1 - 2.0**-33, 1)):
        drawn = transform.draw(Draws([unit] * 64, np.zeros((1, 1), np.uint64), 7, 3), frame)
        transform.checked(drawn, frame)
        value = drawn[parameter]
        many = isinstance(value, (list, tuple))
        for k in range(len(value) if many else 1):
            if many and transform == A.Crop(size=(60, 170), pad=True) and k == 1:
                continue  # the image is in the middle of a larger part
            beyond = [v + step * (i == k) for i, v in enumerate(value)] if many else value + step
            with pytest.raises(ValueError, match=r"must be|must lie"):
                transform.checked({**drawn, parameter: beyond}, frame)


def replaced(value: Any, far: float) -> Any:
    """A value with a number, wherever it stands first in it, replaced; None if it holds none."""
    if isinstance(value, (list, tuple)):
        for k, entry in enumerate(value):
            found = replaced(entry, far)
            if found is not None:
                return [*value[:k], found, *value[k + 1 :]]
        return None
    return far if isinstance(value, (int, float)) and not isinstance(value, bool) else None


@pytest.mark.parametrize("seed", [0, 1])
def test_one_wrong_value_is_refused_in_words_or_does_no_harm(seed: int) -> None:
    """In a process of its own: an index that nobody has checked may end it.  CI runs this with bounds checks, too."""
    root = Path(__file__).parents[2]
    # Not from the folder of the tests: its folders augment/ and imgproc/ would be taken for the packages.
    ran = subprocess.run(
        [sys.executable, "-m", "tests.helpers.record_fuzz", str(seed), "1000"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=1500,  # kernels may have to be compiled
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-1000:]
    assert ran.stdout.startswith("1000 tried")


SHAPE = (60, 84, 3)
IMAGE = np.zeros(SHAPE, np.uint8)


def one_step(transform: Any, **params: Any) -> tuple[A.Compose, dict[str, Any]]:
    step = {"transform": type(transform).__name__, "occurrence": 0, "params": params}
    return A.Compose([transform]), {"version": VERSION, "steps": [step]}


@pytest.mark.parametrize(
    ("transform", "params", "message"),
    [
        (A.Crop(size=(20, 30)), {"place": [-3, -1e18]}, r"steps\[0\], Crop: place\[0\] must be >= 0, got -3"),
        (
            A.PadToSize(size=(80, 90)),
            {"place": [39, 2**63]},
            r"steps\[0\], PadToSize: place\[0\] must be <= 20, got 39",
        ),
        (A.MedianBlur(p=1.0), {"radius": 40000}, r"steps\[0\], MedianBlur: radius must be <= 2, got 40000"),
        (A.GaussianBlur(p=1.0), {"sigma": float("nan")}, r"GaussianBlur: sigma must be finite, got nan"),
        (A.Rotate(p=1.0), {}, r"Rotate: params must have 'angle', got nothing"),
        (A.Rotate(p=1.0), {"angle": "3"}, r"Rotate: angle must be a number, got str"),
        (A.Rotate(p=1.0), {"angle": 91.0}, r"angle must lie in the range of the transform, \(-90.0, 90.0\), got 91.0"),
        (A.CoarseDropout(p=1.0), {"rectangles": [[0, 0, 61, 4]]}, r"rectangles\[0\]\[2\] must be <= 60, got 61"),
        (A.Dihedral(p=1.0), {"turns": 1, "flipped": 1}, r"flipped must be True or False, got 1"),
    ],
)
def test_a_record_names_the_place_of_what_is_wrong(transform: Any, params: dict[str, Any], message: str) -> None:
    chain, record = one_step(transform, **params)
    for door in (lambda: chain.replay(record, image=IMAGE), lambda: chain.invert(record, SHAPE, keypoints=[(1, 1)])):
        with pytest.raises((TypeError, ValueError), match=message):
            door()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Shifted(A.HorizontalFlip):
    """A transform of a user, which says nothing of what it draws."""

    p: float = 1.0

    def draw(self, rng: Any, frame: Any) -> dict[str, Any]:
        return {"times": [rng.unit() for _ in range(rng.integer(0, 5))], "kind": "left", "pair": [1, 2.0]}


def test_a_transform_without_rules_has_the_kinds_that_it_draws() -> None:
    chain = A.Compose([_Shifted()])
    for key in range(8):
        np.testing.assert_array_equal(chain.replay(chain.draw(key, SHAPE), image=IMAGE)["image"], IMAGE)
    for wrong in ({"times": [0.5, "x"]}, {"times": 1}, {"kind": 3}, {"pair": [1.5, 2.0]}, {"pair": [1]}, {"pair": {}}):
        record = chain.draw(0, SHAPE)
        record["steps"][0]["params"] |= wrong
        with pytest.raises((TypeError, ValueError), match=rf"steps\[0\], _Shifted: {next(iter(wrong))}"):
            chain.replay(record, image=IMAGE)


def test_steps_are_those_of_the_chain() -> None:
    chain = A.Compose([A.Sequential([A.Invert(p=1.0)]), A.Invert(p=1.0)])
    record = chain.draw(0, SHAPE)
    assert len(record["steps"]) == 2
    good = record["steps"][0]
    for steps, message in (
        ([good, good], "applies a transform once"),
        ([{**good, "transform": "Sequential"}], "names Sequential, a group"),
        ([{**good, "transform": "Compose"}], "names Compose, a group"),
        ([{**good, "occurrence": 2}], "has no Invert number 2"),
        ([{**good, "transform": ["Invert"]}], "must have a transform, a string"),
        ([{**good, "occurrence": True}], "its occurrence, an integer"),
        (["Invert"], r"steps\[0\] must be a dict"),
        (None, "must have a list of steps"),
        ("Invert", "must have a list of steps"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            chain.replay({**record, "steps": steps}, image=IMAGE)
    with pytest.raises((TypeError, ValueError), match="record key"):
        chain.replay({**record, "key": [1, "x"]}, image=IMAGE)
    np.testing.assert_array_equal(chain.replay({**record, "key": None}, image=IMAGE)["image"], IMAGE)


def test_nothing_is_done_before_all_steps_are_checked() -> None:
    """Mixing is work: a step behind it is looked at first."""

    class Donors(list):
        def __getitem__(self, index: Any) -> Any:
            raise AssertionError("a donor was asked for")

    donors = Donors([IMAGE] * 3)
    chain = A.Compose([A.MixUp(), A.Rotate(p=1.0)])
    record = chain.draw(0, SHAPE, donors=donors)
    record["steps"][1]["params"]["angle"] = 1e9
    with pytest.raises(ValueError, match=r"steps\[1\], Rotate: angle"):
        chain.replay(record, image=IMAGE, donors=donors)
    record["steps"][0]["params"]["partners"] = [7]
    with pytest.raises(ValueError, match=r"steps\[0\], MixUp: record must name partners below 3"):
        chain.replay(record, image=IMAGE, donors=donors)


def test_what_a_batch_was_mixed_by_is_checked_as_well() -> None:
    images, mix = np.zeros((3, 40, 50, 3), np.uint8), A.CutMix(p=1.0)
    info = mix(images, keys=[(0, k) for k in range(3)]).info
    for change, message in (
        ({"params": ({"lam": 2.0, "center": [0.5, 0.5]}, *info.params[1:])}, r"info params\[0\]: lam must be <= 1"),
        ({"params": ({"lam": 0.5}, *info.params[1:])}, r"info params\[0\]: params must have 'center', 'lam'"),
        ({"params": info.params[1:]}, "info must say of each of 3 samples"),
        ({"lam": np.full(3, np.nan)}, "info must have lam between 0 and 1"),
        ({"partners": info.partners.astype(float)}, "info must name partners by integers"),
        ({"applied": info.applied[:2]}, "info must say of each of 3 samples"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            mix.replay(A.MixInfo(**{**vars(info), **change}), images)


# --- recipes ----------------------------------------------------------------------------------------------------------


def test_a_newer_version_is_refused() -> None:
    chain = A.Compose([A.Invert(p=1.0)])
    record = chain.draw(0, SHAPE)
    with pytest.raises(ValueError, match=f"recipe has version {VERSION + 1}, this package reads up to {VERSION}"):
        A.Compose.from_dict({**chain.to_dict(), "version": VERSION + 1})
    newer = {**record, "version": VERSION + 1}
    with pytest.raises(ValueError, match=f"record has version {VERSION + 1}, this package reads up to {VERSION}"):
        chain.replay(newer, image=IMAGE)
    with pytest.raises(ValueError, match=f"key has version {VERSION + 1}"):
        chain.matrix(newer, SHAPE)
    for version in (0, None, "1", True, 1.0):
        with pytest.raises(ValueError, match="must have a version, an integer >= 1"):
            A.Compose.from_dict({**chain.to_dict(), "version": version})


def nested(depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {"transform": "Invert", "p": 1.0}
    for _ in range(depth):
        plain = {"transform": "Sequential", "transforms": [plain]}
    return {"version": 1, "transform": "Compose", "transforms": [plain]}


@pytest.mark.parametrize("depth", [200, 100_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    text = '{"version": 1, "transform": "Compose", "transforms": ' + "[" * depth + "]" * depth + "}"
    with pytest.raises(ValueError, match=f"recipe must be nested at most {DEEPEST} levels deep"):
        A.Compose.from_json(text)
    with pytest.raises(ValueError, match=f"recipe must be nested at most {DEEPEST} levels deep"):
        A.Compose.from_yaml(text[: 4 * 10**5])
    with pytest.raises(ValueError, match=f"recipe must be nested at most {DEEPEST} levels deep"):
        A.Compose.from_dict(nested(depth))


def test_groups_are_nested_to_a_depth() -> None:
    made = A.Compose.from_dict(nested(30))
    assert A.Compose.from_dict(made.to_dict()) == made
    group: Any = A.Invert()
    with pytest.raises(ValueError, match="transforms must be nested at most 32 groups deep"):
        for _ in range(40):
            group = A.OneOf([group])
    with pytest.raises(ValueError, match="transforms must be nested at most 32 groups deep"):
        A.Compose.from_dict(nested(40))


def bomb(levels: int, merge: bool) -> str:
    lines = ["a0: &a0 {x0: 1, y0: 2}" if merge else "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for k in range(1, levels):
        again = ", ".join([f"*a{k - 1}"] * 9)
        lines.append(f"a{k}: &a{k} {{<<: [{again}]}}" if merge else f"a{k}: &a{k} [{again}]")
    return "version: 1\ntransform: Compose\n" + "\n".join(lines) + f"\ntransforms: *a{levels - 1}\n"


@pytest.mark.parametrize("merge", [False, True])
def test_aliases_that_multiply_are_refused_at_once(merge: bool) -> None:
    pytest.importorskip("yaml")
    text = bomb(12, merge)
    assert len(text) < 1000
    start = time.process_time()
    with pytest.raises(ValueError, match="recipe must hold at most 1048576 values, got more: aliases count"):
        A.Compose.from_yaml(text)
    assert time.process_time() - start < 5
    with pytest.raises(ValueError, match="recipe must be nested at most"):
        A.Compose.from_yaml("version: 1\ntransform: Compose\ntransforms: &a [*a]\n")


def test_aliases_that_do_not_are_read() -> None:
    pytest.importorskip("yaml")
    text = "version: 1\ntransform: Compose\ntransforms: [&a {transform: Invert, p: 1.0}, *a]\n"
    assert A.Compose.from_yaml(text) == A.Compose([A.Invert(p=1.0), A.Invert(p=1.0)])


def test_data_that_is_too_large_or_holds_itself_is_refused() -> None:
    many = [1] * 1000
    shared: list[Any] = [[many] * 1000] * 1000
    with pytest.raises(ValueError, match="recipe must hold at most 1048576 values"):
        A.Compose.from_dict({"version": 1, "transform": "Compose", "transforms": shared})
    shared = []
    shared.append(shared)
    chain = A.Compose([A.Invert()])
    with pytest.raises(ValueError, match="record must be nested at most"):
        chain.replay({"version": 1, "steps": shared}, image=IMAGE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "recipe must be JSON: "),
        ("", "recipe must be JSON: "),
        ("[1]", "recipe must be a dict, got list"),
        ('{"version": 1}', "recipe must name its transform"),
        ('{"version": 1, "transform": ["Invert"]}', "recipe must name its transform by a string"),
        ('{"version": 1, "transform": "Invrt"}', "recipe names an unknown transform, 'Invrt'"),
        ('{"version": 1, "transform": "Invert"}', "recipe must be of a Compose, got Invert"),
        ('{"version": 1, "transform": "Compose", "transforms": 5}', "Compose: transforms must be a list"),
        (
            '{"version": 1, "transform": "Compose", "transforms": [{"transform": "Rotate", "angle": [1, NaN]}]}',
            r"recipe.transforms\[0\]: Rotate: angle\[1\] must be finite",
        ),
    ],
)
def test_a_recipe_says_what_is_wrong_with_it(text: str, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        A.Compose.from_json(text)


def test_texts_are_texts() -> None:
    pytest.importorskip("yaml")
    for read in (A.Compose.from_json, A.Compose.from_yaml):
        with pytest.raises(TypeError, match="recipe must be a string of"):
            read(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="recipe must be YAML: "):
        A.Compose.from_yaml("{")
    with pytest.raises(ValueError, match="recipe must be YAML: "):
        A.Compose.from_yaml("!!python/object/apply:os.system [true]")
