"""The examples in the docstrings of public names run, one after the other, and give what they show.

They may use ``numpy as np``, the packages, `image` (uint8, RGB) and what the package publishes."""

from __future__ import annotations

import dataclasses
import doctest
import re
from typing import Any

import numpy as np
import pytest

import augment
import imgproc
from augment import pipeline

PUBLIC = [(package, name) for package in (imgproc, augment, pipeline) for name in package.__all__]
NAMES = [
    pytest.param(package, name, id=name)
    for package in (imgproc, augment)
    for name in package.__all__
    if ">>>" in (getattr(package, name).__doc__ or "")
]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_examples_run(package: Any, name: str) -> None:
    image = np.random.default_rng(0).integers(0, 256, (96, 128, 3), dtype=np.uint8)
    known = {**vars(package), "np": np, "imgproc": imgproc, "augment": augment, "image": image}
    known |= {"dataclasses": dataclasses, "__name__": __name__}
    text: list[str] = []
    parts = doctest.DocTestFinder(recurse=False).find(getattr(package, name), name, globs=known)
    failed = sum(doctest.DocTestRunner(optionflags=FLAGS).run(part, out=text.append).failed for part in parts)
    assert not failed, "".join(text)


@pytest.mark.parametrize(("package", "name"), [pytest.param(*each, id=each[1]) for each in PUBLIC])
def test_everything_has_an_example(package: Any, name: str) -> None:
    thing = getattr(package, name)
    assert not callable(thing) or re.search(r"^ *>>> ", thing.__doc__ or "", re.MULTILINE)
