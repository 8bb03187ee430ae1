"""Large images are worked on in pieces: here the pieces are so small that those of a test are cut, too."""

from __future__ import annotations

from typing import Any

import pytest

from imgproc._neighbours import float_filters
from imgproc.segment import _threshold
from imgproc.smooth import _common, _guided, _non_local, _ordered, _weighted_median

SIZES: dict[str, tuple[Any, dict[str, Any]]] = {
    "filters by bands": (_common, {"BAND": 16}),
    "guided_filter": (_guided, {"_TILE": (32, 32)}),
    "levels in groups": (_threshold, {"MOST_LEVELS": 256}),
    "linear filters": (float_filters, {"_BAND": 1}),
    "non_local_means": (_non_local, {"_ROWS": 4, "_COLUMNS": 5}),
    "percentile_filter": (_ordered, {"_TILE_COLUMNS": 40, "_TILE_PIXELS": 1 << 12}),
    "weighted_median": (_weighted_median, {"_CHUNK": 64}),
}


def in_small_pieces(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Until the monkeypatch is undone; `what` is one of `SIZES`."""
    module, sizes = SIZES[what]
    for name, size in sizes.items():
        monkeypatch.setattr(module, name, size)
