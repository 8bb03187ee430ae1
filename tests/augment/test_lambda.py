"""Plain functions as transforms: what they get, what they may give, and what recipes say of them."""

from __future__ import annotations

import functools
import json
import pickle
import re
import sys
import types
from typing import Any

import numpy as np
import pytest
from helpers.transforms import sample

import augment as A
import imgproc
from augment.testing import check_transform

H, W = 40, 60


def mirrored(plane: np.ndarray) -> np.ndarray:
    return plane[:, ::-1]


def mirrored_boxes(boxes: np.ndarray) -> np.ndarray:
    boxes[:, [0, 2]] = W - boxes[:, [2, 0]]
    return boxes


def mirrored_points(points: np.ndarray) -> list[list[float]]:
    return [[W - x, y] for x, y in points]


def noisy(image: np.ndarray, key: int) -> np.ndarray:
    return imgproc.add_noise(image, key=key, std=0.1)


def sparse(plane: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    plane[rng.random(plane.shape[:2]) < 0.5] = 0
    return plane


ALL = {"image": mirrored, "mask": mirrored, "boxes": mirrored_boxes, "keypoints": mirrored_points}


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_functions_for_all_parts_do_what_a_geometry_does() -> None:
    given = {**sample((H, W)), "keypoint_labels": [1, 2, 3], "depth": np.ones((H, W), np.float32)}
    ours = A.Compose([A.Lambda(**ALL)], image_names=["depth"])
    same(ours(**given, key=3), A.Compose([A.HorizontalFlip(p=1)], image_names=["depth"])(**given, key=3))
    check_transform(A.Lambda(image=mirrored))


@pytest.mark.parametrize("fuse", [True, False])
def test_functions_between_transforms_that_move_and_drop(fuse: bool) -> None:
    given = {**sample((H, W)), "keypoint_labels": [1, 2, 3]}
    around = (
        [A.Affine(p=1, translate=0.2), A.Crop((H, W), pad=True)],
        [A.Affine(p=1, translate=0.3), A.BoxSafeCrop(p=1), A.Gamma(p=1)],
    )
    options: dict[str, Any] = {"fuse": fuse, "min_area": 20.0, "box_format": "coco"}
    given["boxes"] = np.concatenate((given["boxes"][:, :2], given["boxes"][:, 2:] - given["boxes"][:, :2]), axis=1)
    ours = A.Compose([*around[0], A.Lambda(**ALL), *around[1]], **options)
    theirs = A.Compose([*around[0], A.HorizontalFlip(p=1), *around[1]], **{**options, "fuse": False})
    lost = 0
    for key in range(12):
        found, expected = ours(**given, key=key), theirs(**given, key=key)
        assert list(found["labels"]) == list(expected["labels"])
        assert found["keypoint_labels"] == expected["keypoint_labels"]
        lost += len(found["labels"]) < 3
        np.testing.assert_allclose(found["boxes"], expected["boxes"], atol=1e-3)
        np.testing.assert_allclose(found["keypoints"], expected["keypoints"], atol=1e-6)
        np.testing.assert_array_equal(found["image"], expected["image"])
    assert lost
    record = json.loads(json.dumps(ours.draw(5, (H, W, 3), boxes=given["boxes"])))
    same(ours.replay(record, **given), {**ours(**given, key=5)})


def test_random_functions_draw_from_the_key() -> None:
    given = sample((H, W))
    image = given["image"]
    transform = A.Lambda(image=noisy, mask=sparse)
    chain = A.Compose([transform])
    same(chain(**given, key=(0, 1)), chain(**given, key=(0, 1)))
    assert (chain(image=image, key=(0, 1))["image"] != chain(image=image, key=(0, 2))["image"]).any()
    stream = chain.draw((0, 1), image.shape)["steps"][0]["params"]["stream"]
    np.testing.assert_array_equal(chain(image=image, key=(0, 1))["image"], noisy(image, stream))
    gone = chain(image=image, mask=np.ones((H, W), np.uint8), key=7)["mask"] == 0
    both = A.Lambda(image=sparse, mask=sparse)(image=image, mask=np.ones((H, W), np.uint8), key=7)
    np.testing.assert_array_equal(both["mask"] == 0, gone)
    np.testing.assert_array_equal((both["image"] == 0).all(axis=2), gone | (image == 0).all(axis=2))
    check_transform(transform)
    with pytest.raises(TypeError, match="image must declare key or rng, got a function with both"):
        A.Lambda(image=lambda image, key, rng: image)
    fixed = A.Lambda(image=functools.partial(noisy, key=3))
    np.testing.assert_array_equal(fixed(image=image)["image"], noisy(image, 3))


REFUSED = {
    "nothing": ("image", lambda image: None, TypeError, "must give an array, got NoneType: does it return its result"),
    "dtype": (
        "image",
        lambda image: image * 0.5,
        TypeError,
        r"must give the dtype .*uint8, got float64: .*astype\('uin",
    ),
    "shape": ("image", lambda image: image[1:], ValueError, r"must give the shape .*\(40, 60, 3\), got \(39, 60, 3\)"),
    "mask": ("mask", lambda mask: mask.astype(np.int64), TypeError, "must give the dtype .*uint8, got int64"),
    "fewer": ("boxes", lambda boxes: boxes[1:], ValueError, "must give as many rows as it got, 3, got 2"),
    "columns": ("boxes", lambda boxes: boxes[:, :2], ValueError, r"must have shape \(n, 4\)"),
    "order": ("boxes", lambda boxes: boxes[:, ::-1], ValueError, "must give x0 <= x1 and y0 <= y1"),
    "far": ("keypoints", lambda points: points * np.inf, ValueError, "must give finite numbers"),
    "words": ("keypoints", lambda points: [("a", "b")] * 3, TypeError, "must be numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_function_must_not_give_is_refused_by_its_name(name: str) -> None:
    part, function, error, message = REFUSED[name]
    function.__name__ = function.__qualname__ = "strange"
    for label, who in ((None, rf"{part} of Lambda\({part}=strange\)"), ("mine", f"{part} of mine")):
        with pytest.raises(error, match=f"{who} {message}" if "must give" in message else f"{who} .*|{message}"):
            A.Lambda(**{part: function}, name=label)(**sample((H, W)), key=0)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="image, mask, boxes or keypoints must be a function, got none"):
        A.Lambda()
    wrong: Any
    for wrong in (3, "augment:negative", int, A.HorizontalFlip()):
        with pytest.raises(TypeError, match="image must be a function, got "):
            A.Lambda(image=wrong)
    wrong = 3
    with pytest.raises(TypeError, match="name must be a string"):
        A.Lambda(image=mirrored, name=wrong)
    with pytest.raises(ZeroDivisionError):  # what a function raises is left as it is
        A.Lambda(image=lambda image: image // int(0 * image.size) if 1 // 0 else image)(image=np.ones((4, 4), np.uint8))


def test_functions_get_copies_and_results_are_new() -> None:
    given = sample((H, W))
    before = {name: np.array(value, copy=True) for name, value in given.items()}
    for value in given.values():
        value.flags.writeable = False

    def blacken(plane: np.ndarray) -> np.ndarray:
        plane[:] = 0
        return plane

    found = A.Lambda(image=blacken, mask=blacken, boxes=blacken, keypoints=lambda points: points)(**given, key=0)
    same(given, before)
    assert not found["image"].any()
    assert not found["mask"].any()
    assert not np.shares_memory(found["keypoints"], given["keypoints"])


def test_explain_and_repr_name_the_function() -> None:
    chain = A.Compose([A.Lambda(image=mirrored, p=0.5), A.Lambda(boxes=mirrored_boxes, name="swap")])
    assert repr(chain.transforms) == (
        "(Lambda(image=mirrored, p=0.5), Lambda(boxes=mirrored_boxes, name='swap', p=1.0))"
    )
    assert "Lambda" in chain.explain((H, W, 3))


# --- recipes ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def module() -> Any:
    """A module of a user, which holds a function, and names of others."""
    made = sys.modules["users_functions"] = types.ModuleType("users_functions")
    exec(
        "import os\nfrom os import system\nfrom numpy import flipud\ndef darker(image):\n    return image // 2\n",
        vars(made),
    )
    yield made
    del sys.modules["users_functions"]


def test_a_function_of_a_module_is_its_path(module: Any) -> None:
    chain = A.Compose([A.Sequential([A.Lambda(image=module.darker, mask=np.flipud, p=0.5)])])
    plain = chain.to_dict()["transforms"][0]["transforms"][0]
    assert (plain["image"], plain["mask"], plain["boxes"]) == ("users_functions:darker", "numpy:flipud", None)
    assert A.Compose([A.Lambda(image=imgproc.to_float)]).to_dict()["transforms"][0]["image"] == "imgproc:to_float"
    allow = ["users_functions", np]
    image = sample((H, W))["image"]
    for made in (
        A.Compose.from_dict(chain.to_dict(), allow=allow),
        A.Compose.from_json(chain.to_json(), allow=allow),
        A.Compose.from_yaml(chain.to_yaml(), allow=allow),
        pickle.loads(pickle.dumps(chain)),
    ):
        assert made == chain
        np.testing.assert_array_equal(made(image=image, key=4)["image"], chain(image=image, key=4)["image"])


@pytest.mark.parametrize(
    ("path", "allow", "message"),
    [
        ("users_functions:darker", [], r"no module may be used: pass allow=\['users_functions'\] if you trust it"),
        ("users_functions:darker", ["users", "numpy"], "only users, numpy may be used"),
        ("users_functions:system", ["users_functions"], "there is no function of that name"),
        ("users_functions:os", ["users_functions"], "there is no function of that name"),
        ("users_functions:lighter", ["users_functions"], "there is no function of that name"),
        ("users_functions:os.system", ["users_functions"], "must be 'module:function'"),
        ("users_functions:__import__", ["users_functions"], "must be 'module:function'"),
        ("darker", ["users_functions"], "must be 'module:function'"),
        ("users_nothing:darker", ["users_nothing"], "cannot be imported"),
        (["users_functions:darker"], ["users_functions"], "must be 'module:function'"),
        (3, ["users_functions"], "must be 'module:function'"),
    ],
)
def test_a_recipe_calls_only_what_is_allowed(module: Any, path: Any, allow: list[str], message: str) -> None:
    recipe = A.Compose([A.Lambda(image=module.darker)]).to_dict()
    recipe["transforms"][0]["image"] = path
    with pytest.raises((TypeError, ValueError), match=rf"recipe\.transforms\[0\]\.image .*{message}"):
        A.Compose.from_dict(recipe, allow=allow)
    assert "antigravity" not in sys.modules


def test_nothing_is_imported_that_is_not_allowed(module: Any) -> None:
    recipe = A.Compose([A.Lambda(image=module.darker)]).to_dict()
    recipe["transforms"][0]["image"] = "this:s"
    with pytest.raises(ValueError, match="no module may be used"):
        A.Compose.from_dict(recipe)
    assert "this" not in sys.modules
    wrong: Any
    for wrong in ("users_functions", 3, [4]):
        with pytest.raises(TypeError, match="allow must be a list of modules"):
            A.Compose.from_dict(recipe, allow=wrong)


def test_what_has_no_path_says_why() -> None:
    def inside(image: np.ndarray) -> np.ndarray:
        return image

    program = types.FunctionType(inside.__code__, {}, "of_the_program")
    program.__module__, program.__qualname__ = "__main__", "of_the_program"
    for function, why in (
        (lambda image: image, "a lambda has no name"),
        (inside, "inside is defined inside another function"),
        (program, "of_the_program is of the program itself, __main__"),
        (functools.partial(np.roll, shift=3), "partial is no function that a module has by its name"),
    ):
        chain = A.Compose([A.Lambda(image=function)])
        with pytest.raises(ValueError, match=re.escape(f"Lambda.image cannot be part of a recipe: {why}")):
            chain.to_dict()


@pytest.mark.parametrize("function", [lambda: 1, lambda a, b: a, lambda *, a: a, lambda rng: rng])
def test_functions_of_no_or_more_arguments_are_refused_before_any_image(function: Any) -> None:
    with pytest.raises(TypeError, match=r"image must be a function of one array, and of key or rng, got <lambda>\("):
        A.Lambda(image=function)
    A.Lambda(image=lambda a, b=3: a)


def test_functions_of_oriented_boxes_and_of_points_of_things() -> None:
    image = np.zeros((40, 50, 3), np.uint8)
    moved = A.Lambda(boxes=lambda boxes: boxes + 1, keypoints=lambda points: points + 1)
    chain = A.Compose([moved, A.HorizontalFlip(p=1)], box_format="obb", instances=True)
    things = np.ones((2, 3, 3)) * [[[10, 20, 2]], [[30, 5, 1]]]
    found = chain(image=image, boxes=[[20, 20, 10, 6, 30, "a"], [48, 38, 4, 4, 0, "b"]], keypoints=things, key=0)
    np.testing.assert_allclose(np.array(found["boxes"][0][:5], float), [29, 21, 10, 6, -30], atol=1e-9)
    np.testing.assert_array_equal(found["keypoints"][:, 0], [[39, 21, 2], [19, 6, 1]])
    chain = A.Compose([moved, A.CropFixed((0, 0, 30, 40), p=1)], instances=True)
    found = chain(image=image, boxes=[[40, 5, 48, 9], [5, 5, 9, 9]], keypoints=things, key=0)
    np.testing.assert_array_equal(found["boxes"], [[6, 6, 10, 10]])
    np.testing.assert_array_equal(found["keypoints"][:, 0], [[0, 0, 0]])  # of the box that is left; out of the frame
    with pytest.raises(ValueError, match=r"must have shape \(n, 8\), rows \(x0, y0, \.\.\., x3, y3\), got"):
        A.Compose([A.Lambda(boxes=lambda boxes: boxes[:, :4])], box_format="obb")(image=image, boxes=[[9, 9, 4, 4, 0]])
