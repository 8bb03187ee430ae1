"""Transforms that erase: rectangles, grids, pixels, and the objects of a mask.

What is erased gets a level, the mean of the image or noise.  Masks are erased with the image only on demand; boxes and
keypoints stay as they are, also those of what is no longer to be seen.
"""

from imgproc._core.publish import publish as _publish

from ._grid import *
from ._near import *
from ._objects import *
from ._pixels import *
from ._rectangles import *
from ._strips import *

_publish(globals())
