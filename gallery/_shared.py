"""Where data lies that is not part of the repository: published results and sizes, which a few pages and tests use."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "IMGPROC_SHARED_DATA"
"""The environment variable that names the folder; without it, it is ``shared/data`` beside the checkout."""


def shared_data(name: str) -> Path:
    """The path of a file or folder of the shared data, whether or not it is there.

    Parameters
    ----------
    name : str
        Such as ``"inpainting"``.
    """
    folder = os.environ.get(VARIABLE)
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    return (Path(folder) if folder else beside) / name
