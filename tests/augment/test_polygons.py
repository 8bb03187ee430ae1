"""Polygons: Shapely says what is left of them, points and boxes say where they go."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import augment as A

shapely = pytest.importorskip("shapely")
from shapely.affinity import affine_transform  # noqa: E402
from shapely.geometry import LineString, Point, Polygon, box  # noqa: E402

H, W = 100, 120
IMAGE = np.zeros((H, W, 3), np.uint8)


def star(rng: np.random.Generator, most: float = 50, corners: int = 12) -> np.ndarray:
    """A ring without symmetry, mostly not convex, that may reach out of the image."""
    n = int(rng.integers(3, corners))
    angles = np.sort(rng.random(n)) * 2 * np.pi
    radii = (5 + most * rng.random()) * (0.3 + 0.7 * rng.random(n))
    return rng.random(2) * (W, H) + np.stack([radii * np.cos(angles), radii * np.sin(angles)], 1)


def stars(rng: np.random.Generator, count: int, **words: Any) -> list[list[np.ndarray]]:
    found = []
    while len(found) < count:
        ring = star(rng, **words)
        if Polygon(ring).is_valid:
            found.append([ring])
    return found


def shape(rings: list[Any]) -> Any:
    """What rings enclose, by the rule of even and odd."""
    found = Polygon()
    for ring in rings:
        found = found.symmetric_difference(Polygon(np.asarray(ring).reshape(-1, 2)).buffer(0))
    return found


def mapped(geometry: Any, matrix: np.ndarray) -> Any:
    """A geometry through a projective map: its vertices, as lines stay lines."""

    def move(xy: np.ndarray) -> np.ndarray:
        made = np.c_[xy, np.ones(len(xy))] @ matrix.T
        return made[:, :2] / made[:, 2:]

    return shapely.transform(geometry, move)


def left(result: dict[str, Any], count: int) -> list[Any]:
    """What has become of each of the instances, by their labels."""
    made = dict(zip(result["polygon_labels"], result["polygons"]))
    return [shape(made.get(k, [])) for k in range(count)]


def differ(a: Any, b: Any) -> float:
    return a.symmetric_difference(b).area


@pytest.mark.parametrize("seed", range(4))
def test_frames_cut_them_as_shapely_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = A.Affine(rotate=(-40, 40), scale=(0.7, 2.0), translate=(-0.3, 0.3), p=1.0)
    chain = A.Compose([turn, A.Crop(size=(60, 70)), A.PadToSize(size=(90, 90))])
    polygons = stars(rng, 12)
    given = [[ring.copy() for ring in rings] for rings in polygons]
    for k in range(6):
        record = chain.draw(k, IMAGE.shape)
        result = chain.replay(record, image=IMAGE, polygons=polygons, polygon_labels=list(range(12)))
        whole = chain.matrix(record, IMAGE.shape)
        first = A.Compose([turn]).matrix({**record, "steps": record["steps"][:1]}, IMAGE.shape)
        y, x = record["steps"][1]["params"]["place"]
        for rings, found in zip(polygons, left(result, 12)):
            seen = mapped(Polygon(rings[0]).intersection(box(0, 0, W, H)), first).intersection(box(0, 0, W, H))
            seen = mapped(seen.intersection(box(x, y, x + 70, y + 60)), whole @ np.linalg.inv(first))
            assert differ(found, seen) < 1e-6
    assert all((a == b).all() for mine, theirs in zip(given, polygons) for a, b in zip(mine, theirs))


def test_points_that_repeat_their_neighbour_are_left_out() -> None:
    """Also where the last one is the first one again, wherever the ring begins."""
    corners = np.array([(10.0, 12.0), (40.0, 15.0), (35.0, 50.0), (8.0, 44.0)])
    chain = A.Compose([A.HorizontalFlip(p=1.0)])
    for first in range(4):
        ring = np.roll(corners, first, axis=0)
        once = chain(image=IMAGE, polygons=[[ring]], polygon_labels=[0])["polygons"][0][0]
        for again in (np.vstack([ring, ring[:1]]), np.repeat(ring, 3, axis=0), np.vstack([ring, ring[:1], ring[:1]])):
            found = chain(image=IMAGE, polygons=[[again]], polygon_labels=[0])["polygons"][0][0]
            assert len(np.reshape(found, (-1, 2))) == 4
            np.testing.assert_array_equal(found, once)


def test_perspective_moves_them_exactly() -> None:
    rng = np.random.default_rng(5)
    polygons = stars(rng, 12)
    chain = A.Compose([A.Perspective(scale=(0.2, 0.3), p=1.0)])
    for k in range(6):
        record = chain.draw(k, IMAGE.shape)
        result = chain.replay(record, image=IMAGE, polygons=polygons, polygon_labels=list(range(12)))
        h, w = result["image"].shape[:2]
        for rings, found in zip(polygons, left(result, 12)):
            seen = mapped(Polygon(rings[0]).intersection(box(0, 0, W, H)), chain.matrix(record, IMAGE.shape))
            assert differ(found, seen.intersection(box(0, 0, w, h))) < 1e-6


@pytest.mark.parametrize("bend", [A.Elastic(p=1.0), A.GridDistortion(p=1.0), A.LensDistortion(p=1.0)])
def test_edges_bend_with_the_image(bend: A.Transform) -> None:
    """Points along the edges, moved as keypoints, lie on the outline; a triangle of long edges does not stay one."""
    corners = np.array([(15.0, 12.0), (104.0, 30.0), (40.0, 88.0)])
    along = np.linspace(corners, np.roll(corners, -1, 0), 40, endpoint=False).swapaxes(0, 1).reshape(-1, 2)
    chain = A.Compose([bend], remove_invisible=False)
    for k in range(3):
        result = chain(image=IMAGE, polygons=[[corners]], keypoints=along, key=k)
        (outline,) = [np.asarray(ring) for ring in result["polygons"][0]]
        points = [xy for xy in result["keypoints"] if 0.1 < xy[0] < W - 0.1 and 0.1 < xy[1] < H - 0.1]
        line = LineString([*outline, outline[0]])
        assert max(line.distance(Point(xy)) for xy in points) < 0.03
        assert len(outline) > 6


def test_holes_are_holes_and_parts_are_parts() -> None:
    outer = [10, 10, 90, 10, 90, 70, 10, 70]
    hole = [30, 20, 30, 60, 70, 60, 70, 20]  # the other way round
    apart = [100, 80, 100, 95, 115, 95, 115, 80]  # the other way round, too, but in nothing
    chain = A.Compose([A.HorizontalFlip(p=1.0), A.CenterCrop(size=(80, 60))], min_area=0.0)
    result = chain(image=IMAGE, polygons=[[outer, hole], [apart]], polygon_labels=["ring", "part"], key=0)
    window = box(30, 10, 90, 90)
    mirrored = affine_transform(shape([outer, hole]).intersection(window), [-1, 0, 0, 1, 90, -10])
    assert differ(shape(result["polygons"][0]), mirrored) < 1e-9
    assert result["polygon_labels"] == ["ring"]
    areas = [Polygon(np.reshape(ring, (-1, 2))).exterior.is_ccw for ring in result["polygons"][0]]
    assert len(areas) == 2 and areas[0] != areas[1]
    # The area of a ring with a hole is without it: 4800 - 1600, of which 60 of 80 columns are seen.
    for least, kept in ((3199, 1), (3201, 0)):
        whole = A.Compose([], min_area=least)(image=IMAGE, polygons=[[outer, hole]], key=0)
        assert len(whole["polygons"]) == kept
    assert len(A.Compose([], min_area=4900)(image=IMAGE, polygons=[[outer, apart]], key=0)["polygons"]) == 1


def test_a_ring_that_is_not_convex_falls_into_parts() -> None:
    comb = [10, 10, 60, 10, 60, 80, 50, 80, 50, 30, 40, 30, 40, 80, 30, 80, 30, 30, 20, 30, 20, 80, 10, 80]
    result = A.Compose([A.Crop(size=(50, W), p=1.0)])(image=IMAGE, polygons=[[comb]], key=0)
    y = A.Compose([A.Crop(size=(50, W), p=1.0)]).draw(0, IMAGE.shape)["steps"][0]["params"]["place"][0]
    expected = shape([comb]).intersection(box(0, y, W, y + 50))
    assert len(result["polygons"][0]) == (3 if y >= 30 else 1)
    assert differ(shape(result["polygons"][0]), affine_transform(expected, [1, 0, 0, 1, 0, -y])) < 1e-9


def test_rules_of_boxes_hold_for_them() -> None:
    """Upright rectangles as polygons are kept where they are as boxes."""
    rng = np.random.default_rng(3)
    at = rng.random((40, 2)) * (W - 10, H - 10)
    boxes = np.c_[at, np.minimum(at + 3 + 50 * rng.random((40, 2)), (W, H))]
    polygons = [[[x0, y0, x1, y0, x1, y1, x0, y1]] for x0, y0, x1, y1 in boxes.tolist()]
    chain = A.Compose([A.Crop(size=(50, 60)), A.Resize(size=(64, 64))], min_area=80, min_visibility=0.4)
    for k in range(10):
        result = chain(image=IMAGE, boxes=boxes, labels=list(range(40)), polygons=polygons,
                       polygon_labels=list(range(40)), key=k)  # fmt: skip
        assert result["labels"] == result["polygon_labels"]
        bounds = [(*np.min(r, 0), *np.max(r, 0)) for r in (np.reshape(p[0], (-1, 2)) for p in result["polygons"])]
        np.testing.assert_allclose(np.reshape(bounds, (-1, 4)), result["boxes"], atol=1e-9)


# --- where samples meet -----------------------------------------------------------------------------------------------


def pair(rng: np.random.Generator) -> list[dict[str, Any]]:
    return [
        {
            "image": np.full((H, W, 3), 60 * k, np.uint8),
            "polygons": stars(rng, 6, most=40),
            "polygon_labels": [f"{k}{i}" for i in range(6)],
        }
        for k in range(2)
    ]


@pytest.mark.parametrize("mix", [A.CutMix(num_classes=2, p=1.0), A.FMix(num_classes=2, p=1.0)])
def test_what_other_pixels_cover_is_cut_off(mix: A.Transform) -> None:
    chain = A.Compose([mix])
    for k in range(4):
        host, donor = pair(np.random.default_rng(k))
        result = chain(**host, key=(0, k), donors=[donor])
        of_donor = result["image"][..., 0] == 60
        pixels = [[box(x, y, x + 1, y + 1) for y, x in np.argwhere(of_donor == who)] for who in (False, True)]
        regions = [shapely.union_all(cells) for cells in pixels]
        made = dict(zip(result["polygon_labels"], result["polygons"]))
        for who, sample in enumerate((host, donor)):
            for label, rings in zip(sample["polygon_labels"], sample["polygons"]):
                seen = Polygon(rings[0]).intersection(regions[who])
                assert differ(shape(made.get(label, [])), seen) < 1e-4, (k, label)


def test_mosaic_places_them() -> None:
    rng = np.random.default_rng(1)
    samples = [*pair(rng), *pair(rng)]
    square = [20.0, 20.0, 60.0, 20.0, 60.0, 60.0, 20.0, 60.0]
    for sample in samples:
        sample["boxes"], sample["labels"] = np.array([[20.0, 20, 60, 60]]), [0]
        sample["polygons"], _ = [[square]], sample.pop("polygon_labels")
    result = A.Compose([A.Mosaic(size=(H, W), p=1.0)])(**samples[0], donors=samples[1:], key=(0, 3))
    assert len(result["boxes"]) == len(result["polygons"]) > 1
    for bounds, rings in zip(result["boxes"], result["polygons"]):
        ring = np.reshape(rings[0], (-1, 2))
        np.testing.assert_allclose((*ring.min(0), *ring.max(0)), bounds, atol=1e-4)


def test_copy_paste_takes_and_covers_them() -> None:
    square = [20.0, 20.0, 60.0, 20.0, 60.0, 60.0, 20.0, 60.0]
    mask = np.zeros((H, W), np.uint8)
    mask[20:60, 20:60] = 1
    host = {"image": IMAGE, "boxes": [[20, 20, 60, 60]], "labels": ["host"], "masks": [mask], "polygons": [[square]]}
    moved = [v + (20 if k % 2 == 0 else 0) for k, v in enumerate(square)]
    donor = {**host, "image": IMAGE + 9, "boxes": [[40, 20, 80, 60]], "labels": ["donor"],
             "masks": [np.roll(mask, 20, 1)], "polygons": [[moved]]}  # fmt: skip
    result = A.Compose([A.CopyPaste(objects=(1, 1), p=1.0)])(**host, donors=[donor], key=(0, 0))
    assert result["labels"] == ["host", "donor"]
    assert differ(shape(result["polygons"][0]), box(20, 20, 40, 60)) < 1e-4
    assert result["polygons"][1] == [moved]


# --- laws and doors ---------------------------------------------------------------------------------------------------


def test_ways_agree() -> None:
    """Fused and stage by stage, alone and in a batch, replayed, pickled: the same."""
    chain = A.Compose([A.Rotate(p=0.7), A.Elastic(p=0.5), A.Crop(size=(70, 80)), A.ColorJitter()])
    polygons = stars(np.random.default_rng(0), 5)
    alone = [chain(image=IMAGE, polygons=polygons, key=k)["polygons"] for k in range(7)]
    batch = chain.batch([IMAGE] * 7, keys=range(7), polygons=[polygons] * 7)["polygons"]
    steps = A.Compose(chain.transforms, fuse=False)
    for k in range(7):
        ways = [batch[k], chain.replay(chain.draw(k, IMAGE.shape), image=IMAGE, polygons=polygons)["polygons"],
                pickle.loads(pickle.dumps(chain))(image=IMAGE, polygons=polygons, key=k)["polygons"],
                steps(image=IMAGE, polygons=polygons, key=k)["polygons"]]  # fmt: skip
        for way in ways:
            assert len(way) == len(alone[k])
            for mine, theirs in zip(way, alone[k]):
                assert all((a == b).all() for a, b in zip(mine, theirs))


def test_they_come_back() -> None:
    chain = A.Compose([A.Rotate(p=1.0), A.HorizontalFlip(p=1.0), A.Resize(size=(80, 80))])
    ring = np.array([(40.0, 40), (80, 45), (60, 70)])
    moved = chain(image=IMAGE, polygons=[[ring]], key=4)["polygons"]
    back = chain.invert(4, IMAGE.shape, polygons=moved)["polygons"]
    assert differ(shape(back[0]), Polygon(ring)) < 1e-3


@pytest.mark.parametrize("form", ["flat", "lists", "tuples", "arrays", "float64"])
def test_they_come_back_in_the_form_they_came_in(form: str) -> None:
    pairs = [(10.0, 10.0), (30.0, 12.0), (20.0, 40.0)]
    ring: Any = {
        "flat": [v for xy in pairs for v in xy],
        "lists": [list(xy) for xy in pairs],
        "tuples": pairs,
        "arrays": np.array(pairs, np.float32),
        "float64": np.array(pairs).reshape(-1),
    }[form]
    (found,) = A.Compose([])(image=IMAGE, polygons=[[ring]], key=0)["polygons"][0]
    assert type(found) is type(ring) and np.array_equal(found, ring)
    assert not isinstance(ring, np.ndarray) or (found.dtype, found.shape) == (ring.dtype, ring.shape)
    assert A.Compose([])(image=IMAGE, polygons=[], key=0)["polygons"] == []


@pytest.mark.parametrize(
    ("polygons", "error", "said"),
    [
        (
            np.zeros((3, 2)),
            TypeError,
            r"polygons must be a list with a list of rings for each instance, got an array of \(3, 2\): write",
        ),
        (np.zeros((2, 3, 2)), TypeError, r"write \[\[ring\] for ring in polygons\]"),
        ([np.zeros((3, 2))], TypeError, r"polygons\[0\] must be a list of rings, got an array of \(3, 2\)"),
        ([[1, 2, 3, 4, 5, 6]], TypeError, r"a row of numbers: one ring is \[ring\]"),
        ([{"counts": b"", "size": [1, 2]}], TypeError, "run lengths are a mask, pass it as masks="),
        ([[[1, 2, 3, 4]]], ValueError, r"polygons\[0\]\[0\] must be at least three points"),
        ([[[1, 2, 3, 4, 5, 6, 7]]], ValueError, r"polygons\[0\]\[0\] must be at least three points"),
        ([[], [[1, 2, 3, 4, 5, float("nan")]]], ValueError, r"polygons must be finite, got .* in polygons\[1\]"),
        ([[["a", "b", "c", "d", "e", "f"]]], TypeError, r"polygons\[0\]\[0\] must be numbers"),
    ],
)
def test_wrong_ones_are_refused(polygons: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        A.Compose([])(image=IMAGE, polygons=polygons, key=0)
    with pytest.raises(TypeError, match="polygon_labels belongs to polygons, which are missing"):
        A.Compose([])(image=IMAGE, polygon_labels=[1], key=0)


def test_an_outline_of_many_points_that_a_region_meets_often() -> None:
    """It used to end where a result had more points than meetings and corners of the region."""
    angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    radii = 45 * (1 + 0.05 * np.sin(80 * angles))
    ring = np.stack([60 + radii * np.cos(angles), 50 + radii * np.sin(angles)], 1)
    sample: dict[str, Any] = {"image": IMAGE, "polygons": [[ring]], "polygon_labels": [0]}
    sample["mask"] = shapely.contains_xy(Polygon(ring), *np.meshgrid(np.arange(W) + 0.5, np.arange(H) + 0.5)).astype(
        int
    )
    nothing = {"image": IMAGE, "polygons": [], "polygon_labels": [], "mask": np.zeros((H, W), int)}
    for transform in (A.CutMix(lam=0.5), A.FMix(lam=0.5)):
        for key in range(3):
            found = A.Compose([transform])(**sample, donors=[nothing], key=key)
            assert shape(found["polygons"][0]).area == pytest.approx(found["mask"].sum(), abs=40)
            assert 1000 < found["mask"].sum() < 6000
