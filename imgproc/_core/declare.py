"""What a function or a transform declares: its examples, its text in the gallery, its peers in the speed table.

A declaration stands below its function or class, so that adding one thing touches one file::

    declare(Gamma, look="Above 1 the middle tones darken; black and white stay.", peers=[Single("RandomGamma")])

The inventories, the laws, the gallery, the speed table and the warm-up read declarations with `declared`.  There are no
other lists of names.  Declarations are plain data.  If something is costly, or needs a library that is not imported
otherwise, it is given as a function, which is called only when the value is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from .formats import work_dtype

__all__: list[str] = []

Function = Callable[..., Any]
Size = int | tuple[int, int]
"""The side of a square image, or (h, w) [px]."""


# --- rows of the speed table ------------------------------------------------------------------------------------------


def levels(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest absolute difference."""
    return float(np.abs(ours.astype(np.float64) - theirs).max(initial=0))


def levels_of_unit(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest absolute difference from a peer whose results are in [0, 1]."""
    full = np.iinfo(ours.dtype).max if ours.dtype.kind == "u" else 1
    return levels(ours, theirs * full)


def levels_from_darkest(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference from a peer that returns the distribution itself, whose darkest level is above 0."""
    darkest = theirs.min()
    return levels_of_unit(ours, (theirs - darkest) / (1 - darkest) if darkest < 1 else theirs - darkest)


def levels_inside(margin: int) -> Callable[[np.ndarray, np.ndarray], float]:
    """The largest absolute difference without the border, where the peer crops its window and we extend the image."""

    def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
        inside = (slice(margin, -margin),) * 2
        return levels(ours[inside], theirs[inside])

    return difference


def percent_apart(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The share of pixels that differ by more than one level [%]."""
    return float((np.abs(ours.astype(np.float64) - theirs) > 1).mean() * 100)


def percent_different(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The share of elements that are not the same [%]; for masks, and for what is either there or not."""
    return float((np.asarray(ours) != np.asarray(theirs)).mean() * 100)


def parts_apart(ours: float | np.ndarray, theirs: float | np.ndarray) -> float:
    """The largest difference as a part of the largest value, for results that have no levels, such as spectra."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    return float(np.abs(ours - theirs).max(initial=0) / max(np.abs(theirs).max(initial=0), 1e-300))


def levels_unless_drawn(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The largest absolute difference, of two calls that draw nothing; others are not compared (see
    `gallery.speed.run`)."""
    return levels(ours, theirs)


class Peer(NamedTuple):
    """A function of another library for the same job.

    ``limit``: ours may take at most this multiple of the peer's time; at 1/20 it must be twenty times faster.  None if
    there is no target.
    ``tolerance``: how far the results may be apart, measured by ``difference``.  None if the peer computes something
    else; ``note`` then says what.
    ``difference``: a function that measures how far the two results are apart.  None if they cannot be compared.
    """

    call: Function
    limit: float | None = None
    tolerance: float | None = None
    difference: Callable[[Any, Any], float] | None = levels
    unit: str = "levels"
    note: str = ""


class Case(NamedTuple):
    """One row of the speed table: our call, the image that it gets, and the peers."""

    name: str
    what: str
    kind: str
    """Of image: ``"grey"``, ``"RGB"`` or ``"RGBA"``, and of uint16 or float32 with ``" 16-bit"`` or ``" float"`` behind
    it; see `gallery.speed.cases.photos`."""
    ours: Function
    peers: Mapping[str, Peer]
    first: str = ""
    """Our call as text, for the table of first calls.  It uses the `module` by its name, and ``image``."""
    module: str = "imgproc"
    """What the text in `first` needs imported: ``"imgproc"`` or ``"augment"``."""
    size: Size | None = None
    """The only size at which it is measured.  None for all sizes that the user asks for, with memory and threads."""
    group: str = ""
    """The heading on the page.  If it is empty, the size is the heading."""
    threads: float | None = None
    """How many times faster two threads must be at the case's own size.  None if that is not measured."""
    explain: Callable[[], str] | None = None
    """A function that describes in lines of text what our call does."""
    beside: str = ""
    """The kind of a second image, which all calls get as their second argument.  If it is empty, they get one image."""
    default: bool = False
    """Whether both sides are called as a user calls them first, with no argument that could be left out.  Otherwise the
    options of both are matched, so that they do the same work."""
    reference: Function | None = None
    """The same in float64, as exactly as it can be computed: a function of the image.  Where the results of both sides
    differ, the table shows how far each is from it."""
    full: bool = False
    """Whether it takes so long, or so much memory, that it is measured only if everything is asked for."""
    images: Callable[[], Sequence[np.ndarray]] | None = None
    """A function that gives the images, if they are not photos of `kind` and `size`."""
    prepare: Function | None = None
    """What is made of each image before anything is timed, and is given to all calls in its place."""


def versus(
    name: str,
    kind: str,
    ours: Function,
    peer: str,
    theirs: Function,
    *,
    what: str = "",
    limit: float | None = None,
    tolerance: float | None = None,
    difference: Callable[[Any, Any], float] | None = levels,
    unit: str = "levels",
    note: str = "",
    **more: Any,
) -> Case:
    """One row with one peer, in one call; the words are those of `Case` and `Peer`."""
    contender = Peer(theirs, limit, tolerance, difference, unit, note)
    return Case(name, what or name.replace("_", " "), kind, ours, {peer: contender}, **more)


class Single(NamedTuple):
    """One row of the speed table: one of our transforms beside one of albumentations.

    ``theirs``: the name of their class; or a function that makes a call of an image, in which another library does the
    same work in the way that is fastest for it, and ``by`` names that library.
    ``ours``, ``their``: the parameters of our and of their transform; `their` is None if they are the same.  A text
    that begins with ``cv2.`` is the name of a constant of OpenCV.
    ``variant``: tells several rows of one transform apart.  The row of both sides' defaults comes first by itself, of
    the first of these whose class is theirs; it has no need to be declared.
    ``at_least``: how many times faster ours must be.
    ``targets``: ``"boxes"``, ``"mask"`` or ``"references"``, for transforms that look at them.  Ours gets references as
    its parameter `references`.
    """

    theirs: str | Function
    ours: Mapping[str, Any] | None = None
    their: Mapping[str, Any] | None = None
    variant: str = ""
    at_least: float = 1.0
    targets: str = ""
    note: str = ""
    reference: Function | None = None
    """The same in float64, see `Case`."""
    by: str = ""
    defaults: str = ""
    """How the defaults of both sides differ, for the row that compares these."""


# --- declarations -----------------------------------------------------------------------------------------------------

Values = Callable[[np.ndarray], tuple[Any, ...]]
"""A function of an image that gives values of one argument: first the example, then values that lead to other code."""


class Declaration(NamedTuple):
    """What one function or transform declares.  `declare` explains the fields."""

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
"""A function of an image that gives the dtype and the shape of the result."""

_DECLARED: dict[Any, dict[str, Any]] = {}
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
    """Declare what the laws, the gallery and the speed table need to know of a function or a transform.

    The function or class itself is not changed, so its signature, pickling and documentation stay as they are.  The
    transforms that users write need no declaration.

    Some parameters are for functions only, and some for transforms only, as each of them says first.

    Parameters
    ----------
    *things : functions or classes
        Usually one.  Several may declare together what they have in common, such as `no_peer`, and the rest one by one.
    examples : iterable of dict
        Of a transform: sets of parameters.  The first holds only what has no default; further ones lead to other code.
        A value that is a function is called without arguments when the example is needed.
    arguments : dict of callable
        Of a function: values for its arguments, by their names.  An argument that is left out gets the values which
        `imgproc._inventory.EXAMPLES` has for its name.
    together : iterable of dict
        Of a function: sets of options that can only be given together.
    changed : iterable of dict
        Of a function: options that lead to results of another kind.  The laws leave them out; the warm-up uses them.
    result : callable
        Of a function: the dtype and shape of its result for an image, if they are not those of the image.
    reach : int
        Of a function without ``radius``: from how far away the input can change a pixel of the result [px], with the
        values of the examples.
    mask : {"fills", "hole"}
        Of a function: what its ``mask`` does, if it does more than choose the pixels that a statistic counts.
        ``"fills"``: pixels outside the mask get values from the pixels around them.  ``"hole"``: the mask is the hole
        that is filled.
    look : str
        What a reader of the gallery should look at.  What stands in ``[[ ]]`` is said of the gallery's own photos, and
        left out where the user's are shown.
    shown : dict
        Of a transform: parameters that the gallery adds to those of the first example.
    page : str
        Of a function: the page of the gallery that shows it, in addition to what that page shows by itself.
    call : str
        Of a function: the call that the page makes and prints, such as ``"clahe(image)"``.  The page also shows the
        peers of the function's first row in the speed table, so use the arguments of that row.
    given : str
        Of a function: how the page makes the picture that the function gets from ``image``, a photo.  An example is
        ``"add_noise(image, key=0)"``.
    peers : callable or sequence of Single
        Rows of the speed table.  For a function of the library this is a function that returns cases; it may import any
        library.  For a transform it is a sequence of `Single`.
    no_peer : str
        The reason why there is no row in the speed table.

    Raises
    ------
    ValueError
        If one of them has declared the same thing before, or has both peers and a reason why there are none.
    """
    values = (
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
    said = {
        name: value
        for name, value, unsaid in zip(Declaration._fields, values, _NOTHING, strict=True)
        if value is not unsaid and value != unsaid
    }
    for thing in things:
        before = _DECLARED.setdefault(thing, {})
        if before.keys() & said.keys():
            twice = next(name for name in said if name in before)
            raise ValueError(f"{thing.__qualname__} has declared its {twice} already")
        if {"peers", "no_peer"} <= before.keys() | said.keys():
            raise ValueError(f"{thing.__qualname__} has peers, and says why it has none")
        before.update(said)


def declared(thing: Any) -> Declaration:
    """What a function or class declares; the defaults if it declares nothing."""
    return Declaration(**_DECLARED.get(thing, {}))


# --- pictures for examples --------------------------------------------------------------------------------------------


def example_image(dtype: Any, size: tuple[int, int], channels: int | None = None, *, step: int = 37) -> np.ndarray:
    """A textured image: integers over the whole range, floats over [0, 1].  Without `channels` it is (h, w)."""
    shape = size if channels is None else (*size, channels)
    values = np.arange(np.prod(shape, dtype=np.int64)).reshape(shape) * step % 251
    if np.dtype(dtype).kind == "f":
        return (values / 250).astype(dtype)
    return (values * (np.iinfo(dtype).max // 250)).astype(dtype)


def another_like(image: np.ndarray, *, step: int = 29) -> np.ndarray:
    """An image of the same size, channels and dtype with other values."""
    return example_image(image.dtype, image.shape[:2], *image.shape[2:], step=step)


def floats_like(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    """The dtype and shape of a result of floats: float64 for float64 images, float32 for all others."""
    return work_dtype(image.dtype), image.shape


def labels_like(image: np.ndarray) -> tuple[np.dtype, tuple[int, ...]]:
    """The dtype and shape of a result that has one label for each pixel."""
    return np.dtype(np.int32), image.shape[:2]


def places(image: np.ndarray) -> np.ndarray:
    """The y and x coordinates of the pixel centres."""
    return np.indices(image.shape[:2]) + 0.5


def hole(image: np.ndarray) -> np.ndarray:
    """A mask of a few pixels in the upper left.  It is empty if the image is too small to fill them by copying."""
    h, w = image.shape[:2]
    mask = np.zeros((h, w), bool)
    if h >= 13 and w >= 13:
        mask[2:4, 1:3] = True
    return mask


def middle(image: np.ndarray) -> np.ndarray:
    """A mask of the middle of the image, which has at least one pixel."""
    y, x = places(image)
    h, w = image.shape[:2]
    return (np.abs(y / max(h, 1) - 0.5) <= 0.25) & (np.abs(x / max(w, 1) - 0.5) <= 0.2)


def example_references() -> tuple[np.ndarray, np.ndarray]:
    """Two 8-bit RGB images, for transforms that imitate an image."""
    return example_image(np.uint8, (40, 56), 3, step=29), example_image(np.uint8, (24, 24), 3, step=11) // 2
