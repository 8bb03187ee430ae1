"""Transforms that move pixels: image, masks, boxes and keypoints all follow the same map."""

from ._affine import *
from ._crop import *
from ._distort import *
from ._flip import *
from ._pad import *
from ._resize import *
