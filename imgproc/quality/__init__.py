"""How alike two images are, how sharp one is, and which of many are copies of each other."""

from .._core.publish import publish as _publish
from ._hashes import *
from ._near import *

_publish(globals())
