"""The cases that functions declare beside themselves."""

from __future__ import annotations

import imgproc
from imgproc._core.declare import Case, Function, declared
from imgproc._core.publish import published

from .cases import photo


def function_cases() -> tuple[Case, ...]:
    """All of them, in the order of the public names; of functions that are measured together only once."""
    made: dict[int, list[Case]] = {}
    for name in published(imgproc):
        rows = declared(getattr(imgproc, name)).peers
        if callable(rows) and id(rows) not in made:
            made[id(rows)] = [_with_second_image(case) for case in rows()]
    return tuple(case for cases in made.values() for case in cases)


def _with_second_image(case: Case) -> Case:
    """A case whose calls take one image, and find the second one themselves."""
    if not case.beside:
        return case

    def given(call: Function) -> Function:
        return lambda image: call(image, photo(case.beside, len(image)))

    peers = {name: peer._replace(call=given(peer.call)) for name, peer in case.peers.items()}
    return case._replace(ours=given(case.ours), peers=peers)
