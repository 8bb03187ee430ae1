"""Small inline-SVG plots whose colours follow the page's theme (the CSS variables of ``style.css``).

Every function returns the text of one ``<svg>`` element, to be put into a page as it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from imgproc._core.formats import channels_of

from ._svg import Box, svg, text

WIDTH, HEIGHT = 360, 190
FRAME = Box(40, 10, 352, 158)
SMALL_WIDTH, SMALL_HEIGHT = 240, 120
SMALL_FRAME = Box(2, 4, 238, 102)

RGB = ("red", "green", "blue")


def histogram(image: np.ndarray, *, title: str, bins: int = 256, small: bool = False) -> str:
    """The histogram of an image, one outline per channel.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        Levels are shown as fractions of full scale.
    title : str
        Spoken by screen readers, shown when the pointer rests on the plot.
    bins : int
        Number of bins over [0, 1].
    small : bool
        Without the names of the axes, to stand under a picture.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    from ._compare import as_fraction

    planes = as_fraction(image).reshape(*image.shape[:2], -1)
    colours = RGB if planes.shape[2] == 3 else ("ink",) * planes.shape[2]
    shares = [
        np.histogram(np.nan_to_num(planes[..., c]), bins, (0, 1))[0] * (100 / max(planes[..., c].size, 1))
        for c in range(planes.shape[2])
    ]
    top = histogram_top(shares)
    left = np.linspace(0, 1, bins + 1)
    xs = np.repeat(left, 2)[1:-1]
    parts = []
    for share, colour in zip(shares, colours, strict=True):
        ys = np.concatenate([[0], np.repeat(share, 2) / top, [0]])
        points = (SMALL_FRAME if small else FRAME).points(np.concatenate([[0], xs, [1]]), ys)
        parts.append(f'<polygon class="area {colour}" points="{points}"/>')
    if small:
        return _small_frame(title, parts, f"level; bars up to {number(float(f'{top:.2g}'))} % of the pixels")
    return _frame(title, parts, "level", "% of pixels", (0.0, 1.0), (0.0, top))


def histogram_top(shares: Sequence[np.ndarray]) -> float:
    """The upper edge of a histogram plot [%]: a few bars far above the others are cut off."""
    tops = []
    for share in shares:
        tall = np.sort(share[share > 0])[::-1]
        if tall.size:
            tops.append(min(tall[0], 2.5 * tall[min(len(tall) // 20, len(tall) - 1)]))
    return float(max(tops, default=1.0)) * 1.05


def curves(
    lines: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    title: str,
    x_label: str = "level before",
    y_label: str = "level after",
    x_range: tuple[float, float] = (0.0, 1.0),
    y_range: tuple[float, float] = (0.0, 1.0),
) -> str:
    """Lines in one frame, with a legend.

    Parameters
    ----------
    lines : mapping of str to (x, y)
        By the name in the legend.  The names ``red``, ``green``, ``blue`` get these colours.
    title : str
        Spoken by screen readers, shown when the pointer rests on the plot.
    x_label, y_label : str
        What the axes are, with the unit.
    x_range, y_range : (low, high)
        What the axes span.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    parts = []
    for i, (name, (x, y)) in enumerate(lines.items()):
        colour = name if name in RGB else f"c{i % 4}"
        xs = (np.asarray(x, float) - x_range[0]) / (x_range[1] - x_range[0])
        ys = (np.asarray(y, float) - y_range[0]) / (y_range[1] - y_range[0])
        parts.append(f'<polyline class="line {colour}" points="{FRAME.points(xs, ys)}"/>')
        if len(lines) > 1:
            at = FRAME.top + 14 * (i + 1)
            parts.append(f'<path class="line {colour}" d="M{FRAME.left + 8} {at - 4}h16"/>')
            parts.append(text(FRAME.left + 30, at, name))
    return _frame(title, parts, x_label, y_label, x_range, y_range)


def mapping(before: np.ndarray, after: Mapping[str, np.ndarray], *, title: str) -> str:
    """What became of each level: the mean level after of all pixels that had it before.

    Parameters
    ----------
    before : ndarray of shape (h, w) or (h, w, c)
        The image.
    after : mapping of str to ndarray
        What was made of it, by the name in the legend; a single result of a colour image is drawn channel by channel.
    title : str
        Spoken by screen readers, shown when the pointer rests on the plot.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    from ._compare import as_fraction

    if channels_of(before) == 3 and len(after) == 1:
        (result,) = after.values()
        planes = {name: (before[..., c], result[..., c]) for c, name in enumerate(RGB)}
    else:
        planes = {name: (before, result) for name, result in after.items()}
    lines = {}
    for name, (source, result) in planes.items():
        before_, after_ = as_fraction(source).ravel(), as_fraction(result).ravel()
        finite = np.isfinite(before_) & np.isfinite(after_)
        level = np.clip(np.rint(before_[finite] * 255), 0, 255).astype(np.intp)
        count = np.bincount(level, minlength=256)
        total = np.bincount(level, weights=after_[finite], minlength=256)
        seen = np.flatnonzero(count)
        lines[name] = (seen / 255, total[seen] / count[seen])
    return curves(lines, title=title)


def bars(
    values: Mapping[str, float | Sequence[float]],
    *,
    title: str,
    series: Sequence[str] = (),
    x_label: str = "",
) -> str:
    """Horizontal bars, one row per name, or one group of bars per name.

    Parameters
    ----------
    values : mapping of str to float or sequence of float
        Bar lengths >= 0; a NaN leaves its bar out.
    title : str
        Spoken by screen readers, shown when the pointer rests on the plot.
    series : sequence of str
        Names of the bars of a group, for the legend.
    x_label : str
        What the values are, with the unit.

    Returns
    -------
    str
        An ``<svg>`` element.
    """
    rows = {name: [float(v) for v in np.atleast_1d(np.asarray(value, float))] for name, value in values.items()}
    finite = [v for row in rows.values() for v in row if math.isfinite(v)]
    high = max(finite, default=1.0) or 1.0
    width, label_width, thick = 640, 220, 13
    y, parts = 8, []
    for i, name in enumerate(series):
        x = label_width + i * 130
        parts.append(f'<rect class="bar c{i % 4}" x="{x}" y="{y}" width="12" height="12"/>')
        parts.append(text(x + 18, y + 10, name))
    y += 22 if series else 0
    room = width - label_width - 64
    for name, row in rows.items():
        middle = y + thick * len(row) / 2 + 4
        parts.append(text(label_width - 8, f"{middle:.1f}", name, anchor="end"))
        for i, value in enumerate(row):
            if math.isfinite(value):
                length = max(room * value / high, 1.0)
                box = f'x="{label_width}" y="{y + 1}" width="{length:.1f}" height="{thick - 2}"'
                parts.append(f'<rect class="bar c{i % 4}" {box}/>')
                parts.append(text(f"{label_width + length + 5:.1f}", y + thick - 3, number(value)))
            y += thick
        y += 8
    if x_label:
        parts.append(text(label_width, y + 12, x_label))
        y += 20
    return plot(title, parts, width, y)


def number(value: float) -> str:
    """A number for the eye: three digits, no exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    shown = f"{value:.{min(digits, 6)}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def plot(title: str, parts: Sequence[str], width: float, height: float, *, kind: str = "plot") -> str:
    """A plot that is as wide as there is room; its texts grow with it."""
    return svg(title, parts, f'class="{kind}" viewBox="0 0 {width} {height}"')


def _small_frame(title: str, parts: Sequence[str], x_label: str) -> str:
    left, _, right, bottom = SMALL_FRAME
    axes = [
        f'<path class="axis" d="M{left} {bottom}H{right}"/>',
        text(left, bottom + 13, "0"),
        text(right, bottom + 13, "1", anchor="end"),
        text((left + right) // 2, bottom + 13, x_label, anchor="middle"),
    ]
    return plot(title, [*parts, *axes], SMALL_WIDTH, SMALL_HEIGHT, kind="plot small")


def _frame(
    title: str,
    parts: Sequence[str],
    x_label: str,
    y_label: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> str:
    left, top, right, bottom = FRAME
    axes = [
        f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>',
        text(left, bottom + 13, number(x_range[0])),
        text(right, bottom + 13, number(x_range[1]), anchor="end"),
        text((left + right) / 2, bottom + 26, x_label, anchor="middle"),
        text(left - 4, top + 9, number(y_range[1]), anchor="end"),
        text(left - 4, bottom, number(y_range[0]), anchor="end"),
        f'<g transform="translate(12 {(top + bottom) / 2}) rotate(-90)">{text(0, 0, y_label, anchor="middle")}</g>',
    ]
    return plot(title, [*parts, *axes], WIDTH, HEIGHT)
