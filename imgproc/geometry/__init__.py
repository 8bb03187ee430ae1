"""Geometry: warps by matrices and maps, sizes, rotations, and whole pixels moved.

Points are (x, y) in continuous coordinates: pixel (y, x) covers [x, x + 1) x [y, y + 1), its centre is at
(x + 0.5, y + 0.5), an image spans [0, w] x [0, h].  OpenCV and scikit-image count from the centre of the first pixel
instead: a matrix M of theirs is ``T @ M @ inv(T)`` here, where T moves points by (0.5, 0.5).
"""

from .._core.publish import publish as _publish
from ._exact import crop as crop
from ._exact import flip as flip
from ._exact import pad as pad
from ._exact import transpose as transpose
from ._points import affine_matrix as affine_matrix
from ._points import perspective_from_points as perspective_from_points
from ._remap import remap as remap
from ._warp import resize as resize
from ._warp import rotate as rotate
from ._warp import warp as warp

_publish(globals())
