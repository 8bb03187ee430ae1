"""How completion of scenes shrinks what surrounds a hole, and how masks of objects grow."""

from imgproc.inpaint._context import _shrunk as shrunk
from imgproc.inpaint._context import lab_planes
from imgproc.inpaint.remove import hole_of

__all__ = ["hole_of", "lab_planes", "shrunk"]
