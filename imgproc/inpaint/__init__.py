"""Filling holes: by exemplars, by diffusion, by scenes from a photo library, and one door to every method."""

from .._core.publish import publish as _publish
from .database import *
from .diffusion import *
from .exemplar import *
from .onnx import *
from .poisson import *
from .remove import *
from .scene import *
from .seam import *

_publish(globals())
