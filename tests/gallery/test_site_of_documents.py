"""The documentation's source: every page is on a chapter, links lead to pages, and every public name has an entry."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

import augment
import imgproc
from augment import pipeline

SCRIPT = Path(__file__).parents[2] / "docs" / "build.py"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not SCRIPT.is_file():
        pytest.skip("the documentation is not in the wheel")
    folder = tmp_path_factory.mktemp("source")
    loaded().write_source(folder, pictures=False)
    return folder


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("documents_build", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_has_an_entry(source: Path) -> None:
    text = "\n".join(path.read_text() for path in source.glob("*.md"))
    found = set(re.findall(r"^\.\. auto(?:class|function|data):: ([\w.]+)$", text, re.MULTILINE))
    packages = (imgproc, augment, pipeline)
    assert found == {f"{package.__name__}.{name}" for package in packages for name in package.__all__}


def test_links_between_pages_lead_somewhere(source: Path) -> None:
    for path in source.glob("*.md"):
        plain = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", plain):
            assert "://" in target or (source / target).exists(), (path.name, target)


def test_every_page_is_in_a_chapter(source: Path) -> None:
    listed = set()
    for path in source.glob("*.md"):
        for tree in re.findall(r"```\{toctree\}\n(.*?)```", path.read_text(), re.DOTALL):
            listed |= {line for line in tree.splitlines() if line and not line.startswith(":")}
    assert {path.stem for path in source.glob("*.md")} == listed | {"index"}


def test_pictures_are_made_where_a_result_is_one() -> None:
    module = loaded() if SCRIPT.is_file() else pytest.skip("the documentation is not in the wheel")
    shown = module.picture("clahe")
    assert shown.shape == (module.SIDE, 2 * module.SIDE + 8, 3)
    assert module.picture("HorizontalFlip").shape == shown.shape
    assert module.picture("hog") is None
