"""Where borders are: index maps, frames, and the table that documents them."""

from imgproc._core import border
from imgproc._core.border import framed, index_map

DOCUMENTATION = border.__doc__ or ""
