"""Boxes, keypoints, fields and masks at the door of a chain, on their way in and out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers.target_stages import (
    BENT,
    BOXES,
    CHAINS,
    FLIP,
    POINTS,
    ROTATE,
    SIZE,
    H,
    W,
    finished,
    pixel_boxes,
)
from hypothesis import given
from hypothesis import strategies as st
from oracles import targets as naive

from augment import Compose, HorizontalFlip
from augment._chain.targets import boxes as bt
from augment._chain.targets import points as tg
from augment._chain.targets.fields import check_field, take
from augment._chain.targets.masks import check_mask, close_masks, open_masks
from augment._chain.targets.path import path
from augment._chain.targets.rows import as_container
from imgproc._scanline import Erase

# --- formats ----------------------------------------------------------------------------------------------------------

GIVEN: dict[str, list[tuple[float, ...]]] = {
    "pascal_voc": [(10, 20, 30, 60), (0.5, 0, 130, 90)],
    "coco": [(10, 20, 20, 40), (0.5, 0, 129.5, 90)],
    "albumentations": [(0.1, 0.2, 0.3, 0.6), (0, 0, 1, 1)],
    "yolo": [(0.2, 0.4, 0.2, 0.4), (0.5, 0.5, 1, 1)],
}


@pytest.mark.parametrize("box_format", bt.FORMATS)
def test_formats_are_what_they_say(box_format: str) -> None:
    given_boxes = GIVEN[box_format]
    opened = bt.open_boxes(given_boxes, box_format, H, W)
    expected = [naive.to_corners(box, box_format, H, W) for box in given_boxes]
    assert opened.dtype == np.float64
    np.testing.assert_allclose(opened, expected, rtol=1e-14)
    closed = bt.close_boxes(opened, box_format, 45, 65, like=given_boxes)
    np.testing.assert_allclose(closed, [naive.from_corners(box, box_format, 45, 65) for box in expected], rtol=1e-14)


@pytest.mark.filterwarnings("ignore:boxes in format 'coco'")
@given(st.lists(pixel_boxes(), max_size=4), st.sampled_from(bt.FORMATS))
def test_formats_round_trip(boxes: list[tuple[float, ...]], box_format: str) -> None:
    there = [naive.from_corners(box, box_format, H, W) for box in boxes]
    opened = bt.open_boxes(there, box_format, H, W)
    np.testing.assert_allclose(opened, np.reshape(boxes, (-1, 4)), atol=1e-11)
    np.testing.assert_allclose(
        np.reshape(bt.close_boxes(opened, box_format, H, W, like=there), (-1, 4)),
        np.reshape(there, (-1, 4)),
        atol=1e-11,
    )


@pytest.mark.parametrize(
    ("like", "kind", "row"),
    [
        ([(1, 2, 3, 4)], list, tuple),
        ([[1, 2, 3, 4]], list, list),
        (((1, 2, 3, 4),), tuple, tuple),
        ([np.array([1, 2, 3, 4])], list, tuple),
        ([], list, None),
        ((), tuple, None),
    ],
)
def test_lists_and_tuples_come_back_as_such(like: Any, kind: type, row: type | None) -> None:
    opened = bt.open_boxes(like, "pascal_voc", H, W)
    closed = bt.close_boxes(opened, "pascal_voc", H, W, like=like)
    assert type(closed) is kind
    assert len(closed) == len(like)
    if row is not None:
        assert type(closed[0]) is row
        assert [type(v) for v in closed[0]] == [float] * 4
        assert list(closed[0]) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("given_type", "expected"), [("f8", "f8"), ("f4", "f4"), ("f2", "f4"), ("i8", "f4"), ("u1", "f4"), (">f8", "f8")]
)
def test_arrays_come_back_as_float_arrays(given_type: str, expected: str) -> None:
    like = np.array([(1, 2, 3, 4), (5, 6, 7, 8)], given_type)
    opened = bt.open_boxes(like, "pascal_voc", H, W)
    assert not np.shares_memory(opened, like)
    closed = bt.close_boxes(opened, "pascal_voc", H, W, like=like)
    assert closed.dtype == np.dtype(expected)
    assert not np.shares_memory(closed, opened)
    np.testing.assert_array_equal(closed, like)
    points = tg.open_points(like[:, :2])
    assert as_container(points, like).dtype == np.dtype(expected)


@pytest.mark.parametrize(
    "boxes", [[], (), np.empty(0), np.empty((0, 4)), np.empty((0, 4), np.float32), np.empty(0, np.int64)]
)
@pytest.mark.parametrize("box_format", bt.FORMATS)
def test_no_boxes_in_any_spelling(boxes: Any, box_format: str) -> None:
    opened = bt.open_boxes(boxes, box_format, H, W)
    assert opened.shape == (0, 4)
    for chain in ([], [ROTATE], BENT["elastic"]):
        closed, kept = finished(opened, boxes, path(chain, H, W), box_format)
        assert kept.shape == (0,)
        assert len(closed) == 0
        assert type(closed) is type(boxes)
        if isinstance(boxes, np.ndarray):
            assert closed.shape == (0, 4)


@pytest.mark.parametrize("points", [[], (), np.empty(0), np.empty((0, 2))])
def test_no_keypoints_in_any_spelling(points: Any) -> None:
    opened = tg.open_points(points)
    assert opened.shape == (0, 2)
    out, kept = tg.move_points(opened, path([ROTATE], H, W))
    assert out.shape == (0, 2)
    assert kept.shape == (0,)
    assert type(as_container(out, points)) is type(points)


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_the_input_is_left_alone(kind: Callable[[Any], Any]) -> None:
    boxes = kind([(0.1, 0.2, 0.3, 0.6)])
    before = np.array(boxes)
    if isinstance(boxes, np.ndarray):
        boxes.flags.writeable = False
    opened = bt.open_boxes(boxes, "albumentations", H, W)
    finished(opened, boxes, path([FLIP], H, W), "albumentations")
    np.testing.assert_array_equal(boxes, before)


@pytest.mark.parametrize("box_format", bt.FORMATS)
@pytest.mark.parametrize(
    "kind", [list, lambda boxes: np.array(boxes, np.float64), lambda boxes: np.array(boxes, np.float32)]
)
def test_without_geometry_boxes_come_back_number_for_number(box_format: str, kind: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 40, (50, 2))
    corners = [(200, 200, 210, 210), *np.hstack([low, low + rng.uniform(1, 45, (50, 2))]).tolist()]
    boxes = kind([naive.from_corners(box, box_format, H, W) for box in corners])
    opened = bt.open_boxes(boxes, box_format, H, W)
    closed, kept = finished(opened, boxes, path([Erase(((0, 0, 5, 5),))], H, W), box_format)
    np.testing.assert_array_equal(kept, np.arange(1, 51))
    np.testing.assert_array_equal(closed, boxes[1:])


def test_without_geometry_boxes_are_cut_to_the_image_and_dropped_outside() -> None:
    dust = 1e-7
    boxes = [
        (-dust, 0, 1 + dust, 1),
        (0.2, 0.2, 0.4, 0.4),
        (1.1, 0, 1.4, 1),
        (0.3, 0.3, 0.3, 0.9),
        (-0.5, 0.5, 0.5, 1.5),
    ]
    opened = bt.open_boxes(boxes, "albumentations", H, W)
    closed, kept = finished(opened, boxes, path([], H, W), "albumentations")
    assert kept.tolist() == [0, 1, 4]
    np.testing.assert_allclose(closed, [(0, 0, 1, 1), (0.2, 0.2, 0.4, 0.4), (0, 0.5, 0.5, 1)], atol=1e-12)
    assert closed[1] == boxes[1]


WRONG_BOXES: list[tuple[Any, str, type[Exception], str]] = [
    ([(1, 2, 3)], "pascal_voc", ValueError, r"boxes must have shape \(n, 4\), rows \(x0, y0, x1, y1\), got \(1, 3\)"),
    (
        [(1, 2, 3, 4, 5)],
        "coco",
        ValueError,
        r"rows \(x0, y0, width, height\), got \(1, 5\): pass labels and other columns as fields",
    ),
    ((1, 2, 3, 4), "yolo", ValueError, r"got \(4,\): one row alone is \[\(x, y, width, height\)\]"),
    (np.zeros((2, 2, 4)), "pascal_voc", ValueError, r"got \(2, 2, 4\)"),
    (np.zeros((0, 5)), "pascal_voc", ValueError, r"got \(0, 5\)"),
    ([[]], "pascal_voc", ValueError, r"got \(1, 0\)"),
    ([(1, 2, 3, 4), (1, 2, 3)], "pascal_voc", ValueError, "rows of different lengths"),
    ([(1, 2, 3, np.nan)], "pascal_voc", ValueError, r"boxes must be finite, got \(1.0, 2.0, 3.0, nan\) in row 0"),
    ([(1, 2, 3, 4), (1, 2, np.inf, 4)], "coco", ValueError, r"boxes must be finite, got .* in row 1"),
    ([(3, 2, 1, 4)], "pascal_voc", ValueError, r"boxes must have x0 <= x1 and y0 <= y1, got \(3, 2, 1, 4\) in row 0"),
    ([(0.1, 0.4, 0.2, 0.3)], "albumentations", ValueError, "boxes must have x0 <= x1 and y0 <= y1"),
    ([(3, 2, 1, -4)], "coco", ValueError, r"boxes must have width and height >= 0, got \(3, 2, 1, -4\) in row 0"),
    ([(0.5, 0.5, -0.1, 0.2)], "yolo", ValueError, "boxes must have width and height >= 0"),
    ([(50, 40, 20, 10)], "yolo", ValueError, "in format 'yolo' must be fractions of the image, not pixels, got"),
    ([(5, 4, 20, 10)], "albumentations", ValueError, "in format 'albumentations' must be fractions of the image"),
    ("1234", "pascal_voc", TypeError, "boxes must be numbers, rows .*, got str"),
    ([("1", "2", "3", "4")], "pascal_voc", TypeError, "boxes must be numbers"),
    (None, "pascal_voc", TypeError, "boxes must be numbers, rows .*, got None"),
    ([(True, False, True, True)], "pascal_voc", TypeError, "boxes must be numbers"),
    ([(1, 2, 3, 4j)], "pascal_voc", TypeError, "boxes must be numbers"),
    ([{"x": 1}], "pascal_voc", TypeError, "boxes must be numbers"),
    (
        [(1, 2, 3, 4)],
        "voc",
        ValueError,
        "box_format must be one of 'pascal_voc', 'coco', 'yolo', 'albumentations', got 'voc'",
    ),
    ([(1, 2, 3, 4)], 4, TypeError, "box_format must be a string, got int"),
]


@pytest.mark.parametrize(("boxes", "box_format", "error", "message"), WRONG_BOXES)
def test_refuses_boxes(boxes: Any, box_format: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        bt.open_boxes(boxes, box_format, H, W)


def test_messages_use_the_name_given() -> None:
    with pytest.raises(ValueError, match="faces must be finite"):
        bt.open_boxes([(1, 2, 3, np.nan)], "pascal_voc", H, W, "faces")


@pytest.mark.parametrize(("box_format", "whole"), [("albumentations", (0, 0, 1, 1)), ("yolo", (0.5, 0.5, 1, 1))])
def test_a_box_that_fills_the_frame_ends_at_1(box_format: str, whole: tuple[float, ...]) -> None:
    for side in range(1, 200):
        closed = bt.close_boxes(np.array([(0.0, 0.0, side, side)]), box_format, side, side, like=[])
        assert closed == [whole]


def test_rows_that_mean_the_same_corners_come_back_only_where_they_belong() -> None:
    like = [(0.1, 0.1, 0.3, 0.3), (0.2, 0.3, 0.7, 0.9)]
    opened = bt.open_boxes(like, "albumentations", 7, 7)
    second = bt.close_boxes(opened[1:], "albumentations", 7, 7, like=like, kept=np.array([1]))
    assert second == like[1:]
    np.testing.assert_allclose(bt.close_boxes(opened[1:], "albumentations", 7, 7, like=like), like[1:], rtol=1e-12)
    np.testing.assert_allclose(
        bt.close_boxes(opened, "albumentations", 14, 7, like=like), np.multiply(like, (1, 0.5, 1, 0.5))
    )


def test_corners_the_wrong_way_round_by_rounding_are_an_empty_box() -> None:
    boxes = [(10, 10, 10 - 1e-7, 20), (1, 1, 2, 2)]
    opened = bt.open_boxes(boxes, "pascal_voc", H, W)
    assert opened[0].tolist() == [10, 10, 10, 20]
    assert finished(opened, boxes, path([FLIP], H, W), "pascal_voc")[1].tolist() == [1]


WRONG_POINTS: list[tuple[Any, type[Exception], str]] = [
    (
        [(1, 2, 3)],
        ValueError,
        r"keypoints must have shape \(n, 2\), rows \(x, y\), got \(1, 3\): pass labels and other columns",
    ),
    ([1, 2], ValueError, r"one row alone is \[\(x, y\)\]"),
    ([(1, np.nan)], ValueError, r"keypoints must be finite, got \(1.0, nan\) in row 0"),
    ([(1, 2), (-np.inf, 3)], ValueError, r"in row 1"),
    ("ab", TypeError, "keypoints must be numbers"),
    ([("a", "b")], TypeError, "keypoints must be numbers"),
    (None, TypeError, "keypoints must be numbers"),
]


@pytest.mark.parametrize(("points", "error", "message"), WRONG_POINTS)
def test_refuses_keypoints(points: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tg.open_points(points)


# --- fields -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (["a", "b", "c"], ["a", "c"]),
        (("a", None, {"x": 1}), ("a", {"x": 1})),
        (np.array([3, 4, 5], np.uint8), np.array([3, 5], np.uint8)),
        (np.arange(6.0).reshape(3, 2), np.array([(0, 1.0), (4, 5)])),
        (np.array(["cat", "dog", "owl"]), np.array(["cat", "owl"])),
    ],
)
def test_fields_follow_their_rows(field: Any, expected: Any) -> None:
    checked = check_field(field, 3, "labels")
    out = take(checked, np.array([0, 2]))
    assert type(out) is type(field)
    if isinstance(field, np.ndarray):
        assert out.dtype == field.dtype
        np.testing.assert_array_equal(out, expected)
    else:
        assert out == expected
    whole = take(checked, np.arange(3))
    assert whole is not field or isinstance(field, tuple)
    assert len(take(checked, np.empty(0, np.intp))) == 0


@pytest.mark.parametrize(
    ("field", "error", "message"),
    [
        (["a"], ValueError, "labels must have one entry per row of boxes, 3, got 1"),
        (np.zeros((4, 2)), ValueError, "labels must have one entry per row of boxes, 3, got 4"),
        ("abc", TypeError, "labels must be a list, a tuple or an array, one entry per row of boxes, got 'abc'"),
        (5, TypeError, "labels must be a list"),
        (None, TypeError, "labels must be a list"),
        (np.array(5), TypeError, "labels must be a list"),
        ({0: 1, 1: 2, 2: 3}, TypeError, "labels must be a list"),
    ],
)
def test_refuses_fields(field: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_field(field, 3, "labels")


@pytest.mark.parametrize(("of", "field", "rows"), [("boxes", "box_fields", 4), ("keypoints", "keypoint_fields", 2)])
def test_a_chain_says_whose_field_is_too_short(of: str, field: str, rows: int) -> None:
    chain = Compose([HorizontalFlip()], **{field: ("labels",)})
    given = {of: np.arange(2 * rows, dtype=np.float64).reshape(2, rows), "labels": ["a"]}
    with pytest.raises(ValueError, match=f"labels must have one entry per row of {of}, 2, got 1"):
        chain(image=np.zeros((9, 9, 3), np.uint8), key=1, **given)


# --- masks ------------------------------------------------------------------------------------------------------------

MASK_TYPES = ["?", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"]


@pytest.mark.parametrize("dtype", MASK_TYPES)
@pytest.mark.parametrize("shape", [SIZE, (*SIZE, 1), (*SIZE, 3)])
def test_masks_of_any_label_type_pass_as_they_are(dtype: str, shape: tuple[int, ...]) -> None:
    mask = np.zeros(shape, dtype)
    assert check_mask(mask, H, W) is mask


def test_masks_become_native() -> None:
    mask = np.arange(H * W, dtype=">i4").reshape(H, W)
    native = check_mask(mask, H, W)
    assert native.dtype == np.int32
    assert native.dtype.isnative
    np.testing.assert_array_equal(native, mask)


@pytest.mark.parametrize(
    ("mask", "error", "message"),
    [
        (
            np.zeros((W, H), np.uint8),
            ValueError,
            r"mask must have the \(h, w\) of the image, \(90, 130\), got \(130, 90\)",
        ),
        (np.zeros(H * W, np.uint8), ValueError, r"mask must have shape \(h, w\) or \(h, w, c\), got \(11700,\)"),
        (np.zeros((1, 1, H, W), np.uint8), ValueError, r"mask must have shape"),
        (np.zeros(SIZE, np.float16), TypeError, "mask must be bool, integers, float32 or float64, got float16"),
        (np.zeros(SIZE, np.complex64), TypeError, "got complex64"),
        (np.full(SIZE, "a"), TypeError, "got <U1"),
        (np.full(SIZE, None), TypeError, "got object"),
        ([[0] * W] * H, TypeError, "mask must be a plain numpy array, got list"),
        (None, TypeError, "mask must be a plain numpy array, got NoneType"),
        (np.ma.zeros(SIZE, np.uint8), TypeError, "mask must be a plain numpy array, got MaskedArray"),
    ],
)
def test_refuses_masks(mask: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_mask(mask, H, W)


def test_masks_come_back_in_their_container() -> None:
    a, b = np.zeros(SIZE, bool), np.ones((*SIZE, 2), np.int32)
    for kind in (list, tuple):
        opened = open_masks(kind([a, b]), H, W)
        assert opened[0] is a
        assert opened[1] is b
        closed = close_masks([m[:5, :6] for m in opened], kind([a, b]), 5, 6)
        assert type(closed) is kind
        assert [m.shape for m in closed] == [(5, 6), (5, 6, 2)]
        assert close_masks([], kind([]), 5, 6) == kind([])
    stack = np.arange(3 * H * W, dtype=np.uint16).reshape(3, H, W)
    opened = open_masks(stack, H, W)
    closed = close_masks([m[:5, :6] for m in opened], stack, 5, 6)
    assert closed.dtype == np.uint16
    np.testing.assert_array_equal(closed, stack[:, :5, :6])
    for shape, expected in [((0, H, W), (0, 5, 6)), ((0, H, W, 2), (0, 5, 6, 2))]:
        empty = np.zeros(shape, np.int32)
        assert open_masks(empty, H, W) == []
        closed = close_masks([], empty, 5, 6)
        assert closed.shape == expected
        assert closed.dtype == np.int32


@pytest.mark.parametrize(
    ("masks", "error", "message"),
    [
        (np.zeros(SIZE, np.uint8), ValueError, r"masks must have shape \(n, h, w\) or \(n, h, w, c\), got \(90, 130\)"),
        (
            np.zeros((3, W, H), np.uint8),
            ValueError,
            r"masks must have the \(h, w\) of the image, \(90, 130\), got \(3, 130, 90\)",
        ),
        (np.zeros((0, 4, 4), np.uint8), ValueError, "masks must have the"),
        (np.zeros((0, H, W), object), TypeError, "masks must be bool, integers"),
        ([np.zeros(SIZE, bool), np.zeros((W, H), bool)], ValueError, r"masks\[1\] must have the \(h, w\) of the image"),
        ([None], TypeError, r"masks\[0\] must be a plain numpy array"),
        ("masks", TypeError, r"masks must be a list of masks or an array \(n, h, w\), got str"),
        (None, TypeError, "masks must be a list"),
    ],
)
def test_refuses_lists_of_masks(masks: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        open_masks(masks, H, W)


# --- without compilation ----------------------------------------------------------------------------------------------


@pytest.mark.nojit
@pytest.mark.parametrize("name", ["crop-pad-rotate", "flip-tilt-rotate", "elastic"])
def test_kernels_as_plain_functions(name: str) -> None:
    chain = {**CHAINS, **BENT}[name]
    boxes = [naive.from_corners(box, "yolo", H, W) for box in BOXES[:2]]
    opened = bt.open_boxes(boxes, "yolo", H, W)
    closed, kept = finished(opened, boxes, path(chain, H, W), "yolo")
    assert len(closed) == len(kept) > 0
    out, _ = tg.move_points(tg.open_points(POINTS), path(chain, H, W), remove_invisible=False)
    np.testing.assert_allclose(naive.pull(chain, out), POINTS, atol=2e-4)


# --- what callers forget ----------------------------------------------------------------------------------------------


def test_fields_that_a_chain_names_must_come() -> None:
    image, boxes = np.zeros((40, 60), np.uint8), [(1.0, 2.0, 30.0, 31.0)]
    chain = Compose([HorizontalFlip(p=1.0)], box_fields=("classes", "ids"), keypoint_fields=("names",))
    with pytest.raises(
        TypeError, match="ids is missing: box_fields= of the chain names it, so that it must come with boxes"
    ):
        chain(image=image, boxes=boxes, classes=[1], key=0)
    with pytest.raises(TypeError, match="names is missing: keypoint_fields= of the chain names it"):
        chain(image=image, keypoints=[(1.0, 2.0)], key=0)
    with pytest.raises(TypeError, match="ids is missing"):
        chain.batch([image], boxes=[boxes], classes=[[1]], keys=[0])
    done = chain(image=image, boxes=boxes, classes=[1], ids=["a"], key=0)
    assert (done["classes"], done["ids"]) == ([1], ["a"])
    assert set(chain(image=image, key=0)) == {"image", "key"}
    plain = Compose([HorizontalFlip(p=1.0)])
    assert "labels" not in plain(image=image, boxes=boxes, key=0)
    with pytest.raises(
        TypeError, match=r"unknown target 'classes': .* declared by box_fields=.*box_fields=\('classes',\)"
    ):
        plain(image=image, boxes=boxes, classes=[1], key=0)
    with pytest.raises(TypeError, match="box_fields must be a sequence of strings, a list or a tuple, got 5"):
        Compose([], box_fields=5)  # type: ignore[arg-type]


def test_corners_as_coco_are_warned_of() -> None:
    image = np.zeros((100, 200), np.uint8)
    chain = Compose([HorizontalFlip(p=1.0)], box_format="coco", box_outside="clip")
    corners = [(120.0, 30.0, 190.0, 80.0), (60.0, 60.0, 150.0, 90.0), (5.0, 5.0, 20.0, 20.0)]
    with pytest.warns(UserWarning, match="boxes in format 'coco' .* is it box_format='pascal_voc'"):
        chain(image=image, boxes=corners, key=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chain(image=image, boxes=[(x0, y0, x1 - x0, y1 - y0) for x0, y0, x1, y1 in corners], key=0)
        chain(image=image, boxes=[(120.0, 30.0, 300.0, 80.0), *corners[1:]], key=0)  # no corners: 300 > 200
        chain(image=image, boxes=[corners[0], *corners[2:] * 2], key=0)  # one large thing reaches out
        chain(image=image, boxes=[(50.0, 20.0, 150.9, 80.9)] * 2, key=0)  # by rounding
        chain(image=image, boxes=corners[:1], key=0)  # one thing alone may reach out
        chain(image=image, boxes=[], key=0)
