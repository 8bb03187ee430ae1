"""Automatic policies: a few simple operations, drawn at random."""

from imgproc._core.publish import publish as _publish

from ._augmix import *
from ._auto import *
from ._lists import *

_publish(globals())
