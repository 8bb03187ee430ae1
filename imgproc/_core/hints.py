"""What a caller meant who passes something else than an image: the ends of messages, and the rule of layout."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

SIDE = 16
"""The least side of a plane for `looks_like_planes`."""
FEW, MANY = (1, 3, 4), 13
"""Numbers of channels that most images have, and that of Sentinel-2, which has more than most."""


def looks_like_planes(n: int, h: int, w: int, *, batch: bool = False) -> bool:
    """Whether an array of this shape must be planes (n, h, w), and cannot be an image of w channels.

    The rule stands in the documentation of `imgproc.trust_layout`, which is how a caller says otherwise.

    Parameters
    ----------
    n, h, w : int
        The shape.
    batch : bool
        Whether the array is one of a batch to be mixed, as networks get it.  There planes are more likely: 1, 3 or 4
        of them from a side of 8 on, and up to 13, as many as satellites have, if they have the sides of a picture.
    """
    low, high = min(h, w), max(h, w)
    if batch and n in FEW and low >= SIDE // 2:
        return True
    if low < SIDE:
        return False
    if h == w:
        return n < h or w > 256
    if n >= low or high > 4 * low:
        return False
    return w > 256 or (n in (3, 4) and low >= 32) or (batch and n <= MANY)


def hint_of(value: Any, name: str, dtype: str = "") -> str:
    """What a caller should have written who passes something else than an array, as the end of a message.

    `dtype` is the one that an array should have, as text."""
    home = type(value).__module__.partition(".")[0]
    if home == "torch":
        ready = ".detach()" if getattr(value, "requires_grad", False) else ""
        ready += ".cpu()" if getattr(getattr(value, "device", None), "type", "cpu") != "cpu" else ""
        text = f"{name}{ready}.numpy()"
        return f"; convert it with {f'imgproc.channels_last({text})' if _planes_of_tensor(value) else text}"
    if home == "tensorflow":
        return f"; convert it with {name}.numpy()"
    if home in ("jax", "jaxlib"):
        return f"; convert it with numpy.asarray({name})"
    if home == "cupy":
        return f"; convert it with {name}.get()"
    if home == "PIL":
        return f"; convert it with imgproc.from_pil({name})"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"; read it with imgproc.decode_image({name})"
    if isinstance(value, (str, os.PathLike)):
        return f"; read it with imgproc.read_image({name})"
    if isinstance(value, (list, tuple)) and value:
        if isinstance(value[0], np.ndarray) and value[0].ndim > 1:
            return f"; treat one at a time, {name}[k]"
        return f"; make it one with numpy.array({name}{dtype and f', dtype={dtype}'})"
    return (
        f"; convert it with numpy.asarray({name})"
        if hasattr(value, "__array__") and type(value) is not np.ndarray
        else ""
    )


def _planes_of_tensor(value: Any) -> bool:
    shape = tuple(getattr(value, "shape", ()))
    return len(shape) == 3 and (shape[0] in FEW or looks_like_planes(*shape))


def hint_of_dtype(dtype: np.dtype, name: str) -> str:
    """How an array of another dtype becomes an image, as the end of a message."""
    if dtype.kind == "b":
        return f" (a mask belongs in mask=; for black and white there is imgproc.to_uint8({name}))"
    if dtype == np.float16:
        return f"; convert it with imgproc.to_float({name})"
    if dtype.kind not in "iu":
        return ""
    ways = "imgproc.rescale({0}, source=(low, high))"
    if dtype.itemsize > 1 and dtype != np.int16:
        ways += ", or {0}.astype(numpy.uint8) if its levels go from 0 to 255"
    return f"; convert it with {ways.format(name)}"
