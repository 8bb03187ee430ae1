"""Filters with small windows as steps of a pass, one file each."""
