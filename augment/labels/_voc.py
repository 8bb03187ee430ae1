"""PASCAL VOC's XML: one file for each image."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

from imgproc._core.needed import needed

from ._model import Annotation, LabelledImage, LabelSet
from ._text import PICTURES, Problems, Wrong, are_numbers, as_text, files_below, text_of

__all__: list[str] = []

CORNERS = ("xmin", "ymin", "xmax", "ymax")


def read_voc(root: Path, problems: Problems) -> LabelSet:
    """Labels of a folder, or of one file.  A file that is no annotation is a problem of its own."""
    base, names = (root.parent, [root.name]) if root.is_file() else (root, files_below(root))
    pictures: dict[str, str] = {}
    for name in names:
        if PurePosixPath(name).suffix.lower() in PICTURES:
            pictures.setdefault(PurePosixPath(name).name, name)
            pictures.setdefault(PurePosixPath(name).stem, name)
    classes: list[str] = []
    images = []
    for name in names:
        if name.lower().endswith(".xml"):
            made = problems.tried(base / name, _image, base / name, name, classes, pictures, problems)
            if made is not None:
                images.append(made)
    return LabelSet("voc", "detect", base, tuple(classes), tuple(images), "pascal_voc", tuple(problems.found))


def parsed(text: str) -> Any:
    """The root of an XML text; `Wrong` if it is none, or if it declares entities."""
    with needed("defusedxml"):
        from defusedxml import DefusedXmlException, ElementTree

    try:
        return ElementTree.fromstring(text, forbid_dtd=True)
    except DefusedXmlException:
        raise Wrong("", "must be XML without a document type and entities") from None
    except ElementTree.ParseError as error:
        raise Wrong("", f"not XML: {error}") from None


def _image(file: Path, name: str, classes: list[str], pictures: dict[str, str], problems: Problems) -> LabelledImage:
    root = parsed(text_of(file))
    shape: Any = [_number(root.findtext(f"size/{side}")) for side in ("height", "width")]
    whole = are_numbers(shape, 2) and min(shape) > 0
    things = list(root.iter("object"))
    found = []
    for i, thing in enumerate(things, 1):
        made = problems.tried(file, _thing, i, thing, classes)
        if made is not None:
            found.append(made)
    if found and not whole:
        raise Wrong("", f"must have 'size' with height and width > 0, got {shape}")
    said = PurePosixPath((root.findtext("filename") or "").replace("\\", "/")).name
    picture = pictures.get(said) or pictures.get(PurePosixPath(name).stem) or said
    size = (int(shape[0]), int(shape[1])) if whole else None
    return LabelledImage(picture, size, tuple(found), more={"labels": name, "xml": root})


def _thing(i: int, thing: Any, classes: list[str]) -> Annotation:
    corners: Any = [_number(thing.findtext(f"bndbox/{name}")) for name in CORNERS]
    if not are_numbers(corners, 4) or corners[2] < corners[0] or corners[3] < corners[1]:
        raise Wrong(f"object {i}", f"must have a 'bndbox' with xmin <= xmax, ymin <= ymax, got {corners}")
    name = (thing.findtext("name") or "").strip()
    if name not in classes:
        classes.append(name)
    difficult = (thing.findtext("difficult") or "0").strip() == "1"
    return Annotation(classes.index(name), tuple(corners), difficult=difficult, more={"xml": thing})


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def xml_of(image: LabelledImage, classes: tuple[str, ...], same: bool) -> str:
    """The file of an image; elements keep what they had beside what is known here."""
    import copy
    from xml.etree import ElementTree

    root = copy.deepcopy(image.more["xml"]) if same and "xml" in image.more else ElementTree.Element("annotation")
    for thing in root.findall("object"):
        root.remove(thing)
    if image.file and not root.findtext("filename"):
        _set(root, "filename", PurePosixPath(image.file).name)
    if image.size is not None:
        _set_number(root, "size/height", image.size[0])
        _set_number(root, "size/width", image.size[1])
    for each in image.annotations:
        thing = copy.deepcopy(each.more["xml"]) if same and "xml" in each.more else ElementTree.Element("object")
        _set(thing, "name", classes[each.label])
        if each.difficult or thing.find("difficult") is not None:
            _set(thing, "difficult", str(int(each.difficult)))
        if each.box is None:
            raise ValueError(f"{image.file}: every annotation must have a box in PASCAL VOC's files")
        for name, value in zip(CORNERS, each.box):
            _set_number(thing, f"bndbox/{name}", value)
        root.append(thing)
    if not same:
        ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _set_number(element: Any, path: str, value: float) -> None:
    """Write a number; one that stands there already, however it is written, stays."""
    if _number(element.findtext(path)) != value:
        _set(element, path, as_text(value))


def _set(element: Any, path: str, text: str) -> None:
    from xml.etree import ElementTree

    for name in path.split("/"):
        found = element.find(name)
        element = found if found is not None else ElementTree.SubElement(element, name)
    element.text = text
