"""Where the parts of inpainting are that tests look at by themselves."""

from imgproc.inpaint._context import _shrunk as shrunk
from imgproc.inpaint._context import lab_planes
from imgproc.inpaint.remove import hole_of
