"""Weighted sums over windows: correlation, running sums, Gaussian weights."""
