"""Where images are believed: what a chain's door has let in is not looked at again inside of the chain.

Some checks judge an array by what it looks like: its shape (`hints`) or its range (`unit_range`).  They are for what
comes from outside.  In the middle of a chain they would refuse what a crop or a sharpening has made of a good image.
Only a check that is about to refuse asks here, so this costs nothing where all is well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

__all__: list[str] = []


class _Trust(threading.local):
    inside = False
    """Whether this thread works inside of a chain."""
    layout = False
    """Whether the caller vouches for the layout of all images."""


_trust = _Trust()
UNTRUSTING = False, False
"""What a thread trusts at first."""


def is_inside() -> bool:
    """Whether an array comes from the inside of a chain."""
    return _trust.inside


def layout_is_trusted() -> bool:
    """Whether an array is an image (h, w, c), whatever it looks like."""
    return _trust.inside or _trust.layout


def inside(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function on what a chain has made."""
    outer, _trust.inside = _trust.inside, True
    try:
        return function(*args)
    finally:
        _trust.inside = outer


def trusting() -> tuple[bool, bool]:
    """What this thread trusts, to be handed to a helping thread."""
    return _trust.inside, _trust.layout


def trust(state: tuple[bool, bool]) -> None:
    """Trust what another thread does."""
    _trust.inside, _trust.layout = state
