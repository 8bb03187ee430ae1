"""``python docs/build.py OUT`` makes the documentation: pages of this folder, and a reference from docstrings.

It needs the extra ``docs`` and nothing from a network.  Any warning is an error.
"""

from __future__ import annotations

import argparse
import inspect
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import augment
import augment.pipeline
import imgproc
from augment._inventory import EXAMPLES, build, sample
from imgproc._core.publish import groups
from imgproc._inventory import example_call, image_functions, takes_channels
from imgproc._version import __version__

DOCS = Path(__file__).parent
ROOT = DOCS.parent
SIDE = 200
"""Of a picture in the reference [px]."""
OUTSIDE = ("ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
PAGES = {
    "Start": ("install", "pipelines", "files", "labels", "offline", "large_runs"),
    "Concepts": ("concepts", "targets", "own_transforms"),
    "Coming from another library": ("albumentations",),
    "Reference": (),
    "More": ("speed", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG"),
}
"""Pages by chapter; those that are not there are left out."""
CONF = f"""
project = "imgproc-augment"
author = copyright = "the imgproc-augment authors"
version = release = "{__version__}"
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
myst_heading_anchors = 4
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
autodoc_typehints = "none"
autodoc_default_options = {{"members": True, "member-order": "bysource"}}
default_role = "py:obj"
html_theme = "pydata_sphinx_theme"
html_title = "imgproc-augment {__version__}"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {{"navigation_with_keys": True, "show_prev_next": True, "secondary_sidebar_items": ["page-toc"]}}
html_context = {{"default_mode": "auto"}}
suppress_warnings = ["myst.header"]
"""


def main(arguments: list[str] | None = None) -> int:
    """Make the documentation; return the exit status of sphinx."""
    parser = argparse.ArgumentParser(prog="python docs/build.py", description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="a folder for the pages")
    parser.add_argument("--no-pictures", action="store_true", help="leave out the pictures of the reference")
    given = parser.parse_args(arguments)
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        write_source(source, pictures=not given.no_pictures)
        return build_main(["-W", "--keep-going", "-q", "-b", "html", str(source), str(given.out)])


def write_source(source: Path, *, pictures: bool) -> None:
    """What sphinx reads: the pages, with links as they are on the site, and the reference."""
    (source / "conf.py").write_text(CONF)
    shutil.copytree(DOCS / "pictures", source / "pictures")
    there = {path.stem: path for path in (*DOCS.glob("*.md"), *(ROOT / name for name in OUTSIDE))}
    for name, path in there.items():
        (source / f"{name}.md").write_text(_relinked(path.read_text(), set(there)))
    chapters = {}
    for title, pages in PAGES.items():
        chapters[title] = [name for name in pages if name in there]
    chapters["Reference"] = [*reference(source, pictures=pictures), "names", "api"]
    listed = {name for pages in chapters.values() for name in pages}
    assert not there.keys() - listed, f"on no chapter of docs/build.py: {there.keys() - listed}"
    for title, pages in chapters.items():
        (source / f"{_slug(title)}.md").write_text(f"# {title}\n\n" + _tree(pages, depth=2))
    readme = (ROOT / "README.md").read_text().partition("## Read on")[0]
    (source / "index.md").write_text(
        _relinked(readme, set(there)) + "\n" + _tree(list(map(_slug, chapters)), hidden=True)
    )


def _relinked(text: str, there: set[str]) -> str:
    """Links between files of the repository as links between pages; those to anything else as plain text."""

    def link(match: re.Match[str]) -> str:
        label, target = match[1], match[2]
        if "://" in target or target.startswith("#"):
            return match[0]
        path, _, place = target.partition("#")
        name = Path(path).stem
        if name == "README":
            return f"[{label}](index.md)"
        if path.endswith(".md") and name in there:
            return f"[{label}]({name}.md{'#' + place if place else ''})"
        return match[0] if path.startswith("pictures/") else label

    text = text.replace("](docs/pictures/", "](pictures/")
    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, text)


def _slug(title: str) -> str:
    return re.sub(r"\W+", "-", f"chapter {title}".lower())


def _tree(pages: list[str], *, depth: int = 1, hidden: bool = False) -> str:
    options = f":maxdepth: {depth}\n" + (":hidden:\n" if hidden else "")
    return f"```{{toctree}}\n{options}\n" + "\n".join(pages) + "\n```\n"


# --- the reference ----------------------------------------------------------------------------------------------------


def reference(source: Path, *, pictures: bool) -> Iterator[str]:
    """Write a page for each group of public names; their names."""
    (source / "shown").mkdir()
    for package in (imgproc, augment, augment.pipeline):
        for title, names in _groups(package):
            head, _, rest = title.partition(":")
            page = re.sub(r"\W+", "-", f"{package.__name__} {head}".lower()).strip("-")[:60].strip("-")
            parts = [f"# {package.__name__}: {head}", ""]
            parts += [f"{rest.strip()[:1].upper()}{rest.strip()[1:]}.", ""] if rest.strip() else []
            for name in names:
                parts += _entry(package, name, source, pictures=pictures)
            (source / f"{page}.md").write_text("\n".join(parts))
            yield page


def _groups(package: ModuleType) -> list[tuple[str, list[str]]]:
    if package is augment.pipeline:
        return [("Loaders and adapters", list(package.__all__))]
    return list(groups(vars(package)).items())


def _entry(package: ModuleType, name: str, source: Path, *, pictures: bool) -> list[str]:
    thing = getattr(package, name)
    kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
    shown = picture(name) if pictures else None
    parts = [f"## {name}", ""]
    if shown is not None:
        (source / "shown" / f"{name}.webp").write_bytes(imgproc.encode_image(shown, format="webp", quality=80))
        parts += [f"![{name}: a picture before and after](shown/{name}.webp)", ""]
    return [*parts, f"```{{eval-rst}}\n.. auto{kind}:: {package.__name__}.{name}\n```", ""]


def picture(name: str) -> np.ndarray | None:
    """A photo before and after, side by side; None where the result is no picture."""
    photo = _photo()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = _of_function(name, photo) if name in image_functions() else _of_transform(name, photo)
        except (TypeError, ValueError, LookupError):
            return None
    if not isinstance(made, np.ndarray) or made.dtype.kind == "c" or made.ndim not in (2, 3):
        return None
    if min(made.shape[:2]) < SIDE // 4:
        return None
    if made.ndim == 3 and made.shape[2] not in (1, 3):
        return None
    after = _bytes(made)
    height = max(photo.shape[0], after.shape[0])
    sides = [
        np.pad(each, ((0, height - each.shape[0]), (0, 0), (0, 0)), constant_values=255) for each in (photo, after)
    ]
    return np.concatenate([sides[0], np.full((height, 8, 3), 255, np.uint8), sides[1]], axis=1)


def _photo() -> np.ndarray:
    import skimage.data

    return imgproc.resize(skimage.data.astronaut(), size=(SIDE, SIDE), interpolation="area")


def _of_function(name: str, photo: np.ndarray) -> Any:
    function = image_functions()[name]
    image = photo if takes_channels(function, 3) else imgproc.rgb_to_gray(photo)
    args, options = example_call(function, image)
    return function(*args, **options)


def _of_transform(name: str, photo: np.ndarray) -> Any:
    parameters = next((given for kind, given in EXAMPLES if kind == name), None)
    if parameters is None:
        raise LookupError(name)
    given = {**sample((SIDE, SIDE)), "image": photo}
    return augment.Compose([build(name, parameters)])(**given, key=1)["image"]


def _bytes(image: np.ndarray) -> np.ndarray:
    """Any levels as RGB of bytes, so that the whole range is seen where it is not [0, 1]."""
    if image.dtype != np.uint8:
        levels = np.nan_to_num(image.astype(np.float64))
        low, high = min(0.0, float(levels.min())), max(1.0, float(levels.max()))
        image = np.rint(255 * (levels - low) / (high - low)).astype(np.uint8)
    image = image[..., np.newaxis] if image.ndim == 2 else image
    return np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))


if __name__ == "__main__":
    sys.exit(main())
