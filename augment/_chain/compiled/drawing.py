"""The kernel that draws and lowers one sample of a compiled chain: it evaluates the chain's program."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from imgproc._core.check import LONGEST
from imgproc._core.jit import kernel
from imgproc._core.units import invoke, invoke_kernel
from imgproc._scanline.machine import AT, COUNT, FLAGS, RUN, TABLE, UNIT
from imgproc._scanline.matrix import bounds_kernel, is_exact_kernel

from ..keys import choice_kernel, fold, uniforms
from .program import (
    ACT,
    ADDRESSES,
    ALL,
    BINDS,
    CHOOSE_AT,
    DRAWS,
    ENTRY,
    EQUAL,
    HEAD,
    LEAF,
    LESS,
    LOG,
    MOVE,
    NODE,
    NODES,
    ONE,
    POWER,
    POWER_AT,
    RESULT_KIND,
    SCALE,
    SHUFFLED,
    SIN,
    SWITCH,
    evaluate_kernel,
)

MAP = 16
"""Numbers of a map that a sample has drawn: its matrix from output to input; which map it is; the part of its input
that it sees, x0, y0, x1, y1, which are all 0 if it sees all of it; and the size (h, w) of its input."""
NUMBER, PART_OF, INPUT_H, INPUT_W = 9, 10, 14, 15

# Places in `Drawn.state`: how far a sample has come, and what the caller has said of it.
H, W, KIND, ORDER, OPS, PARAMS, MAPS, SOURCE_H, SOURCE_W, SOURCE_KIND, OUT_H, OUT_W = range(12)
STATE = 12

WORKED, FIXED = 1, 2
"""Bits of `ORDER`: levels have changed; and pixels must not move any more."""


class Drawn(NamedTuple):
    """What a sample has drawn."""

    registers: Any
    """float64; constants stand in them from the beginning."""
    maps: Any
    """float64 (k, `MAP`), with room for the sample that has most."""
    ops: Any
    """int64 (k, OP): as in `machine.Operations`."""
    params: Any
    state: Any
    """int64: the size (h, w) and the kind of the frame that has been reached; `ORDER`; how many operations, parameters
    and maps there are; the size and the kind of the image, as the caller has set them; and the size of the array of
    results."""
    stack: Any
    """int64: nodes to visit, twice their number, and 1 more if they act whatever their `p` says."""
    order: Any
    """int64: for `SOME`."""


@kernel(inner=True)
def load_matrix(row):
    """The first nine numbers of a row."""
    return row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8]


@kernel(inner=True)
def _row(code, registers, to, a, count, b):
    """Write a row of registers: a row times a number, or the sum of two rows; returns its first number."""
    made, row, factor = registers[to : to + count], registers[b : b + count], registers[a]
    if code == SCALE:
        for k in range(made.size):
            made[k] = row[k] * factor
    else:
        other = registers[a : a + count]
        for k in range(made.size):
            made[k] = other[k] + row[k]
    return made[0]


@kernel(inner=True)
def _walk(program, at, registers):
    """Follow the code of a part; returns the place of its entries and how many there are, or -1 at a `MISS`."""
    while True:
        code, to = program[at], program[at + 1]
        if code <= EQUAL:
            a, b = registers[program[at + 2]], program[at + 3]
            if SIN <= code <= LOG:
                value = invoke(b, 0.0, (a, code - SIN))
            elif code == POWER:
                value = invoke(program[POWER_AT], 0.0, (a, registers[b]))
            elif POWER < code < SIN:
                value = _row(code, registers, to, program[at + 2], program[b], program[b + 1])
            else:
                value = evaluate_kernel(code, a, registers[b])
            at += 4
            if code < LESS:
                registers[to] = value
            elif value == 0.0:
                at = to
        elif code == SWITCH:
            at = program[to + choice_kernel(program[at + 3], registers[program[at + 2]])]
        elif code == LEAF:
            return to, program[at + 2]
        else:
            return np.int64(-1), np.int64(0)


@kernel(inner=True)
def _note_map(program, entry, drawn):
    """Note a map; returns whether one pass can do it after what is there already."""
    registers, state, place = drawn.registers, drawn.state, program[entry + 1]
    below, right = registers[program[place + 9]], registers[program[place + 10]]
    room = max(64.0 * state[H] * state[W], 134217728.0)
    if state[MAPS] == drawn.maps.shape[0] or not (1.0 <= below <= LONGEST and 1.0 <= right <= LONGEST):
        return False
    row = drawn.maps[state[MAPS]]
    for k in range(9):
        row[k] = registers[program[place + k]]
    row[NUMBER] = program[entry + 3]
    for k in range(4):
        row[PART_OF + k] = registers[program[place + 11 + k]] if program[entry + 2] > 11 else 0.0
    row[INPUT_H], row[INPUT_W] = state[H], state[W]
    if state[ORDER]:  # pixels may still move where nothing comes from outside
        _, x0, y0, x1, y1 = bounds_kernel(load_matrix(row), below, right)
        inside = x0 >= 0.0 and y0 >= 0.0 and x1 <= row[INPUT_W] and y1 <= row[INPUT_H]
        if state[ORDER] & FIXED or not inside or not is_exact_kernel(load_matrix(row)):
            return False
    state[MAPS] += 1
    state[H], state[W] = int(below), int(right)
    return below * right <= min(room, 2147483647.0)


@kernel(inner=True)
def _note_operation(program, entry, drawn):
    """Note an operation; returns whether one pass can do it after what is there already."""
    state, number, at, length = drawn.state, drawn.state[OPS], drawn.state[PARAMS], program[entry + 2]
    op, place = drawn.ops[number], program[entry + 1]
    op[UNIT], op[AT], op[COUNT] = program[entry + 3], at, length
    op[FLAGS], op[RUN], op[TABLE] = program[entry], 1, -1
    for i in range(length):
        drawn.params[at + i] = drawn.registers[program[place + i]]
    last = state[KIND] & 1  # after `Normalize` a new pass begins
    state[OPS], state[PARAMS], state[KIND] = number + 1, at + length, program[entry + 5]
    state[ORDER] |= WORKED | (FIXED if program[entry + 4] & BINDS else 0)
    return last == 0


@kernel(inner=True)
def _act(program, node, drawn):
    """Let a transform act; returns False if this sample cannot be done in this way."""
    registers, state = drawn.registers, drawn.state
    h, w = program[node + 5], program[node + 6]
    if program[node + 7] != state[KIND] or (h >= 0 and h != state[H]) or (w >= 0 and w != state[W]):
        return False
    at = DRAWS * program[NODES]
    registers[at], registers[at + 1] = state[H], state[W]
    for k in range(program[node + 3], program[node + 3] + program[node + 4]):
        entry, count = _walk(program, program[k], registers)
        if entry < 0:
            return False
        for j in range(entry, entry + ENTRY * count, ENTRY):
            noted = _note_map(program, j, drawn) if program[j] <= MOVE else _note_operation(program, j, drawn)
            if not noted:
                return False
    return True


@kernel(inner=True)
def _some(program, node, slot, drawn):
    """Choose some children, as `SomeOf` does: writes their numbers in `order`, and returns how many there are."""
    registers, order, count = drawn.registers, drawn.order, program[node + 4]
    low, high = program[node + 5], program[node + 6]
    for k in range(count):
        order[k] = k
    for i in range(count - 1, 0, -1):
        j = choice_kernel(i + 1, registers[slot + count - i])
        order[i], order[j] = order[j], order[i]
    n = low + choice_kernel(high - low + 1, registers[slot + count])
    if program[node + 1] != SHUFFLED:
        for i in range(1, n):
            own, j = order[i], i
            while j > 0 and order[j - 1] > own:
                order[j] = order[j - 1]
                j -= 1
            order[j] = own
    return n


@kernel
def choose_children(program, node, slot, drawn, top):
    """Put the children on the stack that a group chooses, the first one on top; returns its new height."""
    registers, stack, first, count = drawn.registers, drawn.stack, program[node + 3], program[node + 4]
    if program[node + 1] == ONE:
        left, chosen = registers[slot + 1] * registers[program[node + 5]], 0
        for k in range(count):
            p = registers[program[HEAD + NODE * program[first + k]]]
            if p > 0.0:
                chosen = k
                left -= p
                if left < 0.0:
                    break
        stack[top] = 2 * program[first + chosen] + 1
        return top + 1
    n = _some(program, node, slot, drawn)
    for k in range(n):
        stack[top + n - 1 - k] = 2 * program[first + drawn.order[k]]
    return top + n


@kernel(inner=True)
def _branch(program, node, slot, drawn, top):
    """Put the children of a group on the stack, the first one on top; returns its new height."""
    if program[node + 1] != ALL:  # most chains have no such group, and need not compile what it takes
        return invoke_kernel(program[CHOOSE_AT], np.int64(0), (program, node, slot, drawn, top))
    first, count = program[node + 3], program[node + 4]
    for k in range(count):
        drawn.stack[top + count - 1 - k] = 2 * program[first + k]
    return top + count


@kernel
def lower(words, seed, program, drawn):
    """Draw and lower one sample; returns the number of its operations, or -1 if it was not recorded."""
    registers, state, stack = drawn.registers, drawn.state, drawn.stack
    state[H], state[W], state[KIND] = state[SOURCE_H], state[SOURCE_W], state[SOURCE_KIND]
    state[ORDER], state[OPS], state[PARAMS], state[MAPS] = 0, 0, 0, 0
    folded, addresses = fold(words, seed), program[ADDRESSES]
    stack[0], top = 0, np.int64(1)
    while top > 0:
        top -= 1
        number, forced = stack[top] >> 1, stack[top] & 1
        node, slot = HEAD + NODE * number, DRAWS * number
        uniforms(folded, seed, program[addresses + number], np.int64(0), program[node + 2], registers, slot)
        if not (registers[slot] < registers[program[node]] or forced):
            continue
        if program[node + 1] > ACT:
            top = _branch(program, node, slot, drawn, top)
        elif program[node + 1] < ACT or not _act(program, node, drawn):
            return np.int64(-1)
    return state[OPS] if state[KIND] == program[RESULT_KIND] else np.int64(-1)
