"""Slow, plain versions of what the library does, with its own signatures."""
