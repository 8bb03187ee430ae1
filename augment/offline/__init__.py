"""Offline runs: a folder in, a larger folder out, on one machine or many."""

from imgproc._core.publish import publish as _publish

from ._folder import *
from ._regenerate import *
from ._report import *
from ._simulate import *
from ._work import *

_publish(globals())
