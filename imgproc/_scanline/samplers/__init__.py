"""Samplers, one file each: they turn points in the source into planar rows of levels.  `choice` says which one a pass
takes."""
