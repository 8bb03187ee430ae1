"""Boxes: overlap, suppression, fusion, average precision, tiles for small objects."""

from imgproc._core.publish import publish as _publish

from ._curve import *
from ._fuse import *
from ._overlap import *
from ._precision import *
from ._suppress import *
from ._tiles import *

_publish(globals())
