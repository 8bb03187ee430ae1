"""The contact sheet: one page without a script, every picture described, and nothing of a name becomes markup."""

from __future__ import annotations

import base64
import html.parser
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers.sheets import Picture, Row, Thing, picture_of, sheet, spoken

import augment
import imgproc

EVIL = '<script>alert("1")</script>&\'"'


class Tags(html.parser.HTMLParser):
    """All start tags with their attributes, and whether every one was closed."""

    VOID = ("meta", "link", "img", "input", "rect", "polygon", "circle", "image")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def picture(h: int = 60, w: int = 80) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (h, w, 3), np.uint8)


def pixels(url: str | None) -> np.ndarray:
    assert url is not None
    kind, data = url.split(";base64,")
    assert kind in ("data:image/jpeg", "data:image/png")
    return imgproc.decode_image(base64.b64decode(data), mode="unchanged")


def things() -> tuple[Thing, ...]:
    mask = np.zeros((60, 80), bool)
    mask[10:20, 30:50] = True
    ring = np.array([(1.0, 2.0), (11.5, 2.0), (6.0, 12.0)])
    points = np.array([(3.0, 4.0, 2.0), (0.0, 0.0, 0.0), (9.0, 4.0, 1.0)])
    return (
        Thing(EVIL, 0, box=(5.0, 6.0, 25.0, 36.0), dashed=True),
        Thing("cat", 1, rings=(ring,), keypoints=points, mask=mask),
    )


def test_a_page_is_whole_and_describes_every_picture() -> None:
    labels = np.zeros((40, 30), np.uint8)
    labels[:20], labels[20:] = 3, 7
    rows = [
        Row(EVIL, (Picture(picture(), "before", things()), Picture(picture(40, 30), "copy 1", (), labels, "cat 0.7"))),
        Row("b.png", (Picture(picture()[..., 0], "before"),), note="left out: <1 box>"),
    ]
    page = sheet(rows, title=EVIL, about=["recipe <a>"])
    tags = Tags(page)
    assert not tags.open and not tags.named("script") and not tags.named("a")
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert not re.findall(r"https?:|//", re.sub(r"data:[^\"]*", "", page))
    alts = [image["alt"] for image in tags.named("img")]
    assert alts == [
        f"{EVIL}, before: 1 box ({EVIL}), 1 polygon (cat), 1 mask (cat), 2 points",
        f"{EVIL}, copy 1: class cat 0.7, a mask of 2 labels",
        "b.png, before: no labels",
    ]
    assert [view["viewbox"] for view in tags.named("svg")] == ["0 0 80 60", "0 0 30 40", "0 0 80 60"]
    rects = tags.named("rect")
    assert {(r["x"], r["y"], r["width"], r["height"]) for r in rects} == {("5.00", "6.00", "20.00", "30.00")}
    assert rects[-1]["stroke-dasharray"]
    assert tags.named("polygon")[0]["points"] == "1.00,2.00 11.50,2.00 6.00,12.00"
    assert [(c["cx"], c["cy"]) for c in tags.named("circle")] == [("3.00", "4.00"), ("9.00", "4.00")]
    masks = [pixels(image["href"]) for image in tags.named("image")]
    assert masks[0].shape == (60, 80, 4)
    assert np.array_equal(masks[0][..., 3] > 0, things()[1].mask)
    assert {tuple(masks[1][5, 5, :3]), tuple(masks[1][25, 5, :3])} == {(255, 214, 10), (0, 224, 255)}


@pytest.mark.parametrize("dtype", (np.uint16, np.float32, np.float64))
def test_every_kind_of_picture_is_shown(dtype: type) -> None:
    """16 bits, floats, alpha and bands; large ones become small."""
    full = 65535 if dtype is np.uint16 else 1
    for shape in ((900, 300), (30, 40, 1), (30, 40, 2), (30, 40, 4), (30, 40, 7)):
        image = np.full(shape, full, dtype)
        shown = Tags(sheet([Row("x", (Picture(image, "before"),))], title="t")).named("img")[0]
        found = pixels(shown["src"])
        assert (shown["width"], shown["height"]) == (str(shape[1]), str(shape[0]))
        assert max(found.shape[:2]) == min(max(shape[:2]), 400)
        assert (found == 255).all()


def test_words() -> None:
    box = (0.0, 0.0, 1.0, 1.0)
    several = tuple(Thing(name, 0, box=box) for name in ("dog", "cat", "dog", ""))
    assert spoken(Picture(picture(), "", several)) == "4 boxes (2 dog, cat)"
    assert spoken(Picture(picture(), "", (Thing("a", 0, keypoints=np.array([(1.0, 2.0)])),))) == "1 point"


def test_names_stay_in_the_picture() -> None:
    """A thing at the right border has its name to the left of it, one at the upper border below."""
    corner = Thing("a name that is long", 0, box=(70.0, 0.0, 80.0, 5.0))
    text = Tags(sheet([Row("x", (Picture(picture(), "before", (corner,)),))], title="t")).named("text")[0]
    assert text["text-anchor"] == "end"
    assert 0 < float(text["y"] or 0) < 10


def test_labels_of_every_format_lie_in_pixels(tmp_path: Path) -> None:
    """The same box by YOLO, COCO and PASCAL VOC; rings, points, run lengths and crowds."""
    pixels = picture()
    (tmp_path / "yolo").mkdir()
    (tmp_path / "yolo" / "a.txt").write_text("1 0.25 0.5 0.25 0.2\n")
    (tmp_path / "yolo" / "data.yaml").write_text("names: [cat, dog]\n")
    imgproc.write_image(tmp_path / "yolo" / "a.png", pixels)
    runs = {"size": [60, 80], "counts": [60 * 10, 60, 60 * 69]}
    notes = [
        {"bbox": [10, 24, 20, 12], "segmentation": [[1, 2, 30, 2, 30, 40]], "keypoints": [5, 6, 2, 0, 0, 0]},
        {"bbox": [10, 0, 1, 60], "segmentation": runs, "iscrowd": 1},
    ]
    coco = {
        "images": [{"id": 1, "file_name": "a.png", "height": 60, "width": 80}],
        "categories": [{"id": 4, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [{"id": k, "image_id": 1, "category_id": 9, **note} for k, note in enumerate(notes)],
    }
    (tmp_path / "all.json").write_text(json.dumps(coco))
    for path in (tmp_path / "yolo", tmp_path / "all.json"):
        labels = augment.read_labels(path)
        found = picture_of(pixels, labels.images[0], labels, "before").things
        assert (found[0].name, found[0].color) == ("dog", 1)
        assert found[0].box == pytest.approx((10, 24, 30, 36))
    assert np.array_equal(found[0].rings[0], [(1, 2), (30, 2), (30, 40)])
    assert (
        spoken(picture_of(pixels, labels.images[0], labels, ""))
        == "2 boxes (2 dog), 1 polygon (dog), 1 mask (dog), 1 point"
    )
    assert found[1].dashed and found[1].mask is not None
    assert found[1].mask.sum() == 60 and found[1].mask[:, 10].all()


def test_class_folders_and_masks(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        imgproc.write_image(tmp_path / name / "a.png", picture())
    labels = augment.read_labels(tmp_path)
    made = picture_of(picture(), labels.images[1], labels, "before", mask=np.eye(60, 80, dtype=np.uint8))
    assert spoken(made) == "class dog, a mask of 1 label"


def test_in_a_browser(tmp_path: Path) -> None:
    """Every picture is shown, nothing is wider than a phone, nothing complains, and the switches work."""
    pytest.importorskip("playwright", reason='playwright is not installed: pip install -e ".[test]"')
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        pytest.skip("no browser: Chromium is not installed")
    from playwright.sync_api import sync_playwright

    labels = np.zeros((60, 80), np.uint8)
    labels[:30] = 3
    rows = [Row("a" * 90, (Picture(picture(), "before", things()), Picture(picture(), "copy 1", things(), labels)))]
    (tmp_path / "page.html").write_text(sheet(rows, title=EVIL))
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((tmp_path / "page.html").as_uri())
        assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for name, count in (("masks", 2), ("boxes", 2), ("points", 4), ("polygons", 2), ("names", 4)):
            shown = page.locator(f"main .{name}")
            assert shown.count() == count and shown.first.is_visible()
            page.get_by_label(name).uncheck()
            assert not shown.first.is_visible()
        browser.close()
    assert not complaints
