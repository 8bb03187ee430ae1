"""Transforms that move pixels: image, masks, boxes and keypoints all follow the same map."""

from ._affine import *  # noqa: F403
from ._crop import *  # noqa: F403
from ._distort import *  # noqa: F403
from ._flip import *  # noqa: F403
from ._pad import *  # noqa: F403
from ._resize import *  # noqa: F403
