"""Transforms that move pixels: image, masks, boxes and keypoints all follow the same map."""

from imgproc._core.publish import publish as _publish

from ._affine import *
from ._crop import *
from ._crop_boxes import *
from ._crop_mask import *
from ._crop_sides import *
from ._distort import *
from ._flip import *
from ._pad import *
from ._resize import *
from ._rotate import *
from ._shuffle import *
from ._zoom import *

_publish(globals())
