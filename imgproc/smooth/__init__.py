"""Smoothing: means, medians and other order statistics, and filters that keep edges."""

from ._bilateral import *
from ._box import *
from ._gaussian import *
from ._guided import *
from ._median import *
