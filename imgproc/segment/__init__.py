"""Segmentation: superpixels, thresholds, connected regions."""

from .._core.publish import publish as _publish
from ._regions import *
from ._superpixels import *
from ._threshold import *
from ._watershed import *

_publish(globals())
