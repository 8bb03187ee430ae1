"""Chains compiled to programs that kernels run."""
