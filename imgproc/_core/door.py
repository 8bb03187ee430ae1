"""Where images are believed: what a chain's door has let in is not looked at again inside of the chain.

Some checks judge an array by what it looks like: its shape (`hints`) or its range (`unit_range`).  They are for what
comes from outside.  In the middle of a chain they would refuse what a crop or a sharpening has made of a good image.
Callers can vouch for what they pass, too (`imgproc.trust_layout`, `imgproc.trust_levels`).  Only a check that is about
to refuse asks here, so this costs nothing where all is well.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

__all__: list[str] = []


class Trust(NamedTuple):
    """What a thread trusts."""

    layout: bool = False
    """Arrays are images (h, w, c), whatever they look like."""
    levels: bool = False
    """Levels are meant as they are, whatever they look like."""


NOTHING, ALL = Trust(), Trust(True, True)


class _Thread(threading.local):
    trust = NOTHING


_thread = _Thread()


def trusted() -> Trust:
    """What this thread trusts."""
    return _thread.trust


def set_trust(trust: Trust) -> Trust:
    """Let this thread trust something else; returns what it trusted before."""
    before, _thread.trust = _thread.trust, trust
    return before


def inside(function: Callable[..., Any], *args: Any) -> Any:
    """Call a function on what a chain has made."""
    before = set_trust(ALL)
    try:
        return function(*args)
    finally:
        set_trust(before)
