"""Anchors: clusters of box sizes, by IoU or Euclidean, and ISODATA."""

from ._anchors import *
from ._isodata import *
from ._kmeans import *
from ._seed import *
