"""Anchors: clusters of box sizes, by IoU or Euclidean, and ISODATA."""

from imgproc._core.publish import publish as _publish

from ._anchors import *
from ._isodata import *
from ._kmeans import *
from ._seed import *

_publish(globals())
