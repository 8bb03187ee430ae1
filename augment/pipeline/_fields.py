"""What a chain gets of a sample: the parts that are found by name, place or function, as arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from imgproc import channels_last, decode_image, from_pil, read_image
from imgproc._core.formats import channels_of

from ._tv import from_tv, is_tv

__all__: list[str] = []

Place = str | int | Callable[[Any], Any]
"""Where something stands in a sample: under a name, at a place of a tuple, or what a function of the sample gives."""
_MISSING = object()


class Fields:
    """Where the image, the targets and the name of a sample stand.

    Parameters
    ----------
    image : str, int or callable, optional
        Default: what is called ``"image"`` in a dict, the first of a tuple, and otherwise the sample itself.
    targets : dict, sequence of str, or None
        What else the chain gets: a dict from the chain's names to places, or names that both sides have.  By default
        all other entries of a dict, and the second entry of a pair as ``label``.
    id : str, int or callable, optional
        What names a sample in errors; default: its index.
    box_format : str
        Of the chain: boxes that say what they are come in it.
    """

    def __init__(self, image: Any, targets: Any, id: Any, box_format: str = "pascal_voc") -> None:
        self.box_format = box_format
        self.image, self.id = check_place(image, "image"), check_place(id, "id")
        if targets is not None and not isinstance(targets, Mapping):
            if isinstance(targets, str) or not isinstance(targets, Sequence):
                raise TypeError(f"targets must be a dict or a sequence of names, got {type(targets).__name__}")
            targets = {name: name for name in targets}
        for name, place in (targets or {}).items():
            if not isinstance(name, str) or name in ("image", "key", "out", "donors"):
                raise ValueError(f"targets must have names of targets beside the image, got {name!r}")
            if place is None or check_place(place, f"targets[{name!r}]") is None:
                raise TypeError(f"targets[{name!r}] must say where it stands, got None")
        self.targets: dict[str, Any] | None = None if targets is None else dict(targets)

    def of(self, sample: Any, *, encoded: bool = False) -> dict[str, Any]:
        """What a chain is called with, the key excepted; an encoded image stays as it is if `encoded` says so."""
        image = self._image_of(sample)
        if encoded and isinstance(image, Mapping) and _is_encoded(image):
            image = image["path"] if image.get("bytes") is None else image["bytes"]
        keeps = encoded and isinstance(image, (str, os.PathLike, bytes, bytearray, memoryview))
        given = {"image": image if keeps else as_image(image)}
        if self.targets is not None:
            given |= {name: self._target(pick(sample, place, name)) for name, place in self.targets.items()}
        elif isinstance(sample, Mapping):
            where = "image" if self.image is None else self.image
            given |= {name: self._target(value) for name, value in sample.items() if name not in (where, "image")}
        elif isinstance(sample, (tuple, list)) and len(sample) == 2 and self.image in (None, 0):
            given["label"] = self._target(sample[1])
        return given

    def _target(self, value: Any) -> Any:
        return from_tv(value, self.box_format) if is_tv(value) else as_target(value)

    def id_of(self, sample: Any) -> Any:
        """What names the sample; None where nothing does."""
        if self.id is None:
            return None
        value = pick(sample, self.id, "id")
        return value.item() if isinstance(value, np.generic) else value

    def _image_of(self, sample: Any) -> Any:
        if self.image is not None:
            return pick(sample, self.image, "image")
        if isinstance(sample, Mapping) and not _is_encoded(sample):
            return pick(sample, "image", "image")
        return sample[0] if isinstance(sample, (tuple, list)) and len(sample) else sample


def check_place(place: Any, name: str) -> Any:
    """Check a place; None stays None."""
    known = place is None or callable(place) or (isinstance(place, (str, int)) and not isinstance(place, bool))
    if not known:
        raise TypeError(f"{name} must be a name, a place or a function of the sample, got {type(place).__name__}")
    return place


def pick(sample: Any, place: Any, name: str) -> Any:
    """What stands at a place of a sample."""
    if callable(place):
        return place(sample)
    try:
        return sample[place]
    except (KeyError, IndexError, TypeError):
        found = f"has {sorted(map(str, sample))}" if isinstance(sample, Mapping) else f"is of {type(sample).__name__}"
        raise ValueError(f"the sample must have its {name} at {place!r}, but it {found}") from None


# --- arrays -----------------------------------------------------------------------------------------------------------


def as_image(value: Any) -> Any:
    """An image as the array that a chain takes: decoded if it is a path or encoded, channels last if it is a tensor.

    What it does not know stays as it is; the chain says what is wrong with it.
    """
    if type(value) is np.ndarray:
        return value
    if isinstance(value, (str, os.PathLike)):
        return read_image(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return decode_image(value)
    if isinstance(value, Mapping) and _is_encoded(value):
        return as_image(value["path"] if value.get("bytes") is None else value["bytes"])
    if is_tensor(value):
        array = value.detach().cpu().numpy()
        if array.ndim != 3:
            return array
        image = channels_last(array)
        return image[:, :, 0] if channels_of(image) == 1 else image
    return from_pil(value) if _is_pil(value) else value


def as_target(value: Any) -> Any:
    """A target as a chain takes it: tensors and images of Pillow become arrays, in lists, too."""
    if is_tv(value):
        return from_tv(value)
    if is_tensor(value):
        array = value.detach().cpu().numpy()
        return array if array.ndim else array.item()
    if isinstance(value, np.ndarray) and value.dtype == object and value.ndim == 1:  # a nested column of Arrow
        rows = [as_target(each) for each in value]
        shapes = {each.shape if isinstance(each, np.ndarray) else None for each in rows}
        return np.stack(rows) if len(shapes) == 1 and None not in shapes else rows
    if isinstance(value, list) and value and (is_tensor(value[0]) or _is_pil(value[0])):
        return [as_target(each) for each in value]
    return np.asarray(value) if _is_pil(value) else value


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of PyTorch, which need not be imported to know."""
    return any(kind.__module__ == "torch" and kind.__name__ == "Tensor" for kind in type(value).__mro__)


def _is_pil(value: Any) -> bool:
    return any(kind.__module__ == "PIL.Image" and kind.__name__ == "Image" for kind in type(value).__mro__)


def _is_encoded(value: Mapping[Any, Any]) -> bool:
    """Whether it is how Parquet files of Hugging Face keep an image: its bytes, or its path."""
    return value.keys() == {"bytes", "path"}
