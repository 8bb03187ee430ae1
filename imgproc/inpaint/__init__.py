"""Inpainting: exemplars, diffusion."""

from .exemplar import *
