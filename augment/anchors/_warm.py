"""One call of every kernel, for `python -m imgproc warmup`."""

from __future__ import annotations

from ._anchors import anchors_for
from ._isodata import Isodata
from ._kmeans import KMeans

__all__: list[str] = []


def run_all() -> None:
    """Call what compiles every kernel of anchors."""
    import numpy as np

    sizes = np.arange(1.0, 41.0).reshape(20, 2)
    anchors_for(sizes, 2, n_init=1, evolve=1, fitness="ratio")
    Isodata(2, min_samples=1, random_state=0).fit(sizes)
    KMeans(2, update="exact", n_init=1, random_state=0).fit(np.arange(1.0, 31.0).reshape(10, 3))
