"""Conversions between dtypes, and between ranges of levels."""

from .._core.publish import publish as _publish
from ._dtypes import *
from ._rescale import *

_publish(globals())
