"""Pipelines of albumentations as plain data: out of dicts, files and live objects, which are only looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._chain.serialize import check_size, from_text, from_yaml_text
from ._defaults import defaults

__all__: list[str] = []

LARGEST_FILE = 16 << 20
"""Bytes; pipelines have a few thousand."""
CLASS, CHILDREN = "__class_fullname__", "transforms"
_KEPT_BY_REPLAY = ("applied", "params", "id")


@dataclasses.dataclass
class Node:
    """One transform as it came.

    Attributes
    ----------
    name : str
        The class without its module, if it is one of albumentations, and with it otherwise.
    given : dict
        Parameters.
    children : list of Node
        Of groups.
    place : str
        Where it stands.
    trouble : str
        Why its parameters could not be read.
    functions : dict
        Of a Lambda that is an object.
    """

    name: str
    given: dict[str, Any]
    children: list[Node]
    place: str
    trouble: str = ""
    functions: dict[str, Any] = dataclasses.field(default_factory=dict)


def read(source: Any) -> Node:
    """The tree of a pipeline.

    Raises
    ------
    TypeError, ValueError, OSError
        If it is none.
    """
    if isinstance(source, (str, Path)):
        source = _of_file(Path(source))
    if isinstance(source, Mapping):
        return _of_dict(source)
    if hasattr(source, "to_dict") and not isinstance(source, type):
        return _of_object(source, "")
    hint = ": give an instance" if isinstance(source, type) else ""
    raise TypeError(
        "pipeline must be a pipeline of albumentations, its to_dict(), or the path of a file of JSON or YAML that has "
        f"it, got {source!r:.60}{hint}"
    )


def _of_file(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"pipeline must be the path of a file, and {str(path)!r:.200} is none")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise ValueError(f"{path} must have at most {LARGEST_FILE} bytes to be a pipeline, got {size}")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} must be a text file of JSON or YAML, as albumentations.save writes it") from error
    yaml = path.suffix.lower() in (".yaml", ".yml")
    if not yaml and (path.suffix.lower() == ".json" or text.lstrip()[:1] == "{"):
        plain = from_text(text, str(path))
    else:
        plain = from_yaml_text(text, str(path))
    if not isinstance(plain, dict):
        raise ValueError(f"{path} must hold what to_dict() of a pipeline gives, a mapping, got {type(plain).__name__}")
    return plain


def _of_dict(plain: Mapping[Any, Any]) -> Node:
    check_size(plain, "pipeline")
    inner = plain.get("transform") if CLASS not in plain else plain
    if isinstance(inner, str) and "version" in plain:
        raise ValueError("pipeline is a recipe of this library already: read it with Compose.from_dict")
    if not isinstance(inner, Mapping) or CLASS not in inner:
        raise ValueError(
            f"pipeline must be what to_dict() of a pipeline of albumentations gives: a dict with 'transform', which "
            f"names its class as {CLASS!r}, got the keys {sorted(map(str, plain))!s:.200}"
        )
    return _node(inner, "")


def _node(plain: Any, place: str) -> Node:
    where = place or "pipeline"
    if not isinstance(plain, Mapping) or not isinstance(plain.get(CLASS), str):
        raise ValueError(f"{where} must be a dict that names its class as {CLASS!r}, got {plain!r:.80}")
    given = {str(k): v for k, v in plain.items() if k not in (CLASS, CHILDREN)}
    for name in _KEPT_BY_REPLAY if "applied" in given or "id" in given else ():
        given.pop(name, None)
    children = plain.get(CHILDREN)
    if children is None:
        children = [plain[name] for name in ("first", "second") if isinstance(plain.get(name), Mapping)]
    if not isinstance(children, (list, tuple)):
        raise ValueError(f"{where} must have a list of transforms, got {type(children).__name__}")
    nodes = [_node(child, f"{place}{'.' * bool(place)}{CHILDREN}[{k}]") for k, child in enumerate(children)]
    return Node(short(plain[CLASS]), given, nodes, place)


def short(name: str) -> str:
    """The name of a class of albumentations without its module."""
    return name.rpartition(".")[2] if name.startswith("albumentations.") else name


# --- live objects -----------------------------------------------------------------------------------------------------


def _of_object(thing: Any, place: str) -> Node:
    kind = type(thing)
    home = getattr(kind, "__module__", "")
    name = kind.__name__ if home.startswith("albumentations.") else f"{home}.{kind.__name__}"
    children = getattr(thing, CHILDREN, None)
    nodes = []
    if isinstance(children, (list, tuple)) and hasattr(thing, "to_dict_private"):
        if not all(callable(child) for child in children):
            raise TypeError(f"{place or 'pipeline'} must hold transforms, got {children!r:.80}")
        children = [child for child in children if hasattr(child, "to_dict")]
        nodes = [_of_object(child, f"{place}{'.' * bool(place)}{CHILDREN}[{k}]") for k, child in enumerate(children)]
    trouble = ""
    try:
        given = {str(k): v for k, v in _told(thing).items() if k not in (CLASS, CHILDREN)}
    except (AttributeError, NotImplementedError, TypeError, ValueError) as error:
        given, trouble = _by_attribute(thing, kind.__name__), str(error)
    if kind.__name__ in defaults():  # parameters that to_dict leaves out, as no file could hold them, or forgets
        held = {"reference_images", "read_fn", "metadata_key", "seed", "channels"} & defaults()[kind.__name__].keys()
        given = {**{k: getattr(thing, k) for k in sorted(held) if hasattr(thing, k)}, **given}
    _add_forgotten(given, thing)
    functions = getattr(thing, "custom_apply_fns", {})
    return Node(name, given, nodes, place, trouble, functions if isinstance(functions, dict) else {})


def _add_forgotten(given: dict[str, Any], thing: Any) -> None:
    """What `to_dict` does not say of the boxes of a chain."""
    params = getattr(_processors(thing).get("bboxes"), "params", None)
    if isinstance(given.get("bbox_params"), dict) and getattr(params, "filter_invalid_bboxes", False) is True:
        given["bbox_params"] = {**given["bbox_params"], "filter_invalid_bboxes": True}


def _processors(thing: Any) -> dict[str, Any]:
    found = getattr(thing, "processors", {})
    return found if isinstance(found, dict) else {}


def _told(thing: Any) -> dict[str, Any]:
    plain = thing.to_dict()
    inner = plain.get("transform", plain) if isinstance(plain, dict) else None
    if not isinstance(inner, dict):
        raise TypeError(f"to_dict() of {type(thing).__name__} must give a dict, got {type(plain).__name__}")
    return inner


def _by_attribute(thing: Any, name: str) -> dict[str, Any]:
    """The parameters of an object that cannot say them itself: such as a Compose that holds a Lambda without a name."""
    found = {key: getattr(thing, key) for key in defaults().get(name, {"p": 0.5}) if hasattr(thing, key)}
    processors = _processors(thing)
    for key, target in (("bbox_params", "bboxes"), ("keypoint_params", "keypoints")):
        if target in processors:
            found[key] = processors[target].params.to_dict_private()
    return found
