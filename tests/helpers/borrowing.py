"""Where the pass of the compiler is that finds which kernels need no counting of references, and what makes kernels."""

from imgproc._core import borrowing, jit

__all__ = ["borrowing", "jit"]
