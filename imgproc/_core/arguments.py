"""Defaults of functions, for commands that call them: a default stands in the function's signature alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

__all__: list[str] = []


def default_of(function: Callable[..., Any], name: str) -> Any:
    """The default of one argument."""
    default = inspect.signature(function).parameters[name].default
    assert default is not inspect.Parameter.empty, name
    return default


def defaults_of(function: Callable[..., Any], *names: str) -> dict[str, Any]:
    """The defaults of some arguments, by their names."""
    return {name: default_of(function, name) for name in names}
