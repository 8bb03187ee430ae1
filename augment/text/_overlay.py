"""Text that is written into the image."""

from __future__ import annotations

import dataclasses
import functools
import math
import os
import string
from typing import Any

import numpy as np

from imgproc._core.check import flag, one_of
from imgproc._core.declare import declare
from imgproc._core.formats import channels_of
from imgproc._core.levels import LEVEL, SIDE, fraction, fractions
from imgproc._scanline import Stage, Whole
from imgproc.inpaint import inpaint_diffusion

from .._chain.drawn import SHARE, Rule, rectangle, row, several, within
from .._chain.keys import Draws, choice, stream_uniforms
from .._chain.transform import Frame, Kind, Params, Transform
from .._ranges import Spread, check_fill, integer_range, number_range, pair_of
from ..weather._layers import blend
from ._glyphs import cover_of, font_of
from ._words import EDITS, LONGEST, checked_text, checked_texts, edited, random_text, text_of

__all__ = ["TextOverlay"]

MOST = 1024
"""Texts on one image."""
Place = tuple[tuple[float, float, float, float], str | None]
_CHARACTERS = string.ascii_letters + string.digits


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextOverlay(Transform):
    """Write text into the image, as stamps, captions, watermarks and the lines of documents are.

    Use it for pipelines that read text, and to teach others not to be misled by it.  Texts are given, are random
    characters, or are the labels of the sample's boxes, which stand for the metadata of albumentations' TextImage.  A
    text lies within its place, and is written smaller where it would not fit.  Changes images only; boxes and keypoints
    stay.  Any number of channels.

    Parameters
    ----------
    texts : tuple of str, "random" or "labels"
        What is written: one of these texts, each alike; random characters; or what the first of the chain's
        ``box_fields`` says of the box, which needs ``places="boxes"``.  A text has one line of at most 256 characters.
    places : {"anywhere", "boxes"} or tuple
        Where: anywhere in the image; in each of the sample's boxes, or nowhere if there are none; or in fixed places,
        each ``((x0, y0, x1, y1), text)``, as fractions of width and height.  With None for its text it gets one of
        `texts`.
    count : (int, int)
        Range of the number of texts anywhere, from 0 to 1024; each integer alike.
    share : (float, float)
        Range of the share of the boxes or fixed places, drawn at random, that get a text, from 0 to 1; the number is
        rounded down.
    font : str, optional
        The path of a font file (TrueType, OpenType).  Default: the font that comes with Pillow.
    height : (float, float)
        Range of the size of the font, above 0, at most 1: as a fraction of the height of its box or fixed place; of the
        image's shorter side anywhere else.
    color : float, tuple of float or "random"
        A level for all channels or one each, as fractions of full scale from 0 to 1; or any for each text.
    opacity : (float, float)
        Range of the share of the color where letters are, from 0 to 1.
    angle : (float, float) or float
        Range of the angle of the line [degrees], counter-clockwise as seen; one number v means (-v, v).
    edits : tuple of {"keep", "insertion", "swap", "deletion"}
        What may happen to a text, one of them for each: nothing; or half of its words, at least one, are inserted,
        swapped with another or deleted.  One word always stays.
    inserted : tuple of str
        The words that "insertion" puts in.
    characters : str
        Those of random texts, each alike.
    length : (int, int)
        Range of the number of characters of a random text, from 1 to 256; each integer alike.
    clear : bool
        Whether the box or fixed place, anywhere else the rectangle of the text, is first filled by what is around it
        (`imgproc.inpaint_diffusion`), so that nothing is seen of an older text.  It is not where it is the whole image,
        or where a level is not finite.  A place of 100,000 pixels takes half a second.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, `color` has not one level for each channel, the font cannot be
        read, or boxes come without the labels that are to be written.

    Notes
    -----
    Pillow draws the letters.  Their shapes depend on its version, on that of FreeType in it, and on the font; all else
    depends on the key alone.  Scripts that join letters or run from right to left need a Pillow with Raqm, and a font
    that has them: Pillow's own has Latin letters only.

    Examples
    --------
    >>> import numpy as np
    >>> import augment
    >>> stamp = augment.TextOverlay(texts=("Paid", "Void"), angle=20, color=(0.8, 0.1, 0.1), p=1.0)
    >>> page = np.full((120, 160, 3), 255, np.uint8)
    >>> stamped = stamp(image=page, key=0)["image"]
    >>> read = augment.TextOverlay(texts="labels", places="boxes", height=(0.6, 0.9), p=1.0)
    >>> line = read(image=page, boxes=[(20, 20, 140, 50)], labels=["Total 12.40"], key=0)["image"]
    >>> bool((line[:20] == 255).all()), bool((line[20:50, 20:140] < 100).any())
    (True, True)
    """

    texts: tuple[str, ...] | str = "random"
    places: str | tuple[Place, ...] = "anywhere"
    count: tuple[int, int] = (1, 1)
    share: tuple[float, float] = (1.0, 1.0)
    font: str | None = None
    height: tuple[float, float] = (0.08, 0.2)
    color: float | tuple[float, ...] | str = 0.0
    opacity: tuple[float, float] = (1.0, 1.0)
    angle: Spread = (0.0, 0.0)
    edits: tuple[str, ...] = ("keep",)
    inserted: tuple[str, ...] = ("the", "is", "in", "at", "of")
    characters: str = _CHARACTERS
    length: tuple[int, int] = (3, 10)
    clear: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.texts, str) or self.texts not in ("random", "labels"):
            self._keep("texts", checked_texts(self.texts, "texts"))
        if isinstance(self.places, str):
            one_of(self.places, "places", ("anywhere", "boxes"))
        else:
            self._keep("places", _checked_places(self.places))
        if self.texts == "labels" and self.places != "boxes":
            raise ValueError(f"places must be 'boxes' with texts='labels', got {self.places!r:.60}")
        self._keep("count", integer_range(self.count, "count", at_least=0, at_most=MOST))
        self._keep("share", number_range(self.share, "share", at_least=0, at_most=1))
        self._keep("font", _checked_font(self.font))
        self._keep("height", number_range(self.height, "height", SIDE, above=0, at_most=1))
        self._keep("color", _checked_color(self.color))
        self._keep("opacity", number_range(self.opacity, "opacity", at_least=0, at_most=1))
        self._keep("angle", number_range(self.angle, "angle", at_least=-360, at_most=360, around=0))
        self._keep("edits", checked_texts(self.edits, "edits"))
        for i, edit in enumerate(self.edits):
            one_of(edit, f"edits[{i}]", EDITS)
        self._keep("inserted", checked_texts(self.inserted, "inserted"))
        checked_text(self.characters, "characters")
        self._keep("length", integer_range(self.length, "length", at_least=1, at_most=LONGEST))
        flag(self.clear, "clear")
        self._keep("needs_boxes", self.places == "boxes")
        self._keep("needs_labels", self.texts == "labels")

    def wants_unit(self) -> bool:
        """Colors are fractions of white."""
        return True

    def check(self, kind: Kind, name: str = "image") -> None:
        """As of all; the color needs a level, or one a channel."""
        super().check(kind, name)
        check_fill(self.color, kind, type(self).__name__, name, "color")

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """Of each text: itself, its place, the height of its font, angle, opacity, and where it is in its place."""
        lines = []
        for place, text in self._places(rng, frame):
            said = edited(self._text(rng) if text is None else text, rng.pick(self.edits), self.inserted, rng)
            shape = rng.uniform(*self.height), rng.uniform(*pair_of(self.angle)), rng.uniform(*self.opacity)
            where = rng.unit(), rng.unit()
            if said:
                lines.append([said, place, *shape, *where])
        return {"lines": lines, **({"stream": rng.stream()} if self.color == "random" else {})}

    def _places(self, rng: Draws, frame: Frame) -> list[tuple[list[int], str | None]]:
        """Places (y0, x0, y1, x1) that get a text, and their text if they have one of their own."""
        h, w = frame.height, frame.width
        found: list[tuple[list[int], str | None]] = []
        if self.places == "anywhere":
            return [([0, 0, h, w], None)] * rng.integer(*self.count)
        if isinstance(self.places, str):
            boxes = [] if frame.boxes is None else frame.boxes[:, :4].tolist()
            texts: list[str | None] = [None] * len(boxes)
            if self.needs_labels and len(boxes):
                texts = [text_of(frame.labels[k]) for k in range(len(boxes))]  # type: ignore[index]  # they came
        else:
            boxes = [(x0 * w, y0 * h, x1 * w, y1 * h) for (x0, y0, x1, y1), _ in self.places]
            texts = [text for _, text in self.places]
        for (x0, y0, x1, y1), text in zip(boxes, texts):
            top, bottom = max(round(y0), 0), min(round(y1), h)
            left, right = max(round(x0), 0), min(round(x1), w)
            if top < bottom and left < right:
                found.append(([top, left, bottom, right], text))
        taken = min(math.floor(len(found) * rng.uniform(*self.share)), MOST)
        for i in range(taken if taken < len(found) else 0):
            j = rng.integer(i, len(found) - 1)
            found[i], found[j] = found[j], found[i]
        return found[:taken]

    def _text(self, rng: Draws) -> str:
        if isinstance(self.texts, str):
            return random_text(rng, self.characters, self.length)
        return str(rng.pick(self.texts))

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Texts are those that may be drawn, and their places lie in the image."""
        place = rectangle(frame.height, frame.width)
        numbers = (within(*pair_of(each)) for each in (self.height, self.angle, self.opacity))
        return {"lines": several(row(self._is_text, place, *numbers, SHARE, SHARE), 0, MOST)}

    def _is_text(self, value: Any, name: str) -> str:
        """The rule of a text in a record."""
        text = checked_text(value, name)
        if set(self.edits) != {"keep"} or self.texts == "labels":
            return text
        own = () if isinstance(self.places, str) else tuple(text for _, text in self.places)
        if text in own or (not isinstance(self.texts, str) and text in self.texts):
            return text
        fits = self.length[0] <= len(text) <= self.length[1]
        if self.texts == "random" and fits and set(text) <= set(self.characters):
            return text
        raise ValueError(f"{name} must be a text that {type(self).__name__} writes, got {text!r:.60}")

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One layer."""
        if not params["lines"]:
            return []
        return [Whole(functools.partial(_write, self, params), label="text")]


declare(
    TextOverlay,
    examples=[
        {},
        {
            "texts": ("one word after another", "two"),
            "places": "boxes",
            "height": (0.4, 0.9),
            "edits": ("insertion", "swap", "deletion"),
            "color": "random",
            "angle": (-30.0, 30.0),
        },
        {
            "places": (((0.1, 0.1, 0.9, 0.4), "Sold out"), ((0.1, 0.6, 0.9, 0.9), None)),
            "height": (0.6, 0.9),
            "color": (0.9, 0.2, 0.1),
            "opacity": (0.4, 0.8),
            "clear": True,
        },
    ],
    shown={"texts": ("Sold out", "Paid"), "count": (2, 3), "height": (0.1, 0.25), "color": "random", "angle": 30},
    look="Letters with soft rims, level or turned, within their place; nothing else changes.",
    no_peer="albumentations' TextImage needs a font file, and its texts come with the call",
)


def _checked_font(font: Any) -> str | None:
    if font is None:
        return None
    if not isinstance(font, (str, os.PathLike)):
        raise TypeError(f"font must be the path of a font file, or None for the font of Pillow, got {font!r:.60}")
    path = os.fspath(font)
    if not isinstance(path, str):
        raise TypeError(f"font must be a path of characters, got {path!r:.60}")
    if not os.path.isfile(path):
        raise ValueError(f"font must be the path of a font file, there is none at {path!r}")
    try:
        font_of(path, 16)
    except OSError as error:
        raise ValueError(f"font must be a font file that Pillow reads, got {path!r}: {error}") from error
    return path


def _checked_color(color: Any) -> float | tuple[float, ...] | str:
    if isinstance(color, str):
        return one_of(color, "color", ("random",))
    levels = fractions(color, "color", LEVEL, at_least=0)
    for level in levels if isinstance(levels, tuple) else (levels,):
        fraction(level, "color", LEVEL, at_most=1)
    return levels[0] if isinstance(levels, tuple) and len(levels) == 1 else levels


def _checked_places(places: Any) -> tuple[Place, ...]:
    if not isinstance(places, (tuple, list)) or not places:
        wanted = "'anywhere', 'boxes' or a tuple of one or more ((x0, y0, x1, y1), text)"
        raise TypeError(f"places must be {wanted}, got {places!r:.60}")
    if len(places) > MOST:
        raise ValueError(f"places must be at most {MOST}, got {len(places)}")
    return tuple(_checked_place(place, f"places[{i}]") for i, place in enumerate(places))


def _checked_place(place: Any, name: str) -> Place:
    """A box in fractions, and its text."""
    if not isinstance(place, (tuple, list)) or len(place) != 2:
        raise TypeError(f"{name} must be ((x0, y0, x1, y1), text), got {place!r:.60}")
    box, text = place
    if not isinstance(box, (tuple, list)) or len(box) != 4:
        raise TypeError(f"{name}[0] must be (x0, y0, x1, y1), got {box!r:.60}")
    x0, y0, x1, y1 = (fraction(v, f"{name}[0][{i}]", SIDE, at_least=0, at_most=1) for i, v in enumerate(box))
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"{name}[0] must be (x0, y0, x1, y1) with x0 < x1 and y0 < y1, got {(x0, y0, x1, y1)}")
    return (x0, y0, x1, y1), None if text is None else checked_text(text, f"{name}[1]")


def _write(transform: TextOverlay, params: Params, image: np.ndarray) -> np.ndarray:
    """Write all texts, one after the other."""
    out = image.copy()
    lines, channels = params["lines"], channels_of(image)
    colors: list[Any] = [transform.color] * len(lines)
    if "stream" in params:  # a grey image gets what is red in a colored one
        colors = stream_uniforms(params["stream"], channels * len(lines)).reshape(channels, -1).T.tolist()
    anywhere = transform.places == "anywhere"
    for color, (text, place, height, angle, opacity, v, u) in zip(colors, lines):
        y0, x0, y1, x1 = place
        size = max(round(height * (min(image.shape[:2]) if anywhere else y1 - y0)), 1)
        cover = cover_of(transform.font, size, text, angle, y1 - y0, x1 - x0)
        top, bottom, rows = _span(y0, y1, cover.shape[0], v, image.shape[0])
        left, right, columns = _span(x0, x1, cover.shape[1], u, image.shape[1])
        if transform.clear:
            _clear(out, (top, left, bottom, right) if anywhere else (y0, x0, y1, x1))
        if top < bottom and left < right:
            shares = cover[rows, columns].astype(np.float32) * np.float32(opacity / 255)
            out[top:bottom, left:right] = blend(out[top:bottom, left:right], shares, color)
    return out


def _span(low: int, high: int, length: int, at: float, side: int) -> tuple[int, int, slice]:
    """Where a text lies along an axis, and which part of it is in the image.

    It is anywhere in its place, or around the place's middle if it is longer."""
    room = high - low - length
    first = low + (choice(room + 1, at) if room >= 0 else room // 2)
    start, stop = max(first, 0), min(first + length, side)
    return start, stop, slice(start - first, stop - first)


def _clear(image: np.ndarray, place: tuple[int, int, int, int]) -> None:
    """Fill a place by what is around it."""
    y0, x0, y1, x1 = place
    top, left = max(y0 - 1, 0), max(x0 - 1, 0)
    window = image[top : y1 + 1, left : x1 + 1]  # what lies farther off does not matter
    hole = np.zeros(window.shape[:2], bool)
    hole[y0 - top : y1 - top, x0 - left : x1 - left] = True
    if hole.any() and not hole.all() and np.isfinite(window[~hole]).all():
        window[...] = inpaint_diffusion(window, hole)
