"""The tensors of torchvision that say what they are: `tv_tensors`, at the door of a data set."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.needed import needed

__all__: list[str] = []

FORMATS = {"XYXY": "pascal_voc", "XYWH": "coco"}
_CENTRES = "CXCYWH"


def is_tv(value: Any) -> bool:
    """Whether it is a tensor of `torchvision.tv_tensors`, which need not be imported to know."""
    return type(value).__module__.startswith("torchvision.tv_tensors")


def from_tv(value: Any) -> np.ndarray:
    """A target as an array: boxes as corners (x0, y0, x1, y1).

    Raises
    ------
    ValueError
        If boxes are rotated.
    """
    array = value.detach().cpu().as_subclass(_tensor()).numpy()
    if type(value).__name__ != "BoundingBoxes":
        return array
    return corners(array, format_of(value))


def format_of(boxes: Any) -> str:
    """The name of the format of boxes."""
    name = getattr(boxes.format, "name", str(boxes.format))
    if name not in (*FORMATS, _CENTRES):
        raise ValueError(f"boxes of the format {name} are not supported yet: convert them to XYXY, XYWH or CXCYWH")
    return name


def corners(boxes: np.ndarray, format: str) -> np.ndarray:
    """Boxes of a format as corners, float."""
    boxes = boxes.astype(np.float64 if boxes.dtype == np.float64 else np.float32)
    if format == "XYXY":
        return boxes
    places, sizes = boxes[:, :2], boxes[:, 2:]
    first = places if format == "XYWH" else places - sizes / 2
    return np.concatenate([first, first + sizes], 1)


def from_corners(boxes: np.ndarray, format: str) -> np.ndarray:
    """Corners as boxes of a format."""
    if format == "XYXY":
        return boxes
    first, sizes = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    return np.concatenate([first if format == "XYWH" else first + sizes / 2, sizes], 1)


def as_tv(name: str, tensor: Any, size: tuple[int, int], format: str) -> Any:
    """A target of a result as a tensor that says what it is; what has no such class stays as it is.

    Parameters
    ----------
    name : str
        That of the target in a sample.
    tensor : tensor
        Boxes as corners.
    size : (h, w)
        Of the image.
    format : str
        Of the boxes that are made.
    """
    if name not in ("image", "mask", "masks", "boxes", "keypoints"):
        return tensor
    with needed("torchvision", by="tv_tensors=True"):
        from torchvision import tv_tensors
    if name == "boxes":
        made = tensor.new_tensor(from_corners(tensor.numpy(), format)) if format != "XYXY" else tensor
        return tv_tensors.BoundingBoxes(made, format=format, canvas_size=size)
    if name == "keypoints":
        if not hasattr(tv_tensors, "KeyPoints") or tensor.shape[-1] != 2:  # of torchvision 0.23 and later
            return tensor
        return tv_tensors.KeyPoints(tensor, canvas_size=size)
    return tv_tensors.Image(tensor) if name == "image" else tv_tensors.Mask(tensor)


def _tensor() -> Any:
    with needed("torch"):
        import torch
    return torch.Tensor
