"""Oriented boxes through chains, mixing and the functions on boxes: against Shapely, and against plain boxes."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from helpers.target_stages import BENT, CHAINS, H, W, moved_points, moved_quads, seen_quads

import augment as A

shapely = pytest.importorskip("shapely", reason="the referee of oriented boxes")
IMAGE = np.zeros((H, W, 3), np.uint8)
RNG = np.random.default_rng(4)


def random_obb(count: int, side: float = 90.0, low: float = 5.0, high: float = 50.0) -> np.ndarray:
    centres = RNG.uniform(5, side - 5, (count, 2))
    return np.hstack([centres, RNG.uniform(low, high, (count, 2)), RNG.uniform(-200, 400, (count, 1))])


def corners_of(boxes: Any) -> np.ndarray:
    """By the definition: half of the width along the angle, half of the height across."""
    found = []
    for x, y, w, h, angle in np.asarray(boxes, float).reshape(-1, 5):
        t = math.radians(angle)
        along = np.array([math.cos(t), -math.sin(t)]) * w / 2
        across = np.array([math.sin(t), math.cos(t)]) * h / 2
        found += [[(x, y) + a * along + b * across for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]]
    return np.array(found).reshape(-1, 4, 2)


def polygons(corners: np.ndarray) -> Any:
    return shapely.polygons(np.reshape(corners, (-1, 4, 2)))


BOXES = np.vstack(
    [random_obb(12), [(60, 40, 30, 20, 0), (50, 30, 20, 30, 90), (5, 5, 30, 20, 45), (125, 80, 40, 10, -30)]]
)


# --- through geometry -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in CHAINS if "steep" not in name])
@pytest.mark.parametrize("rectangles", [True, False])
def test_boxes_are_what_the_referee_leaves(name: str, rectangles: bool) -> None:
    """Visibility is that of the polygon, the result the smallest rectangle around the moved corners, or its angle."""
    chain, quads = CHAINS[name], corners_of(BOXES)
    out, seen, kept = moved_quads(quads, chain, rectangles=rectangles)
    whole, _, all_of = moved_quads(quads, chain, rectangles=True, clip=False)
    assert kept.tolist() == all_of.tolist()
    assert len(kept) > 3
    rows = iter(range(len(kept)))
    sizes = [(H, W), *(stage.size for stage in chain)]
    for i, quad in enumerate(quads):
        frames = []
        for k, (h, w) in enumerate(sizes):  # every frame, brought to the output
            edge = np.array([(0, 0), (w, 0), (w, h), (0, h)], float)
            frames.append(shapely.Polygon(moved_points(edge, chain[k:], (h, w))))
        moved = moved_points(quad, chain)
        left = shapely.Polygon(moved)
        for frame in frames:
            left = left.intersection(frame)
        if i not in kept:
            assert left.area < 1e-6
            continue
        row = next(rows)
        back = moved_points(np.array(left.exterior.coords)[:-1], chain, back=True)
        inside = shapely.Polygon(quad).intersection(shapely.box(0, 0, W, H))
        assert seen[row] == pytest.approx(shapely.Polygon(back).area / inside.area, abs=1e-6)
        smallest = shapely.Polygon(moved).minimum_rotated_rectangle
        rectangle = shapely.Polygon(whole[row])
        assert rectangle.area == pytest.approx(smallest.area, rel=1e-6)
        assert rectangle.buffer(1e-6).contains(shapely.Polygon(moved))
        found = shapely.Polygon(out[row])
        assert found.buffer(1e-6).contains(left)
        uncut = left.area > shapely.Polygon(moved).area * (1 - 1e-9)
        if not rectangles and uncut:
            np.testing.assert_allclose(out[row], moved, atol=1e-9)
            continue
        along = whole[row][1] - whole[row][0]
        axes = np.array([along, (-along[1], along[0])]) / np.hypot(*along)  # the angle is kept
        spans = np.ptp(np.array(left.exterior.coords) @ axes.T, axis=0)
        assert found.area == pytest.approx(spans.prod(), rel=1e-6)


@pytest.mark.parametrize("name", list(BENT))
def test_displaced_boxes_hold_their_outlines(name: str) -> None:
    chain = BENT[name]
    quads = corners_of([(60, 45, 30, 20, 20), (70, 40, 20, 20, -50)])
    out, seen, kept = moved_quads(quads, chain, rectangles=True)
    assert kept.tolist() == [0, 1]
    np.testing.assert_allclose(seen, 1, atol=0.05)
    for quad, found in zip(quads, out):
        t = np.linspace(0, 1, 50)[:, np.newaxis]
        outline = np.concatenate([a + t * (b - a) for a, b in zip(quad, np.roll(quad, -1, axis=0))])
        moved = moved_points(outline, chain)
        assert shapely.contains_xy(shapely.Polygon(found).buffer(0.3), moved).all()
        sides = np.linalg.norm(np.diff(found, axis=0), axis=1)[:2]
        assert np.ptp(sides) < 30


PLAIN = [(10.0, 20.0, 50.0, 60.0), (90.0, 5.0, 128.0, 30.5), (60.25, 40.0, 70.0, 88.0), (0.0, 0.0, 130.0, 90.0)]
KEEPING: list[list[Any]] = [
    [A.HorizontalFlip(p=1)],
    [A.Rotate90(p=1)],
    [A.Transpose(p=1), A.VerticalFlip(p=1)],
    [A.Crop(size=(50, 60)), A.Resize(size=(75, 111))],
    [A.GridShuffle(p=1), A.HorizontalFlip()],
    [A.Pad(padding=(3, 4)), A.Dihedral(p=1), A.CenterCrop(size=(40, 44))],
]


@pytest.mark.parametrize("transforms", KEEPING)
@pytest.mark.parametrize("box_format", ["obb", "corners"])
@pytest.mark.parametrize("options", [{}, {"clip": False}, {"min_visibility": 0.6}, {"min_area": 200}])
def test_upright_ones_are_plain_boxes(transforms: list[Any], box_format: str, options: dict[str, Any]) -> None:
    plain = A.Compose(transforms, seed=1, **options)
    oriented = A.Compose(transforms, seed=1, box_format=box_format, **options)
    obb = [((a + c) / 2, (b + d) / 2, c - a, d - b, 0.0) for a, b, c, d in PLAIN]
    given: Any = obb if box_format == "obb" else corners_of(obb).reshape(-1, 8)
    for key in range(7):
        expected = plain(image=IMAGE, boxes=PLAIN, labels=[0, 1, 2, 3], key=key)
        made = oriented(image=IMAGE, boxes=given, labels=[0, 1, 2, 3], key=key)
        assert made["labels"] == expected["labels"]
        corners = corners_of(made["boxes"]) if box_format == "obb" else np.reshape(made["boxes"], (-1, 4, 2))
        bounds = np.hstack([corners.min(axis=1), corners.max(axis=1)])
        np.testing.assert_allclose(bounds, np.reshape(expected["boxes"], (-1, 4)), atol=1e-9)


def test_what_comes_back_is_known() -> None:
    def moved(boxes: Any, *transforms: Any, box_format: str = "obb", **options: Any) -> Any:
        return A.Compose(transforms, box_format=box_format, **options)(image=IMAGE, boxes=boxes, key=0)["boxes"]

    row = (60.0, 40.0, 30.0, 20.0, 375.0, "ship")
    assert moved([row]) == [row]  # number for number
    assert moved([row], A.CenterCrop(size=(80, 120)))[0][4:] == (pytest.approx(15), "ship")
    np.testing.assert_allclose(moved([row[:5]], A.HorizontalFlip(p=1)), [(70, 40, 30, 20, -15)])
    np.testing.assert_allclose(moved([row[:5]], A.Rotate(angle=(70, 70), p=1))[0][2:], (30, 20, 85))
    np.testing.assert_allclose(moved([row[:5]], A.Rotate(angle=(80, 80), p=1))[0][2:], (30, 20, -85))
    quad = [50.0, 30.0, 80.0, 35.0, 78.0, 55.0, 49.0, 50.0]
    flipped = moved([quad], A.HorizontalFlip(p=1), box_format="corners")
    assert flipped == [[80.0, 30.0, 50.0, 35.0, 52.0, 55.0, 81.0, 50.0]]  # the first corner stays the first
    cut = moved([(65.0, 10.0, 40.0, 30.0, 0.0)], A.CenterCrop(size=(80, 120)))
    np.testing.assert_allclose(cut, [(60, 10, 40, 20, 0)])
    tilted = moved([(10.0, 45.0, 40.0, 8.0, 30.0)], A.CenterCrop(size=(90, 110)))[0]
    assert tilted[4] == pytest.approx(30)  # the angle is kept
    assert tilted[2] < 40
    for kind in ("f4", "f8", "i8"):
        array = np.array([(60, 40, 30, 20, 15)], kind)
        array.flags.writeable = False
        assert moved(array, A.VerticalFlip(p=1)).dtype == np.dtype("f8" if kind == "f8" else "f4")
    assert moved(np.empty((0, 7)), A.VerticalFlip(p=1)).shape == (0, 7)


def test_corners_as_fractions_are_corners() -> None:
    """The format of YOLO's labels of oriented boxes, through a resize, a cut, and back."""
    transforms = [A.Rotate(angle=(-40, 40), p=1), A.CenterCrop(size=(60, 90)), A.Resize(size=(90, 70))]
    quads = np.hstack([corners_of(BOXES).reshape(-1, 8), np.arange(len(BOXES))[:, np.newaxis]])
    size = np.array([W, H] * 4 + [1], np.float64)
    for chain, end in ((A.Compose(transforms, seed=2, box_format="yolo_obb"), (70, 90)), (A.Compose([]), (W, H))):
        fractions = dataclasses.replace(chain, box_format="yolo_obb")
        pixels = dataclasses.replace(chain, box_format="corners")
        for key in range(4):
            made = fractions(image=IMAGE, boxes=quads / size, key=key)["boxes"]
            expected = pixels(image=IMAGE, boxes=quads, key=key)["boxes"]
            np.testing.assert_allclose(made * ([*end] * 4 + [1]), expected, rtol=0, atol=1e-9)
            back = fractions.invert(key, IMAGE.shape, boxes=made)["boxes"] * size
            expected = pixels.invert(key, IMAGE.shape, boxes=expected)["boxes"]
            np.testing.assert_allclose(back, expected, rtol=0, atol=1e-9)
    same = A.Compose([], box_format="yolo_obb")(image=IMAGE, boxes=quads / size, key=1)["boxes"]
    np.testing.assert_array_equal(same[0], quads[0] / size)  # number for number, of one that no frame cuts
    with pytest.warns(UserWarning, match="fractions are box_format='yolo_obb'"):
        A.Compose([], box_format="corners")(image=IMAGE, boxes=quads[:1, :8] / size[:8], key=1)
    with pytest.raises(ValueError, match="in format 'yolo_obb' must lie in the image"):
        fractions(image=IMAGE, boxes=quads, key=1)
    with pytest.raises(ValueError, match="box_format must be 'corners' or 'obb'"):
        A.TestTime("flips", box_format="yolo_obb")


def test_a_box_goes_with_its_tile() -> None:
    chain = A.Compose([A.GridShuffle(grid=(2, 2), p=1)], box_format="obb", seed=1)
    box, parted = (30.0, 22.0, 30.0, 10.0, 25.0), (65.0, 20.0, 30.0, 10.0, 25.0)
    made = [chain(image=IMAGE, boxes=[box, parted], key=key)["boxes"] for key in range(8)]
    for whole, split in made:
        np.testing.assert_allclose(whole[2:], box[2:])
        np.testing.assert_allclose(np.mod(whole[:2], (W / 2, H / 2)), box[:2])
        assert split[4] == 0 or split[2:] == pytest.approx(parted[2:])  # or both of its tiles went the same way
    assert {split[4] for _, split in made} >= {0}
    assert len({whole[:2] for whole, _ in made}) > 1


@pytest.mark.parametrize("box_format", ["obb", "corners"])
def test_every_way_gives_the_same(box_format: str) -> None:
    transforms = [A.Rotate(angle=(-30, 30), p=1), A.Crop(size=(60, 90)), A.HorizontalFlip(), A.Elastic()]
    chain = A.Compose(transforms, seed=2, box_format=box_format, min_visibility=0.2)
    stepwise = A.Compose(transforms, seed=2, box_format=box_format, min_visibility=0.2, fuse=False)
    boxes: Any = BOXES if box_format == "obb" else corners_of(BOXES).reshape(-1, 8)
    boxes = np.hstack([boxes, np.arange(len(BOXES))[:, np.newaxis]])
    boxes.flags.writeable = False
    assert eval(repr(chain), vars(A)) == A.Compose.from_yaml(chain.to_yaml()) == chain
    for key in range(8):
        made = chain(image=IMAGE, boxes=boxes, labels=list(range(len(boxes))), key=key)
        assert made["labels"] == made["boxes"][:, -1].tolist()
        for again in (
            stepwise(image=IMAGE, boxes=boxes, key=key)["boxes"],
            chain.batch([IMAGE], boxes=[boxes], keys=[key])["boxes"][0],
            chain.replay(chain.draw(key, IMAGE.shape), image=IMAGE, boxes=boxes)["boxes"],
        ):
            np.testing.assert_array_equal(again, made["boxes"])
    turned = A.Compose(transforms[:1], box_format=box_format)
    inside = boxes[12:14]
    there = turned(image=IMAGE, boxes=inside, key=5)["boxes"]
    back = turned.invert(5, IMAGE.shape, boxes=there)["boxes"]
    if box_format == "obb":
        back[back[:, 4] < -89, 4] += 180
    np.testing.assert_allclose(back, inside, atol=1e-6)


# --- where samples are mixed ------------------------------------------------------------------------------------------


def mixed(mix: Any, boxes: Any, box_format: str, key: int, **more: Any) -> dict[str, Any]:
    sample = {"image": IMAGE, "boxes": boxes, "labels": list(range(len(boxes))), **more}
    return A.Compose([mix], box_format=box_format)(**sample, key=(0, key), donors=[sample, sample])


MIXES = [A.MixUp(lam=0.5), A.CutMix(lam=0.5), A.FMix(lam=0.5), A.Mosaic(min_visibility=0.3), A.RICAP(), A.ResizeMix()]


@pytest.mark.parametrize("mix", MIXES, ids=lambda mix: type(mix).__name__)
def test_upright_ones_are_mixed_as_plain_boxes(mix: Any) -> None:
    obb = [((a + c) / 2, (b + d) / 2, c - a, d - b, 0.0) for a, b, c, d in PLAIN]
    for key in range(3):
        expected, made = mixed(mix, PLAIN, "pascal_voc", key), mixed(mix, obb, "obb", key)
        assert made["labels"] == expected["labels"]
        corners = corners_of(made["boxes"])
        bounds = np.hstack([corners.min(axis=1), corners.max(axis=1)])
        np.testing.assert_allclose(bounds, np.reshape(expected["boxes"], (-1, 4)), atol=1e-6)
        assert {row[4] for row in made["boxes"]} <= {0.0}


def test_what_another_image_covers_cuts_a_box_along_its_angle() -> None:
    owner_box = shapely.box(40, 20, 130, 90)
    owner = np.zeros((H, W), np.uint8)
    owner[20:90, 40:130] = 1
    quads = corners_of(BOXES)
    for who, region in ((1, owner_box), (0, shapely.box(0, 0, W, H).difference(owner_box))):
        out, kept = seen_quads(quads, owner, who, 0.2)
        for i, quad in enumerate(quads):
            frame = shapely.Polygon(quad).intersection(shapely.box(0, 0, W, H))
            left = frame.intersection(region)
            assert (i in kept) == (left.area >= 0.2 * frame.area)
            if i in kept:
                angle = math.radians(BOXES[i, 4])
                axes = np.array([(math.cos(angle), -math.sin(angle)), (math.sin(angle), math.cos(angle))])
                spans = np.ptp(shapely.get_coordinates(left) @ axes.T, axis=0)
                found = shapely.Polygon(out[kept.tolist().index(i)])
                assert found.area == pytest.approx(spans.prod(), rel=1e-5)
                assert found.buffer(1e-5).contains(left)


def test_copy_paste_measures_oriented_boxes_by_their_masks() -> None:
    masks = np.zeros((2, H, W), np.uint8)
    rows, columns = np.mgrid[0:H, 0:W] + 0.5
    boxes = [(60.0, 45.0, 50.0, 16.0, 30.0), (95.0, 45.0, 20.0, 60.0, 0.0)]
    for mask, quad in zip(masks, corners_of(boxes)):
        mask[shapely.contains_xy(shapely.Polygon(quad), columns.ravel(), rows.ravel()).reshape(H, W)] = 1
    made = mixed(A.CopyPaste(objects=(1, 1)), boxes, "obb", 1, masks=masks)
    assert len(made["boxes"]) == len(made["masks"]) >= 2
    for row, mask in zip(made["boxes"], made["masks"]):
        y, x = np.nonzero(mask)
        quad = shapely.Polygon(corners_of([row])[0]).buffer(1.2)
        assert shapely.contains_xy(quad, x + 0.5, y + 0.5).all()
        assert min(abs(row[4] - 30), abs(row[4])) < 1e-6


# --- functions on boxes -----------------------------------------------------------------------------------------------


def test_iou_is_the_referees() -> None:
    first, second = random_obb(60), random_obb(50)
    a, b = polygons(corners_of(first)), polygons(corners_of(second))
    shared = shapely.area(shapely.intersection(a[:, np.newaxis], b))
    expected = shared / (shapely.area(a)[:, np.newaxis] + shapely.area(b) - shared)
    np.testing.assert_allclose(A.iou(first, second, box_format="obb"), expected, atol=1e-12)
    quads = [corners_of(boxes).reshape(-1, 8) for boxes in (first, second)]
    quads[0][::2] = quads[0][::2].reshape(-1, 4, 2)[:, ::-1].reshape(-1, 8)  # the other sense of rotation
    np.testing.assert_allclose(A.iou(*quads, box_format="corners"), expected, atol=1e-12)
    rows = A.iou(first[:50], second, pairwise=False, box_format="obb")
    np.testing.assert_array_equal(rows, np.diag(A.iou(first[:50], second, box_format="obb")))
    same = A.iou(first, first, pairwise=False, box_format="obb")
    np.testing.assert_allclose(same, 1, atol=1e-12)
    assert A.iou([(5, 5, 0, 9, 3)], first[:1], box_format="obb").tolist() == [[0]]
    assert A.iou([], first, box_format="obb").shape == (0, 60)
    dented = [(0, 0, 10, 0, 3, 3, 0, 10)]  # taken as its hull
    assert A.iou(dented, [(0, 0, 10, 0, 0, 10, 0, 0)], box_format="corners")[0, 0] == pytest.approx(1)


def test_upright_ones_overlap_as_plain_boxes() -> None:
    low = RNG.uniform(0, 60, (40, 2))
    plain = np.hstack([low, low + RNG.integers(1, 30, (40, 2))])
    obb = np.hstack([(plain[:, :2] + plain[:, 2:]) / 2, plain[:, 2:] - plain[:, :2], np.zeros((40, 1))])
    np.testing.assert_allclose(A.iou(obb, obb, box_format="obb"), A.iou(plain, plain), atol=1e-12)
    scores, classes = RNG.permutation(40) / 40, RNG.integers(0, 3, 40)
    for threshold in (0.1, 0.45):
        options: Any = {"classes": classes, "iou_threshold": threshold, "score_threshold": 0.1, "max_count": 30}
        np.testing.assert_array_equal(A.nms(obb, scores, box_format="obb", **options), A.nms(plain, scores, **options))


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0])
def test_nms_is_greedy(threshold: float) -> None:
    boxes, classes = random_obb(120), RNG.integers(0, 2, 120)
    scores = RNG.integers(0, 40, 120) / 40  # with ties
    over, left = A.iou(boxes, boxes, box_format="obb"), list(np.argsort(-scores, kind="stable"))
    kept: list[int] = []
    for i in left:
        if all(over[k, i] <= threshold or classes[k] != classes[i] for k in kept):
            kept.append(int(i))
    found = A.nms(boxes, scores, classes=classes, iou_threshold=threshold, box_format="obb")
    assert found.tolist() == kept


def test_nothing_thin_comes_back() -> None:
    dust = np.array([1e-16, 1e-12, 1e-9, 1e-6, 1e-4, 9e-4])
    rows = [(x + d / 2, 40.0, d, 20.0, 0.0) for x in (0.0, 60.0, 130.0) for d in dust]
    rows += [(-10.0 + d, 40.0, 20.0, 20.0, 0.0) for d in dust] + [(60.0, 40.0, 20.0, d, 33.0) for d in dust]
    rows += [(-6.0 + d, -6.0 + d, 12.0 * 2**0.5, 12.0 * 2**0.5, 45.0) for d in dust]
    for transforms in ([], [A.Rotate(angle=(30, 30), p=1)], [A.Crop(size=(40, 50))], [A.CutMix(lam=0.5)]):
        chain = A.Compose(transforms, box_format="obb", box_outside="clip")
        for key in range(4):
            boxes = chain(image=IMAGE, boxes=rows, key=(0, key), donors=[{"image": IMAGE, "boxes": rows}])["boxes"]
            assert all(min(row[2:4]) >= 1e-3 * (1 - 1e-6) for row in boxes)


@pytest.mark.nojit
def test_kernels_as_plain_functions() -> None:
    box = [(60.0, 45.0, 30.0, 20.0, 25.0)]
    for name in ("crop-pad-rotate", "flip-tilt-rotate"):
        out, seen, kept = moved_quads(corners_of(box), CHAINS[name], rectangles=True)
        assert kept.tolist() == [0]
        assert 0 < seen[0] <= 1
        assert np.isfinite(out).all()
    owner = np.zeros((H, W), np.uint8)
    owner[:, 60:] = 1
    out, kept = seen_quads(corners_of(box), owner, 1, 0.0)
    assert len(kept) == 1
    assert A.iou(box, box, box_format="obb")[0, 0] == pytest.approx(1)
    assert A.nms(box * 2, [0.5, 0.6], box_format="obb").tolist() == [1]


# --- tiles ------------------------------------------------------------------------------------------------------------


def test_tiles_show_what_the_referee_leaves() -> None:
    boxes = np.vstack([random_obb(25, 130.0), [(-20, 5, 30, 30, 10), (65, 45, 0, 5, 3)]])
    quads = corners_of(boxes)
    for box_format, given in (("obb", boxes), ("corners", quads.reshape(-1, 8))):
        for least in (0.0, 0.6):
            for part in A.tile(IMAGE, given, size=(40, 50), min_visibility=least, box_format=box_format):
                x, y = part.origin
                h, w = part.image.shape[:2]
                left = shapely.intersection(polygons(quads), shapely.box(x, y, x + w, y + h))
                share = shapely.area(left) / np.maximum(shapely.area(polygons(quads)), 1e-9)
                expected = np.flatnonzero((share > 1e-6) & (share >= least))
                assert part.rows.tolist() == expected.tolist()
                np.testing.assert_allclose(part.visible, share[expected], atol=1e-9)
                found = corners_of(part.boxes) if box_format == "obb" else part.boxes.reshape(-1, 4, 2)
                for quad, row in zip(found + part.origin, part.rows):
                    assert shapely.Polygon(quad).buffer(1e-6).contains(left[row])
                    if share[row] > 1 - 1e-9:
                        np.testing.assert_allclose(quad[np.lexsort(quad.T)], quads[row][np.lexsort(quads[row].T)])


@pytest.mark.parametrize("box_format", ["obb", "corners", "coco"])
def test_tiles_are_merged(box_format: str) -> None:
    boxes = np.array([(20, 20, 16, 8, 30), (60, 45, 14, 10, -50), (100, 70, 12, 12, 10), (62, 20, 18, 6, 80)], float)
    plain = {"obb": boxes, "corners": corners_of(boxes).reshape(-1, 8), "coco": boxes[:, :4] - (6, 4, 0, 0)}[box_format]
    tiles = A.tile(IMAGE, plain, size=(50, 70), overlap=0.4, box_format=box_format)
    assert sum(len(part.rows) for part in tiles) > len(boxes)
    scores = [part.visible * (1 - 0.1 * part.rows) for part in tiles]
    for drop_cut in (False, True):
        merged, found, _ = A.merge_tiles(
            tiles, [part.boxes for part in tiles], scores, box_format=box_format, drop_cut=drop_cut
        )
        np.testing.assert_allclose(merged, plain, atol=1e-9)
        np.testing.assert_allclose(found, [1.0, 0.9, 0.8, 0.7])
    assert A.merge_tiles([(0, 0)], [[]], [[]], box_format=box_format)[0].shape == (0, plain.shape[1])
    with pytest.raises(
        ValueError, match="box_format must be one of 'pascal_voc', 'coco', 'obb', 'corners', got 'yolo'"
    ):
        A.tile(IMAGE, size=(9, 9), box_format="yolo")


# --- what is refused --------------------------------------------------------------------------------------------------

WRONG: list[tuple[Any, str, type[Exception], str]] = [
    ([(1, 2, 3, 4)], "obb", ValueError, r"shape \(n, 5\), rows \(x, y, width, height, angle\), got \(1, 4\)"),
    ([(1, 2, 3, 4, 5, 6, 7)], "corners", ValueError, r"shape \(n, 8\)"),
    (
        [(1, 2, -3, 4, 5)],
        "obb",
        ValueError,
        r"must have width and height >= 0, got \(1.0, 2.0, -3.0, 4.0, 5.0\) in row 0",
    ),
    ([(1, 2, 3, 4, np.nan)], "obb", ValueError, "must be finite"),
    ([(45, 30, 75, 50, 75, 30, 45, 50)], "corners", ValueError, "corners in order round the box"),
    (["ab"], "obb", TypeError, "must be numbers"),
]


@pytest.mark.parametrize(("boxes", "box_format", "error", "message"), WRONG)
def test_refuses(boxes: Any, box_format: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        A.iou(boxes, boxes, box_format=box_format)
    with pytest.raises(error, match=message):
        A.Compose([], box_format=box_format)(image=IMAGE, boxes=boxes, key=0)


def test_outside_is_where_nothing_is_inside() -> None:
    rows = [(60.0, 40.0, 30.0, 20.0, 15.0), (128.0, 40.0, 60.0, 20.0, 15.0), (300.0, 40.0, 30.0, 20.0, 15.0)]
    with pytest.raises(ValueError, match=r"must lie in the image .* at least in part.*\(300.0, 40.0.* in row 2"):
        A.Compose([], box_format="obb")(image=IMAGE, boxes=rows, key=0)
    for outside in ("clip", "drop"):
        assert len(A.Compose([], box_format="obb", box_outside=outside)(image=IMAGE, boxes=rows, key=0)["boxes"]) == 2
    with pytest.warns(UserWarning, match="look like fractions"):
        A.Compose([], box_format="obb")(image=IMAGE, boxes=[(0.5, 0.4, 0.3, 0.2, 45.0)], key=0)
    with pytest.raises(ValueError, match="inclusive=True must go with box_format 'pascal_voc', got 'obb'"):
        A.iou(rows, rows, inclusive=True, box_format="obb")
    with pytest.raises(ValueError, match="box_format must be one of"):
        A.giou(rows, rows, box_format="obb")
    safe = A.Compose([A.BoxSafeCrop(size=(30, 30))], box_format="obb")
    for key in range(5):  # what a transform sees are upright boxes
        made = safe(image=IMAGE, boxes=rows[:1], key=key)["boxes"]
        corners = corners_of(made)
        assert len(made) == 1
        assert corners.min() > -4  # the smallest rectangle around a skewed box is larger
        assert corners.max() < 34
