"""Copying between rows inside kernels."""

from __future__ import annotations

from .jit import kernel


@kernel(inner=True)
def copy_into(out, values):
    """``out[:] = values`` for arrays of one dimension and the same length.

    Numba checks the lengths of such an assignment and has words for the case that they differ: to compile what puts
    these words together takes longer than most kernels do.
    """
    for i in range(out.size):
        out[i] = values[i]
