"""``python docs/pictures/chain.py`` draws the README's picture: a photo, a chain's pass over it, and the result."""

from __future__ import annotations

import base64
import re
from html import escape
from pathlib import Path

import numpy as np
import skimage.data

import augment
import imgproc

SIDE, GAP, WIDTH = 240, 24, 900
CHAIN = augment.Compose(
    [
        augment.HorizontalFlip(p=1),
        augment.Affine(rotate=(12, 12), scale=(1.1, 1.1), border="reflect"),
        augment.HueSaturationValue(p=1),
        augment.Gamma(p=1),
    ],
    seed=7,
)


def picture(image: np.ndarray, boxes: np.ndarray, x: int, alt: str) -> str:
    """A photo in the drawing, with its boxes."""
    data = base64.b64encode(imgproc.encode_image(image, format="jpg", quality=85)).decode()
    title = f"<title>{alt}</title>"
    place = f'x="{x}" y="44" width="{SIDE}" height="{SIDE}"'
    parts = [f'<image {place} href="data:image/jpeg;base64,{data}">{title}</image>']
    scale = SIDE / image.shape[0]
    for x0, y0, x1, y1 in boxes * scale:
        frame = f'x="{x + x0:.1f}" y="{44 + y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}"'
        parts.append(f'<rect {frame} class="box"/>')
    return "".join(parts)


def main() -> None:
    """Draw, and write beside this file."""
    photo = imgproc.resize(skimage.data.astronaut(), size=(480, 480), interpolation="area")
    boxes = np.array([[150.0, 5, 280, 200]])
    done = CHAIN(image=photo, boxes=boxes, labels=[1], key=3)
    said = CHAIN.explain(photo.shape).splitlines()
    passes = [line for line in said if re.match(r"pass \d", line)]
    middle = SIDE + 2 * GAP
    width = WIDTH - 2 * middle
    shown = []
    for k, line in enumerate(passes):
        name, _, rest = line.replace("pass 1", "one pass over the image").partition(": ")
        y = 100 + k * 110
        lines = rest.split(", ")
        text = "".join(f'<tspan x="{middle + 16}" dy="18">{escape(each)}</tspan>' for each in lines)
        shown.append(
            f'<rect x="{middle}" y="{y}" width="{width}" height="{36 + 18 * len(lines)}" rx="8" class="pass"/>'
            f'<text x="{middle + 16}" y="{y + 20}" class="head">{escape(name)}</text>'
            f'<text x="{middle + 16}" y="{y + 22}">{text}</text>'
        )
    arrow = '<path d="M{0} 164 h18 m-7 -6 l7 6 l-7 6" class="arrow"/>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 300" role="img" '
        'font-family="sans-serif" font-size="14">'
        "<title>A photo with a box, the single pass of a chain of four transforms, and the result, "
        "with the box that has moved along</title>"
        "<style>.box{fill:none;stroke:#ff4f00;stroke-width:2.5}.pass{fill:#eef3fa;stroke:#5b7ba6}.head{font-weight:bold}"
        ".arrow{fill:none;stroke:#5b7ba6;stroke-width:2}text{fill:#1c2733}</style>"
        f'<rect width="{WIDTH}" height="300" fill="#ffffff"/>'
        '<text x="0" y="28" class="head">a sample</text>'
        f'<text x="{WIDTH - SIDE}" y="28" class="head">chain(image, boxes, key=3)</text>'
        + picture(photo, boxes, 0, "the photo with a box")
        + "".join(shown)
        + picture(done["image"], np.asarray(done["boxes"]), WIDTH - SIDE, "the result; the box has moved along")
        + arrow.format(SIDE + 12)
        + arrow.format(WIDTH - SIDE - 36)
        + "</svg>\n"
    )
    Path(__file__).with_suffix(".svg").write_text(svg)


if __name__ == "__main__":
    main()
