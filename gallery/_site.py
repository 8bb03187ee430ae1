"""The folder that the pages are written to.

``Site(out)`` is used as a context manager::

    with Site(Path("gallery_out")) as site:
        src = site.add_image(picture)                            # "img/0123456789abcdef.png"
        site.add_page("speed", "Speed", "Ours against the peers.", f'<p>…</p><img src="{src}" alt="…">', group="Speed")
        site.write_index()

* `Site.add_page` writes ``<slug>.html`` and remembers it in ``gallery.json``, so that the index lists the pages of
  earlier runs too.  `Site.write_index` writes ``index.html`` from that list; leaving the ``with`` block does it too.
* Every file is written under a temporary name and moved.  Images are named by their contents, so writing a page never
  changes a picture that an older page shows; pictures that no page shows any more are removed at the end.
* Only files of ours are replaced or removed.  A page or index in the folder that is not ours is an error.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup
from PIL import Image

from imgproc.io._encode import replace_file
from imgproc.io._outside import open_regular, read_json

from ._compare import to_uint8
from ._machine import machine

GENERATOR = "imgproc gallery"
"""Marks files of ours: the generator of each page and of the manifest."""

MANIFEST = "gallery.json"
THUMBNAIL = (480, 320)
PNG_PIXELS = 256 * 256
"""Larger photos become WebP files of quality 90, some 0.1 bytes a pixel where a PNG file takes 1.5; smaller pictures,
enlarged ones among them, and drawings are lossless PNG files."""
FEW = 64
"""A picture of at most so many colours is a drawing, or of labels or two levels."""

_IMAGE = re.compile(r"img/[0-9a-f]{16}\.(?:png|jpg|webp)")
_HALF = re.compile(r"(?:img/)?\.[0-9a-f]{16}\.tmp")
"""A file under the name that it has until it is whole."""

_OURS = re.compile(f"{_IMAGE.pattern}|{_HALF.pattern}")
"""What is ever removed."""

_SLUG = re.compile(r"[A-Za-z0-9_-]+")
_DRAWN = frozenset(["svg", "title", "g", "path", "polygon", "polyline", "rect", "circle", "line", "text", "tspan"])
"""The elements of drawings on the index."""

TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("gallery"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class SiteError(ValueError):
    """The output folder cannot be used; the message says why."""


class Site:
    """Writes pages, pictures and the index of one output folder.

    Parameters
    ----------
    out : Path
        The folder; it is made when it does not exist.

    Raises
    ------
    SiteError
        If `out` is a file, cannot be written, or holds an index or a list of pages that is not ours.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        try:
            (out / "img").mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=out), tempfile.TemporaryFile(dir=out / "img"):
                pass
        except (FileExistsError, NotADirectoryError):
            raise SiteError(f"{out}: cannot be the output folder, a file is in its way") from None
        except OSError as error:
            raise SiteError(f"{out}: cannot write to the output folder ({error.strerror})") from None
        self._pages = self._read_manifest()
        self._foreign: set[str] | None = None
        self._written: set[str] = {name for page in self._pages.values() for name in page["images"]}
        self._own("index.html")

    def __enter__(self) -> Site:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pages:
            self.write_index()
        self._sweep()

    @property
    def index(self) -> Path:
        """Where the index is."""
        return self.out / "index.html"

    def add_page(
        self,
        slug: str,
        title: str,
        summary: str,
        body_html: str,
        thumbnail: np.ndarray | str | None = None,
        *,
        group: str = "More",
    ) -> Path:
        """Write one page and remember it for the index.

        Parameters
        ----------
        slug : str
            The page's file name without ``.html``: letters, digits, ``_`` and ``-``.
        title, summary : str
            Plain text (escaped here): the heading, and the line under it and on the index.
        body_html : str
            HTML, trusted, put into the page under the heading.  Pictures in it come from `add_image`.
        thumbnail : ndarray or str, optional
            What the index shows: an image, or an inline ``<svg>`` (trusted).
        group : str
            The heading of the index under which the page stands.

        Returns
        -------
        Path
            The file written.

        Raises
        ------
        SiteError
            If a file of that name is there and is not ours, or the disk cannot be written.
        """
        if not _is_slug(slug):
            raise ValueError(f"slug must be letters, digits, _ and -, and not index, got {slug!r}")
        name = f"{slug}.html"
        self._own(name)
        if isinstance(thumbnail, np.ndarray):
            thumbnail = self.add_image(thumbnail, quality=85)
        html = TEMPLATES.get_template("page.html").render(
            title=title, summary=summary, body=Markup(body_html), generator=GENERATOR, css=_css(), machine=machine()
        )
        self._write(name, html.encode())
        images = set(_IMAGE.findall(html)) | set(_IMAGE.findall(thumbnail or ""))
        entry = {"title": title, "summary": summary, "group": group, "thumbnail": thumbnail, "images": sorted(images)}
        self._written |= images
        self.list_pages({slug: entry})
        return self.out / name

    def list_pages(self, entries: dict[str, dict[str, Any]]) -> None:
        """Remember pages for the index: one that was just written, or those of a `SharedSite` in another process.

        The file that lists them has them in the order of their names, whoever was ready first.
        """
        for slug, entry in entries.items():
            self._pages[slug] = entry
            self._written |= set(entry["images"])
        pages = dict(sorted(self._pages.items()))
        self._write(MANIFEST, json.dumps({"generator": GENERATOR, "pages": pages}, indent=1).encode())

    def share(self) -> None:
        """Say that other processes write into this folder too: what they leave behind without a page goes at the end.

        Pictures that are there already are not theirs."""
        self._foreign = self._files()

    def add_image(self, image: np.ndarray, *, quality: int | None = None) -> str:
        """Save a picture; return the address that pages use for it.

        Parameters
        ----------
        image : ndarray of shape (h, w), (h, w, 1) or (h, w, 3)
            Any dtype of the library; shown on 8 bits.
        quality : int, optional
            Save a JPEG file of this quality.  Default: PNG for small pictures and drawings, WebP of quality 90 for
            large photos.

        Returns
        -------
        str
            Relative address, ``img/<hash of the contents>.png``, ``.webp`` or ``.jpg``.
        """
        shown = to_uint8(image)
        if quality is not None:
            suffix, data = "jpg", _saved(shown, "JPEG", quality=quality, subsampling=0)
        elif shown.shape[0] * shown.shape[1] <= PNG_PIXELS:
            suffix, data = "png", _saved(shown, "PNG", compress_level=6)
        else:
            suffix, data = "webp", _saved(shown, "WEBP", quality=90, method=2)
            lossless = _saved(shown, "PNG", compress_level=6) if _is_drawing(shown) else b""
            if 0 < len(lossless) < 2 * len(data):
                suffix, data = "png", lossless
        name = f"img/{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
        if not (self.out / name).exists():
            self._write(name, data)
        self._written.add(name)
        return name

    def write_index(self) -> Path:
        """Write ``index.html``, which lists all pages of this run and of earlier ones.

        Returns
        -------
        Path
            The file written.
        """
        groups: dict[str, list[dict[str, Any]]] = {}
        for slug, page in sorted(self._pages.items(), key=lambda item: (item[1]["group"], item[1]["title"])):
            thumbnail = page["thumbnail"]
            inline = Markup(thumbnail) if thumbnail and thumbnail.startswith("<svg") else None
            groups.setdefault(page["group"], []).append({**page, "slug": slug, "inline": inline})
        html = TEMPLATES.get_template("index.html").render(
            groups=groups, size=THUMBNAIL, generator=GENERATOR, css=_css(), machine=machine()
        )
        self._write("index.html", html.encode())
        return self.index

    def _read_manifest(self) -> dict[str, dict[str, Any]]:
        """The pages of earlier runs that are still there."""
        path = self.out / MANIFEST
        try:
            content = read_json(path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise SiteError(f"{path}: cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise SiteError(f"{error}: remove it or choose another output folder") from error
        if not isinstance(content, dict) or content.get("generator") != GENERATOR:
            raise SiteError(f"{path} is not the gallery's: choose another output folder")
        try:
            pages = _checked_pages(content.get("pages"))
        except ValueError as error:
            raise SiteError(f"{path}: {error}; remove the file or choose another output folder") from error
        return {slug: page for slug, page in pages.items() if (self.out / f"{slug}.html").is_file()}

    def _own(self, name: str) -> None:
        """Refuse to replace a page that somebody else made."""
        path = self.out / name
        try:
            with open_regular(str(path)) as file:
                ours = f'content="{GENERATOR}"'.encode() in file.read(1000)
        except FileNotFoundError:
            return
        except (OSError, ValueError):  # a folder, a pipe
            ours = False
        if not ours:
            raise SiteError(f"{path} is not a page of the gallery: move it or choose another output folder")

    def _write(self, name: str, data: bytes) -> None:
        path = self.out / name
        try:
            replace_file(str(path), data)
        except OSError as error:
            raise SiteError(f"{path}: cannot write ({error.strerror})") from error

    def _sweep(self) -> None:
        """Remove pictures of ours that no page shows: of replaced pages, and of a page that was not finished."""
        if self._foreign is not None:
            made = self._files() - self._foreign
            self._written |= set(filter(_IMAGE.fullmatch, made)) - self._shown_by_pages()
            # A process that was ended while it wrote leaves the half of a file under another name.
            self._written |= set(filter(_HALF.fullmatch, made))
        shown = {name for page in self._pages.values() for name in page["images"]}
        for name in filter(_OURS.fullmatch, self._written - shown):
            (self.out / name).unlink(missing_ok=True)

    def _files(self) -> set[str]:
        """The files of pages and of pictures, as pages name them."""
        found = [*self.out.iterdir(), *(self.out / "img").iterdir()]
        return {path.relative_to(self.out).as_posix() for path in found}

    def _shown_by_pages(self) -> set[str]:
        """Pictures of all pages that are there, also of one whose process ended before it was listed."""
        pages = (path.read_bytes() for path in self.out.glob("*.html") if path.is_file())
        return {name for page in pages for name in _IMAGE.findall(page.decode(errors="replace"))}


class SharedSite(Site):
    """The folder as a process sees that makes pages for another one.

    It writes pages and pictures and keeps in `entries` what the other one has to list; it removes nothing.
    """

    def __init__(self, out: Path) -> None:
        super().__init__(out)
        self.entries: dict[str, dict[str, Any]] = {}

    def list_pages(self, entries: dict[str, dict[str, Any]]) -> None:
        """Keep them for the other process."""
        self.entries |= entries


def _saved(image: np.ndarray, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format_, **options)
    return buffer.getvalue()


def _is_drawing(image: np.ndarray) -> bool:
    """Whether an 8-bit picture has few colours, by a sample of its pixels."""
    planes = image.reshape(image.shape[0] * image.shape[1], -1)
    sample = planes[:: max(len(planes) // 4096, 1)]
    return len(np.unique(sample, axis=0)) <= FEW


def _is_slug(slug: str) -> bool:
    return bool(_SLUG.fullmatch(slug)) and slug != "index"


def _checked_pages(pages: Any) -> dict[str, dict[str, Any]]:
    """The pages of a manifest; ValueError that names the field where one is not as `Site.add_page` writes it.

    What it names is linked from the index and removed once no page shows it, and it may come from anywhere.
    """
    if not isinstance(pages, dict):
        raise ValueError(f"pages must be an object, got {type(pages).__name__}")
    made = {}
    for slug, page in pages.items():
        field = f"pages[{slug[:40]!r}]"
        if not _is_slug(slug):
            raise ValueError(f"{field} must be the name of a page: letters, digits, _ and -")
        if not isinstance(page, dict):
            raise ValueError(f"{field} must be an object, got {type(page).__name__}")
        for name in ("title", "summary", "group"):
            if not isinstance(page.get(name), str):
                raise ValueError(f"{field}.{name} must be a string, got {type(page.get(name)).__name__}")
        images, thumbnail = page.get("images"), page.get("thumbnail")
        if not isinstance(images, list):
            raise ValueError(f"{field}.images must be a list, got {type(images).__name__}")
        for i, image in enumerate(images):
            if not isinstance(image, str) or not _IMAGE.fullmatch(image):
                raise ValueError(f"{field}.images[{i}] must be a picture of the gallery, got {repr(image)[:80]}")
        if thumbnail is not None and not (isinstance(thumbnail, str) and _is_thumbnail(thumbnail)):
            raise ValueError(f"{field}.thumbnail must be a picture of the gallery, got {repr(thumbnail)[:80]}")
        made[slug] = {name: page[name] for name in ("title", "summary", "group", "images")} | {"thumbnail": thumbnail}
    return made


def _is_thumbnail(text: str) -> bool:
    """Whether this is the address of a picture, or a drawing that does nothing but draw."""
    if _IMAGE.fullmatch(text):
        return True
    if not text.startswith("<svg") or "<!" in text or "<?" in text:
        return False
    try:
        elements = list(ElementTree.fromstring(text).iter())
    except (ElementTree.ParseError, RecursionError):
        return False
    attributes = [pair for element in elements for pair in element.items()]
    harmless = all("href" not in name and name[:2] != "on" and "url(" not in value for name, value in attributes)
    return harmless and all(element.tag in _DRAWN for element in elements)


def _css() -> Markup:
    return Markup(TEMPLATES.get_template("style.css").render())
