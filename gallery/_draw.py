"""Photos with a mask, boxes and keypoints, and how these are drawn onto a picture.

Coordinates are continuous, as everywhere: pixel (y, x) covers [x, x+1) x [y, y+1), and the photo spans [0, w] x [0, h].
OpenCV counts from the centre of the first pixel, half a pixel further in, which is taken off just before it draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ._compare import to_uint8
from ._photos import Photo

COLOURS = ((255, 214, 10), (0, 224, 255), (255, 84, 200), (120, 255, 90))
"""Of the labels 1, 2, ...: a thing's mask and box have the same one.  Keypoints take them in their order."""

_SHIFT = 4
"""Fractional bits of the coordinates that OpenCV draws at."""


@dataclass(frozen=True)
class Things:
    """What is seen on a photo, by hand, in its original pixels.

    `crop` is the part (x0, y0, x1, y1) that is shown, `outlines` holds one polygon a thing, `points` the keypoints.
    """

    crop: tuple[int, int, int, int]
    outlines: tuple[np.ndarray, ...]
    points: tuple[tuple[float, float], ...]


def ellipse(x: float, y: float, across: float, down: float, angle: float = 0.0) -> np.ndarray:
    """The outline of an ellipse with these half axes, turned clockwise [degrees]: (72, 2) points."""
    t = np.arange(72) * (np.pi / 36)
    turn = np.deg2rad(angle)
    u, v = across * np.cos(t), down * np.sin(t)
    return np.stack((x + u * np.cos(turn) - v * np.sin(turn), y + u * np.sin(turn) + v * np.cos(turn)), axis=-1)


_HEAD = (
    "230,15 247,18 265,26 282,36 294,52 301,75 301,92 297,108 286,122 274,136 267,138 263,150 255,166 253,184 243,189 "
    "233,191 215,187 197,185 186,176 184,160 182,132 175,130 169,119 160,107 154,92 153,70 157,56 172,43 190,34 205,22"
)
_SHUTTLE = (
    "407,0 425,0 433,14 438,30 438,50 444,41 451,53 455,65 455,243 461,261 461,275 473,277 428,283 408,290 383,290 "
    "367,282 367,270 380,235 378,224 354,221 356,212 361,200 378,183 378,122 381,95 381,61 389,41 394,55 397,28 402,11"
)
_NOSE = "242,231 254,228 267,227 292,228 290,240 273,254 258,265 253,254 242,240"


def _polygon(text: str) -> np.ndarray:
    return np.array([pair.split(",") for pair in text.split()], float)


THINGS = {
    "astronaut": Things(
        (0, 0, 512, 340),
        (_polygon(_HEAD), _polygon(_SHUTTLE)),
        ((203, 102), (246.5, 104), (224, 146), (404.5, 36)),
    ),
    "chelsea": Things(
        (0, 0, 451, 300),
        (ellipse(171, 116, 34, 29.5), ellipse(319, 137, 22.5, 27.5, 12), _polygon(_NOSE)),
        ((171, 110), (313, 132), (258, 264)),
    ),
    "coffee": Things(
        (0, 0, 600, 400),
        (ellipse(291, 112.5, 118, 94, 6), ellipse(366, 282, 40, 43)),
        ((422, 76), (226, 256), (352, 274)),
    ),
}
"""Astronaut: head, shuttle; eyes, mouth, a gleam on the tank.  Chelsea: eyes and nose; pupils, the nose's tip.  Coffee:
rim and spoon; the spoon's end, gleams on handle and spoon."""


def targets(photo: Photo, *, side: int) -> dict[str, Any]:
    """The photo as a sample: small, with what is seen on it.

    Parameters
    ----------
    photo : Photo
        One that is not in `THINGS` gets an ellipse in the middle and four points.
    side : int
        The picture is shrunk so that no side is longer [px].

    Returns
    -------
    dict
        ``image`` (three channels), ``mask`` (uint8: 1, 2, ... for the things), ``boxes`` (pascal_voc, tight round the
        outlines), ``labels`` (1, 2, ...), ``keypoints``, ``keypoint_labels`` (1, 2, ...).
    """
    image = photo.rgb[..., :3]
    things = THINGS.get(photo.name) or _in_the_middle(*image.shape[:2])
    # The photo may have been shrunk when it was read; its things are in the original's pixels.  Crops reach the right.
    shrunk = image.shape[1] / things.crop[2]
    left, top, right, bottom = (round(v * shrunk) for v in things.crop)
    image = image[top:bottom, left:right]
    factor = min(side / max(image.shape[:2]), 1.0)
    h, w = (max(round(n * factor), 1) for n in image.shape[:2])
    scale = np.array((w / image.shape[1], h / image.shape[0]))
    image = cv2.resize(np.ascontiguousarray(image), (w, h), interpolation=cv2.INTER_AREA)
    outlines = [(outline * shrunk - (left, top)) * scale for outline in things.outlines]
    boxes = np.array([(*o.min(axis=0), *o.max(axis=0)) for o in outlines]).clip(0, (w, h, w, h))
    return {
        "image": image,
        "mask": _fill(outlines, h, w),
        "boxes": boxes,
        "labels": np.arange(1, len(boxes) + 1),
        "keypoints": (np.array(things.points) * shrunk - (left, top)) * scale,
        "keypoint_labels": np.arange(1, len(things.points) + 1),
    }


def draw(
    image: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    boxes: np.ndarray | None = None,
    labels: Sequence[int] | None = None,
    keypoints: np.ndarray | None = None,
    keypoint_labels: Sequence[int] | None = None,
    **others: Any,
) -> np.ndarray:
    """A copy of the picture on 8 bits, RGB, with the mask tinted and outlined, boxes as frames and keypoints as dots.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
    mask : ndarray of shape (h, w), optional
        Labels; 0 is background.
    boxes : array_like of shape (n, 4), optional
        x0, y0, x1, y1 in pixels.
    labels : sequence of int, optional
        Of the boxes: they choose the colours.  Default: 1, 2, ...
    keypoints : array_like of shape (n, 2), optional
        x, y in pixels.
    keypoint_labels : sequence of int, optional
        Default: 1, 2, ...
    **others
        Further entries of a sample, which are not drawn.

    Returns
    -------
    uint8 ndarray of shape (h, w, 3)
    """
    canvas = to_uint8(image)
    canvas = np.repeat(canvas[..., None], 3, axis=2) if canvas.ndim == 2 else canvas.copy()
    h, w = canvas.shape[:2]
    if mask is not None:
        _tint(canvas, mask)
    for box, label in _labelled(boxes, labels):
        # A frame on the border of the picture would be half outside: it is moved in by half a pixel.
        x0, y0, x1, y1 = np.clip(box, 0.5, (w - 0.5, h - 0.5, w - 0.5, h - 0.5))
        corners = _fixed([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        cv2.polylines(canvas, [corners], True, _colour(label), 1, cv2.LINE_AA, _SHIFT)
    for point, label in _labelled(keypoints, keypoint_labels):
        ((x, y),) = _fixed([point]).tolist()
        cv2.circle(canvas, (x, y), round(3.2 * (1 << _SHIFT)), (0, 0, 0), -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(canvas, (x, y), round(2.2 * (1 << _SHIFT)), _colour(label), -1, cv2.LINE_AA, _SHIFT)
    return canvas


def _tint(canvas: np.ndarray, mask: np.ndarray) -> None:
    for label in np.unique(mask[mask > 0]).tolist():
        inside = (mask == label).astype(np.uint8)
        # With a border of 0 a thing that leaves the picture is outlined there too.
        edge = inside - cv2.erode(inside, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
        weight = (0.22 * inside + 0.6 * edge)[..., None]
        canvas[:] = np.rint(canvas * (1 - weight) + np.array(_colour(label)) * weight).astype(np.uint8)


def _labelled(rows: Any, labels: Any) -> list[tuple[np.ndarray, int]]:
    if rows is None:
        return []
    rows = np.asarray(rows, float)
    return list(zip(rows, range(1, len(rows) + 1) if labels is None else labels, strict=True))


def _colour(label: int) -> tuple[int, int, int]:
    return COLOURS[(int(label) - 1) % len(COLOURS)]


def _fixed(points: Any) -> np.ndarray:
    """Points in OpenCV's fixed-point coordinates, where a pixel's centre is a whole number."""
    return np.rint((np.asarray(points, float) - 0.5) * (1 << _SHIFT)).astype(np.int32)


def _fill(outlines: Sequence[np.ndarray], h: int, w: int) -> np.ndarray:
    """Labels 1, 2, ... for the pixels whose centres are inside of an outline."""
    from skimage.draw import polygon2mask

    mask = np.zeros((h, w), np.uint8)
    for label, outline in enumerate(outlines, 1):
        mask[polygon2mask((h, w), outline[:, ::-1] - 0.5)] = label
    return mask


def _in_the_middle(h: int, w: int) -> Things:
    points = tuple((w * x, h * y) for x, y in ((0.35, 0.4), (0.65, 0.4), (0.5, 0.5), (0.5, 0.7)))
    return Things((0, 0, w, h), (ellipse(w / 2, h / 2, w / 4, h / 3),), points)
