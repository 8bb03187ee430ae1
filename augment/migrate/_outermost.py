"""What the outermost Compose of albumentations says of targets, as fields of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._reader import Missing, Reader

__all__: list[str] = []

FORMATS = ("pascal_voc", "coco", "yolo", "albumentations")


def chain_fields(reader: Reader) -> tuple[dict[str, Any], list[str]]:
    """The fields of a chain, and what changes for whoever calls it."""
    fields: dict[str, Any] = {}
    notes: list[str] = []
    reader.ignore("is_check_shapes", "strict")
    for name in ("save_applied_params", "save_key"):
        if reader.values.get(name):
            reader(name, "chain.draw(key, shape)")
        reader.ignore(name)
    if reader.values.get("mask_interpolation") not in (None, 0, 6):
        reader.drop("mask_interpolation", "masks always get the nearest label")
    else:
        reader.ignore("mask_interpolation")
    seed = reader.values.get("seed")
    if seed is not None:
        fields["seed"] = int(seed) % (1 << 64)
        reader("seed", "seed; give each call a key")
        notes.append(
            "seed there fixes one sequence of results; here a result is fixed by the seed and the key of its call"
        )
    else:
        reader.ignore("seed")
    _boxes(reader, fields, notes)
    _keypoints(reader, fields)
    _further(reader, fields)
    return fields, notes


def _params(reader: Reader, name: str) -> Mapping[str, Any] | None:
    value = reader.values.get(name)
    if value is None:
        reader.ignore(name)
        return None
    if not isinstance(value, Mapping):
        plain = getattr(value, "to_dict_private", None)
        value = plain() if plain is not None else value
    if not isinstance(value, Mapping):
        raise Missing(f"{name} must be a dict, got {value!r:.60}")
    return value


def _names(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def _boxes(reader: Reader, fields: dict[str, Any], notes: list[str]) -> None:
    given = _params(reader, "bbox_params")
    if given is None:
        return
    reader("bbox_params", "box_format, box_fields, min_area, min_visibility")
    found = given.get("format", "pascal_voc")
    if found not in FORMATS:
        raise Missing(f"bbox_params: format must be one of {', '.join(FORMATS)}, got {found!r:.60}")
    fields["box_format"] = found
    if given.get("label_fields"):
        fields["box_fields"] = _names(given["label_fields"])
    else:
        notes.append("labels in a fifth column of bboxes are a list of their own here: chain(boxes=..., labels=...)")
    for name in ("min_area", "min_visibility"):
        if given.get(name):
            fields[name] = float(given[name])
            if given.get("check_each_transform", True):
                reader.differs(f"{name} is measured once, against the box that came; there after each transform anew")
    for name in ("min_width", "min_height", "max_accept_ratio"):
        if given.get(name):
            reader.unmapped[f"bbox_params.{name}"] = "boxes are left out by area and visibility only: filter the result"
    if given.get("clip") or given.get("filter_invalid_bboxes"):  # both cut
        fields["box_outside"] = "clip"
    known = {"format", "label_fields", "min_area", "min_visibility", "min_width", "min_height", "check_each_transform"}
    for name in given.keys() - known - {"clip", "filter_invalid_bboxes", "max_accept_ratio", "__class_fullname__"}:
        reader.unmapped[f"bbox_params.{name}"] = "no such parameter is known"
    notes.append("bboxes are boxes here: chain(boxes=..., ...)")


def _keypoints(reader: Reader, fields: dict[str, Any]) -> None:
    given = _params(reader, "keypoint_params")
    if given is None:
        return
    reader("keypoint_params", "keypoint_fields, remove_invisible")
    found = given.get("format", "xy")
    if found == "yx":
        reader.unmapped["keypoint_params.format"] = "points are (x, y) here: swap the columns before and after"
    elif found != "xy":
        _columns(reader, fields, str(found))
    if given.get("label_fields"):
        fields["keypoint_fields"] = _names(given["label_fields"])
    if not given.get("remove_invisible", True):
        fields["remove_invisible"] = False
    if "a" in str(found) and not given.get("angle_in_degrees", True):
        reader.unmapped["keypoint_params.angle_in_degrees"] = "angles are in degrees here"
    known = {"format", "label_fields", "remove_invisible", "angle_in_degrees", "check_each_transform"}
    for name in given.keys() - known - {"__class_fullname__", "check_each_transform"}:
        reader.unmapped[f"keypoint_params.{name}"] = "no such parameter is known"


def _columns(reader: Reader, fields: dict[str, Any], found: str) -> None:
    """Formats with an angle or a scale."""
    columns = tuple(_COLUMNS[letter] for letter in found[2:] if letter in _COLUMNS)
    if not found.startswith("xy"):
        reader.unmapped["keypoint_params.format"] = f"{found!r}: points are (x, y) here"
        return
    fields["keypoint_columns"] = columns
    if "angle" in columns:
        reader.note("angles of keypoints follow a transposition here, which albumentations turns the wrong way")


_COLUMNS = {"a": "angle", "s": "scale", "z": "z"}


def _further(reader: Reader, fields: dict[str, Any]) -> None:
    given = reader.values.get("additional_targets")
    if not given:
        reader.ignore("additional_targets")
        return
    if not isinstance(given, Mapping):
        raise Missing(f"additional_targets must be a dict, got {given!r:.60}")
    reader("additional_targets", "image_names, mask_names")
    for kind, field in (("image", "image_names"), ("mask", "mask_names")):
        names = tuple(str(name) for name, target in given.items() if target == kind and name != kind)
        if names:
            fields[field] = names
    for name, target in given.items():
        if target not in ("image", "mask") and name != target:
            reader.unmapped[f"additional_targets.{name}"] = (
                f"there is one {target} in a sample: call the chain again with the same key"
            )
