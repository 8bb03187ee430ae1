"""Functions that say on which page they are to be seen: a section for each, after what the page itself shows."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import imgproc
from imgproc._core.declare import Case, Declaration, declared
from imgproc._core.publish import published

from ._compare import as_fraction
from ._photos import Photo

if TYPE_CHECKING:
    from ._page import Page


def shown_on(page: str) -> dict[str, Declaration]:
    """The functions that declare a page, by name, in the order of the public names.

    Parameters
    ----------
    page : str
        The page's name.
    """
    found = {name: declared(getattr(imgproc, name)) for name in published(imgproc)}
    return {name: said for name, said in found.items() if said.page == page}


def show(page: Page, photos: Sequence[Photo]) -> None:
    """A section for each function that declares this page: its call, and its peers of the speed table, on the photos.

    Parameters
    ----------
    page : Page
    photos : sequence of Photo
    """
    for name, said in shown_on(page.name).items():
        case = next(_cases(said), None)
        peers = {} if case is None or case.beside else {peer: found.call for peer, found in case.peers.items()}
        page.heading(name, summary(name))
        for photo in photos:
            with page.trying(photo.name):
                image = evaluated(said.given, _of_kind(photo, "" if case is None else case.kind))
                page.compare(photo, _call(said.call), peers, image=image, call=said.call, look=said.look)


def _of_kind(photo: Photo, kind: str) -> np.ndarray:
    """The photo as the peers of a row of this kind take it."""
    if kind == "grey float":
        return as_fraction(photo.grey).astype(np.float32)
    return photo.grey8 if kind.startswith("grey") else photo.image


def evaluated(expression: str, image: np.ndarray) -> Any:
    """The value of an expression of public functions and ``image``."""
    return eval(expression, {**{name: getattr(imgproc, name) for name in published(imgproc)}, "image": image})


def summary(name: str) -> str:
    """The first paragraph of a function's documentation."""
    return " ".join((inspect.getdoc(getattr(imgproc, name)) or "").split("\n\n")[0].split())


def _call(expression: str) -> Callable[[np.ndarray], Any]:
    return lambda image: evaluated(expression, image)


def _cases(said: Declaration) -> Iterator[Case]:
    return iter(said.peers() if callable(said.peers) else ())
