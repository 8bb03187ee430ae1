"""Copies of an image in a data set, in other sizes, formats, depths and qualities; other photos are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.sheets import copies_among

import augment
import imgproc

data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")


def test_copies_in_every_kind_of_file(tmp_path: Path) -> None:
    cat, cup, rocket = (imgproc.resize(image, size=(150, 200)) for image in (data.cat(), data.coffee(), data.rocket()))
    files = {
        "a/cat.png": cat,
        "a/cup.png": cup,
        "b/cat deep.png": imgproc.to_uint16(cat),
        "b/cat grey.png": imgproc.rgb_to_gray(cat),
        "b/cat small.jpg": imgproc.resize(cat, size=(75, 100)),
        "b/cup.webp": cup,
        "b/rocket.png": rocket,
        "b/turned.png": imgproc.flip(cat),
    }
    for name, image in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        imgproc.write_image(tmp_path / name, image)
    (tmp_path / "b" / "broken.png").write_bytes(b"no image")
    labels = augment.read_labels(tmp_path)
    names = [image.file for image in labels.images]
    places = list(range(len(names)))
    found = {names[copy]: names[of] for copy, of in copies_among(labels, places, max_pixels=None, workers=2).items()}
    assert found == {
        "b/cat deep.png": "a/cat.png",
        "b/cat grey.png": "a/cat.png",
        "b/cat small.jpg": "a/cat.png",
        "b/cup.webp": "a/cup.png",
    }
    # The first in the order that is asked for is kept, and what is not asked for is not looked at.
    later = [places[names.index(name)] for name in ("b/cat grey.png", "a/cat.png", "b/cup.webp")]
    assert copies_among(labels, later, max_pixels=None) == {later[1]: later[0]}
