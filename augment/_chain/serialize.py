"""Recipes: chains as plain data, for JSON and YAML."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import numpy as np

from imgproc._core.needed import needed

from .transform import REGISTRY, Transform

VERSION = 1
"""Of the format.  It grows when older readers would misunderstand a newer recipe."""


def to_plain(transform: Transform) -> dict[str, Any]:
    """A transform and what it holds as dicts, lists, numbers and strings."""
    plain: dict[str, Any] = {"transform": type(transform).__name__}
    for field in dataclasses.fields(transform):
        if field.metadata.get("function"):
            function = getattr(transform, field.name)
            name = f"{type(transform).__name__}.{field.name}"
            plain[field.name] = None if function is None else path_of(function, name)
            continue
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


def path_of(function: Any, name: str) -> str:
    """Where a function is found, ``"module:function"``, by the shortest module that has it.

    Raises
    ------
    ValueError
        If no module has it under its name.
    """
    own, home = getattr(function, "__name__", ""), getattr(function, "__module__", None) or ""
    parts = home.split(".")
    for k in range(1, len(parts) + 1):
        module = ".".join(parts[:k])
        if own and getattr(sys.modules.get(module), own, None) is function and module != "__main__":
            return f"{module}:{own}"
    why = f"{getattr(function, '__qualname__', type(function).__name__)} is no function that a module has by its name"
    if own == "<lambda>":
        why = "a lambda has no name"
    elif "<locals>" in getattr(function, "__qualname__", ""):
        why = f"{own} is defined inside another function"
    elif home == "__main__":
        why = f"{own} is of the program itself, __main__, which no other program can import"
    raise ValueError(f"{name} cannot be part of a recipe: {why}; write a function with def in a module")


def _function(path: Any, allow: tuple[str, ...], name: str) -> Any:
    """The function of a path, if its module may be used."""
    if path is None:
        return None
    if not isinstance(path, str):
        raise TypeError(f"{name} must be 'module:function', got {path!r:.60}")
    module, _, own = path.partition(":")
    if not own.isidentifier() or own.startswith("__") or not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(f"{name} must be 'module:function', got {path!r:.60}")
    if not _is_of(module, allow):
        known = f"only {', '.join(allow)} may be used" if allow else "no module may be used"
        raise ValueError(f"{name} names {path!r:.60}, and {known}: pass allow=[{module!r:.60}] if you trust it")
    try:
        found = getattr(importlib.import_module(module), own, None)
    except ImportError as error:
        raise ValueError(f"{name} names {path!r:.60}, which cannot be imported: {error}") from error
    home: str = getattr(found, "__module__", None) or type(found).__module__
    if not callable(found) or not _is_of(home, (module, *allow)):  # a module that imports os has os.system, too
        raise ValueError(f"{name} names {path!r:.60}, and there is no function of that name in {module}")
    return found


def _is_of(module: str, allow: tuple[str, ...]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in allow)


def check_allow(allow: Any) -> tuple[str, ...]:
    """The modules whose functions a recipe may name."""
    if isinstance(allow, (str, bytes)) or not isinstance(allow, Iterable):
        raise TypeError(f"allow must be a list of modules, got {allow!r:.60}")
    names = tuple(each.__name__ if isinstance(each, ModuleType) else each for each in allow)
    for each in names:
        if not isinstance(each, str):
            raise TypeError(f"allow must be a list of modules or of their names, got {each!r:.60} in it")
    return names


def from_plain(plain: Any, name: str = "recipe", allow: tuple[str, ...] = ()) -> Transform:
    """The transform of a recipe; `check_size` has seen the recipe.

    Raises
    ------
    TypeError, ValueError
        If it is no recipe, or names a transform or a field that is not there.
    """
    if not isinstance(plain, dict):
        raise TypeError(f"{name} must be a dict, got {type(plain).__name__}")
    if "transform" not in plain:
        raise ValueError(f"{name} must name its transform, got the keys {sorted(map(str, plain))!s:.200}")
    kind = plain["transform"]
    if not isinstance(kind, str):
        raise TypeError(f"{name} must name its transform by a string, got {kind!r:.60}")
    if kind not in REGISTRY:
        raise ValueError(f"{name} names an unknown transform, {kind!r:.60}: is it of a newer version?")
    fields = {f.name: f for f in dataclasses.fields(REGISTRY[kind])}
    given = {k: v for k, v in plain.items() if k not in ("transform", "version")}
    unknown = sorted(map(str, given.keys() - fields.keys()))
    if unknown:
        raise ValueError(f"{name}: {kind} has no field {', '.join(map(repr, unknown))!s:.200}; it has {sorted(fields)}")
    values = {
        k: (_function if fields[k].metadata.get("function") else _deep)(v, allow, f"{name}.{k}")
        for k, v in given.items()
    }
    try:
        return REGISTRY[kind](**values)
    except (TypeError, ValueError, OverflowError) as error:
        raise _kind_of(error)(f"{name}: {kind}: {error}") from error


def _kind_of(error: Exception) -> type[Exception]:
    return TypeError if isinstance(error, TypeError) else ValueError


def _deep(value: Any, allow: tuple[str, ...], name: str) -> Any:
    if isinstance(value, dict) and "transform" in value:
        return from_plain(value, name, allow)
    if isinstance(value, list):
        return tuple(_deep(v, allow, f"{name}[{i}]") for i, v in enumerate(value))
    return value


# --- plain data from outside ------------------------------------------------------------------------------------------

MOST_VALUES, DEEPEST = 1 << 20, 100
"""So many values has a recipe or a record at most, counted wherever they stand, and so deeply may they be nested."""


def check_size(plain: Any, name: str = "recipe") -> None:
    """Plain data that is walked through in moderate time: neither too large nor too deep, and without cycles.

    A value that stands in several places counts in each.
    """
    _check_tree(plain, _parts, name, "")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, (list, tuple)) else ()


def _check_tree(root: Any, parts_of: Callable[[Any], Iterable[Any]], name: str, note: str) -> None:
    """Count the values of a tree, level by level, up to the bounds."""
    left, level, depth = MOST_VALUES, [root], 0
    while level:
        left -= len(level)
        if left < 0:
            raise ValueError(f"{name} must hold at most {MOST_VALUES} values, got more{note}")
        if depth > DEEPEST:
            raise ValueError(f"{name} must be nested at most {DEEPEST} levels deep, got more")
        found: list[Any] = []
        for value in level:
            found += parts_of(value)
            if len(found) > left:
                break
        level, depth = found, depth + 1


def from_text(text: Any, name: str = "recipe") -> Any:
    """Plain data out of JSON."""
    if not isinstance(text, (str, bytes, bytearray)):
        raise TypeError(f"{name} must be a string of JSON, got {type(text).__name__}")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"{name} must be nested at most {DEEPEST} levels deep, got more") from None
    except ValueError as error:
        raise ValueError(f"{name} must be JSON: {error}") from error


def from_yaml_text(text: Any, name: str = "recipe") -> Any:
    """Plain data out of YAML; what aliases repeat is counted before it is made."""
    if not isinstance(text, (str, bytes)):
        raise TypeError(f"{name} must be a string of YAML, got {type(text).__name__}")
    with needed("yaml"):
        import yaml
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            _check_tree(node, _node_parts, name, ": aliases count where they stand")
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError:
        raise ValueError(f"{name} must be nested at most {DEEPEST} levels deep, got more") from None
    except yaml.YAMLError as error:
        raise ValueError(f"{name} must be YAML: {error}") from error


def _node_parts(node: Any) -> Iterable[Any]:
    """What a node of YAML holds; an alias is a second name of a node."""
    entries = node.value if isinstance(getattr(node, "value", None), list) else ()
    return [part for entry in entries for part in (entry if isinstance(entry, tuple) else (entry,))]


def check_version(plain: Any, name: str = "recipe") -> None:
    """A recipe of this version or an older one."""
    if not isinstance(plain, dict):
        raise TypeError(f"{name} must be a dict, got {type(plain).__name__}")
    version = plain.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError(f"{name} must have a version, an integer >= 1, got {version!r:.60}")
    if version > VERSION:
        raise ValueError(f"{name} has version {version}, this package reads up to {VERSION}: upgrade imgproc-augment")
