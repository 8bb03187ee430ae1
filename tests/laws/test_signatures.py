"""The page of signatures is true: a default that changes is a change that users meet, and the page has to say it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.declarations import readme

import augment
import imgproc
from gallery import names

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
CASES = [(package.__name__, name) for package in (imgproc, augment) for name in package.__all__]
LISTED = {
    package: {
        re.match(r"\w+", line)[0]: line  # type: ignore[index]
        for line in readme.split(PAGE, f"signatures of {package}")[1].splitlines()
        if re.match(r"\w+(\(|$)", line)
    }
    for package in names.PACKAGES
}


@pytest.mark.parametrize(("package", "name"), CASES, ids=[name for _, name in CASES])
def test_the_page_has_the_signature(package: str, name: str) -> None:
    assert LISTED[package].get(name) == names.signature(package, name), "run python -m gallery.names docs/api.md"


@pytest.mark.parametrize("package", names.PACKAGES)
def test_the_page_has_nothing_else(package: str) -> None:
    assert set(LISTED[package]) == {name for owner, name in CASES if owner == package}
    assert readme.split(PAGE, f"signatures of {package}")[1].strip() == names.signatures(package).strip()
