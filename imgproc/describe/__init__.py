"""Descriptors of scenes, shapes and textures."""

from .._core.publish import publish as _publish
from ._gist import *
from ._hog import *
from ._lbp import *
from ._regions import *

_publish(globals())
