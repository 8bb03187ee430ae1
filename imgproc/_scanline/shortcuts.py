"""Short cuts: operations that need no rows of levels.  They give the same bytes as the kernels of rows.

These are painted rectangles, the negative of integers, and one matrix or permutation of the channels of 8-bit RGB.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.formats import channels_of, work_dtype
from .._core.jit import Intrinsic, cpu_has, kernel
from .._core.planes import canonical, full_scale
from .._core.threads import run_bands
from .operations._base import Operation
from .operations.erase import ERASE
from .operations.invert import INVERT
from .operations.matrix import MATRIX
from .operations.permute import PERMUTE
from .stages import Fill, Op

LARGEST = float(1 << 20)
"""The results of a matrix on bytes fit int32 with room to spare if its numbers add up to less than this."""


def is_painting(ops: Sequence[Op], channels: int) -> bool:
    """Whether the operations only paint rectangles with a level."""
    for kind, params, *_ in ops:
        if kind is not ERASE or params[1] or (type(params[3]) is tuple and len(params[3]) != channels):
            return False
    return True


def paint(image: np.ndarray, ops: Sequence[Op]) -> None:
    """Paint rectangles into an image."""
    for op in ops:
        levels, flat = _levels(op.params[3], image.dtype), op.params[4]
        corners = zip(flat[::4], flat[1::4], flat[2::4], flat[3::4])
        if all(v == levels[0] for v in levels):
            for y0, x0, y1, x1 in corners:
                image[y0:y1, x0:x1] = levels[0]
        else:
            line = np.tile(np.array(levels, image.dtype), (image.shape[1], 1))  # faster than levels repeated
            for y0, x0, y1, x1 in corners:
                image[y0:y1, x0:x1] = line[x0:x1]


@functools.lru_cache(maxsize=256)
def _levels(fill: Fill, dtype: np.dtype) -> list[Any]:
    """Compute the levels of a fill as the kernels do."""
    kind, top = work_dtype(dtype).type, full_scale(dtype)
    with np.errstate(over="ignore"):
        levels = [kind(v * top) for v in (fill if type(fill) is tuple else (fill,))]
    return [round(min(max(v, 0), top)) for v in levels] if dtype.kind == "u" else levels


def is_inverting(ops: Sequence[Op], image: np.ndarray) -> bool:
    """Whether the operations only make the negative of an integer image."""
    return len(ops) == 1 and ops[0].kind is INVERT and image.dtype.kind == "u"


def invert(image: np.ndarray, out: np.ndarray) -> None:
    """Take each level from full scale."""
    np.invert(image, out=out)


def is_mixing(ops: Sequence[Op], image: np.ndarray) -> bool:
    """Whether the operations only mix or permute the channels of 8-bit RGB, on a CPU that has instructions for it."""
    if len(ops) != 1 or image.dtype != np.uint8 or channels_of(image) != 3:
        return False
    kind, params, *_ = ops[0]
    if kind not in (MATRIX, PERMUTE) or (kind is PERMUTE and params[0] != 3) or not cpu_has("avx512vbmi"):
        return False
    return sum(map(abs, params)) < LARGEST


def mix(op: Op, image: np.ndarray, out: np.ndarray) -> None:
    """Mix or permute the channels of 8-bit RGB; `out` is C-contiguous."""
    h, line = image.shape[0], 3 * image.shape[1]
    source, target, rows = canonical(image).reshape(-1), out.reshape(-1), _rows(op.kind, op.params)

    def band(y0: int, y1: int) -> None:
        _mix(source[y0 * line : y1 * line], rows, target[y0 * line : y1 * line])

    run_bands(band, h, pixels=h * image.shape[1])


@functools.lru_cache(maxsize=64)
def _rows(kind: Operation, params: tuple[Any, ...]) -> np.ndarray:
    """The matrix as kernels want it: three rows of (cr, cg, cb, shift) in float32."""
    if kind is PERMUTE:
        rows = np.eye(3, 4)
        for a, b in zip(params[2::2], params[3::2]):
            rows[[a, b]] = rows[[b, a]]
    else:
        rows = np.array(params).reshape(3, 4)
        rows[:, 3] *= 255.0
    return rows.astype(np.float32)


def _mix_sixteen(intrinsic: Any) -> Any:
    """``step(values, start, out, ...)`` applies a matrix, row by row, to sixteen pixels from byte `start` on.

    It reads and writes 64 bytes; the last 16 of them do not count.  It does the same operations on floats as
    `mix_to_three` in the same order.  Conversion and packing round half to even and saturate, as that does.
    """
    from llvmlite import ir
    from numba.core import cgutils, types

    byte, half, word = ir.IntType(8), ir.IntType(16), ir.IntType(32)
    pixels, words = ir.VectorType(ir.FloatType(), 16), ir.VectorType(word, 16)
    vector, halves = ir.VectorType(byte, 64), ir.VectorType(half, 32)
    none, zeros = ir.Constant(pixels, ir.Undefined), ir.Constant(vector, [0] * 64)

    def step(typing_context, values, start, out, a, b, c, d, e, f, g, h, p, q, r, s):
        def generate(context, builder, signature, args):
            def pointer(k):
                data = context.make_array(signature.args[k])(context, builder, args[k]).data
                place = builder.gep(builder.bitcast(data, byte.as_pointer()), [args[1]])
                return builder.bitcast(place, vector.as_pointer())

            def shuffle(one, two, order):
                return builder.shuffle_vector(one, two, ir.Constant(ir.VectorType(word, len(order)), order))

            def call(name, result, *operands):
                kind = ir.FunctionType(result, [operand.type for operand in operands])
                return builder.call(
                    cgutils.get_or_insert_function(builder.module, kind, f"llvm.x86.avx512.{name}.512"), operands
                )

            def everywhere(number):
                return shuffle(builder.insert_element(none, number, ir.Constant(word, 0)), none, [0] * 16)

            source = builder.load(pointer(0), align=1)
            channels = []
            for k in range(3):
                apart = shuffle(source, zeros, [lane for i in range(16) for lane in (3 * i + k, 64, 64, 64)])
                channels.append(builder.sitofp(builder.bitcast(apart, words), pixels))
            red, green, blue = channels
            mixed = []
            for k in range(3, 15, 4):
                cr, cg, cb, shift = (everywhere(number) for number in args[k : k + 4])
                total = builder.fadd(builder.fmul(cr, red), builder.fmul(cg, green))
                total = builder.fadd(builder.fadd(total, builder.fmul(cb, blue)), shift)
                rest = ir.Constant(words, [0] * 16), ir.Constant(half, -1), ir.Constant(word, 4)
                mixed.append(call("mask.cvtps2dq", words, total, *rest))
            red, green, blue = mixed
            # After packing, four pixels are 4 reds, 4 greens, 4 blues, and the blues again.
            pairs = call("packssdw", halves, red, green), call("packssdw", halves, blue, blue)
            packed = call("packuswb", vector, *pairs)
            order = [16 * (i // 4) + 4 * k + i % 4 for i in range(16) for k in range(3)]
            builder.store(shuffle(packed, packed, order + [0] * 16), pointer(2), align=1)
            return context.get_dummy_value()

        return types.void(values, types.intp, out, *(types.float32,) * 12), generate

    return intrinsic(step)


_step = Intrinsic(_mix_sixteen)


@kernel(needs="avx512vbmi")
def _mix(values, m, out):
    a, b, c, d = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    e, f, g, h = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    p, q, r, s = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    steps = max((values.size - 16) // 48, 0)  # no step reads or writes beyond its band
    for i in range(steps):
        _step(values, 48 * i, out, a, b, c, d, e, f, g, h, p, q, r, s)
    zero, top = np.float32(0), np.float32(255)
    for i in range(48 * steps, values.size, 3):
        x, y, z = np.float32(values[i]), np.float32(values[i + 1]), np.float32(values[i + 2])
        out[i] = np.rint(min(max(a * x + b * y + c * z + d, zero), top))
        out[i + 1] = np.rint(min(max(e * x + f * y + g * z + h, zero), top))
        out[i + 2] = np.rint(min(max(p * x + q * y + r * z + s, zero), top))
