"""What a function or a transform says of itself: examples, gallery look, and who it is measured against.

A declaration stands below the function or class that it speaks of, so that adding one thing touches one file::

    declare(Gamma, look="Above 1 the middle tones darken; black and white stay.", peers=[Single("RandomGamma")])

The inventories, the laws, the gallery, the speed table and the warm-up read declarations with `declared`; nothing else
lists names.  Everything here is plain data.  What is costly, or needs a library that is not imported otherwise, is a
function, which is called when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__: list[str] = []

Function = Callable[..., Any]
Size = int | tuple[int, int]
"""Side of a square image, or (h, w) [px]."""


# --- rows of the speed table ------------------------------------------------------------------------------------------


def levels(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest absolute difference."""
    return float(np.abs(ours.astype(np.float64) - theirs).max(initial=0))


def levels_of_unit(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest absolute difference from a peer that answers in [0, 1]."""
    full = np.iinfo(ours.dtype).max if ours.dtype.kind == "u" else 1
    return levels(ours, theirs * full)


def levels_from_darkest(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Largest difference from a peer that answers with the distribution itself: its darkest level is above 0."""
    darkest = theirs.min()
    return levels_of_unit(ours, (theirs - darkest) / (1 - darkest) if darkest < 1 else theirs - darkest)


def levels_inside(margin: int) -> Callable[[np.ndarray, np.ndarray], float]:
    """Largest absolute difference off the border, where the peer crops its window and we extend the image."""

    def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
        inside = (slice(margin, -margin),) * 2
        return levels(ours[inside], theirs[inside])

    return difference


def percent_apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Share of pixels that differ by more than a level [%]."""
    return float((np.abs(ours.astype(np.float64) - theirs) > 1).mean() * 100)


class Peer(NamedTuple):
    """Somebody else's function for the same job.

    ``limit``: ours may take at most this multiple of its time (1/20: twenty times faster); None: no target.
    ``tolerance``: how far the results may be apart by ``difference``; None: it computes something else, see ``note``.
    ``difference``: of the two results; None: they cannot be compared.
    """

    call: Function
    limit: float | None = None
    tolerance: float | None = None
    difference: Callable[[Any, Any], float] | None = levels
    unit: str = "levels"
    note: str = ""


class Case(NamedTuple):
    """One row of the speed table: our call, the image it gets, and the peers."""

    name: str
    what: str
    kind: str
    """Of the image: ``"grey"``, ``"grey 16-bit"``, ``"grey float"`` or ``"RGB"``; see `gallery.speed.cases.photo`."""
    ours: Function
    peers: Mapping[str, Peer]
    first: str = ""
    """The call for the table of first calls, of `module` and ``image``."""
    module: str = "imgproc"
    """What that call imports, ``"imgproc"`` or ``"augment"``."""
    size: Size | None = None
    """The only size it is measured at; None: those that are asked for, with memory and threads."""
    group: str = ""
    """Heading on the page; none: the size."""
    threads: float | None = None
    """How many times faster two threads shall be at the case's own size; None: not measured there."""
    explain: Callable[[], str] | None = None
    """What our call does, in lines of text."""
    beside: str = ""
    """The kind of a second image, which all calls get as their second argument; none: they get one image."""


class Single(NamedTuple):
    """One row of the speed table: a transform against one of albumentations.

    ``theirs``: the name of their class.  ``ours``, ``their``: the parameters of each; `their` is None where they are
    the same.  A text that begins with ``cv2.`` names a constant of OpenCV.  ``variant``: tells rows of one transform
    apart.  ``at_least``: how many times faster ours shall be.  ``targets``: ``"boxes"``, ``"mask"`` or
    ``"references"``, for transforms that look at them; references go to ours as its parameter `references`.
    """

    theirs: str
    ours: Mapping[str, Any] | None = None
    their: Mapping[str, Any] | None = None
    variant: str = ""
    at_least: float = 1.0
    targets: str = ""
    note: str = ""


# --- declarations -----------------------------------------------------------------------------------------------------

Values = Callable[[np.ndarray], tuple[Any, ...]]
"""Values of one argument for one image: the first is the example, the others lead to other code."""


class Declaration(NamedTuple):
    """What one function or transform says of itself; see `declare`."""

    examples: tuple[Mapping[str, Any], ...] = ({},)
    arguments: Mapping[str, Values] | None = None
    together: tuple[Mapping[str, Any], ...] = ()
    changed: tuple[Mapping[str, Any], ...] = ()
    result: Result | None = None
    reach: int | None = None
    mask: str = ""
    look: str = ""
    shown: Mapping[str, Any] | None = None
    page: str = ""
    call: str = ""
    given: str = "image"
    peers: Callable[[], Iterable[Case]] | Sequence[Single] = ()
    no_peer: str = ""


Result = Callable[[np.ndarray], tuple[np.dtype, tuple[int, ...]]]
"""Dtype and shape of a result for one image."""

_DECLARED: dict[Any, Declaration] = {}
_NOTHING = Declaration()


def declare(
    *things: Any,
    examples: Iterable[Mapping[str, Any]] = ({},),
    arguments: Mapping[str, Values] | None = None,
    together: Iterable[Mapping[str, Any]] = (),
    changed: Iterable[Mapping[str, Any]] = (),
    result: Result | None = None,
    reach: int | None = None,
    mask: str = "",
    look: str = "",
    shown: Mapping[str, Any] | None = None,
    page: str = "",
    call: str = "",
    given: str = "image",
    peers: Callable[[], Iterable[Case]] | Sequence[Single] = (),
    no_peer: str = "",
) -> None:
    """Say what the laws, the gallery and the speed table need to know of a function or a transform.

    It changes neither the function nor the class, so signatures, pickling and documentation stay what they are.  A
    transform that a user writes needs no declaration.

    Parameters
    ----------
    *things : functions or classes
        Usually one.  Several may share what they have in common, such as `no_peer`, and say the rest each by itself.
    examples : iterable of dict
        Of a transform: sets of parameters.  The first has the defaults and what is required beside them, further ones
        lead to other code.  A parameter that is a function is called without arguments when it is needed.
    arguments : dict of callable
        Of a function: values by argument, for one image, where those of the argument's name in
        `imgproc._inventory.EXAMPLES` do not do.
    together : iterable of dict
        Of a function: options that can be given only at once.
    changed : iterable of dict
        Of a function: options with results of another kind, which the laws do not know.  The warm-up uses them.
    result : callable
        Of a function: dtype and shape of its result for an image and the examples, where they are not the image's.
    reach : int
        Of a function: how far a pixel of the result sees [px] with the examples, where no ``radius`` says so.
    mask : {"fills", "hole"}
        Of a function: what its ``mask`` does, where it does not only choose the pixels that a statistic counts.  Pixels
        that it leaves out get a value from those around them (``"fills"``), or it is the hole that is filled
        (``"hole"``).
    look : str
        What to look at where the gallery shows it.
    shown : dict
        Of a transform: parameters for the gallery beside those of its first example.
    page : str
        Of a function: the gallery's page that shows it beside what is written there.
    call : str
        Of a function: the call that the page makes and prints, such as ``"clahe(image)"``.  The peers of its first row
        in the speed table are shown beside it, so take the arguments of that row.
    given : str
        Of a function: how the page makes its picture from ``image``, a photo, such as ``"add_noise(image, key=0)"``.
    peers : callable or sequence of Single
        Rows of the speed table.  Of a function: a function that gives cases, and may import any library.
    no_peer : str
        Why there is no row.

    Raises
    ------
    ValueError
        If one of them says something that it has said already, or has both peers and a reason for none.
    """
    made = Declaration(
        tuple(examples),
        arguments,
        tuple(together),
        tuple(changed),
        result,
        reach,
        mask,
        look,
        shown,
        page,
        call,
        given,
        peers if callable(peers) else tuple(peers),
        no_peer,
    )
    said = {name: value for name, value in made._asdict().items() if value != getattr(_NOTHING, name)}
    for thing in things:
        before = declared(thing)
        twice = [name for name in said if getattr(before, name) != getattr(_NOTHING, name)]
        if twice:
            raise ValueError(f"{thing.__qualname__} has declared its {twice[0]} already")
        both = before._replace(**said)
        if both.peers and both.no_peer:
            raise ValueError(f"{thing.__qualname__} has peers, and says why it has none")
        _DECLARED[thing] = both


def declared(thing: Any) -> Declaration:
    """What a function or class declares; the defaults if it declares nothing."""
    return _DECLARED.get(thing, _NOTHING)


# --- pictures for examples --------------------------------------------------------------------------------------------


def example_image(dtype: Any, size: tuple[int, int], channels: int | None = None, *, step: int = 37) -> np.ndarray:
    """A textured image: integers over the whole range, floats over [0, 1]; `channels` None is (h, w)."""
    shape = size if channels is None else (*size, channels)
    values = np.arange(np.prod(shape, dtype=np.int64)).reshape(shape) * step % 251
    if np.dtype(dtype).kind == "f":
        return (values / 250).astype(dtype)
    return (values * (np.iinfo(dtype).max // 250)).astype(dtype)


def another_like(image: np.ndarray, *, step: int = 29) -> np.ndarray:
    """An image of the same size, channels and dtype with other values."""
    return example_image(image.dtype, image.shape[:2], *image.shape[2:], step=step)


def floats_like(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    """The dtype and shape of a result in floats: float64 for float64 images, float32 for all others."""
    return np.dtype(np.float64 if image.dtype == np.float64 else np.float32), image.shape


def labels_like(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    """The dtype and shape of a label for each pixel."""
    return np.dtype(np.int32), image.shape[:2]


def places(image: np.ndarray) -> np.ndarray:
    """y and x of the pixel centres."""
    return np.indices(image.shape[:2]) + 0.5


def hole(image: np.ndarray) -> np.ndarray:
    """A mask of a few pixels in the upper left, and of none where that would leave nothing to copy from."""
    h, w = image.shape[:2]
    mask = np.zeros((h, w), bool)
    if h >= 13 and w >= 13:
        mask[2:4, 1:3] = True
    return mask


def middle(image: np.ndarray) -> np.ndarray:
    """A mask of the middle of the image, at least of one pixel."""
    y, x = places(image)
    h, w = image.shape[:2]
    return (np.abs(y / max(h, 1) - 0.5) <= 0.25) & (np.abs(x / max(w, 1) - 0.5) <= 0.2)


def example_references() -> tuple[np.ndarray, np.ndarray]:
    """Two RGB images of bytes, for transforms that imitate an image."""
    return example_image(np.uint8, (40, 56), 3, step=29), example_image(np.uint8, (24, 24), 3, step=11) // 2
