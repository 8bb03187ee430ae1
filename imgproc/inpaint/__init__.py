"""Filling holes: scene completion from a photo library, its seams and its blending, and one door to every method."""

from .database import *
from .onnx import *
from .poisson import *
from .scene import *
from .seam import *
