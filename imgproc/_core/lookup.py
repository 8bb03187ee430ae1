"""Look-up tables for integer images."""

from __future__ import annotations

from typing import Any

import numpy as np

from .jit import Intrinsic, cpu_has, kernel
from .planes import as_planes, canonical
from .threads import run_bands

VECTOR = 64


def _vector_look_up(channels: int, vectors: int) -> Intrinsic:
    """Make ``step(values, start, tables, at, out)``, which looks up ``64 * vectors`` bytes of interleaved channels.

    The values begin at index `start`, and the tables, one for each channel, at byte `at`.  `vectors` must be a multiple
    of `channels`.  The tables are loaded only once for all vectors: LLVM would load them again after each store, as it
    cannot know that the store did not change them.

    One AVX-512 VBMI instruction picks 64 bytes out of 128.  Two of them, and a choice by the top bit of the value, do
    the work of a table of 256.
    """

    def build(intrinsic: Any) -> Any:
        from llvmlite import ir
        from numba.core import cgutils, types

        byte, vector = ir.IntType(8), ir.VectorType(ir.IntType(8), VECTOR)
        zero = ir.Constant(vector, [0] * VECTOR)

        def step(typing_context, values, start, tables, at, out):
            def generate(context, builder, signature, args):
                def pointer(k, offset):
                    data = context.make_array(signature.args[k])(context, builder, args[k]).data
                    place = builder.add(args[3 if k == 2 else 1], ir.Constant(args[1].type, offset))
                    place = builder.gep(builder.bitcast(data, byte.as_pointer()), [place])
                    return builder.bitcast(place, vector.as_pointer())

                kind = ir.FunctionType(vector, [vector] * 3)
                pick = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.qi.512")
                parts = [builder.load(pointer(2, VECTOR * k), align=1) for k in range(4 * channels)]
                for j in range(vectors):
                    index = builder.load(pointer(0, VECTOR * j), align=1)
                    upper = builder.icmp_signed("<", index, zero)
                    result = zero
                    for c in range(channels):
                        a, b, d, e = parts[4 * c : 4 * c + 4]
                        found = builder.select(
                            upper, builder.call(pick, [d, index, e]), builder.call(pick, [a, index, b])
                        )
                        lanes = [(VECTOR * j + lane) % channels == c for lane in range(VECTOR)]
                        mine = ir.Constant(ir.VectorType(ir.IntType(1), VECTOR), lanes)
                        result = builder.select(mine, found, result)
                    builder.store(result, pointer(4, VECTOR * j), align=1)
                return context.get_dummy_value()

            return types.void(values, types.intp, tables, types.intp, out), generate

        return intrinsic(step)

    return Intrinsic(build)


look_up_vector = _vector_look_up(1, 1)
look_up_eight = _vector_look_up(1, 8)
look_up_rgb = _vector_look_up(3, 6)


@kernel(needs="avx512vbmi")
def _look_up_bytes(values, tables, out):
    eights, whole = values.size // (8 * VECTOR), values.size // VECTOR
    for i in range(eights):
        look_up_eight(values, 8 * VECTOR * i, tables, 0, out)
    for i in range(8 * eights, whole):
        look_up_vector(values, VECTOR * i, tables, 0, out)
    for i in range(VECTOR * whole, values.size):
        out[i] = tables[0, values[i]]


@kernel(needs="avx512vbmi")
def _look_up_rgb_bytes(values, tables, out):
    whole = values.size // (6 * VECTOR)
    for i in range(whole):
        look_up_rgb(values, 6 * VECTOR * i, tables, 0, out)
    for i in range(2 * VECTOR * whole, values.size // 3):
        for c in range(3):
            out[3 * i + c] = tables[c, values[3 * i + c]]


@kernel
def _look_up(values, tables, out):
    table = tables[0]
    for i in range(values.size):
        out[i] = table[values[i]]


@kernel
def _look_up_rgb(values, tables, out):
    red, green, blue = tables[0], tables[1], tables[2]
    for i in range(values.size // 3):
        out[3 * i] = red[values[3 * i]]
        out[3 * i + 1] = green[values[3 * i + 1]]
        out[3 * i + 2] = blue[values[3 * i + 2]]


@kernel
def _look_up_channels(image, tables, out):
    h, w, channels = image.shape
    for y in range(h):
        for x in range(w):
            for c in range(channels):
                out[y, x, c] = tables[c, image[y, x, c]]


def look_up(image: np.ndarray, tables: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Replace each value by its entry in a table: ``tables[c, image[y, x, c]]``.

    The result has the rank of the image and the dtype of the tables.

    Parameters
    ----------
    image : ndarray of shape (h, w) or (h, w, c)
        uint8 or uint16.
    tables : ndarray of shape (c, levels) or (1, levels)
        One table for each channel, or one for all channels.
    out : ndarray, optional
        The result is written here: a C-contiguous array of the image's shape and the tables' dtype.
    """
    planes, tables = as_planes(image), canonical(tables)
    h, w, channels = planes.shape
    if out is None:
        out = np.empty(image.shape, tables.dtype)
    target = out.reshape(h, w * channels)
    bytewise = planes.dtype == tables.dtype == np.uint8 and cpu_has("avx512vbmi")
    if tables.shape[0] == 1:
        flat = _look_up_bytes if bytewise else _look_up
    elif channels == 3:
        flat = _look_up_rgb_bytes if bytewise else _look_up_rgb
    else:
        flat = None

    def band(y0: int, y1: int) -> None:
        if flat is None:
            _look_up_channels(planes[y0:y1], tables, target[y0:y1].reshape(y1 - y0, w, channels))
        else:
            flat(planes[y0:y1].reshape(-1), tables, target[y0:y1].reshape(-1))

    run_bands(band, h, pixels=h * w)
    return out
