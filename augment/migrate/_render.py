"""Chains as Python source that makes them again."""

from __future__ import annotations

import dataclasses
from typing import Any

from .._chain.transform import Transform

__all__: list[str] = []

WIDTH = 100


def python_source(chain: Transform) -> str:
    """A program that makes a chain, with the fields that are not at their defaults.

    Raises
    ------
    ValueError
        If the chain holds what no source can: images of references, functions.
    """
    return f"import augment\n\nchain = {_written(chain, 0, 'chain')}\n"


def _written(value: Any, indent: int, name: str) -> str:
    if isinstance(value, Transform):
        return _call(value, indent, name)
    if isinstance(value, (tuple, list)) and any(isinstance(v, Transform) for v in value):
        inside = " " * (indent + 4)
        lines = [f"{inside}{_written(v, indent + 4, f'{name}[{k}]')}," for k, v in enumerate(value)]
        return "\n".join(["[", *lines, " " * indent + "]"])
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, (tuple, list)):
        parts = [_written(v, indent, f"{name}[{k}]") for k, v in enumerate(value)]
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_written(v, indent, f'{name}[{k!r}]')}" for k, v in value.items()) + "}"
    raise ValueError(f"{name} cannot be written as source: {type(value).__name__}")


def _call(transform: Transform, indent: int, name: str) -> str:
    parts = []
    for field in dataclasses.fields(transform):
        value = getattr(transform, field.name)
        if field.metadata.get("external"):
            raise ValueError(f"{name}.{field.name} is data of the caller, and cannot be written as source")
        if not _is_default(field, value):
            head = "" if field.name == "transforms" else f"{field.name}="
            parts.append((head, value))
    parts.sort(key=lambda part: bool(part[0]))  # what stands without a name comes first
    kind = f"augment.{type(transform).__name__}"
    line = ", ".join(head + _written(value, indent, name) for head, value in parts)
    if "\n" not in line and indent + len(kind) + len(line) + 3 <= WIDTH:
        return f"{kind}({line})"
    inside = " " * (indent + 4)
    lines = [f"{inside}{head}{_written(value, indent + 4, name)}," for head, value in parts]
    return "\n".join([f"{kind}(", *lines, " " * indent + ")"])


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return field.default is not dataclasses.MISSING and type(field.default) is type(value) and value == field.default
