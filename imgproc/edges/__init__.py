"""Edges: gradients, second derivatives, compass masks, Canny's detector."""

from ._canny import *
from ._derivatives import *
