"""Decoding by OpenCV, without a word on standard error, and its order of channels."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._core.opencv import load_cv2


def decode_cv2(data: bytes) -> np.ndarray:
    cv2 = load_cv2()
    with opencv_silent(cv2):
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("OpenCV cannot decode it")
    return image if image.ndim == 2 else swap_red_blue(image)


_silencing = threading.Lock()
_silenced: list[Any] = []
"""OpenCV's level of logging, once for each thread that has put it aside."""


@contextlib.contextmanager
def opencv_silent(cv2: Any) -> Iterator[None]:
    """What OpenCV logs of a damaged file is said by the exception, and by nothing else."""
    logging = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # OpenCV 4, and 5
    with _silencing:
        _silenced.append(_silenced[0] if _silenced else logging.getLogLevel())
        logging.setLogLevel(0)
    try:
        yield
    finally:
        with _silencing:
            former = _silenced.pop()
            if not _silenced:
                logging.setLogLevel(former)


def swap_red_blue(image: np.ndarray) -> np.ndarray:
    """A new array with the order of OpenCV for ours, and the other way round; 3 or 4 channels, any supported dtype."""
    if image.size and image.dtype != np.float64:
        # 3 to 4 times faster than strided copies by NumPy (640 x 640 x 3 bytes: 0.14 ms, 0.5 ms), but has no float64.
        cv2 = load_cv2()
        code = cv2.COLOR_BGR2RGB if image.shape[2] == 3 else cv2.COLOR_BGRA2RGBA
        return cv2.cvtColor(np.ascontiguousarray(image), code)
    return np.take(image, [2, 1, 0, 3][: image.shape[2]], axis=2)
