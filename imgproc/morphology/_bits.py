"""Footprints on masks, with 64 pixels in a word.

Whether a footprint meets a True pixel is a matter of shifting words and joining them.  Along rows and along columns a
window grows by joining it with itself, shifted by its own length, so that its cost grows with the number of binary
digits of its length.  An erosion is a dilation of what is outside.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.formats import channels_of
from .._core.jit import Intrinsic, borrowed, kernel
from .._core.threads import run_bands
from ._footprint import Shape, reflected, windows_of
from ._lines import lines_of, load_line

WORD = 64
"""Pixels of a word."""

BLOCK_WORDS = 1 << 13
"""Words of a block of rows, which fit into a fast cache with those that are made of them."""


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
def _pack(lines, turn, y, count, line, words):
    """So many framed rows, from row `y` on, into words; `turn` is 0, or all ones for what is outside."""
    across = words.size // count
    for j in range(count):
        load_line(lines, y + j, line)
        row = words[j * across :]
        for k in range(across):
            row[k] = gather_bits(line, WORD * k) ^ turn


@kernel(inner=True)
def _unpack(words, across, turn, out):
    for y in range(out.shape[0]):
        row, here = out[y], words[y * across :]
        whole = row.size // WORD
        for k in range(whole):
            spread_bits(here[k] ^ turn, row, WORD * k)
        for x in range(whole * WORD, row.size):
            row[x] = ((here[whole] ^ turn) >> np.uint64(x - whole * WORD)) & np.uint64(1)


@kernel(inner=True)
def _join_shifted(words, shift, count, joined):
    """Join each pixel with the one that is `shift` to its right, as if all rows were one."""
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
def _rectangle(lines, window, turn, line, words, y0, y1, out):
    """Rows y0 to y1 of which pixels have a True one in a rectangle; `words` are two rows of working memory."""
    words, line, out = borrowed(words), borrowed(line), borrowed(out)
    tall, wide = window
    across = line.size // WORD
    here, there = words[0], words[1]
    count = (y1 - y0 + tall - 1) * across
    _pack(lines, turn, y0, y1 - y0 + tall - 1, line, here[:count])
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
    _unpack(here, across, turn, out[y0:y1])


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
def _runs(lines, runs, tall, turn, line, words, y0, y1, out):
    """Rows y0 to y1 of which pixels have a True one in a footprint.

    `runs`: how many rows below the uppermost one, which power of two, and where both windows begin.  `words` has a row
    for the result and one for each power of two.
    """
    words, line, out, runs = borrowed(words), borrowed(line), borrowed(out), borrowed(runs)
    across = line.size // WORD
    count = (y1 - y0 + tall - 1) * across
    _pack(lines, turn, y0, y1 - y0 + tall - 1, line, words[1][:count])
    for k in range(2, words.shape[0]):
        _join_shifted(words[k - 1], 1 << (k - 2), count, words[k])
    found, count = words[0], (y1 - y0) * across
    for i in range(count):
        found[i] = 0
    for k in range(runs.shape[0]):
        run = runs[k]
        before = run[0] * across * WORD
        _join_run(words[1 + run[1]], before + run[2], before + run[3], count, found)
    _unpack(found, across, turn, out[y0:y1])


def meets(mask: np.ndarray, shape: Shape, everywhere: bool, border: str, fill: bool) -> np.ndarray:
    """Which pixels of a mask (h, w) or (h, w, c) have a True one in their footprint, or nothing else, if `everywhere`.

    The mask must not be empty.
    """
    shape = shape if everywhere else reflected(shape)
    if mask.ndim == 3:
        planes = [meets(mask[..., c], shape, everywhere, border, fill) for c in range(channels_of(mask))]
        return np.stack(planes, axis=-1)
    out = np.empty(mask.shape, bool)
    lines = lines_of(mask, shape, border, np.bool_(fill))
    across = -(-lines.columns.size // WORD)
    rows = min(max(BLOCK_WORDS // across, 4 * shape.tall, 1), len(out))
    turn = np.uint64(((1 << WORD) - 1) * everywhere)
    result = out.view(np.uint8)

    def block(y0: int, y1: int) -> None:
        line = np.zeros(across * WORD, np.uint8)
        count = (y1 - y0 + shape.tall - 1) * across
        if shape.filled:
            # What comes after the last word is read, and meets only what no pixel of the result sees.
            words = np.zeros((2, count + shape.wide // WORD + 2 + shape.tall * across), np.uint64)
            _rectangle(lines, (shape.tall, shape.wide), turn, line, words, y0, y1, result)
        else:
            runs, levels = windows_of(shape, 1)
            words = np.zeros((1 + levels, count + shape.wide // WORD + 2), np.uint64)
            _runs(lines, runs, shape.tall, turn, line, words, y0, y1, result)

    run_bands(block, len(out), pixels=mask.size, rows=rows)
    return out
