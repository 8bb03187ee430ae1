"""Recipes: chains as plain data, for JSON and YAML."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .transform import REGISTRY, Transform

VERSION = 1
"""Of the format.  It grows when older readers would misunderstand a newer recipe."""


def to_plain(transform: Transform) -> dict[str, Any]:
    """A transform and what it holds as dicts, lists, numbers and strings."""
    plain: dict[str, Any] = {"transform": type(transform).__name__}
    for field in dataclasses.fields(transform):
        if field.metadata.get("external"):
            raise ValueError(
                f"{type(transform).__name__}.{field.name} is data owned by the caller and cannot be part of a recipe"
            )
        plain[field.name] = _plain(getattr(transform, field.name), f"{type(transform).__name__}.{field.name}")
    return plain


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, Transform):
        return to_plain(value)
    if isinstance(value, (list, tuple)):
        return [_plain(v, f"{name}[{i}]") for i, v in enumerate(value)]
    if isinstance(value, dict):
        return {str(k): _plain(v, f"{name}[{k!r}]") for k, v in value.items()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):  # its owner makes it of its fields
        return {f.name: _plain(getattr(value, f.name), f"{name}.{f.name}") for f in dataclasses.fields(value)}
    raise ValueError(f"{name} cannot be part of a recipe: {type(value).__name__}")


def from_plain(plain: Any, name: str = "recipe") -> Transform:
    """The transform of a recipe.

    Raises
    ------
    TypeError, ValueError
        If it is no recipe, or names a transform or a field that is not there.
    """
    if not isinstance(plain, dict):
        raise TypeError(f"{name} must be a dict, got {type(plain).__name__}")
    if "transform" not in plain:
        raise ValueError(f"{name} must name its transform, got the keys {sorted(map(str, plain))}")
    kind = plain["transform"]
    if kind not in REGISTRY:
        raise ValueError(f"{name} names an unknown transform, {kind!r}: is it of a newer version?")
    fields = {f.name for f in dataclasses.fields(REGISTRY[kind])}
    given = {k: v for k, v in plain.items() if k not in ("transform", "version")}
    unknown = sorted(map(str, given.keys() - fields))
    if unknown:
        raise ValueError(f"{name}: {kind} has no field {', '.join(map(repr, unknown))}; it has {sorted(fields)}")
    try:
        return REGISTRY[kind](**{k: _deep(v, f"{name}.{k}") for k, v in given.items()})
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {kind}: {error}") from error


def _deep(value: Any, name: str) -> Any:
    if isinstance(value, dict) and "transform" in value:
        return from_plain(value, name)
    if isinstance(value, list):
        return tuple(_deep(v, f"{name}[{i}]") for i, v in enumerate(value))
    return value


def check_version(plain: Any, name: str = "recipe") -> None:
    """A recipe of this version or an older one."""
    if not isinstance(plain, dict):
        raise TypeError(f"{name} must be a dict, got {type(plain).__name__}")
    version = plain.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError(f"{name} must have a version, an integer >= 1, got {version!r}")
    if version > VERSION:
        raise ValueError(f"{name} has version {version}, this package reads up to {VERSION}: upgrade imgproc-augment")
