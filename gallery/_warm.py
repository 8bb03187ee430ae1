"""What compiles the kernels of the gallery's pages, for ``warmup gallery`` and for shipped kernels."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__: list[str] = []

MAX_SIDE = 128
"""Of the photos, in pixels: kernels are the same for any size."""


def tasks(**kinds: Any) -> dict[str, Callable[[], None]]:
    """What makes a page, by ``page`` and its name.  The pages decide themselves on the kinds of images."""
    from . import _page

    return {f"page {name}": functools.partial(_make, name) for name in _page.names()}


def _make(name: str) -> None:
    from . import _page
    from ._site import Site

    with tempfile.TemporaryDirectory() as folder, Site(Path(folder, "pages")) as site:
        failures, _ = _page.build(site, name, [], max_side=MAX_SIDE, step=lambda said: None)
    if failures:
        raise RuntimeError("; ".join(failures))
