"""Transforms that write: text that is laid over the image."""

from imgproc._core.publish import publish as _publish

from ._overlay import *

_publish(globals())
