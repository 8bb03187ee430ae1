"""Degradation models and their inverses."""

from .._core.publish import publish as _publish
from ._degrade import *
from ._inverse import *
from ._psf import *
from ._richardson_lucy import *
from ._total_variation import *

_publish(globals())
