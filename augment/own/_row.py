"""Pixel operations from kernels of a user's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, overload

from imgproc._core.declare import declare
from imgproc._scanline.operations._own import RowOperation, by_row

__all__ = ["row_operation"]


@overload
def row_operation(function: Callable[..., Any]) -> RowOperation: ...


@overload
def row_operation(*, name: str | None = None) -> Callable[[Callable[..., Any]], RowOperation]: ...


def row_operation(function: Callable[..., Any] | None = None, *, name: str | None = None) -> Any:
    """Make a pixel operation of a function over one row of levels: a stage that shares passes as ours do.

    The function is compiled by Numba, when it is first needed, and kept on disk.  It gets one row of one channel at a
    time, and changes it in place::

        @augment.row_operation
        def vignette(row, y, x, params):
            strength, height, width = params
            v = (y + 0.5) / height - 0.5
            for i in range(row.size):
                u = (x + i + 0.5) / width - 0.5
                row[i] *= 1 - strength * 2 * (u * u + v * v)

    Called with its parameters it gives a stage for `Transform.lower`, ``vignette(0.4, frame.height, frame.width)``.

    Parameters
    ----------
    function : callable
        Of two kinds, told by the number of its parameters:

        * ``function(row, y, x, params)``: `y` is the line of the frame and `x` the column of the first level.
        * ``function(row, params)``: each level changes by itself, wherever it is.  It must not depend on its
          neighbours in the row, as for 8-bit images a table of 256 levels may stand for it.

        `row` is a float32 array (float64 for float64 images), of a whole line or of a part of it.  Levels are fractions
        of full scale in every dtype, 1.0 is 255 of uint8; those of integer images are rounded and saturated afterwards.
        `params` is a float64 array of the parameters of the stage, for this channel.
    name : str, optional
        What `Compose.explain` and errors call it; default: the name of the function.

    Returns
    -------
    operation
        ``operation(*parameters)`` makes the stage.  A parameter is a number, or a tuple with one for each channel.
        ``operation.function`` is the function that was given, for tests.

    Raises
    ------
    TypeError
        If it is no function of two or four parameters, or, at its first use, if Numba cannot compile it or it returns
        something.
    ValueError
        At its first use with so many parameters, if it reads others.  For that it is run once as plain Python, on a
        short row of 0.5 with parameters of 0.5.

    Notes
    -----
    Functions that it calls need ``@numba.njit``.  What it reads of its module is part of it: a new value takes effect
    where the function is defined anew.  ``operation.function`` runs it as plain Python.

    Examples
    --------
    >>> @dataclasses.dataclass(frozen=True, kw_only=True)
    ... class Vignette(augment.Transform):
    ...     strength: tuple[float, float] = (0.2, 0.8)
    ...
    ...     def draw(self, rng, frame):
    ...         return {"strength": rng.uniform(*self.strength)}
    ...
    ...     def lower(self, params, frame):
    ...         return [vignette(params["strength"], frame.height, frame.width)]
    """
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a string, got {name!r:.60}")
    if function is None:
        return lambda given: row_operation(given) if name is None else _made(given, name)
    return _made(function, name)


def _made(function: Any, name: str | None) -> RowOperation:
    function = getattr(function, "py_func", function)  # of what Numba has compiled already
    if not inspect.isfunction(function):
        raise TypeError(f"function must be a function in Python, got {function!r:.60}")
    parameters = inspect.signature(function).parameters.values()
    plain = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    if len(plain) != len(parameters) or len(plain) not in (2, 4):
        raise TypeError(
            f"function must have the parameters (row, params) or (row, y, x, params), got {function.__qualname__}"
            f"{inspect.signature(function)}"
        )
    return by_row(name or function.__name__, function, placed=len(plain) == 4)


declare(row_operation, no_peer="it makes an operation, and takes no image")
