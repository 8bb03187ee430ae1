"""Samplers, one file each: from points in the source to planar rows of levels.  `choice` says which one a pass
takes."""
