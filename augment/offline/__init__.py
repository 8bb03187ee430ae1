"""Offline runs: a folder in, a larger folder out, on one machine or many."""
