"""What a page is built from, and how the pages are found and built."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import pkgutil
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
from markupsafe import Markup

from . import _functions, _plot, pages
from ._compare import Run, difference, run_all, to_uint8
from ._photos import Photo, packaged
from ._site import TEMPLATES, THUMBNAIL, Site
from ._table import Table
from ._timing import milliseconds

ORIGINAL = "before"
OURS = "imgproc"
VISIBLE = 0.1
"""Differences below it [levels of 255] are stated, not shown."""


@dataclass
class Picture:
    """An image file of the site."""

    src: str
    alt: str
    width: int
    height: int
    pixels: bool


@dataclass
class Cell:
    """One column of a row: a picture or a plot, what it is, and how it differs from ours."""

    caption: str
    picture: Picture | None = None
    title: str = ""
    code: str = ""
    lines: list[str] = field(default_factory=list)
    plot: Markup | None = None
    error: str = ""
    difference: Picture | None = None
    gain: int = 1
    same: str = ""


class Page:
    """One page in the making: call its methods from top to bottom, then `write` it.

    Parameters
    ----------
    site : Site
        Where pictures go.
    name : str
        Name of the page's module.
    max_side : int
        Packaged photos are shrunk to it [px].
    step : callable
        Told what is being done, for the progress bar.
    own : bool
        The photos are the user's: what the texts say of the packaged ones, in ``[[ ]]``, is left out.
    """

    def __init__(self, site: Site, name: str, *, max_side: int, step: Callable[[str], None], own: bool = False) -> None:
        self.site = site
        self.name = name
        self.max_side = max_side
        self.step = step
        self.own = own
        self.failures: list[str] = []
        self.refusals: list[str] = []
        self._parts: list[str] = []
        self._said: set[str] = set()
        self._thumbnail: np.ndarray | None = None

    def photo(self, name: str) -> Photo:
        """One of the packaged photos."""
        return packaged(name, max_side=self.max_side)

    def heading(self, title: str, text: str = "") -> None:
        """A section's heading and text: plain, ``code`` in double backticks, a blank line between paragraphs."""
        self._parts.append(f"<h2>{_inline(title)}</h2>{prose(said(text, own=self.own))}")

    def text(self, text: str) -> None:
        """Paragraphs; see `heading`."""
        self._parts.append(prose(said(text, own=self.own)))

    def thumbnail(self, before: np.ndarray, after: np.ndarray) -> None:
        """The page's picture on the index: left half before, right half after.  Default: of the first comparison."""
        self._thumbnail = _split(before, after)

    def figures(self, images: Mapping[str, np.ndarray], look: str, *, pixels: bool = False) -> None:
        """Pictures side by side.

        Parameters
        ----------
        images : mapping of str to ndarray
            By their captions.
        look : str
            What to look at.
        pixels : bool
            Show the pixels as squares; for small crops.
        """
        cells = [Cell(caption, self._picture(image, caption, pixels=pixels)) for caption, image in images.items()]
        self._row(cells, look)

    def plots(self, plots: Mapping[str, str], look: str) -> None:
        """Plots side by side.

        Parameters
        ----------
        plots : mapping of str to str
            ``<svg>`` elements of `gallery._plot`, by their captions.
        look : str
            What to look at.
        """
        self._row([Cell(caption, plot=Markup(svg)) for caption, svg in plots.items()], look, wide=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; the first column is the rows' names."""
        texts = tuple(tuple(map(str, row)) for row in rows)
        self._parts.append(Table(tuple(head), texts, text=frozenset(range(len(head)))).as_html())

    def compare(
        self,
        photo: Photo,
        ours: Callable[[np.ndarray], np.ndarray],
        peers: Mapping[str, Callable[[np.ndarray], np.ndarray]] | None = None,
        *,
        call: str,
        look: str,
        image: np.ndarray | None = None,
        beside: Mapping[str, np.ndarray] | None = None,
        full: float = 1.0,
        brighten: float = 1.0,
        histograms: bool = False,
        zoom: bool = False,
    ) -> dict[str, np.ndarray]:
        """Before, ours and the peers' side by side, with differences from ours and times.

        Parameters
        ----------
        photo : Photo
            What is shown as ``before`` and given to every function.
        ours : callable
            Our function of the image.
        peers : mapping of str to callable, optional
            The same by other libraries, by name.  Floating-point results count as fractions of full scale.
        call : str
            Our call as it is written, for the caption.
        look : str
            What to look at.
        image : ndarray, optional
            Used in place of the photo's pixels (its grey version, another dtype).
        beside : mapping of str to ndarray, optional
            Shown next to it, by caption: what else goes into the function, such as a reference.
        full : float
            What counts as full scale in the results, for statistics in the units of an integer image.
        brighten : float
            How much brighter the results are shown; differences are those of the results as they are.
        histograms : bool
            Show the histogram of each picture.
        zoom : bool
            Show the place that changed most with its pixels enlarged.

        Returns
        -------
        dict of ndarray
            ``before``, ``imgproc``, and every peer that succeeded.
        """
        image = photo.image if image is None else image
        self.step(f"{photo.name} {call}")
        runs = run_all({OURS: ours, **(peers or {})}, image)
        if full != 1.0:
            for run in runs.values():
                run.result = None if run.result is None else run.result / np.float32(full)
        results = {name: _brighten(run.result, brighten) for name, run in runs.items() if run.result is not None}
        shown = {ORIGINAL: image, **(beside or {}), **results}
        reference = runs[OURS]
        if self._thumbnail is None:
            self.thumbnail(image, results[OURS])
        about = [line for line in (photo.note, _kind(image)) if line]
        cells = [Cell(ORIGINAL, self._picture(image, photo.alt), title=photo.name, lines=about)]
        cells += [Cell(name, self._picture(other, name)) for name, other in (beside or {}).items()]
        for name, run in runs.items():
            cells.append(self._result(name, run, reference, results.get(name), alt=f"{photo.alt}, {name}"))
        cells[-len(runs)].code = call
        if histograms:
            for cell, (name, picture) in zip((c for c in cells if not c.error), shown.items(), strict=True):
                cell.plot = Markup(_plot.histogram(picture, title=f"Histogram of {photo.name}, {name}", small=True))
        self._row(cells, look)
        results = {ORIGINAL: image, **results}
        if zoom:
            self.zoom(results)
        return results

    def zoom(self, images: Mapping[str, np.ndarray], *, at: tuple[float, float] | None = None, size: int = 96) -> None:
        """The same small square of each picture, its pixels enlarged.

        Parameters
        ----------
        images : mapping of str to ndarray
            Pictures of one size.
        at : (y, x), optional
            Centre of the square in fractions of the picture.  Default: where the first two differ most.
        size : int
            Its side [px].
        """
        first, second = (to_uint8(picture) for picture in list(images.values())[:2])
        h, w = first.shape[:2]
        size = min(size, h, w)
        if at is None:
            change = cv2.absdiff(first, second)
            change = change if change.ndim == 2 else change.max(axis=2)
            busy = cv2.boxFilter(change, cv2.CV_32F, (size, size), borderType=cv2.BORDER_CONSTANT)
            y, x = np.unravel_index(int(busy.argmax()), busy.shape)
        else:
            y, x = at[0] * h, at[1] * w
        top, left = (int(np.clip(c - size // 2, 0, n - size)) for c, n in ((y, h), (x, w)))
        crops = {name: picture[top : top + size, left : left + size] for name, picture in images.items()}
        place = f"The {size}×{size} pixels at row {top}, column {left}, enlarged."
        cells = [Cell(name, self._picture(crop, f"{name}, enlarged", pixels=True)) for name, crop in crops.items()]
        self._row(cells, place)

    def write(self, module: ModuleType) -> Path:
        """Put what was made into the site."""
        title, summary, introduction = split_docstring(said(module.__doc__ or "", own=self.own))
        source = TEMPLATES.get_template("source.html").render(source=inspect.getsource(module), name=self.name)
        body = "".join([str(prose(introduction)), *self._parts, source])
        return self.site.add_page(
            self.name, title, summary, body, self._thumbnail, group=getattr(module, "GROUP", "More")
        )

    def fail(self, what: str, error: Exception) -> None:
        """Note on the page, and for the end of the run, what could not be shown."""
        message = f"{what}: {type(error).__name__}: {error}"
        self.failures.append(message)
        self._parts.append(f'<p class="failed">Could not be shown. {escape(message)}</p>')

    @contextlib.contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Show a part of the page: where one of our functions refuses the photo its sentence stands there instead.

        What else goes wrong is noted on the page too, and is a failure of the run.
        """
        try:
            yield
        except Exception as error:
            if not (self.own and is_refusal(error)):  # our own photos are to be shown
                self.fail(what, error)
                return
            message = f"{what}: {error}"
            self.refusals.append(message)
            self._parts.append(f'<p class="failed">Not shown. {escape(message)}</p>')

    def _result(self, name: str, run: Run, reference: Run, shown: np.ndarray | None, *, alt: str) -> Cell:
        if run.result is None or shown is None:
            return Cell(name, error=run.error)
        cell = Cell(name, self._picture(shown, alt), lines=[_seconds(run, reference)])
        if run is reference:
            return cell
        if run.warning:
            cell.lines.append(f"warns: {run.warning}")
        if run.result.dtype != reference.result.dtype:
            cell.lines.append(f"result is {run.result.dtype}")
        if run.result.shape != reference.result.shape:
            cell.lines.append(f"result has shape {run.result.shape}")
            return cell
        delta = difference(reference.result, run.result)
        cell.lines.append(f"difference: max {_plot.number(delta.largest)}, mean {_plot.number(delta.mean)} of 255")
        if delta.largest == 0:
            cell.same = "every pixel equals ours"
        elif delta.largest < VISIBLE:
            cell.same = f"every pixel equals ours to {VISIBLE:g} of 255"
        else:
            cell.difference = self._picture(delta.picture, f"Difference of {name} from ours")
            cell.gain = delta.gain
        return cell

    def _picture(self, image: np.ndarray, alt: str, *, pixels: bool = False) -> Picture:
        return Picture(self.site.add_image(image), alt, image.shape[1], image.shape[0], pixels)

    def _row(self, cells: Sequence[Cell], look: str, *, wide: bool = False) -> None:
        look = said(look, own=self.own)
        look = "" if look in self._said else look  # what holds for every photo is said once
        self._said.add(look)
        self._parts.append(
            TEMPLATES.get_template("row.html").render(cells=cells, look=Markup(_inline(look)), wide=wide)
        )


def names() -> list[str]:
    """The names of all pages."""
    return sorted(module.name for module in pkgutil.iter_modules(pages.__path__) if not module.name.startswith("_"))


def title(name: str) -> str:
    """The title of a page, without importing it."""
    source = (Path(pages.__path__[0]) / f"{name}.py").read_text(encoding="utf-8")
    return split_docstring(ast.get_docstring(ast.parse(source)))[0]


def build(
    site: Site, name: str, photos: Sequence[Photo], *, max_side: int, step: Callable[[str], None]
) -> tuple[list[str], list[str]]:
    """Make one page.

    Parameters
    ----------
    site : Site
        Where it goes.
    name : str
        One of `names`.
    photos : sequence of Photo
        The user's; empty for the photos that the page names.
    max_side : int
        Packaged photos are shrunk to it [px].
    step : callable
        Told what is being done, for the progress bar.

    Returns
    -------
    (list of str, list of str)
        What went wrong, and what our functions refused to do with a photo; both are noted on the page, and the rest
        goes on.

    Raises
    ------
    Exception
        What `once` of the page raises; then nothing is written.
    """
    module = importlib.import_module(f"{pages.__name__}.{name}")
    page = Page(site, name, max_side=max_side, step=step, own=bool(photos))
    wanted = photos or [page.photo(photo) for photo in getattr(module, "PHOTOS", ())]
    if hasattr(module, "each"):
        for photo in wanted:
            with page.trying(photo.name):
                module.each(page, photo)
        if wanted and len(page.failures) == len(wanted):
            raise RuntimeError("; ".join(page.failures))
    if hasattr(module, "once"):
        module.once(page)
    _functions.show(page, wanted)
    page.write(module)
    return page.failures, page.refusals


def is_refusal(error: BaseException) -> bool:
    """Whether this is the sentence with which one of our functions refuses an argument."""
    places = [frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)]
    return isinstance(error, (ValueError, TypeError)) and places[-1].partition(".")[0] in ("imgproc", "augment")


def split_docstring(text: str | None) -> tuple[str, str, str]:
    """Title, summary and introduction of a page."""
    paragraphs = [part.strip() for part in inspect.cleandoc(text or "").split("\n\n")] + ["", ""]
    heading, summary, *rest = paragraphs
    return heading.rstrip("."), " ".join(summary.split()), "\n\n".join(rest).strip()


_OF_THE_PACKAGED = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)


def said(text: str, *, own: bool) -> str:
    """A text.  What stands in ``[[ ]]`` is said of the packaged photos, and left out where they are the user's own."""
    return _OF_THE_PACKAGED.sub("" if own else r"\1", text)


def prose(text: str) -> Markup:
    """Plain text as HTML paragraphs, with ``code`` in double backticks."""
    paragraphs = [part for part in inspect.cleandoc(text).split("\n\n") if part.strip()]
    return Markup("".join(f"<p>{_inline(part)}</p>" for part in paragraphs))


def _inline(text: str) -> str:
    return re.sub(r"``(.+?)``", r"<code>\1</code>", escape(text, quote=False), flags=re.DOTALL)


def _brighten(image: np.ndarray, factor: float) -> np.ndarray:
    return image if factor == 1.0 else image * np.float32(factor)


def _kind(image: np.ndarray) -> str:
    kind = "grey" if image.ndim == 2 else f"{image.shape[2]} channels"
    return f"{image.shape[1]}×{image.shape[0]}, {kind}, {image.dtype}"


def _seconds(run: Run, reference: Run) -> str:
    text = f"{milliseconds(run.seconds)} ms"
    if run is reference:
        return text
    ratio = run.seconds / reference.seconds
    return f"{text}, {_plot.number(ratio)}× our time"


def _split(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Both pictures cut to the thumbnail's shape and joined by a white line."""
    first, second = (_cover(to_uint8(image), THUMBNAIL) for image in (before, after))
    middle = THUMBNAIL[0] // 2
    first[:, middle:] = second[:, middle:]
    first[:, middle - 1 : middle + 1] = 255
    return first


def _cover(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The largest central part of the image that has the shape of `size`, scaled to it, RGB."""
    width, height = size
    h, w = image.shape[:2]
    scale = min(w / width, h / height)
    cut_w, cut_h = max(round(width * scale), 1), max(round(height * scale), 1)
    top, left = (h - cut_h) // 2, (w - cut_w) // 2
    part = np.ascontiguousarray(image[top : top + cut_h, left : left + cut_w])
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC)
    return part if part.ndim == 3 else np.repeat(part[..., None], 3, axis=2)
