"""Pixel operations: their constructors, and the packing of a list of them into arrays for the kernels.

A kernel runs a packed program by `prepare` once and `apply` for each chunk; see `_op_program`.  Levels are fractions of
full scale.  Numbers that may differ between channels are a number or a tuple of one per channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .op_program import (
    AFFINE,
    CONTRAST,
    CURVE,
    DROPOUT,
    ERASE,
    GAMMA,
    GAUSSIAN,
    HSV,
    INVERT,
    ISO,
    LOG,
    MATRIX,
    NORMALIZE,
    PERMUTE,
    POISSON,
    POSTERIZE,
    SALT_AND_PEPPER,
    SIGMOID,
    SOLARIZE,
    SPECKLE,
    TABLE,
    THRESHOLD,
    prepare,
    tabulate,
)
from .stages import Fill, Op

POSITIONAL = frozenset((GAUSSIAN, SPECKLE, POISSON, ISO, SALT_AND_PEPPER, DROPOUT, ERASE))
"""Codes of operations whose result depends on where a pixel is."""

BINDING = POSITIONAL | {CONTRAST}
"""Codes of operations after which pixels move no more: these, and what depends on all pixels."""

METHODS = ("binary", "binary_inverse", "truncate", "to_zero", "to_zero_inverse")
"""Of `threshold`."""

_RGB = frozenset((MATRIX, HSV, ISO))
_EACH = frozenset((AFFINE, CONTRAST, INVERT, GAMMA, LOG, SIGMOID, POSTERIZE, SOLARIZE, THRESHOLD, NORMALIZE))
"""Operations whose parameters stand once for each channel."""

_NO_TABLES = np.zeros((0, 1, 256), np.uint8)
_NO_WIDE = np.zeros((0, 1, 65536), np.uint16)


class Program(NamedTuple):
    """Operations as arrays for the kernels."""

    ops: np.ndarray
    params: np.ndarray
    tables: np.ndarray
    wide: np.ndarray
    channels: int
    """After the last operation."""
    normalized: bool
    """Whether the last operation gives floats that are neither rounded nor scaled to any dtype."""

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What `prepare` and `apply` take, in their order."""
        return self[:4]


class Layout(NamedTuple):
    """Operations as plain numbers."""

    plan: list[int]
    """Rows of `Program.ops`, flat, no table standing for any."""
    values: list[Any]
    arrays: list[Op]
    """Operations that are tables."""
    channels: int


Number = float | tuple[float, ...]


def affine(scale: Number, shift: Number = 0.0) -> Op:
    """``v * scale + shift``."""
    return Op(AFFINE, (scale, shift), None, "affine")


def contrast(factor: float) -> Op:
    """Blend with the mean luma of the image that arrives: for kernels that see all of it."""
    return Op(CONTRAST, (factor, 0.0), None, "contrast about the mean")


def invert() -> Op:
    """``1 - v``."""
    return Op(INVERT, (), None, "invert")


def gamma(gamma: Number, gain: Number = 1.0) -> Op:
    """``gain * v**gamma``, gamma > 0; levels below 0 give 0."""
    return Op(GAMMA, (gamma, gain), None, "gamma")


def log(gain: Number = 1.0, inverse: bool = False) -> Op:
    """``gain * log2(1 + v)``, inverse ``gain * (2**v - 1)``; levels below 0 give 0."""
    return Op(LOG, (gain, 1.0 if inverse else 0.0), None, "log")


def sigmoid(cutoff: Number, gain: Number, inverse: bool = False) -> Op:
    """``1 / (1 + exp(gain * (cutoff - v)))``, inverse 1 minus that."""
    return Op(SIGMOID, (cutoff, gain, 1.0 if inverse else 0.0), None, "sigmoid")


def posterize(bits: Number) -> Op:
    """The upper `bits` of each level, the others 0; floats: ``floor(v * 2**bits) / 2**bits``, below 1."""
    return Op(POSTERIZE, (bits,), None, "posterize")


def solarize(threshold: Number) -> Op:
    """``1 - v`` where ``v >= threshold``."""
    return Op(SOLARIZE, (threshold,), None, "solarize")


def threshold(value: Number, method: str = "binary") -> Op:
    """Compare with ``v > value``; `METHODS` are OpenCV's."""
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}, got {method!r}")
    return Op(THRESHOLD, (value, METHODS.index(method)), None, "threshold")


def curve(samples: Any) -> Op:
    """Linear between n even samples on [0, 1], flat beyond; (n,), or (c, n) for a curve a channel."""
    return Op(CURVE, (), np.asarray(samples, np.float64), "curve")


def table(array: np.ndarray) -> Op:
    """``array[v]`` for integer images, in their dtype: (levels,), or (c, levels) for a table a channel."""
    return Op(TABLE, (), array, "table")


def matrix(rows: Sequence[Sequence[float]]) -> Op:
    """Three rows of (cr, cg, cb, shift) on RGB, or one, which leaves one channel."""
    if len(rows) not in (1, 3) or any(len(row) != 4 for row in rows):
        raise ValueError(f"matrix must have 1 or 3 rows of 4, got {[len(row) for row in rows]}")
    return Op(MATRIX, (float(len(rows)), *(x for row in rows for x in row)), None, "matrix")


def hsv(
    hue: float = 0.0,
    saturation_scale: float = 1.0,
    saturation_shift: float = 0.0,
    value_scale: float = 1.0,
    value_shift: float = 0.0,
) -> Op:
    """On RGB: hue plus `hue` turns, saturation scaled, shifted and kept within [0, 1], value scaled and shifted."""
    return Op(HSV, (hue, saturation_scale, saturation_shift, value_scale, value_shift), None, "hsv")


def permute(order: Sequence[int]) -> Op:
    """Channel k of the result is channel ``order[k]``."""
    if sorted(order) != list(range(len(order))):
        raise ValueError(f"order must hold each channel once, got {tuple(order)}")
    now, swaps = list(range(len(order))), []
    for k, wanted in enumerate(order):
        j = now.index(wanted)
        if j != k:
            now[k], now[j] = now[j], now[k]
            swaps += (k, j)
    return Op(PERMUTE, (len(order), len(swaps) // 2, *swaps), None, "permute")


def normalize(mean: Number, std: Number) -> Op:
    """``(v - mean) / std`` as floats: only at the end of a program."""
    scale = tuple(1.0 / s for s in std) if isinstance(std, tuple) else 1.0 / std
    if isinstance(mean, tuple) and isinstance(scale, tuple):
        shift: Number = tuple(-m * s for m, s in zip(mean, scale))
    elif isinstance(mean, tuple):
        shift = tuple(-m * scale for m in mean)
    else:
        shift = tuple(-mean * s for s in scale) if isinstance(scale, tuple) else -mean * scale
    return Op(NORMALIZE, (scale, shift), None, "normalize")


def gaussian_noise(sigma: float, stream: int, *, mean: float = 0.0, per_channel: bool = True) -> Op:
    """Plus a normal number of this mean and standard deviation."""
    return Op(GAUSSIAN, (stream, 1.0 if per_channel else 0.0, mean, sigma), None, "gaussian_noise")


def speckle(sigma: float, stream: int, *, per_channel: bool = True) -> Op:
    """Times 1 plus a normal number of this standard deviation."""
    return Op(SPECKLE, (stream, 1.0 if per_channel else 0.0, sigma), None, "speckle")


def poisson_noise(peak: float, stream: int) -> Op:
    """Photon counts of mean ``v * peak``, divided by `peak`."""
    return Op(POISSON, (stream, 1.0, peak), None, "poisson_noise")


def iso_noise(color: float, intensity: float, stream: int) -> Op:
    """On RGB: a hue that varies by ``color * intensity`` turns, and grain that grows with intensity and light."""
    return Op(ISO, (stream, color, intensity), None, "iso_noise")


def salt_and_pepper(amount: float, salt: float, stream: int) -> Op:
    """White for a share ``amount * salt`` of the pixels, black for ``amount * (1 - salt)``."""
    pepper, either = round(amount * (1.0 - salt) * (1 << 24)), round(amount * (1 << 24))
    return Op(SALT_AND_PEPPER, (stream, 0.0, pepper, either), None, "salt_and_pepper")


def pixel_dropout(probability: float, fill: Fill, stream: int, *, per_channel: bool = False) -> Op:
    """`fill` for a share of the pixels, or of each channel's."""
    below = round(probability * (1 << 24))
    return Op(DROPOUT, (stream, 1.0 if per_channel else 0.0, below, fill), None, "pixel_dropout")


def erase(rectangles: Sequence[tuple[int, int, int, int]], fill: Fill | None, stream: int = 0) -> Op:
    """Rectangles (y0, x0, y1, x1) inside the frame get a level, or noise where `fill` is None."""
    flat = tuple(x for rectangle in rectangles for x in rectangle)
    noisy = fill is None
    return Op(ERASE, (len(rectangles), 1.0 if noisy else 0.0, stream, 0.0 if noisy else fill, flat), None, "erase")


def lay_out(ops: Sequence[Op], channels: int) -> Layout:
    """Codes and parameters of operations in their order; see `_op_program`.

    Raises
    ------
    ValueError
        If an operation does not fit the channels, or follows `normalize`.
    """
    values: list[Any] = []
    plan: list[int] = []  # four integers an operation, flat: this runs for every image
    arrays: list[Op] = []
    for op in ops:
        code, params, array, _ = op
        at = len(values)
        if code == TABLE:
            at = len(arrays)
            arrays.append(op)
        elif array is not None:
            samples = _curve(op, channels)
            values += (samples.size // channels, *samples.tolist())
        elif code in _EACH:
            values += _each(op, params, channels)
        elif code in (DROPOUT, ERASE):
            values += params[:3]
            values += _each(op, params[3:4], channels)
            values += params[4] if code == ERASE else ()
        else:
            if channels != 3 and code in _RGB:
                raise ValueError(f"{_name(op)} needs an RGB image, got {channels} channels")
            if code == PERMUTE and params[0] != channels:
                raise ValueError(f"{_name(op)} orders {params[0]} channels, got an image of {channels}")
            values += params[1:] if code == PERMUTE else params
            if code == MATRIX and params[0] == 1.0:
                channels = 1
        plan += (code, at, 1, -1)
    if NORMALIZE in plan[:-4:4]:
        k = plan[::4].index(NORMALIZE)
        raise ValueError(f"{_name(ops[k])} must come last, got {_name(ops[k + 1])} after it")
    return Layout(plan, values, arrays, channels)


def pack(ops: Sequence[Op], channels: int, dtype: Any) -> Program:
    """Operations in their order as arrays, for images of this dtype and number of channels.

    Raises
    ------
    ValueError
        If an operation does not fit the channels or the dtype, or follows `normalize`.
    """
    if not ops:
        return Program(_NO_OPS, _NO_PARAMS, _NO_TABLES, _NO_WIDE, channels, False)
    plan, values, arrays, after = lay_out(ops, channels)
    dtype = np.dtype(dtype)
    narrow, wide = _NO_TABLES, _NO_WIDE
    codes = np.array(plan, np.int64).reshape(-1, 4)
    if dtype.char == "B":
        tables = tabulate(codes, len(arrays))
        if tables:
            narrow = np.empty((tables, channels, 256), np.uint8)
    elif arrays:
        wide = np.empty((len(arrays), channels, 65536), np.uint16)
    for k, op in enumerate(arrays):
        (narrow if dtype.char == "B" else wide)[k] = _table(op, channels, dtype)
    return Program(codes, np.array(values, np.float64), narrow, wide, after, plan[-4] == NORMALIZE)


_NO_OPS = np.zeros((0, 4), np.int64)
_NO_PARAMS = np.zeros(0)


def tabulated(ops: Sequence[Op], channels: int) -> np.ndarray | None:
    """Tables of 256 levels that do to a uint8 image what these operations do; None where no tables can.

    Shape (c, 256), or (1, 256) where all channels are treated alike.
    """
    if not ops or any(op.code > TABLE for op in ops):
        return None
    if not any(_differs(op) for op in ops):
        channels = 1
    rows = np.empty((channels, 256), np.float32)
    if len(ops) == 1 and ops[0].code != TABLE:
        op = ops[0]
        if op.table is None:
            params = np.array(_each(op, op.params, channels), np.float64)
        else:
            samples = _curve(op, channels)
            params = np.concatenate(((samples.size // channels,), samples))
        tables = np.empty((1, channels, 256), np.uint8)
        prepare(rows, _ALONE[op.code], params, tables, _NO_WIDE, channels, _BYTES)
        return tables[0]
    program = pack(ops, channels, np.uint8)
    prepare(rows, *program.arrays, channels, _BYTES)
    return program.tables[program.ops[0, 3]]


def _differs(op: Op) -> bool:
    """Whether an operation on levels has parameters for each channel."""
    return any(type(p) is tuple for p in op.params) or (op.table is not None and op.table.ndim == 2)


_BYTES = np.array((0.0, 255.0, 12582912.0), np.float32)
_ALONE = [np.array(((code, 0, 1, 0),), np.int64) for code in range(TABLE)]
"""Plans of one operation each, with a table in its place."""


def _name(op: Op) -> str:
    return op.label or f"operation {op.code}"


def _each(op: Op, params: tuple[Any, ...], channels: int) -> Sequence[float]:
    """Parameters once for each channel, those of the first channel first."""
    for p in params:
        if type(p) is tuple:
            break
    else:
        return params * channels
    columns = []
    for p in params:
        if type(p) is not tuple:
            p = (p,) * channels
        elif len(p) != channels:
            raise ValueError(f"{_name(op)} has {len(p)} values, one a channel, for an image of {channels}")
        columns.append(p)
    return [x for row in zip(*columns) for x in row]


def _curve(op: Op, channels: int) -> np.ndarray:
    samples = op.table
    if (
        samples is None
        or samples.ndim not in (1, 2)
        or samples.shape[-1] < 2
        or (samples.ndim == 2 and len(samples) != channels)
    ):
        raise ValueError(
            f"{_name(op)} must have 2 samples or more, or {channels} rows of them, got {np.shape(samples)}"
        )
    return samples.ravel() if samples.ndim == 2 or channels == 1 else np.tile(samples, channels)


def _table(op: Op, channels: int, dtype: np.dtype) -> np.ndarray:
    array = op.table
    if dtype.kind != "u":
        raise ValueError(f"{_name(op)} needs an integer image, got {dtype}")
    levels = 1 << 8 * dtype.itemsize
    if array is None or array.dtype != dtype or array.shape not in ((levels,), (channels, levels)):
        got = "none" if array is None else f"{array.dtype} {array.shape}"
        raise ValueError(f"{_name(op)} must be {dtype} of {levels} levels, or {channels} rows of them, got {got}")
    return array
