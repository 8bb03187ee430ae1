"""Smoothing: means, medians and other order statistics, and filters that keep edges."""

from .._core.publish import publish as _publish
from ._adaptive_median import *
from ._bilateral import *
from ._box import *
from ._diffusion import *
from ._gaussian import *
from ._guided import *
from ._means import *
from ._median import *
from ._non_local import *
from ._total_variation import *
from ._weighted_median import *

_publish(globals())
