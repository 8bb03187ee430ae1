"""Degradation models and their inverses."""

from ._degrade import *
from ._inverse import *
from ._psf import *
from ._richardson_lucy import *
from ._total_variation import *
