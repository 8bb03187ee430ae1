"""Scene completion: planted copies are found exactly, scores are as defined, and what cannot be done is said."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.threads import threads_of
from oracles import scene as naive_scene

import imgproc
from imgproc.inpaint import _context
from imgproc.inpaint.scene import SCALES, _texture
from imgproc.inpaint.seam import distance_from


def psnr(a, b, where) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((a[where].astype(float) - b[where]) ** 2), 1e-9)))


def plant(photo, scale, shift, brightness, margin=40):
    """A scene that is the photo with less contrast and another brightness, and an image that is cut out of the photo
    resized by `scale`, off the middle by `shift`, with a hole."""
    calm = np.rint(photo * 0.75 + 30).astype(np.uint8)
    scene = np.clip(calm + np.int16(brightness), 0, 255).astype(np.uint8)
    size = tuple(round(n * scale) for n in photo.shape[:2])
    whole = imgproc.resize(calm, size=size, interpolation="bicubic")
    y, x = margin + shift[0], margin + shift[1]
    h, w = size[0] - 2 * margin, size[1] - 2 * margin
    image = np.ascontiguousarray(whole[y : y + h, x : x + w])
    mask = np.zeros((h, w), bool)
    mask[h // 3 : 2 * h // 3, w // 3 : w // 2] = True
    return scene, image, mask, (x, y)


@pytest.fixture(scope="module")
def others(photos):
    """Scenes that are something else, with the sizes of the planted one or so."""
    return [photos(name)[:240, :320] for name in ("coffee", "chelsea", "rocket", "immunohistochemistry")]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("shift", "brightness"), [((0, 0), 0), ((17, -22), 20), ((-30, 35), -25)])
def test_a_planted_copy_is_first_with_its_offset_exact(photos, others, scale, shift, brightness) -> None:
    scene, image, mask, offset = plant(photos("astronaut")[:300, :360], scale, shift, brightness)
    results = imgproc.complete_scene(image, mask, [*others, scene], context=40)
    first = results[0]
    assert first.scene.id == 4
    assert first.placement.scale == scale
    assert (first.placement.dx, first.placement.dy) == offset
    assert psnr(first.image, image, mask) > 40
    assert psnr(first.image, image, ~mask) > 40
    assert first.score < 0.7 * results[1].score
    assert first.parts["seam"] < 0.1
    assert not first.poor


@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket"])
def test_copies_of_other_photos(photos, name) -> None:
    scene, image, mask, offset = plant(photos(name)[20:290, 60:400], 0.9, (12, 15), 15)
    (found,) = imgproc.complete_scene(image, mask, [scene], context=40)
    assert (found.placement.dx, found.placement.dy, found.placement.scale) == (*offset, 0.9)
    assert psnr(found.image, image, mask) > 40


def test_a_planted_copy_in_a_library(photos, others, tmp_path) -> None:
    scene, image, mask, offset = plant(photos("astronaut")[:300, :360], 0.9, (10, 20), 12)
    (tmp_path / "photos").mkdir()
    for i, photo in enumerate([*others, scene, *(o[::-1] for o in others)]):
        imgproc.write_image(tmp_path / "photos" / f"{i}.png", np.ascontiguousarray(photo))
    database = imgproc.SceneDatabase.build(tmp_path / "photos", tmp_path / "db")
    calls: list[tuple[int, int]] = []
    results = imgproc.complete_scene(
        image, mask, database, n_scenes=5, n_results=3, context=40, progress=lambda *count: calls.append(count)
    )
    assert calls == [(i + 1, 8) for i in range(8)]
    assert len(results) == 3
    first = results[0]
    assert first.scene.path == (tmp_path / "photos" / "4.png").resolve()
    assert (first.placement.dx, first.placement.dy) == offset
    assert first.parts["scene"] < 0.8
    (tmp_path / "photos" / "4.png").unlink()
    with pytest.warns(RuntimeWarning, match=r"4\.png cannot be read"):
        results = imgproc.complete_scene(image, mask, database, n_scenes=5, context=40)
    assert len(results) == 4


def test_the_hole_and_what_is_far_are_as_the_definitions_say(photos, others) -> None:
    scene, image, mask, _ = plant(photos("astronaut")[:300, :360], 0.9, (0, 0), 10)
    for domain in ("image", "hole"):
        for result in imgproc.complete_scene(image, mask, [*others, scene], context=40, domain=domain):
            assert result.seam[mask].all()
            away = distance_from(mask)
            assert away[result.seam].max() <= 39
            p = result.placement
            source = image.copy()
            whole = [*others, scene][result.scene.id]
            if p.size != whole.shape[:2]:
                whole = imgproc.resize(whole, size=p.size, interpolation="bicubic")
            y, x = np.nonzero(away <= 40)
            source[y, x] = whole[y + p.dy, x + p.dx]
            holed = np.where(mask[..., None], np.uint8(0), image)
            blended = imgproc.poisson_blend(holed, source, mask=result.seam, hole=mask, domain=domain)
            np.testing.assert_array_equal(result.image, blended)
            seam = imgproc.graph_cut_seam(holed, source, mask=mask, context=39)
            np.testing.assert_array_equal(seam, result.seam)


def test_score_is_the_mean_of_parts_in_multiples_of_their_means(photos, others) -> None:
    scene, image, mask, _ = plant(photos("astronaut")[:300, :360], 0.9, (0, 0), 10)
    results = imgproc.complete_scene(image, mask, [*others, scene], context=40)
    assert len(results) == 5
    assert [r.score for r in results] == sorted(r.score for r in results)
    for result in results:
        assert result.score == pytest.approx(sum(result.parts.values()) / 4)
    for part in ("context", "texture", "seam"):
        assert np.mean([r.parts[part] for r in results]) == pytest.approx(1)
    few = imgproc.complete_scene(image, mask, [*others, scene], context=40, n_results=2)
    assert [r.scene.id for r in few] == [r.scene.id for r in results[:2]]


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "f8"])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_every_dtype_and_grey(photos, dtype, channels) -> None:
    scene, image, mask, offset = plant(photos("astronaut")[:200, :260], 1.0, (5, 8), 10)
    if channels != 3:
        scene, image = imgproc.rgb_to_gray(scene), imgproc.rgb_to_gray(image)
    given = {"u1": image, "u2": image.astype("u2") * np.uint16(257)}.get(dtype, (image / 255).astype(dtype))
    given = given[..., None] if channels == 1 else given
    if dtype[0] == "f":
        given[mask] = np.nan
    given.flags.writeable = False
    (found,) = imgproc.complete_scene(given, mask, [scene], context=30)
    assert found.image.dtype == dtype
    assert found.image.shape == given.shape
    assert (found.placement.dx, found.placement.dy) == offset
    full = {"u1": 1, "u2": 257}.get(dtype, 1 / 255)
    assert psnr(found.image.reshape(image.shape) / full, image, np.ones_like(mask)) > 45


def test_what_the_hole_shows_does_not_matter(photos, others, rng) -> None:
    scene, image, mask, _ = plant(photos("astronaut")[:240, :300], 0.9, (0, 0), 10)
    spoiled = image.copy()
    spoiled[mask] = rng.integers(0, 256, (mask.sum(), 3))
    a, b = (imgproc.complete_scene(i, mask, [others[0], scene], context=30) for i in (image, spoiled))
    for one, other in zip(a, b, strict=True):
        assert one.score == other.score
        np.testing.assert_array_equal(one.image, other.image)


def test_threads_change_nothing(photos, others) -> None:
    scene, image, mask, _ = plant(photos("astronaut")[:240, :300], 0.9, (5, 5), 10)
    found = []
    for n in (1, 2, 8):
        with threads_of(n):
            results = imgproc.complete_scene(image, mask, [*others, scene], context=30)
        found.append([(r.score, r.scene.id, r.placement, r.image.tobytes(), r.seam.tobytes()) for r in results])
    assert found[0] == found[1] == found[2]


def test_a_hole_at_the_border_and_several_holes(photos) -> None:
    scene, image, _, offset = plant(photos("astronaut")[:300, :360], 1.0, (10, -10), 10)
    for where in (np.s_[:40, 30:80], np.s_[-30:], np.s_[:, :25], np.s_[::90, ::90]):
        mask = np.zeros(image.shape[:2], bool)
        mask[where] = True
        (found,) = imgproc.complete_scene(image, mask, [scene], context=30)
        assert (found.placement.dx, found.placement.dy) == offset
        assert psnr(found.image, image, mask) > 40


def test_scenes_that_are_much_larger_are_shrunk(photos) -> None:
    scene, image, mask, _ = plant(photos("astronaut")[:300, :360], 0.9, (0, 0), 10)
    for factor in (2, 4):
        large = imgproc.resize(scene, size=tuple(n * factor for n in scene.shape[:2]), interpolation="bicubic")
        (found,) = imgproc.complete_scene(image, mask, [large], context=30)
        assert found.placement.scale < 1
        assert found.placement.size[1] < 1.5 * image.shape[1] * factor
        assert found.placement.size[1] == pytest.approx(large.shape[1] * found.placement.scale, abs=1)


def test_scenes_that_are_too_small_are_left_out(photos) -> None:
    image = photos("astronaut")[:100, :120]
    mask = np.zeros(image.shape[:2], bool)
    mask[40:50, 40:60] = True
    small = photos("coffee")[:20, :200]
    assert imgproc.complete_scene(image, mask, [small]) == []
    assert imgproc.complete_scene(image, mask, []) == []
    assert len(imgproc.complete_scene(image, mask, [small, photos("coffee")])) == 1


def test_poor_results_say_so_and_offer_the_exemplar_fill() -> None:
    image = np.zeros((60, 80, 3), np.uint8)
    mask = np.zeros((60, 80), bool)
    mask[20:30, 30:50] = True
    white, black = np.full((90, 120, 3), 255, np.uint8), np.zeros((90, 120, 3), np.uint8)
    results = imgproc.complete_scene(image, mask, [white, black], context=10)
    assert [(r.scene.id, r.poor) for r in results] == [(1, False), (0, True)]
    assert results[1].context_error == pytest.approx(100, abs=2.5)
    expected = imgproc.inpaint_exemplar(image, mask, patch_size=7)
    np.testing.assert_array_equal(results[1].exemplar_fill(patch_size=7), expected)


def test_coarse_errors_and_fits_are_as_defined(rng, monkeypatch) -> None:
    image = rng.integers(0, 256, (21, 30, 3)).astype(np.uint8)
    scene = rng.integers(0, 256, (33, 39, 3)).astype(np.uint8)
    valid = rng.random((21, 30)) < 0.7
    monkeypatch.setattr(_context, "COARSE", 1)
    monkeypatch.setattr(_context, "KEPT", 1000)
    (level,) = _context.levels_of(image, valid)
    planes = _context.lab_planes(scene)
    options = {"aligned": (4.2, 3.1), "diagonal": 50.0}
    expected = naive_scene.context_errors(level.planes.astype(float), valid, planes.astype(float), **options)
    found = _context.coarse_places(level, planes.astype(np.float32), expected.shape, **options)
    assert found
    for error, y, x in found:
        assert error == pytest.approx(expected[y, x], rel=1e-4)
        ((refined, fy, fx),) = _context.refined(level, planes, [(y, x)], expected.shape, **options)
        plain = naive_scene.context_errors(
            level.planes.astype(float), valid, planes.astype(float), aligned=(0, 0), diagonal=1e12
        )
        near = np.s_[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3]
        assert plain[fy, fx] == pytest.approx(plain[near].min())
        assert refined == pytest.approx(expected[fy, fx])
    assert _context.coarse_places(level, planes.astype(np.float32), expected.shape, **options)[0] == found[0]


def test_texture_is_the_median_of_gradient_magnitudes(photos) -> None:
    from scipy import ndimage

    image = photos("astronaut")[100:160, 200:270]
    grey = imgproc.rgb_to_gray(image).astype(float)
    slopes = [ndimage.sobel(grey, axis=axis, mode="nearest") / 8 for axis in (0, 1)]
    expected = ndimage.median_filter(np.hypot(*slopes) / 255, 5, mode="nearest")
    np.testing.assert_allclose(_texture(np.ascontiguousarray(image)), expected, atol=1e-6)


def test_extreme_differences_fit_the_integers() -> None:
    planes = np.zeros((3, 2, 600), np.int16)
    scene = planes.copy()
    planes[0], planes[1:], scene[0], scene[1:] = 0, 0, 510, 1275
    total = _context._fit(planes, np.ones((2, 600), np.uint8), scene, 0, 0, np.inf)
    assert total == 1200 * (2 * 1275**2 + 510**2 / 4)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_shared_triples(number, shared) -> None:
    folder = shared("scene")
    image, scene = (imgproc.read_image(folder / f"input{number}{what}.jpg") for what in ("", "_patch"))
    mask = imgproc.read_image(folder / f"input{number}_mask.jpg", mode="grey") < 128
    (found,) = imgproc.complete_scene(image, mask, [scene])
    assert not found.poor
    assert abs(found.placement.dy - (found.placement.size[0] - image.shape[0]) / 2) < 60, "roughly aligned"
    border = found.seam & (distance_from(~found.seam) <= 1)
    steps = np.abs(np.diff(found.image.astype(int), axis=0)).sum(axis=2)
    assert steps[border[1:]].mean() < 3 * steps[~mask[1:] & ~mask[:-1]].mean() + 10


def test_refusals(photos) -> None:
    image, scene = photos("astronaut")[:60, :80], photos("coffee")
    mask = np.zeros((60, 80), bool)
    mask[20:30, 30:50] = True
    nan = image / 255
    nan[0, 0] = np.nan
    for error, message, args, kwargs in (
        (ValueError, "image must have 1 or 3 channels", (image[..., :2], mask, [scene]), {}),
        (ValueError, "image must be finite", (nan, mask, [scene]), {}),
        (ValueError, "mask must select", (image, mask & ~mask, [scene]), {}),
        (ValueError, "mask must leave", (image, mask | True, [scene]), {}),
        (TypeError, "database must be a SceneDatabase or a sequence", (image, mask, scene), {}),
        (TypeError, "database must be", (image, mask, "folder"), {}),
        (ValueError, r"database\[0\] must be uint8", (image, mask, [scene / 255]), {}),
        (ValueError, "n_scenes must be >= 1", (image, mask, [scene]), {"n_scenes": 0}),
        (ValueError, "n_results must be >= 1", (image, mask, [scene]), {"n_results": 0}),
        (ValueError, "context must be >= 2", (image, mask, [scene]), {"context": 1}),
        (ValueError, "scales must be at least one", (image, mask, [scene]), {"scales": ()}),
        (ValueError, r"scales\[0\] must be <= 2", (image, mask, [scene]), {"scales": (3,)}),
        (TypeError, "scales must be a sequence", (image, mask, [scene]), {"scales": 1.0}),
        (ValueError, "domain must be one of", (image, mask, [scene]), {"domain": "all"}),
        (ValueError, "poor_above must be > 0", (image, mask, [scene]), {"poor_above": 0}),
        (TypeError, "progress must be callable", (image, mask, [scene]), {"progress": 1}),
    ):
        with pytest.raises(error, match=message):
            imgproc.complete_scene(*args, **kwargs)
