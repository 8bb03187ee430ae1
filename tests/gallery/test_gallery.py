"""The gallery: its command line, the folder it writes, and its pages in a real browser."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import imgproc
from gallery import __main__ as command
from gallery import _functions, _page, _plot
from gallery._compare import difference, run_all, to_uint8
from gallery._site import MANIFEST, SharedSite, Site, SiteError
from imgproc._core.declare import Declaration, declared, example_image

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SMALL = ["--max-side", "64"]
PAGE = "equalize"  # the quickest one
PICTURE = np.arange(32 * 48, dtype=np.uint8).reshape(32, 48)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "site"


@pytest.fixture
def photo_file(tmp_path: Path, photo: np.ndarray) -> Path:
    path = tmp_path / "photo.png"
    imgproc.write_image(path, photo)
    return path


def run(*args: object) -> int:
    """The exit status of the command line, also where argparse leaves."""
    try:
        return command.main([str(arg) for arg in args])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def test_makes_the_named_page_and_an_index(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PAGE, *SMALL, "--out", out) == 0
    printed = capsys.readouterr().out
    assert str(out / "index.html") in printed
    assert " s: " in printed
    index, page = (out / "index.html").read_text(), (out / f"{PAGE}.html").read_text()
    assert f'href="{PAGE}.html"' in index
    assert "OpenCV" in page
    assert not list(out.rglob(".*.tmp"))
    for name in json.loads((out / MANIFEST).read_text())["pages"][PAGE]["images"]:
        assert (out / name).stat().st_size > 0


def test_pages_need_nothing_from_outside(out: Path) -> None:
    assert run(PAGE, *SMALL, "--out", out) == 0
    for page in out.glob("*.html"):
        text = page.read_text()
        assert "http" not in text.replace("http-equiv", "")
        assert "//cdn" not in text


def test_list_names_every_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [*_page.names(), "speed"]
    assert all(len(line.split()) > 1 for line in lines)


def test_unknown_page_names_the_known_ones(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("equalise", "--out", out) == 2
    message = capsys.readouterr().err
    assert "equalise" in message
    assert all(name in message for name in _page.names())
    assert not out.exists()


def test_a_file_that_cannot_be_read_is_reported_and_the_others_go_on(
    out: Path, tmp_path: Path, photo_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(photo_file.read_bytes()[:200])
    missing = tmp_path / "missing.jpg"
    assert run(PAGE, "--image", broken, photo_file, missing, *SMALL, "--out", out) == 0
    errors = capsys.readouterr().err
    assert "could not read" in errors
    assert str(broken) in errors
    assert str(missing) in errors
    page = (out / f"{PAGE}.html").read_text()
    assert "photo.png" in page
    assert "<h2>rocket</h2>" not in page  # the user's photos replace the packaged ones


@pytest.mark.parametrize(
    "arguments",
    [
        ("PAGE", "--image", "FILE"),
        ("--image", "FILE", "PAGE"),
        ("--image", "PAGE", "FILE"),
        ("--image", "FILE", "--max-side", "64", "PAGE"),
    ],
)
def test_names_of_pages_stand_anywhere(out: Path, photo_file: Path, arguments: tuple[str, ...]) -> None:
    places = {"PAGE": PAGE, "FILE": photo_file}
    assert run(*(places.get(word, word) for word in arguments), "--jobs", 1, "--out", out) == 0
    assert sorted(path.name for path in out.glob("*.html")) == [f"{PAGE}.html", "index.html"]
    assert "photo.png" in (out / f"{PAGE}.html").read_text()


def test_names_before_and_after_the_photos_count(out: Path, photo_file: Path) -> None:
    assert run("stretch_contrast", "--image", photo_file, PAGE, *SMALL, "--out", out) == 0
    assert {path.stem for path in out.glob("*.html")} == {PAGE, "stretch_contrast", "index"}


def test_a_file_named_as_a_page_is_a_file_and_a_page_without_a_file_is_none(
    out: Path, photo_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--image", PAGE, "--out", out) == 2
    assert f"--image must be followed by files or folders, got {PAGE}" in capsys.readouterr().err
    assert run(photo_file, "--out", out) == 2
    assert f"{photo_file} is no page: write --image {photo_file} to show it" in capsys.readouterr().err
    assert not out.exists()
    monkeypatch.chdir(tmp_path)
    shutil.copy(photo_file, "clahe")
    assert run(PAGE, "--image", "clahe", *SMALL, "--out", out) == 0
    assert sorted(path.name for path in out.glob("*.html")) == [f"{PAGE}.html", "index.html"]
    assert "<h2>clahe</h2>" in (out / f"{PAGE}.html").read_text()


def test_a_folder_means_its_images(
    out: Path, tmp_path: Path, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for name in ("b.png", "a.JPG", "c.tiff", "below/d.png"):
        imgproc.write_image(folder / name, photo)
    (folder / "notes.txt").write_text("nothing")
    (folder / "broken.png").write_text("nothing")
    assert run(PAGE, "--image", folder, *SMALL, "--out", out) == 0
    assert "broken.png" in capsys.readouterr().err
    found = re.findall(r"<h2>([^<]+\.\w+)</h2>", (out / f"{PAGE}.html").read_text())
    assert found == ["a.JPG", "b.png", "c.tiff"]
    (tmp_path / "empty").mkdir()
    assert run(PAGE, "--image", tmp_path / "empty", "--out", out) == 1
    assert "a folder without an image" in capsys.readouterr().err


def test_standard_input_is_a_photo(out: Path, photo_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(photo_file.read_bytes())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert run(PAGE, "--image", "-", *SMALL, "--out", out) == 0
    assert "<h2>standard input</h2>" in (out / f"{PAGE}.html").read_text()


def test_what_is_said_of_the_packaged_photos_stands_under_them_alone(
    out: Path, photo_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module(f"gallery.pages.{PAGE}")
    monkeypatch.setattr(module, "__doc__", "Title\n\nSummary.\n\nText[[ of the cat]].  [[Of the rocket.]]")
    monkeypatch.setattr(module, "each", lambda page, photo: page.figures({"it": photo.image}, "Look[[ at the eyes]]."))
    for own in (True, False):
        assert run(PAGE, *(["--image", photo_file] if own else []), *SMALL, "--out", out) == 0
        text = (out / f"{PAGE}.html").read_text()
        for words in ("of the cat", "Of the rocket", "at the eyes"):
            assert (words in text) != own
        assert "[[" not in text.split("<pre")[0]


def test_no_text_of_a_page_shows_its_brackets() -> None:
    for name in _page.names():
        module = importlib.import_module(f"gallery.pages.{name}")
        for own in (True, False):
            assert not re.search(r"\[\[|\]\]", _page.said(module.__doc__, own=own)), name


def test_a_refusal_is_a_sentence_on_the_page_and_no_failure(
    out: Path, tmp_path: Path, photo_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    imgproc.write_image(tmp_path / "dot.png", np.zeros((1, 1), np.uint8))
    assert run("smooth", "--image", tmp_path / "dot.png", photo_file, *SMALL, "--out", out) == 0
    message = "dot.png: radius must be &lt;= the image&#x27;s longer side, 1, got 5"
    assert message in (out / "smooth.html").read_text()
    assert "not shown: page smooth: dot.png: radius must be" in capsys.readouterr().err


def test_large_photos_are_small_files_and_drawings_are_exact(out: Path, photo: np.ndarray) -> None:
    large = np.array(Image.fromarray(photo).resize((1024, 768)))
    flat = np.zeros((700, 800), np.uint8)
    flat[100:300, 100:500] = 200
    with Site(out) as site:
        names = [site.add_image(image) for image in (large, flat, large[:96, :96])]
        site.add_page("a", "A", "", "".join(f'<img src="{name}" alt="">' for name in names))
    assert [Path(name).suffix for name in names] == [".webp", ".png", ".png"]
    assert (out / names[0]).stat().st_size < 0.25 * large.shape[0] * large.shape[1]
    shown = np.asarray(Image.open(out / names[0])).astype(float)
    assert np.abs(shown - large).mean() < 4
    for name, image in zip(names[1:], (flat, large[:96, :96])):
        np.testing.assert_array_equal(np.asarray(Image.open(out / name)), image)


def test_nothing_made_is_an_error(out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(PAGE, "--image", tmp_path / "missing.jpg", "--out", out) == 1
    assert "nothing was made" in capsys.readouterr().err
    assert not (out / "index.html").exists()


@pytest.mark.parametrize(
    "image",
    [
        np.arange(40 * 50, dtype=np.uint16).reshape(40, 50) * np.uint16(30),
        np.full((20, 30, 3), 77, np.uint8),
        np.zeros((1, 1), np.uint8),
    ],
    ids=["uint16", "constant", "one pixel"],
)
def test_odd_pictures_of_the_user(out: Path, tmp_path: Path, image: np.ndarray) -> None:
    file = tmp_path / "odd.png"
    imgproc.write_image(file, image)
    assert run(PAGE, "clahe", "--image", file, "--out", out) == 0


def test_a_function_that_refuses_one_photo_is_noted_and_the_others_go_on(
    out: Path, tmp_path: Path, photo_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.png"
    shutil.copy(photo_file, other)
    module = importlib.import_module(f"gallery.pages.{PAGE}")
    each = module.each

    def refuse(page: _page.Page, photo: object) -> None:
        if photo.name == "photo.png":
            raise ValueError("refused <here>")
        each(page, photo)

    monkeypatch.setattr(module, "each", refuse)
    assert run(PAGE, "--image", photo_file, other, *SMALL, "--out", out) == 1
    assert "refused <here>" in capsys.readouterr().err
    page = (out / f"{PAGE}.html").read_text()
    assert "refused &lt;here&gt;" in page
    assert "other.png" in page


def test_names_of_files_are_escaped(out: Path, tmp_path: Path, photo_file: Path) -> None:
    name = "<script>alert(1)</script>&\"'.png".replace("/", "")
    shutil.copy(photo_file, tmp_path / name)
    assert run(PAGE, "--image", tmp_path / name, *SMALL, "--out", out) == 0
    page = (out / f"{PAGE}.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;script&gt;&amp;" in page


def test_text_of_a_page_is_escaped(out: Path) -> None:
    with Site(out) as site:
        site.add_page("a", "Title <b>", "Summary & <i>", "<p>trusted</p>")
    for file in ("a.html", "index.html"):
        text = (out / file).read_text()
        assert "Title &lt;b&gt;" in text
        assert "Summary &amp; &lt;i&gt;" in text
    assert "<p>trusted</p>" in (out / "a.html").read_text()
    assert str(_page.prose("``a < b`` & c")) == "<p><code>a &lt; b</code> &amp; c</p>"
    assert "<x>" not in _plot.bars({"<x>": 1.0}, title="<x>", series=["<x>"], x_label="<x>")
    assert "<x>" not in _plot.curves({"<x>": ([0, 1], [0, 1]), "b": ([0, 1], [1, 0])}, title="<x>", x_label="<x>")


def test_index_keeps_the_pages_of_earlier_runs(out: Path) -> None:
    with Site(out) as site:
        site.add_page("first", "First page", "One.", "<p>1</p>", PICTURE)
    with Site(out) as site:
        site.add_page("second", "Second page", "Two.", "<p>2</p>", '<svg class="plot"></svg>')
        assert site.write_index() == out / "index.html"
    index = (out / "index.html").read_text()
    assert "First page" in index
    assert "Second page" in index
    (out / "first.html").unlink()
    with Site(out) as site:
        site.add_page("third", "Third page", "Three.", "<p>3</p>")
    index = (out / "index.html").read_text()
    assert "First page" not in index
    assert "Third page" in index


def test_an_interrupted_run_leaves_the_old_page_whole(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(PAGE, *SMALL, "--out", out) == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != "index.html"}

    def interrupt(page: _page.Page) -> None:
        page.figures({"new": PICTURE}, "Not shown before.")
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module(f"gallery.pages.{PAGE}"), "once", interrupt)
    assert run(PAGE, "--max-side", 48, "--out", out) == 130
    assert "interrupted" in capsys.readouterr().err
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file() and path.name != "index.html"}
    assert after == before
    assert f"{PAGE}.html" in (out / "index.html").read_text()


TWO = (PAGE, "stretch_contrast")


def test_pages_made_in_processes_are_those_made_one_by_one(out: Path, tmp_path: Path) -> None:
    """But for the times on them."""
    assert run(*TWO, *SMALL, "--out", out, "--jobs", 1) == 0
    assert run(*TWO, *SMALL, "--out", tmp_path / "together", "--jobs", 2) == 0

    def contents(folder: Path) -> dict[str, object]:
        pages = json.loads((folder / MANIFEST).read_text())["pages"]
        names = [name for page in TWO for name in pages[page]["images"]]
        return {"manifest": pages, "order": list(pages), "img": {name: (folder / name).read_bytes() for name in names}}

    assert contents(out) == contents(tmp_path / "together")
    assert {path.name for path in (out / "img").iterdir()} == {p.name for p in (tmp_path / "together/img").iterdir()}


def test_a_page_that_fails_in_a_process_is_named_and_its_pictures_go(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pages get a photo that one of them refuses: too small for it."""
    path = tmp_path / "tiny.png"
    imgproc.write_image(path, np.zeros((1, 1), np.uint8))
    status = run("equalize", "segment", "--image", path, "--out", out, "--jobs", 2)
    errors = capsys.readouterr().err
    pages = json.loads((out / MANIFEST).read_text())["pages"]
    assert status == (0 if len(pages) == 2 else 1)
    assert all(f"failed: page {name}:" in errors for name in {"equalize", "segment"} - set(pages))
    shown = {Path(name).name for page in pages.values() for name in page["images"]}
    assert {path.name for path in (out / "img").iterdir()} == shown


def test_pictures_of_a_process_that_ended_go_but_for_those_on_a_page(out: Path) -> None:
    with Site(out) as site:
        old = site.add_image(PICTURE)
    site.share()
    other = SharedSite(out)
    lost = other.add_image(PICTURE[::-1])
    kept = other.add_image(PICTURE[:, ::-1])
    other.add_page("b", "B", "", f'<img src="{kept}" alt="">')  # and ends before it is listed
    with site:
        site.add_page("a", "A", "", "<p>a</p>")
    assert (out / kept).exists()
    assert not (out / lost).exists()
    assert not (out / old).exists()
    assert list(other.entries) == ["b"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to all processes of a console, not to one")
def test_ctrl_c_ends_the_processes_and_keeps_what_is_finished(out: Path) -> None:
    command = [sys.executable, "-m", "gallery", *SMALL, "--out", str(out), "--jobs", "2"]
    # A shell starts its background jobs with Ctrl-C ignored, and so would be all that they start.  What has a handler
    # here is as usual in a new program.
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    finally:
        signal.signal(signal.SIGINT, inherited)
    deadline = time.monotonic() + 200
    while not (out / MANIFEST).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; finished pages are kept" in said
    assert "Traceback" not in said
    pages = json.loads((out / MANIFEST).read_text())["pages"]
    assert pages
    assert all((out / name).exists() for page in pages.values() for name in page["images"])
    assert not list(out.rglob(".*.tmp"))


def test_a_write_that_fails_leaves_the_old_file(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Site(out) as site:
        site.add_page("a", "Old", "", "<p>old</p>")

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with Site(out) as site, monkeypatch.context() as patch, pytest.raises(SiteError, match="No space left"):
        patch.setattr("os.replace", full)
        site.add_page("a", "New", "", "<p>new</p>")
    assert "<p>old</p>" in (out / "a.html").read_text()
    assert not list(out.rglob(".*.tmp"))


def test_pictures_of_replaced_pages_go_and_foreign_files_stay(out: Path) -> None:
    (out / "img").mkdir(parents=True)
    foreign = [out / "notes.txt", out / "img" / "0123456789abcdef.png", out / "other.html"]
    for path in foreign:
        path.write_text("mine")
    with Site(out) as site:
        old = site.add_image(PICTURE)
        site.add_page("a", "A", "", f'<img src="{old}" alt="">')
    with Site(out) as site:
        new = site.add_image(PICTURE[::-1])
        site.add_image(PICTURE[:, ::-1])  # never shown
        site.add_page("a", "A", "", f'<img src="{new}" alt="">')
    assert sorted(path.name for path in (out / "img").iterdir()) == sorted([Path(new).name, foreign[1].name])
    assert all(path.read_text() == "mine" for path in foreign)


@pytest.mark.parametrize("name", ["index.html", f"{PAGE}.html", MANIFEST])
def test_a_foreign_page_is_not_replaced(out: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    out.mkdir()
    (out / name).write_text('{"mine": 1}')
    assert run(PAGE, *SMALL, "--out", out) == 2
    assert str(out / name) in capsys.readouterr().err
    assert (out / name).read_text() == '{"mine": 1}'


def test_out_must_be_a_folder_that_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert run(PAGE, "--out", file) == 2
    assert run(PAGE, "--out", file / "below") == 2
    assert run(PAGE, "--out", "/proc/none") == 2
    errors = capsys.readouterr().err
    assert f"{file}: cannot be the output folder" in errors
    assert "/proc/none" in errors


@pytest.mark.parametrize("slug", ["", "index", "a/b", "../a", "a b"])
def test_slug_is_a_plain_file_name(out: Path, slug: str) -> None:
    with Site(out) as site, pytest.raises(ValueError, match="slug"):
        site.add_page(slug, "", "", "")


def test_peers_errors_are_kept_and_ours_is_raised() -> None:
    def fail(image: np.ndarray) -> np.ndarray:
        raise TypeError("no such dtype")

    runs = run_all({"imgproc": np.copy, "peer": fail}, PICTURE)
    assert runs["peer"].error == "TypeError: no such dtype"
    assert runs["imgproc"].seconds > 0
    with pytest.raises(TypeError, match="no such dtype"):
        run_all({"imgproc": fail}, PICTURE)


def test_peers_warnings_are_shown_and_not_printed() -> None:
    def warn(image: np.ndarray) -> np.ndarray:
        warnings.warn("slow\nhere", stacklevel=1)
        return image

    assert run_all({"imgproc": np.copy, "peer": warn}, PICTURE)["peer"].warning == "slow here"
    with pytest.warns(UserWarning, match="slow"):
        run_all({"imgproc": warn}, PICTURE)


def test_difference_is_in_levels_of_255() -> None:
    ours = np.full((4, 5), 100, np.uint8)
    theirs = (np.full((4, 5), 102, np.uint16) * 257).astype(np.uint16)
    theirs[0] = 100 * 257
    delta = difference(ours, theirs)
    assert delta.largest == pytest.approx(2)
    assert delta.mean == pytest.approx(1.5)
    assert (delta.picture[0] == 128).all()
    assert (delta.picture[1:] == 128 + 2 * delta.gain).all()
    assert difference(ours, ours).largest == 0


def test_pixels_without_a_number_are_compared_without_a_warning() -> None:
    ours = np.array([[np.nan, np.nan, np.inf, np.inf, 0.5]], np.float32)
    theirs = np.array([[np.nan, 0.25, np.inf, -np.inf, 0.5]], np.float32)
    found = difference(ours, theirs)
    assert found.picture.tolist() == [[128, 255, 128, 0, 128]]
    assert difference(ours[:, :2], theirs[:, :2]).largest == 255
    assert difference(ours[:, :3:2], theirs[:, :3:2]).largest == 0


def test_pictures_are_shown_on_8_bits() -> None:
    assert to_uint8(np.array([[0, 257, 65535]], np.uint16)).tolist() == [[0, 1, 255]]
    assert to_uint8(np.array([[-1, 0.5, 2, np.nan]], np.float32)).tolist() == [[0, 128, 255, 0]]
    assert to_uint8(np.array([[True, False]])).tolist() == [[255, 0]]
    assert to_uint8(np.zeros((3, 4, 1), np.uint8)).shape == (3, 4)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every page, from small photos."""
    out = tmp_path_factory.mktemp("gallery") / "site"
    assert command.main(["--max-side", "96", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    if importlib.util.find_spec("playwright") is None:
        pytest.skip('playwright is not installed: pip install -e ".[test]"')
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGS)
        yield browser
        browser.close()


@pytest.mark.parametrize("name", ["index", *_page.names()])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_page_in_a_browser(browser: object, site: Path, name: str, colours: str) -> None:
    complaints: list[str] = []
    with browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=colours) as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("request", lambda request: complaints.append(request.url) if "://" in foreign(request.url) else None)
        page.goto((site / f"{name}.html").as_uri(), wait_until="load", timeout=120_000)

        assert complaints == []
        assert page.evaluate("[...document.images].filter(image => !image.naturalWidth).map(image => image.src)") == []
        assert page.evaluate("document.images.length") > 0
        assert page.evaluate("[...document.images].every(image => image.hasAttribute('alt'))")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("[...document.querySelectorAll('a')].every(a => a.href.startsWith('file:'))")
        picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))
        assert picture.std() > 10
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        level = np.mean([int(part) for part in background[4:-1].split(",")])
        assert (level < 60) if colours == "dark" else (level > 200)


def foreign(url: str) -> str:
    """The address where it is not of this machine's files."""
    return "" if url.startswith(("file:", "data:")) else url


def test_index_leads_to_every_page(browser: object, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri(), timeout=120_000)
        links = page.locator("a.card")
        assert links.count() == len(_page.names())
        for i in range(links.count()):
            links.nth(i).click()
            assert page.locator("h1").inner_text()
            page.get_by_text("All pages").click()


# --- functions that declare their page --------------------------------------------------------------------------------


def declaring() -> dict[str, Declaration]:
    found = {name: declared(getattr(imgproc, name)) for name in imgproc.__all__}
    return {name: said for name, said in found.items() if said.page or said.call or said.given != "image"}


@pytest.mark.parametrize(("name", "said"), declaring().items())
def test_a_function_that_declares_a_page_can_be_shown_there(name: str, said: Declaration) -> None:
    assert said.page in _page.names()
    assert re.fullmatch(r"\S.*\.", said.look)
    assert said.call.startswith(f"{name}(image")
    image = example_image(np.uint8, (40, 50), 3)
    picture = _functions.evaluated(said.given, image)
    assert picture.shape == image.shape
    assert _functions.evaluated(said.call, picture).shape[:2] == image.shape[:2]


def test_a_function_that_declares_a_page_stands_on_it(tmp_path: Path) -> None:
    assert command.main(["smooth", "--max-side", "64", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "smooth.html").read_text()
    for name, said in _functions.shown_on("smooth").items():
        assert f"<h2>{name}</h2>" in text
        assert escape(said.call) in text
    assert "box_blur" in _functions.shown_on("smooth")
    assert "Could not be shown" not in text
