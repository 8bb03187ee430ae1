"""Every page with photos of the user that are unlike a photo: it is made, and says in a sentence what was refused."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.functions import example_image
from helpers.site import Page, Photo, Site, comparisons, from_file, page_names, show_functions

import imgproc

H, W = 20, 28


def image(dtype: str, h: int, w: int, channels: int | None) -> np.ndarray:
    return example_image(np.dtype(dtype), (h, w), channels).copy()


def with_holes(channels: int | None) -> np.ndarray:
    made = image("f4", H, W, channels)
    made[3:6, 5:9] = np.nan
    made[0, 0], made[-1, -1] = np.inf, -np.inf
    return made


ODD = {
    "1x1.png": image("u1", 1, 1, 3),
    "1x7.png": image("u1", 1, 7, 3),
    "7x1.png": image("u1", 7, 1, None),
    "3x4.png": image("u1", 3, 4, 3),
    "black.png": np.zeros((H, W), np.uint8),
    "grey.png": image("u1", H, W, None),
    "deep.png": image("u2", H, W, 3),
    "nan.tif": with_holes(3),
    "greynan.tif": with_holes(None),
    "all nan.tif": np.full((H, W), np.nan, np.float32),
    "float64.tif": image("f8", H, W, None),
    "rgba.png": image("u1", H, W, 4),
    "la.png": image("u1", H, W, 2),
}
PAGES = [name for name in page_names() if hasattr(importlib.import_module(f"gallery.pages.{name}"), "each")]
FEW = ("1x1.png", "7x1.png", "nan.tif")
"""For the pages of transforms, of which each compiles many chains."""


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Photo]:
    folder = tmp_path_factory.mktemp("photos")
    for name, pixels in ODD.items():
        imgproc.write_image(folder / name, pixels)
    return {name: from_file(folder / name, max_side=64) for name in ODD}


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each function runs once."""
    once = SimpleNamespace(median=1.0)
    monkeypatch.setattr(comparisons, "compare", lambda calls, **_: dict.fromkeys(calls, once))


@pytest.mark.usefixtures("untimed")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_made_whatever_the_photo_is(name: str, tmp_path: Path, photos: dict[str, Photo]) -> None:
    module = importlib.import_module(f"gallery.pages.{name}")
    with Site(tmp_path / "site") as site:
        page = Page(site, name, max_side=32, step=lambda said: None, own=True)
        for file, photo in photos.items():
            if name.startswith("augment") and file not in FEW:
                continue
            with page.trying(file):
                module.each(page, photo)
            with page.trying(file):
                show_functions(page, [photo])
        page.write(module)
    assert page.failures == []
    text = (tmp_path / "site" / f"{name}.html").read_text()
    assert text.count("Not shown.") == len(page.refusals)
    for refusal in page.refusals:  # a sentence of ours, not the end of a traceback
        assert re.search(r"\b(must|needs|has|have)\b", refusal), refusal
