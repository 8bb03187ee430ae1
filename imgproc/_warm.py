"""What ``python -m imgproc warmup`` runs for this package: every public function of images, in every way."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ._core.check import DTYPES

__all__: list[str] = []


_LARGER = {"ms_ssim": (176, 176)}
"""Sizes of images for functions that take no small ones."""


def tasks(
    dtypes: Sequence[Any] = DTYPES, channels: Sequence[int | None] = (None, 3, 4)
) -> dict[str, Callable[[], None]]:
    """What compiles a function's kernels for images of these kinds, by the function's name."""
    from ._inventory import functions_of_images

    return {
        name: functools.partial(_call, function, dtypes, channels) for name, function in functions_of_images().items()
    }


def _call(function: Any, dtypes: Sequence[Any], channels: Sequence[int | None]) -> None:
    from ._inventory import takes_channels

    for dtype in dtypes:
        for number in channels:
            if takes_channels(function, number):
                _call_every_way(function, dtype, number)


def _call_every_way(function: Any, dtype: Any, channels: int | None) -> None:
    from ._core.declare import declared
    from ._inventory import example_call, example_image, takes, variants

    image = example_image(dtype, _LARGER.get(function.__name__, (24, 32)), channels)
    fixed = {"color": "per_channel"} if channels == 4 and takes(function, "color") else {}
    wide = [{"radius": 5}] if takes(function, "radius") else []  # wide windows have kernels of their own
    alpha = inspect.signature(function).parameters.get("alpha")
    shown = [{"alpha": True}] if channels == 4 and alpha is not None and alpha.default is False else []
    for options in [*variants(function, image), *wide, *shown, *declared(function).changed]:
        args, kwargs = example_call(function, image, **{**options, **fixed})
        try:
            function(*args, **kwargs)
        except ValueError:
            if channels != 4:  # not every function takes any number of channels
                raise
    if image.dtype.kind == "f":  # images with values far off, such as "no data", have kernels of their own, too
        image[0, 0] = -1e10
        args, kwargs = example_call(function, image, **fixed)
        with contextlib.suppress(ValueError):
            function(*args, **kwargs)
