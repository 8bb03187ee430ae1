"""The inventory of transforms for tests of one subject: a new transform is tested there without being named."""

from __future__ import annotations

import inspect

from augment._chain.transform import REGISTRY, Transform
from augment._inventory import EXAMPLES, build


def transforms_of(module: str, *, without: tuple[str, ...] = ()) -> list[Transform]:
    """What the transforms of a module or package of `augment` declare as examples, each with its own default of `p`."""
    return [
        build(name, {key: value for key, value in parameters.items() if key != "p"})
        for name, parameters in EXAMPLES
        if f"{REGISTRY[name].__module__}.".startswith(f"augment.{module}.") and name not in without
    ]


def documentation(transform: Transform) -> str:
    """What the documentation of a transform's class says before its parameters, as one line."""
    return " ".join((inspect.getdoc(type(transform)) or "").partition("\nParameters\n")[0].split())
