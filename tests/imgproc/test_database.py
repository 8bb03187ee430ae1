"""Scene databases: what is found, what is done again and what not, and what an interruption leaves."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

import imgproc
from imgproc.inpaint import _features
from imgproc.inpaint import database as module
from imgproc.inpaint._features import GIST, LENGTH, block_weights, describe

NAMES = ("astronaut", "coffee", "chelsea", "rocket", "camera", "moon")


@pytest.fixture
def library(tmp_path: Path, photos) -> Path:
    """Six photos in two folders, and a file that is none."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for i, name in enumerate(NAMES):
        image = photos(name)
        size = (150, 150 * image.shape[1] // image.shape[0])
        file = folder / ("more" if i % 2 else "") / f"{name}.{'png' if i == 3 else 'jpg'}"
        imgproc.write_image(file, imgproc.resize(image, size=size))
    (folder / "notes.txt").write_text("nothing")
    return folder


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARD", 2)
    monkeypatch.setattr(module, "ROWS", 1)


def build(library: Path, **options) -> tuple[imgproc.SceneDatabase, list[tuple[int, int]]]:
    calls: list[tuple[int, int]] = []
    made = imgproc.SceneDatabase.build(
        library, library.parent / "db", workers=1, progress=lambda *count: calls.append(count), **options
    )
    return made, calls


def names(database: imgproc.SceneDatabase) -> list[str]:
    return sorted(scene.path.stem for scene in database)


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((512, 512), bool)
    mask[200:400, 100:350] = True
    return mask


def test_build_open_and_find(library, photos, hole) -> None:
    built, calls = build(library)
    assert calls == [(i + 1, 6) for i in range(6)]
    assert built.skipped == []
    opened = imgproc.SceneDatabase.open(library.parent / "db")
    for database in (built, opened):
        assert len(database) == 6
        assert names(database) == sorted(NAMES)
        found = database.query(photos("astronaut"), hole)
        assert len(found) == 6
        assert found[0].path == library.resolve() / "astronaut.jpg"
        assert found[0].size == (150, 150)
        assert [s.distance for s in found] == sorted(s.distance for s in found)
        assert found[0].distance < 0.5 * found[1].distance
        assert database[found[0].id].path == found[0].path
        assert database.read(found[0].id).shape == (150, 150, 3)
        assert database.query(photos("camera"), hole, 1)[0].path.stem == "camera"
    assert sum(file.stat().st_size for file in (library.parent / "db").iterdir()) < 20_000


def test_distance_is_as_defined(library, photos, hole) -> None:
    database, _ = build(library)
    image = photos("coffee")[:, 40:552]
    mask = hole[:400]
    wanted = describe(image, ~mask)
    weights = block_weights(~mask)
    assert weights.shape == wanted.shape == (LENGTH,)
    # the share of each of 4 x 4 blocks that the hole leaves
    shares = (~mask).reshape(4, 100, 4, 128).mean(axis=(1, 3)).ravel()
    np.testing.assert_allclose(weights.reshape(-1, 16), np.tile(shares, (33, 1)), atol=0.02)
    stored = np.concatenate([rows[live] for rows, live in database._parts]).astype(np.float64)
    squares = weights * (stored - wanted) ** 2
    form, color = squares[:, :GIST].sum(axis=1), squares[:, GIST:].sum(axis=1)
    expected = 2 * form / form.mean() + color / color.mean()
    found = {scene.id: scene.distance for scene in database.query(image, mask)}
    np.testing.assert_allclose([found[i] for i in range(6)], expected, rtol=1e-3, atol=1e-3)


def test_descriptor_is_gist_and_the_colours_of_blocks(photos) -> None:
    image = photos("astronaut")
    found = describe(image)
    np.testing.assert_array_equal(found[:GIST], imgproc.gist(image, orientations=(6,) * 5, size=(128, 128)))
    lab = imgproc.rgb_to_lab(image.astype(np.float32) / 255).reshape(4, 128, 4, 128, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found[GIST:].reshape(3, 4, 4).transpose(1, 2, 0), lab, atol=2)
    levels = describe(image.astype(np.uint16) * np.uint16(257))
    np.testing.assert_allclose(levels, found, atol=2e-3)


def test_what_the_hole_shows_does_not_matter(library, photos, hole, rng) -> None:
    database, _ = build(library)
    image = photos("astronaut").astype(np.float32) / 255
    spoiled = image.copy()
    spoiled[hole] = rng.random((hole.sum(), 3))
    expected = database.query(image, hole)
    assert database.query(spoiled, hole) == expected
    spoiled[hole] = np.nan
    assert database.query(spoiled, hole) == expected


@pytest.mark.usefixtures("small_shards")
def test_only_what_changed_is_described_again(library, photos) -> None:
    build(library)
    database, calls = build(library)
    assert calls == []
    assert names(database) == sorted(NAMES)
    (library / "astronaut.jpg").unlink()
    imgproc.write_image(library / "page.png", photos("page"))
    imgproc.write_image(library / "more" / "coffee.jpg", photos("astronaut"))
    os.utime(library / "camera.jpg", ns=(1, 1))
    database, calls = build(library)
    assert len(calls) == 3
    assert names(database) == sorted({*NAMES, "page"} - {"astronaut"})
    assert database.query(photos("astronaut"), np.zeros((512, 512), bool), 1)[0].path.stem == "coffee"
    shards = list((library.parent / "db").glob("*.npy"))
    assert len(shards) == 3, "rows that do not count are gone"
    reopened = imgproc.SceneDatabase.open(library.parent / "db")
    assert [s.path for s in reopened] == [s.path for s in database]


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("after", [1, 2, 5])
def test_an_interrupted_build_loses_nothing(library, after) -> None:
    def progress(done: int, total: int) -> None:
        if done == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imgproc.SceneDatabase.build(library, library.parent / "db", workers=1, progress=progress)
    assert len(imgproc.SceneDatabase.open(library.parent / "db")) == after
    database, calls = build(library)
    assert len(calls) == 6 - after
    assert names(database) == sorted(NAMES)


@pytest.mark.usefixtures("small_shards")
def test_a_killed_build_leaves_what_it_has_written(library, monkeypatch) -> None:
    """Whatever write fails, as if the process had ended there, the database stays whole."""
    real = module.replace_file
    for fails_at in range(1, 11):
        shutil.rmtree(library.parent / "db", ignore_errors=True)
        written = []

        def broken(target, data, fails_at=fails_at, written=written):
            written.append(target)
            if len(written) >= fails_at:
                raise OSError("the power went")
            real(target, data)

        monkeypatch.setattr(module, "replace_file", broken)
        with pytest.raises(OSError, match="power"):
            build(library)
        monkeypatch.setattr(module, "replace_file", real)
        if (library.parent / "db" / "index.json").exists():
            assert len(imgproc.SceneDatabase.open(library.parent / "db")) == 2 * ((fails_at - 2) // 3)
    (library.parent / "db" / f".{'0123' * 4}.tmp").write_bytes(b"half")
    database, _ = build(library)
    assert names(database) == sorted(NAMES)
    files = {file.name for file in (library.parent / "db").iterdir()}
    assert len(files) == 7
    assert ".0123.tmp" not in files


def test_unreadable_files_are_reported_and_skipped(library) -> None:
    build(library)
    whole = (library / "astronaut.jpg").read_bytes()
    (library / "bad.jpg").write_bytes(b"\xff\xd8\xff and then nothing")
    (library / "short.jpg").write_bytes(whole[: len(whole) // 2])
    (library / "empty.png").write_bytes(b"")
    (library / "astronaut.jpg").write_bytes(whole[:200])
    database, calls = build(library)
    assert len(calls) == 4
    skipped = {path.name: reason for path, reason in database.skipped}
    assert skipped.keys() == {"bad.jpg", "short.jpg", "empty.png", "astronaut.jpg"}
    assert all(skipped.values())
    assert names(database) == sorted(set(NAMES) - {"astronaut"})
    (library / "astronaut.jpg").write_bytes(whole)
    for name in ("bad.jpg", "short.jpg", "empty.png"):
        (library / name).unlink()
    database, _ = build(library)
    assert database.skipped == []
    assert names(database) == sorted(NAMES)


def test_links_to_files_are_followed_and_links_to_folders_are_not(library, tmp_path, photos) -> None:
    """Collections are often made of links; a folder may be linked to one that holds it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    far = photos("moon")[:120, :160]
    imgproc.write_image(elsewhere / "far.png", far)
    before = names(build(library)[0])
    try:
        (library / "near.png").symlink_to(elsewhere / "far.png")
    except OSError:  # Windows asks for a right
        pytest.skip("this system makes no links")
    (library / "gone.png").symlink_to(elsewhere / "gone.png")
    (library / "folder").symlink_to(elsewhere)
    (library / "again").symlink_to(library)
    database = build(library)[0]
    assert names(database) == sorted([*before, "near"])
    assert not database.skipped
    near = next(scene for scene in database if scene.path.stem == "near")
    np.testing.assert_array_equal(database.read(near.id)[..., 0], far if far.ndim == 2 else far[..., 0])


def test_workers_change_nothing(library) -> None:
    one = imgproc.SceneDatabase.build(library, library.parent / "one", workers=1)
    here = threading.get_ident()
    seen = []
    three = imgproc.SceneDatabase.build(
        library, library.parent / "three", workers=3, progress=lambda *_: seen.append(threading.get_ident())
    )
    assert [s.path for s in one] == [s.path for s in three]
    for (a, _), (b, _) in zip(one._parts, three._parts, strict=True):
        assert a.tobytes() == b.tobytes()
    assert set(seen) == {here}


def test_photos_are_turned_upright(library, photos) -> None:
    from PIL import Image

    image = Image.fromarray(photos("coffee"))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(library / "turned.jpg", exif=exif)
    small, size = _features.read_small(str(library / "turned.jpg"))
    assert size == (600, 400)
    assert small.shape[0] > small.shape[1]
    assert small.shape[0] < 600, "decoded at a smaller scale"
    upright = np.rot90(photos("coffee"), -1)
    np.testing.assert_allclose(describe(small), describe(np.ascontiguousarray(upright)), atol=1.5)


def test_a_photo_is_described_as_it_is_read(tmp_path, photos) -> None:
    """JPEG files are decoded at a smaller scale, by a way of their own: upright by XMP too, and without their end."""
    (tmp_path / "photos").mkdir()
    image = photos("coffee")[:300, :450]
    imgproc.write_image(tmp_path / "plain.jpg", image)
    data = (tmp_path / "plain.jpg").read_bytes()
    packet = b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'
    turned = data[:2] + b"\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet + data[2:]
    files = {"plain": data, "turned": turned, "without its end": data[:-2], "half": data[: len(data) // 2]}
    for name, content in files.items():
        (tmp_path / "photos" / f"{name}.jpg").write_bytes(content)
    database = imgproc.SceneDatabase.build(tmp_path / "photos", tmp_path / "db", workers=1)
    assert [path.name for path, _ in database.skipped] == ["half.jpg"]
    assert "truncated or damaged JPEG" in database.skipped[0][1]
    sizes = {scene.path.stem: scene.size for scene in database}
    assert sizes == {"plain": (300, 450), "turned": (450, 300), "without its end": (300, 450)}
    for name in sizes:
        small, size = _features.read_small(str(tmp_path / "photos" / f"{name}.jpg"))
        whole = imgproc.read_image(tmp_path / "photos" / f"{name}.jpg")
        assert size == whole.shape[:2]
        same = imgproc.resize(whole, size=small.shape[:2])
        assert np.abs(same.astype(int) - small).mean() < 4, name


def test_an_empty_folder_makes_an_empty_database(tmp_path) -> None:
    (tmp_path / "none").mkdir()
    database = imgproc.SceneDatabase.build(tmp_path / "none", tmp_path / "db")
    assert len(database) == 0
    assert database.query(np.zeros((9, 9), np.uint8), np.zeros((9, 9), bool)) == []
    with pytest.raises(IndexError):
        database[0]


def test_refusals(library, tmp_path, photos, hole) -> None:
    make, target = imgproc.SceneDatabase.build, tmp_path / "db"
    database = make(library, target)
    (tmp_path / "other").mkdir()
    with pytest.raises(FileNotFoundError, match="folder must be a folder of photos"):
        make(library / "nothing", target)
    with pytest.raises(NotADirectoryError, match="folder must be a folder"):
        make(library / "notes.txt", target)
    with pytest.raises(ValueError, match="path must be the database of"):
        make(tmp_path / "other", target)
    with pytest.raises(ValueError, match="path must be a scene database or an empty folder"):
        make(library, library)
    with pytest.raises(TypeError, match="folder must be a str"):
        make(3, target)
    with pytest.raises(ValueError, match="workers must be >= 1"):
        make(library, target, workers=0)
    with pytest.raises(TypeError, match="progress must be callable"):
        make(library, target, progress=3)
    with pytest.raises(FileNotFoundError, match="path must be a scene database"):
        imgproc.SceneDatabase.open(tmp_path / "other")
    image = photos("astronaut")
    for error, message, args in (
        (ValueError, "image must have 1 or 3 channels", (image[..., :2], hole)),
        (TypeError, "mask must be bool", (image, hole * 1)),
        (ValueError, "mask must leave a pixel", (image, np.ones_like(hole))),
        (ValueError, "n must be >= 1", (image, hole, 0)),
        (ValueError, "image must be finite outside", (np.full(image.shape, np.nan), hole)),
    ):
        with pytest.raises(error, match=message):
            database.query(*args)
    index = target / "index.json"
    text = index.read_text()
    index.write_text(text[:-3])
    with pytest.raises(ValueError, match="damaged"):
        imgproc.SceneDatabase.open(target)
    index.write_text(text.replace("gist", "gast"))
    with pytest.raises(ValueError, match="of this version"):
        imgproc.SceneDatabase.open(target)
    index.write_text(text)
    shard = next(target.glob("*.npy"))
    shard.write_bytes(shard.read_bytes()[:200])
    with pytest.raises(ValueError, match="whole database"):
        imgproc.SceneDatabase.open(target)
