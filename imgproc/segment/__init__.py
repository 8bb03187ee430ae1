"""Segmentation: superpixels, thresholds, connected regions."""

from ._regions import *
from ._superpixels import *
from ._threshold import *
from ._watershed import *
