"""Large images are worked on in pieces: here the pieces are so small that those of a test are cut, too."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from typing import Any

import pytest

import imgproc
from imgproc import sharpen
from imgproc._core import elementary_arrays
from imgproc._neighbours import correlate, float_filters, window_means, window_sums
from imgproc.color import _transfer
from imgproc.edges import _canny
from imgproc.frequency import _isotropic
from imgproc.histogram import _distribution
from imgproc.morphology import _bits
from imgproc.quality import _similar
from imgproc.segment import _superpixels, _threshold
from imgproc.smooth import (
    _bilateral,
    _common,
    _gaussian,
    _guided,
    _means,
    _non_local,
    _ordered,
    _self_guided,
    _weighted_median,
)
from imgproc.transform import _denoise, _walsh, _wavelet

SIZES: dict[str, tuple[Any, dict[str, Any]]] = {
    "bilateral_filter": (_bilateral, {"_ROWS": 4}),
    "canny": (_canny, {"_ROWS": 4}),
    "color_transfer": (_transfer, {"_ROWS": 4}),
    "contraharmonic_mean": (_means, {"_BAND": 4}),
    "correlation": (correlate, {"_RING_BYTES": 1, "_SHORTEST_BLOCK": 12}),
    "elementary functions of arrays": (elementary_arrays, {"_BLOCK": 24}),
    "emboss": (sharpen, {"IN_CACHE": 1}),
    "filters by bands": (_common, {"BAND": 16}),
    "gaussian_blur": (_gaussian, {"_BLOCK": 24}),
    "guided_filter": (_guided, {"_TILE": (32, 32)}),
    "guided_filter by itself": (_self_guided, {"_BAND": 4}),
    "isotropic filters": (_isotropic, {"_ROWS": 4, "CACHED_BELOW": 1}),
    "levels in groups": (_threshold, {"MOST_LEVELS": 256}),
    "linear filters": (float_filters, {"_BAND": 1}),
    "masks in words": (_bits, {"BLOCK_WORDS": 1}),
    "means of windows": (window_means, {"FLOAT_ROWS": 8, "BLOCK_BYTES": 16}),
    "non_local_means": (_non_local, {"_ROWS": 4, "_COLUMNS": 5}),
    "percentile_filter": (_ordered, {"_TILE_COLUMNS": 40, "_TILE_PIXELS": 1 << 12}),
    "sorted values": (_distribution, {"_ROWS": 4}),
    "sums over windows": (window_sums, {"FLOAT_ROWS": 8, "MASKED_ROWS": 4}),
    "superpixels": (_superpixels, {"_ROWS": 4}),
    "ssim_map": (_similar, {"_BLOCK": 24}),
    "walsh_hadamard": (_walsh, {"STRIP": 4}),
    "wavelet": (_wavelet, {"_STRIP": 4}),
    "wavelet_denoise": (_denoise, {"_ROWS": 4}),
    "weighted_median": (_weighted_median, {"_CHUNK": 64}),
}

OTHER = {
    "imgproc._core.cache": "files, not images",
    "imgproc._core.moments": "bytes that are added up exactly, however many at a time",
    "imgproc._scanline": "strips of the machine, which are constants of kernels; its own laws cut them",
    "imgproc.quality._blur": "a number is made, and kernels know its pieces as constants; its tests have several",
    "imgproc.quality._psnr": "a number is made, and kernels know its pieces as constants; its tests have several",
    "imgproc.inpaint": "holes, whose pieces are parts of the method",
    "imgproc.io": "files that are read in parts",
    "imgproc.restore._inverse.TILE": "where details are looked for, a part of the method",
}
"""Modules, and constants, whose limits are of something else, and what."""

LIMIT = re.compile(r"_?(?:[A-Z]+_)*(?:BANDS?|ROWS|TILES?|COLUMNS|CHUNKS?|BLOCKS?|CACHED?|PIECES?|STRIPS?)(?:_[A-Z]+)*")


def in_small_pieces(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Until the monkeypatch is undone; `what` is one of `SIZES`."""
    module, sizes = SIZES[what]
    for name, size in sizes.items():
        monkeypatch.setattr(module, name, size)


def limits() -> set[str]:
    """Every constant of `imgproc` that looks like the size of a piece: ``module.NAME``, those of `OTHER` apart."""
    found = set()
    for info in pkgutil.walk_packages(imgproc.__path__, "imgproc."):
        if info.name.startswith(tuple(OTHER)) or info.name.endswith("__main__"):
            continue
        tree = ast.parse(inspect.getsource(importlib.import_module(info.name)))
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            found |= {f"{info.name}.{name}" for name in names if LIMIT.fullmatch(name)}
    return {name for name in found if name not in OTHER}
