"""Contrast-limited adaptive histogram equalization."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.border import index_map
from .._core.check import amount_within, as_image, as_mask, color_mode, integer, real, size_pair
from .._core.declare import Case, Peer, declare, levels_of_unit
from .._core.jit import kernel
from .._core.planes import full_scale, on_intensity, valid_pixels
from .._core.threads import run_bands
from .._core.unit_range import must_be_unit

__all__ = ["clahe"]

_RISE = 2 / 255
"""The most that the mapping rises inside a bin, of full scale: so a 16-bit image is at most one level of 255 from what
its levels become that are the middles of bins."""


@kernel
def _count_tiles(plane, mask, lines, xmap, position, codes, counts):
    """Histograms of a row of tiles.  Values are scaled to [0, bins - 1] and counted in the nearest bin; those that the
    mask leaves out, and NaN, in a bin past the last.  Each tile has four private histograms, since neighbours are often
    equal and an increment must wait for one of the same counter."""
    bins = counts.shape[2] - 1
    width = xmap.size // counts.shape[0]
    position, top = np.float32(position), np.float32(bins - 1)
    for y in lines:
        row, counted = plane[y], mask[y]
        for x in range(row.size):
            v = np.float32(np.float32(row[x]) * position)
            known = counted[x] & (v == v)
            codes[x] = np.int32(np.rint(min(max(v, np.float32(0)), top))) if known else np.int32(bins)
        for x in range(row.size, xmap.size):
            codes[x] = codes[xmap[x]]
        for t in range(counts.shape[0]):
            fours = codes[t * width : t * width + width // 4 * 4].reshape(width // 4, 4)
            for i in range(fours.shape[0]):
                counts[t, 0, np.uint32(fours[i, 0])] += np.uint32(1)
                counts[t, 1, np.uint32(fours[i, 1])] += np.uint32(1)
                counts[t, 2, np.uint32(fours[i, 2])] += np.uint32(1)
                counts[t, 3, np.uint32(fours[i, 3])] += np.uint32(1)
            for x in range(t * width + width // 4 * 4, (t + 1) * width):
                counts[t, 0, np.uint32(codes[x])] += np.uint32(1)


@kernel
def _clip_and_sum(lanes, limit, tables):
    """Clip each tile's histogram, hand the excess round as OpenCV does, and sum it up to a table of [0, bins - 1].

    `lanes` holds the private histograms; they are used up."""
    bins = tables.shape[1]
    for t in range(lanes.shape[0]):
        counts = lanes[t, 0]
        n = 0
        for k in range(bins):
            counts[k] += lanes[t, 1, k] + lanes[t, 2, k] + lanes[t, 3, k]
            n += counts[k]
        if n == 0:
            for k in range(bins):
                tables[t, k] = k
            continue
        if limit > 0:
            clip = max(int(limit * n / bins), 1)
            excess = 0
            for k in range(bins):
                if counts[k] > clip:
                    excess += counts[k] - clip
                    counts[k] = clip
            share = excess // bins
            rest = excess - share * bins
            for k in range(bins):
                counts[k] += share
            if rest > 0:
                step = max(bins // rest, 1)
                k = 0
                while k < bins and rest > 0:
                    counts[k] += 1
                    k += step
                    rest -= 1
        scale = np.float32(bins - 1) / np.float32(n)
        total = 0
        for k in range(bins):
            total += counts[k]
            tables[t, k] = np.float32(total) * scale


@kernel
def _pack_corners(tables, packed):
    """Side by side in 32 bits, what the four tiles around a cell make of a level; cells reach over the image's edge."""
    tiles_y, tiles_x = tables.shape[:2]
    for i in range(tiles_y + 1):
        upper, lower = tables[max(i - 1, 0)], tables[min(i, tiles_y - 1)]
        for j in range(tiles_x + 1):
            x0, x1 = max(j - 1, 0), min(j, tiles_x - 1)
            for k in range(256):
                top = np.uint32(upper[x0, k]) | np.uint32(np.uint32(upper[x1, k]) << np.uint32(8))
                bottom = np.uint32(lower[x0, k]) | np.uint32(np.uint32(lower[x1, k]) << np.uint32(8))
                packed[i, j, k] = np.uint32(top | np.uint32(bottom << np.uint32(16)))


@kernel
def _blend_bytes(plane, packed, rows, row_weights, cells, weights, line, out):
    """Bilinear blend of the tables of four tiles, one 32-bit look-up a pixel; OpenCV's order of operations."""
    one = np.float32(1)
    for y in range(plane.shape[0]):
        tables = packed[rows[y]]
        for x in range(plane.shape[1]):
            line[x] = tables[cells[x], plane[y, x]]
        bottom = row_weights[y]
        top = one - bottom
        for x in range(plane.shape[1]):
            v = line[x]
            a, b = np.float32(np.uint8(v)), np.float32(np.uint8(v >> np.uint32(8)))
            c, d = np.float32(np.uint8(v >> np.uint32(16))), np.float32(np.uint8(v >> np.uint32(24)))
            right = weights[x]
            left = one - right
            value = (a * left + b * right) * top + (c * left + d * right) * bottom
            out[y, x] = np.uint8(np.int32(np.rint(value)))


@kernel
def _add_slopes(tables, most, lines):
    """Side by side, what each tile makes of a bin, and how much that rises over the width of the bin.

    That is the smaller of the steps to both neighbours, so that the mapping stays monotone, and at most `most`."""
    tiles_y, tiles_x, bins = tables.shape
    for y in range(tiles_y):
        for x in range(tiles_x):
            table, line = tables[y, x], lines[y, x]
            for k in range(bins):
                step = most
                if k > 0:
                    step = min(step, table[k] - table[k - 1])
                if k < bins - 1:
                    step = min(step, table[k + 1] - table[k])
                line[2 * k] = table[k]
                line[2 * k + 1] = max(step, np.float32(0))


@kernel
def _blend(plane, tables, down, across, position, value, scratch, out):
    """As `_blend_bytes` for any dtype: `tables` come from `_add_slopes`, and are scaled to the dtype by `value`.

    `down` has the tile below of each row, and its weight; `across` of each column where the tables of the tiles on its
    left and right begin in a line of them, and the weight of the right one.
    """
    rows, row_weights = down
    lefts, rights, weights = across
    tiles_y, tiles_x = tables.shape[:2]
    size, last = tables.shape[2], np.float32(tables.shape[2] // 2 - 1)
    one, position, value = np.float32(1), np.float32(position), np.float32(value)
    line, mixed, places = scratch[0], scratch[1], scratch[2].view(np.int32)
    for y in range(plane.shape[0]):
        upper, lower = tables[max(rows[y] - 1, 0)], tables[min(rows[y], tiles_y - 1)]
        bottom = row_weights[y] * value
        top = value - bottom
        for t in range(tiles_x):
            for k in range(size):
                line[t * size + k] = upper[t, k] * top + lower[t, k] * bottom
        # Three loops, since one with table look-ups in it does not vectorise.
        for x in range(plane.shape[1]):
            v = np.float32(np.float32(plane[y, x]) * position)
            v = min(max(v, np.float32(0)), last) if v == v else np.float32(0)
            k = np.rint(v)  # the bin in which it was counted
            places[x] = np.int32(k)
            mixed[x] = v - k
        for x in range(plane.shape[1]):
            k, t = np.uint32(np.uint32(places[x]) * np.uint32(2)), mixed[x]
            i, j = lefts[x] + k, rights[x] + k  # unsigned: an index that may be negative costs a test
            a = line[i] + t * line[i + np.uint32(1)]
            b = line[j] + t * line[j + np.uint32(1)]
            mixed[x] = a + weights[x] * (b - a)
        if value > one:
            for x in range(plane.shape[1]):
                out[y, x] = np.int32(np.rint(min(max(mixed[x], np.float32(0)), np.float32(65535))))
        else:
            for x in range(plane.shape[1]):
                v = min(max(mixed[x], np.float32(0)), one)
                out[y, x] = v if plane[y, x] == plane[y, x] else plane[y, x]


def clahe(
    image: np.ndarray,
    *,
    clip_limit: float = 2.0,
    tiles: tuple[int, int] = (8, 8),
    bins: int = 256,
    color: str = "luminance",
    mask: np.ndarray | None = None,
) -> np.ndarray:
    """Contrast-limited adaptive histogram equalization.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8, uint16, float32 or float64; float images are cut off to [0, 1], and refused if they are clearly in other
        units (see `to_uint8`).  The bins lie over full scale: levels of 12 bits in a
        uint16 image fill 16 of the 256 bins, and are hardly changed.  Bring them to full scale first, by
        ``imgproc.rescale(image, source="12bit")``.
    clip_limit : float
        Highest count a bin may keep, as a multiple of the mean count, hence the steepest slope of the mapping; what is
        above is handed round to all bins.  0 clips nothing.  OpenCV's `clipLimit`; 256 times scikit-image's.
    tiles : (int, int)
        How many tiles the image is cut into, (rows, columns).  OpenCV's `tileGridSize` reversed.
    bins : int
        Bins of each tile's histogram over full scale, 2 to 4,096.
    color : {"luminance", "per_channel"}
        For RGB: on luma, whose change is added to R, G and B, or on each channel.
    mask : ndarray of bool, shape (h, w), optional
        Which pixels the tiles count.  Every pixel is mapped; a tile that counts none maps levels to themselves.

    Returns
    -------
    ndarray
        Same shape and dtype.  Equal to OpenCV 5.0's ``createCLAHE(clip_limit, tiles[::-1]).apply`` for uint8 grey and
        256 bins, whatever the size: an image that the tiles do not divide is extended at the right and the bottom by
        ``reflect_101``, in both directions as OpenCV does.  Other dtypes use the same 256 bins without rounding the
        tiles' tables to levels, so a 16-bit or float copy of an 8-bit image gives the same picture within one level of
        255, and an image with levels in between the same as its rounding to 8 bits within two.  NaN stays and is not
        counted.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value,
        or floats are clearly not levels from 0 to 1 (see `to_uint8`).

    References
    ----------
    .. [1] K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994, 474-485.  The
       excess is handed round once, as OpenCV does, so a bin may end above the limit.

    Examples
    --------
    >>> dark = image // 4
    >>> bool(clahe(dark, clip_limit=2.0, tiles=(4, 4)).std() > dark.std())
    True
    """
    image = as_image(image)
    must_be_unit(image, who="clahe", mask=as_mask(mask, image))
    return equalized_in_tiles(image, clip_limit=clip_limit, tiles=tiles, bins=bins, color=color, mask=mask)


def equalized_in_tiles(
    image: np.ndarray, *, clip_limit: float, tiles: Any, color: str, bins: int = 256, mask: np.ndarray | None = None
) -> np.ndarray:
    """Do as `clahe` does, but cut levels beyond [0, 1] whatever they are: what a chain has made of an image."""
    limit = real(clip_limit, "clip_limit", at_least=0)
    tiles = size_pair(tiles, "tiles")
    bins = integer(bins, "bins", at_least=2, at_most=4096)
    amount_within(tiles[0] * tiles[1] * bins, image, "tiles[0] * tiles[1] * bins")
    color = color_mode(color, image)
    mask = as_mask(mask, image)
    if image.size == 0:
        return image.copy()
    return on_intensity(image, color, lambda plane: _clahe_plane(plane, limit, tiles, bins, mask))


def _clahe_plane(
    plane: np.ndarray, limit: float, tiles: tuple[int, int], bins: int, mask: np.ndarray | None
) -> np.ndarray:
    (h, w), (rows, columns) = plane.shape, tiles
    bytewise = plane.dtype == np.uint8 and bins == 256
    if h % rows == 0 and w % columns == 0:
        padded = h, w
    else:  # OpenCV: where one direction needs padding, the other gets some too
        padded = h + rows - h % rows, w + columns - w % columns
    tile = padded[0] // rows, padded[1] // columns
    ymap = index_map(h, 0, padded[0] - h, "reflect_101")
    xmap = index_map(w, 0, padded[1] - w, "reflect_101")
    top = full_scale(plane.dtype)
    position = (bins - 1) / top
    tables = np.empty((rows, columns, bins), np.float32)
    valid = valid_pixels(plane, mask)

    def tile_rows(first: int, stop: int) -> None:
        lanes, codes = np.empty((columns, 4, bins + 1), np.uint32), np.empty(padded[1], np.int32)
        for t in range(first, stop):
            lanes.fill(0)
            lines = ymap[t * tile[0] : (t + 1) * tile[0]]
            _count_tiles(plane, valid, lines, xmap, position, codes, lanes)
            _clip_and_sum(lanes, limit, tables[t])

    run_bands(tile_rows, rows, pixels=plane.size)
    out = np.empty(plane.shape, plane.dtype)
    cells_y, cells_x = _cells(h, tile[0]), _cells(w, tile[1])

    lefts, rights = ((np.clip(cells_x[0] - k, 0, columns - 1) * 2 * bins).astype(np.uint32) for k in (1, 0))

    def band(a: int, b: int) -> None:
        place = cells_y[0][a:b], cells_y[1][a:b]
        if bytewise:
            _blend_bytes(plane[a:b], packed, *place, *cells_x, np.empty(w, np.uint32), out[a:b])
        else:
            scratch = np.empty((3, max(columns * 2 * bins, w)), np.float32)
            where = lefts, rights, cells_x[1]
            _blend(plane[a:b], lines, place, where, position, top / (bins - 1), scratch, out[a:b])

    if bytewise:
        packed = np.empty((rows + 1, columns + 1, 256), np.uint32)
        _pack_corners(np.rint(tables, out=tables).astype(np.uint8), packed)
    else:
        lines = np.empty((rows, columns, 2 * bins), np.float32)
        _add_slopes(tables, np.float32(_RISE * (bins - 1)), lines)
    run_bands(band, h, pixels=plane.size)
    return out


def _cells(size: int, tile: int) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel how many tile centres are at or before its own, and how far it is on to the next."""
    place = np.arange(size, dtype=np.float32) * (np.float32(1) / np.float32(tile)) - np.float32(0.5)
    first = np.floor(place)
    return first.astype(np.int64) + 1, place - first


def _rows() -> list[Case]:
    import cv2
    from skimage import exposure

    theirs = cv2.createCLAHE(2.0, (8, 8))
    coarse = cv2.createCLAHE(2.0, (8, 8))
    coarse.setBitShift(8)  # 256 bins for 16 bits; it has 65536 otherwise, too many for the pixels of a tile
    return [
        Case(
            "clahe",
            "CLAHE, clip limit 2, 8×8 tiles",
            "grey",
            lambda x: clahe(x, clip_limit=2.0, tiles=(8, 8)),
            {
                "cv2 CLAHE": Peer(theirs.apply, limit=1.0, tolerance=1),
                "skimage equalize_adapthist": Peer(
                    lambda x: exposure.equalize_adapthist(x, clip_limit=2 / 256),
                    difference=levels_of_unit,
                    note="another clipping rule; stretches before and after",
                ),
            },
            first="imgproc.clahe(image)",
        ),
        Case(
            "clahe, 16-bit",
            "CLAHE, clip limit 2, 8×8 tiles",
            "grey 16-bit",
            lambda x: clahe(x, clip_limit=2.0, tiles=(8, 8)),
            {"cv2 CLAHE": Peer(coarse.apply, limit=1.1, note="in 256 bins by setBitShift(8); ours has 4,096")},
        ),
    ]


declare(clahe, peers=_rows)
