"""Compiled chains: chains as programs that kernels run."""
