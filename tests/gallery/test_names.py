"""The lists of public names in docs/names.md are those of the packages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.declarations import readme

import augment
import imgproc
from gallery import names

PAGE = Path(__file__).parents[2] / "docs" / "names.md"


@pytest.mark.parametrize("package", [imgproc, augment], ids=lambda p: p.__name__)
def test_the_page_lists_every_public_name(package: object) -> None:
    _, listed, _ = readme.split(PAGE, names.part(package.__name__))
    assert listed.strip() == names.table(package.__name__), "run python -m gallery.names docs/names.md"
    assert sorted(re.findall(r"`(\w+)`", listed)) == sorted(package.__all__)


def test_lists_are_replaced_between_their_markers_only(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    blocks = ["\n".join(readme.markers(names.part(package))) for package in names.PACKAGES]
    file.write_text(f"before\n{blocks[0]}\n* * *\n{blocks[1]}\nafter\n")
    assert names.main([str(file)]) == 0
    text = file.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "\n* * *\n" in text
    assert "`clahe`" in text.split("* * *")[0] and "`Rotate`" in text.split("* * *")[1]
    assert names.main([str(file)]) == 0
    assert file.read_text() == text


def test_a_file_without_markers_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "x.md"
    file.write_text("nothing")
    assert names.main([str(file)]) == 2
    assert "must hold <!-- names of imgproc:begin -->" in capsys.readouterr().err
    assert file.read_text() == "nothing"
    assert names.main([]) == 2
