"""WebDataset: samples in tar files, whose members have one name up to its first dot.

An image has a name such as ``00017.jpg``; beside it lie ``00017.cls`` (the number of its class), ``00017.json`` (a
record, see `_records`), ``00017.txt`` (a caption), ``00017.seg.png`` (a mask), and members of any other name.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ._imagefolder import class_names
from ._images import opened_below
from ._model import LabelledImage, LabelSet, TarPart
from ._records import Classes, Columns, kind_of, read_record, record_of
from ._tar import members
from ._text import Problems, Wrong, json_bytes, json_value, split_of

__all__: list[str] = []

IMAGES = ("jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp", "ppm", "pgm")
MASK = "seg"
MOST_TEXT = 1 << 26
"""Bytes of a record or a caption."""
_KEY = re.compile(r"((?:.*/)?[^./]+)\.([^/]+)", re.DOTALL)
_CLASS = re.compile(r"\s*([0-9]{1,7})\s*")


@dataclasses.dataclass
class _Sample:
    key: str
    parts: dict[str, TarPart] = dataclasses.field(default_factory=dict)


def read_webdataset(root: Path, tars: Sequence[str], problems: Problems) -> LabelSet:
    """Labels in tar files below a folder."""
    classes = Classes(class_names(root, problems))
    images: list[LabelledImage] = []
    for tar in tars:
        images += _tar_images(root, tar, classes, problems)
    found, finished = classes.finished(_with_own_names(images))
    more = {"named": classes.named}
    return LabelSet("webdataset", kind_of(finished), root, found, finished, "coco", tuple(problems.found), more)


def _tar_images(root: Path, tar: str, classes: Classes, problems: Problems) -> Iterator[LabelledImage]:
    try:
        with opened_below(root, tar) as file:
            for sample in _samples(file, root / tar, tar, problems):
                made = problems.tried(root / tar, _image, file, sample, classes)
                if made is not None:
                    yield dataclasses.replace(made, split=split_of(tar))
    except Wrong as wrong:
        problems.note(root / tar, wrong.place, wrong.reason)
    except ValueError as error:
        if not problems.skip:
            raise
        problems.note(root / tar, "", str(error))


def _samples(file: BinaryIO, path: Path, tar: str, problems: Problems) -> Iterator[_Sample]:
    """Members one after another that have one key."""
    sample, seen = _Sample(""), {""}
    for member in members(file):
        match = _KEY.fullmatch(member.name)
        base = member.name.rpartition("/")[2]
        if member.refused:
            problems.note(path, f"member {member.name!r:.100}", member.refused)
            continue
        if base.startswith((".", "__")):
            continue  # of archivers, and of WebDataset itself
        if match is None:
            problems.note(path, f"member {member.name!r:.100}", "must be named 'key.kind', as in WebDataset")
            continue
        key, kind = match[1], match[2].lower()
        if key != sample.key:
            if sample.parts:
                yield sample
            sample = _Sample(key)
            if key in seen:
                problems.note(path, f"sample {key!r:.100}", "must be in one piece and once, got its name again")
                sample.key = ""
            seen.add(key)
        if kind in sample.parts:
            problems.note(path, f"sample {key!r:.100}", f"must have each kind of member once, got {kind!r} again")
        elif sample.key:
            sample.parts[kind] = TarPart(tar, member.start, member.size)
    if sample.parts:
        yield sample


def _image(file: BinaryIO, sample: _Sample, classes: Classes) -> LabelledImage:
    place, parts = f"sample {sample.key!r:.100}", dict(sample.parts)
    kind = next((each for each in IMAGES if each in parts), None)
    if kind is None:
        raise Wrong(place, f"must have an image ({', '.join(IMAGES)}), got {', '.join(sorted(parts))[:100]}")
    image = parts.pop(kind)
    more: dict[str, Any] = {"key": sample.key, "record": {}}
    if "json" in parts:
        record = json_value(_text(file, parts["json"], place, "json"), place, unique=True)
        if isinstance(record, dict):
            more["record"], more["json"] = record, True
            del parts["json"]
    said = {name: value for name, value in more["record"].items() if name != "label" or "cls" not in parts}
    found = read_record(said, place, classes)
    if "cls" in parts:
        more["cls"] = _text(file, parts.pop("cls"), place, "cls")
        match = _CLASS.fullmatch(more["cls"])
        if match is None:
            raise Wrong(place, f"'cls' must be the number of a class, got {more['cls']!r:.60}")
        found["label"] = classes.number(int(match[1]), place, "'cls'")
    if "txt" in parts:
        more["txt"] = _text(file, parts.pop("txt"), place, "txt")
    mask = next((each for each in parts if each.partition(".")[0] == MASK and each.partition(".")[2] in IMAGES), None)
    if mask is not None:
        found |= {"mask": f"{sample.key}.{mask}", "mask_inside": parts.pop(mask)}
    return LabelledImage(f"{sample.key}.{kind}", **found, more=more | {"members": parts}, inside=image)


def _text(file: BinaryIO, part: TarPart, place: str, kind: str) -> str:
    if part.size > MOST_TEXT:
        raise Wrong(place, f"{kind!r} must have at most {MOST_TEXT} bytes, got {part.size}")
    here = file.tell()
    file.seek(part.start)
    data = file.read(part.size)
    file.seek(here)
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Wrong(place, f"{kind!r} must be a text in UTF-8") from None


def _with_own_names(images: list[LabelledImage]) -> list[LabelledImage]:
    """Images of several tars that have the same key get the name of their tar before it."""
    counts: dict[str, int] = {}
    for image in images:
        key = str(image.more["key"]).casefold()
        counts[key] = counts.get(key, 0) + 1
    made = []
    for image in images:
        if counts[str(image.more["key"]).casefold()] > 1 and image.inside is not None:
            tar = image.inside.file.rpartition(".")[0]
            mask = None if image.mask is None else f"{tar}/{image.mask}"
            image = dataclasses.replace(image, file=f"{tar}/{image.file}", mask=mask)
        made.append(image)
    return made


def members_of(image: LabelledImage, labels: LabelSet, columns: Columns) -> dict[str, bytes]:
    """The labels of a sample as members, by their kinds."""
    made = {}
    same = labels.format == "webdataset"
    record = record_of(image, labels, columns)
    text = str(image.more.get("cls", "")) if same else ""
    had = same and "label" in image.more.get("record", ())
    if had and text:
        record["label"] = image.more["record"]["label"]  # cls says the class
    elif not had:
        record.pop("label", None)
    if record or (same and image.more.get("json")):
        made["json"] = json_bytes(record, f"the record of {image.file!r}")
    if image.label is not None and (text or not had):
        match = _CLASS.fullmatch(text)
        made["cls"] = (text if match and int(match[1]) == image.label else str(image.label)).encode()
    if same and "txt" in image.more:
        made["txt"] = str(image.more["txt"]).encode()
    return made
