"""Samplers, one file each: they turn points in the source into planar rows of levels.  `choose` says which one a pass
takes."""

from ._base import choose as choose
