"""Two images that are compared: checks that all measures have in common."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.check import as_image, same_size
from .._core.levels import SPREAD, fraction
from .._core.planes import full_scale
from .._core.unit_range import must_be_unit

__all__: list[str] = []


def compared(image: Any, reference: Any, data_range: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """Both images, and the range of levels in the units of the images.

    They must have one shape and one dtype.  The default of 1 is for floats whose levels are from 0 to 1.
    """
    image, reference = as_image(image), as_image(reference, "reference")
    same_size(image, reference, "image", "reference")
    if image.dtype != reference.dtype:
        raise TypeError(
            f"reference must have the dtype of image, {image.dtype}, got {reference.dtype}: bring both to one by "
            "imgproc.to_float, to_uint8 or to_uint16"
        )
    share = fraction(data_range, "data_range", SPREAD, image, above=0, default=1.0)
    if share == 1.0:
        must_be_unit(reference, "reference", who="data_range=1", other=", or data_range= in the units of the image")
    return image, reference, share * full_scale(image.dtype)
