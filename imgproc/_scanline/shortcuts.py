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


class _Sixteen:
    """Code for sixteen RGB pixels at once: a vector of 64 bytes, of which the last 16 do not count.

    A channel of them is a vector of sixteen numbers.  Nothing is contracted or reordered, so that the floats are those
    of `mix_to_three`.
    """

    def __init__(self, context: Any, builder: Any) -> None:
        from llvmlite import ir

        self.ir, self.context, self.builder = ir, context, builder
        self.byte, self.half, self.word = ir.IntType(8), ir.IntType(16), ir.IntType(32)
        self.bytes, self.halves = ir.VectorType(self.byte, 64), ir.VectorType(self.half, 32)
        self.words, self.floats = ir.VectorType(self.word, 16), ir.VectorType(ir.FloatType(), 16)

    def pointer(self, kind: Any, array: Any, start: Any) -> Any:
        """The address of 64 bytes of an array of this kind, from byte `start` on."""
        data = self.context.make_array(kind)(self.context, self.builder, array).data
        place = self.builder.gep(self.builder.bitcast(data, self.byte.as_pointer()), [start])
        return self.builder.bitcast(place, self.bytes.as_pointer())

    def shuffle(self, one: Any, two: Any, order: list[int]) -> Any:
        """Elements of two vectors, which are numbered one after the other, in this order."""
        return self.builder.shuffle_vector(one, two, self.ir.Constant(self.ir.VectorType(self.word, len(order)), order))

    def everywhere(self, number: Any) -> Any:
        """A vector that holds one float everywhere."""
        none = self.ir.Constant(self.floats, self.ir.Undefined)
        first = self.builder.insert_element(none, number, self.ir.Constant(self.word, 0))
        return self.shuffle(first, none, [0] * 16)

    def instruction(self, name: str, result: Any, *operands: Any) -> Any:
        """One instruction of AVX-512, by LLVM's name for it."""
        from numba.core import cgutils

        kind = self.ir.FunctionType(result, [operand.type for operand in operands])
        function = cgutils.get_or_insert_function(self.builder.module, kind, f"llvm.x86.avx512.{name}.512")
        return self.builder.call(function, operands)

    def channel(self, pixels: Any, k: int, less: float) -> Any:
        """Channel k of the pixels, as floats, less a number."""
        zeros = self.ir.Constant(self.bytes, [0] * 64)
        apart = self.shuffle(pixels, zeros, [lane for i in range(16) for lane in (3 * i + k, 64, 64, 64)])
        levels = self.builder.sitofp(self.builder.bitcast(apart, self.words), self.floats)
        return self.builder.fsub(levels, self.ir.Constant(self.floats, [less] * 16)) if less else levels

    def mixed(self, channels: list[Any], row: list[Any]) -> Any:
        """The sum of three channels times the numbers of a row of the matrix, and its shift."""
        builder, (red, green, blue), (cr, cg, cb, shift) = self.builder, channels, map(self.everywhere, row)
        total = builder.fadd(builder.fmul(cr, red), builder.fmul(cg, green))
        return builder.fadd(builder.fadd(total, builder.fmul(cb, blue)), shift)

    def rounded(self, floats: Any) -> Any:
        """The nearest integers, of two equally near ones the even one."""
        zeros, all_lanes = self.ir.Constant(self.words, [0] * 16), self.ir.Constant(self.half, -1)
        mode = self.ir.Constant(self.word, 4)  # that of the thread, which rounds to nearest
        return self.instruction("mask.cvtps2dq", self.words, floats, zeros, all_lanes, mode)

    def pixels(self, red: Any, green: Any, blue: Any) -> Any:
        """Pixels made of three channels of integers.  Those beyond the ends of bytes become 0 or 255."""
        low = self.instruction("packssdw", self.halves, red, green)
        high = self.instruction("packssdw", self.halves, blue, blue)
        # Packed, four pixels are 4 reds, 4 greens, 4 blues, and the blues again.
        packed = self.instruction("packuswb", self.bytes, low, high)
        order = [16 * (i // 4) + 4 * k + i % 4 for i in range(16) for k in range(3)]
        return self.shuffle(packed, packed, order + [0] * 16)


def _mixing_sixteen(less: tuple[float, float, float]) -> Intrinsic:
    """Make ``step(values, start, out, rows)``: a matrix, given as a tuple of rows, on sixteen pixels.

    They begin at byte `start`.  Channels are mixed less the numbers of `less`.  64 bytes are read and written, of which
    the last 16 do not count.
    """

    def build(intrinsic: Any) -> Any:
        from numba.core import types

        def step(typing_context, values, start, out, rows):
            def generate(context, builder, signature, args):
                code, (source, first, target, matrix) = _Sixteen(context, builder), args
                pixels = builder.load(code.pointer(values, source, first), align=1)
                channels = [code.channel(pixels, k, less[k]) for k in range(3)]
                results = []
                for k in range(3):
                    row = [builder.extract_value(matrix, (k, column)) for column in range(4)]
                    results.append(code.rounded(code.mixed(channels, row)))
                builder.store(code.pixels(*results), code.pointer(out, target, first), align=1)
                return context.get_dummy_value()

            return types.void(values, types.intp, out, types.UniTuple(types.UniTuple(types.float32, 4), 3)), generate

        return intrinsic(step)

    return Intrinsic(build)


_step = _mixing_sixteen((0.0, 0.0, 0.0))
mix_differences = _mixing_sixteen((0.0, 128.0, 128.0))
"""The same of luma and two differences."""


@kernel(needs="avx512vbmi")
def _mix(values, m, out):
    """Apply the matrix m to RGB pixels: sixteen at once, and the last ones one by one."""
    rows = row_of(m, 0), row_of(m, 1), row_of(m, 2)
    steps = max((values.size - 16) // 48, 0)  # none reads or writes beyond its band
    for i in range(steps):
        _step(values, 48 * i, out, rows)
    for i in range(48 * steps, values.size, 3):
        r, g, b = np.float32(values[i]), np.float32(values[i + 1]), np.float32(values[i + 2])
        out[i], out[i + 1], out[i + 2] = _level(rows[0], r, g, b), _level(rows[1], r, g, b), _level(rows[2], r, g, b)


@kernel(inner=True)
def row_of(m, k):
    """A row of a matrix, as `_mixing_sixteen` wants it."""
    return m[k, 0], m[k, 1], m[k, 2], m[k, 3]


@kernel(inner=True)
def _level(row, r, g, b):
    """One level of a mixed pixel, as an integer between 0 and 255."""
    cr, cg, cb, shift = row
    return np.rint(min(max(cr * r + cg * g + cb * b + shift, np.float32(0)), np.float32(255)))
