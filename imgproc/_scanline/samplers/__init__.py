"""Samplers, one file each: from points in the source to planar rows of levels.  `choose` says which one a pass
takes."""

from ._base import choose as choose
