"""Encoded images and their labels in one file: a tar of WebDataset, or Parquet.

Equal samples give equal bytes, whoever writes them and when.  A file is there whole or not at all.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from imgproc._core.check import one_of

from ._convert import converted_image, kind_for
from ._imagefolder import class_files
from ._images import further_bytes, image_bytes, mask_bytes
from ._model import LabelledImage, LabelSet
from ._parquet_rows import ParquetRows
from ._records import Columns
from ._tar import write_end, write_member
from ._webdataset import IMAGES, MASK, members_of

__all__: list[str] = []

PACKED = ("webdataset", "parquet")
SUFFIX = {"webdataset": ".tar", "parquet": ".parquet"}
MOST_SAMPLES, MOST_BYTES = 10_000, 256 << 20
"""Of one file."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """An image with its labels, its encoded bytes, those of its mask, and what else belongs to it, by name.

    Its annotations are in the numbers of the `LabelSet` that the `Packer` has."""

    image: LabelledImage
    data: bytes
    mask: bytes | None = None
    further: Mapping[str, bytes] = dataclasses.field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many bytes are encoded."""
        return len(self.data) + len(self.mask or b"") + sum(map(len, self.further.values()))


class Packer:
    """What packs samples of a data set; it can be pickled.

    Which columns and fields there are depends on `labels` alone, so that all files of a data set have the same, however
    its samples are shared out.

    Parameters
    ----------
    labels : LabelSet
        Of the data set: its classes, its kind, the format of its numbers and of its records.
    format : {"webdataset", "parquet"}
    kind : {"auto", "detect", "segment", "pose"}
        As in `write_labels`.

    Raises
    ------
    ImportError
        For Parquet without pyarrow.
    ValueError
        If the format does not hold such labels.
    """

    def __init__(self, labels: LabelSet, format: str, kind: str = "auto") -> None:
        self.format = one_of(format, "format", PACKED)
        self._labels = dataclasses.replace(labels, images=(), problems=())
        self._kind = kind_for(labels, format, kind)
        self._same = labels.format == format and kind in ("auto", labels.kind)
        columns = _columns(labels, self._kind, format)
        self._columns = columns
        self._rows = ParquetRows(labels, columns) if format == "parquet" else None
        self.classes = class_files(labels, columns.named) if format == "webdataset" else {}
        """Further files of the data set by their names: the names of classes, which belong beside the tars."""

    def write(self, file: BinaryIO, samples: Iterable[Sample]) -> None:
        """Write samples to an open file; those of a tar in the order of their keys.

        Raises
        ------
        ValueError
            If two samples have one key, or one does not fit."""
        if self._rows is not None:
            rows = self._rows
            rows.write(file, (rows.row(self._converted(s), s.data, s.mask, s.further) for s in samples))
            return
        keys: dict[str, tuple[str, Sample]] = {}
        for sample in samples:
            key = tar_key(sample.image.file)
            if key.casefold() in keys:
                both = keys[key.casefold()][1].image.file, sample.image.file
                raise ValueError(f"samples must have keys of their own, got {key!r} of {both[0]!r} and {both[1]!r}")
            keys[key.casefold()] = key, sample
        written = 0
        for key, sample in sorted(keys.values(), key=lambda entry: entry[0]):
            for kind, data in sorted(self._members(sample).items()):
                written += write_member(file, f"{key}.{kind}", data)
        write_end(file, written)

    def packed(self, samples: Iterable[Sample]) -> bytes:
        """The bytes of the file."""
        file = io.BytesIO()
        self.write(file, samples)
        return file.getvalue()

    def _converted(self, sample: Sample) -> LabelledImage:
        return sample.image if self._same else converted_image(sample.image, self._labels, self.format, self._kind)

    def _members(self, sample: Sample) -> dict[str, bytes]:
        kind = _end(sample.image.file)
        if kind not in IMAGES:
            raise ValueError(f"images must have names that end in {', '.join(IMAGES)}, got {sample.image.file!r}")
        made = {**sample.further, kind: sample.data}
        if sample.mask is not None:
            made[f"{MASK}.{_end(sample.image.mask or '.png')}"] = sample.mask
        return made | members_of(self._converted(sample), self._labels, self._columns)


def pack_block(path: str | os.PathLike[str], samples: Iterable[Sample], packer: Packer) -> Path:
    """Write samples to one file, under a temporary name in the same folder that is moved when all is on the disk."""
    target = Path(path)
    with replacing(target) as file:
        packer.write(file, samples)
    return target


def _columns(labels: LabelSet, kind: str, format: str) -> Columns:
    """The columns of labels, of which only those of a kind are written."""
    columns = Columns.of(labels, format)
    left_out = {"detect": ("segmentation", "rle", "keypoints"), "segment": ("keypoints",)}.get(kind, ())
    left_out = left_out if kind != labels.kind else ()
    return dataclasses.replace(columns, objects=tuple(name for name in columns.objects if name not in left_out))


def tar_key(name: str) -> str:
    """The key of an image in WebDataset: its name without its end, and without dots, at which keys would end."""
    folder, slash, base = name.rpartition("/")
    return folder + slash + base.rpartition(".")[0].replace(".", "_")


def _end(name: str) -> str:
    return name.rpartition(".")[2].lower()


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[BinaryIO]:
    """A file under a temporary name, which gets its own name once it is written and on the disk."""
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def write_packed(labels: LabelSet, folder: Path, format: str, kind: str) -> list[Path]:
    """Write images and labels of a data set as files of at most 10,000 samples or 256 MB, part by part.

    Raises
    ------
    ValueError
        If the folder holds such files already, or if an image cannot be had."""
    packer = Packer(labels, format, kind)
    end = SUFFIX[format]
    if folder.is_dir() and any(name.lower().endswith(end) for name in os.listdir(folder)):
        raise ValueError(f"path must be a folder without {end} files, got {str(folder)!r}: files of two runs would mix")
    _check_keys(labels, format)
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for part in sorted({image.split or "" for image in labels.images}):
        images = [image for image in labels.images if (image.split or "") == part]
        if format == "webdataset":
            images.sort(key=lambda image: tar_key(image.file))
        for number, block in enumerate(_blocks(labels, images)):
            name = f"{part}-{number:06d}{end}" if part else f"{number:06d}{end}"
            files.append(pack_block(folder / name, block, packer))
    for name, data in packer.classes.items():
        files.append(written(folder / name, data))
    return files


def written(file: Path, data: bytes) -> Path:
    """Write bytes to a file, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as opened:
        opened.write(data)
    return file


def _check_keys(labels: LabelSet, format: str) -> None:
    known: dict[str, str] = {}
    for image in labels.images:
        if not image.file:
            raise ValueError(f"images must have names to write them as {format!r}, got one of the size {image.size}")
        key = tar_key(image.file).casefold() if format == "webdataset" else image.file
        if key in known:
            raise ValueError(f"images must have keys of their own, got {key!r} of {known[key]!r} and {image.file!r}")
        known[key] = image.file


def sample_of(labels: LabelSet, image: LabelledImage) -> Sample:
    """An image of a data set with all of its bytes."""
    mask = None if image.mask is None else mask_bytes(labels, image)
    return Sample(image, image_bytes(labels, image), mask, further_bytes(labels, image))


def _blocks(labels: LabelSet, images: list[LabelledImage]) -> Iterator[Iterable[Sample]]:
    block: list[Sample] = []
    size = 0
    for image in images:
        sample = sample_of(labels, image)
        if block and (len(block) == MOST_SAMPLES or size + sample.size > MOST_BYTES):
            yield block
            block, size = [], 0
        block.append(sample)
        size += sample.size
    if block:
        yield block
