"""Transforms that users write: the examples of the guide, and what `check_transform` finds wrong."""

from __future__ import annotations

import dataclasses
import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from helpers.transforms import REGISTRY, sample

import augment as A
import imgproc
from augment import own, stages
from augment.testing import LAWS, check_transform


@pytest.fixture(scope="module")
def guide() -> Iterator[dict[str, Any]]:
    """The names that the blocks of code in ``help(augment.own)`` define, as a module of a user has them."""
    module = sys.modules["users_guide"] = types.ModuleType("users_guide")
    known = set(REGISTRY)
    for block in re.findall(r"::\n\n((?:    .*\n|\n)+)", own.__doc__ or ""):
        exec(textwrap.dedent(block), vars(module))
    yield vars(module)
    del sys.modules["users_guide"]
    for name in set(REGISTRY) - known:
        REGISTRY.pop(name)


@pytest.mark.parametrize("name", ["Fade", "Zoom", "Grain", "Vignette"])
def test_the_examples_obey_the_laws(guide: dict[str, Any], name: str) -> None:
    check_transform(guide[name]())


def test_the_examples_do_what_they_say(guide: dict[str, Any]) -> None:
    given = sample((40, 60))
    image, strength = given["image"], guide["Fade"](strength=(0.25, 0.25), p=1)
    np.testing.assert_array_equal(strength(image=image)["image"], np.rint(image * 0.75 + 0.125 * 255))
    grain = guide["Grain"](radius=(2, 2), p=1)
    np.testing.assert_array_equal(grain(image=image)["image"], imgproc.median_blur(image, radius=2))
    zoom = guide["Zoom"](factor=(2, 2), p=1)(image=image, boxes=[(25, 15, 35, 25)], keypoints=[(30, 20), (31, 22)])
    assert zoom["boxes"] == [(20, 10, 40, 30)]
    assert zoom["keypoints"] == [(30, 20), (32, 24)]
    assert (
        A.Compose([A.HorizontalFlip(p=1), guide["Zoom"](p=1), guide["Fade"](p=1)]).explain((40, 60)).count("pass") == 1
    )
    assert "Fade" in REGISTRY
    assert type(guide["chain"].from_json(guide["chain"].to_json()).transforms[2]) is guide["Fade"]


def _draws_elsewhere() -> A.Transform:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        def draw(self, rng: Any, frame: Any) -> Any:
            return {"shift": float(np.random.random())}  # noqa: NPY002

        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.affine(1.0, params["shift"])]

    return _Own()


def _whole(function: Callable[..., Any]) -> A.Transform:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.Whole(function, label="mine")]

    return _Own()


def _writes(image: np.ndarray) -> np.ndarray:
    image += 1
    return image


def _draws_arrays() -> A.Transform:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        def draw(self, rng: Any, frame: Any) -> Any:
            return {"shift": np.array([rng.uniform(0, 0.1)])}

        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.affine(1.0, float(params["shift"][0]))]

    return _Own()


def _in_levels() -> A.Transform:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.Whole(lambda image: np.where(image > 100, image, image // 2).astype(image.dtype))]

    return _Own()


def _keeps_state() -> A.Transform:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        calls: tuple[float, ...] = ()

        def draw(self, rng: Any, frame: Any) -> Any:
            self.keep("calls", (*self.calls, 1.0))
            return {"shift": len(self.calls) * 0.01}

        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.affine(1.0, params["shift"])]

    return _Own()


def _unchecked() -> A.Transform:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        strength: float = 0.5

        def __post_init__(self) -> None:
            self.keep("strength", np.float64(self.strength))

        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.affine(1.0, self.strength)]

    return _Own()


BROKEN = {
    "draws elsewhere": (_draws_elsewhere, "same key: .*random numbers must come from rng"),
    "writes to its image": (lambda: _whole(_writes), "same key: .*read-only"),
    "gives another dtype": (lambda: _whole(lambda image: image / 2), "dtype of the image it got, uint8.*got float64"),
    "gives another size": (lambda: _whole(lambda image: image[1:]), r"shape of the image it got, \(96, 128, 3\)"),
    "gives nothing": (lambda: _whole(lambda image: None), "mine.* must give an array.*got NoneType"),
    "draws arrays": (_draws_arrays, "records: draw must give plain numbers"),
    "means levels of 255": (_in_levels, "16 bits: .*levels must be fractions of full scale"),
    "keeps state": (_keeps_state, "same key|batch|again"),
    "keeps NumPy's numbers": (_unchecked, "fields: .*super().__post_init__"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_found_and_said(name: str) -> None:
    make, message = BROKEN[name]
    with pytest.raises(AssertionError, match=re.compile(message.replace("()", r"\(\)"), re.DOTALL)) as caught:
        check_transform(make())
    assert re.match(r".*_Own\(.* breaks \d+ of 14 laws:\n\* ", str(caught.value))


def test_a_law_may_be_skipped_by_name() -> None:
    transform = _in_levels()
    check_transform(transform, skip=["16 bits", "dtypes"])
    with pytest.raises(ValueError, match=r"skip must name laws, .*'boxes'.*got 'sixteen'"):
        check_transform(transform, skip=["sixteen"])
    for wrong in (A.HorizontalFlip, A.Compose([]), A.MixUp(num_classes=2), "HorizontalFlip"):
        with pytest.raises(TypeError, match="transform must be a transform for a single sample"):
            check_transform(wrong)  # type: ignore[arg-type]
    assert all(name in (check_transform.__doc__ or "") for name in LAWS)


def test_a_class_that_is_no_dataclass_says_so() -> None:
    class _Own(A.Transform):
        strength: float = 0.5

    with pytest.raises(TypeError, match=r"_Own is no dataclass yet: write @dataclasses\.dataclass\(frozen=True"):
        _Own(strength=1)
    with pytest.raises(NotImplementedError, match="_Own must have a method lower"):
        _Own(p=1)(image=np.zeros((4, 5), np.uint8))


def test_ranges_of_a_users_fields() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        angle: float | tuple[float, float] = (-3.0, 3.0)

        def __post_init__(self) -> None:
            super().__post_init__()
            self.keep_range("angle", at_least=-90, at_most=90, around=0)

    assert _Own(angle=[1, 2]).angle == (1.0, 2.0)
    assert _Own(angle=np.float32(4)).angle == (-4.0, 4.0)
    with pytest.raises(ValueError, match=r"angle\[1\] must be <= 90"):
        _Own(angle=(0, 91))
    with pytest.raises(TypeError, match="angle must be a pair"):
        _Own(angle="5")


def test_a_mask_alone() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Own(A.Transform):
        def lower(self, params: Any, frame: Any) -> Any:
            return [stages.MaskOnly(lambda mask: (mask > 0).astype(mask.dtype))]

    given = sample((30, 40))
    found = _Own(p=1)(**given)
    np.testing.assert_array_equal(found["mask"], given["mask"] > 0)
    np.testing.assert_array_equal(found["image"], given["image"])
    check_transform(_Own())


def test_checking_needs_no_pytest(run_python: Callable[..., str]) -> None:
    code = """
import sys
sys.modules["pytest"] = None
import augment.testing
augment.testing.check_transform(augment.HorizontalFlip())
print("numba" in sys.modules)
"""
    assert run_python(code) in ("True", "False")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "must give a list of stages, got None"),
        (stages.affine(0.5, 0.0), r"must give a list of stages, got Op\(.*: write \[stage\]"),
        (["flip"], "must give augment.stages alone, got 'flip'"),
        ([stages.Geometry((1.0, 0.0, 0.0), (4, 5))], r"nine numbers in pull, row by row, got \(1.0, 0.0, 0.0\)"),
    ],
)
def test_what_lower_gives_is_stages(given: Any, message: str) -> None:
    """Other things were passed over, so that a transform did nothing and nobody knew."""

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class _Gives(A.Transform):
        def lower(self, params: Any, frame: Any) -> Any:
            return given

    with pytest.raises((TypeError, ValueError), match=f"lower of _Gives {message}|lower of _Gives must .*{message}"):
        A.Compose([_Gives()])(image=np.zeros((8, 9, 3), np.uint8), key=0)
