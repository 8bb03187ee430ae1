"""Constructors of pixel operations: ``pixel.gamma(2.2)`` makes a stage.

Each operation has a file of its own in `operations`, named as its constructor, and is imported when it is first asked
for.  Levels are fractions of full scale.  Numbers that may differ between channels are a number or a tuple of one per
channel.
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    package = f"{__package__}.operations"
    try:
        made = getattr(importlib.import_module(f"{package}.{name}"), name)
    except ModuleNotFoundError as error:
        if error.name != f"{package}.{name}":
            raise
        raise AttributeError(f"there is no pixel operation {name!r}") from None
    globals()[name] = made
    return made
