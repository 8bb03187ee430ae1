"""Offline runs: a folder in, a larger folder out, on one machine or many."""

from imgproc._core.publish import publish as _publish

from ._simulate import *

_publish(globals())
