"""An image of a run made again from what the manifest says: `regenerate`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple

from ..labels._model import LabelledImage
from ..labels._stores import is_url
from ..labels._text import as_path
from ._begin import ABOUT, WHERE, differences
from ._finish import MANIFEST, read_manifest
from ._options import RECIPE, checked
from ._run import Run, RunSpec, open_run
from ._work import make

__all__ = ["Regenerated", "regenerate"]


class Regenerated(NamedTuple):
    """An image that was made again.

    Attributes
    ----------
    name : str
        Of its file.
    data : bytes
        The encoded image, byte for byte what a run writes.
    labels : LabelledImage
        What is known of it, in the numbers of the input's format.
    mask : bytes, optional
        The encoded mask, for images with masks.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment, imgproc
    >>> from augment.pipeline import augment_folder, regenerate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = pathlib.Path(folder, "photos", "cat")
    ...     root.mkdir(parents=True)
    ...     imgproc.write_image(root / "a.png", image)
    ...     report = augment_folder(augment.HorizontalFlip(p=1), root.parent, folder + "/out")
    ...     made = regenerate(folder + "/out", "cat/a.png#1")
    >>> made.name, made.labels.label
    ('cat/a_aug1.png', 0)
    """

    name: str
    data: bytes
    labels: LabelledImage
    mask: bytes | None = None


def regenerate(
    manifest: str | os.PathLike[str], id: str, *, input: str | os.PathLike[str] | None = None
) -> Regenerated:
    """Make an image of an offline run again, byte for byte as the run writes it.

    Use it with ``output_format="recipe"``, which keeps keys in place of images, or to see where an image comes from.
    The images of the input must still be there, and unchanged.

    Parameters
    ----------
    manifest : path-like
        ``manifest.parquet`` or ``manifest.jsonl`` of an output, or its folder.  What else the run has written of itself
        must lie beside it.
    id : str
        The image's, as the manifest has it: the name of the source, ``#``, and the number of the copy.
    input : path-like, optional
        Where the input lies now.  Default: where it lay when the run began, seen from the output.

    Returns
    -------
    Regenerated

    Raises
    ------
    FileNotFoundError
        If there is no such manifest, or no such input.
    ValueError
        If the manifest has no such image, the input is no longer the same, or its source cannot be read.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import augment, imgproc
    >>> from augment.pipeline import augment_folder, regenerate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     root = pathlib.Path(folder, "photos", "cat")
    ...     root.mkdir(parents=True)
    ...     imgproc.write_image(root / "a.png", image)
    ...     report = augment_folder(augment.HorizontalFlip(p=1), root.parent, folder + "/out")
    ...     made = regenerate(folder + "/out", "cat/a.png#1")
    ...     made.data == pathlib.Path(folder, "out", made.name).read_bytes()
    True
    """
    path = as_path(manifest, "manifest")
    folder = path.parent if path.suffix in (".jsonl", ".parquet") else path
    if not isinstance(id, str):
        raise TypeError(f"id must be a string, got {type(id).__name__}")
    file = path if path.is_file() else _manifest_in(folder)
    run = _opened(folder, input)
    try:
        item = run.plan.find(id)
    except KeyError:
        raise ValueError(f"id must be one of the manifest's, got {id!r:.200}") from None
    made = make(run, item)
    entry = next((each for each in read_manifest(file) if each["id"] == id), None)
    if entry is None:
        raise ValueError(f"id must be one of the manifest's, got {id!r:.200}")
    if entry["sha256"] not in (None, made.row["sha256"]):
        raise ValueError(f"the source of {id!r} has changed since the run, or the library that encodes images has")
    image = run.layout.made(run.targets, made.row)
    return Regenerated(image.file, made.files[0][1], image, made.files[1][1] if len(made.files) > 1 else None)


def _manifest_in(folder: Path) -> Path:
    for end in (".parquet", ".jsonl"):
        if (folder / (MANIFEST + end)).is_file():
            return folder / (MANIFEST + end)
    raise FileNotFoundError(f"no manifest in {folder}")


def _opened(folder: Path, input: str | os.PathLike[str] | None) -> Run:
    """The run that wrote to a folder, with images even where it wrote none."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        where = json.loads((folder / WHERE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FileNotFoundError(f"{folder} must be the output of an offline run: it has no {ABOUT}") from None
    given = dict(about["options"])
    if given["output_format"] == RECIPE:
        given["output_format"] = "same"
        given["keep_originals"] = False
    images = where["images"]
    given["images"] = None if images is None else os.path.normpath(folder / images)
    found = where["input"]
    place = (
        str(as_path(input, "input"))
        if input is not None
        else tuple(_below(folder, each) for each in found)
        if isinstance(found, list)
        else _below(folder, found)
    )
    run = open_run(RunSpec(json.dumps(about["recipe"]), place, str(folder), checked(given)))
    other = differences(about["input"], run.fingerprint()["input"], "input")
    if other:
        raise ValueError(f"input must be that of the run, it differs in {', '.join(other)}")
    return run


def _below(folder: Path, place: str) -> str:
    return place if is_url(place) else os.path.normpath(folder / place)
