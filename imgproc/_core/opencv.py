"""OpenCV, which is imported when it is first used.  If it cannot be loaded, the error says what to install."""

from __future__ import annotations

from types import ModuleType

import numpy as np

from .needed import absent, asker, missing

__all__: list[str] = []


def for_cv2(image: np.ndarray) -> np.ndarray:
    """An image as OpenCV reads it.

    It misreads one line that is repeated by a stride of 0 if a side of the image is 1, and what is not aligned."""
    return image if image.flags.aligned and 0 not in image.strides else image.copy()


def load_cv2() -> ModuleType:
    """Return the module `cv2`.

    If it is not installed, or a system library that it needs is missing, the ImportError says what to install.
    """
    try:
        import cv2  # not in a block of `needed`: this runs in chains whose calls take microseconds
    except ModuleNotFoundError as error:
        if absent(error) != "cv2":
            raise
        raise ImportError(missing("cv2", asker()), name="cv2") from error
    except ImportError as error:
        if ".so" not in str(error):
            raise
        raise ImportError(
            f"OpenCV (cv2) cannot be loaded, a system library is missing: {error}. Install it (Debian, Ubuntu: "
            "apt-get install libgl1 libglib2.0-0), or use the build that needs none: "
            "pip uninstall opencv-python && pip install opencv-python-headless",
            name="cv2",
        ) from error
    return cv2
