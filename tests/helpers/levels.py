"""Where the check of fractions of full scale is, and all functions and transforms that it is for."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from augment._inventory import EXAMPLES, MIXES, build
from imgproc._core.levels import LEVEL, SHIFT, SPREAD, TURN, VARIANCE, Scale, fraction, fractions
from imgproc._inventory import example_call, example_image, public_functions, takes_channels

from .transforms import REGISTRY

__all__ = [
    "EXAMPLE",
    "LEVEL",
    "NO_LEVEL",
    "REGISTRY",
    "SENTENCE",
    "SHIFT",
    "SPREAD",
    "TURN",
    "VARIANCE",
    "Scale",
    "build",
    "entries",
    "example_call",
    "example_image",
    "fraction",
    "fractions",
    "public_functions",
    "takes_channels",
]

EXAMPLE = {name: parameters for name, parameters in reversed([*EXAMPLES, *MIXES])}
"""The first entry of each transform."""

SENTENCE = re.compile(r"\bfractions? of (its )?full scale\b")
"""What docstrings say of a parameter that speaks of intensity."""
NO_LEVEL = {
    ("total_variation_deconvolution", "weight"): "a weight, for levels that are fractions",
    ("match_histogram", "reference"): "an image or a distribution, whose levels are fractions",
    ("adjust_hue", "shift"): "in turns",
    ("StainJitter", "shift"): "in optical density",
}


def entries(thing: Any) -> Iterator[tuple[str, str]]:
    """The parameters in a docstring, one by one, each with its description."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", inspect.getdoc(thing) or "", re.S | re.M)
    parts = re.split(r"^(?! )(.+)$", section[1] if section else "", flags=re.M)
    for head, body in zip(parts[1::2], parts[2::2], strict=True):
        for name in head.partition(" : ")[0].split(","):
            yield name.strip(), " ".join(body.split())
