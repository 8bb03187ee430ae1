"""OpenCV's functions take few channels, or few in one call: images of more go through them in parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__: list[str] = []


def by_channels(work: Callable[[np.ndarray], np.ndarray], image: np.ndarray, most: int) -> np.ndarray:
    """Apply `work`, which maps a C-contiguous image of 1, 3 or up to `most` channels to one of its shape and dtype.

    Parameters
    ----------
    work : callable
        Gets (h, w) for one channel.
    image : ndarray of shape (h, w) or (h, w, c)
    most : int
        Images of more channels, but for RGB, are done in parts of so many.

    Returns
    -------
    ndarray
        Of the image's shape; a new array.
    """
    if not image.size:
        return image.copy()
    if image.ndim == 2:
        return work(np.ascontiguousarray(image))
    h, w, channels = image.shape
    if channels == 1:
        return work(np.ascontiguousarray(image[..., 0])).reshape(h, w, 1)
    if channels == 3 or channels <= most:
        return work(np.ascontiguousarray(image))
    result = np.empty(image.shape, image.dtype)
    for c in range(0, channels, most):
        result[..., c : c + most] = by_channels(work, image[..., c : c + most], most)
    return result
