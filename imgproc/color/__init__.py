"""Colour spaces, adjustments of colour, and the colour of light."""

from .._core.publish import publish as _publish
from ._adjust import *
from ._balance import *
from ._gray import *
from ._hed import *
from ._hsi import *
from ._hsv import *
from ._illuminant import *
from ._lab import *
from ._transfer import *
from ._xyz import *
from ._ycrcb import *

_publish(globals())
