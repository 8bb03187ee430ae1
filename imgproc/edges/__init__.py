"""Edges: gradients, second derivatives, compass masks, Canny's detector."""

from .._core.publish import publish as _publish
from ._canny import *
from ._derivatives import *

_publish(globals())
