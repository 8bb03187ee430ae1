"""Footprints on masks, with 64 pixels in a word.

Whether a footprint meets a True pixel is a matter of shifting words and joining them.  Along rows and along columns a
window grows by joining it with itself, shifted by its own length, so that its cost grows with the number of binary
digits of its length.  An erosion is a dilation of what is outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.border import index_map
from .._core.jit import Intrinsic, borrowed, kernel
from .._core.planes import canonical
from .._core.threads import run_bands
from ._extremes import MIRRORS
from ._footprint import Shape, reflected

WORD = 64
"""Pixels of a word."""

BLOCK_WORDS = 1 << 13
"""Words of a block of rows, which fit into a fast cache with those that are made of them."""

ALL = (1 << WORD) - 1


def _gathered(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    byte = ir.IntType(8)
    vector = ir.VectorType(byte, WORD)

    def gather(typing_context, array, place):
        def generate(context, builder, signature, args):
            data = context.make_array(array)(context, builder, args[0]).data
            at = builder.bitcast(builder.gep(data, [args[1]]), vector.as_pointer())
            found = builder.icmp_unsigned("!=", builder.load(at, align=1), ir.Constant(vector, [0] * WORD))
            return builder.bitcast(found, ir.IntType(WORD))

        return types.uint64(array, types.intp), generate

    return intrinsic(gather)


def _gathered_plainly(array: np.ndarray, place: int) -> np.uint64:
    return np.packbits(array[place : place + WORD] != 0, bitorder="little").view(np.uint64)[0]


gather_bits = Intrinsic(_gathered, _gathered_plainly)
"""``gather_bits(array, place)`` in a kernel: a word of which of 64 bytes are not 0, the first one lowest."""


def _spread(intrinsic: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    byte, bit = ir.IntType(8), ir.IntType(1)
    vector = ir.VectorType(byte, WORD)

    def spread(typing_context, word, array, place):
        def generate(context, builder, signature, args):
            data = context.make_array(array)(context, builder, args[1]).data
            at = builder.bitcast(builder.gep(data, [args[2]]), vector.as_pointer())
            bits = builder.bitcast(args[0], ir.VectorType(bit, WORD))
            builder.store(builder.zext(bits, vector), at, align=1)
            return context.get_dummy_value()

        return types.void(types.uint64, array, types.intp), generate

    return intrinsic(spread)


def _spread_plainly(word: np.uint64, array: np.ndarray, place: int) -> None:
    array[place : place + WORD] = np.unpackbits(np.array([word], np.uint64).view(np.uint8), bitorder="little")


spread_bits = Intrinsic(_spread, _spread_plainly)
"""``spread_bits(word, array, place)`` in a kernel: the 64 bits of a word into 64 bytes, each 0 or 1."""


@kernel(inner=True)
def _pack(mask, turn, first, before, across, words):
    """Rows of a mask, from row `first` on, into words; what lies outside of it becomes 0.

    Each row begins with so many words of 0.  `turn` is 0, or all ones to pack what is False."""
    h, w = mask.shape
    whole, one = w // WORD, np.uint64(1)
    last = (one << np.uint64(w % WORD)) - one
    for j in range(words.size // across):
        here, y = words[j * across : (j + 1) * across], first + j
        for k in range(across):
            here[k] = 0
        if 0 <= y < h:
            row = mask[y]
            for k in range(whole):
                here[before + k] = gather_bits(row, WORD * k) ^ turn
            if last != 0:
                found = np.uint64(0)
                for x in range(WORD * whole, w):
                    found |= np.uint64(row[x] != 0) << np.uint64(x - WORD * whole)
                here[before + whole] = (found ^ turn) & last


@kernel(inner=True)
def _unpack(words, across, shift, turn, out):
    """Words into rows; the first pixel of a row is bit number `shift` of its words."""
    whole, part, one = shift // WORD, np.uint64(shift % WORD), np.uint64(1)
    rest = np.uint64(WORD - 1) - part
    for y in range(out.shape[0]):
        row, here = out[y], words[y * across + whole :]
        count = row.size // WORD
        for k in range(count):
            spread_bits(((here[k] >> part) | ((here[k + 1] << one) << rest)) ^ turn, row, WORD * k)
        if count * WORD < row.size:
            found = ((here[count] >> part) | ((here[count + 1] << one) << rest)) ^ turn
            for x in range(count * WORD, row.size):
                row[x] = (found >> np.uint64(x - count * WORD)) & one


@kernel(inner=True)
def _join_shifted(words, shift, count, joined):
    """Join each pixel with the one that is `shift` further on, as if all rows were one."""
    whole, part = shift // WORD, np.uint64(shift % WORD)
    rest, one = np.uint64(WORD - 1) - part, np.uint64(1)
    near, far = words[whole:], words[whole + 1 :]
    for i in range(count):
        joined[i] = words[i] | (near[i] >> part) | ((far[i] << one) << rest)


@kernel(inner=True)
def _join_words(words, shift, count, joined):
    near = words[shift:]
    for i in range(count):
        joined[i] = words[i] | near[i]


@kernel
def _rectangle(mask, reach, layout, turn, words, y0, y1, out):
    """Rows y0 to y1 of which pixels have a True one in a rectangle.

    `reach`: how far it goes up, down, left and right.  `layout`: words of 0 before each row, and of a row in all.
    `words` are two rows of working memory.
    """
    mask, words, out = borrowed(mask), borrowed(words), borrowed(out)
    top, bottom, left, right = reach
    before, across = layout
    here, there, tall, wide = words[0], words[1], top + bottom + 1, left + right + 1
    count = (y1 - y0 + tall - 1) * across
    _pack(mask, turn, y0 - top, before, across, here[:count])
    span = 1
    while span < wide:
        shift = min(span, wide - span)
        _join_shifted(here, shift, count, there)
        here, there = there, here
        span += shift
    span = 1
    while span < tall:
        shift = min(span, tall - span)
        _join_words(here, shift * across, count, there)
        here, there = there, here
        span += shift
    _unpack(here, across, before * WORD - left, turn, out[y0:y1])


@kernel(inner=True)
def _join_run(windows, a, b, count, joined):
    """Join with a run of each pixel: two windows that begin `a` and `b` bits further on."""
    first, second, one = np.uint64(a % WORD), np.uint64(b % WORD), np.uint64(1)
    left, right = np.uint64(WORD - 1) - first, np.uint64(WORD - 1) - second
    a0, a1, b0, b1 = windows[a // WORD :], windows[a // WORD + 1 :], windows[b // WORD :], windows[b // WORD + 1 :]
    for i in range(count):
        begin = (a0[i] >> first) | ((a1[i] << one) << left)
        end = (b0[i] >> second) | ((b1[i] << one) << right)
        joined[i] |= begin | end


@kernel
def _runs(mask, runs, reach, layout, turn, words, y0, y1, out):
    """Rows y0 to y1 of which pixels have a True one in a footprint.

    `runs`: how many rows below the uppermost one, which power of two, and where both windows begin.  `words` has a row
    for the result and one for each power of two.
    """
    mask, words, out, runs = borrowed(mask), borrowed(words), borrowed(out), borrowed(runs)
    top, bottom, left, _ = reach
    before, across = layout
    count = (y1 - y0 + top + bottom) * across
    _pack(mask, turn, y0 - top, before, across, words[1][:count])
    for k in range(2, words.shape[0]):
        _join_shifted(words[k - 1], 1 << (k - 2), count, words[k])
    found, count = words[0], (y1 - y0) * across
    for i in range(count):
        found[i] = 0
    for k in range(runs.shape[0]):
        run = runs[k]
        further = run[0] * across * WORD
        _join_run(words[1 + run[1]], further + run[2], further + run[3], count, found)
    _unpack(found, across, before * WORD - left, turn, out[y0:y1])


def meets(mask: np.ndarray, shape: Shape, everywhere: bool, border: str, fill: bool) -> np.ndarray:
    """Which pixels of a mask (h, w) or (h, w, c) have a True one in their footprint, or nothing else, if `everywhere`.

    The mask must not be empty.
    """
    if mask.ndim == 3:
        planes = [meets(mask[..., c], shape, everywhere, border, fill) for c in range(mask.shape[2])]
        return np.stack(planes, axis=-1)
    shape = shape if everywhere else reflected(shape)
    if (shape.solid and border in MIRRORS) or (border == "constant" and fill == everywhere):
        return _met(canonical(mask.view(np.uint8)), shape, everywhere)
    h, w = mask.shape
    rows = index_map(h, shape.top, shape.bottom, border)
    columns = index_map(w, shape.left, shape.right, border)
    framed = mask[np.maximum(rows, 0)[:, np.newaxis], np.maximum(columns, 0)]
    framed[rows < 0], framed[:, columns < 0] = fill, fill
    found = _met(framed.view(np.uint8), shape, everywhere)
    return np.ascontiguousarray(found[shape.top : shape.top + h, shape.left : shape.left + w])


def _met(mask: np.ndarray, shape: Shape, everywhere: bool) -> np.ndarray:
    """The same, where pixels outside do not count."""
    out = np.empty(mask.shape, bool)
    result, (h, w) = out.view(np.uint8), mask.shape
    reach, tall = (shape.top, shape.bottom, shape.left, shape.right), shape.tall
    before = -(-shape.left // WORD)
    across = before - (-(w + shape.right) // WORD)
    rows = min(max(BLOCK_WORDS // across, 4 * tall), h)
    turn = np.uint64(ALL if everywhere else 0)
    count = (rows + tall - 1) * across
    levels = 1 if shape.filled else shape.levels
    # What comes after the last word is read, and meets only what no pixel of the result sees.
    spare = shape.wide // WORD + 2 + (tall * across if shape.filled else 0)

    def block(y0: int, y1: int) -> None:
        words = np.empty((1 + levels, count + spare), np.uint64)
        if shape.filled:
            _rectangle(mask, reach, (before, across), turn, words, y0, y1, result)
        else:
            _runs(mask, shape.windows, reach, (before, across), turn, words, y0, y1, result)

    run_bands(block, h, pixels=mask.size, rows=rows)
    return out
