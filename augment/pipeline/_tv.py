"""The tensors of torchvision that say what they are: `tv_tensors`, at the door of a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.formats import work_dtype
from imgproc._core.needed import needed

__all__: list[str] = []

FORMATS = {"pascal_voc": "XYXY", "coco": "XYWH"}
"""What torchvision calls our formats of boxes."""
_CENTRES = "CXCYWH"


def is_tv(value: Any) -> bool:
    """Whether it is a tensor of `torchvision.tv_tensors`, which need not be imported to know."""
    return type(value).__module__.startswith("torchvision.tv_tensors")


def from_tv(value: Any, box_format: str = "pascal_voc") -> np.ndarray:
    """A target as an array: boxes in the format of a chain.

    Raises
    ------
    ValueError
        If boxes are rotated, or the chain has another format than corners or COCO's.
    """
    array = value.detach().cpu().as_subclass(_tensor()).numpy()
    if type(value).__name__ != "BoundingBoxes":
        return array
    given = getattr(value.format, "name", str(value.format))
    if given not in (*FORMATS.values(), _CENTRES):
        raise ValueError(f"boxes of the format {given} are not supported yet: convert them to XYXY, XYWH or CXCYWH")
    if box_format not in FORMATS:
        raise ValueError(f"box_format must be 'pascal_voc' or 'coco' for boxes as tv_tensors, got {box_format!r}")
    return array if given == FORMATS[box_format] else _converted(array, given, FORMATS[box_format])


def _converted(boxes: np.ndarray, given: str, wanted: str) -> np.ndarray:
    """Boxes of one format in another, XYXY or XYWH, as floats."""
    boxes = boxes.astype(work_dtype(boxes.dtype))
    first, second = boxes[:, :2], boxes[:, 2:]
    sizes = second - first if given == "XYXY" else second
    first = first - sizes / 2 if given == _CENTRES else first
    return np.concatenate([first, sizes if wanted == "XYWH" else first + sizes], 1)


def as_tv(name: str, tensor: Any, size: tuple[int, int], format: str) -> Any:
    """A target of a result as a tensor that says what it is; what has no such class stays as it is.

    Parameters
    ----------
    name : str
        That of the target in a sample.
    tensor : tensor
    size : (h, w)
        Of the image.
    format : str
        Of boxes, as torchvision calls it.
    """
    if name not in ("image", "mask", "masks", "boxes", "keypoints"):
        return tensor
    with needed("torchvision", by="tv_tensors=True"):
        from torchvision import tv_tensors
    if name == "boxes":
        return tv_tensors.BoundingBoxes(tensor, format=format, canvas_size=size)
    if name == "keypoints":
        if not hasattr(tv_tensors, "KeyPoints") or tensor.shape[-1] != 2:  # of torchvision 0.23 and later
            return tensor
        return tv_tensors.KeyPoints(tensor, canvas_size=size)
    return tv_tensors.Image(tensor) if name == "image" else tv_tensors.Mask(tensor)


def _tensor() -> Any:
    with needed("torch"):
        import torch
    return torch.Tensor
