"""Chains in the loaders of others.

Import it by its name, ``from augment import pipeline`` or ``import augment.pipeline``: ``import augment`` alone does
not load it.
"""

from imgproc._core.publish import publish as _publish

from .decode import *

_publish(globals())
