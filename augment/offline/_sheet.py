"""A contact sheet: pictures before and after, with their boxes, masks, polygons and points, as one HTML file.

Nothing is loaded from elsewhere, and there is no script.  Pictures are small JPEG files inside of the page; what is
known of them is drawn above by SVG, in the coordinates of the whole picture, so that it is sharp at any size and can be
searched.  Names of files and classes come from outside, so every one is escaped.
"""

from __future__ import annotations

import base64
import collections
import dataclasses
from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from imgproc import encode_image, resize, to_uint8
from imgproc._core.formats import channels_of

__all__: list[str] = []

SIDE = 400
"""Pictures are shrunk to it [px]."""
LONGEST_NAME = 24
"""Letters of a name in a picture; the caption has all of it."""
COLORS = (
    "#ffd60a", "#00e0ff", "#ff54c8", "#78ff5a", "#ff8c3b", "#a991ff", "#ff5a5a", "#35e3b4", "#e0e0e0", "#6aa8ff",
)  # fmt: skip
"""Of the classes 0, 1, ...; bright, as they stand on photos, and each with a dark rim."""
LAYERS = ("boxes", "masks", "polygons", "points", "names")


@dataclasses.dataclass(frozen=True, slots=True)
class Thing:
    """One thing in a picture, in its pixels: what is drawn of it.

    Rings are (n, 2) points; keypoints (n, 2) or (n, 3) with visibility, of which 0 is not drawn; the mask is bool, of
    the picture's size.
    """

    name: str
    color: int
    box: tuple[float, float, float, float] | None = None
    rings: tuple[np.ndarray, ...] = ()
    keypoints: np.ndarray | None = None
    mask: np.ndarray | None = None
    dashed: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Picture:
    """A picture, the things in it, an image of labels as its mask (0 is background), and what to say of it."""

    image: np.ndarray
    caption: str
    things: tuple[Thing, ...] = ()
    labels: np.ndarray | None = None
    classes: str = ""
    """The class of the whole picture, in words."""


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """A source, and what was made of it: pictures side by side."""

    name: str
    pictures: tuple[Picture, ...]
    note: str = ""


def sheet(rows: Iterable[Row], *, title: str, about: Sequence[str] = ()) -> str:
    """The page.

    Parameters
    ----------
    rows : iterable of Row
    title : str
    about : sequence of str
        Lines above the pictures.

    Returns
    -------
    str
    """
    sections = [_section(row) for row in rows]
    switches = "".join(
        f'<input type="checkbox" id="{name}" checked><label for="{name}">{name}</label>' for name in LAYERS
    )
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; style-src '
            "'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title>",
            '<link rel="icon" href="data:,">',
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(title)}</h1>",
            *(f"<p>{escape(line)}</p>" for line in about),
            f'<span class="hint">Show </span>{switches}',
            "<main>",
            *sections,
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _section(row: Row) -> str:
    figures = "\n".join(_figure(row.name, picture) for picture in row.pictures)
    note = f'<p class="note">{escape(row.note)}</p>' if row.note else ""
    return f'<section>\n<h2>{escape(row.name)}</h2>{note}\n<div class="row">\n{figures}\n</div>\n</section>'


def _figure(name: str, picture: Picture) -> str:
    h, w = picture.image.shape[:2]
    said = spoken(picture)
    alt = escape(f"{name}, {picture.caption}: {said}", quote=True)
    drawn = "".join(_masks(picture, h, w) + [part for thing in picture.things for part in _thing(thing, h, w)])
    classes = f"<strong>{escape(picture.classes)}</strong> " if picture.classes else ""
    return (
        f'<figure><div class="picture"><img src="{_jpeg(picture.image)}" alt="{alt}" width="{w}" height="{h}">'
        f'<svg viewBox="0 0 {w} {h}" aria-hidden="true">{drawn}</svg></div>'
        f"<figcaption><b>{escape(picture.caption)}</b> {classes}<span>{w} x {h} px; {escape(said)}</span>"
        "</figcaption></figure>"
    )


def spoken(picture: Picture) -> str:
    """What is in a picture, in words: ``2 boxes (cat, dog), 1 mask``."""
    things = picture.things
    kinds = [
        ("box", "boxes", [thing.name for thing in things if thing.box is not None]),
        ("polygon", "polygons", [thing.name for thing in things if thing.rings]),
        ("mask", "masks", [thing.name for thing in things if thing.mask is not None]),
    ]
    parts = [_counted(one, many, names) for one, many, names in kinds if names]
    points = sum(len(_visible(thing.keypoints)) for thing in things)
    if points:
        parts.append(f"{points} {'point' if points == 1 else 'points'}")
    if picture.labels is not None:
        found = len(np.unique(picture.labels[picture.labels != 0]))
        parts.append(f"a mask of {found} {'label' if found == 1 else 'labels'}")
    if picture.classes:
        parts.insert(0, f"class {picture.classes}")
    return ", ".join(parts) if parts else "no labels"


def _counted(one: str, many: str, names: list[str]) -> str:
    counts = collections.Counter(names)
    listed = ", ".join(name if n == 1 else f"{n} {name}" for name, n in counts.items() if name)
    return f"{len(names)} {one if len(names) == 1 else many}" + (f" ({listed})" if listed else "")


def _thing(thing: Thing, h: int, w: int) -> list[str]:
    """The SVG of one thing."""
    color, side = COLORS[thing.color % len(COLORS)], max(h, w)
    style = f'stroke="{color}"' + (' stroke-dasharray="5 4"' if thing.dashed else "")
    parts, anchor = [], None
    for ring in thing.rings:
        points = " ".join(f"{x:.2f},{y:.2f}" for x, y in ring)
        parts.append(f'<g class="polygons"><polygon points="{points}" class="rim"/>')
        parts.append(f'<polygon points="{points}" {style} fill="{color}"/></g>')
        anchor = (float(ring[:, 0].min()), float(ring[:, 1].min())) if len(ring) else None
    if thing.box is not None:
        x0, y0, x1, y1 = thing.box
        place = f'x="{x0:.2f}" y="{y0:.2f}" width="{max(x1 - x0, 0):.2f}" height="{max(y1 - y0, 0):.2f}"'
        parts.append(f'<g class="boxes"><rect {place} class="rim"/><rect {place} {style}/></g>')
        anchor = (x0, y0)
    elif anchor is None and thing.mask is not None and thing.mask.any():
        anchor = (float(thing.mask.any(axis=0).argmax()), float(thing.mask.any(axis=1).argmax()))
    dots = _visible(thing.keypoints)
    for x, y in dots:
        parts.append(
            f'<circle class="points" cx="{x:.2f}" cy="{y:.2f}" r="{side / 110:.2f}" stroke="#000" fill="{color}"/>'
        )
    if anchor is None and len(dots):
        anchor = (float(dots[:, 0].min()), float(dots[:, 1].min()))
    if anchor is not None and thing.name:
        parts.append(_name(_short(thing.name), *anchor, color, h, w))
    return parts


def _name(text: str, x: float, y: float, color: str, h: int, w: int) -> str:
    """A name at the left upper corner of a thing: above it where there is room, and never beyond the picture."""
    size = max(h, w) / 25
    y = y - size * 0.25 if y >= size * 1.25 else y + size
    end = x + 0.6 * size * len(text) > w
    place = f'x="{w - 0.1 * size if end else max(x, 0.0):.2f}" y="{min(max(y, size), h - 0.2 * size):.2f}"'
    where = ' text-anchor="end"' if end else ""
    return f'<text class="names" {place}{where} font-size="{size:.2f}" fill="{color}">{escape(text)}</text>'


def _visible(keypoints: np.ndarray | None) -> np.ndarray:
    """The points (n, 2) that are there."""
    if keypoints is None or not len(keypoints):
        return np.empty((0, 2))
    return keypoints[keypoints[:, 2] > 0, :2] if keypoints.shape[1] > 2 else keypoints


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _masks(picture: Picture, h: int, w: int) -> list[str]:
    """All masks of a picture as one image above it."""
    layers = [(thing.mask, thing.color) for thing in picture.things if thing.mask is not None]
    if picture.labels is not None:
        labels = picture.labels
        layers += [(labels == value, k) for k, value in enumerate(np.unique(labels[labels != 0]).tolist())]
    if not layers:
        return []
    size = _small(h, w)
    canvas = np.zeros((*size, 4), np.uint8)
    for mask, color in layers:
        inside = resize(mask, size=size, interpolation="nearest") if mask.shape != size else mask
        padded = np.pad(inside, 1)
        middle = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        text = COLORS[color % len(COLORS)]
        canvas[inside, :3] = [int(text[k : k + 2], 16) for k in (1, 3, 5)]
        canvas[inside, 3] = np.where(middle[inside], 90, 230)
    data = _url(encode_image(canvas, format="png"), "png")
    return [f'<image class="masks" width="{w}" height="{h}" preserveAspectRatio="none" href="{data}"/>']


def _jpeg(image: np.ndarray) -> str:
    """The picture on 8 bits, small; alpha is left out, and of bands the first is shown."""
    count = channels_of(image)
    if image.ndim == 3:
        image = image[..., :3] if count in (3, 4) else image[..., 0]
    shown = to_uint8(np.ascontiguousarray(image))
    size = _small(*image.shape[:2])
    if size != shown.shape[:2]:
        shown = resize(shown, size=size)
    return _url(encode_image(shown, format="jpg", quality=85), "jpeg")


def _small(h: int, w: int) -> tuple[int, int]:
    factor = min(SIDE / max(h, w), 1.0)
    return max(round(h * factor), 1), max(round(w * factor), 1)


def _url(data: bytes, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


_STYLE = """
:root { --back: #fbfbfa; --ink: #1c1e21; --faint: #5b6168; --line: #dcdee0; }
@media (prefers-color-scheme: dark) { :root { --back: #131518; --ink: #e8e9ea; --faint: #a2a8af; --line: #34383e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 96rem; padding: 1rem clamp(.8rem, 3vw, 2.5rem) 3rem; background: var(--back);
  color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { margin: .3rem 0; max-width: 60rem; }
.note, figcaption span, .hint { color: var(--faint); }
input { margin: 1rem .3rem 0 0; }
label { margin-right: 1rem; }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1rem; }
figure { margin: 0; min-width: 0; }
.picture { position: relative; background: var(--line); line-height: 0; }
.picture img { width: 100%; height: auto; display: block; }
.picture svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: hidden; }
figcaption { font-size: .84rem; line-height: 1.4; padding-top: .35rem; }
rect, polygon { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
polygon:not(.rim) { fill-opacity: .18; }
.rim { stroke: #000; stroke-width: 4; stroke-opacity: .55; }
circle { stroke-width: 1.5; vector-effect: non-scaling-stroke; }
text { font-weight: 600; paint-order: stroke; stroke: #000; stroke-width: .18em; stroke-linejoin: round; }
""" + "".join(f"#{name}:not(:checked) ~ main .{name} {{ display: none; }}\n" for name in LAYERS)
