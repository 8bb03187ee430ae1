"""Inpainting: exemplars, diffusion."""

from .diffusion import *
from .exemplar import *
from .remove import *
